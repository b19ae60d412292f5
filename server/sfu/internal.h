/*
 * Inside of the SFU; only files of server/sfu include this.
 *
 * On the server's loop:
 *   sfu.c         opening, closing, statistics
 *   powers.c      what hosts do to others
 *   http.c        /rtc and /rtc/validate: tokens, the upgrade
 *   line.c        one WebSocket: what comes goes to the SFU's thread
 *   ask.c         WHEP and WHIP: questions to the SFU's thread, and their answers
 * Between the threads:
 *   outbox.c      what the SFU's thread has for the loop
 * On the SFU's thread:
 *   engine.c      the UDP port, peers, the tick
 *   net.c         addresses of ours and candidates
 *   tcp.c         connections of people without UDP
 *   room.c        rooms, updates about people in batches
 *   permit.c      who may be heard
 *   join.c        who comes: anew, instead of an older session, or to resume
 *   person.c      life and end of one person
 *   info.c        what others are told about a person
 *   signal_in.c   requests of clients
 *   signal_out.c  messages to clients
 *   publish.c     the connection on which a person is heard
 *   track.c       tracks
 *   subscribe.c   who gets which tracks
 *   offer.c       the connection on which a person hears
 *   forward.c     packets of publishers: whose, and who is among the loudest
 *   fanout.c      packets to listeners
 *   speakers.c    who is told to speak
 *   quality.c     how well people are connected
 *   session.c     people without signalling: WHEP and WHIP (session.h)
 *   whep.c        ... who listen
 *   whip.c        ... who speak
 *   taps.c        voices on their way to who listens by WHEP
 * Pure: budget.c, loudest.c, rewrite.c, slots.c, fragment.c.
 */
#ifndef MUSTER_SERVER_SFU_INTERNAL_H
#define MUSTER_SERVER_SFU_INTERNAL_H

#include "core/base/udp.h"
#include "core/base/worker.h"
#include "core/rtc/livekit/query.h"
#include "core/rtc/livekit/signal.h"
#include "core/rtc/peer.h"
#include "core/rtc/token.h"
#include "server/sfu/budget.h"
#include "server/sfu/limits.h"
#include "server/sfu/loudest.h"
#include "server/sfu/rewrite.h"
#include "server/sfu/sfu.h"
#include "server/sfu/slots.h"

#include <stdatomic.h>

#define SFU_SID 16 /* "PA_" and 12 characters */
#define SFU_MID_MAX 32
#define SFU_CANDIDATES_MAX (2 * SFU_ADDRESSES_MAX) /* UDP and TCP */

struct sfu_engine;
struct sfu_line;
struct sfu_person;
struct sfu_room;
struct sfu_session;
struct sfu_track;

/* -- Between the threads -------------------------------------------------- */

/** Bytes of one message for any number of lines. Shared. */
struct sfu_blob {
	atomic_int refs;
	size_t n;
	char p[];
};
struct sfu_blob *sfu_blob_new(struct span data);
struct sfu_blob *sfu_blob_ref(struct sfu_blob *b);
void sfu_blob_unref(struct sfu_blob *b);

enum sfu_out_kind {
	SFU_OUT_SEND,
	SFU_OUT_CLOSE,	  /**< close the WebSocket with `code` */
	SFU_OUT_RELEASE,  /**< the SFU's thread knows the line no more */
	SFU_OUT_PRESENCE, /**< `room` and `identity` are owned */
	SFU_OUT_CALL,	  /**< call fn(arg) */
};
struct sfu_out {
	struct sfu_out *next;
	enum sfu_out_kind kind;
	struct sfu_line *line;
	struct sfu_blob *blob;
	int code;
	char *room, *identity;
	bool present;
	enum sfu_way way;
	const char *reason; /**< a constant */
	int64_t at_ms;
	loop_fn *fn;
	void *arg;
};

/** From the SFU's thread to the loop; no lock: one word that both exchange. */
struct sfu_outbox {
	_Atomic(struct sfu_out *) newest;
};
/** Takes `o` over. True: it was empty, the loop must be woken. */
bool sfu_outbox_put(struct sfu_outbox *b, struct sfu_out *o);
/** All of it, oldest first. */
struct sfu_out *sfu_outbox_take(struct sfu_outbox *b);
void sfu_out_free(struct sfu_out *o);

/* -- On the loop ---------------------------------------------------------- */

