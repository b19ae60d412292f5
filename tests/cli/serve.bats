# The server's address, certificate, and what keeps people from it.
# shellcheck disable=SC2030,SC2031,SC2153,SC2154
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	clean_environment
	use_home admin
	m serve --init --data "$BATS_FILE_TMPDIR/data" --server-name s.test --json >"$BATS_FILE_TMPDIR/init"
}

setup() {
	use_home admin
	STARTED=
}

teardown() {
	[ -z "$STARTED" ] || end_server
	end_jobs
	[ -z "${SPACE:-}" ] || ip netns del "$SPACE"
	SPACE=
}

# begin_server [IN-FRONT... --] OPTIONS...: output in ./out and ./err
begin_server() {
	local front=()
	while [ "$1" != -- ]; do
		front+=("$1")
		shift
	done
	shift
	rm -f out err
	"${front[@]}" "$MUSTER" serve --data "$BATS_FILE_TMPDIR/data" --udp-port 0 --json "$@" \
		>out 2>err </dev/null 3>&- &
	STARTED=$!
	wait_for out '"event":"listening"' || { cat err; return 1; }
	URL=$(jq -r 'select(.event == "listening").url' out)
}

end_server() {
	kill "$STARTED" 2>/dev/null || true
	gone "$STARTED"
	STARTED=
	run ! grep -E 'ERROR: |runtime error:' err
}

@test "the name stays: a server without one is told of it, another name is refused with a way out" {
	m serve --init --data nameless
	"$MUSTER" serve --data nameless --udp-port 0 --lan --listen 0.0.0.0:0 >out 2>err </dev/null 3>&- &
	STARTED=$!
	wait_for err 'serve --init --server-name NAME'
	end_server
	run --separate-stderr "$MUSTER" serve --init --data nameless --server-name s.test
	[ "$status" -ne 0 ]
	[[ $stderr == *localhost*--data* ]]
}

# A network of its own with one interface: new_network NAME ADDRESS
new_network() {
	[ "$(id -u)" -eq 0 ] || skip "network namespaces need root"
	command -v ip >/dev/null || skip "there is no ip(8) here"
	ip netns add "$1" 2>/dev/null || skip "network namespaces are not allowed here"
	SPACE=$1
	ip -n "$SPACE" link set lo up
	ip -n "$SPACE" link add lan0 type veth peer name lan1
	ip -n "$SPACE" link set lan0 up
	ip -n "$SPACE" link set lan1 up
	ip -n "$SPACE" addr add "$2/24" dev lan0
}

certificate() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" -addext "subjectAltName=DNS:$1" \
		-keyout new-key.pem -out new-cert.pem 2>/dev/null
	mv new-key.pem key.pem
	mv new-cert.pem cert.pem
}

serves() { # NAME
	timeout "$STEP" openssl s_client -connect "${URL#https://}" </dev/null 2>/dev/null |
		openssl x509 -noout -subject | grep -qF "$1"
}

@test "a new certificate is loaded by itself and on SIGHUP; a bad one is told, the old one stays" {
	certificate one.test
	begin_server -- --listen 127.0.0.1:0 --tls-cert cert.pem --tls-key key.pem
	serves one.test
	certificate two.test
	wait_for out '"event":"certificate_reloaded"'
	serves two.test
	# It may have found one of the two files before the other.
	local before
	before=$(grep -c cert.pem err || true)
	echo "no certificate" >cert.pem
	kill -HUP "$STARTED"
	wait_for_count err 'cert.pem' $((before + 1))
	serves two.test
	certificate three.test
	kill -HUP "$STARTED"
	wait_for_count out certificate_reloaded 2
	eventually serves three.test
}

