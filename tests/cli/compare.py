# SPDX-License-Identifier: Apache-2.0
"""Random findings in a real store; what `heloflow compare -j` says of them
must be what sets in Python say.

  compare.py HELOFLOW STORE      STORE: an empty one, made by the program
"""
import json
import math
import random
import sqlite3
import subprocess
import sys

HELOFLOW, STORE = sys.argv[1:3]
DAY0 = 20000  # 2024-10-04
DAYS = 12
NAMES = ("logs", "complaints", "logs_same_days", "flows",
         "complaints_same_days", "logs_and_flows", "logs_only", "flows_only",
         "all_three", "complaints_only")
# A part, and what it is a part of: no figure of it may be more.
PARTS = (("logs_same_days", "logs"), ("complaints_same_days", "complaints"),
         ("logs_and_flows", "logs_same_days"), ("logs_and_flows", "flows"),
         ("logs_only", "logs_same_days"), ("flows_only", "flows"),
         ("all_three", "logs_and_flows"),
         ("all_three", "complaints_same_days"),
         ("complaints_only", "complaints_same_days"))
CLASSES = ("confirmed", "below_threshold", "flow_only_suspect",
           "flow_only_expected", "clean", "ambiguous")


def iso(day):
    return sqlite3.connect(":memory:").execute(
        "SELECT date(? * 86400, 'unixepoch')", (day,)).fetchone()[0]


def make_world(seed):
    """[(day, customer, scope, class, client, expected, complaints, support,
    by, own)], and {day: (mail_hours, flow_hours)}, days without a run left
    out, and [(day, customer, scope, complaints)], with those without a
    finding.  own: his mail came from an address of ours."""
    rnd = random.Random(seed)
    runs, findings, reported = {}, [], []
    for day in range(DAY0, DAY0 + DAYS):
        if seed % 3 == 0 and rnd.random() < 0.2:
            continue
        runs[day] = (24 if seed % 3 else rnd.choice((0, 7, 24)),
                     24 if seed % 2 else rnd.choice((0, 24)))
        for n in range(150):
            if rnd.random() < 0.5:
                continue
            cls = rnd.choice(CLASSES)
            flow_only = cls.startswith("flow_only")
            client = rnd.randint(1, 9) if flow_only else rnd.choice((0, 2, 5, 8))
            expected = cls == "flow_only_expected" or (
                not flow_only and rnd.random() < 0.2)
            if rnd.random() < 0.1:
                reported.append((day, "c%d" % n, rnd.choice(
                    ("customer", "customer", "remote")), 3))
                continue
            findings.append((day, "c%d" % n, rnd.choice(
                ("customer", "customer", "own_unassigned", "remote")), cls,
                client, int(expected), rnd.choice((0, 0, 0, 2)),
                rnd.choice(("seen", "seen", "not_seen", "not_visible"))
                if cls == "confirmed" else None,
                rnd.choice(("lease", "lease", "auth_user")),
                rnd.random() < 0.5))
    # Few suspects: what has no score must not be more than what is seen.
    if seed == 1:
        findings = [f for f in findings if f[3] != "flow_only_suspect"
                    or f[4] > 6]
    reported += [(f[0], f[1], f[2], f[6]) for f in findings if f[6]]
    return findings, runs, reported


def fill(findings, runs, reported):
    db = sqlite3.connect(STORE)
    db.execute("DELETE FROM finding_figure")
    db.execute("DELETE FROM correlation_run")
    for table in ("finding_addr", "own_prefix", "addr"):
        db.execute(f"DELETE FROM {table}")
    v4 = bytes(10) + b"\xff\xff"
    db.execute("INSERT INTO own_prefix VALUES (?,?)",
               (v4 + b"\xc6\x33\x64\x00", v4 + b"\xc6\x33\x64\xff"))
    for key, text in ((1, (198, 51, 100, 7)), (2, (203, 0, 113, 7))):
        db.execute("INSERT INTO addr (id, bytes, text) VALUES (?,?,?)",
                   (key, v4 + bytes(text), ".".join(map(str, text))))
    for (day, customer, scope, cls, client, expected, complaints, support,
         by, own) in findings:
        db.execute(
            "INSERT INTO finding_figure (day, customer, attributed_by, scope, class, "
            "flow_support, client, syn, answered, rst, samples, flow_hours, slots, "
            "server_strong, server_weak, expected, complaints, first_seen, last_seen, "
            "confidence, reason) VALUES (?,?,?,?,?,?,?,?,?,0,?,1,1,0,0,?,?,0,0,0.5,'')",
            (day, customer, by, scope, cls, support, client, client % 3,
             client % 2, client, bool(expected), complaints))
        # Samples are at ours in any case; mail is what counts.
        db.execute("INSERT INTO finding_addr (day, customer, addr, messages, "
                   "samples) VALUES (?,?,1,?,1)", (day, customer, int(own)))
        db.execute("INSERT INTO finding_addr (day, customer, addr, messages, "
                   "samples) VALUES (?,?,2,1,0)", (day, customer))
    db.execute("DELETE FROM reported")
    for day, customer, scope, complaints in reported:
        db.execute("INSERT INTO reported VALUES (?,?,?,?)",
                   (day, customer, scope, complaints))
    for day, (mail, flow) in runs.items():
        db.execute("INSERT INTO correlation_run (day, day_start, day_end, "
                   "timezone, watermark, parameters, imports, mail_hours, "
                   "flow_hours, hours, messages, unattributed, ambiguous, "
                   "flow_uncovered) VALUES (?,?,?,'UTC','','{}',"
                   "'[]',?,?,24,10,1,2,3)",
                   (day, day * 86400000000, (day + 1) * 86400000000, mail,
                    flow))
    db.commit()
    db.close()


