#include "core/matrix/message.h"

#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/matrix/event.h"
#include "core/matrix/id.h"
#include "core/matrix/markdown.h"

#include <string.h>

#define TEXT_KEY "org.matrix.msc1767.text"

static void set_span(json_t *o, const char *key, struct span s)
{
	json_object_set_new(o, key, json_stringn(s.p ? s.p : "", s.n));
}

static json_t *reply_block(const char *event_id)
{
	return json_pack("{s:s}", "event_id", event_id);
}

static void set_relation(json_t *o, const struct message_context *at)
{
	if (!at->reply_to && !at->thread)
		return;
	json_t *rel = json_object();
	const char *reply = at->reply_to;
	if (at->thread) {
		json_object_set_new(rel, "rel_type", json_string("m.thread"));
		json_object_set_new(rel, "event_id", json_string(at->thread));
		json_object_set_new(rel, "is_falling_back", json_boolean(!reply));
		if (!reply)
			reply = at->thread_last ? at->thread_last : at->thread;
	}
	json_object_set_new(rel, "m.in_reply_to", reply_block(reply));
	json_object_set_new(o, "m.relates_to", rel);
}

static void add_mention(json_t *list, const char *user)
{
	size_t i;
	json_t *one;
	json_array_foreach (list, i, one)
		if (strcmp(json_string_value(one), user) == 0)
			return;
	json_array_append_new(list, json_string(user));
}

/* Always there: an empty one says that nobody was meant, whatever the text looks like. */
static void set_mentions(json_t *o, const struct message_context *at)
{
	json_t *mentions = json_object(), *list = json_array();
	for (const char *const *u = at->mentions; u && *u; u++)
		add_mention(list, *u);
	if (at->reply_sender && !(at->self && strcmp(at->self, at->reply_sender) == 0))
		add_mention(list, at->reply_sender);
	if (json_array_size(list))
		json_object_set(mentions, "user_ids", list);
	if (at->mention_room)
		json_object_set_new(mentions, "room", json_true());
	json_decref(list);
	json_object_set_new(o, "m.mentions", mentions);
}

static int check_text(struct span text, struct err *err)
{
	if (text.n > LIMIT_EVENT_BYTES)
		return err_set(err, ERR_TOO_LARGE,
			       _("the message is longer than %d bytes; send it as a file"),
			       LIMIT_EVENT_BYTES);
	if (!utf8_valid(text))
		return err_set(err, ERR_INVALID, _("the message is not UTF-8 text"));
	return 0;
}

static int set_html(json_t *o, struct span text, struct err *err)
{
	AUTO(buf_done) struct buf html = BUF_INIT(LIMIT_EVENT_BYTES);
	int rc = markdown_to_html(text, &html, err);
	if (rc <= 0)
		return rc;
	json_object_set_new(o, "format", json_string("org.matrix.custom.html"));
	set_span(o, "formatted_body", buf_span(&html));
	return 0;
}

/* Room for what the server adds to the content: ids, hashes, predecessors. */
static int check_size(const json_t *o, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_EVENT_BYTES - 4096);
	if (json_put(&b, o))
		return 0;
	return err_set(err, ERR_TOO_LARGE,
		       _("the message does not fit an event of %d bytes; send it as a file"),
		       LIMIT_EVENT_BYTES);
}

int message_text(const struct message_draft *d, json_t **ret, struct err *err)
{
	int rc = check_text(d->text, err);
	if (rc)
		return rc;
	if (!span_trim(d->text).n)
		return err_set(err, ERR_INVALID, _("the message is empty"));
	JSON_AUTO json_t *o = json_object();
	json_object_set_new(o, "msgtype", json_string(d->msgtype));
	set_span(o, "body", d->text);
	rc = d->markdown ? set_html(o, d->source.n ? d->source : d->text, err) : 0;
	if (rc)
		return rc;
	set_relation(o, &d->at);
	set_mentions(o, &d->at);
	rc = check_size(o, err);
	if (!rc)
		*ret = take(&o);
	return rc;
}

static const char *file_msgtype(const struct file_draft *d)
{
	struct span type = span_of(d->mimetype);
	if (d->voice || span_starts(type, "audio/"))
		return "m.audio";
	if (span_starts(type, "image/"))
		return "m.image";
	return span_starts(type, "video/") ? "m.video" : "m.file";
}

static json_t *file_info(const struct file_draft *d)
{
	const struct {
		const char *key;
		int64_t value;
	} numbers[] = {{"size", d->size},
		       {"duration", d->duration_ms},
		       {"w", d->width},
		       {"h", d->height}};
	json_t *info = json_object();
	if (d->mimetype)
		json_object_set_new(info, "mimetype", json_string(d->mimetype));
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (numbers[i].value >= 0)
			json_object_set_new(info, numbers[i].key, json_integer(numbers[i].value));
	return info;
}

