/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heloflow check: one page of what is wrong or doubtful with the data and the
 * set-up, what each means for the findings, and what to do.  A test is a row
 * of tests[]: a statement of schema/statements/check.sql, or a function where
 * the configuration has a say (doc/check.md).
 */
#include "cmd/check.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ingest/lease_overlap.h"

#define HOUR       (3600 * USEC)
#define ROWS_SHOWN 5  /* of a test, on the page */
#define PAGE_WIDTH 78 /* columns */

static const char *const level_name[] = {
    "fine", "wrong", "doubtful", "unknown"};

struct fault *
check_add(struct page *p, const struct test *t, enum level level,
    struct str subject)
{
	struct fault *f;

	if (p->n == p->size) {
		p->size = p->size ? 2 * p->size : 64;
		p->faults = xrealloc(p->faults, p->size * sizeof(*p->faults));
	}
	f = &p->faults[p->n++];
	*f = (struct fault){.level = level,
	    .test = t,
	    .subject = arena_dup(&p->mem, subject),
	    .count = 1,
	    .value = value_null()};
	return f;
}

static int
run_statement(struct page *p, const struct test *t, struct err *e)
{
	const struct value args[] = {
	    value_int(p->since), value_int(p->until), value_z(t->kind)};
	struct stmt *st;
	int rc = store_prepare(p->store, t->statement, &st, e);

	if (rc < 0 || (rc = stmt_start(st, args, t->kind ? 3 : 2, e)) < 0)
		return rc;
	while ((rc = stmt_next(st, e)) > 0) {
		struct fault *f = check_add(
		    p, t, (enum level)stmt_value(st, 0).i, stmt_value(st, 1).s);

		f->count = stmt_value(st, 2).i;
		f->value = stmt_value(st, 3);
		f->what = arena_dup(&p->mem, stmt_value(st, 4).s);
		f->advice = arena_dup(&p->mem, stmt_value(st, 5).s);
	}
	return rc;
}

/* --- leases */

static int
check_overlaps(struct page *p, const struct test *t, struct err *e)
{
	struct lease_overlaps o;
	int rc = lease_overlaps(p->store, p->since, p->until, &o, e);

	for (int i = 0; rc >= 0 && i < o.nsamples; i++)
		check_add(p, t, WRONG, STR("two customers"))->what =
		    arena_dup(&p->mem, str_z(o.samples[i].text));
	if (rc >= 0 && (o.pairs > o.nsamples || o.more)) {
		struct fault *f = check_add(p, t, WRONG, STR("more"));

		f->count = o.pairs - o.nsamples;
		f->what = arena_printf(&p->mem, "%s%" PRId64 " more pairs",
		    o.more ? "at least " : "", f->count);
	}
	return rc;
}

/* The first column of the only row; INT64_MIN if it is NULL. */
static int
one_number(
    struct page *p, const char *name, size_t nargs, int64_t *out, struct err *e)
{
	const struct value args[] = {value_int(p->since), value_int(p->until)};

	*out = INT64_MIN;
	return store_number(p->store, name, args, nargs, out, e);
}

/* Leases that have nothing to say of the last mail and flows of the time. */
static int
check_lease_ends(struct page *p, const struct test *t, struct err *e)
{
	char when[UTC_TEXT_MAX];
	struct stmt *st;
	int64_t last = INT64_MIN, leases = 0, event;
	int rc = one_number(p, "check_last_event", 2, &event, e);

	if (rc < 0 ||
	    (rc = store_prepare(p->store, "check_lease_ends", &st, e)) < 0 ||
	    (rc = stmt_start(st, NULL, 0, e)) < 0)
		return rc;
	while ((rc = stmt_next(st, e)) > 0) {
		if (stmt_value(st, 1).i > last)
			last = stmt_value(st, 1).i;
		leases += stmt_value(st, 2).i;
	}
	if (rc < 0)
		return rc;
	if (leases == 0) {
		check_add(p, t, DOUBTFUL, STR("none"))->what =
		    STR("the store has no leases");
	} else if (last < event) {
		utc_format(last, when);
		check_add(p, t, WRONG, STR("all"))->what = arena_printf(&p->mem,
		    "the last of %" PRId64 " leases ended at %s", leases, when);
	}
	return 0;
}

/* --- sources */

/* Does any file of that kind in the store belong to the path? */
struct files {
	struct str *kind, *path;
	size_t n;
};

