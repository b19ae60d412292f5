#!/usr/bin/env bats
# Roll-calls: opening, answering in every way, waiting, marking, reminding.
# shellcheck disable=SC2030,SC2031,SC2154,SC2016
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	start_school
	for p in ada bob cleo dan tess; do
		sign_up "$p"
	done
	use_home admin
	cat >list.csv <<-END
		Name,Id,User
		Ada Alt,101,@ada:s.test
		Bob Best,102,@bob:s.test
		Cleo Cox,103,@cleo:s.test
		Dan Dorn,104,@dan:s.test
	END
	m class create Physics --students list.csv --teacher @tess:s.test --json >rows
	ROOM=$(jq -rs '.[0].room_id' rows)
	STAFF=$(m class list --json | jq -r .staff_room)
	export ROOM STAFF
}

setup() {
	use_home admin
}

teardown() {
	end_jobs
	# What a test left open is none of the next one's.
	use_home admin
	m roll cancel "$ROOM" -q >/dev/null 2>&1 || true
}

teardown_file() {
	stop_server
}

# open_roll OPTIONS...: sets ROLL
open_roll() {
	ROLL=$(m roll open "$ROOM" --json "$@" | jq -r .roll_id)
}

# status_of USER: as the admin sees it
status_of() {
	m roll status "$ROLL" --json | jq -r --arg u "@$1:s.test" 'select(.user_id == $u).status'
}

# What the server keeps of a roll for later: delayed ROLL
delayed() {
	api GET unstable/org.matrix.msc4140/delayed_events | jq -c --arg r "$1" '.delayed_events[]
		| select(.content["m.relates_to"].event_id == $r or .content["org.muster.roll"].second_of == $r)'
}

@test "open: a marked poll, once; the server will end it" {
	m roll open "$ROOM" --window 10m --late-after 4m --json >first
	jq -e '.existing == false and (.roll_id | startswith("$")) and .expected == 4 and .ends_by_itself
		and .second == null' first >/dev/null
	ROLL=$(jq -r .roll_id first)
	m roll open "$ROOM" --json >again
	jq -e --arg r "$ROLL" '.existing and .roll_id == $r' again >/dev/null
	[ "$(jq -r .closes first)" = "$(jq -r .closes again)" ]
	m read "$ROOM" --type 'org.matrix.msc3381.poll.*' --raw --json | jq -es --arg r "$ROLL" 'map(select(.event_id == $r))
		| length == 1 and (.[0].event.content["org.muster.roll"]
		== {"version": 1, "window_ms": 600000, "late_after_ms": 240000})' >/dev/null
	# Its end waits on the server, once, ten minutes after the start.
	[ "$(delayed "$ROLL" | wc -l)" -eq 1 ]
	delayed "$ROLL" | jq -e '.type == "org.matrix.msc3381.poll.end" and .delay_ms > 500000
		and .delay_ms <= 600000' >/dev/null
}

@test "the same transaction id finds the same roll-call, closed too" {
	m roll open "$ROOM" --txn-id today --json >first
	m roll close "$ROOM" --json | jq -e '.state == "closed" and .existing == false' >/dev/null
	m roll open "$ROOM" --txn-id today --json >again
	[ "$(jq -r .roll_id first)" = "$(jq -r .roll_id again)" ]
	jq -e .existing again >/dev/null
	m roll open "$ROOM" --json | jq -e '.existing == false' >/dev/null
}

@test "only staff may open; what somebody else opens is a poll" {
	use_home ada
	fails_with 4 roll open "$ROOM"
	[[ $stderr == *"only staff"* ]]
	use_home tess
	m roll open "$ROOM" --json | jq -e '.existing == false' >/dev/null
	m roll cancel "$ROOM" -q >/dev/null
	# A pupil's poll with the mark of a roll-call is none.
	use_home bob
	cat >poll.json <<-'END'
		{"org.matrix.msc3381.poll.start": {"question": {"org.matrix.msc1767.text": "?"}, "max_selections": 1,
		"answers": [{"id": "here", "org.matrix.msc1767.text": "y"}]},
		"org.muster.roll": {"version": 1, "window_ms": 600000, "late_after_ms": 600000}}
	END
	FAKE=$(api PUT "v3/rooms/$ROOM/send/org.matrix.msc3381.poll.start/fake" -d @poll.json | jq -r .event_id)
	use_home admin
	fails_with 5 roll status "$FAKE"
	[[ $stderr == *"only a poll"* ]]
	m roll list "$ROOM" --json | jq -es --arg f "$FAKE" 'map(select(.roll_id == $f)) == []' >/dev/null
}

