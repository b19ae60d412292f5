# What a screen does when something ends under it: the terminal, the log-in, the process that syncs.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	start_physics
	m read "$ROOM" >/dev/null
}

teardown_file() {
	stop_server
}

setup() {
	use_home ada
}

# with_pid: the screen's program, which tells its process id in ./pid
with_pid() {
	rm -f pid
	printf '#!/bin/sh\necho $$ >pid\nexec "%s" "$@"\n' "$MUSTER" >with_pid
	chmod +x with_pid
}

draft_of() {
	"$TUI_TOOLS/screen" "wait:$1" key:ctrl-c "gone:$1" key:ctrl-q exit:0 -- "$MUSTER"
}

@test "SIGHUP ends it, and what was being written is kept" {
	with_pid
	"$TUI_TOOLS/screen" wait:F1 'wait:first of all' 'type:half a word' 'wait:half a word' \
		'run:kill -HUP $(cat pid)' exit:0 -- ./with_pid
	draft_of 'half a word'
}

@test "a terminal that goes away ends it, and what was being written is kept" {
	TERM=xterm-256color python3 "$TOP/tests/tui/hang_up.py" 'first of all' 'all but sent' 'all but sent' \
		"$MUSTER" >said
	grep -q '^status 0$' said
	draft_of 'all but sent'
}

@test "line by line, SIGHUP lets what was sent go out first" {
	with_pid
	"$TUI_TOOLS/screen" 'wait:Physics:' 'type:sent before the end' key:enter $'wait:the end\nPhysics:' \
		'run:kill -HUP $(cat pid)' exit:0 -- ./with_pid --linear
	use_home ben
	m read "$ROOM" --json | jq -es 'any(.[]; .body == "sent before the end")' >/dev/null
}

@test "the process that syncs dies under an open screen, which goes on by itself" {
	follow "$ROOM"
	"$TUI_TOOLS/screen" 'wait:first of all' "$(as_ben send Physics 'by the other')" \
		'wait:by the other' "run:kill -KILL $FOLLOWER" \
		"$(as_ben send Physics 'by itself')" 'wait:by itself' \
		'type:still here' key:enter "$(arrived '.body == "still here"')" key:ctrl-q exit:0 -- "$MUSTER"
}

@test "logged out from elsewhere: the screen says so, keeps what it has, sends nothing, ends well" {
	local device
	device=$(m device list --json | jq -r 'select(.current).device_id')
	[ "$device" ]
	use_home elsewhere
	echo sesame-open-ada | mi login "$URL" --user ada --password-stdin -q >/dev/null
	use_home ada
	"$TUI_TOOLS/screen" -s 100x24 'wait:first of all' \
		"run:echo sesame-open-ada | $(home_of elsewhere) $MUSTER device remove $device --password-stdin -q" \
		'wait:logged out: muster login' 'wait:first of all' 'type:to nobody' key:enter \
		'wait:› to nobody' 'wait:logged @ada:s.test out' key:ctrl-q exit:0 -- "$MUSTER"
	use_home ben
	m read "$ROOM" --json | jq -es 'all(.[]; .body != "to nobody")' >/dev/null
	# Logged in again, it is there still.
	use_home ada
	echo sesame-open-ada | mi login "$URL" --user ada --password-stdin -q >/dev/null
	draft_of 'to nobody'
}

@test "that one does not come is told though the screen is left at once" {
	local caller=$BATS_FILE_TMPDIR/caller direct
	use_home ben
	"$MUSTER" call join @ada:s.test --driver null --json >"$caller" 2>"$caller.err" </dev/null 3>&- &
	local pid=$!
	wait_for "$caller" '"event":"ringing"'
	direct=$(jq -r 'select(.event == "ringing").room_id' "$caller")
	use_home ada
	m room join "$direct" >/dev/null
	m read "$direct" >/dev/null
	"$TUI_TOOLS/screen" -s 100x30 'wait:Somebody calls' key:down key:down key:down \
		'wait:› Tell them' key:enter key:ctrl-q exit:0 -- "$MUSTER"
	wait_for "$caller" '"event":"declined".*@ada:s.test'
	kill -INT "$pid"
	gone "$pid"
}
