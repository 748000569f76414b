/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shipped detection rules on ground truth: for each threshold of each rule
 * a customer-day that is just at it, on whom the rule fires, and one that is
 * just beyond it, on whom it does not, and would if the threshold were there.
 * The days are rows of mail in a real store.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/world.h"

enum { CLEAN = 1, SPAM = 5, VIRUS = 6 };
enum { DELIVERED = 1, BOUNCED = 3, REJECTED = 5 };

/* n messages, in turn from that many senders (k-th of domain k % domains), to
 * that many recipients of that many domains, and so on; 0: 1 of them, but for
 * rcpts (0: one each) and helos, addrs and sizes (0: not told). */
struct part {
	int n, verdict, senders, domains, rcpts, rdomains;
	int skip; /* senders before the first */
	int fail; /* of so many, the recipient is refused after they were sent */
	int also; /* more recipients of the first message */
	const char *dsn; /* of these; NULL: 5.1.1 */
	int helos, addrs, sizes;
	int to;    /* name of the recipients, so that parts may have the same */
	bool own;  /* of the customer's own domain, and from one sender */
	bool bare; /* says HELO pc */
	bool null; /* without a sender */
	bool early; /* refused at RCPT: nobody saw the message */
	bool apart; /* an hour before each */
	int ago;    /* days */
};

#define PARTS 20
struct truth {
	const char *rule, *metric;
	double beyond; /* the value of the second day; IMPLIED */
	struct part at[PARTS], less[PARTS];
};
/* The rule's other thresholds cannot hold if this one does not. */
#define IMPLIED (-1)

/* A row says what it has in the place of its rule's day. */
#pragma GCC diagnostic ignored "-Woverride-init"

/* Good mail of the customer's own, to as many people. */
#define HAM(count)                                                             \
	{                                                                      \
		.n = count, .verdict = CLEAN, .own = true, .to = 90            \
	}
/* Six messages to three people, each written to by two strangers. */
#define SHARED                                                                 \
	{.n = 3, .verdict = CLEAN, .rcpts = 3, .to = 91},                      \
	{                                                                      \
		.n = 3, .verdict = CLEAN, .skip = 1, .rcpts = 3, .to = 91      \
	}
#define ADVERSE(v, count, s, d)                                                \
	{                                                                      \
		.n = count, .verdict = v, .senders = s, .domains = d           \
	}
#define HOURLY(v, count, s, d)                                                 \
	{                                                                      \
		.n = count, .verdict = v, .senders = s, .domains = d,          \
		.apart = true                                                  \
	}
/* Eight spam messages of which the sequential test never sees three in a row. */
#define PAIR(s, k)                                                             \
	{.n = 2, .verdict = SPAM, .senders = s, .domains = s, .skip = k},      \
	    HAM(17)

