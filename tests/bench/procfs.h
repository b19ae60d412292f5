/*
 * What a process took between two moments, from Linux' /proc.
 */
#ifndef MUSTER_BENCH_PROCFS_H
#define MUSTER_BENCH_PROCFS_H

#include <sys/types.h>

struct procfs {
	int pid;		/**< 0: nothing is looked at; -1: ourselves */
	double cpu_s;		/**< of all its threads */
	double waited_s;	/**< in which its threads wanted to run and were not let */
	double rss_mb, peak_mb; /**< at the end */
};
/** Set `pid` before. */
void procfs_begin(struct procfs *p);
void procfs_end(struct procfs *p);

#endif
