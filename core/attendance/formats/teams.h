/*
 * What the files about Teams' report share (teams.c, teams_read.c).
 */
#ifndef MUSTER_ATTENDANCE_TEAMS_H
#define MUSTER_ATTENDANCE_TEAMS_H

#include "core/attendance/formats/form.h"

/** "2. Participants": 2, else 0. */
int teams_section(struct span line);
/** The `read` of form_teams. */
int teams_read(struct form_in *in, struct err *err);

#endif
