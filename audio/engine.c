#include "audio/engine_parts.h"
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"

#include <signal.h>
#include <time.h>

/* Packets that may wait for a tick: 64 voices for some 80 ms. */
#define PACKET_RING_BYTES (256 * 1024)
#define LATE_NS 10000000
/* Held up longer than this, the thread goes on from now instead of hurrying after. */
#define HOPELESS_NS 100000000
/* Silence put in place of ticks that were not done: at most a minute. */
#define MADE_UP_MAX 3000

/* -- The media thread -------------------------------------------------------- */

static void tap(struct audio_engine *e, enum audio_engine_tap which, const int16_t *a,
		const int16_t *b)
{
	int16_t pcm[AUDIO_TICK_SAMPLES];
	struct recorder *r = atomic_load_explicit(&e->taps[which], memory_order_acquire);
	if (!r)
		return;
	mixer_begin(&e->tap_mixer, AUDIO_TICK_SAMPLES);
	if (a)
		mixer_add(&e->tap_mixer, a, 1, 1);
	if (b)
		mixer_add(&e->tap_mixer, b, 1, 1);
	mixer_end(&e->tap_mixer, pcm);
	recorder_write(r, pcm, AUDIO_TICK_SAMPLES);
}

/* Time passed though nothing was done in it: what is recorded stays in step with it. */
static void make_up(struct audio_engine *e, int64_t now_ns, int64_t skipped)
{
	static const int16_t zeros[AUDIO_TICK_SAMPLES];
	skipped = skipped < MADE_UP_MAX ? skipped : MADE_UP_MAX;
	for (int i = 0; i < AUDIO_ENGINE_TAPS && skipped; i++) {
		struct recorder *r = atomic_load_explicit(&e->taps[i], memory_order_acquire);
		for (int64_t n = 0; n < skipped && r; n++)
			recorder_write(r, zeros, AUDIO_TICK_SAMPLES);
	}
	audio_engine_play_missed(e, now_ns, skipped);
}

static void tick(struct audio_engine *e, int64_t now_ns)
{
	if (e->set.handler.tick)
		e->set.handler.tick(e->set.arg, now_ns);
	audio_engine_play_tick(e, now_ns);
	audio_engine_capture_tick(e, now_ns);
	audio_engine_far_tick(e, now_ns);
	tap(e, AUDIO_ENGINE_TAP_HEARD, e->heard, NULL);
	tap(e, AUDIO_ENGINE_TAP_SENT, NULL, e->take.sent);
	tap(e, AUDIO_ENGINE_TAP_BOTH, e->heard, e->take.sent);
	e->now.ticks++;
	snapshot_put(&e->shown, &e->now, sizeof(e->now));
	atomic_store(&e->ticks, e->now.ticks);
}

void audio_engine_tick(struct audio_engine *e, int64_t now_ns)
{
	tick(e, now_ns);
}

static void sleep_until(int64_t ns)
{
	int64_t left = ns - clock_mono_ns();
	if (left <= 0)
		return;
	struct timespec nap = {left / 1000000000, left % 1000000000};
	nanosleep(&nap, NULL);
}

static int64_t keep_time(struct audio_engine *e, int64_t due_ns)
{
	int64_t late = clock_mono_ns() - due_ns;
	e->now.late_ticks += late > LATE_NS ? 1 : 0;
	if (late < HOPELESS_NS)
		return due_ns;
	int64_t skipped = late / AUDIO_TICK_NS;
	e->now.skipped_ticks += skipped;
	/* Time passed, though nothing was sent in it. */
	e->take.timestamp += (uint32_t)(skipped * AUDIO_TICK_SAMPLES);
	make_up(e, due_ns + late, skipped);
	return due_ns + skipped * AUDIO_TICK_NS;
}

static void *media_thread(void *arg)
{
	struct audio_engine *e = arg;
#ifdef __linux__
	pthread_setname_np(pthread_self(), "media");
#endif
	int64_t due = clock_mono_ns();
	while (!atomic_load(&e->ending)) {
		sleep_until(due);
		due = keep_time(e, due);
		tick(e, clock_mono_ns());
		due += AUDIO_TICK_NS;
	}
	return NULL;
}

/* -- Making and ending -------------------------------------------------------- */

