// The list of rooms, and invitations to some.

function roomsInOrder() {
	return Array.from(rooms.values()).filter((r) => !r.space && !r.invite)
		.sort((a, b) => b.changedAt - a.changedAt);
}

function roomRow(room) {
	const count = room.unread ? el('span', { class: 'count' }, t('{n} new', { n: room.unread })) : null;
	return el('li', {}, el('button', { type: 'button', class: 'room', click: () => goRoom(room) },
		el('bdi', { class: 'name' }, roomName(room)),
		directIds.has(room.id) ? el('span', { class: 'note' }, t('direct chat')) : null, count));
}

// Whoever accepts a direct chat has it among theirs.
function addDirect(user, roomId) {
	const lists = Object.assign({}, direct);
	lists[user] = list(lists[user]).concat(roomId);
	takeDirect(lists);
	return call('PUT', '/_matrix/client/v3/user/' + encodeURIComponent(session.user_id) +
		'/account_data/m.direct', lists);
}

async function answerInvite(room, verb, button) {
	const invite = room.invite;
	await act(button, async () => {
		await call('POST', roomPath(room.id, verb), {});
		if (verb === 'leave')
			rooms.delete(room.id);
		else if (invite.direct)
			await addDirect(invite.by, room.id);
		drawRooms();
	});
}

function inviteRow(room) {
	const choice = (label, verb, look) => {
		const button = el('button', { type: 'button', class: look,
			click: () => answerInvite(room, verb, button) }, label);
		return button;
	};
	const name = apart(personName(room, room.invite.by));
	const asks = room.invite.direct ? t('{name} wants to write with you alone.', { name })
		: t('{name} invites you to: {room}', { name, room: apart(roomName(room)) });
	return el('li', { class: 'invite' }, el('p', {}, asks), choice(t('Accept'), 'join', null),
		choice(t('Decline'), 'leave', 'plain'));
}

function drawRooms() {
	if ($('view-rooms').hidden)
		return;
	const rows = Array.from(rooms.values()).filter((r) => r.invite).map(inviteRow)
		.concat(roomsInOrder().map(roomRow));
	const focused = Array.from($('rooms').querySelectorAll('button')).indexOf(document.activeElement);
	empty($('rooms'));
	for (const row of rows)
		$('rooms').appendChild(row);
	if (focused >= 0 && $('rooms').querySelectorAll('button')[focused])
		$('rooms').querySelectorAll('button')[focused].focus();
	$('no-rooms').hidden = rows.length > 0;
}

function drawTitle() {
	let n = 0;
	for (const room of rooms.values())
		n += room.unread + (room.invite ? 1 : 0);
	document.title = (n && session ? '(' + n + ') ' : '') + pageTitle;
}

// With the phone's Back key one comes from a room to the list.
function goRoom(room) {
	window.history.pushState({ room: room.id }, '', window.location.pathname + window.location.search);
	enterRoom(room);
}

function goRooms() {
	leaveRoom();
	show('view-rooms', t('Rooms'));
	drawRooms();
}

function onHistory(e) {
	const room = session && e.state && e.state.room && rooms.get(e.state.room);
	if (room)
		enterRoom(room);
	else if (session && e.state && e.state.record)
		enterRecord();
	else if (session && (openRoom || !$('view-record').hidden))
		goRooms();
}

function startRooms() {
	$('back').addEventListener('click', () => {
		if (window.history.state && window.history.state.room)
			window.history.back();
		else
			goRooms();
	});
	window.addEventListener('popstate', onHistory);
}
