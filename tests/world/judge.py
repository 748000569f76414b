#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads a world of world_gen with heloflow and holds what it finds against the truth.

usage: judge.py HELOFLOW WORLD [--again] [--people] [--show N]

Imports and correlates all days, unless WORLD has a store already (--again: then
correlates them again, as this program does it), and checks

  innocent    nobody who was innocent that day is confirmed
  adverse     the guilty with 10 adverse verdicts in the logs are confirmed: all
  extrusion   of spam that filters do not see, with 50 messages in the logs: 98 %
  events      each message has the customer who sent it, and is in doubt exactly
              where its time, as logged, is within the clock errors of a change
              of hands, or a shared address came without its port
  flows       each customer-day has the samples that were taken of it
  hours       a day with lost hours says so
  score       of suspects: it comes true on days it was not fitted on (heldout.py)

and prints the classes by what the world had made of the customers.  Each failure
is a line.  Exit 1 if there is one.  It looks at one day after the other.  Events
are read by running the steps of schema/correlate up to the attribution on the
store, as the program does; --people leaves them, flows and hours out.
"""
import argparse
import collections
import datetime
import gc
import json
import os
import sqlite3
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from heldout import HeldOut

START = datetime.date(2026, 10, 10)
EPOCH_DAY = START.toordinal() - datetime.date(1970, 1, 1).toordinal()
HOUR = 3600 * 1000000
USEC_DAY = 24 * HOUR
NAMES = ("open_relay", "compromised_account", "compromised_account_failing")
CLASSES = ("confirmed", "below_threshold", "flow_only_suspect", "flow_only_expected",
           "clean", "ambiguous", "none")

ap = argparse.ArgumentParser()
ap.add_argument("heloflow")
ap.add_argument("world")
ap.add_argument("--again", action="store_true", help="correlate a store that is there already")
ap.add_argument("--people", action="store_true", help="judge customer-days only")
ap.add_argument("--show", type=int, default=20, help="failures of each kind to print")
args = ap.parse_args()
program = os.path.abspath(args.heloflow)
tree = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
failures = collections.defaultdict(list)


def fail(kind, text, *values):
    failures[kind].append(text % values)


def day_name(day):
    return (START + datetime.timedelta(days=day)).isoformat()


def run(*words):
    start = time.time()
    p = subprocess.run([program, "-c", "heloflow.yaml", *words], cwd=args.world,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if p.returncode not in (0, 3):
        sys.exit("heloflow %s: exit %d\n%s" % (" ".join(words), p.returncode, p.stderr[-2000:]))
    return p.stdout, p.stderr, time.time() - start


def import_world():
    """What correlate said of its days, if it has been asked."""
    if not os.path.exists(os.path.join(args.world, "heloflow.db")):
        _, said, took = run("daily", "--day", day_name(0))
        for line in said.splitlines():
            if line.startswith(("mail:", "flow:", "lease:")):
                print(line)
        _, _, more = run("correlate")
        print("imported and correlated in %.0f s, correlated again what was new in %.0f s" % (took, more))
    elif args.again:
        out, _, took = run("correlate", "--all")
        print("correlated in %.0f s" % took)
        return {line[:10]: line for line in out.splitlines()}
    return {}


def load_truth():
    """Day by day: its number, the hours that are lost, the customers."""
    day = None
    with open(os.path.join(args.world, "truth.jsonl"), encoding="ascii") as f:
        for line in f:
            t = json.loads(line)
            if "customer" in t:
                people[t["customer"]] = t
            else:
                if day is not None:
                    yield day, missing, people
                day, missing, people = t["day"], t["missing"], {}
    yield day, missing, people


def load_findings(day):
    out, _, _ = run("findings", "--day", day_name(day), "-o", "jsonl")
    found = {}
    for line in out.splitlines():
        f = json.loads(line[:line.index(',"evidence":[')] + "}")
        found[f["customer"]] = f
    return found


def group_of(t):
    """What the world made of a customer-day, for the table."""
    adverse = t["spam"] + t["virus"]
    if t["guilt"] == "innocent":
        return "innocent " + t["role"]
    if adverse >= 10:
        return "guilty, 10 verdicts or more"
    if t["guilt"] in ("leak", "relayed") and t["extrusion"] >= 50:
        return "guilty, extrusion of 50 or more"
    if adverse > 0:
        return "guilty, 1 to 9 verdicts"
    if t["client_samples"] > 0:
        return "guilty, no verdict, sampled"
    return "guilty, no verdict, not sampled"


def figures(f):
    if f is None:
        return "no finding"
    g = collections.defaultdict(lambda: None, f["log"])
    return "%s; %s messages, %s own spam, %s virus, %s senders of %s domains to %s of %s domains, %s of %s failed" % (
        f["reason"][:160], g["messages"], g["own_spam"], g["virus"], g["canonical_senders"], g["sender_domains"],
        g["distinct_recipients"], g["recipient_domains"], g["failed_recipients"], g["tried_recipients"])


def print_roles(roles):
    print("\nrules that speak for a customer, or have a name for what he is, by what he is (-: none)")
    for role in sorted(roles):
        print("  %-14s %s" % (role, ", ".join("%s %d" % n for n in sorted(roles[role].items()))))


def judge_people(day, people, found, table, roles, misses):
    for customer, t in people.items():
        f = found.get(customer)
        cls = f["class"] if f else "none"
        group = group_of(t)
        table[group][cls] += 1
        if f and cls in ("confirmed", "below_threshold", "clean"):
            role = t["role"] if t["guilt"] == "innocent" else t["guilt"]
            said = f["log"]["against"] + [r for r in f["log"]["rules"] if r in NAMES]
            roles[role].update(said or ["-"])
        where = "%s %s" % (day_name(day), customer)
        if t["guilt"] == "innocent" and cls == "confirmed":
            fail("innocent", "%s, %s, is confirmed (%s): %s", where, t["role"], f["flow_support"], figures(f))
        elif group == "guilty, 10 verdicts or more" and cls != "confirmed":
            fail("adverse", "%s, %s with %d spam and %d virus verdicts, is %s: %s", where, t["guilt"],
                 t["spam"], t["virus"], cls, figures(f))
        elif group == "guilty, extrusion of 50 or more" and cls != "confirmed":
            misses.append("%s, %d messages, is %s: %s" % (where, t["extrusion"], cls, figures(f)))
    for customer, f in found.items():
        if f["scope"] == "own_unassigned":
            fail("events", "%s %s: nobody had it, and it has mail or flows (%s)", day_name(day), customer, f["class"])
        elif f["scope"] == "customer" and customer not in people and customer.startswith("C-"):
            fail("events", "%s %s did nothing, and is %s: %s", day_name(day), customer, f["class"], figures(f))


def judge_extrusion(table, misses):
    asked = sum(table["guilty, extrusion of 50 or more"].values())
    if asked and len(misses) > 0.02 * asked:
        for m in misses:
            fail("extrusion", "%s", m)
    print("\nextrusions of 50 messages or more: %d, of which %d not confirmed" % (asked, len(misses)))


def judge_remote(day, events, found, table):
    """Hosts of others: those that send mostly good mail are not to be reported."""
    kinds = collections.defaultdict(set)
    for e in events.of[day]:
        if e.who[0] == "=":
            addr, kind = e.who[1:].split(" ")
            kinds[addr].add(kind)
    for addr, kind in kinds.items():
        f = found.get(addr)
        cls = f["class"] if f and f["scope"] == "remote" else "none"
        table["remote " + "/".join(sorted(kind))][cls] += 1
        if cls == "confirmed" and "bot" not in kind:
            fail("innocent", "%s %s, remote %s, is confirmed: %s", day_name(day), addr, kind, figures(f))


def print_table(table):
    width = max(len(g) for g in table)
    print("\n%-*s %s" % (width, "customer-days", " ".join("%9s" % c[:9] for c in (
        "confirmed", "below", "suspect", "expected", "clean", "ambig.", "none"))))
    for g in sorted(table):
        print("%-*s %s" % (width, g, " ".join("%9d" % table[g][c] for c in CLASSES)))
    guilty = collections.Counter()
    every = collections.Counter()
    for g in table:
        if g.startswith("remote"):
            continue
        every.update(table[g])
        if g.startswith("guilty"):
            guilty.update(table[g])
    print("\n%-20s %10s %10s %10s %8s" % ("class", "days", "guilty", "precision", "recall"))
    for c in ("confirmed", "below_threshold", "flow_only_suspect"):
        # recall: of the guilty whom this class is for
        meant = {"confirmed": ("guilty, 10", "guilty, ext"), "below_threshold": ("guilty, 1 to",),
                 "flow_only_suspect": ("guilty, no verdict, sampled",)}[c]
        all_of = sum(sum(table[g].values()) for g in table if g.startswith(meant))
        got = sum(table[g][c] + (table[g]["confirmed"] if c == "below_threshold" else 0)
                  for g in table if g.startswith(meant))
        print("%-20s %10d %10d %9.1f%% %7.1f%%" % (c, every[c], guilty[c], 100 * guilty[c] / max(1, every[c]),
                                                   100 * got / max(1, all_of)))
    servers = table["innocent server"]
    flows = servers["flow_only_expected"] + servers["flow_only_suspect"]
    print("%-20s %10d %10d of %d days of customers' mail servers with flows alone" % (
        "flow_only_expected", every["flow_only_expected"], servers["flow_only_expected"], flows))


class Event:
    """The truth of a message."""
    __slots__ = ("host", "key", "received", "who", "addr", "doubt", "seen")

    def __init__(self, line):
        self.host, self.key, received, self.who, self.addr, _, self.doubt = line.rstrip("\n").split("\t")
        self.received = int(received)
        self.seen = False


class Events:
    """Those of a day and its neighbours, found again by queue id or by client:
    a line may be lost, and the message then begins with a later one."""

    def __init__(self):
        self.of = {}
        self.by_id = self.by_client = self.near = None

    def load(self, day):
        if day in self.of:
            return
        self.of[day] = []
        path = os.path.join(args.world, "events.%d.tsv" % day)
        if os.path.exists(path):
            with open(path, encoding="ascii") as f:
                self.of[day] = [Event(line) for line in f]

    def turn_to(self, day):
        """Of the neighbours the hour that is next to the day is enough."""
        start = (EPOCH_DAY + day) * USEC_DAY
        self.by_id, self.by_client = {}, None
        self.near = []
        for d in (day - 1, day, day + 1):
            self.load(d)
            self.near += self.of[d] if d == day else [
                e for e in self.of[d] if start - HOUR <= e.received <= start + USEC_DAY + HOUR]
        for e in self.near:
            self.by_id.setdefault((e.host, e.key), []).append(e)

    def of_client(self, host, addr):
        if self.by_client is None:
            self.by_client = {}
            for e in self.near:
                self.by_client.setdefault((e.host, e.addr), []).append(e)
        return self.by_client.get((host, addr), ())

    @staticmethod
    def nearest(events, received, within):
        best = min(events, key=lambda e: abs(e.received - received), default=None)
        return best if best and abs(best.received - received) <= within else None

    def find(self, host, key, addr, port, received):
        for k in (key, "%s:%s" % (addr, port)):
            found = self.by_id.get((host, k))
            found = found and self.nearest(found, received, HOUR)
            if found:
                return found
        return self.nearest(self.of_client(host, addr), received, 5 * 1000000)

    def leave(self, day, count):
        """Nothing more can come to the events of that day."""
        for e in self.of.pop(day, ()):
            if not e.seen and e.doubt != "p":
                fail("events", "%s %s of %s, doubt %s, is not in the store", e.host, e.key, e.who, e.doubt)
                count["lost"] += 1


class Functions:
    """Those of src/correlate/holders.h, by brute force."""

    def __init__(self, db):
        self.numbers, self.texts = {}, [None]
        self.rows, self.of_addr = {}, collections.defaultdict(list)
        self.narrow = collections.defaultdict(list)
        for name, n in (("text_no", 1), ("text_of", 1), ("in_share", 1), ("holder_add", 10),
                        ("holder_delegated", 2), ("holder_of", 5), ("holder_load", 3),
                        ("holder_ours", 2)):
            db.create_function(name, n, getattr(self, name))

    def text_no(self, text):
        if text is not None and text not in self.numbers:
            self.numbers[text] = len(self.texts)
            self.texts.append(text)
        return self.numbers.get(text)

    def text_of(self, number):
        return None if number is None else self.texts[number]

    def in_share(self, number):
        return number is not None  # there is one share

    def holder_load(self, addr, number, load):  # loads tell shares
        pass

    def holder_ours(self, addr, number):
        return 1

    def holder_add(self, row, addr, *lease):
        self.rows[row] = lease[:-1]  # where the range begins tells shares
        self.of_addr[addr].append(row)

    def holder_delegated(self, wide, narrow):
        self.narrow[wide].append(self.rows[narrow])

    def near(self, addr, first, last, slack=0):
        for n in self.of_addr.get(addr, ()):
            _, _, _, start, until, _, error = self.rows[n]
            if last >= start - error + slack and first < until + error - slack:
                yield n, self.rows[n]

    def holder_of(self, addr, port, first, last, slack):
        fitting, inside, shared, sure = set(), set(), False, False
        for n, (customer, low, high, start, until, silent, _) in self.near(addr, first, last, slack):
            if low is not None and port is None:
                shared = True
            elif low is not None and not low <= port <= high:
                continue
            elif any(first >= k[3] + k[6] - slack and last < k[4] - k[6] + slack for k in self.narrow[n]):
                continue
            else:
                fitting.add(customer)
                if start <= first and last < until:
                    inside.add(customer)
                    sure |= last < silent
        if shared or len(inside) > 1:
            return -1 if shared else -2
        if len(fitting) > 1:
            return -3
        if inside and not sure:
            return -5
        return self.text_no(min(inside)) if inside else -4 if fitting else None


def attribution(db, day):
    """Runs the program's steps as far as the attribution of mail."""
    Functions(db)
    names = json.loads(db.execute("SELECT parameters FROM correlation_run WHERE day = ?",
                                  (EPOCH_DAY + day,)).fetchone()[0])
    names["window"] *= 1000000  # printed in seconds
    start = (EPOCH_DAY + day) * USEC_DAY
    names.update(day=EPOCH_DAY + day, day_start=start, day_end=start + USEC_DAY, watermark="")
    db.execute("DROP TABLE IF EXISTS temp.param")
    db.execute("CREATE TEMP TABLE param (name TEXT PRIMARY KEY, value)")
    for name, value in names.items():
        db.execute("INSERT INTO temp.param VALUES (?, ?)",
                   (name, value if isinstance(value, (int, float, str)) else json.dumps(value)))
    for table in "own_prefix", "own_host", "allow", "account", "clock", "flow_agent":
        db.execute("DROP TABLE IF EXISTS temp.%s" % table)
        db.execute("CREATE TEMP TABLE %s AS SELECT * FROM main.%s" % (table, table))
    folder = os.path.join(tree, "schema", "correlate")
    for step in sorted(os.listdir(folder)):
        if "10" <= step < "36":
            with open(os.path.join(folder, step), encoding="utf-8") as f:
                db.executescript(f.read())
    return db.execute("""
        SELECT h.text, m.queue_id, c.text, m.client_port, m.received, text_of(d.who >> 3), NULL
          FROM temp.day_hour d
          CROSS JOIN main.mail_message m ON m.hour = d.hour AND m.client IS nullif(d.client, 0)
           AND coalesce(m.auth_user, 0) = d.auth_user AND coalesce(m.host, 0) = d.host
           AND m.parent_queue_id IS NULL
          LEFT JOIN main.name h ON h.id = m.host LEFT JOIN main.addr c ON c.id = m.client
         WHERE NOT d.apart
        UNION ALL
        SELECT h.text, m.queue_id, c.text, m.client_port, m.received, text_of(t.cust), n.text
          FROM temp.attributed t CROSS JOIN main.mail_message m ON m.id = t.ref
          LEFT JOIN main.name h ON h.id = m.host LEFT JOIN main.addr c ON c.id = m.client
          LEFT JOIN temp.doubt_name n ON n.doubt = t.doubt
         WHERE t.what = 'm'""")


