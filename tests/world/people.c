/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is what, and what each does on a day.  The innocent are meant to look
 * bad: forwarders pass spam and viruses on under the spammer's own sender,
 * second MXs too, newsletters go to stale addresses, some get the address of
 * a bot a second after it.  The guilty lie about all that they can choose.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

/* Share of good mail that a filter calls spam. */
#define FALSE_POSITIVE 0.003

const char *const role_name[ROLES] = {"normal", "business", "server", "forward",
    "forward_srs", "forward_group", "forward_small", "newsletter", "bouncer",
    "relay", "hosting"};
const char *const guilt_name[GUILTS] = {"innocent", "bot", "leak", "direct",
    "virus", "account", "low", "guest", "spammer", "dictionary", "relayed"};
static const double role_share[ROLES] = {
    0, .02, .012, .006, .003, .003, .005, .003, .002, .003, .002};
static const double guilt_share[GUILTS] = {
    0, .006, .003, .01, .003, .003, .004, .001, .001, .001, .001};

struct customer *people;

struct hand_over {
	unsigned from, to;
	int64_t at, gap;
};
static struct hand_over *hot[DAYS_MAX + 1];
static size_t nhot[DAYS_MAX + 1];

/* ---- who ---- */

static unsigned
count_of(double share)
{
	unsigned n = (unsigned)(share * opt.customers + 0.5);

	return n < 2 ? 2 : n;
}

static void
settle(struct customer *c)
{
	double d = rnd1();

	c->lease = -1;
	c->host = (uint8_t)(d < .45 ? POSTFIX : d < .8 ? EXIM : SENDMAIL);
	d = rnd1();
	c->access = (uint8_t)(c->role != NORMAL ? STATIC
	                      : d < .72         ? DYNAMIC
	                      : d < .87         ? CGNAT
	                      : d < .92         ? STATIC
	                                        : V6);
	if (c->bad == DIRECT || c->bad == DICTIONARY)
		c->access = (uint8_t)(one_in(.8) ? DYNAMIC : STATIC);
	if (c->bad == RELAYED)
		c->access = STATIC;
	c->night = (uint8_t)one_in(.3);
	c->rate = c->role == BUSINESS        ? 15 + rnd(one_in(.2) ? 200 : 50)
	          : c->role == SERVER        ? 60 + rnd(350)
	          : c->role == FORWARD       ? 2 + rnd(50)
	          : c->role == FORWARD_SRS   ? 4 + rnd(50)
	          : c->role == FORWARD_GROUP ? 20 + rnd(130)
	          : c->role == FORWARD_SMALL ? 1 + rnd(9)
	          : c->role == NEWSLETTER    ? 80 + rnd(320)
	          : c->role == BOUNCER       ? 30 + rnd(120)
	          : c->role == RELAY         ? 60 + rnd(140)
	          : c->role == HOSTING       ? 60 + rnd(240)
	                                     : 1;
	c->boxes = c->role == FORWARD_GROUP   ? 4 + rnd(9)
	           : c->role == FORWARD_SMALL ? 1 + rnd(12)
	           : c->role == RELAY       ? 30 + rnd(50)
	           : c->role == HOSTING     ? 20 + rnd(60)
	           : c->role == BUSINESS    ? 8 + rnd(50)
	                                    : 1 + rnd(2);
}

