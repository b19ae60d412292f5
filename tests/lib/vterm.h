/*
 * A program on a terminal of ours (libvterm on a pty): keys in, what the
 * screen shows out. Waits for what is to be seen, never for time to pass.
 */
#ifndef MUSTER_TESTS_VTERM_H
#define MUSTER_TESTS_VTERM_H

#include "core/base/buf.h"

#include <stdbool.h>
#include <sys/types.h>

struct vt;

/** Start `argv` (NULL-ended) with the environment as it is and this TERM. NULL: no pty. */
struct vt *vt_start(const char *const *argv, const char *term, int w, int h);
/** Kills what still runs. NULL is allowed. */
void vt_free(struct vt *v);
pid_t vt_pid(const struct vt *v);

/** Type bytes. */
void vt_write(struct vt *v, const void *p, size_t n);
/** "ctrl-k", "up", "alt-enter", "a": as xterm sends it. False: no such key. */
bool vt_key(struct vt *v, const char *name);
void vt_resize(struct vt *v, int w, int h);

/** Look at nothing any more: libvterm itself falls at some sizes (0.1.4, one row). */
void vt_blind(struct vt *v);

/** Take in what the program has written, waiting at most `ms` for the first of it. False: nothing
 * came. Its end counts as something once. */
bool vt_pump(struct vt *v, int ms);
/** Until the screen shows `text` in one row (or, `not`, no longer does). False: not within `ms`. */
bool vt_wait(struct vt *v, const char *text, bool not, int ms);
/** Until nothing has come for `quiet_ms`: only for pictures and for making golden screens. */
void vt_settle(struct vt *v, int quiet_ms);
/** Wait for its end; the status as a shell tells it, -1: it still runs after `ms`. */
int vt_end(struct vt *v, int ms);
/** Bytes that the program has written so far. */
size_t vt_bytes(const struct vt *v);
/** Title of the window. */
const char *vt_title(const struct vt *v);
/** Notices of the terminal's window (OSC 9) so far. */
int vt_notices(const struct vt *v);

/** The rows as text, without blanks at their ends. */
void vt_put_text(struct vt *v, struct buf *b);
/**
 * The rows, the cursor, and looks of what is not blank ("3: 0-7 bold 252/236",
 * colours as indexes, "-" for the terminal's own), for golden files.
 */
void vt_put_dump(struct vt *v, struct buf *b);
/** A page that looks like the screen. */
void vt_put_html(struct vt *v, struct buf *b);

#endif
