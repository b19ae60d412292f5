/* In a chat of two: is the other not to be disturbed now? Looked up when it is opened, and now and
 * then while it is. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/client/quiet/quiet.h"
#include "core/store/rooms.h"
#include "tui/talk_priv.h"

#define AGAIN_MS 600000

struct quiet_job {
	struct talk *k; /* NULL: closed meanwhile */
	char *user_id;
	int64_t from, until;
};

static int ask(struct client *c, void *arg, struct err *err)
{
	struct quiet_job *j = arg;
	return client_quiet_span_of(c, j->user_id, clock_wall_ms(), &j->from, &j->until, err);
}

static void put_hint(struct talk *k, const char *user_id)
{
	char when[WHEN_ISO_SIZE];
	struct store *s = k->view.tui->store;
	AUTO_FREE char *name =
		store_member_name(s, store_room_find(s, span_of(k->room_id)), span_of(user_id));
	when_human(k->quiet_until, clock_wall_ms(), when);
	AUTO_FREE char *words = mem_printf(_("%s is quiet until %s; /at TIME and words send later"),
					   name ? name : user_id, when);
	struct buf b = BUF_INIT(1000);
	text_put(&b, span_of(words), TEXT_LINE);
	mem_free(k->quiet_hint);
	k->quiet_hint = buf_take(&b);
}

static void on_asked(int rc, const struct err *err, void *arg)
{
	struct quiet_job *j = arg;
	struct talk *k = j->k;
	(void)err; /* an older server, or no network: nothing is known */
	if (k) {
		k->quiet_job = NULL;
		k->quiet_from = rc ? 0 : j->from;
		k->quiet_until = rc ? 0 : j->until;
		if (k->quiet_until)
			put_hint(k, j->user_id);
		tui_redraw(k->view.tui);
	}
	mem_free(j->user_id);
	mem_free(j);
}

void talk_look_at_quiet(struct talk *k)
{
	AUTO(store_room_done) struct store_room r = {0};
	struct tui *t = k->view.tui;
	int64_t now = clock_mono_ms();
	if (k->quiet_job || !t->engine || (k->quiet_asked_ms && now - k->quiet_asked_ms < AGAIN_MS))
		return;
	k->quiet_asked_ms = now;
	if (!store_room_get(t->store, store_room_find(t->store, span_of(k->room_id)), &r) ||
	    !r.direct)
		return;
	k->quiet_job = NEW(struct quiet_job);
	*k->quiet_job = (struct quiet_job){.k = k, .user_id = mem_strdup(r.direct)};
	work_add(t->looking, ask, on_asked, k->quiet_job);
}

const char *talk_quiet_hint(const struct talk *k)
{
	int64_t now = clock_wall_ms();
	return k->quiet_from && k->quiet_from <= now && now < k->quiet_until ? k->quiet_hint : NULL;
}

void talk_forget_quiet(struct talk *k)
{
	if (k->quiet_job)
		k->quiet_job->k = NULL;
	mem_free(k->quiet_hint);
}
