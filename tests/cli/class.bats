# Classes against a real server: lists, rooms, slips, one-time links.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	start_school
	sign_up ada
	sign_up carl
}

setup() {
	use_home admin
}

teardown_file() {
	stop_server
}

small_list() {
	cat >list.csv <<-END
		Name;Student ID
		Anna Meier;1
		Anna Meier;2
		张伟;3
	END
}

@test "class create: accounts, rooms, members, roster, links" {
	small_list
	m class create "Physics" --students list.csv --teacher @carl:s.test --json >rows
	jq -es --arg u "$URL" 'length == 3 and all(.state == "added" and (.room_id | startswith("!"))
		and (.link | startswith($u)) and (.link | test("/join#([0-9A-Z]{4}-){3}[0-9A-Z]{4}$")))
		and map(.user_id) == ["@anna.meier:s.test", "@anna.meier2:s.test", "@3:s.test"]
		and map(.external_id) == ["1", "2", "3"]' rows >/dev/null
	local room staff
	room=$(jq -rs '.[0].room_id' rows)
	m class list --json | jq -es --arg r "$room" 'map(select(.room_id == $r))[0]
		| .name == "Physics" and .members == 5 and .closed == false' >/dev/null
	m room show "$room" --json | jq -e '.power.invite == 50 and .history_visibility == "shared"
		and .power.users["@carl:s.test"] == 50' >/dev/null
	staff=$(m class list --json | jq -r --arg r "$room" 'select(.room_id == $r).staff_room')
	m room members "$staff" --json | jq -es 'map(.user_id) | sort == ["@admin:s.test", "@carl:s.test"]' >/dev/null
	m class show Physics --json | jq -es 'length == 3 and all(.membership == "join" and .link == "open")' >/dev/null
	# The teacher is there without accepting anything, and reads the list.
	use_home carl
	m class show "$room" --json | jq -es 'length == 3 and all(.link == null)' >/dev/null
}

@test "a list whose numbers stand under Nr" {
	printf '\xef\xbb\xbfNr;Name\r\n801;Max Groß\r\n802;Max Groß\r\n' >numbered.csv
	m class create Numbered --students numbered.csv --dry-run --json |
		jq -es 'map(.external_id) == ["801", "802"] and map(.user_id) ==
			["@max.gross:s.test", "@max.gross2:s.test"]' >/dev/null
}

@test "class create again adds only what is new; a dry run writes nothing" {
	small_list
	m class create Again --students list.csv --json >first
	echo "Bert Alt;4" >>list.csv
	m class create Again --students list.csv --dry-run --json |
		jq -es 'map(.state) == ["existing", "existing", "existing", "new"] and all(.link == null)' >/dev/null
	m class show Again --json | jq -es 'length == 3' >/dev/null
	m class create Again --students list.csv --json >second
	# The same numbers are the same people as in the other class.
	jq -es 'map(.state) == ["existing", "existing", "existing", "added"]
		and (map(select(.link)) | length == 1)' second >/dev/null
	[ "$(jq -rs '.[0].room_id' first)" = "$(jq -rs '.[3].room_id' second)" ]
	m class create Again --students list.csv --json |
		jq -es 'length == 4 and all(.state == "existing" and .link == null)' >/dev/null
	[ "$(m class list --json | jq -s 'map(select(.name == "Again")) | length')" -eq 1 ]
}

@test "an id that is of somebody else is told with its line, and nothing is made" {
	printf 'Name,ID\nIda Ohm,701\n' >ohm.csv
	m class create Ohm --students ohm.csv -q >/dev/null
	printf 'Name,ID\nJan Volt,702\nKai Watt,701\n' >volt.csv
	fails_with 1 class create Volt --students volt.csv
	[[ $stderr == *"line 3: id 701 belongs to Ida Ohm (@ida.ohm:s.test), not to Kai Watt"* ]]
	m class list --json | jq -es 'all(.name != "Volt")' >/dev/null
	m admin user list --json | jq -es 'all(.external_id != "702")' >/dev/null
}

