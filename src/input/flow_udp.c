/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recvmmsg(2) on sockets that do not block.  Receive times are SO_TIMESTAMPNS
 * (socket(7)): when the kernel got the datagram, not when we got to it.
 *
 * The drops are the socket's own counter (sk_drops, the last column of
 * /proc/net/udp).  SO_RXQ_OVFL would tell it with the next datagram that gets
 * through, and so never for the last drops; SO_MEMINFO (Linux 4.12) tells it
 * whenever asked, so it alone is used.
 */
#include "input/flow_udp.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/utc.h"

enum {
	BATCH = 64,       /* datagrams a call */
	ROUNDS = 16,      /* calls a socket, before the others get a turn */
	DATAGRAM = 65536, /* more than UDP can carry */
	/* Two seconds of 100,000 samples/s; SO_RCVBUFFORCE may set it where
	 * SO_RCVBUF is cut to net.core.rmem_max. */
	BUFFER = 32 << 20,
	NAME_SIZE = ADDR_TEXT_MAX + 10,
};

struct udp_socket {
	int fd, buffer;
	uint32_t drops_seen; /* the kernel's counter, which wraps */
	uint64_t drops;
	char name[NAME_SIZE];
};

/* What recvmmsg fills. */
struct slot {
	struct sockaddr_in6 from; /* room for both families */
	struct iovec iov;
	alignas(
	    struct cmsghdr) char control[CMSG_SPACE(sizeof(struct timespec))];
};

struct flow_udp {
	struct udp_socket *sockets;
	struct pollfd *poll;
	size_t n;
	struct mmsghdr msgs[BATCH];
	struct slot slots[BATCH];
	char *bytes; /* BATCH times DATAGRAM */
};

bool
flow_udp_parse(struct str listen, struct addr *addr, uint16_t *port)
{
	ptrdiff_t at = str_rchr(listen, ':');
	struct str host = str_head(listen, at < 0 ? 0 : (size_t)at);
	bool bracket = str_starts(host, STR("[")) && str_ends(host, STR("]"));
	uint64_t n;

	if (bracket)
		host = str_head(str_from(host, 1), host.n - 2);
	else if (str_chr(host, ':') >= 0)
		return false; /* where would the port begin? */
	if (at < 0 || !addr_parse(host, addr) ||
	    !str_u64(str_from(listen, (size_t)at + 1), &n) || n > 65535)
		return false;
	*port = (uint16_t)n;
	return true;
}

struct flow_udp *
flow_udp_new(void)
{
	struct flow_udp *u = xcalloc(1, sizeof(*u));

	u->bytes = xmalloc((size_t)BATCH * DATAGRAM);
	return u;
}

void
flow_udp_free(struct flow_udp *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < u->n; i++)
		close(u->sockets[i].fd);
	free(u->sockets);
	free(u->poll);
	free(u->bytes);
	free(u);
}

/* --- opening */

static socklen_t
socket_address(struct sockaddr_in6 *out, struct addr a, uint16_t port)
{
	struct sockaddr_in v4 = {
	    .sin_family = AF_INET, .sin_port = htons(port)};

	if (!addr_is_v4(a)) {
		*out = (struct sockaddr_in6){
		    .sin6_family = AF_INET6, .sin6_port = htons(port)};
		memcpy(&out->sin6_addr, a.b, 16);
		return sizeof(*out);
	}
	memcpy(&v4.sin_addr, a.b + 12, 4);
	memcpy(out, &v4, sizeof(v4));
	return sizeof(v4);
}

static struct addr
address_of(const struct sockaddr_in6 *from)
{
	struct sockaddr_in v4;
	struct addr a;

	if (from->sin6_family == AF_INET6) {
		memcpy(a.b, &from->sin6_addr, 16);
		return a;
	}
	memcpy(&v4, from, sizeof(v4));
	return addr_v4((const uint8_t *)&v4.sin_addr);
}

/* The port has the same place in both families. */
static void
name_socket(struct udp_socket *s, struct addr a)
{
	struct sockaddr_in6 bound = {0};
	socklen_t n = sizeof(bound);
	char text[ADDR_TEXT_MAX];

	getsockname(s->fd, (struct sockaddr *)&bound, &n);
	addr_format(a, text);
	snprintf(s->name, sizeof(s->name), addr_is_v4(a) ? "%s:%u" : "[%s]:%u",
	    text, ntohs(bound.sin6_port));
}

