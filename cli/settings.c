#include "cli/settings.h"

#include "core/client/config.h"

const char *setting_text(const struct command_ctx *ctx, const char *key)
{
	(void)ctx, (void)key;
	return NULL;
}

bool setting_bool(const struct command_ctx *ctx, const char *key, bool otherwise)
{
	(void)ctx, (void)key;
	return otherwise;
}

const char *setting_ca_file(const struct command_ctx *ctx)
{
	const char *given = command_text(ctx->line, "ca-file");
	return given ? given : setting_text(ctx, "ca_file");
}
