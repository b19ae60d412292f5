/*
 * What this binary is made of, for `muster version`.
 */
#ifndef MUSTER_BASE_BUILD_H
#define MUSTER_BASE_BUILD_H

struct build_library {
	const char *name;
	const char *version; /**< of the library in use; NULL: it does not tell */
	const char *what;    /**< what we use it for, N_() */
};

/** The i-th library, or a row with name NULL. */
struct build_library build_library(int i);
/** "gcc 12.2.0", "clang 14.0.6"; static. */
const char *build_compiler(void);

#endif
