/* SPDX-License-Identifier: Apache-2.0 */
#include "base/datadir.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MARK "/schema/001_names.sql" /* what makes a folder the data folder */

static bool
has_mark(const char *dir)
{
	char path[PATH_MAX + sizeof(MARK)];

	if (snprintf(path, sizeof(path), "%s" MARK, dir) >= (int)sizeof(path))
		return false;
	return access(path, R_OK) == 0;
}

/* Cuts s where its last occurrence of what begins; false: there is none. */
static bool
cut_last(char *s, const char *what)
{
	char *at = NULL;

	for (char *p = s; (p = strstr(p, what)) != NULL; p++)
		at = p;
	if (at != NULL)
		*at = '\0';
	return at != NULL;
}

/* The tree above build/VARIANT/heloflow or build/VARIANT/tests/unit/NAME. */
static bool
beside_tree(const char *exe, char dir[static PATH_MAX])
{
	snprintf(dir, PATH_MAX, "%s", exe);
	return cut_last(dir, "/build/") && has_mark(dir);
}

static bool
beside_bindir(const char *exe, char dir[static PATH_MAX])
{
	char bin[PATH_MAX], path[PATH_MAX + 32];

	snprintf(bin, sizeof(bin), "%s", exe);
	if (!cut_last(bin, "/"))
		return false;
	snprintf(path, sizeof(path), "%s/../share/heloflow", bin);
	return realpath(path, dir) != NULL && has_mark(dir);
}

static bool
beside_program(char dir[static PATH_MAX])
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n < 0)
		return false;
	exe[n] = '\0';
	return beside_tree(exe, dir) || beside_bindir(exe, dir);
}

static bool
as_compiled(char dir[static PATH_MAX])
{
	static const char *const known[] = {DATADIR, SOURCE_TREE};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		snprintf(dir, PATH_MAX, "%s", known[i]);
		if (has_mark(dir))
			return true;
	}
	return false;
}

static int
find_folder(char dir[static PATH_MAX], struct err *e)
{
	const char *env = getenv("HELOFLOW_DATADIR");

	if (env != NULL && *env != '\0') {
		snprintf(dir, PATH_MAX, "%s", env);
		if (!has_mark(dir))
			return err_set(e, ERR_FAIL,
			    "HELOFLOW_DATADIR=%.200s: no schema/ in it", env);
		return 0;
	}
	if (!beside_program(dir) && !as_compiled(dir))
		return err_set(e, ERR_FAIL,
		    "cannot find heloflow's schema/, parsers/ and rules/: not "
		    "beside the program and not in %s; set HELOFLOW_DATADIR",
		    DATADIR);
	return 0;
}

int
datadir_path(char *buf, size_t n, const char *rel, struct err *e)
{
	char dir[PATH_MAX];
	int r = find_folder(dir, e);

	if (r < 0)
		return r;
	if (snprintf(buf, n, "%s/%s", dir, rel) >= (int)n)
		return err_set(e, ERR_FAIL, "%s: path too long", rel);
	if (access(buf, R_OK) != 0)
		return err_set(e, ERR_FAIL, "%s: no %s there: %m", dir, rel);
	return 0;
}
