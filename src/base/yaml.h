/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML: a thin checked tree over libyaml.  Each node knows its file and line,
 * so that whoever refuses a value says where it stands.  Refused when
 * loading: duplicate keys, anchors, aliases, tags, keys that are not plain
 * text, a second document, more than YAML_DEPTH levels or YAML_NODES nodes.
 * All failures are ERR_USAGE with "FILE:LINE: message".
 */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define YAML_DEPTH 32
#define YAML_NODES 4000000
#define YAML_BYTES (64 << 20)

enum yaml_kind { YAML_SCALAR, YAML_SEQ, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	bool quoted; /* a scalar in '' or "" or a | or > block */
	int line;    /* from 1; of a map's value, the line of its key */
	const char *file;
	struct str key;  /* its name in the map that holds it, else absent */
	struct str text; /* of a scalar; NUL-terminated too */
	size_t n;        /* children of a seq or map */
	const struct yaml_node *first, *next; /* in the order of the file */
};

/* The tree lives in the arena.  An empty file is an empty map. */
int yaml_load(const struct yaml_node **root, const char *path, struct arena *a,
    struct err *e);
/* The same from memory; name stands for the file in messages and is copied. */
int yaml_read(const struct yaml_node **root, struct str text, const char *name,
    struct arena *a, struct err *e);

/* The value of a key, NULL if the map has none (or map is NULL or no map).
 * To visit all: for (n = map->first; n != NULL; n = n->next) n->key ... */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* Nothing, "~" or "null" stands after the key. */
bool yaml_is_null(const struct yaml_node *n);

/* Writes "FILE:LINE: message" and returns ERR_USAGE. */
int yaml_fail(const struct yaml_node *n, struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* 0 if n is of this kind. */
int yaml_want(const struct yaml_node *n, enum yaml_kind kind, struct err *e);
/* 0 if every key of the map is in the NULL-ended list. */
int yaml_only(
    const struct yaml_node *map, const char *const *keys, struct err *e);

/* Scalars, checked.  Text holds no NUL byte and is in the arena. */
int yaml_text(const struct yaml_node *n, struct str *out, struct err *e);
/* The text of a key that must be there and not be empty. */
int yaml_need_text(const struct yaml_node *map, const char *key,
    struct str *out, struct err *e);
/* One text or a list of them, none of them empty, in the arena; *out and *n
 * stay as they are if the key is not there. */
int yaml_list(const struct yaml_node *map, const char *key, struct arena *a,
    const struct str **out, size_t *n, struct err *e);
int yaml_i64(const struct yaml_node *n, int64_t min, int64_t max, int64_t *out,
    struct err *e);
int yaml_double(const struct yaml_node *n, double *out, struct err *e);
int yaml_bool(const struct yaml_node *n, bool *out, struct err *e);

#endif
