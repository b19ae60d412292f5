// Several rooms, and long ones.
import { accessible, ask, check, fine, logIn, muster, phone, until } from '../page_driver.mjs';
import { openRoom, send, texts } from './steps.mjs';

export default {
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
		// The page is there before it has told the server so.
		const direct = () => ask('http', 'ana', 'GET', '/_matrix/client/v3/user/@ana:localhost/account_data/m.direct')
			.catch(() => null);
		check(await until(page, async () => JSON.stringify(await direct()).startsWith('{"@teacher:localhost":["!'),
			'm.direct', direct), 'and is kept as one');
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
		await page.waitForSelector('#view-rooms:not([hidden])');
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
};
