/* SPDX-License-Identifier: Apache-2.0 */
#include "model/event.h"

struct event
event_of(enum event_kind kind)
{
	return (struct event){.kind = kind, .tls = -1, .size = -1, .nrcpt = -1};
}
