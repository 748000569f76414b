/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heloflow explain: one finding on one page, for somebody who must decide
 * tonight: what, when, which lines, which lease, which rule, what speaks
 * against it, how sure.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/gamma.h"
#include "cmd/explain.h"
#include "cmd/findings.h"
#include "cmd/score_text.h"

enum { OPT_ALL = 1 };

static const struct option long_opts[] = {
    {"all", no_argument, NULL, OPT_ALL},
    {NULL, 0, NULL, 0},
};

enum head {
	H_DAY,
	H_BY,
	H_SCOPE,
	H_CLASS,
	H_KIND,
	H_SUPPORT,
	H_FIRST,
	H_LAST,
	H_COMPLAINTS,
	H_CONFIDENCE,
	H_REASON,
	H_WATERMARK,
	H_ZONE,
	H_MAIL_HOURS,
	H_FLOW_HOURS,
	H_HOURS,
	H_IMPORTS,
	H_TRANSACTIONS,
	H_MESSAGES,
	H_RECIPIENTS,
	H_SPAM,
	H_VIRUS,
	H_REACHED,
	H_SENDERS,
	H_DOUBT,
	H_CLIENT,
	H_IN_WINDOW,
	H_P_MISS,
	H_P_MESSAGES,
	H_RATE,
	H_WINDOW,
	H_CASE,
	H_CASE_FROM,
	H_CASE_DAYS,
	H_RULES,
	H_N
};

/* Without --all, so that it is one page. */
#define FACTS_SHOWN 3
#define ADDRS_SHOWN 5
#define RULES_SHOWN 2

struct page {
	struct cmd *c;
	struct store *store;
	bool all;
	double mailbox_share; /* of the configuration; 0: not known */
	const struct zone *zone;
	struct arena mem;
	struct value key[2]; /* customer, day */
	struct value h[H_N];
	bool open_line; /* of names of rules */
};

/* Log text never reaches the terminal as an escape sequence. */
static void
put(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		putchar(c < 0x20 || c == 0x7f ? '?' : c);
	}
}

static struct value
keep(struct page *p, struct value v)
{
	if (v.type == VALUE_TEXT || v.type == VALUE_BLOB ||
	    v.type == VALUE_JSON)
		v.s = arena_dup(&p->mem, v.s);
	return v;
}

static long long
num(const struct page *p, enum head i)
{
	return (long long)p->h[i].i;
}

static const char *
sure(double c)
{
	return c >= 0.8   ? "high"
	       : c >= 0.6 ? "medium"
	       : c >= 0.3 ? "low"
	       : c > 0    ? "a lead, no more"
	                  : "nothing";
}

/* The time of a zone beside another, with the date where that differs. */
static void
put_beside(int64_t t, const struct zone *z, int64_t beside)
{
	char there[UTC_TEXT_MAX], here[UTC_TEXT_MAX];

	utc_format(beside, here);
	utc_format_zone(t, z, there);
	if (memcmp(here, there, 10) != 0)
		printf("%.10s ", there);
	printf("%.8s", there + 11);
}

/* UTC, and the day's zone where that is another. */
static void
put_time(const struct page *p, int64_t t)
{
	char utc[UTC_TEXT_MAX];

	utc_format(t, utc);
	printf("%s", utc);
	if (p->zone != NULL) {
		printf(" (");
		put_beside(t, p->zone, t);
		putchar(')');
	}
}

/* Text of a fact, with the day's zone beside the times in it. */
static void
put_text(const struct page *p, struct str s)
{
	struct str stamp, rest;
	int64_t t;

	for (size_t i = 0; i < s.n; i++) {
		put(str_of(s.p + i, 1));
		/* 2026-11-10T08:00:00Z ends here */
		if (s.p[i] != 'Z' || i < 19 || p->zone == NULL)
			continue;
		rest = stamp = str_of(s.p + i - 19, 20);
		if (utc_parse_iso(&rest, NULL, UTC_NONE, &t) && rest.n == 0) {
			printf(" (");
			put_beside(t, p->zone, t);
			putchar(')');
		}
	}
}

static void
print_time(const struct page *p, const char *what, int64_t t)
{
	char utc[UTC_TEXT_MAX], local[UTC_TEXT_MAX];

	utc_format(t, utc);
	utc_format_zone(t, p->zone, local);
	printf("  %-6s %s", what, utc);
	if (p->zone != NULL)
		printf("   (%s %.*s)", local, STR_FMT(p->h[H_ZONE].s));
	putchar('\n');
}

