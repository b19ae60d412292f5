# People in calls, in the background.

# Whoever is still in a call leaves.
teardown() {
	local pid
	for pid in "${CALLS[@]}"; do
		kill -TERM "$pid" 2>/dev/null || true
		timeout "$STEP" tail --pid="$pid" -f /dev/null
	done
}

sound() {
	python3 "$TOP/tests/cli/sound.py" "$@"
}

# Somebody in a call in the background: in_call USER ARGS...; $PID, $F is the file of events;
# by another verb than call join: VERB="live start"
in_call() {
	use_home "$1"
	F=$BATS_TEST_TMPDIR/$1.events
	# The rows of an earlier call of theirs are not to be taken for this one's.
	: >"$F"
	# shellcheck disable=SC2086
	"$MUSTER" ${VERB:-call join} --json "${@:2}" >"$F" 2>"$BATS_TEST_TMPDIR/$1.err" </dev/null 3>&- &
	PID=$!
	CALLS+=("$PID")
}

# The same, and wait until they are in it.
joined() {
	in_call "$@"
	wait_for "$F" '"event":"joined".*"self":true' || { cat "$BATS_TEST_TMPDIR/$1.err"; return 1; }
}

# A background process is to end, with this status: ended PID STATUS
ended() {
	timeout "$STEP" tail --pid="$1" -f /dev/null
	local status=0
	wait "$1" || status=$?
	[ "$status" -eq "$2" ] && return
	echo "process ended with $status, not $2"
	cat "$BATS_TEST_TMPDIR"/*.err
	return 1
}

# What no verb sets: put_state ROOM TYPE CONTENT
put_state() {
	curl -sf -X PUT -d "$3" -o /dev/null -H @<(jq -r '"Authorization: Bearer " + .access_token' \
		"$XDG_DATA_HOME/muster/accounts/$(basename "$HOME" | sed s/home-//)/secrets.json") \
		"$URL/_matrix/client/v3/rooms/$(jq -rn --arg r "$1" '$r|@uri')/state/$2/"
}

# Rows of a kind: rows FILE FILTER
rows() {
	jq -c "select($2)" "$1"
}
