# Calls against a real server: several processes, sound from files and pipes.
bats_require_minimum_version 1.5.0
load helper
load calls

setup_file() {
	mkdir -p "$BATS_FILE_TMPDIR/server/data"
	printf 'encryption = true\n' >"$BATS_FILE_TMPDIR/server/data/muster.conf"
	start_calls
}

setup() {
	call_room
}

teardown_file() {
	stop_server
}

# Bob listens in the call, and Ada comes: ada_comes ARGS...; $ADA and $BOB are their files of events.
ada_comes() {
	joined bob "$ROOM" --listen-only --driver null
	BOB=$F
	joined ada "$ROOM" "$@"
	ADA=$F
	wait_for "$BOB" '"event":"joined".*@ada:s.test'
}

@test "one plays, another records, a third pipes: the same tone, as long as it was" {
	local bob eve
	joined bob "$ROOM" --listen-only --record rec.wav
	bob=$PID
	use_home eve
	"$MUSTER" call join "$ROOM" --listen-only --out - --events events >heard.raw 2>err </dev/null 3>&- &
	eve=$!
	wait_for events '"event":"joined".*"self":true'
	use_home ada
	m call join "$ROOM" --play "$TONE" --json >out
	[ "$(jq -r 'select(.event == "ended").reason' out)" = played ]
	wait_for "$BATS_TEST_TMPDIR/bob.events" '"event":"left".*@ada:s.test'
	wait_for "$BATS_FILE_TMPDIR/home-eve/events" '"event":"left".*@ada:s.test'
	use_home bob
	m call leave --json | jq -e .left
	ended "$bob" 0
	use_home eve
	kill -TERM "$eve"
	ended "$eve" 143
	# A moment at each end may be missing.
	jq -en "$(sound heard "$BATS_FILE_TMPDIR/home-bob/rec.wav" 440) | . > 2.5 and . < 3.3"
	jq -en "$(sound heard heard.raw 440) | . > 2.5 and . < 3.3"
	rows "$BATS_TEST_TMPDIR/bob.events" '.event == "speaking" and .user_id == "@ada:s.test"' | grep -q level
	# Who records says so, in the room and in the call.
	m read "$ROOM" -n 20 | grep -q "@bob:s.test is recording this call"
	rows events '.event == "recording" and .user_id == "@bob:s.test"' | jq -es 'any(.recording)'
}

@test "raw sound goes in by standard input, at another rate too" {
	joined bob "$ROOM" --listen-only --record rec2.wav
	use_home ada
	sound make - 440 2 | timeout "$STEP" "$MUSTER" call join "$ROOM" --in - --json >out
	[ "$(jq -r 'select(.event == "ended").reason' out)" = played ]
	# Taken for half as fast it is an octave lower and twice as long.
	sound make - 880 1 | timeout "$STEP" "$MUSTER" call join "$ROOM" --in - --pcm s16le:24000:1 >/dev/null
	use_home bob
	m call leave
	ended "$PID" 0
	jq -en "$(sound heard rec2.wav 440) | . > 3.2 and . < 4.4"
}

@test "mute and unmute from another process are seen by the others and heard" {
	ada_comes --input tone:440,-20 --output null --muted
	rows "$ADA" '.event == "joined" and .self' | jq -e .muted
	m call unmute --json | jq -e '.muted == false'
	wait_for "$BOB" '"event":"unmuted".*@ada:s.test'
	wait_for "$BOB" '"event":"speaking"'
	m call mute "$ROOM" --json | jq -e .muted
	wait_for "$BOB" '"event":"muted".*@ada:s.test'
	wait_for "$ADA" '"event":"muted".*"by":"self"'
	m call status --json | jq -e '.muted and .state == "joined" and .publishing'
	m call unmute
	m call people --json | jq -es 'length == 2 and any(.[]; .self) and
		any(.[]; .user_id == "@bob:s.test" and .muted)'
}