static void set_voice(json_t *o, const struct file_draft *d)
{
	json_t *audio = json_object(), *wave = json_array();
	for (size_t i = 0; i < d->waveform_n; i++)
		json_array_append_new(wave, json_integer(d->waveform[i]));
	if (d->duration_ms >= 0)
		json_object_set_new(audio, "duration", json_integer(d->duration_ms));
	if (d->waveform_n)
		json_object_set(audio, "waveform", wave);
	json_decref(wave);
	json_object_set_new(o, "org.matrix.msc1767.audio", audio);
	json_object_set_new(o, "org.matrix.msc3245.voice", json_object());
}

int message_file(const struct file_draft *d, json_t **ret, struct err *err)
{
	struct mxc_uri uri;
	int rc = mxc_uri_parse(span_of(d->url), &uri, err);
	if (!rc)
		rc = check_text(d->caption, err);
	if (!rc && (d->filename.n == 0 || d->filename.n > 1024 || !utf8_valid(d->filename)))
		rc = err_set(err, ERR_INVALID,
			     _("the file's name must be 1 to 1024 bytes of UTF-8"));
	if (rc)
		return rc;
	JSON_AUTO json_t *o = json_object();
	json_object_set_new(o, "msgtype", json_string(file_msgtype(d)));
	set_span(o, "body", d->caption.n ? d->caption : d->filename);
	set_span(o, "filename", d->filename);
	json_object_set_new(o, "url", json_string(uri.s));
	json_object_set_new(o, "info", file_info(d));
	if (d->voice)
		set_voice(o, d);
	set_relation(o, &d->at);
	set_mentions(o, &d->at);
	rc = check_size(o, err);
	if (!rc)
		*ret = take(&o);
	return rc;
}

static void put_star(json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	if (!json_is_string(v))
		return;
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	buf_put_str(&b, "* ");
	buf_put(&b, json_string_value(v), json_string_length(v));
	set_span(o, key, buf_span(&b));
}

json_t *message_edit(const char *event_id, json_t *content)
{
	json_object_del(content, "m.relates_to");
	json_t *inner = json_copy(content);
	put_star(content, "body");
	put_star(content, "formatted_body");
	json_object_set_new(content, "m.new_content", inner);
	json_object_set_new(content, "m.relates_to",
			    json_pack("{s:s,s:s}", "rel_type", "m.replace", "event_id", event_id));
	return content;
}

json_t *message_reaction(const char *event_id, const char *key)
{
	return json_pack("{s:{s:s,s:s,s:s}}", "m.relates_to", "rel_type", "m.annotation",
			 "event_id", event_id, "key", key);
}

static json_t *poll_answers(const struct poll_draft *d)
{
	json_t *list = json_array();
	for (size_t i = 0; i < d->answers_n; i++) {
		char id[24];
		snprintf(id, sizeof(id), "%zu", i + 1);
		json_array_append_new(list, json_pack("{s:s,s:s}", "id", d->ids ? d->ids[i] : id,
						      TEXT_KEY, d->answers[i]));
	}
	return list;
}

/* What clients without polls show. */
static void put_poll_text(struct buf *b, const struct poll_draft *d)
{
	buf_put_str(b, d->question);
	for (size_t i = 0; i < d->answers_n; i++)
		buf_printf(b, "\n%zu. %s", i + 1, d->answers[i]);
}

int message_poll_start(const struct poll_draft *d, json_t **ret, struct err *err)
{
	if (d->answers_n < 1 || d->answers_n > POLL_ANSWERS_MAX)
		return err_set(err, ERR_USAGE, _("a poll has 1 to %d answers"), POLL_ANSWERS_MAX);
	AUTO(buf_done) struct buf text = BUF_INIT(LIMIT_EVENT_BYTES);
	put_poll_text(&text, d);
	if (!buf_ok(&text) || !utf8_valid(buf_span(&text)))
		return err_set(err, ERR_INVALID, _("the poll is too long, or not UTF-8 text"));
	const char *kind = d->disclosed ? "org.matrix.msc3381.poll.disclosed"
					: "org.matrix.msc3381.poll.undisclosed";
	int most = d->max_selections > 0 ? d->max_selections : 1;
	JSON_AUTO json_t *o =
		json_pack("{s:s,s:{s:s,s:i,s:{s:s,s:s,s:s},s:o}}", TEXT_KEY, buf_str(&text),
			  POLL_START_TYPE, "kind", kind, "max_selections", most, "question",
			  TEXT_KEY, d->question, "msgtype", "m.text", "body", d->question,
			  "answers", poll_answers(d));
	int rc = check_size(o, err);
	if (!rc)
		*ret = take(&o);
	return rc;
}

static json_t *reference(const char *event_id)
{
	return json_pack("{s:s,s:s}", "rel_type", "m.reference", "event_id", event_id);
}

json_t *message_poll_response(const char *poll, const char *const *answers)
{
	json_t *list = json_array();
	for (; answers && *answers; answers++)
		json_array_append_new(list, json_string(*answers));
	return json_pack("{s:o,s:{s:o}}", "m.relates_to", reference(poll), POLL_RESPONSE_TYPE,
			 "answers", list);
}

json_t *message_poll_end(const char *poll, const char *text)
{
	return json_pack("{s:o,s:{},s:s}", "m.relates_to", reference(poll), POLL_END_TYPE, TEXT_KEY,
			 text);
}
