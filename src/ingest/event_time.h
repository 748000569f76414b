/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far event time has come, where several hosts write into one log: as far
 * as the slowest of those that are still heard.  Clocks may differ by
 * EVENT_TIME_LAG.  A single line far ahead of the others, or the first of all,
 * moves nothing until a second one is as late: one stamp of 2036 does not end
 * what is under way.
 */
#ifndef INGEST_EVENT_TIME_H
#define INGEST_EVENT_TIME_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "base/utc.h"

#define EVENT_TIME_HOSTS 32           /* others are not waited for */
#define EVENT_TIME_LAG   (120 * USEC) /* who is further behind is not */
/* Further ahead, a second line must say so.  Within it only messages that
 * have ended leave early; open ones have a week. */
#define EVENT_TIME_LEAP (3 * 86400 * USEC)

struct event_time {
	struct host_time {
		uint64_t host; /* hash of its name */
		int64_t last;
	} hosts[EVENT_TIME_HOSTS];
	size_t n;
	char name[32]; /* of the host heard last, if it is no longer; */
	size_t name_n; /* ... SIZE_MAX = it is not known */
	size_t at;     /* ... its place */
	int64_t latest; /* of all hosts; UTC_NONE at first */
	int64_t leap;   /* a line that was not believed, or UTC_NONE */
};

struct event_time event_time_from(int64_t latest);
/* A line of that host. */
void event_time_hear(struct event_time *t, struct str host, int64_t time);
/* No more lines: one that is alone is believed. */
void event_time_end(struct event_time *t);
/* No line before this is expected, but for disorder on one host; UTC_NONE
 * where there is nothing to go by. */
int64_t event_time_of_all(const struct event_time *t);

#endif
