#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a pcap of sFlow datagrams, and the truth about them.

  sflow_gen.py OUT.pcap --seed 1 --samples 5000 --truth OUT.json
  sflow_gen.py OUT.pcap --packets LIST.csv --truth OUT.json

Without --packets the sampled packets are invented: SMTP sessions whose client
and server are chosen here, and other traffic, in all the wrappings that agents
send.  With it they are the rows of LIST, CSV with a header line or JSON (a
list of objects), in order of time:

  time   seconds since 1970 or ISO 8601 UTC; a datagram is up to 1 s later
  src, dst, sport, dport
  flags  letters of FSRPA ("SA" is SYN/ACK) or a number; empty: none seen
  rate   sampling rate; 1024 if absent
  agent  address of the switch; 192.0.2.1 if absent
  src_as, dst_as  optional: adds a gateway record

The truth has the names of `heloflow flow-stats -j`.  It is counted from what
was put in, never by reading the datagrams back.  The same seed gives the same
bytes.
"""
import argparse
import csv
import datetime
import ipaddress
import json
import random
import struct

FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16}
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
START = 1790000000


def be(fmt, *values):
    return struct.pack(">" + fmt, *values)


def packed(addr):
    return ipaddress.ip_address(addr).packed


def opaque(data):
    return data + bytes(-len(data) % 4)


class Packet:
    """One sampled packet: what is in it and how it is wrapped."""

    def __init__(self, time, src, dst, sport, dport, flags, rate, agent,
                 src_as=0, dst_as=0):
        self.time, self.src, self.dst = time, src, dst
        self.sport, self.dport, self.flags = sport, dport, flags
        self.rate, self.agent = rate, agent
        self.src_as, self.dst_as = src_as, dst_as
        self.protocol = 6
        self.wrap = "ethernet"  # vlan qinq mpls pppoe raw fields
        self.options = b""      # IPv4 options or IPv6 extension headers
        self.fragment = ""      # later, first
        self.cut = ""           # where the header ends: ip, ports
        self.tunnel = False     # inside GRE: someone else's packet


def transport(p):
    if p.protocol == 17:
        return be("HHHH", p.sport, p.dport, 28, 0) + bytes(20)
    if p.protocol != 6:
        return bytes(24)
    return be("HHIIBBHHH", p.sport, p.dport, 1, 2, 5 << 4, p.flags,
              8192, 0, 0) + b"x" * 24


def ipv4(p):
    body = transport(p)
    frag = {"": 0, "first": 0x2000, "later": 0x00b9}[p.fragment]
    if p.fragment == "later":
        body = b"\x00\x19" * 20  # bytes that would read as port 25
    head = 20 + len(p.options)
    return be("BBHHHBBH", 0x40 | head // 4, 0, head + len(body), 7, frag, 64,
              p.protocol, 0) + packed(p.src) + packed(p.dst) + p.options + body


def ipv6(p):
    body = transport(p)
    next_header = p.protocol
    if p.fragment:
        at = 1 if p.fragment == "first" else 185 << 3
        body = be("BBHI", next_header, 0, at, 9) + body
        next_header = 44
    if p.options:  # one hop-by-hop header, then one destination header
        body = be("BB", 60, 0) + bytes(6) + be("BB", next_header, 1) + \
            bytes(14) + body
        next_header = 0
    return be("IHBB", 6 << 28, len(body), next_header, 64) + \
        packed(p.src) + packed(p.dst) + body


def is_v6(p):
    return ":" in p.src


def header_of(p):
    """The sampled bytes and sFlow's number for what they begin with."""
    ip = ipv6(p) if is_v6(p) else ipv4(p)
    etype = be("H", 0x86dd if is_v6(p) else 0x0800)
    macs = bytes.fromhex("020000000001020000000002")
    if p.tunnel:
        gre = be("HH", 0, 0x86dd if is_v6(p) else 0x0800) + ip
        ip = be("BBHHHBBH", 0x45, 0, 20 + len(gre), 7, 0, 64, 47, 0) + \
            packed("192.0.2.250") + packed("192.0.2.251") + gre
        etype = be("H", 0x0800)
    if p.wrap == "raw":
        return ip, 12 if is_v6(p) and not p.tunnel else 11
    if p.wrap == "vlan":
        return macs + be("HH", 0x8100, 42) + etype + ip, 1
    if p.wrap == "qinq":
        return macs + be("HHHH", 0x88a8, 7, 0x8100, 42) + etype + ip, 1
    if p.wrap == "mpls":
        return macs + be("HII", 0x8847, 16 << 12 | 64, 17 << 12 | 0x140) + ip, 1
    if p.wrap == "pppoe":
        ppp = 0x57 if is_v6(p) and not p.tunnel else 0x21
        return macs + be("HBBHHH", 0x8864, 0x11, 0, 9, len(ip) + 2, ppp) + ip, 1
    return macs + etype + ip, 1


