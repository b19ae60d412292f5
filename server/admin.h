/*
 * Administration: one implementation of each operation, used by POST
 * /_muster/admin/v1/OP and, while no server runs, on the data folder itself.
 *
 * Each: name {arguments, [optional ones]} -> result.
 *
 * user.add {user, [password], [name], [email], [external_id], [admin], [no_password]}
 *   -> user_id, state "created", [password when generated]
 *
 * user.import {rows: list of user.add's arguments, [update], [no_password]}
 *   -> users: list of user_id, external_id, name, email, state "created",
 *   "existing", "updated" or "failed", [password], [error]; created, existing,
 *   updated, failed. update: change name, e-mail and outside id of people who
 *   exist. no_password: who is given none will choose one, with a link.
 *
 * user.list {[search]} -> users: list of user_id, name, emails, external_id,
 *   admin, locked, suspended, removed, created_ts, last_seen_ts, devices
 *
 * user.password {user, [password], [logout] (default true)}
 *   -> user_id, [password when generated]
 *
 * user.lock {user}, user.unlock {user} -> user_id, locked
 *
 * user.suspend {user}, user.resume {user} -> user_id, suspended
 *
 * user.role {user, admin} -> user_id, admin
 *
 * user.remove {user} -> user_id, removed
 *
 * invite.create {[uses], [expires_in_ms], [token], [note]}
 *   -> token, uses_allowed, uses, expires_ts
 *
 * invite.list {} -> invites: list of the same, note, valid
 *
 * invite.revoke {token} -> token, revoked
 *
 * link.create {user, [room_id], [expires_in_ms] (default 30 days)}
 *   -> user_id, code, link (null while no server runs), expires_ts: a one-time
 *   link; the person's old one dies. {users: list, ..., [missing], [unclaimed]}
 *   -> links: list of the same; unclaimed: only for who has no password yet;
 *   missing: and no link either.
 *
 * link.list {} -> links: list of user_id, room_id, created_ts, expires_ts, used_ts
 *
 * link.revoke {user} -> user_id, revoked. {room_id} -> revoked: how many; those
 *   into this room that were not used.
 *
 * room.join {room_id, users: list, [again]} -> users: list of user_id, state
 *   "joined", "existing", "left" or "banned". The administrator invites, they
 *   accept. again: those, too, who had left. Only while a server runs.
 *
 * report.list {[all]} -> reports, the newest first: list of report_id, ts,
 *   reporter, user_id, room_id, room (its name), event_id, body, reason,
 *   handled_ts. all: also those that were seen to.
 *
 * report.done {report_id} -> report_id, handled_ts
 *
 * status {} -> server_name, version, users, rooms, events, media_bytes,
 *   database_bytes, log_bytes, and while it runs: uptime_s, rss_bytes,
 *   connections, backlog, calls, people_in_calls, backup_dir, backup_ts, backup_error
 *
 * integrity {} -> ok, integrity
 *
 * check {} -> findings: server/keep/check.h
 *
 * backup {[to]} -> server/keep/backup.h. to: a folder of backups, or FILE.tar
 *
 * export {[to]} -> server/keep/export.h. to: a file
 *
 * restore {from, [replace]} -> server/keep/restore.h. Only on a data folder
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
