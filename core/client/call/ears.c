#include "core/client/call/ears.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/client/call/room_call_priv.h"
#include "core/client/util.h"

#include <string.h>

#define AGAIN_MS 30000 /* after a connection that could not be made, or broke for good */

struct ear {
	struct room_call *rc;
	struct ear *next;
	char service[RTC_URL_MAX];
	struct place *place;
	struct call *call;
	struct loop_timer *later; /* try again, or put away what has ended */
	bool wanted;		  /* somebody publishes there */
	bool same;		  /* another name of where we are already */
	bool leaving, over;	  /* `call` is told to end; has ended */
	bool told;		  /* that it cannot be heard */
};

static void on_later(void *arg);

static struct ear *find(const struct room_call *rc, const char *service)
{
	struct ear *e = rc->ears;
	while (e && strcmp(e->service, service) != 0)
		e = e->next;
	return e;
}

const struct ear *ears_of(const struct room_call *rc, const char *service)
{
	const struct ear *e = find(rc, service);
	return e && e->call && !e->over && !e->same ? e : NULL;
}

static void warn(struct ear *e, const struct err *why)
{
	struct err w = *why;
	if (e->told)
		return;
	e->told = true;
	err_prefix(&w, _("some people in this call are not heard"));
	e->rc->h.warning(e->rc->arg, &w);
}

/* -- One connection ------------------------------------------------------------------ */

static void on_state(void *arg, enum call_state now)
{
	(void)arg;
	(void)now;
}

static void on_person(void *arg, enum call_person_event what, const struct call_person *p)
{
	struct ear *e = arg;
	if (!p->self && e->rc->phase < RC_LEAVING)
		room_call_person(e->rc, e, what, p);
}

static void on_muted(void *arg, bool muted, bool by_server)
{
	(void)arg;
	(void)muted;
	(void)by_server;
}

static void on_token(void *arg)
{
	struct ear *e = arg;
	place_renew(e->place);
}

static void on_input_end(void *arg)
{
	(void)arg;
}

static void on_warning(void *arg, const struct err *err)
{
	(void)arg;
	log_info("another SFU: %s", err->msg);
}

static void on_ended(void *arg, enum call_end why, const struct err *err)
{
	struct ear *e = arg;
	e->over = true;
	room_call_forget(e->rc, e);
	if (e->wanted && err && e->rc->phase < RC_LEAVING)
		warn(e, err);
	/* Who was removed, or is there from another program, does not come back. */
	bool again = why == CALL_END_FAILED && e->wanted;
	loop_timer_start(e->later, again ? AGAIN_MS : 0, 0);
}

/* A sound card plays several streams; a pipe or a file is one. */
static bool plays_many(const char *output)
{
	return output && (strncmp(output, "portaudio", 9) == 0 || strncmp(output, "null", 4) == 0);
}

static void connect_ear(struct ear *e, const struct rtc_token *t)
{
	static const struct call_handler h = {on_state,	    on_person,	on_muted, on_token,
					      on_input_end, on_warning, on_ended};
	const struct room_call *rc = e->rc;
	struct call_options o = {
		.url = t->url,
		.token = t->jwt,
		.ca_file = client_ca_file(rc->c),
		.listen_only = true,
		.addresses = rc->o.addresses,
		.sound = {.output = plays_many(rc->output) ? rc->output : NULL,
			  .opus = {.complexity = -1}},
	};
	struct err err;
	if (call_new(rc->l, &o, &h, e, &e->call, &err)) {
		warn(e, &err);
		return;
	}
	if ((rc->output && !o.sound.output) || rc->record) {
		err_set(&err, ERR_UNSUPPORTED,
			_("they are on another SFU, whose sound is neither written nor recorded"));
		warn(e, &err);
	}
}

static void on_found(void *arg, const struct rtc_token *t, const struct err *err)
{
	struct ear *e = arg;
	if (e->rc->phase >= RC_LEAVING || !e->wanted)
		return;
	if (e->call) {
		call_token(e->call, t ? t->jwt : NULL, err);
	} else if (err) {
		warn(e, err);
		loop_timer_start(e->later, AGAIN_MS, 0);
	} else if (strcmp(t->url, e->rc->sfu_url) == 0 && strcmp(t->room, e->rc->sfu_room) == 0) {
		e->same = true;
	} else {
		connect_ear(e, t);
	}
}

static void begin(struct ear *e)
{
	static const struct place_handler h = {on_found, NULL};
	if (e->place && place_is_asking(e->place))
		return;
	if (!e->place)
		e->place = place_new(e->rc->c, e->rc->room_id, e->service, true, &h, e);
	place_find(e->place);
}

static void free_ear(struct ear *e)
{
	call_free(e->call);
	place_free(e->place);
	loop_timer_free(e->later);
	mem_free(e);
}

static void unlink_ear(struct ear *e)
{
	struct ear **at = &e->rc->ears;
	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
}

static void on_later(void *arg)
{
	struct ear *e = arg;
	if (e->over) {
		call_free(take(&e->call));
		e->over = e->leaving = false;
	}
	if (e->wanted && e->rc->phase == RC_IN) {
		begin(e);
	} else if (!e->wanted) {
		unlink_ear(e);
		free_ear(e);
	}
}

/* -- All of them ------------------------------------------------------------------------ */

static void add(struct room_call *rc, const char *service)
{
	size_t n = 0;
	for (const struct ear *e = rc->ears; e; e = e->next)
		n++;
	if (n >= EARS_MAX) {
		log_info("people are on more than %d other SFUs; some are not heard", EARS_MAX);
		return;
	}
	struct ear *e = NEW(struct ear);
	e->rc = rc;
	e->wanted = true;
	snprintf(e->service, sizeof(e->service), "%s", service);
	e->later = loop_timer_new(rc->l, on_later, e);
	e->next = rc->ears;
	rc->ears = e;
	begin(e);
}

static void drop(struct ear *e)
{
	if (e->call && !e->over && !e->leaving)
		call_leave(e->call);
	else if (!e->call)
		loop_timer_start(e->later, 0, 0);
	e->leaving = e->call != NULL;
}

void ears_update(struct room_call *rc)
{
	const struct company *p = &rc->people;
	const char *ours = place_service(rc->place);
	int64_t now = clock_wall_ms();
	for (struct ear *e = rc->ears; e; e = e->next)
		e->wanted = false;
	for (size_t i = 0; i < p->members_n; i++) {
		const char *service = company_place(p, i, now);
		struct ear *e = find(rc, service);
		if (!*service || strcmp(service, ours) == 0)
			continue;
		if (e)
			e->wanted = true;
		else
			add(rc, service);
	}
	for (struct ear *e = rc->ears; e; e = e->next)
		if (!e->wanted)
			drop(e);
}

void ears_leave(struct room_call *rc)
{
	for (struct ear *e = rc->ears; e; e = e->next) {
		loop_timer_stop(e->later);
		if (e->call && !e->over)
			call_leave(e->call);
	}
}

void ears_free(struct room_call *rc)
{
	while (rc->ears) {
		struct ear *e = rc->ears;
		rc->ears = e->next;
		free_ear(e);
	}
}
