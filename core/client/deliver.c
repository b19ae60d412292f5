#include "core/client/deliver.h"

#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/ipc.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/client/deliver_priv.h"
#include "core/client/media.h"
#include "core/client/sync_priv.h"
#include "core/client/util.h"
#include "core/matrix/reply.h"

#define LIVE_MS 45000		/* a live owner commits at least this often */
#define FORGOTTEN_MS 600000	/* later than this a server may have forgotten a transaction */
#define REMEMBER_MS 34560000000 /* 400 days */

char *deliver_txn_id(void)
{
	uint8_t dice[9];
	AUTO(buf_done) struct buf b = BUF_INIT(64);
	crypto_random(dice, sizeof(dice));
	buf_printf(&b, "m%llx.", (unsigned long long)clock_wall_ms());
	base64url_put(&b, dice, sizeof(dice));
	return buf_take(&b);
}

static int encrypted(struct err *err)
{
	err_set(err, ERR_ENCRYPTED, _("The room is encrypted, and muster cannot encrypt yet"));
	err_hint(err, _("nothing was sent; use a client with encryption there"));
	return ERR_ENCRYPTED;
}

/* A process syncs this account right now, so what the cache says is so. */
static bool cache_is_live(struct client *c)
{
	AUTO_FREE char *path = NULL;
	return client_is_fresh(c, LIVE_MS) &&
	       sync_socket_of_owner(client_account(c), &path, NULL) == 0 && ipc_alive(path);
}

int deliver_check_room(struct client *c, const char *room_id, struct err *err)
{
	AUTO(store_room_done) struct store_room r = {0};
	struct store *s;
	struct err e = {0};
	int rc = client_store(c, &s, err);
	if (rc)
		return rc;
	int64_t id = store_room_find(s, span_of(room_id));
	if (id && store_room_get(s, id, &r) && r.encrypted)
		return encrypted(err);
	if (id && r.membership && strcmp(r.membership, "join") == 0 && cache_is_live(c))
		return 0;
	rc = session_do(client_session(c), request_state_get(room_id, "m.room.encryption", ""),
			NULL, &e);
	/* Only the homeserver's own word; a proxy's page says nothing about the room. */
	if (strcmp(e.errcode, "M_NOT_FOUND") == 0)
		return 0;
	if (rc == 0 || rc == ERR_PROTOCOL) {
		if (id)
			store_room_encrypted(s, id, NULL);
		return encrypted(err);
	}
	if (err)
		*err = e;
	return rc;
}

static json_t *result_row(const struct store_outbox *o, const char *event_id, const char *state,
			  bool existing)
{
	json_t *row = json_object();
	row_str(row, "event_id", event_id);
	row_str(row, "room_id", o->room_id);
	row_str(row, "txn_id", o->txn_id);
	row_str(row, "state", state);
	row_bool(row, "existing", existing);
	if (o->due_ms && !event_id)
		row_int(row, "at_ts", o->due_ms);
	return row;
}

static int put(struct client *c, const struct store_outbox *o, char **ret_event_id, struct err *err)
{
	JSON_AUTO json_t *content = NULL, *reply = NULL;
	const char *id;
	struct request rq;
	int rc = json_parse_object(span_of(o->content), &content, err);
	if (rc)
		return rc;
	if (o->target)
		rq = request_redact(o->room_id, o->target, o->txn_id,
				    json_get_str(content, "reason"));
	else
		rq = request_send(o->room_id, o->type, o->txn_id, content);
	rc = session_do(client_session(c), rq, &reply, err);
	if (!rc)
		rc = reply_event_id(reply, &id, err);
	if (!rc)
		*ret_event_id = mem_strdup(id);
	return rc;
}

/* The upload's address goes into the stored content, so a retry does not upload again. */
static int upload(struct client *c, struct store *s, struct store_outbox *o,
		  media_progress_fn *progress, void *arg, struct err *err)
{
	JSON_AUTO json_t *content = NULL;
	AUTO_FREE char *uri = NULL;
	int rc = json_parse_object(span_of(o->content), &content, err);
	if (rc)
		return rc;
	const char *mimetype = json_get_str(json_get_object(content, "info"), "mimetype");
	rc = client_upload(c, o->file, mimetype, json_get_str(content, "filename"), progress, arg,
			   &uri, err);
	if (rc)
		return rc;
	json_object_set_new(content, "url", json_string(uri));
	mem_free(o->content);
	o->content = json_text(content);
	return store_outbox_content(s, o->id, o->content, err);
}

struct sending {
	media_progress_fn *progress;
	void *arg;
	bool fresh; /* the row was added just now, and nobody has sent it before */
};

