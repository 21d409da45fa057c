"""What must hold of a table at any moment, whoever was killed when."""

import json
import re
from collections import Counter

from places import TEMPORARY
from replaced import CLAIM, Replaced, expired_before
from truth import rejects_of, rows_of

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
        self._rows_of, self._replaced = {}, Replaced()

    def look(self):
        """Nothing has changed or gone, and no row is there twice or from nowhere."""
        listing = self.place.listing()
        new = listing.keys() - self.known.keys()
        for name in new:
            self._replaced.learn(name, self.place.read)
        gone = self._replaced.gone()
        for name, content in self.known.items():
            if TEMPORARY in name or listing.get(name) == content:
                continue
            if name in listing or name not in gone:
                raise Fault("overwritten", f"{name} is {listing.get(name)}, was {content}")
        for name in new:
            if name in self._rows_of:
                raise Fault("doubled", f"{name} was replaced, and is back")
            if DATA.match(name):
                self._rows_of[name] = Counter(rows_of(name, self.place.file(name)))
            elif name.startswith("_rejects/") and TEMPORARY not in name:
                self.rejects.update(rejects_of(name, self.place.read(name)))
        self.known = listing
        # Between a merge and the removal of its files both stand.
        uncounted = gone | self._replaced.unfinished()
        self.rows = Counter()
        for name in listing:
            if DATA.match(name) and name not in uncounted:
                self.rows.update(self._rows_of[name])
        self.no_more("row", self.rows, self.truth.rows)
        self.no_more("reject", self.rejects, self.truth.rejects)
        if back := self.expired(self.rows):
            raise Fault("doubled", f"{back.total()} rows are expired, and there, such as {next(iter(back))}")

    def no_more(self, what, there, delivered):
        for one in there - delivered:
            kind = "doubled" if one in delivered else "from nowhere"
            raise Fault(kind, f"{what} {one} is there {there[one]} times, {delivered[one]} were delivered")

    def missing(self):
        """Why the table is not complete, if it is not."""
        claims = self.open_claims()
        return self.missing_rows() or (f"claims without a receipt: {claims}" if claims else None)

    def missing_rows(self):
        wanted = self.truth.rows - self.expired(self.truth.rows)
        for what, there, delivered in [("rows", self.rows, wanted), ("rejects", self.rejects, self.truth.rejects)]:
            if lost := delivered - there:
                return f"{lost.total()} of {delivered.total()} {what} are not there, such as {next(iter(lost))}"
        return None

    def expired(self, rows):
        """Those of the rows that are expired."""
        before = expired_before(self.known)
        return Counter({row: count for row, count in rows.items() if row[2] < before.get(row[:2], "")})

    def open_claims(self, of_upkeep=False):
        receipts = {match.groups() for name in self.known if (match := RECEIPT.match(name))}
        claims = [name for name in self.known if CLAIM.match(name)]
        if of_upkeep:
            claims = [name for name in claims if name in self._replaced.claims]
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
