/* SPDX-License-Identifier: Apache-2.0 */
/* Log files, one a host and day, in order of time; the hours that are lost. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "world.h"

/* Central European Summer Time ended then: the Exim host logs local time. */
#define SUMMER_END (INT64_C(1792890000) * SEC) /* 2026-10-25T01:00:00Z */

const char *const host_name[HOSTS] = {"smtp1", "smtp2", "mx3"};
int64_t host_offset[HOSTS];

struct line {
	int64_t t;
	uint32_t seq, n;
	size_t off;
};
struct page {
	struct line *line;
	char *text;
	size_t n, room, used, size;
};
static struct page page[HOSTS][DAYS_MAX];
static uint32_t lost[HOSTS][DAYS_MAX]; /* a bit an hour */

FILE *
out_file(const char *fmt, ...)
{
	char path[512];
	va_list ap;
	int n = snprintf(path, sizeof(path), "%s/", opt.out);
	FILE *f;

	va_start(ap, fmt);
	vsnprintf(path + n, sizeof(path) - (size_t)n, fmt, ap);
	va_end(ap);
	if ((f = fopen(path, "w")) == NULL) {
		perror(path);
		exit(1);
	}
	setvbuf(f, NULL, _IOFBF, 1 << 18);
	return f;
}

const char *
addr_text(const struct addr *a)
{
	static char text[4][INET6_ADDRSTRLEN];
	static unsigned turn;
	static const uint8_t mapped[12] = {
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255};
	char *p = text[turn++ % 4];

	if (memcmp(a->b, mapped, sizeof(mapped)) == 0)
		inet_ntop(AF_INET, a->b + 12, p, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, a->b, p, INET6_ADDRSTRLEN);
	return p;
}

static void
make_folder(const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", opt.out, name);
	if (mkdir(path, 0777) != 0 && errno != EEXIST) {
		perror(path);
		exit(1);
	}
}

/* Disks fill, rotations fail: some hours of one host, a whole file now and
 * then, and sometimes an hour of all of them. */
void
out_open(void)
{
	make_folder("");
	make_folder("logs");
	make_folder("flow");
	make_folder("leases");
	for (int h = 0; h < HOSTS; h++) {
		host_offset[h] = rnd64(18 * SEC / 10) - 8 * SEC / 10;
		for (unsigned d = 1; d < opt.days; d++) {
			unsigned from = rnd(24), n = 1 + rnd(4);

			if (one_in(0.01))
				lost[h][d] = 0xffffff;
			for (; one_in(0.06) && n > 0 && from < 24; n--, from++)
				lost[h][d] |= 1u << from;
		}
	}
	for (unsigned d = 1; d < opt.days; d += 11)
		for (unsigned h = 0, hour = 2 + rnd(20); h < HOSTS; h++)
			lost[h][d] |= 1u << hour;
}

int
missing(enum host h, int64_t stamp)
{
	int64_t day = (stamp - START) / DAYS;

	return stamp < START || day >= (int64_t)opt.days ||
	       (lost[h][day] >> (stamp - START) % DAYS / HOURS & 1);
}

void
out_missing(unsigned day, FILE *f)
{
	const char *comma = "";

	fprintf(f, "\"missing\":{");
	for (int h = 0; h < HOSTS; h++) {
		fprintf(f, "%s\"%s\":[", comma, host_name[h]);
		comma = "";
		for (unsigned k = 0; k < 24; k++)
			if (lost[h][day] >> k & 1) {
				fprintf(f, "%s%u", comma, k);
				comma = ",";
			}
		fprintf(f, "]");
		comma = ",";
	}
	fprintf(f, "}");
}

static int
stamp(enum host h, int64_t t, char *to, size_t n)
{
	time_t s = (time_t)(t / SEC);
	struct tm tm;
	size_t k;

	if (h == EXIM)
		s += t < SUMMER_END ? 7200 : 3600;
	gmtime_r(&s, &tm);
	if (h == POSTFIX)
		k = strftime(to, n, "%b %e %H:%M:%S smtp1 ", &tm);
	else if (h == EXIM)
		k = strftime(to, n, "%Y-%m-%d %H:%M:%S ", &tm);
	else {
		k = strftime(to, n, "%Y-%m-%dT%H:%M:%S", &tm);
		k += (size_t)snprintf(
		    to + k, n - k, ".%06d+00:00 mx3 ", (int)(t % SEC));
	}
	return (int)k;
}

