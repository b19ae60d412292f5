// Requests. Tokens travel in the Authorization header only, so that no address holds one.

let session = kept('session') || null; // user_id, access_token, device_id, own (phone)

// What went wrong: status 0 means that the server could not be reached.
class Trouble extends Error {
	constructor(status, errcode, message, waitMs) {
		super(message);
		this.status = status;
		this.errcode = errcode;
		this.waitMs = waitMs;
	}
}

// The promise, or a failure when it takes too long.
async function within(ms, abort, promise) {
	let timer;
	const late = new Promise((done, fail) => {
		timer = setTimeout(() => {
			if (abort)
				abort.abort();
			fail(new TypeError('no answer in time'));
		}, ms);
	});
	try {
		return await Promise.race([late, promise]);
	} finally {
		clearTimeout(timer);
	}
}

async function failed(reply) {
	let told = {};
	try {
		told = await reply.json();
	} catch (e) { /* not ours: a proxy's */ }
	const after = Number(reply.headers.get('Retry-After')) * 1000;
	return new Trouble(reply.status, told.errcode || '', cleanText(told.error || ''),
		told.retry_after_ms || after || 0);
}

// Where the server's paths begin, should it stand behind another's folder.
const base = window.location.pathname.replace(/\/join\/?$/, '');

// One request. how: token (of another session), limitMs, blob, type (of a body that is text, as
// is the answer then), plain (the answer may be anything), keepalive (the page may be left).
async function call(method, path, body, how) {
	how = how || {};
	const token = how.token || (session && session.access_token);
	const headers = {};
	const abort = window.AbortController ? new AbortController() : null;
	if (token)
		headers.Authorization = 'Bearer ' + token;
	if (body !== undefined)
		headers['Content-Type'] = how.type || 'application/json';
	let reply;
	let answer;
	const ask = async () => {
		reply = await fetch(base + path, {
			method, headers, credentials: 'omit', cache: 'no-store', redirect: 'error',
			referrerPolicy: 'no-referrer', signal: abort ? abort.signal : undefined,
			keepalive: !!how.keepalive,
			body: body === undefined || how.type ? body : JSON.stringify(body) });
		if (reply.ok && how.type)
			answer = { text: await reply.text(), location: reply.headers.get('Location') };
		else if (reply.ok && !how.plain)
			answer = await (how.blob ? reply.blob() : reply.json());
	};
	try {
		await within(how.limitMs || 60000, abort, ask());
	} catch (e) {
		throw new Trouble(0, '', t('The class server cannot be reached.'), 0);
	}
	if (reply.ok)
		return answer;
	const trouble = await failed(reply);
	if (trouble.status === 401 && session && token === session.access_token)
		loggedOut();
	throw trouble;
}

// The same for what a person waits for: a server that is busy is asked again.
async function callPatiently(method, path, body) {
	for (let tries = 0; ; tries++) {
		try {
			return await call(method, path, body);
		} catch (e) {
			if (e.status !== 429 || tries >= 20 || e.waitMs > 15000)
				throw e;
			tell(t('Many people are coming in at once. Please wait …'));
			await sleep((e.waitMs || 1000) + Math.random() * 1000);
		}
	}
}

// The server's own sentences are in its language; these are in the reader's.
const MEANINGS = {
	M_FORBIDDEN: () => t('You may not do this here.'),
	M_TOO_LARGE: () => t('This is too large for the class server.'),
	M_USER_LOCKED: () => t('This account is locked. Ask your teacher.'),
	M_USER_DEACTIVATED: () => t('This account is closed. Ask your teacher.'),
	M_WEAK_PASSWORD: () => t('This password is too short. It needs at least 8 characters.'),
	M_NOT_FOUND: () => t('This is not there any more.'),
	M_UNKNOWN_TOKEN: () => t('You were logged out. Log in again.'),
};

// A sentence for a person about what went wrong.
function troubleText(e) {
	if (!(e instanceof Trouble))
		return t('Something went wrong on this page. Load it again.');
	if (e.status === 429)
		return t('Too many tries. Wait {n} seconds, then try again.',
			{ n: Math.ceil((e.waitMs || 1000) / 1000) });
	if (Object.prototype.hasOwnProperty.call(MEANINGS, e.errcode))
		return MEANINGS[e.errcode]();
	return e.message || t('The class server answered with error {n}.', { n: e.status });
}

function roomPath(roomId, rest) {
	return '/_matrix/client/v3/rooms/' + encodeURIComponent(roomId) + '/' + rest;
}
