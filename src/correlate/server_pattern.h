/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pattern of a legitimate mail server in the samples: it answers SMTP
 * itself, is also used as a server, those it calls answer, and few sessions
 * are reset.  Ours, and no finding of the literature; doc/classes.md has the
 * reasons.  Used by schema/correlate/60_class.sql and schema/statements/
 * senders.sql.
 */
#ifndef CORRELATE_SERVER_PATTERN_H
#define CORRELATE_SERVER_PATTERN_H

/* Packets as server to each packet as client, at least. */
#define SERVER_SHARE_MIN 0.1
/* Of its SYNs so many were answered, where that many were sampled by agents
 * that see the way back; of all SYNs of the talk's day it was 0.47. */
#define SERVER_ANSWERED_MIN 0.3
#define SERVER_SYN_MIN      10
/* Share of RSTs in its packets, at most; in the talk's day it was 0.007. */
#define SERVER_RST_MAX 0.25
/* Days that the pattern may show in, this one the last; as long as samples are
 * kept by default. */
#define SERVER_DAYS 7
/* And so many packets that it sent as server in them. */
#define SERVER_ANSWERS_MIN 3

#endif