static const struct truth truths[] = {
#define ASKS(count, names)                                                     \
	{                                                                      \
		.n = count, .null = true, .early = true, .helos = names        \
	}
    {"dictionary_helos", "unknown_recipients", 49, {ASKS(50, 10)},
        {ASKS(49, 10)}},
    {"dictionary_helos", "unknown_share", 50 / 101.,
        {ASKS(50, 10), {.n = 50}}, {ASKS(50, 10), {.n = 51}}},
    {"dictionary_helos", "helos", 9, {ASKS(50, 10)}, {ASKS(50, 9)}},
    {"dictionary", "distinct_unknown", 49,
        {{.n = 50, .early = true}, {.n = 50}},
        {{.n = 49, .early = true}, {.n = 49}}},
    {"dictionary", "unknown_share", 50 / 101.,
        {{.n = 50, .early = true}, {.n = 50}},
        {{.n = 50, .early = true}, {.n = 51}}},

#define EXTRUDE(...)                                                           \
	{                                                                      \
		.n = 20, .senders = 10, .domains = 5, .rdomains = 5,           \
		.fail = 10, __VA_ARGS__                                        \
	}
    {"extrusion", "messages", 19, {EXTRUDE(.n = 20)},
        {EXTRUDE(.n = 19), {.n = 1, .early = true}}},
    {"extrusion", "canonical_senders", 9, {EXTRUDE(.senders = 10)},
        {EXTRUDE(.senders = 9)}},
    {"extrusion", "sender_domains", 4, {EXTRUDE(.domains = 5)},
        {EXTRUDE(.domains = 4)}},
    {"extrusion", "distinct_recipients", 19, {EXTRUDE(.rcpts = 20)},
        {EXTRUDE(.rcpts = 19)}},
    {"extrusion", "recipient_domains", 4, {EXTRUDE(.rdomains = 5)},
        {EXTRUDE(.rdomains = 4)}},
    {"extrusion", "failed_recipients", 9, {EXTRUDE(.fail = 10)},
        {EXTRUDE(.fail = 9)}},
    {"extrusion", "failure_share", 10 / 41., {EXTRUDE(.n = 40)},
        {EXTRUDE(.n = 41)}},

#define STALE(...)                                                             \
	{                                                                      \
		.n = 50, .senders = 50, .domains = 50, .rdomains = 10,         \
		.fail = 5, __VA_ARGS__                                         \
	}
    {"extrusion_new", "messages", 49, {STALE(.n = 50)}, {STALE(.n = 49)}},
    {"extrusion_new", "sender_domain_share", .78, {STALE(.domains = 40)},
        {STALE(.domains = 39)}},
    {"extrusion_new", "recipient_domains", 9, {STALE(.rdomains = 10)},
        {STALE(.rdomains = 9)}},
    {"extrusion_new", "failed_recipients", 4, {STALE(.fail = 5)},
        {STALE(.fail = 4)}},
    {"extrusion_new", "failure_share", 6 / 101.,
        {STALE(.n = 100, .senders = 100, .domains = 100, .fail = 6)},
        {STALE(.n = 101, .senders = 101, .domains = 101, .fail = 6)}},

#define RELAYED(...)                                                           \
	{                                                                      \
		.n = 47, .senders = 80, .domains = 80, .rdomains = 10,         \
		.fail = 5, .helos = 1, __VA_ARGS__                             \
	}
#define BOUNCES(count, names)                                                  \
	{                                                                      \
		.n = count, .null = true, .helos = names                       \
	}
#define PASSED(skips)                                                          \
	{                                                                      \
		.n = 6, .senders = 80, .domains = 80, .skip = skips,           \
		.rcpts = 6, .to = 91, .helos = 1                               \
	}
    {"open_relay", "messages", 49, {RELAYED(.n = 47), BOUNCES(3, 1)},
        {RELAYED(.n = 46), BOUNCES(3, 1)}},
    {"open_relay", "sender_domain_share", .78,
        {RELAYED(.domains = 40), BOUNCES(3, 1)},
        {RELAYED(.domains = 39), BOUNCES(3, 1)}},
    {"open_relay", "recipient_domains", 9,
        {RELAYED(.rdomains = 10), BOUNCES(3, 1)},
        {RELAYED(.rdomains = 9), BOUNCES(3, 1)}},
    {"open_relay", "failed_recipients", 4, {RELAYED(.fail = 5), BOUNCES(3, 1)},
        {RELAYED(.fail = 4), BOUNCES(3, 1)}},
    {"open_relay", "failure_share", 6 / 101.,
        {RELAYED(.n = 100, .senders = 100, .domains = 100, .fail = 6),
            BOUNCES(3, 1)},
        {RELAYED(.n = 101, .senders = 101, .domains = 101, .fail = 6),
            BOUNCES(3, 1)}},
    {"open_relay", "helos", 2, {RELAYED(.helos = 1), BOUNCES(3, 1)},
        {RELAYED(.helos = 2), BOUNCES(3, 1)}},
    {"open_relay", "null_senders", 2, {RELAYED(.n = 48), BOUNCES(3, 1)},
        {RELAYED(.n = 48), BOUNCES(2, 1)}},
    {"open_relay", "passed_on_share", 12 / 79.,
        {RELAYED(.n = 65, .fail = 6), BOUNCES(3, 1), PASSED(1), PASSED(2)},
        {RELAYED(.n = 64, .fail = 6), BOUNCES(3, 1), PASSED(1), PASSED(2)}},

/* Domains that were there a week ago. */
#define BEFORE(count)                                                          \
	{                                                                      \
		.n = count, .senders = 80, .domains = 80, .ago = 7             \
	}
    {"open_relay", "recent_sender_share", 16 / 50.,
        {RELAYED(.n = 50), BOUNCES(3, 1), BEFORE(15)},
        {RELAYED(.n = 50), BOUNCES(3, 1), BEFORE(16)}},

    {"helo_variety", "messages", 9,
        {{.n = 10, .verdict = SPAM, .senders = 8, .domains = 8, .helos = 10}},
        {{.n = 9, .verdict = SPAM, .senders = 8, .domains = 8, .helos = 10},
            {.n = 10, .early = true, .helos = 10}}},
    {"helo_variety", "helos", 9,
        {{.n = 10, .verdict = SPAM, .senders = 8, .domains = 8, .helos = 10}},
        {{.n = 10, .verdict = SPAM, .senders = 8, .domains = 8, .helos = 9}}},
    {"helo_variety", "helo_share", .75,
        {{.n = 20, .verdict = SPAM, .senders = 8, .domains = 8, .helos = 16}},
        {{.n = 20, .verdict = SPAM, .senders = 8, .domains = 8, .helos = 15}}},
    {"helo_variety", "sender_domains", 7,
        {{.n = 10, .verdict = SPAM, .senders = 8, .domains = 8, .helos = 10}},
        {{.n = 10, .verdict = SPAM, .senders = 7, .domains = 7, .helos = 10}}},
    {"helo_variety", "own_spam_messages", 2,
        {{.n = 17, .senders = 8, .domains = 8, .helos = 17},
            {.n = 3, .verdict = SPAM, .helos = 3}},
        {{.n = 17, .senders = 8, .domains = 8, .helos = 17},
            {.n = 2, .verdict = SPAM, .helos = 2}}},

    {"spam_remote", "spam_messages", 2,
        {{.n = 3, .verdict = SPAM}, {.n = 3, .to = 92}},
        {{.n = 2, .verdict = SPAM, .also = 1}, {.n = 2, .to = 92}}},
    {"spam_remote", "spam_share", 3 / 7.,
        {{.n = 3, .verdict = SPAM}, {.n = 3, .to = 92}},
        {{.n = 3, .verdict = SPAM}, {.n = 4, .to = 92}}},
    {"spam_remote", "spam_spread", 2, {{.n = 3, .verdict = SPAM}},
        {{.n = 3, .verdict = SPAM, .rcpts = 2}}},
    {"virus_remote", "own_virus_messages", 2, {{.n = 3, .verdict = VIRUS}},
        {{.n = 2, .verdict = VIRUS, .also = 1}}},
    {"virus_remote", "virus_spread", 2, {{.n = 3, .verdict = VIRUS}},
        {{.n = 3, .verdict = VIRUS, .rcpts = 2}}},

    {"spam_verdicts", "spam_sprt", 0, {ADVERSE(SPAM, 8, 1, 1), HAM(15)},
        {PAIR(1, 0), PAIR(1, 0), PAIR(1, 0), PAIR(1, 0)}},
    {"spam_verdicts", "own_spam_share", 5 / 51.,
        {ADVERSE(SPAM, 5, 1, 1), HAM(45)}, {ADVERSE(SPAM, 5, 1, 1), HAM(46)}},
    {"spam_verdicts", "sender_domains", 3, {ADVERSE(SPAM, 5, 1, 1), HAM(15)},
        {ADVERSE(SPAM, 5, 2, 2), HAM(15)}},
    {"spam_verdicts", "spam_reach", 4,
        {{.n = 5, .verdict = SPAM, .rcpts = 5}, HAM(15)},
        {{.n = 5, .verdict = SPAM, .rcpts = 4}, HAM(15)}},
    {"spam_verdicts", "recent_good", 14, {ADVERSE(SPAM, 5, 1, 1), HAM(15)},
        {ADVERSE(SPAM, 5, 1, 1), HAM(14)}},
    {"spam_verdicts", "recent_passed_on_share", 6 / 39.,
        {ADVERSE(SPAM, 5, 1, 1), HAM(29), SHARED},
        {ADVERSE(SPAM, 5, 1, 1), HAM(28), SHARED}},

#define AGAIN(v, count, to)                                                    \
	{                                                                      \
		.n = count, .verdict = v, .rcpts = to                          \
	}
    {"spam_repeated", "spam_sprt", 0, {AGAIN(SPAM, 10, 3), HAM(15)},
        {PAIR(1, 0), PAIR(1, 0), PAIR(1, 0), PAIR(1, 0), PAIR(1, 0)}},
    {"spam_repeated", "own_spam_share", 10 / 101.,
        {AGAIN(SPAM, 10, 3), HAM(90)}, {AGAIN(SPAM, 10, 3), HAM(91)}},
    {"spam_repeated", "own_spam_messages", 9, {AGAIN(SPAM, 10, 3), HAM(15)},
        {AGAIN(SPAM, 9, 3), HAM(15)}},
    {"spam_repeated", "sender_domains", 3, {AGAIN(SPAM, 10, 3), HAM(15)},
        {ADVERSE(SPAM, 10, 2, 2), HAM(15)}},
    {"spam_repeated", "spam_reach", 2, {AGAIN(SPAM, 10, 3), HAM(15)},
        {AGAIN(SPAM, 10, 2), HAM(15)}},
    {"spam_repeated", "recent_good", 14, {AGAIN(SPAM, 10, 3), HAM(15)},
        {AGAIN(SPAM, 10, 3), HAM(14)}},
    {"spam_repeated", "recent_passed_on_share", 6 / 39.,
        {AGAIN(SPAM, 10, 3), HAM(24), SHARED},
        {AGAIN(SPAM, 10, 3), HAM(23), SHARED}},

    {"spam_spread", "spam_sprt", 0, {ADVERSE(SPAM, 15, 3, 3), HAM(135)},
        {PAIR(3, 0), PAIR(3, 1), PAIR(3, 2), PAIR(3, 0), PAIR(3, 1),
            PAIR(3, 2), PAIR(3, 0), PAIR(3, 1)}},
    {"spam_spread", "own_spam_share", 15 / 151.,
        {ADVERSE(SPAM, 15, 3, 3), HAM(135)},
        {ADVERSE(SPAM, 15, 3, 3), HAM(136)}},
    {"spam_spread", "own_spam_messages", 9,
        {{.n = 10, .verdict = SPAM, .senders = 3, .domains = 3, .also = 3}},
        {{.n = 9, .verdict = SPAM, .senders = 3, .domains = 3, .also = 4}}},
    {"spam_spread", "spam_strangers", 12, {ADVERSE(SPAM, 13, 13, 13)},
        {{.n = 13, .verdict = SPAM, .senders = 12, .domains = 12,
            .rcpts = 12}}},
    {"spam_spread", "spam_sender_domains", 2, {ADVERSE(SPAM, 13, 3, 3)},
        {ADVERSE(SPAM, 13, 3, 2)}},
    {"spam_spread", "recent_passed_on_share", 6 / 39.,
        {ADVERSE(SPAM, 15, 3, 3), HAM(19), SHARED},
        {ADVERSE(SPAM, 15, 3, 3), HAM(18), SHARED}},

    {"spam_burst", "own_spam_messages", 14, {ADVERSE(SPAM, 15, 1, 1)},
        {ADVERSE(SPAM, 14, 1, 1)}},
    {"spam_burst", "own_spam_share", 15 / 151.,
        {ADVERSE(SPAM, 15, 1, 1), HAM(135)},
        {ADVERSE(SPAM, 15, 1, 1), HAM(136)}},
    {"spam_burst", "spam_strangers", 12,
        {{.n = 15, .verdict = SPAM, .rcpts = 13}},
        {{.n = 15, .verdict = SPAM, .rcpts = 12}}},
    {"spam_burst", "recent_passed_on_share", 6 / 39.,
        {ADVERSE(SPAM, 15, 3, 3), HAM(19), SHARED},
        {ADVERSE(SPAM, 15, 3, 3), HAM(18), SHARED}},

    {"spam_campaign", "spam_sprt", 0,
        {HOURLY(SPAM, 3, 1, 1), ADVERSE(SPAM, 5, 1, 1), HAM(68)},
        {PAIR(1, 0), HOURLY(CLEAN, 1, 1, 1), PAIR(1, 0),
            HOURLY(CLEAN, 1, 1, 1), PAIR(1, 0), HOURLY(CLEAN, 1, 1, 1),
            PAIR(1, 0)}},
    {"spam_campaign", "own_spam_share", 8 / 81.,
        {HOURLY(SPAM, 3, 1, 1), ADVERSE(SPAM, 5, 1, 1), HAM(72)},
        {HOURLY(SPAM, 3, 1, 1), ADVERSE(SPAM, 5, 1, 1), HAM(73)}},
    {"spam_campaign", "spam_strangers", 7,
        {HOURLY(SPAM, 3, 1, 1), ADVERSE(SPAM, 5, 1, 1)},
        {HOURLY(SPAM, 3, 1, 1), ADVERSE(SPAM, 4, 1, 1)}},
    {"spam_campaign", "adverse_hours", 2,
        {HOURLY(SPAM, 3, 1, 1), ADVERSE(SPAM, 5, 1, 1)},
        {HOURLY(SPAM, 2, 1, 1), ADVERSE(SPAM, 6, 1, 1)}},
    {"spam_campaign", "recent_passed_on_share", 6 / 39.,
        {HOURLY(SPAM, 3, 1, 1), ADVERSE(SPAM, 5, 1, 1), HAM(26), SHARED},
        {HOURLY(SPAM, 3, 1, 1), ADVERSE(SPAM, 5, 1, 1), HAM(25), SHARED}},

    {"spam_volume", "own_spam_messages", 9, {ADVERSE(SPAM, 10, 3, 3), HAM(15)},
        {ADVERSE(SPAM, 9, 3, 3), HAM(15)}},
    {"spam_volume", "own_spam_share", 12 / 401.,
        {ADVERSE(SPAM, 12, 3, 3), HAM(388)},
        {ADVERSE(SPAM, 12, 3, 3), HAM(389)}},
    {"spam_volume", "spam_reach", 7,
        {{.n = 10, .verdict = SPAM, .senders = 8, .domains = 8, .rcpts = 8},
            HAM(15)},
        {{.n = 10, .verdict = SPAM, .senders = 7, .domains = 7, .rcpts = 7},
            HAM(15)}},
    {"spam_volume", "spam_sender_domains", 2, {ADVERSE(SPAM, 10, 3, 3), HAM(15)},
        {ADVERSE(SPAM, 10, 3, 2), HAM(15)}},
    {"spam_volume", "recent_good", 14, {ADVERSE(SPAM, 10, 3, 3), HAM(15)},
        {ADVERSE(SPAM, 10, 3, 3), HAM(14)}},
    {"spam_volume", "recent_passed_on_share", 6 / 39.,
        {ADVERSE(SPAM, 10, 3, 3), HAM(24), SHARED},
        {ADVERSE(SPAM, 10, 3, 3), HAM(23), SHARED}},

#define BARE(count, to)                                                        \
	{                                                                      \
		.n = count, .verdict = SPAM, .rcpts = to, .bare = true,        \
		.skip = 5                                                      \
	}
    {"spam_helo", "own_spam_messages", 9, {BARE(10, 10)}, {BARE(9, 9)}},
    {"spam_helo", "own_spam_share", 12 / 41., {BARE(12, 12), HAM(28)},
        {BARE(12, 12), HAM(29)}},
    {"spam_helo", "spam_reach", 7, {BARE(10, 8)}, {BARE(10, 7)}},
    {"spam_helo", "helo_other_share", 3 / 11.,
        {{.n = 7, .verdict = SPAM, .helos = 1, .skip = 5}, BARE(3, 3)},
        {{.n = 8, .verdict = SPAM, .helos = 1, .skip = 5}, BARE(3, 3)}},
    {"spam_helo", "recent_passed_on_share", 6 / 19.,
        {BARE(10, 10), HAM(4), SHARED}, {BARE(10, 10), HAM(3), SHARED}},

/* To one person, as far as the log tells. */
#define FACES(count, names)                                                    \
	{                                                                      \
		.n = count, .verdict = SPAM, .rcpts = 1, .helos = names,       \
		.skip = 5                                                      \
	}
    {"spam_helos", "own_spam_messages", 9, {FACES(10, 8)}, {FACES(9, 8)}},
    {"spam_helos", "own_spam_share", 12 / 41.,
        {FACES(12, 12), {.n = 28, .verdict = CLEAN, .helos = 28}},
        {FACES(12, 12), {.n = 29, .verdict = CLEAN, .helos = 28}}},
    {"spam_helos", "helos", 7, {FACES(10, 8)}, {FACES(10, 7)}},
    {"spam_helos", "helo_share", 8 / 17., {FACES(16, 8)}, {FACES(17, 8)}},
    {"spam_helos", "recent_passed_on_share", 6 / 19.,
        {FACES(10, 10), HAM(4), SHARED}, {FACES(10, 10), HAM(3), SHARED}},

#define WORM(...)                                                              \
	{                                                                      \
		.n = 3, .verdict = VIRUS, .senders = 3, .domains = 3,          \
		.helos = 2, __VA_ARGS__                                        \
	}
    {"virus_spread", "own_virus_messages", IMPLIED, {WORM(.n = 3)},
        {WORM(.n = 2, .also = 1)}},
    {"virus_spread", "virus_reach", 2, {WORM(.rcpts = 3)},
        {WORM(.n = 2, .rcpts = 2, .to = 1), HAM(9),
            {.n = 1, .verdict = VIRUS, .own = true, .to = 1}}},
    {"virus_spread", "virus_sender_domains", 2, {WORM(.domains = 3)},
        {WORM(.domains = 2)}},
    {"virus_spread", "helo_other_share", 3 / 11.,
        {WORM(.n = 7, .helos = 1), WORM(.n = 3, .bare = true)},
        {WORM(.n = 8, .helos = 1), WORM(.n = 3, .bare = true)}},
    {"virus_spread", "recent_passed_on_share", 6 / 39.,
        {WORM(.n = 3), HAM(31), SHARED}, {WORM(.n = 3), HAM(30), SHARED}},

    {"virus_flood", "own_virus_messages", 9, {WORM(.n = 10)}, {WORM(.n = 9)}},
    {"virus_flood", "own_virus_share", 12 / 16., {WORM(.n = 12), HAM(3)},
        {WORM(.n = 12), HAM(4)}},
    {"virus_flood", "helo_other_share", 3 / 11.,
        {WORM(.n = 7, .helos = 1), WORM(.n = 3, .bare = true)},
        {WORM(.n = 8, .helos = 1), WORM(.n = 3, .bare = true)}},
    {"virus_steady", "own_virus_messages", 9, {HOURLY(VIRUS, 10, 1, 1)},
        {HOURLY(VIRUS, 9, 1, 1)}},
    {"virus_steady", "virus_strangers", 7,
        {{.n = 10, .verdict = VIRUS, .rcpts = 8, .apart = true}},
        {{.n = 10, .verdict = VIRUS, .rcpts = 7, .apart = true}}},
    {"virus_steady", "adverse_hours", 2,
        {HOURLY(VIRUS, 3, 1, 1), ADVERSE(VIRUS, 7, 1, 1)},
        {HOURLY(VIRUS, 2, 1, 1), ADVERSE(VIRUS, 8, 1, 1)}},
    {"virus_steady", "recent_passed_on_share", 6 / 39.,
        {HOURLY(VIRUS, 10, 1, 1), HAM(24), SHARED},
        {HOURLY(VIRUS, 10, 1, 1), HAM(23), SHARED}},

    {"virus_burst", "own_virus_messages", 9,
        {{.n = 10, .verdict = VIRUS, .senders = 3, .domains = 3, .also = 3}},
        {{.n = 9, .verdict = VIRUS, .senders = 3, .domains = 3, .also = 4}}},
    {"virus_burst", "virus_strangers", 12, {ADVERSE(VIRUS, 13, 13, 13)},
        {{.n = 13, .verdict = VIRUS, .senders = 12, .domains = 12,
            .rcpts = 12}}},
    {"virus_burst", "virus_sender_domains", 2, {ADVERSE(VIRUS, 13, 3, 3)},
        {ADVERSE(VIRUS, 13, 3, 2)}},
    {"virus_burst", "recent_passed_on_share", 6 / 39.,
        {ADVERSE(VIRUS, 15, 3, 3), HAM(19), SHARED},
        {ADVERSE(VIRUS, 15, 3, 3), HAM(18), SHARED}},

    {"virus_verdicts", "own_virus_messages", 2,
        {{.n = 3, .verdict = VIRUS, .also = 2}, HAM(15)},
        {{.n = 2, .verdict = VIRUS, .also = 3}, HAM(15)}},
    {"virus_verdicts", "virus_reach", 4,
        {{.n = 5, .verdict = VIRUS, .rcpts = 5}, HAM(15)},
        {{.n = 5, .verdict = VIRUS, .rcpts = 4}, HAM(15)}},
    {"virus_verdicts", "recent_good", 14,
        {ADVERSE(VIRUS, 5, 1, 1), HAM(15)}, {ADVERSE(VIRUS, 5, 1, 1), HAM(14)}},
    {"virus_verdicts", "recent_passed_on_share", 6 / 39.,
        {ADVERSE(VIRUS, 5, 1, 1), HAM(29), SHARED},
        {ADVERSE(VIRUS, 5, 1, 1), HAM(28), SHARED}},

    {"virus_repeated", "own_virus_messages", 9, {AGAIN(VIRUS, 10, 3), HAM(15)},
        {AGAIN(VIRUS, 9, 3), HAM(15)}},
    {"virus_repeated", "virus_reach", 2, {AGAIN(VIRUS, 10, 3), HAM(15)},
        {AGAIN(VIRUS, 10, 2), HAM(15)}},
    {"virus_repeated", "recent_good", 14, {AGAIN(VIRUS, 10, 3), HAM(15)},
        {AGAIN(VIRUS, 10, 3), HAM(14)}},
    {"virus_repeated", "recent_passed_on_share", 6 / 39.,
        {AGAIN(VIRUS, 10, 3), HAM(24), SHARED},
        {AGAIN(VIRUS, 10, 3), HAM(23), SHARED}},

/* As SHARED, and adverse, too. */
#define WAVE(v)                                                                \
	{.n = 3, .verdict = v, .senders = 6, .domains = 6, .rcpts = 3,         \
	    .to = 91},                                                         \
	{                                                                      \
		.n = 3, .verdict = v, .senders = 6, .domains = 6, .skip = 3,   \
		.rcpts = 3, .to = 91                                           \
	}
    {"spam_flood", "own_spam_messages", 29, {ADVERSE(SPAM, 30, 1, 1)},
        {ADVERSE(SPAM, 29, 1, 1)}},
    {"spam_flood", "own_spam_share", 36 / 41., {ADVERSE(SPAM, 36, 1, 1), HAM(4)},
        {ADVERSE(SPAM, 36, 1, 1), HAM(5)}},
    {"spam_flood", "spam_reach", 12, {{.n = 30, .verdict = SPAM, .rcpts = 13}},
        {{.n = 30, .verdict = SPAM, .rcpts = 12}}},
    {"spam_flood", "recent_passed_on_share", 6 / 39.,
        {ADVERSE(SPAM, 34, 3, 3), WAVE(SPAM)},
        {ADVERSE(SPAM, 33, 3, 3), WAVE(SPAM)}},
    {"virus_volume", "own_virus_messages", 29, {ADVERSE(VIRUS, 30, 1, 1)},
        {ADVERSE(VIRUS, 29, 1, 1)}},
    {"virus_volume", "own_virus_share", 36 / 41., {ADVERSE(VIRUS, 36, 1, 1), HAM(4)},
        {ADVERSE(VIRUS, 36, 1, 1), HAM(5)}},
    {"virus_volume", "virus_reach", 12, {{.n = 30, .verdict = VIRUS, .rcpts = 13}},
        {{.n = 30, .verdict = VIRUS, .rcpts = 12}}},
    {"virus_volume", "recent_passed_on_share", 6 / 39.,
        {ADVERSE(VIRUS, 34, 3, 3), WAVE(VIRUS)},
        {ADVERSE(VIRUS, 33, 3, 3), WAVE(VIRUS)}},

#define STOLEN(...)                                                            \
	{                                                                      \
		.n = 27, .addrs = 11, __VA_ARGS__                              \
	}
    {"compromised_account", "auth_user_addresses", 10,
        {{.n = 3, .verdict = SPAM, .addrs = 1}, STOLEN(.addrs = 11)},
        {{.n = 3, .verdict = SPAM, .addrs = 1}, STOLEN(.addrs = 10)}},
    {"compromised_account", "own_spam_messages", 2,
        {{.n = 3, .verdict = SPAM, .addrs = 1}, STOLEN(.n = 12)},
        {{.n = 2, .verdict = SPAM, .addrs = 1}, STOLEN(.n = 12)}},
    {"compromised_account", "own_spam_share", 3 / 31.,
        {{.n = 3, .verdict = SPAM, .addrs = 1}, STOLEN(.n = 27)},
        {{.n = 3, .verdict = SPAM, .addrs = 1}, STOLEN(.n = 28)}},
    {"compromised_account_failing", "auth_user_addresses", 10,
        {STOLEN(.fail = 10)}, {STOLEN(.fail = 10, .addrs = 10)}},
    {"compromised_account_failing", "failed_recipients", 9,
        {STOLEN(.fail = 10)}, {STOLEN(.fail = 9)}},
    {"compromised_account_failing", "failure_share", 18 / 201.,
        {STOLEN(.n = 200, .fail = 18)}, {STOLEN(.n = 201, .fail = 18)}},

/* Rules that speak for a customer, of one with a little spam: or there is
 * nothing to speak against. */
#define LETTER(...)                                                            \
	{                                                                      \
		.n = 13, .sizes = 13, .rdomains = 20, __VA_ARGS__              \
	}
#define SAME(...)                                                              \
	{                                                                      \
		.n = 6, .sizes = 1, .rdomains = 20, __VA_ARGS__                \
	}
#define ONE                                                                    \
	{                                                                      \
		.n = 1, .verdict = SPAM, .sizes = 1, .to = 1                   \
	}
    {"newsletter", "canonical_senders", 3,
        {LETTER(.senders = 2), SAME(.n = 6), ONE},
        {LETTER(.senders = 3), SAME(.n = 6), ONE}},
    {"newsletter", "messages", 19,
        {LETTER(.n = 13), SAME(.n = 6), ONE},
        {LETTER(.n = 12), SAME(.n = 6), ONE}},
    {"newsletter", "unknown_share", 18 / 20.,
        {LETTER(.n = 13, .fail = 13), SAME(.n = 6, .fail = 4), ONE},
        {LETTER(.n = 13, .fail = 13), SAME(.n = 6, .fail = 5), ONE}},
    {"newsletter", "null_sender_share", 3 / 29.,
        {LETTER(.n = 19, .sizes = 12), SAME(.n = 7), ONE,
            {.n = 3, .null = true}},
        {LETTER(.n = 18, .sizes = 12), SAME(.n = 7), ONE,
            {.n = 3, .null = true}}},
    {"newsletter", "size_mode_share", 5 / 20.,
        {LETTER(.n = 15, .sizes = 15), SAME(.n = 4), ONE},
        {LETTER(.n = 16, .sizes = 16), SAME(.n = 3), ONE}},
#define BACK(...)                                                              \
	{                                                                      \
		.n = 19, .null = true, .rdomains = 20, .to = 1, __VA_ARGS__    \
	}
#define BACK1                                                                  \
	{                                                                      \
		.n = 1, .null = true, .verdict = SPAM, .to = 1                 \
	}
    {"bounce_server", "null_sender_share", 20 / 26.,
        {BACK(.n = 19), BACK1, {.n = 5}, BACK(.early = true, .n = 20)},
        {BACK(.n = 19), BACK1, {.n = 6}, BACK(.early = true, .n = 20)}},
    {"bounce_server", "null_senders", 9,
        {BACK(.n = 9), BACK1, BACK(.early = true, .n = 20)},
        {BACK(.n = 8), BACK1, BACK(.early = true, .n = 20)}},
    {"bounce_server", "recipient_domains", 19, {BACK(.n = 20), BACK1},
        {BACK(.n = 19), BACK1}},
#define FORWARDED(skips)                                                       \
	{                                                                      \
		.n = 3, .senders = 80, .domains = 80, .skip = skips,           \
		.rcpts = 3, .to = 91                                           \
	}
    {"forwarder", "passed_on_share", 6 / 41.,
        {ADVERSE(SPAM, 1, 1, 1), HAM(33), FORWARDED(1), FORWARDED(2)},
        {ADVERSE(SPAM, 1, 1, 1), HAM(34), FORWARDED(1), FORWARDED(2)}},
#define TENANTS(...)                                                           \
	{                                                                      \
		.n = 49, .senders = 110, .domains = 110, .rdomains = 10,       \
		.fail = 5, .helos = 5, __VA_ARGS__                             \
	}
#define OWN1                                                                   \
	{                                                                      \
		.n = 1, .verdict = SPAM, .own = true                           \
	}
    {"shared_server", "messages", 49, {TENANTS(.n = 49), OWN1, BEFORE(20)},
        {TENANTS(.n = 48), OWN1, BEFORE(20)}},
    {"shared_server", "sender_domain_share", .78,
        {TENANTS(.domains = 39), OWN1, BEFORE(20)},
        {TENANTS(.domains = 38), OWN1, BEFORE(20)}},
    {"shared_server", "recipient_domains", 9,
        {TENANTS(.rdomains = 10), OWN1, BEFORE(20)},
        {TENANTS(.rdomains = 9), OWN1, BEFORE(20)}},
    {"shared_server", "failed_recipients", 4,
        {TENANTS(.fail = 5), OWN1, BEFORE(20)},
        {TENANTS(.fail = 4), OWN1, BEFORE(20)}},
    {"shared_server", "failure_share", 6 / 101.,
        {TENANTS(.n = 100, .fail = 6), OWN1, BEFORE(40)},
        {TENANTS(.n = 101, .fail = 6), OWN1, BEFORE(40)}},
    {"shared_server", "helo_share", 11 / 50.,
        {TENANTS(.helos = 10), OWN1, BEFORE(20)},
        {TENANTS(.helos = 11), OWN1, BEFORE(20)}},
    {"shared_server", "recent_sender_share", 14 / 50.,
        {TENANTS(.n = 49), OWN1, BEFORE(15)},
        {TENANTS(.n = 49), OWN1, BEFORE(14)}},
};
#define NTRUTHS (sizeof(truths) / sizeof(truths[0]))

