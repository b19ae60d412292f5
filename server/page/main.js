// What is seen of the page at a time, and how it begins.

let pageTitle = document.title;

// Show one view; its heading gets the focus, so that screen readers begin there.
function show(view, title) {
	for (const section of Array.from(document.querySelectorAll('.view')))
		section.hidden = section.id !== view;
	pageTitle = title;
	drawTitle();
	drawSound();
	tell('');
	const heading = $(view).querySelector('h1');
	window.scrollTo(0, 0);
	if (heading)
		heading.focus();
	const room = view === 'view-room';
	$('foot').hidden = room;
	document.body.className = room ? 'in-room' : '';
}

function chooseLanguage() {
	const tag = $('language').value;
	keep('language', tag, true);
	window.location.replace(window.location.pathname + '?lang=' + encodeURIComponent(tag) +
		(code ? '#' + encodeURIComponent(code) : ''));
}

// The language that was chosen here before, when the page came in another.
function otherLanguage() {
	const tag = kept('language');
	const known = Array.from($('language').options).some((o) => o.value === tag);
	if (!known || tag === language || /[?&]lang=/.test(window.location.search))
		return false;
	window.location.replace(window.location.pathname + '?lang=' + encodeURIComponent(tag) +
		window.location.hash);
	return true;
}

function begin() {
	if (takeCode())
		look();
	else if (session)
		goIn();
	else if (kept('was-here'))
		goLogin();
	else
		show('view-code', t('The code of your slip'));
	keep('was-here', true, true);
}

function start() {
	if (otherLanguage())
		return;
	startEnter();
	startRoom();
	startRooms();
	startRecord();
	startListen();
	$('language').addEventListener('change', chooseLanguage);
	window.addEventListener('hashchange', () => {
		if (takeCode())
			look();
	});
	window.addEventListener('unhandledrejection', () =>
		tellStanding(t('Something went wrong on this page. Load it again.')));
	window.addEventListener('online', wakeAll);
	document.addEventListener('visibilitychange', () => {
		if (document.visibilityState === 'visible')
			wakeAll();
	});
	window.joinPageRuns = true;
	begin();
}

start();
