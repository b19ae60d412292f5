/*
 * The client of core/call by itself, for tests against other servers and
 * clients: no Matrix, no accounts.
 *
 *   call_tool make-token KEY SECRET-FILE ROOM IDENTITY [admin] [seconds=N] > token
 *       A LiveKit access token; the secret is the file's first line.
 *   call_tool join URL TOKEN-FILE [option ...]
 *       --play SPEC      device to speak from: tone:440, file:x.wav, null ...
 *                        (default: none, listening only)
 *       --out SPEC       device to hear with (default: none)
 *       --record FILE    what others say, as .wav or .ogg
 *       --for SECONDS    leave then (default: when told)
 *       --muted          begin muted
 *       --dtx            send little where there is silence, or a tone without end
 *       --late           publish at the first unmute only
 *       --address IP     use this address of ours (may be repeated)
 *       --ca-file FILE   trust these certificates
 *       --fresh FILE     where a fresh token is read from to join anew
 *       --end-with-input leave when the input is at its end
 *       -v               log what is signalled, on standard error
 *   Commands, one a line, on standard input when that is a pipe: mute, unmute, leave, status,
 *   network (the network changed), drop (end without a word), gain ID DB.
 *
 * Prints one JSON object a line:
 *   {"event":"state","state":"connecting|joined|reconnecting|ended","ms":N}
 *   {"event":"joined|left|muted|unmuted|speaking|silent|quality","identity":..,"sid":..,
 *    "self":..,"publishing":..,"muted":..,"level":..,"quality":..}
 *   {"event":"mute","muted":..,"by_server":..}  {"event":"input_end"}  {"event":"token"}
 *   {"event":"warning","message":..}  {"event":"status", ...}
 *   {"event":"ended","why":..,"message":..,"hint":..}
 * Ends with 0, or 1 when the call failed, 2 for wrong words.
 */
#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/call/call.h"
#include "core/rtc/token.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#define ADDRESSES_MAX 8

struct tool {
	struct loop *loop;
	struct call *call;
	struct loop_timer *end;
	uv_pipe_t in;
	char line[512];
	size_t line_n;
	const char *fresh;
	bool end_with_input;
	int64_t started_ms;
	int exit_status;
};

static void print(json_t *row)
{
	json_dumpf(row, stdout, JSON_COMPACT);
	fputc('\n', stdout);
	fflush(stdout);
	json_decref(row);
}

static char *first_line(const char *path)
{
	struct buf b = BUF_INIT(TOKEN_BYTES_MAX + 2);
	struct err err = {0};
	if (fs_read(path, &b, &err)) {
		fprintf(stderr, "call_tool: %s\n", err.msg);
		exit(2);
	}
	struct span line = span_trim(buf_span(&b)), text;
	span_split(&line, '\n', &text);
	char *s = span_dup(span_trim(text));
	buf_done(&b);
	return s;
}

/* -- Tokens ----------------------------------------------------------------------- */

static int make_token(int argc, char **argv)
{
	struct token t = {.join = true,
			  .create = true,
			  .publish = true,
			  .subscribe = true,
			  .data = true,
			  .update_metadata = true};
	struct buf b = BUF_INIT(TOKEN_BYTES_MAX);
	struct err err = {0};
	long seconds = 3600;
	if (argc < 4)
		return 2;
	snprintf(t.key, sizeof(t.key), "%s", argv[0]);
	snprintf(t.room, sizeof(t.room), "%s", argv[2]);
	snprintf(t.identity, sizeof(t.identity), "%s", argv[3]);
	for (int i = 4; i < argc; i++) {
		if (strcmp(argv[i], "admin") == 0)
			t.admin = true;
		else if (strncmp(argv[i], "seconds=", 8) == 0)
			seconds = strtol(argv[i] + 8, NULL, 10);
		else
			return 2;
	}
	t.not_before_ms = clock_wall_ms() - 10000;
	t.expires_ms = clock_wall_ms() + seconds * 1000;
	char *secret = first_line(argv[1]);
	int rc = token_make(&t, span_of(secret), &b, &err);
	mem_free_secret(secret);
	if (rc)
		fprintf(stderr, "call_tool: %s\n", err.msg);
	else
		puts(buf_str(&b));
	buf_done(&b);
	return rc ? 1 : 0;
}

/* -- What happens in the call --------------------------------------------------------- */

static void on_state(void *arg, enum call_state now)
{
	static const char *const names[] = {"connecting", "joined", "reconnecting", "ended"};
	struct tool *t = arg;
	print(json_pack("{s:s,s:s,s:I}", "event", "state", "state", names[now], "ms",
			(json_int_t)(clock_mono_ms() - t->started_ms)));
}