struct sfu {
	struct loop *loop;
	struct worker *worker;
	struct sfu_engine *engine; /**< the worker's, but for `loop` */
	struct sfu_outbox outbox;
	struct sfu_line *lines;
	size_t lines_n;
	char *key, *secret;
	int udp_port;
	void (*admit)(void *arg, const char *room, const char *identity, struct sfu_permit *ret);
	void (*presence)(void *arg, const struct sfu_presence *p);
	void *arg;
};

/** One WebSocket. Made and freed on the loop; `person` is the SFU's thread's. */
struct sfu_line {
	struct sfu *sfu;     /**< NULL after sfu_close */
	struct httpd_ws *ws; /**< NULL once closed */
	struct sfu_line *prev, *next;
	struct budget messages, bytes;
	struct sfu_person *person;
};

/** Who asks to come in. */
struct sfu_arrival {
	struct sfu_engine *engine;
	struct sfu_line *line;
	struct token grant;
	bool silenced;
	struct lk_query query;
};

/* permit.c */
/** What the bearer of a token may do now; what is not for the token to say is put right in it. */
void sfu_permit_now(const struct sfu *s, struct token *t, struct sfu_permit *ret);

/* line.c */
struct sfu_line *sfu_line_new(struct sfu *s);
void sfu_line_free(struct sfu_line *l);
extern const struct httpd_ws_handler sfu_line_handler;
/** The WebSocket is there: off to the SFU's thread. Takes the grant and the query over. */
void sfu_line_arrive(struct sfu_line *l, struct httpd_ws *ws, struct sfu_arrival *steal);

/* -- On the SFU's thread -------------------------------------------------- */

struct sfu_tcp;
struct sfu_net {
	struct udp *udp;
	struct sfu_tcp *tcp; /**< NULL: the port is taken */
	int tcp_most;	     /**< connections */
	struct net_addr bound;
	struct net_addr announce;	      /**< family 0: none */
	struct net_addr bases[SFU_BASES_MAX]; /**< [0]: any */
	int bases_n, base_last;
	char *candidates[SFU_CANDIDATES_MAX];
	size_t candidates_n;
	int64_t looked;
};

/** One of the two connections of a person. */
struct sfu_link {
	struct sfu_person *person;
	struct peer *peer;
	bool publisher;
	bool was_connected;
	enum peer_state seen; /**< state that was dealt with */
};

/** A section of a publisher's offer in which it sends. */
struct sfu_input {
	char mid[SFU_MID_MAX + 1];
	char *cid; /**< the track's token of its msid, may be "" */
	bool has_ssrc;
	uint32_t ssrc;
	uint8_t pt, level_id, capture_id, mid_id;
	struct sfu_track *track; /**< NULL: not announced (yet) */
};

/** How loud a track was in a window. */
struct sfu_speech {
	unsigned loud_ms;
	unsigned peak;	    /**< dB above silence, the loudest */
	uint32_t timestamp; /**< of the newest packet */
};

struct sfu_track {
	struct sfu_person *person;
	struct sfu_track *next_by_sid;
	struct lk_track info;
	char *cid;
	bool live;    /**< negotiated: others know of it */
	bool offered; /**< it was unmuted once */
	bool told_subscribed;
	bool wanted; /**< it has got a slot, and some have no section for it */
	struct loudest_voice voice;
	struct budget packets, bytes;
	struct sfu_speech speech;
	struct rewrite gate;
	bool counting;
	uint64_t newest;     /**< sequence number that does not wrap */
	uint16_t newest_seq; /**< the same, as it came */
	int64_t spoke;	     /**< last loud packet; INT64_MIN: never */
	int64_t confirmed;   /**< when its person was told last that it is taken */
	int64_t passed_on;   /**< last packet that went to listeners */
	int together;	     /**< index of what is sent just now; -1: nothing */
	struct sfu_sub *subs;
	size_t subs_n;
	struct loudest_voice solo; /**< among those that all may hear: the stream of one voice */
	int tapped;		   /**< the stream that its last packet went to; -1: none */
	bool soloed;		   /**< ... and that of the one voice */
};

/** A track on its way to a listener. */
struct sfu_sub {
	struct sfu_sub *prev, *next; /* of the track */
	struct sfu_person *listener;
	struct sfu_track *track;
	int section;
	uint32_t ssrc;		    /**< never the same again: numbers begin anew */
	bool disabled;		    /**< the listener wants nothing for now */
	struct peer_sender *sender; /**< NULL until the listener has agreed */
	bool kept;		    /**< packets are kept for NACK */
	struct rewrite numbers;
	struct loudest_voice one; /**< among what this listener has, if they want one voice */
};

