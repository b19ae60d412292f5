/*
 * One person in a LiveKit room by core/call, without Matrix:
 *
 *   call_tool URL TOKEN_FILE INPUT OUTPUT [muted|late|listen|nodtx]...
 *
 * INPUT and OUTPUT are sound devices (audio/driver.h). Lines on stdin:
 * "mute", "unmute", "leave", "network", "status", "gain WHO DB"; at its end we
 * leave. Events are JSON lines on stdout.
 */
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/call/call.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

struct tool {
	struct loop *loop;
	struct call *call;
	char *token;
	bool failed;
};

static void print(json_t *j)
{
	AUTO_FREE char *text = json_text(j);
	puts(text);
	fflush(stdout);
	json_decref(j);
}

/* -- What the call tells ---------------------------------------------------- */

static void on_state(void *arg, enum call_state now)
{
	static const char *const names[] = {
		[CALL_CONNECTING] = "connecting",
		[CALL_JOINED] = "joined",
		[CALL_RECONNECTING] = "reconnecting",
		[CALL_ENDED] = "ended",
	};
	(void)arg;
	print(json_pack("{s:s,s:s}", "event", "state", "state", names[now]));
}

static void on_person(void *arg, enum call_person_event what, const struct call_person *p)
{
	static const char *const names[] = {
		[CALL_PERSON_JOINED] = "joined",     [CALL_PERSON_LEFT] = "left",
		[CALL_PERSON_MUTED] = "muted",	     [CALL_PERSON_UNMUTED] = "unmuted",
		[CALL_PERSON_SPEAKING] = "speaking", [CALL_PERSON_SILENT] = "silent",
		[CALL_PERSON_QUALITY] = "quality",
	};
	(void)arg;
	print(json_pack("{s:s,s:s,s:s,s:b,s:b,s:b,s:s,s:f}", "event", "person", "what", names[what],
			"who", p->identity, "self", p->self, "publishing", p->publishing, "muted",
			p->muted, "quality", call_quality_name(p->quality), "level",
			(double)p->level));
}

static void on_muted(void *arg, bool muted, bool by_server)
{
	(void)arg;
	print(json_pack("{s:s,s:b,s:b}", "event", "muted", "muted", muted, "by_server", by_server));
}

static void on_token(void *arg)
{
	struct tool *t = arg;
	print(json_pack("{s:s}", "event", "token"));
	call_token(t->call, t->token, NULL);
}

static void on_input_end(void *arg)
{
	(void)arg;
	print(json_pack("{s:s}", "event", "input_end"));
}

static void on_warning(void *arg, const struct err *err)
{
	(void)arg;
	print(json_pack("{s:s,s:s}", "event", "warning", "message", err->msg));
}

static void on_ended(void *arg, enum call_end why, const struct err *err)
{
	struct tool *t = arg;
	t->failed = why == CALL_END_FAILED;
	print(json_pack("{s:s,s:s,s:s}", "event", "ended", "why", call_end_name(why), "message",
			err ? err->msg : ""));
	loop_stop(t->loop);
}

static const struct call_handler handler = {
	.state = on_state,
	.person = on_person,
	.muted = on_muted,
	.token = on_token,
	.input_end = on_input_end,
	.warning = on_warning,
	.ended = on_ended,
};

/* -- What stdin says -------------------------------------------------------- */

static void status(struct tool *t)
{
	struct call_status s;
	struct rusage u;
	call_status(t->call, &s);
	getrusage(RUSAGE_SELF, &u);
	print(json_pack("{s:s,s:b,s:b,s:i,s:i,s:f,s:f,s:I,s:I,s:I,s:f,s:i,s:i,s:I,s:I,s:I,s:f,s:i}",
			"event", "status", "muted", s.muted, "publishing", s.publishing, "people",
			(int)s.people, "rtt_ms", s.rtt_ms, "loss_out", s.loss_out, "loss_in",
			s.loss_in, "packets_out", (json_int_t)s.packets_out, "packets_in",
			(json_int_t)s.packets_in, "lost_in", (json_int_t)s.lost_in, "jitter_ms",
			s.jitter_ms, "delay_ms", s.delay_ms, "reconnects", s.reconnects,
			"late_ticks", (json_int_t)s.sound.late_ticks, "skipped_ticks",
			(json_int_t)s.sound.skipped_ticks, "packets_dropped",
			(json_int_t)s.sound.packets_dropped, "cpu_s",
			(double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
				(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6,
			"rss_kb", (int)u.ru_maxrss));
}

struct line {
	struct tool *tool;
	char *text; /**< NULL: the end */
};

static void obey(void *arg)
{
	struct line *l = arg;
	struct tool *t = l->tool;
	char who[256];
	float db;
	const char *s = l->text ? l->text : "leave";
	if (!strcmp(s, "mute") || !strcmp(s, "unmute"))
		call_mute(t->call, s[0] == 'm');
	else if (!strcmp(s, "leave"))
		call_leave(t->call);
	else if (!strcmp(s, "network"))
		call_network_changed(t->call);
	else if (!strcmp(s, "status"))
		status(t);
	else if (sscanf(s, "gain %255s %f", who, &db) == 2)
		call_gain(t->call, strcmp(who, "*") ? who : NULL, db);
	else
		print(json_pack("{s:s,s:s}", "event", "unknown", "line", s));
	free(l->text);
	mem_free(l);
}

static void post(struct tool *t, char *text)
{
	struct line *l = NEW(struct line);
	*l = (struct line){t, text};
	loop_post(t->loop, obey, l);
}

static void *read_lines(void *arg)
{
	struct tool *t = arg;
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	while ((n = getline(&line, &size, stdin)) > 0) {
		line[n - (line[n - 1] == '\n')] = 0;
		post(t, line);
		line = NULL;
	}
	free(line);
	post(t, NULL);
	return NULL;
}

/* -- Start ------------------------------------------------------------------- */

static char *read_token(const char *path)
{
	char text[8192];
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	if (f)
		fclose(f);
	text[n] = 0;
	text[strcspn(text, " \r\n")] = 0;
	return mem_dup(text, strlen(text) + 1);
}

static bool given(char **argv, const char *word)
{
	for (; *argv; argv++)
		if (!strcmp(*argv, word))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct err err = {0};
	pthread_t reader;
	if (argc < 5) {
		fprintf(stderr, "usage: call_tool URL TOKEN_FILE INPUT OUTPUT "
				"[muted|late|listen|nodtx]...\n");
		return 2;
	}
	struct tool t = {.loop = loop_new(), .token = read_token(argv[2])};
	const struct call_options o = {
		.url = argv[1],
		.token = t.token,
		.sound = {.input = argv[3],
			  .output = argv[4],
			  .opus = {.complexity = -1,
				   .fec = true,
				   .dtx = !given(argv + 5, "nodtx")}},
		.listen_only = given(argv + 5, "listen"),
		.muted = given(argv + 5, "muted"),
		.publish_late = given(argv + 5, "late"),
	};
	if (call_new(t.loop, &o, &handler, &t, &t.call, &err)) {
		print(json_pack("{s:s,s:s,s:s}", "event", "ended", "why", "failed", "message",
				err.msg));
		return 1;
	}
	pthread_create(&reader, NULL, read_lines, &t);
	pthread_detach(reader);
	loop_run(t.loop);
	call_free(t.call);
	/* The reader may still wait for stdin: the loop stays for it. */
	mem_free(t.token);
	return t.failed ? 1 : 0;
}
