// The browser's side of listen_page.py: a lesson on a phone.
import { accessible, ask, check, facts, fine, logIn, phone, play, until } from './page_driver.mjs';

// Every connection that the page makes can be looked at.
const watch = () => {
	window.connections = [];
	window.RTCPeerConnection = class extends window.RTCPeerConnection {
		constructor(...args) {
			super(...args);
			window.connections.push(this);
		}
	};
};
const student = async (user, how = {}) => {
	const page = await phone({ init: watch, ...how });
	await logIn(page, user);
	await page.waitForSelector('#view-room:not([hidden])');
	return page;
};
// What the newest connection has received, by section.
const heard = (page) => page.evaluate(async () => {
	const stats = await window.connections[window.connections.length - 1].getStats();
	return Array.from(stats.values()).filter((s) => s.type === 'inbound-rtp')
		.map((s) => ({ packets: s.packetsReceived, lost: s.packetsLost, level: s.audioLevel || 0,
			energy: s.totalAudioEnergy || 0, concealed: s.concealedSamples, nacks: s.nackCount }));
});
// Until what the page has received is enough.
const received = (page, test, what) => until(page, async () => {
	const now = await heard(page);
	return test(now) && now;
}, what, () => heard(page));
const says = (page, what) => page.waitForFunction((t) =>
	document.querySelector('#sound-what').textContent.includes(t) ||
	document.querySelector('#status').textContent.includes(t), what);
const state = (type, content, key = '') => ask('http', 'teacher', 'PUT',
	`/_matrix/client/v3/rooms/${encodeURIComponent(facts.room)}/state/${type}/${encodeURIComponent(key)}`, content);

await play({
	async 'a lesson is heard'() {
		const page = await student('ana');
		check(await page.isHidden('#sound'), 'without a call nothing is offered');
		await ask('speak', 'obs', 440);
		await page.waitForSelector('#listen:visible');
		check(await page.textContent('#listen') === 'Listen to the call', 'a call can be listened to');
		await state('org.muster.call', { version: 1, mode: 'live' });
		await page.waitForSelector('#listen:text-is("Listen to the lesson")');
		check(await page.evaluate(() => window.isSecureContext) === !facts.lan,
			facts.lan ? 'the page is there over plain HTTP in a LAN' : 'the page is there on this machine');
		await accessible(page, 'a lesson is on');

		await page.focus('#listen');
		await page.keyboard.press('Enter');
		await says(page, 'You are listening to');
		const first = await received(page, (s) => s.some((x) => x.packets >= 150 && x.level > 0.01), 'a lesson is heard');
		const voice = first.find((x) => x.packets >= 150);
		check(true, `a lesson is heard: ${voice.packets} packets, level ${voice.level.toFixed(3)}`);
		check(first.every((x) => x.lost === 0), 'no packet is lost', first);
		check(await page.evaluate(() => document.activeElement.id) === 'unlisten', 'the focus goes on to what ends it');
		await accessible(page, 'listening');
		const ears = () => page.$$eval('#ears audio', (all) => all.map((a) => [a.muted, a.volume, a.paused]));
		await page.keyboard.press('Tab');
		await page.keyboard.press('Space');
		check((await ears()).every((a) => a[0]), 'Mute mutes, by the keyboard', await ears());
		await page.keyboard.press('Space');
		await page.focus('#volume');
		await page.keyboard.press('Home');
		check((await ears()).every((a) => !a[0] && a[1] === 0), 'the volume can be turned down', await ears());
		await page.keyboard.press('End');

		await page.waitForSelector('#sound-who:not([hidden])');
		check((await page.textContent('#sound-who')).includes('Ms Weber'), 'it says who speaks',
			await page.textContent('#sound-who'));

		await ask('speak', 'second', 880);
		const two = await received(page, (s) => s.filter((x) => x.packets >= 50 && x.level > 0.01).length === 2,
			'two voices are heard');
		check(two.every((x) => x.lost === 0), 'two voices are heard at once, nothing lost', two);
		const told = () => ask('told', '@ana:localhost');
		await until(page, async () => (await told()).length, 'being told of', told);
		check((await told()).join() === 'joined', 'the room is told that she listens', await told());

		const member = async () => (await ask('http', 'teacher', 'GET',
			`/_matrix/client/v3/rooms/${encodeURIComponent(facts.room)}/state`))
			.find((e) => e.type === 'org.matrix.msc3401.call.member' && e.sender === '@ana:localhost');
		const hands = async () => (await ask('http', 'teacher', 'GET', '/_matrix/client/v1/rooms/' +
			`${encodeURIComponent(facts.room)}/relations/${encodeURIComponent((await member()).event_id)}/m.annotation`)).chunk
			.filter((e) => e.content['m.relates_to'] && e.content['m.relates_to'].key === '🖐️');
		// The button says what it would do next, and is busy until that is done.
		const raised = (up) => page.waitForSelector(
			`#hand:not([aria-busy]):has-text("${up ? 'Lower' : 'Raise'} hand")`);
		await page.click('#hand');
		await raised(true);
		check((await hands()).length === 1 && (await member()).content.application === 'm.call',
			'a hand is raised as in other clients', await hands());
		await page.click('#hand');
		await raised(false);
		check((await hands()).length === 0, 'and lowered', await hands());
		await page.click('#hand');
		await raised(true);

		await page.click('#back');
		await page.waitForSelector('#view-rooms:not([hidden])');
		check(await page.isVisible('#sound') && (await page.textContent('#sound-what')).includes('Class 5b'),
			'it goes on in the list of rooms');
		await page.click('#rooms button');
		await ask('drop', 'obs');
		await ask('drop', 'second');
		await ask('stop');
		await says(page, 'interrupted');
		await ask('start');
		await ask('speak', 'again', 660);
		await says(page, 'You are listening to');
		await received(page, (s) => s.some((x) => x.packets >= 50 && x.level > 0.01), 'heard again');
		check(true, 'after a restart of the server it is heard again, without a press');

		await page.click('#unlisten');
		await page.waitForSelector('#listen:visible');
		check(await page.$$eval('#ears audio', (all) => all.length) === 0 &&
			await page.evaluate(() => window.connections.every((c) => c.connectionState === 'closed')),
			'Stop listening ends the connection');
		check(await until(page, async () => (await told()).pop() === 'left', 'leaving', told),
			'the room is told that she left');
		check(await until(page, async () => Object.keys((await member()).content).length === 0, 'her leave', member),
			'her hand is gone with her');
		await fine(page, 'a lesson');
	},

	async 'a browser without WebRTC'() {
		const old = await student('bo', { init: () => { delete window.RTCPeerConnection; } });
		await old.waitForSelector('#listen:visible');
		await old.click('#listen');
		await says(old, 'This browser cannot play');
		check(true, 'a browser without WebRTC says so');
		await old.context().close();
	},

	async 'in German, until one is removed'() {
		const german = await student('bo', { locale: 'de-DE' });
		await german.waitForSelector('#listen:text-is("Unterricht anhören")');
		check(true, 'the page offers it in German');
		await ask('http', 'teacher', 'POST', `/_matrix/client/v3/rooms/${encodeURIComponent(facts.room)}/kick`,
			{ user_id: '@bo:localhost' });
		await german.waitForSelector('#sound', { state: 'hidden' });
		check(true, 'who is removed from the room is offered nothing');
		await fine(german, 'in German');
		await ask('silence', 'again');
	},
});
