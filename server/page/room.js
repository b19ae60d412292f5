// The view of one room: its messages, and the field to write into.

const MAX_OLDER_PAGES = 6;
const ENOUGH_ITEMS = 15;

let openRoom = null;
let loadingOlder = false;
const dayNodes = new Map();
const unreadLine = el('li', { class: 'line unread' }, el('span', {}, t('New messages')));

// ---- scrolling: it is the page that scrolls ----

function pageHeight() {
	return document.documentElement.scrollHeight;
}

function atEnd() {
	return window.innerHeight + window.pageYOffset >= pageHeight() - 80;
}

function toEnd() {
	window.scrollTo(0, pageHeight());
}

// ---- drawing ----

// Make the children of `parent` these, moving and removing as few as can be, so that the
// focus stays where it is.
function setChildren(parent, nodes) {
	const wanted = new Set(nodes);
	for (const child of Array.from(parent.childNodes))
		if (!wanted.has(child))
			parent.removeChild(child);
	let at = parent.firstChild;
	for (const node of nodes) {
		if (node === at)
			at = at.nextSibling;
		else
			parent.insertBefore(node, at);
	}
}

function focusAgain(node, what) {
	for (const button of Array.from(node.querySelectorAll('button')))
		if (button.getAttribute('data-act') === what) {
			button.focus();
			return;
		}
}

function freshNode(room, item) {
	if (item.node && !item.dirty)
		return item.node;
	const old = item.node;
	const active = document.activeElement;
	const focused = old && active && old.contains(active) ? active.getAttribute('data-act') : null;
	item.node = itemNode(room, item);
	item.dirty = false;
	if (old && old.parentNode)
		old.parentNode.replaceChild(item.node, old);
	if (focused)
		focusAgain(item.node, focused);
	return item.node;
}

function dayNode(ts) {
	const key = new Date(ts).toDateString();
	if (!dayNodes.has(key))
		dayNodes.set(key, el('li', { class: 'line day' }, el('span', {})));
	const node = dayNodes.get(key);
	node.firstChild.textContent = dayText(ts);
	return node;
}

// The first message that was not read when the room was opened.
function firstUnread(room) {
	const place = room.lineAfter ? room.seen.get(room.lineAfter) : undefined;
	if (place === undefined)
		return undefined;
	return room.items.find((item) => room.seen.get(item.id) > place && item.ev.sender !== session.user_id);
}

function logNodes(room) {
	const nodes = [];
	const unread = firstUnread(room);
	let day = '';
	for (const item of room.items) {
		const ts = item.ev.origin_server_ts;
		const own = new Date(ts).toDateString();
		if (own !== day)
			nodes.push(dayNode(ts));
		day = own;
		if (item === unread)
			nodes.push(unreadLine);
		nodes.push(freshNode(room, item));
	}
	for (const entry of outbox)
		if (entry.room === room.id && !room.seen.has(entry.event_id))
			nodes.push(unsentNode(entry));
	return nodes;
}

function whyNot(room) {
	if (room.encrypted)
		return t('This room is encrypted. This page can neither read nor write in it.');
	return maySend(room, 'm.room.message') ? '' : t('You may read here, but not write.');
}

function drawComposer(room) {
	const why = whyNot(room);
	$('write').hidden = !!why;
	$('may-not').textContent = why;
	const item = room.answering;
	$('answering').hidden = !item;
	if (item)
		$('answering-what').textContent = t('Answer to {name}: {text}', {
			name: apart(personName(room, item.ev.sender)),
			text: apart(bodyOf(contentNow(room, item).content).replace(/\s+/g, ' ').slice(0, 60)) });
}

// Draw what has changed; `end`: and go to the end.
function drawRoom(end) {
	const room = openRoom;
	if (!room || !session)
		return;
	const follow = end || atEnd();
	$('room-name').textContent = roomName(room);
	$('older').hidden = !room.before;
	$('nothing').hidden = room.items.length > 0 || !!room.before || outbox.length > 0;
	setChildren($('log'), logNodes(room));
	drawComposer(room);
	$('to-roll').hidden = !waitingRoll(room);
	if (follow)
		toEnd();
	$('down').hidden = follow || atEnd();
}

// Said by screen readers: only what is new, once.
function say(room, ev) {
	const heard = $('heard');
	const poll = ev.type === START ? readPoll(object(ev.content)) : null;
	const text = poll ? (ROLL in ev.content ? t('Roll call') : t('Poll')) + ': ' + poll.question
		: bodyOf(object(ev.content));
	heard.appendChild(el('p', {}, apart(personName(room, ev.sender)) + ': ' + text.slice(0, 500)));
	while (heard.childNodes.length > 5)
		heard.removeChild(heard.firstChild);
}