@test "a hand is raised and lowered for all to see" {
	ada_comes --driver null
	m call hand --json | jq -e .hand
	wait_for "$BOB" '"event":"hand".*@ada:s.test.*"hand":true'
	m call status --json | jq -e .hand
	m call hand down --json | jq -e '.hand == false'
	wait_for "$BOB" '"event":"hand".*@ada:s.test.*"hand":false'
}

@test "the first Ctrl-C leaves and ends with 130, SIGTERM with 143" {
	ada_comes --driver null
	kill -INT "$PID"
	ended "$PID" 130
	[ "$(rows "$F" '.event == "ended"' | jq -r .reason)" = interrupted ]
	wait_for "$BOB" '"event":"left".*@ada:s.test'
	joined ada "$ROOM" --driver null
	kill -TERM "$PID"
	ended "$PID" 143
	fails_with 5 call status
}

@test "a second Ctrl-C ends at once, though the server does not answer" {
	joined ada "$ROOM" --driver null
	kill -STOP "$SERVER_PID"
	kill -INT "$PID"
	while kill -INT "$PID" 2>/dev/null; do :; done
	kill -CONT "$SERVER_PID"
	ended "$PID" 130
}

@test "who is killed is out of the call within seconds" {
	use_home bob
	follow "$ROOM" --type org.matrix.msc3401.call.member
	joined ada "$ROOM" --driver null
	use_home bob
	wait_for followed '"application":"m.call"'
	kill -KILL "$PID"
	wait_for followed '"sender":"@ada:s.test".*"content":\{\}'
	unfollow
	use_home ada
	# The server was told when to let her leave: after seconds, however long it took us to hear of it.
	api GET unstable/org.matrix.msc4140/delayed_events?status=finalised |
		jq -e --arg r "$ROOM" '.finalised | map(.delayed_event | select(.room_id == $r).delay_ms)
			| length >= 1 and max <= 15000'
	fails_with 5 call status
	# What the killed one left behind keeps nobody out.
	joined ada "$ROOM" --driver null
}

@test "it ends by itself: --for, --leave-when-empty" {
	m call join "$ROOM" --driver null --for 1s --json >out
	[ "$(jq -r 'select(.event == "ended").reason' out)" = time ]
	joined bob "$ROOM" --listen-only --driver null --leave-when-empty
	local bob=$F bob_pid=$PID
	joined ada "$ROOM" --driver null
	wait_for "$bob" '"event":"joined".*@ada:s.test'
	m call leave
	ended "$bob_pid" 0
	[ "$(rows "$bob" '.event == "ended"' | jq -r .reason)" = empty ]
}

@test "--stay stays when the sound is at its end; --timeout bounds all" {
	sound make short.wav 440 0.5
	joined ada "$ROOM" --play short.wav --stay
	wait_for "$F" '"event":"played"'
	m call status --json | jq -e '.state == "joined"'
	m call leave
	ended "$PID" 0
	# A file that takes the microphone's place is played like one.
	joined ada "$ROOM" --input file:short.wav --output null: --stay
	wait_for "$F" '"event":"played"'
	m call status --json | jq -e '.state == "joined"'
	m call leave
	ended "$PID" 0
	m call join "$ROOM" --input file:short.wav --output null: --json >out
	[ "$(jq -r 'select(.event == "ended").reason' out)" = played ]
	fails_with 2 call join "$ROOM" --input tone: --output null: --stay
	fails_with 3 call join "$ROOM" --driver null --timeout 2s
}

@test "a recording takes the place of one that is there only by --force, or --yes" {
	local how
	for how in --force --yes; do
		echo old >lesson.wav
		m call join "$ROOM" --listen-only --record lesson.wav --for 1s "$how" >out
		[ "$(head -c 4 lesson.wav)" = RIFF ]
	done
}

