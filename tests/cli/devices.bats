# What asks for the password once more, against a real server.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	clean_environment
	start_server
	sign_up ada
	use_home phone
	echo "sesame-open-ada" | mi login "$URL" --user ada --password-stdin --device-name "old phone" --json >/dev/null
}

setup() {
	use_home ada
}

teardown_file() {
	stop_server
}

@test "devices: listed, renamed, removed with the password" {
	local other
	m device list --json >out
	jq -es 'length == 2 and ([.[] | select(.current)] | length == 1)' out >/dev/null
	other=$(jq -r 'select(.current | not).device_id' out)
	jq -es --arg o "$other" 'map(select(.device_id == $o))[0].name == "old phone"' out >/dev/null
	m device rename "$other" "lost phone" --json | jq -e '.name == "lost phone"' >/dev/null
	m device list --json | jq -es --arg o "$other" 'map(select(.device_id == $o))[0].name == "lost phone"' >/dev/null
	fails_with 2 device remove "$other"
	[[ $stderr == *--password-stdin* ]]
	run --separate-stderr mi device remove "$other" --password-stdin <<<"wrong-password"
	[ "$status" -eq 4 ]
	mi device remove "$other" --password-stdin --json <<<"sesame-open-ada" | jq -e --arg o "$other" '.device_id == $o' >/dev/null
	m device list --json | jq -es 'length == 1' >/dev/null
	use_home phone
	fails_with 4 whoami
	use_home ada
	fails_with 2 device remove "$(m device list --json | jq -r .device_id)"
	fails_with 5 device rename NOSUCH x
}

@test "the password is changed" {
	echo "another-sesame" >new.txt
	mi account password --password-stdin --new-file new.txt <<<"sesame-open-ada"
	m whoami >/dev/null
	use_home later
	run --separate-stderr mi login "$URL" --user ada --password-stdin <<<"sesame-open-ada"
	[ "$status" -eq 4 ]
	mi login "$URL" --user ada --password-stdin <<<"another-sesame" >/dev/null
}

@test "an account's end: asked twice, not by accident" {
	sign_up leaver
	fails_with 2 account deactivate
	run --separate-stderr mi account deactivate --yes --password-stdin <<<"wrong-password"
	[ "$status" -eq 4 ]
	m whoami >/dev/null
	mi account deactivate --yes --password-stdin --erase --json <<<"sesame-open-leaver" \
		| jq -e '.user_id == "@leaver:s.test" and .erased' >/dev/null
	fails_with 4 whoami
	m account list --json | jq -e '.logged_in == false and .cache_bytes >= 0' >/dev/null
	run --separate-stderr mi login "$URL" --user leaver --password-stdin <<<"sesame-open-leaver"
	[ "$status" -eq 4 ]
}
