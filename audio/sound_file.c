#include "audio/sound_file.h"

#include "audio/lib_sndfile.h"
#include "audio/resample.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_FRAMES 1024

struct memory {
	struct span data;
	sf_count_t at;
};

struct sound_reader {
	const struct lib_sndfile *lib;
	SNDFILE *sf;
	SF_INFO info;
	struct memory memory;
	struct resample *resample; /* NULL: the file has our rate */
	float *frames;		   /* CHUNK_FRAMES of all channels */
	int16_t mono[CHUNK_FRAMES];
	int n, at; /* samples in mono, of those taken */
	bool end;  /* the file has no more */
	int tail;  /* zeros still to be fed to the resampler */
};

static int wrong_file(struct sound_reader *r, const char *name, struct err *err)
{
	err_set(err, ERR_INVALID, _("%s is not a sound file: %s"), name, r->lib->sf_strerror(NULL));
	err_hint(err, _("WAV, FLAC and Ogg/Opus files can be played"));
	return ERR_INVALID;
}

static int set_up(struct sound_reader *r, const char *name, struct err *err)
{
	if (!r->sf)
		return wrong_file(r, name, err);
	if (r->info.channels < 1 || r->info.channels > SOUND_CHANNELS_MAX)
		return err_set(err, ERR_INVALID, _("%s has %d channels"), name, r->info.channels);
	r->frames = mem_alloc(sizeof(float) * CHUNK_FRAMES * (size_t)r->info.channels);
	if (r->info.samplerate == AUDIO_RATE_HZ)
		return 0;
	int rc = resample_new(r->info.samplerate, AUDIO_RATE_HZ, &r->resample, err);
	if (!rc)
		r->tail = resample_delay_in(r->resample);
	return rc;
}

static int finish_open(struct sound_reader *r, const char *name, struct sound_reader **ret,
		       struct err *err)
{
	int rc = set_up(r, name, err);
	if (rc)
		sound_reader_free(r);
	else
		*ret = r;
	return rc;
}

/* A pipe would block the opening, a folder is no file. */
static int open_file(const char *path, struct err *err)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return err_set(err, ERR_NOT_FOUND, _("there is no file %s"), path);
	if (fd < 0)
		return err_errno(err, errno, _("cannot open %s"), path);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return err_set(err, ERR_INVALID, _("%s is not a file"), path);
}

int sound_reader_open(const char *path, struct sound_reader **ret, struct err *err)
{
	const struct lib_sndfile *lib = lib_sndfile(err);
	if (!lib)
		return ERR_UNSUPPORTED;
	int fd = open_file(path, err);
	if (fd < 0)
		return fd;
	struct sound_reader *r = NEW(struct sound_reader);
	r->lib = lib;
	r->sf = lib->sf_open_fd(fd, SFM_READ, &r->info, SF_TRUE);
	return finish_open(r, path, ret, err);
}

static sf_count_t memory_size(void *user)
{
	return (sf_count_t)((struct memory *)user)->data.n;
}

static sf_count_t memory_seek(sf_count_t offset, int whence, void *user)
{
	struct memory *m = user;
	sf_count_t size = memory_size(user), from = whence == SEEK_SET	 ? 0
						    : whence == SEEK_CUR ? m->at
									 : size;
	/* A file may name any offset. */
	if (offset < -from || offset > size - from)
		return -1;
	m->at = from + offset;
	return m->at;
}

static sf_count_t memory_read(void *p, sf_count_t n, void *user)
{
	struct memory *m = user;
	sf_count_t left = memory_size(user) - m->at;
	n = n < 0 ? 0 : n < left ? n : left;
	if (n)
		memcpy(p, m->data.p + m->at, (size_t)n);
	m->at += n;
	return n;
}

static sf_count_t memory_write(const void *p, sf_count_t n, void *user)
{
	(void)p;
	(void)n;
	(void)user;
	return 0;
}

static sf_count_t memory_tell(void *user)
{
	return ((struct memory *)user)->at;
}

int sound_reader_open_memory(struct span data, struct sound_reader **ret, struct err *err)
{
	SF_VIRTUAL_IO io = {memory_size, memory_seek, memory_read, memory_write, memory_tell};
	const struct lib_sndfile *lib = lib_sndfile(err);
	if (!lib)
		return ERR_UNSUPPORTED;
	struct sound_reader *r = NEW(struct sound_reader);
	r->lib = lib;
	r->memory.data = data;
	r->sf = lib->sf_open_virtual(&io, SFM_READ, &r->info, &r->memory);
	return finish_open(r, _("this"), ret, err);
}

void sound_reader_free(struct sound_reader *r)
{
	if (!r)
		return;
	if (r->sf)
		r->lib->sf_close(r->sf);
	resample_free(r->resample);
	mem_free(r->frames);
	mem_free(r);
}

void sound_reader_info(const struct sound_reader *r, struct sound_info *ret)
{
	SF_FORMAT_INFO f = {.format = r->info.format & SF_FORMAT_TYPEMASK};
	ret->rate_hz = r->info.samplerate;
	ret->channels = r->info.channels;
	ret->duration_ms = -1;
	if (r->info.frames >= 0 && r->info.frames < INT64_MAX / 1000)
		ret->duration_ms = r->info.frames * 1000 / r->info.samplerate;
	bool known = r->lib->sf_command(NULL, SFC_GET_FORMAT_INFO, &f, sizeof(f)) == 0 && f.name;
	snprintf(ret->format, sizeof(ret->format), "%s", known ? f.name : "?");
}

/* The next chunk of the file as mono. */
static void load(struct sound_reader *r)
{
	int channels = r->info.channels;
	sf_count_t got = r->end ? 0 : r->lib->sf_readf_float(r->sf, r->frames, CHUNK_FRAMES);
	r->at = 0;
	r->n = got > 0 ? (int)got : 0;
	for (int i = 0; i < r->n; i++) {
		float sum = 0;
		for (int c = 0; c < channels; c++)
			sum += r->frames[i * channels + c];
		r->mono[i] = audio_clip(sum / (float)channels * 32768.0f);
	}
	if (r->n > 0)
		return;
	r->end = true;
	if (r->tail > 0 && r->resample) {
		r->n = r->tail < CHUNK_FRAMES ? r->tail : CHUNK_FRAMES;
		memset(r->mono, 0, sizeof(r->mono));
		r->tail -= r->n;
	}
}

int sound_reader_read(struct sound_reader *r, int16_t *pcm, int n)
{
	int done = 0;
	while (done < n) {
		if (r->at == r->n)
			load(r);
		if (r->n == 0)
			break;
		int in = r->n - r->at, out = n - done;
		if (r->resample) {
			resample_run(r->resample, r->mono + r->at, &in, pcm + done, &out);
		} else {
			in = out = in < out ? in : out;
			memcpy(pcm + done, r->mono + r->at, (size_t)in * sizeof(*pcm));
		}
		r->at += in;
		done += out;
	}
	return done;
}
