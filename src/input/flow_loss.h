/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flow loss: what did not arrive, from the sequence numbers of sFlow agents.
 * One chassis may send from several cards that share an agent address and
 * count apart, so a (agent, sub-agent) has up to 8 concurrent tracks; a gap
 * within a track is loss, a jump to nowhere near is a new track or a restart.
 * Memory is bounded: agents and sources past a limit are counted, not kept.
 */
#ifndef INPUT_FLOW_LOSS_H
#define INPUT_FLOW_LOSS_H

#include "input/sflow.h"

struct flow_loss;

struct flow_loss_totals {
	uint64_t lost_datagrams;
	uint64_t reordered;       /* came late; not lost */
	uint64_t duplicates;      /* the same datagram again */
	uint64_t restarts;        /* of an agent's counter */
	uint64_t jumps;           /* new tracks of an agent beyond its first */
	uint64_t lost_samples;    /* gaps in the sources' own sequences */
	uint64_t drops;           /* samples agents say they had to drop */
	uint64_t agents, sources; /* (agent, sub-agent); its data sources */
	/* Sources whose pool grew by over 10 % more or less a sample than
	 * their rate says, of those with at least 50 samples of one rate. */
	uint64_t rate_off, rate_checked;
	uint64_t untracked; /* datagrams and samples past the limits */
};

struct flow_loss *flow_loss_new(void);
void flow_loss_free(struct flow_loss *l); /* NULL is fine */

enum flow_loss_seen { LOSS_FRESH, LOSS_DUPLICATE };

/* Takes note of one datagram.  time: when it was received (microseconds);
 * print: a hash of its bytes, to know it again; *lost: change of the lost
 * count, negative when a late one arrives.  A duplicate's samples were seen. */
enum flow_loss_seen flow_loss_datagram(struct flow_loss *l, int64_t time,
    uint64_t print, const struct sflow_datagram *d, int64_t *lost);
void flow_loss_sample(
    struct flow_loss *l, int64_t time, const struct sflow_sample *s);
struct flow_loss_totals flow_loss_totals(const struct flow_loss *l);

#endif
