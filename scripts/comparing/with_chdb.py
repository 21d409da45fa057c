"""Converts a folder of logs with chDB (ClickHouse in a process): SOURCE DEST THREADS."""

import os
import sys

import chdb
from columns import BOOLEANS, JSON, PATH, RESOURCE, STRUCTS, TEXTS


def type_of(member):
    if member is str:
        return "Nullable(String)"
    members = ", ".join(f"{name} {type_of(inner)}" for name, inner in member.items())
    return f"Tuple({members})"


source, dest, threads = sys.argv[1:]
types = (
    {name: "Nullable(String)" for name in TEXTS + JSON + BOOLEANS}
    | {name: type_of(members) for name, members in STRUCTS.items()}
    | {"resources": f"Array({type_of(RESOURCE)})"}
)
record = ", ".join(f"{name} {of}" for name, of in types.items())
columns = ", ".join(f"`r.{name}` AS {name.lower()}" for name in types)
os.makedirs(dest, exist_ok=True)
# To take each field out of the array by itself is ten times slower than `untuple`.
chdb.query(f"""
    INSERT INTO FUNCTION file('{dest}/{{_partition_id}}.parquet', Parquet)
    PARTITION BY concat('account=', account, ',region=', region, ',date=', date)
    SELECT {columns}, parseDateTime64BestEffort(assumeNotNull(`r.eventTime`), 3, 'UTC') AS eventtimestamp,
        file AS sourcefile, extractGroups(file, '{PATH}')[1] AS account,
        extractGroups(file, '{PATH}')[2] AS region, left(assumeNotNull(`r.eventTime`), 10) AS date
    FROM (
        SELECT untuple(arrayJoin(Records)) AS r, _path AS file
        FROM file('{source}/**/*.json.gz', JSONEachRow, 'Records Array(Tuple({record}))')
    )
    SETTINGS max_threads = {threads}, max_insert_threads = {threads},
        output_format_parquet_compression_method = 'snappy',
        input_format_json_read_objects_as_strings = 1, input_format_json_read_bools_as_strings = 1,
        input_format_json_infer_incomplete_types_as_strings = 1, input_format_skip_unknown_fields = 1,
        input_format_json_defaults_for_missing_elements_in_named_tuple = 1,
        input_format_json_ignore_unknown_keys_in_named_tuple = 1,
        max_partitions_per_insert_block = 100000
""")
