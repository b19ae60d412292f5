/* This machine: clock, sleep, disk, open files. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/os.h"
#include "server/reach.h"

#define DISK_LOW ((int64_t)500 << 20)
#define FILES_LOW 2048		       /* 300 people with two connections each, files, and some */
#define CLOCK_FLOOR_MS 1735689600000LL /* 2025-01-01: a clock that stands earlier was never set */

static void clock_finding(json_t *findings)
{
	int synced = os_clock_synced();
	if (clock_wall_ms() < CLOCK_FLOOR_MS)
		reach_add(findings, "clock", false, true, "timedatectl set-ntp true",
			  _("the clock of this machine is wrong: times of messages will be, and "
			    "certificates may be refused"));
	else if (synced == 0)
		reach_add(findings, "clock", false, true, "timedatectl set-ntp true",
			  _("nothing keeps the clock of this machine right"));
	else
		reach_add(findings, "clock", true, true, NULL,
			  synced > 0 ? _("the clock is kept right") : _("the clock looks right"));
}

static void sleep_finding(json_t *findings)
{
	switch (os_may_sleep()) {
	case 1:
		reach_add(findings, "sleep", false, true,
			  _("systemd-inhibit --what=sleep:idle:handle-lid-switch muster serve ..."),
			  _("this machine may go to sleep, when its lid is closed or when it is "
			    "left alone: then nobody reaches the server"));
		break;
	case 0:
		reach_add(findings, "sleep", true, true, NULL,
			  _("nothing puts this machine to sleep, as far as can be seen"));
		break;
	default:
		break;
	}
}

static void disk_finding(json_t *findings, const char *data_dir)
{
	int64_t free_bytes = os_disk_free(data_dir);
	if (free_bytes < 0)
		free_bytes = os_disk_free("."); /* the folder will be made */
	if (free_bytes >= 0 && free_bytes < DISK_LOW)
		reach_add(findings, "disk", false, false,
			  _("make room, or put the data folder elsewhere (--data)"),
			  _("only %lld MB are free: the server answers with errors when the disk "
			    "is full"),
			  (long long)(free_bytes >> 20));
	else if (free_bytes >= 0)
		reach_add(findings, "disk", true, false, NULL, _("%lld MB are free"),
			  (long long)(free_bytes >> 20));
}

static void files_finding(json_t *findings)
{
	long files = os_raise_nofile();
	if (files < FILES_LOW)
		reach_add(findings, "open-files", false, true,
			  _("raise the hard limit: ulimit -Hn, or LimitNOFILE= in a systemd unit"),
			  _("only %ld files can be open at once: that is too few for a class of "
			    "300"),
			  files);
	else
		reach_add(findings, "open-files", true, true, NULL,
			  _("%ld files can be open at once"), files);
}

void reach_machine(json_t *findings, const char *data_dir)
{
	clock_finding(findings);
	sleep_finding(findings);
	disk_finding(findings, data_dir);
	files_finding(findings);
}
