/* What holds for the call: whether it is live, who has the floor, whether it is locked. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/call/mode.h"
#include "core/client/call/room_call_priv.h"
#include "core/client/util.h"

#include <string.h>

bool room_call_leads(const struct room_call *rc)
{
	return call_mode_is_host(&rc->mode, rc->people.own_user);
}

bool room_call_may_speak(const struct room_call *rc)
{
	return call_mode_may_speak(&rc->mode, rc->people.own_user);
}

void room_call_put_mode(const struct room_call *rc, json_t *row)
{
	row_bool(row, "live", rc->mode.live.live);
	row_bool(row, "locked", rc->mode.live.locked);
	row_bool(row, "host", room_call_leads(rc));
	row_bool(row, "may_speak", room_call_may_speak(rc) && !rc->o.listen_only);
}

json_t *room_call_floor(const struct room_call *rc)
{
	json_t *list = json_array();
	for (size_t i = 0; i < rc->mode.live.floor_n; i++)
		json_array_append_new(list, json_string(rc->mode.live.floor[i]));
	return list;
}

void room_call_mode_begin(struct room_call *rc, struct store *s)
{
	call_mode_done(&rc->mode);
	call_mode_read(s, rc->room, &rc->mode);
	if (room_call_may_speak(rc))
		return;
	/* Who only listens has no voice there, until they have the floor and open it themselves. */
	rc->muted = rc->o.muted = rc->o.publish_late = true;
}

/* -- What changed ---------------------------------------------------------------------- */

static void tell_floor(struct room_call *rc, struct store *s, const char *user, bool given)
{
	bool own = !strcmp(user, rc->people.own_user);
	AUTO_FREE char *name = store_member_name(s, rc->room, span_of(user));
	json_t *more = json_object();
	row_str(more, "user_id", user);
	row_str(more, "name", name && *name ? name : user);
	row_bool(more, "self", own);
	row_bool(more, "given", given);
	room_call_row(rc, "floor", NULL, more);
}

static void tell_floors(struct room_call *rc, struct store *s, const struct live *old,
			const struct live *now)
{
	for (size_t i = 0; i < old->floor_n; i++)
		if (!live_has_floor(now, old->floor[i]) && now->live)
			tell_floor(rc, s, old->floor[i], false);
	for (size_t i = 0; i < now->floor_n; i++)
		if (!live_has_floor(old, now->floor[i]))
			tell_floor(rc, s, now->floor[i], true);
}

static void obey(struct room_call *rc, bool could)
{
	bool may = room_call_may_speak(rc);
	if (may && !could)
		room_call_hand_down(rc);
	if (may || !could || rc->muted || rc->o.listen_only)
		return;
	/* The server does it as well; where it cannot, this is all there is. */
	rc->silenced = true;
	rc->o.muted = true;
	if (rc->call)
		call_mute(rc->call, true);
}

static void tell(struct room_call *rc, struct store *s, const struct live *old)
{
	const struct live *now = &rc->mode.live;
	if (old->live != now->live) {
		json_t *more = json_object();
		row_bool(more, "live", now->live);
		row_bool(more, "may_speak", room_call_may_speak(rc) && !rc->o.listen_only);
		room_call_row(rc, "live", NULL, more);
	}
	tell_floors(rc, s, old, now);
	if (old->locked != now->locked)
		room_call_row(rc, "locked", NULL, json_pack("{s:b}", "locked", now->locked));
}

/* -- A server that does not know our rules, but lets us act ------------------------------- */

#define AGAIN_MS 2000
#define AGAIN_MAX_MS 60000
#define REFUSED_TOLD 3 /* by then it is no accident */
#define REFUSED_MAX 8

static void say_refused(struct room_call *rc, const struct person *who, const struct err *why)
{
	struct err e = {0};
	if (rc->enforce_failed)
		return;
	rc->enforce_failed = true;
	if (who->silenced)
		err_set(&e, why->code,
			_("%.100s still cannot speak, as the call's server does not let them: "
			  "%.200s"),
			who->name, why->msg);
	else
		err_set(&e, why->code,
			_("%.100s can still speak, as the call's server does not silence them: "
			  "%.200s"),
			who->name, why->msg);
	rc->h.warning(rc->arg, &e);
}