static int open_sides(struct audio_engine *e, struct err *err)
{
	const struct audio_engine_settings *s = &e->set;
	int rc = 0;
	if (s->input)
		rc = audio_dev_open(s->input, AUDIO_CAPTURE, s->manual, &e->take.dev, err);
	if (!rc && s->output)
		rc = audio_dev_open(s->output, AUDIO_PLAYBACK, s->manual, &e->play.dev, err);
	if (!rc && s->far_in)
		rc = audio_dev_open(s->far_in, AUDIO_CAPTURE, s->manual, &e->far_in, err);
	if (!rc && s->far_out)
		rc = audio_dev_open(s->far_out, AUDIO_PLAYBACK, s->manual, &e->far_out, err);
	if (!rc)
		rc = process_new(&s->process, &e->take.process, err);
	if (!rc && s->input && s->handler.frame)
		rc = opus_enc_new(&s->opus, &e->take.enc, err);
	return rc;
}

int audio_engine_new(const struct audio_engine_settings *s, struct audio_engine **ret,
		     struct err *err)
{
	struct audio_engine *e = NEW(struct audio_engine);
	e->set = *s;
	e->take.timestamp = s->first_timestamp;
	e->take.marker = true;
	e->take.dtx = s->opus.dtx;
	e->take.loss_pct = s->opus.loss_pct;
	atomic_init(&e->loss_pct, s->opus.loss_pct);
	atomic_init(&e->muted, s->muted);
	atomic_init(&e->in_gain, 1);
	atomic_init(&e->out_gain, 1);
	e->out_gain_now = 1;
	e->take.mute_gain = s->muted ? 0 : 1;
	ring_bytes_init(&e->packets, PACKET_RING_BYTES);
	mixer_init(&e->mixer);
	mixer_init(&e->tap_mixer);
	drift_init(&e->play.drift, PLAY_TARGET);
	drift_init(&e->take.drift, TAKE_TARGET);
	varispeed_init(&e->play.speed);
	varispeed_init(&e->take.speed);
	int rc = open_sides(e, err);
	/* Borrowed strings end with this call. */
	e->set.input = e->set.output = e->set.far_in = e->set.far_out = NULL;
	if (rc)
		audio_engine_free(e);
	else
		*ret = e;
	return rc;
}

static struct audio_dev *device(struct audio_engine *e, int i)
{
	struct audio_dev *all[] = {&e->take.dev, &e->play.dev, &e->far_in, &e->far_out};
	return i < (int)ARRAY_LEN(all) ? all[i] : NULL;
}

static int start_devices(struct audio_engine *e, struct err *err)
{
	struct audio_dev *d;
	int rc = 0;
	for (int i = 0; (d = device(e, i)) && !rc; i++)
		if (d->driver)
			rc = d->driver->start(d->dev, err);
	return rc;
}

int audio_engine_start(struct audio_engine *e, struct err *err)
{
	sigset_t all, before;
	if (e->started)
		return 0;
	int rc = start_devices(e, err);
	if (rc)
		return rc;
	e->started = true;
	if (e->set.manual)
		return 0;
	atomic_store(&e->ending, false);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	int errnum = pthread_create(&e->thread, NULL, media_thread, e);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (errnum)
		return err_errno(err, errnum, _("cannot start the thread for sound"));
	e->threaded = true;
	return 0;
}

/* What a loudspeaker is playing ends softly. */
static void fade_out(struct audio_engine *e)
{
	float gain = atomic_exchange(&e->out_gain, 0);
	if (e->play.dev.driver && e->play.dev.driver->own_clock)
		audio_engine_play_tick(e, clock_mono_ns());
	atomic_store(&e->out_gain, gain);
}

void audio_engine_stop(struct audio_engine *e)
{
	if (e->threaded) {
		atomic_store(&e->ending, true);
		pthread_join(e->thread, NULL);
		e->threaded = false;
		fade_out(e);
	}
	struct audio_dev *d;
	for (int i = 0; (d = device(e, i)) && e->started; i++)
		if (d->driver)
			d->driver->stop(d->dev);
	e->started = false;
}

void audio_engine_free(struct audio_engine *e)
{
	if (!e)
		return;
	audio_engine_stop(e);
	struct audio_dev *d;
	for (int i = 0; (d = device(e, i)); i++)
		audio_dev_close(d);
	process_free(e->take.process);
	opus_enc_free(e->take.enc);
	for (int i = 0; i < AUDIO_ENGINE_STREAMS_MAX; i++)
		stream_free(e->voices[i].stream);
	ring_bytes_done(&e->packets);
	mem_free(e);
}

/* -- What the owner may turn --------------------------------------------------- */

void audio_engine_mute(struct audio_engine *e, bool muted)
{
	atomic_store(&e->muted, muted);
}

