"""Converts a folder of logs with DuckDB: SOURCE DEST THREADS."""

import sys

import duckdb
from columns import BOOLEANS, JSON, PATH, RESOURCE, STRUCTS, TEXTS


def type_of(member):
    if member is str:
        return "VARCHAR"
    members = ", ".join(f'"{name}" {type_of(inner)}' for name, inner in member.items())
    return f"STRUCT({members})"


source, dest, threads = sys.argv[1:]
types = (
    {name: "VARCHAR" for name in TEXTS}
    | {name: "BOOLEAN" for name in BOOLEANS}
    | {name: "JSON" for name in JSON}
    | {name: type_of(members) for name, members in STRUCTS.items()}
    | {"resources": type_of(RESOURCE) + "[]"}
)
record = ", ".join(f'"{name}" {of}' for name, of in types.items())
columns = ", ".join(
    f"record.{name}::VARCHAR AS {name.lower()}" if name in JSON + BOOLEANS else f"record.{name} AS {name.lower()}"
    for name in types
)
connection = duckdb.connect(config={"threads": int(threads)})
connection.execute("SET preserve_insertion_order = false")
connection.execute(f"""
    COPY (
        SELECT {columns}, record.eventTime::TIMESTAMP AS eventtimestamp, file AS sourcefile,
            regexp_extract(file, '{PATH}', 1) AS account,
            regexp_extract(file, '{PATH}', 2) AS region,
            left(record.eventTime, 10) AS date
        FROM (
            SELECT unnest(Records) AS record, filename AS file
            FROM read_json('{source}/**/*.json.gz', filename = true, format = 'unstructured',
                maximum_object_size = 268435456, columns = {{Records: 'STRUCT({record})[]'}})
        )
    ) TO '{dest}' (FORMAT parquet, COMPRESSION snappy, PARTITION_BY (account, region, date))
""")
