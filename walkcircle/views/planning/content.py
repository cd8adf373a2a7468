"""Content: what a plan says, as sentences and listings that know nothing of pages, documents or workbooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import isnan
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Final, Literal

import pandas as pd

from walkcircle.views.findings import write_index, write_share
from walkcircle.views.names import clean_name
from walkcircle.views.sheets import write_count

if TYPE_CHECKING:
    from walkcircle.views.planning.drawing import Drawing

#: How a value is written; the value itself is that of the table.
Form = Literal[
    "text",
    "page",
    "count",
    "year",
    "people",
    "share",
    "gap",
    "money",
    "points",
    "index",
    "minutes",
    "ratio",
    "number",
    "degrees",
]

#: One cell: None is not known, which is never zero.
Value = str | int | float | None

#: What stands where nothing is known.
UNKNOWN = "–"

#: Longest text of a cell and of a sentence; a page should not be one name.
LONGEST_CELL, LONGEST_SENTENCE = 300, 1500


@dataclass(frozen=True)
class Head:
    """The head of a column.

    Attributes
    ----------
    label
        What it says.
    form
        How its values are written.
    of
        The column of a table of :mod:`walkcircle.tables` that its values are from, or another name for them.
    spare
        A page leaves the column out where nothing of it is known; the workbook keeps it.
    is_inner
        Only the workbook has the column.
    """

    label: str
    form: Form = "text"
    of: str = ""
    spare: bool = False
    is_inner: bool = False


@dataclass(frozen=True)
class Listing:
    """A table as it is read: heads, rows of values, and a note.

    Attributes
    ----------
    id
        Identifier, which is also its place on the page.
    title, heads, rows, note
        What it says; each row has a value for each head.
    shown
        So many rows are shown on a page and in the document; the workbook has all.
    """

    id: str
    title: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[Value, ...], ...]
    note: str = ""
    shown: int = 60

    def trim(self) -> Listing:
        """Return the listing as a page has it: not endless, without inner and unknown columns."""
        kept = [
            number
            for number, head in enumerate(self.heads)
            if not head.is_inner and (not head.spare or any(row[number] not in {None, ""} for row in self.rows))
        ]
        rows = tuple(tuple(row[number] for number in kept) for row in self.rows[: self.shown])
        return replace(self, heads=tuple(self.heads[number] for number in kept), rows=rows)


@dataclass(frozen=True)
class Sentence:
    """Some sentences that belong together; a ``finding`` stands out, a ``quiet`` one says what is not known."""

    text: str
    mood: Literal["plain", "finding", "quiet"] = "plain"


@dataclass(frozen=True)
class Section:
    """One of the fifteen sections of a plan."""

    number: int
    title: str
    sentences: tuple[Sentence, ...]
    listings: tuple[Listing, ...] = ()
    drawing: Drawing | None = None


def clean_value(value: Any) -> Value:
    r"""Return a value of a table as a cell holds it: None for what is missing, texts without control characters.

    An empty text is one: nothing to read, as where a mark is not set.

    Examples
    --------
    >>> clean_value(float("nan")), clean_value("a\x00b"), clean_value(3)
    (None, 'ab', 3)
    """
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    if isinstance(value, str):
        return clean_name(value, longest=LONGEST_CELL) or (None if value else "")
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else clean_name(value, longest=LONGEST_CELL)


def write_value(value: Value, form: Form) -> str:
    """Write a value as it is read; what is not known is a dash.

    Examples
    --------
    >>> write_value(1234.4, "people"), write_value(None, "money"), write_value(2027, "year")
    ('1,234', '–', '2027')
    >>> write_value(3.14159, "points"), write_value(0.0004, "gap"), write_value(0, "gap")
    ('+3.1', '<0.1 %', '0 %')
    """
    if isinstance(value, str):
        return value
    if value is None or isnan(value):
        return UNKNOWN
    return _WRITERS.get(form, write_count)(float(value))


def _write_gap(share: float) -> str:
    """Write a proven gap with one decimal; only nothing reads as nothing."""
    if share == 0:
        return "0 %"
    return "<0.1 %" if share < 0.001 else f"{100 * share:.1f} %"


def _write_points(points: float) -> str:
    """Write a change with its sign and one decimal."""
    return "0" if round(points, 1) == 0 else f"{points:+,.1f}".replace("-", "−")


#: How each form is written; people, counts and money in whole.
_WRITERS: Final[Mapping[Form, Callable[[float], str]]] = {
    "year": "{:.0f}".format,
    "share": write_share,
    "gap": _write_gap,
    "points": _write_points,
    "index": write_index,
    "minutes": "{:,.1f}".format,
    "ratio": "{:.2f}".format,
    "number": "{:,.4g}".format,
    "degrees": "{:.5f}".format,
}
