# The rest of a conversation against a real server: threads, mentions, polls, marks, presence.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	mkdir -p "$BATS_FILE_TMPDIR/server/data"
	echo 'encryption = true' >"$BATS_FILE_TMPDIR/server/data/muster.conf"
	start_two
	m profile set name "Bob Ross"
}

setup() {
	use_home ada
}

teardown_file() {
	stop_server
}

post() { # TEXT...: prints the event's id
	m send "$ROOM" --json "$@" | jq -r .event_id
}

# One key of the room's row in room list: of_room KEY
of_room() {
	m room list --json | jq -c "select(.room_id == \"$ROOM\").$1"
}

@test "threads: sent, listed, read alone, read on the other side" {
	local root last
	root=$(post "a question")
	use_home bob
	m send "$ROOM" --thread "$root" "first answer"
	last=$(post --thread "$root" "second answer")
	m send "$ROOM" "something else"
	use_home ada
	m thread list "$ROOM" --json >out
	jq -es --arg r "$root" --arg l "$last" '.[0] | .event_id == $r and .body == "a question"
		and .replies == 2 and .latest_event_id == $l and .latest_body == "second answer"
		and .unread == 2 and .sender == "@ada:s.test"' out >/dev/null
	m thread list "$ROOM" --offline --json | jq -es --arg r "$root" '.[0]
		| .event_id == $r and .replies == 2 and .unread == 2' >/dev/null
	[ "$(m read "$ROOM" --thread "$root" --json | jq -r .body | paste -sd,)" = "a question,first answer,second answer" ]
	[ "$(m read "$ROOM" --thread "$root" -n 1 --json | jq -r .body)" = "second answer" ]
	[ "$(m read "$ROOM" --thread "$root" --offline --json | jq -r .body | paste -sd,)" = "a question,first answer,second answer" ]
	[ "$(of_room thread_unread)" -eq 2 ]
	m mark "$ROOM" --thread "$root"
	[ "$(of_room thread_unread)" -eq 0 ]
	m thread list "$ROOM" --json | jq -es '.[0].unread == 0' >/dev/null
	fails_with 5 read "$ROOM" --thread '$nothing-of-the-kind:s.test'
	fails_with 2 read "$ROOM" --thread "$root" --follow
	m mark "$ROOM"
}

@test "an edit in a thread shows its newest text, --edits all of them" {
	local root e
	root=$(post "root of edits")
	e=$(post --thread "$root" "one")
	m edit "$ROOM" "$e" two
	m edit "$ROOM" "$e" three
	m read "$ROOM" --thread "$root" --edits --json | jq -es '.[1] | .body == "three" and .edited
		and .edits == ["one", "two", "three"]' >/dev/null
	m read "$ROOM" -n 5 --edits | grep -q 'was: one'
	use_home bob
	m read "$ROOM" -n 5 >/dev/null
	fails_with 2 edit "$ROOM" "$e" "not mine"
	[[ $stderr == *'not yours'* ]]
}

@test "names in Markdown become mentions; in code, in plain text and twice taken they do not" {
	m send "$ROOM" 'ask @Bob Ross, @bob or (@bob:s.test)!'
	m read "$ROOM" -n 1 --json >out
	jq -e '.body == "ask @Bob Ross, @bob or (@bob:s.test)!" and .mentions == ["@bob:s.test"]' out >/dev/null
	jq -e '.formatted_body | test("<a href=\"https://matrix.to/#/%40bob%3As.test\">@Bob Ross</a>, <a")' out >/dev/null
	m send "$ROOM" 'mail bob@s.test, `@bob`, @bobby, \@bob'
	m read "$ROOM" -n 1 --json | jq -e '.mentions == null and (.formatted_body | test("matrix.to") | not)' >/dev/null
	m send "$ROOM" --text 'hello @bob'
	m read "$ROOM" -n 1 --json | jq -e '.mentions == null' >/dev/null
	m send "$ROOM" 'named aside' --mention 'Bob Ross'
	m read "$ROOM" -n 1 --json | jq -e '.mentions == ["@bob:s.test"]' >/dev/null
	use_home bob
	[ "$(of_room highlights)" -ge 2 ]
	m mark "$ROOM"
	[ "$(of_room highlights)" -eq 0 ]
}

