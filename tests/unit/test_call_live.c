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

static struct caller ann, bob, other;

/* -- People ------------------------------------------------------------------------- */

static void on_state(void *arg, enum call_state now)
{
	static const char *const names[] = {"connecting", "joined", "reconnecting", "ended"};
	buf_printf(&((struct caller *)arg)->log, "%s ", names[now]);
}

static void on_person(void *arg, enum call_person_event what, const struct call_person *p)
{
	static const char *const names[] = {"+",	 "-",	    "muted:",  "unmuted:",
					    "speaking:", "silent:", "quality:"};
	struct caller *x = arg;
	buf_printf(&x->log, "%s%s ", names[what], p->self ? "self" : p->identity);
}

static void on_muted(void *arg, bool muted, bool by_server)
{
	buf_printf(&((struct caller *)arg)->log, "%s%s ", muted ? "MUTED" : "UNMUTED",
		   by_server ? ":server" : "");
}

static void on_token(void *arg)
{
	struct caller *x = arg;
	struct err none = {.code = ERR_AUTH, .msg = "no token"};
	AUTO_FREE char *t = x->gives_tokens ? sfu_token(x->room, x->identity) : NULL;
	buf_put_str(&x->log, "token ");
	call_token(x->call, t, t ? NULL : &none);
}

static void on_input_end(void *arg)
{
	buf_put_str(&((struct caller *)arg)->log, "input_end ");
}

static void on_warning(void *arg, const struct err *err)
{
	struct caller *x = arg;
	x->warning = *err;
	buf_put_str(&x->log, "warning ");
}

static void on_ended(void *arg, enum call_end why, const struct err *err)
{
	struct caller *x = arg;
	x->ended = true;
	x->why = why;
	if (err)
		x->err = *err;
	buf_printf(&x->log, "(%s) ", call_end_name(why));
}

static void call_at(struct caller *x, int port, const char *room, const char *identity,
		    struct call_options o)
{
	static const struct call_handler told = {on_state,     on_person,  on_muted, on_token,
						 on_input_end, on_warning, on_ended};
	static const struct net_addr here[] = {{.family = 4, .ip = {127, 0, 0, 1}}, {0}};
	char url[100];
	struct err err = {0};
	*x = (struct caller){.room = room, .identity = identity};
	buf_init(&x->log, LOG_BYTES);
	AUTO_FREE char *token = sfu_token(x->room, x->identity);
	snprintf(url, sizeof(url), "ws://127.0.0.1:%d", port);
	o.url = url;
	o.token = token;
	o.addresses = here;
	if (call_new(w.loop, &o, &told, x, &x->call, &err))
		fail_msg("%s", err.msg);
	/* Nothing is told inside. */
	assert_int_equal(x->log.n, 0);
}

static struct call_options tone(const char *spec)
{
	return (struct call_options){.sound = {.input = spec, .opus = {.complexity = 1}}};
}

static const struct call_options listener;

static void bye(struct caller *x)
{
	call_free(take(&x->call));
	buf_done(&x->log);
}

static bool told(void *arg)
{
	struct caller *x = arg;
	return strstr(buf_str(&x->log), x->text) != NULL;
}

static void until(struct caller *x, const char *text)
{
	char what[200];
	x->text = text;
	snprintf(what, sizeof(what), "%s is told \"%s\"", x->identity, text);
	sfu_until(&w, told, x, what);
}

static bool has_got(void *arg)
{
	struct caller *x = arg;
	struct call_status st;
	call_status(x->call, &st);
	return st.packets_in >= x->packets;
}

static bool has_sent(void *arg)
{
	struct caller *x = arg;
	struct call_status st;
	call_status(x->call, &st);
	return st.packets_out >= x->packets;
}

static void until_more_arrived(struct caller *x, int64_t packets)
{
	struct call_status st;
	call_status(x->call, &st);
	x->packets = st.packets_in + packets;
	SFU_UNTIL(&w, has_got, x);
}

static void forget(struct caller *x)
{
	buf_clear(&x->log);
}

