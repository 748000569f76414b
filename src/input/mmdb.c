/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many prefixes share a record, and decoding one takes longer than finding
 * it: records are decoded once and kept by their place in the file.
 */
#include "input/mmdb.h"

#include <maxminddb.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/map.h"

/* Nodes that are looked at before a file is said to tell nothing: enough to
 * pass the empty parts of the address space. */
enum { LOOK_NODES = 100000, LOOK_RECORDS = 100 };

struct mmdb {
	MMDB_s db;
	char *path;
	struct map records; /* struct origin by offset */
	struct arena mem;
};

struct look {
	const struct mmdb *m;
	unsigned nodes, records; /* still to be looked at */
	bool useful, damaged;
};

static int
fail(const struct mmdb *m, const char *why, struct err *e)
{
	return err_set(e, ERR_USAGE, "%s: %s", m->path, why);
}

/* The value of a key, or of a key within the map of another. */
static bool
read_value(
    MMDB_entry_s *at, const char *key, const char *sub, MMDB_entry_data_s *out)
{
	return MMDB_get_value(at, out, key, sub, NULL) == MMDB_SUCCESS &&
	       out->has_data;
}

static struct str
read_text(MMDB_entry_s *at, const char *key, const char *sub)
{
	MMDB_entry_data_s d;

	if (!read_value(at, key, sub, &d) ||
	    d.type != MMDB_DATA_TYPE_UTF8_STRING || d.data_size == 0)
		return STR_NONE;
	return str_of(d.utf8_string, d.data_size);
}

/* 64496, or "AS64496" as IPinfo writes it. */
static uint32_t
read_asn(MMDB_entry_s *at, const char *key)
{
	MMDB_entry_data_s d;
	struct str s;
	uint64_t n = 0;

	if (!read_value(at, key, NULL, &d))
		return 0;
	switch (d.type) {
	case MMDB_DATA_TYPE_UINT16:
		return d.uint16;
	case MMDB_DATA_TYPE_UINT32:
		return d.uint32;
	case MMDB_DATA_TYPE_UTF8_STRING:
		s = str_of(d.utf8_string, d.data_size);
		if (str_startsi(s, STR("AS")))
			s = str_from(s, 2);
		return str_u64(s, &n) && n <= UINT32_MAX ? (uint32_t)n : 0;
	}
	return 0;
}

/* The first that is there.  IPinfo's country may be a name, with the code
 * beside it; GeoLite2's is a map with the code in it. */
static struct origin
read_origin(MMDB_entry_s *at)
{
	static const char *const names[] = {
	    "autonomous_system_organization", "as_name", "as_domain"};
	static const char *const countries[][2] = {{"country_code", NULL},
	    {"country", "iso_code"}, {"country", NULL},
	    {"registered_country", "iso_code"}};
	struct origin o = {.asn = read_asn(at, "autonomous_system_number")};

	if (o.asn == 0)
		o.asn = read_asn(at, "asn");
	for (size_t i = 0; i < 3 && !str_has(o.as_name); i++)
		o.as_name = read_text(at, names[i], NULL);
	for (size_t i = 0; i < 4 && !str_has(o.country); i++)
		o.country = read_text(at, countries[i][0], countries[i][1]);
	return o;
}

static void look_node(struct look *l, uint32_t node, int depth);

static void
look_record(struct look *l, uint64_t record, uint8_t type, MMDB_entry_s *entry,
    int depth)
{
	struct origin o;

	if (type == MMDB_RECORD_TYPE_SEARCH_NODE) {
		look_node(l, (uint32_t)record, depth + 1);
	} else if (type == MMDB_RECORD_TYPE_DATA) {
		o = read_origin(entry);
		l->useful |= o.asn != 0 || str_has(o.country);
		l->records--;
	} else if (type == MMDB_RECORD_TYPE_INVALID) {
		l->damaged = true;
	}
}

static void
look_node(struct look *l, uint32_t node, int depth)
{
	MMDB_search_node_s n;

	if (l->nodes == 0 || l->records == 0 || l->useful || l->damaged)
		return;
	l->nodes--;
	if (depth > 128 ||
	    MMDB_read_node(&l->m->db, node, &n) != MMDB_SUCCESS) {
		l->damaged = true;
		return;
	}
	look_record(
	    l, n.left_record, n.left_record_type, &n.left_record_entry, depth);
	look_record(l, n.right_record, n.right_record_type,
	    &n.right_record_entry, depth);
}

static int
check_use(const struct mmdb *m, struct err *e)
{
	struct look l = {.m = m, .nodes = LOOK_NODES, .records = LOOK_RECORDS};

	look_node(&l, 0, 0);
	if (l.damaged)
		return fail(m, "a damaged MaxMind DB", e);
	if (!l.useful)
		return err_set(e, ERR_USAGE,
		    "%s: a MaxMind DB of type %.60s, which tells neither AS nor country",
		    m->path, m->db.metadata.database_type);
	return 0;
}

int
mmdb_open(struct mmdb **out, const char *path, struct err *e)
{
	struct mmdb *m = xcalloc(1, sizeof(*m));
	int rc = MMDB_open(path, MMDB_MODE_MMAP, &m->db);

	if (rc != MMDB_SUCCESS) {
		free(m);
		return err_set(e, ERR_USAGE, "%s: %s", path, MMDB_strerror(rc));
	}
	m->path = xstrdup(path);
	rc = check_use(m, e);
	if (rc < 0)
		mmdb_close(m);
	else
		*out = m;
	return rc;
}

static MMDB_lookup_result_s
lookup(const struct mmdb *m, struct addr a, int *rc)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	struct sockaddr_in v4 = {.sin_family = AF_INET};

	if (addr_is_v4(a)) {
		memcpy(&v4.sin_addr, a.b + 12, 4);
		return MMDB_lookup_sockaddr(
		    &m->db, (const struct sockaddr *)&v4, rc);
	}
	memcpy(&v6.sin6_addr, a.b, 16);
	return MMDB_lookup_sockaddr(&m->db, (const struct sockaddr *)&v6, rc);
}

static const struct origin *
record_at(struct mmdb *m, MMDB_entry_s *at)
{
	struct origin *o = map_get(&m->records, at->offset + UINT64_C(2));

	if (o)
		return o;
	o = arena_alloc(&m->mem, sizeof(*o));
	*o = read_origin(at);
	map_put(&m->records, at->offset + UINT64_C(2), o);
	return o;
}

int
mmdb_find(
    struct mmdb *m, struct addr a, const struct origin **out, struct err *e)
{
	int rc = MMDB_SUCCESS;
	MMDB_lookup_result_s r;

	*out = NULL;
	if (m->db.metadata.ip_version == 4 && !addr_is_v4(a))
		return 0;
	r = lookup(m, a, &rc);
	if (rc != MMDB_SUCCESS)
		return fail(m, MMDB_strerror(rc), e);
	if (r.found_entry)
		*out = record_at(m, &r.entry);
	return 0;
}

void
mmdb_close(struct mmdb *m)
{
	if (!m)
		return;
	MMDB_close(&m->db);
	map_free(&m->records);
	arena_free(&m->mem);
	free(m->path);
	free(m);
}
