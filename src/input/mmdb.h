/* SPDX-License-Identifier: Apache-2.0 */
/* AS and country of addresses in a MaxMind DB file, with the layouts of
 * GeoLite2, DB-IP and IPinfo.  The only file that knows libmaxminddb. */
#ifndef INPUT_MMDB_H
#define INPUT_MMDB_H

#include "input/origin.h"

struct mmdb;

/* ERR_USAGE: no such file, not a MaxMind DB, damaged, or one that tells
 * neither AS nor country. */
int mmdb_open(struct mmdb **out, const char *path, struct err *e);
/* The longest prefix' record; NULL for none.  It lives as long as m. */
int mmdb_find(
    struct mmdb *m, struct addr a, const struct origin **out, struct err *e);
void mmdb_close(struct mmdb *m); /* NULL is fine */

#endif
