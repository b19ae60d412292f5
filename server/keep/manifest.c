#include "server/keep/manifest.h"

#include "core/base/crypto.h"
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"

#include <stdio.h>
#include <string.h>

#define FORMAT "muster backup"
#define VERSION 1

static bool plain(struct span s)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";
	for (size_t i = 0; i < s.n; i++)
		if (!s.p[i] || !strchr(allowed, s.p[i]))
			return false;
	return s.n > 0;
}

bool keep_name_ok(struct span name)
{
	struct span rest = name, part[4];
	size_t n = 0;
	if (name.n == 0 || name.n >= KEEP_NAME_SIZE)
		return false;
	while (n < 4 && span_split(&rest, '/', &part[n])) {
		if (!plain(part[n]) || span_eq_str(part[n], "..") || span_eq_str(part[n], "."))
			return false;
		n++;
	}
	if (name.p[name.n - 1] == '/' || rest.n)
		return false;
	if (n == 1)
		return name.p[0] != '.' && !span_eq_str(name, MANIFEST_NAME) &&
		       !span_eq_str(name, "lock") && !span_eq_str(name, "media");
	return n == 3 && span_eq_str(part[0], "media") && part[1].n == 2;
}

struct keep_file *manifest_add(struct manifest *m)
{
	if (m->n == m->size) {
		m->size = m->size ? m->size * 2 : 64;
		m->files = mem_realloc_array(m->files, m->size, sizeof(*m->files));
	}
	struct keep_file *f = &m->files[m->n++];
	memset(f, 0, sizeof(*f));
	return f;
}

void manifest_put(const struct manifest *m, struct buf *b)
{
	char hex[65];
	buf_printf(b, "{\"format\":\"" FORMAT "\",\"version\":%d,\"muster\":", VERSION);
	buf_put_json_str(b, span_of(m->muster));
	buf_put_str(b, ",\"server_name\":");
	buf_put_json_str(b, span_of(m->server_name));
	buf_printf(b,
		   ",\"schema\":%d,\"made_ts\":%lld,\n\"users\":%lld,\"rooms\":%lld,\"events\":"
		   "%lld,\"media\":%lld,\"missing\":%lld,\"damaged\":%lld,\n\"files\":[",
		   m->schema, (long long)m->made_ms, (long long)m->users, (long long)m->rooms,
		   (long long)m->events, (long long)m->media, (long long)m->missing,
		   (long long)m->damaged);
	for (size_t i = 0; i < m->n; i++) {
		hex_put(hex, m->files[i].sha256, 32);
		buf_printf(b, "%s\n{\"name\":\"%s\",\"size\":%lld,\"sha256\":\"%s\"}", i ? "," : "",
			   m->files[i].name, (long long)m->files[i].size, hex);
	}
	buf_put_str(b, "]}\n");
}

static bool hex_digit(char c, uint8_t *ret)
{
	if (c >= '0' && c <= '9')
		*ret = (uint8_t)(c - '0');
	else if (c >= 'a' && c <= 'f')
		*ret = (uint8_t)(c - 'a' + 10);
	else
		return false;
	return true;
}

static bool read_hash(struct span hex, uint8_t ret[32])
{
	uint8_t high, low;
	if (hex.n != 64)
		return false;
	for (size_t i = 0; i < 32; i++) {
		if (!hex_digit(hex.p[2 * i], &high) || !hex_digit(hex.p[2 * i + 1], &low))
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool read_file(const json_t *o, struct keep_file *f)
{
	struct span name = json_get_span(o, "name");
	if (!keep_name_ok(name))
		return false;
	memcpy(f->name, name.p, name.n);
	f->size = json_get_i64(o, "size", -1);
	return f->size >= 0 && read_hash(json_get_span(o, "sha256"), f->sha256);
}

static int no_manifest(struct err *err)
{
	return err_set(err, ERR_INVALID, _("This is no backup that muster made: its %s is damaged"),
		       MANIFEST_NAME);
}

static int read_fields(const json_t *j, struct manifest *m, struct err *err)
{
	const char *format = json_get_str(j, "format"), *name = json_get_str(j, "server_name");
	const char *muster = json_get_str(j, "muster");
	if (!format || strcmp(format, FORMAT) != 0 || !name || !muster ||
	    strlen(name) >= sizeof(m->server_name) || strlen(muster) >= sizeof(m->muster))
		return no_manifest(err);
	if (json_get_i64(j, "version", 0) != VERSION)
		return err_set(err, ERR_UNSUPPORTED,
			       _("This backup was made by a newer muster (%s): install that one"),
			       muster);
	snprintf(m->server_name, sizeof(m->server_name), "%s", name);
	snprintf(m->muster, sizeof(m->muster), "%s", muster);
	m->schema = (int)json_get_i64(j, "schema", 0);
	m->made_ms = json_get_i64(j, "made_ts", 0);
	m->users = json_get_i64(j, "users", 0);
	m->rooms = json_get_i64(j, "rooms", 0);
	m->events = json_get_i64(j, "events", 0);
	m->media = json_get_i64(j, "media", 0);
	m->missing = json_get_i64(j, "missing", 0);
	m->damaged = json_get_i64(j, "damaged", 0);
	return 0;
}

int manifest_read(struct span text, struct manifest *ret, struct err *err)
{
	JSON_AUTO json_t *j = NULL;
	struct manifest m = {0};
	json_t *o;
	size_t i;
	if (json_parse_object(text, &j, NULL))
		return no_manifest(err);
	int rc = read_fields(j, &m, err);
	json_t *files = json_get_array(j, "files");
	if (!rc && (!files || json_array_size(files) > KEEP_FILES_MAX))
		rc = no_manifest(err);
	if (!rc)
		json_array_foreach (files, i, o)
			if (!read_file(o, manifest_add(&m)))
				rc = no_manifest(err);
	if (rc)
		manifest_done(&m);
	else
		*ret = m;
	return rc;
}

int manifest_load(const char *dir, struct manifest *ret, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(MANIFEST_MAX);
	AUTO_FREE char *path = fs_join(dir, MANIFEST_NAME);
	if (!fs_exists(path))
		return err_set(err, ERR_NOT_FOUND, _("There is no backup in %s"), dir);
	int rc = fs_read(path, &b, err);
	return rc ? rc : manifest_read(buf_span(&b), ret, err);
}

void manifest_done(struct manifest *m)
{
	mem_free(m->files);
	*m = (struct manifest){0};
}

int64_t manifest_bytes(const struct manifest *m)
{
	int64_t n = 0;
	for (size_t i = 0; i < m->n; i++)
		if (__builtin_add_overflow(n, m->files[i].size, &n))
			return INT64_MAX; /* what was not written by us may say anything */
	return n;
}
