#include "server/media/media.h"

#include "core/base/crypto.h"
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "server/media/sweep.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct claim {
	struct claim *next;
	char id[MEDIA_ID_SIZE];
};

struct media_waiter {
	struct media_waiter *next;
	struct media *m;
	struct loop_timer *timer;
	loop_fn *fn;
	void *arg;
	char id[MEDIA_ID_SIZE];
};

struct media {
	struct loop *loop;
	char *dir, *temp_dir, *db_path;
	struct timespec born; /* of temp_dir: when this life began, by the file system's clock */
	atomic_bool stop_sweep;
	struct claim *claims;
	struct media_waiter *waiters;
	struct media_arrival *arrivals;
	int storing;	 /* jobs of the pool */
	int64_t reserve; /* bytes: media_arriving */
	bool finished;
};

struct store {
	struct media *m;
	char *temp, *path, *folder;
	media_stored_fn *done;
	void *arg;
	uint8_t sha256[32];
	int rc;
	struct err err;
};

/* Its last call; the waiter is gone. */
static void wake(struct media_waiter *w)
{
	loop_fn *fn = w->fn;
	void *arg = w->arg;
	media_wait_cancel(w);
	fn(arg);
}

static void sweep_work(void *arg)
{
	const struct media *m = arg;
	media_sweep(m->dir, m->db_path, m->born, &m->stop_sweep);
}

static void sweep_done(void *arg)
{
	struct media *m = arg;
	m->storing--;
}

/* In the background: a start does not wait for folders to be read. */
static void start_sweep(struct media *m)
{
	struct stat st;
	if (stat(m->temp_dir, &st))
		return;
	m->born = st.st_mtim;
	m->storing++;
	loop_work(m->loop, sweep_work, sweep_done, m);
}

int media_open(struct loop *l, const char *data_dir, struct media **ret, struct err *err)
{
	struct media *m = NEW(struct media);
	m->loop = l;
	m->reserve = MEDIA_RESERVE;
	m->dir = fs_join(data_dir, "media");
	m->temp_dir = fs_join(m->dir, "tmp");
	m->db_path = fs_join(data_dir, "muster.db");
	int rc = fs_remove_tree(m->temp_dir, err);
	if (!rc || rc == ERR_NOT_FOUND)
		rc = fs_mkdirs(m->temp_dir, 0700, err);
	if (rc) {
		media_free(m);
		return rc;
	}
	start_sweep(m);
	*ret = m;
	return 0;
}

void media_finish(struct media *m)
{
	if (!m)
		return;
	m->finished = true;
	atomic_store(&m->stop_sweep, true);
	while (m->waiters)
		wake(m->waiters);
	while (m->storing) {
		loop_run_once(m->loop);
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
}

void media_free(struct media *m)
{
	if (!m)
		return;
	while (m->claims) {
		struct claim *c = m->claims;
		m->claims = c->next;
		mem_free(c);
	}
	mem_free(m->dir);
	mem_free(m->temp_dir);
	mem_free(m->db_path);
	mem_free(m);
}

/* ---- room ---- */

/* What has arrived of a file counts twice, which does no harm. */
enum media_room media_arriving(struct media *m, struct media_arrival *a)
{
	int64_t have = os_disk_free(m->dir), all = 0, theirs = 0;
	for (const struct media_arrival *o = m->arrivals; o; o = o->next) {
		all += o->bytes;
		theirs += o->user_nid == a->user_nid ? o->bytes : 0;
	}
	int64_t room = have - m->reserve;
	enum media_room is = have < 0				      ? MEDIA_ROOM
			     : theirs && theirs + a->bytes > room / 4 ? MEDIA_TOO_MANY
			     : room - all < a->bytes		      ? MEDIA_FULL
								      : MEDIA_ROOM;
	if (is != MEDIA_ROOM) {
		a->bytes = 0;
		return is;
	}
	a->next = m->arrivals;
	m->arrivals = a;
	return is;
}

void media_arrived(struct media *m, struct media_arrival *a)
{
	struct media_arrival **p = &m->arrivals;
	while (*p && *p != a)
		p = &(*p)->next;
	if (*p)
		*p = a->next;
}

void media_set_reserve(struct media *m, int64_t bytes)
{
	m->reserve = bytes;
}

/* ---- names ---- */

void media_make_id(char ret[MEDIA_ID_SIZE])
{
	uint8_t bits[18];
	AUTO(buf_done) struct buf b = BUF_INIT(MEDIA_ID_SIZE);
	crypto_random(bits, sizeof(bits));
	base64url_put(&b, bits, sizeof(bits));
	memcpy(ret, buf_str(&b), MEDIA_ID_SIZE);
}

bool media_valid_id(struct span id)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789-_";
	if (id.n != MEDIA_ID_SIZE - 1)
		return false;
	for (size_t i = 0; i < id.n; i++)
		if (!id.p[i] || !strchr(allowed, id.p[i]))
			return false;
	return true;
}

