// What others send that means harm, or makes no sense.
import { accessible, ask, check, facts, fine, logIn, muster, phone, STEP } from '../page_driver.mjs';
import { openRoom, send, sent, texts, write, CLASS, POLL, TEXT } from './steps.mjs';

export default {
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
};