void
people_open(void)
{
	unsigned n = opt.customers, *order = malloc(n * sizeof(*order)), k = 0;

	people = calloc(n, sizeof(*people));
	for (unsigned i = 0; i < n; i++) {
		unsigned j = rnd(i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	for (int r = BUSINESS; r < ROLES; r++)
		for (unsigned i = count_of(role_share[r]); i-- > 0 && k < n;
		     k++)
			people[order[k]].role = (uint8_t)r;
	for (int g = BOT; g < GUILTS; g++)
		for (unsigned i = count_of(guilt_share[g]); i-- > 0 && k < n;
		     k++) {
			struct customer *c = &people[order[k]];

			c->bad = (uint8_t)g;
			c->role = g == GUEST ? BUSINESS : NORMAL;
			c->bad_from = (int)rnd(opt.days);
			c->bad_until = c->bad_from + 1 +
			               (int)rnd(opt.days < 12 ? opt.days : 12);
		}
	for (unsigned i = 0; i < n; i++)
		settle(&people[i]);
	free(order);
}

int
bad_on(const struct customer *c, unsigned day)
{
	return (int)day >= c->bad_from && (int)day < c->bad_until ? c->bad
	                                                          : INNOCENT;
}

/* ---- when ---- */

static int64_t
busy_time(unsigned day)
{
	double h;

	do
		h = 24 * rnd1();
	while (rnd1() * 2 > 1 + .95 * sin((h - 9) / 24 * 2 * M_PI));
	return START + (int64_t)day * DAYS + (int64_t)(h * 3600e6);
}

/* An infected PC works while it is switched on. */
static int64_t
bad_time(const struct customer *c, unsigned customer, unsigned day)
{
	int64_t from = (7 + customer % 5) * HOURS,
	        length = (6 + customer % 9) * HOURS;

	if (c->night) {
		from = 0;
		length = DAYS;
	}
	return START + (int64_t)day * DAYS + from + rnd64(length);
}

void
people_plan(unsigned day)
{
	for (unsigned i = 0; day < opt.days && i < opt.customers; i++) {
		const struct customer *c = &people[i];
		struct hand_over h = {.from = i};
		double d = rnd1();

		if (!bad_on(c, day) || c->access != DYNAMIC || !one_in(.7))
			continue;
		h.to = rnd(opt.customers);
		h.at = bad_time(c, i, day);
		h.gap = d < .3   ? SEC + rnd64(4 * SEC)
		        : d < .7 ? 5 * SEC + rnd64(55 * SEC)
		                 : rnd64(15 * MINUTE);
		if (people[h.to].access != DYNAMIC || people[h.to].bad ||
		    h.at < START + 5 * MINUTE)
			continue;
		lease_hand_over(h.from, h.to, h.at, h.gap);
		hot[day] = realloc(hot[day], (nhot[day] + 1) * sizeof(**hot));
		hot[day][nhot[day]++] = h;
	}
}

/* ---- names ---- */

static const char *
word(void)
{
	static char text[4][16];
	static unsigned turn;
	char *p = text[turn++ % 4];
	unsigned n = 4 + rnd(6);

	for (unsigned i = 0; i < n; i++)
		p[i] = (char)('a' + rnd(26));
	p[n] = '\0';
	return p;
}

static void
friend_of(unsigned customer, unsigned k, char *to, size_t n)
{
	unsigned h = (customer * 2654435761u + k * 40503u) >> 7;

	snprintf(to, n, "%c%u.%u@%s%u.example", 'a' + h % 26, h % 977,
	    customer % 991, h % 3 ? "post" : "mail", h % 40);
}

static void
stranger(char *to, size_t n)
{
	static const char *const large[] = {
	    "bigmail", "webpost", "freemail", "inbox", "postbox", "mailhub"};

	if (one_in(.45))
		snprintf(
		    to, n, "%s%u@%s.example", word(), rnd(9999), large[rnd(6)]);
	else
		snprintf(to, n, "%s%u@%s%u.example", word(), rnd(90),
		    rnd(2) ? "web" : "corp", rnd(4000));
}

static void
mailbox(char *to, size_t n, int unknown)
{
	snprintf(to, n, "%s%u@home.isp.example", unknown ? word() : "user",
	    rnd(20000));
}

/* One that nobody has: a new domain each time, and sometimes text that reads
 * like a log line. */
static void
forged_sender(char *to, size_t n)
{
	if (one_in(.03))
		snprintf(to, n,
		    "\"x> H=gw [198.18.%u.%u]:25 P=esmtp, relay=gw [198.18.%u.%u]\"@%s.example",
		    rnd(50), rnd(250), rnd(50), rnd(250), word());
	else
		snprintf(to, n, "%s%u@%s%u.example", word(), rnd(9999), word(),
		    rnd(99));
}

static void
forged_helo(char *to, size_t n)
{
	unsigned d = rnd(10);

	if (d < 3)
		snprintf(to, n, "h%u-%u.dyn.isp.example", rnd(50), rnd(250));
	else if (d < 5)
		snprintf(to, n, "[198.18.%u.%u]", rnd(50), rnd(250));
	else if (d < 8)
		snprintf(to, n, "%s.example", word());
	else
		snprintf(to, n, "%s", word());
}

/* ---- one message ---- */

static struct mail
letter(enum host h)
{
	struct mail m = {.host = h,
	    .customer = -1,
	    .remote = "",
	    .nrcpt = 1,
	    .size = 900 + (int)rnd(30000)};

	snprintf(m.id, sizeof(m.id), "%08x%04x@%s.example", rnd(UINT32_MAX),
	    rnd(65536), word());
	return m;
}

static void
filter(struct mail *m, int spam, double detected)
{
	m->verdict = CLEAN;
	m->score = 3 * rnd1() - 1.5;
	if (spam && one_in(detected)) {
		m->verdict = SPAM;
		m->score = 5.1 + 22 * rnd1();
		m->blocked = m->score > 15;
	} else if (!spam && one_in(FALSE_POSITIVE)) {
		m->verdict = SPAM;
		m->score = 5.1 + 3 * rnd1();
	}
}

static void
virus(struct mail *m)
{
	static const char *const worm[] = {"Win.Worm.Bagle-1",
	    "Worm.Mydoom.M-1", "Doc.Downloader.Emotet-9876543-0"};

	m->verdict = VIRUS_FOUND;
	m->signature = worm[rnd(3)];
}

static void
connection(struct mail *m, int64_t at, const struct addr *from, unsigned port)
{
	const uint8_t four[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192,
	    0, 2, (uint8_t)(10 + m->host)};
	const uint8_t six[16] = {
	    0x20, 1, 0xd, 0xb8, 0, 0x10, [15] = (uint8_t)(10 + m->host)};
	struct session s = {.at = at - SEC / 2,
	    .span = 2 * SEC,
	    .from = *from,
	    .port = port,
	    .packets = 20 + rnd(30) + (unsigned)m->size / 1000,
	    .answered = 1,
	    .server = -1,
	    .client = m->auth[0] && m->customer >= 0 && m->remote[0]
	                  ? -1
	                  : m->customer,
	    .agent = m->customer >= 0 && !m->remote[0] ? INTERNAL : EDGE};

	memcpy(s.to.b, from->b[0] ? six : four, 16);
	flow_session(&s);
}

static void
deliver(struct mail *m, int64_t at, int pattern)
{
	struct written w;

	m->at = at;
	connection(m, at, &m->from_addr, m->port);
	w = mta_write(m);
	truth_mail(m, &w, pattern);
}

/* From where he is, if he is online then and for a moment longer. */
static int
send_from(struct mail *m, unsigned customer, int64_t at, int pattern)
{
	const struct lease *l = lease_at(customer, at);
	const struct customer *c = &people[customer];

	if (l == NULL || at < l->start + 2 * SEC || at + 3 * SEC > l->end)
		return 0;
	m->customer = (int)customer;
	m->from_addr = lease_addr(l, c->role == NORMAL ? 1 : 1 + customer % 2);
	m->port = l->port_last
	              ? l->port_first + rnd(l->port_last - l->port_first + 1u)
	              : 1024 + rnd(64000);
	if (c->role != NORMAL)
		snprintf(
		    m->name, sizeof(m->name), "mail.firm%u.example", customer);
	else if (c->access != V6)
		snprintf(m->name, sizeof(m->name), "h%u-%u.dyn.isp.example",
		    m->from_addr.b[14], m->from_addr.b[15]);
	if (m->helo[0] == '\0')
		snprintf(m->helo, sizeof(m->helo), "%s",
		    c->role != NORMAL || c->access == V6 ? "pc.home.example"
		                                         : m->name);
	deliver(m, at, pattern);
	return 1;
}

/* Outcomes for strangers: stale addresses, full boxes, greylisting. */
static uint8_t
luck(double unknown)
{
	double d = rnd1();

	return d < unknown          ? UNKNOWN
	       : d < unknown + .01  ? FULL
	       : d < unknown + .04  ? GREYLISTED
	       : d < unknown + .045 ? UNREACHABLE
	                            : SENT;
}

static void
ham(unsigned customer, int64_t at)
{
	struct mail m = letter((enum host)people[customer].host);

	if (one_in(.9))
		snprintf(m.sender, sizeof(m.sender),
		    "user%05u@home.isp.example", customer);
	else
		snprintf(m.sender, sizeof(m.sender), "me@family%u.example",
		    customer);
	m.local = one_in(.2);
	m.nrcpt = one_in(.85) ? 1 : 2 + (int)rnd(4);
	for (int i = 0; i < m.nrcpt; i++) {
		if (m.local)
			mailbox(m.rcpt[i], sizeof(m.rcpt[i]), 0);
		else
			friend_of(
			    customer, rnd(12), m.rcpt[i], sizeof(m.rcpt[i]));
		m.outcome[i] = m.local ? SENT : luck(.012);
	}
	if (m.local && one_in(.03)) { /* a slip of the pen */
		mailbox(m.rcpt[0], sizeof(m.rcpt[0]), 1);
		m.outcome[0] = UNKNOWN;
	}
	filter(&m, 0, 0);
	if (people[customer].bad == ACCOUNT)
		snprintf(m.auth, sizeof(m.auth), "user%05u@home.isp.example",
		    customer);
	send_from(&m, customer, at, 0);
}

static void
business(unsigned customer, unsigned day)
{
	const struct customer *c = &people[customer];
	int weekend = (day + 5) % 7 > 4; /* day 0 is a Saturday */

	for (unsigned n = poisson(weekend ? c->rate / 10.0 : c->rate);
	     n-- > 0;) {
		struct mail m = letter((enum host)c->host);

		snprintf(m.sender, sizeof(m.sender), "name%u@firm%u%s.example",
		    rnd(c->boxes), customer, rnd(4) ? "" : "-shop");
		snprintf(m.helo, sizeof(m.helo), "PC%02u.firm%u.local",
		    rnd(c->boxes), customer);
		if (one_in(.5))
			friend_of(
			    customer, rnd(300), m.rcpt[0], sizeof(m.rcpt[0]));
		else
			stranger(m.rcpt[0], sizeof(m.rcpt[0]));
		m.outcome[0] = luck(.02);
		filter(&m, 0, 0);
		send_from(&m, customer, busy_time(day), 0);
	}
}

/* A session that mail comes in by, from the outside to his own server. */
static void
outside(unsigned customer, int64_t at, int in, int answered)
{
	const struct lease *l = lease_at(customer, at);
	struct addr there = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 203, 0,
	    113, (uint8_t)(1 + rnd(250))}};
	struct session s = {.agent = EDGE,
	    .at = at,
	    .span = 2 * SEC,
	    .answered = answered,
	    .client = in ? -1 : (int)customer,
	    .server = in ? (int)customer : -1,
	    .packets = answered ? 20 + rnd(60) : 1 + rnd(3)};

	if (l == NULL || at < l->start + 2 * SEC || at + 3 * SEC > l->end)
		return;
	s.port = !in && l->port_last
	             ? l->port_first + rnd(l->port_last - l->port_first + 1u)
	             : 1024 + rnd(64000);
	if (people[customer].access == V6)
		there = (struct addr){
		    {0x20, 1, 0xd, 0xb8, 0xf0, [15] = (uint8_t)(1 + rnd(250))}};
	s.from =
	    in ? there
	       : lease_addr(
	             l, people[customer].role == NORMAL ? 1 : 1 + customer % 2);
	s.to = in ? lease_addr(l, 1 + customer % 2) : there;
	flow_session(&s);
}