/* The rules stand below with their figures: here are their names. */
static void
print_reason(const struct page *p)
{
	if (p->h[H_RULES].type == VALUE_TEXT) {
		printf("by the logs: rules ");
		put(p->h[H_RULES].s);
	} else {
		put(p->h[H_REASON].s);
	}
}

static void
print_some(const struct page *p, const char *before, enum head i,
    const char *after)
{
	if (p->h[i].type == VALUE_INT) /* else it was not counted */
		printf("%s%lld%s", before, num(p, i), after);
}

static void
print_counts(const struct page *p)
{
	bool doubt = str_eq(p->h[H_CLASS].s, STR("ambiguous"));

	if (num(p, H_TRANSACTIONS) == 0) {
		if (num(p, H_COMPLAINTS) > 0)
			print_some(p, "  ", H_COMPLAINTS, " reports from outside\n");
	} else {
		print_some(p, "  ", H_TRANSACTIONS, " transactions");
		print_some(p, ", ", H_MESSAGES, " whole messages");
		print_some(p, " from ", H_SENDERS, " senders");
		print_some(p, " to ", H_RECIPIENTS, " recipients");
		print_some(p, "\n  ", H_SPAM, " spam");
		print_some(p, ", ", H_VIRUS, " virus");
		print_some(p, "; ", H_REACHED, " of these reached somebody");
		printf("; %lld reports from outside\n", num(p, H_COMPLAINTS));
	}
	if (num(p, H_DOUBT) > 0)
		printf("  %lld transactions%s are in doubt and count against nobody\n",
		    num(p, H_DOUBT), doubt ? "" : " more");
}

static void
print_title(const struct page *p)
{
	char day[UTC_TEXT_MAX];

	day_format(p->h[H_DAY].i, day);
	put(p->key[0].s);
	printf(" on %s (%.*s): ", day, STR_FMT(p->h[H_ZONE].s));
	put(p->h[H_CLASS].s);
	if (p->h[H_KIND].type == VALUE_TEXT) {
		printf(", ");
		put(p->h[H_KIND].s);
	}
	printf("\n\nWhat\n  ");
	print_reason(p);
	printf("\n");
	print_counts(p);
}

static void
print_when(const struct page *p)
{
	printf("\nWhen\n");
	print_time(p, "first", p->h[H_FIRST].i);
	print_time(p, "last", p->h[H_LAST].i);
	if (p->h[H_CASE].type == VALUE_TEXT)
		printf("  case   %.*s; confirmed on %lld day%s since %.*s\n",
		    STR_FMT(p->h[H_CASE].s), num(p, H_CASE_DAYS),
		    num(p, H_CASE_DAYS) == 1 ? "" : "s",
		    STR_FMT(p->h[H_CASE_FROM].s));
}

/* Calls row for each row of a statement on (customer, day). */
static int
each(struct page *p, const char *name,
    void (*row)(struct page *p, const struct stmt *st, int64_t n),
    struct err *e)
{
	struct stmt *st;
	int64_t n = 0;
	int rc = store_start(p->store, name, p->key, 2, &st, e);

	if (rc < 0)
		return rc;
	while ((rc = stmt_next(st, e)) > 0)
		row(p, st, n++);
	return rc;
}

/* What the counts are of: the words of the finding's reason. */
static const char *
counted(const struct page *p)
{
	static const char *const words[] = {"connections told by a sender list",
	    "client packets sampled or told by a sender list"};

	for (size_t i = 0; i < 2; i++) {
		if (str_find(p->h[H_REASON].s, str_z(words[i])) >= 0)
			return words[i];
	}
	return "client packets sampled";
}

static void
addr_row(struct page *p, const struct stmt *st, int64_t n)
{
	const bool listed = str_starts(str_z(counted(p)), STR("connections"));

	if (n == ADDRS_SHOWN)
		printf("  ...\n");
	if (n >= ADDRS_SHOWN)
		return;
	printf("  ");
	put(stmt_value(st, 0).s);
	printf(": %" PRId64 " transactions, %" PRId64 " %s\n",
	    stmt_value(st, 1).i, stmt_value(st, 2).i,
	    listed ? "connections told" : "sampled packets");
}

