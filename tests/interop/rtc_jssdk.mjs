// Our events of calls beside those of matrix-js-sdk: it parses what we make,
// and we read what its membership managers and its session send. Prints TAP.
//
//   node rtc_jssdk.mjs PACKAGE_FOLDER RTC_MEMBER
import { execFileSync } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';

const [folder, driver] = process.argv.slice(2);
const sdk = (path) => import(`${folder}/node_modules/matrix-js-sdk/lib/${path}`);
const { logger } = await sdk('logger.js');
logger.setLevel('silent');
logger.getChild = () => logger;
const { MatrixEvent } = await sdk('models/event.js');
const { CallMembership } = await sdk('matrixrtc/CallMembership.js');
const { MembershipManager, StickyEventMembershipManager } =
	await sdk('matrixrtc/MembershipManager.js');
const { MatrixRTCSession } = await sdk('matrixrtc/MatrixRTCSession.js');
const { parseCallNotificationContent } = await sdk('matrixrtc/types.js');

const SLOT = { application: 'm.call', id: 'ROOM' };
const ROOM = '!Room_id-43:localhost';
const URL = 'http://127.0.0.1:8008/livekit/jwt';
const FOCUS = { type: 'livekit', livekit_service_url: URL, livekit_alias: ROOM };
const PEOPLE = [['@anna:localhost', 'ABCDEFGH'], ['@bert.b=x/y:example.org:8448', 'k7-w_x'],
	['@m:h', 'D'], [`@${'long'.repeat(25)}:example.org`, 'ABCDEFGHIJ']];

let count = 0;
let failed = 0;
const report = (ok, name, detail = '') => {
	console.log(`${ok ? 'ok' : 'not ok'} ${++count} - rtc_jssdk: ${name}`);
	if (ok) return;
	failed++;
	console.log(`# ${typeof detail === 'string' ? detail : JSON.stringify(detail)}`);
};
const same = (got, want, name) =>
	report(isDeepStrictEqual(got, want), name, { got, want });

const run = (args, input = '') => execFileSync(driver, args.map(String), { input,
	encoding: 'utf8', timeout: 60000 }).split('\n').filter(Boolean).map((l) => JSON.parse(l));
const make = (user, device, created = 0) =>
	run(['make', user, device, ROOM, URL, created])[0];
const read = (event) => run(['read'], `${JSON.stringify(event)}\n`)[0];

let ids = 0;
const sent = (event, ts) =>
	({ event_id: `$event${++ids}`, room_id: ROOM, origin_server_ts: ts, ...event });

// What the SDK needs of a room, with these state and sticky events in it.
const roomWith = (state, sticky = []) => {
	const events = state.map((e) => new MatrixEvent(e));
	const current = {
		getStateEvents: (type, key) => {
			const list = events.filter((e) => e.getType() === type);
			return key === undefined ? list : list.find((e) => e.getStateKey() === key) ?? null;
		},
		events: new Map([['org.matrix.msc3401.call.member',
			new Map(events.map((e) => [e.getStateKey(), e]))]]),
		mayTriggerNotifOfType: () => true,
	};
	return {
		roomId: ROOM,
		getVersion: () => '11',
		getLiveTimeline: () => ({ getState: () => current }),
		hasMembershipState: () => true,
		on: () => {},
		off: () => {},
		_unstable_getStickyEvents: () => sticky.map((e) => new MatrixEvent(e)),
		_unstable_getKeyedStickyEvent: () => undefined,
		getUnfilteredTimelineSet: () => ({ relations: { getChildEventsForEvent: () => undefined } }),
	};
};

// A client that only notes what it would send.
const clientOf = (user, device, out) => ({
	getUserId: () => user,
	getDeviceId: () => device,
	sendStateEvent: async (room, type, content, key) => {
		out.push({ type, content, state_key: key, sender: user });
		return { event_id: `$sent${++ids}` };
	},
	sendEvent: async (room, type, content) => {
		out.push({ type, content, sender: user });
		return { event_id: `$sent${++ids}` };
	},
	_unstable_sendDelayedStateEvent: async (room, delay, type, content, key) => {
		out.push({ type, content, state_key: key, sender: user, delayed: true });
		return { delay_id: 'later' };
	},
	_unstable_restartScheduledDelayedEvent: async () => ({}),
	_unstable_cancelScheduledDelayedEvent: async () => ({}),
	_unstable_updateDelayedEvent: async () => ({}),
	_unstable_sendScheduledDelayedEvent: async () => ({}),
	_unstable_sendStickyEvent: async (room, duration, thread, type, content) => {
		out.push({ type, content, sender: user, msc4354_sticky: { duration_ms: duration } });
		return { event_id: `$sent${++ids}` };
	},
	_unstable_sendStickyDelayedEvent: async (room, duration, delay, thread, type, content) => {
		out.push({ type, content, sender: user, delayed: true });
		return { delay_id: 'later' };
	},
	cancelPendingEvent: () => {},
	encryptAndSendToDevice: async () => {},
	decryptEventIfNeeded: async () => {},
	on: () => {},
	off: () => {},
});

const settled = async (test) => {
	const end = Date.now() + 10000;
	while (!test() && Date.now() < end) await new Promise((done) => setTimeout(done, 10));
};

// -- Ours, parsed by the SDK --------------------------------------------------