@test "a reaction is taken back" {
	local e
	e=$(post "react to me")
	m react "$ROOM" "$e" 👍
	m read "$ROOM" -n 1 --json | jq -e '.reactions["👍"] == 1' >/dev/null
	m react "$ROOM" "$e" 👍 --remove
	m read "$ROOM" -n 1 --json | jq -e '.reactions == {}' >/dev/null
	fails_with 5 react "$ROOM" "$e" 👍 --remove
}

@test "a poll: created, voted, shown, closed" {
	local p
	p=$(m poll create "$ROOM" "Field trip?" Yes No Maybe --json | jq -r .event_id)
	m read "$ROOM" -n 1 | grep -qF '[poll] Field trip?'
	m read "$ROOM" -n 1 | grep -qx '    3 Maybe'
	fails_with 2 edit "$ROOM" "$p" 'no text of a message'
	m poll vote "$ROOM" "$p" Yes
	use_home bob
	m poll vote "$ROOM" "$p" 1
	m poll vote "$ROOM" "$p" 2 # the newest counts
	fails_with 2 poll vote "$ROOM" "$p" Perhaps
	fails_with 2 poll vote "$ROOM" "$p" 1 2
	fails_with 2 poll vote "$ROOM" "$p"
	m poll show "$ROOM" "$p" --json >out
	jq -es '[.[].votes] == [1, 1, 0] and .[0].voters == ["@ada:s.test"] and .[1].mine
		and (.[0].mine | not) and .[0].voted == 2 and (.[0].closed | not)
		and .[0].question == "Field trip?" and .[0].ts == null' out >/dev/null
	m poll vote "$ROOM" "$p" --retract
	m poll show "$ROOM" "$p" --json | jq -es '[.[].votes] == [1, 0, 0]' >/dev/null
	use_home ada
	m poll close "$ROOM" "$p"
	fails_with 1 poll vote "$ROOM" "$p" No
	fails_with 1 poll close "$ROOM" "$p"
	m poll show "$ROOM" "$p" --json | jq -es 'all(.[]; .closed) and .[0].votes == 1' >/dev/null
	m poll show "$ROOM" "$p" | grep -q 'Maybe'
	fails_with 2 poll show "$ROOM" "$(post "no poll")"
	fails_with 2 poll create "$ROOM" "One?" a --max 2
}

@test "an undisclosed poll keeps its votes until it is closed; a stranger's end does not count" {
	local p
	p=$(m poll create "$ROOM" "Secret?" a b c --max 2 --undisclosed --json | jq -r .event_id)
	use_home bob
	m poll vote "$ROOM" "$p" 1 3
	m poll show "$ROOM" "$p" --json | jq -es '.[0].votes == null and .[0].voters == null and .[0].voted == 1
		and .[0].mine and .[0].max == 2' >/dev/null
	api PUT "v3/rooms/$ROOM/send/org.matrix.msc3381.poll.end/x1" \
		-d "{\"m.relates_to\":{\"rel_type\":\"m.reference\",\"event_id\":\"$p\"},\"org.matrix.msc3381.poll.end\":{}}" >/dev/null
	m poll show "$ROOM" "$p" --json | jq -es '.[0].closed | not' >/dev/null
	use_home ada
	m poll close "$ROOM" "$p"
	m poll show "$ROOM" "$p" --json | jq -es '[.[].votes] == [1, 0, 1] and .[2].voters == ["@bob:s.test"]' >/dev/null
}

