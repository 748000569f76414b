/* SPDX-License-Identifier: Apache-2.0 */
/* Migrations: schema/NNN_*.sql, numbered from 001 without a gap. */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "base/arena.h"
#include "store/store_driver.h"

/* Brings a database to the schema of this program, each step in a transaction
 * of its own; several processes may do so at once.  With STORE_READ it only
 * compares.  A database that is newer is refused. */
int migrate(const struct store_driver_ops *ops, void *db, const char *path,
    enum store_mode mode, struct err *e);

/* Runs one SQL file; an error in it is named with its line. */
int sql_run_file(const struct store_driver_ops *ops, void *db, const char *path,
    struct arena *a, struct err *e);

#endif