static void
set_options(struct udp_socket *s, bool v6)
{
	int on = 1, size = BUFFER;
	socklen_t n = sizeof(s->buffer);

	if (v6)
		setsockopt(s->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	setsockopt(s->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	if (setsockopt(s->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) <
	    0)
		setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	getsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &s->buffer, &n);
}

static int
open_socket(struct udp_socket *s, struct addr a, uint16_t port, struct err *e)
{
	struct sockaddr_in6 to;
	socklen_t n = socket_address(&to, a, port);

	s->fd = socket(
	    to.sin6_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return err_set(e, ERR_FAIL, "no socket: %m");
	set_options(s, to.sin6_family == AF_INET6);
	if (bind(s->fd, (struct sockaddr *)&to, n) < 0) {
		err_set(e, ERR_FAIL, "%m");
		close(s->fd);
		return ERR_FAIL;
	}
	name_socket(s, a);
	return 0;
}

int
flow_udp_listen(struct flow_udp *u, struct str listen, struct err *e)
{
	struct udp_socket s = {.fd = -1};
	struct addr a;
	uint16_t port;

	if (!flow_udp_parse(listen, &a, &port))
		return err_set(e, ERR_USAGE,
		    "\"%.*s\" is not an ADDRESS:PORT such as 192.0.2.1:6343 "
		    "or [2001:db8::1]:6343",
		    STR_FMT(listen));
	if (open_socket(&s, a, port, e) < 0)
		return err_wrap(e, "cannot listen on %.*s", STR_FMT(listen));
	u->sockets = xrealloc(u->sockets, (u->n + 1) * sizeof(*u->sockets));
	u->poll = xrealloc(u->poll, (u->n + 1) * sizeof(*u->poll));
	u->sockets[u->n] = s;
	u->poll[u->n] = (struct pollfd){.fd = s.fd, .events = POLLIN};
	u->n++;
	return 0;
}

size_t
flow_udp_sockets(const struct flow_udp *u)
{
	return u->n;
}

const char *
flow_udp_name(const struct flow_udp *u, size_t i)
{
	return u->sockets[i].name;
}

int
flow_udp_buffer(const struct flow_udp *u)
{
	int least = u->n ? u->sockets[0].buffer : 0;

	for (size_t i = 1; i < u->n; i++) {
		if (u->sockets[i].buffer < least)
			least = u->sockets[i].buffer;
	}
	return least;
}

/* --- reading */

int
flow_udp_wait(
    struct flow_udp *u, int64_t usec, const sigset_t *mask, struct err *e)
{
	struct timespec t = {
	    .tv_sec = usec / USEC, .tv_nsec = usec % USEC * 1000};
	int n = ppoll(u->poll, u->n, &t, mask);

	if (n < 0 && errno != EINTR)
		return err_set(e, ERR_FAIL, "ppoll: %m");
	return n > 0;
}

static int64_t
time_of(struct msghdr *m)
{
	struct timespec t;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET ||
		    c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&t, CMSG_DATA(c), sizeof(t));
		return t.tv_sec * USEC + t.tv_nsec / 1000;
	}
	return utc_now();
}

/* The kernel writes the lengths anew each time. */
static void
prepare(struct flow_udp *u)
{
	for (size_t i = 0; i < BATCH; i++) {
		struct slot *s = &u->slots[i];

		s->iov = (struct iovec){u->bytes + i * DATAGRAM, DATAGRAM};
		u->msgs[i].msg_hdr = (struct msghdr){
		    .msg_name = &s->from,
		    .msg_namelen = sizeof(s->from),
		    .msg_iov = &s->iov,
		    .msg_iovlen = 1,
		    .msg_control = s->control,
		    .msg_controllen = sizeof(s->control),
		};
	}
}

static int
read_batch(struct flow_udp *u, size_t i, udp_datagram_fn *fn, void *ctx)
{
	struct udp_datagram d = {.socket = i};
	int n;

	prepare(u);
	n = recvmmsg(u->sockets[i].fd, u->msgs, BATCH, MSG_DONTWAIT, NULL);
	for (int k = 0; k < n; k++) {
		d.time = time_of(&u->msgs[k].msg_hdr);
		d.sender = address_of(&u->slots[k].from);
		d.bytes =
		    str_of(u->bytes + (size_t)k * DATAGRAM, u->msgs[k].msg_len);
		fn(ctx, &d);
	}
	return n < 0 ? 0 : n;
}

bool
flow_udp_read(struct flow_udp *u, udp_datagram_fn *fn, void *ctx)
{
	bool all = true;

	for (size_t i = 0; i < u->n; i++) {
		int n = BATCH;

		for (int round = 0; round < ROUNDS && n == BATCH; round++)
			n = read_batch(u, i, fn, ctx);
		all = all && n < BATCH;
	}
	return all;
}

uint64_t
flow_udp_drops(struct flow_udp *u)
{
	uint32_t info[SK_MEMINFO_VARS] = {0};
	uint64_t all = 0;

	for (size_t i = 0; i < u->n; i++) {
		struct udp_socket *s = &u->sockets[i];
		socklen_t n = sizeof(info);

		if (getsockopt(s->fd, SOL_SOCKET, SO_MEMINFO, info, &n) == 0 &&
		    n > SK_MEMINFO_DROPS * sizeof(info[0])) {
			s->drops += info[SK_MEMINFO_DROPS] - s->drops_seen;
			s->drops_seen = info[SK_MEMINFO_DROPS];
		}
		all += s->drops;
	}
	return all;
}
