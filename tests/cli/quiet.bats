#!/usr/bin/env bats
# Quiet hours: setting them, what others are told, what would be heard.
# shellcheck disable=SC2030,SC2031,SC2153,SC2154
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	clean_environment
	start_server
	sign_up eve
	sign_up bob
	m profile set name Bob
	sign_up ann
	ROOM=$(new_room Plain --invite @bob:s.test)
	export ROOM
	use_home bob
	m room join "$ROOM"
	use_home ann
	m send @bob:s.test "hello"
}

teardown_file() {
	stop_server
}

setup() {
	clean_environment
	use_home ann
}

# What the server shows of Bob's field to whoever is at home here.
field() {
	api GET v3/profile/@bob:s.test | jq -c '.["org.muster.quiet"]'
}

shown() { # KEY
	m quiet show --json | jq -r "$1"
}

@test "by default at night and at weekends, where people work together" {
	r quiet show --json
	[ "$status" -eq 0 ]
	jq -e '.on and .hours == ["20:00-07:00", "sat-sun"] and .zone == "UTC" and .rooms == "work"
		and .urgent and (.private | not) and (.published | not)' <<<"$output"
	TZ=Europe/Berlin m quiet show --json | jq -e '.zone == "Europe/Berlin"'
}

@test "a weekend between quiet nights has no loud Monday morning" {
	m quiet set 18:00-08:00 --days mon-fri --weekend --json | jq -e '.hours == ["18:00-08:00", "sat-sun"]'
	m quiet set 18:00-08:00 --days mon-fri --json | jq -e '.hours == ["18:00-08:00 mon-fri"]'
	m quiet set --weekend --json | jq -e '.hours == ["18:00-08:00", "sat-sun"]'
	# What ends on the day it begins, or holds on some days alone, stays.
	m quiet set 12:00-14:00 --days mon-fri --weekend --json | jq -e '.hours == ["12:00-14:00 mon-fri", "sat-sun"]'
	m quiet set 18:00-08:00 --days tue --weekend --json | jq -e '.hours == ["18:00-08:00 tue", "sat-sun"]'
	m quiet set 20:00-07:00 --weekend >/dev/null
}

@test "bad input is refused with a sentence, and changes nothing" {
	fails_with 2 quiet set
	[[ $stderr == *"nothing to set"* ]]
	fails_with 2 quiet set 25:00-07:00
	[[ $stderr == *"no span of a day"* && $stderr == *20:00-07:00* ]]
	fails_with 2 quiet set 20:00
	fails_with 2 quiet set 20:00-07:00 --days monday
	[[ $stderr == *mon-fri* ]]
	fails_with 2 quiet set --days mon-fri
	fails_with 2 quiet set 20:00-07:00 --tz Europe/Berlim
	[[ $stderr == *Europe/Berlin* ]]
	fails_with 2 quiet set --for 10
	fails_with 2 quiet set --for 1s
	fails_with 2 quiet set --all --work
	fails_with 2 quiet off --for never
	many=()
	for i in $(seq 14); do many+=("0$((i % 10)):00-0$((i % 10)):30"); done
	fails_with 2 quiet set "${many[@]}"
	[ "$(shown '.hours | length')" = 2 ]
}

@test "hours, days, zone; all devices of the account have them" {
	m quiet set 18:30-8:00 12:00-13:00 --days fri-mon --weekend --tz America/New_York
	want='.hours == ["18:30-08:00 mon,fri-sun", "12:00-13:00 mon,fri-sun", "sat-sun"] and .zone == "America/New_York"'
	m quiet show --json | jq -e "$want"
	use_home ann2
	echo "sesame-open-ann" | mi login "$URL" --user ann --password-stdin --json >/dev/null
	m quiet show --json | jq -e "$want"
	m quiet set --no-urgent
	use_home ann
	m quiet show --json | jq -e "$want and (.urgent | not)"
	m quiet set 00:00-00:00 --urgent
	m quiet show --json | jq -e '.quiet and .until_ts == null and .hours == ["daily"] and .urgent'
	m quiet off
	m quiet show --json | jq -e '(.quiet | not) and (.on | not) and .next_ts == null'
	m quiet on
	m quiet show --json | jq -e '.quiet'
	m quiet off --for 2h
	m quiet show --json | jq -e '(.quiet | not) and .on and (.next_ts | startswith("20"))'
	m quiet set --for 1h
	m quiet show --json | jq -e '.quiet'
}

