/* Every cap and every time of the SFU. */
#ifndef MUSTER_SERVER_SFU_LIMITS_H
#define MUSTER_SERVER_SFU_LIMITS_H

/* Caps on what comes from outside. */
#define SFU_ROOMS_MAX 1000
#define SFU_PEOPLE_MAX 5000		  /* of all rooms */
#define SFU_ROOM_PEOPLE_MAX 1500	  /* of one */
#define SFU_TRACKS_MAX 8		  /* of one person */
#define SFU_INPUTS_MAX 16		  /* sections in which one person sends */
#define SFU_OFFERED_MAX 25		  /* voices offered to one listener at once */
#define SFU_SECTIONS_MAX 32		  /* those and the ones being emptied */
#define SFU_SIDS_MAX 512		  /* looked at in one request */
#define SFU_ALLOWED_MAX 1500		  /* entries of one subscription permission */
#define SFU_PERSON_TEXT_MAX 2048	  /* bytes of name, metadata and attributes */
#define SFU_ROOM_TEXT_MAX (1u << 20)	  /* the same of all in a room */
#define SFU_TRACK_TEXT_MAX 256		  /* bytes of a track's name and stream */
#define SFU_SIGNAL_BYTES_MAX (512u << 10) /* one message of a client */
#define SFU_SIGNAL_BURST 500		  /* messages that a client may send at once ... */
#define SFU_SIGNAL_PER_S 50		  /* ... and what it may keep up */
#define SFU_SIGNAL_BURST_BYTES (4u << 20)
#define SFU_SIGNAL_BYTES_PER_S (256u << 10)
#define SFU_CHANGES_BURST 20 /* of names, metadata, tracks and the like, of one person */
#define SFU_CHANGES_PER_S 2
#define SFU_VOICE_PER_S 120 /* packets of one track that are passed on: 10 ms and more each */
#define SFU_VOICE_BURST 500 /* after the network stood still */
#define SFU_VOICE_BYTES_PER_S (96u << 10)
#define SFU_BASES_MAX 65 /* local addresses told apart, and "any" */
#define SFU_UDP_BUFFER (4 << 20)
#define SFU_TCP_MAX 4096	  /* connections of people without UDP, two each ... */
#define SFU_TCP_STRANGERS_MAX 512 /* ... and those of them that have proved nothing yet */
#define SFU_TCP_EACH_MAX 8	  /* for one of the two: what ICE keeps addresses of */
#define SFU_TCP_BACKLOG 16384 /* bytes unsent on one, beside the kernel's: the rest is dropped */
#define SFU_TOGETHER_MAX 16   /* packets that are sent on in one go */
#define SFU_HISTORY 32	      /* packets of a voice kept for a listener's NACKs */

/* Times in milliseconds. */
#define SFU_TICK_MS 20
#define SFU_LOOK_MS 500		 /* between looks at who is still there */
#define SFU_UPDATE_WAIT_MS 50	 /* changes of people are told together, */
#define SFU_UPDATE_PEOPLE_MS 0.5 /* for each person more of them: each is told everything */
#define SFU_OFFER_WAIT_MS 150	 /* so are tracks */
#define SFU_OFFERS_A_TICK 24	 /* of a room at least ... */
#define SFU_OFFERS_TICKS 7	 /* ... but to everybody before the first can be due again */
#define SFU_ANSWER_WAIT_MS 15000 /* then the offer is made again */
#define SFU_OFFER_TRIES 3
#define SFU_SPEAKERS_MS 400
#define SFU_QUALITY_MS 5000
#define SFU_LOSS_MS 1000	/* between words to publishers about what their listeners lose */
#define SFU_LOSS_FRESH_MS 4000	/* older reports of listeners count no more */
#define SFU_RESUME_MS 10000	/* to come back after the WebSocket broke */
#define SFU_PUBLISH_MS 10000	/* so long clients wait for the word that a track is taken */
#define SFU_TCP_PROVE_MS 5000	/* to the first valid check on a TCP connection */
#define SFU_TCP_SILENT_MS 30000 /* without anything valid on one: cut off */
#define SFU_SILENT_MS 12000	/* without a sign of life: lost */
#define SFU_CONNECT_MS 30000	/* from the answer until the connection must stand: WHEP, WHIP */
#define SFU_ROOM_EMPTY_MS 30000
#define SFU_GONE_MS 30000	/* who comes back hears of those who left so lately */
#define SFU_GONE_MAX 10		/* sessions that one identity may end in that time */
#define SFU_HISTORY_MS 5000	/* after its last packet nobody asks for a voice's earlier ones */
#define SFU_INTERFACES_MS 30000 /* between looks at this host's addresses */
#define SFU_PING_INTERVAL_S 5
#define SFU_PING_TIMEOUT_S 15
#define SFU_REFRESH_MS (5 * 60000) /* a token is renewed so long before it ends, or at half time */

#endif
