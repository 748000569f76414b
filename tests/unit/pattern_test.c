/* SPDX-License-Identifier: Apache-2.0 */
/* Pattern parser: the loader against errors, the formats against odd lines. */
#include "input/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/csv.h"
#include "base/utc.h"
#include "input/parsers.h"

#define assert_str(have, want) assert_true(str_eq(have, str_z(want)))

static struct pattern_file *
load(const char *yaml)
{
	struct pattern_file *f;
	struct err e;

	if (pattern_read(&f, str_z(yaml), "t.yaml", &e) == 0)
		return f;
	fail_msg("%s", e.text);
	return NULL;
}

/* What was emitted last; texts are only good within the emit. */
static struct event last;
static int emitted;
static struct str last_recipients[8];

static void
keep(struct event_sink *sink, struct str instance, const struct event *ev)
{
	(void)sink;
	assert_false(str_has(instance));
	last = *ev;
	emitted++;
	for (size_t i = 0; i < ev->nrecipients && i < 8; i++)
		last_recipients[i] = ev->recipients[i];
}

static struct event_sink sink = {keep};

/* A line as a log file would give it to the parser. */
static enum parsed
line(const struct pattern_file *f, void *state, const char *raw)
{
	const struct parser_ops *p = pattern_ops(f);
	struct log_line in = {
	    .time = UTC_NONE, .host = STR(""), .program = STR("")};
	enum headed head = HEAD_OTHER;

	emitted = 0;
	in.text = str_z(raw);
	if (p->head != NULL)
		head = p->head(p->cfg, in.text, NULL, state, &in);
	if (head == HEAD_BAD)
		return PARSED_UNKNOWN;
	in.continuation = head == HEAD_UNTIMED;
	return p->line(p->cfg, &in, state, &sink);
}

#define TOP "name: t\nsummary: t\nprograms: [td]\npatterns:\n"
#define ENDED                                                                  \
	" - {id: a, event: end, match: '^(?<queue_id>A+)$', samples: [{line: AA, fields: {queue_id: AA}}]"
#define CSV                                                                    \
	"name: t\nsummary: t\ncsv: {sample_header: 'time,id,what,rcpt'}\n"     \
	"time: {column: time, format: epoch}\ncolumns: {queue_id: id}\n"       \
	"patterns:\n"

