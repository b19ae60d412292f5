#include "core/client/media.h"

#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/client/timeline.h"
#include "core/client/util.h"
#include "core/matrix/event.h"
#include "core/matrix/id.h"
#include "core/matrix/reply.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define LONGEST_NAME 200 /* bytes; file systems take 255 */

const char *media_type_of(const char *path)
{
	static const struct {
		const char *ending, *type;
	} rows[] = {
		{".png", "image/png"},	       {".jpg", "image/jpeg"},
		{".jpeg", "image/jpeg"},       {".gif", "image/gif"},
		{".webp", "image/webp"},       {".svg", "image/svg+xml"},
		{".ogg", "audio/ogg"},	       {".opus", "audio/ogg"},
		{".mp3", "audio/mpeg"},	       {".wav", "audio/wav"},
		{".flac", "audio/flac"},       {".m4a", "audio/mp4"},
		{".mp4", "video/mp4"},	       {".webm", "video/webm"},
		{".mkv", "video/x-matroska"},  {".txt", "text/plain"},
		{".md", "text/markdown"},      {".csv", "text/csv"},
		{".html", "text/html"},	       {".ics", "text/calendar"},
		{".json", "application/json"}, {".pdf", "application/pdf"},
		{".zip", "application/zip"},   {".gz", "application/gzip"},
		{".tar", "application/x-tar"},
	};
	struct span s = span_of(path);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n = strlen(rows[i].ending);
		if (s.n > n && span_case_eq_str(span_from(s, s.n - n), rows[i].ending))
			return rows[i].type;
	}
	return "application/octet-stream";
}

struct progress {
	const struct client *c;
	media_progress_fn *fn;
	void *arg;
};

static bool on_progress(int64_t done, int64_t total, void *arg)
{
	struct progress *p = arg;
	if (p->fn)
		p->fn(done, total, p->arg);
	return client_time_left_ms(p->c) == 0;
}

int client_upload_limit(struct client *c, int64_t *ret, struct err *err)
{
	JSON_AUTO json_t *config = NULL;
	int rc = session_do(client_session(c), request_media_config(), &config, err);
	if (rc == ERR_NOT_FOUND || rc == ERR_UNSUPPORTED) {
		*ret = -1;
		return 0;
	}
	if (!rc)
		*ret = json_get_i64(config, "m.upload.size", -1);
	return rc;
}

static int check_file(struct client *c, const char *path, struct err *err)
{
	struct stat st;
	int64_t limit = -1;
	if (stat(path, &st) != 0)
		return err_errno(err, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE, _("%s is not a file"), path);
	if (access(path, R_OK) != 0)
		return err_errno(err, errno, "%s", path);
	int rc = client_upload_limit(c, &limit, err);
	if (rc)
		return rc;
	if (limit >= 0 && st.st_size > limit) {
		err_set(err, ERR_TOO_LARGE, _("%s has %lld bytes, the server takes at most %lld"),
			path, (long long)st.st_size, (long long)limit);
		return ERR_TOO_LARGE;
	}
	return 0;
}

int client_upload(struct client *c, const char *path, const char *mimetype, const char *filename,
		  media_progress_fn *progress, void *arg, char **ret_uri, struct err *err)
{
	AUTO(request_done)
	struct request rq = request_upload(filename ? filename : fs_basename(path));
	JSON_AUTO json_t *reply = NULL;
	struct progress p = {c, progress, arg};
	const char *uri;
	int rc = check_file(c, path, err);
	if (rc)
		return rc;
	struct session_request sr = {
		.method = rq.method,
		.path = buf_str(&rq.path),
		.content_type = mimetype ? mimetype : media_type_of(path),
		.body_file = path,
		/* A second upload costs only space; the message names one. */
		.repeatable = true,
		.progress = on_progress,
		.progress_arg = &p,
	};
	rc = session_json(client_session(c), &sr, &reply, err);
	if (!rc)
		rc = reply_content_uri(reply, &uri, err);
	if (!rc)
		*ret_uri = mem_strdup(uri);
	return rc;
}

/* -- download --------------------------------------------------------------- */

struct media {
	char *url, *name, *mimetype;
	int64_t size;
};

static void media_done(struct media *m)
{
	mem_free(m->url);
	mem_free(m->name);
	mem_free(m->mimetype);
}

static int read_file_event(const struct mx_event *ev, struct media *ret, struct err *err)
{
	struct mx_message m;
	if (!event_message(ev, &m) || (!m.url && !m.encrypted_file))
		return err_set(err, ERR_USAGE, _("That event has no file"));
	if (!m.url)
		return err_set(err, ERR_ENCRYPTED, _("The file is encrypted"));
	ret->url = mem_strdup(m.url);
	ret->name = m.filename.n ? span_dup(m.filename) : NULL;
	ret->mimetype = mem_strdup(m.mimetype);
	ret->size = m.size;
	return 0;
}

struct lookup {
	struct media *ret;
	struct err *err;
	int rc;
};

static int on_cached(const struct store_event *e, void *arg)
{
	struct lookup *l = arg;
	struct mx_event ev;
	l->rc = event_parse_text(e->json, EVENT_ROOM, &ev, l->err);
	if (!l->rc) {
		l->rc = read_file_event(&ev, l->ret, l->err);
		event_done(&ev);
	}
	return 0;
}

