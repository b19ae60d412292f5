/* A class's roster: importing a list, asking who is meant, taking somebody off. */
#include "core/base/i18n.h"
#include "core/client/rooms.h"
#include "core/client/roster_io.h"
#include "core/client/timeline.h"
#include "core/client/util.h"

#include <string.h>

/* -- what is there ---------------------------------------------------------- */

int client_roster_of(struct client *c, const char *room_id, struct class_ref *ret_ref,
		     struct roster **ret, struct err *err)
{
	AUTO(class_ref_done) struct class_ref ref = {0};
	int rc = class_find_room(c, room_id, &ref, err);
	if (rc)
		return rc;
	if (!ref.staff_id)
		return err_set(err, ERR_NOT_FOUND, _("The class %s has no staff room"), ref.name);
	rc = client_roster_load(c, ref.staff_id, ret, err);
	if (rc == ERR_AUTH)
		err_hint(err, _("the list of students is in the staff room: ask to be invited"));
	if (rc)
		return rc;
	*ret_ref = ref;
	ref = (struct class_ref){0};
	return 0;
}

void roster_members_done(struct roster_members *m)
{
	for (size_t i = 0; i < m->n; i++) {
		mem_free((char *)m->v[i].user_id);
		mem_free((char *)m->v[i].name);
	}
	mem_free(m->v);
	*m = (struct roster_members){0};
}

static int on_member(json_t *row, void *arg)
{
	struct roster_members *m = arg;
	const char *is = json_get_str(row, "membership"), *user = json_get_str(row, "user_id");
	if (!user || !is || (strcmp(is, "join") != 0 && strcmp(is, "invite") != 0))
		return 0;
	if ((m->n & (m->n - 1)) == 0)
		m->v = mem_realloc_array(m->v, m->n ? 2 * m->n : 1, sizeof(*m->v));
	m->v[m->n++] =
		(struct roster_member){mem_strdup(user), mem_strdup(json_get_str(row, "name"))};
	return 0;
}

int client_roster_members(struct client *c, const char *room_id, struct roster_members *ret,
			  struct err *err)
{
	struct roster_members m = {0};
	int rc = client_room_members(c, room_id, on_member, &m, err);
	if (rc)
		roster_members_done(&m);
	else
		*ret = m;
	return rc;
}

/* What is needed to match a list. */
struct look {
	struct class_ref ref;
	struct roster *roster;
	struct roster_members members;
};

static void look_done(struct look *k)
{
	class_ref_done(&k->ref);
	roster_free(k->roster);
	roster_members_done(&k->members);
}

static int look(struct client *c, const char *room_id, struct look *ret, struct err *err)
{
	int rc = client_roster_of(c, room_id, &ret->ref, &ret->roster, err);
	return rc ? rc : client_roster_members(c, room_id, &ret->members, err);
}

static struct roster_match *match(struct client *c, const struct look *k,
				  const struct roster_rows *rows, bool any_id, bool typed)
{
	struct roster_match_query q = {.roster = k->roster,
				       .members = k->members.v,
				       .n_members = k->members.n,
				       .server_name = client_server_name(c),
				       .any_id = any_id,
				       .typed = typed};
	return roster_match(&q, rows->v, rows->n);
}

/* -- rows --------------------------------------------------------------------- */

static json_t *person_row(const struct roster_person *p)
{
	json_t *o = json_object();
	row_str(o, "user_id", p->user_id);
	row_str(o, "external_id", p->external_id);
	row_str(o, "name", p->name);
	row_str(o, "email", p->email);
	return o;
}

static json_t *match_row(const struct roster_row *r, const struct roster_match *m)
{
	json_t *o = person_row(&r->p);
	row_int(o, "line", r->line);
	row_str(o, "how", roster_how_name(m->how));
	row_str(o, "user_id", m->user_id);
	row_str(o, "why", m->why);
	return o;
}

