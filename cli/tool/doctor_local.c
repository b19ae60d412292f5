/* Checks of this machine. */
#include "cli/tool/doctor.h"

#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/ws.h"
#include "core/client/config.h"

#include <langinfo.h>
#include <sys/stat.h>
#include <unistd.h>

#define DISK_LOW ((int64_t)100 << 20)

static void check_folder(enum fs_place where, struct finding *f)
{
	AUTO_FREE char *dir = NULL;
	struct stat st;
	struct err e;
	if (fs_place(where, &dir, &e)) {
		finding_bad(f, "%s", e.msg);
		finding_fix(f, _("make the folder yours and writable, or point the XDG variable "
				 "elsewhere"));
	} else if (access(dir, W_OK | X_OK)) {
		finding_bad(f, _("%s cannot be written"), dir);
		finding_fix(f, _("chown it to yourself and chmod 700 it"));
	} else if (stat(dir, &st) == 0 && (st.st_mode & 077) && where != FS_CONFIG) {
		finding_bad(f, _("%s can be read by others"), dir);
		finding_fix(f, "chmod 700 %s", dir);
	} else {
		finding_ok(f, "%s", dir);
	}
}

static void check_config(struct command_ctx *ctx, struct finding *f)
{
	(void)ctx;
	check_folder(FS_CONFIG, f);
}

static void check_data(struct command_ctx *ctx, struct finding *f)
{
	(void)ctx;
	check_folder(FS_DATA, f);
}

static void check_runtime(struct command_ctx *ctx, struct finding *f)
{
	(void)ctx;
	check_folder(FS_RUNTIME, f);
}

static void check_settings(struct command_ctx *ctx, struct finding *f)
{
	struct config *c = NULL;
	struct err e;
	if (!ctx->config && config_load(&c, &e)) {
		finding_bad(f, "%s", e.msg);
		finding_fix(f, _("mend that line, see man muster-config"));
		return;
	}
	const char *unknown = config_unknown(ctx->config ? ctx->config : c, 0);
	if (unknown) {
		finding_bad(f, _("unknown setting: %s"), unknown);
		finding_fix(f, _("muster config list shows the settings that exist"));
	} else {
		finding_ok(f, _("the files of settings are in order"));
	}
	config_free(c);
}

static void check_locale(struct command_ctx *ctx, struct finding *f)
{
	const char *codeset = nl_langinfo(CODESET);
	(void)ctx;
	if (!strcmp(codeset, "UTF-8")) {
		finding_ok(f, _("characters are UTF-8"));
		return;
	}
	finding_bad(f, _("the locale's characters are %s, not UTF-8: names may look wrong"),
		    codeset);
	finding_fix(f, "export LC_ALL=C.UTF-8");
}

static void check_terminal(struct command_ctx *ctx, struct finding *f)
{
	const char *term = getenv("TERM");
	(void)ctx;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		finding_ok(f, _("no terminal: nothing will be asked"));
	} else if (!term || !*term || !strcmp(term, "dumb")) {
		finding_bad(f, _("TERM is not set, or dumb"));
		finding_fix(f, "export TERM=xterm-256color");
	} else {
		finding_ok(f, "%s", term);
	}
}

static void check_disk(struct command_ctx *ctx, struct finding *f)
{
	AUTO_FREE char *dir = NULL;
	(void)ctx;
	int64_t free_bytes = fs_place(FS_DATA, &dir, NULL) ? -1 : os_disk_free(dir);
	if (free_bytes < 0) {
		f->skipped = true;
	} else if (free_bytes < DISK_LOW) {
		finding_bad(f, _("only %lld MB are free for %s"), (long long)(free_bytes >> 20),
			    dir);
		finding_fix(f, _("make room: with a full disk nothing new is kept"));
	} else {
		finding_ok(f, _("%lld MB are free"), (long long)(free_bytes >> 20));
	}
}

/* libwebsockets loads its libuv plugin when it starts: packages forget to install it. */
static void check_websockets(struct command_ctx *ctx, struct finding *f)
{
	struct err e;
	(void)ctx;
	struct loop *l = loop_new();
	struct ws_client *c = ws_client_new(l, &e);
	if (c) {
		finding_ok(f, _("libwebsockets works on the event loop"));
		ws_client_free(c);
	} else {
		finding_bad(f, "%s", e.msg);
		finding_fix(f, "apt install libwebsockets-evlib-uv");
	}
	loop_free(l);
}

const struct check doctor_local[] = {
	{"config-folder", check_config, false},
	{"data-folder", check_data, false},
	{"runtime-folder", check_runtime, false},
	{"settings", check_settings, false},
	{"locale", check_locale, false},
	{"terminal", check_terminal, false},
	{"disk", check_disk, false},
	{"websockets", check_websockets, false},
	{NULL, NULL, false},
};
