#include "server/routes/room_job.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/rooms/alias.h"

static void reply(struct rq *rq, void *arg, int rc, const struct err *err)
{
	const struct room_job *j = arg;
	struct buf b = BUF_INIT(1024);
	const char *key = *j->event_id ? "event_id" : j->room_key;
	const char *id = *j->event_id ? j->event_id : j->room_id;
	if (rc) {
		rq_err(rq, err);
	} else if (!*id) {
		rq_empty(rq);
	} else {
		buf_printf(&b, "{\"%s\":", key);
		buf_put_json_str(&b, span_of(id));
		buf_put_char(&b, '}');
		rq_text(rq, 200, &b);
	}
}

void room_job_start(struct rq *rq, db_run_fn *run)
{
	room_job_start_as(rq, run, "room_id");
}

void room_job_start_as(struct rq *rq, db_run_fn *run, const char *room_key)
{
	struct room_job *j = NEW(struct room_job);
	j->rq = rq;
	j->room_key = room_key;
	rq_write(rq, run, reply, j, mem_free);
}

void room_job_start_pieces(struct rq *rq, rq_piece_fn *run, struct room_job *steal,
			   const char *room_key)
{
	steal->rq = rq;
	steal->room_key = room_key;
	rq_write_pieces(rq, run, reply, steal, mem_free);
}

int room_job_room(struct room_job *j, struct db_tx *tx, int at, struct err *err)
{
	int rc = room_find(db_tx_sql(tx), j->rq->param[at], &j->nid, err);
	if (rc != ERR_NOT_FOUND)
		return rc;
	return matrix_err(err, 403, "M_FORBIDDEN", _("You are not in this room, join it first"));
}

int room_job_id_or_alias(struct room_job *j, struct db_tx *tx, int at, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	struct span name = j->rq->param[at];
	int rc;
	if (span_starts(name, "#"))
		rc = alias_find(db, name, &j->nid, err);
	else if (span_starts(name, "!"))
		rc = room_find(db, name, &j->nid, err);
	else
		rc = matrix_err(err, 400, "M_INVALID_PARAM",
				_("This is neither a room id nor a room alias"));
	if (rc)
		return rc;
	struct sql_stmt *s = SQL(db, "SELECT room_id FROM rooms WHERE nid=?");
	sql_bind_i64(s, 1, j->nid);
	if (sql_row(s))
		snprintf(j->room_id, sizeof(j->room_id), "%.*s", SPAN_ARG(sql_col_text(s, 0)));
	sql_reset(s);
	return 0;
}

struct event_draft room_job_draft(const struct room_job *j, const char *type, const char *state_key,
				  const json_t *content)
{
	return (struct event_draft){
		.room_nid = j->nid,
		.sender_nid = j->rq->who.user_nid,
		.sender = j->rq->who.user_id,
		.type = type,
		.state_key = state_key,
		.content = content,
		.suspended = j->rq->who.suspended,
		.encryption_ok = j->rq->srv->config->allow_encryption,
	};
}

int room_job_append(struct room_job *j, struct db_tx *tx, const struct event_draft *d,
		    struct err *err)
{
	struct event_ref ref;
	int rc = room_append(tx, d, &ref, err);
	if (!rc)
		snprintf(j->event_id, sizeof(j->event_id), "%s", ref.event_id);
	return rc;
}

int body_str(const json_t *body, const char *key, bool needed, const char **ret, struct err *err)
{
	const json_t *v = json_object_get(body, key);
	*ret = NULL;
	if (!v || json_is_null(v))
		return needed ? matrix_err(err, 400, "M_MISSING_PARAM", _("\"%s\" is missing"), key)
			      : 0;
	*ret = json_get_str(body, key);
	return *ret ? 0 : matrix_err(err, 400, "M_BAD_JSON", _("\"%s\" is not a string"), key);
}