static void
errors_tell_file_and_line(void **s)
{
	static const struct {
		const char *yaml, *error;
	} cases[] = {
	    {"summary: t", "t.yaml:1: 'name' is missing"},
	    {"name: A b\nsummary: t",
	        "t.yaml:1: a name is made of a-z, 0-9, _ and -"},
	    {"name: t\nsummary: t\npatterns: []",
	        "t.yaml:1: neither 'programs' nor 'time' nor 'csv' is there"},
	    {"name: t\nsummary: t\nprograms: [\"*\"]",
	        "t.yaml:3: '*' would take every program's lines"},
	    {"name: t\nsummary: t\nprograms: [td]\npatterns: []",
	        "t.yaml:4: 'patterns' is empty"},
	    {TOP " - {id: a, event: end, match: '^(?<queue_id>A+)$'}",
	        "t.yaml:5: pattern 'a' has no samples"},
	    {TOP ENDED ", contians: x}", "t.yaml:5: unknown key 'contians'"},
	    {TOP ENDED ", not_samples: [AAA]}",
	        "t.yaml:5: pattern 'a' matches what it must not"},
	    {TOP ENDED ", set: {stage: middle}}",
	        "t.yaml:5: no stage 'middle'"},
	    {TOP ENDED ", set: {queue_id: x}}",
	        "t.yaml:5: 'queue_id' is given twice"},
	    {TOP ENDED ", split: {sender: ','}}",
	        "t.yaml:5: only 'recipient' can be split"},
	    {TOP ENDED ", map: {size: {from: word, words: {a: b}}}}",
	        "t.yaml:5: 'match' has no group 'word'"},
	    {TOP ENDED ", set: {text: x}}",
	        "t.yaml:5: 'text' needs a 'text_kind'"},
	    {TOP ENDED "}\n" ENDED "}",
	        "t.yaml:6: a pattern 'a' is there already"},
	    {TOP " - {id: a, event: end, match: '(', samples: []}",
	        "t.yaml:5: pattern: missing closing parenthesis (at byte 2)"},
	    {TOP " - {id: a, event: end, samples: []}",
	        "t.yaml:5: one of 'starts', 'contains' and 'match' is wanted"},
	    {TOP " - {id: a, event: reject, match: '(?<disposition>x)'}",
	        "t.yaml:5: 'disposition' comes from 'set' or 'map'"},
	    {TOP " - {id: a, event: arrival, starts: x, samples: []}",
	        "t.yaml:5: event 'arrival' needs the field 'queue_id'"},
	    {TOP " - {id: a, event: end, match: '^(?<queue_id>A*)$', samples: "
	         "[{line: '', fields: {queue_id: ~}}]}",
	        "t.yaml:5: 'line' is empty"},
	    {TOP " - {id: a, event: end, match: '^x(?<queue_id>A*)$', samples: "
	         "[{line: x, fields: {queue_id: ~}}]}",
	        "t.yaml:5: pattern 'a' knows the line, but a field that it "
	        "needs is empty or none of the words"},
	    {CSV " - {id: a, event: end, match: x}",
	        "t.yaml:7: match must be a map"},
	    {CSV " - {id: a, event: end, samples: []}",
	        "t.yaml:7: 'when' or 'match' is wanted"},
	    {CSV " - {id: a, event: end, when: {what: x}, samples: [{line: "
	         "'x,1,x,y', fields: {queue_id: 1}}]}",
	        "t.yaml:7: no time can be read in this line"},
	    {CSV " - {id: a, event: end, when: {what: x}, samples: [{line: "
	         "'1,1,x,y', time: '1970-01-01T00:00:02.000Z', fields: "
	         "{queue_id: 1}}]}",
	        "t.yaml:7: time is '1970-01-01T00:00:01.000Z'"},
	};

	(void)s;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct pattern_file *f;
		struct err e = {.text = "it loads"};

		assert_int_not_equal(
		    pattern_read(&f, str_z(cases[i].yaml), "t.yaml", &e), 0);
		assert_string_equal(e.text, cases[i].error);
		assert_int_equal(e.code, ERR_USAGE);
	}
}

static const char csv_yaml[] =
    "name: t\nsummary: t\n"
    "csv: {header: '#F: ', comment: '#', separator: tab, sample_header: \"#F: "
    "when\\tid\\twhat\\trcpt\\tfrom\\tto\"}\n"
    "time: {column: when, format: epoch_ms}\n"
    "columns: {queue_id: id}\n"
    "patterns:\n"
    " - id: in\n"
    "   event: [arrival, attempt, end]\n"
    "   when: {what: [IN, LOCAL]}\n"
    "   columns: {recipient: rcpt, sender: [from, to]}\n"
    "   split: {recipient: ';'}\n"
    "   set: {disposition: delivered}\n"
    "   samples: [{line: \"1500\\t7\\tIN\\ta@x;b@x\\t<>\\tz\", time: "
    "'1970-01-01T00:00:01.500Z', fields: {sender: '', recipient: [a@x, b@x]}}]\n"
    " - id: self\n"
    "   event: end\n"
    "   same: [from, to]\n"
    "   when: {what: SELF}\n"
    "   samples: [{line: \"1\\t7\\tSELF\\t\\tq\\tq\", fields: {queue_id: 7}}]\n"
    "   not_samples: [\"1\\t7\\tSELF\\t\\tq\\tp\", \"1\\t7\\tSELF\\t\\t\\t\"]\n";

