#include "tests/bench/procfs.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_text(const char *path, char *ret, size_t size)
{
	FILE *f = fopen(path, "r");
	if (!f)
		return false;
	size_t n = fread(ret, 1, size - 1, f);
	fclose(f);
	ret[n] = '\0';
	return n > 0;
}

/* utime and stime, which the kernel keeps of ended threads, too. */
static double cpu_of(int pid)
{
	char path[64], text[1024];
	unsigned long user, sys;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	const char *at = read_text(path, text, sizeof(text)) ? strrchr(text, ')') : NULL;
	if (!at ||
	    sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys) != 2)
		return 0;
	return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

static double waited_of(int pid)
{
	char path[320], text[128];
	double all = 0;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	DIR *d = opendir(path);
	for (const struct dirent *e; d && (e = readdir(d));) {
		unsigned long long ran, waited;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", pid, e->d_name);
		if (e->d_name[0] != '.' && read_text(path, text, sizeof(text)) &&
		    sscanf(text, "%llu %llu", &ran, &waited) == 2)
			all += (double)waited / 1e9;
	}
	if (d)
		closedir(d);
	return all;
}

static double mb_of(const char *status, const char *name)
{
	const char *at = strstr(status, name);
	return at ? (double)strtol(at + strlen(name), NULL, 10) / 1024 : 0;
}

void procfs_begin(struct procfs *p)
{
	if (p->pid < 0)
		p->pid = (int)getpid();
	if (!p->pid)
		return;
	p->cpu_s = -cpu_of(p->pid);
	p->waited_s = -waited_of(p->pid);
}

void procfs_end(struct procfs *p)
{
	char path[64], text[4096] = "";
	if (!p->pid)
		return;
	p->cpu_s += cpu_of(p->pid);
	p->waited_s += waited_of(p->pid);
	snprintf(path, sizeof(path), "/proc/%d/status", p->pid);
	read_text(path, text, sizeof(text));
	p->rss_mb = mb_of(text, "VmRSS:");
	p->peak_mb = mb_of(text, "VmHWM:");
}
