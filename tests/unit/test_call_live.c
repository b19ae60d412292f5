/*
 * Calls of ours on an SFU of ours, in one process: real WebSockets, real UDP,
 * real sound from the tone driver, in real time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audio/sound_file.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/call/call.h"
#include "tests/lib/sfu_world.h"
#include "tests/lib/tcp_proxy.h"
#include "tests/lib/tmpdir.h"
#include "tests/lib/tone.h"

#include <math.h>
#include <string.h>

#define LOG_BYTES 16384
#define SECOND 48000

static struct sfu_world w;
static char folder[256];

struct caller {
	struct call *call;
	const char *room, *identity;
	struct buf log; /* "joined +bob unmuted:bob ..." */
	bool ended;
	enum call_end why;
	struct err err, warning;
	bool gives_tokens;
	/* What is waited for. */
	const char *text;
	int64_t packets;
};

/* -- People ------------------------------------------------------------------------- */

static char *token_of(const struct caller *c)
{
	struct buf b = BUF_INIT(TOKEN_BYTES_MAX);
	struct token t = {.key = SFU_KEY,
			  .join = true,
			  .publish = true,
			  .subscribe = true,
			  .expires_ms = clock_wall_ms() + 600000};
	snprintf(t.identity, sizeof(t.identity), "%s", c->identity);
	snprintf(t.room, sizeof(t.room), "%s", c->room);
	assert_int_equal(token_make(&t, SPAN_LIT(SFU_SECRET), &b, NULL), 0);
	return buf_take(&b);
}

static void on_state(void *arg, enum call_state now)
{
	static const char *const names[] = {"connecting", "joined", "reconnecting", "ended"};
	buf_printf(&((struct caller *)arg)->log, "%s ", names[now]);
}

static void on_person(void *arg, enum call_person_event what, const struct call_person *p)
{
	static const char *const names[] = {"+",	 "-",	    "muted:",  "unmuted:",
					    "speaking:", "silent:", "quality:"};
	struct caller *c = arg;
	buf_printf(&c->log, "%s%s ", names[what], p->self ? "self" : p->identity);
}

static void on_muted(void *arg, bool muted, bool by_server)
{
	buf_printf(&((struct caller *)arg)->log, "%s%s ", muted ? "MUTED" : "UNMUTED",
		   by_server ? ":server" : "");
}

static void on_token(void *arg)
{
	struct caller *c = arg;
	struct err none = {.code = ERR_AUTH, .msg = "no token"};
	AUTO_FREE char *t = c->gives_tokens ? token_of(c) : NULL;
	buf_put_str(&c->log, "token ");
	call_token(c->call, t, t ? NULL : &none);
}

static void on_input_end(void *arg)
{
	buf_put_str(&((struct caller *)arg)->log, "input_end ");
}

static void on_warning(void *arg, const struct err *err)
{
	struct caller *c = arg;
	c->warning = *err;
	buf_put_str(&c->log, "warning ");
}

static void on_ended(void *arg, enum call_end why, const struct err *err)
{
	struct caller *c = arg;
	c->ended = true;
	c->why = why;
	if (err)
		c->err = *err;
	buf_printf(&c->log, "(%s) ", call_end_name(why));
}

static void call_at(struct caller *c, int port, const char *room, const char *identity,
		    struct call_options o)
{
	static const struct call_handler told = {on_state,     on_person,  on_muted, on_token,
						 on_input_end, on_warning, on_ended};
	static const struct net_addr here[] = {{.family = 4, .ip = {127, 0, 0, 1}}, {0}};
	char url[100];
	struct err err = {0};
	*c = (struct caller){.room = room, .identity = identity};
	buf_init(&c->log, LOG_BYTES);
	AUTO_FREE char *token = token_of(c);
	snprintf(url, sizeof(url), "ws://127.0.0.1:%d", port);
	o.url = url;
	o.token = token;
	o.addresses = here;
	if (call_new(w.loop, &o, &told, c, &c->call, &err))
		fail_msg("%s", err.msg);
	/* Nothing is told inside. */
	assert_int_equal(c->log.n, 0);
}

static struct call_options tone(const char *spec)
{
	return (struct call_options){.sound = {.input = spec, .opus = {.complexity = 1}}};
}

static const struct call_options listener;

static void bye(struct caller *c)
{
	call_free(c->call);
	buf_done(&c->log);
}

static bool told(void *arg)
{
	struct caller *c = arg;
	return strstr(buf_str(&c->log), c->text) != NULL;
}

