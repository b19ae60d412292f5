#include "core/client/send.h"

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/client/deliver.h"
#include "core/client/media.h"
#include "core/client/mention.h"
#include "core/client/timeline.h"
#include "core/client/util.h"
#include "core/matrix/message.h"
#include "core/store/spaces.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Stands in a stored message until its file is uploaded. */
static const char PENDING_URL[] = "mxc://pending.invalid/upload";

static int on_sender(const struct store_event *e, void *arg)
{
	*(char **)arg = span_dup(e->sender);
	return 0;
}

/* Who wrote the message that is answered, when the cache knows. */
static char *sender_of(struct client *c, const char *room_id, const char *event_id)
{
	struct store *s;
	char *sender = NULL;
	if (!event_id || client_store(c, &s, NULL))
		return NULL;
	int64_t room = store_room_find(s, span_of(room_id));
	if (room)
		store_event_get(s, room, span_of(event_id), on_sender, &sender);
	return sender;
}

static void merge_extra(json_t *content, const json_t *extra)
{
	if (extra)
		json_object_update(content, (json_t *)extra);
}

/* The script's id for one of several events of a send. */
static char *part_txn(const struct send_request *rq, int part, const char *kind)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	if (!rq->txn_id)
		return NULL;
	buf_put_str(&b, rq->txn_id);
	if (part)
		buf_printf(&b, ".%s%d", kind, part);
	return buf_take(&b);
}

static int deliver_one(struct client *c, const struct delivery *d, client_row_fn *fn, void *arg,
		       int *ret_pending, struct err *err)
{
	JSON_AUTO json_t *row = NULL;
	int rc = deliver(c, d, &row, err);
	if (row && (rc == 0 || rc == ERR_PENDING)) {
		int stop = fn(row, arg);
		if (stop)
			return stop;
	}
	if (rc == ERR_PENDING) {
		++*ret_pending;
		return 0;
	}
	return rc;
}

/* Who is to be notified: whom the caller names, and whom the text does. */
static const char **all_mentions(const char *const *given, const json_t *named)
{
	size_t n = 0, i;
	json_t *one;
	while (given && given[n])
		n++;
	const char **list = mem_realloc_array(NULL, n + json_array_size(named) + 1, sizeof(*list));
	for (size_t k = 0; k < n; k++)
		list[k] = given[k];
	json_array_foreach (named, i, one)
		list[n++] = json_string_value(one);
	list[n] = NULL;
	return list;
}

/* A message's content; names in Markdown become mentions. */
static int text_content(struct client *c, const char *room_id, struct message_draft *draft,
			json_t **ret, struct err *err)
{
	AUTO(mentions_done) struct mentions m = {0};
	if (!draft->markdown)
		return message_text(draft, ret, err);
	int rc = mentions_find(c, room_id, draft->text, &m, err);
	if (rc)
		return rc;
	AUTO_FREE const char **mentions = all_mentions(draft->at.mentions, m.users);
	draft->at.mentions = mentions;
	draft->at.mention_room = draft->at.mention_room || m.room;
	draft->source = buf_span(&m.markdown);
	rc = message_text(draft, ret, err);
	draft->at.mentions = NULL;
	return rc;
}

static int send_text(struct client *c, const struct send_request *rq,
		     const struct message_context *at, client_row_fn *fn, void *arg, int *pending,
		     struct err *err)
{
	JSON_AUTO json_t *content = NULL;
	AUTO_FREE char *txn = part_txn(rq, 0, "");
	AUTO_FREE char *body = span_dup(span_head(rq->text, utf8_head(rq->text, 200)));
	struct message_draft draft = {
		.msgtype = rq->notice  ? "m.notice"
			   : rq->emote ? "m.emote"
				       : "m.text",
		.text = rq->text,
		.markdown = rq->format == SEND_MARKDOWN,
		.at = *at,
	};
	int rc = text_content(c, rq->room_id, &draft, &content, err);
	if (rc)
		return rc;
	merge_extra(content, rq->extra);
	struct delivery d = {
		.room_id = rq->room_id,
		.type = "m.room.message",
		.content = content,
		.body = body,
		.txn_id = txn,
		.queue = rq->queue,
		.at_ms = rq->at_ms,
	};
	return deliver_one(c, &d, fn, arg, pending, err);
}

static int check_file(const char *path, struct stat *ret, struct err *err)
{
	if (stat(path, ret) != 0 || access(path, R_OK) != 0)
		return err_errno(err, errno, "%s", path);
	return S_ISREG(ret->st_mode) ? 0 : err_set(err, ERR_USAGE, _("%s is not a file"), path);
}

/* All before the first part goes: a wrong name must not leave half of it in the room. */
static int check_parts(const struct send_request *rq, struct err *err)
{
	struct stat st;
	int rc = 0;
	if (!rq->text.n && !(rq->files && *rq->files))
		return err_set(err, ERR_USAGE, _("There is nothing to send"));
	for (const char *const *f = rq->files; !rc && f && *f; f++)
		rc = check_file(*f, &st, err);
	return rc;
}

