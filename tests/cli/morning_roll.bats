#!/usr/bin/env bats
# docs/examples/morning-roll.sh as cron runs it: on a school day, on a holiday, twice.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	start_school
	for p in ada bob cleo; do
		sign_up "$p"
	done
	use_home admin
	printf 'Name,Id,User\nAda Alt,101,@ada:s.test\nBob Best,102,@bob:s.test\nCleo Cox,103,@cleo:s.test\n' >list.csv
	m class create Physics --students list.csv --json >rows
	ROOM=$(jq -rs '.[0].room_id' rows)
	mkdir "$BATS_FILE_TMPDIR/bin"
	ln -s "$MUSTER" "$BATS_FILE_TMPDIR/bin/muster"
	printf '#!/bin/sh\n{ echo "$@"; cat; } >>"%s/mails"\n' "$BATS_FILE_TMPDIR" >"$BATS_FILE_TMPDIR/bin/mail"
	chmod 755 "$BATS_FILE_TMPDIR/bin/mail"
	export ROOM CLASS=Physics OFFICE=office@school.example PATH=$BATS_FILE_TMPDIR/bin:$PATH
	export MUSTER MAILS=$BATS_FILE_TMPDIR/mails
}

setup() {
	use_home admin
}

teardown_file() {
	stop_server
}

morning_roll() {
	timeout "$STEP" "$TOP/docs/examples/morning-roll.sh" </dev/null
}

@test "a holiday: nobody is asked, nobody is marked, no mail" {
	run --separate-stderr morning_roll
	[ "$status" -eq 0 ]
	[ -z "$output$stderr" ]
	[ ! -e "$MAILS" ]
	[ "$(m roll list "$ROOM" --json | wc -l)" -eq 0 ]
	[ "$(m read "$ROOM" --type 'org.matrix.msc3381.poll.*' --json | wc -l)" -eq 0 ]
}

@test "a cancelled lesson is a holiday, too" {
	m meet schedule Mechanics --room "$ROOM" --uid off --start now-5m --duration 1h --no-message --no-file --no-pin -q >/dev/null
	m meet cancel off --room "$ROOM" --yes -q >/dev/null
	run --separate-stderr morning_roll
	[ "$status" -eq 0 ]
	[ ! -e "$MAILS" ]
	[ "$(m roll list "$ROOM" --json | wc -l)" -eq 0 ]
}

@test "a school day: those who did not answer are mailed, excused ones are not; again it is the same roll" {
	m meet schedule Mechanics --room "$ROOM" --uid on --start now-5m --duration 1h --no-message --no-file --no-pin -q >/dev/null
	local day script
	day=$(date +%F)
	morning_roll >said 2>&1 3>&- &
	script=$!
	# The roll is open once a pupil can answer it.
	use_home ada
	answered() {
		m roll answer "$ROOM" -q >/dev/null 2>&1
	}
	eventually answered
	use_home admin
	m roll mark "$ROOM" 102 excused --reason "at the dentist" -q >/dev/null
	m roll close "$ROOM" -q >/dev/null
	ended "$script" 0 || { cat said; return 1; }
	cat "$MAILS"
	# The day is the one before midnight or the one after it.
	sed -n 1p "$MAILS" | grep -xE -e "-s Absent in Physics, ($day|$(date +%F)) office@school.example"
	[ "$(sed -n '2,$p' "$MAILS")" = "103 Cleo Cox" ]
	# cron may run it again: the roll is the same one, closed.
	run --separate-stderr morning_roll
	[ "$status" -eq 0 ]
	[ "$(m roll list "$ROOM" --json | wc -l)" -eq 1 ]
}
