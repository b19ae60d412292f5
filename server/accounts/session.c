#include "server/accounts/accounts_impl.h"

#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/mem.h"

#include <string.h>

#define SLOTS 8192		  /* power of two */
#define FULL (SLOTS * 3 / 4)	  /* then the cache starts anew */
#define SEEN_EVERY_MS (5 * 60000) /* how often last_seen is written */

/* Open addressing by the first bytes of a SHA-256, which nobody can choose. */
struct session_cache {
	struct session *slot[SLOTS];
	int n;
};

struct session_cache *session_cache_new(void)
{
	return NEW(struct session_cache);
}

void session_unref(struct session *s)
{
	if (!s || --s->refs > 0)
		return;
	mem_free(s->user_id);
	mem_free(s->device_id);
	mem_free(s);
}

static void clear(struct session_cache *c)
{
	for (int i = 0; i < SLOTS; i++) {
		session_unref(c->slot[i]);
		c->slot[i] = NULL;
	}
	c->n = 0;
}

void session_cache_free(struct session_cache *c)
{
	if (!c)
		return;
	clear(c);
	mem_free(c);
}

static unsigned home_of(const uint8_t hash[32])
{
	uint32_t h;
	memcpy(&h, hash, sizeof(h));
	return h & (SLOTS - 1);
}

static struct session *cache_get(struct session_cache *c, const uint8_t hash[32])
{
	for (unsigned i = home_of(hash); c->slot[i]; i = (i + 1) & (SLOTS - 1))
		if (!memcmp(c->slot[i]->hash, hash, 32))
			return c->slot[i];
	return NULL;
}

static void cache_put(struct session_cache *c, struct session *s)
{
	if (c->n >= FULL)
		clear(c);
	unsigned i = home_of(s->hash);
	while (c->slot[i])
		i = (i + 1) & (SLOTS - 1);
	c->slot[i] = s;
	s->refs++;
	c->n++;
}

/* Removing leaves no hole: what stood behind moves up to where a search finds it. */
static void cache_remove(struct session_cache *c, unsigned at)
{
	session_unref(c->slot[at]);
	c->slot[at] = NULL;
	c->n--;
	for (unsigned i = (at + 1) & (SLOTS - 1); c->slot[i]; i = (i + 1) & (SLOTS - 1)) {
		unsigned to = home_of(c->slot[i]->hash);
		while (c->slot[to] && to != i)
			to = (to + 1) & (SLOTS - 1);
		if (to == i)
			continue;
		c->slot[to] = c->slot[i];
		c->slot[i] = NULL;
	}
}

void session_cache_forget(struct session_cache *c, int64_t user_nid, int64_t device_nid)
{
	for (unsigned i = 0; i < SLOTS && c->n;) {
		struct session *s = c->slot[i];
		if (s && s->user_nid == user_nid && (!device_nid || s->device_nid == device_nid))
			cache_remove(c, i); /* look at what moved here */
		else
			i++;
	}
}

static struct session *load(struct sql *db, const uint8_t hash[32])
{
	struct sql_stmt *q =
		SQL(db, "SELECT u.nid, d.nid, u.user_id, d.device_id, u.admin, u.locked,"
			" coalesce(t.expires_ts,0), coalesce(d.last_seen_ts,0), u.suspended,"
			" coalesce(d.live_room_nid,0), d.live_rights"
			" FROM tokens t JOIN devices d ON d.nid=t.device_nid"
			" JOIN users u ON u.nid=d.user_nid"
			" WHERE t.hash=? AND t.kind=0 AND u.deactivated=0");
	sql_bind_blob(q, 1, hash, 32);
	if (!sql_row(q))
		return NULL;
	struct session *s = NEW(struct session);
	s->refs = 1;
	memcpy(s->hash, hash, 32);
	s->user_nid = sql_col_i64(q, 0);
	s->device_nid = sql_col_i64(q, 1);
	s->user_id = span_dup(sql_col_text(q, 2));
	s->device_id = span_dup(sql_col_text(q, 3));
	s->admin = sql_col_i64(q, 4);
	s->locked = sql_col_i64(q, 5);
	s->expires_ts = sql_col_i64(q, 6);
	s->seen_ts = sql_col_i64(q, 7);
	s->suspended = sql_col_i64(q, 8);
	s->live_room_nid = sql_col_i64(q, 9);
	s->live_rights = (int)sql_col_i64(q, 10);
	sql_reset(q);
	return s;
}

struct session *session_find(struct server *srv, struct span token, bool *ret_expired)
{
	uint8_t hash[32];
	struct session_cache *c = srv->accounts->sessions;
	crypto_sha256(token, hash);
	struct session *s = cache_get(c, hash);
	if (s) {
		s->refs++;
	} else {
		s = load(db_reader(srv->db), hash);
		if (!s)
			return NULL;
		cache_put(c, s);
	}
	if (s->expires_ts && s->expires_ts <= clock_wall_ms()) {
		*ret_expired = true;
		session_unref(s);
		return NULL;
	}
	return s;
}

struct seen {
	int64_t device_nid, ts;
	char peer[48];
};

static int seen_run(struct db_tx *tx, void *arg, struct err *err)
{
	struct seen *seen = arg;
	struct sql_stmt *q =
		SQL(db_tx_sql(tx), "UPDATE devices SET last_seen_ts=?, last_seen_ip=? WHERE nid=?");
	sql_bind_i64(q, 1, seen->ts);
	sql_bind_str(q, 2, seen->peer);
	sql_bind_i64(q, 3, seen->device_nid);
	return sql_run(q, err);
}

static void seen_done(void *arg, int rc, const struct err *err)
{
	(void)rc;
	(void)err;
	mem_free(arg);
}

void session_seen(struct server *srv, struct session *s, const char *peer)
{
	int64_t now = clock_wall_ms();
	if (now - s->seen_ts < SEEN_EVERY_MS)
		return;
	s->seen_ts = now;
	struct seen *seen = NEW(struct seen);
	seen->device_nid = s->device_nid;
	seen->ts = now;
	snprintf(seen->peer, sizeof(seen->peer), "%s", peer);
	db_submit(srv->db, seen_run, seen_done, seen);
}
