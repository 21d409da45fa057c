"""Raw CloudTrail in DuckDB, so that a question on the table can be asked of the raw records.

Every column but `additionalfields` and `sourcefile` is computed here from the raw JSON by
its documented rule; of the program only the list of columns is used.
"""

import gzip
import json
import re
import tempfile
from datetime import datetime, timezone
from json.decoder import scanstring
from pathlib import Path

import duckdb

KEY = re.compile(r"/AWSLogs/(?:o-[^/]+/)?(\d{12})/(CloudTrail[^/]*)/([^/]+)/\d{4}/\d\d/\d\d/[^/]+\.json\.gz$")
FOLDERS = {"CloudTrail", "CloudTrail-Insight", "CloudTrail-NetworkActivity"}
NOT_COMPUTED = {"additionalfields", "sourcefile"}
JSON_TEXT = {"requestparameters", "responseelements", "additionaleventdata", "serviceeventdetails",
             "insightdetails", "eventcontext", "edgedevicedetails"}

# What Trino calls otherwise, or answers otherwise, than DuckDB.
MACROS = """
CREATE MACRO json_extract_scalar(j, p) AS
    CASE WHEN json_type(j, replace(replace(p, '["', '."'), '"]', '"')) NOT IN ('OBJECT', 'ARRAY')
         THEN json_extract_string(j, replace(replace(p, '["', '."'), '"]', '"')) END;
CREATE MACRO array_join(l, s) AS array_to_string(l, s);
CREATE MACRO cardinality(l) AS len(l);
CREATE MACRO element_at(l, i) AS list_extract(l, i);
CREATE MACRO regexp_like(s, p) AS regexp_matches(s, p);
CREATE MACRO split_part(s, d, i) AS
    CASE WHEN len(string_split(s, d)) >= i THEN string_split(s, d)[i] END;
"""

decode = json.JSONDecoder().raw_decode
SPACE = re.compile(r"[ \t\r\n]*")


def after_space(text, at):
    return SPACE.match(text, at).end()


def elements(text, at):
    """The (start, end) of each element of the array that begins at `at`."""
    at = after_space(text, at + 1)
    while text[at] != "]":
        _, end = decode(text, at)
        yield at, end
        at = after_space(text, end)
        if text[at] == ",":
            at = after_space(text, at + 1)


def members(text, at):
    """The (key, start, end) of each member of the object that begins at `at`; of equal keys the last."""
    found = {}
    at = after_space(text, at + 1)
    while text[at] != "}":
        key, at = scanstring(text, at + 1)
        at = after_space(text, after_space(text, at) + 1)
        _, end = decode(text, at)
        found[key] = at, end
        at = after_space(text, end)
        if text[at] == ",":
            at = after_space(text, at + 1)
    return [(key, *span) for key, span in found.items()]


def as_string(delivered):
    """A value in a column of strings: a string as itself, anything else as it was delivered."""
    return json.loads(delivered) if delivered[0] == '"' else delivered


class Paths:
    """The paths of flattened columns as a tree, to find them all in one walk."""

    def __init__(self):
        self.below, self.strings, self.arrays = {}, [], []

    def add(self, column, path):
        node = self
        for step in path.lower().split("."):
            node = node.below.setdefault(step.removesuffix("[]"), {}).setdefault(step.endswith("[]"), Paths())
        (node.arrays if "[]" in path else node.strings).append(column)

    def fill(self, row, text, start, end):
        if text.startswith("null", start):
            return
        for column in self.strings:
            row.setdefault(column, as_string(text[start:end]))
        for column in self.arrays:
            row.setdefault(column, []).append(as_string(text[start:end]))
        if self.below and text[start] == "{":
            for key, *span in members(text, start):
                for is_list, node in self.below.get(key.lower(), {}).items():
                    if is_list and not text.startswith("null", span[0]):
                        for column in node.all_arrays():
                            row.setdefault(column, [])
                    if is_list and text[span[0]] == "[":
                        for element in elements(text, span[0]):
                            node.fill(row, text, *element)
                    else:
                        node.fill(row, text, *span)

    def all_arrays(self):
        yield from self.arrays
        for kinds in self.below.values():
            for node in kinds.values():
                yield from node.all_arrays()