/** One section of the offers to a listener; its index is its mid. */
struct sfu_section {
	struct sfu_sub *sub;
	bool resting;	/**< empty, and the listener knows: may be taken */
	uint32_t asked; /**< SSRC in the offer that waits for an answer, 0: empty there */
};

struct sfu_listener {
	struct sfu_link link;
	struct sfu_section sections[SFU_SECTIONS_MAX];
	size_t sections_n, asked_n;
	unsigned offer_id;
	bool asked; /**< an offer waits for its answer */
	int64_t asked_at;
	int tries;
	bool lacking; /**< there are tracks without a section */
	bool due;     /**< an offer is to be made */
	int64_t due_at;
};

struct sfu_publisher {
	struct sfu_link link; /**< peer NULL until the first offer */
	struct sfu_input inputs[SFU_INPUTS_MAX];
	size_t inputs_n;
	struct sfu_track *tracks[SFU_TRACKS_MAX];
	size_t tracks_n;
	uint64_t version;
};

/** What a listener has said about a track. */
struct sfu_wish {
	struct sfu_track *track;
	bool said; /**< else auto_subscribe counts */
	bool subscribe;
	bool disabled;
};

struct sfu_person {
	struct sfu_person *prev, *next; /* of the room */
	struct sfu_engine *engine;
	struct sfu_room *room;
	struct sfu_line *line; /**< NULL while away */
	struct lk_person info; /**< owned; tracks are not in it */
	size_t text_bytes;     /**< of the room's */
	struct token grant;    /**< may change: permit.c */
	bool silenced;	       /**< whatever they publish is muted */
	bool auto_subscribe;
	bool narrow;	    /**< a narrow line: wants the one loudest voice only ... */
	struct loudest one; /**< ... of those that they may hear and want to */
	struct budget changes;
	uint64_t sdp_id; /**< of the session, in SDP */
	bool changed;	 /**< others are to be told */
	int64_t heard;	 /**< last message */
	int64_t away;	 /**< without a line since */
	int64_t goodbye; /**< they closed the connection they hear on; 0: not */
	int64_t refresh; /**< when a new token is due, wall clock */
	int64_t life;	 /**< of the tokens that they are given */
	struct sfu_publisher pub;
	struct sfu_listener sub;
	struct sfu_wish *wishes;
	size_t wishes_n;
	bool allow_all;
	struct lk_request *allowed; /**< the subscription_permission they sent, NULL: none */
	int quality;		    /**< told, enum lk_quality; -1: nothing yet */
	bool quality_all;	    /**< to everybody */
	float speaks;		    /**< told: how loud, 0: they do not speak */
	int64_t lost_before;	    /**< of their voice, at the last look */
	uint64_t received_before;
	struct sfu_session *session; /**< of who came by WHEP or WHIP, else NULL */
};

/** Who left: told with the next update, then kept for those who are away. */
struct sfu_gone {
	struct sfu_gone *next;
	int64_t at;
	bool told;
	struct lk_person info; /**< owned */
};

/** A stream for who listens by WHEP: one for each of the loudest, or one for all of them. */
struct sfu_stream {
	struct slot slot;
	struct sfu_tap *taps;
};

#define SFU_TRACK_BUCKETS 64
struct sfu_room {
	struct sfu_room *next; /* of the engine */
	struct sfu_engine *engine;
	char *name;
	char sid[SFU_SID];
	int64_t made_wall;
	struct sfu_person *people;
	size_t people_n, hidden_n;
	size_t told_n; /**< of people, by room_update */
	size_t text_bytes;
	struct sfu_track *tracks[SFU_TRACK_BUCKETS];
	struct loudest loudest, solo;
	struct sfu_stream streams[LOUDEST_MAX + 1]; /**< by slot; the last: the one voice */
	size_t taps_n;
	struct sfu_gone *gone, **gone_last; /**< oldest first */
	size_t offers_left; /**< that may be made until the next tick: sound goes on between them */
	bool update_due;
	int64_t update_at;
	int64_t speakers_at, quality_at, loss_at;
	int64_t empty_since;
};

