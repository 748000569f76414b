/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prefix table: AS, name and country of prefixes, from a file (compressed or
 * not, "-" = stdin) in one of two layouts:
 *
 *   CSV with the columns prefix or network, asn or autonomous_system_number,
 *   and optionally as_name or autonomous_system_organization, and country
 *
 *   no header, address, length, AS: the routeviews-prefix2as lists of CAIDA;
 *   of several origins (1_2, 1,2) the first
 */
#ifndef INPUT_PREFIX_TABLE_H
#define INPUT_PREFIX_TABLE_H

#include "input/origin.h"

struct prefix_table;

/* A file that is neither, or has no row that is understood, is ERR_USAGE. */
int prefix_table_open(
    struct prefix_table **out, const char *path, struct err *e);
/* The longest prefix that holds the address, or NULL. */
const struct origin *prefix_table_find(
    const struct prefix_table *t, struct addr a);
uint64_t prefix_table_bad_rows(const struct prefix_table *t);
void prefix_table_free(struct prefix_table *t); /* NULL is fine */

#endif
