"""Reads a table with one engine, by that engine's recipe in docs/engines.md, or compares.

    readers.py read ENGINE OUT     in a folder that holds `table`: writes the answers to OUT; for
                                   hyparquet, NODE_MODULES is the folder of its `node_modules`
    readers.py compare ROWS FOLDER each engine's answers in FOLDER must be the same, and count ROWS

The recipes are the blocks under the engine's heading. They are run as they stand.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

PAGE = pathlib.Path(__file__).parents[2] / "docs/engines.md"
JS_ANSWERS = pathlib.Path(__file__).with_name("readers.mjs")
FILES = "table/account=*/region=*/date=*/*.parquet"

# In the SQL that the engines share; {arns} is the one thing that each writes in its own way.
QUESTIONS = {
    "rows of each partition": "SELECT account, region, date, count(*) FROM {table} GROUP BY account, region, date",
    "events by name": "SELECT eventname, count(*) FROM {table} GROUP BY eventname",
    "failed console logins by IP address": """SELECT sourceipaddress, count(*) FROM {table}
        WHERE date >= '2024-05-01' AND eventname = 'ConsoleLogin'
          AND responseelements_consolelogin = 'Failure' GROUP BY sourceipaddress""",
    "a flattened column": """SELECT requestparameters_groupid, count(*) FROM {table}
        WHERE requestparameters_groupid IS NOT NULL GROUP BY requestparameters_groupid""",
    "a member of a struct": """SELECT useridentity.sessioncontext.sessionissuer.arn AS arn, count(*) FROM {table}
        WHERE useridentity.sessioncontext.sessionissuer.arn IS NOT NULL GROUP BY arn""",
    "the elements of an array": "SELECT arn, count(*) FROM (SELECT {arns} AS arn FROM {table}) AS arns GROUP BY arn",
    "one partition": """SELECT eventname, count(*) FROM {table} WHERE account = '012345678901'
        AND region = 'us-east-1' AND date = '2024-05-02' GROUP BY eventname""",
}
PARTITIONS, _, LOGINS, FLATTENED, _, ELEMENTS, _ = QUESTIONS

# What engines are known not to read, as their recipes say.
UNREAD = {("fastparquet", ELEMENTS)}


def by_sql(run, arns, table="cloudtrail"):
    return {name: run(sql.format(table=table, arns=arns)) for name, sql in QUESTIONS.items()}


def duckdb(recipe):
    """Checks the program's view besides: its columns, their types, and what it leaves unread."""
    connection = recipe["connection"]
    run = lambda sql: connection.sql(sql).fetchall()
    columns = json.loads(subprocess.check_output(["cloudtrail2parquet", "table", "columns", "--json"]))
    wanted = [column["name"] for column in columns] + ["account", "region", "date"]
    shown = {name: kind for name, kind, *_ in run("DESCRIBE cloudtrail")}
    assert list(shown) == wanted, "the view has other columns than the table"
    for key in ("account", "region", "date"):
        assert shown[key] == "VARCHAR", f"{key} is {shown[key]}"
    files = {name for (name,) in run(f"SELECT name FROM parquet_schema('{FILES}')")}
    missing = [name for name in wanted[:-3] if name not in files]
    assert missing, "every column is in some file: nothing shows that missing ones are null"
    counts = ", ".join(f'count("{name}")' for name in missing)
    assert not any(run(f"SELECT {counts} FROM cloudtrail")[0]), "a column that no file has is not null"
    plan = run("EXPLAIN ANALYZE SELECT count(errorcode) FROM cloudtrail"
               " WHERE date = '2024-05-02' AND region = 'us-east-1'")[0][1]
    read, total = map(int, re.search(r"Scanning Files: (\d+)/(\d+)", plan).groups())
    there = len(run("SELECT DISTINCT filename FROM read_parquet('table/account=*/region=us-east-1/"
                     "date=2024-05-02/*.parquet', filename = true)"))
    assert read == there < total, f"{read} files of {total} were read for {there} in the partitions"
    off = run("SELECT count(*) FROM cloudtrail WHERE strftime(eventtimestamp AT TIME ZONE 'UTC', '%Y-%m-%d') <> date")
    assert off == [(0,)], f"{off[0][0]} rows lie under another date than their own"
    flat = run("""SELECT count(*) FROM cloudtrail WHERE useridentity.sessioncontext.sessionissuer.arn
        IS DISTINCT FROM useridentity_sessioncontext_sessionissuer_arn""")
    assert flat == [(0,)], f"{flat[0][0]} rows have a flattened column unlike its struct"
    answers = by_sql(run, "unnest(resources_arn)")
    found = by_sql(run, "unnest(resources_arn)", "found")
    assert normal(answers) == normal(found), "the view and union_by_name disagree"
    return answers, recipe["logins"]


