/* SPDX-License-Identifier: Apache-2.0 */
#include "input/parsers.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "input/pattern.h"

struct parsers {
	const struct parser_ops **all;
	size_t n;
	struct pattern_file **files;
	size_t nfiles;
};

static void
add(struct parsers *p, const struct parser_ops *ops)
{
	p->all = xrealloc(p->all, (p->n + 1) * sizeof(*p->all));
	p->all[p->n++] = ops;
}

static bool
in_c(struct str name)
{
	for (size_t i = 0; parser_table[i] != NULL; i++)
		if (str_eq(str_z(parser_table[i]->name), name))
			return true;
	return false;
}

/* before: how many there were when the folder was begun; one of these, from
 * local/, takes the place of a shipped one. */
static int
add_file(struct parsers *p, const char *path, size_t before, struct err *e)
{
	struct pattern_file *f;
	const struct parser_ops *ops;
	int rc = pattern_load(&f, path, e);

	if (rc < 0)
		return rc;
	p->files = xrealloc(p->files, (p->nfiles + 1) * sizeof(*p->files));
	p->files[p->nfiles++] = f;
	ops = pattern_ops(f);
	if (in_c(str_z(ops->name)))
		return err_set(e, ERR_USAGE,
		    "%s: '%s' is the name of a parser in C", path, ops->name);
	for (size_t i = 0; i < p->n; i++) {
		if (strcmp(p->all[i]->name, ops->name) != 0)
			continue;
		if (i < before)
			return 0;
		return err_set(e, ERR_USAGE,
		    "%s: a parser '%s' is there already", path, ops->name);
	}
	add(p, ops);
	return 0;
}

static int
is_parser_file(const struct dirent *f)
{
	return f->d_name[0] != '.' && str_ends(str_z(f->d_name), STR(".yaml"));
}

static int
add_dir(struct parsers *p, const char *dir, bool must, struct err *e)
{
	size_t before = p->n;
	struct dirent **files;
	struct arena mem = {0};
	int i, rc = 0, n = scandir(dir, &files, is_parser_file, alphasort);

	if (n < 0 && errno == ENOENT && !must)
		return 0;
	if (n < 0)
		return err_set(e, ERR_USAGE, "%s: %s", dir, strerror(errno));
	for (i = 0; i < n; i++) {
		struct str path =
		    arena_printf(&mem, "%s/%s", dir, files[i]->d_name);

		if (rc == 0)
			rc = add_file(p, path.p, before, e);
		free(files[i]);
	}
	free(files);
	arena_free(&mem);
	return rc;
}

int
parsers_load(struct parsers **out, const char *dir, struct err *e)
{
	struct parsers *p = xcalloc(1, sizeof(*p));
	struct arena mem = {0};
	int rc;

	for (size_t i = 0; parser_table[i] != NULL; i++)
		add(p, parser_table[i]);
	rc = add_dir(p, arena_printf(&mem, "%s/local", dir).p, false, e);
	if (rc == 0)
		rc = add_dir(p, dir, true, e);
	arena_free(&mem);
	if (rc < 0)
		parsers_free(p);
	else
		*out = p;
	return rc;
}

void
parsers_free(struct parsers *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->nfiles; i++)
		pattern_free(p->files[i]);
	free(p->files);
	free(p->all);
	free(p);
}

const struct parser_ops *
parsers_at(const struct parsers *p, size_t i)
{
	return i < p->n ? p->all[i] : NULL;
}

const struct parser_ops *
parsers_find(const struct parsers *p, struct str name)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_eq(str_z(p->all[i]->name), name))
			return p->all[i];
	return NULL;
}
