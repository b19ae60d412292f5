#include "server/admin_op.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/accounts/user.h"
#include "server/routes/route.h"

#include <string.h>

#define HASH_AHEAD 4 /* passwords handed to the queue at a time */

/* Only what admin_hash_rows put there may be taken for a hash. */
static int prepare_row(json_t *row, json_t *rows, struct err *err)
{
	struct span password = json_get_span(row, "password");
	const json_t *v = json_object_get(row, "password");
	json_object_del(row, "hash");
	json_object_del(row, "generated");
	if (v && !json_is_string(v) && !json_is_null(v))
		return matrix_err(err, 400, "M_BAD_JSON", _("%s must be text"), "password");
	if (password.n > PASSWORD_MAX)
		return matrix_err(err, 400, "M_INVALID_PARAM", _("The password is too long"));
	if (password.n == 0 && json_get_bool(row, "no_password", false))
		return 0;
	if (password.n == 0) {
		char *made = user_make_password();
		json_object_set_new(row, "password", json_string(made));
		json_object_set_new(row, "generated", json_true());
		mem_free_secret(made);
	}
	json_array_append(rows, row);
	return 0;
}

/* People who exist keep their passwords. */
static int prepare_import(struct sql *db, const char *server_name, json_t *args, json_t *rows,
			  struct err *err)
{
	json_t *row, *people = json_get_array(args, "rows");
	size_t i;
	int rc = 0;
	struct user u;
	if (!people || json_array_size(people) > ADMIN_ROWS_MAX)
		return matrix_err(err, 400, "M_BAD_JSON", _("rows must be a list of at most %d"),
				  ADMIN_ROWS_MAX);
	json_array_foreach (people, i, row) {
		if (!json_is_object(row))
			return matrix_err(err, 400, "M_BAD_JSON", _("row %zu is no object"), i + 1);
		json_object_del(row, "hash");
		if (json_get_bool(args, "no_password", false))
			json_object_set_new(row, "no_password", json_true());
		struct span name = json_get_span(row, "user");
		if (name.n && user_find(db, server_name, name, &u))
			continue;
		rc = prepare_row(row, rows, err);
		if (rc)
			return rc;
	}
	return 0;
}

int admin_prepare(struct sql *db, const char *server_name, const char *op, json_t *args,
		  json_t **ret_rows, struct err *err)
{
	json_t *rows = json_array();
	int rc = 0;
	if (!strcmp(op, "user.add") || !strcmp(op, "user.password"))
		rc = prepare_row(args, rows, err);
	else if (!strcmp(op, "user.import"))
		rc = prepare_import(db, server_name, args, rows, err);
	if (rc)
		json_decref(rows);
	else
		*ret_rows = rows;
	return rc;
}

struct hashing {
	struct accounts *accounts;
	json_t *rows;
	size_t next;
	int under_way;
	bool failed;
	void (*done)(void *arg, bool failed);
	void *arg;
};

struct hashing_row {
	struct hashing *h;
	json_t *row;
};

static void hash_more(struct hashing *h);

static void row_hashed(void *arg, const char *encoded, bool match)
{
	struct hashing_row *r = arg;
	struct hashing *h = r->h;
	(void)match;
	if (encoded)
		json_object_set_new(r->row, "hash", json_string(encoded));
	else
		h->failed = true;
	mem_free(r);
	h->under_way--;
	hash_more(h);
}

static void hash_more(struct hashing *h)
{
	while (h->under_way < HASH_AHEAD && h->next < json_array_size(h->rows) && !h->failed) {
		struct hashing_row *r = NEW(struct hashing_row);
		r->h = h;
		r->row = json_array_get(h->rows, h->next);
		if (!password_hash(h->accounts, "admin", json_get_span(r->row, "password"),
				   row_hashed, r)) {
			mem_free(r);
			h->failed = h->under_way == 0; /* the queue is full */
			break;
		}
		h->next++;
		h->under_way++;
	}
	if (h->under_way)
		return;
	h->done(h->arg, h->failed);
	json_decref(h->rows);
	mem_free(h);
}

void admin_hash_rows(struct accounts *a, json_t *rows, void (*done)(void *arg, bool failed),
		     void *arg)
{
	struct hashing *h = NEW(struct hashing);
	h->accounts = a;
	h->rows = rows;
	h->done = done;
	h->arg = arg;
	hash_more(h);
}
