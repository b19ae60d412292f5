/*
 * Tokens that clients carry. A sync token says what has been told:
 *   m<epoch>_<pos>_<boot>_<typing>[_t][_d<pos>]
 * `pos` is the stream position; `typing` the serial of the newest typing
 * change told, which means something only to the process that drew `boot`;
 * "_t" says that somebody was typing in one of the rooms, so that after a restart an
 * empty list must be told. A page token is t<epoch>_<pos>, a point in a room
 * after everything up to `pos`; both kinds are taken where a page begins.
 * "_d" says up to where messages to the device were told, when that is less far.
 */
#ifndef MUSTER_SERVER_SYNC_TOKEN_H
#define MUSTER_SERVER_SYNC_TOKEN_H

#include "core/base/buf.h"

struct sync_token {
	uint32_t epoch;
	int64_t pos;
	uint32_t boot;
	uint64_t typing;
	bool someone_typing;
	int64_t to_device; /**< 0: as far as `pos` */
};

/** False: not a token of ours. */
bool token_parse_sync(struct span s, struct sync_token *ret);
void token_put_sync(struct buf *b, const struct sync_token *t);
/** Takes page and sync tokens. */
bool token_parse_page(struct span s, uint32_t *ret_epoch, int64_t *ret_pos);
void token_put_page(struct buf *b, uint32_t epoch, int64_t pos);

#endif
