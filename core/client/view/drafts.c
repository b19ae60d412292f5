#include "core/client/view/drafts.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/store/drafts.h"
#include "core/store/rooms.h"

#include <string.h>

/* A text that is not in the cache yet, or not known to be. */
struct waiting {
	struct waiting *next;
	char *room_id, *thread; /* thread "": the room's own */
	char *text;
};

struct job {
	struct drafts *d;
	struct waiting *texts; /* copies */
};

struct drafts {
	struct store *s;
	struct work *work;
	const struct drafts_observer *observer;
	void *arg;
	struct waiting *texts; /* newest first */
	bool under_way, told, ending;
};

static struct waiting *copy_of(const struct waiting *w)
{
	struct waiting *copy = NEW(struct waiting);
	copy->room_id = mem_strdup(w->room_id);
	copy->thread = mem_strdup(w->thread);
	copy->text = mem_strdup(w->text);
	return copy;
}

/* Takes the first one off a list. */
static void drop(struct waiting **list)
{
	struct waiting *w = *list;
	*list = w->next;
	mem_free(w->room_id);
	mem_free(w->thread);
	mem_free(w->text);
	mem_free(w);
}

static struct waiting **find(struct drafts *d, const char *room_id, const char *thread)
{
	struct waiting **w = &d->texts;
	while (*w && (strcmp((*w)->room_id, room_id) != 0 || strcmp((*w)->thread, thread) != 0))
		w = &(*w)->next;
	return w;
}

static int write_one(struct store *s, const struct waiting *w, struct err *err)
{
	struct store_draft d = {
		.room = store_room_find(s, span_of(w->room_id)),
		.thread = span_of(w->thread),
		.text = span_of(w->text),
		.updated_ms = clock_wall_ms(),
	};
	return d.room ? store_draft_set(s, &d, err) : 0; /* a room that is gone has none */
}

/* -- Behind the screen -------------------------------------------------------- */

static int write_all(struct client *c, void *arg, struct err *err)
{
	const struct job *j = arg;
	struct store *s;
	int rc = client_store(c, &s, err);
	for (const struct waiting *w = j->texts; w && !rc; w = w->next)
		rc = write_one(s, w, err);
	return rc;
}

static void start(struct drafts *d);

/* What was changed meanwhile waits for the next one. */
static void forget_kept(struct drafts *d, const struct job *j)
{
	for (const struct waiting *w = j->texts; w; w = w->next) {
		struct waiting **now = find(d, w->room_id, w->thread);
		if (*now && strcmp((*now)->text, w->text) == 0)
			drop(now);
	}
}

static void on_written(int rc, const struct err *err, void *arg)
{
	struct job *j = arg;
	struct drafts *d = j->d;
	d->under_way = false;
	if (!rc)
		forget_kept(d, j);
	if (!rc && !d->ending) {
		d->observer->kept(d->arg);
		start(d);
	} else if (!d->ending && !d->told) {
		d->observer->failed(err, d->arg);
	}
	d->told = rc != 0;
	while (j->texts)
		drop(&j->texts);
	mem_free(j);
}

static void start(struct drafts *d)
{
	if (d->under_way || !d->texts)
		return;
	struct job *j = NEW(struct job);
	j->d = d;
	for (const struct waiting *w = d->texts; w; w = w->next) {
		struct waiting *copy = copy_of(w);
		copy->next = j->texts;
		j->texts = copy;
	}
	d->under_way = true;
	work_add(d->work, write_all, on_written, j);
}

/* -- For the screen ------------------------------------------------------------- */

struct drafts *drafts_new(struct loop *l, struct store *s, const struct work_options *o,
			  const struct drafts_observer *observer, void *arg)
{
	struct drafts *d = NEW(struct drafts);
	d->s = s;
	d->work = work_new(l, o);
	d->observer = observer;
	d->arg = arg;
	return d;
}

/* In the cache, as far as it is known here. */
static bool is_kept(struct drafts *d, const char *room_id, const char *thread, struct span text)
{
	struct buf b = BUF_INIT(STORE_DRAFT_MAX);
	int64_t room = store_room_find(d->s, span_of(room_id));
	bool any = store_draft_get(d->s, room, thread, &b);
	bool same = any ? span_eq(buf_span(&b), text) : !text.n;
	buf_done(&b);
	return same;
}

void drafts_set(struct drafts *d, const char *room_id, const char *thread, struct span text)
{
	thread = thread ? thread : "";
	struct waiting **w = find(d, room_id, thread);
	if (!*w && is_kept(d, room_id, thread, text))
		return;
	if (*w)
		drop(w);
	struct waiting *fresh = NEW(struct waiting);
	fresh->room_id = mem_strdup(room_id);
	fresh->thread = mem_strdup(thread);
	fresh->text = span_dup(span_head(text, utf8_head(text, STORE_DRAFT_MAX)));
	fresh->next = d->texts;
	d->texts = fresh;
	start(d);
}

bool drafts_get(struct drafts *d, const char *room_id, const char *thread, struct buf *ret)
{
	thread = thread ? thread : "";
	struct waiting **w = find(d, room_id, thread);
	if (*w)
		return (*w)->text[0] && buf_put_str(ret, (*w)->text);
	return store_draft_get(d->s, store_room_find(d->s, span_of(room_id)), thread, ret);
}

int drafts_flush(struct drafts *d, struct err *err)
{
	for (struct waiting **w = &d->texts; *w;) {
		int rc = write_one(d->s, *w, err);
		if (rc)
			return rc;
		/* An older text may be under way: then this one is written once more, after it. */
		if (d->under_way)
			w = &(*w)->next;
		else
			drop(w);
	}
	return 0;
}

void drafts_free(struct drafts *d)
{
	struct err err;
	if (!d)
		return;
	d->ending = true;
	work_free(d->work);
	if (drafts_flush(d, &err))
		log_warn("drafts are lost: %s", err.msg);
	while (d->texts)
		drop(&d->texts);
	mem_free(d);
}
