/* SPDX-License-Identifier: Apache-2.0 */
#include "input/lease_source.h"

#define HEAD ((size_t)64 * 1024)

const struct lease_source_ops *const lease_source_table[] = {
    &lease_source_csv,
    &lease_source_cgnat,
    &lease_source_radius,
    &lease_source_radacct,
    &lease_source_dhcpd,
    &lease_source_kea,
    NULL,
};

const struct lease_source_ops *
lease_source_find(struct str name)
{
	for (size_t i = 0; lease_source_table[i] != NULL; i++)
		if (str_eq(name, str_z(lease_source_table[i]->name)))
			return lease_source_table[i];
	return NULL;
}

static bool
has_field(const struct lease_source_ops *ops, struct str field)
{
	for (size_t i = 0; ops->fields[i] != NULL; i++)
		if (str_eq(field, str_z(ops->fields[i])))
			return true;
	return false;
}

bool
lease_source_has_field(const struct lease_source_ops *ops, struct str field)
{
	if (ops != NULL)
		return has_field(ops, field);
	for (size_t i = 0; lease_source_table[i] != NULL; i++)
		if (has_field(lease_source_table[i], field))
			return true;
	return false;
}

/* What could be read in two ways is not guessed.  An empty file is a CSV file
 * without its first row, which says what is missing. */
static const struct lease_source_ops *
look_at(struct str head, const char *path, struct err *e)
{
	const struct lease_source_ops *found = NULL;

	if (head.n == 0)
		return &lease_source_csv;
	for (size_t i = 0; lease_source_table[i] != NULL; i++) {
		const struct lease_source_ops *ops = lease_source_table[i];

		if (!ops->claims(head))
			continue;
		if (found != NULL) {
			err_set(e, ERR_USAGE,
			    "%s: could be %s or %s; say which with --format",
			    path, found->name, ops->name);
			return NULL;
		}
		found = ops;
	}
	if (found == NULL)
		err_set(e, ERR_USAGE,
		    "%s: no lease format that is known here (a CSV file needs the columns 'prefix' and 'customer'); say which with --format",
		    path);
	return found;
}

static bool
is_auto(struct str format)
{
	return !str_has(format) || str_eq(format, STR("auto"));
}

static const struct lease_source_ops *
named_format(struct str format, struct err *e)
{
	const struct lease_source_ops *ops = lease_source_find(format);

	if (ops == NULL)
		err_set(e, ERR_USAGE,
		    "no lease format \"%.*s\"; see heloflow list lease-sources",
		    STR_FMT(format));
	return ops;
}

static const struct lease_source_ops *
find_format(struct source *s, struct str format, struct err *e)
{
	struct str head;

	if (!is_auto(format))
		return named_format(format, e);
	return source_peek(s, HEAD, &head, e) < 0
	           ? NULL
	           : look_at(head, source_path(s), e);
}

/* A name for a field that the format does not have would change nothing, and
 * nobody would know. */
static int
check_columns(const struct lease_source_ops *ops,
    const struct lease_options *opt, const char *path, struct err *e)
{
	for (size_t i = 0; i < opt->ncolumns; i++)
		if (!has_field(ops, opt->columns[i].field))
			return err_set(e, ERR_USAGE,
			    "%s: %s has no column '%.*s' to be named", path,
			    ops->name, STR_FMT(opt->columns[i].field));
	return 0;
}

int
lease_source_read_from(struct source *s, struct str format,
    const struct lease_options *opt, struct lease_sink *sink,
    struct lease_counts *counts, struct err *e)
{
	const struct lease_source_ops *ops = find_format(s, format, e);

	if (ops == NULL || check_columns(ops, opt, source_path(s), e) < 0) {
		source_close(s);
		return e->code;
	}
	return ops->read(s, opt, sink, counts, e);
}

int
lease_source_read(const char *path, struct str format,
    const struct lease_options *opt, struct lease_sink *sink,
    struct lease_counts *counts, struct err *e)
{
	struct source *s;
	int rc;

	if (!is_auto(format) && named_format(format, e) == NULL)
		return e->code;
	rc = source_open(&s, path, e);
	return rc < 0 ? rc
	              : lease_source_read_from(s, format, opt, sink, counts, e);
}

const struct lease_source_ops *
lease_source_look(const char *path, struct err *e)
{
	const struct lease_source_ops *ops;
	struct source *s;

	if (source_open(&s, path, e) < 0)
		return NULL;
	ops = find_format(s, STR_NONE, e);
	source_close(s);
	return ops;
}
