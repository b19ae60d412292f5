/*
 * The server process: what its parts share. One struct server, loop thread.
 */
#ifndef MUSTER_SERVER_SERVER_H
#define MUSTER_SERVER_SERVER_H

#include "core/base/loop.h"
#include "server/accounts/own.h"
#include "server/db/db.h"
#include "server/http/httpd.h"

struct serve_options;
struct hub;	 /* server/sync/hub.h: who waits for what */
struct accounts; /* server/accounts/accounts.h: token cache, password queue, limits */
struct media;	 /* server/media/media.h */
struct uia;	 /* server/accounts/uia.h */
struct delayed;	 /* server/rtc/delayed.h */
struct rtc;	 /* server/rtc/rtc.h */
struct sfu;	 /* server/sfu/sfu.h: calls */
struct search;	 /* server/sync/search.h */
struct keep;	 /* server/keep/keep.h: backups */
struct metrics;	 /* server/metrics/metrics.h */
struct turns;	 /* server/routes/route_steps.h: requests that take long */
struct router;	 /* server/routes/router.h: the compiled route table */

/** Settings of `serve`, already checked. Strings owned by the config. */
struct server_config {
	char *data_dir;
	char *server_name; /**< stored in the database at first start; later ones must agree */
	char *public_url;  /**< or NULL: from the listening address */
	char *announce_ip; /**< this machine's address as others see it, or NULL */
	char *contact;	   /**< e-mail address or user id of who runs it, or NULL */
	char *tls_cert, *tls_key;
	char *listen_addr; /**< numeric */
	int listen_port;
	char *udp_addr;	 /**< of the sound of calls, numeric; NULL: every address */
	int udp_port;	 /**< 0: any that is free */
	char *turn_uris; /**< of TURN servers, parted by spaces; or NULL */
	char *turn_secret_file;
	bool open_registration;
	bool insecure_ok;      /**< --lan: all addresses, without TLS if there is none */
	bool allow_encryption; /**< m.room.encryption may be set; muster itself cannot read such
				  rooms */
	int64_t max_upload;
	bool calls;	   /**< calls are carried, and clients are told so */
	char *config_file; /**< where settings came from, or NULL */
	char *backup_dir;
	int backup_keep;    /**< daily backups that are kept; 0: none are made */
	int backup_minutes; /**< after midnight */
	char *metrics_addr; /**< numeric, of this machine only; NULL: no metrics */
	int metrics_port;
	int events_per_second; /**< of one person; 0: as many as they like */
	bool presence;	       /**< people see who is there */
	bool open_media;       /**< the old download addresses ask for no token */
};

struct server {
	const struct server_config *config;
	const char *name;    /**< server name */
	struct own_user own; /**< who it is itself */
	struct loop *loop;
	struct db *db;
	struct httpd *httpd;
	struct hub *hub;
	struct accounts *accounts;
	struct media *media;
	struct search *search;
	struct turns *turns;
	struct uia *uia;
	struct delayed *delayed;
	struct rtc *rtc;
	struct keep *keep;
	struct metrics *metrics;
	struct sfu *sfu;	/**< NULL: no calls are carried */
	struct turn_lend *turn; /**< NULL: no TURN server is lent */
	struct router *router;
	int64_t started_ms; /**< clock_mono_ms */
	int port;	    /**< that it listens on */
	char base_url[300]; /**< what clients are told, no trailing slash */
};

/**
 * Lock and open the data folder, listen. On an error nothing is left behind.
 * The loop must outlive the server and be run a little after server_stop.
 */
int server_start(struct loop *l, const struct serve_options *opt, struct server **ret,
		 struct err *err);
/** Finish what was accepted, close everything, free. NULL is allowed. */
void server_stop(struct server *srv);

#endif
