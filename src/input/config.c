/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each key has a small reader; a table per map says which reader fills which
 * member, so the known keys are listed once.
 */
#include "input/config.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/yaml.h"
#include "input/csv_file.h"
#include "input/flow_udp.h"
#include "input/lease_source.h"

#define DAY  (86400 * USEC)
#define YEAR (366 * DAY)

struct load {
	struct arena *arena;
	struct str folder; /* of the file, with its last slash; may be "" */
	struct err *err;
};

/* Reads the value n into the member at out. */
typedef int key_reader(struct load *l, const struct yaml_node *n, void *out);

struct key {
	const char *name;
	key_reader *read;
	size_t offset;
};

static int
read_keys(struct load *l, const struct yaml_node *map, const struct key *keys,
    void *out)
{
	int rc = yaml_want(map, YAML_MAP, l->err);

	for (const struct yaml_node *n = map->first; rc == 0 && n != NULL;
	     n = n->next) {
		const struct key *k = keys;
		while (k->name != NULL && !str_eq(str_z(k->name), n->key))
			k++;
		if (k->name == NULL)
			return yaml_fail(
			    n, l->err, "unknown key '%.*s'", STR_FMT(n->key));
		if (!yaml_is_null(n)) /* nothing after the key: the default */
			rc = k->read(l, n, (char *)out + k->offset);
	}
	return rc;
}

static int
fail(struct load *l, const struct yaml_node *n, const char *want)
{
	struct str t = str_head(n->text, 80);

	return yaml_fail(n, l->err, "'%.*s' is not %s", STR_FMT(t), want);
}

static int
read_text(struct load *l, const struct yaml_node *n, void *out)
{
	return yaml_text(n, out, l->err);
}

static int
read_path(struct load *l, const struct yaml_node *n, void *out)
{
	struct str s;
	int rc = yaml_text(n, &s, l->err);

	if (rc < 0)
		return rc;
	if (s.n == 0)
		return fail(l, n, "a path");
	if (s.p[0] != '/' && !str_eq(s, STR("-")))
		s = arena_printf(
		    l->arena, "%.*s%.*s", STR_FMT(l->folder), STR_FMT(s));
	*(struct str *)out = s;
	return 0;
}

/* "90" (seconds), "90s", "30m", "1h", "7d", "4w". */
static int
read_duration(struct load *l, const struct yaml_node *n, void *out)
{
	static const char unit[] = "smhdw";
	static const int64_t sec[] = {1, 60, 3600, 86400, 604800};
	int64_t scale = USEC;
	struct str s, d;
	uint64_t v;
	int rc = yaml_text(n, &s, l->err);

	if (rc < 0)
		return rc;
	d = str_digits(&s);
	if (s.n == 1 && strchr(unit, s.p[0]) != NULL)
		scale = sec[strchr(unit, s.p[0]) - unit] * USEC;
	else if (s.n != 0)
		return fail(l, n, "a duration such as 90s, 30m, 1h or 7d");
	if (!str_u64(d, &v) || v > (uint64_t)(100 * YEAR / scale))
		return fail(l, n, "a duration such as 90s, 30m, 1h or 7d");
	*(int64_t *)out = (int64_t)v * scale;
	return 0;
}

/* The same, with a - before it for the other way. */
static int
read_offset(struct load *l, const struct yaml_node *n, void *out)
{
	struct yaml_node plain = *n;
	bool minus = n->kind == YAML_SCALAR && n->text.n > 1 &&
	             n->text.p[0] == '-';
	int rc;

	if (minus)
		plain.text = str_from(n->text, 1);
	rc = read_duration(l, &plain, out);
	if (rc == 0 && *(int64_t *)out > DAY)
		rc = fail(l, n, "a day or less");
	if (rc == 0 && minus)
		*(int64_t *)out = -*(int64_t *)out;
	return rc;
}

static int
read_zone(struct load *l, const struct yaml_node *n, void *out)
{
	const struct zone *z;
	struct str s;
	int rc = yaml_text(n, &s, l->err);

	if (rc < 0)
		return rc;
	if ((z = zone_find(s)) == NULL)
		return fail(l, n, "a time zone such as Europe/Vienna or UTC");
	*(const struct zone **)out = z;
	return 0;
}

