/* Cross-signing keys, signatures, backups of room keys, over real HTTP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/crypto.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/keys/backup.h"
#include "tests/lib/classroom.h"
#include "tests/lib/encrypting.h"

#include <string.h>

#define SIGNING V3 "keys/device_signing/upload"

/* Cross-signing keys of one person. */
struct identity {
	struct signer master, self, user;
	json_t *master_key, *self_key, *user_key;
};

static json_t *key_object(const char *user_id, const char *usage, const struct signer *s)
{
	AUTO_FREE char *id = mem_printf("ed25519:%s", s->public);
	return json_pack("{s:s,s:[s],s:{s:s}}", "user_id", user_id, "usage", usage, "keys", id,
			 s->public);
}

static void identity_new(const char *user_id, struct identity *ret)
{
	signer_new(&ret->master);
	signer_new(&ret->self);
	signer_new(&ret->user);
	ret->master_key = key_object(user_id, "master", &ret->master);
	ret->self_key = key_object(user_id, "self_signing", &ret->self);
	ret->user_key = key_object(user_id, "user_signing", &ret->user);
	signer_sign(&ret->master, ret->self_key, user_id, ret->master.public);
	signer_sign(&ret->master, ret->user_key, user_id, ret->master.public);
}

static void identity_done(struct identity *i)
{
	json_decref(i->master_key);
	json_decref(i->self_key);
	json_decref(i->user_key);
}

/* The body of an upload; `auth` (may be NULL) is the password of UIA. The caller owns it. */
static char *upload_body(const struct identity *i, const struct chatter *who, bool auth)
{
	JSON_AUTO json_t *j =
		json_pack("{s:O,s:O,s:O}", "master_key", i->master_key, "self_signing_key",
			  i->self_key, "user_signing_key", i->user_key);
	if (auth) {
		AUTO_FREE char *password = mem_printf("password of %s", who->name);
		json_object_set_new(j, "auth",
				    json_pack("{s:s,s:{s:s,s:s},s:s}", "type", "m.login.password",
					      "identifier", "type", "m.id.user", "user", who->id,
					      "password", password));
	}
	return json_text(j);
}

static void upload(const struct identity *i, struct chatter *who, bool auth)
{
	AUTO_FREE char *body = upload_body(i, who, auth);
	json_decref(test_json(&class_server, 200, "POST", SIGNING, who->token, "%s", body));
}

static void upload_refused(const struct identity *i, struct chatter *who, int status,
			   const char *errcode)
{
	AUTO_FREE char *body = upload_body(i, who, false);
	test_error(&class_server, status, errcode, "POST", SIGNING, who->token, "%s", body);
}

/* The signature of somebody's key in a reply of /keys/query; NULL when it is not there. */
static const char *signature_in(const json_t *query, const char *section, const char *owner,
				const char *device, const char *signer_id, const char *key_id)
{
	json_t *key = json_object_get(json_object_get(query, section), owner);
	if (device)
		key = json_object_get(key, device);
	json_t *by = json_object_get(json_object_get(key, "signatures"), signer_id);
	return json_get_str(by, key_id);
}

