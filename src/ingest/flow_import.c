/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/flow_import.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/utc.h"
#include "ingest/flow_batch.h"
#include "ingest/flow_listed.h"
#include "ingest/ledger.h"

#define BATCH       200000
#define BAD_SAMPLES 20 /* lines kept of a file that were not understood */

struct importer {
	struct flow_sink sink; /* first: the source calls back with it */
	struct store *store;
	struct flow_run *run;
	struct flow_source *source;
	struct flow_import_counts *counts;
	const char *path;
	struct err *e;
	int rc; /* the first error of a callback */

	int64_t ledger; /* its id, 0 = new */
	int64_t done;   /* steps that an earlier run has taken */
	int64_t step;   /* of the file */
	int64_t used, malformed, records, skipped_before; /* of the file */
	int bad_samples;
	int64_t first, last;
	struct flow_batch batch;
};

static void
on_sample(struct flow_sink *sink, const struct smtp_sample *s)
{
	struct importer *im = (struct importer *)sink;

	im->records++;
	if (im->step < im->done)
		return;
	flow_batch_sample(&im->batch, s);
	im->counts->smtp_packets++;
}

static void
on_listed(struct flow_sink *sink, const struct flow_listed *l)
{
	struct importer *im = (struct importer *)sink;

	im->records++;
	if (im->step < im->done || im->rc < 0)
		return;
	im->rc = flow_listed_put(im->store, l, im->e);
	im->counts->listed++;
}

/* A sample of the text that was not understood; no lines of megabytes. */
static void
keep_bad(struct importer *im, const struct flow_heard *h)
{
	const struct value v[] = {value_int(im->ledger), value_null(),
	    value_z(im->path), value_int(0), value_int(h->line),
	    value_str(str_head(h->text, 1024))};

	if (im->bad_samples == BAD_SAMPLES || im->rc < 0)
		return;
	if (im->bad_samples++ == 0)
		fprintf(stderr, "heloflow: %s:%lld: %s\n", im->path,
		    (long long)h->line, h->why);
	im->rc = store_run(im->store, "unparsed_put", v, 6, im->e);
}

static void
note_time(struct importer *im, int64_t time)
{
	if (im->first == UTC_NONE || time < im->first)
		im->first = time;
	if (im->last == UTC_NONE || time > im->last)
		im->last = time;
}

/* Text before the first row is of no time. */
static void
on_heard(struct flow_sink *sink, const struct flow_heard *h)
{
	struct importer *im = (struct importer *)sink;

	im->used += !h->malformed;
	im->malformed += h->malformed;
	if (h->time != UTC_NONE)
		note_time(im, h->time);
	if (im->step < im->done)
		return;
	if (str_has(h->text))
		keep_bad(im, h);
	if (h->time != UTC_NONE)
		flow_batch_heard(&im->batch, h);
	im->counts->datagrams += h->datagrams;
	im->counts->lost_datagrams += h->lost;
	im->counts->malformed += h->malformed;
	im->counts->samples += h->samples;
}

static int
write_ledger(struct importer *im, bool damaged)
{
	struct str head = flow_source_head(im->source);
	const struct value v[] = {value_int(im->ledger), value_z(im->path),
	    value_int((int64_t)head.n), value_int((int64_t)hash_str(head, 0)),
	    value_int(flow_source_offset(im->source)), value_int(im->step),
	    value_int(im->used),
	    value_int((int64_t)im->run->skipped - im->skipped_before),
	    value_int(im->malformed), value_int(im->records),
	    im->first == UTC_NONE ? value_null() : value_int(im->first),
	    im->last == UTC_NONE ? value_null() : value_int(im->last),
	    value_bool(damaged)};

	return store_run(
	    im->store, "flow_ledger_set", v, sizeof(v) / sizeof(v[0]), im->e);
}

static int
commit_batch(struct importer *im, bool damaged)
{
	int rc = flow_batch_import(
	    &im->batch, im->store, im->ledger, &im->run->ports, im->e);

	if (rc >= 0)
		rc = write_ledger(im, damaged);
	if (rc >= 0)
		rc = store_commit(im->store, im->e);
	flow_batch_reset(&im->batch);
	return rc;
}

/* Of the entries whose beginning is this file's: its id and steps taken. */
static int
find_ledger(struct importer *im)
{
	struct str head = flow_source_head(im->source);
	const struct value n = value_int((int64_t)head.n);
	uint64_t hash = 0;
	int64_t hashed = -1;
	struct stmt *st;
	int rc = store_start(im->store, "flow_ledger_find", &n, 1, &st, im->e);

	if (rc < 0)
		return rc;
	while ((rc = stmt_next(st, im->e)) > 0) {
		if (stmt_value(st, 1).i != hashed) {
			hashed = stmt_value(st, 1).i;
			hash = hash_str(str_head(head, (size_t)hashed), 0);
		}
		if (hashed > 0 && (uint64_t)stmt_value(st, 2).i == hash) {
			im->ledger = stmt_value(st, 0).i;
			im->done = stmt_value(st, 3).i;
			stmt_reset(st);
			return 0;
		}
	}
	return rc;
}

