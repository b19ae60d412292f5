# Sentences are translated, and words in tables; keys and words of JSON and CSV never.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	clean_environment
	translated_locale
	start_server
}

teardown_file() {
	stop_server
}

setup() {
	use_home language
	command -v msgfmt >/dev/null || skip "gettext is not here"
}

@test "the catalogues pass msgfmt --check" {
	for l in $(cat "$TOP/po/LINGUAS"); do
		msgfmt --check -o /dev/null "$TOP/po/$l.po"
	done
}

# "{clock:at}" and its like are filled in by name: msgfmt knows nothing of them.
@test "translations name what their sentences name" {
	for l in $(cat "$TOP/po/LINGUAS"); do
		msgattrib --translated --no-obsolete --no-wrap "$TOP/po/$l.po" | python3 -c '
import re, sys
want, seen = [], 0
for line in sys.stdin:
    names = sorted(re.findall(r"\{[a-z]+:[a-z_]+\}", line))
    if line.startswith("msgid "):
        want = names
    elif line.startswith("msgstr ") and want:
        seen += 1
        assert names == want, line
assert seen >= 20, seen'
	done
}

@test "a line of Chinese ends between words, and begins with no full stop" {
	for l in zh_CN ja; do
		LANGUAGE=$l COLUMNS=60 m send --help >help
		run ! grep -E '^ *(。|、|，|）|」)' help
		# each such letter is two cells
		python3 -c '
import sys, unicodedata
lines = [line.rstrip("\n") for line in open("help", encoding="utf8")]
wide = lambda c: unicodedata.east_asian_width(c) in "WF"
cells = [sum(1 + wide(c) for c in line) for line in lines if any(map(wide, line)) and "man muster" not in line]
assert len(cells) > 20 and 50 < max(cells) <= 60, cells'
	done
}

@test "German help under LANGUAGE=de" {
	LANGUAGE=de m send --help >help
	grep -q '^Aufruf: muster send' help
	grep -q '^Beispiele:' help
	grep -q 'Nachricht' help
	LANGUAGE=de m help | grep -q 'Räume'
}

@test "errors are translated too" {
	LANGUAGE=de r sned
	[ "$status" -eq 2 ]
	[[ $stderr == *'meinten Sie'* ]]
}

@test "JSON keys, status words and error codes are the same in every language" {
	m config list --json | jq -c 'keys_unsorted' | sort -u >plain
	m schema read >schema
	for l in $(cat "$TOP/po/LINGUAS"); do
		LANGUAGE=$l m config list --json | jq -c 'keys_unsorted' | sort -u | diff plain -
		LANGUAGE=$l m schema read | diff schema -
		LANGUAGE=$l r whoami --json
		[ "$(jq -r .error.code <<<"$stderr")" = not_authorised ]
	done
}

@test "each language has the summaries and headings" {
	for l in $(cat "$TOP/po/LINGUAS"); do
		LANGUAGE=$l m help >help
		LANGUAGE=C m help >english
		# every verb's line differs from the English one
		run ! grep -xFf <(grep -E '^  [a-z ]+  +[A-Z]' english) help
		echo "$l"
	done
}

@test "the committed manual is English whatever the language" {
	LANGUAGE=de LC_ALL=C m docs man man
	diff -r man "$TOP/man"
}

@test "people read words of their language in tables, programs the same ones in every language" {
	sign_up ada
	m room create Physik -q
	LANGUAGE=de m room list --json | jq -e '.membership == "join"' >/dev/null
	LANGUAGE=de m room list | grep -q ' beigetreten '
	LANGUAGE=de m room list --format csv | grep -q ',join,'
	LANGUAGE=de m room show Physik | grep -q 'eingeladen ist'
	m room list | grep -q ' joined '
	m schema room list | jq -e '.properties.membership.type == "string"' >/dev/null
}
