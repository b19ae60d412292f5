/*
 * ALSA, JACK and PortAudio report on stderr whatever they tried in vain, in
 * the middle of a person's screen. ALSA and JACK have a function to say who
 * hears it. PortAudio has none, and speaks from threads of its own too, when a
 * device dies: it is left with a stdio stream to nowhere, which muster itself
 * never uses (its sentences go to descriptor 2). While devices are looked for
 * descriptor 2 points elsewhere as well. MUSTER_AUDIO_CHATTER set in the
 * environment lets all of it through.
 */
#include "audio/portaudio_host.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int kept = -1;

static void hear_alsa(const char *file, int line, const char *function, int err, const char *fmt,
		      ...)
{
	(void)file;
	(void)line;
	(void)function;
	(void)err;
	(void)fmt;
}

static void hear_jack(const char *message)
{
	(void)message;
}

/* The library's function, when PortAudio has loaded that library. */
static void *function_of(const char *soname, const char *name)
{
	void *so = dlopen(soname, RTLD_NOW | RTLD_NOLOAD);
	return so ? dlsym(so, name) : NULL;
}

static void set_hearers(void)
{
	int (*alsa)(void (*)(const char *, int, const char *, int, const char *, ...)) =
		function_of("libasound.so.2", "snd_lib_error_set_handler");
	void (*jack_error)(void (*)(const char *)) =
		function_of("libjack.so.0", "jack_set_error_function");
	void (*jack_info)(void (*)(const char *)) =
		function_of("libjack.so.0", "jack_set_info_function");
	if (alsa)
		alsa(hear_alsa);
	if (jack_error)
		jack_error(hear_jack);
	if (jack_info)
		jack_info(hear_jack);
}

/* Where stderr is a variable; elsewhere it stays as it is. */
static void silence_stdio(void)
{
#if defined(__GLIBC__) || defined(__APPLE__)
	static FILE *nowhere;
	if (!nowhere)
		nowhere = fopen("/dev/null", "we");
	if (nowhere)
		stderr = nowhere;
#endif
}

void pa_quiet_begin(void)
{
	if (getenv("MUSTER_AUDIO_CHATTER") || kept >= 0)
		return;
	/* A program that only looks at devices starts no JACK server. */
	setenv("JACK_NO_START_SERVER", "1", 0);
	set_hearers();
	silence_stdio();
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	kept = null >= 0 ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3) : -1;
	if (kept >= 0)
		dup2(null, STDERR_FILENO);
	if (null >= 0)
		close(null);
}

void pa_quiet_end(void)
{
	if (kept < 0)
		return;
	dup2(kept, STDERR_FILENO);
	close(kept);
	kept = -1;
}
