/* SPDX-License-Identifier: Apache-2.0 */
#include "store/migrate.h"

#include "store/sql_files.h"

static int
find_steps(struct sql_list *list, struct arena *a, struct err *e)
{
	int rc = sql_list(list, "schema", true, a, e);

	for (size_t i = 0; rc == 0 && i < list->n; i++)
		if (sql_number(list->path[i]) != (int)i + 1)
			return err_set(e, ERR_FAIL,
			    "%s: migration %zu is missing or there twice",
			    list->path[i], i + 1);
	return rc;
}

int
sql_run_file(const struct store_driver_ops *ops, void *db, const char *path,
    struct arena *a, struct err *e)
{
	struct str sql;
	size_t at = 0;
	int rc = sql_read(&sql, path, a, e);

	if (rc < 0)
		return rc;
	rc = ops->script(db, sql, &at, e);
	if (rc != STORE_BAD_STATEMENT)
		return rc;
	e->code = ERR_FAIL;
	return err_wrap(e, "%s:%d", path, sql_line(sql, at));
}

/* Migrations from the one after have up to last, in one transaction; not those
 * that another process has just done. */
static int
steps_to(const struct store_driver_ops *ops, void *db,
    const struct sql_list *steps, size_t last, struct arena *a, struct err *e)
{
	int64_t have;
	int rc = ops->begin(db, e);

	if (rc < 0)
		return rc;
	have = ops->schema_version(db, e);
	rc = have < 0 ? ERR_FAIL : 0;
	for (size_t i = (size_t)have; rc == 0 && i < last; i++)
		rc = sql_run_file(ops, db, steps->path[i], a, e);
	if (rc == 0 && have <= (int64_t)last)
		rc = ops->set_schema_version(db, (int64_t)last, e);
	if (rc == 0)
		return ops->commit(db, e);
	ops->rollback(db);
	return rc;
}

/* A new store is made at once, or not at all; of one that holds data each step
 * is kept, and its log does not grow by all of them together. */
static int
upgrade(const struct store_driver_ops *ops, void *db,
    const struct sql_list *steps, int64_t have, struct arena *a, struct err *e)
{
	int rc = 0;

	if (have == 0)
		return steps_to(ops, db, steps, steps->n, a, e);
	for (size_t i = (size_t)have; rc == 0 && i < steps->n; i++)
		rc = steps_to(ops, db, steps, i + 1, a, e);
	return rc;
}

int
migrate(const struct store_driver_ops *ops, void *db, const char *path,
    enum store_mode mode, struct err *e)
{
	struct arena a = {0};
	struct sql_list steps;
	int64_t have = ops->schema_version(db, e);
	int rc = have < 0 ? ERR_FAIL : find_steps(&steps, &a, e);

	if (rc < 0)
		goto out;
	if (have > (int64_t)steps.n)
		rc = err_set(e, ERR_FAIL,
		    "%s: made by a newer heloflow (schema %lld, this one "
		    "knows %zu)",
		    path, (long long)have, steps.n);
	else if (mode == STORE_WRITE)
		rc = upgrade(ops, db, &steps, have, &a, e);
	else if (have < (int64_t)steps.n)
		rc = err_set(e, ERR_FAIL,
		    "%s: made by an older heloflow (schema %lld, this one "
		    "has %zu); any heloflow import upgrades it",
		    path, (long long)have, steps.n);
out:
	arena_free(&a);
	return rc;
}
