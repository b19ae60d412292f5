#include "core/client/class_plan.h"

#include "core/base/crypto.h"
#include "core/base/fold.h"
#include "core/base/i18n.h"
#include "core/base/slug.h"
#include "core/base/words.h"
#include "core/matrix/id.h"

#include <string.h>

#define NAME_MAX_BYTES 40 /* of a user name that is made up */
#define TRIES 1000

void class_plan_done(struct class_plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		roster_person_done(&p->v[i].p);
	mem_free(p->v);
	*p = (struct class_plan){0};
}

struct planning {
	const struct class_plan_query *q;
	struct class_plan plan;
	int problems;
};

static void tell(struct planning *d, int line, const char *sentence)
{
	d->q->problem(d->q->arg, line, sentence);
	d->problems++;
}

/* "Anna" or "@anna:here" -> "@anna:here"; NULL when it cannot be an id. The caller owns it. */
static char *whole_id(const struct planning *d, const char *user)
{
	struct user_id id;
	char *full =
		user[0] == '@' ? mem_strdup(user) : mem_printf("@%s:%s", user, d->q->server_name);
	if (user[0] != '@' || !strchr(user, ':'))
		for (char *s = full; *s; s++)
			if (*s >= 'A' && *s <= 'Z')
				*s |= 0x20;
	bool ok = strchr(full, ':') && user_id_parse(span_of(full), &id, NULL) == 0;
	if (!ok) {
		mem_free(full);
		return NULL;
	}
	return full;
}

static const struct roster_person *in_roster(const struct planning *d,
					     const struct roster_person *row)
{
	const struct roster *r = d->q->roster;
	const struct roster_person *p = roster_find(r, ROSTER_BY_ID, row->external_id);
	if (!p && row->user_id) {
		AUTO_FREE char *id = whole_id(d, row->user_id);
		p = roster_find(r, ROSTER_BY_USER, id);
	}
	if (!p)
		p = roster_find(r, ROSTER_BY_EMAIL, row->email);
	if (!p && !row->external_id && !row->user_id && !row->email)
		p = roster_find(r, ROSTER_BY_NAME, row->name);
	return p;
}

static bool has_email(const json_t *account, const char *email)
{
	size_t i;
	json_t *v;
	json_array_foreach (json_get_array(account, "emails"), i, v)
		if (json_is_string(v) && !strcasecmp(json_string_value(v), email))
			return true;
	return false;
}

/* One that is there still; without an id it would be nobody's. */
static bool is_usable(const json_t *account)
{
	return json_get_str(account, "user_id") && !json_get_bool(account, "removed", false);
}

static const json_t *account_by(const struct planning *d, const char *key, const char *value)
{
	size_t i;
	json_t *a;
	json_array_foreach (d->q->accounts, i, a) {
		const char *v = json_get_str(a, key);
		if (is_usable(a) && v && !strcmp(v, value))
			return a;
	}
	return NULL;
}

static const json_t *account_by_email(const struct planning *d, const char *email)
{
	size_t i;
	json_t *a;
	json_array_foreach (d->q->accounts, i, a)
		if (is_usable(a) && has_email(a, email))
			return a;
	return NULL;
}

/* Names of accounts that were removed stay taken, too. */
static bool is_taken(const struct planning *d, const char *user_id)
{
	size_t i;
	json_t *a;
	json_array_foreach (d->q->accounts, i, a) {
		const char *v = json_get_str(a, "user_id");
		if (v && !strcasecmp(v, user_id))
			return true;
	}
	for (i = 0; i < d->q->rows->n; i++) {
		const char *asked = d->q->rows->v[i].p.user_id;
		AUTO_FREE char *id = asked ? whole_id(d, asked) : NULL;
		if (id && !strcmp(id, user_id))
			return true;
	}
	for (i = 0; i < d->plan.n; i++)
		if (d->plan.v[i].p.user_id && !strcasecmp(d->plan.v[i].p.user_id, user_id))
			return true;
	return roster_find(d->q->roster, ROSTER_BY_USER, user_id) != NULL;
}

