/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing JSON (RFC 8259) into a buffer: always valid UTF-8, bytes that are
 * not UTF-8 become \ufffd, control bytes are escaped.  A key of NULL is for
 * array members.  Absent text, UTC_NONE and such are the caller's to leave
 * out; the json_opt_* forms leave them out by themselves.
 */
#ifndef BASE_JSON_OUT_H
#define BASE_JSON_OUT_H

#include "base/addr.h"
#include "base/buf.h"
#include "base/value.h"

struct json {
	struct buf *out;
	bool comma; /* the next member needs one */
};

static inline struct json
json_to(struct buf *out)
{
	return (struct json){out, false};
}

void json_open(struct json *j, const char *key, char bracket); /* '{' '[' */
void json_close(struct json *j, char bracket);                 /* '}' ']' */
void json_str(struct json *j, const char *key, struct str s);
void json_i64(struct json *j, const char *key, int64_t v);
void json_real(
    struct json *j, const char *key, double v); /* null if not finite */
void json_bool(struct json *j, const char *key, bool v);
void json_null(struct json *j, const char *key);
void json_time(struct json *j, const char *key, int64_t t);
void json_addr(struct json *j, const char *key, struct addr a);
void json_value(struct json *j, const char *key, const struct value *v);
void json_opt_str(struct json *j, const char *key, struct str s);
/* Nothing but the quoted, escaped text. */
void json_quote(struct buf *out, struct str s);
/* The same where there is room for so many bytes; returns its end. */
#define JSON_QUOTED_MAX(n) (6 * (n) + 2)
char *json_quote_at(char *at, struct str s);
/* A number as JSON and CSV print it: shortest of 15 to 17 digits. */
void json_number(struct buf *out, double v);

#endif
