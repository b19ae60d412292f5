#include "core/base/clock.h"
#include "core/base/mem.h"
#include "server/sfu/session.h"

#include <stdio.h>

/* Goes to the SFU's thread and comes back. */
struct asking {
	struct sfu_engine *engine;
	struct sfu_ask ask;
	char *room, *identity, *session, *if_match, *body;
	struct sfu_answer answer;
	bool silenced;
	sfu_told_fn *fn;
	void *arg;
};

static void asking_free(struct asking *a)
{
	mem_free(a->room);
	mem_free(a->identity);
	mem_free(a->session);
	mem_free(a->if_match);
	mem_free(a->body);
	buf_done(&a->answer.body);
	mem_free(a);
}

static void tell(void *arg)
{
	struct asking *a = arg;
	const struct sfu_told t = {
		.status = a->answer.status,
		.why = a->answer.err.msg,
		.retry_after_s = a->answer.retry_after_s,
		.session = a->answer.session,
		.etag = a->answer.etag,
		.body = buf_span(&a->answer.body),
	};
	a->fn(a->arg, &t);
	asking_free(a);
}

static void carry_out(void *arg)
{
	struct asking *a = arg;
	struct sfu_engine *e = a->engine;
	struct sfu_out *o = NEW(struct sfu_out);
	int64_t now = clock_mono_ms();
	sfu_session_ask(e, &a->ask, a->silenced, now, &a->answer);
	*o = (struct sfu_out){.kind = SFU_OUT_CALL, .fn = tell, .arg = a};
	sfu_engine_put(e, o);
	sfu_engine_settle(e, now);
}

/* What may they do now? False: they may not come in, and are told so. */
static bool admit(const struct sfu *s, const struct sfu_ask *ask, sfu_told_fn *fn, void *arg,
		  bool *ret_silenced)
{
	struct token who = {.publish = true};
	struct sfu_permit may;
	snprintf(who.room, sizeof(who.room), "%s", ask->room);
	snprintf(who.identity, sizeof(who.identity), "%s", ask->identity);
	sfu_permit_now(s, &who, &may);
	*ret_silenced = may.known && !may.publish;
	if (may.enter)
		return true;
	const struct sfu_told t = {
		.status = 403,
		.why = may.why ? may.why : _("you may not be in this call now"),
		.session = "",
		.etag = "",
		.body = {"", 0},
	};
	fn(arg, &t);
	return false;
}

void sfu_ask(struct sfu *s, const struct sfu_ask *ask, sfu_told_fn *fn, void *arg)
{
	bool silenced = false;
	if (ask->what == SFU_ASK_START && !admit(s, ask, fn, arg, &silenced))
		return;
	struct asking *a = NEW(struct asking);
	a->silenced = silenced;
	a->engine = s->engine;
	a->room = mem_strdup(ask->room);
	a->identity = mem_strdup(ask->identity);
	a->session = mem_strdup(ask->session ? ask->session : "");
	a->if_match = span_dup(ask->if_match);
	a->body = span_dup(ask->body);
	a->ask = *ask;
	a->ask.room = a->room;
	a->ask.identity = a->identity;
	a->ask.session = a->session;
	a->ask.if_match = (struct span){a->if_match, ask->if_match.n};
	a->ask.body = (struct span){a->body, ask->body.n};
	a->fn = fn;
	a->arg = arg;
	loop_post(worker_loop(s->worker), carry_out, a);
}