/* Is it all in the beginning of a file that was read, and is still there? */
static int
find_longer(struct importer *im, bool *copy)
{
	struct str head = flow_source_head(im->source);
	const struct value n = value_int((int64_t)head.n);
	struct stmt *st;
	int rc = store_prepare(im->store, "flow_ledger_longer", &st, im->e);

	*copy = false;
	if (rc < 0 || (rc = stmt_start(st, &n, 1, im->e)) < 0)
		return rc;
	while (!*copy && (rc = stmt_next(st, im->e)) > 0)
		*copy = ledger_begins(stmt_value(st, 0).s.p,
		    stmt_value(st, 1).i, (uint64_t)stmt_value(st, 2).i, head);
	if (*copy)
		stmt_reset(st);
	return rc < 0 ? rc : 0;
}

static int
new_ledger(struct importer *im)
{
	struct str head = flow_source_head(im->source);
	const struct value v[] = {value_z(im->path), value_int((int64_t)head.n),
	    value_int((int64_t)hash_str(head, 0))};
	int rc = store_run(im->store, "flow_ledger_new", v, 3, im->e);

	if (rc >= 0)
		im->ledger = store_last_id(im->store);
	return rc;
}

/* Inside a transaction; it is another one after a full batch. */
static int
read_steps(struct importer *im, int64_t batch)
{
	int rc;

	while ((rc = flow_source_step(im->source, im->e)) > 0) {
		im->step++;
		if (im->rc < 0)
			return im->rc;
		if (im->batch.new_data < batch)
			continue;
		if ((rc = commit_batch(im, true)) < 0 ||
		    (rc = store_begin(im->store, im->e)) < 0)
			return rc;
	}
	return rc;
}

static int
import(struct importer *im, int64_t batch)
{
	bool damaged, copy = false;
	int rc;

	if (flow_source_head(im->source).n == 0) { /* nothing to know it by */
		im->counts->incomplete++;
		return 0;
	}
	rc = store_begin(im->store, im->e);
	if (rc >= 0)
		rc = find_ledger(im);
	if (rc >= 0 && im->ledger == 0)
		rc = find_longer(im, &copy);
	if (rc >= 0 && copy) {
		im->counts->known++;
		store_rollback(im->store);
		return 0;
	}
	if (rc >= 0 && im->ledger == 0)
		rc = new_ledger(im);
	if (rc >= 0)
		rc = read_steps(im, batch);
	if (rc < 0)
		return rc;
	damaged = flow_source_damage(im->source) != NULL;
	im->counts->incomplete += damaged;
	im->counts->known += im->done > 0 && im->step <= im->done;
	if (im->step < im->done) { /* a shorter copy of what we know */
		store_rollback(im->store);
		return 0;
	}
	return commit_batch(im, damaged);
}

/* Bad input is data: what is wrong with one
 * file keeps nobody from the next. */
static int
give_up(struct importer *im, int rc)
{
	store_rollback(im->store);
	if (!im->run->unusable)
		return rc;
	fprintf(stderr, "heloflow: %s; not imported\n", im->e->text);
	im->counts->unusable++;
	return 0;
}

int
flow_import(struct store *s, const char *path,
    const struct flow_import_options *opt, struct flow_run *run,
    struct flow_import_counts *counts, struct err *e)
{
	struct importer im = {
	    .sink = {on_sample, on_heard, on_listed},
	    .store = s,
	    .run = run,
	    .counts = counts,
	    .path = path,
	    .e = e,
	    .first = UTC_NONE,
	    .last = UTC_NONE,
	    .skipped_before = (int64_t)run->skipped,
	};
	const char *damage;
	int rc;

	run->sink = &im.sink;
	run->need_time = true;
	rc = flow_source_open(&im.source, path, opt->format, run, e);
	if (rc < 0)
		return give_up(&im, rc);
	rc = import(&im, opt->batch ? opt->batch : BATCH);
	counts->files += rc >= 0;
	if (rc < 0)
		rc = give_up(&im, rc);
	else if ((damage = flow_source_damage(im.source)) != NULL)
		fprintf(stderr, "heloflow: %s: incomplete: %s\n", path, damage);
	flow_batch_free(&im.batch);
	flow_source_close(im.source);
	return rc;
}