def judge_event(e, row, count):
    addr, customer, doubt = row[2], row[5], row[6]
    right = e.who if e.who[0] != "=" else addr
    e.seen = True
    if doubt is None and customer != right:
        count["wrong"] += 1
        fail("events", "%s is of %s, and was given to %s (truth: %s)", message(row), e.who, customer, e.doubt)
    elif e.doubt == "p":
        count["in part"] += 1
    elif e.doubt != "0" and doubt is None:
        fail("events", "%s is in doubt (%s), and was given to %s", message(row), e.doubt, customer)
    elif e.doubt == "0" and doubt is not None:
        fail("events", "%s is of %s without a doubt, and is called %s", message(row), e.who, doubt)
    elif doubt is not None:
        count["in doubt"] += 1
    else:
        count["right"] += 1


def message(row):
    return "%s %s %s from %s" % (datetime.datetime.utcfromtimestamp(row[4] / 1e6).isoformat(), row[0], row[1], row[2])


def judge_events(db, day, events, count):
    if db.execute("SELECT 1 FROM correlation_run WHERE day = ?", (EPOCH_DAY + day,)).fetchone() is None:
        fail("hours", "%s was not correlated", day_name(day))
        return
    for row in attribution(db, day):
        e = events.find(*row[:5])
        if e is None:
            fail("events", "%s: no such message was sent", message(row))
        else:
            judge_event(e, row, count)


