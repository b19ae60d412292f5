#!/usr/bin/env bats
# Sending later: by the server, else from the queue.
# shellcheck disable=SC2030,SC2031,SC2153,SC2154
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	clean_environment
	LISTEN=127.0.0.1:$(free_port)
	export LISTEN
	start_again
	sign_up bob
	sign_up ann
	ROOM=$(new_room Later --invite @bob:s.test)
	export ROOM
	use_home bob
	m room join "$ROOM"
	use_home ann
}

teardown_file() {
	SERVER_PID=$(cat "$SERVER_DIR/pid")
	stop_server
}

# The server is started again in tests, which are processes of their own.
start_again() {
	start_server "$@"
	echo "$SERVER_PID" >"$SERVER_DIR/pid"
}

setup() {
	clean_environment
	SERVER_PID=$(cat "$SERVER_DIR/pid")
	use_home ann
}

delayed() {
	api GET unstable/org.matrix.msc4140/delayed_events
}

# Texts that the server keeps for later.
on_server() {
	delayed | jq -r '.delayed_events[].content.body' | paste -sd ' '
}

# Scheduled for in a moment, $IN seconds: on a slow machine the first one may be over before the server has
# it. soon COMMAND with IN in it...
soon() {
	for IN in 3 10 30 90; do
		r send "$ROOM" "${@//IN/$IN}" --at "now+${IN}s" --txn-id "soon-$BATS_TEST_NUMBER-$IN" --json
		[ "$status" -eq 0 ] || break
		[ "$(jq -r .state <<<"$output")" != scheduled ] || return 0
	done
	echo "$output$stderr"
	return 1
}

# change_outbox TXN SET: in the cache, behind everybody's back
change_outbox() {
	python3 - "$XDG_DATA_HOME/muster/accounts/ann/cache.db" "$@" <<-'END'
		import sqlite3, sys
		db = sqlite3.connect(sys.argv[1])
		n = db.execute(f"UPDATE outbox SET {sys.argv[3]} WHERE txn_id=?", (sys.argv[2],)).rowcount
		db.commit()
		sys.exit(n != 1)
	END
}

bodies() {
	m read "$ROOM" -n 50 --json | jq -r .body
}

@test "the server sends it at its time; the same id again schedules nothing" {
	use_home bob
	follow "$ROOM"
	use_home ann
	soon "in IN seconds"
	[ "$(jq -r .event_id <<<"$output")" = null ]
	[ "$(jq -r .existing <<<"$output")" = false ]
	again() {
		r send "$ROOM" "in $IN seconds" --at "now+${IN}s" --txn-id "soon-$BATS_TEST_NUMBER-$IN" --json
		[ "$status" -eq 0 ]
		[ "$(jq -r .existing <<<"$output")" = true ]
	}
	again
	use_home bob
	wait_for followed "\"body\":\"in $IN seconds\""
	m send "$ROOM" "after it"
	wait_for followed '"body":"after it"'
	[ "$(grep -c "\"body\":\"in $IN seconds\"" followed)" -eq 1 ]
	unfollow
	use_home ann
	[ -z "$(m queue list --json)" ]
	again
	[ "$(jq -r .state <<<"$output")" = sent ]
	[ "$(jq -r .event_id <<<"$output")" != null ]
	[ "$(bodies | grep -c "^in $IN seconds\$")" -eq 1 ]
}

@test "queue list shows what is for later, queue drop takes it back" {
	m send "$ROOM" "never" --at now+1h --txn-id later-2
	m send "$ROOM" "in two hours" --at now+2h --txn-id later-3
	r queue list --json
	[ "$(jq -r 'select(.txn_id == "later-2") | .state' <<<"$output")" = scheduled ]
	[[ $(jq -r 'select(.txn_id == "later-2").at_ts' <<<"$output") == 20* ]]
	[[ $output != *msd_* ]] # the id on the server is a secret
	[ "$(jq -r 'select(.txn_id == "later-2").room' <<<"$output")" = "$(m room show "$ROOM" --json | jq -r .name)" ]
	[ "$(on_server)" = "never in two hours" ]
	m queue drop later-2
	[ "$(on_server)" = "in two hours" ]
	fails_with 5 queue drop later-2
	m queue drop --yes
	[ -z "$(on_server)" ]
	[ -z "$(m queue list --json)" ]
}

@test "a file is uploaded at once and sent later" {
	for IN in 3 10 30 90; do echo "homework" >homework-$IN.txt; done
	soon --file homework-IN.txt
	rm homework-*.txt
	use_home bob
	follow "$ROOM" -n 20
	wait_for followed "homework-$IN.txt"
	unfollow
	URI=$(m read "$ROOM" -n 5 --json | jq -r "select(.body == \"homework-$IN.txt\").url")
	m file get "$URI" -o got.txt
	[ "$(cat got.txt)" = homework ]
}

