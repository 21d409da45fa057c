"""Reads `CREATE EXTERNAL TABLE` as Athena does, into Glue's own TableInput."""

import re

TOKEN = re.compile(r"\s*(?:`((?:[^`]|``)*)`|'((?:[^'\\]|\\.)*)'|([A-Za-z_][\w]*)|([(),=.:<>])|$)")


class Reader:
    def __init__(self, text):
        self.tokens, at = [], 0
        while at < len(text.rstrip()):
            match = TOKEN.match(text, at)
            if not match:
                raise ValueError(f"not Athena SQL: {text[at:at + 40]!r}")
            name, string, word, mark = match.groups()
            if name is not None:
                self.tokens.append(("name", name.replace("``", "`")))
            elif string is not None:
                self.tokens.append(("string", re.sub(r"\\(.)", r"\1", string)))
            else:
                self.tokens.append(("word", word) if word else ("mark", mark))
            at = match.end()

    def next(self, kind, value=None):
        token = self.tokens.pop(0)
        if token[0] != kind or value not in (None, token[1]):
            raise ValueError(f"{value or kind} is expected, {token} stands there")
        return token[1]

    def words(self, text):
        for word in text.split():
            self.next("word", word)

    def has(self, value):
        """Takes the word or mark if it is next."""
        if self.tokens and self.tokens[0][0] in ("word", "mark") and self.tokens[0][1] == value:
            return self.tokens.pop(0)

    def type(self):
        """A type, which ends before COMMENT or at a comma or bracket outside `<>`."""
        text, depth = "", 0
        while depth or self.tokens[0] not in (("word", "COMMENT"), ("mark", ","), ("mark", ")")):
            token = self.tokens.pop(0)[1]
            depth += {"<": 1, ">": -1}.get(token, 0)
            text += token
        return text

    def columns(self):
        self.next("mark", "(")
        columns = []
        while True:
            column = {"Name": self.next("name"), "Type": self.type()}
            if self.has("COMMENT"):
                column["Comment"] = self.next("string")
            columns.append(column)
            if self.has(")"):
                return columns
            self.next("mark", ",")

    def properties(self):
        self.next("mark", "(")
        properties = {}
        while True:
            key = self.next("string")
            self.next("mark", "=")
            properties[key] = self.next("string")
            if self.has(")"):
                return properties
            self.next("mark", ",")


def table_input(text) -> dict:
    read = Reader(text)
    read.words("CREATE EXTERNAL TABLE")
    read.next("name")
    read.next("mark", ".")
    name = read.next("name")
    columns = read.columns()
    read.words("PARTITIONED BY")
    keys = read.columns()
    read.words("ROW FORMAT SERDE")
    serde = {"SerializationLibrary": read.next("string")}
    read.words("WITH SERDEPROPERTIES")
    serde["Parameters"] = read.properties()
    read.words("STORED AS INPUTFORMAT")
    storage = {"Columns": columns, "InputFormat": read.next("string")}
    read.words("OUTPUTFORMAT")
    storage |= {"OutputFormat": read.next("string"), "SerdeInfo": serde}
    read.words("LOCATION")
    storage["Location"] = read.next("string")
    read.words("TBLPROPERTIES")
    parameters = read.properties()
    if read.tokens:
        raise ValueError(f"more than a table: {read.tokens[:5]}")
    # An external table says so in its parameters too, however it was made.
    return {"Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": {"EXTERNAL": "TRUE", **parameters},
            "PartitionKeys": keys, "StorageDescriptor": storage}