static void until(struct caller *c, const char *text)
{
	char what[200];
	c->text = text;
	snprintf(what, sizeof(what), "%s is told \"%s\"", c->identity, text);
	sfu_until(&w, told, c, what);
}

static bool has_got(void *arg)
{
	struct caller *c = arg;
	struct call_status st;
	call_status(c->call, &st);
	return st.packets_in >= c->packets;
}

static bool has_sent(void *arg)
{
	struct caller *c = arg;
	struct call_status st;
	call_status(c->call, &st);
	return st.packets_out >= c->packets;
}

static void until_more_arrived(struct caller *c, int64_t packets)
{
	struct call_status st;
	call_status(c->call, &st);
	c->packets = st.packets_in + packets;
	SFU_UNTIL(&w, has_got, c);
}

static void forget(struct caller *c)
{
	buf_clear(&c->log);
}

/* Two people who are in the room, the first of them speaking. */
static void meet(struct caller *a, struct caller *b, int port_a)
{
	call_at(b, w.port, "room", "bob", listener);
	until(b, "joined ");
	call_at(a, port_a, "room", "ann", tone("tone:440,-12"));
	until(a, "joined ");
	until(b, "+ann ");
	until(b, "speaking:ann ");
}

/* -- Measuring ---------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/*
 * A file holds at least so much sound, and it is of this frequency: in the
 * middle of its tenths of a second, since a machine that is held up leaves
 * gaps which are not the call's.
 */
static void assert_frequency(const char *path, double hz, double seconds)
{
	enum { PIECE = SECOND / 10, PIECES = 300 };
	int16_t pcm[PIECE];
	double found[PIECES];
	size_t n = 0;
	struct sound_reader *r;
	assert_int_equal(sound_reader_open(path, &r, NULL), 0);
	for (int k; n < PIECES && (k = sound_reader_read(r, pcm, PIECE)) == PIECE;)
		if (tone_rms(pcm, PIECE) > 1000)
			found[n++] = tone_frequency(pcm, PIECE, SECOND);
	sound_reader_free(r);
	if ((double)n / 10 < seconds)
		fail_msg("only %.1f s of sound in %s", (double)n / 10, path);
	qsort(found, n, sizeof(*found), by_size);
	if (fabs(found[n / 2] - hz) > 0.5)
		fail_msg("%.2f Hz instead of %.0f", found[n / 2], hz);
}

