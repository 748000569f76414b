/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/flow_import.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/utc.h"
#include "ingest/flow_slots.h"

#define HOUR  INT64_C(3600000000)
#define BATCH 200000

/* One row of flow_coverage to add. */
struct cover {
	struct cover *chain;
	struct addr agent;
	int64_t hour, datagrams, lost, malformed, samples, smtp_packets;
	uint32_t rate_min, rate_max;
};

struct importer {
	struct flow_sink sink; /* first: the source calls back with it */
	struct store *store;
	struct flow_run *run;
	struct flow_source *source;
	struct flow_import_counts *counts;
	const char *path;
	struct err *e;
	int rc; /* the first error of a callback */

	int64_t ledger;   /* its id, 0 = new */
	int64_t done;     /* steps that an earlier run has taken */
	int64_t step;     /* of the file */
	int64_t new_data; /* samples and datagrams since the last commit */
	int64_t used, malformed, records, skipped_before; /* of the file */
	int64_t first, last;
	struct arena batch; /* covers and slots */
	struct map covers, slots;
};

static int
run_named(
    struct importer *im, const char *name, const struct value *v, size_t n)
{
	struct stmt *st;
	int rc = store_prepare(im->store, name, &st, im->e);

	return rc < 0 ? rc : stmt_run(st, v, n, im->e);
}

static struct cover *
find_cover(struct importer *im, struct addr agent, int64_t time)
{
	int64_t hour = time - time % HOUR;
	uint64_t h = hash_bytes(agent.b, sizeof(agent.b), (uint64_t)hour);
	struct cover *head = map_get(&im->covers, h), *c;

	for (c = head; c; c = c->chain) {
		if (c->hour == hour && addr_cmp(c->agent, agent) == 0)
			return c;
	}
	c = arena_zalloc(&im->batch, sizeof(*c));
	c->chain = head;
	c->agent = agent;
	c->hour = hour;
	map_put(&im->covers, h, c);
	return c;
}

static void
touch_slot(struct importer *im, int64_t time)
{
	int64_t start = time - time % FLOW_SLOT, *slot;
	uint64_t key = (uint64_t)(start / FLOW_SLOT) + 2;

	if (map_get(&im->slots, key))
		return;
	slot = arena_alloc(&im->batch, sizeof(*slot));
	*slot = start;
	map_put(&im->slots, key, slot);
}

static int
put_sample(struct importer *im, const struct smtp_sample *s)
{
	int64_t agent, src, dst;
	int rc;

	if ((rc = store_addr(im->store, s->agent, &agent, im->e)) < 0 ||
	    (rc = store_addr(im->store, s->src, &src, im->e)) < 0 ||
	    (rc = store_addr(im->store, s->dst, &dst, im->e)) < 0)
		return rc;
	const struct value v[] = {value_int(s->time), value_int(im->ledger),
	    value_int(agent), value_int(s->source_id), value_int(src),
	    value_int(s->src_port), value_int(dst), value_int(s->dst_port),
	    s->has_flags ? value_int(s->flags) : value_null(),
	    value_int(s->rate), value_id(s->src_as), value_id(s->dst_as)};
	return run_named(im, "flow_sample_put", v, sizeof(v) / sizeof(v[0]));
}

static void
on_sample(struct flow_sink *sink, const struct smtp_sample *s)
{
	struct importer *im = (struct importer *)sink;

	im->records++;
	if (im->step < im->done || im->rc < 0)
		return;
	im->rc = put_sample(im, s);
	touch_slot(im, s->time);
	find_cover(im, s->agent, s->time)->smtp_packets++;
	im->counts->smtp_packets++;
	im->new_data++;
}

static void
add_rates(struct cover *c, const struct flow_heard *h)
{
	if (h->rate_min && (!c->rate_min || h->rate_min < c->rate_min))
		c->rate_min = h->rate_min;
	if (h->rate_max > c->rate_max)
		c->rate_max = h->rate_max;
}

