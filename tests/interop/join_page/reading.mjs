// For everybody: languages, directions of writing, sizes, keyboards, old browsers; and what it costs.
import { accessible, ask, check, facts, fine, logIn, phone, shot, require } from '../page_driver.mjs';
import { heading, openRoom, send, sent, write, CLASS } from './steps.mjs';

const acorn = require('acorn');

export default {
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
		await send('teacher', { msgtype: 'm.text', body: 'Written today' });
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