static void
server(unsigned customer, unsigned day)
{
	for (unsigned n = poisson(people[customer].rate); n-- > 0;) {
		outside(customer, busy_time(day), 0, one_in(.9));
		outside(customer, busy_time(day), 1, 1);
	}
	if (one_in(.5))
		ham(customer, busy_time(day));
}

static void
mailbox_elsewhere(unsigned customer, unsigned box, char *to, size_t n)
{
	static const char *const large[] = {"bigmail", "webpost", "freemail"};

	if (people[customer].role != FORWARD && box % 4 == 3)
		snprintf(to, n, "me@private%u-%u.example", box, customer);
	else
		snprintf(to, n, "staff%u.%u@%s.example", box, customer,
		    large[box % 4 % 3]);
}

/* Something comes in to his own server, and goes on under its own sender;
 * spam 2: a virus. */
static void
forward_one(
    unsigned customer, unsigned box, const char *sender, int spam, int64_t at)
{
	const struct customer *c = &people[customer];
	struct mail m = letter((enum host)c->host);

	if (c->role == FORWARD_SRS)
		snprintf(m.sender, sizeof(m.sender),
		    "SRS0=%04x=%c%c=%s%u.example=%s@fwd%u.example", rnd(65536),
		    'A' + rnd(26), 'A' + rnd(26), word(), rnd(999), word(),
		    customer);
	else
		snprintf(m.sender, sizeof(m.sender), "%s", sender);
	snprintf(m.helo, sizeof(m.helo), "mail.firm%u.example", customer);
	mailbox_elsewhere(customer, box, m.rcpt[0], sizeof(m.rcpt[0]));
	m.outcome[0] = spam && one_in(.15) ? REFUSED
	               : one_in(.01)       ? FULL
	                                   : SENT;
	filter(&m, spam, .75);
	if (spam > 1 || one_in(.015))
		virus(&m);
	outside(customer, at, 1, 1);
	send_from(&m, customer, at + SEC + rnd64(20 * SEC), 0);
}

