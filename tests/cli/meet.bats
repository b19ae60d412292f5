# Meetings against a real server.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	clean_environment
	start_server
	sign_up bob
	sign_up ada
}

setup() {
	use_home ada
	export TZ=UTC
}

teardown_file() {
	stop_server
}

# A room with bob in it: class_room NAME
class_room() {
	local id
	id=$(new_room "$1")
	m room invite "$id" @bob:s.test >/dev/null
	use_home bob
	m room join "$id" >/dev/null
	use_home ada
	echo "$id"
}

events() { # ROOM TYPE
	m read "$1" -n 100 --type "$2" --json
}

@test "the same schedule twice changes nothing and posts nothing" {
	local id n
	id=$(class_room Physics)
	m meet schedule Waves --room "$id" --start "2090-03-01 09:00" --duration 45m --tz Europe/Berlin \
		--repeat "FREQ=WEEKLY;COUNT=5" --location "Room 12" --json >made
	jq -e '.existing == false and .changed == true and .start == "2090-03-01T09:00:00+01:00"
		and .end == "2090-03-01T09:45:00+01:00" and .duration_s == 2700 and .tz == "Europe/Berlin"
		and .status == "scheduled" and .title == "Waves" and .sequence == 0
		and .recurrence_id == "20900301T090000" and .room == "Physics" and .location == "Room 12"
		and (.event_id | startswith("$"))' made >/dev/null
	n=$(m read "$id" -n 1000 --type '*' --json | wc -l)
	m meet schedule Waves --room "$id" --start "2090-03-01 09:00" --duration 45m --tz Europe/Berlin \
		--repeat "FREQ=WEEKLY;COUNT=5" --location "Room 12" --json |
		jq -e '.existing and (.changed | not)' >/dev/null
	[ "$(m read "$id" -n 1000 --type '*' --json | wc -l)" -eq "$n" ]
	# One readable message, one file, one pin.
	events "$id" m.room.message >said
	[ "$(wc -l <said)" -eq 2 ]
	jq -se '.[0].msgtype == "m.text" and (.[0].body | contains("Waves") and contains("2090-03-01, 09:00-09:45 (Europe/Berlin)")
		and contains("and on 2090-03-08") and contains("Room 12")) and (.[0].formatted_body | contains("<strong>Waves</strong>"))
		and .[1].msgtype == "m.file" and .[1].filename == "Waves.ics" and .[1].mimetype == "text/calendar"' said >/dev/null
	m room pins "$id" --json | jq -se --arg e "$(jq -r .event_id made)" 'length == 1 and .[0].event_id == $e' >/dev/null
	m file get "$(jq -rs '.[1].url' said)" -o waves.ics
	grep -q '^RRULE:FREQ=WEEKLY;COUNT=5' waves.ics
	# By an id of one's own.
	m meet schedule Light --uid light-1@school --room "$id" --start "2090-04-01 09:00" --duration 45m >/dev/null
	m meet schedule Light --uid light-1@school --room "$id" --start "2090-04-01 09:00" --duration 45m --json |
		jq -e '.existing and .uid == "light-1@school" and .differs == []' >/dev/null
	# Other words for what is there are not lost in silence.
	r meet schedule Light --uid light-1@school --room "$id" --start "2090-04-01 10:00" --duration 50m --json
	[ "$status" -eq 0 ]
	[[ $stderr == *"--start, --duration"*"muster meet change light-1@school"* ]]
	jq -e '.existing and (.changed | not) and .differs == ["start", "duration"] and .duration_s == 2700' <<<"$output" >/dev/null
	# The other member sees the same.
	use_home bob
	m meet list --room "$id" --since 2090-01-01 --until 2091-01-01 --json | jq -se 'length == 6' >/dev/null
	m meet list --room "$id" --since 2090-04-01 --until 2090-04-02 | grep -q '^2090-04-01 09:00 '
	fails_with 4 meet schedule Mine --room "$id" --start "2090-03-01 09:00" --duration 45m
	[[ $stderr == *"may not schedule"* ]]
}

