#include "audio/opus.h"

#include "audio/lib_opus.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"

#define BITRATE_DEFAULT 48000
#define BITRATE_FOR_FEC 24000 /* more, at a loss of LOSS_FULL_PCT and above */
#define LOSS_FULL_PCT 10
#define COMPLEXITY_DEFAULT 9
#define STEP 120 /* 2.5 ms: what libopus conceals in */

struct opus_enc {
	const struct lib_opus *lib;
	OpusEncoder *state;
	bool chosen; /* somebody said which bit rate */
};

struct opus_dec {
	const struct lib_opus *lib;
	OpusDecoder *state;
};

int opus_enc_new(const struct opus_settings *s, struct opus_enc **ret, struct err *err)
{
	int code = 0;
	const struct lib_opus *lib = lib_opus(err);
	if (!lib)
		return ERR_UNSUPPORTED;
	OpusEncoder *state =
		lib->opus_encoder_create(AUDIO_RATE_HZ, 1,
					 s->music ? OPUS_APPLICATION_AUDIO : OPUS_APPLICATION_VOIP,
					 &code);
	if (!state)
		return err_set(err, ERR_FAILED, _("the Opus encoder cannot start (%d)"), code);
	lib->opus_encoder_ctl(state, OPUS_SET_COMPLEXITY(s->complexity < 0 ? COMPLEXITY_DEFAULT
									   : s->complexity));
	lib->opus_encoder_ctl(state, OPUS_SET_INBAND_FEC(s->fec ? 1 : 0));
	lib->opus_encoder_ctl(state, OPUS_SET_DTX(s->dtx ? 1 : 0));
	lib->opus_encoder_ctl(state,
			      OPUS_SET_SIGNAL(s->music ? OPUS_SIGNAL_MUSIC : OPUS_SIGNAL_VOICE));
	struct opus_enc *e = NEW(struct opus_enc);
	e->lib = lib;
	e->state = state;
	opus_enc_set(e, s->bitrate_bps, s->loss_pct);
	*ret = e;
	return 0;
}

void opus_enc_free(struct opus_enc *e)
{
	if (!e)
		return;
	e->lib->opus_encoder_destroy(e->state);
	mem_free(e);
}

/* Unless the line is narrow, FEC is not taken from the voice but comes on top. */
static int rate_against(int loss_pct)
{
	int most = loss_pct < LOSS_FULL_PCT ? loss_pct : LOSS_FULL_PCT;
	return BITRATE_DEFAULT + BITRATE_FOR_FEC * most / LOSS_FULL_PCT;
}

void opus_enc_set(struct opus_enc *e, int bitrate_bps, int loss_pct)
{
	int loss = loss_pct < 0 ? 0 : loss_pct > 100 ? 100 : loss_pct;
	e->chosen = e->chosen || bitrate_bps > 0;
	if (bitrate_bps <= 0 && !e->chosen)
		bitrate_bps = rate_against(loss);
	if (bitrate_bps > 0)
		e->lib->opus_encoder_ctl(e->state, OPUS_SET_BITRATE(bitrate_bps));
	e->lib->opus_encoder_ctl(e->state, OPUS_SET_PACKET_LOSS_PERC(loss));
}

void opus_enc_dtx(struct opus_enc *e, bool on)
{
	e->lib->opus_encoder_ctl(e->state, OPUS_SET_DTX(on ? 1 : 0));
}

int opus_enc_run(struct opus_enc *e, const int16_t *pcm, uint8_t *out)
{
	return e->lib->opus_encode(e->state, pcm, AUDIO_TICK_SAMPLES, out, OPUS_PACKET_MAX);
}

int opus_dec_new(struct opus_dec **ret, struct err *err)
{
	int code = 0;
	const struct lib_opus *lib = lib_opus(err);
	if (!lib)
		return ERR_UNSUPPORTED;
	OpusDecoder *state = lib->opus_decoder_create(AUDIO_RATE_HZ, 1, &code);
	if (!state)
		return err_set(err, ERR_FAILED, _("the Opus decoder cannot start (%d)"), code);
	struct opus_dec *d = NEW(struct opus_dec);
	d->lib = lib;
	d->state = state;
	*ret = d;
	return 0;
}

void opus_dec_free(struct opus_dec *d)
{
	if (!d)
		return;
	d->lib->opus_decoder_destroy(d->state);
	mem_free(d);
}

int opus_dec_run(struct opus_dec *d, struct span packet, int16_t *out)
{
	/* libopus reads an empty packet as a loss. */
	if (packet.n == 0 || packet.n > OPUS_PACKET_MAX)
		return -1;
	return d->lib->opus_decode(d->state, (const unsigned char *)packet.p, (opus_int32)packet.n,
				   out, OPUS_SAMPLES_MAX, 0);
}

static int whole_steps(int samples)
{
	int n = (samples + STEP - 1) / STEP * STEP;
	return n < STEP ? STEP : n > OPUS_SAMPLES_MAX ? OPUS_SAMPLES_MAX : n;
}

int opus_dec_fec(struct opus_dec *d, struct span packet, int samples, int16_t *out)
{
	if (packet.n == 0 || packet.n > OPUS_PACKET_MAX)
		return -1;
	return d->lib->opus_decode(d->state, (const unsigned char *)packet.p, (opus_int32)packet.n,
				   out, whole_steps(samples), 1);
}

int opus_dec_conceal(struct opus_dec *d, int samples, int16_t *out)
{
	return d->lib->opus_decode(d->state, NULL, 0, out, whole_steps(samples), 0);
}

void opus_dec_reset(struct opus_dec *d)
{
	d->lib->opus_decoder_ctl(d->state, OPUS_RESET_STATE);
}

/* RFC 6716 section 3.1: the first byte tells mode, length of a frame and their number. */
int opus_packet_samples(struct span packet)
{
	static const int silk[4] = {480, 960, 1920, 2880}, celt[4] = {120, 240, 480, 960};
	if (packet.n == 0)
		return 0;
	unsigned toc = (unsigned char)packet.p[0], config = toc >> 3;
	int frame = config >= 16   ? celt[config & 3]
		    : config >= 12 ? silk[config & 1]
				   : silk[config & 3];
	int count = (toc & 3) == 0 ? 1 : 2;
	if ((toc & 3) == 3)
		count = packet.n < 2 ? 0 : (unsigned char)packet.p[1] & 63;
	return frame * count <= OPUS_SAMPLES_MAX ? frame * count : 0;
}

bool opus_packet_is_dtx(struct span packet)
{
	return packet.n <= 2;
}
