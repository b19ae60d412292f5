#include "server/sfu/rewrite.h"

bool rewrite_packet(struct rewrite *w, uint64_t in, bool pass, uint64_t *ret, bool *ret_begin)
{
	*ret_begin = false;
	if (w->any && in <= w->last) {
		*ret = in - w->shift;
		return in >= w->first;
	}
	if (!pass) {
		w->open = false;
		return false;
	}
	if (!w->open) {
		*ret_begin = true;
		w->any = w->open = true;
		w->first = in;
		w->shift = in - w->next;
	}
	w->last = in;
	*ret = in - w->shift;
	w->next = *ret + 1;
	return true;
}
