// Hearing a room's call without a program: by WHEP, one exchange of offer and answer. Nothing
// is sent, so no microphone is asked for and plain HTTP will do.

const MEMBER = 'org.matrix.msc3401.call.member';
const CALL_RULES = 'org.muster.call';
const MEMBER_LIFE_MS = 4 * 3600 * 1000; // of a member event that does not say it
const VOICES = 3;                       // that are heard at once
const OVER_MS = 60000;                  // without anybody in the call: it is over
const NEVER_MS = 15000;                 // until a connection stands, or does not get through
const PAUSE_MAX_MS = 15000;

let hearing = null; // { room, pc, session, state, tries, ever, over, hand (the reaction's id) }

let soundHigh = 0; // pixels of the bar

// ---- who is in the call ----

function takeCallState(room, ev) {
	const c = object(ev.content);
	if (ev.type === CALL_RULES && ev.state_key === '')
		room.live = c.mode === 'live';
	else if (ev.type === MEMBER && ev.state_key === ownKey())
		return; // who only listens is no reason to listen
	else if (ev.type === MEMBER && c.application === 'm.call') {
		const from = c.created_ts > 0 ? c.created_ts : ev.origin_server_ts || 0;
		if (typeof c.device_id === 'string' && typeof ev.sender === 'string')
			room.voices.set(ev.state_key, [ev.sender, voiceMark(ev.sender, c.device_id)]);
		room.callers.set(ev.state_key, from + (c.expires > 0 ? c.expires : MEMBER_LIFE_MS));
	} else if (ev.type === MEMBER) {
		room.callers.delete(ev.state_key);
		room.voices.delete(ev.state_key);
	}
}

function callIsOn(room) {
	return Array.from(room.callers.values()).some((until) => until > serverNow());
}

// ---- what is seen of it ----

function soundText(room) {
	const name = apart(roomName(room));
	if (!hearing)
		return room.live ? t('A lesson is on.') : t('A call is on.');
	if (hearing.state === 'heard')
		return t('You are listening to: {room}', { room: name });
	if (hearing.state === 'again')
		return t('The sound is interrupted. Trying again …');
	return t('Connecting to: {room} …', { room: name });
}

// One bar for all views: who listens may read in another room meanwhile.
function drawSound() {
	const room = hearing ? hearing.room : openRoom;
	const shown = session && room && (hearing || (callIsOn(room) && !room.encrypted));
	const end = openRoom && atEnd();
	if (shown)
		fillSound(room);
	$('sound').hidden = !shown;
	// What sticks below it must know how high it is.
	const high = $('sound').offsetHeight;
	if (high !== soundHigh)
		document.documentElement.style.setProperty('--sound', high + 'px');
	soundHigh = high;
	if (end)
		toEnd();
}

function fillSound(room) {
	const text = soundText(room);
	if ($('sound-what').textContent !== text)
		$('sound-what').textContent = text;
	$('listen').hidden = !!hearing;
	$('listen').textContent = room.live ? t('Listen to the lesson') : t('Listen to the call');
	for (const id of ['deaf', 'volume', 'unlisten', 'hand'])
		$(id).hidden = !hearing;
	if (hearing) {
		$('hand').textContent = hearing.hand ? t('Lower hand') : t('Raise hand');
		watchEnd(room);
	}
}

// ---- a raised hand ----

function ownKey() {
	return '_' + session.user_id + '_' + session.device_id + '_m.call';
}