@test "--lan tells the address to type, and tells it again when it changes" {
	new_network "muster-lan-$$" 10.77.0.2
	begin_server ip netns exec "$SPACE" -- --lan --listen 0.0.0.0:8008
	[ "$URL" = http://10.77.0.2:8008 ]
	wait_for out '"event":"address","url":"http://10.77.0.2:8008"'
	wait_for err 'no TLS: whoever is on this network can read'
	ip -n "$SPACE" addr add 10.78.0.9/24 dev lan0
	ip -n "$SPACE" addr del 10.77.0.2/24 dev lan0
	wait_for out '"event":"address","url":"http://10.78.0.9:8008"'
	# What clients and slips are told follows, and codes hold no address.
	ip netns exec "$SPACE" curl -s --max-time "$STEP" http://10.78.0.9:8008/.well-known/matrix/client |
		jq -e '."m.homeserver".base_url == "http://10.78.0.9:8008"
			and ."org.muster.server".server_name == "s.test"' >/dev/null
	ip -n "$SPACE" link set lan0 down
	wait_for out '"event":"address","url":null'
	ip -n "$SPACE" link set lan0 up
	ip -n "$SPACE" addr replace 10.78.0.9/24 dev lan0
	wait_for_count out '"event":"address","url":"http://10.78.0.9:8008"' 2
}

@test "addresses of containers and tunnels are told only where there is nothing better" {
	new_network "muster-virt-$$" 10.77.0.2
	ip -n "$SPACE" link add docker0 type veth peer name veth9
	ip -n "$SPACE" link set docker0 up
	ip -n "$SPACE" addr add 192.168.44.1/24 dev docker0
	ip -n "$SPACE" route add default via 192.168.44.2
	begin_server ip netns exec "$SPACE" -- --lan --listen 0.0.0.0:8008
	[ "$URL" = http://10.77.0.2:8008 ]
}

@test "doctor names a firewall that keeps others out, with the rule that lets them in" {
	new_network "muster-wall-$$" 10.77.0.2
	command -v nft >/dev/null || skip "there is no nft(8) here"
	ip netns exec "$SPACE" nft -f - <<-END || skip "nftables does not work here"
		table inet filter {
			chain input {
				type filter hook input priority 0; policy drop;
				iif lo accept
				tcp dport { 22, 80 } accept
			}
		}
	END
	begin_server ip netns exec "$SPACE" -- --lan --listen 0.0.0.0:8008
	findings() {
		ip netns exec "$SPACE" timeout "$STEP" "$MUSTER" doctor --data "$BATS_FILE_TMPDIR/data" \
			--json </dev/null >found || true
	}
	findings
	jq -es 'map(select(.check == "serve-firewall"))[0] | .ok == false and (.fix | test("dport 8008"))' found >/dev/null
	ip netns exec "$SPACE" nft add rule inet filter input tcp dport 8008 accept
	findings
	jq -es 'map(select(.check == "serve-firewall"))[0] | .ok == false and (.message | test("calls out"))' found >/dev/null
	ip netns exec "$SPACE" nft add rule inet filter input tcp dport 1024-65535 accept
	findings
	jq -es 'map(select(.check == "serve-firewall"))[0]
		| .ok == false and (.message | test("takes TCP instead")) and (.fix | test("udp dport"))' found >/dev/null
	ip netns exec "$SPACE" nft add rule inet filter input udp dport 1-65535 accept
	findings
	jq -es 'map(select(.check == "serve-firewall"))[0].ok' found >/dev/null
	jq -es 'map(select(.check == "serve-address"))[0].ok' found >/dev/null
	jq -es 'map(select(.check == "serve-wifi"))[0].fix | test("http://10.77.0.2:8008/join")' found >/dev/null
}

@test "doctor names an address that leads elsewhere" {
	begin_server -- --listen 127.0.0.1:0 --public-url http://127.0.0.1:9
	m doctor --data "$BATS_FILE_TMPDIR/data" --json >found || true
	jq -es 'map(select(.check == "serve-address"))[0]
		| .ok == false and (.message | test("127.0.0.1:9")) and (.fix | test("--public-url"))' found >/dev/null
}

@test "serve --check: fit to start, or why not" {
	local port
	m serve --check --data "$BATS_FILE_TMPDIR/data" --listen 127.0.0.1:0 --udp-port 0 --json >rows
	jq -es '.[0].ok and (map(.check) | index("port") and index("disk") and index("open-files"))' rows >/dev/null
	mkdir -p other
	if [ "$(id -u)" -eq 0 ]; then
		run env -u MUSTER_ALLOW_ROOT "$MUSTER" serve --check --data other --listen 127.0.0.1:0 --udp-port 0 --json
		[ "$status" -eq 1 ]
		grep '"check":"user"' <<<"$output" | jq -e '.ok == false and (.message | test("root"))' >/dev/null
	fi
	begin_server -- --listen 127.0.0.1:0
	port=${URL##*:}
	fails_with 1 serve --check --data other --listen "127.0.0.1:$port" --udp-port 0 --json
	grep '"check":"port"' <<<"$output" | jq -e '.ok == false and .optional == false and (.fix | test("--listen"))' >/dev/null
	# While it runs: what can be seen without disturbing it.
	m serve --check --data "$BATS_FILE_TMPDIR/data" --json >rows
	jq -es --arg url "$URL" '.[0].ok and .[0].running == $url and (map(.check) | index("address") and index("disk"))' rows >/dev/null
}

@test "doctor finds the server that one runs, wherever its data is, and forgets it when it ends" {
	begin_server -- --listen 127.0.0.1:0
	m doctor --json >found || true
	jq -es --arg url "$URL" 'map(select(.check == "serve-address"))[0] | .ok and (.message | contains($url))' found >/dev/null
	end_server
	m doctor --json >found || true
	run ! grep -q '"serve-' found
}

@test "doctor without a server says nothing of one; a folder that is none is an error" {
	m doctor --json >found || true
	run ! grep -q '"serve-' found
	r doctor --data "$PWD/nothing"
	[ "$status" -ne 0 ]
	[[ $stderr == *"There is no server's data in $PWD/nothing"* ]]
}

@test "serve --turn-uri lends TURN servers, with credentials that they can check" {
	local reply user password
	fails_with 2 serve --check --data "$BATS_FILE_TMPDIR/data" --turn-uri turns:turn.example --json
	printf 'a shared secret\n' >secret
	fails_with 2 serve --check --data "$BATS_FILE_TMPDIR/data" --turn-uri stun:x --turn-secret-file secret
	fails_with 2 serve --data "$BATS_FILE_TMPDIR/data" --listen 127.0.0.1:0 --turn-uri http://x --turn-secret-file secret
	begin_server -- --listen 127.0.0.1:0 --open-registration --turn-secret-file secret \
		--turn-uri turns:turn.example:443 --turn-uri "turn:turn.example?transport=udp"
	mi register "$URL" --user turner --password-stdin --quiet <<<"a long enough password" >/dev/null
	api GET v3/voip/turnServer >reply
	jq -e '.uris == ["turns:turn.example:443", "turn:turn.example?transport=udp"] and .ttl == 86400' reply >/dev/null
	user=$(jq -r .username reply)
	password=$(printf %s "$user" | openssl dgst -sha1 -hmac "a shared secret" -binary | base64)
	[ "$(jq -r .password reply)" = "$password" ]
	[ "${user%%:*}" -gt "$(date +%s)" ]
}
