/* Frames of our own sound as packets. */
#include "core/base/clock.h"
#include "core/call/session_priv.h"

#define CAPTURE_EVERY_MS 1000
#define FRAME_SAMPLES 960
#define PACK_WAIT_MS 80 /* for the rest of a packet: longer than its frames take to come */

static size_t extensions(struct publisher *p, const struct audio_engine_frame *f, int64_t now,
			 struct rtp_ext_out ext[2])
{
	size_t n = 0;
	if (p->level_id)
		rtp_ext_level(&ext[n++], p->level_id, f->voice, (unsigned)f->level_dbov);
	if (p->capture_id && (f->marker || now - p->capture_told_ms >= CAPTURE_EVERY_MS)) {
		int64_t ago_ns = clock_mono_ns() - f->captured_ns;
		p->capture_told_ms = now;
		rtp_ext_capture(&ext[n++], p->capture_id,
				rtp_ntp_of_ms(clock_wall_ms() - ago_ns / 1000000));
	}
	return n;
}

static void send_packet(struct call_session *s, const struct audio_engine_frame *f)
{
	struct publisher *p = &s->pub;
	struct rtp_ext_out ext[2];
	int64_t now = clock_mono_ms();
	struct rtp_out r = {
		.marker = f->marker,
		.pt = p->pt,
		.seq = p->seq,
		.timestamp = f->timestamp,
		.ssrc = p->ssrc,
		.ext = ext,
		.ext_n = extensions(p, f, now, ext),
		.payload = f->payload,
	};
	if (peer_send(pc_peer(p->pc), now, &r) == 0)
		p->seq++;
	pc_touch(p->pc);
}

static bool can_send(const struct publisher *p)
{
	return p->state == PUBLISH_DONE && p->pc && pc_state(p->pc) >= PEER_CONNECTED;
}

/* What was put together goes out. */
static void flush_pack(struct call_session *s)
{
	struct publisher *p = &s->pub;
	uint8_t packet[PACK_BYTES_MAX + 8];
	size_t n = pack_take(&p->pack, packet);
	loop_timer_stop(p->pack_due);
	p->packed.payload = (struct span){(const char *)packet, n};
	if (n && can_send(p))
		send_packet(s, &p->packed);
}

void publisher_on_pack_due(void *arg)
{
	flush_pack(arg);
}

/* On a narrow line three frames share their headers; a pause does not hold them back. */
static void pack_frame(struct call_session *s, const struct audio_engine_frame *f)
{
	struct publisher *p = &s->pub;
	uint32_t due = p->packed.timestamp + (uint32_t)p->pack.n * FRAME_SAMPLES;
	if (p->pack.n && (f->timestamp != due || f->marker))
		flush_pack(s);
	bool fits = pack_add(&p->pack, f->payload);
	if (!fits) {
		flush_pack(s);
		fits = pack_add(&p->pack, f->payload);
	}
	if (!fits) {
		send_packet(s, f);
		return;
	}
	if (p->pack.n == 1) {
		p->packed = *f;
		loop_timer_start(p->pack_due, PACK_WAIT_MS, 0);
	}
	/* The loudest of them counts. */
	if (f->level_dbov < p->packed.level_dbov)
		p->packed.level_dbov = f->level_dbov;
	p->packed.voice |= f->voice;
	if (p->pack.n == PACK_FRAMES)
		flush_pack(s);
}

void publisher_frame(void *arg, const struct audio_engine_frame *f)
{
	struct call_session *s = arg;
	if (!can_send(&s->pub))
		return;
	if (s->o.call.low)
		pack_frame(s, f);
	else
		send_packet(s, f);
}