def sampled(p):
    """What the agent keeps of the header, and its first protocol."""
    data, link = header_of(p)
    keep = {"": 128, "ip": 19, "ports": len(data) - len(transport(p)) + 4}
    return data[:keep[p.cut]], link


def fields_of(p):
    return be("II", 60, p.protocol) + packed(p.src) + packed(p.dst) + \
        be("IIII", p.sport, p.dport, p.flags, 0)


def gateway_of(p, version):
    nexthop = be("I", 1) + packed("192.0.2.254") if version == 5 else b""
    path = be("II", 2, 64500) if version == 2 else be("III", 1, 2, 2)
    if version != 2:
        path += be("I", 64500)
    path += be("I", p.dst_as)
    tail = b"" if version == 2 else be("III", 1, 0xfde80001, 100)
    return nexthop + be("III", 64501, p.src_as, 64502) + path + tail


class Source:
    """A data source of an agent: its own sequence and pool."""

    def __init__(self):
        self.sequence = self.pool = 0

    def next(self, rate):
        self.sequence += 1
        self.pool += rate
        return self.sequence


def sample_v5(p, index, source, expanded):
    records = []
    if p.wrap == "fields":
        records.append((4 if is_v6(p) else 3, fields_of(p)))
    else:
        data, link = sampled(p)
        records.append((1, be("IIII", link, len(data) + 4, 4, len(data)) +
                        opaque(data)))
    if p.src_as:
        records.append((1003, gateway_of(p, 5)))
    seq = source.next(p.rate)
    if expanded:
        body = be("IIIIIIIIII", seq, 0, index, p.rate, source.pool, 0, 0,
                  index, 0, 2)
    else:
        body = be("IIIIIII", seq, index, p.rate, source.pool, 0, index, 2)
    body += be("I", len(records))
    for tag, data in records:
        body += be("II", tag, len(data)) + data
    return be("II", 3 if expanded else 1, len(body)) + body


def sample_v4(p, index, source, version):
    seq = source.next(p.rate)
    body = be("IIIIIIII", 1, seq, index, p.rate, source.pool, 0, index, 2)
    if p.wrap == "fields":
        body += be("I", 3 if is_v6(p) else 2) + fields_of(p)
    else:
        data, link = sampled(p)
        body += be("IIII", 1, link, len(data) + 4, len(data)) + opaque(data)
    if not p.src_as:
        return body + be("I", 0)
    return body + be("II", 1, 3) + gateway_of(p, version)


def counters(version):
    if version == 5:
        body = be("III", 1, 1, 1) + be("II", 1, 88) + bytes(88)
        return be("II", 2, len(body)) + body
    return be("IIIII", 2, 1, 1, 30, 2) + bytes(88 + 52)


class Agent:
    """A switch: collects samples into datagrams."""

    def __init__(self, addr, version, rng, out):
        self.addr, self.version, self.rng, self.out = addr, version, rng, out
        self.sequence, self.sources = 0, {}
        self.samples, self.time, self.lost = [], 0, False

    def add(self, p):
        index = 1 + self.rng.randrange(3)
        source = self.sources.setdefault(index, Source())
        if self.version == 5:
            s = sample_v5(p, index, source, self.rng.random() < 0.2)
        else:
            s = sample_v4(p, index, source, self.version)
        self.samples.append((s, p))
        self.time = p.time
        if len(self.samples) >= 7:
            self.flush()

    def flush(self):
        if not self.samples:
            return
        self.sequence += 1
        bodies = [s for s, _ in self.samples]
        if self.rng.random() < 0.1:
            bodies.insert(0, counters(self.version))
        a = packed(self.addr)
        d = be("II", self.version, 1 if len(a) == 4 else 2) + a
        if self.version == 5:
            d += be("I", 0)
        uptime = 1000000 + int(self.time * 1000) % (1 << 31)
        d += be("III", self.sequence, uptime, len(bodies)) + b"".join(bodies)
        self.out(self, d, [p for _, p in self.samples])
        self.samples = []