/* ---- the rows ---- */

struct who {
	char name[32], client[32]; /* client: NULL-like "" if by account */
	int clock, part;
};

static const char *
letters(int k)
{
	static char text[4][4];
	static int turn;
	char *p = text[turn++ % 4];

	snprintf(p, 4, "%c%c", 'a' + k / 26 % 26, 'a' + k % 26);
	return p;
}

static int
or_one(int n)
{
	return n > 0 ? n : 1;
}

static void
put_message(struct who *w, const struct part *p, int i)
{
	char from[64] = "", to[64], helo[32], addr[32];
	int k = (p->skip + i) % or_one(p->senders);
	int r = i % (p->rcpts ? p->rcpts : p->n);

	if (p->apart)
		w->clock += 3600;
	struct mail m = {
	    .at = AT(9, 0, 0) + w->clock++ * USEC - p->ago * 24 * HOUR,
	    .client = w->client,
	    .sender = from,
	    .rcpt = to,
	    .verdict = p->verdict,
	    .disposition = DELIVERED};

	if (p->own)
		snprintf(from, sizeof(from), "%s@own.example",
		    p->verdict == CLEAN ? "me" : "colleague");
	else if (!p->null)
		snprintf(from, sizeof(from), "%s@d%d.example",
		    letters(p->senders ? k : p->skip), k % or_one(p->domains));
	snprintf(to, sizeof(to), "r%d.%d@t%d.example", p->to ? p->to : w->part,
	    r, r % or_one(p->rdomains));
	snprintf(helo, sizeof(helo), "h%d.example", i % or_one(p->helos));
	if (p->helos || p->bare)
		m.helo = p->bare ? "pc" : helo;
	if (p->addrs) {
		snprintf(addr, sizeof(addr), "192.0.2.%d", 1 + i % p->addrs);
		m.client = addr;
		m.auth = w->name;
	}
	if (i < p->fail) {
		m.disposition = BOUNCED;
		m.dsn = p->dsn ? p->dsn : "5.1.1";
	}
	if (p->early) {
		m.disposition = REJECTED;
		m.stage = 5;
		m.dsn = "5.1.1";
	}
	world_mail(m);
	if (p->sizes)
		world_do(sqlite3_mprintf("UPDATE mail_message SET size = %d "
		                         "WHERE message_key = %lld",
		    1000 + 256 * (i % p->sizes), (long long)world_key));
	for (int a = 0; i == 0 && a < p->also; a++) {
		snprintf(to, sizeof(to), "also%d@t.example", a);
		world_do(sqlite3_mprintf(
		    "INSERT INTO mail_recipient (message, n, recipient, time, "
		    "disposition) SELECT id, %d, %Q, 0, 1 FROM "
		    "mail_message WHERE message_key = %lld",
		    a + 2, to, (long long)world_key));
	}
}