static int
read_files(struct page *p, struct files *f, struct err *e)
{
	struct stmt *st;
	size_t size = 0;
	int rc = store_prepare(p->store, "check_files", &st, e);

	*f = (struct files){0};
	if (rc < 0 || (rc = stmt_start(st, NULL, 0, e)) < 0)
		return rc;
	while ((rc = stmt_next(st, e)) > 0) {
		if (f->n == size) {
			size = size ? 2 * size : 64;
			f->kind = xrealloc(f->kind, size * sizeof(*f->kind));
			f->path = xrealloc(f->path, size * sizeof(*f->path));
		}
		f->kind[f->n] = arena_dup(&p->mem, stmt_value(st, 0).s);
		f->path[f->n++] = arena_dup(&p->mem, stmt_value(st, 1).s);
	}
	return rc;
}

static void
check_paths(struct page *p, const struct test *t, const struct files *f,
    const char *kind, const struct str *paths, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool found = false;

		for (size_t k = 0; !found && k < f->n; k++)
			found = str_eq(f->kind[k], str_z(kind)) &&
			        fnmatch(paths[i].p, f->path[k].p, 0) == 0;
		if (!found)
			check_add(p, t, DOUBTFUL, paths[i])->what = arena_printf(
			    &p->mem,
			    "%s source, and nothing was imported of it", kind);
	}
}

static int
check_sources(struct page *p, const struct test *t, struct err *e)
{
	const struct config *c = p->c->config;
	struct files f;
	size_t i;
	int rc = read_files(p, &f, e);

	for (i = 0; rc >= 0 && i < c->nmail; i++)
		check_paths(
		    p, t, &f, "mail", c->mail[i].paths, c->mail[i].npaths);
	for (i = 0; rc >= 0 && i < c->nflow; i++)
		check_paths(
		    p, t, &f, "flow", c->flow[i].paths, c->flow[i].npaths);
	for (i = 0; rc >= 0 && i < c->nlease; i++)
		check_paths(
		    p, t, &f, "lease", c->lease[i].paths, c->lease[i].npaths);
	free(f.kind);
	free(f.path);
	return rc;
}

/* Hosts of whose files none belongs to a mail source; rows are in the order
 * of hosts. */
static int
check_hosts(struct page *p, const struct test *t, struct err *e)
{
	const struct value args[] = {value_int(p->since), value_int(p->until)};
	struct str host = STR_NONE, path = STR_NONE;
	bool known = true;
	struct stmt *st;
	int rc = store_start(p->store, "check_host_files", args, 2, &st, e);

	if (rc < 0)
		return rc;
	do {
		rc = stmt_next(st, e);
		struct str next = rc > 0 ? stmt_value(st, 0).s : STR_NONE;

		if (str_has(host) && !(rc > 0 && str_eq(host, next)) && !known)
			check_add(p, t, DOUBTFUL, host)->what = arena_printf(&p->mem,
			    "its lines come from %.*s, which no mail source names",
			    STR_FMT(path));
		if (rc > 0 && !(str_has(host) && str_eq(host, next))) {
			host = arena_dup(&p->mem, next);
			path = arena_dup(&p->mem, stmt_value(st, 1).s);
			known = false;
		}
		if (rc > 0)
			known |=
			    config_mail_of(p->c->config,
			        arena_z(&p->mem, stmt_value(st, 1).s)) != NULL;
	} while (rc > 0);
	return rc;
}

/* --- all of it */

