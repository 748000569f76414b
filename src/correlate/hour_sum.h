/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hours that were one customer's, added up by customer and address, as an SQL
 * function for the steps of a run:
 *
 *	hour_sums()      from temp.day_hour (apart = 0) into temp.hour_sum
 *	                 (schema/correlate/36_detail.sql)
 *
 * As a grouping, which sorts rows of 22 columns, it took five times as long.
 */
#ifndef CORRELATE_HOUR_SUM_H
#define CORRELATE_HOUR_SUM_H

#include "store/store.h"

struct hour_sums;

/* Registers the function with the store; close takes it back. */
int hour_sums_open(struct hour_sums **out, struct store *s, struct err *e);
void hour_sums_close(struct hour_sums *p);

#endif
