/*
 * argon2id in the PHC string form: "$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH".
 */
#ifndef MUSTER_SERVER_ACCOUNTS_HASH_H
#define MUSTER_SERVER_ACCOUNTS_HASH_H

#include "core/base/span.h"

#define HASH_TEXT_SIZE 160

/** Hash with a new salt: 19 MiB, 2 passes. Any thread; takes some 20 ms. */
void hash_make(struct span password, char ret[HASH_TEXT_SIZE]);
/** Check in the parameters of `encoded`; NULL or nonsense takes as long and is false. */
bool hash_check(struct span password, const char *encoded);

#endif
