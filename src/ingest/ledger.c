/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/ledger.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/utc.h"
#include "input/source.h"

#define HEAD_BYTES 4096
#define TAIL_MAX   (1 << 21)
#define COPY_BYTES ((size_t)1 << 18)

/* Reads exactly n bytes, or what there is. */
static long
read_full(struct source *s, char *buf, size_t n, struct err *e)
{
	size_t have = 0;
	long got;

	while (have < n) {
		got = source_read(s, buf + have, n - have, e);
		if (got < 0)
			return got;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (long)have;
}

/* Do the bytes at the entry's resume offset have its hash? */
static int
tail_is(const char *path, const struct ledger_entry *l, struct err *e)
{
	struct source *s = NULL;
	char *buf = NULL;
	long got = 0;
	int rc = source_open(&s, path, e);

	if (rc < 0)
		return rc;
	if (l->resume_bytes > TAIL_MAX ||
	    source_skip(s, l->resume_offset, e) != l->resume_offset)
		goto out;
	buf = xmalloc((size_t)l->resume_bytes);
	got = read_full(s, buf, (size_t)l->resume_bytes, e);
out:
	rc = buf != NULL && got == (long)l->resume_bytes &&
	     hash_bytes(buf, (size_t)got, 0) == l->resume_hash;
	free(buf);
	source_close(s);
	return rc;
}

static int
begins_alike(struct source *s, struct source *whole, struct err *e)
{
	char *a = xmalloc(COPY_BYTES), *b = xmalloc(COPY_BYTES);
	long n, m;

	do {
		n = read_full(s, a, COPY_BYTES, e);
		m = n > 0 ? read_full(whole, b, (size_t)n, e) : n;
	} while (n > 0 && m == n && memcmp(a, b, (size_t)n) == 0);
	free(a);
	free(b);
	return n < 0 || m < 0 ? ERR_FAIL : n == 0;
}

int
ledger_is_copy(const char *path, const char *other, struct err *e)
{
	struct source *s = NULL, *whole = NULL;
	int rc = source_open(&s, path, e);

	if (rc >= 0)
		rc = source_open(&whole, other, e);
	if (rc >= 0)
		rc = begins_alike(s, whole, e);
	source_close(whole);
	source_close(s);
	return rc;
}

/* Most files are told apart by what they begin with, before all is read. */
int
ledger_begins(
    const char *path, int64_t head_bytes, uint64_t head_hash, struct str content)
{
	struct source *s = NULL;
	size_t n = (size_t)head_bytes;
	struct err gone;
	char *buf;
	int yes;

	if (strcmp(path, "-") == 0 || content.n >= n ||
	    source_open(&s, path, &gone) < 0)
		return 0;
	buf = xmalloc(n);
	yes = read_full(s, buf, content.n, &gone) == (long)content.n &&
	      memcmp(buf, content.p, content.n) == 0 &&
	      read_full(s, buf + content.n, n - content.n, &gone) ==
	          (long)(n - content.n) &&
	      hash_bytes(buf, n, 0) == head_hash;
	free(buf);
	source_close(s);
	return yes;
}

/* Is the file the beginning of the entry's file, where that is still to be
 * found under the path it is known by?  Then it is an older copy of it. */
static int
is_beginning(const char *path, const struct ledger_entry *l,
    const char *known, struct err *e)
{
	struct err gone;

	if (strcmp(path, known) == 0 || strcmp(known, "-") == 0 ||
	    tail_is(known, l, &gone) <= 0)
		return 0;
	return ledger_is_copy(path, known, e);
}

static void
read_row(struct ledger_entry *l, const struct stmt *st, struct arena *mem)
{
	l->id = stmt_value(st, 0).i;
	l->head_bytes = stmt_value(st, 1).i;
	l->head_hash = (uint64_t)stmt_value(st, 2).i;
	l->resume_offset = stmt_value(st, 3).i;
	l->resume_bytes = stmt_value(st, 4).i;
	l->resume_hash = (uint64_t)stmt_value(st, 5).i;
	l->lines = stmt_value(st, 6).i;
	l->used = stmt_value(st, 7).i;
	l->ignored = stmt_value(st, 8).i;
	l->unparsed = stmt_value(st, 9).i;
	l->records = stmt_value(st, 10).i;
	l->first_time = stmt_value(st, 11).type == VALUE_NULL
	                    ? UTC_NONE
	                    : stmt_value(st, 11).i;
	l->last_time = stmt_value(st, 12).type == VALUE_NULL
	                   ? UTC_NONE
	                   : stmt_value(st, 12).i;
	l->truncated = stmt_value(st, 13).i != 0;
	l->state = arena_dup(mem, stmt_value(st, 14).s);
}

/* Looks for an entry whose head and tail are the file's; the longest-read one
 * comes first. */
static int
search(struct store *s, struct ledger_entry *out, const char *head, long n,
    struct arena *mem, struct err *e)
{
	struct value args[] = {value_z(out->kind)};
	struct ledger_entry l;
	struct stmt *st;
	int rc = store_start(s, "ledger_all", args, 1, &st, e);

	if (rc < 0)
		return rc;
	while ((rc = stmt_next(st, e)) > 0) {
		l = *out;
		if (stmt_value(st, 1).i > n ||
		    hash_bytes(head, (size_t)stmt_value(st, 1).i, 0) !=
		        (uint64_t)stmt_value(st, 2).i)
			continue;
		read_row(&l, st, mem);
		if (l.resume_bytes == 0 && l.head_bytes != n)
			continue; /* nothing of it has been read */
		rc = tail_is(out->path, &l, e);
		l.older = rc == 0;
		if (l.older)
			rc = is_beginning(
			    out->path, &l, stmt_value(st, 15).s.p, e);
		if (rc != 0) {
			stmt_reset(st);
			if (rc > 0)
				*out = l;
			return rc < 0 ? rc : 0;
		}
	}
	return rc;
}

int
ledger_find(struct store *s, const char *kind, const char *path,
    struct arena *mem, struct ledger_entry *out, struct err *e)
{
	char head[HEAD_BYTES];
	struct source *src;
	long n;
	int rc;

	*out = (struct ledger_entry){.kind = kind, .path = path};
	out->first_time = out->last_time = UTC_NONE;
	rc = source_open(&src, path, e);
	if (rc < 0)
		return rc;
	n = read_full(src, head, sizeof(head), e);
	source_close(src);
	if (n < 0)
		return (int)n;
	out->head_bytes = n;
	out->head_hash = hash_bytes(head, (size_t)n, 0);
	out->resume_hash = hash_bytes("", 0, 0); /* nothing read yet */
	return n > 0 ? search(s, out, head, n, mem, e) : 0;
}

static struct value
opt_time(int64_t t)
{
	return t == UTC_NONE ? value_null() : value_time(t);
}

int
ledger_save(struct store *s, struct ledger_entry *l, struct err *e)
{
	struct value v[] = {value_z(l->path), value_int(l->head_bytes),
	    value_int((int64_t)l->head_hash), value_int(l->resume_offset),
	    value_int(l->resume_bytes), value_int((int64_t)l->resume_hash),
	    value_int(l->lines), value_int(l->used), value_int(l->ignored),
	    value_int(l->unparsed), value_int(l->records),
	    opt_time(l->first_time), opt_time(l->last_time),
	    value_bool(l->truncated), value_blob(l->state.p, l->state.n),
	    l->id ? value_int(l->id) : value_z(l->kind)};
	int rc = store_run(s, l->id ? "ledger_update" : "ledger_insert", v,
	    sizeof(v) / sizeof(v[0]), e);

	if (rc < 0)
		return rc;
	if (l->id == 0)
		l->id = store_last_id(s);
	return 0;
}
