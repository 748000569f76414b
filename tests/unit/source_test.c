/* SPDX-License-Identifier: Apache-2.0 */
/* The compressed files are made by the tools themselves. */
#include "input/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"

#define TEXT_BYTES ((size_t)700 * 1000)

static struct err err;
static char folder[] = "/tmp/source_test.XXXXXX";
static char *text; /* TEXT_BYTES of lines that do not compress to nothing */

/* The whole source, read in pieces of n bytes. */
static struct str
read_all(struct source *s, size_t n)
{
	char *buf = xmalloc(TEXT_BYTES * 3);
	size_t at = 0;
	long got;

	while ((got = source_read(s, buf + at, n, &err)) > 0) {
		at += (size_t)got;
		assert_true(at + n <= TEXT_BYTES * 3);
	}
	assert_int_equal(got, 0);
	assert_int_equal(source_read(s, buf, n, &err), 0);
	return str_of(buf, at);
}

static struct str
read_path(const char *path, size_t n, bool truncated)
{
	struct source *s = NULL;
	struct str out;

	if (source_open(&s, path, &err) != 0)
		fail_msg("%s", err.text);
	out = read_all(s, n);
	assert_int_equal(source_truncated(s), truncated);
	source_close(s);
	return out;
}

static const char *
shell(const char *fmt, ...)
{
	static char path[200];
	char command[600];
	va_list ap;
	int n;

	n = snprintf(command, sizeof(command), "cd %s && ", folder);
	va_start(ap, fmt);
	vsnprintf(command + n, sizeof(command) - (size_t)n, fmt, ap);
	va_end(ap);
	assert_int_equal(system(command), 0);
	snprintf(path, sizeof(path), "%s/out", folder);
	return path;
}

static void
assert_reads(const char *path, size_t size, bool truncated)
{
	static const size_t piece[] = {1 << 18, 4096, 77777};

	for (size_t i = 0; i < 3; i++) {
		struct str got = read_path(path, piece[i], truncated);
		assert_int_equal(got.n, size);
		assert_memory_equal(got.p, text, size);
		free((char *)(uintptr_t)got.p);
	}
}

static const char *const tool[] = {"cat", "gzip", "xz -1", "zstd -q", "bzip2"};

static void
test_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < 5; i++)
		assert_reads(
		    shell("%s < text > out", tool[i]), TEXT_BYTES, false);
}

static void
test_members(void **state)
{
	(void)state;
	for (size_t i = 0; i < 5; i++) {
		const char *path = shell("(head -c 300001 text | %s;"
		                         " tail -c +300002 text | %s) > out",
		    tool[i], tool[i]);
		assert_reads(path, TEXT_BYTES, false);
	}
	assert_reads(shell("(head -c 9 text | gzip; : | xz; : | gzip;"
	                   " tail -c +10 text | zstd) > out"),
	    TEXT_BYTES, false);
}

static void
test_padding(void **state)
{
	(void)state;
	assert_reads(shell("(gzip < text; head -c 300000 /dev/zero) > out"),
	    TEXT_BYTES, false);
	assert_reads(shell("(gzip < text; echo lost) > out"), TEXT_BYTES, true);
}

/* Everything that was whole before the cut is given. */
static void
test_cut(void **state)
{
	/* What may be missing before the cut: bzip2 works in blocks of up to
	 * 900 kB and zstd in blocks of up to 128 KiB. */
	static const size_t least[] = {0, 330000, 330000, 200000, 0};

	(void)state;
	for (size_t i = 1; i < 5; i++) {
		const char *path = shell("%s < text > whole;"
		                         " head -c $(($(wc -c < whole) / 2))"
		                         " whole > out",
		    tool[i]);
		struct str got = read_path(path, 1 << 18, true);
		assert_in_range(got.n, least[i], TEXT_BYTES - 1);
		assert_memory_equal(got.p, text, got.n);
		free((char *)(uintptr_t)got.p);
	}
}

static void
test_damaged(void **state)
{
	(void)state;
	for (size_t i = 1; i < 5; i++) {
		const char *path = shell("%s < text > out;"
		                         " head -c 300 /dev/zero | dd of=out"
		                         " bs=1 seek=150000 conv=notrunc"
		                         " status=none",
		    tool[i]);
		struct str got = read_path(path, 1 << 18, true);
		assert_in_range(got.n, 0, TEXT_BYTES - 1);
		free((char *)(uintptr_t)got.p);
	}
}