static void test_cross_signing(void **state)
{
	(void)state;
	struct identity mine, other;
	identity_new(anna.id, &mine);
	identity_new(anna.id, &other);
	/* The first need no password, nor do the same again; others do. */
	json_t *good = mine.self_key;
	mine.self_key = json_deep_copy(good);
	signer_sign(&mine.user, mine.self_key, anna.id, mine.master.public);
	upload_refused(&mine, &anna, 400, "M_INVALID_SIGNATURE");
	json_decref(mine.self_key);
	mine.self_key = good;
	test_error(&class_server, 400, "M_MISSING_PARAM", "POST", SIGNING, anna.token, "{}");
	upload(&mine, &anna, false);
	upload(&mine, &anna, false);
	AUTO_FREE char *body = upload_body(&other, &anna, false);
	JSON_AUTO json_t *asked =
		test_json(&class_server, 401, "POST", SIGNING, anna.token, "%s", body);
	assert_non_null(json_get_array(asked, "flows"));
	/* Everybody sees master and self-signing key; the third only its owner. */
	JSON_AUTO json_t *own = crypter_query(&anna, anna.id, NULL);
	JSON_AUTO json_t *seen = crypter_query(&bert, anna.id, NULL);
	assert_true(json_equal(json_object_get(json_object_get(own, "user_signing_keys"), anna.id),
			       mine.user_key));
	assert_int_equal(json_object_size(json_object_get(seen, "user_signing_keys")), 0);
	assert_true(json_equal(json_object_get(json_object_get(seen, "master_keys"), anna.id),
			       mine.master_key));
	assert_true(json_equal(json_object_get(json_object_get(seen, "self_signing_keys"), anna.id),
			       mine.self_key));
	/* The password may come alone, in a second request of the session. */
	test_error(&class_server, 401, "M_FORBIDDEN", "POST", SIGNING, anna.token,
		   "{\"auth\":{\"type\":\"m.login.password\",\"session\":\"%s\",\"password\":\"x\"}"
		   "}",
		   json_get_str(asked, "session"));
	json_decref(test_json(&class_server, 200, "POST", SIGNING, anna.token,
			      "{\"auth\":{\"type\":\"m.login.password\",\"session\":\"%s\","
			      "\"password\":\"password of anna\"}}",
			      json_get_str(asked, "session")));
	JSON_AUTO json_t *now = crypter_query(&bert, anna.id, NULL);
	assert_true(json_equal(json_object_get(json_object_get(now, "master_keys"), anna.id),
			       other.master_key));
	identity_done(&mine);
	identity_done(&other);
}

static void test_cross_signing_shapes(void **state)
{
	(void)state;
	struct identity i;
	static const char *const bad[] = {
		"{\"master_key\":{}}",
		"{\"master_key\":[]}",
		"{\"master_key\":{\"user_id\":\"%s\",\"usage\":[\"master\"],\"keys\":{}}}",
		"{\"master_key\":{\"user_id\":\"%s\",\"usage\":[\"master\"],\"keys\":{\"ed25519:"
		"AA\":"
		"\"AA\"}}}",
		"{\"master_key\":{\"user_id\":\"%s\",\"usage\":[\"self_signing\"],\"keys\":{"
		"\"ed25519:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}}}",
		"{\"master_key\":{\"user_id\":\"%s\",\"usage\":[\"master\"],\"keys\":{"
		"\"ed25519:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"},\"signatures\":{\"a\":7}}}",
	};
	for (size_t n = 0; n < ARRAY_LEN(bad); n++) {
		char body[1000];
		const char *mark = strstr(bad[n], "%s");
		snprintf(body, sizeof(body), "%.*s%s%s",
			 (int)(mark ? mark - bad[n] : (ptrdiff_t)strlen(bad[n])), bad[n],
			 mark ? eve.id : "", mark ? mark + 2 : "");
		test_error(&class_server, 400, "M_BAD_JSON", "POST", SIGNING, eve.token, "%s",
			   body);
	}
	identity_new(bert.id, &i);
	upload_refused(&i, &eve, 400, "M_INVALID_PARAM");
	identity_done(&i);
	/* A key that bears a device's name could be taken for the device's. */
	identity_new(eve.id, &i);
	AUTO_FREE char *token = test_login(&class_server, eve.name, i.master.public);
	upload_refused(&i, &eve, 403, "M_FORBIDDEN");
	identity_done(&i);
}

