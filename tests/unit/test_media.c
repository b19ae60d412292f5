/*
 * Uploading and fetching files from a whole server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "server/media/media.h"
#include "server/media/range.h"
#include "server/media/sweep.h"
#include "tests/lib/httpd_fixture.h"
#include "tests/lib/server.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static struct test_server server;
static char *anna, *bert;

/* ---- raw requests ---- */

static struct raw ask(const char *method, const char *path, const char *token, const char *headers,
		      struct span body)
{
	struct raw c = raw_connect(server.srv->port);
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	buf_printf(&b, "%s %s HTTP/1.1\r\nHost: x\r\n%s", method, path, headers);
	if (token)
		buf_printf(&b, "Authorization: Bearer %s\r\n", token);
	if (body.p)
		buf_printf(&b, "Content-Length: %zu\r\n", body.n);
	buf_put_str(&b, "\r\n");
	buf_put_span(&b, body);
	raw_send(&c, b.p, b.n);
	buf_done(&b);
	return c;
}

static void call(const char *method, const char *path, const char *token, const char *headers,
		 struct span body, struct reply *ret)
{
	struct raw c = ask(method, path, token, headers, body);
	raw_reply(&c, ret, strcmp(method, "HEAD") == 0);
	raw_close(&c);
}

static void get(const char *path, const char *token, const char *headers, struct reply *ret)
{
	call("GET", path, token, headers, (struct span){NULL, 0}, ret);
}

static void check_error(const struct reply *r, int status, const char *errcode)
{
	struct err e;
	JSON_AUTO json_t *j = NULL;
	if (r->status != status)
		print_message("%s%s\n", buf_str(&r->head), buf_str(&r->body));
	assert_int_equal(r->status, status);
	assert_int_equal(json_parse_object(buf_span(&r->body), &j, &e), 0);
	assert_string_equal(json_get_str(j, "errcode"), errcode);
	assert_true(span_eq_str(reply_header(r, "Access-Control-Allow-Origin"), "*"));
}

static void expect_error(const char *method, const char *path, const char *token,
			 const char *headers, struct span body, int status, const char *errcode)
{
	struct reply r;
	call(method, path, token, headers, body, &r);
	check_error(&r, status, errcode);
	reply_done(&r);
}

/* The id in {"content_uri":"mxc://SERVER/ID"}. */
static char *id_of(const struct reply *r)
{
	struct err e;
	JSON_AUTO json_t *j = NULL;
	char prefix[300];
	if (r->status != 200)
		fail_msg("%s%s", buf_str(&r->head), buf_str(&r->body));
	assert_int_equal(json_parse_object(buf_span(&r->body), &j, &e), 0);
	const char *uri = json_get_str(j, "content_uri");
	snprintf(prefix, sizeof(prefix), "mxc://%s/", server.srv->name);
	assert_true(span_starts(span_of(uri), prefix));
	return mem_strdup(uri + strlen(prefix));
}

static char *upload(const char *type, const char *query, struct span body)
{
	char path[300], headers[300];
	struct reply r;
	snprintf(path, sizeof(path), "/_matrix/media/v3/upload%s", query);
	snprintf(headers, sizeof(headers), "%s%s%s", *type ? "Content-Type: " : "", type,
		 *type ? "\r\n" : "");
	call("POST", path, anna, headers, body, &r);
	char *id = id_of(&r);
	reply_done(&r);
	return id;
}

/* A path in a static ring. */
static const char *path_of(const char *what, const char *id, const char *rest)
{
	static char ring[4][400];
	static int at;
	char *p = ring[at = (at + 1) % 4];
	snprintf(p, sizeof(ring[0]), "/_matrix/%s/%s/%s%s", what, server.srv->name, id, rest);
	return p;
}

#define DOWNLOAD "client/v1/media/download"
#define THUMBNAIL "client/v1/media/thumbnail"
#define OLD "media/v3/download"
#define R0 "media/r0/download"