/* Whose password is to be reset: text, address, transactions, of these adverse,
 * rows of all, customers who had the address by its lease. */
static void
login_row(struct page *p, const struct stmt *st, int64_t n)
{
	int64_t adverse = stmt_value(st, 3).i;

	if (n == 0)
		printf("\nLogins\n");
	if (!p->all && n == ADDRS_SHOWN)
		printf("  ... and from %" PRId64 " more (--all)\n",
		    stmt_value(st, 4).i - n);
	if (!p->all && n >= ADDRS_SHOWN)
		return;
	printf("  ");
	put(stmt_value(st, 0).s);
	printf(" from ");
	put(stmt_value(st, 1).s);
	printf(": %" PRId64 " transactions", stmt_value(st, 2).i);
	if (adverse > 0)
		printf(", %" PRId64 " of them spam or virus", adverse);
	if (stmt_value(st, 5).type == VALUE_TEXT) {
		printf("; the address was leased to ");
		put(stmt_value(st, 5).s);
		printf(" then, who is not blamed for it");
	}
	putchar('\n');
}

/* Shares to two digits, counts whole: as a threshold is written. */
static void
put_number(double v)
{
	if (v == (double)(int64_t)v || v >= 100 || v <= -100)
		printf("%.0f", v);
	else
		printf("%.2g", v);
}

/* The first rules in full, but a threshold that one of them has shown already;
 * of the others the names. */
static void
rule_row(struct page *p, const struct stmt *st, int64_t n)
{
	bool most = stmt_value(st, 4).type == VALUE_NULL;
	bool first = stmt_value(st, 11).i != 0;
	int64_t rule = stmt_value(st, 10).i;

	if (n == 0)
		printf("\nRules that fired\n");
	if (!p->all && rule > RULES_SHOWN) {
		if (first)
			printf("%s",
			    rule == RULES_SHOWN + 1 ? "  and (--all) " : ", ");
		if (first)
			put(stmt_value(st, 0).s);
		p->open_line = true;
		return;
	}
	if (first) {
		printf("  ");
		put(stmt_value(st, 0).s);
		if (stmt_value(st, 1).type == VALUE_TEXT) {
			printf(": ");
			put(stmt_value(st, 1).s);
		}
		putchar('\n');
	}
	printf("      ");
	put(stmt_value(st, 2).s);
	if (stmt_value(st, 9).i == 0) {
		printf(" as above\n");
		return;
	}
	putchar(' ');
	put_number(stmt_value(st, 3).r);
	if (stmt_value(st, 8).type == VALUE_TEXT) {
		putchar(' ');
		put(stmt_value(st, 8).s);
	}
	printf(", at %s %g is asked (", most ? "most" : "least",
	    stmt_value(st, most ? 5 : 4).r);
	put(stmt_value(st, 6).s);
	putchar(')');
	if (stmt_value(st, 7).type == VALUE_TEXT) {
		printf(": ");
		put(stmt_value(st, 7).s);
	}
	putchar('\n');
}

/* When the sequential test of a rule was decided, by what, and how. */
static void
sprt_row(struct page *p, const struct stmt *st, int64_t n)
{
	if (n > 0 && !p->all)
		return;
	printf("%s  ", p->open_line ? "\n" : "");
	p->open_line = false;
	put(stmt_value(st, 0).s);
	printf(": the sequential test was decided at ");
	put_time(p, stmt_value(st, 1).i);
	printf(", by %" PRId64 " verdicts, %" PRId64 " of them spam\n",
	    stmt_value(st, 2).i, stmt_value(st, 3).i);
	if (!p->all)
		return;
	printf("      theta0 %g and theta1 %g: shares called spam of a clean and of an"
	       " infected\n      customer's mail; alpha %g and beta %g: wanted"
	       " chances of accusing the one\n      and of letting the other go (",
	    stmt_value(st, 4).r, stmt_value(st, 5).r, stmt_value(st, 6).r,
	    stmt_value(st, 7).r);
	put(stmt_value(st, 8).s);
	printf(")\n");
}

static void
against_row(struct page *p, const struct stmt *st, int64_t n)
{
	(void)p;
	printf("%s  - ", n == 0 ? "\nWhat speaks against it\n" : "");
	put(stmt_value(st, 0).s);
	putchar('\n');
}

