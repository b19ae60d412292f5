/* The contract of one verb for programs: its JSON lines as JSON Schema, and its words. */
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/client/command_ctx.h"

static json_t *type_of(const char *type)
{
	if (!strcmp(type, "time"))
		return json_pack("{s:s, s:s}", "type", "string", "format", "date-time");
	if (!strcmp(type, "strings"))
		return json_pack("{s:s, s:{s:s}}", "type", "array", "items", "type", "string");
	if (!strcmp(type, "seconds") || !strcmp(type, "seconds or ever") || !strcmp(type, "bytes"))
		return json_pack("{s:s}", "type", "integer");
	if (command_type_is_word(type))
		return json_pack("{s:s}", "type", "string");
	return json_pack("{s:s}", "type", type);
}

static json_t *properties(const struct command *c)
{
	json_t *all = json_object();
	for (const struct command_key *k = c->keys; k && k->name; k++) {
		json_t *one = type_of(k->type);
		json_object_set_new(one, "description", json_string(k->what));
		json_object_set_new(all, k->name, one);
	}
	return all;
}

static json_t *param(const struct command_param *p)
{
	json_t *o = json_object();
	json_object_set_new(o, "name", json_string(p->name));
	if (p->letter)
		json_object_set_new(o, "letter", json_stringn(&p->letter, 1));
	json_object_set_new(o, "kind", json_string(command_kind_name(p->kind)));
	if (p->choices)
		json_object_set_new(o, "choices", json_string(p->choices));
	if (p->otherwise)
		json_object_set_new(o, "default", json_string(p->otherwise));
	json_object_set_new(o, "required", json_boolean(p->required));
	json_object_set_new(o, "repeat", json_boolean(p->repeat));
	json_object_set_new(o, "description", json_string(p->what));
	return o;
}

static json_t *params(const struct command_param *p)
{
	json_t *a = json_array();
	for (; p && p->kind != KIND_NONE; p++)
		if (!p->hidden)
			json_array_append_new(a, param(p));
	return a;
}

static json_t *exits(const struct command *c)
{
	char status[16];
	json_t *o = json_object();
	for (const struct err_exit *r = err_exit_table(); r->name; r++) {
		snprintf(status, sizeof(status), "%d", r->exit_status);
		if (!json_object_get(o, status))
			json_object_set_new(o, status, json_string(r->what));
	}
	for (const struct command_exit *x = c->exits; x && x->what; x++) {
		snprintf(status, sizeof(status), "%d", x->status);
		json_object_set_new(o, status, json_string(x->what));
	}
	return o;
}

static json_t *schema(const struct command_set *set, const struct command *c)
{
	json_t *o = json_object();
	json_object_set_new(o, "$schema",
			    json_string("https://json-schema.org/draft/2020-12/schema"));
	json_object_set_new(o, "title", json_sprintf("muster %s", c->name));
	json_object_set_new(o, "description", json_string(c->summary));
	json_object_set_new(o, "type", json_string("object"));
	json_object_set_new(o, "properties", properties(c));
	json_object_set_new(o, "additionalProperties", json_true());
	json_object_set_new(o, "x-arguments", params(c->args));
	json_object_set_new(o, "x-options", params(c->options));
	json_object_set_new(o, "x-global-options", params(set->globals));
	json_object_set_new(o, "x-exit-status", exits(c));
	return o;
}

static int run_schema(struct command_ctx *ctx, struct err *err)
{
	const struct command_set *set = ctx->line->set;
	AUTO_FREE char *name = command_joined(ctx->line, "verb");
	const struct command *c = command_find(set, name);
	if (!c)
		return err_set(err, ERR_USAGE, _("there is no verb \"%.60s\""), name);
	JSON_AUTO json_t *o = schema(set, c);
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	char *text = ctx->json ? json_text(o) : json_dumps(o, JSON_INDENT(2));
	buf_printf(&b, "%s\n", text);
	if (ctx->json)
		mem_free(text);
	else
		free(text);
	int rc = command_raw(ctx, buf_span(&b));
	buf_done(&b);
	return rc;
}

const struct command verb_schema = {
	.name = "schema",
	.group = GROUP_TOOL,
	.summary = N_("Print a verb's JSON keys, words and exit codes as JSON Schema."),
	.examples =
		(const struct command_example[]){
			{"muster schema read", N_("what each line of muster read --json holds")},
			{"muster schema send | jq -r '.properties | keys[]'",
			 N_("the names of the keys")},
			{NULL, NULL},
		},
	.args =
		(const struct command_param[]){
			{.name = "verb",
			 .kind = KIND_VERB,
			 .required = true,
			 .repeat = true,
			 .what = N_("the verb")},
			{.kind = KIND_NONE},
		},
	.run = run_schema,
};