static int send_file(struct client *c, const struct send_request *rq, const char *path, int part,
		     const struct message_context *at, client_row_fn *fn, void *arg, int *pending,
		     struct err *err)
{
	JSON_AUTO json_t *content = NULL;
	AUTO_FREE char *txn = part_txn(rq, part, "f");
	struct stat st;
	int rc = check_file(path, &st, err);
	if (rc)
		return rc;
	struct file_draft draft = {
		.url = PENDING_URL,
		.filename = span_of(fs_basename(path)),
		.mimetype = media_type_of(path),
		.size = st.st_size,
		.duration_ms = -1,
		.width = -1,
		.height = -1,
		.at = *at,
	};
	rc = message_file(&draft, &content, err);
	if (rc)
		return rc;
	merge_extra(content, rq->extra);
	/* Whoever sends it from the queue may stand in another folder. */
	char whole[PATH_MAX];
	if (!realpath(path, whole))
		return err_errno(err, errno, "%s", path);
	struct delivery d = {
		.room_id = rq->room_id,
		.type = "m.room.message",
		.content = content,
		.file = whole,
		.body = fs_basename(path),
		.txn_id = txn,
		.queue = rq->queue,
		.at_ms = rq->at_ms,
		.progress = rq->progress,
		.progress_arg = rq->progress_arg,
	};
	return deliver_one(c, &d, fn, arg, pending, err);
}

static int send_all(struct client *c, const struct send_request *rq, client_row_fn *fn, void *arg,
		    struct err *err)
{
	AUTO_FREE char *replied = sender_of(c, rq->room_id, rq->reply_to);
	struct message_context at = {
		.reply_to = rq->reply_to,
		.reply_sender = replied,
		.self = client_account(c)->user_id,
		.thread = rq->thread,
		.mentions = rq->mentions,
	};
	int pending = 0, part = 0, rc = check_parts(rq, err);
	if (rc)
		return rc;
	if (rq->at_ms && rq->at_ms <= clock_wall_ms())
		return err_set(err, ERR_USAGE, _("The time to send it at is past"));
	if (rq->text.n)
		rc = send_text(c, rq, &at, fn, arg, &pending, err);
	for (const char *const *f = rq->files; !rc && f && *f; f++)
		rc = send_file(c, rq, *f, ++part, &at, fn, arg, &pending, err);
	if (!rc && pending)
		return err->code == ERR_PENDING
			       ? ERR_PENDING
			       : err_set(err, ERR_PENDING, _("queued until the network is back"));
	return rc;
}

/* The room that has replaced this one, when we are there; NULL: none. The caller owns it. */
static char *moved_to(struct client *c, const char *room_id)
{
	AUTO(store_room_done) struct store_room r = {0};
	struct store *s;
	if (client_refresh(c, NULL) || client_store(c, &s, NULL))
		return NULL;
	int64_t old = store_room_find(s, span_of(room_id));
	int64_t now = old ? store_room_newest(s, old) : 0;
	return now == old || !store_room_get(s, now, &r) ? NULL : mem_strdup(r.room_id);
}

int client_send(struct client *c, const struct send_request *rq, client_row_fn *fn, void *arg,
		struct err *err)
{
	struct err e = {0};
	int rc = send_all(c, rq, fn, arg, &e);
	/* The room may have been replaced since the cache was brought up to date. */
	if (rc == ERR_AUTH && e.http_status == 403) {
		AUTO_FREE char *moved = moved_to(c, rq->room_id);
		struct send_request again = *rq;
		again.room_id = moved;
		if (moved) {
			e = (struct err){0};
			rc = send_all(c, &again, fn, arg, &e);
		}
	}
	if (rc < 0 && err)
		*err = e;
	return rc;
}

int client_send_event(struct client *c, const char *room_id, const char *type,
		      const json_t *content, const char *txn_id, bool queue, json_t **ret,
		      struct err *err)
{
	struct delivery d = {
		.room_id = room_id,
		.type = type,
		.content = content,
		.txn_id = txn_id,
		.queue = queue,
	};
	return deliver(c, &d, ret, err);
}

struct editable {
	const char *user_id;
	bool is_mine, is_message;
};

static int on_edited(const struct store_event *e, void *arg)
{
	struct editable *x = arg;
	x->is_mine = span_eq_str(e->sender, x->user_id);
	x->is_message =
		span_eq_str(e->type, "m.room.message") || span_eq_str(e->type, "m.room.encrypted");
	return 0;
}

/* Servers take any edit, and clients then ignore the wrong ones: told here, as far as we know. */
static int check_edit(struct client *c, const char *room_id, const char *event_id, struct err *err)
{
	struct store *s;
	struct editable x = {.user_id = client_account(c)->user_id};
	int64_t room = client_store(c, &s, NULL) ? 0 : store_room_find(s, span_of(room_id));
	if (!room || !store_event_get(s, room, span_of(event_id), on_edited, &x))
		return 0;
	if (!x.is_mine)
		return err_set(err, ERR_USAGE,
			       _("%s is not yours: only who wrote a message can "
				 "change it"),
			       event_id);
	if (!x.is_message)
		return err_set(err, ERR_USAGE, _("%s is no message whose text could change"),
			       event_id);
	return 0;
}

int client_edit(struct client *c, const char *room_id, const char *event_id,
		enum send_format format, struct span text, const char *txn_id, json_t **ret,
		struct err *err)
{
	json_t *content = NULL;
	struct message_draft draft = {
		.msgtype = "m.text",
		.text = text,
		.markdown = format == SEND_MARKDOWN,
	};
	int rc = check_edit(c, room_id, event_id, err);
	if (!rc)
		rc = text_content(c, room_id, &draft, &content, err);
	if (rc)
		return rc;
	JSON_AUTO json_t *edit = message_edit(event_id, content);
	return client_send_event(c, room_id, "m.room.message", edit, txn_id, false, ret, err);
}

int client_delete(struct client *c, const char *room_id, const char *event_id, const char *reason,
		  const char *txn_id, json_t **ret, struct err *err)
{
	struct delivery d = {
		.room_id = room_id,
		.type = "m.room.redaction",
		.target = event_id,
		.reason = reason,
		.txn_id = txn_id,
	};
	return deliver(c, &d, ret, err);
}