struct fact {
	struct str kind, text, peers;
	int64_t time, line; /* by the right clock */
	int64_t log_time;   /* by that of the log */
	bool has_time, has_log_time, shown;
};

struct facts {
	struct fact *f;
	struct logline *l;
	struct str *found; /* where the line is now */
	size_t n, size;
	size_t most; /* of a kind that are printed */
};

static void
fact_add(struct page *p, struct facts *all, const struct stmt *st)
{
	struct fact *f;
	struct logline *l;

	if (all->n == all->size) {
		all->size = all->size ? 2 * all->size : 64;
		all->f = xrealloc(all->f, all->size * sizeof(*all->f));
		all->l = xrealloc(all->l, all->size * sizeof(*all->l));
	}
	f = &all->f[all->n];
	l = &all->l[all->n++];
	f->kind = keep(p, stmt_value(st, 0)).s;
	f->has_time = stmt_value(st, 1).type != VALUE_NULL;
	f->log_time = stmt_value(st, 1).i;
	f->time = f->log_time - stmt_value(st, 11).i; /* 0 for NULL */
	f->has_log_time = f->has_time &&
	                  !str_starts(stmt_value(st, 2).s, STR("in doubt "));
	f->peers = keep(p, stmt_value(st, 12)).s;
	f->shown = false;
	f->text = keep(p, stmt_value(st, 2)).s;
	*l = (struct logline){.source = keep(p, stmt_value(st, 3)).s,
	    .offset = stmt_value(st, 4).i};
	f->line = stmt_value(st, 5).i;
	for (size_t i = 0; i < 3; i++)
		l->ids[i] = keep(p, stmt_value(st, 6 + i)).s;
	for (size_t i = 0; i < 2; i++)
		l->words[i] = keep(p, stmt_value(st, 9 + i)).s;
}

static int
read_facts(struct page *p, struct facts *all, struct err *e)
{
	struct stmt *st;
	int rc = store_start(p->store, "finding_facts", p->key, 2, &st, e);

	if (rc < 0)
		return rc;
	while ((rc = stmt_next(st, e)) > 0)
		fact_add(p, all, st);
	all->found = xcalloc(all->n + 1, sizeof(*all->found));
	if (rc >= 0)
		rc = explain_lines(p->c, p->store, p->key, all->l, all->found,
		    all->n, &p->mem, e);
	return rc;
}

/* A line that was already shown as the same fact's in another light. */
static bool
shown_before(const struct facts *all, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (all->f[i].shown && all->l[i].offset == all->l[at].offset &&
		    str_eq(all->l[i].source, all->l[at].source))
			return true;
	return false;
}

/* Zones differ by quarters of an hour: the seconds are the same in all. */
static bool
is_of_another_time(struct str text, int64_t t)
{
	struct str head = str_head(text, 40);
	struct civil c = civil_of_utc(t, NULL);
	char second[8];

	for (size_t i = 0; i + 8 <= head.n; i++)
		if (head.p[i + 2] == ':' && head.p[i + 5] == ':') {
			snprintf(second, sizeof(second), "%02d", c.second);
			return memcmp(head.p + i + 6, second, 2) != 0;
		}
	return false;
}

static void
print_line(const struct facts *all, size_t i)
{
	const struct logline *l = &all->l[i];

	if (!str_has(l->source))
		return;
	printf("      ");
	put(l->source);
	printf(":%" PRId64, all->f[i].line);
	if (l->missing != NULL) {
		printf(" (%s)\n", l->missing);
	} else if (shown_before(all, i)) {
		printf(" (shown above)\n");
	} else {
		if (str_has(all->found[i])) {
			printf(" (now in ");
			put(all->found[i]);
			putchar(')');
		}
		if (all->f[i].has_log_time &&
		    is_of_another_time(l->text, all->f[i].log_time))
			printf(" (the line has another time than the one that was read)");
		printf("\n      | ");
		put(l->text);
		putchar('\n');
	}
}

/* What the line has, where it is neither UTC nor the day's zone. */
static void
put_log_time(struct page *p, const struct fact *f, struct str source)
{
	const struct mail_source *m =
	    str_has(source)
	        ? config_mail_of(p->c->config, arena_z(&p->mem, source))
	        : NULL;
	const struct zone *z = m ? m->zone : NULL;
	bool zone = z != NULL && z != p->zone && !str_eq(str_z(zone_text(z)), STR("UTC"));

	if (!zone && f->log_time == f->time)
		return;
	printf(" (the log has ");
	put_beside(f->log_time, z, f->time);
	if (z != NULL)
		printf(" %s", zone_text(z));
	putchar(')');
}

