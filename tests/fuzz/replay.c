/*
 * Runs a fuzz target without a fuzzer: each file of its corpus as it is, then
 * mutations of them that depend on nothing but the seed.
 *
 *   X CORPUS [MUTATIONS [SEED]]
 *
 * An input that crashes or takes longer than ten seconds is written to
 * crash-X in the current folder.
 */
#include "core/base/mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILES 1000
#define INPUT_MAX 65536
#define TIME_LIMIT_S 10

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	uint8_t *p;
	size_t n;
};

static struct input files[MAX_FILES];
static size_t files_n;
static struct input current;
static char crash_name[300];
static uint64_t state;

/* Bytes that parsers of ours treat specially. */
static const char *const words[] = {
	"{",
	"}",
	"[",
	"]",
	"\"",
	"\\",
	",",
	":",
	"\\ud800",
	"\\u0000",
	"1e999",
	"-0",
	"9223372036854775808",
	"null",
	"<",
	">",
	"</a>",
	"<!--",
	"&#27;",
	"&lt;",
	"`",
	"**",
	"\n\n",
	"\r\n",
	"\r\n\r\n",
	"%2F",
	"..",
	"/",
	"@a:hs",
	"!",
	"$",
	"\x1b[",
	"\xc3",
	"\xed\xa0\x80",
	"\xff",
	"\t",
	" ",
};

static void on_death(int sig)
{
	int fd = open(crash_name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd >= 0) {
		ssize_t n = write(fd, current.p, current.n);
		(void)n;
		close(fd);
	}
	signal(sig, SIG_DFL);
	raise(sig == SIGALRM ? SIGKILL : sig);
}

static uint32_t roll(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % below;
}

static void run(struct input in)
{
	current = in;
	alarm(TIME_LIMIT_S);
	LLVMFuzzerTestOneInput(in.p, in.n);
	alarm(0);
}

static void read_file(const char *dir, const char *name)
{
	char path[4096];
	struct stat st;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (stat(path, &st) || !S_ISREG(st.st_mode) || st.st_size > INPUT_MAX)
		return;
	FILE *f = fopen(path, "rb");
	if (!f || files_n == MAX_FILES)
		exit(2);
	struct input in = {mem_alloc(INPUT_MAX), 0};
	in.n = fread(in.p, 1, INPUT_MAX, f);
	fclose(f);
	files[files_n++] = in;
}

static int only_names(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* Sorted, so that a seed means the same everywhere. */
static void read_corpus(const char *dir)
{
	struct dirent **names;
	int n = scandir(dir, &names, only_names, alphasort);
	if (n < 0) {
		perror(dir);
		exit(2);
	}
	for (int i = 0; i < n; i++) {
		read_file(dir, names[i]->d_name);
		free(names[i]);
	}
	free(names);
}

/* Put `n` bytes at `at`, making room. */
static void insert(struct input *in, size_t at, const void *p, size_t n)
{
	if (in->n + n > INPUT_MAX)
		return;
	memmove(in->p + at + n, in->p + at, in->n - at);
	memcpy(in->p + at, p, n);
	in->n += n;
}

static void mutate(struct input *in)
{
	size_t at = roll((uint32_t)in->n + 1), left = in->n - at;
	const struct input *other = &files[roll((uint32_t)files_n)];
	const char *word = words[roll(ARRAY_LEN(words))];
	size_t n = left ? 1 + roll((uint32_t)(left < 64 ? left : 64)) : 0;
	uint8_t piece[64];
	switch (roll(6)) {
	case 0:
		if (left)
			in->p[at] ^= (uint8_t)(1u << roll(8));
		break;
	case 1:
		memmove(in->p + at, in->p + at + n, left - n);
		in->n -= n;
		break;
	case 2:
		insert(in, at, word, strlen(word));
		break;
	case 3:
		memcpy(piece, in->p + at, n);
		insert(in, roll((uint32_t)in->n + 1), piece, n);
		break;
	case 4:
		n = other->n ? roll((uint32_t)other->n) : 0;
		insert(in, at, other->p + n, other->n - n < 200 ? other->n - n : 200);
		break;
	default:
		if (left)
			in->p[at] = (uint8_t)roll(256);
		break;
	}
}

static void run_mutations(long count)
{
	struct input in = {mem_alloc(INPUT_MAX), 0};
	for (long i = 0; i < count; i++) {
		const struct input *from = &files[roll((uint32_t)files_n)];
		memcpy(in.p, from->p, from->n);
		in.n = from->n;
		for (uint32_t n = 1 + roll(8); n; n--)
			mutate(&in);
		run(in);
	}
	mem_free(in.p);
}

int main(int argc, char **argv)
{
	static const int deaths[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM};
	if (argc < 2)
		return 2;
	const char *slash = strrchr(argv[0], '/');
	snprintf(crash_name, sizeof(crash_name), "crash-%s", slash ? slash + 1 : argv[0]);
	for (size_t i = 0; i < ARRAY_LEN(deaths); i++)
		signal(deaths[i], on_death);
	state = argc > 3 ? strtoull(argv[3], NULL, 10) * 2 + 1 : 88172645463325252ull;
	read_corpus(argv[1]);
	if (!files_n) {
		fprintf(stderr, "%s: no corpus\n", argv[1]);
		return 2;
	}
	for (size_t i = 0; i < files_n; i++)
		run(files[i]);
	run_mutations(argc > 2 ? strtol(argv[2], NULL, 10) : 0);
	for (size_t i = 0; i < files_n; i++)
		mem_free(files[i].p);
	return 0;
}