char *media_temp_path(const struct media *m)
{
	char id[MEDIA_ID_SIZE];
	media_make_id(id);
	return fs_join(m->temp_dir, id);
}

static char *folder_of(const struct media *m, const char *id)
{
	return mem_printf("%s/%.2s", m->dir, id);
}

char *media_path(const struct media *m, const char *id)
{
	return mem_printf("%s/%.2s/%s", m->dir, id, id);
}

void media_remove(struct media *m, const char *id)
{
	AUTO_FREE char *path = media_path(m, id);
	struct err err;
	if (fs_remove(path, &err))
		log_warn("media: %s", err.msg);
}

/* ---- storing (pool) ---- */

static int give_name(struct store *s)
{
	if (mkdir(s->folder, 0700) && errno != EEXIST)
		return err_errno(&s->err, errno, _("cannot make %s"), s->folder);
	if (rename(s->temp, s->path))
		return err_errno(&s->err, errno, _("cannot name %s"), s->path);
	int rc = fs_sync(s->folder, &s->err);
	/* Also when another upload made the folder: it may not have come to this yet. */
	if (!rc)
		rc = fs_sync(s->m->dir, &s->err);
	if (rc)
		unlink(s->path);
	return rc;
}

static void store_work(void *arg)
{
	struct store *s = arg;
	s->rc = crypto_sha256_file(s->temp, s->sha256, &s->err);
	if (!s->rc)
		s->rc = fs_sync(s->temp, &s->err);
	if (!s->rc)
		s->rc = give_name(s);
	if (s->rc)
		unlink(s->temp);
}

static void store_done(void *arg)
{
	struct store *s = arg;
	s->m->storing--;
	s->done(s->arg, s->rc, s->sha256, &s->err);
	mem_free(s->temp);
	mem_free(s->path);
	mem_free(s->folder);
	mem_free(s);
}

void media_store(struct media *m, const char *temp, const char *id, media_stored_fn *done,
		 void *arg)
{
	if (m->finished) {
		struct err err;
		fs_remove(temp, NULL);
		int rc = err_set(&err, ERR_CANCELLED, _("The server is stopping"));
		done(arg, rc, NULL, &err);
		return;
	}
	struct store *s = NEW(struct store);
	s->m = m;
	s->temp = mem_strdup(temp);
	s->path = media_path(m, id);
	s->folder = folder_of(m, id);
	s->done = done;
	s->arg = arg;
	m->storing++;
	loop_work(m->loop, store_work, store_done, s);
}

/* ---- one upload to an id at a time ---- */

static struct claim **find_claim(struct media *m, const char *id)
{
	struct claim **c = &m->claims;
	while (*c && strcmp((*c)->id, id) != 0)
		c = &(*c)->next;
	return c;
}

bool media_claim(struct media *m, const char *id)
{
	if (*find_claim(m, id))
		return false;
	struct claim *c = NEW(struct claim);
	snprintf(c->id, sizeof(c->id), "%s", id);
	c->next = m->claims;
	m->claims = c;
	return true;
}

void media_release(struct media *m, const char *id)
{
	struct claim **at = find_claim(m, id), *c = *at;
	if (!c)
		return;
	*at = c->next;
	mem_free(c);
}

/* ---- waiting for an upload ---- */

static void on_wait_over(void *arg)
{
	wake(arg);
}

struct media_waiter *media_wait(struct media *m, const char *id, int ms, loop_fn *fn, void *arg)
{
	if (ms <= 0 || m->finished)
		return NULL;
	struct media_waiter *w = NEW(struct media_waiter);
	w->m = m;
	w->fn = fn;
	w->arg = arg;
	snprintf(w->id, sizeof(w->id), "%s", id);
	w->next = m->waiters;
	m->waiters = w;
	w->timer = loop_timer_new(m->loop, on_wait_over, w);
	loop_timer_start(w->timer, (uint64_t)ms, 0);
	return w;
}

void media_wait_cancel(struct media_waiter *w)
{
	struct media_waiter **at = &w->m->waiters;
	while (*at && *at != w)
		at = &(*at)->next;
	if (*at)
		*at = w->next;
	loop_timer_free(w->timer);
	mem_free(w);
}

void media_uploaded(struct media *m, const char *id)
{
	struct media_waiter *w = m->waiters;
	while (w && strcmp(w->id, id) != 0)
		w = w->next;
	if (!w)
		return;
	wake(w);
	media_uploaded(m, id); /* the list may have changed altogether */
}
