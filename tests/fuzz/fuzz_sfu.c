/*
 * What clients of the SFU can do to a room: requests, well formed or not,
 * joins, leaves, resumes, packets, time that passes, in any order. Without
 * sockets; on one thread; on a clock of its own. After each step everything
 * must still fit together, and every message that goes out must be one.
 *
 * A step is a byte of which the lower two bits say who, the others what, and
 * what that needs.
 */
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/rtc/sdp.h"
#include "server/sfu/internal.h"

#include <string.h>

#define PEOPLE 4
#define STEPS_MAX 400
#define FROM_MS 1000000

struct body {
	struct sfu_line *line;
	struct sfu_person *person; /* as long as the line says so */
	char sid[SFU_SID];
	char *offer; /* the newest of the server */
	unsigned offer_id;
	uint16_t seq;
};

static struct loop *loop;
static struct sfu front;
static struct sfu_engine *engine;
static struct body body[PEOPLE];
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

static void need(bool ok)
{
	if (!ok)
		abort();
}

/* -- What goes out ------------------------------------------------------------------ */

static struct body *body_of(const struct sfu_line *l)
{
	for (size_t i = 0; i < PEOPLE; i++)
		if (body[i].line == l)
			return &body[i];
	return NULL;
}

static void look_at(const struct sfu_out *o)
{
	struct lk_response r;
	struct body *b = body_of(o->line);
	need(lk_response_decode((struct span){o->blob->p, o->blob->n}, &r, NULL) == 0);
	need(r.kind != LK_RES_NONE);
	if (b && r.kind == LK_RES_JOIN) {
		need(r.join.participant.sid[0]);
		snprintf(b->sid, sizeof(b->sid), "%s", r.join.participant.sid);
	} else if (b && r.kind == LK_RES_OFFER) {
		mem_free(b->offer);
		b->offer = mem_strdup(r.offer.sdp);
		b->offer_id = r.offer.id;
	}
	lk_response_done(&r);
}

static void take_out(void)
{
	struct sfu_out *o = sfu_outbox_take(&front.outbox);
	while (o) {
		struct sfu_out *after = o->next;
		struct body *b = body_of(o->line);
		if (o->kind == SFU_OUT_SEND)
			look_at(o);
		else if (o->kind == SFU_OUT_RELEASE)
			sfu_line_free(o->line);
		else if (o->kind == SFU_OUT_CLOSE && b)
			b->person = NULL;
		sfu_out_free(o);
		o = after;
	}
}

/* -- Does everything fit? --------------------------------------------------------------- */

static bool has_track(const struct sfu_room *r, const struct sfu_track *t)
{
	for (const struct sfu_person *p = r->people; p; p = p->next)
		for (size_t i = 0; i < p->pub.tracks_n; i++)
			if (p->pub.tracks[i] == t)
				return true;
	return false;
}

static void check_track(const struct sfu_track *t)
{
	size_t n = 0;
	for (const struct sfu_sub *s = t->subs; s; s = s->next, n++)
		need(s->track == t && s->listener->sub.sections[s->section].sub == s);
	need(n == t->subs_n);
	need(sfu_room_track(t->person->room, t->info.sid) == t);
	need(!t->info.muted || t->voice.slot < 0);
	need(!t->offered || t->live);
}

static void check_person(const struct sfu_room *r, const struct sfu_person *p)
{
	size_t taken = 0;
	need(p->room == r && (!p->line || p->line->person == p));
	for (size_t i = 0; i < p->sub.sections_n; i++) {
		const struct sfu_sub *s = p->sub.sections[i].sub;
		if (!s)
			continue;
		taken++;
		need(s->listener == p && s->section == (int)i && has_track(r, s->track));
		need(!p->sub.sections[i].resting && s->track->person != p && p->grant.subscribe);
	}
	need(taken <= SFU_OFFERED_MAX && p->sub.sections_n <= SFU_SECTIONS_MAX);
	for (size_t i = 0; i < p->wishes_n; i++)
		need(has_track(r, p->wishes[i].track));
	for (size_t i = 0; i < p->pub.tracks_n; i++)
		check_track(p->pub.tracks[i]);
	for (size_t i = 0; i < p->pub.inputs_n; i++)
		need(!p->pub.inputs[i].track || p->pub.inputs[i].track->person == p);
}

