"""What must hold of a table at any moment, whoever was killed when."""

import json
import re
from collections import Counter

from places import TEMPORARY
from truth import rejects_of, rows_of

CLAIM = re.compile(r"^_ledger/(\d{12}|[^/]+)/([^/]+)/log/(\d+)$")
RECEIPT = re.compile(r"^_ledger/([^/]+)/([^/]+)/(?!log/)[^/]+/(\d+)\.[^/]+$")
DATA = re.compile(r"^account=([^/]+)/region=([^/]+)/date=[^/]+/(\d+)-[^/]+\.parquet$")


class Fault(Exception):
    """The program did what it must not; `kind` is counted."""

    def __init__(self, kind, what):
        super().__init__(f"{kind}: {what}")
        self.kind = kind


class Watch:
    """Looks at a table again and again, and compares it with the truth and with the last look."""

    def __init__(self, place, truth):
        self.place, self.truth = place, truth
        self.rows, self.rejects = Counter(), Counter()
        self.known = {}
        # The rows of each file, and what of each claim that merges files.
        self._rows_of, self._merges = {}, {}

    def look(self):
        """Nothing has changed or gone, and no row is there twice or from nowhere."""
        listing = self.place.listing()
        for name in listing.keys() - self.known.keys():
            if CLAIM.match(name) and "compact" in (claim := json.loads(self.place.read(name)))["work"]:
                self._merges[name] = claim
        for name, content in self.known.items():
            if TEMPORARY in name or listing.get(name) == content:
                continue
            if name in listing or name not in self.merged(listing):
                raise Fault("overwritten", f"{name} is {listing.get(name)}, was {content}")
        for name in listing.keys() - self.known.keys():
            if name in self._rows_of:
                raise Fault("doubled", f"{name} was merged, and is back")
            if DATA.match(name):
                self._rows_of[name] = Counter(rows_of(name, self.place.file(name)))
            elif name.startswith("_rejects/") and TEMPORARY not in name:
                self.rejects.update(rejects_of(name, self.place.read(name)))
        self.known = listing
        # Between a merge and the removal of its files both stand.
        gone = self.merged(listing)
        self.rows = Counter()
        for name in listing:
            if DATA.match(name) and name not in gone:
                self.rows.update(self._rows_of[name])
        self.no_more("row", self.rows, self.truth.rows)
        self.no_more("reject", self.rejects, self.truth.rejects)

    def merged(self, listing):
        """The files that may be gone: what they hold stands in another, or in what that was merged into."""
        into = {}
        for claim in self._merges.values():
            folder = "account={account}/region={region}".format(**claim["lane"])
            outputs = {file["date"]: f"{folder}/date={file['date']}/{file['name']}" for file in claim["files"]}
            for one in claim["work"]["compact"]["inputs"]:
                into[f"{folder}/date={one['date']}/{one['name']}"] = outputs[one["date"]]

        def stands(name):
            return name in listing or name in self._rows_of or (name in into and stands(into[name]))

        return {name for name, output in into.items() if stands(output)}

    def no_more(self, what, there, delivered):
        for one in there - delivered:
            kind = "doubled" if one in delivered else "from nowhere"
            raise Fault(kind, f"{what} {one} is there {there[one]} times, {delivered[one]} were delivered")

    def missing(self):
        """Why the table is not complete, if it is not."""
        for what, there, delivered in [("rows", self.rows, self.truth.rows), ("rejects", self.rejects, self.truth.rejects)]:
            if lost := delivered - there:
                return f"{lost.total()} of {delivered.total()} {what} are not there, such as {next(iter(lost))}"
        claims = self.open_claims()
        return f"claims without a receipt: {claims}" if claims else None

    def open_claims(self, of=None):
        receipts = {match.groups() for name in self.known if (match := RECEIPT.match(name))}
        claims = [name for name in self.known if CLAIM.match(name) and (of is None or name in self._merges)]
        return [lane for name in claims if (lane := CLAIM.match(name).groups()) not in receipts]

    def phases(self):
        """Where in its work each open claim was left."""
        for account, region, number in self.open_claims():
            claim = json.loads(self.place.read(f"_ledger/{account}/{region}/log/{number}"))
            claimed = len(files_in(claim))
            written = [match.groups() for name in self.known if (match := DATA.match(name))]
            there = written.count((account, region, number))
            yield "claimed" if there == 0 < claimed else "some files" if there < claimed else "all files, no receipt"

    def temporary(self):
        return {name for name in self.known if TEMPORARY in name}


def files_in(document):
    """The list of files of a claim, at whatever depth it stands."""
    if isinstance(document, dict):
        if isinstance(document.get("files"), list):
            return document["files"]
        return next((found for value in document.values() if (found := files_in(value))), [])
    return []