// ---- reading ----

async function markRead() {
	const room = openRoom;
	if (!room || !session || document.visibilityState !== 'visible' || !atEnd() ||
	    !room.last || room.last === room.fullyRead)
		return;
	const last = room.last;
	room.fullyRead = last;
	room.unread = 0;
	try {
		await call('POST', roomPath(room.id, 'read_markers'), { 'm.fully_read': last, 'm.read': last });
	} catch (e) {
		room.fullyRead = null; // told again with the next message
	}
}

async function olderPage(room) {
	const filter = encodeURIComponent('{"lazy_load_members":true}');
	const page = await call('GET', roomPath(room.id, 'messages?dir=b&limit=100&from=' +
		encodeURIComponent(room.before) + '&filter=' + filter));
	for (const ev of list(page.state))
		if (object(ev).type === 'm.room.member' && !room.members.has(ev.state_key))
			takeState(room, ev);
	for (const ev of list(page.chunk))
		takeEvent(room, readEvent(ev), false);
	room.before = typeof page.end === 'string' && list(page.chunk).length ? page.end : null;
}

// Older messages, `wanted` at least: votes and reactions fill pages, too.
async function loadOlder(room, wanted) {
	if (loadingOlder)
		return;
	loadingOlder = true;
	const had = room.items.length;
	$('older').setAttribute('aria-busy', 'true');
	try {
		for (let i = 0; i < MAX_OLDER_PAGES && room.before && room.items.length < had + wanted; i++)
			await olderPage(room);
		tell('');
	} catch (e) {
		tell(troubleText(e), true);
	}
	$('older').removeAttribute('aria-busy');
	loadingOlder = false;
	if (room !== openRoom)
		return;
	const height = pageHeight();
	const end = atEnd();
	drawRoom();
	if (!end)
		window.scrollBy(0, pageHeight() - height);
}

// ---- writing ----

function answerTo(room, item) {
	room.answering = item;
	drawRoom();
	$('text').focus();
}

function stopAnswering() {
	openRoom.answering = null;
	drawRoom();
	$('text').focus();
}

function fitText() {
	const text = $('text');
	text.style.height = 'auto';
	text.style.height = Math.min(text.scrollHeight + 2, 160) + 'px';
}

function sendText() {
	const room = openRoom;
	const body = $('text').value.replace(/\s+$/, '');
	if (!body || !room)
		return;
	const content = { msgtype: 'm.text', body };
	if (room.answering) {
		content['m.relates_to'] = { 'm.in_reply_to': { event_id: room.answering.id } };
		content['m.mentions'] = { user_ids: [room.answering.ev.sender] };
	}
	room.answering = null;
	$('text').value = '';
	fitText();
	post(room, content);
	$('text').focus();
}

// ---- coming and going ----

function enterRoom(room) {
	openRoom = room;
	openedItem = null;
	room.lineAfter = room.fullyRead;
	for (const item of room.items)
		item.dirty = true;
	empty($('heard'));
	$('text').value = room.draft;
	show('view-room', roomName(room));
	fitText();
	drawRoom(true);
	markRead();
	if (room.items.length < ENOUGH_ITEMS && room.before)
		loadOlder(room, ENOUGH_ITEMS - room.items.length).then(() => {
			if (room === openRoom)
				toEnd();
			markRead();
		});
}

function leaveRoom() {
	if (openRoom)
		openRoom.draft = $('text').value;
	openRoom = null;
}

function startRoom() {
	$('older').addEventListener('click', () => loadOlder(openRoom, 20));
	$('down').addEventListener('click', () => {
		toEnd();
		markRead();
	});
	$('stop-answering').addEventListener('click', stopAnswering);
	$('text').addEventListener('input', fitText);
	$('text').addEventListener('keydown', (e) => {
		const desk = window.matchMedia && window.matchMedia('(hover: hover) and (pointer: fine)').matches;
		if (e.key !== 'Enter' || e.isComposing || e.shiftKey || !(desk || e.ctrlKey))
			return;
		e.preventDefault();
		sendText();
	});
	$('write').addEventListener('submit', (e) => {
		e.preventDefault();
		sendText();
	});
	window.addEventListener('scroll', () => {
		if (!openRoom || !atEnd())
			return;
		$('down').hidden = true;
		markRead();
	});
	document.addEventListener('visibilitychange', markRead);
}
