/* Heads of tar members, and manifests of backups: whoever restores may have been given anything. */
#include "core/base/buf.h"
#include "server/keep/manifest.h"
#include "server/keep/tar.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void one_head(const uint8_t *data, size_t n)
{
	char block[TAR_BLOCK] = "", name[TAR_NAME_SIZE], again[TAR_BLOCK];
	int64_t size = -1;
	memcpy(block, data, n < TAR_BLOCK ? n : TAR_BLOCK);
	if (tar_head_read(block, name, &size) != TAR_FILE)
		return;
	if (size < 0 || !memchr(name, '\0', sizeof(name)))
		abort();
	tar_head_put(again, name, size, 0);
	int64_t same;
	if (tar_head_read(again, name, &same) != TAR_FILE || same != size)
		abort();
}

static void one_manifest(struct span text)
{
	struct manifest m, back;
	struct buf b = BUF_INIT(MANIFEST_MAX);
	if (manifest_read(text, &m, NULL))
		return;
	for (size_t i = 0; i < m.n; i++)
		if (!keep_name_ok(span_of(m.files[i].name)))
			abort();
	manifest_put(&m, &b);
	if (manifest_read(buf_span(&b), &back, NULL) || back.n != m.n)
		abort();
	manifest_done(&back);
	manifest_done(&m);
	buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	one_head(data, n);
	one_manifest((struct span){(const char *)data, n});
	return 0;
}