static void
print_fact(struct page *p, struct facts *all, size_t i)
{
	struct fact *f = &all->f[i];

	printf("  ");
	if (f->has_time) {
		put_time(p, f->time);
		if (f->has_log_time)
			put_log_time(p, f, all->l[i].source);
		putchar(' ');
	}
	put_text(p, f->text);
	if (str_has(f->peers)) {
		printf("; in these five minutes to ");
		put(f->peers);
	}
	putchar('\n');
	print_line(all, i);
	f->shown = true;
}

/* The first facts of one kind under a heading. */
static void
print_facts(struct page *p, struct facts *all, const char *kind,
    const char *heading)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		if (!str_eq(all->f[i].kind, str_z(kind)))
			continue;
		if (n == 0)
			printf("\n%s\n", heading);
		if (n++ < all->most)
			print_fact(p, all, i);
	}
	if (n > all->most)
		printf("  ... and %zu more (--all)\n", n - all->most);
}

static void
print_flows(const struct page *p)
{
	struct str support = p->h[H_SUPPORT].s;

	printf("\nFlows\n  %lld %s in the day", num(p, H_CLIENT), counted(p));
	if (p->h[H_IN_WINDOW].type == VALUE_INT)
		printf(", %lld within %lld s of the mail", num(p, H_IN_WINDOW),
		    num(p, H_WINDOW));
	putchar('\n');
	if (p->h[H_SUPPORT].type != VALUE_TEXT)
		return;
	printf("  support: ");
	put(support);
	if (str_eq(support, STR("not_seen")))
		printf("; P(miss) %.4f for %lld messages at 1 in %lld",
		    p->h[H_P_MISS].r, num(p, H_P_MESSAGES), num(p, H_RATE));
	if (str_eq(support, STR("not_visible")))
		printf("; no agent sees the path of this mail, so nothing "
		       "follows from it");
	putchar('\n');
}

/* Columns of the statement suspects behind the figures of the score. */
enum { SUSPECT_SYN = SCORE_FIGURES + 3, SUSPECT_EST = SCORE_FIGURES + 5 };

/* Spam need not be sent to us: how likely is it that our MX had seen some?
 * The number of connections is an estimate from sampled SYNs, with an exact
 * Poisson interval of 95 %. */
static void
print_seen_by_mx(const struct page *p, const struct stmt *st)
{
	double syn = (double)stmt_value(st, SUSPECT_SYN).i, low, high, k;
	double share = p->mailbox_share;

	printf("\nWould our MX have seen it\n  ");
	if (syn < 1 || stmt_value(st, SUSPECT_EST).type != VALUE_INT) {
		printf("not known: %s\n", syn < 1 ? "no SYN was sampled"
		                                  : "the rate of the samples is not known");
		return;
	}
	k = (double)stmt_value(st, SUSPECT_EST).i;
	gamma_bounds(k, syn, &low, &high);
	printf("%.0f connections are estimated (95 %%: %.0f to %.0f), from "
	       "%.0f sampled SYNs\n  ",
	    k, floor(low), ceil(high), syn);
	if (share <= 0)
		printf("mailbox_share is not configured: the share of the "
		       "world's mailboxes that is ours\n");
	else
		printf("P(at least one to us) %.3f (%.3f to %.3f), if %g of "
		       "the world's mailboxes are ours\n"
		       "  and it goes to mailboxes at random: spammers who "
		       "leave out our customers are not seen\n",
		    score_seen_by_mx(share, k), score_seen_by_mx(share, low),
		    score_seen_by_mx(share, high), share);
}

