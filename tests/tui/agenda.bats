# Golden screens of meetings: the agenda of all rooms, and the line above a room's messages. No server; the
# clock stands at ten past ten in Berlin on a Monday, while the lesson is on.
bats_require_minimum_version 1.5.0
load ../cli/helper

GOLDEN=$TOP/tests/tui/golden
TUI_TOOLS=${TUI_TOOLS:-$TOP/build/release/tests/tui}
NOW=1764580200

setup_file() {
	clean_environment
	translated_locale
	export TZ=Europe/Berlin
	for p in ada ben; do
		use_home "$p"
		"$TUI_TOOLS/fill" "@$p:school.test" "$TOP/tests/tui/meetings.json"
		cp -r "$BATS_FILE_TMPDIR/home-$p" "$BATS_FILE_TMPDIR/pristine-$p"
	done
	cd "$BATS_FILE_TMPDIR" || return 1
}

setup() {
	unset LANGUAGE NO_COLOR MUSTER_THEME
	export TZ=Europe/Berlin
}

# screen WHO SIZE STEPS...
screen() {
	local who=$1 size=$2
	shift 2
	cd "$BATS_FILE_TMPDIR" || return 1
	rm -rf "$BATS_FILE_TMPDIR/home-$who"
	cp -r "$BATS_FILE_TMPDIR/pristine-$who" "$BATS_FILE_TMPDIR/home-$who"
	use_home "$who"
	"$TUI_TOOLS/screen" -s "$size" "$@" key:ctrl-q exit:0 -- \
		env LD_PRELOAD="$TUI_TOOLS/fixed_clock.so" TEST_WALL="${AT:-$NOW}" "$MUSTER"
}

maths=(key:focus-out key:ctrl-k 'wait:──' type:maths 'wait:› maths' key:enter 'wait:Which page')

@test "above a room's messages: what is on, that attendance is taken, the call" {
	screen ada 80x24 "${maths[@]}" 'wait:until 10:45' "golden:$GOLDEN/lesson-80x24.txt"
	screen ada 200x50 "${maths[@]}" 'wait:until 10:45' "golden:$GOLDEN/lesson-200x50.txt"
	LANGUAGE=zh_CN screen ada 80x24 "${maths[@]}" wait:10:45 "golden:$GOLDEN/lesson-80x24-zh.txt"
	LANGUAGE=ja screen ada 200x50 "${maths[@]}" wait:10:45 "golden:$GOLDEN/lesson-200x50-ja.txt"
	AT=1764580200 screen ada 120x20 key:focus-out key:ctrl-k 'wait:──' type:physics \
		'wait:› physics' key:enter 'wait:next: Physics: light and lenses, 11:00'
	# Nothing is on any more, nothing is taken: what comes is told.
	AT=1764589500 screen ada 120x20 "${maths[@]}" 'wait:next: Maths 5b, Wed 11:30' 'gone:attendance is taken'
}

@test "the agenda in three languages, 80x24 and 200x50" {
	screen ada 80x24 key:focus-out 'wait:Attic' key:alt-e 'wait:four weeks' \
		"golden:$GOLDEN/agenda-80x24.txt" key:esc gone:Physics,
	screen ada 200x50 key:focus-out 'wait:Attic' type:/agenda\  key:enter 'wait:four weeks' \
		"golden:$GOLDEN/agenda-200x50.txt" key:esc gone:Physics,
	LANGUAGE=zh_CN screen ada 80x24 key:focus-out 'wait:Attic' key:alt-e wait:Physics, \
		"golden:$GOLDEN/agenda-80x24-zh.txt" key:esc gone:Physics,
	LANGUAGE=zh_CN screen ada 200x50 key:focus-out 'wait:Attic' key:alt-e wait:Physics, \
		"golden:$GOLDEN/agenda-200x50-zh.txt" key:esc gone:Physics,
	LANGUAGE=ja screen ada 80x24 key:focus-out 'wait:Attic' key:alt-e wait:Physics, \
		"golden:$GOLDEN/agenda-80x24-ja.txt" key:esc gone:Physics,
	LANGUAGE=ja screen ada 200x50 key:focus-out 'wait:Attic' key:alt-e wait:Physics, \
		"golden:$GOLDEN/agenda-200x50-ja.txt" key:esc gone:Physics,
}

@test "what can be done with a meeting: staff may change it, others may not" {
	screen ada 80x24 key:focus-out 'wait:Attic' key:alt-e 'wait:four weeks' key:enter \
		'wait:This meeting' "golden:$GOLDEN/meeting-80x24.txt" key:esc 'gone:This meeting'
	screen ben 80x24 key:focus-out 'wait:Attic' key:alt-e 'wait:four weeks' type:maths key:enter \
		'wait:This meeting' 'wait:Open the room' 'gone:Cancel it' key:esc 'gone:This meeting'
	# The command is there to be finished; a name that is no plain word stands in quotes.
	screen ada 80x24 key:focus-out 'wait:Attic' key:alt-e 'wait:four weeks' type:lenses key:enter \
		'wait:This meeting' key:down key:down key:down key:enter 'wait:/meet change p1' key:esc 'gone:/meet change'
	screen ada 80x24 key:focus-out 'wait:Attic' key:alt-e 'wait:four weeks' key:pagedown key:pagedown \
		'wait:+ Schedule' key:enter \
		'wait:/meet schedule' key:esc 'gone:/meet schedule'
}

@test "an agenda in a window of any size, days passed over" {
	for size in 1x1 2x2 20x3 300x5 12x40 40x12; do
		screen ada 80x24 key:focus-out 'wait:Attic' key:alt-e 'wait:four weeks' "resize:$size" \
			key:down key:down key:up resize:80x24 'wait:four weeks' key:esc 'wait:Write a message'
	done
	screen ada 40x12 key:focus-out key:alt-e 'wait:four' "golden:$GOLDEN/agenda-40x12.txt" key:esc 'wait:Write a message'
	screen ada 80x24 key:focus-out 'wait:Attic' key:alt-e 'wait:four weeks' key:pageup key:up \
		key:pagedown key:pagedown key:pagedown 'wait:+ Schedule' key:up key:up "golden:$GOLDEN/agenda-end-80x24.txt" key:esc gone:Physics,
}