/* The day of customer number i: an address of ours, or a remote one, or an
 * account that is used from elsewhere. */
static void
put_day(const struct truth *t, const struct part *parts, int i, struct who *w)
{
	*w = (struct who){.part = 1};
	snprintf(w->client, sizeof(w->client), "%s.%d.%d",
	    strstr(t->rule, "remote") ? "203.0" : "198.18", i / 200,
	    1 + i % 200);
	if (strstr(t->rule, "compromised"))
		snprintf(w->name, sizeof(w->name), "user%d", i);
	else
		snprintf(w->name, sizeof(w->name), "%s", w->client);
	for (const struct part *p = parts; p->n > 0; p++, w->part++)
		for (int k = 0; k < p->n; k++)
			put_message(w, p, k);
}

/* ---- the rules ---- */

static int wrong;

/* The value with which the rule has fired, in words; "" if it has not. */
static const char *
fired_with(const struct truth *t, const char *customer)
{
	static char value[64];
	char *sql = sqlite3_mprintf(
	    "SELECT printf('%%.9f', value) FROM (SELECT * FROM finding_rule "
	    "UNION ALL SELECT * FROM finding_role) "
	    "WHERE customer = %Q AND rule = %Q AND metric = %Q",
	    customer, t->rule, t->metric);

	snprintf(value, sizeof(value), "%s", world_rows(sql));
	value[strcspn(value, "\n")] = '\0';
	sqlite3_free(sql);
	return value;
}

static void
has_value(const struct truth *t, const char *customer, double value)
{
	char want[64];

	snprintf(want, sizeof(want), "%.9f", value);
	if (strcmp(fired_with(t, customer), want) == 0)
		return;
	print_error("%s, %s: \"%s\", not %s (%s)\n", t->rule, t->metric,
	    fired_with(t, customer), want, customer);
	wrong++;
}