static void
columns_are_found_by_name(void **s)
{
	struct pattern_file *f = load(csv_yaml);
	void *state = calloc(1, pattern_ops(f)->state_size);

	(void)s;
	/* no header yet */
	assert_int_equal(
	    line(f, state, "1\t7\tIN\ta@x\tb@x\tz"), PARSED_UNKNOWN);
	assert_int_equal(
	    line(f, state, "\xef\xbb\xbf#F: what\tto\tID\twhen\trcpt"),
	    PARSED_IGNORED);
	assert_int_equal(line(f, state, "# a remark"), PARSED_IGNORED);
	assert_int_equal(
	    line(f, state, "IN\t<z@x>\t8\t5\t\"a@x;\"\"b;c\"\"@x\""),
	    PARSED_USED);
	assert_int_equal(emitted, 3);
	assert_int_equal(last.kind, EVENT_END);
	assert_str(last.sender, "z@x");
	assert_int_equal(last.nrecipients, 3); /* quotes are no syntax here */
	assert_str(last_recipients[0], "a@x");
	/* too many, too few, an open quote, text behind a quote, no time */
	assert_int_equal(
	    line(f, state, "IN\tz\t8\t5\ta@x\tmore"), PARSED_UNKNOWN);
	assert_int_equal(line(f, state, "IN\tz\t8\t5"), PARSED_UNKNOWN);
	assert_int_equal(line(f, state, "IN\tz\t8\t5\t\"a"), PARSED_UNKNOWN);
	assert_int_equal(line(f, state, "IN\tz\t8\t5\t\"a\"b"), PARSED_UNKNOWN);
	assert_int_equal(line(f, state, "IN\tz\t8\t-5\ta"), PARSED_UNKNOWN);
	assert_int_equal(line(f, state, "OUT\tz\t8\t5\ta"), PARSED_UNKNOWN);
	/* no queue id */
	assert_int_equal(line(f, state, "IN\tz\t\t5\ta"), PARSED_UNKNOWN);
	/* a header without the time's column: rows under it are not read */
	assert_int_equal(line(f, state, "#F: what\tid"), PARSED_UNKNOWN);
	assert_int_equal(line(f, state, "IN\t8"), PARSED_UNKNOWN);
	free(state);
	pattern_free(f);
}

static void
the_first_line_may_be_the_header(void **s)
{
	struct pattern_file *f =
	    load(CSV " - {id: a, event: end, when: {what: x}, samples: [{line: "
	             "'1.5,A,x,y', fields: {queue_id: A}}]}");
	void *state = calloc(1, pattern_ops(f)->state_size);

	(void)s;
	assert_int_equal(line(f, state, "id,Time,what"), PARSED_IGNORED);
	assert_int_equal(line(f, state, "Q,1795433163.25,x"), PARSED_USED);
	assert_str(last.queue_id, "Q");
	/* files put together */
	assert_int_equal(line(f, state, "time,id,what,rcpt"), PARSED_UNKNOWN);
	assert_int_equal(line(f, state, "what,time,id"), PARSED_IGNORED);
	assert_int_equal(line(f, state, "x,1795433163,R"), PARSED_USED);
	assert_str(last.queue_id, "R");
	free(state);
	pattern_free(f);
}

static void
lines_may_have_stamps_of_their_own(void **s)
{
	struct pattern_file *f = load(
	    "name: t\nsummary: t\nprograms: [td]\n"
	    "time: {match: '^\\[(?<time>[^\\]]++)\\] (?<host>\\S+) ', format: iso}\n"
	    "patterns:\n"
	    " - {id: a, event: end, match: '^end (?<queue_id>\\S+)$', samples: "
	    "[{line: '[2026-11-23T09:12:41.5+01:00] mx1 end Q', time: "
	    "'2026-11-23T08:12:41.500Z', fields: {queue_id: Q}}, "
	    "{line: end R, fields: {queue_id: R}}]}");
	const struct parser_ops *p = pattern_ops(f);
	struct log_line in = {.time = UTC_NONE, .host = STR("here")};

	(void)s;
	assert_true(p->claims(p->cfg, STR("td")));
	assert_false(p->claims(p->cfg, STR("tdx")));
	assert_int_equal(p->head(p->cfg, STR("[2026-11-23 09:12:41] mx1 end Q"),
	                     NULL, NULL, &in),
	    HEAD_TIMED);
	assert_str(in.host, "mx1");
	assert_str(in.text, "end Q");
	assert_int_equal(
	    p->head(p->cfg, STR("[noon] mx1 end Q"), NULL, NULL, &in),
	    HEAD_BAD);
	assert_int_equal(p->head(p->cfg, STR("Nov 23 09:12:41 mx1 td: end Q"),
	                     NULL, NULL, &in),
	    HEAD_OTHER);
	pattern_free(f);
}

