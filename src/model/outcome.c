/* SPDX-License-Identifier: Apache-2.0 */
#include "model/outcome.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static const char *const user_words[] = {
    "user unknown",
    "unknown user",
    "no such user",
};

/* Of our server and not of the customer's mail or his list of recipients. */
static const char *const sender_words[] = {
    "block list",
    "blocklist",
    "blacklist",
    "dnsbl",
    "listed",
    "reputation",
    "client host",
};

static bool
says(struct str reason, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_findi(reason, str_z(words[i])) >= 0)
			return true;
	return false;
}

/* Class, subject and detail of an enhanced status code, RFC 3463. */
static bool
has_subject(struct str dsn, const char *subject)
{
	return dsn.n > 1 && str_starts(str_from(dsn, 1), str_z(subject));
}

static unsigned
failed_bits(enum disposition d, struct str dsn, struct str reason)
{
	const bool no_user = says(reason, user_words, LEN(user_words));
	unsigned bits = OUTCOME_REFUSED | OUTCOME_KNOWN;

	if (d == DISP_BOUNCED)
		bits |= OUTCOME_ACCEPTED;
	if (no_user || str_eq(dsn, STR("5.1.1")))
		bits |= OUTCOME_UNKNOWN;
	if (dsn.n == 5 && has_subject(dsn, ".2.2"))
		return bits;
	if (has_subject(dsn, ".7.") && !no_user &&
	    says(reason, sender_words, LEN(sender_words)))
		return bits;
	return bits | OUTCOME_FAILED;
}

unsigned
outcome_bits(
    enum disposition d, enum stage stage, struct str dsn, struct str reason)
{
	switch (d) {
	case DISP_DELIVERED:
		return OUTCOME_ACCEPTED | OUTCOME_REACHED | OUTCOME_KNOWN;
	case DISP_DEFERRED:
		return OUTCOME_TEMPFAILED | OUTCOME_ACCEPTED;
	case DISP_BOUNCED:
		return failed_bits(d, dsn, reason);
	case DISP_TEMPFAILED:
		return OUTCOME_TEMPFAILED |
		       (stage == STAGE_EOM ? OUTCOME_ACCEPTED : 0u);
	case DISP_EXPIRED:
	case DISP_DISCARDED:
	case DISP_QUARANTINED:
		return OUTCOME_ACCEPTED;
	case DISP_REJECTED:
		if (stage == STAGE_RCPT)
			return failed_bits(d, dsn, reason);
		/* fall through */
	default:
		return stage == STAGE_EOM ? OUTCOME_ACCEPTED : 0;
	}
}
