/* SPDX-License-Identifier: Apache-2.0 */
#include "base/addr.h"

#include <arpa/inet.h>

static const uint8_t v4_mapped[12] = {[10] = 0xff, [11] = 0xff};

/* Own reader: inet_pton refuses the leading zeros that some logs print. */
static bool
parse_v4(struct str s, uint8_t out[static 4])
{
	const char *p = s.p, *end = s.p + s.n;
	unsigned v, d;

	for (int part = 0; part < 4; part++) {
		if (part > 0 && (p == end || *p++ != '.'))
			return false;
		if (p == end || (v = (unsigned)(*p - '0')) > 9)
			return false;
		p++;
		if (p < end && (d = (unsigned)(*p - '0')) <= 9) {
			v = v * 10 + d;
			p++;
			if (p < end && (d = (unsigned)(*p - '0')) <= 9) {
				v = v * 10 + d;
				p++;
			}
		}
		if (v > 255)
			return false;
		out[part] = (uint8_t)v;
	}
	return p == end;
}

/* A hexadecimal digit and one; 0: it is none. */
static const uint8_t hex_value[256] = {['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4,
    ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10,
    ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16};

/* Up to eight groups of hexadecimal digits, one gap ("::") of one and more
 * among them (RFC 4291 2.2).  False also for what has an IPv4 address at its
 * end, which inet_pton reads. */
static bool
parse_v6(struct str s, uint8_t out[static 16])
{
	const unsigned char *p = (const unsigned char *)s.p;
	uint16_t group[8];
	size_t i = 0, n = 0, gap = 9;

	if (s.n >= 2 && s.p[0] == ':' && s.p[1] == ':') {
		gap = 0;
		i = 2;
	}
	while (i < s.n) {
		unsigned v = 0, digits = 0, d;

		for (; i < s.n && (d = hex_value[p[i]]) != 0; i++, digits++)
			v = v << 4 | (d - 1);
		if (digits == 0 || digits > 4 || n == 8)
			return false;
		group[n++] = (uint16_t)v;
		if (i == s.n)
			break;
		if (s.p[i++] != ':' || i == s.n)
			return false;
		if (s.p[i] == ':') {
			if (gap != 9)
				return false;
			gap = n;
			i++;
		}
	}
	if (gap == 9 ? n != 8 : n == 8)
		return false;
	memset(out, 0, 16);
	for (i = 0; i < n; i++) {
		size_t at = i < gap ? i : 8 - n + i;

		out[2 * at] = (uint8_t)(group[i] >> 8);
		out[2 * at + 1] = (uint8_t)group[i];
	}
	return true;
}

bool
addr_parse(struct str s, struct addr *out)
{
	uint8_t b[16];
	char z[ADDR_TEXT_MAX];

	if (s.n == 0 || s.n > 60)
		return false;
	if (s.p[0] >= '0' && s.p[0] <= '9' && parse_v4(s, b)) {
		*out = addr_v4(b);
		return true;
	}
	if (str_startsi(s, STR("IPv6:")))
		s = str_from(s, 5);
	if (s.n >= sizeof(z) || str_chr(s, ':') < 0)
		return false;
	if (parse_v6(s, b)) {
		memcpy(out->b, b, 16);
		return true;
	}
	memcpy(z, s.p, s.n);
	z[s.n] = '\0';
	return inet_pton(AF_INET6, z, out->b) == 1;
}

bool
addr_is_v4(struct addr a)
{
	return memcmp(a.b, v4_mapped, 12) == 0;
}

/* inet_ntop prints with printf, and each record has an address. */
static size_t
format_v4(const uint8_t *b, char *out)
{
	char *at = out;

	for (int i = 0; i < 4; i++) {
		if (b[i] >= 100)
			*at++ = (char)('0' + b[i] / 100);
		if (b[i] >= 10)
			*at++ = (char)('0' + b[i] / 10 % 10);
		*at++ = (char)('0' + b[i] % 10);
		*at++ = i < 3 ? '.' : '\0';
	}
	return (size_t)(at - 1 - out);
}

/* The first of the longest runs of two zero groups and more (RFC 5952 4.2);
 * its length, 0 for none. */
static int
zero_run(const uint16_t *group, int *first)
{
	int best = 1, n = 0;

	for (int i = 0; i < 8; i++) {
		n = group[i] == 0 ? n + 1 : 0;
		if (n > best) {
			best = n;
			*first = i + 1 - n;
		}
	}
	return best > 1 ? best : 0;
}

static char *
put_group(char *at, unsigned v)
{
	static const char hex[] = "0123456789abcdef";

	for (int shift = 12; shift > 0; shift -= 4)
		if (v >> shift != 0)
			*at++ = hex[v >> shift & 15];
	*at++ = hex[v & 15];
	return at;
}

static size_t
format_v6(const uint8_t *b, char *out)
{
	uint16_t group[8];
	int first = -1, run, i;
	char *at = out;

	for (i = 0; i < 8; i++)
		group[i] = (uint16_t)(b[2 * i] << 8 | b[2 * i + 1]);
	run = zero_run(group, &first);
	for (i = 0; i < 8; i++) {
		if (run > 0 && i == first) {
			*at++ = ':';
			i += run - 1;
			if (i == 7)
				*at++ = ':';
			continue;
		}
		if (i > 0)
			*at++ = ':';
		at = put_group(at, group[i]);
	}
	*at = '\0';
	return (size_t)(at - out);
}

size_t
addr_format(struct addr a, char out[static ADDR_TEXT_MAX])
{
	static const uint8_t none[12];

	if (addr_is_v4(a))
		return format_v4(a.b + 12, out);
	if (memcmp(a.b, none, 12) != 0)
		return format_v6(a.b, out);
	/* ::1.2.3.4, which nobody uses any more */
	inet_ntop(AF_INET6, a.b, out, ADDR_TEXT_MAX);
	return strlen(out);
}

bool
addr_is_loopback(struct addr a)
{
	static const uint8_t one[16] = {[15] = 1};

	if (addr_is_v4(a))
		return a.b[12] == 127;
	return memcmp(a.b, one, 16) == 0;
}

bool
addr_is_zero(struct addr a)
{
	static const uint8_t none[16];

	return memcmp(a.b, none, 16) == 0;
}

int
addr_cmp(struct addr a, struct addr b)
{
	return memcmp(a.b, b.b, 16);
}

bool
prefix_parse(struct str s, struct prefix *out)
{
	ptrdiff_t slash = str_chr(s, '/');
	uint64_t len = 128;
	struct addr a;

	if (!addr_parse(slash < 0 ? s : str_head(s, (size_t)slash), &a))
		return false;
	if (slash >= 0) {
		if (!str_u64(str_from(s, (size_t)slash + 1), &len))
			return false;
		if (addr_is_v4(a) && str_chr(s, ':') < 0) {
			if (len > 32)
				return false;
			len += 96;
		}
		if (len > 128)
			return false;
	}
	out->len = (int)len;
	out->first = out->last = a;
	for (int bit = out->len; bit < 128; bit++) {
		out->first.b[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
		out->last.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	}
	return true;
}

bool
prefix_has(const struct prefix *p, struct addr a)
{
	return memcmp(a.b, p->first.b, 16) >= 0 &&
	    memcmp(a.b, p->last.b, 16) <= 0;
}
