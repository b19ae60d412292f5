# What a person sees who asks: help, suggestions, manual, completion.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	clean_environment
	use_home help
	m complete verb "" | cut -f1 >"$BATS_FILE_TMPDIR/verbs"
}

setup() {
	use_home help
}

# each_verb COMMAND...: with the words of each verb behind it, not in a condition: bats stops at the first command in it
# that fails.
each_verb() {
	while IFS= read -r VERB; do
		# shellcheck disable=SC2086
		"$@" $VERB
	done <"$BATS_FILE_TMPDIR/verbs"
	VERB=
}

teardown() {
	[ -z "${VERB:-}" ] || echo "verb: $VERB"
}

@test "there are the verbs of the contract" {
	for v in login logout whoami "account list" "account use" "account remove" "profile show" \
		"profile set" "room list" "room create" "room join" "room leave" "room archive" \
		"room invite" "room kick" "room ban" "room unban" "room members" "room role" "room show" \
		"room set" "room export" send read react edit delete receipts search "file get" \
		"queue list" "queue run" "queue retry" "queue drop" "config get" "config set" \
		"config list" "admin user add" "admin user import" "admin user list" \
		"admin user password" "admin user lock" "admin user unlock" "admin user suspend" "admin user resume" "admin user remove" \
		"admin invite" "admin status" "class create" "class list" "class show" "class add" \
		"class close" "class slips" serve version doctor completion help schema; do
		grep -qx "$v" "$BATS_FILE_TMPDIR/verbs" || { echo "missing: $v"; return 1; }
	done
}

# Without `run`, which takes longer than what it runs, and there are many verbs.
check_help() {
	local long other
	long=$(m "$@" --help 2>said)
	[ ! -s said ]
	[[ $long == "Usage: muster $*"* ]]
	[[ $long == *"Examples:"* ]]
	# examples come before the options
	[[ ${long%%Options of every verb*} == *"Examples:"* ]]
	other=$(m "$@" -h)
	[ "$other" = "$long" ]
	# The verb does not matter to these: each takes one of them.
	HELP_FORM=${HELP_FORM:-help}
	other=$(m "$HELP_FORM" "$@")
	[ "$other" = "$long" ]
	[ "$HELP_FORM" = help ] && HELP_FORM=--help || HELP_FORM=help
}

@test "every verb has --help and -h, examples first" {
	each_verb check_help
}

@test "help keeps to COLUMNS" {
	narrow() {
		echo "Usage of $*"
		COLUMNS=60 m "$@" --help
	}
	each_verb narrow >helps
	[ "$(grep -c '^Usage of' helps)" -gt 100 ]
	awk '/^Usage of/ { verb = $0 }
		/^  muster |^  [a-z].*\| |^Usage|^Other names|^See also/ { next }
		length($0) > 60 && !/^  -/ { print verb ": " $0; bad = 1 } END { exit bad }' helps
}

@test "every verb has a schema" {
	each_verb m schema >schemas
	jq -r .title schemas | diff - <(sed 's/^/muster /' "$BATS_FILE_TMPDIR/verbs")
	[ -z "$(jq -r 'select((.type == "object" and (.properties | type == "object")
		and (."x-exit-status"."2" | type == "string")) | not).title' schemas | tee wrong)" ] || { cat wrong; return 1; }
}

@test "every verb stands in the overview and in its manual page" {
	m help >"$BATS_TEST_TMPDIR/help"
	check() {
		grep -qE "^  $* " "$BATS_TEST_TMPDIR/help"
		grep -qrE "^\.Ss muster $*\$" "$TOP/man"
	}
	each_verb check
}

@test "bash completion quotes names that others chose" {
	source <(m completion bash)
	local name='a"$(touch x)`y`\'"'z" quote= line
	for quote in '' '"' "'"; do
		line=$name
		_muster_quote
		eval "line=$quote$line$quote"
		[ "$line" = "$name" ]
	done
	[ ! -e x ]
}

@test "hidden verbs are not shown" {
	m help >"$BATS_TEST_TMPDIR/help"
	run ! grep -qE '^  (docs|complete) ' "$BATS_TEST_TMPDIR/help"
	run ! grep -qxE 'docs|complete' "$BATS_FILE_TMPDIR/verbs"
}

@test "unknown verbs: the nearest is suggested, status 2" {
	fails_with 2 sned room text
	[[ $stderr == *'unknown verb "sned"; did you mean "muster send"'* ]]
	fails_with 2 sned
	[[ $stderr == *'did you mean "muster send"'* ]]
	fails_with 2 rom create x
	[[ $stderr == *'did you mean "muster room create"'* ]]
	fails_with 2 create room
	[[ $stderr == *'did you mean "muster room create"'* ]]
	fails_with 2 invite
	[[ $stderr == *'invite"'* ]]
	fails_with 2 admin user ad x
	[[ $stderr == *'did you mean "muster admin user add"'* ]]
	fails_with 2 admin metrics
	[[ $stderr == *'unknown verb "admin metrics"'* && $stderr != *'did you mean'* ]]
	fails_with 2 qqqqqqqqqq
	[[ $stderr != *'did you mean'* ]]
	[ -z "$output" ]
}

