// A person in a Matrix room's call, as far as Matrix goes, played by
// matrix-js-sdk: sync, the room's session, membership with a delayed leave.
//
//   node rtc_session.mjs PACKAGE_FOLDER
import { emit, obey } from './livekit_driver.mjs';
import { LIMIT, until } from './livekit_ear.mjs';

const [folder] = process.argv.slice(2);
const load = (path) => import(`${folder}/node_modules/matrix-js-sdk/lib/${path}`);
const { logger } = await load('logger.js');
logger.setLevel(process.env.SDK_LOG ?? 'silent');
const sdk = await load('index.js');
const { MatrixRTCSessionEvent } = await load('matrixrtc/MatrixRTCSession.js');

let client;
let session;
const members = () => session.memberships.map((m) => ({ who: m.userId, device: m.deviceId,
	identity: m.rtcBackendIdentity, where: m.getTransport(m)?.livekit_service_url }));

obey({
	start: async ({ url, user, device, token, room }) => {
		client = sdk.createClient({ baseUrl: url, accessToken: token, userId: user, deviceId: device,
			logger });
		const ready = new Promise((done, fail) => client.on('sync', (state, was, data) => {
			if (state === 'PREPARED') done();
			if (state === 'ERROR' && !was) fail(data?.error ?? new Error('sync failed'));
		}));
		await client.startClient({ initialSyncLimit: 20 });
		await ready;
		session = client.matrixRTC.getRoomSession(client.getRoom(room));
		session.on(MatrixRTCSessionEvent.MembershipsChanged, () =>
			emit('members', { members: members() }));
		session.on(MatrixRTCSessionEvent.MembershipManagerError, (e) =>
			emit('trouble', { error: String(e) }));
		session.on(MatrixRTCSessionEvent.DidSendCallNotification, (e) =>
			emit('rang', { event_id: e.event_id, type: e.notification_type }));
		client.on('Room.timeline', (e) => emit('event', { type: e.getType(), id: e.getId(),
			sender: e.getSender(), ts: e.getTs(), content: e.getContent() }));
		return { members: members() };
	},
	transports: async () => ({ list: await client._unstable_getRTCTransports() }),
	openid: async () => client.getOpenIdToken(),
	join: async ({ service, ring }) => {
		const focus = { type: 'livekit', livekit_service_url: service,
			livekit_alias: session.room.roomId };
		const [userId, deviceId] = [client.getUserId(), client.getDeviceId()];
		const ready = new Promise((done) => session.once('StatusChanged', done));
		session.joinRTCSession({ userId, deviceId, memberId: `${userId}:${deviceId}` }, [focus],
			focus, { notificationType: ring ? 'ring' : undefined, callIntent: 'audio',
				manageMediaKeys: false });
		await Promise.race([ready, new Promise((done) => setTimeout(done, 1000))]);
		return {};
	},
	leave: async () => ({ left: await session.leaveRoomSession(60000) }),
	members: async () => ({ members: members() }),
	// The hand as Element Call raises it, lowered by a redaction.
	react: async ({ event, key }) => {
		const content = { 'm.relates_to': { rel_type: 'm.annotation', event_id: event, key } };
		return client.sendEvent(session.room.roomId, 'm.reaction', content);
	},
	redact: async ({ event }) => client.redactEvent(session.room.roomId, event),
	// One's own membership, once sync has brought it.
	mine: async () => {
		const own = () => session.memberships.find((m) => m.userId === client.getUserId()
			&& m.deviceId === client.getDeviceId())?.eventId;
		return { event_id: await until(LIMIT, own, members) };
	},
	stop: async () => {
		client.stopClient();
		return {};
	},
}, () => process.exit(0));
