/* SPDX-License-Identifier: Apache-2.0 */
/* A progress bar on stderr, if that is a terminal; else nothing at all. */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool on, shown;
	int64_t started, last; /* microseconds */
	int64_t first;         /* bytes that were done at the first tick */
};

struct progress progress_start(void);
/* total 0: not known.  Draws at most five times a second. */
void progress_tick(struct progress *p, int64_t done, int64_t total);
void progress_end(struct progress *p); /* wipes the bar */

#endif
