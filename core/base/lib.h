/*
 * Libraries that are loaded when they are first used. Each one that is linked
 * costs every one-shot verb between 0.1 and 1 ms at its start, so
 * what only a screen, a call or a printed page needs is left out of it.
 * The Makefile lists them (LOADED); docs/HACKING.md says how to add one.
 */
#ifndef MUSTER_BASE_LIB_H
#define MUSTER_BASE_LIB_H

#include "core/base/err.h"

#include <pthread.h>
#include <sonames.h>
#include <stddef.h>

/**
 * Load the library `soname` and put the addresses of its symbols `names` into
 * `table`, an array of `n` pointers. The library stays loaded. `package` is
 * what Debian calls the package that brings it, "" when not known. Any thread.
 */
int lib_load(const char *soname, const char *package, const char *const *names, size_t n,
	     void *table, struct err *err);

/* A table's members, and their names, from one list of functions and variables. */
#define LIB_MEMBER(f) __typeof__(f) *f;
#define LIB_NAME(f) #f,

/**
 * `struct lib` with a pointer to each symbol of LIST, and the function `lib`
 * that returns it, loaded once, whichever thread comes first; NULL with one
 * sentence when the library is not there.
 */
#define LIB_TABLE(lib, LIST)     \
	struct lib {             \
		LIST(LIB_MEMBER) \
	};                       \
	const struct lib *lib(struct err *err)

/** The body of that function. NAME is what the Makefile calls the library. */
#define LIB_LOADER(lib, LIST, NAME)                                                  \
	static struct {                                                              \
		pthread_once_t once;                                                 \
		int result;                                                          \
		struct err err;                                                      \
		struct lib table;                                                    \
	} lib##_state = {.once = PTHREAD_ONCE_INIT};                                 \
	static void lib##_load(void)                                                 \
	{                                                                            \
		static const char *const names[] = {LIST(LIB_NAME)};                 \
		lib##_state.result = lib_load(SONAME_##NAME, PACKAGE_##NAME, names,  \
					      sizeof(names) / sizeof(names[0]),      \
					      &lib##_state.table, &lib##_state.err); \
	}                                                                            \
	const struct lib *lib(struct err *err)                                       \
	{                                                                            \
		pthread_once(&lib##_state.once, lib##_load);                         \
		if (lib##_state.result && err)                                       \
			*err = lib##_state.err;                                      \
		return lib##_state.result ? NULL : &lib##_state.table;               \
	}                                                                            \
	_Static_assert(sizeof(struct lib) % sizeof(void *) == 0, "only pointers in a table")

/** Both for a library that one file alone uses. */
#define LIB_PRIVATE(lib, LIST, NAME)                   \
	struct lib {                                   \
		LIST(LIB_MEMBER)                       \
	};                                             \
	static const struct lib *lib(struct err *err); \
	LIB_LOADER(lib, LIST, NAME)

#endif
