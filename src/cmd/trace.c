/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heloflow trace KEY: all that the store knows of one message, address or
 * account: a list of facts, each with the line it was read from.
 */
#include "cmd/trace.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/utc.h"
#include "cmd/mailbox_walk.h"
#include "cmd/verbs.h"

#define LIMIT 1000

enum { OPT_SINCE = 1, OPT_UNTIL, OPT_LIMIT, OPT_AS };

static const struct option long_opts[] = {
    {"since", required_argument, NULL, OPT_SINCE},
    {"until", required_argument, NULL, OPT_UNTIL},
    {"limit", required_argument, NULL, OPT_LIMIT},
    {"as", required_argument, NULL, OPT_AS},
    {NULL, 0, NULL, 0},
};

#define COLUMN(name, type) {#name, #name, VALUE_##type},
const struct column trace_columns[TRACE_N] = {TRACE_COLUMNS(COLUMN)};
#undef COLUMN

struct key {
	struct str text;
	const char *as; /* the kind that was asked for, or NULL */
	struct addr addr;
	int64_t since, until, limit;
	int64_t messages; /* found */
	bool is_addr, cut;
};

/* --- what the key may be */

static bool
as_message_key(const struct key *k, struct value *v)
{
	uint64_t n = 0;

	if (k->text.n != 16)
		return false;
	for (size_t i = 0; i < 16; i++) {
		const char *at = strchr("0123456789abcdef", k->text.p[i]);

		if (at == NULL)
			return false;
		n = n << 4 | (uint64_t)(at - "0123456789abcdef");
	}
	*v = value_int((int64_t)n);
	return true;
}

static bool
as_client(const struct key *k, struct value *v)
{
	if (k->is_addr)
		*v = value_blob(k->addr.b, sizeof(k->addr.b));
	return k->is_addr;
}

static bool
as_message_id(const struct key *k, struct value *v)
{
	*v = value_str(k->text);
	return str_chr(k->text, '@') >= 0 || str_starts(k->text, STR("<"));
}

static bool
as_mailbox(const struct key *k, struct value *v)
{
	*v = value_str(k->text);
	return str_chr(k->text, '@') > 0;
}

static bool
as_word(const struct key *k, struct value *v)
{
	*v = value_str(k->text);
	return k->text.n > 0;
}

/* A search for a mailbox finds accounts, too. */
static bool
as_account(const struct key *k, struct value *v)
{
	return (k->as != NULL || !as_mailbox(k, v)) && as_word(k, v);
}

/* The first that finds a message is what the key is. */
static const struct kind {
	const char *name;
	const char *statement, *below; /* below: of a mailbox_walk */
	bool (*fits)(const struct key *k, struct value *v);
	bool related; /* bounces of the message are part of its story */
} kinds[] = {
    {"message-key", "trace_by_key", NULL, as_message_key, true},
    {"client", "trace_by_client", NULL, as_client, false},
    {"message-id", "trace_by_message_id", NULL, as_message_id, true},
    {"queue-id", "trace_by_queue_id", NULL, as_word, true},
    {"mailbox", "trace_among_mailbox", "trace_below_mailbox", as_mailbox,
        false},
    {"auth-user", "trace_among_auth_user", "trace_below_auth_user", as_account,
        false},
};
#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

static int
check_kind(const struct key *k, struct err *e)
{
	struct value v;

	for (size_t i = 0; i < NKINDS; i++)
		if (k->as != NULL && strcmp(k->as, kinds[i].name) == 0)
			return kinds[i].fits(k, &v)
			           ? 0
			           : err_set(e, ERR_USAGE, "\"%.*s\" is no %s",
			                 STR_FMT(k->text), k->as);
	return k->as == NULL
	           ? 0
	           : err_set(e, ERR_USAGE,
	                 "--as: no kind \"%s\"; see heloflow trace --help",
	                 k->as);
}

/* --- finding the messages */

