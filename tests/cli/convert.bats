# Attendance files of one system turned into those of another, without and with a roster.
bats_require_minimum_version 1.5.0
load helper

GOLDEN=$TOP/tests/golden/attendance

setup_file() {
	start_school
}

setup() {
	use_home nobody
}

teardown_file() {
	stop_server
}

@test "convert needs no account: forms are recognised, endings say as what" {
	m attendance convert "$GOLDEN/one.zoom.csv" zoom.json --zone Europe/Berlin
	jq -es 'length == 5 and .[0].name == "Anna Meier" and .[0].first_join == "2026-03-02T08:58:00.000+01:00"' zoom.json >/dev/null
	[ "$(stat -c %a zoom.json)" = 600 ]
	m attendance convert "$GOLDEN/one.teams.csv" --as csv --zone Europe/Berlin >teams.csv
	[ "$(wc -l <teams.csv)" -eq 6 ]
	# Through the pipe, and back into what it was.
	m attendance convert teams.csv again.csv --as teams --zone Europe/Berlin
	head -c 2 again.csv | cmp - <(printf '\xff\xfe')
	mi attendance convert - --as json --zone UTC <again.csv | jq -es 'length == 5' >/dev/null
	m attendance convert "$GOLDEN/two.jsonl" --as csv | cmp - "$GOLDEN/two.csv"
	m attendance convert "$GOLDEN/two.jsonl" page.html
	grep -q '<svg' page.html
	m attendance convert "$GOLDEN/two.jsonl" --as ics | grep -c BEGIN:VEVENT | grep -qx 2
	m attendance convert "$GOLDEN/two.graph.json" --as graph | jq -e '.value | length == 2' >/dev/null
	m attendance convert "$GOLDEN/two.jsonl" excel.csv --excel
	[ "$(head -c 3 excel.csv | od -An -tx1)" = " ef bb bf" ]
	m attendance convert "$GOLDEN/two.jsonl" --as csv --no-times >plain.csv
	run ! grep -E 'T08:58|first_join' plain.csv
}

@test "a workbook, as openpyxl reads it" {
	m attendance convert "$GOLDEN/two.jsonl" book.xlsx
	TZ=Asia/Tokyo m attendance convert "$GOLDEN/two.jsonl" again.xlsx
	cmp book.xlsx again.xlsx
	/usr/bin/python3 - book.xlsx <<-'END'
		import datetime, sys, openpyxl
		book = openpyxl.load_workbook(sys.argv[1])
		assert book.sheetnames == ["Summary", "Intervals", "Notes"], book.sheetnames
		summary, intervals = book["Summary"], book["Intervals"]
		head = [c.value for c in summary[1]]
		rows = [dict(zip(head, [c for c in row])) for row in summary.iter_rows(min_row=2)]
		assert len(rows) == 9 and intervals.max_row == 8, (len(rows), intervals.max_row)
		anna, bert = rows[0], rows[1]
		# Ids stay text: the zeros in front are there; the format is text, too.
		assert anna["Id"].value == "007" and anna["Id"].data_type == "s" and anna["Id"].number_format == "@"
		assert bert["Id"].value == "+49" and bert["Id"].data_type == "s"
		# No cell is a formula, whatever people call themselves.
		assert bert["Name"].value.startswith("=HYPERLINK") and bert["Name"].data_type == "s"
		assert not [c for s in book for r in s.iter_rows() for c in r if c.data_type == "f"]
		# Times are times in the lesson's zone, durations can be added up.
		assert anna["Came"].value == datetime.datetime(2026, 3, 2, 8, 58), anna["Came"].value
		assert anna["Present"].value == datetime.timedelta(minutes=93), anna["Present"].value
		assert anna["Present"].number_format == "[h]:mm:ss"
		assert bert["Why"].value == "came 12:34 late", bert["Why"].value
		assert [r[3].value for r in book["Notes"].iter_rows(min_row=2)] == ["Rules: late after 5m, left early before "
		    "the last 5m, present from 80 %, absences up to 2m do not count", "09:40 to 09:42 not tracked: the server was away"]
		for s in book:
		    assert s.freeze_panes == "A2" and s["A1"].font.b and s.auto_filter.ref
		    assert all(s.column_dimensions[c.column_letter].width > 7 for c in s[1])
	END
	m attendance convert "$GOLDEN/two.jsonl" plain.xlsx --no-times
	/usr/bin/python3 -c 'import openpyxl; b = openpyxl.load_workbook("plain.xlsx"); assert b.sheetnames == ["Summary", "Notes"] and "Came" not in [c.value for c in b["Summary"][1]]'
	# Nothing of it stays in the folder for temporary files.
	mkdir -p tmp
	TMPDIR=$PWD/tmp m attendance convert "$GOLDEN/two.jsonl" third.xlsx
	[ -z "$(ls tmp)" ]
}

