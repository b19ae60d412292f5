// What an ear of the tests does: it keeps the last seconds of somebody's sound
// and says which tone it is, how pure, where it was interrupted, and when
// clicks came. Used by every driver, in Node and in the browser alike.
const RATE = 48000;
const KEEP = RATE * 4;
const STEP = RATE / 100;
const CLICK_QUIET = RATE / 10;
const LEVELS = 12000; // two minutes
export const LIMIT = 60000; // ms, for whatever is waited for

// In place; re and im are as long as a power of two.
const fft = (re, im) => {
	const n = re.length;
	for (let i = 1, j = 0; i < n; i++) {
		let bit = n >> 1;
		for (; j & bit; bit >>= 1) j ^= bit;
		j ^= bit;
		if (i < j) {
			[re[i], re[j]] = [re[j], re[i]];
			[im[i], im[j]] = [im[j], im[i]];
		}
	}
	for (let len = 2; len <= n; len <<= 1) {
		for (let k = 0; k < len / 2; k++) {
			const c = Math.cos((-2 * Math.PI * k) / len);
			const s = Math.sin((-2 * Math.PI * k) / len);
			for (let i = k; i < n; i += len) {
				const o = i + len / 2;
				const x = re[o] * c - im[o] * s;
				const y = re[o] * s + im[o] * c;
				re[o] = re[i] - x;
				im[o] = im[i] - y;
				re[i] += x;
				im[i] += y;
			}
		}
	}
};

// Frequency of the loudest partial, and its share of all power.
const loudest = (sound) => {
	const n = 1 << Math.floor(Math.log2(sound.length));
	const re = new Float64Array(n);
	const im = new Float64Array(n);
	for (let i = 0; i < n; i++)
		re[i] = sound[sound.length - n + i] * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / n));
	fft(re, im);
	const power = re.map((x, i) => x * x + im[i] * im[i]).subarray(0, n / 2);
	let at = 2;
	let all = 0;
	for (let i = 2; i < n / 2 - 1; i++) {
		all += power[i];
		if (power[i] > power[at]) at = i;
	}
	let near = 0;
	for (let i = Math.max(2, at - 3); i <= at + 3; i++) near += power[i] ?? 0;
	const [a, b, c] = [at - 1, at, at + 1].map((i) => Math.log(power[i] + 1e-30));
	const shift = a - 2 * b + c ? (0.5 * (a - c)) / (a - 2 * b + c) : 0;
	return { hz: ((at + shift) * RATE) / n, purity: all ? near / all : 0 };
};

// Amplitude of a sine of `hz` in a piece of sound.
const amplitude = (sound, hz) => {
	const w = 2 * Math.cos((2 * Math.PI * hz) / RATE);
	let a = 0;
	let b = 0;
	for (const x of sound) [a, b] = [x + w * a - b, a];
	return (2 * Math.sqrt(Math.max(0, a * a + b * b - w * a * b))) / sound.length;
};

const round = (x, digits) => Number(x.toFixed(digits));

export class Ear {
	constructor() {
		this.ring = new Float32Array(KEEP);
		this.total = 0;
		this.step = new Float32Array(STEP);
		this.watching = new Map();
		this.quiet = 0;
		this.clicked = [];
		this.levels = [];
		this.absent = true;
		this.came = undefined;
		this.kept = undefined;
	}

	// From now on all of it is kept, and when each piece came.
	keep() {
		this.kept = { pieces: [], marks: [], n: 0 };
	}

	// 48 kHz, mono; Float32Array, or Int16Array. `at`: when it came, in ms.
	push(sound, at) {
		const unit = sound instanceof Int16Array ? 1 / 32768 : 1;
		this.absent = false;
		this.passed(at);
		if (this.kept && sound instanceof Int16Array) {
			this.kept.marks.push([this.kept.n, round(at, 2)]);
			this.kept.pieces.push(sound.slice());
			this.kept.n += sound.length;
		}
		for (let i = 0; i < sound.length; i++) {
			const x = sound[i] * unit;
			if (Math.abs(x) > 0.1) {
				if (this.quiet > CLICK_QUIET && at !== undefined)
					this.clicked.push(at + (i * 1000) / RATE);
				this.quiet = 0;
			} else {
				this.quiet++;
			}
			this.ring[this.total % KEEP] = x;
			this.step[this.total++ % STEP] = x;
			if (this.total % STEP !== 0) continue;
			for (const [hz, w] of this.watching) w.steps.push(amplitude(this.step, hz));
			if (this.levels.length < LEVELS)
				this.levels.push(Math.sqrt(this.step.reduce((s, y) => s + y * y, 0) / STEP));
		}
		this.pace(at);
	}

