/* This account's quiet hours: kept for all its clients, and what others may know of them. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/quiet/quiet.h"
#include "core/client/util.h"

#include <string.h>

/* "FROM UNTIL" as published; "0 UNTIL": nothing, and not to be tried before. */
#define META_TOLD "quiet_told"
#define TRY_AGAIN_MS 86400000LL /* a server without profile fields may get them */

/* -- What is kept -------------------------------------------------------------------- */

void quiet_cached(struct store *s, struct quiet_hours *ret)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	JSON_AUTO json_t *content = NULL;
	quiet_default(ret);
	if (store_account_data_get(s, 0, QUIET_TYPE, &b) &&
	    json_parse_object(buf_span(&b), &content, NULL) == 0)
		quiet_read(content, ret, NULL);
}

static void note(struct client *c, const json_t *content)
{
	struct store *s;
	AUTO_FREE char *text = json_text(content);
	if (client_store(c, &s, NULL) == 0)
		store_account_data_set(s, 0, SPAN_LIT(QUIET_TYPE), span_of(text), NULL);
}

int client_quiet_get(struct client *c, struct quiet_hours *ret, struct err *err)
{
	JSON_AUTO json_t *content = NULL;
	struct err e = {0};
	int rc = session_do(client_session(c),
			    request_account_data_get(client_account(c)->user_id, NULL, QUIET_TYPE),
			    &content, &e);
	if (rc == ERR_NOT_FOUND) {
		quiet_default(ret);
		return 0;
	}
	if (rc) {
		if (err)
			*err = e;
		return rc;
	}
	note(c, content);
	return quiet_read(content, ret, err);
}

/* -- What others may know ---------------------------------------------------------------- */

static void read_told(struct store *s, int64_t *from, int64_t *until)
{
	AUTO_FREE char *text = store_meta(s, META_TOLD);
	struct span rest = span_of(text ? text : ""), a, b;
	*from = *until = 0;
	if (span_split(&rest, ' ', &a) && span_split(&rest, ' ', &b) &&
	    !(span_i64(a, from) && span_i64(b, until)))
		*from = *until = 0;
}

static void note_told(struct store *s, int64_t from, int64_t until)
{
	char text[64];
	snprintf(text, sizeof(text), "%lld %lld", (long long)from, (long long)until);
	store_meta_set(s, META_TOLD, text, NULL);
}

bool client_quiet_told(struct client *c)
{
	struct store *s;
	int64_t from = 0, until = 0;
	if (client_store(c, &s, NULL) == 0)
		read_told(s, &from, &until);
	return from != 0;
}

/* 4xx: the server has no such fields, or not for us. */
static bool is_refusal(const struct err *e)
{
	return e->http_status >= 400 && e->http_status < 500 && e->code != ERR_LIMITED &&
	       e->http_status != 401;
}

/* It stands there still: nobody is told that it does not, and another day it is tried again. */
static int not_taken_back(struct store *s, int64_t told_from, int64_t now_ms, const struct err *why,
			  struct err *err)
{
	note_told(s, told_from, now_ms + TRY_AGAIN_MS);
	err_set(err, why->code,
		_("what others are told of your quiet hours could not be taken back: %s"),
		why->msg);
	return why->code;
}

static int tell(struct client *c, struct store *s, int64_t now_ms, int64_t from, int64_t until,
		struct err *err)
{
	JSON_AUTO json_t *field = NULL;
	struct err e = {0};
	int64_t told_from, told_until;
	if (from)
		field = json_pack("{s:I,s:I}", "from_ts", (json_int_t)from, "until_ts",
				  (json_int_t)until);
	read_told(s, &told_from, &told_until);
	int rc = session_do(client_session(c),
			    request_profile_field(client_account(c)->user_id, QUIET_TYPE, field),
			    NULL, &e);
	if (rc && is_refusal(&e) && !from && told_from && e.http_status != 404)
		return not_taken_back(s, told_from, now_ms, &e, err);
	if (rc && is_refusal(&e)) {
		note_told(s, 0, now_ms + TRY_AGAIN_MS);
		return 0;
	}
	if (!rc)
		note_told(s, from, until);
	else if (err)
		*err = e;
	return rc;
}

static bool may_tell(struct store *s, const struct quiet_hours *q, int64_t now_ms, int64_t *from,
		     int64_t *until)
{
	*from = *until = 0;
	return !q->hidden && quiet_covers_any(s, q) && quiet_next(q, now_ms, from, until);
}

int client_quiet_tell(struct client *c, int64_t now_ms, struct err *err)
{
	struct quiet_hours q;
	struct store *s;
	int64_t from, until, told_from, told_until;
	int rc = client_store(c, &s, err);
	if (rc)
		return rc;
	read_told(s, &told_from, &told_until);
	if (told_until > now_ms)
		return 0;
	quiet_cached(s, &q);
	if (!may_tell(s, &q, now_ms, &from, &until) && !told_from)
		return 0;
	/* What is told must be what holds by now: another device may have hidden it since. */
	rc = client_quiet_get(c, &q, err);
	if (rc)
		return rc;
	may_tell(s, &q, now_ms, &from, &until);
	return tell(c, s, now_ms, from, until, err);
}

int client_quiet_set(struct client *c, const struct quiet_hours *q, struct err *err)
{
	JSON_AUTO json_t *content = quiet_make(q);
	struct store *s;
	int64_t from, until, now_ms = clock_wall_ms();
	int rc = client_store(c, &s, err);
	if (!rc)
		rc = session_do(client_session(c),
				request_account_data_put(client_account(c)->user_id, NULL,
							 QUIET_TYPE, content),
				NULL, err);
	if (rc)
		return rc;
	note(c, content);
	may_tell(s, q, now_ms, &from, &until);
	return tell(c, s, now_ms, from, until, err);
}