def lists(row):
    _, _, _, cls, client, expected, complaints = row[:7]
    logs = cls == "confirmed"
    flows = cls == "flow_only_suspect" or (
        cls in ("confirmed", "below_threshold") and client > 0
        and not expected)
    return logs, flows, complaints > 0


def in_set(name, logs, flows, complaints):
    return {"logs": logs, "logs_same_days": logs, "flows": flows,
            "complaints": complaints, "complaints_same_days": complaints,
            "logs_and_flows": logs and flows, "logs_only": logs and not flows,
            "flows_only": flows and not logs,
            "all_three": logs and flows and complaints,
            "complaints_only": complaints and not logs and not flows}[name]


def counts(name, mail, flow):
    """Whether the set may be counted on a day of these hours."""
    return name == "complaints" or mail > 0 and (name == "logs" or flow > 0)


def covered(runs, first, until, name):
    return [d for d in range(first, until)
            if d in runs and counts(name, *runs[d])]


def members(findings, name, days):
    """(customers, customer-days)"""
    per, n = {}, 0
    for row in findings:
        if row[0] in days and row[2] != "remote":
            got = lists(row)
            n += in_set(name, *got)
            per[row[1]] = tuple(map(max, per.get(row[1], got), got))
    return {c for c, got in per.items() if in_set(name, *got)}, n


def want_sets(findings, runs, first, until):
    length = until - first
    for name in NAMES:
        days = covered(runs, first, until, name)
        before = covered(runs, first - length, first, name)
        whole = len(days) == len(before) == length
        a, n = members(findings, name, days)
        b, _ = members(findings, name, before)
        yield {"set": name, "days_covered": len(days),
               "customers": len(a) if days else None,
               "customer_days": n if days else None,
               "per_day": n / len(days) if days else None,
               "new": len(a - b) if whole else None,
               "still": len(a & b) if whole else None,
               "gone": len(b - a) if whole else None,
               "new_per_day": len(a - b) / len(days) if whole else None}


def not_parts(sets):
    """Where a part is more than its whole, or two parts are not the whole."""
    of = {x["set"]: x for x in sets}
    for key in "customers", "customer_days", "per_day":
        for part, whole in PARTS:
            if key == "per_day" and (of[part]["days_covered"] !=
                                     of[whole]["days_covered"]):
                continue
            if (of[part][key] or 0) > (of[whole][key] or 0):
                yield f"{part}.{key} is more than {whole}"
    for whole, only in (("logs_same_days", "logs_only"),
                        ("flows", "flows_only")):
        both = of["logs_and_flows"]["customer_days"]
        if both is not None and (both + of[only]["customer_days"] !=
                                 of[whole]["customer_days"]):
            yield f"{whole} is not its parts"


def chapman(n1, n2, m):
    """(estimate, low, high)"""
    n = (n1 + 1) * (n2 + 1) / (m + 1) - 1
    seen, var = n1 + n2 - m, (n1 + 1) * (n2 + 1) * (n1 - m) * (n2 - m) / (
        (m + 1) ** 2 * (m + 2))
    if n <= seen:
        return n, seen, seen
    c = math.exp(1.96 * math.sqrt(math.log(1 + var / (n - seen) ** 2)))
    return n, seen + (n - seen) / c, seen + (n - seen) * c