static void check(void)
{
	size_t people = 0, rooms = 0;
	for (const struct sfu_room *r = engine->rooms; r; r = r->next, rooms++) {
		size_t n = 0, text = 0, hidden = 0;
		for (const struct sfu_person *p = r->people; p; p = p->next, n++) {
			check_person(r, p);
			text += p->text_bytes;
			hidden += p->grant.hidden;
		}
		need(n == r->people_n && text == r->text_bytes && hidden == r->hidden_n);
		for (int i = 0; i < r->loudest.n; i++) {
			const struct loudest_voice *v = r->loudest.slots[i];
			need(!v || (v->slot == i &&
				    has_track(r, CONTAINER_OF(v, struct sfu_track, voice))));
		}
		people += n;
	}
	need(people == engine->people_n && rooms == engine->rooms_n && !engine->ended);
}

/* -- Steps ---------------------------------------------------------------------------------- */

static void leave_line(struct body *b)
{
	struct sfu_line *l = b->line;
	if (!l)
		return;
	if (l->person)
		sfu_person_away(l->person, now);
	b->line = NULL;
	b->person = NULL;
	sfu_line_free(l);
}

static void come(int who, bool again)
{
	struct body *b = &body[who];
	uint8_t how = next();
	leave_line(b);
	struct sfu_arrival a = {
		.engine = engine,
		.line = b->line = sfu_line_new(&front),
		.grant = {.join = true,
			  .publish = !(how & 1),
			  .subscribe = !(how & 2),
			  .hidden = how & 4,
			  .update_metadata = !(how & 8),
			  .expires_ms = clock_wall_ms() + (how & 16 ? 60000 : 3600000)},
	};
	lk_query_parse(how & 32 ? SPAN_LIT("auto_subscribe=0") : SPAN_LIT("protocol=16"), &a.query,
		       NULL);
	a.grant.identity[0] = (char)('a' + who);
	a.grant.room[0] = how & 64 ? '2' : '1';
	a.query.reconnect = again;
	if (again) {
		mem_free((char *)a.query.sid);
		a.query.sid = mem_strdup(b->sid);
	}
	sfu_join(mem_dup(&a, sizeof(a)));
	b->person = b->line->person;
}

static struct sfu_track *any_track(struct sfu_person *p)
{
	size_t n = next(), i = 0;
	for (struct sfu_person *o = p->room->people; o; o = o->next)
		for (size_t k = 0; k < o->pub.tracks_n; k++)
			if (i++ == n % 16)
				return o->pub.tracks[k];
	return NULL;
}

static void ask(struct sfu_person *p, const struct lk_request *rq)
{
	struct buf b = BUF_INIT(1 << 20);
	if (lk_request_encode(rq, &b, NULL) == 0)
		sfu_signal_in(p, buf_span(&b), now);
	buf_done(&b);
}

static void announce(struct sfu_person *p)
{
	uint8_t how = next();
	char cid[2] = {(char)('A' + how % 8), '\0'};
	const struct lk_request rq = {
		.kind = LK_REQ_ADD_TRACK,
		.add_track = {.cid = cid,
			      .muted = how & 64,
			      .type = how & 128 ? LK_VIDEO : LK_AUDIO},
	};
	ask(p, &rq);
}

static const struct sdp_transport theirs = {
	.ufrag = SPAN_LIT("abcd"),
	.pwd = SPAN_LIT("abcdefghijklmnopqrstuv"),
	.fingerprint_hash = SPAN_LIT("sha-256"),
	.fingerprint = SPAN_LIT("00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:"
				"66:77:88:99:AA:BB:CC:DD:EE:FF"),
};

