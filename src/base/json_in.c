/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds where an object ends by its brackets and quotes, then has jansson read
 * it.  The only file that knows jansson.
 */
#include "base/json_in.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/arena.h"

struct json_in {
	FILE *f;
	json_t *root; /* of the object given last */
	char *buf;    /* JSON_IN_MAX */
	size_t n;
	bool too_long, too_deep;
	bool cut;
	int64_t line;  /* the one being read, from 1 */
	int64_t begun; /* the line of the object */
	bool leading;  /* only blanks in the line so far: */
	size_t indent; /* so many */
	size_t column; /* of the object's '{', if its line begins with it */
	const char *why;
};

struct json_in *
json_in_new(FILE *f)
{
	struct json_in *in = xcalloc(1, sizeof(*in));

	in->f = f;
	in->buf = xmalloc(JSON_IN_MAX);
	in->line = 1;
	in->leading = true;
	return in;
}

void
json_in_free(struct json_in *in)
{
	if (!in)
		return;
	json_decref(in->root);
	free(in->buf);
	free(in);
}

static int
next_byte(struct json_in *in)
{
	int c = getc_unlocked(in->f);

	if (c == '\n') {
		in->line++;
		in->leading = true;
		in->indent = 0;
	} else if (c == ' ' || c == '\t') {
		in->indent += in->leading;
	} else {
		in->leading = false;
	}
	return c;
}

static void
keep(struct json_in *in, int c)
{
	if (in->n < JSON_IN_MAX)
		in->buf[in->n++] = (char)c;
	else
		in->too_long = true;
}

/* Past what may be between objects; the byte after it, or EOF. */
static int
skip_between(struct json_in *in)
{
	int c;

	do {
		in->column = in->leading ? in->indent : 0;
		c = next_byte(in);
	} while (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' ||
	         c == '[' || c == ']');
	return c;
}

static enum json_in_got
bad(struct json_in *in, const char *why)
{
	in->why = why;
	return JSON_IN_BAD;
}

/* The rest of a line that is no JSON. */
static enum json_in_got
skip_line(struct json_in *in, int c)
{
	for (; c != EOF && c != '\n'; c = next_byte(in))
		keep(in, c);
	return bad(in, "no JSON object");
}

enum scan { SCAN_DONE, SCAN_CUT, SCAN_BROKEN };

/* Behind the quote of a string, to its end. */
static enum scan
scan_string(struct json_in *in)
{
	int c;

	while ((c = next_byte(in)) != EOF) {
		if (c == '\n')
			return SCAN_BROKEN;
		keep(in, c);
		if (c == '"')
			return SCAN_DONE;
		if (c == '\\') {
			c = next_byte(in);
			if (c == EOF)
				break;
			if (c == '\n')
				return SCAN_BROKEN;
			keep(in, c);
		}
	}
	return SCAN_CUT;
}

/* Behind the first '{', to its '}'. */
static enum scan
scan_object(struct json_in *in)
{
	size_t depth = 1;
	enum scan s;

	while (depth > 0) {
		bool leading = in->leading;
		int c = next_byte(in);

		if (c == EOF)
			return SCAN_CUT;
		if (c == '{' && leading && in->indent <= in->column) {
			ungetc(c, in->f); /* it begins the next object */
			in->leading = true;
			return SCAN_BROKEN;
		}
		keep(in, c);
		if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
		else if (c == '"' && (s = scan_string(in)) != SCAN_DONE)
			return s;
		if (depth > JSON_IN_DEPTH)
			in->too_deep = true;
	}
	return SCAN_DONE;
}

enum json_in_got
json_in_next(struct json_in *in, const struct json_node **out)
{
	json_error_t error;
	enum scan s;
	int c;

	json_decref(in->root);
	in->root = NULL;
	in->n = 0;
	in->too_long = in->too_deep = false;
	c = skip_between(in);
	in->begun = in->line;
	if (c == EOF)
		return JSON_IN_END;
	if (c != '{')
		return skip_line(in, c);
	keep(in, c);
	s = scan_object(in);
	if (s == SCAN_CUT) {
		in->cut = true;
		return JSON_IN_END;
	}
	if (s == SCAN_BROKEN)
		return bad(in, "an object without its end");
	if (in->too_long)
		return bad(in, "an object that is too long");
	if (in->too_deep)
		return bad(in, "an object that is too deep");
	in->root = json_loadb(in->buf, in->n, JSON_REJECT_DUPLICATES, &error);
	if (!in->root)
		return bad(
		    in, json_error_code(&error) == json_error_duplicate_key
		            ? "a key that is there twice"
		            : "no JSON object");
	*out = (const struct json_node *)in->root;
	return JSON_IN_OBJECT;
}

struct str
json_in_text(const struct json_in *in)
{
	return str_of(in->buf, in->n);
}

int64_t
json_in_line(const struct json_in *in)
{
	return in->begun;
}

const char *
json_in_why(const struct json_in *in)
{
	return in->why;
}

bool
json_in_cut(const struct json_in *in)
{
	return in->cut;
}

static const json_t *
member(const struct json_node *object, const char *key)
{
	return json_object_get((const json_t *)object, key);
}

struct str
json_get_text(const struct json_node *object, const char *key,
    char buf[static JSON_NUMBER_MAX])
{
	const json_t *v = member(object, key);
	int n;

	if (json_is_string(v))
		return str_of(json_string_value(v), json_string_length(v));
	if (!json_is_integer(v))
		return STR_NONE;
	n = snprintf(buf, JSON_NUMBER_MAX, "%" JSON_INTEGER_FORMAT,
	    json_integer_value(v));
	return str_of(buf, (size_t)n);
}

bool
json_get_number(const struct json_node *object, const char *key, uint64_t max,
    uint64_t *out)
{
	char buf[JSON_NUMBER_MAX];
	struct str s = json_get_text(object, key, buf);
	uint64_t n;

	if (!str_has(s) || !str_u64(s, &n) || n > max)
		return false;
	*out = n;
	return true;
}

bool
json_has(const struct json_node *object, const char *key)
{
	return member(object, key) != NULL;
}

const struct json_node *
json_get_element(const struct json_node *object, const char *key, size_t i)
{
	return (const struct json_node *)json_array_get(member(object, key), i);
}
