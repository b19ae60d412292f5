# People in calls, in the background.

# A server with ada, bob and eve, and three seconds of a tone in $TONE: start_calls
start_calls() {
	clean_environment
	start_server
	for name in eve bob ada; do sign_up "$name"; done
	export TONE=$BATS_FILE_TMPDIR/tone.wav
	sound make "$TONE" 440 3
}

# A room of ada's for each test, with bob and eve: who comes and goes all the time in one is asked to wait.
call_room() {
	use_home ada
	ROOM=$(new_room "Physics $BATS_TEST_NUMBER" --invite @bob:s.test --invite @eve:s.test)
	for name in eve bob; do
		use_home "$name"
		m room join "$ROOM" >/dev/null
	done
	use_home ada
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
}

# The same, and wait until they are in it.
joined() {
	in_call "$@"
	wait_for "$F" '"event":"joined".*"self":true' || { cat "$BATS_TEST_TMPDIR/$1.err"; return 1; }
}

# Rows of a kind: rows FILE FILTER
rows() {
	jq -c "select($2)" "$1"
}
