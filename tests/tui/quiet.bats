# Quiet hours, urgent messages and messages for later on the screen, with a real server.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	clean_environment
	start_server
	sign_up cay
	sign_up ben
	m quiet off >/dev/null
	sign_up ada
	m quiet off >/dev/null
	export ROOM DIRECT
	# A room of two alone would have no staff (core/client/urgent.h).
	ROOM=$(new_room Physics --invite @ben:s.test --invite @cay:s.test)
	new_room Attic >/dev/null

	m send @ben:s.test 'hello Ben' >/dev/null
	use_home ben
	m room join "$ROOM" >/dev/null
	DIRECT=$(m room list --invited --json | jq -r 'select(.membership == "invite").room_id')
	m room join "$DIRECT" >/dev/null
	use_home ada
	m room role "$ROOM" @ben:s.test teacher >/dev/null
	m config set tui.notify window
}

teardown_file() {
	stop_server
}

setup() {
	clean_environment
	use_home ada
}

to() { # NAME: steps to a room
	printf '%s\n' key:ctrl-k 'wait:Go to' "type:$1" "wait:› $1" key:enter 'gone:Go to'
}

@test "a message for later is shown as such, and taken back" {
	readarray -t physics < <(to Physics)
	screen wait:F1 "${physics[@]}" 'type:/at now+1h see you at nine' key:enter \
		'wait:see you at nine' 'wait:to be sent at' \
		"$(until_so ada 'queue list' '.[0].state == "scheduled"')" \
		"run:$MUSTER queue drop --yes" 'gone:see you at nine'
	[ -z "$(m queue list --json)" ]
}

@test "what is due comes once" {
	screen wait:F1 'type:/at now+3s in a moment' key:enter \
		"$(until_so ada "read '$ROOM'" 'any(.[]; .body == "in a moment")')" 'gone:to be sent at' 'wait:in a moment'
	[ "$(m read "$ROOM" --json | jq -r .body | grep -c '^in a moment$')" -eq 1 ]
}

@test "what the server does not keep so long goes out when it is due" {
	screen wait:F1 'type:/at now+300d next year' key:enter 'wait:next year' 'wait:to be sent at' \
		"$(until_so ada 'queue list' 'length == 1 and .[0].state == "queued"')"
	m queue drop --yes
}

@test "what is asked is read in a popup, however short: quiet hours, what waits" {
	readarray -t attic < <(to Attic)
	screen wait:F1 "${attic[@]}" 'type:/quiet show' key:enter 'wait:╭─ quiet show' 'wait:Zone: ' key:esc 'gone:Zone: ' \
		'type:/queue list' key:enter 'wait:nothing to show' 'type:/at 23:59 see you at nine' key:enter 'wait:to be sent at' \
		'type:/queue list' key:enter 'wait:╭─ queue list' 'wait:see you at nine' key:esc 'gone:╭─ queue list'
	m queue drop --yes
}

@test "whoever writes to somebody in quiet hours reads it where they write" {
	readarray -t physics < <(to Physics)
	use_home ben
	m quiet set --for 1h --all
	use_home ada
	screen wait:F1 "${physics[@]}" 'wait:Write a message' key:ctrl-k 'wait:Go to' type:ben \
		'wait:› ' key:enter 'gone:Go to' 'wait:is quiet until' 'type:never mind' key:enter \
		"$(until_so ben "read '$DIRECT'" 'any(.[]; .body == "never mind")')"
	use_home ben
	m quiet off >/dev/null
}

@test "an urgent message is told from others; its readers are a key away" {
	readarray -t physics < <(to Physics)
	screen wait:F1 "${physics[@]}" "$(as_ben "urgent '$ROOM' 'room 12 is wet' --user @ada:s.test --reason 'bring boots'")" \
		'wait:‼ urgent: bring boots' 'wait:room 12 is wet' key:esc key:up key:i \
		'wait:Who has read it' key:esc 'gone:Who has read it'
}

@test "nothing is notified in quiet hours but what is urgent and of staff" {
	readarray -t attic < <(to Attic)
	# Ben's hour for Ada is used up: this is another client's urgent message.
	TOKEN=$(token ben)
	urgent="run:curl -sf -X PUT '$URL/_matrix/client/v3/rooms/$ROOM/send/m.room.message/TXN' -H 'Authorization: Bearer $TOKEN' -d '{\"msgtype\":\"m.text\",\"body\":\"BODY\",\"m.mentions\":{\"user_ids\":[\"@ada:s.test\"]},\"org.muster.urgent\":{\"reason\":\"why\"}}' >/dev/null"
	wet=${urgent/TXN/t1} wet=${wet/BODY/wet indeed}
	fire=${urgent/TXN/t2} fire=${fire/BODY/it burns}
	mention=$(as_ben "send '$ROOM' 'Ada, BODY' --mention @ada:s.test")
	m quiet set --for 1h --all
	screen wait:F1 "${attic[@]}" "${mention/BODY/one}" 'wait:@1' notices:0
	screen wait:F1 "${attic[@]}" "$wet" 'wait:@2' notices:1
	m quiet set --no-urgent
	screen wait:F1 "${attic[@]}" "$fire" 'wait:@3' notices:0
	m quiet off
	screen wait:F1 "${attic[@]}" "${mention/BODY/two}" 'wait:@4' notices:1
}
