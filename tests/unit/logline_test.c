/* SPDX-License-Identifier: Apache-2.0 */
/* The line behind a fact, in each form that a log may have. */
#include "report/logline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define ENTRY                                                                  \
	"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1795435963000000\n_CMDLINE="       \
	"smtpd smtpd smtpd smtpd smtpd smtpd smtpd smtpd smtpd smtpd\n"

static const char plain[] =
    "2026-11-23T12:12:43Z mx p: 4F7A0: from=<a@example.com>\n";
static const char json[] =
    "{\"MESSAGE\":\"4F7A0: to=<b@example.net> \\\"x\\\"\",\"_PID\":\"1\"}\n";
static const char text[] = ENTRY "MESSAGE=4F7A0: removed\n\n";
static const char binary[] = ENTRY "MESSAGE\n\11\0\0\0\0\0\0\0"
                                   "4F7A0:\nxy\n\n";

static struct arena mem;
static char path[] = "/tmp/logline_test.XXXXXX";

static struct logline
line_at(size_t offset)
{
	struct logline l = {.source = str_z(path), .offset = (int64_t)offset};

	l.ids[0] = STR("4F7A0");
	return l;
}

static void
a_line_is_shown_as_its_program_wrote_it(void **state)
{
	size_t at = 0;
	struct logline l[6];
	FILE *f = fdopen(mkstemp(path), "w");

	(void)state;
	assert_non_null(f);
	fwrite(plain, 1, sizeof(plain) - 1, f);
	fwrite(json, 1, sizeof(json) - 1, f);
	fwrite(text, 1, sizeof(text) - 1, f);
	fwrite(binary, 1, sizeof(binary) - 1, f);
	fclose(f);
	l[0] = line_at(0);
	l[1] = line_at(at += sizeof(plain) - 1);
	l[2] = line_at(at += sizeof(json) - 1);
	l[3] = line_at(at += sizeof(text) - 1);
	l[4] = line_at(2);
	l[5] = line_at(0);
	l[5].ids[0] = STR("FEED5");
	loglines_read(l, 6, &mem);
	unlink(path);
	assert_true(str_eq(l[0].text, str_of(plain, sizeof(plain) - 2)));
	assert_true(str_eq(l[1].text, STR("4F7A0: to=<b@example.net> \"x\"")));
	assert_true(str_eq(l[2].text, STR("4F7A0: removed")));
	assert_true(str_eq(l[3].text, STR("4F7A0:\nxy")));
	for (int i = 4; i < 6; i++) {
		assert_false(str_has(l[i].text));
		assert_non_null(l[i].missing);
	}
	arena_free(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_is_shown_as_its_program_wrote_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
