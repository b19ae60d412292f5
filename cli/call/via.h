/*
 * `call join --via [USER@]HOST`: muster runs there, where the account is,
 * through ssh; microphone and loudspeaker are here. Sound goes through ssh as
 * raw PCM, with echo, noise and gain taken care of on this side; events come
 * back as lines of JSON and are shown as those of a call that runs here.
 */
#ifndef MUSTER_CLI_CALL_VIA_H
#define MUSTER_CLI_CALL_VIA_H

#include "audio/engine.h"
#include "core/client/command_ctx.h"

struct via_options {
	const char *host; /**< "[USER@]HOST", as ssh takes it */
	struct audio_engine_settings
		sound;	    /**< devices here; far_in and far_out are via's to set */
	int rate_hz;	    /**< of the sound through ssh: 48000, 16000 for --low */
	const char *record; /**< file for both sides' sound, here; or NULL */
	bool stay;	    /**< also when the input has ended */
};

/** An event (borrowed); false: nobody wants more, the call is left. */
typedef bool via_row_fn(void *arg, json_t *row);

/**
 * Run the call whose words are in ctx->line until it ends there, or a signal
 * (its number in *ret_signal) has it left. The result is that of the other
 * side; ERR_NETWORK when ssh failed or broke off.
 */
int via_run(struct command_ctx *ctx, const struct via_options *o, via_row_fn *row, void *arg,
	    int *ret_signal, struct err *err);

#endif
