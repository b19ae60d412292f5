#!/usr/bin/env python3
"""The dates of 1,000 random recurrence rules, compared with those of Python's dateutil.

    recurrence.py TOOL [SEED [COUNT]]

TOOL is built from recurrence_expand.c. Rules are of the kinds that RFC 5545's table allows, in
zones with and without daylight saving time, with EXDATE and RDATE. A difference is printed with
what repeats it.

Four things dateutil does otherwise than the RFC; they are kept out here and tested by numbers in
tests/unit/test_calendar.c: BYWEEKNO without a day means the start's weekday (3.3.10), dateutil takes
the whole week; it miscounts the weeks of the year before, so that days of its week 52 or 53 in January
are wrong; BYSETPOS counts in the whole week, dateutil counts the first one from the start on; days with
and without a number add up (BYDAY=-1MO,SA), dateutil wants both.
"""
import random
import subprocess
import sys
import warnings
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "UTC",
         "America/Sao_Paulo", "Africa/Casablanca", "Asia/Kathmandu", "Pacific/Auckland", "Europe/Dublin"]
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
MONTHS = range(1, 13)
MONTH_DAYS = [*range(1, 32), -1, -2, -5, -31]
YEAR_DAYS = [1, 2, 60, 61, 100, 200, 365, 366, -1, -100, -366]
DATES = 20
LAST_YEAR = 2036
STAMP = "%Y%m%dT%H%M%S"


class Maker:
    """Random series."""

    def __init__(self, seed):
        self.r = random.Random(seed)

    def some(self, choices, most):
        choices = list(choices)
        return ",".join(str(c) for c in self.r.sample(choices, self.r.randint(1, min(most, len(choices)))))

    def chance(self, p):
        return self.r.random() < p

    def nth_days(self, numbers):
        return ",".join(self.r.choice(numbers) + d for d in self.r.sample(DAYS, self.r.randint(1, 2)))

    def daily(self):
        parts = {}
        if self.chance(.3):
            parts["BYDAY"] = self.some(DAYS, 5)
        if self.chance(.2):
            parts["BYMONTH"] = self.some(MONTHS, 5)
        if self.chance(.15):
            parts["BYMONTHDAY"] = self.some(MONTH_DAYS, 6)
        return parts

    def weekly(self):
        parts = {}
        if self.chance(.7):
            parts["BYDAY"] = self.some(DAYS, 5)
        if self.chance(.15):
            parts["BYMONTH"] = self.some(MONTHS, 5)
        return parts

    def monthly(self):
        parts = {}
        kind = self.r.random()
        if kind < .3:
            parts["BYDAY"] = self.nth_days(["1", "2", "3", "4", "-1", "-2", "5", "+1"])
        elif kind < .5:
            parts["BYDAY"] = self.some(DAYS, 5)
        elif kind < .85:
            parts["BYMONTHDAY"] = self.some(MONTH_DAYS, 4)
            if self.chance(.3):
                parts["BYDAY"] = self.some(DAYS, 3)
        if self.chance(.15):
            parts["BYMONTH"] = self.some(MONTHS, 5)
        return parts

    def yearly(self):
        parts = {}
        kind = self.r.random()
        if kind < .3:
            parts["BYMONTH"] = self.some(MONTHS, 3)
            if self.chance(.4):
                parts["BYDAY"] = self.nth_days(["1", "2", "-1", "5"])
            elif self.chance(.5):
                parts["BYMONTHDAY"] = self.some(MONTH_DAYS, 3)
        elif kind < .5:
            parts["BYWEEKNO"] = self.some([*range(1, 52), -2, -10], 3)
            if self.chance(.6):
                parts["BYDAY"] = self.some(DAYS, 3)
        elif kind < .6:
            parts["BYYEARDAY"] = self.some(YEAR_DAYS, 4)
        elif kind < .75:
            parts["BYDAY"] = self.nth_days(["1", "20", "-1", "-10", "53"])
        elif kind < .8:
            parts["BYDAY"] = self.some(DAYS, 3)
        elif kind < .9:
            parts["BYMONTHDAY"] = self.some(MONTH_DAYS, 3)
        return parts

    def end(self, start):
        if self.chance(.35):
            return {"COUNT": str(self.r.randint(1, 50))}
        if self.chance(.3):
            until = start + timedelta(days=self.r.randint(1, 2000))
            return {"UNTIL": until.strftime(STAMP)}
        return {}

    def rule(self, start):
        freq = self.r.choice(["DAILY", "WEEKLY", "WEEKLY", "MONTHLY", "YEARLY"])
        parts = {"FREQ": freq}
        if self.chance(.5):
            parts["INTERVAL"] = str(self.r.choice([1, 2, 2, 3, 4, 5, 7, 12]))
        by = getattr(self, freq.lower())()
        if self.chance(.15):
            by["BYHOUR"] = self.some(range(24), 3)
        if self.chance(.1):
            by["BYMINUTE"] = self.some(range(0, 60, 5), 3)
        parts.update(by)
        if by and self.chance(.2):
            # One of them is there in any case: dateutil follows what yields nothing to the year 9999.
            parts["BYSETPOS"] = self.r.choice(["1", "-1"]) + self.r.choice(["", ",2", ",-2", ",3", ",2,-3"])
        if self.chance(.3):
            parts["WKST"] = self.r.choice(DAYS)
        parts.update(self.end(start))
        return parts

    def series(self):
        start = datetime(2020, 1, 1) + timedelta(minutes=5 * self.r.randrange(12 * 24 * 365 * 8))
        parts = self.rule(start)
        if parts["FREQ"] == "WEEKLY" and "BYSETPOS" in parts:
            start -= timedelta(days=(start.weekday() - DAYS.index(parts.get("WKST", "MO"))) % 7)
        return self.r.choice(ZONES), start, parts

    def changes(self, dates):
        """Dates to take out, and to add."""
        out = self.r.sample(dates[:20], self.r.randint(0, min(3, len(dates)))) if self.chance(.3) else []
        more = [dates[0] + timedelta(hours=self.r.randrange(1, 900)) for _ in range(2)] \
            if dates and self.chance(.2) else []
        return out, more


