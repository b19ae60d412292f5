#include "tui/command_box.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "tui/form.h"

static void run(struct form *f)
{
	const char *line = form_text(f, 0);
	AUTO_FREE char *copy = mem_strdup(line[0] == '/' ? line + 1 : line);
	tui_close(&f->view);
	if (*copy)
		tui_command(f->view.tui, copy);
}

static const struct form_class command_form = {
	.title = N_("Command"),
	.intro = N_(
		"Such as: room create NAME, room join ADDRESS, class create NAME --students FILE"),
	.button = N_("Run"),
	.fields = {{FIELD_TEXT, N_("Command"), NULL}},
	.done = run,
};

struct view *command_box_new(struct tui *t)
{
	return form_new(t, &command_form, NULL);
}
