# Keeping a server: admin backup, restore, export, check; what a client sees of it.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	clean_environment
	use_home owner
	m serve --init --data srv --server-name k.test --json >init.json
	export SRV=$PWD/srv
	serve_again "127.0.0.1:$(free_port)"
	jq -r .password init.json | mi login "$URL" --user admin --password-stdin >/dev/null
}

setup() {
	use_home owner
}

teardown_file() {
	use_home owner
	stop_it
}

# Start the server on SRV: serve_again ADDR:PORT; sets URL and the pid in srv.pid
serve_again() {
	rm -f out
	"$MUSTER" serve --data "$SRV" --listen "$1" --udp-port 0 --json >out 2>err </dev/null 3>&- &
	echo $! >srv.pid
	disown $! # it outlives the test that starts it
	wait_for out '"event":"listening"' || { cat err; return 1; }
	URL=$(jq -r 'select(.event == "listening").url' out)
	export URL
}

stop_it() {
	kill "$(cat srv.pid)"
	gone "$(cat srv.pid)"
}

room_of() {
	m room list --json | jq -r 'select(.name == "Class").room_id'
}

@test "a backup of a running server, seen in its status" {
	m room create Class >/dev/null
	m send Class "before" --txn-id first --json >first.json
	head -c 100000 /dev/urandom >picture.bin
	m send Class --file picture.bin >/dev/null
	m admin backup --json >made.json
	jq -e '.users == 1 and .rooms == 1 and .media == 1 and .missing == 0' made.json >/dev/null
	[ "$(stat -c %a "$(jq -r .path made.json)")" = 700 ]
	[ "$(stat -c %a "$(jq -r .path made.json)/muster.db")" = 600 ]
	[ -z "$(find "$SRV/backups" -name '.*')" ]
	m admin status --json | jq -e '.backup_ts != null and .backup_error == null' >/dev/null
	# Elsewhere only for who has the machine; that works beside the running server, too.
	fails_with 4 admin backup -o "$PWD/elsewhere"
	m admin backup --data "$SRV" -o elsewhere --json | jq -e .path >/dev/null
}

@test "check finds nothing in a sound server, beside it and through it" {
	m admin check --json | jq -es 'all(.ok) and length >= 6' >/dev/null
	m admin check --data "$SRV" --json | jq -es 'all(.ok)' >/dev/null
	fails_with 5 admin check --data "$PWD/nothing"
}

@test "an archive is an ordinary tar file" {
	m admin backup --data "$SRV" -o whole.tar --json >/dev/null
	mkdir un
	tar -xf whole.tar -C un
	[ "$(jq -r .server_name un/whole/manifest.json)" = k.test ]
	jq -r '.files[] | "\(.sha256)  un/whole/\(.name)"' un/whole/manifest.json >sums
	sha256sum --quiet -c sums
	sqlite3 un/whole/muster.db 'pragma integrity_check' | grep -qx ok
	[ "$(stat -c %a whole.tar)" = 600 ]
	# It never overwrites anything.
	fails_with 1 admin backup --data "$SRV" -o whole.tar
}

@test "restore is for a stopped server, and asks before something is moved" {
	fails_with 2 admin restore whole.tar
	fails_with 1 admin restore whole.tar --data "$SRV" --replace
	m admin restore whole.tar --data other --json | jq -e '.old == null and .rooms == 1' >/dev/null
	fails_with 1 admin restore whole.tar --data other
	[[ $stderr == *--replace* ]]
	m admin restore un/whole --data other --replace --json | jq -r .old >old
	[ -f "$(cat old)/muster.db" ]
	m admin check --data other --json | jq -es 'all(.ok)' >/dev/null
}