/* An offer to publish: a bit for each of eight sections that send. */
static void offer(struct sfu_person *p)
{
	uint8_t sending = next();
	static const char names[][2] = {"A", "B", "C", "D", "E", "F", "G", "H"};
	struct sdp_offer_audio audio[8];
	struct sdp made;
	struct buf b = BUF_INIT(SDP_BYTES_MAX);
	for (size_t i = 0; i < 8; i++)
		audio[i] = (struct sdp_offer_audio){
			.mid = span_of(names[i]),
			.direction = sending >> i & 1 ? SDP_SENDONLY : SDP_INACTIVE,
			.send = {(uint32_t)(100 + i), SPAN_LIT("c"), SPAN_LIT("s"),
				 span_of(names[i])},
		};
	struct sdp_offer_how how = {.transport = theirs,
				    .audio = audio,
				    .audio_n = 8,
				    .session_id = 1};
	if (sdp_offer(&how, &made, NULL) == 0) {
		sdp_write(&made, &b, NULL);
		sdp_done(&made);
		const struct lk_request rq = {.kind = LK_REQ_OFFER,
					      .offer = {"offer", buf_str(&b), 1, NULL, 0}};
		ask(p, &rq);
	}
	buf_done(&b);
}

static bool accepts(void *arg, const struct sdp_media *m)
{
	uint8_t *bits = arg;
	(void)m;
	*bits = (uint8_t)(*bits >> 1 | *bits << 7);
	return *bits & 128;
}

static void answer(struct body *b)
{
	uint8_t bits = (uint8_t)~next();
	struct sdp offered = {0}, made;
	struct buf out = BUF_INIT(SDP_BYTES_MAX);
	if (!b->offer)
		return;
	need(sdp_parse(span_of(b->offer), &offered, NULL) == 0);
	struct sdp_answer_how how = {.transport = theirs, .receive = accepts, .arg = &bits};
	need(sdp_answer(&offered, &how, &made, NULL) == 0);
	sdp_write(&made, &out, NULL);
	const struct lk_request rq = {.kind = LK_REQ_ANSWER,
				      .answer = {"answer", buf_str(&out), b->offer_id, NULL, 0}};
	ask(b->person, &rq);
	sdp_done(&made);
	sdp_done(&offered);
	buf_done(&out);
}

static void packet(struct body *b)
{
	uint8_t which = next(), step = next(), level = next(), n = next();
	uint8_t raw[400];
	char payload[256] = {0};
	struct rtp_ext_out ext[2];
	struct rtp r;
	b->seq = (uint16_t)(b->seq + (step & 128 ? step - 256 : step) * (step == 127 ? 400 : 1));
	rtp_ext_level(&ext[0], 2, level & 128, level);
	rtp_ext_mid(&ext[1], 1, SPAN_LIT("A"));
	const struct rtp_out out = {
		.pt = which & 64 ? 13 : 111,
		.seq = b->seq,
		.timestamp = b->seq * 960u,
		.ssrc = 100u + which % 10,
		.ext = ext,
		.ext_n = which & 128 ? 0 : 2,
		.payload = {payload, n},
	};
	size_t len = rtp_write(&out, raw, sizeof(raw));
	need(len && rtp_parse(raw, len, &r));
	sfu_forward(&b->person->pub.link, now, &r);
}

static void choose(struct sfu_person *p)
{
	const struct sfu_track *t = any_track(p);
	uint8_t how = next();
	if (!t)
		return;
	const char *sid = t->info.sid;
	struct lk_track_permission may = {.participant_identity = how & 8 ? "a" : "b",
					  .all_tracks = how & 16,
					  .track_sids = &sid,
					  .track_sids_n = 1};
	struct lk_request rq = {.kind = LK_REQ_SUBSCRIPTION,
				.subscription = {.track_sids = &sid,
						 .track_sids_n = 1,
						 .subscribe = how & 1}};
	if (how & 2)
		rq = (struct lk_request){.kind = LK_REQ_TRACK_SETTING,
					 .track_setting = {.track_sids = &sid,
							   .track_sids_n = 1,
							   .disabled = how & 1}};
	else if (how & 4)
		rq = (struct lk_request){.kind = LK_REQ_SUBSCRIPTION_PERMISSION,
					 .subscription_permission = {.all_participants = how & 1,
								     .track_permissions = &may,
								     .track_permissions_n = 1}};
	ask(p, &rq);
}

