#include "audio/frame.h"

#include <math.h>

int audio_level_dbov(const int16_t *pcm, int n)
{
	double energy = 0;
	for (int i = 0; i < n; i++)
		energy += (double)pcm[i] * pcm[i];
	if (n <= 0 || energy <= 0)
		return AUDIO_LEVEL_SILENT;
	double db = 10 * log10(energy / n / (32768.0 * 32768.0));
	int level = (int)lround(-db);
	return level < 0 ? 0 : level > AUDIO_LEVEL_SILENT ? AUDIO_LEVEL_SILENT : level;
}

float audio_gain_of_db(float db)
{
	return db <= -100 ? 0 : powf(10, db / 20);
}

void audio_join(int16_t *pcm, int n, int16_t last)
{
	int over = n < AUDIO_RAMP_SAMPLES ? n : AUDIO_RAMP_SAMPLES;
	float gap = over ? (float)last - pcm[0] : 0;
	for (int i = 0; i < over; i++)
		pcm[i] = audio_clip(pcm[i] + gap * (1 - (float)i / (float)over));
}

void audio_ramp(int16_t *pcm, int n, float from, float to)
{
	if (from == 1 && to == 1)
		return;
	for (int i = 0; i < n; i++) {
		float share = i < AUDIO_RAMP_SAMPLES ? (float)i / AUDIO_RAMP_SAMPLES : 1;
		pcm[i] = audio_clip(pcm[i] * (from + share * (to - from)));
	}
}

int16_t audio_clip(float sample)
{
	if (isnan(sample))
		return 0;
	if (sample >= 32767)
		return 32767;
	if (sample <= -32768)
		return -32768;
	return (int16_t)lrintf(sample);
}
