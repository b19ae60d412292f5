// Our LiveKit messages beside those of @livekit/protocol: what we encode it
// reads, what it encodes we read, for every kind. Prints TAP.
//
//   node livekit_proto.mjs PACKAGE_FOLDER LK_PROTO
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';

const [folder, driver] = process.argv.slice(2);
const require = createRequire(`${folder}/x.js`);
const protocol = require('@livekit/protocol');
const types = { request: protocol.SignalRequest, response: protocol.SignalResponse };
const run = (args, input = '') =>
	execFileSync(driver, args, { input, encoding: 'utf8', timeout: 60000, maxBuffer: 1 << 26 });

let count = 0;
let failed = 0;
const report = (ok, name, detail) => {
	console.log(`${ok ? 'ok' : 'not ok'} ${++count} - livekit_proto: ${name}`);
	if (!ok) {
		failed++;
		for (const d of detail ?? []) console.log(`# ${JSON.stringify(d)}`);
	}
};

const parse = (line) => {
	const m = /^(request|response) (\S+) (\S+) (.*)$/.exec(line);
	if (!m) return { error: line };
	return { side: m[1], kind: m[2], hex: m[3] === '-' ? '' : m[3], json: JSON.parse(m[4]) };
};
const lines = (text) => text.split('\n').filter(Boolean).map(parse);
const asJson = (type, message) => message.toJson({ enumAsInteger: true });
const fromHex = (type, hex) => type.fromBinary(Buffer.from(hex, 'hex'));

// What both know: `value` reduced to the fields that occur in `shape`. Maps
// are taken whole.
const reduce = (type, value, known) => {
	const out = {};
	for (const f of type.fields.list()) {
		const name = f.jsonName;
		if (!(name in value) || !known.get(type.typeName)?.has(name)) continue;
		const v = value[name];
		if (f.kind !== 'message') out[name] = v;
		else if (f.repeated) out[name] = v.map((x) => reduce(f.T, x, known));
		else out[name] = reduce(f.T, v, known);
	}
	return out;
};

// Which fields of which types our side ever fills.
const learn = (type, value, known) => {
	const set = known.get(type.typeName) ?? new Set();
	known.set(type.typeName, set);
	for (const f of type.fields.list()) {
		if (!(f.jsonName in value)) continue;
		set.add(f.jsonName);
		if (f.kind !== 'message') continue;
		for (const x of f.repeated ? value[f.jsonName] : [value[f.jsonName]]) learn(f.T, x, known);
	}
};

// Every field of a type filled, also those that we do not know.
let seed = 1;
const scalar = (t) => {
	seed++;
	const names = ['', 'double', 'float', 'int64', 'uint64', 'int32', 'fixed64', 'fixed32', 'bool',
		'string', 'group', 'message', 'bytes', 'uint32'];
	switch (names[t]) {
	case 'double':
	case 'float': return seed + 0.5;
	case 'int64':
	case 'uint64': return BigInt(seed) * 1000000007n;
	case 'bool': return true;
	case 'string': return `text ${seed} 你好`;
	case 'bytes': return new Uint8Array([0, 255, seed & 255]);
	default: return seed;
	}
};
const one = (f, depth) => {
	if (f.kind === 'scalar') return scalar(f.T);
	if (f.kind === 'enum') return f.T.values[seed++ % f.T.values.length].no;
	return full(f.T, depth + 1);
};
const setField = (m, f, depth) => {
	let v;
	if (f.kind === 'map')
		v = f.V.kind === 'scalar' && f.K === 9 ? { a: 'b', [`k ${seed++}`]: 'v' } : {};
	else v = f.repeated ? [one(f, depth), one(f, depth)] : one(f, depth);
	if (f.oneof) m[f.oneof.localName] = { case: f.localName, value: v };
	else m[f.localName] = v;
};
const full = (type, depth = 0) => {
	const m = new type();
	if (depth > 8) return m;
	for (const f of type.fields.list()) if (!f.oneof || seed++ % 2) setField(m, f, depth);
	return m;
};

const ours = lines(run(['sample']));
const known = new Map();
const kinds = { request: new Set(), response: new Set() };

// Ours to theirs.
const results = new Map();
for (const l of ours) {
	if (l.error) {
		report(false, l.error);
		continue;
	}
	const type = types[l.side];
	const json = asJson(type, fromHex(type, l.hex));
	const again = Buffer.from(type.fromBinary(Buffer.from(l.hex, 'hex')).toBinary()).toString('hex');
	const key = `${l.side} ${l.kind}`;
	const r = results.get(key) ?? { bad: [], theirs: [], json: [] };
	results.set(key, r);
	if (!isDeepStrictEqual(json, l.json)) r.bad.push({ theirs: json, ours: l.json });
	r.theirs.push(`${l.side} ${again}`);
	r.json.push(l.json);
	kinds[l.side].add(l.kind);
	learn(type, l.json, known);
}
for (const [key, r] of results) report(!r.bad.length, `they read our ${key}`, r.bad);

// The same, encoded by them, back to us.
for (const [key, r] of results) {
	const back = lines(run(['read'], `${r.theirs.join('\n')}\n`));
	const bad = back.filter((l, i) => !isDeepStrictEqual(l.json, r.json[i]));
	report(back.length === r.json.length && !bad.length, `we read their ${key}`, bad);
}

// Theirs with every field filled: what we know arrives, the rest is skipped.
for (const side of ['request', 'response']) {
	const type = types[side];
	for (const f of type.fields.list()) {
		const messages = Array.from({ length: 4 }, () => {
			const m = new type();
			setField(m, f, 0);
			return m;
		});
		const input = messages.map((m) => `${side} ${Buffer.from(m.toBinary()).toString('hex')}\n`);
		const back = lines(run(['read'], input.join('')));
		const want = messages.map((m) => reduce(type, asJson(type, m), known));
		const bad = back.filter((l, i) => !isDeepStrictEqual(l.json, want[i]));
		const reread = back.map((l) => l.error ?? asJson(type, fromHex(type, l.hex)));
		const ok = back.length === messages.length && !bad.length &&
			isDeepStrictEqual(reread, want);
		const what = kinds[side].has(f.name) ? 'we read a full' : 'we skip an unknown';
		report(ok, `${what} ${side} ${f.name}`, [...bad, want[0]]);
	}
}

const REQUESTS = 14;
const RESPONSES = 23;
report(kinds.request.size === REQUESTS && kinds.response.size === RESPONSES,
	`${REQUESTS} kinds of requests and ${RESPONSES} of responses were compared`,
	[[...kinds.request], [...kinds.response]]);
console.log(`1..${count}`);
process.exit(failed ? 1 : 0);
