"""Remarks: what was unusual in the planner's files, and what was made of it, so that nothing is lost in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pandas as pd

from walkcircle.tables import Remarks

#: A note names so many rows; the table of remarks names all.
NAMED_ROWS = 6


@dataclass(frozen=True)
class Remark:
    """One kind of unusual thing in one file.

    Attributes
    ----------
    file
        The file's name.
    row_word
        What its reader counts: ``line`` of a text file, ``row`` of a workbook, ``feature`` of a layer.
    column
        The file's column, or None where it is about whole rows.
    what
        What it is and what was made of it, in a few words.
    written
        What stands there, by the number of the row.
    used
        False where the rows were left out.
    """

    file: str
    row_word: str
    column: str | None
    what: str
    written: pd.Series
    used: bool = True


Report = Callable[[Remark], None]


def tell_nobody(_: Remark) -> None:
    """Let a remark go, for a reader who wants the table alone."""


def describe_remarks(remarks: Iterable[Remark]) -> list[str]:
    """Return one sentence for each kind of unusual thing in each file, those that cost rows first.

    Examples
    --------
    >>> spaces = Remark("parks.csv", "line", "name", "spaces around the text were cut off", pd.Series({2: " a"}))
    >>> describe_remarks([spaces])
    ['parks.csv: spaces around the text were cut off (line 2).']
    """
    rows: dict[tuple[bool, str, str, str], set[int]] = {}
    for remark in remarks:
        key = (remark.used, remark.file, remark.what, remark.row_word)
        rows.setdefault(key, set()).update(int(row) for row in remark.written.index)
    ordered = sorted(rows.items(), key=lambda item: item[0][0])  # stable: else in the order of reading
    return [f"{file}: {what} ({_name_rows(word, found)})." for (_, file, what, word), found in ordered]


def list_remarks(remarks: Iterable[Remark]) -> pd.DataFrame:
    """Return every remark as a table, one row per cell or row of the file.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Remarks`.
    """
    parts = [
        pd.DataFrame(
            {
                Remarks.in_file: remark.file,
                Remarks.in_row: remark.written.index.to_numpy(dtype="int64"),
                Remarks.in_column: pd.Series(remark.column, index=remark.written.index, dtype=object).to_numpy(),
                Remarks.as_written: remark.written.astype(object).to_numpy(),
                Remarks.remarked: remark.what,
                Remarks.used: remark.used,
            }
        )
        for remark in remarks
    ]
    if not parts:
        return pd.DataFrame(columns=[*map(str, Remarks.columns())])
    return pd.concat(parts, ignore_index=True)


def _name_rows(word: str, rows: set[int]) -> str:
    """Name the first rows, and say how many more there are.

    >>> _name_rows("line", {2, 5, 3}), _name_rows("line", {2})
    ('lines 2, 3 and 5', 'line 2')
    """
    first = [f"{row}" for row in sorted(rows)[:NAMED_ROWS]]
    if len(rows) > NAMED_ROWS:
        return f"{word}s {', '.join(first)} and {len(rows) - NAMED_ROWS:,} more"
    if len(first) == 1:
        return f"{word} {first[0]}"
    return f"{word}s {', '.join(first[:-1])} and {first[-1]}"
