/*
 * The settings of the configuration file, one row each: type, default, sentence for the manual,
 * and how a value is read.
 */
#ifndef MUSTER_SERVER_SETTINGS_H
#define MUSTER_SERVER_SETTINGS_H

#include "core/base/span.h"
#include "server/server.h"

/** What is in force for numbers, sizes and flags where nothing says otherwise. */
void settings_initial(struct server_config *c);
/**
 * Set one by its name; what it had is freed. ERR_USAGE: there is none of that name, or it takes
 * no such value.
 */
int settings_set(struct server_config *c, const char *name, struct span value, struct err *err);
/** Put an owned copy of `v` (empty: NULL) in the place of *at. */
void settings_put_text(char **at, struct span v);

/**
 * Numeric address and port of "ADDR:PORT", "[V6]:PORT", "ADDR", ":PORT",
 * "localhost:PORT". What is missing stays as it is in *addr and *port; *addr is owned.
 */
int settings_parse_listen(const char *text, char **addr, int *port, struct err *err);
/** Numbers of an address, IPv4 or IPv6? */
bool settings_is_numeric(const char *addr);

#endif
