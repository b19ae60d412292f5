#include "server/sfu/slots.h"

#include <stddef.h>

#define CLOCK_PER_MS 48
#define PAUSE_MAX_MS (3600 * 1000LL) /* more would look like less: half of what 32 bits hold */

static void begin(struct slot *s, const void *voice, uint64_t number, uint32_t timestamp,
		  int64_t now)
{
	int64_t passed = s->voice ? now - s->at : 0;
	passed = passed < 0 ? 0 : passed > PAUSE_MAX_MS ? PAUSE_MAX_MS : passed;
	uint32_t step = (uint32_t)(passed * CLOCK_PER_MS);
	s->voice = voice;
	s->first = number;
	s->shift = number - s->next;
	s->lag = timestamp - (s->timestamp + (step > SLOT_STEP ? step : SLOT_STEP));
}

bool slot_packet(struct slot *s, const void *voice, bool anew, uint64_t number, uint32_t timestamp,
		 int64_t now, struct slot_out *ret)
{
	bool other = s->voice != voice || anew;
	if (other)
		begin(s, voice, number, timestamp, now);
	else if (number < s->first)
		return false;
	*ret = (struct slot_out){(uint16_t)(number - s->shift), timestamp - s->lag, other};
	/* Older ones come late, and change nothing. */
	if ((int16_t)(uint16_t)(ret->seq - s->next) >= 0) {
		s->next = (uint16_t)(ret->seq + 1);
		s->timestamp = ret->timestamp;
		s->at = now;
	}
	return true;
}

/* An address that no voice has: the next one begins anew, behind what came out. */
void slot_forget(struct slot *s, const void *voice)
{
	if (s->voice == voice)
		s->voice = s;
}
