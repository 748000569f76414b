#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make demo: the day of a small ISP through the whole program, in a temporary
# folder that stays, so that one can go on asking there.
#
#   sh samples/demo.sh PATH/TO/heloflow
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
day=2026-11-23
work=$(mktemp -d "${TMPDIR:-/tmp}/heloflow-demo.XXXXXX")
cp -R "$here/logs" "$here/flow" "$here/customers.csv" "$here/accounts.csv" \
    "$here/networks.mmdb" "$here/heloflow.yaml" "$work"
cd "$work"

cat <<END
One day of Example Net, an ISP that does not exist: logs of its MX (Postfix,
rspamd), smarthost (Exim) and relay (Sendmail), sFlow of two switches, and who
had which address.  What follows is printed by

    heloflow daily --day $day

END
"$program" daily --day $day
cat <<END

How to read it
  CONFIRMED   our filters or a detection rule say so of the customer's own mail:
              viruses, or as much spam as a sequential test asks, to several whom
              nobody else writes to from there; of whom we know few messages, more
              (C-1018); not what somebody passes on to the same mailboxes (C-1062)
  flows       seen: the switches saw the customer send, too; not_seen: they could
              have and did not, which happens by chance with probability P;
              not_visible: no switch is on the way
  Flow only   the switches saw mail that never came by our servers: a lead for
              the desk, never a reason to report anybody

How to see more
  cd $work
  alias heloflow=$program
  heloflow explain $day/C-1024       why: lines, samples, lease, rule, doubts
  heloflow trace 203.0.113.70              every message of an address
  heloflow findings -j                     the same for programs (also csv, jsonl)
  heloflow flow-stats flow/*.pcap.gz       the raw SMTP statistics of the switches
  sqlite3 heloflow.db 'SELECT * FROM delivery LIMIT 5'
  heloflow init ~/abuse                    a configuration of your own
END
