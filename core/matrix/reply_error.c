/* What an error reply means to a person: client-server API, "Standard error response". */
#include "core/matrix/reply.h"

#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"

#include <limits.h>
#include <string.h>

#define SERVER_TEXT 300 /* bytes of the server's own sentence that are kept */

struct meaning {
	const char *errcode;
	int code;
	const char *msg;  /* NULL: the server's own sentence */
	const char *hint; /* or NULL */
};

static const struct meaning meanings[] = {
	{"M_UNKNOWN_TOKEN", ERR_AUTH, N_("the server no longer knows this log-in"),
	 N_("log in again: muster login")},
	{"M_MISSING_TOKEN", ERR_AUTH, N_("the server wants a log-in for this"),
	 N_("log in: muster login")},
	{"M_FORBIDDEN", ERR_AUTH, NULL, NULL},
	{"M_UNAUTHORIZED", ERR_AUTH, NULL, NULL},
	{"M_GUEST_ACCESS_FORBIDDEN", ERR_AUTH, NULL, N_("log in with an account: muster login")},
	{"M_USER_DEACTIVATED", ERR_AUTH, N_("this account was deactivated"),
	 N_("ask who runs the server")},
	{"M_USER_LOCKED", ERR_AUTH, N_("this account is locked"), N_("ask who runs the server")},
	{"M_USER_SUSPENDED", ERR_AUTH, N_("this account is suspended"),
	 N_("ask who runs the server")},
	{"M_INVITE_BLOCKED", ERR_AUTH, N_("this person takes no invitations from you"), NULL},
	{"M_UNKNOWN_DEVICE", ERR_AUTH, N_("the server does not know this device"),
	 N_("log in again: muster login")},
	{"M_THREEPID_AUTH_FAILED", ERR_AUTH, NULL, NULL},
	{"M_CAPTCHA_NEEDED", ERR_UNSUPPORTED, N_("the server wants a captcha for this"),
	 N_("do this step in a web browser")},
	{"M_NOT_FOUND", ERR_NOT_FOUND, NULL, NULL},
	{"M_THREEPID_NOT_FOUND", ERR_NOT_FOUND, NULL, NULL},
	{"M_LIMIT_EXCEEDED", ERR_LIMITED, N_("the server asks to slow down"), NULL},
	{"M_USER_LIMIT_EXCEEDED", ERR_LIMITED, NULL, NULL},
	{"M_RESOURCE_LIMIT_EXCEEDED", ERR_FAILED, NULL, N_("ask who runs the server")},
	{"M_TOO_LARGE", ERR_TOO_LARGE, N_("that is larger than the server takes"),
	 N_("send less at a time, or a smaller file")},
	{"M_UNRECOGNIZED", ERR_UNSUPPORTED, N_("the server cannot do this"), NULL},
	{"M_USER_IN_USE", ERR_CONFLICT, N_("this user name is taken"), N_("choose another one")},
	{"M_ROOM_IN_USE", ERR_CONFLICT, N_("this room alias is taken"), N_("choose another one")},
	{"M_THREEPID_IN_USE", ERR_CONFLICT, N_("this address belongs to another account"), NULL},
	{"M_EXCLUSIVE", ERR_CONFLICT, N_("this name is reserved on the server"),
	 N_("choose another one")},
	{"M_CANNOT_OVERWRITE_MEDIA", ERR_CONFLICT, NULL, NULL},
	{"M_NOT_YET_UPLOADED", ERR_NETWORK, N_("the file is not on the server yet"),
	 N_("try again in a moment")},
	{"M_INVALID_USERNAME", ERR_USAGE, N_("this is no valid user name"),
	 N_("use a-z, 0-9 and . _ = - / +")},
	{"M_WEAK_PASSWORD", ERR_USAGE, NULL, N_("choose another one")},
	{"M_INVALID_PARAM", ERR_USAGE, NULL, NULL},
	{"M_MISSING_PARAM", ERR_USAGE, NULL, NULL},
	{"M_UNSUPPORTED_ROOM_VERSION", ERR_UNSUPPORTED,
	 N_("the server does not support this room version"), NULL},
	{"M_INCOMPATIBLE_ROOM_VERSION", ERR_UNSUPPORTED,
	 N_("the server does not support the version of this room"), NULL},
	{"M_BAD_JSON", ERR_FAILED, NULL, NULL},
	{"M_NOT_JSON", ERR_FAILED, NULL, NULL},
};

