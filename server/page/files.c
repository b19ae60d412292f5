#include "server/page/files.h"

struct span page_file(struct span name)
{
	for (const struct page_file *f = page_files; f->name; f++)
		if (span_eq_str(name, f->name))
			return f->bytes;
	return (struct span){NULL, 0};
}
