/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of collectors gives the samples that sFlow itself gives of the same
 * packets; no format is taken for another; bad text is counted and stops
 * nothing; and what a row does not tell is known to be unknown.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "ingest/flow_import.h"

#define TOOLS "python3 -B " SOURCE_TREE "/tests/tools/"
#define L_FIELDS                                                               \
	"agent,meanSkipCount,samplePool,srcIP,dstIP,srcIP6,dstIP6,IPProtocol," \
	"TCPSrcPort,TCPDstPort,TCPFlags,IPSize,pcapTimestamp,"                 \
	"pcapTimestamp_uS,unixSecondsUTC,src_as,dst_as"

enum { SAMPLES_MAX = 20000 };

static char folder[] = "/tmp/flow_text_test.XXXXXX";
static struct err err;

struct seen {
	struct flow_sink sink; /* first */
	struct flow_run run;
	struct smtp_sample s[SAMPLES_MAX];
	size_t n, heard, malformed, listed;
	struct flow_listed last;
	char why[64];
};

static void
on_sample(struct flow_sink *sink, const struct smtp_sample *s)
{
	struct seen *seen = (struct seen *)sink;

	assert_true(seen->n < SAMPLES_MAX);
	assert_true(s->rate > 0);
	assert_true(s->has_flags || s->flags == 0);
	seen->s[seen->n++] = *s;
}

static void
on_heard(struct flow_sink *sink, const struct flow_heard *h)
{
	struct seen *seen = (struct seen *)sink;

	seen->heard++;
	if (h->malformed) {
		seen->malformed++;
		assert_non_null(h->why);
		snprintf(seen->why, sizeof(seen->why), "%s", h->why);
	}
}

static void
on_listed(struct flow_sink *sink, const struct flow_listed *l)
{
	((struct seen *)sink)->listed++;
	((struct seen *)sink)->last = *l;
}

static struct seen *
seen_new(void)
{
	struct seen *seen = xcalloc(1, sizeof(*seen));

	seen->sink = (struct flow_sink){on_sample, on_heard, on_listed};
	flow_run_init(&seen->run, &seen->sink);
	return seen;
}

static void
seen_free(struct seen *seen)
{
	flow_run_free(&seen->run);
	free(seen);
}

static const char *
path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void
write_file(const char *name, const char *text, size_t n)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	fclose(f);
}

/* Reads to the end; what damage there was, or NULL. */
static const char *
read_path(struct seen *seen, const char *path, const char *format)
{
	static char damage[128];
	struct flow_source *src;
	const char *found;
	int rc;

	if (flow_source_open(&src, path, format, &seen->run, &err) < 0)
		fail_msg("%s", err.text);
	while ((rc = flow_source_step(src, &err)) > 0)
		;
	if (rc < 0)
		fail_msg("%s", err.text);
	found = flow_source_damage(src);
	snprintf(damage, sizeof(damage), "%s", found ? found : "");
	flow_source_close(src);
	return found ? damage : NULL;
}

static struct seen *
read_text(const char *text, const char *format)
{
	struct seen *seen = seen_new();

	write_file("text", text, strlen(text));
	assert_null(read_path(seen, path_of("text"), format));
	return seen;
}

/* What a format tells of a sample. */
enum { TELLS_FLAGS = 1, TELLS_AGENT = 2, TELLS_AS = 4, TELLS_TIME = 8 };