@test "one date is moved, one is cancelled, the series follows" {
	local id
	id=$(class_room Optics)
	m meet schedule Lens --uid lens --room "$id" --start "2090-03-20 09:00" --duration 1h --tz Europe/Berlin \
		--repeat "FREQ=WEEKLY;COUNT=4" >/dev/null
	m meet change lens@2090-03-27 --start "2090-03-28 11:00" --tz Europe/Berlin --reason sports --json |
		jq -e '.changed and .sequence == 1 and .start == "2090-03-28T11:00:00+02:00"
			and .recurrence_id == "20900327T090000"' >/dev/null
	m meet cancel lens@2090-04-03 --reason holiday --json | jq -e '.status == "cancelled" and .sequence == 2' >/dev/null
	m meet cancel lens@2090-04-03 --json | jq -e '.existing and (.changed | not) and .sequence == 2' >/dev/null
	m meet list --room "$id" --since 2090-03-01 --until 2090-05-01 --all --json >rows
	# Over the change of the clock the wall clock stays.
	jq -se 'map([.start, .status]) == [["2090-03-20T09:00:00+01:00","scheduled"],["2090-03-28T11:00:00+02:00","moved"],
		["2090-04-03T09:00:00+02:00","cancelled"],["2090-04-10T09:00:00+02:00","scheduled"]]' rows >/dev/null
	m meet list --room "$id" --since 2090-03-01 --until 2090-05-01 --json | jq -se 'length == 3' >/dev/null
	events "$id" m.room.message | jq -se 'map(select(.msgtype == "m.text")) | length == 3
		and (.[1].body | contains("this date alone") and contains("sports"))
		and (.[2].body | startswith("Cancelled, this date alone"))' >/dev/null
	# All of it half an hour later: what was said of single dates goes with it.
	m meet change lens --start "2090-03-20T09:30:00+01:00" --json | jq -e '.sequence == 3' >/dev/null
	m meet list --room "$id" --since 2090-03-01 --until 2090-05-01 --all --json |
		jq -se 'map([.recurrence_id, .status]) == [["20900320T093000","scheduled"],["20900327T093000","moved"],
			["20900403T093000","cancelled"],["20900410T093000","scheduled"]]' >/dev/null
	m meet show lens --json | jq -e '.dates | length == 3' >/dev/null
	m meet show lens@2090-04-10 --json | jq -e '.recurrence_id == "20900410T093000"' >/dev/null
	m meet cancel lens --json | jq -e '.status == "cancelled"' >/dev/null
	m meet list --room "$id" --since 2090-03-01 --until 2090-05-01 --json | jq -se 'length == 0' >/dev/null
	m room pins "$id" --json | jq -se 'length == 0' >/dev/null
}

@test "what is wrong is said" {
	local id
	id=$(new_room Wrong)
	fails_with 2 meet schedule X --room "$id" --start 2090-02-30 --duration 1h
	fails_with 2 meet schedule X --room "$id" --start "2090-03-01 09:00" --duration 0s
	[[ $stderr == *"longer than no time"* ]]
	fails_with 2 meet schedule X --room "$id" --start "2090-03-01 09:00" --duration 1h --tz Europe/Berln
	[[ $stderr == *"Europe/Berlin"* ]]
	fails_with 2 meet schedule X --room "$id" --start "2090-03-01 09:00" --duration 1h --repeat FREQ=SOMETIMES
	fails_with 2 meet schedule X --room "$id" --start "2090-03-01 09:00" --duration 1h --repeat "FREQ=WEEKLY;BYDAY=MO"
	[[ $stderr == *"2090-03-06"* ]]
	fails_with 2 meet schedule X --room "$id" --start "2090-03-01 09:00" --duration 1h --repeat "FREQ=WEEKLY;UNTIL=20890101"
	fails_with 2 meet schedule X --room "$id" --start "2020-03-01 09:00" --duration 1h
	[[ $stderr == *"over already"* ]]
	fails_with 2 meet schedule "" --room "$id" --start "2090-03-01 09:00" --duration 1h
	fails_with 2 meet schedule X --start "2090-03-01 09:00" --duration 1h
	fails_with 2 meet schedule X --room "$id" --uid @x --start "2090-03-01 09:00" --duration 1h
	m meet list --room "$id" --since 2000-01-01 --until 2099-01-01 --json | jq -se 'length == 0' >/dev/null
	m meet schedule X --uid x --room "$id" --start "2090-03-01 09:00" --duration 1h --repeat weekly --no-message >/dev/null
	fails_with 2 meet start x
	[[ $stderr == *"several dates: 2090-03-01"* ]]
	fails_with 5 meet show x@2090-03-02
	fails_with 5 meet show nothing
	fails_with 5 meet start now --room "$id"
	fails_with 2 meet change x
	fails_with 2 meet change x@2090-03-01 --repeat daily
	fails_with 2 meet change x --repeat "FREQ=WEEKLY;BYDAY=MO"
	[[ $stderr == *"2090-03-06"* ]]
	m meet change x --repeat "FREQ=WEEKLY;BYDAY=WE" --no-message >/dev/null
	fails_with 2 meet change x --start "2090-03-02 09:00"
}

