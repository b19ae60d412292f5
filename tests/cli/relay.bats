# What students say of their marks in direct chats, on its way into the staff room.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	start_school teacher
	for name in ada bert carl; do sign_up "$name"; done
	use_home teacher
	printf 'user;id;name\n@ada:s.test;1;Ada\n@bert:s.test;2;Bert\n' >list.csv
	m class create Physics --students list.csv --teacher @carl:s.test --json >rows
	ROOM=$(jq -rs '.[0].room_id' rows)
	STAFF=$(m class list --json | jq -r .staff_room)
	export ROOM STAFF
	m meet schedule Maths --uid maths --room "$ROOM" --start 2026-01-05T09:00:00Z --duration 1h --past --no-message -q
	for name in ada bert carl; do
		use_home "$name"
		m room join "$ROOM" -q
	done
	m room join "$STAFF" -q
}

setup() {
	use_home teacher
}

teardown_file() {
	stop_server
}

said() { # NAME REASON
	use_home "$1"
	m attendance contest --meeting maths "$2" --json | jq -r .contest_id
}

# Contests in the staff room, as another of the staff sees them.
arrived() {
	use_home carl
	m read "$STAFF" -n 1000 --type org.muster.contest --raw --json | jq -c .event
}

@test "meet watch sends on what is said while it runs, and nothing under --dry-run" {
	local watcher id other
	"$MUSTER" meet watch --dry-run >dry 2>drystate </dev/null 3>&- &
	watcher=$!
	wait_for drystate watching
	id=$(said ada "I was there")
	use_home teacher
	r attendance contests --room "$ROOM" --dry-run
	stopped "$watcher"
	[ "$(arrived | wc -l)" -eq 0 ]
	use_home carl
	follow "$STAFF" --type org.muster.contest
	use_home teacher
	"$MUSTER" meet watch >watched 2>state </dev/null 3>&- &
	watcher=$!
	use_home carl
	wait_for followed "${id#?}"
	# In a chat that is there already, at once; an invitation to a new one may take a minute.
	other=$(said ada "all the time")
	use_home carl
	wait_for followed "${other#?}"
	unfollow
	stopped "$watcher"
	arrived | jq -es --arg i "$id" 'length == 2 and .[0].sender == "@admin:s.test"
		and .[0].content.relayed.event_id == $i and .[0].content.relayed.sender == "@ada:s.test"
		and .[0].content.reason == "I was there"' >/dev/null
}

@test "the screen does it, too" {
	local id screen
	use_home carl
	follow "$STAFF" --type org.muster.contest
	id=$(said ada "from the screen")
	use_home teacher
	mkfifo keys
	"$MUSTER" --linear <keys >shown 2>&1 3>&- &
	screen=$!
	exec 9>keys
	use_home carl
	wait_for followed "${id#?}"
	exec 9>&-
	unfollow
	gone "$screen"
}

@test "of each person a share, and of what they write only what belongs there" {
	local chat i
	said bert "the first" >/dev/null
	use_home bert
	chat=$(m room list --json | jq -rs 'map(select(.direct == "@admin:s.test"))[0].room_id')
	for i in {1..25}; do
		jq -nc --arg r "$ROOM" --arg i "$i" '{msgtype: "m.text", body: "wrong", "org.muster.contest":
			{version: 1, room_id: $r, uid: "maths", recurrence_id: "20260105T090000", reason: $i,
			"m.mentions": {room: true}}}' |
			api PUT "v3/rooms/$chat/send/m.room.message/flood$i" --data @- -o /dev/null
	done
	said ada "mine is one" >/dev/null
	use_home teacher
	m attendance contests --room "$ROOM" -q >/dev/null
	arrived >"$BATS_TEST_TMPDIR/all"
	cd "$BATS_TEST_TMPDIR"
	jq -es 'map(select(.content.relayed.sender == "@bert:s.test")) | length == 20' all >/dev/null
	jq -es 'map(select(.content.relayed.sender == "@ada:s.test" and .content.reason == "mine is one")) | length == 1' all >/dev/null
	jq -es 'all(.[]; .content["m.mentions"] == null)' all >/dev/null
}
