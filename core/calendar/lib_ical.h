/* libical, loaded when needed (core/base/lib.h). Included only by core/calendar. */
#ifndef MUSTER_CALENDAR_LIB_ICAL_H
#define MUSTER_CALENDAR_LIB_ICAL_H

#include "core/base/lib.h"

#include <libical/ical.h>

#define LIB_ICAL(F)                               \
	F(icalparser_parse_string)                \
	F(icalcomponent_new)                      \
	F(icalcomponent_new_clone)                \
	F(icalcomponent_free)                     \
	F(icalcomponent_isa)                      \
	F(icalcomponent_add_component)            \
	F(icalcomponent_add_property)             \
	F(icalcomponent_get_first_component)      \
	F(icalcomponent_get_next_component)       \
	F(icalcomponent_get_first_property)       \
	F(icalcomponent_get_next_property)        \
	F(icalcomponent_as_ical_string_r)         \
	F(icalproperty_new)                       \
	F(icalproperty_new_from_string)           \
	F(icalproperty_free)                      \
	F(icalproperty_isa)                       \
	F(icalproperty_set_value)                 \
	F(icalproperty_get_value)                 \
	F(icalproperty_get_value_as_string_r)     \
	F(icalproperty_get_parameter_as_string_r) \
	F(icalproperty_get_x_name)                \
	F(icalvalue_new_text)                     \
	F(icalvalue_isa)                          \
	F(icalvalue_get_text)                     \
	F(icalmemory_free_buffer)                 \
	F(icalerror_set_errors_are_fatal)         \
	F(icaldurationtype_from_string)           \
	F(icaltime_from_string)                   \
	F(icaltimezone_new)                       \
	F(icaltimezone_free)                      \
	F(icaltimezone_set_component)             \
	F(icaltimezone_get_utc_offset_of_utc_time)

LIB_TABLE(lib_ical, LIB_ICAL);
/** The table, with libical told not to end the process over bad input. NULL when it cannot be loaded. Any thread. */
const struct lib_ical *ical(struct err *err);

#endif
