/* Keys by name: for settings, and for help. */
#include "tui/input.h"

#include "core/base/i18n.h"
#include "core/base/text.h"

static const struct {
	enum key_code code;
	const char *name;  /* in settings */
	const char *shown; /* N_(): on the screen */
} names[] = {
	{KC_ENTER, "enter", N_("Enter")},
	{KC_TAB, "tab", N_("Tab")},
	{KC_BACKSPACE, "backspace", N_("Backspace")},
	{KC_ESCAPE, "esc", N_("Esc")},
	{KC_UP, "up", "↑"},
	{KC_DOWN, "down", "↓"},
	{KC_LEFT, "left", "←"},
	{KC_RIGHT, "right", "→"},
	{KC_HOME, "home", N_("Home")},
	{KC_END, "end", N_("End")},
	{KC_PAGE_UP, "pageup", N_("PgUp")},
	{KC_PAGE_DOWN, "pagedown", N_("PgDn")},
	{KC_INSERT, "insert", N_("Ins")},
	{KC_DELETE, "delete", N_("Del")},
};

static const struct {
	unsigned mod;
	const char *prefix, *shown;
} mods[] = {
	{MOD_CTRL, "ctrl-", N_("Ctrl-")},
	{MOD_ALT, "alt-", N_("Alt-")},
	{MOD_SHIFT, "shift-", N_("Shift-")},
};

static bool parse_function(struct span s, struct key *ret)
{
	int64_t n;
	if (s.n < 2 || s.p[0] != 'f' || !span_i64(span_from(s, 1), &n) || n < 1 || n > 12)
		return false;
	ret->code = KC_F1 + (enum key_code)(n - 1);
	return true;
}

static bool parse_plain(struct span s, struct key *ret)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_case_eq_str(s, names[i].name)) {
			ret->code = names[i].code;
			return true;
		}
	if (parse_function(s, ret))
		return true;
	ret->code = KC_CHAR;
	if (span_case_eq_str(s, "space")) {
		ret->cp = ' ';
		return true;
	}
	bool ok = false;
	if (s.n)
		ret->cp = utf8_next(&s, &ok);
	return ok && s.n == 0 && ret->cp >= 0x20 && ret->cp != 0x7f;
}

bool key_parse(struct span name, struct key *ret)
{
	*ret = (struct key){.code = KC_NONE};
	for (size_t i = 0; i < sizeof(mods) / sizeof(mods[0]); i++) {
		size_t n = span_of(mods[i].prefix).n;
		if (name.n > n && span_case_eq_str(span_head(name, n), mods[i].prefix)) {
			ret->mods |= mods[i].mod;
			name = span_from(name, n);
		}
	}
	return parse_plain(name, ret);
}

void key_put_name(struct buf *b, const struct key *k)
{
	for (size_t i = 0; i < sizeof(mods) / sizeof(mods[0]); i++)
		if (k->mods & mods[i].mod)
			buf_put_str(b, _(mods[i].shown));
	if (k->code >= KC_F1 && k->code <= KC_F12) {
		buf_printf(b, "F%d", k->code - KC_F1 + 1);
		return;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].code == k->code) {
			buf_put_str(b, _(names[i].shown));
			return;
		}
	if (k->cp == ' ')
		buf_put_str(b, _("Space"));
	else if ((k->mods & MOD_CTRL) && k->cp >= 'a' && k->cp <= 'z')
		buf_put_char(b, (char)(k->cp - 'a' + 'A'));
	else
		utf8_put(b, k->cp);
}

bool key_eq(const struct key *a, const struct key *b)
{
	return a->code == b->code && a->mods == b->mods && (a->code != KC_CHAR || a->cp == b->cp);
}

bool key_is_text(const struct key *k)
{
	return k->code == KC_CHAR && !(k->mods & ~(unsigned)MOD_SHIFT) && k->cp >= 0x20;
}