static const struct truth *
truth_of(const struct detect_rule *r, const struct detect_threshold *when)
{
	for (size_t i = 0; i < NTRUTHS; i++)
		if (str_eq(r->rule, str_z(truths[i].rule)) &&
		    str_eq(when->metric, str_z(truths[i].metric)))
			return &truths[i];
	fail_msg(
	    "nothing shows the threshold %s of %s", when->metric.p, r->rule.p);
	return NULL;
}

/* Sets the k-th threshold of each rule to what its second day has, but for the
 * digits that a share may lose on its way. */
static void
move_thresholds(struct detect *rules, size_t k)
{
	for (size_t i = 0; i < detect_count(rules); i++) {
		const struct detect_rule *r = detect_at(rules, i);
		struct detect_threshold *t;

		if (k >= r->nwhen)
			continue;
		t = (struct detect_threshold *)&r->when[k];
		t->value = truth_of(r, t)->beyond + (t->at_most ? 1e-9 : -1e-9);
	}
}

static void
each_threshold_at_and_beyond(void **state)
{
	static struct who at[NTRUTHS], less[NTRUTHS];
	struct detect *rules = world_rules();
	size_t most = 0;

	(void)state;
	world_prefix("198.18.0.0/15");
	world_run("BEGIN");
	for (size_t i = 0; i < NTRUTHS; i++) {
		put_day(&truths[i], truths[i].at, 2 * (int)i, &at[i]);
		put_day(&truths[i], truths[i].less, 2 * (int)i + 1, &less[i]);
	}
	world_run("COMMIT");
	world_correlate_by(rules, DAY, 2, NULL);
	for (size_t i = 0; i < detect_count(rules); i++) {
		const struct detect_rule *r = detect_at(rules, i);

		most = r->nwhen > most ? r->nwhen : most;
		for (size_t k = 0; k < r->nwhen; k++) {
			const struct truth *t = truth_of(r, &r->when[k]);

			has_value(t, at[t - truths].name, r->when[k].value);
			if (fired_with(t, less[t - truths].name)[0] == '\0')
				continue;
			print_error("%s fires beyond %s\n", t->rule, t->metric);
			wrong++;
		}
	}
	for (size_t k = 0; k < most; k++) {
		struct detect *moved = world_rules();

		move_thresholds(moved, k);
		world_correlate_by(moved, DAY, 2, NULL);
		for (size_t i = 0; i < detect_count(moved); i++) {
			const struct detect_rule *r = detect_at(moved, i);
			const struct truth *t;

			if (k >= r->nwhen)
				continue;
			t = truth_of(r, &r->when[k]);
			if (t->beyond != IMPLIED)
				has_value(t, less[t - truths].name, t->beyond);
		}
		detect_free(moved);
	}
	detect_free(rules);
	assert_int_equal(wrong, 0);
}

/* ---- metrics, the sequential test, roles, the days before ---- */

/* A rule that asks for every metric that is counted on request alone. */
static void
metrics_of_known_mail(void **state)
{
	static const char *const asked[] = {"tempfailed_share",
	    "refused_recipients", "refused_share", "first_attempt_share",
	    "size_mode_share", "auth_users", "auth_user_addresses",
	    "address_auth_users", "hours_active", "own_on_mx",
	    "recent_messages", "helo_other_share"};
	static const char *const helo[] = {"mx.firm.example", "mx.firm.example",
	    "mx.firm.example", "mx.firm.example", "MX.firm.example", "pc",
	    "[192.0.2.1]", "192.0.2.1", "other.example", NULL};
	static const int outcome[] = {5, 3, 6, 2, 1, 1, 1, 1, 1, 1};
	char path[] = "/tmp/detect_truth.XXXXXX";
	const char *paths[] = {path, NULL};
	FILE *f = fdopen(mkstemp(path), "w");
	struct detect *rules;
	struct err e;

	(void)state;
	fprintf(
	    f, "rule: all\nsummary: s\nkind: spam\nscope: [customer]\nwhen:\n");
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		char *sql = sqlite3_mprintf(
		    "SELECT unit FROM metric_name WHERE metric = %Q", asked[i]);

		fprintf(f,
		    "  - {metric: %s, unit: %.*s, at_least: 0, source: ours}\n",
		    asked[i], (int)strcspn(world_rows(sql), "\n"),
		    world_rows(sql));
		sqlite3_free(sql);
	}
	fclose(f);
	assert_int_equal(detect_load(&rules, paths, &e), 0);
	unlink(path);
	world_account("anna", "c");
	world_account("bert", "c");
	for (int i = 0; i < 10; i++) {
		char client[32], sql[256];

		snprintf(client, sizeof(client), "192.0.2.%d",
		    i < 6 ? 1 + i % 3 : 1);
		world_mail((struct mail){.at = AT(9 + i / 3, 0, i),
		    .client = client,
		    .auth = i < 6 ? "anna" : "bert",
		    .helo = helo[i],
		    .sender = "x@example.com",
		    .rcpt = "r@example.net",
		    .disposition = outcome[i],
		    .stage = i == 0 || i == 2 ? 5 : 0});
		snprintf(sql, sizeof(sql),
		    "UPDATE mail_message SET size = %s, direction = %d WHERE "
		    "message_key = %d",
		    i < 6   ? "1000 + message_key"
		    : i < 8 ? "5000"
		            : "NULL",
		    i < 3 ? 1 : 2, i + 1);
		world_run(sql);
	}
	/* the fourth and the ninth were not delivered at once */
	world_run("INSERT INTO mail_attempt (message, n, attempt, time, "
	          "disposition) SELECT id, 1, 1, received, "
	          "iif(message_key IN (4, 9), 2, 1) FROM mail_message WHERE "
	          "message_key >= 4 AND message_key <> 10");
	world_run("INSERT INTO mail_attempt (message, n, attempt, time, "
	          "disposition) SELECT id, 1, 2, received + 1, 1 FROM "
	          "mail_message WHERE message_key = 9");
	world_correlate_by(rules, DAY, 2, NULL);
	assert_string_equal(
	    world_rows("SELECT metric, printf('%.4g', value) FROM finding_rule "
	               "WHERE customer = 'c' ORDER BY n"),
	    "tempfailed_share|0.2\nrefused_recipients|2\nrefused_share|0.2\n"
	    "first_attempt_share|0.6667\nsize_mode_share|0.75\nauth_users|2\n"
	    "auth_user_addresses|3\naddress_auth_users|2\nhours_active|4\n"
	    "own_on_mx|3\nrecent_messages|8\nhelo_other_share|0.4444\n");
	detect_free(rules);
}

/* One letter a message: s spam, c clean, n clean of no known sender, b spam in
 * a bounce, v virus. */
static void
verdicts(const char *client, const char *order)
{
	/* from the last to the first: time counts, not the order of rows */
	for (int i = (int)strlen(order); i-- > 0;) {
		char to[32];

		snprintf(to, sizeof(to), "r%d@example.net", i);
		world_mail((struct mail){.at = AT(9, 0, i),
		    .client = client,
		    .sender = order[i] == 'b'   ? ""
		              : order[i] == 'n' ? NULL
		                                : "x@example.com",
		    .rcpt = to,
		    .verdict = strchr("cn", order[i]) ? CLEAN
		               : order[i] == 'v' ? VIRUS
		                                 : SPAM,
		    .disposition = DELIVERED});
	}
}

/* Few messages of spam to many people: two more of each. */
static void
spread_spam(void)
{
	for (int n = 2; n <= 3; n++)
		world_do(sqlite3_mprintf(
		    "INSERT INTO mail_recipient (message, n, recipient, time, "
		    "disposition) SELECT id, %d, 'more' || id || '%d@t.example',"
		    " received, 1 FROM mail_message WHERE verdict = 5", n, n));
}

/* By hand, with theta0 0.02, theta1 0.5, alpha 0.0001, beta 0.01: a spam is
 * ln 25 = 3.219, a clean one ln (0.5 / 0.98) = -0.673; 9.200 decides for
 * infected; -4.605 for clean, seven clean ones in a row. */
static void
the_sequential_test_by_hand(void **state)
{
	static const struct {
		const char *order, *want; /* second, verdicts, spam */
	} row[] = {
	    {"sssccccccccccccccc", "2|3|3"},
	    {"scssccccccccccccccc", ""},         /* 3 * 3.219 - 0.673 = 8.984 */
	    {"scsssccccccccccccccc", "4|5|4"},   /* 12.203 */
	    {"ccccccssscccccccccccc", ""},       /* -4.038 + 9.657 = 5.619 */
	    {"cccccccsssccccccccccc", "9|3|3"},  /* anew after seven */
	    {"ccccccccssssccccccccc", "11|5|4"}, /* the eighth counts again */
	    {"sscccccccccsccccccccc", ""},
	    {"ssbscccccccccccccccc", "3|3|3"}, /* a bounce is no one's own */
	    {"sbbbbbsccccccccccccc", ""},
	    {"svsvsccccccccccccccc", "4|3|3"}, /* a virus is no verdict on spam */
	};

	(void)state;
	world_prefix("198.51.100.0/24");
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char ip[32];

		snprintf(ip, sizeof(ip), "198.51.100.%zu", i + 1);
		verdicts(ip, row[i].order);
	}
	spread_spam();
	world_correlate(DAY, NULL);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char sql[256], want[32];

		snprintf(sql, sizeof(sql),
		    "SELECT (time - %" PRId64
		    ") / 1000000, verdicts, spam FROM "
		    "finding_sprt WHERE rule = 'spam_verdicts' AND customer = "
		    "'198.51.100.%zu'",
		    AT(9, 0, 0), i + 1);
		snprintf(want, sizeof(want), "%s%s", row[i].want,
		    row[i].want[0] ? "\n" : "");
		if (strcmp(world_rows(sql), want) != 0)
			fail_msg("%s: %s, not %s", row[i].order,
			    world_rows(sql), want);
	}
}