static const struct test tests[] = {
    {"overlapping_leases", "leases name two customers for one address and time",
        NULL, check_overlaps, NULL,
        "mail and flows of that time are nobody's (overlapping_leases): spam in it is not found",
        "correct the source that is wrong and import it again; a source that only adds up needs from and until (doc/lease.md)"},
    {"missing_ports", "mail of shared addresses without the client's port",
        "check_ports", NULL, NULL,
        "customers behind one address cannot be told apart: their mail is ambiguous (shared_address)",
        "log the client's port"},
    {"guessed_end", "leases whose end no source told", "check_guessed_ends",
        NULL, NULL,
        "until when they lasted is a guess: late in it, mail may be of who had the address next; after a long silence it is nobody's (lease_silent)",
        "see whether accounting packets get lost on their way; set grace to a little more than the interval of the interim updates (doc/lease.md)"},
    {"lease_end", "leases that end before the time", NULL, check_lease_ends,
        NULL,
        "nobody has an address after that: customers are found as bare addresses",
        "import the newer lease files, or have the job that writes them looked at"},
    {"no_lease", "own addresses with mail or flows and without a lease",
        "check_unleased", NULL, NULL,
        "findings name the address and no customer, and whoever had it before and after is not asked",
        "import the leases of these prefixes; addresses of our own machines belong into own_hosts"},
    {"no_certain_holder", "more than one transaction in a hundred is in doubt",
        "check_doubt", NULL, NULL,
        "what is in doubt is counted against nobody, spam included",
        "see the leases and clocks on this page; findings --class ambiguous shows the reasons"},
    {"nobodys_mail", "more than one transaction in five has no client outside",
        "check_nobody", NULL, NULL,
        "who sent it cannot be seen: it was relayed by a machine of ours whose log is not here",
        "import the log of the machine that took the mail in; take machines that are not ours out of own_hosts"},
    {"log_hours", "hours without log lines", "check_hours", NULL, "mail",
        "silence of these hours says nothing: flows in them make no suspect, and counts are too low",
        "import what is missing; if a quiet server simply wrote nothing, all is well"},
    {"flow_hours", "hours without samples", "check_hours", NULL, "flow",
        "no flow supports a finding of these hours, and flow-only senders are not seen",
        "see whether agent and collector ran (heloflow coverage --by gap)"},
    {"collector_gap", "no collector was listening", "check_gaps", NULL, NULL,
        "samples of that time are lost",
        "keep heloflow collect running under systemd (doc/collect.md)"},
    {"unparsed_lines", "log lines that were not understood", "check_unparsed",
        NULL, NULL, "what they say is missing from every count",
        "heloflow coverage --by unparsed shows some; a parser for them can be a YAML file (doc/parser.md)"},
    {"cut_file", "files that end in the middle", "check_cut", NULL, NULL,
        "what comes after the cut is missing",
        "import the whole file: it goes on where it was cut"},
    {"sampling_rate", "agents whose sampling rate is not known", "check_rate",
        NULL, NULL,
        "no number of packets can be estimated, and nothing follows from what was not sampled",
        "give rate in the flow source, or import flow --rate"},
    {"lost_datagrams", "samples lost on their way", "check_loss", NULL, NULL,
        "estimates are too low by that share, and P(miss) is too small",
        "a larger receive buffer, or a nearer collector (doc/collect.md)"},
    {"malformed_datagrams", "datagrams that could not be read",
        "check_malformed", NULL, NULL, "their samples are missing",
        "heloflow flow-stats on the capture says more; the agent's firmware may be at fault"},
    {"vantage", "agents whose place is not told", "check_vantage", NULL, NULL,
        "which mail they could have seen is a guess, and so is not_seen against not_visible",
        "list the agent with its vantage in flow_sources"},
    {"unknown_host", "mail hosts that no source configures", NULL, check_hosts,
        NULL,
        "their clock error, zone and direction are defaults, and daily will not read their next file",
        "add their files to mail_sources"},
    {"idle_source", "sources of which nothing was imported", NULL,
        check_sources, NULL, "what they would tell is missing",
        "heloflow daily imports all sources; a path may be wrong"},
    {"not_correlated", "days that were not correlated", "check_uncorrelated",
        NULL, NULL, "there are no findings of them", "heloflow correlate"},
    {"clock_flows", "clocks of agents against those of mail hosts",
        "check_clock_flows", check_clock_flows, NULL,
        "samples are given to the holder of the wrong time, and support the wrong mail",
        NULL},
    {"clock_hosts", "clocks of mail hosts against each other",
        "check_clock_hosts", check_clock_hosts, NULL,
        "mail is given to the holder of the wrong time, and messages are not followed from host to host",
        NULL},
    {"clock_leases", "clocks of leases against those of mail hosts",
        "check_clock_leases", check_clock_leases, NULL,
        "mail near a change of hands is given to the wrong customer", NULL},
};
#define NTESTS (sizeof(tests) / sizeof(tests[0]))

static int
run_tests(struct page *p, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < NTESTS; i++)
		rc = tests[i].run ? tests[i].run(p, &tests[i], e)
		                  : run_statement(p, &tests[i], e);
	check_clock_judge(p);
	return rc;
}

/* The worst level of a test's faults; FINE if there is none. */
static enum level
level_of(const struct page *p, const struct test *t)
{
	enum level worst = FINE;

	for (size_t i = 0; i < p->n; i++) {
		enum level l = p->faults[i].level;

		if (p->faults[i].test == t && l != FINE &&
		    (worst == FINE || l < worst))
			worst = l;
	}
	return worst;
}

/* --- the page */

static void
put(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		putchar(c < 0x20 || c == 0x7f ? '?' : c);
	}
}