for (const [user, device] of PEOPLE) {
	const now = Date.now();
	const event = sent(make(user, device), now);
	const m = await CallMembership.parseFromEvent(new MatrixEvent(event));
	same({ user: m.userId, device: m.deviceId, slot: m.slotId, id: m.memberId,
		name: m.rtcBackendIdentity, intent: m.callIntent, created: m.createdTs(),
		end: m.getAbsoluteExpiry(), over: m.isExpired(), where: m.getTransport(m) },
	{ user, device, slot: 'm.call#ROOM', id: `${user}:${device}`, name: `${user}:${device}`,
		intent: 'audio', created: now, end: now + 14400000, over: false, where: FOCUS },
	`it parses the member event of ${user.slice(0, 24)}`);
	const later = sent(make(user, device, now - 3600000), now);
	const updated = await CallMembership.parseFromEvent(new MatrixEvent(later));
	same(updated.createdTs(), now - 3600000, 'it knows since when, from a later one');
	const room = roomWith([event]);
	const list = await MatrixRTCSession.sessionMembershipsForSlot(room, SLOT);
	same(list.map((x) => x.rtcBackendIdentity), [`${user}:${device}`],
		"they are in the room's session");
	const gone = roomWith([{ ...event, content: {} }]);
	same(await MatrixRTCSession.sessionMembershipsForSlot(gone, SLOT), [], 'and then they left');
}

// -- Theirs, read by us -------------------------------------------------------

for (const [user, device] of PEOPLE) {
	for (const sticky of [false, true]) {
		const out = [];
		const room = roomWith([]);
		const client = clientOf(user, device, out);
		const id = `${user}:${device}:uuid`;
		const config = { callIntent: 'audio' };
		const manager = sticky
			? new StickyEventMembershipManager(config, room, client, SLOT, id)
			: new MembershipManager(config, room, client, SLOT);
		manager.join([FOCUS], FOCUS, (e) => report(false, 'its manager joins', String(e)));
		await settled(() => out.some((e) => !e.delayed));
		const now = Date.now();
		const join = out.find((e) => !e.delayed);
		const got = read(sent(join, now));
		const form = sticky ? 'sticky event' : 'state event';
		same({ word: got.word, user: got.user_id, device: got.device_id, url: got.service_url,
			name: sticky ? got.hash : got.plain, alone: got.oldest_decides },
		{ word: 'here', user, device, url: URL, alone: false,
			name: (await CallMembership.parseFromEvent(new MatrixEvent(sent(join, now))))
				.rtcBackendIdentity },
		`we read its ${form} of ${user.slice(0, 24)}`);
		if (!sticky) same(join.state_key, make(user, device).state_key, 'our keys are the same');
		if (!sticky) {
			const ours = make(user, device).content;
			const lacks = Object.keys(join.content).filter((k) => !(k in ours));
			same(lacks, [], 'our content has all that its content has');
		}
		const leave = out.find((e) => e.delayed);
		same(read(sent(leave, now)).word, 'left', `we read its delayed leave, a ${form}`);
		await manager.leave(2000).catch(() => {});
	}
}

// -- Rings ---------------------------------------------------------------------

{
	const [user, device] = PEOPLE[0];
	const now = Date.now();
	const slot = sent({ type: 'org.matrix.msc4143.rtc.slot', sender: user,
		state_key: 'm.call#ROOM', content: { status: 'open', application: { type: 'm.call' } } }, now);
	const mine = sent(make(user, device), now);
	const [content] = run(['ring', mine.event_id, now]);
	const event = sent({ type: 'org.matrix.msc4075.rtc.notification', sender: user, content }, now);
	try {
		const got = await parseCallNotificationContent(new MatrixEvent(event),
			{ room: roomWith([slot, mine]), userId: '@bert:localhost', now: now + 100 });
		same({ slot: got.slot_id, type: got.notification_type, life: got.lifetime },
			{ slot: 'm.call#ROOM', type: 'ring', life: 30000 }, 'it takes our ring');
	} catch (e) {
		report(false, 'it takes our ring', String(e));
	}

	const out = [];
	const state = [];
	const room = roomWith(state);
	room.getLiveTimeline = () => roomWith(state).getLiveTimeline();
	const session = new MatrixRTCSession(clientOf(user, device, out), room, SLOT);
	session.joinRTCSession({ userId: user, deviceId: device, memberId: `${user}:${device}` },
		[FOCUS], FOCUS, { notificationType: 'ring', callIntent: 'audio', manageMediaKeys: false });
	await settled(() => out.some((e) => !e.delayed));
	state.push(sent(out.find((e) => !e.delayed), Date.now()));
	await session.ensureRecalculateSessionMembers();
	await settled(() => out.some((e) => e.type === 'org.matrix.msc4075.rtc.notification'));
	const ring = out.find((e) => e.type === 'org.matrix.msc4075.rtc.notification');
	const got = ring ? read(sent(ring, Date.now())) : {};
	same({ word: got.word, sender: got.sender, ring: got.ring, room: got.room,
		member: got.member_event },
	{ word: 'ring', sender: user, ring: true, room: true, member: state[0].event_id },
	'we read its ring');
	await session.stop();
}

console.log(`1..${count}`);
process.exit(failed ? 1 : 0);
