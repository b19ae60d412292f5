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

# as_ben COMMAND: a step that does it as Ben
as_ben() {
	local h=$BATS_FILE_TMPDIR/home-ben
	echo "run:HOME=$h XDG_CONFIG_HOME=$h/config XDG_DATA_HOME=$h/data XDG_STATE_HOME=$h/state XDG_CACHE_HOME=$h/cache XDG_RUNTIME_DIR=$h/run $MUSTER $* >/dev/null"
}

# -- Golden screens, without one -----------------------------------------------------

# fill_homes SYNC NAME... : people whose cache holds that, and nothing else
fill_homes() {
	local sync=$TOP/tests/tui/$1 p
	shift
	clean_environment
	translated_locale
	for p in "$@"; do
		use_home "$p"
		"$TUI_TOOLS/fill" "@$p:school.test" "$sync"
		cp -r "$BATS_FILE_TMPDIR/home-$p" "$BATS_FILE_TMPDIR/pristine-$p"
	done
	cd "$BATS_FILE_TMPDIR" || return 1
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
