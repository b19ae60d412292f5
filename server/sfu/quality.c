#include "core/base/mem.h"
#include "server/sfu/session.h"

#define GOOD_LOSS 0.02 /* less than this is excellent */
#define POOR_LOSS 0.06
#define GOOD_RTT_MS 250
#define POOR_RTT_MS 600

/* Of their voice, since the last look. */
static double loss_up(struct sfu_person *p)
{
	struct peer_stats s;
	if (!p->pub.link.peer)
		return 0;
	peer_stats(p->pub.link.peer, &s);
	int64_t lost = s.lost - p->lost_before;
	int64_t got = (int64_t)(s.rtp_received - p->received_before);
	p->lost_before = s.lost;
	p->received_before = s.rtp_received;
	return lost > 0 ? (double)lost / (double)(lost + got) : 0;
}

static int quality_of(struct sfu_person *p)
{
	struct peer_stats s;
	double up = loss_up(p);
	/* By WHIP the other one is never used. */
	const struct peer *peer =
		p->session && p->session->speaks ? p->pub.link.peer : p->sub.link.peer;
	enum peer_state state = peer_state(peer);
	if ((!p->line && !p->session) || state == PEER_DISCONNECTED || state == PEER_FAILED)
		return LK_LOST;
	peer_stats(peer, &s);
	double loss = s.remote_loss > up ? s.remote_loss : up;
	if (loss >= POOR_LOSS || s.rtt_ms >= POOR_RTT_MS)
		return LK_POOR;
	return loss >= GOOD_LOSS || s.rtt_ms >= GOOD_RTT_MS ? LK_GOOD : LK_EXCELLENT;
}

static float score_of(int quality)
{
	return quality == LK_EXCELLENT ? 4.5f
	       : quality == LK_GOOD    ? 3.5f
	       : quality == LK_POOR    ? 2
				       : 0;
}

static void tell_count(struct sfu_room *r)
{
	struct lk_response m = {.kind = LK_RES_ROOM_UPDATE, .room_update = {.has_room = true}};
	if (r->told_n == r->people_n)
		return;
	r->told_n = r->people_n;
	sfu_room_info(r, &m.room_update.room);
	sfu_send_all(r, &m);
}

static void tell_one(struct sfu_person *p, struct lk_quality_info *info)
{
	const struct lk_response m = {.kind = LK_RES_CONNECTION_QUALITY,
				      .connection_quality = {info, 1}};
	sfu_send(p, &m);
}

/*
 * Everybody hears what has changed about those who can be heard, the others of
 * themselves alone: of a thousand who listen, each would be told of each.
 */
void sfu_quality_tick(struct sfu_room *r)
{
	struct lk_quality_info *list = mem_alloc(r->people_n * sizeof(*list));
	size_t n = 0;
	for (struct sfu_person *p = r->people; p; p = p->next) {
		int q = p->info.state == LK_ACTIVE ? quality_of(p) : -1;
		bool all = p->pub.tracks_n && !p->grant.hidden;
		if (q < 0 || (q == p->quality && all == p->quality_all))
			continue;
		p->quality = q;
		p->quality_all = all;
		struct lk_quality_info info = {p->info.sid, q, score_of(q)};
		if (all)
			list[n++] = info;
		else
			tell_one(p, &info);
	}
	const struct lk_response m = {.kind = LK_RES_CONNECTION_QUALITY,
				      .connection_quality = {list, n}};
	if (n)
		sfu_send_all(r, &m);
	mem_free(list);
	tell_count(r);
}

/* -- What listeners lose --------------------------------------------------- */

struct losses {
	unsigned counts[256], n;
};

static void note_loss(struct losses *l, const struct peer_sender *s, int64_t now)
{
	double loss = s ? peer_sender_loss(s, now - SFU_LOSS_FRESH_MS) : -1;
	if (loss < 0)
		return;
	l->counts[(unsigned)(loss * 255) & 255]++;
	l->n++;
}

static void note_taps(struct losses *l, const struct sfu_stream *st, int64_t now)
{
	for (const struct sfu_tap *tap = st->taps; tap; tap = tap->next)
		note_loss(l, tap->sender, now);
}

/*
 * Of ten who hear it nine lose no more than this. One bad line among many does not cost all others
 * the bits that FEC takes from the voice; among few everybody counts.
 */
static double loss_of(const struct sfu_track *t, int64_t now)
{
	const struct sfu_room *r = t->person->room;
	struct losses l = {0};
	for (const struct sfu_sub *s = t->subs; s; s = s->next)
		if (!s->disabled)
			note_loss(&l, s->sender, now);
	if (t->tapped >= 0)
		note_taps(&l, &r->streams[t->tapped], now);
	if (t->soloed)
		note_taps(&l, &r->streams[LOUDEST_MAX], now);
	unsigned left_out = l.n / 10;
	for (int i = 255; i > 0; i--) {
		if (l.counts[i] > left_out)
			return i / 255.0;
		left_out -= l.counts[i];
	}
	return 0;
}

void sfu_loss_tick(struct sfu_room *r, int64_t now)
{
	for (struct sfu_person *p = r->people; p; p = p->next) {
		struct sfu_publisher *pub = &p->pub;
		struct peer_stats s = {.rtt_ms = -1};
		if (!pub->link.peer)
			continue;
		if (p->sub.link.peer)
			peer_stats(p->sub.link.peer, &s);
		peer_rtt_hint(pub->link.peer, s.rtt_ms);
		for (size_t i = 0; i < pub->inputs_n; i++)
			if (pub->inputs[i].track && pub->inputs[i].has_ssrc)
				peer_further_loss(pub->link.peer, pub->inputs[i].ssrc,
						  loss_of(pub->inputs[i].track, now));
	}
}