static int
read_year(struct load *l, const struct yaml_node *n, void *out)
{
	int64_t v;
	int rc = yaml_i64(n, 1970, 9999, &v, l->err);

	if (rc == 0)
		*(int *)out = (int)v;
	return rc;
}

static int
read_rate(struct load *l, const struct yaml_node *n, void *out)
{
	return yaml_i64(n, 1, UINT32_MAX, out, l->err);
}

static int
read_threads(struct load *l, const struct yaml_node *n, void *out)
{
	return yaml_i64(n, 1, CONFIG_THREADS_MAX, out, l->err);
}

static int
read_direction(struct load *l, const struct yaml_node *n, void *out)
{
	struct str s;
	int v, rc = yaml_text(n, &s, l->err);

	if (rc < 0)
		return rc;
	if ((v = name_find(direction_name, DIR_N, s)) == 0)
		return fail(l, n, "a direction: in, out or local");
	*(enum direction *)out = (enum direction)v;
	return 0;
}

static int
read_vantage(struct load *l, const struct yaml_node *n, void *out)
{
	struct str s;
	int v, rc = yaml_text(n, &s, l->err);

	if (rc < 0)
		return rc;
	if ((v = name_find(vantage_name, VANTAGE_N, s)) == 0)
		return fail(l, n, "a vantage: exchange, edge or internal");
	*(enum vantage *)out = (enum vantage)v;
	return 0;
}

static int
read_addr(struct load *l, const struct yaml_node *n, void *out)
{
	struct str s;
	int rc = yaml_text(n, &s, l->err);

	if (rc < 0)
		return rc;
	return addr_parse(s, out) ? 0 : fail(l, n, "an IP address");
}

static int
read_prefix(struct load *l, const struct yaml_node *n, void *out)
{
	struct str s, rest;
	struct addr a;
	int rc = yaml_text(n, &s, l->err);

	rest = s;
	if (rc < 0)
		return rc;
	if (!prefix_parse(s, out))
		return fail(
		    l, n, "an address or prefix such as 203.0.113.0/24");
	/* one address, or all of them? */
	if (!addr_parse(str_split(&rest, '/'), &a) ||
	    addr_cmp(a, ((struct prefix *)out)->first) != 0)
		return yaml_fail(n, l->err,
		    "'%.*s' has bits set past the prefix length", STR_FMT(s));
	return 0;
}

static int
read_listen(struct load *l, const struct yaml_node *n, void *out)
{
	struct str s;
	struct addr a;
	uint16_t port;
	int rc = yaml_text(n, &s, l->err);

	if (rc < 0)
		return rc;
	if (!flow_udp_parse(s, &a, &port) || port == 0)
		return fail(l, n, "an ADDRESS:PORT such as 192.0.2.1:6343");
	*(struct str *)out = s;
	return 0;
}

/* A list in a struct is a pointer and then its count. */
#define SAME_PLACE(type, list, count)                                          \
	_Static_assert(offsetof(type, count) ==                                \
	                   offsetof(type, list) + sizeof(const void *),        \
	    "a list is a pointer and then its count")
SAME_PLACE(struct mail_source, paths, npaths);
SAME_PLACE(struct flow_feed, paths, npaths);
SAME_PLACE(struct flow_feed, agents, nagents);
SAME_PLACE(struct lease_feed, paths, npaths);
SAME_PLACE(struct lease_feed, columns, ncolumns);
SAME_PLACE(struct lease_feed, customers, ncustomers);
SAME_PLACE(struct config, prefixes, nprefixes);
SAME_PLACE(struct config, own_hosts, nown_hosts);
SAME_PLACE(struct config, allow, nallow);
SAME_PLACE(struct config, mail, nmail);
SAME_PLACE(struct config, flow, nflow);
SAME_PLACE(struct config, lease, nlease);
SAME_PLACE(struct config, accounts, naccounts);
SAME_PLACE(struct config, not_covered, nnot_covered);
SAME_PLACE(struct config, mmdb, nmmdb);

static void
put_list(void *out, const void *items, size_t n)
{
	memcpy(out, &items, sizeof(items));
	memcpy((char *)out + sizeof(items), &n, sizeof(n));
}

