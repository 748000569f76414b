#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares heloflow's delivery records with a lab run's independent truth.

usage: compare.py TRUTH.jsonl RECORDS.jsonl [--log FILE] [--min PERCENT] [-v]

Every fact that the truth observed at the SMTP client (not what it planned) and
that a mail log can hold is one assertion: the client's address, the envelope
sender, the queue id, the reply code of each recipient, the outcome at the end
of the message, each arrival.  Prints the share that the records bear out, the
addresses on record that never connected, and adverse verdicts on messages
that were sent clean (to be looked at: the truth is what was sent).

What a server is known not to log (SILENT below) is left out, and named, only
if the record has it not and the log (all files, put together) has no line
with that client's and that envelope address either.
"""
import argparse
import collections
import datetime
import json
import re
import sys

ap = argparse.ArgumentParser()
ap.add_argument("truth")
ap.add_argument("records")
ap.add_argument("--log")
ap.add_argument("--min", type=float, default=99.5)
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

total, missed, left_out = collections.Counter(), collections.Counter(), collections.Counter()
examples = collections.defaultdict(list)
log = open(args.log, encoding="utf-8", errors="surrogateescape").read().split("\n") if args.log else None
log_of = collections.defaultdict(list)  # client address -> lines that name it

SILENT = (
    ("exim", r"501 ", "refused for its syntax: no log line without log_selector +smtp_syntax_error"),
    ("sendmail", r"501 5\.1\.7 8-bit character|553 5\.0\.0 .*Unbalanced|553 .*prescan: |552 5\.2\.3 Message size",
     "refused for its syntax or its announced size: sendmail logs no line"),
)


def silent(t, code, text, address):
    """Why the server logged nothing of this refusal, or None."""
    said = f"{code} {text}"
    why = next((w for server, rx, w in SILENT if server == t["server"] and re.match(rx, said, re.S)), None)
    if why is None or log is None:
        return None
    if not log_of:
        named = re.compile(r"(?<![0-9a-fA-F:.])(" + "|".join(
            sorted((re.escape(x["client_ip"]) for x in truth), key=len, reverse=True)) + r")(?![0-9a-fA-F.])")
        for line in log:
            for ip in set(named.findall(line)):
                log_of[ip].append(line)
    part = address.strip("<>")[:20] or "<>"
    return None if any(part in line and "reject" in line for line in log_of[t["client_ip"]]) else why


def check(what, ok, t, detail="", because=None):
    if not ok and because:
        left_out[because] += 1
        return
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
    # The route of an old-style address is dropped (RFC 5321, appendix C).
    a, b = (re.sub(r"^@[^:]*:", "", x) for x in (a, b))
    plain = lambda s: re.sub(r'["\\\s]', "", s)
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


def same_mailbox(t, rows, rc):
    """Named twice, by address and through an alias, it is delivered to once;
    sendmail names a local mailbox without its domain."""
    local = fold(rc["addr"]).split("@")[0]
    aliases = {fold(x["addr"]) for x in t["rcpts"] if x["cls"] == "alias"}
    return [r for r in rows if (r.get("recipient") or "").split("@")[0].lower() == local and
            (fold(r.get("orig_recipient") or "") in aliases or
             (aliases and t["server"] == "sendmail" and "@" not in r["recipient"]))]


def arrived_as(t, row, to):
    """Is this the row of what arrived there (a mailbox, or an address)?"""
    to = to.split("> ORCPT=")[0]
    names = [x for x in (row.get("recipient"), row.get("orig_recipient")) if x]
    if any(same_address(x, to) or x.split("@")[0].split("+")[0].lower() == to.lower() or
           # a name that the resolver's search list completed
           to.lower().startswith(fold(x) + ".") for x in names):
        return True
    # What stands before the @ in a source route is not the mailbox.
    if any(re.sub(r"^@[^:]*:", "", x).split("@")[0].lower() == to.lower() for x in names):
        return True
    return to == "quoted" and any(x["cls"] == "local-quoted" and same_address(y, x["addr"])
                                  for x in t["rcpts"] for y in names)


def check_recipient(t, rows, rc):
    code = rc.get("reply_code")
    if not code:
        return
    mine = [r for r in rows if same_address(r.get("recipient"), rc["addr"])
            or same_address(r.get("orig_recipient"), rc["addr"])]
    if code < 300:
        # sendmail logs what an alias was expanded to, and not the alias.
        if t["outcome"] == "accepted" and not (t["server"] == "sendmail" and rc["cls"] in ("alias", "postmaster")):
            check("recipient accepted", mine or same_mailbox(t, rows, rc), t, rc["addr"])
        return
    mine = [r for r in mine if r.get("disposition") in ("rejected", "tempfailed")]
    check("recipient refused", mine, t, f"{rc['addr']} {code} {rc.get('reply_text')}",
          silent(t, code, rc.get("reply_text"), rc["addr"]))
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
          f"{t['mail_from']!r} against {rows[0].get('sender')!r}",
          "sendmail cuts what is longer than 200 bytes" if t["server"] == "sendmail" and
          len(t["mail_from"]) >= 198 and all(r.get("sender") is None for r in rows) else None)
    if t.get("auth") and isinstance(t["auth"], str):
        check("auth user", any(r.get("auth_user") for r in rows), t, t["auth"])
    for a in t.get("arrived", []):
        if a.get("rejected") or a["where"] not in ("sink", "mailbox") or a.get("mail_from") == "MAIL FROM:<":
            continue  # a notification about it, or the next hop refused it after all
        if a.get("mail_from", "").upper().endswith(":<"):
            continue
        got = [r for r in rows if r.get("disposition") == "delivered" and arrived_as(t, r, a["to"])]
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
              str(t.get("mail_reply")), silent(t, *t["mail_reply"], t["mail_from"]))
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
for why, count in left_out.items():
    print(f"  left out {count:4}: {why}")
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
