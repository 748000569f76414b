/* SPDX-License-Identifier: Apache-2.0 */
/* Packets are written as hex, a header a line; addresses of RFC 5737. */
#include "input/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define MACS "020000000001020000000002"
/* 198.51.100.7:40000 > 192.0.2.25:25, SYN */
#define TCP   "9c40 0019 00000001 00000000 50 02 2000 0000 0000"
#define ENDS4 "c6336407 c0000219"
#define IP4   "45000028 00070000 40060000" ENDS4
#define ENDS6                                                                  \
	"20010db8000000000000000000000007 20010db8000000000000000000000025"
#define IP6 "60000000 0014 06 40" ENDS6

static struct packet
decode_cut(enum packet_link link, const char *hex, size_t cut)
{
	static uint8_t bytes[512];
	struct packet p;
	size_t n = 0;
	unsigned v;

	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		assert_int_equal(sscanf(hex, "%2x", &v), 1);
		bytes[n++] = (uint8_t)v;
		hex++;
	}
	assert_true(n >= cut);
	packet_decode(link, rd_of(bytes, n - cut), &p);
	return p;
}

static struct packet
decode(enum packet_link link, const char *hex)
{
	return decode_cut(link, hex, 0);
}

static void
check_syn(struct packet p, const char *src)
{
	char text[ADDR_TEXT_MAX];

	assert_int_equal(p.what, PACKET_TCP);
	addr_format(p.src, text);
	assert_string_equal(text, src);
	assert_int_equal(p.src_port, 40000);
	assert_int_equal(p.dst_port, 25);
	assert_true(p.has_flags);
	assert_int_equal(p.flags, 2);
}

static void
test_wrappings(void **state)
{
	static const struct {
		enum packet_link link;
		const char *head;
	} row[] = {
	    {LINK_IPV4, ""},
	    {LINK_IP, ""},
	    {LINK_ETHERNET, MACS "0800"},
	    {LINK_ETHERNET, MACS "8100002a0800"},
	    {LINK_ETHERNET, MACS "88a800078100002a0800"},
	    {LINK_ETHERNET, MACS "9100000792000008810000090800"},
	    {LINK_ETHERNET, MACS "8847000100400001113f"},
	    {LINK_MPLS, "0001013f"},
	    {LINK_ETHERNET, MACS "886411000009002a0021"},
	    {LINK_ETHERNET, MACS "8100002a886411000009002a0021"},
	    {LINK_ETHERNET, MACS "0030aaaa030000000800"},
	    {LINK_PPP, "ff030021"},
	    {LINK_POS, "0021"},
	    {LINK_ETHERTYPE, "0800"},
	};
	char hex[400];

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		snprintf(hex, sizeof(hex), "%s" IP4 TCP, row[i].head);
		check_syn(decode(row[i].link, hex), "198.51.100.7");
	}
	check_syn(decode(LINK_IPV6, IP6 TCP), "2001:db8::7");
	check_syn(decode(LINK_ETHERNET, MACS "86dd" IP6 TCP), "2001:db8::7");
	check_syn(decode(LINK_ETHERNET, MACS "886411000009003e0057" IP6 TCP),
	    "2001:db8::7");
}

static void
test_options_and_extensions(void **state)
{
	(void)state;
	check_syn(decode(LINK_IPV4, "47000030 00070000 40060000" ENDS4
	                            "01010101 01010101" TCP),
	    "198.51.100.7");
	/* hop-by-hop, routing, authentication, destination options */
	check_syn(
	    decode(LINK_IPV6,
	        "60000000 0054 00 40" ENDS6 "2b00000000000000 3300000000000000"
	        "3c04000000000000 000000000000000000000000 00000000"
	        "0601000000000000 0000000000000000" TCP),
	    "2001:db8::7");
}

static void
test_fragments(void **state)
{
	struct packet p;

	(void)state;
	/* More fragments, offset 0, whole header: a packet. */
	check_syn(decode(LINK_IPV4, "45000028 00072000 40060000" ENDS4 TCP),
	    "198.51.100.7");
	/* The same, cut before the flags: RFC 1858's trick, or too short. */
	p = decode(
	    LINK_IPV4, "4500001c 00072000 40060000" ENDS4 "9c400019 00000001");
	assert_int_equal(p.what, PACKET_FRAGMENT);
	/* A later one whose data reads like ports. */
	p = decode(LINK_IPV4, "45000028 000700b9 40060000" ENDS4 TCP);
	assert_int_equal(p.what, PACKET_FRAGMENT);
	assert_int_equal(p.dst_port, 0);
	check_syn(decode(LINK_IPV6,
	              "60000000 001c 2c 40" ENDS6 "0600000100000009" TCP),
	    "2001:db8::7");
	p = decode(
	    LINK_IPV6, "60000000 001c 2c 40" ENDS6 "0600005900000009" TCP);
	assert_int_equal(p.what, PACKET_FRAGMENT);
}

