/*
 * Looking for what is wrong with a data folder; changes nothing.
 */
#ifndef MUSTER_SERVER_KEEP_CHECK_H
#define MUSTER_SERVER_KEEP_CHECK_H

#include "server/keep/pace.h"

#include <jansson.h>

/**
 * Look at `dir`, also while a server runs on it. *ret_rows: a list of {"check","ok",
 * "message","fix"}, one for each thing that is wrong, and one with "ok" true for each
 * check that found nothing. "check": database, rows, state, events, media, folder,
 * backup. The caller owns it.
 */
int keep_check(const char *dir, struct pace *pace, json_t **ret_rows, struct err *err);

#endif
