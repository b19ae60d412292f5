/*
 * Command lines: words separated by NUL bytes go through the parser; what it
 * says must be consistent, and asking for values must be safe.
 */
#include "cli/help.h"
#include "cli/verbs.h"
#include "core/base/mem.h"

#include <stdint.h>

#define NOW_MS 1767225600000
#define WORDS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t split(char *text, size_t size, const char *argv[WORDS])
{
	size_t n = 0;
	for (size_t at = 0; at < size && n < WORDS; at += strlen(text + at) + 1)
		argv[n++] = text + at;
	return n;
}

static void must(bool fact)
{
	if (!fact)
		abort();
}

/* Every declared parameter can be asked for. */
static void ask(const struct command_line *l, const struct command_param *p)
{
	for (; p && p->kind != KIND_NONE; p++) {
		size_t n = command_count(l, p->name);
		/* --help forgives whatever else is wrong. */
		must(p->repeat || p->kind == KIND_FLAG || n <= 1 || l->help);
		must(!p->required || n > 0 || l->help);
		for (size_t i = 0; i < n; i++)
			must(p->kind == KIND_FLAG || p->value_optional ||
			     command_nth(l, p->name, i));
		must(command_nth(l, p->name, n) == NULL);
		mem_free(p->kind == KIND_FLAG || p->value_optional ? NULL
								   : command_joined(l, p->name));
		if (p->kind == KIND_INT && n && p->max > p->min) {
			int64_t v = command_number(l, p->name, p->min);
			must(v >= p->min && v <= p->max);
		}
	}
}

static void show(const struct command_line *l, int width)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	if (l->command)
		help_put_verb(&b, l->set, l->command, width);
	else if (l->prefix[0])
		help_put_prefix(&b, l->set, l->prefix, width);
	buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *argv[WORDS];
	struct command_line l;
	struct err e = {.code = 0};
	char *text = mem_strndup((const char *)data, size);
	size_t n = split(text, size, argv);
	long live = mem_live();
	int rc = command_parse(&cli_set, n, argv, NOW_MS, &l, &e);
	must(rc == 0 || (rc == ERR_USAGE && e.code == ERR_USAGE && e.msg[0] && e.hint[0]));
	must(!(l.command && l.prefix[0]));
	if (!rc && l.command) {
		ask(&l, l.command->args);
		ask(&l, l.command->options);
	}
	if (!rc)
		ask(&l, l.set->globals);
	if (l.help)
		show(&l, size ? data[0] % 100 + 1 : 80);
	command_line_done(&l);
	must(mem_live() == live);
	mem_free(text);
	return 0;
}
