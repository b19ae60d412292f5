#include "core/calendar/zone.h"

#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/near.h"
#include "core/calendar/tz.h"
#include "core/calendar/wall.h"

#include <ctype.h>
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

/* What stands for UTC in the database and in what people write. */
static bool is_utc(const char *name)
{
	static const char *const names[] = {"UTC",  "Z",	"Etc/UTC",   "Etc/UCT",	     "UCT",
					    "Zulu", "Etc/Zulu", "Universal", "Etc/Universal"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (span_case_eq_str(span_of(name), names[i]))
			return true;
	return false;
}

static bool exists(const char *name)
{
	AUTO(tz_auto_free) struct tz *z = NULL;
	return *name && tz_open(name, &z, NULL) == 0;
}

/* The name in the database that is nearest to what was written. */
struct search {
	struct span wanted; /**< blanks as underscores */
	char best[CAL_ZONE_MAX];
	int distance;
};

/* Files that are no zones: "+VERSION", "tzdata.zi", "zone.tab" ...; "posix" and "right" hold copies. */
static bool is_part(const char *name)
{
	return name[0] >= 'A' && name[0] <= 'Z' && !strchr(name, '.');
}

static void consider(struct search *s, const char *name)
{
	const char *city = strrchr(name, '/');
	int d = near_distance(s->wanted, span_of(name));
	if (city) {
		int by_city = near_distance(s->wanted, span_of(city + 1));
		d = by_city < d ? by_city : d;
	}
	if (d < s->distance && exists(name)) {
		snprintf(s->best, sizeof(s->best), "%s", name);
		s->distance = d;
	}
}

static bool is_folder(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Folders are three deep at most ("America/Argentina/Salta"). */
static void walk(struct search *s, const char *folder, const char *prefix, int depth)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	while (d && (e = readdir(d))) {
		char name[CAL_ZONE_MAX];
		if (!is_part(e->d_name) ||
		    (size_t)snprintf(name, sizeof(name), "%s%s%s", prefix, *prefix ? "/" : "",
				     e->d_name) >= sizeof(name))
			continue;
		AUTO_FREE char *path = fs_join(folder, e->d_name);
		if (depth < 3 && is_folder(path))
			walk(s, path, name, depth + 1);
		else
			consider(s, name);
	}
	if (d)
		closedir(d);
}

static void find_near(struct search *s, const char *name)
{
	char wanted[CAL_ZONE_MAX];
	snprintf(wanted, sizeof(wanted), "%s", name);
	for (char *p = wanted; *p; p++)
		*p = *p == ' ' ? '_' : *p;
	size_t n = strlen(wanted);
	*s = (struct search){.wanted = {wanted, n}, .distance = n < 4 ? 2 : (int)(n / 3) + 1};
	walk(s, tz_folder(), "", 1);
}

int cal_zone_check(const char *name, char ret[CAL_ZONE_MAX], struct err *err)
{
	struct search s;
	if (is_utc(name)) {
		memcpy(ret, "UTC", 4);
		return 0;
	}
	if (strlen(name) < CAL_ZONE_MAX && exists(name)) {
		snprintf(ret, CAL_ZONE_MAX, "%s", name);
		return 0;
	}
	find_near(&s, name);
	if (s.best[0] && span_case_eq_str(span_of(name), s.best)) {
		memcpy(ret, s.best, CAL_ZONE_MAX);
		return 0;
	}
	err_set(err, ERR_USAGE, _("there is no time zone \"%.60s\""), name);
	if (s.best[0])
		err_hint(err, _("did you mean %s?"), s.best);
	else
		err_hint(err, _("write for example Europe/Berlin or UTC"));
	return ERR_USAGE;
}

static bool take_name(const char *name, char ret[CAL_ZONE_MAX])
{
	if (is_utc(name)) {
		memcpy(ret, "UTC", 4);
		return true;
	}
	if (strlen(name) >= CAL_ZONE_MAX || !exists(name))
		return false;
	snprintf(ret, CAL_ZONE_MAX, "%s", name);
	return true;
}

/* Where the link /etc/localtime leads to. */
static bool from_link(char ret[CAL_ZONE_MAX])
{
	AUTO_FREE char *path = fs_real("/etc/localtime");
	const char *at = strstr(path, "zoneinfo/");
	return at && take_name(at + strlen("zoneinfo/"), ret);
}

static bool from_file(char ret[CAL_ZONE_MAX])
{
	AUTO(buf_done) struct buf b = BUF_INIT(CAL_ZONE_MAX);
	if (fs_read("/etc/timezone", &b, NULL))
		return false;
	AUTO_FREE char *name = span_dup(span_trim(buf_span(&b)));
	return take_name(name, ret);
}

void cal_zone_local(char ret[CAL_ZONE_MAX])
{
	const char *tz = getenv("TZ");
	if (tz && tz[0] == ':')
		tz++;
	if (tz ? take_name(tz, ret) : from_link(ret) || from_file(ret))
		return;
	memcpy(ret, "UTC", 4);
}

int cal_time_ms(const struct cal_time *t, int64_t *ret_ms, struct err *err)
{
	AUTO(tz_auto_free) struct tz *z = NULL;
	int rc = wall_check(t, err);
	if (!rc)
		rc = tz_open(t->zone, &z, err);
	if (!rc)
		*ret_ms = tz_from_wall(z, wall_of(t)) * 1000;
	return rc;
}

int cal_time_at(int64_t ms, const char *zone, struct cal_time *ret, struct err *err)
{
	AUTO(tz_auto_free) struct tz *z = NULL;
	int rc = tz_open(zone, &z, err);
	if (rc)
		return rc;
	*ret = (struct cal_time){.date_only = false};
	snprintf(ret->zone, sizeof(ret->zone), "%s", zone);
	wall_split(tz_to_wall(z, ms / 1000 - (ms % 1000 < 0)), ret);
	return 0;
}

void cal_stamp(const struct cal_time *t, char ret[CAL_STAMP_SIZE])
{
	char text[64]; /* numbers as large as an int may be */
	int n = snprintf(text, sizeof(text), "%04d%02d%02d", t->year, t->month, t->day);
	if (!t->date_only)
		snprintf(text + n, sizeof(text) - (size_t)n, "T%02d%02d%02d", t->hour, t->minute,
			 t->second);
	snprintf(ret, CAL_STAMP_SIZE, "%.16s", text);
}

/* `n` digits at `at`. */
static bool digits(struct span s, size_t at, size_t n, int *ret)
{
	int v = 0;
	for (size_t i = at; i < at + n; i++) {
		if (i >= s.n || !isdigit((unsigned char)s.p[i]))
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	*ret = v;
	return true;
}

static bool stamp_parts(struct span s, struct cal_time *t)
{
	if (!digits(s, 0, 4, &t->year) || !digits(s, 4, 2, &t->month) || !digits(s, 6, 2, &t->day))
		return false;
	t->date_only = s.n == 8;
	return t->date_only || (s.n == 15 && s.p[8] == 'T' && digits(s, 9, 2, &t->hour) &&
				digits(s, 11, 2, &t->minute) && digits(s, 13, 2, &t->second));
}

int cal_stamp_parse(struct span s, const char *zone, struct cal_time *ret, struct err *err)
{
	struct cal_time t = {.date_only = false};
	bool utc = s.n == 16 && s.p[15] == 'Z';
	if (!stamp_parts(span_head(s, utc ? 15 : s.n), &t))
		return err_set(err, ERR_INVALID, _("\"%.*s\" is no time of a calendar"),
			       SPAN_ARG(span_head(s, 40)));
	if (t.second == 60) /* a leap second; clocks here do not have it */
		t.second = 59;
	int rc = wall_check(&t, err);
	if (rc)
		return rc;
	snprintf(t.zone, sizeof(t.zone), "%s", utc ? "UTC" : zone);
	*ret = t;
	return 0;
}