@test "who writes to somebody in quiet hours is told, and not held up" {
	use_home bob
	m quiet off
	m quiet set --for 1h --all
	[ "$(shown .published)" = true ]
	use_home ann
	r send @bob:s.test "are you there?" --json
	[ "$status" -eq 0 ]
	[ "$(jq -r .state <<<"$output")" = sent ]
	[[ $stderr =~ @bob:s.test\ is\ quiet\ until\ [^\;]*[0-9][0-9]:[0-9][0-9]\;\ --at\ ([0-9]+:[0-9]+)\  ]]
	at=${BASH_REMATCH[1]}
	r send @bob:s.test "then" --at "$at" --json
	[ "$(jq -r .state <<<"$output")" = scheduled ]
	[ -z "$stderr" ]
	m queue drop --yes
	# Not where others are, too, and not under -q.
	local three
	three=$(m room create Three --invite @bob:s.test --invite @eve:s.test --json | jq -r .room_id)
	r send "$three" "to all"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	m room kick "$three" @eve:s.test -q
	m meet list --room "$three" -q >/dev/null # until this home knows, too
	# Two alone in a room are a chat of two, whatever it is called.
	r send "$three" "to you"
	[[ $stderr == *"Bob is quiet until"* ]]
	r send @bob:s.test "sh" -q
	[ -z "$stderr" ]
}

@test "others see no more than a span, and only if they meet the person in a room" {
	[ "$(field | jq -c 'keys')" = '["from_ts","until_ts"]' ]
	use_home eve
	[ "$(field)" = null ]
	run m profile show @bob:s.test
	[ "$status" -eq 0 ]
}

@test "--private tells nobody, off neither" {
	use_home bob
	m quiet set --private
	m quiet show --json | jq -e '.quiet and .private and (.published | not)'
	use_home ann
	[ "$(field)" = null ]
	r send @bob:s.test "are you there?"
	[ -z "$stderr" ]
	use_home bob
	m quiet set --public
	use_home ann
	[ "$(field)" != null ]
	use_home bob
	m quiet off
	use_home ann
	[ "$(field)" = null ]
}

@test "queue run keeps what others may know up to date" {
	use_home bob
	m quiet set 00:00-00:00 --work
	# No room of work, nothing to tell.
	[ "$(shown .published)" = false ]
	[ "$(field)" = null ]
	m space create School >/dev/null
	m room list >/dev/null
	m queue run
	[ "$(shown .published)" = true ]
	[ "$(field)" != null ]
}

@test "notify test says what would be heard, and why not" {
	use_home bob
	m quiet off
	m quiet set --for 1h --work
	m notify test --json | jq -e '(.shown | not) and .why == "off"'
	m config set tui.notify bell
	m notify test --json | jq -e '(.shown | not) and .why == "quiet" and .how == "bell" and
		(.until_ts | startswith("20")) and (.message | contains("quiet until")) and .text != ""'
	m notify test --urgent --json | jq -e '.shown and .why == "urgent"'
	m quiet set --no-urgent
	m notify test --urgent --json | jq -e '(.shown | not) and .why == "quiet"'
	# The plain room is no work.
	m notify test --room "$ROOM" --json | jq -e '.shown and .why == "shown"'
	m quiet set --all
	m notify test --room "$ROOM" --json | jq -e '.why == "quiet"'
	m quiet off
	m room notify "$ROOM" none
	m notify test --room "$ROOM" --json | jq -e '(.shown | not) and .why == "muted"'
	m notify test --json | jq -e '.shown and .until_ts == null'
}