@test "a run that was killed is gone on with by running again" {
	local t rooms
	{
		echo "Name,ID"
		for t in $(seq 120); do echo "Pupil $t,k$t"; done
	} >list.csv
	for t in 0.03 0.05 0.08 0.12 0.2; do
		timeout -s KILL "$t" "$MUSTER" class create Killed --students list.csv -q </dev/null >/dev/null || true
	done
	m class create Killed --students list.csv -q >/dev/null
	m class show Killed --json >shown
	jq -es 'length == 120 and all(.membership == "join" and .link == "open")
		and (map(.user_id) | unique | length == 120)' shown >/dev/null
	m admin user list --json | jq -es 'map(select((.external_id // "") | startswith("k"))) | length == 120' >/dev/null
	rooms=$(m room list --json | jq -s 'map(select(.name | startswith("Killed"))) | length')
	# A room whose making was never answered may be left over, a second class never.
	[ "$rooms" -ge 2 ]
	[ "$(m class list --json | jq -s 'map(select(.name == "Killed")) | length')" -eq 1 ]
}

@test "who was put out does not come back by running again" {
	small_list
	m class create Out --students list.csv -q >/dev/null
	m room kick Out @anna.meier:s.test -q >/dev/null
	m class create Out --students list.csv --json | jq -es '.[0].state == "left"' >/dev/null
	m class show Out --json | jq -es '.[0].membership == "leave"' >/dev/null
}

@test "mistakes in the list are told with their lines, and nothing is written" {
	printf 'Name,ID\nDora,90\nEmil,91\n,\nF,92,more\n' >list.csv
	r class create Wrong --students list.csv
	[ "$status" -eq 1 ]
	[[ $stderr == *"line 5"* ]]
	printf 'Name,ID\nDora,90\nEmil,90\nF,91\n' >list.csv
	r class create Wrong --students list.csv --slips slips.html
	[ "$status" -eq 1 ]
	[[ $stderr == *"list.csv, line 3: the same id as in line 2"* ]]
	[[ $stderr == *"nothing was written"* ]]
	[ ! -e slips.html ]
	[ "$(m class list --json | jq -s 'map(select(.name == "Wrong")) | length')" -eq 0 ]
	m admin user list --json | jq -es 'map(select(.external_id == "91")) | length == 0' >/dev/null
}

@test "a list of a spreadsheet: UTF-16, tabs, standard input" {
	printf 'E-Mail\tVorname\tNachname\nmax@mail.example\tMax\tGroß\n' | iconv -t UTF-16 >list.csv
	mi class create Sheet --students - --json <list.csv |
		jq -e '.name == "Max Groß" and .user_id == "@max:s.test" and .email == "max@mail.example"' >/dev/null
}