/* t: true time.  Returns whether anybody will ever read the line. */
int
out_line(enum host h, int64_t t, const char *fmt, ...)
{
	char text[2048];
	int64_t said = t + host_offset[h];
	struct page *p;
	int n;
	va_list ap;

	if (missing(h, said))
		return 0;
	n = stamp(h, said, text, sizeof(text));
	va_start(ap, fmt);
	n += vsnprintf(text + n, sizeof(text) - (size_t)n - 2, fmt, ap);
	va_end(ap);
	if (n > (int)sizeof(text) - 2)
		n = (int)sizeof(text) - 2;
	text[n++] = '\n';
	p = &page[h][(said - START) / DAYS];
	if (p->n == p->room)
		p->line = realloc(
		    p->line, (p->room = p->room * 2 + 1024) * sizeof(*p->line));
	if (p->used + (size_t)n > p->size)
		p->text = realloc(p->text, p->size = p->size * 2 + 65536);
	memcpy(p->text + p->used, text, (size_t)n);
	p->line[p->n] =
	    (struct line){said, (uint32_t)p->n, (uint32_t)n, p->used};
	p->n++;
	p->used += (size_t)n;
	return 1;
}

static int
by_time(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return x->t != y->t ? (x->t < y->t ? -1 : 1) : x->seq < y->seq ? -1 : 1;
}

static void
flush_page(enum host h, unsigned day)
{
	struct page *p = &page[h][day];
	static const char *const kind[] = {"mail", "mainlog", "mail"};
	time_t s = (time_t)(START / SEC + day * 86400);
	int packed = (day + (unsigned)h) % 3 == 0;
	char path[600], command[700];
	FILE *f;
	struct tm tm;
	size_t n;

	if (p->n == 0)
		return;
	gmtime_r(&s, &tm);
	n = (size_t)snprintf(path, sizeof(path), "%s/logs/%s.%s.", opt.out,
	    host_name[h], kind[h]);
	strftime(path + n, sizeof(path) - n, "%Y%m%d", &tm);
	snprintf(command, sizeof(command), "gzip -1 >'%s.gz'", path);
	if ((f = packed ? popen(command, "w") : fopen(path, "w")) == NULL) {
		perror(path);
		exit(1);
	}
	qsort(p->line, p->n, sizeof(*p->line), by_time);
	for (size_t i = 0; i < p->n; i++)
		fwrite(p->text + p->line[i].off, 1, p->line[i].n, f);
	if ((packed ? pclose(f) : fclose(f)) != 0) {
		perror(path);
		exit(1);
	}
	free(p->line);
	free(p->text);
	*p = (struct page){0};
}

/* Lines of a later day may still come to this one only from clocks that are
 * behind: written a day late. */
void
out_flush(unsigned day)
{
	for (int h = 0; h < HOSTS; h++)
		flush_page((enum host)h, day);
}

void
config_write(void)
{
	FILE *f = out_file("heloflow.yaml");

	fprintf(f,
	    "store: heloflow.db\nday_timezone: UTC\nprefixes:\n"
	    "  - 198.18.0.0/15\n  - 2001:db8:1000::/36\n"
	    "own_hosts:\n  - 192.0.2.0/26\n  - 2001:db8:10::/64\nmail_sources:\n"
	    "  - {paths: [logs/smtp1.mail.*], year: 2026, host: smtp1}\n"
	    "  - {paths: [logs/smtp2.mainlog.*], mta: exim, host: smtp2, tz: Europe/Vienna}\n"
	    "  - {paths: [logs/mx3.mail.*]}\n"
	    "flow_sources:\n  - paths: [flow/*.pcap]\n    format: sflow\n    agents:\n"
	    "      - {address: 192.0.2.1, name: edge, vantage: edge}\n"
	    "      - {address: 192.0.2.2, name: core, vantage: internal}\n"
	    "lease_sources:\n");
	if (!opt.csv)
		fprintf(f,
		    "  - {paths: [leases/detail-*], format: radius-detail, clock_error: 10}\n");
	else
		fprintf(f,
		    "  - {paths: [leases/dynamic.csv], format: csv, clock_error: 10}\n");
	fprintf(f,
	    "  - {paths: [leases/cgnat.csv], format: csv, clock_error: 10}\n"
	    "  - {paths: [leases/fixed.csv], format: csv}\n"
	    "accounts: accounts.csv\n");
	if (fclose(f) != 0)
		exit(1);
}
