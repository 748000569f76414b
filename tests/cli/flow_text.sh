#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Collectors' text, from the file to the finding: what the verbs say was
# missing, and a sender list in place of the sample day's sFlow.  With pmacct
# (sfacctd) installed, its own output of a generated capture is read, too.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
work=$(mktemp -d)
pid=
trap 'test -z "$pid" || kill "$pid" 2>/dev/null || :; rm -rf "$work"' EXIT
cd "$work"
tools=$root/tests/tools
bad=0

# FILE TEXT: it is in the file.
has() {
	grep -q -- "$2" "$1" && return
	echo "no '$2' in:"
	cat "$1"
	bad=1
}
# JSON_FILE NAME: the value of a name.
get() {
	tr -d ' \n{}' <"$1" | tr , '\n' | sed -n "s/^\"$2\"://p"
}
is() { # WHAT HAVE WANT
	[ "$2" = "$3" ] && return
	echo "$1: $2, not $3"
	bad=1
}

python3 -B "$tools/flow_text_gen.py" . --seed 3 --samples 1500
python3 -B "$tools/sflow_gen.py" sflow.pcap --packets packets.csv --truth truth.json

# The figures of each format against the truth of the generator.
fields='agent,meanSkipCount,samplePool,srcIP,dstIP,srcIP6,dstIP6,IPProtocol,TCPSrcPort,TCPDstPort,TCPFlags,IPSize,pcapTimestamp,pcapTimestamp_uS,unixSecondsUTC,src_as,dst_as'
compare() { # FILE NAMES [FLAGS]
	file=$1 names=$2
	shift 2
	"$heloflow" flow-stats -j "$@" "$file" >got.json 2>err
	for name in $names; do
		is "$file: $name" "$(get got.json "$name")" "$(get truth.json "$name")"
	done
}
roles='smtp_packets est_smtp_packets samples clients_only servers_only both addresses clients_only_v4 servers_only_v4 both_v4'
flags='syn syn_ack rst fin est_syn est_syn_ack est_rst est_fin'
for f in sflow.pcap sflowtool_l.csv sflowtool_j.json sflowtool_J.json nfdump_long.csv \
	nfdump.json nfdump.ndjson pmacct_sum.json goflow2.json; do
	case $f in
	pmacct_sum.json) compare $f "$roles" ;;
	*) compare $f "$roles $flags" ;;
	esac
done
compare sflowtool_L.csv "$roles $flags" --fields "$fields"
for f in sflowtool_j.json sflowtool_J.json; do
	compare $f 'datagrams lost_datagrams malformed'
done
# What a format leaves out is said, and not put in as a zero.
for f in nfdump_short.csv akvorado.tsv; do
	compare $f "$roles"
	is "$f: missing" "$(get got.json missing)" '"flags"'
	is "$f: syn" "$(get got.json syn)" ''
	is "$f: est_fin" "$(get got.json est_fin)" ''
done
compare pmacct.json "$roles rst fin"
is 'pmacct.json: missing' "$(get got.json missing)" '"count"'
"$heloflow" flow-stats -j sflowtool_l.csv >got.json
is 'sflowtool_l.csv: missing' "$(get got.json missing)" '"time"'
is 'sflowtool_l.csv: first' "$(get got.json first)" ''
"$heloflow" flow-stats nfdump_short.csv >text
has text 'no packet told its TCP flags'
has text 'lost datagrams .* unknown'
"$heloflow" flow-stats pmacct.json >text
has text 'rows of unknown count .* each counted as one sample'

# Into the store: the same samples, whatever the tool.
samples() {
	sqlite3 "$1" 'SELECT src_addr, src_port, dst_addr, dst_port, flags, rate, agent
	  FROM sample ORDER BY 1, 2, 3, 4, 5, 6, 7' | sha256sum
}
"$heloflow" --db sflow.db import flow sflow.pcap 2>err
for f in nfdump_long.csv goflow2.json sflowtool_j.json; do
	"$heloflow" --db $f.db import flow --tz Europe/Vienna $f 2>err
	is "$f in the store" "$(samples $f.db)" "$(samples sflow.db)"
done
"$heloflow" --db n.db import flow nfdump_short.csv 2>err
has err 'SMTP packets without TCP flags: no SYN counts'
"$heloflow" --db n.db import flow pmacct.json 2>err
has err '1500 rows of an unknown number of samples, counted as one each'
"$heloflow" --db n.db import flow pmacct_sum.json 2>err
has err '[0-9] rows of several samples'
rc=0
"$heloflow" --db n.db import flow sflowtool_l.csv 2>err || rc=$?
is 'no time: exit code' $rc 3
has err 'sflowtool_l.csv: its rows tell no time; say when with --time T'
"$heloflow" --db l.db import flow --time 2026-11-23T12:00:00Z sflowtool_l.csv 2>err
is 'all at that time' "$(sqlite3 l.db 'SELECT DISTINCT time FROM smtp_sample')" 1795435200000000
"$heloflow" --db n.db import flow --fields srcIP,dstIP sflowtool_L.csv 2>err || rc=$?
has err "the column 'IPProtocol' is missing"

# A rate that is not told is unknown in the store, too, and nothing is scaled.
"$heloflow" --db r.db import flow --fields "$(echo "$fields" | sed s/meanSkipCount/x/)" \
	sflowtool_L.csv 2>err