@test "every way to answer; the first counts for time, the last for what it says" {
	open_roll
	use_home ada
	m roll answer "$ROOM" --json | jq -e '.status == "here" and .way == "vote" and .existing == false' >/dev/null
	m roll answer "$ROOM" --json | jq -e '.status == "here" and .existing' >/dev/null
	use_home bob
	m react "$ROOM" "$ROLL" 👍 -q >/dev/null
	use_home cleo
	m send "$ROOM" "HERE!" -q >/dev/null
	use_home dan
	m roll answer "$ROOM" --away --json | jq -e '.status == "away"' >/dev/null
	use_home admin
	m roll status "$ROOM" --json >rows
	jq -es 'length == 4 and map(.external_id) == ["101", "102", "103", "104"]
		and map(.status) == ["here", "here", "here", "away"]
		and map(.way) == ["vote", "reaction", "word", "vote"]
		and all(.expected and (.ts | test("^20.*T.*[+]00:00$")))' rows >/dev/null
	use_home dan
	m roll answer "$ROOM" --json >/dev/null
	use_home admin
	[ "$(status_of dan)" = here ]
	[ "$(m roll status "$ROOM" --json | jq -r 'select(.external_id == "104").ts')" = \
		"$(jq -r 'select(.external_id == "104").ts' rows)" ]
}

@test "what is edited or deleted does not count" {
	open_roll
	use_home ada
	E=$(m send "$ROOM" here --json | jq -r .event_id)
	m edit "$ROOM" "$E" "not here" -q >/dev/null
	use_home bob
	E=$(m send "$ROOM" here --json | jq -r .event_id)
	m delete "$ROOM" "$E" --yes -q >/dev/null
	use_home admin
	[ "$(status_of ada)" = pending ]
	[ "$(status_of bob)" = pending ]
}

@test "closed: nobody answers any more, who said nothing is absent" {
	open_roll
	use_home ada
	m roll answer "$ROOM" -q >/dev/null
	fails_with 4 roll close "$ROOM"
	use_home admin
	m roll close "$ROOM" --json | jq -e '.state == "closed" and .existing == false' >/dev/null
	m roll close "$ROOM" --json | jq -e '.state == "closed" and .existing' >/dev/null
	[ -z "$(delayed "$ROLL")" ]
	use_home bob
	fails_with 1 roll answer "$ROOM"
	[[ $stderr == *"closed"* ]]
	m send "$ROOM" here -q >/dev/null
	use_home admin
	[ "$(status_of ada)" = here ]
	[ "$(status_of bob)" = absent ]
	m roll list "$ROOM" --json | jq -es --arg r "$ROLL" 'map(select(.roll_id == $r))[0]
		| .state == "closed" and .here == 1 and .absent == 3 and .pending == 0' >/dev/null
}

@test "it closes by itself, and its server ends the poll" {
	open_roll --window 3s
	wait_poll_end
	fails_with 1 roll answer "$ROOM"
	m roll list "$ROOM" --json | jq -es --arg r "$ROLL" 'map(select(.roll_id == $r))[0].state == "closed"' >/dev/null
	[ "$(m poll show "$ROOM" "$ROLL" --json | jq -s '.[0].closed')" = true ]
}

# Until the room has the end of $ROLL.
wait_poll_end() {
	follow "$ROOM" --type org.matrix.msc3381.poll.end --since now-1m --raw
	wait_for followed "${ROLL#?}"
	unfollow
}

@test "cancelled: it counts for nothing, with the reason" {
	open_roll
	m roll cancel "$ROOM" --reason "fire drill" --json | jq -e '.state == "cancelled" and .existing == false' >/dev/null
	m roll cancel "$ROOM" --json | jq -e .existing >/dev/null
	fails_with 1 roll status "$ROOM"
	[[ $stderr == *"cancelled"* ]]
	m roll list "$ROOM" --json | jq -es --arg r "$ROLL" 'map(select(.roll_id == $r))[0].state == "cancelled"' >/dev/null
	m read "$ROOM" --type org.matrix.msc3381.poll.end --raw --json -n 1 |
		jq -e '.event.content["org.muster.roll"] == {"cancelled": true, "reason": "fire drill"}' >/dev/null
}