/* Words, wrapped; the next lines stand under the first. */
static void
put_words(const char *head, struct str s)
{
	size_t indent = strlen(head), at = indent;

	fputs(head, stdout);
	while (str_has(s)) {
		struct str word = str_split(&s, ' ');

		if (at > indent && at + 1 + word.n > PAGE_WIDTH) {
			printf("\n%*s", (int)indent, "");
			at = indent;
		}
		if (at > indent) {
			putchar(' ');
			at++;
		}
		put(word);
		at += word.n;
	}
	putchar('\n');
}

static void
print_test(struct page *p, const struct test *t, enum level level)
{
	size_t shown = 0, more = 0;

	printf("\n%s  %s: %s\n", level == WRONG ? "WRONG   " : "doubtful",
	    t->name, t->title);
	for (size_t i = 0; i < p->n; i++) {
		const struct fault *f = &p->faults[i];

		if (f->test != t || f->level == FINE || f->level == UNKNOWN)
			continue;
		if (shown == ROWS_SHOWN) {
			more++;
			continue;
		}
		shown++;
		put_words(
		    "          ", arena_printf(&p->mem, "%.*s: %.*s",
		                      STR_FMT(f->subject), STR_FMT(f->what)));
		if (str_has(f->advice))
			put_words("            do  ", f->advice);
	}
	if (more > 0)
		printf("          and %zu more (-o jsonl)\n", more);
	put_words("   means  ", str_z(t->means));
	if (t->advice != NULL)
		put_words("   do     ", str_z(t->advice));
}

static void
print_level(struct page *p, enum level level, const char *head)
{
	struct buf names = {0};

	for (size_t i = 0; i < NTESTS; i++)
		if (level_of(p, &tests[i]) == level)
			buf_printf(
			    &names, "%s%s", names.n ? ", " : "", tests[i].name);
	if (names.n > 0) {
		putchar('\n');
		put_words(head, buf_str(&names));
	}
	buf_free(&names);
}

static void
print_unknown(struct page *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->faults[i].level == UNKNOWN)
			put_words(
			    "          ", arena_printf(&p->mem, "%s %.*s: %.*s",
			                      p->faults[i].test->name,
			                      STR_FMT(p->faults[i].subject),
			                      STR_FMT(p->faults[i].what)));
}

static void
print_text(struct page *p)
{
	char from[UTC_TEXT_MAX], until[UTC_TEXT_MAX];
	size_t wrong = 0, doubtful = 0;

	for (size_t i = 0; i < NTESTS; i++) {
		wrong += level_of(p, &tests[i]) == WRONG;
		doubtful += level_of(p, &tests[i]) == DOUBTFUL;
	}
	utc_format(p->since, from);
	utc_format(p->until, until);
	printf("Check of %s to %s: of %zu tests %zu wrong, %zu doubtful\n",
	    from, until, NTESTS, wrong, doubtful);
	for (enum level l = WRONG; l <= DOUBTFUL; l++)
		for (size_t i = 0; i < NTESTS; i++)
			if (level_of(p, &tests[i]) == l)
				print_test(p, &tests[i], l);
	print_level(p, FINE, "fine      ");
	print_level(p, UNKNOWN, "unknown   ");
	print_unknown(p);
}

static const struct column cols[] = {
    {"level", "level", VALUE_TEXT},
    {"check", "check", VALUE_TEXT},
    {"subject", "subject", VALUE_TEXT},
    {"count", "count", VALUE_INT},
    {"value", "value", VALUE_REAL},
    {"what", "what", VALUE_TEXT},
    {"means", NULL, VALUE_TEXT},
    {"advice", NULL, VALUE_TEXT},
};
#define NCOLS (sizeof(cols) / sizeof(cols[0]))

static void
print_fault(struct output *o, const struct fault *f)
{
	bool fault = f->level == WRONG || f->level == DOUBTFUL;
	const struct value v[NCOLS] = {value_z(level_name[f->level]),
	    value_z(f->test->name), value_str(f->subject), value_int(f->count),
	    f->value, value_str(f->what),
	    fault ? value_z(f->test->means) : value_null(),
	    !fault               ? value_null()
	    : str_has(f->advice) ? value_str(f->advice)
	                         : value_z(f->test->advice)};

	output_row(o, v);
}

/* Every fault, and a row for each test that found nothing. */
static void
print_rows(struct page *p)
{
	struct output o;

	output_begin(&o, p->c->out, stdout, cols, NCOLS, false);
	for (size_t i = 0; i < NTESTS; i++) {
		size_t n = 0;

		for (size_t k = 0; k < p->n; k++) {
			if (p->faults[k].test == &tests[i]) {
				print_fault(&o, &p->faults[k]);
				n++;
			}
		}
		if (n == 0)
			print_fault(&o, &(struct fault){.level = FINE,
			                    .test = &tests[i],
			                    .value = value_null()});
	}
	output_end(&o);
}

