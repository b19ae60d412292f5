// What students do on the page and what the others do around it, for the tests of this folder.
import { ask, facts, muster } from '../page_driver.mjs';

export const CLASS = 'Class 5b';
export const openRoom = async (page, name) => {
	await page.waitForSelector('#view-room:not([hidden]), #view-rooms:not([hidden])');
	if (await page.isVisible('#view-room')) await page.click('#back');
	await page.click(`#rooms button:has-text("${name}")`);
	await page.waitForSelector('#view-room:not([hidden])');
};
export const write = async (page, what) => {
	await page.fill('#text', what);
	await page.click('#write > button');
};
export const texts = (page, selector) =>
	page.$$eval(selector, (all) => all.map((n) => n.textContent.trim()));
// Wait until a message of one's own is sent and stands there.
export const sent = (page, what) =>
	page.waitForSelector(`#log .item.mine:not(.unsent) .text:text-is("${what}")`);
export const heading = (page) =>
	page.evaluate(() => document.activeElement.tagName + ' ' + document.activeElement.textContent);

export const bodies = async (n = 50) =>
	(await muster('teacher', 'read', facts.room, '-n', String(n))).map((r) => r.body);
export const send = (who, content, type = 'm.room.message', room = facts.room) =>
	ask('http', who, 'PUT',
		`/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/${type}/${Math.random()}`, content)
		.then((r) => r.event_id);

export const POLL = 'org.matrix.msc3381.poll';
export const TEXT = 'org.matrix.msc1767.text';
export const poll = (question, answers, more = {}) => send('teacher', {
	[`${POLL}.start`]: { kind: `${POLL}.disclosed`, max_selections: 1, question: { [TEXT]: question },
		answers: answers.map((a, i) => ({ id: `a${i}`, [TEXT]: a })) }, [TEXT]: question, ...more },
`${POLL}.start`);
export const votes = async (id) => (await ask('http', 'teacher', 'GET',
	'/_matrix/client/v1/rooms/' +
	`${encodeURIComponent(facts.room)}/relations/${encodeURIComponent(id)}/m.reference?limit=100`))
	.chunk.filter((e) => e.type === `${POLL}.response`)
	.map((e) => [e.sender, e.content[`${POLL}.response`].answers]);
