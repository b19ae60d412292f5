# Live lessons and what who leads a call does to the others, against a real server.
bats_require_minimum_version 1.5.0
load helper
load calls

setup_file() {
	start_calls
}

# ada leads, bob and eve are her class.
setup() {
	call_room
}

teardown_file() {
	stop_server
}

# The lesson of this room: ada leads, bob listens; $ADA and $BOB are their files of events.
lesson() {
	VERB="live start" joined ada "$ROOM" --input tone:440,-20 --output null "$@"
	ADA=$F
	ADA_PID=$PID
	VERB="live join" joined bob "$ROOM" --input tone:880,-20 --output null
	BOB=$F
	BOB_PID=$PID
	use_home ada
	wait_for "$ADA" '"event":"joined".*@bob:s.test'
}

@test "who leads speaks, the audience listens, and the floor goes around" {
	lesson
	rows "$ADA" '.event == "joined" and .self' | jq -e '.live and .host and .may_speak and (.muted | not)'
	rows "$BOB" '.event == "joined" and .self' | jq -e '.live and (.host | not) and (.may_speak | not) and .muted'
	wait_for "$BOB" '"event":"speaking".*@ada:s.test'
	use_home bob
	fails_with 4 call unmute
	[[ $stderr == *"live lesson"*"call hand"* ]]
	fails_with 4 live floor give @bob:s.test
	m call hand
	use_home ada
	wait_for "$ADA" '"event":"hand".*@bob:s.test.*"hand":true'
	m call people --json | jq -e 'select(.user_id == "@bob:s.test") | .hand and .hand_ts'
	m live floor give @bob:s.test --json | jq -e '.changed and .floor == ["@bob:s.test"]'
	m live floor give @bob:s.test --json | jq -e '.changed | not'
	wait_for "$BOB" '"event":"floor".*"self":true.*"given":true'
	wait_for "$ADA" '"event":"floor".*@bob:s.test.*"given":true'
	# What it was raised for has come; nobody's microphone is turned on for them.
	wait_for "$ADA" '"event":"hand".*@bob:s.test.*"hand":false'
	use_home bob
	m call status --json | jq -e '.muted and .may_speak and .live and (.host | not)'
	m call unmute
	wait_for "$ADA" '"event":"speaking".*@bob:s.test'
	use_home ada
	m live floor take @bob:s.test
	wait_for "$BOB" '"event":"floor".*"self":true.*"given":false'
	wait_for "$BOB" '"event":"muted".*"self":true.*"by":"host"'
	wait_for "$ADA" '"event":"muted".*@bob:s.test'
	use_home bob
	fails_with 4 call unmute
	use_home ada
	m call lock >/dev/null
	m live end --keep-call --json | jq -e '(.live | not) and (.ended | not) and .locked'
	wait_for "$BOB" '"event":"live".*"live":false'
	use_home bob
	m call unmute
	wait_for "$ADA" '"event":"unmuted".*@bob:s.test'
}

@test "a call that cannot be ended is not opened to all instead" {
	lesson
	m call lock >/dev/null
	# The process that is in it does not answer.
	kill -STOP "$ADA_PID"
	fails_with 3 call end --timeout 2s
	[[ $stderr == *"may still happen"* ]]
	fails_with 3 live end --timeout 2s
	kill -CONT "$ADA_PID"
	api GET "v3/rooms/$ROOM/state/org.muster.call/" |
		jq -e '.mode == "live" and .locked'
}

@test "whoever was put out of a lesson comes again without the floor" {
	lesson
	m live floor give @bob:s.test >/dev/null
	wait_for "$BOB" '"event":"floor".*"self":true.*"given":true'
	wait_for "$ADA" '"event":"floor".*@bob:s.test.*"given":true'
	m call remove @bob:s.test --json | jq -e '.removed == 1'
	ended "$BOB_PID" 4
	wait_for "$ADA" '"event":"floor".*@bob:s.test.*"given":false'
	m live floor give @eve:s.test --json | jq -e '.floor == ["@eve:s.test"]'
	VERB="live join" joined bob "$ROOM" --input tone:880,-20 --output null
	rows "$F" '.event == "joined" and .self' | jq -e '.live and (.may_speak | not)'
	use_home bob
	fails_with 4 call unmute
}

