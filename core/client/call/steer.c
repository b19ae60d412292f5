/* The side of the running call; the others' side is calls.c. */
#include "core/client/call/steer.h"

#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/ipc.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/client/call/room_call.h"
#include "core/client/call/steer_priv.h"

#include <string.h>
#include <unistd.h>

#define WAITERS 16

enum waits_for { WAITS_HAND, WAITS_END, WAITS_HOST };

/* Who is answered later. */
struct waiter {
	struct steer *steer;
	struct ipc *who; /* NULL: free, unless `busy` */
	bool busy;	 /* what was asked goes on, though nobody waits any more */
	enum waits_for what;
	enum host_act act;
};

struct steer {
	struct room_call *rc;
	struct ipc_server *server;
	struct fs_lock *lock;
	char *note;
	struct waiter waiters[WAITERS];
};

static bool send_reply(struct ipc *c, json_t *steal)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_IPC_LINE);
	JSON_AUTO json_t *j = json_pack("{s:o}", STEER_REPLY, steal ? steal : json_object());
	if (!json_put(&b, j))
		return false;
	ipc_send(c, buf_span(&b));
	return true;
}

static void answer_err(struct ipc *c, const struct err *err)
{
	send_reply(c, json_pack("{s:{s:i,s:s,s:s}}", "error", "code", err->code, "message",
				err->msg, "hint", err->hint));
}

/* Nobody waits in vain for an answer that does not fit. */
static void answer(struct ipc *c, json_t *steal)
{
	struct err long_ = {0};
	if (send_reply(c, steal))
		return;
	err_set(&long_, ERR_TOO_LARGE, _("the call's answer is longer than one line may be"));
	answer_err(c, &long_);
}

static void answer_act(struct ipc *c, int rc, const struct err *err)
{
	if (rc)
		answer_err(c, err);
	else
		answer(c, NULL);
}

static struct waiter *wait_for(struct steer *s, struct ipc *c, enum waits_for what)
{
	struct err busy;
	for (int i = 0; i < WAITERS; i++) {
		if (s->waiters[i].who || s->waiters[i].busy)
			continue;
		s->waiters[i] = (struct waiter){.steer = s, .who = c, .what = what};
		return &s->waiters[i];
	}
	err_set(&busy, ERR_FAILED, _("too many others ask the same"));
	answer_err(c, &busy);
	return NULL;
}

static void answer_waiters(struct steer *s, enum waits_for what, const struct err *err)
{
	for (int i = 0; i < WAITERS; i++) {
		if (!s->waiters[i].who || s->waiters[i].what != what)
			continue;
		answer_act(s->waiters[i].who, err ? err->code : 0, err);
		s->waiters[i].who = NULL;
	}
}

/* -- What may be asked --------------------------------------------------------- */

static void op_status(struct steer *s, struct ipc *c, const json_t *ask)
{
	(void)ask;
	answer(c, json_pack("{s:o}", "call", room_call_status(s->rc)));
}

struct page {
	json_t *rows;
	size_t bytes;
};

static int add_row(json_t *row, void *arg)
{
	struct page *p = arg;
	AUTO_FREE char *text = json_text(row);
	p->bytes += strlen(text) + 1;
	if (p->bytes > LIMIT_IPC_LINE - 1024)
		return 1;
	json_array_append(p->rows, row);
	return 0;
}

static void op_people(struct steer *s, struct ipc *c, const json_t *ask)
{
	struct page p = {json_array(), 0};
	int64_t from = json_get_i64(ask, "from", 0);
	/* Each row fits, for names are cut: none is the end. */
	room_call_people(s->rc, from > 0 ? (size_t)from : 0, add_row, &p);
	answer(c, json_pack("{s:o}", "people", p.rows));
}

static void op_mute(struct steer *s, struct ipc *c, const json_t *ask)
{
	struct err err = {0};
	int rc = room_call_mute(s->rc, json_get_bool(ask, "on", true), &err);
	answer_act(c, rc, &err);
}

static void op_hand(struct steer *s, struct ipc *c, const json_t *ask)
{
	struct err err = {0};
	if (!wait_for(s, c, WAITS_HAND))
		return;
	int rc = room_call_hand(s->rc, json_get_bool(ask, "on", true), &err);
	if (rc)
		steer_hand_done(s, &err);
}

static void op_leave(struct steer *s, struct ipc *c, const json_t *ask)
{
	(void)ask;
	if (wait_for(s, c, WAITS_END))
		room_call_leave(s->rc, "left");
}

static void on_host_done(void *arg, int n, const struct err *err)
{
	struct waiter *w = arg;
	struct steer *s = w->steer;
	if (w->who && err)
		answer_err(w->who, err);
	else if (w->who)
		answer(w->who, json_pack("{s:i}", "n", n));
	bool end = w->act == HOST_END && !err;
	*w = (struct waiter){.who = NULL};
	/* Where only people can be removed we are still there. */
	if (end)
		room_call_leave(s->rc, "ended");
}

