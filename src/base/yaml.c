/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml.h"

#include "base/hash.h"
#include "base/map.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

struct loader {
	yaml_parser_t parser;
	yaml_event_t event; /* the current one; next_event() frees it */
	bool have_event;
	struct arena *arena;
	const char *file;
	size_t nodes;
	int depth;
	struct err *err;
};

static int
fail_at(struct loader *l, size_t line0, const char *what)
{
	return err_set(
	    l->err, ERR_USAGE, "%s:%zu: %s", l->file, line0 + 1, what);
}

static int
fail_parse(struct loader *l)
{
	const yaml_parser_t *p = &l->parser;
	const char *problem = p->problem ? p->problem : "not YAML";
	size_t line = p->problem_mark.line;

	if (p->error == YAML_READER_ERROR) /* it gives an offset only */
		line = p->mark.line;
	return fail_at(l, line, problem);
}

static int
next_event(struct loader *l)
{
	if (l->have_event)
		yaml_event_delete(&l->event);
	l->have_event = false;
	if (!yaml_parser_parse(&l->parser, &l->event))
		return fail_parse(l);
	l->have_event = true;
	return 0;
}

static struct yaml_node *
node_new(struct loader *l, enum yaml_kind kind)
{
	struct yaml_node *n = arena_zalloc(l->arena, sizeof(*n));

	n->kind = kind;
	n->file = l->file;
	n->line = (int)l->event.start_mark.line + 1;
	return n;
}

/* Refuses what could make a small file large, or text another type. */
static int
refuse_extras(
    struct loader *l, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	size_t line = l->event.start_mark.line;

	if (anchor != NULL)
		return fail_at(l, line, "anchors are not allowed here");
	if (tag != NULL)
		return fail_at(l, line, "tags are not allowed here");
	if (++l->nodes > YAML_NODES)
		return fail_at(l, line, "too many values");
	if (l->depth >= YAML_DEPTH)
		return fail_at(l, line, "nested too deeply");
	return 0;
}

static struct str
event_text(struct loader *l)
{
	struct str s = str_of((const char *)l->event.data.scalar.value,
	    l->event.data.scalar.length);

	return str_of(arena_z(l->arena, s), s.n);
}

static int read_node(struct loader *l, struct yaml_node **out);

static int
read_scalar(struct loader *l, struct yaml_node **out)
{
	int rc = refuse_extras(
	    l, l->event.data.scalar.anchor, l->event.data.scalar.tag);

	if (rc < 0)
		return rc;
	*out = node_new(l, YAML_SCALAR);
	(*out)->text = event_text(l);
	(*out)->quoted = l->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	return 0;
}

static int
read_seq(struct loader *l, struct yaml_node **out)
{
	struct yaml_node *child;
	const struct yaml_node **end;
	int rc = refuse_extras(l, l->event.data.sequence_start.anchor,
	    l->event.data.sequence_start.tag);

	if (rc < 0)
		return rc;
	*out = node_new(l, YAML_SEQ);
	end = &(*out)->first;
	l->depth++;
	while ((rc = next_event(l)) == 0 &&
	       l->event.type != YAML_SEQUENCE_END_EVENT) {
		if ((rc = read_node(l, &child)) < 0)
			return rc;
		*end = child;
		end = &child->next;
		(*out)->n++;
	}
	l->depth--;
	return rc;
}

/* Reads "key: value" with the key as the current event. */
static int
read_pair(struct loader *l, struct map *seen, struct yaml_node **out)
{
	size_t line = l->event.start_mark.line;
	const struct yaml_node *old;
	struct str key;
	int rc;

	if (l->event.type != YAML_SCALAR_EVENT)
		return fail_at(l, line, "a key must be plain text");
	rc = refuse_extras(
	    l, l->event.data.scalar.anchor, l->event.data.scalar.tag);
	if (rc < 0)
		return rc;
	key = event_text(l);
	old = map_get(seen, hash_str(key, 0));
	if (old != NULL && str_eq(old->key, key))
		return err_set(l->err, ERR_USAGE,
		    "%s:%zu: key '%.*s' stands twice, first in line %d",
		    l->file, line + 1, (int)(key.n < 80 ? key.n : 80), key.p,
		    old->line);
	if ((rc = next_event(l)) < 0 || (rc = read_node(l, out)) < 0)
		return rc;
	(*out)->key = key;
	(*out)->line = (int)line + 1;
	map_put(seen, hash_str(key, 0), *out);
	return 0;
}