@test "a time that is past is a usage error; a time of day is the next one" {
	fails_with 2 send "$ROOM" "too late" --at 2020-01-01
	[[ $stderr == *past* ]]
	fails_with 2 send "$ROOM" "nonsense" --at "when it suits"
	# One minute ago, today: tomorrow's is meant.
	r send "$ROOM" "tomorrow" --at "$(date -d '1 minute ago' +%H:%M)" --txn-id later-4 --json
	[ "$status" -eq 0 ]
	[ "$(jq -r .state <<<"$output")" = scheduled ]
	m queue drop later-4
}

@test "longer than the server keeps it: it waits here, and says so" {
	fails_with 8 send "$ROOM" "next year" --at now+300d --txn-id later-5 --json
	[ "$(jq -r .state <<<"$output")" = queued ]
	[[ $stderr == *"when muster next runs"* ]]
	# Nothing is due: that is no trouble.
	r queue run --json
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(m queue list --json | jq -r .state)" = queued ]
	fails_with 8 send "$ROOM" "next year" --at now+300d --txn-id later-5
	[ "$(m queue list --json | wc -l)" -eq 1 ]
	m queue drop later-5
}

@test "without a network it waits here; queue run sends it when it is due, once" {
	m room list --json >/dev/null
	stop_server
	fails_with 8 send "$ROOM" "from the queue" --at now+1h --txn-id later-6 --timeout 3s --json
	[ "$(jq -r .state <<<"$output")" = queued ]
	# An hour later.
	change_outbox later-6 "due_ms=due_ms-3600000"
	start_again
	r queue run --json
	[ "$status" -eq 0 ]
	[ "$(jq -r .state <<<"$output")" = sent ]
	r queue run --json
	[ -z "$output" ]
	[ "$(bodies | grep -c '^from the queue$')" -eq 1 ]
	r send "$ROOM" "from the queue" --at now+1h --txn-id later-6 --json
	[ "$(jq -r '.state, .existing' <<<"$output" | paste -sd ' ')" = "sent true" ]
}

@test "what waited here is given to the server as soon as it takes it" {
	stop_server
	fails_with 8 send "$ROOM" "handed over" --at now+1h --txn-id later-7 --timeout 3s
	start_again
	r queue run --json
	[ "$status" -eq 0 ]
	[ "$(jq -r .state <<<"$output")" = scheduled ]
	[ "$(m queue list --json | jq -r .state)" = scheduled ]
	m queue drop later-7
}

# What the cache has when the server's reply to a schedule was lost: no_reply TXN
no_reply() {
	change_outbox "$1" "state='failed', delay_id=NULL"
}

@test "what the server has although its reply was lost is taken back, too" {
	m send "$ROOM" "lost" --at now+1h --txn-id lost-1
	no_reply lost-1
	[ "$(on_server)" = lost ]
	m queue drop lost-1
	[ -z "$(on_server)" ]
	[ -z "$(m queue list --json)" ]
	# Without a server that could be asked nothing is forgotten.
	m send "$ROOM" "lost" --at now+1h --txn-id lost-2
	no_reply lost-2
	stop_server
	fails_with 6 queue drop lost-2 --timeout 3s
	start_again
	[ "$(m queue list --json | jq -r .txn_id)" = lost-2 ]
	m queue drop lost-2
	[ -z "$(on_server)" ]
}

@test "a transaction id that was dropped can be used again" {
	m send "$ROOM" "again" --at now+1h --txn-id again-1
	m queue drop again-1
	[ -z "$(on_server)" ]
	r send "$ROOM" "again" --at now+1h --txn-id again-1 --json
	[ "$(jq -r .existing <<<"$output")" = false ]
	[ "$(on_server)" = again ]
	m queue drop again-1
	[ -z "$(on_server)" ]
}

@test "the same words at two times are two messages" {
	m send "$ROOM" "twice" --at now+1h --txn-id twice-1
	m send "$ROOM" "twice" --at now+2h --txn-id twice-2
	no_reply twice-1
	no_reply twice-2
	r queue retry
	[ "$(on_server)" = "twice twice" ]
	m queue drop twice-1
	[ "$(on_server)" = twice ]
	m queue list --json | jq -e '.txn_id == "twice-2" and .state == "scheduled"' >/dev/null
	delayed | jq -e '.delayed_events[0].delay > 3700000' >/dev/null
	m queue drop twice-2
	[ -z "$(on_server)" ]
}

@test "an encrypted room is refused" {
	stop_server
	start_again --allow-encryption
	SECRET=$(new_room Secret)
	encrypt "$SECRET"
	fails_with 9 send "$SECRET" "in the clear" --at now+1h
	[ -z "$(m queue list --json)" ]
}

@test "nothing to do is no trouble" {
	r queue run
	[ "$status" -eq 0 ]
	[ -z "$output$stderr" ]
}
