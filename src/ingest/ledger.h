/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ledger: which files have been read, and how far.  A file is known by its
 * content, so a rename or another compression does not make it a new one
 * (design.md section 7).
 */
#ifndef INGEST_LEDGER_H
#define INGEST_LEDGER_H

#include "base/arena.h"
#include "store/store.h"

struct ledger_entry {
	int64_t id; /* 0 = not stored yet */
	const char *kind, *path;
	int64_t head_bytes;
	uint64_t head_hash;
	/* What lies at resume_offset and was read last. */
	int64_t resume_offset, resume_bytes;
	uint64_t resume_hash;
	int64_t lines, used, ignored, unparsed, records; /* before it, and it */
	int64_t first_time, last_time;                   /* UTC_NONE = none */
	bool truncated;
	bool older; /* found by a copy of its beginning: nothing is new there */
	struct str state;
};

/* Finds the file's entry, or fills a new one (id 0).  Text is in mem. */
int ledger_find(struct store *s, const char *kind, const char *path,
    struct arena *mem, struct ledger_entry *out, struct err *e);
/* Is all of path's content the beginning of other's?  1, 0. */
int ledger_is_copy(const char *path, const char *other, struct err *e);
/* Is path still the file that a flow entry is about, known by its first bytes,
 * and does it begin with all of this content (of fewer bytes)?  1, 0. */
int ledger_begins(
    const char *path, int64_t head_bytes, uint64_t head_hash, struct str content);
/* Inserts or updates, in the caller's transaction; sets id. */
int ledger_save(struct store *s, struct ledger_entry *l, struct err *e);

#endif