@test "staff marks: by outside id, excused only for a reason, kept in the staff room" {
	open_roll
	m roll mark "$ROOM" 101 here --json | jq -e '.user_id == "@ada:s.test" and .status == "here"
		and .way == "staff" and .before == "pending" and .existing == false' >/dev/null
	m roll mark "$ROOM" 101 here --json | jq -e .existing >/dev/null
	fails_with 2 roll mark "$ROOM" "Bob Best" excused
	use_home tess
	m roll mark "$ROOM" "Bob Best" excused --reason dentist --json | jq -e '.status == "excused"' >/dev/null
	use_home admin
	fails_with 5 roll mark "$ROOM" 999 here
	m roll status "$ROOM" --json >rows
	jq -es 'map(select(.external_id == "102"))[0] | .status == "excused" and .by == "@tess:s.test"
		and .reason == "dentist"' rows >/dev/null
	# A mark stands above what the person says, until it is taken back.
	use_home bob
	m roll answer "$ROOM" -q >/dev/null
	use_home admin
	[ "$(status_of bob)" = excused ]
	m roll mark "$ROOM" 102 none --json | jq -e '.status == "here" and .before == "excused"' >/dev/null
	[ "$(status_of bob)" = here ]
	m read "$STAFF" --type org.muster.mark --raw --json -n 1 | jq -e --arg r "$ROLL" '.event.content
		| .roll == $r and .before == "excused" and .after == null' >/dev/null
	[ "$(m read "$ROOM" --type org.muster.mark --json | wc -l)" -eq 0 ]
	use_home ada
	fails_with 4 roll mark "$ROOM" @bob:s.test here
}

@test "--wait tells each answer and ends with 0 when all have answered" {
	"$MUSTER" roll open "$ROOM" --wait --json >waited 2>err </dev/null 3>&- &
	local waiter=$!
	wait_for waited roll_id
	ROLL=$(jq -rs '.[0].roll_id' waited)
	use_home ada
	m roll answer "$ROOM" -q >/dev/null
	use_home bob
	m react "$ROOM" "$ROLL" ✋ -q >/dev/null
	wait_for "$BATS_FILE_TMPDIR/home-admin/waited" '@bob:s.test'
	use_home cleo
	m send "$ROOM" "I'm here." -q >/dev/null
	use_home tess
	m roll mark "$ROOM" dan late -q >/dev/null 2>&1 || m roll mark "$ROOM" 104 late -q >/dev/null
	use_home admin
	ended "$waiter" 0
	jq -es '.[1:] | map(.user_id) | sort == ["@ada:s.test", "@bob:s.test", "@cleo:s.test", "@dan:s.test"]' waited >/dev/null
	jq -es '.[1:] | map(.status) | sort == ["here", "here", "here", "late"]' waited >/dev/null
}

@test "--wait ends with 8 when it closes and somebody is missing" {
	"$MUSTER" roll open "$ROOM" --window 10m --wait --json >waited 2>err </dev/null 3>&- &
	local waiter=$!
	wait_for waited roll_id
	use_home ada
	m roll answer "$ROOM" -q >/dev/null
	use_home admin
	wait_for waited '@ada:s.test'
	m roll close "$ROOM" -q >/dev/null
	ended "$waiter" 8
	jq -e '.error.code == "pending" and (.error.message | test("3 people.*@bob:s.test"))' <<<"$(tail -n 1 err)" >/dev/null
}

@test "--wait=D waits so long; the roll-call stays open" {
	run --separate-stderr timeout "$STEP" "$MUSTER" roll open "$ROOM" --wait=2s --json
	[ "$status" -eq 8 ]
	m roll open "$ROOM" --json | jq -e '.existing' >/dev/null
}

@test "Ctrl-C leaves it open" {
	# A job in the background would ignore the signal.
	python3 - "$MUSTER" roll open "$ROOM" --wait --json <<-'END'
		import signal, subprocess, sys
		p = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
		                     preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
		p.stdout.readline()
		p.send_signal(signal.SIGINT)
		code = p.wait(timeout=120)
		assert code in (130, -signal.SIGINT), code
	END
	m roll open "$ROOM" --json | jq -e '.existing' >/dev/null
}

