/* SPDX-License-Identifier: Apache-2.0 */
/* heloflow list: what is plugged in. */
#include <stdio.h>

#include "cmd/mail_flags.h"
#include "input/flow_source.h"
#include "input/lease_source.h"

static const struct column cols[] = {
    {"name", "name", VALUE_TEXT},
    {"summary", "what", VALUE_TEXT},
};

static void
row(struct output *o, const char *name, struct str summary)
{
	struct value v[] = {value_z(name), value_str(summary)};

	output_row(o, v);
}

static int
list_parsers(struct output *o, struct err *e)
{
	struct parsers *parsers = NULL;
	const struct parser_ops *p;
	int rc = parsers_open(&parsers, e);

	for (size_t i = 0; rc >= 0 && (p = parsers_at(parsers, i)); i++)
		row(o, p->name, str_z(p->summary));
	parsers_free(parsers);
	return rc;
}

static int
list_rules(struct output *o, struct err *e)
{
	struct str name, filter, summary;
	struct rules *rules = NULL;
	struct arena mem = {0};
	size_t at = 0;
	int rc = rules_open(&rules, e);

	while (rc >= 0 && rules_next(rules, &at, &name, &filter, &summary))
		row(o, arena_printf(&mem, "%.*s", STR_FMT(name)).p, summary);
	arena_free(&mem);
	rules_free(rules);
	return rc;
}

static int
list_outputs(struct output *o, struct err *e)
{
	size_t i;

	(void)e;
	for (i = 0; output_table[i] != NULL; i++)
		row(o, output_table[i]->name, str_z(output_table[i]->summary));
	return 0;
}

static int
list_flows(struct output *o, struct err *e)
{
	size_t i;

	(void)e;
	for (i = 0; flow_source_table[i] != NULL; i++)
		row(o, flow_source_table[i]->name,
		    str_z(flow_source_table[i]->summary));
	return 0;
}

static int
list_lease_sources(struct output *o, struct err *e)
{
	size_t i;

	(void)e;
	for (i = 0; lease_source_table[i] != NULL; i++)
		row(o, lease_source_table[i]->name,
		    str_z(lease_source_table[i]->summary));
	return 0;
}

static int
list_commands(struct output *o, struct err *e)
{
	size_t i;

	(void)e;
	for (i = 0; command_table[i] != NULL; i++)
		row(o, command_table[i]->name,
		    str_z(command_table[i]->summary));
	return 0;
}

static const struct {
	const char *name;
	int (*list)(struct output *o, struct err *e);
} kinds[] = {
    {"parsers", list_parsers},
    {"rules", list_rules},
    {"flows", list_flows},
    {"lease-sources", list_lease_sources},
    {"outputs", list_outputs},
    {"commands", list_commands},
};

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	int opt = cmd_option(c, argc, argv, "", NULL, e), rc;
	struct output o;
	size_t i;

	if (opt != -1)
		return ERR_USAGE;
	if (optind + 1 != argc)
		return err_set(e, ERR_USAGE,
		    "list what? parsers, rules, flows, lease-sources, outputs or commands");
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(argv[optind], kinds[i].name) != 0)
			continue;
		output_begin(&o, c->out, stdout, cols, 2, false);
		rc = kinds[i].list(&o, e);
		output_end(&o);
		return rc;
	}
	return err_set(e, ERR_USAGE, "list: no kind \"%s\"", argv[optind]);
}

const struct command cmd_list = {
    .name = "list",
    .args = "parsers|rules|flows|lease-sources|outputs|commands",
    .summary = "What is plugged in",
    .help = "",
    .run = run,
};
