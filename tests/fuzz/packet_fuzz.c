/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte is the link type, the rest the packet. */
#include <stdlib.h>

#include "input/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct packet p;

	if (n == 0)
		return 0;
	packet_decode(
	    (enum packet_link)(data[0] % 104), rd_of(data + 1, n - 1), &p);
	if (p.what == PACKET_UDP &&
	    (p.payload.p < data || p.payload.end > data + n))
		abort();
	if (p.has_flags != (p.what == PACKET_TCP) && p.what != PACKET_TCP)
		if (p.what != PACKET_FRAGMENT)
			abort();
	return 0;
}
