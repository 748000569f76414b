/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sql_files.h"

#include "base/datadir.h"
#include "base/hash.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX ((size_t)4 << 20) /* no SQL of ours comes near */

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool
is_sql(const char *name, bool numbered)
{
	struct str s = str_z(name);

	if (name[0] == '.' || !str_ends(s, STR(".sql")))
		return false;
	return !numbered || isdigit((unsigned char)name[0]);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
sql_list(struct sql_list *out, const char *dir, bool numbered, struct arena *a,
    struct err *e)
{
	char path[PATH_MAX];
	char **list = NULL;
	size_t n = 0, size = 0;
	struct dirent *d;
	DIR *at;
	int rc = datadir_path(path, sizeof(path), dir, e);

	if (rc < 0)
		return rc;
	at = opendir(path);
	if (at == NULL)
		return err_set(e, ERR_FAIL, "%s: %m", path);
	while ((d = readdir(at)) != NULL) {
		if (!is_sql(d->d_name, numbered))
			continue;
		if (n == size) {
			size = size ? 2 * size : 16;
			list = xrealloc(list, size * sizeof(*list));
		}
		list[n++] = (char *)arena_printf(a, "%s/%s", path, d->d_name).p;
	}
	closedir(at);
	out->path = arena_alloc(a, n * sizeof(*list));
	out->n = n;
	if (n > 0) {
		qsort(list, n, sizeof(*list), by_name);
		memcpy(out->path, list, n * sizeof(*list));
	}
	free(list);
	return 0;
}

int
sql_read(struct str *out, const char *path, struct arena *a, struct err *e)
{
	FILE *f = fopen(path, "r");
	char *text;
	long size = -1;
	size_t n;

	if (f == NULL)
		return err_set(e, ERR_FAIL, "%s: %m", path);
	if (fseek(f, 0, SEEK_END) == 0)
		size = ftell(f);
	if (size < 0 || (size_t)size > FILE_MAX) {
		fclose(f);
		return err_set(
		    e, ERR_FAIL, "%s: not an SQL file of ours", path);
	}
	rewind(f);
	text = arena_alloc(a, (size_t)size + 1);
	n = fread(text, 1, (size_t)size, f);
	text[n] = '\0';
	fclose(f);
	if (n != (size_t)size)
		return err_set(e, ERR_FAIL, "%s: cannot read it", path);
	*out = str_of(text, n);
	return 0;
}

int
sql_number(const char *path)
{
	const char *name = base_name(path);

	return isdigit((unsigned char)*name) ? (int)strtol(name, NULL, 10) : -1;
}

/* Steps over space and "--" comments. */
static size_t
statement_start(struct str sql, size_t at)
{
	for (; at < sql.n; at++) {
		if (isspace((unsigned char)sql.p[at]))
			continue;
		if (sql.n - at < 2 || memcmp(sql.p + at, "--", 2) != 0)
			break;
		while (at < sql.n && sql.p[at] != '\n')
			at++;
	}
	return at < sql.n ? at : sql.n;
}

int
sql_line(struct str sql, size_t offset)
{
	size_t end = statement_start(sql, offset);
	int line = 1;

	for (size_t i = 0; i < end; i++)
		line += sql.p[i] == '\n';
	return line;
}

/* --- named statements */

static int
block_add(struct sql_blocks *b, const struct sql_block *k, struct err *e)
{
	const struct sql_block *old = sql_block_find(b, k->name);
	struct sql_block *new;

	if (old != NULL)
		return err_set(e, ERR_FAIL,
		    "%s:%d: statement %.*s is already at %s:%d", k->path,
		    k->line, STR_FMT(k->name), old->path, old->line);
	new = arena_alloc(&b->arena, sizeof(*new));
	*new = *k;
	map_put(&b->map, hash_str(k->name, 0), new);
	return 0;
}

/* Cuts a file into blocks; what stands before the first is a comment. */
static int
blocks_cut(
    struct sql_blocks *b, const char *path, struct str text, struct err *e)
{
	struct sql_block k = {.path = path};
	int line = 0;

	while (str_has(text)) {
		struct str l = str_split(&text, '\n');

		line++;
		if (str_skip(&l, STR("-- name:"))) {
			if (str_has(k.name) && block_add(b, &k, e) < 0)
				return ERR_FAIL;
			k.name = str_trim(l);
			k.line = line;
			k.sql = text;
			k.sql.n = 0;
		} else if (str_has(k.name)) {
			k.sql.n = (size_t)(l.p + l.n - k.sql.p);
		}
	}
	return str_has(k.name) ? block_add(b, &k, e) : 0;
}

int
sql_blocks_load(struct sql_blocks *b, const char *dir, struct err *e)
{
	struct sql_list list;
	int rc = sql_list(&list, dir, false, &b->arena, e);

	for (size_t i = 0; rc == 0 && i < list.n; i++) {
		struct str text;

		rc = sql_read(&text, list.path[i], &b->arena, e);
		if (rc == 0)
			rc = blocks_cut(b, list.path[i], text, e);
	}
	return rc;
}

const struct sql_block *
sql_block_find(const struct sql_blocks *b, struct str name)
{
	const struct sql_block *k = map_get(&b->map, hash_str(name, 0));

	return k != NULL && str_eq(k->name, name) ? k : NULL;
}

void
sql_blocks_free(struct sql_blocks *b)
{
	map_free(&b->map);
	arena_free(&b->arena);
}