/* A list, of which a single value may stand alone; items of size bytes. */
static int
read_list(struct load *l, const struct yaml_node *n, key_reader *read,
    size_t size, void *out)
{
	bool many = n->kind == YAML_SEQ;
	const struct yaml_node *item = many ? n->first : n;
	size_t count = many ? n->n : 1;
	char *items = arena_zalloc(l->arena, count * size);
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++, item = item->next)
		rc = yaml_is_null(item) ? fail(l, item, "a value")
		                        : read(l, item, items + i * size);
	put_list(out, items, count);
	return rc;
}

static int
read_paths(struct load *l, const struct yaml_node *n, void *out)
{
	return read_list(l, n, read_path, sizeof(struct str), out);
}

static int
read_texts(struct load *l, const struct yaml_node *n, void *out)
{
	return read_list(l, n, read_text, sizeof(struct str), out);
}

static int
read_prefixes(struct load *l, const struct yaml_node *n, void *out)
{
	return read_list(l, n, read_prefix, sizeof(struct prefix), out);
}

static int
read_mail_source(struct load *l, const struct yaml_node *n, void *out)
{
	static const struct key keys[] = {
	    {"paths", read_paths, offsetof(struct mail_source, paths)},
	    {"mta", read_text, offsetof(struct mail_source, mta)},
	    {"tz", read_zone, offsetof(struct mail_source, zone)},
	    {"year", read_year, offsetof(struct mail_source, year)},
	    {"host", read_text, offsetof(struct mail_source, host)},
	    {"direction", read_direction,
	        offsetof(struct mail_source, direction)},
	    {"clock_error", read_duration,
	        offsetof(struct mail_source, clock_error)},
	    {"clock_offset", read_offset,
	        offsetof(struct mail_source, clock_offset)},
	    {NULL, NULL, 0},
	};
	struct mail_source *m = out;
	int rc;

	m->clock_error = CONFIG_MAIL_CLOCK_ERROR;
	if ((rc = read_keys(l, n, keys, m)) == 0 && m->npaths == 0)
		rc = yaml_fail(n, l->err, "a mail source needs paths");
	return rc;
}

static int
read_agent(struct load *l, const struct yaml_node *n, void *out)
{
	static const struct key keys[] = {
	    {"address", read_addr, offsetof(struct flow_agent, addr)},
	    {"name", read_text, offsetof(struct flow_agent, name)},
	    {"vantage", read_vantage, offsetof(struct flow_agent, vantage)},
	    {NULL, NULL, 0},
	};
	struct flow_agent *a = out;
	int rc = read_keys(l, n, keys, a);

	if (rc == 0 && yaml_get(n, "address") == NULL)
		rc = yaml_fail(n, l->err, "an agent needs an address");
	if (rc == 0 && a->vantage == VANTAGE_NONE)
		rc = yaml_fail(n, l->err,
		    "an agent needs a vantage: exchange, edge or internal");
	return rc;
}

static int
read_agents(struct load *l, const struct yaml_node *n, void *out)
{
	return read_list(l, n, read_agent, sizeof(struct flow_agent), out);
}

static int
read_flow_source(struct load *l, const struct yaml_node *n, void *out)
{
	static const struct key keys[] = {
	    {"paths", read_paths, offsetof(struct flow_feed, paths)},
	    {"listen", read_listen, offsetof(struct flow_feed, listen)},
	    {"format", read_text, offsetof(struct flow_feed, format)},
	    {"rate", read_rate, offsetof(struct flow_feed, rate)},
	    {"tz", read_zone, offsetof(struct flow_feed, zone)},
	    {"fields", read_text, offsetof(struct flow_feed, fields)},
	    {"agents", read_agents, offsetof(struct flow_feed, agents)},
	    {"clock_offset", read_offset,
	        offsetof(struct flow_feed, clock_offset)},
	    {NULL, NULL, 0},
	};
	struct flow_feed *f = out;
	int rc = read_keys(l, n, keys, f);

	if (rc == 0 && (f->npaths > 0) == str_has(f->listen))
		rc = yaml_fail(
		    n, l->err, "a flow source needs either paths or listen");
	/* samples are stored by agent, not by file */
	if (rc == 0 && f->clock_offset != 0 && f->nagents == 0)
		rc = yaml_fail(yaml_get(n, "clock_offset"), l->err,
		    "clock_offset is of the agents that are listed: none is");
	return rc;
}

