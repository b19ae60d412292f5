#include "audio/lib.h"

#include "audio/lib_opus.h"
#include "audio/lib_portaudio.h"
#include "audio/lib_sndfile.h"
#include "audio/lib_speexdsp.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"

#include <dlfcn.h>

int lib_load(const char *const *sonames, const char *package, const char *const *names, size_t n,
	     void *table, struct err *err)
{
	void *so = NULL;
	for (int i = 0; sonames[i] && !so; i++)
		so = dlopen(sonames[i], RTLD_NOW | RTLD_LOCAL);
	if (!so) {
		err_set(err, ERR_UNSUPPORTED, _("%s is not installed"), sonames[0]);
		err_hint(err, _("install the package %s"), package);
		return ERR_UNSUPPORTED;
	}
	for (size_t i = 0; i < n; i++) {
		void *f = dlsym(so, names[i]);
		if (!f)
			return err_set(err, ERR_UNSUPPORTED, _("%s lacks %s: another version?"),
				       sonames[0], names[i]);
		memcpy((char *)table + i * sizeof(f), &f, sizeof(f));
	}
	return 0;
}

/* "PortAudio V19.6.0-devel, revision ..." and "libsndfile-1.2.0": the number. */
static const char *number_in(const char *text)
{
	return text + strcspn(text, "0123456789");
}

static const char *portaudio_version(void)
{
	static char version[32];
	const struct lib_portaudio *pa = lib_portaudio(NULL);
	if (!pa)
		return NULL;
	int v = pa->Pa_GetVersion();
	snprintf(version, sizeof(version), "%d.%d.%d", v >> 16, v >> 8 & 255, v & 255);
	return version;
}

struct audio_library audio_library_at(int i)
{
	const struct lib_opus *opus;
	const struct lib_sndfile *sf;
	struct audio_library none = {.name = NULL};
	switch (i) {
	case 0:
		return (struct audio_library){"PortAudio", portaudio_version(), "libportaudio2",
					      N_("sound cards")};
	case 1:
		opus = lib_opus(NULL);
		return (struct audio_library){"Opus",
					      opus ? number_in(opus->opus_get_version_string())
						   : NULL,
					      "libopus0", N_("sound in calls")};
	case 2:
		/* Its soname is all that tells its version. */
		return (struct audio_library){"speexdsp", lib_speexdsp(NULL) ? "1" : NULL,
					      "libspeexdsp1", N_("echo, noise, gain")};
	case 3:
		sf = lib_sndfile(NULL);
		return (struct audio_library){"libsndfile",
					      sf ? number_in(sf->sf_version_string()) : NULL,
					      "libsndfile1", N_("sound files")};
	default:
		return none;
	}
}
