/* Firewalls of this machine, by asking them; nothing is changed. */
#include "core/base/child.h"
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "server/reach.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)4 << 20)
#define PATIENCE_MS 5000

/* -- reading -------------------------------------------------------------- */

/* "8008", "8000-8010" (nft) or "8000:8010" (ufw). */
static bool covers(struct span s, int port)
{
	int64_t from, to;
	s = span_trim(s);
	for (size_t i = 1; i + 1 < s.n; i++)
		if (s.p[i] == '-' || s.p[i] == ':')
			return span_i64(span_head(s, i), &from) &&
			       span_i64(span_from(s, i + 1), &to) && from <= port && port <= to;
	return span_i64(s, &from) && from == port;
}

static struct span after(struct span line, const char *word)
{
	for (size_t i = 0; i < line.n; i++)
		if (span_starts(span_from(line, i), word))
			return span_from(line, i + strlen(word));
	return (struct span){NULL, 0};
}

static bool has(struct span line, const char *word)
{
	return after(line, word).p != NULL;
}

/* "tcp dport { 22, 8008 } accept" */
static bool nft_lets_in(struct span line, int port, bool udp)
{
	struct span ports = after(line, "dport "), one;
	if (!ports.p || !has(line, "accept") || (has(line, udp ? "tcp " : "udp ")))
		return false;
	if (!span_starts(ports, "{"))
		return covers(span_head(ports, (size_t)span_find(ports, ' ')), port);
	ptrdiff_t end = span_find(ports, '}');
	ports = end < 0 ? ports : span_head(ports, (size_t)end);
	ports = span_from(ports, 1);
	while (span_split(&ports, ',', &one))
		if (covers(one, port))
			return true;
	return false;
}

bool reach_nft_blocks(struct span ruleset, int port, bool udp)
{
	struct span line;
	bool drops = false;
	while (span_split(&ruleset, '\n', &line)) {
		drops |= has(line, "hook input") && has(line, "policy drop");
		if (nft_lets_in(line, port, udp))
			return false;
	}
	return drops;
}

/* "8008/tcp                   ALLOW       Anywhere" */
static bool ufw_lets_in(struct span line, int port, bool udp)
{
	struct span to = span_head(line, (size_t)span_find(line, ' '));
	if (!has(line, "ALLOW"))
		return false;
	if (span_ends(to, udp ? "/tcp" : "/udp"))
		return false;
	ptrdiff_t slash = span_find(to, '/');
	if (slash >= 0)
		to = span_head(to, (size_t)slash);
	return span_eq_str(to, "Anywhere") || covers(to, port);
}

int reach_ufw_blocks(struct span status, int port, bool udp)
{
	struct span line;
	bool active = has(status, "Status: active");
	if (!active)
		return has(status, "Status: inactive") ? 0 : -1;
	while (span_split(&status, '\n', &line))
		if (ufw_lets_in(line, port, udp))
			return 0;
	return 1;
}

/* -- asking --------------------------------------------------------------- */

struct asking {
	struct loop *loop;
	int status;
	bool ended;
};

static void on_line(void *arg, struct span line)
{
	(void)arg;
	(void)line;
}

static void on_ended(void *arg, int status, int signal)
{
	struct asking *a = arg;
	a->status = signal ? -1 : status;
	a->ended = true;
	loop_stop(a->loop);
}

static void on_late(void *arg)
{
	loop_stop(((struct asking *)arg)->loop);
}

static void wait_for(struct asking *a, const struct child_options *o)
{
	static const struct child_handler h = {on_line, on_ended};
	struct child *c = NULL;
	struct loop_timer *t = loop_timer_new(a->loop, on_late, a);
	loop_timer_start(t, PATIENCE_MS, 0);
	if (!child_new(a->loop, o, &h, a, &c, NULL))
		loop_run(a->loop);
	child_free(c);
	loop_timer_free(t);
}

/* What a program prints, and its status; -1 when there is no answer. */
static int ask(const char *const *argv, struct buf *ret)
{
	FILE *out = tmpfile();
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC), rc = -1;
	if (out && nothing >= 0) {
		struct asking a = {.loop = loop_new(), .status = -1};
		const struct child_options o = {.argv = argv, .in = nothing, .out = fileno(out)};
		wait_for(&a, &o);
		loop_free(a.loop);
		rc = a.ended ? a.status : -1;
		rewind(out);
		char piece[4096];
		size_t n;
		while ((n = fread(piece, 1, sizeof(piece), out)) > 0)
			buf_put(ret, piece, n);
	}
	if (out)
		fclose(out);
	if (nothing >= 0)
		close(nothing);
	return rc;
}

/* -- verdicts ------------------------------------------------------------- */

/* Each: 1 blocked, 0 not; -1: cannot be seen; -2: there is none. */
struct wall {
	const char *name;
	int http;		/* the port of HTTP */
	int call_udp, call_tcp; /* the number of calls, by both; 0 without calls */
	char fix[240];
};

/* One port of it; `of`: what the firewall said, or NULL. */
typedef int blocks_fn(struct span of, int port, bool udp);

static void look(struct wall *w, blocks_fn *blocks, struct span of, int port, int call_port)
{
	w->http = blocks(of, port, false);
	w->call_udp = call_port ? blocks(of, call_port, true) : 0;
	w->call_tcp = call_port ? blocks(of, call_port, false) : 0;
}