/** A packet on its way to all listeners. */
struct sfu_packet {
	struct sfu_track *track;
	uint64_t number; /**< of the track, without holes */
	bool marker, late;
	struct loudest_level level; /**< unless late */
	size_t n;
	struct rtp rtp;		     /**< of `raw` */
	uint8_t raw[RTP_PACKET_MAX]; /**< but for SSRC and number what everybody gets */
};
/** The same to all listeners of a stream. */
struct sfu_tap_packet {
	struct sfu_room *room;
	struct sfu_stream *stream;
	uint16_t seq; /**< of the stream */
	size_t n;
	struct rtp rtp; /**< of `raw` */
	uint8_t raw[RTP_PACKET_MAX];
};
/** Packets that came together go out together. */
struct sfu_gathered {
	bool open; /**< more may come before they go */
	size_t n, taps_n;
	struct sfu_packet packets[SFU_TOGETHER_MAX];
	struct sfu_tap_packet taps[SFU_TOGETHER_MAX];
};

struct sfu_engine {
	struct sfu *front; /**< its outbox and its loop's wake-up only */
	struct loop *loop;
	char *key, *secret;
	int loudest;
	const struct turn_lend *turn;
	struct sfu_net net;
	struct peer_mux *mux;
	struct dtls_cert *cert;
	char cname[SFU_SID];
	uint8_t trailer[16]; /**< would end frames of our own making */
	struct loop_timer *timer;
	bool ticking;
	bool link_changed; /**< some peer's state did */
	bool track_wanted;
	int stale_ms;
	bool stale; /**< what is looked at just now has waited for too long */
	int64_t look_at;
	struct sfu_room *rooms;
	struct sfu_person *ended; /**< out of their rooms, to be freed outside of callbacks */
	size_t rooms_n, people_n;
	struct sfu_stats stats;
	struct sfu_gathered gathered;
};

/* engine.c */
struct sfu_engine_start {
	struct sfu *front;
	struct loop *loop; /**< the worker's */
	const struct sfu_options *opt;
	int rc;
	struct err err;
};
/** Worker's thread; arg is a struct sfu_engine_start. */
void sfu_engine_open(void *start);
void sfu_engine_stop(void *engine);
/** Each SFU_TICK_MS while there is somebody. */
void sfu_engine_tick(void *engine);
/** NULL on failure (logged). */
struct peer *sfu_engine_peer(struct sfu_engine *e, struct sfu_link *link);
void sfu_engine_put(struct sfu_engine *e, struct sfu_out *o);
void sfu_engine_presence(struct sfu_engine *e, const struct sfu_person *p, bool present,
			 int64_t at_ms, const char *reason);
/** There is somebody: let the clock tick. */
void sfu_engine_awake(struct sfu_engine *e);
/** After packets and requests: what callbacks have left to do. */
void sfu_engine_settle(struct sfu_engine *e, int64_t now);
/** "PA_" and random characters into `ret`. */
void sfu_sid(const char *prefix, char ret[SFU_SID]);

/* net.c */
/** `arg` of the receiver is the engine, whose connections of TCP are opened too. */
int sfu_net_open(struct sfu_net *n, struct loop *l, const struct sfu_options *o, udp_receive_fn *fn,
		 struct sfu_engine *arg, struct err *err);
void sfu_net_close(struct sfu_net *n);
void sfu_net_look(struct sfu_net *n, int64_t now);
int sfu_net_base(struct sfu_net *n, const struct net_addr *local);
void sfu_net_send(struct sfu_net *n, int base, const struct net_addr *to, const void *p,
		  size_t len);
/** Spans for SDP into `ret`; how many. Borrowed until the next look. */
size_t sfu_net_candidates(const struct sfu_net *n, struct span ret[SFU_CANDIDATES_MAX]);

/* room.c */
struct sfu_room *sfu_room_find(struct sfu_engine *e, const char *name);
/** NULL: too many rooms. */
struct sfu_room *sfu_room_get(struct sfu_engine *e, const char *name, int64_t now);
void sfu_room_free(struct sfu_room *r);
void sfu_room_add(struct sfu_room *r, struct sfu_person *p);
void sfu_room_drop(struct sfu_room *r, struct sfu_person *p, int64_t now);
struct sfu_person *sfu_room_person(const struct sfu_room *r, const char *identity);
struct sfu_track *sfu_room_track(const struct sfu_room *r, const char *sid);
/** Has this identity come and gone more often lately than anybody needs to? */
bool sfu_room_is_restless(const struct sfu_room *r, const char *identity);
/** Something about a person changed: others are told soon. */
void sfu_room_changed(struct sfu_person *p, int64_t now);
/** Tell now what waits to be told about people. */
void sfu_room_flush(struct sfu_room *r);
/** To who comes back: how everybody is, and who left meanwhile. */
void sfu_room_tell(const struct sfu_room *r, struct sfu_person *to);
void sfu_room_tick(struct sfu_room *r, int64_t now);
void sfu_room_info(const struct sfu_room *r, struct lk_room *ret);