@test "a rule that is written otherwise is the same rule, for calendars too" {
	local id
	id=$(new_room Rules)
	m meet schedule Odd --uid odd --room "$id" --start "2090-03-01 09:00" --duration 1h --tz Europe/Berlin \
		--repeat " rrule:freq=weekly;until=20900401t090000; " --no-message --json |
		jq -e '.rrule == "FREQ=WEEKLY;UNTIL=20900401T090000"' >/dev/null
	m meet export odd | grep -q $'^RRULE:FREQ=WEEKLY;UNTIL=20900401T070000Z\r$'
	m meet change odd --repeat "RRULE:FREQ=WEEKLY;until=20900401T090000" --no-message --json | jq -e '.changed | not' >/dev/null
	m meet change odd --repeat "RRULE:FREQ=WEEKLY;COUNT=3" --no-message --json | jq -e '.rrule == "FREQ=WEEKLY;COUNT=3"' >/dev/null
}

@test "a date with another title alone goes with its series" {
	local id
	id=$(new_room Titles)
	m meet schedule Plain --uid titled --room "$id" --start "2090-03-01 09:00" --duration 1h --repeat weekly --no-message >/dev/null
	m meet change titled@2090-03-08 --title Special --no-message >/dev/null
	m meet change titled@2090-03-15 --start "2090-03-16 12:00" --no-message >/dev/null
	m meet change titled --start "2090-03-01 10:00" --duration 2h --no-message >/dev/null
	m meet list --room "$id" --since 2090-03-01 --until 2090-03-20 --json |
		jq -r '[.start[:16], .duration_s, .title] | join(" ")' >dates
	printf '%s\n' "2090-03-01T10:00 7200 Plain" "2090-03-08T10:00 7200 Special" "2090-03-16T12:00 7200 Plain" | diff - dates
}

@test "dates that have begun stay where they were when their series moves" {
	local id
	id=$(new_room Running)
	m meet schedule Run --uid running --room "$id" --start "2026-01-05 09:00" --duration 1h --tz UTC \
		--repeat "FREQ=WEEKLY;UNTIL=20910101T000000Z" --past --no-message >/dev/null
	m meet change running --start "2026-01-05 11:00" --tz UTC --no-message >/dev/null
	m meet list --room "$id" --since 2026-01-05 --until 2026-01-13 --json | jq -r '.recurrence_id, .start[11:16]' >dates
	printf '%s\n' 20260105T090000 09:00 20260112T090000 09:00 | diff - dates
	m meet list --room "$id" --since 2090-01-01 --until 2090-01-08 --json | jq -e '.start[11:16] == "11:00"' >/dev/null
}

@test "dates that have begun stay what they were when their series is changed or cancelled" {
	local id other
	id=$(new_room Lasting)
	other=$(new_room Copied)
	m meet schedule Waves --uid lasting --room "$id" --start "2026-01-05 09:00" --duration 1h --tz UTC \
		--repeat "FREQ=YEARLY;UNTIL=20910201T000000Z" --past --no-message >/dev/null
	m meet change lasting --duration 2h --title Optics --location "Room 2" --no-message --json |
		jq -e '.changed and .duration_s == 7200 and .title == "Optics"' >/dev/null
	m meet list --room "$id" --since 2026-01-01 --until 2026-02-01 --json |
		jq -e '.duration_s == 3600 and .title == "Waves" and .location == null' >/dev/null
	m meet list --room "$id" --since 2090-01-01 --until 2090-02-01 --json |
		jq -e '.duration_s == 7200 and .title == "Optics" and .location == "Room 2"' >/dev/null
	# One of them alone can be put right.
	m meet change lasting@2026-01-05 --location "Room 1" --no-message --json |
		jq -e '.duration_s == 3600 and .title == "Waves" and .location == "Room 1"' >/dev/null
	m meet cancel lasting --no-message >/dev/null
	m meet schedule Later --uid bare --room "$id" --start "2026-01-05 09:00" --duration 1h --tz UTC \
		--repeat "FREQ=YEARLY;UNTIL=20910201T000000Z" --past --no-message >/dev/null
	m meet change bare --location "Room 3" --no-message >/dev/null
	for room in "$id" "$other"; do
		m meet list --room "$room" --since 2025-01-01 --until 2091-01-01 --all --json >rows
		jq -se 'map(select(.uid == "bare")) | .[0].location == null and .[-1].location == "Room 3"' rows >/dev/null
		jq -r 'select(.uid == "lasting") | [.recurrence_id, .duration_s, .title, .location, .status] | join(" ")' rows >dates
		[ "$(head -n 1 dates)" = "20260105T090000 3600 Waves Room 1 over" ]
		[ "$(tail -n 1 dates)" = "20900105T090000 7200 Optics Room 2 cancelled" ]
		m meet export --room "$id" -o lasting.ics --force
		m meet import lasting.ics --room "$other" >/dev/null
	done
}

