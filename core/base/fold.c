#include "core/base/fold.h"

#include "core/base/text.h"

#include <utf8proc.h>

#define FORMS_MAX 32 /* the longest decomposition is 18 code points */

static size_t fold_one(uint32_t cp, utf8proc_int32_t out[FORMS_MAX])
{
	int before = 0;
	if (cp < 0x80) {
		out[0] = (utf8proc_int32_t)(cp >= 'A' && cp <= 'Z' ? cp + 32 : cp);
		return 1;
	}
	utf8proc_ssize_t n =
		utf8proc_decompose_char((utf8proc_int32_t)cp, out, FORMS_MAX,
					UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
						UTF8PROC_IGNORE | UTF8PROC_STRIPMARK,
					&before);
	return n < 0 ? 0 : n > FORMS_MAX ? FORMS_MAX : (size_t)n;
}

size_t fold_text(struct span s, struct fold *ret, size_t max)
{
	utf8proc_int32_t forms[FORMS_MAX];
	struct span rest = s;
	size_t n = 0;
	while (rest.n && n < max) {
		bool ok;
		uint32_t at = (uint32_t)(s.n - rest.n);
		size_t got = fold_one(utf8_next(&rest, &ok), forms);
		for (size_t i = 0; i < got && n < max; i++)
			ret[n++] = (struct fold){(uint32_t)forms[i], at};
	}
	return n;
}

void fold_put(struct buf *b, struct span s)
{
	utf8proc_int32_t forms[FORMS_MAX];
	while (s.n) {
		bool ok;
		size_t n = fold_one(utf8_next(&s, &ok), forms);
		for (size_t i = 0; i < n; i++)
			utf8_put(b, (uint32_t)forms[i]);
	}
}

bool fold_is_word(uint32_t cp)
{
	if (cp < 0x80)
		return (cp >= '0' && cp <= '9') || ((cp | 32) >= 'a' && (cp | 32) <= 'z');
	switch (utf8proc_category((utf8proc_int32_t)cp)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_NO:
		return true;
	default:
		return false;
	}
}