class Truth:
    """Counts of what went out."""

    def __init__(self, ports):
        self.ports, self.roles = ports, {}
        names = "smtp_packets syn syn_ack rst fin"
        self.n = dict.fromkeys(names.split(), 0)
        self.n.update({"est_" + k: 0 for k in list(self.n)})
        self.n.update(samples=0, datagrams=0, lost_datagrams=0, malformed=0)

    def count(self, name, p):
        self.n[name] += 1
        self.n["est_" + name] += p.rate

    def role(self, addr, role):
        addr = ipaddress.ip_address(addr)
        self.roles.setdefault(addr, set()).add(role)

    def add(self, p):
        self.n["samples"] += 1
        mail = [port in self.ports for port in (p.sport, p.dport)]
        if p.protocol != 6 or p.fragment == "later" or p.tunnel or \
                not any(mail) or p.cut == "ip":
            return
        self.count("smtp_packets", p)
        flags = 0 if p.cut else p.flags
        if flags & SYN:
            self.count("syn_ack" if flags & ACK else "syn", p)
        if flags & RST:
            self.count("rst", p)
        if flags & FIN:
            self.count("fin", p)
        self.role(p.dst if mail[0] else p.src, "client")
        self.role(p.src if mail[0] else p.dst, "server")

    def result(self):
        out = dict(self.n)
        for tail, take in (("", lambda a: True),
                           ("_v4", lambda a: a.version == 4)):
            sets = [r for a, r in self.roles.items() if take(a)]
            out["clients_only" + tail] = sets.count({"client"})
            out["servers_only" + tail] = sets.count({"server"})
            out["both" + tail] = sets.count({"client", "server"})
            out["addresses" + tail] = len(sets)
        return out


def invent_smtp(rng, p):
    """Ports and flags of one packet of a session between src and dst."""
    high = rng.randrange(1024, 65536)
    port = rng.choice([25] * 8 + [465, 587])
    to_server = rng.random() < 0.5
    kind = rng.random()
    if kind < 0.05:
        to_server, flags = True, SYN
    elif kind < 0.08:
        to_server, flags = False, SYN | ACK
    elif kind < 0.10:
        flags = RST if rng.random() < 0.5 else RST | ACK
    elif kind < 0.15:
        flags = FIN | ACK
    else:
        flags = ACK | rng.choice([0, PSH])
    p.sport, p.dport, p.flags = (high, port, flags) if to_server else \
        (port, high, flags)
    if not to_server:
        p.src, p.dst = p.dst, p.src


def invent_wrapping(rng, p):
    p.wrap = rng.choice(["ethernet"] * 8 + ["vlan"] * 4 +
                        ["qinq", "mpls", "pppoe", "raw", "fields"])
    odd = rng.random() if p.wrap != "fields" else 1
    if odd < 0.05:
        p.options = bytes([1] * 8)
    elif odd < 0.06:
        p.fragment = "later"
    elif odd < 0.07:
        p.fragment = "first"
    elif odd < 0.09:
        p.cut = rng.choice(["ip", "ports"])
    elif odd < 0.11:
        p.tunnel = True


def invent(rng, n, agents, rate, start, span):
    nets = ["198.51.100.%d", "203.0.113.%d", "2001:db8:1::%x"]
    for i in range(n):
        net = rng.choice(nets)
        src = net % rng.randrange(1, 250)
        dst = ("2001:db8:2::%x" if ":" in net else "192.0.2.%d") % \
            rng.randrange(1, 100)
        if rng.random() < 0.03:  # a customer who receives mail as well
            src, dst = dst, src
        p = Packet(start + span * i / n, src, dst, 0, 0, ACK, rate << (i % 3),
                   rng.choice(agents))
        if rng.random() < 0.4:
            invent_smtp(rng, p)
        else:
            p.sport, p.dport = rng.choice([80, 443, 53]), 40000 + i % 20000
            p.protocol = rng.choice([6, 6, 6, 17, 1])
        if rng.random() < 0.2:
            p.src_as, p.dst_as = 64496 + i % 4, 64510 + i % 4
        invent_wrapping(rng, p)
        yield p