static int from_event(struct client *c, const char *room_id, const char *event_id,
		      struct media *ret, struct err *err)
{
	JSON_AUTO json_t *j = NULL;
	struct lookup l = {ret, err, 0};
	struct mx_event ev;
	struct store *s;
	int rc = client_store(c, &s, err);
	if (rc)
		return rc;
	int64_t room = room_id ? store_room_find(s, span_of(room_id)) : 0;
	if (store_event_get(s, room, span_of(event_id), on_cached, &l))
		return l.rc;
	if (!room_id) {
		err_set(err, ERR_NOT_FOUND, _("No event %s is known here"), event_id);
		err_hint(err, _("say which room it is in, or give the mxc:// address"));
		return ERR_NOT_FOUND;
	}
	rc = session_do(client_session(c), request_event(room_id, event_id), &j, err);
	if (!rc)
		rc = event_parse(j, EVENT_ROOM, &ev, err);
	if (!rc) {
		rc = read_file_event(&ev, ret, err);
		event_done(&ev);
	}
	return rc;
}

/* A file's own name, which somebody else chose: no folders, nothing that surprises. */
static char *clean_name(const struct media *m)
{
	struct mxc_uri uri;
	char *name = m->name ? mem_strdup(fs_basename(m->name)) : NULL;
	if (!name || !*name) {
		mem_free(name);
		name = mxc_uri_parse(span_of(m->url), &uri, NULL) ? mem_strdup("file")
								  : span_dup(mxc_uri_media(&uri));
	}
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	/* No control characters, and none that turn the reading direction: gpj.exe is no picture. */
	text_put(&b, span_of(name), TEXT_LINE);
	mem_free(name);
	buf_truncate(&b, utf8_head(buf_span(&b), LONGEST_NAME));
	name = buf_take(&b);
	for (char *p = name; *p; p++)
		if (*p == '/' || *p == '\\')
			*p = '_';
	/* Neither hidden nor an option of the next program. */
	if (name[0] == '.' || name[0] == '-')
		name[0] = '_';
	return name;
}

static int choose_path(const struct media *m, const char *out, bool force, char **ret,
		       struct err *err)
{
	struct stat st;
	AUTO_FREE char *name = clean_name(m), *path = NULL;
	if (!out)
		path = take(&name);
	else if (stat(out, &st) == 0 && S_ISDIR(st.st_mode))
		path = fs_join(out, name);
	else
		path = mem_strdup(out);
	if (!force && fs_exists(path)) {
		err_set(err, ERR_CONFLICT, _("%s exists already"), path);
		err_hint(err, _("--force replaces it"));
		return ERR_CONFLICT;
	}
	*ret = take(&path);
	return 0;
}

static int download(struct client *c, const char *url, const char *path, bool old,
		    struct progress *p, struct err *err)
{
	AUTO(request_done) struct request rq = {0};
	AUTO(buf_done) struct buf body = BUF_INIT(LIMIT_JSON_BODY);
	int rc = old ? request_download_old(url, &rq, err) : request_download(url, &rq, err);
	if (rc)
		return rc;
	struct session_request sr = {
		.method = rq.method,
		.path = buf_str(&rq.path),
		.save_file = path,
		.max_reply = LIMIT_DOWNLOAD,
		.progress = on_progress,
		.progress_arg = p,
	};
	return session_raw(client_session(c), &sr, &body, err);
}

/* To stdout: through a private file that has no name any more when it is read. */
static int copy_out(const char *path, struct err *err)
{
	char block[65536];
	FILE *in = fopen(path, "re");
	if (!in)
		return err_errno(err, errno, "%s", path);
	unlink(path);
	int rc = 0;
	for (size_t n; !rc && (n = fread(block, 1, sizeof(block), in)) > 0;)
		if (fwrite(block, 1, n, stdout) != n)
			rc = err_errno(err, errno, "stdout");
	if (!rc && (ferror(in) || fflush(stdout) != 0))
		rc = err_errno(err, errno, "stdout");
	fclose(in);
	return rc;
}

static int fetch(struct client *c, const char *url, const char *path, struct progress *p,
		 struct err *err)
{
	struct err e = {0};
	int rc = download(c, url, path, false, p, &e);
	/* Servers before v1.11 know only the old address. */
	if (rc == ERR_UNSUPPORTED || (rc == ERR_NOT_FOUND && !e.errcode[0]))
		return download(c, url, path, true, p, err);
	if (rc && err)
		*err = e;
	return rc;
}

int client_file_get(struct client *c, const char *room_id, const char *what, const char *out,
		    bool force, media_progress_fn *progress, void *arg, json_t **ret,
		    struct err *err)
{
	AUTO(media_done) struct media m = {.size = -1};
	AUTO_FREE char *path = NULL;
	struct progress p = {c, progress, arg};
	struct stat st;
	bool to_stdout = out && strcmp(out, "-") == 0;
	int rc = 0;
	if (strncmp(what, "mxc://", 6) == 0)
		m.url = mem_strdup(what);
	else
		rc = from_event(c, room_id, what, &m, err);
	if (!rc && to_stdout) {
		AUTO_FREE char *name = mem_printf("download-%ld", (long)getpid());
		path = account_path(client_account(c), name);
	} else if (!rc) {
		rc = choose_path(&m, out, force, &path, err);
	}
	if (!rc)
		rc = fetch(c, m.url, path, &p, err);
	if (rc)
		return rc;
	int64_t size = stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
	if (to_stdout)
		rc = copy_out(path, err);
	json_t *row = json_object();
	row_str(row, "path", to_stdout ? "-" : path);
	row_int(row, "size", size);
	row_str(row, "mimetype", m.mimetype);
	row_str(row, "url", m.url);
	*ret = row;
	return rc;
}
