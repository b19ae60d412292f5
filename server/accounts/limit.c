#include "server/accounts/accounts_impl.h"

#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/mem.h"

#include <string.h>

#define SLOTS 4096		/* power of two */
#define WAYS 8			/* places where a key may stand */
#define BURST 10		/* failures before waiting begins */
#define ONE_MORE_MS (15 * 1000) /* each such time forgives one failure */

/*
 * A leaky bucket per key. The table is small and fixed: when eight keys meet,
 * the one with the least left to forgive gives way.
 */
struct bucket {
	char *key;
	int64_t empty_at; /* mono ms when all failures are forgiven */
};

struct limits {
	uint8_t seed[16]; /* nobody may choose names that meet a victim's */
	struct bucket slot[SLOTS + WAYS];
};

struct limits *limits_new(void)
{
	struct limits *l = NEW(struct limits);
	crypto_random(l->seed, sizeof(l->seed));
	return l;
}

void limits_free(struct limits *l)
{
	if (!l)
		return;
	for (int i = 0; i < SLOTS + WAYS; i++)
		mem_free(l->slot[i].key);
	mem_free(l);
}

static unsigned home_of(const struct limits *l, const char *key)
{
	uint8_t hash[32];
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	buf_put(&b, l->seed, sizeof(l->seed));
	buf_put_str(&b, key);
	crypto_sha256(buf_span(&b), hash);
	buf_done(&b);
	return (hash[0] | (unsigned)hash[1] << 8) & (SLOTS - 1);
}

static struct bucket *find(struct limits *l, const char *key)
{
	struct bucket *b = &l->slot[home_of(l, key)];
	for (int i = 0; i < WAYS; i++)
		if (b[i].key && !strcmp(b[i].key, key))
			return &b[i];
	return NULL;
}

static struct bucket *make(struct limits *l, const char *key)
{
	struct bucket *b = &l->slot[home_of(l, key)], *least = b;
	for (int i = 0; i < WAYS; i++) {
		if (!b[i].key || b[i].empty_at < least->empty_at)
			least = &b[i];
		if (!b[i].key)
			break;
	}
	mem_free(least->key);
	least->key = mem_strdup(key);
	least->empty_at = 0;
	return least;
}

int limit_wait_ms(struct accounts *a, const char *key)
{
	const struct bucket *b = find(a->limits, key);
	int64_t left = b ? b->empty_at - clock_mono_ms() : 0;
	int64_t over = left - (int64_t)(BURST - 1) * ONE_MORE_MS;
	return over > 0 ? (int)over : 0;
}

void limit_failed(struct accounts *a, const char *key)
{
	int64_t now = clock_mono_ms();
	struct bucket *b = find(a->limits, key);
	if (!b)
		b = make(a->limits, key);
	if (b->empty_at < now)
		b->empty_at = now;
	b->empty_at += ONE_MORE_MS;
}

void limit_succeeded(struct accounts *a, const char *key)
{
	struct bucket *b = find(a->limits, key);
	if (!b)
		return;
	mem_free(b->key);
	*b = (struct bucket){0};
}