@test "what is wrong is said before anything is written" {
	fails_with 2 attendance convert "$GOLDEN/two.jsonl"
	[[ $stderr == *--as* ]]
	fails_with 2 attendance convert "$GOLDEN/two.jsonl" a.csv -o b.csv
	fails_with 2 attendance convert "$GOLDEN/two.jsonl" a.csv --as zoom
	[[ $stderr == *"holds one lesson"* ]]
	fails_with 2 attendance convert "$GOLDEN/one.zoom.csv" a.csv --zone Europe/Berlim
	[[ $stderr == *Berlim* ]]
	fails_with 2 attendance convert "$GOLDEN/one.zoom.csv" a.csv --as pdf
	fails_with 2 attendance convert "$GOLDEN/one.zoom.csv" a.csv --as zoom --no-times
	[ ! -e a.csv ]
	fails_with 1 attendance convert "$GOLDEN/one.meet.csv" a.csv
	[[ $stderr == *--day* ]]
	m attendance convert "$GOLDEN/one.meet.csv" a.csv --day 2026-03-02
	grep -q T08:58 a.csv
	# The day is that day wherever the lesson was.
	for zone in Pacific/Auckland America/Los_Angeles; do
		m attendance convert "$GOLDEN/one.meet.csv" --as csv --day 2026-03-02 --zone $zone | grep -q 2026-03-02T08:58
		TZ=Asia/Tokyo m attendance convert "$GOLDEN/one.meet.csv" --as csv --day 2026-03-02 --zone $zone |
			grep -q 2026-03-02T08:58
	done
	fails_with 1 attendance convert "$GOLDEN/one.meet.csv" a.csv --day 2026-03-02
	[[ $stderr == *--force* ]]
	m attendance convert "$GOLDEN/one.zoom.csv" a.csv --force --dry-run --json | jq -e '.form == "csv"' >/dev/null
	grep -q T08:58 a.csv
	fails_with 5 attendance convert none.csv b.csv
}

