#include "cli/call/chosen_sound.h"

#include "cli/audio/audio.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/call/call_sound.h"

#define LOW_BPS 12000

/* A microphone and a loudspeaker are for people; who plays, pipes or only records needs none. */
static bool wants_loudspeaker(const struct command_line *l)
{
	if (command_given(l, "output") || command_given(l, "driver"))
		return true;
	bool program = command_given(l, "play") || command_given(l, "in");
	return !program && !(command_flag(l, "listen-only") && command_given(l, "record"));
}

/* Events are worth having where nothing can be heard. */
void chosen_sound_loudspeaker(struct command_ctx *ctx, struct chosen_sound *s)
{
	struct audio_dev dev = {NULL, NULL};
	struct err err;
	bool asked = command_given(ctx->line, "output") || command_given(ctx->line, "driver");
	if (!s->output || asked || !command_flag(ctx->line, "listen-only") ||
	    command_given(ctx->line, "out"))
		return;
	if (audio_dev_open(s->output, AUDIO_PLAYBACK, false, &dev, &err)) {
		command_warn(ctx, _("nothing is played here: %s"), err.msg);
		mem_free(take(&s->output));
		s->s.output = NULL;
	}
	audio_dev_close(&dev);
}

/* Who comes to listen, and may be asked to speak, needs no microphone for the first. */
bool chosen_sound_lacks_microphone(struct command_ctx *ctx, struct chosen_sound *s)
{
	struct audio_dev dev = {NULL, NULL};
	struct err err;
	if (!s->input || command_given(ctx->line, "input") || command_given(ctx->line, "play") ||
	    command_given(ctx->line, "in"))
		return false;
	bool lacks = audio_dev_open(s->input, AUDIO_CAPTURE, false, &dev, &err) != 0;
	audio_dev_close(&dev);
	if (!lacks)
		return false;
	command_warn(ctx, _("you can only listen: %s"), err.msg);
	mem_free(take(&s->input));
	s->s.input = NULL;
	return true;
}

struct chosen_sound chosen_sound(const struct command_ctx *ctx)
{
	const struct command_line *l = ctx->line;
	const char *pcm = command_text(l, "pcm"), *play = command_text(l, "play");
	struct chosen_sound s = {.input = NULL};
	if (play)
		s.input = mem_printf("file:%s", play);
	else if (command_given(l, "in"))
		s.input = mem_printf("pipe:-@%s", pcm);
	else if (!command_flag(l, "listen-only"))
		s.input = audio_spec_given(ctx, "input");
	if (command_given(l, "out"))
		s.output = mem_printf("pipe:-@%s", pcm);
	else if (wants_loudspeaker(l))
		s.output = audio_spec_given(ctx, "output");
	s.s = call_sound(s.input, s.output);
	if (command_flag(l, "low")) {
		s.s.opus.bitrate_bps = LOW_BPS;
		s.s.opus.dtx = true;
	}
	return s;
}

void chosen_sound_done(struct chosen_sound *s)
{
	mem_free(s->input);
	mem_free(s->output);
}
