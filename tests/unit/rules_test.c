/* SPDX-License-Identifier: Apache-2.0 */
/* Verdict rules: the shipped ones against traps, the loader against errors. */
#include "rule/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct rules *shipped;
static struct event ev;
static struct verdict v;

static int
load_shipped(void **state)
{
	struct err e;

	(void)state;
	if (rules_load(&shipped, SOURCE_TREE "/rules/verdict", &e) == 0)
		return 0;
	fprintf(stderr, "%s\n", e.text);
	return -1;
}

static int
free_shipped(void **state)
{
	(void)state;
	rules_free(shipped);
	return 0;
}

static enum parsed
line(const char *program, const char *text)
{
	struct log_line in = {.program = str_z(program), .text = str_z(text)};

	return rules_line(shipped, &in, &ev, &v);
}

static bool
text(const char *mta, const char *kind, enum stage stage, const char *words)
{
	struct event in = event_of(EVENT_REJECT);

	in.text = str_z(words);
	in.text_kind = str_z(kind);
	in.stage = stage;
	return rules_text(shipped, mta, &in, &v);
}

#define assert_str(have, want) assert_true(str_eq(have, str_z(want)))

static void
a_filters_line_gives_verdict_and_links(void **state)
{
	struct addr client;

	(void)state;
	assert_int_equal(
	    line("amavis",
	        "(00194-02) Blocked SPAM {DiscardedInbound,Quarantined}, "
	        "LOCAL [203.0.113.70]:44453 [203.0.113.70] <a@example.com> -> "
	        "<b@example.net>,<c@example.net>, quarantine: 7/spam-7.gz, "
	        "Queue-ID: BBDFCAA62D7, Message-ID: <c3@example.com>, mail_id: "
	        "7hQaUEQXA3oj, Hits: 25.8, size: 682, queued_as: 5945BAA6253, "
	        "242 ms"),
	    PARSED_USED);
	assert_int_equal(ev.kind, EVENT_NOTICE);
	assert_str(ev.queue_id, "BBDFCAA62D7");
	assert_str(ev.queued_as, "5945BAA6253");
	assert_str(ev.message_id, "<c3@example.com>");
	assert_str(ev.sender, "a@example.com");
	assert_int_equal(ev.nrecipients, 1);
	assert_str(ev.recipients[0], "b@example.net");
	assert_int_equal(ev.size, 682);
	assert_int_equal(ev.client_port, 44453);
	assert_true(addr_parse(STR("203.0.113.70"), &client));
	assert_true(ev.has_client);
	assert_int_equal(addr_cmp(ev.client, client), 0);
	assert_int_equal(v.kind, VERDICT_SPAM);
	assert_str(v.filter, "amavis");
	assert_str(v.rule, "amavis-result");
	assert_true(v.has_score && v.score > 25.79 && v.score < 25.81);
	assert_false(v.has_threshold);
	assert_false(str_has(v.signature));
}

static void
unknown_ignored_and_unclaimed_differ(void **state)
{
	(void)state;
	assert_int_equal(
	    line("postgrey", "action=greylist, reason"), PARSED_UNKNOWN);
	assert_int_equal(
	    line("postgrey", "Process Backgrounded"), PARSED_IGNORED);
	assert_int_equal(line("nobody-knows", "text"), PARSED_UNKNOWN);
	assert_true(rules_claims(shipped, STR("rspamd")));
	assert_true(rules_claims(shipped, STR("systemd-logind")));
	assert_false(rules_claims(shipped, STR("postfix/smtpd")));
	assert_false(rules_claims(shipped, STR("exim")));
	assert_false(rules_claims(shipped, STR("sm-mta")));
	assert_false(rules_claims(shipped, STR("")));
}

/* Each of these lines was made by a peer who wants another's message blamed
 * (FEED...), or its own passed off as clean. */
