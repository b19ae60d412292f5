# A live lesson on the screen, with a real server: hands in order, the floor, microphones, the lock, the end.
bats_require_minimum_version 1.5.0
load helper
load ../cli/calls

setup_file() {
	start_physics
	use_home ben
	m read "$ROOM" >/dev/null
	use_home ada
	m read "$ROOM" >/dev/null
}

setup() {
	use_home ada
	# Nobody has the floor from the last one.
	m live end "$ROOM" --keep-call -q >/dev/null
	VERB="live start" joined ada "$ROOM" --input tone:440,-20 --output null
	ADA=$F
	ADA_PID=$PID
	VERB="live join" joined ben "$ROOM" --input tone:880,-20 --output null
	BEN=$F
	BEN_PID=$PID
	wait_for "$ADA" '"event":"joined".*@ben:s.test'
}

teardown_file() {
	stop_server
}

screen() {
	"$TUI_TOOLS/screen" -s 110x30 "$@" key:ctrl-q exit:0 -- "$MUSTER"
}

@test "who leads sees whose hand is up, and gives and takes the floor" {
	use_home ada
	screen 'wait:live, you lead' "$(as_ben call hand)" 'wait:1 hand' \
		key:alt-w 'wait:In the call' 'wait:✋1' type:ben key:enter 'wait:Give the floor' key:enter \
		'wait:has the floor, microphone off' "$(as_ben call unmute)" 'wait:speaks' \
		key:enter 'wait:Take the floor' key:enter 'gone:What to do' 'wait:microphone off'
	wait_for "$BEN" '"event":"floor".*"self":true.*"given":true'
	wait_for "$BEN" '"event":"floor".*"self":true.*"given":false'
	wait_for "$BEN" '"event":"muted".*"self":true.*"by":"host"'
}

@test "the audience sees that it listens, raises a hand by a key, and cannot act on others" {
	use_home ben
	screen 'wait:live · listening' 'wait:raise your hand' key:alt-h 'wait:your hand is up' \
		key:alt-x 'wait:this is a live lesson' \
		key:alt-w 'wait:In the call' type:ada key:enter 'wait:Only who leads the call'
	wait_for "$ADA" '"event":"hand".*@ben:s.test.*"hand":true'
}

@test "the lock, everybody's microphone and the end are a key away; slash commands do the same" {
	use_home ada
	screen 'wait:live, you lead' key:alt-w 'wait:Lock the call' key:down key:down key:down key:enter 'wait:Unlock the call' \
		key:esc 'gone:In the call' 'wait:· locked' \
		'type:/call unlock' key:enter 'gone:· locked' \
		'type:/live end --keep-call' key:enter 'gone:live, you lead' \
		key:alt-w 'wait:Make it a live lesson' key:down key:down key:down key:down key:enter 'wait:Enter does it' key:enter 'gone:☎'
	ended "$BEN_PID" 0
	ended "$ADA_PID" 0
	[ "$(rows "$BEN" '.event == "ended"' | jq -r .reason)" = ended ]
}

# Whom the bar shows in a call of its own: what is typed there is done there.
@test "a live lesson is begun and joined by what is typed on the screen" {
	kill -TERM "$ADA_PID" "$BEN_PID"
	ended "$ADA_PID" 143
	ended "$BEN_PID" 143
	use_home ada
	m live end "$ROOM" -q >/dev/null
	m config set call.input tone: -q
	m config set call.output null: -q
	screen wait:F1 'type:/live join --record x.ogg' key:enter 'wait:is for a shell' key:ctrl-u \
		'type:/live start' key:enter 'wait:live, you lead' 'gone:joining…' 'type:/call status' key:enter 'wait:State: in it' \
		key:esc 'gone:State: in it' 'type:/live end' key:enter 'gone:☎'
	VERB="live start" joined ada "$ROOM" --input tone:440,-20 --output null
	use_home ben
	m config set call.input tone: -q
	m config set call.output null: -q
	screen wait:F1 'type:/live join' key:enter 'wait:live · listening' 'gone:joining…' 'type:/call hand' key:enter \
		'wait:your hand is up' key:alt-c 'gone:☎'
}