/* What a status stands for when the errcode tells nothing. */
static const struct meaning *meaning_of_status(int status)
{
	static const struct meaning auth = {"", ERR_AUTH, NULL, NULL};
	static const struct meaning absent = {"", ERR_NOT_FOUND, NULL, NULL};
	static const struct meaning limited = {"", ERR_LIMITED, N_("the server asks to slow down"),
					       NULL};
	static const struct meaning conflict = {"", ERR_CONFLICT, NULL, NULL};
	static const struct meaning large = {"", ERR_TOO_LARGE,
					     N_("that is larger than the server takes"),
					     N_("send less at a time, or a smaller file")};
	static const struct meaning trouble = {"", ERR_NETWORK, NULL, N_("try again later")};
	static const struct meaning other = {"", ERR_FAILED, NULL, NULL};
	static const struct meaning moved = {"", ERR_PROTOCOL, NULL,
					     N_("check the server's address")};
	if (status >= 500 || status == 408)
		return &trouble;
	switch (status) {
	case 401:
	case 403:
		return &auth;
	case 404:
	case 410:
		return &absent;
	case 405:
		return &other;
	case 409:
		return &conflict;
	case 413:
		return &large;
	case 429:
		return &limited;
	}
	return status < 400 ? &moved : &other;
}

static const struct meaning *find_meaning(int status, const char *errcode)
{
	/* A broken server may say anything; 5xx is worth trying again all the same. */
	if (errcode && status < 500)
		for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
			if (strcmp(meanings[i].errcode, errcode) == 0)
				return &meanings[i];
	return meaning_of_status(status);
}

static int retry_of(const json_t *j, int header_ms)
{
	const json_t *v = json_object_get(j, "retry_after_ms");
	double ms = json_number_value(v);
	if (!(ms > 0))
		return header_ms;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

/* The server's sentence, cut between characters. */
static struct span server_text(const json_t *j)
{
	struct span s = span_trim(json_get_span(j, "error"));
	if (s.n <= SERVER_TEXT)
		return s;
	size_t n = SERVER_TEXT;
	while (n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return span_head(s, n);
}

static void set_sentence(struct err *err, const struct meaning *m, int status, const json_t *j)
{
	struct span said = server_text(j);
	if (m->msg)
		err_set(err, m->code, "%s", _(m->msg));
	else if (said.n)
		err_set(err, m->code, _("the server says: %.*s"), SPAN_ARG(said));
	else if (json_is_object(j))
		err_set(err, m->code, _("the server refused with HTTP status %d"), status);
	else
		err_set(err, m->code,
			_("HTTP status %d came back, not from a Matrix server or one in trouble"),
			status);
}

int mx_reply_error(int status, struct span body, int retry_after_ms, struct err *err)
{
	JSON_AUTO json_t *j = NULL;
	if (body.n && body.n <= LIMIT_JSON_BODY && json_parse(body, &j, NULL))
		j = NULL;
	const char *errcode = json_get_str(j, "errcode");
	const struct meaning *m = find_meaning(status, errcode);
	if (!err)
		return m->code;
	set_sentence(err, m, status, j);
	err->http_status = status;
	snprintf(err->errcode, sizeof(err->errcode), "%s", errcode ? errcode : "");
	err->retry_after_ms = retry_of(j, retry_after_ms);
	if (m->hint)
		err_hint(err, "%s", _(m->hint));
	else if (m->code == ERR_LIMITED && err->retry_after_ms > 0)
		err_hint(err, _("try again in %d s"), (err->retry_after_ms - 1) / 1000 + 1);
	return m->code;
}
