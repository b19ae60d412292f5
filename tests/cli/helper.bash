# Throw-away homes and servers for the tests of the command line.
# Nothing here sleeps: it waits for a line, for a file to say something, or for a process to end.

TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
MUSTER=${MUSTER:-$TOP/muster}
[[ $MUSTER == /* ]] || MUSTER=$TOP/$MUSTER
STEP=${STEP:-120} # seconds that one step may take, on a machine that has much else to do

# A home of its own for everything that is started from here on: use_home NAME
use_home() {
	local h=$BATS_FILE_TMPDIR/home-$1
	mkdir -p "$h/run"
	chmod 700 "$h/run"
	export HOME=$h XDG_CONFIG_HOME=$h/config XDG_DATA_HOME=$h/data XDG_STATE_HOME=$h/state
	export XDG_CACHE_HOME=$h/cache XDG_RUNTIME_DIR=$h/run
	cd "$h" || return 1
}

# An environment that does not depend on who runs the tests.
clean_environment() {
	unset MUSTER_ACCOUNT MUSTER_FORMAT MUSTER_TIMEOUT MUSTER_CA_FILE NO_COLOR CLICOLOR_FORCE
	unset COLUMNS PAGER LANGUAGE LC_ALL LC_MESSAGES LC_CTYPE http_proxy https_proxy all_proxy
	unset HTTP_PROXY HTTPS_PROXY ALL_PROXY
	export MUSTER_ALLOW_ROOT=1
	export LANG=C.UTF-8 TZ=UTC TERM=dumb MUSTER_LOCALEDIR=$TOP/build/locale
}

# A locale that can be translated: C.UTF-8 never is since glibc 2.39, and a small system has no
# other one.
translated_locale() {
	mkdir -p "$BATS_FILE_TMPDIR/locales"
	localedef -i en_US -f UTF-8 "$BATS_FILE_TMPDIR/locales/en_US.UTF-8"
	export LOCPATH=$BATS_FILE_TMPDIR/locales LANG=en_US.UTF-8
}

# jq -e of jq 1.6 is content with no input at all: then what it asks for does not hold.
jq() {
	local out rc=0
	if [[ ${1-} != -*e* || $1 == --* ]]; then
		command jq "$@"
		return
	fi
	out=$(command jq "$@") || rc=$?
	[ -z "$out" ] || printf '%s\n' "$out"
	[ "$rc" -ne 0 ] || [ -n "$out" ] || rc=4
	return "$rc"
}

m() {
	timeout "$STEP" "$MUSTER" "$@" </dev/null
}

# A follower in the background, its lines in ./followed: follow ARGS...; ends with unfollow
follow() {
	rm -f followed state
	"$MUSTER" read "$@" --follow --json --timeout 1h >followed 2>state </dev/null 3>&- &
	FOLLOWER=$!
	wait_for state following
}

unfollow() {
	stopped "$FOLLOWER"
}

# Wait for a process's end, whoever's child it is: gone PID
gone() {
	timeout "$STEP" tail -s 0.05 --pid="$1" -f /dev/null || {
		echo "process $1 does not end"
		return 1
	}
}

# A background process ends by SIGTERM, with whatever status: stopped PID
stopped() {
	kill "$1"
	gone "$1"
	wait "$1" || true
}

# A background process is to end by itself, with this status: ended PID STATUS
ended() {
	local status=0
	gone "$1"
	wait "$1" || status=$?
	[ "$status" -eq "$2" ] && return
	echo "process ended with $status, not $2"
	[ ! -d "${BATS_TEST_TMPDIR:-}" ] || find "$BATS_TEST_TMPDIR" -name '*.err' -exec cat {} +
	return 1
}

# What a test has left in the background ends with it, stopped or not. Files with a teardown of their own call this.
end_jobs() {
	local pid
	for pid in $(jobs -pr) $(jobs -ps); do
		[ "$pid" != "${BATS_killer_pid:-}" ] || continue
		kill -TERM "$pid" 2>/dev/null || true
		kill -CONT "$pid" 2>/dev/null || true
		gone "$pid" || kill -KILL "$pid"
	done
}

teardown() {
	end_jobs
}

# A time limit in seconds that one verb keeps here with ease, however slow this machine is: easy_limit VERB...
easy_limit() {
	local from=${EPOCHREALTIME/[.,]/}
	m "$@" >/dev/null
	echo $((2 + (${EPOCHREALTIME/[.,]/} - from) / 50000))
}

# Where no line tells it: again and again until COMMAND succeeds: eventually COMMAND...
eventually() {
	local end=$((SECONDS + STEP))
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || {
			echo "never came true: $*"
			return 1
		}
		read -rt 0.05 <> <(:) || :
	done
}

# The same with standard input: mi ARGS... <file
mi() {
	timeout "$STEP" "$MUSTER" "$@"
}

# run, with stdout and stderr apart: $output and $stderr
r() {
	run --separate-stderr timeout "$STEP" "$MUSTER" "$@"
}

fails_with() { # STATUS ARGS...
	local want=$1
	shift
	r "$@"
	if [ "$status" -ne "$want" ]; then
		echo "muster $*: status $status, not $want"
		echo "$output"
		echo "$stderr"
		return 1
	fi
}

# Wait until a file holds a line that matches: wait_for FILE REGEX
wait_for() {
	# shellcheck disable=SC2016
	timeout "$STEP" bash -c 'grep -q -m1 -E -e "$2" <(exec tail -n +1 -F --pid=$$ "$1" 2>/dev/null)' \
		_ "$1" "$2" || {
		echo "never came: $2 in $1"
		cat "$1"
		return 1
	}
}

# The same until N lines match: wait_for_count FILE REGEX N. They are counted: grep that writes to /dev/null
# stops at the first.
wait_for_count() {
	# shellcheck disable=SC2016
	timeout "$STEP" bash -c '[ "$(grep -c -m"$3" -E -e "$2" <(exec tail -n +1 -F --pid=$$ "$1" 2>/dev/null))" -eq "$3" ]' \
		_ "$1" "$2" "$3" || {
		echo "never came $3 times: $2 in $1"
		cat "$1"
		return 1
	}
}

# start_server [OPTIONS...]: sets URL and SERVER_PID, once a file; on $LISTEN where that is set
start_server() {
	export SERVER_DIR=$BATS_FILE_TMPDIR/server
	mkdir -p "$SERVER_DIR"
	"$MUSTER" serve --data "$SERVER_DIR/data" --listen "${LISTEN:-127.0.0.1:0}" --udp-port 0 --server-name s.test \
		--open-registration --json "$@" >"$SERVER_DIR/out" 2>"$SERVER_DIR/err" </dev/null 3>&- &
	export SERVER_PID=$!
	disown "$SERVER_PID" # it outlives the test that starts it
	wait_for "$SERVER_DIR/out" '"event":"listening"' || { cat "$SERVER_DIR/err"; return 1; }
	URL=$(jq -r 'select(.event == "listening").url' "$SERVER_DIR/out")
	export URL
}

# A server with its administrator, who is logged in in that home and is the present account: start_school [HOME]
start_school() {
	clean_environment
	use_home "${1:-admin}"
	m serve --init --data "$BATS_FILE_TMPDIR/server/data" --server-name s.test --json \
		>"$BATS_FILE_TMPDIR/init"
	start_server
	jq -r .password "$BATS_FILE_TMPDIR/init" | mi login "$URL" --user admin --password-stdin -q
}

# A server with ada and bob, who are in her room Physics, $ROOM: start_two [ROOM-OPTIONS...]
start_two() {
	clean_environment
	start_server
	sign_up bob
	sign_up ada
	ROOM=$(new_room Physics --invite @bob:s.test "$@")
	export ROOM
	use_home bob
	m room join "$ROOM" --json >/dev/null
}

# A port to come back to, which no connection gets meanwhile.
free_port() {
	python3 -c 'import sys; sys.path.insert(0, sys.argv[1]); import harness; print(harness.free_port())' \
		"$TOP/tests/lib"
}

stop_server() {
	[ -n "${SERVER_PID:-}" ] || return 0
	kill "$SERVER_PID" 2>/dev/null || true
	kill -CONT "$SERVER_PID" 2>/dev/null || true # a test may have stopped it and failed
	gone "$SERVER_PID"
	grep -E 'ERROR: |runtime error:' "$SERVER_DIR/err" && return 1
	return 0
}

# A new account of the running server, in the home of the same name: sign_up NAME
sign_up() {
	use_home "$1"
	echo "sesame-open-$1" | mi register "$URL" --user "$1" --password-stdin --json >/dev/null
}

# The access token of the present account, or of NAME's: token [NAME]
token() {
	local data=$XDG_DATA_HOME
	[ -z "${1:-}" ] || data=$BATS_FILE_TMPDIR/home-$1/data
	jq -r .access_token "$data"/muster/accounts/*/secrets.json
}

# What no verb asks the server for, as the present account or as AS=NAME: api METHOD PATH [CURL-OPTIONS...]
api() {
	curl -sf -m "$STEP" -X "$1" -H @<(echo "Authorization: Bearer $(token "${AS:-}")") "${@:3}" "$URL/_matrix/client/$2"
}

# put_state ROOM TYPE CONTENT
put_state() {
	api PUT "v3/rooms/$1/state/$2/" -d "$3" -o /dev/null
}

encrypt() { # ROOM
	put_state "$1" m.room.encryption '{"algorithm":"m.megolm.v1.aes-sha2"}'
}

# A private room of the present account: prints its id
new_room() {
	m room create "$@" --json | jq -r .room_id
}
