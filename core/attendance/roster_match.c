#include "core/attendance/roster_match.h"

#include "core/base/i18n.h"

#include <string.h>

#define SPELLINGS 4 /* of one name */

const char *roster_how_name(enum roster_how h)
{
	static const char *const names[HOW_COUNT] = {"no",   "user",   "id",	   "email",
						     "name", "member", "ambiguous"};
	return h < HOW_COUNT ? names[h] : "";
}

void roster_match_free(struct roster_match *v, size_t n)
{
	for (size_t i = 0; v && i < n; i++) {
		mem_free(v[i].user_id);
		mem_free(v[i].why);
	}
	mem_free(v);
}

struct matching {
	const struct roster_match_query *q;
	const struct roster_row *rows;
	size_t n;
	struct roster_match *v;
};

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static void doubt(struct roster_match *m, char *why)
{
	mem_free(m->user_id);
	mem_free(m->why);
	*m = (struct roster_match){HOW_AMBIGUOUS, NULL, why};
}

static void found(struct roster_match *m, enum roster_how how, const char *user_id)
{
	*m = (struct roster_match){how, mem_strdup(user_id), NULL};
}

/* -- by what can mean one person only ------------------------------------------ */

static bool is_member(const struct matching *d, const char *user_id)
{
	for (size_t i = 0; i < d->q->n_members; i++)
		if (!strcmp(d->q->members[i].user_id, user_id))
			return true;
	return false;
}

/* "anna", "@anna" or "@anna:here" -> "@anna:here" of somebody who is known; the caller owns it. */
static char *known_user(const struct matching *d, const char *typed)
{
	const char *own = d->q->server_name;
	const char *local = typed[0] == '@' ? typed + 1 : typed;
	bool whole = typed[0] == '@' && strchr(typed, ':');
	if (!whole && !own)
		return NULL;
	AUTO_FREE char *id = whole ? mem_strdup(typed) : mem_printf("@%s:%s", local, own);
	if ((whole && d->q->any_id) || roster_find(d->q->roster, ROSTER_BY_USER, id) ||
	    is_member(d, id))
		return take(&id);
	return NULL;
}

/* Several of the columns name somebody, and not the same one. */
static bool contradict(const char *const by[3])
{
	const char *first = NULL;
	for (int i = 0; i < 3; i++) {
		if (by[i] && first && strcmp(by[i], first) != 0)
			return true;
		first = first ? first : by[i];
	}
	return false;
}

static bool by_keys(const struct matching *d, const struct roster_person *p, struct roster_match *m)
{
	static const enum roster_how hows[] = {HOW_USER, HOW_ID, HOW_EMAIL};
	const char *typed = d->q->typed ? p->name : NULL;
	const char *user_id = typed ? typed : p->user_id;
	AUTO_FREE char *user = user_id ? known_user(d, user_id) : NULL;
	const struct roster_person *id =
		roster_find(d->q->roster, ROSTER_BY_ID, typed ? typed : p->external_id);
	const struct roster_person *mail =
		roster_find(d->q->roster, ROSTER_BY_EMAIL, typed ? typed : p->email);
	const char *const by[3] = {user, id ? id->user_id : NULL, mail ? mail->user_id : NULL};
	if (contradict(by)) {
		doubt(m,
		      mem_strdup(_("its user, id and e-mail address belong to different people")));
		return true;
	}
	for (int i = 0; i < 3; i++)
		if (by[i]) {
			found(m, hows[i], by[i]);
			return true;
		}
	return false;
}

/* -- by name ------------------------------------------------------------------- */

/* "Anna Meier" may stand as "Meier, Anna", "Ann (Anna Meier)" (as Zoom shows who renamed themself) ... */
struct spellings {
	char *v[SPELLINGS];
	int n;
};

static void add_spelling(struct spellings *s, char *name)
{
	if (name[0] && s->n < SPELLINGS)
		s->v[s->n++] = name;
	else
		mem_free(name);
}

static void spell(const char *name, struct spellings *ret)
{
	const char *comma = strstr(name, ", "), *open = strstr(name, " (");
	size_t n = strlen(name);
	*ret = (struct spellings){.n = 0};
	add_spelling(ret, mem_strdup(name));
	if (comma && comma != name && comma[2])
		add_spelling(ret, mem_printf("%s %.*s", comma + 2, (int)(comma - name), name));
	if (open && open != name && name[n - 1] == ')') {
		add_spelling(ret, mem_strndup(open + 2, n - (size_t)(open + 2 - name) - 1));
		add_spelling(ret, mem_strndup(name, (size_t)(open - name)));
	}
}

