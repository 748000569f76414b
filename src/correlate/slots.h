/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What flows show of each customer, as SQL functions for the steps of a run: one
 * pass over the sender slots.  As a table of what was seen, which was sorted by
 * customer and then read for each sum, it took five times as long.
 *
 * A slot is whose its address was by the leases.  One that saw the address change
 * hands, or of an address that customers share by ports, is taken apart into its
 * samples, which have a time and a port of their own; if retention has taken the
 * samples, the slot stays whole and will be in doubt.
 *
 *	slots_day()      fills temp.flow_who, flow_figures, flow_addr, flow_doubt and
 *	                 several_had (schema/correlate/38_flow.sql)
 *	slots_client(cust, first, last)
 *	                 client packets that are surely the customer's from a window
 *	                 before first until a window after last
 *	slots_show(cust, most, first, last)
 *	                 those with client packets whose time is among the first
 *	                 `most` of that span, or of the day where first is NULL: into
 *	                 temp.shown_slot (70_evidence.sql)
 *	slots_forget()   nothing more will be asked
 */
#ifndef CORRELATE_SLOTS_H
#define CORRELATE_SLOTS_H

#include "correlate/holders.h"

struct slots;

/* Registers the functions with the store; close takes them back. */
int slots_open(
    struct slots **out, struct store *s, struct holders *h, struct err *e);
void slots_close(struct slots *p);

#endif
