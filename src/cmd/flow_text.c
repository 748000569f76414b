/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/flow_text.h"

#include <inttypes.h>
#include <stdio.h>

enum { BAD_PRINTED = 3, BAD_TEXT = 120 };

static int
set_zone(struct flow_run *run, struct err *e)
{
	run->zone = zone_find(str_z(optarg));
	return run->zone
	           ? 0
	           : err_set(e, ERR_USAGE, "--tz: no time zone \"%s\"", optarg);
}

int
flow_text_option(struct cmd *c, struct flow_run *run, int opt, struct err *e)
{
	switch (opt) {
	case FLOW_TEXT_TIME:
		return cmd_time(c, "--time", optarg, &run->time, e);
	case FLOW_TEXT_TZ:
		return set_zone(run, e);
	case FLOW_TEXT_FIELDS:
		run->fields = str_z(optarg);
		return 0;
	case FLOW_TEXT_AGENT:
		if (addr_parse(str_z(optarg), &run->agent))
			return 0;
		return err_set(
		    e, ERR_USAGE, "--agent: \"%s\" is no address", optarg);
	}
	return 1;
}

const char *
flow_text_format(const struct flow_run *run, const char *format)
{
	return !format && str_has(run->fields) ? "sflowtool-l" : format;
}

/* Control characters of others' text do not reach the terminal. */
static void
print_text(struct str s)
{
	for (size_t i = 0; i < s.n && i < BAD_TEXT; i++)
		fputc(s.p[i] >= ' ' && s.p[i] < 127 ? s.p[i] : '?', stderr);
	if (s.n > BAD_TEXT)
		fputs("...", stderr);
}

void
flow_text_bad(const struct flow_run *run, const struct flow_heard *h)
{
	if (!str_has(h->text) || run->text.malformed > BAD_PRINTED)
		return;
	fprintf(
	    stderr, "heloflow: %s:%" PRId64 ": %s: ", h->path, h->line, h->why);
	print_text(h->text);
	fputc('\n', stderr);
}

bool
flow_text_lacks_flags(const struct flow_run *run)
{
	return run->no_flags > 0 && run->no_flags == run->smtp_packets;
}

const char *
flow_text_missing(
    const struct flow_run *run, char out[static FLOW_TEXT_MISSING])
{
	snprintf(out, FLOW_TEXT_MISSING, "%s%s%s%s",
	    flow_text_lacks_flags(run) ? ",flags" : "",
	    run->text.no_time ? ",time" : "", run->rate_unknown ? ",rate" : "",
	    run->text.count_unknown ? ",count" : "");
	return *out ? out + 1 : out;
}