/* POST /keys/signatures/upload of one object; the failure's errcode, or "". */
static void sign(struct chatter *by, const char *user_id, const char *key_id, const json_t *object,
		 char ret[64])
{
	JSON_AUTO json_t *body = json_pack("{s:{s:O}}", user_id, key_id, object);
	AUTO_FREE char *text = json_text(body);
	JSON_AUTO json_t *j = test_json(&class_server, 200, "POST", V3 "keys/signatures/upload",
					by->token, "%s", text);
	const json_t *f =
		json_object_get(json_object_get(json_object_get(j, "failures"), user_id), key_id);
	const char *code = json_get_str(f, "errcode");
	snprintf(ret, 64, "%s", code ? code : "");
}

static void expect_signed(struct chatter *by, const char *user_id, const char *key_id,
			  const json_t *object, const char *want)
{
	char got[64];
	sign(by, user_id, key_id, object, got);
	assert_string_equal(got, want);
}

static void test_sign_own(void **state)
{
	(void)state;
	struct identity i;
	struct crypter a;
	identity_new(bert.id, &i);
	crypter_new(&bert, "SIGN", &a);
	json_decref(crypter_upload_keys(&a, 0));
	upload(&i, &bert, false);
	AUTO_FREE char *by_self = mem_printf("ed25519:%s", i.self.public);

	/* The device by the self-signing key; by no other, and not another object. */
	JSON_AUTO json_t *device = json_deep_copy(a.device_keys);
	signer_sign(&i.user, device, bert.id, i.self.public);
	expect_signed(&bert, bert.id, "SIGN", device, "M_INVALID_SIGNATURE");
	JSON_AUTO json_t *changed = json_deep_copy(a.device_keys);
	json_object_set_new(changed, "more", json_true());
	signer_sign(&i.self, changed, bert.id, i.self.public);
	expect_signed(&bert, bert.id, "SIGN", changed, "M_INVALID_SIGNATURE");
	signer_sign(&i.self, device, bert.id, i.self.public);
	expect_signed(&anna, bert.id, "SIGN", device, "M_NOT_FOUND");
	expect_signed(&bert, bert.id, "SIGN", device, "");
	expect_signed(&bert, bert.id, "NONE", device, "M_NOT_FOUND");
	JSON_AUTO json_t *seen = crypter_query(&eve, bert.id, NULL);
	assert_non_null(signature_in(seen, "device_keys", bert.id, "SIGN", bert.id, by_self));
	assert_non_null(
		signature_in(seen, "device_keys", bert.id, "SIGN", bert.id, "ed25519:SIGN"));
	/* It stays when the device uploads its own words again. */
	json_decref(crypter_upload_keys(&a, 0));
	JSON_AUTO json_t *still = crypter_query(&eve, bert.id, NULL);
	assert_non_null(signature_in(still, "device_keys", bert.id, "SIGN", bert.id, by_self));

	/* The master key by the device. */
	JSON_AUTO json_t *master = json_deep_copy(i.master_key);
	signer_sign(&a.signer, master, bert.id, "OTHER");
	expect_signed(&bert, bert.id, i.master.public, master, "M_INVALID_SIGNATURE");
	signer_sign(&a.signer, master, bert.id, "SIGN");
	expect_signed(&bert, bert.id, i.master.public, master, "");
	JSON_AUTO json_t *keys = crypter_query(&eve, bert.id, NULL);
	assert_non_null(signature_in(keys, "master_keys", bert.id, NULL, bert.id, "ed25519:SIGN"));
	assert_null(signature_in(keys, "master_keys", bert.id, NULL, bert.id, "ed25519:OTHER"));
	/* The same keys again lose no signature; others do. */
	upload(&i, &bert, false);
	JSON_AUTO json_t *kept = crypter_query(&eve, bert.id, NULL);
	assert_non_null(signature_in(kept, "master_keys", bert.id, NULL, bert.id, "ed25519:SIGN"));
	struct identity fresh;
	identity_new(bert.id, &fresh);
	upload(&fresh, &bert, true);
	JSON_AUTO json_t *after = crypter_query(&eve, bert.id, NULL);
	assert_null(signature_in(after, "device_keys", bert.id, "SIGN", bert.id, by_self));
	assert_non_null(
		signature_in(after, "device_keys", bert.id, "SIGN", bert.id, "ed25519:SIGN"));
	identity_done(&i);
	identity_done(&fresh);
	crypter_done(&a);
}

