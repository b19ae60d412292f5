# Rosters of a class against a real server: import, export, show, match, remove.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	start_school
	sign_up dora
	sign_up emil
	use_home admin
}

setup() {
	use_home admin
}

teardown_file() {
	stop_server
}

# A class of its own for a test: two called Anna Meier, Bert without an id, Dora who is only in the room
class_of() { # NAME
	printf 'Name,ID,E-Mail\nAnna Meier,%s1,\nAnna Meier,%s2,\nBert Alt,,%s-bert@x.example\n' "$1" "$1" "$1" >class.csv
	m class create "$1" --students class.csv -q >/dev/null
	m room invite "$1" @dora:s.test -q
	use_home dora
	m room join "$1" -q >/dev/null
	m profile set name "Dora Lang" -q >/dev/null
	use_home admin
}

@test "roster show and export: what class create has put there; the file can be imported again" {
	class_of Show
	m roster show --room Show --json >rows
	jq -es 'length == 3 and (map(.external_id) | index("Show1") != null)
		and all(has("user_id") and has("name") and has("email"))' rows >/dev/null
	m roster export --room Show -o out.csv
	[ "$(stat -c %a out.csv)" = 600 ]
	[ "$(head -1 out.csv)" = name,external_id,email,user_id ]
	[ "$(wc -l <out.csv)" -eq 4 ]
	fails_with 1 roster export --room Show -o out.csv
	[[ $stderr == *--force* ]]
	m roster export --room Show -o out.csv --force --excel
	[ "$(head -c 3 out.csv | od -An -tx1)" = " ef bb bf" ]
	m roster import out.csv --room Show --json | jq -es 'length == 3 and all(.state == "existing" and .how == "user")' >/dev/null
	m roster export --room Show | cmp - <(tail -c +4 out.csv | tr -d '\r')
	fails_with 2 roster show
	m room create Ordinary -q >/dev/null
	fails_with 5 roster show --room Ordinary
}

@test "roster import: adds, changes, tells what is ambiguous; safe to repeat; exit 7" {
	class_of Import
	cat >list.csv <<-'END'
		E-Mail;Name;Nummer
		;Anna Meier;Import1
		new@x.example;Anna Meier;Import2
		;Bert Alt;Import3
		;Dora Lang;Import4
		;Nobody Known;Import5
	END
	m roster show --room Import --json >before
	r roster import list.csv --room Import --dry-run --json
	[ "$status" -eq 7 ]
	m roster show --room Import --json | cmp - before
	r roster import list.csv --room Import --json
	[ "$status" -eq 7 ]
	[[ $stderr == *"class add"* ]]
	echo "$output" >rows
	jq -es 'map(.state) == ["existing", "changed", "changed", "added", "unmatched"]
		and map(.how) == ["id", "id", "name", "member", "no"] and map(.line) == [2, 3, 4, 5, 6]
		and .[3].user_id == "@dora:s.test" and .[4].user_id == null' rows >/dev/null
	m roster show --room Import --json | jq -es 'length == 4 and
		(map(select(.external_id == "Import2"))[0].email == "new@x.example") and
		(map(select(.name == "Bert Alt"))[0].external_id == "Import3")' >/dev/null
	r roster import list.csv --room Import --json
	[ "$status" -eq 7 ]
	echo "$output" | jq -es 'map(.state) == ["existing", "existing", "existing", "existing", "unmatched"]' >/dev/null
	# Without ids nobody knows which of two is meant.
	printf 'Name\nAnna Meier\n' >list.csv
	r roster import list.csv --room Import --json
	[ "$status" -eq 7 ]
	echo "$output" | jq -es '.[0].state == "ambiguous" and .[0].line == 2 and (.[0].why | length > 0)' >/dev/null
	m roster show --room Import --json | jq -es 'length == 4' >/dev/null
}

