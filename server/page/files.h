/*
 * The files of the join page, as they are in the source tree, and the
 * catalogues of its sentences (LANG.mo): put into the binary by `embed`.
 */
#ifndef MUSTER_SERVER_PAGE_FILES_H
#define MUSTER_SERVER_PAGE_FILES_H

#include "core/base/span.h"

struct page_file {
	const char *name;  /**< without the folder; NULL ends the table */
	struct span bytes; /**< a NUL follows */
};

extern const struct page_file page_files[];

/** The file of that name; an empty span when there is none. */
struct span page_file(struct span name);

#endif
