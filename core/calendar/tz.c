#include "core/calendar/tz.h"

#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/calendar/wall.h"

#include <string.h>
#include <time.h>

#define FILE_MAX 262144 /* the largest has some 4 KB */
#define HEADER 44

const char *tz_folder(void)
{
	const char *own = getenv("TZDIR");
	return own && own[0] == '/' ? own : "/usr/share/zoneinfo";
}

static int64_t big(const char *p, int bytes)
{
	uint64_t v = p[0] & 0x80 ? UINT64_MAX : 0;
	for (int i = 0; i < bytes; i++)
		v = v << 8 | (unsigned char)p[i];
	return (int64_t)v;
}

/* The six counts of a header. */
struct counts {
	int64_t isut, isstd, leap, time, type, chars;
};

static bool header(struct span s, struct counts *ret)
{
	if (s.n < HEADER || memcmp(s.p, "TZif", 4) != 0)
		return false;
	int64_t *v[] = {&ret->isut, &ret->isstd, &ret->leap, &ret->time, &ret->type, &ret->chars};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		*v[i] = big(s.p + 20 + 4 * i, 4);
		if (*v[i] < 0 || *v[i] > FILE_MAX)
			return false;
	}
	return ret->type > 0 && ret->type < 256;
}

static size_t block_size(const struct counts *c, int time_bytes)
{
	return (size_t)(c->time * time_bytes + c->time + c->type * 6 + c->chars +
			c->leap * (time_bytes + 4) + c->isstd + c->isut);
}

static bool types(struct tz *z, const char *p, const struct counts *c)
{
	const char *names = p + c->type * 6;
	z->n_types = (size_t)c->type;
	z->types = mem_realloc_array(NULL, z->n_types, sizeof(*z->types));
	for (size_t i = 0; i < z->n_types; i++, p += 6) {
		size_t at = (unsigned char)p[5];
		z->types[i] = (struct tz_type){.offset_s = (int)big(p, 4), .dst = p[4] != 0};
		if ((int64_t)at >= c->chars || z->types[i].offset_s < -93600 ||
		    z->types[i].offset_s > 93600)
			return false;
		size_t n = strnlen(names + at, (size_t)c->chars - at);
		if (n >= sizeof(z->types[i].abbreviation))
			return false;
		memcpy(z->types[i].abbreviation, names + at, n);
	}
	return true;
}

static bool changes(struct tz *z, const char *p, const struct counts *c)
{
	z->n = (size_t)c->time;
	z->at = mem_realloc_array(NULL, z->n + 1, sizeof(*z->at));
	z->to = mem_realloc_array(NULL, z->n + 1, sizeof(*z->to));
	for (size_t i = 0; i < z->n; i++) {
		z->at[i] = big(p + 8 * i, 8);
		z->to[i] = (uint8_t)p[8 * z->n + i];
		if (z->to[i] >= c->type || (i && z->at[i] <= z->at[i - 1]))
			return false;
	}
	return types(z, p + 9 * z->n, c);
}

/* The second, 64-bit block and the line behind it; all files have had them since 2005. */
static bool parse(struct tz *z, struct span s)
{
	struct counts c;
	if (!header(s, &c) || s.p[4] < '2' || s.n < HEADER + block_size(&c, 4))
		return false;
	s = span_from(s, HEADER + block_size(&c, 4));
	if (!header(s, &c) || s.n < HEADER + block_size(&c, 8))
		return false;
	if (!changes(z, s.p + HEADER, &c))
		return false;
	s = span_from(s, HEADER + block_size(&c, 8));
	if (s.n < 2 || s.p[0] != '\n')
		return false;
	s = span_from(s, 1);
	ptrdiff_t end = span_find(s, '\n');
	if (end > 0 && !tz_tail_parse(span_head(s, (size_t)end), &z->tail))
		return false;
	return end >= 0;
}

static bool is_name(const char *name)
{
	size_t n = strlen(name);
	return n > 0 && n < CAL_ZONE_MAX && name[0] >= 'A' && name[0] <= 'Z' &&
	       !strstr(name, "..") &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			    "_-+/") == n;
}

static int no_zone(const char *name, struct err *err)
{
	err_set(err, ERR_USAGE, _("there is no time zone \"%.60s\""), name);
	err_hint(err, _("write for example Europe/Berlin or UTC"));
	return ERR_USAGE;
}

static int read_file(struct tz *z, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(FILE_MAX);
	AUTO_FREE char *path = fs_join(tz_folder(), z->name);
	if (!is_name(z->name) || fs_read(path, &b, NULL) || !parse(z, buf_span(&b)))
		return no_zone(z->name, err);
	return 0;
}

static void utc(struct tz *z)
{
	z->types = NEW(struct tz_type);
	memcpy(z->types[0].abbreviation, "UTC", 4);
	z->n_types = 1;
}

int tz_open(const char *name, struct tz **ret, struct err *err)
{
	struct tz *z = NEW(struct tz);
	int rc = 0;
	if (!*name)
		cal_zone_local(z->name);
	else
		snprintf(z->name, sizeof(z->name), "%s", name);
	if (!strcmp(z->name, "UTC"))
		utc(z);
	else
		rc = strlen(name) < CAL_ZONE_MAX ? read_file(z, err) : no_zone(name, err);
	if (rc) {
		tz_free(z);
		return rc;
	}
	*ret = z;
	return 0;
}

void tz_free(struct tz *z)
{
	if (!z)
		return;
	mem_free(z->at);
	mem_free(z->to);
	mem_free(z->types);
	mem_free(z);
}

void tz_auto_free(struct tz **z)
{
	tz_free(*z);
}

static const struct tz_type *tail_at(const struct tz_tail *t, int64_t s)
{
	if (!t->has_dst)
		return &t->standard;
	struct cal_time local;
	wall_split(s + t->standard.offset_s, &local);
	int64_t start = tz_rule_at(&t->start, local.year, t->standard.offset_s);
	int64_t end = tz_rule_at(&t->end, local.year, t->dst.offset_s);
	bool dst = start < end ? s >= start && s < end : s >= start || s < end;
	return dst ? &t->dst : &t->standard;
}

const struct tz_type *tz_at(const struct tz *z, int64_t s)
{
	size_t low = 0, high = z->n; /* how many changes were before */
	if (z->tail.there && (!z->n || s >= z->at[z->n - 1]))
		return tail_at(&z->tail, s);
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (z->at[mid] <= s)
			low = mid + 1;
		else
			high = mid;
	}
	return &z->types[low ? z->to[low - 1] : 0];
}

int64_t tz_from_wall(const struct tz *z, int64_t wall)
{
	int before = tz_at(z, wall - WALL_DAY)->offset_s,
	    after = tz_at(z, wall + WALL_DAY)->offset_s;
	int64_t a = wall - before, b = wall - after;
	bool a_is = tz_at(z, a)->offset_s == before, b_is = tz_at(z, b)->offset_s == after;
	if (a_is && b_is)
		return a < b ? a : b;
	return b_is ? b : a;
}

int64_t tz_to_wall(const struct tz *z, int64_t s)
{
	return s + tz_at(z, s)->offset_s;
}

int tz_time_ms(const struct tz *z, const struct cal_time *t, int64_t *ret_ms, struct err *err)
{
	AUTO(tz_auto_free) struct tz *own = NULL;
	int rc = wall_check(t, err);
	if (!rc && strcmp(t->zone, z->name) != 0)
		rc = tz_open(t->zone, &own, err);
	if (!rc)
		*ret_ms = tz_from_wall(own ? own : z, wall_of(t)) * 1000;
	return rc;
}