static const struct file {
	const char *name, *format;
	unsigned tells;
} files[] = {
    {"sflow.pcap", "sflow", TELLS_FLAGS | TELLS_AGENT | TELLS_AS},
    {"sflowtool_l.csv", "sflowtool-l", TELLS_FLAGS | TELLS_AGENT},
    {"sflowtool_j.json", "sflowtool-json",
        TELLS_FLAGS | TELLS_AGENT | TELLS_AS | TELLS_TIME},
    {"sflowtool_J.json", "sflowtool-json",
        TELLS_FLAGS | TELLS_AGENT | TELLS_AS | TELLS_TIME},
    {"nfdump_long.csv", "nfdump-csv",
        TELLS_FLAGS | TELLS_AGENT | TELLS_AS | TELLS_TIME},
    {"nfdump_short.csv", "nfdump-csv", TELLS_TIME},
    {"nfdump.json", "nfdump-json",
        TELLS_FLAGS | TELLS_AGENT | TELLS_AS | TELLS_TIME},
    {"nfdump.ndjson", "nfdump-json",
        TELLS_FLAGS | TELLS_AGENT | TELLS_AS | TELLS_TIME},
    {"pmacct.json", "pmacct-json", TELLS_AGENT | TELLS_AS | TELLS_TIME},
    {"goflow2.json", "goflow2-json",
        TELLS_FLAGS | TELLS_AGENT | TELLS_AS | TELLS_TIME},
    {"akvorado.tsv", "akvorado", TELLS_AGENT | TELLS_AS | TELLS_TIME},
    {"sflowtool_L.csv", NULL, /* is what --fields says it is */
        TELLS_FLAGS | TELLS_AGENT | TELLS_AS | TELLS_TIME},
    {"list.csv", "list", 0},
};
enum { FILES = sizeof(files) / sizeof(files[0]) };

/* Takes away what a format does not tell, and adds the roles in the place of
 * the data source.  sFlow's AS are only there where it has a gateway record. */
static void
reduce(struct smtp_sample *s, unsigned tells, const struct port_set *ports)
{
	struct smtp_roles roles = smtp_roles(s, ports);

	s->source_id = (uint32_t)roles.src << 8 | (uint32_t)roles.dst;
	if (!(tells & TELLS_FLAGS)) {
		s->flags = 0;
		s->has_flags = false;
	}
	if (!(tells & TELLS_AGENT))
		memset(&s->agent, 0, sizeof(s->agent));
	if (!(tells & TELLS_AS) || s->src_as == 0)
		s->src_as = s->dst_as = 0;
	s->time = tells & TELLS_TIME ? s->time / USEC : 0;
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct smtp_sample));
}

/* Padding may differ: each sample is written anew into zeroed memory. */
static void
reduce_all(struct seen *seen, unsigned tells)
{
	for (size_t i = 0; i < seen->n; i++) {
		struct smtp_sample s = seen->s[i], *to = &seen->s[i];

		reduce(&s, tells, &seen->run.ports);
		memset(to, 0, sizeof(*to));
		to->time = s.time;
		to->agent = s.agent;
		to->source_id = s.source_id;
		to->src = s.src;
		to->dst = s.dst;
		to->src_port = s.src_port;
		to->dst_port = s.dst_port;
		to->flags = s.flags;
		to->has_flags = s.has_flags;
		to->rate = s.rate;
		to->src_as = s.src_as;
		to->dst_as = s.dst_as;
	}
	qsort(seen->s, seen->n, sizeof(seen->s[0]), compare);
}

static struct seen *
read_listed_file(const struct file *f)
{
	struct seen *seen = seen_new();

	seen->run.zone = zone_find(STR("Europe/Vienna"));
	if (!f->format)
		seen->run.fields = STR(L_FIELDS);
	assert_null(read_path(
	    seen, path_of(f->name), f->format ? NULL : "sflowtool-l"));
	assert_int_equal(seen->malformed, 0);
	return seen;
}

static void
check_same(const struct file *a, const struct file *b)
{
	struct seen *x = read_listed_file(a), *y = read_listed_file(b);
	unsigned tells = a->tells & b->tells;

	reduce_all(x, tells);
	reduce_all(y, tells);
	assert_true(x->n > 1000);
	if (x->n != y->n)
		fail_msg(
		    "%s: %zu samples, %s: %zu", a->name, x->n, b->name, y->n);
	for (size_t i = 0; i < x->n; i++) {
		if (compare(&x->s[i], &y->s[i]) != 0)
			fail_msg("%s and %s differ in sample %zu", a->name,
			    b->name, i);
	}
	assert_int_equal(x->run.samples, y->run.samples);
	seen_free(x);
	seen_free(y);
}

/* All against sFlow, and for their times against one of them. */
static void
test_same_samples(void **state)
{
	(void)state;
	for (int i = 1; i < FILES - 1; i++) {
		check_same(&files[0], &files[i]);
		check_same(&files[2], &files[i]);
	}
}

