/*
 * What a client asks before it logs in, and what it asks about the server:
 * versions, well-known files, capabilities, and services that are not here.
 */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "server/routes/route.h"
#include "server/rtc/rtc.h"
#include "server/sfu/turn_lend.h"

extern const struct route discovery_routes[];

#define NEWEST 19 /* v1.19 */

/* What clients ask for by these names, also those that do not look at version numbers. */
static const char *const features[] = {
	"org.matrix.msc4222",
	"org.matrix.msc4140",
	"uk.half-shot.msc2666.query_mutual_rooms",
	"uk.half-shot.msc2666.query_mutual_rooms.stable",
	"uk.tcpip.msc4133.stable",
	"uk.timedout.msc4323.stable",
	"com.beeper.msc4169",
	"org.matrix.msc3916.stable",
	"org.matrix.e2e_cross_signing",
};

/*
 * Up to the newest every endpoint that a version added for chat or encryption is
 * here (docs/SERVER.md has a table); push is not, in any version, and answers
 * M_UNRECOGNIZED. Old numbers stay, as clients refuse a server that lists only new
 * ones; r0 does not, as its log-in and media differ.
 */
static void get_versions(struct rq *rq)
{
	json_t *versions = json_array(), *unstable = json_object();
	for (int i = 1; i <= NEWEST; i++)
		json_array_append_new(versions, json_sprintf("v1.%d", i));
	for (size_t i = 0; i < ARRAY_LEN(features); i++)
		json_object_set_new(unstable, features[i], json_true());
	json_object_set_new(unstable, "org.matrix.msc4143", json_boolean(rq->srv->config->calls));
	rq_json(rq, 200,
		json_pack("{s:o,s:o}", "versions", versions, "unstable_features", unstable));
}

/*
 * Rooms are not encrypted unless somebody asks for it, and not at all unless whoever
 * runs the server allows it: clients that know these words offer nothing that fails.
 */
static json_t *encryption_hint(const struct server_config *c)
{
	return c->allow_encryption ? json_pack("{s:b}", "default", 0)
				   : json_pack("{s:b,s:b}", "default", 0, "force_disable", 1);
}

static void get_well_known(struct rq *rq)
{
	json_t *j = json_pack("{s:{s:s},s:{s:s}}", "m.homeserver", "base_url", rq->srv->base_url,
			      "org.muster.server", "server_name", rq->srv->name);
	json_object_set_new(j, "io.element.e2ee", encryption_hint(rq->srv->config));
	if (rq->srv->config->calls)
		json_object_set_new(j, "org.matrix.msc4143.rtc_foci",
				    json_pack("[{s:s,s:s}]", "type", "livekit",
					      "livekit_service_url", rq->srv->rtc->service_url));
	rq_json(rq, 200, j);
}

static void get_support(struct rq *rq)
{
	const char *contact = rq->srv->config->contact;
	if (!contact)
		rq_error(rq, 404, "M_NOT_FOUND", "%s", _("This server names nobody to ask"));
	else
		rq_json(rq, 200,
			json_pack("{s:[{s:s,s:s}]}", "contacts", "role", "m.role.admin",
				  contact[0] == '@' ? "matrix_id" : "email_address", contact));
}

static const struct {
	const char *name;
	bool on;
} switches[] = {
	{"m.change_password", true},
	{"m.set_displayname", true},
	{"m.set_avatar_url", true},
	{"m.profile_fields", true},
	{"m.3pid_changes", false},
	{"m.get_login_token", false},
	{"m.forget_forced_upon_leave", false},
};

static void get_capabilities(struct rq *rq)
{
	json_t *c = json_pack("{s:{s:s,s:{s:s}},s:{s:I,s:i}}", "m.room_versions", "default", "11",
			      "available", "11", "stable", "org.matrix.msc4140.delayed_events",
			      "max_delay_ms", (json_int_t)LIMIT_DELAY_MS, "max_scheduled",
			      LIMIT_DELAYED_EVENTS);
	for (size_t i = 0; i < ARRAY_LEN(switches); i++)
		json_object_set_new(c, switches[i].name,
				    json_pack("{s:b}", "enabled", switches[i].on));
	if (rq->who.admin)
		json_object_set_new(c, "m.account_moderation",
				    json_pack("{s:b,s:b}", "suspend", 1, "lock", 1));
	rq_json(rq, 200, json_pack("{s:o}", "capabilities", c));
}

/* What old calls between two people ask for, and our own client, where an SFU lends nothing. */
static void get_turn(struct rq *rq)
{
	const struct turn_lend *turn = rq->srv->turn;
	const char *uris[TURN_LEND_MAX];
	char user[TURN_LEND_USER], password[TURN_LEND_PASSWORD];
	if (!turn) {
		rq_empty(rq);
		return;
	}
	json_t *list = json_array();
	size_t n = turn_lend_uris(turn, uris);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(uris[i]));
	turn_lend_login(turn, rq->who.user_id, clock_wall_ms(), user, password);
	rq_json(rq, 200,
		json_pack("{s:s,s:s,s:o,s:i}", "username", user, "password", password, "uris", list,
			  "ttl", TURN_LEND_S));
}

static void get_nothing(struct rq *rq)
{
	rq_empty(rq);
}

static void get_no_oauth(struct rq *rq)
{
	rq_error(rq, 404, "M_UNRECOGNIZED", "%s", _("This server logs people in by password"));
}

const struct route discovery_routes[] = {
	{"GET", "/_matrix/client/versions", ROUTE_OPEN, 0, get_versions, 0},
	{"GET", "/.well-known/matrix/client", ROUTE_OPEN, 0, get_well_known, 0},
	{"GET", "/.well-known/matrix/support", ROUTE_OPEN, 0, get_support, 0},
	{"GET", "/_matrix/client/v3/capabilities", ROUTE_USER, 0, get_capabilities, 0},
	{"GET", "/_matrix/client/v1/auth_metadata", ROUTE_OPEN, 0, get_no_oauth, 0},
	{"GET", "/_matrix/client/v3/voip/turnServer", ROUTE_USER, 0, get_turn, 0},
	{"GET", "/_matrix/client/v3/thirdparty/protocols", ROUTE_USER, 0, get_nothing, 0},
	{0},
};
