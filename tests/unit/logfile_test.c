/* SPDX-License-Identifier: Apache-2.0 */
#include "input/logfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"

static struct err err;
static struct arena arena;

/* All of a log as text, one line each: kind xN line@offset time host program
 * pid text; then the counts. */
static struct str
dump_of(struct logfile *f)
{
	static const char kinds[] = ".HCU";
	struct str out = STR("");
	struct log_line l;
	struct evidence ev;
	enum line_kind kind;
	struct str raw;
	char time[UTC_TEXT_MAX];

	for (;;) {
		assert_int_equal(
		    logfile_next(f, &kind, &l, &raw, &ev, &err), 0);
		if (kind == LINE_END)
			return out;
		assert_true(l.continuation == (kind == LINE_CONTINUATION));
		utc_format(l.time, time);
		out = arena_printf(&arena,
		    "%.*s%c x%d %lld@%lld %s %.*s|%.*s|%d|%.*s\n", STR_FMT(out),
		    kinds[kind], logfile_repeat(f), (long long)ev.line,
		    (long long)ev.offset, kind == LINE_UNHEADED ? "-" : time,
		    STR_FMT(l.host), STR_FMT(l.program), l.pid,
		    STR_FMT(l.text));
	}
}

static struct logfile *
open_text(struct str text, size_t chunk, const char *path,
    const struct logfile_options *opt)
{
	struct logfile *f = NULL;
	struct source *s;

	assert_int_equal(source_of_memory(&s, text, chunk, path, &err), 0);
	assert_int_equal(logfile_of_source(&f, s, opt, &err), 0);
	return f;
}

static void
assert_reads_as(const char *text, const struct logfile_options *opt,
    const char *path, const char *want)
{
	struct logfile *f = open_text(str_z(text), 0, path, opt);

	assert_string_equal(dump_of(f).p, want);
	logfile_close(f);
}

static const struct logfile_options y2026 = {.year = 2026, .host = {"opt", 3}};

static void
assert_reads(const char *text, const char *want)
{
	assert_reads_as(text, &y2026, "mail.log", want);
}

static void
test_bsd(void **state)
{
	(void)state;
	assert_reads("Nov 23 11:12:43 mx1 postfix/smtpd[123]: connect from x\n",
	    "H x1 1@0 2026-11-23T11:12:43.000Z mx1|postfix/smtpd|123|connect "
	    "from x\n");
	assert_reads("Nov  3 01:02:03 mx1 sm-mta[12]: a: b\n",
	    "H x1 1@0 2026-11-03T01:02:03.000Z mx1|sm-mta|12|a: b\n");
	assert_reads("Nov 3 01:02:03 a/b prog: [1] x\n",
	    "H x1 1@0 2026-11-03T01:02:03.000Z a/b|prog|0|[1] x\n");
	assert_reads("<22>Nov  3 01:02:03 postfix/submission/smtpd[7]: x\n",
	    "H x1 1@0 2026-11-03T01:02:03.000Z "
	    "opt|postfix/submission/smtpd|7|x\n");
	assert_reads("Nov 23 11:12:43.123 <mail.info> mx sendmail[1]: "
	             "[ID 801593 mail.info] q: from=<>\n",
	    "H x1 1@0 2026-11-23T11:12:43.000Z mx|sendmail|1|q: from=<>\n");
	/* No tag, or one that no program has: all of it is text. */
	assert_reads("Nov 23 11:12:43 mx -- MARK --\n",
	    "H x1 1@0 2026-11-23T11:12:43.000Z mx||0|-- MARK --\n");
	assert_reads("Nov 23 11:12:43 mx a=\"b\": c\n",
	    "H x1 1@0 2026-11-23T11:12:43.000Z mx||0|a=\"b\": c\n");
	assert_reads("Nov 23 11:12:43 mx p[x]: c\n",
	    "H x1 1@0 2026-11-23T11:12:43.000Z mx|p[x]|0|c\n");
	assert_reads("Nov 23 11:12:43 mx p[99999999999]: c\n",
	    "H x1 1@0 2026-11-23T11:12:43.000Z mx|p[99999999999]|0|c\n");
	assert_reads("Nov 23 11:12:43 mx p:\n",
	    "H x1 1@0 2026-11-23T11:12:43.000Z mx|p|0|\n");
	assert_reads("Nov 32 11:12:43 mx p: x\nNov 23 11:60:43 mx p: x\n"
	             "Nov 23 11:12:43\nNon 23 11:12:43 mx p: x\n",
	    "U x1 1@0 - ||0|Nov 32 11:12:43 mx p: x\n"
	    "U x1 2@24 - ||0|Nov 23 11:60:43 mx p: x\n"
	    "U x1 3@48 - ||0|Nov 23 11:12:43\n"
	    "U x1 4@64 - ||0|Non 23 11:12:43 mx p: x\n");
}

static void
test_iso(void **state)
{
	(void)state;
	assert_reads("2026-11-23T11:12:43.123456+01:00 mx p[1]: x\n"
	             "2026-11-23T11:12:43Z mx p: x\n"
	             "<34>2026-11-23T11:12:43+0100 mx p[2]: x\n"
	             "2026-11-23 11:12:43 mx.example exim[8]: a b\n"
	             "2026-11-23T11:12:43.1 mx\n",
	    "H x1 1@0 2026-11-23T10:12:43.123Z mx|p|1|x\n"
	    "H x1 2@44 2026-11-23T11:12:43.000Z mx|p|0|x\n"
	    "H x1 3@73 2026-11-23T10:12:43.000Z mx|p|2|x\n"
	    "H x1 4@113 2026-11-23T11:12:43.000Z mx.example|exim|8|a b\n"
	    "H x1 5@157 2026-11-23T11:12:43.100Z mx||0|\n");
}

