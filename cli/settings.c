#include "cli/settings.h"

#include "core/client/config.h"

const char *setting_text(const struct command_ctx *ctx, const char *key)
{
	const char *v = ctx->config && config_row(key) ? config_get(ctx->config, key, NULL) : NULL;
	return v && *v ? v : NULL;
}

bool setting_bool(const struct command_ctx *ctx, const char *key, bool otherwise)
{
	return ctx->config && config_row(key) ? config_bool(ctx->config, key) : otherwise;
}

int64_t setting_int(const struct command_ctx *ctx, const char *key, int64_t otherwise)
{
	return ctx->config && config_row(key) ? config_int(ctx->config, key) : otherwise;
}

const char *setting_ca_file(const struct command_ctx *ctx)
{
	const char *given = command_text(ctx->line, "ca-file");
	return given ? given : setting_text(ctx, "net.ca-file");
}