static void
test_cuts(void **state)
{
	struct packet p;

	(void)state;
	/* Six bytes after the flags, then the flags, then the ports. */
	p = decode_cut(LINK_IPV4, IP4 TCP, 6);
	assert_true(p.what == PACKET_TCP && p.has_flags);
	p = decode_cut(LINK_IPV4, IP4 TCP, 7);
	assert_true(p.what == PACKET_TCP && !p.has_flags);
	assert_int_equal(p.dst_port, 25);
	p = decode_cut(LINK_IPV4, IP4 TCP, 16);
	assert_true(p.what == PACKET_TCP && !p.has_flags);
	p = decode_cut(LINK_IPV4, IP4 TCP, 17);
	assert_int_equal(p.what, PACKET_CUT);
	p = decode_cut(LINK_IPV4, IP4 TCP, 21);
	assert_int_equal(p.what, PACKET_CUT);
	p = decode_cut(LINK_IPV4, IP4 TCP, 40);
	assert_int_equal(p.what, PACKET_CUT);
	/* IP says 28 bytes: the rest is padding, not flags. */
	p = decode(LINK_IPV4, "4500001c 00070000 40060000" ENDS4 TCP);
	assert_true(p.what == PACKET_TCP && !p.has_flags);
}

static void
test_not_mail(void **state)
{
	static const struct {
		enum packet_link link;
		const char *hex;
		enum packet_what what;
	} row[] = {
	    {LINK_ETHERNET, MACS "0806 0001", PACKET_OTHER},
	    {LINK_ETHERNET, MACS "0026 424203", PACKET_CUT},
	    {LINK_ETHERNET, MACS "0026 424203000000", PACKET_OTHER},
	    {LINK_NONE, IP4 TCP, PACKET_OTHER},
	    {LINK_MPLS, "0001013f 00000000", PACKET_OTHER}, /* control word */
	    {LINK_MPLS, "00010040 00010040 00010040", PACKET_CUT},
	    {LINK_ETHERNET, MACS "8100002a 8100002a 8100", PACKET_CUT},
	    {LINK_IPV4,
	        "44"
	        "000028 00070000 40060000" ENDS4,
	        PACKET_BAD},
	    {LINK_IPV4, "4f000028 00070000 40060000" ENDS4 TCP, PACKET_BAD},
	    {LINK_IPV4, IP6 TCP, PACKET_BAD},
	    {LINK_IPV4, "45000028 00070000 402f0000" ENDS4 TCP, PACKET_TUNNEL},
	    {LINK_IPV4, "45000028 00070000 40290000" ENDS4 TCP, PACKET_TUNNEL},
	    {LINK_IPV4, "45000028 00070000 40040000" ENDS4 TCP, PACKET_TUNNEL},
	    {LINK_IPV4,
	        "45000028 00070000 40110000" ENDS4 "9c40 12b5 0014 0000 0000",
	        PACKET_TUNNEL},
	    {LINK_IPV4, "45000028 00070000 40010000" ENDS4 TCP, PACKET_IP},
	    /* A forged mapped source must not become an IPv4 address. */
	    {LINK_IPV6,
	        "60000000 0014 06 40"
	        "00000000000000000000ffffc6336407"
	        "20010db8000000000000000000000025" TCP,
	        PACKET_BAD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct packet p = decode(row[i].link, row[i].hex);
		if (p.what != row[i].what)
			print_error("row %zu\n", i);
		assert_int_equal(p.what, row[i].what);
	}
}

static void
test_udp_payload(void **state)
{
	struct packet p;

	(void)state;
	p = decode(LINK_IPV4, "45000020 00070000 40110000" ENDS4
	                      "9c40 18c7 000c 0000 01020304 0000");
	assert_int_equal(p.what, PACKET_UDP);
	assert_int_equal(p.dst_port, 6343);
	assert_int_equal(rd_left(&p.payload), 4); /* IP's padding is off */
	assert_int_equal(p.payload.p[3], 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_wrappings),
	    cmocka_unit_test(test_options_and_extensions),
	    cmocka_unit_test(test_fragments),
	    cmocka_unit_test(test_cuts),
	    cmocka_unit_test(test_not_mail),
	    cmocka_unit_test(test_udp_payload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
