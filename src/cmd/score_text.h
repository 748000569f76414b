/* SPDX-License-Identifier: Apache-2.0 */
/* The model behind the score of suspects, for people: labels, weights, and
 * what it is worth. */
#ifndef CMD_SCORE_TEXT_H
#define CMD_SCORE_TEXT_H

#include "cmd/cmd.h"
#include "correlate/score.h"

void score_text(const struct score_model *m); /* on stdout */

#endif
