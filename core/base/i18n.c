#include "core/base/i18n.h"

#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef MUSTER_LOCALEDIR
#define MUSTER_LOCALEDIR "/usr/local/share/locale"
#endif

/* share/locale beside the bin that this program runs from: it may have been installed below
 * another prefix than it was built for. */
static const char *beside_program(char path[PATH_MAX + 20])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);
	if (n <= 0 || n >= PATH_MAX)
		return NULL;
	path[n] = '\0';
	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(path, '/');
		if (!slash)
			return NULL;
		*slash = '\0';
	}
	memcpy(path + strlen(path), "/share/locale", sizeof("/share/locale"));
	return access(path, X_OK) == 0 ? path : NULL;
}

void i18n_init(void)
{
	/*
	 * Numbers in JSON and arguments stay in C form whatever the locale says, and each category
	 * is a file to open.
	 */
	setlocale(LC_CTYPE, "");
	setlocale(LC_MESSAGES, "");
	setlocale(LC_TIME, "");
	char near[PATH_MAX + 20];
	const char *dir = getenv("MUSTER_LOCALEDIR");
	if (!dir)
		dir = beside_program(near);
	bindtextdomain("muster", dir ? dir : MUSTER_LOCALEDIR);
	bind_textdomain_codeset("muster", "UTF-8");
	textdomain("muster");
}