static void
test_5424(void **state)
{
	(void)state;
	assert_reads(
	    "<34>1 2026-11-23T11:12:43.5Z mx p 12 ID - text\n"
	    "<34>1 2026-11-23T11:12:43Z - - - - [a b=\"x] \\\" y\"][c] t t\n"
	    "1 2026-11-23T11:12:43Z mx p x - - \xef\xbb\xbfutf\n"
	    "<34>1 2026-11-23T11:12:43Z mx p 1 - [a b=\"x text\n"
	    "<34>1 2026-11-23T11:12:43Z mx p\n",
	    "H x1 1@0 2026-11-23T11:12:43.500Z mx|p|12|text\n"
	    "H x1 2@47 2026-11-23T11:12:43.000Z opt||0|t t\n"
	    "H x1 3@105 2026-11-23T11:12:43.000Z mx|p|0|utf\n"
	    "U x1 4@146 - ||0|<34>1 2026-11-23T11:12:43Z mx p 1 - [a b=\"x "
	    "text\n"
	    "U x1 5@195 - ||0|<34>1 2026-11-23T11:12:43Z mx p\n");
}

static void
test_exim(void **state)
{
	(void)state;
	assert_reads("2026-11-23 11:12:43 1xVRyV-000039-0e <= a@b\n"
	             "2026-11-23 11:12:43.123 +0100 [189] no host\n"
	             "Envelope-from: <a@b>\n"
	             "P Received: from x\n"
	             "\tNov 23 11:12:43 x y: z\n"
	             "2026-11-23 11:12:44 H=a [1.2.3.4]: F=<x>\n",
	    "H x1 1@0 2026-11-23T11:12:43.000Z opt|exim|0|1xVRyV-000039-0e <= "
	    "a@b\n"
	    "H x1 2@44 2026-11-23T10:12:43.123Z opt|exim|0|[189] no host\n"
	    "C x1 3@88 2026-11-23T10:12:43.123Z opt|exim|0|Envelope-from: "
	    "<a@b>\n"
	    "C x1 4@109 2026-11-23T10:12:43.123Z opt|exim|0|P Received: from "
	    "x\n"
	    "C x1 5@128 2026-11-23T10:12:43.123Z opt|exim|0|\tNov 23 11:12:43 "
	    "x y: z\n"
	    "H x1 6@152 2026-11-23T11:12:44.000Z opt|exim|0|H=a [1.2.3.4]: "
	    "F=<x>\n");
	/* In syslog: its own stamp goes; it has the year. */
	assert_reads("2026-11-23T11:12:43.5Z mx exim[2]: 2026-11-23 11:12:43 "
	             "[2] x\n"
	             "Jan  1 00:00:00 mx exim4[2]: 2027-01-01 00:00:00.25 y\n"
	             "Jan  1 00:00:01 mx exim4[2]: no stamp\n"
	             "Jan  1 00:00:01 mx other: 2026-11-23 11:12:43 kept\n",
	    "H x1 1@0 2026-11-23T11:12:43.500Z mx|exim|2|[2] x\n"
	    "H x1 2@61 2027-01-01T00:00:00.250Z mx|exim4|2|y\n"
	    "H x1 3@115 2027-01-01T00:00:01.000Z mx|exim4|2|no stamp\n"
	    "H x1 4@153 2027-01-01T00:00:01.000Z mx|other|0|2026-11-23 "
	    "11:12:43 kept\n");
}

static void
test_filters(void **state)
{
	static const char clam[] =
	    "Mon Nov 23 11:12:43 2026 -> +++ Started\n"
	    "Mon Nov 23 11:12:43 2026 -> Clean message from <a> to <b>\n"
	    "Mon Nov  2 11:12:43 2026 -> x\n";

	(void)state;
	assert_reads("2026-11-23 11:12:43 #148(rspamd_proxy) <1>; task; x\n"
	             "2026-11-23 11:12:43 #148(main x\n",
	    "H x1 1@0 2026-11-23T11:12:43.000Z opt|rspamd|148|<1>; task; x\n"
	    "H x1 2@52 2026-11-23T11:12:43.000Z opt|exim|0|#148(main x\n");
	assert_reads(clam,
	    "H x1 1@0 2026-11-23T11:12:43.000Z opt|clamd|0|+++ Started\n"
	    "H x1 2@40 2026-11-23T11:12:43.000Z opt|clamav-milter|0|Clean "
	    "message from <a> to <b>\n"
	    "H x1 3@98 2026-11-02T11:12:43.000Z opt|clamav-milter|0|x\n");
	assert_reads_as("Mon Nov 23 11:12:43 2026 -> /x: Sig FOUND\n", &y2026,
	    "/milter/clamd.log",
	    "H x1 1@0 2026-11-23T11:12:43.000Z opt|clamd|0|/x: Sig FOUND\n");
	assert_reads_as("Mon Nov 23 11:12:43 2026 -> x\n", &y2026,
	    "/var/log/clamav-milter.log.1",
	    "H x1 1@0 2026-11-23T11:12:43.000Z opt|clamav-milter|0|x\n");
}

