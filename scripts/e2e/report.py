"""The page of scripts/report: every chart has the rows that its question gives, and a browser draws
all of them, at two widths, with no error and no network."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

ROOT = Path(__file__).parents[2]
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "chrome-headless-shell"]
WIDTHS = [1200, 420]


def printed(program, *words):
    return subprocess.run([program, *words], check=True, stdout=subprocess.PIPE, text=True).stdout


def answer_of(sql, db):
    """The rows of an answer as the page has them, but times in milliseconds."""
    kinds = {column: str(kind) for column, kind, *_ in db.execute(f"DESCRIBE {sql}").fetchall()}
    times = {column for column, kind in kinds.items() if kind.startswith("TIMESTAMP")}
    cells = ", ".join(f'epoch_ms("{column}")' if column in times else f'"{column}"' for column in kinds)
    rows = db.execute(f"SELECT {cells} FROM ({sql})").fetchall()
    return [dict(zip(kinds, row)) for row in rows], times


def with_times(row, times):
    """A row of the page with its times in milliseconds."""
    return {column: round(datetime.fromisoformat(cell).timestamp() * 1000) if column in times and cell else cell
            for column, cell in row.items()}


def charts_of(page):
    return json.loads(re.search(r'<script type="application/json" id="charts">(.*?)</script>', page, re.S)[1])


def check_rows(chart, program, db):
    """How many rows the chart has, which are those of its question."""
    name, values = chart["usermeta"]["question"], chart["usermeta"]["values"]
    settings = [word for key, value in values.items() for word in ("--set", f"{key}={value}")]
    asked = json.loads(printed(program, "queries", name, "--dialect", "duckdb", "--json", *settings))
    expected, times = answer_of(asked["sql"], db)
    (drawn,) = chart["datasets"].values()
    drawn = [with_times(row, times) for row in drawn]
    if not expected or drawn != expected:
        at = next((pair for pair in zip(drawn, expected) if pair[0] != pair[1]), None)
        sys.exit(f"report: {name}: {len(drawn)} rows drawn, {len(expected)} in the answer; first unlike: {at}")
    return len(drawn)


def browse(browser, profile, width, *words):
    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", f"--user-data-dir={profile}",
         f"--window-size={width},6000", "--virtual-time-budget=20000", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120, check=True)
    said = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    if said:
        sys.exit(f"report: the browser says at width {width}: {said[0]}")
    return done.stdout


def check_drawn(browser, folder, page, charts):
    for width in WIDTHS:
        dom = browse(browser, f"{folder}/browser", width, "--dump-dom", page.as_uri())
        # The page's own libraries mention the tag too, in their text.
        drawn = len(re.findall(r'<div id="chart-\d+"[^>]*>(?:(?!</figure).)*?<svg', dom, re.S))
        if drawn != len(charts):
            sys.exit(f"report: {drawn} of {len(charts)} charts are drawn at width {width}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("--program", "--raw"):
        parser.add_argument(option, required=True)
    arguments, _ = parser.parse_known_args()
    program = str(Path(arguments.program).resolve())
    with TemporaryDirectory() as folder:
        table, page = f"{folder}/table", Path(folder, "report.html")
        printed(program, "convert", arguments.raw, table, "--quiet")
        subprocess.run([ROOT / "scripts/report", table, page], check=True, env={**os.environ, "PROGRAM": program})
        charts = charts_of(page.read_text(encoding="utf-8"))
        db = duckdb.connect()
        db.execute(printed(program, "table", "ddl", table, "--dialect", "duckdb"))
        rows = sum(check_rows(chart, program, db) for chart in charts)
        print(f"  {len(charts)} charts have the {rows:,} rows that their questions give")
        browser = next(filter(None, map(shutil.which, BROWSERS)), None)
        if not browser:
            print("report: SKIPPED: the page was not opened, since there is no Chromium", file=sys.stderr)
            return
        check_drawn(browser, folder, page, charts)
        print(f"  all are drawn at {' and '.join(map(str, WIDTHS))} pixels, with nothing in the browser's console")


if __name__ == "__main__":
    main()
