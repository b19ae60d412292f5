#include "core/base/csv.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok)
{
	if (!ok)
		abort();
}

/* The table that was read, written and read again, is the same. */
static void round_trip(const struct csv *c)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	struct csv_writer w = {.b = &b, .separator = ';'};
	struct csv *again = NULL;
	buf_put_str(&b, "sep=;\n");
	for (size_t i = 0; i < csv_columns(c); i++)
		csv_put(&w, csv_name(c, i));
	csv_end(&w);
	for (size_t r = 0; r < csv_rows(c); r++) {
		for (size_t i = 0; i < csv_columns(c); i++)
			csv_put(&w, csv_cell(c, r, (int)i));
		csv_end(&w);
	}
	demand(csv_parse(buf_span(&b), &again, NULL) == 0);
	demand(csv_columns(again) == csv_columns(c) && csv_rows(again) == csv_rows(c));
	for (size_t r = 0; r < csv_rows(c); r++)
		for (size_t i = 0; i < csv_columns(c); i++)
			demand(span_eq(csv_cell(c, r, (int)i), csv_cell(again, r, (int)i)));
	csv_free(again);
	buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct csv *c = NULL;
	struct err e = {0};
	if (csv_parse((struct span){(const char *)data, size}, &c, &e) != 0) {
		demand(c == NULL && e.msg[0] != '\0');
		return 0;
	}
	round_trip(c);
	csv_free(c);
	return 0;
}
