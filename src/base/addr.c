/* SPDX-License-Identifier: Apache-2.0 */
#include "base/addr.h"

#include <arpa/inet.h>

static const uint8_t v4_mapped[12] = {[10] = 0xff, [11] = 0xff};

struct addr
addr_v4(const uint8_t b[static 4])
{
	struct addr a;

	memcpy(a.b, v4_mapped, 12);
	memcpy(a.b + 12, b, 4);
	return a;
}

/* Own reader: inet_pton refuses the leading zeros that some logs print. */
static bool
parse_v4(struct str s, uint8_t out[static 4])
{
	for (int i = 0; i < 4; i++) {
		struct str d = str_digits(&s);
		uint64_t v;
		if (d.n == 0 || d.n > 3 || !str_u64(d, &v) || v > 255)
			return false;
		out[i] = (uint8_t)v;
		if (i < 3 && !str_skip(&s, STR(".")))
			return false;
	}
	return s.n == 0;
}

bool
addr_parse(struct str s, struct addr *out)
{
	uint8_t b4[4];
	char z[ADDR_TEXT_MAX];

	if (s.n == 0 || s.n > 60)
		return false;
	if (s.p[0] >= '0' && s.p[0] <= '9' && parse_v4(s, b4)) {
		*out = addr_v4(b4);
		return true;
	}
	if (str_startsi(s, STR("IPv6:")))
		s = str_from(s, 5);
	if (s.n >= sizeof(z) || str_chr(s, ':') < 0)
		return false;
	memcpy(z, s.p, s.n);
	z[s.n] = '\0';
	return inet_pton(AF_INET6, z, out->b) == 1;
}

bool
addr_is_v4(struct addr a)
{
	return memcmp(a.b, v4_mapped, 12) == 0;
}

size_t
addr_format(struct addr a, char out[static ADDR_TEXT_MAX])
{
	if (addr_is_v4(a))
		inet_ntop(AF_INET, a.b + 12, out, ADDR_TEXT_MAX);
	else
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
