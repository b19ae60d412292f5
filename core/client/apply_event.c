#include "core/base/crypto.h"
#include "core/base/mem.h"
#include "core/client/apply_priv.h"

struct span apply_event_id(const struct sync_event *e, char ret[80])
{
	if (e->ok && e->ev.event_id)
		return span_of(e->ev.event_id);
	if (!e->ok && e->rest.event_id[0])
		return span_of(e->rest.event_id);
	uint8_t hash[32];
	char hex[65];
	crypto_sha256(e->raw, hash);
	hex_put(hex, hash, sizeof(hash));
	snprintf(ret, 80, "unreadable-%s", hex);
	return span_of(ret);
}

/* What a person reads, for display and search. */
static struct span body_of(const struct mx_event *ev)
{
	struct mx_message m;
	struct mx_poll poll;
	if (event_message(ev, &m))
		return m.body;
	if (event_poll_start(ev, &poll))
		return poll.question;
	return (struct span){NULL, 0};
}

static int add_unreadable(struct apply *a, const struct sync_event *e, int64_t pos, bool *ret_new,
			  struct err *err)
{
	char id[80];
	struct store_event row = {
		.room = a->room,
		.pos = pos,
		.ts = e->rest.ts ? e->rest.ts : a->last_ts,
		.event_id = apply_event_id(e, id),
		.type = span_of(e->rest.type),
		.sender = span_of(e->rest.sender),
		.state_key = e->rest.is_state ? span_of(e->rest.state_key) : (struct span){NULL, 0},
		.unreadable = span_of(e->why.msg),
		.json = e->raw,
	};
	return store_event_add(a->s, &row, ret_new, err);
}

static struct span redaction_of(const struct mx_event *ev)
{
	if (!ev->redacted_because)
		return (struct span){NULL, 0};
	struct span id = json_get_span(ev->redacted_because, "event_id");
	return id.p ? id : SPAN_LIT("?");
}

static int add_readable(struct apply *a, const struct sync_event *e, int64_t pos, bool *ret_new,
			struct err *err)
{
	const struct mx_event *ev = &e->ev;
	char id[80];
	struct store_event row = {
		.room = a->room,
		.pos = pos,
		.ts = ev->ts,
		.event_id = apply_event_id(e, id),
		.type = span_of(ev->type),
		.sender = span_of(ev->sender),
		.state_key = span_of(ev->state_key),
		.body = body_of(ev),
		.rel_type = span_of(ev->rel.rel_type),
		.rel_to = span_of(ev->rel.rel_type ? ev->rel.event_id : NULL),
		.txn_id = span_of(ev->txn_id),
		.redacted_by = redaction_of(ev),
		.json = e->raw,
	};
	int rc = store_event_add(a->s, &row, ret_new, err);
	a->last_ts = ev->ts;
	if (!rc && ev->redacts && strcmp(ev->type, "m.room.redaction") == 0)
		rc = store_event_redact(a->s, a->room, span_of(ev->redacts), row.event_id, err);
	return rc;
}

int apply_event(struct apply *a, const struct sync_event *e, int64_t pos, bool *ret_new,
		struct err *err)
{
	return e->ok ? add_readable(a, e, pos, ret_new, err)
		     : add_unreadable(a, e, pos, ret_new, err);
}

/* Who goes says no name, and whoever sends somebody away must not give them one. */
static struct span last_name(const struct mx_event *ev, const struct mx_member *m)
{
	struct span before = json_get_span(ev->prev_content, "displayname");
	bool self = strcmp(m->user_id, ev->sender) == 0;
	return before.n ? before : self ? m->name : (struct span){NULL, 0};
}

static bool is_gone(const struct mx_member *m)
{
	return m->state == MEMBER_LEAVE || m->state == MEMBER_BAN;
}

int apply_past_name(struct apply *a, const struct mx_event *ev, struct err *err)
{
	struct mx_member m;
	if (!event_member(ev, &m))
		return 0;
	struct span name = is_gone(&m) ? last_name(ev, &m) : m.name;
	return name.n ? store_member_last_name(a->s, a->room, span_of(m.user_id), name, err) : 0;
}

int apply_member(struct apply *a, const struct mx_event *ev, bool only_new, struct err *err)
{
	struct mx_member m;
	if (!event_member(ev, &m))
		return 0;
	if (only_new) {
		AUTO_FREE char *known = store_member_membership(a->s, a->room, span_of(m.user_id));
		if (known)
			return apply_past_name(a, ev, err);
	}
	if (is_gone(&m))
		m.name = last_name(ev, &m);
	struct store_member row = {
		.user_id = span_of(m.user_id),
		.membership = span_of(member_state_name(m.state)),
		.name = m.name,
		.avatar = span_of(m.avatar),
	};
	return store_member_set(a->s, a->room, &row, err);
}

int apply_state(struct apply *a, const struct sync_event *e, struct err *err)
{
	const char *type = e->ok ? e->ev.type : e->rest.type;
	/* On the safe side: whatever such an event holds, the room counts as encrypted. */
	if (strcmp(type, "m.room.encryption") == 0) {
		int rc = store_room_encrypted(a->s, a->room, err);
		if (rc)
			return rc;
	}
	if (!e->ok || !e->ev.state_key)
		return 0;
	struct store_state st = {
		.room = a->room,
		.ts = e->ev.ts,
		.type = span_of(type),
		.key = span_of(e->ev.state_key),
		.event_id = span_of(e->ev.event_id ? e->ev.event_id : ""),
		.sender = span_of(e->ev.sender),
		.json = e->raw,
	};
	int rc = store_state_set(a->s, &st, err);
	if (!rc)
		rc = apply_structure(a, &e->ev, err);
	return rc || strcmp(type, "m.room.member") != 0 ? rc : apply_member(a, &e->ev, false, err);
}