/* Whether or not the store knows the null sender. */
static void
mail_of_no_known_sender_is_his_own(void **state)
{
	(void)state;
	world_prefix("198.51.100.0/24");
	verdicts("198.51.100.1", "snssccccccccccccccc");
	verdicts("198.51.100.2", "sssnccccccccccccccc");
	spread_spam();
	world_correlate(DAY, NULL);
	world_expect("198.51.100.1", "below_threshold", "spam -");
	world_expect("198.51.100.2", "confirmed", "spam not_visible");
}

static void
put(const char *client, const struct part *parts)
{
	struct who w = {.part = 1};

	snprintf(w.client, sizeof(w.client), "%s", client);
	for (const struct part *p = parts; p->n > 0; p++, w.part++)
		for (int i = 0; i < p->n; i++)
			put_message(&w, p, i);
}

static void
says(const char *customer, const char *words)
{
	char *sql = sqlite3_mprintf(
	    "SELECT reason FROM finding WHERE customer = %Q", customer);

	if (strstr(world_rows(sql), words) == NULL)
		fail_msg("%s: \"%s\" lacks \"%s\"", customer, world_rows(sql),
		    words);
	sqlite3_free(sql);
}

/* Most of an old list is stale, and most invented senders do not exist: that
 * is no dictionary attack, whether it goes to all the world or to one server's own
 * domain.  Verdicts of filters count all the same. */
static void
newsletters_and_bounce_servers_guess_no_mailboxes(void **state)
{
	static const struct part letter[] = {
	    {.n = 100, .fail = 60, .rdomains = 40, .sizes = 2}, {.n = 0}};
	static const struct part to_us[] = {
	    {.n = 30, .sizes = 1}, {.n = 70, .early = true}, {.n = 0}};
	static const struct part guesses[] = {
	    {.n = 100, .fail = 90, .rdomains = 3, .sizes = 2}, {.n = 0}};
	static const struct part bounce[] = {
	    {.n = 100, .null = true, .fail = 60, .rdomains = 40}, {.n = 0}};
	static const struct part both[] = {
	    {.n = 8, .verdict = SPAM, .sizes = 1},
	    {.n = 60, .fail = 55, .rdomains = 40, .sizes = 2},
	    {.n = 6, .sizes = 1}, {.n = 0}};

	(void)state;
	world_prefix("198.51.100.0/24");
	put("198.51.100.1", letter);
	put("198.51.100.2", guesses);
	put("198.51.100.3", bounce);
	put("198.51.100.4", both);
	put("198.51.100.5", to_us);
	put("203.0.113.5", to_us); /* the servers of other ISPs, too */
	put("203.0.113.6", guesses);
	world_correlate(DAY, NULL);
	world_expect("198.51.100.1", "clean", "- -");
	says("198.51.100.1",
	    "dictionary is explained by newsletter: newsletter (One sender");
	world_expect("198.51.100.2", "confirmed", "spam not_visible");
	world_expect("198.51.100.3", "clean", "- -");
	world_expect("198.51.100.4", "confirmed", "spam not_visible");
	says("198.51.100.4", "speaks against it: newsletter");
	world_expect("198.51.100.5", "clean", "- -");
	world_expect("203.0.113.6", "confirmed", "spam not_visible");
	assert_string_equal(
	    world_rows("SELECT 1 FROM finding WHERE customer = '203.0.113.5'"),
	    "");
	assert_string_equal(
	    world_rows("SELECT customer, rule, taken_by FROM finding_taken"),
	    "198.51.100.1|dictionary|newsletter\n"
	    "198.51.100.4|dictionary|newsletter\n"
	    "198.51.100.5|dictionary|newsletter\n");
	assert_string_equal(
	    world_rows("SELECT DISTINCT customer, rule FROM finding_rule"),
	    "198.51.100.2|dictionary\n198.51.100.4|spam_verdicts\n"
	    "203.0.113.6|dictionary\n");
}

/* What a server answers, or asks, without a sender is to one recipient; who guesses
 * mailboxes so tries several at a time. */
static void
answers_are_no_guesses(void **state)
{
	static const struct part firm[] = {
	    {.n = 65, .own = true, .rdomains = 10},
	    {.n = 75, .null = true, .early = true}, {.n = 0}};
	static const struct part asks[] = {
	    {.n = 90, .null = true, .early = true},
	    {.n = 30, .own = true, .early = true, .to = 80}, {.n = 0}};
	static const struct part guesses[] = {
	    {.n = 1, .null = true, .early = true, .also = 75}, {.n = 0}};

	(void)state;
	world_prefix("198.51.100.0/24");
	put("198.51.100.1", firm);
	put("198.51.100.2", asks);
	put("198.51.100.3", guesses);
	world_run("UPDATE mail_recipient SET disposition = 5, stage = 5, "
	          "dsn = '5.1.1' WHERE recipient LIKE 'also%'");
	world_correlate(DAY, NULL);
	world_expect("198.51.100.1", "clean", "- -");
	world_expect("198.51.100.2", "clean", "- -");
	world_expect("198.51.100.3", "confirmed", "spam not_visible");
}

/* It needs somebody to act, and is not called what it is not. */
static void
an_open_relay_is_found_by_its_name(void **state)
{
	static const struct part relay[] = {{.n = 60,
	                                        .senders = 60,
	                                        .domains = 60,
	                                        .rdomains = 20,
	                                        .fail = 20,
	                                        .helos = 1},
	    BOUNCES(5, 1), {.n = 0}};
	static const struct part bot[] = {{.n = 60,
	                                      .senders = 60,
	                                      .domains = 60,
	                                      .rdomains = 20,
	                                      .fail = 20,
	                                      .helos = 1},
	    {.n = 0}};

	(void)state;
	world_prefix("198.51.100.0/24");
	put("198.51.100.1", relay);
	put("198.51.100.2", bot);
	world_correlate(DAY, NULL);
	world_expect("198.51.100.1", "confirmed", "spam not_visible");
	assert_string_equal(
	    world_rows("SELECT DISTINCT customer, rule FROM finding_rule"),
	    "198.51.100.1|open_relay\n198.51.100.2|extrusion\n"
	    "198.51.100.2|extrusion_new\n");
	says("198.51.100.1", "extrusion is explained by open_relay, "
	                     "extrusion_new is explained by open_relay");
}

/* Our server is on a block list of a large provider (x.7.x): that says nothing of
 * the customer's list of recipients, nor does a mailbox that is full; what is said
 * of his mail does. */
static void
refusals_for_policy_are_no_failures(void **state)
{
	static const char *const dsn[] = {"5.1.1", "5.7.1", "5.7.606", "5.2.2", "5.7.0"};

	(void)state;
	world_prefix("198.51.100.0/24");
	for (size_t i = 0; i < 5; i++) {
		const struct part server[] = {
		    {.n = 40, .senders = 20, .domains = 10, .rdomains = 20,
		        .fail = 20, .helos = 1, .dsn = dsn[i]},
		    {.n = 0}};
		char client[32];

		snprintf(client, sizeof(client), "198.51.100.%zu", i + 1);
		put(client, server);
	}
	world_run("UPDATE mail_recipient SET reason = 'Client host blocked' "
	          "WHERE dsn = '5.7.1'");
	world_run("UPDATE mail_recipient SET reason = 'unsolicited mail' "
	          "WHERE dsn = '5.7.0'");
	/* what the text says goes before the code */
	world_run("UPDATE mail_recipient SET reason = '550 user unknown' "
	          "WHERE dsn = '5.7.606'");
	world_correlate(DAY, NULL);
	assert_string_equal(
	    world_rows("SELECT DISTINCT customer, rule FROM finding_rule"),
	    "198.51.100.1|extrusion\n198.51.100.3|extrusion\n"
	    "198.51.100.5|extrusion\n");
	assert_string_equal(
	    world_rows("SELECT json_extract(log, '$.failed_recipients') "
	               "FROM finding ORDER BY customer"),
	    "20\n0\n20\n0\n20\n");
}

/* Of many rules that do not fire, the reason names that which comes nearest. */
static void
the_reason_names_the_nearest_rule(void **state)
{
	static const struct part few[] = {
	    {.n = 12, .verdict = SPAM, .rcpts = 7, .apart = true}, {.n = 0}};
	static const struct part passed[] = {
	    {.n = 40, .verdict = SPAM, .senders = 40, .domains = 40, .rcpts = 20},
	    {.n = 0}};
	static const struct part server[] = {
	    {.n = 12, .verdict = VIRUS, .senders = 2, .domains = 2, .helos = 1},
	    {.n = 0}};
	static const struct part busy[] = {
	    {.n = 4, .verdict = SPAM, .rcpts = 2}, HAM(60), {.n = 0}};

	(void)state;
	world_prefix("198.51.100.0/24");
	put("198.51.100.1", few);
	put("198.51.100.2", passed);
	put("198.51.100.3", server);
	put("198.51.100.4", busy);
	world_correlate(DAY, NULL);
	says("198.51.100.1", "12 spam and 0 virus verdicts in 12 messages; "
	                     "nearest rule spam_campaign: spam_strangers 7 < 8;");
	says("198.51.100.2", "nearest rule spam_burst: spam_strangers 0 < 13, "
	                     "recent_passed_on_share 1 > 0.15;");
	says("198.51.100.3",
	    "nearest rule virus_steady: adverse_hours 1 < 3;");
	says("198.51.100.4",
	    "nearest rule spam_campaign: own_spam_share 0.0625 < 0.1");
}

/* n messages, days before, to k people in turn. */
static void
before(
    const char *client, int days, int n, const char *domain, int verdict, int k)
{
	for (int i = 0; i < n; i++) {
		char from[64], to[64];

		snprintf(from, sizeof(from), "%s@%s", letters(days * 31 + i),
		    domain);
		snprintf(to, sizeof(to), "r1.%d@t0.example", i % k);
		world_mail((struct mail){
		    .at = AT(9, 0, i) - days * INT64_C(86400) * USEC,
		    .client = client,
		    .sender = from,
		    .rcpt = to,
		    .verdict = verdict,
		    .disposition = DELIVERED});
	}
}

