/* Hear oneself: what the microphone hears comes back later, with the echo cancelled. */
#include "cli/audio/audio.h"
#include "cli/params.h"
#include "core/base/mem.h"

#define FOR_DEFAULT_MS 10000
#define DELAY_DEFAULT_MS 1000
#define DELAY_MAX_MS 5000
#define HELD (DELAY_MAX_MS / AUDIO_TICK_MS + 1)
/* What the canceller should reach while the far end speaks. */
#define ERLE_GOOD_DB 12

struct held {
	int64_t due_ns;
	uint32_t timestamp;
	size_t n;
	char p[OPUS_PACKET_MAX];
};

/* The media thread's, save for the engine itself. */
struct echo {
	struct audio_engine *engine;
	uint32_t voice;
	int64_t delay_ns, now_ns;
	struct held *held; /* ring of HELD */
	size_t head, tail;
	uint16_t seq;
};

static void on_frame(void *arg, const struct audio_engine_frame *f)
{
	struct echo *e = arg;
	struct held *h = &e->held[e->head % HELD];
	if (e->head - e->tail == HELD || f->payload.n > sizeof(h->p))
		return;
	h->due_ns = e->now_ns + e->delay_ns;
	h->timestamp = f->timestamp;
	h->n = f->payload.n;
	memcpy(h->p, f->payload.p, h->n);
	e->head++;
}

static void on_tick(void *arg, int64_t now_ns)
{
	struct echo *e = arg;
	e->now_ns = now_ns;
	for (; e->tail != e->head && e->held[e->tail % HELD].due_ns <= now_ns; e->tail++) {
		struct held *h = &e->held[e->tail % HELD];
		struct jitter_packet p = {
			.seq = e->seq++,
			.timestamp = h->timestamp,
			.arrival_ns = now_ns,
			.payload = {h->p, h->n},
		};
		audio_engine_packet(e->engine, e->voice, &p);
	}
}

static int give_row(struct command_ctx *ctx, const struct audio_engine_state *st)
{
	bool spoke = st->erle_db > 0, ok = !spoke || st->erle_db >= ERLE_GOOD_DB;
	AUTO_FREE char *text =
		spoke ? mem_printf(_("echo is %.0f dB weaker after cancelling, delay %d ms"),
				   (double)st->erle_db, st->echo_delay_ms)
		      : mem_strdup(_("nothing was played yet: say something"));
	return audio_check_row(ctx, "echo", ok, text,
			       ok ? NULL : _("turn the loudspeaker down, or use headphones"),
			       json_pack("{s:i,s:b,s:f,s:i,s:i,s:i}", "level_dbov", -st->level_dbov,
					 "voice", st->voice, "erle_db", (double)st->erle_db,
					 "delay_ms", st->echo_delay_ms, "input_delay_ms",
					 st->input_delay_ms, "output_delay_ms",
					 st->output_delay_ms));
}

static int listen(struct command_ctx *ctx, struct echo *e)
{
	struct audio_engine_state st;
	int64_t ms = command_number(ctx->line, "for", FOR_DEFAULT_MS);
	int rc = 0;
	for (int64_t done = 0; done < ms && !rc; done += 1000) {
		audio_wait_ms(ms - done < 1000 ? ms - done : 1000);
		audio_engine_state(e->engine, &st);
		rc = give_row(ctx, &st);
	}
	return rc;
}

static int set_up(struct command_ctx *ctx, struct echo *e, struct err *err)
{
	char *in, *out;
	struct audio_engine_settings s = audio_settings_given(ctx, &in, &out);
	s.process = (struct process_settings){.echo = true, .noise = true, .gain = true};
	s.handler.frame = on_frame;
	s.handler.tick = on_tick;
	s.arg = e;
	int rc = audio_engine_new(&s, &e->engine, err);
	if (!rc)
		rc = audio_engine_stream_add(e->engine, &e->voice, err);
	if (!rc)
		rc = audio_engine_start(e->engine, err);
	mem_free(in);
	mem_free(out);
	return rc;
}

static int run_echo(struct command_ctx *ctx, struct err *err)
{
	struct echo e = {0};
	int64_t delay_ms = command_number(ctx->line, "delay", DELAY_DEFAULT_MS);
	if (delay_ms > DELAY_MAX_MS)
		return err_set(err, ERR_USAGE, _("--delay is at most %d seconds"),
			       DELAY_MAX_MS / 1000);
	e.delay_ns = delay_ms * 1000000;
	e.held = mem_alloc(sizeof(*e.held) * HELD);
	int rc = set_up(ctx, &e, err);
	if (rc)
		audio_own_hint(err);
	else
		rc = listen(ctx, &e);
	audio_engine_free(e.engine);
	mem_free(e.held);
	return rc;
}

static void line_echo(struct buf *b, const json_t *row, const struct command_line *l)
{
	(void)l;
	buf_put_str(b, json_is_true(json_object_get(row, "ok")) ? "✓ " : "✗ ");
	command_put_clean(b, json_object_get(row, "message"));
	if (json_is_string(json_object_get(row, "fix"))) {
		buf_put_str(b, "\n    → ");
		command_put_clean(b, json_object_get(row, "fix"));
	}
}

const struct command verb_audio_echo = {
	.name = "audio echo",
	.group = GROUP_TOOL,
	.no_timeout = true,
	.summary = N_("Hear yourself a moment later, and see how well echo is cancelled."),
	.examples = EXAMPLES{{"muster audio echo", N_("speak, then listen")},
			     {"muster audio echo --delay 3s --for 1m", N_("later, and longer")},
			     END_EXAMPLES},
	.options = PARAMS{OPT_DRIVER,
			  OPT_INPUT,
			  OPT_OUTPUT,
			  {.name = "delay",
			   .kind = KIND_DURATION,
			   .otherwise = "1s",
			   .what = N_("how much later, at most five seconds")},
			  {.name = "for",
			   .kind = KIND_DURATION,
			   .otherwise = "10s",
			   .what = N_("how long")},
			  END_PARAMS},
	.keys = KEYS{{"check", "string", NULL, N_("always echo; one row each second"), false},
		     {"ok", "boolean", NULL, N_("nothing is wrong"), false},
		     {"message", "string", NULL, N_("what was found"), false},
		     {"fix", "string", NULL, N_("what to do"), false},
		     {"level_dbov", "integer", NULL, N_("level now, 0 is full scale"), false},
		     {"voice", "boolean", NULL, N_("somebody speaks"), false},
		     {"erle_db", "number", NULL, N_("how much weaker the echo became"), false},
		     {"delay_ms", "integer", NULL, N_("from loudspeaker to microphone"), false},
		     {"input_delay_ms", "integer", NULL, N_("from microphone to encoder"), false},
		     {"output_delay_ms", "integer", NULL, N_("from mixer to loudspeaker"), false},
		     END_KEYS},
	.shape = SHAPE_LINE,
	.line = line_echo,
	.run = run_echo,
};