@test "roster import --prune: asks, then removes who is no longer in the list; not while a line is ambiguous" {
	class_of Prune
	printf 'Name,ID\nAnna Meier,Prune1\n' >list.csv
	fails_with 2 roster import list.csv --room Prune --prune
	m roster show --room Prune --json | jq -es 'length == 3' >/dev/null
	m roster import list.csv --room Prune --prune --dry-run --json |
		jq -es 'map(.state) == ["existing", "removed", "removed"]' >/dev/null
	m roster show --room Prune --json | jq -es 'length == 3' >/dev/null
	printf 'Name\nAnna Meier\n' >ambiguous.csv
	r roster import ambiguous.csv --room Prune --prune --yes --json
	[ "$status" -eq 7 ]
	m roster show --room Prune --json | jq -es 'length == 3' >/dev/null
	m roster import list.csv --room Prune --prune --yes --json |
		jq -es 'map(.state) == ["existing", "removed", "removed"]' >/dev/null
	m roster show --room Prune --json | jq -es 'map(.external_id) == ["Prune1"]' >/dev/null
	# Nobody left the room by it.
	m room members Prune --json | jq -es 'map(.user_id) | length == 5' >/dev/null
}

@test "roster match: a file, or words" {
	class_of Match
	m roster match --room Match Match1 bert.alt --json >rows || [ "$?" -eq 7 ]
	jq -es '.[0].how == "id" and .[0].line == 1' rows >/dev/null
	r roster match "Bert Alt" "Dora Lang" match-bert@x.example "Anna Meier" "Nobody" --room Match --json
	[ "$status" -eq 7 ]
	echo "$output" | jq -es 'map(.how) == ["name", "member", "email", "ambiguous", "no"]' >/dev/null
	printf 'E-Mail\nMATCH-bert@x.example\n' >list.csv
	m roster match list.csv --room Match --json | jq -es '.[0].how == "email" and .[0].line == 2' >/dev/null
	mi roster match - --room Match --json <list.csv | jq -es '.[0].how == "email"' >/dev/null
}

@test "roster remove: by id or name, never a guess; membership stays" {
	class_of Remove
	fails_with 2 roster remove "Anna Meier" --room Remove
	fails_with 5 roster remove nobody --room Remove
	m roster remove Remove1 --room Remove --dry-run --json | jq -e '.state == "removed"' >/dev/null
	m roster show --room Remove --json | jq -es 'length == 3' >/dev/null
	m roster remove Remove1 --room Remove --json | jq -e '.external_id == "Remove1" and .state == "removed"' >/dev/null
	m roster remove "Anna Meier" "Bert Alt" --room Remove -q >/dev/null # there is one left
	[ -z "$(m roster show --room Remove --json)" ]
	m room members Remove --json | jq -es 'length == 5' >/dev/null
}

@test "mistakes in a list are told with their lines, and nothing is written" {
	class_of Wrong
	m roster show --room Wrong --json >before
	printf 'Name,ID,E-Mail\nX,90,\nY,90,\nZ,91,no address\n,,\n' >list.csv
	r roster import list.csv --room Wrong
	[ "$status" -eq 1 ]
	[[ $stderr == *"list.csv, line 3: the same id as in line 2"* ]]
	[[ $stderr == *"line 4: \"no address\" is no e-mail address"* ]]
	printf 'Name,ID\n"X,90\n' >list.csv
	r roster import list.csv --room Wrong
	[ "$status" -eq 1 ]
	[[ $stderr == *"list.csv: line 2: a quote that is not closed"* ]]
	printf 'Name,ID\nX,9\0\n' >list.csv
	r roster import list.csv --room Wrong
	[ "$status" -eq 1 ]
	[[ $stderr == *"line 2: a NUL byte"* ]]
	truncate -s 100M huge.csv
	r roster import huge.csv --room Wrong
	[ "$status" -eq 1 ]
	[[ $stderr == *huge.csv* ]]
	fails_with 5 roster import none.csv --room Wrong
	m roster show --room Wrong --json | cmp - before
}

@test "students see no roster; a class whose rooms two people made gets no list" {
	class_of Secret
	use_home dora
	printf 'Name\nX\n' >list.csv
	fails_with 4 roster show --room Secret
	fails_with 4 roster import list.csv --room Secret
	# A class room of one's own that names the real staff room, or the other way round.
	local staff room
	use_home admin
	staff=$(m class list --json | jq -r 'select(.name == "Secret").staff_room')
	use_home dora
	room=$(api POST v3/createRoom -d "$(jq -nc \
		--arg s "$staff" '{name: "Trap", invite: ["@admin:s.test"], initial_state: [{type: "org.muster.class",
		state_key: "", content: {version: 1, name: "Trap", staff_room: $s}}]}')" | jq -r .room_id)
	use_home admin
	m room join "$room" -q >/dev/null
	fails_with 4 roster import class.csv --room "$room"
}
