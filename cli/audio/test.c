/* Plays a tone and listens: first to the room alone, then to the tone. */
#include "cli/audio/audio.h"
#include "cli/params.h"
#include "core/base/mem.h"

#include <stdatomic.h>

#define TONE_SPEC "tone:440,-20"
#define FOR_DEFAULT_MS 4000
#define POLL_MS 100
/* The tone counts as heard when the microphone gets louder by this. */
#define HEARD_DB 6

struct tester {
	struct audio_engine *engine;
	struct audio_dev tone;
	struct opus_enc *enc;
	uint32_t voice;
	atomic_bool playing;
	uint16_t seq;
	uint32_t timestamp;
};

/* Media thread: a packet of tone. */
static void on_tick(void *arg, int64_t now_ns)
{
	struct tester *t = arg;
	int16_t pcm[AUDIO_TICK_SAMPLES];
	uint8_t packet[OPUS_PACKET_MAX];
	if (!atomic_load(&t->playing))
		return;
	t->tone.driver->read(t->tone.dev, now_ns, pcm, AUDIO_TICK_SAMPLES);
	int n = opus_enc_run(t->enc, pcm, packet);
	struct jitter_packet p = {
		.seq = t->seq++,
		.timestamp = t->timestamp,
		.arrival_ns = now_ns,
		.payload = {(char *)packet, n > 0 ? (size_t)n : 0},
	};
	t->timestamp += AUDIO_TICK_SAMPLES;
	audio_engine_packet(t->engine, t->voice, &p);
}

/* The loudest tenth of a second of a while, as the smallest number of -dBov. */
static int listen(struct tester *t, int64_t ms)
{
	struct audio_engine_state st;
	int loudest = AUDIO_LEVEL_SILENT;
	for (int64_t done = 0; done < ms; done += POLL_MS) {
		audio_wait_ms(POLL_MS);
		audio_engine_state(t->engine, &st);
		/* The first moments are a device's clicks. */
		if (done >= 300 && st.level_dbov < loudest)
			loudest = st.level_dbov;
	}
	return loudest;
}

static int out_row(struct command_ctx *ctx, const struct audio_engine_state *st)
{
	bool ok = st->output.present && st->output.samples > 0;
	json_t *more = json_pack("{s:b,s:I,s:I,s:i}", "present", st->output.present, "samples",
				 (json_int_t)st->output.samples, "underruns",
				 (json_int_t)st->output.underruns, "delay_ms", st->output_delay_ms);
	AUTO_FREE char *text =
		ok ? mem_printf(_("a tone was played, %d ms of delay"), st->output_delay_ms)
		   : mem_strdup(_("the loudspeaker took nothing"));
	return audio_check_row(ctx, "output", ok, text,
			       ok ? NULL : _("muster audio devices, then --output"), more);
}

static int in_row(struct command_ctx *ctx, const struct audio_engine_state *st, int quiet, int loud)
{
	int level = loud < quiet ? loud : quiet;
	bool ok = st->input.samples > 0 && level < AUDIO_LEVEL_SILENT;
	json_t *more = json_pack("{s:b,s:I,s:i,s:i}", "present", st->input.present, "samples",
				 (json_int_t)st->input.samples, "level_dbov", -level, "delay_ms",
				 st->input_delay_ms);
	AUTO_FREE char *text = ok ? mem_printf(_("the microphone hears %d dB"), -level)
			       : st->input.samples > 0
				       ? mem_strdup(_("the microphone gives only silence"))
				       : mem_strdup(_("nothing came from the microphone"));
	return audio_check_row(ctx, "input", ok, text,
			       ok ? NULL
				  : _("unmute it in the system's mixer, or name another "
				      "with --input"),
			       more);
}

static int tone_row(struct command_ctx *ctx, int quiet, int loud)
{
	bool heard = quiet - loud >= HEARD_DB;
	AUTO_FREE char *text =
		heard ? mem_printf(_("the tone comes back %d dB above the room"), quiet - loud)
		      : mem_strdup(_("the tone is not heard by the microphone: with headphones "
				     "that is right"));
	return audio_check_row(ctx, "tone", true, text, NULL,
			       json_pack("{s:b,s:i,s:i}", "heard", heard, "level_dbov", -loud,
					 "room_dbov", -quiet));
}

