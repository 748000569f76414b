/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kea's memfile: kea-leases4.csv and kea-leases6.csv, to which every change is
 * appended.  expire - valid_lifetime is the last time the client was heard
 * (cltt).  A row with a lifetime of 0 takes a lease back, but does not say
 * when: the address is free for the next one, and until then the lease lasts
 * as it was promised.
 */
#include "input/lease_reader.h"
#include "input/lease_session.h"

enum {
	ADDRESS,
	LIFETIME,
	EXPIRE,
	CUSTOMER,
	STATE,
	TYPE,
	LENGTH,
	HWADDR,
	CLIENT_ID,
	DUID,
	NFIELDS
};

static const struct lease_field fields[NFIELDS] = {
    {"address", "address", true},
    {"lifetime", "valid_lifetime", true},
    {"expire", "expire", true},
    {"customer", NULL, false},
    {"state", "state", false},
    {"lease_type", "lease_type", false},
    {"prefix_len", "prefix_len", false},
    {"hwaddr", "hwaddr", false},
    {"client_id", "client_id", false},
    {"duid", "duid", false},
};
static const char *const names[] = {"customer", NULL};

static bool
claims(struct str head)
{
	static const char *const v4[] = {
	    "address", "hwaddr", "client_id", "valid_lifetime", "expire", NULL};
	static const char *const v6[] = {"address", "duid", "valid_lifetime",
	    "expire", "lease_type", "prefix_len", NULL};

	return lease_table_claims(head, v4) || lease_table_claims(head, v6);
}

/* Unless the configuration names a column: the hardware address, which IPv6
 * leases often lack, else the DUID or the client id. */
static struct str
customer_of(const struct lease_table *t)
{
	static const int order4[] = {HWADDR, CLIENT_ID, DUID};
	static const int order6[] = {DUID, HWADDR, CLIENT_ID};
	const int *order = t->column[DUID] == SIZE_MAX ? order4 : order6;

	if (t->column[CUSTOMER] != SIZE_MAX)
		return lease_field(t, CUSTOMER);
	for (int i = 0; i < 3; i++)
		if (lease_field(t, order[i]).n > 0)
			return lease_field(t, order[i]);
	return STR("");
}

/* lease_type 2 is a delegated prefix (IA_PD). */
static const char *
read_address(const struct lease_table *t, struct lease *l)
{
	struct str type = lease_field(t, TYPE), a = lease_field(t, ADDRESS);
	struct str len = lease_field(t, LENGTH);
	char prefix[ADDR_TEXT_MAX + 8];

	if (!addr_parse(a, &l->first))
		return "is not an address";
	l->last = l->first;
	if (!str_eq(type, STR("2")) && !str_eqi(type, STR("IA_PD")))
		return NULL;
	if (a.n >= ADDR_TEXT_MAX || len.n == 0 || len.n > 3)
		return "has no prefix length";
	memcpy(prefix, a.p, a.n);
	prefix[a.n] = '/';
	memcpy(prefix + a.n + 1, len.p, len.n);
	return lease_read_range(str_of(prefix, a.n + 1 + len.n), l);
}

static bool
read_seconds(struct str s, int64_t *out)
{
	uint64_t v;

	if (!str_u64(s, &v) || v > UINT64_C(100000000000))
		return false;
	*out = (int64_t)v * USEC;
	return true;
}

static enum lease_row
read_row(struct lease_table *t)
{
	struct str state = lease_field(t, STATE);
	struct str address = lease_field(t, ADDRESS);
	struct lease l = {.customer = customer_of(t), .end = UTC_NONE};
	int64_t lifetime;
	const char *why;

	if ((why = read_address(t, &l)) != NULL)
		return lease_bad(&t->r, "address", address, why);
	if (!read_seconds(lease_field(t, LIFETIME), &lifetime) ||
	    !read_seconds(lease_field(t, EXPIRE), &l.lapse) ||
	    l.lapse < lifetime)
		return lease_bad(&t->r, "expire", lease_field(t, EXPIRE),
		    "and valid_lifetime are no times");
	/* 0 active, 2 expired-reclaimed: was so until then.  1 declined and
	 * later ones say nothing of a customer. */
	if (lifetime == 0 || (state.n > 0 && !str_eq(state, STR("0")) &&
	                         !str_eq(state, STR("2"))))
		return LEASE_IGNORED;
	if (l.customer.n == 0)
		return lease_bad(&t->r, "row", t->row.raw, "has no client");
	l.start = l.seen = l.lapse - lifetime;
	/* RFC 2131, 3.3: 0xffffffff is for ever. */
	if (lifetime == (int64_t)UINT32_MAX * USEC)
		l.lapse = UTC_NONE;
	l.session = LEASE_DHCP_SESSION;
	lease_give(&t->r, &l);
	return LEASE_USED;
}

static int
read_kea(struct source *s, const struct lease_options *opt,
    struct lease_sink *sink, struct lease_counts *counts, struct err *e)
{
	return lease_table_read(
	    s, opt, fields, NFIELDS, read_row, sink, counts, e);
}

const struct lease_source_ops lease_source_kea = {
    .name = "kea",
    .summary = "Kea's memfile, kea-leases4.csv and kea-leases6.csv",
    .fields = names,
    .claims = claims,
    .read = read_kea,
};
