"""Raw CloudTrail records as plain Python: the truth that answers are held against."""

import gzip
import json
import re
from datetime import datetime, timezone
from pathlib import Path

LANE = re.compile(r"/AWSLogs/(?:o-[^/]+/)?(\d{12})/CloudTrail(?:-Insight|-NetworkActivity)?/([^/]+)/\d{4}/")


def load(folder) -> list[dict]:
    """Each event once, with the `account`, `region` and `date` that it is to be found under."""
    seen, records = {}, []
    for path in sorted(Path(folder).rglob("*.json.gz")):
        lane = LANE.search(path.as_posix())
        if not lane:
            continue
        for record in json.loads(gzip.decompress(path.read_bytes()))["Records"]:
            account, region = lane.groups()
            if record.get("eventID"):
                copies = seen.setdefault((account, region, record["eventID"]), [])
                if record in copies:
                    continue
                copies.append(record)
            at = datetime.fromisoformat(record["eventTime"].replace("Z", "+00:00"))
            date = at.astimezone(timezone.utc).strftime("%Y-%m-%d")
            records.append({**record, "account": account, "region": region, "date": date})
    return records
