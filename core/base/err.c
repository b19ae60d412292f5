#include "core/base/err.h"

#include "core/base/i18n.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct err_exit rows[] = {
	{ERR_OK, 0, "ok", N_("Done."), false},
	{ERR_FAILED, 1, "failed", N_("Failed."), false},
	{ERR_USAGE, 2, "usage", N_("The command line is wrong."), false},
	{ERR_CANCELLED, 3, "cancelled", N_("Cancelled, or --timeout was reached."), true},
	{ERR_AUTH, 4, "not_authorised", N_("Not logged in, or not allowed."), false},
	{ERR_NOT_FOUND, 5, "not_found", N_("Not found."), false},
	{ERR_NETWORK, 6, "network", N_("Network or server trouble; worth trying again."), true},
	{ERR_PARTIAL, 7, "partial", N_("Done in part."), false},
	{ERR_PENDING, 8, "pending", N_("Still pending."), true},
	{ERR_ENCRYPTED, 9, "needs_encryption", N_("The room is encrypted."), false},
	{ERR_INTERRUPTED, 130, "interrupted", N_("Ended by a signal (130 or 143)."), false},
	{ERR_TOO_LARGE, 1, "too_large", N_("Larger than allowed."), false},
	{ERR_INVALID, 1, "invalid", N_("Not valid."), false},
	{ERR_CONFLICT, 1, "conflict", N_("Exists already, or is in use."), false},
	{ERR_LIMITED, 6, "rate_limited", N_("Asked to slow down."), true},
	{ERR_DISK, 1, "disk", N_("The disk is full or cannot be written."), false},
	{ERR_PROTOCOL, 6, "protocol", N_("The other side broke its protocol."), true},
	{ERR_UNSUPPORTED, 1, "unsupported", N_("Not supported there."), false},
	{0, 0, NULL, NULL, false},
};

const struct err_exit *err_exit_row(int code)
{
	for (const struct err_exit *r = rows; r->name; r++)
		if (r->code == code)
			return r;
	return &rows[1];
}

const struct err_exit *err_exit_table(void)
{
	return rows;
}

int(err_set)(struct err *err, int code, const char *fmt, ...)
{
	if (err) {
		va_list ap;
		memset(err, 0, sizeof(*err));
		err->code = code;
		va_start(ap, fmt);
		vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
		va_end(ap);
	}
	return code;
}

void err_hint(struct err *err, const char *fmt, ...)
{
	if (!err)
		return;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
}

static int code_of_errno(int errnum)
{
	switch (errnum) {
	case ENOENT:
		return ERR_NOT_FOUND;
	case ENOSPC:
	case EDQUOT:
	case EROFS:
		return ERR_DISK;
	default:
		return ERR_FAILED;
	}
}

int(err_errno)(struct err *err, int errnum, const char *fmt, ...)
{
	char what[384];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(err, code_of_errno(errnum), "%s: %s", what, strerror(errnum));
}

void err_prefix(struct err *err, const char *fmt, ...)
{
	if (!err)
		return;
	char old[sizeof(err->msg)], pre[256];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(pre, sizeof(pre), fmt, ap);
	va_end(ap);
	memcpy(old, err->msg, sizeof(old));
	if (snprintf(err->msg, sizeof(err->msg), "%s: %s", pre, old) < 0)
		err->msg[0] = '\0';
}