/* ERR_PARTIAL for lines that mean nobody, or could mean several. */
static int unmatched(const struct roster_match *v, size_t n, const char *room_id, struct err *err)
{
	unsigned missing = 0;
	for (size_t i = 0; i < n; i++)
		missing += v[i].user_id == NULL;
	if (!missing)
		return 0;
	err_set(err, ERR_PARTIAL,
		ngettext("%u line was not matched to a person",
			 "%u lines were not matched to people", missing),
		missing);
	err_hint(err, _("people without an account: muster class add %s --students FILE"), room_id);
	return ERR_PARTIAL;
}

int client_roster_match(struct client *c, const char *room_id, const struct roster_rows *rows,
			bool typed, json_t **ret, struct err *err)
{
	AUTO(look_done) struct look k = {0};
	int rc = look(c, room_id, &k, err);
	if (rc)
		return rc;
	struct roster_match *v = match(c, &k, rows, false, typed);
	*ret = json_array();
	for (size_t i = 0; i < rows->n; i++)
		json_array_append_new(*ret, match_row(&rows->v[i], &v[i]));
	rc = unmatched(v, rows->n, room_id, err);
	roster_match_free(v, rows->n);
	return rc;
}

int client_roster_show(struct client *c, const char *room_id, client_row_fn *fn, void *arg,
		       struct err *err)
{
	AUTO(class_ref_done) struct class_ref ref = {0};
	struct roster *r = NULL;
	int rc = client_roster_of(c, room_id, &ref, &r, err);
	for (size_t i = 0; !rc && i < roster_size(r); i++) {
		JSON_AUTO json_t *row = person_row(roster_at(r, i));
		rc = fn(row, arg);
	}
	roster_free(r);
	return rc;
}

/* -- changing ------------------------------------------------------------------ */

/* The maker of the rooms is known from the cache, which may not have them yet. */
static int check_maker(struct client *c, const char *room_id, struct err *err)
{
	AUTO(class_ref_done) struct class_ref ref = {0};
	int rc = client_refresh(c, err);
	if (!rc)
		rc = class_find_room(c, room_id, &ref, err);
	if (rc || ref.maker)
		return rc;
	err_set(err, ERR_AUTH,
		_("The two rooms of the class %s were not made by one person: no list is written "
		  "there"),
		ref.name);
	err_hint(err, "muster class list");
	return ERR_AUTH;
}

static int put_row(struct roster *r, const struct roster_row *row, const struct roster_match *m,
		   json_t *out, struct err *err)
{
	struct roster_person p = row->p;
	bool full = false;
	p.user_id = m->user_id;
	bool known = m->user_id && roster_find(r, ROSTER_BY_USER, m->user_id);
	const char *state = m->how == HOW_AMBIGUOUS ? "ambiguous" : "unmatched";
	if (m->user_id)
		state = roster_put(r, &p, &full) ? (known ? "changed" : "added") : "existing";
	if (full)
		return err_set(err, ERR_TOO_LARGE, _("A roster holds %d people at most"),
			       ROSTER_PEOPLE_MAX);
	json_t *o = match_row(row, m);
	row_str(o, "state", state);
	json_array_append_new(out, o);
	return 0;
}

static bool is_listed(const struct roster_match *v, size_t n, const char *user_id)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].user_id && !strcmp(v[i].user_id, user_id))
			return true;
	return false;
}

/* Who is not in the list. Nobody goes while a line could mean them: that is asked for first. */
static int prune(struct roster *r, const struct roster_match *v, size_t n,
		 const struct roster_import *rq, json_t *out, struct err *err)
{
	JSON_AUTO json_t *gone = json_array();
	size_t i;
	json_t *o;
	for (i = 0; i < n; i++)
		if (v[i].how == HOW_AMBIGUOUS) {
			err_set(err, ERR_PARTIAL,
				_("line %d could mean several people: nobody is removed"),
				rq->rows->v[i].line);
			err_hint(err, _("give ids or addresses, and run it again"));
			return ERR_PARTIAL;
		}
	for (i = 0; i < roster_size(r); i++)
		if (!is_listed(v, n, roster_at(r, i)->user_id)) {
			o = person_row(roster_at(r, i));
			row_str(o, "state", "removed");
			json_array_append_new(gone, o);
		}
	int rc = json_array_size(gone) && !rq->dry_run
			 ? rq->confirm(rq->arg, json_array_size(gone), err)
			 : 0;
	if (rc)
		return rc;
	json_array_foreach (gone, i, o)
		roster_drop(r, json_get_str(o, "user_id"));
	json_array_extend(out, gone);
	return 0;
}

