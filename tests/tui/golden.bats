# Golden screens of rooms and what lies over them, in several languages, sizes and themes. No server.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	fill_homes school.json ada
}

setup() {
	unset LANGUAGE NO_COLOR MUSTER_THEME
}

# screen SIZE STEPS... : opens in the staff room, where nothing is unread, and tells that nobody looks
screen() {
	screen_of ada "$@"
}

# The room with everything in it, through the switcher.
physics=(wait:copier key:focus-out key:ctrl-k 'wait:──' type:physics wait:›\ physics key:enter
	wait:see\ you)

@test "the room in English, 80x24 and 200x50" {
	screen 80x24 "${physics[@]}" "golden:$GOLDEN/room-80x24.txt"
	screen 200x50 "${physics[@]}" "golden:$GOLDEN/room-200x50.txt"
}

@test "the room in Chinese and Japanese" {
	LANGUAGE=zh_CN screen 80x24 "${physics[@]}" "golden:$GOLDEN/room-80x24-zh.txt"
	LANGUAGE=ja screen 80x24 "${physics[@]}" "golden:$GOLDEN/room-80x24-ja.txt"
	LANGUAGE=zh_CN screen 200x50 "${physics[@]}" "golden:$GOLDEN/room-200x50-zh.txt"
	LANGUAGE=ja screen 200x50 "${physics[@]}" "golden:$GOLDEN/room-200x50-ja.txt"
}

@test "silly sizes" {
	for size in 1x1 2x2 20x3 300x5 40x12 12x40; do
		screen 80x24 "${physics[@]}" "resize:$size" "golden:$GOLDEN/room-$size.txt"
	done
}

@test "after any number of resizes it is as if there had been none" {
	screen 80x24 "${physics[@]}" resize:1x1 resize:300x5 resize:20x3 resize:200x50 resize:7x7 \
		resize:80x24 "golden:$GOLDEN/room-80x24.txt"
}

@test "themes, and no colours at all" {
	for theme in light dark mono high-contrast; do
		MUSTER_THEME=$theme screen 80x24 "${physics[@]}" "golden:$GOLDEN/theme-$theme.txt"
	done
	NO_COLOR=1 screen 80x24 "${physics[@]}" "golden:$GOLDEN/theme-mono.txt"
}

@test "a chosen message, its thread, its spoiler" {
	screen 100x30 "${physics[@]}" key:up key:up key:space wait:forty-two \
		"golden:$GOLDEN/chosen-100x30.txt"
	screen 120x30 "${physics[@]}" key:up key:home key:t wait:Thread "golden:$GOLDEN/thread-120x30.txt"
}

@test "the switcher, help, a command being typed" {
	screen 80x24 "${physics[@]}" key:ctrl-k wait:Go\ to type:数 "golden:$GOLDEN/switcher-80x24.txt"
	screen 80x24 "${physics[@]}" key:f1 wait:Everywhere "golden:$GOLDEN/help-80x24.txt"
	screen 80x24 "${physics[@]}" key:up 'type:?' wait:Keys resize:40x20 \
		"golden:$GOLDEN/help-message-40x20.txt"
	LANGUAGE=ja screen 80x24 "${physics[@]}" key:f1 wait:F1 wait:Ctrl-Q "golden:$GOLDEN/help-80x24-ja.txt"
	screen 80x24 "${physics[@]}" type:/room\ inv wait:room\ invite "golden:$GOLDEN/command-80x24.txt"
	screen 80x24 "${physics[@]}" type:hi\ @ben wait:@ben:school "golden:$GOLDEN/people-80x24.txt"
	screen 80x24 "${physics[@]}" type::thu wait:thumbs "golden:$GOLDEN/emoji-80x24.txt"
}

@test "several lines being written, wide letters, the cursor in the right cell" {
	screen 80x24 "${physics[@]}" 'paste:first line
第二行，很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长
三 👩‍👩‍👧 e' key:left key:left "golden:$GOLDEN/composer-80x24.txt"
}

@test "the first run" {
	use_home nobody
	"$TUI_TOOLS/screen" -s 80x24 wait:classroom "golden:$GOLDEN/first-80x24.txt" resize:30x8 \
		"golden:$GOLDEN/first-30x8.txt" resize:1x1 "golden:$GOLDEN/first-1x1.txt" resize:40x20 \
		"golden:$GOLDEN/first-40x20.txt" resize:80x24 \
		key:down key:down key:enter wait:Start "golden:$GOLDEN/class-80x24.txt" \
		resize:40x20 "golden:$GOLDEN/class-40x20.txt" \
		key:ctrl-q exit:0 -- "$MUSTER"
	LANGUAGE=zh_CN "$TUI_TOOLS/screen" -s 80x24 wait:muster "golden:$GOLDEN/first-80x24-zh.txt" \
		key:ctrl-q exit:0 -- "$MUSTER"
}