def judge_flows(day, people, found, count):
    for customer, t in people.items():
        f = found.get(customer)
        if f is None or t["doubtful_samples"] or f["flow"]["ambiguous"]:
            continue
        count["flows"] += 1
        if f["flow"]["samples"] == t["samples"] + t["forged"]:
            count["flows right"] += 1
        else:
            fail("flows", "%s %s: %d samples and %d forged, found %d", day_name(day), customer, t["samples"],
                 t["forged"], f["flow"]["samples"])


def judge_hours(db, day, missing, said_before, count):
    start = (EPOCH_DAY + day) * 24
    for host, hours in missing.items():
        for h in hours:
            n = db.execute("SELECT coalesce(sum(lines), 0) FROM coverage WHERE kind = 'mail' AND hour = ? AND"
                           " origin = (SELECT id FROM name WHERE text = ?)", ((start + h) * 3600000000, host)).fetchone()[0]
            if n:
                fail("hours", "%s %s hour %d is lost, and has %d lines", day_name(day), host, h, n)
    all_lost = set.intersection(*(set(h) for h in missing.values()))
    said = db.execute("SELECT mail_hours, hours FROM correlation_run WHERE day = ?", (EPOCH_DAY + day,)).fetchone()
    if said and said[0] > said[1] - len(all_lost):
        fail("hours", "%s: %d hours are lost, and the run says %d of %d", day_name(day), len(all_lost), *said)
    if all_lost:
        count["lost days"] += 1
        out = said_before.get(day_name(day)) or run("correlate", "--day", day_name(day))[0]
        if not said or not any(str(said[0]) in line.split() for line in out.splitlines()):
            fail("hours", "%s: correlate does not say that %s hours are covered: %s", day_name(day), said, out[:200])


