/* SPDX-License-Identifier: Apache-2.0 */
/* heloflow init: a configuration with every key explained, an empty store. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "cmd/cmd.h"
#include "input/config.h"

static int
must_not_exist(const char *path, struct err *e)
{
	if (access(path, F_OK) == 0)
		return err_set(
		    e, ERR_FAIL, "%s: is there already; nothing written", path);
	return 0;
}

static int
write_config(const char *path, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	bool failed;

	if (f == NULL)
		return err_set(e, ERR_FAIL, "%s: cannot write: %m", path);
	failed = fputs(config_example, f) < 0;
	failed |= fclose(f) != 0;
	if (failed) {
		err_set(e, ERR_FAIL, "%s: cannot write: %m", path);
		unlink(path);
		return ERR_FAIL;
	}
	return 0;
}

static int
make_store(const char *path, struct err *e)
{
	struct store *s = NULL;
	int rc = store_open(&s, path, STORE_WRITE, e);

	store_close(s);
	return rc;
}

static int
init(const char *dir, const char *db, struct err *e)
{
	struct arena mem = {0};
	const char *config = arena_printf(&mem, "%s/heloflow.yaml", dir).p;
	int rc;

	if (db == NULL)
		db = arena_printf(&mem, "%s/heloflow.db", dir).p;
	if ((rc = must_not_exist(config, e)) < 0 ||
	    (rc = must_not_exist(db, e)) < 0)
		goto out;
	if (mkdir(dir, 0755) < 0 && errno != EEXIST) {
		rc =
		    err_set(e, ERR_FAIL, "%s: cannot make the folder: %m", dir);
		goto out;
	}
	if ((rc = write_config(config, e)) < 0)
		goto out;
	if ((rc = make_store(db, e)) < 0) {
		unlink(config); /* all or nothing */
		goto out;
	}
	printf("written: %s   every key, explained\n"
	       "         %s   the store, empty\n"
	       "next: fill in prefixes, own_hosts and the sources, then\n"
	       "  heloflow -c %s config check\n"
	       "  heloflow -c %s daily\n",
	    config, db, config, config);
out:
	arena_free(&mem);
	return rc;
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	int opt;

	while ((opt = cmd_option(c, argc, argv, "", NULL, e)) != -1)
		return ERR_USAGE;
	if (argc - optind > 1)
		return err_set(
		    e, ERR_USAGE, "one folder, not %d", argc - optind);
	return init(optind < argc ? argv[optind] : ".", c->db, e);
}

const struct command cmd_init = {
    .name = "init",
    .args = "[DIR]",
    .summary = "A configuration with every key explained, and an empty store",
    .help = "  DIR is made if need be (default: the current folder).  Nothing\n"
            "  that is there already is overwritten.\n",
    .run = run,
};
