#include "server/serve.h"

#include "cli/params.h"
#include "cli/tool/doctor.h"
#include "core/base/json.h"

#include <string.h>
#include <unistd.h>

static void on_event(const json_t *event, void *arg)
{
	struct command_ctx *ctx = arg;
	command_row_fn((json_t *)event, ctx);
}

/* What to write on the board. */
static void line_address(struct buf *b, const json_t *row)
{
	json_t *names = json_get_array(row, "names"), *name;
	size_t i;
	if (!json_get_str(row, "url")) {
		buf_put_str(b, _("no network: nobody but this machine reaches the server now"));
		return;
	}
	buf_put_str(b, _("others type this address: "));
	command_put_clean(b, json_object_get(row, "url"));
	buf_put_str(b, "/join");
	json_array_foreach (names, i, name) {
		buf_printf(b, " %s ", _("or"));
		command_put_clean(b, name);
		buf_put_str(b, "/join");
	}
}

/* "listening http://127.0.0.1:8008, sound of calls on UDP port 8009"; what --init and --check say: one line per key. */
static void line_event(struct buf *b, const json_t *row, const struct command_line *l)
{
	const char *key, *event = json_get_str(row, "event"), *url = json_get_str(row, "url");
	json_t *v;
	(void)l;
	if (json_get_str(row, "check")) {
		finding_line(b, row);
		return;
	}
	if (event && !strcmp(event, "address")) {
		line_address(b, row);
		return;
	}
	if (event) {
		buf_printf(b, "%s%s", event, url ? " " : "");
		command_put_clean(b, json_object_get(row, "url"));
		if (json_object_get(row, "udp_port"))
			buf_printf(b, _(", sound of calls on UDP port %lld"),
				   (long long)json_get_i64(row, "udp_port", 0));
		return;
	}
	json_object_foreach ((json_t *)row, key, v) {
		buf_printf(b, "%s%s: ", b->n ? "\n" : "", key);
		if (json_is_string(v))
			command_put_clean(b, v);
		else
			json_put(b, v);
	}
}

static struct serve_options options_of(struct command_ctx *ctx, const char *turn_uris)
{
	const struct command_line *l = ctx->line;
	int udp = (int)command_number(l, "udp-port", 0);
	return (struct serve_options){
		.data_dir = command_text(l, "data"),
		.config_file = command_text(l, "config"),
		.listen = command_text(l, "listen"),
		.udp_port = command_given(l, "udp-port") && !udp ? SERVE_ANY_PORT : udp,
		.server_name = command_text(l, "server-name"),
		.public_url = command_text(l, "public-url"),
		.announce_ip = command_text(l, "announce"),
		.tls_cert = command_text(l, "tls-cert"),
		.tls_key = command_text(l, "tls-key"),
		.turn_uris = turn_uris,
		.turn_secret_file = command_text(l, "turn-secret-file"),
		.lan = command_flag(l, "lan"),
		.open_registration = command_flag(l, "open-registration"),
		.allow_encryption = command_flag(l, "allow-encryption"),
		.event = on_event,
		.event_arg = ctx,
	};
}

/* How to go on, for somebody who sits there. */
static void say_next(struct command_ctx *ctx, const json_t *row)
{
	const char *data = json_get_str(row, "data"), *user = json_get_str(row, "user_id");
	command_say(ctx,
		    _("The server is ready to start. Start it: muster serve --data %s\n"
		      "Then log in with the password above, which is shown only now: "
		      "muster login http://127.0.0.1:8008 --user %s\n"
		      "Save the invitation in a file and hand it out; people join with: "
		      "muster register URL --user NAME --invite-file FILE"),
		    data ? data : "DIR", user ? user : "NAME");
}

