#include "server/db/upgrade.h"

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "server/db/schema.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define DISK_RESERVE (16 << 20) /* beside the copy: the migration itself needs room, too */

static char *copy_of(const char *path, int schema)
{
	return mem_printf("%s.schema-%d", path, schema);
}

static void prune(const char *path)
{
	for (int v = 1; v < server_migration_count; v++) {
		struct stat st;
		AUTO_FREE char *copy = copy_of(path, v);
		int64_t too_old = clock_wall_ms() / 1000 - UPGRADE_KEEP_DAYS * 86400LL;
		if (stat(copy, &st) == 0 && st.st_mtim.tv_sec < too_old && !fs_remove(copy, NULL))
			log_info("database: removed the old copy %s", copy);
	}
}

static int check_room(struct sql *db, const char *path, struct err *err)
{
	AUTO_FREE char *dir = mem_strndup(path, (size_t)(fs_basename(path) - path));
	int64_t need = 2 * sql_size(db) + DISK_RESERVE, have = os_disk_free(*dir ? dir : ".");
	if (have < 0 || have >= need)
		return 0;
	err_set(err, ERR_DISK,
		_("There is no room to copy the database before it is brought up to date: %lld MB "
		  "are free, %lld MB are needed"),
		(long long)(have >> 20), (long long)(need >> 20));
	err_hint(err, _("make room on the disk and start again; nothing was changed"));
	return ERR_DISK;
}

/* Under its name only when it is whole: somebody may need it in a hurry. */
static int keep_copy(struct sql *db, const char *path, int schema, struct err *err)
{
	AUTO_FREE char *copy = copy_of(path, schema);
	AUTO_FREE char *part = mem_printf("%s.part", copy);
	int rc = check_room(db, path, err);
	if (!rc)
		rc = fs_remove(part, err);
	if (!rc)
		rc = sql_backup(db, part, NULL, NULL, err);
	if (!rc && rename(part, copy))
		rc = err_errno(err, errno, _("cannot write %s"), copy);
	if (rc) {
		fs_remove(part, NULL);
		err_prefix(err, _("the copy before the change of the database"));
		return rc;
	}
	log_warn(_("the database is brought from schema %d to %d; as it was, it is kept for %d "
		   "days as %s"),
		 schema, server_migration_count, UPGRADE_KEEP_DAYS, copy);
	return 0;
}

int upgrade(struct sql *db, const char *path, struct err *err)
{
	int have = sql_schema(db), rc = 0;
	if (have == server_migration_count)
		prune(path);
	else if (have > 0 && have < server_migration_count)
		rc = keep_copy(db, path, have, err);
	if (!rc)
		rc = sql_migrate(db, server_migrations, server_migration_count, err);
	if (rc && have > server_migration_count)
		err_hint(err, _("or put back what was kept before that change: \"muster admin "
				"restore BACKUP --data DIR --replace\""));
	return rc;
}
