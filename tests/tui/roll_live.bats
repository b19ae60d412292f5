# Roll-calls on the screen, with a real server: opened, answered by a key and a word, counted live.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	start_physics
	use_home ben
	m read "$ROOM" >/dev/null
	use_home ada
	m read "$ROOM" >/dev/null
}

teardown_file() {
	stop_server
}

teardown() {
	end_jobs
	use_home ada
	m roll cancel "$ROOM" -q >/dev/null 2>&1 || true
}

@test "staff open one on the screen and see who answers" {
	use_home ada
	screen "${go_physics[@]}" 'type:/roll open --window 1h' key:enter 'wait:Open until' 'wait:0 here' \
		"$(as_ben send Physics here)" 'wait:1 here' \
		"$(as_ben roll answer Physics --away)" 'wait:1 cannot come' \
		'type:/roll close' key:enter 'wait:Closed at'
}

@test "a pupil answers by /here, and changes it by a key" {
	use_home ada
	m roll open "$ROOM" --window 1h -q >/dev/null
	use_home ben
	screen "${go_physics[@]}" 'wait:/here, or' type:/here key:enter 'wait:you are here' \
		key:up type:2 'wait:you cannot come' \
		"$(until_so ada "roll status '$ROOM'" '.[0].status == "away" and .[0].way == "vote"')"
}

@test "a pupil's own mark is a command away, of the lesson that is on" {
	use_home ada
	m meet schedule Waves --uid waves --room "$ROOM" --start now --duration 45m -q >/dev/null
	m roll open "$ROOM" --meeting now --window 1h -q >/dev/null
	use_home ben
	screen "${go_physics[@]}" 'wait:/here, or' type:/here key:enter 'wait:you are here' \
		'type:/attendance mine' key:enter 'wait:╭─ attendance mine' 'wait:Mark: ' key:esc 'gone:Mark: '
	use_home ada
	# Of a lesson that is under way, too, though that is not the last word.
	screen "${go_physics[@]}" 'type:/attendance show' key:enter 'wait:╭─ attendance show' 'wait:@ben:s.test' \
		'wait:still under way' key:esc 'gone:╭─ attendance show'
	m meet cancel waves --yes -q >/dev/null
}

@test "linear: the roll is told with how long it is open; /here answers it" {
	use_home ada
	m roll open "$ROOM" --window 1h -q >/dev/null
	use_home ben
	m read "$ROOM" >/dev/null
	printf '/go physics\n/here\n' | timeout "$STEP" "$MUSTER" --linear >said
	cat said
	grep -q 'Open until .*; /here answers' said
	use_home ada
	m roll status "$ROOM" --json | jq -es '.[0].status == "here"' >/dev/null
}