static void
injected_links_are_not_believed(void **state)
{
	static const struct {
		const char *program, *text;
	} lines[] = {
	    {"rspamd",
	        "<2f>; proxy; rspamd_task_write_log: id: <x>, qid: <FEED5>, "
	        "ip: 192.0.2.1, (default: T (reject): [99.00/15.00] [>, qid: "
	        "<4jY3PC4DBNz1d92x>, ip: 203.0.113.19, from: <a@example.com>, "
	        "(default: F (no action): [0.10/15.00] [MIME_GOOD(-0.10){}])"},
	    {"rspamd",
	        "<2f>; proxy; rspamd_task_write_log: id: <a@example.com>, qid: "
	        "<4jY3PC4DBNz1d92x>, ip: 203.0.113.19, from: <\"x>, (default: "
	        "F (no action): [0.00/15.00] []), qid: <FEED5>\"@example.com>, "
	        "(default: T (reject): [19.00/15.00] [GTUBE(0.00){}])"},
	    {"spamd",
	        "spamd: result: Y 99 - X scantime=0.2,size=31,user=a,mid="
	        "<FEED5@example.com>,uid=102,required_score=5.0,rhost=l,raddr="
	        "127.0.0.1,rport=39282,mid=<7c@example.net>,autolearn=no"},
	    {"spamd",
	        "spamd: result: Y 99 - X scantime=0.2,size=31,user=a,uid=102,"
	        "required_score=5.0,rhost=l,raddr=127.0.0.1,rport=39282,mid="
	        "<FEED5@example.com>"},
	    {"clamav-milter", "Message from <FEED5 from <a@b> to <c> with "
	                      "subject ''@example.com> to <b@example.net> "
	                      "infected by Worm.Real"},
	    {"clamav-milter",
	        "Clean message from <Message FEED5 from <a@b> to <c> infected "
	        "by Worm.Fake> to <d@example.net>"},
	    {"mimedefang.pl",
	        "6ANBUuKS000466: MDLOG,6ANBUuKS000466,mail_in,,,<a@b>,<c@d>,x "
	        "MDLOG,FEED5,spam,99,192.0.2.1,<a@b>,<c@d>,"},
	    {"amavis",
	        "(00195-11) Blocked BANNED (x.exe) {DiscardedInbound}, "
	        "[192.0.2.9] <a@b> -> <c@d>, Queue-ID: FEED5, y.exe) "
	        "{DiscardedInbound}, [192.0.2.66]:41967 <a@b> -> <c@d>, "
	        "Queue-ID: 4834FAA62B1, Message-ID: <b7@example.com>, mail_id: "
	        "k, Hits: -, size: 1, 52 ms"},
	    {"rspamd",
	        "<2f>; proxy; rspamd_task_write_log: id: <x>, qid: "
	        "<FEED5>, ip: 192.0.2.1, from: <y>, qid: <4jY3PC4DBNz1d>, "
	        "ip: 203.0.113.19, from: <a@example.com>, (default: T "
	        "(reject): [19.00/15.00] [GTUBE(0.00){}]), len: 4"},
	    {"rspamd",
	        "<2f>; task; rspamd_task_write_log: id: <x>, qid: <FEED5>, "
	        "ip: 192.0.2.1, z>, ip: 203.0.113.19, (default: T "
	        "(reject): [19.00/15.00] [GTUBE(0.00){}]), len: 4"},
	    {"rspamd",
	        "<2f>; task; rspamd_task_write_log: id: <x>, qid: <FEED5>, "
	        "ip: 192.0.2.1, (default: T (reject): [19.00/15.00] "
	        "[CLAM_VIRUS(0.00){Worm.Fake;}]), z>, ip: 203.0.113.19, "
	        "(default: F (no action): [0.10/15.00] [])"},
	    {"spamd", "result: Y 99 - X scantime=0.2,size=31,user=a,mid="
	              "<FEED5@example.com>,rmid=<x@y>,bayes=1"},
	    {"MailScanner",
	        "Message 4F7A01234.A1B2C from 192.0.2.50 (x) to example.net is "
	        "spam, SpamAssassin (score=9, required 4)Message FEED5.A1B2C from "
	        "192.0.2.9 (x) to y is spam, SpamAssassin (score=9, required 4)) "
	        "to example.net is not spam, SpamAssassin (score=0, required 4)"},
	    {"MailScanner", "Virus Scanning: x Clamd::INFECTED:: Worm.Fake :: "
	                    "./FEED5.A1B2C/x"},
	    {"MailScanner", "Spam Actions: message 4F7A01234.A1B2C actions are "
	                    "store Requeue: FEED5.A1B2C to FEED6"},
	    {"milter-greylist",
	        "l0EAbCdE012345: addr h[192.0.2.1] from <x FEED5: addr y[192.0.2."
	        "9] from z to w delayed for 00:05:00> rcpt <b@example.net>: "
	        "autowhitelisted for 72:00:00"},
	    {"puremessage", "q=i0S0miXk018339 f=<x> t=<v> p=0.99 q=FEED5 "
	                    "y@example.com> t=<b@example.net> p=0.1 a=a/eom"},
	    {"amavis",
	        "(01155-07) Passed CLEAN, [192.0.2.66] <a@b> -> <c@d>, Message-ID: "
	        "<x>, Hits: 17.7, queued_as: FEED5, 4 ms>, Hits: 1, 494 ms"},
	    {"amavis",
	        "(00195-11) Passed CLEAN {RelayedInbound}, [192.0.2.66] <x> -> "
	        "<y>, Queue-ID: FEED5\"@example.com> -> <c@d>"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (line(lines[i].program, lines[i].text) == PARSED_USED) {
			assert_int_equal(v.kind, VERDICT_NONE);
			assert_true(str_find(ev.queue_id, STR("FEED")) < 0);
			assert_true(str_find(ev.message_id, STR("FEED")) < 0);
		}
}

static void
injected_words_do_not_make_a_verdict(void **state)
{
	(void)state;
	/* A quoted sender that looks like the rest of the line. */
	assert_int_equal(
	    line("amavis",
	        "(00195-3) Passed CLEAN {RelayedInbound}, [192.0.2.66]:41967 "
	        "<\"a\\\\\"b> -> <v@x>, Queue-ID: FEED5, Message-ID: <f>, "
	        "mail_id: x, Hits: 99, size: 1, 1 ms\"@example.com> -> "
	        "<g@example.net>, Queue-ID: 4834FAA62B1, Message-ID: <b@c>, "
	        "mail_id: kyWN, Hits: 3.399, size: 16927, 1052 ms"),
	    PARSED_USED);
	assert_str(ev.queue_id, "4834FAA62B1");
	assert_int_equal(v.kind, VERDICT_CLEAN);
	assert_true(v.score < 4);
	/* A subject that names a virus of its own: the name is in doubt. */
	assert_int_equal(
	    line("clamav-milter",
	        "Message 4jY3DG3FDXz1d9LB from <a@b> to <c@d> with subject 'x' "
	        "message-id 'y' date 'z' infected by Heuristics.Fake' "
	        "message-id '' date '' infected by Worm.Real"),
	    PARSED_USED);
	assert_int_equal(v.kind, VERDICT_NONE);
	assert_false(str_has(v.signature));
	/* MDLOG's separators are safe: the subject is the last field. */
	assert_int_equal(line("mimedefang.pl",
	                     "6ANB: MDLOG,6ANB,spam,8.9,198.51.100.1,<a@b>,"
	                     "<c@d>,MDLOG%2CX%2Cvirus%2CWorm.Fake%2C"),
	    PARSED_USED);
	assert_int_equal(v.kind, VERDICT_SPAM);
}

/* A client, a sender and a recipient that a peer wants to have blamed. */
static void
injected_clients_are_not_believed(void **state)
{
	static const struct {
		const char *program, *text;
	} lines[] = {
	    {"sqlgrey",
	        "grey: new: 192.0.2(192.0.2.1), \"x(198.51.100.9), a@b -> "
	        "v@x\"@example.com -> b@example.net"},
	    {"gld",
	        "Greylist activated for recipient=<b@example.net> sender=<x> "
	        "ip=<198.51.100.9> y@example.com> ip=<192.0.2.1>"},
	    {"policyd",
	        "rcpt=8, greylist=new, host=192.0.2.1 (h.example.com), "
	        "from=x, host=198.51.100.9 (y), from=v@x, to=b@d, size=0"},
	    {"cbpolicyd",
	        "module=Greylisting, action=defer, host=192.0.2.1, "
	        "helo=module=Greylisting, action=defer, host=198.51.100."
	        "9, helo=x, from=v@x, to=b@d, reason=greylisted"},
	    {"milter-greylist",
	        "l0EAbCdE012345: addr h[192.0.2.1] from <x l0E: addr y[198.51.100."
	        "9] from z> to <b@example.net> delayed for 00:05:00 (ACL 72)"},
	};
	struct addr mine;

	(void)state;
	assert_true(addr_parse(STR("192.0.2.1"), &mine));
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (line(lines[i].program, lines[i].text) == PARSED_USED) {
			assert_int_equal(v.kind, VERDICT_GREYLISTED);
			assert_int_equal(addr_cmp(ev.client, mine), 0);
			assert_false(str_has(ev.sender));
			assert_int_equal(ev.nrecipients, 0);
		}
}

static void
text_counts_only_where_the_content_was_seen(void **state)
{
	static const enum stage early[] = {
	    STAGE_NONE, STAGE_CONNECT, STAGE_HELO, STAGE_MAIL, STAGE_RCPT};
	static const char *const words[] = {"Virus found: Worm.Mydoom.M",
	    "Blocked by SpamAssassin", "This message scored 9.0 spam points.",
	    "Spam message rejected", "Reject, id=1-2 - INFECTED: Worm.A"};
	static const char *const kinds[] = {"milter-reject", "acl-reject",
	    "reject", "ruleset-reject", "header-reject"};

	(void)state;
	for (size_t w = 0; w < 5; w++)
		for (size_t k = 0; k < 5; k++)
			for (size_t s = 0; s < 5; s++)
				if (text("exim", kinds[k], early[s], words[w]))
					assert_true(v.kind < VERDICT_SPAM);
	assert_true(text("exim", "acl-reject", STAGE_EOM, words[0]));
	assert_int_equal(v.kind, VERDICT_VIRUS);
	assert_str(v.signature, "Worm.Mydoom.M");
	assert_true(text("postfix", "milter-reject", STAGE_EOM, words[1]));
	assert_int_equal(v.kind, VERDICT_SPAM);
	assert_true(text("exim", "acl-reject", STAGE_DATA, words[2]));
	assert_int_equal(v.kind, VERDICT_SPAM);
	/* Not at the start: someone else's words. */
	assert_false(text("exim", "acl-reject", STAGE_EOM,
	    "Unknown user: Virus found: Worm.Mydoom.M"));
	/* An MTA's word on an address is no verdict on a message. */
	assert_false(text("exim", "acl-reject", STAGE_MAIL,
	    "Spam source blocked-spammer.example blocked"));
	assert_false(text("postfix", "reject", STAGE_RCPT,
	    "Recipient address rejected: User unknown"));
}

static void
names_that_are_no_malware(void **state)
{
	static const struct {
		const char *name;
		enum verdict_kind kind;
	} names[] = {
	    {"Eicar-Test-Signature", VERDICT_VIRUS},
	    {"Win.Test.EICAR_HDB-1.UNOFFICIAL", VERDICT_VIRUS},
	    {"Heuristics.Encrypted.Zip", VERDICT_BANNED},
	    {"Heuristics.Phishing.Email.SpoofedDomain", VERDICT_SPAM},
	    {"Sanesecurity.Phishing.Bank.28743.UNOFFICIAL", VERDICT_SPAM},
	    {"Sanesecurity.Junk.39934.UNOFFICIAL", VERDICT_SPAM},
	    {"Sanesecurity.Malware.1.UNOFFICIAL", VERDICT_VIRUS},
	};
	char words[128];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(
		    words, sizeof(words), "Virus found: %s", names[i].name);
		assert_true(text("postfix", "milter-reject", STAGE_EOM, words));
		assert_int_equal(v.kind, names[i].kind);
		assert_str(v.signature, names[i].name);
	}
	/* Of several, the worst. */
	assert_true(text("postfix", "discard-reply", STAGE_NONE,
	    "Ok, discarded, id=1-2 - INFECTED: Heuristics.Encrypted.Zip, "
	    "Worm.A"));
	assert_int_equal(v.kind, VERDICT_VIRUS);
}

static void
lists_and_greylisting_are_no_accusation(void **state)
{
	(void)state;
	assert_true(text("postfix", "reject", STAGE_RCPT,
	    "Service unavailable; Client host [192.0.2.1] blocked using "
	    "bl.example.net; spam source, see https://bl.example.net/"));
	assert_int_equal(v.kind, VERDICT_LISTED);
	assert_str(v.signature, "bl.example.net");
	assert_true(
	    text("postfix", "milter-reject", STAGE_EOM, "Try again later"));
	assert_int_equal(v.kind, VERDICT_GREYLISTED);
	assert_false(
	    text("postfix", "milter-reject", STAGE_RCPT, "Try again later"));
}

static void
a_score_needs_its_threshold(void **state)
{
	(void)state;
	assert_true(text("exim", "acl-log", STAGE_NONE,
	    "spamcheck: score=4.9 required=5.0 host=192.0.2.1"));
	assert_int_equal(v.kind, VERDICT_CLEAN);
	assert_true(text("exim", "acl-log", STAGE_NONE,
	    "spamcheck: score=5.0 required=5.0 host=192.0.2.1"));
	assert_int_equal(v.kind, VERDICT_SPAM);
	assert_true(v.has_threshold);
	assert_true(text("exim", "acl-warn", STAGE_NONE, "spam score 1.2 (+)"));
	assert_int_equal(v.kind, VERDICT_NONE);
	/* A number no store can hold is none. */
	assert_true(text("exim", "acl-log", STAGE_NONE,
	    "spamcheck: score=99999999999999999999 required=5.0 x"));
	assert_int_equal(v.kind, VERDICT_NONE);
	assert_false(v.has_score);
}

static void
the_list_of_rules_is_whole(void **state)
{
	struct str name, filter, summary;
	size_t at = 0, n = 0;

	(void)state;
	while (rules_next(shipped, &at, &name, &filter, &summary)) {
		assert_true(name.n && filter.n && summary.n);
		n++;
	}
	assert_true(n >= 60);
}

/* The loader, on folders of its own. */

static char folder[64];

static void
put(const char *name, const char *content)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(content, f);
	fclose(f);
}

