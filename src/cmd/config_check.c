/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heloflow config check: loads the configuration and says what each source
 * will be read as, and what looks wrong.  Nothing is imported.  Exit 0: all
 * well; 2: it cannot be used; 3: it can, but something is missing or doubtful.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "cmd/cmd.h"
#include "cmd/flow_text.h"
#include "cmd/mail_flags.h"
#include "input/config.h"
#include "input/flow_source.h"
#include "input/lease_source.h"

static const struct column cols[] = {
    {"part", "part", VALUE_TEXT},
    {"item", "item", VALUE_TEXT},
    {"read_as", "read as", VALUE_TEXT},
    {"problem", "problem", VALUE_TEXT},
};

struct check {
	const struct config *config;
	struct output out;
	struct arena mem;
	bool doubtful, unusable;
};

static void
row(struct check *k, const char *part, struct str item, struct str as,
    struct str problem)
{
	struct value v[] = {
	    value_z(part), value_str(item), value_str(as), value_str(problem)};

	k->doubtful |= str_has(problem);
	output_row(&k->out, v);
}

/* Why a file cannot be read, or absent. */
static struct str
file_problem(struct check *k, struct str path)
{
	struct stat st;

	if (path.n == 1 && *path.p == '-')
		return STR_NONE;
	if (stat(path.p, &st) < 0 || access(path.p, R_OK) < 0)
		return arena_printf(&k->mem, "%m");
	if (S_ISDIR(st.st_mode))
		return STR("is a directory");
	return STR_NONE;
}

typedef struct str (*as_fn)(
    struct check *k, const void *source, struct str path);

/* A row for each file of a source, and one for each path that names none. */
static int
check_paths(struct check *k, const char *part, const struct str *paths,
    size_t n, const void *source, as_fn as, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		struct str *files;
		size_t nfiles;
		int rc =
		    config_expand(&paths[i], 1, &k->mem, &files, &nfiles, e);

		if (rc < 0)
			return rc;
		if (nfiles == 0)
			row(k, part, paths[i], STR_NONE,
			    STR("matches no file"));
		for (size_t j = 0; j < nfiles; j++)
			row(k, part, files[j], as(k, source, files[j]),
			    file_problem(k, files[j]));
	}
	return 0;
}

static struct str
mail_as(struct check *k, const void *source, struct str path)
{
	const struct mail_source *m = source;
	struct str mta = str_has(m->mta) ? m->mta : STR("by program");

	(void)path;
	return arena_printf(&k->mem, "%.*s, stamps in %s, year %s%.*s%s%s",
	    STR_FMT(mta), zone_text(m->zone),
	    m->year ? arena_printf(&k->mem, "%d", m->year).p : "inferred",
	    STR_FMT(str_has(m->host)
	                ? arena_printf(&k->mem, ", host %.*s", STR_FMT(m->host))
	                : STR("")),
	    m->direction ? ", direction " : "",
	    m->direction ? direction_name[m->direction] : "");
}

static struct str
flow_as(struct check *k, const void *source, struct str path)
{
	const struct flow_feed *f = source;
	const char *format = str_has(f->format) ? f->format.p : NULL;
	struct flow_sink sink = {0};
	struct flow_source *src = NULL;
	struct flow_run run;
	struct str as;
	struct err e;

	flow_run_init(&run, &sink);
	run.fields = f->fields;
	format = flow_text_format(&run, format);
	if (flow_source_open(&src, path.p, format, &run, &e) < 0)
		as = STR("?");
	else
		as = arena_printf(&k->mem, "%s", flow_source_format(src));
	flow_source_close(src);
	flow_run_free(&run);
	return as;
}

static struct str
lease_as(struct check *k, const void *source, struct str path)
{
	const struct lease_feed *l = source;
	const struct lease_source_ops *ops;
	struct str format = l->format;
	struct err e;

	if (!str_has(format) || str_eq(format, STR("auto"))) {
		ops = lease_source_look(path.p, &e);
		format = ops == NULL ? STR("?") : str_z(ops->name);
	}
	return arena_printf(&k->mem, "%.*s, times in %s", STR_FMT(format),
	    zone_text(l->zone));
}

static int
check_mail(struct check *k, struct err *e)
{
	struct parsers *parsers = NULL;
	int rc = parsers_open(&parsers, e);

	for (size_t i = 0; rc >= 0 && i < k->config->nmail; i++) {
		const struct mail_source *m = &k->config->mail[i];

		if (str_has(m->mta) && parsers_find(parsers, m->mta) == NULL) {
			row(k, "mail", m->mta, STR_NONE,
			    STR("no such parser; see heloflow list parsers"));
			k->unusable = true;
		}
		rc = check_paths(k, "mail", m->paths, m->npaths, m, mail_as, e);
	}
	if (k->config->nmail == 0)
		row(k, "mail", STR("mail_sources"), STR_NONE, STR("none"));
	parsers_free(parsers);
	return rc;
}

static void
check_agents(struct check *k, const struct flow_feed *f)
{
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < f->nagents; i++) {
		const struct flow_agent *g = &f->agents[i];

		addr_format(g->addr, text);
		row(k, "agent", arena_printf(&k->mem, "%s", text),
		    arena_printf(&k->mem, "%.*s%s%s", STR_FMT(g->name),
		        g->vantage ? ", vantage " : "",
		        g->vantage ? vantage_name[g->vantage] : ""),
		    g->vantage ? STR_NONE
		               : STR("no vantage: taken for an exchange's"));
	}
	if (f->nagents == 0)
		row(k, "agent", STR("agents"), STR_NONE,
		    STR("none named: taken for an exchange's"));
}

