# A classroom that goes on as a service of one's own, from the first screen, with a real systemd.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	clean_environment
	local status=0
	use_home probe
	"$TOP/tests/tui/with_systemd" true >/dev/null 2>&1 || status=$?
	[ "$status" -ne 77 ] || skip "a systemd of one's own needs root, systemd and cgroup2"
	[ "$status" -eq 0 ]
}

@test "a classroom as a service: one is logged in, it outlives the window, and starts again" {
	use_home school
	# Found by its name alone, in folders with a space, and data where systemd does not look by itself.
	mkdir 'my programs'
	ln -s "$MUSTER" 'my programs/muster'
	cat >play <<-END
		set -eu
		PATH=\$PWD/my\ programs:\$PATH
		export XDG_DATA_HOME="\$PWD/my data" XDG_CONFIG_HOME="\$PWD/my settings"
		'$TUI_TOOLS/screen' -s 100x30 wait:classroom key:down key:down key:enter 'wait:Name of the server' \\
			type:school.test key:tab key:tab key:space key:tab key:enter 'wait:Your classroom runs' \\
			'wait:It goes on when this window closes' key:esc 'gone:Your classroom' key:ctrl-q exit:0 -- muster
		echo closed
		systemctl --user is-active muster.service
		systemctl --user is-enabled muster.service
		'$MUSTER' whoami --json
		'$MUSTER' room create Physics -q
		systemctl --user kill --signal=KILL muster.service
		until '$MUSTER' send Physics 'it is back' --timeout 5s; do :; done
		systemctl --user stop muster.service
		'$MUSTER' send Physics 'nobody hears' --timeout 2s && exit 1
		systemctl --user start muster.service
		'$MUSTER' read Physics --json | grep 'it is back'
		systemd-analyze --user verify muster.service
	END
	timeout "$((5 * STEP))" "$TOP/tests/tui/with_systemd" sh play >said 2>&1 || { cat said; return 1; }
	cat said
	grep -q '^active' said
	grep -q '^enabled' said
	grep -q '"user_id":"@admin:school.test"' said
}
