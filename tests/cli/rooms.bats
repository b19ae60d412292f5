# Rooms and people against a real server.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	clean_environment
	mkdir -p "$BATS_FILE_TMPDIR/server/data"
	echo 'encryption = true' >"$BATS_FILE_TMPDIR/server/data/muster.conf"
	start_server
	sign_up bob
	sign_up eve
	sign_up ada
}

setup() {
	use_home ada
}

teardown_file() {
	stop_server
}

@test "room create, list, show, set" {
	local id
	m room create "Physics 10b" --alias physics --topic Waves --json >made
	id=$(jq -r .room_id made)
	jq -e '.name == "Physics 10b" and .alias == "#physics:s.test"' made >/dev/null
	m room list --json | jq -es --arg i "$id" 'map(select(.room_id == $i))[0]
		| .name == "Physics 10b" and .members == 1 and .unread == 0' >/dev/null
	m room set "$id" topic "Homework: p. 12"
	m room show "$id" --json | jq -e '.topic == "Homework: p. 12" and .creator == "@ada:s.test"
		and (.version | type == "string")' >/dev/null
	fails_with 2 room set "$id" colour red
	[[ $stderr == *topic* ]]
	r room create Other --alias physics
	[ "$status" -eq 1 ]
}

@test "a name that is part of one, or a slip away: which was meant" {
	m room create "Chemistry 5b" -q >/dev/null
	m room create "Chémistry 5a" -q >/dev/null
	fails_with 5 send chemistry hello
	[[ $stderr == *'did you mean '*'"Chemistry 5b"'* && $stderr == *'"Chémistry 5a"'* && $stderr != *Physics* ]]
	fails_with 5 send "chemistri 5B" hello
	[[ $stderr == *'did you mean "Chemistry 5b"'* ]]
	fails_with 5 send "5b" hello
	[[ $stderr == *'did you mean "Chemistry 5b"?'* ]]
	fails_with 5 send "something else" hello
	[[ $stderr == *"muster room list"* ]]
}

@test "invite, join, members, role, kick, ban, unban, leave" {
	local id
	id=$(new_room Class)
	m room invite "$id" @bob:s.test @eve:s.test --json | jq -es 'length == 2 and all(.[]; .ok)' >/dev/null
	m room invite "$id" @bob:s.test
	use_home bob
	m room list --invited --json | jq -es --arg i "$id" 'map(select(.room_id == $i))[0].membership == "invite"' >/dev/null
	m room join Class --json | jq -e --arg i "$id" '.room_id == $i' >/dev/null
	fails_with 4 room kick "$id" @ada:s.test
	use_home ada
	m room members "$id" --json | jq -es 'map(select(.user_id == "@bob:s.test"))[0]
		| .membership == "join" and .role == "student"' >/dev/null
	m room role "$id" @bob:s.test teacher --json | jq -e '.role == "teacher" and .power == 50' >/dev/null
	r room role "$id" @ada:s.test student
	[ "$status" -eq 1 ]
	m room kick "$id" @bob:s.test --reason lesson-over
	m room ban "$id" @eve:s.test
	use_home eve
	r room join "$id"
	[ "$status" -eq 4 ]
	use_home ada
	m room unban "$id" @eve:s.test
	m room members "$id" --json | jq -es 'map(select(.membership == "join")) | length == 1' >/dev/null
	m room leave "$id" --json | jq -e '.membership == "leave"' >/dev/null
	m room list --json | jq -es --arg i "$id" 'all(.[]; .room_id != $i)' >/dev/null
}

@test "room list tells of an invitation rather than being silent" {
	use_home bob
	local before id
	before=$(m room list --invited --json | jq -r 'select(.membership == "invite").room_id' | wc -l)
	use_home ada
	id=$(new_room "Come in" --invite @bob:s.test)
	use_home bob
	r room list
	[[ $stderr == *"invitations: $((before + 1))"*--invited* ]]
	m room list --invited --json | jq -es "any(.[]; .room_id == \"$id\")" >/dev/null
}

@test "done in part is status 7, with a row for each person" {
	local id
	id=$(new_room Partly)
	fails_with 7 room invite "$id" @bob:s.test @ghost-of-nobody:s.test --json
	jq -es 'map(select(.ok)) | length == 1' <<<"$output" >/dev/null
	jq -es 'map(select(.ok | not))[0] | .user_id == "@ghost-of-nobody:s.test" and (.error | length > 0)' <<<"$output" >/dev/null
	[[ $stderr == *partial* ]]
}

