/*
 * LiveKit's RoomService (Twirp with JSON bodies): what hosts do to a call at
 * once. Who may is what their token says (roomAdmin, roomCreate), and for people
 * of ours what holds now: sfu_bearer. Errors have Twirp's form.
 */
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/rtc/livekit/json.h"
#include "server/routes/route.h"
#include "server/sfu/sfu.h"

#include <string.h>

extern const struct route rtc_rooms_routes[];

#define BODY_MAX 65536

enum twirp_error {
	UNAUTHENTICATED,
	DENIED,
	NOT_FOUND,
	INVALID,
	FAILED_FIRST,
	EXHAUSTED,
	BAD_ROUTE
};
static const struct {
	const char *code;
	int status;
} errors[] = {
	[UNAUTHENTICATED] = {"unauthenticated", 401},
	[DENIED] = {"permission_denied", 403},
	[NOT_FOUND] = {"not_found", 404},
	[INVALID] = {"invalid_argument", 400},
	[FAILED_FIRST] = {"failed_precondition", 412},
	[EXHAUSTED] = {"resource_exhausted", 429},
	[BAD_ROUTE] = {"bad_route", 404},
};

static void refuse(struct rq *rq, enum twirp_error e, const char *why)
{
	rq_json(rq, errors[e].status, json_pack("{s:s,s:s}", "code", errors[e].code, "msg", why));
}

/* One request that may be answered. Borrowed from the body. */
struct ask {
	struct sfu *sfu;
	const char *room, *identity;
	const json_t *body;
};

static bool need_person(struct rq *rq, const struct ask *a)
{
	if (!a->identity || !*a->identity)
		refuse(rq, INVALID, _("the request names no identity"));
	return a->identity && *a->identity;
}

static void nobody(struct rq *rq)
{
	refuse(rq, NOT_FOUND, _("nobody of this name is in the room"));
}

/* -- What may be asked ------------------------------------------------------------------- */

static void list_people(struct rq *rq, const struct ask *a)
{
	struct sfu_roll roll;
	json_t *list = json_array();
	if (sfu_roll(a->sfu, a->room, &roll)) {
		for (size_t i = 0; i < roll.n; i++)
			json_array_append_new(list, lk_person_json(&roll.people[i]));
		sfu_roll_done(&roll);
	}
	rq_json(rq, 200, json_pack("{s:o}", "participants", list));
}

static void get_person(struct rq *rq, const struct ask *a)
{
	struct sfu_roll roll;
	json_t *found = NULL;
	if (!need_person(rq, a))
		return;
	if (sfu_roll(a->sfu, a->room, &roll)) {
		for (size_t i = 0; i < roll.n && !found; i++)
			if (!strcmp(roll.people[i].identity, a->identity))
				found = lk_person_json(&roll.people[i]);
		sfu_roll_done(&roll);
	}
	if (found)
		rq_json(rq, 200, found);
	else
		nobody(rq);
}

static void remove_person(struct rq *rq, const struct ask *a)
{
	if (!need_person(rq, a))
		return;
	if (sfu_remove(a->sfu, a->room, a->identity))
		rq_empty(rq);
	else
		nobody(rq);
}

static void mute_track(struct rq *rq, const struct ask *a)
{
	const char *sid = lk_json_str(a->body, "track_sid");
	struct lk_track t;
	if (!need_person(rq, a))
		return;
	if (!sid)
		refuse(rq, INVALID, _("the request names no track"));
	else if (!json_is_true(lk_json_get(a->body, "muted")))
		refuse(rq, FAILED_FIRST, _("nobody's microphone is opened for them"));
	else if (!sfu_mute_track(a->sfu, a->room, a->identity, sid, &t))
		refuse(rq, NOT_FOUND, _("nobody in the room has this track"));
	else {
		rq_json(rq, 200, json_pack("{s:o}", "track", lk_track_json(&t)));
		lk_track_done(&t);
	}
}

static size_t read_attributes(const json_t *o, struct lk_pair ret[LK_ATTRIBUTES_MAX])
{
	const char *key;
	json_t *value;
	size_t n = 0;
	json_object_foreach ((json_t *)o, key, value)
		if (json_is_string(value) && n < LK_ATTRIBUTES_MAX)
			ret[n++] = (struct lk_pair){key, json_string_value(value)};
	return n;
}

