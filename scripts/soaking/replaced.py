"""Which files may be gone, because others hold their rows or because they are expired."""

import json
import re

CLAIM = re.compile(r"^_ledger/(\d{12}|[^/]+)/([^/]+)/log/(\d+)$")
EXPIRED = re.compile(r"^_ledger/([^/]+)/([^/]+)/upkeep/\d+\.before-(\d{4})(\d\d)(\d\d)$")
UPKEEP = {"compact", "rewrite", "expire"}


class Replaced:
    def __init__(self):
        self.claims = set()
        # The files that hold a file's rows from its claim on; none of one that is expired.
        self._into = {}
        # All that ever stood.
        self._seen = set()

    def learn(self, name, read):
        """Takes in a new object of the table; `read` gives its bytes."""
        self._seen.add(name)
        if not CLAIM.match(name):
            return
        claim = json.loads(read(name))
        (work,) = claim["work"]
        if work not in UPKEEP:
            return
        self.claims.add(name)
        folder = "account={account}/region={region}".format(**claim["lane"])
        path = lambda file: f"{folder}/date={file['date']}/{file['name']}"
        for one in claim["work"][work]["inputs"]:
            self._into[path(one)] = {path(file) for file in claim["files"] if file["date"] == one["date"]}

    def gone(self):
        """What may be gone, and counts no more."""
        return {name for name in self._into if self._replaced(name)}

    def unfinished(self):
        """Files that do not count yet: others of their claim and day are still missing."""
        return {one for name, into in self._into.items() if not self._replaced(name) for one in into}

    def _replaced(self, name):
        """Whether all that holds its rows stood once, or was itself replaced between two looks."""
        return all(into in self._seen or (into in self._into and self._replaced(into)) for into in self._into[name])


def expired_before(listing):
    """The date before which everything is removed, by account and region."""
    found = {}
    for name in listing:
        if match := EXPIRED.match(name):
            account, region, *date = match.groups()
            found[account, region] = max("-".join(date), found.get((account, region), ""))
    return found