static void
test_parts(void **state)
{
	(void)state;
	assert_reads(
	    "2026-11-23T11:12:43Z mx exim[2]: [1/3] 2026-11-23 11:12:43 ab\n"
	    "2026-11-23T11:12:43Z mx exim[3]: [1\\3] 2026-11-23 11:12:43 AB\n"
	    "2026-11-23T11:12:44Z mx exim[2]: [2/3] cd\n"
	    "2026-11-23T11:12:44Z mx exim[3]: [2/3] CD\n"
	    "2026-11-23T11:12:44Z mx spamd[3]: [2/3] other\n"
	    "2026-11-23T11:12:44Z mx exim[2]: [3/3] ef\n"
	    "2026-11-23T11:12:44Z mx exim[3]: [3/3] EF\n",
	    "H x1 5@208 2026-11-23T11:12:44.000Z mx|spamd|3|[2/3] other\n"
	    "H x1 1@0 2026-11-23T11:12:43.000Z mx|exim|2|abcdef\n"
	    "H x1 2@62 2026-11-23T11:12:43.000Z mx|exim|3|AB\n"
	    "C x1 4@166 2026-11-23T11:12:43.000Z mx|exim|3|CDEF\n");
	/* Never whole: nothing is lost, nothing waits for ever. */
	assert_reads("2026-11-23T11:12:43Z mx exim[2]: [1/3] a\n"
	             "2026-11-23T11:12:43Z mx exim[2]: [3/3] c\n"
	             "2026-11-23T11:12:43Z mx exim[2]: [1/2] d\n"
	             "2026-11-23T11:12:43Z mx exim[2]: e\n"
	             "2026-11-23T11:12:43Z mx exim[2]: [1/2] f\n",
	    "H x1 2@41 2026-11-23T11:12:43.000Z mx|exim|2|[3/3] c\n"
	    "H x1 1@0 2026-11-23T11:12:43.000Z mx|exim|2|a\n"
	    "H x1 4@123 2026-11-23T11:12:43.000Z mx|exim|2|e\n"
	    "H x1 3@82 2026-11-23T11:12:43.000Z mx|exim|2|d\n"
	    "H x1 5@158 2026-11-23T11:12:43.000Z mx|exim|2|f\n");
}

static void
test_amavis_wraps(void **state)
{
	(void)state;
	assert_reads("2026-11-23T11:12:43Z mx amavis[2]: (2-1) Passed a,<b...\n"
	             "2026-11-23T11:12:43Z mx amavis[3]: (3-1) Blocked x...\n"
	             "2026-11-23T11:12:44Z mx amavis[2]: (2-1) ...c>,<d...\n"
	             "2026-11-23T11:12:44Z mx amavis[2]: (2-1) ...e>, 7 ms\n"
	             "2026-11-23T11:12:44Z mx amavis[3]: (3-2) ...y, 7 ms\n"
	             "2026-11-23T11:12:45Z mx amavis[3]: (3-2) Checking...\n",
	    "H x1 1@0 2026-11-23T11:12:43.000Z mx|amavis|2|(2-1) Passed a,"
	    "<bc>,<de>, 7 ms\n"
	    /* Another message's rest is no rest of this one. */
	    "H x1 5@216 2026-11-23T11:12:44.000Z mx|amavis|3|(3-2) ...y, 7 ms\n"
	    "H x1 2@56 2026-11-23T11:12:43.000Z mx|amavis|3|(3-1) Blocked x...\n"
	    "H x1 6@268 2026-11-23T11:12:45.000Z mx|amavis|3|(3-2) Checking...\n");
}

/* More wholes open than are kept: the oldest are given as they are. */
static void
test_many_parts(void **state)
{
	struct str text = STR(""), out;
	struct logfile *f;

	(void)state;
	for (int i = 1; i <= 40; i++)
		text = arena_printf(&arena,
		    "%.*s2026-11-23T11:12:43Z mx exim[%d]: [1/2] a%d.\n",
		    STR_FMT(text), i, i);
	f = open_text(text, 0, "x", &y2026);
	out = dump_of(f);
	for (int i = 1; i <= 40; i++) {
		struct str want =
		    arena_printf(&arena, "mx|exim|%d|a%d.\n", i, i);
		assert_true(str_find(out, want) >= 0);
	}
	assert_int_equal(logfile_counts(f).lines, 40);
	logfile_close(f);
}

static void
test_repeated(void **state)
{
	struct logfile *f = open_text(
	    STR("Nov 23 11:12:43 mx last message repeated 2 times\n"
	        "Nov 23 11:12:43 mx p[1]: x\n"
	        "Nov 23 11:12:45 mx last message repeated 3 times\n"
	        "Nov 23 11:12:46 mx last message repeated 1 time\n"
	        "Nov 23 11:12:47 my last message repeated 3 times\n"
	        "Nov 23 11:12:48 mx p[2]: message repeated 4 times: [ y [z]]\n"
	        "Nov 23 11:12:49 mx last message repeated 5 times\n"
	        "Nov 23 11:12:50 mx p[2]: message repeated 4 times: [ y\n"
	        "Nov 23 11:12:51 mx message repeated 4 times: [ y]\n"
	        "Nov 23 11:12:52 mx p: message repeated 9999999999 times: []\n"
	        "Nov 23 11:12:53 mx p: last message repeated 2 times\n"),
	    0, "x", &y2026);
	struct logfile_counts c;

	(void)state;
	assert_string_equal(dump_of(f).p,
	    "H x1 1@0 2026-11-23T11:12:43.000Z mx||0|last message repeated 2 "
	    "times\n"
	    "H x1 2@49 2026-11-23T11:12:43.000Z mx|p|1|x\n"
	    "H x3 3@76 2026-11-23T11:12:45.000Z mx|p|1|x\n"
	    "H x1 4@125 2026-11-23T11:12:46.000Z mx|p|1|x\n"
	    "H x1 5@173 2026-11-23T11:12:47.000Z my||0|last message repeated "
	    "3 times\n"
	    "H x4 6@222 2026-11-23T11:12:48.000Z mx|p|2|y [z]\n"
	    "H x5 7@282 2026-11-23T11:12:49.000Z mx|p|2|y [z]\n"
	    "H x1 8@331 2026-11-23T11:12:50.000Z mx|p|2|message repeated 4 "
	    "times: [ y\n"
	    "H x1 9@386 2026-11-23T11:12:51.000Z mx||0|message repeated 4 "
	    "times: [ y]\n"
	    "H x100000 10@436 2026-11-23T11:12:52.000Z mx|p|0|\n"
	    "H x1 11@496 2026-11-23T11:12:53.000Z mx|p|0|last message "
	    "repeated 2 times\n");
	c = logfile_counts(f);
	assert_int_equal(c.lines, 11);
	assert_int_equal(c.repeated, 2 + 3 + 4 + 99999);
	logfile_close(f);
}

