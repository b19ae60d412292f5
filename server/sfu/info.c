#include "core/base/clock.h"
#include "core/base/mem.h"
#include "server/sfu/internal.h"
#include "server/sfu/turn_lend.h"

static struct lk_codec codecs[] = {{.mime = "audio/opus", .fmtp_line = ""}};

void sfu_info_permission(const struct sfu_person *p, int sources[TOKEN_SOURCES_MAX],
			 struct lk_permission *ret)
{
	const struct token *t = &p->grant;
	size_t n = 0;
	for (int i = 1; i < TOKEN_SOURCES_MAX; i++)
		if (t->sources && sfu_may_be_heard(p, i))
			sources[n++] = i;
	*ret = (struct lk_permission){
		.can_subscribe = t->subscribe,
		.can_publish = t->publish && !p->silenced && (!t->sources || n),
		.can_publish_sources = sources,
		.can_publish_sources_n = n,
		.hidden = t->hidden,
		.can_update_metadata = t->update_metadata,
	};
}

void sfu_info(const struct sfu_person *p, struct lk_track tracks[SFU_TRACKS_MAX],
	      struct lk_person *ret)
{
	size_t n = 0;
	for (size_t i = 0; i < p->pub.tracks_n; i++)
		if (p->pub.tracks[i]->live)
			tracks[n++] = p->pub.tracks[i]->info;
	*ret = p->info;
	ret->tracks = tracks;
	ret->tracks_n = n;
	ret->is_publisher = n > 0;
}

void sfu_info_server(struct lk_server_info *ret)
{
	*ret = (struct lk_server_info){
		.version = MUSTER_VERSION,
		.protocol = LK_PROTOCOL,
		.region = "",
		.node_id = "muster",
	};
}

static size_t others(const struct sfu_person *p, struct lk_person *list,
		     struct lk_track (*tracks)[SFU_TRACKS_MAX])
{
	size_t n = 0;
	for (const struct sfu_person *o = p->room->people; o; o = o->next) {
		if (o == p || o->grant.hidden)
			continue;
		sfu_info(o, tracks[n], &list[n]);
		n++;
	}
	return n;
}

/* In one piece of memory. */
struct lent {
	struct lk_ice_server server;
	const char *urls[TURN_LEND_MAX];
	char user[TURN_LEND_USER], password[TURN_LEND_PASSWORD];
};

static void lend(const struct sfu_person *p, struct lk_join *j)
{
	const struct turn_lend *turn = p->engine->turn;
	if (!turn)
		return;
	struct lent *l = NEW(struct lent);
	turn_lend_login(turn, p->info.identity, clock_wall_ms(), l->user, l->password);
	l->server = (struct lk_ice_server){
		.urls = l->urls,
		.urls_n = turn_lend_uris(turn, l->urls),
		.username = l->user,
		.credential = l->password,
	};
	j->ice_servers = &l->server;
	j->ice_servers_n = 1;
}

/* A small call talks at once; in a class most only listen, and cost one connection. */
#define FAST_PUBLISH_PEOPLE 8

void sfu_info_join(const struct sfu_person *p, struct lk_response *ret)
{
	size_t room = p->room->people_n + 1;
	struct lk_track(*tracks)[SFU_TRACKS_MAX] = mem_alloc(room * sizeof(*tracks));
	*ret = (struct lk_response){.kind = LK_RES_JOIN};
	struct lk_join *j = &ret->join;
	j->has_room = j->has_participant = j->has_server_info = true;
	sfu_room_info(p->room, &j->room);
	j->room.enabled_codecs = codecs;
	j->room.enabled_codecs_n = ARRAY_LEN(codecs);
	j->other_participants = mem_alloc(room * sizeof(struct lk_person));
	j->other_participants_n = others(p, j->other_participants, tracks + 1);
	sfu_info(p, tracks[0], &j->participant);
	sfu_info_server(&j->server_info);
	j->server_version = j->server_info.version;
	j->subscriber_primary = true;
	j->ping_interval = SFU_PING_INTERVAL_S;
	j->ping_timeout = SFU_PING_TIMEOUT_S;
	j->sif_trailer =
		(struct span){(const char *)p->engine->trailer, sizeof(p->engine->trailer)};
	j->enabled_publish_codecs = codecs;
	j->enabled_publish_codecs_n = ARRAY_LEN(codecs);
	j->fast_publish =
		p->info.permission.can_publish && p->room->people_n <= FAST_PUBLISH_PEOPLE;
	lend(p, j);
	/* The first of them tells where the memory is. */
	j->participant.tracks = tracks[0];
}

void sfu_info_join_done(struct lk_response *r)
{
	mem_free(r->join.participant.tracks);
	mem_free(r->join.other_participants);
	/* `server` is the first member of what `lend` made. */
	mem_free(r->join.ice_servers);
}