@test "a date of a cancelled series comes back when it is changed, one that has begun too" {
	local id
	id=$(new_room Revived)
	m meet schedule Waves --uid revived --room "$id" --start "2026-01-05 09:00" --duration 1h --tz UTC \
		--repeat "FREQ=YEARLY;UNTIL=20910201T000000Z" --past --no-message >/dev/null
	m meet cancel revived --no-message >/dev/null
	m meet change revived@2090-01-05 --title Optics --no-message --json | jq -e '.changed and .status == "scheduled"' >/dev/null
	m meet change revived@2090-01-05 --title Optics --no-message --json | jq -e '.changed | not' >/dev/null
	m meet list --room "$id" --since 2089-01-01 --until 2092-01-01 --json |
		jq -se 'map([.title, .start[:10]]) == [["Optics", "2090-01-05"]]' >/dev/null
	m meet cancel revived@2090-01-05 --no-message --json | jq -e '.changed and .status == "cancelled"' >/dev/null
	# It was cancelled when a date of it began; brought back since, that date is as it was.
	api GET "v3/rooms/$id/state/org.muster.meeting/revived" |
		jq -c '.status = "confirmed" | .before = [{until_ts: 1785000000000, duration_ms: 3600000, status: "cancelled"}]' >state
	api PUT "v3/rooms/$id/state/org.muster.meeting/revived" --data @state -o /dev/null
	m meet show revived@2026-01-05 --json | jq -e '.status == "cancelled"' >/dev/null
	m meet change revived@2026-01-05 --title Sound --no-message --json | jq -e '.changed and .status == "over"' >/dev/null
	m meet list --room "$id" --since 2026-01-01 --until 2026-02-01 --json | jq -se 'map(.title) == ["Sound"]' >/dev/null
	# Moved out of the time of which it was cancelled, it needs nobody's word.
	m meet change revived@2026-01-05 --start "2090-06-05 09:00" --tz UTC --no-message --json | jq -e '.status == "moved"' >/dev/null
	api GET "v3/rooms/$id/state/org.muster.meeting/revived" |
		jq -e '[.calendar[] | select(.title == "Sound").status] == [null]' >/dev/null
}

@test "a time with an offset is that time, whatever --tz; without one it is that clock in that zone" {
	local id
	id=$(new_room Offsets)
	m meet schedule A --room "$id" --start "2090-03-01 09:00+01:00" --duration 1h --tz America/New_York --no-message --json |
		jq -e '.start == "2090-03-01T03:00:00-05:00"' >/dev/null
	m meet schedule B --room "$id" --start "2090-03-01T09:00:00-03:00" --duration 1h --tz UTC --no-message --json |
		jq -e '.start == "2090-03-01T12:00:00+00:00"' >/dev/null
	m meet schedule C --room "$id" --start "2090-03-01" --duration 1h --tz Asia/Tokyo --no-message --json |
		jq -e '.start == "2090-03-01T00:00:00+09:00"' >/dev/null
	# An hour that the clocks here leave out.
	TZ=Europe/Berlin m meet schedule D --room "$id" --start "2026-03-29 02:30" --duration 1h --tz UTC --past --no-message --json |
		jq -e '.start == "2026-03-29T02:30:00+00:00"' >/dev/null
}

