// The browser's side of listen_page.py: a lesson on a phone.
//
//   node listen_page.mjs PACKAGE_FOLDER CHROMIUM FACTS
//
// Prints TAP. {"do", "args"} on stdout asks the other side for something; the answer is a line
// of JSON on stdin. SHOTS=FOLDER keeps pictures.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const [folder, executablePath, text] = process.argv.slice(2);
const require = createRequire(`${folder}/x.js`);
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const facts = JSON.parse(text);
const PHONE = { viewport: { width: 360, height: 640 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
const STEP = 90000;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const ask = async (what, ...args) => {
	process.stdout.write(`${JSON.stringify({ do: what, args })}\n`);
	const answer = JSON.parse((await lines.next()).value);
	if (answer.error) throw new Error(`${what} ${args}: ${answer.error}`);
	return answer.ok;
};

let count = 0;
let failed = 0;
const check = (ok, what, detail) => {
	count += 1;
	if (!ok) failed += 1;
	console.log(`${ok ? 'ok' : 'not ok'} ${count} - listen_page: ${what}`);
	if (!ok && detail !== undefined) console.log(`# ${JSON.stringify(detail)}`);
};

const browser = await chromium.launch({ executablePath, headless: true, args: [
	...(process.getuid() === 0 ? ['--no-sandbox'] : []), '--disable-dev-shm-usage'] });

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
const phone = async (user, how = {}) => {
	const context = await browser.newContext({ ...PHONE, locale: how.locale || 'en-US' });
	context.setDefaultTimeout(STEP);
	const page = await context.newPage();
	page.broken = [];
	page.on('pageerror', (e) => page.broken.push(String(e.stack || e)));
	page.on('console', (m) => m.type() === 'error' && !/Failed to load resource/.test(m.text()) &&
		page.broken.push(m.text()));
	await page.addInitScript(how.init || watch);
	await page.goto(`${facts.url}/join`);
	await page.click('[data-go=login]');
	await page.fill('#user', user);
	await page.fill('#password', facts.password);
	await page.click('#form-login button:not(.plain)');
	await page.waitForSelector('#view-room:not([hidden])');
	return page;
};
const accessible = async (page, where) => {
	await page.evaluate(axe);
	const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
	const bad = found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(' | ')}`);
	check(bad.length === 0, `axe-core finds nothing wrong: ${where}`, bad);
	if (process.env.SHOTS)
		await page.screenshot({ path: `${process.env.SHOTS}/${where.replace(/\W+/g, '-')}.png` });
};
// What the newest connection has received, by section.
const heard = (page) => page.evaluate(async () => {
	const stats = await window.connections[window.connections.length - 1].getStats();
	return Array.from(stats.values()).filter((s) => s.type === 'inbound-rtp')
		.map((s) => ({ packets: s.packetsReceived, lost: s.packetsLost, level: s.audioLevel || 0,
			energy: s.totalAudioEnergy || 0, concealed: s.concealedSamples, nacks: s.nackCount }));
});
// Until the page has received so much in one section or more.
const until = async (page, test, what) => {
	for (const end = Date.now() + STEP; Date.now() < end;) {
		const now = await heard(page);
		if (test(now)) return now;
		await page.waitForTimeout(200);
	}
	throw new Error(`${what}: ${JSON.stringify(await heard(page))}`);
};
const says = (page, what) => page.waitForFunction((t) =>
	document.querySelector('#sound-what').textContent.includes(t) ||
	document.querySelector('#status').textContent.includes(t), what);
const state = (type, content, key = '') => ask('http', 'teacher', 'PUT',
	`/_matrix/client/v3/rooms/${encodeURIComponent(facts.room)}/state/${type}/${encodeURIComponent(key)}`, content);

try {
	const page = await phone('ana');
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
	const first = await until(page, (s) => s.some((x) => x.packets >= 150 && x.level > 0.01), 'a lesson is heard');
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
	const two = await until(page, (s) => s.filter((x) => x.packets >= 50 && x.level > 0.01).length === 2,
		'two voices are heard');
	check(two.every((x) => x.lost === 0), 'two voices are heard at once, nothing lost', two);
	check((await ask('told', '@ana:localhost')).join() === 'joined', 'the room is told that she listens');

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
	await until(page, (s) => s.some((x) => x.packets >= 50 && x.level > 0.01), 'heard again');
	check(true, 'after a restart of the server it is heard again, without a press');

	await page.click('#unlisten');
	await page.waitForSelector('#listen:visible');
	check(await page.$$eval('#ears audio', (all) => all.length) === 0 &&
		await page.evaluate(() => window.connections.every((c) => c.connectionState === 'closed')),
		'Stop listening ends the connection');
	for (const end = Date.now() + STEP; Date.now() < end && (await ask('told', '@ana:localhost')).pop() !== 'left';)
		await page.waitForTimeout(200);
	check((await ask('told', '@ana:localhost')).pop() === 'left', 'the room is told that she left',
		await ask('told', '@ana:localhost'));
	check(Object.keys((await member()).content).length === 0, 'her hand is gone with her', await member());
	check(page.broken.length === 0, 'nothing fails in the page', page.broken);
	await page.context().close();

	const old = await phone('bo', { init: () => { delete window.RTCPeerConnection; } });
	await old.waitForSelector('#listen:visible');
	await old.click('#listen');
	await says(old, 'This browser cannot play');
	check(true, 'a browser without WebRTC says so');
	await old.context().close();

	const german = await phone('bo', { locale: 'de-DE' });
	await german.waitForSelector('#listen:text-is("Unterricht anhören")');
	check(true, 'the page offers it in German');
	await ask('http', 'teacher', 'POST', `/_matrix/client/v3/rooms/${encodeURIComponent(facts.room)}/kick`,
		{ user_id: '@bo:localhost' });
	await german.waitForSelector('#sound', { state: 'hidden' });
	check(true, 'who is removed from the room is offered nothing');
	check(german.broken.length === 0, 'nothing fails in the page in German', german.broken);
	await ask('silence', 'again');
} catch (e) {
	check(false, 'the lesson on a phone', String(e.stack || e));
}
await browser.close();
console.log(`1..${count}`);
process.exit(failed ? 1 : 0);
