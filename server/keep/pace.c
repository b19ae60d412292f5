#include "server/keep/pace.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"

#include <time.h>

#define SHORTEST_NS 2000000 /* work less than this goes on without a rest */
#define LONGEST_NS 100000000

static void rest(struct pace *p)
{
	int64_t worked = clock_mono_ns() - p->since_ns;
	if (p->since_ns && worked < SHORTEST_NS)
		return;
	if (p->since_ns)
		nanosleep(&(struct timespec){.tv_nsec = worked > LONGEST_NS ? LONGEST_NS : worked},
			  NULL);
	p->since_ns = clock_mono_ns();
}

int pace_step(void *pace, struct err *err)
{
	struct pace *p = pace;
	if (p->stop && atomic_load(p->stop))
		return err_set(err, ERR_CANCELLED, _("The server is stopping"));
	if (p->gentle)
		rest(p);
	return 0;
}

int pace_progress(void *pace)
{
	return pace_step(pace, NULL) != 0;
}
