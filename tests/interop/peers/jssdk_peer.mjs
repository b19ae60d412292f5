// matrix-js-sdk as a peer of compat.py: see peers/README.md.
//
//   node jssdk_peer.mjs PACKAGE_FOLDER
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';

const [folder] = process.argv.slice(2);
const sdk = await import(`${folder}/node_modules/matrix-js-sdk/lib/index.js`);
const { logger } = await import(`${folder}/node_modules/matrix-js-sdk/lib/logger.js`);
const { version } = JSON.parse(readFileSync(`${folder}/node_modules/matrix-js-sdk/package.json`));
logger.setLevel('silent');
const silent = Object.fromEntries(['trace', 'debug', 'info', 'warn', 'error'].map((k) => [k, () => {}]));
silent.getChild = () => silent;

for (const k of ['log', 'info', 'debug', 'warn'])
	console[k] = console.error; // standard output is for the lines of peers/README.md

const say = (row) => process.stdout.write(`${JSON.stringify(row)}\n`);
let client;

const heard = (event, room) => {
	const content = event.getContent();
	const row = { room: room.roomId, event_id: event.getId(), sender: event.getSender() };
	if (event.getType() === 'm.reaction') {
		const { event_id: of, key } = content['m.relates_to'] ?? {};
		say({ ...row, on: 'reaction', of, key });
	} else if (event.getType() === 'm.room.message') {
		const on = { 'm.text': 'text', 'm.file': 'file', 'm.image': 'file' }[content.msgtype];
		if (on)
			say({ ...row, on, body: content.body, of: event.replyEventId, mxc: content.url });
	}
};

const receipts = (event, room) => {
	for (const [id, kinds] of Object.entries(event.getContent()))
		for (const user of Object.keys(kinds['m.read'] ?? {}))
			say({ on: 'receipt', room: room.roomId, event_id: id, user });
};

const started = () => new Promise((resolve, reject) => {
	client.on('sync', (state, _old, data) => {
		if (state === 'PREPARED') resolve();
		if (state === 'ERROR') reject(data?.error ?? new Error('the first sync failed'));
	});
});

const does = {
	async login({ url, user, password }) {
		const first = sdk.createClient({ baseUrl: url, logger: silent });
		const r = await first.loginRequest({ type: 'm.login.password', password,
			identifier: { type: 'm.id.user', user } });
		client = sdk.createClient({ baseUrl: url, accessToken: r.access_token, logger: silent,
			userId: r.user_id, deviceId: r.device_id, timelineSupport: true });
		client.on('Room.timeline', (event, room, old) => old || event.status || heard(event, room));
		client.on('Room.receipt', receipts);
		const ready = started();
		await client.startClient({ initialSyncLimit: 20 });
		await ready;
	},
	join: async ({ room }) => void await client.joinRoom(room),
	text: async ({ room, body }) => client.sendTextMessage(room, body),
	reply: async ({ room, event_id, body }) => client.sendMessage(room, { msgtype: 'm.text', body,
		'm.relates_to': { 'm.in_reply_to': { event_id } } }),
	react: async ({ room, event_id, key }) => client.sendEvent(room, 'm.reaction',
		{ 'm.relates_to': { rel_type: 'm.annotation', event_id, key } }),
	async file({ room, path }) {
		const bytes = readFileSync(path);
		const { content_uri: url } = await client.uploadContent(new Blob([bytes]),
			{ name: basename(path), type: 'application/octet-stream' });
		return client.sendMessage(room, { msgtype: 'm.file', body: basename(path), url,
			info: { size: bytes.length } });
	},
	async read({ room, event_id }) {
		await client.sendReadReceipt(client.getRoom(room).findEventById(event_id));
	},
	async fetch({ mxc, path }) {
		const url = client.mxcUrlToHttp(mxc, undefined, undefined, undefined, false, true, true);
		const r = await fetch(url, { headers: { Authorization: `Bearer ${client.getAccessToken()}` } });
		if (!r.ok) throw new Error(`status ${r.status}`);
		writeFileSync(path, Buffer.from(await r.arrayBuffer()));
	},
};

say({ on: 'ready', version });
for await (const line of createInterface({ input: process.stdin })) {
	const { n, do: what, ...rest } = JSON.parse(line);
	// Beside what follows: an answer may have to wait for it.
	does[what](rest).then((r) => say({ re: n, event_id: r?.event_id }),
		(e) => say({ re: n, error: String(e) }));
}
client?.stopClient();
process.exit(0);