// As Element Call does it: a reaction to one's own member event, which says that one is in the
// call. The server takes that back when one listens no more.
async function raiseHand(mine) {
	const known = object(await call('GET', '/.well-known/matrix/client'));
	const focus = object(list(known['org.matrix.msc4143.rtc_foci'])[0]);
	const path = roomPath(mine.room.id, 'state/' + MEMBER + '/' + encodeURIComponent(ownKey()));
	const member = await call('PUT', path, {
		application: 'm.call', call_id: '', scope: 'm.room', device_id: session.device_id,
		membershipID: session.user_id + ':' + session.device_id, expires: MEMBER_LIFE_MS,
		'm.call.intent': 'audio',
		focus_active: { type: 'livekit', focus_selection: 'multi_sfu' },
		foci_preferred: [{ type: 'livekit', livekit_alias: mine.room.id,
			livekit_service_url: focus.livekit_service_url }] });
	return call('PUT', roomPath(mine.room.id, 'send/m.reaction/' + randomId()), {
		'm.relates_to': { rel_type: 'm.annotation', event_id: member.event_id, key: '🖐️' } });
}

async function turnHand() {
	const mine = hearing;
	if ($('hand').getAttribute('aria-busy'))
		return;
	await act($('hand'), async () => {
		if (mine.hand)
			await redact(mine.room, mine.hand);
		mine.hand = mine.hand ? null : (await raiseHand(mine)).event_id;
		drawSound();
	});
}

// ---- who speaks ----

// By this the server's packets name whose voice they hold.
function voiceMark(user, device) {
	let h = 2166136261;
	for (const byte of new TextEncoder().encode(user + ':' + device))
		h = Math.imul(h ^ byte, 16777619);
	return h >>> 0;
}

async function lookWhoSpeaks() {
	const mine = hearing;
	if (!mine || mine.state !== 'heard' || document.visibilityState !== 'visible')
		return;
	const loud = new Set();
	for (const receiver of mine.pc.getReceivers())
		for (const stat of Array.from((await receiver.getStats()).values()))
			if (stat.type === 'inbound-rtp' && stat.audioLevel > 0.02)
				for (const source of receiver.getContributingSources().slice(0, 1))
					loud.add(source.source);
	const names = Array.from(mine.room.voices.values()).filter((v) => loud.has(v[1]))
		.map((v) => apart(personName(mine.room, v[0])));
	if (mine !== hearing)
		return;
	$('sound-who').hidden = !names.length;
	$('sound-who').textContent = t('Speaking: {names}', { names: Array.from(new Set(names)).join(', ') });
}

// When everybody has left for a while there is nothing to wait for.
function watchEnd(room) {
	if (callIsOn(room)) {
		clearTimeout(hearing.over);
		hearing.over = 0;
	} else if (!hearing.over)
		hearing.over = setTimeout(() => stopHearing(t('The lesson is over.')), OVER_MS);
}

// ---- the connection ----

function ears() {
	return Array.from($('ears').children);
}

function setLoudness() {
	for (const ear of ears()) {
		ear.volume = $('volume').value / 100;
		ear.muted = $('deaf').getAttribute('aria-pressed') === 'true';
	}
}

function play(ear) {
	const playing = ear.play();
	if (playing && playing.catch)
		playing.catch((e) => {
			// Browsers want a press for sound, and forget it.
			if (hearing && e.name === 'NotAllowedError')
				stopHearing(t('The browser blocks the sound. Press the button once more.'), true);
		});
}

function whepPath(room) {
	return '/_muster/live/v1/rooms/' + encodeURIComponent(room.id) + '/whep';
}

function closeSession(mine) {
	if (mine.pc)
		mine.pc.close();
	if (mine.session)
		call('DELETE', mine.session, undefined, { plain: true, keepalive: true })
			.catch(() => { /* it ends by itself */ });
	mine.pc = mine.session = null;
}

function connectionChanged(mine, pc) {
	if (mine !== hearing || pc !== mine.pc)
		return;
	const state = pc.connectionState || pc.iceConnectionState;
	if (state === 'connected' || state === 'completed') {
		mine.state = 'heard';
		mine.ever = true;
		mine.tries = 0;
	} else if (state === 'failed' || state === 'closed')
		again(mine);
	drawSound();
}