@test "what was interrupted says its own words when it is done otherwise, and the same words once" {
	local id
	id=$(new_room Interrupted)
	# The message has gone out, the state event has not come through: nobody may send it.
	schedule() { # LOCATION
		m meet schedule Cut --uid cut --room "$id" --start "2090-03-01 09:00" --duration 1h --tz UTC --location "$1" --json
	}
	schedule "Room 1" >/dev/null
	api PUT "v3/rooms/$id/state/org.muster.meeting/cut" --data '{}' -o /dev/null
	schedule "Room 1" | jq -e '.existing == false' >/dev/null
	events "$id" m.room.message | jq -se 'map(select(.msgtype == "m.text")) | length == 1' >/dev/null
	events "$id" m.room.message | jq -se 'map(select(.msgtype == "m.file")) | length == 1' >/dev/null
	api PUT "v3/rooms/$id/state/org.muster.meeting/cut" --data '{}' -o /dev/null
	schedule "Room 2" | jq -e '.existing == false and .location == "Room 2"' >/dev/null
	events "$id" m.room.message | jq -se 'map(select(.msgtype == "m.text")) | length == 2
		and (.[1].body | contains("Room 2"))' >/dev/null
}

@test "what is on now is found, started once, and shown on the day's agenda" {
	local id
	id=$(class_room Now)
	m meet schedule Lesson --uid lesson --room "$id" --start now-10m --duration 1h >/dev/null
	m meet show now --room "$id" --json | jq -e '.uid == "lesson" and .status == "now"' >/dev/null
	m meet start --room "$id" --json | jq -e '.existing == false and (.event_id | startswith("$"))' >/dev/null
	m meet start --room "$id" --json | jq -e '.existing and .event_id == null' >/dev/null
	events "$id" m.room.message | jq -se 'map(select(.msgtype == "m.notice")) | length == 1
		and (.[0].body | startswith("Attendance is taken until"))' >/dev/null
	events "$id" org.muster.attendance.taking | jq -se 'length == 1 and .[0].content.uid == "lesson"
		and (.[0].content.until_ts | type) == "number"' >/dev/null
	m meet agenda now-10m --room "$id" >agenda
	grep -q 'Lesson (Now)' agenda
	use_home bob
	m meet agenda now-10m --room "$id" --json | jq -se '.[0].first_of_day' >/dev/null
	fails_with 4 meet start --room "$id"
	use_home ada
	m meet schedule Other --room "$id" --start now-5m --duration 1h --no-message >/dev/null
	fails_with 2 meet show now --room "$id"
	[[ $stderr == *"several meetings are on now"* ]]
	m meet schedule Old --uid old --room "$id" --start "2020-03-01 09:00" --duration 1h --past --no-message >/dev/null
	m meet show old --json | jq -e '.status == "over"' >/dev/null
}

@test "a lesson that is ended is over for everybody, until a change takes it back" {
	local id
	id=$(class_room Ended)
	m meet schedule Lesson --uid early --room "$id" --start now-10m --duration 1h --no-message >/dev/null
	m meet start --room "$id" >/dev/null
	use_home bob
	fails_with 4 meet end --room "$id"
	use_home ada
	m meet end --room "$id" --dry-run --json >/dev/null
	m meet end --room "$id" --json >ended
	jq -e '.existing == false and .changed and .ended_early and .status == "over" and .duration_s >= 600
		and .duration_s < 3600 and (.event_id | startswith("$"))' ended >/dev/null
	# Now, by its id, and again.
	m meet end --room "$id" --json | jq -e '.existing and (.changed | not) and .event_id == null' >/dev/null
	m meet end now --room "$id" --json | jq -e '.existing' >/dev/null
	m meet end early --json | jq -e --slurpfile e ended '.existing and .end == $e[0].end' >/dev/null
	events "$id" m.room.message | jq -se 'map(select(.body == "Ended: Lesson")) | length == 1
		and .[0].msgtype == "m.notice"' >/dev/null
	events "$id" org.muster.attendance.taking | jq -se '.[-1].content == {}' >/dev/null
	fails_with 5 meet show now --room "$id"
	fails_with 1 meet start early
	# Its end is the notice's time, on whatever device.
	events "$id" m.room.message | jq -r 'select(.body == "Ended: Lesson").ts' | cut -c1-19 >"$BATS_TEST_TMPDIR/said"
	use_home bob
	m meet show early --json | jq -r .end | cut -c1-19 | diff - "$BATS_TEST_TMPDIR/said"
	use_home ada
	r attendance show --meeting early
	[[ $output$stderr == *"before its time"* ]] || { echo "$output$stderr"; false; }
	# Another title takes nothing back, its duration does; then it can be ended again.
	m meet change early --title "Short lesson" --no-message --json | jq -e '.ended_early' >/dev/null
	m meet change early --duration 1h --no-message --json | jq -e '.changed and .status == "now" and .duration_s == 3600' >/dev/null
	m meet end early --json | jq -e '.existing == false and .ended_early' >/dev/null
	events "$id" m.room.message | jq -se 'map(select(.body | startswith("Ended: "))) | length == 2' >/dev/null
	# Of a series, one date.
	m meet schedule Daily --uid days --room "$id" --start now-10m --duration 1h --repeat daily --no-message --json >daily
	m meet end "days@$(jq -r '.start[:10]' daily)" --json | jq -e '.ended_early' >/dev/null
	m meet list --room "$id" --until now+3d --json | jq -se 'map(select(.uid == "days" and .status == "scheduled")) | length >= 2
		and all(.[]; .ended_early == false and .duration_s == 3600)' >/dev/null
	fails_with 1 meet end "days@$(date -u -d "$(jq -r '.start[:10]' daily) +1 day" +%Y-%m-%d)"
}