static int
find_mailbox(
    struct store *s, const struct kind *kind, struct key *k, struct err *e)
{
	const struct mailbox_walk w = {.mailbox = k->text,
	    .since = k->since,
	    .until = k->until,
	    .most = k->limit + 1,
	    .among = kind->statement,
	    .below = kind->below};

	return mailbox_walk(s, &w, &k->messages, e);
}

static int
find_by(struct store *s, const struct kind *kind, struct key *k, struct err *e)
{
	struct value v[4] = {value_null(), value_int(k->since),
	    value_int(k->until), value_int(k->limit + 1)};
	int rc;

	if (!kind->fits(k, &v[0]))
		return 0;
	if (kind->below != NULL)
		return find_mailbox(s, kind, k, e);
	rc = store_run(s, kind->statement, v, 4, e);
	if (rc == 0)
		k->messages = store_changes(s);
	return rc;
}

static int
count(struct store *s, struct key *k, struct err *e)
{
	int rc = store_number(s, "trace_count", NULL, 0, &k->messages, e);

	return rc < 0 ? rc : 0;
}

static int
find(struct store *s, struct key *k, struct err *e)
{
	const struct kind *kind = kinds;
	int rc = store_run(s, "trace_make", NULL, 0, e);

	if (rc == 0)
		rc = store_run(s, "trace_clear", NULL, 0, e);
	for (; rc == 0 && k->messages == 0 && kind < kinds + NKINDS; kind++)
		if (k->as == NULL || strcmp(k->as, kind->name) == 0)
			rc = find_by(s, kind, k, e);
	k->cut = k->messages > k->limit;
	if (rc == 0 && k->cut)
		rc = store_run(s, "trace_drop_oldest", NULL, 0, e);
	if (rc == 0 && k->messages > 0 && kind[-1].related)
		rc = store_run(s, "trace_related", NULL, 0, e);
	return rc < 0 ? rc : count(s, k, e);
}

/* --- printing */

/* Columns of a statement to ours, by name; -1 is nobody's. */
static void
match_columns(const struct stmt *st, int to[static TRACE_N])
{
	for (int i = 0; i < TRACE_N; i++) {
		to[i] = -1;
		for (size_t c = 0; c < stmt_columns(st); c++)
			if (strcmp(stmt_column(st, c), trace_columns[i].name) ==
			    0)
				to[i] = (int)c;
	}
}

static int
print_facts(struct store *s, const char *name, const struct value *args,
    size_t n, struct output *o, struct err *e)
{
	struct value v[TRACE_N];
	int from[TRACE_N];
	struct stmt *st;
	int rc = store_start(s, name, args, n, &st, e);

	if (rc < 0)
		return rc;
	match_columns(st, from);
	while ((rc = stmt_next(st, e)) > 0) {
		for (int i = 0; i < TRACE_N; i++)
			v[i] = from[i] < 0 ? value_null()
			                   : stmt_value(st, (size_t)from[i]);
		output_row(o, v);
	}
	return rc;
}

static int
print(struct cmd *c, struct store *s, const struct key *k, int64_t *facts,
    struct err *e)
{
	struct value v[4] = {value_blob(k->addr.b, sizeof(k->addr.b)),
	    value_int(k->since), value_int(k->until), value_int(k->limit)};
	struct output o;
	int rc;

	output_begin(&o, c->out == &output_text ? &trace_text : c->out, stdout,
	    trace_columns, TRACE_N, false);
	rc = print_facts(s, "trace_facts", NULL, 0, &o, e);
	if (rc == 0 && k->is_addr &&
	    (k->as == NULL || strcmp(k->as, "client") == 0))
		rc = print_facts(s, "trace_address", v, 4, &o, e);
	output_end(&o);
	*facts = o.rows;
	return rc;
}

