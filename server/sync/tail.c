#include "server/sync/tail.h"

#include "core/base/mem.h"

#include <string.h>

static struct tail_entry *slot(const struct tail *t, uint64_t seq)
{
	return &t->ring[seq & (TAIL_ENTRIES - 1)];
}

void tail_init(struct tail *t, int64_t floor)
{
	*t = (struct tail){.first = 1, .next = 1, .floor = floor};
	t->ring = mem_alloc(TAIL_ENTRIES * sizeof(*t->ring));
}

static void entry_done(struct tail_entry *e)
{
	mem_free(e->text);
	mem_free(e->type);
	mem_free(e->state_key);
	mem_free(e->sender);
	mem_free(e->txn_id);
	mem_free(e->delay_id);
	mem_free(e->extra);
	memset(e, 0, sizeof(*e));
}

static void evict(struct tail *t)
{
	struct tail_entry *e = slot(t, t->first++);
	t->floor = e->pos;
	t->bytes -= e->text_n;
	entry_done(e);
}

void tail_done(struct tail *t)
{
	if (!t->ring)
		return;
	while (t->first < t->next)
		evict(t);
	mem_free(t->ring);
	t->ring = NULL;
}

struct tail_entry *tail_add(struct tail *t, const struct db_change *c, enum tail_kind kind,
			    uint64_t older)
{
	size_t text_n = c->text ? strlen(c->text) : 0;
	while (t->first < t->next &&
	       (t->next - t->first >= TAIL_ENTRIES || t->bytes + text_n > TAIL_BYTES))
		evict(t);
	struct tail_entry *e = slot(t, t->next);
	*e = (struct tail_entry){
		.seq = t->next++,
		.older = older,
		.pos = c->pos,
		.room_nid = c->room_nid,
		.user_nid = c->user_nid,
		.device_nid = c->device_nid,
		.kind = kind,
		.private_to_user = c->private_to_user,
		.text = c->text ? mem_strndup(c->text, text_n) : NULL,
		.text_n = text_n,
		.type = mem_strdup(c->type),
		.state_key = mem_strdup(c->state_key),
		.sender = mem_strdup(c->sender),
		.txn_id = mem_strdup(c->txn_id),
		.delay_id = mem_strdup(c->delay_id),
	};
	t->bytes += text_n;
	return e;
}

struct tail_entry *tail_get(const struct tail *t, uint64_t seq)
{
	return seq >= t->first && seq < t->next ? slot(t, seq) : NULL;
}

void tail_set_text(struct tail *t, struct tail_entry *e, const char *text, size_t n)
{
	t->bytes += n;
	t->bytes -= e->text_n;
	mem_free(e->text);
	e->text = mem_strndup(text, n);
	e->text_n = n;
}

void tail_redacted(struct tail *t, int64_t pos)
{
	uint64_t low = t->first, high = t->next;
	while (low < high) {
		uint64_t mid = low + (high - low) / 2;
		if (slot(t, mid)->pos < pos)
			low = mid + 1;
		else
			high = mid;
	}
	struct tail_entry *e = tail_get(t, low);
	if (e && e->pos == pos && e->kind == TAIL_EVENT)
		e->stale = true;
}