static void
check_claims(const struct file *f, struct str head)
{
	for (size_t i = 0; flow_source_table[i]; i++) {
		const struct flow_source_ops *ops = flow_source_table[i];
		bool own = f->format && strcmp(ops->name, f->format) == 0;

		if (strcmp(ops->name, "packets") == 0 &&
		    strcmp(f->name, "sflow.pcap") == 0)
			continue; /* it comes after sflow, and takes the rest */
		if (ops->claims(head) != own)
			fail_msg("%s %s %s", ops->name,
			    own ? "does not claim" : "claims", f->name);
	}
}

/* Every format against every file, and against cut ones. */
static void
test_claims(void **state)
{
	static char buf[64 * 1024];
	size_t n;
	FILE *f;

	(void)state;
	for (int i = 0; i < FILES; i++) {
		f = fopen(path_of(files[i].name), "r");
		assert_non_null(f);
		n = fread(buf, 1, sizeof(buf), f);
		fclose(f);
		check_claims(&files[i], str_of(buf, n));
		check_claims(&files[i], str_of(buf, n / 2));
	}
	for (size_t i = 0; flow_source_table[i]; i++) {
		assert_false(flow_source_table[i]->claims(STR("")));
		assert_false(flow_source_table[i]->claims(STR("{}\n")));
		assert_false(flow_source_table[i]->claims(STR("\n# x\n\n")));
		assert_false(flow_source_table[i]->claims(
		    STR("Nov 23 12:00:00 mx postfix/smtpd[1]: x\n")));
	}
}

static bool
is_json(const struct file *f)
{
	return f->format && strstr(f->format, "json");
}

/* With the keys of two formats, also where the object is cut: none is taken. */
static void
test_two_claims(void **state)
{
	static const char text[] =
	    "{\"datagramVersion\":\"5\",\"packetSequenceNo\":\"1\","
	    "\"agent\":\"192.0.2.1\",\"time_received_ns\":1,"
	    "\"sampler_address\":\"192.0.2.1\",\"src_addr\":\"192.0.2.2\"}";
	struct seen *s = seen_new();
	struct flow_source *src;

	(void)state;
	for (size_t n = sizeof(text) - 2; n < sizeof(text); n++) {
		write_file("text", text, n);
		assert_int_equal(flow_source_open(&src, path_of("text"), NULL,
		                     &s->run, &err),
		    ERR_FAIL);
		assert_non_null(strstr(err.text,
		    "could be sflowtool-json or goflow2-json; say which"));
	}
	seen_free(s);
}

/* Rubbish between the lines: it is bad, and the same samples are found.  In
 * JSON an object without its end takes what is no object with it. */
static void
test_bad_text(void **state)
{
	static const char *const rubbish[] = {"\x01\xff\xfe",
	    "{\"a\":", "FLOW,192.0.2.1", "a,b,c,d,e,f,g,h,i,j", "\"", "}"};
	char cmd[512];
	size_t bad;

	(void)state;
	for (int i = 1; i < FILES; i++) {
		struct seen *a, *b;

		if (strcmp(files[i].name, "sflowtool_J.json") == 0 ||
		    strcmp(files[i].name, "nfdump.json") == 0)
			continue; /* see test_json_resync */
		snprintf(cmd, sizeof(cmd), "head -n 1 %s/%s > %s/bad", folder,
		    files[i].name, folder);
		assert_int_equal(system(cmd), 0);
		for (size_t k = 0; k < sizeof(rubbish) / sizeof(rubbish[0]);
		     k++) {
			FILE *f = fopen(path_of("bad"), "a");

			fprintf(f, "%s\n", rubbish[k]);
			fclose(f);
		}
		snprintf(cmd, sizeof(cmd), "tail -n +2 %s/%s >> %s/bad", folder,
		    files[i].name, folder);
		assert_int_equal(system(cmd), 0);
		a = read_listed_file(&files[i]);
		b = seen_new();
		b->run.zone = a->run.zone;
		b->run.fields = a->run.fields;
		assert_null(read_path(b, path_of("bad"),
		    files[i].format ? files[i].format : "sflowtool-l"));
		bad = is_json(&files[i]) ? 3 : 6;
		assert_int_equal(b->malformed, bad);
		assert_int_equal(b->run.text.malformed, bad);
		assert_int_equal(a->n, b->n);
		assert_int_equal(a->listed, b->listed);
		seen_free(a);
		seen_free(b);
	}
}