@test "a client sees what came after a restore, and drops what was lost" {
	m send Class "lost" --txn-id second --json >second.json
	m room set Class topic "lost, too" >/dev/null
	m room create "Lost room" >/dev/null
	m read Class --json | jq -r .body >seen
	grep -qx lost seen
	stop_it
	m admin restore "$(jq -r .path made.json)" --data "$SRV" --replace >/dev/null
	serve_again "${URL#http://}"
	m send Class "after" >/dev/null
	m read Class --json | jq -r .body >seen
	grep -qx before seen
	grep -qx after seen
	run ! grep -qx lost seen
	m room show Class --json | jq -e '.topic == null or .topic == ""' >/dev/null
	m room list --json >rooms
	run ! grep -q 'Lost room' rooms
	# What was sent before is not sent twice; what was lost is sent again under its name.
	m send Class "before" --txn-id first --json | jq -r .event_id >again
	[ "$(cat again)" = "$(jq -r .event_id first.json)" ]
	m send Class "lost" --txn-id second --json | jq -r .event_id >again
	[ "$(cat again)" != "$(jq -r .event_id second.json)" ]
	m read Class --json | jq -r .body | grep -qx lost
	# Nothing came twice.
	m read Class --json | jq -r 'select(.body == "before").event_id' >twice
	[ "$(wc -l <twice)" = 1 ]
	m admin check --json | jq -es 'all(.ok)' >/dev/null
}

@test "an export is one object a line, without secrets" {
	m admin export --data "$SRV" -o all.ndjson --json >row
	jq -e . all.ndjson >/dev/null
	[ "$(jq -s 'map(select(.kind == "event")) | length' all.ndjson)" = "$(jq .events row)" ]
	[ "$(jq -r 'select(.kind == "server").server_name' all.ndjson)" = k.test ]
	[ "$(jq -r 'select(.kind == "media").size' all.ndjson)" = 100000 ]
	run ! grep -q argon2 all.ndjson
	fails_with 1 admin export --data "$SRV" -o all.ndjson
}

@test "check names what is wrong, one row each, with the fix" {
	stop_it
	rm "$SRV"/media/[A-Za-z0-9_-][A-Za-z0-9_-]/*
	sqlite3 "$SRV/muster.db" "UPDATE events SET text=replace(text,'before','BEFORE')"
	r admin check --data "$SRV" --json
	[ "$status" = 1 ]
	echo "$output" | jq -es 'map(select(.ok | not)) | length == 2 and all(.fix != null)' >/dev/null
	# A backup of such a server is made, and says so.
	r admin backup --data "$SRV" -o elsewhere --json
	[ "$status" = 0 ] # the last one there still has the file
	serve_again "${URL#http://}"
}

@test "root serves nobody: refused, or as the owner of the data" {
	[ "$(id -u)" = 0 ] || skip "this is not root"
	run --separate-stderr env -u MUSTER_ALLOW_ROOT "$MUSTER" serve --init --data of-root
	[ "$status" = 4 ]
	[[ $stderr == *"make a user"* ]]
	[ ! -e of-root/muster.db ]
	# The folder must be reachable for its owner: not below a home of root's.
	local dir
	dir=$(mktemp -d)
	mkdir -m 700 "$dir/data"
	chmod 755 "$dir"
	chown 12345:12345 "$dir/data"
	env -u MUSTER_ALLOW_ROOT "$MUSTER" serve --init --data "$dir/data" --server-name o.test >/dev/null
	[ "$(stat -c %u "$dir/data/muster.db")" = 12345 ]
	env -u MUSTER_ALLOW_ROOT "$MUSTER" serve --data "$dir/data" --listen 127.0.0.1:0 --udp-port 0 \
		--json >owned 2>/dev/null </dev/null 3>&- &
	local pid=$!
	wait_for owned '"event":"listening"'
	[ "$(awk '/^Uid:/ { print $2, $3, $4, $5 }' "/proc/$pid/status")" = "12345 12345 12345 12345" ]
	[ "$(awk '/^CapEff:/ { print $2 }' "/proc/$pid/status")" = 0000000000000000 ]
	kill "$pid"
	ended "$pid" 0
	rm -r "$dir"
}