static void on_person(void *arg, enum call_person_event what, const struct call_person *p)
{
	static const char *const names[] = {"joined",	"left",	  "muted",  "unmuted",
					    "speaking", "silent", "quality"};
	(void)arg;
	print(json_pack("{s:s,s:s,s:s,s:b,s:b,s:b,s:f,s:s}", "event", names[what], "identity",
			p->identity, "sid", p->sid, "self", p->self, "publishing", p->publishing,
			"muted", p->muted, "level", (double)p->level, "quality",
			call_quality_name(p->quality)));
}

static void on_muted(void *arg, bool muted, bool by_server)
{
	(void)arg;
	print(json_pack("{s:s,s:b,s:b}", "event", "mute", "muted", muted, "by_server", by_server));
}

static void on_token(void *arg)
{
	struct tool *t = arg;
	char *fresh = first_line(t->fresh);
	print(json_pack("{s:s}", "event", "token"));
	call_token(t->call, fresh, NULL);
	mem_free_secret(fresh);
}

static void on_input_end(void *arg)
{
	struct tool *t = arg;
	print(json_pack("{s:s}", "event", "input_end"));
	if (t->end_with_input)
		call_leave(t->call);
}

static void on_warning(void *arg, const struct err *err)
{
	(void)arg;
	print(json_pack("{s:s,s:s,s:i}", "event", "warning", "message", err->msg, "code",
			err->code));
}

static void print_status(struct tool *t)
{
	struct call_status s;
	call_status(t->call, &s);
	json_t *row = json_pack("{s:s,s:b,s:b,s:I,s:i,s:f,s:f,s:I,s:I,s:I,s:f,s:i,s:i}", "event",
				"status", "muted", s.muted, "publishing", s.publishing, "people",
				(json_int_t)s.people, "rtt_ms", s.rtt_ms, "loss_out", s.loss_out,
				"loss_in", s.loss_in, "packets_out", (json_int_t)s.packets_out,
				"packets_in", (json_int_t)s.packets_in, "lost_in",
				(json_int_t)s.lost_in, "jitter_ms", s.jitter_ms, "delay_ms",
				s.delay_ms, "reconnects", s.reconnects);
	json_object_set_new(row, "protects", json_real(s.protects));
	json_object_set_new(row, "way", json_string(call_way_name(s.way)));
	json_object_set_new(row, "missed", json_integer(s.missed));
	json_object_set_new(row, "by_fec", json_integer(s.by_fec));
	json_object_set_new(row, "made_up_ms", json_integer(s.made_up_ms));
	json_object_set_new(row, "late", json_integer(s.late));
	json_object_set_new(row, "input_since_ms", json_real((double)s.sound.input_since_ns / 1e6));
	json_object_set_new(row, "ticks", json_integer(s.sound.ticks));
	json_object_set_new(row, "late_ticks", json_integer(s.sound.late_ticks));
	json_object_set_new(row, "packets_dropped", json_integer(s.sound.packets_dropped));
	json_object_set_new(row, "frames_sent", json_integer(s.sound.frames_sent));
	json_object_set_new(row, "cpu_ms", json_integer(os_cpu_us() / 1000));
	json_object_set_new(row, "rss_kb", json_integer(os_rss_bytes() / 1024));
	print(row);
}

static void on_ended(void *arg, enum call_end why, const struct err *err)
{
	struct tool *t = arg;
	struct err e = {0};
	print_status(t);
	if (call_record(t->call, NULL, AUDIO_ENGINE_TAP_HEARD, &e))
		print(json_pack("{s:s,s:s,s:i}", "event", "warning", "message", e.msg, "code",
				e.code));
	print(json_pack("{s:s,s:s,s:s,s:s}", "event", "ended", "why", call_end_name(why), "message",
			err ? err->msg : "", "hint", err ? err->hint : ""));
	t->exit_status = why == CALL_END_FAILED;
	loop_stop(t->loop);
}

/* -- What is asked of it ----------------------------------------------------------------- */

static void command(struct tool *t, char *line)
{
	char *space = strchr(line, ' ');
	if (strcmp(line, "mute") == 0 || strcmp(line, "unmute") == 0) {
		call_mute(t->call, line[0] == 'm');
	} else if (strcmp(line, "leave") == 0) {
		call_leave(t->call);
	} else if (strcmp(line, "status") == 0) {
		print_status(t);
	} else if (strcmp(line, "network") == 0) {
		call_network_changed(t->call);
	} else if (strcmp(line, "drop") == 0) {
		_exit(0);
	} else if (strncmp(line, "gain ", 5) == 0 && (space = strchr(line + 5, ' '))) {
		*space = '\0';
		call_gain(t->call, line + 5, strtof(space + 1, NULL));
	} else {
		fprintf(stderr, "call_tool: what is \"%s\"?\n", line);
	}
}

static void on_alloc(uv_handle_t *h, size_t want, uv_buf_t *ret)
{
	struct tool *t = h->data;
	(void)want;
	*ret = uv_buf_init(t->line + t->line_n, (unsigned)(sizeof(t->line) - 1 - t->line_n));
}

