#include "audio/resample.h"

#include "audio/lib_speexdsp.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"

/* Speech is transparent from 4 on; 6 keeps music clean too. */
#define QUALITY 6

struct resample {
	const struct lib_speexdsp *speex;
	SpeexResamplerState *state;
};

int resample_new(int from_hz, int to_hz, struct resample **ret, struct err *err)
{
	int code = 0;
	const struct lib_speexdsp *speex = lib_speexdsp(err);
	if (!speex)
		return ERR_UNSUPPORTED;
	if (from_hz < RESAMPLE_RATE_MIN || from_hz > RESAMPLE_RATE_MAX ||
	    to_hz < RESAMPLE_RATE_MIN || to_hz > RESAMPLE_RATE_MAX)
		return err_set(err, ERR_INVALID, _("a sample rate of %d Hz is not supported"),
			       from_hz == AUDIO_RATE_HZ ? to_hz : from_hz);
	SpeexResamplerState *state =
		speex->speex_resampler_init(1, (spx_uint32_t)from_hz, (spx_uint32_t)to_hz, QUALITY,
					    &code);
	if (!state)
		return err_set(err, ERR_FAILED, _("the resampler cannot start (%d)"), code);
	/* No silence at the beginning: the first sample out belongs to the first one in. */
	speex->speex_resampler_skip_zeros(state);
	struct resample *r = NEW(struct resample);
	r->speex = speex;
	r->state = state;
	*ret = r;
	return 0;
}

void resample_free(struct resample *r)
{
	if (!r)
		return;
	r->speex->speex_resampler_destroy(r->state);
	mem_free(r);
}

void resample_run(struct resample *r, const int16_t *in, int *n_in, int16_t *out, int *n_out)
{
	spx_uint32_t taken = (spx_uint32_t)*n_in, given = (spx_uint32_t)*n_out;
	r->speex->speex_resampler_process_int(r->state, 0, in, &taken, out, &given);
	*n_in = (int)taken;
	*n_out = (int)given;
}

int resample_delay_in(const struct resample *r)
{
	return r->speex->speex_resampler_get_input_latency(r->state);
}
