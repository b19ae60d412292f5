// The browser's side of join_page.py: what a student does and sees on a phone.
//
//   node join_page.mjs PACKAGE_FOLDER CHROMIUM FACTS
//
// Prints TAP. {"do", "args"} on stdout asks the other side for something; the answer is a line
// of JSON on stdin. SHOTS=FOLDER keeps pictures of the views.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const [folder, executablePath, text] = process.argv.slice(2);
const require = createRequire(`${folder}/x.js`);
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const acorn = require('acorn');
const facts = JSON.parse(text);
const PHONE = { viewport: { width: 360, height: 640 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
const STEP = 60000;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const ask = async (what, ...args) => {
	process.stdout.write(`${JSON.stringify({ do: what, args })}\n`);
	const answer = JSON.parse((await lines.next()).value);
	if (answer.error) throw new Error(`${what} ${args}: ${answer.error}`);
	return answer.ok;
};
const muster = (who, ...args) => ask('muster', who, args);

let count = 0;
let failed = 0;
const check = (ok, what, detail) => {
	count += 1;
	if (!ok) failed += 1;
	console.log(`${ok ? 'ok' : 'not ok'} ${count} - join_page: ${what}`);
	if (!ok && detail !== undefined) console.log(`# ${JSON.stringify(detail)}`);
};

const browser = await chromium.launch({ executablePath, headless: true, args: [
	...(process.getuid() === 0 ? ['--no-sandbox'] : []), '--disable-dev-shm-usage'] });

let current = null;

// A new phone; `broken` collects what must not happen: errors, refused contents, other addresses.
const phone = async (how = {}) => {
	const context = await browser.newContext({ ...PHONE, locale: 'en-US', ...how });
	context.setDefaultTimeout(STEP);
	const page = await context.newPage();
	current = page;
	page.broken = [];
	page.bytes = 0;
	page.on('pageerror', (e) => page.broken.push(String(e.stack || e)));
	page.on('console', (m) => m.type() === 'error' && !/Failed to load resource/.test(m.text()) &&
		page.broken.push(m.text()));
	page.on('request', (r) => /^(blob|data):/.test(r.url()) || r.url().startsWith(facts.url) ||
		page.broken.push(r.url()));
	return page;
};

const shot = async (page, name) => {
	if (process.env.SHOTS)
		await page.screenshot({ path: `${process.env.SHOTS}/${name}.png` });
};

// What axe-core finds wrong for people who see, hear or move differently.
const violations = async (page) => {
	await page.evaluate(axe);
	const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
	return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(' | ')}`);
};
const accessible = async (page, where) => {
	const found = await violations(page);
	check(found.length === 0, `axe-core finds nothing wrong: ${where}`, found);
	await shot(page, where.replace(/\W+/g, '-'));
};

const logIn = async (page, user, how = {}) => {
	await page.goto(`${facts.url}/join`);
	if (await page.isHidden('#view-login'))
		await page.click('[data-go=login]');
	await page.fill('#user', user);
	await page.fill('#password', facts.password);
	if (how.shared) await page.check('#not-mine-2');
	await page.click('#form-login button:not(.plain)');
	await page.waitForSelector('#view-room:not([hidden]), #view-rooms:not([hidden])');
};
const CLASS = 'Class 5b';
const openRoom = async (page, name) => {
	await page.waitForSelector('#view-room:not([hidden]), #view-rooms:not([hidden])');
	if (await page.isVisible('#view-room')) await page.click('#back');
	await page.click(`#rooms button:has-text("${name}")`);
	await page.waitForSelector('#view-room:not([hidden])');
};
const write = async (page, what) => {
	await page.fill('#text', what);
	await page.click('#write > button');
};
const texts = (page, selector) => page.$$eval(selector, (all) => all.map((n) => n.textContent.trim()));
// Wait until the newest message that was sent is `what`, and give all bodies.
const sent = (page, what) => page.waitForSelector(`#log .item.mine:not(.unsent) .text:text-is("${what}")`);
const bodies = async (n = 50) => (await muster('teacher', 'read', facts.room, '-n', String(n))).map((r) => r.body);
const send = (who, content, type = 'm.room.message', room = facts.room) =>
	ask('http', who, 'PUT', `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/${type}/${Math.random()}`, content)
		.then((r) => r.event_id);
const heading = (page) => page.evaluate(() => document.activeElement.tagName + ' ' + document.activeElement.textContent);
const fine = async (page, what) => {
	check(page.broken.length === 0, `nothing fails in the page: ${what}`, page.broken);
	await page.context().close();
};

const POLL = 'org.matrix.msc3381.poll';
const TEXT = 'org.matrix.msc1767.text';
const poll = (question, answers, more = {}) => send('teacher', {
	[`${POLL}.start`]: { kind: `${POLL}.disclosed`, max_selections: 1, question: { [TEXT]: question },
		answers: answers.map((a, i) => ({ id: `a${i}`, [TEXT]: a })) }, [TEXT]: question, ...more }, `${POLL}.start`);
const votes = async (id) => (await ask('http', 'teacher', 'GET', '/_matrix/client/v1/rooms/' +
	`${encodeURIComponent(facts.room)}/relations/${encodeURIComponent(id)}/m.reference?limit=100`))
	.chunk.filter((e) => e.type === `${POLL}.response`).map((e) => [e.sender, e.content[`${POLL}.response`].answers]);

const tests = {
	async 'from the slip into the room'() {
		const slip = await ask('class_slip', 'Class 6a', 'Mia Okafor');
		const page = await phone();
		await page.goto(slip.link);
		await page.waitForSelector('#view-name:not([hidden])');
		check(page.url() === `${facts.url}/join` && !(await page.evaluate(() => window.location.href)).includes('#'),
			'the code leaves the address at once', page.url());
		check(await page.textContent('#you') === 'Mia Okafor' && await page.textContent('#your-room') === 'Class 6a',
			'the page says who one is and where one goes');
		check(await heading(page) === 'H1 Is this you?', 'the heading has the focus', await heading(page));
		await accessible(page, 'the name');
		await page.click('#not-me');
		check(await page.isVisible('text=Give it back to your teacher'), 'who is somebody else is told what to do');
		await accessible(page, 'not me');
		await page.goto('about:blank');
		await page.goto(slip.link);
		await page.click('#it-is-me');
		await accessible(page, 'the password');
		await page.fill('#new-password', 'short');
		await page.click('#form-password button');
		check(await page.isVisible('#view-password'), 'a short password is not taken');
		await page.check('#show-new');
		check(await page.getAttribute('#new-password', 'type') === 'text', 'the password can be shown');
		await page.fill('#new-password', facts.password);
		await page.click('#form-password button');
		await page.waitForSelector('#view-room:not([hidden])');
		await write(page, 'Hello from the slip');
		await sent(page, 'Hello from the slip');
		const read = await muster('teacher', 'read', 'Class 6a', '-n', '1');
		check(read[0].body === 'Hello from the slip' && read[0].sender === slip.user_id,
			'the command line reads what the new student wrote', read);
		await page.reload();
		await page.waitForSelector('#view-room:not([hidden])');
		check(true, 'who comes back is still logged in');
		await page.click('#back');
		await page.click('#out');
		await page.waitForSelector('#view-login:not([hidden])');
		const left = await page.evaluate(() => JSON.stringify(window.localStorage) + JSON.stringify(window.sessionStorage));
		check(!/muster_|token|mia/.test(left), 'who logs out leaves nothing behind', left);
		await page.goto('about:blank');
		await page.goto(slip.link);
		await page.waitForSelector('#view-login:not([hidden])');
		check(slip.user_id === `@${await page.inputValue('#user')}:localhost` && /used already/.test(await page.textContent('#status')),
			'a slip that was used leads to the password');
		await fine(page, 'the slip');
	},

	async 'a code is typed, on a phone of somebody else'() {
		const slip = await ask('slip', 'noa', 'Noa', facts.room);
		const page = await phone();
		await page.goto(`${facts.url}/join`);
		await accessible(page, 'the code');
		await page.fill('#code', 'AAAA-BBBB-CCCC-DDDD');
		await page.click('#form-code button');
		await page.waitForSelector('#status.bad:has-text("This code is not known")');
		await page.fill('#code', slip.code.toLowerCase().replace(/-/g, ' '));
		await page.click('#form-code button');
		await page.click('#it-is-me');
		await page.fill('#new-password', facts.password);
		await page.check('#not-mine');
		await page.click('#form-password button');
		await page.waitForSelector('#view-room:not([hidden])');
		const where = await page.evaluate(() => [JSON.stringify(window.localStorage), JSON.stringify(window.sessionStorage)]);
		check(!/token/.test(where[0]) && /token/.test(where[1]), 'a phone of somebody else forgets when the page is closed', where);
		const expired = await ask('slip', 'ole', 'Ole', facts.room, 1);
		await page.goto('about:blank');
		await page.goto(expired.link);
		await page.waitForSelector('#status.bad:has-text("too old")');
		check(true, 'a slip that is too old is said to be');
		await fine(page, 'the typed code');
	},

	async 'a message goes both ways'() {
		const page = await phone();
		await logIn(page, 'ana');
		await muster('teacher', 'send', facts.room, 'Good morning');
		await page.waitForSelector('#log >> text=Good morning');
		check(/Ms Weber.*: Good morning/.test(await page.textContent('#heard')), 'screen readers hear what is new',
			await page.textContent('#heard'));
		await write(page, 'Good morning,\nMs Weber');
		await page.waitForSelector('.item.mine:not(.unsent) >> text=Good morning,');
		const read = await muster('teacher', 'read', facts.room, '-n', '1');
		check(read[0].body === 'Good morning,\nMs Weber', 'the command line reads what the page sent', read);
		await accessible(page, 'the room');
		await fine(page, 'messages');
	},

	async 'answers, changes, deletions, reactions'() {
		const page = await phone();
		await logIn(page, 'ana');
		const id = await send('teacher', { msgtype: 'm.text', body: 'Page 12' });
		await page.waitForSelector('#log >> text=Page 12');
		await send('teacher', { msgtype: 'm.text', body: '* Page 13', 'm.new_content': { msgtype: 'm.text', body: 'Page 13' },
			'm.relates_to': { rel_type: 'm.replace', event_id: id } });
		await page.waitForSelector('#log >> text=Page 13');
		check(!(await texts(page, '#log .text')).includes('Page 12'), 'a change takes the place of the message');
		await send('bo', { msgtype: 'm.text', body: '* Forged', 'm.new_content': { msgtype: 'm.text', body: 'Forged' },
			'm.relates_to': { rel_type: 'm.replace', event_id: id } });
		await send('bo', { 'm.relates_to': { rel_type: 'm.annotation', event_id: id, key: '👍' } }, 'm.reaction');
		const item = page.locator('#log .item', { hasText: 'Page 13' });
		await item.locator('.reaction').waitFor();
		check(!(await texts(page, '#log .text')).includes('Forged'), 'nobody changes the message of another');
		await item.locator('.reaction').click();
		await item.locator('.reaction:has-text("2")').waitFor();
		check(await item.locator('.reaction').getAttribute('aria-pressed') === 'true', 'a reaction is joined by a touch');
		await item.locator('.reaction').click();
		await item.locator('.reaction:has-text("1")').waitFor();
		await item.locator('.more').click();
		await accessible(page, 'the actions');
		await item.locator('[aria-label="React with ❓"]').click();
		await item.locator('.reaction:has-text("❓")').waitFor();
		await item.locator('.more').click();
		await item.locator('.acts >> text=Reply').click();
		await accessible(page, 'answering');
		await write(page, 'Which one?');
		await sent(page, 'Which one?');
		const read = await ask('http', 'teacher', 'GET', `/_matrix/client/v3/rooms/${encodeURIComponent(facts.room)}/messages?dir=b&limit=1`);
		check(read.chunk[0].content['m.relates_to']?.['m.in_reply_to']?.event_id === id, 'an answer names the message', read.chunk);
		const mine = page.locator('#log .item', { hasText: 'Which one?' });
		check(/Ms Weber.*Page 13/.test(await mine.locator('blockquote').textContent()), 'and shows it');
		await mine.locator('.more').click();
		await mine.locator('.acts >> text=Delete').click();
		await mine.locator('.acts >> text=Really').click();
		await page.waitForSelector('#log >> text=This message was deleted.');
		check(!(await bodies(3)).includes('Which one?'), 'a deleted message is gone for the others');
		await fine(page, 'relations');
	},

	async 'a poll and a roll call'() {
		const page = await phone();
		await logIn(page, 'ana');
		const id = await poll('Where to?', ['Museum', 'Zoo <b>']);
		await page.click('.poll button:has-text("Zoo <b>")');
		await page.waitForSelector('.poll button[aria-pressed=true]:has-text("Zoo")');
		check(JSON.stringify(await votes(id)) === '[["@ana:localhost",["a1"]]]', 'a vote arrives', await votes(id));
		await page.click('.poll button:has-text("Museum")');
		await page.waitForSelector('.poll button[aria-pressed=true]:has-text("Museum ✓ · 1")');
		await send('bo', { 'm.relates_to': { rel_type: 'm.reference', event_id: id }, [`${POLL}.response`]: { answers: ['nonsense'] } }, `${POLL}.response`);
		await send('bo', { 'm.relates_to': { rel_type: 'm.reference', event_id: id }, [`${POLL}.end`]: {} }, `${POLL}.end`);
		await send('bo', { 'm.relates_to': { rel_type: 'm.reference', event_id: id }, [`${POLL}.response`]: { answers: ['a0'] } }, `${POLL}.response`);
		await page.waitForSelector('.poll button:has-text("Museum ✓ · 2")');
		check(true, 'the last vote of each counts, and not everybody may close a poll');
		await accessible(page, 'a poll');
		await send('teacher', { 'm.relates_to': { rel_type: 'm.reference', event_id: id }, [`${POLL}.end`]: {} }, `${POLL}.end`);
		await page.waitForSelector('.poll >> text=Closed. People who answered: 2');
		check(await page.locator('.poll button').count() === 0, 'a closed poll takes no votes');
		const fake = await send('bo', { [`${POLL}.start`]: { kind: `${POLL}.disclosed`, max_selections: 1,
			question: { [TEXT]: 'Mine?' }, answers: [{ id: 'here', [TEXT]: 'Yes' }] },
			'org.muster.roll': { version: 1, window_ms: 600000 } }, `${POLL}.start`);
		await page.waitForSelector('.poll:not(.roll):has-text("Mine?") button:has-text("Yes")');
		check(fake && await page.isHidden('#to-roll'), 'what no staff has opened is only a poll');
		await accessible(page, 'closed and pupil');
		await fine(page, 'polls');
	},

	async 'a roll call'() {
		const page = await phone();
		await logIn(page, 'ana');
		await openRoom(page, CLASS);
		const roll = (await muster('teacher', 'roll', 'open', facts.room, '--window', '1h', '--late-after', '30m'))[0].roll_id;
		await page.waitForSelector('.roll button.here:text-is("I am here")');
		check(/^Open until .*, (59|60) min left$/.test(await page.textContent('.roll .left')), 'it says how long one may answer',
			await page.textContent('.roll .left'));
		check(await page.evaluate(() => document.getElementById('heard').textContent.includes('Roll call: ')),
			'and screen readers say it');
		await accessible(page, 'a roll call');
		for (let i = 0; i < 12; i++)
			await send('bo', { msgtype: 'm.text', body: `talk ${i}\nand\nmore` });
		await page.waitForSelector('text=talk 11');
		await page.click('#to-roll');
		check(await page.evaluate(() => document.activeElement.textContent) === 'I am here', 'when it is far up, one comes to it');
		await page.keyboard.press('Enter');
		await page.waitForSelector('.roll button.here[aria-pressed=true]');
		await page.waitForSelector('.roll .said:has-text("You are here since")');
		await page.waitForSelector('#to-roll', { state: 'hidden' });
		const status = async () => (await muster('teacher', 'roll', 'status', roll))
			.filter((r) => r.user_id === '@ana:localhost').map((r) => `${r.status} by ${r.way}`)[0];
		check(await status() === 'here by vote', 'the answer is counted', await status());
		await page.click('.roll button:text-is("I cannot come")');
		await page.waitForSelector('.roll .said:has-text("You said that you cannot come.")');
		check(await status() === 'away by vote', 'a later answer changes it', await status());
		await accessible(page, 'a roll call answered');
		await muster('teacher', 'roll', 'close', facts.room);
		await page.waitForSelector('.roll .left:has-text("Closed at")');
		check(await page.locator('.roll button').count() === 0, 'a closed one takes no answers');
		await page.context().close();

		const late = await phone();
		await logIn(late, 'ana');
		await openRoom(late, CLASS);
		const soon = (await muster('teacher', 'roll', 'open', facts.room, '--window', '8s'))[0].roll_id;
		await late.waitForSelector('.roll:has-text("You have not answered.") .left:has-text("Closed at")');
		check(await late.locator('.roll button').count() === 0 && soon, 'it closes by itself');
		await muster('teacher', 'roll', 'open', facts.room);
		await late.waitForSelector('.roll button.here');
		await muster('teacher', 'roll', 'cancel', facts.room);
		await late.waitForSelector('.roll .left:has-text("Cancelled: it counts for nothing.")');
		await fine(late, 'roll calls');
	},

	async 'my record'() {
		const page = await phone();
		await ask('add', 'rita', 'Rita', facts.room);
		await ask('add', 'rob', 'Rob', facts.room);
		await logIn(page, 'rita');
		if (await page.isVisible('#view-room')) await page.click('#back');
		await page.click('#to-record');
		await page.waitForSelector('#no-records:not([hidden])');
		check(await heading(page) === 'H1 My record', 'the heading has the focus', await heading(page));
		await page.click('#record-back');
		const chat = (await ask('http', 'teacher', 'POST', '/_matrix/client/v3/createRoom',
			{ is_direct: true, preset: 'trusted_private_chat', invite: ['@rita:localhost'] })).room_id;
		const robs = (await ask('http', 'rob', 'POST', '/_matrix/client/v3/createRoom',
			{ is_direct: true, preset: 'trusted_private_chat', invite: ['@rita:localhost'] })).room_id;
		for (let i = 0; i < 2; i++) {
			await page.click('#rooms .invite button:text-is("Accept")');
			await page.waitForFunction((n) => document.querySelectorAll('#rooms .invite').length === n, 1 - i);
		}
		const record = (uid, status, more = {}) => ({ msgtype: 'm.notice', body: `You were ${status}.`,
			'org.muster.record': { version: 1, room_id: facts.room, uid, recurrence_id: '20260302T090000',
				title: `Lesson <b>${uid}</b>`, start_ts: Date.UTC(2026, 2, 2, 9), status, ...more } });
		await send('teacher', record('u1', 'absent'), 'm.room.message', chat);
		await send('teacher', record('u2', 'late', { first_join_ts: Date.UTC(2026, 2, 2, 9, 7), present_s: 4980,
			start_ts: Date.UTC(2026, 2, 3, 9) }), 'm.room.message', chat);
		await send('teacher', record('u1', 'excused'), 'm.room.message', chat);
		await send('teacher', record('u3', 5), 'm.room.message', chat);
		await send('rob', record('u2', 'present'), 'm.room.message', robs);
		await page.click('#to-record');
		await page.waitForFunction(() => document.querySelectorAll('#records li').length === 2 &&
			document.querySelector('#records').textContent.includes('excused'));
		const rows = await texts(page, '#records li');
		check(/Lesson <b>u2<\/b>.*late.*Came at 9:07 AM\. There for 83 min\..*Told by/.test(rows[0]) &&
			/Lesson <b>u1<\/b>.*excused/.test(rows[1]), 'the last word of staff on each lesson', rows);
		await accessible(page, 'my record');
		await page.goBack();
		await page.waitForSelector('#view-rooms:not([hidden])');
		await page.goForward();
		await page.waitForSelector('#view-record:not([hidden])');
		await fine(page, 'my record');
	},

	async 'nothing of others becomes markup'() {
		const EVIL = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>';
		const page = await phone();
		const room = (await muster('teacher', 'room', 'create', EVIL))[0].room_id;
		await ask('op', 'room.join', { room_id: room, users: ['ana', 'bo'] });
		await ask('http', 'bo', 'PUT', '/_matrix/client/v3/profile/@bo:localhost/displayname', { displayname: EVIL });
		await logIn(page, 'ana');
		await page.waitForSelector('#view-rooms:not([hidden])');
		await page.locator('#rooms button', { hasText: '<img' }).click();
		const upload = async (type, raw) => (await ask('upload', 'bo', type, Buffer.from(raw).toString('base64'))).content_uri;
		const svg = await upload('image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" onload="window.pwned=1"><script>window.pwned=1</script></svg>');
		const html = await upload('text/html', '<script>window.pwned=1</script>');
		for (const content of [
			{ msgtype: 'm.text', body: EVIL, format: 'org.matrix.custom.html', formatted_body: EVIL },
			{ msgtype: 'm.text', body: 'javascript:window.pwned=1 https://a.example/"onmouseover="window.pwned=1' },
			{ msgtype: 'm.image', body: `${EVIL}.svg`, url: svg, info: { mimetype: 'image/svg+xml', size: 99 } },
			{ msgtype: 'm.image', body: 'lie.png', url: svg, info: { mimetype: 'image/png' } },
			{ msgtype: 'm.file', body: '../../evil.html', url: html, info: { mimetype: 'text/html', size: 31 } },
			{ msgtype: 'm.file', body: 'x', url: 'mxc://localhost/../../../join' },
			{ msgtype: 'm.text', body: 'abc\u202etxt.exe\u0007\u0000 ' + 'z\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301' },
			{ msgtype: 5, body: { a: 1 }, url: [1], info: 'x', 'm.relates_to': 7 },
			{ msgtype: 'm.text' },
			{ body: '__proto__', msgtype: 'm.text', 'm.relates_to': { 'm.in_reply_to': { event_id: '__proto__' } } },
		])
			await send('bo', content, 'm.room.message', room);
		const last = await send('bo', { msgtype: 'm.text', body: 'almost' }, 'm.room.message', room);
		await send('bo', { 'm.relates_to': { rel_type: 'm.annotation', event_id: last, key: EVIL } }, 'm.reaction', room);
		await send('bo', { [`${POLL}.start`]: { answers: 'x', question: 5 } }, `${POLL}.start`, room);
		await send('bo', { [`${POLL}.start`]: { answers: [null, 5, { id: EVIL, [TEXT]: EVIL }], question: { [TEXT]: EVIL } } }, `${POLL}.start`, room);
		await send('bo', { msgtype: 'm.text', body: 'the end' }, 'm.room.message', room);
		await page.waitForSelector('#log >> text=the end');
		const shown = await texts(page, '#log .text');
		check(shown.includes(EVIL), 'markup is shown as it was written', shown);
		check(shown.some((x) => x.startsWith('abc\ufffdtxt.exe\ufffd')) && !/[\u202a-\u202e\u2066\u2067]/.test(shown.join('')),
			'what turns text around is made visible', shown);
		const links = await page.$$eval('#log a', (all) => all.map((a) => a.getAttribute('href') + ' ' + a.rel));
		check(JSON.stringify(links) === '["https://a.example/ noopener noreferrer"]', 'only web addresses become links', links);
		const download = page.waitForEvent('download');
		await page.click('button.media:has-text("<img")');
		const file = await download;
		check(page.url() === `${facts.url}/join` && !file.suggestedFilename().includes('/'), 'a drawing is saved, never opened', file.suggestedFilename());
		await page.click('button.media:has-text("lie.png")');
		await page.waitForSelector('#status:has-text("cannot be shown")');
		check(await page.locator('button.media').count() === 3, 'an address of a file that leads elsewhere is none',
			await texts(page, 'button.media'));
		const bad = await page.evaluate(() => [window.pwned, document.querySelectorAll('#app script, #app iframe, #app object, #app svg, #app [onerror]').length]);
		check(bad[0] === undefined && bad[1] === 0, 'nothing of it runs', bad);
		await accessible(page, 'hostile text');
		await ask('http', 'bo', 'PUT', '/_matrix/client/v3/profile/@bo:localhost/displayname', { displayname: 'Bo' });
		await muster('teacher', 'room', 'kick', room, '@ana:localhost');
		await page.waitForSelector('#view-rooms:not([hidden])');
		check(/not in this room/.test(await page.textContent('#status')), 'who is sent out of a room is told');
		await fine(page, 'hostile text');
	},

	async 'pictures and files'() {
		const page = await phone();
		await logIn(page, 'ana');
		await openRoom(page, CLASS);
		const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC', 'base64');
		const uri = (await ask('upload', 'teacher', 'image/png', png.toString('base64'))).content_uri;
		await send('teacher', { msgtype: 'm.image', body: 'square.png', url: uri, info: { mimetype: 'image/png', size: png.length } });
		await page.waitForSelector('button.media:has-text("square.png")');
		check(/\(7\d B\)/.test(await page.textContent('button.media:has-text("square.png")')), 'the size is told before',
			await page.textContent('button.media:has-text("square.png")'));
		await page.click('button.media:has-text("square.png")');
		await page.waitForSelector('#log img');
		await page.waitForFunction(() => document.querySelector('#log img').naturalWidth === 8);
		check(await page.getAttribute('#log img', 'alt') === 'square.png', 'a picture is shown when it is asked for');
		await fine(page, 'pictures');
	},

	async 'the server goes away and comes back'() {
		const page = await phone();
		await logIn(page, 'ana');
		await openRoom(page, CLASS);
		await ask('stop');
		await page.waitForSelector('#status.bad:has-text("No connection")');
		await write(page, 'Written meanwhile');
		await page.waitForSelector('.unsent:has-text("Not sent yet")');
		await accessible(page, 'no connection');
		await ask('start');
		await sent(page, 'Written meanwhile');
		await page.waitForSelector('#status:empty', { state: 'attached' });
		check((await bodies()).filter((b) => b === 'Written meanwhile').length === 1, 'what was written meanwhile is sent once');
		// The server takes a message, and its answer is lost.
		let lost = 0;
		await page.route('**/send/m.room.message/**', async (route) => {
			lost += 1;
			if (lost > 1) return route.continue();
			await route.fetch();
			return route.abort();
		});
		await write(page, 'Answer lost');
		await sent(page, 'Answer lost');
		await page.waitForSelector('.unsent', { state: 'detached' });
		check((await bodies()).filter((b) => b === 'Answer lost').length === 1, 'a lost answer makes no second message', lost);
		await page.unrouteAll({ behavior: 'wait' });
		// Closed with something unsent.
		await page.route('**/send/**', (route) => route.abort());
		await write(page, 'Before closing');
		await page.waitForSelector('.unsent:has-text("Before closing")');
		await page.unrouteAll({ behavior: 'wait' });
		await page.reload();
		await openRoom(page, CLASS);
		await sent(page, 'Before closing');
		check((await bodies()).filter((b) => b === 'Before closing').length === 1, 'what is unsent outlives the page');
		await fine(page, 'restart');
	},

	async 'a busy and a slow server'() {
		const page = await phone();
		await logIn(page, 'ana');
		await openRoom(page, CLASS);
		let refused = 0;
		await page.route('**/send/m.room.message/**', async (route) => {
			refused += 1;
			if (refused <= 2)
				return route.fulfill({ status: 429, json: { errcode: 'M_LIMIT_EXCEEDED', error: 'x', retry_after_ms: 50 } });
			await new Promise((done) => { setTimeout(done, 1500); });
			return route.continue();
		});
		await page.fill('#text', 'Slowly');
		await page.click('#write > button');
		await page.click('#write > button');
		await page.waitForSelector('.unsent:has-text("Not sent yet")');
		await sent(page, 'Slowly');
		check(refused === 3 && (await bodies()).filter((b) => b === 'Slowly').length === 1, 'a server that asks to wait is waited for', refused);
		await page.unrouteAll({ behavior: 'wait' });
		await page.route('**/send/m.room.message/**', (route) => route.fulfill({ status: 403, json: { errcode: 'M_FORBIDDEN', error: 'x' } }));
		await write(page, 'Refused');
		await page.waitForSelector('.unsent:has-text("Not sent: You may not do this here.")');
		await accessible(page, 'refused');
		await page.click('.unsent >> text=Throw away');
		await page.waitForSelector('.unsent', { state: 'detached' });
		check(true, 'what the server refuses can be thrown away');
		await fine(page, 'busy');
	},

	async 'a token that is not valid any more'() {
		const page = await phone();
		await logIn(page, 'bo');
		await openRoom(page, CLASS);
		await page.route('**/send/**', (route) => route.abort());
		await write(page, 'Kept over the log-in');
		await page.waitForSelector('.unsent');
		await ask('op', 'user.password', { user: 'bo', password: facts.password });
		await page.waitForSelector('#view-login:not([hidden])');
		check(/logged out/.test(await page.textContent('#status')) && await page.inputValue('#user') === 'bo', 'who is logged out is asked for the password');
		await accessible(page, 'log in again');
		await page.unrouteAll({ behavior: 'wait' });
		await page.fill('#password', 'wrong password');
		await page.click('#form-login button:not(.plain)');
		await page.waitForSelector('#status.bad:has-text("wrong")');
		await page.fill('#password', facts.password);
		await page.click('#form-login button:not(.plain)');
		await openRoom(page, CLASS);
		await sent(page, 'Kept over the log-in');
		check(true, 'and what was unsent is sent then');
		await ask('forget', 'bo');
		await fine(page, 'token');
	},

	async 'several rooms'() {
		const page = await phone();
		await page.addInitScript(() => {
			let seen = 'visible';
			Object.defineProperty(document, 'visibilityState', { get: () => seen });
			window.look = (how) => {
				seen = how;
				document.dispatchEvent(new Event('visibilitychange'));
			};
		});
		await logIn(page, 'ana');
		const receipts = [];
		page.on('request', (r) => r.url().includes('/read_markers') && receipts.push(r.postData()));
		const room = (await muster('teacher', 'room', 'create', 'Choir'))[0].room_id;
		await ask('op', 'room.join', { room_id: room, users: ['ana'] });
		await muster('teacher', 'send', room, 'Song 1');
		if (await page.isVisible('#view-room')) await page.click('#back');
		await page.waitForSelector('#rooms button:has-text("Choir"):has-text("1 new")');
		check(/^\(\d+\) /.test(await page.title()), 'the title counts what is new', await page.title());
		await muster('teacher', 'send', '@ana:localhost', 'Only for you');
		await page.waitForSelector('#rooms .invite:has-text("wants to write with you alone")');
		await accessible(page, 'the rooms');
		await page.click('#rooms .invite >> text=Accept');
		await page.click('#rooms button:has-text("Ms Weber")');
		await page.waitForSelector('#log >> text=Only for you');
		check(await page.locator('#log .badge').count() === 0, 'a direct chat is accepted and read');
		check(JSON.stringify(await ask('http', 'ana', 'GET', '/_matrix/client/v3/user/@ana:localhost/account_data/m.direct'))
			.startsWith('{"@teacher:localhost":["!'), 'and is kept as one');
		await page.goBack();
		await page.waitForSelector('#view-rooms:not([hidden])');
		check(true, 'the phone\'s Back key leads to the list');
		await page.click('#rooms button:has-text("Choir")');
		await page.waitForSelector('#log >> text=Song 1');
		await page.waitForFunction(() => !/^\(/.test(document.title));
		await page.evaluate(() => window.look('hidden'));
		receipts.length = 0;
		await muster('teacher', 'send', room, 'Song 2');
		await page.waitForSelector('#log >> text=Song 2');
		check(receipts.length === 0, 'nobody is said to have read what is not seen', receipts);
		const told = page.waitForRequest('**/read_markers');
		await page.evaluate(() => window.look('visible'));
		await told;
		check(true, 'and is when it is');
		await page.click('#back');
		await muster('teacher', 'send', room, 'Song 3');
		await page.click('#rooms button:has-text("Choir"):has-text("1 new")');
		await page.waitForSelector('.line.unread + .item:has-text("Song 3")');
		check(true, 'a line stands before what is new');
		await accessible(page, 'the unread line');
		await fine(page, 'rooms');
	},

	async 'older messages'() {
		const room = (await muster('teacher', 'room', 'create', 'Long'))[0].room_id;
		await ask('op', 'room.join', { room_id: room, users: ['ana'] });
		for (let i = 1; i <= 130; i++)
			await send('teacher', { msgtype: 'm.text', body: `Line ${i}` }, 'm.room.message', room);
		const page = await phone();
		await logIn(page, 'ana');
		await openRoom(page, 'Long');
		await page.waitForSelector('#log >> text="Line 130"');
		check(await page.evaluate(() => window.innerHeight + window.pageYOffset >= document.documentElement.scrollHeight - 5),
			'a room opens at its end');
		while (await page.isVisible('#older')) {
			await page.click('#older');
			await page.waitForSelector('#older:not([aria-busy])', { state: 'attached' });
		}
		const all = await texts(page, '#log .text');
		check(all.length === 130 && all[0] === 'Line 1' && all[129] === 'Line 130', 'older messages come in order, each once',
			[all.length, all[0], all[129]]);
		await page.evaluate(() => window.scrollTo(0, 0));
		await send('teacher', { msgtype: 'm.text', body: 'Line 131' }, 'm.room.message', room);
		await page.waitForSelector('#down:not([hidden])');
		check(await page.evaluate(() => window.pageYOffset) === 0, 'who reads older messages is not torn away');
		await page.click('#down');
		await page.waitForSelector('#down', { state: 'hidden' });
		await fine(page, 'older messages');
	},

	async 'scripts are blocked'() {
		for (const [locale, words] of [['en-US', 'muster login'], ['de-DE', 'braucht Skripte']]) {
			const page = await phone({ javaScriptEnabled: false, locale });
			await page.goto(`${facts.url}/join#ABCD`);
			const said = await page.innerText('body');
			check(said.includes(words) && said.includes(facts.url) && said.includes('Element') && !(await page.isVisible('#app')),
				`without scripts the page says which program to use (${locale})`, said);
			await shot(page, `no-scripts-${locale}`);
			await page.context().close();
		}
	},

	async 'in the reader\'s language'() {
		for (const [locale, title, hello] of [['de-DE', 'Der Code auf deinem Zettel', 'Heute'], ['zh-CN', '纸条上的代码', '今天']]) {
			const page = await phone({ locale });
			await page.goto(`${facts.url}/join`);
			check(await page.textContent('#view-code h1') === title, `the page speaks ${locale}`, await page.textContent('#view-code h1'));
			await accessible(page, `code ${locale}`);
			await logIn(page, 'ana');
			await openRoom(page, CLASS);
			await page.waitForSelector(`.line.day:has-text("${hello}")`);
			await accessible(page, `room ${locale}`);
			await fine(page, locale);
		}
		const page = await phone();
		const slip = await ask('slip', 'pia', 'Pia', facts.room);
		await page.goto(slip.link);
		await page.waitForSelector('#view-name:not([hidden])');
		await page.selectOption('#language', 'de');
		await page.waitForSelector('text=Bist du das?');
		check(!page.url().includes('#'), 'another language keeps the slip\'s code, and not in the address', page.url());
		await page.goto(`${facts.url}/join`);
		await page.waitForSelector('html[lang=de]', { state: 'attached' });
		check(true, 'the language is remembered');
		await fine(page, 'languages');
	},

	async 'names from right to left'() {
		await ask('add', 'dalia', 'داليا خليل', facts.room);
		await send('dalia', { msgtype: 'm.text', body: 'صباح الخير!' });
		await ask('add', 'fake', 'Ms Weber', facts.room);
		await send('fake', { msgtype: 'm.text', body: 'No homework today' });
		const page = await phone();
		await logIn(page, 'ana');
		await openRoom(page, CLASS);
		const item = page.locator('#log .item', { hasText: 'صباح' }).first();
		await item.waitFor();
		const look = await item.locator('.text').evaluate((n) => getComputedStyle(n).direction);
		check(look === 'rtl' && (await item.locator('.who').textContent()) === 'داليا خليل', 'a text from right to left is drawn so', look);
		const forged = await page.locator('#log .item', { hasText: 'No homework' }).first().locator('.who').textContent();
		check(forged === 'Ms Weber (fake)', 'who takes the name of another is told apart', forged);
		await accessible(page, 'right to left');
		await fine(page, 'right to left');
	},

	async 'enlarged, dark, on its side'() {
		const noWider = async (page, what) => {
			const wide = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
			check(wide[0] <= wide[1], `nothing is cut off at the side: ${what}`, wide);
		};
		for (const [what, how] of [['at 200 %', { viewport: { width: 180, height: 320 } }], ['dark', { colorScheme: 'dark' }],
			['on its side', { viewport: { width: 640, height: 360 } }]]) {
			const page = await phone({ ...how, isMobile: false });
			await page.goto(`${facts.url}/join`);
			await noWider(page, `${what}, the code`);
			await logIn(page, 'ana');
			await openRoom(page, CLASS);
			await page.waitForSelector('#log .item');
			await noWider(page, `${what}, the room`);
			const small = await page.$$eval('button, input, select, textarea', (all) => all.filter((n) => n.offsetParent)
				.map((n) => [n.closest('label') ? n.closest('label').getBoundingClientRect() : n.getBoundingClientRect(), n.outerHTML.slice(0, 90)])
				.filter(([r]) => r.height < 43.5 || r.width < 43.5).map(([r, h]) => `${r.width}x${r.height} ${h}`));
			check(small.length === 0, `everything is large enough for a finger: ${what}`, small);
			await accessible(page, what);
			await fine(page, what);
		}
	},

	async 'by keyboard alone'() {
		const page = await phone({ isMobile: false, hasTouch: false });
		await page.goto(`${facts.url}/join`);
		const tab = async () => {
			await page.keyboard.press('Tab');
			return page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim());
		};
		check(await heading(page) === 'H1 The code of your slip', 'it begins at the heading', await heading(page));
		const order = [await tab(), await tab(), await tab(), await tab()];
		check(order.join() === 'code,Go on,I have a password already,language', 'the focus goes from top to bottom', order);
		await page.focus('[data-go=login]');
		await page.keyboard.press('Enter');
		await page.focus('#user');
		await page.keyboard.type('ana');
		await tab();
		await page.keyboard.type(facts.password);
		await page.keyboard.press('Enter');
		await page.waitForSelector('#view-room:not([hidden]), #view-rooms:not([hidden])');
		await openRoom(page, CLASS);
		await page.focus('#text');
		await page.keyboard.type('By keyboard');
		await page.keyboard.press('Enter');
		await sent(page, 'By keyboard');
		check(await page.evaluate(() => document.activeElement.id) === 'text', 'the focus stays where one writes');
		await fine(page, 'keyboard');
	},

	async 'other sites'() {
		const page = await phone();
		await page.route('http://evil.example/', (route) => route.fulfill({ contentType: 'text/html', body: `<iframe src="${facts.url}/join"></iframe>` }));
		await page.goto('http://evil.example/');
		const frame = page.frames()[1];
		check(!(await frame.locator('#app').count()), 'the page is in no frame of another');
		await page.context().close();
	},

	async 'whatever a sync holds'() {
		const sample = JSON.stringify(await ask('http', 'ana', 'GET', '/_matrix/client/v3/sync'));
		const page = await phone();
		await logIn(page, 'ana');
		await openRoom(page, CLASS);
		let seed = Number(process.env.SEED) || 20260101;
		const random = () => { seed = (seed * 48271) % 2147483647; return seed / 2147483647; };
		const junk = [null, 0, -1, 1e300, '', 'x', '__proto__', 'constructor', [], {}, [null], { a: [] }, true, 1.5, '\u202e\ud800'];
		const spoil = (v, often) => {
			if (random() < often) return junk[Math.floor(random() * junk.length)];
			if (Array.isArray(v)) return v.map((x) => spoil(x, often));
			return v && typeof v === 'object' ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, spoil(x, often)])) : v;
		};
		let rounds = 0;
		const enough = new Promise((done) => {
			page.route('**/sync?*', async (route) => {
				rounds += 1;
				if (rounds > 150) return done(route.continue());
				const fresh = JSON.parse(sample.replace(/"\$[^"]+/g, (id) => `${id}.${rounds}`));
				const body = spoil(fresh, [0.002, 0.02, 0.1][rounds % 3]);
				return route.fulfill({ json: { ...body, next_batch: `r${rounds}` } });
			});
		});
		await Promise.race([enough, page.waitForEvent('pageerror', { timeout: 2 * STEP }).catch(() => {})]);
		if (page.broken.length) throw new Error(`round ${rounds}: ${page.broken[0]}`);
		await page.unrouteAll({ behavior: 'ignoreErrors' });
		await page.reload();
		await openRoom(page, CLASS);
		await write(page, 'Still here');
		await sent(page, 'Still here');
		check(page.broken.length === 0, 'the page lives through whatever a sync holds', page.broken.slice(0, 5));
		await page.context().close();
	},

	async 'old browsers'() {
		const html = await (await fetch(`${facts.url}/join`)).text();
		const scripts = [...html.matchAll(/<script>([^]*?)<\/script>/g)].map((m) => m[1]);
		for (const script of scripts)
			acorn.parse(script, { ecmaVersion: script.length < 1000 ? 5 : 2017 });
		check(scripts.length === 2, 'the scripts are of 2017, the first one older');
		// Without what came later, as phones of that time have it.
		const page = await phone();
		await page.addInitScript(() => {
			delete window.AbortController;
			delete window.WebSocket;
			delete Array.prototype.flat;
			delete Object.fromEntries;
			delete String.prototype.replaceAll;
			Object.defineProperty(window, 'isSecureContext', { value: false });
			for (const name of ['localStorage', 'sessionStorage'])
				Object.defineProperty(window, name, { get() { throw new Error('refused'); } });
		});
		await logIn(page, 'ana');
		await openRoom(page, CLASS);
		await write(page, 'From an old phone');
		await sent(page, 'From an old phone');
		check(true, 'a browser that keeps nothing and knows little will do');
		await fine(page, 'old browsers');
		const broken = await phone();
		await broken.route('**/join', async (route) => {
			const reply = await route.fetch();
			await route.fulfill({ response: reply, body: (await reply.text()).replace("'use strict';", "'use strict'; a ?! b;"),
				headers: { 'content-type': 'text/html' } });
		});
		await broken.goto(`${facts.url}/join`);
		check(await broken.isVisible('#plain') && !(await broken.isVisible('#app')), 'a browser that is too old says what to use');
		await broken.context().close();
	},

	async 'what it costs'() {
		const page = await phone();
		const client = await page.context().newCDPSession(page);
		let bytes = 0;
		let requests = 0;
		await client.send('Network.enable');
		client.on('Network.loadingFinished', (e) => { bytes += e.encodedDataLength; });
		client.on('Network.requestWillBeSent', () => { requests += 1; });
		await page.goto(`${facts.url}/join`);
		const first = bytes;
		check(first < 100000, 'the page is under 100 kB', first);
		await logIn(page, 'ana');
		await page.waitForLoadState('load');
		console.log(`# the page ${first} bytes; until the first room ${bytes} bytes in ${requests} requests`);
		bytes = 0;
		await page.reload();
		await page.waitForSelector('#view-room:not([hidden]), #view-rooms:not([hidden])');
		console.log(`# coming back: ${bytes} bytes`);
		await fine(page, 'costs');
	},
};

const wanted = process.env.ONLY ? new RegExp(process.env.ONLY) : null;
for (const [name, run] of Object.entries(tests)) {
	if (wanted && !wanted.test(name)) continue;
	try {
		await run();
	} catch (e) {
		const seen = await current?.innerText('body', { timeout: 1000 }).catch(() => '');
		check(false, name, [...String(e.stack || e).split('\n').slice(0, 12), seen, current?.broken]);
		await current?.context().close().catch(() => {});
	}
}
await browser.close();
console.log(`1..${count}`);
process.exit(failed ? 1 : 0);
