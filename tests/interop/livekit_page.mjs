// A person in a LiveKit room, played by livekit-client in a browser. Runs in
// the page; livekit_chromium.mjs calls window.person and hears window.emit.
import { Ears, LIMIT, listening, until } from './livekit_ear.mjs';

const lk = window.LivekitClient;
const now = () => performance.now();
const ears = new Ears(now);
const taps = new Map();
let room;
let sound;
let oscillator;
let published;

const person = (p, what, more = {}) => window.emit('person', { who: p.identity, what, ...more });

// About 10 ms at a time: a page with little time drowns in smaller pieces.
const WORKLET = `registerProcessor('tap', class extends AudioWorkletProcessor {
	constructor() {
		super();
		this.piece = new Float32Array(512);
		this.n = 0;
	}

	process([input]) {
		if (!input[0]) return true;
		this.piece.set(input[0], this.n);
		this.n += input[0].length;
		if (this.n === this.piece.length) {
			this.port.postMessage(this.piece);
			this.n = 0;
		}
		return true;
	}
});`;

const openSound = async () => {
	if (sound) return;
	sound = new AudioContext({ sampleRate: 48000 });
	await sound.audioWorklet.addModule(
		URL.createObjectURL(new Blob([WORKLET], { type: 'text/javascript' })));
	await sound.resume();
};

// Chromium only decodes what an element plays.
const listen = (track, p) => {
	const ear = ears.of(p.identity);
	const stream = new MediaStream([track.mediaStreamTrack]);
	const element = Object.assign(new Audio(), { srcObject: stream, muted: true });
	element.play();
	const tap = new AudioWorkletNode(sound, 'tap');
	tap.port.onmessage = ({ data }) => ear.push(data, now());
	const source = sound.createMediaStreamSource(stream);
	source.connect(tap);
	taps.set(track, { who: p.identity, element, tap, source });
};

const unlisten = (track) => {
	const t = taps.get(track);
	if (!t) return;
	t.source.disconnect();
	t.tap.port.onmessage = null;
	t.element.srcObject = null;
	taps.delete(track);
	if (![...taps.values()].some((o) => o.who === t.who)) ears.gone(t.who);
};

// After a reconnection livekit-client has tracks that no event told of.
const listenToAll = () => {
	for (const p of room.remoteParticipants.values())
		for (const { track } of p.trackPublications.values())
			if (track?.kind === 'audio' && !taps.has(track)) listen(track, p);
};

const watchRoom = () => {
	setInterval(listenToAll, 100);
	const speaking = new Map();
	const E = lk.RoomEvent;
	room.on(E.ParticipantConnected, (p) => person(p, 'joined'));
	room.on(E.ParticipantDisconnected, (p) => person(p, 'left'));
	room.on(E.TrackSubscribed, (t, pub, p) => {
		person(p, 'subscribed', { kind: t.kind, sid: pub.trackSid, muted: pub.isMuted });
		if (t.kind === 'audio' && !taps.has(t)) listen(t, p);
	});
	room.on(E.TrackUnsubscribed, (t, pub, p) => {
		person(p, 'unsubscribed', { sid: pub.trackSid });
		unlisten(t);
	});
	room.on(E.TrackMuted, (pub, p) => person(p, 'muted'));
	room.on(E.TrackUnmuted, (pub, p) => person(p, 'unmuted'));
	room.on(E.ActiveSpeakersChanged, (list) => {
		const loud = new Map(list.map((p) => [p.identity, p]));
		for (const [who, p] of loud) if (!speaking.has(who)) person(p, 'speaking');
		for (const [who, p] of speaking) if (!loud.has(who)) person(p, 'silent');
		speaking.clear();
		for (const [who, p] of loud) speaking.set(who, p);
	});
	room.on(E.SignalReconnecting, () => window.emit('reconnecting', { how: 'resume' }));
	room.on(E.Reconnecting, () => window.emit('reconnecting', { how: 'media' }));
	room.on(E.Reconnected, () => window.emit('reconnected'));
	room.on(E.Disconnected, (reason) => {
		ears.noneLeft();
		window.emit('ended', { reason });
	});
	room.on(E.ConnectionStateChanged, (now) => window.emit('state', { now }));
};

const publish = async ({ hz, level = 0.3, red = true, dtx = false }) => {
	oscillator = new OscillatorNode(sound, { frequency: hz });
	const out = new MediaStreamAudioDestinationNode(sound, { channelCount: 1 });
	oscillator.connect(new GainNode(sound, { gain: level })).connect(out);
	oscillator.start();
	published = await room.localParticipant.publishTrack(out.stream.getAudioTracks()[0],
		{ source: lk.Track.Source.Microphone, red, dtx, name: 'voice' });
	return { sid: published.trackSid };
};

const within = (limit, promise, what) => Promise.race([promise,
	new Promise((_, no) => setTimeout(() => no(new Error(`${what}: never ended`)), limit))]);