static void expect_body(const char *path, const char *token, const char *body)
{
	struct reply r;
	get(path, token, "", &r);
	if (r.status != 200)
		print_message("%s%s\n", buf_str(&r.head), buf_str(&r.body));
	assert_int_equal(r.status, 200);
	assert_string_equal(buf_str(&r.body), body);
	reply_done(&r);
}

static void expect_header(const struct reply *r, const char *name, const char *value)
{
	struct span got = reply_header(r, name);
	if (!span_eq_str(got, value))
		fail_msg("%s: %.*s, not %s", name, SPAN_ARG(got), value);
}

/* ---- tests ---- */

static void test_round_trip(void **state)
{
	(void)state;
	struct reply r;
	AUTO_FREE char *id = upload("text/plain; charset=utf-8", "?filename=plan.txt",
				    span_of("Montag: Mathe\n"));
	assert_true(media_valid_id(span_of(id)));
	get(path_of(DOWNLOAD, id, ""), bert, "", &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(buf_str(&r.body), "Montag: Mathe\n");
	expect_header(&r, "Content-Type", "text/plain; charset=utf-8");
	expect_header(&r, "Content-Disposition", "inline; filename=\"plan.txt\"");
	expect_header(&r, "X-Content-Type-Options", "nosniff");
	expect_header(&r, "Cross-Origin-Resource-Policy", "cross-origin");
	assert_true(span_starts(reply_header(&r, "Content-Security-Policy"), "sandbox;"));
	reply_done(&r);
	call("HEAD", path_of(DOWNLOAD, id, ""), bert, "", (struct span){NULL, 0}, &r);
	assert_int_equal(r.status, 200);
	expect_header(&r, "Content-Length", "14");
	reply_done(&r);
}

/* What was confirmed is there after a restart. */
static void test_restart(void **state)
{
	(void)state;
	AUTO_FREE char *id = upload("text/plain", "", span_of("bleibt"));
	AUTO_FREE char *half = fs_join(server.dir, "media/tmp/half");
	FILE *out = fopen(half, "w");
	assert_non_null(out);
	fclose(out);
	test_server_stop(&server);
	test_server_start(&server);
	expect_body(path_of(DOWNLOAD, id, ""), bert, "bleibt");
	assert_false(fs_exists(half));
}

static void put_file(const char *path)
{
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	fclose(out);
}

static void wait_gone(const char *path)
{
	int64_t until = clock_mono_ms() + 120000;
	while (fs_exists(path) && clock_mono_ms() < until)
		usleep(2000);
	assert_false(fs_exists(path));
}

/* What a crash left between a file's name and its row; nothing else is touched. */
static void test_orphans(void **state)
{
	(void)state;
	char name[MEDIA_ID_SIZE];
	AUTO_FREE char *id = upload("text/plain", "", span_of("bleibt"));
	AUTO_FREE char *folder = mem_printf("%s/media/%.2s", server.dir, id);
	AUTO_FREE char *strange = fs_join(folder, "README");
	snprintf(name, sizeof(name), "%.2sOrphanOrphanOrphanOrph", id);
	AUTO_FREE char *orphan = fs_join(folder, name);
	put_file(strange);
	put_file(orphan);
	test_server_stop(&server);
	test_server_start(&server);
	wait_gone(orphan);
	assert_true(fs_exists(strange));
	expect_body(path_of(DOWNLOAD, id, ""), bert, "bleibt");
	unlink(strange);
}

static int orphans(const char *folder, const char *id, int n, void (*fn)(const char *))
{
	char path[400];
	int found = 0;
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%.2sOrphanOrphanOrphan%04d", folder, id, i);
		if (fn)
			fn(path);
		found += fs_exists(path);
	}
	return found;
}

static void remove_file(const char *path)
{
	assert_int_equal(unlink(path), 0);
}

