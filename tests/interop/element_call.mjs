// A person who uses Element Call: headless Chromium with a page that shows it
// as a widget (element_host.mjs). The microphone is a file.
//
//   node element_call.mjs BROWSER_FOLDER CHROMIUM ELEMENT_CALL_FOLDER SDK_FOLDER SOUND.wav
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

import { emit, obey, say } from './livekit_driver.mjs';
import { LIMIT } from './livekit_ear.mjs';

const [folder, executablePath, elementCall, sdk, sound] = process.argv.slice(2);
const { chromium } = createRequire(`${folder}/x.js`)('playwright-core');
const here = dirname(fileURLToPath(import.meta.url));
const APP = join(elementCall, 'node_modules/@element-hq/element-call-embedded/dist');
const FILES = {
	'/': join(here, 'element_host.html'),
	'/element_host.mjs': join(here, 'element_host.mjs'),
	'/livekit_ear.mjs': join(here, 'livekit_ear.mjs'),
	'/matrix-widget-api.js': join(sdk, 'node_modules/matrix-widget-api/dist/api.js'),
};
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript',
	'.css': 'text/css', '.json': 'application/json', '.wasm': 'application/wasm',
	'.svg': 'image/svg+xml' };

const server = createServer(async (request, reply) => {
	const path = normalize(decodeURIComponent(request.url.split('?')[0]));
	const file = FILES[path] ??
		(path.startsWith('/element-call/') ? join(APP, path.slice(14)) : null);
	const body = file && await readFile(file).catch(() => null);
	if (!body) return reply.writeHead(404).end();
	reply.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream' })
		.end(body);
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));

// In every frame: each voice that a connection brings gets an ear.
const listen = () => {
	const Native = window.RTCPeerConnection;
	const opened = import('/livekit_ear.mjs').then(async ({ Ears, listening }) => {
		const now = () => performance.now();
		const ears = new Ears(now);
		const code = `registerProcessor('tap', class extends AudioWorkletProcessor {
			process([input]) { if (input[0]) this.port.postMessage(input[0].slice()); return true; }
		});`;
		const audio = new AudioContext({ sampleRate: 48000 });
		await audio.audioWorklet.addModule(
			URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
		window.ears = { ears, taps: new Map(), audio, now, ...listening(ears) };
	});
	window.RTCPeerConnection = class extends Native {
		constructor(...args) {
			super(...args);
			this.addEventListener('track', async ({ track, streams }) => {
				await opened;
				if (track.kind !== 'audio') return;
				const { ears, audio, now } = window.ears;
				const who = (streams[0]?.id ?? track.id).split('|')[0];
				if (window.ears.taps.has(who)) window.ears.taps.get(who).port.onmessage = null;
				const tap = new AudioWorkletNode(audio, 'tap');
				window.ears.taps.set(who, tap);
				tap.port.onmessage = ({ data }) => ears.of(who).push(data, now());
				audio.createMediaStreamSource(new MediaStream([track])).connect(tap);
				track.addEventListener('ended', () => ears.gone(who));
			});
		}
	};
};

const browser = await chromium.launch({ executablePath, headless: true, args: [
	...(process.getuid() === 0 ? ['--no-sandbox'] : []),
	'--allow-loopback-in-peer-connection',
	'--autoplay-policy=no-user-gesture-required',
	'--use-fake-ui-for-media-stream',
	'--use-fake-device-for-media-stream',
	`--use-file-for-fake-audio-capture=${sound}`,
	'--disable-dev-shm-usage',
] });
const context = await browser.newContext({ permissions: ['microphone', 'camera'] });
const page = await context.newPage();
page.on('console', (m) => process.stderr.write(`${m.type()}: ${m.text().slice(0, 400)}\n`));
page.on('pageerror', (e) => process.stderr.write(`page: ${e.stack}\n`));
await page.addInitScript(listen);
await page.exposeFunction('emit', emit);
const ready = new Promise((done) => page.exposeFunction('ready', done));
await page.goto(`http://127.0.0.1:${server.address().port}/`);
await ready;

const app = () => page.frames().find((f) => f.url().includes('/element-call/'));
const ask = (name) => (how) => page.evaluate(([n, h]) => window.host[n](h), [name, how]);
// Whichever of the voices it is.
const hear = ({ hz, limit = LIMIT }) => app().evaluate(async ([want, most]) => {
	const end = Date.now() + most;
	for (;;) {
		const all = [...window.ears.ears.all.keys()].map((who) => window.ears.tone({ who }));
		const found = all.find((t) => Math.abs(t.hz - want) < 5 && t.purity > 0.8);
		if (found) return found;
		if (Date.now() > end) throw new Error(JSON.stringify(all));
		await new Promise((done) => setTimeout(done, 100));
	}
}, [hz, limit]);

say({ event: 'ready', version: browser.version() });
obey({
	start: ask('start'),
	mute: ask('mute'),
	hangup: ask('hangup'),
	hear,
	click: async ({ name }) => {
		const [button, toggle] = ['button', 'switch'].map((role) => app().getByRole(role, { name }));
		await button.or(toggle).first().click({ timeout: LIMIT });
		return {};
	},
	// Wait until somebody's picture shows their microphone open, or not.
	shows: async ({ who, muted, limit = LIMIT }) => {
		await app().locator(`svg[aria-label="Microphone ${muted ? 'off' : 'on'}"]`)
			.locator('xpath=following-sibling::*').getByText(who, { exact: true })
			.waitFor({ timeout: limit });
		return {};
	},
	// Wait until this is written there, or not any more.
	written: async ({ words, not = false, limit = LIMIT }) => {
		await app().waitForFunction(([w, n]) => document.body.innerText.includes(w) !== n,
			[words, not], { timeout: limit });
		return {};
	},
	// What is written on the page, and a picture of it for people.
	text: async () => ({ text: await app().evaluate(() => document.body.innerText) }),
	picture: async ({ path }) => {
		await page.screenshot({ path });
		return {};
	},
}, async () => {
	await browser.close();
	process.exit(0);
});
