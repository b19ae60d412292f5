// A person in the call of a Matrix room, played by `muster call join`, with
// sound through its standard input and output and events on descriptor 3.
//
//   node livekit_muster.mjs MUSTER
import { execFile, spawn } from 'node:child_process';

import { emit, now, obey } from './livekit_driver.mjs';
import { LIMIT, MixedEars, Mouth, listenToPcm, listening, talkPcm } from './livekit_ear.mjs';
import { createInterface } from 'node:readline';

const [muster] = process.argv.slice(2);
const ears = new MixedEars(now);
let child;
let exit;
let ended;

const run = (...words) => new Promise((done) => {
	execFile(muster, ['--json', '--no-input', ...words], { timeout: LIMIT },
		(error, stdout, stderr) => done({ status: error ? error.code ?? -1 : 0, stderr,
			rows: stdout.split('\n').filter(Boolean).map((l) => JSON.parse(l)) }));
});

const join = async ({ room, hz, level, options = [], as = ['call', 'join'] }) => {
	child = spawn(muster, ['--json', '--no-input', ...as, room, '--out', '-', '--events',
		'/dev/fd/3', ...(hz ? ['--in', '-', '--stay'] : ['--listen-only']), ...options],
	{ stdio: ['pipe', 'pipe', 'inherit', 'pipe'] });
	ended = new Promise((done) => child.on('exit', (status, signal) => {
		exit = { status, signal };
		ears.noneLeft();
		emit('exit', exit);
		done(exit);
	}));
	child.stdin.on('error', () => {});
	const joined = new Promise((done) => {
		createInterface({ input: child.stdio[3] }).on('line', (line) => {
			const row = JSON.parse(line);
			emit('row', { what: row.event, row });
			if (row.event === 'joined' && row.self) done(row);
		});
	});
	if (hz) talkPcm(new Mouth({ hz, level }), child.stdin, now, () => !exit);
	listenToPcm(child.stdout, ears, now);
	const row = await Promise.race([joined, ended]);
	if (row === exit) throw new Error(`ended with ${JSON.stringify(exit)}`);
	return { row };
};

obey({
	...listening(ears),
	join,
	verb: ({ words }) => run('call', ...words),
	run: ({ words }) => run(...words),
	pid: async () => ({ pid: child.pid }),
	// A signal; the status it ends with.
	signal: async ({ name }) => {
		child.kill(name);
		return ended;
	},
}, async () => {
	if (child && !exit) {
		child.kill('SIGINT');
		await ended;
	}
	process.exit(0);
});
