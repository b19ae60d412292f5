/*
 * Raw PCM through a descriptor: what other programs speak.
 * "pipe:FD@s16le:RATE:CHANNELS"; with ":live" behind it a stream that comes as
 * it happens (live.h).
 */
#include "audio/driver.h"

#include "audio/live.h"
#include "audio/resample.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/span.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#define CHANNELS_MAX 8
/* One piece; poll(2) promises that a pipe takes or gives PIPE_BUF without blocking. */
#define PIECE_BYTES 4096
#define FIFO_SAMPLES 16384
#define OUT_BYTES (PIECE_BYTES * 16)
/* Of a live stream as much is taken at once as ever piles up in a pipe. */
#define LIVE_PIECES 256

struct pipe_dev {
	int fd;
	struct audio_pcm pcm;
	struct live *live; /* NULL: the reader sets the pace */
	struct resample *resample;
	bool gone;  /* the other side closed */
	bool begun; /* live: the first was asked for */
	/* Capture: a frame cut in two, and converted samples. */
	uint8_t part[PIECE_BYTES + 2 * CHANNELS_MAX];
	int part_n;
	int16_t fifo[FIFO_SAMPLES];
	int fifo_n;
	/* Playback: bytes of frames that were begun must go out before anything else. */
	uint8_t out[OUT_BYTES];
	size_t out_at, out_n;
	atomic_int_fast64_t samples, underruns, overruns;
};

static int parse(const char *device, enum audio_direction dir, struct pipe_dev *p, struct err *err)
{
	struct span rest = span_of(device && *device ? device : "-"), fd;
	int64_t n = dir == AUDIO_CAPTURE ? STDIN_FILENO : STDOUT_FILENO;
	const char *at = strchr(device ? device : "", '@');
	span_split(&rest, '@', &fd);
	if (!span_eq_str(fd, "-") && (!span_i64(fd, &n) || n < 0 || n > INT_MAX))
		return err_set(err, ERR_USAGE,
			       _("pipe:%.40s: before the @ stands - or a descriptor's number"),
			       device);
	if (fcntl((int)n, F_GETFD) < 0)
		return err_set(err, ERR_USAGE, _("descriptor %d is not open"), (int)n);
	p->fd = (int)n;
	return audio_pcm_parse(at ? at + 1 : "s16le:48000:1", &p->pcm, err);
}

static int pipe_open(const struct audio_open *how, void **ret, struct err *err)
{
	struct pipe_dev *p = NEW(struct pipe_dev);
	bool in = how->direction == AUDIO_CAPTURE;
	int rc = parse(how->device, how->direction, p, err);
	if (!rc && p->pcm.rate_hz != AUDIO_RATE_HZ)
		rc = resample_new(in ? p->pcm.rate_hz : AUDIO_RATE_HZ,
				  in ? AUDIO_RATE_HZ : p->pcm.rate_hz, &p->resample, err);
	if (rc) {
		mem_free(p);
		return rc;
	}
	if (in && p->pcm.live)
		p->live = NEW(struct live);
#ifdef F_SETPIPE_SZ
	/* A pipe full of sound is delay: keep it short. Other kinds of descriptors refuse. */
	if (!p->live)
		fcntl(p->fd, F_SETPIPE_SZ, 2 * PIECE_BYTES);
#endif
	if (!in)
		signal(SIGPIPE, SIG_IGN);
	*ret = p;
	return 0;
}

static int pipe_start(void *dev, struct err *err)
{
	(void)dev;
	(void)err;
	return 0;
}

static bool ready(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};
	return poll(&p, 1, 0) > 0;
}

/* -- Capture -------------------------------------------------------------- */

static void convert_in(struct pipe_dev *p)
{
	int16_t mono[PIECE_BYTES];
	int frame = 2 * p->pcm.channels, n = p->part_n / frame;
	for (int i = 0; i < n; i++) {
		int sum = 0;
		for (int c = 0; c < p->pcm.channels; c++) {
			const uint8_t *b = p->part + i * frame + 2 * c;
			sum += (int16_t)(b[0] | b[1] << 8);
		}
		mono[i] = (int16_t)(sum / p->pcm.channels);
	}
	p->part_n -= n * frame;
	memmove(p->part, p->part + n * frame, (size_t)p->part_n);
	int room = FIFO_SAMPLES - p->fifo_n;
	if (p->resample)
		resample_run(p->resample, mono, &n, p->fifo + p->fifo_n, &room);
	else
		memcpy(p->fifo + p->fifo_n, mono, (size_t)(room = n) * sizeof(*mono));
	p->fifo_n += room;
}

/* One piece from the descriptor; false when there is none now. */
static bool take_piece(struct pipe_dev *p, int max)
{
	/* No more than is wanted: the pipe is the buffer, and holds the writer back. */
	int64_t want = (int64_t)(max - p->fifo_n) * p->pcm.rate_hz / AUDIO_RATE_HZ + 1;
	want = want * 2 * p->pcm.channels - p->part_n;
	want = want < 2 ? 2 : want > PIECE_BYTES ? PIECE_BYTES : want;
	if (p->gone || !ready(p->fd, POLLIN))
		return false;
	ssize_t n = read(p->fd, p->part + p->part_n, (size_t)want);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		p->gone = true;
		return false;
	}
	p->part_n += (int)n;
	convert_in(p);
	return true;
}

