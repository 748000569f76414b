/* SPDX-License-Identifier: Apache-2.0 */
/* heloflow collect: live sFlow over UDP into the store, until a signal. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/sd_notify.h"
#include "base/utc.h"
#include "cmd/cmd.h"
#include "ingest/flow_collect.h"

enum { OPT_LISTEN = 1, OPT_AGENT, OPT_FROM, OPT_FLUSH, OPT_PORTS };

#define STATUS_EVERY (60 * USEC)

static const struct option long_opts[] = {
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"agent", required_argument, NULL, OPT_AGENT},
    {"from", required_argument, NULL, OPT_FROM},
    {"flush", required_argument, NULL, OPT_FLUSH},
    {"ports", required_argument, NULL, OPT_PORTS},
    {NULL, 0, NULL, 0},
};

struct flags {
	struct flow_listen *listen;
	size_t nlisten;
	struct addr *agents;
	size_t nagents;
	struct prefix *from;
	size_t nfrom;
	struct port_set ports;
	int64_t flush; /* seconds */
};

static volatile sig_atomic_t stop, status;

static void
on_signal(int sig)
{
	*(sig == SIGUSR1 ? &status : &stop) = 1;
}

/* --- flags and configuration */

static void
add_listen(struct flags *f, struct str address, int64_t rate)
{
	f->listen = xrealloc(f->listen, (f->nlisten + 1) * sizeof(*f->listen));
	f->listen[f->nlisten++] = (struct flow_listen){address, (uint32_t)rate};
}

static void
add_agent(struct flags *f, struct addr a)
{
	f->agents = xrealloc(f->agents, (f->nagents + 1) * sizeof(a));
	f->agents[f->nagents++] = a;
}

static int
set_agent(struct flags *f, const char *text, struct err *e)
{
	struct addr a;

	if (!addr_parse(str_z(text), &a))
		return err_set(
		    e, ERR_USAGE, "--agent: \"%s\" is no IP address", text);
	add_agent(f, a);
	return 0;
}

static int
set_from(struct flags *f, const char *text, struct err *e)
{
	struct prefix p;

	if (!prefix_parse(str_z(text), &p))
		return err_set(e, ERR_USAGE,
		    "--from: \"%s\" is no address or prefix", text);
	f->from = xrealloc(f->from, (f->nfrom + 1) * sizeof(p));
	f->from[f->nfrom++] = p;
	return 0;
}

static int
set_option(struct flags *f, int opt, struct err *e)
{
	switch (opt) {
	case OPT_LISTEN:
		add_listen(f, str_z(optarg), 0);
		return 0;
	case OPT_AGENT:
		return set_agent(f, optarg, e);
	case OPT_FROM:
		return set_from(f, optarg, e);
	case OPT_FLUSH:
		return cmd_number("--flush", optarg, 1, 3600, &f->flush, e);
	case OPT_PORTS:
		if (port_set_parse(str_z(optarg), &f->ports))
			return 0;
		return err_set(e, ERR_USAGE,
		    "--ports: \"%s\" is not a list of up to %d ports", optarg,
		    PORT_SET_MAX);
	}
	return ERR_USAGE; /* '?': the frame has set e */
}

/* Adds what the configuration says: all agents, and where to listen unless
 * the flags did. */
static int
add_config(struct cmd *c, struct flags *f, struct err *e)
{
	bool listens = f->nlisten > 0;
	int rc = cmd_config(c, e);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < c->config->nflow; i++) {
		const struct flow_feed *feed = &c->config->flow[i];

		if (!listens && str_has(feed->listen))
			add_listen(f, feed->listen, feed->rate);
		for (size_t k = 0; k < feed->nagents; k++)
			add_agent(f, feed->agents[k].addr);
	}
	if (f->nlisten == 0)
		return err_set(e, ERR_USAGE,
		    "give --listen ADDR:PORT, or flow_sources with listen in "
		    "the configuration");
	return 0;
}

static int
read_flags(struct cmd *c, int argc, char **argv, struct flags *f, struct err *e)
{
	int opt, rc = 0;

	while (rc >= 0 &&
	       (opt = cmd_option(c, argc, argv, "", long_opts, e)) != -1)
		rc = set_option(f, opt, e);
	if (rc >= 0 && optind < argc)
		return err_set(
		    e, ERR_USAGE, "takes no file: \"%s\"", argv[optind]);
	return rc < 0 ? rc : add_config(c, f, e);
}

/* --- telling */

static int
status_text(struct flow_collect *fc, char *out, size_t size)
{
	struct flow_collect_counts n = flow_collect_counts(fc);

	return snprintf(out, size,
	    "%" PRId64 " datagrams, %" PRId64 " samples, %" PRId64
	    " SMTP, %" PRId64 " lost, %" PRId64
	    " dropped by the kernel, %" PRId64 " malformed, %" PRId64
	    " not allowed, %" PRId64 " SMTP not stored; slowest flush %.3f s",
	    n.datagrams, n.samples, n.smtp_packets, n.lost_datagrams,
	    n.kernel_drops, n.malformed, n.refused, n.overflow,
	    (double)flow_collect_slowest(fc) / USEC);
}