/* What was asked last did not come about: it is asked again, for a while. */
static void refused(struct room_call *rc, struct person *who, const struct err *why)
{
	int64_t wait = rc->times.enforce ? rc->times.enforce : AGAIN_MS;
	who->silenced = !who->silenced;
	who->refused++;
	for (int i = 1; i < who->refused && wait < AGAIN_MAX_MS; i++)
		wait *= 2;
	who->ask_ms = who->refused >= REFUSED_MAX ? INT64_MAX : clock_mono_ms() + wait;
	if (who->refused >= REFUSED_TOLD)
		say_refused(rc, who, why);
}

static void on_enforced(void *arg, int n, const struct err *err)
{
	struct room_call *rc = arg;
	struct person *who = company_find(&rc->people, host_told_user(rc->host));
	bool last = who && who->silenced == (host_told_act(rc->host) == HOST_FORBID);
	(void)n;
	if (err && err->code == ERR_UNSUPPORTED && !rc->enforce_failed) {
		rc->enforce_failed = true; /* nobody can be silenced there */
		rc->h.warning(rc->arg, err);
	} else if (err && err->code != ERR_UNSUPPORTED && err->code != ERR_NOT_FOUND && last) {
		refused(rc, who, err);
	} else if (!err && last) {
		who->refused = 0;
	}
	/* There is room for another one. */
	room_call_enforce(rc);
}

/* True when there was room for it. */
static bool enforce(struct room_call *rc, struct person *who, bool may)
{
	struct err err = {0};
	/* Whom there is no room for now is asked for again when one of the others is done. */
	if (host_do(rc->host, may ? HOST_ALLOW : HOST_FORBID, who->identity, on_enforced, rc, &err))
		return err.code != ERR_PENDING;
	who->silenced = !may;
	who->ask_ms = 0;
	return true;
}

void room_call_enforce(struct room_call *rc)
{
	int64_t now = clock_mono_ms(), next = INT64_MAX;
	if (rc->phase != RC_IN || rc->sfu_rules || !rc->sfu_admin || !room_call_leads(rc))
		return;
	for (struct person *who = rc->people.first; who; who = who->next) {
		bool may = !who->user_id[0] ? !rc->mode.live.live
					    : call_mode_may_speak(&rc->mode, who->user_id);
		if (who->wished != may) { /* what was refused was something else */
			who->wished = may;
			who->refused = 0;
			who->ask_ms = 0;
		}
		/* Whom nobody silenced needs no leave to speak. */
		if (who->self || who->from || may == !who->silenced)
			continue;
		if (who->ask_ms <= now && !enforce(rc, who, may))
			who->ask_ms = now + AGAIN_MS; /* there is no token yet */
		if (who->ask_ms > now && who->ask_ms < next)
			next = who->ask_ms;
	}
	if (next != INT64_MAX)
		loop_timer_start(rc->enforce, (uint64_t)(next - now), 0);
}

void room_call_enforce_again(void *arg)
{
	room_call_enforce(arg);
}

/* What was given up is tried anew in another lesson. */
static void forget_refusals(struct room_call *rc)
{
	for (struct person *who = rc->people.first; who; who = who->next) {
		who->refused = 0;
		who->ask_ms = 0;
	}
}

void room_call_mode_news(struct room_call *rc, struct store *s)
{
	struct call_mode old = rc->mode;
	bool could = room_call_may_speak(rc);
	call_mode_read(s, rc->room, &rc->mode);
	if (old.live.live != rc->mode.live.live)
		forget_refusals(rc);
	if (rc->phase == RC_IN)
		tell(rc, s, &old.live);
	call_mode_done(&old);
	obey(rc, could);
	room_call_enforce(rc);
}

static bool told_alone(const struct room_call *rc)
{
	return rc->mode.live.live && !rc->sfu_rules && !rc->sfu_admin && room_call_leads(rc);
}

void room_call_mode_in(struct room_call *rc)
{
	struct err e;
	if (told_alone(rc)) {
		err_set(&e, ERR_UNSUPPORTED,
			_("the server of this call, %.200s, holds nobody to the rules of a live "
			  "lesson: people whose client is not muster can speak"),
			rc->sfu_url);
		rc->h.warning(rc->arg, &e);
	}
	room_call_enforce(rc);
}