def seconds(text):
    try:
        return float(text)
    except ValueError:
        t = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        if t.tzinfo is None:
            t = t.replace(tzinfo=datetime.timezone.utc)
        return t.timestamp()


def flag_bits(text):
    text = str(text if text is not None else "").strip()
    if text.isdigit():
        return int(text)
    return sum(FLAGS[c] for c in text.upper())


def listed(path):
    with open(path, newline="") as f:
        rows = json.load(f) if path.endswith(".json") else \
            list(csv.DictReader(f))
    rows.sort(key=lambda r: seconds(str(r["time"])))
    for r in rows:
        p = Packet(seconds(str(r["time"])), r["src"], r["dst"],
                   int(r["sport"]), int(r["dport"]), flag_bits(r["flags"]),
                   int(r.get("rate") or 1024), r.get("agent") or "192.0.2.1",
                   int(r.get("src_as") or 0), int(r.get("dst_as") or 0))
        if r["flags"] in ("", None):
            p.cut = "ports"
        yield p


def frame(agent, datagram):
    src = packed("192.0.2.1" if ":" in agent.addr else agent.addr)
    udp = be("HHHH", 40000, 6343, 8 + len(datagram), 0) + datagram
    ip = be("BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + src + \
        packed("192.0.2.253") + udp
    return bytes(12) + be("H", 0x0800) + ip


def write(path, frames):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for time, data in sorted(frames, key=lambda x: x[0]):
            usec = round(time * 1000000)
            f.write(struct.pack("<IIII", usec // 1000000, usec % 1000000,
                                len(data), len(data)) + data)


def main():
    a = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    a.add_argument("out")
    a.add_argument("--packets", help="CSV or JSON of packets to send")
    a.add_argument("--truth", help="JSON file to write")
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--version", type=int, default=5, choices=(2, 4, 5))
    a.add_argument("--samples", type=int, default=2000)
    a.add_argument("--agents", type=int, default=3)
    a.add_argument("--rate", type=int, default=512)
    a.add_argument("--start", type=float, default=START)
    a.add_argument("--span", type=float, default=3600, help="seconds")
    a.add_argument("--ports", default="25")
    a.add_argument("--lose", type=int, default=0,
                   help="datagrams to leave out")
    o = a.parse_args()
    rng = random.Random(o.seed)
    truth = Truth({int(x) for x in o.ports.split(",")})
    frames, agents = [], {}

    def out(agent, datagram, packets):
        # Never two in a row, so that no loss is at an end of a sequence.
        if o.lose > truth.n["lost_datagrams"] and agent.sequence > 2 and \
                not agent.lost and rng.random() < 0.2:
            truth.n["lost_datagrams"] += 1
            agent.lost = True
            return
        agent.lost = False
        truth.n["datagrams"] += 1
        for p in packets:
            truth.add(p)
        frames.append((agent.time, frame(agent, datagram)))

    names = ["192.0.2.%d" % (i + 1) for i in range(o.agents - 1)]
    names.append("2001:db8::1")
    packets = listed(o.packets) if o.packets else \
        invent(rng, o.samples, names, o.rate, o.start, o.span)
    for p in packets:
        if p.agent not in agents:
            agents[p.agent] = Agent(p.agent, o.version, rng, out)
        for agent in agents.values():  # a switch sends at least every second
            if agent.samples and p.time - agent.samples[0][1].time >= 1:
                agent.flush()
        agents[p.agent].add(p)
    for agent in agents.values():
        agent.lost = True  # the last one always arrives
        agent.flush()
    write(o.out, frames)
    if o.truth:
        with open(o.truth, "w") as f:
            json.dump(truth.result(), f, indent=1, sort_keys=True)
            f.write("\n")


if __name__ == "__main__":
    main()
