/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON in: the objects of a text one after the other, whether each has a line
 * (ndjson), is printed over several, or they are elements of one array.  Only
 * one object is in memory, of at most JSON_IN_MAX bytes and JSON_IN_DEPTH
 * levels.  One that is broken ends where a line begins with '{' no further to
 * the right than its own.
 */
#ifndef BASE_JSON_IN_H
#define BASE_JSON_IN_H

#include <stdio.h>

#include "base/str.h"

#define JSON_IN_MAX   (1 << 20)
#define JSON_IN_DEPTH 16

struct json_in;
struct json_node; /* a value within an object */

enum json_in_got {
	JSON_IN_END,
	JSON_IN_OBJECT,
	JSON_IN_BAD, /* no JSON, too long or deep, or a key that is there twice */
};

struct json_in *json_in_new(FILE *f); /* f stays the caller's */
void json_in_free(struct json_in *in);
/* *out is valid until the next call. */
enum json_in_got json_in_next(struct json_in *in, const struct json_node **out);
/* Of what the last call gave: its text (of bad ones the beginning), the line
 * it begins in, and why it is bad. */
struct str json_in_text(const struct json_in *in);
int64_t json_in_line(const struct json_in *in);
const char *json_in_why(const struct json_in *in);
/* Did the text end within an object? */
bool json_in_cut(const struct json_in *in);

#define JSON_NUMBER_MAX 24
/* A string, or a whole number as text in buf; absent if there is no such key
 * or it is something else. */
struct str json_get_text(const struct json_node *object, const char *key,
    char buf[static JSON_NUMBER_MAX]);
/* A number, also one in a string, up to max; false if it is none. */
bool json_get_number(const struct json_node *object, const char *key,
    uint64_t max, uint64_t *out);
bool json_has(const struct json_node *object, const char *key);
/* Element i of the array of that key; NULL past its end, or for no array. */
const struct json_node *json_get_element(
    const struct json_node *object, const char *key, size_t i);

#endif
