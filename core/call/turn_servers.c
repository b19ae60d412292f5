#include "core/call/turn_servers.h"

#include "core/base/log.h"
#include "core/base/mem.h"

#include <string.h>

static bool same(const struct turn_uri *a, const struct turn_uri *b)
{
	return a->relay == b->relay && a->way == b->way && a->port == b->port &&
	       strcmp(a->host, b->host) == 0;
}

void turn_servers_add(struct turn_servers *s, const char *uri, const char *username,
		      const char *password)
{
	struct turn_uri u;
	struct err err = {0};
	if (turn_uri_parse(span_of(uri), &u, &err)) {
		log_debug("call: %s", err.msg);
		return;
	}
	for (size_t i = 0; i < s->n; i++)
		if (same(&s->list[i].uri, &u))
			return;
	if (s->n == TURN_SERVERS_MAX) {
		log_debug("call: more than %d TURN servers", TURN_SERVERS_MAX);
		return;
	}
	s->list[s->n++] = (struct turn_server){u, mem_strdup(username ? username : ""),
					       mem_strdup(password ? password : "")};
}

void turn_servers_copy(struct turn_servers *to, const struct turn_servers *from)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct turn_server *f = &from->list[i];
		to->list[to->n++] = (struct turn_server){f->uri, mem_strdup(f->username),
							 mem_strdup(f->password)};
	}
}

void turn_servers_clear(struct turn_servers *s)
{
	while (s->n) {
		struct turn_server *t = &s->list[--s->n];
		mem_free(t->username);
		mem_free_secret(t->password);
	}
}
