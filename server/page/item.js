// One message as an element.

const REACTIONS = ['👍', '❤️', '😂', '👏', '✅', '❓'];

let openedItem = null; // id of the message whose actions are shown

async function act(button, request) {
	button.setAttribute('aria-busy', 'true');
	try {
		await request();
		tell('');
	} catch (e) {
		tell(troubleText(e), true);
	}
	button.removeAttribute('aria-busy');
}

function redact(room, eventId) {
	return call('PUT', roomPath(room.id, 'redact/' + encodeURIComponent(eventId) + '/' + randomId()), {});
}

function react(room, item, key, mine) {
	if (mine)
		return redact(room, mine);
	return call('PUT', roomPath(room.id, 'send/m.reaction/' + randomId()), {
		'm.relates_to': { rel_type: 'm.annotation', event_id: item.id, key } });
}

// ---- parts ----

function answeredNode(room, content) {
	const id = object(object(content['m.relates_to'])['m.in_reply_to']).event_id;
	if (typeof id !== 'string')
		return null;
	const item = room.byId.get(id);
	if (!item || isDeleted(room, id))
		return el('blockquote', {}, t('Answer to an earlier message'));
	const text = bodyOf(contentNow(room, item).content).replace(/\s+/g, ' ').slice(0, 120);
	return el('blockquote', { dir: 'auto' }, el('bdi', { class: 'who' }, personName(room, item.ev.sender)),
		': ', el('bdi', {}, text));
}

function bodyNode(room, item, content) {
	if (item.ev.type === START) {
		const roll = readRoll(room, item, content);
		return roll ? rollNode(room, item, content, roll) : pollNode(room, item, content);
	}
	if (item.ev.type === 'm.room.encrypted')
		return el('p', { class: 'note' }, t('An encrypted message: it cannot be read here.'));
	const media = mediaNode(content);
	if (media)
		return media;
	const text = bodyOf(content);
	const star = content.msgtype === 'm.emote' ? '* ' : '';
	return el('p', { class: content.msgtype === 'm.notice' ? 'text notice' : 'text', dir: 'auto' },
		star, text ? textNodes(text) : t('A message that this page cannot show.'));
}

function reactionNode(room, item, r) {
	const button = el('button', { type: 'button', class: 'reaction', 'data-act': 'r' + r.key,
		'aria-pressed': r.mine ? 'true' : 'false',
		title: Array.from(r.people).slice(0, 10).map((id) => apart(personName(room, id))).join(', '),
		click: () => act(button, () => react(room, item, r.key, r.mine)) },
	el('bdi', {}, r.key), ' ' + r.people.size);
	return el('li', {}, button);
}

function reactionsNode(room, item) {
	const reactions = reactionsOf(room, item);
	return reactions.length ? el('ul', { class: 'reactions', 'aria-label': t('Reactions') },
		...reactions.map((r) => reactionNode(room, item, r))) : null;
}

// ---- actions ----

function deleteButton(room, item) {
	const button = el('button', { type: 'button', 'data-act': 'delete', click: () => {
		if (button.getAttribute('data-sure'))
			return act(button, () => redact(room, item.id));
		button.setAttribute('data-sure', '1');
		button.textContent = t('Really delete it?');
		return undefined;
	} }, t('Delete'));
	return button;
}

function pickButton(room, item, key) {
	const mine = reactionsOf(room, item).filter((r) => r.key === key).map((r) => r.mine)[0];
	const button = el('button', { type: 'button', 'data-act': 'p' + key, 'aria-pressed': mine ? 'true' : 'false',
		'aria-label': t('React with {sign}', { sign: key }),
		click: () => act(button, async () => {
			await react(room, item, key, mine);
			toggleActions(room, item);
		}) }, key);
	return button;
}

function actionsNode(room, item) {
	const group = el('div', { class: 'acts', role: 'group', 'aria-label': t('What to do with this message') });
	if (maySend(room, 'm.room.message'))
		group.appendChild(el('button', { type: 'button', 'data-act': 'reply', click: () => {
			toggleActions(room, item);
			answerTo(room, item);
		} }, t('Reply')));
	if (maySend(room, 'm.reaction'))
		for (const key of REACTIONS)
			group.appendChild(pickButton(room, item, key));
	if (item.ev.sender === session.user_id)
		group.appendChild(deleteButton(room, item));
	return group;
}

function toggleActions(room, item) {
	touch(room, openedItem);
	openedItem = openedItem === item.id ? null : item.id;
	item.dirty = true;
	drawRoom();
}

function headNode(room, item, edited) {
	const more = isDeleted(room, item.id) ? null : el('button', { type: 'button', class: 'more', 'data-act': 'more',
		'aria-expanded': openedItem === item.id ? 'true' : 'false',
		'aria-label': t('What to do with the message of {name}', { name: apart(personName(room, item.ev.sender)) }),
		click: () => toggleActions(room, item) }, '⋯');
	const leads = !directIds.has(room.id) && powerOf(room, item.ev.sender) >= 50;
	return el('div', { class: 'head' },
		el('bdi', { class: 'who' }, personName(room, item.ev.sender)),
		leads ? el('span', { class: 'badge' }, t('leads the room')) : null,
		el('time', { datetime: new Date(item.ev.origin_server_ts).toISOString() },
			timeText(item.ev.origin_server_ts)),
		edited ? el('span', { class: 'note' }, t('changed')) : null, more);
}

function itemNode(room, item) {
	const now = contentNow(room, item);
	const mine = item.ev.sender === session.user_id ? ' mine' : '';
	if (isDeleted(room, item.id))
		return el('li', { class: 'item' + mine }, headNode(room, item, false),
			el('p', { class: 'note' }, t('This message was deleted.')));
	return el('li', { class: 'item' + mine }, headNode(room, item, now.edited),
		answeredNode(room, object(item.ev.content)), bodyNode(room, item, now.content),
		reactionsNode(room, item), openedItem === item.id ? actionsNode(room, item) : null);
}

// What is not sent yet.
function unsentNode(entry) {
	const state = entry.error ? el('p', { class: 'bad' }, t('Not sent: {why}', { why: entry.error }))
		: el('p', { class: 'note' }, entry.event_id ? t('Sent') : t('Not sent yet'));
	return el('li', { class: 'item mine unsent' },
		el('p', { class: 'text', dir: 'auto' }, textNodes(bodyOf(entry.content))), state,
		entry.error ? el('div', { class: 'acts' },
			el('button', { type: 'button', click: () => sendAgain(entry) }, t('Try again')),
			el('button', { type: 'button', click: () => dropUnsent(entry) }, t('Throw away'))) : null);
}
