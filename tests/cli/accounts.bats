# Logging in and out, several accounts, administration, serve.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	clean_environment
	use_home admin
	m serve --init --data "$BATS_FILE_TMPDIR/server/data" --server-name s.test --json \
		>"$BATS_FILE_TMPDIR/init"
	start_server
	jq -r .password "$BATS_FILE_TMPDIR/init" |
		mi login "$URL" --user admin --password-stdin --json >"$BATS_FILE_TMPDIR/login"
	sign_up ada
}

setup() {
	use_home ada
}

teardown_file() {
	stop_server
}

@test "serve --init tells the administrator's password and an invitation" {
	jq -e '.user_id == "@admin:s.test" and (.password | length > 8) and (.invite | length > 8)
		and .server_name == "s.test"' "$BATS_FILE_TMPDIR/init" >/dev/null
	jq -e '.user_id == "@admin:s.test" and (.device_id | length > 0) and (.homeserver | startswith("http"))' \
		"$BATS_FILE_TMPDIR/login" >/dev/null
}

@test "log in, whoami, log out; secrets are readable by their owner only" {
	use_home second
	echo sesame-open-ada | mi login "$URL" --user ada --password-stdin --json >in
	local device
	device=$(jq -r .device_id in)
	m whoami --json | jq -e --arg d "$device" '.user_id == "@ada:s.test" and .device_id == $d' >/dev/null
	[ "$(stat -c %a "$XDG_DATA_HOME/muster/accounts/ada/secrets.json")" = 600 ]
	m whoami --json -vv >log 2>&1
	run ! grep -q mst_ log
	m logout --json | jq -e '.user_id == "@ada:s.test"' >/dev/null
	fails_with 4 whoami
}

@test "a wrong password is status 4 and told plainly" {
	use_home wrong
	run --separate-stderr timeout "$STEP" "$MUSTER" login "$URL" --user ada --password-stdin --json <<<nope
	[ "$status" -eq 4 ]
	[ "$(jq -r .error.code <<<"$stderr")" = not_authorised ]
	[ "$(jq -r .error.retryable <<<"$stderr")" = false ]
}

@test "a token file instead of a password" {
	token >"$BATS_TEST_TMPDIR/token"
	use_home token
	m login "$URL" --token-file "$BATS_TEST_TMPDIR/token" --json | jq -e '.user_id == "@ada:s.test"' >/dev/null
	m whoami >/dev/null
}

@test "several accounts: list, use, --account, MUSTER_ACCOUNT, remove" {
	use_home several
	echo sesame-open-ada | mi login "$URL" --user ada --password-stdin --quiet >/dev/null
	echo sesame-open-bob | mi register "$URL" --user bob --password-stdin --account work --json >/dev/null
	m account list --json | jq -es 'length == 2 and (map(select(.default)) | length == 1)' >/dev/null
	[ "$(m whoami --json | jq -r .user_id)" = @ada:s.test ]
	[ "$(m whoami --json --account work | jq -r .user_id)" = @bob:s.test ]
	[ "$(MUSTER_ACCOUNT=work m whoami --json | jq -r .user_id)" = @bob:s.test ]
	m account use work
	[ "$(m whoami --json | jq -r .user_id)" = @bob:s.test ]
	fails_with 2 account remove work
	[[ $stderr == *--yes* ]]
	m account remove work --yes
	fails_with 5 whoami --account work
}

@test "profile: name and picture" {
	m profile set name "Ada 美丽" --json | jq -e '.name == "Ada 美丽"' >/dev/null
	m profile show @ada:s.test --json | jq -e '.name == "Ada 美丽"' >/dev/null
	fails_with 2 profile set colour red
}

@test "reports wait for an administrator" {
	api POST v3/users/@admin:s.test/report --data '{"reason":"too loud"}'
	fails_with 4 admin reports
	use_home admin
	m admin reports --json >list
	jq -es 'length == 1 and .[0].reporter == "@ada:s.test" and .[0].reason == "too loud"' list >/dev/null
	m admin reports --done "$(jq .report_id list)"
	[ -z "$(m admin reports --json)" ]
	m admin reports --all --json | jq -e '.handled_ts > 0' >/dev/null
}

@test "administration needs an administrator" {
	fails_with 4 admin user list
	use_home admin
	m admin user list --json | jq -es 'map(select(.user_id == "@ada:s.test")) | length == 1' >/dev/null
	m admin status --json | jq -e '.server_name == "s.test" and .users >= 2 and (.uptime_s | type == "number")' >/dev/null
}

