/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/lease_import.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"
#include "ingest/lease_merge.h"

struct importer {
	struct lease_sink sink; /* first: the reader calls back with it */
	struct store *store;
	struct stmt *put;
	struct lease_merge *merge;
	const struct lease_import_options *opt;
	struct map names; /* of opt->customers */
	struct arena line;
	int64_t ledger, leases;
	uint64_t digest; /* of what the file says */
	int64_t first, last;
	bool since_ever, no_end;
};

static void
mix(struct importer *im, const struct lease *l)
{
	const int64_t numbers[] = {l->port_first, l->port_last, l->start,
	    l->end, l->what, (int64_t)l->session, (int64_t)l->nas, l->seen,
	    l->lapse};

	im->digest = hash_bytes(&l->first, sizeof(l->first), im->digest);
	im->digest = hash_bytes(&l->last, sizeof(l->last), im->digest);
	im->digest = hash_bytes(numbers, sizeof(numbers), im->digest);
	im->digest = hash_str(l->customer, im->digest);
}

/* The time that the file speaks of: for the watermark of each day. */
static void
stretch(struct importer *im, const struct lease *l)
{
	bool session = l->session != 0 || l->what == LEASE_RESTART;
	int64_t start = l->start == UTC_NONE && session ? l->seen : l->start;
	int64_t end = l->end == UTC_NONE && session ? l->lapse : l->end;

	if (l->what == LEASE_RESTART)
		end = l->seen;
	im->since_ever |= start == UTC_NONE;
	im->no_end |= end == UTC_NONE;
	if (start != UTC_NONE && start < im->first)
		im->first = start;
	if (end != UTC_NONE && end > im->last)
		im->last = end;
}

static struct value
time_or_null(int64_t t)
{
	return t == UTC_NONE ? value_null() : value_int(t);
}

static int
put_whole(struct importer *im, const struct lease *l, struct str source,
    struct err *e)
{
	bool ports = l->port_first != 0 || l->port_last != 0;
	const struct value v[] = {value_blob(l->first.b, sizeof(l->first.b)),
	    value_blob(l->last.b, sizeof(l->last.b)),
	    ports ? value_int(l->port_first) : value_null(),
	    ports ? value_int(l->port_last) : value_null(),
	    time_or_null(l->start), time_or_null(l->end),
	    value_str(l->customer), value_str(source),
	    value_int(im->opt->clock_error + l->late), value_int(im->ledger),
	    l->has_inside ? value_blob(l->inside.b, sizeof(l->inside.b))
	                  : value_null()};

	return stmt_run(im->put, v, sizeof(v) / sizeof(v[0]), e);
}

static int
index_names(struct importer *im, struct err *e)
{
	for (size_t i = 0; i < im->opt->ncustomers; i++) {
		const struct account *a = &im->opt->customers[i];
		uint64_t h = hash_str(a->user, 0);
		const struct account *other = map_get(&im->names, h);

		if (other == NULL)
			map_put(&im->names, h, (void *)(uintptr_t)a);
		else if (!str_eq(other->user, a->user) ||
		         !str_eq(other->customer, a->customer))
			return err_set(e, ERR_USAGE,
			    "customers: %.*s is named twice, as %.*s and %.*s",
			    STR_FMT(a->user), STR_FMT(other->customer),
			    STR_FMT(a->customer));
	}
	return 0;
}

/* Whose name it is; a name that is not listed stands for itself. */
static struct str
customer_of(const struct importer *im, struct str name)
{
	const struct account *a = map_get(&im->names, hash_str(name, 0));

	return a != NULL && str_eq(a->user, name) ? a->customer : name;
}

static int
put(struct lease_sink *sink, const struct lease *l, struct err *e)
{
	struct importer *im = (struct importer *)sink;
	struct str source;

	/* of two names that are one customer's there is one lease, and no
	 * overlap */
	struct lease named = *l;

	named.customer = customer_of(im, l->customer);
	l = &named;
	arena_reset(&im->line);
	source = arena_printf(&im->line, "%.*s:%lld",
	    STR_FMT(l->evidence.source), (long long)l->evidence.line);
	mix(im, l);
	stretch(im, l);
	im->leases++;
	if (l->session == 0 && l->what == LEASE_HELD)
		return put_whole(im, l, source, e);
	return lease_merge_put(
	    im->merge, l, source, im->opt->clock_error, im->ledger, e);
}