static int
set_up(void **state)
{
	char path[128];

	(void)state;
	strcpy(folder, "/tmp/rules_test.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/local", folder);
	return mkdir(path, 0700);
}

static int
tear_down(void **state)
{
	char cmd[128];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -r %s", folder);
	return system(cmd);
}

#define HEAD "filter: f\nsummary: s\nprograms: [p]\nrules:\n"
#define RULE                                                                   \
	"  - name: one\n    match: '^id (?<queue_id>\\w+) (?<score>\\d+)$'\n"  \
	"    verdict: spam\n"                                                  \
	"    samples: [{line: id Q 7, is: {verdict: spam, score: \"7\"}}]\n"

static void
bad_files_are_refused_where_they_are_bad(void **state)
{
	static const struct {
		const char *yaml, *error;
	} bad[] = {
	    {"filter: f\n", ":1: 'summary' is missing"},
	    {HEAD "  - {name: a, match: '(', verdict: spam}\n",
	        "x.yaml:5: pattern: "},
	    {HEAD
	        "  - name: a\n    match: '^(?<colour>.)'\n    verdict: none\n",
	        "x.yaml:6: group 'colour' is no field"},
	    {HEAD "  - name: a\n    match: 'x'\n    verdict: evil\n",
	        "x.yaml:7: a verdict is "},
	    {HEAD "  - name: a\n    match: 'x'\n    verdict: spam\n",
	        "needs a group queue_id"},
	    {HEAD "  - name: a\n    verdict: ignored\n", "'every: true'"},
	    {HEAD "  - name: a\n    every: true\n    match: 'x'\n"
	          "    verdict: ignored\n",
	        "'every: true'"},
	    {HEAD "  - {name: a, match: x, verdict: ignored}\n",
	        "'a' has no samples"},
	    {HEAD "  - {name: a, match: x, verdict: ignored, colour: red}\n",
	        "colour"},
	    {HEAD "  - {name: a, text: acl-reject, match: x, verdict: spam}\n",
	        "need 'stage: [data, eom]'"},
	    {HEAD
	        "  - {name: a, text: acl-reject, stage: [rcpt, eom], match: x,"
	        " verdict: virus}\n",
	        "need 'stage: [data, eom]'"},
	    {HEAD "  - {name: a, text: acl-warn, stage: never, match: x,"
	          " verdict: spam}\n",
	        "no stage 'never'"},
	    {HEAD RULE RULE, "a rule 'one' is there already"},
	    {HEAD "  - name: one\n    match: '^id (?<queue_id>\\w+)$'\n"
	          "    verdict: spam\n"
	          "    samples: [{line: no Q, is: {verdict: spam}}]\n",
	        "x.yaml:8: rule 'one' does not know its sample"},
	    {HEAD "  - name: one\n    match: '^id (?<queue_id>\\w+)$'\n"
	          "    verdict: spam\n"
	          "    samples: [{line: id Q, is: {verdict: clean}}]\n",
	        "verdict is 'spam'"},
	    {HEAD
	        "  - name: one\n    match: '^id (?<queue_id>\\w+)$'\n"
	        "    verdict: spam\n"
	        "    samples: [{line: id Q, is: {verdict: spam, queue_id: R}}]\n",
	        "queue_id is 'Q'"},
	    {HEAD RULE "    not_samples: [id Q 8]\n",
	        "matches what it must not"},
	    {HEAD RULE "  - name: two\n    match: '^id (?<queue_id>\\w+)'\n"
	               "    verdict: spam\n"
	               "    samples: [{line: id Q 7, is: {verdict: spam}}]\n",
	        "rule 'one' takes the sample before 'two'"},
	    {HEAD "  - name: a\n    match: '^(?<queue_id>\\w+)'\n"
	          "    verdict: {reached: spam, below: none}\n",
	        "no group 'score'"},
	    {HEAD "  - name: a\n    match: '^(?<queue_id>\\w+)'\n"
	          "    verdict: {by: queue_id, map: {A: spam}}\n",
	        "'else' is missing"},
	    {"filter: f\nsummary: s\nsignatures:\n"
	     "  - {match: '^A', verdict: banned, samples: [B]}\n",
	        "x.yaml:4: 'B' is virus"},
	};
	struct rules *r;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		put("x.yaml", bad[i].yaml);
		assert_int_equal(rules_load(&r, folder, &e), ERR_USAGE);
		if (strstr(e.text, bad[i].error) == NULL)
			fail_msg("%zu: %s, not %s", i, e.text, bad[i].error);
	}
}

