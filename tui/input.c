#include "tui/input.h"

#include "core/base/text.h"

#include <string.h>

#define PARAMS_MAX 6

void input_init(struct input *in)
{
	*in = (struct input){.n = 0};
	buf_init(&in->paste, INPUT_PASTE_MAX);
}

void input_done(struct input *in)
{
	buf_done(&in->paste);
}

/* -- One key out of the bytes that are there ------------------------------- */

enum { NEED_MORE = 0 }; /* length 0: undecided */

static size_t give(struct key *k, enum key_code code, unsigned mods, size_t n)
{
	k->code = code;
	k->mods = mods;
	return n;
}

static size_t parse_control(unsigned char c, struct key *k)
{
	switch (c) {
	case '\r':
		return give(k, KC_ENTER, 0, 1);
	case '\t':
		return give(k, KC_TAB, 0, 1);
	case 0x7f:
	case 0x08:
		return give(k, KC_BACKSPACE, 0, 1);
	case 0:
		k->cp = ' ';
		return give(k, KC_CHAR, MOD_CTRL, 1);
	default:
		k->cp = c <= 26 ? 'a' + c - 1u : (c | 0x40u);
		return give(k, KC_CHAR, MOD_CTRL, 1);
	}
}

static size_t utf8_wants(unsigned char lead)
{
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	return lead >= 0xf0 && lead <= 0xf4 ? 4 : 1;
}

/* A character; what is no UTF-8 is passed over. */
static size_t parse_char(struct span s, struct key *k)
{
	size_t wants = utf8_wants((unsigned char)s.p[0]);
	for (size_t i = 1; i < s.n && i < wants; i++)
		if (((unsigned char)s.p[i] & 0xc0) != 0x80)
			return give(k, KC_NONE, 0, i);
	if (s.n < wants)
		return NEED_MORE;
	bool ok;
	struct span rest = s;
	k->cp = utf8_next(&rest, &ok);
	bool c1 = k->cp >= 0x80 && k->cp < 0xa0;
	return give(k, ok && !c1 ? KC_CHAR : KC_NONE, 0, s.n - rest.n);
}

struct csi {
	char lead; /* '<', '?' ... or 0 */
	char final;
	int param[PARAMS_MAX], n;
	size_t length; /* after ESC [ */
};

/* Returns false while it is incomplete; final 0: not a sequence at all. */
static bool read_csi(struct span s, struct csi *c)
{
	size_t i = 0;
	*c = (struct csi){.n = 0};
	if (s.n && s.p[0] >= '<' && s.p[0] <= '?')
		c->lead = s.p[i++];
	for (; i < s.n; i++) {
		unsigned char b = (unsigned char)s.p[i];
		if (b >= '0' && b <= '9') {
			int *p = &c->param[c->n < PARAMS_MAX ? c->n : PARAMS_MAX - 1];
			*p = *p < 100000000 ? *p * 10 + (b - '0') : *p;
		} else if (b == ';') {
			c->n += c->n < PARAMS_MAX - 1;
		} else if (b >= 0x40 && b <= 0x7e) {
			c->final = (char)b;
			c->length = i + 1;
			return true;
		} else if (b < 0x20 || b > 0x7e) {
			c->length = i;
			return true;
		} /* sub-parameters and intermediates are passed over */
	}
	return false;
}

static unsigned mods_of(const struct csi *c)
{
	int m = c->param[1];
	return m > 1 && m <= 8 ? (unsigned)(m - 1) : 0;
}

static enum key_code tilde_key(int n)
{
	static const enum key_code keys[] = {
		[1] = KC_HOME,	  [2] = KC_INSERT,    [3] = KC_DELETE,	 [4] = KC_END,
		[5] = KC_PAGE_UP, [6] = KC_PAGE_DOWN, [7] = KC_HOME,	 [8] = KC_END,
		[11] = KC_F1,	  [12] = KC_F1 + 1,   [13] = KC_F1 + 2,	 [14] = KC_F1 + 3,
		[15] = KC_F1 + 4, [17] = KC_F1 + 5,   [18] = KC_F1 + 6,	 [19] = KC_F1 + 7,
		[20] = KC_F1 + 8, [21] = KC_F1 + 9,   [23] = KC_F1 + 10, [24] = KC_F1 + 11,
	};
	return n >= 0 && (size_t)n < sizeof(keys) / sizeof(keys[0]) ? keys[n] : KC_NONE;
}

static enum key_code letter_key(char c)
{
	static const char letters[] = "ABCDHFPQRS";
	static const enum key_code keys[] = {KC_UP,  KC_DOWN, KC_RIGHT,	 KC_LEFT,   KC_HOME,
					     KC_END, KC_F1,   KC_F1 + 1, KC_F1 + 2, KC_F1 + 3};
	const char *at = c ? strchr(letters, c) : NULL;
	return at ? keys[at - letters] : KC_NONE;
}

static void mouse_key(const struct csi *c, struct key *k)
{
	int b = c->param[0];
	k->code = KC_MOUSE;
	k->mods =
		((b & 4) ? MOD_SHIFT : 0u) | ((b & 8) ? MOD_ALT : 0u) | ((b & 16) ? MOD_CTRL : 0u);
	k->button = b & 3;
	k->x = c->param[1] > 0 ? c->param[1] - 1 : 0;
	k->y = c->param[2] > 0 ? c->param[2] - 1 : 0;
	if (b & 64)
		k->mouse = (b & 1) ? MOUSE_WHEEL_DOWN : MOUSE_WHEEL_UP;
	else if (b & 32)
		k->mouse = MOUSE_DRAG;
	else
		k->mouse = c->final == 'M' ? MOUSE_PRESS : MOUSE_RELEASE;
}

