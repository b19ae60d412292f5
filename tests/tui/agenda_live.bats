# Meetings on the screen, with a real server: scheduled by a command, begun, called off.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	start_physics
	new_room Attic >/dev/null
	m read "$ROOM" >/dev/null
}

teardown_file() {
	stop_server
}

@test "scheduled in the open room, begun, seen by others, cancelled" {
	use_home ada
	screen "${go_physics[@]}" 'type:/meet schedule Waves --uid waves --start now --duration 45m' key:enter \
		'wait:Waves now, until' key:alt-e 'wait:● ' key:enter 'wait:This meeting' key:down key:down key:down \
		key:enter 'wait:attendance is taken' \
		"$(as_ben meet show waves)" \
		key:alt-e 'wait:now · attendance' key:enter 'wait:End it now' key:down key:down key:down key:down key:down \
		key:enter 'wait:/meet cancel waves' type:--yes key:enter 'gone:Waves now'
	m meet list --all --json | jq -es 'length == 1 and .[0].status == "cancelled" and .[0].title == "Waves"' >/dev/null
}

@test "everybody sees that attendance is taken; a poll is made in the room that is named" {
	use_home ada
	m meet schedule Light --uid light --room "$ROOM" --start now --duration 45m -q >/dev/null
	m meet start light -q >/dev/null
	use_home ben
	screen wait:F1 key:ctrl-k 'wait:Go to' type:physics 'wait:› physics' key:enter 'wait:Light now, until' \
		'wait:attendance is taken' key:alt-e 'wait:● ' key:enter 'wait:This meeting' 'gone:Cancel it' key:esc \
		'gone:This meeting'
	use_home ada
	screen wait:F1 key:ctrl-k 'wait:Go to' type:attic 'wait:› attic' key:enter 'gone:Go to' \
		'type:/poll create Physics "Which day?" Monday Friday' key:enter \
		'wait:poll create: done' key:ctrl-k 'wait:Go to' type:physics 'wait:› physics' key:enter 'wait:Which day?'
	m read "$ROOM" --json | jq -es 'any(.[]; .type | test("poll.start"))' >/dev/null
	# Line by line the word is the verb.
	printf '/go physics\n/agenda\n' | timeout "$STEP" "$MUSTER" --linear >heard
	grep -q '^Light now, until' heard
	grep -q 'Light (Physics).*\[now\]' heard
}
