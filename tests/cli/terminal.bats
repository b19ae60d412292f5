# With a terminal: questions, passwords without echo, unique prefixes.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	clean_environment
	start_server
	sign_up ada
	new_room Physics >/dev/null
	new_room Chemistry >/dev/null
}

setup() {
	use_home ada
}

teardown_file() {
	stop_server
}

# On a terminal of its own, answering what is asked: on_terminal 'PROMPT=ANSWER'... -- ARGS...
# Prints what the terminal showed; the last line is "status N".
on_terminal() {
	timeout "$STEP" python3 "$BATS_TEST_DIRNAME/on_terminal.py" "$MUSTER" "$@"
}

@test "a password is asked for without echo" {
	use_home asked
	on_terminal 'Password=sesame-open-ada' -- login "$URL" --user ada >shown
	grep -q 'status 0' shown
	run ! grep -q sesame shown
	m whoami >/dev/null
}

@test "no password is asked for where there is no server, nor for half a code" {
	on_terminal 'Password=sesame-open-ada' -- login http://127.0.0.1:9 --user ada >shown
	grep -q 'status 6' shown
	run ! grep -q 'Password' shown
	on_terminal 'code of your slip=HXXM-7NSF-4X99' 'New password=sesame' -- login "$URL" --link >shown
	grep -q 'four groups of four' shown
	grep -q 'status 1' shown
	run ! grep -q 'New password' shown
}

@test "echo comes back when a password question is interrupted" {
	use_home interrupted
	on_terminal 'Password=<INT>' -- login "$URL" --user ada >shown
	grep -q 'status 130' shown
	grep -q 'echo on' shown
}

@test "the time limit does not count while somebody types" {
	local limit
	limit=$(easy_limit send Physics "as long as this takes")
	use_home slow
	export MUSTER_TIMEOUT=${limit}s SLOW=$((limit + 1))
	on_terminal 'Password=<SLOW>sesame-open-ada' -- login "$URL" --user ada >shown
	grep -q 'status 0' shown
	on_terminal 'Remove account=<SLOW>y' -- account remove ada >shown
	grep -q 'status 0' shown
}

@test "echo comes back when --timeout ends a password question" {
	use_home late
	on_terminal -- login "$URL" --user ada --timeout 1s >shown
	grep -q 'status 3' shown
	grep -q 'echo on' shown
}

@test "serve --init says how to go on" {
	use_home init
	on_terminal -- serve --init --data "$PWD/srv" --server-name i.test >shown
	grep -q "muster serve --data $PWD/srv" shown
	grep -q 'muster login http://127.0.0.1:8008 --user @admin:i.test' shown
	grep -q 'muster register' shown
}

@test "a file's bytes are not written to a terminal" {
	use_home ada
	on_terminal -- file get mxc://s.test/nothing -o - >shown
	grep -q 'status 2' shown
}

@test "server and user are asked for" {
	use_home asked2
	on_terminal "Server=$URL" 'User name=ada' 'Password=sesame-open-ada' -- login >shown
	grep -q 'status 0' shown
}

@test "destruction asks; no means no, status 3" {
	use_home asked2
	on_terminal 'Remove account=n' -- account remove ada >shown
	grep -q 'status 3' shown
	m account list --json | jq -es 'length == 1' >/dev/null
	on_terminal -- account remove ada --no-input >shown
	grep -q 'status 2' shown
	on_terminal 'Remove account=y' -- account remove ada >shown
	grep -q 'status 0' shown
	[ -z "$(m account list --json)" ]
}

@test "a unique prefix of a room counts only when a person types" {
	fails_with 5 send Phys hello
	on_terminal -- send Phys hello >shown
	grep -q 'status 0' shown
	on_terminal -- send Phys hello --no-input >shown
	grep -q 'status 5' shown
}

@test "colours on a terminal, none with NO_COLOR or TERM=dumb" {
	TERM=xterm on_terminal -- room list >shown
	grep -q $'\e\[1m' shown
	TERM=xterm NO_COLOR=1 on_terminal -- room list >shown
	run ! grep -q $'\e\[1m' shown
	TERM=dumb on_terminal -- room list >shown
	run ! grep -q $'\e\[1m' shown
}

@test "without a verb on a terminal that only knows lines: who is logged in, or how to log in" {
	use_home nobody
	on_terminal -- >shown
	grep -q 'muster login' shown
	grep -q 'status 4' shown
	use_home ada
	on_terminal ': =/quit' -- >shown
	grep -q 'You are in' shown
	grep -q 'status 0' shown
}

@test "PAGER pages what is longer than the terminal" {
	printf '#!/bin/sh\necho PAGED; cat >/dev/null\n' >pager
	chmod +x pager
	PAGER=$PWD/pager on_terminal -- help >shown
	grep -q PAGED shown
	PAGER=$PWD/pager on_terminal -- account list >shown
	run ! grep -q PAGED shown
}
