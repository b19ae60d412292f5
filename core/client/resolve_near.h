/*
 * "Did you mean": rooms whose names are like what was typed.
 */
#ifndef MUSTER_CLIENT_RESOLVE_NEAR_H
#define MUSTER_CLIENT_RESOLVE_NEAR_H

#include "core/store/store.h"

/**
 * Names of up to three joined rooms, in quotes and with commas between: those that hold what was typed, else those
 * that differ by a slip or two. Case and accents aside. NULL: there is none. The caller owns it.
 */
char *resolve_near(struct store *s, const char *typed);

#endif
