# Golden screens of roll-calls, as staff and as a pupil see them, and what the linear mode says. No server.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	fill_homes roll.json ada ben
}

setup() {
	unset LANGUAGE NO_COLOR MUSTER_THEME
}

@test "staff see the numbers, pupils their own answer" {
	screen_of ada 80x24 'wait:until' key:focus-out "golden:$GOLDEN/roll-staff-80x24.txt"
	screen_of ben 80x24 'wait:/here' key:focus-out "golden:$GOLDEN/roll-pupil-80x24.txt"
	LANGUAGE=ja screen_of ada 200x50 'wait:09:10' key:focus-out "golden:$GOLDEN/roll-staff-200x50-ja.txt"
}

@test "a roll-call in a window of any size" {
	for size in 2x2 20x3 12x40; do
		screen_of ben 80x24 'wait:/here' "resize:$size" resize:80x24 'wait:/here'
	done
}
