#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the text that collectors would make of a list of sampled packets.

  flow_text_gen.py DIR --seed 1 --samples 2000
  flow_text_gen.py DIR --packets LIST.csv

Writes DIR/packets.csv (the list, as sflow_gen.py --packets reads it, so that
the same packets can be had as sFlow) and a file a format: sflowtool_l.csv,
sflowtool_L.csv, sflowtool_j.json, sflowtool_J.json, nfdump_long.csv,
nfdump_short.csv, nfdump.json, nfdump.ndjson, pmacct.json (multiplied by the
rate), pmacct_sum.json (rows of equal keys summed, not multiplied),
pmacct_scaled_sum.json (summed and multiplied), goflow2.json, akvorado.tsv, list.csv.
Their layouts are those of sflowtool 6, nfdump 1.7.1 and 1.7.8, pmacct 1.7.7,
goflow2 2 and Akvorado; values that nobody here reads are left out or 0.
Local times are of the zone Europe/Vienna.
"""
import argparse
import csv
import datetime
import ipaddress
import json
import os
import random
import zoneinfo

import sflow_gen as gen

ZONE = zoneinfo.ZoneInfo("Europe/Vienna")
L_FIELDS = ("agent,meanSkipCount,samplePool,srcIP,dstIP,srcIP6,dstIP6,"
            "IPProtocol,TCPSrcPort,TCPDstPort,TCPFlags,IPSize,pcapTimestamp,"
            "pcapTimestamp_uS,unixSecondsUTC,src_as,dst_as")


def invent(rng, n, start):
    """Sessions in pieces: many packets of few hosts; a rate an agent."""
    nets = ["198.51.100.%d", "203.0.113.%d", "2001:db8:1::%x"]
    rows = []
    for i in range(n):
        net = rng.choice(nets)
        client = net % rng.randrange(1, 30)
        server = ("2001:db8:2::%x" if ":" in net else "192.0.2.%d") % \
            rng.randrange(10, 16)
        if rng.random() < 0.05:
            client, server = server, client
        port = rng.choice([25] * 6 + [587, 443])
        high = rng.randrange(40000, 40003)
        kind, reply = rng.random(), rng.random() < 0.4
        flags = "A" if kind < 0.4 else "PA" if kind < 0.7 else "S" if \
            kind < 0.8 else "FA" if kind < 0.9 else "R"
        if flags == "S" and reply:
            flags = "SA"
        if rng.random() < 0.03:
            flags = ""
        src, dst, sport, dport = (server, client, port, high) if reply else \
            (client, server, high, port)
        agent, rate = rng.choice([("192.0.2.1", 512), ("192.0.2.2", 1024),
                                  ("2001:db8::1", 4096)])
        rows.append({
            "time": "%.6f" % (start + i * 3600 / n), "src": src, "dst": dst,
            "sport": sport, "dport": dport, "flags": flags,
            "rate": rate, "agent": agent,
            "src_as": rng.choice([0, 64496]), "dst_as": 64510})
    return rows


def micros(p):
    return round(p.time * 1000000)


def utc(p, form):
    t = datetime.datetime.fromtimestamp(micros(p) // 1000000,
                                        datetime.timezone.utc)
    return t.strftime(form)


def local(p, form="%Y-%m-%d %H:%M:%S"):
    t = datetime.datetime.fromtimestamp(micros(p) // 1000000, ZONE)
    return t.strftime(form)


def flags_of(p):
    return 0 if p.cut else p.flags


def dots(flags):
    return "".join(c if flags >> (7 - i) & 1 else "."
                   for i, c in enumerate("CEUAPRSF"))


def padded(addr):
    a = ipaddress.ip_address(addr)
    return a.exploded if a.version == 6 else str(a)


def v6(p):
    return gen.is_v6(p)


def sflowtool_l(packets):
    for i, p in enumerate(packets):
        if i % 50 == 0:
            yield "CNTR,%s,%s" % (p.agent, ",".join(["0"] * 19))
        yield ",".join(str(x) for x in (
            "FLOW", p.agent, 1, 2, "020000000002", "020000000001",
            "0x86dd" if v6(p) else "0x0800", 0, 0, padded(p.src),
            padded(p.dst), 6, "0x00", 64, p.sport, p.dport,
            "0x%02x" % flags_of(p), 82, 64, p.rate))


def sflowtool_columns(packets):
    for p in packets:
        v = {"agent": p.agent, "meanSkipCount": p.rate, "samplePool": 7,
             "srcIP6" if v6(p) else "srcIP": p.src,
             "dstIP6" if v6(p) else "dstIP": p.dst, "IPProtocol": 6,
             "TCPSrcPort": p.sport, "TCPDstPort": p.dport,
             "TCPFlags": flags_of(p), "IPSize": 64,
             "pcapTimestamp": utc(p, "%Y-%m-%dT%H:%M:%S+0000"),
             "pcapTimestamp_uS": micros(p) % 1000000, "unixSecondsUTC": 0,
             "src_as": p.src_as or "", "dst_as": p.dst_as or ""}
        yield ",".join(str(v.get(k, "")) for k in L_FIELDS.split(","))


def sflowtool_sample(p, seq):
    data, link = gen.sampled(p)
    element = {"flowBlock_tag": "0:1", "flowSampleType": "HEADER",
               "headerProtocol": link, "sampledPacketSize": len(data) + 4,
               "strippedBytes": 4, "headerLen": len(data),
               "headerBytes": data.hex("-").upper(),
               "srcIP6" if v6(p) else "srcIP": p.src,
               "dstIP6" if v6(p) else "dstIP": p.dst, "IPProtocol": 6,
               "TCPSrcPort": p.sport, "TCPDstPort": p.dport,
               "TCPFlags": flags_of(p)}
    elements = [element]
    if p.src_as:
        elements.append({"flowBlock_tag": "0:1003", "my_as": 64501,
                         "src_as": p.src_as, "dst_as": p.dst_as})
    return {"sampleType_tag": "0:1", "sampleType": "FLOWSAMPLE",
            "sampleSequenceNo": seq, "sourceId": "0:1",
            "meanSkipCount": p.rate, "samplePool": seq * p.rate,
            "dropEvents": 0, "elements": elements}


def strings(x):
    if isinstance(x, dict):
        return {k: strings(v) for k, v in x.items()}
    if isinstance(x, list):
        return [strings(v) for v in x]
    return str(x)


def sflowtool_json(packets, indent):
    sequence = {}
    for p in packets:
        n = sequence[p.agent] = sequence.get(p.agent, 0) + 1
        samples = [sflowtool_sample(p, n)]
        if n % 20 == 0:
            samples.insert(0, {"sampleType_tag": "0:2",
                               "sampleType": "COUNTERSSAMPLE",
                               "sampleSequenceNo": n, "sourceId": "0:1",
                               "elements": [{"ifIndex": 1}]})
        yield json.dumps(strings({
            "datagramSourceIP": "-", "unixSecondsUTC": 0,
            "unixSecondsUTC_uS": 0,
            "pcapTimestamp": utc(p, "%Y-%m-%dT%H:%M:%S+0000"),
            "pcapTimestamp_uS": micros(p) % 1000000, "datagramVersion": 5,
            "agentSubId": 0, "agent": p.agent, "packetSequenceNo": n,
            "sysUpTime": 1000000 + micros(p) // 1000 % (1 << 31),
            "samplesInPacket": len(samples), "samples": samples}),
            indent=indent, separators=None if indent else (",", ":"))


def nfdump_long(packets):
    names = ("ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt,in,out,"
             "sas,das,smk,dmk,dtos,dir,nh,nhb,svln,dvln,ismc,odmc,idmc,osmc,"
             "mpls1,mpls2,mpls3,mpls4,mpls5,mpls6,mpls7,mpls8,mpls9,mpls10,cl,"
             "sl,al,ra,eng,exid,tr").split(",")
    yield ",".join(names)
    for p in packets:
        v = {"ts": local(p), "te": local(p), "td": "0.000", "sa": p.src,
             "da": p.dst, "sp": p.sport, "dp": p.dport, "pr": "TCP",
             "flg": dots(flags_of(p)), "ipkt": p.rate, "ibyt": 82 * p.rate,
             "sas": p.src_as, "das": p.dst_as, "ra": p.agent, "eng": "0/0",
             "tr": local(p) + ".%03d" % (micros(p) // 1000 % 1000)}
        yield ",".join(str(v.get(k, 0)) for k in names)
    yield "Summary"
    yield "flows,bytes,packets,avg_bps,avg_pps,avg_bpp"
    yield "%d,1,2,3,4,5" % len(packets)


def nfdump_short(packets):
    yield ("firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,"
           "bytes,flows")
    for p in packets:
        yield ",".join(str(x) for x in (
            local(p) + ".%03d" % (micros(p) // 1000 % 1000), "0.000", 6,
            p.src, p.sport, p.dst, p.dport, p.rate, 82 * p.rate, 1))


def nfdump_objects(packets):
    for p in packets:
        t = local(p, "%Y-%m-%dT%H:%M:%S") + ".%03d" % (
            micros(p) // 1000 % 1000)
        yield {"type": "FLOW", "export_sysid": 1, "first": t, "last": t,
               "received": t, "in_packets": p.rate, "in_bytes": 82 * p.rate,
               "proto": 6, "tcp_flags": dots(flags_of(p)),
               "src_port": p.sport, "dst_port": p.dport,
               "src6_addr" if v6(p) else "src4_addr": p.src,
               "dst6_addr" if v6(p) else "dst4_addr": p.dst,
               "src_as": p.src_as, "dst_as": p.dst_as,
               "ip6_router" if ":" in p.agent else "ip4_router": p.agent}


def nfdump_json(packets):
    objects = [json.dumps(o, indent=1).replace("\n", "\n ")
               for o in nfdump_objects(packets)]
    yield "["
    yield ",\n".join(" " + o for o in objects)
    yield "]"


def pmacct_row(p, packets, rate):
    return json.dumps({
        "event_type": "purge", "as_src": p.src_as, "as_dst": p.dst_as,
        "peer_ip_src": p.agent, "ip_src": p.src, "ip_dst": p.dst,
        "port_src": p.sport, "port_dst": p.dport,
        "tcp_flags": str(flags_of(p)), "ip_proto": "tcp",
        "sampling_rate": rate,
        "timestamp_start": "0000-00-00 00:00:00.000000",
        "timestamp_arrival": local(p) + ".%06d" % (micros(p) % 1000000),
        "packets": packets, "bytes": 82 * packets})


def pmacct(packets):
    for p in packets:
        yield pmacct_row(p, p.rate, 1)


def pmacct_sum(packets, scaled):
    """One row for all packets of equal keys; their flags together."""
    rows = {}
    for p in packets:
        key = (p.agent, p.src, p.dst, p.sport, p.dport, p.rate)
        row = rows.setdefault(key, [p, 0, 0])
        row[1] += 1
        row[2] |= flags_of(p)
    for p, n, flags in rows.values():
        q = gen.Packet(p.time, p.src, p.dst, p.sport, p.dport, flags, p.rate,
                       p.agent, p.src_as, p.dst_as)
        yield pmacct_row(q, n * p.rate, 1) if scaled else \
            pmacct_row(q, n, p.rate)


def goflow2(packets):
    for p in packets:
        yield json.dumps({
            "type": "SFLOW_5", "time_received_ns": micros(p) * 1000,
            "sequence_num": 1, "sampling_rate": p.rate,
            "sampler_address": p.agent, "bytes": 82, "packets": 1,
            "src_addr": p.src, "dst_addr": p.dst,
            "etype": "IPv6" if v6(p) else "IPv4", "proto": "TCP",
            "src_port": p.sport, "dst_port": p.dport, "src_as": p.src_as,
            "dst_as": p.dst_as, "tcp_flags": flags_of(p)})


def akvorado(packets):
    def mapped(a):
        return a if ":" in a else "::ffff:" + a
    yield "\t".join(("TimeReceived", "SamplingRate", "ExporterAddress",
                     "SrcAddr", "DstAddr", "SrcAS", "DstAS", "EType", "Proto",
                     "SrcPort", "DstPort", "Bytes", "Packets"))
    for p in packets:
        yield "\t".join(str(x) for x in (
            local(p), p.rate, mapped(p.agent), mapped(p.src), mapped(p.dst),
            p.src_as, p.dst_as, 0x86dd if v6(p) else 0x0800, 6, p.sport,
            p.dport, 82, 1))


def sender_list(packets):
    seen = {}
    for p in packets:
        if flags_of(p) & 18 == 2 and p.dport == 25:
            row = seen.setdefault(p.src, [p, p, 0])
            row[1] = p
            row[2] += 1
    yield "addr,first_seen,last_seen,syn"
    for addr, (first, last, n) in seen.items():
        yield "%s,%s,%d,%d" % (addr, utc(first, "%Y-%m-%dT%H:%M:%SZ"),
                               last.time, n)


def main():
    a = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    a.add_argument("dir")
    a.add_argument("--packets")
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--samples", type=int, default=2000)
    a.add_argument("--start", type=float, default=gen.START)
    o = a.parse_args()
    names = "time src dst sport dport flags rate agent src_as dst_as".split()
    path = os.path.join(o.dir, "packets.csv")
    if not o.packets:
        with open(path, "w", newline="") as f:
            w = csv.DictWriter(f, names)
            w.writeheader()
            w.writerows(invent(random.Random(o.seed), o.samples, o.start))
    packets = list(gen.listed(o.packets or path))
    files = {
        "sflowtool_l.csv": sflowtool_l(packets),
        "sflowtool_L.csv": sflowtool_columns(packets),
        "sflowtool_j.json": sflowtool_json(packets, None),
        "sflowtool_J.json": sflowtool_json(packets, 1),
        "nfdump_long.csv": nfdump_long(packets),
        "nfdump_short.csv": nfdump_short(packets),
        "nfdump.json": nfdump_json(packets),
        "nfdump.ndjson": map(json.dumps, nfdump_objects(packets)),
        "pmacct.json": pmacct(packets),
        "pmacct_sum.json": pmacct_sum(packets, False),
        "pmacct_scaled_sum.json": pmacct_sum(packets, True),
        "goflow2.json": goflow2(packets),
        "akvorado.tsv": akvorado(packets),
        "list.csv": sender_list(packets),
    }
    for name, lines in files.items():
        with open(os.path.join(o.dir, name), "w") as f:
            for line in lines:
                f.write(line + "\n")


if __name__ == "__main__":
    main()
