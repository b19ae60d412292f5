/* Asking the calls that run in other processes. */
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/ipc.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/client/call/steer.h"
#include "core/client/call/steer_priv.h"
#include "core/client/util.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#define ASK_MS 10000
#define HOST_MS 300000 /* to mute or remove people asks the call's server once for each of them */
#define NOTE ".call"
#define CALLS_MAX 64

static char *calls_dir(const struct account *a)
{
	return account_path(a, "calls");
}

int steer_paths(const struct account *a, const char *room_id, struct steer_paths *ret,
		struct err *err)
{
	AUTO_FREE char *runtime = NULL, *dir = calls_dir(a);
	AUTO_FREE char *both = mem_printf("%s\n%s", a->dir, room_id);
	unsigned long long name = span_hash(span_of(room_id)), whole = span_hash(span_of(both));
	int rc = fs_place(FS_RUNTIME, &runtime, err);
	if (!rc)
		rc = fs_mkdirs(dir, 0700, err);
	if (rc)
		return rc;
	ret->lock = mem_printf("%s/%016llx.lock", dir, name);
	ret->note = mem_printf("%s/%016llx" NOTE, dir, name);
	/* A socket's path is short; folders of accounts need not be. */
	ret->socket = mem_printf("%s/call-%016llx", runtime, whole);
	return 0;
}

void steer_paths_done(struct steer_paths *p)
{
	mem_free(p->lock);
	mem_free(p->note);
	mem_free(p->socket);
}

/*
 * A note of a call that answers; new reference, or NULL. What a killed process
 * left behind stays until that room is joined again: to remove it one would
 * have to hold the lock, and keep somebody out who is just joining.
 */
static json_t *read_note(const char *path)
{
	AUTO(buf_done) struct buf b = BUF_INIT(8192);
	JSON_AUTO json_t *j = NULL;
	if (fs_read(path, &b, NULL))
		return NULL;
	bool sound = !json_parse_object(buf_span(&b), &j, NULL) && json_get_str(j, "room_id") &&
		     json_get_str(j, "socket");
	if (sound && ipc_alive(json_get_str(j, "socket")))
		return take(&j);
	return NULL;
}

/* Notes of all calls of this account that run: an array, the caller owns it. */
static json_t *running(struct client *c)
{
	AUTO_FREE char *dir = calls_dir(client_account(c));
	json_t *list = json_array();
	DIR *d = opendir(dir);
	for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
		AUTO_FREE char *path = fs_join(dir, e->d_name);
		if (!span_ends(span_of(e->d_name), NOTE) || json_array_size(list) >= CALLS_MAX)
			continue;
		json_t *note = read_note(path);
		if (note)
			json_array_append_new(list, note);
	}
	if (d)
		closedir(d);
	return list;
}

static int none(struct err *err)
{
	err_set(err, ERR_NOT_FOUND, _("this account is in no call"));
	err_hint(err, "muster call join ROOM");
	return ERR_NOT_FOUND;
}

static int several(struct client *c, const json_t *list, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	struct store *s = NULL;
	size_t i;
	json_t *note;
	client_store(c, &s, NULL);
	json_array_foreach (list, i, note) {
		AUTO(store_room_done) struct store_room r = {0};
		const char *id = json_get_str(note, "room_id");
		int64_t room = s ? store_room_find(s, span_of(id)) : 0;
		bool named = room && store_room_get(s, room, &r) && r.display;
		buf_printf(&b, "%s\"%s\"", i ? ", " : "", named ? r.display : id);
	}
	return err_set(err, ERR_USAGE, _("several calls are running, name the room: %s"),
		       buf_str(&b));
}

/* The one that is meant; borrowed from `list`. */
static int choose(struct client *c, const json_t *list, const char *room_id, const json_t **ret,
		  struct err *err)
{
	size_t i;
	json_t *note;
	if (!room_id && json_array_size(list) > 1)
		return several(c, list, err);
	json_array_foreach (list, i, note)
		if (!room_id || strcmp(room_id, json_get_str(note, "room_id")) == 0) {
			*ret = note;
			return 0;
		}
	return none(err);
}

/* Ask one call, for `ms` at most. *ret: the answer's value. */
static int ask_for(struct client *c, const json_t *note, const json_t *question, int ms,
		   json_t **ret, struct err *err)
{
	AUTO_FREE char *line = json_text(question), *reply = mem_alloc(LIMIT_IPC_LINE + 1);
	JSON_AUTO json_t *j = NULL;
	int left = client_time_left_ms(c);
	int rc = ipc_ask(json_get_str(note, "socket"), span_of(line), "{\"" STEER_REPLY "\"",
			 left >= 0 && left < ms ? left : ms, reply, LIMIT_IPC_LINE + 1, err);
	if (rc == ERR_NOT_FOUND)
		return err_set(err, ERR_NOT_FOUND, _("the call is over"));
	if (rc == ERR_CANCELLED && ms == HOST_MS)
		return err_set(err, ERR_CANCELLED,
			       _("the running call has not answered yet: what was asked of it may "
				 "still happen"));
	if (!rc)
		rc = json_parse_object(span_of(reply), &j, err);
	if (rc)
		return rc;
	json_t *value = json_get_object(j, STEER_REPLY);
	const json_t *e = json_get_object(value, "error");
	if (!value || e) {
		const char *msg = json_get_str(e, "message"), *hint = json_get_str(e, "hint");
		int code = (int)json_get_i64(e, "code", ERR_FAILED);
		err_set(err, code < 0 ? code : ERR_FAILED, "%s", msg ? msg : "");
		err_hint(err, "%s", hint ? hint : "");
		return err ? err->code : ERR_FAILED;
	}
	*ret = json_incref(value);
	return 0;
}

