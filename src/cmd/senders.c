/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heloflow senders: who sent or served mail in the flows, one row an address.
 * What correlate makes of it is in findings; here is what it goes by.
 */
#include <stdio.h>

#include "cmd/cmd.h"
#include "correlate/server_pattern.h"

enum {
	OPT_SINCE = 1,
	OPT_UNTIL,
	OPT_ROLE,
	OPT_MIN_PACKETS,
	OPT_CUSTOMER,
	OPT_KNOWN,
	OPT_UNKNOWN,
	OPT_SUSPECTS,
	OPT_ADDRESS,
	OPT_TOP,
};

static const struct option long_opts[] = {
    {"since", required_argument, NULL, OPT_SINCE},
    {"until", required_argument, NULL, OPT_UNTIL},
    {"role", required_argument, NULL, OPT_ROLE},
    {"min-packets", required_argument, NULL, OPT_MIN_PACKETS},
    {"customer", required_argument, NULL, OPT_CUSTOMER},
    {"known", no_argument, NULL, OPT_KNOWN},
    {"unknown", no_argument, NULL, OPT_UNKNOWN},
    {"suspects", no_argument, NULL, OPT_SUSPECTS},
    {"address", required_argument, NULL, OPT_ADDRESS},
    {"top", required_argument, NULL, OPT_TOP},
    {NULL, 0, NULL, 0},
};

static const struct column cols[] = {
    {"addr", "address", VALUE_TEXT},
    {"role", "role", VALUE_TEXT},
    {"first_seen", "first", VALUE_TIME},
    {"last_seen", "last", VALUE_TIME},
    {"hours", "hours", VALUE_INT},
    {"slots", NULL, VALUE_INT},
    {"packets", "packets", VALUE_INT},
    {"syn", "SYN", VALUE_INT},
    {"answered", "answered", VALUE_INT},
    {"rst", "RST", VALUE_INT},
    {"fin", "FIN", VALUE_INT},
    {"client_strong", NULL, VALUE_INT},
    {"client_weak", NULL, VALUE_INT},
    {"server_strong", NULL, VALUE_INT},
    {"server_weak", NULL, VALUE_INT},
    {"peers_at_once", "peers at once", VALUE_INT},
    {"rate_min", NULL, VALUE_INT},
    {"rate_max", "1 in", VALUE_INT},
    {"agents", NULL, VALUE_JSON},
    {"customer", "customer", VALUE_TEXT},
    {"messages", "messages", VALUE_INT},
    {"own", NULL, VALUE_BOOL},
    {"known", NULL, VALUE_BOOL},
    {"server_pattern", NULL, VALUE_BOOL},
    {"why", "looks like a server", VALUE_TEXT},
};

/* Of the statement, from 0. */
enum {
	ARG_SINCE,
	ARG_UNTIL,
	ARG_ROLE,
	ARG_MIN_PACKETS,
	ARG_CUSTOMER,
	ARG_KNOWN,
	ARG_SUSPECTS,
	ARG_ADDRESS,
	ARG_TOP,
	ARG_SHARE,
	ARG_SYN_MIN,
	ARG_ANSWERED,
	ARG_RST,
	ARGS
};

struct flags {
	struct value v[ARGS];
	struct addr address;
};

static int
set_role(struct flags *f, const char *role, struct err *e)
{
	if (strcmp(role, "client") != 0 && strcmp(role, "server") != 0 &&
	    strcmp(role, "both") != 0)
		return err_set(e, ERR_USAGE,
		    "--role: \"%s\" is none of client, server, both", role);
	f->v[ARG_ROLE] = value_z(role);
	return 0;
}

static int
set_address(struct flags *f, const char *text, struct err *e)
{
	if (!addr_parse(str_z(text), &f->address))
		return err_set(
		    e, ERR_USAGE, "--address: \"%s\" is no IP address", text);
	f->v[ARG_ADDRESS] = value_blob(f->address.b, sizeof(f->address.b));
	return 0;
}

static int
set_flag(struct cmd *c, struct flags *f, int opt, struct err *e)
{
	switch (opt) {
	case OPT_SINCE:
		return cmd_time(c, "--since", optarg, &f->v[ARG_SINCE].i, e);
	case OPT_UNTIL:
		return cmd_time(c, "--until", optarg, &f->v[ARG_UNTIL].i, e);
	case OPT_ROLE:
		return set_role(f, optarg, e);
	case OPT_MIN_PACKETS:
		return cmd_number("--min-packets", optarg, 0, INT64_MAX,
		    &f->v[ARG_MIN_PACKETS].i, e);
	case OPT_CUSTOMER:
		f->v[ARG_CUSTOMER] = value_z(optarg);
		return 0;
	case OPT_KNOWN:
	case OPT_UNKNOWN:
		f->v[ARG_KNOWN] = value_int(opt == OPT_KNOWN);
		return 0;
	case OPT_SUSPECTS:
		f->v[ARG_SUSPECTS] = value_int(1);
		return 0;
	case OPT_ADDRESS:
		return set_address(f, optarg, e);
	case OPT_TOP:
		return cmd_number(
		    "--top", optarg, 1, INT64_MAX, &f->v[ARG_TOP].i, e);
	}
	return ERR_USAGE;
}

