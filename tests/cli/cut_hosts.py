#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: cut_hosts.py SEED
       cut_hosts.py FILE FILE...

A log of some hosts whose clocks differ, in the order in which it was written.
SEED: made up, of few queue ids and Message-IDs, so that most are used again.
FILE: the logs of one host each, as if begun at once; the clock of each is 60 s
behind that of the one before it.
"""
import random
import sys
from datetime import datetime, timedelta

NOON = datetime(2026, 11, 23, 12)
CLIENTS = ["192.0.2.7", "192.0.2.8", "198.51.100.9", "203.0.113.10"]
SPAMD = ("spamd: result: Y  9 - LAB_MID scantime=0.6,size=950,user=nobody,uid=102,"
         "required_score=5.0,rhost=localhost,raddr=127.0.0.1,rport=47610,mid=<{}@example.com>,"
         "autolearn=disabled")


class Log:
    def __init__(self, r):
        self.r = r
        self.lines = []
        spread = r.choice([5, 50, 95, 95, 95])
        self.hosts = [(f"mx{n}", r.uniform(0, spread)) for n in range(r.randint(2, 4))]
        self.busy = r.choice([2, 4, 10])

    def say(self, t, host, program, text):
        self.lines.append((t, host, program, text))

    def write(self, out):
        silent = {h: self.r.uniform(200, 900) for h, _ in self.hosts[1:] if self.r.random() < .2}
        ahead = dict(self.hosts)
        last = {}
        for t, host, program, text in sorted(self.lines, key=lambda line: line[0]):
            if t > silent.get(host, 1e9):
                continue
            at = max(NOON + timedelta(seconds=round(t + ahead[host], 6)),
                     last.get(host, NOON) + timedelta(microseconds=1))
            last[host] = at
            text = text.replace("NOW", at.strftime("%Y-%m-%d %H:%M:%S"))
            print(f"{at.isoformat(timespec='microseconds')}+00:00 {host} {program}: {text}", file=out)

    def verdict(self, t, host, mid):
        self.say(t, host, "spamd[11]", SPAMD.format(mid))

    def postfix(self, t, host):
        r = self.r
        q = f"4F7A0123{r.randrange(4)}"
        mid = f"m{r.randrange(6)}"
        pid = r.randrange(20, 24)
        say = lambda s, p, text: self.say(t + s, host, f"postfix/{p}", f"{q}: {text}")
        say(0, f"smtpd[{pid}]", f"client=unknown[{r.choice(CLIENTS)}]")
        say(.1, f"cleanup[{pid + 10}]", f"message-id=<{mid}@example.com>")
        say(.2, "qmgr[9]", f"from=<x{r.randrange(3)}@example.com>, size=900, nrcpt=1 (queue active)")
        s = .3
        answer = "250 ok"
        if r.random() < .3:
            say(s, "smtp[10]", "to=<a@example.net>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1,"
                " status=deferred (connect to mx.example.net[198.51.100.1]:25: Connection refused)")
            s += r.uniform(10, 200)
        relay = "mx.example.net[198.51.100.1]:25"
        if r.random() < .3:
            relay = "in.example.net[10.0.0.2]:25"
            next_id = f"5A7A{len(self.lines):05d}"
            answer = f"250 2.0.0 Ok: queued as {next_id}"
            self.handed(t + s + r.uniform(-.2, .2), next_id)
        say(s, "smtp[10]", f"to=<a@example.net>, relay={relay}, delay=1, delays=1/0/0/0, dsn=2.0.0,"
            f" status=sent ({answer})")
        say(s + r.choice([.001, .1, 3]), "qmgr[9]", "removed")
        if r.random() < .5:
            self.verdict(t + r.choice([-1, .15, 1, 20, 100]), host, mid)

    def handed(self, t, q):
        host = self.r.choice(self.hosts)[0]
        say = lambda s, p, text: self.say(t + s, host, f"postfix/{p}", f"{q}: {text}")
        say(0, "smtpd[70]", "client=out.example.net[10.0.0.1]")
        say(.1, "qmgr[69]", "from=<x@example.com>, size=900, nrcpt=1 (queue active)")
        say(.3, "virtual[71]", "to=<a@example.net>, relay=virtual, delay=1, delays=1/0/0/0, dsn=2.0.0,"
            " status=sent (delivered to maildir)")
        say(.4, "qmgr[69]", "removed")

    def exim(self, t, host):
        r = self.r
        q = f"1xVS5I-00003z-{r.randrange(3)}X"
        mid = f"m{r.randrange(6)}"
        say = lambda s, text: self.say(t + s, host, f"exim[{r.randrange(100, 999)}]", f"NOW {q} {text}")
        sender = r.choice(["x@example.com", "<> R=1xVS5H-00003V-2N"])
        say(0, f"<= {sender} H=(x) [{r.choice(CLIENTS)}] P=esmtp S=900 id={mid}@example.com")
        if r.random() < .5:
            say(.5, "=> a <a@example.net> R=local T=maildir")
            say(.6, "Completed")
        else:
            say(.5, "** a@example.net R=dns T=smtp: SMTP error from remote mail server after RCPT TO:<a@example.net>: 550 no")
            say(.6, "Frozen (delivery error message)")
            for s in (r.uniform(20, 60), r.uniform(60, 300)):
                say(s, "Message is frozen")
            say(310, "=> a <a@example.net> R=local T=maildir")
            say(310.1, "Completed")
        if r.random() < .5:
            self.verdict(t + r.choice([-1, .15, 20]), host, mid)


def timed(path):
    t = None
    with open(path, encoding="utf-8", errors="surrogateescape") as f:
        for line in f:
            if line[0].isdigit():
                stamp, _, rest = line.split(" ", 2)
                t = datetime.fromisoformat(stamp).replace(tzinfo=None)
            else:
                rest = line[16:].split(" ", 1)[1]
                t = datetime.strptime("2026 " + line[:15], "%Y %b %d %H:%M:%S")
            yield t, rest


def of_files(paths):
    lines = []
    for n, path in enumerate(paths):
        begun = None
        for i, (t, rest) in enumerate(timed(path)):
            begun = begun or t
            lines.append((t - begun, n, i, rest))
    sys.stdout.reconfigure(errors="surrogateescape")
    for since, n, _, rest in sorted(lines):
        at = NOON + since - timedelta(seconds=60 * n)
        print(f"{at.isoformat(timespec='microseconds')}+00:00 mx{n} {rest}", end="")


def main():
    if not sys.argv[1].isdigit():
        return of_files(sys.argv[1:])
    log = Log(random.Random(int(sys.argv[1])))
    r = log.r
    t = 0.0
    while t < 1000:
        host = r.choice(log.hosts)[0]
        r.choice([log.postfix, log.postfix, log.exim])(t, host)
        t += r.expovariate(1 / (10 * log.busy))
    for host, _ in log.hosts:
        for t in range(0, 1400, 20):
            log.say(t + r.random(), host, "postfix/anvil[1]",
                    "statistics: max cache size 1 at Feb  1 00:00:00")
    log.write(sys.stdout)


main()
