#include "core/client/account.h"

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#define LIMIT_ACCOUNT_NAME 100

bool account_name_ok(const char *name)
{
	size_t n = strlen(name);
	if (n == 0 || n > LIMIT_ACCOUNT_NAME || name[0] == '.')
		return false;
	for (; *name; name++) {
		char c = *name;
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!letter && !(c >= '0' && c <= '9') && !strchr("._-@:+=", c))
			return false;
	}
	return true;
}

static int accounts_dir(char **ret, struct err *err)
{
	AUTO_FREE char *data = NULL;
	int rc = fs_place(FS_DATA, &data, err);
	if (rc)
		return rc;
	AUTO_FREE char *dir = fs_join(data, "accounts");
	rc = fs_mkdirs(dir, 0700, err);
	if (!rc)
		*ret = take(&dir);
	return rc;
}

static char *default_file(void)
{
	AUTO_FREE char *data = NULL;
	return fs_place(FS_DATA, &data, NULL) ? NULL : fs_join(data, "default-account");
}

char *account_path(const struct account *a, const char *file)
{
	return fs_join(a->dir, file);
}

void account_free(struct account *a)
{
	if (!a)
		return;
	mem_free(a->name);
	mem_free(a->dir);
	mem_free(a->homeserver);
	mem_free(a->user_id);
	mem_free(a->device_id);
	mem_free(a);
}

static int read_json(const char *path, json_t **ret, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_CONFIG_BYTES);
	int rc = fs_read(path, &b, err);
	if (rc)
		return rc;
	rc = json_parse_object(buf_span(&b), ret, err);
	if (rc)
		err_prefix(err, "%s", path);
	if (b.p)
		mem_wipe(b.p, b.n);
	return rc;
}

static int write_json(const char *path, const json_t *j, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_CONFIG_BYTES);
	json_put(&b, j);
	buf_put_char(&b, '\n');
	int rc = fs_write_atomic(path, buf_span(&b), 0600, err);
	mem_wipe(b.p, b.n);
	return rc;
}

static int no_account(const char *name, struct err *err)
{
	err_set(err, ERR_NOT_FOUND, _("There is no account %s here"), name);
	err_hint(err, _("muster account list shows the accounts of this computer"));
	return ERR_NOT_FOUND;
}

static int load_named(const char *name, struct account **ret, struct err *err)
{
	JSON_AUTO json_t *j = NULL;
	AUTO_FREE char *dir = NULL;
	if (!account_name_ok(name))
		return no_account(name, err);
	int rc = accounts_dir(&dir, err);
	if (rc)
		return rc;
	struct account *a = NEW(struct account);
	a->name = mem_strdup(name);
	a->dir = fs_join(dir, name);
	AUTO_FREE char *path = account_path(a, "account.json");
	rc = read_json(path, &j, err);
	a->homeserver = mem_strdup(json_get_str(j, "homeserver"));
	a->user_id = mem_strdup(json_get_str(j, "user_id"));
	a->device_id = mem_strdup(json_get_str(j, "device_id"));
	a->created_ms = json_get_i64(j, "created_ms", 0);
	if (rc == ERR_NOT_FOUND)
		rc = no_account(name, err);
	else if (!rc && (!a->homeserver || !a->user_id || !a->device_id))
		rc = err_set(err, ERR_INVALID, _("%s is damaged"), path);
	if (rc)
		account_free(a);
	else
		*ret = a;
	return rc;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int account_names(char ***ret_names, struct err *err)
{
	AUTO_FREE char *dir = NULL;
	int rc = accounts_dir(&dir, err);
	if (rc)
		return rc;
	DIR *d = opendir(dir);
	if (!d)
		return err_errno(err, errno, "%s", dir);
	size_t n = 0;
	char **names = mem_realloc_array(NULL, 1, sizeof(*names));
	for (struct dirent *e = readdir(d); e; e = readdir(d)) {
		AUTO_FREE char *file = mem_printf("%s/%s/account.json", dir, e->d_name);
		if (!account_name_ok(e->d_name) || !fs_exists(file))
			continue;
		names = mem_realloc_array(names, n + 2, sizeof(*names));
		names[n++] = mem_strdup(e->d_name);
	}
	closedir(d);
	qsort(names, n, sizeof(*names), by_text);
	names[n] = NULL;
	*ret_names = names;
	return 0;
}

void account_names_free(char **names)
{
	for (char **p = names; p && *p; p++)
		mem_free(*p);
	mem_free(names);
}

char *account_default(void)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_ACCOUNT_NAME + 1);
	AUTO_FREE char *path = default_file();
	if (!path || fs_read(path, &b, NULL))
		return NULL;
	AUTO_FREE char *name = span_dup(span_trim(buf_span(&b)));
	return account_name_ok(name) ? take(&name) : NULL;
}

