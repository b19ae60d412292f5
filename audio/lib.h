/*
 * Sound libraries, loaded when sound is first used: linked into the binary
 * they would cost each one-shot verb some four milliseconds of start-up.
 * Each library has a table of its functions (lib_opus.h ...) and one file that
 * fills it. Private to audio/, save for audio_library_at.
 */
#ifndef MUSTER_AUDIO_LIB_H
#define MUSTER_AUDIO_LIB_H

#include "core/base/err.h"

#include <stddef.h>

/** One library, for `muster version` and `muster doctor`. */
struct audio_library {
	const char *name;
	const char *version; /**< NULL: it is not there */
	const char *package; /**< Debian package that brings it */
	const char *what;    /**< what we use it for, N_() */
};

/** The i-th library, looked up now, or a row with name NULL. Any thread. */
struct audio_library audio_library_at(int i);

/**
 * Load the first of `sonames` (NULL-ended) and put the addresses of `names`
 * into `table`, an array of function pointers. The library stays loaded.
 */
int lib_load(const char *const *sonames, const char *package, const char *const *names, size_t n,
	     void *table, struct err *err);

/* A table struct's members, and their names, from one list of functions. */
#define LIB_MEMBER(f) __typeof__(f) *f;
#define LIB_NAME(f) #f,

#ifdef __APPLE__
#define LIB_SONAMES(base, version) base "." #version ".dylib", base ".dylib"
#else
#define LIB_SONAMES(base, version) base ".so." #version, base ".so"
#endif

/** Body of a loader: `table` is loaded once, whichever thread comes first. */
#define LIB_LOADER(lib, LIST, soname, version, package)                                         \
	static struct lib table;                                                                \
	static struct err failure;                                                              \
	static int result;                                                                      \
	static pthread_once_t once = PTHREAD_ONCE_INIT;                                         \
	static void load(void)                                                                  \
	{                                                                                       \
		static const char *const sonames[] = {LIB_SONAMES(soname, version), NULL};      \
		static const char *const names[] = {LIST(LIB_NAME)};                            \
		result = lib_load(sonames, package, names, ARRAY_LEN(names), &table, &failure); \
	}                                                                                       \
	const struct lib *lib(struct err *err)                                                  \
	{                                                                                       \
		pthread_once(&once, load);                                                      \
		if (result && err)                                                              \
			*err = failure;                                                         \
		return result ? NULL : &table;                                                  \
	}                                                                                       \
	_Static_assert(sizeof(struct lib) % sizeof(void *) == 0, "only pointers in a table")

#endif
