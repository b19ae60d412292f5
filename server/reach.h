/*
 * What keeps people from the server: each finding names one thing and its fix.
 * Read-only looks at this machine; what cannot be seen from here is said, with
 * a way to try it out.
 *
 * A finding: {"check": stable word, "ok", "optional": the server starts all the
 * same, "message", "fix": text or null}.
 */
#ifndef MUSTER_SERVER_REACH_H
#define MUSTER_SERVER_REACH_H

#include "server/server.h"

#include <jansson.h>

/** What a running server tells other processes of this user, in DATA/running.json. */
struct reach_running {
	char url[300];
	char server_name[232];
	int port, udp_port; /**< udp_port 0: no calls */
};
int reach_write(const struct server *srv, struct err *err);
void reach_remove(const struct server *srv);
/** The data folder of this user's server that began last, if it did not end since. The caller owns it. */
char *reach_last(void);
/** False when no server runs, or it does not tell. */
bool reach_read(const char *data_dir, struct reach_running *ret);

/**
 * All findings; `running` NULL: the server is about to start with these settings.
 * Asks the server at its own address when it runs. Blocks. The caller owns it.
 */
json_t *reach_look(const struct server_config *c, const struct reach_running *running);

/* Pieces. */

/** Append a finding. `fix`: what to do, or NULL. */
__attribute__((format(printf, 6, 7))) void reach_add(json_t *findings, const char *check, bool ok,
						     bool optional, const char *fix,
						     const char *message_fmt, ...);
/** Does a firewall here keep others from these ports? `udp_port` 0: there are no calls. */
void reach_firewall(json_t *findings, int port, int udp_port);
/** What of this machine itself may keep people out: sleep, disk, open files, clock. */
void reach_machine(json_t *findings, const char *data_dir);

/* What firewalls print, read. `udp`: the protocol. */

/** "nft list ruleset": does a chain for what comes in drop by default, with no rule for the port?
 */
bool reach_nft_blocks(struct span ruleset, int port, bool udp);
/** "ufw status": 1 blocks, 0 lets in or is off, -1 does not tell. */
int reach_ufw_blocks(struct span status, int port, bool udp);

#endif
