# Attendance against a real server with real clients in calls.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	start_school
	for name in ada bert carl; do sign_up "$name"; done
	use_home admin
	printf 'user;id;name\n@ada:s.test;1;Ada\n@bert:s.test;2;Bert\n;3;Dora\n' >list.csv
	m class create Physics --students list.csv --teacher @carl:s.test --json >rows
	ROOM=$(jq -rs '.[0].room_id' rows)
	export ROOM
	for name in ada bert; do
		use_home "$name"
		m room join "$ROOM" -q
	done
}

setup() {
	use_home admin
}

teardown_file() {
	stop_server
}

# In the call as NAME, in the background: its pid in $CALL_PID
enter() {
	use_home "$1"
	F=$BATS_FILE_TMPDIR/$1.events
	"$MUSTER" call join "$ROOM" --driver null --json >"$F" 2>"$F.err" </dev/null 3>&- &
	CALL_PID=$!
	wait_for "$F" '"event":"joined".*@'"$1"':' || { cat "$F.err"; return 1; }
}

leave() { # PID
	kill -INT "$1"
	gone "$1"
}

# There is one line, for which this holds: one [JQ-OPTIONS] FILTER
one() {
	jq -es "${@:1:$#-1}" "length == 1 and (.[0] | (${!#}))"
}

now() {
	date -u +%Y-%m-%dT%H:%M:%S.%3NZ
}

# The lesson that was played, by rules under which time does not matter.
lesson() {
	# shellcheck source=/dev/null
	. "$BATS_FILE_TMPDIR/lesson"
	LESSON=(--room "$ROOM" --since "$SINCE" --until "$UNTIL")
	EASY=(--late 1h --early 1h --min 0)
}

@test "a lesson: who was there, on two devices of staff the same, and why" {
	local teacher ada bert since
	since=$(now)
	enter admin
	teacher=$CALL_PID
	enter ada
	ada=$CALL_PID
	enter bert
	bert=$CALL_PID
	# One client dies and comes back.
	kill -KILL "$bert"
	gone "$bert"
	enter bert
	bert=$CALL_PID
	leave "$ada"
	leave "$bert"
	leave "$teacher"
	printf 'SINCE=%s\nUNTIL=%s\n' "$since" "$(now)" >"$BATS_FILE_TMPDIR/lesson"
	lesson
	use_home admin
	m attendance show "${LESSON[@]}" "${EASY[@]}" --json >"$BATS_FILE_TMPDIR/show" 2>said
	cat "$BATS_FILE_TMPDIR/show"
	jq -es 'map({(.user_id): .}) | add
		| .["@ada:s.test"].status == "present" and .["@bert:s.test"].status == "present"
		and .["@dora:s.test"].status == "absent" and .["@dora:s.test"].external_id == "3"
		and .["@admin:s.test"].role == "teacher" and .["@admin:s.test"].guest
		and (.["@ada:s.test"].intervals | length == 1 and .[0].inferred == false)
		and .["@ada:s.test"].present_s >= 0
		and (.["@dora:s.test"].reasons | map(.code) | index("not_seen") != null)' \
		"$BATS_FILE_TMPDIR/show" >/dev/null
	grep -q 'present from 0 %' said
	use_home carl
	m attendance show "${LESSON[@]}" "${EASY[@]}" --json | cmp - "$BATS_FILE_TMPDIR/show"
}

@test "a chart: a bar for each, no wider than the terminal, for people alone" {
	lesson
	COLUMNS=60 m attendance show "${LESSON[@]}" "${EASY[@]}" --chart >chart 2>/dev/null
	grep -Eq '^ *Ada .*(░|▒|▓|█).*present' chart
	grep -Eq '^ *Dora .*absent' chart
	[ "$(wc -L <chart)" -le 60 ]
	LC_ALL=C COLUMNS=60 m attendance show "${LESSON[@]}" "${EASY[@]}" --chart 2>/dev/null >plain
	run ! grep -P '[^\x00-\x7f]' plain
	fails_with 2 attendance show "${LESSON[@]}" --chart --json
}

@test "whose and with which mark" {
	lesson
	m attendance show "${LESSON[@]}" "${EASY[@]}" --status absent --json |
		jq -es 'map(.user_id) == ["@dora:s.test"]' >/dev/null
	m attendance show "${LESSON[@]}" "${EASY[@]}" --user @ada:s.test --json |
		jq -es 'map(.user_id) == ["@ada:s.test"]' >/dev/null
	m attendance show "${LESSON[@]}" "${EASY[@]}" --format csv | grep -q '@bert:s.test'
}

