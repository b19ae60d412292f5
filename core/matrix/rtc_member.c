#include "core/matrix/rtc_member.h"

#include "core/base/i18n.h"
#include "core/matrix/id.h"

#include <stdio.h>
#include <string.h>

#define APPLICATION "m.call"
#define RECORDING "org.muster.recording"

/* A string of the content that fits; false when it is missing or does not. */
static bool copy_text(const json_t *o, const char *key, char *ret, size_t size)
{
	const char *s = json_get_str(o, key);
	size_t n = s ? strlen(s) : 0;
	if (!s || n >= size)
		return false;
	memcpy(ret, s, n + 1);
	return true;
}

static int lacks(struct err *err, const char *what)
{
	return err_set(err, ERR_INVALID, _("the call's member event has no good \"%s\""), what);
}

bool rtc_url_ok(const char *url)
{
	size_t n = url ? strlen(url) : 0;
	if (n >= RTC_URL_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)url[i] <= ' ' || url[i] == 0x7f)
			return false;
	return n > 8 && (strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0);
}

bool rtc_transport_find(const json_t *list, char ret[RTC_URL_MAX])
{
	size_t i;
	json_t *t;
	json_array_foreach (list, i, t) {
		const char *type = json_get_str(t, "type");
		const char *url = json_get_str(t, "livekit_service_url");
		if (!type || strcmp(type, "livekit") != 0 || !rtc_url_ok(url))
			continue;
		snprintf(ret, RTC_URL_MAX, "%s", url);
		return true;
	}
	return false;
}

static bool are_transports(const json_t *list)
{
	size_t i;
	json_t *t;
	json_array_foreach (list, i, t)
		if (!json_get_str(t, "type"))
			return false;
	return true;
}

static void name_on_livekit(struct rtc_member *m)
{
	snprintf(m->plain, sizeof(m->plain), "%s:%s", m->user_id, m->device_id);
	rtc_id_member(m->user_id, m->device_id, m->member_id, m->hash);
}

/* An end that cannot overflow, whatever was written there. */
static int64_t end_of(int64_t from, int64_t life_ms)
{
	const int64_t most = INT64_C(1) << 53;
	return from + (life_ms < 0 ? 0 : life_ms > most ? most : life_ms);
}

/* -- The state event (MSC3401, MSC4143 of old) ------------------------------ */

bool rtc_member_key_is(const char *key, const char *sender)
{
	size_t n = strlen(sender);
	if (key[0] == '_')
		key++;
	return strncmp(key, sender, n) == 0 && (key[n] == '_' || key[n] == '\0');
}

static int read_state_times(const struct mx_event *ev, struct rtc_member *m, struct err *err)
{
	const json_t *created = json_object_get(ev->content, "created_ts");
	if (created && !json_is_integer(created))
		return lacks(err, "created_ts");
	m->created_ms = json_get_i64(ev->content, "created_ts", ev->ts);
	/* Nobody joined before time began, or later than the server heard of it. */
	if (m->created_ms < 0 || m->created_ms > ev->ts)
		m->created_ms = ev->ts;
	m->expires_ms = end_of(m->created_ms, json_get_i64(ev->content, "expires", RTC_EXPIRES_MS));
	return 0;
}

static int read_state_foci(const json_t *c, struct rtc_member *m, struct err *err)
{
	const json_t *active = json_get_object(c, "focus_active");
	const json_t *foci = json_object_get(c, "foci_preferred");
	const char *selection = json_get_str(active, "focus_selection");
	if (!json_get_str(active, "type"))
		return lacks(err, "focus_active");
	if (foci && (!json_is_array(foci) || !are_transports(foci)))
		return lacks(err, "foci_preferred");
	m->oldest_decides = selection && strcmp(selection, "oldest_membership") == 0;
	rtc_transport_find(foci, m->service_url);
	return 0;
}

