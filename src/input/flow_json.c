/* SPDX-License-Identifier: Apache-2.0 */
#include "input/flow_json.h"

#include <stdlib.h>

#include "base/arena.h"

enum { LOOK_OBJECTS = 10 };

/* Of an object that is longer than what we have, its keys are looked for as
 * they are written. */
static bool
has_key(const struct json_node *o, struct str text, const char *key)
{
	char quoted[64];

	if (o)
		return json_has(o, key);
	snprintf(quoted, sizeof(quoted), "\"%s\"", key);
	return str_find(text, str_z(quoted)) >= 0;
}

static bool
first_has(struct json_in *in, const char *const *keys)
{
	const struct json_node *o = NULL;
	enum json_in_got got = JSON_IN_BAD;

	for (int i = 0; got == JSON_IN_BAD && i < LOOK_OBJECTS; i++)
		got = json_in_next(in, &o);
	if (got != JSON_IN_OBJECT && !json_in_cut(in))
		return false;
	for (; *keys; keys++) {
		if (!has_key(o, json_in_text(in), *keys))
			return false;
	}
	return true;
}

bool
flow_json_claims(struct str head, const char *const *keys)
{
	struct str start = str_trim(head);
	struct json_in *in;
	bool yes;
	FILE *f;

	if (start.n == 0 || (start.p[0] != '{' && start.p[0] != '['))
		return false;
	f = fmemopen((void *)(uintptr_t)start.p, start.n, "r");
	if (!f)
		return false;
	in = json_in_new(f);
	yes = first_has(in, keys);
	json_in_free(in);
	fclose(f);
	return yes;
}

int
flow_json_open(void **state, FILE *f, const char *path, struct flow_run *run,
    struct err *e)
{
	struct flow_json *j = xcalloc(1, sizeof(*j));

	(void)e;
	flow_rows_init(&j->rows, run, path);
	j->f = f;
	j->in = json_in_new(f);
	*state = j;
	return 0;
}

int
flow_json_next(struct flow_json *j, const struct json_node **out)
{
	*out = NULL;
	switch (json_in_next(j->in, out)) {
	case JSON_IN_END:
		return 0;
	case JSON_IN_BAD:
		flow_rows_bad(&j->rows, json_in_text(j->in),
		    json_in_line(j->in), json_in_why(j->in));
		break;
	case JSON_IN_OBJECT:
		break;
	}
	return 1;
}

int
flow_json_step(struct flow_json *j,
    const char *(*read)(const struct flow_json *j, const struct json_node *o,
        struct flow_row *row),
    struct err *e)
{
	struct flow_row row = {.time = UTC_NONE};
	const struct json_node *o;
	const char *why;

	if (!flow_json_next(j, &o))
		return 0;
	if (!o)
		return 1;
	why = read(j, o, &row);
	if (why && *why == '\0') {
		j->rows.run->skipped++;
		return 1;
	}
	return flow_rows_put(
	    &j->rows, &row, why, json_in_text(j->in), json_in_line(j->in), e);
}

const char *
flow_json_damage(const void *state)
{
	const struct flow_json *j = state;

	return json_in_cut(j->in) ? "it ends within an object" : NULL;
}

void
flow_json_close(void *state)
{
	struct flow_json *j = state;

	json_in_free(j->in);
	fclose(j->f);
	free(j);
}

bool
flow_json_time(const struct flow_json *j, const struct json_node *o,
    const char *key, int64_t *out)
{
	char buf[JSON_NUMBER_MAX];

	return flow_row_time(&j->rows, json_get_text(o, key, buf), out);
}

bool
flow_json_agent(const struct json_node *o, const char *key, struct addr *out)
{
	char buf[JSON_NUMBER_MAX];

	return flow_row_agent(json_get_text(o, key, buf), out);
}

bool
flow_json_u32(const struct json_node *o, const char *key, uint32_t *out)
{
	char buf[JSON_NUMBER_MAX];

	return flow_row_u32(json_get_text(o, key, buf), out);
}

const char *
flow_json_packet(const struct json_node *o, const struct flow_json_keys *k,
    struct flow_row *row)
{
	enum { SRC, DST, PROTO, SPORT, DPORT, FLAGS, N };
	char buf[N][JSON_NUMBER_MAX];
	bool v6 = k->src6 && !json_has(o, k->src);
	struct flow_fields f = {
	    .src = json_get_text(o, v6 ? k->src6 : k->src, buf[SRC]),
	    .dst = json_get_text(o, v6 ? k->dst6 : k->dst, buf[DST]),
	    .proto = json_get_text(o, k->proto, buf[PROTO]),
	    .sport = json_get_text(o, k->sport, buf[SPORT]),
	    .dport = json_get_text(o, k->dport, buf[DPORT]),
	    .flags = json_get_text(o, k->flags, buf[FLAGS])};

	return flow_row_packet(row, &f);
}