@test "slips: written 0600, in the class's language, not overwritten" {
	small_list
	m class create Slips --students list.csv --slips slips.html --language de -q >/dev/null
	[ "$(stat -c %a slips.html)" = 600 ]
	# Who has a link from another class keeps it.
	[ "$(grep -c '<li>' slips.html || true)" -le 3 ]
	fails_with 1 class slips Slips --slips slips.html
	[[ $stderr == *--force* ]]
	fails_with 2 class slips Slips --slips slips.pdf
	# Nobody is new: the page that was handed out stays.
	cp slips.html before.html
	r class create Slips --students list.csv --slips slips.html
	[ "$status" -eq 0 ]
	[[ $stderr == *"left as it is"* ]]
	cmp slips.html before.html
	# Somebody is: nothing is made before it is clear where the slip goes.
	cp list.csv longer.csv
	echo 'Nova Neu;9999' >>longer.csv
	fails_with 1 class create Slips --students longer.csv --slips slips.html
	[[ $stderr == *--force* ]]
	m class show Slips --json | jq -es 'map(select(.external_id == "9999")) == []' >/dev/null
	# An id that is somebody else's is told as without slips, once.
	sed 's/^张伟/Otto Falsch/' list.csv >wrong.csv
	r class add Slips --students wrong.csv --slips slips.html
	[ "$(grep -c 'line 4: id 3 ' <<<"$stderr")" -eq 1 ] || { echo "$status $stderr"; false; }
	r class create Slips --students list.csv --slips slips.html --force
	[ "$status" -eq 0 ]
	[[ $stderr == *"left as it is"* ]]
	cmp slips.html before.html
	m class slips Slips --slips slips.html --force --json >rows
	jq -es 'length == 3' rows >/dev/null
	[ "$(grep -c '<li>' slips.html)" -eq 3 ]
	grep -q 'Klasse Slips' slips.html
	grep -q '<html lang="de">' slips.html
	[ "$(grep -o '<svg' slips.html | wc -l)" -eq 3 ]
	run ! grep -E '<script|<link|src=|href=|url\(' slips.html
	m class slips Slips --slips slips.csv --user 3 --user @3:s.test --user 张伟 -q >/dev/null
	[ "$(wc -l <slips.csv)" -eq 2 ]
	[ "$(stat -c %a slips.csv)" = 600 ]
	head -1 slips.csv | grep -q '^name,external_id,email,user_id,class,address,code,link,expires'
	# The link is that of the QR code and of the code, and a new one ends the old.
	grep -q "$(jq -r 'select(.user_id == "@anna.meier:s.test").link' rows | cut -d'#' -f2)" slips.html
}

@test "links that are made again, though nobody is new, lie beside the slips that were handed out" {
	printf 'Name;Student ID\nLea Link;500\nLeo Link;501\n' >links.csv
	m class create Links --students links.csv --slips links.html -q >/dev/null
	m class close Links --yes -q >/dev/null
	cp links.html before.html
	r class add Links --students links.csv --slips links.html
	[ "$status" -eq 0 ]
	[[ $stderr == *"2 slips in links-2.html"* ]] || { echo "$stderr"; false; }
	cmp links.html before.html
	[ "$(grep -c '<li>' links-2.html)" -eq 2 ]
}

@test "a link logs in, once; a new one is for who forgot the password" {
	echo "Name,ID
Gina,70" >list.csv
	m class create Login --students list.csv --json >rows
	local code link
	link=$(jq -r .link rows)
	code=$(jq -r .code rows)
	use_home gina
	# As people type it, and without saying who one is.
	printf '%s\nmy own password\n' "$(tr 'A-Z-' 'a-z ' <<<"$code")" |
		mi login "$URL" --link-stdin --json | jq -e '.user_id == "@gina:s.test"' >/dev/null
	m room list --json | jq -es 'map(.name) == ["Login"]' >/dev/null
	m send Login "I am in" -q >/dev/null
	r_in "$link" "another password"
	[ "$status" -eq 1 ]
	[[ $stderr == *"used already"* ]]
	use_home gina2
	echo "my own password" | mi login "$URL" --user gina --password-stdin -q
	use_home admin
	m class show Login --json | jq -e '.link == "used" and .last_seen_ts != null' >/dev/null
	m class slips Login -q 2>said
	[ -z "$(m class slips Login --json)" ]
	fails_with 5 class slips Login --user nobody
	m class slips Login --user 70 --json >rows
	use_home gina
	printf '%s\nthe next password\n' "$(jq -r .code "$OLDPWD/rows")" | mi login "$URL" --link-stdin -q
	fails_with_in 4 gina2
}

# The link of a slip holds the server's address, but the one given counts.
r_in() {
	printf '%s\n%s\n' "$1" "$2" >in
	run --separate-stderr timeout "$STEP" "$MUSTER" login "$URL" --link-stdin <in
}

fails_with_in() {
	use_home "$2"
	fails_with "$1" whoami
}

