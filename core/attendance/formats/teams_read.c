/* Reading Teams' report, in the organiser's language (teams.c says what it is). */
#include "core/attendance/formats/teams.h"

#include "core/base/i18n.h"
#include "core/base/text.h"

#include <string.h>

/* -- reading: where the sections are ----------------------------------------- */

#define SECTIONS 9
struct section {
	struct span text; /* below its title */
	int line;	  /* of its first */
};

struct reading {
	struct form_in *in;
	struct sheet_lesson *l;
	struct form_clock clock;
	char separator;
	struct section parts[SECTIONS + 1]; /* by number */
};

int teams_section(struct span line)
{
	line = span_trim(line);
	if (line.n < 4 || line.p[0] < '1' || line.p[0] > '9' || line.p[1] != '.' ||
	    line.p[2] != ' ')
		return 0;
	return line.p[0] - '0';
}

static void find_sections(struct reading *d, struct span text)
{
	struct form_lines lines = {text, 0};
	struct span line;
	struct section *at = NULL;
	while (form_next_line(&lines, &line)) {
		int n = teams_section(line);
		if (n && !d->parts[n].line) {
			at = &d->parts[n];
			*at = (struct section){{lines.rest.p, 0}, lines.line + 1};
		} else if (at) {
			at->text.n = (size_t)(line.p + line.n - at->text.p);
		}
	}
}

/* -- reading: the summary ----------------------------------------------------- */

enum { SAID_TITLE, SAID_COUNT, SAID_START, SAID_END, SAID_WORDS };
static const char *const said[SAID_WORDS][8] = {
	[SAID_TITLE] = {"Meeting title", "Besprechungstitel", "Tytuł spotkania",
			"Titel der Besprechung", "Titre de la réunion", "Título de la reunión",
			"Título da reunião"},
	[SAID_COUNT] = {"Attended participants"},
	[SAID_START] = {"Start time", "Meeting start time", "Startzeit", "Beginn",
			"Godzina rozpoczęcia", "Heure de début", "Hora de inicio",
			"Hora de início"},
	[SAID_END] = {"End time", "Meeting end time", "Endzeit", "Ende", "Godzina zakończenia",
		      "Heure de fin", "Hora de finalización", "Hora de término"},
};

/* What a line of the summary tells: by its words, else by its place. */
static int what_is_said(struct span key, int place)
{
	for (int i = 0; i < SAID_WORDS; i++)
		for (size_t k = 0; k < ARRAY_LEN(said[i]) && said[i][k]; k++)
			if (span_case_eq_str(key, said[i][k]))
				return i;
	return place < SAID_WORDS ? place : SAID_WORDS;
}

static bool read_time(const struct reading *d, int line, struct span s, int64_t *ret)
{
	struct err err = {0};
	s = span_trim(s);
	if (!s.n || !form_time_read(&d->clock, s, ret, &err))
		return true;
	form_tell_err(d->in, line, &err);
	return false;
}

