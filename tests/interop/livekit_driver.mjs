// How a driver talks with the test that started it: commands as JSON lines on
// stdin, {"id", "do", ...}; replies {"id", "ok", ...} and events {"event", ...}
// as JSON lines on stdout.
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
export const emit = (event, more = {}) => say({ event, ...more });
// CLOCK_MONOTONIC in milliseconds: the same for all processes of a machine.
export const now = () => Number(process.hrtime.bigint()) / 1e6;

// Raw s16le at 48 kHz from a file and into one.
export const readPcm = (file) => {
	const data = readFileSync(file);
	return new Int16Array(data.buffer, data.byteOffset, data.length >> 1);
};
export const writePcm = (file, pieces) =>
	writeFileSync(file, Buffer.concat(pieces.map((p) => Buffer.from(p.buffer, p.byteOffset, p.byteLength))));

export const obey = (commands, end) => {
	const input = createInterface({ input: process.stdin });
	input.on('line', async (line) => {
		const { id, do: what, ...how } = JSON.parse(line);
		try {
			if (!commands[what]) throw new Error(`no command ${what}`);
			say({ id, ok: true, ...(await commands[what](how)) });
		} catch (e) {
			say({ id, ok: false, error: String(e?.message ?? e) });
		}
	});
	input.on('close', end);
};
