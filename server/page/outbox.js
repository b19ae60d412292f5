// What is written but not sent yet. It is kept, with the name of each sending (transaction
// id), so that nothing is lost when the page is closed and nothing is sent twice.

let outbox = [];   // { txn, room, content, ts, error, event_id }
let sendingFor = null; // the session whose loop runs
let sendAgainMs = 1000;

function outboxName() {
	return 'outbox.' + session.user_id;
}

function loadOutbox() {
	outbox = (kept(outboxName()) || []).filter((m) => m && m.txn && m.room && !m.event_id);
}

function saveOutbox() {
	if (outbox.length)
		keep(outboxName(), outbox, session.own);
	else
		forget(outboxName());
}

function post(room, content) {
	outbox.push({ txn: randomId(), room: room.id, content, ts: Date.now() });
	saveOutbox();
	drawRoom(true);
	sendOutbox();
}

function dropUnsent(entry) {
	outbox = outbox.filter((m) => m !== entry);
	saveOutbox();
	drawRoom();
}

function sendAgain(entry) {
	delete entry.error;
	saveOutbox();
	drawRoom();
	sendOutbox();
}

// The server has told of it: it is not to be shown twice.
function sentEvent(ev) {
	const txn = object(ev.unsigned).transaction_id;
	const n = outbox.length;
	outbox = outbox.filter((m) => m.txn !== txn && m.event_id !== ev.event_id);
	if (outbox.length !== n)
		saveOutbox();
}

async function sendOne(entry) {
	const reply = await call('PUT', roomPath(entry.room, 'send/m.room.message/' + entry.txn),
		entry.content);
	entry.event_id = reply.event_id;
	sendAgainMs = 1000;
	if (roomOf(entry.room).seen.has(entry.event_id))
		outbox = outbox.filter((m) => m !== entry);
}

// Gone for good, or worth trying again?
function isFinal(e) {
	return e.status >= 400 && e.status < 500 && e.status !== 429 && e.status !== 401 && e.status !== 408;
}

// In order, one after the other.
async function sendOutbox() {
	const mine = session;
	if (!mine || sendingFor === mine)
		return;
	sendingFor = mine;
	for (;;) {
		const entry = outbox.find((m) => !m.event_id && !m.error);
		if (session !== mine || !entry)
			break;
		try {
			await sendOne(entry);
		} catch (e) {
			if (!(e instanceof Trouble))
				throw e;
			if (isFinal(e))
				entry.error = troubleText(e);
			else
				await waitOnline(e.waitMs || sendAgainMs);
			sendAgainMs = Math.min(sendAgainMs * 2, 30000);
		}
		if (session === mine)
			saveOutbox();
		drawRoom();
	}
	if (sendingFor === mine)
		sendingFor = null;
	drawRoom();
}