/* A small firm hears from one provider's or two providers' customers alone, or
 * from anybody; spammers forge these, too. */
static void
sender_of_few(unsigned customer, char *to, size_t n, int spam)
{
	static const char *const large[] = {"bigmail", "webpost", "freemail"};
	unsigned domains = customer % 3;

	if (domains > 0)
		snprintf(to, n, "%s%u@%s.example", word(), rnd(999),
		    large[(customer + rnd(domains)) % 3]);
	else if (spam)
		forged_sender(to, n);
	else
		stranger(to, n);
}

/* At times the same to every box at once: a campaign, or a wave of viruses. */
static void
forwards_of_few(unsigned customer, unsigned day)
{
	const struct customer *c = &people[customer];
	char sender[200];

	for (unsigned n = poisson(c->rate * ((day + 5) % 7 > 4 ? .5 : 1));
	     n-- > 0;) {
		int spam = one_in(.25 + customer % 4 * .12);

		sender_of_few(customer, sender, sizeof(sender), spam);
		forward_one(
		    customer, rnd(c->boxes), sender, spam, busy_time(day));
	}
	if (one_in(.15)) {
		int64_t at = busy_time(day);
		int one = one_in(.5), what = one_in(.2) ? 2 : 1;

		sender_of_few(customer, sender, sizeof(sender), 1);
		for (unsigned box = 0; box < c->boxes; box++) {
			if (!one)
				sender_of_few(
				    customer, sender, sizeof(sender), 1);
			forward_one(customer, box, sender, what, at);
		}
	}
}

