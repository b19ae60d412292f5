/*
 * Voices on their way to who listens by WHEP. Such a listener has as many
 * sections as there are slots for the loudest, and hears in each whoever holds
 * that slot; or one section, and hears the one loudest of them, with the same
 * hangover and margins (loudest.h). Timestamps are made once for all listeners
 * of a stream (slots.h): they differ in SSRC, payload type and number. The CSRC of a packet (RFC 3550 5.1) tells whose voice it is: no signalling could.
 */
#include "core/base/crypto.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/sfu/session.h"

#include <string.h>

static struct sfu_stream *solo_of(struct sfu_room *r)
{
	return &r->streams[LOUDEST_MAX];
}

#define HEADER 12
#define CSRC 4
#define LATE 256 /* packets; older ones than that come from nowhere (forward.c) */

/* FNV-1a of the identity, which whoever knows the room's people can look up. */
static uint32_t csrc_of(const struct sfu_person *p)
{
	uint32_t h = 2166136261u;
	for (const char *c = p->info.identity; *c; c++)
		h = (h ^ (uint8_t)*c) * 16777619u;
	return h;
}

/* Behind the header of a packet without any. */
static size_t put_csrc(uint8_t *packet, size_t n, uint32_t csrc)
{
	memmove(packet + HEADER + CSRC, packet + HEADER, n - HEADER);
	packet[0] |= 1;
	for (int i = 0; i < CSRC; i++)
		packet[HEADER + i] = (uint8_t)(csrc >> (24 - 8 * i));
	return n + CSRC;
}

/*
 * One listener's copy. Each counts for itself: from the lower half, so that it takes no first
 * wrap for an old packet (RFC 3711 3.3.1), and without a hole where it was not to listen.
 */
static bool to_tap(struct sfu_tap *tap, const struct rtp *r, struct span raw, uint16_t seq,
		   int64_t now)
{
	uint16_t shift = tap->begun ? tap->shift : (uint16_t)(seq - tap->next_seq);
	uint16_t number = (uint16_t)(seq - shift);
	struct rtp theirs = *r;
	theirs.pt = tap->pt;
	if (peer_forward(tap->listener->sub.link.peer, now, tap->sender, &theirs, raw, number,
			 r->marker))
		return false;
	tap->begun = true;
	tap->shift = shift;
	tap->kept = true;
	if ((int16_t)(uint16_t)(number - tap->next_seq) >= 0)
		tap->next_seq = (uint16_t)(number + 1);
	return true;
}

static void send_to(struct sfu_tap *tap, const struct sfu_tap_packet *x, int64_t now)
{
	struct sfu_stats *stats = &x->room->engine->stats;
	if (!to_tap(tap, &x->rtp, (struct span){(const char *)x->raw, x->n}, x->seq, now))
		return;
	stats->packets_out++;
	stats->bytes_out += x->n;
}

/* Listener by listener, as fanout.c does it, and for the same reason. */
static void send_all(struct sfu_room *r, const struct sfu_tap_packet *const *list, size_t n,
		     int64_t now)
{
	for (struct sfu_person *p = r->people; p; p = p->next) {
		struct sfu_session *s = p->session;
		for (size_t i = 0; s && i < n; i++)
			for (size_t k = 0; k < s->taps_n; k++)
				if (s->taps[k].stream == list[i]->stream)
					send_to(&s->taps[k], list[i], now);
	}
}

/* The longest first; never past another of the same stream. */
static void sort(const struct sfu_tap_packet **list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (list[k]->stream == list[i]->stream)
				return;
	for (size_t i = 1; i < n; i++) {
		const struct sfu_tap_packet *x = list[i];
		size_t k = i;
		for (; k > 0 && list[k - 1]->n < x->n; k--)
			list[k] = list[k - 1];
		list[k] = x;
	}
}

static void flush_room(const struct sfu_gathered *g, struct sfu_room *r, int64_t now)
{
	const struct sfu_tap_packet *list[SFU_TOGETHER_MAX];
	size_t n = 0;
	for (size_t i = 0; i < g->taps_n; i++)
		if (g->taps[i].room == r)
			list[n++] = &g->taps[i];
	if (n > 1) {
		sort(list, n);
		send_all(r, list, n, now);
		return;
	}
	for (struct sfu_tap *tap = n ? list[0]->stream->taps : NULL; tap; tap = tap->next)
		send_to(tap, list[0], now);
}

void sfu_taps_flush(struct sfu_engine *e, int64_t now)
{
	struct sfu_gathered *g = &e->gathered;
	for (size_t i = 0; i < g->taps_n; i++) {
		bool done = false;
		for (size_t k = 0; k < i; k++)
			done |= g->taps[k].room == g->taps[i].room;
		if (!done)
			flush_room(g, g->taps[i].room, now);
	}
	g->taps_n = 0;
}