@test "a direct chat rings, is answered and declined" {
	local ada direct
	in_call ada @bob:s.test --driver null
	wait_for "$F" '"event":"ringing".*"ring":true'
	use_home bob
	direct=$(rows "$F" '.event == "ringing"' | jq -r .room_id)
	m room join "$direct" >/dev/null
	m read "$direct" | grep -q 'is calling (muster call answer)'
	m call decline --json | jq -e '.sender == "@ada:s.test"'
	wait_for "$F" '"event":"declined".*@bob:s.test'
	fails_with 5 call answer --driver null
	[[ $stderr == *"nobody is calling"* ]]
	use_home ada
	m call leave
	ended "$PID" 0
	in_call ada @bob:s.test --driver null
	ada=$F
	wait_for "$ada" '"event":"ringing"'
	VERB="call answer" joined bob --driver null
	wait_for "$ada" '"event":"joined".*@bob:s.test'
	m call leave
	ended "$PID" 0
	rows "$F" '.event == "ringing"' | jq -es 'length == 0' >/dev/null
	wait_for "$ada" '"event":"left".*@bob:s.test'
}

@test "what cannot be is refused with its reason" {
	local secret
	secret=$(new_room Secret)
	encrypt "$secret"
	fails_with 9 call join "$secret" --driver null
	[[ $stderr == *encrypt* ]]
	fails_with 5 call join '!none:s.test' --driver null
	fails_with 2 call join "$ROOM" --play "$TONE" --in -
	fails_with 2 call join "$ROOM" --listen-only --muted
	fails_with 2 call join "$ROOM" --stay
	fails_with 2 call join "$ROOM" --in - --pcm mp3
	fails_with 5 call join "$ROOM" --play nothing-there.wav
	fails_with 1 call join "$ROOM" --driver null --events /nowhere/at/all 2>/dev/null ||
		fails_with 5 call join "$ROOM" --driver null --events /nowhere/at/all
	# Where nobody was in a call none is over; a recording is not lost by repeating a command.
	fails_with 5 call join "$ROOM" --play nothing-there.wav
	[[ $stderr == *nothing-there.wav* && -z $output ]]
	echo old >old.wav
	fails_with 2 call join "$ROOM" --listen-only --record old.wav
	[[ $stderr == *old.wav*--force* && $(<old.wav) == old ]]
	fails_with 5 call mute
	joined ada "$ROOM" --driver null
	fails_with 1 call join "$ROOM" --driver null
	[[ $stderr == *already* ]]
}

@test "people who may not call hear why; --dry-run does nothing" {
	local quiet
	quiet=$(new_room Quiet --invite @bob:s.test)
	put_state "$quiet" m.room.power_levels '{"users":{"@ada:s.test":100},"events":{"org.matrix.msc3401.call.member":50}}'
	use_home bob
	m room join "$quiet" >/dev/null
	fails_with 4 call join "$quiet" --driver null
	[[ $stderr == *org.matrix.msc3401.call.member* ]]
	m call join "$ROOM" --dry-run --json | jq -e '.dry_run and .room_id'
	m schema "call join" --json | jq -e '.properties.event' >/dev/null
}

@test "call token: for programs that speak or listen, listed, removed" {
	local token device
	m call token "$ROOM" --name OBS --json >out
	jq -es --arg u "$URL/whip" 'length == 1 and (.[0] | .for == "speak" and .name == "OBS" and .url == $u)' out >/dev/null
	token=$(jq -er .token out)
	device=$(jq -er .device_id out)
	m call token "$ROOM" --listen --json | jq -e --arg u "$URL/whep" '.for == "listen" and .url == $u' >/dev/null
	m call token "$ROOM" --list --json >list
	jq -es --arg d "$device" 'length == 2 and .[0].device_id == $d and .[0].name == "OBS"' list >/dev/null
	run ! grep -qF "$token" list
	# It opens nothing else.
	[ "$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" "$URL/_matrix/client/v3/sync")" = 403 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" -H 'Content-Type: application/sdp' -d 'v=0' "$URL/whip")" = 400 ]
	m call token "$ROOM" --remove "$device" --json | jq -e --arg d "$device" '.device_id == $d' >/dev/null
	[ "$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" -H 'Content-Type: application/sdp' -d 'v=0' "$URL/whip")" = 401 ]
	fails_with 5 call token "$ROOM" --remove "$device"
	fails_with 2 call token "$ROOM" --remove "$device" --list
}
