"""The records of a log as rows, for tools that do not read JSON of mixed types by themselves."""

from datetime import datetime

import orjson
from columns import BOOLEANS, JSON, RESOURCE, STRUCTS, TEXTS
from isal import igzip


def struct(value, members):
    if value is None or members is str:
        return value
    return {name.lower(): struct(value.get(name), inner) for name, inner in members.items()}


def row(record, path):
    row = {name.lower(): record.get(name) for name in TEXTS}
    for name in BOOLEANS:
        value = record.get(name)
        row[name.lower()] = None if value is None else str(value).lower()
    for name in JSON:
        value = record.get(name)
        row[name.lower()] = None if value is None else orjson.dumps(value).decode()
    for name, members in STRUCTS.items():
        row[name.lower()] = struct(record.get(name), members)
    resources = record.get("resources")
    row["resources"] = resources and [struct(resource, RESOURCE) for resource in resources]
    row["eventtimestamp"] = datetime.fromisoformat(record["eventTime"])
    row["sourcefile"] = path
    return row


def rows(path):
    with igzip.open(path) as file:
        document = orjson.loads(file.read())
    return [row(record, path) for record in document.get("Records", [])]