	// Where nothing came for 200 ms there is a gap, as long as what does not come after all:
	// a program that had no time, or a pipe that was full, has it late.
	passed(at) {
		const waited = (at - this.came) / 10;
		for (const w of this.watching.values()) {
			if (!(waited >= 20)) break;
			w.gap = { at: w.steps.length, lost: waited, before: w.behind };
			w.gaps.push(w.gap);
			w.behind = Infinity;
		}
		this.came = at;
	}

	// How far behind the clock the sound is, in steps: the least of the last second or so.
	pace(at) {
		for (const w of this.watching.values()) {
			const behind = (at - w.from) / 10 - w.steps.length;
			w.behind = Math.min(behind, w.behind + 0.05);
			if (w.gap) w.gap.lost = Math.min(w.gap.lost, Math.max(0, behind - w.gap.before));
		}
	}

	last(ms) {
		const n = Math.min(this.total, KEEP, Math.round((ms * RATE) / 1000));
		const out = new Float32Array(n);
		for (let i = 0; i < n; i++) out[i] = this.ring[(this.total - n + i) % KEEP];
		return out;
	}

	// The last `ms`: loudest frequency, its share of the power, the level.
	tone(ms) {
		const sound = this.last(ms);
		if (sound.length < (ms * RATE) / 1000) return { hz: 0, purity: 0, level: 0, short: true };
		const level = Math.sqrt(sound.reduce((s, x) => s + x * x, 0) / sound.length);
		const { hz, purity } = level < 1e-5 ? { hz: 0, purity: 0 } : loudest(sound);
		return { hz: round(hz, 1), purity: round(purity, 3), level: round(level, 4) };
	}

	// From now on, in steps of 10 ms: is the tone there?
	watch(hz, at) {
		this.watching.set(hz, { from: at, steps: [], gaps: [], behind: 0 });
		this.came = Math.max(this.came ?? at, at);
	}

	watched(at, hz) {
		this.passed(at);
		const { steps: came, gaps } = this.watching.get(hz);
		const steps = [...came];
		for (const g of gaps.reverse()) steps.splice(g.at, 0, ...new Array(lost(g)).fill(0));
		const usual = [...steps].sort((a, b) => a - b)[steps.length >> 1] ?? 0;
		let missing = 0;
		let longest = 0;
		let run = 0;
		for (const s of steps) {
			run = s < usual * 0.3 || s < 0.003 ? run + 1 : 0;
			missing += run ? 1 : 0;
			longest = Math.max(longest, run);
		}
		return { hz, ms: steps.length * 10, level: round(usual, 4), missing_ms: missing * 10,
			longest_ms: longest * 10 };
	}
}

// Whole steps of a gap that nothing made up for; less than two may be a clock's.
const lost = (gap) => (gap.lost < 2 ? 0 : Math.floor(gap.lost));

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Until `test()` gives something; an error tells `last()` when it does not.
export const until = async (limit, test, last) => {
	const end = Date.now() + limit;
	for (;;) {
		const got = test();
		if (got) return got;
		if (Date.now() > end) throw new Error(`not within ${limit} ms; ${JSON.stringify(last())}`);
		await sleep(50);
	}
};

// Everybody's ear; an ear outlives the tracks that it hears.
export class Ears {
	constructor(now) {
		this.now = now;
		this.all = new Map();
	}

	of(who) {
		if (!this.all.has(who)) this.all.set(who, new Ear());
		return this.all.get(who);
	}

	// Their track is gone.
	gone(who) {
		this.of(who).absent = true;
	}

	noneLeft() {
		for (const ear of this.all.values()) ear.absent = true;
	}

	// How it sounds: {hz, purity, level}.
	tone(who, ms) {
		const ear = this.of(who);
		return ear.absent ? { hz: 0, purity: 0, level: 0, absent: true } : ear.tone(ms);
	}
}

// One ear that hears everybody mixed: people are told apart by their tones,
// which must be multiples of 100 Hz.
export class MixedEars extends Ears {
	of() {
		return super.of('all');
	}