/* join.c */
/** A loop_fn; takes the struct sfu_arrival over. */
void sfu_join(void *arrival);

/* person.c */
/** In no room yet. NULL: no connection can be made. */
struct sfu_person *sfu_person_new(struct sfu_engine *e, const struct sfu_arrival *a, int64_t now);
/** Out of the room: others are told, and with a `reason` the server. Freed by the next settle. */
void sfu_person_end(struct sfu_person *p, int64_t now, int why, const char *reason);
void sfu_person_free(struct sfu_person *p);
/** Their line is gone; they may come back. */
void sfu_person_away(struct sfu_person *p, int64_t now);
/** Give them a line. */
void sfu_person_attach(struct sfu_person *p, struct sfu_line *l, int64_t now);
/** End their line with a leave message. */
void sfu_person_dismiss(struct sfu_person *p, int64_t now, int why, int action);
/** Connections may have changed state. */
void sfu_person_settle(struct sfu_person *p, int64_t now);
void sfu_person_look(struct sfu_person *p, int64_t now);
/** Of their signalling or of either connection. */
int64_t sfu_person_last_sign(const struct sfu_person *p);

/* info.c */
/** Borrows from `p`; `tracks` holds its tracks. */
void sfu_info(const struct sfu_person *p, struct lk_track tracks[SFU_TRACKS_MAX],
	      struct lk_person *ret);
/** `ret` borrows `sources`. */
void sfu_info_permission(const struct sfu_person *p, int sources[TOKEN_SOURCES_MAX],
			 struct lk_permission *ret);
void sfu_info_join(const struct sfu_person *p, struct lk_response *ret);
void sfu_info_join_done(struct lk_response *r);
void sfu_info_server(struct lk_server_info *ret);

/* permit.c */
/** May a track of this source be heard now? */
bool sfu_may_be_heard(const struct sfu_person *p, int source);
/** `p->grant` or `p->silenced` has changed: tracks are muted, others are told. */
void sfu_permit_changed(struct sfu_person *p, int64_t now);
/** Mute a track whose person did not ask for it. */
void sfu_permit_mute(struct sfu_track *t, int64_t now);

/* signal_in.c */
/** What everybody is told of cannot change all the time. */
bool sfu_may_change(struct sfu_person *p, int64_t now);
void sfu_signal_in(struct sfu_person *p, struct span data, int64_t now);
/** Take over name, metadata and attributes; enum lk_request_result. Others are not told yet. */
int sfu_person_text(struct sfu_person *p, const struct lk_update_metadata *m);

/* signal_out.c */
void sfu_send(struct sfu_person *p, const struct lk_response *r);
/** To everybody in the room. */
void sfu_send_all(struct sfu_room *r, const struct lk_response *m);
void sfu_line_send(struct sfu_engine *e, struct sfu_line *l, const struct lk_response *r);
void sfu_line_end(struct sfu_engine *e, struct sfu_line *l, int code);
void sfu_send_leave(struct sfu_engine *e, struct sfu_line *l, int why, int action);
/** The answer to a request that failed, or to one that asked to be told. */
void sfu_send_result(struct sfu_person *p, int result, const char *message,
		     const struct lk_request *about);

/* publish.c */
/** Take an offer to send and append the answer. Nothing can come of the session when it fails. */
int sfu_publish_take(struct sfu_person *p, const char *sdp, int64_t now, struct buf *ret,
		     struct err *err);
void sfu_publish_offer(struct sfu_person *p, const struct lk_sdp *offer, int64_t now);
/** Tracks that are announced and sections that send: bring together what belongs together. */
void sfu_publish_bind(struct sfu_person *p, int64_t now);
struct sfu_input *sfu_publish_input(struct sfu_publisher *pub, const struct rtp *r);
/** The connection is of no use any more; the next offer makes another. */
void sfu_publish_close(struct sfu_person *p, int64_t now);