def scores(days):
    """How many suspects of these days have a score, and their sum, by the verb
    that shows them."""
    n = total = 0
    for day in days:
        got = json.loads(subprocess.run(
            [HELOFLOW, "--db", STORE, "suspects", "-j", "--day", iso(day)],
            check=True, stdout=subprocess.PIPE).stdout)
        have = [x["score"] for x in got["suspects"] if x["score"] is not None]
        n, total = n + len(have), total + sum(have)
    return n, total


def want_estimate(findings, runs, first, until):
    days = covered(runs, first, until, "logs_and_flows")
    rows = [r for r in findings if r[0] in days and r[2] != "remote"]
    known = [r for r in rows if r[5]]
    logs = [r for r in rows if r[3] == "confirmed" and not r[5]]
    far = [r for r in logs if r[7] == "not_visible"
           or r[8] == "auth_user" and not r[9]]
    n1 = len(logs) - len(far)
    m = sum(r[7] == "seen" for r in logs if r not in far)
    suspects = sum(r[3] == "flow_only_suspect" for r in rows)
    scored, weight = scores(days)
    want = {"days": len(days), "logs": n1, "flows": m + suspects, "both": m,
            "expected_removed": len(known), "suspects": suspects,
            "suspects_scored": scored, "suspects_weight": weight,
            "confirmed_elsewhere": len(far)}
    if not days:
        want = {"days": 0, **{k: None for k in want if k != "days"}}
    blind = suspects - scored
    if days and known and m >= 7 and blind <= m:
        few = round(weight)
        want["all"] = chapman(n1, m + few + blind, m)[0]
        want["low_95"] = chapman(n1, m + few, m)[1]
        want["high_95"] = chapman(n1, m + suspects, m)[2]
    return want


def same(a, b):
    if isinstance(a, float) or isinstance(b, float):
        return a is not None and b is not None and math.isclose(
            a, b, rel_tol=1e-9)
    return a == b


def check(findings, others, runs, first, until):
    got = json.loads(subprocess.run(
        [HELOFLOW, "--db", STORE, "compare", "-j", "--since", iso(first),
         "--until", iso(until)], check=True, stdout=subprocess.PIPE).stdout)
    bad = 0
    for want, have in zip(want_sets(findings + others, runs, first, until),
                          got["sets"], strict=True):
        for key, value in want.items():
            if not same(value, have[key]):
                print(f"{first}-{until} {want['set']}.{key}: "
                      f"{have[key]}, not {value}")
                bad += 1
    for wrong in not_parts(got["sets"]):
        print(f"{first}-{until}: {wrong}")
        bad += 1
    for which, name in enumerate(("logs", "flows")):
        lost = [iso(d) for d in range(first, until) if d not in runs
                or runs[d][which] == 0]
        if got["days_without_" + name] != lost:
            print(f"{first}-{until}: without {name} are {lost}")
            bad += 1
    want = want_estimate(findings, runs, first, until)
    for key, value in want.items():
        if not same(value, got["estimate"].get(key)):
            print(f"{first}-{until} estimate.{key}: "
                  f"{got['estimate'].get(key)}, not {value}")
            bad += 1
    if ("all" in want) == ("refused" in got["estimate"]):
        print(f"{first}-{until}: refused or not? {got['estimate']}")
        bad += 1
    return bad, "all" in want, (want["suspects_scored"] or 0) > 0 and "all" in want, \
        "more suspects" in got["estimate"].get("refused", "")


def main():
    bad = estimates = asked = weighed = unsure = 0
    for seed in range(1, 4):
        findings, runs, reported = make_world(seed)
        fill(findings, runs, reported)
        have = {r[:2] for r in findings}
        others = [(r[0], r[1], r[2], "none", 0, 0, r[3], None, "lease", True)
                  for r in reported if r[:2] not in have]
        for first, until in ((DAY0 + 5, DAY0 + 6), (DAY0 + 6, DAY0 + 12),
                             (DAY0, DAY0 + 3), (DAY0 + 4, DAY0 + 8),
                             (DAY0 + 9, DAY0 + 12), (DAY0, DAY0 + DAYS),
                             (DAY0 + DAYS + 3, DAY0 + DAYS + 4)):
            wrong, estimated, by_score, refused = check(
                findings, others, runs, first, until)
            weighed += by_score
            unsure += refused
            bad += wrong
            estimates += estimated
            asked += 1
    print(f"{asked} periods, {estimates} with an estimate, {weighed} of them "
          f"by scores, {unsure} refused for suspects, {bad} wrong")
    return 1 if bad or not (0 < weighed < estimates < asked and unsure) else 0


sys.exit(main())
