/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling systemd how a service is doing, by the protocol of sd_notify(3),
 * which is one datagram of "VARIABLE=value" lines; no library is needed.  All
 * of this does nothing in a process that systemd did not start.
 */
#ifndef BASE_SD_NOTIFY_H
#define BASE_SD_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=text"; several as lines of
 * their own.  False: nobody asked, or it could not be sent. */
bool sd_notify_send(const char *state);
/* Microseconds within which WATCHDOG=1 is expected again and again, or 0. */
int64_t sd_watchdog(void);

#endif
