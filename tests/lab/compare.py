#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares heloflow's delivery records with a lab run's independent truth.

usage: compare.py TRUTH.jsonl RECORDS.jsonl [--min PERCENT] [-v]

Every fact that the truth observed at the SMTP client (not what it planned) and
that a mail log can hold is one assertion: the client's address, the envelope
sender, the queue id, the reply code of each recipient, the outcome at the end
of the message, each arrival.  Prints the share that the records bear out, the
addresses on record that never connected, and adverse verdicts on messages
that were sent clean (to be looked at: the truth is what was sent).
"""
import argparse
import collections
import datetime
import json
import sys

ap = argparse.ArgumentParser()
ap.add_argument("truth")
ap.add_argument("records")
ap.add_argument("--min", type=float, default=97.0)
ap.add_argument("-v", action="store_true")
args = ap.parse_args()


def load(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as f:
        return [json.loads(line) for line in f if line.strip()]


def stamp(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


truth, records = load(args.truth), load(args.records)
by_qid, by_client = collections.defaultdict(list), collections.defaultdict(list)
for r in records:
    r["_t"] = stamp(r["received"])
    if "queue_id" in r:
        by_qid[r["queue_id"]].append(r)
    if "client_addr" in r:
        by_client[r["client_addr"]].append(r)
have_port = sum("client_port" in r for r in records) > len(records) / 3

total, missed = collections.Counter(), collections.Counter()
examples = collections.defaultdict(list)


def check(what, ok, t, detail=""):
    total[what] += 1
    if not ok:
        missed[what] += 1
        examples[what].append(f"{t['id']} {detail}")


def fold(text):
    """Addresses as a log may show them: bytes that are not UTF-8 replaced."""
    if text is None:
        return None
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").lower()


def same_address(log, sent):
    a, b = fold(log), fold(sent)
    if a is None:
        return False
    if a == b:
        return True
    plain = lambda s: s.replace('"', "").replace("\\", "").replace(" ", "")
    # MTAs complete a bare local part with their own domain, and quote.
    return plain(a) == plain(b) or ("@" not in b and a.split("@")[0] == b) or \
        ("?" in a and len(a) == len(b))


def near(t, rows):
    end = t.get("t_end") or t["t_connect"]
    return [r for r in rows if t["t_connect"] - 2.5 <= r["_t"] <= end + 2.5]


def rows_of(t):
    rows = near(t, by_client[t["client_ip"]])
    if have_port:
        rows = [r for r in rows if r.get("client_port") in (None, t["client_port"])]
    return rows


def check_recipient(t, rows, rc):
    code = rc.get("reply_code")
    if not code:
        return
    mine = [r for r in rows if same_address(r.get("recipient"), rc["addr"])
            or same_address(r.get("orig_recipient"), rc["addr"])]
    if code < 300:
        if t["outcome"] == "accepted" and not (t["server"] == "sendmail" and rc["cls"] == "alias"):
            check("recipient accepted", mine, t, rc["addr"])
        return
    mine = [r for r in mine if r.get("disposition") in ("rejected", "tempfailed")]
    check("recipient refused", mine, t, f"{rc['addr']} {code} {rc.get('reply_text')}")
    if mine:
        check("recipient reply code", any(r.get("reply") == code for r in mine), t,
              f"{code} against {[r.get('reply') for r in mine]}")


def check_accepted(t):
    qid = t.get("queue_id")
    rows = near(t, by_qid.get(qid, [])) if qid else []
    if qid:
        check("queue id", rows, t, qid)
    if not rows:
        return
    check("client address", all(r.get("client_addr") == t["client_ip"] for r in rows), t,
          f"{t['client_ip']} against {[r.get('client_addr') for r in rows]}")
    if have_port:
        check("client port", all(r.get("client_port") == t["client_port"] for r in rows), t)
    check("sender", any(same_address(r.get("sender"), t["mail_from"]) for r in rows), t,
          f"{t['mail_from']!r} against {rows[0].get('sender')!r}")
    if t.get("auth") and isinstance(t["auth"], str):
        check("auth user", any(r.get("auth_user") for r in rows), t, t["auth"])
    for a in t.get("arrived", []):
        if a.get("rejected") or a["where"] not in ("sink", "mailbox") or a.get("mail_from") == "MAIL FROM:<":
            continue  # a notification about it, or the next hop refused it after all
        if a.get("mail_from", "").upper().endswith(":<"):
            continue
        got = [r for r in rows if r.get("disposition") == "delivered" and
               (same_address(r.get("recipient"), a["to"]) or same_address(r.get("orig_recipient"), a["to"]) or
                (r.get("recipient") or "").split("@")[0].split("+")[0].lower() == a["to"].lower())]
        check("arrival", got, t, str(a))
    return rows


def check_refused(t):
    code = (t.get("data_reply") or [None])[0]
    if not code:
        return
    rows = rows_of(t)
    want = "rejected" if code >= 500 else "tempfailed"
    mine = [r for r in rows if r.get("disposition") == want]
    check("refused at data", mine, t, f"{t['data_reply']} {[r.get('disposition') for r in rows]}")
    # Postfix logs of a milter's refusal the enhanced code alone.
    if mine and not any(r.get("reply") is None for r in mine if r["mta"] == "postfix"):
        check("data reply code", any(r.get("reply") == code for r in mine), t,
              f"{code} against {[r.get('reply') for r in mine]}")


for t in truth:
    accepted = None
    if t["outcome"] == "accepted":
        accepted = check_accepted(t)
    elif t["outcome"] in ("rejected_data", "tempfailed_data"):
        check_refused(t)
    elif t["outcome"] == "rejected_mail":
        check("refused at mail", [r for r in rows_of(t) if r.get("disposition") in ("rejected", "tempfailed")], t,
              str(t.get("mail_reply")))
    rows = (accepted or []) + rows_of(t)
    for rc in t.get("rcpts") or []:
        check_recipient(t, rows, rc)

# What the filter wrote into the message that arrived is its verdict, seen by
# the receiver: the log must say the same of that queue id.
def tagged_spam(header):
    head = header.strip().split(" ")[0].rstrip(",")
    try:
        return float(head) >= 5.0  # the lab's threshold, where the header is the score
    except ValueError:
        return head.upper() == "YES"


said, wrong_verdict = collections.Counter(), []
for t in truth:
    rows = near(t, by_qid.get(t.get("queue_id"), [])) if t.get("queue_id") else []
    heads = {tagged_spam(a["spamhdr"]) for a in t.get("arrived", [])
             if a.get("spamhdr") and not a.get("mail_from", "x").upper().endswith(":<")
             and a["where"] in ("sink", "mailbox")}
    if not rows or len(heads) != 1:
        continue
    tagged, spam = heads == {True}, any(r.get("verdict") in ("spam", "virus") for r in rows)
    said[(tagged, spam)] += 1
    if tagged != spam:
        wrong_verdict.append(f"{t['id']} {t['queue_id']} header {'spam' if tagged else 'clean'}, "
                             f"record {rows[0].get('verdict')} {rows[0].get('rule')} {rows[0].get('score')}")
connected = {t["client_ip"] for t in truth} | {t["server_ip"] for t in truth} | {"127.0.0.1", "::1"}
strangers = sorted(set(by_client) - connected)
keys = collections.Counter((r["message_key"], r.get("recipient"), r.get("orig_recipient"), r.get("final_queue_id"))
                           for r in records)
twice = [k for k, n in keys.items() if n > 1]

innocent = []
sent = collections.defaultdict(list)
for t in truth:
    if t.get("queue_id"):
        sent[t["queue_id"]].append(t)
for r in records:
    if r.get("verdict") not in ("spam", "virus"):
        continue
    mine = near_t = [t for t in sent.get(r.get("queue_id"), []) if abs(t["t_end"] - r["_t"]) < 5]
    if not mine:
        mine = [t for t in truth if t["client_ip"] == r.get("client_addr")
                and t["t_connect"] - 2.5 <= r["_t"] <= (t.get("t_end") or t["t_connect"]) + 2.5]
    kinds = {t["kind"] for t in mine}
    if not kinds or kinds <= {"clean", "none"}:
        innocent.append((r, kinds))

n, bad = sum(total.values()), sum(missed.values())
share = 100.0 * (n - bad) / n if n else 0.0
for what in sorted(total):
    print(f"  {what:22} {total[what] - missed[what]:5} of {total[what]:5}")
    if args.v:
        for x in examples[what][:12]:
            print("      missed:", x)
verdicts = collections.Counter(r.get("verdict", "-") for r in records)
print(f"  verdicts on records: {dict(verdicts)}")
for r, kinds in innocent:
    print(f"  look: {r['verdict']} by {r.get('rule')} on what was sent {sorted(kinds)}: "
          f"{r['source']}:{r['line']} {r.get('queue_id')} {r.get('client_addr')} {r.get('score')} {r.get('signature')}")
print(f"  header that arrived and verdict agree: {said[(True, True)]} spam, {said[(False, False)]} not; "
      f"blamed wrongly {said[(False, True)]}, missed {said[(True, False)]}")
for w in wrong_verdict:
    print("      differs:", w)
print(f"  addresses that never connected: {strangers}")
print(f"  recorded twice: {len(twice)} {twice[:3]}")
print(f"  {share:.2f}% of {n} assertions")
sys.exit(0 if share >= args.min and not strangers and not twice and not said[(False, True)] else 1)
