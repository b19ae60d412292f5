#include "server/keep/ops.h"

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/keep/backup.h"
#include "server/keep/check.h"
#include "server/keep/export.h"
#include "server/keep/restore.h"
#include "server/keep/shelf.h"

#include <string.h>

/*
 * Where a server writes is for those to say who have its machine, not for who has a
 * password: from afar only a name in its folder of backups can be given.
 */
static int place_of(const struct keep_place *p, const char *named, char **ret, struct err *err)
{
	size_t n = strlen(p->shelf);
	const char *name = named;
	if (p->remote && !strncmp(name, p->shelf, n) && name[n] == '/')
		name += n + 1;
	if (p->remote && strcmp(name, p->shelf) != 0 && (strchr(name, '/') || name[0] == '.')) {
		err_set(err, ERR_AUTH, _("The server writes into %s only"), p->shelf);
		err_hint(err, _("set backup_dir in its settings, or work on its machine with "
				"--data DIR"));
		return ERR_AUTH;
	}
	bool inside = p->remote && strcmp(name, p->shelf) != 0;
	*ret = inside ? fs_join(p->shelf, name) : mem_strdup(name);
	return 0;
}

static int do_backup(const struct keep_place *p, const json_t *args, struct pace *pace,
		     json_t **ret, struct err *err)
{
	AUTO_FREE char *to = NULL;
	const char *named = json_get_str(args, "to");
	int rc = place_of(p, named ? named : p->shelf, &to, err);
	struct backup_options o = {.data_dir = p->data_dir,
				   .config_file = p->config_file,
				   .to = to,
				   .kind = SHELF_ASKED,
				   .pace = pace};
	return rc ? rc : keep_backup(&o, ret, err);
}

static int do_export(const struct keep_place *p, const json_t *args, struct pace *pace,
		     json_t **ret, struct err *err)
{
	AUTO_FREE char *to = NULL;
	AUTO_FREE char *made = shelf_name(p->shelf, "export", clock_wall_ms(), ".ndjson");
	const char *named = json_get_str(args, "to");
	int rc = place_of(p, named ? named : made, &to, err);
	if (!rc && (p->remote || !named))
		rc = fs_mkdirs(p->shelf, 0700, err);
	return rc ? rc : keep_export(p->data_dir, to, pace, ret, err);
}

static int do_restore(const struct keep_place *p, const json_t *args, struct pace *pace,
		      json_t **ret, struct err *err)
{
	const char *from = json_get_str(args, "from");
	(void)pace;
	if (p->remote)
		return err_set(err, ERR_CONFLICT,
			       _("A running server cannot be replaced: stop it, then restore on "
				 "its machine with --data DIR"));
	if (!from)
		return err_set(err, ERR_USAGE, _("Which backup?"));
	return keep_restore(from, p->data_dir, json_get_bool(args, "replace", false), ret, err);
}

static int do_check(const struct keep_place *p, const json_t *args, struct pace *pace, json_t **ret,
		    struct err *err)
{
	json_t *rows;
	(void)args;
	int rc = keep_check(p->data_dir, pace, &rows, err);
	if (!rc)
		*ret = json_pack("{s:o}", "findings", rows);
	return rc;
}

static const struct {
	const char *name;
	int (*fn)(const struct keep_place *p, const json_t *args, struct pace *pace, json_t **ret,
		  struct err *err);
} ops[] = {
	{"backup", do_backup},
	{"restore", do_restore},
	{"export", do_export},
	{"check", do_check},
};

bool keep_known(const char *op)
{
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (!strcmp(ops[i].name, op))
			return true;
	return false;
}

int keep_do(const struct keep_place *p, const char *op, const json_t *args, struct pace *pace,
	    json_t **ret, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (!strcmp(ops[i].name, op))
			return ops[i].fn(p, args, pace, ret, err);
	return err_set(err, ERR_USAGE, _("There is no operation \"%s\""), op);
}
