/* SPDX-License-Identifier: Apache-2.0 */
#include "base/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "base/arena.h"

struct regex {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
	size_t groups;
	struct str names[REGEX_GROUPS]; /* in the code's own name table */
};

static int
fail(struct err *e, int code, size_t at)
{
	PCRE2_UCHAR text[128];

	pcre2_get_error_message(code, text, sizeof(text));
	return err_set(e, ERR_USAGE, "pattern: %s (at byte %zu)",
	    (const char *)text, at + 1);
}

/* The name table: entries of a fixed size, group number in two bytes first
 * (pcre2api(3), "Information about a compiled pattern"). */
static int
read_names(struct regex *r, struct err *e)
{
	uint32_t i, group, count, size, highest;
	PCRE2_SPTR entry;

	pcre2_pattern_info(r->code, PCRE2_INFO_CAPTURECOUNT, &highest);
	if (highest >= REGEX_GROUPS)
		return err_set(e, ERR_USAGE, "pattern: more than %d groups",
		    REGEX_GROUPS - 1);
	r->groups = highest;
	pcre2_pattern_info(r->code, PCRE2_INFO_NAMECOUNT, &count);
	pcre2_pattern_info(r->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(r->code, PCRE2_INFO_NAMETABLE, &entry);
	for (i = 0; i < count; i++, entry += size) {
		group = (uint32_t)entry[0] << 8 | entry[1];
		r->names[group] = str_z((const char *)entry + 2);
	}
	return 0;
}

static int
compile(struct regex *r, struct str pattern, struct err *e)
{
	uint32_t options = PCRE2_NO_AUTO_CAPTURE | PCRE2_DOLLAR_ENDONLY |
	                   PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
	PCRE2_SIZE at;
	int code;

	r->code = pcre2_compile((PCRE2_SPTR)(pattern.p ? pattern.p : ""),
	    pattern.n, options, &code, &at, NULL);
	if (r->code == NULL)
		return fail(e, code, at);
	/* Without JIT (an odd machine) the interpreter does the work. */
	pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE);
	r->data = pcre2_match_data_create_from_pattern(r->code, NULL);
	r->limits = pcre2_match_context_create(NULL);
	if (r->data == NULL || r->limits == NULL)
		return err_set(e, ERR_FAIL, "pattern: out of memory");
	pcre2_set_match_limit(r->limits, REGEX_STEPS);
	pcre2_set_heap_limit(r->limits, 1024); /* KiB */
	return read_names(r, e);
}

int
regex_compile(struct regex **out, struct str pattern, struct err *e)
{
	struct regex *r = xcalloc(1, sizeof(*r));
	int rc = compile(r, pattern, e);

	if (rc < 0) {
		regex_free(r);
		return rc;
	}
	*out = r;
	return 0;
}

void
regex_free(struct regex *r)
{
	if (r == NULL)
		return;
	pcre2_match_data_free(r->data);
	pcre2_match_context_free(r->limits);
	pcre2_code_free(r->code);
	free(r);
}

size_t
regex_groups(const struct regex *r)
{
	return r->groups;
}

struct str
regex_name(const struct regex *r, size_t group)
{
	return group <= r->groups ? r->names[group] : STR_NONE;
}

size_t
regex_group(const struct regex *r, struct str name)
{
	size_t i;

	for (i = r->groups; i > 0 && !str_eq(r->names[i], name); i--)
		;
	return i;
}

enum regex_result
regex_match(const struct regex *r, struct str text,
    struct str groups[static REGEX_GROUPS])
{
	const PCRE2_SIZE *at;
	int n = pcre2_match(r->code, (PCRE2_SPTR)(text.p ? text.p : ""), text.n,
	    0, 0, r->data, r->limits);

	if (n == PCRE2_ERROR_NOMATCH)
		return REGEX_NO;
	if (n < 1)
		return REGEX_GAVE_UP;
	at = pcre2_get_ovector_pointer(r->data);
	for (size_t i = 0; i <= r->groups; i++) {
		/* Groups behind the last one set are PCRE2_UNSET too; \K may
		 * put a start behind its end. */
		groups[i] = STR_NONE;
		if (at[2 * i] != PCRE2_UNSET && at[2 * i] <= at[2 * i + 1])
			groups[i] = str_of((text.p ? text.p : "") + at[2 * i],
			    at[2 * i + 1] - at[2 * i]);
	}
	return REGEX_YES;
}
