# make install puts everything where a system looks for it, uninstall removes it.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	clean_environment
	translated_locale
}

setup() {
	[ "$MUSTER" = "$TOP/muster" ] || skip "not the ordinary build"
	use_home install
}

@test "install and uninstall" {
	make -s -C "$TOP" install DESTDIR="$HOME/dest" PREFIX=/usr/local >/dev/null
	local p=$HOME/dest/usr/local
	cmp "$p/bin/muster" "$MUSTER"
	[ -f "$p/share/man/man1/muster.1" ]
	[ -f "$p/share/man/man5/muster-config.5" ]
	[ -f "$p/share/bash-completion/completions/muster" ]
	[ -f "$p/share/zsh/site-functions/_muster" ]
	[ -f "$p/share/fish/vendor_completions.d/muster.fish" ]
	grep -qx "ExecStart=/usr/local/bin/muster serve --data /var/lib/muster" "$p/lib/systemd/system/muster.service"
	grep -qx "ExecStart=/usr/local/bin/muster serve" "$p/lib/systemd/user/muster.service"
	grep -qx "ExecStart=/usr/local/bin/muster queue run --quiet --no-input" \
		"$p/lib/systemd/user/muster-queue.service"
	grep -q "^OnCalendar=" "$p/lib/systemd/user/muster-queue.timer"
	# Translations are found below whichever prefix it was put.
	env -u MUSTER_LOCALEDIR LANGUAGE=de "$p/bin/muster" help | grep -q '^Räume:'
	make -s -C "$TOP" uninstall DESTDIR="$HOME/dest" PREFIX=/usr/local >/dev/null
	[ -z "$(find "$HOME/dest" -type f)" ]
}
