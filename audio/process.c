#include "audio/process.h"

#include "audio/lib_speexdsp.h"
#include "core/base/mem.h"

#include <math.h>

#define TAIL_DEFAULT_MS 120
#define ECHO_SUPPRESS_DB (-45)
#define ECHO_SUPPRESS_ACTIVE_DB (-20)
#define NOISE_SUPPRESS_DB (-18)
#define GAIN_MAX_DB 18
#define GAIN_LEVEL 8000
/* Speech begins at this probability, goes on at that one, and ends after so many frames. */
#define VOICE_BEGIN_PCT 60
#define VOICE_GOES_ON_PCT 35
#define VOICE_HANG_FRAMES 20
#define VOICE_LEVEL 58 /* -dBov: what is softer is no voice */
/* ERLE is an average over some two seconds of far-end speech. */
#define ERLE_FORGET 0.005
#define FAR_END_LEVEL 55

struct process {
	const struct lib_speexdsp *lib;
	SpeexEchoState *echo;
	SpeexPreprocessState *pre;
	int hang;
	double mic_energy, out_energy;
};

static void set_int(struct process *p, int what, int value)
{
	p->lib->speex_preprocess_ctl(p->pre, what, &value);
}

static void set_up_pre(struct process *p, const struct process_settings *s)
{
	float level = GAIN_LEVEL;
	p->pre = p->lib->speex_preprocess_state_init(AUDIO_FRAME_SAMPLES, AUDIO_RATE_HZ);
	set_int(p, SPEEX_PREPROCESS_SET_DENOISE, s->noise);
	set_int(p, SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, NOISE_SUPPRESS_DB);
	set_int(p, SPEEX_PREPROCESS_SET_AGC, s->gain);
	if (s->gain) {
		p->lib->speex_preprocess_ctl(p->pre, SPEEX_PREPROCESS_SET_AGC_LEVEL, &level);
		set_int(p, SPEEX_PREPROCESS_SET_AGC_MAX_GAIN, GAIN_MAX_DB);
	}
	if (p->echo) {
		p->lib->speex_preprocess_ctl(p->pre, SPEEX_PREPROCESS_SET_ECHO_STATE, p->echo);
		set_int(p, SPEEX_PREPROCESS_SET_ECHO_SUPPRESS, ECHO_SUPPRESS_DB);
		set_int(p, SPEEX_PREPROCESS_SET_ECHO_SUPPRESS_ACTIVE, ECHO_SUPPRESS_ACTIVE_DB);
	}
}

int process_new(const struct process_settings *s, struct process **ret, struct err *err)
{
	int rate = AUDIO_RATE_HZ, tail_ms = s->tail_ms > 0 ? s->tail_ms : TAIL_DEFAULT_MS;
	struct process *p = NEW(struct process);
	if (s->echo || s->noise || s->gain) {
		p->lib = lib_speexdsp(err);
		if (!p->lib) {
			mem_free(p);
			return ERR_UNSUPPORTED;
		}
	}
	if (s->echo) {
		p->echo = p->lib->speex_echo_state_init(AUDIO_FRAME_SAMPLES,
							tail_ms * AUDIO_SAMPLES_PER_MS);
		p->lib->speex_echo_ctl(p->echo, SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
	}
	if (p->lib)
		set_up_pre(p, s);
	*ret = p;
	return 0;
}

void process_free(struct process *p)
{
	if (!p)
		return;
	if (p->pre)
		p->lib->speex_preprocess_state_destroy(p->pre);
	if (p->echo)
		p->lib->speex_echo_state_destroy(p->echo);
	mem_free(p);
}

static double energy(const int16_t *pcm)
{
	double sum = 0;
	for (int i = 0; i < AUDIO_FRAME_SAMPLES; i++)
		sum += (double)pcm[i] * pcm[i];
	return sum / AUDIO_FRAME_SAMPLES;
}

static void measure(struct process *p, const int16_t *mic, const int16_t *reference,
		    const int16_t *out)
{
	if (!reference || audio_level_dbov(reference, AUDIO_FRAME_SAMPLES) > FAR_END_LEVEL)
		return;
	p->mic_energy += ERLE_FORGET * (energy(mic) - p->mic_energy);
	p->out_energy += ERLE_FORGET * (energy(out) - p->out_energy);
}

/* Without speexdsp the level alone decides. */
static bool is_voice(struct process *p, int level)
{
	int pct = 100;
	if (p->pre)
		p->lib->speex_preprocess_ctl(p->pre, SPEEX_PREPROCESS_GET_PROB, &pct);
	if (level <= VOICE_LEVEL && pct >= (p->hang ? VOICE_GOES_ON_PCT : VOICE_BEGIN_PCT))
		p->hang = VOICE_HANG_FRAMES;
	else if (p->hang > 0)
		p->hang--;
	return p->hang > 0;
}

void process_run(struct process *p, const int16_t *mic, const int16_t *reference, int16_t *out,
		 struct process_result *ret)
{
	static const int16_t nothing[AUDIO_FRAME_SAMPLES];
	int16_t work[AUDIO_FRAME_SAMPLES];
	if (p->echo)
		p->lib->speex_echo_cancellation(p->echo, mic, reference ? reference : nothing,
						work);
	else
		memcpy(work, mic, sizeof(work));
	if (p->pre)
		p->lib->speex_preprocess_run(p->pre, work);
	measure(p, mic, reference, work);
	memcpy(out, work, sizeof(work));
	ret->level_dbov = audio_level_dbov(out, AUDIO_FRAME_SAMPLES);
	ret->voice = is_voice(p, ret->level_dbov);
}

void process_reset(struct process *p)
{
	if (p->echo)
		p->lib->speex_echo_state_reset(p->echo);
	p->mic_energy = p->out_energy = 0;
	p->hang = 0;
}

float process_erle_db(const struct process *p)
{
	if (p->mic_energy < 1)
		return 0;
	return (float)(10 * log10(p->mic_energy / fmax(p->out_energy, 1e-2)));
}
