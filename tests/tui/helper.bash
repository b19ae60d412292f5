# What tests of the full screen share.
load ../cli/helper

# shellcheck disable=SC2034
GOLDEN=$TOP/tests/tui/golden
TUI_TOOLS=${TUI_TOOLS:-$TOP/build/release/tests/tui}

# -- With a server -----------------------------------------------------------------

# A server with Ada and Ben, both in Physics ($ROOM), in which something was said. Ada is the present account.
start_physics() {
	clean_environment
	start_server
	sign_up ada
	sign_up ben
	use_home ada
	ROOM=$(new_room Physics --invite @ben:s.test)
	export ROOM
	m send "$ROOM" 'first of all' >/dev/null
	use_home ben
	m room join "$ROOM" >/dev/null
	use_home ada
}

# screen STEPS... : a person's screen, on whatever room was open
screen() {
	"$TUI_TOOLS/screen" -s 100x30 "$@" key:ctrl-q exit:0 -- "$MUSTER"
}

# shellcheck disable=SC2034
go_physics=(wait:F1 key:ctrl-k 'wait:Go to' type:physics 'wait:› physics' key:enter 'gone:Go to')

# home_of NAME: what a shell sets for a command of theirs
home_of() {
	local h=$BATS_FILE_TMPDIR/home-$1
	echo "HOME=$h XDG_CONFIG_HOME=$h/config XDG_DATA_HOME=$h/data XDG_STATE_HOME=$h/state XDG_CACHE_HOME=$h/cache XDG_RUNTIME_DIR=$h/run"
}

# as_ben COMMAND: a step that does it as Ben
as_ben() {
	echo "run:$(home_of ben) $MUSTER $* >/dev/null"
}

# until_so NAME COMMAND FILTER: a step that lasts until this holds for the list of COMMAND's rows, asked as NAME. What
# is typed into a screen is not sent yet when the key has been pressed, nor is it shown that it is being sent.
until_so() {
	local script
	script=$(mktemp "$BATS_FILE_TMPDIR/until.XXXXXX")
	cat >"$script" <<-END
		export $(home_of "$1")
		until '$MUSTER' $2 --json </dev/null | jq -es $(printf %q "$3") >/dev/null; do
			read -rt 0.1 <> <(:) || :
		done
	END
	echo "run:timeout $STEP bash '$script'"
}

# arrived CONDITION: a step that lasts until Ben sees such a message in Physics
arrived() {
	until_so ben 'read Physics' "any(.[]; $1)"
}

# -- Golden screens, without one -----------------------------------------------------
# Literal events in the cache, a fixed zone. What is compared is every letter, the cursor, and colours and attributes of
# what is not blank.

# fill_home HOME USER SYNC: their cache holds that, and nothing else
fill_home() {
	use_home "$1"
	"$TUI_TOOLS/fill" "@$2:school.test" "$TOP/tests/tui/$3"
	cp -r "$BATS_FILE_TMPDIR/home-$1" "$BATS_FILE_TMPDIR/pristine-$1"
	cd "$BATS_FILE_TMPDIR" || return 1
}

# fill_homes SYNC NAME... : people of whose server nobody ever hears
fill_homes() {
	local p
	clean_environment
	translated_locale
	for p in "${@:2}"; do fill_home "$p" "$p" "$1"; done
}

# A server that has no news: quiet_server NAME ARGS..., its address in $QUIET
quiet_server() {
	python3 "$TOP/tests/tui/quiet_server.py" "${@:2}" >"$BATS_FILE_TMPDIR/$1.port" 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/$1.pid"
	wait_for "$BATS_FILE_TMPDIR/$1.port" '^[0-9]+$'
	QUIET=http://127.0.0.1:$(cat "$BATS_FILE_TMPDIR/$1.port")
}

# screen_of WHO SIZE STEPS... : as if nothing had been done there; at the time $AT, if that is set
screen_of() {
	local who=$1 size=$2 clock=()
	shift 2
	cd "$BATS_FILE_TMPDIR" || return 1
	rm -rf "$BATS_FILE_TMPDIR/home-$who"
	cp -r "$BATS_FILE_TMPDIR/pristine-$who" "$BATS_FILE_TMPDIR/home-$who"
	use_home "$who"
	# A sanitizer's library would like to be the first; the clock needs none of it.
	[ -z "${AT:-}" ] || clock=(LD_PRELOAD="$TUI_TOOLS/fixed_clock.so" TEST_WALL="$AT"
		ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0")
	"$TUI_TOOLS/screen" -s "$size" "$@" key:ctrl-q exit:0 -- env "${clock[@]}" "$MUSTER"
}
