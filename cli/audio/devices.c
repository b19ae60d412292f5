#include "cli/audio/audio.h"
#include "cli/params.h"
#include "core/base/mem.h"

struct listing {
	struct command_ctx *ctx;
	int rc;
	int found;
};

static bool give_device(const struct audio_device *d, void *arg)
{
	struct listing *l = arg;
	json_t *row = json_object();
	json_object_set_new(row, "name", json_string(d->name));
	json_object_set_new(row, "driver", json_string(d->driver));
	json_object_set_new(row, "in_channels", json_integer(d->in_channels));
	json_object_set_new(row, "out_channels", json_integer(d->out_channels));
	json_object_set_new(row, "default_in", json_boolean(d->default_in));
	json_object_set_new(row, "default_out", json_boolean(d->default_out));
	json_object_set_new(row, "what", json_string(d->what));
	l->found++;
	l->rc = command_row(l->ctx, row);
	return l->rc == 0;
}

/* Drivers without devices of their own are one row each: what may be written for them. */
static void give_driver(struct listing *l, const struct audio_driver *d)
{
	AUTO_FREE char *name = mem_printf("%s:%s", d->name, d->args);
	give_device(
		&(struct audio_device){
			.driver = d->name,
			.name = name,
			.what = _(d->what),
			.in_channels = d->capture,
			.out_channels = d->playback,
		},
		l);
}

static int run_devices(struct command_ctx *ctx, struct err *err)
{
	struct listing l = {.ctx = ctx};
	const char *only = command_text(ctx->line, "driver");
	(void)err;
	for (int i = 0; audio_driver_at(i) && !l.rc; i++) {
		const struct audio_driver *d = audio_driver_at(i);
		struct err e = {0};
		if (only && strcmp(only, d->name))
			continue;
		if (!audio_driver_usable(d, &e) || (d->list && d->list(give_device, &l, &e)))
			command_warn(ctx, "%s", e.msg);
		else if (!d->list)
			give_driver(&l, d);
		else if (!l.found)
			command_warn(ctx, _("no sound card was found; muster doctor says more"));
	}
	return l.rc;
}

const struct command verb_audio_devices = {
	.name = "audio devices",
	.group = GROUP_TOOL,
	.summary = N_("List microphones, loudspeakers and what can stand for them."),
	.examples = EXAMPLES{{"muster audio devices", N_("all of them")},
			     {"muster audio devices --json | jq -r 'select(.in_channels>0).name'",
			      N_("names of microphones")},
			     END_EXAMPLES},
	.options = PARAMS{{.name = "driver",
			   .kind = KIND_CHOICE,
			   .choices = "portaudio|file|pipe|tone|null",
			   .what = N_("only those of one driver")},
			  END_PARAMS},
	.keys = KEYS{{"name", "string", N_("Name"), N_("what --input and --output take"), true},
		     {"driver", "string", N_("Driver"), N_("which driver offers it"), false},
		     {"in_channels", "integer", N_("In"), N_("channels that can be recorded"),
		      false},
		     {"out_channels", "integer", N_("Out"), N_("channels that can be played"),
		      false},
		     {"default_in", "boolean", NULL, N_("the microphone used when none is named"),
		      false},
		     {"default_out", "boolean", NULL, N_("the loudspeaker used when none is named"),
		      false},
		     {"what", "string", N_("Kind"), N_("sound system, or explanation"), false},
		     END_KEYS},
	.run = run_devices,
};
