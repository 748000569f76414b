/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One sFlow datagram, from a file or from the network, into a flow run: its
 * samples, what it says of loss, and that it was heard.
 */
#ifndef INPUT_FLOW_DATAGRAM_H
#define INPUT_FLOW_DATAGRAM_H

#include "input/flow_source.h"

/* time: when it was received; sender: stands for the agent where that could
 * not be read. */
void flow_datagram(
    struct flow_run *run, int64_t time, struct addr sender, struct str payload);

/* One more sample of this rate. */
void flow_heard_rate(struct flow_heard *h, uint32_t rate);

#endif