	tone(who, ms, hz) {
		const sound = this.of().last(ms);
		if (this.of().absent) return { hz: 0, purity: 0, level: 0, absent: true };
		if (sound.length < (ms * RATE) / 1000) return { hz: 0, purity: 0, level: 0, short: true };
		const level = amplitude(sound, hz) / Math.SQRT2;
		const beside = Math.max(...[-150, -50, 50, 150].map((d) => amplitude(sound, hz + d)));
		return { hz: level > 3 * beside ? hz : 0, purity: round(1 - beside / (level + 1e-9), 3),
			level: round(level, 4) };
	}
}

// The commands that every driver has.
export const listening = (ears, write) => ({
	// Wait until the last `ms` of what `who` says are this tone.
	hear: ({ who, hz, ms = 700, limit = LIMIT }) => until(limit, () => {
		const t = ears.tone(who, ms, hz);
		return Math.abs(t.hz - hz) < 3 && t.purity > 0.8 && t.level > 0.01 && t;
	}, () => ears.tone(who, ms, hz)),
	// Wait until they are silent, or not there.
	silence: ({ who, hz, ms = 300, limit = LIMIT }) => until(limit, () => {
		const t = ears.tone(who, ms, hz);
		return !t.short && t.level < 0.002 && { level: t.level };
	}, () => ears.tone(who, ms, hz)),
	tone: ({ who, hz, ms = 700 }) => ears.tone(who, ms, hz),
	watch: ({ who, hz }) => (ears.of(who).watch(hz, ears.now()), {}),
	// What is late comes first.
	watched: async ({ who, hz }) => {
		const [ear, asked] = [ears.of(who), ears.now()];
		await until(2000, () => ear.came > asked, () => ear.came).catch(() => {});
		return ear.watched(ears.now(), hz);
	},
	clicks: ({ who }) => ({ at: ears.of(who).clicked }),
	keep: ({ who }) => (ears.of(who).keep(), {}),
	// What was kept: the sound goes to where `write` puts it, the times are the reply.
	kept: ({ who, file }) => {
		const { pieces, marks } = ears.of(who).kept;
		write(file, pieces);
		return { marks };
	},
	// How loud each 10 ms were, from the first on that came.
	levels: ({ who }) => ({ levels: ears.of(who).levels.map((x) => round(x, 4)) }),
});

// Sound to send: a tone, clicks (20 ms of 1 kHz) whose times are kept, or speech as it is given.
export class Mouth {
	constructor({ hz = 440, level = 0.3, clicks = false, live = false }) {
		Object.assign(this, { hz, level, clicks, live, phase: 0, wait: 50, left: 0, at: [] });
	}

	// Instead of a tone: silence, and from the next piece on this.
	say(sound) {
		Object.assign(this, { speech: sound, spoken: 0, began: undefined });
	}

	// 10 ms that are given away at `now` (ms): the first sample is 10 ms old.
	next(now) {
		const out = new Int16Array(STEP);
		if (this.speech) {
			this.began ??= now - 10;
			out.set(this.speech.subarray(this.spoken, this.spoken + STEP));
			this.spoken += STEP;
			return out;
		}
		if (this.clicks) {
			if (--this.wait === 0) {
				this.at.push(now - 10);
				this.wait = 60 + Math.floor(Math.random() * 30);
				this.left = 2;
				this.phase = Math.PI / 2;
			}
			if (!this.left) return out;
			this.left--;
		}
		if (this.live) return out;
		const turn = (2 * Math.PI * (this.clicks ? 1000 : this.hz)) / RATE;
		const peak = 32767 * (this.clicks ? 0.6 : this.level);
		for (let i = 0; i < STEP; i++, this.phase += turn) out[i] = peak * Math.sin(this.phase);
		return out;
	}
}

const SILENT_PIPE = () => {};

// Raw s16le at 48 kHz out of a stream into an ear.
export const listenToPcm = (stream, ears, now) => {
	let rest = new Uint8Array(0);
	stream.on('data', (data) => {
		const all = new Uint8Array(rest.length + data.length);
		all.set(rest);
		all.set(data, rest.length);
		const n = all.length & ~1;
		ears.of().push(new Int16Array(all.buffer.slice(0, n)), now());
		rest = all.slice(n);
	});
	stream.on('error', SILENT_PIPE);
};

// What a mouth says into a stream, `ahead` ms before it is due, while `going()`.
export const talkPcm = async (mouth, stream, now, going, ahead = 60) => {
	stream.on('error', SILENT_PIPE);
	const from = now() - ahead;
	for (let i = 0; going(); i++) {
		const wait = from + i * 10 - now();
		if (wait > 0) await sleep(wait);
		stream.write(new Uint8Array(mouth.next(now()).buffer));
	}
};