static void
test_line_ends(void **state)
{
	struct logfile *f = open_text(STR("\0\0\0Nov 23 11:12:43 mx p: a\r\n"
	                                  "\r\n"
	                                  "\n"
	                                  "Nov 23 11:12:44 mx p: b\0c\r\r\n"
	                                  "\0\0\n"
	                                  "Nov 23 11:12:45 mx p: no end"),
	    0, "x", &y2026);
	struct log_line l;
	struct evidence ev;
	enum line_kind kind;
	struct logfile_counts c;
	struct str raw;

	(void)state;
	assert_int_equal(logfile_next(f, &kind, &l, &raw, &ev, &err), 0);
	assert_true(str_eq(l.text, STR("a")));
	assert_true(str_eq(raw, STR("Nov 23 11:12:43 mx p: a")));
	assert_int_equal(ev.offset, 3);
	assert_int_equal(ev.line, 1);
	assert_true(str_eq(ev.source, STR("x")));
	assert_int_equal(logfile_next(f, &kind, &l, &raw, &ev, &err), 0);
	assert_true(str_eq(l.text, STR("b\0c")));
	assert_int_equal(ev.line, 4);
	assert_int_equal(logfile_next(f, &kind, &l, &raw, &ev, &err), 0);
	assert_true(str_eq(l.text, STR("no end")));
	assert_int_equal(ev.line, 6);
	assert_int_equal(logfile_next(f, &kind, &l, &raw, &ev, &err), 0);
	assert_int_equal(kind, LINE_END);
	c = logfile_counts(f);
	assert_int_equal(c.lines, 6);
	assert_int_equal(c.empty, 3);
	assert_int_equal(
	    logfile_place(f).next, 3 + 25 + 2 + 1 + 28 + 3 + 28);
	logfile_close(f);
}

static void
test_long_lines(void **state)
{
	size_t n = 3 * (size_t)LINE_MAX_BYTES;
	char *text = xmalloc(n);
	struct logfile *f;
	struct log_line l;
	struct evidence ev;
	enum line_kind kind;
	struct str raw;

	(void)state;
	memset(text, 'x', n);
	memcpy(text, "Nov 23 11:12:43 mx p: ", 22);
	memcpy(text + n - 27, "\nNov 23 11:12:44 mx p: next", 27);
	/* and a hole of zero bytes in front of it is not a line */
	f = open_text(str_of(text, n), 100000, "x", &y2026);
	assert_int_equal(logfile_next(f, &kind, &l, &raw, &ev, &err), 0);
	assert_int_equal(kind, LINE_HEADED);
	assert_int_equal(raw.n, LINE_MAX_BYTES);
	assert_int_equal(l.text.n, LINE_MAX_BYTES - 22);
	assert_int_equal(logfile_next(f, &kind, &l, &raw, &ev, &err), 0);
	assert_true(str_eq(l.text, STR("next")));
	assert_int_equal(ev.line, 2);
	assert_int_equal(ev.offset, n - 26);
	assert_int_equal(logfile_counts(f).cut, 1);
	logfile_close(f);
	memset(text, '\0', n - 27);
	f = open_text(str_of(text, n), 0, "x", &y2026);
	assert_int_equal(logfile_next(f, &kind, &l, &raw, &ev, &err), 0);
	assert_true(str_eq(l.text, STR("next")));
	logfile_close(f);
	free(text);
}

/* However the bytes come, the lines are the same. */
static void
test_any_chunk(void **state)
{
	struct str text = STR(""), whole;
	struct logfile *f;
	uint32_t seed = 7;

	(void)state;
	for (int i = 0; i < 300; i++) {
		static const char *const sample[] = {
		    "Nov 23 11:12:43 mx p[1]: x\n",
		    "\0\0\0\n",
		    "2026-11-23 11:12:43 1xVRyV-000039-0e Completed\r\n",
		    "P Received: from\n",
		    "Nov 23 11:12:45 mx last message repeated 3 times\n",
		    "Nov 23 11:12:45 mx exim[1]: [1/2] abc\n",
		    "Nov 23 11:12:45 mx exim[1]: [2/2] def\n",
		    "Mon Nov 23 11:12:43 2026 -> x: y FOUND\n",
		    "\n",
		    "<34>1 2026-11-23T11:12:43.5Z mx p 12 ID - text\n",
		};
		seed = seed * 1664525 + 1013904223;
		text = arena_printf(
		    &arena, "%.*s%s", STR_FMT(text), sample[(seed >> 16) % 10]);
	}
	f = open_text(text, 0, "x", &y2026);
	whole = dump_of(f);
	assert_true(whole.n > 5000);
	logfile_close(f);
	for (size_t chunk = 1; chunk < 200; chunk += chunk < 40 ? 1 : 13) {
		f = open_text(text, chunk, "x", &y2026);
		assert_string_equal(dump_of(f).p, whole.p);
		logfile_close(f);
	}
}