/* All rows into the roster, then onto the server; the numbers of what was not matched last. */
static int carry_out(struct client *c, struct look *k, const struct roster_match *v,
		     const struct roster_import *rq, json_t *out, struct err *err)
{
	struct err later = {0};
	int kept = 0, rc = 0;
	for (size_t i = 0; i < rq->rows->n && !rc; i++)
		rc = put_row(k->roster, &rq->rows->v[i], &v[i], out, err);
	if (!rc && rq->prune)
		kept = prune(k->roster, v, rq->rows->n, rq, out, &later);
	if (kept && kept != ERR_PARTIAL) {
		*err = later;
		return kept;
	}
	if (!rc && !rq->dry_run)
		rc = client_roster_save(c, k->ref.staff_id, k->roster, err);
	if (rc)
		return rc;
	if (kept)
		*err = later;
	return kept ? kept : unmatched(v, rq->rows->n, k->ref.room_id, err);
}

int client_roster_import(struct client *c, const char *room_id, const struct roster_import *rq,
			 json_t **ret, struct err *err)
{
	AUTO(look_done) struct look k = {0};
	JSON_AUTO json_t *out = json_array();
	int rc = check_maker(c, room_id, err);
	if (!rc)
		rc = look(c, room_id, &k, err);
	if (rc)
		return rc;
	struct roster_match *v = match(c, &k, rq->rows, true, false);
	rc = carry_out(c, &k, v, rq, out, err);
	roster_match_free(v, rq->rows->n);
	if (!rc || rc == ERR_PARTIAL)
		*ret = json_incref(out);
	return rc;
}

/* Somebody of the roster by what a person types; NULL and an error when it is nobody, or several. */
static const struct roster_person *find(struct client *c, const struct roster *r, const char *who,
					struct err *err)
{
	struct roster_row row = {1, {.name = (char *)who}};
	struct roster_match_query q = {.roster = r,
				       .server_name = client_server_name(c),
				       .typed = true};
	struct roster_match *m = roster_match(&q, &row, 1);
	const struct roster_person *found = roster_find(r, ROSTER_BY_USER, m->user_id);
	if (m->how == HOW_AMBIGUOUS) {
		err_set(err, ERR_USAGE, _("%s can mean several people of the roster"), who);
		err_hint(err, _("give the Matrix id"));
	} else if (!found) {
		err_set(err, ERR_NOT_FOUND, _("%s is not in the roster"), who);
		err_hint(err, "muster roster show");
	}
	roster_match_free(m, 1);
	return found;
}

int client_roster_remove(struct client *c, const char *room_id, const char *who, bool dry_run,
			 json_t **ret, struct err *err)
{
	AUTO(class_ref_done) struct class_ref ref = {0};
	struct roster *r = NULL;
	int rc = client_roster_of(c, room_id, &ref, &r, err);
	if (rc)
		return rc;
	struct err why = {0};
	const struct roster_person *p = find(c, r, who, &why);
	if (!p) {
		*err = why;
		roster_free(r);
		return why.code;
	}
	JSON_AUTO json_t *row = person_row(p);
	row_str(row, "state", "removed");
	roster_drop(r, json_get_str(row, "user_id"));
	rc = dry_run ? 0 : client_roster_save(c, ref.staff_id, r, err);
	roster_free(r);
	if (!rc)
		*ret = json_incref(row);
	return rc;
}
