#include "audio/lib_sndfile.h"
#include "audio/sound_file.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <strings.h>
#include <unistd.h>

/* A process that is killed loses no more than this. */
#define LATENCY_MS 500

struct sound_writer {
	const struct lib_sndfile *lib;
	SNDFILE *sf;
	bool wav;
	int unsaved; /* samples since the header was brought up to date */
	char *path;
};

static int format_of(const char *path)
{
	const char *dot = strrchr(path, '.');
	if (dot && !strcasecmp(dot, ".wav"))
		return SF_FORMAT_WAV | SF_FORMAT_PCM_16;
	if (dot && (!strcasecmp(dot, ".opus") || !strcasecmp(dot, ".ogg")))
		return SF_FORMAT_OGG | SF_FORMAT_OPUS;
	return 0;
}

bool sound_writer_can(const char *path)
{
	return format_of(path) != 0;
}

static int open_new(const struct lib_sndfile *lib, const char *path, SNDFILE **ret, struct err *err)
{
	SF_INFO info = {.samplerate = AUDIO_RATE_HZ, .channels = 1, .format = format_of(path)};
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, errno, _("cannot write %s"), path);
	*ret = lib->sf_open_fd(fd, SFM_WRITE, &info, SF_TRUE);
	if (*ret)
		return 0;
	return err_set(err, ERR_FAILED, _("cannot write %s: %s"), path, lib->sf_strerror(NULL));
}

int sound_writer_open(const char *path, struct sound_writer **ret, struct err *err)
{
	double latency = LATENCY_MS;
	SNDFILE *sf = NULL;
	const struct lib_sndfile *lib = lib_sndfile(err);
	if (!lib)
		return ERR_UNSUPPORTED;
	if (!sound_writer_can(path)) {
		err_set(err, ERR_USAGE, _("%s: the ending of its name says no format"), path);
		err_hint(err, _("name it .opus, .ogg or .wav"));
		return ERR_USAGE;
	}
	int rc = open_new(lib, path, &sf, err);
	if (rc)
		return rc;
	lib->sf_command(sf, SFC_SET_OGG_PAGE_LATENCY_MS, &latency, sizeof(latency));
	struct sound_writer *w = NEW(struct sound_writer);
	w->lib = lib;
	w->sf = sf;
	w->wav = (format_of(path) & SF_FORMAT_TYPEMASK) == SF_FORMAT_WAV;
	w->path = mem_strdup(path);
	*ret = w;
	return 0;
}

int sound_writer_write(struct sound_writer *w, const int16_t *pcm, int n, struct err *err)
{
	errno = 0;
	if (w->lib->sf_writef_short(w->sf, pcm, n) != n) {
		int errnum = errno;
		if (errnum)
			return err_errno(err, errnum, _("cannot write %s"), w->path);
		return err_set(err, ERR_DISK, _("cannot write %s: %s"), w->path,
			       w->lib->sf_strerror(w->sf));
	}
	w->unsaved += n;
	if (w->wav && w->unsaved >= LATENCY_MS * AUDIO_SAMPLES_PER_MS) {
		w->lib->sf_command(w->sf, SFC_UPDATE_HEADER_NOW, NULL, 0);
		w->unsaved = 0;
	}
	return 0;
}

int sound_writer_close(struct sound_writer *w, struct err *err)
{
	if (!w)
		return 0;
	int code = w->lib->sf_close(w->sf), rc = 0;
	if (code)
		rc = err_set(err, ERR_DISK, _("cannot finish %s"), w->path);
	mem_free(w->path);
	mem_free(w);
	return rc;
}
