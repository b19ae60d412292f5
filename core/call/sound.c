#include "core/call/sound.h"

#include "audio/ring.h"
#include "core/base/crypto.h"
#include "core/base/mem.h"

#include <string.h>

/* Half a second of frames of the largest size that speech has. */
#define RING_BYTES (32 * 1024)

struct sound {
	struct audio_engine *engine;
	struct sound_handler h;
	void *arg;
	struct ring_bytes ring; /* written by the media thread */
	struct loop_wake *wake;
	bool started;
	atomic_bool ended; /* input_end is due once the ring is empty */
	bool told_end;
	uint32_t first_timestamp;
};

/* -- Media thread ---------------------------------------------------------------- */

static void on_frame(void *arg, const struct audio_engine_frame *f)
{
	struct sound *s = arg;
	/* Full: the network thread stands still, and the frame would be late anyway. */
	ring_bytes_put(&s->ring, f, sizeof(*f), f->payload.p, f->payload.n);
	loop_wake_ring(s->wake);
}

static void on_input_end(void *arg)
{
	struct sound *s = arg;
	atomic_store(&s->ended, true);
	loop_wake_ring(s->wake);
}

/* -- Network thread --------------------------------------------------------------- */

static void on_wake(void *arg)
{
	struct sound *s = arg;
	char message[RING_MESSAGE_MAX];
	/* Before the ring is emptied: what it says then holds for all that is in there. */
	bool ended = atomic_load(&s->ended);
	size_t n;
	while ((n = ring_bytes_get(&s->ring, message)) >= sizeof(struct audio_engine_frame)) {
		struct audio_engine_frame f;
		memcpy(&f, message, sizeof(f));
		f.payload = (struct span){message + sizeof(f), n - sizeof(f)};
		s->h.frame(s->arg, &f);
	}
	if (ended && !s->told_end) {
		s->told_end = true;
		s->h.input_end(s->arg);
	}
}

int sound_new(struct loop *l, const struct audio_engine_settings *settings,
	      const struct sound_handler *h, void *arg, struct sound **ret, struct err *err)
{
	struct sound *s = NEW(struct sound);
	struct audio_engine_settings e = *settings;
	s->h = *h;
	s->arg = arg;
	ring_bytes_init(&s->ring, RING_BYTES);
	s->wake = loop_wake_new(l, on_wake, s);
	e.handler = (struct audio_engine_handler){.frame = on_frame, .input_end = on_input_end};
	e.arg = s;
	crypto_random(&s->first_timestamp, sizeof(s->first_timestamp));
	e.first_timestamp = s->first_timestamp;
	int rc = audio_engine_new(&e, &s->engine, err);
	if (rc)
		sound_free(s);
	else
		*ret = s;
	return rc;
}

void sound_free(struct sound *s)
{
	if (!s)
		return;
	audio_engine_free(s->engine);
	loop_wake_free(s->wake);
	ring_bytes_done(&s->ring);
	mem_free(s);
}

int sound_start(struct sound *s, struct err *err)
{
	int rc = s->started ? 0 : audio_engine_start(s->engine, err);
	s->started = s->started || !rc;
	return rc;
}

bool sound_started(const struct sound *s)
{
	return s->started;
}

void sound_stop(struct sound *s)
{
	audio_engine_stop(s->engine);
	s->started = false;
}

struct audio_engine *sound_engine(struct sound *s)
{
	return s->engine;
}

uint32_t sound_first_timestamp(const struct sound *s)
{
	return s->first_timestamp;
}