static int
read_map(struct loader *l, struct yaml_node **out)
{
	struct map seen = {0};
	struct yaml_node *child;
	const struct yaml_node **end;
	int rc = refuse_extras(l, l->event.data.mapping_start.anchor,
	    l->event.data.mapping_start.tag);

	if (rc < 0)
		return rc;
	*out = node_new(l, YAML_MAP);
	end = &(*out)->first;
	l->depth++;
	while ((rc = next_event(l)) == 0 &&
	       l->event.type != YAML_MAPPING_END_EVENT) {
		if ((rc = read_pair(l, &seen, &child)) < 0)
			break;
		*end = child;
		end = &child->next;
		(*out)->n++;
	}
	l->depth--;
	map_free(&seen);
	return rc;
}

static int
read_node(struct loader *l, struct yaml_node **out)
{
	switch (l->event.type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(l, out);
	case YAML_SEQUENCE_START_EVENT:
		return read_seq(l, out);
	case YAML_MAPPING_START_EVENT:
		return read_map(l, out);
	case YAML_ALIAS_EVENT:
		return fail_at(l, l->event.start_mark.line,
		    "aliases are not allowed here");
	default:
		return fail_at(
		    l, l->event.start_mark.line, "a value is missing");
	}
}

static int
read_stream(struct loader *l, struct yaml_node **out)
{
	int rc;

	if ((rc = next_event(l)) < 0 || /* stream start */
	    (rc = next_event(l)) < 0)
		return rc;
	if (l->event.type == YAML_STREAM_END_EVENT) {
		*out = node_new(l, YAML_MAP);
		return 0;
	}
	if ((rc = next_event(l)) < 0 || (rc = read_node(l, out)) < 0 ||
	    (rc = next_event(l)) < 0 || /* document end */
	    (rc = next_event(l)) < 0)
		return rc;
	if (l->event.type != YAML_STREAM_END_EVENT)
		return fail_at(l, l->event.start_mark.line,
		    "a second document is not allowed here");
	if (yaml_is_null(*out)) { /* nothing but comments after "---" */
		(*out)->kind = YAML_MAP;
		(*out)->text = STR_NONE;
	}
	return 0;
}

int
yaml_read(const struct yaml_node **root, struct str text, const char *name,
    struct arena *a, struct err *e)
{
	struct loader l = {.arena = a, .err = e};
	struct yaml_node *n = NULL;
	int rc;

	l.file = arena_z(a, str_z(name));
	if (!yaml_parser_initialize(&l.parser))
		return err_set(e, ERR_FAIL, "%s: out of memory", name);
	yaml_parser_set_input_string(
	    &l.parser, (const unsigned char *)(text.n ? text.p : ""), text.n);
	rc = read_stream(&l, &n);
	if (l.have_event)
		yaml_event_delete(&l.event);
	yaml_parser_delete(&l.parser);
	if (rc == 0)
		*root = n;
	return rc;
}

/* The whole file, at most YAML_BYTES, into a malloc'd buffer. */
static int
read_file(const char *path, struct str *out, struct err *e)
{
	FILE *f = fopen(path, "rbe");
	char *buf = NULL;
	size_t n = 0, size = 0;

	if (f == NULL)
		return err_set(e, ERR_USAGE, "%s: %s", path, strerror(errno));
	do {
		if (n == size) {
			size = size ? size * 2 : 16384;
			buf = xrealloc(buf, size);
		}
		n += fread(buf + n, 1, size - n, f);
	} while (n == size && n <= YAML_BYTES);
	*out = str_of(buf, n);
	if (ferror(f))
		err_set(e, ERR_USAGE, "%s: %s", path, strerror(errno));
	else if (n > YAML_BYTES)
		err_set(
		    e, ERR_USAGE, "%s: larger than %d bytes", path, YAML_BYTES);
	else
		e = NULL;
	fclose(f);
	if (e != NULL)
		free(buf);
	return e == NULL ? 0 : ERR_USAGE;
}

int
yaml_load(const struct yaml_node **root, const char *path, struct arena *a,
    struct err *e)
{
	struct str text;
	int rc = read_file(path, &text, e);

	if (rc < 0)
		return rc;
	rc = yaml_read(root, text, path, a, e);
	free((char *)(uintptr_t)text.p);
	return rc;
}

const struct yaml_node *
yaml_get(const struct yaml_node *map, const char *key)
{
	struct str want = str_z(key);

	if (map == NULL || map->kind != YAML_MAP)
		return NULL;
	for (const struct yaml_node *n = map->first; n != NULL; n = n->next)
		if (str_eq(n->key, want))
			return n;
	return NULL;
}

bool
yaml_is_null(const struct yaml_node *n)
{
	return n->kind == YAML_SCALAR && !n->quoted &&
	       (n->text.n == 0 || str_eq(n->text, STR("~")) ||
	           str_eq(n->text, STR("null")));
}

