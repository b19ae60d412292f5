/*
 * One HTTP transfer on a curl easy handle, whoever drives it: set-up, what is
 * received, and its outcome. Private to http*.c.
 */
#ifndef MUSTER_BASE_HTTP_XFER_H
#define MUSTER_BASE_HTTP_XFER_H

#include "core/base/fs.h"
#include "core/base/http.h"

#include <curl/curl.h>

struct xfer {
	CURL *easy; /* borrowed */
	struct curl_slist *headers;
	struct buf own_body;
	struct buf *to; /* own_body, or the caller's */
	size_t at;	/* where this reply starts in *to */
	FILE *upload;
	char *save_path;
	struct fs_out *out;
	size_t max_reply, got, header_bytes;
	int timeout_ms;
	bool (*progress)(int64_t done, int64_t total, void *arg);
	void *progress_arg;
	struct err err; /* set by what runs inside curl */
	char why[CURL_ERROR_SIZE];
};

/** What every handle of a client shares. */
struct xfer_defaults {
	const char *user_agent, *ca_file;
	int connect_timeout_ms;
};

/**
 * Prepare `easy` for `rq`. `to`: the buffer that takes the body, or NULL for
 * one of its own. `copy`: the body must be copied. After an error too, xfer_done.
 */
int xfer_init(struct xfer *x, CURL *easy, const struct xfer_defaults *d,
	      const struct http_request *rq, struct buf *to, bool copy, struct err *err);
/** The outcome: fills `ret` (borrowing from `x` and its handle) or `err`. */
int xfer_finish(struct xfer *x, CURLcode rc, struct http_reply *ret, struct err *err);
/** Release all but the handle; an unfinished file is removed. */
void xfer_done(struct xfer *x);

/** The sentence for a failed transfer. */
int xfer_explain(const struct xfer *x, CURLcode rc, struct err *err);

#endif