@test "admin user add, password, lock, unlock, remove" {
	use_home admin
	local password
	password=$(m admin user add carol --name "Carol C." --email carol@mail.example --json | jq -r .password)
	use_home carol
	echo "$password" | mi login "$URL" --email carol@mail.example --password-stdin --json |
		jq -e '.user_id == "@carol:s.test"' >/dev/null
	use_home admin
	m admin user lock carol --json | jq -e '.locked' >/dev/null
	use_home carol
	r whoami
	[ "$status" -eq 4 ]
	use_home admin
	m admin user unlock carol
	m admin user suspend carol --json | jq -e '.suspended' >/dev/null
	m admin user list carol --json | jq -e '.suspended' >/dev/null
	use_home carol
	fails_with 4 room create "Mine"
	use_home admin
	m admin user resume carol --json | jq -e '.suspended == false' >/dev/null
	password=$(m admin user password carol --json | jq -r .password)
	use_home carol2
	echo "$password" | mi login "$URL" --user carol --password-stdin >/dev/null
	use_home admin
	fails_with 2 admin user remove carol
	m admin user remove carol --yes --json | jq -e '.removed' >/dev/null
	use_home carol2
	fails_with 4 whoami
}

@test "admin user import: a class from a table, safe to repeat" {
	use_home admin
	cat >class.csv <<-'CSV'
		User;Full Name;E-Mail;Student ID
		s1;"Müller, Eva";eva@school.example;1001
		s2;李雷;;1002
	CSV
	m admin user import class.csv --json --quiet >made
	jq -es 'length == 2 and all(.[]; .state == "created" and (.password | length > 8))' made >/dev/null
	jq -es '.[0] | .name == "Müller, Eva" and .external_id == "1001" and .email == "eva@school.example"' made >/dev/null
	m admin user import - --json --quiet <class.csv >again || mi admin user import - --json --quiet <class.csv >again
	jq -es 'length == 2 and all(.[]; .state == "existing" and .password == null)' again >/dev/null
	printf 'user,name\ns1,Eva M.\nbad name!,x\n' | mi admin user import - --update --json >mixed 2>err || code=$?
	[ "${code:-0}" -eq 7 ]
	jq -es 'map(.state) == ["updated", "failed"]' mixed >/dev/null
	printf 'name\nx\n' >nouser.csv
	fails_with 1 admin user import nouser.csv
	[[ $stderr == *'user'* ]]
	use_home eva
	jq -rs '.[0].password' "$BATS_FILE_TMPDIR/home-admin/made" |
		mi login "$URL" --email eva@school.example --password-stdin --json | jq -e '.user_id == "@s1:s.test"' >/dev/null
}

@test "invitations: make, list, use, revoke" {
	use_home admin
	m admin invite --uses 1 --note class --json >made
	jq -r .token made >"$BATS_TEST_TMPDIR/invite"
	m admin invite --list --json | jq -es --arg t "$(jq -r .token made)" 'map(select(.token == $t)) | length == 1' >/dev/null
	m admin invite --revoke "$(jq -r .token made)" --json | jq -e '.revoked' >/dev/null
}

@test "administration of a data folder that no server runs on" {
	use_home offline
	m admin user add zoe --data "$HOME/srv" --json | jq -e '.password | length > 8' >/dev/null ||
		m serve --init --data "$HOME/srv" --server-name off.test --json >/dev/null
	r admin user list --data "$BATS_FILE_TMPDIR/server/data"
	[ "$status" -eq 1 ]
	[[ $stderr == *server* ]]
}

@test "serve refuses what is not safe or not right" {
	use_home serve
	fails_with 2 serve --tls-cert cert.pem
	fails_with 2 serve --init --check
	r serve --data "$HOME/x" --listen 0.0.0.0:0 --server-name x.test
	[ "$status" -ne 0 ]
	[[ $stderr == *--tls-cert* ]]
	r serve --data "$BATS_FILE_TMPDIR/server/data" --listen 127.0.0.1:0
	[ "$status" -eq 1 ]
	# A slip in the folder's name makes no server.
	mkdir empty
	for dir in nowhere empty; do
		r serve --data "$dir" --listen 127.0.0.1:0
		[ "$status" -eq 5 ]
		[[ $stderr == *"There is no server in $dir; start one there with --init"* ]]
		[ ! -e "$dir/muster.db" ]
	done
	[ ! -e nowhere ]
	# A name that nobody chose is one for ever, and this is said.
	r serve --init --data unnamed --json
	[ "$status" -eq 0 ]
	[[ $stderr == *localhost*--server-name* ]]
	r serve --init --data named --server-name n.test --json
	[ -z "$stderr" ]
}

@test "serve ends cleanly on SIGTERM and says so" {
	use_home stop
	"$MUSTER" serve --data "$HOME/srv" --listen 127.0.0.1:0 --udp-port 0 --server-name x.test --json \
		>out 2>err </dev/null 3>&- &
	local pid=$!
	wait_for out listening
	kill "$pid"
	ended "$pid" 0
	grep -q '"event":"stopping"' out
	[ ! -s err ]
}

@test "doctor finds the server and the log-in in order" {
	# The back ends of PortAudio leak in modules that they unload, which no suppression can name.
	ASAN_OPTIONS=detect_leaks=0 fails_with 0 doctor --json
	jq -es 'map(select(.check == "sound-devices"))[0].optional' <<<"$output" >/dev/null
	for c in server tls clock token account calls call-end; do
		jq -es --arg c "$c" 'map(select(.check == $c))[0].ok' <<<"$output" >/dev/null
	done
}
