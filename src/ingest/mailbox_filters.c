/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/mailbox_filters.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/bloom.h"
#include "base/hash.h"
#include "base/map.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))
/* Messages of a row, at most: those with the same id / BLOCK.  Who looks for a mailbox
 * reads so many for each that has it. */
#define BLOCK 4096
/* Places for mailboxes that wait, of 8 bytes. */
#define PLACES_MAX ((size_t)1 << 20)

#define PART ((size_t)256) /* bytes of a mailbox that are hashed at once */

/* Mailboxes of a block's messages. */
struct block {
	int64_t first, last, oldest, newest; /* ids and times of those */
	uint64_t *hash;                      /* 0: free */
	size_t n, size;                      /* places: a power of two */
};

struct mailbox_filters {
	struct store *store;
	struct map blocks;
	struct block *block; /* the one of the last message, or NULL */
	int64_t number;      /* ... and its number */
	size_t places;       /* of all blocks */
	struct buf bits;
};

struct mailbox_filters *
mailbox_filters_new(struct store *s)
{
	struct mailbox_filters *f = xcalloc(1, sizeof(*f));

	f->store = s;
	return f;
}

static void
forget(struct mailbox_filters *f)
{
	struct block *b;

	for (size_t i = 0; (b = map_next(&f->blocks, &i)) != NULL;) {
		free(b->hash);
		free(b);
	}
	map_free(&f->blocks);
	f->block = NULL;
	f->places = 0;
}

void
mailbox_filters_free(struct mailbox_filters *f)
{
	if (f == NULL)
		return;
	forget(f);
	buf_free(&f->bits);
	free(f);
}

/* --- hashes of mailboxes */

/* Eight bytes, of which A to Z become a to z. */
static uint64_t
lower(uint64_t bytes)
{
	const uint64_t each = 0x0101010101010101, low = bytes & 0x7f * each;
	const uint64_t from_a = low + (0x80 - 'A') * each; /* bit 7: it is */
	const uint64_t past_z = low + (0x7f - 'Z') * each;

	return bytes | ((from_a ^ past_z) & ~bytes & 0x80 * each) >> 2;
}

static uint64_t
hash_part(const char *p, size_t n, uint64_t seed)
{
	uint64_t part[PART / 8];
	const size_t words = (n + 7) / 8;

	part[words - 1] = 0;
	memcpy(part, p, n);
	for (size_t i = 0; i < words; i++)
		part[i] = lower(part[i]);
	return hash_bytes(part, n, seed);
}

uint64_t
mailbox_hash(struct str mailbox)
{
	uint64_t hash = 0;

	for (size_t at = 0; at < mailbox.n; at += PART) {
		const size_t left = mailbox.n - at;

		hash =
		    hash_part(mailbox.p + at, left < PART ? left : PART, hash);
	}
	return hash != 0 ? hash : 1;
}

static void
put_hash(struct block *b, uint64_t hash)
{
	size_t i = hash & (b->size - 1);

	while (b->hash[i] != 0 && b->hash[i] != hash)
		i = (i + 1) & (b->size - 1);
	b->n += b->hash[i] == 0;
	b->hash[i] = hash;
}

static void
grow(struct block *b)
{
	const struct block was = *b;

	b->n = 0;
	b->size = was.size ? was.size * 4 : 16;
	b->hash = xcalloc(b->size, sizeof(*b->hash));
	for (size_t i = 0; i < was.size; i++)
		if (was.hash[i] != 0)
			put_hash(b, was.hash[i]);
	free(was.hash);
}

/* --- as messages come */

static struct block *
block_of(struct mailbox_filters *f, int64_t number)
{
	const uint64_t key = (uint64_t)number + 2; /* a map folds 0 and 1 */

	if (f->block != NULL && f->number == number)
		return f->block;
	f->number = number;
	f->block = map_get(&f->blocks, key);
	if (f->block == NULL) {
		f->block = xcalloc(1, sizeof(*f->block));
		f->block->first = f->block->oldest = INT64_MAX;
		f->block->last = f->block->newest = INT64_MIN;
		map_put(&f->blocks, key, f->block);
	}
	return f->block;
}

static void
meet(struct block *b, int64_t id, int64_t received)
{
	b->first = id < b->first ? id : b->first;
	b->last = id > b->last ? id : b->last;
	b->oldest = received < b->oldest ? received : b->oldest;
	b->newest = received > b->newest ? received : b->newest;
}

int
mailbox_filters_add(struct mailbox_filters *f, int64_t id, int64_t received,
    struct str mailbox, struct err *e)
{
	struct block *b = block_of(f, id / BLOCK);

	meet(b, id, received);
	if (mailbox.n == 0)
		return 0;
	if (b->n * 4 >= b->size * 3) {
		f->places -= b->size;
		grow(b);
		f->places += b->size;
	}
	put_hash(b, mailbox_hash(mailbox));
	return f->places > PLACES_MAX ? mailbox_filters_save(f, e) : 0;
}

/* --- into the store */

static int
save_block(struct mailbox_filters *f, const struct block *b, struct err *e)
{
	bloom_make(&f->bits, b->n);
	for (size_t i = 0; i < b->size; i++)
		if (b->hash[i] != 0)
			bloom_add(&f->bits, b->hash[i]);
	const struct value row[] = {value_int(b->first), value_int(b->last),
	    value_time(b->oldest), value_time(b->newest),
	    value_blob(f->bits.p, f->bits.n)};

	return store_run(f->store, "mailbox_filter_put", row, LEN(row), e);
}

int
mailbox_filters_save(struct mailbox_filters *f, struct err *e)
{
	struct block *b;
	int rc = 0;

	for (size_t i = 0; rc >= 0 && (b = map_next(&f->blocks, &i)) != NULL;)
		rc = save_block(f, b, e);
	forget(f);
	return rc;
}