int account_load(const char *name, struct account **ret, struct err *err)
{
	if (!name || !*name)
		name = getenv("MUSTER_ACCOUNT");
	if (name && *name)
		return load_named(name, ret, err);
	AUTO_FREE char *chosen = account_default();
	if (chosen && load_named(chosen, ret, NULL) == 0)
		return 0;
	char **names;
	int rc = account_names(&names, err);
	if (rc)
		return rc;
	if (!names[0]) {
		rc = err_set(err, ERR_AUTH, _("You are not logged in"));
		err_hint(err, "muster login URL --user NAME");
	} else if (names[1]) {
		rc = err_set(err, ERR_USAGE, _("There are several accounts and no default"));
		err_hint(err, "muster account use %s", names[0]);
	} else {
		rc = load_named(names[0], ret, err);
	}
	account_names_free(names);
	return rc;
}

int account_use(const char *name, struct err *err)
{
	struct account *a = NULL;
	int rc = load_named(name, &a, err);
	if (rc)
		return rc;
	account_free(a);
	AUTO_FREE char *path = default_file();
	AUTO_FREE char *line = mem_printf("%s\n", name);
	if (!path)
		return err_set(err, ERR_FAILED, _("there is no folder for data: set HOME"));
	return fs_write_atomic(path, span_of(line), 0600, err);
}

int account_remove(const char *name, struct err *err)
{
	struct account *a = NULL;
	int rc = load_named(name, &a, err);
	if (rc)
		return rc;
	AUTO_FREE char *chosen = account_default();
	rc = fs_remove_tree(a->dir, err);
	AUTO_FREE char *path = default_file();
	if (!rc && chosen && path && strcmp(chosen, name) == 0)
		rc = fs_remove(path, err);
	account_free(a);
	return rc;
}

struct account *account_find(const char *homeserver, const char *user_id)
{
	struct account *found = NULL;
	char **names;
	if (account_names(&names, NULL))
		return NULL;
	for (char **p = names; *p && !found; p++) {
		struct account *a = NULL;
		if (load_named(*p, &a, NULL))
			continue;
		if (strcmp(a->homeserver, homeserver) == 0 && strcmp(a->user_id, user_id) == 0)
			found = a;
		else
			account_free(a);
	}
	account_names_free(names);
	return found;
}

static bool name_taken(const char *dir, const char *name)
{
	AUTO_FREE char *path = fs_join(dir, name);
	return fs_exists(path);
}

/* "ann", or "ann@school.example" when there is an ann already. */
static char *free_name(const char *dir, const char *user_id)
{
	const char *local = user_id[0] == '@' ? user_id + 1 : user_id;
	const char *colon = strchr(local, ':');
	AUTO_FREE char *name =
		colon ? mem_strndup(local, (size_t)(colon - local)) : mem_strdup(local);
	for (char *p = name; *p; p++)
		if (!account_name_ok((char[]){'a', *p, '\0'}))
			*p = '_';
	if (!*name || name[0] == '.' || strlen(name) > LIMIT_ACCOUNT_NAME / 2) {
		mem_free(name);
		name = mem_strdup("account");
	}
	for (int i = 2; name_taken(dir, name); i++) {
		char *next = mem_printf("%.*s-%d", LIMIT_ACCOUNT_NAME / 2, name, i);
		mem_free(name);
		name = next;
	}
	return take(&name);
}

