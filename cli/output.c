#include "cli/output.h"

#include "cli/app.h"
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/client/command_ctx.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Width of lines: COLUMNS, else the terminal's, else no bound (a pipe). */
static int line_width(int fd, bool terminal)
{
	int64_t n;
	struct winsize w;
	const char *columns = getenv("COLUMNS");
	if (columns && span_i64(span_of(columns), &n) && n >= 10 && n <= 10000)
		return (int)n;
	if (!terminal)
		return 0;
	return ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col >= 10 ? w.ws_col : 80;
}

void output_init(struct output *o, int fd, enum output_format format, bool colour)
{
	*o = (struct output){.fd = fd, .format = format, .colour = colour};
	o->terminal = isatty(fd);
	o->width = line_width(fd, o->terminal);
	o->now_ms = clock_wall_ms();
}

void output_done(struct output *o)
{
	json_decref(o->waiting);
	o->waiting = NULL;
}

enum output_format output_format_of(const char *name)
{
	static const char *const names[] = {"table", "json", "csv", "tsv"};
	for (size_t i = 0; name && i < ARRAY_LEN(names); i++)
		if (!strcmp(names[i], name))
			return (enum output_format)i;
	return OUTPUT_TABLE;
}

static int state_of(const struct output *o)
{
	return o->rc ? o->rc : (o->gone ? COMMAND_STOP : 0);
}

static int write_out(struct output *o, struct span s)
{
	while (s.n && !state_of(o)) {
		watchdog_pause(); /* the reader may take its time */
		ssize_t n = write(o->fd, s.p, s.n);
		int why = errno;
		watchdog_resume();
		if (n >= 0)
			s = span_from(s, (size_t)n);
		else if (why == EPIPE)
			o->gone = true;
		else if (why != EINTR)
			o->rc = err_errno(&o->err, why, _("cannot write the output"));
	}
	return state_of(o);
}

static bool is_long(struct span s, int fd)
{
	struct winsize w;
	int lines = 0;
	if (ioctl(fd, TIOCGWINSZ, &w) != 0 || w.ws_row == 0)
		return false;
	for (size_t i = 0; i < s.n && lines < w.ws_row; i++)
		lines += s.p[i] == '\n';
	return lines >= w.ws_row;
}

/* A whole page of text that is ours: through PAGER when it is longer than the terminal. */
static int write_page(struct output *o, struct span s)
{
	if (!o->terminal || !o->pager || !is_long(s, o->fd))
		return write_out(o, s);
	setenv("LESS", "FRX", 0);
	FILE *p = popen(o->pager, "w");
	if (!p)
		return write_out(o, s);
	watchdog_pause();
	fwrite(s.p, 1, s.n, p);
	pclose(p);
	watchdog_resume();
	return state_of(o);
}

static int put_line(struct output *o, struct buf *b)
{
	buf_put_char(b, '\n');
	int rc = write_out(o, buf_span(b));
	buf_done(b);
	return rc;
}

static int row_csv(struct output *o, json_t *row)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	if (!o->head_done) {
		output_put_csv_head(&b, o);
		buf_put_str(&b, "\n");
		o->head_done = true;
	}
	output_put_csv(&b, o, row);
	return put_line(o, &b);
}

static int row_people(struct output *o, json_t *row)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	enum command_shape shape = o->command->shape;
	if (shape == SHAPE_TABLE) {
		if (!o->waiting)
			o->waiting = json_array();
		json_array_append_new(o->waiting, json_incref(row));
		return state_of(o);
	}
	if (shape == SHAPE_RECORD) {
		output_put_record(&b, o, row);
		int rc = write_out(o, buf_span(&b));
		buf_done(&b);
		return rc;
	}
	o->command->line(&b, row, o->line);
	return put_line(o, &b);
}

/* {"dry_run": true, "verb": ..., "args": {...}} for people. */
static int row_dry_run(struct output *o, json_t *row)
{
	struct buf raw = BUF_INIT(BUF_CAP_OWN), b = BUF_INIT(BUF_CAP_OWN);
	output_put_json(&raw, json_object_get(row, "args"));
	buf_printf(&b, _("would run: %s %s"), json_string_value(json_object_get(row, "verb")),
		   buf_str(&raw));
	buf_done(&raw);
	return put_line(o, &b);
}

int output_row(struct output *o, json_t *row)
{
	if (state_of(o))
		return state_of(o);
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	json_t *ready = output_arrange(o->command, row);
	int rc;
	if (o->format == OUTPUT_JSON) {
		output_put_json(&b, ready);
		rc = put_line(o, &b);
	} else if (json_object_get(row, "dry_run")) {
		rc = row_dry_run(o, ready);
	} else if (o->format == OUTPUT_TABLE) {
		rc = row_people(o, row);
	} else {
		rc = row_csv(o, ready);
	}
	json_decref(ready);
	return rc;
}

int output_raw(struct output *o, struct span text)
{
	if (!o->terminal)
		return write_out(o, text);
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	text_put(&b, text, TEXT_BLOCK);
	int rc = write_page(o, buf_span(&b));
	buf_done(&b);
	return rc;
}

int output_finish(struct output *o)
{
	if (o->waiting && !state_of(o)) {
		struct buf b = BUF_INIT(BUF_CAP_OWN);
		output_put_table(&b, o, o->waiting);
		write_page(o, buf_span(&b));
		buf_done(&b);
	}
	output_done(o);
	return state_of(o);
}
