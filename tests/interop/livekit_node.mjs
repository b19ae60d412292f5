// A person in a LiveKit room, played by @livekit/rtc-node (libwebrtc).
//
//   node livekit_node.mjs PACKAGE_FOLDER
import { createRequire } from 'node:module';

import { emit, now, obey, readPcm, writePcm } from './livekit_driver.mjs';
import { Ears, Mouth, listening } from './livekit_ear.mjs';

const [folder] = process.argv.slice(2);
const require = createRequire(`${folder}/x.js`);
const rtc = require('@livekit/rtc-node');
const ffi = require(`${folder}/node_modules/@livekit/rtc-node/dist/ffi_client.cjs`);

const room = new rtc.Room();
const ears = new Ears(now);
let mouth;
let track;
let source;

const person = (p, what, more = {}) => emit('person', { who: p.identity, what, ...more });

const listen = async (t, p) => {
	const ear = ears.of(p.identity);
	const reader = new rtc.AudioStream(t, { sampleRate: 48000, numChannels: 1, frameSizeMs: 10 })
		.getReader();
	for (;;) {
		const { done, value } = await reader.read();
		if (done) break;
		ear.push(value.data, now());
	}
};

room.on('participantConnected', (p) => person(p, 'joined'));
room.on('participantDisconnected', (p) => {
	ears.gone(p.identity);
	person(p, 'left', { reason: p.disconnectReason });
});
room.on('trackSubscribed', (t, pub, p) => {
	person(p, 'subscribed', { kind: t.kind, sid: pub.sid, muted: pub.muted });
	if (t.kind === rtc.TrackKind.KIND_AUDIO) listen(t, p);
});
room.on('trackUnsubscribed', (t, pub, p) => {
	ears.gone(p.identity);
	person(p, 'unsubscribed', { sid: pub.sid });
});
room.on('trackMuted', (pub, p) => person(p, 'muted'));
room.on('trackUnmuted', (pub, p) => person(p, 'unmuted'));
// The list holds who began, not who ended.
room.on('activeSpeakersChanged', (list) => list.forEach((p) => person(p, 'speaking')));
room.on('reconnecting', () => emit('reconnecting'));
room.on('reconnected', () => emit('reconnected'));
room.on('disconnected', (reason) => {
	ears.noneLeft();
	emit('ended', { reason });
});

// Clicks go to the encoder at once; a tone through the source's queue, which
// evens out this program's timers.
const talk = async () => {
	const [mine, out, from] = [track, source, now()];
	// Until it is another one, or none: then what it says is lost.
	for (let i = 0; track === mine; i++) {
		if (mouth.clicks || mouth.live) {
			const wait = from + i * 10 - now();
			if (wait > 0) await new Promise((done) => setTimeout(done, wait));
		}
		// Of speech each piece has its time, also where this program is late.
		const at = mouth.live ? from + i * 10 : now();
		const frame = new rtc.AudioFrame(mouth.next(at), 48000, 1, 480);
		try {
			await out.captureFrame(frame);
		} catch (e) {
			if (track === mine) throw e;
		}
	}
};

const publish = async (how) => {
	mouth = new Mouth(how);
	source = new rtc.AudioSource(48000, 1, how.clicks || how.live ? 0 : 200);
	track = rtc.LocalAudioTrack.createAudioTrack('voice', source);
	const options = new rtc.TrackPublishOptions({ source: rtc.TrackSource.SOURCE_MICROPHONE,
		dtx: false, red: how.red ?? true });
	talk();
	const pub = await room.localParticipant.publishTrack(track, options);
	return { sid: pub.sid };
};

const quit = async () => {
	track = null;
	await room.disconnect();
	return {};
};

obey({
	...listening(ears, writePcm),
	join: async ({ url, token, ...how }) => {
		await room.connect(url, token, { autoSubscribe: true, dynacast: false });
		const people = [...room.remoteParticipants.keys()];
		emit('joined', { people });
		return { people, ...(how.hz || how.clicks || how.live ? await publish(how) : {}) };
	},
	publish,
	unpublish: async () => {
		const [sid] = room.localParticipant.trackPublications.keys();
		track = null;
		await room.localParticipant.unpublishTrack(sid);
		return {};
	},
	// The package has no call for it; the library below it has.
	mute: async ({ on }) => {
		const value = { trackHandle: track.ffi_handle.handle, mute: on };
		ffi.FfiClient.instance.request({ message: { case: 'localTrackMute', value } });
		return {};
	},
	clicked: async () => ({ at: mouth.at }),
	say: async ({ file }) => (mouth.say(readPcm(file)), {}),
	said: async () => ({ began: mouth.began, done: mouth.spoken >= mouth.speech.length }),
	scenario: async ({ kind }) => {
		const kinds = { resume: 0, full: 7 };
		await room.simulateScenario(kinds[kind]);
		return {};
	},
	pid: async () => ({ pid: process.pid }),
	people: async () => ({ people: [...room.remoteParticipants.keys()] }),
	leave: quit,
}, async () => {
	await quit().catch(() => {});
	process.exit(0);
});
