/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sFlow: one datagram of version 2, 4 (RFC 3176) or 5 (sflow.org, July 2004)
 * to its flow samples.  Pure; walks the bytes in place, allocates nothing,
 * and every loop ends where the bytes do.  A fault is counted, never fatal:
 * what was read before it stands.
 */
#ifndef INPUT_SFLOW_H
#define INPUT_SFLOW_H

#include "input/packet.h"

struct sflow_datagram {
	uint32_t version;
	struct addr agent;
	uint32_t sub_agent; /* 0 in versions 2 and 4, which have none */
	uint32_t sequence;
	uint32_t uptime;   /* ms since the agent started; wraps */
	uint32_t nsamples; /* as claimed */
};

struct sflow_sample {
	const struct sflow_datagram *datagram;
	uint32_t sequence;
	uint32_t source_class, source_index; /* the data source */
	uint32_t rate;                       /* at least 1 */
	bool no_rate;                        /* it said 0 */
	uint32_t pool, drops;                /* cumulative, wrap */
	uint32_t input, output;              /* interfaces as on the wire */
	struct packet packet;
	uint32_t src_as, dst_as; /* 0: no gateway record */
};

/* What is wrong with a datagram; names in sflow_fault_name(). */
enum sflow_fault {
	SFLOW_BAD_VERSION,
	SFLOW_BAD_AGENT,   /* address type not 1 or 2 */
	SFLOW_CUT,         /* fewer bytes or samples than it says */
	SFLOW_BAD_SAMPLE,  /* length against content */
	SFLOW_BAD_RECORD,  /* the same for a record in a sample */
	SFLOW_UNKNOWN_TAG, /* v2/v4: cannot be stepped over */
	SFLOW_FAULTS
};

struct sflow_counts {
	uint64_t datagrams; /* whose header was read */
	uint64_t malformed; /* datagrams with any fault, headerless ones too */
	uint64_t faults[SFLOW_FAULTS]; /* at most one of a kind a datagram */
	uint64_t flow_samples, counter_samples;
	uint64_t discard_samples; /* of dropped packets: no 1-in-N samples */
	uint64_t unknown_samples; /* vendors' own */
	uint64_t trailing;  /* datagrams with bytes after the last sample */
	uint64_t rate_zero; /* flow samples of rate 0, taken as 1 */
	uint64_t rate_huge; /* flow samples of a rate over 2^24 */
};

struct sflow_sink {
	/* The header was read; false = leave the samples (a duplicate). */
	bool (*datagram)(
	    struct sflow_sink *sink, const struct sflow_datagram *d);
	/* One flow sample; s is valid during the call. */
	void (*sample)(struct sflow_sink *sink, const struct sflow_sample *s);
};

/* Reads the header alone; false: it is none, or cut. */
bool sflow_header(const void *p, size_t n, struct sflow_datagram *out);
/* Could these bytes be sFlow? */
bool sflow_looks_like(const void *p, size_t n);
void sflow_decode(const void *p, size_t n, struct sflow_sink *sink,
    struct sflow_counts *counts);
const char *sflow_fault_name(enum sflow_fault fault);

#endif
