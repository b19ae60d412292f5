#include "audio/opus.h"
#include "core/base/mem.h"
#include "core/rtc/bytes.h"
#include "tests/lib/crowd_priv.h"

#include <math.h>
#include <string.h>

#define TAG_BYTES 20
#define TAG_MAGIC 0x6d757374u
#define CODE_ANY 3 /* of Opus' first byte: any number of frames, padding allowed (RFC 6716 3.2.5) */
#define ONE_PADDED 0x41

/* Syllables: a buzz whose pitch and loudness move, with pauses. */
static void babble(int16_t *pcm, int tick)
{
	for (int i = 0; i < AUDIO_TICK_SAMPLES; i++) {
		double t = (tick * AUDIO_TICK_SAMPLES + i) / (double)AUDIO_RATE_HZ;
		double loud = fmax(0, sin(2 * M_PI * 3.1 * t) + 0.3), v = 0;
		double pitch = 130 + 25 * sin(2 * M_PI * 0.9 * t);
		for (int k = 1; k <= 12; k++)
			v += sin(2 * M_PI * pitch * k * t) / k *
			     (1 + cos(k * 0.9 + 2 * M_PI * 1.7 * t));
		pcm[i] = (int16_t)(3000 * loud * v);
	}
}

/* One frame becomes a packet with room for a tag, for decoders the same sound. */
static void pad(const uint8_t *p, size_t n, struct crowd_frame *ret)
{
	ret->p[0] = p[0] | CODE_ANY;
	ret->p[1] = ONE_PADDED;
	ret->p[2] = TAG_BYTES;
	memcpy(ret->p + 3, p + 1, n - 1);
	ret->n = 3 + n - 1 + TAG_BYTES;
	memset(ret->p + ret->n - TAG_BYTES, 0, TAG_BYTES);
}

static int encode(struct opus_enc *e, const int16_t *pcm, struct crowd_frame *ret, struct err *err)
{
	uint8_t packet[OPUS_PACKET_MAX];
	int n = opus_enc_run(e, pcm, packet);
	if (n < 1 || n + TAG_BYTES + 2 > CROWD_FRAME_BYTES || (packet[0] & 3))
		return err_set(err, ERR_FAILED, "Opus made a packet of %d bytes", n);
	pad(packet, (size_t)n, ret);
	return 0;
}

int crowd_sounds_make(struct crowd_sounds *s, struct err *err)
{
	const struct opus_settings how = {.fec = true, .complexity = -1};
	int16_t pcm[AUDIO_TICK_SAMPLES];
	struct opus_enc *e;
	int rc = opus_enc_new(&how, &e, err);
	if (rc)
		return rc;
	for (int i = 0; i < CROWD_FRAMES && !rc; i++) {
		babble(pcm, i);
		rc = encode(e, pcm, &s->speech[i], err);
	}
	memset(pcm, 0, sizeof(pcm));
	for (int i = 0; i < 10 && !rc; i++)
		rc = encode(e, pcm, &s->silence, err);
	opus_enc_free(e);
	return rc;
}

void crowd_tag_put(struct crowd_frame *f, const struct crowd_tag *t)
{
	uint8_t *at = f->p + f->n - TAG_BYTES;
	put32(at, TAG_MAGIC);
	put32(at + 4, (uint32_t)t->voice);
	put32(at + 8, t->number);
	put64(at + 12, (uint64_t)t->sent_us);
}

bool crowd_tag_get(struct span payload, struct crowd_tag *ret)
{
	if (payload.n < TAG_BYTES + 3)
		return false;
	const uint8_t *at = (const uint8_t *)payload.p + payload.n - TAG_BYTES;
	if (get32(at) != TAG_MAGIC)
		return false;
	*ret = (struct crowd_tag){(int)get32(at + 4), get32(at + 8), (int64_t)get64(at + 12)};
	return true;
}
