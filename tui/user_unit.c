#include "tui/user_unit.h"

#include "core/base/child.h"
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"

#include <stdlib.h>

/* One word of a command or an assignment (systemd.syntax, systemd.service: quotes, specifiers, variables). */
static void put_word(struct buf *b, const char *name, const char *value, bool command)
{
	buf_put_char(b, '"');
	buf_put_str(b, name);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			buf_put_char(b, '\\');
		if (*value == '%' || (command && *value == '$'))
			buf_put_char(b, *value);
		buf_put_char(b, *value);
	}
	buf_put_char(b, '"');
}

void user_unit_put(struct buf *b, const char *program, const char *data_home, bool lan)
{
	buf_put_str(b, "[Unit]\nDescription=muster classroom\n\n[Service]\nType=exec\n");
	if (data_home && *data_home) {
		buf_put_str(b, "Environment=");
		put_word(b, "XDG_DATA_HOME=", data_home, false);
		buf_put_char(b, '\n');
	}
	buf_put_str(b, "ExecStart=");
	put_word(b, "", program, true);
	buf_printf(b, " serve%s\n", lan ? " --lan" : "");
	buf_put_str(b, "ExecReload=/bin/kill -HUP "
		       "$MAINPID\nUMask=0077\nRestart=on-failure\nRestartSec=2\n"
		       "TimeoutStopSec=60\n\n[Install]\nWantedBy=default.target\n");
}

int user_unit_write(const char *program, bool lan, char **ret_path, struct err *err)
{
	const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");
	AUTO_FREE char *found = child_find(program);
	if (!found)
		return err_set(err, ERR_NOT_FOUND, _("there is no program %s"), program);
	AUTO_FREE char *whole = found[0] == '/' ? mem_strdup(found) : fs_real(found);
	AUTO_FREE char *base =
		config && *config ? mem_strdup(config) : mem_printf("%s/.config", home ? home : "");
	AUTO_FREE char *dir = fs_join(base, "systemd/user");
	AUTO_FREE char *path = fs_join(dir, "muster.service");
	AUTO(buf_done) struct buf b = BUF_INIT(65536);
	user_unit_put(&b, whole, getenv("XDG_DATA_HOME"), lan);
	int rc = fs_mkdirs(dir, 0700, err);
	if (!rc)
		rc = fs_write_atomic(path, buf_span(&b), 0600, err);
	if (!rc)
		*ret_path = take(&path);
	return rc;
}