#define PMACCT                                                                 \
	"{\"event_type\":\"purge\",\"ip_src\":\"198.51.100.7\","               \
	"\"ip_dst\":\"192.0.2.25\",\"port_src\":4000,\"port_dst\":25,"         \
	"\"ip_proto\":\"tcp\",\"timestamp_start\":"                            \
	"\"2026-11-23 12:00:00.5\","

/* One that lost its end takes no other with it, in no layout. */
static void
test_json_resync(void **state)
{
	static const char *const texts[] = {
	    PMACCT "\"packets\":1,\n" PMACCT "\"packets\":1}\n",
	    PMACCT "\"packets\":[{\n" PMACCT "\"packets\":1}\n",
	    PMACCT "\"packets\":\"x\n" PMACCT "\"packets\":1}\n",
	    "[\n " PMACCT "\n  \"packets\":1\n ,\n " PMACCT
	    "\n  \"packets\":1\n }\n]\n",
	    PMACCT "\"packets\":1,\"packets\":2}" PMACCT "\"packets\":1}",
	    "[{\"a\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}," PMACCT
	    "\"packets\":1}]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct seen *s = read_text(texts[i], "pmacct-json");

		if (s->malformed != 1 || s->n != 1)
			fail_msg("text %zu: %zu bad, %zu samples", i,
			    s->malformed, s->n);
		seen_free(s);
	}
}

/* Memory does not grow with what has no end. */
static void
test_long_text(void **state)
{
	size_t n = 3 << 20;
	char *text = xmalloc(n);
	struct seen *s = seen_new();

	(void)state;
	memset(text, 'x', n);
	memcpy(text, "{\"a\":\"", 6);
	memcpy(text + n - 3, "\"}\n", 3);
	write_file("long", text, n);
	assert_null(read_path(s, path_of("long"), "goflow2-json"));
	assert_int_equal(s->malformed, 1);
	assert_string_equal(s->why, "an object that is too long");
	assert_null(read_path(s, path_of("long"), "sflowtool-l"));
	assert_int_equal(s->malformed, 2);
	assert_string_equal(s->why, "a line that is too long");
	seen_free(s);
	free(text);
}

struct sum {
	const char *counts; /* keys of the row */
	uint32_t given;     /* --rate */
	size_t samples;
	uint32_t rate;
	bool known, has_flags, rate_known;
};

/* packets and sampling_rate against what is known of the samples. */
static void
test_sums(void **state)
{
	static const struct sum sums[] = {
	    /* not multiplied */
	    {"\"packets\":1,\"sampling_rate\":512,\"tcp_flags\":\"18\"", 0, 1,
	        512, true, true, true},
	    {"\"packets\":3,\"sampling_rate\":512,\"tcp_flags\":\"18\"", 0, 3,
	        512, true, false, true},
	    {"\"packets\":3,\"sampling_rate\":512,\"tcp_flags\":\"2\"", 0, 3,
	        512, true, true, true},
	    {"\"packets\":3,\"sampling_rate\":512,\"tcp_flags\":\"24\"", 0, 3,
	        512, true, true, true},
	    {"\"packets\":3,\"sampling_rate\":512,\"tcp_flags\":\"25\"", 0, 3,
	        512, true, false, true},
	    /* multiplied: of how many samples only --rate tells */
	    {"\"packets\":1024,\"sampling_rate\":1,\"tcp_flags\":\"18\"", 0, 1,
	        1024, false, false, true},
	    {"\"packets\":1024,\"sampling_rate\":1,\"tcp_flags\":\"2\"", 0, 1,
	        1024, false, true, true},
	    {"\"packets\":1024,\"sampling_rate\":1,\"tcp_flags\":\"18\"", 512,
	        2, 512, true, false, true},
	    {"\"packets\":512,\"sampling_rate\":1,\"tcp_flags\":\"18\"", 512, 1,
	        512, true, true, true},
	    {"\"packets\":1,\"sampling_rate\":1,\"tcp_flags\":\"18\"", 0, 1, 1,
	        true, true, true},
	    /* nobody says */
	    {"\"packets\":1,\"tcp_flags\":\"18\"", 0, 1, 1, true, true, false},
	    {"\"packets\":7,\"tcp_flags\":\"18\"", 0, 1, 1, false, false,
	        false},
	    {"\"packets\":7,\"tcp_flags\":\"2\"", 512, 7, 512, true, true,
	        true},
	    {"\"packets\":1024,\"tcp_flags\":\"2\"", 512, 2, 512, true, true,
	        true},
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		const struct sum *sum = &sums[i];
		struct seen *s = seen_new();

		s->run.rate = sum->given;
		snprintf(text, sizeof(text), PMACCT "%s}\n", sum->counts);
		write_file("text", text, strlen(text));
		assert_null(read_path(s, path_of("text"), NULL));
		if (s->n != sum->samples || s->s[0].rate != sum->rate ||
		    s->run.text.count_unknown != !sum->known ||
		    s->s[0].has_flags != sum->has_flags ||
		    s->run.rate_unknown == sum->rate_known)
			fail_msg("%s, rate %u: %zu samples, 1 in %u",
			    sum->counts, sum->given, s->n, s->s[0].rate);
		seen_free(s);
	}
}