@test "calendar files go out and in, and twice changes nothing" {
	local id other
	id=$(new_room Out)
	other=$(new_room In)
	m meet schedule Waves --uid waves --room "$id" --start "2090-03-01 09:00" --duration 45m --tz Europe/Berlin \
		--repeat "FREQ=WEEKLY;COUNT=5" --description "two; lines, here" >/dev/null
	m meet cancel waves@2090-03-15 --no-message >/dev/null
	m meet export --room "$id" -o out.ics
	m meet export --room "$id" | cmp - out.ics
	fails_with 1 meet export --room "$id" -o out.ics
	m meet import out.ics --room "$other" --dry-run --json | jq -e '.changed and (.existing | not)' >/dev/null
	m meet list --room "$other" --since 2090-01-01 --until 2091-01-01 --json | jq -se 'length == 0' >/dev/null
	m meet import out.ics --room "$other" --json | jq -e '.changed and (.existing | not)' >/dev/null
	m meet import out.ics --room "$other" --json | jq -e '(.changed | not) and .existing' >/dev/null
	for r in "$id" "$other"; do
		m meet list --room "$r" --since 2090-01-01 --until 2091-01-01 --all --json |
			jq -c '[.uid, .recurrence_id, .start, .status, .title, .description]' >"rows-$([ "$r" = "$id" ] && echo a || echo b)"
	done
	cmp rows-a rows-b
	[ "$(wc -l <rows-a)" -eq 5 ]
	# What cannot be used is named with its line; the rest is taken.
	sed 's/^SUMMARY:Waves/SUMMARY:Bad/; s/^UID:.*/UID:bad/; /^RRULE/s/:.*/:FREQ=SOMETIMES/' out.ics >bad.ics
	printf 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:good\r\nDTSTART:20900301T090000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n' >>bad.ics
	r meet import bad.ics --room "$other" --json
	[ "$status" -eq 0 ]
	[[ $stderr == *line*Bad* ]]
	[ "$(jq -r .uid <<<"$output")" = good ]
	echo nonsense >no.ics
	r meet import no.ics --room "$other"
	[ "$status" -ne 0 ]
	mi meet import - --room "$other" --json <out.ics | jq -e '.existing' >/dev/null
}

@test "a calendar file without times of its changes is news only when it says something else" {
	local id
	id=$(new_room Undated)
	undated() { # HOUR
		printf '%s\r\n' BEGIN:VCALENDAR VERSION:2.0 BEGIN:VEVENT UID:undated SUMMARY:Undated "DTSTART:20900306T${1}0000Z" \
			DURATION:PT1H 'RRULE:FREQ=WEEKLY;COUNT=5' END:VEVENT END:VCALENDAR
	}
	undated 09 | mi meet import - --room "$id" --json | jq -e '.changed' >/dev/null
	m read "$id" -n 1000 --type '*' --json | wc -l >before
	undated 09 | mi meet import - --room "$id" --json | jq -e '.existing and (.changed | not)' >/dev/null
	[ "$(m read "$id" -n 1000 --type '*' --json | wc -l)" -eq "$(cat before)" ]
	undated 10 | mi meet import - --room "$id" --json | jq -e '.existing and .changed' >/dev/null
	m meet show undated --json | jq -e '.start == "2090-03-06T10:00:00+00:00"' >/dev/null
	# What was changed here since is newer than the file.
	m meet change undated --title Dated --no-message >/dev/null
	undated 09 | mi meet import - --room "$id" --json | jq -e '.existing and (.changed | not)' >/dev/null
}