static int
read_flags(struct cmd *c, int argc, char **argv, struct flags *f, struct err *e)
{
	int opt, rc = 0;

	*f =
	    (struct flags){.v = {
	                       [ARG_SINCE] = value_int(-INT64_MAX / 4),
	                       [ARG_UNTIL] = value_int(INT64_MAX / 4),
	                       [ARG_MIN_PACKETS] = value_int(0),
	                       [ARG_TOP] = value_int(-1),
	                       [ARG_SHARE] = value_real(SERVER_SHARE_MIN),
	                       [ARG_SYN_MIN] = value_int(SERVER_SYN_MIN),
	                       [ARG_ANSWERED] = value_real(SERVER_ANSWERED_MIN),
	                       [ARG_RST] = value_real(SERVER_RST_MAX),
	                   }};
	while (rc >= 0 &&
	       (opt = cmd_option(c, argc, argv, "", long_opts, e)) != -1)
		rc = set_flag(c, f, opt, e);
	if (rc >= 0 && optind < argc)
		rc = err_set(
		    e, ERR_USAGE, "takes no file: \"%s\"", argv[optind]);
	return rc;
}

static int
put_ranges(struct store *s, const char *kind, const struct prefix *p, size_t n,
    struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < n; i++) {
		const struct value v[] = {value_z(kind),
		    value_blob(p[i].first.b, sizeof(p[i].first.b)),
		    value_blob(p[i].last.b, sizeof(p[i].last.b))};
		rc = store_run(s, "senders_range_put", v, 3, e);
	}
	return rc;
}

static int
put_agents(struct store *s, const struct flow_feed *feed, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < feed->nagents; i++) {
		const struct flow_agent *a = &feed->agents[i];
		const struct value v[] = {
		    value_blob(a->addr.b, sizeof(a->addr.b)),
		    value_str(a->name), value_z(vantage_name[a->vantage])};
		rc = store_run(s, "senders_agent_put", v, 3, e);
	}
	return rc;
}

static int
put_config(struct store *s, const struct config *c, struct err *e)
{
	int rc = store_run(s, "senders_range_make", NULL, 0, e);

	if (rc >= 0)
		rc = store_run(s, "senders_agent_make", NULL, 0, e);
	if (rc >= 0)
		rc = put_ranges(s, "own", c->prefixes, c->nprefixes, e);
	if (rc >= 0)
		rc = put_ranges(s, "host", c->own_hosts, c->nown_hosts, e);
	if (rc >= 0)
		rc = put_ranges(s, "allow", c->allow, c->nallow, e);
	for (size_t i = 0; rc >= 0 && i < c->nflow; i++)
		rc = put_agents(s, &c->flow[i], e);
	return rc;
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct store *s = NULL;
	struct flags f;
	struct stmt *st;
	int rc = read_flags(c, argc, argv, &f, e);

	if (rc < 0 || (rc = cmd_store(c, STORE_READ, &s, e)) < 0)
		return rc;
	rc = put_config(s, c->config, e);
	if (rc >= 0)
		rc = store_prepare(s, "senders", &st, e);
	if (rc >= 0)
		rc = cmd_rows(c, st, f.v, ARGS, cols,
		    sizeof(cols) / sizeof(cols[0]), NULL, e);
	store_close(s);
	return rc < 0 ? rc : 0;
}

const struct command cmd_senders = {
    .name = "senders",
    .args = "[flags]",
    .summary = "Who sent or served mail in the flows, one row an address",
    .help =
        "  --since T, --until T     slots of five minutes from T on, before T\n"
        "  --role R                 client, server or both\n"
        "  --min-packets N          with at least N sampled packets\n"
        "  --customer NAME          of whom a lease covers it\n"
        "  --address ADDR           of one address\n"
        "  --known, --unknown       on the list of known servers (allow), or not\n"
        "  --suspects               our clients that are not known, look like no\n"
        "                           server and have no message in the logs\n"
        "  --top N                  the N with the most packets\n"
        "answered: SYN/ACKs it got.  peers at once: the most in one slot of\n"
        "one agent.  messages: logged of the address from T to T.\n",
    .run = run,
};
