# Words and options: kinds, defaults, --, standard input, settings, errors.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	clean_environment
}

setup() {
	use_home words
}

@test "kinds of values are checked with clear sentences, status 2" {
	fails_with 2 read room --since yesterdayish
	[[ $stderr == *--since* ]]
	fails_with 2 version --timeout 30
	[[ $stderr == *--timeout*30* ]]
	fails_with 2 read room -n many
	[[ $stderr == *'whole number'* ]]
	fails_with 2 read room -n -1
	[[ $stderr == *'not between'* ]]
	fails_with 2 react room nonsense x
	[[ $stderr == *'event id'* ]]
	fails_with 2 version --format jsn
	[[ $stderr == *'did you mean json?'* ]]
	fails_with 2 login ftp://elsewhere --user u
	[[ $stderr == *'http or https'* ]]
	fails_with 2 send $'a\x01b' text
	[[ $stderr == *'control characters'* ]]
	fails_with 2 send room $'bad \xff utf-8'
	[[ $stderr == *'UTF-8'* ]]
	fails_with 2 file get somewhere
	[[ $stderr == *'mxc://'* ]]
}

@test "missing, doubled and superfluous words" {
	fails_with 2 send
	[[ $stderr == *'ROOM is missing'* ]]
	fails_with 2 send room
	[[ $stderr == *'nothing to send'* ]]
	fails_with 2 whoami extra
	[[ $stderr == *'one word too many'* ]]
	fails_with 2 read room --since today --since today
	[[ $stderr == *'twice'* ]]
	fails_with 2 version --json=yes
	[[ $stderr == *'takes no value'* ]]
	fails_with 2 version --format
	[[ $stderr == *'needs a value'* ]]
	fails_with 2 register s.test
	[[ $stderr == *'--user is missing'* ]]
}

@test "global options before and behind the verb, --opt=value, short ones in a row" {
	fails_with 0 --format json version
	local a=$output
	fails_with 0 version --format=json
	[ "$output" = "$a" ]
	fails_with 0 version --json
	[ "$output" = "$a" ]
	fails_with 0 -qv version --json
	[ "$output" = "$a" ]
	fails_with 2 -qx version
	[[ $stderr == *'unknown option -qx'* ]]
}

@test "--dry-run shows the words behind -- as words" {
	fails_with 0 account use --dry-run --json -- -dash
	[ "$(jq -r .args.name <<<"$output")" = -dash ]
	[ "$(jq -r .dry_run <<<"$output")" = true ]
	fails_with 2 account use --dry-run --json -dash
}

@test "nobody logged in: status 4 with the way out" {
	fails_with 4 whoami
	[[ $stderr == *'muster login'* ]]
	fails_with 4 read room --json
	[ "$(jq -r .error.code <<<"$stderr")" = not_authorised ]
	[[ $(jq -r .error.hint <<<"$stderr") == *'muster login'* ]]
}

@test "an account that is not there: status 5" {
	fails_with 5 whoami --account nobody
	fails_with 5 account use nobody
	MUSTER_ACCOUNT=nobody fails_with 5 whoami
}

@test "a server that is not there: status 6, worth trying again" {
	run --separate-stderr timeout "$STEP" "$MUSTER" login http://127.0.0.1:9 --user u --password-stdin \
		--json <<<secret
	[ "$status" -eq 6 ]
	[ "$(jq -r .error.retryable <<<"$stderr")" = true ]
}

@test "a server that never answers: --timeout ends it with status 3" {
	local port
	python3 -c '
import signal, socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(8)
print(s.getsockname()[1], flush=True)
signal.pause()' >port 3>&- &
	wait_for port '^[0-9]+$'
	port=$(cat port)
	run --separate-stderr timeout "$STEP" "$MUSTER" login "http://127.0.0.1:$port" --user u \
		--password-stdin --timeout 1s --json <<<secret
	[ "$status" -eq 3 ]
	[ "$(jq -r .error.code <<<"$stderr")" = cancelled ]
}

@test "nothing is asked without a terminal: status 2 and how to do without" {
	fails_with 2 login http://127.0.0.1:9 --user u
	[[ $stderr == *'--password-stdin'* ]]
	fails_with 2 login
	fails_with 2 register http://127.0.0.1:9 --user u
}

