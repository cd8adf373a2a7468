"""The list of idle land and buildings, read whole or refused like the planner's other registers."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from walkcircle.candidates import ANY_KIND, KIND_MARK
from walkcircle.errors import TableError
from walkcircle.place import assign_communities
from walkcircle.sources.cells import (
    NO_WORDS,
    NOTHING,
    make_plain,
    read_flags,
    read_storeys,
    read_years,
)
from walkcircle.sources.registers import (
    How,
    describe_stranger,
    drop_repeated,
    locate_file,
    name_kinds,
    read_rows,
)
from walkcircle.sources.remarks import Report, tell_nobody
from walkcircle.sources.rows import POINTS_AND_AREAS, Rows
from walkcircle.standards import Standard
from walkcircle.study import SitingSection
from walkcircle.tables import Candidates, Column

#: Words of a list for any kind, in plain letters.
ANY_WORDS = frozenset({"*", "any", "all", "不限", "任意", "均可", "皆可", "各类", "全部"})
#: What parts several kinds in one cell.
PARTED = re.compile(r"[;；、|,，\n]")


def read_candidates(
    section: SitingSection,
    communities: gpd.GeoDataFrame,
    standard: Standard,
    *,
    folder: Path,
    crs: pyproj.CRS,
    report: Report = tell_nobody,
) -> gpd.GeoDataFrame:
    """Read the list of idle land and buildings; what it does not say is missing.

    Rows without a usable place are left out and listed, as in a register of facilities.

    Parameters
    ----------
    section
        The file, its columns, and how its words translate into kinds.
    communities
        :class:`~walkcircle.tables.Communities` in `crs`; a site is in the one that it lies in.
    standard
        The kinds that there are.
    folder
        Where the file's path starts.
    crs
        Metric CRS of the result.
    report
        Called with what is unusual in the file, and with what was left out.

    Returns
    -------
    GeoDataFrame
        :class:`~walkcircle.tables.Candidates`; further columns as in
        :func:`~walkcircle.sources.registers.read_residences`. Costs are in whole currency.

    Raises
    ------
    SourceError
        The file is not there or cannot be read.
    StudyError
        `kinds` names a kind that the standard does not have.
    TableError
        A column is missing, a row cannot be meant, or there are costs and no currency.
    """
    for kind in section.kinds.values():
        standard.kind(kind)
    path = locate_file(section.file, folder, "siting")
    named = {
        Candidates.area_m2: section.area_m2,
        Candidates.floor_m2: section.floor_m2,
        Candidates.level: section.level,
        Candidates.kinds: section.allowed,
        Candidates.shared: section.shared,
        Candidates.from_year: section.from_year,
        Candidates.capex: section.capex,
        Candidates.opex: section.opex,
        Candidates.ownership: section.ownership,
        Candidates.barrier_free: section.barrier_free,
    }
    wanted = (section.id, section.name, section.lon, section.lat, *named.values())
    how = How(section.lon, section.lat, section.crs, section.encoding, section.sheet, spare=True)
    rows = read_rows(path, how, wanted, report).placed(crs, allowed=POINTS_AND_AREAS, spare=True)
    rows = drop_repeated(rows, section.id, same=[section.name])
    ids = rows.ids(section.id, prefix=section.register or path.name)
    rows.refuse_twice(ids, ids)
    has_names = section.name != SitingSection.name or rows.has(section.name)
    # a column that the study does not name is that of the table's own name, where there is one
    in_file = {column: name or (str(column) if rows.has(str(column)) else None) for column, name in named.items()}
    readers = _choose_readers(section, standard)
    own = {
        Candidates.candidate: ids,
        Candidates.name: rows.texts(section.name, Candidates.name) if has_names else rows.constant(None),
        **{c: _fill_nothing(rows, c) if name is None else readers[c](rows, name, c) for c, name in in_file.items()},
        Candidates.source: rows.constant(section.register or path.name),
        Candidates.community: assign_communities(gpd.GeoDataFrame(geometry=rows.frame.geometry), communities),
    }
    own[Candidates.area_m2] = _fill_areas(own[Candidates.area_m2], rows)
    own = {column: own[column] for column in Candidates.columns() if column in own}
    return rows.table(Candidates, own, used={section.id, section.name, *in_file.values()})


_Reader = Callable[[Rows, str, Column], pd.Series]


def _choose_readers(section: SitingSection, standard: Standard) -> dict[Column, _Reader]:
    """Return what reads each column that a list may have."""
    costs = partial(_read_costs, section=section)
    return {
        Candidates.area_m2: Rows.numbers,
        Candidates.floor_m2: Rows.numbers,
        Candidates.level: partial(_read_levels, ground=section.ground_level),
        Candidates.kinds: partial(_read_kinds, section=section, standard=standard),
        Candidates.shared: _read_shared,
        Candidates.from_year: _read_from_years,
        Candidates.capex: costs,
        Candidates.opex: costs,
        Candidates.ownership: _read_words,
        Candidates.barrier_free: _read_barrier_free,
    }


def _fill_nothing(rows: Rows, column: Column) -> pd.Series:
    """Return a column of which the list says nothing."""
    dtype = {"number": "float64", "count": "Int64", "flag": "boolean"}.get(column.dtype, "object")
    return pd.Series(None, index=rows.frame.index, dtype=dtype)


def _fill_areas(listed: pd.Series, rows: Rows) -> pd.Series:
    """Take the area of a shape where the list gives none; a point has none that is known."""
    shapes = rows.frame.geometry.to_numpy()
    drawn = pd.Series(shapely.area(shapes).round(1), index=listed.index)
    return listed.where(listed.notna() | (shapely.get_dimensions(shapes) < 2), drawn)


def _read_levels(rows: Rows, name: str, column: Column, *, ground: int) -> pd.Series:
    cure = "write its number, the ground floor as 1 and the first below it as -1"
    if ground == 1:
        zero = rows.texts(name, column).isin(["0", "0.0"])
        rows.refuse(
            zero,
            lambda _: (
                f"'{name}' is 0, which no storey is where the ground floor is 1; if it is the ground floor, "
                "add ground_level = 0"
            ),
        )
    return rows.meanings(name, column, partial(read_storeys, ground=ground), cure).astype(float)


def _read_from_years(rows: Rows, name: str, column: Column) -> pd.Series:
    years = rows.meanings(name, column, read_years, "write it as YYYY").astype("Int64")
    low = column.low or 0
    rows.refuse(
        (years < low).fillna(value=False).astype(bool),
        lambda row: f"'{name}' is {years[row]}; write the year with four digits",
    )
    return years


def _read_barrier_free(rows: Rows, name: str, column: Column) -> pd.Series:
    return rows.meanings(name, column, read_flags, "write yes or no").astype("boolean")


def _read_words(rows: Rows, name: str, column: Column) -> pd.Series:
    """Return a column as texts; words for nothing are missing."""
    words = rows.texts(name, column)
    empty = words.map(lambda word: isinstance(word, str) and make_plain(word).lower() in NOTHING).astype(bool)
    rows.tell(name, "words for 'none' (such as -, 无, N/A) were read as not known", words[empty])
    return words.where(~empty, None)


def _read_shared(rows: Rows, name: str, column: Column) -> pd.Series:
    """Return when a site may be used beside its owner's use; every word for no is ``no``."""
    words = _read_words(rows, name, column)
    alone = words.map(lambda word: isinstance(word, str) and make_plain(word).lower() in NO_WORDS).astype(bool)
    return words.where(~alone, "no")