/* Spam of all the world to boxes elsewhere; at times the same to all of them. */
static void
forwards(unsigned customer, unsigned day)
{
	const struct customer *c = &people[customer];
	char sender[200];

	for (unsigned n = poisson(c->rate * ((day + 5) % 7 > 4 ? .5 : 1));
	     n-- > 0;) {
		int spam = one_in(.25 + customer % 4 * .12);

		if (spam)
			forged_sender(sender, sizeof(sender));
		else if (one_in(.5))
			stranger(sender, sizeof(sender));
		else
			friend_of(customer, rnd(30), sender, sizeof(sender));
		forward_one(
		    customer, rnd(c->boxes), sender, spam, busy_time(day));
	}
	if (one_in(.1)) {
		int64_t at = busy_time(day);

		forged_sender(sender, sizeof(sender));
		for (unsigned box = 0; box < c->boxes; box++)
			forward_one(customer, box, sender, 1, at);
	}
}

static void
hosting(unsigned customer, unsigned day)
{
	const struct customer *c = &people[customer];

	for (unsigned n = poisson(c->rate * ((day + 5) % 7 > 4 ? .3 : 1));
	     n-- > 0;) {
		struct mail m = letter((enum host)c->host);

		snprintf(m.sender, sizeof(m.sender), "%s@site%u-%u.example",
		    rnd(2) ? "info" : "shop", rnd(c->boxes), customer);
		snprintf(
		    m.helo, sizeof(m.helo), "mail.firm%u.example", customer);
		stranger(m.rcpt[0], sizeof(m.rcpt[0]));
		m.outcome[0] = luck(.02 + customer % 4 * .01);
		filter(&m, 0, 0);
		send_from(&m, customer, busy_time(day), 0);
	}
}

static void
relays(unsigned customer, unsigned day)
{
	const struct customer *c = &people[customer];
	unsigned domains = 1 + customer % 8;

	for (unsigned n = poisson(c->rate); n-- > 0;) {
		struct mail m = letter((enum host)c->host);
		int spam = one_in(.35),
		    unknown = one_in(spam ? .2 + customer % 5 * .1 : .02);
		unsigned box = rnd(c->boxes);
		int64_t at = busy_time(day);

		if (spam)
			forged_sender(m.sender, sizeof(m.sender));
		else
			stranger(m.sender, sizeof(m.sender));
		snprintf(
		    m.helo, sizeof(m.helo), "mail.firm%u.example", customer);
		snprintf(m.rcpt[0], sizeof(m.rcpt[0]),
		    "%s%u@branch%u-%u.example", unknown ? word() : "desk", box,
		    customer, box % domains);
		m.outcome[0] = unknown ? UNKNOWN : luck(0);
		filter(&m, spam, .75);
		if (one_in(.015))
			virus(&m);
		outside(customer, at, 1, 1);
		send_from(&m, customer, at + SEC + rnd64(20 * SEC), 0);
	}
}

