// A person's device with end-to-end encryption, played by matrix-js-sdk and its
// Rust crypto: sync, encrypted rooms, cross-signing, secret storage, key backup.
//
//   node crypto_session.mjs PACKAGE_FOLDER
import { emit, obey } from './livekit_driver.mjs';

const [folder] = process.argv.slice(2);
const load = (path) => import(`${folder}/node_modules/matrix-js-sdk/lib/${path}`);
const { logger } = await load('logger.js');
logger.setLevel(process.env.SDK_LOG ?? 'silent');
const sdk = await load('index.js');
const { CryptoEvent, decodeRecoveryKey } = await load('crypto-api/index.js');

let client;
let crypto;
let storageKey; // of secret storage, once it is known

const LIMIT = 100000;
// Resolve when test() holds, looked at again at each of these events.
const until = async (emitter, events, test, what) => {
	if (await test()) return;
	await new Promise((done, fail) => {
		const timer = setTimeout(() => fail(new Error(`${what} did not happen`)), LIMIT);
		const look = async () => {
			if (!(await test())) return;
			clearTimeout(timer);
			for (const e of events) emitter.off(e, look);
			done();
		};
		for (const e of events) emitter.on(e, look);
		look();
	});
};

const textOf = (e) => e.isDecryptionFailure() ? null : e.getContent().body;
const messages = (room) => client.getRoom(room).getLiveTimeline().getEvents()
	.filter((e) => e.getType() === 'm.room.message' || e.isEncrypted())
	.map((e) => ({ id: e.getId(), sender: e.getSender(), secret: e.isEncrypted(), body: textOf(e),
		why: e.decryptionFailureReason }));

const auth = (user, password) => async (request) => {
	try {
		await request(null);
	} catch (e) {
		if (e.httpStatus !== 401) throw e;
		emit('asked', { flows: e.data.flows });
		await request({ type: 'm.login.password', identifier: { type: 'm.id.user', user }, password,
			session: e.data.session });
	}
};

obey({
	start: async ({ url, user, password, device }) => {
		const reply = await sdk.createClient({ baseUrl: url, logger }).loginRequest({
			type: 'm.login.password', identifier: { type: 'm.id.user', user }, password,
			device_id: device });
		client = sdk.createClient({ baseUrl: url, accessToken: reply.access_token, userId: reply.user_id,
			deviceId: reply.device_id, logger, cryptoCallbacks: {
				getSecretStorageKey: async ({ keys }) => storageKey
					? [Object.keys(keys)[0], storageKey] : null,
				cacheSecretStorageKey: (id, info, key) => {
					storageKey = key;
				},
			} });
		await client.initRustCrypto({ useIndexedDB: false });
		crypto = client.getCrypto();
		const ready = new Promise((done, fail) => client.on('sync', (state, was, data) => {
			if (state === 'PREPARED') done();
			if (state === 'ERROR' && !was) fail(data?.error ?? new Error('sync failed'));
		}));
		await client.startClient({ initialSyncLimit: 50 });
		await ready;
		return { device: client.getDeviceId() };
	},
	// The first device of an account: keys, secret storage, a backup.
	bootstrap: async ({ user, password }) => {
		const key = await crypto.createRecoveryKeyFromPassphrase();
		storageKey = key.privateKey;
		await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: auth(user, password) });
		await crypto.bootstrapSecretStorage({ createSecretStorageKey: async () => key,
			setupNewSecretStorage: true, setupNewKeyBackup: true });
		await crypto.checkKeyBackupAndEnable();
		return { recovery: key.encodedPrivateKey, ready: await crypto.isCrossSigningReady(),
			version: await crypto.getActiveSessionBackupVersion() };
	},
	reset: async ({ user, password }) => {
		await crypto.bootstrapCrossSigning({ setupNewCrossSigning: true,
			authUploadDeviceSigningKeys: auth(user, password) });
		return { ready: await crypto.isCrossSigningReady() };
	},
	create: async () => {
		const room = await client.createRoom({ preset: 'public_chat', initial_state: [{
			type: 'm.room.encryption', state_key: '',
			content: { algorithm: 'm.megolm.v1.aes-sha2' } }] });
		return { room: room.room_id };
	},
	join: async ({ room }) => {
		await client.joinRoom(room);
		return {};
	},
	people: async ({ room, n }) => {
		await until(client, ['RoomState.members', 'Room'],
			() => client.getRoom(room)?.getJoinedMembers().length === n, `${n} in the room`);
		return {};
	},
	say: async ({ room, body }) => {
		const reply = await client.sendEvent(room, 'm.room.message', { msgtype: 'm.text', body });
		return { event_id: reply.event_id };
	},
	read: async ({ room, body }) => {
		await until(client, ['Room.timeline', 'Event.decrypted'],
			() => messages(room).some((m) => m.body === body), `reading ${body}`);
		return { messages: messages(room) };
	},
	messages: async ({ room }) => ({ messages: messages(room) }),
	// Until so many keys are in the backup, as the server says: the SDK remembers what it said first.
	backed: async ({ n }) => {
		const count = async () => Number((await client.http.authedRequest('GET',
			'/room_keys/version')).count);
		await until(client, [CryptoEvent.KeyBackupSessionsRemaining],
			async () => (await count()) >= n, `${n} keys in the backup`);
		return { count: await count() };
	},
	// A later device proves itself by the recovery key, and takes what the backup has.
	recover: async ({ recovery }) => {
		storageKey = decodeRecoveryKey(recovery);
		// Its owner's keys must be known before their private halves are taken in.
		if (!await crypto.userHasCrossSigningKeys(client.getUserId(), true))
			throw new Error('there are no cross-signing keys');
		await crypto.bootstrapCrossSigning({});
		await crypto.loadSessionBackupPrivateKeyFromSecretStorage();
		await crypto.checkKeyBackupAndEnable();
		const got = await crypto.restoreKeyBackup();
		return { total: got.total, imported: got.imported, ready: await crypto.isCrossSigningReady(),
			version: await crypto.getActiveSessionBackupVersion() };
	},
	// Is that device signed by its owner's keys, as seen from here?
	verified: async ({ user, device }) => {
		const status = async () => crypto.getDeviceVerificationStatus(user, device);
		await until(client, [CryptoEvent.DevicesUpdated, CryptoEvent.UserTrustStatusChanged, 'sync'],
			async () => (await status())?.signedByOwner, `${device} being signed`);
		const s = await status();
		return { owner: s.signedByOwner, trusted: s.crossSigningVerified };
	},
	// Until they are these: what the SDK knows follows the next sync.
	devices: async ({ user, are }) => {
		const known = async () => [...(await crypto.getUserDeviceInfo([user], true)).get(user)?.keys() ?? []].sort();
		await until(client, [CryptoEvent.DevicesUpdated, 'sync'],
			async () => (await known()).join() === are.join(), `${user} having ${are.join(' and ')}`);
		return { devices: await known() };
	},
	stop: async () => {
		client.stopClient();
		return {};
	},
}, () => process.exit(0));