# people_in USER VERB ARGS...: somebody who reads what happens, in $SAID
people_in() {
	use_home "$1"
	SAID=$BATS_TEST_TMPDIR/$1.said
	# shellcheck disable=SC2086
	"$MUSTER" ${2} "${@:3}" >"$SAID" 2>&1 </dev/null 3>&- &
}

@test "people are told who was there before them, and why a call is over" {
	lesson
	# Whoever was told before we were in was there already, nobody else was.
	wait_for "$BOB" '"event":"joined".*@ada:s.test'
	jq -es '(map(.event == "joined" and .self == true) | index(true)) as $in
		| [to_entries[] | select(.value.event == "joined" and (.value.self | not))]
		| length > 0 and all((.value.already == true) == (.key < $in))' "$BOB" >/dev/null
	m call remove @bob:s.test >/dev/null
	ended "$BOB_PID" 4
	people_in bob 'live join' "$ROOM" --listen-only --output null:
	wait_for "$SAID" 'are in the call'
	wait_for_count "$ADA" '"event":"joined".*@bob:s.test' 2
	run ! grep ' joined' <(sed '/are in the call/q' "$SAID")
	use_home ada
	m call remove @bob:s.test >/dev/null
	wait_for "$SAID" 'you were removed'
	people_in bob 'live join' "$ROOM" --listen-only --output null:
	wait_for "$SAID" 'are in the call'
	use_home ada
	m live end --keep-call >/dev/null
	wait_for "$SAID" 'No longer a live lesson'
	m live end >/dev/null
	wait_for "$SAID" 'ended it for all'
}

@test "live join knows of a lesson that has only just begun" {
	use_home bob
	m room list >/dev/null
	VERB="live start" joined ada "$ROOM" --driver null
	use_home bob
	m live join "$ROOM" --driver null --for 1s --json >out 2>err
	rows out '.event == "joined" and .self' | jq -e .live
	[ ! -s err ] || { cat err; false; }
	m read "$ROOM" | grep "has begun a live lesson (muster live join)"
}

@test "a lesson begins in a call that is there, and who spoke is muted and stays" {
	joined bob "$ROOM" --input tone:880,-20 --output null
	BOB=$F
	VERB="live start" joined ada "$ROOM" --driver null
	wait_for "$BOB" '"event":"live".*"live":true'
	wait_for "$BOB" '"event":"muted".*"self":true.*"by":"host"'
	use_home bob
	m call status --json | jq -e '.state == "joined" and .muted and (.may_speak | not)'
	use_home ada
	m live end --json | jq -e .ended
	ended "$PID" 0
	[ "$(rows "$F" '.event == "ended"' | jq -r .reason)" = ended ]
	wait_for "$BOB" '"event":"ended".*"reason":"ended"'
}

