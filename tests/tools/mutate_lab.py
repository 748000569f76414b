#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Another lab out of one: the same run of the same servers, with other names.

usage: mutate_lab.py write PROFILE LABDIR OUTDIR
       mutate_lab.py same PROFILE LABDIR RECORDS NEW_RECORDS

`write` rewrites the logs and the truth of a lab variant: host names, client
and server addresses (ranges, IPv4 to IPv6), domains, user names, queue ids
(short and long forms), process ids, program names, time zone, the form of
line headers.  It prints the --tz of the new logs, and the new names of files.
`same` holds the records of the new logs against those of the old ones, to
which the same is done: they must be equal but for keys and places.
"""
import bz2
import collections
import datetime
import gzip
import json
import lzma
import os
import re
import subprocess
import sys
import zoneinfo

PROFILES = {
    # half an hour's zone, the other header form, the other ranges, ids and names
    "names": dict(tz="Asia/Kolkata", header="other", ids=True, names=True, users=True),
    # another day by the clock, RFC 5424, many clients by IPv6
    "ipv6": dict(tz="Pacific/Auckland", header="5424", ids=False, names=False, v6=True, exim_stamp=False),
    # senders that must be quoted, BSD headers and whole seconds for everybody
    "quotes": dict(tz="America/New_York", header="bsd", ids=True, names=False, quotes=True),
}
UTC = datetime.timezone.utc
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
PROGRAMS = {"sm-mta": "sendmail", "exim": "exim4", "amavis": "amavisd", "postfix-out": "postfix-outer"}
USERS = {"anna": "o'brien", "bernd": "be.rnd", "clara": "c_l-a.ra", "karin": "k2", "team": "alle=1", "tina": "ti--na",
         "user70": "u", "nils": "n_i_l_s", "hans": "h{a}ns"}
QUOTED = {"sales": '"sa les"', "no-reply": '"no, reply"', "office": '"a=b c"', "kontakt": '"kon[takt]"'}


def lines_of(path):
    if path.endswith(".zst"):
        data = subprocess.run(["zstd", "-qdc", path], check=True, stdout=subprocess.PIPE).stdout
    else:
        opener = {"xz": lzma.open, "gz": gzip.open, "bz2": bz2.open}.get(path.rsplit(".", 1)[-1], open)
        with opener(path, "rb") as f:
            data = f.read()
    return data.decode("utf-8", "surrogateescape").split("\n")[:-1]


def base52(n):
    digits = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxy"
    s = ""
    while n:
        s = digits[n % len(digits)] + s
        n //= len(digits)
    return s or "0"


class Mutation:
    def __init__(self, profile, labdir):
        self.p = collections.defaultdict(bool, PROFILES[profile])
        self.tz = zoneinfo.ZoneInfo(self.p["tz"])
        self.server = os.path.basename(os.path.dirname(os.path.normpath(labdir)))
        self.variant = os.path.basename(os.path.normpath(labdir))
        self.files = sorted(f for f in os.listdir(labdir) if ".log" in f)
        self.text = {f: lines_of(os.path.join(labdir, f)) for f in self.files}
        self.ids = self.find_ids() if self.p["ids"] else {}

    # What is rewritten in any text.

    def find_ids(self):
        ids, all_lines = {}, (x for f in self.files for x in self.text[f])
        if self.server == "postfix":
            rx = re.compile(r"\]: ([0-9A-F]{6,}|[0-9B-Zb-z]{10,}z[0-9B-Zb-z]+): ")
            found = {m.group(1) for x in all_lines for m in [rx.search(x)] if m and m.group(1) != "NOQUEUE"}
            for i, q in enumerate(sorted(found)):
                if re.fullmatch("[0-9A-F]+", q):
                    ids[q] = "4" + base52(10 ** 13 + i * 7919) + "z" + base52(10 ** 6 + i)
                else:
                    ids[q] = f"{0xA0000 + i * 37 % 0x50000:05X}{0x2AA6000 + i:X}"
        elif self.server == "sendmail":
            rx = re.compile(r"\b(6AN[A-Za-z0-9]{5})(\d{6})\b")
            for m in (m for x in all_lines for m in rx.finditer(x)):
                ids[m.group(0)] = "78x" + m.group(1)[3:] + f"{int(m.group(2)) + 41000:06d}"
        return ids

    def id_of(self, m):
        q = m.group(0)
        if q in self.ids:
            return self.ids[q]
        x = re.fullmatch(r"([0-9A-Za-z]{6})-([0-9A-Za-z]{6})-([0-9A-Za-z]{2})", q)
        return f"{x[1]}-00000{x[2]}-00{x[3]}" if x and self.server == "exim" else q

    def address(self, m):
        a, b, c, d = (int(x) for x in m.group(0).split("."))
        if self.p["v6"] and (a, b, c) == (203, 0, 113) and d % 3:
            return self.v6 + f"2001:db8:f00d::{d:x}"
        swap = {(203, 0, 113): "198.51.100", (198, 51, 100): "203.0.113", (192, 0, 2): "192.0.2"}
        return f"{swap[a, b, c]}.{d}" if (a, b, c) in swap else m.group(0)

    def rewrite(self, s, v6=""):
        """v6: what the program writes before an IPv6 address."""
        self.v6 = v6
        s = re.sub(r"\b(203\.0\.113|198\.51\.100)\.\d{1,3}\b", self.address, s)
        s = s.replace("2001:db8:113:", "3fff:7:1:").replace("2001:db8:51:", "3fff:8:1:")
        if self.p["names"]:
            s = re.sub(r"(?:\\[0-7]{3})+|\b([A-Za-z0-9-]*[A-Za-z0-9])\.example\b",
                       lambda m: m.group(1)[::-1] + ".test" if m.group(1) else m.group(0), s, flags=re.I)
            s = re.sub(r"\bpostfix-out\b", "postfix-outer", s)
        if self.p["users"]:
            s = re.sub(r"\b(" + "|".join(USERS) + r")\b", lambda m: USERS[m.group(1).lower()], s, flags=re.I)
        if self.p["quotes"]:
            s = re.sub(r'(?<![\w."<>=+-])(?:(?<=<)|(?<==)|(?<= ))?\b(' + "|".join(QUOTED) + r")(?=@[a-z.]+\.example\b)",
                       lambda m: QUOTED[m.group(1)], s)
            s = re.sub(r"(?<=[<=])(" + "|".join(QUOTED) + r")(?=@[a-z.]+\.example\b)", lambda m: QUOTED[m.group(1)], s)
        if self.p["ids"]:
            s = re.sub(r"(?<![0-9A-Za-z-])[0-9A-Za-z]{6}-[0-9A-Za-z]{6}-[0-9A-Za-z]{2}(?![0-9A-Za-z-])|"
                       r"(?<![0-9A-Za-z@.])[0-9A-Za-z]{8,20}(?![0-9A-Za-z@])", self.id_of, s)
        return s

    def host(self, h):
        return {"mx1": "eingang-7", "relay": "r.haus.test", "mail": "mta_9"}.get(h, h)

    def program(self, name):
        if not self.p["names"]:
            return name
        first, *rest = name.split("/")
        if first == "postfix" and rest == ["smtpd"]:
            return "postfix/eingang/smtpd"
        return "/".join([PROGRAMS.get(first, first)] + rest)

    # Line headers.

    def local(self, t):
        return t.astimezone(self.tz)

    def header(self, t, host, program, pid, fine):
        form, t = self.p["header"], self.local(t)
        host, program = self.host(host), self.program(program)
        if form == "other":
            form = "bsd" if fine else "3339"
        if form == "5424":
            return f"<22>1 {t.isoformat(timespec='microseconds')} {host} {program} {pid or '-'} - - "
        stamp = f"{MONTHS[t.month - 1]} {t.day:2d} {t:%H:%M:%S}" if form == "bsd" else t.isoformat(timespec="microseconds")
        return f"{stamp} {host} {program}{f'[{pid}]' if pid else ''}: "

    def syslog(self, line):
        m = re.match(r"(?:(\d{4}-\d\d-\d\dT\S+)|([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)) (\S+) ([^\s:\[]+)(?:\[(\d+)\])?: ?(.*)$",
                     line, re.S)
        if not m:
            return None
        if m.group(1):
            t = datetime.datetime.fromisoformat(m.group(1))
        else:
            t = datetime.datetime.strptime("2026 " + m.group(2), "%Y %b %d %H:%M:%S").replace(tzinfo=UTC)
        program, pid, text = m.group(4), m.group(5), m.group(6)
        own = (self.part or self.exim(text)) if program == "exim" else None
        text = own if own is not None else self.free_text(program, text)
        return self.header(t, m.group(3), program, pid and str(int(pid) + 20000), m.group(1) is not None) + text

    def free_text(self, program, text):
        text = self.rewrite(text, "IPv6:" if program in ("sm-mta", "sendmail") else "")
        if program == "mimedefang.pl" and self.p["quotes"]:
            text = re.sub(r'"no, reply"', '"no%2C reply"', text)
        return text

    def exim(self, line):
        m = re.match(r"(\[\d+[/\\]\d+\] )?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(\.\d+)?( [+-]\d{4})? (.*)$", line, re.S)
        if not m:
            return None
        part, stamp, fraction, zone, text = (x or "" for x in m.groups())
        if self.variant == "syslog" and self.p["exim_stamp"] is False and "exim_stamp" in self.p:
            return part + self.rewrite(text)
        t = self.local(datetime.datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC))
        zone = f" {t:%z}" if zone else ""
        return f"{part}{t:%Y-%m-%d %H:%M:%S}{fraction}{zone} {self.rewrite(text)}"

    def ctime(self, line):
        m = re.match(r"[A-Z][a-z]{2} ([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d 2026) -> (.*)$", line)
        if not m:
            return None
        t = self.local(datetime.datetime.strptime(m.group(1), "%b %d %H:%M:%S %Y").replace(tzinfo=UTC))
        return f"{t:%a %b} {t.day:2d} {t:%H:%M:%S %Y} -> {self.rewrite(m.group(2))}"

    def line(self, line):
        for form in (self.syslog, self.exim, self.ctime):
            new = form(line)
            if new is not None:
                return new
        return self.rewrite(line)

    def join_parts(self, lines):
        """Exim's lines that were split anywhere ("[1/2] "; "[1\\2] " is the end
        of a line): rewritten as one and split again at the same places."""
        rx = re.compile(r"(.*? exim(\[\d+\]): )(\[(\d+)([/\\])(\d+)\] )(.*)$", re.S)
        parts, done = collections.defaultdict(list), {}
        for n, line in enumerate(lines):
            m = rx.match(line)
            if not m:
                continue
            mine = parts[m.group(2)]
            mine.append((n, m.group(3), m.group(7)))
            if m.group(5) == "/" and m.group(4) != m.group(6):
                continue
            whole = "".join(x for _, _, x in mine)
            new = self.exim(whole)
            new = self.rewrite(whole) if new is None else new
            for at, number, x in mine:
                last = at == n
                done[at] = number + (new if last else new[:len(x)])
                new = new[len(x):]
            mine.clear()
        return done

    def write(self, outdir):
        for f in self.files:
            done = self.join_parts(self.text[f]) if self.variant == "syslog" else {}
            with open(os.path.join(outdir, f.rsplit(".", 1)[0]), "w", encoding="utf-8", errors="surrogateescape",
                      newline="") as out:
                for n, line in enumerate(self.text[f]):
                    self.part = done.get(n)
                    out.write(self.line(line) + "\n")

    def values(self, x, keep=()):
        if isinstance(x, dict):
            return {k: v if k in keep else self.values(v, keep) for k, v in x.items()}
        if isinstance(x, list):
            return [self.values(v, keep) for v in x]
        return self.rewrite(x) if isinstance(x, str) else x


def load(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as f:
        return [json.loads(x) for x in f if x.strip()]


def comparable(r, m, old):
    seconds = m.p["header"] != "5424" and m.server != "exim" or m.variant == "syslog"
    for k in ("message_key", "source", "offset", "line"):
        r.pop(k, None)
    if old:
        r = m.values(r, keep=("received", "time", "host", "instance", "rule", "filter", "disposition", "stage", "mta"))
        r["host"] = m.host(r["host"])
        if "instance" in r:
            r["instance"] = m.program(r["instance"])
    for k in ("received", "time"):
        r[k] = r[k][:19] if seconds else r[k]
    return json.dumps(r, sort_keys=True).replace("IPv6:", "")


def same(m, old, new):
    a = collections.Counter(comparable(r, m, True) for r in load(old))
    b = collections.Counter(comparable(r, m, False) for r in load(new))
    lost, more = list((a - b).elements()), list((b - a).elements())
    print(f"  {sum(a.values())} records, {len(lost)} lost, {len(more)} new")
    for sign, rows in ("-", lost), ("+", more):
        for r in sorted(rows)[:6]:
            print("   ", sign, r)
    return 0 if a and not lost and not more else 1


def main():
    verb, profile, labdir, *rest = sys.argv[1:]
    m = Mutation(profile, labdir)
    if verb == "same":
        return same(m, *rest)
    m.write(rest[0])
    with open(os.path.join(rest[0], "truth.jsonl"), "w", encoding="utf-8", errors="surrogateescape") as out:
        for line in lines_of(os.path.join(labdir, "truth.jsonl.xz")):
            t = json.loads(line)
            out.write(json.dumps(m.values(t, keep=("id", "server", "variant", "kind", "subkind", "outcome", "cls", "where")),
                                 ensure_ascii=False) + "\n")
    print(m.p["tz"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
