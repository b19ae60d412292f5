#include "core/rtc/ice_lite.h"

#include "core/base/mem.h"
#include "core/rtc/ice_priv.h"

#include <string.h>

#define BUCKETS_MIN 64

struct address {
	struct address *next; /* in its bucket */
	struct ice_lite_session *session;
	struct net_addr addr;
	int base;
	int64_t seen;
};

struct name {
	struct name *next;
	struct ice_lite_session *session;
	struct ice_creds creds; /* ufrag "": not in the table */
};

struct ice_lite_session {
	void *arg;
	struct name now, before;
	char remote_ufrag[ICE_UFRAG_MAX + 1];
	struct address addrs[ICE_LITE_ADDRS];
	size_t addrs_n;
	int path; /* index of where data goes, -1: none */
	int64_t last_check;
};

struct ice_lite {
	struct name **names;
	struct address **addrs;
	size_t buckets; /* of each; a power of two */
	size_t n;
};

static size_t name_bucket(const struct ice_lite *t, struct span ufrag)
{
	return span_hash(ufrag) & (t->buckets - 1);
}

static void name_link(struct ice_lite *t, struct name *e)
{
	struct name **at = &t->names[name_bucket(t, span_of(e->creds.ufrag))];
	e->next = *at;
	*at = e;
}

static void name_unlink(struct ice_lite *t, struct name *e)
{
	if (!e->creds.ufrag[0])
		return;
	struct name **at = &t->names[name_bucket(t, span_of(e->creds.ufrag))];
	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	mem_wipe(&e->creds, sizeof(e->creds));
}

static struct name *name_find(const struct ice_lite *t, struct span ufrag)
{
	struct name *e = t->names[name_bucket(t, ufrag)];
	while (e && !span_eq_str(ufrag, e->creds.ufrag))
		e = e->next;
	return e;
}

static void address_link(struct ice_lite *t, struct address *a)
{
	struct address **at = &t->addrs[net_addr_hash(&a->addr) & (t->buckets - 1)];
	a->next = *at;
	*at = a;
}

static void address_unlink(struct ice_lite *t, struct address *a)
{
	struct address **at = &t->addrs[net_addr_hash(&a->addr) & (t->buckets - 1)];
	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
}

/* UDP is one way whatever address of ours was spoken to; each connection is another. */
static bool same_way(int a, int b)
{
	return a == b || (a < ICE_LITE_STREAM_BASE && b < ICE_LITE_STREAM_BASE);
}

static struct address *address_find(const struct ice_lite *t, int base, const struct net_addr *a)
{
	struct address *e = t->addrs[net_addr_hash(a) & (t->buckets - 1)];
	while (e && !(net_addr_eq(&e->addr, a) && same_way(e->base, base)))
		e = e->next;
	return e;
}

struct ice_lite *ice_lite_new(void)
{
	struct ice_lite *t = NEW(struct ice_lite);
	t->buckets = BUCKETS_MIN;
	t->names = mem_alloc(t->buckets * sizeof(struct name *));
	t->addrs = mem_alloc(t->buckets * sizeof(struct address *));
	return t;
}

void ice_lite_free(struct ice_lite *t)
{
	if (!t)
		return;
	mem_free(t->names);
	mem_free(t->addrs);
	mem_free(t);
}

static void grow(struct ice_lite *t)
{
	struct ice_lite old = *t;
	t->buckets *= 4;
	t->names = mem_alloc(t->buckets * sizeof(struct name *));
	t->addrs = mem_alloc(t->buckets * sizeof(struct address *));
	for (size_t i = 0; i < old.buckets; i++) {
		for (struct name *e = old.names[i], *next; e; e = next) {
			next = e->next;
			name_link(t, e);
		}
		for (struct address *a = old.addrs[i], *next; a; a = next) {
			next = a->next;
			address_link(t, a);
		}
	}
	mem_free(old.names);
	mem_free(old.addrs);
}