/* All that is there; then one tick of it, or of silence. */
static int read_live(struct pipe_dev *p, int64_t now_ns, int16_t *pcm, int max)
{
	if (!p->begun)
		live_init(p->live, now_ns);
	p->begun = true;
	for (int i = 0; i < LIVE_PIECES && take_piece(p, AUDIO_TICK_SAMPLES); i++) {
		live_put(p->live, now_ns, p->fifo, p->fifo_n);
		p->fifo_n = 0;
	}
	if ((p->gone && p->live->n < AUDIO_TICK_SAMPLES) || live_ended(p->live, now_ns))
		return AUDIO_END;
	if (max < AUDIO_TICK_SAMPLES)
		return 0;
	if (live_take(p->live, pcm))
		atomic_fetch_add(&p->samples, AUDIO_TICK_SAMPLES);
	atomic_store(&p->underruns, p->live->missing);
	atomic_store(&p->overruns, p->live->dropped);
	return AUDIO_TICK_SAMPLES;
}

static int pipe_read(void *dev, int64_t now_ns, int16_t *pcm, int max)
{
	struct pipe_dev *p = dev;
	if (p->live)
		return read_live(p, now_ns, pcm, max);
	while (p->fifo_n < max && take_piece(p, max))
		;
	int n = p->fifo_n < max ? p->fifo_n : max;
	if (n == 0 && p->gone)
		return AUDIO_END;
	if (n < max && !p->gone)
		atomic_fetch_add(&p->underruns, max - n);
	memcpy(pcm, p->fifo, (size_t)n * sizeof(*pcm));
	p->fifo_n -= n;
	memmove(p->fifo, p->fifo + n, (size_t)p->fifo_n * sizeof(*pcm));
	atomic_fetch_add(&p->samples, n);
	return n;
}

/* -- Playback ------------------------------------------------------------- */

/* Send what waits, piece by piece, as long as none blocks. */
static void flush_out(struct pipe_dev *p)
{
	while (p->out_at < p->out_n && !p->gone && ready(p->fd, POLLOUT)) {
		size_t n = p->out_n - p->out_at;
		n = n < PIPE_BUF ? n : PIPE_BUF;
		ssize_t sent = write(p->fd, p->out + p->out_at, n);
		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (sent < 0)
			p->gone = true;
		else
			p->out_at += (size_t)sent;
	}
}

static void put_out(struct pipe_dev *p, const int16_t *pcm, int n)
{
	for (int i = 0; i < n; i++)
		for (int c = 0; c < p->pcm.channels && p->out_n + 2 <= OUT_BYTES; c++) {
			p->out[p->out_n++] = (uint8_t)(pcm[i] & 255);
			p->out[p->out_n++] = (uint8_t)((uint16_t)pcm[i] >> 8);
		}
}

static void convert_out(struct pipe_dev *p, const int16_t *pcm, int n)
{
	int16_t other[4096];
	while (n > 0) {
		int in = n, out = (int)ARRAY_LEN(other);
		if (!p->resample) {
			put_out(p, pcm, n);
			return;
		}
		resample_run(p->resample, pcm, &in, other, &out);
		put_out(p, other, out);
		pcm += in;
		n -= in;
	}
}

static void pipe_write(void *dev, int64_t now_ns, const int16_t *pcm, int n)
{
	struct pipe_dev *p = dev;
	(void)now_ns;
	flush_out(p);
	if (p->gone || p->out_at < p->out_n) {
		/* The reader is slow: this is dropped whole, so that frames stay whole. */
		atomic_fetch_add(&p->overruns, n);
		return;
	}
	p->out_at = p->out_n = 0;
	convert_out(p, pcm, n);
	atomic_fetch_add(&p->samples, n);
	flush_out(p);
}

static void pipe_counts(void *dev, struct audio_counts *ret)
{
	struct pipe_dev *p = dev;
	*ret = (struct audio_counts){
		.samples = atomic_load(&p->samples),
		.underruns = atomic_load(&p->underruns),
		.overruns = atomic_load(&p->overruns),
		.present = true,
	};
}

static void pipe_stop(void *dev)
{
	(void)dev;
}

static void pipe_close(void *dev)
{
	struct pipe_dev *p = dev;
	if (!p)
		return;
	/* The descriptor stays open: it was the caller's. */
	flush_out(p);
	resample_free(p->resample);
	mem_free(p->live);
	mem_free(p);
}

const struct audio_driver audio_driver_pipe = {
	.name = "pipe",
	.what = N_("raw sound through standard input, standard output or a descriptor"),
	.args = "FD@s16le:RATE:CHANNELS[:live]",
	.capture = true,
	.playback = true,
	.open = pipe_open,
	.start = pipe_start,
	.read = pipe_read,
	.write = pipe_write,
	.counts = pipe_counts,
	.stop = pipe_stop,
	.close = pipe_close,
};
