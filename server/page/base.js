// What everything else stands on: sentences, elements, what the browser keeps.

const words = JSON.parse(document.getElementById('words').textContent);
const language = document.documentElement.lang;

// The sentence in the reader's language; {name} in it is replaced by values.name.
function t(sentence, values) {
	const s = Object.prototype.hasOwnProperty.call(words, sentence) ? words[sentence] : sentence;
	return s.replace(/\{(\w+)\}/g, (all, name) =>
		(values && name in values ? String(values[name]) : all));
}

function $(id) {
	return document.getElementById(id);
}

// A new element. `click` is what a click does; a missing attribute is undefined, null or false.
// Text of others comes in as a child and so never as markup.
function el(tag, attributes, ...inside) {
	const node = document.createElement(tag);
	for (const name of Object.keys(attributes || {})) {
		const value = attributes[name];
		if (name === 'click')
			node.addEventListener('click', value);
		else if (value !== undefined && value !== null && value !== false)
			node.setAttribute(name, value === true ? '' : value);
	}
	for (const child of inside)
		if (child !== undefined && child !== null)
			node.appendChild(typeof child === 'string' ? document.createTextNode(child) : child);
	return node;
}

function empty(node) {
	while (node.firstChild)
		node.removeChild(node.firstChild);
}

// ---- what the browser keeps ----

// On a phone of one's own it outlives the window, on another's it does not. Browsers may
// refuse either; then the page forgets when it is left.
const memory = {};

function area(name) {
	try {
		return window[name];
	} catch (e) {
		return null;
	}
}

function keptIn(store, name) {
	try {
		const text = store.getItem('muster.' + name);
		return text === null ? undefined : JSON.parse(text);
	} catch (e) {
		return undefined;
	}
}

function kept(name) {
	for (const store of [area('sessionStorage'), area('localStorage')]) {
		const value = keptIn(store, name);
		if (value !== undefined)
			return value;
	}
	return memory[name];
}

function forget(name) {
	delete memory[name];
	for (const store of [area('sessionStorage'), area('localStorage')])
		try {
			store.removeItem('muster.' + name);
		} catch (e) { /* it was not kept there */ }
}

function keep(name, value, ownPhone) {
	forget(name);
	memory[name] = value;
	try {
		area(ownPhone ? 'localStorage' : 'sessionStorage')
			.setItem('muster.' + name, JSON.stringify(value));
	} catch (e) { /* memory has it */ }
}

// ---- telling ----

let standing = ''; // what is told as long as nothing else is

// The line for what is going on; said by screen readers, too. Without text it says what stands,
// and else is hidden.
function tell(text, bad) {
	const line = $('status');
	const now = text || standing;
	line.className = bad || (!text && standing) ? 'bad' : '';
	if (line.textContent !== now)
		line.textContent = now;
}

// For some seconds.
function tellShortly(text) {
	tell(text);
	setTimeout(() => {
		if ($('status').textContent === text)
			tell('');
	}, 6000);
}

// Trouble that lasts; '' when it is over.
function tellStanding(text) {
	const was = standing;
	standing = text;
	if (text || $('status').textContent === was)
		tell('');
}

function sleep(ms) {
	return new Promise((done) => setTimeout(done, ms));
}

function randomId() {
	const bytes = new Uint8Array(12);
	window.crypto.getRandomValues(bytes);
	return Array.from(bytes, (b) => (b + 256).toString(16).slice(1)).join('');
}