@test "the stable form of a poll is read, too" {
	local p
	p=$(api PUT "v3/rooms/$ROOM/send/m.poll.start/s1" \
		-d '{"m.poll.start":{"kind":"m.poll.disclosed","question":{"m.text":[{"body":"Stable?"}]},
		"answers":[{"m.id":"y","m.text":[{"body":"yes"}]},{"m.id":"n","m.text":[{"body":"no"}]}]}}' | jq -r .event_id)
	m poll vote "$ROOM" "$p" yes
	m poll show "$ROOM" "$p" --json | jq -es '.[0].question == "Stable?" and [.[].votes] == [1, 0]' >/dev/null
}

@test "mark: read, privately, unread and back" {
	local e
	m mark "$ROOM"
	use_home bob
	e=$(post "have you read this?")
	m send "$ROOM" "and this?"
	use_home ada
	[ "$(of_room unread)" -eq 2 ]
	m mark "$ROOM" "$e"
	[ "$(of_room unread)" -eq 1 ]
	m receipts "$ROOM" "$e" --json | jq -es 'length == 1 and .[0].user_id == "@ada:s.test" and .[0].read' >/dev/null
	m mark "$ROOM" --private
	[ "$(of_room unread)" -eq 0 ]
	use_home bob
	m read "$ROOM" -n 1 --json | jq -r .event_id >last
	m receipts "$ROOM" "$(cat last)" --json | jq -es '.[0].read == false' >/dev/null
	use_home ada
	m mark "$ROOM" --unread --json | jq -e .marked_unread >/dev/null
	[ "$(of_room marked_unread)" = true ]
	m mark "$ROOM"
	[ "$(of_room marked_unread)" = false ]
	fails_with 2 mark "$ROOM" --unread --private
}

@test "typing and presence" {
	m typing "$ROOM" --for 10s --json | jq -e .typing >/dev/null
	m typing "$ROOM" --stop --json | jq -e '.typing | not' >/dev/null
	m presence set unavailable --status "at lunch" --json | jq -e '.presence == "unavailable" and .status == "at lunch"' >/dev/null
	use_home bob
	m presence show @ada:s.test --json | jq -e '.user_id == "@ada:s.test" and .presence == "unavailable" and .status == "at lunch"' >/dev/null
	fails_with 2 presence set asleep
}

@test "nothing goes in the clear into an encrypted room: status 9, whatever it is" {
	local id e
	id=$(new_room Secret)
	e=$(m send "$id" before --json | jq -r .event_id)
	p=$(m poll create "$id" before a b --json | jq -r .event_id)
	encrypt "$id"
	echo x >file.txt
	fails_with 9 send "$id" --file file.txt
	fails_with 9 send "$id" --thread "$e" x
	fails_with 9 react "$id" "$e" 👍
	fails_with 9 edit "$id" "$e" after
	fails_with 9 poll create "$id" Q a b
	fails_with 9 poll vote "$id" "$p" 1
	fails_with 9 poll close "$id" "$p"
	fails_with 9 delete "$id" "$e" --reason "said too much"
	m delete "$id" "$e"
	# What others say there is explained.
	api PUT "v3/rooms/$id/send/m.room.encrypted/secret" \
		-d '{"algorithm":"m.megolm.v1.aes-sha2","ciphertext":"x","session_id":"s"}' >/dev/null
	[[ $(m read "$id" -n 1) == *"unreadable: it is encrypted"*"a client with encryption"* ]]
	m read "$id" -n 1 --json | jq -e '.type == "m.room.encrypted" and (.unreadable | test("encrypted")) and .body == null' >/dev/null
}

@test "what waits in the queue stays there when the room has become encrypted: status 9" {
	local id hs
	id=$(new_room Late)
	hs=$XDG_DATA_HOME/muster/accounts/ada/account.json
	cp "$hs" keep.json
	jq '.homeserver = "http://127.0.0.1:9"' keep.json >broken.json && cp broken.json "$hs"
	fails_with 8 send "$id" written before --queue --txn-id late1 --timeout 3s --json
	cp keep.json "$hs"
	encrypt "$id"
	fails_with 9 queue run
	fails_with 9 queue retry late1
	m queue list --json | jq -es 'map(select(.txn_id == "late1"))[0].state == "failed"' >/dev/null
	[ "$(m read "$id" -n 50 --json | jq -s 'map(select(.body == "written before")) | length')" -eq 0 ]
	m queue drop late1 >/dev/null
}