@test "a room that is not there: status 5; an encrypted one: status 9" {
	fails_with 5 room show '!nowhere:s.test'
	fails_with 5 room join '#nowhere:s.test'
	local id
	id=$(new_room Secret)
	encrypt "$id"
	fails_with 9 send "$id" "not in the clear" --json
	[ "$(jq -r .error.code <<<"$stderr")" = needs_encryption ]
}

@test "archive and back" {
	local id
	id=$(new_room Old)
	m room archive "$id" --json | jq -e '.archived == true' >/dev/null
	m room archive "$id" --undo --json | jq -e '.archived == false' >/dev/null
}

@test "export: a header, state, every message, as JSON Lines" {
	local id
	id=$(new_room Exported)
	for i in 1 2 3; do m send "$id" "message $i"; done
	m room export "$id" -o all.jsonl --quiet
	jq -es 'length > 5' all.jsonl >/dev/null
	for i in 1 2 3; do grep -q "message $i" all.jsonl; done
	m room export "$id" >pipe.jsonl
	diff <(wc -l <all.jsonl) <(wc -l <pipe.jsonl)
	[ "$(stat -c %a all.jsonl)" = 600 ]
	r room export "$id" -o all.jsonl
	[ "$status" -eq 1 ]
	m room export "$id" -o all.jsonl --force --quiet
	[ ! -e all.jsonl.part ]
}

@test "--dry-run changes nothing" {
	local id before
	id=$(new_room Dry)
	before=$(m read "$id" --all-types --json | wc -l)
	for verb in "send $id hello" "room set $id topic x" "room invite $id @bob:s.test" \
		"room leave $id" "room archive $id" "room create Another" "profile set name X"; do
		# shellcheck disable=SC2086
		m $verb --dry-run --json | jq -e '.dry_run and (.verb | length > 0)' >/dev/null
	done
	[ "$(m read "$id" --all-types --json | wc -l)" -eq "$before" ]
	m room list --json | jq -es 'all(.[]; .name != "Another")' >/dev/null
}

@test "tables: COLUMNS, wide characters, NO_COLOR" {
	new_room "日本語の部屋、とても長い名前がついている部屋です" >/dev/null
	COLUMNS=80 m room list --format table >narrow
	grep -q '…' narrow
	# Too narrow for columns: a line for each value, nothing cut off.
	COLUMNS=40 m room list >records
	grep -q '^Name:.*日本語の部屋、とても長い名前がついている部屋です' records
	run ! grep -q '…' records
	m room list >wide
	grep -q '日本語の部屋、とても長い名前がついている部屋です' wide
	run ! grep -q $'\e' wide
	CLICOLOR_FORCE=1 m room list >coloured
	grep -q $'\e\[1m' coloured
	CLICOLOR_FORCE=1 NO_COLOR=1 m room list >plain
	run ! grep -q $'\e' plain
	LC_ALL=C m room list | grep -q '日本語'
	LC_ALL=C m room list --json | jq -es 'any(.[]; .name | startswith("日本語"))' >/dev/null
}

@test "CSV and TSV: a header, every declared key, quoting" {
	new_room 'Comma, "quote"' >/dev/null
	m room list --format csv >all.csv
	head -n 1 all.csv | grep -q '^room_id,name,alias,'
	grep -q '"Comma, ""quote"""' all.csv
	python3 - <<-'PY'
		import csv
		rows = list(csv.reader(open("all.csv", newline="")))
		assert len(rows) > 1 and all(len(r) == len(rows[0]) for r in rows), rows
	PY
	m room list --format tsv | awk -F'\t' 'NR == 1 { n = NF } NF != n { exit 1 }'
}

@test "completion asks the local cache for rooms and people" {
	new_room Completed --alias completed >/dev/null
	m room list >/dev/null
	m complete room "" | cut -f1 | grep -q 'Completed'
	[ "$(m complete room '#compl' | cut -f1)" = '#completed:s.test' ]
	m complete account a | grep -q '^ada'
	# without an account it is silent and fine
	use_home nobody
	run timeout "$STEP" "$MUSTER" complete room ""
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

# The last one: the server is gone afterwards.
@test "--offline needs no server" {
	local id
	id=$(new_room Cellar)
	m send Cellar "still here" >/dev/null
	m read Cellar >/dev/null
	stop_server
	fails_with 6 room list --timeout 3s
	m room list --offline --json | jq -es "any(.[]; .room_id == \"$id\")" >/dev/null
	[ "$(m room show Cellar --offline --json | jq -r .room_id)" = "$id" ]
	m read Cellar --offline | grep -q 'still here'
	fails_with 5 room show Attic --offline
}
