/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who held an address when, for the steps of a run, as SQL functions.  A join
 * of millions of slots and messages with a million leases takes a microsecond
 * and more a row, this a tenth of it.
 *
 *	text_no(text)       a number for the text, from 1, as long as the run
 *	                    lasts: of customers, domains, senders
 *	text_of(no)         the text
 *	in_share(no)        1: the text is of our share of all texts, 0: not;
 *	                    asked once the leases and loads are there
 *	holder_add(row, addr, customer, port_first, port_last, start, until,
 *	    sure, clock_error, range)
 *	                    one lease of one address; in order of row; sure: from
 *	                    then on the session was silent, and may be over;
 *	                    range: the first address of the lease, 16 bytes
 *	holder_delegated(wide, narrow)
 *	                    rows: the narrow one has the address within the
 *	                    IPv6 prefix of the wide one; in order of wide
 *	holder_of(addr, port, first, last, slack)
 *	                    the customer's number; NULL: no lease comes near;
 *	                    or the reason of doubt, enum holder_doubt; slack:
 *	                    so much surer the clock is than clock_error says
 *	holder_load(addr, no, load)
 *	                    there is so much to be done of the address' holders, or
 *	                    if it is NULL of customer no
 *	holder_ours(addr, self)
 *	                    1: one of the address' holders is of our share, or self,
 *	                    the number of the address as a customer, is
 */
#ifndef CORRELATE_HOLDERS_H
#define CORRELATE_HOLDERS_H

#include "store/store.h"

/* The names are in schema/correlate/32_attribute.sql. */
enum holder_doubt {
	SHARED_ADDRESS = -1,
	OVERLAPPING_LEASES = -2,
	LEASE_CHANGE = -3,
	LEASE_EDGE = -4,
	LEASE_SILENT = -5,
};

struct holders;

/* Something that was seen of an address. */
struct holders_seen {
	int64_t addr, first, last;
	int64_t slack; /* so much surer is its clock than the worst */
	int32_t port;  /* -1: not known */
};

/* What holder_of says, for callers in C. */
struct holders_answer {
	int64_t
	    who;   /* the customer's number; 0: no lease comes near; a doubt */
	bool part;   /* it saw an end of a lease, or there are port leases */
};

/* place: holders_place of the address, which is worth keeping. */
size_t holders_place(struct holders *h, int64_t addr);
struct holders_answer holders_ask(
    const struct holders *h, size_t place, const struct holders_seen *s);
bool holders_in_share(struct holders *h, int64_t no);
int32_t holders_text_no(struct holders *h, struct str text); /* text_no */

/* Registers the functions with the store; close takes them back.  The share is
 * number `share` of `shares`. */
int holders_open(struct holders **out, struct store *s, unsigned share,
    unsigned shares, struct err *e);
void holders_close(struct holders *h);

#endif