def split_top(text, separator):
    """`text` cut at the separators that are within no <>."""
    parts, depth = [""], 0
    for character in text:
        depth += {"<": 1, ">": -1}.get(character, 0)
        if character == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def fields(glue_type):
    return [field.split(":", 1) for field in split_top(glue_type[len("struct<"):-1], ",")]


def duckdb_type(glue_type):
    match glue_type.partition("<")[0]:
        case "string":
            return "VARCHAR"
        case "timestamp":
            return "TIMESTAMP"
        case "array":
            return duckdb_type(glue_type[len("array<"):-1]) + "[]"
        case "map":
            return "MAP(VARCHAR, VARCHAR)"
        case "struct":
            return "STRUCT(" + ", ".join(f'"{name}" {duckdb_type(of)}' for name, of in fields(glue_type)) + ")"
    raise ValueError(f"no DuckDB type for {glue_type}")


def nested(glue_type, text, start, end):
    """A value in the shape of its Glue type."""
    if text.startswith("null", start):
        return None
    if glue_type == "string":
        return as_string(text[start:end])
    if glue_type.startswith("array<"):
        return [nested(glue_type[len("array<"):-1], text, *span) for span in elements(text, start)]
    found = members(text, start)
    if glue_type.startswith("map<"):
        return {key: nested("string", text, *span) for key, *span in found}
    by_name = {}
    for key, *span in found:
        by_name.setdefault(key.lower(), span)
    return {name: nested(of, text, *by_name[name]) for name, of in fields(glue_type) if name in by_name}


def records(folder):
    """Each record of the folder as (account, region, JSON text), of equal ones in a lane the first."""
    seen = {}
    exact = {"parse_int": lambda digits: ("number", digits), "parse_float": lambda digits: ("number", digits)}
    for path in sorted(Path(folder).rglob("*.json.gz")):
        key = KEY.search(path.as_posix())
        if not key or key[2] not in FOLDERS:
            continue
        text = gzip.decompress(path.read_bytes()).decode()
        (span,) = [span for name, *span in members(text, after_space(text, 0)) if name == "Records"]
        for start, end in elements(text, span[0]):
            record = text[start:end]
            value = json.loads(record, **exact)
            if value.get("eventID"):
                copies = seen.setdefault((key[1], key[3], value["eventID"]), [])
                if value in copies:
                    continue
                copies.append(value)
            yield key[1], key[3], record


def load(folder, columns, table):
    """A DuckDB connection with `table` (DB.NAME), made of the raw records of `folder`."""
    columns = [column for column in columns if column["name"] not in NOT_COMPUTED]
    paths, structs = Paths(), []
    for column in columns:
        if column["type"] in ("string", "array<string>") and column["name"] not in JSON_TEXT:
            paths.add(column["name"], column["path"])
        elif column["type"] != "timestamp":
            structs.append((column["name"], column["type"], column["path"].lower()))

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    types = {column["name"]: duckdb_type(column["type"]) for column in columns}
    types |= {"account": "VARCHAR", "region": "VARCHAR", "date": "VARCHAR"}
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson", encoding="utf-8") as rows:
        for account, region, text in records(folder):
            row = {"account": account, "region": region}
            paths.fill(row, text, 0, len(text))
            by_name = {key.lower(): span for key, *span in members(text, 0)}
            for name, glue_type, member in structs:
                if member in by_name and not text.startswith("null", by_name[member][0]):
                    start, end = by_name[member]
                    row[name] = text[start:end] if name in JSON_TEXT else nested(glue_type, text, start, end)
            at = datetime.fromisoformat(row["eventtime"].replace("Z", "+00:00")).astimezone(timezone.utc)
            row["eventtimestamp"] = at.strftime("%Y-%m-%d %H:%M:%S.") + f"{at.microsecond // 1000:03}"
            row["date"] = at.strftime("%Y-%m-%d")
            rows.write(json.dumps(row) + "\n")
        rows.flush()
        database, _ = table.split(".")
        connection.execute(f'CREATE SCHEMA "{database}"')
        connection.execute(
            f"CREATE TABLE {table} AS SELECT * FROM read_json(?, format = 'newline_delimited', columns = {types})",
            [rows.name])
    connection.execute(MACROS)
    return connection
