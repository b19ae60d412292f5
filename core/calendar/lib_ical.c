#include "core/calendar/lib_ical.h"

LIB_LOADER(lib_ical, LIB_ICAL, ICAL);

static void be_patient(void)
{
	const struct lib_ical *lib = lib_ical(NULL);
	if (lib)
		lib->icalerror_set_errors_are_fatal(0);
}

const struct lib_ical *ical(struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, be_patient);
	return lib_ical(err);
}