static void
test_zones(void **state)
{
	struct logfile_options vienna = y2026;

	(void)state;
	vienna.zone = zone_find(STR("Europe/Vienna"));
	assert_non_null(vienna.zone);
	/* Summer time ends on 2026-10-25: 02:30 comes twice. */
	assert_reads_as("Jul  1 12:00:00 mx p: summer\n"
	                "Oct 25 02:30:00 mx p: first\n"
	                "Oct 25 02:59:59 mx p: first\n"
	                "Oct 25 02:00:05 mx p: second\n"
	                "Oct 25 02:30:00 mx p: second\n"
	                "Oct 25 03:00:00 mx p: winter\n"
	                "2026-10-25T02:30:00+02:00 mx p: told\n"
	                "2026-12-01 12:00:00 x\n",
	    &vienna, "x",
	    "H x1 1@0 2026-07-01T10:00:00.000Z mx|p|0|summer\n"
	    "H x1 2@29 2026-10-25T00:30:00.000Z mx|p|0|first\n"
	    "H x1 3@57 2026-10-25T00:59:59.000Z mx|p|0|first\n"
	    "H x1 4@85 2026-10-25T01:00:05.000Z mx|p|0|second\n"
	    "H x1 5@114 2026-10-25T01:30:00.000Z mx|p|0|second\n"
	    "H x1 6@143 2026-10-25T02:00:00.000Z mx|p|0|winter\n"
	    "H x1 7@172 2026-10-25T00:30:00.000Z mx|p|0|told\n"
	    "H x1 8@209 2026-12-01T11:00:00.000Z opt|exim|0|x\n");
}

static void
test_before_1970(void **state)
{
	(void)state;
	assert_reads("1970-01-01T01:00:00+01:00 mx p: a\n"
	             "1970-01-01T00:59:59.999+01:00 mx p: b\n"
	             "1970-01-01T01:00:00+01:00 mx p: c\n"
	             "Dec 31 23:59:59 mx p: d\n"
	             "Jan  1 00:00:00 mx exim[1]: 1969-12-31 23:59:59 e\n"
	             "<34>1 1969-12-31T23:59:59Z mx p - - - f\n"
	             "Wed Dec 31 23:59:59 1969 -> g\n",
	    "H x1 1@0 1970-01-01T00:00:00.000Z mx|p|0|a\n"
	    "U x1 2@34 - ||0|1970-01-01T00:59:59.999+01:00 mx p: b\n"
	    "H x1 3@72 1970-01-01T00:00:00.000Z mx|p|0|c\n"
	    "U x1 4@106 - ||0|Dec 31 23:59:59 mx p: d\n"
	    "H x1 5@130 1970-01-01T00:00:00.000Z mx|exim|1|"
	    "1969-12-31 23:59:59 e\n"
	    "U x1 6@180 - ||0|<34>1 1969-12-31T23:59:59Z mx p - - - f\n"
	    "U x1 7@220 - ||0|Wed Dec 31 23:59:59 1969 -> g\n");
}

static void
test_new_year(void **state)
{
	(void)state;
	assert_reads("Nov 30 11:00:00 mx p: a\n"
	             "Dec 31 23:59:59 mx p: b\n"
	             "Jan  1 00:00:00 mx p: c\n"
	             "Dec 31 23:59:58 mx p: late\n"
	             "Jan  1 00:00:02 mx p: d\n"
	             "Jun  9 00:00:02 mx p: e\n"
	             "Jan  1 00:00:02 mx p: clock reset\n"
	             "Jun  9 00:00:03 mx p: f\n"
	             "Nov  9 00:00:02 mx p: g\n"
	             "Jan  1 00:00:02 mx p: clock reset\n"
	             "Nov  9 00:00:03 mx p: h\n"
	             "Jan  9 00:00:02 mx p: i\n",
	    "H x1 1@0 2026-11-30T11:00:00.000Z mx|p|0|a\n"
	    "H x1 2@24 2026-12-31T23:59:59.000Z mx|p|0|b\n"
	    "H x1 3@48 2027-01-01T00:00:00.000Z mx|p|0|c\n"
	    "H x1 4@72 2026-12-31T23:59:58.000Z mx|p|0|late\n"
	    "H x1 5@99 2027-01-01T00:00:02.000Z mx|p|0|d\n"
	    "H x1 6@123 2027-06-09T00:00:02.000Z mx|p|0|e\n"
	    "H x1 7@147 2027-01-01T00:00:02.000Z mx|p|0|clock reset\n"
	    "H x1 8@181 2027-06-09T00:00:03.000Z mx|p|0|f\n"
	    "H x1 9@205 2027-11-09T00:00:02.000Z mx|p|0|g\n"
	    "H x1 10@229 2028-01-01T00:00:02.000Z mx|p|0|clock reset\n"
	    "H x1 11@263 2027-11-09T00:00:03.000Z mx|p|0|h\n"
	    "H x1 12@287 2028-01-09T00:00:02.000Z mx|p|0|i\n");
}

static char folder[] = "/tmp/logfile_test.XXXXXX";

/* The year that is given to the first line of text in a file last written at
 * mtime, plain and compressed. */
static int
first_year(const char *text, const char *mtime)
{
	struct logfile_options opt = {0};
	struct civil c[2];

	for (int i = 0; i < 2; i++) {
		struct logfile *f;
		struct log_line l;
		struct evidence ev;
		enum line_kind kind;
		struct str raw;
		char command[500], path[100];
		FILE *p;

		snprintf(path, sizeof(path), "%s/log", folder);
		snprintf(command, sizeof(command),
		    "%s > %s && touch -d '%s' %s", i ? "gzip" : "cat", path,
		    mtime, path);
		p = popen(command, "w");
		fputs(text, p);
		assert_int_equal(pclose(p), 0);
		assert_int_equal(logfile_open(&f, path, &opt, &err), 0);
		assert_int_equal(
		    logfile_next(f, &kind, &l, &raw, &ev, &err), 0);
		assert_int_equal(kind, LINE_HEADED);
		c[i] = civil_of_utc(l.time, NULL);
		logfile_close(f);
	}
	assert_int_equal(c[0].year, c[1].year);
	return c[0].year;
}

