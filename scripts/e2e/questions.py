"""The question pack on the registered table: each question gets from Trino what DuckDB gets for
the same SQL from the raw records, and by its own SQL from a converted folder; some also what plain
Python gets; none gets nothing."""

import argparse
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import aws
import raw
import records
from answers import Wrong, compare
from engine import QueryFailed, Trino
from laptop import Laptop
from truths import TRUTHS, asked_about


class Pack:
    def __init__(self, arguments):
        self.program, self.table = arguments.program, arguments.table
        self.trino = Trino(arguments.trino)
        database, name = self.table.split(".")
        if name != "cloudtrail":
            raise SystemExit("questions: as they stand the questions ask a table named cloudtrail")
        self.trino.headers["X-Trino-Schema"] = database
        self.laptop = Laptop(self.program, arguments.raw)
        self.records = records.load(arguments.raw)
        self.duckdb = raw.load(arguments.raw, aws.program(self.program, "table", "columns"), self.table)
        self.dates = [pick(record["date"] for record in self.records) for pick in (min, max)]
        self.listed = aws.program(self.program, "queries")

    def filled(self, name, *options):
        of = aws.program(self.program, "queries", name, "--table", self.table,
                         "--from", self.dates[0], "--to", self.dates[1], *options)
        return of["sql"]

    def as_it_stands(self, name):
        """The sample's days are long past, so that it may well answer nothing."""
        self.trino.run(aws.program(self.program, "queries", name, "--examples")["sql"])

    def ask(self, question):
        """How many rows the question gets from Trino, if they are right."""
        name, parameters = question["name"], [parameter["name"] for parameter in question["parameters"]]
        if len(parameters) > 1:
            raise Wrong("has more than one parameter; this check is made for one")
        asks = [{key: of} for key in parameters for of in asked_about(name, key, self.records)] or [{}]
        self.as_it_stands(name)
        return sum(self.answered(name, asked) for asked in asks)

    def answered(self, name, asked):
        settings = [word for key, of in asked.items() for word in ("--set", f"{key}={of}")]
        sql = self.filled(name, *settings)
        answer = self.trino.run(sql)
        if not answer.rows:
            raise Wrong(f"no rows{''.join(f', {key} = {of}' for key, of in asked.items())}")
        compare(answer.rows, self.duckdb.cursor().execute(sql).fetchall(), "DuckDB over the raw records")
        compare(answer.rows, self.laptop.ask(name, *settings), "DuckDB over the converted folder")
        if name in TRUTHS:
            columns, truth = TRUTHS[name]
            at = [answer.columns.index(column) for column in columns]
            compare([[row[i] for i in at] for row in answer.rows], truth(self.records, **asked), "plain Python")
        return len(answer.rows)

    def narrowed(self, name):
        """With one account and region only their rows are counted."""
        account, region = Counter((r["account"], r["region"]) for r in self.records).most_common(1)[0][0]
        sql = self.filled(name, "--account", account, "--region", region)
        columns, truth = TRUTHS[name]
        answer = self.trino.run(sql)
        at = [answer.columns.index(column) for column in columns]
        there = [r for r in self.records if (r["account"], r["region"]) == (account, region)]
        compare([[row[i] for i in at] for row in answer.rows], truth(there), f"plain Python, {account} in {region}")
        return len(answer.rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("--program", "--raw", "--table", "--trino"):
        parser.add_argument(option, required=True)
    parser.add_argument("--only", nargs="*", help="names of questions")
    arguments = parser.parse_args()
    pack = Pack(arguments)
    questions = [q for q in pack.listed if not arguments.only or q["name"] in arguments.only]
    unknown = set(TRUTHS) - {q["name"] for q in pack.listed}
    if unknown or not questions:
        sys.exit(f"questions: no such question: {', '.join(unknown or arguments.only or [])}")

    def attempt(what, ask, *arguments):
        try:
            return ask(*arguments)
        except (Wrong, QueryFailed, raw.duckdb.Error, LookupError) as e:
            print(f"questions: {what}: {type(e).__name__}: {e}", file=sys.stderr, flush=True)

    with ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(lambda q: attempt(q["name"], pack.ask, q), questions))
    if not arguments.only:
        for name in ("events-by-region", "failed-console-logins"):
            rows.append(attempt(f"{name}, narrowed", pack.narrowed, name))
    failed = rows.count(None)
    if failed:
        sys.exit(f"questions: {failed} of {len(rows)} failed")
    checked = sum(q["name"] in TRUTHS for q in questions)
    print(f"  {len(questions)} questions: {sum(rows):,} rows from Trino as from DuckDB over {len(pack.records):,}"
          f" raw records and over a converted folder, {checked} also as from plain Python; each runs as it stands")


if __name__ == "__main__":
    main()
