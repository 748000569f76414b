/* SPDX-License-Identifier: Apache-2.0 */
/*
 * talk_gen [DIVISOR [OTHER]]: a pcap on stdout of sFlow v5 datagrams whose
 * SMTP samples have the proportions of Clayton's talk on the LINX data:
 * 9,672,926 packets; SYN 413,902, SYN/ACK 194,649, RST 72,235, FIN 387,433;
 * 378,457 addresses clients only, 170,648 servers only, 62,458 both.
 * DIVISOR divides all of them.  OTHER: so many other samples to each of SMTP.
 * The same arguments give the same bytes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { SAMPLES = 8, HEADER = 64, RATE = 2048 };
#define START 1141776000u /* 2006-03-08, 25 hours of which follow */
#define SPAN  90000.0

/* What is left to write of each kind of packet. */
static const uint8_t kind_flags[] = {SYN, SYN | ACK, RST | ACK, FIN | ACK, ACK};
static uint64_t left[] = {413902, 194649, 72235, 387433, 9672926};
#define KINDS (sizeof(left) / sizeof(left[0]))

static uint64_t clients_only = 378457, servers_only = 170648, both = 62458;
static uint64_t state = 1;

struct out {
	uint8_t b[2048];
	size_t n;
};

static uint64_t
random_below(uint64_t n)
{
	state ^= state << 13; /* xorshift64, Marsaglia 2003 */
	state ^= state >> 7;
	state ^= state << 17;
	return state % n;
}

static void
put16(struct out *o, unsigned v)
{
	o->b[o->n++] = (uint8_t)(v >> 8);
	o->b[o->n++] = (uint8_t)v;
}

static void
put32(struct out *o, uint32_t v)
{
	put16(o, v >> 16);
	put16(o, v & 0xffff);
}

/* Addresses one by one all over 1.0.0.0 to 223.255.255.255: the factor is
 * prime to the number of addresses there. */
static uint32_t
address(uint64_t i)
{
	return (uint32_t)(0x01000000u + i * UINT64_C(2654435761) % 0xdf000000u);
}

/* The numbers are: clients only, both, servers only. */
static uint32_t
client_of(uint64_t i)
{
	uint64_t n = clients_only + both;

	return address(i < n ? i : random_below(random_below(n) + 1));
}

static uint32_t
server_of(uint64_t i)
{
	uint64_t n = both + servers_only;

	return address(clients_only + (i < n ? n - 1 - i : random_below(n)));
}

/* Without putting back, so that each kind comes as often as it should. */
static uint8_t
next_flags(uint64_t packets_left)
{
	uint64_t at = random_below(packets_left);
	size_t k = 0;

	while (at >= left[k])
		at -= left[k++];
	left[k]--;
	return kind_flags[k];
}

/* Ethernet, IPv4, TCP; ten bytes of the payload. */
static void
put_header(struct out *o, uint32_t src, uint32_t dst, unsigned sport,
    unsigned dport, uint8_t flags)
{
	static const uint8_t ethernet[14] = {
	    2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};

	memcpy(o->b + o->n, ethernet, sizeof(ethernet));
	o->n += sizeof(ethernet);
	put32(o, 0x45000000u | 50);
	put32(o, 0x00014000);
	put32(o, 0x40060000);
	put32(o, src);
	put32(o, dst);
	put16(o, sport);
	put16(o, dport);
	put32(o, 1);
	put32(o, 1);
	put16(o, 0x5000u | flags);
	put16(o, 8192);
	put32(o, 0);
	memset(o->b + o->n, 0, 10);
	o->n += 10;
}

/* Flow sample with one raw header of 64 bytes. */
static void
put_sample(struct out *o, uint64_t packet, uint64_t packets_left, int other)
{
	static uint32_t sequence;
	uint8_t flags = other ? ACK : next_flags(packets_left);
	unsigned port = other ? 80 : 25, from = 1024 + packet % 60000;
	uint32_t client = client_of(packet), server = server_of(packet);
	int back =
	    flags == (SYN | ACK) || (flags != SYN && random_below(2) == 0);

	while (client == server)
		server = server_of(UINT64_MAX);
	put32(o, 1);
	put32(o, 32 + 8 + 16 + HEADER);
	put32(o, ++sequence);
	put32(o, 3);
	put32(o, RATE);
	put32(o, sequence * RATE);
	put32(o, 0);
	put32(o, 3);
	put32(o, 4);
	put32(o, 1);
	put32(o, 1);
	put32(o, 16 + HEADER);
	put32(o, 1);
	put32(o, HEADER + 4);
	put32(o, 4);
	put32(o, HEADER);
	if (back)
		put_header(o, server, client, port, from, flags);
	else
		put_header(o, client, server, from, port, flags);
}

static void
put_little(uint32_t v)
{
	const uint8_t b[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16),
	    (uint8_t)(v >> 24)};

	fwrite(b, 1, sizeof(b), stdout);
}

/* The pcap record: Ethernet, IPv4, UDP, and the datagram. */
static void
write_datagram(const struct out *o, double when)
{
	struct out h = {.n = 0};

	put32(&h, 0x02000000);
	put32(&h, 0x00010200);
	put32(&h, 0x00000002);
	put16(&h, 0x0800);
	put32(&h, 0x45000000u | (uint32_t)(o->n + 28));
	put32(&h, 0x00014000);
	put32(&h, 0x40110000);
	put32(&h, 0xc0000201); /* 192.0.2.1 to 192.0.2.5 */
	put32(&h, 0xc0000205);
	put16(&h, 6343);
	put16(&h, 6343);
	put16(&h, (unsigned)o->n + 8);
	put16(&h, 0);
	put_little(START + (uint32_t)when);
	put_little((uint32_t)((when - (uint32_t)when) * 1e6));
	put_little((uint32_t)(h.n + o->n));
	put_little((uint32_t)(h.n + o->n));
	fwrite(h.b, 1, h.n, stdout);
	fwrite(o->b, 1, o->n, stdout);
}

static void
begin_datagram(struct out *o, unsigned samples, double when)
{
	static uint32_t sequence;

	o->n = 0;
	put32(o, 5);
	put32(o, 1);
	put32(o, 0xc0000201);
	put32(o, 0);
	put32(o, ++sequence);
	put32(o, 3600000u + (uint32_t)(when * 1000));
	put32(o, samples);
}

static void
divide(uint64_t by)
{
	clients_only /= by;
	servers_only /= by;
	both /= by;
	for (size_t k = 0; k < KINDS; k++)
		left[k] /= by;
}

int
main(int argc, char **argv)
{
	uint64_t other = argc > 2 ? strtoull(argv[2], NULL, 10) : 0, all;
	struct out o;

	divide(argc > 1 ? strtoull(argv[1], NULL, 10) : 1);
	all = left[KINDS - 1];
	for (size_t k = 0; k + 1 < KINDS; k++)
		left[KINDS - 1] -= left[k];
	put_little(0xa1b2c3d4);
	put_little(4 << 16 | 2);
	put_little(0);
	put_little(0);
	put_little(65535);
	put_little(1);
	for (uint64_t i = 0, total = all * (other + 1); i < total;) {
		double when = SPAN * (double)i / (double)total;
		unsigned n =
		    total - i < SAMPLES ? (unsigned)(total - i) : SAMPLES;

		begin_datagram(&o, n, when);
		for (; n > 0; n--, i++)
			put_sample(&o, i / (other + 1), all - i / (other + 1),
			    i % (other + 1) != 0);
		write_datagram(&o, when);
	}
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