static int read_state(const struct mx_event *ev, enum rtc_word *word, struct rtc_member *m,
		      struct err *err)
{
	const json_t *c = ev->content;
	const char *call = json_get_str(c, "call_id"), *app = json_get_str(c, "application");
	const char *scope = json_get_str(c, "scope");
	if (!ev->state_key)
		return err_set(err, ERR_INVALID, _("the call's member event is no state event"));
	if (!rtc_member_key_is(ev->state_key, ev->sender))
		return err_set(err, ERR_INVALID,
			       _("%s wrote a call's member event under somebody else's key"),
			       ev->sender);
	*word = json_object_get(c, "application") ? RTC_HERE : RTC_LEFT;
	if (*word == RTC_LEFT)
		return 0;
	if (!app || !call)
		return lacks(err, app ? "call_id" : "application");
	if (strcmp(app, APPLICATION) != 0 || *call || (scope && strcmp(scope, "m.room") != 0)) {
		*word = RTC_OTHER;
		return 0;
	}
	if (!copy_text(c, "device_id", m->device_id, sizeof(m->device_id)) || !m->device_id[0])
		return lacks(err, "device_id");
	int rc = read_state_foci(c, m, err);
	if (!rc)
		rc = read_state_times(ev, m, err);
	if (!copy_text(c, "membershipID", m->member_id, sizeof(m->member_id)))
		snprintf(m->member_id, sizeof(m->member_id), "%s:%s", m->user_id, m->device_id);
	return rc;
}

/* -- The sticky event (MSC4143 with MSC4354) -------------------------------- */

/* Both spellings of where they publish: matrix-js-sdk has had both. */
static const json_t *sticky_transports(const json_t *c)
{
	const json_t *list = json_get_array(c, "rtc_transports");
	return list ? list : json_get_array(json_get_object(c, "transports"), "published");
}

static void read_sticky_times(const struct mx_event *ev, struct rtc_member *m)
{
	const json_t *sticky = json_get_object(ev->json, "msc4354_sticky");
	int64_t life = json_get_i64(sticky, "duration_ms", RTC_STICKY_MS);
	m->created_ms = ev->ts;
	m->expires_ms = end_of(ev->ts, life > RTC_STICKY_MS ? RTC_STICKY_MS : life);
}

static int read_sticky(const struct mx_event *ev, enum rtc_word *word, struct rtc_member *m,
		       struct err *err)
{
	const json_t *c = ev->content, *who = json_get_object(c, "member");
	const char *user = json_get_str(who, "user_id"), *slot = json_get_str(c, "slot_id");
	const json_t *transports = sticky_transports(c);
	char key[sizeof(m->member_id)] = "";
	if (ev->state_key)
		return err_set(err, ERR_INVALID, _("the call's member event is a state event"));
	if (!copy_text(c, "msc4354_sticky_key", key, sizeof(key)) &&
	    !copy_text(c, "sticky_key", key, sizeof(key)))
		return lacks(err, "msc4354_sticky_key");
	snprintf(m->member_id, sizeof(m->member_id), "%s", key);
	*word = json_object_get(c, "application") ? RTC_HERE : RTC_LEFT;
	if (*word == RTC_LEFT)
		return 0;
	const char *app = json_get_str(json_get_object(c, "application"), "type");
	if (!slot || !app)
		return lacks(err, slot ? "application" : "slot_id");
	if (strcmp(slot, RTC_SLOT_ROOM) != 0 || strcmp(app, APPLICATION) != 0) {
		*word = RTC_OTHER;
		return 0;
	}
	if (!user || strcmp(user, ev->sender) != 0)
		return err_set(err, ERR_INVALID,
			       _("%s wrote a call's member event for somebody else"), ev->sender);
	if (!copy_text(who, "device_id", m->device_id, sizeof(m->device_id)) || !m->device_id[0])
		return lacks(err, "member.device_id");
	if (!copy_text(who, "id", m->member_id, sizeof(m->member_id)) ||
	    strcmp(m->member_id, key) != 0)
		return lacks(err, "member.id");
	if (!transports || !are_transports(transports))
		return lacks(err, "rtc_transports");
	rtc_transport_find(transports, m->service_url);
	read_sticky_times(ev, m);
	return 0;
}

/* -- Both ------------------------------------------------------------------- */

static const struct {
	const char *type;
	int (*read)(const struct mx_event *ev, enum rtc_word *word, struct rtc_member *m,
		    struct err *err);
} forms[RTC_FORM_COUNT] = {
	[RTC_FORM_STATE] = {RTC_MEMBER_TYPE, read_state},
	[RTC_FORM_STICKY] = {RTC_STICKY_TYPE, read_sticky},
};

enum rtc_form rtc_form_of(const char *type)
{
	int i = 0;
	while (i < RTC_FORM_COUNT && strcmp(forms[i].type, type) != 0)
		i++;
	return (enum rtc_form)i;
}

