/* Where a call's sound comes from and goes to, by the options given (CALL_OPTIONS). */
#ifndef MUSTER_CLI_CALL_CHOSEN_SOUND_H
#define MUSTER_CLI_CALL_CHOSEN_SOUND_H

#include "audio/engine.h"
#include "core/client/command_ctx.h"

struct chosen_sound {
	char *input, *output; /**< owned; NULL: none */
	struct audio_engine_settings s;
};

struct chosen_sound chosen_sound(const struct command_ctx *ctx);
void chosen_sound_done(struct chosen_sound *s);
/** Who only listens without a loudspeaker is told, and goes on without. */
void chosen_sound_loudspeaker(struct command_ctx *ctx, struct chosen_sound *s);
/** Without a microphone, and without one having been asked for: told, and there is no input. */
bool chosen_sound_lacks_microphone(struct command_ctx *ctx, struct chosen_sound *s);

#endif
