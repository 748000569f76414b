/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heloflow suspects: customers whom only the flows show, those first who look
 * most like the ones our logs confirmed; with the model behind the order, and
 * what it is worth.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/gamma.h"
#include "base/json_out.h"
#include "cmd/cover.h"
#include "cmd/score_text.h"

enum { OPT_DAY = 1, OPT_CUSTOMER };

static const struct option long_opts[] = {
    {"day", required_argument, NULL, OPT_DAY},
    {"customer", required_argument, NULL, OPT_CUSTOMER},
    {NULL, 0, NULL, 0},
};

static const struct column cols[] = {
    {"customer", "customer", VALUE_TEXT},
    {"score", "score", VALUE_REAL},
    {"client", "packets", VALUE_INT},
    {"syn", "SYN", VALUE_INT},
    {"answered", "answered", VALUE_INT},
    {"est_connections", "est. connections", VALUE_INT},
    {"est_connections_low", "95 %: from", VALUE_INT},
    {"est_connections_high", "to", VALUE_INT},
    {"p_seen_mx", "P(seen by MX)", VALUE_REAL},
    {"first_seen", "first seen", VALUE_TIME},
    {"last_seen", "last seen", VALUE_TIME},
    {"addrs", NULL, VALUE_JSON},
    {"reason", NULL, VALUE_TEXT},
};
#define NCOLS (sizeof(cols) / sizeof(cols[0]))
enum {
	C_CUSTOMER,
	C_SCORE,
	C_CLIENT,
	C_SYN,
	C_ANSWERED,
	C_EST,
	C_EST_LOW,
	C_EST_HIGH,
	C_P_MX,
	C_FIRST,
	C_LAST,
	C_ADDRS,
	C_REASON
};

/* Columns of the statement suspects after the figures. */
enum {
	Q_CUSTOMER = SCORE_FIGURES,
	Q_ADDRS,
	Q_CLIENT,
	Q_SYN,
	Q_ANSWERED,
	Q_EST,
	Q_FIRST,
	Q_LAST,
	Q_REASON
};

struct row {
	struct value v[NCOLS];
};

struct list {
	struct row *rows;
	size_t n, cap;
	struct arena mem;
};

static struct value
keep(struct list *l, struct value v)
{
	if (v.type == VALUE_TEXT || v.type == VALUE_JSON)
		v.s = arena_dup(&l->mem, v.s);
	return v;
}

static struct value
p_seen(double share, struct value k)
{
	if (share <= 0 || k.type != VALUE_INT)
		return value_null();
	return value_real(score_seen_by_mx(share, (double)k.i));
}

static void
set_bounds(struct value *v)
{
	double low, high;

	v[C_EST_LOW] = v[C_EST_HIGH] = value_null();
	if (v[C_EST].type != VALUE_INT || v[C_SYN].i < 1)
		return;
	gamma_bounds((double)v[C_EST].i, (double)v[C_SYN].i, &low, &high);
	v[C_EST_LOW] = value_int((int64_t)floor(low));
	v[C_EST_HIGH] = value_int((int64_t)ceil(high));
}

static void
add(struct list *l, const struct stmt *st, const struct score_model *m,
    double share)
{
	static const struct {
		int to, from;
	} same[] = {{C_CUSTOMER, Q_CUSTOMER}, {C_CLIENT, Q_CLIENT},
	    {C_SYN, Q_SYN}, {C_ANSWERED, Q_ANSWERED}, {C_EST, Q_EST},
	    {C_FIRST, Q_FIRST}, {C_LAST, Q_LAST}, {C_ADDRS, Q_ADDRS},
	    {C_REASON, Q_REASON}};
	double x[SCORE_FIGURES];
	struct row *r;

	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->rows = xrealloc(l->rows, l->cap * sizeof(*l->rows));
	}
	r = &l->rows[l->n++];
	for (size_t i = 0; i < SCORE_FIGURES; i++)
		x[i] = stmt_value(st, i).r;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		r->v[same[i].to] =
		    keep(l, stmt_value(st, (size_t)same[i].from));
	r->v[C_SCORE] =
	    m->refused == NULL ? value_real(score_of(m, x)) : value_null();
	set_bounds(r->v);
	r->v[C_P_MX] = p_seen(share, r->v[C_EST]);
}

/* By score, and where there is none by the packets that were sampled. */
static int
by_score(const void *a, const void *b)
{
	const struct value *x = ((const struct row *)a)->v;
	const struct value *y = ((const struct row *)b)->v;

	if (x[C_SCORE].r != y[C_SCORE].r)
		return x[C_SCORE].r < y[C_SCORE].r ? 1 : -1;
	if (x[C_CLIENT].i != y[C_CLIENT].i)
		return x[C_CLIENT].i < y[C_CLIENT].i ? 1 : -1;
	return str_cmp(x[C_CUSTOMER].s, y[C_CUSTOMER].s);
}

static int
read_list(struct cmd *c, struct store *s, const struct value *args,
    const struct score_model *m, struct list *l, struct err *e)
{
	struct stmt *st;
	int rc = store_start(s, "suspects", args, 2, &st, e);

	if (rc < 0)
		return rc;
	while ((rc = stmt_next(st, e)) > 0)
		add(l, st, m, c->config->mailbox_share);
	if (l->n > 1)
		qsort(l->rows, l->n, sizeof(*l->rows), by_score);
	return rc;
}

