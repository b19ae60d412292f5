/* A link that a person chose: into the browser, where there is a desktop; else told and copied. */
#include "core/base/child.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "tui/app.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct opening {
	struct tui *t;
	struct child *child;
	struct opening *next;
	char *url;
};

static void on_line(void *arg, struct span line)
{
	(void)arg;
	(void)line;
}

static void say_link(struct tui *t, const char *url)
{
	tty_copy(t->tty, span_of(url));
	tui_say(t, _("Copied: %s"), url);
}

static void drop(struct opening *o)
{
	for (struct opening **p = &o->t->openings; *p; p = &(*p)->next)
		if (*p == o) {
			*p = o->next;
			break;
		}
	child_free(o->child);
	mem_free(o->url);
	mem_free(o);
}

static void on_ended(void *arg, int status, int signal)
{
	struct opening *o = arg;
	if (status || signal)
		say_link(o->t, o->url);
	drop(o);
}

static bool is_web(const char *url)
{
	return !strncmp(url, "https://", 8) || !strncmp(url, "http://", 7) ||
	       !strncmp(url, "mailto:", 7);
}

void tui_open_link(struct tui *t, const char *url)
{
	static const struct child_handler handler = {on_line, on_ended};
	const char *argv[] = {"xdg-open", url, NULL};
	struct err err;
	/* Only what a browser takes, and only where one would show up. */
	bool desktop = getenv("DISPLAY") || getenv("WAYLAND_DISPLAY");
	int null = desktop && is_web(url) ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1;
	if (null < 0) {
		say_link(t, url);
		return;
	}
	struct opening *o = NEW(struct opening);
	struct child_options co = {.argv = argv, .in = null, .out = null};
	*o = (struct opening){.t = t, .url = mem_strdup(url), .next = t->openings};
	t->openings = o;
	if (child_new(t->loop, &co, &handler, o, &o->child, &err)) {
		say_link(t, url);
		drop(o);
	} else {
		tui_say(t, _("Opening %s"), url);
	}
	close(null);
}

void tui_openings_stop(struct tui *t)
{
	while (t->openings)
		drop(t->openings);
}
