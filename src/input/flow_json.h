/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flow JSON: what the JSON formats of collectors share.  One object a step.
 */
#ifndef INPUT_FLOW_JSON_H
#define INPUT_FLOW_JSON_H

#include "base/json_in.h"
#include "input/flow_rows.h"

struct flow_json {
	struct flow_rows rows; /* first */
	FILE *f;
	struct json_in *in;
};

/* Has the first object all of these keys (NULL-ended)? */
bool flow_json_claims(struct str head, const char *const *keys);
int flow_json_open(void **state, FILE *f, const char *path,
    struct flow_run *run, struct err *e);
/* The next object: 1, *out is NULL if it was bad and is counted; 0 the end. */
int flow_json_next(struct flow_json *j, const struct json_node **out);
/* For formats whose objects are rows: read sets the row, or says why not.  One
 * that says "" leaves the object alone. */
int flow_json_step(struct flow_json *j,
    const char *(*read)(const struct flow_json *j, const struct json_node *o,
        struct flow_row *row),
    struct err *e);
const char *flow_json_damage(const void *state);
void flow_json_close(void *state);

/* The value of a key as a time, an address, a number, as flow_row_*(). */
bool flow_json_time(const struct flow_json *j, const struct json_node *o,
    const char *key, int64_t *out);
bool flow_json_agent(
    const struct json_node *o, const char *key, struct addr *out);
bool flow_json_u32(const struct json_node *o, const char *key, uint32_t *out);

/* The keys of a row's packet; a second name for addresses of IPv6. */
struct flow_json_keys {
	const char *src, *dst, *src6, *dst6, *proto, *sport, *dport, *flags;
};
const char *flow_json_packet(const struct json_node *o,
    const struct flow_json_keys *k, struct flow_row *row);

#endif
