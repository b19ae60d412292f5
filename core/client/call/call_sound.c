#include "core/client/call/call_sound.h"

#include <string.h>

static bool is_card(const char *spec)
{
	return spec && strncmp(spec, CALL_SOUND_CARD, strlen(CALL_SOUND_CARD) - 1) == 0;
}

struct audio_engine_settings call_sound(const char *input, const char *output)
{
	return (struct audio_engine_settings){
		.input = input,
		.output = output,
		.process = {.echo = is_card(input) && is_card(output),
			    .noise = is_card(input),
			    .gain = is_card(input)},
		/* Only where somebody sits: steady sound is taken for silence. */
		.opus = {.complexity = -1, .fec = true, .dtx = is_card(input)},
	};
}
