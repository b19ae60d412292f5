/*
 * Administration: one implementation of each operation, used by POST
 * /_muster/admin/v1/OP and, while no server runs, on the data folder itself.
 *
 * op             arguments                                       result
 * user.add       user, [password], [name], [email],              user_id, state "created",
 *                [external_id], [admin]                          [password when generated]
 * user.import    rows: list of user.add's arguments, [update]    users: list of user_id,
 * external_id, (update: change name, e-mail and outside id     name, email, state "created", of
 * people who exist)                            "existing", "updated" or "failed", [password],
 * [error]; created, existing, updated, failed user.list      [search] users: list of user_id, name,
 *                                                                emails, external_id, admin,
 * locked, removed, created_ts, last_seen_ts, devices user.password  user, [password], [logout]
 * (default true)       user_id, [password when generated] user.lock      user user_id, locked
 * user.unlock    user                                            user_id, locked
 * user.role      user, admin                                     user_id, admin
 * user.remove    user                                            user_id, removed
 * invite.create  [uses], [expires_in_ms], [token], [note]        token, uses_allowed, uses,
 * expires_ts invite.list                                                    invites: list of the
 * same, note, valid invite.revoke  token                                           token, revoked
 * status                                                         server_name, version, users,
 * rooms, events, media_bytes, database_bytes, log_bytes, and while it runs: uptime_s, rss_bytes,
 * connections, backlog, calls, people_in_calls
 * check                                                          ok, integrity
 *
 * `user` is a local part or a whole user id of this server. A password that is
 * not given is generated. Times are Unix milliseconds, or null.
 */
#ifndef MUSTER_SERVER_ADMIN_H
#define MUSTER_SERVER_ADMIN_H

#include "core/base/err.h"

#include <jansson.h>

/**
 * Run `op` on the data folder `dir`, which is made when absent. ERR_CONFLICT
 * when a server runs on it. `args` may be NULL. The caller owns *ret.
 */
int admin_offline(const char *dir, const char *op, const json_t *args, json_t **ret,
		  struct err *err);

#endif
