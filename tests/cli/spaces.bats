# Rooms among rooms against a real server: spaces, directory, knocking, tags, pins, upgrades, reports.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	start_two
	m profile set name "Bob Ross"
}

setup() {
	use_home ada
}

teardown_file() {
	stop_server
}

# One key of a room's row in room list: of_room ID KEY
of_room() {
	m room list --json | jq -c "select(.room_id == \"$1\").$2"
}

@test "a space: created, filled, shown with its levels, emptied" {
	local school year news
	school=$(m space create School --public --alias school --json | jq -r .room_id)
	year=$(m space create "Year 10" --space "$school" --json | jq -r .room_id)
	news=$(new_room News --public)
	m space add "$school" "$news" --order a --suggested --json | jq -e --arg s "$school" '.space_id == $s' >/dev/null
	m space add "Year 10" "$ROOM"
	m space list --json | jq -es --arg i "$school" 'map(select(.room_id == $i))[0]
		| .name == "School" and .children == 2 and .alias == "#school:s.test"' >/dev/null
	m space show School --json >out
	jq -es --arg n "$news" --arg y "$year" --arg r "$ROOM" --arg s "$school" '
		[.[].room_id] == [$n, $y, $r] and [.[].depth] == [1, 1, 2]
		and .[0].suggested and .[0].parent == $s and .[2].parent == $y
		and .[1].type == "m.space" and .[0].membership == "join" and .[0].name == "News"' out >/dev/null
	m space show School --depth 1 --json | jq -es 'length == 2' >/dev/null
	m space show School --offline --json | jq -es --arg n "$news" '[.[].room_id][0] == $n and length == 2' >/dev/null
	# who is in none of it sees what is public
	use_home bob
	m space show "$school" --json | jq -es --arg n "$news" 'map(select(.room_id == $n))[0].membership == null' >/dev/null
	use_home ada
	m space remove School "$news"
	m space remove School "$news"
	m space show School --json | jq -es 'length == 2' >/dev/null
	m room show "$ROOM" --json | jq -e --arg y "$year" '.parents == [$y]' >/dev/null
	fails_with 4 space show '!nowhere:s.test'
}

@test "room directory finds public rooms, people search finds people" {
	local id
	id=$(new_room "Stargazers of 日本" --public --topic "telescopes and more")
	new_room "Stargazers in secret" >/dev/null
	use_home bob
	m room directory stargazers --json | jq -es --arg i "$id" 'length == 1 and .[0].room_id == $i
		and .[0].members == 1 and .[0].topic == "telescopes and more" and .[0].membership == null
		and .[0].join_rule == "public"' >/dev/null
	m room directory -n 1 --json | jq -es 'length == 1' >/dev/null
	m room join "$id" --json >/dev/null
	m room directory stargazers --json | jq -e '.membership == "join"' >/dev/null
	use_home ada
	m people search ross --json | jq -es 'length == 1 and .[0].user_id == "@bob:s.test" and .[0].name == "Bob Ross"' >/dev/null
	[ -z "$(m people search nobody-of-this-name --json)" ]
}

@test "knocking: asked, listed, let in, turned down" {
	local id
	id=$(new_room Staff)
	m room set "$id" join knock
	use_home bob
	fails_with 4 room join "$id"
	m room knock "$id" --reason "I am new" --json | jq -e '.membership == "knock"' >/dev/null
	use_home ada
	m room knocks "$id" --json | jq -es 'length == 1 and .[0].user_id == "@bob:s.test"
		and .[0].reason == "I am new" and (.[0].ts | length > 10)' >/dev/null
	m room kick "$id" @bob:s.test --reason no
	[ -z "$(m room knocks "$id" --json)" ]
	use_home bob
	m room knock "$id"
	use_home ada
	m room invite "$id" @bob:s.test
	[ -z "$(m room knocks "$id" --json)" ]
	use_home bob
	m room join "$id" --json >/dev/null
}

