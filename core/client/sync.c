#include "core/client/sync.h"

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/ipc.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/client/apply.h"
#include "core/client/session.h"
#include "core/client/sync_priv.h"
#include "core/store/search.h"

#include <time.h>

#define OWNER_MS 5000 /* how long the process that syncs is waited for */
#define INDEX_ROWS 500
#define INDEX_STEPS_BESIDE 1 /* a one-shot verb does not wait for more */

static const char filter[] =
	"{\"room\":{\"timeline\":{\"limit\":40,\"unread_thread_notifications\":true},"
	"\"state\":{\"lazy_load_members\":true}}}";

struct request sync_request(struct store *s, int timeout_ms, bool whole, const char *presence,
			    char **ret_since)
{
	char *since = whole ? NULL : store_meta(s, STORE_META_TOKEN);
	struct sync_query q = {
		.since = since,
		.filter = filter,
		.timeout_ms = since ? timeout_ms : 0,
		.presence = presence,
	};
	*ret_since = since;
	return request_sync(&q);
}

bool sync_token_refused(const struct err *err, const char *since)
{
	if (!since)
		return false;
	return strcmp(err->errcode, "M_UNKNOWN_POS") == 0 ||
	       (err->http_status == 400 && strcmp(err->errcode, "M_BAD_JSON") != 0 &&
		strcmp(err->errcode, "M_NOT_JSON") != 0);
}

struct request sync_gap_request(const char *room_id, const struct store_gap *g, int limit)
{
	/* With the members who wrote what comes: the whole list of a large room is not here. */
	JSON_AUTO json_t *lazily = json_pack("{s:b}", "lazy_load_members", 1);
	struct page_query q = {
		.from = g->token[0] ? g->token : NULL,
		.limit = limit,
		.filter = lazily,
	};
	return request_messages(room_id, &q);
}

bool sync_gap_hopeless(const struct err *err)
{
	return err->http_status == 403 || err->http_status == 404 || err->http_status == 400;
}

char *sync_lock_path(const struct account *a)
{
	return account_path(a, "sync.lock");
}

int sync_socket_path(const struct account *a, char **ret, struct err *err)
{
	AUTO_FREE char *dir = NULL;
	int rc = fs_place(FS_RUNTIME, &dir, err);
	if (rc)
		return rc;
	/* A socket's path is short; folders of accounts need not be. */
	*ret = mem_printf("%s/sync-%016llx", dir, (unsigned long long)span_hash(span_of(a->dir)));
	return 0;
}

int sync_socket_note(const struct account *a, const char *path, struct err *err)
{
	AUTO_FREE char *note = account_path(a, "sync.socket");
	return fs_write_atomic(note, span_of(path), 0600, err);
}

int sync_socket_of_owner(const struct account *a, char **ret, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	AUTO_FREE char *note = account_path(a, "sync.socket");
	if (fs_read(note, &b, NULL) || !b.n)
		return sync_socket_path(a, ret, err);
	*ret = buf_take(&b);
	return 0;
}

static int fetch(struct client *c, struct request rq, struct buf *body, int timeout_ms,
		 struct err *err)
{
	struct session_request sr = {
		.method = rq.method,
		.path = buf_str(&rq.path),
		.body = buf_span(&rq.body),
		.max_reply = LIMIT_SYNC_REPLY,
		.timeout_ms = timeout_ms,
	};
	int rc = session_raw(client_session(c), &sr, body, err);
	request_done(&rq);
	return rc;
}

/* A few messages become searchable; what is left waits for the next time. */
static void index_some(struct store *s, int steps)
{
	bool more = true;
	while (more && steps-- > 0 && store_index_step(s, INDEX_ROWS, &more, NULL) == 0)
		;
}