@test "remind: by direct message, once a minute, whoever of the staff asks" {
	open_roll
	use_home ada
	m roll answer "$ROOM" -q >/dev/null
	use_home cleo
	m room list -q >/dev/null # told only of people who are in a class
	m quiet set --for 2h -q >/dev/null
	use_home admin
	m roll remind "$ROOM" --user @bob:s.test --json | jq -es 'length == 1 and .[0].told and .[0].why == null' >/dev/null
	use_home tess
	m roll remind "$ROOM" --json >rows
	jq -es 'map({(.user_id): [.told, .why]}) | add == {"@bob:s.test": [false, "recent"],
		"@cleo:s.test": [false, "quiet"], "@dan:s.test": [true, null]}' rows >/dev/null
	use_home bob
	m room list --invited --json | jq -r 'select(.inviter == "@admin:s.test").room_id' >dm
	[ -s dm ]
	m room join "$(cat dm)" -q >/dev/null
	m read "$(cat dm)" --json | jq -es 'map(.body) | length == 1 and (.[0] | test("Roll-call in Physics"))' >/dev/null
	# A pupil may not.
	fails_with 4 roll remind "$ROOM"
	# Closed: nobody can be asked to answer any more.
	use_home admin
	m roll close "$ROOM" -q >/dev/null
	fails_with 1 roll remind "$ROOM"
}

# lesson UID START DURATION: one in $ROOM
lesson() {
	m meet schedule Mechanics --room "$ROOM" --uid "$1" --start "$2" --duration "$3" --no-message --no-file \
		--no-pin -q >/dev/null
}

# In the background, of the lesson that is on, with a second call to come: $waiter, $ROLL
wait_with_second_call() {
	"$MUSTER" roll open "$ROOM" --meeting now --window 5s --second-call --wait --json >waited 2>err </dev/null 3>&- &
	waiter=$!
	wait_for waited roll_id
	ROLL=$(jq -rs '.[0].roll_id' waited)
}

@test "--meeting now: of the lesson that is on, else 5 and nothing is opened" {
	m roll list "$ROOM" --json | wc -l >before
	fails_with 5 roll open "$ROOM" --meeting now
	[ "$(m roll list "$ROOM" --json | wc -l)" -eq "$(cat before)" ]
	fails_with 2 roll open "$ROOM" --second-call
	[[ $stderr == *"--meeting"* ]]
	lesson long now-5m 3h
	m roll open "$ROOM" --meeting now --window 10m --second-call --json >opened
	jq -e '.existing == false and .uid == "long" and (.second != null)' opened >/dev/null
	ROLL=$(jq -r .roll_id opened)
	m roll list "$ROOM" --json | jq -es --arg r "$ROLL" 'map(select(.roll_id == $r))[0]
		| .uid == "long" and (.recurrence_id | test("^[0-9]{8}T[0-9]{6}$"))' >/dev/null
	# Between the end of the first window and ten minutes before the lesson's end.
	jq -e 'def s: sub("[.][0-9]+"; "") | sub("[+]00:00"; "Z") | fromdate;
		(.second | s) >= (.closes | s) and (.second | s) <= (.opened | s) + 3 * 3600 - 900' opened >/dev/null
	delayed "$ROLL" | jq -es --arg r "$ROLL" 'map(select(.type == "org.matrix.msc3381.poll.start"))
		| length == 1 and .[0].content["org.muster.roll"].second_of == $r
		and .[0].content["org.muster.roll"].uid == "long"' >/dev/null
	# A mark is one of the lesson.
	m roll mark "$ROOM" 101 late -q >/dev/null
	m read "$STAFF" --type org.muster.mark --raw --json -n 1 |
		jq -e '.event.content | .uid == "long" and .roll == null and .after == "late"' >/dev/null
	[ "$(status_of ada)" = late ]
	# Cancelled, there is no second call either.
	m roll cancel "$ROOM" -q >/dev/null
	[ -z "$(delayed "$ROLL")" ]
	m meet cancel long --room "$ROOM" --yes -q >/dev/null
}

@test "a lesson that is ended before its time has no second call" {
	lesson cut now-5m 3h
	m roll open "$ROOM" --meeting now --window 1m --second-call --json >opened
	ROLL=$(jq -r .roll_id opened)
	delayed "$ROLL" | jq -es 'any(.type == "org.matrix.msc3381.poll.start")' >/dev/null
	m meet end cut -q >/dev/null
	delayed "$ROLL" | jq -s 'any(.type == "org.matrix.msc3381.poll.start") | not' | grep -q true
	m roll close "$ROOM" -q >/dev/null
	m meet cancel cut --room "$ROOM" --yes -q >/dev/null
}

