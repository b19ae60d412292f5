#include "cli/app.h"
#include "core/base/i18n.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef __has_feature
#define __has_feature(x) 0 /* a question that only clang answers */
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define LOOK_FOR_LEAKS true
#else
#define LOOK_FOR_LEAKS false
#endif

/*
 * Without the clean-ups of the libraries below us: they give back memory that goes with the process
 * anyway, which is a twentieth of what a one-shot verb costs, while threads of others may still run.
 */
static void leave(int status)
{
	fflush(NULL);
	if (LOOK_FOR_LEAKS)
		exit(status);
	_exit(status);
}

int main(int argc, char **argv)
{
	i18n_init();
	leave(app_main(argc, argv));
}
