#include "core/base/crypto.h"
#include "core/base/os.h"
#include "core/rtc/bytes.h"
#include "tests/lib/crowd_priv.h"

#include <string.h>
#include <sys/socket.h>

#define LONG_BYTES 3000
#define AT_ONCE_MAX 2000

static size_t make_rtp(uint8_t *p, uint32_t ssrc)
{
	const size_t n = 120;
	crypto_random(p, n);
	p[0] = 0x80;
	p[1] = 111;
	if (ssrc)
		put32(p + 8, ssrc);
	return n;
}

static size_t make_rtcp(uint8_t *p)
{
	const size_t n = 76;
	crypto_random(p, n);
	p[0] = 0x81;
	p[1] = 201;
	put16(p + 2, 7);
	return n;
}

static size_t make_dtls(uint8_t *p)
{
	static const uint8_t head[] = {22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, 87};
	const size_t n = 100;
	crypto_random(p, n);
	memcpy(p, head, sizeof(head));
	return n;
}

/* A check of theirs whose seal is broken. */
static size_t make_stun(uint8_t *p, const struct crowd_link *from)
{
	if (!from->check_n)
		return 0;
	memcpy(p, from->check, from->check_n);
	p[10] ^= 0x55;
	return from->check_n;
}

/* What is sent, from whose socket. 0: nothing to send yet. */
static size_t make(enum crowd_forgery kind, const struct crowd_link *from, uint8_t *p)
{
	switch (kind) {
	case CROWD_RTP:
	case CROWD_STRANGER:
		return make_rtp(p, from->person->ssrc);
	case CROWD_RTCP:
		return make_rtcp(p);
	case CROWD_REPLAY:
		memcpy(p, from->kept, from->kept_n);
		return from->kept_n;
	case CROWD_OVERSIZE:
		make_rtp(p, from->person->ssrc);
		memset(p + 120, 0x55, LONG_BYTES - 120);
		return LONG_BYTES;
	case CROWD_DTLS:
		return make_dtls(p);
	case CROWD_STUN:
		return make_stun(p, from);
	case CROWD_SHORT:
		crypto_random(p, 5);
		p[0] |= 0x80;
		return 5;
	case CROWD_FORGERIES:
		break;
	}
	return 0;
}

/* Those who could be harmed: who is heard, and everybody in turn. */
static struct crowd_link *victim(struct crowd *c, enum crowd_forgery kind)
{
	unsigned i = c->forge_who++;
	bool speaker = c->o.speak && (kind == CROWD_REPLAY || (i & 1));
	struct crowd_person *p = &c->people[i / 2 % (unsigned)(speaker ? c->o.speak : c->came)];
	return speaker ? &p->pub : &p->sub;
}

static int stranger(struct crowd *c)
{
	if (c->stranger < 0)
		c->stranger = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return c->stranger;
}

static bool one(struct crowd *c, enum crowd_forgery kind)
{
	static uint8_t p[LONG_BYTES];
	const struct crowd_link *l = victim(c, kind);
	size_t n = l->peer ? make(kind, l, p) : 0;
	const struct os_datagram d = {.peer = l->server, .data = p, .n = n};
	if (!n || !l->server.family ||
	    os_udp_send(kind == CROWD_STRANGER ? stranger(c) : l->fd, 4, NULL, &d, 1) != 1)
		return false;
	c->forged[kind]++;
	return true;
}

int crowd_forge_now(struct crowd *c, enum crowd_forgery kind, int n)
{
	int sent = 0;
	for (int i = 0; i < n; i++)
		sent += one(c, kind);
	return sent;
}

void crowd_forge(struct crowd *c, int per_second)
{
	c->forge_per_s = per_second;
	c->forge_due = 0;
	c->forge_at = crowd_us() / 1000;
}

void crowd_forge_tick(struct crowd *c, int64_t now)
{
	c->forge_due += (double)(now - c->forge_at) * c->forge_per_s / 1000;
	c->forge_at = now;
	/* Who was kept from it makes good for a while only: it is a rate, no flood. */
	if (c->forge_due > AT_ONCE_MAX)
		c->forge_due = AT_ONCE_MAX;
	for (; c->forge_due >= 1; c->forge_due--)
		one(c, (enum crowd_forgery)(c->forge_turn++ % CROWD_FORGERIES));
}