static void
newsletter(unsigned customer, unsigned day)
{
	const struct customer *c = &people[customer];
	double stale =
	    (customer % 4 == 0 ? .55 : .05) + customer % 14 * .01;
	int64_t at = busy_time(day);
	int size = 4000 + (int)rnd(60000);

	if ((day + customer) % (opt.days < 7 ? 2 : 7) != 0)
		return;
	for (unsigned i = 0; i < c->rate; i++) {
		struct mail m = letter((enum host)c->host);
		char *who;

		stranger(m.rcpt[0], sizeof(m.rcpt[0]));
		who = strchr(m.rcpt[0], '@');
		snprintf(m.sender, sizeof(m.sender),
		    "news-%u-%.*s=%s@letter%u.example", 1000 + day,
		    (int)(who - m.rcpt[0]), m.rcpt[0], who + 1, customer);
		snprintf(
		    m.helo, sizeof(m.helo), "mail.firm%u.example", customer);
		m.size = size + 2 * (int)strlen(m.rcpt[0]);
		m.outcome[0] = luck(stale);
		filter(&m, 0, 0);
		send_from(&m, customer, at += rnd64(4 * SEC), 0);
	}
}

/* Non-delivery reports to whom spammers pretended to be. */
static void
bounces(unsigned customer, unsigned day)
{
	const struct customer *c = &people[customer];

	for (unsigned n = poisson(c->rate); n-- > 0;) {
		struct mail m = letter((enum host)c->host);

		stranger(m.rcpt[0], sizeof(m.rcpt[0]));
		snprintf(
		    m.helo, sizeof(m.helo), "mail.firm%u.example", customer);
		m.outcome[0] = luck(customer % 2 ? .4 : .65);
		filter(&m, one_in(.3), .6);
		if (one_in(.01))
			virus(&m);
		send_from(&m, customer, busy_time(day), 0);
	}
}

/* ---- the guilty ---- */

struct campaign {
	double unknown, detected;
	int one_sender, virus, pattern;
};

static void
spam_mail(unsigned customer, int64_t at, const struct campaign *k)
{
	const struct customer *c = &people[customer];
	struct mail m = letter((enum host)c->host);

	truth_guilty(customer, at);
	if (k->one_sender)
		snprintf(m.sender, sizeof(m.sender), "deals@promo%u.example",
		    customer);
	else
		forged_sender(m.sender, sizeof(m.sender));
	if (c->bad == RELAYED)
		snprintf(
		    m.helo, sizeof(m.helo), "mail.firm%u.example", customer);
	else if (!one_in(.3))
		forged_helo(m.helo, sizeof(m.helo));
	m.nrcpt = one_in(.7) ? 1 : 2 + (int)rnd(3);
	for (int i = 0; i < m.nrcpt; i++) {
		stranger(m.rcpt[i], sizeof(m.rcpt[i]));
		m.outcome[i] = luck(k->unknown);
	}
	if (k->virus && one_in(.97))
		virus(&m);
	else
		filter(&m, 1, k->detected);
	if (c->bad == ACCOUNT) {
		const uint8_t from[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255,
		    255, 198, 51, 100, (uint8_t)(customer % 150 + rnd(50))};

		snprintf(m.auth, sizeof(m.auth), "user%05u@home.isp.example",
		    customer);
		m.customer = (int)customer;
		m.remote = "account";
		m.port = 1024 + rnd(60000);
		memcpy(m.from_addr.b, from, 16);
		snprintf(m.name, sizeof(m.name), "r%u.far.example", from[15]);
		deliver(&m, at, 0);
	} else
		send_from(&m, customer, at, k->pattern);
}

/* The bounces that an open relay writes of what it could not deliver. */
static void
relay_bounces(unsigned customer, unsigned day, unsigned n)
{
	while (n-- > 0) {
		struct mail m = letter((enum host)people[customer].host);

		stranger(m.rcpt[0], sizeof(m.rcpt[0]));
		snprintf(
		    m.helo, sizeof(m.helo), "mail.firm%u.example", customer);
		m.outcome[0] = luck(.6);
		filter(&m, 0, 0);
		send_from(&m, customer,
		    bad_time(&people[customer], customer, day), 0);
	}
}

