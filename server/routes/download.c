/*
 * Fetching files: whole or a range, and thumbnails as far as they go without
 * decoding images. What others uploaded never runs in a browser as a page of
 * this server: attachment unless known to be harmless, sandboxed, not sniffed.
 */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/media/media.h"
#include "server/media/range.h"
#include "server/routes/route.h"

#include <stdio.h>
#include <string.h>

extern const struct route download_routes[];

/* Matrix client-server API, "Serving inline content". */
static const char *const inline_types[] = {
	"text/css",	"text/plain", "text/csv",    "application/json", "application/ld+json",
	"image/jpeg",	"image/gif",  "image/png",   "image/apng",	 "image/webp",
	"image/avif",	"video/mp4",  "video/webm",  "video/ogg",	 "video/quicktime",
	"audio/mp4",	"audio/webm", "audio/aac",   "audio/mpeg",	 "audio/ogg",
	"audio/wave",	"audio/wav",  "audio/x-wav", "audio/x-pn-wav",	 "audio/flac",
	"audio/x-flac",
};

static const char *const image_types[] = {
	"image/jpeg", "image/gif", "image/png", "image/apng", "image/webp", "image/avif",
};

/* The type without its parameters is one of these. */
static bool type_among(const char *type, const char *const *list, size_t n)
{
	struct span t = span_trim(span_head(span_of(type), strcspn(type, ";")));
	for (size_t i = 0; i < n; i++)
		if (span_case_eq_str(t, list[i]))
			return true;
	return false;
}

/* ---- headers ---- */

static void put_percent(struct buf *b, const char *s)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";
	for (; *s; s++) {
		if (strchr(plain, *s))
			buf_put_char(b, *s);
		else
			buf_printf(b, "%%%02X", (unsigned char)*s);
	}
}

/* RFC 6266: `filename` for all, `filename*` when that cannot say it. */
static void put_disposition(struct buf *b, const char *type, const char *name)
{
	bool in = type_among(type, inline_types, ARRAY_LEN(inline_types));
	bool exact = true;
	buf_printf(b, "Content-Disposition: %s", in ? "inline" : "attachment");
	if (*name) {
		buf_put_str(b, "; filename=\"");
		for (const char *s = name; *s; s++) {
			bool ok = *s >= ' ' && *s <= '~' && !strchr("\"\\%/", *s);
			exact = exact && ok;
			buf_put_char(b, ok ? *s : '_');
		}
		buf_put_char(b, '"');
	}
	if (!exact) {
		buf_put_str(b, "; filename*=utf-8''");
		put_percent(b, name);
	}
	buf_put_str(b, "\r\n");
}

static void put_headers(struct buf *b, const struct media_row *row, const char *name)
{
	bool named = name && *name && strlen(name) <= MEDIA_NAME_MAX;
	const char *type = row->content_type[0] ? row->content_type : "application/octet-stream";
	httpd_header_put(b, "Content-Type", span_of(type));
	put_disposition(b, type, named ? name : row->name);
	buf_put_str(b, "Content-Security-Policy: sandbox; default-src 'none'; script-src 'none'; "
		       "plugin-types application/pdf; style-src 'unsafe-inline'; object-src "
		       "'self';\r\n"
		       "X-Content-Type-Options: nosniff\r\n"
		       "Cross-Origin-Resource-Policy: cross-origin\r\n"
		       "Referrer-Policy: no-referrer\r\n"
		       "Cache-Control: private, max-age=86400, immutable\r\n"
		       "Accept-Ranges: bytes\r\n");
	buf_printf(b, "ETag: \"%s\"\r\n", row->sha256);
}

/* ---- sending ---- */

static bool same_etag(struct span header, const struct media_row *row)
{
	char etag[70];
	snprintf(etag, sizeof(etag), "\"%s\"", row->sha256);
	return span_eq_str(header, etag);
}

static void send_part(struct rq *rq, const struct media_row *row, const char *name)
{
	AUTO(buf_done) struct buf b = BUF_INIT(8192);
	AUTO_FREE char *path = media_path(rq->srv->media, rq->param[1].p);
	struct span range = httpd_header(rq->http, "Range");
	struct span if_range = httpd_header(rq->http, "If-Range");
	struct byte_range part = {0, row->size};
	enum range_result result = RANGE_NONE;
	put_headers(&b, row, name);
	if (same_etag(httpd_header(rq->http, "If-None-Match"), row)) {
		rq_raw(rq, 304, buf_str(&b), SPAN_LIT(""));
		return;
	}
	if (!if_range.n || same_etag(if_range, row))
		result = range_parse(range, row->size, &part);
	if (result == RANGE_BAD) {
		buf_printf(&b, "Content-Range: bytes */%lld\r\n", (long long)row->size);
		rq_raw(rq, 416, buf_str(&b), SPAN_LIT(""));
		return;
	}
	if (result == RANGE_PART)
		buf_printf(&b, "Content-Range: bytes %lld-%lld/%lld\r\n", (long long)part.from,
			   (long long)(part.from + part.len - 1), (long long)row->size);
	rq_file(rq, result == RANGE_PART ? 206 : 200, buf_str(&b), path, part.from, part.len);
}