bool audio_engine_muted(const struct audio_engine *e)
{
	return atomic_load(&e->muted);
}

void audio_engine_input_gain(struct audio_engine *e, float db)
{
	atomic_store(&e->in_gain, audio_gain_of_db(db));
}

void audio_engine_output_gain(struct audio_engine *e, float db)
{
	atomic_store(&e->out_gain, audio_gain_of_db(db));
}

void audio_engine_network(struct audio_engine *e, int loss_pct, int bitrate_bps)
{
	atomic_store(&e->loss_pct, loss_pct);
	if (bitrate_bps > 0)
		atomic_store(&e->bitrate_bps, bitrate_bps);
}

bool audio_engine_speaking_while_muted(const struct audio_engine *e)
{
	return atomic_load(&e->speaking_muted);
}

/* Until the media thread has done a whole tick, and so let go of what it was told to. */
static void wait_for_tick(struct audio_engine *e)
{
	int64_t seen = atomic_load(&e->ticks);
	struct timespec nap = {0, 1000000};
	while (e->threaded && atomic_load(&e->ticks) < seen + 2)
		nanosleep(&nap, NULL);
}

void audio_engine_tap(struct audio_engine *e, enum audio_engine_tap which, struct recorder *r)
{
	struct recorder *before = atomic_exchange(&e->taps[which], r);
	if (before && before != r)
		wait_for_tick(e);
}

/* -- Voices -------------------------------------------------------------------- */

static void bury(struct audio_engine *e)
{
	for (int i = 0; i < AUDIO_ENGINE_STREAMS_MAX; i++) {
		struct voice *v = &e->voices[i];
		int state = atomic_load_explicit(&v->state, memory_order_acquire);
		if (state != VOICE_DEAD && !(state == VOICE_CLOSING && !e->threaded))
			continue;
		stream_free(take(&v->stream));
		atomic_store(&v->state, VOICE_FREE);
	}
}

static struct voice *find_voice(const struct audio_engine *e, uint32_t id)
{
	const struct voice *v = &e->voices[id % AUDIO_ENGINE_STREAMS_MAX];
	bool there = id && v->id == id && atomic_load(&v->state) == VOICE_OPEN;
	return there ? (struct voice *)v : NULL;
}

static struct voice *free_voice(struct audio_engine *e)
{
	for (int i = 0; i < AUDIO_ENGINE_STREAMS_MAX; i++)
		if (atomic_load(&e->voices[i].state) == VOICE_FREE)
			return &e->voices[i];
	return NULL;
}

int audio_engine_stream_add(struct audio_engine *e, uint32_t *ret_id, struct err *err)
{
	struct audio_engine_stream_state nothing;
	bury(e);
	struct voice *v = free_voice(e);
	if (!v)
		return err_set(err, ERR_LIMITED, _("%d voices are heard already"),
			       AUDIO_ENGINE_STREAMS_MAX);
	int rc = stream_new(&v->stream, err);
	if (rc)
		return rc;
	memset(&nothing, 0, sizeof(nothing));
	nothing.level_dbov = AUDIO_LEVEL_SILENT;
	snapshot_put(&v->shown, &nothing, sizeof(nothing));
	v->id = ++e->generation * AUDIO_ENGINE_STREAMS_MAX + (uint32_t)(v - e->voices);
	v->gain_now = 1;
	atomic_store(&v->gain, 1);
	atomic_store_explicit(&v->state, VOICE_OPEN, memory_order_release);
	*ret_id = v->id;
	return 0;
}

void audio_engine_stream_remove(struct audio_engine *e, uint32_t id)
{
	struct voice *v = find_voice(e, id);
	if (v)
		atomic_store_explicit(&v->state, VOICE_CLOSING, memory_order_release);
}

void audio_engine_stream_gain(struct audio_engine *e, uint32_t id, float db)
{
	struct voice *v = find_voice(e, id);
	if (v)
		atomic_store(&v->gain, audio_gain_of_db(db));
}

bool audio_engine_stream_state(const struct audio_engine *e, uint32_t id,
			       struct audio_engine_stream_state *ret)
{
	const struct voice *v = find_voice(e, id);
	if (!v)
		return false;
	snapshot_get(&v->shown, ret, sizeof(*ret));
	return true;
}

void audio_engine_state(const struct audio_engine *e, struct audio_engine_state *ret)
{
	snapshot_get(&e->shown, ret, sizeof(*ret));
	ret->packets_dropped = atomic_load(&e->packets_dropped);
}
