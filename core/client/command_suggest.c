/* "Did you mean": the nearest name to what was typed. */
#include "core/client/command.h"

#include "core/base/mem.h"
#include "core/base/near.h"

/* The best candidate so far. */
struct nearest {
	struct span typed;
	const char *name;
	int distance;
};

static struct nearest nearest_start(struct span typed)
{
	/* One slip in a short word, up to a third of a longer one. */
	int allowed = typed.n <= 3 ? 1 : (int)(typed.n / 3 + 1);
	return (struct nearest){typed, NULL, allowed > 3 ? 4 : allowed + 1};
}

static void consider(struct nearest *n, struct span candidate, const char *name)
{
	int d = near_distance(n->typed, candidate);
	if (n->typed.n >= 3 && candidate.n > n->typed.n && d > 1 &&
	    !strncasecmp(n->typed.p, candidate.p, n->typed.n))
		d = 1; /* the beginning of it */
	if (d < n->distance) {
		n->distance = d;
		n->name = name;
	}
}

static const char *last_word(const char *name)
{
	const char *space = strrchr(name, ' ');
	return space ? space + 1 : name;
}

static void consider_verb(struct nearest *n, const struct command *c)
{
	struct span rest = span_of(c->aliases), one;
	consider(n, span_of(c->name), c->name);
	while (span_split(&rest, '|', &one))
		consider(n, one, c->name);
}

/* "create room", or "invite" alone: right words in another shape. */
static const char *by_words(const struct command_set *set, const char *first, const char *second)
{
	AUTO_FREE char *swapped = second ? mem_printf("%s %s", second, first) : mem_strdup("");
	const char *found = NULL;
	for (const struct command *const *c = set->commands; *c; c++) {
		if ((*c)->hidden)
			continue;
		if (!strcmp((*c)->name, swapped))
			return (*c)->name;
		if (!found && !strcmp(last_word((*c)->name), first))
			found = (*c)->name;
	}
	return found;
}

const char *command_suggest_verb(const struct command_set *set, const char *first,
				 const char *second)
{
	const char *found = by_words(set, first, second);
	if (found)
		return found;
	char both[2 * NEAR_WORD_MAX + 2];
	struct nearest one = nearest_start(span_of(first));
	int n = snprintf(both, sizeof(both), "%s %s", first, second ? second : "");
	struct nearest two = nearest_start(span_of(both));
	bool try_two = second && n > 0 && (size_t)n < sizeof(both);
	for (const struct command *const *c = set->commands; *c; c++) {
		if ((*c)->hidden)
			continue;
		consider_verb(&one, *c);
		if (try_two)
			consider_verb(&two, *c);
	}
	/* "admin metrics": of all verbs with admin in front, none is meant more than another. */
	if (try_two && (two.name || command_is_prefix(set, first)))
		return two.name;
	return one.name;
}

static void consider_options(struct nearest *n, const struct command_param *p)
{
	for (; p && p->kind != KIND_NONE; p++)
		if (!p->hidden)
			consider(n, span_of(p->name), p->name);
}

const char *command_suggest_option(const struct command_set *set, const struct command *c,
				   const char *name)
{
	struct nearest n = nearest_start(span_of(name));
	if (c)
		consider_options(&n, c->options);
	consider_options(&n, set->globals);
	return n.name;
}

bool command_suggest_choice(const char *choices, const char *word, char *ret, size_t size)
{
	struct nearest n = nearest_start(span_of(word));
	struct span rest = span_of(choices), one, best = {NULL, 0};
	while (span_split(&rest, '|', &one)) {
		int before = n.distance;
		consider(&n, one, choices);
		if (n.distance < before)
			best = one;
	}
	if (!best.p)
		return false;
	snprintf(ret, size, "%.*s", SPAN_ARG(best));
	return true;
}
