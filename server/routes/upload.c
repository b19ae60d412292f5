/*
 * Uploading files: POST upload, or POST create and then PUT upload. The body
 * goes straight to a file; the reply says that file and row are on disk.
 */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/media/media.h"
#include "server/routes/route.h"

#include <stdio.h>
#include <string.h>

extern const struct route upload_routes[];

struct upload {
	struct rq *rq;
	struct media *media;
	char *temp;
	char id[MEDIA_ID_SIZE];
	bool reserved; /**< the id was made before and is claimed */
	struct media_arrival arrival;
	struct media_row row;
	uint8_t sha256[32];
};

static void upload_free(void *arg)
{
	struct upload *up = arg;
	if (up->reserved)
		media_release(up->media, up->id);
	media_arrived(up->media, &up->arrival);
	mem_free(up->temp);
	mem_free(up);
}

static void on_drop(struct rq *rq)
{
	upload_free(rq->user); /* the front removes the file */
}

/* "type/subtype" with printable parameters; anything else says nothing. */
static bool plausible_type(struct span t)
{
	ptrdiff_t slash = span_find(t, '/');
	if (slash <= 0 || (size_t)slash + 1 >= t.n || t.n > MEDIA_TYPE_MAX)
		return false;
	for (size_t i = 0; i < t.n; i++)
		if (t.p[i] < ' ' || t.p[i] > '~')
			return false;
	return strcspn(t.p, " ;,\"") > (size_t)slash;
}

static void read_labels(struct rq *rq, struct media_row *row)
{
	struct span type = httpd_header(rq->http, "Content-Type");
	const char *name = rq_query(rq, "filename");
	bool ok = type.n && plausible_type(type);
	snprintf(row->content_type, sizeof(row->content_type), "%.*s",
		 SPAN_ARG(ok ? type : SPAN_LIT("application/octet-stream")));
	if (name)
		snprintf(row->name, sizeof(row->name), "%s", name);
}

static bool check_labels(struct rq *rq)
{
	const char *name = rq_query(rq, "filename");
	if (!name || strlen(name) <= MEDIA_NAME_MAX)
		return true;
	rq_error(rq, 400, "M_INVALID_PARAM", _("A file name has at most %d bytes"), MEDIA_NAME_MAX);
	return false;
}

static bool check_size(struct rq *rq)
{
	int64_t max = rq->srv->config->max_upload;
	if (httpd_content_length(rq->http) <= max)
		return true;
	rq_error(rq, 413, "M_TOO_LARGE", _("This server takes files of at most %lld bytes"),
		 (long long)max);
	return false;
}

/* Who fills the disk with files must not keep all others from writing. */
static bool check_disk(struct rq *rq, struct media_arrival *a)
{
	int64_t told = httpd_content_length(rq->http);
	a->user_nid = rq->who.user_nid;
	a->bytes = told < 0 ? rq->srv->config->max_upload : told;
	switch (media_arriving(rq->srv->media, a)) {
	case MEDIA_ROOM:
		return true;
	case MEDIA_TOO_MANY:
		rq_limited(rq, 2000);
		break;
	case MEDIA_FULL:
		rq_error(rq, 507, "M_UNKNOWN", "%s",
			 _("The server's disk is nearly full: it takes messages, but no files"));
	}
	return false;
}

/* The head is in: have the body written to a file. `id` NULL: a new one. */
static void begin(struct rq *rq, const char *id)
{
	if (!check_size(rq) || !check_labels(rq))
		return;
	struct upload *up = NEW(struct upload);
	if (!check_disk(rq, &up->arrival)) {
		mem_free(up);
		return;
	}
	up->rq = rq;
	up->media = rq->srv->media;
	if (id)
		snprintf(up->id, sizeof(up->id), "%s", id);
	else
		media_make_id(up->id);
	up->reserved = id != NULL && media_claim(up->media, id);
	up->temp = media_temp_path(up->media);
	up->row.user_nid = rq->who.user_nid;
	rq->user = up;
	rq->drop = on_drop;
	httpd_body_file(rq->http, up->temp, rq->srv->config->max_upload);
}

static int run(struct db_tx *tx, void *arg, struct err *err)
{
	const struct upload *up = arg;
	if (up->reserved)
		return media_row_fill(tx, up->id, &up->row, up->sha256, err);
	return media_row_add(tx, up->id, &up->row, up->sha256, err);
}

static void reply(struct rq *rq, const struct upload *up)
{
	char uri[400];
	if (up->reserved) {
		rq_empty(rq);
		return;
	}
	snprintf(uri, sizeof(uri), "mxc://%s/%s", rq->srv->name, up->id);
	rq_json(rq, 200, json_pack("{s:s}", "content_uri", uri));
}