static int write_account(const struct account *a, struct err *err)
{
	AUTO_FREE char *path = account_path(a, "account.json");
	JSON_AUTO json_t *j =
		json_pack("{s:s, s:s, s:s, s:I}", "homeserver", a->homeserver, "user_id",
			  a->user_id, "device_id", a->device_id, "created_ms", a->created_ms);
	int rc = fs_mkdirs(a->dir, 0700, err);
	return rc ? rc : write_json(path, j, err);
}

static int check_name(const char *dir, const char *name, struct err *err)
{
	if (!account_name_ok(name))
		return err_set(err, ERR_USAGE, _("%s cannot be the name of an account"), name);
	if (name_taken(dir, name))
		return err_set(err, ERR_CONFLICT, _("the account %s exists and is somebody else's"),
			       name);
	return 0;
}

int account_make(const char *name, const char *homeserver, const char *user_id,
		 const char *device_id, struct account **ret, struct err *err)
{
	AUTO_FREE char *dir = NULL;
	int rc = accounts_dir(&dir, err);
	if (rc)
		return rc;
	struct account *a = account_find(homeserver, user_id);
	if (a) {
		mem_free(a->device_id);
	} else {
		if (name && (rc = check_name(dir, name, err)) != 0)
			return rc;
		a = NEW(struct account);
		a->name = name ? mem_strdup(name) : free_name(dir, user_id);
		a->dir = fs_join(dir, a->name);
		a->homeserver = mem_strdup(homeserver);
		a->user_id = mem_strdup(user_id);
		a->created_ms = clock_wall_ms();
	}
	a->device_id = mem_strdup(device_id);
	rc = write_account(a, err);
	AUTO_FREE char *chosen = account_default();
	if (!rc && !chosen)
		rc = account_use(a->name, err);
	if (rc)
		account_free(a);
	else
		*ret = a;
	return rc;
}

int account_secrets_load(const struct account *a, struct secrets *ret, struct err *err)
{
	JSON_AUTO json_t *j = NULL;
	AUTO_FREE char *path = account_path(a, "secrets.json");
	int rc = read_json(path, &j, err);
	if (rc == ERR_NOT_FOUND) {
		rc = err_set(err, ERR_AUTH, _("%s is logged out"), a->user_id);
		err_hint(err, "muster login %s --user %s", a->homeserver, a->user_id);
	}
	if (rc)
		return rc;
	ret->access_token = mem_strdup(json_get_str(j, "access_token"));
	ret->refresh_token = mem_strdup(json_get_str(j, "refresh_token"));
	ret->expires_ms = json_get_i64(j, "expires_ms", 0);
	return 0;
}

int account_secrets_save(const struct account *a, const struct secrets *s, struct err *err)
{
	AUTO_FREE char *path = account_path(a, "secrets.json");
	if (!s->access_token)
		return fs_remove(path, err);
	JSON_AUTO json_t *j =
		json_pack("{s:s, s:s*, s:I}", "access_token", s->access_token, "refresh_token",
			  s->refresh_token, "expires_ms", s->expires_ms);
	return write_json(path, j, err);
}

void secrets_done(struct secrets *s)
{
	mem_free_secret(s->access_token);
	mem_free_secret(s->refresh_token);
	*s = (struct secrets){0};
}

int64_t account_cache_bytes(const struct account *a)
{
	static const char *const names[] = {"cache.db", "cache.db-wal"};
	int64_t bytes = 0;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_FREE char *path = account_path(a, names[i]);
		struct stat st;
		if (stat(path, &st) == 0)
			bytes += st.st_size;
	}
	return bytes;
}