/* A map from our names to the file's. */
static int
read_columns(struct load *l, const struct yaml_node *n, void *out)
{
	struct lease_column *c;
	int rc = yaml_want(n, YAML_MAP, l->err);

	if (rc < 0)
		return rc;
	c = arena_zalloc(l->arena, n->n * sizeof(*c) + 1);
	put_list(out, c, n->n);
	for (n = n->first; n != NULL && rc == 0; n = n->next, c++) {
		if (!lease_source_has_field(NULL, n->key))
			return yaml_fail(
			    n, l->err, "unknown key '%.*s'", STR_FMT(n->key));
		c->field = n->key;
		rc = yaml_text(n, &c->name, l->err);
		if (rc == 0 && c->name.n == 0)
			rc = yaml_fail(n, l->err, "%.*s: a name is missing",
			    STR_FMT(n->key));
	}
	return rc;
}

/* A format that is not told can still be one without these columns: then the
 * import says so. */
static int
check_lease_format(
    struct load *l, const struct yaml_node *n, const struct lease_feed *f)
{
	const struct lease_source_ops *ops = NULL;

	if (str_has(f->format) && !str_eq(f->format, STR("auto"))) {
		ops = lease_source_find(f->format);
		if (ops == NULL)
			return yaml_fail(yaml_get(n, "format"), l->err,
			    "no lease format '%.*s'", STR_FMT(f->format));
	}
	for (size_t i = 0; ops != NULL && i < f->ncolumns; i++)
		if (!lease_source_has_field(ops, f->columns[i].field))
			return yaml_fail(yaml_get(n, "columns"), l->err,
			    "%s has no column '%.*s' to be named", ops->name,
			    STR_FMT(f->columns[i].field));
	return 0;
}

/* One row of an accounts file: 1 read, 0 the end. */
static int
next_account(struct load *l, struct csv_file *f, const char *path,
    const size_t column[2], struct account *out, int64_t *line)
{
	struct csv_row row;
	int rc = csv_file_next(f, &row, l->err);

	if (rc <= 0)
		return rc;
	if (row.open || column[0] >= row.n || column[1] >= row.n ||
	    row.fields[column[0]].n == 0 || row.fields[column[1]].n == 0)
		return err_set(l->err, ERR_USAGE,
		    "%s:%lld: a name or a customer is missing", path,
		    (long long)row.line);
	out->user = arena_dup(l->arena, row.fields[column[0]]);
	out->customer = arena_dup(l->arena, row.fields[column[1]]);
	*line = row.line;
	return 1;
}

/* A name of two customers is nobody's, and the file is wrong.  names: row and
 * one of each name. */
static int
check_account(struct load *l, const char *path, const struct account *accounts,
    size_t i, int64_t line, struct map *names)
{
	uint64_t h = hash_str(accounts[i].user, 0);
	size_t before = (size_t)(uintptr_t)map_get(names, h);
	const struct account *other = before ? &accounts[before - 1] : NULL;

	if (other == NULL)
		map_put(names, h, (void *)(uintptr_t)(i + 1));
	else if (str_eq(other->user, accounts[i].user) &&
	         !str_eq(other->customer, accounts[i].customer))
		return err_set(l->err, ERR_USAGE,
		    "%s:%lld: %.*s is named twice, as %.*s and %.*s", path,
		    (long long)line, STR_FMT(other->user),
		    STR_FMT(other->customer), STR_FMT(accounts[i].customer));
	return 1;
}

/* A file with the columns "name" and customer. */
static int
read_account_file(
    struct load *l, const char *path, const char *name, void *out)
{
	struct account *accounts = NULL, *copy;
	size_t n = 0, size = 0, column[2];
	struct map names = {0};
	struct csv_file *f;
	int64_t line = 0;
	int rc = csv_file_open(&f, path, l->err);

	if (rc < 0)
		return l->err->code = ERR_USAGE;
	if ((rc = csv_file_need(f, name, &column[0], l->err)) == 0)
		rc = csv_file_need(f, "customer", &column[1], l->err);
	for (rc = rc < 0 ? rc : 1; rc > 0; n += rc > 0) {
		if (n == size) {
			size = size ? size * 2 : 256;
			accounts = xrealloc(accounts, size * sizeof(*accounts));
		}
		rc = next_account(l, f, path, column, &accounts[n], &line);
		if (rc > 0)
			rc = check_account(
			    l, path, accounts, n, line, &names);
	}
	map_free(&names);
	csv_file_close(f);
	copy = arena_alloc(l->arena, n * sizeof(*copy) + 1);
	if (n > 0)
		memcpy(copy, accounts, n * sizeof(*copy));
	free(accounts);
	put_list(out, copy, n);
	return rc;
}