static void op_host(struct steer *s, struct ipc *c, const json_t *ask)
{
	int64_t act = json_get_i64(ask, "act", -1);
	const char *user = json_get_str(ask, "user");
	bool person = act == HOST_MUTE || act == HOST_REMOVE;
	struct err err = {0};
	if (act < 0 || act > HOST_END || person != (user != NULL)) {
		err_set(&err, ERR_UNSUPPORTED,
			_("the running call is of another version of muster"));
		answer_err(c, &err);
		return;
	}
	struct waiter *w = wait_for(s, c, WAITS_HOST);
	if (!w)
		return;
	w->busy = true;
	w->act = (enum host_act)act;
	if (room_call_host(s->rc, w->act, user, on_host_done, w, &err)) {
		*w = (struct waiter){.who = NULL};
		answer_err(c, &err);
	}
}

static const struct {
	const char *op;
	void (*fn)(struct steer *s, struct ipc *c, const json_t *ask);
} ops[] = {
	{"status", op_status}, {"people", op_people}, {"mute", op_mute},
	{"hand", op_hand},     {"leave", op_leave},   {"host", op_host},
};

static void on_line(struct ipc *c, struct span line, void *arg)
{
	struct steer *s = arg;
	JSON_AUTO json_t *ask = NULL;
	struct err err = {0};
	if (json_parse_object(line, &ask, &err)) {
		answer_err(c, &err);
		return;
	}
	const char *op = json_get_str(ask, "op");
	for (size_t i = 0; op && i < ARRAY_LEN(ops); i++)
		if (strcmp(op, ops[i].op) == 0) {
			ops[i].fn(s, c, ask);
			return;
		}
	err_set(&err, ERR_UNSUPPORTED, _("the running call is of another version of muster"));
	answer_err(c, &err);
}

static void on_closed(struct ipc *c, void *arg)
{
	struct steer *s = arg;
	for (int i = 0; i < WAITERS; i++)
		if (s->waiters[i].who == c)
			s->waiters[i].who = NULL;
}

void steer_hand_done(struct steer *s, const struct err *err)
{
	answer_waiters(s, WAITS_HAND, err);
}

/* The call that was to be ended for all may be over before the server says that it has done so. */
static void answer_hosts(struct steer *s, const struct err *over)
{
	for (int i = 0; i < WAITERS; i++) {
		struct waiter *w = &s->waiters[i];
		if (!w->busy)
			continue;
		room_call_forget_host(s->rc, w);
		if (w->who)
			answer_act(w->who, w->act == HOST_END ? 0 : over->code, over);
		*w = (struct waiter){.who = NULL};
	}
}

void steer_ended(struct steer *s)
{
	struct err err;
	err_set(&err, ERR_CANCELLED, _("the call is over"));
	answer_waiters(s, WAITS_HAND, &err);
	answer_waiters(s, WAITS_END, NULL);
	answer_hosts(s, &err);
}

/* -- Being found ------------------------------------------------------------------ */

static int write_note(struct steer *s, const char *room_id, const char *socket, struct err *err)
{
	JSON_AUTO json_t *j = json_pack("{s:s,s:s,s:i}", "room_id", room_id, "socket", socket,
					"pid", (int)getpid());
	AUTO_FREE char *text = json_text(j);
	return fs_write_atomic(s->note, span_of(text), 0600, err);
}

static int serve(struct steer *s, struct client *c, const struct steer_paths *p, struct err *err)
{
	static const struct ipc_handler h = {NULL, on_line, on_closed};
	const char *room = room_call_room(s->rc);
	int rc = fs_lock(p->lock, false, &s->lock, err);
	if (rc == ERR_CONFLICT) {
		err_set(err, ERR_CONFLICT, _("this account is in that call already"));
		err_hint(err, "muster call status; muster call leave");
	}
	if (!rc)
		rc = ipc_listen(client_loop(c), p->socket, &h, s, &s->server, err);
	return rc ? rc : write_note(s, room, p->socket, err);
}

int steer_new(struct client *c, struct room_call *rc, struct steer **ret, struct err *err)
{
	AUTO(steer_paths_done) struct steer_paths p = {NULL, NULL, NULL};
	struct steer *s = NEW(struct steer);
	s->rc = rc;
	int rc_ = steer_paths(client_account(c), room_call_room(rc), &p, err);
	s->note = mem_strdup(p.note);
	if (!rc_)
		rc_ = serve(s, c, &p, err);
	if (rc_) {
		steer_free(s);
		return rc_;
	}
	*ret = s;
	return 0;
}

void steer_free(struct steer *s)
{
	if (!s)
		return;
	if (s->server)
		fs_remove(s->note, NULL);
	ipc_server_free(s->server);
	fs_unlock(s->lock);
	mem_free(s->note);
	mem_free(s);
}
