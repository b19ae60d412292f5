# Libraries that are loaded when they are first used: not at every start, and missed politely.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	clean_environment
}

setup() {
	use_home libraries
}

# A folder in which this library is no library: loading fails as if there were none.
spoil() {
	mkdir -p spoilt
	readelf -d "$TOP/build/release/gen/loaded/$1.so" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p' |
		head -n 1 | while read -r soname; do echo no library >"spoilt/$soname"; done
	[ "$(ls spoilt)" ]
	export LD_LIBRARY_PATH=$PWD/spoilt
}

@test "a start opens none of the libraries that few verbs need" {
	readelf -d "$MUSTER" | grep NEEDED >needed
	grep -q libcurl needed
	run ! grep -E 'ncurses|tinfo|qrencode|websockets|srtp|portaudio|opus|speex|sndfile' needed
}

@test "without a library the rest works, and one sentence says what to install" {
	spoil SPEEXDSP
	m version --json | jq -e '.libraries | .speexdsp == null and .Opus != null'
	m doctor --json >found || true
	jq -es 'map(select(.check == "sound-libraries"))[0] | .ok == false and (.fix | test("speexdsp"))' found
}

@test "without ncurses the screen says so" {
	spoil NCURSES
	TERM=xterm python3 "$TOP/tests/cli/on_terminal.py" "$MUSTER" -- >said
	cat said
	grep -q 'libncursesw.* is not installed' said
	grep -q 'status 1' said
}