static void on_written(struct rq *rq, void *arg, int rc, const struct err *err)
{
	struct upload *up = arg;
	if (rc)
		media_remove(up->media, up->id);
	if (rc == ERR_CONFLICT)
		rq_error(rq, 409, "M_CANNOT_OVERWRITE_MEDIA", "%s", err->msg);
	else if (rc)
		rq_err(rq, err);
	else
		reply(rq, up);
	if (!rc)
		media_uploaded(up->media, up->id);
}

static void on_stored(void *arg, int rc, const uint8_t sha256[32], const struct err *err)
{
	struct upload *up = arg;
	if (rc) {
		rq_err(up->rq, err);
		upload_free(up);
		return;
	}
	memcpy(up->sha256, sha256, sizeof(up->sha256));
	rq_write(up->rq, run, on_written, up, upload_free);
}

/* The body is in its file. */
static void complete(struct rq *rq)
{
	struct upload *up = rq->user;
	up->row.size = httpd_body_size(rq->http);
	read_labels(rq, &up->row);
	rq->user = NULL;
	rq->drop = NULL; /* from here on it is finished, client or not */
	media_store(up->media, up->temp, up->id, on_stored, up);
}

static void post_upload(struct rq *rq)
{
	if (rq->begin)
		begin(rq, NULL);
	else
		complete(rq);
}

/* Ids made before: whose, and is it still free? */
static bool may_fill(struct rq *rq)
{
	struct media_row row;
	struct span server = rq->param[0], id = rq->param[1];
	int64_t oldest = clock_wall_ms() - MEDIA_CREATED_MS;
	bool found = span_eq_str(server, rq->srv->name) && media_valid_id(id) &&
		     media_row_get(db_reader(rq->srv->db), id.p, &row);
	if (!found || (!row.uploaded && row.created_ts < oldest)) {
		rq_error(rq, 404, "M_NOT_FOUND", "%s",
			 _("This media id was never made, or was not used in time"));
		return false;
	}
	if (row.user_nid != rq->who.user_nid) {
		rq_error(rq, 403, "M_FORBIDDEN", "%s", _("Somebody else made this media id"));
		return false;
	}
	bool busy = !media_claim(rq->srv->media, id.p);
	if (!busy)
		media_release(rq->srv->media, id.p);
	if (!busy && !row.uploaded)
		return true;
	rq_error(rq, 409, "M_CANNOT_OVERWRITE_MEDIA", "%s", _("This media id has a file already"));
	return false;
}

static void put_upload(struct rq *rq)
{
	if (!rq->begin)
		complete(rq);
	else if (may_fill(rq))
		begin(rq, rq->param[1].p);
}

/* ---- create ---- */

struct creation {
	char id[MEDIA_ID_SIZE];
	int64_t user_nid, expires_ts;
};

static int run_create(struct db_tx *tx, void *arg, struct err *err)
{
	struct creation *c = arg;
	struct media_row row = {.user_nid = c->user_nid};
	if (media_row_expire(tx, c->user_nid) >= MEDIA_CREATED_MAX)
		return matrix_err(err, 429, "M_LIMIT_EXCEEDED",
				  _("There are %d media ids that you have not used"),
				  MEDIA_CREATED_MAX);
	c->expires_ts = db_tx_now_ms(tx) + MEDIA_CREATED_MS;
	return media_row_add(tx, c->id, &row, NULL, err);
}

static void on_created(struct rq *rq, void *arg, int rc, const struct err *err)
{
	const struct creation *c = arg;
	char uri[400];
	if (rc) {
		rq_err(rq, err);
		return;
	}
	snprintf(uri, sizeof(uri), "mxc://%s/%s", rq->srv->name, c->id);
	rq_json(rq, 200,
		json_pack("{s:s,s:I}", "content_uri", uri, "unused_expires_at",
			  (json_int_t)c->expires_ts));
}

static void post_create(struct rq *rq)
{
	struct creation *c = NEW(struct creation);
	media_make_id(c->id);
	c->user_nid = rq->who.user_nid;
	rq_write(rq, run_create, on_created, c, mem_free);
}

static void get_config(struct rq *rq)
{
	rq_json(rq, 200,
		json_pack("{s:I}", "m.upload.size", (json_int_t)rq->srv->config->max_upload));
}

const struct route upload_routes[] = {
	{"POST", "/_matrix/media/v3/upload", ROUTE_USER, ROUTE_FILE | ROUTE_TAKES_PART, post_upload,
	 0},
	{"PUT", "/_matrix/media/v3/upload/{}/{}", ROUTE_USER, ROUTE_FILE | ROUTE_TAKES_PART,
	 put_upload, 0},
	{"POST", "/_matrix/media/v1/create", ROUTE_USER, ROUTE_TAKES_PART, post_create, 0},
	{"GET", "/_matrix/client/v1/media/config", ROUTE_USER, 0, get_config, 0},
	{"GET", "/_matrix/media/v3/config", ROUTE_USER, 0, get_config, 0},
	{0},
};
