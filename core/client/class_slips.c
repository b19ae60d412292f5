#include "core/client/class_slips.h"

#include "core/base/csv.h"
#include "core/base/qr.h"
#include "core/base/when.h"
#include "core/matrix/html.h"

#include <string.h>

/*
 * In the class's language, which need not be that of who prints them (so these
 * are not in the catalogues, which follow the locale).
 */
static const struct words {
	const char *language, *html_language;
	const char *title, *address, *code;
	const char *how;
} words[] = {
	{"en", "en", "Class %s", "Address", "Code",
	 "Scan the picture with your phone, or type the address in a browser and then the code; "
	 "choose a password, and you are in. It works once: give it to nobody."},
	{"de", "de", "Klasse %s", "Adresse", "Code",
	 "Scanne das Bild mit dem Handy, oder gib im Browser die Adresse und dann den Code ein; "
	 "wähle ein Passwort, schon bist du dabei. Er gilt einmal: Gib ihn niemandem."},
	{"es", "es", "Clase %s", "Dirección", "Código",
	 "Escanea la imagen con el móvil, o escribe la dirección en un navegador y luego el "
	 "código; elige una contraseña y ya estás dentro. Sirve una sola vez: no se lo des a "
	 "nadie."},
	{"fr", "fr", "Classe %s", "Adresse", "Code",
	 "Scanne l’image avec ton téléphone, ou tape l’adresse dans un navigateur puis le code ; "
	 "choisis un mot de passe, et tu es entré. Il ne sert qu’une fois : ne le donne à "
	 "personne."},
	{"ja", "ja", "クラス %s", "アドレス", "コード",
	 "スマートフォンで画像を読み取るか、ブラウザーにアドレスを入力してからコードを入力し、"
	 "パスワードを決めると参加できます。一度しか使えません。だれにも渡さないでください。"},
	{"zh_CN", "zh-Hans", "班级 %s", "地址", "代码",
	 "用手机扫描图片，或在浏览器中输入地址，再输入代码；设置一个密码，就能加入。"
	 "只能使用一次，请不要给别人。"},
};

const char slips_languages[] = "en|de|es|fr|ja|zh_CN";

/* "de_AT.UTF-8" is "de"; "zh_CN" is more than "zh". */
static const struct words *find_words(const char *language)
{
	for (size_t i = 0; language && i < ARRAY_LEN(words); i++)
		if (!strncmp(language, words[i].language, strlen(words[i].language)))
			return &words[i];
	return NULL;
}

const char *slips_language(const char *locale)
{
	const struct words *w = find_words(locale);
	return w ? w->language : "en";
}

static bool has_link(const json_t *row)
{
	return json_get_str(row, "link") && json_get_str(row, "code");
}

size_t slips_count(const json_t *rows)
{
	size_t i, n = 0;
	json_t *row;
	json_array_foreach (rows, i, row)
		n += has_link(row);
	return n;
}

/* What is typed where nothing scans: the link without the code. */
static char *address_of(const json_t *row)
{
	const char *link = json_get_str(row, "link");
	return mem_strndup(link, strcspn(link, "#"));
}

static const char *name_of(const json_t *row)
{
	const char *name = json_get_str(row, "name");
	return name ? name : json_get_str(row, "user_id");
}

/* Two by five on A4, which printers and scissors get right with a line to cut along. */
static const char style[] =
	"@page{size:A4;margin:8mm}*{box-sizing:border-box}"
	"body{margin:0;font:3.4mm/1.25 sans-serif;color:#000;background:#fff}"
	"ul{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;width:194mm}"
	"li{width:97mm;height:56mm;padding:3mm;border:.2mm dashed #888;display:flex;gap:3mm;"
	"break-inside:avoid;page-break-inside:avoid;overflow:hidden}"
	"li>div{flex:1;min-width:0;overflow-wrap:anywhere}"
	"li>aside{width:34mm;flex:none;text-align:center;overflow-wrap:anywhere}"
	"svg{width:34mm;height:34mm;display:block}"
	"h2{font-size:4.6mm;margin:0;max-height:11.6mm;overflow:hidden}"
	"p{margin:.6mm 0}.how{font-size:2.7mm}"
	"code{font:bold 4mm monospace;white-space:nowrap}"
	".address{font:bold 3.2mm monospace}"
	"small{font-size:2.8mm}";

static int put_slip(struct buf *b, const struct slips *s, const struct words *w, const json_t *row,
		    struct err *err)
{
	AUTO_FREE char *address = address_of(row);
	const char *id = json_get_str(row, "external_id");
	buf_put_str(b, "<li><div><h2 dir=\"auto\">");
	html_escape(b, span_of(name_of(row)));
	buf_put_str(b, "</h2><p dir=\"auto\">");
	AUTO_FREE char *title = mem_printf(w->title, s->class_name);
	html_escape(b, span_of(title));
	if (id) {
		buf_put_str(b, " <small>");
		html_escape(b, span_of(id));
		buf_put_str(b, "</small>");
	}
	buf_printf(b, "</p><p>%s: <span class=\"address\">", w->address);
	html_escape(b, span_of(address));
	buf_printf(b, "</span></p><p>%s: <code>", w->code);
	html_escape(b, span_of(json_get_str(row, "code")));
	buf_printf(b, "</code></p><p class=\"how\">%s</p></div><aside>", w->how);
	int rc = qr_put_svg(b, json_get_str(row, "link"), err);
	buf_put_str(b, "<small>");
	html_escape(b, span_of(json_get_str(row, "user_id")));
	buf_put_str(b, "</small></aside></li>\n");
	return rc;
}

int slips_put_html(struct buf *b, const struct slips *s, struct err *err)
{
	const struct words *w = find_words(s->language);
	AUTO_FREE char *title = NULL;
	size_t i;
	json_t *row;
	int rc = 0;
	if (!w)
		w = &words[0];
	title = mem_printf(w->title, s->class_name);
	buf_printf(b,
		   "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
		   "<meta name=\"referrer\" content=\"no-referrer\"><title>",
		   w->html_language);
	html_escape(b, span_of(title));
	buf_printf(b, "</title><style>%s</style></head><body><ul>\n", style);
	json_array_foreach (s->rows, i, row)
		if (!rc && has_link(row))
			rc = put_slip(b, s, w, row, err);
	buf_put_str(b, "</ul></body></html>\n");
	return rc;
}

void slips_put_csv(struct buf *b, const struct slips *s)
{
	static const char *const names[] = {"name",    "external_id", "email", "user_id", "class",
					    "address", "code",	      "link",  "expires"};
	struct csv_writer w = CSV_WRITER(b, ',');
	size_t i;
	json_t *row;
	for (i = 0; i < ARRAY_LEN(names); i++)
		csv_put(&w, span_of(names[i]));
	csv_end(&w);
	json_array_foreach (s->rows, i, row) {
		if (!has_link(row))
			continue;
		AUTO_FREE char *address = address_of(row);
		char expires[WHEN_ISO_SIZE];
		when_iso(json_get_i64(row, "expires_ts", 0), expires);
		csv_put(&w, span_of(json_get_str(row, "name")));
		csv_put(&w, span_of(json_get_str(row, "external_id")));
		csv_put(&w, span_of(json_get_str(row, "email")));
		csv_put(&w, span_of(json_get_str(row, "user_id")));
		csv_put(&w, span_of(s->class_name));
		csv_put(&w, span_of(address));
		csv_put(&w, span_of(json_get_str(row, "code")));
		csv_put(&w, span_of(json_get_str(row, "link")));
		csv_put(&w, span_of(expires));
		csv_end(&w);
	}
}