static void
test_year_of_file(void **state)
{
	static const char two[] = "Nov 20 11:00:00 mx p: a\n"
	                          "Feb 20 11:00:00 mx p: b\n";

	(void)state;
	assert_int_equal(
	    first_year("Nov 23 11:00:00 mx p: a\n", "2026-11-23 12:00:00Z"),
	    2026);
	assert_int_equal(
	    first_year("Nov 23 11:00:00 mx p: a\n", "2026-11-20 12:00:00Z"),
	    2025);
	/* A clock or zone that is a little off is no reason for a year. */
	assert_int_equal(
	    first_year("Nov 23 11:00:00 mx p: a\n", "2026-11-22 23:00:00Z"),
	    2026);
	/* The last line decides, not the first. */
	assert_int_equal(first_year(two, "2026-02-21 12:00:00Z"), 2025);
	assert_int_equal(first_year(two, "2026-02-01 12:00:00Z"), 2024);
	assert_int_equal(first_year(two, "2026-12-01 12:00:00Z"), 2025);
	assert_int_equal(first_year("junk\n<22>Feb 29 11:00:00 mx p: a\n"
	                            "Mar  1 11:00:00 mx p: b\n" +
	                                5,
	                     "2027-05-01 00:00:00Z"),
	    2024);
}

static void
test_year_of_stdin(void **state)
{
	struct logfile_options opt = {0};

	(void)state;
	opt.now = INT64_C(1795435963) * USEC; /* 2026-11-23 12:12:43 */
	assert_reads_as("Nov 23 11:00:00 mx p: a\nDec 1 11:00:00 mx p: a\n",
	    &opt, "-",
	    "H x1 1@0 2026-11-23T11:00:00.000Z mx|p|0|a\n"
	    "H x1 2@24 2026-12-01T11:00:00.000Z mx|p|0|a\n");
	assert_reads_as("Nov 25 11:00:00 mx p: a\n", &opt, "-",
	    "H x1 1@0 2025-11-25T11:00:00.000Z mx|p|0|a\n");
	/* A year that stands in the file is known from then on. */
	assert_reads_as("2024-05-01T00:00:00Z mx p: a\n"
	                "May  1 11:00:00 mx p: b\n",
	    &opt, "-",
	    "H x1 1@0 2024-05-01T00:00:00.000Z mx|p|0|a\n"
	    "H x1 2@29 2024-05-01T11:00:00.000Z mx|p|0|b\n");
}

static void
test_resume(void **state)
{
	static const char text[] = "Dec 31 11:00:00 mx p: a\n"
	                           "Jan  1 11:00:00 mx p: b\n"
	                           "Jan  2 11:00:00 mx p: c\n";
	struct logfile_options opt = y2026;
	struct logfile *f = open_text(str_z(text), 0, "x", &opt);
	struct log_line l;
	struct evidence ev;
	enum line_kind kind;
	struct buf saved = {0};
	struct str raw;

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(
		    logfile_next(f, &kind, &l, &raw, &ev, &err), 0);
	logfile_save(f, &saved);
	opt.state = buf_str(&saved);
	opt.year = 0;
	logfile_close(f);
	f = open_text(str_z(text), 0, "x", &opt);
	assert_string_equal(
	    dump_of(f).p, "H x1 3@48 2027-01-02T11:00:00.000Z mx|p|0|c\n");
	logfile_close(f);
	buf_free(&saved);
}

static void
test_follow(void **state)
{
	struct logfile_options opt = y2026;
	struct logfile *f;
	char path[100];
	FILE *log;

	(void)state;
	opt.follow = true;
	snprintf(path, sizeof(path), "%s/grows", folder);
	log = fopen(path, "w");
	assert_non_null(log);
	fputs("Nov 23 11:00:00 mx p: a\nNov 23 11:00:0", log);
	fflush(log);
	assert_int_equal(logfile_open(&f, path, &opt, &err), 0);
	assert_string_equal(
	    dump_of(f).p, "H x1 1@0 2026-11-23T11:00:00.000Z mx|p|0|a\n");
	assert_int_equal(dump_of(f).n, 0);
	fputs("1 mx p: b\nNov 23 11:00:02 mx p: c", log);
	fflush(log);
	assert_string_equal(
	    dump_of(f).p, "H x1 2@24 2026-11-23T11:00:01.000Z mx|p|0|b\n");
	fputs("\n", log);
	fclose(log);
	assert_string_equal(
	    dump_of(f).p, "H x1 3@48 2026-11-23T11:00:02.000Z mx|p|0|c\n");
	logfile_close(f);
}

/* Hosts that are none, and names that containers give to programs. */
static void
test_odd_hosts_and_tags(void **state)
{
	(void)state;
	assert_reads("2026-11-23T11:12:43Z info exim[81]: [81] x\n"
	             "Nov 23 11:12:43 mx/mx postfix/smtpd[7]: x\n"
	             "Nov 23 11:12:43 mx 0123456789ab[99]: x\n"
	             "Nov 23 11:12:43 mx docker/mail.1.x7/0123456789ab[99]: x\n"
	             "Nov 23 11:12:43 mx /postfix-script[12]: x\n"
	             "Nov 23 11:12:43 lmtp(a@b)<27><N2hL>: x: y\n"
	             "206-Nov 23 11:12:43 mx p: x\n",
	    "H x1 1@0 2026-11-23T11:12:43.000Z info|exim|81|[81] x\n"
	    "H x1 2@43 2026-11-23T11:12:43.000Z mx/mx|postfix/smtpd|7|x\n"
	    "H x1 3@85 2026-11-23T11:12:43.000Z mx|0123456789ab|99|x\n"
	    "H x1 4@124 2026-11-23T11:12:43.000Z "
	    "mx|docker/mail.1.x7/0123456789ab|99|x\n"
	    "H x1 5@180 2026-11-23T11:12:43.000Z mx|/postfix-script|12|x\n"
	    "H x1 6@222 2026-11-23T11:12:43.000Z opt|lmtp(a@b)<27><N2hL>|0|x: y\n"
	    "U x1 7@264 - ||0|206-Nov 23 11:12:43 mx p: x\n");
	assert_reads("2026-11-23T11:12:43 q=i0S0miXk018339 f=<a@b> p=0.1\n",
	    "H x1 1@0 2026-11-23T11:12:43.000Z opt|puremessage|0|"
	    "q=i0S0miXk018339 f=<a@b> p=0.1\n");
}

