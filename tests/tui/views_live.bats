# Panes and keys of a room against a real server.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	start_physics
	export DOOR
	DOOR=$(new_room Chess --alias chess)
	m room set "$DOOR" join knock >/dev/null
	m read "$ROOM" >/dev/null
}

teardown_file() {
	stop_server
}

setup() {
	use_home ada
}

go_physics+=('wait:first of all')

@test "favourite, out of the way, notifications, read and unread by keys" {
	screen "${go_physics[@]}" key:alt-v 'wait:Favourites' key:alt-v 'gone:Favourites' \
		key:alt-l 'wait:Out of the way' key:alt-l 'gone:Out of the way' \
		key:alt-i 'wait:as everywhere' key:alt-g 'wait:every message' key:esc \
		"$(until_so ada "room notify '$ROOM'" '.[0].notify == "all"')" \
		'gone:About the room' key:alt-j 'wait:•' key:alt-k 'gone:•'
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
		"$(arrived '.filename == "board.png"')" 'gone:sending' \
		key:up 'wait:r answer' 'run:rm board.png' type:s wait:board.png \
		"run:timeout $STEP sh -c 'until [ -s board.png ]; do sleep 0.1; done'"
}

@test "a poll from the line; a pin by its key, and the way to it" {
	screen "${go_physics[@]}" 'type:/poll "Which day?" Monday Friday' key:enter 'wait:1 [ ]' \
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
		'gone:(1 new)' key:ctrl-x 'wait:edited here' 'wait:Write a message' key:enter \
		"$(arrived ".body == \"edited here\" and .thread == \"$root\"")" 'wait:2 answers'
}

@test "an editor that is not there changes nothing" {
	EDITOR=/nowhere/editor screen "${go_physics[@]}" 'type:my words' key:ctrl-x 'wait:editor failed' \
		'wait:my words' key:ctrl-c
}
