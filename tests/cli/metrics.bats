# Metrics: what Prometheus reads, and who may read it.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	clean_environment
	mkdir -p "$BATS_FILE_TMPDIR/server/data"
	echo 'metrics_listen = 127.0.0.1:0' >"$BATS_FILE_TMPDIR/server/data/muster.conf"
	start_server
	PORT=$(jq -r 'select(.event == "listening").metrics_port' "$SERVER_DIR/out")
	export METRICS=http://127.0.0.1:$PORT/metrics
	sign_up ada
	new_room Physics >/dev/null
}

setup() {
	use_home ada
}

teardown_file() {
	stop_server
}

figures() {
	/usr/bin/python3 "$BATS_TEST_DIRNAME/metrics.py" "$METRICS"
}

@test "every family is well-formed, and counts what happens" {
	figures >before
	for i in 1 2 3; do m send Physics "message $i" >/dev/null; done
	figures >after
	events() { awk '$1 == "muster_events_total" { print $2 }' "$1"; }
	[ "$(events after)" = "$(($(events before) + 3))" ]
	awk '$1 == "muster_http_responses_total{code=200}" { print $2 }' after >ok
	[ "$(cat ok)" -ge 6 ]
	for f in people rooms uptime_seconds resident_memory_bytes sync_waiting sync_build_seconds_count \
		sync_fanout_seconds_count write_batch_changes_count commit_seconds_count calls call_people \
		call_packets_sent_total database_bytes database_log_bytes backup_failures_total; do
		grep -q "^muster_$f " after || { echo "no $f"; cat after; return 1; }
	done
}

@test "a sync that waited counts as fan-out" {
	figure() { # NAME FILE
		awk -v name="muster_$1" '$1 == name { print $2 }' "$2"
	}
	one_waits() {
		figures >before
		[ "$(figure sync_waiting before)" -ge 1 ]
	}
	follow Physics
	eventually one_waits
	m send Physics "to who waits" >/dev/null
	wait_for followed "to who waits"
	unfollow
	figures >after
	[ "$(figure sync_fanout_seconds_count after)" -gt "$(figure sync_fanout_seconds_count before)" ]
}

@test "nowhere else, and nothing else there" {
	[ "$(curl -s -o /dev/null -w '%{http_code}' "$URL/metrics")" = 404 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' "${METRICS%metrics}_matrix/client/versions")" = 404 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' -X POST -d x "$METRICS")" = 405 ]
	# No people, no rooms, no texts are named in it.
	curl -s "$METRICS" >page
	run ! grep -E 'ada|Physics|message|s\.test' page
}

@test "a log that goes to systemd's journal has its levels in front" {
	: >journal
	JOURNAL_STREAM=$(stat -c %d:%i journal) m -v -v whoami 2>journal >/dev/null
	grep -q '^<7>GET /_matrix/client/v3/account/whoami: 200$' journal
	# A variable that somebody left over does not count.
	JOURNAL_STREAM=$(stat -c %d:%i journal) m -v -v whoami 2>other >/dev/null
	grep -q '^muster: debug: GET ' other
}

@test "only on this machine" {
	mkdir -p bad
	for at in 0.0.0.0:9108 192.0.2.1:9108 '[::]:9108' 127.0.0.1; do
		echo "metrics_listen = $at" >bad/muster.conf
		r serve --check --data bad
		[ "$status" = 2 ]
	done
	echo 'metrics_listen = [::1]:0' >bad/muster.conf
	m serve --check --data bad --listen 127.0.0.1:0 --udp-port 0 >/dev/null
}