has err 'rate unknown, give --rate'
is 'rates of the samples' "$(sqlite3 r.db 'SELECT DISTINCT rate FROM smtp_sample')" 0
is 'rates of the slots' "$(sqlite3 r.db 'SELECT DISTINCT rate_min, rate_max FROM sender_slot')" '0|0'
is 'rates of the hours' "$(sqlite3 r.db 'SELECT DISTINCT rate_max FROM flow_coverage')" 0
"$heloflow" --db r.db flow-stats -j >got.json
is 'rate unknown' "$(get got.json rate_unknown)" true
is 'no estimate' "$(get got.json est_smtp_packets)" ''
"$heloflow" --db r.db senders -o csv --top 1 >senders.csv
is 'rate of a sender' "$(python3 -c 'import csv
for r in csv.DictReader(open("senders.csv")): print(r["rate_min"] + r["rate_max"])')" ''
echo 'rubbish' >>goflow2.json
"$heloflow" flow-stats -j goflow2.json >got.json 2>err
has err 'goflow2.json:1501: no JSON object: rubbish'
is 'rubbish: malformed' "$(get got.json malformed)" 1

# The sample day with a list in the place of its sFlow.
mkdir day
cd day
cp -R "$root"/samples/logs "$root"/samples/*.csv .
cat >list.csv <<-'EOF'
	addr,first_seen,last_seen,syn
	203.0.113.12,2026-11-23T15:02:00Z,2026-11-23T15:20:00Z,4
	203.0.113.21,2026-11-23T09:00:00Z,2026-11-23T23:00:00Z,50
	203.0.113.7,2026-11-23T12:00:00Z,2026-11-23T13:00:00Z,2
	203.0.113.40,2026-11-23T03:00:00Z,2026-11-23T06:38:00Z,9
	203.0.113.50,2026-11-23T13:00:00Z,2026-11-23T16:00:00Z,40
EOF
sed -e 's,^  - paths: flow/.*,  - paths: list.csv,' \
	-e 's,^    format: sflow,    format: list,' \
	-e '/^    agents:/d' -e '/vantage:/d' "$root/samples/heloflow.yaml" >heloflow.yaml
"$heloflow" daily --day 2026-11-23 >out 2>err || :
finding() { # CUSTOMER: class|support
	sqlite3 heloflow.db "SELECT class, flow_support FROM finding
	  WHERE customer = '$1' ORDER BY day DESC LIMIT 1"
}
is 'on the list at that time' "$(finding C-1012)" 'confirmed|seen'
is 'on the list around it' "$(finding C-1021)" 'confirmed|seen'
is 'on the list at another time' "$(finding C-1007)" 'confirmed|not_visible'
is 'on no list: nothing follows' "$(finding C-1031)" 'confirmed|not_visible'
is 'on the list, without mail' "$(finding C-1040)" 'flow_only_suspect|'
is 'on the list, and allowed' "$(finding C-1050)" 'flow_only_expected|'
"$heloflow" explain 2026-11-23/C-1040 >text
has text '9 connections told by a sender list in hours our logs cover, and no log record'
has text '7 connections from 203.0.113.40, no sample: told by sender list, rate unknown'
has text '9 connections told by a sender list in the day'
grep -q 'packets\? sampled\|sampled packets' text && { echo "a list has no samples: $(cat text)"; exit 1; }
has out '  lists   5 addresses on imported sender lists: these cover no hours, and sample nothing'
has out 'sender list ::  list'
has out '9    9   03:00  06:38  no log record, on a sender list'
has out '16:00  allow-listed, on a sender list'
"$heloflow" flow-stats -j list.csv >got.json
is 'list: clients' "$(get got.json clients_only)" 5
is 'list: SYNs' "$(get got.json listed_syn)" 105
is 'list: packets' "$(get got.json smtp_packets)" 0
cd ..

# pmacct itself.  Of a header that ends between ports and flags it tells no
# ports: these samples are missing, and no others.
pmacct() { # RENORMALIZE
	cat >pmacct.conf <<-EOF
		daemonize: false
		pcap_savefile: $work/sflow.pcap
		pcap_savefile_wait: true
		sfacctd_renormalize: $1
		plugins: print[a]
		aggregate[a]: peer_src_ip, src_host, dst_host, src_port, dst_port, proto, tcpflags, sampling_rate, timestamp_arrival
		print_output[a]: json
		print_output_file[a]: $work/pmacct.$1
		print_output_file_append[a]: true
		print_refresh_time[a]: 1
	EOF
	timeout 200 sfacctd -f pmacct.conf >pmacct.log 2>&1 &
	pid=$!
	for _ in $(seq 900); do
		[ "$(cat "pmacct.$1" 2>/dev/null | wc -l)" -ge 1500 ] && break
		sleep 0.1
	done
	kill $pid || :
	wait $pid || :
	pid=
}
if command -v sfacctd >/dev/null; then
	pmacct false
	pmacct true
	"$heloflow" flow-stats -j sflow.pcap >got.json
	want=$(($(get truth.json smtp_packets) - $(get got.json no_flags)))
	compare pmacct.false "samples $flags"
	is 'pmacct: packets' "$(get got.json smtp_packets)" $want
	compare pmacct.true 'samples syn rst fin'
	is 'pmacct, renormalized: packets' "$(get got.json smtp_packets)" $want
else
	echo 'skipped: pmacct (sfacctd) is not installed'
fi
[ $bad = 0 ] && echo 'flow_text: every format as the truth'
exit $bad
