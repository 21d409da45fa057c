"""Trino, asked over its own protocol.

engine.py QUERY...: runs each on TRINO_URL and prints its rows as JSON lines.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass


class QueryFailed(Exception):
    """What the engine says of a query it cannot run."""


@dataclass
class Answer:
    columns: list[str]
    rows: list[tuple]
    stats: dict

    @property
    def physical_bytes(self) -> int:
        """Bytes that came from S3."""
        return self.stats["physicalInputBytes"]


class Trino:
    def __init__(self, url=None, catalog="glue"):
        self.url = url or os.environ["TRINO_URL"]
        self.headers = {"X-Trino-User": "check", "X-Trino-Catalog": catalog, "X-Trino-Time-Zone": "UTC"}

    def run(self, sql: str) -> Answer:
        page = self._send(f"{self.url}/v1/statement", sql.strip().rstrip(";").encode())
        columns, rows = [], []
        while True:
            if "error" in page:
                raise QueryFailed(page["error"]["message"])
            columns = columns or [column["name"] for column in page.get("columns", [])]
            rows += [tuple(row) for row in page.get("data", [])]
            if "nextUri" not in page:
                return Answer(columns, rows, page["stats"])
            page = self._send(page["nextUri"])

    def value(self, sql: str):
        ((value,),) = self.run(sql).rows
        return value

    def _send(self, url, body=None):
        # 502 to 504 mean "again", says the protocol.
        for pause in (0.1, 0.5, 2, 0):
            try:
                with urllib.request.urlopen(urllib.request.Request(url, body, self.headers)) as reply:
                    return json.load(reply)
            except urllib.error.HTTPError as e:
                if e.code not in (502, 503, 504) or not pause:
                    raise QueryFailed(f"HTTP {e.code}: {e.read(500)!r}") from e
            time.sleep(pause)


if __name__ == "__main__":
    for query in sys.argv[1:]:
        answer = Trino().run(query)
        for row in answer.rows:
            print(json.dumps(row))
        print(f"{answer.physical_bytes} bytes read from S3", file=sys.stderr)
