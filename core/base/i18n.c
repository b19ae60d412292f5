#include "core/base/i18n.h"

#include <locale.h>
#include <stdlib.h>

#ifndef MUSTER_LOCALEDIR
#define MUSTER_LOCALEDIR "/usr/local/share/locale"
#endif

void i18n_init(void)
{
	setlocale(LC_ALL, "");
	/* Numbers in JSON and arguments stay in C form whatever the locale says. */
	setlocale(LC_NUMERIC, "C");
	const char *dir = getenv("MUSTER_LOCALEDIR");
	bindtextdomain("muster", dir ? dir : MUSTER_LOCALEDIR);
	bind_textdomain_codeset("muster", "UTF-8");
	textdomain("muster");
}
