"""Every column of every converted row holds what the raw JSON says, by rules written down again
in raw.py; converted into a folder and read by DuckDB."""

import argparse
import sys
import tempfile

import aws
import raw


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("--program", "--raw"):
        parser.add_argument(option, required=True)
    arguments, _ = parser.parse_known_args()
    described = aws.program(arguments.program, "table", "columns")
    duckdb = raw.load(arguments.raw, described, "raw.cloudtrail")
    with tempfile.TemporaryDirectory() as folder:
        aws.program(arguments.program, "convert", arguments.raw, folder)
        duckdb.execute(f"""CREATE TABLE converted AS SELECT * FROM read_parquet('{folder}/account=*/*/*/*.parquet',
            hive_partitioning = true, union_by_name = true,
            hive_types = {{'account': VARCHAR, 'region': VARCHAR, 'date': VARCHAR}})""")
    names = lambda table: {name for name, *_ in duckdb.execute(f"DESCRIBE {table}").fetchall()}
    expected, there = names("raw.cloudtrail"), names("converted")
    wrong, filled = [], 0
    for name in sorted(expected):
        filled += bool(duckdb.execute(f'SELECT count("{name}") FROM raw.cloudtrail').fetchone()[0])
        rows = lambda column, table: f"SELECT account, region, date, eventid, {column} FROM {table}"
        # A flattened column that is null in every row is in no file. A time zone is no difference.
        cast = f'CAST("{name}" AS {"TIMESTAMP" if name == "eventtimestamp" else "VARCHAR"})'
        one, other = rows(cast, "raw.cloudtrail"), rows(cast if name in there else "NULL", "converted")
        unlike = duckdb.execute(f"(({one}) EXCEPT ALL ({other})) UNION ALL (({other}) EXCEPT ALL ({one}))").fetchall()
        if unlike:
            wrong.append(name)
            print(f"columns: {name}: {len(unlike)} rows of one side only, e.g. {unlike[0]}", file=sys.stderr)
    unknown = there - expected - raw.NOT_COMPUTED
    if wrong or unknown:
        sys.exit(f"columns: not as in the raw records: {', '.join([*wrong, *sorted(unknown)])}")
    rows = duckdb.execute("SELECT count(*) FROM converted").fetchone()[0]
    print(f"  {len(expected)} columns, {filled} of them filled, of {rows:,} rows hold what the raw records say")


if __name__ == "__main__":
    main()
