#include "tests/lib/fake_call.h"

#include "core/base/mem.h"

#include <stdio.h>
#include <string.h>

struct call {
	struct call *next;
	char url[600];
	struct loop *l;
	struct loop_timer *end;
	struct call_handler h;
	void *arg;
};

struct fake_call fake_call;
static struct call *living;
static struct err refusal;

void fake_call_refuse(int code, const char *msg)
{
	err_set(&refusal, code, "%s", msg);
}

bool fake_call_select(const char *url)
{
	struct call *c = living;
	while (c && strcmp(c->url, url) != 0)
		c = c->next;
	if (c)
		fake_call.call = c;
	return c != NULL;
}

static void on_end(void *arg)
{
	struct call *c = arg;
	c->h.ended(c->arg, CALL_END_LEFT, NULL);
}

int call_new(struct loop *owner, const struct call_options *o, const struct call_handler *h,
	     void *arg, struct call **ret, struct err *err)
{
	if (refusal.code) {
		*err = refusal;
		refusal.code = 0;
		return err->code;
	}
	struct call *c = NEW(struct call);
	c->l = owner;
	c->end = loop_timer_new(owner, on_end, c);
	c->h = *h;
	c->arg = arg;
	c->next = living;
	living = c;
	snprintf(c->url, sizeof(c->url), "%s", o->url);
	fake_call.call = c;
	fake_call.o = *o;
	fake_call.muted = o->muted;
	fake_call.left = false;
	fake_call.made++;
	snprintf(fake_call.url, sizeof(fake_call.url), "%s", o->url);
	snprintf(fake_call.token, sizeof(fake_call.token), "%s", o->token);
	*ret = c;
	return 0;
}

void call_leave(struct call *c)
{
	fake_call.left = true;
	loop_timer_start(c->end, 0, 0);
}

void call_free(struct call *c)
{
	if (!c)
		return;
	fake_call.freed++;
	struct call **at = &living;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	if (fake_call.call == c)
		fake_call.call = living;
	loop_timer_free(c->end);
	mem_free(c);
}

void call_token(struct call *c, const char *token, const struct err *why)
{
	(void)c;
	snprintf(fake_call.renewed, sizeof(fake_call.renewed), "%s", token ? token : why->msg);
}

void call_turn(struct call *c, const struct call_turn *t)
{
	(void)c;
	(void)t;
}

void call_mute(struct call *c, bool muted)
{
	fake_call.muted = muted;
	(void)c;
}

void call_gain(struct call *c, const char *identity, float db)
{
	(void)c;
	(void)identity;
	(void)db;
}

int call_record(struct call *c, const char *path, enum audio_engine_tap what, struct err *err)
{
	(void)c;
	(void)what;
	(void)err;
	snprintf(fake_call.record, sizeof(fake_call.record), "%s", path ? path : "");
	return 0;
}

void call_status(struct call *c, struct call_status *ret)
{
	(void)c;
	*ret = (struct call_status){.state = CALL_JOINED, .rtt_ms = 7, .publishing = true};
}

const char *call_way_name(enum call_way w)
{
	(void)w;
	return "udp";
}

const char *call_end_name(enum call_end why)
{
	static const char *const names[] = {"left",  "removed", "elsewhere",
					    "ended", "closed",	"failed"};
	return names[why];
}

const char *call_quality_name(enum call_quality q)
{
	static const char *const names[] = {"unknown", "lost", "poor", "good", "excellent"};
	return names[q];
}

void fake_call_state(enum call_state now)
{
	fake_call.call->h.state(fake_call.call->arg, now);
}

void fake_call_person(enum call_person_event what, const char *identity, bool self)
{
	struct call_person p = {.identity = identity,
				.sid = "PA_x",
				.name = "",
				.self = self,
				.publishing = true,
				.speaking = what == CALL_PERSON_SPEAKING,
				.muted = what == CALL_PERSON_MUTED,
				.level = 0.5f,
				.quality = CALL_GOOD};
	fake_call.call->h.person(fake_call.call->arg, what, &p);
}

void fake_call_muted(bool muted, bool by_server)
{
	fake_call.call->h.muted(fake_call.call->arg, muted, by_server);
}

void fake_call_ask_token(void)
{
	fake_call.call->h.token(fake_call.call->arg);
}

void fake_call_input_end(void)
{
	fake_call.call->h.input_end(fake_call.call->arg);
}

void fake_call_end(enum call_end why, const struct err *err)
{
	fake_call.call->h.ended(fake_call.call->arg, why, err);
}