@test "export: into files that others read, whole or not at all" {
	lesson
	m attendance export "${LESSON[@]}" "${EASY[@]}" -o lesson.csv
	grep -q '@dora:s.test' lesson.csv
	[ "$(stat -c %a lesson.csv)" = 600 ]
	fails_with 1 attendance export "${LESSON[@]}" -o lesson.csv
	m attendance export "${LESSON[@]}" "${EASY[@]}" --as json >rows
	[ "$(wc -l <rows)" -eq "$(wc -l <"$BATS_FILE_TMPDIR/show")" ]
	jq -c .user_id rows | cmp - <(jq -c .user_id "$BATS_FILE_TMPDIR/show")
	m attendance export "${LESSON[@]}" "${EASY[@]}" -o lesson.html
	grep -q '<html' lesson.html
	m attendance export "${LESSON[@]}" "${EASY[@]}" --as teams | iconv -f UTF-16 -t UTF-8 | grep -q '2. Participants'
	fails_with 2 attendance export "${LESSON[@]}" -o lesson.unknown
	use_home ada
	fails_with 4 attendance export "${LESSON[@]}" -o mine.csv
	[ ! -e mine.csv ]
}

@test "correct: an excuse with its reason, seen by all of the staff, taken back" {
	lesson
	fails_with 2 attendance correct @dora:s.test excused "${LESSON[@]}"
	m attendance correct @dora:s.test excused "${LESSON[@]}" --reason "at the doctor's" --json |
		one '.before == "absent" and .after == "excused"' >/dev/null
	use_home carl
	m attendance show "${LESSON[@]}" "${EASY[@]}" --user @dora:s.test --json |
		one '.status == "excused" and (.reasons | map(select(.code == "excused"))[0]
			| .reason == "at the doctor'"'"'s" and .by == "@admin:s.test"
			and .worked_out == "absent")' >/dev/null
	# A student may not.
	use_home ada
	fails_with 4 attendance correct @ada:s.test present "${LESSON[@]}" --reason please
	fails_with 4 attendance show "${LESSON[@]}"
}

@test "seal: once, verified by another of the staff; later corrections leave it good" {
	lesson
	m attendance seal "${LESSON[@]}" "${EASY[@]}" --json |
		one '.seal == "good" and .existing == false' >/dev/null
	m attendance seal "${LESSON[@]}" --json | one '.existing and .seal == "good"' >/dev/null
	use_home carl
	m attendance correct @dora:s.test present "${LESSON[@]}" --reason "came in person" -q
	r attendance show "${LESSON[@]}" --json
	[ "$status" -eq 0 ]
	[[ $stderr == *"the seal is good"* && $stderr == *"1 mark was corrected after the seal"* ]]
	jq -es 'length >= 3 and all(.sealed)' <<<"$output" >/dev/null
	m attendance seal "${LESSON[@]}" --json |
		one '.existing and .by == "@admin:s.test" and .corrected == 1' >/dev/null
}

@test "mine: from what one sees, then from what staff said" {
	lesson
	use_home ada
	m attendance mine "${LESSON[@]}" --json |
		jq -es 'length == 1 and .[0].user_id == "@ada:s.test" and .[0].source == "own"' >/dev/null
	use_home admin
	# --dry-run says who would be told what, and tells nobody.
	m attendance notify "${LESSON[@]}" "${EASY[@]}" --dry-run --json >would
	jq -es 'length > 0 and all(.state == "would_be_told" and .event_id == null) and
		any(.user_id == "@ada:s.test" and (.text | contains("you are marked as")))' would >/dev/null
	m attendance notify "${LESSON[@]}" "${EASY[@]}" --user @ada:s.test --json |
		one '.state == "told" and .status == "present"' >/dev/null
	m attendance notify "${LESSON[@]}" "${EASY[@]}" --user @ada:s.test --json |
		one '.state == "known"' >/dev/null
	m attendance notify "${LESSON[@]}" "${EASY[@]}" --user @ada:s.test --dry-run --json | one '.state == "known"' >/dev/null
	use_home ada
	m room list --invited --json | jq -r .room_id | while read -r room; do
		m room join "$room" -q
	done
	m attendance mine "${LESSON[@]}" --json | one '.source == "staff" and .status == "present"' >/dev/null
}