static int ask_call(struct client *c, const json_t *note, const json_t *question, json_t **ret,
		    struct err *err)
{
	return ask_for(c, note, question, ASK_MS, ret, err);
}

int calls_room(struct client *c, const char *room_id, char **ret, struct err *err)
{
	JSON_AUTO json_t *list = room_id ? NULL : running(c);
	const json_t *note = NULL;
	int rc = room_id ? 0 : choose(c, list, NULL, &note, err);
	if (!rc)
		*ret = mem_strdup(room_id ? room_id : json_get_str(note, "room_id"));
	return rc;
}

int calls_status(struct client *c, const char *room_id, client_row_fn *fn, void *arg,
		 struct err *err)
{
	JSON_AUTO json_t *list = running(c), *question = json_pack("{s:s}", "op", "status");
	size_t i;
	json_t *note;
	int rc = 0, told = 0;
	json_array_foreach (list, i, note) {
		JSON_AUTO json_t *value = NULL;
		if (room_id && strcmp(room_id, json_get_str(note, "room_id")) != 0)
			continue;
		rc = ask_call(c, note, question, &value, err);
		if (rc == ERR_NOT_FOUND)
			continue; /* ended just now */
		json_t *row = json_get_object(value, "call");
		json_object_set(row, "pid", json_object_get(note, "pid"));
		if (!rc)
			rc = fn(row, arg);
		if (rc)
			return rc;
		told++;
	}
	return told ? 0 : none(err);
}

int calls_people(struct client *c, const char *room_id, client_row_fn *fn, void *arg,
		 struct err *err)
{
	JSON_AUTO json_t *list = running(c);
	const json_t *note = NULL;
	size_t from = 0, got = 1;
	int rc = choose(c, list, room_id, &note, err);
	while (!rc && got) {
		JSON_AUTO json_t *question =
			json_pack("{s:s,s:I}", "op", "people", "from", (json_int_t)from);
		JSON_AUTO json_t *value = NULL;
		size_t i;
		json_t *row;
		rc = ask_call(c, note, question, &value, err);
		const json_t *rows = json_get_array(value, "people");
		got = json_array_size(rows);
		from += got;
		json_array_foreach (rows, i, row)
			if (!rc)
				rc = fn(row, arg);
	}
	return rc;
}

static const struct {
	const char *op;
	bool on;
	const char *key; /* what is so now */
} acts[] = {
	[CALLS_MUTE] = {"mute", true, "muted"},	  [CALLS_UNMUTE] = {"mute", false, "muted"},
	[CALLS_HAND_UP] = {"hand", true, "hand"}, [CALLS_HAND_DOWN] = {"hand", false, "hand"},
	[CALLS_LEAVE] = {"leave", true, "left"},
};

int calls_act(struct client *c, const char *room_id, enum calls_act what, json_t **ret,
	      struct err *err)
{
	JSON_AUTO json_t *list = running(c), *value = NULL;
	JSON_AUTO json_t *question =
		json_pack("{s:s,s:b}", "op", acts[what].op, "on", acts[what].on);
	const json_t *note = NULL;
	int rc = choose(c, list, room_id, &note, err);
	if (rc)
		return rc;
	rc = ask_call(c, note, question, &value, err);
	/* Who leaves may be gone before the answer is read. */
	if (rc == ERR_NOT_FOUND && what == CALLS_LEAVE)
		rc = 0;
	if (rc)
		return rc;
	*ret = json_pack("{s:s,s:b}", "room_id", json_get_str(note, "room_id"), acts[what].key,
			 acts[what].on);
	return 0;
}

static const char *const host_keys[] = {
	[HOST_MUTE] = "muted",
	[HOST_MUTE_ALL] = "muted",
	[HOST_REMOVE] = "removed",
};

int calls_host(struct client *c, const char *room_id, enum host_act what, const char *user,
	       json_t **ret, struct err *err)
{
	JSON_AUTO json_t *list = running(c), *value = NULL;
	JSON_AUTO json_t *question = json_pack("{s:s,s:i}", "op", "host", "act", (int)what);
	const json_t *note = NULL;
	if (user)
		json_object_set_new(question, "user", json_string(user));
	int rc = choose(c, list, room_id, &note, err);
	if (!rc)
		rc = ask_for(c, note, question, HOST_MS, &value, err);
	/* Its process may be gone before the answer is read. */
	if (rc == ERR_NOT_FOUND && what == HOST_END && note)
		rc = 0;
	if (rc)
		return rc;
	*ret = json_pack("{s:s}", "room_id", json_get_str(note, "room_id"));
	if (user)
		row_str(*ret, "user_id", user);
	if (what == HOST_END)
		row_bool(*ret, "ended", true);
	else
		row_int(*ret, host_keys[what], json_get_i64(value, "n", 0));
	return 0;
}
