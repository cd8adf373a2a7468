"""The planner's own files: residences, communities, registers of facilities and the study area.

Every row counts. A file is read, or refused with one sentence that names the file, the row as the reader counts it
(the line of a CSV, the row of a workbook, else the feature from 1 on) and the cure. What had to be interpreted, and
what had to be left out, is reported with its rows (:mod:`walkcircle.sources.remarks`); nothing goes in silence.

This is what becomes of what is found in real registers. *Read*: it has one meaning, which is taken and reported.
*Left out*: facilities alone, up to one row in ten of a file, each listed with its reason; more are refused, and so is
every one of them among residences and communities, whose people would vanish. *Not known*: the cell is empty, the row
stays; up to one cell in ten, and only where the column may be unknown. *Refused*: the file as a whole.

====================================================== ==========  ====================================================
what is found                                          outcome     what is said
====================================================== ==========  ====================================================
blank rows                                             read        blank rows were passed over
a title above the header                               read        what stands above the header was passed over
a header of two rows                                   read        the header of two rows was read as one
sums, signatures and titles between the rows           left out    sums, signatures and titles between the rows
spaces of any width around the text                    read        spaces around the text
full-width digits                                      read        full-width digits were read as digits
thousands separators                                   read        thousands separators were taken out
units behind numbers                                   read        units behind numbers were read with them
words for none in a column that may be unknown         read        words for 'none'
words for none in a column that must be known          refused     is missing; write it down
text where a number may be unknown                     not known   what is no number was taken as not known
text where a number must be known                      refused     not a number; write digits and a point
an error of the spreadsheet in a needed column         refused     an error of the spreadsheet
degrees, minutes and seconds                           read        degrees, minutes and seconds were turned into degrees
no coordinates                                         left out    rows without coordinates that can be read
longitude and latitude swapped                         left out    look swapped were left out
coordinates at 0, 0 or far away                        left out    rows that lie at 0, 0 or far away
metres in the column of longitude                      refused     cannot be degrees
coordinates in an undeclared GCJ-02 or BD-09           refused     declare it with crs =
identifiers that became 330102001.0                    read        lost their '.0'
identifiers cut short to 3.30102E+11                   refused     an identifier that a spreadsheet has cut short
one identifier twice, the row repeated                 left out    rows that repeat another were left out
one identifier twice, with different names             refused     stands already in
one identifier in two places                           refused     stands for another place
a merged cell over texts                               read        cells below a merged one were filled with its text
a merged cell over numbers                             refused     is one merged cell over several rows
dates in many ways                                     read        2024-03-01, 2024/3/1, 2024年3月1日, 20240301, 45352
facilities that are closed                             left out    were closed before
facilities that are not yet open                       left out    were not yet open on
kinds with stray spaces or full-width letters          read        kinds were read without spaces and in plain letters
a word that is no kind                                 refused     is not a kind of the standard
text that was saved in a wrong encoding                refused     text that was saved in a wrong encoding
a column name that stands twice, and is used           refused     stands twice in the header
GBK instead of UTF-8                                   read        the text was found to be in gb18030
an encoding that is not sure                           refused     neither UTF-8 nor surely GBK
====================================================== ==========  ====================================================
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from walkcircle.errors import SourceError, StudyError, TableError
from walkcircle.groups import GROUPS
from walkcircle.sources.cells import make_plain
from walkcircle.sources.layers import LAYER_FILES, read_layer
from walkcircle.sources.offsets import ON_MAP_M, choose_reading, compare_readings
from walkcircle.sources.remarks import Report, tell_nobody
from walkcircle.sources.rows import AREAS, POINTS_AND_AREAS, Rows
from walkcircle.sources.sheets import TEXT_FILES, WORKBOOKS, read_sheet
from walkcircle.standards import Standard
from walkcircle.study import CommunitiesSection, FacilitiesSection, NeedsSection, ResidencesSection
from walkcircle.tables import Column, Communities, Facilities, Residences

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Datums that shift, and how all are spelled.
SHIFTED = frozenset({"gcj02", "bd09"})
SPELLED: Mapping[str, str] = {"wgs84": "WGS 84", "gcj02": "GCJ-02", "bd09": "BD-09"}
#: Neighbouring communities may share slivers up to this share of the smaller one.
SLIVER_SHARE = 0.01
#: What a column of numbers per group holds; all residents are counted like a group.
_COUNTS: Mapping[str, Column] = {
    "all": Column("all", "number", "residents", low=0, nullable=True),
    **{group: getattr(Residences, group) for group in GROUPS},
}


def read_residences(
    section: ResidencesSection, *, folder: Path, crs: pyproj.CRS, report: Report = tell_nobody
) -> gpd.GeoDataFrame:
    """Read where people live from the planner's file.

    Parameters
    ----------
    section
        The file and its columns.
    folder
        Where the file's path starts.
    crs
        Metric CRS of the result.
    report
        Called with what is unusual in the file.

    Returns
    -------
    GeoDataFrame
        :class:`~walkcircle.tables.Residences`; further columns of the file are kept, those that bear a
        name of the table's own with ``_in_file`` behind it.

    Raises
    ------
    SourceError
        The file is not there or cannot be read.
    TableError
        A column is missing, or a row cannot be meant.
    """
    path = locate_file(section.file, folder, "residences")
    wanted = (section.id, section.population, section.estate, section.lon, section.lat, *section.groups.values())
    how = How(section.lon, section.lat, section.crs, section.encoding, section.sheet)
    rows = read_rows(path, how, wanted, report).placed(crs, allowed=POINTS_AND_AREAS)
    ids = rows.ids(section.id, prefix=path.name)
    rows.refuse_twice(ids, ids)
    own = {
        Residences.residence: ids,
        Residences.population: rows.numbers(section.population, Residences.population),
        Residences.source: rows.constant(path.name),
    }
    groups = {getattr(Residences, group): column for group, column in section.groups.items()}
    more, used = _read_more(rows, {Residences.dwellings: None, Residences.estate: section.estate, **groups})
    return rows.table(Residences, own | more, used={section.id, section.population, *used})


def read_communities(
    section: CommunitiesSection, *, folder: Path, crs: pyproj.CRS, report: Report = tell_nobody
) -> gpd.GeoDataFrame:
    """Read the areas that are scored from the planner's file.

    A community is called by the column `name`; where the section gives none, by the file's column
    ``name`` if there is one, else by its identifier. Areas may share slivers, not ground.

    Parameters
    ----------
    section
        The file and its columns.
    folder
        Where the file's path starts.
    crs
        Metric CRS of the result.
    report
        Called with what is unusual in the file.

    Returns
    -------
    GeoDataFrame
        :class:`~walkcircle.tables.Communities`; further columns as in :func:`read_residences`.

    Raises
    ------
    SourceError
        The file is not there or cannot be read.
    TableError
        A column is missing, a row cannot be meant, or two communities overlap.
    """
    path = locate_file(section.file, folder, "communities")
    how = How(None, None, section.crs, section.encoding, None)
    rows = read_rows(path, how, (), report).placed(crs, allowed=AREAS)
    ids = rows.ids(section.id, prefix=path.name)
    rows.refuse_twice(ids, ids)
    own = {Communities.community: ids, Communities.name: ids}
    further = {
        Communities.households: section.households,
        Communities.subdistrict: section.subdistrict,
        Communities.district: section.district,
    }
    if section.name or rows.has(Communities.name):
        further[Communities.name] = section.name
    if section.population:
        further[Communities.population] = section.population
    more, used = _read_more(rows, further)
    # the population that is not asked for is another column of the file
    communities = rows.table(Communities, own | more, used={section.id, section.name, section.population, *used})
    _refuse_overlaps(communities, where=path.name)
    return communities


def read_facilities(
    section: FacilitiesSection,
    standard: Standard,
    *,
    folder: Path,
    crs: pyproj.CRS,
    on: date | None = None,
    report: Report = tell_nobody,
) -> gpd.GeoDataFrame:
    """Read one register of facilities.

    A facility that is of several kinds has one row for each, with the same identifier and place.

    Parameters
    ----------
    section
        The file, its columns, and how its words translate into kinds.
    standard
        The kinds that there are.
    folder
        Where the file's path starts.
    crs
        Metric CRS of the result.
    on
        Day of the check-up: what was closed before it, or opened after it, is left out.
    report
        Called with what is unusual in the file, and with what was left out.

    Returns
    -------
    GeoDataFrame
        :class:`~walkcircle.tables.Facilities`; further columns as in :func:`read_residences`.

    Raises
    ------
    SourceError
        The file is not there or cannot be read.
    StudyError
        `only` or `kinds` names a kind that the standard does not have.
    TableError
        A column is missing, a row cannot be meant, or there are dates and no day of the check-up.
    """
    for kind in (*section.kinds.values(), *([section.only] if section.only else [])):
        standard.kind(kind)
    path = locate_file(section.file, folder, "facilities")
    kind_column = None if section.only else section.kind
    wanted = (
        section.id, section.name, kind_column, section.lon, section.lat,
        section.capacity, section.floor_m2, section.opened, section.closed,
    )  # fmt: skip
    how = How(section.lon, section.lat, section.crs, section.encoding, section.sheet, spare=True)
    rows = read_rows(path, how, wanted, report)
    rows, times = _leave_out_by_date(rows, section, on)
    rows = rows.placed(crs, allowed=POINTS_AND_AREAS, spare=True)
    same = (section.name, None if section.only else section.kind)
    rows = drop_repeated(rows, section.id, same=same)
    kinds = rows.constant(section.only) if section.only else translate_kinds(rows, section, standard)
    ids = rows.ids(section.id, prefix=section.register or path.name)
    rows.refuse_twice(ids + "\n" + kinds, ids)
    _refuse_one_id_in_two_places(rows, ids)
    has_names = section.name != FacilitiesSection.name or rows.has(section.name)
    own = {
        Facilities.facility: ids,
        Facilities.kind: kinds,
        Facilities.name: rows.texts(section.name, Facilities.name) if has_names else rows.constant(None),
        Facilities.source: rows.constant(section.register or path.name),
        Facilities.source_row: rows.row_names(),
    }
    own |= {column: days[rows.frame.index] for column, days in times.items()}
    more, used = _read_more(rows, {Facilities.capacity: section.capacity, Facilities.floor_m2: section.floor_m2})
    dated = {section.opened or Facilities.opened, section.closed or Facilities.closed} if times else set()
    return rows.table(Facilities, own | more, used={section.id, section.name, kind_column, *used, *dated})


def read_counts(
    path: Path, *, community: str, columns: Mapping[str, str], report: Report = tell_nobody
) -> pd.DataFrame:
    """Read a table of people by community: the column `community` becomes the index, groups name the columns.

    Raises
    ------
    SourceError
        The file is not there or cannot be read.
    TableError
        A column is missing, a cell is no number, or a community stands twice.
    """
    rows = read_sheet_rows(path, [community, *columns.values()], report)
    counts = {group: rows.numbers(name, _COUNTS[group]) for group, name in columns.items()}
    ids = rows.ids(community, prefix=path.name)
    rows.refuse_twice(ids, ids)
    return pd.DataFrame(counts).set_axis(pd.Index(ids), axis=0)


def read_cells(
    path: Path, *, columns: Mapping[str, str], crs: pyproj.CRS, report: Report = tell_nobody
) -> gpd.GeoDataFrame:
    """Read areas that count people: groups name the columns, the rows' numbers the index.

    Raises
    ------
    SourceError
        The file is not there or cannot be read.
    TableError
        A column is missing, a number is none, or a shape is no area.
    """
    _refuse_missing(path)
    rows = _read_shapes(path, How(None, None, None, None, None), report).placed(crs, allowed=AREAS)
    counts = {group: rows.numbers(name, _COUNTS[group]) for group, name in columns.items()}
    return gpd.GeoDataFrame(counts, geometry=rows.frame.geometry, crs=crs).rename(index=lambda row: f"feature {row}")


def read_area(path: Path, *, crs: pyproj.CRS) -> BaseGeometry:
    """Read the study area: the union of all polygons of a file, in `crs`.

    Raises
    ------
    SourceError
        The file is not there or cannot be read.
    TableError
        A row is not a usable area.
    """
    rows = read_rows(path, How(None, None, None, None, None), (), tell_nobody)
    return rows.placed(crs, allowed=AREAS).frame.geometry.union_all()


def check_datum(frame: gpd.GeoDataFrame, *, file: str, crs: str | None, ground: NDArray[Any]) -> list[str]:
    """Refuse a file that clearly fits the map better in another datum; nothing is ever shifted unasked.

    Parameters
    ----------
    frame
        Places of the file, in a metric CRS.
    file
        Its name, for the message.
    crs
        What the study says about its coordinates; who declares them is told in a note, and not refused.
    ground
        Streets and buildings in the same CRS.

    Returns
    -------
    list of str
        A note where another datum fits better, yet not clearly or not as declared.

    Raises
    ------
    TableError
        Another datum fits clearly better, and the study declares none.
    """
    declared = crs.lower() if crs is not None and crs.lower() in SHIFTED else "wgs84"
    fits = compare_readings(frame.geometry, ground, declared=declared)
    choice = choose_reading(fits, declared)
    if choice is None:
        return []
    better, clear = choice
    share = {fit.datum: fit.on_map for fit in fits}
    words = (
        f"read as {SPELLED[declared]}, {share[declared]:.0%} of the places lie within {ON_MAP_M:.0f} m of a street or "
        f"a building of the map; read as {SPELLED[better]}, {share[better]:.0%}"
    )
    if clear and crs is None:
        msg = f'{file}: {words}; declare it with crs = "{better}", or with crs = "wgs84" if that is right all the same'
        raise TableError(msg)
    return [f"{file}: {words}. Check what its coordinates are in; the study reads them as {SPELLED[declared]}."]


@dataclass(frozen=True)
class How:
    """How a section says that its file is to be read; see :class:`~walkcircle.study.FacilitiesSection`.

    With `spare` up to one row in ten that has no usable place is left out and listed.
    """

    lon: str | None
    lat: str | None
    crs: str | None
    encoding: str | None
    sheet: str | None
    spare: bool = False


def locate_file(file: str | None, folder: Path, section: str) -> Path:
    """Return the path of the file that a section of a study names.

    Raises
    ------
    StudyError
        It names none.
    """
    if file is None:
        msg = f'[{section}] says source = "file" but names none; add file = "…"'
        raise StudyError(msg)
    return folder / file


def read_rows(path: Path, how: How, wanted: Collection[str | None], report: Report) -> Rows:
    """Read a file by its ending; a sheet needs `lon` and `lat`, and so cannot hold areas.

    Raises
    ------
    SourceError
        The file is not there, cannot be read, or is of a kind that is not read.
    TableError
        It is empty, or its coordinates cannot be meant.
    """
    _refuse_missing(path)
    ending = path.suffix.lower()
    if ending in TEXT_FILES | WORKBOOKS:
        if how.lon is None or how.lat is None:
            kind = "CSV" if ending in TEXT_FILES else "workbook"
            msg = f"{path.name}: a {kind} holds points, and areas are needed; save them as GeoPackage or GeoJSON"
            raise SourceError(msg)
        return _read_points(path, how, how.lon, how.lat, [name for name in wanted if name], report)
    if ending in LAYER_FILES:
        return _read_shapes(path, how, report)
    msg = (
        f"{path.name}: files ending in '{ending}' are not read; "
        "save it as CSV (UTF-8), XLSX, GeoPackage, GeoJSON, GeoParquet or Shapefile"
    )
    raise SourceError(msg)


def _read_points(path: Path, how: How, lon: str, lat: str, wanted: Collection[str], report: Report) -> Rows:
    """Read a sheet with two columns of coordinates."""
    rows = read_sheet_rows(path, wanted, report, encoding=how.encoding, sheet=how.sheet)
    return rows.with_points(lon, lat, crs=how.crs, spare=how.spare)


def read_sheet_rows(
    path: Path, wanted: Collection[str], report: Report, *, encoding: str | None = None, sheet: str | None = None
) -> Rows:
    """Read the rows of a sheet, which have no place yet.

    Raises
    ------
    SourceError
        The file is not there, cannot be read, or is empty.
    """
    _refuse_missing(path)
    found = read_sheet(path, wanted=wanted, encoding=encoding, sheet=sheet, report=report)
    _refuse_empty(path, found.rows)
    return Rows(
        path.name, gpd.GeoDataFrame(found.rows, geometry=[None] * len(found.rows)), found.row_word,
        total=len(found.rows), twice=found.twice, merged=found.merged, report=report,
    )  # fmt: skip


def _read_shapes(path: Path, how: How, report: Report) -> Rows:
    """Read a layer with shapes; texts whose encoding is not sure are refused."""
    frame, encoding = read_layer(path, encoding=how.encoding)
    _refuse_empty(path, frame)
    rows = Rows(path.name, frame, "feature", total=len(frame), report=report)
    if encoding == "unknown":
        texts = frame.drop(columns="geometry").astype(str)
        strange = texts.map(lambda text: not text.isascii()).any(axis=1)
        rows.refuse(
            strange | (not "".join(texts.columns).isascii()),
            lambda _: (
                "the text may be garbled, as no .cpg file tells its encoding; save the layer as GeoPackage, or declare "
                'it, as in encoding = "gbk"'
            ),
        )
    elif encoding is not None:
        rows.tell(None, f"the text was found to be in {encoding}", pd.Series("", index=frame.index[:1]))
    return rows.declared(how.crs)


def _read_more(rows: Rows, columns: dict[Column, str | None]) -> tuple[dict[Column, pd.Series], set[str]]:
    """Read further columns: those that the section names, and those that bear the table's own name."""
    found, used = {}, set()
    for column, name in columns.items():
        if name is None and not rows.has(str(column)):
            continue
        in_file = name or str(column)
        found[column] = rows.numbers(in_file, column) if column.dtype == "number" else rows.texts(in_file, column)
        used.add(in_file)
    return found, used


