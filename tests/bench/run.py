#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make bench: how fast heloflow is, beside what else there is for the same logs.

usage: run.py [--mb N] [--samples N] [--deliveries N] [--runs N] [--json FILE]

Makes its inputs (the same ones every time), runs every program in turn, RUNS
times over, each pinned to one processor, and prints the median of each as a
table: CPU seconds (user and system), wall clock, rate, ratio to the peer that is
named, and peak memory.  Imports of mail and correlations have two threads and so
two processors: their rate is by the wall clock, and so is the ratio.  Programs
that are not installed are left out, and those that read some 20 MB a second are
given a tenth of a log.  A figure whose runs differ by more than 15 % is marked
with ~: the machine was too busy for it; compare ratios, not seconds, with other
days.  N as by default: twenty minutes, and 12 GB of TMPDIR.
"""
import argparse
import json
import os
import platform
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
HELOFLOW = os.path.join(TOP, "build", "release", "heloflow")
NOISE = 0.15

ap = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
ap.add_argument("--mb", type=int, default=1000, help="of each log")
ap.add_argument("--samples", type=int, default=3000000, help="of sFlow")
ap.add_argument("--deliveries", type=int, default=1000000, help="of the day that is correlated")
ap.add_argument("--runs", type=int, default=3)
ap.add_argument("--json", default=os.path.join(TOP, "build", "bench.json"))
args = ap.parse_args()
work = tempfile.mkdtemp(prefix="heloflow-bench-")
os.chdir(work)


def sh(command):
    subprocess.run(command, shell=True, check=True)


def make_inputs():
    cc = os.environ.get("CC", "cc")
    sh("%s -O2 -D_GNU_SOURCE -o mail_gen %s/tests/bench/mail_gen.c" % (cc, TOP))
    sh("%s -std=c11 -O2 -o talk_gen %s/tests/tools/talk_gen.c" % (cc, TOP))
    for mta in ("postfix", "exim", "sendmail"):
        sh("./mail_gen %d 1 %s >%s.log" % (args.mb, mta, mta))
        sh("./mail_gen %d 1 %s >%s.tenth" % (max(1, args.mb // 10), mta, mta))
    for tool in ("gzip", "xz", "zstd"):
        if shutil.which(tool):
            sh("%s %s -k -q -c postfix.log >postfix.log.%s" % (tool, "-1" if tool == "xz" else "",
                                                     {"gzip": "gz", "xz": "xz", "zstd": "zst"}[tool]))
    # One sample in twenty is of SMTP; flow.sh knows other mixtures.
    sh("./talk_gen %d 19 >flow.pcap" % max(1, 9672926 // max(1, args.samples // 20)))
    with open("heloflow.yaml", "w", encoding="ascii") as f:
        f.write("store: store.db\n")
    make_day(cc)


def make_day(cc):
    """A day's store, in which the sums of its hours are made: as an import leaves it."""
    sh("%s -O2 -D_GNU_SOURCE -o correlate_gen %s/tests/bench/correlate_gen.c -lsqlite3 -lm" % (cc, TOP))
    with open("day.yaml", "w", encoding="ascii") as f:
        f.write("store: day.db\nprefixes: [10.0.0.0/8, 100.64.0.0/10]\nflow_sources:\n"
                "  - paths: [none]\n    agents:\n"
                "      - {address: 192.0.2.250, name: core, vantage: internal}\n")
    with open("lease.csv", "w", encoding="ascii") as f:
        f.write("prefix,customer\n192.0.2.0/32,nobody\n")
    sh("%s -c day.yaml import lease --format csv lease.csv 2>/dev/null" % HELOFLOW)
    sh("./correlate_gen day.db %d" % args.deliveries)
    sh("%s -c day.yaml correlate --day 2026-10-10 >/dev/null 2>&1" % HELOFLOW)


def hf(*words):
    return [HELOFLOW, "-c", "heloflow.yaml", *words]


BARE_PRAGMAS = """PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
PRAGMA cache_size = -49152; PRAGMA wal_autocheckpoint = 16000;
"""
BARE_TABLES = ("name", "addr", "mail_message", "mail_recipient", "mail_verdict", "mail_attempt", "mail_hop", "mail_sum")