/* Which time the answer is about: what is not in the store is not denied. */
static int
say_cover(struct store *s, const struct key *k, int64_t facts, struct err *e)
{
	char first[UTC_TEXT_MAX], last[UTC_TEXT_MAX];
	struct stmt *st;
	int rc = store_start(s, "trace_covers", NULL, 0, &st, e);

	if (rc == 0)
		rc = stmt_next(st, e);
	if (rc <= 0)
		return rc;
	if (facts == 0)
		fprintf(
		    stderr, "trace: nothing known of %.*s; ", STR_FMT(k->text));
	else
		fprintf(stderr,
		    "trace: %s%" PRId64 " message%s, %" PRId64 " facts; ",
		    k->cut ? "the newest " : "", k->messages,
		    k->messages == 1 ? "" : "s", facts);
	if (stmt_value(st, 0).type == VALUE_INT) {
		utc_format(stmt_value(st, 0).i, first);
		utc_format(stmt_value(st, 1).i, last);
		fprintf(stderr, "the store's mail logs are of %s to %s\n",
		    first, last);
	} else {
		fprintf(stderr, "the store holds no mail logs\n");
	}
	stmt_reset(st);
	return 0;
}

static int
trace(struct cmd *c, struct key *k, struct err *e)
{
	struct store *s = NULL;
	int64_t facts = 0;
	int rc = cmd_store(c, STORE_READ, &s, e);

	if (rc < 0)
		return rc;
	rc = store_begin(s, e);
	if (rc == 0)
		rc = find(s, k, e);
	if (rc == 0)
		rc = print(c, s, k, &facts, e);
	if (rc == 0)
		rc = say_cover(s, k, facts, e);
	store_close(s);
	if (rc == 0 && k->cut) {
		fprintf(stderr,
		    "trace: there are more messages; raise --limit, "
		    "or give --since and --until\n");
		return EXIT_INCOMPLETE;
	}
	return rc;
}

/* --- flags */

static int
set_option(struct cmd *c, struct key *k, int opt, struct err *e)
{
	switch (opt) {
	case OPT_SINCE:
		return cmd_time(c, "--since", optarg, &k->since, e);
	case OPT_UNTIL:
		return cmd_time(c, "--until", optarg, &k->until, e);
	case OPT_LIMIT:
		return cmd_number("--limit", optarg, 1, 1000000, &k->limit, e);
	case OPT_AS:
		k->as = optarg;
		return 0;
	default:
		return ERR_USAGE; /* cmd_option has said why */
	}
}

static void
set_key(struct key *k, const char *text)
{
	struct str s = str_z(text);

	k->text = s;
	if (str_starts(s, STR("[")) && str_ends(s, STR("]")))
		s = str_head(str_from(s, 1), s.n - 2);
	k->is_addr = addr_parse(s, &k->addr);
}

static int
run_trace(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct key k = {.until = INT64_MAX / 2, .limit = LIMIT};
	int opt, rc;

	while ((opt = cmd_option(c, argc, argv, "", long_opts, e)) != -1) {
		rc = set_option(c, &k, opt, e);
		if (rc < 0)
			return rc;
	}
	if (argc - optind != 1 || argv[optind][0] == '\0')
		return err_set(
		    e, ERR_USAGE, "give one KEY; see heloflow trace --help");
	set_key(&k, argv[optind]);
	rc = check_kind(&k, e);
	return rc < 0 ? rc : trace(c, &k, e);
}

const struct command cmd_trace = {
    .name = "trace",
    .args = "KEY [--as KIND] [--since T] [--until T] [--limit N]",
    .summary = "Tell the whole story of one message, address or account",
    .help =
        "KEY is a message_key (16 hex digits), a client's address, a\n"
        "Message-ID, a queue id, a mailbox (sender or recipient, any case of\n"
        "letters) or the name of an account; the first of these, in this\n"
        "order, that finds a message.  An address also shows who held it,\n"
        "complaints, and the flow samples.\n\n"
        "  --as KIND                    message-key, client, message-id,\n"
        "                               queue-id, mailbox or auth-user\n"
        "  --since TIME, --until TIME   when it was received\n"
        "  --limit N                    the newest N messages (1000)\n",
    .run = run_trace,
};