static void on_read(uv_stream_t *h, ssize_t n, const uv_buf_t *b)
{
	struct tool *t = h->data;
	(void)b;
	if (n < 0) {
		uv_read_stop(h);
		return;
	}
	t->line_n += (size_t)n;
	t->line[t->line_n] = '\0';
	for (char *end; (end = strchr(t->line, '\n'));) {
		*end = '\0';
		command(t, t->line);
		t->line_n -= (size_t)(end + 1 - t->line);
		memmove(t->line, end + 1, t->line_n + 1);
	}
}

static void on_time(void *arg)
{
	call_leave(((struct tool *)arg)->call);
}

struct wishes {
	struct call_options call;
	struct net_addr addresses[ADDRESSES_MAX + 1];
	size_t addresses_n;
	const char *record;
	double seconds;
};

/* False for wrong words. */
static bool parse(struct tool *t, struct wishes *w, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		const char *o = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
		bool taken = true;
		if (strcmp(o, "--muted") == 0)
			w->call.muted = true;
		else if (strcmp(o, "--dtx") == 0)
			w->call.sound.opus.dtx = true;
		else if (strcmp(o, "--late") == 0)
			w->call.publish_late = true;
		else if (strcmp(o, "--end-with-input") == 0)
			t->end_with_input = true;
		else if (strcmp(o, "-v") == 0)
			log_set_level(LOG_DEBUG);
		else
			taken = false;
		if (taken)
			continue;
		if (!value)
			return false;
		i++;
		if (strcmp(o, "--play") == 0)
			w->call.sound.input = value;
		else if (strcmp(o, "--out") == 0)
			w->call.sound.output = value;
		else if (strcmp(o, "--record") == 0)
			w->record = value;
		else if (strcmp(o, "--for") == 0)
			w->seconds = strtod(value, NULL);
		else if (strcmp(o, "--ca-file") == 0)
			w->call.ca_file = value;
		else if (strcmp(o, "--fresh") == 0)
			t->fresh = value;
		else if (strcmp(o, "--address") != 0 || w->addresses_n == ADDRESSES_MAX ||
			 !net_addr_parse(span_of(value), 0, &w->addresses[w->addresses_n++]))
			return false;
	}
	if (w->addresses_n)
		w->call.addresses = w->addresses;
	return true;
}

static int start(struct tool *t, struct wishes *w, const char *token_file)
{
	static struct call_handler h = {on_state,     on_person,  on_muted, on_token,
					on_input_end, on_warning, on_ended};
	struct err err = {0};
	if (!t->fresh)
		h.token = NULL;
	char *token = first_line(token_file);
	w->call.token = token;
	int rc = call_new(t->loop, &w->call, &h, t, &t->call, &err);
	mem_free_secret(token);
	if (!rc && w->record)
		rc = call_record(t->call, w->record, AUDIO_ENGINE_TAP_HEARD, &err);
	if (rc)
		fprintf(stderr, "call_tool: %s\n", err.msg);
	return rc;
}

static int join(int argc, char **argv)
{
	struct tool t = {.started_ms = clock_mono_ms()};
	struct wishes w = {.call = {.sound.opus = {.complexity = -1, .fec = true}}};
	if (argc < 2 || !parse(&t, &w, argc - 2, argv + 2))
		return 2;
	w.call.url = argv[0];
	t.loop = loop_new();
	t.end = loop_timer_new(t.loop, on_time, &t);
	loop_on_signal(t.loop, SIGINT, on_time, &t);
	loop_on_signal(t.loop, SIGTERM, on_time, &t);
	uv_pipe_init(loop_uv(t.loop), &t.in, 0);
	t.in.data = &t;
	if (start(&t, &w, argv[1]) == 0) {
		/* Not a file, nor /dev/null: those cannot be waited for. */
		if (uv_guess_handle(0) == UV_NAMED_PIPE && uv_pipe_open(&t.in, 0) == 0)
			uv_read_start((uv_stream_t *)&t.in, on_alloc, on_read);
		if (w.seconds > 0)
			loop_timer_start(t.end, (uint64_t)(w.seconds * 1000), 0);
		loop_run(t.loop);
	} else {
		t.exit_status = 1;
	}
	call_free(t.call);
	uv_close((uv_handle_t *)&t.in, NULL);
	loop_timer_free(t.end);
	loop_free(t.loop);
	return t.exit_status;
}

int main(int argc, char **argv)
{
	int rc = 2;
	if (argc > 1 && strcmp(argv[1], "make-token") == 0)
		rc = make_token(argc - 2, argv + 2);
	else if (argc > 1 && strcmp(argv[1], "join") == 0)
		rc = join(argc - 2, argv + 2);
	if (rc == 2)
		fprintf(stderr, "call_tool: wrong words; its source tells how to use it\n");
	return rc;
}
