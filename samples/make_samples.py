#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the sample day of Example Net, an ISP that does not exist.

  python3 samples/make_samples.py [FOLDER]     default: the script's own folder

2026-11-23 in full, and six small days before it: the logs of three mail
servers, an sFlow capture, who had which address, and accounts.  Every name and
address is reserved for documentation.  The same program writes the same bytes,
so that a change of the samples is a change of this file (README.md tells who
does what and what the right answer is).
"""
import calendar
import csv
import gzip
import json
import pathlib
import random
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
OUT = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
rng = random.Random(20261123)

# Our own machines, and the switches that sample.
MX, SMARTHOST, RELAY, STORE = "192.0.2.10", "192.0.2.20", "192.0.2.30", "192.0.2.40"
IX_SWITCH, CORE_SWITCH = "192.0.2.1", "192.0.2.2"
HOUR, DAY = 3600, 86400
TODAY = calendar.timegm((2026, 11, 23, 0, 0, 0))
VIENNA = HOUR  # UTC+1 in November; the smarthost logs in local time

SENDERS = "anna bernd clara dirk eva frank gina hans karin lars maria olga paul rita sven tina uwe".split()
SHOPS = ["shop.example", "uni.example", "partner.example", "verein.example", "news.example"]
WORDS = "Rechnung Termin Angebot Projekt Bericht Urlaub Fragen Protokoll Lieferung Antwort".split()
JUNK = "deal promo bonus offer prize winner".split()
WORLD = {d: "198.51.100.%d" % (10 + 5 * i) for i, d in enumerate(SHOPS)}
LOCAL = ["%s.%s@example.net" % (s, x) for s in SENDERS for x in "abcdefgh"]
AWAY = ["%s@%s" % (s, d) for s in SENDERS for d in SHOPS]


def letters(n, alphabet, width):
    out = ""
    while n or len(out) < width:
        n, r = divmod(n, len(alphabet))
        out = alphabet[r] + out
    return out


DIGITS = "0123456789"
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BASE62 = DIGITS + UPPER + UPPER.lower()
BASE60 = BASE62[:60]
BASE52 = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"


class Log:
    """A log file: lines with their times, written in order of time."""

    def __init__(self):
        self.lines = []

    def add(self, t, text):
        self.lines.append((t, len(self.lines), text))

    def text(self):
        return "".join(x + "\n" for _, _, x in sorted(self.lines))


def parts(t):
    import time
    return time.gmtime(t)


def bsd(t):
    p = parts(t)
    month = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[p.tm_mon - 1]
    return "%s %2d %02d:%02d:%02d" % (month, p.tm_mday, p.tm_hour, p.tm_min, p.tm_sec)


def plain(t):
    return "%04d-%02d-%02d %02d:%02d:%02d" % parts(t)[:6]


def rfc3339(t):
    return "%04d-%02d-%02dT%02d:%02d:%02d" % parts(t)[:6] + ".%06d+00:00" % (int(t * 1000000) % 1000000)


class Mail:
    """One message: who sends what to whom, and what it is."""

    def __init__(self, client, sender, rcpts, kind="clean", name=None, helo=None,
                 user=None, score=None, virus=None, port=None, size=None):
        self.client, self.sender, self.rcpts, self.kind = client, sender, rcpts, kind
        self.name, self.user, self.virus = name or "unknown", user, virus
        self.helo = helo or (name if name else "[%s]" % client)
        self.port = port or rng.randrange(20000, 60000)
        self.size = size or rng.randrange(1500, 90000)
        low, high = {"clean": (-1.5, 3.5), "spam": (7.5, 14.5), "junk": (16, 29),
                     "virus": (0.1, 2.0)}[kind]
        self.score = score if score is not None else round(rng.uniform(low, high), 1)
        self.id = "%016x@%s" % (rng.getrandbits(64), sender.split("@")[-1] or "example.net")


class Postfix:
    """mx1: takes mail for our domains; rspamd is its milter, and asks clamd."""

    def __init__(self):
        self.mail, self.rspamd, self.inode = Log(), Log(), 600000

    def line(self, t, daemon, text, pid=None):
        self.mail.add(t, "%s mx1 postfix/%s[%d]: %s" % (bsd(t), daemon, pid or 1000 + len(daemon) * 7, text))

    def scan(self, t, m, qid):
        action, extra = "F (no action)", ""
        symbols = "ARC_NA(0.00){},MIME_GOOD(-0.10){text/plain;},RCPT_COUNT_ONE(0.00){%d;}" % len(m.rcpts)
        if m.kind == "virus":
            action = "T (reject)"
            symbols += ",CLAM_VIRUS(0.00){%s;}" % m.virus
            extra = ', forced: reject "Virus found: %s"; score=nan (set by clamav)' % m.virus
        elif m.kind == "junk":
            action, symbols = "T (reject)", symbols + ",BAYES_SPAM(5.10){99.9%%;},RBL_SENDERSCORE(4.00){%s;}" % m.client
        elif m.kind == "spam":
            action, symbols = "T (add header)", symbols + ",BAYES_SPAM(5.10){99.1%;},R_SUSPICIOUS_URL(5.00){}"
        rcpts = ",".join(m.rcpts)
        self.rspamd.add(t, "%s #412(rspamd_proxy) <%06x>; proxy; rspamd_task_write_log: id: <%s>, qid: <%s>, "
                        "ip: %s, from: <%s>, (default: %s: [%.2f/15.00] [%s]), len: %d, time: %.3fms, "
                        "dns req: 4, digest: <%032x>, rcpts: <%s>, mime_rcpts: <%s>%s" %
                        (plain(t), rng.getrandbits(24), m.id, qid, m.client, m.sender, action, m.score, symbols,
                         m.size, rng.uniform(4, 90), rng.getrandbits(128), rcpts, rcpts, extra))

    def take(self, t, m, unknown=()):
        pid = rng.randrange(2000, 32000)
        peer = "%s[%s]:%d" % (m.name, m.client, m.port)
        self.inode += rng.randrange(1, 40)
        usec = rng.randrange(1000000)
        qid = letters(int(t), BASE52, 6) + letters(usec, BASE52, 4) + "z" + letters(self.inode, BASE52[:-1], 3)
        self.line(t, "smtpd", "connect from " + peer, pid)
        for u in unknown:
            self.line(t, "smtpd", "NOQUEUE: reject: RCPT from %s: 550 5.1.1 <%s>: Recipient address rejected: "
                      "User unknown in relay recipient table; from=<%s> to=<%s> proto=ESMTP helo=<%s>" %
                      (peer, u, m.sender, u, m.helo), pid)
        if m.rcpts:
            self.line(t + 1, "smtpd", "%s: client=%s" % (qid, peer), pid)
            self.line(t + 1, "cleanup", "%s: message-id=<%s>" % (qid, m.id))
            self.scan(t + 1, m, qid)
            if m.kind in ("virus", "junk"):
                why = "Virus found: " + m.virus if m.kind == "virus" else "Spam message rejected"
                self.line(t + 1, "cleanup", "%s: milter-reject: END-OF-MESSAGE from %s: 5.7.1 %s; from=<%s> to=<%s> "
                          "proto=ESMTP helo=<%s>" % (qid, peer, why, m.sender, m.rcpts[-1], m.helo))
            else:
                self.deliver(t + 2, m, qid)
        self.line(t + 2, "smtpd", "disconnect from %s ehlo=1 mail=1 rcpt=%d data=1 quit=1 commands=%d" %
                  (peer, len(m.rcpts) + len(unknown), 4 + len(m.rcpts) + len(unknown)), pid)
        return qid

    def deliver(self, t, m, qid):
        self.line(t, "qmgr", "%s: from=<%s>, size=%d, nrcpt=%d (queue active)" % (qid, m.sender, m.size, len(m.rcpts)))
        for r in m.rcpts:
            self.line(t, "lmtp", "%s: to=<%s>, relay=store.example.net[%s]:24, delay=0.9, delays=0.7/0.01/0.02/0.2, "
                      "dsn=2.0.0, status=sent (250 2.0.0 <%s> %s Saved)" %
                      (qid, r, STORE, r, letters(rng.getrandbits(90), BASE62, 15)))
        self.line(t, "qmgr", "%s: removed" % qid)


class Exim:
    """smtp: the smarthost of private customers; spamd and clamd in its ACL.
    Spam up to 15 points goes out with a warning in the log."""

    def __init__(self):
        self.main, self.reject, self.n = Log(), Log(), 4000

    def both(self, t, text):
        stamp = plain(t + VIENNA) + " "
        self.main.add(t, stamp + text)
        return stamp + text

    def take(self, t, m, to=None, fails=()):
        """Returns the id the next hop gave, if it is our own MX."""
        self.n += 1
        eid = "%s-%s-%02d" % (letters(int(t), BASE62, 6), letters(self.n, BASE62, 6), rng.randrange(60))
        peer = "H=%s[%s]:%d" % ("(%s) " % m.helo if m.name == "unknown" else "%s " % m.name, m.client, m.port)
        auth = " A=login:%s" % m.user if m.user else ""
        if m.kind in ("spam", "junk"):
            self.both(t, "%s %s%s Warning: spam score %.1f (%s) from %s" %
                      (eid, peer, "", m.score, "+" * int(m.score), m.sender))
        if m.kind in ("virus", "junk"):
            why = "contains a virus (%s)." % m.virus if m.kind == "virus" else "scored %.1f spam points." % m.score
            line = self.both(t, "%s %s F=<%s>%s rejected after DATA: This message %s" % (eid, peer, m.sender, auth, why))
            self.reject.add(t, line + "\nEnvelope-from: <%s>\nEnvelope-to: %s\n"
                            "P Received: from [%s]:%d (helo=%s)\n\tby smtp.example.net with esmtp (Exim 4.96)\n"
                            "\t(envelope-from <%s>)\n\tid %s\nI Message-ID: <%s>\nF From: <%s>\n"
                            "  Subject: %s" % (m.sender, "\n\t".join("<%s>" % r for r in m.rcpts), m.client, m.port,
                                               m.helo, m.sender, eid, m.id, m.sender, rng.choice(WORDS)))
            return None
        proto = "esmtpsa X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no" + auth if m.user else "esmtp"
        self.both(t, "%s <= %s %s P=%s S=%d id=%s" % (eid, m.sender, peer, proto, m.size, m.id))
        for r in m.rcpts:
            domain = r.split("@")[1]
            if r in fails:
                self.both(t + 3, "%s ** %s R=dnslookup T=remote_smtp H=mx.%s [%s]: SMTP error from remote mail server "
                          "after RCPT TO:<%s>: 550 5.1.1 <%s>: Recipient address rejected: User unknown" %
                          (eid, r, domain, WORLD.get(domain, "198.51.100.99"), r, r))
                continue
            if domain == "example.net":
                host, reply = "mx1.example.net [%s]" % MX, "250 2.0.0 Ok: queued as %s" % to
            else:
                host = "mx.%s [%s]" % (domain, WORLD[domain])
                reply = "250 2.0.0 Ok: queued as %010X" % rng.getrandbits(40)
            self.both(t + 3, '%s => %s R=dnslookup T=remote_smtp H=%s X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no '
                      'C="%s"' % (eid, r, host, reply))
        self.both(t + 3, "%s Completed" % eid)
        return eid


class Sendmail:
    """relay: the smarthost of business customers; MIMEDefang scans."""

    def __init__(self):
        self.log, self.n = Log(), 0

    def line(self, t, program, pid, qid, text):
        self.log.add(t, "%s relay %s[%d]: %s: %s" % (rfc3339(t), program, pid, qid, text))

    def take(self, t, m):
        self.n += 1
        pid, p = 2000 + self.n * 3, parts(t)
        qid = "".join(BASE60[x] for x in (p.tm_year % 100 - 20, p.tm_mon - 1, p.tm_mday, p.tm_hour, p.tm_min, p.tm_sec)) \
            + letters(self.n, BASE60, 2) + "%06d" % pid
        who = "[%s]" % m.client if m.name == "unknown" else "%s [%s]" % (m.name, m.client)
        t += 0.1
        self.line(t, "sm-mta", pid, qid, "from=<%s>, size=%d, class=0, nrcpts=%d, msgid=<%s>, proto=ESMTP, daemon=MTA-v4, "
                  "relay=%s" % (m.sender, m.size, len(m.rcpts), m.id, who))
        what = {"clean": "mail_in,,", "virus": "virus,%s,%s" % (m.virus, m.client)}.get(
            m.kind, "spam,%.1f,%s" % (m.score, m.client))
        for r in m.rcpts:
            self.line(t + .2, "mimedefang.pl", 361, qid, "MDLOG,%s,%s,<%s>,<%s>,%s" % (qid, what, m.sender, r, rng.choice(WORDS)))
        if m.kind == "virus":
            self.line(t + .3, "mimedefang.pl", 361, qid, "filter:  discard=1")
            self.line(t + .3, "mimedefang", 359, qid, "Discarding because filter instructed us to")
            self.line(t + .4, "sm-mta", pid, qid, "Milter: data, discard")
            self.line(t + .4, "sm-mta", pid, qid, "discarded")
            return
        if m.kind in ("spam", "junk"):
            self.line(t + .3, "sm-mta", pid, qid, "Milter (mimedefang) change (add): header: X-Spam-Flag: YES")
            self.line(t + .3, "sm-mta", pid, qid, "Milter (mimedefang) change (add): header: X-Spam-Score: %.1f BAYES_99,URI_RISKY" % m.score)
        self.line(t + .4, "sm-mta", pid, qid, "Milter (mimedefang) add: header: X-Scanned-By: MIMEDefang 3.3 on %s" % RELAY)
        for r in m.rcpts:
            domain = r.split("@")[1]
            self.line(t + 2, "sm-mta", pid + 1, qid, "to=<%s>, delay=00:00:02, xdelay=00:00:01, mailer=esmtp, pri=%d, "
                      "relay=mx.%s. [%s], dsn=2.0.0, stat=Sent (2.0.0 Ok: queued as %010X)" %
                      (r, m.size + 30000, domain, WORLD[domain], rng.getrandbits(40)))


class Flows:
    """Sampled packets.  The exchange switch sees what goes to and from the
    outside; the core switch, from noon on, what customers send our servers."""

    def __init__(self):
        self.rows = []

    def packet(self, t, src, dst, sport, dport, flags, agent=IX_SWITCH, rate=1024):
        self.rows.append({"time": round(t, 3), "src": src, "dst": dst, "sport": sport, "dport": dport,
                          "flags": flags, "rate": rate, "agent": agent})

    def client(self, t, src, n, dsts=None, agent=IX_SWITCH, rate=1024, span=1800, first="A"):
        """n packets of SMTP sessions that src opens: about 4 % SYN, 2 % SYN/ACK."""
        for i in range(n):
            dst = rng.choice(dsts or list(WORLD.values()))
            port = rng.randrange(20000, 60000)
            at = t + span * i / n + rng.random()
            kind = rng.random()
            if i == 0:
                self.packet(at, src, dst, port, 25, first, agent, rate)
            elif kind < .04:
                self.packet(at, src, dst, port, 25, "S", agent, rate)
            elif kind < .06:
                self.packet(at, dst, src, 25, port, "SA", agent, rate)
            elif kind < .1:
                self.packet(at, src, dst, port, 25, "FA", agent, rate)
            else:
                self.packet(at, src, dst, port, 25, "PA" if kind < .6 else "A", agent, rate)

    def server(self, t, addr, n):
        """n packets of SMTP sessions that the world opens to addr."""
        for i in range(n):
            peer = rng.choice(list(WORLD.values()))
            port = rng.randrange(20000, 60000)
            self.packet(t + i * 97, peer, addr, port, 25, "PA" if i % 4 else "S")
            self.packet(t + i * 97 + .1, addr, peer, 25, port, "A" if i % 4 else "SA")

    def other(self, t, agent, rate):
        """What is no mail: it shows that the agent was heard."""
        self.packet(t, "203.0.113.%d" % rng.randrange(2, 250), "198.51.100.%d" % rng.randrange(2, 250),
                    rng.randrange(20000, 60000), 443, "A", agent, rate)


def local(n=1):
    """So many different people of ours."""
    return rng.sample(LOCAL, n)


def away(n=1):
    return rng.sample(AWAY, n)


def junk_sender():
    return "%s%d@%s.example" % (rng.choice(JUNK), rng.randrange(10000),
                                "".join(rng.choice("bcdfghjklmnprstv") for _ in range(8)))


def c(n):
    return "203.0.113.%d" % n


def dyn(n):
    return "dyn-%d.cust.example.net" % n


VIRUSES = ["Win.Worm.Mydoom-5", "Doc.Downloader.Emotet-10011", "Win.Trojan.Agent-73551"]


class Day:
    """Background of an ordinary day, then the people of the story."""

    def __init__(self, start, scale):
        self.start, self.scale = start, scale
        self.writers = []  # the private customers of the background
        self.postfix, self.exim, self.sendmail, self.flows = Postfix(), Exim(), Sendmail(), Flows()

    def at(self, hour, minute=0, second=0):
        return self.start + hour * HOUR + minute * 60 + second

    def some_time(self):
        """More by day than by night."""
        return self.at(rng.choice([0, 3, 5, 7] + list(range(7, 23)) + list(range(8, 18))), rng.randrange(60), rng.randrange(57))

    def background(self):
        # every hour has mail, so that every hour is covered
        times = [self.at(h, 10 + rng.randrange(40)) for h in range(24)]
        times += [self.some_time() for _ in range(int(70 * self.scale))]
        for t in times:  # the world writes to our customers
            domain = rng.choice(SHOPS)
            self.postfix.take(t, Mail(WORLD[domain], rng.choice(SENDERS) + "@" + domain, local(), name="mx." + domain))
        for _ in range(int(110 * self.scale)):  # private customers write to the world
            n = rng.randrange(100, 140)
            self.writers.append(n)
            self.exim.take(self.some_time(), Mail(c(n), "%s@example.net" % rng.choice(SENDERS), away(rng.choice([1, 1, 1, 2])),
                                                  helo="pc", user="user%d@example.net" % n))
        for _ in range(int(20 * self.scale)):  # and to each other: the smarthost hands it to the MX
            n, t, rcpt = rng.randrange(100, 140), self.some_time(), local()
            m = Mail(c(n), "%s@example.net" % rng.choice(SENDERS), rcpt, helo="pc", user="user%d@example.net" % n)
            self.pass_on(t, m)
        for _ in range(int(50 * self.scale)):  # business customers
            n = rng.randrange(150, 160)
            self.sendmail.take(self.some_time(), Mail(c(n), "office@firma%d.example" % n, away(), name="gw%d.firma.example" % n))

    def pass_on(self, t, m):
        """From the smarthost to our own MX: one message, two logs."""
        inside = Mail(SMARTHOST, m.sender, m.rcpts, m.kind, name="smtp.example.net", score=m.score, size=m.size)
        inside.id = m.id
        qid = self.postfix.take(t + 1, inside)
        self.exim.take(t, m, to=qid)

    # What an infected machine does.
    def direct(self, hour, n, times, kind="junk", virus=None, minute=5):
        """Straight to our MX, never twice to the same person."""
        for i, r in enumerate(local(times)):
            self.postfix.take(self.at(hour, minute, 0) + i * 41,
                              Mail(c(n), junk_sender(), [r], kind, name=dyn(n), helo="%s.example" % rng.choice(JUNK),
                                   virus=virus))

    def by_smarthost(self, hour, n, times, kind="spam", virus=None, minute=5, user=None, client=None, clean=0, port=None):
        people = away(2 * times)
        for i in range(times + clean):
            bad = i < times
            m = Mail(client or c(n), junk_sender() if bad else "%s@example.net" % SENDERS[n % 17],
                     people[2 * i:2 * i + 2] if bad else away(), kind if bad else "clean", helo="pc",
                     virus=virus if bad else None, user=user, port=port)
            fails = m.rcpts[:1] if bad and i % 3 == 0 else ()
            self.exim.take(self.at(hour, minute) + i * 53, m, fails=fails)

    def by_relay(self, hour, n, times, kind="virus", virus=None, clean=0):
        for i, r in enumerate(away(times + clean)):
            bad = i < times
            self.sendmail.take(self.at(hour, 12) + i * 71,
                               Mail(c(n), "office@firma%d.example" % n, [r], kind if bad else "clean",
                                    name="gw%d.firma.example" % n, virus=virus if bad else None))

    def forward(self, hour, n, kinds):
        """What comes to three mailboxes of a firm goes on to where their owners read it."""
        people = away(3)
        for i, kind in enumerate(kinds):
            sender = away()[0] if kind == "clean" else junk_sender()
            self.sendmail.take(self.at(hour, 2) + i * 163,
                               Mail(c(n), sender, [people[i % 3]], kind, name="gw%d.firma.example" % n,
                                    virus=VIRUSES[0] if kind == "virus" else None))

    def remote(self, hour, times, last):
        for i in range(times):
            unknown = ["%s%d@example.net" % (rng.choice(SENDERS), rng.randrange(100))] if i % 2 else []
            self.postfix.take(self.at(hour, 20) + i * 60, Mail("198.51.100.%d" % last, junk_sender(), local(), "junk"),
                              unknown=unknown)

    def today(self):
        f = self.flows
        # Confirmed spam.  3: a bot; the exchange sees it too.
        self.direct(2, 3, 14)
        f.client(self.at(2), c(3), 9)
        f.client(self.at(14), c(3), 5)
        # 7: by the smarthost, before the core switch sampled: no agent sees it.
        self.by_smarthost(8, 7, 11, user="user7@example.net", clean=2)
        # 12: by the smarthost in the afternoon: could have been sampled.
        self.by_smarthost(15, 12, 10, user="user12@example.net", clean=3)
        # 15: by the smarthost, and straight to the world.
        self.by_smarthost(16, 15, 12)
        f.client(self.at(16), c(15), 7)
        # 31: a stolen password, used from abroad; the customer is at home.
        self.by_smarthost(5, 31, 10, user="user31@example.net", client="198.51.100.177")
        self.by_smarthost(19, 31, 0, user="user31@example.net", clean=2)
        # 70: spams until 09:40; at 10:03 the address is 71's, who is innocent.
        self.by_smarthost(9, 70, 10, minute=32)
        self.exim.take(self.at(10, 3, 4), Mail(c(70), junk_sender(), away(), "spam", helo="pc"))
        self.by_smarthost(10, 70, 0, clean=3, minute=20)
        # Confirmed virus.
        self.by_relay(9, 18, 3, virus=VIRUSES[0], clean=4)
        self.by_smarthost(17, 21, 4, "virus", VIRUSES[1], clean=2)
        self.direct(11, 22, 5, "virus", VIRUSES[2])
        f.client(self.at(11), c(22), 4)
        # 24: both.
        self.by_smarthost(18, 24, 10)
        self.by_smarthost(18, 24, 3, "virus", VIRUSES[0], minute=30)
        f.client(self.at(18), c(24), 6, [SMARTHOST], CORE_SWITCH, 512)
        # Flows only.  40, 41 and the unassigned 200: suspects.
        f.client(self.at(3), c(40), 26, span=4 * HOUR, first="S")
        f.client(self.at(20), c(41), 15, first="S")
        f.client(self.at(13), c(200), 4)
        # 50 is on the allow list, 51 answers as a mail server does.
        f.client(self.at(9), c(50), 21, span=8 * HOUR)
        f.client(self.at(10), c(51), 17, span=6 * HOUR)
        f.server(self.at(10), c(51), 9)
        # Below every threshold: one verdict among ordinary mail; one virus.
        self.by_smarthost(11, 60, 1, user="user60@example.net", clean=9)
        self.by_relay(14, 61, 1, virus=VIRUSES[2], clean=8)
        # 62 forwards what comes to its people, under the senders it came with.
        self.forward(7, 62, ["clean", "spam", "clean", "clean", "spam", "spam", "virus", "clean", "spam", "clean", "clean", "spam"])
        # 80 is shared by ports: the smarthost logs them, the relay does not.
        self.by_smarthost(12, 80, 0, clean=2, port=5001)
        self.sendmail.take(self.at(12, 40), Mail(c(80), "office@firma80.example", away(), "spam"))
        # Somebody else's bots write to our customers.
        self.remote(4, 6, 201)
        self.remote(13, 4, 202)
        self.pass_on(self.at(21, 7), Mail(c(15), junk_sender(), local(), "spam", helo="pc"))

    def sampled(self):
        for h in range(24):
            for i in range(14):
                self.flows.other(self.at(h, i * 4), IX_SWITCH, 1024)
            self.flows.client(self.at(h, 7), SMARTHOST, 7)
            self.flows.client(self.at(h, 9), WORLD["uni.example"], 4, [MX])
            if h >= 12:
                for i in range(8):
                    self.flows.other(self.at(h, i * 7), CORE_SWITCH, 512)
                self.flows.client(self.at(h, 3), c(rng.choice(self.writers)), 1, [SMARTHOST], CORE_SWITCH, 512)

    def before(self, spam, virus):
        """An earlier day, with so many infected customers."""
        for n in spam:
            if n % 2:
                self.direct(1 + n % 20, n, 8 + n % 3)
            else:
                self.by_smarthost(1 + n % 20, n, 8 + n % 3, user="user%d@example.net" % n)
        for n in virus:
            self.by_smarthost(3 + n % 19, n, 3, "virus", rng.choice(VIRUSES))


def write(path, text):
    path = OUT / path
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    if path.suffix == ".gz":
        data = gzip.compress(data, 9, mtime=0)
    path.write_bytes(data)


def logs(day, tail):
    write("logs/mx1/mail.log" + tail, day.postfix.mail.text())
    write("logs/mx1/rspamd.log" + (tail or ".gz"), day.postfix.rspamd.text())
    write("logs/smtp/mainlog" + tail, day.exim.main.text())
    if not tail:
        write("logs/smtp/rejectlog", day.exim.reject.text())
        write("logs/relay/mail.log", day.sendmail.log.text())


def pcap(day):
    with tempfile.TemporaryDirectory() as t:
        rows = pathlib.Path(t) / "rows.json"
        rows.write_text(json.dumps(day.flows.rows))
        raw = pathlib.Path(t) / "out.pcap"
        subprocess.run([sys.executable, str(HERE.parent / "tests/tools/sflow_gen.py"), str(raw), "--packets", str(rows),
                        "--seed", "23"], check=True)
        path = OUT / "flow/2026-11-23.pcap.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(raw.read_bytes(), 9, mtime=0))


def customers():
    rows = []
    for n in [3, 5, 7, 9, 11, 12, 14, 15, 18, 21, 22, 24, 26, 28, 31, 33, 40, 41, 50, 51, 60, 61, 62] + \
            list(range(100, 140)) + list(range(150, 160)):
        rows.append((c(n), "C-%d" % (1000 + n), "2026-06-01", "", "", ""))
    rows.append((c(70), "C-1070", "2026-11-20T18:12:40Z", "2026-11-23T10:03:00Z", "", ""))
    rows.append((c(70), "C-1071", "2026-11-23T10:03:00Z", "", "", ""))
    rows.append((c(80), "C-1081", "2026-11-01", "", "1024", "16383"))
    rows.append((c(80), "C-1082", "2026-11-01", "", "16384", "32767"))
    rows.append(("2001:db8:100::/48", "C-1090", "2026-06-01", "", "", ""))
    with open(OUT / "customers.csv", "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow("prefix customer from until port_from port_until".split())
        w.writerows(rows)
    with open(OUT / "accounts.csv", "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(["auth_user", "customer"])
        for n in [7, 9, 11, 12, 14, 26, 28, 31, 33, 60] + list(range(100, 140)):
            w.writerow(["user%d@example.net" % n, "C-%d" % (1000 + n)])


# (days ago, customers with spam, with viruses); none of 3 days ago, when the
# logs were lost: a gap, and not a zero.
HISTORY = [(6, [5, 9], [26]), (5, [5, 9, 3], []), (4, [5, 3, 14, 11], [26, 28]),
           (2, [3, 14, 11], [28]), (1, [3, 7, 14, 33, 11], [18])]


def main():
    for ago, spam, virus in HISTORY:
        start = TODAY - ago * DAY
        day = Day(start, 0.12)
        day.background()
        day.before(spam, virus)
        logs(day, "-2026%02d%02d.gz" % (parts(start).tm_mon, parts(start).tm_mday))
    day = Day(TODAY, 1)
    day.background()
    day.today()
    day.sampled()
    logs(day, "")
    pcap(day)
    customers()


main()