static void
on_heard(struct flow_sink *sink, const struct flow_heard *h)
{
	struct importer *im = (struct importer *)sink;
	struct cover *c;

	im->used += !h->malformed;
	im->malformed += h->malformed;
	if (im->first == UTC_NONE || h->time < im->first)
		im->first = h->time;
	if (im->last == UTC_NONE || h->time > im->last)
		im->last = h->time;
	if (im->step < im->done)
		return;
	c = find_cover(im, h->agent, h->time);
	c->datagrams += h->datagrams;
	c->lost += h->lost;
	c->malformed += h->malformed;
	c->samples += h->samples;
	add_rates(c, h);
	im->counts->datagrams += h->datagrams;
	im->counts->lost_datagrams += h->lost;
	im->counts->malformed += h->malformed;
	im->counts->samples += h->samples;
	im->new_data++;
}

static int
write_cover(struct importer *im, const struct cover *c)
{
	int64_t agent;
	int rc = store_addr(im->store, c->agent, &agent, im->e);

	if (rc < 0)
		return rc;
	const struct value v[] = {value_int(agent), value_int(c->hour),
	    value_int(c->datagrams), value_int(c->lost),
	    value_int(c->malformed), value_int(c->samples),
	    value_int(c->smtp_packets), value_int(c->rate_min),
	    value_int(c->rate_max)};
	rc = run_named(im, "flow_agent_put", v, 1);
	if (rc < 0)
		return rc;
	return run_named(im, "flow_coverage_add", v, sizeof(v) / sizeof(v[0]));
}

static int
write_covers(struct importer *im)
{
	const struct cover *c;
	int rc = 0;

	for (size_t i = 0; (c = map_next(&im->covers, &i)) != NULL;) {
		for (; c && rc >= 0; c = c->chain)
			rc = write_cover(im, c);
	}
	return rc;
}

static int
write_slots(struct importer *im)
{
	const int64_t *slot;
	int rc = 0;

	for (size_t i = 0;
	     rc >= 0 && (slot = map_next(&im->slots, &i)) != NULL;)
		rc = flow_slot_derive(im->store, *slot, &im->run->ports, im->e);
	return rc;
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

	return run_named(im, "flow_ledger_set", v, sizeof(v) / sizeof(v[0]));
}

static void
reset_batch(struct importer *im)
{
	map_free(&im->covers);
	map_free(&im->slots);
	im->covers = im->slots = (struct map){0};
	arena_reset(&im->batch);
	im->new_data = 0;
}

static int
commit_batch(struct importer *im, bool damaged)
{
	int rc = write_covers(im);

	if (rc >= 0)
		rc = write_slots(im);
	if (rc >= 0)
		rc = write_ledger(im, damaged);
	if (rc >= 0)
		rc = store_commit(im->store, im->e);
	reset_batch(im);
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
	int rc = store_prepare(im->store, "flow_ledger_find", &st, im->e);

	if (rc < 0 || (rc = stmt_start(st, &n, 1, im->e)) < 0)
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

static int
new_ledger(struct importer *im)
{
	struct str head = flow_source_head(im->source);
	const struct value v[] = {value_z(im->path), value_int((int64_t)head.n),
	    value_int((int64_t)hash_str(head, 0))};
	int rc = run_named(im, "flow_ledger_new", v, 3);

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
		if (im->new_data < batch)
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
	bool damaged;
	int rc;

	if (flow_source_head(im->source).n == 0) { /* nothing to know it by */
		im->counts->incomplete++;
		return 0;
	}
	rc = store_begin(im->store, im->e);
	if (rc >= 0)
		rc = find_ledger(im);
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

int
flow_import(struct store *s, const char *path,
    const struct flow_import_options *opt, struct flow_run *run,
    struct flow_import_counts *counts, struct err *e)
{
	struct importer im = {
	    .sink = {on_sample, on_heard},
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
	rc = flow_source_open(&im.source, path, opt->format, run, e);
	if (rc < 0)
		return rc;
	counts->files++;
	rc = import(&im, opt->batch ? opt->batch : BATCH);
	if (rc < 0)
		store_rollback(s);
	else if ((damage = flow_source_damage(im.source)) != NULL)
		fprintf(stderr, "heloflow: %s: incomplete: %s\n", path, damage);
	reset_batch(&im);
	arena_free(&im.batch);
	flow_source_close(im.source);
	return rc;
}
