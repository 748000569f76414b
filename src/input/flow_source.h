/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flow source: a file of flow records in one of several formats -> SMTP
 * samples.  To add a format: one file src/input/flow_x.c that ends in "const
 * struct flow_source_ops flow_source_x", and one line in flow_source_table[]
 * (doc/flow.md).
 */
#ifndef INPUT_FLOW_SOURCE_H
#define INPUT_FLOW_SOURCE_H

#include <stdio.h>

#include "base/utc.h"
#include "input/flow_loss.h"
#include "model/flow.h"

/* One datagram, or what comes nearest in a format that has none. */
struct flow_heard {
	int64_t time;
	struct addr agent; /* the sender, if the agent could not be read */
	unsigned datagrams, samples; /* flow samples of all protocols */
	uint32_t rate_min, rate_max; /* 0: no samples */
	int64_t lost; /* change of the lost count; late ones lower it */
	bool malformed;
	/* Of text that was malformed, valid during the call. */
	const char *path;
	struct str text;
	int64_t line;
	const char *why;
};

/* An entry of a sender list: no samples, but who was seen when. */
struct flow_listed {
	struct addr addr, agent;
	int64_t first, last;
	uint64_t syn; /* sampled SYNs; 0: none, or not told */
	uint32_t rate; /* 0: unknown */
};

struct flow_sink {
	/* A packet with an end on a mail port; valid during the call. */
	void (*sample)(struct flow_sink *sink, const struct smtp_sample *s);
	/* After the samples of one datagram. */
	void (*heard)(struct flow_sink *sink, const struct flow_heard *h);
	void (*listed)(struct flow_sink *sink, const struct flow_listed *l);
};

/* Of collectors' text: what there was, and what it leaves open. */
struct flow_text_counts {
	uint64_t rows;          /* that were understood */
	uint64_t malformed;     /* lines or objects that were not */
	uint64_t summed;        /* rows of several sampled packets */
	uint64_t count_unknown; /* rows of who knows how many: taken as one */
	uint64_t no_time;       /* rows that tell no time */
	uint64_t listed;        /* entries of sender lists, */
	uint64_t listed_syn;    /* and the SYNs that these tell */
};

/* What is asked for, and what was seen; shared by the files of one run. */
struct flow_run {
	struct port_set ports;
	uint32_t rate;        /* instead of the samples' own; 0 = theirs */
	int64_t since, until; /* [since, until); UTC_NONE = open */
	int64_t time;         /* of data that tells none; UTC_NONE: unknown */
	bool need_time;       /* data without a time is refused */
	struct addr agent;    /* of data that names none */
	const struct zone *zone; /* of times without an offset; NULL = UTC */
	struct str fields; /* the columns of sflowtool -L; absent: it is -l */
	struct flow_sink *sink;
	struct flow_loss *loss; /* the caller's */

	struct sflow_counts sflow;
	struct flow_text_counts text;
	uint64_t samples; /* flow samples, all protocols and formats */
	uint64_t what[PACKET_UDP + 1]; /* the samples' packets by kind */
	uint64_t smtp_packets;
	uint64_t no_flags;   /* SMTP packets whose flags are unknown */
	uint64_t skipped;    /* captured packets that are not flow data */
	uint64_t outside;    /* before since or after until */
	int64_t first, last; /* time of the flow data; UTC_NONE: none */
	bool rate_unknown;   /* samples came with no rate, and none was given */
	bool unusable; /* an error is of the file alone; others may be better */
};

struct flow_source_ops {
	const char *name; /* of --format: "sflow" */
	const char *summary;
	/* Could a file with this beginning (the whole of a short one) be of
	 * this format?  If more than one could, none is taken, but that
	 * packets comes last. */
	bool (*claims)(struct str head);
	/* Takes f over.  path is for messages and outlives the source. */
	int (*open)(void **state, FILE *f, const char *path,
	    struct flow_run *run, struct err *e);
	/* Reads on, to the next datagram or line: 1, or 0 at the end.  Bad
	 * data is counted; negative is for a broken environment alone. */
	int (*step)(void *state, struct err *e);
	/* Why it ended before its end, or NULL. */
	const char *(*damage)(const void *state);
	void (*close)(void *state);
};

extern const struct flow_source_ops *const flow_source_table[]; /* NULL-ended */
extern const struct flow_source_ops flow_source_sflow, flow_source_packets,
    flow_source_sflowtool_l, flow_source_sflowtool_json, flow_source_nfdump_csv,
    flow_source_nfdump_json, flow_source_pmacct_json, flow_source_goflow2_json,
    flow_source_akvorado, flow_source_list;

struct flow_source;

void flow_run_init(struct flow_run *run, struct flow_sink *sink);
void flow_run_free(struct flow_run *run);
/* Datagrams, and lines or objects of text. */
uint64_t flow_run_malformed(const struct flow_run *run);

/* format: a name of the table; NULL or "auto" looks at the first bytes.
 * path "-" is stdin; compressed files are read as they are.  An unknown
 * format is ERR_USAGE, a file that is none of the formats ERR_FAIL. */
int flow_source_open(struct flow_source **out, const char *path,
    const char *format, struct flow_run *run, struct err *e);
int flow_source_step(struct flow_source *s, struct err *e);
const char *flow_source_damage(const struct flow_source *s);
const char *flow_source_format(const struct flow_source *s);
/* Up to 256 KiB of its decompressed beginning, by which a file is known, and
 * how many decompressed bytes have been read.  Valid until it is closed. */
struct str flow_source_head(const struct flow_source *s);
int64_t flow_source_offset(const struct flow_source *s);
void flow_source_close(struct flow_source *s); /* NULL is fine */

/* For formats: is this time asked for?  Notes first, last and outside.
 * UTC_NONE is, unless since or until is. */
bool flow_run_takes(struct flow_run *run, int64_t time);
/* For formats: what a sample stands for; 0 is unknown. */
uint32_t flow_run_rate(
    const struct flow_run *run, const struct smtp_sample *meta);
/* For formats: one packet or flow record; hands it on if it is mail.  rate 0
 * is unknown. */
void flow_run_packet(struct flow_run *run, const struct packet *p,
    const struct smtp_sample *meta);

#endif