/* So many are no crash, but another database. */
static void test_many_orphans(void **state)
{
	(void)state;
	atomic_bool stop = false;
	struct timespec later = {.tv_sec = clock_wall_ms() / 1000 + 60};
	AUTO_FREE char *id = upload("text/plain", "", span_of("bleibt"));
	AUTO_FREE char *media = fs_join(server.dir, "media");
	AUTO_FREE char *db = fs_join(server.dir, "muster.db");
	AUTO_FREE char *folder = mem_printf("%s/%.2s", media, id);
	orphans(folder, id, 120, put_file);
	media_sweep(media, db, later, &stop);
	assert_int_equal(orphans(folder, id, 120, NULL), 120);
	orphans(folder, id, 40, remove_file);
	media_sweep(media, db, (struct timespec){.tv_sec = 1}, &stop);
	assert_int_equal(orphans(folder, id, 120, NULL), 80);
	media_sweep(media, db, later, &stop);
	assert_int_equal(orphans(folder, id, 120, NULL), 0);
	expect_body(path_of(DOWNLOAD, id, ""), bert, "bleibt");
}

/* A name in the address that is longer than names are does not break the reply. */
static void test_long_name(void **state)
{
	(void)state;
	char rest[9001] = "/";
	char path[9400];
	struct reply r;
	AUTO_FREE char *id = upload("text/plain", "?filename=own.txt", span_of("x"));
	memset(rest + 1, 'a', sizeof(rest) - 2);
	snprintf(path, sizeof(path), "/_matrix/" DOWNLOAD "/%s/%s%s", server.srv->name, id, rest);
	get(path, bert, "", &r);
	assert_int_equal(r.status, 200);
	expect_header(&r, "Content-Disposition", "inline; filename=\"own.txt\"");
	reply_done(&r);
}

static void test_other_method(void **state)
{
	(void)state;
	struct reply r;
	call("PATCH", "/_matrix/client/v3/rooms/!r/state/t/k", anna, "", (struct span){NULL, 0},
	     &r);
	check_error(&r, 405, "M_UNRECOGNIZED");
	assert_true(span_eq_str(reply_header(&r, "Allow"), "GET, HEAD, PUT, OPTIONS") ||
		    span_eq_str(reply_header(&r, "Allow"), "PUT, GET, HEAD, OPTIONS"));
	reply_done(&r);
}

