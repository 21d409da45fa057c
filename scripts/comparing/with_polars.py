"""Converts a folder of logs with Polars: SOURCE DEST THREADS.

Polars itself refuses JSON whose members differ in type from record to record, so orjson reads it.
"""

import glob
import os
import re
import sys
from multiprocessing.pool import ThreadPool

source, dest, threads = sys.argv[1:]
os.environ["POLARS_MAX_THREADS"] = threads
import polars as pl  # noqa: E402  (it reads the number of threads when it is loaded)
from columns import BOOLEANS, JSON, PATH, RESOURCE, STRUCTS, TEXTS  # noqa: E402
from rows import rows  # noqa: E402


def type_of(member):
    if member is str:
        return pl.String
    return pl.Struct({name.lower(): type_of(inner) for name, inner in member.items()})


SCHEMA = (
    {name.lower(): pl.String for name in TEXTS + BOOLEANS + JSON}
    | {name.lower(): type_of(members) for name, members in STRUCTS.items()}
    | {"resources": pl.List(type_of(RESOURCE))}
    | {"eventtimestamp": pl.Datetime("ms", "UTC"), "sourcefile": pl.String}
)
paths = [path for path in glob.glob(f"{source}/**/*.json.gz", recursive=True) if re.search(PATH, path)]
with ThreadPool(int(threads)) as pool:
    frames = pool.map(lambda path: pl.DataFrame(rows(path), SCHEMA, orient="row"), paths, chunksize=1)
table = pl.concat(frames).with_columns(
    pl.col("sourcefile").str.extract(PATH, 1).alias("account"),
    pl.col("sourcefile").str.extract(PATH, 2).alias("region"),
    pl.col("eventtime").str.slice(0, 10).alias("date"),
)
table.write_parquet(pl.PartitionBy(dest, key=["account", "region", "date"]), compression="snappy")
