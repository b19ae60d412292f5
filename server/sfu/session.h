/*
 * People of a room who came by HTTP alone (WHEP, WHIP): no line, no signalling,
 * one connection. They are there from the moment it stands until the other side
 * ends it, by DELETE or by DTLS, or its ICE consent is gone. SFU's thread.
 */
#ifndef MUSTER_SERVER_SFU_SESSION_H
#define MUSTER_SERVER_SFU_SESSION_H

#include "core/base/i18n.h"
#include "server/sfu/internal.h"

#define SFU_SESSION_ID 33 /* 128 bits that nobody guesses, as hex */
#define SFU_ETAG 24

/** A stream on its way to one listener. */
struct sfu_tap {
	struct sfu_tap *prev, *next; /* of the stream */
	struct sfu_person *listener;
	struct sfu_stream *stream;
	struct peer_sender *sender;
	uint32_t ssrc;
	uint8_t pt;	   /**< of Opus, as their offer has it */
	bool kept;	   /**< packets are kept for NACK */
	bool begun;	   /**< `shift` is known */
	uint16_t shift;	   /**< number in the stream minus number out */
	uint16_t next_seq; /**< what follows the newest that went out */
};

struct sfu_session {
	bool speaks;
	char id[SFU_SESSION_ID];
	char etag[SFU_ETAG]; /**< of this ICE session, quotes and all */
	bool told;	     /**< the server knows that they are there */
	int64_t made;
	char ufrag[ICE_UFRAG_MAX + 1];		/**< theirs */
	char hash[16], fingerprint[3 * 64 + 1]; /**< of their certificate */
	struct sfu_tap taps[LOUDEST_MAX];
	size_t taps_n;
};

/** What is said to one ask. `body` is owned, and `why` a buffer of its own. */
struct sfu_answer {
	int status, retry_after_s;
	char session[SFU_SESSION_ID], etag[SFU_ETAG];
	struct err err;
	struct buf body;
};

/* session.c */
/** One of the three. `silenced`: whatever they send is muted (permit.c). */
void sfu_session_ask(struct sfu_engine *e, const struct sfu_ask *ask, bool silenced, int64_t now,
		     struct sfu_answer *ret);
/** Their connection may have changed state. */
void sfu_session_settle(struct sfu_person *p, int64_t now);
/** Are they still there? */
void sfu_session_look(struct sfu_person *p, int64_t now);
/** NULL is allowed. */
void sfu_session_free(struct sfu_session *s);

/* whep.c */
/** Answer an offer to hear; the person is in the room. Sections beyond those served stay silent. */
int sfu_whep_answer(struct sfu_person *p, const struct sdp *offer, int64_t now, struct buf *ret,
		    struct err *err);
/* whip.c */
/** Answer an offer to speak. `text` is what `offer` was parsed from. */
int sfu_whip_answer(struct sfu_person *p, const struct sdp *offer, const char *text, int64_t now,
		    struct buf *ret, struct err *err);

#endif
