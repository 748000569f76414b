/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the mail of one hour adds up to, by client, login and logging host: rows
 * of the table mail_sum (schema/019_mail_sum.sql).  The same in whatever order
 * the messages come.  Rows that programs wrote before schema 027 may have more senders
 * and HELO names than there were, never less.
 */
#ifndef INGEST_SUM_HOUR_H
#define INGEST_SUM_HOUR_H

#include "base/map.h"
#include "store/store.h"

/* A stored message.  Names and addresses by their rows, 0: none. */
struct sum_mail {
	int64_t client, auth_user, host, received, sender, helo;
	bool null_sender;
	unsigned verdicts; /* a bit a verdict */
	uint32_t recipients, accepted, known, failed, tempfailed, unknown;
};

struct sum_seen { /* senders and HELO names of groups with several */
	uint64_t *key;
	size_t n, size;
};

/* {.hour = h}, of hours since 1970, is a valid start. */
struct sum_hour {
	int64_t hour;
	struct sum_group *of;
	size_t n, size;
	struct map places; /* in of, plus 1 */
	struct sum_seen seen;
};

/* Counts a recipient with these bits of model/outcome.h. */
void sum_mail_recipient(struct sum_mail *m, int64_t outcome);

void sum_hour_add(struct sum_hour *h, const struct sum_mail *m);
/* Has it counted mail of the same client, login and host? */
bool sum_hour_knows(const struct sum_hour *h, const struct sum_mail *m);
/* The client of group i; groups are in the order they came. */
int64_t sum_hour_client(const struct sum_hour *h, size_t i);
/* Writes rows, in their order, but of clients in `but`, by sum_client_key().  Of h
 * only sum_hour_free() may be called then. */
int sum_hour_put(
    struct sum_hour *h, struct store *s, const struct map *but, struct err *e);
static inline uint64_t
sum_client_key(int64_t client)
{
	return (uint64_t)client + 2; /* a map folds 0 and 1 */
}
void sum_hour_free(struct sum_hour *h);

#endif
