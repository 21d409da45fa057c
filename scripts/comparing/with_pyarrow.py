"""Converts a folder of logs with pyarrow, orjson and isal, a process a thread: SOURCE DEST THREADS."""

import glob
import multiprocessing
import os
import re
import sys
from collections import defaultdict

import pyarrow as pa
import pyarrow.parquet as pq
from columns import BOOLEANS, JSON, PATH, RESOURCE, STRUCTS, TEXTS
from rows import rows


def type_of(member):
    if member is str:
        return pa.string()
    return pa.struct([(name.lower(), type_of(inner)) for name, inner in member.items()])


SCHEMA = pa.schema(
    [(name.lower(), pa.string()) for name in TEXTS + BOOLEANS + JSON]
    + [(name.lower(), type_of(members)) for name, members in STRUCTS.items()]
    + [("resources", pa.list_(type_of(RESOURCE)))]
    + [("eventtimestamp", pa.timestamp("ms", "UTC")), ("sourcefile", pa.string())]
)


def convert(work):
    """The logs of one lane's day of delivery."""
    folder, dest = work
    dates = defaultdict(list)
    for path in glob.glob(f"{folder}/*.json.gz"):
        for row in rows(path):
            dates[row["eventtime"][:10]].append(row)
    account, region = re.search(PATH, folder + "/").groups()
    for date, found in dates.items():
        place = f"{dest}/account={account}/region={region}/date={date}"
        os.makedirs(place, exist_ok=True)
        name = "-".join(folder.split("/")[-6:]) + ".parquet"
        pq.write_table(pa.Table.from_pylist(found, SCHEMA), f"{place}/{name}", compression="snappy")


if __name__ == "__main__":
    source, dest, threads = sys.argv[1:]
    folders = {os.path.dirname(path) for path in glob.glob(f"{source}/**/*.json.gz", recursive=True)}
    folders = [folder for folder in sorted(folders) if re.search(PATH, folder + "/")]
    with multiprocessing.Pool(int(threads)) as pool:
        for _ in pool.imap_unordered(convert, [(folder, dest) for folder in folders]):
            pass