static void spellings_done(struct spellings *s)
{
	for (int i = 0; i < s->n; i++)
		mem_free(s->v[i]);
}

/* Both have an outside id or an address, and not the same: another person of that name. */
static bool another(const struct roster_person *a, const struct roster_person *b)
{
	return (a->external_id && b->external_id && strcmp(a->external_id, b->external_id) != 0) ||
	       (a->email && b->email && strcasecmp(a->email, b->email) != 0);
}

/* How many of the roster are called so and may be the one meant; *ret: the first. */
static int in_roster(const struct matching *d, const struct roster_person *p, const char *name,
		     const char **ret)
{
	int n = 0;
	for (size_t i = 0; i < roster_size(d->q->roster); i++) {
		const struct roster_person *r = roster_at(d->q->roster, i);
		if (same(r->name, name) && !another(p, r) && !n++)
			*ret = r->user_id;
	}
	return n;
}

static int in_room(const struct matching *d, const struct roster_person *p, const char *name,
		   const char **ret)
{
	int n = 0;
	for (size_t i = 0; i < d->q->n_members; i++) {
		const struct roster_member *o = &d->q->members[i];
		if (!same(o->name, name))
			continue;
		const struct roster_person *r =
			roster_find(d->q->roster, ROSTER_BY_USER, o->user_id);
		if (!(r && another(p, r)) && !n++)
			*ret = o->user_id;
	}
	return n;
}

static bool several(struct roster_match *m, int n, const char *name)
{
	if (n < 2)
		return false;
	doubt(m,
	      mem_printf(ngettext("%d person is called %s", "%d people are called %s", (unsigned)n),
			 n, name));
	return true;
}

static bool by_spelling(const struct matching *d, const struct roster_person *p, const char *name,
			struct roster_match *m)
{
	const char *user = NULL;
	int n = in_roster(d, p, name, &user);
	if (several(m, n, name))
		return true;
	if (n) {
		found(m, HOW_NAME, user);
		return true;
	}
	n = in_room(d, p, name, &user);
	if (several(m, n, name))
		return true;
	if (n)
		found(m, HOW_MEMBER, user);
	return n > 0;
}

static void by_name(const struct matching *d, const struct roster_person *p, struct roster_match *m)
{
	struct spellings s;
	spell(p->name, &s);
	for (int i = 0; i < s.n && !by_spelling(d, p, s.v[i], m); i++)
		;
	spellings_done(&s);
}

/* -- all ------------------------------------------------------------------------ */

/* Another line of this name that was not found by anything better. */
static int line_of_same_name(const struct matching *d, size_t row)
{
	for (size_t i = 0; i < d->n; i++) {
		enum roster_how how = d->v[i].how;
		if (i != row && same(d->rows[i].p.name, d->rows[row].p.name) && how != HOW_USER &&
		    how != HOW_ID && how != HOW_EMAIL)
			return d->rows[i].line;
	}
	return 0;
}

static void match_row_by_name(struct matching *d, size_t row)
{
	struct roster_match *m = &d->v[row];
	if (m->how != HOW_NONE || !d->rows[row].p.name)
		return;
	by_name(d, &d->rows[row].p, m);
	int line = m->how == HOW_NONE ? 0 : line_of_same_name(d, row);
	if (line)
		doubt(m, mem_printf(_("line %d has the same name"), line));
}

/* Two lines that came to be one person: neither is certain when it was by name. */
static void find_twins(struct matching *d)
{
	for (size_t i = 1; i < d->n; i++)
		for (size_t k = 0; k < i; k++) {
			if (!same(d->v[i].user_id, d->v[k].user_id))
				continue;
			bool second = d->v[i].how >= d->v[k].how;
			doubt(&d->v[second ? i : k], mem_printf(_("the same person as in line %d"),
								d->rows[second ? k : i].line));
			if (second)
				break;
		}
}

struct roster_match *roster_match(const struct roster_match_query *q, const struct roster_row *rows,
				  size_t n)
{
	struct matching d = {q, rows, n, mem_alloc((n + 1) * sizeof(*d.v))};
	for (size_t i = 0; i < n; i++)
		by_keys(&d, &rows[i].p, &d.v[i]);
	for (size_t i = 0; i < n; i++)
		match_row_by_name(&d, i);
	if (!q->typed)
		find_twins(&d);
	return d.v;
}