static void test_dispositions(void **state)
{
	(void)state;
	static const struct {
		const char *type, *query, *rest, *want;
	} rows[] = {
		{"text/html", "?filename=a.html", "", "attachment; filename=\"a.html\""},
		{"image/svg+xml", "", "", "attachment"},
		{"application/pdf", "?filename=a.pdf", "/b.pdf", "attachment; filename=\"b.pdf\""},
		{"IMAGE/PNG", "", "", "inline"},
		{"image/png;x=y", "", "", "inline"},
		{"image/pngx", "", "", "attachment"},
		{"", "?filename=%22a%22%0d%0aX%3A%20b", "",
		 "attachment; filename=\"_a___X: b\"; filename*=utf-8''%22a%22%0D%0AX%3A%20b"},
		{"not a type", "?filename=%E4%BD%A0.txt", "",
		 "attachment; filename=\"___.txt\"; filename*=utf-8''%E4%BD%A0.txt"},
		{"text/plain", "", "/..%2F..%2Fetc",
		 "inline; filename=\".._.._etc\"; filename*=utf-8''..%2F..%2Fetc"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct reply r;
		AUTO_FREE char *id = upload(rows[i].type, rows[i].query, span_of("x"));
		get(path_of(DOWNLOAD, id, rows[i].rest), bert, "", &r);
		assert_int_equal(r.status, 200);
		expect_header(&r, "Content-Disposition", rows[i].want);
		if (i >= 6 && i < 8)
			expect_header(&r, "Content-Type", "application/octet-stream");
		assert_null(reply_header(&r, "X").p);
		reply_done(&r);
	}
}

static void test_empty_and_large(void **state)
{
	(void)state;
	AUTO_FREE char *none = upload("text/plain", "", SPAN_LIT(""));
	expect_body(path_of(DOWNLOAD, none, ""), bert, "");
	size_t n = 5 << 20;
	char *p = mem_alloc(n + 1);
	for (size_t i = 0; i < n; i++)
		p[i] = (char)('a' + i % 23);
	AUTO_FREE char *id = upload("video/mp4", "", (struct span){p, n});
	expect_body(path_of(DOWNLOAD, id, ""), bert, p);
	mem_free(p);
}

static void test_ranges(void **state)
{
	(void)state;
	static const struct {
		const char *range;
		int status;
		const char *body, *content_range;
	} rows[] = {
		{"bytes=0-3", 206, "0123", "bytes 0-3/10"},
		{"bytes=7-", 206, "789", "bytes 7-9/10"},
		{"bytes=-2", 206, "89", "bytes 8-9/10"},
		{"bytes=-99", 206, "0123456789", "bytes 0-9/10"},
		{"bytes=5-99", 206, "56789", "bytes 5-9/10"},
		{"bytes=9-9", 206, "9", "bytes 9-9/10"},
		{"bytes=10-", 416, "", "bytes */10"},
		{"bytes=-0", 416, "", "bytes */10"},
		{"bytes=3-2", 200, "0123456789", ""},
		{"bytes=0-1,3-4", 200, "0123456789", ""},
		{"bytes=--1", 200, "0123456789", ""},
		{"bytes=a-", 200, "0123456789", ""},
		{"lines=1-2", 200, "0123456789", ""},
		{"bytes=99999999999999999999-", 200, "0123456789", ""},
	};
	AUTO_FREE char *id = upload("text/plain", "", span_of("0123456789"));
	char headers[200], etag[80];
	struct reply r;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(headers, sizeof(headers), "Range: %s\r\n", rows[i].range);
		get(path_of(DOWNLOAD, id, ""), bert, headers, &r);
		assert_int_equal(r.status, rows[i].status);
		assert_string_equal(buf_str(&r.body), rows[i].body);
		expect_header(&r, "Content-Range", rows[i].content_range);
		snprintf(etag, sizeof(etag), "%.*s", SPAN_ARG(reply_header(&r, "ETag")));
		reply_done(&r);
	}
	snprintf(headers, sizeof(headers), "If-None-Match: %s\r\n", etag);
	struct raw c = ask("GET", path_of(DOWNLOAD, id, ""), bert, headers, SPAN_LIT(""));
	raw_reply(&c, &r, true);
	assert_int_equal(r.status, 304);
	reply_done(&r);
	raw_close(&c);
	snprintf(headers, sizeof(headers), "If-Range: \"other\"\r\nRange: bytes=1-2\r\n");
	get(path_of(DOWNLOAD, id, ""), bert, headers, &r);
	assert_int_equal(r.status, 200);
	reply_done(&r);
}

static void test_refusals(void **state)
{
	(void)state;
	struct span none = {NULL, 0}, x = SPAN_LIT("x");
	AUTO_FREE char *id = upload("text/plain", "", x);
	char other[200];
	expect_error("POST", "/_matrix/media/v3/upload", NULL, "", x, 401, "M_MISSING_TOKEN");
	expect_error("POST", "/_matrix/media/v3/upload", "wrong", "", x, 401, "M_UNKNOWN_TOKEN");
	expect_error("GET", path_of(DOWNLOAD, id, ""), NULL, "", none, 401, "M_MISSING_TOKEN");
	snprintf(other, sizeof(other), "/_matrix/client/v1/media/download/other.example/%s", id);
	expect_error("GET", other, bert, "", none, 404, "M_NOT_FOUND");
	static const char *const ids[] = {
		"AAAAAAAAAAAAAAAAAAAAAAAA",
		"..%2F..%2Fmuster.db",
		"..%2F..%2F..%2F..%2F..%2Fetc%2Fpa",
		"%2E%2E",
		"tmp",
		"AAAAAAAAAAAAAAAAAAAA%2F..%2F",
		"AAAAAAAAAAAAAAAAAAAAAAA%0a",
	};
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		expect_error("GET", path_of(DOWNLOAD, ids[i], ""), bert, "", none, 404,
			     "M_NOT_FOUND");
	char path[600] = "/_matrix/media/v3/upload?filename=";
	memset(path + strlen(path), 'n', 256);
	expect_error("POST", path, anna, "", x, 400, "M_INVALID_PARAM");
	expect_error("GET", "/_matrix/media/v3/preview_url?url=http%3A%2F%2Fx", anna, "", none, 404,
		     "M_UNRECOGNIZED");
}