# What a correlation reads at least, by one thread.
BARE_READ = """SELECT count(*), sum(m.received + m.client), sum(r.outcome), count(r.recipient)
  FROM mail_message m CROSS JOIN mail_recipient r ON r.message = m.id;
SELECT count(*), sum(slot + addr) FROM sender_slot;
SELECT count(*), sum(start) FROM lease;
"""


def make_bare(mta):
    """What a store takes by itself: SQL that copies the rows of an import, in their order, into empty tables
    with the same indexes."""
    subprocess.run(hf("--db", mta + ".db", "import", "mail", "--year", "2026", mta + ".log"), check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    db = sqlite3.connect(mta + ".db")
    with open(mta + ".sql", "w", encoding="utf-8") as f:
        f.write(BARE_PRAGMAS)
        marks = ",".join("?" * len(BARE_TABLES))
        for sql, in db.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name IN (%s)"
                               " ORDER BY type = 'index'" % marks, BARE_TABLES):
            f.write(sql + ";\n")
        f.write("ATTACH '%s.db' AS was;\nBEGIN;\n" % mta)
        for table in BARE_TABLES:
            columns = ",".join('"%s"' % r[1] for r in db.execute("PRAGMA table_xinfo(%s)" % table) if r[6] == 0)
            f.write("INSERT INTO main.%s (%s) SELECT %s FROM was.%s;\n" % (table, columns, columns, table))
        f.write("COMMIT;\n")
    db.close()


def two_threads(words):
    return words[0] == HELOFLOW and ("mail" in words or "correlate" in words)


def run_once(words):
    """CPU seconds, wall seconds, peak bytes."""
    for name in os.listdir("."):
        if name.startswith("store.db"):
            os.unlink(name)
    start = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-1 - two_threads(words):])
        out = os.open("out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        null = os.open("/dev/null", os.O_WRONLY)
        os.dup2(null if "heloflow" in words[0] else out, 1)  # grep stops early on /dev/null
        os.dup2(null, 2)
        os.execvp(words[0], words)
    _, status, used = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1, 3):
        sys.exit("%s: exit %d" % (" ".join(words), os.waitstatus_to_exitcode(status)))
    return used.ru_utime + used.ru_stime, time.monotonic() - start, used.ru_maxrss * 1024


def cases():
    """What is measured: (work, program, file, units of it, command)."""
    grep = r"status=(sent|deferred|bounced)"
    for mta, peers in (("postfix", (["pflogsumm"],)), ("exim", (["eximstats"], ["exigrep", "nobody.example"])),
                       ("sendmail", ())):
        log = mta + ".log"
        yield mta, "grep -cE", log, ["grep", "-cE", grep, log]
        if shutil.which("rg"):
            yield mta, "ripgrep -c", log, ["rg", "-c", grep, log]
        if shutil.which("mawk"):
            yield mta, "mawk, three fields", log, ["mawk", "{ n += length($3 $5 $6) } END { print n }", log]
        for peer in peers:
            if shutil.which(peer[0]):
                yield mta, peer[0], mta + ".tenth", [*peer, mta + ".tenth"]
        if shutil.which("sqlite3"):
            yield mta, "bare insert", log, ["sqlite3", "store.db", ".read %s.sql" % mta]
        yield mta, "heloflow parse", log, hf("parse", "--year", "2026", log)
        yield mta, "heloflow import mail", log, hf("import", "mail", "--year", "2026", log)
        yield mta, "heloflow import mail, a tenth", mta + ".tenth", hf("import", "mail", "--year", "2026", mta + ".tenth")
    for suffix, tool in (("gz", "zcat"), ("xz", "xzcat"), ("zst", "zstdcat")):
        name = "postfix.log." + suffix
        if os.path.exists(name):
            yield "postfix ." + suffix, tool, name, [tool, name]
            yield "postfix ." + suffix, "heloflow import mail", name, hf("import", "mail", name)
    for tool, words in (("sflowtool -l", ["sflowtool", "-l", "-r", "flow.pcap"]),
                        ("tshark", ["tshark", "-r", "flow.pcap", "-T", "fields", "-e", "sflow.agent"])):
        if shutil.which(words[0]):
            yield "sflow", tool, "flow.pcap", words
    yield "sflow", "heloflow flow-stats", "flow.pcap", hf("flow-stats", "flow.pcap")
    yield "sflow", "heloflow import flow", "flow.pcap", hf("import", "flow", "flow.pcap")
    if shutil.which("sqlite3"):
        yield "a day", "bare read", "day.db", ["sqlite3", "day.db", BARE_READ]
    yield "a day", "heloflow correlate", "day.db", [HELOFLOW, "-c", "day.yaml", "correlate", "--day", "2026-10-10"]


