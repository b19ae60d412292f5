// What the browser's sides of join_page.py and listen_page.py share: a phone in headless Chromium,
// TAP, and questions to the program that started them.
//
//   node ..._page.mjs PACKAGE_FOLDER CHROMIUM FACTS
//
// {"do", "args"} on stdout asks the other side for something; the answer is a line of JSON on
// stdin. SHOTS=FOLDER keeps pictures of the views.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';

const [script, folder, executablePath, text] = process.argv.slice(1);
const name = basename(script, '.mjs');
export const require = createRequire(`${folder}/x.js`);
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
export const facts = JSON.parse(text);
const PHONE = { viewport: { width: 360, height: 640 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
export const STEP = 90000; // ms, for whatever is waited for

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
export const ask = async (what, ...args) => {
	process.stdout.write(`${JSON.stringify({ do: what, args })}\n`);
	const answer = JSON.parse((await lines.next()).value);
	if (answer.error) throw new Error(`${what} ${args}: ${answer.error}`);
	return answer.ok;
};
export const muster = (who, ...args) => ask('muster', who, args);

let count = 0;
let failed = 0;
export const check = (ok, what, detail) => {
	count += 1;
	if (!ok) failed += 1;
	console.log(`${ok ? 'ok' : 'not ok'} ${count} - ${name}: ${what}`);
	if (!ok && detail !== undefined) console.log(`# ${JSON.stringify(detail)}`);
};

const browser = await chromium.launch({ executablePath, headless: true, args: [
	...(process.getuid() === 0 ? ['--no-sandbox'] : []), '--disable-dev-shm-usage'] });

// A new phone; `broken` collects what must not happen: errors, refused contents, other addresses.
// `init` runs in the page before its own scripts.
let newest = null;
export const phone = async ({ init, ...how } = {}) => {
	const context = await browser.newContext({ ...PHONE, locale: 'en-US', ...how });
	context.setDefaultTimeout(STEP);
	const page = await context.newPage();
	newest = page;
	page.broken = [];
	page.on('pageerror', (e) => page.broken.push(String(e.stack || e)));
	page.on('console', (m) => m.type() === 'error' && !/Failed to load resource/.test(m.text()) &&
		page.broken.push(m.text()));
	page.on('request', (r) => /^(blob|data):/.test(r.url()) || r.url().startsWith(facts.url) ||
		page.broken.push(r.url()));
	if (init) await page.addInitScript(init);
	return page;
};

// Until test() holds; what it gives then.
export const until = async (page, test, what, last = () => '') => {
	for (const end = Date.now() + STEP; Date.now() < end;) {
		const got = await test();
		if (got) return got;
		await page.waitForTimeout(100);
	}
	throw new Error(`${what}: ${JSON.stringify(await last())}`);
};

export const shot = async (page, where) => {
	if (process.env.SHOTS)
		await page.screenshot({ path: `${process.env.SHOTS}/${where.replace(/[^\w-]+/g, '-')}.png` });
};

// What axe-core finds wrong for people who see, hear or move differently.
export const accessible = async (page, where) => {
	await page.evaluate(axe);
	const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
	const bad = found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(' | ')}`);
	check(bad.length === 0, `axe-core finds nothing wrong: ${where}`, bad);
	await shot(page, where);
};

export const logIn = async (page, user, how = {}) => {
	await page.goto(`${facts.url}/join`);
	await page.waitForSelector('#view-login:not([hidden]), [data-go=login]:visible');
	if (await page.isHidden('#view-login')) await page.click('[data-go=login]');
	await page.fill('#user', user);
	await page.fill('#password', facts.password);
	if (how.shared) await page.check('#not-mine-2');
	await page.click('#form-login button:not(.plain)');
	await page.waitForSelector('#view-room:not([hidden]), #view-rooms:not([hidden])');
};

export const fine = async (page, what) => {
	check(page.broken.length === 0, `nothing fails in the page: ${what}`, page.broken);
	await page.context().close();
};

// Run all of {name: test}, those that ONLY names if it is given; then exit.
export const play = async (tests) => {
	const wanted = process.env.ONLY ? new RegExp(process.env.ONLY) : null;
	for (const [what, run] of Object.entries(tests)) {
		if (wanted && !wanted.test(what)) continue;
		try {
			await run();
		} catch (e) {
			const seen = await newest?.innerText('body', { timeout: 1000 }).catch(() => '');
			check(false, what, [...String(e.stack || e).split('\n').slice(0, 12), seen, newest?.broken]);
			await newest?.context().close().catch(() => {});
		}
	}
	await browser.close();
	console.log(`1..${count}`);
	process.exit(failed ? 1 : 0);
};
