/* SPDX-License-Identifier: Apache-2.0 */
/*
 * truth.jsonl: a line a customer and day, and one a day before them;
 * events.N.tsv: a line a message of day N: host, queue id or address:port, time
 * as logged, who it was (=: a remote address, and what it is), address, port,
 * doubt (0; i: inside the clock error; s: no port; p: some of its lines are lost).
 */
#include <stdlib.h>
#include <string.h>

#include "world.h"

struct sum {
	unsigned messages, spam, virus, pattern, doubtful, partial;
	unsigned sent, client_samples, samples, forged, doubtful_samples;
	unsigned guilt; /* of what was sent, on whatever day it was begun */
};
static struct sum *sum[DAYS_MAX + 1];
static FILE *truth, *events[DAYS_MAX + 1];

void
truth_open(void)
{
	truth = out_file("truth.jsonl");
}

/* What is before the first day or after the last is of these. */
static FILE *
events_of(int64_t t)
{
	int64_t last = (int64_t)opt.days - 1,
	        day = t < START ? 0 : (t - START) / DAYS;

	day = day > last ? last : day;
	if (events[day] == NULL)
		events[day] = out_file("events.%u.tsv", (unsigned)day);
	return events[day];
}

static struct sum *
sum_of(int customer, int64_t t)
{
	int64_t day = (t - START) / DAYS;

	if (t < START || day >= (int64_t)opt.days || customer < 0)
		return NULL;
	if (sum[day] == NULL)
		sum[day] = calloc(opt.customers, sizeof(**sum));
	return &sum[day][customer];
}

static int
doubt_of(const struct mail *m, const struct written *w)
{
	const struct lease *l;

	if (!w->arrived)
		return 'p';
	if (m->auth[0] || m->customer < 0)
		return 0;
	l = lease_at((unsigned)m->customer, m->at);
	return lease_doubt(
	    l, w->received, m->host != SENDMAIL, LEASE_ERROR + MAIL_ERROR);
}

void
truth_mail(const struct mail *m, const struct written *w, int pattern)
{
	struct sum *s = sum_of(m->customer, w->received);
	int doubt = doubt_of(m, w);
	char who[64];

	if (m->customer >= 0)
		snprintf(who, sizeof(who), "C-%05d", m->customer);
	else
		snprintf(who, sizeof(who), "=%s%s", addr_text(&m->from_addr),
		    m->remote);
	if (w->key[0])
		fprintf(events_of(w->received), "%s\t%s\t%lld\t%s\t%s\t%u\t%c\n",
		    host_name[m->host], w->key, (long long)w->received, who,
		    addr_text(&m->from_addr), m->port, doubt ? doubt : '0');
	if (s == NULL)
		return;
	if (doubt == 'p') {
		s->partial++;
		return;
	}
	if (doubt) {
		s->doubtful++;
		return;
	}
	s->messages++;
	s->spam += w->verdict && m->verdict == SPAM;
	s->virus += w->verdict && m->verdict == VIRUS_FOUND;
	s->pattern += (unsigned)pattern;
}

void
truth_guilty(unsigned customer, int64_t at)
{
	struct sum *s = sum_of((int)customer, at);

	if (s)
		s->guilt = (unsigned)people[customer].bad;
}

void
truth_sent(int customer, int64_t at, unsigned packets)
{
	struct sum *s = sum_of(customer, at);

	if (s)
		s->sent += packets;
}

static int
is_doubtful(int64_t at, int customer)
{
	const struct lease *l = lease_at((unsigned)customer, at);

	return l == NULL ||
	       lease_doubt(l, at, 1, LEASE_ERROR + MAIL_ERROR + SEC);
}

void
truth_sample(int64_t at, int customer, int client)
{
	struct sum *s = sum_of(customer, at);

	if (s == NULL)
		return;
	s->samples++;
	s->client_samples += (unsigned)client;
	s->doubtful_samples += (unsigned)is_doubtful(at, customer);
}

void
truth_forged(int64_t at, int customer)
{
	struct sum *s = sum_of(customer, at);

	if (s == NULL)
		return;
	s->forged++;
	s->doubtful_samples += (unsigned)is_doubtful(at, customer);
}

void
truth_day(unsigned day)
{
	fprintf(truth, "{\"day\":%u,", day);
	out_missing(day, truth);
	fprintf(truth, "}\n");
	for (unsigned i = 0; i < opt.customers; i++) {
		const struct sum zero = {0},
		                 *s = sum[day] ? &sum[day][i] : &zero;
		int bad = bad_on(&people[i], day);

		if (!bad)
			bad = (int)s->guilt;
		if (!bad && memcmp(s, &zero, sizeof(zero)) == 0)
			continue;
		fprintf(truth,
		    "{\"day\":%u,\"customer\":\"C-%05u\",\"role\":\"%s\",\"guilt\":\"%s\","
		    "\"messages\":%u,\"spam\":%u,\"virus\":%u,\"extrusion\":%u,"
		    "\"doubtful\":%u,\"partial\":%u,\"sent\":%u,\"samples\":%u,"
		    "\"client_samples\":%u,\"doubtful_samples\":%u,\"forged\":%u}\n",
		    day, i, role_name[people[i].role], guilt_name[bad],
		    s->messages, s->spam, s->virus, s->pattern, s->doubtful,
		    s->partial, s->sent, s->samples, s->client_samples,
		    s->doubtful_samples, s->forged);
	}
	free(sum[day]);
	sum[day] = NULL;
}

void
truth_close(void)
{
	for (unsigned day = 0; day < opt.days; day++)
		if (events[day] && fclose(events[day]) != 0)
			exit(1);
	if (fclose(truth) != 0)
		exit(1);
}