static bool told(struct chatter *c, const char *user)
{
	size_t i;
	json_t *v;
	bool found = false;
	JSON_AUTO json_t *sync = chatter_sync(c, "");
	json_array_foreach (json_object_get(json_object_get(sync, "device_lists"), "changed"), i, v)
		found |= !strcmp(json_string_value(v), user);
	return found;
}

static void test_sign_others(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	struct identity a, b;
	identity_new(anna.id, &a);
	identity_new(bert.id, &b);
	upload(&a, &anna, true);
	upload(&b, &bert, true);
	class_room(room, 0);
	json_decref(chatter_sync(&anna, ""));
	json_decref(chatter_sync(&bert, ""));
	AUTO_FREE char *by_anna = mem_printf("ed25519:%s", a.user.public);
	JSON_AUTO json_t *key = json_deep_copy(b.master_key);
	signer_sign(&a.self, key, anna.id, a.user.public);
	expect_signed(&anna, bert.id, b.master.public, key, "M_INVALID_SIGNATURE");
	signer_sign(&a.user, key, anna.id, a.user.public);
	expect_signed(&anna, bert.id, b.master.public, key, "");
	/* Only she sees whom she trusts, and her own devices hear of it. */
	JSON_AUTO json_t *own = crypter_query(&anna, bert.id, NULL);
	assert_non_null(signature_in(own, "master_keys", bert.id, NULL, anna.id, by_anna));
	JSON_AUTO json_t *his = crypter_query(&bert, bert.id, NULL);
	assert_null(signature_in(his, "master_keys", bert.id, NULL, anna.id, by_anna));
	assert_true(told(&anna, bert.id));
	assert_false(told(&bert, bert.id));
	/* Another key of hers has not signed anybody. */
	struct identity fresh;
	identity_new(anna.id, &fresh);
	upload(&fresh, &anna, true);
	JSON_AUTO json_t *after = crypter_query(&anna, bert.id, NULL);
	assert_null(signature_in(after, "master_keys", bert.id, NULL, anna.id, by_anna));
	assert_true(told(&bert, anna.id));
	identity_done(&a);
	identity_done(&b);
	identity_done(&fresh);
}

/* --- backups --- */

#define VERSION V3 "room_keys/version"
#define KEYS V3 "room_keys/keys"
#define AUTH "\"algorithm\":\"m.megolm_backup.v1\",\"auth_data\":{\"public_key\":\"p\"}"

static json_t *call(struct chatter *c, const char *method, const char *path, const char *body)
{
	return test_json(&class_server, 200, method, path, c->token, body ? "%s" : NULL, body);
}

static void make_version(struct chatter *c, const char *want)
{
	JSON_AUTO json_t *j = call(c, "POST", VERSION, "{" AUTH "}");
	assert_string_equal(json_get_str(j, "version"), want);
}

