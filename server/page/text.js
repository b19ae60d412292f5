// Text of others on its way to the screen: characters that hide, turn around or pile up what
// stands beside them are replaced by visible signs, as core/base/text.h does for terminals.

const NAME_MAX = 100;
const BODY_MAX = 20000;

// Controls, bidi overrides and isolates, invisible operators, separators, tags, lone surrogates.
const HIDDEN = new RegExp('[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u061c\\u180e\\u200b' +
	'\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff0-\\ufffb\\ue000-\\uf8ff' +
	'\\u115f\\u1160\\u3164\\uffa0]|\\udb40[\\udc00-\\udfff]', 'g');
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(^|[^\ud800-\udbff])[\udc00-\udfff]/g;
const PILED = new RegExp('([\\u0300-\\u036f\\u0483-\\u0489\\u0610-\\u061a\\u064b-\\u065f' +
	'\\u0e31\\u0e34-\\u0e3a\\u0e47-\\u0e4e\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u20d0-\\u20ff' +
	'\\ufe20-\\ufe2f]{4})[\\u0300-\\u036f\\u0483-\\u0489\\u0610-\\u061a\\u064b-\\u065f' +
	'\\u0e31\\u0e34-\\u0e3a\\u0e47-\\u0e4e\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u20d0-\\u20ff' +
	'\\ufe20-\\ufe2f]+', 'g');

function cut(s, most) {
	return s.length > most ? s.slice(0, most) + ' …' : s;
}

// Text of several lines.
function cleanText(raw) {
	return typeof raw !== 'string' ? '' : cut(raw, BODY_MAX).replace(/\r\n?/g, '\n')
		.replace(/([\u0600-\u1cff])\u200b/g, '$1').replace(HIDDEN, '\ufffd').replace(LONE, '$1\ufffd').replace(PILED, '$1');
}

// One line: names, titles.
function cleanName(raw) {
	return typeof raw !== 'string' ? ''
		: cut(cleanText(raw.slice(0, 4 * NAME_MAX)).replace(/[\n\t ]+/g, ' ').trim(), NAME_MAX);
}

// Keeps a name's direction of writing to itself where it stands in a sentence.
function apart(name) {
	return '\u2068' + name + '\u2069';
}

// "@ana:school" as "ana" where it is of this server.
function shortUser(id) {
	const s = cleanName(id);
	const server = session && session.user_id.replace(/^[^:]*:/, '');
	return s.startsWith('@') && server && s.endsWith(':' + server)
		? s.slice(1, -1 - server.length) : s;
}

function sizeText(bytes) {
	if (typeof bytes !== 'number' || !(bytes >= 0))
		return t('size not known');
	const steps = ['B', 'kB', 'MB', 'GB'];
	let i = 0;
	for (; bytes >= 1000 && i < steps.length - 1; i++)
		bytes /= 1000;
	return (i && bytes < 10 ? bytes.toFixed(1) : Math.round(bytes)) + ' ' + steps[i];
}

function timeText(ts) {
	return new Date(ts).toLocaleTimeString(language, { hour: 'numeric', minute: '2-digit' });
}

function dayText(ts) {
	const day = new Date(ts);
	const now = new Date();
	if (day.toDateString() === now.toDateString())
		return t('Today');
	return day.toLocaleDateString(language, { weekday: 'long', day: 'numeric', month: 'long',
		year: day.getFullYear() === now.getFullYear() ? undefined : 'numeric' });
}

// Text as nodes: web addresses become links, everything else is text.
function textNodes(text) {
	const out = document.createDocumentFragment();
	let from = 0;
	const address = /https?:\/\/[^\s<>"'\ufffd]+[^\s<>"'\ufffd.,;:!?)\]]/g;
	for (let m = address.exec(text); m; m = address.exec(text)) {
		out.appendChild(document.createTextNode(text.slice(from, m.index)));
		out.appendChild(el('a', { href: m[0], target: '_blank', rel: 'noopener noreferrer' }, m[0]));
		from = m.index + m[0].length;
	}
	out.appendChild(document.createTextNode(text.slice(from)));
	return out;
}
