/*
 * What programs without signalling can do to a room by WHEP and WHIP: offers,
 * fragments, ends, well formed or not, and packets, while time passes. Without
 * sockets' other ends; on a clock of its own. After each step the streams and
 * who hears them fit together, and nothing is left at the end.
 *
 * The first byte says how many voices are heard at once. Then steps: a byte of
 * which the lower two bits say who, the others what, and two of length before
 * what is text.
 */
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "server/sfu/session.h"

#include <stdio.h>
#include <string.h>

#define PEOPLE 4
#define STEPS_MAX 200
#define FROM_MS 1000000

static struct loop *loop;
static struct sfu front;
static struct sfu_engine *engine;
static char session[PEOPLE][SFU_SESSION_ID], etag[PEOPLE][SFU_ETAG];
static uint16_t seq[PEOPLE];
static int64_t now;
static const uint8_t *in;
static size_t left;

static uint8_t next(void)
{
	if (!left)
		return 0;
	left--;
	return *in++;
}

static void need(bool ok)
{
	if (!ok)
		abort();
}

static struct span piece(void)
{
	size_t n = next();
	n |= (size_t)next() << 8;
	n = n > left ? left : n;
	struct span s = {(const char *)in, n};
	in += n;
	left -= n;
	return s;
}

static void take_out(void)
{
	struct sfu_out *o = sfu_outbox_take(&front.outbox);
	while (o) {
		struct sfu_out *after = o->next;
		need(o->kind == SFU_OUT_PRESENCE);
		sfu_out_free(o);
		o = after;
	}
}

static const char good[] =
	"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\n"
	"a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\na=setup:actpass\r\n"
	"a=fingerprint:sha-256 "
	"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:"
	"77:88:99:AA:BB:CC:DD:EE:FF\r\n";

/* An offer that can be answered, but for what the byte says. */
static void put_offer(struct buf *b, uint8_t how)
{
	static const char *const directions[] = {"recvonly", "sendonly", "sendrecv", "inactive"};
	buf_put_str(b, good);
	for (unsigned i = 0; i <= (how >> 2 & 3u); i++)
		buf_printf(b,
			   "m=%s 9 UDP/TLS/RTP/SAVPF %u\r\na=mid:%u\r\na=rtcp-mux\r\na=%s\r\n"
			   "a=rtpmap:%u opus/48000/2\r\na=ssrc:%u cname:c\r\n",
			   how & 16 && i == 1 ? "video" : "audio", 96 + i, i, directions[how & 3],
			   96 + i, 100 + i);
}

static struct sfu_person *person_of(int who)
{
	char identity[2] = {(char)('a' + who), '\0'};
	struct sfu_room *r = sfu_room_find(engine, "room");
	return r ? sfu_room_person(r, identity) : NULL;
}

static void ask(int who, enum sfu_asking what, bool speak, bool silenced, const char *match,
		struct span body)
{
	char identity[2] = {(char)('a' + who), '\0'};
	struct sfu_answer a;
	const struct sfu_ask q = {.what = what,
				  .speak = speak,
				  .room = "room",
				  .identity = identity,
				  .session = session[who],
				  .if_match = span_of(match),
				  .body = body};
	sfu_session_ask(engine, &q, silenced, now, &a);
	need(a.status == 200 || a.status == 201 || a.status == 204 ||
	     (a.status >= 400 && a.err.msg[0]));
	need((a.status == 201) == (a.session[0] != '\0'));
	if (a.status == 201) {
		struct sdp s;
		need(sdp_parse(buf_span(&a.body), &s, NULL) == 0);
		sdp_done(&s);
		memcpy(session[who], a.session, sizeof(a.session));
	}
	if (a.etag[0])
		memcpy(etag[who], a.etag, sizeof(a.etag));
	buf_done(&a.body);
	sfu_engine_settle(engine, now);
}