@test "search: here and on the server, each message once, in any language" {
	for i in $(seq 1 60); do echo "Zeile $i"; done | mi send "$ROOM" - --lines >/dev/null
	m send "$ROOM" "明日は数学の宿題です"
	m send "$ROOM" "a Naïve question about half-lives"
	m search naive QUESTION --json | jq -es 'length == 1 and .[0].body == "a Naïve question about half-lives"' >/dev/null
	m search 宿題 --json | jq -es 'length == 1' >/dev/null
	m search "zeile 17" --json | jq -es 'length == 1' >/dev/null
	m search zeile -n 100 --json | jq -es 'length == 60 and (map(.event_id) | unique | length) == 60' >/dev/null
	[ -z "$(m search "nothing like this" --json)" ]
	# a device whose cache begins later finds on the server what it does not have
	use_home later
	mi login "$URL" --user ada --password-stdin <<<"sesame-open-ada" >/dev/null
	m room list >/dev/null
	[ -z "$(m read "$ROOM" -n 1000 --offline --json | jq -r 'select(.body == "Zeile 3")')" ]
	m search "zeile" --room "$ROOM" -n 100 --json >out
	jq -es 'length == 60 and (map(.body) | index("Zeile 3"))' out >/dev/null
}

has_stopped() { # PID
	grep -q '^State:.*[Tt]' "/proc/$1/status"
}

# Stopped between transactions: one that is stopped within one holds up everybody, whoever wrote it.
stop_at_rest() { # PID DATABASE
	kill -STOP "$1"
	eventually has_stopped "$1"
	python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute("BEGIN IMMEDIATE")' \
		"$2" 2>/dev/null && return
	kill -CONT "$1"
	return 1
}

@test "a follower that is stopped does not keep others from syncing" {
	follow "$ROOM"
	kill -TSTP "$FOLLOWER"
	eventually has_stopped "$FOLLOWER"
	use_home bob
	m send "$ROOM" "while you were stopped" >/dev/null
	use_home ada
	m read "$ROOM" -n 1 --timeout 100s --json | jq -e '.body == "while you were stopped"' >/dev/null
	kill -CONT "$FOLLOWER"
	wait_for followed "while you were stopped"
	# not even when it could not say goodbye
	local db
	db=$(find "$HOME" -name cache.db | head -n 1)
	[ -n "$db" ]
	eventually stop_at_rest "$FOLLOWER" "$db"
	use_home bob
	m send "$ROOM" "and stopped again" >/dev/null
	use_home ada
	m read "$ROOM" -n 1 --timeout 100s --json | jq -e '.body == "and stopped again"' >/dev/null
	kill -CONT "$FOLLOWER"
	wait_for followed "and stopped again"
	unfollow
}

@test "every key of these verbs is in their schema, and every time is one" {
	local verb p
	p=$(m poll create "$ROOM" "Keys?" a b --json | jq -r .event_id)
	m poll close "$ROOM" "$p"
	for verb in "room list" "space list" "device list" "presence show" "poll show" "room directory"; do
		if [ "$verb" = "poll show" ]; then
			m poll show "$ROOM" "$p" --json >rows
		else
			# shellcheck disable=SC2086
			m $verb --json >rows
		fi
		jq -r 'keys_unsorted[]' rows | sort -u >keys
		# shellcheck disable=SC2086
		m schema $verb --json | jq -r '.properties | keys_unsorted[]' | sort -u >declared
		run comm -23 keys declared
		[ -z "$output" ] || { echo "$verb: undeclared: $output"; return 1; }
		jq -es 'all(.[]; to_entries | all(.[]; (.key | test("(^|_)ts$") | not) or .value == null
			or (.value | type == "string")))' rows >/dev/null
	done
}
