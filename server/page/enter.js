// Coming in: by the code of a slip, or by name and password.

let code = '';      // of the slip
let looked = null;  // what the server says of it
let wantRoom = null; // to open first

// While somebody waits, a form is not to be sent a second time.
function onSubmit(id, run) {
	const form = $(id);
	form.addEventListener('submit', async (e) => {
		e.preventDefault();
		if (form.getAttribute('aria-busy'))
			return;
		form.setAttribute('aria-busy', 'true');
		tell(t('Please wait …'));
		try {
			await run();
		} catch (trouble) {
			tell(troubleText(trouble), true);
		}
		form.removeAttribute('aria-busy');
	});
}

// The code leaves the address and the history at once: whoever looks over a shoulder or at
// the phone later does not find it there.
function takeCode() {
	const raw = window.location.hash.slice(1);
	if (!raw)
		return false;
	window.history.replaceState(null, '', window.location.pathname + window.location.search);
	try {
		code = decodeURIComponent(raw).trim().slice(0, 200);
	} catch (e) {
		code = raw.slice(0, 200);
	}
	return true;
}

// ---- the slip ----

function slipTrouble(e) {
	if (e.errcode === 'M_NOT_FOUND')
		return t('This code is not known. Look at your slip again: every letter counts.');
	if (e.errcode === 'M_EXPIRED')
		return t('This slip is too old. Ask your teacher for a new one.');
	if (e.errcode === 'ORG.MUSTER.LINK_USED')
		return t('This slip has been used already. Log in with your name and password, or ask your teacher for a new slip.');
	return troubleText(e);
}

async function look() {
	leaveRoom();
	try {
		looked = await callPatiently('POST', '/_muster/join/v1/look', { code });
	} catch (e) {
		show('view-code', t('The code of your slip'));
		$('code').value = code;
		tell(slipTrouble(e), true);
		return;
	}
	tell('');
	if (looked.used) {
		goLogin(looked.user_id);
		tell(slipTrouble({ errcode: 'ORG.MUSTER.LINK_USED' }));
		return;
	}
	$('you').textContent = cleanName(looked.displayname) || cleanName(looked.user_id);
	$('your-room').textContent = cleanName(looked.room_name);
	$('your-room-line').hidden = !looked.room_name;
	show('view-name', t('Is this you?'));
}

async function claim() {
	const own = !$('not-mine').checked;
	let grant;
	try {
		grant = await callPatiently('POST', '/_muster/join/v1/claim',
			{ code, password: $('new-password').value, device_name: t('Join page') });
	} catch (e) {
		tell(slipTrouble(e), true);
		return;
	}
	$('new-password').value = '';
	code = '';
	cameIn(grant, own);
}

// ---- name and password ----

function goLogin(userId) {
	$('user').value = userId ? cleanName(userId).replace(/^@([^:]*):.*$/, '$1') : $('user').value;
	show('view-login', t('Log in'));
}

async function logIn() {
	const own = !$('not-mine-2').checked;
	let grant;
	try {
		grant = await callPatiently('POST', '/_matrix/client/v3/login', {
			type: 'm.login.password', password: $('password').value,
			identifier: { type: 'm.id.user', user: $('user').value.trim() },
			initial_device_display_name: t('Join page') });
	} catch (e) {
		tell(e.errcode === 'M_FORBIDDEN' ? t('The name or the password is wrong.') : troubleText(e), true);
		return;
	}
	$('password').value = '';
	cameIn(grant, own);
}

// Who was logged in here before is not any more.
function cameIn(grant, own) {
	if (session)
		call('POST', '/_matrix/client/v3/logout', {}, { token: session.access_token })
			.catch(() => { /* the token is forgotten here in any case */ });
	session = { user_id: grant.user_id, access_token: grant.access_token, device_id: grant.device_id, own };
	keep('session', session, own);
	wantRoom = grant.room_id || null;
	goIn();
}

function goIn() {
	rooms.clear();
	loadOutbox();
	show('view-wait', t('Loading …'));
	tell('');
	$('out').hidden = false;
	$('me').textContent = shortUser(session.user_id);
	syncLoop(session);
	sendOutbox();
}

// The room that is wanted, the only one, or the list.
function onFirstSync() {
	const all = roomsInOrder();
	const invited = Array.from(rooms.values()).some((r) => r.invite);
	const room = openRoom ? rooms.get(openRoom.id)
		: rooms.get(wantRoom) || (all.length === 1 && !invited ? all[0] : null);
	wantRoom = null;
	if (room)
		enterRoom(room);
	else
		goRooms();
}

// ---- out ----

// The server does not know the token any more.
function loggedOut() {
	const was = session;
	stopHearing();
	leaveRoom();
	session = null;
	forget('session');
	rooms.clear();
	$('out').hidden = true;
	goLogin(was.user_id);
	tell(t('You were logged out. Log in again.'), true);
}

async function logOut() {
	const unsent = outbox.some((m) => !m.event_id);
	if (unsent && !$('out').getAttribute('data-sure')) {
		$('out').setAttribute('data-sure', '1');
		tell(t('Not everything is sent yet. Press again to log out without it.'), true);
		return;
	}
	const mine = session;
	stopHearing();
	forget(outboxName());
	forget('session');
	session = null;
	try {
		await call('POST', '/_matrix/client/v3/logout', {}, { token: mine.access_token, limitMs: 10000 });
	} catch (e) { /* the token is forgotten here in any case */ }
	window.location.reload();
}

function showWord(box, field) {
	$(box).addEventListener('change', () => {
		$(field).type = $(box).checked ? 'text' : 'password';
	});
}

function startEnter() {
	onSubmit('form-code', async () => {
		code = $('code').value.trim();
		await look();
	});
	onSubmit('form-password', claim);
	onSubmit('form-login', logIn);
	$('it-is-me').addEventListener('click', () => show('view-password', t('Choose a password')));
	$('not-me').addEventListener('click', () => {
		code = '';
		show('view-not-me', t('This slip is not yours'));
	});
	for (const button of Array.from(document.querySelectorAll('[data-go=login]')))
		button.addEventListener('click', () => goLogin());
	for (const button of Array.from(document.querySelectorAll('[data-go=code]')))
		button.addEventListener('click', () => show('view-code', t('The code of your slip')));
	showWord('show-new', 'new-password');
	showWord('show-old', 'password');
	$('out').addEventListener('click', logOut);
}