@test "contest: by direct message, into the staff room, answered" {
	local id
	lesson
	use_home bert
	id=$(m attendance contest "${LESSON[@]}" I was there from the beginning --json | jq -r .contest_id)
	m attendance mine "${LESSON[@]}" --json | one --arg id "$id" \
		'.reasons | any(.code == "contested" and .contest_id == $id and .state == "open")' >/dev/null
	m attendance mine "${LESSON[@]}" 2>&1 | grep -q "without an answer yet.*I was there from the beginning"
	use_home admin
	m attendance show "${LESSON[@]}" 2>&1 | grep -q "without an answer yet.*I was there from the beginning"
	m attendance contests --room "$ROOM" --json |
		one --arg id "$id" '.contest_id == $id and .user_id == "@bert:s.test" and .state == "open"
			and .reason == "I was there from the beginning"' >/dev/null
	m attendance correct @bert:s.test late "${LESSON[@]}" --contest "$id" --reason "the log says so" -q
	use_home carl
	m attendance contests --room "$ROOM" --json | jq -es 'length == 0' >/dev/null
	m attendance contests --room "$ROOM" --all --json | one '.state == "accepted" and .by == "@admin:s.test"' >/dev/null
	m attendance show "${LESSON[@]}" --user @bert:s.test --json |
		one '.reasons | map(select(.code == "contested"))[0].state == "accepted"' >/dev/null
	# Nobody but staff reads them.
	use_home ada
	fails_with 4 attendance contests --room "$ROOM"
}

@test "a room without a staff room: nobody contests for somebody else" {
	local club
	club=$(new_room Club --invite @ada:s.test --invite @bert:s.test)
	for name in ada bert; do
		use_home "$name"
		m room join "$club" -q
	done
	for who in ada bert; do
		printf '{"room_id": "%s", "start_ts": 1, "end_ts": 2, "reason": "%s was there", "relayed": {"event_id": "$%s",
			"sender": "@%s:s.test", "ts": 1}}' "$club" "$who" "$who" "$who" |
			api PUT "v3/rooms/$club/send/org.muster.contest/$who" -d @- >/dev/null
	done
	use_home admin
	m attendance contests --room "$club" --json | one '.user_id == "@bert:s.test" and .reason == "bert was there"' >/dev/null
}

@test "rules, and people who do not want to be tracked where they may" {
	lesson
	use_home ada
	fails_with 4 attendance opt-out --room "$ROOM"
	use_home admin
	fails_with 2 attendance rules --room "$ROOM" --min 101
	m attendance rules --room "$ROOM" --late 10m --opt-out yes --json |
		one '.late_s == 600 and .early_s == 300 and .opt_out and .changed' >/dev/null
	m attendance rules --room "$ROOM" --json | one '.late_s == 600 and .changed == false and .retention_s == 0' >/dev/null
	m attendance rules --room "$ROOM" | grep -q '^Kept: *for ever$'
	m schema attendance rules | jq -e '.. | .retention_s? // empty | .type == "integer"' >/dev/null
	use_home ada
	m attendance opt-out --room "$ROOM"
	use_home admin
	m attendance contests --room "$ROOM" --all -q >/dev/null
	# From now on, not backwards; and by its seal, whatever the rules are now.
	r attendance show "${LESSON[@]}" --user @ada:s.test --json
	one '.status == "present"' <<<"$output" >/dev/null
	[[ $stderr == *"present from 0 %"* && $stderr != *"differ"* ]]
	# Other rules for one report do not go unsaid.
	r attendance show "${LESSON[@]}" --min 100 --user @ada:s.test --json
	one '.status == "partial"' <<<"$output" >/dev/null
	[[ $stderr == *"judged here by other rules"* && $stderr == *"from the seal, as other rules"* ]]
	m attendance show "${LESSON[@]}" "${EASY[@]}" --user @ada:s.test --json | one '.status == "present"' >/dev/null
}

@test "a time without any lesson: nobody is absent" {
	m attendance show --room "$ROOM" --since 2020-01-06T09:00:00Z --until 2020-01-06T10:00:00Z --json |
		jq -es 'length >= 3 and all(.status == "not_tracked")' >/dev/null
	m attendance term --room "$ROOM" --since 2020-01-06T09:00:00Z --until 2020-01-06T10:00:00Z --json |
		jq -es 'length >= 3 and all(.absent == 0 and .not_tracked == 1)' >/dev/null
}

