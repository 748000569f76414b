#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make bench: how fast heloflow is, beside what else there is for the same logs.

usage: run.py [--mb N] [--samples N] [--runs N] [--json FILE]

Makes its inputs (the same ones every time), runs every program in turn, RUNS
times over, each pinned to one processor, and prints the median of each as a
table: CPU seconds (user and system), wall clock, rate, ratio to the peer that is
named, and peak memory.  Imports of mail have two threads and so two processors:
their rate is by the wall clock, and so is the ratio.  Programs that are not installed are left out.  A figure
whose runs differ by more than 15 % is marked with ~: the machine was too busy
for it; compare ratios, not seconds, with other days.
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
ap.add_argument("--mb", type=int, default=100, help="of each log")
ap.add_argument("--samples", type=int, default=300000, help="of sFlow")
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
    sh("./talk_gen %d >flow.pcap" % max(1, 9672926 // args.samples))
    with open("heloflow.yaml", "w", encoding="ascii") as f:
        f.write("store: store.db\n")


def hf(*words):
    return [HELOFLOW, "-c", "heloflow.yaml", *words]


BARE_PRAGMAS = """PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
PRAGMA cache_size = -49152; PRAGMA wal_autocheckpoint = 16000;
"""
BARE_TABLES = ("name", "addr", "mail_message", "mail_recipient", "mail_verdict", "mail_attempt", "mail_hop", "mail_sum")


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
    return words[0] == HELOFLOW and "mail" in words


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
                yield mta, peer[0], log, [*peer, log]
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


def size_of(name):
    """Bytes of text in it."""
    return os.path.getsize("postfix.log" if name.startswith("postfix.log.") else name)


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
        rows.append({"work": what, "program": program, "bytes": size_of(name),
                     "cpu": statistics.median(cpu), "wall": statistics.median(x[1] for x in r),
                     "by": by, "rss": max(x[2] for x in r),
                     "noisy": max(took) - min(took) > NOISE * statistics.median(took)})
    return rows


def ratio(rows, row, program):
    peer = [r for r in rows if r["work"] == row["work"] and r["program"] == program]
    by = row["by"]
    return (row["bytes"] / row[by]) / (peer[0]["bytes"] / peer[0][by]) if peer else None


def show(rows):
    print("%s, %d processors, %s, %s" % (platform.processor() or platform.machine(), os.cpu_count(),
                                       platform.platform(), time.strftime("%Y-%m-%d")))
    print("%d MB of each log, %d runs, medians; MB/s are of log text a CPU second, of an import a second" % (args.mb, args.runs))
    print("%-13s %-30s %8s %8s %9s %7s %s" % ("work", "program", "CPU s", "wall s", "MB/s", "RSS MB", "times as fast as"))
    for r in rows:
        beside = [(p, ratio(rows, r, p)) for p in ("grep -cE", "pflogsumm", "eximstats", "bare insert", "sflowtool -l", "zcat", "xzcat",
                                                   "zstdcat") if r["program"].startswith("heloflow")]
        print("%-13s %-30s %7.2f%s %8.2f %9.1f %7.0f %s" % (
            r["work"], r["program"], r["cpu"], "~" if r["noisy"] else " ", r["wall"], r["bytes"] / r[r["by"]] / 1e6,
            r["rss"] / 1e6, ", ".join("%s %.2f" % (p, x) for p, x in beside if x)))
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
        json.dump({"date": time.strftime("%Y-%m-%d"), "mb": args.mb, "runs": args.runs, "rows": table}, f, indent=1)
finally:
    shutil.rmtree(work)
