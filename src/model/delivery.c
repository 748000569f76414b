/* SPDX-License-Identifier: Apache-2.0 */
#include "model/delivery.h"

const char *const disposition_name[DISP_N] = {
    [DISP_DELIVERED] = "delivered",
    [DISP_DEFERRED] = "deferred",
    [DISP_BOUNCED] = "bounced",
    [DISP_EXPIRED] = "expired",
    [DISP_REJECTED] = "rejected",
    [DISP_TEMPFAILED] = "tempfailed",
    [DISP_DISCARDED] = "discarded",
    [DISP_QUARANTINED] = "quarantined",
    [DISP_ABORTED] = "aborted",
};

const char *const stage_name[STAGE_N] = {
    [STAGE_CONNECT] = "connect",
    [STAGE_HELO] = "helo",
    [STAGE_AUTH] = "auth",
    [STAGE_MAIL] = "mail",
    [STAGE_RCPT] = "rcpt",
    [STAGE_DATA] = "data",
    [STAGE_EOM] = "eom",
};

const char *const verdict_name[VERDICT_N] = {
    [VERDICT_CLEAN] = "clean",
    [VERDICT_GREYLISTED] = "greylisted",
    [VERDICT_LISTED] = "listed",
    [VERDICT_BANNED] = "banned",
    [VERDICT_SPAM] = "spam",
    [VERDICT_VIRUS] = "virus",
};

const char *const direction_name[DIR_N] = {
    [DIR_IN] = "in",
    [DIR_OUT] = "out",
    [DIR_LOCAL] = "local",
};

int
name_find(const char *const *names, int n, struct str word)
{
	for (int i = 1; i < n; i++)
		if (str_eq(str_z(names[i]), word))
			return i;
	return 0;
}