/* Of one whom only the flows show: how much like the confirmed ones. */
static int
print_score(struct page *p, struct err *e)
{
	const struct value args[] = {p->key[1], p->key[0]};
	char words[SCORE_WORDS];
	double x[SCORE_FIGURES];
	struct score_model m;
	struct stmt *st;
	int rc = score_fit(&m, p->store, p->key[1].i, e);

	if (rc < 0 ||
	    (rc = store_start(p->store, "suspects", args, 2, &st, e)) < 0 ||
	    (rc = stmt_next(st, e)) <= 0)
		return rc;
	for (size_t i = 0; i < SCORE_FIGURES; i++)
		x[i] = stmt_value(st, i).r;
	print_seen_by_mx(p, st);
	stmt_reset(st);
	printf("\n");
	if (m.refused == NULL)
		printf("This customer: %s, from figures",
		    score_words(score_of(&m, x), words));
	for (size_t i = 0; m.refused == NULL && i < SCORE_FIGURES; i++)
		printf("%s %s %.2f", i % 4 == 0 ? "\n   " : ",",
		    score_figure[i], x[i]);
	if (m.refused == NULL)
		putchar('\n');
	score_text(&m);
	return 0;
}

static void
print_sure(const struct page *p)
{
	printf("\nHow sure\n  ");
	if (p->h[H_CONFIDENCE].type == VALUE_REAL)
		printf("%s (%.2f on a scale of 0 to 1 that orders findings; it "
		       "is no probability)\n",
		    sure(p->h[H_CONFIDENCE].r), p->h[H_CONFIDENCE].r);
	else
		printf("there is nothing to be sure of\n");
}

static void
print_covers(const struct page *p)
{
	printf("\nCovers\n  logs %lld of %lld hours, flows %lld of %lld hours; "
	       "the run saw ",
	    num(p, H_MAIL_HOURS), num(p, H_HOURS), num(p, H_FLOW_HOURS),
	    num(p, H_HOURS));
	put(p->h[H_WATERMARK].s);
	putchar('\n');
}

static void
print_who(const struct page *p)
{
	printf("\nWho\n  ");
	if (str_eq(p->h[H_CLASS].s, STR("ambiguous"))) {
		printf("nobody is named: the holder of the address is in doubt\n");
		return;
	}
	printf("named by ");
	put(p->h[H_BY].s);
	printf(", scope ");
	put(p->h[H_SCOPE].s);
	putchar('\n');
}

/* Of mail in doubt: all of the address, spam, virus. */
static void
doubt_row(struct page *p, const struct stmt *st, int64_t n)
{
	(void)n;
	if (!str_eq(p->h[H_CLASS].s, STR("ambiguous")) ||
	    stmt_value(st, 0).i == 0)
		return;
	if (stmt_value(st, 0).i == num(p, H_DOUBT))
		printf("  of these");
	else
		printf("  of all %" PRId64 " transactions of the address",
		    stmt_value(st, 0).i);
	printf(" filters called %" PRId64 " spam and %" PRId64 " a virus\n",
	    stmt_value(st, 1).i, stmt_value(st, 2).i);
}

static void
clock_row(struct page *p, const struct stmt *st, int64_t n)
{
	double s = (double)stmt_value(st, 1).i / 1e6;

	(void)p;
	(void)n;
	printf("  the clock of ");
	put(stmt_value(st, 0).s);
	printf(" is %g s %s (clock_offset): the times of this page are corrected\n",
	    s < 0 ? -s : s, s < 0 ? "behind" : "ahead");
}

/* What, and when. */
static int
print_head(struct page *p, struct err *e)
{
	int rc;

	print_title(p);
	rc = each(p, "finding_doubt", doubt_row, e);
	if (rc >= 0) {
		print_when(p);
		rc = each(p, "finding_clocks", clock_row, e);
	}
	return rc;
}

static int
print_page(struct page *p, struct err *e)
{
	struct facts all = {.most = p->all ? SIZE_MAX : FACTS_SHOWN};
	int rc = read_facts(p, &all, e);

	if (rc < 0 || (rc = print_head(p, e)) < 0)
		goto out;
	print_who(p);
	rc = each(p, "finding_addrs", addr_row, e);
	if (rc >= 0)
		rc = each(p, "finding_logins", login_row, e);
	if (rc >= 0) {
		print_facts(p, &all, "lease", "Leases");
		rc = each(p, "finding_rules", rule_row, e);
	}
	if (rc >= 0)
		rc = each(p, "finding_sprt", sprt_row, e);
	if (p->open_line)
		putchar('\n');
	print_facts(p, &all, "verdict", "What filters said");
	print_facts(p, &all, "delivery", "What became of it");
	print_flows(p);
	print_facts(p, &all, "sample", "Samples");
	print_facts(p, &all, "complaint", "Reports");
	if (rc >= 0)
		rc = each(p, "finding_against", against_row, e);
	print_sure(p);
	if (rc >= 0 && str_eq(p->h[H_CLASS].s, STR("flow_only_suspect")))
		rc = print_score(p, e);
	print_covers(p);
out:
	free(all.f);
	free(all.l);
	free(all.found);
	return rc;
}

