/* LiveKit's messages in both directions, the query of its address, candidates. */
#include "core/base/mem.h"
#include "core/rtc/livekit/candidate.h"
#include "core/rtc/livekit/query.h"
#include "core/rtc/livekit/signal.h"

#include <stdlib.h>

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void same(const struct buf *a, const struct buf *b)
{
	check(a->n == b->n && (!a->n || !memcmp(a->p, b->p, a->n)));
}

/* What decodes can be encoded, and what that decodes to encodes the same. */
static void try_request(struct span s)
{
	struct lk_request q, again;
	AUTO(buf_done) struct buf one = BUF_INIT(LK_REQUEST_BYTES_MAX);
	AUTO(buf_done) struct buf two = BUF_INIT(LK_REQUEST_BYTES_MAX);
	if (lk_request_decode(s, &q, NULL))
		return;
	check(!lk_request_encode(&q, &one, NULL));
	check(!lk_request_decode(buf_span(&one), &again, NULL) && again.kind == q.kind);
	check(!lk_request_encode(&again, &two, NULL));
	same(&one, &two);
	lk_request_done(&q);
	lk_request_done(&again);
}

static void copy_people(const struct lk_response *r)
{
	if (r->kind != LK_RES_UPDATE)
		return;
	for (size_t i = 0; i < r->update.participants_n; i++) {
		struct lk_person p;
		lk_person_copy(&p, &r->update.participants[i]);
		check(!strcmp(p.sid, r->update.participants[i].sid));
		check(p.tracks_n == r->update.participants[i].tracks_n);
		lk_person_done(&p);
	}
}

static void try_response(struct span s)
{
	struct lk_response r, again;
	AUTO(buf_done) struct buf one = BUF_INIT(LK_RESPONSE_BYTES_MAX);
	AUTO(buf_done) struct buf two = BUF_INIT(LK_RESPONSE_BYTES_MAX);
	if (lk_response_decode(s, &r, NULL))
		return;
	copy_people(&r);
	check(!lk_response_encode(&r, &one, NULL));
	check(!lk_response_decode(buf_span(&one), &again, NULL) && again.kind == r.kind);
	check(!lk_response_encode(&again, &two, NULL));
	same(&one, &two);
	lk_response_done(&r);
	lk_response_done(&again);
}

static void try_query(struct span s)
{
	struct lk_query q, again;
	AUTO(buf_done) struct buf one = BUF_INIT(4 * LK_QUERY_BYTES_MAX);
	AUTO(buf_done) struct buf two = BUF_INIT(4 * LK_QUERY_BYTES_MAX);
	if (lk_query_parse(s, &q, NULL))
		return;
	check(!lk_query_put(&q, &one, NULL));
	check(!lk_query_parse(buf_span(&one), &again, NULL));
	check(!lk_query_put(&again, &two, NULL));
	same(&one, &two);
	lk_query_done(&q);
	lk_query_done(&again);
}

static void try_candidate(struct span s)
{
	struct lk_candidate c, again;
	AUTO(buf_done) struct buf b = BUF_INIT(1 << 20);
	if (lk_candidate_parse(s, &c, NULL))
		return;
	lk_candidate_put(&c, &b);
	/* Escapes may make it longer than what is accepted. */
	if (b.n <= LK_TEXT_MAX) {
		check(!lk_candidate_parse(buf_span(&b), &again, NULL));
		check(!strcmp(c.candidate, again.candidate) && !strcmp(c.mid, again.mid) &&
		      c.line == again.line && !strcmp(c.ufrag, again.ufrag));
		lk_candidate_done(&again);
	}
	lk_candidate_done(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = {(const char *)data, size};
	long before = mem_live();
	try_request(s);
	try_response(s);
	try_query(s);
	try_candidate(s);
	check(mem_live() == before);
	return 0;
}
