/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/mail_link.h"

#include "ingest/mail_read.h"
#include "ingest/mail_rows.h"
#include "ingest/sleepers.h"

static int
find_message(struct store *s, const struct pending *p, int64_t *id,
    uint64_t *key, struct err *e)
{
	bool by_queue = str_has(p->queue_id);
	struct value v[] = {value_str(by_queue ? p->queue_id : p->message_id),
	    value_str(str_has(p->host) ? p->host : STR("")),
	    value_time(p->time),
	    p->has_client ? value_blob(p->client.b, sizeof(p->client.b))
	                  : value_null(),
	    value_str(mid_names_one(p->message_id) ? p->message_id : STR_NONE)};
	struct stmt *st;
	int rc = by_queue
	             ? store_start(s, "message_of_queue_id", v, 5, &st, e)
	             : store_start(s, "messages_of_message_id", v, 3, &st, e);

	*id = 0;
	if (rc < 0 || (rc = stmt_next(st, e)) <= 0)
		return rc;
	*id = stmt_value(st, 0).i;
	*key = (uint64_t)stmt_value(st, 1).i;
	if (!by_queue && (rc = stmt_next(st, e)) > 0)
		*id = 0; /* not unique: it tells nothing */
	stmt_reset(st);
	return rc < 0 ? rc : 0;
}

/* A second verdict of the same filter by Message-ID alone may be another
 * message's, one that is in no log. */
static int
has_verdict_of(struct store *s, int64_t id, struct str filter, struct err *e)
{
	struct value v[] = {value_int(id), value_str(filter)};
	struct stmt *st;
	int rc = store_start(s, "verdict_of_filter", v, 2, &st, e);

	if (rc < 0)
		return rc;
	rc = stmt_next(st, e);
	stmt_reset(st);
	return rc;
}

/* The stored message that the verdict is about, with its row and key; NULL:
 * there is none, or no telling. */
static int
message_of(struct mail_store *t, const struct pending *p, struct message **out,
    int64_t *id, uint64_t *key, struct err *e)
{
	const bool by_queue = str_has(p->queue_id);
	struct message *m;
	int rc = part_rows_flush(t->parts, e);

	*out = NULL;
	if (rc >= 0)
		rc = find_message(t->store, p, id, key, e);
	if (rc < 0 || *id == 0)
		return rc;
	if (!by_queue) {
		rc = has_verdict_of(t->store, *id, p->v.filter, e);
		if (rc != 0)
			return rc < 0 ? rc : 0;
	}
	rc = mail_read(t, *id, &m, e);
	if (rc < 0 || m == NULL)
		return rc;
	if (!pending_fits(
	        assembler_pending(t->assembler), m, p->has_client, p->client) ||
	    (!by_queue && !pending_read_then(p, m))) {
		message_free(m);
		return 0;
	}
	*out = m;
	return 0;
}

int
mail_link(struct mail_store *t, const struct pending *p, struct map *open,
    struct err *e)
{
	struct message *m, *same;
	uint64_t key;
	int64_t id;
	int rc = message_of(t, p, &m, &id, &key, e);

	if (rc < 0 || m == NULL)
		return rc;
	message_add_verdict(m, &p->v, p->time);
	same = map_get(open, key);
	if (same != NULL) {
		same = message_wake(same);
		map_put(open, key, same);
		message_add_verdict(same, &p->v, p->time);
	}
	rc = mail_rows_put_verdicts(t, m, id, e);
	message_free(m);
	return rc < 0 ? rc : 1;
}

int
mail_link_show(
    struct mail_store *t, const struct pending *p, int64_t *id, struct err *e)
{
	struct message *m;
	uint64_t key;
	int rc = message_of(t, p, &m, id, &key, e);

	if (rc < 0 || m == NULL || message_has_verdict(m, &p->v)) {
		*id = 0; /* what is there already could not be taken back */
	} else {
		message_add_verdict(m, &p->v, p->time);
		rc = mail_rows_put_verdicts(t, m, *id, e);
	}
	message_free(m);
	return rc;
}

int
mail_link_unshow(
    struct mail_store *t, const struct pending *p, int64_t id, struct err *e)
{
	struct message *m = NULL;
	int rc = part_rows_flush(t->parts, e);

	if (rc >= 0)
		rc = mail_read_head(t->store, id, &m, e);
	if (rc < 0 || m == NULL)
		return rc;
	rc = mail_read_verdicts(t, id, m, e);
	if (rc >= 0 && message_drop_verdict(m, &p->v, p->time))
		rc = mail_rows_put_verdicts(t, m, id, e);
	message_free(m);
	return rc;
}