/* What a word means is said, or the line is not understood. */
static void
words_that_no_table_knows(void **s)
{
	struct pattern_file *f = load(
	    TOP " - id: a\n   event: attempt\n"
	        "   match: '^(?<queue_id>\\w+) (?<how>\\w+) "
	        "(?<relay_addr>\\S+) (?<size>\\S+)$'\n"
	        "   map: {disposition: {from: how, words: {ok: delivered, "
	        "'temp*': deferred}}}\n"
	        "   samples: [{line: Q ok 192.0.2.1 5, fields: "
	        "{disposition: delivered, relay_addr: 192.0.2.1, size: 5}}]\n");

	(void)s;
	assert_int_equal(line(f, NULL, "Q temporary ::1 7"), PARSED_USED);
	assert_int_equal(last.disposition, DISP_DEFERRED);
	assert_int_equal(line(f, NULL, "Q odd ::1 7"), PARSED_UNKNOWN);
	assert_int_equal(emitted, 0);
	assert_int_equal(
	    line(f, NULL, "Q ok nowhere 99999999999999999999"), PARSED_USED);
	assert_false(last.has_relay_addr);
	assert_int_equal(last.size, -1);
	pattern_free(f);
}

static void
more_recipients_than_anyone_sends_to(void **s)
{
	struct pattern_file *f = load(
	    TOP " - id: a\n   event: detail\n"
	        "   match: '^(?<queue_id>\\w+) (?<recipient>.*)$'\n"
	        "   split: {recipient: ';'}\n"
	        "   samples: [{line: Q a;b, fields: {recipient: [a, b]}}]\n");
	char text[2 + 20002] = "Q ";

	(void)s;
	for (size_t i = 2; i + 1 < sizeof(text); i++)
		text[i] = i % 2 ? ';' : 'r';
	text[2 + 19999] = '\0'; /* 10,000 of them */
	assert_int_equal(line(f, NULL, text), PARSED_USED);
	assert_int_equal(last.nrecipients, 10000);
	text[2 + 19999] = ';';
	assert_int_equal(line(f, NULL, text), PARSED_UNKNOWN);
	pattern_free(f);
}

static void
sound_csv(void **s)
{
	(void)s;
	assert_true(csv_is_sound(STR("a,\"b,\"\"c\",d"), ','));
	assert_true(csv_is_sound(STR("a, \"b\" ,"), ','));
	assert_true(csv_is_sound(STR("a\"b,c"), ','));
	assert_true(csv_is_sound(STR(""), ','));
	assert_false(csv_is_sound(STR("a,\"b"), ','));
	assert_false(csv_is_sound(STR("a,\"b\"c,d"), ','));
	assert_false(csv_is_sound(STR("a,\"b\"\""), ','));
}

static void
shipped_parsers_load(void **s)
{
	struct parsers *p;
	struct err e;

	(void)s;
	assert_int_equal(parsers_load(&p, SOURCE_TREE "/parsers", &e), 0);
	assert_ptr_equal(parsers_at(p, 0), &parser_postfix);
	assert_non_null(parsers_find(p, STR("opensmtpd")));
	assert_non_null(parsers_find(p, STR("exchange")));
	assert_ptr_equal(parsers_find(p, STR("exim")), &parser_exim);
	assert_null(parsers_find(p, STR("none")));
	assert_null(parsers_find(p, STR_NONE));
	parsers_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(errors_tell_file_and_line),
	    cmocka_unit_test(columns_are_found_by_name),
	    cmocka_unit_test(the_first_line_may_be_the_header),
	    cmocka_unit_test(lines_may_have_stamps_of_their_own),
	    cmocka_unit_test(words_that_no_table_knows),
	    cmocka_unit_test(more_recipients_than_anyone_sends_to),
	    cmocka_unit_test(sound_csv),
	    cmocka_unit_test(shipped_parsers_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
