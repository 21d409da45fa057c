"""What `savings` says that a Trino reader fetches is what S3 gives to Trino, for every question:
on the table at hand, whose files are small, and on one whose files are read in ranges."""

import os
import sys
from tempfile import TemporaryDirectory

import aws
import records
from engine import Trino
from truths import asked_about
from watch import Watch

# Relative to what S3 gave.
TOLERANCE = 0.10

# One busy lane and day: files of some megabytes.
BUSY = ["--accounts", "1", "--regions", "1", "--days", "1", "--size", "80MB"]


class Wrong(Exception):
    """Which questions are off."""


class Pack:
    """The questions as `savings` sees them, and as Trino is asked."""

    def __init__(self, program, raw, table):
        self.program, self.table = program, table
        self.place = aws.location(table)
        self.records = records.load(raw)
        first, last = (pick(record["date"] for record in self.records) for pick in (min, max))
        self.days = ["--from", first, "--to", last]
        self.savings = aws.program(program, "savings", self.place, *self.days)
        self.plain = {question["name"]: question for question in self.savings["questions"]}

    def said_and_sql(self, question):
        name, settings = question["name"], []
        for parameter in question["parameters"]:
            value, *_ = asked_about(name, parameter["name"], self.records)
            settings += ["--set", f"{parameter['name']}={value}"]
        said = self.plain[name]
        if settings:
            found = aws.program(self.program, "savings", self.place, name, *self.days, *settings)
            (said,) = found["questions"]
        filled = aws.program(self.program, "queries", name, "--table", self.table, *self.days, *settings)
        return said["trino_fetched_bytes"], filled["sql"]


def check(pack, trino, watch):
    wrong, worst, given, uncounted = [], 0.0, 0, 0
    for question in aws.program(pack.program, "queries"):
        name = question["name"]
        try:
            said, sql = pack.said_and_sql(question)
        except LookupError as e:
            print(f"  {name}: left out: {e}")
            continue
        with watch.watching() as seen:
            counted = trino.run(sql).physical_bytes
        # Trino's own count leaves out files that it read to find that no row group is left.
        read = seen.bytes_read
        given += read
        uncounted += read - counted
        off = (said - read) / read
        worst = max(worst, abs(off))
        if os.environ.get("VERBOSE") or abs(off) > TOLERANCE:
            print(f"  {name}: savings says {said:,} bytes, S3 gives {read:,} ({off:+.1%}), Trino counts {counted:,}")
        if abs(off) > TOLERANCE:
            wrong.append(name)
    if wrong:
        raise Wrong(f"savings: {len(wrong)} questions are more than {TOLERANCE:.0%} off: {', '.join(wrong)}")
    files = pack.savings["files"]
    print(f"  {files} files of {pack.savings['parquet_bytes'] / files / 1e6:.1f} MB: savings is within {worst:.1%} of the"
          f" {given:,} bytes that S3 gives to Trino ({uncounted / given:.1%} of which Trino does not count)", flush=True)


def main():
    options = aws.options(__doc__)
    trino = Trino(options.trino, catalog="watched")
    # What one side of a join tells the other while it runs cannot be known from footers.
    trino.headers["X-Trino-Session"] = "enable_dynamic_filtering=false"
    with Watch() as watch, TemporaryDirectory() as raw:
        check(Pack(options.program, options.raw, options.table), trino, watch)
        place = aws.location(options.table).rstrip("/") + "-busy"
        table = options.table.split(".")[0] + ".busy"
        aws.program(options.program, "sample", raw, *BUSY)
        aws.program(options.program, "convert", raw, place, "--table", table)
        check(Pack(options.program, raw, table), trino, watch)


if __name__ == "__main__":
    try:
        main()
    except Wrong as e:
        sys.exit(str(e))