static bool is_transient(int rc)
{
	return rc == ERR_NETWORK || rc == ERR_LIMITED || rc == ERR_CANCELLED || rc == ERR_PROTOCOL;
}

/* 403 is about this room, anything else about the whole account. */
bool deliver_is_logged_out(const struct err *err)
{
	return err->code == ERR_AUTH && err->http_status != 403;
}

/* Note the trouble. Nothing is forgotten that may have been posted, or that was to be queued. */
static int not_sent(struct store *s, const struct store_outbox *o, int rc, bool queue, bool fresh,
		    json_t **ret, struct err *err)
{
	const char *why = err->msg;
	if (!fresh && deliver_is_logged_out(err)) { /* it may go after the next log-in */
		store_outbox_state(s, o->id, o->state, why, NULL);
		return rc;
	}
	if (queue && is_transient(rc)) {
		store_outbox_state(s, o->id, "queued", why, NULL);
		*ret = result_row(o, NULL, "queued", false);
		err->code = ERR_PENDING;
		err_prefix(err, _("queued"));
		err_hint(err, "muster queue run");
		return ERR_PENDING;
	}
	if (is_transient(rc)) {
		store_outbox_state(s, o->id, "failed", why, NULL);
		err_hint(err, "muster queue retry %s", o->txn_id);
	} else if (!fresh) {
		store_outbox_state(s, o->id, "failed", why, NULL);
	} else {
		store_outbox_drop(s, o->id, NULL);
	}
	return rc;
}

static int send_row(struct client *c, struct store *s, struct store_outbox *o,
		    const struct sending *how, bool *ret_found, char **ret_id, struct err *err)
{
	bool tried = !how->fresh && o->attempts > 0;
	int rc = 0;
	/* What was given to the server for later may have gone out by itself. */
	if (tried && (o->due_ms || clock_wall_ms() - o->tried_ms > FORGOTTEN_MS)) {
		rc = deliver_find_posted(c, o, ret_id, err);
		if (rc || *ret_id) {
			*ret_found = *ret_id != NULL;
			return rc;
		}
	}
	if (o->file)
		rc = upload(c, s, o, how->progress, how->arg, err);
	/* That may have taken long. */
	if (!rc && o->file)
		rc = deliver_check_room(c, o->room_id, err);
	if (!rc && !(how->fresh && o->attempts))
		rc = store_outbox_attempt(s, o->id, clock_wall_ms(), err);
	return rc ? rc : put(c, o, ret_id, err);
}

/* Not before its time: by the server, else from here when muster runs then. */
static int deliver_at(struct client *c, struct store *s, struct store_outbox *o,
		      const struct sending *how, json_t **ret, struct err *err)
{
	AUTO_FREE char *event_id = NULL;
	char when[WHEN_ISO_SIZE];
	struct err e = {0};
	int rc = o->file ? upload(c, s, o, how->progress, how->arg, &e) : 0;
	if (!rc && o->file)
		rc = deliver_check_room(c, o->room_id, &e);
	if (!rc)
		rc = deliver_schedule(c, s, o, &event_id, &e);
	if (!rc) {
		*ret = result_row(o, event_id, event_id ? "sent" : "scheduled", false);
		return event_id ? store_outbox_sent(s, o->id, event_id, err) : 0;
	}
	if (rc == ERR_UNSUPPORTED || is_transient(rc)) {
		when_human(o->due_ms, clock_wall_ms(), when);
		store_outbox_state(s, o->id, "queued", e.msg, NULL);
		*ret = result_row(o, NULL, "queued", false);
		rc = err_set(err, ERR_PENDING, _("sent when muster next runs after %s: %s"), when,
			     e.msg);
		err_hint(err, "muster queue run");
		return rc;
	}
	rc = not_sent(s, o, rc, false, how->fresh, ret, &e);
	if (err)
		*err = e;
	return rc;
}

static int deliver_how(struct client *c, struct store_outbox *o, bool queue,
		       const struct sending *how, json_t **ret, struct err *err)
{
	AUTO_FREE char *event_id = NULL;
	bool found = false;
	struct store *s;
	struct err e = {0};
	int rc = client_store(c, &s, err);
	if (rc)
		return rc;
	if (o->due_ms > clock_wall_ms())
		return deliver_at(c, s, o, how, ret, err);
	rc = send_row(c, s, o, how, &found, &event_id, &e);
	if (rc) {
		rc = not_sent(s, o, rc, queue, how->fresh, ret, &e);
		if (err)
			*err = e;
		return rc;
	}
	*ret = result_row(o, event_id, "sent", found);
	rc = store_outbox_sent(s, o->id, event_id, err);
	if ((o->id & 63) == 0)
		store_outbox_prune(s, clock_wall_ms() - REMEMBER_MS, NULL);
	return rc;
}

