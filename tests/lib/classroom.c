#include "tests/lib/classroom.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/base/mem.h"

#include <string.h>

struct test_server class_server;
struct chatter anna, bert, eve;

int class_start(void **state)
{
	(void)state;
	memset(&class_server, 0, sizeof(class_server));
	test_server_start(&class_server);
	chatter_new(&class_server, "anna", &anna);
	chatter_new(&class_server, "bert", &bert);
	chatter_new(&class_server, "eve", &eve);
	return 0;
}

int class_stop(void **state)
{
	(void)state;
	chatter_done(&anna);
	chatter_done(&bert);
	chatter_done(&eve);
	test_server_done(&class_server);
	return 0;
}

void class_room(char room[LIMIT_ID_BYTES + 1], int n)
{
	char text[16];
	chatter_create(&anna, "{'preset':'public_chat','name':'Class'}", room);
	chatter_room(&bert, room, "join", "{}");
	for (int i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%d", i);
		chatter_say(&anna, room, text, NULL);
	}
}

json_t *class_get(struct chatter *c, const char *fmt, ...)
{
	va_list ap;
	struct buf path = BUF_INIT(4000);
	va_start(ap, fmt);
	buf_vprintf(&path, fmt, ap);
	va_end(ap);
	json_t *j = test_json(&class_server, 200, "GET", buf_str(&path), c->token, NULL);
	buf_done(&path);
	return j;
}

void class_refused(struct chatter *c, int status, const char *errcode, const char *fmt, ...)
{
	va_list ap;
	struct buf path = BUF_INIT(4000);
	va_start(ap, fmt);
	buf_vprintf(&path, fmt, ap);
	va_end(ap);
	test_error(&class_server, status, errcode, "GET", buf_str(&path), c->token, NULL);
	buf_done(&path);
}

void class_page_all(struct chatter *c, const char *room, const char *how, char *ret, size_t size)
{
	char from[100] = "";
	ret[0] = '\0';
	for (int pages = 0; pages < 200; pages++) {
		JSON_AUTO json_t *j = class_get(c, V3 "rooms/%s/messages?%s%s%s", room, how,
						*from ? "&from=" : "", from);
		json_t *chunk = json_object_get(j, "chunk");
		assert_non_null(json_get_str(j, "start"));
		for (size_t i = 0; i < json_array_size(chunk); i++) {
			const char *body = body_at(chunk, i);
			size_t n = strlen(ret);
			if (*body)
				snprintf(ret + n, size - n, "%s ", body);
		}
		const char *end = json_get_str(j, "end");
		if (!end)
			return;
		snprintf(from, sizeof(from), "%s", end);
	}
	fail_msg("paging does not end");
}

void class_send(struct chatter *c, const char *room, const char *type, char ret[64],
		const char *fmt, ...)
{
	static int txn;
	va_list ap;
	struct buf body = BUF_INIT(4000);
	va_start(ap, fmt);
	buf_vprintf(&body, fmt, ap);
	va_end(ap);
	AUTO_FREE char *path = mem_printf(V3 "rooms/%s/send/%s/raw%d", room, type, ++txn);
	JSON_AUTO json_t *j =
		test_json(&class_server, 200, "PUT", path, c->token, "%s", buf_str(&body));
	snprintf(ret, 64, "%s", json_get_str(j, "event_id"));
	buf_done(&body);
}