static int
check_flow(struct check *k, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < k->config->nflow; i++) {
		const struct flow_feed *f = &k->config->flow[i];

		if (str_has(f->listen))
			row(k, "flow", f->listen, STR("sFlow over UDP"),
			    STR_NONE);
		rc = check_paths(k, "flow", f->paths, f->npaths, f, flow_as, e);
		check_agents(k, f);
	}
	if (k->config->nflow == 0)
		row(k, "flow", STR("flow_sources"), STR_NONE,
		    STR("none: every finding is by the logs alone"));
	return rc;
}

static int
check_lease(struct check *k, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < k->config->nlease; i++) {
		const struct lease_feed *l = &k->config->lease[i];

		rc = check_paths(
		    k, "lease", l->paths, l->npaths, l, lease_as, e);
	}
	if (k->config->nlease == 0)
		row(k, "lease", STR("lease_sources"), STR_NONE,
		    STR("none: customers are shown as addresses"));
	return rc;
}

static struct str
prefix_text(struct check *k, const struct prefix *p)
{
	char text[ADDR_TEXT_MAX];
	bool v4 = addr_is_v4(p->first) && p->len >= 96;

	addr_format(p->first, text);
	return arena_printf(&k->mem, "%s/%d", text, v4 ? p->len - 96 : p->len);
}

/* Prefixes that hold each other do no harm, but are seldom meant. */
static void
check_prefixes(
    struct check *k, const char *part, const struct prefix *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct str problem = STR_NONE;

		for (size_t j = 0; j < n && !str_has(problem); j++)
			if (j != i && prefix_has(&p[j], p[i].first) &&
			    prefix_has(&p[j], p[i].last) &&
			    (p[j].len < p[i].len || j < i))
				problem = arena_printf(&k->mem, "lies in %.*s",
				    STR_FMT(prefix_text(k, &p[j])));
		row(k, part, prefix_text(k, &p[i]), STR_NONE, problem);
	}
}

static void
check_rest(struct check *k)
{
	const struct config *c = k->config;

	check_prefixes(k, "prefix", c->prefixes, c->nprefixes);
	if (c->nprefixes == 0)
		row(k, "prefix", STR("prefixes"), STR_NONE,
		    STR("none: nobody without a lease is ours"));
	check_prefixes(k, "own host", c->own_hosts, c->nown_hosts);
	if (c->nown_hosts == 0)
		row(k, "own host", STR("own_hosts"), STR_NONE,
		    STR("none: our relays may be blamed for what they pass on"));
	check_prefixes(k, "allow", c->allow, c->nallow);
	if (c->naccounts > 0)
		row(k, "accounts",
		    arena_printf(&k->mem, "%zu accounts", c->naccounts),
		    STR_NONE, STR_NONE);
	for (size_t i = 0; i < c->nmmdb; i++)
		row(k, "mmdb", c->mmdb[i], STR_NONE,
		    file_problem(k, c->mmdb[i]));
	row(k, "store", str_has(c->store) ? c->store : STR("heloflow.db"),
	    access(str_has(c->store) ? c->store.p : "heloflow.db", F_OK) == 0
	        ? STR("is there")
	        : STR("will be made"),
	    STR_NONE);
}

static int
check(struct check *k, struct err *e)
{
	int rc;

	if ((rc = check_mail(k, e)) < 0 || (rc = check_flow(k, e)) < 0 ||
	    (rc = check_lease(k, e)) < 0)
		return rc;
	check_rest(k);
	return 0;
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct check k = {0};
	int rc;

	while (cmd_option(c, argc, argv, "", NULL, e) != -1)
		return ERR_USAGE;
	if (optind < argc)
		return err_set(e, ERR_USAGE, "takes no file: \"%s\"; use -c",
		    argv[optind]);
	if ((rc = cmd_config(c, e)) < 0)
		return rc;
	if (!str_has(c->config->path))
		return err_set(e, ERR_USAGE,
		    "no configuration: neither -c FILE nor ./heloflow.yaml; heloflow init writes one");
	k.config = c->config;
	output_begin(&k.out, c->out, stdout, cols,
	    sizeof(cols) / sizeof(cols[0]), false);
	rc = check(&k, e);
	output_end(&k.out);
	arena_free(&k.mem);
	if (rc < 0)
		return rc;
	fprintf(stderr, "%.*s: %s\n", STR_FMT(c->config->path),
	    k.unusable   ? "cannot be used"
	    : k.doubtful ? "can be used; see the last column"
	                 : "all well");
	if (k.unusable)
		return err_set(e, ERR_USAGE, "%.*s: see the table",
		    STR_FMT(c->config->path));
	return k.doubtful ? EXIT_INCOMPLETE : 0;
}

const struct command cmd_config_check = {
    .name = "config check",
    .args = "",
    .summary = "Is the configuration right, and what will be read as what?",
    .help =
        "  Exit 0: all well.  2: it cannot be used (the message names file\n"
        "  and line).  3: it can, but something is missing or doubtful.\n",
    .run = run,
};