static void
test_empty(void **state)
{
	(void)state;
	for (size_t i = 0; i < 5; i++)
		assert_reads(shell(": | %s > out", tool[i]), 0, false);
}

static void
test_refused(void **state)
{
	struct source *s = NULL;

	(void)state;
	assert_int_equal(source_open(&s, "/nonexistent", &err), ERR_FAIL);
	assert_string_equal(
	    err.text, "/nonexistent: No such file or directory");
	assert_int_equal(source_open(&s, folder, &err), ERR_FAIL);
	assert_non_null(strstr(err.text, ": is a directory"));
	assert_non_null(strstr(err.text, folder));
	assert_int_equal(source_open(&s, "/proc/self/mem", &err), ERR_FAIL);
	assert_string_equal(err.text, "/proc/self/mem: Input/output error");
	assert_null(s);
}

static void
test_stdin(void **state)
{
	int old = dup(0);

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		FILE *p;
		struct str got;
		char command[100];

		snprintf(
		    command, sizeof(command), "%s < %s/text", tool[i], folder);
		p = popen(command, "r");
		assert_non_null(p);
		dup2(fileno(p), 0);
		got = read_path("-", 50000, false);
		assert_int_equal(got.n, TEXT_BYTES);
		assert_memory_equal(got.p, text, got.n);
		free((char *)(uintptr_t)got.p);
		pclose(p);
	}
	dup2(old, 0);
	close(old);
}

static void
test_memory(void **state)
{
	struct source *s = NULL;
	struct str got;

	(void)state;
	for (size_t chunk = 0; chunk < 9; chunk++) {
		assert_int_equal(source_of_memory(&s, str_of(text, 5000), chunk,
		                     "memory", &err),
		    0);
		assert_string_equal(source_path(s), "memory");
		got = read_all(s, 100);
		assert_int_equal(got.n, 5000);
		assert_memory_equal(got.p, text, 5000);
		free((char *)(uintptr_t)got.p);
		source_close(s);
	}
}

static void
test_skip(void **state)
{
	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct source *s = NULL;
		struct str got;

		assert_int_equal(
		    source_open(&s, shell("%s < text > out", tool[i]), &err),
		    0);
		assert_int_equal(source_skip(s, 400000, &err), 400000);
		got = read_all(s, 1000);
		assert_int_equal(got.n, TEXT_BYTES - 400000);
		assert_memory_equal(got.p, text + 400000, got.n);
		free((char *)(uintptr_t)got.p);
		source_close(s);
		assert_int_equal(source_open(&s, shell("true"), &err), 0);
		assert_int_equal(
		    source_skip(s, TEXT_BYTES + 5, &err), TEXT_BYTES);
		source_close(s);
	}
}

static void
test_growing(void **state)
{
	struct source *s = NULL;
	char buf[100];

	(void)state;
	assert_int_equal(source_open(&s, shell("printf ab > out"), &err), 0);
	assert_int_equal(source_read(s, buf, sizeof(buf), &err), 2);
	assert_int_equal(source_read(s, buf, sizeof(buf), &err), 0);
	shell("printf cde >> out");
	assert_int_equal(source_read(s, buf, sizeof(buf), &err), 3);
	assert_memory_equal(buf, "cde", 3);
	source_close(s);
}

static int
setup(void **state)
{
	uint32_t seed = 1;
	FILE *f;
	char path[100];

	(void)state;
	text = xmalloc(TEXT_BYTES);
	for (size_t i = 0; i < TEXT_BYTES; i++) {
		seed = seed * 1664525 + 1013904223;
		text[i] = (seed >> 24) < 4 ? '\n' : (char)('a' + (seed >> 28));
	}
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/text", folder);
	f = fopen(path, "wb");
	return f == NULL || fwrite(text, 1, TEXT_BYTES, f) != TEXT_BYTES ||
	       fclose(f) != 0;
}

static int
teardown(void **state)
{
	char command[100];

	(void)state;
	free(text);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),
	    cmocka_unit_test(test_members),
	    cmocka_unit_test(test_padding),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_damaged),
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_stdin),
	    cmocka_unit_test(test_memory),
	    cmocka_unit_test(test_skip),
	    cmocka_unit_test(test_growing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
