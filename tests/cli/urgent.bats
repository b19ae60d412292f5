#!/usr/bin/env bats
# Urgent messages: named people, a reason, limits, who has read it.
# shellcheck disable=SC2030,SC2031,SC2153,SC2154
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	clean_environment
	start_server
	sign_up cid
	sign_up bob
	sign_up ann
	ROOM=$(new_room Physics --invite @bob:s.test --invite @cid:s.test)
	OTHER=$(new_room Chess --invite @bob:s.test)
	export ROOM OTHER
	use_home cid
	m room join "$ROOM"
	use_home bob
	m room join "$ROOM"
	m room join "$OTHER"
	use_home ann
}

teardown_file() {
	stop_server
}

setup() {
	clean_environment
	use_home ann
}

@test "it names people and gives a reason, or nothing is sent" {
	fails_with 2 urgent "$ROOM" "come" --reason why
	[[ $stderr == *--user* ]]
	fails_with 2 urgent "$ROOM" "come" --user @bob:s.test
	[[ $stderr == *--reason* ]]
	fails_with 2 urgent "$ROOM" "come" --user @bob:s.test --reason " "
	[[ $stderr == *reason* ]]
	fails_with 2 urgent "$ROOM" "come" --user @ann:s.test --reason why
	fails_with 2 urgent "$ROOM" "come" --user @stranger:s.test --reason why
	[[ $stderr == *"not in the room"* ]]
	many=()
	for i in $(seq 51); do many+=(--user "@u$i:s.test"); done
	fails_with 2 urgent "$ROOM" "come" "${many[@]}" --reason why
	[ -z "$(m read "$ROOM" --json)" ]
}

@test "a user name is enough for people of the room, whatever they call themselves" {
	use_home cid
	m profile set name Sidney
	use_home ann
	r urgent "$ROOM" "come" --user cid --reason why --dry-run
	[ "$status" -eq 0 ]
	fails_with 5 urgent "$ROOM" "come" --user nobody --reason why --dry-run
	[[ $stderr == *"Nobody here is called nobody"* ]]
}

@test "every client can read whom it is for and why; the same id again sends nothing" {
	use_home bob
	m profile set name Bob
	use_home ann
	r urgent "$ROOM" "Room 12 is flooded" --user @bob:s.test --reason "the lesson begins" --txn-id u1 --json
	[ "$status" -eq 0 ]
	[ "$(jq -r .state <<<"$output")" = sent ]
	EVENT=$(jq -r .event_id <<<"$output")
	echo "$EVENT" >event
	use_home cid
	r read "$ROOM" --raw --json
	body=$(jq -r 'select(.event_id == "'"$EVENT"'").body' <<<"$output")
	[[ $body == *Bob*"Room 12 is flooded"*"the lesson begins"* ]]
	jq -e 'select(.event_id == "'"$EVENT"'").event.content |
		.["m.mentions"].user_ids == ["@bob:s.test"] and .msgtype == "m.text" and
		.["org.muster.urgent"].reason == "the lesson begins" and
		.["org.muster.urgent"].text == "Room 12 is flooded"' <<<"$output"
	use_home ann
	r urgent "$ROOM" "Room 12 is flooded" --user @bob:s.test --reason "the lesson begins" --txn-id u1 --json
	[ "$status" -eq 0 ]
	[ "$(jq -r '.existing, .event_id' <<<"$output" | paste -sd ' ')" = "true $EVENT" ]
}

@test "one an hour to a person, in whatever room and from whatever device" {
	fails_with 6 ding "$OTHER" "again" --user @bob:s.test --reason why --json
	[ "$(jq -r .error.code <<<"$stderr")" = rate_limited ]
	use_home ann2
	echo "sesame-open-ann" | mi login "$URL" --user ann --password-stdin --json >/dev/null
	fails_with 6 urgent "$ROOM" "again" --user @bob:s.test --reason why
	[[ $stderr == *"@bob:s.test has had"* ]]
}

@test "three an hour to a room; an ordinary message goes all the same" {
	for i in 1 2; do
		# To nobody twice: these were sent by some other client.
		api PUT "v3/rooms/$ROOM/send/m.room.message/other$i" \
			-d '{"msgtype":"m.text","body":"x","m.mentions":{"user_ids":["@x:s.test"]},
				"org.muster.urgent":{"reason":"y"}}' >/dev/null
	done
	fails_with 6 urgent "$ROOM" "enough" --user @cid:s.test --reason why
	[[ $stderr == *"3 urgent messages"* ]]
	m send "$ROOM" "not urgent" --mention @cid:s.test
	# Those of others do not count.
	use_home bob
	m urgent "$ROOM" "from Bob" --user @cid:s.test --reason why
}

@test "--wait tells who has read it, and 8 when somebody has not" {
	use_home cid
	rm -f waited
	"$MUSTER" urgent "$ROOM" "to two" --user @ann:s.test --user @bob:s.test --reason why \
		--wait --json >waited 2>waiting </dev/null 3>&- &
	WAITS=$!
	wait_for waiting "privately"
	wait_for waited event_id
	EVENT=$(jq -r .event_id waited)
	use_home bob
	m mark "$ROOM" "$EVENT"
	use_home cid
	wait_for waited '"user_id":"@bob:s.test"'
	[ "$(jq -r 'select(.user_id == "@bob:s.test") | .read' waited)" = true ]
	use_home ann
	m mark "$ROOM" "$EVENT"
	ended "$WAITS" 0
	use_home cid
	[ "$(jq -r 'select(.read) | .user_id' waited | sort | paste -sd ' ')" = "@ann:s.test @bob:s.test" ]
	# Both have had one of Cid's now.
	fails_with 6 urgent "$ROOM" "more" --user @ann:s.test --reason why
}

@test "a private receipt counts as not read, and the read list says so" {
	use_home bob
	DIRECT=$(new_room Side --invite @cid:s.test)
	use_home cid
	m room join "$DIRECT"
	use_home bob
	# Bob has used up Cid's hour in the room above; an hour counts over all rooms.
	fails_with 6 urgent "$DIRECT" "again" --user @cid:s.test --reason why
	use_home cid
	r send "$DIRECT" "did you see?" --json
	EVENT=$(jq -r .event_id <<<"$output")
	use_home bob
	m mark "$DIRECT" "$EVENT" --private
	use_home cid
	r receipts "$DIRECT" "$EVENT" --json
	[ "$(jq -r '.user_id, .read, .ts' <<<"$output" | paste -sd ' ')" = "@bob:s.test false null" ]
	r receipts --help
	[[ $output == *private* ]]
}

@test "time is over: who has not read it is listed" {
	sign_up dora
	use_home ann
	NEW=$(new_room Late --invite @dora:s.test)
	use_home dora
	m room join "$NEW"
	use_home ann
	fails_with 8 urgent "$NEW" "hello?" --user @dora:s.test --reason why --wait=1s --json
	[ "$(jq -r 'select(.user_id) | .user_id, .read' <<<"$output" | paste -sd ' ')" = "@dora:s.test false" ]
	[[ $stderr == *"1 of 1"* ]]
}

@test "who is not staff is told that quiet hours hold" {
	use_home dora
	NEW=$(m room list --json | jq -r 'select(.name == "Late").room_id')
	r urgent "$NEW" "help" --user @ann:s.test --reason why
	[ "$status" -eq 0 ]
	[[ $stderr == *"not staff"* ]]
}
