"""Partition projection: only the asked partitions are listed and read; new days and accounts
appear by themselves; the printed DDL makes the registered table."""

import json
from datetime import datetime, timezone
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import aws
import ddl
from engine import QueryFailed, Trino
from partitions import Partitions, check
from watch import Watch

ENUM, REGIONS, DATES = (f"projection.{name}" for name in ("account.values", "region.values", "date.range"))

# What a table has of Glue itself, however it was made.
GLUE_KEEPS = {"DatabaseName", "CatalogId", "CreateTime", "UpdateTime", "VersionId"}


class Projection:
    """On a table of its own, beside the one that is there, so that its data can come late."""

    def __init__(self, arguments, watch):
        self.program, self.raw = arguments.program, arguments.raw
        self.place = aws.location(arguments.table).rstrip("/") + "-late"
        self.database = arguments.table.split(".")[0]
        self.name = f"{self.database}.late"
        self.watch, self.trino = watch, Trino(arguments.trino, catalog="watched")
        self.partitions = Partitions(arguments.raw, watch, self.trino)
        self.accounts, self.regions, self.dates = (
            self.partitions.accounts, self.partitions.regions, self.partitions.dates)

    def convert(self, *options):
        return aws.program(self.program, "convert", self.raw, self.place, *options)

    def true_count(self, *asked):
        return self.partitions.true_count(*asked)

    def count(self, where, name=None):
        return self.partitions.count(name or self.name, where)

    def parameters(self):
        return aws.table(self.name)["Parameters"]

    def late_data(self):
        first, *others = self.accounts
        self.convert("--account", first, "--to", self.dates[1], "--table", self.name)
        before = self.parameters()
        check(before[ENUM] == first, f"the first account alone is projected, not {before[ENUM]}")
        check(before[DATES] == f"{self.dates[0]},NOW", f"dates from the first event on, not {before[DATES]}")
        late = self.dates[-1]
        one = f"account = '{first}' AND date = '{late}'"
        check(self.count(one) == 0, "no event of a later day is there before its conversion")

        table = aws.table(self.name)
        self.convert("--account", first)
        rows = self.count(one)
        check(rows == self.true_count([first], None, [late]) > 0, f"{rows} rows of the new day")
        check(aws.table(self.name) == table, "a convert without --table leaves the table alone")
        print(f"  a new day: {rows} rows of {late} seen after convert without --table, the table as it was")

        self.convert()
        new = f"account = '{others[0]}' AND date = '{late}'"
        check(self.count(new) == 0, "an account that is not in the enum is not seen")
        outcome = self.convert("--table", self.name)
        check(outcome["rows"] == 0 and outcome["table"]["outcome"] == "updated", f"{outcome}")
        rows = self.count(new)
        check(rows == self.true_count([others[0]], None, [late]) > 0, f"{rows} rows of the new account")
        after = self.parameters()
        changed = sorted(key for key in before | after if before.get(key) != after.get(key))
        check(after[ENUM] == ",".join(self.accounts), f"the enum is {after[ENUM]}")
        check(after[REGIONS] == ",".join(self.regions), f"the enum is {after[REGIONS]}")
        check(set(changed) <= {ENUM, REGIONS}, f"changed: {changed}")
        outcome = self.convert("--table", self.name)["table"]["outcome"]
        check(outcome == "unchanged", f"a further run leaves the table {outcome}")
        print(f"  new accounts: seen after convert --table, which changed {', '.join(changed)}"
              f" ({before[ENUM]} -> {after[ENUM]}); the next run changed nothing")

    def pruning(self):
        day, next_day = self.dates[1:3]
        account, other, region = *self.accounts[:2], self.regions[1]
        for what, where, *asked in (
            ("a day", f"date = '{day}'", None, None, [day]),
            ("an account's day", f"account = '{account}' AND date = '{day}'", [account], None, [day]),
            ("a lane's two days",
             f"account = '{account}' AND region = '{region}' AND date BETWEEN '{day}' AND '{next_day}'",
             [account], [region], [day, next_day]),
            ("two accounts' days before a date", f"account IN ('{account}', '{other}') AND date < '{day}'",
             [account, other], None, self.dates[:1]),
        ):
            self.partitions.exactly(what, self.name, where, *asked)
        projected = aws.program(self.program, "table", "register", self.place, "--table", self.name)["partitions_all"]
        print(f"  of {projected} projected partitions")
        with self.watch.watching() as seen:
            rows = self.count("date = '2013-01-01'")
        check(rows == 0 and not seen.requests, f"a day out of range: {rows} rows, {len(seen.requests)} requests")
        with self.watch.watching() as seen:
            rows = self.count("date = '2024-12-31'")
        check(rows == 0 and not seen.keys("read"), f"a day without events: {rows} rows, {seen.keys('read')} read")
        print("  a day before the first event: no request; a day without events: lists, no read, no error")

    def today(self):
        now = datetime.now(timezone.utc)
        account, region = self.accounts[0], self.regions[0]
        record = {"eventVersion": "1.08", "eventTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "eventID": "of-today",
                  "eventSource": "sts.amazonaws.com", "eventName": "GetCallerIdentity", "awsRegion": region}
        with TemporaryDirectory() as folder:
            name = f"{account}_CloudTrail_{region}_{now:%Y%m%dT%H%MZ}_x.json"
            path = Path(folder, f"AWSLogs/{account}/CloudTrail/{region}/{now:%Y/%m/%d}", name)
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps({"Records": [record]}))
            aws.program(self.program, "convert", folder, self.place)
        where = f"account = '{account}' AND date = '{now:%Y-%m-%d}'"
        rows = self.trino.run(f"SELECT eventid FROM {self.name} WHERE {where}").rows
        check(rows == [("of-today",)], f"{rows} of today")
        print(f"  an event of today, {now:%Y-%m-%d}: seen after convert without --table")

    def leading_zero(self):
        zero = next(account for account in self.accounts if account.startswith("0"))
        rows = self.trino.run(f"""SELECT account, typeof(account), count(*) FROM {self.name}
            WHERE account = '{zero}' AND date <= '{self.dates[-1]}' GROUP BY 1""").rows
        check(rows == [(zero, "varchar", self.true_count([zero]))], f"{rows}")
        print(f"  account {zero} keeps its leading zero: {rows[0][2]} rows")

    def injected(self):
        name = f"{self.database}.injected"
        aws.program(self.program, "table", "register", self.place, "--table", name, "--projection-account", "injected")
        kind = aws.table(name)["Parameters"]["projection.account.type"]
        check(kind == "injected", f"account is projected as {kind}")
        day, account = self.dates[1], self.accounts[0]
        with self.watch.watching() as seen:
            rows = self.count(f"account = '{account}' AND date = '{day}'", name)
        check(rows == self.true_count([account], None, [day]) > 0, f"{rows} rows")
        check(seen.partitions("list") == set(product([account], self.regions, [day])), f"{seen.partitions('list')}")
        both = f"account IN ('{account}', '{self.accounts[1]}') AND date = '{day}'"
        check(self.count(both, name) == self.true_count(self.accounts[:2], None, [day]), "two named accounts")
        try:
            self.count(f"date = '{day}'", name)
        except QueryFailed as refusal:
            check("account" in str(refusal), f"refused for another reason: {refusal}")
            print(f"  injected accounts: {rows} rows with the account named; without: {refusal}")
        else:
            raise AssertionError("a query that names no account is refused")

    def ddl_is_the_table(self):
        parsed = ddl.table_input(aws.program(self.program, "table", "ddl", self.place, "--table", self.name, text=True))
        registered = {key: value for key, value in aws.table(self.name).items() if key not in GLUE_KEEPS}
        for part in sorted(parsed | registered):
            check(parsed.get(part) == registered.get(part),
                  f"{part}: the DDL says {parsed.get(part)}, Glue holds {registered.get(part)}")
        database = f"{self.database}_ddl"
        aws.client("glue").create_database(DatabaseInput={"Name": database})
        aws.client("glue").create_table(DatabaseName=database, TableInput=parsed)
        query = f"""SELECT account, date, count(*), count(requestparameters_bucketname), max(eventtimestamp)
            FROM %s WHERE date <= '{self.dates[-1]}' GROUP BY 1, 2 ORDER BY 1, 2"""
        answers = [self.trino.run(query % name).rows for name in (self.name, f"{database}.late")]
        check(answers[0] == answers[1] and len(answers[0]) == len({(a, d) for a, _, d in self.partitions.rows}), f"{answers}")
        print(f"  table ddl: {len(parsed['StorageDescriptor']['Columns'])} columns, {len(parsed['PartitionKeys'])} keys,"
              f" {len(parsed['Parameters'])} parameters as registered; the table made by it answers alike")


def main():
    arguments = aws.options(__doc__)
    with Watch() as watch:
        projection = Projection(arguments, watch)
        projection.late_data()
        projection.pruning()
        projection.today()
        projection.leading_zero()
        projection.injected()
        projection.ddl_is_the_table()


if __name__ == "__main__":
    main()
