#include "tests/lib/call_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/client/rooms.h"
#include "core/client/send.h"
#include "core/matrix/rtc_member.h"

#include <signal.h>

static struct home home;
struct forked pair_server;
static char server_dir[300];
struct err err;

int pair_setup(void **state)
{
	(void)state;
	home_make(&home);
	snprintf(server_dir, sizeof(server_dir), "%.250s/server", home.dir);
	AUTO_FREE char *conf = fs_join(server_dir, "muster.conf");
	assert_int_equal(fs_mkdirs(server_dir, 0700, &err), 0);
	assert_int_equal(fs_write_atomic(conf,
					 SPAN_LIT("calls = true\nudp_port = 0\n"
						  "encryption = true\n"),
					 0600, &err),
			 0);
	forked_serve(&pair_server, server_dir);
	account_register(pair_server.url, "ann");
	account_register(pair_server.url, "bob");
	return 0;
}

int pair_teardown(void **state)
{
	(void)state;
	forked_end(&pair_server, SIGTERM);
	home_remove(&home);
	return 0;
}

char *make_room(struct client *ann, struct client *bob, const char *name)
{
	JSON_AUTO json_t *made = NULL, *joined = NULL;
	const char *const people[] = {"@bob:localhost", NULL};
	struct room_create rq = {.name = name, .invite = people};
	char *room = NULL;
	if (name) {
		OK(client_room_create(ann, &rq, &made, &err));
		room = mem_strdup(json_get_str(made, "room_id"));
	} else {
		OK(room_resolve(ann, "@bob:localhost", ROOM_MAKE_DIRECT, &room, &err));
	}
	OK(client_room_join(bob, room, NULL, &joined, &err));
	return room;
}

json_t *member_of(struct client *c, const char *room, const char *user, const char *device)
{
	char key[LIMIT_ID_BYTES + 1];
	json_t *content = NULL;
	OK(rtc_member_key(user, device, NULL, key, &err));
	int rc = client_state_get(c, room, RTC_MEMBER_TYPE, key, &content, &err);
	if (rc == ERR_NOT_FOUND)
		return json_object();
	OK(rc);
	return content;
}

bool is_member(struct client *c, const char *room, const struct client *who)
{
	const struct account *a = client_account(who);
	JSON_AUTO json_t *content = member_of(c, room, a->user_id, a->device_id);
	return json_object_get(content, "application") != NULL;
}

char *put_member(struct client *c, const char *room, const char *service)
{
	const struct account *a = client_account(c);
	struct rtc_member_draft d = {.user_id = a->user_id,
				     .device_id = a->device_id,
				     .room_id = room,
				     .service_url = service,
				     .expires_ms = RTC_EXPIRES_MS};
	char key[LIMIT_ID_BYTES + 1], *id = NULL;
	JSON_AUTO json_t *content = rtc_member_make(&d);
	OK(rtc_member_key(a->user_id, a->device_id, NULL, key, &err));
	OK(client_state_put(c, room, RTC_MEMBER_TYPE, key, content, &id, &err));
	return id;
}

char *identity_of(const struct client *c)
{
	return mem_printf("%s:%s", client_account(c)->user_id, client_account(c)->device_id);
}

void pair_open(struct pair *p, const char *name)
{
	p->ann = client_of("ann", 600000, NULL);
	p->bob = client_of("bob", 600000, NULL);
	p->room = make_room(p->ann, p->bob, name);
	calling_open(&p->t, "ann");
}

void pair_close(struct pair *p)
{
	if (p->t.rc && !p->t.ended) {
		room_call_leave(p->t.rc, "left");
		calling_wait_ended(&p->t);
	}
	calling_close(&p->t);
	client_close(p->ann);
	client_close(p->bob);
	mem_free(p->room);
}

void pair_join(struct pair *p, struct room_call_options o)
{
	o.room_id = p->room;
	/* A machine that stands still for some seconds is not gone, and may take its time to go. */
	o.times.guard = o.times.guard ? o.times.guard : 600000;
	o.times.leaving = o.times.leaving ? o.times.leaving : 120000;
	calling_join(&p->t, &o);
	AUTO_FREE char *self = identity_of(p->ann);
	calling_wait_made(&p->t);
	fake_call_person(CALL_PERSON_JOINED, self, true);
	fake_call_state(CALL_JOINED);
	calling_wait(&p->t, "joined");
}