static void
dictionary(unsigned customer, unsigned day)
{
	for (unsigned n = 10 + rnd(25); n-- > 0;) {
		struct mail m = letter(one_in(.6) ? POSTFIX : EXIM);

		forged_sender(m.sender, sizeof(m.sender));
		forged_helo(m.helo, sizeof(m.helo));
		m.local = 1;
		m.nrcpt = 5 + (int)rnd(15);
		for (int i = 0; i < m.nrcpt; i++) {
			int unknown = one_in(.92);

			mailbox(m.rcpt[i], sizeof(m.rcpt[i]), unknown);
			m.outcome[i] = unknown ? UNKNOWN : SENT;
		}
		filter(&m, 1, .3);
		send_from(&m, customer,
		    bad_time(&people[customer], customer, day), 0);
	}
}

static void
direct(unsigned customer, unsigned day)
{
	const struct customer *c = &people[customer];

	for (unsigned n = 100 + rnd(one_in(.3) ? 3000 : 800); n-- > 0;)
		outside(customer, bad_time(c, customer, day), 0, one_in(.45));
	for (unsigned n = one_in(.4) ? rnd(40) : 0;
	     n-- > 0;) { /* also to our own MX */
		struct mail m = letter(one_in(.5) ? POSTFIX : EXIM);

		forged_sender(m.sender, sizeof(m.sender));
		forged_helo(m.helo, sizeof(m.helo));
		m.local = 1;
		mailbox(m.rcpt[0], sizeof(m.rcpt[0]), 0);
		m.outcome[0] = one_in(.2) ? GREYLISTED : SENT;
		filter(&m, 1, .8);
		send_from(&m, customer, bad_time(c, customer, day), 0);
	}
}

/* The campaign of a customer is the same all the time. */
static struct campaign
campaign_of(const struct customer *c, unsigned customer)
{
	struct campaign k = {.unknown = .2 + customer % 31 * .01,
	    .detected = .4 + customer % 56 * .01};

	if (c->bad == LEAK || c->bad == RELAYED)
		k = (struct campaign){.unknown = .12 + customer % 40 * .01,
		    .detected = customer % 4 * .01,
		    .pattern = 1};
	else if (c->bad == SPAMMER)
		k.one_sender = 1;
	else if (c->bad == VIRUS)
		k.virus = 1;
	else if (c->bad == GUEST)
		k.detected = .6 + customer % 36 * .01;
	else if (c->bad == LOW)
		k.detected = .7;
	return k;
}

static void
bad_day(unsigned customer, unsigned day)
{
	const struct customer *c = &people[customer];
	struct campaign k = campaign_of(c, customer);
	unsigned n = c->bad == LOW     ? 1 + rnd(9)
	             : c->bad == VIRUS ? 15 + rnd(100)
	             : c->bad == LEAK || c->bad == RELAYED ? 50 + rnd(300)
	             : c->bad == GUEST ? 20 + rnd(150)
	                               : 20 + rnd(one_in(.3) ? 400 : 120);

	if (c->bad == RELAYED)
		relay_bounces(customer, day, n / 8);
	if (c->bad == DIRECT)
		direct(customer, day);
	else if (c->bad == DICTIONARY)
		dictionary(customer, day);
	else
		while (n-- > 0)
			spam_mail(customer, bad_time(c, customer, day), &k);
}

static void
hand_overs(unsigned day)
{
	for (size_t i = 0; i < nhot[day]; i++) {
		const struct hand_over *h = &hot[day][i];
		const struct customer *c = &people[h->from];
		struct campaign k = campaign_of(c, h->from);

		for (unsigned n = 3 + rnd(6); n-- > 0;) {
			int64_t at = h->at - rnd64(90 * SEC) - 3 * SEC;

			if (c->bad == DIRECT || c->bad == DICTIONARY)
				outside(h->from, at, 0, one_in(.5));
			else
				spam_mail(h->from, at, &k);
		}
		for (unsigned n = 1 + rnd(3); n-- > 0;)
			ham(h->to,
			    h->at + h->gap + 2 * SEC + rnd64(3 * MINUTE));
	}
}

/* ---- the others ---- */

enum { PROVIDER, FAR_BOT, FAR_FORWARD };