/* One sync, with the lock held, or beside somebody who does not move. */
static int sync_locked(struct client *c, struct store *s, struct err *err)
{
	const char *own = client_account(c)->user_id;
	struct err e = {0};
	bool whole = false;
	int rc;
	for (int i = 0; i < 3; i++) {
		AUTO(buf_done) struct buf body = BUF_INIT(LIMIT_SYNC_REPLY);
		AUTO_FREE char *since = NULL;
		struct request rq = sync_request(s, 0, whole, "offline", &since);
		/* The first sync of a large account takes its time. */
		rc = fetch(c, rq, &body, since ? 0 : 600000, &e);
		if (!rc)
			rc = apply_sync(s, own, since, buf_span(&body), NULL, &e);
		if (rc && sync_token_refused(&e, since))
			whole = true;
		else if (rc != ERR_CONFLICT)
			break;
	}
	if (rc && err)
		*err = e;
	if (!rc)
		index_some(s, INDEX_STEPS_BESIDE);
	return rc;
}

static void nap_ms(int ms)
{
	struct timespec t = {0, ms * 1000000L};
	nanosleep(&t, NULL);
}

/* 0: the owner has synced. ERR_NOT_FOUND: nobody answers there (any more). */
static int ask_owner(struct client *c, int wait_ms, struct err *err)
{
	AUTO_FREE char *path = NULL;
	char line[1024];
	int rc = sync_socket_of_owner(client_account(c), &path, err);
	if (rc)
		return rc;
	rc = ipc_ask(path, SPAN_LIT("{\"op\":\"sync\"}"), "{\"synced\"", wait_ms, line,
		     sizeof(line), err);
	if (rc)
		return rc;
	JSON_AUTO json_t *j = NULL;
	json_parse_object(span_of(line), &j, NULL);
	const char *trouble = json_get_str(j, "error");
	return trouble ? err_set(err, ERR_NETWORK, "%s", trouble) : 0;
}

int sync_once(struct client *c, int wait_ms, struct err *err)
{
	struct store *s;
	int left = client_time_left_ms(c);
	int64_t end = clock_mono_ms() + (left >= 0 && left < wait_ms ? left : wait_ms);
	AUTO_FREE char *path = sync_lock_path(client_account(c));
	int rc = client_store(c, &s, err);
	while (!rc) {
		struct fs_lock *lock = NULL;
		struct err busy = {0};
		rc = fs_lock(path, false, &lock, err);
		if (!rc) {
			rc = sync_locked(c, s, err);
			fs_unlock(lock);
			return rc;
		}
		if (rc != ERR_CONFLICT)
			return rc;
		int64_t rest = end - clock_mono_ms();
		if (rest <= 0)
			return err_set(err, ERR_CANCELLED, _("another process is still syncing"));
		/* One that is stopped never answers. Two that sync at once do no harm: the later
		 * reply is for a token that has moved on (apply_sync). */
		rc = ask_owner(c, rest < OWNER_MS ? (int)rest : OWNER_MS, &busy);
		if (rc == ERR_CANCELLED && client_check_time(c, NULL) == 0)
			return sync_locked(c, s, err);
		if (rc != ERR_NOT_FOUND) {
			if (rc && err)
				*err = busy;
			return rc;
		}
		/* A one-shot reader holds the lock for a moment and has no socket. */
		nap_ms(20);
		rc = client_check_time(c, err);
	}
	return rc;
}

int sync_backfill(struct client *c, int64_t room, int64_t gap_pos, int limit, bool *ret_more,
		  struct err *err)
{
	AUTO(buf_done) struct buf body = BUF_INIT(LIMIT_SYNC_REPLY);
	AUTO_FREE struct store_gap *g = NEW(struct store_gap);
	struct store *s;
	struct sql_stmt *q;
	struct err e = {0};
	int rc = client_store(c, &s, err);
	if (rc)
		return rc;
	*ret_more = false;
	if (!store_gap_find(s, room, gap_pos, g) || g->pos != gap_pos)
		return 0;
	q = SQL(store_sql(s), "SELECT room_id FROM rooms WHERE id=?");
	sql_bind_i64(q, 1, room);
	if (!sql_row(q))
		return 0;
	AUTO_FREE char *room_id = span_dup(sql_col_text(q, 0));
	sql_reset(q);
	rc = fetch(c, sync_gap_request(room_id, g, limit), &body, 0, &e);
	if (!rc)
		rc = apply_page(s, g, buf_span(&body), ret_more, &e);
	else if (sync_gap_hopeless(&e) && e.code != ERR_LIMITED)
		return store_gap_remove(s, room, gap_pos, err);
	if (rc && err)
		*err = e;
	return rc;
}
