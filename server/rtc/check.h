/*
 * Could calls be carried with these settings? For `serve --check`, on a server
 * that does not run.
 */
#ifndef MUSTER_SERVER_RTC_CHECK_H
#define MUSTER_SERVER_RTC_CHECK_H

#include "server/server.h"

#include <jansson.h>

/**
 * Into `row`: "calls" ("on", "off"); when on, "udp" (address and port that sound
 * comes to), "announced" (addresses that clients are told, best first), and "note",
 * a sentence, where people may be unable to take part. ERR_CONFLICT when the port is
 * taken, ERR_NOT_FOUND when the address is not this machine's.
 */
int rtc_check(const struct server_config *c, json_t *row, struct err *err);

#endif
