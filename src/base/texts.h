/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers for texts, from 1 in the order in which they come; letter by letter. */
#ifndef BASE_TEXTS_H
#define BASE_TEXTS_H

#include "base/arena.h"
#include "base/map.h"

struct texts { /* {0} is a valid start */
	struct arena mem;
	struct texts_entry **of; /* by number - 1 */
	struct map by_text;
	int32_t n;
};

int32_t texts_no(struct texts *t, struct str text);
/* Its copy, which lives as long; an absent text stays absent. */
struct str texts_keep(struct texts *t, struct str text);
struct str texts_of(const struct texts *t, int64_t no); /* absent: no such */
void texts_clear(struct texts *t); /* numbers begin anew; keeps memory */
void texts_free(struct texts *t);

#endif
