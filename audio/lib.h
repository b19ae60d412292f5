/*
 * Which sound libraries are there. Each has a table of its functions
 * (lib_opus.h ...), filled when sound is first used (core/base/lib.h).
 */
#ifndef MUSTER_AUDIO_LIB_H
#define MUSTER_AUDIO_LIB_H

/** One library, for `muster version` and `muster doctor`. */
struct audio_library {
	const char *name;
	const char *version; /**< NULL: it is not there */
	const char *package; /**< Debian package that brings it, "": not known */
	const char *what;    /**< what we use it for, N_() */
};

/** The i-th library, looked up now, or a row with name NULL. Any thread. */
struct audio_library audio_library_at(int i);

#endif