/* --- the verb */

enum { OPT_DAY = 1, OPT_SINCE, OPT_UNTIL };

static const struct option long_opts[] = {
    {"day", required_argument, NULL, OPT_DAY},
    {"since", required_argument, NULL, OPT_SINCE},
    {"until", required_argument, NULL, OPT_UNTIL},
    {NULL, 0, NULL, 0},
};

static int
set_day(struct page *p, int64_t day)
{
	const struct zone *z = p->c->config->day_timezone;

	p->since = day_start(day, z);
	p->until = day_start(day + 1, z);
	return 0;
}

static int
read_flags(struct page *p, int argc, char **argv, struct err *e)
{
	struct cmd *c = p->c;
	int64_t day;
	int opt, rc = 0;

	while (rc >= 0 &&
	       (opt = cmd_option(c, argc, argv, "", long_opts, e)) != -1) {
		switch (opt) {
		case OPT_DAY:
			rc = cmd_day(c, "--day", optarg, &day, e);
			if (rc >= 0 && (rc = cmd_config(c, e)) >= 0)
				rc = set_day(p, day);
			break;
		case OPT_SINCE:
			rc = cmd_time(c, "--since", optarg, &p->since, e);
			break;
		case OPT_UNTIL:
			rc = cmd_time(c, "--until", optarg, &p->until, e);
			break;
		default:
			rc = ERR_USAGE;
		}
	}
	if (rc >= 0 && optind < argc)
		rc = err_set(
		    e, ERR_USAGE, "check takes no file: \"%s\"", argv[optind]);
	return rc;
}

/* The day of the last line or sample, if nothing else was said; hours that
 * are not over are not missing. */
static int
fill_period(struct page *p, struct err *e)
{
	int64_t now = utc_now(), last;
	int rc = one_number(p, "check_last", 0, &last, e);

	if (rc < 0)
		return rc;
	if (last == INT64_MIN)
		return err_set(e, ERR_FAIL, "%s: no mail and no flows to check",
		    store_path(p->store));
	if (p->until == INT64_MIN && p->since == INT64_MIN)
		set_day(p, day_of(last, p->c->config->day_timezone));
	if (p->until == INT64_MIN)
		p->until = last + HOUR;
	if (p->since == INT64_MIN)
		p->since =
		    day_start(day_of(p->until - 1, p->c->config->day_timezone),
		        p->c->config->day_timezone);
	if (p->since > now)
		return err_set(e, ERR_USAGE,
		    "that time has not begun yet: there is nothing to check");
	if (p->until > now)
		p->until = now - now % HOUR;
	if (p->since >= p->until && p->since > now - HOUR)
		return err_set(e, ERR_USAGE,
		    "no hour of that time is over yet");
	if (p->since >= p->until)
		return err_set(e, ERR_USAGE, "--since is not before --until");
	/* hours are listed one by one */
	if (p->until - p->since > 366 * 24 * HOUR)
		return err_set(e, ERR_USAGE, "more than a year");
	return 0;
}

static int
print(struct page *p, struct err *e)
{
	int rc = fill_period(p, e);

	if (rc < 0 || (rc = run_tests(p, e)) < 0)
		return rc;
	if (p->c->out == &output_text)
		print_text(p);
	else
		print_rows(p);
	for (size_t i = 0; i < NTESTS; i++)
		if (level_of(p, &tests[i]) == WRONG)
			return EXIT_INCOMPLETE;
	return 0;
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct page p = {.c = c, .since = INT64_MIN, .until = INT64_MIN};
	int rc = read_flags(&p, argc, argv, e);

	if (rc >= 0)
		rc = cmd_config(c, e);
	if (rc >= 0)
		rc = cmd_store(c, STORE_READ, &p.store, e);
	if (rc >= 0)
		rc = print(&p, e);
	store_close(p.store);
	free(p.faults);
	free(p.offsets);
	arena_free(&p.mem);
	return rc;
}

const struct command cmd_check = {
    .name = "check",
    .args = "[--day D | --since T --until T]",
    .summary = "What is wrong or doubtful with the data and the set-up",
    .help =
        "  --day D             one day (default: that of the last line or sample)\n"
        "  --since T, --until T\n"
        "Each test says what it means for the findings and what to do; with\n"
        "-o json, jsonl or csv a row a fault, and one for each test without.\n"
        "Exit 3: something is wrong; what is doubtful does not count.\n",
    .run = run,
};