def _read_costs(rows: Rows, name: str, column: Column, *, section: SitingSection) -> pd.Series:
    """Return costs in whole currency."""
    costs = rows.numbers(name, column)
    if section.currency is None and costs.notna().any():
        cure = 'add currency = "CNY" under [siting]'
        msg = f"{rows.name}: '{name}' holds costs, and nothing says in which money; {cure}"
        raise TableError(msg)
    if section.costs_in != 1:
        words = rows.texts(name, column)
        rows.refuse(
            words.str.contains("万", na=False).astype(bool),
            lambda row: (
                f"'{name}' is '{words[row]}', and costs_in = {section.costs_in:g} says that numbers stand for "
                "more already; write the number alone, or leave out costs_in"
            ),
        )
    return costs * section.costs_in


def _read_kinds(rows: Rows, name: str, column: Column, *, section: SitingSection, standard: Standard) -> pd.Series:
    """Return the ids of the kinds that each site may hold, in the order of the standard."""
    words = _read_words(rows, name, column)
    order = [kind.id for kind in standard.kinds]
    found: dict[str, str] = {}
    strange: dict[str, str] = {}
    for cell in words.dropna().unique():
        parts = [part.strip() for part in PARTED.split(cell) if part.strip()]
        # a translated word may itself hold a mark that parts
        whole = name_kinds([cell], section.kinds, standard)[cell]
        meant = {cell: whole} if whole is not None else name_kinds(parts, section.kinds, standard)
        if all(make_plain(part).lower() in ANY_WORDS for part in parts):
            found[cell] = ANY_KIND
            continue
        stray = next((part for part, kind in meant.items() if kind is None), None)
        if stray is not None:
            strange[cell] = stray
        found[cell] = KIND_MARK.join(sorted({kind for kind in meant.values() if kind}, key=order.index))
    rows.refuse(words.isin(list(strange)).astype(bool), lambda row: describe_stranger(strange[words[row]], standard))
    return words.map(found).astype(object)