async function connectOnce(mine) {
	const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
	mine.pc = pc;
	let n = 0;
	pc.ontrack = (e) => {
		const ear = ears()[n++];
		if (ear && pc === mine.pc) {
			ear.srcObject = new MediaStream([e.track]);
			play(ear);
		}
	};
	pc.onconnectionstatechange = pc.oniceconnectionstatechange = () => connectionChanged(mine, pc);
	for (let i = 0; i < VOICES; i++)
		pc.addTransceiver('audio', { direction: 'recvonly' });
	await pc.setLocalDescription(await pc.createOffer());
	const path = whepPath(mine.room);
	const answer = await call('POST', path, pc.localDescription.sdp,
		{ type: 'application/sdp', limitMs: 20000 });
	const session = path + '/' + encodeURIComponent(String(answer.location).replace(/^.*\//, ''));
	if (mine !== hearing || pc !== mine.pc) {
		closeSession({ pc, session });
		return;
	}
	mine.session = session;
	await pc.setRemoteDescription({ type: 'answer', sdp: answer.text });
	setTimeout(() => {
		if (mine === hearing && pc === mine.pc && mine.state !== 'heard')
			again(mine);
	}, NEVER_MS);
}

// What trying again does not mend.
function isFinal(e) {
	return e instanceof Trouble && e.status >= 400 && e.status < 500 && e.status !== 429 &&
		e.status !== 409;
}

async function tryConnect(mine) {
	try {
		await connectOnce(mine);
	} catch (e) {
		if (mine !== hearing)
			return;
		if (isFinal(e))
			stopHearing(troubleText(e), true);
		else
			again(mine, e.waitMs);
	}
}

async function again(mine, waitMs) {
	closeSession(mine);
	mine.state = 'again';
	mine.tries++;
	if (!mine.ever && mine.tries === 2)
		tell(t('The sound does not get through. Perhaps this network blocks it: try another one.'), true);
	drawSound();
	const pause = Math.min(1000 * Math.pow(2, mine.tries - 1), PAUSE_MAX_MS);
	await waitOnline((waitMs || pause) + Math.random() * 1000);
	if (mine === hearing && !mine.pc)
		tryConnect(mine);
}

// ---- beginning and end ----

function startHearing(room) {
	if (!window.RTCPeerConnection || !('ontrack' in RTCPeerConnection.prototype)) {
		tell(t('This browser cannot play the sound of a lesson. A newer one can, such as Firefox or Chrome.'), true);
		return;
	}
	tell('');
	hearing = { room, pc: null, session: null, state: 'new', tries: 0, ever: false, over: 0, hand: null };
	// Made while somebody presses a button: they may play later, too.
	for (let i = 0; i < VOICES; i++)
		$('ears').appendChild(el('audio', { autoplay: true }));
	setLoudness();
	drawSound();
	$('unlisten').focus();
	tryConnect(hearing);
}

function stopHearing(why, bad) {
	const mine = hearing;
	if (!mine)
		return;
	hearing = null;
	clearTimeout(mine.over);
	closeSession(mine);
	for (const ear of ears())
		ear.srcObject = null;
	empty($('ears'));
	$('sound-who').hidden = true;
	const focused = $('sound').contains(document.activeElement);
	drawSound();
	if (focused && !$('sound').hidden)
		$('listen').focus();
	if (why)
		tell(why, bad);
}

function startListen() {
	$('listen').addEventListener('click', () => {
		if (openRoom)
			startHearing(openRoom);
	});
	$('unlisten').addEventListener('click', () => stopHearing());
	$('hand').addEventListener('click', turnHand);
	$('volume').addEventListener('input', setLoudness);
	$('deaf').addEventListener('click', () => {
		const deaf = $('deaf').getAttribute('aria-pressed') !== 'true';
		$('deaf').setAttribute('aria-pressed', String(deaf));
		setLoudness();
	});
	window.addEventListener('pagehide', () => {
		if (hearing)
			closeSession(hearing);
	});
	setInterval(() => {
		if (session)
			drawSound();
	}, 30000); // a member event may expire
	setInterval(() => lookWhoSpeaks().catch(() => { /* the connection has just ended */ }), 1000);
}
