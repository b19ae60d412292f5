/* A recording for the room. */
#include "audio/sound_file.h"
#include "cli/call/run.h"
#include "core/base/i18n.h"
#include "core/client/send.h"

#include <errno.h>
#include <sys/stat.h>

static int ignore_row(json_t *row, void *arg)
{
	(void)row;
	(void)arg;
	return 0;
}

/* What was recorded, for those who were not there; as an audio message, with how long it is. */
int call_publish(struct command_ctx *ctx, struct client *up, const char *room_id,
		 const char *record, struct err *err)
{
	const char *const files[] = {record, NULL};
	struct sound_reader *r = NULL;
	struct sound_info info = {.duration_ms = -1};
	struct stat st;
	int rc = sound_reader_open(record, &r, err);
	if (rc)
		return rc;
	sound_reader_info(r, &info);
	sound_reader_free(r);
	if (stat(record, &st))
		return err_errno(err, errno, _("cannot read %s"), record);
	bool wav = span_ends(span_of(record), ".wav");
	JSON_AUTO json_t *extra =
		json_pack("{s:s,s:{s:s,s:I}}", "msgtype", "m.audio", "info", "mimetype",
			  wav ? "audio/wav" : "audio/ogg", "size", (json_int_t)st.st_size);
	if (info.duration_ms >= 0)
		json_object_set_new(json_object_get(extra, "info"), "duration",
				    json_integer(info.duration_ms));
	const struct send_request rq = {.room_id = room_id, .files = files, .extra = extra};
	client_give_time(up, INT32_MAX);
	rc = client_send(up, &rq, ignore_row, NULL, err);
	if (!rc)
		command_say(ctx, _("The recording is in the room."));
	return rc;
}
