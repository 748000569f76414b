# SPDX-License-Identifier: Apache-2.0
"""Whether the score of suspects comes true on days that it was not fitted on.

Each customer whom the logs call confirmed or clean on a day, and who was sampled,
is scored by the model of that day, which is fitted on the days before.  Of all
days together: tenth by tenth what was predicted and what was found, and the AUC.
Its 95 % interval is a bootstrap of customers, with all days of each: days of one
customer are alike.  A tenth with 50 cases that is off by more than 10 points is a
failure.  Guilty: of those who were called clean, whom the world had made guilty.
"""
import collections
import math
import random

CASES, POINTS = 50, 0.10
SAMPLES = 400


class Case:
    __slots__ = ("p", "customer", "found", "guilty")

    def __init__(self, p, customer, found, guilty):
        self.p, self.customer, self.found, self.guilty = p, customer, found, guilty


def probability(model, figures):
    z = model["bias"]
    for f in model["figures"]:
        z += f["weight"] * (figures[f["figure"]] - f["mean"]) / f["deviation"]
    return min(1 / (1 + math.exp(-z)), model["most"])


def auc(cases, times):
    """Cases in order of p; each as often as its customer is drawn."""
    below = ranked = pos = 0
    i = 0
    while i < len(cases):
        p, yes, no = cases[i].p, 0, 0
        while i < len(cases) and cases[i].p == p:
            n = times[cases[i].customer]
            if cases[i].found:
                yes += n
            else:
                no += n
            i += 1
        ranked += yes * (below + no / 2)
        below += no
        pos += yes
    return ranked / (pos * below) if pos and below else None


class HeldOut:
    def __init__(self):
        self.cases, self.days, self.refused, self.wrong = [], 0, 0, []

    def add(self, db, day, said, people):
        """Of a day, as the store counts them, what suspects -j says."""
        model = said["model"]
        if "refused" in model:
            self.refused += 1
            return
        self.days += 1
        scores = {s["customer"]: s["score"] for s in said["suspects"]}
        rows = db.execute("SELECT * FROM flow_figure WHERE day = ? AND class IN"
                          " ('confirmed', 'clean', 'flow_only_suspect') ORDER BY customer", (day,))
        names = [c[0] for c in rows.description]
        for row in rows:
            row = dict(zip(names, row))
            p, customer = probability(model, row), row["customer"]
            if row["class"] == "flow_only_suspect":  # that this is the program's score
                if abs(p - scores[customer]) > 0.0002:
                    self.wrong.append("%s has %.4f by the weights, and is said to have %.4f" % (
                        customer, p, scores[customer]))
                continue
            guilty = customer in people and people[customer]["guilt"] != "innocent"
            self.cases.append(Case(p, customer, row["class"] == "confirmed", guilty))

    def interval(self):
        of_customer = sorted({c.customer for c in self.cases})
        rnd = random.Random(1)
        got = []
        for _ in range(SAMPLES):
            a = auc(self.cases, collections.Counter(rnd.choices(of_customer, k=len(of_customer))))
            if a is not None:
                got.append(a)
        got.sort()
        return got[int(0.025 * len(got))], got[int(0.975 * len(got))]

    def judge(self):
        """Prints; what failed, in words."""
        found = sum(c.found for c in self.cases)
        print("\nscore on days after those it was fitted on: %d days, %d without a score; %d confirmed, %d clean" % (
            self.days, self.refused, found, len(self.cases) - found))
        failed = list(self.wrong)
        if 0 < found < len(self.cases):
            failed += self.table()
            self.cases.sort(key=lambda c: c.p)
            low, high = self.interval()
            print("AUC %.3f (95 %%: %.3f to %.3f, bootstrap of customers)" % (
                auc(self.cases, collections.defaultdict(lambda: 1)), low, high))
        return failed

    def table(self):
        tenths = collections.defaultdict(list)
        for c in self.cases:
            tenths[min(9, int(c.p * 10))].append(c)
        failed = []
        print("%-10s %7s %9s %7s %7s %9s" % ("score", "cases", "predicted", "found", "off", "guilty"))
        for k in sorted(tenths):
            n = len(tenths[k])
            predicted = sum(c.p for c in tenths[k]) / n
            found = sum(c.found for c in tenths[k]) / n
            print("%.1f to %.1f %7d %9.3f %7.3f %+7.3f %9d" % (
                k / 10, (k + 1) / 10, n, predicted, found, found - predicted,
                sum(c.guilty and not c.found for c in tenths[k])))
            if n >= CASES and abs(found - predicted) > POINTS:
                failed.append("of %d with a score of %.1f to %.1f, %.3f are confirmed, %.3f were predicted" % (
                    n, k / 10, (k + 1) / 10, found, predicted))
        return failed