static int files_below(const char *dir)
{
	int n = 0;
	DIR *d = opendir(dir);
	for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
		AUTO_FREE char *path = fs_join(dir, e->d_name);
		if (e->d_name[0] == '.' && (!e->d_name[1] || e->d_name[1] == '.'))
			continue;
		n += e->d_type == DT_DIR ? files_below(path) : 1;
	}
	if (d)
		closedir(d);
	return n;
}

struct count {
	const char *dir;
	int n;
};

static void count_files(void *arg)
{
	struct count *c = arg;
	AUTO_FREE char *dir = fs_join(server.dir, c->dir);
	c->n = files_below(dir);
}

/* On the server's thread, which opens and closes files at the same time. */
static int files_in(const char *dir)
{
	struct count c = {dir, 0};
	test_server_run(&server, count_files, &c);
	return c.n;
}

/* Uploads that fail leave nothing behind, after a moment. */
static void until_files(int want)
{
	for (int i = 0; i < 60000 && files_in("media") != want; i++)
		usleep(1000);
	assert_int_equal(files_in("media"), want);
}

static void test_too_large(void **state)
{
	(void)state;
	struct reply r;
	int files = files_in("media");
	expect_error("POST", "/_matrix/media/v3/upload", anna, "Content-Length: 10485761\r\n",
		     (struct span){NULL, 0}, 413, "M_TOO_LARGE");
	/* Chunked: noticed on the way. */
	struct raw c = ask("POST", "/_matrix/media/v3/upload", anna,
			   "Transfer-Encoding: chunked\r\n", (struct span){NULL, 0});
	raw_puts(&c, "a00001\r\n");
	char *p = mem_alloc(0xa00001);
	raw_send(&c, p, 0xa00001);
	mem_free(p);
	raw_reply(&c, &r, false);
	check_error(&r, 413, "M_TOO_LARGE");
	reply_done(&r);
	raw_close(&c);
	until_files(files);
	/* Exactly as much is allowed. */
	p = mem_alloc(0xa00000);
	AUTO_FREE char *id = upload("", "", (struct span){p, 0xa00000});
	mem_free(p);
	assert_true(media_valid_id(span_of(id)));
	get("/_matrix/client/v1/media/config", anna, "", &r);
	assert_string_equal(buf_str(&r.body), "{\"m.upload.size\":10485760}");
	reply_done(&r);
}

static void test_broken_off(void **state)
{
	(void)state;
	int files = files_in("media");
	for (int i = 0; i < 10; i++) {
		struct raw c = ask("POST", "/_matrix/media/v3/upload", anna,
				   "Content-Length: 5000000\r\n", SPAN_LIT(""));
		char part[1000] = {0};
		raw_send(&c, part, sizeof(part));
		raw_close(&c);
	}
	until_files(files);
}

static void test_disk_full(void **state)
{
	(void)state;
	int files = files_in("media");
	struct rlimit old, small;
	struct reply r;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small = (struct rlimit){1 << 20, old.rlim_max};
	char *p = mem_alloc(4 << 20);
	setrlimit(RLIMIT_FSIZE, &small);
	call("POST", "/_matrix/media/v3/upload", anna, "", (struct span){p, 4 << 20}, &r);
	setrlimit(RLIMIT_FSIZE, &old);
	mem_free(p);
	check_error(&r, 507, "M_UNKNOWN");
	reply_done(&r);
	until_files(files);
	AUTO_FREE char *id = upload("text/plain", "", span_of("geht wieder"));
	expect_body(path_of(DOWNLOAD, id, ""), bert, "geht wieder");
}

