/*
 * What the verbs about sound share.
 */
#ifndef MUSTER_CLI_AUDIO_AUDIO_H
#define MUSTER_CLI_AUDIO_AUDIO_H

#include "audio/engine.h"
#include "core/client/command_ctx.h"

#define OPT_DRIVER                                                                                 \
	{                                                                                          \
		.name = "driver", .kind = KIND_CHOICE, .choices = "portaudio|file|pipe|tone|null", \
		.what = N_("which driver, where --input and --output do not say it")               \
	}
#define OPT_INPUT                                                                        \
	{                                                                                \
		.name = "input", .kind = KIND_TEXT, .value = "DEVICE",                   \
		.what = N_("microphone: its name, or DRIVER:DEVICE as in audio devices") \
	}
#define OPT_OUTPUT                                                      \
	{                                                               \
		.name = "output", .kind = KIND_TEXT, .value = "DEVICE", \
		.what = N_("loudspeaker: its name, or DRIVER:DEVICE")   \
	}

/**
 * "driver:device" of what --input or --output (`option`) and --driver say.
 * The caller owns it.
 */
char *audio_spec_given(const struct command_ctx *ctx, const char *option);
/** Engine settings for both devices; specs go into *ret_in and *ret_out, owned by the caller. */
struct audio_engine_settings audio_settings_given(const struct command_ctx *ctx, char **ret_in,
						  char **ret_out);
/** One row: check, ok, message, fix (NULL: none), and `more`, whose reference is taken over. */
int audio_check_row(struct command_ctx *ctx, const char *check, bool ok, const char *message,
		    const char *fix, json_t *more);
/** A hint about the options of a call becomes one about those of these verbs. */
void audio_own_hint(struct err *err);
/** Wait while the engine works; 0. */
void audio_wait_ms(int64_t ms);

#endif
