#include "server/admin_people.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "server/accounts/profile.h"
#include "server/routes/route.h"

#include <stdio.h>
#include <string.h>

/* A text member that may be absent, null or empty. */
static int read_text(const json_t *row, const char *key, size_t max, const char **ret,
		     struct err *err)
{
	const json_t *v = json_object_get(row, key);
	const char *s = json_get_str(row, key);
	*ret = NULL;
	if (!v || json_is_null(v))
		return 0;
	if (!s)
		return matrix_err(err, 400, "M_BAD_JSON", _("%s must be text"), key);
	if (strlen(s) > max)
		return matrix_err(err, 400, "M_INVALID_PARAM", _("%s is too long"), key);
	if (*s)
		*ret = s;
	return 0;
}

/* "Marie.Curie@school.example" -> "marie.curie" */
static struct span local_of(const char *email)
{
	struct span s = span_of(email);
	return span_head(s, (size_t)span_find(s, '@'));
}

int person_read(const char *server_name, const json_t *row, struct person *ret, struct err *err)
{
	const char *user, *email;
	int rc = read_text(row, "user", LIMIT_ID_BYTES, &user, err);
	memset(ret, 0, sizeof(*ret));
	if (!rc)
		rc = read_text(row, "email", USER_ID_SIZE - 1, &email, err);
	if (!rc)
		rc = read_text(row, "name", 512, &ret->name, err);
	if (!rc)
		rc = read_text(row, "external_id", 255, &ret->external_id, err);
	if (rc)
		return rc;
	if (email && !user_fold_email(span_of(email), ret->email))
		return matrix_err(err, 400, "M_INVALID_PARAM", _("\"%s\" is no e-mail address"),
				  email);
	if (!user && !email)
		return matrix_err(err, 400, "M_MISSING_PARAM", _("user is missing"));
	ret->hash = json_get_str(row, "hash");
	ret->no_password = json_get_bool(row, "no_password", false);
	ret->admin = json_get_bool(row, "admin", false);
	if (json_get_bool(row, "generated", false))
		ret->generated = json_get_str(row, "password");
	return user_id_new(server_name, user ? span_trim(span_of(user)) : local_of(ret->email),
			   ret->user_id, err);
}

int person_create(struct admin *a, const struct person *p, int64_t *ret_nid, struct err *err)
{
	struct user_new u = {.user_id = p->user_id,
			     .hash = p->hash,
			     .name = p->name,
			     .email = p->email[0] ? p->email : NULL,
			     .external_id = p->external_id,
			     .admin = p->admin};
	if (!p->hash && !p->no_password)
		return err_set(err, ERR_FAILED, _("The password was not hashed"));
	return user_create(a->tx, &u, ret_nid, err);
}

void person_put(const struct person *p, const char *state, json_t *o)
{
	json_object_set_new(o, "user_id", json_string(p->user_id));
	json_object_set_new(o, "state", json_string(state));
	json_object_set_new(o, "name", p->name ? json_string(p->name) : json_null());
	json_object_set_new(o, "email", p->email[0] ? json_string(p->email) : json_null());
	json_object_set_new(o, "external_id",
			    p->external_id ? json_string(p->external_id) : json_null());
	if (p->generated && !strcmp(state, "created"))
		json_object_set_new(o, "password", json_string(p->generated));
}