/* On stderr, and for systemctl status. */
static void
print_status(struct flow_collect *fc)
{
	char text[512], now[UTC_TEXT_MAX], state[600];

	status_text(fc, text, sizeof(text));
	utc_format(utc_now(), now);
	fprintf(stderr, "heloflow collect: %s %s\n", now, text);
	snprintf(state, sizeof(state), "STATUS=%s", text);
	sd_notify_send(state);
}

static void
print_start(const struct flow_collect *fc, const struct flags *f)
{
	fprintf(stderr,
	    "heloflow collect: listening on %s, receive buffer %d KiB\n",
	    flow_collect_listen(fc), flow_collect_buffer(fc) / 1024);
	if (flow_collect_buffer(fc) < (8 << 20))
		fprintf(stderr,
		    "heloflow collect: the receive buffer is small; raise "
		    "net.core.rmem_max, or allow CAP_NET_ADMIN\n");
	if (f->nagents == 0 && f->nfrom == 0)
		fprintf(stderr,
		    "heloflow collect: no agents are listed, datagrams of "
		    "anyone are stored\n");
}

/* --- running */

/* Signals come in only while we wait: *waiting is the mask for that. */
static void
catch_signals(sigset_t *waiting)
{
	static const int caught[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
	struct sigaction act = {.sa_handler = on_signal}, was;
	sigset_t block;

	sigemptyset(&act.sa_mask);
	sigemptyset(&block);
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++) {
		sigaddset(&block, caught[i]);
		sigaction(caught[i], &act, &was);
		if (caught[i] == SIGHUP && was.sa_handler == SIG_IGN)
			signal(SIGHUP, SIG_IGN); /* nohup */
	}
	sigprocmask(SIG_BLOCK, &block, waiting);
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		sigdelset(waiting, caught[i]);
	signal(SIGPIPE, SIG_IGN); /* a pager on stderr that ends */
}

static int
receive(struct flow_collect *fc, const sigset_t *waiting, struct err *e)
{
	/* Twice as often as sd_watchdog_enabled(3) recommends: a step may end
	 * a little before its time. */
	int64_t watchdog = sd_watchdog() / 4, now, told = monotonic_now();
	int64_t fed = 0, wait = STATUS_EVERY;
	int rc = 0;

	if (watchdog && watchdog < wait)
		wait = watchdog;
	while (!stop && rc >= 0) {
		rc = flow_collect_step(fc, wait, waiting, e);
		now = monotonic_now();
		if (watchdog && now - fed >= watchdog) {
			sd_notify_send("WATCHDOG=1");
			fed = now;
		}
		if (status || now - told >= STATUS_EVERY) {
			print_status(fc);
			status = 0;
			told = now;
		}
	}
	return rc;
}

/* What was received is stored also if receiving failed. */
static int
collect(struct flow_collect *fc, struct store *s, const struct flags *f,
    const sigset_t *waiting, struct err *e)
{
	struct err stopped = {0};
	int rc = flow_collect_start(fc, s, e), end;

	if (rc < 0)
		return rc;
	print_start(fc, f);
	sd_notify_send("READY=1");
	rc = receive(fc, waiting, e);
	sd_notify_send("STOPPING=1");
	end = flow_collect_stop(fc, &stopped);
	print_status(fc);
	if (end < 0 && rc >= 0) {
		*e = stopped;
		rc = err_wrap(e, "the last samples are not stored");
	}
	return rc;
}

static int
run_collector(struct cmd *c, struct flags *f, struct err *e)
{
	struct flow_collect_options opt = {
	    .listen = f->listen,
	    .nlisten = f->nlisten,
	    .agents = f->agents,
	    .nagents = f->nagents,
	    .from = f->from,
	    .nfrom = f->nfrom,
	    .ports = f->ports,
	    .flush = f->flush * USEC,
	};
	struct flow_collect *fc = NULL;
	struct store *s = NULL;
	sigset_t waiting;
	int rc;

	catch_signals(&waiting);
	rc = flow_collect_open(&fc, &opt, e);
	if (rc >= 0)
		rc = cmd_store(c, STORE_WRITE, &s, e);
	if (rc >= 0)
		rc = collect(fc, s, f, &waiting, e);
	store_close(s);
	flow_collect_free(fc);
	return rc;
}

static int
run(struct cmd *c, int argc, char **argv, struct err *e)
{
	struct flags f = {.ports = {.port = {25}, .n = 1}, .flush = 5};
	int rc = read_flags(c, argc, argv, &f, e);

	if (rc >= 0)
		rc = run_collector(c, &f, e);
	free(f.listen);
	free(f.agents);
	free(f.from);
	return rc;
}

const struct command cmd_collect = {
    .name = "collect",
    .args = "[--listen ADDR:PORT ...] [flags]",
    .summary = "Live sFlow over UDP, into the store",
    .help =
        "  --listen ADDR:PORT  a socket, e.g. 0.0.0.0:6343 or [::]:6343; more\n"
        "                      than once for several; instead of those that\n"
        "                      the configuration's flow_sources name\n"
        "  --agent ADDR        take this agent, besides those configured; with\n"
        "                      neither, anyone's datagrams are stored\n"
        "  --from PREFIX       take datagrams from these senders alone\n"
        "  --flush S           what is received is stored within S seconds (5)\n"
        "  --ports 25,587      mail ports (default: 25)\n"
        "SIGTERM and SIGINT store what has come in and end with 0; SIGUSR1\n"
        "prints the counts, as every minute does.\n",
    .run = run,
};
