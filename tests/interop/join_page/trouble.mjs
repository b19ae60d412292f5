// A server that is away, busy, slow.
import { accessible, ask, check, fine, logIn, phone } from '../page_driver.mjs';
import { bodies, openRoom, sent, write, CLASS } from './steps.mjs';

export default {
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
		let answer;
		const seen = new Promise((done) => { answer = done; });
		await page.route('**/send/m.room.message/**', async (route) => {
			refused += 1;
			if (refused <= 2)
				return route.fulfill({ status: 429, json: { errcode: 'M_LIMIT_EXCEEDED', error: 'x', retry_after_ms: 50 } });
			await seen;
			return route.continue();
		});
		await page.fill('#text', 'Slowly');
		await page.click('#write > button');
		await page.click('#write > button');
		await page.waitForSelector('.unsent:has-text("Not sent yet")');
		answer();
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
};
