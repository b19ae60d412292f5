/*
 * Settings of `serve`: options over the configuration file over defaults.
 */
#ifndef MUSTER_SERVER_CONFIG_H
#define MUSTER_SERVER_CONFIG_H

#include "server/serve.h"
#include "server/server.h"

/** Read and check. The caller owns what is in *ret: serve_config_done. Touches no other file. */
int serve_config_load(const struct serve_options *opt, struct server_config *ret, struct err *err);
/** All-zero is fine. */
void serve_config_done(struct server_config *c);
/** Numbers of this machine alone: 127.0.0.0/8 or ::1. */
bool serve_config_is_loopback(const char *addr);
/** A server name (Matrix appendices, "Server Name") in lower case that leaves room for user names. */
bool serve_config_valid_name(const char *name);
/** The folder when none was named. The caller owns it. */
int serve_config_data_dir(const char *named, char **ret, struct err *err);

#endif