/* A name that nobody chose is one for ever, too. */
static void say_name(struct command_ctx *ctx, const struct serve_options *opt, const json_t *row)
{
	const char *name = json_get_str(row, "server_name"), *data = json_get_str(row, "data");
	if (!opt->server_name && name && !strcmp(name, "localhost"))
		command_say(ctx,
			    _("This server is called localhost for ever, in all its people's ids; "
			      "for another name delete %s and give --server-name"),
			    data ? data : "DIR");
}

/* One row for the settings, then one for each finding. */
static int check(struct command_ctx *ctx, const struct serve_options *opt, struct err *err)
{
	JSON_AUTO json_t *row = NULL;
	json_t *f;
	size_t i;
	int rc = serve_check(opt, &row, err);
	if (rc)
		return rc;
	JSON_AUTO json_t *findings = json_incref(json_object_get(row, "findings"));
	bool fit = json_get_bool(row, "ok", false);
	json_object_del(row, "findings");
	rc = command_row_fn(row, ctx);
	json_array_foreach (findings, i, f)
		if (!rc)
			rc = command_row_fn(f, ctx);
	if (rc || fit)
		return rc;
	return err_set(err, ERR_FAILED, _("The server cannot start like this"));
}

static int run_serve(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	AUTO_FREE char *turn = command_joined(l, "turn-uri");
	struct serve_options opt = options_of(ctx, command_given(l, "turn-uri") ? turn : NULL);
	json_t *row = NULL;
	if (command_flag(l, "init") && command_flag(l, "check"))
		return err_set(err, ERR_USAGE, _("--init and --check exclude each other"));
	if (!opt.tls_cert != !opt.tls_key)
		return err_set(err, ERR_USAGE, _("--tls-cert and --tls-key belong together"));
	if (command_flag(l, "check"))
		return check(ctx, &opt, err);
	if (command_dry_run(ctx, NULL))
		return 0;
	if (!command_flag(l, "init"))
		return serve_run(&opt, err);
	int rc = serve_init(&opt, &row, err);
	if (rc)
		return rc;
	rc = command_row(ctx, json_incref(row));
	if (!rc)
		say_name(ctx, &opt, row);
	if (!rc && isatty(STDERR_FILENO))
		say_next(ctx, row);
	json_decref(row);
	return rc;
}