/* CSI u: the code point itself, with modifiers. */
static void unicode_key(const struct csi *c, struct key *k)
{
	int cp = c->param[0];
	k->mods = mods_of(c);
	if (cp == 13)
		k->code = KC_ENTER;
	else if (cp == 9)
		k->code = KC_TAB;
	else if (cp == 27)
		k->code = KC_ESCAPE;
	else if (cp == 127 || cp == 8)
		k->code = KC_BACKSPACE;
	else if ((cp >= 0x20 && cp < 0x7f) || (cp >= 0xa0 && cp < 0xd800) ||
		 (cp >= 0xe000 && cp <= 0x10ffff)) {
		k->code = KC_CHAR;
		k->cp = (uint32_t)cp;
	}
}

static void csi_key(struct input *in, const struct csi *c, struct key *k)
{
	if (c->lead == '<' && (c->final == 'M' || c->final == 'm')) {
		mouse_key(c, k);
		return;
	}
	if (c->lead || !c->final)
		return;
	if (c->final == '~') {
		in->pasting = c->param[0] == 200;
		if (c->param[0] == 27 && c->param[2]) { /* xterm's modifyOtherKeys */
			struct csi u = {.param = {c->param[2], c->param[1]}};
			unicode_key(&u, k);
			return;
		}
		give(k, tilde_key(c->param[0]), mods_of(c), 0);
	} else if (c->final == 'u') {
		unicode_key(c, k);
	} else if (c->final == 'Z') {
		give(k, KC_TAB, MOD_SHIFT, 0);
	} else if (c->final == 'I' || c->final == 'O') {
		give(k, c->final == 'I' ? KC_FOCUS_IN : KC_FOCUS_OUT, 0, 0);
	} else {
		give(k, letter_key(c->final), mods_of(c), 0);
	}
}

static size_t parse_escape(struct input *in, struct span s, struct key *k)
{
	if (s.n == 1)
		return NEED_MORE;
	if (s.p[1] == '[') {
		struct csi c;
		if (!read_csi(span_from(s, 2), &c))
			return s.n < sizeof(in->pending) ? NEED_MORE : give(k, KC_NONE, 0, s.n);
		csi_key(in, &c, k);
		return 2 + c.length;
	}
	if (s.p[1] == 'O') {
		if (s.n == 2)
			return NEED_MORE;
		if (letter_key(s.p[2]))
			return give(k, letter_key(s.p[2]), 0, 3);
		if (s.p[2] == 'M')
			return give(k, KC_ENTER, 0, 3);
	}
	if (s.p[1] == 0x1b)
		return give(k, KC_ESCAPE, 0, 1);
	struct span rest = span_from(s, 1);
	unsigned char c = (unsigned char)rest.p[0];
	size_t n = c < 0x20 || c == 0x7f ? parse_control(c, k) : parse_char(rest, k);
	if (n == NEED_MORE)
		return NEED_MORE;
	k->mods |= MOD_ALT;
	return n + 1;
}

static size_t parse(struct input *in, struct span s, struct key *k)
{
	unsigned char c = (unsigned char)s.p[0];
	*k = (struct key){.code = KC_NONE};
	if (c == 0x1b)
		return parse_escape(in, s, k);
	return c < 0x20 || c == 0x7f ? parse_control(c, k) : parse_char(s, k);
}

/* -- Feeding ---------------------------------------------------------------- */

#define PASTE_END "\033[201~"
#define PASTE_END_N (sizeof(PASTE_END) - 1)

static void end_paste(struct input *in, input_fn *fn, void *arg)
{
	struct key k = {.code = KC_PASTE, .paste = buf_span(&in->paste)};
	in->pasting = false;
	fn(&k, arg);
	buf_clear(&in->paste);
}

/* One byte of a paste; its end may be cut anywhere, so it is looked for in what is kept. */
static void paste_byte(struct input *in, char c, input_fn *fn, void *arg)
{
	in->pending[in->n++] = c;
	if (in->n == PASTE_END_N && !memcmp(in->pending, PASTE_END, PASTE_END_N)) {
		in->n = 0;
		end_paste(in, fn, arg);
		return;
	}
	while (in->n && memcmp(in->pending, PASTE_END, in->n) != 0) {
		buf_put_char(&in->paste, in->pending[0]);
		memmove(in->pending, in->pending + 1, --in->n);
	}
}

static void take_keys(struct input *in, bool at_end, input_fn *fn, void *arg)
{
	while (in->n && !in->pasting) {
		struct key k;
		struct span s = {in->pending, in->n};
		size_t n = parse(in, s, &k);
		if (n == NEED_MORE) {
			if (!at_end && in->n < sizeof(in->pending))
				return;
			bool esc = in->pending[0] == 0x1b;
			give(&k, esc ? KC_ESCAPE : KC_NONE, 0, 0);
			n = esc ? 1 : in->n;
		}
		in->n -= n;
		memmove(in->pending, in->pending + n, in->n);
		if (k.code != KC_NONE)
			fn(&k, arg);
	}
}

void input_feed(struct input *in, struct span bytes, input_fn *fn, void *arg)
{
	for (size_t i = 0; i < bytes.n; i++) {
		if (in->pasting) {
			paste_byte(in, bytes.p[i], fn, arg);
			continue;
		}
		in->pending[in->n++] = bytes.p[i];
		take_keys(in, false, fn, arg);
	}
}

bool input_waits(const struct input *in)
{
	return in->n > 0 && !in->pasting;
}

void input_timeout(struct input *in, input_fn *fn, void *arg)
{
	if (input_waits(in))
		take_keys(in, true, fn, arg);
}