@test "bad input: clear errors with line numbers, nothing half written" {
	printf 'user_id,status\n@a:x,present\n"@b:x,present\n' >quote.csv
	fails_with 1 attendance convert quote.csv out.csv
	[[ $stderr == *"quote.csv: line 3: a quote that is not closed"* ]]
	printf 'user_id,status\n@a:x,pre\0sent\n' >nul.csv
	fails_with 1 attendance convert nul.csv out.csv
	[[ $stderr == *"line 2: a NUL byte"* ]]
	echo "Dear Sir," >letter.csv
	fails_with 1 attendance convert letter.csv out.csv
	[[ $stderr == *--from* ]]
	m attendance convert "$GOLDEN/two.jsonl" book.xlsx --force
	fails_with 1 attendance convert book.xlsx out.csv
	[[ $stderr == *"written, not read"* ]]
	truncate -s 100M huge.csv
	fails_with 1 attendance convert huge.csv out.csv
	[[ $stderr == *huge.csv* ]]
	[ ! -e out.csv ]
	# Single lines: told, left out, the rest is written, and the exit status says so.
	printf 'user_id,status,start,first_join\n@a:x,present,2026-02-30T09:00:00Z,\n@b:x,present,2026-03-02T09:00:00Z,2026-03-02T09:00:00Z\n' >dates.csv
	fails_with 7 attendance convert dates.csv out.csv
	[[ $stderr == *"dates.csv, line 2: \"2026-02-30T09:00:00Z\" does not exist"* ]]
	[ "$(wc -l <out.csv)" -eq 2 ]
	# A disk that is full leaves what was there.
	cp out.csv before.csv
	mkdir -p locked
	cp out.csv locked/out.csv
	(
		ulimit -f 0
		trap '' XFSZ
		fails_with 1 attendance convert "$GOLDEN/two.jsonl" locked/out.csv --force
	)
	cmp before.csv locked/out.csv
	[ "$(ls locked)" = out.csv ]
}

@test "--room: people by the roster, who was absent, who does not belong" {
	use_home admin
	printf 'Name,ID,E-Mail\nAnna Meier,007,\nBert Alt,008,bert@x.example\nTwin,009,\nTwin,010,\n' >class.csv
	m class create Physics --students class.csv -q >/dev/null
	cat >zoom.csv <<-'END'
		Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest
		"Meier, Anna",,03/02/2026 09:00:00 AM,03/02/2026 10:30:00 AM,90,No
		B's phone,BERT@x.example,03/02/2026 09:10:00 AM,03/02/2026 10:30:00 AM,80,No
		Twin,,03/02/2026 09:10:00 AM,03/02/2026 10:30:00 AM,80,No
		Stranger,,03/02/2026 09:10:00 AM,03/02/2026 09:20:00 AM,10,Yes
	END
	r attendance convert zoom.csv --as json --room Physics --zone UTC
	[ "$status" -eq 7 ]
	[[ $stderr == *"Twin is not matched: 2 people are called Twin"* ]]
	[[ $stderr == *"Stranger is not on the roster"* ]]
	echo "$output" | jq -es 'map([.name, .external_id, .status, .guest]) == [
		["Anna Meier", "007", "present", false], ["Bert Alt", "008", "present", false],
		["Twin", "009", "absent", false], ["Twin", "010", "absent", false],
		["Twin", null, "present", true], ["Stranger", null, "present", true]]
		and .[0].user_id == "@anna.meier:s.test"' >/dev/null
	fails_with 5 attendance convert zoom.csv --as json --room Nowhere
}