/* 2026-13-10/ and more */
static bool
looks_like_day(const char *s)
{
	static const char form[] = "0000-00-00/";

	for (size_t i = 0; form[i] != '\0'; i++)
		if (form[i] == '0' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
			return false;
	return true;
}

/* "DAY/CUSTOMER" or "CUSTOMER"; a customer's name may hold a slash. */
static int
find_day(struct page *p, const char *arg, struct err *e)
{
	struct str day = str_head(str_z(arg), 10);
	struct stmt *st;
	int rc;

	p->key[0] = value_z(arg);
	p->key[1] = value_null();
	if (strlen(arg) > 11 && arg[10] == '/' &&
	    day_parse(day, &p->key[1].i)) {
		p->key[0] = value_z(arg + 11);
		p->key[1].type = VALUE_INT;
	}
	if (p->key[1].type != VALUE_INT && looks_like_day(arg))
		return err_set(e, ERR_USAGE, "\"%.10s\" is no day", arg);
	rc = store_start(p->store, "finding_day", p->key, 2, &st, e);
	if (rc < 0 || (rc = stmt_next(st, e)) < 0)
		return rc;
	p->key[1] = rc > 0 ? stmt_value(st, 0) : value_null();
	stmt_reset(st);
	if (p->key[1].type != VALUE_INT)
		return err_set(e, ERR_FAIL,
		    "no finding \"%s\" (CUSTOMER or DAY/CUSTOMER)", arg);
	return 0;
}

static int
read_head(struct page *p, struct err *e)
{
	struct stmt *st;
	int rc = store_start(p->store, "finding_head", p->key, 2, &st, e);

	if (rc < 0 || (rc = stmt_next(st, e)) < 0)
		return rc;
	for (size_t i = 0; rc > 0 && i < H_N; i++)
		p->h[i] = keep(p, stmt_value(st, i));
	stmt_reset(st);
	if (rc == 0)
		return err_set(e, ERR_FAIL, "%s: the finding has no run",
		    store_path(p->store));
	p->zone = zone_find(p->h[H_ZONE].s);
	if (str_eq(p->h[H_ZONE].s, STR("UTC")))
		p->zone = NULL;
	return 0;
}

/* As data: the same object as findings has. */
static int
print_data(struct cmd *c, struct page *p, struct err *e)
{
	const struct value v[FINDINGS_ARGS] = {
	    [0] = p->key[1], [4] = p->key[0]};
	struct stmt *st;
	int rc = findings_prepare(p->store, &st, e);

	if (rc < 0)
		return rc;
	return cmd_rows(c, st, v, FINDINGS_ARGS, findings_columns,
	    findings_ncolumns, NULL, e);
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct page p = {.c = c};
	int opt, rc;

	while ((opt = cmd_option(c, argc, argv, "", long_opts, e)) != -1) {
		if (opt != OPT_ALL)
			return ERR_USAGE;
		p.all = true;
	}
	if (optind + 1 != argc)
		return err_set(
		    e, ERR_USAGE, "explain what? CUSTOMER or DAY/CUSTOMER");
	rc = cmd_config(c, e);
	if (rc >= 0) {
		p.mailbox_share = c->config->mailbox_share;
		rc = cmd_store(c, STORE_READ, &p.store, e);
	}
	if (rc >= 0)
		rc = find_day(&p, argv[optind], e);
	if (rc >= 0)
		rc = read_head(&p, e);
	if (rc >= 0)
		rc = c->out != &output_text ? print_data(c, &p, e)
		                            : print_page(&p, e);
	store_close(p.store);
	arena_free(&p.mem);
	return rc < 0 ? rc : 0;
}

const struct command cmd_explain = {
    .name = "explain",
    .args = "[--all] CUSTOMER | DAY/CUSTOMER",
    .summary = "Why a finding is one: facts, lines, rules, doubts",
    .help = "  --all     all stored facts, not only the first of each kind\n",
    .run = run,
};