def size_of(name):
    """What is in it, and what a rate of it is called."""
    if name == "flow.pcap":
        return args.samples, "samples"
    if name == "day.db":
        return args.deliveries, "deliveries"
    return os.path.getsize("postfix.log" if name.startswith("postfix.log.") else name), "B"


def measure():
    todo = list(cases())
    runs = [[] for _ in todo]
    for n in range(args.runs):
        for i, (_, _, _, words) in enumerate(todo):
            if sys.stderr.isatty():
                print("\rrun %d of %d: %-60s" % (n + 1, args.runs, " ".join(words)[-60:]), end="", file=sys.stderr)
            runs[i].append(run_once(words))
    if sys.stderr.isatty():
        print("\r%-80s\r" % "", end="", file=sys.stderr)
    rows = []
    for (what, program, name, words), r in zip(todo, runs):
        by = "wall" if two_threads(words) else "cpu"
        cpu = [x[0] for x in r]
        took = [x[by == "wall"] for x in r]
        size, unit = size_of(name)
        rows.append({"work": what, "program": program, "size": size, "unit": unit,
                     "cpu": statistics.median(cpu), "wall": statistics.median(x[1] for x in r),
                     "by": by, "rss": max(x[2] for x in r),
                     "noisy": max(took) - min(took) > NOISE * statistics.median(took)})
    return rows


PEERS = ("grep -cE", "pflogsumm", "eximstats", "bare insert", "bare read", "sflowtool -l", "zcat", "xzcat", "zstdcat")


def beside(rows, row):
    """What a program of ours is compared with, and how many times as fast it is."""
    def find(work, program):
        return [r for r in rows if r["work"] == work and r["program"] == program]

    if not row["program"].startswith("heloflow"):
        return
    peers = [(p, find(row["work"], p)) for p in PEERS]
    if row["program"] == "heloflow import mail":
        peers.append(("a tenth", find(row["work"], "heloflow import mail, a tenth")))
        if row["work"].startswith("postfix ."):
            peers.append(("plain", find("postfix", row["program"])))
    for name, peer in peers:
        if peer:
            yield name, (row["size"] / row[row["by"]]) / (peer[0]["size"] / peer[0][row["by"]])


def show(rows):
    print("%s, %d processors, %s, %s" % (platform.processor() or platform.machine(), os.cpu_count(),
                                       platform.platform(), time.strftime("%Y-%m-%d")))
    print("%d MB of each log (pflogsumm, eximstats, exigrep: a tenth), %d samples, a day of %d deliveries" % (
        args.mb, args.samples, args.deliveries))
    print("%d runs, medians; M/s: million bytes of log text, samples or deliveries a CPU second;" % args.runs)
    print("of imports of mail and correlations a second")
    print("%-13s %-30s %8s %8s %9s %7s %s" % ("work", "program", "CPU s", "wall s", "M/s", "RSS MB", "times as fast as"))
    for r in rows:
        print("%-13s %-30s %7.2f%s %8.2f %9.4g %7.0f %s" % (
            r["work"], r["program"], r["cpu"], "~" if r["noisy"] else " ", r["wall"], r["size"] / r[r["by"]] / 1e6,
            r["rss"] / 1e6, ", ".join("%s %.2f" % x for x in beside(rows, r))))
    noisy = sum(r["noisy"] for r in rows)
    if noisy:
        print("~ %d of %d figures: runs differ by more than %d %%; the machine was busy" % (noisy, len(rows), 100 * NOISE))


try:
    make_inputs()
    for log in ("postfix", "exim", "sendmail"):
        make_bare(log)
    table = measure()
    show(table)
    with open(args.json, "w", encoding="utf-8") as f:
        json.dump({"date": time.strftime("%Y-%m-%d"), "mb": args.mb, "samples": args.samples,
                   "deliveries": args.deliveries, "runs": args.runs, "rows": table}, f, indent=1)
finally:
    shutil.rmtree(work)
