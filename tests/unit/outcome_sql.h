/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What model/outcome.c says, as the column mail_recipient.outcome was made before
 * schema 035: the slow way, of columns disposition, stage, dsn and reason.
 */
#ifndef TESTS_UNIT_OUTCOME_SQL_H
#define TESTS_UNIT_OUTCOME_SQL_H

#define OUTCOME_SQL                                                            \
	"CASE "                                                                \
	"WHEN disposition = 1 THEN 7 "                                         \
	"WHEN disposition = 3 OR disposition = 5 AND stage = 5 THEN "          \
	"  20 | (disposition = 3) | iif(dsn LIKE '_.2.2' "                     \
	"     OR dsn LIKE '_.7.%' "                                            \
	"     AND (reason LIKE '%block list%' OR reason LIKE '%blocklist%' "   \
	"          OR reason LIKE '%blacklist%' OR reason LIKE '%dnsbl%' "     \
	"          OR reason LIKE '%listed%' OR reason LIKE '%reputation%' "   \
	"          OR reason LIKE '%client host%') "                           \
	"     AND NOT (reason LIKE '%user unknown%' "                          \
	"              OR reason LIKE '%unknown user%' "                       \
	"              OR reason LIKE '%no such user%'), 0, 8) "               \
	"   | iif(dsn LIKE '5.1.1' "                                           \
	"         OR coalesce(reason, '') LIKE '%user unknown%' "              \
	"         OR coalesce(reason, '') LIKE '%unknown user%' "              \
	"         OR coalesce(reason, '') LIKE '%no such user%', 64, 0) "      \
	"WHEN disposition = 2 THEN 33 "                                        \
	"WHEN disposition = 6 THEN 32 | (stage IS 7) "                         \
	"WHEN disposition IN (4, 7, 8) OR stage = 7 THEN 1 "                   \
	"ELSE 0 END"

#endif
