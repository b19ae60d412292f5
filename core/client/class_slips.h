/*
 * Slips of a class: one per person with name, address, code and QR code, as a
 * page to print and cut (ten on a sheet of A4), or as a table.
 */
#ifndef MUSTER_CLIENT_CLASS_SLIPS_H
#define MUSTER_CLIENT_CLASS_SLIPS_H

#include "core/base/json.h"

struct slips {
	const char *class_name;
	const char *language; /**< "de", "zh_CN"; NULL or unknown: English */
	const json_t *rows;   /**< of client_class_fill and client_class_links */
};

/** Rows that have a link. */
size_t slips_count(const json_t *rows);
/** Append a whole HTML document without outside resources. */
int slips_put_html(struct buf *b, const struct slips *s, struct err *err);
/** Append CSV: name, external_id, email, user_id, class, address, code, link, expires. */
void slips_put_csv(struct buf *b, const struct slips *s);

/** Languages that slips can be in, joined by "|", for the option. */
extern const char slips_languages[];
/** The language to use for this locale name ("de_AT.UTF-8"), "en" when there is none of ours. */
const char *slips_language(const char *locale);

#endif