static const char *file(const char *name)
{
	static char path[300];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* -- Tests -------------------------------------------------------------------------- */

static void test_heard(void **state)
{
	(void)state;
	struct caller a, b;
	struct call_status st;
	call_at(&b, w.port, "room", "bob", tone("tone:660,-12"));
	until(&b, "joined ");
	until(&b, "speaking:self ");
	assert_int_equal(call_record(b.call, file("b.wav"), AUDIO_ENGINE_TAP_HEARD, NULL), 0);
	call_at(&a, w.port, "room", "ann", tone("tone:440,-12"));
	assert_int_equal(call_record(a.call, file("a.wav"), AUDIO_ENGINE_TAP_HEARD, NULL), 0);
	/* Also who spoke before ann came. */
	until(&a, "speaking:bob ");
	until(&b, "speaking:ann ");
	until(&a, "speaking:self ");
	until_more_arrived(&a, 100);
	until_more_arrived(&b, 100);
	call_status(b.call, &st);
	assert_int_equal(st.state, CALL_JOINED);
	assert_int_equal(st.people, 2);
	assert_true(st.publishing && !st.muted && st.packets_out > 100 && st.delay_ms > 0);
	assert_true(st.rtt_ms >= 0 && st.reconnects == 0 && st.lost_in == 0);
	assert_int_equal(call_record(a.call, NULL, AUDIO_ENGINE_TAP_HEARD, NULL), 0);
	assert_int_equal(call_record(b.call, NULL, AUDIO_ENGINE_TAP_HEARD, NULL), 0);
	assert_frequency(file("a.wav"), 660, 1.5);
	assert_frequency(file("b.wav"), 440, 1.5);
	call_leave(a.call);
	until(&a, "(left) ");
	assert_true(a.ended && a.why == CALL_END_LEFT);
	until(&b, "-ann ");
	call_leave(b.call);
	until(&b, "(left) ");
	bye(&a);
	bye(&b);
}

static bool has_left(void *arg)
{
	return strcmp(sfu_presence_of(&w, ((struct caller *)arg)->identity), "left") == 0;
}

static void test_leaves_politely(void **state)
{
	(void)state;
	struct caller a, b;
	meet(&a, &b, w.port);
	call_leave(a.call);
	until(&a, "ended (left) ");
	SFU_UNTIL(&w, has_left, &a);
	until(&b, "-ann ");
	bye(&a);
	bye(&b);
}

/* Gone without a word: the others hear of it within SFU_LOST_MS. */
static void test_killed(void **state)
{
	(void)state;
	struct caller a, b;
	meet(&a, &b, w.port);
	bye(&a);
	until(&b, "-ann ");
	bye(&b);
}

static void test_mute(void **state)
{
	(void)state;
	struct caller a, b;
	struct call_status before, after;
	meet(&a, &b, w.port);
	forget(&b);
	call_mute(a.call, true);
	until(&a, "MUTED ");
	until(&b, "muted:ann ");
	/* Two frames of silence end the sound; then nothing is sent. */
	sfu_pass(&w, 100);
	call_status(a.call, &before);
	sfu_pass(&w, 300);
	call_status(a.call, &after);
	assert_true(after.muted && after.publishing);
	assert_int_equal(after.packets_out, before.packets_out);
	call_mute(a.call, false);
	until(&a, "UNMUTED ");
	until(&b, "unmuted:ann ");
	until_more_arrived(&b, 20);
	/* A host does it: we are told so, and only we can undo it. */
	forget(&b);
	assert_true(sfu_mute(w.sfu, "room", "ann"));
	until(&a, "MUTED:server ");
	until(&b, "muted:ann ");
	call_mute(a.call, false);
	until(&b, "unmuted:ann ");
	until_more_arrived(&b, 20);
	bye(&a);
	bye(&b);
}

static void test_publish_late(void **state)
{
	(void)state;
	struct caller a, b;
	struct call_options o = tone("tone:440,-12");
	o.publish_late = o.muted = true;
	call_at(&b, w.port, "room", "bob", listener);
	until(&b, "joined ");
	call_at(&a, w.port, "room", "ann", o);
	until(&a, "joined ");
	until(&b, "+ann ");
	sfu_pass(&w, 200);
	assert_null(strstr(buf_str(&b.log), "unmuted:ann"));
	call_mute(a.call, false);
	until(&b, "unmuted:ann ");
	until_more_arrived(&b, 20);
	bye(&a);
	bye(&b);
}

static void test_removed(void **state)
{
	(void)state;
	struct caller a, b;
	meet(&a, &b, w.port);
	assert_true(sfu_remove(w.sfu, "room", "ann"));
	until(&a, "ended (removed) ");
	until(&b, "-ann ");
	bye(&a);
	bye(&b);
}

static void test_elsewhere(void **state)
{
	(void)state;
	struct caller a, b, again;
	meet(&a, &b, w.port);
	call_at(&again, w.port, "room", "ann", listener);
	until(&a, "ended (elsewhere) ");
	until(&again, "joined ");
	bye(&a);
	bye(&b);
	bye(&again);
}

static void test_refused(void **state)
{
	(void)state;
	struct caller a;
	w.refuse = true;
	call_at(&a, w.port, "room", "ann", listener);
	until(&a, "ended (failed) ");
	assert_int_equal(a.err.code, ERR_AUTH);
	bye(&a);
	w.refuse = false;
}

/* The connection for signalling breaks: the sound does not notice. */
static void test_resume(void **state)
{
	(void)state;
	struct caller a, b;
	struct call_status st;
	struct tcp_proxy *p = tcp_proxy_start(w.port);
	meet(&a, &b, tcp_proxy_port(p));
	assert_int_equal(call_record(b.call, file("r.wav"), AUDIO_ENGINE_TAP_HEARD, NULL), 0);
	forget(&b);
	for (int i = 1; i <= 2; i++) {
		forget(&a);
		tcp_proxy_refuse(p, true);
		tcp_proxy_cut(p);
		until(&a, "reconnecting ");
		/* Not at the first attempt. */
		while (tcp_proxy_count(p) < 3 * i)
			until_more_arrived(&b, 1);
		tcp_proxy_refuse(p, false);
		until(&a, "joined ");
		until_more_arrived(&b, 50);
		call_status(a.call, &st);
		assert_int_equal(st.reconnects, i);
	}
	assert_null(strstr(buf_str(&b.log), "ann"));
	assert_int_equal(call_record(b.call, NULL, AUDIO_ENGINE_TAP_HEARD, NULL), 0);
	assert_frequency(file("r.wav"), 440, 1.5);
	bye(&a);
	bye(&b);
	tcp_proxy_stop(p);
}

static void test_network_changes(void **state)
{
	(void)state;
	struct caller a, b;
	meet(&a, &b, w.port);
	for (int i = 0; i < 3; i++) {
		struct caller *c = i % 2 ? &b : &a;
		forget(c);
		call_network_changed(c->call);
		until(c, "reconnecting joined ");
		until_more_arrived(&b, 30);
	}
	assert_null(strstr(buf_str(&b.log), "-ann"));
	bye(&a);
	bye(&b);
}

static void test_server_starts_anew(void **state)
{
	(void)state;
	struct caller a, b;
	meet(&a, &b, w.port);
	a.gives_tokens = true;
	sfu_world_end(&w);
	until(&a, "reconnecting ");
	until(&b, "reconnecting ");
	forget(&a);
	assert_int_equal(sfu_open(&w.opt, &w.sfu, NULL), 0);
	until(&a, "token ");
	until(&a, "joined ");
	/* Nobody has a token for bob. */
	until(&b, "ended (failed) ");
	assert_string_equal(b.err.msg, "no token");
	bye(&b);
	call_at(&b, w.port, "room", "bob", listener);
	until(&b, "+ann ");
	until(&b, "joined ");
	until_more_arrived(&b, 30);
	bye(&a);
	bye(&b);
}

static void test_input_ends(void **state)
{
	(void)state;
	struct caller a, b;
	struct sound_writer *f;
	int16_t *pcm = mem_alloc(2 * SECOND * sizeof(*pcm));
	char spec[320];
	tone_make(pcm, 2 * SECOND, 550, 8000, 0);
	assert_int_equal(sound_writer_open(file("in.wav"), &f, NULL), 0);
	assert_int_equal(sound_writer_write(f, pcm, 2 * SECOND, NULL), 0);
	assert_int_equal(sound_writer_close(f, NULL), 0);
	mem_free(pcm);
	snprintf(spec, sizeof(spec), "file:%s", file("in.wav"));
	call_at(&b, w.port, "room", "bob", listener);
	until(&b, "joined ");
	assert_int_equal(call_record(b.call, file("out.wav"), AUDIO_ENGINE_TAP_HEARD, NULL), 0);
	call_at(&a, w.port, "room", "ann", tone(spec));
	until(&a, "input_end ");
	a.packets = 100;
	SFU_UNTIL(&w, has_sent, &a);
	call_leave(a.call);
	until(&a, "(left) ");
	until(&b, "-ann ");
	/* What is in the jitter buffer is still heard. */
	sfu_pass(&w, 500);
	assert_int_equal(call_record(b.call, NULL, AUDIO_ENGINE_TAP_HEARD, NULL), 0);
	/* The first words were not lost while bob's side was told of the track. */
	assert_frequency(file("out.wav"), 550, 1.8);
	bye(&a);
	bye(&b);
}

/* Dropped at whichever moment, with news under way to the owner. */
static void test_dropped(void **state)
{
	(void)state;
	for (int ms = 0; ms < 200; ms += 9) {
		struct caller a;
		call_at(&a, w.port, "room", "ann", tone("tone:440"));
		call_mute(a.call, true);
		call_gain(a.call, "bob", -3);
		sfu_pass(&w, ms + 1);
		call_mute(a.call, false);
		call_leave(a.call);
		bye(&a);
	}
}

static void test_bad(void **state)
{
	(void)state;
	struct call *c = NULL;
	struct err err = {0};
	struct call_options o = {.url = "nowhere", .token = "x"};
	const struct call_handler none = {0};
	assert_int_equal(call_new(w.loop, &o, &none, NULL, &c, &err), ERR_USAGE);
	o.url = "ws://127.0.0.1:1";
	o.sound.output = "no-such-driver";
	assert_int_equal(call_new(w.loop, &o, &none, NULL, &c, &err), ERR_USAGE);
	assert_null(c);
	call_free(NULL);
}

static long live;

static int start(void **state)
{
	(void)state;
	live = mem_live();
	w = (struct sfu_world){0};
	sfu_world_open(&w);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	sfu_world_close(&w);
	return mem_live() == live ? 0 : -1;
}

static int make_folder(void **state)
{
	(void)state;
	tmpdir_make(folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	tmpdir_remove(folder);
	return 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_heard),
		TEST(test_leaves_politely),
		TEST(test_killed),
		TEST(test_mute),
		TEST(test_publish_late),
		TEST(test_removed),
		TEST(test_elsewhere),
		TEST(test_refused),
		TEST(test_resume),
		TEST(test_network_changes),
		TEST(test_server_starts_anew),
		TEST(test_input_ends),
		TEST(test_dropped),
		TEST(test_bad),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