def judge_estimate(day, people, count):
    """Whether the interval of compare holds the guilty of the day: all, and
    those who sent from where the flows can show it (no stolen password)."""
    estimate = json.loads(run("compare", "--day", day_name(day), "-j")[0])["estimate"]
    if "refused" in estimate:
        count["refused"] += 1
        return
    guilt = [t["guilt"] for t in people.values() if t["guilt"] != "innocent"]
    count["estimates"] += 1
    for name, n in ("all", len(guilt)), ("own", len(guilt) - guilt.count("account")):
        count["estimate holds " + name] += estimate["low_95"] <= n <= estimate["high_95"]
        count["estimate above " + name] += estimate["low_95"] > n


def judge_world(db, said):
    table = collections.defaultdict(collections.Counter)
    roles = collections.defaultdict(collections.Counter)
    misses, events, count, held = [], Events(), collections.Counter(), HeldOut()
    day = 0
    for day, missing, people in load_truth():
        found = load_findings(day)
        judge_people(day, people, found, table, roles, misses)
        events.turn_to(day)
        judge_remote(day, events, found, table)
        held.add(db, EPOCH_DAY + day, json.loads(run("suspects", "--day", day_name(day), "-j")[0]), people)
        if not args.people:
            judge_events(db, day, events, count)
            events.leave(day - 1, count)
            judge_flows(day, people, found, count)
            judge_hours(db, day, missing, said, count)
            judge_estimate(day, people, count)
    if not args.people:
        events.leave(day, count)
    print_roles(roles)
    print_table(table)
    judge_extrusion(table, misses)
    for text in held.judge():
        fail("score", "%s", text)
    return count


