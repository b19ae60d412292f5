// What Element Web does around Element Call: shows it as a widget and does for
// it what the widget API asks for, against a homeserver. Runs in the page;
// element_call.mjs calls window.host and hears window.emit.
const { ClientWidgetApi, Widget, WidgetDriver, OpenIDRequestState } = window.mxwidgets;
const V3 = '/_matrix/client/v3';
const DELAYED = '/_matrix/client/unstable/org.matrix.msc4140/delayed_events';
const q = encodeURIComponent;
let me;
let api;
let txn = 0;

const call = async (method, path, body) => {
	const reply = await fetch(me.url + path, { method, headers: {
		Authorization: `Bearer ${me.token}`, 'Content-Type': 'application/json' },
	body: body === undefined ? undefined : JSON.stringify(body) });
	const json = await reply.json().catch(() => ({}));
	if (!reply.ok) throw Object.assign(new Error(`${method} ${path}: ${json.error}`),
		{ status: reply.status, json });
	return json;
};

const where = (room, type, key) => (key === null || key === undefined
	? `${V3}/rooms/${q(room)}/send/${q(type)}/host${++txn}`
	: `${V3}/rooms/${q(room)}/state/${q(type)}/${q(key)}`);

class Driver extends WidgetDriver {
	async validateCapabilities(wanted) {
		return wanted;
	}

	async sendEvent(type, content, key = null) {
		const reply = await call('PUT', where(me.room, type, key), content);
		window.emit('sent', { type, content, key });
		return { roomId: me.room, eventId: reply.event_id };
	}

	async sendDelayedEvent(delay, type, content, key = null) {
		const reply = await call('PUT',
			`${where(me.room, type, key)}?org.matrix.msc4140.delay=${delay}`, content);
		return { roomId: me.room, delayId: reply.delay_id };
	}

	async cancelScheduledDelayedEvent(id) {
		await call('POST', `${DELAYED}/${q(id)}/cancel`, {});
	}

	async restartScheduledDelayedEvent(id) {
		await call('POST', `${DELAYED}/${q(id)}/restart`, {});
	}

	async sendScheduledDelayedEvent(id) {
		await call('POST', `${DELAYED}/${q(id)}/send`, {});
	}

	async sendToDevice() {}

	async readRoomTimeline(room, type) {
		const { chunk } = await call('GET', `${V3}/rooms/${q(room)}/messages?dir=b&limit=50`);
		return chunk.filter((e) => e.type === type);
	}

	async readRoomState(room, type, key) {
		const all = await call('GET', `${V3}/rooms/${q(room)}/state`);
		return all.filter((e) => e.type === type && (key === undefined || e.state_key === key));
	}

	async readStickyEvents() {
		return [];
	}

	async readEventRelations() {
		return { chunk: [] };
	}

	askOpenID(observer) {
		call('POST', `${V3}/user/${q(me.user)}/openid/request_token`, {}).then((token) =>
			observer.update({ state: OpenIDRequestState.Allowed, token }));
	}

	async getRtcTransports() {
		return call('GET', '/_matrix/client/unstable/org.matrix.msc4143/rtc/transports');
	}

	getKnownRooms() {
		return [me.room];
	}

	processError(error) {
		return error.json && { matrix_api_error: { http_status: error.status, http_headers: {},
			url: '', response: error.json } };
	}
}

const followRoom = async () => {
	let since = '';
	const filter = q(JSON.stringify({ room: { rooms: [me.room], timeline: { limit: 50 } },
		presence: { types: [] } }));
	for (;;) {
		const reply = await call('GET', `${V3}/sync?filter=${filter}&timeout=20000${since}`)
			.catch(() => null);
		if (!reply) {
			await new Promise((done) => setTimeout(done, 500));
			continue;
		}
		const room = reply.rooms?.join?.[me.room];
		const state = room?.state?.events ?? [];
		const timeline = room?.timeline?.events ?? [];
		for (const e of since ? [...state, ...timeline] : []) {
			e.room_id = me.room;
			if (e.state_key !== undefined) await api.feedStateUpdate(e);
			if (timeline.includes(e)) await api.feedEvent(e, me.room);
		}
		since = `&since=${q(reply.next_batch)}`;
	}
};

window.host = {
	start: async (how) => {
		me = how;
		const params = new URLSearchParams({ widgetId: 'call', parentUrl: location.href,
			roomId: me.room, userId: me.user, deviceId: me.device, baseUrl: me.url,
			perParticipantE2EE: 'false', skipLobby: 'true', intent: 'join_existing_voice',
			noiseSuppression: 'false', echoCancellation: 'false', lang: 'en', theme: 'dark' });
		const url = `${location.origin}/element-call/index.html#?${params}`;
		const frame = document.getElementById('call');
		const widget = new Widget({ id: 'call', creatorUserId: me.user, type: 'm.call', url,
			waitForIframeLoad: false });
		api = new ClientWidgetApi(widget, frame, new Driver());
		for (const action of ['io.element.join', 'io.element.close', 'im.vector.hangup',
			'io.element.device_mute', 'set_always_on_screen', 'minimize', 'io.element.tile_layout',
			'io.element.spotlight_layout'])
			api.on(`action:${action}`, (event) => {
				event.preventDefault();
				window.emit('action', { action, data: event.detail.data });
				api.transport.reply(event.detail, {});
			});
		api.setViewedRoomId(me.room);
		frame.src = url;
		await new Promise((done) => api.once('ready', done));
		followRoom();
		return {};
	},
	mute: ({ on }) => api.transport.send('io.element.device_mute', { audio_enabled: !on }),
	hangup: async () => {
		await api.transport.send('im.vector.hangup', {});
		return {};
	},
};
window.ready();
