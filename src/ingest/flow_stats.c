/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/flow_stats.h"

#include <math.h>
#include <stdlib.h>

#include <sys/random.h>

#include "base/arena.h"
#include "base/hash.h"

enum { SLOTS_START = 1024, SLOT_USED = 0x80 };

struct slot {
	struct addr addr;
	uint8_t roles; /* ADDR_*, and SLOT_USED */
};

struct flow_stats {
	struct port_set ports;
	uint64_t seed; /* senders choose addresses: not the hash's order too */
	struct slot *slots;
	size_t n, size;            /* size: a power of two */
	struct flow_totals totals; /* without the classes */
};

struct flow_stats *
flow_stats_new(const struct port_set *ports)
{
	struct flow_stats *fs = xcalloc(1, sizeof(*fs));

	fs->ports = *ports;
	if (getrandom(&fs->seed, sizeof(fs->seed), GRND_NONBLOCK) < 0)
		fs->seed = (uintptr_t)fs;
	fs->size = SLOTS_START;
	fs->slots = xcalloc(fs->size, sizeof(*fs->slots));
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

/* The slot of an address, free if it is new; there always is a free one. */
static struct slot *
find(const struct flow_stats *fs, struct addr a)
{
	size_t mask = fs->size - 1;
	size_t i = hash_bytes(a.b, sizeof(a.b), fs->seed) & mask;

	while (fs->slots[i].roles && addr_cmp(fs->slots[i].addr, a) != 0)
		i = (i + 1) & mask;
	return &fs->slots[i];
}

static void
grow(struct flow_stats *fs)
{
	struct slot *old = fs->slots;
	size_t old_size = fs->size;

	fs->size *= 2;
	fs->slots = xcalloc(fs->size, sizeof(*fs->slots));
	for (size_t i = 0; i < old_size; i++) {
		if (old[i].roles)
			*find(fs, old[i].addr) = old[i];
	}
	free(old);
}

static void
note_address(struct flow_stats *fs, struct addr a, unsigned roles)
{
	struct slot *slot = find(fs, a);

	if (!slot->roles) {
		if ((fs->n + 1) * 3 > fs->size * 2) {
			grow(fs);
			slot = find(fs, a);
		}
		fs->n++;
		slot->addr = a;
	}
	slot->roles |= (uint8_t)(SLOT_USED | roles);
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

/* Phaal and Panchen, "Packet Sampling Basics" (sflow.org): 1.96 standard
 * errors, rate * sqrt(n) for one rate. */
double
flow_count_error(const struct flow_count *c)
{
	return 1.96 * sqrt(c->squares);
}

void
flow_stats_add(struct flow_stats *fs, const struct smtp_sample *s)
{
	struct smtp_roles r = smtp_roles(s, &fs->ports);

	count(&fs->totals.smtp_packets, s->rate);
	count_flags(&fs->totals, s);
	note_address(fs, s->src, bits_of(r.src, r.answered));
	note_address(fs, s->dst, bits_of(r.dst, r.answered));
}

static void
classify(struct flow_classes *c, unsigned roles, bool targets_apart)
{
	bool client = roles & ADDR_CLIENT;
	bool server = roles & ADDR_SERVER;
	bool target = roles & ADDR_TARGET;

	if (target && !server && !client)
		c->targets_only++;
	if (!targets_apart)
		server |= target;
	if (client && server)
		c->both++;
	else if (client)
		c->clients_only++;
	else if (server)
		c->servers_only++;
	else if (!target)
		c->undecided++;
}

static void
add_up(struct flow_classes *c, bool targets_apart)
{
	c->addresses = c->clients_only + c->servers_only + c->both;
	if (targets_apart)
		c->addresses += c->targets_only;
}

struct flow_totals
flow_stats_totals(const struct flow_stats *fs, bool targets_apart)
{
	struct flow_totals t = fs->totals;
	struct addr a;
	unsigned roles;

	for (size_t at = 0; flow_stats_next(fs, &at, &a, &roles);) {
		classify(&t.all, roles, targets_apart);
		if (addr_is_v4(a))
			classify(&t.v4, roles, targets_apart);
	}
	add_up(&t.all, targets_apart);
	add_up(&t.v4, targets_apart);
	return t;
}

bool
flow_stats_next(
    const struct flow_stats *fs, size_t *at, struct addr *a, unsigned *roles)
{
	for (; *at < fs->size; ++*at) {
		const struct slot *slot = &fs->slots[*at];
		if (!slot->roles)
			continue;
		*a = slot->addr;
		*roles = slot->roles & ~(unsigned)SLOT_USED;
		++*at;
		return true;
	}
	return false;
}
