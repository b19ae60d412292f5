#include "server/privilege.h"

#include "core/base/i18n.h"
#include "core/base/log.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int become(uid_t uid, gid_t gid, const char *data_dir, struct err *err)
{
	const struct passwd *pw = getpwuid(uid);
	if (pw)
		gid = pw->pw_gid;
	if ((pw ? initgroups(pw->pw_name, gid) : setgroups(1, &gid)) || setgid(gid) || setuid(uid))
		return err_errno(err, errno, _("cannot become the owner of %s"), data_dir);
	if (setuid(0) == 0)
		abort();
	log_info("going on as user %lu, the owner of %s", (unsigned long)uid, data_dir);
	return 0;
}

/* Root's process, whose folder is of somebody else. */
static bool has_owner(const char *data_dir, struct stat *ret)
{
	return stat(data_dir, ret) == 0 && ret->st_uid != 0;
}

int privilege_check(const char *data_dir, struct err *err)
{
	struct stat st;
	if (geteuid() != 0 || has_owner(data_dir, &st) || getenv("MUSTER_ALLOW_ROOT"))
		return 0;
	err_set(err, ERR_AUTH, _("A server does not run as root"));
	err_hint(err, _("make a user for it and give it the folder (docs/SERVER.md), or set "
			"MUSTER_ALLOW_ROOT=1 where root is nobody, as in a container"));
	return ERR_AUTH;
}

int privilege_drop(const char *data_dir, struct err *err)
{
	struct stat st;
	if (geteuid() == 0 && has_owner(data_dir, &st))
		return become(st.st_uid, st.st_gid, data_dir, err);
	return privilege_check(data_dir, err);
}
