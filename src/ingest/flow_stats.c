/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/flow_stats.h"

#include <stdlib.h>

#include <sys/mman.h>
#include <sys/random.h>

#include "base/arena.h"
#include "base/gamma.h"
#include "base/hash.h"

enum { SLOTS_START = 1024, SLOT_USED = 0x80, NOTES = 32 };
enum { HUGE_PAGE = 2 << 20 };

struct slot {
	struct addr addr;
	uint32_t as;
	uint8_t roles; /* ADDR_*, and SLOT_USED */
};

/* What a sample says of one end, on its way to a slot.  The slots of many
 * addresses are in no cache: a note waits while memory fetches its own, which
 * halves the time of a sample. */
struct note {
	struct slot seen;
	uint64_t hash;
};

struct flow_stats {
	struct port_set ports;
	uint64_t seed; /* senders choose addresses: not the hash's order too */
	struct slot *slots;
	size_t n, size; /* size: a power of two */
	struct note notes[NOTES];
	size_t notes_in, notes_out;
	struct flow_totals totals; /* without the classes */
};

/* A big table in huge pages: finding small ones takes as long as the slots. */
static struct slot *
new_slots(size_t n)
{
	size_t bytes = n * sizeof(struct slot);
	size_t whole = (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	struct slot *p = NULL;

	if (bytes >= HUGE_PAGE)
		p = aligned_alloc(HUGE_PAGE, whole);
	if (!p)
		return xcalloc(n, sizeof(struct slot));
	madvise(p, whole, MADV_HUGEPAGE); /* a hint: all is well without */
	return memset(p, 0, bytes);
}

struct flow_stats *
flow_stats_new(const struct port_set *ports)
{
	struct flow_stats *fs = xcalloc(1, sizeof(*fs));

	fs->ports = *ports;
	if (getrandom(&fs->seed, sizeof(fs->seed), GRND_NONBLOCK) < 0)
		fs->seed = (uintptr_t)fs;
	fs->size = SLOTS_START;
	fs->slots = new_slots(fs->size);
	return fs;
}

void
flow_stats_free(struct flow_stats *fs)
{
	if (!fs)
		return;
	free(fs->slots);
	free(fs);
}

static uint64_t
hash_addr(const struct flow_stats *fs, struct addr a)
{
	return hash_bytes(a.b, sizeof(a.b), fs->seed);
}

/* The slot of an address, free if it is new; there always is a free one. */
static struct slot *
find(const struct flow_stats *fs, struct addr a, uint64_t hash)
{
	size_t mask = fs->size - 1;
	size_t i = hash & mask;

	while (fs->slots[i].roles &&
	       memcmp(fs->slots[i].addr.b, a.b, sizeof(a.b)) != 0)
		i = (i + 1) & mask;
	return &fs->slots[i];
}

static void
grow(struct flow_stats *fs)
{
	struct slot *old = fs->slots;
	size_t old_size = fs->size;

	fs->size *= 2;
	fs->slots = new_slots(fs->size);
	for (size_t i = 0; i < old_size; i++) {
		if (old[i].roles)
			*find(fs, old[i].addr, hash_addr(fs, old[i].addr)) =
			    old[i];
	}
	free(old);
}

static void
keep_note(struct flow_stats *fs, const struct note *n)
{
	struct slot *slot = find(fs, n->seen.addr, n->hash);

	if (!slot->roles) {
		if ((fs->n + 1) * 3 > fs->size * 2) {
			grow(fs);
			slot = find(fs, n->seen.addr, n->hash);
		}
		fs->n++;
		slot->addr = n->seen.addr;
	}
	slot->roles |= n->seen.roles;
	if (slot->as == 0)
		slot->as = n->seen.as;
}

static void
keep_notes(struct flow_stats *fs)
{
	while (fs->notes_out != fs->notes_in)
		keep_note(fs, &fs->notes[fs->notes_out++ % NOTES]);
}

static void
note_address(struct flow_stats *fs, struct addr a, unsigned roles, uint32_t as)
{
	struct note *n = &fs->notes[fs->notes_in % NOTES];

	if (fs->notes_in - fs->notes_out == NOTES)
		keep_note(fs, &fs->notes[fs->notes_out++ % NOTES]);
	fs->notes_in++;
	n->seen = (struct slot){a, as, (uint8_t)(SLOT_USED | roles)};
	n->hash = hash_addr(fs, a);
	__builtin_prefetch(&fs->slots[n->hash & (fs->size - 1)], 1);
}

static unsigned
bits_of(enum smtp_role role, bool answered)
{
	if (role == ROLE_CLIENT)
		return ADDR_CLIENT;
	if (role == ROLE_SERVER)
		return answered ? ADDR_SERVER : ADDR_TARGET;
	return 0;
}

static void
count(struct flow_count *c, uint32_t rate)
{
	c->n++;
	c->est += rate;
	c->squares += (double)rate * rate;
}

static void
count_flags(struct flow_totals *t, const struct smtp_sample *s)
{
	if (!s->has_flags)
		return;
	if (s->flags & TCP_SYN)
		count(s->flags & TCP_ACK ? &t->syn_ack : &t->syn, s->rate);
	if (s->flags & TCP_RST)
		count(&t->rst, s->rate);
	if (s->flags & TCP_FIN)
		count(&t->fin, s->rate);
}

/* Of n packets at one rate these are Garwood's exact limits of a Poisson mean
 * times the rate.  Of several rates it is the method of Fay and Feuer (1997,
 * Statistics in Medicine 16, 791-801) for weighted sums of Poisson counts,
 * which becomes Garwood's where the weights are equal, and is known to be too
 * wide rather than too narrow. */
struct flow_bounds
flow_count_bounds(const struct flow_count *c, uint32_t rate_max)
{
	double est = (double)c->est, more = est + rate_max;
	double squares = c->squares + (double)rate_max * rate_max;
	struct flow_bounds b = {0};

	if (c->n > 0)
		b.low = c->squares / est *
		        gamma_quantile(est * est / c->squares, 0.025);
	if (rate_max > 0)
		b.high = squares / more *
		         gamma_quantile(more * more / squares, 0.975);
	return b;
}

void
flow_stats_add(struct flow_stats *fs, const struct smtp_sample *s)
{
	struct smtp_roles r = smtp_roles(s, &fs->ports);

	count(&fs->totals.smtp_packets, s->rate);
	count_flags(&fs->totals, s);
	if (s->rate > fs->totals.rate_max)
		fs->totals.rate_max = s->rate;
	note_address(fs, s->src, bits_of(r.src, r.answered), s->src_as);
	note_address(fs, s->dst, bits_of(r.dst, r.answered), s->dst_as);
}

void
flow_stats_add_client(struct flow_stats *fs, struct addr a)
{
	note_address(fs, a, ADDR_CLIENT, 0);
}

void
flow_classes_add(struct flow_classes *c, unsigned roles, bool targets_apart)
{
	bool client = roles & ADDR_CLIENT;
	bool server = roles & ADDR_SERVER;
	bool target = roles & ADDR_TARGET;
	bool target_only = target && !server && !client;

	if (!targets_apart)
		server |= target;
	c->targets_only += target_only;
	c->both += client && server;
	c->clients_only += client && !server;
	c->servers_only += server && !client;
	c->undecided += !client && !server && !target;
	c->addresses += client || server || target_only;
}

struct flow_totals
flow_stats_totals(struct flow_stats *fs, bool targets_apart)
{
	struct flow_totals t = fs->totals;
	struct flow_seen a;

	for (size_t at = 0; flow_stats_next(fs, &at, &a);) {
		flow_classes_add(&t.all, a.roles, targets_apart);
		if (addr_is_v4(a.addr))
			flow_classes_add(&t.v4, a.roles, targets_apart);
	}
	return t;
}

bool
flow_stats_next(struct flow_stats *fs, size_t *at, struct flow_seen *out)
{
	keep_notes(fs);
	for (; *at < fs->size; ++*at) {
		const struct slot *slot = &fs->slots[*at];
		if (!slot->roles)
			continue;
		*out = (struct flow_seen){
		    slot->addr, slot->as, slot->roles & ~(unsigned)SLOT_USED};
		++*at;
		return true;
	}
	return false;
}