static void
a_missing_folder_is_an_error(void **state)
{
	struct rules *r;
	struct err e;

	(void)state;
	assert_int_equal(rules_load(&r, "/nonexistent", &e), ERR_USAGE);
}

static void
local_rules_come_first(void **state)
{
	struct log_line in = {.program = STR("p"), .text = STR("id Q 7")};
	struct rules *r;
	struct err e;

	(void)state;
	put("x.yaml", HEAD RULE);
	put("local/z.yaml",
	    HEAD "  - name: mine\n    starts: \"id \"\n    verdict: ignored\n"
	         "    samples: [{line: id x, is: {verdict: ignored}}]\n");
	assert_int_equal(rules_load(&r, folder, &e), 0);
	assert_int_equal(rules_line(r, &in, &ev, &v), PARSED_IGNORED);
	rules_free(r);
}

/* Giving up is not "no": the next rule must not have its say. */
static void
a_pattern_that_gives_up_leaves_the_line_unknown(void **state)
{
	static char as[4000];
	struct log_line in = {
	    .program = STR("p"), .text = str_of(as, sizeof(as))};
	struct rules *r;
	struct err e;

	(void)state;
	memset(as, 'a', sizeof(as));
	put("x.yaml", HEAD "  - name: slow\n    match: '^(?:a+)+b|c$'\n"
	                   "    verdict: ignored\n"
	                   "    samples: [{line: ab, is: {verdict: ignored}}]\n"
	                   "  - {name: rest, every: true, verdict: ignored}\n");
	assert_int_equal(rules_load(&r, folder, &e), 0);
	assert_int_equal(rules_line(r, &in, &ev, &v), PARSED_UNKNOWN);
	in.text = STR("x");
	assert_int_equal(rules_line(r, &in, &ev, &v), PARSED_IGNORED);
	rules_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_filters_line_gives_verdict_and_links),
	    cmocka_unit_test(unknown_ignored_and_unclaimed_differ),
	    cmocka_unit_test(injected_links_are_not_believed),
	    cmocka_unit_test(injected_clients_are_not_believed),
	    cmocka_unit_test(injected_words_do_not_make_a_verdict),
	    cmocka_unit_test(text_counts_only_where_the_content_was_seen),
	    cmocka_unit_test(names_that_are_no_malware),
	    cmocka_unit_test(lists_and_greylisting_are_no_accusation),
	    cmocka_unit_test(a_score_needs_its_threshold),
	    cmocka_unit_test(the_list_of_rules_is_whole),
	};
	const struct CMUnitTest loader[] = {
	    cmocka_unit_test_setup_teardown(
	        bad_files_are_refused_where_they_are_bad, set_up, tear_down),
	    cmocka_unit_test(a_missing_folder_is_an_error),
	    cmocka_unit_test_setup_teardown(
	        local_rules_come_first, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
	        a_pattern_that_gives_up_leaves_the_line_unknown, set_up,
	        tear_down),
	};

	return cmocka_run_group_tests(tests, load_shipped, free_shipped) +
	       cmocka_run_group_tests(loader, NULL, NULL);
}