def pyarrow(recipe):
    import pyarrow as pa, pyarrow.compute as pc

    # A flattened column must be seen where only some files have it.
    has = [FLATTENED_COLUMN in file.physical_schema.names for file in recipe["files"].get_fragments()]
    assert any(has) and not all(has), f"{FLATTENED_COLUMN} is in all files or in none"
    table = recipe["cloudtrail"].to_table()
    rows = lambda counted: [tuple(row.values()) for row in counted.to_pylist()]
    count = lambda table, *names: rows(table.group_by(list(names)).aggregate([([], "count_all")]))
    values = lambda column: count(pa.table({"value": column}).filter(pc.field("value").is_valid()), "value")
    issuer = pc.struct_field(table["useridentity"], ["sessioncontext", "sessionissuer", "arn"])
    one = ((pc.field("account") == "012345678901") & (pc.field("region") == "us-east-1")
           & (pc.field("date") == "2024-05-02"))
    logins = rows(recipe["logins"])
    return dict(zip(QUESTIONS, [
        count(table, "account", "region", "date"),
        count(table, "eventname"),
        logins,
        values(table[FLATTENED_COLUMN]),
        values(issuer),
        values(pc.list_flatten(table["resources_arn"])),
        count(table.filter(one), "eventname"),
    ])), logins


def polars(recipe):
    import polars as pl

    frame = recipe["cloudtrail"]
    count = lambda frame, *by: frame.group_by(*by).len().collect().rows()
    values = lambda expression: count(
        frame.select(expression.alias("value")).drop_nulls(), "value")
    issuer = pl.col("useridentity").struct.field("sessioncontext").struct.field("sessionissuer")
    one = frame.filter(pl.col("account") == "012345678901", pl.col("region") == "us-east-1",
                       pl.col("date") == "2024-05-02")
    logins = recipe["logins"].rows()
    return dict(zip(QUESTIONS, [
        count(frame, "account", "region", "date"),
        count(frame, "eventname"),
        logins,
        values(pl.col(FLATTENED_COLUMN)),
        values(issuer.struct.field("arn")),
        values(pl.col("resources_arn").explode()),
        count(one, "eventname"),
    ])), logins


def clickhouse(recipe):
    rows = lambda result: json.loads(str(result))["data"]
    numbers = "SETTINGS output_format_json_quote_64bit_integers = 0"
    run = lambda sql: rows(recipe["clickhouse"].query(f"{sql} {numbers}", "JSONCompact"))
    return by_sql(run, "arrayJoin(resources_arn)"), rows(recipe["logins"])


def spark(recipe):
    run = lambda sql: [tuple(row) for row in recipe["spark"].sql(sql).collect()]
    return by_sql(run, "explode(resources_arn)"), [tuple(row) for row in recipe["logins"]]


