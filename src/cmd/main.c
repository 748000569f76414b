/* SPDX-License-Identifier: Apache-2.0 */
/* heloflow: finds the verb in command_table[] and runs it. */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "input/config.h"

static void
usage(FILE *to)
{
	size_t i;

	fputs(
	    "usage: heloflow [-c FILE] [--db FILE] VERB [flags] [FILE ... | -]\n\n",
	    to);
	for (i = 0; command_table[i] != NULL; i++)
		fprintf(to, "  %-18s %s\n", command_table[i]->name,
		    command_table[i]->summary);
	fputs(
	    "\n  -c FILE     configuration (default: ./heloflow.yaml, if there)\n"
	    "  --db FILE   the store (default: as configured, else ./heloflow.db)\n"
	    "  --version\n"
	    "heloflow VERB --help tells a verb's flags.\n"
	    "exit: 0 done; 1 failed; 2 usage or configuration; 3 done but incomplete\n",
	    to);
}

/* The command whose name is argv[0], or argv[0] and argv[1]; *words tells. */
static const struct command *
find(int argc, char **argv, int *words)
{
	size_t i, first;
	const char *name, *gap;

	for (i = 0; command_table[i] != NULL; i++) {
		name = command_table[i]->name;
		gap = strchr(name, ' ');
		first = gap ? (size_t)(gap - name) : strlen(name);
		if (strlen(argv[0]) != first ||
		    strncmp(argv[0], name, first) != 0)
			continue;
		*words = gap ? 2 : 1;
		if (gap == NULL || (argc > 1 && strcmp(argv[1], gap + 1) == 0))
			return command_table[i];
	}
	return NULL;
}

static int
fail(const char *verb, const struct err *e)
{
	fprintf(stderr, "heloflow%s%s: %s\n", verb ? " " : "", verb ? verb : "",
	    e->text);
	return e->code == ERR_USAGE ? 2 : 1;
}

/* The flags before the verb; returns the index of the verb, or -1 - code. */
static int
globals(struct cmd *c, int argc, char **argv)
{
	static const struct option longs[] = {
	    {"db", required_argument, NULL, 'D'},
	    {"config", required_argument, NULL, 'c'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "+c:hV", longs, NULL)) != -1) {
		switch (opt) {
		case 'c':
			c->config_path = optarg;
			break;
		case 'D':
			c->db = optarg;
			break;
		case 'h':
			usage(stdout);
			return -1;
		case 'V':
			puts("heloflow " VERSION);
			return -1;
		default:
			return -1 - 2;
		}
	}
	if (optind >= argc) {
		usage(stderr);
		return -1 - 2;
	}
	return optind;
}

/* verb: NULL without one. */
static int
finish(const char *verb, int rc, struct err *e)
{
	if (rc >= 0 && (fflush(stdout) != 0 || ferror(stdout)))
		rc = err_set(e, ERR_FAIL, "standard output: cannot write");
	return rc < 0 ? fail(verb, e) : rc;
}

int
main(int argc, char **argv)
{
	struct cmd c = {.out = &output_text};
	const struct command *v;
	struct err e = {0};
	int at, words = 1, rc;

	at = globals(&c, argc, argv);
	if (at < 0)
		return finish(NULL, -1 - at, &e);
	v = find(argc - at, argv + at, &words);
	if (v == NULL) {
		err_set(&e, ERR_USAGE,
		    words == 2 ? "%s needs a second word; see heloflow --help"
		               : "no verb \"%s\"; see heloflow --help",
		    argv[at]);
		return fail(NULL, &e);
	}
	c.verb = v->name;
	at += words - 1;
	optind = 0; /* glibc: start again */
	rc = v->run(&c, argc - at, argv + at, &e);
	rc = finish(v->name, rc, &e);
	config_free(c.config);
	return rc;
}