static int
read_names(struct load *l, const struct yaml_node *n, const char *name,
    void *out)
{
	struct account *a;
	struct str path;
	int rc;

	if (n->kind == YAML_SCALAR) {
		if ((rc = read_path(l, n, &path)) < 0)
			return rc;
		return read_account_file(
		    l, arena_z(l->arena, path), name, out);
	}
	if ((rc = yaml_want(n, YAML_MAP, l->err)) < 0)
		return rc;
	a = arena_zalloc(l->arena, n->n * sizeof(*a) + 1);
	put_list(out, a, n->n);
	for (n = n->first; n != NULL && rc == 0; n = n->next, a++) {
		a->user = n->key;
		rc = yaml_text(n, &a->customer, l->err);
		if (rc == 0 && a->customer.n == 0)
			rc = yaml_fail(n, l->err, "%.*s: a customer is missing",
			    STR_FMT(n->key));
	}
	return rc;
}

static int
read_accounts(struct load *l, const struct yaml_node *n, void *out)
{
	return read_names(l, n, "auth_user", out);
}

static int
read_customers(struct load *l, const struct yaml_node *n, void *out)
{
	return read_names(l, n, "name", out);
}

static int
read_lease_source(struct load *l, const struct yaml_node *n, void *out)
{
	static const struct key keys[] = {
	    {"paths", read_paths, offsetof(struct lease_feed, paths)},
	    {"format", read_text, offsetof(struct lease_feed, format)},
	    {"tz", read_zone, offsetof(struct lease_feed, zone)},
	    {"clock_error", read_duration,
	        offsetof(struct lease_feed, clock_error)},
	    {"clock_offset", read_offset,
	        offsetof(struct lease_feed, clock_offset)},
	    {"grace", read_duration, offsetof(struct lease_feed, grace)},
	    {"columns", read_columns, offsetof(struct lease_feed, columns)},
	    {"customers", read_customers,
	        offsetof(struct lease_feed, customers)},
	    {NULL, NULL, 0},
	};
	struct lease_feed *f = out;
	int rc;

	f->clock_error = CONFIG_LEASE_CLOCK_ERROR;
	f->grace = CONFIG_LEASE_GRACE;
	if ((rc = read_keys(l, n, keys, f)) == 0 && f->npaths == 0)
		rc = yaml_fail(n, l->err, "a lease source needs paths");
	return rc < 0 ? rc : check_lease_format(l, n, f);
}

static int
read_mail_sources(struct load *l, const struct yaml_node *n, void *out)
{
	return read_list(
	    l, n, read_mail_source, sizeof(struct mail_source), out);
}

static int
read_flow_sources(struct load *l, const struct yaml_node *n, void *out)
{
	return read_list(l, n, read_flow_source, sizeof(struct flow_feed), out);
}

static int
read_lease_sources(struct load *l, const struct yaml_node *n, void *out)
{
	return read_list(
	    l, n, read_lease_source, sizeof(struct lease_feed), out);
}

static int
read_retention(struct load *l, const struct yaml_node *n, void *out)
{
	static const struct key keys[] = {
	    {"flow_samples", read_duration,
	        offsetof(struct config, retain_flow_samples)},
	    {"deliveries", read_duration,
	        offsetof(struct config, retain_deliveries)},
	    {NULL, NULL, 0},
	};

	return read_keys(l, n, keys, out);
}

/* A share of a whole: above 0, below 1. */
static int
read_share(struct load *l, const struct yaml_node *n, void *out)
{
	double *v = out;
	int rc = yaml_double(n, v, l->err);

	if (rc == 0 && !(*v > 0 && *v < 1))
		rc = fail(l, n, "a number above 0 and below 1");
	return rc;
}

static int
read_day_timezone(struct load *l, const struct yaml_node *n, void *out)
{
	struct config *c = out;
	int rc = read_zone(l, n, &c->day_timezone);

	c->day_timezone_name = n->text;
	return rc;
}

