// What is known of rooms: what is said in them and what became of it. No elements here.

const START = 'org.matrix.msc3381.poll.start';
const RESPONSE = 'org.matrix.msc3381.poll.response';
const END = 'org.matrix.msc3381.poll.end';

const rooms = new Map(); // room id -> room
let direct = {};              // content of m.direct: user id -> room ids
let directIds = new Set();    // the room ids in it

function newRoom(id) {
	return {
		id, name: '', heroes: [], invite: null, unread: 0, mentions: 0, encrypted: false, space: false,
		members: new Map(),   // user id -> name as they wrote it
		power: {},            // content of m.room.power_levels
		items: [],            // what is shown, oldest first
		seen: new Map(),      // event id -> its place in the order of the timeline
		first: 0, next: 1,    // places that are free before and behind
		byId: new Map(),      // event id -> item
		about: new Map(),     // event id -> events that relate to it
		aboutOf: new Map(),   // the other way
		deleted: new Set(),
		before: null,         // where older messages go on; null: there are none
		fullyRead: null,      // event id of the account's read marker
		lineAfter: null,      // where the marker stood when the room was opened
		last: null, changedAt: 0, answering: null, draft: '',
		live: false,          // its calls are lessons
		voices: new Map(),    // and by what their voices are known: [user id, mark]
		callers: new Map(),   // state key of who is in its call -> until when, as they said
	};
}

function roomOf(id) {
	if (!rooms.has(id))
		rooms.set(id, newRoom(id));
	return rooms.get(id);
}

// After a gap: what is shown begins anew.
function restartTimeline(room) {
	room.items = [];
	room.seen = new Map();
	room.byId = new Map();
	room.about = new Map();
	room.aboutOf = new Map();
}

function list(x) {
	return Array.isArray(x) ? x : [];
}

function object(x) {
	return x && typeof x === 'object' && !Array.isArray(x) ? x : {};
}

// ---- state ----

function takeState(room, ev) {
	const c = object(ev.content);
	if (typeof ev.state_key !== 'string')
		return;
	if (ev.type === 'm.room.member' && (c.membership === 'join' || !room.members.has(ev.state_key)))
		room.members.set(ev.state_key, typeof c.displayname === 'string' ? c.displayname : '');
	else if (ev.type === 'm.room.name')
		room.name = cleanName(c.name);
	else if (ev.type === 'm.room.power_levels')
		room.power = c;
	else if (ev.type === 'm.room.encryption')
		room.encrypted = true;
	else if (ev.type === 'm.room.create')
		room.space = c.type === 'm.space';
	else
		takeCallState(room, ev);
}

// A name by which people are told apart: who shares theirs gets the user name beside it.
function personName(room, id) {
	const name = cleanName(room.members.get(id) || '');
	if (!name)
		return shortUser(id);
	for (const [other, theirs] of room.members)
		if (other !== id && cleanName(theirs) === name)
			return name + ' (' + shortUser(id) + ')';
	return name;
}

function roomName(room) {
	if (room.name)
		return room.name;
	const others = room.heroes.length ? room.heroes
		: Array.from(room.members.keys()).filter((id) => session && id !== session.user_id);
	return others.slice(0, 3).map((id) => personName(room, id)).join(', ') || t('Room without a name');
}

function powerOf(room, id) {
	const users = object(room.power.users);
	const level = Object.prototype.hasOwnProperty.call(users, id) ? users[id] : room.power.users_default;
	return typeof level === 'number' ? level : 0;
}

function needs(room, type, usual) {
	const events = object(room.power.events);
	const level = Object.prototype.hasOwnProperty.call(events, type) ? events[type]
		: room.power.events_default;
	return typeof level === 'number' ? level : usual;
}

function maySend(room, type) {
	return powerOf(room, session.user_id) >= needs(room, type, 0);
}

function mayRedact(room, id) {
	const level = typeof room.power.redact === 'number' ? room.power.redact : 50;
	return powerOf(room, id) >= level;
}

// ---- the timeline ----

function isShown(ev) {
	return ev.state_key === undefined && (ev.type === 'm.room.message' || ev.type === START ||
		ev.type === 'm.sticker' || ev.type === 'm.room.encrypted');
}

function relation(ev) {
	return object(object(ev.content)['m.relates_to']);
}

function isDeleted(room, id) {
	return room.deleted.has(id);
}