#define JSON_TIME "\"__REALTIME_TIMESTAMP\":\"1795435963123456\","

static void
test_journal_json(void **state)
{
	(void)state;
	assert_reads("{\"_SOURCE_REALTIME_TIMESTAMP\":\"1795435962000000\","
	             "\"__CURSOR\" : \"s=1\", " JSON_TIME
	             "\"_HOSTNAME\":\"mx1\","
	             "\"SYSLOG_IDENTIFIER\":\"postfix/smtpd\",\"_PID\":\"12\","
	             "\"SYSLOG_PID\":\"77\",\"MESSAGE\":\"connect from x\"}\n",
	    "H x1 1@0 2026-11-23T12:12:42.000Z mx1|postfix/smtpd|77|connect "
	    "from x\n");
	/* Escapes, bytes that are no UTF-8, a halved character; no host, and
	 * the name of the process where there is no identifier. */
	assert_reads("{" JSON_TIME "\"_COMM\":\"p\",\"MESSAGE\":"
	             "\"a\\\"\\\\\\u00e9\\ud83d\\ude00\\ud83dz\\tb\"}\n"
	             "{" JSON_TIME "\"_COMM\":\"p\",\"_PID\":\"5\","
	             "\"MESSAGE\":[104, 255,105]}\r\n",
	    "H x1 1@0 2026-11-23T12:12:43.123Z opt|p|0|a\"\\\xc3\xa9"
	    "\xf0\x9f\x98\x80\xef\xbf\xbdz\tb\n"
	    "H x1 2@102 2026-11-23T12:12:43.123Z opt|p|5|h\xffi\n");
	/* Too long without --all, or there twice: no text; what is nested is
	 * stepped over. */
	assert_reads("{" JSON_TIME "\"_COMM\":\"p\",\"MESSAGE\":null}\n"
	             "{" JSON_TIME "\"_COMM\":\"p\",\"MESSAGE\":"
	             "[\"a\",\"b\"],\"X\":{\"MESSAGE\":[{},1]}}\n"
	             "{" JSON_TIME "\"MESSAGE\":\"a\",\"MESSAGE\":\"b\"}\n",
	    "H x1 1@0 2026-11-23T12:12:43.123Z opt|p|0|\n"
	    "H x1 2@71 2026-11-23T12:12:43.123Z opt|p|0|\n"
	    "H x1 3@170 2026-11-23T12:12:43.123Z opt||0|\n");
	/* Exim's stamp and its parts are what they are in syslog. */
	assert_reads("{" JSON_TIME "\"SYSLOG_IDENTIFIER\":\"exim\","
	             "\"MESSAGE\":\"[1/2] 2026-11-23 12:12:43 1 <= a\"}\n"
	             "{" JSON_TIME "\"SYSLOG_IDENTIFIER\":\"exim\","
	             "\"MESSAGE\":\"[2/2] \\\"b\"}\n",
	    "H x1 1@0 2026-11-23T12:12:43.123Z opt|exim|0|1 <= a\"b\n");
}

static void
test_journal_json_that_is_none(void **state)
{
	static const char *const bad[] = {"{" JSON_TIME "\"MESSAGE\":\"a\"",
	    "{" JSON_TIME "\"MESSAGE\":\"a\"} x",
	    "{" JSON_TIME "\"MESSAGE\":\"a\\\"}", "{" JSON_TIME "MESSAGE:1}",
	    "{" JSON_TIME "\"MESSAGE\":\"\\x\"}",
	    "{" JSON_TIME "\"MESSAGE\":\"\\u12\"}",
	    "{" JSON_TIME "\"MESSAGE\":[[1}}", "{" JSON_TIME "\"X\":,\"Y\":1}",
	    "{\"MESSAGE\":\"a\",\"_PID\":\"1\"}",
	    "{\"__REALTIME_TIMESTAMP\":\"-1\",\"MESSAGE\":\"a\"}",
	    "{\"__REALTIME_TIMESTAMP\":\"9223372036854775807\"}",
	    "{" JSON_TIME "\"X\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}",
	    "{}             ", "{              "};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_reads(bad[i],
		    arena_printf(&arena, "U x1 1@0 - ||0|%s\n", bad[i]).p);
}

#define EXPORT_HEAD                                                            \
	"__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1795435963123456\n"            \
	"_HOSTNAME=mx1\nSYSLOG_IDENTIFIER=p\n_PID=5\n"

/* A binary field may hold anything, even what looks like another entry, and
 * its length may hold line ends and zeros. */
static const char journal_export[] =
    EXPORT_HEAD "MESSAGE=a=b\n_TRANSPORT=syslog\n\n" EXPORT_HEAD
                "MESSAGE\n\12\0\0\0\0\0\0\0x\n\n__CURSO\n"
                "SYSLOG_PID=7\n\n" EXPORT_HEAD "MESSAGE=last\n";

static const char journal_export_read[] =
    "H x1 1@0 2026-11-23T12:12:43.123Z mx1|p|5|a=b\n"
    "H x1 9@127 2026-11-23T12:12:43.123Z mx1|p|7|x\n\n__CURSO\n"
    "H x1 21@264 2026-11-23T12:12:43.123Z mx1|p|5|last\n";

