/*
 * Everything that people would want to take elsewhere, in a documented form:
 * docs/FORMATS.md, "Export of a server".
 */
#ifndef MUSTER_SERVER_KEEP_EXPORT_H
#define MUSTER_SERVER_KEEP_EXPORT_H

#include "server/keep/pace.h"

#include <jansson.h>

/**
 * Write what the data folder `dir` holds to the file `to` (0600, must not exist), also
 * while a server runs on it. No passwords, no keys, no log-ins are in it. *ret: {"path",
 * "users","rooms","events","media","bytes"}. The caller owns it.
 */
int keep_export(const char *dir, const char *to, struct pace *pace, json_t **ret, struct err *err);

#endif