/* `rule` for every port; "%d" is it, "%s" the protocol. */
static void put_fix(struct wall *w, const char *rule, const char *between, int port, int call_port)
{
	const struct {
		int port;
		const char *how;
	} all[] = {{port, "tcp"}, {call_port, "udp"}, {call_port, "tcp"}};
	struct buf b = BUF_INIT(sizeof(w->fix));
	for (size_t i = 0; i < (call_port ? 3u : 1u); i++) {
		struct span rest = span_of(rule), part;
		buf_put_str(&b, i ? between : "");
		while (span_split(&rest, '@', &part)) {
			buf_put_span(&b, part);
			if (span_starts(rest, "P"))
				buf_printf(&b, "%d", all[i].port);
			else if (span_starts(rest, "H"))
				buf_put_str(&b, all[i].how);
			rest = span_from(rest, 1);
		}
	}
	snprintf(w->fix, sizeof(w->fix), "%s", buf_str(&b));
	buf_done(&b);
}

static bool ufw(struct wall *w, int port, int call_port)
{
	static const char *const argv[] = {"ufw", "status", NULL};
	struct buf conf = BUF_INIT(65536), b = BUF_INIT(OUTPUT_MAX);
	bool on = fs_read("/etc/ufw/ufw.conf", &conf, NULL) == 0 &&
		  has(buf_span(&conf), "ENABLED=yes");
	buf_done(&conf);
	if (!on)
		return false;
	w->name = "ufw";
	ask(argv, &b);
	look(w, reach_ufw_blocks, buf_span(&b), port, call_port);
	buf_done(&b);
	put_fix(w, "sudo ufw allow @P/@H", "; ", port, call_port);
	return true;
}

/* 1: no, 0: yes, -1: it does not run. */
static int firewalld_blocks(struct span of, int port, bool udp)
{
	char query[40];
	const char *const argv[] = {"firewall-cmd", query, NULL};
	struct buf b = BUF_INIT(4096);
	(void)of;
	snprintf(query, sizeof(query), "--query-port=%d/%s", port, udp ? "udp" : "tcp");
	ask(argv, &b);
	int said = span_starts(buf_span(&b), "yes") ? 0 : span_starts(buf_span(&b), "no") ? 1 : -1;
	buf_done(&b);
	return said;
}

static bool firewalld(struct wall *w, int port, int call_port)
{
	struct span none = {NULL, 0};
	if (firewalld_blocks(none, port, false) < 0)
		return false;
	w->name = "firewalld";
	look(w, firewalld_blocks, none, port, call_port);
	put_fix(w, "sudo firewall-cmd --add-port=@P/@H", "; ", port, call_port);
	return true;
}

static int nft_blocks(struct span ruleset, int port, bool udp)
{
	return reach_nft_blocks(ruleset, port, udp);
}

static void nftables(struct wall *w, int port, int call_port)
{
	static const char *const argv[] = {"nft", "list", "ruleset", NULL};
	struct buf b = BUF_INIT(OUTPUT_MAX);
	w->name = "nftables";
	if (ask(argv, &b) != 0)
		w->http = geteuid() == 0 ? -2 : -1;
	else
		look(w, nft_blocks, buf_span(&b), port, call_port);
	buf_done(&b);
	put_fix(w, "sudo nft add rule inet filter input @H dport @P accept", "; ", port, call_port);
}

/* The port of HTTP is open, that of calls not in both ways. */
static void call_finding(json_t *findings, const struct wall *w, int call_port)
{
	if (w->call_udp == 1 && w->call_tcp == 1)
		reach_add(findings, "firewall", false, true, w->fix,
			  _("the firewall (%s) keeps calls out: it lets in port %d neither by UDP "
			    "nor by TCP"),
			  w->name, call_port);
	else if (w->call_udp == 1)
		reach_add(findings, "firewall", false, true, w->fix,
			  _("the firewall (%s) does not let in UDP %d: the sound of calls takes "
			    "TCP instead, which is worse on a bad network"),
			  w->name, call_port);
	else
		reach_add(findings, "firewall", false, true, w->fix,
			  _("the firewall (%s) does not let in TCP %d: who is where UDP is "
			    "blocked has no sound in calls"),
			  w->name, call_port);
}

void reach_firewall(json_t *findings, int port, int udp_port)
{
	struct wall w = {.http = -2};
	char ports[60];
	snprintf(ports, sizeof(ports), udp_port ? _("TCP %d, UDP and TCP %d") : _("TCP %d"), port,
		 udp_port);
	if (!ufw(&w, port, udp_port) && !firewalld(&w, port, udp_port))
		nftables(&w, port, udp_port);
	if (w.http == 1)
		reach_add(findings, "firewall", false, true, w.fix,
			  _("the firewall (%s) keeps others out: it does not let in %s"), w.name,
			  ports);
	else if (w.http == 0 && (w.call_udp == 1 || w.call_tcp == 1))
		call_finding(findings, &w, udp_port);
	else if (w.http == 0)
		reach_add(findings, "firewall", true, true, NULL,
			  _("no firewall of this machine (%s) keeps %s out"), w.name, ports);
	else if (w.http == -1)
		reach_add(findings, "firewall", false, true,
			  _("open the address on another device; if that fails, look as root: "
			    "sudo muster doctor"),
			  _("only root can see whether the firewall (%s) lets in %s"), w.name,
			  ports);
	else
		reach_add(findings, "firewall", true, true, NULL,
			  _("no firewall was found on this machine"));
}
