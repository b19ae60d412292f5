# Golden screens of meetings: the agenda of all rooms, and the line above a room's messages. No server; the
# clock stands at ten past ten in Berlin on a Monday, while the lesson is on.
bats_require_minimum_version 1.5.0
load helper

AT=1764580200

setup_file() {
	fill_homes meetings.json ada ben
	export TZ=Europe/Berlin
}

setup() {
	unset LANGUAGE NO_COLOR MUSTER_THEME
	export TZ=Europe/Berlin
}

maths=(key:focus-out key:ctrl-k 'wait:──' type:maths 'wait:› maths' key:enter 'wait:Which page')

@test "above a room's messages: what is on, that attendance is taken, the call" {
	screen_of ada 80x24 "${maths[@]}" 'wait:until 10:45' "golden:$GOLDEN/lesson-80x24.txt"
	screen_of ada 200x50 "${maths[@]}" 'wait:until 10:45' "golden:$GOLDEN/lesson-200x50.txt"
	LANGUAGE=zh_CN screen_of ada 80x24 "${maths[@]}" wait:10:45 "golden:$GOLDEN/lesson-80x24-zh.txt"
	LANGUAGE=ja screen_of ada 200x50 "${maths[@]}" wait:10:45 "golden:$GOLDEN/lesson-200x50-ja.txt"
	screen_of ada 120x20 key:focus-out key:ctrl-k 'wait:──' type:physics \
		'wait:› physics' key:enter 'wait:next: Physics: light and lenses, 11:00'
	# Nothing is on any more, nothing is taken: what comes is told.
	AT=1764589500 screen_of ada 120x20 "${maths[@]}" 'wait:next: Maths 5b, Wed 11:30' 'gone:attendance is taken'
}

@test "the agenda in three languages, 80x24 and 200x50" {
	screen_of ada 80x24 key:focus-out 'wait:Attic' key:alt-e 'wait:four weeks' \
		"golden:$GOLDEN/agenda-80x24.txt" key:esc gone:Physics,
	screen_of ada 200x50 key:focus-out 'wait:Attic' type:/agenda\  key:enter 'wait:four weeks' \
		"golden:$GOLDEN/agenda-200x50.txt" key:esc gone:Physics,
	LANGUAGE=zh_CN screen_of ada 80x24 key:focus-out 'wait:Attic' key:alt-e wait:Physics, \
		"golden:$GOLDEN/agenda-80x24-zh.txt" key:esc gone:Physics,
	LANGUAGE=zh_CN screen_of ada 200x50 key:focus-out 'wait:Attic' key:alt-e wait:Physics, \
		"golden:$GOLDEN/agenda-200x50-zh.txt" key:esc gone:Physics,
	LANGUAGE=ja screen_of ada 80x24 key:focus-out 'wait:Attic' key:alt-e wait:Physics, \
		"golden:$GOLDEN/agenda-80x24-ja.txt" key:esc gone:Physics,
	LANGUAGE=ja screen_of ada 200x50 key:focus-out 'wait:Attic' key:alt-e wait:Physics, \
		"golden:$GOLDEN/agenda-200x50-ja.txt" key:esc gone:Physics,
}

@test "what can be done with a meeting: staff may change it, others may not" {
	screen_of ada 80x24 key:focus-out 'wait:Attic' key:alt-e 'wait:four weeks' key:enter \
		'wait:This meeting' "golden:$GOLDEN/meeting-80x24.txt" key:esc 'gone:This meeting'
	screen_of ben 80x24 key:focus-out 'wait:Attic' key:alt-e 'wait:four weeks' type:maths key:enter \
		'wait:This meeting' 'wait:Open the room' 'gone:Cancel it' key:esc 'gone:This meeting'
	# The command is there to be finished; a name that is no plain word stands in quotes.
	screen_of ada 80x24 key:focus-out 'wait:Attic' key:alt-e 'wait:four weeks' type:lenses key:enter \
		'wait:This meeting' key:down key:down key:down key:down key:enter 'wait:/meet change p1' key:esc 'gone:/meet change'
	screen_of ada 80x24 key:focus-out 'wait:Attic' key:alt-e 'wait:four weeks' key:pagedown key:pagedown \
		'wait:+ Schedule' key:enter \
		'wait:/meet schedule' key:esc 'gone:/meet schedule'
}

@test "an agenda in a window of any size, days passed over" {
	for size in 1x1 2x2 20x3 300x5 12x40 40x12; do
		screen_of ada 80x24 key:focus-out 'wait:Attic' key:alt-e 'wait:four weeks' "resize:$size" \
			key:down key:down key:up resize:80x24 'wait:four weeks' key:esc 'wait:Write a message'
	done
	screen_of ada 40x12 key:focus-out key:alt-e 'wait:four' "golden:$GOLDEN/agenda-40x12.txt" key:esc 'wait:Write a message'
	screen_of ada 80x24 key:focus-out 'wait:Attic' key:alt-e 'wait:four weeks' key:pageup key:up \
		key:pagedown key:pagedown key:pagedown 'wait:+ Schedule' key:up key:up "golden:$GOLDEN/agenda-end-80x24.txt" key:esc gone:Physics,
}

@test "linear: the lesson is told with its room" {
	use_home ada
	# Nobody runs its server: what the cache has is told before that is found out.
	printf '/go maths\n' | ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD=$TUI_TOOLS/fixed_clock.so TEST_WALL=$AT \
		timeout "$STEP" "$MUSTER" --linear >heard 2>&1 || true
	cat heard
	grep -q '^Maths 5b now, until 10:45 · next: Maths 5b, Wed 11:30 · attendance is taken$' heard
}