/* Sums of the generator's packets: each sample again, where it can be known. */
static void
test_summed_file(void **state)
{
	struct seen *all = read_listed_file(&files[0]), *s = seen_new();

	(void)state;
	assert_null(read_path(s, path_of("pmacct_sum.json"), NULL));
	assert_int_equal(s->n, all->n);
	assert_true(s->run.text.summed > 50);
	assert_int_equal(s->run.text.count_unknown, 0);
	seen_free(s);
	s = seen_new();
	assert_null(read_path(s, path_of("pmacct_scaled_sum.json"), NULL));
	assert_true(s->n < all->n);
	assert_int_equal(s->run.text.count_unknown, s->run.text.rows);
	seen_free(s);
	seen_free(all);
}

#define NFDUMP "firstSeen,proto,srcAddr,srcPort,dstAddr,dstPort,packets,flows\n"

static void
test_nfdump_aggregated(void **state)
{
	struct seen *s = read_text(NFDUMP
	    "2026-11-23 12:00:00,6,198.51.100.7,4000,192.0.2.25,25,3072,3\n"
	    "2026-11-23 12:00:00,6,198.51.100.7,4001,192.0.2.25,25,1024,1\n"
	    "2026-11-23 12:00:00,6,198.51.100.7,4001,192.0.2.25,25,0,1\n"
	    "2026-11-23 12:00:00,6,198.51.100.7,4,192.0.2.25,25,1e3,1\n"
	    "2026-11-23 12:00:00,6,198.51.100.7,4,192.0.2.25,25,99999,99999\n",
	    NULL);

	(void)state;
	assert_int_equal(s->n, 4);
	assert_int_equal(s->s[0].rate, 1024);
	assert_int_equal(s->run.text.summed, 1);
	assert_int_equal(s->malformed, 3);
	seen_free(s);
}

/* What can be read in two ways gives nothing. */
static void
test_forged(void **state)
{
	static const char *const bad[] = {
	    NFDUMP "2026-11-23 12:00:00,6,::ffff:198.51.100.7,4000,"
	           "2001:db8::25,25,512,1\n",
	    NFDUMP
	    "2026-11-23 12:00:00,6,198.51.100.7,4000,192.0.2.25,25,512,1,"
	    "203.0.113.1\n",
	    NFDUMP "2026-11-23 12:00:00,6,\"198.51.100.7,4000,192.0.2.25,25,"
	           "512,1\n",
	    NFDUMP "2026-11-23 12:00:00,6,198.51.100.7 x,4000,192.0.2.25,25,"
	           "512,1\n",
	    NFDUMP "2026-13-23 12:00:00,6,198.51.100.7,4000,192.0.2.25,25,"
	           "512,1\n",
	    NFDUMP "2026-11-23 12:00:00,6,198.51.100.7,4000,192.0.2.25,65561,"
	           "512,1\n",
	    NFDUMP "2026-11-23 12:00:00,47,198.51.100.7,4000,192.0.2.25,25,"
	           "512,1\n",
	    NFDUMP "2026-11-23 12:00:00,17,198.51.100.7,4000,192.0.2.25,25,"
	           "512,1\n",
	    "TimeReceived\tEType\tSrcAddr\tDstAddr\tSrcPort\tDstPort\tProto\n"
	    "1790000000\t34525\t::ffff:198.51.100.7\t2001:db8::1\t4000\t25\t6\n",
	    PMACCT "\"packets\":1,\"ip_src\":\"203.0.113.9\"}\n",
	    PMACCT "\"packets\":-1}\n",
	    PMACCT "\"packets\":1.5}\n",
	    PMACCT "\"packets\":\"\"}\n",
	    PMACCT "\"packets\":18446744073709551616}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct seen *s =
		    read_text(bad[i], bad[i][0] == '{' ? "pmacct-json" : NULL);

		if (s->n != 0)
			fail_msg("text %zu gave a sample", i);
		assert_int_equal(s->malformed + s->run.what[PACKET_BAD] +
		                     s->run.what[PACKET_TUNNEL] +
		                     s->run.what[PACKET_UDP],
		    1);
		seen_free(s);
	}
}

