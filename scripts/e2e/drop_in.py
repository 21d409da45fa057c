"""Drop-in: queries in the words of AWS's documented raw CloudTrail table run on this table,
unchanged but for the partition filter, and answer as the raw records do."""

import json
import re
from collections import Counter
from pathlib import Path
from string import Template

import aws
import drop_in_truths as truths
import records
from documented import COLUMNS, documented_row, extends
from engine import Trino

FOLDER = Path(__file__).with_suffix("")
# What people add for a table that is partitioned, and nothing else.
FILTER = re.compile(r"(?i)\b(?:and|where)\s+date between '\$\{from\}' and '\$\{to\}'")


def values_of(raw):
    """What an analyst would put into the queries, from the data itself."""
    dates = sorted({r["date"] for r in raw})
    opened = truths.named(raw, "AuthorizeSecurityGroupIngress")
    groups = list(dict.fromkeys(filter(None, (truths.at(r, "requestParameters.groupId") for r in opened))))
    anonymous = next(r for r in raw if truths.at(r, "userIdentity.accountId") == "anonymous")
    keys = Counter(truths.at(r, "userIdentity.accessKeyId") for r in raw)
    return {"from": dates[0], "second": dates[1], "third": dates[2], "to": dates[-1],
            "group": groups[0], "other_group": groups[1],
            "bucket": anonymous["requestParameters"]["bucketName"],
            "access_key": next(key for key, _ in keys.most_common() if key),
            "attribute": "token.actions.githubusercontent.com:sub"}


def canonical(value):
    """One form for a cell of either side: JSON text is read, for its spacing is its own."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except ValueError:
            return value
    if isinstance(value, float):
        return f"{value:.9g}"
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(value, sort_keys=True)
    return value


def differences(name, answer, expected, limit):
    """None, or what is wrong."""
    if expected and isinstance(expected[0], dict):
        place = [answer.columns.index(column) for column in expected[0]]
        expected = [tuple(row.values()) for row in expected]
        rows = [tuple(row[i] for i in place) for row in answer.rows]
    else:
        rows = answer.rows
    got, true = (Counter(tuple(map(canonical, row)) for row in side) for side in (rows, expected))
    if not got:
        return "no rows"
    if limit:
        true = true if len(rows) > limit or len(rows) < min(limit, len(expected)) else got & true
    if got != true:
        return (f"{len(rows)} rows, {len(expected)} are true; only here {list((got - true).items())[:2]},"
                f" only there {list((true - got).items())[:2]}")


def raw_shape(options):
    """An empty table of AWS's documented columns alone, to show that a query is one for it."""
    database, _ = options.table.split(".")
    registered = aws.table(options.table)["StorageDescriptor"]
    columns = [{"Name": column, "Type": kind} for column, kind in COLUMNS.items()]
    storage = {key: registered[key] for key in ("InputFormat", "OutputFormat", "SerdeInfo")}
    aws.client("glue").create_table(DatabaseName=database, TableInput={
        "Name": "raw_shape", "TableType": "EXTERNAL_TABLE", "Parameters": {"EXTERNAL": "TRUE"}, "PartitionKeys": [],
        "StorageDescriptor": {**storage, "Columns": columns, "Location": registered["Location"] + "_none/"}})
    return f"{database}.raw_shape"


def main():
    options = aws.options(__doc__)
    trino = Trino(options.trino)
    raw = records.load(options.raw)
    values = values_of(raw)
    shape = raw_shape(options)
    types = {column["Name"]: column["Type"] for column in aws.table(options.table)["StorageDescriptor"]["Columns"]}
    unlike = [column for column, kind in COLUMNS.items() if not extends(types.get(column, "none"), kind)]
    if unlike:
        raise AssertionError(f"unlike their documented types: {unlike}")
    print(f"  {len(COLUMNS)} documented columns, each of its type, with new members only at the end of a struct")
    wrong, cells = [], 0
    queries = sorted(FOLDER.glob("*.sql"))
    for path in queries:
        written, name = path.read_text(), path.stem
        unfiltered, filters = FILTER.subn(lambda found: "WHERE true" if found[0][0] in "wW" else "", written)
        if filters != 1:
            raise AssertionError(f"{name}: one partition filter, not {filters}")
        on_shape = unfiltered.replace("FROM cloudtrail\n", f"FROM {shape}\n")
        trino.run("EXPLAIN (TYPE VALIDATE) " + Template(on_shape).safe_substitute(values))

        sql = Template(written.replace("FROM cloudtrail\n", f"FROM {options.table}\n")).safe_substitute(values)
        answer = trino.run(sql)
        if name == "every-column":
            expected = [documented_row(r, types) for r in raw]
        else:
            expected = getattr(truths, name.replace("-", "_"))(raw, values)
        limit = re.search(r"LIMIT (\d+)", written)
        problem = differences(name, answer, expected, limit and int(limit[1]))
        cells += len(answer.rows) * len(answer.columns)
        print(f"  {name}: {problem or f'{len(answer.rows)} rows as in the raw records'}")
        if problem:
            wrong.append(name)
    if wrong:
        raise SystemExit(f"drop_in: wrong: {', '.join(wrong)}")
    print(f"  {len(queries)} queries, each also valid on the documented columns alone; {cells} cells compared")


if __name__ == "__main__":
    main()
