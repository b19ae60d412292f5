/* A call that runs on another machine, by an ssh that is none: it runs the command here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audio/sound_file.h"
#include "cli/call/via.h"
#include "cli/call/via_words.h"
#include "cli/params.h"
#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/lib/tmpdir.h"
#include "tests/lib/tone.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>

static char dir[256];
static char *path_before;

static void script(const char *name, const char *text)
{
	AUTO_FREE char *path = mem_printf("%s/bin/%s", dir, name);
	assert_int_equal(fs_write_atomic(path, span_of(text), 0700, NULL), 0);
}

static int set_up(void **state)
{
	AUTO_FREE char *bin = NULL, *path = NULL;
	(void)state;
	tmpdir_make(dir);
	bin = fs_join(dir, "bin");
	assert_int_equal(fs_mkdirs(bin, 0700, NULL), 0);
	path_before = mem_strdup(getenv("PATH"));
	path = mem_printf("%s:%s", bin, path_before);
	setenv("PATH", path, 1);
	setenv("FAKE_DIR", dir, 1);
	/* As sshd would: the command is a line for a shell. */
	script("ssh",
	       "#!/bin/sh\n"
	       "printf '%s\\n' \"$@\" >\"$FAKE_DIR/ssh-words\"\n"
	       "while [ \"$1\" != -- ]; do shift; done\n"
	       "[ \"$2\" = gone ] && { echo 'ssh: no route to gone' >&2; exit 255; }\n"
	       "[ \"$2\" = closed ] && { echo 'me@closed: Permission denied (publickey).' >&2; "
	       "exit 255; }\n"
	       "[ \"$2\" = empty ] && PATH=/nowhere\n"
	       "FAKE_HOST=$2; export FAKE_HOST\n"
	       "/bin/sh -c \"$3\"; status=$?\n"
	       "[ \"$2\" = breaks ] && { echo 'client_loop: send disconnect' >&2; exit 255; }\n"
	       "exit $status\n");
	script("muster", "#!/bin/sh\n"
			 "printf '%s\\n' \"$@\" >\"$FAKE_DIR/words\"\n"
			 "if [ \"$FAKE_HOST\" = refuses ]; then\n"
			 "echo '{\"error\":{\"code\":\"not_found\",\"message\":\"no such room\","
			 "\"hint\":\"muster room list\",\"retryable\":false}}' >&2; exit 5; fi\n"
			 "echo 'a remark of its own' >&2\n"
			 "echo '{\"event\":\"joined\",\"user_id\":\"@me:x\"}' >&2\n"
			 "[ \"$FAKE_HOST\" = breaks ] && exit 0\n"
			 "cat\n"
			 "echo '{\"event\":\"left\",\"user_id\":\"@me:x\"}' >&2\n");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	setenv("PATH", path_before, 1);
	mem_free(path_before);
	tmpdir_remove(dir);
	return 0;
}

/* -- A verb like `call join` -------------------------------------------------- */

static const struct command verb = {
	.name = "call join",
	.group = GROUP_TOOL,
	.summary = "Join.",
	.args = PARAMS{ARG_ROOM, END_PARAMS},
	.options = PARAMS{{.name = "via", .kind = KIND_TEXT, .what = "where"},
			  {.name = "muted", .kind = KIND_FLAG, .what = "begin muted"},
			  {.name = "for", .kind = KIND_DURATION, .what = "how long"},
			  {.name = "play", .kind = KIND_FILE, .what = "sound"},
			  {.name = "listen-only", .kind = KIND_FLAG, .what = "hear"},
			  {.name = "record", .kind = KIND_FILE, .what = "sound"},
			  {.name = "input", .kind = KIND_TEXT, .what = "microphone"},
			  {.name = "note", .kind = KIND_TEXT, .what = "anything"},
			  END_PARAMS},
};
static const struct command *const verbs[] = {&verb, NULL};
static const struct command_param globals[] = {
	{.name = "account", .letter = 'A', .kind = KIND_ACCOUNT, .what = "account"},
	{.name = "json", .kind = KIND_FLAG, .what = "rows"},
	{.name = "no-input", .kind = KIND_FLAG, .what = "no questions"},
	{.kind = KIND_NONE},
};
static const struct command_set set = {verbs, globals};

struct front {
	struct command_line line;
	struct command_ctx ctx;
	char said[2000];
	char events[500];
	bool interrupt; /* at the first row */
	int signum;
};

static void on_say(void *arg, bool important, const char *sentence)
{
	struct front *f = arg;
	size_t n = strlen(f->said);
	(void)important;
	snprintf(f->said + n, sizeof(f->said) - n, "%s\n", sentence);
}

static const struct command_front front_calls = {.say = on_say};

static bool on_row(void *arg, json_t *row)
{
	struct front *f = arg;
	size_t n = strlen(f->events);
	snprintf(f->events + n, sizeof(f->events) - n, "%s ", json_get_str(row, "event"));
	if (f->interrupt)
		raise(SIGINT);
	f->interrupt = false;
	return true;
}