@test "--wait does not wait for the second call of a lesson that another teacher has ended" {
	lesson ended now-5m 3h
	local waiter
	wait_with_second_call
	wait_poll_end
	use_home tess
	m meet end ended -q >/dev/null
	use_home admin
	ended "$waiter" 8
	delayed "$ROLL" | jq -s 'any(.type == "org.matrix.msc3381.poll.start") | not' | grep -q true
	[ "$(m roll list "$ROOM" --json | jq -s 'map(select(.uid == "ended")) | length')" -eq 1 ]
	m meet cancel ended --room "$ROOM" --yes -q >/dev/null
}

@test "nor does --wait make the second call itself, where no server does, when the lesson has ended" {
	# So long that the second call does not happen to come before the lesson is ended.
	lesson own now-1m 3h
	local waiter
	wait_with_second_call
	m queue list --json >queued
	jq -es 'any(.what == "roll_second") and any(.what == "roll_end")' queued >/dev/null
	m queue drop --yes 2>stays
	[[ $(cat stays) == *"roll-call"* ]]
	[ "$(m queue list --json | wc -l)" -eq "$(wc -l <queued)" ]
	fails_with 2 queue drop "$(jq -r 'select(.what == "roll_second") | .txn_id' queued)"
	m queue drop "$(jq -r 'select(.txn_id | startswith("roll-second-")) | .txn_id' queued)" --yes -q >/dev/null
	use_home tess
	m meet end own -q >/dev/null
	use_home admin
	ended "$waiter" 8
	[ "$(m roll list "$ROOM" --json | jq -s 'map(select(.uid == "own")) | length')" -eq 1 ]
}

@test "a lesson that is too short for a second call is refused before anything is opened" {
	lesson short now-1m 15m
	m roll list "$ROOM" --json | wc -l >before
	fails_with 2 roll open "$ROOM" --meeting now --window 10m --second-call
	[[ $stderr == *"too soon"* ]]
	[ "$(m roll list "$ROOM" --json | wc -l)" -eq "$(cat before)" ]
	m meet cancel short --room "$ROOM" --yes -q >/dev/null
}

@test "--wait=D waits no longer than that, be the second call still to come" {
	lesson later now-1m 3h
	run --separate-stderr timeout "$STEP" "$MUSTER" roll open "$ROOM" --meeting now --window 30m --second-call \
		--wait=1s --json
	[ "$status" -eq 8 ]
	[ "$(jq -rs '.[0].uid' <<<"$output")" = later ]
	[ "$(m roll list "$ROOM" --json | jq -s 'map(select(.uid == "later")) | length')" -eq 1 ]
	m roll cancel "$ROOM" -q >/dev/null
	m meet cancel later --room "$ROOM" --yes -q >/dev/null
}

@test "two of the staff at the same moment: one roll-call, for everybody the same" {
	local round admin tess T=$BATS_TEST_TMPDIR
	for round in 1 2 3; do
		use_home admin
		"$MUSTER" roll open "$ROOM" --json >"$T/by-admin" 2>"$T/err-admin" </dev/null 3>&- &
		admin=$!
		use_home tess
		"$MUSTER" roll open "$ROOM" --json >"$T/by-tess" 2>"$T/err-tess" </dev/null 3>&- &
		tess=$!
		ended "$admin" 0 && ended "$tess" 0 || { cat "$T"/err-*; return 1; }
		# Who saw the other's only later was told its own; a moment later all agree.
		ROLL=$(m roll status "$ROOM" --json | jq -rs '.[0].roll_id')
		use_home admin
		[ "$(m roll status "$ROOM" --json | jq -rs '.[0].roll_id')" = "$ROLL" ]
		jq -es --arg r "$ROLL" 'any(.roll_id == $r)' "$T/by-admin" "$T/by-tess" >/dev/null
		m roll list "$ROOM" --since now-10m --json |
			jq -es --arg r "$ROLL" 'map(select(.state == "open").roll_id) == [$r]' >/dev/null
		m roll cancel "$ROOM" -q >/dev/null
	done
}