@test "standard input is read only where - stands" {
	mkfifo pipe
	# Nobody ever writes: a verb that read it would hang.
	exec 8<>pipe
	run timeout "$STEP" "$MUSTER" version <&8
	[ "$status" -eq 0 ]
	run timeout "$STEP" "$MUSTER" whoami <&8
	[ "$status" -eq 4 ]
	exec 8>&-
}

@test "an empty password and an empty token file are refused" {
	run --separate-stderr timeout "$STEP" "$MUSTER" login http://127.0.0.1:9 --user u --password-stdin </dev/null
	[ "$status" -eq 2 ]
	: >token
	fails_with 2 login http://127.0.0.1:9 --user u --token-file token
	fails_with 5 login http://127.0.0.1:9 --user u --token-file nowhere
}

@test "a project's file does not say whose certificates are trusted" {
	mkdir -p packed/.muster && cd packed
	printf 'net.ca-file = /evil.pem\nchat.read-last = 7\n' >.muster/config
	[ "$(m config get chat.read-last)" = 7 ]
	run --separate-stderr m config get net.ca-file
	[[ $output != *evil* ]]
}

@test "settings: precedence of option, environment, project, user file" {
	fails_with 0 config get output.format
	[ "$output" = table ]
	m config set output.format csv
	fails_with 0 config get output.format
	[ "${lines[0]}" = "$(printf 'key,value,origin,default,what')" ]
	mkdir -p project/sub && cd project
	m config set output.format tsv --scope project --quiet || [ -e .muster ]
	[[ $(m config get output.format | head -n1) == $'key\tvalue\torigin\tdefault\twhat' ]]
	cd sub
	[[ $(m config get output.format | head -n1) == $'key\tvalue\torigin\tdefault\twhat' ]]
	[ "$(MUSTER_FORMAT=json m config get output.format | jq -r .value)" = json ]
	[ "$(MUSTER_FORMAT=json m config get output.format --format table)" = json ]
	MUSTER_FORMAT=json m config list --show-origin |
		jq -es 'map(select(.key == "output.format"))[0].origin | test("MUSTER_FORMAT")' >/dev/null
	cd "$HOME"
	m config set output.format --unset
	[ "$(m config get output.format)" = table ]
}

@test "settings: unknown keys and bad values are refused" {
	fails_with 2 config get output.fromat
	[[ $stderr == *'did you mean output.format?'* ]]
	fails_with 2 config set no.such.thing 1
	r config set net.timeout 30
	[ "$status" -ne 0 ]
	r config set output.format xml
	[ "$status" -ne 0 ]
	fails_with 2 config set output.format
	fails_with 2 config set output.format csv --unset
}

@test "a broken file of settings stops verbs, but not those that mend it" {
	mkdir -p "$XDG_CONFIG_HOME/muster"
	echo 'net.timeout = soon' >"$XDG_CONFIG_HOME/muster/config"
	r whoami
	[ "$status" -eq 1 ]
	[[ $stderr == *config* ]]
	fails_with 0 help
	r doctor --json
	[ "$status" -eq 1 ]
	jq -es 'map(select(.check == "settings"))[0].ok == false' <<<"$output" >/dev/null
	m config set net.timeout 20s
	[ "$(m config get net.timeout)" = 20s ]
	rm "$XDG_CONFIG_HOME/muster/config"
}

@test "doctor without an account: what works is said, status 1" {
	fails_with 1 doctor --json
	jq -es 'all(.[]; has("check") and has("ok") and has("message") and has("fix"))' <<<"$output" >/dev/null
	jq -es 'map(select(.check == "account"))[0] | .ok == false and (.fix | test("muster login"))' \
		<<<"$output" >/dev/null
	jq -es 'map(select(.check == "locale"))[0].ok' <<<"$output" >/dev/null
	r doctor
	[[ $output == *'✗ account'*'→ muster login'* ]]
}

@test "doctor: a locale that is not UTF-8 is named" {
	LC_ALL=C r doctor --json
	jq -es 'map(select(.check == "locale"))[0].ok == false' <<<"$output" >/dev/null
}
