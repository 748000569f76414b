/* SPDX-License-Identifier: Apache-2.0 */
#include "base/csv.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Where the field that starts at i begins: spaces before a quote do not
 * count. */
static size_t
field_start(struct str s, size_t i, char sep)
{
	while (i < s.n && is_blank(s.p[i]) && s.p[i] != sep)
		i++;
	return i;
}

/* Steps over a quoted field from the byte after its quote; true if it is
 * closed, and then *i is behind the closing quote. */
static bool
skip_quoted(struct str s, size_t *i)
{
	while (*i < s.n &&
	       (s.p[*i] != '"' || (*i + 1 < s.n && s.p[*i + 1] == '"')))
		*i += s.p[*i] == '"' ? 2 : 1;
	if (*i >= s.n)
		return false;
	(*i)++;
	return true;
}

bool
csv_is_open(struct str s, char sep)
{
	size_t i = 0;

	if (str_chr(s, '"') < 0)
		return false;
	while (i < s.n) {
		i = field_start(s, i, sep);
		if (i < s.n && s.p[i] == '"') {
			i++;
			if (!skip_quoted(s, &i))
				return true;
		}
		while (i < s.n && s.p[i] != sep)
			i++;
		i++;
	}
	return false;
}

bool
csv_is_sound(struct str s, char sep)
{
	size_t i = 0;

	while (i < s.n) {
		i = field_start(s, i, sep);
		if (i < s.n && s.p[i] == '"') {
			i++;
			if (!skip_quoted(s, &i))
				return false;
			i = field_start(s, i, sep);
			if (i < s.n && s.p[i] != sep)
				return false;
		}
		while (i < s.n && s.p[i] != sep)
			i++;
		i++;
	}
	return true;
}

/* The quoted field whose first byte after the quote is at i; what follows the
 * closing quote up to the separator is added as it is. */
static struct str
take_quoted(char *s, size_t n, size_t *i, char sep)
{
	size_t from = *i, to = *i;

	for (; *i < n; (*i)++) {
		if (s[*i] == '"') {
			if (*i + 1 >= n || s[*i + 1] != '"')
				break;
			(*i)++;
		}
		s[to++] = s[*i];
	}
	if (*i < n)
		(*i)++;
	for (; *i < n && s[*i] != sep; (*i)++)
		if (!is_blank(s[*i]))
			s[to++] = s[*i];
	return str_of(s + from, to - from);
}

size_t
csv_split(char *record, size_t n, char sep, struct str *fields, size_t max)
{
	struct str whole = str_of(record, n), field;
	size_t count = 0, i = 0;

	for (;;) {
		size_t from = i = field_start(whole, i, sep);

		if (i < n && record[i] == '"') {
			i++;
			field = take_quoted(record, n, &i, sep);
		} else {
			ptrdiff_t end = str_chr(str_from(whole, i), sep);

			i = end < 0 ? n : i + (size_t)end;
			field = str_trim(str_of(record + from, i - from));
		}
		if (count < max)
			fields[count] = field;
		count++;
		if (i >= n)
			return count;
		i++;
	}
}

char
csv_separator(struct str header)
{
	static const char seps[] = ",;\t";
	char best = ',';
	size_t most = 0;

	for (const char *sep = seps; *sep; sep++) {
		size_t n = 0;
		for (size_t i = 0; i < header.n; i++)
			n += header.p[i] == *sep;
		if (n > most) {
			most = n;
			best = *sep;
		}
	}
	return best;
}
