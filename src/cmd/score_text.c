/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/score_text.h"

#include <math.h>

#include <inttypes.h>
#include <stdio.h>

double
score_seen_by_mx(double share, double k)
{
	return -expm1(k * log1p(-share));
}

const char *
score_words(double score, char out[SCORE_WORDS])
{
	if (score > 0.99)
		return "> 0.99";
	if (score < 0.01)
		return "< 0.01";
	snprintf(out, SCORE_WORDS, "%.2f", score);
	return out;
}

void
score_text(const struct score_model *m)
{
	printf("Score: ");
	if (m->refused != NULL)
		printf("none, %s", m->refused);
	else
		printf("the probability that a customer with such flows is "
		       "one whom our logs\n  confirm, and not one of the clean "
		       "senders");
	printf("\n  labels: %" PRId64 " confirmed customer-days (%" PRId64
	       " customers), %" PRId64 " clean ones (%" PRId64
	       "), of the %d days before\n",
	    m->rows[1], m->who[1], m->rows[0], m->who[0], SCORE_DAYS);
	if (m->refused != NULL) {
		printf("  at least %d days and %d customers of each are "
		       "needed\n",
		    SCORE_ROWS_MIN, SCORE_WHO_MIN);
		return;
	}
	printf("  weights of standardised figures, penalty %g:", m->lambda);
	for (size_t i = 0; i < SCORE_FIGURES; i++)
		printf("%s %s %+.2f", i % 4 == 0 ? "\n   " : ",",
		    score_figure[i], m->logit.weight[i]);
	printf("\n  of which by the labels of the last days: all times %.2f, "
	       "and %+.2f to the log odds",
	    m->last.slope, m->last.shift);
	printf("\n  no score is above %.2f, the share of confirmed ones among the "
	       "%d likeliest labels",
	    logit_probability(m->last.most), RECALIBRATE_TOP);
	printf("\n  on labels it was not fitted on: AUC %.2f (95 %%: %.2f "
	       "to %.2f); predicted and found:",
	    m->auc, m->auc_low, m->auc_high);
	for (size_t i = 0, shown = 0; i < SCORE_BINS; i++)
		if (m->bin[i].n > 0)
			printf("%s %.2f/%.2f (%" PRId64 ")",
			    shown++ % 5 == 0 ? "\n   " : ",",
			    m->bin[i].predicted,
			    (double)m->bin[i].confirmed / (double)m->bin[i].n,
			    m->bin[i].n);
	printf(
	    "\n  Customers in our logs are no random sample of those who are "
	    "not: an order to\n  look into, and no proof.\n");
}
