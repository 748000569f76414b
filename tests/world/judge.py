#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads a world of world_gen with heloflow and holds what it finds against the truth.

usage: judge.py HELOFLOW WORLD [--show N]

Imports and correlates all days (unless WORLD has a store already), then checks

  innocent    nobody who was innocent that day is confirmed
  adverse     the guilty with 10 adverse verdicts in the logs are confirmed: all
  extrusion   of spam that filters do not see, with 50 messages in the logs: 98 %
  events      each message has the customer who sent it, and is in doubt exactly
              where its time, as logged, is within the clock errors of a change
              of hands, or a shared address came without its port
  flows       each customer-day has the samples that were taken of it
  hours       a day with lost hours says so

and prints the classes by what the world had made of the customers.  Each failure
is a line.  Exit 1 if there is one.  Events are read by running the steps of
schema/correlate up to the attribution on the store, as the program does.
"""
import argparse
import collections
import datetime
import json
import os
import sqlite3
import subprocess
import sys
import time

START = datetime.date(2026, 10, 10)
EPOCH_DAY = START.toordinal() - datetime.date(1970, 1, 1).toordinal()
USEC_DAY = 86400 * 1000000
NAMES = ("open_relay", "compromised_account", "compromised_account_failing")
CLASSES = ("confirmed", "below_threshold", "flow_only_suspect", "flow_only_expected",
           "clean", "ambiguous", "none")

ap = argparse.ArgumentParser()
ap.add_argument("heloflow")
ap.add_argument("world")
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
    if os.path.exists(os.path.join(args.world, "heloflow.db")):
        return
    _, said, took = run("daily", "--day", day_name(0))
    for line in said.splitlines():
        if line.startswith(("mail:", "flow:", "lease:")):
            print(line)
    _, _, more = run("correlate")
    print("imported and correlated in %.0f s, correlated again what was new in %.0f s" % (took, more))


def load_truth():
    days, people = {}, {}
    with open(os.path.join(args.world, "truth.jsonl"), encoding="ascii") as f:
        for line in f:
            t = json.loads(line)
            if "customer" in t:
                people[t["day"], t["customer"]] = t
            else:
                days[t["day"]] = t["missing"]
    return days, people


def load_findings():
    out, _, _ = run("findings", "-o", "jsonl")
    found = {}
    for line in out.splitlines():
        f = json.loads(line)
        day = datetime.date.fromisoformat(f["day"]).toordinal() - START.toordinal()
        found[day, f["customer"]] = f
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
    g = f["log"]
    return "%s; %d messages, %d own spam, %d virus, %d senders of %d domains to %d of %d domains, %d of %d failed" % (
        f["reason"][:160], g["messages"], g["own_spam"], g["virus"], g["canonical_senders"], g["sender_domains"],
        g["distinct_recipients"], g["recipient_domains"], g["failed_recipients"], g["tried_recipients"])


def print_roles(roles):
    print("\nrules that speak for a customer, or have a name for what he is, by what he is (-: none)")
    for role in sorted(roles):
        print("  %-14s %s" % (role, ", ".join("%s %d" % n for n in sorted(roles[role].items()))))


def judge_people(people, found):
    table = collections.defaultdict(collections.Counter)
    misses = []
    roles = collections.defaultdict(collections.Counter)
    for (day, customer), t in people.items():
        f = found.get((day, customer))
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
    for (day, customer), f in found.items():
        if f["scope"] == "own_unassigned":
            fail("events", "%s %s: nobody had it, and it has mail or flows (%s)", day_name(day), customer, f["class"])
        elif f["scope"] == "customer" and (day, customer) not in people and customer.startswith("C-"):
            fail("events", "%s %s did nothing, and is %s: %s", day_name(day), customer, f["class"], figures(f))
    print_roles(roles)
    asked = sum(table["guilty, extrusion of 50 or more"].values())
    if asked and len(misses) > 0.02 * asked:
        for m in misses:
            fail("extrusion", "%s", m)
    return table, asked, len(misses)


def judge_remote(events, found, table):
    """Hosts of others: those that send mostly good mail are not to be reported."""
    kinds = collections.defaultdict(set)
    for e in events.all:
        if e[1][0] == "=":
            addr, kind = e[1][1:].split(" ")
            kinds[(e[0] // USEC_DAY) - EPOCH_DAY, addr].add(kind)
    for (day, addr), kind in kinds.items():
        f = found.get((day, addr))
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


class Events:
    """The truth of each message, found again by queue id or by its client."""

    def __init__(self):
        self.by_id, self.by_client = collections.defaultdict(list), collections.defaultdict(list)
        self.all = []
        with open(os.path.join(args.world, "events.tsv"), encoding="ascii") as f:
            for line in f:
                host, key, received, who, addr, port, doubt = line.rstrip("\n").split("\t")
                e = [int(received), who, addr, doubt, 0, host, key]
                self.all.append(e)
                self.by_id[host, key].append(e)
                self.by_client[host, addr].append(e)

    @staticmethod
    def nearest(events, received, within):
        best = min(events, key=lambda e: abs(e[0] - received), default=None)
        return best if best and abs(best[0] - received) <= within else None

    def find(self, host, key, addr, port, received):
        for k in (key, "%s:%s" % (addr, port)):
            found = self.nearest(self.by_id.get((host, k), ()), received, 3600 * 1000000)
            if found:
                return found
        return self.nearest(self.by_client.get((host, addr), ()), received, 5 * 1000000)


class Functions:
    """Those of src/correlate/holders.h, by brute force."""

    def __init__(self, db):
        self.numbers, self.texts = {}, [None]
        self.rows, self.of_addr = {}, collections.defaultdict(list)
        self.narrow = collections.defaultdict(list)
        for name, n in (("text_no", 1), ("text_of", 1), ("in_share", 1), ("holder_add", 8),
                        ("holder_delegated", 2), ("holder_of", 5), ("holder_parts", 3)):
            db.create_function(name, n, getattr(self, name))

    def text_no(self, text):
        if text is not None and text not in self.numbers:
            self.numbers[text] = len(self.texts)
            self.texts.append(text)
        return self.numbers.get(text)

    def text_of(self, number):
        return None if number is None else self.texts[number]

    def in_share(self, number):
        return 1  # there is one share

    def holder_add(self, row, addr, *lease):
        self.rows[row] = lease
        self.of_addr[addr].append(row)

    def holder_delegated(self, wide, narrow):
        self.narrow[wide].append(self.rows[narrow])

    def near(self, addr, first, last, slack=0):
        for n in self.of_addr.get(addr, ()):
            _, _, _, start, until, error = self.rows[n]
            if last >= start - error + slack and first < until + error - slack:
                yield n, self.rows[n]

    def holder_parts(self, addr, first, last):
        return any(low is not None or start > first or until <= last
                   for _, (_, low, _, start, until, _) in self.near(addr, first, last))

    def holder_of(self, addr, port, first, last, slack):
        fitting, inside, shared = set(), set(), False
        for n, (customer, low, high, start, until, _) in self.near(addr, first, last, slack):
            if low is not None and port is None:
                shared = True
            elif low is not None and not low <= port <= high:
                continue
            elif any(first >= k[3] + k[5] - slack and last < k[4] - k[5] + slack for k in self.narrow[n]):
                continue
            else:
                fitting.add(customer)
                if start <= first and last < until:
                    inside.add(customer)
        if shared or len(inside) > 1:
            return -1 if shared else -2
        if len(fitting) > 1:
            return -3
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
          JOIN main.mail_message m ON m.hour = d.hour AND m.client IS nullif(d.client, 0)
           AND coalesce(m.auth_user, 0) = d.auth_user AND coalesce(m.host, 0) = d.host
           AND m.parent_queue_id IS NULL
          LEFT JOIN main.name h ON h.id = m.host LEFT JOIN main.addr c ON c.id = m.client
         WHERE NOT d.apart
        UNION ALL
        SELECT h.text, m.queue_id, c.text, m.client_port, m.received, text_of(t.cust), n.text
          FROM temp.attributed t JOIN main.mail_message m ON m.id = t.ref
          LEFT JOIN main.name h ON h.id = m.host LEFT JOIN main.addr c ON c.id = m.client
          LEFT JOIN temp.doubt_name n ON n.doubt = t.doubt
         WHERE t.what = 'm'""").fetchall()