@test "a group alone lists its verbs" {
	fails_with 2 room
	[[ $stderr == *'needs one of'*create* ]]
	fails_with 2 admin user
	[[ $stderr == *'import'* ]]
	fails_with 0 room --help
	[[ $output == *'room create'* ]]
	fails_with 0 help admin user
	[[ $output == *'admin user import'* ]]
}

check_unknown_option() {
	local said status=0
	said=$(m "$@" --no-such-option 2>&1 >/dev/null) || status=$?
	[ "$status" -eq 2 ]
	[[ $said == *'unknown option --no-such-option'* ]]
	[[ $said == *'hint:'* ]]
}

@test "an argument that is given as an option is named as what it is" {
	fails_with 2 attendance contest --reason "I was there"
	[[ $stderr == *"--reason; give it without --reason, as a word of its own"* ]]
}

@test "every verb refuses unknown options with status 2" {
	each_verb check_unknown_option
}

@test "misspelt options: the nearest is suggested" {
	fails_with 2 read room --folow
	[[ $stderr == *'did you mean --follow?'* ]]
	fails_with 2 send room x --jsno
	[[ $stderr == *'did you mean --json?'* ]]
}

@test "errors as JSON when JSON was asked for, even behind the mistake" {
	fails_with 2 read room --folow --json
	[ "$(jq -r .error.code <<<"$stderr")" = usage ]
	[ "$(jq -r .error.retryable <<<"$stderr")" = false ]
	jq -e '.error | has("message") and has("hint")' <<<"$stderr" >/dev/null
	[ -z "$output" ]
}

@test "help exit-codes lists the contract's codes" {
	fails_with 0 help exit-codes
	for c in 0 1 2 3 4 5 6 7 8 9 130; do
		grep -qE "^ +$c +[A-Z]" <<<"$output"
	done
}

@test "without a verb and without a terminal: status 2 and a hint" {
	fails_with 2
	[[ $stderr == *'muster --help'* ]]
}

@test "--version and version agree" {
	fails_with 0 --version
	local v=$output
	fails_with 0 version
	[ "$output" = "$v" ]
	m version --json | jq -e '(.version | test("^[0-9]+\\.")) and (.libraries | has("libuv"))
		and (.left_out | type == "array") and (.drivers | type == "array")' >/dev/null
}

@test "the committed manual and completions are what the command table says" {
	LC_ALL=C m docs man "$BATS_TEST_TMPDIR/man"
	LC_ALL=C m docs completions "$BATS_TEST_TMPDIR/completions"
	diff -r "$BATS_TEST_TMPDIR/man" "$TOP/man"
	diff -r "$BATS_TEST_TMPDIR/completions" "$TOP/completions"
}

@test "the manual passes mandoc's checks" {
	command -v mandoc >/dev/null || skip "mandoc is not here"
	for p in "$TOP"/man/*; do
		mandoc -T lint "$p" 2>&1 |
			grep -vE 'referenced manual not found|outdated mandoc.db|lacks .* entry' || true
	done >"$BATS_TEST_TMPDIR/lint"
	cat "$BATS_TEST_TMPDIR/lint"
	[ ! -s "$BATS_TEST_TMPDIR/lint" ]
}

# What bash offers for a line: complete_line "muster roo"
complete_line() {
	PATH=$(dirname "$MUSTER"):$PATH bash --norc -c '
		source "$1"
		COMP_LINE=$2 COMP_POINT=${#2}
		COMP_WORDBREAKS=$'"' \\t\\n\"\\'><=;|&(:'"'
		# split as readline does: at spaces, and at = and : as words of their own
		read -ra COMP_WORDS <<<"$(sed "s/\([=:]\)/ \1 /g" <<<"$2")"
		[[ $2 == *[\ =:] ]] && COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		compopt() { :; }
		_muster
		printf "%s\n" "${COMPREPLY[@]}"' _ "$TOP/completions/muster.bash" "$1"
}

@test "completion in bash: verbs, options, choices" {
	diff <(complete_line "muster roo") <(echo room)
	complete_line "muster room " | grep -qx create
	complete_line "muster admin user im" | grep -qx import
	complete_line "muster read --fol" | grep -qx -- --follow
	complete_line "muster --for" | grep -qx -- --format
	diff <(complete_line "muster version --format j") <(echo json)
	diff <(complete_line "muster version --format=j") <(echo json)
	diff <(complete_line "muster completion z") <(echo zsh)
	complete_line "muster config get net.t" | grep -qx net.timeout
	touch homework.pdf
	diff <(complete_line "muster send room --file home") <(echo homework.pdf)
}

@test "completion scripts are good shell" {
	bash -n "$TOP/completions/muster.bash"
	if command -v zsh >/dev/null; then zsh -n "$TOP/completions/_muster"; fi
	if command -v fish >/dev/null; then fish -n "$TOP/completions/muster.fish"; fi
	diff <(m completion bash) "$TOP/completions/muster.bash"
	diff <(m completion zsh) "$TOP/completions/_muster"
	diff <(m completion fish) "$TOP/completions/muster.fish"
}
