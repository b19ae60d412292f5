# Golden screens of the panes and popups: a club with people at the door, pins, a thread. No server.
bats_require_minimum_version 1.5.0
load ../cli/helper

GOLDEN=$TOP/tests/tui/golden
TUI_TOOLS=${TUI_TOOLS:-$TOP/build/release/tests/tui}

setup_file() {
	clean_environment
	translated_locale
	use_home club
	"$TUI_TOOLS/fill" @ada:school.test "$TOP/tests/tui/club.json"
	cp -r "$BATS_FILE_TMPDIR/home-club" "$BATS_FILE_TMPDIR/pristine"
	cd "$BATS_FILE_TMPDIR" || return 1
}

setup() {
	unset LANGUAGE NO_COLOR MUSTER_THEME
}

# screen SIZE STEPS... : nobody looks, so nothing is read
screen() {
	local size=$1
	shift
	cd "$BATS_FILE_TMPDIR" || return 1
	rm -rf "$BATS_FILE_TMPDIR/home-club"
	cp -r "$BATS_FILE_TMPDIR/pristine" "$BATS_FILE_TMPDIR/home-club"
	use_home club
	"$TUI_TOOLS/screen" -s "$size" "$@" key:ctrl-q exit:0 -- "$MUSTER"
}

chess=(wait:›\  key:focus-out key:ctrl-k 'wait:──' type:chess 'wait:› chess' key:enter
	wait:shall\ we)

@test "about the room: beside it, alone, in other languages, in hardly any space" {
	screen 120x30 "${chess[@]}" key:alt-i wait:not\ here "golden:$GOLDEN/details-120x30.txt"
	screen 80x24 "${chess[@]}" key:alt-i wait:not\ here "golden:$GOLDEN/details-80x24.txt" \
		resize:31x7 "golden:$GOLDEN/details-31x7.txt"
	LANGUAGE=ja screen 80x24 "${chess[@]}" key:alt-i wait:⚑ gone:調べています \
		"golden:$GOLDEN/details-80x24-ja.txt"
	LANGUAGE=zh_CN screen 80x24 "${chess[@]}" key:alt-i wait:⚑ gone:正在查找 \
		"golden:$GOLDEN/details-80x24-zh.txt"
}

@test "from the pins to the message" {
	screen 80x24 "${chess[@]}" key:alt-i wait:not\ here key:end key:up key:enter 'wait:r answer' wait:Sicilian \
		"golden:$GOLDEN/pinned-80x24.txt"
}

@test "people at the door stand among the invitations" {
	screen 80x24 "${chess[@]}" key:alt-r key:home "golden:$GOLDEN/door-80x24.txt" key:enter wait:Turn \
		"golden:$GOLDEN/knocks-80x24.txt" resize:24x9 "golden:$GOLDEN/knocks-24x9.txt"
}

@test "threads from the cache, without a network" {
	screen 80x24 "${chess[@]}" key:alt-t 'wait:›   2' "golden:$GOLDEN/threads-80x24.txt" \
		resize:40x8 "golden:$GOLDEN/threads-40x8.txt"
	LANGUAGE=zh_CN screen 80x24 "${chess[@]}" key:alt-t 'wait:›   2' "golden:$GOLDEN/threads-80x24-zh.txt"
}

@test "people, the receipts of a message" {
	screen 80x24 "${chess[@]}" key:alt-m wait:plain "golden:$GOLDEN/members-80x24.txt" \
		resize:22x6 "golden:$GOLDEN/members-22x6.txt"
	LANGUAGE=ja screen 80x24 "${chess[@]}" key:alt-m wait:plain "golden:$GOLDEN/members-80x24-ja.txt"
	screen 80x24 "${chess[@]}" key:up key:i wait:✓ "golden:$GOLDEN/receipts-80x24.txt"
}

@test "the room directory: our own rooms, wide letters, what a server may send, nothing found" {
	python3 "$TOP/tests/tui/quiet_server.py" "$TOP/tests/tui/public_rooms.json" >"$BATS_TEST_TMPDIR/port" 3>&- &
	local server=$!
	wait_for "$BATS_TEST_TMPDIR/port" '^[0-9]+$'
	use_home directory
	MUSTER_FILL_SERVER=http://127.0.0.1:$(cat "$BATS_TEST_TMPDIR/port") \
		"$TUI_TOOLS/fill" @ada:school.test "$TOP/tests/tui/club.json"
	"$TUI_TOOLS/screen" -s 100x30 "${chess[@]}" gone:connecting key:alt-p wait:100000 \
		"golden:$GOLDEN/directory-100x30.txt" resize:40x12 "golden:$GOLDEN/directory-40x12.txt" \
		resize:12x5 "golden:$GOLDEN/directory-12x5.txt" resize:100x30 type:数学 gone:Choir \
		"golden:$GOLDEN/directory-found-100x30.txt" type:x 'wait:No public room' \
		"golden:$GOLDEN/directory-nothing-100x30.txt" key:ctrl-q exit:0 -- "$MUSTER"
	kill "$server"
}

@test "search and spaces" {
	screen 80x24 "${chess[@]}" key:ctrl-f wait:Search type:棋盘 'wait:› Chess club' "golden:$GOLDEN/search-80x24.txt" \
		resize:30x6 "golden:$GOLDEN/search-30x6.txt"
	LANGUAGE=ja screen 80x24 "${chess[@]}" key:ctrl-f 'wait:──' type:棋盘 'wait:› Chess club' \
		"golden:$GOLDEN/search-80x24-ja.txt"
	screen 80x24 "${chess[@]}" key:alt-s wait:All\ rooms "golden:$GOLDEN/spaces-80x24.txt"
}

@test "a command about a chosen message" {
	screen 80x24 "${chess[@]}" key:up key:/ wait:about\ what type:report wait:report\  \
		"golden:$GOLDEN/about-80x24.txt"
}

@test "a file by its path" {
	mkdir -p "$BATS_FILE_TMPDIR/papers/old ones"
	echo 1 >"$BATS_FILE_TMPDIR/papers/fractions.pdf"
	echo 1 >"$BATS_FILE_TMPDIR/papers/forces.pdf"
	echo 1 >"$BATS_FILE_TMPDIR/papers/.hidden"
	screen 80x24 "${chess[@]}" type:/file\ ../papers/ wait:fractions "golden:$GOLDEN/path-80x24.txt" type:fr \
		gone:forces key:tab 'wait:../papers/fractions.pdf'
}