def _leave_out_by_date(rows: Rows, section: FacilitiesSection, on: date | None) -> tuple[Rows, dict[Column, pd.Series]]:
    """Leave out and list what was closed before the day of the check-up, or opened after it."""
    times: dict[Column, pd.Series] = {}
    out = pd.Series(data=False, index=rows.frame.index)
    for column, name in ((Facilities.opened, section.opened), (Facilities.closed, section.closed)):
        if name is None and not rows.has(str(column)):
            continue
        late = column == Facilities.closed
        days = rows.dates(name or str(column), column, late=late)
        dated = days.map(lambda day: isinstance(day, date)).astype(bool)
        if on is None and dated.any():
            msg = (
                f"{rows.name}: '{name or column}' holds dates, and nothing says when the check-up is; add "
                'data_date = "YYYY-MM-DD" under [place]'
            )
            raise TableError(msg)
        wrong = _are_out(days, dated, on, late=late)
        words = f"facilities that were {'closed before' if late else 'not yet open on'} {on or 'the check-up'}"
        rows.tell(name or str(column), f"{words} were left out", days[wrong].map(str), used=False)
        out |= wrong
        times[column] = days.where(dated, None).map(lambda day: day.isoformat() if isinstance(day, date) else None)
    if not times:
        return rows, {}
    return replace(rows, frame=rows.frame[~out]), times


