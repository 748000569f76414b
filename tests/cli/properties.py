#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: properties.py HELOFLOW SEED FOLDER FILE...

The same records come of the logs however they are written and read: with
CR LF, through a pipe in pieces of any size, and with lines up to two seconds
away from where they were (doc/assembly.md says which).  Evidence (source,
offset, line) aside.
"""
import datetime
import json
import os
import random
import re
import subprocess
import sys
import tempfile

def without_evidence(lines):
    out = []
    for line in lines:
        r = json.loads(line)
        for k in ("source", "offset", "line"):
            r.pop(k, None)
        out.append(json.dumps(r, sort_keys=True))
    return sorted(out)


def records(program, paths):
    run = subprocess.run(
        [program, "parse", "--year", "2026", "--host", "lab", *paths],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
    return without_evidence(run.stdout.splitlines())


def in_pieces(program, data, r):
    p = subprocess.Popen(
        [program, "parse", "--year", "2026", "--host", "lab", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with tempfile.TemporaryFile() as f:
        writer = os.fork()
        if writer == 0:
            p.stdout.close()
            at = 0
            while at < len(data):
                n = r.choice((1, 7, 100, 4095, 4096, 4097, 65536, 300000))
                os.write(p.stdin.fileno(), data[at:at + n])
                at += n
            os._exit(0)
        p.stdin.close()
        f.write(p.stdout.read())
        os.waitpid(writer, 0)
        p.wait()
        f.seek(0)
        return without_evidence(f)


MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
# syslog's two stamps, Exim's and rspamd's, and ClamAV's
STAMPS = [re.compile(p) for p in (
    rb"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)[T ](?P<t>\d\d:\d\d:\d\d)(?P<f>\.\d+)?",
    rb"(?P<b>[A-Z][a-z]{2}) +(?P<d>\d{1,2}) (?P<t>\d\d:\d\d:\d\d) ",
    rb"[A-Z][a-z]{2} (?P<b>[A-Z][a-z]{2}) +(?P<d>\d{1,2}) (?P<t>\d\d:\d\d:\d\d) ")]
PROCESS = re.compile(rb"[^ ]+\[\d+\]|#\d+\(")
# What a line of these says depends on those before it of the same process:
# parts of a long line, Exim's second copy of a rejection, Sendmail's AUTH=.
IN_ORDER = re.compile(rb"(amavis|exim|sm-mta|sendmail)\[")


def stamp(line):
    """Seconds, and whether that is all the stamp tells; None: no stamp."""
    for p in STAMPS:
        m = p.match(line)
        if m is None:
            continue
        g = m.groupdict()
        month = int(g["m"]) if "m" in g else MONTHS.index(g["b"].decode()) + 1
        h, mi, s = map(int, g["t"].split(b":"))
        t = datetime.datetime(2026, month, int(g["d"]), h, mi, s).timestamp()
        return t + float(g.get("f") or 0), not g.get("f")
    return None


def shuffled(data, r):
    """Each line where one up to two seconds later might stand.  What belongs
    to the line before stays with it; lines of one process (or of no process)
    whose stamps are equal keep their order, or all of them (IN_ORDER)."""
    blocks = []
    for line in data.splitlines(keepends=True):
        at = stamp(line)
        if at is None and blocks:
            blocks[-1][2] += line
        else:
            t = at[0] if at else 0
            m = PROCESS.search(line)
            who = m.group() if m else b""
            blocks.append(
                [t, (0 if IN_ORDER.match(who) else t, who), line])
    blocks = [(t + r.uniform(0, 1.99), n, who, b)
              for n, (t, who, b) in enumerate(blocks)]
    order = sorted(blocks)
    same = {}
    for _, n, who, b in sorted(order, key=lambda x: x[1]):
        same.setdefault(who, []).append(b)
    return b"".join(same[who].pop(0) for _, _, who, _ in order)


def compare(what, want, got):
    if want == got:
        return True
    a, b = set(want), set(got)
    print(f"{what}: {len(want)} records, {len(got)}; "
          f"{len(a - b)} are missing, {len(b - a)} are new")
    for sign, rows in (("-", a - b), ("+", b - a)):
        for row in sorted(rows)[:3]:
            print(sign, row[:700])
    return False


def main():
    program, seed, folder, *names = sys.argv[1:]
    r = random.Random(seed)
    paths = [os.path.join(folder, n) for n in names]
    content = {p: open(p, "rb").read() for p in paths}
    want = records(program, paths)
    assert want, folder
    ok = True

    with tempfile.TemporaryDirectory(dir=folder) as d:
        def changed(change):
            out = []
            for p in paths:
                q = os.path.join(d, os.path.basename(p))
                with open(q, "wb") as f:
                    f.write(change(content[p]))
                out.append(q)
            return out

        ok &= compare("CR LF", want, records(
            program, changed(lambda c: c.replace(b"\n", b"\r\n"))))
        ok &= compare("shuffled", want, records(
            program, changed(lambda c: shuffled(c, r))))
        largest = max(paths, key=lambda p: len(content[p]))
        ok &= compare("in pieces", records(program, [largest]),
                      in_pieces(program, content[largest], r))
    sys.exit(not ok)


main()
