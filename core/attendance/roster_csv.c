#include "core/attendance/roster_csv.h"

#include "core/base/i18n.h"
#include "core/base/text.h"

#include <stdio.h>
#include <string.h>

#define NAMES (const char *const[])

/* What each column may be called, in the languages of this program. */
static const char *const *const names[COLUMN_COUNT] = {
	[COLUMN_USER] = NAMES{"user", "username", "user_name", "login", "user_id", "matrix_id",
			      "benutzer", "benutzername", "utilisateur", "identifiant", "usuario",
			      "用户名", "账号", "ユーザー名", NULL},
	[COLUMN_NAME] = NAMES{"name", "full_name", "display_name", "displayname", "student",
			      "student_name", "schüler", "nom complet", "nombre completo", "姓名",
			      "名字", "氏名", "名前", NULL},
	[COLUMN_EMAIL] =
		NAMES{"email", "mail", "email_address", "e_mail", "courriel", "adresse e-mail",
		      "correo", "correo electrónico", "邮箱", "電子邮件", "メール", NULL},
	[COLUMN_ID] = NAMES{"external_id",
			    "id",
			    "student_id",
			    "student_number",
			    "number",
			    "id_number",
			    "idnumber",
			    "matrikelnummer",
			    "schülernummer",
			    "schülernr",
			    "schülernr.",
			    "schüler_id",
			    "schueler_id",
			    "matricule",
			    "numéro",
			    "matrícula",
			    "学号",
			    "学籍番号",
			    "nr",
			    "nr.",
			    "no",
			    "no.",
			    "nummer",
			    NULL},
	[COLUMN_PASSWORD] = NAMES{"password", "passwort", "kennwort", "mot_de_passe", "contraseña",
				  "密码", "パスワード", NULL},
	[COLUMN_FIRST_NAME] =
		NAMES{"first_name", "given_name", "forename", "vorname", "prénom", "nombre", NULL},
	[COLUMN_LAST_NAME] = NAMES{"last_name", "surname", "family_name", "nachname",
				   "familienname", "nom", "apellido", "apellidos", NULL},
};

void roster_columns(const struct csv *t, int ret[COLUMN_COUNT])
{
	for (int i = 0; i < COLUMN_COUNT; i++)
		ret[i] = csv_column_of(t, names[i]);
	/* "nom" and "nombre" alone are whole names. */
	bool first = ret[COLUMN_FIRST_NAME] >= 0, last = ret[COLUMN_LAST_NAME] >= 0;
	if (ret[COLUMN_NAME] < 0 && first != last)
		ret[COLUMN_NAME] = ret[first ? COLUMN_FIRST_NAME : COLUMN_LAST_NAME];
}

void roster_rows_done(struct roster_rows *r)
{
	for (size_t i = 0; i < r->n; i++)
		roster_person_done(&r->v[i].p);
	mem_free(r->v);
	*r = (struct roster_rows){0};
}

struct reading {
	const struct csv *t;
	int at[COLUMN_COUNT];
	struct roster_rows rows;
	roster_problem_fn *problem;
	void *arg;
	int problems;
};

static void tell(struct reading *d, int line, const char *sentence)
{
	d->problem(d->arg, line, sentence);
	d->problems++;
}

static char *cell(const struct reading *d, size_t row, enum roster_column c)
{
	struct span s = csv_unguarded(span_trim(csv_cell(d->t, row, d->at[c])));
	return s.n ? span_dup(s) : NULL;
}

/* "Marie" and "Curie" in columns of their own. */
static char *name_of(const struct reading *d, size_t row)
{
	char *whole = cell(d, row, COLUMN_NAME);
	if (whole || d->at[COLUMN_NAME] >= 0)
		return whole;
	AUTO_FREE char *first = cell(d, row, COLUMN_FIRST_NAME);
	AUTO_FREE char *last = cell(d, row, COLUMN_LAST_NAME);
	if (!first || !last)
		return first ? take(&first) : take(&last);
	return mem_printf("%s %s", first, last);
}

