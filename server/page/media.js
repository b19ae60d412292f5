// Pictures and files: fetched with the token when they are asked for, never opened as a page.
// A picture is shown only as one of the types below, whatever its sender calls it; everything
// else is saved as plain bytes.

const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];
const SOUNDS = ['audio/ogg', 'audio/mpeg', 'audio/wav', 'audio/x-wav', 'audio/mp4', 'audio/aac', 'audio/webm',
	'audio/flac'];

// By address, so that a message that is drawn anew goes on playing.
const players = new Map();

function mediaPath(uri) {
	const m = /^mxc:\/\/([^/?#]+)\/([A-Za-z0-9_-]+)$/.exec(typeof uri === 'string' ? uri : '');
	return m && '/_matrix/client/v1/media/download/' + encodeURIComponent(m[1]) + '/' + m[2];
}

async function fetchMedia(path, type, button) {
	button.setAttribute('aria-busy', 'true');
	tell(t('Loading …'));
	try {
		const bytes = await call('GET', path, undefined, { blob: true, limitMs: 600000 });
		tell('');
		return URL.createObjectURL(new Blob([bytes], { type }));
	} catch (e) {
		tell(troubleText(e), true);
		return null;
	} finally {
		button.removeAttribute('aria-busy');
	}
}

async function showPicture(media, button) {
	const url = await fetchMedia(media.path, media.type, button);
	if (!url)
		return;
	const picture = el('img', { alt: media.name });
	picture.addEventListener('load', () => {
		const follow = atEnd();
		if (button.parentNode)
			button.parentNode.replaceChild(picture, button);
		if (follow)
			toEnd();
		URL.revokeObjectURL(url);
	});
	picture.addEventListener('error', () => tell(t('The picture cannot be shown.'), true));
	picture.src = url;
}

async function playSound(media, button) {
	const url = await fetchMedia(media.path, media.type, button);
	if (!url)
		return;
	const player = el('audio', { controls: true, 'aria-label': media.name, src: url });
	player.addEventListener('error', () => tell(t('The sound cannot be played.'), true));
	players.set(media.path, player);
	if (button.parentNode)
		button.parentNode.replaceChild(player, button);
	player.focus();
	player.play().catch(() => { /* there is a button for it, or it was said why */ });
}

async function saveFile(media, button) {
	const url = await fetchMedia(media.path, 'application/octet-stream', button);
	if (!url)
		return;
	const link = el('a', { href: url, download: media.name, hidden: true });
	document.body.appendChild(link);
	link.click();
	document.body.removeChild(link);
	setTimeout(() => URL.revokeObjectURL(url), 60000);
}

function mediaButton(media, what, pressed, name) {
	const button = el('button', { type: 'button', class: 'media', 'data-act': name,
		click: () => pressed(media, button) },
	el('span', {}, what, ': ', el('bdi', {}, media.name), ' (' + media.size + ')'));
	return button;
}

// A picture, file, sound or video; null when the content is none.
function mediaNode(content) {
	const path = mediaPath(content.url);
	if (!path)
		return content.file ? el('p', { class: 'note' }, t('An encrypted file: it cannot be opened here.'))
			: null;
	const info = object(content.info);
	const name = cleanName(content.filename || content.body) || t('File');
	const picture = PICTURES.indexOf(info.mimetype) >= 0;
	const sound = SOUNDS.indexOf(info.mimetype) >= 0;
	const media = { path, type: picture || sound ? info.mimetype : null, name, size: sizeText(info.size) };
	if (sound)
		return el('p', { class: 'sound' }, players.get(path) || mediaButton(media, t('Play'), playSound, 'play'),
			mediaButton(media, t('Save the file'), saveFile, 'media'));
	return el('p', {}, picture ? mediaButton(media, t('Show the picture'), showPicture, 'media')
		: mediaButton(media, t('Save the file'), saveFile, 'media'));
}