/* Remote hosts that mail our customers: large providers, bots, forwarders. */
static void
far_host(unsigned k, unsigned day)
{
	int kind = k % 4 == 0 ? PROVIDER : k % 16 == 1 ? FAR_FORWARD : FAR_BOT;
	static const char *const what[] = {" provider", " bot", " forwarder"};
	unsigned octet =
	    kind == FAR_BOT ? 60 + (k * 7 + day * 31) % 190 : 1 + k % 59;
	enum host to = k % 3 == 0 ? SENDMAIL : k % 3 == 1 ? EXIM : POSTFIX;

	for (unsigned n = poisson(kind == PROVIDER ? 30 : 12); n-- > 0;) {
		struct mail m = letter(to);
		int spam = one_in(kind == PROVIDER  ? .03
		                  : kind == FAR_BOT ? .97
		                                    : .3);
		const uint8_t from[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255,
		    255, 203, 0, 113, (uint8_t)octet};

		memcpy(m.from_addr.b, from, 16);
		m.from_addr.b[12] = kind == FAR_BOT ? 198 : 203;
		m.from_addr.b[13] = kind == FAR_BOT ? 51 : 0;
		m.from_addr.b[14] = kind == FAR_BOT ? 100 : 113;
		m.port = 1024 + rnd(60000);
		if (kind != FAR_BOT)
			snprintf(m.name, sizeof(m.name), "out%u.big%u.example",
			    k, k % 9);
		if (spam)
			forged_sender(m.sender, sizeof(m.sender));
		else
			stranger(m.sender, sizeof(m.sender));
		if (spam && kind == FAR_BOT)
			forged_helo(m.helo, sizeof(m.helo));
		else
			snprintf(m.helo, sizeof(m.helo), "out%u.big%u.example",
			    k, k % 9);
		m.local = 1;
		mailbox(m.rcpt[0], sizeof(m.rcpt[0]), one_in(spam ? .15 : .01));
		m.outcome[0] = strncmp(m.rcpt[0], "user", 4) != 0 ? UNKNOWN
		               : one_in(.03)                      ? GREYLISTED
		                                                  : SENT;
		filter(&m, spam, .8);
		if (kind == FAR_FORWARD) { /* whose, is always the same */
			snprintf(m.rcpt[0], sizeof(m.rcpt[0]),
			    "user%u@home.isp.example", k + rnd(2));
			m.outcome[0] = SENT;
		}
		m.remote = what[kind];
		deliver(&m, busy_time(day), 0);
	}
}

/* Somebody uses our customers' addresses as false senders of packets. */
static void
forged_packets(unsigned day)
{
	for (unsigned n = poisson(opt.customers / 100.0); n-- > 0;) {
		unsigned i = rnd(opt.customers);
		int64_t at = START + (int64_t)day * DAYS + rnd64(DAYS);
		const struct lease *l = lease_at(i, at);
		struct addr there = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255,
		    203, 0, 113, (uint8_t)(1 + rnd(250))}};
		struct addr a;

		if (l == NULL || people[i].access == V6 ||
		    people[i].access == CGNAT)
			continue;
		a = lease_addr(l, 1);
		flow_forged(at, &a, &there, one_in(.7), (int)i);
	}
}

static void
one_day(unsigned i, unsigned day)
{
	const struct customer *c = &people[i];

	switch (c->role) {
	case NORMAL:
		for (unsigned n = one_in(.45) ? 1 + poisson(1.5 * opt.load) : 0;
		     n-- > 0;)
			ham(i, busy_time(day));
		break;
	case BUSINESS:
		business(i, day);
		break;
	case SERVER:
		server(i, day);
		break;
	case HOSTING:
		hosting(i, day);
		break;
	case NEWSLETTER:
		newsletter(i, day);
		break;
	case BOUNCER:
		bounces(i, day);
		break;
	case RELAY:
		relays(i, day);
		break;
	case FORWARD_SMALL:
		forwards_of_few(i, day);
		break;
	default:
		forwards(i, day);
	}
	if (bad_on(c, day))
		bad_day(i, day);
}

void
people_day(unsigned day)
{
	unsigned far = opt.customers / 80 < 8 ? 8 : opt.customers / 80;

	for (unsigned i = 0; i < opt.customers; i++)
		one_day(i, day);
	hand_overs(day);
	for (unsigned k = 0; k < far; k++)
		far_host(k, day);
	forged_packets(day);
}
