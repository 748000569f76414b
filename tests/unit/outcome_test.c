/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "model/outcome.h"
#include "tests/unit/outcome_sql.h"
#include "tests/unit/rnd.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static const char *const words[] = {"User unknown", "unknown USER",
    "no such user", "No such  user", "block list", "BlockList", "blacklist",
    "dnsbl", "listed", "reputation", "Client host", "clienthost", "user",
    "unknown", "550 5.7.1 ", "lis", "ted ", " blocked using ", "\xc3\xa9", ""};
static const char *const codes[] = {"5.2.2", "4.2.2", "5.2.20", "5.2.", "5.7.1",
    "5.7.606", "5.7.", "5.7", "5.1.1", "4.1.1", "5.1.10", "15.2.2", "2.0.0", "",
    "5"};

static void
bind(sqlite3_stmt *st, int n, struct str s)
{
	if (str_has(s))
		sqlite3_bind_text(st, n, s.p, (int)s.n, SQLITE_STATIC);
	else
		sqlite3_bind_null(st, n);
}

static void
bind_number(sqlite3_stmt *st, int n, int v)
{
	if (v != 0)
		sqlite3_bind_int(st, n, v);
	else
		sqlite3_bind_null(st, n);
}

static void
same(sqlite3_stmt *st, int d, int stage, struct str dsn, struct str reason)
{
	sqlite3_reset(st);
	bind_number(st, 1, d);
	bind_number(st, 2, stage);
	bind(st, 3, dsn);
	bind(st, 4, reason);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	if (sqlite3_column_int64(st, 0) !=
	    (sqlite3_int64)outcome_bits(
	        (enum disposition)d, (enum stage)stage, dsn, reason))
		fail_msg("%d %d '%.*s' '%.*s'", d, stage, (int)dsn.n,
		    dsn.n ? dsn.p : "", (int)reason.n,
		    reason.n ? reason.p : "");
}

/* Up to four words, now and then none at all. */
static struct str
any_reason(char *room, size_t size)
{
	size_t n = rnd() % 5;

	room[0] = '\0';
	for (size_t i = 0; i < n; i++)
		strncat(
		    room, words[rnd() % LEN(words)], size - strlen(room) - 1);
	return n == 0 && rnd() % 2 ? STR_NONE : str_z(room);
}

static void
test_same_as_sql(void **state)
{
	sqlite3 *db;
	sqlite3_stmt *st;
	char room[200];

	(void)state;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(db,
	        "SELECT " OUTCOME_SQL " FROM (SELECT ?1 AS disposition, ?2 AS "
	        "stage, ?3 AS dsn, ?4 AS reason)",
	        -1, &st, NULL),
	    SQLITE_OK);
	for (int d = 0; d < DISP_N; d++)
		for (int stage = 0; stage < STAGE_N; stage++)
			for (int i = 0; i < 400; i++)
				same(st, d, stage,
				    rnd() % 8 ? str_z(codes[rnd() % LEN(codes)])
				              : STR_NONE,
				    any_reason(room, sizeof(room)));
	sqlite3_finalize(st);
	sqlite3_close(db);
}

static void
test_examples(void **state)
{
	const struct str none = STR_NONE;

	(void)state;
	assert_int_equal(
	    outcome_bits(DISP_BOUNCED, STAGE_NONE, STR("5.1.1"), none),
	    OUTCOME_ACCEPTED | OUTCOME_KNOWN | OUTCOME_REFUSED |
	        OUTCOME_FAILED | OUTCOME_UNKNOWN);
	/* a full mailbox; a block of our server, unless nobody is there */
	assert_int_equal(
	    outcome_bits(DISP_REJECTED, STAGE_RCPT, STR("5.2.2"), none),
	    OUTCOME_KNOWN | OUTCOME_REFUSED);
	assert_int_equal(outcome_bits(DISP_REJECTED, STAGE_RCPT, STR("5.7.1"),
	                     STR("Client host [192.0.2.1] blocked")),
	    OUTCOME_KNOWN | OUTCOME_REFUSED);
	assert_int_equal(outcome_bits(DISP_REJECTED, STAGE_RCPT, STR("5.7.1"),
	                     STR("User unknown (client host)")),
	    OUTCOME_KNOWN | OUTCOME_REFUSED | OUTCOME_FAILED | OUTCOME_UNKNOWN);
	/* policy before RCPT; accepted, and refused as a whole */
	assert_int_equal(
	    outcome_bits(DISP_REJECTED, STAGE_MAIL, STR("5.7.1"), none), 0);
	assert_int_equal(
	    outcome_bits(DISP_REJECTED, STAGE_EOM, STR("5.7.1"), none),
	    OUTCOME_ACCEPTED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same_as_sql),
	    cmocka_unit_test(test_examples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
