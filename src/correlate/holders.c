/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/holders.h"

#include "base/hash.h"
#include "base/rd.h"
#include "base/texts.h"
#include "correlate/lots.h"

#include <stdlib.h>

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

#define NO_BLOCK INT64_MAX

/* A lease of one address of the day. */
struct holding {
	int64_t addr, start, until, error;
	int64_t sure; /* from then on he may have lost it */
	int32_t row, customer;
	int32_t port_first, port_last; /* -1: all ports */
	/* Those that have the address within this one's prefix, before any
	 * doubt, in holders.narrow: IPv6 prefixes are delegated. */
	int32_t narrow, nnarrow;
};

struct holders {
	struct store *store;
	struct texts texts;
	struct lots *lots;
	int8_t *ours; /* by number: 1 in our share, -1 not, 0 not asked yet */
	size_t nours;
	int64_t *block; /* by number: the lowest one that he has; NO_BLOCK */
	size_t nblock;
	struct holding *all; /* by address, whole ones first, port, start */
	size_t n, size;
	bool sorted;
	int32_t *narrow; /* rows; once sorted, places in all */
	size_t nnarrow;
	int32_t widest; /* ports of the widest block */
};

/* --- texts */

int32_t
holders_text_no(struct holders *h, struct str text)
{
	return texts_no(&h->texts, text);
}

static int
fn_text_no(void *arg, const struct value *v, struct value *out, struct err *e)
{
	struct holders *h = arg;

	(void)e;
	*out = v[0].type == VALUE_TEXT ? value_int(texts_no(&h->texts, v[0].s))
	                               : value_null();
	return 0;
}

static int
fn_text_of(void *arg, const struct value *v, struct value *out, struct err *e)
{
	struct holders *h = arg;

	(void)e;
	*out = v[0].type == VALUE_INT ? value_str(texts_of(&h->texts, v[0].i))
	                              : value_null();
	return 0;
}

/* --- shares */

/* Addresses of a pool are near one another: a /48, of IPv4 1024; one alone has many
 * customers if they share it by ports. */
static int64_t
block_of(struct str bytes, bool ports)
{
	struct rd r = rd_of(bytes.p, bytes.n);
	const uint64_t net = (uint64_t)rd_be32(&r) << 16 | rd_be16(&r);

	rd_skip(&r, 6);
	return (int64_t)(net != 0 ? net : rd_be32(&r) >> (ports ? 0 : 10));
}

static int64_t *
block_at(struct holders *h, int64_t no)
{
	const size_t n = (size_t)no + 1;

	if (h->nblock < n) {
		h->block = xrealloc(h->block, 2 * n * sizeof(*h->block));
		for (size_t i = h->nblock; i < 2 * n; i++)
			h->block[i] = NO_BLOCK;
		h->nblock = 2 * n;
	}
	return &h->block[no];
}

/* Whoever has leases goes with his lowest block, so that an address that changes hands
 * within a pool is mostly one share's; others go by themselves. */
static uint64_t
lot_of(struct holders *h, int64_t no)
{
	const int64_t block = *block_at(h, no);

	return block != NO_BLOCK ? (uint64_t)block
	                         : hash_str(texts_of(&h->texts, no), 0);
}

bool
holders_in_share(struct holders *h, int64_t no)
{
	const size_t n = (size_t)h->texts.n + 1;

	if (no < 1 || no > h->texts.n)
		return false;
	if (h->nours < n) {
		h->ours = xrealloc(h->ours, 2 * n);
		memset(h->ours + h->nours, 0, 2 * n - h->nours);
		h->nours = 2 * n;
	}
	if (h->ours[no] == 0)
		h->ours[no] = lots_ours(h->lots, lot_of(h, no)) ? 1 : -1;
	return h->ours[no] > 0;
}

static int
fn_in_share(void *arg, const struct value *v, struct value *out, struct err *e)
{
	(void)e;
	*out =
	    value_int(v[0].type == VALUE_INT && holders_in_share(arg, v[0].i));
	return 0;
}

/* --- loading */

static int
by_place(const void *pa, const void *pb)
{
	const struct holding *a = pa, *b = pb;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	if (a->port_first != b->port_first)
		return a->port_first < b->port_first ? -1 : 1;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->row < b->row ? -1 : a->row > b->row;
}

static int32_t
port_of(struct value v)
{
	return v.type == VALUE_INT ? (int32_t)v.i : -1;
}

