/* What a verb asks of its parsed command line. */
#include "core/client/command.h"

#include "core/base/mem.h"

#include <assert.h>

static bool declared(const struct command_line *l, const char *name)
{
	const struct command_param *a = l->command ? l->command->args : NULL;
	for (; a && a->kind != KIND_NONE; a++)
		if (!strcmp(a->name, name))
			return true;
	return command_option(l->set, l->command, name) != NULL;
}

static const struct command_value *last(const struct command_line *l, const char *name)
{
	const struct command_value *found = NULL;
	assert(declared(l, name));
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->values[i].param->name, name))
			found = &l->values[i];
	return found;
}

bool command_given(const struct command_line *l, const char *name)
{
	const struct command_value *v = last(l, name);
	return v && !v->is_default;
}

bool command_flag(const struct command_line *l, const char *name)
{
	return last(l, name) != NULL;
}

const char *command_text(const struct command_line *l, const char *name)
{
	const struct command_value *v = last(l, name);
	return v ? v->text : NULL;
}

int64_t command_number(const struct command_line *l, const char *name, int64_t otherwise)
{
	const struct command_value *v = last(l, name);
	return v && v->text ? v->number : otherwise;
}

size_t command_count(const struct command_line *l, const char *name)
{
	size_t n = 0;
	assert(declared(l, name));
	for (size_t i = 0; i < l->n; i++)
		n += !strcmp(l->values[i].param->name, name);
	return n;
}

const char *command_nth(const struct command_line *l, const char *name, size_t nth)
{
	assert(declared(l, name));
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->values[i].param->name, name) && nth-- == 0)
			return l->values[i].text;
	return NULL;
}

char *command_joined(const struct command_line *l, const char *name)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	for (size_t i = 0; i < command_count(l, name); i++) {
		if (i)
			buf_put_char(&b, ' ');
		buf_put_str(&b, command_nth(l, name, i));
	}
	return buf_take(&b);
}
