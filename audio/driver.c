#include "audio/driver.h"

#include "audio/lib_portaudio.h"
#include "audio/lib_sndfile.h"
#include "audio/resample.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/span.h"

static const struct audio_driver *const drivers[] = {
	&audio_driver_portaudio, &audio_driver_file, &audio_driver_pipe,
	&audio_driver_tone,	 &audio_driver_null,
};

const struct audio_driver *audio_driver_at(int i)
{
	return i >= 0 && (size_t)i < ARRAY_LEN(drivers) ? drivers[i] : NULL;
}

static const struct audio_driver *find(struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(drivers); i++)
		if (span_eq_str(name, drivers[i]->name))
			return drivers[i];
	return NULL;
}

const struct audio_driver *audio_driver_find(const char *name)
{
	return find(span_of(name));
}

bool audio_driver_usable(const struct audio_driver *d, struct err *err)
{
	if (d == &audio_driver_portaudio)
		return lib_portaudio(err) != NULL;
	if (d == &audio_driver_file)
		return lib_sndfile(err) != NULL;
	return true;
}

int audio_dev_open(const char *spec, enum audio_direction direction, bool inline_io,
		   struct audio_dev *ret, struct err *err)
{
	struct span rest = span_of(spec && *spec ? spec : drivers[0]->name), name;
	span_split(&rest, ':', &name);
	const struct audio_driver *d = find(name);
	const char *device = strchr(spec ? spec : "", ':');
	if (!d) {
		err_set(err, ERR_USAGE, _("there is no sound driver \"%.*s\""), SPAN_ARG(name));
		err_hint(err, _("portaudio, file, pipe, tone and null are there; muster audio "
				"devices lists devices"));
		return ERR_USAGE;
	}
	if (direction == AUDIO_CAPTURE ? !d->capture : !d->playback)
		return err_set(err, ERR_USAGE,
			       direction == AUDIO_CAPTURE ? _("nothing can be heard from \"%s\"")
							  : _("nothing can be played to \"%s\""),
			       d->name);
	struct audio_open how = {
		.direction = direction,
		.device = device ? device + 1 : NULL,
		.inline_io = inline_io,
	};
	void *dev = NULL;
	int rc = d->open(&how, &dev, err);
	if (!rc)
		*ret = (struct audio_dev){d, dev};
	return rc;
}

void audio_dev_close(struct audio_dev *d)
{
	if (d->driver)
		d->driver->close(d->dev);
	*d = (struct audio_dev){NULL, NULL};
}

int audio_pcm_parse(const char *spec, struct audio_pcm *ret, struct err *err)
{
	struct span rest = span_of(spec), format, rate, channels, last = {NULL, 0};
	int64_t hz, n;
	bool ok = span_split(&rest, ':', &format) && span_eq_str(format, "s16le") &&
		  span_split(&rest, ':', &rate) && span_i64(rate, &hz) &&
		  span_split(&rest, ':', &channels) && span_i64(channels, &n);
	bool live = ok && span_split(&rest, ':', &last) && span_eq_str(last, "live");
	ok = ok && rest.n == 0 && (live || !last.n);
	if (!ok || hz < RESAMPLE_RATE_MIN || hz > RESAMPLE_RATE_MAX || n < 1 || n > 8) {
		err_set(err, ERR_USAGE, _("\"%.60s\" is no format of raw sound"), spec);
		err_hint(err, _("write s16le:RATE:CHANNELS, for example s16le:48000:1"));
		return ERR_USAGE;
	}
	*ret = (struct audio_pcm){.rate_hz = (int)hz, .channels = (int)n, .live = live};
	return 0;
}
