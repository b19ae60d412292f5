#include "server/keys/query.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/keys/cross_signing.h"
#include "server/keys/signed.h"
#include "server/routes/route.h"

#include <string.h>

struct person {
	const char *user_id; /* borrowed from the request */
	const json_t *devices;
	int64_t nid; /* 0: not known here, or not looked up yet */
};

/* In this order; the devices of all people first. */
static const struct part {
	const char *name, *usage;
} parts[] = {
	{"device_keys", NULL},
	{"master_keys", "master"},
	{"self_signing_keys", "self_signing"},
	{"user_signing_keys", "user_signing"},
};

struct keys_query {
	struct sql *db;
	int64_t asker_nid;
	struct buf b;
	struct person *people;
	size_t n, at;
	size_t part; /* of parts[] */
	bool too_large;
};

static int64_t find(struct sql *db, const char *user_id)
{
	struct sql_stmt *s = SQL(db, "SELECT nid FROM users WHERE user_id=?");
	sql_bind_str(s, 1, user_id);
	return sql_get_i64(s, 0);
}

static void comma(struct buf *b)
{
	if (b->p[b->n - 1] != '{')
		buf_put_char(b, ',');
}

static bool names(const json_t *list, struct span device_id)
{
	size_t i;
	json_t *v;
	json_array_foreach ((json_t *)list, i, v) {
		const char *s = json_string_value(v);
		if (s && span_eq_str(device_id, s))
			return true;
	}
	return json_array_size(list) == 0;
}

/* What was stored is canonical JSON without "unsigned": it goes in at the end. */
static void put_device(struct buf *b, struct sql_stmt *s)
{
	struct span text = sql_col_text(s, 1);
	comma(b);
	buf_put_json_str(b, sql_col_text(s, 0));
	buf_put_char(b, ':');
	buf_put_span(b, span_head(text, text.n - 1));
	buf_put_str(b, ",\"unsigned\":{");
	if (!sql_col_null(s, 2)) {
		buf_put_str(b, "\"device_display_name\":");
		buf_put_json_str(b, sql_col_text(s, 2));
	}
	buf_put_str(b, "}}");
}

static void put_devices(struct keys_query *q, const struct person *p)
{
	struct sql_stmt *s =
		SQL(q->db, "SELECT k.device_id,k.keys,d.display_name FROM device_keys k"
			   " JOIN devices d ON d.nid=k.device_nid WHERE k.user_nid=?");
	comma(&q->b);
	buf_put_json_str(&q->b, span_of(p->user_id));
	buf_put_str(&q->b, ":{");
	sql_bind_i64(s, 1, p->nid);
	while (sql_row(s))
		if (names(p->devices, sql_col_text(s, 0)))
			put_device(&q->b, s);
	buf_put_char(&q->b, '}');
}

/* Others have signed this master key; only the signer may know. */
static void add_signature(struct keys_query *q, const struct person *p, json_t *key)
{
	struct sql_stmt *s = SQL(q->db, "SELECT u.user_id,k.key_id,k.signature FROM"
					" key_signatures k JOIN users u ON u.nid=k.signer_nid"
					" WHERE k.user_nid=? AND k.signer_nid=?");
	sql_bind_i64(s, 1, p->nid);
	sql_bind_i64(s, 2, q->asker_nid);
	while (sql_row(s))
		signed_add(key, sql_col_text(s, 0).p, sql_col_text(s, 1).p, sql_col_text(s, 2).p);
}

static void put_cross_signing(struct keys_query *q, const struct person *p, const char *usage)
{
	if (!strcmp(usage, "user_signing") && p->nid != q->asker_nid)
		return;
	JSON_AUTO json_t *key = cross_signing_key(q->db, p->nid, usage);
	if (!key)
		return;
	if (!strcmp(usage, "master"))
		add_signature(q, p, key);
	comma(&q->b);
	buf_put_json_str(&q->b, span_of(p->user_id));
	buf_put_char(&q->b, ':');
	json_put(&q->b, key);
}

static int read_people(struct keys_query *q, const json_t *wanted, struct err *err)
{
	const char *user_id;
	json_t *devices;
	if (!json_is_object(wanted))
		return matrix_err(err, 400, "M_BAD_JSON", _("device_keys must be an object"));
	if (json_object_size(wanted) > KEYS_QUERY_USERS)
		return matrix_err(err, 413, "M_TOO_LARGE", _("Ask for at most %d people at once"),
				  KEYS_QUERY_USERS);
	q->people = mem_alloc((json_object_size(wanted) + 1) * sizeof(*q->people));
	json_object_foreach ((json_t *)wanted, user_id, devices) {
		if (json_array_size(devices) > KEYS_QUERY_DEVICES)
			return matrix_err(err, 413, "M_TOO_LARGE",
					  _("Name at most %d devices of a person, or none for all"),
					  KEYS_QUERY_DEVICES);
		/* Old clients say null, or an object, for all. */
		bool list = json_is_array(devices);
		q->people[q->n++] = (struct person){user_id, list ? devices : NULL, 0};
	}
	return 0;
}

int keys_query_new(struct sql *db, int64_t asker_nid, const json_t *wanted, struct keys_query **ret,
		   struct err *err)
{
	struct keys_query *q = NEW(struct keys_query);
	*q = (struct keys_query){.db = db, .asker_nid = asker_nid, .b = BUF_INIT(BUF_CAP_OWN)};
	int rc = read_people(q, wanted, err);
	if (rc) {
		keys_query_free(q);
		return rc;
	}
	buf_put_str(&q->b, "{\"failures\":{}");
	*ret = q;
	return 0;
}

/* One person's share of the part. */
static void put_person(struct keys_query *q, struct person *p)
{
	const char *usage = parts[q->part].usage;
	if (!usage)
		p->nid = find(q->db, p->user_id);
	if (p->nid && usage)
		put_cross_signing(q, p, usage);
	else if (p->nid)
		put_devices(q, p);
	q->too_large |= q->b.n > KEYS_QUERY_BYTES;
}

bool keys_query_step(struct keys_query *q)
{
	if (q->too_large)
		return true;
	if (!q->at)
		buf_printf(&q->b, ",\"%s\":{", parts[q->part].name);
	if (q->at < q->n)
		put_person(q, &q->people[q->at++]);
	if (q->at < q->n)
		return false;
	buf_put_char(&q->b, '}');
	q->at = 0;
	return ++q->part == ARRAY_LEN(parts);
}

int keys_query_end(struct keys_query *q, struct buf **ret, struct err *err)
{
	if (q->too_large)
		return matrix_err(err, 413, "M_TOO_LARGE",
				  _("These people have more keys than one reply holds: ask for "
				    "fewer at once"));
	buf_put_char(&q->b, '}');
	*ret = &q->b;
	return 0;
}

void keys_query_free(struct keys_query *q)
{
	buf_done(&q->b);
	mem_free(q->people);
	mem_free(q);
}