const struct command verb_serve = {
	.name = "serve",
	.group = GROUP_SERVER,
	.no_timeout = true,
	.summary = N_("Run a server for a class or a team."),
	.examples = EXAMPLES{{"muster serve --init --data ./school --server-name school.example",
			      N_("once: makes the folder, an administrator and an invitation")},
			     {"muster serve --data ./school",
			      N_("on this machine only, behind a proxy that speaks TLS")},
			     {"muster serve --data ./school --listen 0.0.0.0:8448 "
			      "--tls-cert cert.pem --tls-key key.pem",
			      N_("for others, with TLS")},
			     END_EXAMPLES},
	.details =
		N_("The server listens on 127.0.0.1:8008 unless told otherwise. Another address "
		   "needs TLS, or --lan for a network you trust. Everything is in the data folder. "
		   "A certificate that changes is loaded anew, as it is on SIGHUP; a bad one is "
		   "reported, and the old one stays. SIGINT and SIGTERM end the server.\n\n"
		   "With --lan the address that others type is told, and told again when this "
		   "machine gets another one; codes on slips stay valid, as they hold no address. "
		   "--check names what would keep people out: a firewall, a port in use, a "
		   "machine that falls asleep; muster doctor does so while the server runs.\n\n"
		   "The line \"listening\" comes when clients can connect; with port 0 it tells "
		   "which port was free."),
	.options =
		PARAMS{{.name = "data",
			.letter = 'd',
			.kind = KIND_FOLDER,
			.what = N_("data folder; muster/server in your data folder without it")},
		       {.name = "init",
			.kind = KIND_FLAG,
			.what = N_("make the data folder, an administrator and an invitation")},
		       {.name = "check",
			.kind = KIND_FLAG,
			.what = N_(
				"check settings, certificate, data folder and the port of calls, "
				"do not start")},
		       {.name = "listen",
			.letter = 'l',
			.kind = KIND_TEXT,
			.value = "ADDR:PORT",
			.what = N_("address and port; port 0 takes a free one")},
		       {.name = "udp-port",
			.kind = KIND_INT,
			.min = 0,
			.max = 65535,
			.what = N_("UDP port for the sound of calls; 0 takes a free one")},
		       {.name = "server-name",
			.kind = KIND_TEXT,
			.value = "NAME",
			.what = N_("the part of ids behind the colon; fixed at the first start")},
		       {.name = "public-url",
			.kind = KIND_URL,
			.what = N_("the address that clients use")},
		       {.name = "announce",
			.kind = KIND_TEXT,
			.value = "IP",
			.what = N_("address of this machine as others see it, for calls")},
		       {.name = "turn-uri",
			.kind = KIND_TEXT,
			.value = "URI",
			.repeat = true,
			.what = N_("TURN server to lend to people in calls, such as "
				   "turns:turn.school.example:443")},
		       {.name = "turn-secret-file",
			.kind = KIND_FILE,
			.what = N_("file with the secret that those servers share with this one")},
		       {.name = "lan",
			.kind = KIND_FLAG,
			.what = N_("listen on all addresses, even without TLS")},
		       {.name = "open-registration",
			.kind = KIND_FLAG,
			.what = N_("anybody may make an account")},
		       {.name = "allow-encryption",
			.kind = KIND_FLAG,
			.what = N_("rooms may be encrypted; muster itself cannot read them")},
		       {.name = "tls-cert",
			.kind = KIND_FILE,
			.what = N_("certificate chain (PEM)")},
		       {.name = "tls-key", .kind = KIND_FILE, .what = N_("its key (PEM)")},
		       {.name = "config",
			.kind = KIND_FILE,
			.what = N_("settings of the server; muster.conf in the data folder without "
				   "it")},
		       END_PARAMS},
	.keys = KEYS{{"event", "string", NULL,
		      N_("listening, address, stopping or certificate_reloaded"), false},
		     {"url", "string", NULL, N_("where clients connect"), true},
		     {"names", "strings", NULL,
		      N_("address: the same by name, where this machine has one here"), false},
		     {"interface", "string", NULL, N_("address: whose it is"), false},
		     {"udp_port", "integer", NULL, N_("where the sound of calls comes to"), false},
		     {"metrics_port", "integer", NULL, N_("where metrics are served"), false},
		     {"server_name", "string", NULL, N_("the part of ids behind the colon"), true},
		     {"data", "string", NULL, N_("the data folder"), true},
		     {"user_id", "string", NULL, N_("with --init: the administrator"), true},
		     {"password", "string", NULL, N_("with --init: its password, told only now"),
		      true},
		     {"invite", "string", NULL, N_("with --init: an invitation's token"), true},
		     {"ok", "boolean", NULL, N_("with --check: fit to start"), false},
		     {"listen", "string", NULL, N_("with --check: address and port"), false},
		     {"integrity", "string", NULL, N_("with --check: state of the database"),
		      false},
		     {"calls", "string", NULL, N_("with --check: on or off"), false},
		     {"udp", "string", NULL, N_("with --check: where sound comes to"), false},
		     {"announced", "strings", NULL,
		      N_("with --check: addresses for sound that clients are told"), false},
		     {"check", "string", NULL,
		      N_("with --check: name of a finding, in rows of their own"), false},
		     {"message", "string", NULL, N_("with --check: what was found"), false},
		     {"fix", "string", NULL, N_("with --check: what to do"), false},
		     {"optional", "boolean", NULL,
		      N_("with --check: the server starts all the same"), false},
		     {"note", "string", NULL,
		      N_("with --check: why some may be unable to take part in calls"), false},
		     END_KEYS},
	.shape = SHAPE_LINE,
	.line = line_event,
	.run = run_serve,
};
