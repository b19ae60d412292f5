/*
 * `muster serve`: settings in, a running server until a signal. The command
 * line includes this and server/admin.h, nothing else of the server.
 */
#ifndef MUSTER_SERVER_SERVE_H
#define MUSTER_SERVER_SERVE_H

#include "core/base/err.h"

#include <jansson.h>

#define SERVE_ANY_PORT (-1)

/** NULL, 0 and false mean: not given. The configuration file fills what is not given. */
struct serve_options {
	const char *data_dir;	 /**< NULL: "server" in our data folder (XDG) */
	const char *config_file; /**< NULL: DATA/muster.conf when there is one */
	const char *listen;	 /**< "ADDR:PORT", "[V6]:PORT", ":PORT"; NULL: 127.0.0.1:8008 */
	int udp_port;		 /**< media of calls; 0: 8009, SERVE_ANY_PORT: one that is free */
	const char *server_name; /**< fixed at first start */
	const char *public_url;	 /**< what clients are told */
	const char *announce_ip; /**< address of this machine as others see it */
	const char *tls_cert, *tls_key;
	const char *turn_uris; /**< TURN servers to lend, parted by spaces */
	const char *turn_secret_file;
	bool lan; /**< listen on all addresses, without TLS if need be */
	bool open_registration;
	bool allow_encryption; /**< rooms may be encrypted; muster itself cannot read them */
	/**
	 * What happened, one object per line of output, translated nowhere:
	 * {"event":"listening","url","server_name","data"} and, where calls are carried,
	 * "udp_port", where metrics are served "metrics_port"; where it is reached by this machine's own addresses,
	 * {"event":"address","url","names","interface"} (server/lan.h), again when they change;
	 * {"event":"stopping"},
	 * {"event":"certificate_reloaded"}. Borrowed.
	 */
	void (*event)(const json_t *event, void *arg);
	void *event_arg;
};

/**
 * Serve until SIGINT or SIGTERM (0), or until it cannot start. SIGHUP loads the certificate
 * anew. ERR_NOT_FOUND when `data_dir` is given and holds neither data nor settings of a
 * server; with a name, or in the usual folder, a new one is made.
 */
int serve_run(const struct serve_options *opt, struct err *err);

/**
 * `serve --init`: make the data folder, fix the server's name, make an
 * administrator "admin" with a password that is told only now, and an invite.
 * *ret: {"data","server_name","user_id","password","invite"}. ERR_CONFLICT
 * when the folder has an administrator already.
 */
int serve_init(const struct serve_options *opt, json_t **ret, struct err *err);

/**
 * `serve --check`: are settings, certificate, data folder and the port of calls
 * fit to start? *ret: {"ok":true,"listen","server_name","data","integrity"},
 * what rtc_check tells (server/rtc/check.h), and "findings" as of serve_findings:
 * "ok" is false when one that is not optional is not.
 * Of a server that runs, {"ok","running":URL,"server_name","data","note","findings"}.
 */
int serve_check(const struct serve_options *opt, json_t **ret, struct err *err);

/**
 * What keeps people from the server of these settings, whether it runs or not
 * (without `data_dir`: of the one that this user runs, else of the usual folder):
 * *ret is a list of {"check","ok","optional","message","fix"} (server/reach.h).
 * ERR_NOT_FOUND when there is no such server: neither settings nor data.
 */
int serve_findings(const struct serve_options *opt, json_t **ret, struct err *err);

/** A setting of the configuration file, for the manual. */
struct serve_setting {
	const char *name;
	const char *type;    /**< "text", "number", "bool", "size", "path" */
	const char *initial; /**< as written in the file */
	const char *what;    /**< a sentence, in English as the manual is */
};
/** The i-th; NULL: there are no more. */
const struct serve_setting *serve_setting(size_t i);

#endif
