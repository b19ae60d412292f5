# The join page in a browser without a script of the test's: what it shows at once.
bats_require_minimum_version 1.5.0
load helper

setup_file() {
	command -v chromium-headless-shell >/dev/null || skip "chromium-headless-shell is not installed"
	start_school
	printf 'Name\nAna <b>Silva\n' >list.csv
	m class create "Physics & <i>more" --students list.csv --json >"$BATS_FILE_TMPDIR/rows"
}

setup() {
	use_home admin
}

teardown_file() {
	stop_server
}

# The page after its script has run and everything that it asked for has come: dom ADDRESS [OPTIONS]
dom() {
	local url=$1
	shift
	timeout "$((4 * STEP))" chromium-headless-shell --no-sandbox --disable-gpu --disable-dev-shm-usage \
		--window-size=360,640 --virtual-time-budget=5000 --dump-dom "$@" "$url" 2>browser.log
}

@test "the page of a slip says who one is" {
	dom "$(jq -r .link "$BATS_FILE_TMPDIR/rows")" >page
	grep -F '<html lang="en" class="js">' page
	grep -F '<bdi id="you">Ana &lt;b&gt;Silva</bdi>' page
	grep -F '<bdi id="your-room">Physics &amp; &lt;i&gt;more</bdi>' page
	grep -F '<section class="view" id="view-name">' page
	run ! grep -iE 'refused to|content security' browser.log
}

@test "a wrong code is said to be one" {
	dom "$URL/join#AAAA-BBBB-CCCC-DDDD" >page
	grep -F 'This code is not known.' page
	grep -F '<section class="view" id="view-code">' page
}

@test "the page follows the browser's language" {
	dom "$URL/join" --accept-lang=de-DE >page
	grep -F '<html lang="de" class="js">' page
	grep -F 'Der Code auf deinem Zettel' page
}

# Chromium dumps nothing then: what is hidden and shown without scripts is seen by make interop.
@test "what is there without scripts says which program to use" {
	curl -sS --max-time "$STEP" "$URL/join" >page
	grep -F '<html lang="en">' page
	grep -F "muster login <bdi>$URL</bdi> <span>--link</span>" page
	grep -F '.js #plain { display: none; }' page
	grep -F '#app { display: none; }' page
}