def text(parts):
    return ";".join(f"{k}={v}" for k, v in parts.items())


def from_dateutil(start, parts):
    """The dates of the rule alone, and whether there may be more of them than were asked for."""
    parts = dict(parts)
    if "BYWEEKNO" in parts and "BYDAY" not in parts:
        parts["BYDAY"] = DAYS[start.weekday()]
    parts.setdefault("UNTIL", f"{LAST_YEAR}1231T235959")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # COUNT and UNTIL together
        return list(rrulestr(text(parts), dtstart=start)[:DATES + 10])


def instant(zone, wall):
    """RFC 5545, 3.3.5: before the gap's offset, first of two. That is fold=0."""
    return int(wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(timezone.utc).timestamp())


def stamps(dates):
    return ",".join(d.strftime(STAMP) for d in dates) or "-"


def ask(tool, cases):
    lines = "".join(f"{zone}\t{start:{STAMP}}\t{text(parts)}\t{stamps(out)}\t{stamps(more)}\n"
                    for zone, start, parts, out, more, _ in cases)
    done = subprocess.run([tool], input=lines, capture_output=True, text=True, check=True, timeout=300)
    return done.stdout.splitlines()


def make_case(m):
    zone, start, parts = m.series()
    dates = from_dateutil(start, parts)
    out, more = m.changes(dates)
    want = sorted((set(dates) | set(more)) - set(out))
    if len(dates) == DATES + 10:  # RDATEs behind the last that was asked for do not count
        want = [d for d in want if d <= dates[-1]]
    return zone, start, parts, out, more, [instant(zone, d) for d in want][:DATES]


def main():
    tool = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20261001
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    m = Maker(seed)
    cases = [make_case(m) for _ in range(count)]
    wrong = 0
    for n, ((zone, start, parts, out, more, want), line) in enumerate(zip(cases, ask(tool, cases), strict=True)):
        got = [int(w) for w in line.split()] if not line.startswith("error") else line
        if got != want and isinstance(got, list) and len(want) < DATES:
            got = [t for t in got if datetime.fromtimestamp(t, ZoneInfo(zone)).year <= LAST_YEAR]
        if got == want:
            continue
        wrong += 1
        print(f"seed {seed}, case {n}: {zone} {start:{STAMP}} {text(parts)} EXDATE {stamps(out)} RDATE {stamps(more)}")
        print(f"  dateutil: {want[:6]} ({len(want)})\n  muster:   {got[:60] if isinstance(got, str) else got[:6]} ({len(got)})")
    dates = sum(len(c[5]) for c in cases)
    print(f"{'not ok' if wrong else 'ok'} - {count} rules, {dates} dates, {wrong} differ from dateutil's (seed {seed})")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
