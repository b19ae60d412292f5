/* Reading polls: MSC3381 in the unstable form that is in use, and the stable names. */
#include "core/matrix/event.h"

#include "core/base/mem.h"

#include <string.h>

static const char *const prefixes[] = {"org.matrix.msc3381.poll.", "m.poll."};

/* The object that the content holds under one of the two names. */
static json_t *block_of(const struct mx_event *ev, const char *what)
{
	char name[64];
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		snprintf(name, sizeof(name), "%s%s", prefixes[i], what);
		if (strcmp(ev->type, name) != 0)
			continue;
		json_t *o = json_get_object(ev->content, name);
		/* An end needs no block of its own (clients differ). */
		return o ? o : (strcmp(what, "end") == 0 ? ev->content : NULL);
	}
	return NULL;
}

/* Extensible text: a plain string, or [{"body":...}]. */
static struct span text_of(const json_t *o)
{
	static const char *const keys[] = {"org.matrix.msc1767.text", "m.text", "body"};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const json_t *v = json_object_get(o, keys[i]);
		if (json_is_string(v))
			return json_get_span(o, keys[i]);
		if (json_is_array(v))
			return json_get_span(json_array_get(v, 0), "body");
	}
	return (struct span){NULL, 0};
}

bool event_poll_start(const struct mx_event *ev, struct mx_poll *ret)
{
	const json_t *o = block_of(ev, "start");
	struct mx_poll p = {0};
	p.answers = json_get_array(o, "answers");
	p.question = text_of(json_get_object(o, "question"));
	if (!p.answers || !p.question.n)
		return false;
	const char *kind = json_get_str(o, "kind");
	p.disclosed = kind && span_ends(span_of(kind), ".disclosed");
	p.max_selections = json_get_i64(o, "max_selections", 1);
	if (p.max_selections < 1)
		p.max_selections = 1;
	const char *id;
	struct span text;
	if (!poll_answer(&p, 0, &id, &text))
		return false;
	*ret = p;
	return true;
}

bool poll_answer(const struct mx_poll *p, size_t i, const char **ret_id, struct span *ret_text)
{
	size_t at;
	json_t *one;
	json_array_foreach (p->answers, at, one) {
		const char *id = json_get_str(one, "id");
		if (at >= POLL_ANSWERS_MAX)
			break;
		if (!id)
			id = json_get_str(one, "m.id");
		if (!id || i-- > 0)
			continue;
		*ret_id = id;
		*ret_text = text_of(one);
		return true;
	}
	return false;
}

json_t *event_poll_response(const struct mx_event *ev, const char **ret_poll)
{
	const json_t *o = block_of(ev, "response");
	if (!o || !ev->rel.event_id || !ev->rel.rel_type ||
	    strcmp(ev->rel.rel_type, "m.reference") != 0)
		return NULL;
	*ret_poll = ev->rel.event_id;
	return json_get_array(o, "answers");
}

const char *event_poll_end(const struct mx_event *ev)
{
	bool reference = ev->rel.rel_type && strcmp(ev->rel.rel_type, "m.reference") == 0;
	return block_of(ev, "end") && reference ? ev->rel.event_id : NULL;
}
