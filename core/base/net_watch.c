#include "core/base/net_watch.h"

#include "core/base/mem.h"
#include "core/base/os.h"

#include <unistd.h>

struct net_watch {
	struct loop_watch *watch;
	int fd;
	loop_fn *fn;
	void *arg;
};

static void on_news(void *arg)
{
	struct net_watch *w = arg;
	if (os_net_news_read(w->fd))
		w->fn(w->arg);
}

struct net_watch *net_watch_new(struct loop *l, loop_fn *fn, void *arg)
{
	int fd = os_net_news_open();
	if (fd < 0)
		return NULL;
	struct net_watch *w = NEW(struct net_watch);
	w->fd = fd;
	w->fn = fn;
	w->arg = arg;
	w->watch = loop_watch_new(l, fd, on_news, w);
	return w;
}

void net_watch_free(struct net_watch *w)
{
	if (!w)
		return;
	loop_watch_free(w->watch);
	close(w->fd);
	mem_free(w);
}