def _are_out(days: pd.Series, dated: pd.Series, on: date | None, *, late: bool) -> pd.Series:
    """Flag the days before `on` (when `late`) or after it, and the words that say so without a day."""
    said = days.map(lambda day: day is True) if late else pd.Series(data=False, index=days.index)
    if on is not None:
        said[dated] = days[dated].map(lambda day: day < on if late else day > on).astype(bool)
    return said.astype(bool)


def drop_repeated(rows: Rows, identifier: str | None, *, same: Collection[str | None]) -> Rows:
    """Leave out and list rows with the identifier, the place and the `same` columns of an earlier one."""
    if identifier is None or not rows.has(identifier):
        return rows
    keys = rows.frame[[identifier, *(name for name in same if rows.has(name))]].astype(str)
    keys = keys.assign(place=rows.frame.geometry.to_wkb())
    again = keys.duplicated() & rows.frame[identifier].notna()
    rows.tell(identifier, "rows that repeat another were left out", rows.frame.loc[again, identifier], used=False)
    return replace(rows, frame=rows.frame[~again])


def translate_kinds(rows: Rows, section: FacilitiesSection | NeedsSection, standard: Standard) -> pd.Series:
    """Turn the register's words into kinds of the standard; a word that is none is refused."""
    words = rows.texts(section.kind, Facilities.kind)
    each = name_kinds(words.unique(), section.kinds, standard)
    kinds = words.map(each).astype(object)
    rows.refuse(kinds.isna(), lambda row: describe_stranger(words[row], standard))
    stray = ~words.isin([*(kind.id for kind in standard.kinds), *section.kinds])
    rows.tell(section.kind, "kinds were read without spaces and in plain letters", words[stray])
    return kinds


