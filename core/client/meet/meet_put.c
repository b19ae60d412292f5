/* What a change of a meeting leaves in its room: a message, a file, the state, a pin. */
#include "core/base/crypto.h"
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/calendar/ics.h"
#include "core/client/media.h"
#include "core/client/meet/meet_priv.h"
#include "core/client/room_prefs.h"
#include "core/client/rooms.h"
#include "core/client/send.h"
#include "core/client/util.h"
#include "core/matrix/message.h"
#include "core/matrix/power.h"

#include <string.h>

int meet_check_power(struct client *c, const char *room_id, struct err *err)
{
	AUTO(store_room_done) struct store_room room = {0};
	JSON_AUTO json_t *power_event = NULL, *create_event = NULL;
	const char *creator = NULL, *own = client_account(c)->user_id;
	struct store *s;
	struct power p;
	int rc = client_find_room(c, room_id, &room, err);
	if (!rc)
		rc = client_store(c, &s, err);
	if (rc)
		return rc;
	json_t *levels = state_content(s, room.id, "m.room.power_levels", NULL, &power_event);
	json_t *create = state_content(s, room.id, "m.room.create", &creator, &create_event);
	if (!levels && !create)
		return 0; /* not synced yet: the server will say */
	power_init(&p, levels, create, creator);
	bool may = power_can_state(&p, own, MEETING_TYPE, "");
	int64_t needed = power_for_event(&p, MEETING_TYPE, true), has = power_of_user(&p, own);
	power_done(&p);
	if (may)
		return 0;
	err_set(err, ERR_AUTH,
		_("you may not schedule meetings in %.100s: that takes power %lld, you have %lld"),
		room.display, (long long)needed, (long long)has);
	err_hint(err, "muster room role");
	return ERR_AUTH;
}

/* What is said of the meeting, without what differs with each attempt to say it. */
static json_t *said_of(const struct meeting *m, const struct meet_tell *t)
{
	static const char *const aside[] = {"created_ts", "changed_ts", "announced", "file_event"};
	char stamp[CAL_STAMP_SIZE] = "";
	json_t *o = NULL;
	if (meeting_make(m, &o, NULL))
		o = json_object(); /* checked before */
	for (size_t i = 0; i < ARRAY_LEN(aside); i++)
		json_object_del(o, aside[i]);
	if (t->occurrence)
		cal_stamp(&t->occurrence->recurrence_id, stamp);
	return json_pack("{s:o,s:s,s:s,s:s,s:i,s:s?}", "meeting", o, "room_id", m->room_id, "uid",
			 m->event.uid, "date", stamp, "news", (int)t->news, "reason", t->reason);
}

/* The same news has the same name, so that nothing is posted twice; other words are other news. */
static void txn_of(const struct meeting *m, const struct meet_tell *t, const char *what,
		   char ret[64])
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	JSON_AUTO json_t *said = said_of(m, t);
	char hex[33];
	uint8_t hash[32];
	json_put_canonical(&b, said, NULL);
	crypto_sha256(buf_span(&b), hash);
	hex_put(hex, hash, 16);
	snprintf(ret, 64, "meet-%s-%s", what, hex);
}

static int post(struct client *c, const char *room_id, const json_t *content, const char *txn,
		char **ret_event, struct err *err)
{
	JSON_AUTO json_t *row = NULL;
	int rc = client_send_event(c, room_id, "m.room.message", content, txn, false, &row, err);
	if (!rc && json_get_str(row, "event_id")) {
		mem_free(*ret_event);
		*ret_event = mem_strdup(json_get_str(row, "event_id"));
	}
	return rc;
}

json_t *meet_reference(const struct meeting *m, const struct cal_occurrence *o)
{
	char stamp[CAL_STAMP_SIZE];
	json_t *ref = json_pack("{s:i,s:s}", "version", 1, "uid", m->event.uid);
	if (o) {
		cal_stamp(&o->recurrence_id, stamp);
		row_str(ref, "recurrence_id", stamp);
	}
	return ref;
}

static int post_message(struct client *c, struct meeting *m, const struct meet_tell *t,
			char **ret_event, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(32768);
	AUTO(buf_done) struct buf html = BUF_INIT(65536);
	JSON_AUTO json_t *content = NULL;
	char txn[64];
	meet_words(m, t->occurrence, t->news, t->reason, &text, &html);
	struct message_draft d = {.msgtype = "m.text", .text = buf_span(&text)};
	int rc = message_text(&d, &content, err);
	if (rc)
		return rc;
	json_object_set_new(content, "format", json_string("org.matrix.custom.html"));
	json_object_set_new(content, "formatted_body", row_text(buf_span(&html)));
	json_object_set_new(content, MEETING_TYPE, meet_reference(m, t->occurrence));
	txn_of(m, t, "text", txn);
	return post(c, m->room_id, content, txn, ret_event, err);
}

/* -- The .ics ------------------------------------------------------------ */

/* "Physics 10b.ics" */
static char *file_name(const struct meeting *m)
{
	char *name = mem_printf("%.80s.ics", m->event.title);
	for (char *p = name; *p; p++)
		if (*p == '/' || *p == '\\' || (unsigned char)*p < ' ')
			*p = '-';
	return name;
}

