# The full screen and a real server: what one person does, another sees.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	start_physics
	export STAFF
	STAFF=$(new_room Staff)
	use_home ben
	m send "$ROOM" 'good morning' >/dev/null
	use_home ada
	m read "$STAFF" >/dev/null
}

teardown_file() {
	stop_server
}

setup() {
	use_home ada
}

# says ROOM CONDITION: there is such a message
says() {
	m read "$1" --json | jq -es "any(.[]; $2)" >/dev/null
}

@test "what others write appears; what is written is sent" {
	screen "${go_physics[@]}" 'wait:good morning' "$(as_ben send Physics 'news from ben')" \
		'wait:news from ben' 'type:hello from the screen' key:enter \
		'wait:hello from the screen' "$(arrived '.body == "hello from the screen"')" \
		'gone:sending' 'gone:waiting to be sent'
	use_home ben
	says "$ROOM" '.body == "hello from the screen"'
}

@test "answering, reacting, changing, deleting" {
	m send "$ROOM" 'to be changed' >/dev/null
	screen "${go_physics[@]}" 'wait:to be changed' key:up 'wait:answer' type:r 'wait:answering' \
		'type:an answer' key:enter 'gone:answering' 'wait:↪' "$(arrived '.body == "an answer"')" \
		'gone:sending' \
		key:up key:up type:e 'wait:changing your message' 'type: indeed' key:enter \
		'wait:(edited)' key:up key:up type:+ 'wait:React' type:tada 'wait:🎉' key:enter 'wait:🎉 1' \
		key:esc 'wait:go to' 'type:gone soon' key:enter "$(arrived '.body == "gone soon"')" \
		'wait:gone soon' 'gone:sending' key:up type:d 'wait:Delete the message' key:down \
		key:enter 'gone:gone soon' "$(arrived .redacted)"
	says "$ROOM" '.body == "an answer" and .reply_to'
	says "$ROOM" '.body == "to be changed indeed" and .edited'
	says "$ROOM" '.reactions["🎉"] == 1'
	says "$ROOM" '.redacted'
}

@test "a thread beside the room" {
	screen "${go_physics[@]}" 'wait:first of all' key:up key:home type:t 'wait:Thread' \
		'type:in the thread' key:enter "$(arrived '.body == "in the thread"')" 'wait:1 answer'
	says "$ROOM" '.body == "in the thread" and .thread'
}

@test "commands are those of the command line, for the open room" {
	screen "${go_physics[@]}" 'type:/room members' key:enter 'wait:@ben:s.test' key:esc \
		'gone:@ben:s.test' \
		'type:/room set topic "Light and shade"' key:enter 'wait:Light and shade' \
		type:/nonsense key:enter 'wait:there is no command /nonsense' 'wait:› /nonsense' key:ctrl-c 'gone:› /nonsense'
}

@test "a command that fails stays in its line" {
	screen "${go_physics[@]}" 'type:/room join #nowhere:s.test' key:enter 'wait:There is no room' \
		'wait:› /room join #nowhere:s.test' key:ctrl-c 'gone:/room join' \
		'type:/go nowhere' key:enter 'wait:No room is called' 'wait:› /go nowhere' key:ctrl-c 'gone:/go' \
		key:up 'wait:answer' type:/ 'wait:about what' 'type:nonsense x' key:enter 'wait:there is no command' \
		'wait:about what' 'wait:/nonsense x' key:ctrl-c 'gone:about what'
}

@test "words known from elsewhere, settings and people are completed" {
	screen "${go_physics[@]}" type:/joi 'wait:room join' key:ctrl-c 'gone:/joi' \
		'type:/config set tui.th' 'wait:tui.theme' key:ctrl-c 'gone:/config' \
		'type:/invite be' 'wait:@ben:s.test' key:ctrl-c 'gone:/invite'
}

@test "several lines, and \$EDITOR" {
	printf '#!/bin/sh\nprintf "\\nsecond" >>"$1"\n' >editor
	chmod +x editor
	EDITOR=$PWD/editor screen "${go_physics[@]}" type:first key:ctrl-x 'wait:second' key:enter \
		"$(arrived '.body == "first\nsecond"')"
	says "$ROOM" '.body == "first\nsecond"'
}

@test "a draft is kept, and told in the list" {
	screen "${go_physics[@]}" 'type:not yet ready' 'wait:not yet ready'
	screen 'wait:not yet ready' key:ctrl-k 'wait:Go to' type:staff 'wait:› staff' key:enter 'wait:✎'
	screen "${go_physics[@]}" 'wait:not yet ready' key:ctrl-c 'gone:not yet ready'
}

@test "a poll is voted in by a number" {
	m poll create "$ROOM" 'Which day?' Monday Friday >/dev/null
	screen "${go_physics[@]}" 'wait:Which day?' key:up type:2 'wait:[x]' 'wait:1 vote'
}

# there WORD: a step that lasts until Ben is told so of Ada
there() {
	until_so ben 'presence show @ada:s.test' ".[0].presence == \"$1\""
}

