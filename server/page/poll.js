// Polls (MSC3381, unstable names).

const MOST_ANSWERS = 20;

function pollText(x) {
	const o = object(x);
	return cleanName(o['org.matrix.msc1767.text'] || o.body);
}

// The poll that an event starts; null when it is none that can be answered.
function readPoll(content) {
	const start = object(content[START]);
	const answers = Array.isArray(start.answers) ? start.answers.slice(0, MOST_ANSWERS) : [];
	const poll = {
		question: cleanText(object(start.question)['org.matrix.msc1767.text'] ||
			object(start.question).body),
		answers: answers.map(object).filter((a) => typeof a.id === 'string')
			.map((a) => ({ id: a.id, text: pollText(a) || cleanName(a.id) })),
		most: start.max_selections >= 1 ? Math.floor(start.max_selections) : 1,
		open: start.kind === 'org.matrix.msc3381.poll.disclosed',
	};
	return poll.answers.length ? poll : null;
}

// When the poll was closed by somebody who may; null while it is open.
function pollEnd(room, item) {
	let end = null;
	for (const ev of related(room, item, END))
		if ((ev.sender === item.ev.sender || mayRedact(room, ev.sender)) &&
		    (end === null || ev.origin_server_ts < end))
			end = ev.origin_server_ts;
	return end;
}

// What a vote counts for: ids that there are, at most `most`; none when it is spoiled.
function voteIds(poll, ev) {
	const raw = object(object(ev.content)[RESPONSE]).answers;
	const ids = Array.isArray(raw) ? raw.slice(0, poll.most) : [];
	const known = (id) => poll.answers.some((a) => a.id === id);
	return ids.every(known) ? new Set(ids) : new Set();
}

// The last vote of each person before the end: user id -> ids.
function votesOf(room, item, poll, end) {
	const last = new Map();
	for (const ev of related(room, item, RESPONSE)) {
		const before = last.get(ev.sender);
		if ((end === null || ev.origin_server_ts <= end) &&
		    (!before || ev.origin_server_ts >= before.origin_server_ts))
			last.set(ev.sender, ev);
	}
	const votes = new Map();
	for (const [sender, ev] of last)
		votes.set(sender, voteIds(poll, ev));
	return votes;
}

async function vote(room, item, ids, button) {
	button.setAttribute('aria-busy', 'true');
	try {
		await call('PUT', roomPath(room.id, 'send/' + RESPONSE + '/' + randomId()), {
			'm.relates_to': { rel_type: 'm.reference', event_id: item.id },
			[RESPONSE]: { answers: ids },
		});
		tellShortly(t('Your answer has been sent.'));
	} catch (e) {
		tell(troubleText(e), true);
	}
	button.removeAttribute('aria-busy');
}

// What a press on an answer makes of one's vote.
function votePlus(poll, mine, id) {
	if (poll.most === 1)
		return [id];
	const ids = Array.from(mine);
	return mine.has(id) ? ids.filter((x) => x !== id) : ids.concat(id).slice(-poll.most);
}

function answerNode(room, item, poll, answer, about) {
	const chosen = about.mine.has(answer.id);
	const count = about.shown ? ' · ' + about.count(answer.id) : '';
	const inside = [el('bdi', {}, answer.text), el('span', { class: 'count' }, (chosen ? ' ✓' : '') + count)];
	if (about.end !== null)
		return el('li', { class: 'answer' + (chosen ? ' chosen' : '') }, ...inside);
	const button = el('button', { type: 'button', class: 'answer', 'data-act': 'a' + answer.id,
		'aria-pressed': chosen ? 'true' : 'false',
		click: () => vote(room, item, votePlus(poll, about.mine, answer.id), button) }, ...inside);
	return el('li', {}, button);
}

function pollSays(poll, about) {
	if (about.end !== null)
		return t('Closed. People who answered: {n}', { n: about.voters });
	return about.shown ? t('People who answered: {n}', { n: about.voters })
		: t('The result is shown when it is closed.');
}

function pollNode(room, item, content) {
	const poll = readPoll(content);
	if (!poll)
		return el('p', { class: 'note' }, t('A poll that this page cannot show.'));
	const end = pollEnd(room, item);
	const votes = votesOf(room, item, poll, end);
	const about = {
		end, shown: poll.open || end !== null,
		mine: votes.get(session.user_id) || new Set(),
		voters: Array.from(votes.values()).filter((ids) => ids.size).length,
		count: (id) => Array.from(votes.values()).filter((ids) => ids.has(id)).length,
	};
	return el('div', { class: 'poll' },
		el('p', { class: 'kind' }, t('Poll')),
		el('p', { class: 'question', dir: 'auto' }, poll.question),
		el('ul', { class: 'answers' }, ...poll.answers.map((a) => answerNode(room, item, poll, a, about))),
		el('p', { class: 'note' }, pollSays(poll, about)));
}
