#include "server/sync/visibility.h"

#include "core/base/mem.h"

enum history visibility_history_of(struct span word)
{
	if (span_eq_str(word, "world_readable"))
		return HISTORY_WORLD;
	if (span_eq_str(word, "invited"))
		return HISTORY_INVITED;
	if (span_eq_str(word, "joined"))
		return HISTORY_JOINED;
	return HISTORY_SHARED; /* the spec's default, also for words that nobody knows */
}

static const char *const membership_words[] = {
	[MEMBERSHIP_LEAVE] = "leave", [MEMBERSHIP_INVITE] = "invite", [MEMBERSHIP_JOIN] = "join",
	[MEMBERSHIP_KNOCK] = "knock", [MEMBERSHIP_BAN] = "ban",
};

enum membership visibility_membership_of(struct span word)
{
	for (size_t i = 0; i < ARRAY_LEN(membership_words); i++)
		if (span_eq_str(word, membership_words[i]))
			return (enum membership)i;
	return MEMBERSHIP_LEAVE;
}

const char *visibility_word(enum membership m)
{
	return membership_words[m];
}

static void add(struct visibility_step **v, size_t *n, int64_t pos, int value)
{
	/* Grows at powers of two. */
	if ((*n & (*n - 1)) == 0)
		*v = mem_realloc_array(*v, *n ? *n * 2 : 1, sizeof(**v));
	(*v)[(*n)++] = (struct visibility_step){pos, value};
}

void visibility_load(struct sql *db, int64_t room_nid, const char *user_id, struct visibility *ret)
{
	*ret = (struct visibility){0};
	struct sql_stmt *s =
		SQL(db,
		    "SELECT pos,json_extract(text,'$.content.membership') FROM events"
		    " WHERE room_nid=?1 AND type='m.room.member' AND state_key=?2 ORDER BY pos");
	sql_bind_i64(s, 1, room_nid);
	sql_bind_str(s, 2, user_id);
	while (sql_row(s))
		add(&ret->member, &ret->member_n, sql_col_i64(s, 0),
		    visibility_membership_of(sql_col_text(s, 1)));
	s = SQL(db, "SELECT pos,json_extract(text,'$.content.history_visibility') FROM events"
		    " WHERE room_nid=?1 AND type='m.room.history_visibility' AND state_key=''"
		    " ORDER BY pos");
	sql_bind_i64(s, 1, room_nid);
	while (sql_row(s))
		add(&ret->history, &ret->history_n, sql_col_i64(s, 0),
		    visibility_history_of(sql_col_text(s, 1)));
}

void visibility_done(struct visibility *v)
{
	mem_free(v->member);
	mem_free(v->history);
	*v = (struct visibility){0};
}

/* Value in force just after `pos`. */
static int value_at(const struct visibility_step *v, size_t n, int64_t pos, int otherwise)
{
	while (n && v[n - 1].pos > pos)
		n--;
	return n ? v[n - 1].value : otherwise;
}

static bool joined_after(const struct visibility *v, int64_t pos)
{
	for (size_t i = v->member_n; i-- && v->member[i].pos > pos;)
		if (v->member[i].value == MEMBERSHIP_JOIN)
			return true;
	return false;
}

static bool allowed(const struct visibility *v, int64_t pos, int membership, int history)
{
	if (history == HISTORY_WORLD || membership == MEMBERSHIP_JOIN)
		return true;
	if (history == HISTORY_SHARED)
		return joined_after(v, pos);
	return history == HISTORY_INVITED && membership == MEMBERSHIP_INVITE;
}

bool visibility_sees(const struct visibility *v, int64_t pos, enum visibility_subject what)
{
	int member = value_at(v->member, v->member_n, pos, MEMBERSHIP_LEAVE);
	int history = value_at(v->history, v->history_n, pos, HISTORY_SHARED);
	if (allowed(v, pos, member, history))
		return true;
	/* What changes the answer is seen when it may be seen before or after. */
	if (what == SUBJECT_OWN_MEMBER)
		member = value_at(v->member, v->member_n, pos - 1, MEMBERSHIP_LEAVE);
	else if (what == SUBJECT_HISTORY)
		history = value_at(v->history, v->history_n, pos - 1, HISTORY_SHARED);
	else
		return false;
	return allowed(v, pos, member, history);
}

enum visibility_subject visibility_subject(const char *user_id, struct span type,
					   struct span state_key)
{
	if (!state_key.p)
		return SUBJECT_OTHER;
	if (span_eq_str(type, "m.room.member") && span_eq_str(state_key, user_id))
		return SUBJECT_OWN_MEMBER;
	if (state_key.n == 0 && span_eq_str(type, "m.room.history_visibility"))
		return SUBJECT_HISTORY;
	return SUBJECT_OTHER;
}

enum membership visibility_member_at(const struct visibility *v, int64_t pos)
{
	return (enum membership)value_at(v->member, v->member_n, pos, MEMBERSHIP_LEAVE);
}

int64_t visibility_stay_end(const struct visibility *v)
{
	size_t n = v->member_n;
	int64_t end = 0;
	while (n && v->member[n - 1].value != MEMBERSHIP_JOIN)
		end = v->member[--n].pos;
	return n ? end : 0;
}

bool visibility_ever_joined(const struct visibility *v)
{
	for (size_t i = 0; i < v->member_n; i++)
		if (v->member[i].value == MEMBERSHIP_JOIN)
			return true;
	return false;
}

bool visibility_world_now(const struct visibility *v)
{
	return v->history_n && v->history[v->history_n - 1].value == HISTORY_WORLD;
}