#define FRONT(f, ...)                                                               \
	front_init((f), ARRAY_LEN(((const char *[]){"call", "join", __VA_ARGS__})), \
		   (const char *[]){"call", "join", __VA_ARGS__})

static void front_init(struct front *f, size_t n, const char *const *words)
{
	struct err err = {0};
	memset(f, 0, sizeof(*f));
	if (command_parse(&set, n, words, 0, &f->line, &err))
		fail_msg("%s", err.msg);
	f->ctx = (struct command_ctx){.line = &f->line, .front = &front_calls, .front_arg = f};
}

static int run(struct front *f, const char *host, const char *in, const char *out, struct err *err)
{
	struct via_options o = {
		.host = host,
		.sound = {.input = in, .output = out},
		.rate_hz = 48000,
	};
	memset(err, 0, sizeof(*err));
	return via_run(&f->ctx, &o, on_row, f, &f->signum, err);
}

static char *read_text(const char *name)
{
	struct buf b = BUF_INIT(65536);
	AUTO_FREE char *path = fs_join(dir, name);
	assert_int_equal(fs_read(path, &b, NULL), 0);
	return buf_take(&b);
}

/* -- Words ------------------------------------------------------------------------ */

static void quoted(const char *shell, const char *word)
{
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	AUTO_FREE char *path = fs_join(dir, "quoted"), *line = NULL;
	buf_put_str(&b, "printf %s ");
	assert_int_equal(via_quote(&b, word, NULL), 0);
	line = mem_printf("exec >'%s'; exec %s -c \"$LINE\"", path, shell);
	setenv("LINE", buf_str(&b), 1);
	assert_int_equal(system(line), 0);
	AUTO_FREE char *got = read_text("quoted");
	assert_string_equal(got, word);
}

static void test_words_survive_every_shell(void **state)
{
	static const char *const shells[] = {"sh", "bash", "dash", "zsh", "fish", "tcsh", "mksh"};
	static const char *const words[] = {
		"plain",
		"",
		"two words",
		"it's",
		"a\\b",
		"\\",
		"'\\''",
		"$HOME `id` $(id)",
		"!room:x; rm -rf /",
		"#alias:x",
		"~root",
		"=ls",
		"*?[a-z]{1,2}",
		"\"quoted\"",
		"<>|&()^%",
		"h\xc3\xa9llo \xe4\xb8\x96",
		"-x",
	};
	(void)state;
	for (size_t s = 0; s < ARRAY_LEN(shells); s++) {
		AUTO_FREE char *there = mem_printf("command -v %s >/dev/null", shells[s]);
		if (system(there) != 0)
			continue;
		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			quoted(shells[s], words[i]);
	}
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	assert_int_equal(via_quote(&b, "a\nb", NULL), ERR_USAGE);
}

static void test_command(void **state)
{
	struct front f;
	AUTO(buf_done) struct buf b = BUF_INIT(VIA_COMMAND_MAX);
	(void)state;
	FRONT(&f, "--json", "-A", "school", "#physics it's", "--via", "me@host", "--muted", "--for",
	      "90s", "--play", "x.wav", "--note=a b", "--no-input");
	assert_int_equal(via_command(&b, &f.line, 16000, NULL), 0);
	assert_string_equal(buf_str(&b),
			    "muster --json --no-input --quiet call join --in - --out - --pcm "
			    "s16le:16000:1:live --events /dev/stderr '--account=school' --muted "
			    "'--for=90s' '--note=a b' -- '#physics it'\\'s");
	command_line_done(&f.line);
	/* Who only listens has an input all the same; who records here says so there. */
	buf_clear(&b);
	FRONT(&f, "x", "--via", "h", "--listen-only", "--record", "a.ogg");
	assert_int_equal(via_command(&b, &f.line, 48000, NULL), 0);
	assert_non_null(strstr(buf_str(&b), "/dev/stderr --muted --no-ring --recorded -- x"));
	command_line_done(&f.line);
	assert_int_equal(via_check_host("me@host.example", NULL), 0);
	assert_int_equal(via_check_host("ssh://me@host:2222", NULL), 0);
	assert_int_equal(via_check_host("-oProxyCommand=id", NULL), ERR_USAGE);
	assert_int_equal(via_check_host("a b", NULL), ERR_USAGE);
	assert_int_equal(via_check_host("", NULL), ERR_USAGE);
}

/* -- Running -------------------------------------------------------------------------- */

/* What is said here comes back from there, events are told, and it ends with the file. */
static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/*
 * The tone, after the time that two pipes and the buffer for the second take: in the middle of its
 * tenths of a second, since a machine that is held up leaves gaps.
 */