function touch(room, id) {
	const item = room.byId.get(id);
	if (item)
		item.dirty = true;
}

function takeRedaction(room, ev) {
	const id = object(ev.content).redacts || ev.redacts;
	if (typeof id !== 'string')
		return;
	room.deleted.add(id);
	touch(room, id);
	touch(room, room.aboutOf.get(id));
}

function takeRelated(room, ev, target) {
	if (!room.about.has(target))
		room.about.set(target, []);
	room.about.get(target).push(ev);
	room.aboutOf.set(ev.event_id, target);
	touch(room, target);
}

function takeShown(room, ev, atEnd) {
	const item = { ev, id: ev.event_id, dirty: true, node: null };
	room.byId.set(ev.event_id, item);
	if (atEnd)
		room.items.push(item);
	else
		room.items.unshift(item);
}

const LAST_TS = 8640000000000000; // what a Date can hold

// An event whose parts are what they should be; null when it is none.
function readEvent(raw) {
	const ev = object(raw);
	if (typeof ev.event_id !== 'string' || typeof ev.type !== 'string' || typeof ev.sender !== 'string')
		return null;
	const ts = ev.origin_server_ts;
	return {
		event_id: ev.event_id, type: ev.type, sender: ev.sender, redacts: ev.redacts,
		state_key: typeof ev.state_key === 'string' ? ev.state_key : undefined,
		content: object(ev.content), unsigned: object(ev.unsigned),
		origin_server_ts: ts >= 0 && ts <= LAST_TS ? Math.floor(ts) : 0,
	};
}

// One event of the timeline (from readEvent), at its end or (older ones) at its beginning. True
// when it is a new message.
function takeEvent(room, ev, atEnd) {
	if (!ev || room.seen.has(ev.event_id))
		return false;
	room.seen.set(ev.event_id, atEnd ? room.next++ : room.first--);
	if (ev.unsigned.redacted_because)
		room.deleted.add(ev.event_id);
	if (atEnd) {
		takeClock(ev);
		room.last = ev.event_id;
		room.changedAt = ev.origin_server_ts;
		takeState(room, ev);
	}
	const rel = relation(ev);
	const relates = typeof rel.event_id === 'string' && typeof rel.rel_type === 'string' &&
		(rel.rel_type === 'm.replace' || ev.type === 'm.reaction' || ev.type === RESPONSE ||
		 ev.type === END);
	if (ev.type === 'm.room.redaction')
		takeRedaction(room, ev);
	else if (relates)
		takeRelated(room, ev, rel.event_id);
	else if (isShown(ev)) {
		takeShown(room, ev, atEnd);
		return true;
	}
	return false;
}

// ---- what became of a message ----

function related(room, item, type) {
	return (room.about.get(item.id) || []).filter((ev) => ev.type === type &&
		!isDeleted(room, ev.event_id));
}

// The content as it stands after edits by its sender.
function contentNow(room, item) {
	let newest = null;
	for (const ev of related(room, item, item.ev.type)) {
		const mine = ev.sender === item.ev.sender && relation(ev).rel_type === 'm.replace' &&
			typeof object(ev.content)['m.new_content'] === 'object';
		if (mine && (!newest || ev.origin_server_ts >= newest.origin_server_ts))
			newest = ev;
	}
	return { content: object(newest ? newest.content['m.new_content'] : item.ev.content),
		edited: !!newest };
}

// [{ key, people: [user ids], mine: event id or undefined }], as many as a person looks through.
function reactionsOf(room, item) {
	const byKey = new Map();
	for (const ev of related(room, item, 'm.reaction')) {
		const key = cleanName(relation(ev).key).slice(0, 24);
		if (!key)
			continue;
		if (!byKey.has(key))
			byKey.set(key, { key, people: new Set(), mine: undefined });
		byKey.get(key).people.add(ev.sender);
		if (ev.sender === session.user_id)
			byKey.get(key).mine = ev.event_id;
	}
	return Array.from(byKey.values()).slice(0, 20);
}

// The text of a message without the quotation that old clients put before an answer.
function bodyOf(content) {
	const body = cleanText(content.body);
	const answers = object(content['m.relates_to'])['m.in_reply_to'];
	return answers && body.startsWith('> ') ? body.replace(/^(> .*\n)+\n?/, '') : body;
}
