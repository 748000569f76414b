/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a recipient's outcome means, in bits: mail_recipient.outcome.  Figures of
 * customers count these and not dispositions.
 */
#ifndef MODEL_OUTCOME_H
#define MODEL_OUTCOME_H

#include "model/delivery.h"

enum outcome_bit {
	OUTCOME_ACCEPTED =
	    1, /* our server took it, whatever became of it later */
	OUTCOME_REACHED = 2,
	OUTCOME_KNOWN = 4,
	/* For good.  Neither a full mailbox (x.2.2, RFC 3463 section 3.3) nor a
	 * block of who hands it over (x.7.x, section 3.8, whose text says so) nor
	 * a refusal before RCPT, which is policy, too: lists that are not stale
	 * have these as well. */
	OUTCOME_FAILED = 8,
	OUTCOME_REFUSED = 16,
	OUTCOME_TEMPFAILED = 32,
	OUTCOME_UNKNOWN = 64, /* user */
};

/* dsn and reason: as the server wrote them, or absent. */
unsigned outcome_bits(
    enum disposition d, enum stage stage, struct str dsn, struct str reason);

#endif