static void mute(struct sfu_person *p)
{
	const struct sfu_track *t = any_track(p);
	const struct lk_request rq = {.kind = LK_REQ_MUTE,
				      .mute = {t ? t->info.sid : "TR_", next() & 1}};
	ask(p, &rq);
}

static void name(struct sfu_person *p)
{
	struct span s = piece();
	AUTO_FREE char *text = span_dup(s);
	struct lk_pair pair = {"k", text};
	const struct lk_request rq = {
		.kind = LK_REQ_UPDATE_METADATA,
		.update_metadata = {.name = text,
				    .metadata = text,
				    .attributes = &pair,
				    .attributes_n = 1,
				    .request_id = 1},
	};
	ask(p, &rq);
}

static void words(struct sfu_person *p)
{
	struct span s = piece();
	AUTO_FREE char *text = span_dup(s);
	const struct lk_request rq = {.kind = LK_REQ_OFFER, .offer = {"offer", text, 2, NULL, 0}};
	ask(p, &rq);
}

/* With a person who is there. */
static void act(struct body *b, uint8_t what)
{
	struct sfu_person *p = b->person;
	const struct lk_request leave = {.kind = LK_REQ_LEAVE};
	switch (what) {
	case 5:
		packet(b);
		break;
	case 6:
		announce(p);
		break;
	case 7:
		offer(p);
		break;
	case 8:
		answer(b);
		break;
	case 9:
		mute(p);
		break;
	case 10:
		choose(p);
		break;
	case 11:
		sfu_person_dismiss(p, now, LK_PARTICIPANT_REMOVED, LK_LEAVE_DISCONNECT);
		sfu_person_end(p, now, LK_PARTICIPANT_REMOVED, "removed");
		break;
	case 12:
		words(p);
		break;
	case 13:
		name(p);
		break;
	case 14:
		ask(p, &leave);
		break;
	default:
		sfu_signal_in(p, piece(), now);
		break;
	}
}

static void step(void)
{
	uint8_t b = next();
	struct body *who = &body[b & 3];
	uint8_t what = b >> 2 & 15;
	if (who->line)
		who->person = who->line->person;
	if (what == 1)
		come(b & 3, false);
	else if (what == 2)
		leave_line(who);
	else if (what == 3)
		come(b & 3, true);
	else if (what == 4)
		now += next() * 50;
	else if (who->person)
		act(who, what);
	clock_fake_set(1700000000000 + now, now);
	sfu_engine_tick(engine);
	take_out();
	check();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sfu_options opt = {.bind_ip = "127.0.0.1", .key = "k", .secret = "s", .loudest = 1};
	if (!loop)
		loop = loop_new();
	struct sfu_engine_start start = {.front = &front, .loop = loop, .opt = &opt};
	long live = mem_live();
	in = data;
	left = size;
	now = FROM_MS;
	clock_fake_set(1700000000000 + now, now);
	front.loop = loop;
	opt.loop = loop;
	sfu_engine_open(&start);
	need(start.rc == 0);
	engine = front.engine;
	for (int i = 0; left && i < STEPS_MAX; i++)
		step();
	for (int i = 0; i < PEOPLE; i++)
		leave_line(&body[i]);
	sfu_engine_stop(engine);
	take_out();
	for (int i = 0; i < PEOPLE; i++) {
		mem_free(body[i].offer);
		body[i] = (struct body){0};
	}
	while (loop_run_once(loop))
		;
	loop_run_once(loop);
	clock_fake_clear();
	need(mem_live() == live);
	return 0;
}
