/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the log lines of a finding are now.  What is stored is the path that
 * was read: relative to the folder of that moment, and of a file that may
 * have been rotated since.  A line is only taken if it is the one that was
 * read (report/logline.h), so that a place too many does no harm.
 */
#include <stdlib.h>

#include "cmd/explain.h"
#include "input/config.h"

#define PLACES_MAX 64 /* ours: months of rotated files */

struct places {
	struct str path[PLACES_MAX];
	size_t n;
};

static void
add(struct places *p, struct str path)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_eq(p->path[i], path))
			return;
	if (p->n < PLACES_MAX)
		p->path[p->n++] = path;
}

static struct str
folder_of(struct str path)
{
	return str_head(path, (size_t)(str_rchr(path, '/') + 1));
}

/* A path, and the same as seen from the configuration and from the store. */
static void
add_seen(struct cmd *c, struct store *s, struct places *p, struct str path,
    struct arena *mem)
{
	const struct str from[] = {
	    folder_of(c->config->path), folder_of(str_z(store_path(s)))};

	add(p, path);
	if (str_starts(path, STR("/")))
		return;
	for (size_t i = 0; i < 2; i++)
		if (from[i].n > 0)
			add(p, arena_printf(mem, "%.*s%.*s", STR_FMT(from[i]),
			           STR_FMT(path)));
}

/* logrotate's names, beside the file: mail.log.1, mail.log-20261110.gz. */
static int
add_rotated(struct places *p, struct arena *mem, struct err *e)
{
	size_t n = p->n, nfiles = 0;
	struct str *files;

	for (size_t i = 0; i < n; i++) {
		struct str glob = arena_printf(
		    mem, "%.*s[.-]*", STR_FMT(p->path[i]));
		int rc = config_expand(&glob, 1, mem, &files, &nfiles, e);

		if (rc < 0)
			return rc;
		for (size_t k = 0; k < nfiles; k++)
			if (!str_eq(files[k], glob))
				add(p, files[k]);
	}
	return 0;
}

/* Where the ledger saw files of these days last. */
static int
add_known(struct cmd *c, struct store *s, const struct value key[2],
    struct places *p, struct arena *mem, struct err *e)
{
	struct stmt *st;
	int rc = store_start(s, "finding_files", key, 2, &st, e);

	if (rc < 0)
		return rc;
	while ((rc = stmt_next(st, e)) > 0)
		add_seen(c, s, p, arena_dup(mem, stmt_value(st, 0).s), mem);
	return rc;
}

/* Looks for the lines that are still missing in one place. */
static void
look(struct str place, struct logline *l, struct str *found, size_t n,
    struct str source, struct arena *mem)
{
	struct logline *try = xcalloc(n + 1, sizeof(*try));
	size_t *of = xcalloc(n + 1, sizeof(*of)), k = 0;

	for (size_t i = 0; i < n; i++)
		if (l[i].missing != NULL && str_eq(l[i].source, source)) {
			of[k] = i;
			try[k] = l[i];
			try[k++].source = place;
		}
	loglines_read(try, k, mem);
	for (size_t i = 0; i < k; i++)
		if (try[i].missing == NULL) {
			l[of[i]].text = try[i].text;
			l[of[i]].missing = NULL;
			found[of[i]] = place;
		}
	free(try);
	free(of);
}

static bool
some_missing(const struct logline *l, size_t n, struct str source)
{
	for (size_t i = 0; i < n; i++)
		if (l[i].missing != NULL && str_eq(l[i].source, source))
			return true;
	return false;
}

/* The lines of one source, wherever they may be. */
static int
find_source(struct cmd *c, struct store *s, const struct value key[2],
    struct str source, struct logline *l, struct str *found, size_t n,
    struct arena *mem, struct err *e)
{
	struct places p = {.n = 0};
	int rc;

	add_seen(c, s, &p, source, mem);
	rc = add_rotated(&p, mem, e);
	if (rc >= 0)
		rc = add_known(c, s, key, &p, mem, e);
	for (size_t i = 1; rc >= 0 && i < p.n; i++)
		if (some_missing(l, n, source))
			look(p.path[i], l, found, n, source, mem);
	return rc < 0 ? rc : 0;
}

int
explain_lines(struct cmd *c, struct store *s, const struct value key[2],
    struct logline *l, struct str *found, size_t n, struct arena *mem,
    struct err *e)
{
	int rc = 0;

	loglines_read(l, n, mem);
	for (size_t i = 0; rc >= 0 && i < n; i++) {
		bool before = false;

		if (l[i].missing == NULL || !str_has(l[i].source) ||
		    str_eq(l[i].source, STR("-")))
			continue;
		for (size_t k = 0; k < i && !before; k++)
			before = l[k].missing != NULL &&
			         str_eq(l[k].source, l[i].source);
		if (!before)
			rc = find_source(
			    c, s, key, l[i].source, l, found, n, mem, e);
	}
	return rc;
}