/* A small firm's forwarder shows what it is in some days, even if all its mail
 * is from the customers of one provider; a bot that comes back to its list does
 * not look like one. */
static void
the_days_before_tell_whose_it_is(void **state)
{
	static const struct part eight[] = {
	    {.n = 8, .verdict = SPAM}, {.n = 0}};
	static const struct part twelve[] = {
	    HOURLY(SPAM, 12, 12, 12), {.n = 0}};
	/* passed on to twelve, a third unseen, and three that somebody else of
	 * the same provider wrote to one of them */
	static const struct part campaign[] = {
	    {.n = 8, .verdict = SPAM, .to = 1},
	    {.n = 4, .verdict = CLEAN, .to = 2},
	    {.n = 3, .verdict = CLEAN, .skip = 5, .rcpts = 1, .to = 1},
	    {.n = 0}};

	(void)state;
	world_prefix("198.51.100.0/24");
	put("198.51.100.7", campaign);
	/* the same if refusals do not name the recipients: less is known */
	put("198.51.100.8", campaign);
	world_run("UPDATE mail_recipient SET recipient = NULL WHERE message IN "
	          "(SELECT id FROM mail_message WHERE verdict = 5 AND client = "
	          "(SELECT id FROM addr WHERE text = '198.51.100.8'))");
	/* nothing is known of him */
	put("198.51.100.1", eight);
	/* a forwarder for eight, of mail of one provider, spam and other */
	for (int day = 1; day <= 5; day++)
		before("198.51.100.2", day, 8, "d0.example", CLEAN, 8);
	put("198.51.100.2", eight);
	/* the same mail, but to others, and from one person */
	for (int i = 0; i < 20; i++) {
		char to[32];

		snprintf(to, sizeof(to), "friend%d@t0.example", i);
		world_mail(
		    (struct mail){.at = AT(9, 0, i) - INT64_C(86400) * USEC,
		        .client = "198.51.100.3",
		        .sender = "me@own.example",
		        .rcpt = to,
		        .verdict = CLEAN,
		        .disposition = DELIVERED});
	}
	put("198.51.100.3", eight);
	/* 29 days ago is too long ago */
	before("198.51.100.4", 29, 20, "d7.example", CLEAN, 20);
	put("198.51.100.4", eight);
	/* a bot that sends to the same twelve every day */
	for (int day = 1; day <= 5; day++)
		before("198.51.100.5", day, 12, "x.example", SPAM, 12);
	put("198.51.100.5", twelve);
	/* and if they are a forwarder's, good mail went to them too */
	for (int day = 1; day <= 5; day++)
		before("198.51.100.6", day, 12, "y.example", CLEAN, 12);
	put("198.51.100.6", twelve);
	world_correlate(DAY, NULL);
	world_expect("198.51.100.1", "below_threshold", "spam -");
	world_expect("198.51.100.2", "below_threshold", "spam -");
	says("198.51.100.2", "48 messages of him are known of 6 days with mail, 100 %");
	world_expect("198.51.100.3", "confirmed", "spam not_visible");
	world_expect("198.51.100.4", "below_threshold", "spam -");
	world_expect("198.51.100.5", "confirmed", "spam not_visible");
	world_expect("198.51.100.6", "below_threshold", "spam -");
	world_expect("198.51.100.7", "below_threshold", "spam -");
	says("198.51.100.7", "15 messages of him are known of 6 days with mail, 26 %");
	world_expect("198.51.100.8", "below_threshold", "spam -");
	says("198.51.100.8", "7 messages of him are known");
}

/* Their recipients are strangers of who says HELO names that no server says,
 * unless he passes mail on: two addresses of his own that write to one friend make
 * nobody a forwarder, three friends of two people may.  A server whose first day
 * it is may have passed seven on to those to whom the others went. */
static void
refusals_that_name_nobody(void **state)
{
#define REFUSED                                                                \
	{.n = 8, .verdict = SPAM, .senders = 8, .domains = 8, .bare = true},   \
	    BARE(3, 3), HAM(5)
	static const struct part bot[] = {REFUSED,
	    {.n = 2, .senders = 2, .domains = 2, .rcpts = 1}, {.n = 0}};
	static const struct part server[] = {
	    REFUSED, FORWARDED(11), FORWARDED(12), {.n = 0}};
	/* a wave, and a few besides */
	static const struct part first_day[] = {
	    {.n = 7, .verdict = SPAM, .senders = 7, .domains = 7, .helos = 1},
	    {.n = 4,
	        .verdict = SPAM,
	        .senders = 30,
	        .domains = 30,
	        .skip = 20,
	        .helos = 1,
	        .apart = true},
	    {.n = 3,
	        .verdict = SPAM,
	        .senders = 30,
	        .domains = 30,
	        .skip = 24,
	        .helos = 1},
	    {.n = 0}};
	static const struct part flood[] = {
	    {.n = 30, .verdict = SPAM, .senders = 30, .domains = 30, .helos = 1},
	    {.n = 0}};
	/* a machine that reports to one person, and is misjudged */
	static const struct part alarms[] = {
	    {.n = 36, .verdict = SPAM, .rcpts = 1, .helos = 1}, {.n = 0}};

	(void)state;
	world_prefix("198.51.100.0/24");
	put("198.51.100.1", bot);
	put("198.51.100.2", server);
	put("198.51.100.3", first_day);
	put("198.51.100.4", flood);
	put("198.51.100.5", alarms);
	world_run("UPDATE mail_recipient SET recipient = NULL WHERE recipient "
	          "LIKE 'r1.%'");
	world_run("UPDATE mail_recipient SET recipient = NULL WHERE message IN "
	          "(SELECT m.id FROM mail_message m JOIN addr a ON a.id = m.client "
	          "WHERE a.text = '198.51.100.4')");
	world_correlate(DAY, NULL);
	world_expect("198.51.100.1", "confirmed", "spam not_visible");
	says("198.51.100.1", "rule spam_helo: own_spam_messages 11 >= 10, "
	                     "own_spam_share 0.61 >= 0.3, spam_reach 11");
	says("198.51.100.1", "recent_passed_on_share 0.20 <= 0.3");
	world_expect("198.51.100.2", "below_threshold", "spam -");
	world_expect("198.51.100.3", "below_threshold", "spam -");
	says("198.51.100.4", "rule spam_flood: own_spam_messages 30 >= 30, "
	                     "own_spam_share 1 >= 0.9, spam_reach 30 >= 13");
	world_expect("198.51.100.5", "below_threshold", "spam -");
}

/* Only mail of his own: not of who had the address before him, or has other
 * ports of it, or logs in from there. */
static void
the_days_before_are_his_own(void **state)
{
	static const struct part three[] = {
	    {.n = 3, .verdict = SPAM}, {.n = 0}};

	(void)state;
	world_lease(
	    "198.51.100.1", AT(0, 0, 0) - 9 * 24 * HOUR, AT(1, 0, 0), "old", 0);
	world_lease("198.51.100.1", AT(1, 0, 0), NO_END, "new", 0);
	world_lease("198.51.100.2", AT(0, 0, 0) - 9 * 24 * HOUR,
	    AT(0, 0, 0) - 12 * HOUR, "came back", 0);
	world_lease("198.51.100.2", AT(1, 0, 0), NO_END, "came back", 0);
	world_lease("198.51.100.0/28", SINCE_EVER, NO_END, "static", 0);
	world_run(
	    "UPDATE lease SET first = x'00000000000000000000ffffc6336408', "
	    "last = x'00000000000000000000ffffc633640f' WHERE customer = "
	    "'static'");
	for (int i = 1; i <= 2; i++) {
		char ip[32];

		snprintf(ip, sizeof(ip), "198.51.100.%d", i);
		before(ip, 2, 20, "own.example", CLEAN, 20);
		put(ip, three);
	}
	before("198.51.100.9", 2, 20, "own.example", CLEAN, 20);
	put("198.51.100.9", three);
	world_correlate(DAY, NULL);
	world_expect("new", "below_threshold", "spam -");
	says("new", "3 messages of him are known");
	says("came back", "23 messages of him are known");
	says("static", "23 messages of him are known");
}

/* A day of a server that many share: a message under each of n domains, from the
 * skip-th on, one in twelve refused; or of a bot. */
static void
share(const char *client, int ago, int n, int skip, int helos, int bounces)
{
	const struct part day[] = {{.n = n,
	                               .senders = 2000,
	                               .domains = 2000,
	                               .skip = skip,
	                               .to = 100 + skip,
	                               .rdomains = 20,
	                               .fail = n / 12,
	                               .helos = helos,
	                               .ago = ago},
	    {.n = bounces, .null = true, .helos = 1, .ago = ago}, {.n = 0}};

	put(client, day);
}

/* A household's or a firm's own mail of four weeks, and of today. */
static void
own_mail(const char *client)
{
	for (int ago = 0; ago <= 28; ago++) {
		const struct part day[] = {
		    {.n = 5, .verdict = CLEAN, .own = true, .ago = ago},
		    {.n = 0}};

		put(client, day);
	}
}

static void
fires(const char *customer, const char *rules)
{
	char *sql = sqlite3_mprintf("SELECT json_extract(log, '$.rules') FROM "
	                            "finding WHERE customer = %Q",
	    customer);

	if (strcmp(world_rows(sql), rules) != 0)
		fail_msg("%s: %s, not %s", customer, world_rows(sql), rules);
	sqlite3_free(sql);
}

