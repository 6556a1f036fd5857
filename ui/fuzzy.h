/* Finding by a few letters: all letters of the query in order, better the closer together and the nearer to beginnings of words. */
#pragma once
/* -1: no match; otherwise the higher the better. Case does not matter; å ä ö match a a o only when the query has none of them. */
int sg_fuzzy(const char *query, const char *text);