static void test_versions(void **state)
{
	(void)state;
	test_error(&class_server, 404, "M_NOT_FOUND", "GET", VERSION, anna.token, NULL);
	test_error(&class_server, 400, "M_BAD_JSON", "POST", VERSION, anna.token, "{}");
	make_version(&anna, "1");
	make_version(&anna, "2");
	JSON_AUTO json_t *newest = call(&anna, "GET", VERSION, NULL);
	assert_string_equal(json_get_str(newest, "version"), "2");
	assert_string_equal(json_get_str(newest, "etag"), "0");
	assert_int_equal(json_get_i64(newest, "count", -1), 0);
	assert_string_equal(json_get_str(json_object_get(newest, "auth_data"), "public_key"), "p");
	/* Only auth_data changes. */
	json_decref(call(&anna, "PUT", VERSION "/1",
			 "{\"algorithm\":\"m.megolm_backup.v1\",\"auth_data\":{\"signed\":1},"
			 "\"version\":\"1\"}"));
	JSON_AUTO json_t *one = call(&anna, "GET", VERSION "/1", NULL);
	assert_int_equal(json_get_i64(json_object_get(one, "auth_data"), "signed", 0), 1);
	test_error(&class_server, 400, "M_INVALID_PARAM", "PUT", VERSION "/1", anna.token,
		   "{\"algorithm\":\"other\",\"auth_data\":{}}");
	test_error(&class_server, 400, "M_INVALID_PARAM", "PUT", VERSION "/1", anna.token,
		   "{" AUTH ",\"version\":\"2\"}");
	test_error(&class_server, 404, "M_NOT_FOUND", "PUT", VERSION "/3", anna.token,
		   "{" AUTH "}");
	/* A deleted number does not come back. */
	json_decref(call(&anna, "DELETE", VERSION "/2", NULL));
	test_error(&class_server, 404, "M_NOT_FOUND", "DELETE", VERSION "/2", anna.token, NULL);
	test_error(&class_server, 404, "M_NOT_FOUND", "GET", VERSION "/2", anna.token, NULL);
	JSON_AUTO json_t *left = call(&anna, "GET", VERSION, NULL);
	assert_string_equal(json_get_str(left, "version"), "1");
	make_version(&anna, "3");
	/* Nobody else's. */
	test_error(&class_server, 404, "M_NOT_FOUND", "GET", VERSION "/1", bert.token, NULL);
	test_error(&class_server, 404, "M_NOT_FOUND", "GET", VERSION "/x", anna.token, NULL);
}

#define SESSION(first, forwarded, verified, data)                           \
	"{\"first_message_index\":" first ",\"forwarded_count\":" forwarded \
	",\"is_verified\":" verified ",\"session_data\":{\"d\":\"" data "\"}}"

static void put_one(const char *body, const char *want, const char *etag)
{
	JSON_AUTO json_t *j = call(&bert, "PUT", KEYS "/!r:x/s?version=1", body);
	assert_string_equal(json_get_str(j, "etag"), etag);
	assert_int_equal(json_get_i64(j, "count", -1), 1);
	JSON_AUTO json_t *k = call(&bert, "GET", KEYS "/!r:x/s?version=1", NULL);
	assert_string_equal(json_get_str(json_object_get(k, "session_data"), "d"), want);
}