@test "tags: favourite, last, one's own" {
	m room tag "$ROOM" favourite --order 0.25 --json | jq -e '.tag == "m.favourite" and .order == 0.25' >/dev/null
	[ "$(of_room "$ROOM" favourite)" = true ]
	m room tag "$ROOM" exam --json | jq -es 'map(.tag) | sort == ["m.favourite", "u.exam"]' >/dev/null
	m room tag "$ROOM" favourite --remove --json | jq -es 'map(.tag) == ["u.exam"]' >/dev/null
	m room tag "$ROOM" low-priority
	[ "$(of_room "$ROOM" low_priority)" = true ]
	m room tag "$ROOM" low-priority --remove
	fails_with 2 room tag "$ROOM" favourite --order 2
	fails_with 2 room tag "$ROOM" --remove
}

@test "room notify: the counts follow it" {
	m mark "$ROOM"
	for level in all mentions none default; do
		m room notify "$ROOM" "$level" --json | jq -e --arg l "$level" '.notify == $l' >/dev/null
	done
	m room notify "$ROOM" mentions
	use_home bob
	m send "$ROOM" "by the way"
	m send "$ROOM" "hello @ada"
	use_home ada
	[ "$(of_room "$ROOM" unread)" -eq 1 ]
	[ "$(of_room "$ROOM" highlights)" -eq 1 ]
	m room notify "$ROOM" none
	[ "$(of_room "$ROOM" unread)" -eq 0 ]
	m room notify "$ROOM" default
	[ "$(of_room "$ROOM" unread)" -eq 2 ]
	m room notify "$ROOM" --json | jq -e '.notify == "default"' >/dev/null
	m mark "$ROOM"
	fails_with 2 room notify "$ROOM" sometimes
}

@test "pins, in the room's order" {
	local a b
	a=$(m send "$ROOM" "rules" --json | jq -r .event_id)
	b=$(m send "$ROOM" "timetable" --json | jq -r .event_id)
	m room pin "$ROOM" "$b"
	m room pin "$ROOM" "$a"
	m room pin "$ROOM" "$a"
	[ "$(m room pins "$ROOM" --json | jq -r .body | paste -sd,)" = timetable,rules ]
	m room pins "$ROOM" --ids | grep -q "^$a .*rules"
	m room unpin "$ROOM" "$b" --json | jq -e '.pinned == false' >/dev/null
	m room unpin "$ROOM" "$b"
	[ "$(m room pins "$ROOM" --json | jq -r .body)" = rules ]
	use_home bob
	fails_with 4 room pin "$ROOM" "$b"
}

@test "a replaced room: everybody goes along, the old name means the new room" {
	local old new
	old=$(new_room Moving --invite @bob:s.test)
	use_home bob
	m room join "$old" --json >/dev/null
	fails_with 4 room upgrade "$old" --yes
	use_home ada
	fails_with 2 room upgrade "$old"
	m room upgrade "$old" --yes --json >upgraded
	new=$(jq -r .successor upgraded)
	jq -e --arg o "$old" '.room_id == $o and (.version | length > 0)' upgraded >/dev/null
	use_home bob
	# its cache does not know yet
	m send Moving "are you all here?" --json | jq -e --arg n "$new" '.room_id == $n' >/dev/null
	m room list --json | jq -es --arg o "$old" --arg n "$new" '
		any(.[]; .room_id == $n and .name == "Moving") and all(.[]; .room_id != $o)' >/dev/null
	m room list --left --json | jq -es --arg o "$old" --arg n "$new" 'map(select(.room_id == $o))[0].successor == $n' >/dev/null
	m send "$old" "by its old id" --json | jq -e --arg n "$new" '.room_id == $n' >/dev/null
	[ "$(m read Moving -n 2 --json | jq -r .body | paste -sd,)" = "are you all here?,by its old id" ]
	m read "$old" --all-types --json | jq -es 'any(.[]; .type == "m.room.tombstone")' >/dev/null
}

