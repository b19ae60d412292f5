#include "core/base/qr.h"

#include "core/base/i18n.h"
#include "core/base/lib.h"

#include <qrencode.h>
#include <string.h>

#define LIB_QRENCODE(F)            \
	F(QRcode_encodeString8bit) \
	F(QRcode_free)
LIB_PRIVATE(lib_qrencode, LIB_QRENCODE, QRENCODE);

#define BORDER 4 /* modules: the quiet zone */

/* One row of dark modules as a path: a rectangle for each run. */
static void put_row(struct buf *b, const unsigned char *row, int width, int y)
{
	for (int x = 0; x < width;) {
		int run = 0;
		while (x + run < width && (row[x + run] & 1))
			run++;
		if (run)
			buf_printf(b, "M%d %dh%dv1h-%dz", x + BORDER, y + BORDER, run, run);
		x += run + 1;
	}
}

int qr_put_svg(struct buf *b, const char *text, struct err *err)
{
	if (strlen(text) > QR_TEXT_MAX)
		return err_set(err, ERR_TOO_LARGE, _("The text is too long for a QR code"));
	const struct lib_qrencode *lib = lib_qrencode(err);
	if (!lib)
		return ERR_UNSUPPORTED;
	QRcode *q = lib->QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	if (!q)
		return err_set(err, ERR_FAILED, _("The text cannot be made a QR code"));
	int side = q->width + 2 * BORDER;
	buf_printf(b,
		   "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\""
		   " shape-rendering=\"crispEdges\"><rect width=\"%d\" height=\"%d\""
		   " fill=\"#fff\"/><path fill=\"#000\" d=\"",
		   side, side, side, side);
	for (int y = 0; y < q->width; y++)
		put_row(b, q->data + (size_t)y * (size_t)q->width, q->width, y);
	buf_put_str(b, "\"/></svg>");
	lib->QRcode_free(q);
	return 0;
}
