/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of world_gen: an invented ISP, day by day.  people.c says who
 * does what, lease.c who has which address, mta.c how the three mail servers
 * log it, flow.c what the switches sample, out.c the files, truth.c the truth.
 * Times are microseconds of true time; each clock that writes has an error.
 */
#ifndef TESTS_WORLD_WORLD_H
#define TESTS_WORLD_WORLD_H

#include <stdint.h>
#include <stdio.h>

#define SEC      INT64_C(1000000)
#define MINUTE   (60 * SEC)
#define HOURS    (3600 * SEC)
#define DAYS     (86400 * SEC)
#define START    (INT64_C(1791590400) * SEC) /* 2026-10-10T00:00:00Z */
#define FOREVER  (INT64_C(1) << 62)
#define DAYS_MAX 62

/* Of the configuration that is written: what the program may assume. */
#define LEASE_ERROR (10 * SEC)
#define MAIL_ERROR  (2 * SEC)

enum host { POSTFIX, EXIM, SENDMAIL, HOSTS };
enum agent { EDGE, INTERNAL, AGENTS };

enum role {
	NORMAL,   /* a few messages to people he knows */
	BUSINESS, /* many users behind one address */
	SERVER,   /* a mail server of his own that sends past ours */
	FORWARD, /* all that comes to a mailbox or two elsewhere, senders kept */
	FORWARD_SRS,
	FORWARD_GROUP, /* the same for the mailboxes of a whole firm */
	FORWARD_SMALL, /* of a small one: a handful a day, of few senders */
	NEWSLETTER,    /* VERP, stale addresses, at times most of them */
	BOUNCER,       /* answers spam that others sent in somebody's name */
	RELAY,   /* second MX of a few domains: spam, viruses, unknown users */
	HOSTING, /* the web sites of many domains send through it */
	ROLES
};

enum guilt {
	INNOCENT,
	BOT,        /* spam by our smarthost, filters see most of it */
	LEAK,       /* a new campaign: filters see nothing */
	DIRECT,     /* straight to the servers of others, at times to our MX */
	VIRUS,      /* a worm that mails itself */
	ACCOUNT,    /* his password is used from everywhere */
	LOW,        /* a bot that sends hardly anything */
	GUEST,      /* one bad PC in an office */
	SPAMMER,    /* one sender, thousands of recipients */
	DICTIONARY, /* guesses mailboxes at our MX */
	RELAYED,    /* an open relay: others send spam by his server */
	GUILTS
};

enum access { DYNAMIC, STATIC, CGNAT, V6 };

struct addr {
	uint8_t b[16];
};

struct lease {
	int64_t start, end;           /* true; end FOREVER: goes on */
	int64_t said_start, said_end; /* as the lease source has it */
	unsigned customer;
	int next_of_customer, next_of_address; /* older ones; -1 */
	unsigned address;
	uint16_t port_first, port_last; /* 0, 0: all */
	uint8_t stopped;                /* its end was recorded */
};

struct customer {
	uint8_t role, access, host, bad, night, listed, own_dns;
	int bad_from, bad_until; /* days; bad only then */
	unsigned rate, boxes;    /* of his role */
	unsigned fixed;          /* index of a fixed address */
	int lease;               /* newest; -1 */
	int64_t quiet_until;     /* no second scheduled mail before */
};

enum verdict { NONE, CLEAN, SPAM, VIRUS_FOUND };
enum outcome { SENT, UNKNOWN, FULL, GREYLISTED, REFUSED, UNREACHABLE };

#define RCPT_MAX 24
struct mail {
	int64_t at; /* the transaction, true */
	enum host host;
	struct addr from_addr;
	unsigned port;
	char name[96]; /* reverse DNS; "": none */
	char helo[128], auth[64], sender[200], id[80];
	char rcpt[RCPT_MAX][80];
	uint8_t outcome[RCPT_MAX];
	int nrcpt, size, local; /* local: rcpts are our mailboxes */
	enum verdict verdict;
	double score;
	const char *signature;
	int blocked;
	/* the truth */
	int customer;       /* -1: nobody's */
	const char *remote; /* why a remote host sends: its truth */
};

/* What became of a mail in the logs. */
struct written {
	char key[80];         /* queue id, or address:port of a refusal */
	int64_t received;     /* as logged */
	int arrived, verdict; /* these lines were written */
};

struct options {
	uint64_t seed;
	unsigned days, customers;
	double load;
	const char *out;
	int csv; /* dynamic leases as CSV, not as RADIUS */
};
extern struct options opt;
extern struct customer *people;
extern int64_t host_offset[HOSTS], agent_offset[AGENTS];
extern const char *const host_name[HOSTS];

/* chance.c */
void chance_seed(uint64_t seed);
uint32_t rnd(uint32_t n);
int64_t rnd64(int64_t n);
double rnd1(void);
int one_in(double share);
unsigned poisson(double mean);

/* lease.c */
void lease_open(void);
void lease_day(unsigned day);
const struct lease *lease_at(unsigned customer, int64_t t);
struct addr lease_addr(const struct lease *l, unsigned host_part);
/* 0: clear by the recorded leases; 'i': inside the clock error; 's': shared
 * by ports, and the log has none. */
int lease_doubt(
    const struct lease *l, int64_t stamp, int port_known, int64_t error);
/* from goes off at that time, and to gets his address, gap later; to be said
 * before the leases of that day are made. */
void lease_hand_over(unsigned from, unsigned to, int64_t at, int64_t gap);
void lease_write(void);

/* people.c */
void people_open(void);
void people_plan(unsigned day);
int bad_on(const struct customer *c, unsigned day);
void people_day(unsigned day);
extern const char *const role_name[ROLES], *const guilt_name[GUILTS];

/* mta.c */
struct written mta_write(const struct mail *m);

/* out.c */
void out_open(void);
int missing(enum host h, int64_t stamp);
int out_line(enum host h, int64_t t, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void out_flush(unsigned day);
void out_missing(unsigned day, FILE *f);
FILE *out_file(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
const char *addr_text(const struct addr *a);
void config_write(void);

/* flow.c */
/* A connection: packets of both sides together, or, if nobody answers, SYNs.
 * client and server: customer or -1. */
struct session {
	enum agent agent;
	int64_t at, span;
	struct addr from, to;
	unsigned port, packets;
	int answered, client, server;
};
void flow_session(const struct session *s);
/* One packet with a false source address. */
void flow_forged(int64_t at, const struct addr *victim,
    const struct addr *server, int answer, int customer);
void flow_flush(unsigned day);

/* truth.c */
void truth_open(void);
void truth_mail(const struct mail *m, const struct written *w, int pattern);
/* That customer sent spam or a virus then, of which the generator knows whose fault it is. */
void truth_guilty(unsigned customer, int64_t at);
void truth_sent(int customer, int64_t at, unsigned packets);
void truth_sample(int64_t at, int customer, int client);
void truth_forged(int64_t at, int customer);
void truth_day(unsigned day);
void truth_close(void);

#endif