static void new_name(struct ice_lite *t, struct ice_lite_session *s)
{
	s->now.session = s;
	do
		ice_creds_new(&s->now.creds);
	while (name_find(t, span_of(s->now.creds.ufrag)));
	name_link(t, &s->now);
}

struct ice_lite_session *ice_lite_add(struct ice_lite *t, void *arg)
{
	struct ice_lite_session *s = NEW(struct ice_lite_session);
	if (t->n >= t->buckets)
		grow(t);
	t->n++;
	s->arg = arg;
	s->path = -1;
	s->last_check = INT64_MIN;
	new_name(t, s);
	return s;
}

void ice_lite_remove(struct ice_lite *t, struct ice_lite_session *s)
{
	if (!s)
		return;
	name_unlink(t, &s->now);
	name_unlink(t, &s->before);
	for (size_t i = 0; i < s->addrs_n; i++)
		address_unlink(t, &s->addrs[i]);
	t->n--;
	mem_free(s);
}

size_t ice_lite_count(const struct ice_lite *t)
{
	return t->n;
}

const char *ice_lite_ufrag(const struct ice_lite_session *s)
{
	return s->now.creds.ufrag;
}

const char *ice_lite_pwd(const struct ice_lite_session *s)
{
	return s->now.creds.pwd;
}

void *ice_lite_arg(const struct ice_lite_session *s)
{
	return s->arg;
}

bool ice_lite_set_remote(struct ice_lite_session *s, struct span ufrag)
{
	if (ufrag.n > ICE_UFRAG_MAX)
		return false;
	if (ufrag.n)
		memcpy(s->remote_ufrag, ufrag.p, ufrag.n);
	s->remote_ufrag[ufrag.n] = '\0';
	return true;
}

void ice_lite_restart(struct ice_lite *t, struct ice_lite_session *s)
{
	name_unlink(t, &s->before);
	struct ice_creds creds = s->now.creds;
	name_unlink(t, &s->now);
	s->before = (struct name){.session = s, .creds = creds};
	name_link(t, &s->before);
	s->remote_ufrag[0] = '\0';
	new_name(t, s);
}

/* The place of an address in its session: known, free, or that of the oldest but the path. */
static int place(struct ice_lite *t, struct ice_lite_session *s, int base,
		 const struct net_addr *from)
{
	struct address *a = address_find(t, base, from);
	if (a && a->session == s)
		return (int)(a - s->addrs);
	/* The same address under other credentials: its earlier owner was silent (is_held). */
	if (a) {
		struct ice_lite_session *other = a->session;
		int i = (int)(a - other->addrs), last = (int)other->addrs_n - 1;
		address_unlink(t, a);
		if (i != last) {
			address_unlink(t, &other->addrs[last]);
			*a = other->addrs[last];
			address_link(t, a);
		}
		other->addrs_n--;
		other->path = other->path == i ? -1 : other->path == last ? i : other->path;
	}
	int at = (int)s->addrs_n;
	if (at == ICE_LITE_ADDRS) {
		at = s->path == 0 ? 1 : 0;
		for (int i = 0; i < ICE_LITE_ADDRS; i++)
			if (i != s->path && s->addrs[i].seen < s->addrs[at].seen)
				at = i;
		address_unlink(t, &s->addrs[at]);
	} else {
		s->addrs_n++;
	}
	s->addrs[at] = (struct address){.session = s, .addr = *from, .base = base};
	address_link(t, &s->addrs[at]);
	return at;
}

/*
 * Somebody else's, who proved it lately? Source addresses can be forged: with a
 * check that bears another's, one person in a call would take away the way to them.
 */
static bool is_held(const struct ice_lite *t, int64_t now, int base, const struct net_addr *from,
		    const struct ice_lite_session *by)
{
	const struct address *a = address_find(t, base, from);
	return a && a->session != by && now - a->seen < ICE_LITE_HELD_MS;
}

