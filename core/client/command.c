#include "core/client/command.h"

#include "core/base/i18n.h"
#include "core/base/text.h"

static bool alias_is(const char *aliases, const char *name)
{
	struct span rest = span_of(aliases), one;
	while (span_split(&rest, '|', &one))
		if (span_eq_str(one, name))
			return true;
	return false;
}

const struct command *command_find(const struct command_set *set, const char *name)
{
	for (const struct command *const *c = set->commands; *c; c++)
		if (!strcmp((*c)->name, name) || alias_is((*c)->aliases, name))
			return *c;
	return NULL;
}

bool command_is_prefix(const struct command_set *set, const char *word)
{
	size_t n = strlen(word);
	for (const struct command *const *c = set->commands; *c; c++)
		if (!strncmp((*c)->name, word, n) && (*c)->name[n] == ' ')
			return true;
	return false;
}

static const struct command_param *find_param(const struct command_param *p, const char *name)
{
	for (; p && p->kind != KIND_NONE; p++)
		if (!strcmp(p->name, name))
			return p;
	return NULL;
}

const struct command_param *command_option(const struct command_set *set, const struct command *c,
					   const char *name)
{
	const struct command_param *p = c ? find_param(c->options, name) : NULL;
	return p ? p : find_param(set->globals, name);
}

static const struct command_param *find_letter(const struct command_param *p, char letter)
{
	for (; p && p->kind != KIND_NONE; p++)
		if (p->letter == letter)
			return p;
	return NULL;
}

const struct command_param *command_letter(const struct command_set *set, const struct command *c,
					   char letter)
{
	const struct command_param *p = c ? find_letter(c->options, letter) : NULL;
	return p ? p : find_letter(set->globals, letter);
}

static void put_arg(struct buf *b, const struct command_param *p)
{
	buf_put_char(b, ' ');
	if (!p->required)
		buf_put_char(b, '[');
	buf_put_str(b, command_value_name(p));
	if (p->repeat)
		buf_put_str(b, "...");
	if (!p->required)
		buf_put_char(b, ']');
}

static void put_required_option(struct buf *b, const struct command_param *p)
{
	buf_printf(b, " --%s %s", p->name, command_value_name(p));
	if (p->repeat)
		buf_put_str(b, "...");
}

void command_put_usage(struct buf *b, const struct command *c)
{
	buf_printf(b, "muster %s", c->name);
	for (const struct command_param *p = c->options; p && p->kind != KIND_NONE; p++)
		if (p->required)
			put_required_option(b, p);
	buf_printf(b, " [%s]", _("options"));
	for (const struct command_param *p = c->args; p && p->kind != KIND_NONE; p++)
		put_arg(b, p);
}

void command_put_clean(struct buf *b, const json_t *value)
{
	text_put(b, (struct span){json_string_value(value), json_string_length(value)}, TEXT_LINE);
}

static const struct {
	const char *title;
	const char *page;
} groups[GROUP_COUNT] = {
	[GROUP_ACCOUNT] = {N_("Accounts"), "muster-account"},
	[GROUP_MESSAGE] = {N_("Messages"), "muster-message"},
	[GROUP_ROOM] = {N_("Rooms"), "muster-room"},
	[GROUP_CLASS] = {N_("Classes"), "muster-class"},
	[GROUP_CALL] = {N_("Calls"), "muster-call"},
	[GROUP_MEETING] = {N_("Meetings"), "muster-meet"},
	[GROUP_ATTENDANCE] = {N_("Attendance"), "muster-attendance"},
	[GROUP_SERVER] = {N_("Server"), "muster-serve"},
	[GROUP_ADMIN] = {N_("Administration"), "muster-admin"},
	[GROUP_TOOL] = {N_("Tools"), "muster-tools"},
};

const char *command_group_title(enum command_group g)
{
	return _(groups[g].title);
}

const char *command_group_page(enum command_group g)
{
	return groups[g].page;
}
