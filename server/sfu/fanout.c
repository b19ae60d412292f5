#include "core/base/mem.h"
#include "core/rtc/sdp.h"
#include "server/sfu/internal.h"

#include <string.h>

/* What every listener gets, but for number and SSRC: payload type and extensions of our offers. */
static size_t rewrite(const struct sfu_input *in, const struct rtp *r, uint8_t *ret, size_t size)
{
	struct rtp_ext_out ext;
	uint64_t ntp;
	bool capture = in->capture_id && rtp_capture(r, in->capture_id, &ntp);
	if (capture)
		rtp_ext_capture(&ext, SDP_OFFER_CAPTURE, ntp);
	const struct rtp_out out = {
		.marker = r->marker,
		.pt = SDP_OFFER_OPUS,
		.timestamp = r->timestamp,
		.ext = capture ? &ext : NULL,
		.ext_n = capture,
		.payload = r->payload,
	};
	return rtp_write(&out, ret, size);
}

/*
 * On a narrow line only the loudest is heard: of what this listener has, since whom they may not
 * hear, or do not want to, would leave them with nobody.
 */
static bool is_wanted(struct sfu_sub *s, const struct sfu_packet *x, int64_t now)
{
	struct sfu_person *p = s->listener;
	if (s->disabled || !p->narrow)
		return !s->disabled;
	return x->late ? s->one.slot >= 0 : loudest_packet(&p->one, &s->one, now, &x->level);
}

static void pass_on(struct sfu_sub *s, const struct sfu_packet *x, int64_t now)
{
	struct sfu_stats *stats = &s->listener->engine->stats;
	uint64_t seq;
	bool first;
	if (!s->sender ||
	    !rewrite_packet(&s->numbers, x->number, is_wanted(s, x, now), &seq, &first))
		return;
	if (peer_forward(s->listener->sub.link.peer, now, s->sender, &x->rtp,
			 (struct span){(const char *)x->raw, x->n}, (uint16_t)seq,
			 x->marker || first))
		return;
	s->kept = true;
	stats->packets_out++;
	stats->bytes_out += x->n;
}

/*
 * Several voices of one room: listener by listener, since what goes to one
 * place in one go costs the kernel little more than a single packet, and what
 * is known of a listener is fetched from memory once.
 */
static void pass_on_all(struct sfu_room *r, const struct sfu_packet *const *list, size_t n,
			int64_t now)
{
	for (size_t i = 0; i < n; i++)
		list[i]->track->together = (int)i;
	for (struct sfu_person *p = r->people; p; p = p->next) {
		struct sfu_sub *subs[SFU_TOGETHER_MAX] = {NULL};
		for (size_t i = 0; i < p->sub.sections_n; i++) {
			struct sfu_sub *s = p->sub.sections[i].sub;
			if (s && s->track->together >= 0)
				subs[s->track->together] = s;
		}
		/* A track with several packets is marked with the last of them. */
		for (size_t i = 0; i < n; i++) {
			struct sfu_sub *s = subs[list[i]->track->together];
			if (s)
				pass_on(s, list[i], now);
		}
	}
	for (size_t i = 0; i < n; i++)
		list[i]->track->together = -1;
}

/*
 * The longest first: datagrams of one length and a shorter one behind them go
 * out as one. Never past another of the same voice.
 */
static void sort(const struct sfu_packet **list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (list[k]->track == list[i]->track)
				return;
	for (size_t i = 1; i < n; i++) {
		const struct sfu_packet *x = list[i];
		size_t k = i;
		for (; k > 0 && list[k - 1]->n < x->n; k--)
			list[k] = list[k - 1];
		list[k] = x;
	}
}

static void flush_room(struct sfu_gathered *g, struct sfu_room *r, int64_t now)
{
	const struct sfu_packet *list[SFU_TOGETHER_MAX];
	size_t n = 0;
	for (size_t i = 0; i < g->n; i++)
		if (g->packets[i].track->person->room == r)
			list[n++] = &g->packets[i];
	if (n > 1) {
		sort(list, n);
		pass_on_all(r, list, n, now);
		return;
	}
	for (struct sfu_sub *s = n ? list[0]->track->subs : NULL; s; s = s->next)
		pass_on(s, list[0], now);
}

void sfu_fan_out_end(struct sfu_engine *e, int64_t now)
{
	struct sfu_gathered *g = &e->gathered;
	for (size_t i = 0; i < g->n; i++) {
		struct sfu_room *r = g->packets[i].track->person->room;
		bool done = false;
		for (size_t k = 0; k < i; k++)
			done |= g->packets[k].track->person->room == r;
		if (!done)
			flush_room(g, r, now);
	}
	g->n = 0;
	g->open = false;
	sfu_taps_flush(e, now);
}

void sfu_fan_out_begin(struct sfu_engine *e)
{
	e->gathered.open = true;
}

void sfu_fan_out(const struct sfu_input *in, const struct rtp *r, const struct loudest_level *level,
		 uint64_t number, bool marker, int64_t now)
{
	struct sfu_engine *e = in->track->person->engine;
	struct sfu_gathered *g = &e->gathered;
	bool open = g->open;
	struct sfu_packet *x = &g->packets[g->n];
	x->track = in->track;
	x->number = number;
	x->marker = marker;
	x->late = !level;
	if (level)
		x->level = *level;
	x->n = rewrite(in, r, x->raw, sizeof(x->raw));
	if (!x->n || !rtp_parse(x->raw, x->n, &x->rtp))
		return;
	if (++g->n < SFU_TOGETHER_MAX && open)
		return;
	sfu_fan_out_end(e, now);
	g->open = open;
}