@test "login --link: what it refuses" {
	use_home nobody
	r_in "0000-0000-0000-0000" "a new password"
	[ "$status" -eq 5 ]
	[[ $stderr == *slip* ]]
	r_in "0000-0000-0000-0000" ""
	[ "$status" -eq 2 ]
	[[ $stderr == *password* ]]
	fails_with 2 login "$URL" --link
	fails_with 2 login "$URL" --link-stdin --user ada
}

@test "class add: a substitute, more students, from the same list" {
	small_list
	m class create Add --students list.csv -q >/dev/null
	m class add Add --teacher @ada:s.test -q
	m room members Add --json | jq -es 'map(select(.user_id == "@ada:s.test"))[0].power == 50' >/dev/null
	echo "Hans;5" >>list.csv
	m class add Add --students list.csv --json | jq -es '.[3].state == "added"' >/dev/null
	fails_with 2 class add Add
	m room create Ordinary -q >/dev/null
	fails_with 5 class add Ordinary --students list.csv
}

@test "class close: students can read, not write; unused links end" {
	echo "Name,ID
Ines,71
Jan,72" >list.csv
	m class create Term --students list.csv --json >rows
	use_home ines
	printf '%s\nines has a password\n' "$(jq -rs '.[0].code' ../home-admin/rows)" | mi login "$URL" --link-stdin -q
	m send Term "before" -q >/dev/null
	use_home admin
	m class close Term --json | jq -e '.closed' >/dev/null
	m class list --json | jq -es 'map(select(.name == "Term"))[0].closed' >/dev/null
	use_home ines
	fails_with 4 send Term "after"
	m read Term -n 5 --json | jq -es 'map(.body) | index("before") != null' >/dev/null
	r_in "$(jq -rs '.[1].code' ../home-admin/rows)" "jan has a password"
	[ "$status" -eq 5 ]
	use_home admin
	m class close Term --undo -q
	use_home ines
	m send Term "again" -q >/dev/null
}

@test "who is no administrator is told so before anything is made" {
	small_list
	use_home ada
	cp ../home-admin/list.csv .
	fails_with 4 class create Mine --students list.csv
	[[ $stderr == *administrator* ]]
	[ "$(m room list --json | jq -s 'map(select(.name | startswith("Mine"))) | length')" -eq 0 ]
}

# A room with one state event, made by hand: trap_room NAME TYPE CONTENT
trap_room() {
	api POST v3/createRoom -d "$(jq -nc --arg n "$1" --arg t "$2" --argjson c "$3" '{name: $n, invite: ["@admin:s.test"],
		power_level_content_override: {users: {"@ada:s.test": 100, "@admin:s.test": 100}},
		initial_state: [{type: $t, state_key: "", content: $c}]}')" | jq -r .room_id
}

@test "a class that no administrator made gets no list, whatever it is called" {
	local room staff
	small_list
	use_home ada
	staff=$(trap_room "Trap (staff)" org.muster.staff '{"version": 1, "name": "Trap"}')
	room=$(trap_room Trap org.muster.class "{\"version\": 1, \"name\": \"Trap\", \"staff_room\": \"$staff\"}")
	use_home admin
	m room join "$room" -q >/dev/null
	m room join "$staff" -q >/dev/null
	fails_with 1 class create Trap --students list.csv
	[[ $stderr == *"$room"* ]]
	fails_with 4 class add Trap --students list.csv
	# A staff room of one's own does not make the class room one's own.
	m class create Other --students list.csv -q >/dev/null
	AS=ada api PUT "v3/rooms/$room/state/org.muster.class" -d "$(m class list --json | jq -c 'select(.name == "Other")
			| {version: 1, name: "Trap", staff_room: .staff_room}')"
	fails_with 4 class add "$room" --students list.csv
	AS=ada api GET "v3/rooms/$staff/state" |
		jq -e 'all(.type != "org.muster.roster")' >/dev/null
	m room members "$room" --json | jq -es 'length == 2' >/dev/null
}