/* Files leave room to messages, also those that arrive at the same time. */
static void test_disk_reserve(void **state)
{
	(void)state;
	struct media *m = server.srv->media;
	media_set_reserve(m, INT64_MAX / 2);
	expect_error("POST", "/_matrix/media/v3/upload", anna, "", SPAN_LIT("no"), 507,
		     "M_UNKNOWN");
	/* Chunked, too, though it may be short. */
	expect_error("POST", "/_matrix/media/v3/upload", anna, "Transfer-Encoding: chunked\r\n",
		     (struct span){NULL, 0}, 507, "M_UNKNOWN");
	media_set_reserve(m, 0);
	int64_t most = os_disk_free(server.dir) / 4 * 3;
	struct media_arrival one = {.user_nid = -1, .bytes = most},
			     other = {.user_nid = -2, .bytes = most};
	assert_int_equal(media_arriving(m, &one), MEDIA_ROOM);
	assert_int_equal(media_arriving(m, &other), MEDIA_FULL);
	media_arrived(m, &other);
	/* Who announces several has less of it than all others together. */
	struct media_arrival second = {.user_nid = -1, .bytes = 1},
			     third = {.user_nid = -2, .bytes = 1};
	assert_int_equal(media_arriving(m, &second), MEDIA_TOO_MANY);
	assert_int_equal(media_arriving(m, &third), MEDIA_ROOM);
	media_arrived(m, &third);
	media_arrived(m, &one);
	other.bytes = most;
	assert_int_equal(media_arriving(m, &other), MEDIA_ROOM);
	media_arrived(m, &other);
	media_set_reserve(m, MEDIA_RESERVE);
	AUTO_FREE char *id = upload("text/plain", "", span_of("geht wieder"));
	assert_true(media_valid_id(span_of(id)));
	/* Nothing is left of those that have arrived. */
	media_set_reserve(m, 0);
	assert_int_equal(media_arriving(m, &other), MEDIA_ROOM);
	media_arrived(m, &other);
	media_set_reserve(m, MEDIA_RESERVE);
}

/* ---- ids made before ---- */

static char *create_id(void)
{
	struct reply r;
	call("POST", "/_matrix/media/v1/create", anna, "", SPAN_LIT("{}"), &r);
	assert_non_null(strstr(buf_str(&r.body), "\"unused_expires_at\":1"));
	char *id = id_of(&r);
	reply_done(&r);
	return id;
}

/* Until the server has taken up what was sent to it before. */
static void settle(void)
{
	struct reply r;
	get("/_matrix/client/versions", NULL, "", &r);
	assert_int_equal(r.status, 200);
	reply_done(&r);
}