static struct span unquoted(struct span s)
{
	s = span_trim(s);
	if (s.n > 1 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		return span_head(span_from(s, 1), s.n - 2);
	return s;
}

/* What stood in quotes has its own doubled. */
static char *title_of(struct reading *d, int line, struct span cell)
{
	struct buf b = BUF_INIT(CSV_TEXT_MAX);
	struct span inner = unquoted(cell);
	bool quoted = inner.n < span_trim(cell).n;
	for (size_t i = 0; i < inner.n; i++) {
		buf_put_char(&b, inner.p[i]);
		i += quoted && inner.p[i] == '"' && i + 1 < inner.n && inner.p[i + 1] == '"';
	}
	char *title = form_own_text(d->in, line, csv_unguarded(buf_span(&b)));
	buf_done(&b);
	return title;
}

static void read_summary(struct reading *d)
{
	struct form_lines lines = {d->parts[1].text, d->parts[1].line - 1};
	struct span line, key;
	for (int place = 0; form_next_line(&lines, &line); place++) {
		span_split(&line, d->separator, &key);
		struct span value = unquoted(line);
		switch (what_is_said(unquoted(key), place)) {
		case SAID_TITLE:
			if (!d->l->title)
				d->l->title = title_of(d, lines.line, line);
			break;
		case SAID_START:
			read_time(d, lines.line, value, &d->l->start_ms);
			break;
		case SAID_END:
			read_time(d, lines.line, value, &d->l->end_ms);
			break;
		default:
			break;
		}
	}
}

/* -- reading: the people ------------------------------------------------------ */

enum { COL_NAME, COL_FROM, COL_TO, COL_DURATION, COL_EMAIL, COL_UPN, COL_ROLE, COLS };
static const char *const columns[COLS][12] = {
	[COL_NAME] = {"Name", "Full Name", "Imię i nazwisko", "Nazwa", "Nom", "Nombre", "Nome"},
	[COL_FROM] = {"First Join", "Join Time", "Erster Beitritt", "Beitrittszeit",
		      "Pierwsze dołączenie", "Godzina dołączenia", "Primeira Entrada",
		      "Horário de Entrada"},
	[COL_TO] = {"Last Leave", "Leave Time", "Letztes Verlassen", "Verlassenszeit",
		    "Ostatnie wyjście", "Godzina wyjścia", "Última Saída", "Horário de Saída"},
	[COL_DURATION] = {"In-Meeting Duration", "Duration", "Dauer der Besprechung", "Dauer",
			  "Czas udziału w spotkaniu", "Czas trwania", "Duração da Reunião",
			  "Duração", "Durée", "Duración"},
	[COL_EMAIL] = {"Email", "E-Mail", "Adres e-mail", "Correo electrónico",
		       "Adresse de messagerie"},
	[COL_UPN] = {"Participant ID (UPN)", "Teilnehmer-ID (UPN)",
		     "Identyfikator uczestnika (UPN)", "ID do participante (UPN)"},
	[COL_ROLE] = {"Role", "Rolle", "Rola", "Rôle", "Rol", "Função"},
};

/* By name; where none of the columns is known, in the order of the English file. */
static void find_columns(const struct csv *t, bool has_upn, int ret[COLS])
{
	bool any = false;
	for (int i = 0; i < COLS; i++) {
		ret[i] = csv_column_of(t, columns[i]);
		any |= ret[i] >= 0;
	}
	for (int i = 0, at = 0; !any && i < COLS; i++)
		ret[i] = i == COL_UPN && !has_upn ? -1 : at < (int)csv_columns(t) ? at++ : -1;
}

static const char *role_of(struct span s)
{
	static const char *const teacher[] = {"Organizer",   "Organisator",  "Organizator",
					      "Organizador", "Organisateur", "Co-organizer",
					      NULL},
				 *const assistant[] = {"Presenter", "Referent", "Prezenter",
						       "Apresentador", NULL};
	for (size_t i = 0; teacher[i]; i++)
		if (span_case_eq_str(s, teacher[i]))
			return "teacher";
	for (size_t i = 0; assistant[i]; i++)
		if (span_case_eq_str(s, assistant[i]))
			return "assistant";
	return "student";
}

/* "Anna Meier (Guest)": true, and the words are cut off. */
static bool cut_guest(struct span *name)
{
	static const char *const words[] = {" (Guest)",	 " (Gast)",	" (Gość)",
					    " (Gościa)", " (Invitado)", " (Convidado)"};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (span_ends(*name, words[i])) {
			name->n -= strlen(words[i]);
			return true;
		}
	return false;
}

struct person {
	struct sheet_row *r;
	int64_t from, to, present;
};

/* A row of either section; r NULL when it cannot be used. */
static struct person read_person(struct reading *d, const struct csv *t, size_t row,
				 const int at[COLS])
{
	struct person p = {.present = -1};
	int line = csv_line(t, row);
	struct span name = form_cell(t, row, at[COL_NAME]);
	struct span duration = form_cell(t, row, at[COL_DURATION]);
	bool guest = cut_guest(&name);
	if (!read_time(d, line, csv_cell(t, row, at[COL_FROM]), &p.from) ||
	    !read_time(d, line, csv_cell(t, row, at[COL_TO]), &p.to))
		return p;
	if (duration.n && !form_duration_read(duration, &p.present))
		form_tell(d->in, line, _("\"%.*s\" is no duration"),
			  SPAN_ARG(span_head(duration, 40)));
	p.r = form_person(d->in, d->l, line, name, form_cell(t, row, at[COL_EMAIL]));
	if (!p.r)
		return p;
	struct span upn = form_cell(t, row, at[COL_UPN]);
	struct span role = form_cell(t, row, at[COL_ROLE]);
	if (!p.r->user_id && span_starts(upn, "@"))
		p.r->user_id = form_own_text(d->in, line, upn);
	if (!p.r->role && role.n)
		p.r->role = mem_strdup(role_of(role));
	p.r->guest |= guest;
	return p;
}

static int read_section(struct reading *d, int number, struct csv **ret, int at[COLS],
			struct err *err)
{
	const struct section *s = &d->parts[number];
	*ret = NULL;
	if (!span_trim(s->text).n)
		return 0;
	int rc = csv_parse_part(s->text, d->separator, s->line, ret, err);
	if (!rc)
		find_columns(*ret, number == 2, at);
	return rc;
}

static int read_participants(struct reading *d, struct err *err)
{
	struct csv *t = NULL;
	int at[COLS] = {0};
	int rc = read_section(d, 2, &t, at, err);
	for (size_t i = 0; t && i < csv_rows(t) && !d->in->full; i++) {
		struct person p = read_person(d, t, i, at);
		if (!p.r)
			continue;
		if (p.r->first_join_ms || p.r->present_ms >= 0)
			form_tell(d->in, csv_line(t, i),
				  _("this person stands here twice: their times are added up"));
		if (p.from && (!p.r->first_join_ms || p.from < p.r->first_join_ms))
			p.r->first_join_ms = p.from;
		if (p.to > p.r->last_leave_ms)
			p.r->last_leave_ms = p.to;
		if (p.present >= 0)
			p.r->present_ms = (p.r->present_ms < 0 ? 0 : p.r->present_ms) + p.present;
	}
	csv_free(t);
	return rc;
}

static int read_activities(struct reading *d, struct err *err)
{
	struct csv *t = NULL;
	int at[COLS] = {0};
	int rc = read_section(d, 3, &t, at, err);
	for (size_t i = 0; t && i < csv_rows(t) && !d->in->full; i++) {
		struct person p = read_person(d, t, i, at);
		if (p.r && p.from)
			form_add_interval(d->in, p.r, csv_line(t, i), p.from, p.to, false);
	}
	csv_free(t);
	return rc;
}

/* All that may be dates: cells with a digit first. */
static void see_dates(struct reading *d, struct span text)
{
	struct form_dates dates = {0};
	struct form_lines lines = {text, 0};
	struct span line, cell;
	bool doubt;
	while (form_next_line(&lines, &line))
		while (span_split(&line, d->separator, &cell))
			form_dates_see(&dates, unquoted(cell));
	d->clock.order = form_dates_order(&dates, &doubt);
	if (doubt)
		form_tell(d->in, 0,
			  _("the dates of this file can be read with the month or the day first: "
			    "the month was taken"));
}

static char separator_of(struct span text)
{
	static const char all[] = "\t;,";
	for (size_t i = 0; i < sizeof(all) - 1; i++)
		if (span_find(text, all[i]) >= 0)
			return all[i];
	return '\t';
}

int teams_read(struct form_in *in, struct err *err)
{
	struct buf text = BUF_INIT(CSV_TEXT_MAX);
	struct reading d = {.in = in,
			    .l = form_add_lesson(in, 0),
			    .clock = {.zone = in->o->zone, .day_ms = in->day_ms}};
	int rc = csv_decode(in->raw, &text, err);
	d.l->zone = mem_strdup(in->o->zone);
	if (!rc) {
		d.separator = separator_of(buf_span(&text));
		find_sections(&d, buf_span(&text));
		see_dates(&d, buf_span(&text));
		read_summary(&d);
		rc = read_participants(&d, err);
	}
	if (!rc)
		rc = read_activities(&d, err);
	buf_done(&text);
	if (rc)
		return rc;
	form_settle(d.l);
	form_settle_lesson(d.l);
	return form_done(in, err);
}
