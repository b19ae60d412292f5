# Calls by way of ssh: muster runs "there", sound is here. The ssh is none: it does what sshd would.
bats_require_minimum_version 1.5.0
load helper
load calls

setup_file() {
	start_calls
	ROOM=$(new_room Physics --invite @bob:s.test)
	use_home bob
	m room join "$ROOM" >/dev/null
	mkdir "$BATS_FILE_TMPDIR/bin"
	# The account is where ssh leads to; here there is none.
	cat >"$BATS_FILE_TMPDIR/bin/ssh" <<-END
		#!/bin/sh
		while [ "\$1" != -- ]; do shift; done
		case \$2 in
		locked)
			printf 'Password for locked: ' >/dev/tty
			read -r password </dev/tty
			[ "\$password" = sesame ] || { echo 'locked: Permission denied (password).' >&2; exit 255; } ;;
		nowhere) echo 'ssh: connect to host nowhere port 22: Connection refused' >&2; exit 255 ;;
		esac
		H=$BATS_FILE_TMPDIR/home-ada
		export HOME=\$H XDG_CONFIG_HOME=\$H/config XDG_DATA_HOME=\$H/data XDG_STATE_HOME=\$H/state
		export XDG_CACHE_HOME=\$H/cache XDG_RUNTIME_DIR=\$H/run
		[ "\$2" = empty ] && PATH=/usr/bin:/bin || PATH=$BATS_FILE_TMPDIR/there:\$PATH
		exec /bin/sh -c "\$3"
	END
	chmod +x "$BATS_FILE_TMPDIR/bin/ssh"
	mkdir "$BATS_FILE_TMPDIR/there"
	ln -s "$MUSTER" "$BATS_FILE_TMPDIR/there/muster"
	PATH=$BATS_FILE_TMPDIR/bin:$PATH
	export ROOM PATH
}

setup() {
	use_home bob
}

teardown_file() {
	stop_server
}

@test "a file here is heard there" {
	joined bob "$ROOM" --listen-only --record rec.wav
	use_home nobody
	m call join Physics --via school --play "$TONE" --json >out
	[ "$(jq -r 'select(.event == "joined" and .self).user_id' out)" = @ada:s.test ]
	[ "$(jq -r 'select(.event == "ended").reason' out)" = played ]
	jq -es 'map(.ts | test("^20..-.*T")) | all' out
	use_home bob
	m call leave
	ended "$PID" 0
	jq -en "$(sound heard rec.wav 440) | . > 2.3 and . < 3.6"
}

@test "what is said there is heard here, and whoever records here says so there" {
	use_home nobody
	"$MUSTER" call join "$ROOM" --via school --listen-only --out - --events ev --record here.wav \
		>heard.raw 2>err </dev/null 3>&- &
	local pid=$!
	wait_for ev '"event":"joined".*"self":true'
	use_home bob
	m call join "$ROOM" --play "$TONE" --json >out
	jq -es 'any(.event == "recording" and .user_id == "@ada:s.test" and .recording)' out
	use_home nobody
	wait_for ev '"event":"left".*@bob:s.test'
	kill -INT "$pid"
	ended "$pid" 130
	jq -en "$(sound heard heard.raw 440) | . > 2.3 and . < 3.6"
	jq -en "$(sound heard here.wav 440) | . > 2.3 and . < 3.6"
	use_home bob
	m read "$ROOM" -n 20 | grep -q "@ada:s.test is recording this call"
}

@test "ssh asks for its password on the terminal" {
	use_home nobody
	timeout "$STEP" python3 "$BATS_TEST_DIRNAME/on_terminal.py" "$MUSTER" 'Password=sesame' -- \
		call join "$ROOM" --via locked --driver null --for 1s >shown
	grep -q 'Password for locked' shown
	grep -q 'You are in the call' shown
	grep -q 'status 0' shown
	timeout "$STEP" python3 "$BATS_TEST_DIRNAME/on_terminal.py" "$MUSTER" 'Password=wrong' -- \
		call join "$ROOM" --via locked --driver null --for 1s >shown
	grep -q 'status 4' shown
	grep -q 'ssh does not get to locked' shown
}

@test "what goes wrong there, or on the way, is said in one sentence" {
	use_home nobody
	fails_with 5 call join NoSuchRoom --via school --driver null
	[[ $stderr == *"school: "* ]]
	fails_with 6 call join "$ROOM" --via nowhere --driver null
	[[ $stderr == *"ssh does not get to nowhere"*"Connection refused"* ]]
	fails_with 5 call join "$ROOM" --via empty --driver null
	[[ $stderr == *"there is no muster on empty"* ]]
	fails_with 2 call join "$ROOM" --via -oProxyCommand=id --driver null
	fails_with 5 call join "$ROOM" --via school --account stranger --driver null
	[[ $stderr == *"school: There is no account stranger"* ]]
}
