#include "audio/lib.h"

#include "audio/lib_opus.h"
#include "audio/lib_portaudio.h"
#include "audio/lib_sndfile.h"
#include "audio/lib_speexdsp.h"
#include "core/base/i18n.h"

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
		return (struct audio_library){"PortAudio", portaudio_version(), PACKAGE_PORTAUDIO,
					      N_("sound cards")};
	case 1:
		opus = lib_opus(NULL);
		return (struct audio_library){"Opus",
					      opus ? number_in(opus->opus_get_version_string())
						   : NULL,
					      PACKAGE_OPUS, N_("sound in calls")};
	case 2:
		/* Its soname is all that tells its version. */
		return (struct audio_library){"speexdsp", lib_speexdsp(NULL) ? "1" : NULL,
					      PACKAGE_SPEEXDSP, N_("echo, noise, gain")};
	case 3:
		sf = lib_sndfile(NULL);
		return (struct audio_library){"libsndfile",
					      sf ? number_in(sf->sf_version_string()) : NULL,
					      PACKAGE_SNDFILE, N_("sound files")};
	default:
		return none;
	}
}
