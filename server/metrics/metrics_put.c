#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/histogram.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "server/accounts/accounts.h"
#include "server/keep/keep.h"
#include "server/metrics/metrics.h"
#include "server/sfu/sfu.h"
#include "server/sync/hub.h"

#include <sys/stat.h>

/* "# HELP" and "# TYPE" of what follows. */
static void family(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_printf(b, "# HELP muster_%s %s\n# TYPE muster_%s %s\n", name, help, name, type);
}

static void gauge(struct buf *b, const char *name, double v, const char *help)
{
	family(b, name, "gauge", help);
	buf_printf(b, "muster_%s %.17g\n", name, v);
}

static void counter(struct buf *b, const char *name, uint64_t v, const char *help)
{
	family(b, name, "counter", help);
	buf_printf(b, "muster_%s %llu\n", name, (unsigned long long)v);
}

static void histogram(struct buf *b, const char *name, const struct histogram *h, const char *help)
{
	uint64_t n = 0;
	family(b, name, "histogram", help);
	for (int i = 0; i < h->n; i++) {
		n += h->counts[i];
		buf_printf(b, "muster_%s_bucket{le=\"%g\"} %llu\n", name, h->bounds[i],
			   (unsigned long long)n);
	}
	n += h->counts[h->n];
	buf_printf(b,
		   "muster_%s_bucket{le=\"+Inf\"} %llu\nmuster_%s_sum %.17g\nmuster_%s_count "
		   "%llu\n",
		   name, (unsigned long long)n, name, h->sum, name, (unsigned long long)n);
}

static void put_process(const struct server *srv, struct buf *b)
{
	family(b, "info", "gauge", "Version of the program.");
	buf_printf(b, "muster_info{version=\"%s\"} 1\n", MUSTER_VERSION);
	gauge(b, "uptime_seconds", (double)(clock_mono_ms() - srv->started_ms) / 1000,
	      "Time since the start.");
	gauge(b, "resident_memory_bytes", (double)os_rss_bytes(), "Memory in use.");
	counter(b, "cpu_microseconds_total", (uint64_t)os_cpu_us(),
		"Processor time, user and system.");
}

static void put_http(const struct server *srv, struct buf *b)
{
	struct httpd_stats st;
	httpd_stats(srv->httpd, &st);
	gauge(b, "http_connections", st.open, "Open connections.");
	gauge(b, "http_requests_under_way", st.waiting, "Requests without a reply yet.");
	counter(b, "http_requests_total", (uint64_t)st.requests, "Requests.");
	family(b, "http_responses_total", "counter", "Replies by status.");
	for (int i = 0; i < HTTPD_STATUSES; i++)
		if (st.status[i])
			buf_printf(b, "muster_http_responses_total{code=\"%d\"} %lld\n", i + 100,
				   (long long)st.status[i]);
	counter(b, "http_received_bytes_total", (uint64_t)st.bytes_in, "Bytes received.");
	counter(b, "http_sent_bytes_total", (uint64_t)st.bytes_out, "Bytes sent.");
	counter(b, "http_unread_total", (uint64_t)st.unread,
		"Connections closed because too much waited for their readers.");
}

static void put_chat(const struct server *srv, struct buf *b)
{
	const struct hub *h = srv->hub;
	gauge(b, "people", (double)h->users.count, "People who are or were in a room.");
	gauge(b, "rooms", (double)h->rooms.count, "Rooms.");
	gauge(b, "sync_waiting", h->waiting, "Syncs that wait for news.");
	histogram(b, "sync_build_seconds", &h->built, "Time to build a reply to a sync.");
	histogram(b, "sync_fanout_seconds", &h->fanout,
		  "From the commit of a change to the reply of a sync that waited for it.");
	gauge(b, "passwords_waiting", password_backlog(srv->accounts),
	      "Passwords that wait to be checked.");
}

