#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: cut_logs.py SEED lines|bytes FROM TO FILE...

Copies the beginning of each log from folder FROM to folder TO, as if copied
at one random moment: all lines before a time, and of the largest file also
some of that second; "bytes": that one ends in the middle of a line.
"""
import os
import random
import re
import sys

STAMP = re.compile(rb"\d\d:\d\d:\d\d")


def lines_of(path):
    time = b""
    with open(path, "rb") as f:
        for line in f:
            m = STAMP.search(line[:40])
            time = m.group() if m else time
            yield time, line


def main():
    seed, mode, source, to, *names = sys.argv[1:]
    r = random.Random(seed)
    largest = max(names, key=lambda n: os.path.getsize(os.path.join(source, n)))
    moment = r.choice(list(lines_of(os.path.join(source, largest))))[0]
    for name in names:
        lines = list(lines_of(os.path.join(source, name)))
        n = max((i + 1 for i, (t, _) in enumerate(lines) if t < moment), default=0)
        if name == largest:
            n += r.randrange(sum(t == moment for t, _ in lines) + 1)
        data = b"".join(line for _, line in lines[:n])
        if mode == "bytes" and name == largest and n < len(lines):
            data += lines[n][1][: r.randrange(len(lines[n][1]))]
        with open(os.path.join(to, name), "wb") as f:
            f.write(data)


main()
