// A lesson in writing: messages and what belongs to them, polls, the roll, one's record, pictures.
import { accessible, ask, check, facts, fine, logIn, muster, phone } from '../page_driver.mjs';
import { bodies, heading, openRoom, poll, send, sent, texts, votes, write, CLASS, POLL, TEXT } from './steps.mjs';

export default {
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
		// Both are there before the first is accepted.
		await page.waitForFunction(() => document.querySelectorAll('#rooms .invite').length === 2);
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

	async 'a recording is played in the page'() {
		const page = await phone();
		await logIn(page, 'ana');
		await openRoom(page, CLASS);
		const head = Buffer.alloc(44);
		const sound = Buffer.alloc(8000 * 2 * 60);
		head.write('RIFF', 0);
		head.writeUInt32LE(36 + sound.length, 4);
		head.write('WAVEfmt ', 8);
		[[16, 16], [8000, 24], [16000, 28], [sound.length, 40]].forEach(([v, at]) => head.writeUInt32LE(v, at));
		[[1, 20], [1, 22], [2, 32], [16, 34]].forEach(([v, at]) => head.writeUInt16LE(v, at));
		head.write('data', 36);
		const uri = (await ask('upload', 'teacher', 'audio/wav', Buffer.concat([head, sound]).toString('base64'))).content_uri;
		const id = await send('teacher', { msgtype: 'm.audio', body: 'lesson.wav', url: uri,
			info: { mimetype: 'audio/wav', size: 44 + sound.length } });
		await page.click('button.media[data-act="play"]:has-text("lesson.wav")');
		await page.waitForFunction(() => {
			const a = document.querySelector('#log audio');
			return a && !a.paused && a.currentTime > 0 && Math.round(a.duration) === 60;
		});
		check(await page.locator('#log button.media:has-text("lesson.wav")').count() === 1, 'it can be saved, too',
			await texts(page, '#log button.media'));
		await page.$eval('#log audio', (a) => { window.player = a; });
		await send('teacher', { 'm.relates_to': { rel_type: 'm.annotation', event_id: id, key: '👍' } }, 'm.reaction');
		await page.waitForSelector('#log .item:has(audio) .reaction');
		check(await page.evaluate(() => document.querySelector('#log audio') === window.player && !window.player.paused),
			'it goes on while the message changes');
		await accessible(page, 'a recording');
		await fine(page, 'a recording');
	},
};