@test "a newer calendar file leaves the dates of a series that have begun what they were" {
	local id
	id=$(new_room Renewed)
	renewed() { # TITLE MINUTES SEQUENCE [STATUS]
		printf '%s\r\n' BEGIN:VCALENDAR VERSION:2.0 BEGIN:VEVENT UID:renewed "SUMMARY:$1" DTSTART:20260105T090000Z \
			"DURATION:PT$2M" 'RRULE:FREQ=YEARLY;UNTIL=20910201T000000Z' "SEQUENCE:$3" "STATUS:${4:-CONFIRMED}" END:VEVENT END:VCALENDAR
	}
	said() { # YEAR WORDS
		m meet list --room "$id" --since "$1-01-01" --until "$1-02-01" --all --json |
			jq -r '[.duration_s, .title, .status] | join(" ")' | diff - <(echo "$2")
	}
	renewed Waves 60 0 | mi meet import - --room "$id" >/dev/null
	m meet change renewed --title Optics --duration 30m --no-message >/dev/null
	said 2026 "3600 Waves over"
	# By what the file changes, and by what was changed here before it.
	renewed Sound 90 5 | mi meet import - --room "$id" --json | jq -e '.existing and .changed' >/dev/null
	said 2026 "3600 Waves over"
	said 2090 "5400 Sound scheduled"
	renewed Sound 90 5 | mi meet import - --room "$id" --json | jq -e '.existing and (.changed | not)' >/dev/null
	renewed Sound 90 6 CANCELLED | mi meet import - --room "$id" --json | jq -e '.changed' >/dev/null
	said 2026 "3600 Waves over"
	said 2090 "5400 Sound cancelled"
	# The changed date that the file itself has is as the file says.
	{
		renewed Sound 90 7 | head -n -1
		printf '%s\r\n' BEGIN:VEVENT UID:renewed SUMMARY:Sound RECURRENCE-ID:20260105T090000Z DTSTART:20260105T090000Z \
			DURATION:PT45M SEQUENCE:7 END:VEVENT END:VCALENDAR
	} >dates.ics
	m meet import dates.ics --room "$id" --json | jq -e '.changed' >/dev/null
	said 2026 "2700 Sound over"
	m meet import dates.ics --room "$id" --json | jq -e '.changed | not' >/dev/null
}

@test "a calendar file moves no single meeting that took place" {
	local id
	id=$(new_room Held)
	held() { # DATE SEQUENCE TITLE
		printf '%s\r\n' BEGIN:VCALENDAR VERSION:2.0 BEGIN:VEVENT UID:once "SUMMARY:$3" "DTSTART:$1T090000Z" DURATION:PT1H \
			"SEQUENCE:$2" END:VEVENT END:VCALENDAR
	}
	held 20260105 0 Once | mi meet import - --room "$id" --json | jq -e '.changed' >/dev/null
	held 20900105 1 Once >moved.ics
	r meet import moved.ics --room "$id"
	[[ $stderr == *'"Once" is passed over: "Once" took place already'* ]]
	m meet show once --json | jq -e '.start[:10] == "2026-01-05" and .sequence == 0' >/dev/null
	held 20260106 1 Lab | mi meet import - --room "$id" --json | jq -e '.changed' >/dev/null
	m meet show once --json | jq -e '.start[:10] == "2026-01-06" and .title == "Lab"' >/dev/null
}

@test "a file without times leaves what a series was before, and is no news again" {
	local id
	id=$(new_room Remaining)
	remaining() { # TITLE
		printf '%s\r\n' BEGIN:VCALENDAR VERSION:2.0 BEGIN:VEVENT UID:remaining "SUMMARY:$1" DTSTART:20260105T090000Z \
			DURATION:PT1H 'RRULE:FREQ=YEARLY;UNTIL=20910201T000000Z' END:VEVENT END:VCALENDAR
	}
	for title in Waves Optics; do
		remaining "$title" | mi meet import - --room "$id" --json | jq -e '.changed' >/dev/null
		remaining "$title" | mi meet import - --room "$id" --json | jq -e '.existing and (.changed | not)' >/dev/null
	done
	m meet list --room "$id" --since 2026-01-01 --until 2026-02-01 --json | jq -e '.title == "Waves"' >/dev/null
	m meet list --room "$id" --since 2090-01-01 --until 2090-02-01 --json | jq -e '.title == "Optics"' >/dev/null
}

