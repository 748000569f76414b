/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration as data; every key is documented by "heloflow init" (the
 * example in src/input/config_example.c) and doc/configuration.md.  All memory is the
 * config's own.  Durations and clock errors are microseconds.
 */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include "base/addr.h"
#include "base/utc.h"
#include "model/delivery.h"

/* Unless the source says otherwise: two clocks set by NTP, and a log line
 * that is written a little after the event. */
#define CONFIG_MAIL_CLOCK_ERROR	 (2 * USEC)
#define CONFIG_LEASE_CLOCK_ERROR (10 * USEC)
/* Ours: interim updates come at least daily, if they come at all. */
#define CONFIG_LEASE_GRACE (86400 * USEC)

#define CONFIG_THREADS_MAX 16

enum vantage {
	VANTAGE_NONE,
	VANTAGE_EXCHANGE,
	VANTAGE_EDGE,
	VANTAGE_INTERNAL,
	VANTAGE_N
};
extern const char *const vantage_name[VANTAGE_N];

struct mail_source {
	const struct str *paths; /* files or globs, relative to the config */
	size_t npaths;
	struct str mta;           /* a parser's name; absent = by program */
	const struct zone *zone;  /* NULL = UTC */
	int year;                 /* 0 = infer */
	struct str host;          /* for lines whose header has none */
	enum direction direction; /* DIR_NONE = by own prefixes */
	int64_t clock_error, clock_offset; /* offset: so far it is ahead */
};

struct flow_agent {
	struct addr addr;
	struct str name;
	enum vantage vantage;
};

struct flow_feed {
	const struct str *paths;
	size_t npaths;
	struct str listen; /* "ADDR:PORT", absent if paths */
	struct str format; /* absent = auto */
	int64_t rate;      /* 0 = as the samples say */
	const struct zone *zone; /* of a collector's local times; NULL = UTC */
	struct str fields;       /* the columns of sflowtool -L */
	const struct flow_agent *agents;
	size_t nagents;
	int64_t clock_offset; /* of the samples of these agents */
};

struct account {
	struct str user, customer;
};

/* What the files of a lease source call a field of ours (doc/lease.md). */
struct lease_column {
	struct str field, name;
};

struct lease_feed {
	const struct str *paths;
	size_t npaths;
	struct str format; /* absent = auto */
	const struct zone *zone;
	int64_t clock_error, clock_offset, grace;
	const struct lease_column *columns;
	size_t ncolumns;
	const struct account *customers; /* whose names of the file are */
	size_t ncustomers;
};

struct config {
	struct str path;  /* of the file; absent = defaults */
	struct str store; /* absent = ./heloflow.db; terminated */
	const struct zone *day_timezone; /* NULL = UTC */
	struct str day_timezone_name;
	const struct prefix *prefixes; /* our customers' address space */
	size_t nprefixes;
	const struct prefix *own_hosts; /* our relays, filters, stores */
	size_t nown_hosts;
	const struct prefix *allow; /* known mail servers */
	size_t nallow;
	const struct mail_source *mail;
	size_t nmail;
	const struct flow_feed *flow;
	size_t nflow;
	const struct lease_feed *lease;
	size_t nlease;
	const struct account *accounts;
	size_t naccounts;
	const struct str *not_covered;
	size_t nnot_covered;
	const struct str *mmdb; /* paths, terminated */
	size_t nmmdb;
	double mailbox_share; /* of the world's mailboxes; 0 = not known */
	int64_t threads; /* of a correlation; 0 = by cores and the day */
	int64_t window;                                 /* default 3600 s */
	int64_t retain_flow_samples, retain_deliveries; /* 0 = for ever */
	void *memory;                                   /* the loader's */
};

/* The name of day_timezone, for people. */
struct str config_zone(const struct config *c);
/* The first source whose paths match, or NULL. */
const struct mail_source *config_mail_of(
    const struct config *c, const char *path);
const struct flow_feed *config_flow_of(const struct config *c, const char *path);
const struct lease_feed *config_lease_of(
    const struct config *c, const char *path);
bool prefixes_have(const struct prefix *p, size_t n, struct addr a);

#endif