@test "while it is on: pending, exit 8" {
	r attendance show --room "$ROOM" --since now-1m --until now+1h --json
	[ "$status" -eq 8 ]
	jq -es 'length >= 3 and all(.status == "pending" or .user_id == "@ada:s.test")' <<<"$output" >/dev/null
	fails_with 8 attendance seal --room "$ROOM" --since now-1m --until now+1h
}

@test "term: marks added up" {
	lesson
	m attendance term "${LESSON[@]}" "${EASY[@]}" --json |
		jq -es 'map({(.user_id): .}) | add | .["@ada:s.test"].present == 1
			and .["@ada:s.test"].percent == 100 and .["@bert:s.test"].late == 1
			and (has("@admin:s.test") | not)' >/dev/null
}

# RECORD=FILE keeps this lesson's events, as tests/unit/test_register_replay.c plays them.
@test "what was recorded is what was played" {
	lesson
	python3 "$TOP/tests/lib/record_lesson.py" "$MUSTER" "$ROOM" \
		"$(m class list --json | jq -r .staff_room)" "$SINCE" "$UNTIL" >recorded
	jq -es '.[0].lesson.room_id != null and (map(select(.event)) | length > 20)' recorded >/dev/null
	[ -z "${RECORD:-}" ] || cp recorded "$RECORD"
}

@test "expire: only where it is set, shown before it is done, and then the seal says what is missing" {
	lesson
	fails_with 2 attendance expire --room "$ROOM" --yes
	m attendance rules --room "$ROOM" --keep 1s -q >/dev/null
	# What a pupil says was sent on is no staff's word of it, however long.
	local long i
	for i in 1 2; do
		long=$(jq -nc --arg room "$ROOM" '{room_id: $room, start_ts: 1, end_ts: 2, reason: "x",
			relayed: {event_id: ("$" + "x" * 40000), sender: "@ada:s.test", ts: 1}}' |
			AS=ada api PUT "v3/rooms/$ROOM/send/org.muster.contest/long$i" -d @- | jq -r .event_id)
	done
	would_expire() {
		m attendance expire --room "$ROOM" --dry-run --json >would && grep -qF "$1" would
	}
	eventually would_expire "$long"
	fails_with 2 attendance expire --room "$ROOM" --no-input
	m attendance expire --room "$ROOM" --yes --json >gone
	jq -es 'length > 0 and all(.state == "gone") and any(.type == "org.muster.contest")' gone >/dev/null
	# Who asked not to be tracked is not tracked from now on either.
	jq -es 'all(.type != "org.muster.attendance.opt_out")' gone >/dev/null
	# What was sent on once and is deleted is not sent on again, by nobody of the staff.
	for name in admin carl; do
		use_home "$name"
		m attendance contests --room "$ROOM" --all --json | jq -es 'length == 0' >/dev/null
	done
	use_home admin
	[ "$(wc -l <gone)" -ge "$(wc -l <would)" ]
	m attendance show "${LESSON[@]}" --user @ada:s.test --json | one '.sealed == false' >/dev/null
}

@test "scheduled lessons: by their meeting, in a term, cancelled ones mark nobody" {
	local uid
	uid=$(m meet schedule Maths --room "$ROOM" --start 2026-01-05T09:00:00Z --duration 1h --tz UTC \
		--repeat 'FREQ=DAILY;COUNT=4' --past --json | jq -r .uid)
	m meet cancel "$uid@2026-01-06" --room "$ROOM" -q --yes
	m attendance show --meeting "$uid@2026-01-05" --json |
		jq -es --arg u "$uid" 'length > 0 and all(.uid == $u and .recurrence_id == "20260105T090000"
			and .status != "absent")' >/dev/null
	m attendance correct @dora:s.test late --meeting "$uid@2026-01-05" --reason "by her own word" -q
	m attendance correct @dora:s.test absent --meeting "$uid@2026-01-07" --reason "seen elsewhere" -q
	r attendance show --meeting "$uid@2026-01-06" --json
	[ "$status" -eq 0 ] && [ -z "$output" ] && [[ $stderr == *cancelled* ]]
	m attendance term --room "$ROOM" --since 2026-01-01 --until 2026-02-01 --json >term
	jq -es 'map({(.user_id): .}) | add | .["@dora:s.test"] | .lessons == 3 and .late == 1
		and .absent == 1 and .percent == 50' term >/dev/null
	fails_with 2 attendance correct @dora:s.test late --room "$ROOM" --since 2026-01-01 --until 2026-02-01 --reason x
	m attendance export --room "$ROOM" --since 2026-01-01 --until 2026-02-01 -o term.csv
	[ "$(grep -c '@dora:s.test' term.csv)" -eq 3 ]
}

