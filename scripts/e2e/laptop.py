"""The question pack on a laptop, with no server: each question gets from DuckDB over a converted folder,
by the SQL that the program prints for DuckDB, what it gets from the raw records by the SQL for Trino."""

import argparse
import sys
import tempfile
import threading
from pathlib import Path

import duckdb

import raw
import records
from answers import Wrong, compare
from program import program
from truths import asked_about


class Laptop:
    """A folder of logs, converted, as the printed view shows it. That lasts as long as this does."""

    def __init__(self, path, logs):
        self.path, self.folder, self.one_at_a_time = path, tempfile.TemporaryDirectory(), threading.Lock()
        table = str(Path(self.folder.name, "table"))
        program(path, "convert", str(logs), table)
        # Not a cursor: the session's settings are part of what is printed.
        self.connection = duckdb.connect()
        self.connection.execute(program(path, "table", "ddl", table, "--dialect", "duckdb")["ddl"])

    def ask(self, name, *settings):
        sql = program(self.path, "queries", name, "--dialect", "duckdb", *settings)["sql"]
        with self.one_at_a_time:
            return self.connection.execute(sql).fetchall()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--size", default="30MB", help="of the sample")
    arguments = parser.parse_args()
    failed, questions, count = 0, program(arguments.program, "queries"), 0
    with tempfile.TemporaryDirectory() as logs:
        program(arguments.program, "sample", logs, "--size", arguments.size, "--seed", "7")
        laptop = Laptop(arguments.program, logs)
        truth = raw.load(logs, program(arguments.program, "table", "columns"), "laptop.cloudtrail")
        truth.execute("USE laptop")
        of_records = records.load(logs)
        dates = [pick(record["date"] for record in of_records) for pick in (min, max)]
        for question in questions:
            name, parameters = question["name"], [parameter["name"] for parameter in question["parameters"]]
            for settings in [["--set", f"{key}={of}"] for key in parameters
                             for of in asked_about(name, key, of_records)] or [[]]:
                sql = program(arguments.program, "queries", name, "--from", dates[0], "--to", dates[1], *settings)["sql"]
                try:
                    rows = laptop.ask(name, *settings)
                    compare(rows, truth.execute(sql).fetchall(), "the raw records", by="the view")
                    if not rows:
                        raise Wrong("no rows, which shows nothing")
                    count += len(rows)
                except (Wrong, duckdb.Error) as e:
                    failed += 1
                    print(f"laptop: {name} {' '.join(settings)}: {type(e).__name__}: {e}", file=sys.stderr, flush=True)
    if failed:
        sys.exit(f"laptop: {failed} answers of {len(questions)} questions are wrong")
    print(f"laptop: {len(questions)} questions: {count:,} rows from DuckDB over the view as from {len(of_records):,} raw records")


if __name__ == "__main__":
    main()
