/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/utc.h"

#define BAR   30
#define EVERY (USEC / 5)
#define MB    1e6

struct progress
progress_start(void)
{
	struct progress p = {.on = isatty(STDERR_FILENO) == 1, .first = -1};

	p.started = p.last = p.on ? utc_now() : 0;
	return p;
}

static void
draw(double done, double total, double rate)
{
	char bar[BAR + 1];
	int n = (int)(BAR * done / total);
	double left = rate > 0 ? (total - done) / rate : 0;

	memset(bar, ' ', BAR);
	memset(bar, '=', (size_t)n);
	bar[BAR] = '\0';
	fprintf(stderr,
	    "\r[%s] %3.0f%%  %.1f of %.1f MB  %.1f MB/s  %d:%02d left \033[K",
	    bar, 100 * done / total, done / MB, total / MB, rate / MB,
	    (int)left / 60, (int)left % 60);
}

void
progress_tick(struct progress *p, int64_t done, int64_t total)
{
	int64_t now;
	double rate;

	if (!p->on)
		return;
	if (p->first < 0)
		p->first = done;
	if ((now = utc_now()) < p->last + EVERY)
		return;
	p->last = now;
	p->shown = true;
	rate = (double)(done - p->first) * USEC / (double)(now - p->started);
	if (total > 0 && done <= total)
		draw((double)done, (double)total, rate);
	else
		fprintf(stderr, "\r%.1f MB  %.1f MB/s \033[K",
		    (double)done / MB, rate / MB);
}

void
progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}