static int
fn_holder_add(
    void *arg, const struct value *v, struct value *out, struct err *e)
{
	struct holders *h = arg;
	struct holding *o;
	int64_t *block, first;

	(void)out;
	if (h->n > 0 && v[0].i <= h->all[h->n - 1].row)
		return err_set(e, ERR_FAIL, "holder_add: rows out of order");
	if (h->n == h->size) {
		h->size = h->size ? 2 * h->size : 1024;
		h->all = xrealloc(h->all, h->size * sizeof(*h->all));
	}
	o = &h->all[h->n++];
	*o = (struct holding){.row = (int32_t)v[0].i,
	    .addr = v[1].i,
	    .customer = texts_no(&h->texts, v[2].s),
	    .port_first = port_of(v[3]),
	    .port_last = port_of(v[4]),
	    .start = v[5].i,
	    .until = v[6].i,
	    .sure = v[7].i,
	    .error = v[8].i};
	if (o->port_last - o->port_first > h->widest)
		h->widest = o->port_last - o->port_first;
	first = block_of(v[9].s, o->port_first >= 0);
	block = block_at(h, o->customer);
	*block = first < *block ? first : *block;
	h->sorted = false;
	return 0;
}

/* Before they are sorted; NULL: there is no such row. */
static struct holding *
of_row(struct holders *h, int64_t row)
{
	size_t low = 0, high = h->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (h->all[mid].row < row)
			low = mid + 1;
		else
			high = mid;
	}
	return low < h->n && h->all[low].row == row ? &h->all[low] : NULL;
}

/* Calls come with the narrow ones of each wide one together. */
static int
fn_holder_delegated(
    void *arg, const struct value *v, struct value *out, struct err *e)
{
	struct holders *h = arg;
	struct holding *wide = h->sorted ? NULL : of_row(h, v[0].i);
	size_t n = h->nnarrow;

	(void)out;
	if (wide == NULL || of_row(h, v[1].i) == NULL)
		return err_set(e, ERR_FAIL, "holder_delegated: no such row");
	if ((n & (n - 1)) == 0) /* 0, or a power of two */
		h->narrow =
		    xrealloc(h->narrow, (n ? 2 * n : 1) * sizeof(*h->narrow));
	if (wide->nnarrow++ == 0)
		wide->narrow = (int32_t)n;
	h->narrow[h->nnarrow++] = (int32_t)v[1].i;
	return 0;
}

/* The places in all of what was told by its row. */
static void
sort(struct holders *h)
{
	int32_t *at;
	size_t rows;

	if (h->sorted || h->n == 0)
		return;
	h->sorted = true;
	rows = (size_t)h->all[h->n - 1].row; /* the last one is the largest */
	qsort(h->all, h->n, sizeof(*h->all), by_place);
	at = xcalloc(rows + 1, sizeof(*at));
	for (size_t i = 0; i < h->n; i++)
		at[h->all[i].row] = (int32_t)i;
	for (size_t i = 0; i < h->nnarrow; i++)
		h->narrow[i] = at[h->narrow[i]];
	free(at);
}

/* --- looking */

/* What the leases near it say. */
struct near {
	int32_t fitting, inside; /* a customer; 0 none, -1 several */
	bool sure;               /* one of those inside has not been silent */
	bool no_port;            /* ports would decide */
	bool part;               /* an end of a lease, or ports */
};

static void
note(int32_t *one, int32_t customer)
{
	if (*one == 0)
		*one = customer;
	else if (*one != customer)
		*one = -1;
}

static bool
is_near(const struct holding *o, const struct holders_seen *s)
{
	const int64_t error = o->error - s->slack;

	return s->last >= o->start - error && s->first < o->until + error;
}

static bool
is_inside(const struct holding *o, const struct holders_seen *s)
{
	return s->first >= o->start && s->last < o->until;
}

static bool
is_delegated(const struct holders *h, const struct holding *o,
    const struct holders_seen *s)
{
	for (int32_t i = 0; i < o->nnarrow; i++) {
		const struct holding *k = &h->all[h->narrow[o->narrow + i]];

		if (s->first >= k->start + k->error - s->slack &&
		    s->last < k->until - k->error + s->slack)
			return true;
	}
	return false;
}