static void test_better_key_wins(void **state)
{
	(void)state;
	make_version(&bert, "1");
	put_one(SESSION("5", "2", "false", "first"), "first", "1");
	put_one(SESSION("6", "0", "false", "later"), "first", "1");
	put_one(SESSION("5", "2", "false", "same"), "first", "1");
	put_one(SESSION("5", "1", "false", "nearer"), "nearer", "2");
	put_one(SESSION("4", "9", "false", "earlier"), "earlier", "3");
	put_one(SESSION("8", "9", "true", "verified"), "verified", "4");
	put_one(SESSION("0", "0", "false", "not verified"), "verified", "4");
	put_one(SESSION("7", "9", "true", "both"), "both", "5");
	static const char *const bad[] = {
		"{}",
		SESSION("-1", "0", "true", ""),
		SESSION("1.5", "0", "true", ""),
		SESSION("1", "\"0\"", "true", ""),
		SESSION("1", "0", "1", ""),
		"{\"first_message_index\":1,\"forwarded_count\":0,\"is_verified\":true,"
		"\"session_data\":\"text\"}",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		test_error(&class_server, 400, "M_BAD_JSON", "PUT", KEYS "/!r:x/s?version=1",
			   bert.token, "%s", bad[i]);
}

static void test_backup_keys(void **state)
{
	(void)state;
	make_version(&eve, "1");
	JSON_AUTO json_t *none = call(&eve, "GET", KEYS "?version=1", NULL);
	assert_int_equal(json_object_size(json_object_get(none, "rooms")), 0);
	JSON_AUTO json_t *all =
		call(&eve, "PUT", KEYS "?version=1",
		     "{\"rooms\":{\"!a:x\":{\"sessions\":{\"1\":" SESSION(
			     "0", "0", "true",
			     "a1") ",\"2\":" SESSION("0", "0", "true",
						     "a2") "}},\"!b:x\":{\"sessions\":{"
							   "\"1\":" SESSION("0", "0", "true",
									    "b1") "}}}}");
	assert_int_equal(json_get_i64(all, "count", -1), 3);
	JSON_AUTO json_t *room = call(&eve, "PUT", KEYS "/!c:x?version=1",
				      "{\"sessions\":{\"1\":" SESSION("0", "0", "true", "c1") "}}");
	assert_int_equal(json_get_i64(room, "count", -1), 4);
	JSON_AUTO json_t *got = call(&eve, "GET", KEYS "?version=1", NULL);
	json_t *rooms = json_object_get(got, "rooms");
	assert_int_equal(json_object_size(rooms), 3);
	json_t *in_a = json_object_get(json_object_get(rooms, "!a:x"), "sessions");
	assert_int_equal(json_object_size(in_a), 2);
	JSON_AUTO json_t *want = json_loads(SESSION("0", "0", "true", "a2"), 0, NULL);
	assert_true(json_equal(json_object_get(in_a, "2"), want));
	JSON_AUTO json_t *of_a = call(&eve, "GET", KEYS "/!a:x?version=1", NULL);
	assert_true(json_equal(json_object_get(of_a, "sessions"), in_a));
	JSON_AUTO json_t *empty = call(&eve, "GET", KEYS "/!none:x?version=1", NULL);
	assert_int_equal(json_object_size(json_object_get(empty, "sessions")), 0);
	test_error(&class_server, 404, "M_NOT_FOUND", "GET", KEYS "/!a:x/none?version=1", eve.token,
		   NULL);
	test_error(&class_server, 404, "M_NOT_FOUND", "GET", KEYS "?version=9", eve.token, NULL);
	test_error(&class_server, 400, "M_MISSING_PARAM", "GET", KEYS, eve.token, NULL);
	/* One that is not the newest takes nothing, and says which is. */
	make_version(&eve, "2");
	JSON_AUTO json_t *old = test_json(&class_server, 403, "PUT", KEYS "?version=1", eve.token,
					  "{\"rooms\":{}}");
	assert_string_equal(json_get_str(old, "errcode"), "M_WRONG_ROOM_KEYS_VERSION");
	assert_string_equal(json_get_str(old, "current_version"), "2");
	/* But it can still be read, and emptied. */
	JSON_AUTO json_t *one = call(&eve, "DELETE", KEYS "/!a:x/1?version=1", NULL);
	assert_int_equal(json_get_i64(one, "count", -1), 3);
	JSON_AUTO json_t *again = call(&eve, "DELETE", KEYS "/!a:x/1?version=1", NULL);
	assert_string_equal(json_get_str(again, "etag"), json_get_str(one, "etag"));
	JSON_AUTO json_t *gone = call(&eve, "DELETE", KEYS "/!a:x?version=1", NULL);
	assert_int_equal(json_get_i64(gone, "count", -1), 2);
	assert_string_not_equal(json_get_str(gone, "etag"), json_get_str(one, "etag"));
	JSON_AUTO json_t *rest = call(&eve, "DELETE", KEYS "?version=1", NULL);
	assert_int_equal(json_get_i64(rest, "count", -1), 0);
	JSON_AUTO json_t *info = call(&eve, "GET", VERSION "/1", NULL);
	assert_int_equal(json_get_i64(info, "count", -1), 0);
	assert_string_equal(json_get_str(info, "etag"), json_get_str(rest, "etag"));
}

static void read_jobs(void *ret)
{
	*(uint64_t *)ret = db_stats(class_server.srv->db)->jobs;
}

/* How often the writer has begun anew: others' messages go in between. */
static uint64_t jobs(void)
{
	uint64_t n;
	test_server_run(&class_server, read_jobs, &n);
	return n;
}

/* More than is read in one turn, or written in one job. */
static void test_large_backup(void **state)
{
	(void)state;
	enum { SESSIONS = 2 * BACKUP_WRITE_PIECE }; /* the last piece is full, too */
	struct chatter fred;
	chatter_new(&class_server, "fred", &fred);
	make_version(&fred, "1");
	JSON_AUTO json_t *one = json_loads(SESSION("0", "0", "true", "d"), 0, NULL);
	JSON_AUTO json_t *rooms = json_object();
	for (int i = 0; i < SESSIONS; i++) {
		char room[20], session[20];
		snprintf(room, sizeof(room), "!%d:x", i % 3 ? 0 : i);
		snprintf(session, sizeof(session), "%d", i);
		if (!json_object_get(rooms, room))
			json_object_set_new(rooms, room, json_pack("{s:{}}", "sessions"));
		json_object_set(json_object_get(json_object_get(rooms, room), "sessions"), session,
				one);
	}
	JSON_AUTO json_t *body = json_pack("{s:O}", "rooms", rooms);
	AUTO_FREE char *text = json_text(body);
	uint64_t before = jobs();
	JSON_AUTO json_t *put = call(&fred, "PUT", KEYS "?version=1", text);
	assert_int_equal(json_get_i64(put, "count", -1), SESSIONS);
	assert_true(jobs() - before >= 4); /* looked at, and stored */
	JSON_AUTO json_t *all = call(&fred, "GET", KEYS "?version=1", NULL);
	assert_true(json_equal(all, body));
	JSON_AUTO json_t *of_one = call(&fred, "GET", KEYS "/!0:x?version=1", NULL);
	assert_true(json_equal(of_one, json_object_get(rooms, "!0:x")));

	/* What is wrong at the end keeps all of it from being stored. */
	json_object_set_new(rooms, "!z:x", json_pack("{s:{s:{}}}", "sessions", "1"));
	json_object_set_new(json_object_get(json_object_get(rooms, "!0:x"), "sessions"), "new",
			    json_incref(one));
	AUTO_FREE char *bad = json_text(body);
	test_error(&class_server, 400, "M_BAD_JSON", "PUT", KEYS "?version=1", fred.token, "%s",
		   bad);
	JSON_AUTO json_t *same = call(&fred, "GET", VERSION "/1", NULL);
	assert_int_equal(json_get_i64(same, "count", -1), SESSIONS);

	before = jobs();
	JSON_AUTO json_t *left = call(&fred, "DELETE", KEYS "/!0:x?version=1", NULL);
	assert_int_equal(json_get_i64(left, "count", -1),
			 SESSIONS - (int)json_object_size(json_object_get(of_one, "sessions")));
	json_decref(call(&fred, "DELETE", VERSION "/1", NULL));
	assert_true(jobs() - before >= 3);
	test_error(&class_server, 404, "M_NOT_FOUND", "GET", VERSION "/1", fred.token, NULL);
	chatter_done(&fred);
}

/* What goes with an account. */
struct left {
	int64_t rows;
	struct span user_id;
};

/* All that the person with this id has in tables of their own. */
static void count_left(void *arg)
{
	struct left *l = arg;
	struct sql_stmt *s = SQL(db_reader(class_server.srv->db),
				 "WITH u AS(SELECT nid FROM users WHERE user_id=?1) SELECT"
				 " (SELECT count(*) FROM device_keys WHERE user_nid IN u)+"
				 "(SELECT count(*) FROM one_time_keys WHERE device_nid NOT IN"
				 " (SELECT nid FROM devices))+"
				 "(SELECT count(*) FROM to_device WHERE device_nid NOT IN"
				 " (SELECT nid FROM devices))+"
				 "(SELECT count(*) FROM cross_signing_keys WHERE user_nid IN u)+"
				 "(SELECT count(*) FROM key_backups WHERE user_nid IN u)+"
				 "(SELECT count(*) FROM key_backup_sessions WHERE user_nid IN u)+"
				 "(SELECT count(*) FROM account_data WHERE user_nid IN u)+"
				 "(SELECT count(*) FROM devices WHERE user_nid IN u)");
	sql_bind_text(s, 1, l->user_id);
	l->rows = sql_get_i64(s, -1);
}

static void test_deactivation(void **state)
{
	(void)state;
	struct chatter dora;
	struct identity i;
	struct crypter a;
	chatter_new(&class_server, "dora", &dora);
	identity_new(dora.id, &i);
	crypter_new(&dora, "D", &a);
	json_decref(crypter_upload_keys(&a, 1));
	upload(&i, &dora, false);
	make_version(&dora, "1");
	AUTO_FREE char *data = mem_printf(V3 "user/%s/account_data/org.x", dora.id);
	json_decref(test_json(&class_server, 200, "PUT", data, dora.token, "{\"a\":1}"));
	json_decref(test_json(&class_server, 200, "PUT", V3 "sendToDevice/m.x/dora", anna.token,
			      "{\"messages\":{\"%s\":{\"*\":{}}}}", dora.id));
	struct left l = {.user_id = span_of(dora.id)};
	test_server_run(&class_server, count_left, &l);
	assert_true(l.rows > 5);
	json_decref(
		test_json(&class_server, 200, "POST", V3 "account/deactivate", dora.token,
			  "{\"auth\":{\"type\":\"m.login.password\",\"identifier\":{\"type\":"
			  "\"m.id.user\",\"user\":\"dora\"},\"password\":\"password of dora\"}}"));
	test_server_run(&class_server, count_left, &l);
	assert_int_equal(l.rows, 0);
	JSON_AUTO json_t *seen = crypter_query(&anna, dora.id, NULL);
	json_t *devices = json_object_get(json_object_get(seen, "device_keys"), dora.id);
	assert_int_equal(json_object_size(devices), 0);
	assert_int_equal(json_object_size(json_object_get(seen, "master_keys")), 0);
	identity_done(&i);
	crypter_done(&a);
	chatter_done(&dora);
}

/* RFC 8032, section 7.1, test 2; and the same with one bit changed. */
static void test_ed25519(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf key = BUF_INIT(100), sig = BUF_INIT(200);
	assert_true(base64_decode(&key, SPAN_LIT("PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw")));
	assert_true(base64_decode(&sig,
				  SPAN_LIT("kqAJqfDUyrhyDoILX2QlQKKye1QWUD+Ps3YiI+vbadoIWsHkPhWZbkW"
					   "PNhPQ8R2MOHsurrQwKu6wDSkWErsMAA")));
	const uint8_t *k = (const uint8_t *)key.p;
	uint8_t *s = (uint8_t *)sig.p;
	assert_true(crypto_ed25519_verify(k, SPAN_LIT("r"), s));
	assert_false(crypto_ed25519_verify(k, SPAN_LIT("s"), s));
	assert_false(crypto_ed25519_verify(k, SPAN_LIT(""), s));
	s[63] ^= 1;
	assert_false(crypto_ed25519_verify(k, SPAN_LIT("r"), s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ed25519),
		cmocka_unit_test(test_cross_signing),
		cmocka_unit_test(test_cross_signing_shapes),
		cmocka_unit_test(test_sign_own),
		cmocka_unit_test(test_sign_others),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_better_key_wins),
		cmocka_unit_test(test_backup_keys),
		cmocka_unit_test(test_large_backup),
		cmocka_unit_test(test_deactivation),
	};
	return cmocka_run_group_tests_name("keys_signing", tests, class_start, class_stop);
}