/* What a new user name is made of; in scripts that have no a-z, a name that stays the same. */
static char *name_base(const struct roster_person *p)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	struct span email = span_of(p->email);
	if (p->email)
		slug_put(&b, span_head(email, (size_t)span_find(email, '@')), NAME_MAX_BYTES);
	if (!b.n && p->name)
		slug_put(&b, span_of(p->name), NAME_MAX_BYTES);
	if (!b.n && p->external_id)
		slug_put(&b, span_of(p->external_id), NAME_MAX_BYTES);
	if (!b.n) {
		uint8_t hash[32];
		char hex[11];
		crypto_sha256(span_of(p->external_id ? p->external_id
				      : p->name	     ? p->name
						     : p->email),
			      hash);
		hex_put(hex, hash, 5);
		buf_printf(&b, "s%s", hex);
	}
	return buf_take(&b);
}

static char *new_id(const struct planning *d, const struct roster_person *p)
{
	AUTO_FREE char *base = name_base(p);
	for (int i = 1; i < TRIES; i++) {
		char *id = i == 1 ? mem_printf("@%s:%s", base, d->q->server_name)
				  : mem_printf("@%s%d:%s", base, i, d->q->server_name);
		if (!is_taken(d, id))
			return id;
		mem_free(id);
	}
	return NULL;
}

/* Two accounts answer to one line, or one account to another outside id. */
static const char *contradiction(const json_t *account, const json_t *other,
				 const struct roster_person *row)
{
	const char *has = json_get_str(account, "external_id");
	if (account && other && account != other)
		return _("the id and the e-mail address belong to two different accounts");
	if (account && row->external_id && has && strcmp(has, row->external_id) != 0)
		return _("this account has another id on the server");
	return NULL;
}

