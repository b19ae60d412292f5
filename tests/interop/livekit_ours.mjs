// A person in a LiveKit room, played by our own client (call_tool.c), with
// sound through pipes.
//
//   node livekit_ours.mjs CALL_TOOL
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { emit, now, obey, writePcm } from './livekit_driver.mjs';
import { MixedEars, Mouth, listenToPcm, listening, talkPcm } from './livekit_ear.mjs';

const [program] = process.argv.slice(2);
const ears = new MixedEars(now);
const people = new Set();
const waiting = { joined: [], status: [], ended: [] };
let mouth;
let child;
let ended;

const told = (what, value) => {
	for (const done of waiting[what].splice(0)) done(value);
};
const next = (what) => new Promise((done) => waiting[what].push(done));
const tell = (line) => child.stdin.write(`${line}\n`);

const PERSON = ['joined', 'left', 'muted', 'unmuted', 'speaking', 'silent', 'quality'];

const heard = (line) => {
	const e = JSON.parse(line);
	if (e.event === 'state') {
		if (e.state === 'joined') told('joined', e);
		emit(e.state === 'joined' && people.mended ? 'reconnected' : e.state);
		people.mended = e.state === 'reconnecting';
	} else if (PERSON.includes(e.event)) {
		if (e.self) return;
		if (e.event === 'joined') people.add(e.identity);
		if (e.event === 'left') people.delete(e.identity);
		if (e.event !== 'quality') emit('person', { ...e, event: 'person', who: e.identity, what: e.event });
	} else if (e.event === 'status') {
		told('status', e);
	} else {
		emit(e.event, e);
		if (e.event === 'ended') ears.noneLeft();
		if (e.event === 'ended') ended = e;
		if (e.event === 'ended') for (const k of Object.keys(waiting)) told(k, e);
	}
};

const start = ({ url, token, hz, level, clicks, options = [] }) => {
	const folder = mkdtempSync(join(tmpdir(), 'muster-call-'));
	const file = join(folder, 'token');
	writeFileSync(file, token, { mode: 0o600 });
	const silent = !hz && !clicks;
	const pcm = '@s16le:48000:1';
	child = spawn(program, ['join', url, file, '--fresh', file, '--out', `pipe:4${pcm}`,
		...(silent ? [] : ['--play', `pipe:3${pcm}${clicks ? ':live' : ''}`]), ...options],
	{ stdio: ['pipe', 'pipe', 'inherit', 'pipe', 'pipe'] });
	createInterface({ input: child.stdout }).on('line', heard);
	child.on('exit', (code, signal) => {
		rmSync(folder, { recursive: true, force: true });
		if (!ended) heard(JSON.stringify({ event: 'ended', why: 'died', code, signal }));
	});
	child.stdin.on('error', () => {});
	mouth = new Mouth({ hz, level, clicks });
	// Clicks are measured: they come when they are due.
	if (!silent) talkPcm(mouth, child.stdio[3], now, () => !ended, clicks ? 0 : 60);
	listenToPcm(child.stdio[4], ears, now);
};

const quit = async () => {
	if (!child || ended) return {};
	const end = next('ended');
	tell('leave');
	await end;
	return {};
};

obey({
	...listening(ears, writePcm),
	join: async (how) => {
		const joined = next('joined');
		start(how);
		const e = await joined;
		if (e.event === 'ended') throw new Error(`${e.why}: ${e.message}`);
		return { people: [...people] };
	},
	mute: async ({ on }) => {
		tell(on ? 'mute' : 'unmute');
		return {};
	},
	network: async () => {
		tell('network');
		return {};
	},
	status: async () => {
		const answer = next('status');
		tell('status');
		return answer;
	},
	clicked: async () => ({ at: mouth.at }),
	pid: async () => ({ pid: child.pid }),
	people: async () => ({ people: [...people] }),
	kill: async () => {
		child.kill('SIGKILL');
		return {};
	},
	leave: quit,
}, async () => {
	await quit();
	process.exit(0);
});
