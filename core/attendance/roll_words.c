/* Which whole messages answer a roll-call. */
#include "core/attendance/roll.h"

#include "core/base/fold.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX 200 /* longer is no word */
#define WORD_SIZE 64 /* of a common one, folded */

/* Only what people say at a roll-call: no bare "yes" where that answers anything. */
static const char *const common[] = {
	/* en, fil */ "here",
	"present",
	"i am here",
	"im here",
	"i am present",
	"im present",
	"present sir",
	"present maam",
	"present po",
	"nandito",
	"nandito po",
	"narito po",
	/* fr */ "présente",
	"ici",
	"là",
	"je suis là",
	"je suis ici",
	/* es, pt, it, ca, ro */ "presente",
	"presenta",
	"aquí",
	"estoy aquí",
	"estou aqui",
	"qui",
	"eccomi",
	"sono qui",
	"prezent",
	"prezentă",
	"aici",
	"soc aquí",
	/* de, nl, sv, da, nb */ "hier",
	"da",
	"anwesend",
	"ich bin da",
	"ich bin hier",
	"aanwezig",
	"ik ben er",
	"här",
	"jag är här",
	"närvarande",
	"her",
	"jeg er her",
	"til stede",
	"tilstede",
	/* fi, et, hu */ "paikalla",
	"täällä",
	"läsnä",
	"olen täällä",
	"kohal",
	"siin",
	"jelen",
	"itt",
	"itt vagyok",
	/* pl, cs, sk, sl, hr, sr */ "jestem",
	"obecny",
	"obecna",
	"zde",
	"tady",
	"přítomen",
	"přítomna",
	"prítomný",
	"prítomná",
	"tu",
	"tukaj",
	"prisoten",
	"prisotna",
	"prisutan",
	"prisutna",
	"ovdje",
	"ovde",
	"присутан",
	"присутна",
	"овде",
	/* ru, uk, bg, kk */ "здесь",
	"тут",
	"я здесь",
	"я тут",
	"присутствую",
	"присутній",
	"присутня",
	"тук",
	"присъствам",
	"осында",
	"осындамын",
	/* el, tr, az */ "παρών",
	"παρούσα",
	"εδώ",
	"burada",
	"buradayım",
	"burdayım",
	"var",
	"buradayam",
	/* ar, fa, ur, he */ "حاضر",
	"حاضرة",
	"موجود",
	"موجودة",
	"أنا هنا",
	"هنا",
	"حاضرم",
	"כאן",
	"פה",
	"נוכח",
	"נוכחת",
	"אני כאן",
	/* hi, mr, ne, bn, ta, te */ "उपस्थित",
	"हाज़िर",
	"यहाँ",
	"हजुर",
	"উপস্থিত",
	"হাজির",
	"உள்ளேன்",
	"உள்ளேன் ஐயா",
	"హాజరు",
	/* zh, ja, ko */ "到",
	"到了",
	"在",
	"我在",
	"有",
	"来了",
	"來了",
	"はい",
	"ハイ",
	"出席",
	"います",
	"出席です",
	"네",
	"예",
	"출석",
	"여기요",
	"여기 있어요",
	/* id, ms, vi, th, sw, am */ "hadir",
	"saya hadir",
	"ada",
	"saya",
	"có mặt",
	"dạ có",
	"มา",
	"มาครับ",
	"มาค่ะ",
	"อยู่",
	"nipo",
	"niko hapa",
	"አለሁ",
	"አቤት",
};

static bool ends(const struct buf *b, const char *with)
{
	return span_ends(buf_span(b), with);
}

/* Folded, one blank between words, none around, without apostrophes and what ends a sentence. */
static void plain(struct buf *ret, struct span s)
{
	AUTO(buf_done) struct buf all = BUF_INIT(BUF_CAP_OWN);
	fold_put(&all, s);
	for (struct span rest = buf_span(&all); rest.n;) {
		bool ok;
		uint32_t cp = utf8_next(&rest, &ok);
		bool blank = cp == ' ' || (cp >= '\t' && cp <= '\r');
		bool leading = ret->n == 0 && (blank || cp == '!' || cp == 0xa1);
		if (leading || cp == '\'' || cp == 0x2019 || (blank && ends(ret, " ")))
			continue;
		utf8_put(ret, blank ? ' ' : cp);
	}
	while (ends(ret, " ") || ends(ret, ".") || ends(ret, "!"))
		buf_truncate(ret, ret->n - 1);
	if (ends(ret, "。"))
		buf_truncate(ret, ret->n - strlen("。"));
}

static char folded[ARRAY_LEN(common)][WORD_SIZE];

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Once: registers ask for every message of a lesson. */
static void fold_common(void)
{
	for (size_t i = 0; i < ARRAY_LEN(common); i++) {
		AUTO(buf_done) struct buf b = BUF_INIT(WORD_SIZE - 1);
		plain(&b, span_of(common[i]));
		memcpy(folded[i], buf_str(&b), b.n);
	}
	qsort(folded, ARRAY_LEN(folded), WORD_SIZE, compare);
}

static bool is_common(const struct buf *word)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	char key[WORD_SIZE] = "";
	pthread_once(&once, fold_common);
	if (word->n == 0 || word->n >= WORD_SIZE || memchr(word->p, '\0', word->n))
		return false;
	memcpy(key, word->p, word->n);
	return bsearch(key, folded, ARRAY_LEN(folded), WORD_SIZE, compare) != NULL;
}

static bool same(const struct buf *body, const json_t *word)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	if (!json_is_string(word) || json_string_length(word) > BODY_MAX)
		return false;
	plain(&b, (struct span){json_string_value(word), json_string_length(word)});
	return b.n && span_eq(buf_span(&b), buf_span(body));
}

bool roll_is_word(struct span body, const json_t *words)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	size_t i;
	json_t *one;
	if (body.n > BODY_MAX)
		return false;
	plain(&b, body);
	if (is_common(&b))
		return true;
	json_array_foreach (words, i, one)
		if (same(&b, one))
			return true;
	return false;
}

bool roll_reaction_is_away(struct span key)
{
	static const char *const no[] = {"👎", "❌", "✖", "❎", "✗", "✘", "🚫", "⛔", "🙅"};
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		if (span_starts(key, no[i])) /* what follows is a skin tone or a variant's sign */
			return true;
	return false;
}
