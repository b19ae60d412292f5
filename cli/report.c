#include "cli/app.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/text.h"

#include <unistd.h>

static void put_json(struct buf *b, const struct err *err)
{
	const struct err_exit *row = err_exit_row(err->code);
	struct buf clean = BUF_INIT(4096), hint = BUF_INIT(4096);
	text_put(&clean, span_of(err->msg), TEXT_LINE);
	text_put(&hint, span_of(err->hint), TEXT_LINE);
	JSON_AUTO json_t *e = json_object();
	json_object_set_new(e, "code", json_string(row->name));
	json_object_set_new(e, "message", json_string(buf_str(&clean)));
	json_object_set_new(e, "hint", err->hint[0] ? json_string(buf_str(&hint)) : json_null());
	json_object_set_new(e, "retryable", json_boolean(row->retryable));
	if (err->errcode[0])
		json_object_set_new(e, "errcode", json_string(err->errcode));
	if (err->http_status)
		json_object_set_new(e, "http_status", json_integer(err->http_status));
	if (err->retry_after_ms)
		json_object_set_new(e, "retry_after_s",
				    json_integer((err->retry_after_ms + 999) / 1000));
	JSON_AUTO json_t *line = json_object();
	json_object_set(line, "error", e);
	output_put_json(b, line);
	buf_done(&clean);
	buf_done(&hint);
}

void report_put(struct buf *b, const struct err *err, bool json)
{
	if (json) {
		put_json(b, err);
		buf_put_char(b, '\n');
		return;
	}
	buf_put_str(b, "muster: ");
	text_put(b, span_of(err->msg), TEXT_LINE);
	buf_put_char(b, '\n');
	if (!err->hint[0])
		return;
	buf_printf(b, "%s: ", _("hint"));
	text_put(b, span_of(err->hint), TEXT_LINE);
	buf_put_char(b, '\n');
}

static void write_err(const struct buf *b)
{
	ssize_t ignored = write(STDERR_FILENO, buf_str(b), b->n);
	(void)ignored;
}

void report_error(const struct err *err, bool json)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	report_put(&b, err, json);
	write_err(&b);
	buf_done(&b);
}

void report_sentence(const char *sentence)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	buf_put_str(&b, "muster: ");
	text_put(&b, span_of(sentence), TEXT_BLOCK);
	buf_put_char(&b, '\n');
	write_err(&b);
	buf_done(&b);
}
