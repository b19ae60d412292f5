#include "audio/stream.h"

#include "audio/opus.h"
#include "audio/stretch.h"
#include "core/base/mem.h"

/* Comfort noise from the decoder for so long, then true silence: it costs time. */
#define COMFORT_SAMPLES (200 * AUDIO_SAMPLES_PER_MS)
#define FIFO_MAX (AUDIO_TICK_SAMPLES + OPUS_SAMPLES_MAX + STRETCH_MAX)

struct stream {
	struct jitter *jitter;
	struct opus_dec *dec;
	int16_t fifo[FIFO_MAX];
	int n;
	int heard;    /* samples at the beginning of fifo up to the last that is not silence */
	int silence;  /* in a row */
	int16_t last; /* sample given out */
	int64_t stretched;
};

int stream_new(struct stream **ret, struct err *err)
{
	struct opus_dec *dec;
	int rc = opus_dec_new(&dec, err);
	if (rc)
		return rc;
	struct stream *s = NEW(struct stream);
	s->dec = dec;
	s->jitter = jitter_new();
	s->silence = COMFORT_SAMPLES;
	*ret = s;
	return 0;
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	jitter_free(s->jitter);
	opus_dec_free(s->dec);
	mem_free(s);
}

void stream_put(struct stream *s, const struct jitter_packet *p)
{
	jitter_put(s->jitter, p);
}

static int silence(struct stream *s, int samples, int16_t *out)
{
	if (s->silence >= COMFORT_SAMPLES || opus_dec_conceal(s->dec, samples, out) < samples) {
		memset(out, 0, (size_t)samples * sizeof(*out));
		s->silence = COMFORT_SAMPLES;
		return samples;
	}
	/* Fade from comfort noise to nothing. */
	for (int i = 0; i < samples; i++) {
		int left = COMFORT_SAMPLES - s->silence - i;
		out[i] = (int16_t)(left > 0 ? out[i] * left / COMFORT_SAMPLES : 0);
	}
	s->silence += samples;
	s->heard = s->n + samples;
	return samples;
}

/* Decode one piece to the end of fifo; samples added. */
static int decode(struct stream *s, const struct jitter_piece *p)
{
	int16_t *out = s->fifo + s->n;
	int n = -1;
	if (p->kind == JITTER_NONE || p->kind == JITTER_SILENCE)
		return silence(s, p->samples, out);
	s->silence = 0;
	if (p->kind == JITTER_PACKET)
		n = opus_dec_run(s->dec, p->payload, out);
	else if (p->kind == JITTER_FEC)
		n = opus_dec_fec(s->dec, p->payload, p->samples, out);
	if (n < 0)
		n = opus_dec_conceal(s->dec, p->samples, out);
	if (n < p->samples) {
		int from = n > 0 ? n : 0;
		memset(out + from, 0, (size_t)(p->samples - from) * sizeof(*out));
	}
	s->heard = s->n + p->samples;
	return p->samples;
}

static void fill(struct stream *s, int64_t now_ns)
{
	struct jitter_piece p;
	jitter_get(s->jitter, now_ns, &p);
	int before = s->n;
	if (p.fresh)
		opus_dec_reset(s->dec);
	s->n += decode(s, &p);
	if (p.fresh)
		audio_join(s->fifo + before, s->n - before, before ? s->fifo[before - 1] : s->last);
	if (p.adjust == 0 || s->n < STRETCH_MIN_SAMPLES)
		return;
	int changed = stretch_run(s->fifo, s->n, p.adjust);
	s->n += changed;
	s->heard += changed;
	s->stretched += changed;
}

bool stream_pull(struct stream *s, int64_t now_ns, int16_t *pcm)
{
	while (s->n < AUDIO_TICK_SAMPLES)
		fill(s, now_ns);
	bool sound = s->heard > 0;
	s->last = s->fifo[AUDIO_TICK_SAMPLES - 1];
	memcpy(pcm, s->fifo, AUDIO_TICK_SAMPLES * sizeof(*pcm));
	s->n -= AUDIO_TICK_SAMPLES;
	s->heard -= AUDIO_TICK_SAMPLES;
	if (s->heard < 0)
		s->heard = 0;
	memmove(s->fifo, s->fifo + AUDIO_TICK_SAMPLES, (size_t)s->n * sizeof(*pcm));
	return sound;
}

void stream_stats(const struct stream *s, struct jitter_stats *ret)
{
	jitter_stats(s->jitter, ret);
	ret->stretched_samples = s->stretched;
}
