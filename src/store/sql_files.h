/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SQL text in schema/: numbered files that run in order (migrations,
 * correlation steps) and files of named statements:
 *
 *	-- name: name_get
 *	SELECT id FROM name WHERE text = ?1;
 */
#ifndef STORE_SQL_FILES_H
#define STORE_SQL_FILES_H

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"

/* Paths of the *.sql files of a folder (relative to the data folder), in name
 * order; numbered: only those whose name starts with a digit. */
struct sql_list {
	char **path;
	size_t n;
};
int sql_list(struct sql_list *out, const char *dir, bool numbered,
    struct arena *a, struct err *e);
int sql_read(struct str *out, const char *path, struct arena *a, struct err *e);
/* The number a file name starts with; -1 if there is none. */
int sql_number(const char *path);
/* The line, from 1, of the first statement at or after offset. */
int sql_line(struct str sql, size_t offset);

struct sql_block {
	struct str name, sql;
	const char *path;
	int line;
};
struct sql_blocks { /* {0} is a valid start */
	struct arena arena;
	struct map map;
};
int sql_blocks_load(struct sql_blocks *b, const char *dir, struct err *e);
const struct sql_block *sql_block_find(
    const struct sql_blocks *b, struct str name); /* NULL: no such name */
void sql_blocks_free(struct sql_blocks *b);

#endif