static void
test_journal_export(void **state)
{
	struct str text = str_of(journal_export, sizeof(journal_export) - 1);
	struct logfile_counts c;
	struct logfile *f;

	(void)state;
	for (size_t chunk = 0; chunk < 40; chunk++) {
		f = open_text(text, chunk, "x", &y2026);
		assert_string_equal(dump_of(f).p, journal_export_read);
		c = logfile_counts(f);
		assert_int_equal(c.lines, 26);
		assert_int_equal(c.empty + c.joined + c.cut, 0);
		logfile_close(f);
	}
}

/* What is no field, and the next entry, end an entry too. */
static void
test_journal_export_broken(void **state)
{
	static const char huge[] =
	    EXPORT_HEAD "MESSAGE\n\xff\xff\xff\xff\xff\xff\xff\xffx\n";
	struct logfile *f;

	(void)state;
	assert_reads(EXPORT_HEAD "MESSAGE=a\n" EXPORT_HEAD "MESSAGE=b\n"
	                         "Nov 23 12:12:44 mx p: c\n"
	                         "__CURSOR=s=2\nMESSAGE=d\n\n"
	                         "2026-11-23T12:12:45Z mx p: e\n",
	    "H x1 1@0 2026-11-23T12:12:43.123Z mx1|p|5|a\n"
	    "H x1 7@106 2026-11-23T12:12:43.123Z mx1|p|5|b\n"
	    "H x1 13@212 2026-11-23T12:12:44.000Z mx|p|0|c\n"
	    "U x1 14@236 - ||0|__CURSOR=s=2\nMESSAGE=d\n"
	    "H x1 17@260 2026-11-23T12:12:45.000Z mx|p|0|e\n");
	f = open_text(str_of(huge, sizeof(huge) - 1), 3, "x", &y2026);
	assert_true(str_starts(
	    dump_of(f), STR("H x1 1@0 2026-11-23T12:12:43.123Z mx1|p|5|\nU")));
	logfile_close(f);
}

/* A core dump of many MB is stepped over, whatever it holds. */
static void
test_journal_export_large(void **state)
{
	static const char forged[] = EXPORT_HEAD "MESSAGE=forged\n\n";
	static const char tail[] = "\n\n" EXPORT_HEAD "MESSAGE=b\n\n";
	size_t n = 3 << 20, head_n = sizeof(EXPORT_HEAD "MESSAGE=a\nX\n") - 1;
	char *text = xcalloc(1, n + 400);
	struct logfile_counts c;
	struct logfile *f;

	(void)state;
	memcpy(text, EXPORT_HEAD "MESSAGE=a\nX\n", head_n);
	text[head_n + 2] = 0x30; /* 3 MiB, little-endian */
	for (size_t i = 0; i < n; i++)
		text[head_n + 8 + i] = forged[i % (sizeof(forged) - 1)];
	memcpy(text + head_n + 8 + n, tail, sizeof(tail));
	n += head_n + 8 + sizeof(tail) - 1;
	f = open_text(str_of(text, n), 0, "x", &y2026);
	assert_true(str_ends(dump_of(f), STR("|b\n")));
	c = logfile_counts(f);
	assert_int_equal(c.cut, 1);
	logfile_close(f);
	f = open_text(str_of(text, n), 0, "x", &y2026);
	assert_int_equal(str_find(dump_of(f), STR("forged")), -1);
	logfile_close(f);
	free(text);
}

/* An entry that still grows waits for its end. */
static void
test_journal_follow(void **state)
{
	struct logfile_options opt = y2026;
	struct logfile *f;
	char path[100];
	FILE *log;

	(void)state;
	opt.follow = true;
	snprintf(path, sizeof(path), "%s/entries", folder);
	log = fopen(path, "w");
	assert_non_null(log);
	fputs(EXPORT_HEAD "MESSAGE=a", log);
	fflush(log);
	assert_int_equal(logfile_open(&f, path, &opt, &err), 0);
	assert_int_equal(dump_of(f).n, 0);
	fputs("b\n_COMM", log);
	fflush(log);
	assert_int_equal(dump_of(f).n, 0);
	fputs("=x\n\n" EXPORT_HEAD, log);
	fflush(log);
	assert_string_equal(
	    dump_of(f).p, "H x1 1@0 2026-11-23T12:12:43.123Z mx1|p|5|ab\n");
	fputs("MESSAGE=c\n\n", log);
	fclose(log);
	assert_string_equal(
	    dump_of(f).p, "H x1 9@116 2026-11-23T12:12:43.123Z mx1|p|5|c\n");
	logfile_close(f);
}

static int
setup(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL;
}

static int
teardown(void **state)
{
	char command[100];

	(void)state;
	arena_free(&arena);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bsd),
	    cmocka_unit_test(test_iso),
	    cmocka_unit_test(test_5424),
	    cmocka_unit_test(test_exim),
	    cmocka_unit_test(test_filters),
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_amavis_wraps),
	    cmocka_unit_test(test_many_parts),
	    cmocka_unit_test(test_repeated),
	    cmocka_unit_test(test_line_ends),
	    cmocka_unit_test(test_long_lines),
	    cmocka_unit_test(test_any_chunk),
	    cmocka_unit_test(test_zones),
	    cmocka_unit_test(test_before_1970),
	    cmocka_unit_test(test_new_year),
	    cmocka_unit_test(test_year_of_file),
	    cmocka_unit_test(test_year_of_stdin),
	    cmocka_unit_test(test_odd_hosts_and_tags),
	    cmocka_unit_test(test_journal_json),
	    cmocka_unit_test(test_journal_json_that_is_none),
	    cmocka_unit_test(test_journal_export),
	    cmocka_unit_test(test_journal_export_broken),
	    cmocka_unit_test(test_journal_export_large),
	    cmocka_unit_test(test_journal_follow),
	    cmocka_unit_test(test_resume),
	    cmocka_unit_test(test_follow),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