static void test_create_then_put(void **state)
{
	(void)state;
	AUTO_FREE char *id = create_id();
	const char *put = path_of("media/v3/upload", id, "?filename=a");
	struct reply r;
	expect_error("GET", path_of(DOWNLOAD, id, "?timeout_ms=0"), bert, "",
		     (struct span){NULL, 0}, 504, "M_NOT_YET_UPLOADED");
	expect_error("PUT", put, bert, "", SPAN_LIT("x"), 403, "M_FORBIDDEN");
	/* A download that waits is answered when the file is there. */
	struct raw waiting = ask("GET", path_of(DOWNLOAD, id, ""), bert, "", SPAN_LIT(""));
	struct raw leaving = ask("GET", path_of(DOWNLOAD, id, ""), bert, "", SPAN_LIT(""));
	settle();
	raw_close(&leaving);
	call("PUT", put, anna, "Content-Type: text/plain\r\n", SPAN_LIT("da"), &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(buf_str(&r.body), "{}");
	reply_done(&r);
	raw_reply(&waiting, &r, false);
	assert_int_equal(r.status, 200);
	assert_string_equal(buf_str(&r.body), "da");
	reply_done(&r);
	raw_close(&waiting);
	expect_error("PUT", put, anna, "", SPAN_LIT("x"), 409, "M_CANNOT_OVERWRITE_MEDIA");
	expect_body(path_of(DOWNLOAD, id, ""), bert, "da");
	expect_error("PUT", path_of("media/v3/upload", "AAAAAAAAAAAAAAAAAAAAAAAA", ""), anna, "",
		     SPAN_LIT("x"), 404, "M_NOT_FOUND");
}

/* Two uploads to one id at once: one wins, whole. */
static void test_put_twice_at_once(void **state)
{
	(void)state;
	AUTO_FREE char *id = create_id();
	const char *put = path_of("media/v3/upload", id, "");
	struct reply r;
	struct raw first = ask("PUT", put, anna, "Content-Length: 5\r\n", (struct span){NULL, 0});
	raw_puts(&first, "ei");
	settle();
	expect_error("PUT", put, anna, "", SPAN_LIT("zwei"), 409, "M_CANNOT_OVERWRITE_MEDIA");
	raw_puts(&first, "ns!");
	raw_reply(&first, &r, false);
	assert_int_equal(r.status, 200);
	reply_done(&r);
	raw_close(&first);
	expect_body(path_of(DOWNLOAD, id, ""), bert, "eins!");
	/* One broken off leaves the id free. */
	AUTO_FREE char *id2 = create_id();
	first = ask("PUT", path_of("media/v3/upload", id2, ""), anna, "Content-Length: 5\r\n",
		    (struct span){NULL, 0});
	settle();
	raw_close(&first);
	int status = 0;
	for (int i = 0; i < 1000 && status != 200; i++) {
		call("PUT", path_of("media/v3/upload", id2, ""), anna, "", SPAN_LIT("x"), &r);
		status = r.status;
		reply_done(&r);
	}
	assert_int_equal(status, 200);
}

static void test_create_limit(void **state)
{
	(void)state;
	struct reply r = {0};
	int made = 0;
	for (; made < MEDIA_CREATED_MAX + 1; made++) {
		call("POST", "/_matrix/media/v1/create", bert, "", SPAN_LIT("{}"), &r);
		if (r.status != 200)
			break;
		reply_done(&r);
	}
	assert_int_equal(made, MEDIA_CREATED_MAX);
	check_error(&r, 429, "M_LIMIT_EXCEEDED");
	reply_done(&r);
}

static void test_thumbnails(void **state)
{
	(void)state;
	AUTO_FREE char *png = upload("image/png", "", span_of("\x89PNG not really"));
	AUTO_FREE char *txt = upload("text/plain", "", span_of("x"));
	struct span none = {NULL, 0};
	expect_body(path_of(THUMBNAIL, png, "?width=32&height=32&method=scale"), bert,
		    "\x89PNG not really");
	expect_error("GET", path_of(THUMBNAIL, txt, "?width=32&height=32"), bert, "", none, 400,
		     "M_UNKNOWN");
	expect_error("GET", path_of(THUMBNAIL, png, "?width=32"), bert, "", none, 400, "M_UNKNOWN");
	expect_error("GET", path_of(THUMBNAIL, png, "?width=-1&height=2"), bert, "", none, 400,
		     "M_UNKNOWN");
	char *p = mem_alloc(MEDIA_THUMBNAIL_MAX + 1);
	AUTO_FREE char *big = upload("image/jpeg", "", (struct span){p, MEDIA_THUMBNAIL_MAX + 1});
	mem_free(p);
	expect_error("GET", path_of(THUMBNAIL, big, "?width=32&height=32"), bert, "", none, 413,
		     "M_TOO_LARGE");
}

/* Addresses of old clients open with a token, also in the query. */
static void test_old_addresses(void **state)
{
	(void)state;
	AUTO_FREE char *id = upload("text/plain", "?filename=a.txt", span_of("alt"));
	char query[300];
	struct span none = {NULL, 0};
	expect_body(path_of(OLD, id, ""), bert, "alt");
	expect_body(path_of(R0, id, "/?allow_remote=true"), bert, "alt");
	snprintf(query, sizeof(query), "/b.txt?access_token=%s", bert);
	expect_body(path_of(R0, id, query), NULL, "alt");
	expect_error("GET", path_of(OLD, id, ""), NULL, "", none, 404, "M_NOT_FOUND");
	expect_error("GET", path_of(OLD, id, "?access_token=x"), NULL, "", none, 404,
		     "M_NOT_FOUND");
	expect_error("GET", path_of(OLD, id, ""), "wrong", "", none, 404, "M_NOT_FOUND");
}

static void restart_with(const char *settings)
{
	char conf[300];
	struct err e;
	test_server_stop(&server);
	snprintf(conf, sizeof(conf), "%s/muster.conf", server.dir);
	assert_int_equal(fs_write_atomic(conf, span_of(settings), 0600, &e), 0);
	test_server_start(&server);
}

/* A setting opens the old addresses, and only those. */
static void test_open_media(void **state)
{
	(void)state;
	AUTO_FREE char *id = upload("text/plain", "", span_of("offen"));
	restart_with("max_upload = 10M\nopen_media = true\n");
	expect_body(path_of(R0, id, "/?allow_remote=true"), NULL, "offen");
	expect_error("GET", path_of(DOWNLOAD, id, ""), NULL, "", (struct span){NULL, 0}, 401,
		     "M_MISSING_TOKEN");
	restart_with("max_upload = 10M\n");
	expect_error("GET", path_of(OLD, id, ""), NULL, "", (struct span){NULL, 0}, 404,
		     "M_NOT_FOUND");
}

/* The server ends while a download waits and an upload is under way. */
static void test_stop_while_busy(void **state)
{
	(void)state;
	AUTO_FREE char *id = create_id();
	struct raw waiting = ask("GET", path_of(DOWNLOAD, id, ""), bert, "", SPAN_LIT(""));
	struct raw half = ask("POST", "/_matrix/media/v3/upload", anna, "Content-Length: 500\r\n",
			      (struct span){NULL, 0});
	raw_puts(&half, "half");
	settle();
	test_server_stop(&server);
	struct reply r;
	raw_reply(&waiting, &r, false);
	assert_int_equal(r.status, 504);
	reply_done(&r);
	raw_close(&waiting);
	raw_close(&half);
	test_server_start(&server);
	assert_int_equal(files_in("media/tmp"), 0);
}

static int setup(void **state)
{
	(void)state;
	test_server_start(&server);
	restart_with("max_upload = 10M\n");
	test_add_user(&server, "anna", false);
	test_add_user(&server, "bert", false);
	anna = test_login(&server, "anna", "A");
	bert = test_login(&server, "bert", "B");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mem_free(anna);
	mem_free(bert);
	test_server_done(&server);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),	cmocka_unit_test(test_restart),
		cmocka_unit_test(test_orphans),		cmocka_unit_test(test_many_orphans),
		cmocka_unit_test(test_long_name),	cmocka_unit_test(test_other_method),
		cmocka_unit_test(test_dispositions),	cmocka_unit_test(test_empty_and_large),
		cmocka_unit_test(test_ranges),		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_too_large),	cmocka_unit_test(test_broken_off),
		cmocka_unit_test(test_disk_full),	cmocka_unit_test(test_disk_reserve),
		cmocka_unit_test(test_create_then_put), cmocka_unit_test(test_put_twice_at_once),
		cmocka_unit_test(test_create_limit),	cmocka_unit_test(test_thumbnails),
		cmocka_unit_test(test_old_addresses),	cmocka_unit_test(test_open_media),
		cmocka_unit_test(test_stop_while_busy),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
