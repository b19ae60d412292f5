#include "core/client/call/call_sound.h"

#include "core/base/mem.h"

#include <string.h>

char *call_sound_spec(const char *device, const char *driver)
{
	struct span rest = span_of(device), name = {NULL, 0};
	if (device)
		span_split(&rest, ':', &name);
	AUTO_FREE char *first = span_dup(name);
	/* A device may have a colon in its name; a driver's name before it decides. */
	if (device && !driver && audio_driver_find(first))
		return mem_strdup(device);
	if (!device && driver)
		return mem_strdup(driver);
	return mem_printf("%s:%s", driver ? driver : "portaudio", device ? device : "");
}

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
