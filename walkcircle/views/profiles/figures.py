"""Figures: numbers and texts out of tables that may lack a column, a row or a value."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from walkcircle.analysis import Analysis
from walkcircle.tables import CommunityCoverage, Gaps

if TYPE_CHECKING:
    from numpy.typing import NDArray


def list_rows(table: pd.DataFrame, of: type[CommunityCoverage | Gaps]) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Return the rows of a table by community, kind and walker; the first of several."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    rows: list[dict[str, Any]] = table.to_dict("records")  # type: ignore[assignment]  # columns are texts
    for row in rows:
        found.setdefault((row[str(of.community)], row[str(of.kind)], row[str(of.walker)]), row)
    return found


def pick_first_walker(answer: Analysis, table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the rows of the first walker."""
    return table[table[column] == answer.study.walkers[0].name]


def read_numbers(frame: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return a column as floats, all missing where there is none."""
    if column not in frame:
        return np.full(len(frame), nan)
    return np.asarray(pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float, na_value=nan))


def read_texts(frame: pd.DataFrame, column: str) -> list[str | None]:
    """Return a column as texts, None where there is none."""
    if column not in frame:
        return [None] * len(frame)
    return [None if pd.isna(value) or str(value) == "" else str(value) for value in frame[column]]


def to_number(value: Any) -> float:
    """Return a float, missing for nothing."""
    return nan if value is None or pd.isna(value) else float(value)


def share_parts(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide parts by their wholes; missing where the whole is nothing."""
    return np.asarray(np.divide(part, whole, out=np.full(len(whole), nan), where=whole > 0))