static bool is_letter(char c)
{
	return (unsigned char)c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Words of a name, each with a space around it. */
static void put_words(struct buf *b, struct span name)
{
	AUTO(buf_done) struct buf folded = BUF_INIT(BUF_CAP_OWN);
	fold_put(&folded, name);
	for (size_t i = 0; i < folded.n; i++)
		if (!is_letter(folded.p[i]))
			folded.p[i] = ' ';
	buf_put_char(b, ' ');
	words_put(b, buf_span(&folded));
	buf_put_char(b, ' ');
}

static bool share_a_word(struct span a, struct span b)
{
	AUTO(buf_done) struct buf one = BUF_INIT(BUF_CAP_OWN);
	AUTO(buf_done) struct buf other = BUF_INIT(BUF_CAP_OWN);
	put_words(&one, a);
	put_words(&other, b);
	struct span rest = buf_span(&one), word;
	while (span_split(&rest, ' ', &word)) {
		AUTO_FREE char *whole = mem_printf(" %.*s ", SPAN_ARG(word));
		if (word.n && strstr(buf_str(&other), whole))
			return true;
	}
	return false;
}

static bool has_letters(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (is_letter(s.p[i]))
			return true;
	return false;
}

static struct span local_part(const char *user_id)
{
	struct span s = span_from(span_of(user_id), 1);
	ptrdiff_t colon = span_find(s, ':');
	return colon > 0 ? span_head(s, (size_t)colon) : s;
}

/*
 * An outside id that belongs to somebody else would give a person that one's place, and their slip. Names are
 * written in many ways, and change, but of one person they have a word in common, or with the user name that was made of
 * the name. Where that says nothing it is only told: people give themselves names. So it is of who is in this class
 * already, whose name the list may correct.
 */
static void check_name(struct planning *d, const struct roster_row *r, const char *name,
		       const char *user_id, bool known)
{
	struct span local = local_part(user_id), own = span_of(r->p.name);
	if (!r->p.external_id || r->p.user_id || !own.n || !name ||
	    share_a_word(own, span_of(name)) || share_a_word(own, local))
		return;
	if (known) {
		AUTO_FREE char *new_name =
			mem_printf(_("id %.60s was %.100s's, who is called %.100s from now on"),
				   r->p.external_id, name, r->p.name);
		d->q->problem(d->q->arg, r->line, new_name);
		return;
	}
	AUTO_FREE char *s = mem_printf(_("id %.60s belongs to %.100s (%.200s), not to %.100s: "
					 "correct it, or give the "
					 "user name as well if it is the same person"),
				       r->p.external_id, name, user_id, r->p.name);
	if (has_letters(local) && has_letters(own))
		tell(d, r->line, s);
	else
		d->q->problem(d->q->arg, r->line, s);
}

/* The account of our own server that a line means; NULL: none yet. */
static const json_t *find_account(struct planning *d, const struct roster_row *r,
				  const char *user_id)
{
	const struct roster_person *row = &r->p;
	const json_t *by_id =
		row->external_id ? account_by(d, "external_id", row->external_id) : NULL;
	const json_t *by_email = row->email ? account_by_email(d, row->email) : NULL;
	const json_t *by_user = user_id ? account_by(d, "user_id", user_id) : NULL;
	const json_t *a = by_user ? by_user : by_id ? by_id : by_email;
	const json_t *other = by_id && by_id != a ? by_id : by_email;
	const char *what = contradiction(a, other, row);
	if (!what && by_id && user_id && strcmp(json_get_str(by_id, "user_id"), user_id) != 0)
		what = _("this id belongs to another account on the server");
	if (what)
		tell(d, r->line, what);
	else if (by_id && !in_roster(d, row))
		check_name(d, r, json_get_str(by_id, "name"), json_get_str(by_id, "user_id"),
			   false);
	return a;
}

static bool on_this_server(const struct planning *d, const char *user_id)
{
	const char *colon = strchr(user_id, ':');
	return colon && !strcmp(colon + 1, d->q->server_name);
}

/* A line with a user name, or of somebody whose name is known. */
static void plan_user(struct planning *d, const struct roster_row *r, struct class_plan_row *ret)
{
	const struct roster_person *known = in_roster(d, &r->p);
	ret->known = known != NULL;
	if (known && known->external_id && r->p.external_id &&
	    !strcmp(known->external_id, r->p.external_id))
		check_name(d, r, known->name, known->user_id, true);
	if (known)
		ret->p.user_id = mem_strdup(known->user_id);
	else if (r->p.user_id)
		ret->p.user_id = whole_id(d, r->p.user_id);
	if (!ret->p.user_id && r->p.user_id) {
		AUTO_FREE char *s = mem_printf(_("\"%s\" cannot be a user name"), r->p.user_id);
		tell(d, r->line, s);
	}
}

static void plan_row(struct planning *d, const struct roster_row *r)
{
	struct class_plan_row row = {.line = r->line};
	int before = d->problems;
	plan_user(d, r, &row);
	if (d->problems == before && d->q->accounts) {
		const json_t *a = find_account(d, r, row.p.user_id);
		row.account = a != NULL;
		if (!row.p.user_id)
			row.p.user_id =
				a ? mem_strdup(json_get_str(a, "user_id")) : new_id(d, &r->p);
		if (row.p.user_id && !a && !on_this_server(d, row.p.user_id))
			row.account = true; /* somebody else's server */
	} else if (d->problems == before) {
		row.account = true;
		if (!row.p.user_id)
			tell(d, r->line,
			     _("a Matrix id is needed (column \"user\"), as accounts cannot be "
			       "made on this server"));
	}
	if (!row.p.user_id && d->problems == before)
		tell(d, r->line, _("no user name is free for this person: give one"));
	row.p.name = mem_strdup(r->p.name);
	row.p.external_id = mem_strdup(r->p.external_id);
	row.p.email = mem_strdup(r->p.email);
	d->plan.v[d->plan.n++] = row;
}

/* Two lines that turned out to be one person. */
static void find_twins(struct planning *d)
{
	for (size_t i = 1; i < d->plan.n; i++)
		for (size_t k = 0; k < i; k++) {
			const struct class_plan_row *a = &d->plan.v[k], *b = &d->plan.v[i];
			if (!a->p.user_id || !b->p.user_id || strcmp(a->p.user_id, b->p.user_id))
				continue;
			AUTO_FREE char *s = mem_printf(_("the same person (%s) as in line %d"),
						       a->p.user_id, a->line);
			tell(d, b->line, s);
			break;
		}
}

int class_plan_make(const struct class_plan_query *q, struct class_plan *ret, struct err *err)
{
	struct planning d = {.q = q};
	d.plan.v = mem_alloc((q->rows->n + 1) * sizeof(*d.plan.v));
	for (size_t i = 0; i < q->rows->n; i++)
		plan_row(&d, &q->rows->v[i]);
	find_twins(&d);
	int rc = roster_problems(d.problems, err);
	if (rc)
		class_plan_done(&d.plan);
	else
		*ret = d.plan;
	return rc;
}
