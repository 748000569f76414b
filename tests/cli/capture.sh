#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Captures of which little can be read say so and are incomplete: cut by the
# snaplen, of a foreign link type, or without a packet.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
gunzip -c "$root"/samples/flow/*.pcap.gz >whole.pcap
python3 - <<'END'
import struct
data = open("whole.pcap", "rb").read()
end = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
head, at, packets = data[:24], 24, []
while at < len(data):
    sec, frac, cap, size = struct.unpack_from(end + "IIII", data, at)
    packets.append((sec, frac, data[at + 16:at + 16 + cap], size))
    at += 16 + cap


def write(name, head, packets):
    with open(name, "wb") as f:
        f.write(head)
        for sec, frac, what, size in packets:
            f.write(struct.pack(end + "IIII", sec, frac, len(what), size) + what)


write("snap.pcap", head, [(s, u, p[:120], n) for s, u, p, n in packets])
write("wifi.pcap", head[:20] + struct.pack(end + "I", 105), packets)
write("none.pcap", head, [])
END
check() { # FILE EXIT WORDS
	rc=0
	"$heloflow" flow-stats "$1" >/dev/null 2>err || rc=$?
	[ $rc -eq "$2" ] && { [ -z "$3" ] || grep -q "$3" err; } ||
	    { echo "flow-stats $1: exit $rc, $(cat err)"; exit 1; }
	rc=0
	"$heloflow" --db "$1.db" import flow "$1" >/dev/null 2>err || rc=$?
	[ $rc -eq "$2" ] && { [ -z "$3" ] || grep -q "$3" err; } ||
	    { echo "import flow $1: exit $rc, $(cat err)"; exit 1; }
}
check whole.pcap 0 ''
check snap.pcap 3 'kept only the beginning'
check wifi.pcap 3 'no packet in it has a link type'
check none.pcap 3 'there is no packet in it'
