/*
 * Every cap on what comes from outside, one line each. Over it is a clear
 * error; nothing is cut silently.
 */
#ifndef MUSTER_BASE_LIMITS_H
#define MUSTER_BASE_LIMITS_H

#define LIMIT_EVENT_BYTES 65536		/* Matrix: a complete event */
#define LIMIT_ID_BYTES 255		/* Matrix: user, room, event ids, types, state keys */
#define LIMIT_JSON_BODY (1u << 20)	/* request bodies that are JSON */
#define LIMIT_JSON_LOGIN (32u << 10)	/* the same where a password is asked for: many may wait */
#define LIMIT_HTTP_HEADERS 16384	/* request line and headers, server */
#define LIMIT_HTTP_REPLY_HEADERS 262144 /* all headers of a reply, client */
#define LIMIT_UPLOAD_DEFAULT (100u << 20) /* media, server default; configurable */
#define LIMIT_REPLY_JSON (64u << 20)	  /* a JSON reply the client accepts */
#define LIMIT_SYNC_REPLY (512u << 20)	  /* a sync reply the client accepts */
#define LIMIT_DOWNLOAD (1u << 30)	  /* a file the client downloads */
#define LIMIT_JSON_DEPTH 64		  /* nesting in a request or an event */
#define LIMIT_WS_MESSAGE (4u << 20)	  /* one WebSocket message */
#define LIMIT_WS_QUEUE (8u << 20)	  /* unsent bytes of one WebSocket */
#define LIMIT_UNSENT_PERSON (96u << 20)	  /* replies that one person has not read, server */
#define LIMIT_UNSENT (512u << 20)	  /* the same of all people together */
#define LIMIT_WS_PATH 2000	    /* path and query of its address: libwebsockets cuts at 2048 */
#define LIMIT_WS_HOST 110	    /* its host and port: libwebsockets cuts at 128 */
#define LIMIT_CSV_BYTES (16u << 20) /* a roster file */
#define LIMIT_CSV_CELLS (1u << 20)
#define LIMIT_CSV_COLUMNS 256
#define LIMIT_CONFIG_BYTES (1u << 20)
#define LIMIT_DELAYED_EVENTS 100	     /* that one person may have scheduled at once */
#define LIMIT_DELAY_MS (30LL * 86400 * 1000) /* longest delay of an event */
#define LIMIT_STDIN_MESSAGE (1u << 20)	     /* text read by `send ROOM -` */
#define LIMIT_IPC_LINE 65536		     /* one line between our own processes */

#endif
