# Panes and keys of a room against a real server.
bats_require_minimum_version 1.5.0
load ../cli/helper

TUI_TOOLS=${TUI_TOOLS:-$TOP/build/release/tests/tui}

setup_file() {
	clean_environment
	start_server
	sign_up ada
	sign_up ben
	use_home ada
	export ROOM DOOR
	ROOM=$(new_room Physics --invite @ben:s.test)
	DOOR=$(new_room Chess --alias chess)
	m room set "$DOOR" join knock >/dev/null
	m send "$ROOM" 'first of all' >/dev/null
	use_home ben
	m room join "$ROOM" >/dev/null
	use_home ada
	m read "$ROOM" >/dev/null
}

teardown_file() {
	stop_server
}

setup() {
	use_home ada
}

screen() {
	"$TUI_TOOLS/screen" -s 100x30 "$@" key:ctrl-q exit:0 -- "$MUSTER"
}

go_physics=(wait:F1 key:ctrl-k 'wait:Go to' type:physics 'wait:› physics' key:enter 'gone:Go to'
	'wait:first of all')

as_ben() {
	local h=$BATS_FILE_TMPDIR/home-ben
	echo "run:HOME=$h XDG_CONFIG_HOME=$h/config XDG_DATA_HOME=$h/data XDG_STATE_HOME=$h/state XDG_CACHE_HOME=$h/cache XDG_RUNTIME_DIR=$h/run $MUSTER $* >/dev/null"
}

@test "favourite, out of the way, notifications, read and unread by keys" {
	screen "${go_physics[@]}" key:alt-v 'wait:Favourites' key:alt-v 'gone:Favourites' \
		key:alt-l 'wait:Out of the way' key:alt-l 'gone:Out of the way' \
		key:alt-i 'wait:as everywhere' key:alt-g 'wait:every message' key:esc \
		'gone:About the room' key:alt-j 'wait:•' key:alt-k 'gone:•'
	m room notify "$ROOM" | grep -q all
}

@test "who knocks is let in" {
	screen "${go_physics[@]}" "$(as_ben room knock "'#chess:s.test'" --reason "'for chess'")" \
		'wait:ben asks: Chess' key:alt-r key:home key:enter 'wait:Let ben in  for chess' \
		key:enter 'gone:asks: Chess'
	use_home ben
	m room join '#chess:s.test' >/dev/null
}

@test "a file is sent and saved, an image told with its size" {
	printf '\211PNG\r\n\032\n0123456789' >board.png
	screen "${go_physics[@]}" 'type:/file bo' 'wait:board.png' key:tab 'wait:/file board.png' \
		type:our\ board key:enter 'wait:▤ board.png (18 B)' 'wait:our board' \
		"run:until '$MUSTER' read '$ROOM' --json </dev/null | jq -es 'any(.[]; .filename == \"board.png\")' >/dev/null; do :; done" \
		'gone:sending' \
		key:up 'wait:r answer' "run:rm board.png" type:s wait:board.png \
		'run:for i in $(seq 600); do [ -s board.png ] && exit 0; sleep 0.1; done; exit 1'
	m read "$ROOM" --json | jq -es 'any(.[]; .filename == "board.png")' >/dev/null
}

@test "a poll from the line; a pin by its key, and the way to it" {
	screen "${go_physics[@]}" 'type:/poll "Which day?" Monday Friday' key:enter 'wait:Monday' \
		key:up 'wait:r answer' type:p 'wait:Pinned' key:esc key:alt-i 'wait:⚑'
	m room pins "$ROOM" | grep -q 'Which day'
}

@test "a thread that is looked at is read; its text to the editor and back stays there" {
	m read "$ROOM" --json | jq -r 'select(.body == "first of all") | .event_id' >root
	root=$(cat root)
	printf '#!/bin/sh\nprintf "edited here" >"$1"\n' >editor
	chmod +x editor
	EDITOR=$PWD/editor screen "${go_physics[@]}" \
		"$(as_ben send Physics "'in the thread'" --thread "'$root'")" 'wait:(1 new)' \
		key:alt-t 'wait:words of a thread' 'wait:1 •' key:enter 'wait:Answer in the thread' \
		'gone:(1 new)' key:ctrl-x 'wait:edited here' 'wait:Write a message' key:enter 'gone:sending' \
		'wait:2 answers'
	m read "$ROOM" --thread "$root" --json | jq -es 'any(.[]; .body == "edited here")' >/dev/null
}

@test "an editor that is not there changes nothing" {
	EDITOR=/nowhere/editor screen "${go_physics[@]}" 'type:my words' key:ctrl-x 'wait:editor failed' \
		'wait:my words' key:ctrl-c
}