int rtc_member_read(const struct mx_event *ev, enum rtc_word *ret_word, struct rtc_member *ret,
		    struct err *err)
{
	struct rtc_member m = {.form = rtc_form_of(ev->type)};
	enum rtc_word word = RTC_OTHER;
	if (m.form == RTC_FORM_COUNT || !ev->event_id)
		return err_set(err, ERR_INVALID, _("this is no member event of a call"));
	snprintf(m.event_id, sizeof(m.event_id), "%s", ev->event_id);
	snprintf(m.user_id, sizeof(m.user_id), "%s", ev->sender);
	int rc = forms[m.form].read(ev, &word, &m, err);
	if (rc)
		return rc;
	if (word == RTC_HERE) {
		name_on_livekit(&m);
		m.recording = json_get_bool(ev->content, RECORDING, false);
	}
	*ret_word = word;
	if (word != RTC_OTHER)
		*ret = m;
	return 0;
}

bool rtc_member_expired(const struct rtc_member *m, int64_t wall_ms)
{
	return m->expires_ms <= wall_ms;
}

bool rtc_member_is(const struct rtc_member *m, const char *identity)
{
	return strcmp(m->plain, identity) == 0 || strcmp(m->hash, identity) == 0;
}

static bool is_older(const struct rtc_member *a, const struct rtc_member *b)
{
	if (a->created_ms != b->created_ms)
		return a->created_ms < b->created_ms;
	return strcmp(a->plain, b->plain) < 0; /* the same choice for everybody */
}

const struct rtc_member *rtc_member_oldest(const struct rtc_member *v, size_t n, int64_t wall_ms)
{
	const struct rtc_member *best = NULL;
	for (size_t i = 0; i < n; i++) {
		if (!v[i].service_url[0] || rtc_member_expired(&v[i], wall_ms))
			continue;
		if (!best || is_older(&v[i], best))
			best = &v[i];
	}
	return best;
}

const char *rtc_member_service(const struct rtc_member *m, const struct rtc_member *v, size_t n,
			       int64_t wall_ms)
{
	const struct rtc_member *of = m->oldest_decides ? rtc_member_oldest(v, n, wall_ms) : m;
	return of ? of->service_url : "";
}

json_t *rtc_member_make(const struct rtc_member_draft *d)
{
	char member_id[2 * LIMIT_ID_BYTES + 2];
	snprintf(member_id, sizeof(member_id), "%s:%s", d->user_id, d->device_id);
	json_t *c = json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:{s:s,s:s},s:[{s:s,s:s,s:s}]}",
			      "application", APPLICATION, "call_id", "", "scope", "m.room",
			      "device_id", d->device_id, "membershipID", member_id, "expires",
			      (json_int_t)d->expires_ms, "m.call.intent", "audio", "focus_active",
			      "type", "livekit", "focus_selection", "multi_sfu", "foci_preferred",
			      "type", "livekit", "livekit_service_url", d->service_url,
			      "livekit_alias", d->room_id);
	if (d->created_ms)
		json_object_set_new(c, "created_ts", json_integer(d->created_ms));
	if (d->recording)
		json_object_set_new(c, RECORDING, json_true());
	return c;
}

int rtc_member_key(const char *user_id, const char *device_id, const char *room_version,
		   char ret[LIMIT_ID_BYTES + 1], struct err *err)
{
	bool guarded = room_version && (strncmp(room_version, "org.matrix.msc3757", 18) == 0 ||
					strncmp(room_version, "org.matrix.msc3779", 18) == 0);
	int n = snprintf(ret, LIMIT_ID_BYTES + 1, "%s%s_%s_" APPLICATION, guarded ? "" : "_",
			 user_id, device_id);
	if (n > LIMIT_ID_BYTES)
		return err_set(err, ERR_TOO_LARGE,
			       _("the user id and the device id are too long for a call"));
	return 0;
}

bool rtc_identity_split(const char *identity, char ret_user[LIMIT_ID_BYTES + 1],
			char ret_device[LIMIT_ID_BYTES + 1])
{
	const char *colon = strrchr(identity, ':');
	struct user_id user;
	struct device_id device;
	if (!colon ||
	    user_id_parse((struct span){identity, (size_t)(colon - identity)}, &user, NULL) ||
	    device_id_parse(span_of(colon + 1), &device, NULL))
		return false;
	memcpy(ret_user, user.s, sizeof(user.s));
	memcpy(ret_device, device.s, sizeof(device.s));
	return true;
}
