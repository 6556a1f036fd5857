/* Translation marks. N_ marks a string in a table, _ looks it up. */
#pragma once
#include <libintl.h>
#define N_(text) text
#define _(text) gettext(text)

/* Sets the locale to a UTF-8 one and picks the language: lang is "sv", "en" or NULL (from LC_ALL,
 * LC_MESSAGES, LANG; Swedish when it starts with "sv"). Works where no sv_SE locale is generated.
 * Catalogues are looked for beside the executable (../share/locale, ./locale) and in LOCALEDIR.
 * Returns 0, or -1 when the terminal's encoding is not UTF-8 (the caller then uses ASCII marks). */
int sg_i18n_init(const char *lang);
const char *sg_i18n_lang(void);                 /* "sv" or "en" */
