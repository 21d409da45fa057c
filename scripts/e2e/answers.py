"""Answers of two engines held against each other."""

import math
from collections import Counter
from datetime import datetime


class Wrong(Exception):
    """What is wrong with an answer."""


def value(cell):
    return cell.strftime("%Y-%m-%d %H:%M:%S.") + f"{cell.microsecond // 1000:03}" if isinstance(cell, datetime) else cell


def in_order(rows):
    """Rows in an order that does not depend on the last digits of a number."""
    digits = lambda cell: f"{cell:.9g}" if isinstance(cell, (int, float)) else str(cell)
    return sorted((tuple(map(value, row)) for row in rows), key=lambda row: [*map(digits, row)])


def same(one, other):
    numbers = [isinstance(cell, (int, float)) and not isinstance(cell, bool) for cell in (one, other)]
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9) if all(numbers) else one == other


def compare(rows, expected, of, by="Trino"):
    """Both as bags of rows."""
    rows, expected = in_order(rows), in_order(expected)
    if len(rows) != len(expected):
        raise Wrong(f"{len(rows)} rows from {by}, {len(expected)} from {of}; e.g. {unlike(rows, expected)}")
    for row, other in zip(rows, expected):
        if len(row) != len(other) or not all(map(same, row, other)):
            raise Wrong(f"from {by} {row}, from {of} {other}")


def unlike(rows, expected):
    more, fewer = Counter(rows) - Counter(expected), Counter(expected) - Counter(rows)
    return next(iter(more or fewer))
