#!/usr/bin/env python3
"""The VTIMEZONEs that muster writes, read by dateutil, against Python's zoneinfo.

    recurrence_zones.py TOOL [SEED]

TOOL is built from recurrence_expand.c. Sixty random zones and those with odd rules, from three years
on, each fifth day of six years.
"""
import io
import random
import subprocess
import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from dateutil.tz import tzical

ODD = ["America/Nuuk", "Asia/Jerusalem", "Africa/Casablanca", "Australia/Lord_Howe", "Europe/Dublin",
       "Asia/Gaza", "Pacific/Easter", "America/New_York"]
YEARS = (2006, 2024, 2026)


def described(tool, zone, year):
    done = subprocess.run([tool, zone, f"{year}0302T090000"], capture_output=True, text=True, check=True,
                          timeout=60)
    return tzical(io.StringIO(done.stdout.replace("\r\n", "\n"))).get(zone)


def first_difference(zone, tz, year):
    for days in range(0, 365 * 6, 5):
        noon = datetime(year, 1, 1, 12) + timedelta(days=days)
        ours, theirs = noon.replace(tzinfo=tz).utcoffset(), noon.replace(tzinfo=ZoneInfo(zone)).utcoffset()
        if ours != theirs:
            return f"{zone} from {year}: on {noon:%Y-%m-%d} {ours}, zoneinfo has {theirs}"
    return None


def main():
    tool = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20261001
    names = sorted(z for z in available_timezones() if "/" in z and not z.startswith("Etc/"))
    zones = random.Random(seed).sample(names, 60) + ODD
    wrong = [d for z in zones for y in YEARS if (d := first_difference(z, described(tool, z, y), y))]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"{'not ok' if wrong else 'ok'} - {len(zones)} zones described, {len(wrong)} differ (seed {seed})")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
