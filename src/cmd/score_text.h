/* SPDX-License-Identifier: Apache-2.0 */
/* The model behind the score of suspects, for people: labels, weights, and
 * what it is worth. */
#ifndef CMD_SCORE_TEXT_H
#define CMD_SCORE_TEXT_H

#include "cmd/cmd.h"
#include "correlate/score.h"

/* Of k connections to mailboxes at random, of which a share is ours, P(at
 * least one is): 1 - (1 - share)^k. */
double score_seen_by_mx(double share, double k);
/* A score as people read it, in out: two digits, and never 0 or 1. */
#define SCORE_WORDS 8
const char *score_words(double score, char out[SCORE_WORDS]);
void score_text(const struct score_model *m); /* on stdout */

#endif
