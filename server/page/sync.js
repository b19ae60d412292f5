// Hearing what is new: one long poll after the other, for as long as somebody is logged in.

const FILTER = JSON.stringify({
	presence: { types: [] },
	account_data: { types: ['m.direct'] },
	room: {
		timeline: { limit: 20 },
		state: { lazy_load_members: true },
		ephemeral: { types: [] },
		account_data: { types: ['m.fully_read'] },
	},
});

let since = null;
const wakers = new Set();

// Until then, or until the browser says that there is a network again.
function waitOnline(ms) {
	return new Promise((done) => {
		const waker = () => {
			clearTimeout(timer);
			wakers.delete(waker);
			done();
		};
		const timer = setTimeout(waker, ms);
		wakers.add(waker);
	});
}

function wakeAll() {
	for (const waker of Array.from(wakers))
		waker();
}

// ---- taking in ----

function takeDirect(content) {
	direct = object(content);
	directIds = new Set();
	for (const user of Object.keys(direct))
		for (const id of list(direct[user]))
			directIds.add(id);
}

function takeJoined(room, data, first) {
	const timeline = object(data.timeline);
	room.invite = null;
	if (timeline.limited || first) {
		restartTimeline(room);
		room.before = typeof timeline.prev_batch === 'string' ? timeline.prev_batch : null;
	}
	for (const ev of list(object(data.state).events))
		takeState(room, object(ev));
	if (Array.isArray(object(data.summary)['m.heroes']))
		room.heroes = data.summary['m.heroes'].filter((id) => typeof id === 'string');
	for (const ev of list(object(data.account_data).events))
		if (object(ev).type === 'm.fully_read')
			room.fullyRead = String(object(ev.content).event_id);
	for (const ev of list(timeline.events).map(readEvent).filter(Boolean)) {
		const shown = takeEvent(room, ev, true);
		if (ev.sender === session.user_id)
			sentEvent(ev);
		else if (shown && !first && room === openRoom)
			say(room, ev);
	}
	const unread = object(data.unread_notifications);
	if (typeof unread.notification_count === 'number')
		room.unread = unread.notification_count;
}

function takeInvite(room, data) {
	for (const ev of list(object(data.invite_state).events).map(object)) {
		takeState(room, ev);
		if (ev.type === 'm.room.member' && ev.state_key === session.user_id && typeof ev.sender === 'string')
			room.invite = { by: ev.sender, direct: object(ev.content).is_direct === true };
	}
}

function takeLeft(id) {
	const room = rooms.get(id);
	rooms.delete(id);
	if (room && hearing && hearing.room === room)
		stopHearing();
	if (room && room === openRoom) {
		goRooms();
		tell(t('You are not in this room any more.'), true);
	}
}

function takeSync(answer, first) {
	const all = object(answer.rooms);
	for (const ev of list(object(answer.account_data).events))
		if (object(ev).type === 'm.direct')
			takeDirect(ev.content);
	for (const id of Object.keys(object(all.invite)))
		takeInvite(roomOf(id), object(all.invite[id]));
	for (const id of Object.keys(object(all.join))) {
		const isNew = first || !rooms.has(id) || !!rooms.get(id).invite;
		takeJoined(roomOf(id), object(all.join[id]), isNew);
	}
	for (const id of Object.keys(object(all.leave)))
		takeLeft(id);
}

function drawAll() {
	drawRoom();
	drawRooms();
	drawRecord();
	drawSound();
	drawTitle();
	markRead();
}

// ---- the loop ----

function nowOnline() {
	tellStanding('');
	wakeAll();
}

async function syncOnce(mine) {
	const first = since === null;
	const answer = await call('GET', '/_matrix/client/v3/sync?filter=' + encodeURIComponent(FILTER) +
		(first ? '' : '&timeout=30000&since=' + encodeURIComponent(since)), undefined, { limitMs: 90000 });
	if (session !== mine)
		return;
	if (typeof object(answer).next_batch !== 'string')
		throw new Trouble(0, '', '', 0);
	takeSync(answer, first);
	since = answer.next_batch;
	nowOnline();
	if (first)
		onFirstSync();
	drawAll();
}

async function syncLoop(mine) {
	let pause = 1000;
	since = null;
	while (session === mine) {
		try {
			await syncOnce(mine);
			pause = 1000;
		} catch (e) {
			if (!(e instanceof Trouble))
				throw e;
			if (session !== mine)
				return;
			if (e.status === 400)
				since = null; // the server does not know the place any more
			tellStanding(t('No connection to the class server. What you write is kept and sent later.'));
			await waitOnline((e.waitMs || pause) + Math.random() * 500);
			pause = Math.min(pause * 2, 30000);
		}
	}
}