/* track.c */
void sfu_track_add(struct sfu_person *p, struct lk_request *rq, int64_t now);
/** After a resume: what was confirmed lately, in case the word was lost with the old line. */
void sfu_track_confirm_again(struct sfu_person *p, int64_t now);
/** It ends; whoever hears it is offered its end. */
void sfu_track_end(struct sfu_track *t, int64_t now);
void sfu_track_mute(struct sfu_track *t, bool muted, int64_t now);
/** It may be heard from now on. */
void sfu_track_live(struct sfu_track *t, const struct sfu_input *in, int64_t now);

/* subscribe.c */
/** NULL: they said nothing about it. */
struct sfu_wish *sfu_wish_find(const struct sfu_person *p, const struct sfu_track *t);
/** Made where there is none. */
struct sfu_wish *sfu_wish_get(struct sfu_person *p, struct sfu_track *t);
void sfu_wish_forget(struct sfu_room *r, const struct sfu_track *t);
/** Look at everything that one listener has or could get. */
void sfu_subscribe_all(struct sfu_person *listener, int64_t now);
/** Look at one track for everybody. */
void sfu_subscribe_track(struct sfu_track *t, int64_t now);
/** Do they let everybody hear them? */
bool sfu_is_for_all(const struct sfu_person *p);
void sfu_subscribe_one(struct sfu_person *listener, struct sfu_track *t, int64_t now);
/** It speaks: room is made for it where there is none. */
void sfu_subscribe_wanted(struct sfu_track *t, int64_t now);
/** It is muted: it gives way in what those hear who want one voice. */
void sfu_subscribe_pause(struct sfu_track *t);
struct sfu_sub *sfu_sub_find(const struct sfu_person *listener, const struct sfu_track *t);
void sfu_sub_end(struct sfu_sub *s, int64_t now);

/* offer.c */
void sfu_offer_due(struct sfu_person *p, int64_t now, int wait_ms);
/** They came back: new ICE credentials, and an offer at once. */
void sfu_offer_restart(struct sfu_person *p, int64_t now);
void sfu_offer_tick(struct sfu_person *p, int64_t now);
void sfu_offer_answer(struct sfu_person *p, const struct lk_sdp *answer, int64_t now);

/* forward.c */
void sfu_forward(struct sfu_link *l, int64_t now, const struct rtp *r);

/* fanout.c */
/** Packets may be gathered until sfu_fan_out_end; no track ends meanwhile. */
void sfu_fan_out_begin(struct sfu_engine *e);
void sfu_fan_out_end(struct sfu_engine *e, int64_t now);
/** What `r` holds, a packet of `in`'s track; at once unless gathered. `level` NULL: it is late. */
void sfu_fan_out(const struct sfu_input *in, const struct rtp *r, const struct loudest_level *level,
		 uint64_t number, bool marker, int64_t now);

/* taps.c */
/** Packet `number` of a track, as its gate counts, for who listens by WHEP; at once unless
 * gathered. */
void sfu_taps_forward(struct sfu_track *t, const struct rtp *r, int64_t now, uint64_t number);
/** What is gathered goes out: by sfu_fan_out_end. */
void sfu_taps_flush(struct sfu_engine *e, int64_t now);
/** They listen from now on: by as many sections as they have to all of the loudest, or by one to
 * the one voice. */
void sfu_taps_begin(struct sfu_person *p);
/** They may hear, or may not any more. Of anybody. */
void sfu_taps_permit(struct sfu_person *p);
void sfu_taps_end(struct sfu_person *p);
/** Memory of streams that have long been silent, for which nobody will ask. */
void sfu_taps_look(struct sfu_person *p, int64_t now);
/** May it be in a stream that all share? */
bool sfu_taps_may(const struct sfu_track *t);
/** It is muted, not for everybody any more, or ends. */
void sfu_taps_leave(struct sfu_track *t);

/* speakers.c */
void sfu_speech_packet(struct sfu_speech *s, const struct loudest_level *p, uint32_t timestamp);
void sfu_speakers_tick(struct sfu_room *r);
/* Who speaks now, to somebody who was not told of the changes that led there. */
void sfu_speakers_tell(struct sfu_person *to, bool silent_too);

/* quality.c */
void sfu_quality_tick(struct sfu_room *r);
/** Publishers hear, by their reports, what is lost on the way to those who hear them. */
void sfu_loss_tick(struct sfu_room *r, int64_t now);

#endif
