/* The account behind the screen: its cache, its sync, its helpers. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "tui/app_priv.h"
#include "tui/phone.h"
#include "tui/quiet.h"
#include "tui/rooms.h"
#include "tui/talk.h"

#include <time.h>

#define META_ROOM "tui.room"
#define LAST_SENDS_MS 5000 /* how long leaving may wait for what is being sent */

static void on_drafts_kept(void *arg)
{
	app_news_due(arg);
}

static void on_drafts_failed(const struct err *err, void *arg)
{
	tui_say_err(arg, err);
}

static const struct drafts_observer drafts_observer = {on_drafts_kept, on_drafts_failed};

int app_account_open(struct tui *t, struct err *err)
{
	struct client_options co = {.account = t->o->account,
				    .loop = t->loop,
				    .ca_file = t->o->ca_file,
				    .stay = !tui_setting_bool(t, "chat.follow-upgrades")};
	int rc = client_open(&co, &t->client, err);
	if (rc)
		return rc;
	t->user_id = client_account(t->client)->user_id;
	rc = client_store(t->client, &t->store, err);
	if (rc)
		return rc;
	struct work_options wo = {.account = client_account(t->client)->name,
				  .ca_file = t->o->ca_file,
				  .timeout_ms = 60000,
				  .stay = co.stay};
	t->sending = work_new(t->loop, &wo);
	t->looking = work_new(t->loop, &wo);
	wo.timeout_ms = 0;
	t->moving = work_new(t->loop, &wo);
	if (!t->plain)
		t->drafts = drafts_new(t->loop, t->store, &wo, &drafts_observer, t);
	t->rooms = room_list_new(t->store, t->user_id);
	const char *order = tui_setting(t, "tui.rooms");
	room_list_order(t->rooms, strcmp(order, "name") == 0	 ? ORDER_NAME
				  : strcmp(order, "unread") == 0 ? ORDER_UNREAD_FIRST
								 : ORDER_ACTIVITY);
	return 0;
}

char *app_last_room(struct tui *t)
{
	char *last = store_meta(t->store, META_ROOM);
	if (last && room_list_find(t->rooms, last) != SIZE_MAX)
		return last;
	mem_free(last);
	size_t i = 0;
	while (i + 1 < room_list_count(t->rooms) &&
	       room_list_at(t->rooms, i)->section == SECTION_INVITES)
		i++;
	return mem_strdup(room_list_at(t->rooms, i)->room_id);
}

void app_account_show(struct tui *t)
{
	t->rooms_view = rooms_view_new(t);
	if (!room_list_count(t->rooms)) {
		app_focus(t, FOCUS_ROOMS);
		return;
	}
	AUTO_FREE char *id = app_last_room(t);
	tui_open(t, id, NULL);
}

static void on_committed(void *arg)
{
	app_news_due(arg);
}

static void on_state(enum engine_state now, const struct err *err, void *arg)
{
	struct tui *t = arg;
	/* Offline is told in the title, and passes. */
	if (err && now == ENGINE_LOGGED_OUT)
		tui_say_err(t, err);
	/* What is sent is tried on; who looks something up wants to see what is here. */
	work_offline(t->looking, now == ENGINE_OFFLINE);
	tui_redraw(t);
}

static const struct engine_observer observer = {on_committed, on_state};

void app_account_sync(void *arg)
{
	struct tui *t = arg;
	struct err err;
	if (engine_new(t->client, &t->engine, &err)) {
		tui_say_err(t, &err);
		return;
	}
	engine_observe(t->engine, &observer, t);
	if (tui_setting_bool(t, "tui.presence"))
		engine_set_presence(t->engine, "online");
	if (!t->plain)
		t->phone = phone_new(t);
	minute_start(t);
	tui_redraw(t);
}

void app_keep(struct tui *t)
{
	if (talk_of(t->side))
		talk_save_draft(talk_of(t->side));
	if (!t->talk)
		return;
	talk_save_draft(t->talk);
	store_meta_set(t->store, META_ROOM, talk_room(t->talk), NULL);
}

/* What was sent just before leaving is in the outbox at least, or gone out. */
static void finish_sending(struct tui *t)
{
	int64_t until = clock_mono_ms() + LAST_SENDS_MS;
	const struct timespec pause = {.tv_nsec = 5000000};
	while (t->sending && work_pending(t->sending) && clock_mono_ms() < until) {
		loop_run_once(t->loop);
		nanosleep(&pause, NULL);
	}
}

void app_account_close(struct tui *t)
{
	finish_sending(t);
	minute_stop(t);
	phone_free(t->phone);
	work_free(t->sending);
	work_free(t->looking);
	work_free(t->moving);
	drafts_free(t->drafts);
	if (t->engine)
		engine_unobserve(t->engine, &observer, t);
	engine_free(t->engine);
	room_list_free(t->rooms);
	client_close(t->client);
}