/* A deletion says nothing but what it deletes, unless it gives a reason. */
static int check_what(struct client *c, const char *room_id, bool deletion, bool reason,
		      struct err *err)
{
	if (deletion && !reason)
		return 0;
	int rc = deliver_check_room(c, room_id, err);
	if (rc == ERR_ENCRYPTED && deletion) {
		err_set(err, rc, _("The room is encrypted, and muster cannot encrypt the reason"));
		err_hint(err, _("nothing was deleted; leave out the reason"));
	}
	return rc;
}

int deliver_row(struct client *c, struct store_outbox *o, bool queue, json_t **ret, struct err *err)
{
	struct sending how = {NULL, NULL, false};
	struct err e = {0};
	JSON_AUTO json_t *content = NULL;
	int rc = json_parse_object(span_of(o->content), &content, err);
	if (rc)
		return rc;
	rc = check_what(c, o->room_id, o->target != NULL, json_get_str(content, "reason"), &e);
	if (!rc)
		return deliver_how(c, o, queue, &how, ret, err);
	struct store *s;
	int opened = client_store(c, &s, err);
	if (opened)
		return opened;
	rc = not_sent(s, o, rc, queue, false, ret, &e);
	if (err)
		*err = e;
	return rc;
}

static void on_progress(int64_t done, int64_t total, void *arg)
{
	const struct delivery *d = arg;
	d->progress(d->file, done, total, d->progress_arg);
}

static struct store_outbox row_for(const struct delivery *d, const char *txn, const char *content)
{
	return (struct store_outbox){
		.room_id = (char *)d->room_id,
		.txn_id = (char *)txn,
		.type = (char *)d->type,
		.content = (char *)content,
		.target = (char *)d->target,
		.file = (char *)d->file,
		.body = (char *)d->body,
		.keep = d->txn_id != NULL,
		.due_ms = d->at_ms,
	};
}

static int check_txn(const char *txn, struct err *err)
{
	size_t n = strlen(txn);
	if (n == 0 || n > 200)
		return err_set(err, ERR_USAGE, _("A transaction id has 1 to 200 characters"));
	for (; *txn; txn++)
		if ((unsigned char)*txn < 0x21 || *txn == 0x7f)
			return err_set(err, ERR_USAGE,
				       _("A transaction id has no spaces or control characters"));
	return 0;
}

/* Done before: the same again does nothing. */
static bool is_known(struct client *c, struct store_outbox *o, json_t **ret)
{
	if (o->delay_id)
		deliver_settle(c, o, NULL);
	bool scheduled = o->delay_id && strcmp(o->state, "scheduled") == 0;
	if (o->event_id || scheduled)
		*ret = result_row(o, o->event_id, o->event_id ? "sent" : "scheduled", true);
	return o->event_id || scheduled;
}

int deliver(struct client *c, const struct delivery *d, json_t **ret, struct err *err)
{
	AUTO(store_outbox_done) struct store_outbox o = {0};
	JSON_AUTO json_t *redaction = d->target ? json_object() : NULL;
	struct sending how = {d->progress ? on_progress : NULL, (void *)d, false};
	struct store *s;
	struct err e = {0};
	bool is_new;
	int rc = client_store(c, &s, err);
	if (!rc && d->txn_id)
		rc = check_txn(d->txn_id, err);
	if (rc)
		return rc;
	if (d->txn_id && store_outbox_get(s, d->room_id, d->txn_id, &o) && is_known(c, &o, ret))
		return 0;
	store_outbox_done(&o);
	rc = check_what(c, d->room_id, d->target != NULL, d->reason != NULL, &e);
	if (rc && !((d->queue || d->at_ms) && is_transient(rc))) {
		if (err)
			*err = e;
		return rc;
	}
	if (d->reason)
		json_object_set_new(redaction, "reason", row_text(span_of(d->reason)));
	AUTO_FREE char *content = json_text(d->target ? redaction : d->content);
	AUTO_FREE char *txn = d->txn_id ? mem_strdup(d->txn_id) : deliver_txn_id();
	struct store_outbox want = row_for(d, txn, content);
	int trouble = rc;
	want.attempts = !trouble && !d->file && !d->at_ms;
	rc = store_outbox_add(s, &want, &o, &is_new, err);
	if (rc)
		return rc;
	if (is_known(c, &o, ret))
		return 0;
	how.fresh = is_new;
	if (!trouble)
		return deliver_how(c, &o, d->queue, &how, ret, err);
	rc = not_sent(s, &o, trouble, true, is_new, ret, &e);
	if (err)
		*err = e;
	return rc;
}