static void pass_on(struct sfu_stream *st, struct sfu_track *t, bool anew, const struct rtp *r,
		    int64_t now, uint64_t number)
{
	struct sfu_engine *e = t->person->engine;
	struct sfu_gathered *g = &e->gathered;
	struct sfu_tap_packet *x = &g->taps[g->taps_n];
	struct slot_out o;
	if (!st->taps) {
		/* Who comes later hears it begin. */
		slot_forget(&st->slot, st->slot.voice);
		return;
	}
	if (!slot_packet(&st->slot, t, anew, number, r->timestamp, now, &o))
		return;
	const struct rtp_out out = {
		.marker = r->marker || o.begin,
		.seq = o.seq,
		.timestamp = o.timestamp,
		.payload = r->payload,
	};
	x->room = t->person->room;
	x->stream = st;
	x->seq = o.seq;
	x->n = rtp_write(&out, x->raw, sizeof(x->raw) - CSRC);
	if (x->n)
		x->n = put_csrc(x->raw, x->n, csrc_of(t->person));
	if (!x->n || !rtp_parse(x->raw, x->n, &x->rtp))
		return;
	if (++g->taps_n == SFU_TOGETHER_MAX || !g->open)
		sfu_taps_flush(e, now);
}

bool sfu_taps_may(const struct sfu_track *t)
{
	/* What is encrypted for those with keys is noise to all others; and what is not for
	 * everybody cannot be in a stream that all of them share. */
	return !t->info.encryption && sfu_is_for_all(t->person);
}

void sfu_taps_forward(struct sfu_track *t, const struct rtp *r, int64_t now, uint64_t number)
{
	struct sfu_room *room = t->person->room;
	int slot = t->voice.slot;
	if (!room->taps_n || !sfu_taps_may(t))
		return;
	if (slot >= 0)
		pass_on(&room->streams[slot], t, t->tapped != slot, r, now, number);
	t->tapped = slot;
	bool alone = slot >= 0 && t->solo.slot >= 0;
	if (alone)
		pass_on(solo_of(room), t, !t->soloed, r, now, number);
	t->soloed = alone;
}

void sfu_taps_leave(struct sfu_track *t)
{
	struct sfu_room *room = t->person->room;
	loudest_leave(&room->solo, &t->solo);
	t->tapped = -1;
	t->soloed = false;
	for (size_t i = 0; i < ARRAY_LEN(room->streams); i++)
		slot_forget(&room->streams[i].slot, t);
}

/* Nobody looked while nobody listened: every voice comes in anew. */
static void forget_all(struct sfu_room *r)
{
	for (struct sfu_person *p = r->people; p; p = p->next)
		for (size_t i = 0; i < p->pub.tracks_n; i++) {
			p->pub.tracks[i]->tapped = -1;
			p->pub.tracks[i]->soloed = false;
		}
}

/* A first number that leaves room for packets from before it that come late. */
static uint16_t first_number(void)
{
	uint16_t v;
	crypto_random(&v, sizeof(v));
	return (uint16_t)(LATE + v % (0x8000 - LATE));
}

static void link_all(struct sfu_person *p)
{
	struct sfu_session *s = p->session;
	struct sfu_room *r = p->room;
	if (!r->taps_n)
		forget_all(r);
	for (size_t i = 0; i < s->taps_n; i++) {
		struct sfu_tap *tap = &s->taps[i];
		tap->begun = false;
		tap->stream = s->taps_n == 1 && r->loudest.n > 1 ? solo_of(r) : &r->streams[i];
		tap->prev = NULL;
		tap->next = tap->stream->taps;
		if (tap->next)
			tap->next->prev = tap;
		tap->stream->taps = tap;
		r->taps_n++;
	}
}

void sfu_taps_begin(struct sfu_person *p)
{
	struct sfu_session *s = p->session;
	for (size_t i = 0; i < s->taps_n; i++) {
		s->taps[i].listener = p;
		s->taps[i].next_seq = first_number();
	}
	link_all(p);
}

void sfu_taps_permit(struct sfu_person *p)
{
	const struct sfu_session *s = p->session;
	bool linked = s && s->taps_n && s->taps[0].stream;
	if (linked && !p->grant.subscribe)
		sfu_taps_end(p);
	else if (s && !linked && p->grant.subscribe)
		link_all(p);
}

void sfu_taps_end(struct sfu_person *p)
{
	struct sfu_session *s = p->session;
	for (size_t i = 0; s && i < s->taps_n; i++) {
		struct sfu_tap *tap = &s->taps[i];
		if (!tap->stream)
			continue;
		*(tap->prev ? &tap->prev->next : &tap->stream->taps) = tap->next;
		if (tap->next)
			tap->next->prev = tap->prev;
		tap->stream = NULL;
		p->room->taps_n--;
	}
}

void sfu_taps_look(struct sfu_person *p, int64_t now)
{
	struct sfu_session *s = p->session;
	for (size_t i = 0; i < s->taps_n; i++) {
		struct sfu_tap *tap = &s->taps[i];
		if (!tap->kept || (tap->stream && now - tap->stream->slot.at < SFU_HISTORY_MS))
			continue;
		peer_forget_sent(tap->sender);
		tap->kept = false;
	}
}