static void
test_times(void **state)
{
	struct seen *s = seen_new();
	static const char text[] =
	    NFDUMP "2026-10-25 02:30:00,6,198.51.100.7,1,192.0.2.25,25,1,1\n"
	           "2026-10-25 02:50:00,6,198.51.100.7,2,192.0.2.25,25,1,1\n"
	           "2026-10-25 02:10:00,6,198.51.100.7,3,192.0.2.25,25,1,1\n"
	           ",6,198.51.100.7,4,192.0.2.25,25,1,1\n";

	(void)state;
	s->run.zone = zone_find(STR("Europe/Vienna"));
	write_file("text", text, strlen(text));
	assert_null(read_path(s, path_of("text"), NULL));
	assert_int_equal(s->n, 3);
	/* 2:30 summer time; 2:10 a second time, in winter time */
	assert_int_equal(s->s[0].time, INT64_C(1792888200) * USEC);
	assert_int_equal(s->s[2].time, INT64_C(1792890600) * USEC);
	assert_string_equal(s->why, "no time, as other rows have");
	seen_free(s);
}

static const char no_time[] =
    "FLOW,192.0.2.1,1,2,020000000002,020000000001,0x0800,0,0,198.51.100.7,"
    "192.0.2.25,6,0x00,64,4000,25,0x02,82,64,512\n";

static void
test_without_time(void **state)
{
	struct seen *s = read_text(no_time, NULL);

	(void)state;
	assert_int_equal(s->n, 1);
	assert_int_equal(s->run.text.no_time, 1);
	assert_true(s->run.first == UTC_NONE);
	seen_free(s);
	s = seen_new();
	s->run.since = 1;
	assert_null(read_path(s, path_of("text"), NULL));
	assert_int_equal(s->n, 0);
	assert_int_equal(s->run.outside, 1);
	seen_free(s);
	s = seen_new();
	s->run.time = 7 * USEC;
	assert_null(read_path(s, path_of("text"), NULL));
	assert_int_equal(s->n, 1);
	assert_int_equal(s->run.first, 7 * USEC);
	seen_free(s);
}

/* A last line without its end may be half of one; only in lists, made by
 * hand, it is read. */
static void
test_last_line(void **state)
{
	struct seen *s = seen_new();

	(void)state;
	write_file("text", no_time, strlen(no_time) - 2);
	assert_string_equal(read_path(s, path_of("text"), NULL),
	    "its last line has no end, and was left out");
	assert_int_equal(s->n, 0);
	assert_int_equal(s->malformed, 0);
	seen_free(s);
	s = seen_new();
	write_file("text", PMACCT, sizeof(PMACCT) - 1);
	assert_string_equal(read_path(s, path_of("text"), "pmacct-json"),
	    "it ends within an object");
	seen_free(s);
	s = read_text("addr,first_seen\n198.51.100.7,1790000000", NULL);
	assert_int_equal(s->listed, 1);
	assert_int_equal(s->last.last, s->last.first);
	seen_free(s);
}

