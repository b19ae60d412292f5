// Roll-calls: polls that staff has marked (docs/FORMATS.md, "Roll-calls").

const ROLL = 'org.muster.roll';
const SAYS_NO = /^(👎|❌|✖|❎|✗|✘|🚫|⛔|🙅)/;
const STAFF = 50;

let clockAhead = 0; // the server's clock minus this one's

function takeClock(ev) {
	if (typeof ev.unsigned.age === 'number')
		clockAhead = ev.origin_server_ts + ev.unsigned.age - Date.now();
}

function serverNow() {
	return Date.now() + clockAhead;
}

// What a message says of a roll-call; null when it is none of staff.
function readRoll(room, item, content) {
	const mark = object(content[ROLL]);
	const opened = item.ev.origin_server_ts;
	if (!(mark.window_ms >= 1) || powerOf(room, item.ev.sender) < STAFF || !readPoll(content))
		return null;
	const late = mark.late_after_ms >= 0 ? mark.late_after_ms : mark.window_ms;
	const end = pollEnd(room, item);
	const closes = opened + mark.window_ms;
	const cancelled = related(room, item, END).some((ev) => object(ev.content[ROLL]).cancelled === true &&
		(ev.sender === item.ev.sender || mayRedact(room, ev.sender)));
	return { opened, late: opened + late, closes: end === null ? closes : Math.min(end, closes), cancelled };
}

function isOpenRoll(roll) {
	return !roll.cancelled && serverNow() <= roll.closes;
}

// What a vote or reaction says: true, false, or undefined for nothing.
function saysHere(ev) {
	if (ev.type === 'm.reaction')
		return !SAYS_NO.test(String(relation(ev).key));
	const id = list(object(ev.content[RESPONSE]).answers)[0];
	return id === 'here' ? true : id === 'away' ? false : undefined;
}

// One's own answer: the first counts for time, the last for what it says.
function myAnswer(room, item, roll) {
	const time = (ev) => Math.max(ev.origin_server_ts, roll.opened);
	const mine = related(room, item, RESPONSE).concat(related(room, item, 'm.reaction'))
		.filter((ev) => ev.sender === session.user_id && time(ev) <= roll.closes)
		.sort((a, b) => time(a) - time(b) || (a.event_id < b.event_id ? -1 : 1));
	let at = null;
	let here;
	for (const ev of mine) {
		here = saysHere(ev);
		if (here !== undefined && at === null)
			at = time(ev);
	}
	return { at, here };
}

function leftText(roll) {
	return t('Open until {time}, {n} min left', { time: timeText(roll.closes - clockAhead),
		n: Math.max(1, Math.ceil((roll.closes - serverNow()) / 60000)) });
}

function answerText(roll, mine) {
	const time = mine.at === null ? '' : timeText(mine.at - clockAhead);
	if (mine.here === true)
		return mine.at > roll.late ? t('You came late, at {time}.', { time }) : t('You are here since {time}.', { time });
	return mine.here === false ? t('You said that you cannot come.') : '';
}

function rollButton(room, item, mine, id, text) {
	const button = el('button', { type: 'button', class: id === 'here' ? 'here' : 'plain', 'data-act': 'a' + id,
		'aria-pressed': mine.here === (id === 'here') ? 'true' : 'false',
		click: () => vote(room, item, [id], button) }, text);
	return button;
}

function rollNode(room, item, content, roll) {
	const mine = myAnswer(room, item, roll);
	const open = isOpenRoll(roll);
	const says = answerText(roll, mine);
	item.closes = open ? roll.closes : undefined;
	const state = roll.cancelled ? t('Cancelled: it counts for nothing.') : open ? leftText(roll)
		: t('Closed at {time}', { time: timeText(roll.closes - clockAhead) });
	return el('div', { class: 'poll roll' },
		el('p', { class: 'kind' }, t('Roll call')),
		el('p', { class: 'question', dir: 'auto' }, readPoll(content).question),
		open ? el('p', { class: 'choice' }, rollButton(room, item, mine, 'here', t('I am here')), ' ',
			rollButton(room, item, mine, 'away', t('I cannot come'))) : null,
		says ? el('p', { class: 'said' }, says)
			: !open && !roll.cancelled ? el('p', {}, t('You have not answered.')) : null,
		el('p', { class: 'note left' }, state));
}

// The newest roll-call that waits for one's answer.
function waitingRoll(room) {
	for (const item of room.items.slice(-200).reverse()) {
		const roll = item.ev.type === START && !isDeleted(room, item.id) ? readRoll(room, item, item.ev.content) : null;
		if (roll && isOpenRoll(roll))
			return myAnswer(room, item, roll).here === undefined ? item : null;
	}
	return null;
}

function goRoll() {
	const item = waitingRoll(openRoom);
	const button = item && item.node && item.node.querySelector('.here');
	if (button) {
		item.node.scrollIntoView({ block: 'center' });
		button.focus();
	}
}

// Time passes: the minutes that are left, and what has closed meanwhile.
function tickRolls() {
	for (const item of openRoom ? openRoom.items : []) {
		const left = item.closes && item.node && item.node.querySelector('.left');
		if (!left)
			continue;
		if (serverNow() > item.closes) {
			item.dirty = true;
			drawRoom();
			return;
		}
		const now = leftText(item);
		if (left.textContent !== now)
			left.textContent = now;
	}
}