static void update(struct rq *rq, const struct ask *a, const struct lk_permission *permission)
{
	struct lk_pair pairs[LK_ATTRIBUTES_MAX];
	const json_t *attributes = lk_json_get(a->body, "attributes");
	const char *name = lk_json_str(a->body, "name");
	const char *metadata = lk_json_str(a->body, "metadata");
	struct lk_update_metadata text = {
		.metadata = metadata ? metadata : "",
		.name = name ? name : "",
		.attributes = pairs,
		.attributes_n = read_attributes(attributes, pairs),
	};
	struct lk_person p;
	int result;
	if (json_object_size(attributes) > LK_ATTRIBUTES_MAX)
		refuse(rq, INVALID, _("too many attributes"));
	else if (!sfu_update(a->sfu, a->room, a->identity,
			     *text.name || *text.metadata || text.attributes_n ? &text : NULL,
			     permission, &result, &p))
		nobody(rq);
	else if (result != LK_RESULT_OK)
		refuse(rq, EXHAUSTED, _("that is too much text"));
	else {
		rq_json(rq, 200, lk_person_json(&p));
		lk_person_done(&p);
	}
}

static void update_person(struct rq *rq, const struct ask *a)
{
	const json_t *j = lk_json_get(a->body, "permission");
	struct lk_permission permission;
	if (!need_person(rq, a))
		return;
	if (!json_is_object(j)) {
		update(rq, a, NULL);
		return;
	}
	lk_permission_read(j, &permission);
	update(rq, a, &permission);
	lk_permission_done(&permission);
}

static void delete_room(struct rq *rq, const struct ask *a)
{
	if (sfu_end(a->sfu, a->room))
		rq_empty(rq);
	else
		refuse(rq, NOT_FOUND, _("nobody is in this room"));
}

/* `create`: a token that may make rooms may do it too, as with livekit-server. */
static const struct method {
	const char *name;
	bool create;
	void (*fn)(struct rq *rq, const struct ask *a);
} methods[] = {
	{"ListParticipants", false, list_people},    {"GetParticipant", false, get_person},
	{"RemoveParticipant", false, remove_person}, {"MutePublishedTrack", false, mute_track},
	{"UpdateParticipant", false, update_person}, {"DeleteRoom", true, delete_room},
};

static bool may(struct rq *rq, const struct method *m, const char *room)
{
	struct token t;
	struct err err = {0};
	if (!rq->http) {
		rq_empty(rq);
		return false;
	}
	if (sfu_bearer(rq->srv->sfu, rq->http, &t, &err)) {
		refuse(rq, UNAUTHENTICATED, err.msg);
		return false;
	}
	bool ok = (t.admin && !strcmp(t.room, room)) || (m->create && t.create);
	if (!ok)
		refuse(rq, DENIED, _("this token does not let you act on others in this call"));
	return ok;
}

static void post(struct rq *rq)
{
	const struct method *m = NULL;
	struct span name = {NULL, 0};
	/* The method is the last of as many parameters as there are. */
	for (int i = 0; i < ROUTE_MAX_PARAMS && rq->param[i].p; i++)
		name = rq->param[i];
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (span_eq_str(name, methods[i].name))
			m = &methods[i];
	struct ask a = {
		.sfu = rq->srv->sfu,
		.room = lk_json_str(rq->body, "room"),
		.identity = lk_json_str(rq->body, "identity"),
		.body = rq->body,
	};
	if (!a.sfu)
		rq_error(rq, 404, "M_UNRECOGNIZED", "%s", _("This server carries no calls"));
	else if (!m)
		refuse(rq, BAD_ROUTE, _("this server does not do that to calls"));
	else if (!a.room || !*a.room)
		refuse(rq, INVALID, _("the request names no room"));
	else if (may(rq, m, a.room))
		m->fn(rq, &a);
}

const struct route rtc_rooms_routes[] = {
	{"POST", "/twirp/livekit.RoomService/{}", ROUTE_OPEN, ROUTE_JSON, post, BODY_MAX},
	{"POST", "//twirp/livekit.RoomService/{}", ROUTE_OPEN, ROUTE_JSON, post, BODY_MAX},
	{"POST", "/{}/twirp/livekit.RoomService/{}", ROUTE_OPEN, ROUTE_JSON, post, BODY_MAX},
	{0},
};