static const struct key config_keys[] = {
    {"store", read_path, offsetof(struct config, store)},
    {"day_timezone", read_day_timezone, 0},
    {"prefixes", read_prefixes, offsetof(struct config, prefixes)},
    {"own_hosts", read_prefixes, offsetof(struct config, own_hosts)},
    {"allow", read_prefixes, offsetof(struct config, allow)},
    {"mail_sources", read_mail_sources, offsetof(struct config, mail)},
    {"flow_sources", read_flow_sources, offsetof(struct config, flow)},
    {"lease_sources", read_lease_sources, offsetof(struct config, lease)},
    {"accounts", read_accounts, offsetof(struct config, accounts)},
    {"not_covered", read_texts, offsetof(struct config, not_covered)},
    {"mmdb", read_paths, offsetof(struct config, mmdb)},
    {"window", read_duration, offsetof(struct config, window)},
    {"mailbox_share", read_share, offsetof(struct config, mailbox_share)},
    {"threads", read_threads, offsetof(struct config, threads)},
    {"retention", read_retention, 0},
    {NULL, NULL, 0},
};

static struct config *
config_new(void)
{
	struct arena *a = xcalloc(1, sizeof(*a));
	struct config *c = arena_zalloc(a, sizeof(*c));

	c->memory = a;
	c->day_timezone_name = STR("UTC");
	c->window = 3600 * USEC;
	c->retain_flow_samples = 7 * DAY;
	return c;
}

static int
config_of(struct config **out, struct config *c, const struct yaml_node *root,
    const char *path, struct err *e)
{
	struct load l = {.arena = c->memory, .err = e};
	int rc;

	c->path = arena_dup(l.arena, str_z(path));
	l.folder = str_head(c->path, (size_t)(str_rchr(c->path, '/') + 1));
	rc = read_keys(&l, root, config_keys, c);
	if (rc == 0)
		*out = c;
	return rc;
}

int
config_read(
    struct config **out, struct str text, const char *name, struct err *e)
{
	struct config *c = config_new();
	const struct yaml_node *root;
	int rc = yaml_read(&root, text, name, c->memory, e);

	if (rc == 0)
		rc = config_of(out, c, root, name, e);
	if (rc < 0)
		config_free(c);
	return rc;
}

int
config_load(struct config **out, const char *path, struct err *e)
{
	struct config *c = config_new();
	const struct yaml_node *root;
	int rc = yaml_load(&root, path, c->memory, e);

	if (rc == 0)
		rc = config_of(out, c, root, path, e);
	if (rc < 0)
		config_free(c);
	return rc;
}

int
config_default(struct config **out, struct err *e)
{
	(void)e;
	*out = config_new();
	return 0;
}

void
config_free(struct config *c)
{
	struct arena *a = c ? c->memory : NULL;

	if (a == NULL)
		return;
	arena_free(a); /* c too */
	free(a);
}

/* Adds what one path or glob names. */
static int
expand_one(const char *path, struct arena *a, struct str **files, size_t *n,
    size_t *size, struct err *e)
{
	glob_t g = {0};
	int rc = glob(path, GLOB_NOMAGIC | GLOB_BRACE, NULL, &g);

	if (rc != 0 && rc != GLOB_NOMATCH) {
		globfree(&g);
		return err_set(e, ERR_FAIL, "%s: %s", path, strerror(errno));
	}
	for (size_t i = 0; i < g.gl_pathc; i++) {
		if (*n == *size) {
			*size = *size ? *size * 2 : 16;
			*files = xrealloc(*files, *size * sizeof(**files));
		}
		(*files)[(*n)++] = arena_dup(a, str_z(g.gl_pathv[i]));
	}
	globfree(&g);
	return 0;
}

int
config_expand(const struct str *paths, size_t npaths, struct arena *a,
    struct str **files, size_t *nfiles, struct err *e)
{
	struct str *found = NULL;
	size_t n = 0, size = 0;
	int rc = 0;

	for (size_t i = 0; i < npaths && rc == 0; i++)
		rc = expand_one(arena_z(a, paths[i]), a, &found, &n, &size, e);
	*files = arena_alloc(a, n * sizeof(**files) + 1);
	if (n > 0)
		memcpy(*files, found, n * sizeof(**files));
	*nfiles = n;
	free(found);
	return rc;
}
