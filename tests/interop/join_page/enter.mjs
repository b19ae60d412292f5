// How one comes in: by a slip, by its code typed, by a password after one was logged out.
import { accessible, ask, check, facts, fine, logIn, muster, phone } from '../page_driver.mjs';
import { heading, openRoom, sent, write, CLASS } from './steps.mjs';

export default {
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
};
