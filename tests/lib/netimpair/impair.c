#include "tests/lib/netimpair/impair.h"

#include <stdlib.h>
#include <string.h>

/* What a random number is for: one never says anything about another. */
enum purpose {
	FOR_LOSS,
	FOR_STATE,
	FOR_BURST,
	FOR_JITTER,
	FOR_REORDER,
	FOR_DUP,
	FOR_CORRUPT,
	FOR_BIT
};

/* -- Words -------------------------------------------------------------------- */

struct word {
	const char *name;
	size_t at[4]; /* offsets of doubles that its numbers go to */
	int least;    /* numbers that must be there */
	double scale; /* they are percents, or not */
};
#define AT(member) offsetof(struct impair_spec, member)
static const struct word words[] = {
	{"loss", {AT(loss)}, 1, 100},
	{"burst", {AT(to_bad), AT(to_good), AT(bad_loss), AT(good_loss)}, 2, 100},
	{"delay", {AT(delay_ms)}, 1, 1},
	{"jitter", {AT(jitter_ms)}, 1, 1},
	{"rate", {AT(rate_kbit)}, 1, 1},
	{"queue", {AT(queue_ms)}, 1, 1},
	{"dup", {AT(duplicate)}, 1, 100},
	{"corrupt", {AT(corrupt)}, 1, 100},
};

/* Numbers separated by `between`, up to a comma or the end; how many, 0: not numbers. */
static int numbers(const char *p, char between, double *ret, int max, const char **ret_end)
{
	for (int n = 0; n < max;) {
		char *end;
		ret[n] = strtod(p, &end);
		if (end == p || !(ret[n] >= 0) || ret[n] > 1e9)
			return 0;
		n++;
		*ret_end = end;
		if (*end == '\0' || *end == ',')
			return n;
		if (*end != between)
			return 0;
		p = end + 1;
	}
	return 0;
}

static bool take_word(const struct word *w, const char *value, struct impair_spec *s,
		      const char **ret_end)
{
	double v[4] = {0, 0, 100, 0};
	int most = w->least == 2 ? 4 : 1, n = numbers(value, '/', v, most, ret_end);
	if (n < w->least)
		return false;
	for (int i = 0; i < most; i++) {
		if (w->scale > 1 && v[i] > 100)
			return false;
		memcpy((char *)s + w->at[i], &(double){v[i] / w->scale}, sizeof(double));
	}
	return true;
}

static bool take_other(const char *p, size_t name_n, struct impair_spec *s, const char **ret_end)
{
	double v[2];
	const char *value = p + name_n + 1;
	if (name_n == 7 && memcmp(p, "reorder", 7) == 0) {
		if (numbers(value, '/', v, 2, ret_end) != 2 || v[0] > 100)
			return false;
		s->reorder = v[0] / 100;
		s->reorder_ms = v[1];
		return true;
	}
	if (name_n != 3 || memcmp(p, "cut", 3) != 0 || s->cuts_n == IMPAIR_CUTS_MAX ||
	    numbers(value, '+', v, 2, ret_end) != 2)
		return false;
	s->cuts[s->cuts_n++] = (struct impair_cut){(int64_t)v[0], (int64_t)v[0] + (int64_t)v[1]};
	return true;
}

static bool take(const char *p, struct impair_spec *s, const char **ret_end)
{
	size_t name_n = strcspn(p, "=,");
	if (p[name_n] != '=')
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].name) == name_n && memcmp(words[i].name, p, name_n) == 0)
			return take_word(&words[i], p + name_n + 1, s, ret_end);
	return take_other(p, name_n, s, ret_end);
}

const char *impair_parse(const char *text, struct impair_spec *ret)
{
	struct impair_spec s = {.queue_ms = 200};
	for (const char *p = text, *end = text; *p; p = *end ? end + 1 : end)
		if (!take(p, &s, &end))
			return p;
	*ret = s;
	return NULL;
}

/* -- Fates -------------------------------------------------------------------- */

void impair_init(struct impair *im, uint64_t seed, const struct impair_spec *spec)
{
	*im = (struct impair){.seed = seed, .spec = *spec};
}

void impair_set(struct impair *im, const struct impair_spec *spec)
{
	im->spec = *spec;
}

