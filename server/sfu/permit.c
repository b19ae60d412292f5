#include "core/base/clock.h"
#include "core/base/mem.h"
#include "server/sfu/internal.h"

/* -- On the SFU's thread ------------------------------------------------------------ */

bool sfu_may_be_heard(const struct sfu_person *p, int source)
{
	return !p->silenced && token_may_publish(&p->grant, source);
}

void sfu_permit_mute(struct sfu_track *t, int64_t now)
{
	const struct lk_response m = {.kind = LK_RES_MUTE, .mute = {t->info.sid, true}};
	sfu_track_mute(t, true, now);
	sfu_send(t->person, &m);
}

void sfu_permit_changed(struct sfu_person *p, int64_t now)
{
	int sources[TOKEN_SOURCES_MAX];
	struct lk_permission next;
	sfu_info_permission(p, sources, &next);
	lk_permission_done(&p->info.permission);
	lk_permission_copy(&p->info.permission, &next);
	for (size_t i = 0; i < p->pub.tracks_n; i++) {
		struct sfu_track *t = p->pub.tracks[i];
		bool may = sfu_may_be_heard(p, t->info.source);
		if (!t->info.muted && !may)
			sfu_permit_mute(t, now);
		else if (p->session && may) /* by WHIP nobody could say that they unmute */
			sfu_track_mute(t, false, now);
	}
	sfu_room_changed(p, now);
}

struct verdict {
	struct sfu_engine *engine;
	char *room, *identity;
	bool publish, admin;
};

static void apply(void *arg)
{
	struct verdict *v = arg;
	struct sfu_room *r = sfu_room_find(v->engine, v->room);
	struct sfu_person *p = r ? sfu_room_person(r, v->identity) : NULL;
	if (p && (p->silenced == v->publish || p->grant.admin != v->admin)) {
		p->silenced = !v->publish;
		p->grant.publish = true;
		p->grant.admin = v->admin;
		sfu_permit_changed(p, clock_mono_ms());
	}
	mem_free(v->room);
	mem_free(v->identity);
	mem_free(v);
}

/* -- On the loop -------------------------------------------------------------------- */

void sfu_permit(struct sfu *s, const char *room, const char *identity, bool publish, bool admin)
{
	struct verdict *v = NEW(struct verdict);
	*v = (struct verdict){
		.engine = s->engine,
		.room = mem_strdup(room),
		.identity = mem_strdup(identity),
		.publish = publish,
		.admin = admin,
	};
	loop_post(worker_loop(s->worker), apply, v);
}

void sfu_permit_now(const struct sfu *s, struct token *t, struct sfu_permit *ret)
{
	*ret = (struct sfu_permit){.enter = !s->admit};
	if (s->admit)
		s->admit(s->arg, t->room, t->identity, ret);
	if (!ret->known) {
		ret->publish = t->publish;
		ret->admin = t->admin;
		return;
	}
	t->publish = true;
	t->admin = ret->admin;
}
