# SPDX-License-Identifier: Apache-2.0
"""A store with 28 days of labelled customers whose flows tell the two apart,
and a day of suspects; what `heloflow suspects -j` makes of them.

  suspects.py HELOFLOW FOLDER     FOLDER: with heloflow.yaml
"""
import json
import random
import re
import sqlite3
import subprocess
import sys

HELOFLOW, FOLDER = sys.argv[1:3]
STORE = FOLDER + "/heloflow.db"
DAY = 20030
rnd = random.Random(5)


def flow(bot):
    client = rnd.randint(20, 200) if bot else rnd.randint(1, 30)
    syn = int(client * (0.5 if bot else 0.1) * rnd.random()) + 1
    return {"samples": client * 2, "client": client, "syn": syn,
            "answered": int(syn * (0.2 if bot else 0.8)),
            "rst": int(client * (0.3 if bot else 0.02)),
            "flow_hours": rnd.randint(1, 20) if bot else rnd.randint(1, 6),
            "slots": 20, "server_strong": 0, "server_weak": 0,
            "est_syn": syn * 2048}


def put(db, day, customer, cls, figures, scope="customer"):
    db.execute("INSERT INTO finding_figure (day, customer, attributed_by, scope, class,"
               "first_seen, last_seen, complaints, confidence, reason, "
               + ", ".join(figures) + ") VALUES (?,?,'lease',?,?,?,?,0,0.1,'by hand'"
               + ",?" * len(figures) + ")",
               (day, customer, scope, cls, day * 86400000000,
                day * 86400000000 + 1, *figures.values()))


def suspects(*flags):
    return json.loads(subprocess.run(
        [HELOFLOW, "-c", FOLDER + "/heloflow.yaml", "--db", STORE, "suspects",
         "-j", *flags], check=True, stdout=subprocess.PIPE).stdout)


def fill(db, bots):
    db.execute("DELETE FROM finding_figure")
    for day in range(DAY - 28, DAY):
        for n in range(30):
            put(db, day, "bot%d" % n, "confirmed" if n < bots else "clean",
                flow(n < bots))
    # None of these may count: another scope, another class, too old, today.
    for n in range(60):
        put(db, DAY - 1, "r%d" % n, "confirmed", flow(False), "remote")
        put(db, DAY - 2, "b%d" % n, "below_threshold", flow(False))
        put(db, DAY - 29, "o%d" % n, "confirmed", flow(False))
        put(db, DAY, "t%d" % n, "confirmed", flow(False))
    for n in range(20):
        put(db, DAY, "guilty%d" % n, "flow_only_suspect", flow(True))
        put(db, DAY, "quiet%d" % n, "flow_only_suspect", flow(False))
    db.execute("INSERT OR REPLACE INTO correlation_run (day, day_start, "
               "day_end, timezone, watermark, parameters, imports, mail_hours, "
               "flow_hours, hours, messages, unattributed, ambiguous, "
               "flow_uncovered) VALUES (?,?,?,'UTC','','{}','[]',24,24,24,0,0,0,0)",
               (DAY, DAY * 86400000000, (DAY + 1) * 86400000000))
    db.commit()


def want(what, value, got):
    if value != got:
        sys.exit(f"{what}: wanted {value}, got {got}")


def words(score):
    return "> 0.99" if score > 0.99 else "< 0.01" if score < 0.01 else "%.2f" % score


def main():
    db = sqlite3.connect(STORE)
    fill(db, 5)
    got = suspects()
    want("few", "too few labels", got["model"].get("refused"))
    want("few: days", (140, 5, 700, 25), tuple(got["model"][k] for k in (
        "confirmed_days", "confirmed_customers", "clean_days",
        "clean_customers")))
    want("few: order", True, all(s["score"] is None for s in got["suspects"]))
    db.execute("UPDATE finding_figure SET customer = customer || '-' || day"
               " WHERE customer LIKE 'bot%'")  # as many customers as days
    db.commit()
    got = suspects()
    want("enough", None, got["model"].get("refused"))
    scores = [s["score"] for s in got["suspects"]]
    want("sorted", sorted(scores, reverse=True), scores)
    want("first", 20, sum(s["customer"].startswith("guilty")
                          for s in got["suspects"][:20]))
    want("AUC", True, got["model"]["auc"] > 0.9)
    want("all labels in the bins", 840,
         sum(b["n"] for b in got["model"]["reliability"]))
    want("same again", got, suspects("--day", "2024-11-03"))
    one = got["suspects"][3]
    want("one", [one], suspects("--customer", one["customer"])["suspects"])
    page = subprocess.run(
        [HELOFLOW, "-c", FOLDER + "/heloflow.yaml", "--db", STORE, "explain",
         "2024-11-03/" + one["customer"]],
        check=True, stdout=subprocess.PIPE, text=True).stdout
    want("explain", True, "This customer: %s" % words(one["score"]) in page
         and "140 confirmed customer-days" in page and "no proof" in page)
    # One estimate, and its bounds, wherever it stands.
    flow = json.loads(subprocess.run(
        [HELOFLOW, "-c", FOLDER + "/heloflow.yaml", "--db", STORE, "findings",
         "-j", "--day", "2024-11-03", "--customer", one["customer"]],
        check=True, stdout=subprocess.PIPE).stdout)[0]["flow"]
    bounds = [one["est_connections" + k] for k in ("", "_low", "_high")]
    want("bounds", True, bounds[1] < bounds[0] < bounds[2])
    want("bounds of findings", bounds,
         [flow["est_syn" + k] for k in ("", "_low", "_high")])
    want("bounds of explain", True,
         "%d connections are estimated (95 %%: %d to %d)" % tuple(bounds) in page)
    text = subprocess.run(
        [HELOFLOW, "-c", FOLDER + "/heloflow.yaml", "--db", STORE, "suspects"],
        check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    shown = [re.match(r"(?:guilty|quiet)\d+ +([<>] )?(\S+)", t) for t in text]
    want("scores in words", [words(s) for s in scores],
         ["".join(filter(None, m.groups())) for m in shown if m])
    want("figures", 12, len(got["model"]["figures"]))
    p = 1 - (1 - 0.0001) ** one["est_connections"]
    want("P(seen by MX)", True, abs(one["p_seen_mx"] - p) < 1e-9)
    want("explain: P(seen)", True, "P(at least one to us) %.3f (" % p in page)


main()