@test "a calendar file without zones is read by the clock of who imports it, its holidays too" {
	local id
	id=$(new_room Floating)
	printf '%s\r\n' BEGIN:VCALENDAR VERSION:2.0 BEGIN:VEVENT UID:float SUMMARY:Float DTSTART:20900306T090000 \
		DURATION:PT1H 'RRULE:FREQ=WEEKLY;COUNT=5' 'EXDATE;VALUE=DATE:20900313' EXDATE:20900320T090000 \
		END:VEVENT BEGIN:VEVENT UID:float RECURRENCE-ID:20900327T090000 DTSTART:20900328T110000 DURATION:PT1H \
		SUMMARY:Float END:VEVENT END:VCALENDAR >float.ics
	TZ=Europe/Berlin m meet import float.ics --room "$id" --json >/dev/null
	m meet list --room "$id" --since 2090-01-01 --until 2091-01-01 --json | jq -r .start >starts
	printf '%s\n' 2090-03-06T09:00:00+01:00 2090-03-28T11:00:00+02:00 2090-04-03T09:00:00+02:00 | diff - starts
}

@test "a room of its own has the shape that Nordeck's widget reads" {
	local id
	m meet schedule Staff --own-room --invite @bob:s.test --start "2090-03-01 14:00" --duration 1h --tz Europe/Berlin \
		--repeat weekly --json >made
	id=$(jq -r .room_id made)
	m meet schedule Staff --own-room --invite @bob:s.test --start "2090-03-01 14:00" --duration 1h --tz Europe/Berlin \
		--repeat weekly --json | jq -e --arg i "$id" '.existing and .room_id == $i' >/dev/null
	m room list --json | jq -se --arg i "$id" 'map(select(.room_id == $i))[0] | .type == "net.nordeck.meetings.meeting"
		and .name == "Staff"' >/dev/null
	m meet cancel "$(jq -r .uid made)@2090-03-08" --no-message >/dev/null
	events "$id" net.nordeck.meetings.metadata | jq -se '.[-1].content | .creator == "@ada:s.test"
		and (.calendar | length == 1) and (.calendar[0] | .dtstart == {"tzid":"Europe/Berlin","value":"20900301T140000"}
			and .dtend.value == "20900301T150000" and .rrule == "FREQ=WEEKLY"
			and .exdate == [{"tzid":"Europe/Berlin","value":"20900308T140000"}])' >/dev/null
	use_home bob
	m room list --invited --json | jq -se --arg i "$id" 'any(.[]; .room_id == $i)' >/dev/null
}

# watch FILE ARGS...: in the background, its lines in FILE; its process in $WATCHER
watch() {
	rm -f state
	"$MUSTER" meet watch "${@:2}" --json >"$1" 2>state </dev/null 3>&- &
	WATCHER=$!
	wait_for state watching
}

@test "watch tells of what begins, ends and changes" {
	local id
	id=$(new_room Watched)
	watch watched --room "$id" --before 1s
	m meet schedule Soon --uid announced --room "$id" --start now+2h --duration 10m --no-message >/dev/null
	wait_for watched '"event":"new"'
	m meet change announced --start now+2s --no-message >/dev/null
	wait_for watched '"event":"begins"'
	m meet end announced >/dev/null
	wait_for watched '"event":"ends"'
	m meet cancel announced --no-message >/dev/null
	wait_for watched '"event":"cancelled"'
	stopped "$WATCHER"
	jq -se 'map(.event) == ["new", "changed", "soon", "begins", "ends", "cancelled"]' watched >/dev/null
}

@test "watch tells nothing ahead in quiet hours" {
	local id
	id=$(new_room Quiet)
	m quiet set --for 8h --all >/dev/null
	watch hushed --room "$id" --before 1s
	m meet schedule Later --uid later --room "$id" --start now+2h --duration 10m --no-message >/dev/null
	wait_for hushed '"event":"new"'
	m meet change later --start now+2s --no-message >/dev/null
	wait_for hushed '"event":"begins"'
	stopped "$WATCHER"
	m quiet off >/dev/null
	jq -se 'all(.[]; .event != "soon" and .quiet)' hushed >/dev/null
}