def print_counts(count):
    print("messages: %d right, %d in doubt as they are, %d in part, %d wrong, %d lost" % tuple(
        count[k] for k in ("right", "in doubt", "in part", "wrong", "lost")))
    print("customer-days with flows told right: %d of %d; days with an hour that no server logged: %d" % (
        count["flows right"], count["flows"], count["lost days"]))
    print("estimates of a day: %d, and %d refused; the interval holds the guilty on %d (is above on %d), those of own "
          "addresses on %d (%d)" % tuple(count[k] for k in (
              "estimates", "refused", "estimate holds all", "estimate above all", "estimate holds own",
              "estimate above own")))


def print_failures():
    for kind, texts in failures.items():
        print("\nFAILED %s: %d" % (kind, len(texts)))
        for text in texts[:args.show]:
            print("  " + text)
        if len(texts) > args.show:
            print("  and %d more" % (len(texts) - args.show))
    if not failures:
        print("\nnothing failed")


def main():
    gc.disable()  # a day's objects go when their last name does
    said = import_world()
    start = time.time()
    db = sqlite3.connect("file:%s?mode=ro" % os.path.join(args.world, "heloflow.db"), uri=True)
    db.execute("PRAGMA mmap_size = %d" % (8 << 30))
    unparsed = db.execute("SELECT count(*) FROM unparsed").fetchone()[0]
    if unparsed:
        fail("events", "%d lines were not understood", unparsed)
    count = judge_world(db, said)
    if not args.people:
        print_counts(count)
    print_failures()
    print("judged in %.0f s" % (time.time() - start))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
