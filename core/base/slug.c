#include "core/base/slug.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* Letters that Unicode does not take apart. */
static const char *plain_of(int32_t c)
{
	switch (c) {
	case 0xe6:
		return "ae";
	case 0xf8:
		return "o";
	case 0x153:
		return "oe";
	case 0x142:
		return "l";
	case 0x111:
	case 0xf0:
		return "d";
	case 0xfe:
		return "th";
	case 0x131:
		return "i";
	}
	return NULL;
}

static bool is_plain(int32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

void slug_put(struct buf *b, struct span s, size_t max)
{
	static const unsigned how =
		UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK;
	utf8proc_uint8_t *folded = NULL;
	utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n,
					  &folded, (utf8proc_option_t)how);
	size_t begin = b->n;
	bool gap = false;
	for (utf8proc_ssize_t at = 0; at < n;) {
		utf8proc_int32_t c;
		utf8proc_ssize_t used = utf8proc_iterate(folded + at, n - at, &c);
		if (used <= 0)
			break;
		at += used;
		const char one[2] = {(char)c, '\0'};
		const char *plain = is_plain(c) ? one : plain_of(c);
		if (!plain) {
			/* An apostrophe divides no word. */
			gap |= c != '\'' && c != 0x2019;
			continue;
		}
		if (gap && b->n > begin)
			buf_put_char(b, '.');
		gap = false;
		if (b->n - begin + strlen(plain) > max)
			break;
		buf_put_str(b, plain);
	}
	free(folded);
	while (b->n > begin && b->p[b->n - 1] == '.')
		buf_truncate(b, b->n - 1);
}