int
yaml_fail(const struct yaml_node *n, struct err *e, const char *fmt, ...)
{
	char text[sizeof(e->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(e, ERR_USAGE, "%s:%d: %s", n->file, n->line, text);
}

int
yaml_want(const struct yaml_node *n, enum yaml_kind kind, struct err *e)
{
	static const char *const name[] = {"a value", "a list", "a map"};

	if (n->kind == kind)
		return 0;
	if (str_has(n->key))
		return yaml_fail(
		    n, e, "%.*s must be %s", STR_FMT(n->key), name[kind]);
	return yaml_fail(
	    n, e, "expected %s, found %s", name[kind], name[n->kind]);
}

int
yaml_only(const struct yaml_node *map, const char *const *keys, struct err *e)
{
	int rc = yaml_want(map, YAML_MAP, e);

	if (rc < 0)
		return rc;
	for (const struct yaml_node *n = map->first; n != NULL; n = n->next) {
		const char *const *k = keys;
		while (*k != NULL && !str_eq(str_z(*k), n->key))
			k++;
		if (*k == NULL)
			return yaml_fail(
			    n, e, "unknown key '%.*s'", STR_FMT(n->key));
	}
	return 0;
}

static int
fail_value(const struct yaml_node *n, struct err *e, const char *want)
{
	struct str t = str_head(n->text, 80);

	if (str_has(n->key))
		return yaml_fail(n, e, "%.*s: '%.*s' is not %s",
		    STR_FMT(n->key), STR_FMT(t), want);
	return yaml_fail(n, e, "'%.*s' is not %s", STR_FMT(t), want);
}

int
yaml_text(const struct yaml_node *n, struct str *out, struct err *e)
{
	int rc = yaml_want(n, YAML_SCALAR, e);

	if (rc < 0)
		return rc;
	if (str_chr(n->text, '\0') >= 0)
		return fail_value(n, e, "text: it holds a NUL byte");
	*out = n->text;
	return 0;
}

int
yaml_need_text(const struct yaml_node *map, const char *key, struct str *out,
    struct err *e)
{
	const struct yaml_node *n = yaml_get(map, key);

	if (n == NULL)
		return yaml_fail(map, e, "'%s' is missing", key);
	if (yaml_text(n, out, e) < 0)
		return ERR_USAGE;
	return out->n ? 0 : yaml_fail(n, e, "'%s' is empty", key);
}

int
yaml_list(const struct yaml_node *map, const char *key, struct arena *a,
    const struct str **out, size_t *n, struct err *e)
{
	const struct yaml_node *node = yaml_get(map, key), *item;
	struct str *list;

	if (node == NULL)
		return 0;
	if (node->kind == YAML_MAP)
		return yaml_want(node, YAML_SEQ, e);
	*n = node->kind == YAML_SEQ ? node->n : 1;
	if (*n == 0)
		return yaml_fail(node, e, "'%s' is empty", key);
	*out = list = arena_zalloc(a, *n * sizeof(*list));
	item = node->kind == YAML_SEQ ? node->first : node;
	for (size_t i = 0; i < *n; i++, item = item->next) {
		if (yaml_text(item, &list[i], e) < 0)
			return ERR_USAGE;
		if (list[i].n == 0)
			return yaml_fail(item, e, "empty text");
	}
	return 0;
}

int
yaml_i64(const struct yaml_node *n, int64_t min, int64_t max, int64_t *out,
    struct err *e)
{
	int64_t v;
	int rc = yaml_want(n, YAML_SCALAR, e);

	if (rc < 0)
		return rc;
	if (n->quoted || !str_i64(n->text, &v))
		return fail_value(n, e, "a whole number");
	if (v < min || v > max)
		return yaml_fail(n, e, "%.*s: %lld is not within %lld..%lld",
		    STR_FMT(n->key), (long long)v, (long long)min,
		    (long long)max);
	*out = v;
	return 0;
}

int
yaml_double(const struct yaml_node *n, double *out, struct err *e)
{
	int rc = yaml_want(n, YAML_SCALAR, e);

	if (rc < 0)
		return rc;
	if (n->quoted || !str_double(n->text, out))
		return fail_value(n, e, "a number");
	return 0;
}

int
yaml_bool(const struct yaml_node *n, bool *out, struct err *e)
{
	int rc = yaml_want(n, YAML_SCALAR, e);

	if (rc < 0)
		return rc;
	if (n->quoted)
		return fail_value(n, e, "true or false");
	if (str_eq(n->text, STR("true")) || str_eq(n->text, STR("yes")))
		*out = true;
	else if (str_eq(n->text, STR("false")) || str_eq(n->text, STR("no")))
		*out = false;
	else
		return fail_value(n, e, "true or false");
	return 0;
}