static void assert_heard(const int16_t *pcm, int n)
{
	enum { PIECE = 4800, PIECES = 300 };
	double hz[PIECES], rms[PIECES];
	size_t found = 0;
	assert_true(n > 10 * 48 && tone_rms(pcm, 10 * 48) < 1000);
	for (int at = 0; at + PIECE <= n && found < PIECES; at += PIECE) {
		if (tone_rms(pcm + at, PIECE) < 1000)
			continue;
		hz[found] = tone_frequency(pcm + at, PIECE, 48000);
		rms[found++] = tone_rms(pcm + at, PIECE);
	}
	assert_in_range(found, 10, 30);
	qsort(hz, found, sizeof(*hz), by_size);
	qsort(rms, found, sizeof(*rms), by_size);
	assert_float_equal(hz[found / 2], 440, 1);
	assert_float_equal(rms[found / 2], 8000 / sqrt(2), 200);
}

static void test_there_and_back(void **state)
{
	static int16_t pcm[48000 * 30];
	struct front f;
	struct err err;
	struct sound_writer *w;
	struct sound_reader *r;
	long before = mem_live();
	AUTO_FREE char *said = fs_join(dir, "said.wav"), *heard = fs_join(dir, "heard.wav");
	AUTO_FREE char *in = mem_printf("file:%s", said), *out = mem_printf("file:%s", heard);
	(void)state;
	tone_make(pcm, 48000 * 2, 440, 8000, 0);
	assert_int_equal(sound_writer_open(said, &w, NULL), 0);
	assert_int_equal(sound_writer_write(w, pcm, 48000 * 2, NULL), 0);
	assert_int_equal(sound_writer_close(w, NULL), 0);
	FRONT(&f, "physics", "--via", "school");
	int rc = run(&f, "school", in, out, &err);
	if (rc)
		fail_msg("%d: %s", rc, err.msg);
	assert_string_equal(f.events, "joined left ");
	assert_string_equal(f.said, "school: a remark of its own\n");
	command_line_done(&f.line);
	AUTO_FREE char *ssh = read_text("ssh-words"), *muster = read_text("words");
	assert_non_null(strstr(ssh, "BatchMode=yes\n--\nschool\nmuster --json"));
	assert_non_null(
		strstr(muster, "call\njoin\n--in\n-\n--out\n-\n--pcm\ns16le:48000:1:live\n"));
	assert_non_null(strstr(muster, "\n--\nphysics\n"));
	assert_int_equal(sound_reader_open(heard, &r, NULL), 0);
	assert_heard(pcm, sound_reader_read(r, pcm, (int)ARRAY_LEN(pcm)));
	sound_reader_free(r);
	mem_free(take(&said));
	mem_free(take(&heard));
	mem_free(take(&in));
	mem_free(take(&out));
	mem_free(take(&ssh));
	mem_free(take(&muster));
	assert_int_equal(mem_live(), before);
}

static void test_ctrl_c_leaves(void **state)
{
	struct front f;
	struct err err;
	(void)state;
	FRONT(&f, "physics");
	f.interrupt = true;
	assert_int_equal(run(&f, "school", "tone:440", "null:", &err), 0);
	assert_string_equal(f.events, "joined left ");
	assert_int_equal(f.signum, SIGINT);
	command_line_done(&f.line);
}

static void fails(const char *host, int code, const char *msg, const char *hint)
{
	struct front f;
	struct err err;
	FRONT(&f, "physics");
	assert_int_equal(run(&f, host, "tone:440", "null:", &err), code);
	assert_string_equal(err.msg, msg);
	assert_non_null(strstr(err.hint, hint));
	/* The reason is said once. */
	assert_null(strstr(f.said, "route"));
	command_line_done(&f.line);
}

static void test_failures(void **state)
{
	(void)state;
	fails("refuses", ERR_NOT_FOUND, "refuses: no such room", "muster room list");
	fails("gone", ERR_NETWORK, "ssh does not get to gone: ssh: no route to gone",
	      "ssh gone true");
	fails("closed", ERR_AUTH,
	      "ssh does not get to closed: me@closed: Permission denied (publickey).", "ssh");
	fails("breaks", ERR_NETWORK,
	      "the ssh connection to breaks broke: client_loop: send disconnect", "");
	fails("empty", ERR_NOT_FOUND, "there is no muster on empty that ssh could start",
	      "muster version");
	fails("-bad", ERR_USAGE, "\"-bad\" is no machine that ssh could be asked for", "--via");
}

static void test_no_ssh(void **state)
{
	struct front f;
	struct err err;
	AUTO_FREE char *path = mem_strdup(getenv("PATH"));
	(void)state;
	setenv("PATH", "/nowhere", 1);
	FRONT(&f, "physics");
	assert_int_equal(run(&f, "school", "tone:440", "null:", &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.hint, "openssh-client"));
	setenv("PATH", path, 1);
	command_line_done(&f.line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_survive_every_shell),
		cmocka_unit_test(test_command),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_ctrl_c_leaves),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_no_ssh),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
