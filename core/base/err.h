/*
 * Errors: an int return (0 or a negative code) beside an optional struct err
 * that holds one ready-to-print sentence. Functions leave it untouched on
 * success. Code below the front ends never prints.
 */
#ifndef MUSTER_BASE_ERR_H
#define MUSTER_BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>

enum err_code {
	ERR_OK = 0,
	ERR_FAILED = -1,    /**< anything without a code of its own */
	ERR_USAGE = -2,	    /**< the caller's words are wrong */
	ERR_CANCELLED = -3, /**< cancelled, or a time limit was reached */
	ERR_AUTH = -4,	    /**< not logged in or not allowed */
	ERR_NOT_FOUND = -5,
	ERR_NETWORK = -6, /**< network or server trouble, worth trying again */
	ERR_PARTIAL = -7, /**< done in part */
	ERR_PENDING = -8, /**< still under way */
	ERR_ENCRYPTED = -9,
	ERR_INTERRUPTED = -10, /**< ended by a signal */
	/* Finer codes; they map to the exits above. */
	ERR_TOO_LARGE = -20, /**< a stated cap was passed */
	ERR_INVALID = -21,   /**< input that does not parse */
	ERR_CONFLICT = -22,  /**< exists already, or in use */
	ERR_LIMITED = -23,   /**< asked to slow down */
	ERR_DISK = -24,	     /**< disk full or not writable */
	ERR_PROTOCOL = -25,  /**< the peer broke its protocol */
	ERR_UNSUPPORTED = -26,
};

struct err {
	int code;	    /**< one of enum err_code */
	int http_status;    /**< 0 unless an HTTP reply caused it */
	char errcode[64];   /**< Matrix errcode, or "" */
	char msg[512];	    /**< one sentence, no full stop needed, sanitised by the printer */
	char hint[256];	    /**< what to do about it, or "" */
	int retry_after_ms; /**< 0 unless the peer said */
};

/** Fill `err` (may be NULL) and return `code`, for `return err_set(...)`. */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/** Add a hint to an error already set. */
void err_hint(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** err_set with strerror(errnum) appended; ENOSPC and EDQUOT become ERR_DISK. */
int err_errno(struct err *err, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** Put "context: " before the sentence that is there. */
void err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#ifdef __clang_analyzer__
/* The analyzer reads one file at a time: tell it that these never return 0. */
#define err_set(err, code, ...) \
	((err_set)((err), (code), __VA_ARGS__), (code) ? (code) : ERR_FAILED)
#define err_errno(...) ((err_errno)(__VA_ARGS__), ERR_FAILED)
#endif

/** One row of the table that the manual's EXIT STATUS also prints. */
struct err_exit {
	int code;
	int exit_status;
	const char *name; /**< stable word for {"error":{"code"}} */
	const char *what; /**< translatable sentence, N_() */
	bool retryable;
};
/** The row for `code` (unknown codes give the row of ERR_FAILED). */
const struct err_exit *err_exit_row(int code);
/** All rows; ends with name == NULL. */
const struct err_exit *err_exit_table(void);

#endif