# Twice, in a home with a class of three and an open roll: a file with marks, and one without
@test "import: marks into the register of a roll; what the register knows better stays; safe to repeat" {
	use_home admin
	printf 'Name,ID,E-Mail\nAnna Import,101,\nBert Import,102,bi@x.example\nCara Import,103,\n' >class.csv
	m class create Marks --students class.csv -q >/dev/null
	local roll
	# Nobody answers until it closes by itself.
	m roll open Marks --window 1s --wait --json >opened || [ "$?" -eq 8 ]
	roll=$(jq -rs '.[0].roll_id' opened)
	printf 'idnumber,status\n101,P\n102,E\n103,X\n999,P\n' >marks.csv
	fails_with 2 attendance import marks.csv --room Marks
	fails_with 2 attendance import "$GOLDEN/two.jsonl" --room Marks --roll "$roll"
	r attendance import marks.csv --room Marks --roll "$roll" --dry-run --json
	[ "$status" -eq 7 ]
	r attendance import marks.csv --room Marks --roll "$roll" --json
	[ "$status" -eq 7 ]
	[[ $stderr == *'marks.csv, line 4: "X" is none of P, L, E and A'* ]]
	echo "$output" | jq -es 'map(select(.state == "changed") | [.external_id, .after]) == [["101", "present"], ["102", "excused"]]
		and all(.event_id | startswith("$")) and all(.before | length > 0)' >/dev/null
	r attendance import marks.csv --room Marks --roll "$roll" --json
	echo "$output" | jq -es 'map(.state) == ["same", "same"]' >/dev/null
	# Times without marks fill in, and change nobody who is excused.
	cat >zoom.csv <<-'END'
		Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest
		Bert Import,bi@x.example,03/02/2026 09:00:00 AM,03/02/2026 10:30:00 AM,90,No
		Cara Import,,03/02/2026 09:00:00 AM,03/02/2026 10:30:00 AM,90,No
	END
	# Nor whom staff said of that they were not there.
	m attendance correct @cara.import:s.test absent --room Marks --roll "$roll" --reason "her brother had her phone" -q
	m attendance import zoom.csv --room Marks --roll "$roll" --json |
		jq -es 'length == 2 and all(.state == "kept")' >/dev/null
	m attendance correct @cara.import:s.test none --room Marks --roll "$roll" --reason "it was another one" -q
	r attendance import zoom.csv --room Marks --roll "$roll" --json
	[ "$status" -eq 0 ]
	echo "$output" >rows
	jq -es 'map(select(.external_id == "102"))[0].state == "kept" and map(select(.external_id == "103"))[0].after == "present"' rows >/dev/null
	m attendance import zoom.csv --room Marks --roll "$roll" --json | jq -es 'length == 2 and all(.state != "changed")' >/dev/null
}

@test "import: a scheduled lesson that was held in Zoom, by its meeting; safe to repeat" {
	use_home admin
	printf 'Name,ID,E-Mail\nAnna Zoom,201,\nBert Zoom,202,bz@x.example\nCara Zoom,203,\n' >class.csv
	m class create Held --students class.csv -q >/dev/null
	m meet schedule Maths --uid maths --room Held --start now --duration 2s --past --no-message -q >/dev/null
	local start
	at() { # MINUTES from the lesson's beginning, as Zoom writes them
		date -u -d "$start $1 min" '+%m/%d/%Y %I:%M:%S %p'
	}
	start=$(m meet show maths --json | jq -r '.start | sub("\\..*"; "")')
	# Anna and Bert were there for all of it; Cara is not in the file.
	{
		echo 'Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest'
		echo "Anna Zoom,,$(at -1),$(at +1),2,No"
		echo "Bert Zoom,bz@x.example,$(at -1),$(at +1),2,No"
		echo "Stranger,,$(at +0),$(at +1),1,Yes"
	} >zoom.csv
	is_over() {
		m meet show maths --json | jq -e '.status == "over"' >/dev/null
	}
	eventually is_over
	m attendance show --meeting maths --json >before
	jq -es 'all(.status != "present")' before >/dev/null
	r attendance import zoom.csv --room Held --meeting maths --zone UTC --dry-run --json
	[ "$status" -eq 7 ]
	m attendance show --meeting maths --json | cmp - before
	r attendance import zoom.csv --room Held --meeting maths --zone UTC --json
	[ "$status" -eq 7 ]
	[[ $stderr == *Stranger* ]]
	echo "$output" | jq -es 'map(select(.state == "changed") | [.external_id, .after]) == [["201", "present"], ["202", "present"]]' >/dev/null
	m attendance show --meeting maths --json >after
	jq -es 'map({(.external_id // ""): .}) | add
		| .["201"].status == "present" and .["202"].status == "present" and .["203"].status != "present"
		and (.["201"].reasons | map(select(.code == "corrected" and (.reason | test("zoom")))) | length == 1)' after >/dev/null
	r attendance import zoom.csv --room Held --meeting maths --zone UTC --json
	echo "$output" | jq -es 'map(select(.state == "changed")) == []' >/dev/null
	# What is of no lesson of this room is told.
	fails_with 5 attendance import zoom.csv --room Held --meeting nothing --zone UTC
}
