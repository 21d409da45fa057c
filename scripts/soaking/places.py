"""Where a round's raw objects and table lie: a folder, or a bucket behind the proxy."""

import io
import os
import time
from pathlib import Path

TEMPORARY = ".tmp-"

TWO_DAYS = 2 * 24 * 60 * 60


class Folder:
    """A folder `raw` and a folder `table`."""

    kind = "folder"
    # Where a trail has delivered what lies here.
    trail_bucket, trail_root = "trail-logs", ""

    def __init__(self, home):
        self.raw, self.table = home / "raw", home / "table"
        self.source, self.destination = str(self.raw), str(self.table)
        self.environment = {}
        self._next = home / "next"
        self.raw.mkdir(parents=True)

    def deliver(self, key, body, _metadata):
        """All of an object at once, as S3 does it."""
        path = self.raw / key
        path.parent.mkdir(parents=True, exist_ok=True)
        self._next.write_bytes(body)
        os.rename(self._next, path)

    def listing(self):
        """What stands for the content of each object of the table, by name."""
        found = {}
        for folder, _, names in os.walk(self.table):
            for name in names:
                path = Path(folder, name)
                try:
                    status = path.stat()
                except FileNotFoundError:
                    # A run beside this has renamed its temporary file.
                    continue
                found[path.relative_to(self.table).as_posix()] = (status.st_size, status.st_ino)
        return found

    def read(self, name):
        return (self.table / name).read_bytes()

    def file(self, name):
        return io.BytesIO(self.read(name))

    def age(self):
        """Lets the files of the table be two days old."""
        then = time.time() - TWO_DAYS
        for path in self.table.rglob("*.parquet"):
            os.utime(path, (then, then))

    def grow_young(self):
        pass

    def remove(self):
        pass


class Bucket:
    """The prefixes `raw/` and `table/` of a round in a bucket; only the program goes by the proxy."""

    kind = "S3"

    def __init__(self, client, bucket, prefix, proxy):
        self._client, self._bucket, self._prefix, self._proxy = client, bucket, prefix, proxy
        self.source, self.destination = (f"s3://{bucket}/{prefix}/{part}" for part in ("raw", "table"))
        self.environment = {"AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{proxy.port}"}
        self.trail_bucket, self.trail_root = bucket, f"{prefix}/raw/"

    def deliver(self, key, body, metadata):
        self._client.put_object(Bucket=self._bucket, Key=f"{self._prefix}/raw/{key}", Body=body, Metadata=metadata)

    def listing(self):
        return {key.removeprefix(f"{self._prefix}/table/"): (object["Size"], object["ETag"], object["LastModified"])
                for key, object in self._objects(f"{self._prefix}/table/")}

    def read(self, name):
        return self._client.get_object(Bucket=self._bucket, Key=f"{self._prefix}/table/{name}")["Body"].read()

    def file(self, name):
        return io.BytesIO(self.read(name))

    def age(self):
        """Lets the files be two days old, as far as listings tell."""
        self._proxy.older_days = 2

    def grow_young(self):
        self._proxy.older_days = 0

    def remove(self):
        keys = [{"Key": key} for key, _ in self._objects(f"{self._prefix}/")]
        for start in range(0, len(keys), 1000):
            self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": keys[start:start + 1000]})

    def _objects(self, prefix):
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        for page in pages:
            for object in page.get("Contents", []):
                yield object["Key"], object