/* Two people who are in the room, the first of them speaking. */
static void meet(int port)
{
	call_at(&bob, w.port, "room", "bob", listener);
	until(&bob, "joined ");
	call_at(&ann, port, "room", "ann", tone("tone:440,-12"));
	until(&ann, "joined ");
	until(&bob, "+ann ");
	until(&bob, "speaking:ann ");
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
	struct call_status st;
	call_at(&bob, w.port, "room", "bob", tone("tone:660,-12"));
	until(&bob, "joined ");
	until(&bob, "speaking:self ");
	assert_int_equal(call_record(bob.call, file("b.wav"), AUDIO_ENGINE_TAP_HEARD, NULL), 0);
	call_at(&ann, w.port, "room", "ann", tone("tone:440,-12"));
	assert_int_equal(call_record(ann.call, file("a.wav"), AUDIO_ENGINE_TAP_HEARD, NULL), 0);
	/* Also who spoke before ann came. */
	until(&ann, "speaking:bob ");
	until(&bob, "speaking:ann ");
	until(&ann, "speaking:self ");
	until_more_arrived(&ann, 100);
	until_more_arrived(&bob, 100);
	call_status(bob.call, &st);
	assert_int_equal(st.state, CALL_JOINED);
	assert_int_equal(st.people, 2);
	assert_true(st.publishing && !st.muted && st.packets_out > 100 && st.delay_ms > 0);
	assert_true(st.rtt_ms >= 0 && st.reconnects == 0);
	assert_int_equal(call_record(ann.call, NULL, AUDIO_ENGINE_TAP_HEARD, NULL), 0);
	assert_int_equal(call_record(bob.call, NULL, AUDIO_ENGINE_TAP_HEARD, NULL), 0);
	assert_frequency(file("a.wav"), 660, 1.5);
	assert_frequency(file("b.wav"), 440, 1.5);
	call_leave(ann.call);
	until(&ann, "(left) ");
	assert_true(ann.ended && ann.why == CALL_END_LEFT);
	until(&bob, "-ann ");
	call_leave(bob.call);
	until(&bob, "(left) ");
	bye(&ann);
	bye(&bob);
}

static bool has_left(void *arg)
{
	return strcmp(sfu_presence_of(&w, ((struct caller *)arg)->identity), "left") == 0;
}

static void test_leaves_politely(void **state)
{
	(void)state;
	meet(w.port);
	call_leave(ann.call);
	until(&ann, "ended (left) ");
	SFU_UNTIL(&w, has_left, &ann);
	until(&bob, "-ann ");
	bye(&ann);
	bye(&bob);
}

/* Gone without a word: the others hear of it within SFU_LOST_MS. */
static void test_killed(void **state)
{
	(void)state;
	meet(w.port);
	bye(&ann);
	until(&bob, "-ann ");
	bye(&bob);
}

static void test_mute(void **state)
{
	(void)state;
	struct call_status before, after;
	int64_t limit = clock_mono_ms() + 120000;
	meet(w.port);
	forget(&bob);
	call_mute(ann.call, true);
	until(&ann, "MUTED ");
	until(&bob, "muted:ann ");
	/* Two frames of silence end the sound; then nothing is sent, also on a slow machine. */
	do {
		call_status(ann.call, &before);
		sfu_pass(&w, 300);
		call_status(ann.call, &after);
	} while (after.packets_out != before.packets_out && clock_mono_ms() < limit);
	assert_int_equal(after.packets_out, before.packets_out);
	assert_true(after.muted && after.publishing);
	call_mute(ann.call, false);
	until(&ann, "UNMUTED ");
	until(&bob, "unmuted:ann ");
	until_more_arrived(&bob, 20);
	/* A host does it: we are told so, and only we can undo it. */
	forget(&bob);
	assert_true(sfu_mute(w.sfu, "room", "ann"));
	until(&ann, "MUTED:server ");
	until(&bob, "muted:ann ");
	call_mute(ann.call, false);
	until(&bob, "unmuted:ann ");
	until_more_arrived(&bob, 20);
	bye(&ann);
	bye(&bob);
}

static void test_publish_late(void **state)
{
	(void)state;
	struct call_options o = tone("tone:440,-12");
	o.publish_late = o.muted = true;
	call_at(&bob, w.port, "room", "bob", listener);
	until(&bob, "joined ");
	call_at(&ann, w.port, "room", "ann", o);
	until(&ann, "joined ");
	until(&bob, "+ann ");
	sfu_pass(&w, 200);
	assert_null(strstr(buf_str(&bob.log), "unmuted:ann"));
	call_mute(ann.call, false);
	until(&bob, "unmuted:ann ");
	until_more_arrived(&bob, 20);
	bye(&ann);
	bye(&bob);
}

static void test_removed(void **state)
{
	(void)state;
	meet(w.port);
	assert_true(sfu_remove(w.sfu, "room", "ann"));
	until(&ann, "ended (removed) ");
	until(&bob, "-ann ");
	bye(&ann);
	bye(&bob);
}

static void test_elsewhere(void **state)
{
	(void)state;
	meet(w.port);
	call_at(&other, w.port, "room", "ann", listener);
	until(&ann, "ended (elsewhere) ");
	until(&other, "joined ");
	bye(&ann);
	bye(&bob);
	bye(&other);
}

static void test_refused(void **state)
{
	(void)state;
	w.refuse = true;
	call_at(&ann, w.port, "room", "ann", listener);
	until(&ann, "ended (failed) ");
	assert_int_equal(ann.err.code, ERR_AUTH);
	bye(&ann);
	w.refuse = false;
}

/* Packets that ann has said and bob has not got: those on their way, those that were lost. */
static int64_t missing(void)
{
	struct call_status to, from;
	call_status(bob.call, &to);
	call_status(ann.call, &from);
	return from.packets_out - to.packets_in;
}

static bool has_all_but(void *arg)
{
	return missing() <= *(int64_t *)arg;
}