static void passed(struct ice_lite *t, int64_t now, int base, const struct net_addr *from,
		   const struct stun *m, struct ice_lite_session *s, struct ice_lite_result *ret)
{
	int i = place(t, s, base, from);
	bool other_base = s->addrs[i].base != base;
	s->addrs[i].base = base;
	s->addrs[i].seen = now;
	s->last_check = now;
	ret->first = s->path < 0;
	if (s->path < 0 || (m->use_candidate && s->path != i)) {
		ret->moved = true;
		s->path = i;
	} else if (s->path == i && other_base) {
		ret->moved = true;
	}
}

static void reply(const struct net_addr *to, const struct stun *m, int error, struct span pwd,
		  struct ice_lite_result *ret)
{
	uint8_t out[STUN_MESSAGE_MAX];
	struct stun_out r = {
		.cls = error ? STUN_ERROR : STUN_SUCCESS,
		.tid = m->tid,
		.error = error,
		.password = pwd,
	};
	if (!error)
		r.mapped = *to;
	if (error == STUN_UNKNOWN_ATTRIBUTE) {
		r.unknown = m->unknown;
		r.unknown_n = m->unknown_n;
	}
	size_t n = stun_write(&r, out);
	if (n <= sizeof(ret->reply)) {
		memcpy(ret->reply, out, n);
		ret->reply_n = n;
	}
}

/* The entry for USERNAME "ours:theirs" when the peer's half fits and integrity is right. */
static struct name *authenticate(const struct ice_lite *t, const struct stun *m)
{
	struct span rest = m->username, ours, theirs;
	if (!rest.p || !span_split(&rest, ':', &ours) || !ours.n)
		return NULL;
	theirs = span_from(m->username, ours.n + 1);
	struct name *e = name_find(t, ours);
	if (!e || !stun_check_integrity(m, span_of(e->creds.pwd)))
		return NULL;
	const char *expect = e == &e->session->now ? e->session->remote_ufrag : "";
	return !*expect || span_eq_str(theirs, expect) ? e : NULL;
}

void ice_lite_receive(struct ice_lite *t, int64_t now, int base, const struct net_addr *from,
		      const void *p, size_t n, struct ice_lite_result *ret)
{
	struct stun m;
	ret->session = NULL;
	ret->reply_n = 0;
	ret->first = ret->moved = false;
	if (!stun_parse(p, n, &m) || m.method != STUN_BINDING || m.cls != STUN_REQUEST)
		return;
	struct name *e = authenticate(t, &m);
	if (!e)
		return;
	struct ice_lite_session *s = e->session;
	struct span pwd = span_of(e->creds.pwd);
	if (is_held(t, now, base, from, s))
		return;
	ret->session = s;
	if (m.unknown_n) {
		reply(from, &m, STUN_UNKNOWN_ATTRIBUTE, pwd, ret);
		return;
	}
	/* A lite agent is always controlled (RFC 8445 7.3.1.1): the other full one must switch. */
	if (m.controlled) {
		reply(from, &m, STUN_ROLE_CONFLICT, pwd, ret);
		return;
	}
	reply(from, &m, 0, pwd, ret);
	passed(t, now, base, from, &m, s, ret);
	if (e == &s->now)
		name_unlink(t, &s->before);
}

struct ice_lite_session *ice_lite_find(const struct ice_lite *t, int base,
				       const struct net_addr *from)
{
	struct address *a = address_find(t, base, from);
	return a ? a->session : NULL;
}

bool ice_lite_path(const struct ice_lite_session *s, int *ret_base, struct net_addr *ret_to)
{
	if (s->path < 0)
		return false;
	*ret_base = s->addrs[s->path].base;
	*ret_to = s->addrs[s->path].addr;
	return true;
}

int64_t ice_lite_last_check(const struct ice_lite_session *s)
{
	return s->last_check;
}