/* Tenants of a server come back, a bot's senders do not. */
static void
a_server_of_many_tenants_is_no_bot(void **state)
{
	static const char explained[] =
	    "nothing adverse; extrusion_new is explained by shared_server: "
	    "shared_server (Sender domains";
	static const char *const ip[] = {"198.51.100.1", "198.51.100.2",
	    "198.51.100.3", "198.51.100.4", "198.51.100.5", "198.51.100.6",
	    "198.51.100.7", "198.51.100.8"};

	(void)state;
	world_prefix("198.51.100.0/24");
	/* each tenant writes every day, and there are bounces or not */
	for (int ago = 0; ago <= 7; ago++) {
		share(ip[0], ago, 60, 0, 1, 0);
		share(ip[1], ago, 60, 0, 1, 4);
	}
	/* no more than six days are known */
	for (int ago = 0; ago <= 6; ago++) {
		share(ip[2], ago, 60, 0, 1, 0);
		share(ip[3], ago, 60, 0, 1, 4);
	}
	/* each writes every third week */
	for (int ago = 0; ago <= 28; ago++)
		share(ip[4], ago, 60, ago % 21 * 60, 1, 0);
	/* some write every day, all of them every fortnight */
	for (int ago = 0; ago <= 28; ago++)
		share(ip[5], ago, ago % 14 ? 8 : 200, 0, 1, 4);
	/* a firm that began a week ago to send once a week for its customers */
	own_mail(ip[7]);
	for (int ago = 0; ago <= 7; ago += 7)
		share(ip[7], ago, 60, 0, 1, 0);
	/* 300 a day, of which the last thousand messages are three days' */
	for (int ago = 0; ago <= 8; ago++)
		share(ip[6], ago, 300, 0, 1, 0);
	world_correlate(DAY, NULL);
	for (int i = 0; i < 8; i++) {
		const bool known = i != 2 && i != 3;

		world_expect(ip[i], known ? "clean" : "confirmed",
		    known ? "- -" : "spam not_visible");
		says(ip[i], known ? explained : "flows: ");
	}
	fires(ip[2], "[\"extrusion_new\"]\n");
	fires(ip[3], "[\"open_relay\"]\n");
	assert_string_equal(
	    world_rows("SELECT customer, printf('%.3f', value) FROM finding_role "
	               "WHERE metric = 'recent_sender_share' ORDER BY customer"),
	    "198.51.100.1|0.917\n198.51.100.2|0.917\n198.51.100.5|0.917\n"
	    "198.51.100.6|0.960\n198.51.100.7|0.917\n198.51.100.8|0.918\n");
}

/* The same list of forged senders every day is no tenants', on the second day or
 * the second week, whatever of his own the customer sends.  Nor are those of
 * others who use his server. */
static void
a_bot_stays_one(void **state)
{
	static const int since[] = {0, 1, 2, 6, 7, 14};
	char ip[32];

	(void)state;
	world_prefix("198.51.100.0/24");
	for (int i = 0; i < 6; i++) {
		snprintf(ip, sizeof(ip), "198.51.100.%d", 1 + i);
		own_mail(ip);
		for (int ago = 0; ago <= since[i]; ago++)
			share(ip, ago, 120, ago * 37 % 80, 40, 0);
		/* the relay of somebody's server */
		snprintf(ip, sizeof(ip), "198.51.100.%d", 11 + i);
		own_mail(ip);
		for (int ago = 0; ago <= since[i]; ago++)
			share(ip, ago, 120, ago * 37 % 80, 1, 4);
	}
	/* of who sends nothing else a week is known */
	for (int ago = 0; ago <= 6; ago++)
		share("198.51.100.21", ago, 120, 0, 1, 0);
	/* or more, if it makes up names */
	for (int ago = 0; ago <= 20; ago++)
		share("198.51.100.22", ago, 120, 0, 40, 0);
	/* beside a server of 30 tenants */
	for (int ago = 0; ago <= 28; ago++)
		share("198.51.100.23", ago, 30, 900, 1, 0);
	for (int ago = 0; ago <= 9; ago++)
		share("198.51.100.23", ago, 120, 0, 1, 0);
	/* senders of whose mail a third was called spam */
	for (int ago = 0; ago <= 10; ago++)
		share("198.51.100.24", ago, 121, 0, 1, 0);
	world_do(sqlite3_mprintf(
	    "UPDATE mail_message SET verdict = 5 WHERE id %% 3 = 0 AND "
	    "received < %lld AND client = (SELECT id FROM addr WHERE text = "
	    "'198.51.100.24')",
	    (long long)AT(0, 0, 0)));
	world_correlate(DAY, NULL);
	for (int i = 1; i <= 24; i++) {
		snprintf(ip, sizeof(ip), "198.51.100.%d", i);
		if ((i > 6 && i < 11) || (i > 16 && i < 21))
			continue;
		world_expect(ip, "confirmed", "spam not_visible");
		fires(ip, i > 10 && i < 17 ? "[\"open_relay\"]\n"
		                           : "[\"extrusion_new\"]\n");
	}
}

/* Not of who had the address before him, has other ports of it or another login;
 * nor what was never delivered. */
static void
senders_of_others_do_not_speak_for_him(void **state)
{
	static const char *const ip[] = {"198.51.100.1", "198.51.100.2",
	    "198.51.100.3", "198.51.100.4", "198.51.100.5"};
	const int64_t week = 7 * 24 * HOUR;

	(void)state;
	world_lease(ip[0], SINCE_EVER, NO_END, "stays", 0);
	world_lease(ip[1], SINCE_EVER, AT(0, 0, 0) - week / 2, "old", 0);
	world_lease(ip[1], AT(0, 0, 0) - week / 2, NO_END, "new", 0);
	world_lease(ip[2], SINCE_EVER, AT(0, 0, 0) - week, "back", 0);
	world_lease(ip[2], AT(0, 0, 0) - 24 * HOUR, NO_END, "back", 0);
	world_port_lease(ip[3], 1000, 1999, SINCE_EVER, NO_END, "port");
	world_port_lease(ip[3], 2000, 2999, SINCE_EVER, NO_END, "other port");
	world_account("anna", "anna");
	world_account("bert", "bert");
	for (int i = 0; i < 5; i++)
		for (int ago = 0; ago <= 14; ago++)
			share(ip[i], ago, 60, 0, 1, 0);
	world_do(sqlite3_mprintf(
	    "UPDATE mail_message SET client_port = iif(received >= %lld, 1500, "
	    "2500) WHERE client = (SELECT id FROM addr WHERE text = %Q)",
	    (long long)AT(0, 0, 0), ip[3]));
	world_run("INSERT INTO name (text) VALUES ('anna'), ('bert')");
	world_do(sqlite3_mprintf(
	    "UPDATE mail_message SET auth_user = (SELECT id FROM name WHERE "
	    "text = iif(received >= %lld, 'anna', 'bert')) WHERE client = "
	    "(SELECT id FROM addr WHERE text = %Q)",
	    (long long)AT(0, 0, 0), ip[4]));
	/* his login elsewhere */
	for (int ago = 0; ago <= 14; ago++)
		share("203.0.113.1", ago, 60, 0, 1, 0);
	world_run("UPDATE mail_message SET auth_user = (SELECT id FROM name "
	          "WHERE text = 'bert') WHERE client = (SELECT id FROM addr "
	          "WHERE text = '203.0.113.1')");
	world_prefix("198.18.0.0/15");
	for (int ago = 0; ago <= 14; ago++)
		share("198.18.0.1", ago, 60, 0, 1, 0);
	world_do(sqlite3_mprintf(
	    "UPDATE mail_recipient SET disposition = 3 WHERE message IN "
	    "(SELECT id FROM mail_message WHERE received < %lld AND client = "
	    "(SELECT id FROM addr WHERE text = '198.18.0.1'))",
	    (long long)AT(0, 0, 0)));
	world_run("INSERT OR IGNORE INTO mail_sum_due SELECT hour, "
	          "coalesce(client, 0) FROM mail_message");
	world_correlate(DAY, NULL);
	world_expect("stays", "clean", "- -");
	world_expect("new", "confirmed", "spam not_visible");
	world_expect("back", "clean", "- -");
	world_expect("port", "confirmed", "spam not_visible");
	world_expect("anna", "confirmed", "spam not_visible");
	world_expect("bert", "clean", "- -");
	world_expect("198.18.0.1", "confirmed", "spam not_visible");
}

static void
logs_of_four_weeks_are_in_the_watermark(void **state)
{
	static const int days[] = {27, 30};
	char *marks[3];

	(void)state;
	world_prefix("198.51.100.0/24");
	verdicts("198.51.100.1", "sss");
	for (int i = 0; i < 3; i++) {
		if (i > 0)
			world_do(sqlite3_mprintf(
			    "INSERT INTO ledger (kind, path, head_bytes, head_hash, "
			    "resume_offset, resume_hash, first_time, last_time) "
			    "VALUES ('mail', 'log', 10, %d, 10, 1, %lld, %lld)",
			    i, AT(0, 0, 0) - days[i - 1] * 24 * HOUR,
			    AT(0, 0, 0) - days[i - 1] * 24 * HOUR));
		world_correlate(DAY, NULL);
		marks[i] =
		    strdup(world_rows("SELECT watermark FROM correlation_run"));
	}
	assert_string_not_equal(marks[0], marks[1]);
	assert_string_equal(marks[1], marks[2]);
	for (int i = 0; i < 3; i++)
		free(marks[i]);
}

#define WORLD(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WORLD(each_threshold_at_and_beyond),
	    WORLD(metrics_of_known_mail),
	    WORLD(the_sequential_test_by_hand),
	    WORLD(mail_of_no_known_sender_is_his_own),
	    WORLD(newsletters_and_bounce_servers_guess_no_mailboxes),
	    WORLD(answers_are_no_guesses),
	    WORLD(an_open_relay_is_found_by_its_name),
	    WORLD(refusals_for_policy_are_no_failures),
	    WORLD(the_reason_names_the_nearest_rule),
	    WORLD(the_days_before_tell_whose_it_is),
	    WORLD(refusals_that_name_nobody),
	    WORLD(the_days_before_are_his_own),
	    WORLD(a_server_of_many_tenants_is_no_bot),
	    WORLD(a_bot_stays_one),
	    WORLD(senders_of_others_do_not_speak_for_him),
	    WORLD(logs_of_four_weeks_are_in_the_watermark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
