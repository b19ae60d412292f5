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

// A new phone; `broken` collects what must not happen: errors, refused contents, other addresses.
const phone = async (how = {}) => {
	const context = await browser.newContext({ ...PHONE, locale: 'en-US', ...how });
	context.setDefaultTimeout(STEP);
	const page = await context.newPage();
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

const logIn = async (page, user) => {
	await page.goto(`${facts.url}/join`);
	if (await page.isHidden('#view-login'))
		await page.click('text=I have a password already');
	await page.fill('#user', user);
	await page.fill('#password', facts.password);
	await page.click('#form-login button:not(.plain)');
	await page.waitForSelector('#view-room:not([hidden]), #view-rooms:not([hidden])');
};

const tests = {
	async 'a message goes both ways'() {
		const page = await phone();
		await page.goto(`${facts.url}/join`);
		await accessible(page, 'the code');
		await logIn(page, 'ana');
		await muster('teacher', 'send', facts.room, 'Good morning');
		await page.waitForSelector('#log >> text=Good morning');
		await page.fill('#text', 'Good morning,\nMs Weber');
		await page.click('#write button:has-text("Send")');
		await page.waitForSelector('.item.mine:not(.unsent) >> text=Good morning,');
		const read = await muster('teacher', 'read', facts.room, '-n', '1');
		check(read[0].body === 'Good morning,\nMs Weber', 'the command line reads what the page sent', read);
		await accessible(page, 'the room');
		check(page.broken.length === 0, 'nothing fails in the page', page.broken);
		await page.context().close();
	},
};

const wanted = process.env.ONLY ? new RegExp(process.env.ONLY) : null;
for (const [name, run] of Object.entries(tests)) {
	if (wanted && !wanted.test(name)) continue;
	try {
		await run();
	} catch (e) {
		check(false, name, String(e.stack || e).split('\n').slice(0, 12));
	}
}
await browser.close();
console.log(`1..${count}`);
process.exit(failed ? 1 : 0);
