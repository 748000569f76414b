/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IP addresses as 16 bytes, IPv4 mapped (::ffff:a.b.c.d, RFC 4291 2.5.5.2),
 * so that memcmp orders them and one column stores them.  Text form is
 * RFC 5952, mapped IPv4 as dotted quad.
 */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include "base/err.h"
#include "base/str.h"

struct addr {
	uint8_t b[16];
};

struct prefix {
	struct addr first, last; /* inclusive */
	int len;		 /* 0..128; an IPv4 /24 is 120 */
};

#define ADDR_TEXT_MAX 46

/* Reads IPv4 (leading zeros accepted as decimal: 001.002.003.004), IPv6,
 * "IPv6:..." and mapped forms.  No brackets, no port.  False if it is none. */
bool addr_parse(struct str s, struct addr *out);
static inline struct addr
addr_v4(const uint8_t b[static 4])
{
	struct addr a = {.b = {[10] = 0xff, [11] = 0xff}};

	memcpy(a.b + 12, b, 4);
	return a;
}
/* Writes the text and returns its length. */
size_t addr_format(struct addr a, char out[static ADDR_TEXT_MAX]);
bool addr_is_v4(struct addr a);
bool addr_is_loopback(struct addr a);
bool addr_is_zero(struct addr a);
int addr_cmp(struct addr a, struct addr b);
static inline bool
addr_eq(struct addr a, struct addr b)
{
	return memcmp(a.b, b.b, sizeof(a.b)) == 0;
}

/* "198.51.100.0/24", "2001:db8::/32" or a single address; host bits beyond
 * the length are cleared. */
bool prefix_parse(struct str s, struct prefix *out);
bool prefix_has(const struct prefix *p, struct addr a);

#endif
