/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts that heloflow trace prints: one row each, in these columns.  Text
 * groups them by message; the other outputs print them as they are.
 */
#ifndef CMD_TRACE_H
#define CMD_TRACE_H

#include "cmd/cmd.h"

#define TRACE_COLUMNS(C)                                                       \
	C(message_key, TEXT)                                                   \
	C(received, TIME)                                                      \
	C(time, TIME)                                                          \
	C(fact, TEXT)                                                          \
	C(host, TEXT)                                                          \
	C(mta, TEXT)                                                           \
	C(queue_id, TEXT)                                                      \
	C(final_queue_id, TEXT)                                                \
	C(parent_queue_id, TEXT)                                               \
	C(client_addr, TEXT)                                                   \
	C(client_port, INT)                                                    \
	C(client_name, TEXT)                                                   \
	C(helo, TEXT)                                                          \
	C(protocol, TEXT)                                                      \
	C(tls, BOOL)                                                           \
	C(auth_user, TEXT)                                                     \
	C(sender, TEXT)                                                        \
	C(recipient, TEXT)                                                     \
	C(size, INT)                                                           \
	C(message_id, TEXT)                                                    \
	C(subject, TEXT)                                                       \
	C(direction, TEXT)                                                     \
	C(relay, TEXT)                                                         \
	C(disposition, TEXT)                                                   \
	C(stage, TEXT)                                                         \
	C(reply, INT)                                                          \
	C(dsn, TEXT)                                                           \
	C(reason, TEXT)                                                        \
	C(verdict, TEXT)                                                       \
	C(filter, TEXT)                                                        \
	C(score, REAL)                                                         \
	C(threshold, REAL)                                                     \
	C(signature, TEXT)                                                     \
	C(rule, TEXT)                                                          \
	C(kind, TEXT)                                                          \
	C(reporter, TEXT)                                                      \
	C(customer, TEXT)                                                      \
	C(until, TIME)                                                         \
	C(port_first, INT)                                                     \
	C(port_last, INT)                                                      \
	C(agent, TEXT)                                                         \
	C(packets, INT)                                                        \
	C(syn, INT)                                                            \
	C(answered, INT)                                                       \
	C(client_packets, INT)                                                 \
	C(server_packets, INT)                                                 \
	C(rate, INT)                                                           \
	C(source, TEXT)                                                        \
	C(offset, INT)                                                         \
	C(line, INT)

enum trace_column {
#define COLUMN(name, type) TRACE_##name,
	TRACE_COLUMNS(COLUMN)
#undef COLUMN
	    TRACE_N
};

extern const struct column trace_columns[TRACE_N];
extern const struct output_ops trace_text; /* src/cmd/trace_text.c */

#endif
