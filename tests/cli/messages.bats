# Messages against a real server: sending, reading, changing, files, the queue.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	start_two --alias physics
}

setup() {
	use_home ada
}

teardown_file() {
	stop_server
}

@test "send gives the event, read gives it back, as JSON with the contract's keys" {
	local sent event
	sent=$(m send "$ROOM" Hello there --json)
	event=$(jq -r .event_id <<<"$sent")
	jq -e --arg r "$ROOM" '.room_id == $r and .state == "sent" and (.txn_id | length > 0)' <<<"$sent" >/dev/null
	m read "$ROOM" -n 1 --json >out
	jq -e --arg e "$event" --arg r "$ROOM" '.event_id == $e and .room_id == $r and .body == "Hello there"
		and .sender == "@ada:s.test" and .type == "m.room.message"
		and (.ts | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+[+-][0-9]{2}:[0-9]{2}$"))' out >/dev/null
	[ "$(wc -l <out)" -eq 1 ]
}

@test "every key that read prints is in its schema" {
	m read "$ROOM" --json --all-types | jq -r 'keys_unsorted[]' | sort -u >keys
	m schema read | jq -r '.properties | keys_unsorted[]' | sort -u >declared
	run comm -23 keys declared
	[ -z "$output" ] || { echo "undeclared: $output"; return 1; }
}

@test "words are Markdown, standard input is plain" {
	m send "$ROOM" 'a **b**'
	m read "$ROOM" -n 1 --json | jq -e '.formatted_body | test("<strong>b</strong>")' >/dev/null
	printf 'a **b**\nsecond\n' | mi send "$ROOM" -
	m read "$ROOM" -n 1 --json | jq -e '.formatted_body == null and .body == "a **b**\nsecond"' >/dev/null
	m send "$ROOM" --text 'a **c**'
	m read "$ROOM" -n 1 --json | jq -e '.formatted_body == null and .body == "a **c**"' >/dev/null
	m send "$ROOM" -- --dashes -x
	[ "$(m read "$ROOM" -n 1 --json | jq -r .body)" = "--dashes -x" ]
}

@test "empty standard input is nothing to send" {
	run --separate-stderr timeout "$STEP" "$MUSTER" send "$ROOM" - </dev/null
	[ "$status" -eq 2 ]
}

@test "send --lines: each line is a message of its own, in order" {
	printf 'one\n\ntwo\nthree' | mi send "$ROOM" - --lines --txn-id lines --json >out
	[ "$(wc -l <out)" -eq 3 ]
	[ "$(m read "$ROOM" -n 3 --json | jq -r .body | paste -sd,)" = one,two,three ]
	printf 'one\n\ntwo\nthree' | mi send "$ROOM" - --lines --txn-id lines --json >again
	diff <(jq -r .event_id out) <(jq -r .event_id again)
}

@test "the time limit does not count while standard input is slow" {
	# What this machine needs to send a line is well below the limit, and the input is above it.
	local a b first second limit
	limit=$(easy_limit send "$ROOM" "as long as this takes")
	a=$(new_room Slow-a)
	b=$(new_room Slow-b)
	export MUSTER_TIMEOUT=${limit}s
	{ sleep $((limit + 1)); echo late; } | mi send "$a" - 3>&- &
	first=$!
	{ echo early; sleep $((limit + 1)); echo later; } | mi send "$b" - --lines 3>&- &
	second=$!
	m read "$ROOM" -n 200 --json | { read -r _; sleep $((limit + 1)); cat; } >/dev/null
	unset MUSTER_TIMEOUT
	ended "$first" 0
	ended "$second" 0
	[ "$(m read "$a" -n 1 --json | jq -r .body)" = late ]
	[ "$(m read "$b" -n 2 --json | jq -r .body | paste -sd,)" = early,later ]
}

@test "--timeout counts always, also while standard input is slow" {
	mkfifo slow
	exec 8<>slow # nobody ever writes
	run timeout "$STEP" "$MUSTER" send "$ROOM" - --timeout 1s <&8
	exec 8>&-
	[ "$status" -eq 3 ]
}

@test "send --lines: a line without an end is refused, not kept in memory" {
	run bash -c "head -c 3000000 /dev/zero | tr '\\0' x | timeout $STEP '$MUSTER' send '$ROOM' - --lines"
	[ "$status" -ne 0 ]
	[[ $output == *'line 1 is longer than'* ]]
}

@test "a fetched file gets no name that hides, misleads or is an option" {
	local e name
	mkdir -p names && cd names
	for name in $'report\u202egpj.exe' -rf .profile; do
		echo x >"./$name"
		e=$(m send "$ROOM" --file "./$name" --json | jq -r .event_id)
		rm -- "./$name"
		m file get "$e" --room "$ROOM"
		[ ! -e "./$name" ]
	done
	[ "$(find . -type f | wc -l)" -eq 3 ]
}

@test "the same --txn-id posts once, and says so" {
	local a b
	a=$(m send "$ROOM" morning --txn-id morning-1 --json)
	b=$(m send "$ROOM" morning --txn-id morning-1 --json)
	[ "$(jq -r .event_id <<<"$a")" = "$(jq -r .event_id <<<"$b")" ]
	[ "$(jq -r .existing <<<"$b")" = true ]
	[ "$(m read "$ROOM" --json -n 100 | jq -r 'select(.body == "morning").event_id' | wc -l)" -eq 1 ]
}

@test "replies, threads, reactions, edits, deletion" {
	local e
	e=$(m send "$ROOM" question --json | jq -r .event_id)
	use_home bob
	m send "$ROOM" --reply "$e" answer
	m send "$ROOM" --thread "$e" aside
	m react "$ROOM" "$e" 👍
	m react "$ROOM" "$e" 👍 --json | jq -e '.existing == true' >/dev/null
	use_home ada
	m read "$ROOM" --json -n 5 >out
	jq -es --arg e "$e" 'map(select(.body == "answer"))[0].reply_to == $e' out >/dev/null
	jq -es --arg e "$e" 'map(select(.body == "aside"))[0].thread == $e' out >/dev/null
	jq -es --arg e "$e" 'map(select(.event_id == $e))[0].reactions["👍"] == 1' out >/dev/null
	m edit "$ROOM" "$e" better question
	m read "$ROOM" --json -n 5 | jq -es --arg e "$e" \
		'map(select(.event_id == $e))[0] | .body == "better question" and .edited' >/dev/null
	m delete "$ROOM" "$e" --reason mistake
	m read "$ROOM" --json -n 5 | jq -es --arg e "$e" 'map(select(.event_id == $e))[0].redacted' >/dev/null
	m read "$ROOM" -n 5 | grep -q '(deleted)'
}

@test "receipts say who has read it and who has not" {
	local e
	e=$(m send "$ROOM" attention --json | jq -r .event_id)
	m receipts "$ROOM" "$e" --json | jq -es 'map(select(.user_id == "@bob:s.test"))[0].read == false' >/dev/null
	use_home bob
	m read "$ROOM" --mark-read >/dev/null
	use_home ada
	m receipts "$ROOM" "$e" --json | jq -es 'map(select(.user_id == "@bob:s.test"))[0]
		| .read and (.ts | type == "string")' >/dev/null
}

@test "search finds a word, in one room or all" {
	m send "$ROOM" the zymurgy lesson
	m search zymurgy --json | jq -es 'length == 1 and .[0].body == "the zymurgy lesson"' >/dev/null
	m search zymurgy --room "$ROOM" --json | jq -es 'length == 1' >/dev/null
	[ -z "$(m search nowhere-to-be-found --json)" ]
}

@test "a file goes there and comes back" {
	head -c 300000 /dev/urandom >homework.pdf
	m send "$ROOM" --file homework.pdf --json >sent
	m read "$ROOM" -n 1 --json >row
	jq -e '.filename == "homework.pdf" and .size == 300000 and .mimetype == "application/pdf"' row >/dev/null
	m file get "$(jq -r .url row)" -o back.pdf --json | jq -e '.size == 300000' >/dev/null
	cmp homework.pdf back.pdf
	m file get "$(jq -r .event_id row)" -o - >pipe.pdf
	cmp homework.pdf pipe.pdf
	r file get "$(jq -r .url row)" -o back.pdf
	[ "$status" -eq 1 ]
	m file get "$(jq -r .url row)" -o back.pdf --force
	fails_with 5 file get mxc://s.test/nothinghere -o x
	# A file that is not there: nothing at all is sent.
	fails_with 5 send "$ROOM" "see the file" --file homework.pdf --file not-there.pdf
	[ "$(m read "$ROOM" -n 1 --json | jq -r .event_id)" = "$(jq -r .event_id row)" ]
}

@test "hostile text: neutralised for terminals and tables, escaped in JSON" {
	local body=$'red \e[31m title \e]0;x\a c1 \u009b bidi \u202eevil\u2066 \u7f8e\u4e3d 👩‍🎓 end\nAda: I said this'
	printf '%s' "$body" | mi send "$ROOM" -
	for f in table csv tsv json; do
		m read "$ROOM" -n 1 --format "$f" >out
		# no escape, no C1, no bidi control in any format
		run ! grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\x{9b}|\x{202e}|\x{2066}' out
		run ! grep -q $'\e' out
		grep -q '美丽' out
	done
	# and JSON gives exactly what was sent
	[ "$(m read "$ROOM" -n 1 --json | jq -r .body)" = "$body" ]
	# a second line cannot pass for somebody else's
	m read "$ROOM" -n 1 | grep -qE '^ +Ada: I said this'
}

@test "hostile room names: one line each, found by their exact name" {
	local name=$'Evil \e[2J\u202eroom\u2069 日本語 🏫\nsecond'
	local id
	id=$(new_room "$name")
	m room list >out
	run ! grep -q $'\e' out
	run ! grep -qP '\x{202e}|\x{2069}' out
	[ "$(grep -c "$id" out)" -eq 1 ]
	m room list --json | jq -es --arg i "$id" --arg n "$name" 'map(select(.room_id == $i))[0].name == $n' >/dev/null
	m room list --format csv | grep -q '日本語'
}

@test "ROOM: id, alias, name; never a guess" {
	m room create Twins --json >/dev/null
	m room create Twins --json >/dev/null
	fails_with 2 send Twins hello
	[[ $stderr == *'!'*'!'* ]]
	m send '#physics:s.test' by alias
	m send Physics by name
	fails_with 5 send Phys by prefix
	fails_with 5 send '#nowhere:s.test' hello
}

@test "@user is the direct chat, made when there is none" {
	local a b
	a=$(m send @bob:s.test hello --json | jq -r .room_id)
	b=$(m send @bob:s.test again --json | jq -r .room_id)
	[ "$a" = "$b" ]
	[ "$a" != "$ROOM" ]
}

@test "20 parallel sends beside read --follow on one account: each comes once" {
	follow "$ROOM"
	local pids=()
	for i in $(seq 20); do
		m send "$ROOM" "parallel $i" --json >"sent.$i" 3>&- &
		pids+=($!)
	done
	for p in "${pids[@]}"; do ended "$p" 0; done
	m send "$ROOM" "the last"
	wait_for followed 'the last'
	unfollow
	diff <(jq -r 'select(.body // "" | startswith("parallel")).body' followed | sort) \
		<(for i in $(seq 20); do echo "parallel $i"; done | sort)
	diff <(cat sent.* | jq -r .event_id | sort) \
		<(jq -r 'select(.body // "" | startswith("parallel")).event_id' followed | sort)
}

@test "read --follow without ROOM follows all rooms" {
	local other
	other=$(new_room Chemistry)
	follow
	m send "$ROOM" "here"
	m send "$other" "there"
	wait_for followed '"there"'
	wait_for followed '"here"'
	unfollow
	[ "$(jq -r 'select(.body == "there").room_id' followed)" = "$other" ]
}

@test "Ctrl-C ends read --follow with status 130, SIGTERM with 143" {
	for signal in INT:130 TERM:143; do
		# python gives the child the default disposition of SIGINT, which a shell's & takes away
		python3 - "$MUSTER" "$ROOM" "${signal%:*}" <<-'PY' >code 3>&-
			import signal, subprocess, sys
			p = subprocess.Popen([sys.argv[1], "read", sys.argv[2], "--follow", "--json"],
			    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
			    preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
			while "following" not in p.stderr.readline():
			    assert p.poll() is None
			p.send_signal(getattr(signal, "SIG" + sys.argv[3]))
			code = p.wait(120)
			print(code if code >= 0 else 128 - code)
		PY
		[ "$(cat code)" = "${signal#*:}" ]
	done
}

@test "read --follow --timeout ends with status 3" {
	fails_with 3 read "$ROOM" --follow --timeout 1s
}

@test "a reader that goes away is no noise" {
	for i in $(seq 30); do echo "line $i"; done | mi send "$ROOM" - --lines >/dev/null
	timeout "$STEP" "$MUSTER" read "$ROOM" -n 50 --json 2>err </dev/null | head -n 1 >out
	[ "$(wc -l <out)" -eq 1 ]
	[ ! -s err ]
}

@test "a full disk behind stdout is an error, not silence" {
	[ -e /dev/full ] || skip "no /dev/full"
	run --separate-stderr bash -c 'timeout 120 "$0" read "$1" --json </dev/null >/dev/full' "$MUSTER" "$ROOM"
	[ "$status" -eq 1 ]
	[[ $stderr == *'cannot write'* ]]
}

@test "what cannot be sent now waits with --queue: status 8, and goes out later" {
	local hs=$XDG_DATA_HOME/muster/accounts/ada/account.json
	cp "$hs" keep.json
	jq '.homeserver = "http://127.0.0.1:9"' keep.json >broken.json && cp broken.json "$hs"
	# It tries again for as long as it may.
	fails_with 8 send "$ROOM" queued message --queue --txn-id q1 --timeout 3s --json
	[ "$(jq -r .state <<<"$output")" = queued ]
	fails_with 6 send "$ROOM" not queued --timeout 3s
	fails_with 6 read "$ROOM" --timeout 3s
	[[ $stderr == *--offline* ]]
	m queue list --json | jq -es 'map(select(.txn_id == "q1")) | length == 1 and .[0].body == "queued message"' >/dev/null
	cp keep.json "$hs"
	m queue run --json | jq -es 'map(select(.txn_id == "q1"))[0].state == "sent"' >/dev/null
	[ "$(m read "$ROOM" -n 50 --json | jq -r 'select(.body == "queued message").body' | wc -l)" -eq 1 ]
	fails_with 5 queue drop nothing-of-that-name
}

@test "what waits outlives a log-out, and a file is found from any folder" {
	local dir=$XDG_DATA_HOME/muster/accounts/ada
	cp "$dir/account.json" keep.json
	jq '.homeserver = "http://127.0.0.1:9"' keep.json >"$dir/account.json"
	mkdir -p elsewhere && echo later >elsewhere/later.txt
	(cd elsewhere && fails_with 8 send "$ROOM" --file later.txt --queue --txn-id q2 --timeout 3s)
	cp keep.json "$dir/account.json"
	mv "$dir/secrets.json" secrets.away
	fails_with 4 queue run
	mv secrets.away "$dir/secrets.json"
	m queue list --json | jq -es '.[0].txn_id == "q2.f1" and .[0].state == "queued"' >/dev/null
	m queue run --json | jq -es '.[0].txn_id == "q2.f1" and .[0].state == "sent"' >/dev/null
	m read "$ROOM" -n 1 --json | jq -e '.filename == "later.txt"' >/dev/null
}

@test "rows of a time range" {
	fails_with 0 read "$ROOM" --since now-1h --until now+1h --json
	[ "${#lines[@]}" -gt 10 ]
	fails_with 0 read "$ROOM" --until 2001-01-01 --json
	[ -z "$output" ]
	fails_with 0 read "$ROOM" --type m.room.member --json
	jq -es 'length > 0 and all(.[]; .type == "m.room.member")' <<<"$output" >/dev/null
}
