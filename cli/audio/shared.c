#include "cli/audio/audio.h"

#include "cli/params.h"
#include "cli/settings.h"
#include "core/base/mem.h"
#include "core/client/call/call_sound.h"

#include <time.h>

char *audio_spec_given(const struct command_ctx *ctx, const char *option)
{
	const char *device = command_text(ctx->line, option);
	const char *driver = command_text(ctx->line, "driver");
	AUTO_FREE char *key = mem_printf("call.%s", option);
	if (!device && !driver)
		device = setting_text(ctx, key);
	return call_sound_spec(device, driver);
}

struct audio_engine_settings audio_settings_given(const struct command_ctx *ctx, char **ret_in,
						  char **ret_out)
{
	*ret_in = audio_spec_given(ctx, "input");
	*ret_out = audio_spec_given(ctx, "output");
	return (struct audio_engine_settings){
		.input = *ret_in,
		.output = *ret_out,
		.opus = {.complexity = -1},
	};
}

int audio_check_row(struct command_ctx *ctx, const char *check, bool ok, const char *message,
		    const char *fix, json_t *more)
{
	json_t *row = json_object();
	json_object_set_new(row, "check", json_string(check));
	json_object_set_new(row, "ok", json_boolean(ok));
	json_object_set_new(row, "message", json_string(message));
	json_object_set_new(row, "fix", fix ? json_string(fix) : json_null());
	if (more)
		json_object_update(row, more);
	json_decref(more);
	return command_row(ctx, row);
}

void audio_own_hint(struct err *err)
{
	if (err->code == ERR_NOT_FOUND && strstr(err->hint, "--output null:"))
		err_hint(err, _("plug one in, or name another: --input DRIVER:DEVICE and --output "
				"DRIVER:DEVICE; muster audio devices lists what there is"));
}

void audio_wait_ms(int64_t ms)
{
	struct timespec nap = {ms / 1000, ms % 1000 * 1000000};
	nanosleep(&nap, NULL);
}
