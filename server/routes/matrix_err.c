/*
 * Matrix errors as struct err, for code that may refuse a request without
 * knowing of HTTP.
 */
#include "server/routes/route.h"

static int code_of_status(int status)
{
	switch (status) {
	case 400:
		return ERR_INVALID;
	case 401:
	case 403:
		return ERR_AUTH;
	case 404:
		return ERR_NOT_FOUND;
	case 409:
		return ERR_CONFLICT;
	case 413:
		return ERR_TOO_LARGE;
	case 429:
		return ERR_LIMITED;
	case 507:
		return ERR_DISK;
	default:
		return ERR_FAILED;
	}
}

/* What was cut off at the end of the buffer must still be UTF-8. */
static void whole_characters(char *s)
{
	size_t n = strlen(s), back = 0;
	while (back < n && back < 4 && ((unsigned char)s[n - 1 - back] & 0xc0) == 0x80)
		back++;
	if (back == n || n + 1 < sizeof(((struct err *)NULL)->msg))
		return;
	unsigned char lead = (unsigned char)s[n - 1 - back];
	size_t need = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
	if (back < need)
		s[n - 1 - back] = '\0';
}

int matrix_err(struct err *err, int status, const char *errcode, const char *fmt, ...)
{
	char message[sizeof(err->msg)];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	whole_characters(message);
	int rc = err_set(err, code_of_status(status), "%s", message);
	if (err) {
		err->http_status = status;
		snprintf(err->errcode, sizeof(err->errcode), "%s", errcode);
	}
	return rc;
}