static int upload(struct client *c, struct span ics, const char *name, char **ret_uri,
		  struct err *err)
{
	uint8_t random[8];
	char hex[17];
	AUTO_FREE char *folder = NULL;
	int rc = fs_place(FS_RUNTIME, &folder, err);
	if (rc)
		return rc;
	crypto_random(random, sizeof(random));
	hex_put(hex, random, sizeof(random));
	AUTO_FREE char *path = mem_printf("%s/meeting-%s.ics", folder, hex);
	rc = fs_write_atomic(path, ics, 0600, err);
	if (!rc)
		rc = client_upload(c, path, "text/calendar", name, NULL, NULL, ret_uri, err);
	fs_remove(path, NULL);
	return rc;
}

static int post_file(struct client *c, struct meeting *m, const struct meet_tell *t,
		     struct err *err)
{
	AUTO(buf_done) struct buf ics = BUF_INIT(ICS_FILE_MAX);
	AUTO_FREE char *uri = NULL, *name = file_name(m);
	JSON_AUTO json_t *content = NULL;
	char txn[64];
	bool cancelled = t->news == MEET_CANCELLED && !t->occurrence;
	int rc = ics_write(&m->event, 1, cancelled ? ICS_CANCEL : ICS_PUBLISH, &ics, err);
	if (!rc)
		rc = upload(c, buf_span(&ics), name, &uri, err);
	struct file_draft d = {.url = uri,
			       .filename = span_of(name),
			       .mimetype = "text/calendar",
			       .size = (int64_t)ics.n,
			       .duration_ms = -1,
			       .width = -1,
			       .height = -1};
	if (!rc)
		rc = message_file(&d, &content, err);
	if (rc)
		return rc;
	json_object_set_new(content, MEETING_TYPE, meet_reference(m, t->occurrence));
	txn_of(m, t, "file", txn);
	return post(c, m->room_id, content, txn, &m->file_event, err);
}

/* -- All of it ----------------------------------------------------------- */

/* The pin stands on what is said of the whole meeting last. */
static void move_pin(struct client *c, const char *room_id, const char *from, const char *to)
{
	struct err err = {.code = 0};
	if (from && (!to || strcmp(from, to) != 0) &&
	    client_room_pin(c, room_id, from, false, &err))
		log_info("a meeting's message stays pinned: %s", err.msg);
	if (to && client_room_pin(c, room_id, to, true, &err))
		log_info("a meeting's message was not pinned: %s", err.msg);
}

/* Without the file the meeting is one all the same. */
static void try_file(struct client *c, struct meeting *m, const struct meet_tell *t)
{
	struct err err = {.code = 0};
	if (!t->no_file && post_file(c, m, t, &err))
		log_warn("the meeting's calendar file was not posted: %s", err.msg);
}

/* Rooms of the widget's kind have the widget's event, too. */
static int put_nordeck(struct client *c, const struct meeting *m, struct err *err)
{
	JSON_AUTO json_t *now = NULL;
	struct err none;
	if (client_state_get(c, m->room_id, NORDECK_TYPE, "", &now, &none))
		return 0;
	json_object_set_new(now, "calendar", meeting_nordeck(m));
	return client_state_put(c, m->room_id, NORDECK_TYPE, "", now, NULL, err);
}

int meet_put_state(struct client *c, struct meeting *m, struct err *err)
{
	JSON_AUTO json_t *content = NULL;
	int rc = meeting_make(m, &content, err);
	if (!rc)
		rc = client_state_put(c, m->room_id, MEETING_TYPE, m->event.uid, content, NULL,
				      err);
	return rc ? rc : put_nordeck(c, m, err);
}

int meet_put(struct client *c, struct meeting *m, const struct meet_tell *t, struct err *err)
{
	AUTO_FREE char *message = NULL, *before = mem_strdup(m->announced);
	JSON_AUTO json_t *fits = NULL;
	bool whole = !t->occurrence;
	int rc = meet_check_power(c, m->room_id, err);
	if (!rc)
		rc = meeting_make(m, &fits, err); /* before anything is said */
	if (!rc && !t->no_message)
		rc = post_message(c, m, t, &message, err);
	if (rc)
		return rc;
	try_file(c, m, t);
	if (whole && message) {
		mem_free(m->announced);
		m->announced = mem_strdup(message);
	}
	rc = meet_put_state(c, m, err);
	if (!rc && whole && !t->no_pin)
		move_pin(c, m->room_id, before, t->news == MEET_CANCELLED ? NULL : message);
	return rc;
}

int meet_get(struct client *c, const char *room_id, const char *uid, struct meeting *ret,
	     struct err *err)
{
	JSON_AUTO json_t *content = NULL;
	int rc = client_state_get(c, room_id, MEETING_TYPE, uid, &content, err);
	if (!rc && !json_object_size(content))
		rc = err_set(err, ERR_NOT_FOUND, _("there is no meeting %.100s"), uid);
	return rc ? rc : meeting_read(room_id, uid, content, ret, err);
}
