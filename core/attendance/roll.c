/* Rolls as events: reading and making. */
#include "core/attendance/roll.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/matrix/message.h"

#include <string.h>

#define FALLBACK_KEY "org.matrix.msc1767.text"
#define WORDS_MAX 32

void roll_done(struct roll *r)
{
	mem_free(r->id);
	mem_free(r->opener);
	mem_free(r->room_id);
	mem_free(r->uid);
	mem_free(r->recurrence_id);
	mem_free(r->second_of);
	json_decref(r->words);
	*r = (struct roll){0};
}

bool roll_read(const struct mx_event *ev, struct roll *ret)
{
	const json_t *o = json_get_object(ev->content, ROLL_KEY);
	struct mx_poll poll;
	if (!o || !ev->event_id || !ev->sender || ev->state_key || !event_poll_start(ev, &poll))
		return false;
	int64_t window = json_get_i64(o, "window_ms", 0);
	if (window < 1 || window > ROLL_WINDOW_MAX_MS)
		return false;
	int64_t late = json_get_i64(o, "late_after_ms", window);
	json_t *words = json_get_array(o, "words");
	*ret = (struct roll){
		.id = mem_strdup(ev->event_id),
		.opener = mem_strdup(ev->sender),
		.room_id = mem_strdup(ev->room_id),
		.uid = mem_strdup(json_get_str(o, "uid")),
		.recurrence_id = mem_strdup(json_get_str(o, "recurrence_id")),
		.second_of = mem_strdup(json_get_str(o, "second_of")),
		.opened_ms = ev->ts,
		.window_ms = window,
		.late_ms = late < 0 || late > window ? window : late,
		.words = json_array_size(words) <= WORDS_MAX ? json_incref(words) : NULL,
	};
	return true;
}

int64_t roll_closes_ms(const struct roll *r)
{
	return r->opened_ms + r->window_ms;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool roll_is_double(const struct roll *first, int64_t first_closed_ms, const struct roll *r)
{
	bool later = first->opened_ms == r->opened_ms ? strcmp(first->id, r->id) < 0
						      : first->opened_ms < r->opened_ms;
	bool second = r->second_of && strcmp(r->second_of, first->id) == 0;
	return later && !second && r->opened_ms - first->opened_ms <= ROLL_RACE_MS &&
	       r->opened_ms < first_closed_ms && same_text(first->uid, r->uid) &&
	       same_text(first->recurrence_id, r->recurrence_id);
}

/* What is read by people whose client shows no polls. */
static json_t *fallback(const char *question, const char *word, int64_t window_ms)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_EVENT_BYTES);
	long long minutes = (long long)((window_ms + 59999) / 60000);
	buf_printf(&b, "%s\n", question);
	buf_printf(&b,
		   ngettext("To answer, write \"%s\" and nothing else, or react to this, within "
			    "%lld minute.",
			    "To answer, write \"%s\" and nothing else, or react to this, within "
			    "%lld minutes.",
			    (unsigned long)minutes),
		   word, minutes);
	return json_stringn(b.p, b.n);
}

static json_t *mark_of(const struct roll_draft *d)
{
	json_t *o = json_pack("{s:i,s:I,s:I}", "version", 1, "window_ms", (json_int_t)d->window_ms,
			      "late_after_ms", (json_int_t)d->late_ms);
	if (d->uid)
		json_object_set_new(o, "uid", json_string(d->uid));
	if (d->recurrence_id)
		json_object_set_new(o, "recurrence_id", json_string(d->recurrence_id));
	if (d->second_of)
		json_object_set_new(o, "second_of", json_string(d->second_of));
	if (json_array_size(d->words))
		json_object_set_new(o, "words", json_deep_copy(d->words));
	return o;
}

int roll_make(const struct roll_draft *d, json_t **ret, struct err *err)
{
	const char *question = d->question ? d->question : _("Roll-call: are you here?");
	/* TRANSLATORS: a word that answers a roll-call; it must be in core/attendance/roll_words.c. */
	const char *word = _("here");
	const char *const answers[] = {d->here ? d->here : _("I am here"),
				       d->away ? d->away : _("I cannot come")};
	const char *const ids[] = {ROLL_ID_HERE, ROLL_ID_AWAY};
	struct poll_draft poll = {question, answers, ids, 2, false, 1};
	JSON_AUTO json_t *content = NULL;
	if (d->window_ms < 1 || d->window_ms > ROLL_WINDOW_MAX_MS)
		return err_set(err, ERR_USAGE, _("a roll-call is open for a week at most"));
	if (json_array_size(d->words) > WORDS_MAX)
		return err_set(err, ERR_USAGE, _("a roll-call has %d words of its own at most"),
			       WORDS_MAX);
	int rc = message_poll_start(&poll, &content, err);
	if (rc)
		return rc;
	json_object_set_new(content, FALLBACK_KEY, fallback(question, word, d->window_ms));
	json_object_set_new(content, ROLL_KEY, mark_of(d));
	*ret = take(&content);
	return 0;
}

json_t *roll_make_end(const char *roll_id, const char *text, bool cancelled, const char *reason)
{
	json_t *content = message_poll_end(roll_id, text);
	json_t *o = json_object();
	if (cancelled)
		json_object_set_new(o, "cancelled", json_true());
	if (reason)
		json_object_set_new(o, "reason", json_string(reason));
	json_object_set_new(content, ROLL_KEY, o);
	return content;
}

const char *roll_way_name(enum roll_way w)
{
	static const char *const names[] = {
		[ROLL_BY_VOTE] = "vote",
		[ROLL_BY_REACTION] = "reaction",
		[ROLL_BY_WORD] = "word",
		[ROLL_BY_STAFF] = "staff",
	};
	return w < ROLL_WAY_COUNT ? names[w] : "";
}