static int test(struct command_ctx *ctx, struct tester *t)
{
	struct audio_engine_state st;
	int64_t ms = command_number(ctx->line, "for", FOR_DEFAULT_MS);
	int quiet = listen(t, ms / 2);
	atomic_store(&t->playing, true);
	int loud = listen(t, ms / 2);
	audio_engine_state(t->engine, &st);
	int rc = out_row(ctx, &st);
	if (!rc)
		rc = in_row(ctx, &st, quiet, loud);
	return rc ? rc : tone_row(ctx, quiet, loud);
}

static void ignore_frame(void *arg, const struct audio_engine_frame *f)
{
	(void)arg;
	(void)f;
}

static int set_up(struct command_ctx *ctx, struct tester *t, struct err *err)
{
	char *in, *out;
	struct opus_settings o = {.complexity = -1};
	struct audio_engine_settings s = audio_settings_given(ctx, &in, &out);
	s.handler.tick = on_tick;
	s.handler.frame = ignore_frame;
	s.arg = t;
	int rc = audio_dev_open(TONE_SPEC, AUDIO_CAPTURE, true, &t->tone, err);
	if (!rc)
		rc = opus_enc_new(&o, &t->enc, err);
	if (!rc)
		rc = audio_engine_new(&s, &t->engine, err);
	if (!rc)
		rc = audio_engine_stream_add(t->engine, &t->voice, err);
	if (!rc)
		rc = audio_engine_start(t->engine, err);
	mem_free(in);
	mem_free(out);
	return rc;
}

static int run_test(struct command_ctx *ctx, struct err *err)
{
	struct tester t = {0};
	int rc = set_up(ctx, &t, err);
	if (rc)
		audio_own_hint(err);
	else
		rc = test(ctx, &t);
	audio_engine_free(t.engine);
	opus_enc_free(t.enc);
	audio_dev_close(&t.tone);
	return rc;
}

const struct command verb_audio_test = {
	.name = "audio test",
	.group = GROUP_TOOL,
	.no_timeout = true,
	.summary = N_("Play a tone and measure what the microphone hears."),
	.details =
		N_("Half of the time the room alone is measured, then a tone of 440 Hz is played "
		   "through the whole way that a voice in a call takes."),
	.examples = EXAMPLES{{"muster audio test", N_("the devices that a call would use")},
			     {"muster audio test --input \"USB Headset\" --for 10s",
			      N_("another microphone, longer")},
			     {"muster audio test --driver null", N_("without a sound card")},
			     END_EXAMPLES},
	.options = PARAMS{OPT_DRIVER,
			  OPT_INPUT,
			  OPT_OUTPUT,
			  {.name = "for",
			   .kind = KIND_DURATION,
			   .otherwise = "4s",
			   .what = N_("how long")},
			  END_PARAMS},
	.keys = KEYS{{"check", "string", N_("Check"), N_("output, input or tone"), false},
		     {"ok", "boolean", N_("OK"), N_("nothing is wrong"), false},
		     {"message", "string", N_("Found"), N_("what was found"), true},
		     {"fix", "string", N_("Fix"), N_("what to do"), true},
		     {"level_dbov", "integer", NULL, N_("loudest level, 0 is full scale"), false},
		     {"room_dbov", "integer", NULL, N_("loudest level without the tone"), false},
		     {"heard", "boolean", NULL, N_("the microphone heard the tone"), false},
		     {"delay_ms", "integer", NULL, N_("delay of the device and its buffers"),
		      false},
		     {"samples", "integer", NULL, N_("samples that went through"), false},
		     {"underruns", "integer", NULL, N_("samples that came too late"), false},
		     {"present", "boolean", NULL, N_("the device is there"), false},
		     END_KEYS},
	.run = run_test,
};
