/* SPDX-License-Identifier: Apache-2.0 */
#include "model/event.h"

struct event
event_of(enum event_kind kind)
{
	return (struct event){.kind = kind, .tls = -1, .size = -1, .nrcpt = -1};
}

/* The size is not known to the compiler, so that the C library clears: gcc's
 * own way (rep stos) takes longer to begin. */
void
event_begin(struct event *ev, enum event_kind kind)
{
	static volatile size_t size = sizeof(*ev);

	memset(ev, 0, size);
	ev->kind = kind;
	ev->tls = ev->nrcpt = -1;
	ev->size = -1;
}
