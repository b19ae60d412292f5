# The Debian package: what is in it, what installing does, and the server under its unit's
# restrictions. `make deb` has been run.
bats_require_minimum_version 1.5.0
load ../cli/helper

setup_file() {
	clean_environment
	DEB=$(ls "$TOP"/build/deb/muster_*.deb)
	export DEB ROOT=$BATS_FILE_TMPDIR/root
	dpkg-deb -x "$DEB" "$ROOT"
	dpkg-deb -e "$DEB" "$BATS_FILE_TMPDIR/control"
	export CONTROL=$BATS_FILE_TMPDIR/control UNIT=$ROOT/usr/lib/systemd/system/muster.service
}

setup() {
	use_home packager
}

teardown_file() {
	[ ! -f "$BATS_FILE_TMPDIR/home-packager/boxed.pid" ] ||
		kill "$(cat "$BATS_FILE_TMPDIR/home-packager/boxed.pid")" 2>/dev/null || true
}

@test "it holds what make install installs, compressed, and nothing else" {
	make -s -C "$TOP" BUILD=build/deb OUT=build/deb/muster PREFIX=/usr LDFLAGS=-Wl,-z,now \
		DESTDIR="$PWD/dest" install >/dev/null
	(cd dest && find . -type f) | sed 's|\(/man/.*\)|\1.gz|; s|site-functions|vendor-completions|' | sort >want
	(cd "$ROOT" && find . -type f -not -path './usr/share/doc/*') | sort >have
	diff want have
	(cd "$ROOT" && md5sum --quiet -c "$CONTROL/md5sums")
}

@test "it runs, with its translations" {
	[ "$("$ROOT/usr/bin/muster" version --json | jq -r .version)" = "$(dpkg-deb -f "$DEB" Version)" ]
	translated_locale
	MUSTER_LOCALEDIR=$ROOT/usr/share/locale LANGUAGE=de "$ROOT/usr/bin/muster" help | grep -q '^Räume:'
}

@test "it depends on what it is linked with, and on what is loaded without being linked" {
	dpkg-deb -f "$DEB" Depends >depends
	for p in libc6 libuv1 libsqlite3-0 libwebsockets-evlib-uv libncursesw6 libqrencode libsrtp2 adduser; do
		grep -q "$p" depends || { echo "no $p"; cat depends; return 1; }
	done
	dpkg-deb -f "$DEB" Recommends | grep -q 'libopus0.*libportaudio2'
}

@test "installing starts nothing, removing leaves what people wrote" {
	run ! grep -wE 'enable|start' "$CONTROL/postinst"
	run ! grep -E 'rm |rmdir|deluser' "$CONTROL/postrm" "$CONTROL/prerm" "$CONTROL/postinst"
	for s in postinst prerm postrm; do sh -n "$CONTROL/$s"; done
	if command -v lintian >/dev/null; then
		# The maintainer's address is whoever builds it.
		lintian --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog \
			--fail-on error,warning "$DEB" 2>/dev/null
	fi
}

@test "the units are understood by systemd, and open little" {
	command -v systemd-analyze >/dev/null || skip "systemd is not there"
	# It looks for the program where the unit says.
	mkdir units
	sed "s|^ExecStart=/usr/bin|ExecStart=$ROOT/usr/bin|; /^Documentation/d" "$UNIT" >units/muster.service
	for u in muster-queue.service muster-queue.timer; do
		sed "s|^ExecStart=/usr/bin|ExecStart=$ROOT/usr/bin|; /^Documentation/d" \
			"$ROOT/usr/lib/systemd/user/$u" >"units/$u"
	done
	systemd-analyze verify --man=no "$PWD"/units/* 2>verified || true
	run ! grep -i muster verified
	systemd-analyze security --offline=true --threshold=20 "$UNIT" >score
	tail -n 1 score
}

@test "the server works under the unit's restrictions" {
	command -v bwrap >/dev/null && command -v systemd-analyze >/dev/null &&
		/usr/bin/python3 -c 'import seccomp' 2>/dev/null || skip "bwrap, systemd-analyze or python3-seccomp is missing"
	local exec
	mkdir -m 700 lib
	bwrap --ro-bind / / true 2>/dev/null || skip "no name spaces here"
	m serve --init --data lib --server-name d.test --json >init.json
	echo 'metrics_listen = 127.0.0.1:0' >lib/muster.conf
	exec=$(sed -n 's/^ExecStart=//p' "$UNIT")
	# shellcheck disable=SC2086
	/usr/bin/python3 "$TOP/tests/deb/sandboxed.py" "$UNIT" "$PWD/lib" "$ROOT"${exec} --json \
		--listen 127.0.0.1:0 --udp-port 0 >boxed 2>boxed.err </dev/null 3>&- &
	echo $! >boxed.pid
	wait_for boxed '"event":"listening"' || { cat boxed.err; return 1; }
	URL=$(jq -r .url boxed)
	jq -r .password init.json | mi login "$URL" --user admin --password-stdin >/dev/null
	m room create Box >/dev/null
	m send Box "from within" >/dev/null
	head -c 100000 /dev/urandom >file.bin
	m send Box --file file.bin >/dev/null
	m call join Box --listen-only --for 1s --json >/dev/null || [ $? = 3 ]
	m admin backup --json | jq -e '.path | startswith("/var/lib/muster/backups/")' >/dev/null
	m admin check --json | jq -es 'all(.ok)' >/dev/null
	curl -sf "http://127.0.0.1:$(jq -r .metrics_port boxed)/metrics" | grep -q '^muster_backup_age_seconds'
	# bwrap passes no signals on: its child is the server.
	kill "$(tr -d ' ' <"/proc/$(cat boxed.pid)/task/$(cat boxed.pid)/children")"
	wait_for boxed stopping
	# It is really shut in: the same box lets nobody write or open a raw socket.
	run ! /usr/bin/python3 "$TOP/tests/deb/sandboxed.py" "$UNIT" "$PWD/lib" touch /etc/x
	run ! /usr/bin/python3 "$TOP/tests/deb/sandboxed.py" "$UNIT" "$PWD/lib" /usr/bin/python3 -c \
		'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)'
	run ! /usr/bin/python3 "$TOP/tests/deb/sandboxed.py" "$UNIT" "$PWD/lib" /usr/bin/python3 -c \
		'import mmap; mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)'
	/usr/bin/python3 "$TOP/tests/deb/sandboxed.py" "$UNIT" "$PWD/lib" touch /var/lib/muster/x
}