static int64_t size_of(const struct server *srv, const char *file)
{
	struct stat st;
	AUTO_FREE char *path = fs_join(srv->config->data_dir, file);
	return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

static void put_database(const struct server *srv, struct buf *b)
{
	const struct db_stats *st = db_stats(srv->db);
	counter(b, "events_total", st->events, "Events stored since the start.");
	counter(b, "writes_total", st->jobs, "Changes written since the start.");
	counter(b, "write_failures_total", st->failed, "Changes that were refused or failed.");
	gauge(b, "writes_waiting", db_backlog(srv->db), "Changes that wait to be written.");
	histogram(b, "write_batch_changes", &st->batch, "Changes that shared a commit.");
	histogram(b, "commit_seconds", &st->commit, "Time of a commit.");
	gauge(b, "database_bytes", (double)size_of(srv, "muster.db"), "Size of the database.");
	gauge(b, "database_log_bytes", (double)size_of(srv, "muster.db-wal"),
	      "Size of the write-ahead log.");
	gauge(b, "disk_free_bytes", (double)os_disk_free(srv->config->data_dir),
	      "Room left where the data are.");
}

/* Somebody who is no part of a call sends, or the network is odd. */
static void put_refused(struct buf *b, const struct sfu_stats *st)
{
	const struct {
		const char *why;
		uint64_t n;
	} all[] = {
		{"forged", st->forged},	      {"replayed", st->replayed},
		{"malformed", st->malformed}, {"unexpected", st->unexpected},
		{"stranger", st->strangers},  {"too_long", st->too_long},
	};
	family(b, "call_packets_refused_total", "counter",
	       "Packets that came to the UDP port and were of no use, by why.");
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		buf_printf(b, "muster_call_packets_refused_total{reason=\"%s\"} %llu\n", all[i].why,
			   (unsigned long long)all[i].n);
}

static void put_calls(const struct server *srv, struct buf *b)
{
	struct sfu_stats st = {0};
	if (srv->sfu)
		sfu_stats(srv->sfu, &st);
	gauge(b, "calls", st.rooms, "Calls that go on.");
	gauge(b, "call_people", st.people, "People in calls.");
	gauge(b, "call_publishers", st.publishers, "People in calls who send sound.");
	gauge(b, "call_tcp_connections", (double)st.connections,
	      "Connections of people in calls where UDP is blocked, two each.");
	counter(b, "call_tcp_refused_total", st.turned_away,
		"Connections to the calls' TCP port that were nobody's.");
	counter(b, "call_packets_received_total", st.packets_in, "Packets of sound received.");
	counter(b, "call_packets_sent_total", st.packets_out, "Packets of sound sent.");
	counter(b, "call_received_bytes_total", st.bytes_in, "Bytes of sound received.");
	counter(b, "call_sent_bytes_total", st.bytes_out, "Bytes of sound sent.");
	counter(b, "call_packets_gated_total", st.gated,
		"Packets of who was not among the loudest.");
	counter(b, "call_packets_stale_total", st.stale,
		"Packets that had waited for too long, as this machine is too busy.");
	counter(b, "call_packets_dropped_total", st.dropped,
		"Packets that found the system's buffers full.");
	put_refused(b, &st);
}

static void put_backups(const struct server *srv, struct buf *b)
{
	struct keep_status st;
	keep_status(srv->keep, &st);
	if (st.last_ms)
		gauge(b, "backup_age_seconds", (double)(clock_wall_ms() - st.last_ms) / 1000,
		      "Age of the newest backup; absent when there is none.");
	counter(b, "backup_failures_total", (uint64_t)st.failures,
		"Daily backups that failed since the start.");
	gauge(b, "backup_failing", st.error != NULL, "1: the last daily backup failed.");
}

void metrics_put(struct server *srv, struct buf *b)
{
	put_process(srv, b);
	put_http(srv, b);
	put_chat(srv, b);
	put_database(srv, b);
	put_calls(srv, b);
	put_backups(srv, b);
}
