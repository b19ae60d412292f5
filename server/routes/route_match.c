#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/routes/route_impl.h"

#include <stdio.h>
#include <string.h>

/* One segment of the paths that begin alike. */
struct node {
	const char *word; /* borrowed from a pattern; not terminated */
	size_t n;
	struct node *next;  /* sibling, among fixed words */
	struct node *fixed; /* children by word */
	struct node *param; /* child "{}" */
	const struct route **routes;
	int route_count;
};

struct router {
	struct node root;
	int count;
};

static struct node *child_word(struct node *at, struct span word)
{
	for (struct node *c = at->fixed; c; c = c->next)
		if (c->n == word.n && !memcmp(c->word, word.p, word.n))
			return c;
	return NULL;
}

static struct node *make_child(struct node *at, struct span word)
{
	struct node *c;
	if (span_eq_str(word, "{}")) {
		if (!at->param)
			at->param = NEW(struct node);
		return at->param;
	}
	c = child_word(at, word);
	if (!c) {
		c = NEW(struct node);
		c->word = word.p;
		c->n = word.n;
		c->next = at->fixed;
		at->fixed = c;
	}
	return c;
}

static _Noreturn void bad_route(const struct route *r, const char *why)
{
	log_error("route %s %s: %s", r->method, r->pattern, why);
	abort();
}

static void add_route(struct router *router, const struct route *r)
{
	struct node *at = &router->root;
	struct span rest = span_of(r->pattern), word;
	int params = 0, segments = 0;
	if (rest.n == 0 || rest.p[0] != '/')
		bad_route(r, "a pattern begins with a slash");
	rest = span_from(rest, 1);
	do {
		ptrdiff_t slash = span_find(rest, '/');
		word = slash < 0 ? rest : span_head(rest, (size_t)slash);
		params += span_eq_str(word, "{}");
		segments++;
		at = make_child(at, word);
		if (slash < 0)
			break;
		rest = span_from(rest, (size_t)slash + 1);
	} while (true);
	if (params > ROUTE_MAX_PARAMS || segments > ROUTE_MAX_SEGMENTS)
		bad_route(r, "too long");
	for (int i = 0; i < at->route_count; i++)
		if (!strcmp(at->routes[i]->method, r->method))
			bad_route(r, "given twice");
	at->routes =
		mem_realloc_array(at->routes, (size_t)at->route_count + 1, sizeof(struct route *));
	at->routes[at->route_count++] = r;
	router->count++;
}

struct router *router_new(const struct route *const *groups)
{
	struct router *router = NEW(struct router);
	for (; *groups; groups++)
		for (const struct route *r = *groups; r->method; r++)
			add_route(router, r);
	return router;
}

static void free_children(struct node *at)
{
	while (at->fixed) {
		struct node *c = at->fixed;
		at->fixed = c->next;
		free_children(c);
		mem_free(c);
	}
	if (at->param) {
		free_children(at->param);
		mem_free(at->param);
	}
	mem_free(at->routes);
}

void router_free(struct router *r)
{
	if (!r)
		return;
	free_children(&r->root);
	mem_free(r);
}

static bool method_fits(const char *have, const char *asked)
{
	return !strcmp(have, asked) || (!strcmp(asked, "HEAD") && !strcmp(have, "GET"));
}

struct search {
	const struct route_path *path;
	const char *method;
	struct route_found *found;
	struct span param[ROUTE_MAX_PARAMS];
};

/* For who asked with another method (RFC 9110 15.5.6). */
static void add_allowed(struct route_found *found, const char *method)
{
	size_t n = strlen(found->allow);
	snprintf(found->allow + n, sizeof(found->allow) - n, "%s%s%s", n ? ", " : "", method,
		 !strcmp(method, "GET") ? ", HEAD" : "");
}

static bool take_node(struct search *s, const struct node *at, int params)
{
	for (int i = 0; i < at->route_count; i++) {
		s->found->path_known = true;
		if (!method_fits(at->routes[i]->method, s->method)) {
			add_allowed(s->found, at->routes[i]->method);
			continue;
		}
		s->found->route = at->routes[i];
		for (int k = 0; k < params; k++)
			s->found->param[k] = s->param[k];
		return true;
	}
	return false;
}

static bool descend(struct search *s, struct node *at, int i, int params)
{
	if (i == s->path->n)
		return take_node(s, at, params);
	struct span word = s->path->seg[i];
	struct node *c = child_word(at, word);
	if (c && descend(s, c, i + 1, params))
		return true;
	if (!at->param || (word.n == 0 && i + 1 != s->path->n) || params == ROUTE_MAX_PARAMS)
		return false;
	s->param[params] = word;
	return descend(s, at->param, i + 1, params + 1);
}

void router_match(const struct router *r, const char *method, const struct route_path *path,
		  struct route_found *ret)
{
	struct search s = {.path = path, .method = method, .found = ret};
	memset(ret, 0, sizeof(*ret));
	descend(&s, (struct node *)&r->root, 0, 0);
}
