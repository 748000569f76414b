#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: properties.py HELOFLOW SEED FOLDER FILE...

The same records come of the logs however they are written and read: with
CR LF, and through a pipe in pieces of any size.  Evidence (source, offset,
line) aside.
"""
import json
import os
import random
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
        largest = max(paths, key=lambda p: len(content[p]))
        ok &= compare("in pieces", records(program, [largest]),
                      in_pieces(program, content[largest], r))
    sys.exit(not ok)


main()