// A track that the server may refuse. livekit-client does not look at the refusal: it waits for
// ten seconds, and says that there was no response.
const publishVideo = async ({ limit = LIMIT }) => {
	const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
	const paint = canvas.getContext('2d');
	let n = 0;
	setInterval(() => {
		paint.fillStyle = `hsl(${(n += 7)},80%,50%)`;
		paint.fillRect(0, 0, 320, 240);
	}, 50);
	const [track] = canvas.captureStream(15).getVideoTracks();
	let refused;
	room.engine.on('signalRequestResponse', ({ reason, message, request }) => {
		if (request.case === 'addTrack' && request.value.type === 1) refused = { reason, message };
	});
	const end = await within(limit, room.localParticipant.publishTrack(track,
		{ source: lk.Track.Source.Camera, simulcast: false })
		.then((pub) => ({ sid: pub.trackSid }), (e) => ({ gaveUp: String(e) })), 'publishing');
	return { ...end, refused };
};

const transport = (which) => room.engine.pcManager[which];
const statistics = async (which) => {
	const all = await transport(which)?.getStats();
	return all ? [...all.values()] : [];
};
const pick = (o, names) => Object.fromEntries(names.map((n) => [n, o?.[n]]));

const stats = async () => {
	const inbound = (await statistics('subscriber')).filter((s) => s.type === 'inbound-rtp');
	const outs = await statistics('publisher');
	const out = outs.find((s) => s.type === 'outbound-rtp' && s.kind === 'audio');
	const remote = outs.find((s) => s.type === 'remote-inbound-rtp');
	return {
		in: inbound.map((s) => pick(s, ['kind', 'packetsReceived', 'packetsLost', 'jitter',
			'concealedSamples', 'totalSamplesReceived', 'audioLevel'])),
		out: pick(out, ['packetsSent', 'nackCount']),
		remote: pick(remote, ['packetsLost', 'roundTripTime']),
		publisher: transport('publisher')?.getConnectionState(),
		subscriber: transport('subscriber')?.getConnectionState(),
	};
};

// The ICE user names of both sides of a connection: a restart changes them.
const iceNames = async (which) => {
	const pc = transport(which)?._pc;
	const ufrag = (d) => /a=ice-ufrag:(\S+)/.exec(d?.sdp ?? '')?.[1];
	return { local: ufrag(pc?.localDescription), remote: ufrag(pc?.remoteDescription) };
};

// Does libwebrtc bring a connection up whose answer rejects the section for
// data channels? `first`: that section comes before the one for sound.
const rejectData = async ({ first }) => {
	await openSound();
	const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()];
	const out = new MediaStreamAudioDestinationNode(sound);
	const addSound = () => a.addTransceiver(out.stream.getAudioTracks()[0], { direction: 'sendonly' });
	if (!first) addSound();
	a.createDataChannel('x');
	if (first) {
		await a.setLocalDescription(await a.createOffer());
		addSound();
	}
	a.onicecandidate = ({ candidate }) => candidate && b.addIceCandidate(candidate).catch(() => {});
	b.onicecandidate = ({ candidate }) => candidate && a.addIceCandidate(candidate).catch(() => {});
	await a.setLocalDescription(await a.createOffer());
	// The other side believes that it was offered none, and so rejects it.
	const mid = /m=application[^]*?a=mid:(\S+)/.exec(a.localDescription.sdp)[1];
	const sdp = a.localDescription.sdp.replace(/m=application \d+/, 'm=application 0')
		.replace(/a=group:BUNDLE.*/, (l) => l.split(' ').filter((m) => m !== mid).join(' '));
	await b.setRemoteDescription({ type: 'offer', sdp });
	await b.setLocalDescription(await b.createAnswer());
	const answer = b.localDescription;
	const rejected = /m=application 0 /.test(answer.sdp);
	let error;
	await a.setRemoteDescription(answer).catch((e) => (error = String(e)));
	await until(LIMIT, () => ['connected', 'failed'].includes(a.connectionState) || error,
		() => a.connectionState).catch(() => {});
	const state = a.connectionState;
	a.close();
	b.close();
	return { state, rejected, error };
};

window.person = {
	rejectData,
	...listening(ears),
	join: async ({ url, token, hz, single, log, ...how }) => {
		if (log) lk.setLogLevel(log);
		await openSound();
		room = new lk.Room(single === undefined ? {} : { singlePeerConnection: single });
		watchRoom();
		await room.connect(url, token);
		const people = [...room.remoteParticipants.keys()];
		window.emit('joined', { people });
		return { people, ...(hz ? await publish({ hz, ...how }) : {}) };
	},
	publish,
	video: publishVideo,
	// A second track, which is taken back when the server has taken it.
	another: async () => {
		const out = new MediaStreamAudioDestinationNode(sound, { channelCount: 1 });
		const pub = await room.localParticipant.publishTrack(out.stream.getAudioTracks()[0],
			{ source: lk.Track.Source.ScreenShareAudio, name: 'another' });
		await room.localParticipant.unpublishTrack(pub.track);
		return { sid: pub.trackSid };
	},
	unpublish: async () => {
		await room.localParticipant.unpublishTrack(published.track);
		return {};
	},
	mute: async ({ on }) => {
		await (on ? published.mute() : published.unmute());
		return {};
	},
	stats,
	ice: ({ which }) => iceNames(which),
	scenario: async ({ kind }) => {
		const kinds = { resume: 'resume-reconnect', full: 'full-reconnect' };
		await room.simulateScenario(kinds[kind]);
		return {};
	},
	people: async () => ({ people: [...room.remoteParticipants.keys()], state: room.state }),
	leave: async () => {
		await room.disconnect();
		return {};
	},
};
window.ready();