/* Another file (or the same) that said the same: its row stands for both. */
static int
take_known_row(struct importer *im, struct err *e)
{
	const struct value key[] = {
	    value_int((int64_t)im->digest), value_int(im->leases)};
	int64_t known;
	int rc = store_number(im->store, "lease_ledger_get", key, 2, &known, e);

	if (rc <= 0)
		return rc;
	const struct value move[] = {value_int(im->ledger), value_int(known)};
	rc = store_run(im->store, "lease_ledger_own", move, 2, e);
	if (rc >= 0)
		rc = store_run(im->store, "lease_ledger_drop", move, 1, e);
	im->ledger = known;
	return rc;
}

static int
write_ledger(struct importer *im, const char *path,
    const struct lease_counts *c, struct err *e)
{
	int rc = take_known_row(im, e);
	const struct value v[] = {value_int(im->ledger), value_z(path),
	    value_int((int64_t)im->digest), value_int(im->leases),
	    value_int(c->rows), value_int(c->leases), value_int(c->bad),
	    im->since_ever || im->leases == 0 ? value_null()
	                                      : value_int(im->first),
	    im->no_end || im->leases == 0 ? value_null() : value_int(im->last),
	    value_int(c->truncated), value_int(c->ignored)};

	if (rc < 0)
		return rc;
	return store_run(im->store, "lease_ledger_set", v, 11, e);
}

/* A file that has a name may correct what it said before. */
static int
correct(struct importer *im, const char *path, struct err *e)
{
	const struct value v[] = {value_int(im->ledger), value_z(path)};

	return strcmp(path, "-") == 0
	           ? 0
	           : store_run(im->store, "lease_correct", v, 2, e);
}

static int
import(struct importer *im, const char *path, struct lease_counts *c,
    int64_t *added, struct err *e)
{
	const struct value v = value_z(path);
	int64_t before = 0, after = 0;
	int rc = store_prepare(im->store, "lease_put", &im->put, e);

	if (rc >= 0)
		rc =
		    store_number(im->store, "lease_count", NULL, 0, &before, e);
	if (rc >= 0)
		rc = store_run(im->store, "lease_ledger_new", &v, 1, e);
	if (rc < 0)
		return rc;
	im->ledger = store_last_id(im->store);
	if ((rc = lease_merge_new(&im->merge, im->store, e)) >= 0)
		rc = lease_source_read(
		    path, im->opt->format, &im->opt->read, &im->sink, c, e);
	if (rc >= 0)
		rc = lease_merge_finish(im->merge, e);
	if (rc >= 0)
		rc = write_ledger(im, path, c, e);
	if (rc >= 0)
		rc = correct(im, path, e);
	if (rc >= 0)
		rc = store_number(im->store, "lease_count", NULL, 0, &after, e);
	*added = after - before;
	return rc;
}

static void
add_counts(struct lease_import_counts *sum, const struct importer *im,
    const struct lease_counts *c, int64_t added)
{
	int64_t first = im->since_ever ? INT64_MIN : im->first;
	int64_t last = im->no_end ? INT64_MAX : im->last;

	if (im->leases > 0 && (sum->read.leases == 0 || first < sum->first))
		sum->first = first;
	if (im->leases > 0 && (sum->read.leases == 0 || last > sum->last))
		sum->last = last;
	sum->read.rows += c->rows;
	sum->read.leases += c->leases;
	sum->read.ignored += c->ignored;
	sum->read.bad += c->bad;
	sum->read.truncated |= c->truncated;
	for (int i = 0; i < c->nsamples; i++) {
		if (sum->read.nsamples < LEASE_BAD_SAMPLES)
			sum->read.samples[sum->read.nsamples++] = c->samples[i];
	}
	sum->added += added;
}

int
lease_import(struct store *s, const char *path,
    const struct lease_import_options *opt, struct lease_import_counts *counts,
    struct err *e)
{
	struct importer im = {.sink = {put},
	    .store = s,
	    .opt = opt,
	    .first = INT64_MAX,
	    .last = INT64_MIN};
	struct lease_counts c = {0};
	int64_t added = 0;
	int rc = index_names(&im, e);

	if (rc < 0 || (rc = store_begin(s, e)) < 0) {
		map_free(&im.names);
		return rc;
	}
	rc = import(&im, path, &c, &added, e);
	if (rc >= 0)
		rc = store_commit(s, e);
	if (rc < 0)
		store_rollback(s);
	else
		add_counts(counts, &im, &c, added);
	lease_merge_free(im.merge);
	map_free(&im.names);
	arena_free(&im.line);
	return rc;
}