/* The first place of addr whose ports begin at port or above. */
static size_t
find(const struct holders *h, int64_t addr, int32_t port)
{
	size_t low = 0, high = h->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct holding *o = &h->all[mid];

		if (o->addr < addr || (o->addr == addr && o->port_first < port))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void
take(struct near *near, const struct holding *o, const struct holders_seen *s)
{
	note(&near->fitting, o->customer);
	if (is_inside(o, s)) {
		note(&near->inside, o->customer);
		near->sure |= s->last < o->sure;
		near->part |= s->first < o->sure && s->last >= o->sure;
	}
}

static struct near
look(const struct holders *h, size_t i, const struct holders_seen *s)
{
	struct near near = {0};
	const struct holding *o;

	for (; i < h->n; i++) {
		o = &h->all[i];
		if (o->addr != s->addr || o->port_first >= 0)
			break;
		if (!is_near(o, s))
			continue;
		near.part |= !is_inside(o, s);
		if (!is_delegated(h, o, s))
			take(&near, o, s);
	}
	if (i == h->n || h->all[i].addr != s->addr)
		return near;
	if (s->port >= 0) /* blocks that can begin so far below the port */
		i = find(
		    h, s->addr, s->port > h->widest ? s->port - h->widest : 0);
	for (; i < h->n && !near.no_port; i++) {
		o = &h->all[i];
		if (o->addr != s->addr ||
		    (s->port >= 0 && o->port_first > s->port))
			break;
		if (!is_near(o, s))
			continue;
		if (s->port < 0)
			near.no_port = near.part = true;
		else if (o->port_last >= s->port)
			take(&near, o, s);
	}
	return near;
}

size_t
holders_place(struct holders *h, int64_t addr)
{
	sort(h);
	return find(h, addr, -1);
}

struct holders_answer
holders_ask(const struct holders *h, size_t place, const struct holders_seen *s)
{
	const struct near near = look(h, place, s);
	int64_t who = 0;

	if (near.no_port)
		who = SHARED_ADDRESS;
	else if (near.inside < 0)
		who = OVERLAPPING_LEASES;
	else if (near.fitting < 0)
		who = LEASE_CHANGE;
	else if (near.inside > 0)
		who = near.sure ? near.inside : LEASE_SILENT;
	else if (near.fitting > 0)
		who = LEASE_EDGE;
	return (struct holders_answer){who, near.part};
}

static int
fn_holder_of(void *arg, const struct value *v, struct value *out, struct err *e)
{
	const struct holders_seen s = {
	    v[0].i, v[2].i, v[3].i, v[4].i, port_of(v[1])};
	int64_t who;

	(void)e;
	if (v[0].type != VALUE_INT)
		return 0;
	who = holders_ask(arg, holders_place(arg, s.addr), &s).who;
	if (who != 0)
		*out = value_int(who);
	return 0;
}

/* Of holders, for whoever had it first. */
static int
fn_holder_load(
    void *arg, const struct value *v, struct value *out, struct err *e)
{
	struct holders *h = arg;
	int64_t no = v[1].i;
	size_t i;

	(void)out;
	(void)e;
	if (v[0].type == VALUE_INT) {
		i = holders_place(h, v[0].i);
		if (i < h->n && h->all[i].addr == v[0].i)
			no = h->all[i].customer;
	}
	lots_load(h->lots, lot_of(h, no), v[2].i);
	return 0;
}

/* A holder of ours; who has the address, as a customer, goes with the first one. */
static int
fn_holder_ours(
    void *arg, const struct value *v, struct value *out, struct err *e)
{
	struct holders *h = arg;
	size_t i = holders_place(h, v[0].i);
	int64_t first = NO_BLOCK;
	bool ours;

	(void)e;
	if (i < h->n && h->all[i].addr == v[0].i)
		first = *block_at(h, h->all[i].customer);
	if (*block_at(h, v[1].i) == NO_BLOCK)
		*block_at(h, v[1].i) = first;
	ours = holders_in_share(h, v[1].i);
	for (; !ours && i < h->n && h->all[i].addr == v[0].i; i++)
		ours = holders_in_share(h, h->all[i].customer);
	*out = value_int(ours);
	return 0;
}

/* --- the functions */

static const struct store_function functions[] = {
    {"text_no", 1, fn_text_no},
    {"text_of", 1, fn_text_of},
    {"in_share", 1, fn_in_share},
    {"holder_add", 10, fn_holder_add},
    {"holder_delegated", 2, fn_holder_delegated},
    {"holder_of", 5, fn_holder_of},
    {"holder_load", 3, fn_holder_load},
    {"holder_ours", 2, fn_holder_ours},
};

int
holders_open(struct holders **out, struct store *s, unsigned share,
    unsigned shares, struct err *e)
{
	struct holders *h = xcalloc(1, sizeof(*h));
	int rc;

	h->store = s;
	h->lots = lots_new(share, shares);
	rc = store_functions(s, functions, LEN(functions), h, e);
	if (rc < 0)
		holders_close(h);
	else
		*out = h;
	return rc;
}

void
holders_close(struct holders *h)
{
	if (h == NULL)
		return;
	store_functions_end(h->store, functions, LEN(functions));
	texts_free(&h->texts);
	lots_free(h->lots);
	free(h->all);
	free(h->narrow);
	free(h->ours);
	free(h->block);
	free(h);
}
