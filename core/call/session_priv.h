/* Inside a session: session.c, status.c, messages.c, mend.c, publisher.c, subscriber.c. */
#ifndef MUSTER_CALL_SESSION_PRIV_H
#define MUSTER_CALL_SESSION_PRIV_H

#include "core/call/pack.h"
#include "core/call/pc.h"
#include "core/call/people.h"
#include "core/call/session.h"
#include "core/call/signal.h"
#include "core/call/sound.h"
#include "core/call/turn_servers.h"

#define VOICES_MAX SDP_MEDIA_MAX
#define SECTIONS_MAX 32		/* tracks of ours, one after the other, on one connection */
#define VOICE_IDLE_NS 500000000 /* then another may have its place in the engine */

enum session_phase {
	PHASE_CONNECT, /* the first time */
	PHASE_UP,
	PHASE_MEND,
	PHASE_LEAVE,
	PHASE_ENDED,
};

/* How the next attempt to come back is made. */
enum session_mode { MODE_RESUME, MODE_REJOIN };

enum publish_state {
	PUBLISH_NOT,	 /* nothing was asked for */
	PUBLISH_ASKED,	 /* add_track is under way */
	PUBLISH_OFFERED, /* waiting for the answer */
	PUBLISH_DONE,
	PUBLISH_REFUSED,
};

struct publisher {
	struct pc *pc;
	enum publish_state state;
	char cid[40], cname[24];
	char *sid;	  /* the server's name for our track */
	unsigned section; /* of the offer: those before it are of tracks that ended */
	unsigned offer_id;
	bool answered;	  /* the last offer */
	struct buf offer; /* as sent last */
	uint32_t ssrc;
	uint16_t seq;
	uint8_t pt, level_id, capture_id;
	int64_t capture_told_ms;
	bool told_muted;		  /* what the server was told last */
	bool subscribed;		  /* somebody hears us */
	struct pack pack;		  /* on a narrow line: frames that wait for others, ... */
	struct audio_engine_frame packed; /* ... and what is said of the first */
	struct loop_timer *pack_due;
	double loss; /* that our voice is protected against */
	struct loop_timer *timeout;
};

/* Sound of somebody: a section of the subscriber's offer. */
struct voice {
	uint32_t ssrc;
	uint8_t pt;
	char *track_sid, *person_sid;
	uint32_t stream; /* the engine's; 0: none */
	int64_t heard_ns;
	int64_t missed, played; /* at the last look */
	bool kept;		/* while an offer is gone through */
};

struct subscriber {
	struct pc *pc;
	struct buf answer; /* as sent last */
	unsigned answer_id;
	uint64_t version;
	bool restarted; /* new credentials came since we resumed */
	struct voice *voices[VOICES_MAX];
	size_t voices_n;
	int64_t unknown; /* packets that are nobody's */
	/* Of the last look. */
	double loss;
	int64_t seen_received, seen_lost;
};

struct call_session {
	struct loop *loop;
	struct session_options o;
	struct session_times t;
	struct call_handler h;
	void *arg;
	char *url, *ca_file;
	char *token;	/* the newest that we have */
	char *self_sid; /* NULL before the first join */
	bool loopback;	/* the server is on this host */
	bool can_publish;
	bool subscriber_primary;
	int ping_interval_ms, ping_timeout_ms; /* as the server wants */

	enum session_phase phase;
	enum call_state told;
	struct signal *signal;
	bool greeted; /* its first message has come */
	struct publisher pub;
	struct subscriber sub;
	struct people people;
	struct sound *sound;
	struct dtls_cert *cert;
	struct turn_servers turn, own_turn; /* as the SFU names them, else the call's owner */
	bool muted;
	bool can_speak;			      /* has an input, not listen_only */
	struct loop_timer *warm_up, *silence; /* before the input starts */
	uint32_t silence_timestamp, silence_n;

	/* Mending. */
	enum session_mode mode;
	int reason; /* enum signal_reason */
	unsigned attempts;
	bool trying; /* an attempt is under way; else `retry` runs, or a token is waited for */
	bool token_wanted;
	bool moved; /* the network is another */
	int64_t trouble_ms;
	int reconnects;
	struct err trouble;
	struct loop_timer *retry, *limit, *give_up, *look;
	struct net_watch *addresses; /* NULL: this system does not tell when they change */

	struct call_status last; /* once it has ended */
};

/* session.c */
void session_tell_state(struct call_session *s, enum call_state now);
/* The last thing a session does. `err` NULL or why. */
void session_end(struct call_session *s, enum call_end why, const struct err *err);
/* Has everything come together? */
void session_check(struct call_session *s);
void session_send(struct call_session *s, const struct lk_request *r);
void session_warn(struct call_session *s, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void session_set_muted(struct call_session *s, bool muted, bool by_server);
void session_set_token(struct call_session *s, const char *token);
/* Take what this host has now; true when the address that sound went from is gone. */
bool session_look_at_addresses(struct call_session *s);
struct pc *session_pc(struct call_session *s, bool controlling, const struct pc_handler *h);

/* messages.c */
void session_on_message(void *arg, const struct lk_response *r);

/* mend.c */
void session_on_closed(void *arg, const struct err *err);
/* Connect as `mode` says; the first time too. */
void session_attempt(struct call_session *s);
/* Sound or signalling is broken: begin to mend, or end. */
void session_trouble(struct call_session *s, enum session_mode mode, int reason,
		     const struct err *why);
/* A connection's state changed. */
void session_pc_changed(struct call_session *s, const struct pc *pc, int reason);
void session_mended(struct call_session *s);
/* The address that our sound went from is gone. */
void session_moved(struct call_session *s);
void session_on_retry(void *arg);
void session_on_limit(void *arg);
void session_on_give_up(void *arg);

/* publisher.c, publisher_send.c */
void publisher_init(struct call_session *s);
void publisher_done(struct call_session *s);
/* Forget the track and the connection, to begin anew. */
void publisher_reset(struct call_session *s);
/* Publish, if that is wanted and nothing of it is under way. */
void publisher_begin(struct call_session *s);
/* Speaking is allowed from now on. */
void publisher_allowed(struct call_session *s);
bool publisher_ready(const struct call_session *s);
void publisher_restart(struct call_session *s);
void publisher_tell_mute(struct call_session *s);
void publisher_frame(void *arg, const struct audio_engine_frame *f);
void publisher_on_pack_due(void *arg);
void publisher_on_published(struct call_session *s, const struct lk_track_published *t);
void publisher_on_unpublished(struct call_session *s, const char *sid);
void publisher_on_answer(struct call_session *s, const struct lk_sdp *a);
void publisher_on_result(struct call_session *s, const struct lk_request_response *r);
/* Borrows from the session. */
void publisher_sync(struct call_session *s, struct lk_sync_state *ret,
		    struct lk_track_published *track);

/* subscriber.c */
void subscriber_init(struct call_session *s);
void subscriber_reset(struct call_session *s);
void subscriber_on_offer(struct call_session *s, const struct lk_sdp *o);
bool subscriber_ready(const struct call_session *s);
/* Gains of voices anew, after one was set. */
void subscriber_gains(struct call_session *s);
/* Somebody left. */
void subscriber_forget(struct call_session *s, const char *person_sid);
/* Once a look: what the voices' buffers tell goes to who asks for packets again, and to senders. */
void subscriber_look(struct call_session *s);
/* What the voices' buffers tell, into the parts of a status that are theirs. */
void subscriber_status(struct call_session *s, struct call_status *ret);

#endif
