# Sentences are translated, keys and status words never.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	clean_environment
	translated_locale
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
