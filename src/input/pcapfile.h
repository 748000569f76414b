/* SPDX-License-Identifier: Apache-2.0 */
/* Packets of a pcap or pcapng file.  The only file that knows libpcap. */
#ifndef INPUT_PCAPFILE_H
#define INPUT_PCAPFILE_H

#include <stdio.h>

#include "base/err.h"
#include "input/packet.h"

struct pcapfile;

struct captured {
	int64_t time; /* microseconds UTC */
	enum packet_link link;
	struct rd bytes; /* valid until the next call */
	bool cut;        /* the capture kept only its beginning (snaplen) */
};

/* Do these bytes begin a pcap or pcapng file? */
bool pcapfile_claims(struct str head);
/* Takes f over, also when it fails.  path is for messages. */
int pcapfile_open(
    struct pcapfile **out, FILE *f, const char *path, struct err *e);
/* 1 a packet, 0 the end.  A file that is cut or damaged ends there. */
int pcapfile_next(struct pcapfile *p, struct captured *out);
/* Why it ended early, as libpcap says; NULL if it did not. */
const char *pcapfile_damage(const struct pcapfile *p);
void pcapfile_close(struct pcapfile *p); /* NULL is fine */

#endif
