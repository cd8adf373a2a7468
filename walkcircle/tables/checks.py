"""Tables checked at the door: which column, which row, what is wrong and what to do."""

from __future__ import annotations

from math import inf
from numbers import Real
from typing import TYPE_CHECKING, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd

from walkcircle.errors import TableError

if TYPE_CHECKING:
    import pandera.pandas as pa

    from walkcircle.tables.columns import Column, Table

Frame = TypeVar("Frame", bound=pd.DataFrame)


def check_table(frame: Frame, table: type[Table], *, where: str) -> Frame:
    """Return `frame` if it is a valid `table`, else say which column, which row and what to do.

    Parameters
    ----------
    frame
        Any frame; extra columns are kept.
    table
        The declaration to check against.
    where
        What the frame is, for the message (a file name, ``residences``, …).

    Raises
    ------
    TableError
        A column is missing, or a value has the wrong type or is out of range; a geometry is missing,
        in degrees, empty, or crosses itself.
    """
    for column in table.columns():
        if column not in frame.columns and not column.optional:
            known = ", ".join(map(str, frame.columns))
            msg = f"{where}: column '{column}' ({column.meaning}) is missing; the columns are: {known}"
            raise TableError(msg)
    _check_values(frame, table, where)
    if isinstance(frame, gpd.GeoDataFrame) and any(c.dtype == "geometry" for c in table.columns()):
        check_geometry(frame, where=where)
    return frame


def check_series(series: pd.Series, *, where: str, nullable: bool = False, unique: bool = True) -> pd.Series:
    """Return `series` as floats if it holds usable amounts, else say which row and what to do.

    Parameters
    ----------
    series
        Amounts by label: people, capacities, minutes.
    where
        What they are, for the message.
    nullable
        An amount may be missing; it then means *unknown*, never zero.
    unique
        No label occurs twice.

    Raises
    ------
    TableError
        An amount is missing, negative, infinite or no number; a label occurs twice.

    Examples
    --------
    >>> check_series(pd.Series({"a": 3, "b": None}), where="capacities", nullable=True).to_list()
    [3.0, nan]
    """
    cure = "give a number of at least 0, or leave it out if unknown" if nullable else "give a number of at least 0"
    absent = series.isna().to_numpy()
    amounts = pd.to_numeric(series, errors="coerce").astype(float)
    values = amounts.to_numpy()
    wrong = np.isinf(values) | (values < 0) | (np.isnan(values) & ~absent)
    if not nullable:
        wrong |= absent
    if wrong.any():
        row = int(wrong.argmax())
        msg = f"{where}: row {_plain(series.index[row])!r} is {_plain(series.iloc[row])!r}; {cure}"
        raise TableError(msg)
    if unique and not series.index.is_unique:
        label = series.index[series.index.duplicated()][0]
        msg = f"{where}: row {_plain(label)!r} occurs twice; sum or remove the rows"
        raise TableError(msg)
    return amounts


def check_geometry(frame: gpd.GeoDataFrame, *, where: str) -> None:
    """Refuse geometry without a metric CRS, and empty or self-crossing shapes.

    Raises
    ------
    TableError
        With the row's index label and the cure.
    """
    if frame.crs is None:
        msg = f"{where}: no coordinate reference system; set one with .set_crs()"
        raise TableError(msg)
    if not frame.crs.is_projected:
        name = frame.crs.to_string()
        msg = f"{where}: coordinates are in degrees ({name}); project first: .to_crs(frame.estimate_utm_crs())"
        raise TableError(msg)
    shapes = frame.geometry
    empty = shapes.isna() | shapes.is_empty
    if empty.any():
        msg = f"{where}: row {_plain(empty.idxmax())!r} has no geometry; remove the row or give it one"
        raise TableError(msg)
    crossed = ~shapes.is_valid
    if crossed.any():
        msg = f"{where}: the shape of row {_plain(crossed.idxmax())!r} crosses itself; mend it with .make_valid()"
        raise TableError(msg)


def _check_values(frame: pd.DataFrame, table: type[Table], where: str) -> None:
    """Run the pandera schema of `table` over the columns that are there."""
    # pandera takes half a second to import, which `walkcircle --help` should not pay
    import pandera.pandas as pa

    declared = [c for c in table.columns() if c in frame.columns and c.dtype != "geometry"]
    schema = pa.DataFrameSchema({str(c): _pandera_column(c) for c in declared})
    plain = pd.DataFrame({str(c): frame[c].to_numpy() for c in declared})
    try:
        schema.validate(plain, lazy=True)
    except pa.errors.SchemaErrors as error:
        first = error.failure_cases.iloc[0]
        column = next(c for c in declared if c == first["column"])
        row = "" if pd.isna(first["index"]) else f", row {_plain(frame.index[int(first['index'])])!r}"
        msg = f"{where}: column '{column}'{row}: {_plain(first['failure_case'])!r} should be {_expected(column)}"
        raise TableError(msg) from None


def _plain(value: object) -> object:
    """Return a NumPy number as Python's own, which reads better in a sentence."""
    return value.item() if isinstance(value, np.generic) else value


def _pandera_column(column: Column) -> pa.Column:
    import pandera.pandas as pa

    checks = []
    if column.low is not None:
        checks.append(pa.Check.ge(column.low))
    if column.high is not None:
        checks.append(pa.Check.le(column.high))
    if column.dtype in {"number", "count"}:
        checks.append(pa.Check(_is_number, element_wise=True))
    return pa.Column(None, checks, nullable=column.nullable, unique=column.unique)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and abs(float(value)) != inf


def _expected(column: Column) -> str:
    """Say in words what a value of `column` should be."""
    words = {"text": "a text", "number": "a number", "count": "a whole number", "flag": "true or false"}
    text = words.get(column.dtype, column.dtype)
    if column.low is not None:
        text += f" of at least {column.low:g}"
    if column.high is not None:
        text += f" and at most {column.high:g}"
    if column.unit:
        text += f" ({column.unit})"
    if column.unique:
        text += ", different in each row"
    return text if column.nullable else f"{text}, never missing"