@test "two who replace a room at the same moment make one room" {
	local old n T=$BATS_TEST_TMPDIR
	for n in 1 2 3; do
		use_home ada
		old=$(new_room "Twice $n" --invite @bob:s.test)
		use_home bob
		m room join "$old" --json >/dev/null
		use_home ada
		m room role "$old" @bob:s.test admin -q
		"$MUSTER" room upgrade "$old" --yes --json >"$T"/by_ada 2>"$T"/ada.err 3>&- &
		use_home bob
		m room upgrade "$old" --yes --json >"$T"/by_bob 2>"$T"/bob.err
		wait $!
		[ "$(jq -r .successor "$T"/by_ada)" = "$(jq -r .successor "$T"/by_bob)" ]
		[ "$(jq -s 'map(select(.existing)) | length' "$T"/by_ada "$T"/by_bob)" -eq 1 ]
		grep -q "replaced already" "$T"/ada.err "$T"/bob.err
		m room list --json | jq -es --arg n "$(jq -r .successor "$T"/by_bob)" 'any(.[]; .room_id == $n)' >/dev/null
	done
}

@test "a tombstone that names no successor keeps nobody from replacing the room" {
	local old
	old=$(new_room Forged)
	api PUT "v3/rooms/$old/state/m.room.tombstone" -d "{\"body\":\"x\",\"replacement_room\":\"!none:s.test\"}" >/dev/null
	m room upgrade "$old" --yes --json | jq -e '.existing == false and .successor != "!none:s.test"' >/dev/null
}

@test "a room that somebody without power says to be the successor keeps nobody waiting" {
	local old
	old=$(new_room Claimed --invite @bob:s.test)
	use_home bob
	m room join "$old" --json >/dev/null
	api POST v3/createRoom -d "{\"creation_content\":{\"predecessor\":{\"room_id\":\"$old\",\"event_id\":\"\$x\"}}}" \
		| jq -e .room_id
	use_home ada
	m room upgrade "$old" --yes --json --timeout 20s | jq -e '.existing == false'
}

@test "who does not want to go along stays" {
	local old
	old=$(new_room Staying --invite @bob:s.test)
	use_home bob
	m room join "$old" --json >/dev/null
	m config set chat.follow-upgrades false
	use_home ada
	m room upgrade "$old" --yes
	use_home bob
	m room list --json | jq -es --arg o "$old" 'any(.[]; .room_id == $o and .successor != null)' >/dev/null
	fails_with 4 send Staying "still here?"
	m config set chat.follow-upgrades true
	m room list --json | jq -es --arg o "$old" 'all(.[]; .room_id != $o) and any(.[]; .name == "Staying")' >/dev/null
}

@test "a follower goes along, too" {
	local old new
	old=$(new_room Followed --invite @bob:s.test)
	use_home bob
	m room join "$old" --json >/dev/null
	follow --type m.room.member --type m.room.message
	use_home ada
	new=$(m room upgrade "$old" --yes --json | jq -r .successor)
	m send "$new" "welcome to the new room"
	use_home bob
	wait_for followed "\"room_id\":\"$new\".*welcome"
	unfollow
	m room list --offline --json | jq -es --arg n "$new" 'any(.[]; .room_id == $n and .membership == "join")' >/dev/null
}

@test "reports of a message, a room, a person" {
	local e
	e=$(m send "$ROOM" "report me" --json | jq -r .event_id)
	use_home bob
	m report "$ROOM" "$e" --reason "a test" --json | jq -e --arg e "$e" '.event_id == $e' >/dev/null
	m report "$ROOM" --reason "a test"
	m report --user @ada:s.test --reason "a test" --json | jq -e '.user_id == "@ada:s.test" and .room_id == null' >/dev/null
	fails_with 2 report --reason nothing
	fails_with 2 report "$ROOM" --user @ada:s.test
	fails_with 5 report "$ROOM" '$nothing-of-the-kind:s.test'
}