def judge_event(e, row, count):
    host, key, addr, _, received, customer, doubt = row
    text = "%s %s %s from %s" % (datetime.datetime.utcfromtimestamp(received / 1e6).isoformat(), host, key, addr)
    e[4] += 1
    right = e[1] if e[1][0] != "=" else addr
    if doubt is None and customer != right:
        count["wrong"] += 1
        fail("events", "%s is of %s, and was given to %s (truth: %s)", text, e[1], customer, e[3])
    elif e[3] == "p":
        count["in part"] += 1
    elif e[3] != "0" and doubt is None:
        fail("events", "%s is in doubt (%s), and was given to %s", text, e[3], customer)
    elif e[3] == "0" and doubt is not None:
        fail("events", "%s is of %s without a doubt, and is called %s", text, e[1], doubt)
    elif doubt is not None:
        count["in doubt"] += 1
    else:
        count["right"] += 1


def judge_events(db, days, events):
    count = collections.Counter()
    for day in sorted(days):
        if db.execute("SELECT 1 FROM correlation_run WHERE day = ?", (EPOCH_DAY + day,)).fetchone() is None:
            fail("hours", "%s was not correlated", day_name(day))
            continue
        for row in attribution(db, day):
            e = events.find(*row[:5])
            if e is None:
                fail("events", "%s %s from %s: no such message was sent", row[0], row[1], row[2])
            else:
                judge_event(e, row, count)
    for e in events.all:
        if e[4] == 0 and e[3] != "p":
            fail("events", "%s %s of %s, doubt %s, is not in the store", e[5], e[6], e[1], e[3])
            count["lost"] += 1
    return count


