// What matrix-js-sdk makes of a roll-call: it votes, and tells the poll as it sees it.
//
//   node roll_jssdk.mjs PACKAGE_FOLDER URL USER PASSWORD ROOM ROLL
//
// Prints {"question","answers","kind"} at once, {"votes"} after its own vote, {"ended":true} at the end.
const [folder, url, user, password, roomId, rollId] = process.argv.slice(2);
const sdk = await import(`${folder}/node_modules/matrix-js-sdk/lib/index.js`);
const { logger } = await import(`${folder}/node_modules/matrix-js-sdk/lib/logger.js`);
logger.setLevel('silent');
const silent = Object.fromEntries(['trace', 'debug', 'info', 'warn', 'error'].map((k) => [k, () => {}]));
silent.getChild = () => silent;
for (const k of ['log', 'info', 'debug', 'warn'])
	console[k] = console.error;
const say = (row) => process.stdout.write(`${JSON.stringify(row)}\n`);

const first = sdk.createClient({ baseUrl: url, logger: silent });
const r = await first.loginRequest({ type: 'm.login.password', password,
	identifier: { type: 'm.id.user', user } });
const client = sdk.createClient({ baseUrl: url, accessToken: r.access_token, logger: silent,
	userId: r.user_id, deviceId: r.device_id, timelineSupport: true });
const ready = new Promise((resolve) => client.on('sync', (s) => s === 'PREPARED' && resolve()));
await client.startClient({ initialSyncLimit: 50 });
await ready;

const room = client.getRoom(roomId);
await room.processPollEvents(room.getLiveTimeline().getEvents());
const poll = room.polls.get(rollId);
say({ question: poll.pollEvent.question.text, kind: poll.pollEvent.kind.name,
	answers: poll.pollEvent.answers.map((a) => [a.id, a.text]) });
poll.on('Poll.end', () => say({ ended: true }));

await client.sendEvent(roomId, 'org.matrix.msc3381.poll.response', {
	'm.relates_to': { rel_type: 'm.reference', event_id: rollId },
	'org.matrix.msc3381.poll.response': { answers: ['here'] },
});
const responses = await poll.getResponses();
const votes = () => Object.fromEntries(responses.getRelations().map((e) =>
	[e.getSender(), e.getContent()['org.matrix.msc3381.poll.response'].answers]));
const tell = () => Object.hasOwn(votes(), r.user_id) && say({ votes: votes() });
responses.on('Relations.add', tell);
tell();
process.stdin.on('end', () => process.exit(0)).resume();