static bool has_control(const char *s)
{
	for (; s && *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

static void check_texts(struct reading *d, const struct roster_row *r)
{
	const char *const texts[] = {r->p.user_id, r->p.name, r->p.external_id, r->p.email};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (texts[i] && strlen(texts[i]) > ROSTER_TEXT_MAX)
			tell(d, r->line, _("a cell is too long (255 bytes at most)"));
		if (has_control(texts[i]))
			tell(d, r->line, _("a cell holds a line break or a control character"));
	}
	const char *at = r->p.email ? strchr(r->p.email, '@') : NULL;
	if (r->p.email && (!at || at == r->p.email || !at[1] || strchr(r->p.email, ' '))) {
		AUTO_FREE char *s = mem_printf(_("\"%s\" is no e-mail address"), r->p.email);
		tell(d, r->line, s);
	}
}

static void read_row(struct reading *d, size_t row)
{
	struct roster_row *r = &d->rows.v[d->rows.n];
	r->line = csv_line(d->t, row);
	r->p = (struct roster_person){.user_id = cell(d, row, COLUMN_USER),
				      .name = name_of(d, row),
				      .external_id = cell(d, row, COLUMN_ID),
				      .email = cell(d, row, COLUMN_EMAIL)};
	d->rows.n++;
	if (!r->p.user_id && !r->p.name && !r->p.external_id && !r->p.email)
		tell(d, r->line, _("nobody is named here"));
	check_texts(d, r);
}

static bool same(const char *a, const char *b, bool fold)
{
	return a && b && (fold ? !strcasecmp(a, b) : !strcmp(a, b));
}

/* What tells people of the same name apart. */
static bool told_apart(const struct roster_person *a, const struct roster_person *b)
{
	return (a->user_id && b->user_id) || (a->external_id && b->external_id) ||
	       (a->email && b->email);
}

static const char *clash(const struct roster_person *a, const struct roster_person *b)
{
	if (same(a->external_id, b->external_id, false))
		return _("the same id as in line %d");
	if (same(a->user_id, b->user_id, true))
		return _("the same user name as in line %d");
	if (same(a->email, b->email, true))
		return _("the same e-mail address as in line %d");
	if (same(a->name, b->name, false) && !told_apart(a, b))
		return _("the same name as in line %d: an id or an e-mail address must tell them "
			 "apart");
	return NULL;
}

static void find_clashes(struct reading *d)
{
	for (size_t i = 1; i < d->rows.n; i++) {
		const char *what = NULL;
		size_t k = 0;
		while (k < i && !(what = clash(&d->rows.v[i].p, &d->rows.v[k].p)))
			k++;
		if (!what)
			continue;
		AUTO_FREE char *s = mem_printf(what, d->rows.v[k].line);
		tell(d, d->rows.v[i].line, s);
	}
}

static bool has_columns(struct reading *d)
{
	static const enum roster_column any[] = {COLUMN_USER, COLUMN_NAME, COLUMN_EMAIL, COLUMN_ID,
						 COLUMN_FIRST_NAME};
	for (size_t i = 0; i < ARRAY_LEN(any); i++)
		if (d->at[any[i]] >= 0)
			return true;
	tell(d, 1,
	     _("no column is called name, id, email or user: the first line names the "
	       "columns"));
	return false;
}

int roster_problems(int count, struct err *err)
{
	if (!count)
		return 0;
	err_set(err, ERR_INVALID,
		ngettext("The list has %d mistake; nothing was written",
			 "The list has %d mistakes; nothing was written", (unsigned)count),
		count);
	err_hint(err, _("mend the file and try again"));
	return ERR_INVALID;
}

int roster_rows_read(const struct csv *t, roster_problem_fn *problem, void *arg,
		     struct roster_rows *ret, struct err *err)
{
	struct reading d = {.t = t, .problem = problem, .arg = arg};
	roster_columns(t, d.at);
	if (csv_rows(t) > ROSTER_PEOPLE_MAX)
		return err_set(err, ERR_TOO_LARGE, _("The list has more than %d lines"),
			       ROSTER_PEOPLE_MAX);
	if (has_columns(&d)) {
		d.rows.v = mem_alloc((csv_rows(t) + 1) * sizeof(*d.rows.v));
		for (size_t i = 0; i < csv_rows(t); i++)
			read_row(&d, i);
		find_clashes(&d);
	}
	int rc = roster_problems(d.problems, err);
	if (rc)
		roster_rows_done(&d.rows);
	else
		*ret = d.rows;
	return rc;
}

void roster_put_csv(struct buf *b, const struct roster *r, bool excel)
{
	static const char *const columns[] = {"name", "external_id", "email", "user_id"};
	struct csv_writer w = CSV_WRITER(b, ',');
	w.lf = !excel;
	buf_put_str(b, excel ? "\xEF\xBB\xBF" : "");
	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		csv_put_str(&w, columns[i]);
	csv_end(&w);
	for (size_t i = 0; i < roster_size(r); i++) {
		const struct roster_person *p = roster_at(r, i);
		csv_put_str(&w, p->name);
		csv_put_str(&w, p->external_id);
		csv_put_str(&w, p->email);
		csv_put_str(&w, p->user_id);
		csv_end(&w);
	}
}