@test "who leads a meeting mutes one and all, removes, locks and ends" {
	local eve
	joined ada "$ROOM" --input tone:440,-20 --output null
	ADA=$F
	ADA_PID=$PID
	joined bob "$ROOM" --input tone:880,-20 --output null
	BOB=$F
	BOB_PID=$PID
	joined eve "$ROOM" --input tone:660,-20 --output null
	eve=$F
	EVE_PID=$PID
	use_home ada
	wait_for "$ADA" '"event":"speaking".*@bob:s.test'
	wait_for "$ADA" '"event":"speaking".*@eve:s.test'
	m call mute --user @bob:s.test --json | jq -e '.muted == 1'
	wait_for "$BOB" '"event":"muted".*"self":true.*"by":"host"'
	wait_for "$ADA" '"event":"muted".*@bob:s.test'
	use_home bob
	m call unmute
	use_home ada
	wait_for "$ADA" '"event":"unmuted".*@bob:s.test'
	m call mute --all --json | jq -e '.muted == 2'
	wait_for "$eve" '"event":"muted".*"self":true.*"by":"host"'
	wait_for "$ADA" '"event":"muted".*@eve:s.test'
	wait_for_count "$ADA" '"event":"muted".*@bob:s.test' 2
	r call mute --all
	[[ $stderr == *"no microphone was on" ]] || { echo "$stderr"; false; }
	m call status --json | jq -e '.muted | not'
	# The others may not.
	use_home bob
	fails_with 4 call mute --all
	[[ $stderr == *"power 50"* ]]
	fails_with 4 call remove @ada:s.test
	fails_with 4 call end
	fails_with 4 call lock
	use_home ada
	fails_with 2 call mute --all --user @bob:s.test
	m call lock --json | jq -e '.locked and .changed'
	wait_for "$BOB" '"event":"locked".*"locked":true'
	m call remove @eve:s.test --json | jq -e '.removed == 1'
	ended "$EVE_PID" 4
	[ "$(rows "$eve" '.event == "ended"' | jq -r .reason)" = removed ]
	wait_for "$ADA" '"event":"left".*@eve:s.test'
	fails_with 5 call remove @eve:s.test
	use_home eve
	fails_with 4 call join "$ROOM" --driver null
	[ "$stderr" = "muster: this call is locked: ask who leads it to unlock it" ]
	use_home ada
	m call unlock
	use_home eve
	m call join "$ROOM" --driver null --for 1s >/dev/null
	use_home ada
	m call end --json | jq -e .ended
	ended "$BOB_PID" 0
	ended "$ADA_PID" 0
	[ "$(rows "$BOB" '.event == "ended"' | jq -r .reason)" = ended ]
	fails_with 5 call end
	# From outside, too.
	joined bob "$ROOM" --driver null
	use_home ada
	m call end "$ROOM" --json | jq -e .ended
	ended "$PID" 0
	[ "$(rows "$F" '.event == "ended"' | jq -r .reason)" = ended ]
	m call end "$ROOM" --json | jq -e '.ended | not'
}

@test "a lesson is recorded for all to see, and the room gets the recording" {
	local event
	VERB="live join" joined bob "$ROOM" --driver null
	BOB=$F
	use_home ada
	fails_with 2 live start "$ROOM" --publish-recording
	m live start "$ROOM" --play "$TONE" --record lesson.ogg --publish-recording --json >out
	wait_for "$BOB" '"event":"recording".*@ada:s.test.*"recording":true|"event":"joined".*@ada:s.test.*"recording":true'
	m read "$ROOM" -n 20 --json >said
	grep -q 'is recording this call' said
	event=$(jq -r 'select(.msgtype == "m.audio").event_id' said)
	m read "$ROOM" -n 20 --json | jq -e 'select(.msgtype == "m.audio").body == "lesson.ogg"'
	api GET "v3/rooms/$ROOM/event/$event" |
		jq -e '.content.info.duration > 2000 and .content.info.duration < 60000 and
			.content.info.mimetype == "audio/ogg" and .content.info.size > 1000'
	m file get "$event" --room "$ROOM" -o got.ogg
	cmp got.ogg lesson.ogg
}

@test "what cannot be is refused with its reason; --dry-run does nothing" {
	use_home bob
	fails_with 4 live start "$ROOM" --driver null
	[[ $stderr == *power* ]]
	fails_with 5 live floor give @ada:s.test
	[[ $stderr == *"muster live floor give USER ROOM"* ]]
	fails_with 5 live end
	[[ $stderr == *"muster live end ROOM"* ]]
	use_home ada
	fails_with 2 live floor lend @bob:s.test
	fails_with 1 live floor give @bob:s.test "$ROOM"
	[[ $stderr == *"everybody may speak"* ]]
	m live start "$ROOM" --driver null --dry-run --json | jq -e '.dry_run and .room_id'
	r live end "$ROOM" --json
	jq -e '(.changed | not) and (.ended | not)' <<<"$output"
	[[ $stderr == *"no live lesson was on there" ]] || { echo "$stderr"; false; }
	m live join "$ROOM" --driver null --for 1s >out 2>err
	grep -q 'no live lesson' err
	m schema "live start" --json | jq -e '.properties.given' >/dev/null
}

@test "meet start --live makes the lesson's call a live one" {
	m meet schedule Physics --room "$ROOM" --start now --duration 45m --uid "live-$BATS_TEST_NUMBER" >/dev/null
	m meet start --room "$ROOM" --live --json | jq -e '.existing | not'
	m meet start --room "$ROOM" --live --json | jq -e .existing
	VERB="live join" joined bob "$ROOM" --driver null
	rows "$F" '.event == "joined" and .self' | jq -e '.live and (.may_speak | not)'
}
