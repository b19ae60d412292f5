/* Checks of sound: the libraries, the devices, and where the sound card is. */
#include "cli/tool/doctor.h"

#include "audio/driver.h"
#include "audio/lib.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"

#include <stdlib.h>

static void check_libraries(struct command_ctx *ctx, struct finding *f)
{
	struct buf missing = BUF_INIT(1024);
	struct audio_library l;
	(void)ctx;
	for (int i = 0; (l = audio_library_at(i)).name; i++)
		if (!l.version)
			buf_printf(&missing, " %s", l.package);
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

/* Through ssh the card of this machine is not the one that the person sits at. */
static bool over_ssh(struct finding *f)
{
	const char *ssh = getenv("SSH_CONNECTION");
	const char *pulse = getenv("PULSE_SERVER");
	if (!ssh || !*ssh || (pulse && *pulse))
		return false;
	finding_bad(f,
		    _("you are on SSH: the sound card is at the machine you came from, not here"));
	finding_fix(f, _("for sound run muster on that machine"));
	return true;
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
		finding_fix(f, _("plug one in, or add yourself to the group audio; with PulseAudio "
				 "or PipeWire install libasound2-plugins; files and pipes work "
				 "without"));
	} else {
		finding_ok(f, _("%d microphones, %d loudspeakers"), n.in, n.out);
	}
}

const struct check doctor_sound[] = {
	{"sound-libraries", check_libraries, true},
	{"sound-devices", check_cards, true},
	{NULL, NULL, false},
};
