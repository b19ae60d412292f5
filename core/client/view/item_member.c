/* Who came and went, and what they may do. */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/view/item_change_priv.h"

#include <string.h>

static const char *gone_words(const struct mx_member *m, bool self)
{
	switch (m->before) {
	case MEMBER_INVITE:
		return self ? _("%s declined the invitation")
			    : _("%s took back the invitation of %s");
	case MEMBER_KNOCK:
		return self ? _("%s no longer asks to come in") : _("%s did not let %s in");
	case MEMBER_BAN:
		return _("%s lets %s come back");
	default:
		return self ? _("%s left") : _("%s removed %s");
	}
}

static const char *member_words(const struct mx_member *m, bool self)
{
	switch (m->state) {
	case MEMBER_JOIN:
		return _("%s joined");
	case MEMBER_INVITE:
		return _("%s invited %s");
	case MEMBER_KNOCK:
		return _("%s asks to come in");
	case MEMBER_BAN:
		return _("%s banned %s");
	default:
		return gone_words(m, self);
	}
}

/* Joined before and after: a new name or picture, or nothing. */
static bool profile_words(struct change *x, const struct mx_member *m)
{
	struct span before = json_get_span(x->ev->prev_content, "displayname");
	const char *picture = json_get_str(x->ev->prev_content, "avatar_url");
	AUTO_FREE char *was = span_dup(before.n ? before : span_of(m->user_id));
	AUTO_FREE char *is = span_dup(m->name.n ? m->name : span_of(m->user_id));
	if (strcmp(was, is) != 0)
		buf_printf(&x->text, _("%s is now called %s"), was, is);
	else if (strcmp(picture ? picture : "", m->avatar ? m->avatar : "") != 0)
		buf_printf(&x->text, _("%s has a new picture"), is);
	return x->text.n > 0;
}

static enum fold_kind fold_of(const struct mx_member *m, bool self)
{
	if (m->reason.n)
		return FOLD_NOT;
	if (m->state == MEMBER_JOIN)
		return FOLD_JOINED;
	if (m->state == MEMBER_INVITE)
		return FOLD_INVITED;
	return m->state == MEMBER_LEAVE && self && m->before != MEMBER_INVITE &&
			       m->before != MEMBER_KNOCK
		       ? FOLD_LEFT
		       : FOLD_NOT;
}

/* Their name as it was then: it may be gone from the room by now. */
static char *name_then(struct change *x, const struct mx_member *m)
{
	struct span old = json_get_span(x->ev->prev_content, "displayname");
	if (m->state == MEMBER_LEAVE || m->state == MEMBER_BAN)
		return span_dup(old.n ? old : conv_name(x->c, span_of(m->user_id)));
	return span_dup(m->name.n ? m->name : conv_name(x->c, span_of(m->user_id)));
}

bool change_member(struct change *x)
{
	struct mx_member m;
	if (!event_member(x->ev, &m))
		return false;
	bool self = strcmp(m.user_id, x->ev->sender) == 0;
	if (m.state == MEMBER_JOIN && m.before == MEMBER_JOIN)
		return profile_words(x, &m);
	if (m.state == m.before && m.state != MEMBER_NONE)
		return false;
	AUTO_FREE char *whom = name_then(x, &m);
	buf_printf(&x->text, member_words(&m, self), self ? whom : x->who, whom);
	if (m.reason.n)
		buf_printf(&x->text, ": %.*s", SPAN_ARG(m.reason));
	x->en->fold = fold_of(&m, self);
	x->en->fold_user = pool_dup(&x->en->pool, span_of(m.user_id));
	x->en->fold_name = pool_text(&x->en->pool, span_of(whom), TEXT_LINE);
	return true;
}

/* -- Powers ----------------------------------------------------------------------------- */

static int64_t level_of(const json_t *content, const char *user)
{
	return json_get_i64(json_get_object(content, "users"), user,
			    json_get_i64(content, "users_default", 0));
}

static void put_level(struct change *x, const char *user, int *count)
{
	int64_t now = level_of(x->ev->content, user);
	if (now == level_of(x->ev->prev_content, user) || ++*count > 3)
		return;
	AUTO_FREE char *whom = span_dup(conv_name(x->c, span_of(user)));
	if (*count > 1)
		buf_put_str(&x->text, "; ");
	buf_printf(&x->text, _("%s gave %s the power %lld"), x->who, whom, (long long)now);
}

bool change_power(struct change *x)
{
	json_t *now = json_get_object(x->ev->content, "users"), *ignored;
	json_t *was = json_get_object(x->ev->prev_content, "users");
	const char *user;
	int count = 0;
	if (!x->ev->prev_content) /* how a room begins */
		return false;
	json_object_foreach (now, user, ignored)
		put_level(x, user, &count);
	json_object_foreach (was, user, ignored)
		if (!json_object_get(now, user))
			put_level(x, user, &count);
	if (count && count <= 3)
		return true;
	buf_clear(&x->text);
	buf_printf(&x->text, _("%s changed who may do what"), x->who);
	return true;
}
