# Roll-calls on the screen, with a real server: opened, answered by a key and a word, counted live.
bats_require_minimum_version 1.5.0
load ../cli/helper

TUI_TOOLS=${TUI_TOOLS:-$TOP/build/release/tests/tui}

setup_file() {
	clean_environment
	start_server
	sign_up ada
	sign_up ben
	use_home ada
	ROOM=$(new_room Physics --invite @ben:s.test)
	export ROOM
	use_home ben
	m room join "$ROOM" -q >/dev/null
	m read "$ROOM" >/dev/null
	use_home ada
	m read "$ROOM" >/dev/null
}

teardown_file() {
	stop_server
}

teardown() {
	use_home ada
	m roll cancel "$ROOM" -q >/dev/null 2>&1 || true
}

go_physics=(wait:F1 key:ctrl-k 'wait:Go to' type:physics 'wait:› physics' key:enter 'gone:Go to')

screen() {
	"$TUI_TOOLS/screen" -s 100x30 "$@" key:ctrl-q exit:0 -- "$MUSTER"
}

# as_ben COMMAND: for run: steps
as_ben() {
	local h=$BATS_FILE_TMPDIR/home-ben
	echo "run:HOME=$h XDG_CONFIG_HOME=$h/config XDG_DATA_HOME=$h/data XDG_STATE_HOME=$h/state XDG_CACHE_HOME=$h/cache XDG_RUNTIME_DIR=$h/run $MUSTER $* >/dev/null"
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
		key:up type:2 'wait:you cannot come'
	use_home ada
	m roll status "$ROOM" --json | jq -es '.[0].status == "away" and .[0].way == "vote"' >/dev/null
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
