/* Completion of files and folders of this machine. */
#include "core/base/mem.h"
#include "core/base/text.h"
#include "tui/complete.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LOOK_MAX 20000 /* entries of a folder that are looked at */

static char *folder_of(const char *part, size_t n)
{
	const char *home = getenv("HOME");
	if (!n)
		return mem_strdup(".");
	if (part[0] == '~' && part[1] == '/' && home)
		return mem_printf("%s%.*s", home, (int)n - 1, part + 1);
	return mem_strndup(part, n);
}

static void offer(struct completion *co, const char *part, size_t dir_n, const char *folder,
		  const char *name)
{
	struct stat st;
	AUTO_FREE char *real = mem_printf("%s/%s", folder, name);
	bool is_dir = stat(real, &st) == 0 && S_ISDIR(st.st_mode);
	AUTO_FREE char *path = mem_printf("%.*s%s%s", (int)dir_n, part, name, is_dir ? "/" : "");
	AUTO_FREE char *shown = mem_printf("%s%s", name, is_dir ? "/" : "");
	struct buf b = BUF_INIT(16384);
	completion_put_quoted(&b, path);
	if (!is_dir)
		buf_put_char(&b, ' ');
	completion_add(co, buf_str(&b), shown, "");
	buf_done(&b);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void completion_paths(struct completion *co, const char *part)
{
	const char *slash = strrchr(part, '/');
	size_t dir_n = slash ? (size_t)(slash - part) + 1 : 0, n = 0, size = 0;
	const char *base = part + dir_n;
	AUTO_FREE char *folder = folder_of(part, dir_n);
	char **names = NULL;
	DIR *d = opendir(folder);
	if (!d)
		return;
	const struct dirent *e;
	for (int i = 0; i < LOOK_MAX && (e = readdir(d)); i++) {
		bool hidden = e->d_name[0] == '.' && base[0] != '.';
		bool self = !strcmp(e->d_name, ".") || !strcmp(e->d_name, "..");
		if (hidden || self || strncmp(e->d_name, base, strlen(base)) != 0 ||
		    !utf8_valid(span_of(e->d_name)))
			continue;
		if (n == size)
			names = mem_realloc_array(names, size = 2 * size + 16, sizeof(*names));
		names[n++] = mem_strdup(e->d_name);
	}
	closedir(d);
	if (n)
		qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++) {
		if (i < OFFERS_MAX)
			offer(co, part, dir_n, folder, names[i]);
		mem_free(names[i]);
	}
	mem_free(names);
}
