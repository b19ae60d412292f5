# Golden screens of roll-calls, as staff and as a pupil see them, and what the linear mode says. No server.
bats_require_minimum_version 1.5.0
load ../cli/helper

GOLDEN=$TOP/tests/tui/golden
TUI_TOOLS=${TUI_TOOLS:-$TOP/build/release/tests/tui}

setup_file() {
	clean_environment
	translated_locale
	for p in ada ben; do
		use_home "$p"
		"$TUI_TOOLS/fill" "@$p:school.test" "$TOP/tests/tui/roll.json"
		cp -r "$BATS_FILE_TMPDIR/home-$p" "$BATS_FILE_TMPDIR/pristine-$p"
	done
	cd "$BATS_FILE_TMPDIR" || return 1
}

setup() {
	unset LANGUAGE NO_COLOR MUSTER_THEME
}

# screen WHO SIZE STEPS...
screen() {
	local who=$1 size=$2
	shift 2
	cd "$BATS_FILE_TMPDIR" || return 1
	rm -rf "$BATS_FILE_TMPDIR/home-$who"
	cp -r "$BATS_FILE_TMPDIR/pristine-$who" "$BATS_FILE_TMPDIR/home-$who"
	use_home "$who"
	"$TUI_TOOLS/screen" -s "$size" "$@" key:ctrl-q exit:0 -- "$MUSTER"
}

@test "staff see the numbers, pupils their own answer" {
	screen ada 80x24 'wait:until' key:focus-out "golden:$GOLDEN/roll-staff-80x24.txt"
	screen ben 80x24 'wait:/here' key:focus-out "golden:$GOLDEN/roll-pupil-80x24.txt"
	LANGUAGE=ja screen ada 200x50 'wait:09:10' key:focus-out "golden:$GOLDEN/roll-staff-200x50-ja.txt"
}

@test "a roll-call in a window of any size" {
	for size in 2x2 20x3 12x40; do
		screen ben 80x24 'wait:/here' "resize:$size" resize:80x24 'wait:/here'
	done
}