@test "a second one that another client opened in that moment counts for nothing" {
	open_roll
	use_home tess
	cat >poll.json <<-'END'
		{"org.matrix.msc3381.poll.start": {"question": {"org.matrix.msc1767.text": "?"}, "max_selections": 1,
		"answers": [{"id": "here", "org.matrix.msc1767.text": "y"}]},
		"org.muster.roll": {"version": 1, "window_ms": 600000, "late_after_ms": 600000}}
	END
	SECOND=$(api PUT "v3/rooms/$ROOM/send/org.matrix.msc3381.poll.start/second" -d @poll.json | jq -r .event_id)
	use_home ada
	m roll answer "$ROOM" --json | jq -e --arg r "$ROLL" '.roll_id == $r' >/dev/null
	fails_with 1 roll answer "$SECOND"
	[[ $stderr == *"same moment"* ]]
	use_home admin
	[ "$(m roll open "$ROOM" --json | jq -r .roll_id)" = "$ROLL" ]
	[ "$(status_of ada)" = here ]
	m roll list "$ROOM" --json | jq -es --arg r "$SECOND" 'map(select(.roll_id == $r))[0].state == "cancelled"' >/dev/null
	# People in other clients see it closed.
	[ "$(m poll show "$ROOM" "$SECOND" --json | jq -s '.[0].closed')" = true ]
	fails_with 1 roll status "$SECOND"
	m attendance show --room "$ROOM" --roll "$SECOND" --json |
		jq -es 'length == 4 and all(.status != "absent")' >/dev/null
}

@test "corrected as a register: not tracked, gone early; contested and answered" {
	local id
	open_roll --window 20m
	use_home ada
	m roll answer "$ROOM" -q >/dev/null
	use_home admin
	m roll close "$ROOM" -q >/dev/null
	L=(--room "$ROOM" --roll "$ROLL")
	m attendance correct @bob:s.test not_tracked "${L[@]}" --reason "new in class" -q
	m attendance correct @ada:s.test left_early "${L[@]}" --reason "went at ten" -q
	[ "$(status_of bob)" = not_tracked ]
	[ "$(status_of ada)" = here ]
	m attendance show "${L[@]}" --json | jq -es 'map({(.user_id): .status}) | add
		| .["@bob:s.test"] == "not_tracked" and .["@ada:s.test"] == "left_early"
		and .["@cleo:s.test"] == "absent"' >/dev/null
	use_home cleo
	id=$(m attendance contest "${L[@]}" my phone was dead --json | jq -r .contest_id)
	use_home admin
	m attendance contests --room "$ROOM" --json |
		jq -es --arg r "$ROLL" 'length == 1 and .[0].user_id == "@cleo:s.test" and .[0].roll == $r' >/dev/null
	m attendance correct @cleo:s.test present "${L[@]}" --contest "$id" --reason "I saw her" -q
	m attendance show "${L[@]}" --user @cleo:s.test --json | jq -es '.[0] | .status == "present"
		and (.reasons | map(select(.code == "contested"))[0].state == "accepted")' >/dev/null
}

@test "the second call comes by itself, and --wait waits for both" {
	# Time for two windows and for a slow machine to open the first.
	lesson quick now-1m 80s
	"$MUSTER" roll open "$ROOM" --meeting now --window 4s --second-call --wait --json >waited 2>err </dev/null 3>&- &
	local waiter=$!
	wait_for waited roll_id
	use_home ada
	m roll answer "$ROOM" -q >/dev/null || true # on a slow machine it is over
	use_home admin
	ended "$waiter" 8
	m roll list "$ROOM" --json | jq -es '.[0].second_of == .[1].roll_id and .[0].uid == "quick"' >/dev/null
	m meet cancel quick --room "$ROOM" --yes -q >/dev/null
}

@test "a room that is no class: everybody but its staff is asked" {
	use_home tess
	OTHER=$(new_room Club --invite @ada:s.test --invite @bob:s.test)
	for p in ada bob; do
		use_home "$p"
		m room join "$OTHER" -q >/dev/null
	done
	use_home tess
	m roll open "$OTHER" --json | jq -e '.expected == 2' >/dev/null
	use_home ada
	m roll answer "$OTHER" -q >/dev/null
	# A pupil sees the same.
	m roll status "$OTHER" --json | jq -es 'map({(.user_id): .status}) | add
		== {"@ada:s.test": "here", "@bob:s.test": "pending"}' >/dev/null
}

@test "wrong words" {
	fails_with 2 roll open "$ROOM" --window 10
	fails_with 2 roll open "$ROOM" --window 8d
	[[ $stderr == *"a week at most"* ]]
	fails_with 2 roll open "$ROOM" --window 5m --late-after 6m
	[[ $stderr == *"late-after"* ]]
	fails_with 5 roll status '$nothing'
	OTHER=$(new_room Empty --invite @ada:s.test)
	fails_with 5 roll status "$OTHER"
	[[ $stderr == *"muster roll open"* ]]
	use_home ada
	m room join "$OTHER" -q >/dev/null
	fails_with 5 roll answer "$OTHER"
	[[ $stderr == *"your teacher opens it"* ]]
}
