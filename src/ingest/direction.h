/* SPDX-License-Identifier: Apache-2.0 */
/* Which way a message went, from the configuration alone. */
#ifndef INGEST_DIRECTION_H
#define INGEST_DIRECTION_H

#include "ingest/message.h"
#include "model/config.h"

/* What its source says; else out for a client in our own prefixes or one that
 * authenticated, in for others; none where there are no prefixes. */
enum direction direction_of(const struct config *c, const struct message *m);

#endif