static void packet(int who)
{
	uint8_t which = next(), step = next(), n = next();
	uint8_t raw[400];
	char payload[256] = {0};
	struct sfu_person *p = person_of(who);
	struct rtp r;
	seq[who] = (uint16_t)(seq[who] + (step & 128 ? step - 256 : step));
	const struct rtp_out out = {.pt = (uint8_t)(96 + which % 4),
				    .seq = seq[who],
				    .timestamp = seq[who] * 960u,
				    .ssrc = 100u + which % 4,
				    .payload = {payload, n}};
	size_t len = rtp_write(&out, raw, sizeof(raw));
	need(len && rtp_parse(raw, len, &r));
	if (p && p->session->speaks)
		sfu_forward(&p->pub.link, now, &r);
}

static void check(void)
{
	for (const struct sfu_room *r = engine->rooms; r; r = r->next) {
		size_t taps = 0, listed = 0;
		for (const struct sfu_person *p = r->people; p; p = p->next) {
			need(p->session && !p->line);
			need(p->pub.tracks_n <= (p->session->speaks ? 1u : 0u));
			for (size_t i = 0; i < p->session->taps_n; i++) {
				const struct sfu_tap *tap = &p->session->taps[i];
				need(tap->listener == p && tap->sender && tap->stream);
				taps++;
			}
		}
		for (size_t i = 0; i < ARRAY_LEN(r->streams); i++)
			for (const struct sfu_tap *tap = r->streams[i].taps; tap; tap = tap->next) {
				need(tap->stream == &r->streams[i]);
				need(!tap->next || tap->next->prev == tap);
				listed++;
			}
		need(taps == listed && taps == r->taps_n);
	}
	need(!engine->ended);
}

static void step(void)
{
	uint8_t b = next();
	int who = b & 3;
	struct buf text = BUF_INIT(8192);
	bool speak = b >> 2 & 1;
	switch (b >> 3) {
	case 0:
	case 1: {
		put_offer(&text, next());
		ask(who, SFU_ASK_START, speak, b >> 3, "", buf_span(&text));
		break;
	}
	case 2:
		ask(who, SFU_ASK_START, speak, false, "", piece());
		break;
	case 3: /* a good one with something else behind it */
		buf_put_str(&text, good);
		buf_put_span(&text, piece());
		ask(who, SFU_ASK_START, speak, false, "", buf_span(&text));
		break;
	case 4:
		ask(who, SFU_ASK_PATCH, speak, false, etag[who], piece());
		break;
	case 5:
		buf_put_str(&text, "a=ice-ufrag:new\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n");
		buf_put_span(&text, piece());
		ask(who, SFU_ASK_PATCH, speak, false, next() & 1 ? "*" : etag[who],
		    buf_span(&text));
		break;
	case 6:
		ask(who, SFU_ASK_END, speak, false, "", SPAN_LIT(""));
		break;
	case 7:
		now += next() * 100;
		break;
	default:
		packet(who);
	}
	buf_done(&text);
	clock_fake_set(1700000000000 + now, now);
	sfu_engine_tick(engine);
	take_out();
	check();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sfu_options opt = {.bind_ip = "127.0.0.1", .key = "k", .secret = "s"};
	if (!loop)
		loop = loop_new();
	struct sfu_engine_start start = {.front = &front, .loop = loop, .opt = &opt};
	long live = mem_live();
	in = data;
	left = size;
	opt.loudest = 1 + next() % 4;
	now = FROM_MS;
	clock_fake_set(1700000000000 + now, now);
	front.loop = loop;
	opt.loop = loop;
	memset(session, 0, sizeof(session));
	memset(etag, 0, sizeof(etag));
	sfu_engine_open(&start);
	need(start.rc == 0);
	engine = front.engine;
	for (int i = 0; left && i < STEPS_MAX; i++)
		step();
	sfu_engine_stop(engine);
	take_out();
	while (loop_run_once(loop))
		;
	loop_run_once(loop);
	clock_fake_clear();
	need(mem_live() == live);
	return 0;
}