static void
model_json(struct json *j, const struct score_model *m)
{
	json_open(j, "model", '{');
	json_i64(j, "confirmed_days", m->rows[1]);
	json_i64(j, "confirmed_customers", m->who[1]);
	json_i64(j, "clean_days", m->rows[0]);
	json_i64(j, "clean_customers", m->who[0]);
	if (m->refused != NULL) {
		json_str(j, "refused", str_z(m->refused));
		json_close(j, '}');
		return;
	}
	json_real(j, "penalty", m->lambda);
	json_real(j, "slope", m->last.slope);
	json_real(j, "shift", m->last.shift);
	json_real(j, "most", logit_probability(m->last.most));
	json_real(j, "bias", m->logit.bias);
	json_open(j, "figures", '[');
	for (size_t i = 0; i < SCORE_FIGURES; i++) {
		json_open(j, NULL, '{');
		json_str(j, "figure", str_z(score_figure[i]));
		json_real(j, "weight", m->logit.weight[i]);
		json_real(j, "mean", m->logit.mean[i]);
		json_real(j, "deviation", m->logit.scale[i]);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_real(j, "auc", m->auc);
	json_real(j, "auc_low_95", m->auc_low);
	json_real(j, "auc_high_95", m->auc_high);
	json_real(j, "log_loss", m->loss);
	json_open(j, "reliability", '[');
	for (size_t i = 0; i < SCORE_BINS; i++) {
		json_open(j, NULL, '{');
		json_i64(j, "n", m->bin[i].n);
		json_i64(j, "confirmed", m->bin[i].confirmed);
		json_real(j, "predicted", m->bin[i].predicted);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

static void
print_json(const struct list *l, const struct score_model *m, int64_t day,
    const struct cover *k)
{
	struct buf out = {0};
	struct json j = json_to(&out);
	char text[UTC_TEXT_MAX];

	json_open(&j, NULL, '{');
	json_str(&j, "day", str_of(text, day_format(day, text)));
	model_json(&j, m);
	json_open(&j, "suspects", '[');
	for (size_t i = 0; i < l->n; i++) {
		json_open(&j, NULL, '{');
		output_members(&j, cols, NCOLS, l->rows[i].v);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	cover_json(&j, k);
	json_close(&j, '}');
	printf("%.*s\n", STR_FMT(buf_str(&out)));
	buf_free(&out);
}

static int
print(struct cmd *c, struct store *s, const struct list *l,
    const struct score_model *m, int64_t day, struct err *e)
{
	const struct zone *zone = c->config->day_timezone;
	struct output o;
	struct cover k;
	char text[UTC_TEXT_MAX], words[SCORE_WORDS];
	int rc = 0;

	if (c->out == &output_json) {
		rc = cover_read(&k, s, day_start(day, zone),
		    day_start(day + 1, zone), false, e);
		if (rc >= 0)
			print_json(l, m, day, &k);
		return rc;
	}
	if (c->out == &output_text) {
		day_format(day, text);
		printf("Suspects of %s (%.*s), whom only the flows show\n",
		    text, STR_FMT(config_zone(c->config)));
		score_text(m);
		rc = cover_print(s, zone, value_int(day_start(day, zone)),
		    value_int(day_start(day + 1, zone)), e);
		putchar('\n');
	}
	output_begin(&o, c->out, stdout, cols, NCOLS, false);
	for (size_t i = 0; i < l->n; i++) {
		struct value *score = &l->rows[i].v[C_SCORE];

		if (c->out == &output_text && score->type == VALUE_REAL)
			*score = value_z(score_words(score->r, words));
		output_row(&o, l->rows[i].v);
	}
	output_end(&o);
	return rc;
}

static int
read_flags(
    struct cmd *c, int argc, char **argv, struct value *args, struct err *e)
{
	int opt, rc = 0;

	while (rc >= 0 &&
	       (opt = cmd_option(c, argc, argv, "", long_opts, e)) != -1) {
		if (opt == OPT_DAY) {
			args[0].type = VALUE_INT;
			rc = cmd_day(c, "--day", optarg, &args[0].i, e);
		} else if (opt == OPT_CUSTOMER) {
			args[1] = value_z(optarg);
		} else {
			rc = ERR_USAGE;
		}
	}
	if (rc >= 0 && optind < argc)
		rc = err_set(e, ERR_USAGE, "suspects takes no file: \"%s\"",
		    argv[optind]);
	return rc;
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct value args[2] = {{0}};
	struct score_model m;
	struct list l = {0};
	struct store *s = NULL;
	int rc = read_flags(c, argc, argv, args, e);

	if (rc < 0 || (rc = cmd_config(c, e)) < 0 ||
	    (rc = cmd_store(c, STORE_READ, &s, e)) < 0)
		return rc;
	if (args[0].type == VALUE_NULL) {
		args[0].type = VALUE_INT;
		rc = cmd_last_day(s, &args[0].i, e);
	}
	if (rc >= 0)
		rc = score_fit(&m, s, args[0].i, e);
	if (rc >= 0)
		rc = read_list(c, s, args, &m, &l, e);
	if (rc >= 0)
		rc = print(c, s, &l, &m, args[0].i, e);
	free(l.rows);
	arena_free(&l.mem);
	store_close(s);
	return rc < 0 ? rc : 0;
}

const struct command cmd_suspects = {
    .name = "suspects",
    .args = "[--day D] [--customer NAME]",
    .summary = "Customers whom only the flows show, the likeliest first",
    .help =
        "  --day D           default: the last that was correlated\n"
        "  --customer NAME   one of them\n"
        "The score is fitted on the 28 days before the day: doc/suspects.md.\n",
    .run = run,
};
