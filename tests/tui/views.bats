# Golden screens of the panes and popups: a club with people at the door, pins, a thread. No server.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	fill_homes club.json ada
	# What is looked up there is found out in no time to be nowhere.
	quiet_server away --away
	MUSTER_FILL_SERVER=$QUIET fill_home away ada club.json
}

teardown_file() {
	kill "$(cat "$BATS_FILE_TMPDIR/away.pid")"
}

setup() {
	unset LANGUAGE NO_COLOR MUSTER_THEME
}

# screen SIZE STEPS... : nobody looks, so nothing is read
screen() {
	screen_of away "$@"
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
	screen_of ada 80x24 "${chess[@]}" key:up key:i wait:✓ "golden:$GOLDEN/receipts-80x24.txt"
}

@test "the room directory: our own rooms, wide letters, what a server may send, nothing found" {
	quiet_server directory "$TOP/tests/tui/public_rooms.json"
	MUSTER_FILL_SERVER=$QUIET fill_home directory ada club.json
	screen_of directory 100x30 "${chess[@]}" gone:connecting key:alt-p wait:100000 \
		"golden:$GOLDEN/directory-100x30.txt" resize:40x12 "golden:$GOLDEN/directory-40x12.txt" \
		resize:12x5 "golden:$GOLDEN/directory-12x5.txt" resize:100x30 type:数学 gone:Choir \
		"golden:$GOLDEN/directory-found-100x30.txt" type:x 'wait:No public room' \
		"golden:$GOLDEN/directory-nothing-100x30.txt"
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
