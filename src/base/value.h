/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value on its way from a store's row to an output, or from the program
 * into a statement.  Text and blobs point to memory that is owned by whoever
 * made the value: of a statement's row, until its next step.
 */
#ifndef BASE_VALUE_H
#define BASE_VALUE_H

#include "base/str.h"

enum value_type {
	VALUE_NULL,
	VALUE_INT,
	VALUE_REAL,
	VALUE_TEXT,
	VALUE_BLOB,
	VALUE_BOOL, /* i is 0 or 1 */
	VALUE_TIME, /* i is microseconds UTC */
	VALUE_JSON, /* s is JSON text, passed on as it is */
};

struct value {
	enum value_type type;
	int64_t i;
	double r;
	struct str s;
};

static inline struct value
value_null(void)
{
	return (struct value){VALUE_NULL, 0, 0, {NULL, 0}};
}

static inline struct value
value_int(int64_t i)
{
	return (struct value){VALUE_INT, i, 0, {NULL, 0}};
}

static inline struct value
value_real(double r)
{
	return (struct value){VALUE_REAL, 0, r, {NULL, 0}};
}

static inline struct value
value_bool(bool b)
{
	return (struct value){VALUE_BOOL, b, 0, {NULL, 0}};
}

static inline struct value
value_time(int64_t t)
{
	return (struct value){VALUE_TIME, t, 0, {NULL, 0}};
}

/* An absent text is a null. */
static inline struct value
value_str(struct str s)
{
	return (struct value){s.p ? VALUE_TEXT : VALUE_NULL, 0, 0, s};
}

static inline struct value
value_z(const char *z)
{
	return value_str(str_z(z));
}

static inline struct value
value_json(struct str s)
{
	return (struct value){s.p ? VALUE_JSON : VALUE_NULL, 0, 0, s};
}

static inline struct value
value_blob(const void *p, size_t n)
{
	return (struct value){p ? VALUE_BLOB : VALUE_NULL, 0, 0, {p, n}};
}

#endif