def fastparquet(recipe):
    import pandas as pd
    from fastparquet import ParquetFile

    wanted = ["eventname", FLATTENED_COLUMN, ISSUER]
    parts = []
    for path in recipe["glob"].glob(FILES):
        part = ParquetFile(path).to_pandas()
        part = part[[column for column in wanted if column in part]]
        parts.append(part.assign(**dict(re.findall("(account|region|date)=([^/]+)", path))))
    frame = pd.concat(parts)
    plain = lambda rows: [[None if pd.isna(value) else value for value in row] for row in rows]
    count = lambda frame, *by: plain(frame.groupby(list(by), dropna=False).size().reset_index().values.tolist())
    values = lambda column: count(pd.DataFrame({"value": column.dropna()}), "value")
    one = frame[(frame.account == "012345678901") & (frame.region == "us-east-1") & (frame.date == "2024-05-02")]
    logins = recipe["logins"].values.tolist()
    return dict(zip(QUESTIONS, [
        count(frame, "account", "region", "date"),
        count(frame, "eventname"),
        logins,
        values(frame[FLATTENED_COLUMN]),
        values(frame[ISSUER]),
        [],
        count(one, "eventname"),
    ])), logins


def hyparquet(recipe):
    return dict(zip(QUESTIONS, recipe["answers"])), recipe["logins"]


FLATTENED_COLUMN = "requestparameters_groupid"
ISSUER = "useridentity.sessioncontext.sessionissuer.arn"
ENGINES = {"DuckDB": duckdb, "pyarrow": pyarrow, "Polars": polars, "ClickHouse": clickhouse,
           "fastparquet": fastparquet, "hyparquet": hyparquet, "Spark": spark}


def run_recipe(engine):
    """Runs the blocks under the engine's heading, and gives what they define."""
    section = re.search(rf"^## {engine}\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.M | re.S)
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", section[1], re.M | re.S)
    assert any(kind in ("python", "js") for kind, _ in blocks), f"no recipe for {engine}"
    names = {}
    for kind, text in blocks:
        if kind == "sh":
            subprocess.run(["bash", "-euc", text], check=True)
        elif kind == "python":
            exec(compile(text, f"{PAGE.name}, {engine}", "exec"), names)
        elif kind == "js":
            names |= json.loads(subprocess.check_output(
                ["node", "--input-type=module"], text=True, cwd=os.environ["NODE_MODULES"],
                input=f"process.chdir({json.dumps(os.getcwd())})\n" + text + JS_ANSWERS.read_text()))
    return names


def normal(answers):
    """Rows in one order, with keys that are text: a number in place of an account stays unlike."""
    return {name: sorted([list(row) for row in rows], key=json.dumps) for name, rows in answers.items()}


def read(engine, out):
    answers, logins = ENGINES[engine](run_recipe(engine))
    answers = normal(answers)
    assert normal({LOGINS: logins})[LOGINS] == answers[LOGINS], "the recipe's own question differs"
    pathlib.Path(out).write_text(json.dumps(answers))


def compare(rows, folder):
    answers = {path.stem: json.loads(path.read_text()) for path in sorted(pathlib.Path(folder).glob("*.json"))}
    first = answers["DuckDB"]
    for name in QUESTIONS:
        assert first[name], f"{name}: no rows, which shows nothing"
        for engine in answers:
            assert (engine, name) in UNREAD or answers[engine][name] == first[name], \
                f"{name}: {engine} and DuckDB disagree:\n{answers[engine][name]}\n{first[name]}"
    counted = sum(count for *_, count in first[PARTITIONS])
    assert counted == int(rows), f"{counted} rows read, {rows} converted"
    accounts = {account for account, *_ in first[PARTITIONS]}
    print(f"readers: {', '.join(answers)} count {counted} rows in {len(first[PARTITIONS])} partitions"
          f" of {len(accounts)} accounts, as converted, and agree on {len(QUESTIONS)} questions")


if __name__ == "__main__":
    {"read": read, "compare": compare}[sys.argv[1]](*sys.argv[2:])