static void
test_list(void **state)
{
	struct seen *s = read_text(
	    "\xef\xbb\xbf# from elsewhere\n"
	    "syn;addr;first_seen;last_seen;note\n"
	    "3;198.51.100.7;2026-11-23T12:00:00Z;1795439600;x\n"
	    ";2001:db8::7;2026-11-23 12:00:00;;\n"
	    "3;198.51.100.8;2026-11-23 12:00:00;2026-11-22;\n"
	    "3;198.51.100.8;2026-11-23 12:00:00;2026-11-23 11:00:00;\n"
	    "3;198.51.100.0/24;2026-11-23 12:00:00;;\n"
	    "-3;198.51.100.8;2026-11-23 12:00:00;;\n",
	    NULL);

	(void)state;
	assert_int_equal(s->listed, 2);
	assert_int_equal(s->malformed, 4);
	assert_int_equal(s->run.text.listed_syn, 3);
	assert_int_equal(s->n, 0);
	seen_free(s);
}

/* Cut anywhere, a file is read up to there. */
static void
test_every_cut(void **state)
{
	static char buf[8192];
	size_t n;

	(void)state;
	for (int i = 1; i < FILES; i++) {
		FILE *f = fopen(path_of(files[i].name), "r");

		n = fread(buf, 1, 3000, f);
		fclose(f);
		for (size_t cut = n > 300 ? n - 300 : 1; cut < n; cut += 7) {
			struct seen *s = seen_new();
			struct flow_source *src;

			if (!files[i].format)
				s->run.fields = STR(L_FIELDS);
			write_file("cut", buf, cut);
			if (flow_source_open(&src, path_of("cut"),
			        files[i].format ? files[i].format
			                        : "sflowtool-l",
			        &s->run, &err) == 0) {
				while (flow_source_step(src, &err) > 0)
					;
				flow_source_close(src);
			}
			if (i < FILES - 1) /* lists may lack an end */
				assert_int_equal(s->malformed, 0);
			seen_free(s);
		}
	}
}

static int
import(const char *db, const char *file, int64_t time,
    struct flow_import_counts *n)
{
	struct flow_import_options opt = {0};
	struct flow_run run;
	struct store *s;
	int rc;

	assert_int_equal(store_open(&s, db, STORE_WRITE, &err), 0);
	flow_run_init(&run, NULL);
	run.time = time;
	run.zone = zone_find(STR("Europe/Vienna"));
	*n = (struct flow_import_counts){0};
	rc = flow_import(s, file, &opt, &run, n, &err);
	flow_run_free(&run);
	store_close(s);
	return rc;
}

__attribute__((format(printf, 2, 3))) static void
check_query(const char *expected, const char *fmt, ...)
{
	char cmd[1024], out[1024];
	va_list ap;
	size_t n;
	FILE *p;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	p = popen(cmd, "r");
	assert_non_null(p);
	n = fread(out, 1, sizeof(out) - 1, p);
	out[n] = '\0';
	assert_int_equal(pclose(p), 0);
	assert_string_equal(out, expected);
}

static void
test_import_time(void **state)
{
	struct flow_import_counts n;
	char db[128];

	(void)state;
	snprintf(db, sizeof(db), "%s/time.db", folder);
	write_file("text", no_time, strlen(no_time));
	assert_int_equal(import(db, path_of("text"), UTC_NONE, &n), 0);
	assert_int_equal(n.unusable, 1);
	check_query("0\n", "sqlite3 %s 'SELECT count(*) FROM ledger'", db);
	assert_int_equal(
	    import(db, path_of("text"), INT64_C(1795435200) * USEC, &n), 0);
	check_query("1795435200000000|192.0.2.1|2|512\n",
	    "sqlite3 %s 'SELECT time, agent, flags, rate FROM sample'", db);
}