def name_kinds(words: Iterable[str], kinds: Mapping[str, str], standard: Standard) -> dict[str, str | None]:
    """Return the id of the kind that each word means by the study's translations, None where it is none."""
    exact = {**{kind.id: kind.id for kind in standard.kinds}, **kinds}
    plain = {make_plain(word): kind for word, kind in exact.items()}
    return {word: exact.get(word, plain.get(make_plain(word))) for word in words}


def describe_stranger(word: str, standard: Standard) -> str:
    """Say that a word is no kind, and how to translate it."""
    by_word = {word: kind.id for kind in standard.kinds for word in (kind.zh, kind.en, kind.id)}
    close = difflib.get_close_matches(word, by_word, n=1)
    meant = f' as in "{word}" = "{by_word[close[0]]}"' if close else ""
    return (
        f"'{word}' is not a kind of the standard '{standard.id}'; translate it under kinds{meant}; "
        f"the kinds are: {', '.join(kind.id for kind in standard.kinds)}"
    )


def _refuse_overlaps(communities: gpd.GeoDataFrame, *, where: str) -> None:
    """Refuse communities that share more than slivers, because their people would count twice."""
    shapes = communities.geometry.to_numpy()
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    first, second = first[first < second], second[first < second]
    shared = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    share = shared / np.minimum(shapely.area(shapes[first]), shapely.area(shapes[second]))
    if not (share > SLIVER_SHARE).any():
        return
    worst = share.argmax()
    names = communities[Communities.name].to_numpy()
    msg = (
        f"{where}: the communities '{names[first[worst]]}' and '{names[second[worst]]}' share "
        f"{share[worst]:.0%} of the smaller one, where people would count twice; draw one border between them"
    )
    raise TableError(msg)


def _refuse_one_id_in_two_places(rows: Rows, ids: pd.Series) -> None:
    """Refuse an identifier that stands for facilities of two places, because walks end at one."""
    shapes = gpd.GeoSeries(rows.frame.geometry)
    first = gpd.GeoSeries(shapes.groupby(ids).transform("first"), crs=shapes.crs)
    rows.refuse(
        ~shapes.geom_equals(first),
        lambda row: (
            f"the identifier '{ids[row]}' stands for another place in {rows.row_word} "
            f"{(ids == ids[row]).idxmax()}; give each its own"
        ),
    )


def _refuse_missing(path: Path) -> None:
    """Refuse a file that is not there."""
    if not path.is_file():
        there = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        close = difflib.get_close_matches(path.name, there, n=1)
        cure = f"did you mean '{close[0]}'?" if close else "check the path in the study"
        msg = f"{path}: there is no such file; {cure}"
        raise SourceError(msg)


def _refuse_empty(path: Path, rows: pd.DataFrame) -> None:
    if rows.empty:
        msg = f"{path.name}: there are no rows; check that this is the file that is meant"
        raise TableError(msg)
