"""The rows that a table must hold, computed from the raw records by the naive rule: all, once.

A row is (account, region, date, eventid, eventtime, eventname).
"""

import gzip
import json
import re
from collections import Counter
from datetime import datetime, timezone

import pyarrow.parquet

KEY = re.compile(r"AWSLogs/(\d{12})/(CloudTrail[^/]*)/([^/]+)/\d{4}/\d\d/\d\d/[^/]+\.json\.gz$")
CONVERTED = {"CloudTrail", "CloudTrail-Insight", "CloudTrail-NetworkActivity"}
COLUMNS = ["eventid", "eventtime", "eventname"]
REJECTS = re.compile(r"^_rejects/account=([^/]+)/region=([^/]+)/")
PARTITION = re.compile(r"^account=([^/]+)/region=([^/]+)/date=([^/]+)/")


class Truth:
    """What was delivered so far."""

    def __init__(self):
        self.rows = Counter()
        # (account, region, record) of records that can be no row.
        self.rejects = Counter()
        # Keys of objects that cannot be read.
        self.unread = set()
        self.records = 0
        self._seen = set()

    def add(self, key, body):
        """Counts the records of an object that is delivered under `key`."""
        of_key = KEY.search(key)
        if of_key and of_key[2] not in CONVERTED:
            return
        try:
            records = json.loads(gzip.decompress(body))["Records"]
        except EOFError:
            self.unread.add(key)
            return
        for record in records:
            self.records += 1
            account, region = (of_key[1], of_key[3]) if of_key else lane_of(record)
            event, same = record.get("eventID"), (account, region, canonical(record))
            if "eventTime" not in record:
                self.rejects[same] += 1
                continue
            if event and same in self._seen:
                continue
            self._seen.add(same)
            at = datetime.fromisoformat(record["eventTime"].replace("Z", "+00:00"))
            date = at.astimezone(timezone.utc).strftime("%Y-%m-%d")
            self.rows[account, region, date, event, record["eventTime"], record.get("eventName")] += 1


def lane_of(record):
    """Where a record belongs whose object's key names no lane."""
    account = record.get("recipientAccountId") or record["userIdentity"]["accountId"]
    return account, record["awsRegion"]


def canonical(record):
    return json.dumps(record, sort_keys=True)


def rejects_of(name, body):
    """The rejects of one object of `_rejects/`, as a list."""
    lane = REJECTS.match(name).groups()
    return [(*lane, canonical(json.loads(json.loads(line)["record"]))) for line in body.splitlines()]


def rows_of(name, file):
    """The rows of one Parquet object, as a list."""
    partition = PARTITION.match(name).groups()
    columns = pyarrow.parquet.ParquetFile(file).read(columns=COLUMNS)
    return [partition + row for row in zip(*(columns[column].to_pylist() for column in COLUMNS))]
