/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world_gen --seed N --days D --customers C --out DIR [--load F] [--lease-csv]
 * writes the logs, flows, leases and configuration of an ISP that does not
 * exist, and the truth about its customers.  The same arguments give the same
 * bytes.  Addresses are of RFC 5737, 2544 and 3849, domains of RFC 2606.
 */
#include <getopt.h>
#include <stdlib.h>

#include "world.h"

struct options opt = {.seed = 1, .days = 3, .customers = 300, .load = 1};

static int
usage(void)
{
	fprintf(stderr,
	    "usage: world_gen --seed N --days D --customers C --out DIR [--load F] [--lease-csv]\n");
	return 2;
}

static int
read_options(int argc, char **argv)
{
	static const struct option known[] = {{"seed", 1, NULL, 's'},
	    {"days", 1, NULL, 'd'}, {"customers", 1, NULL, 'c'},
	    {"out", 1, NULL, 'o'}, {"load", 1, NULL, 'l'},
	    {"lease-csv", 0, NULL, 'r'}, {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1)
		switch (c) {
		case 's':
			opt.seed = strtoull(optarg, NULL, 10);
			break;
		case 'd':
			opt.days = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'c':
			opt.customers = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'o':
			opt.out = optarg;
			break;
		case 'l':
			opt.load = strtod(optarg, NULL);
			break;
		case 'r':
			opt.csv = 1;
			break;
		default:
			return 0;
		}
	return opt.out != NULL && opt.days >= 1 && opt.days < DAYS_MAX &&
	       opt.customers >= 100 && opt.customers <= 50000;
}

static void
accounts_write(void)
{
	FILE *f = out_file("accounts.csv");

	fprintf(f, "auth_user,customer\n");
	for (unsigned i = 0; i < opt.customers; i++)
		fprintf(f, "user%05u@home.isp.example,C-%05u\n", i, i);
	if (fclose(f) != 0)
		exit(1);
}

int
main(int argc, char **argv)
{
	if (!read_options(argc, argv))
		return usage();
	chance_seed(opt.seed);
	people_open();
	out_open();
	truth_open();
	agent_offset[EDGE] = rnd64(SEC) - SEC / 2;
	agent_offset[INTERNAL] = rnd64(SEC) - SEC / 2;
	lease_open();
	people_plan(0);
	lease_day(0);
	/* leases are a day ahead; what ends the day comes in the next one */
	for (unsigned d = 0; d < opt.days; d++) {
		people_plan(d + 1);
		lease_day(d + 1);
		people_day(d);
		if (d > 0) {
			out_flush(d - 1);
			flow_flush(d - 1);
			truth_day(d - 1);
		}
	}
	out_flush(opt.days - 1);
	flow_flush(opt.days - 1);
	truth_day(opt.days - 1);
	truth_close();
	lease_write();
	accounts_write();
	config_write();
	return 0;
}