/* The connection for signalling breaks: the sound does not notice. */
static void test_resume(void **state)
{
	(void)state;
	struct call_status st;
	int64_t before;
	struct tcp_proxy *p = tcp_proxy_start(w.port);
	meet(tcp_proxy_port(p));
	assert_int_equal(call_record(bob.call, file("r.wav"), AUDIO_ENGINE_TAP_HEARD, NULL), 0);
	forget(&bob);
	before = missing();
	for (int i = 1; i <= 2; i++) {
		forget(&ann);
		tcp_proxy_refuse(p, true);
		tcp_proxy_cut(p);
		until(&ann, "reconnecting ");
		/* Not at the first attempt. */
		while (tcp_proxy_count(p) < 3 * i)
			until_more_arrived(&bob, 1);
		tcp_proxy_refuse(p, false);
		until(&ann, "joined ");
		until_more_arrived(&bob, 50);
		call_status(ann.call, &st);
		assert_int_equal(st.reconnects, i);
	}
	assert_null(strstr(buf_str(&bob.log), "-ann"));
	/* Whatever was said has come; that it came evenly is the machine's affair. */
	sfu_until(&w, has_all_but, &before, "bob gets all that ann has said");
	assert_int_equal(call_record(bob.call, NULL, AUDIO_ENGINE_TAP_HEARD, NULL), 0);
	assert_frequency(file("r.wav"), 440, 1.5);
	bye(&ann);
	bye(&bob);
	tcp_proxy_stop(p);
}

static void test_network_changes(void **state)
{
	(void)state;
	meet(w.port);
	for (int i = 0; i < 3; i++) {
		struct caller *x = i % 2 ? &bob : &ann;
		forget(x);
		call_network_changed(x->call);
		until(x, "reconnecting ");
		until(x, "joined "); /* with whatever is told between */
		until_more_arrived(&bob, 30);
	}
	assert_null(strstr(buf_str(&bob.log), "-ann"));
	bye(&ann);
	bye(&bob);
}

static void test_server_starts_anew(void **state)
{
	(void)state;
	meet(w.port);
	ann.gives_tokens = true;
	sfu_world_end(&w);
	until(&ann, "reconnecting ");
	until(&bob, "reconnecting ");
	forget(&ann);
	assert_int_equal(sfu_open(&w.opt, &w.sfu, NULL), 0);
	until(&ann, "token ");
	until(&ann, "joined ");
	/* Nobody has a token for bob. */
	until(&bob, "ended (failed) ");
	assert_string_equal(bob.err.msg, "no token");
	bye(&bob);
	call_at(&bob, w.port, "room", "bob", listener);
	until(&bob, "+ann ");
	until(&bob, "joined ");
	until_more_arrived(&bob, 30);
	bye(&ann);
	bye(&bob);
}

static void test_input_ends(void **state)
{
	(void)state;
	struct sound_writer *f;
	int16_t *pcm = mem_alloc(2 * SECOND * sizeof(*pcm));
	char spec[320];
	tone_make(pcm, 2 * SECOND, 550, 8000, 0);
	assert_int_equal(sound_writer_open(file("in.wav"), &f, NULL), 0);
	assert_int_equal(sound_writer_write(f, pcm, 2 * SECOND, NULL), 0);
	assert_int_equal(sound_writer_close(f, NULL), 0);
	mem_free(pcm);
	snprintf(spec, sizeof(spec), "file:%s", file("in.wav"));
	call_at(&bob, w.port, "room", "bob", listener);
	until(&bob, "joined ");
	assert_int_equal(call_record(bob.call, file("out.wav"), AUDIO_ENGINE_TAP_HEARD, NULL), 0);
	call_at(&ann, w.port, "room", "ann", tone(spec));
	until(&ann, "input_end ");
	ann.packets = 100;
	SFU_UNTIL(&w, has_sent, &ann);
	call_leave(ann.call);
	until(&ann, "(left) ");
	until(&bob, "-ann ");
	/* What is in the jitter buffer is still heard. */
	sfu_pass(&w, 500);
	assert_int_equal(call_record(bob.call, NULL, AUDIO_ENGINE_TAP_HEARD, NULL), 0);
	/* The first words were not lost while bob's side was told of the track. */
	assert_frequency(file("out.wav"), 550, 1.8);
	bye(&ann);
	bye(&bob);
}

/* Dropped at whichever moment, with news under way to the owner. */
static void test_dropped(void **state)
{
	(void)state;
	for (int ms = 0; ms < 200; ms += 9) {
		call_at(&ann, w.port, "room", "ann", tone("tone:440"));
		call_mute(ann.call, true);
		call_gain(ann.call, "bob", -3);
		sfu_pass(&w, ms + 1);
		call_mute(ann.call, false);
		call_leave(ann.call);
		bye(&ann);
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
	/* Whom a failed test left behind. */
	bye(&ann);
	bye(&bob);
	bye(&other);
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