/* The finalizer of splitmix64. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static uint64_t random_of(const struct impair *im, enum impair_kind kind, uint64_t n,
			  enum purpose what)
{
	return mix(mix(mix(im->seed) ^ ((uint64_t)kind << 8 | (uint64_t)what)) ^ n);
}

/* 0 to 1, without 1. */
static double share(const struct impair *im, enum impair_kind kind, uint64_t n, enum purpose what)
{
	return (double)(random_of(im, kind, n, what) >> 11) / 9007199254740992.0;
}

static bool lost_in_burst(struct impair *im, enum impair_kind kind, uint64_t n)
{
	const struct impair_spec *s = &im->spec;
	double change = share(im, kind, n, FOR_STATE);
	if (s->to_bad <= 0) {
		im->bad[kind] = false;
		return false;
	}
	im->bad[kind] = im->bad[kind] ? change >= s->to_good : change < s->to_bad;
	return share(im, kind, n, FOR_BURST) < (im->bad[kind] ? s->bad_loss : s->good_loss);
}

void impair_next(struct impair *im, enum impair_kind kind, struct impair_fate *ret)
{
	const struct impair_spec *s = &im->spec;
	uint64_t n = im->numbers[kind]++;
	bool burst = lost_in_burst(im, kind, n);
	*ret = (struct impair_fate){
		.number = n,
		.lost = share(im, kind, n, FOR_LOSS) < s->loss || burst,
		.duplicated = share(im, kind, n, FOR_DUP) < s->duplicate,
		.corrupted = share(im, kind, n, FOR_CORRUPT) < s->corrupt,
		.reordered = share(im, kind, n, FOR_REORDER) < s->reorder,
		.delay_ms = s->delay_ms + s->jitter_ms * share(im, kind, n, FOR_JITTER),
		.bit = (uint32_t)random_of(im, kind, n, FOR_BIT),
	};
	if (ret->reordered)
		ret->delay_ms += s->reorder_ms;
}

/* -- Packets ------------------------------------------------------------------ */

/* Where UDP's or TCP's header begins and which it is; 0: neither, or a later fragment. */
static size_t transport(const uint8_t *p, size_t n, int *ret_protocol)
{
	if (n >= 20 && p[0] >> 4 == 4) {
		size_t header = (size_t)(p[0] & 15) * 4;
		bool later = (p[6] & 0x1f) || p[7];
		*ret_protocol = p[9];
		return later || header < 20 ? 0 : header;
	}
	*ret_protocol = n >= 40 && p[0] >> 4 == 6 ? p[6] : 0;
	return n >= 40 ? 40 : 0;
}

enum impair_kind impair_kind_of(const uint8_t *p, size_t n)
{
	int protocol;
	size_t at = transport(p, n, &protocol);
	if (!at || protocol != 17 || n < at + 8)
		return IMPAIR_OTHER;
	const uint8_t *data = p + at + 8;
	/* RFC 7983, RFC 5761: neither STUN nor DTLS nor RTCP. */
	bool rtp = n >= at + 8 + 12 && data[0] >= 128 && data[0] < 192 &&
		   ((data[1] & 127) < 64 || (data[1] & 127) > 95);
	return rtp ? IMPAIR_RTP : IMPAIR_UDP;
}

/* Ones' complement: the sum stays what it was when one word changes (RFC 1624). */
static void fix_sum(uint8_t *sum, uint16_t before, uint16_t now)
{
	uint32_t s = (uint32_t)(uint16_t) ~(sum[0] << 8 | sum[1]) + (uint16_t)~before + now;
	s = (s & 0xffff) + (s >> 16);
	s = (s & 0xffff) + (s >> 16);
	uint16_t out = (uint16_t)~s;
	out = out ? out : 0xffff;
	sum[0] = (uint8_t)(out >> 8);
	sum[1] = (uint8_t)out;
}

void impair_corrupt(uint8_t *p, size_t n, uint32_t bit)
{
	int protocol;
	size_t at = transport(p, n, &protocol);
	size_t data = at + (protocol == 17 ? 8 : 20);
	if (!at || (protocol != 17 && protocol != 6) || n <= data)
		return;
	size_t byte = data + bit / 8 % (n - data), word = byte - ((byte - at) & 1);
	uint8_t last = word + 1 < n ? p[word + 1] : 0;
	uint16_t before = (uint16_t)(p[word] << 8 | last);
	p[byte] ^= (uint8_t)(1u << (bit & 7));
	last = word + 1 < n ? p[word + 1] : 0;
	uint8_t *sum = p + at + 6;
	if (protocol == 17 && (sum[0] || sum[1]))
		fix_sum(sum, before, (uint16_t)(p[word] << 8 | last));
}