/* Again, grown, with rubbish: each row once, each bad line once. */
static void
test_import_grown(void **state)
{
	static const char row[] = PMACCT "\"packets\":1}\n";
	struct flow_import_counts n;
	char db[128], text[4096];

	(void)state;
	snprintf(db, sizeof(db), "%s/grown.db", folder);
	snprintf(text, sizeof(text), "%sx\n%s{\"event_", row, row);
	write_file("text", text, strlen(text));
	assert_int_equal(import(db, path_of("text"), UTC_NONE, &n), 0);
	assert_int_equal(n.smtp_packets, 2);
	assert_int_equal(n.malformed, 1);
	assert_int_equal(n.incomplete, 1);
	snprintf(text, sizeof(text), "%sx\n%s%s", row, row, row);
	write_file("text", text, strlen(text));
	assert_int_equal(import(db, path_of("text"), UTC_NONE, &n), 0);
	assert_int_equal(n.smtp_packets, 1);
	assert_int_equal(n.malformed, 0);
	check_query("3|1|1\n",
	    "sqlite3 %s 'SELECT (SELECT count(*) FROM smtp_sample), "
	    "(SELECT sum(malformed) FROM flow_coverage), unparsed FROM ledger'",
	    db);
	check_query(
	    "2|x\n", "sqlite3 %s 'SELECT line, text FROM unparsed'", db);
}

/* Two moments that are certain, and the rest between. */
static void
test_import_list(void **state)
{
	static const char text[] =
	    "addr,first_seen,last_seen,syn\n"
	    "198.51.100.1,2026-11-23T10:00:10Z,2026-11-23T11:30:20Z,9\n"
	    "198.51.100.2,2026-11-23T10:00:10Z,2026-11-23T10:02:00Z,9\n"
	    "198.51.100.3,2026-11-23T10:00:10Z,2026-11-25T10:02:00Z,9\n"
	    "198.51.100.4,2026-11-23T10:00:10Z,,\n";
	struct flow_import_counts n;
	char db[128];

	(void)state;
	snprintf(db, sizeof(db), "%s/list.db", folder);
	write_file("text", text, strlen(text));
	assert_int_equal(import(db, path_of("text"), UTC_NONE, &n), 0);
	assert_int_equal(n.listed, 4);
	assert_int_equal(import(db, path_of("text"), UTC_NONE, &n), 0);
	assert_int_equal(n.listed, 0);
	check_query("1|0|0|10|10|1|1|0|0\n"
	            "1|0|300|10|5420|7|7|0|0\n"
	            "1|0|5400|5420|5420|1|1|0|0\n"
	            "2|0|0|10|120|9|9|0|0\n"
	            "3|0|0|10|10|1|1|0|0\n"
	            "3|0|172800|172920|172920|1|1|0|0\n"
	            "4|0|0|10|10|0|0|1|0\n",
	    "sqlite3 %s \"SELECT substr(text, 12), rate_max, slot / 1000000 - "
	    "1795428000, first / 1000000 - 1795428000, last / 1000000 - "
	    "1795428000, syn, client_strong, client_weak, server_strong + "
	    "server_weak FROM sender_slot JOIN addr ON addr.id = addr "
	    "ORDER BY 1, slot\"",
	    db);
	check_query("sender list|0\n",
	    "sqlite3 %s 'SELECT name, (SELECT sum(samples + smtp_packets) FROM "
	    "flow_coverage) FROM flow_agent'",
	    db);
}

static int
begin_all(void **state)
{
	char cmd[512];

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(cmd, sizeof(cmd),
	    TOOLS "flow_text_gen.py %s --seed 7 --samples 3000 && " TOOLS
	          "sflow_gen.py %s/sflow.pcap --packets %s/packets.csv",
	    folder, folder, folder);
	return system(cmd) == 0 ? 0 : -1;
}

static int
end_all(void **state)
{
	char cmd[64];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -r %s", folder);
	return system(cmd) == 0 ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same_samples),
	    cmocka_unit_test(test_claims),
	    cmocka_unit_test(test_two_claims),
	    cmocka_unit_test(test_bad_text),
	    cmocka_unit_test(test_json_resync),
	    cmocka_unit_test(test_long_text),
	    cmocka_unit_test(test_sums),
	    cmocka_unit_test(test_summed_file),
	    cmocka_unit_test(test_nfdump_aggregated),
	    cmocka_unit_test(test_forged),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_without_time),
	    cmocka_unit_test(test_last_line),
	    cmocka_unit_test(test_list),
	    cmocka_unit_test(test_every_cut),
	    cmocka_unit_test(test_import_time),
	    cmocka_unit_test(test_import_grown),
	    cmocka_unit_test(test_import_list),
	};

	return cmocka_run_group_tests(tests, begin_all, end_all);
}
