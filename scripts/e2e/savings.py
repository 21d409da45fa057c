"""What `savings` says that a Trino reader fetches is what Trino reads, for every question."""

import os
import sys

import aws
from engine import Trino

# Relative to Trino's own count.
TOLERANCE = 0.10


def main():
    options = aws.options(__doc__)
    trino = Trino(options.trino)
    place = aws.location(options.table)
    said = aws.program(options.program, "savings", place)
    days = ["--from", said["from"], "--to", said["to"]]
    filled = aws.program(options.program, "queries", "--all", "--table", options.table, *days)
    sql = {question["name"]: question["sql"] for question in filled}
    wrong, worst = [], 0.0
    for question in said["questions"]:
        name, expected = question["name"], question["trino_fetched_bytes"]
        read = trino.run(sql[name]).physical_bytes
        off = (expected - read) / read if read else float(expected > 0)
        worst = max(worst, off, -off)
        if os.environ.get("VERBOSE") or abs(off) > TOLERANCE:
            print(f"  {name}: savings says {expected:,} bytes, Trino reads {read:,} ({off:+.1%})")
        if abs(off) > TOLERANCE:
            wrong.append(name)
    if wrong:
        sys.exit(f"savings: {len(wrong)} questions are more than {TOLERANCE:.0%} off: {', '.join(wrong)}")
    print(f"  {len(said['questions'])} questions: savings is within {worst:.1%} of the bytes that Trino reads")


if __name__ == "__main__":
    main()
