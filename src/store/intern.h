/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids of text and addresses that this process met lately: a bounded memory of
 * the tables name and addr.  A slot a hash; a newcomer takes the slot.  Keys
 * are compared in full, so a forged hash costs a look-up and nothing else.
 */
#ifndef STORE_INTERN_H
#define STORE_INTERN_H

#include "base/str.h"

struct intern { /* {0} is a valid start: everything is unknown */
	struct intern_slot *slots;
	uint32_t generation;
};

int64_t intern_get(const struct intern *c, struct str key); /* 0: unknown */
void intern_put(struct intern *c, struct str key, int64_t id);
void intern_forget(struct intern *c); /* all of them, at once */
void intern_free(struct intern *c);

#endif
