/*
 * Why a mark is what it is. Each reason is an object with a stable `code` and what belongs to it;
 * times are Unix ms in keys named at, ts, from, to; durations are seconds in keys that end in _s.
 *
 * Of a person:
 *   attended         present_s, of_s, percent, min_percent: how much of what is measured
 *   not_seen         the same: none of it
 *   came_late        at, missed_s, allowed_s
 *   left_early       at, missed_s, allowed_s
 *   several_devices  devices
 *   rejoined         count: joins of a device that had not left
 *   gaps_bridged     count, total_s: absences short enough to count as presence
 *   end_inferred     at, by: "departure", "next_join", "expiry", "end"
 *   joined_room, left_room   at: expected only from then on, until then
 *   not_in_room      not in the room at all
 *   all_outage       nothing was tracked while they were expected
 *   no_lesson        no call that counts and no roll
 *   roll_answered    roll, ts, way, late
 *   roll_away        roll, ts, way, late
 *   roll_unanswered  roll, ts (of its opening)
 *   roll_marked      roll, status, by, ts, reason
 *   history_missing  from, to
 *   redacted         event_id, ts, by: somebody else took back what the person's device said
 *   opted_out        ts
 *   pending
 *   corrected, excused, mark_taken_back   before (as its author saw it), worked_out, after, by, ts, reason, event_id
 *   contested        contest_id, ts, reason, state ("open", "accepted", "declined"), by
 * Of the whole:
 *   outage           from, to, people, why ("server", "most")
 *   history_missing  from, to
 *   foreign_member, malformed_member      sender, count: events of the call that count for nothing
 *   mark_not_staff   sender, count
 *   too_many_devices sender, count (of events that are left out), max
 *   double_roll      roll: opened when another one was
 *   other_rules      than those of the seal
 *   words_missing    in sheets alone: of what staff said
 *   cancelled; closed_early (at); too_many_people, too_many_events (max)
 */
#ifndef MUSTER_ATTENDANCE_REGISTER_REASONS_H
#define MUSTER_ATTENDANCE_REGISTER_REASONS_H

#include "core/base/json.h"

/** One translated sentence, times in the process's zone; its code when it is not known. The caller owns it. */
char *register_reason_text(const json_t *reason);

#endif
