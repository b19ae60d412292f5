/*
 * Makes an account that was synced once, without any server:
 *
 *   fill USER_ID SYNC.json [ROOMS]
 *
 * in the folders of the environment; its server is one that nobody runs, or MUSTER_FILL_SERVER.
 * ROOMS: so many rooms more, each with a few messages, for measuring.
 */
#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/client/account.h"
#include "core/client/apply.h"

#include <stdio.h>
#include <stdlib.h>

#define DAY_MS 1764403200000LL /* 2025-11-29 08:00 UTC */

static void put_room(struct buf *b, int i, const char *user)
{
	buf_printf(b,
		   "\"!r%d:school.test\":{\"state\":{\"events\":["
		   "{\"type\":\"m.room.name\",\"state_key\":\"\",\"event_id\":\"$n%d\",\"sender\":"
		   "\"%s\","
		   "\"origin_server_ts\":%lld,\"content\":{\"name\":\"Room number %d\"}},"
		   "{\"type\":\"m.room.member\",\"state_key\":\"%s\",\"event_id\":\"$j%d\","
		   "\"sender\":\"%s\","
		   "\"origin_server_ts\":%lld,\"content\":{\"membership\":\"join\"}}]},"
		   "\"timeline\":{\"limited\":false,\"prev_batch\":\"p\",\"events\":[",
		   i, i, user, DAY_MS + i, i, user, i, user, DAY_MS + i);
	for (int k = 0; k < 5; k++)
		buf_printf(b,
			   "%s{\"type\":\"m.room.message\",\"event_id\":\"$m%d-%d\",\"sender\":\"@"
			   "ben:school.test\","
			   "\"origin_server_ts\":%lld,\"content\":{\"msgtype\":\"m.text\",\"body\":"
			   "\"message %d of room %d\"}}",
			   k ? "," : "", i, k, DAY_MS + i + k * 1000LL, k, i);
	buf_printf(b,
		   "]},\"unread_notifications\":{\"notification_count\":%d,\"highlight_count\":0}}",
		   i % 7 == 0 ? 3 : 0);
}

static int apply_many(struct store *s, const char *user, int rooms, struct err *err)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	bool news;
	buf_put_str(&b, "{\"next_batch\":\"s2\",\"rooms\":{\"join\":{");
	for (int i = 0; i < rooms; i++) {
		if (i)
			buf_put_char(&b, ',');
		put_room(&b, i, user);
	}
	buf_put_str(&b, "}}}");
	int rc = apply_sync(s, user, "s1", buf_span(&b), &news, err);
	buf_done(&b);
	return rc;
}

static int fill(const char *user, const char *file, int rooms, struct err *err)
{
	struct account *a = NULL;
	struct store *s = NULL;
	struct buf b = BUF_INIT(16u << 20);
	struct secrets secret = {.access_token = mem_strdup("mst_nothing")};
	bool news;
	const char *server = getenv("MUSTER_FILL_SERVER");
	int rc = account_make(NULL, server ? server : "http://127.0.0.1:1", user, "TESTDEVICE", &a,
			      err);
	if (!rc)
		rc = account_secrets_save(a, &secret, err);
	AUTO_FREE char *path = rc ? NULL : account_path(a, "cache.db");
	if (!rc)
		rc = store_open(path, &s, err);
	if (!rc)
		rc = fs_read(file, &b, err);
	if (!rc)
		rc = apply_sync(s, user, NULL, buf_span(&b), &news, err);
	if (!rc && rooms > 0)
		rc = apply_many(s, user, rooms, err);
	store_close(s);
	account_free(a);
	secrets_done(&secret);
	buf_done(&b);
	return rc;
}

int main(int argc, char **argv)
{
	struct err err;
	if (argc < 3) {
		fprintf(stderr, "usage: fill USER_ID SYNC.json [ROOMS]\n");
		return 2;
	}
	if (fill(argv[1], argv[2], argc > 3 ? (int)strtol(argv[3], NULL, 10) : 0, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	return 0;
}
