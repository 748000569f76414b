#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A mail host's clock is three minutes ahead; the agent's and the leases' are
# right: check names the host, and with the clock_offset it advises all is well.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# Sixty customers for twenty minutes each, twelve messages each, every third of
# them sampled.
awk 'BEGIN {
	zero = 1794268800 # 2026-11-10
	print "prefix,customer,from,until" >"leases.csv"
	for (i = 0; i < 60; i++) {
		start = zero + i * 1200 + i % 7 * 13
		ip = "203.0.113." 10 + i
		print ip ",C-" i "," start "," start + 1200 >"leases.csv"
		for (k = 0; k < 12; k++) {
			t = start + 20 + k * 106 + i * 7 % 13
			port = 30000 + k * 71 + i
			id = sprintf("1xQ%03d-0000%02d-A0", i, k)
			print t + 180, id " <= a@a" i ".example H=(pc) [" ip "]:" port " P=esmtp S=2000 id=m" i "." k "@example.org"
			print t + 182, id " => z@r.example R=dnslookup T=remote_smtp H=mx.example.com [198.51.100.20] C=\"250 ok\""
			print t + 182, id " Completed"
			if (k % 3 == 0)
				printf "{\"type\": \"SFLOW_5\", \"time_received_ns\": %d000000000, \"sequence_num\": 1, \"sampling_rate\": 512, \"sampler_address\": \"192.0.2.202\", \"bytes\": 82, \"packets\": 1, \"src_addr\": \"%s\", \"dst_addr\": \"192.0.2.20\", \"etype\": \"IPv4\", \"proto\": \"TCP\", \"src_port\": %d, \"dst_port\": 25, \"src_as\": 0, \"dst_as\": 0, \"tcp_flags\": 24}\n", t, ip, port >"flow.json"
		}
	}
}' | sort -s -n -k1,1 >lines
jq -Rr 'capture("^(?<t>[0-9]+) (?<text>.*)") |
    (.t | tonumber | strftime("%Y-%m-%d %H:%M:%S")) + " " + .text' lines >exim.log
cat >heloflow.yaml <<X
store: hf.db
prefixes: [203.0.113.0/24]
own_hosts: [192.0.2.0/26]
mail_sources: [{paths: exim.log, mta: exim, host: smtp}]
lease_sources: [{paths: leases.csv, format: csv}]
flow_sources:
  - {paths: flow.json, format: goflow2-json, agents: [{address: 192.0.2.202, name: core, vantage: internal}]}
X
clocks() { # wants so many lines with these words
	"$heloflow" check --day 2026-11-10 -o csv >page || [ $? -eq 3 ]
	n=$(grep ',clock_' page | grep -c "$2") || :
	[ "$n" -eq "$1" ] || {
		echo "$n lines, wanted $1: $2"
		grep clock page
		exit 1
	}
}
"$heloflow" daily --day 2026-11-10 >/dev/null 2>&1
clocks 2 'core 192.0.2.202 and leases.csv agree, so set the clock of smtp right; for what is stored: clock_offset: 180s'
clocks 0 'in the lease source'
clocks 0 'find out which'
sed -i 's/host: smtp/&, clock_offset: 180s/' heloflow.yaml
"$heloflow" correlate >/dev/null
clocks 0 '^wrong'
# Without the agent nobody knows whether it is the leases or the log.
sed -i 's/, clock_offset: 180s//' heloflow.yaml
"$heloflow" correlate >/dev/null
sqlite3 hf.db 'DELETE FROM smtp_sample; DELETE FROM sender_slot'
clocks 1 'in the lease source'
echo 'clock_third: 5 pages'
