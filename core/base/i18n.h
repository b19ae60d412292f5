/*
 * Translation. Every sentence a person may read goes through _(); table
 * entries are marked N_() and translated where they are printed. JSON keys and
 * status words are never translated.
 */
#ifndef MUSTER_BASE_I18N_H
#define MUSTER_BASE_I18N_H

#include <libintl.h>

#define _(s) gettext(s)
#define N_(s) (s)

/** Set the locale from the environment and bind the catalogue. Main thread, once. */
void i18n_init(void);

#endif