/* ---- finding ---- */

static bool expired(const struct media_row *row)
{
	return !row->uploaded && row->created_ts < clock_wall_ms() - MEDIA_CREATED_MS;
}

/* Replies and returns false unless there is such a file, or soon will be. */
static bool find(struct rq *rq, struct media_row *ret)
{
	struct span server = rq->param[0], id = rq->param[1];
	if (!span_eq_str(server, rq->srv->name)) {
		rq_error(rq, 404, "M_NOT_FOUND", "%s",
			 _("This server does not fetch files from other servers"));
		return false;
	}
	if (media_valid_id(id) && media_row_get(db_reader(rq->srv->db), id.p, ret) && !expired(ret))
		return true;
	rq_error(rq, 404, "M_NOT_FOUND", "%s", _("There is no such file"));
	return false;
}

static void send_thumbnail(struct rq *rq, const struct media_row *row)
{
	if (!type_among(row->content_type, image_types, ARRAY_LEN(image_types)))
		rq_error(rq, 400, "M_UNKNOWN", "%s", _("This file has no thumbnail"));
	else if (row->size > MEDIA_THUMBNAIL_MAX)
		rq_error(rq, 413, "M_TOO_LARGE", "%s",
			 _("This server does not scale images, and this one is too large to be "
			   "its own thumbnail: download it"));
	else
		send_part(rq, row, NULL);
}

static bool is_thumbnail(const struct rq *rq)
{
	return strstr(rq->route->pattern, "/thumbnail/") != NULL;
}

static void send_found(struct rq *rq, const struct media_row *row)
{
	if (is_thumbnail(rq))
		send_thumbnail(rq, row);
	else
		send_part(rq, row, rq->param[2].p);
}

/* ---- waiting for an upload ---- */

static void on_drop(struct rq *rq)
{
	media_wait_cancel(rq->user);
}

static void not_yet(struct rq *rq)
{
	rq_error(rq, 504, "M_NOT_YET_UPLOADED", "%s", _("This file has not been uploaded yet"));
}

static void on_wait_over(void *arg)
{
	struct rq *rq = arg;
	struct media_row row;
	rq->user = NULL;
	rq->drop = NULL;
	if (!find(rq, &row))
		return;
	if (row.uploaded)
		send_found(rq, &row);
	else
		not_yet(rq);
}

static void send_or_wait(struct rq *rq)
{
	struct media_row row;
	if (!find(rq, &row))
		return;
	if (row.uploaded) {
		send_found(rq, &row);
		return;
	}
	int64_t ms = rq_query_i64(rq, "timeout_ms", MEDIA_WAIT_MS);
	if (ms > MEDIA_WAIT_MAX_MS)
		ms = MEDIA_WAIT_MAX_MS;
	rq->user = media_wait(rq->srv->media, rq->param[1].p, (int)(ms < 0 ? 0 : ms), on_wait_over,
			      rq);
	if (rq->user)
		rq->drop = on_drop;
	else
		not_yet(rq);
}

/* ---- routes ---- */

static bool check_thumbnail(struct rq *rq)
{
	const char *method = rq_query(rq, "method");
	bool ok = rq_query_i64(rq, "width", 0) > 0 && rq_query_i64(rq, "height", 0) > 0 &&
		  (!method || !strcmp(method, "scale") || !strcmp(method, "crop"));
	if (!ok)
		rq_error(rq, 400, "M_UNKNOWN", "%s",
			 _("A thumbnail needs a width, a height, and the method scale or crop"));
	return ok;
}

static void get_file(struct rq *rq)
{
	if (!is_thumbnail(rq) || check_thumbnail(rq))
		send_or_wait(rq);
}

/*
 * The addresses before authenticated media: the specification lets them answer
 * "not found". Here a token still opens them.
 */
static void get_file_old(struct rq *rq)
{
	if (rq->who.user_nid || rq->srv->config->open_media)
		get_file(rq);
	else
		rq_error(rq, 404, "M_NOT_FOUND", "%s",
			 _("Files are for people who are logged in: use "
			   "/_matrix/client/v1/media/download"));
}

const struct route download_routes[] = {
	{"GET", "/_matrix/client/v1/media/download/{}/{}", ROUTE_USER, 0, get_file, 0},
	{"GET", "/_matrix/client/v1/media/download/{}/{}/{}", ROUTE_USER, 0, get_file, 0},
	{"GET", "/_matrix/client/v1/media/thumbnail/{}/{}", ROUTE_USER, 0, get_file, 0},
	{"GET", "/_matrix/media/v3/download/{}/{}", ROUTE_OPTIONAL, 0, get_file_old, 0},
	{"GET", "/_matrix/media/v3/download/{}/{}/{}", ROUTE_OPTIONAL, 0, get_file_old, 0},
	{"GET", "/_matrix/media/v3/thumbnail/{}/{}", ROUTE_OPTIONAL, 0, get_file_old, 0},
	{0},
};
