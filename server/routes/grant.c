#include "server/routes/grant.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"

void grant_ask_done(struct grant_ask *a)
{
	mem_free(a->device_id);
	mem_free(a->name);
}

/* A string of up to `max` bytes, or absent. */
static bool read_text(struct rq *rq, const char *key, size_t max, char **ret)
{
	const json_t *v = json_object_get(rq->body, key);
	const char *s = json_get_str(rq->body, key);
	if (!v || json_is_null(v))
		return true;
	if (!s || strlen(s) > max) {
		rq_error(rq, 400, s ? "M_INVALID_PARAM" : "M_BAD_JSON", "%s: %s", key,
			 s ? _("too long") : _("must be text"));
		return false;
	}
	if (*s)
		*ret = mem_strdup(s);
	return true;
}

bool grant_read(struct rq *rq, struct grant_ask *ret)
{
	*ret = (struct grant_ask){0};
	if (read_text(rq, "device_id", DEVICE_ID_SIZE - 1, &ret->device_id) &&
	    read_text(rq, "initial_device_display_name", 256, &ret->name)) {
		ret->refreshable = json_get_bool(rq->body, "refresh_token", false);
		return true;
	}
	grant_ask_done(ret);
	return false;
}

json_t *grant_json(const struct rq *rq, const char *user_id, const struct grant *g)
{
	json_t *j = json_pack("{s:s,s:s,s:s,s:s}", "user_id", user_id, "device_id", g->device_id,
			      "access_token", g->access_token, "home_server", rq->srv->name);
	if (g->refresh_token) {
		json_object_set_new(j, "refresh_token", json_string(g->refresh_token));
		json_object_set_new(j, "expires_in_ms", json_integer(g->expires_in_ms));
	}
	if (rq->srv->config->public_url)
		json_object_set_new(j, "well_known",
				    json_pack("{s:{s:s}}", "m.homeserver", "base_url",
					      rq->srv->config->public_url));
	return j;
}

void grant_reply(struct rq *rq, const char *user_id, const struct grant *g)
{
	rq_json(rq, 200, grant_json(rq, user_id, g));
}
