"""What the raw records say of each partition, and whether a query reads those alone that it asks for."""

from collections import Counter
from itertools import product

import records


def check(condition, message):
    if not condition:
        raise AssertionError(message)


class Partitions:
    def __init__(self, raw, watch, trino):
        self.watch, self.trino = watch, trino
        self.rows = Counter((r["account"], r["region"], r["date"]) for r in records.load(raw))
        self.accounts, self.regions, self.dates = (sorted({key[i] for key in self.rows}) for i in range(3))

    def true_count(self, accounts=None, regions=None, dates=None):
        return sum(rows for (account, region, date), rows in self.rows.items()
                   if (not accounts or account in accounts) and (not regions or region in regions)
                   and (not dates or date in dates))

    def count(self, table, where):
        return self._ask(table, where).rows[0][0]

    def _ask(self, table, where):
        """Counts a column, so that the files have to be read."""
        return self.trino.run(f"SELECT count(eventid) FROM {table} WHERE {where}")

    def exactly(self, what, table, where, accounts=None, regions=None, dates=None):
        """The partitions of the product are listed, those that hold rows are read, no others."""
        asked = set(product(accounts or self.accounts, regions or self.regions, dates or self.dates))
        with self.watch.watching() as seen:
            answer = self._ask(table, where)
        ((rows,),) = answer.rows
        listed, read = seen.partitions("list"), seen.partitions("read")
        check(listed == asked, f"{what}: listed {sorted(listed - asked)}, did not list {sorted(asked - listed)}")
        check(read == asked & set(self.rows), f"{what}: read {sorted(read)}")
        check(rows == self.true_count(accounts, regions, dates) > 0, f"{what}: {rows} rows")
        check(answer.physical_bytes == seen.bytes_read,
              f"{what}: Trino says {answer.physical_bytes} bytes, {seen.bytes_read} came by")
        print(f"  {what}: {len(listed)} partitions listed, {len(read)} read, {rows} rows,"
              f" {seen.bytes_read:,} bytes, as Trino counts them")