def judge_flows(people, found):
    same = asked = 0
    for key, t in people.items():
        f = found.get(key)
        if f is None or t["doubtful_samples"] or f["flow"]["ambiguous"]:
            continue
        asked += 1
        same += f["flow"]["samples"] == t["samples"] + t["forged"]
        if f["flow"]["samples"] != t["samples"] + t["forged"]:
            fail("flows", "%s %s: %d samples and %d forged, found %d", day_name(key[0]), key[1], t["samples"],
                 t["forged"], f["flow"]["samples"])
    return same, asked


def judge_hours(db, days):
    lost_days = 0
    for day, missing in days.items():
        start = (EPOCH_DAY + day) * 24
        for host, hours in missing.items():
            for h in hours:
                n = db.execute("SELECT coalesce(sum(lines), 0) FROM coverage WHERE kind = 'mail' AND hour = ? AND"
                               " origin = (SELECT id FROM name WHERE text = ?)", ((start + h) * 3600000000, host)).fetchone()[0]
                if n:
                    fail("hours", "%s %s hour %d is lost, and has %d lines", day_name(day), host, h, n)
        all_lost = set.intersection(*(set(h) for h in missing.values()))
        said = db.execute("SELECT mail_hours, hours FROM correlation_run WHERE day = ?", (EPOCH_DAY + day,)).fetchone()
        lost_days += bool(all_lost)
        if said and said[0] > said[1] - len(all_lost):
            fail("hours", "%s: %d hours are lost, and the run says %d of %d", day_name(day), len(all_lost), *said)
        if all_lost:
            out, _, _ = run("correlate", "--day", day_name(day))
            if not said or not any(str(said[0]) in line.split() for line in out.splitlines()):
                fail("hours", "%s: correlate does not say that %s hours are covered: %s", day_name(day), said, out[:200])
    return lost_days


def main():
    import_world()
    days, people = load_truth()
    found = load_findings()
    table, extrusions, missed = judge_people(people, found)
    db = sqlite3.connect("file:%s?mode=ro" % os.path.join(args.world, "heloflow.db"), uri=True)
    unparsed = db.execute("SELECT count(*) FROM unparsed").fetchone()[0]
    if unparsed:
        fail("events", "%d lines were not understood", unparsed)
    events = Events()
    judge_remote(events, found, table)
    count = judge_events(db, days, events)
    same, asked = judge_flows(people, found)
    lost_days = judge_hours(db, days)
    print_table(table)
    print("\nextrusions of 50 messages or more: %d, of which %d not confirmed" % (extrusions, missed))
    print("messages: %d right, %d in doubt as they are, %d in part, %d wrong, %d lost" % tuple(
        count[k] for k in ("right", "in doubt", "in part", "wrong", "lost")))
    print("customer-days with flows told right: %d of %d; days with an hour that no server logged: %d" % (same, asked, lost_days))
    for kind, texts in failures.items():
        print("\nFAILED %s: %d" % (kind, len(texts)))
        for text in texts[:args.show]:
            print("  " + text)
        if len(texts) > args.show:
            print("  and %d more" % (len(texts) - args.show))
    if not failures:
        print("\nnothing failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
