/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends sFlow 5 over UDP at a steady rate, to loopback alone, for a bounded
 * time, and tells what it sent:
 *
 *   sflow_send ADDR PORT SAMPLES_PER_SECOND SECONDS [SMTP_PERCENT [AGENT]]
 *   datagrams=100000 samples=700000 smtp=700000
 *
 * Seven flow samples a datagram, each with 128 bytes of Ethernet, IPv4 and
 * TCP.  SMTP packet number k comes from 198.18.0.0/15 (RFC 2544): the low 17
 * bits of k are in the address, the others plus 1024 are the source port, so a
 * test can see which ones have arrived.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	PER = 7,
	HEAD = 28,
	SAMPLE = 192,
	FRAME = 64, /* offset of the sampled bytes in a sample */
	SIZE = HEAD + PER * SAMPLE,
	BATCH = 32,
	SECONDS_MAX = 600,
	CLIENTS = 1 << 17,
	RATE = 1024
};

static uint64_t samples, smtp;
static uint8_t bytes[BATCH][SIZE];

static void
put32(uint8_t *p, uint32_t v)
{
	v = htonl(v);
	memcpy(p, &v, 4);
}

static void
put16(uint8_t *p, uint16_t v)
{
	v = htons(v);
	memcpy(p, &v, 2);
}

static void
fill_template(uint8_t *d, uint32_t agent)
{
	static const uint8_t frame[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8,
	    0, 0x45, 0, 0x05, 0xdc, 0, 0, 0x40, 0, 63, 6, 0, 0};

	put32(d, 5);
	put32(d + 4, 1);
	put32(d + 8, agent);
	put32(d + 24, PER);
	for (int i = 0; i < PER; i++) {
		uint8_t *s = d + HEAD + i * SAMPLE;

		put32(s, 1);
		put32(s + 4, SAMPLE - 8);
		put32(s + 12, 1);
		put32(s + 16, RATE);
		put32(s + 28, 1);
		put32(s + 32, 2);
		put32(s + 36, 1);
		put32(s + 40, 1);
		put32(s + 44, 16 + 128);
		put32(s + 48, 1);
		put32(s + 52, 1518);
		put32(s + 56, 4);
		put32(s + 60, 128);
		memcpy(s + FRAME, frame, sizeof(frame));
		s[FRAME + 14 + 20 + 12] = 0x50;
	}
}

static void
fill_sample(uint8_t *s, unsigned percent)
{
	uint8_t *ip = s + FRAME + 14, *tcp = ip + 20;
	uint64_t k = samples % 100 < percent ? smtp++ : samples;
	uint32_t client = (uint32_t)(k % CLIENTS);

	put32(s + 8, (uint32_t)samples + 1);
	put32(s + 20, (uint32_t)(samples + 1) * RATE);
	put32(ip + 12, 0xc6120000 + client);
	put32(
	    ip + 16, 0xcb007100 + (client + (uint32_t)(k / CLIENTS) % 3) % 250);
	put16(tcp, (uint16_t)(1024 + k / CLIENTS % 60000));
	put16(tcp + 2, samples % 100 < percent ? 25 : 443);
	tcp[13] = k / CLIENTS % 4 == 0 ? 2 : 16;
	samples++;
}

static void
fill(uint8_t *d, uint32_t number, unsigned percent)
{
	put32(d + 16, number + 1);
	put32(d + 20, 1000 + number / 15);
	for (int i = 0; i < PER; i++)
		fill_sample(d + HEAD + i * SAMPLE, percent);
}

static int
address(struct sockaddr_storage *to, socklen_t *n, const char *host, int port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	v4.sin_port = v6.sin6_port = htons((uint16_t)port);
	if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
		memcpy(to, &v4, *n = sizeof(v4));
		return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
	}
	if (inet_pton(AF_INET6, host, &v6.sin6_addr) != 1)
		return 0;
	memcpy(to, &v6, *n = sizeof(v6));
	return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

static void
send_batch(int fd, struct sockaddr_storage *to, socklen_t size, unsigned n)
{
	struct mmsghdr m[BATCH] = {0};
	struct iovec v[BATCH];
	unsigned done = 0;

	for (unsigned i = 0; i < n; i++) {
		v[i] = (struct iovec){bytes[i], SIZE};
		m[i].msg_hdr.msg_iov = &v[i];
		m[i].msg_hdr.msg_iovlen = 1;
		m[i].msg_hdr.msg_name = to;
		m[i].msg_hdr.msg_namelen = size;
	}
	while (done < n) {
		int sent = sendmmsg(fd, m + done, n - done, 0);

		if (sent > 0)
			done += (unsigned)sent;
		else if (errno != ENOBUFS && errno != EINTR) {
			perror("sflow_send");
			exit(1);
		}
	}
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	double rate = argc > 3 ? atof(argv[3]) : 0;
	double seconds = argc > 4 ? atof(argv[4]) : 0;
	unsigned percent = argc > 5 ? (unsigned)atoi(argv[5]) : 100;
	uint64_t all = (uint64_t)(rate * seconds / PER), sent = 0;
	struct sockaddr_storage to = {0};
	struct in_addr agent;
	socklen_t size = 0;
	double start;
	int fd;

	if (argc < 5 || seconds <= 0 || seconds > SECONDS_MAX ||
	    percent > 100 || !address(&to, &size, argv[1], atoi(argv[2])) ||
	    inet_pton(AF_INET, argc > 6 ? argv[6] : "192.0.2.1", &agent) != 1) {
		fputs("usage: sflow_send LOOPBACK PORT RATE SECONDS [PERCENT "
		      "[AGENT]]\n",
		    stderr);
		return 2;
	}
	fd = socket(to.ss_family, SOCK_DGRAM, 0);
	for (int i = 0; i < BATCH; i++)
		fill_template(bytes[i], ntohl(agent.s_addr));
	start = now();
	while (sent < all) {
		uint64_t due = (uint64_t)((now() - start) * rate / PER);
		unsigned n = 0;

		if (due > all)
			due = all;
		for (; n < BATCH && sent < due; n++)
			fill(bytes[n], (uint32_t)sent++, percent);
		if (n == 0)
			usleep(500);
		else
			send_batch(fd, &to, size, n);
	}
	printf("datagrams=%llu samples=%llu smtp=%llu\n",
	    (unsigned long long)sent, (unsigned long long)samples,
	    (unsigned long long)smtp);
	close(fd);
	return 0;
}
