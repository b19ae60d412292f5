/* Checks of sound: the libraries, the devices, and where the sound card is. */
#include "cli/tool/doctor.h"

#include "audio/driver.h"
#include "audio/lib.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/span.h"

#include <glob.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#define PULSE_PLUGIN "libasound_module_pcm_pulse.so"

static void check_libraries(struct command_ctx *ctx, struct finding *f)
{
	struct buf missing = BUF_INIT(1024);
	struct audio_library l;
	(void)ctx;
	for (int i = 0; (l = audio_library_at(i)).name; i++)
		if (!l.version)
			buf_printf(&missing, " %s", *l.package ? l.package : l.name);
	if (missing.n == 0) {
		finding_ok(f, _("all libraries for sound are there"));
	} else {
		finding_bad(f, _("libraries for sound are missing: calls and recordings will not "
				 "work"));
		finding_fix(f, "apt install%s", buf_str(&missing));
	}
	buf_done(&missing);
}

struct found {
	int in, out;
};

static bool count(const struct audio_device *d, void *arg)
{
	struct found *n = arg;
	n->in += d->in_channels > 0;
	n->out += d->out_channels > 0;
	return true;
}

static const char *set(const char *name)
{
	const char *v = getenv(name);
	return v && *v ? v : NULL;
}

/* "CLIENT PORT SERVER PORT": the address of this machine as the other one wrote it. */
static struct span address_here(const char *connection)
{
	struct span rest = span_of(connection), word = {NULL, 0};
	for (int i = 0; i < 3; i++)
		span_split(&rest, ' ', &word);
	return word;
}

/* Through ssh the card of this machine is not the one that the person sits at. */
static bool over_ssh(struct finding *f)
{
	const char *ssh = set("SSH_CONNECTION");
	const struct passwd *me = getpwuid(getuid());
	if (!ssh || set("PULSE_SERVER"))
		return false;
	finding_bad(f,
		    _("you are on SSH: the sound card is at the machine you came from, not here"));
	finding_fix(f, _("there: muster call join ROOM --via %s@%.*s (sound there, the call here)"),
		    me ? me->pw_name : "USER", SPAN_ARG(address_here(ssh)));
	return true;
}

static bool any_file(const char *pattern, int access_mode)
{
	glob_t g = {0};
	bool any = false;
	if (glob(pattern, 0, NULL, &g) == 0)
		for (size_t i = 0; i < g.gl_pathc; i++)
			any = any || access(g.gl_pathv[i], access_mode) == 0;
	globfree(&g);
	return any;
}

/* PulseAudio's or PipeWire's. */
static bool sound_server(void)
{
	const char *run = set("XDG_RUNTIME_DIR");
	AUTO_FREE char *socket = mem_printf("%s/pulse/native", run ? run : "/nonexistent");
	return set("PULSE_SERVER") || access(socket, F_OK) == 0;
}

/* Why nothing was found, as far as can be seen from here. */
static void fix_cards(struct finding *f)
{
	if (sound_server() && !any_file("/usr/lib*/alsa-lib/" PULSE_PLUGIN, F_OK) &&
	    !any_file("/usr/lib/*/alsa-lib/" PULSE_PLUGIN, F_OK))
		finding_fix(f,
			    _("apt install libasound2-plugins: a sound server runs, but programs "
			      "cannot reach it without that package"));
	else if (sound_server())
		finding_fix(f, _("the sound server does not answer: pactl info tells why"));
	else if (any_file("/dev/snd/pcm*", F_OK) && !any_file("/dev/snd/pcm*", R_OK | W_OK))
		finding_fix(f,
			    _("you may not use the sound card: sudo usermod -aG audio \"$USER\", "
			      "then log in again"));
	else
		finding_fix(f, _("plug a sound card or a headset in; files and pipes work without: "
				 "--input file:speech.wav"));
}

static void check_cards(struct command_ctx *ctx, struct finding *f)
{
	struct found n = {0, 0};
	struct err e = {0};
	(void)ctx;
	if (over_ssh(f))
		return;
	if (audio_driver_portaudio.list(count, &n, &e)) {
		finding_bad(f, "%s", e.msg);
		finding_fix(f, "%s", e.hint[0] ? e.hint : _("muster audio devices says more"));
	} else if (n.in == 0 || n.out == 0) {
		finding_bad(f, n.in    ? _("there is no loudspeaker")
			       : n.out ? _("there is no microphone")
				       : _("there is no sound card"));
		fix_cards(f);
	} else {
		finding_ok(f, _("%d microphones, %d loudspeakers"), n.in, n.out);
	}
}

const struct check doctor_sound[] = {
	{"sound-libraries", check_libraries, true},
	{"sound-devices", check_cards, true},
	{NULL, NULL, false},
};
