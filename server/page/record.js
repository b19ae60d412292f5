// "My record": what staff has told this account of its own marks, each in a message of a direct
// chat (docs/FORMATS.md, org.muster.record).

const RECORD = 'org.muster.record';
const RECORD_PAGES = 3; // of older messages in each direct chat

function statusText(status) {
	const texts = {
		present: t('present'), late: t('late'), left_early: t('left early'), partial: t('there too briefly'),
		absent: t('absent'), excused: t('excused'), not_tracked: t('not tracked'), not_known: t('not known'),
		pending: t('pending'),
	};
	return Object.prototype.hasOwnProperty.call(texts, status) ? texts[status] : cleanName(status);
}

// Only staff of the room says what counts; of a room that is not here nothing is known.
function tells(room, item) {
	const about = object(item.ev.content[RECORD]);
	const of = rooms.get(about.room_id);
	return typeof about.status === 'string' && !isDeleted(room, item.id) &&
		item.ev.sender !== session.user_id && !(of && powerOf(of, item.ev.sender) < STAFF);
}

// The last word on each lesson, the newest lesson first.
function myRecords() {
	const last = new Map();
	for (const room of rooms.values())
		for (const item of directIds.has(room.id) ? room.items : []) {
			if (!tells(room, item))
				continue;
			const about = object(item.ev.content[RECORD]);
			const key = JSON.stringify([about.room_id, about.uid, about.recurrence_id, about.roll]);
			const ts = item.ev.origin_server_ts;
			if (!last.has(key) || last.get(key).ts <= ts)
				last.set(key, { ts, about, by: personName(room, item.ev.sender) });
		}
	const start = (r) => Number(r.about.start_ts) || r.ts;
	return Array.from(last.values()).sort((a, b) => start(b) - start(a));
}

function isTime(ts) {
	return typeof ts === 'number' && ts > 0 && ts <= LAST_TS;
}

function recordNode(r) {
	const a = r.about;
	const of = rooms.get(a.room_id);
	const title = cleanName(a.title) || (of ? roomName(of) : t('Lesson'));
	const ts = isTime(a.start_ts) ? a.start_ts : r.ts;
	const minutes = typeof a.present_s === 'number' && a.present_s >= 0 ? Math.round(a.present_s / 60) : null;
	const came = isTime(a.first_join_ts) ? t('Came at {time}.', { time: timeText(a.first_join_ts) }) + ' ' : '';
	const stayed = minutes === null ? '' : t('There for {n} min.', { n: minutes });
	return el('li', { class: 'item' },
		el('div', { class: 'head' }, el('bdi', { class: 'who' }, title),
			el('time', { datetime: new Date(ts).toISOString() }, dayText(ts) + ', ' + timeText(ts))),
		el('p', { class: 'said' }, statusText(a.status)),
		came || stayed ? el('p', { class: 'note' }, came + stayed) : null,
		el('p', { class: 'note' }, t('Told by {name}', { name: apart(r.by) })));
}

function drawRecord() {
	if ($('view-record').hidden)
		return;
	const nodes = myRecords().map(recordNode);
	setChildren($('records'), nodes);
	$('no-records').hidden = nodes.length > 0;
}

async function enterRecord() {
	leaveRoom();
	show('view-record', t('My record'));
	drawRecord();
	try {
		for (const id of directIds) {
			const room = rooms.get(id);
			for (let i = 0; room && i < RECORD_PAGES && room.before; i++)
				await olderPage(room);
		}
	} catch (e) {
		tell(troubleText(e), true);
	}
	drawRecord();
}

function startRecord() {
	$('to-record').addEventListener('click', () => {
		window.history.pushState({ record: true }, '', window.location.pathname + window.location.search);
		enterRecord();
	});
	$('record-back').addEventListener('click', () => {
		if (window.history.state && window.history.state.record)
			window.history.back();
		else
			goRooms();
	});
	$('to-roll').addEventListener('click', goRoll);
	setInterval(tickRolls, 5000);
}