@test "others are told that one is there only when one wants it" {
	screen "${go_physics[@]}" "$(there offline)"
	m config set tui.presence true
	screen "${go_physics[@]}" "$(there online)"
	m config set tui.presence false
}

@test "unread counts, and the key that goes to them" {
	screen wait:F1 key:ctrl-k 'wait:Go to' type:staff 'wait:› staff' key:enter 'gone:Go to' \
		"$(as_ben send Physics "'@ada look here'")" 'wait:@1 │' key:alt-a 'wait:look here' 'gone:@1 │'
}

@test "class create runs here" {
	printf 'Name\nEve\n' >eve.csv
	screen "${go_physics[@]}" 'type:/class create Late --students eve.csv' key:enter 'wait:administrator'
}

@test "one logs in on the first screen" {
	use_home fresh
	"$TUI_TOOLS/screen" wait:classroom key:enter wait:Password "type:$URL" key:enter type:ada key:enter \
		type:wrong key:enter 'wait:Log in' 'wait:password' key:ctrl-u type:sesame-open-ada key:enter \
		'wait:Physics' key:ctrl-q exit:0 -- "$MUSTER"
	m whoami --json | jq -e '.user_id == "@ada:s.test"' >/dev/null
}

@test "the terminal comes back when the program is ended" {
	"$TUI_TOOLS/screen" 'wait:$' "type:sh -c 'echo \$\$ >pid; exec \"\$M\"'; stty -a | grep -o -- ' echo '; echo ba''ck" \
		key:enter wait:F1 'run:kill -TERM $(cat pid)' wait:back 'type:exit' key:enter exit:0 \
		-- env "M=$MUSTER" PS1='$ ' sh
}

# numbered TEXT: the number that the linear mode gives the message in ./heard that has this text
numbered() {
	sed -n "s/^\\([0-9]*\\)\\. .*: $1.*/\\1/p" heard | tail -n 1
}

@test "linear: read, send, answer, switch rooms, from a pipe" {
	printf '/go staff\n/go physics\n' | m_linear >heard
	local first=$(numbered 'good morning')
	printf '/go staff\n/go physics\n/rooms\n/reply %s spoken\nplain words\n/go staff\n/reply %s no\nfor the staff\n' \
		"$first" "$first" | m_linear >heard
	grep -q 'You are in Physics' heard
	grep -q '^1\. ' heard
	grep -q 'Write /reply' heard # that number is another room's
	says "$ROOM" '.body == "spoken" and .reply_to'
	says "$ROOM" '.body == "plain words"'
	says "$STAFF" '.body == "for the staff"'
	run ! grep -q $'\033' heard
}

@test "linear: react, vote, edit, delete by number" {
	local room
	room=$(new_room Numbers)
	m send "$room" 'applaud this' >/dev/null
	m send "$room" 'wrong wrods' >/dev/null
	m send "$room" 'gone soon' >/dev/null
	m poll create "$room" 'Which day?' Monday Friday >/dev/null
	m read "$room" >/dev/null
	printf '/go numbers\n' | m_linear >heard
	{
		echo '/go numbers'
		echo "/react $(numbered applaud) :tada:"
		echo "/edit $(numbered wrong) Don't say \"wrong words\""
		echo "/delete $(numbered gone)"
		echo "/vote $(numbered Which) 2"
		echo "/room pin $(numbered applaud)"
		echo '/react 4711 x'
		echo '/edit 1'
	} | m_linear >said
	cat said
	says "$room" '.body == "applaud this" and .reactions["🎉"] == 1'
	says "$room" '.body == "Don'"'"'t say \"wrong words\"" and .edited'
	says "$room" '.redacted'
	m poll show "$room" "$(m read "$room" --json | jq -r 'select(.poll or (.type | test("poll"))).event_id' | tail -n 1)" --json |
		jq -es 'any(.[]; .votes == 1 and .answer == "Friday")'
	m room pins "$room" --json | jq -es 'length == 1 and .[0].body == "applaud this"'
	grep -q 'There is no message 4711' said
	grep -q 'Write /edit' said
	run ! grep -q '^\$' said
}

@test "linear: what a person has read there is read" {
	"$TUI_TOOLS/screen" wait:/help 'type:/go physics' key:enter 'wait:You are in Physics' \
		"$(as_ben send Physics "'are you there'")" 'wait:are you there' \
		"$(until_so ada 'room list' 'length > 0 and all(.unread == 0)')" \
		type:/quit key:enter exit:0 -- "$MUSTER" --linear
}

m_linear() {
	timeout "$STEP" "$MUSTER" --linear
}

@test "without a room, a command makes one" {
	sign_up carl
	"$TUI_TOOLS/screen" 'wait:No rooms yet' type:/ 'wait:Command' 'type:room join #nowhere:s.test' \
		key:enter 'wait:There is no room' 'wait:› /room join #nowhere:s.test' key:ctrl-c 'gone:/room join' \
		'type:/room crea' 'wait:Make a room' key:tab 'wait:› /room create' 'type:--pub' key:tab \
		'wait:› /room create --public' key:ctrl-w key:backspace key:backspace type:Garden key:enter \
		'wait:# Garden' key:ctrl-q exit:0 -- "$MUSTER"
}
