// Starts headless Chromium with a page that plays a person in a LiveKit room
// (livekit_page.mjs), and passes commands and events through.
//
//   node livekit_chromium.mjs PACKAGE_FOLDER CHROMIUM
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { emit, obey, say } from './livekit_driver.mjs';

const [folder, executablePath] = process.argv.slice(2);
const require = createRequire(`${folder}/x.js`);
const { chromium } = require('playwright-core');
const here = dirname(fileURLToPath(import.meta.url));
const FILES = {
	'/': [here, 'livekit_page.html', 'text/html'],
	'/livekit_page.mjs': [here, 'livekit_page.mjs', 'text/javascript'],
	'/livekit_ear.mjs': [here, 'livekit_ear.mjs', 'text/javascript'],
	'/livekit-client.umd.js': [join(folder, 'node_modules/livekit-client/dist'),
		'livekit-client.umd.js', 'text/javascript'],
};

const server = createServer(async (request, reply) => {
	const file = FILES[request.url];
	if (!file) return reply.writeHead(404).end();
	reply.writeHead(200, { 'Content-Type': file[2] }).end(await readFile(join(file[0], file[1])));
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));

const browser = await chromium.launch({ executablePath, headless: true, args: [
	...(process.getuid() === 0 ? ['--no-sandbox'] : []),
	'--allow-loopback-in-peer-connection',
	'--autoplay-policy=no-user-gesture-required',
	'--use-fake-ui-for-media-stream',
	'--disable-dev-shm-usage',
] });
const page = await browser.newPage();
page.on('console', (m) => process.stderr.write(`${m.type()}: ${m.text()}\n`));
page.on('pageerror', (e) => process.stderr.write(`page: ${e.stack}\n`));
await page.exposeFunction('emit', emit);
const ready = new Promise((done) => page.exposeFunction('ready', done));
await page.goto(`http://127.0.0.1:${server.address().port}/`);
await ready;

const names = await page.evaluate(() => Object.keys(window.person));
const command = (name) => (how) => page.evaluate(([n, h]) => window.person[n](h), [name, how]);
say({ event: 'ready', version: browser.version() });
obey(Object.fromEntries(names.map((n) => [n, command(n)])), async () => {
	await browser.close();
	process.exit(0);
});