@test "what was said of a single meeting holds wherever it is moved" {
	m meet schedule Lab --uid lab --room "$ROOM" --start 2026-02-02T09:00:00Z --duration 1h --tz UTC --past --no-message -q
	m attendance correct @dora:s.test excused --meeting lab --reason ill -q
	m meet change lab --start 2026-02-03T11:00:00Z --no-message -q
	m attendance show --meeting lab --json >shown
	jq -es 'map(select(.user_id == "@dora:s.test")) | length == 1 and .[0].status == "excused"
		and .[0].recurrence_id == "20260203T110000"' shown >/dev/null
	# What was said of one date of a series is not said of another.
	m meet schedule Labs --uid labs --room "$ROOM" --start 2026-02-02T09:00:00Z --duration 1h --tz UTC \
		--repeat 'FREQ=DAILY;COUNT=2' --past --no-message -q
	m attendance correct @dora:s.test excused --meeting labs@2026-02-02 --reason ill -q
	m attendance show --meeting labs@2026-02-03 --json >shown
	jq -es 'map(select(.user_id == "@dora:s.test")) | length == 1 and .[0].status != "excused"' shown >/dev/null
}

@test "a meeting that took place stays; one that was moved to another day has a register and a seal of its own" {
	m meet schedule Held --uid held --room "$ROOM" --start 2026-02-09T09:00:00Z --duration 1h --tz UTC --past --no-message -q
	m attendance seal --meeting held --json | one '.seal == "good" and (.existing | not)' >/dev/null
	fails_with 2 meet change held --start 2090-02-09T09:00:00Z --no-message
	[[ $stderr == *"took place already"*"muster meet schedule"* ]]
	fails_with 2 meet change held@2026-02-09 --start 2090-02-09T09:00:00Z --no-message
	# Entered by a wrong hour: the seal stays with it.
	m meet change held --start 2026-02-09T10:00:00Z --no-message -q
	m attendance seal --meeting held --json | one '.seal == "good" and .existing' >/dev/null
	# As it could be moved before.
	m meet change held --start 2026-02-16T09:00:00Z --no-message -q
	m attendance show --meeting held --json | jq -es 'all(.[]; .start[:10] == "2026-02-16" and (.sealed | not))' >/dev/null
	m attendance show --room "$ROOM" --since 2026-02-16 --until 2026-02-17 --json |
		jq -es 'map(select(.uid == "held")) | length > 0 and all(.[]; .start[:10] == "2026-02-16" and (.sealed | not))' >/dev/null
	m attendance seal --meeting held --json | one '.seal == "good" and (.existing | not)' >/dev/null
	m attendance show --meeting held --json | jq -es 'all(.[]; .start[:10] == "2026-02-16" and .sealed)' >/dev/null
	# Which was cancelled did not take place.
	m meet schedule Ill --uid ill --room "$ROOM" --start 2026-02-10T09:00:00Z --duration 1h --tz UTC --past --no-message -q
	m meet cancel ill --no-message -q
	m meet change ill --start 2090-02-10T09:00:00Z --no-message --json | jq -e '.changed and .status == "scheduled"' >/dev/null
}

@test "words that make no sense" {
	fails_with 2 attendance show --room "$ROOM"
	fails_with 2 attendance show
	fails_with 5 attendance show --room '!none:s.test' --since now-1h
	fails_with 2 attendance show --room "$ROOM" --since now-1h --until now-2h
	fails_with 5 attendance show --room "$ROOM" --since 2020-01-01 --until 2021-01-01
	fails_with 2 attendance correct @ada:s.test splendid --room "$ROOM" --since now-1h --reason x
	fails_with 2 attendance correct @ada:s.test present --room "$ROOM" --since now-1h --reason x
	[[ $stderr == *--until* ]]
}
