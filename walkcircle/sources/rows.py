"""A file of the planner as it stands, and the checks that name its rows."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from walkcircle.errors import StudyError, TableError
from walkcircle.sources.cells import (
    Reading,
    clean_texts,
    find_garbled,
    read_dates,
    read_degrees,
    read_ids,
    read_numbers,
)
from walkcircle.sources.offsets import move_shapes
from walkcircle.sources.remarks import Remark, Report, tell_nobody
from walkcircle.tables import Column, Table

#: An area may change by this share when its self-crossing outline is mended; more would be another area.
MENDED_AREA_SHARE = 0.001
#: Degrees that a row may lie outside the area its metric CRS is made for: half a UTM zone.
NEAR_DEG = 3.0
#: Up to this share of a file may be left out, or a column unread, and listed; beyond it the file is misread.
SPARED_SHARE = 0.1

AREAS = frozenset({"Polygon", "MultiPolygon"})
POINTS_AND_AREAS = AREAS | {"Point"}
#: Datums whose coordinates are degrees, by the words of a study, and the CRS that they are read in.
DEGREE_DATUMS = (("wgs84", "EPSG:4326"), ("cgcs2000", "EPSG:4490"), ("gcj02", "EPSG:4326"), ("bd09", "EPSG:4326"))


@dataclass(frozen=True)
class Rows:
    """A file as it stands, and the checks that name its rows.

    Attributes
    ----------
    name
        The file's name.
    frame
        Its columns and geometry; the index is the row as the reader counts it.
    row_word
        What the reader counts: ``line``, ``row`` or ``feature``.
    total
        Rows that the file has, those left out included.
    left
        Rows that were left out because they could not be used.
    twice
        Columns whose name stands more than once.
    merged
        By column, the rows that a merged cell above fills.
    report
        Called with what is unusual.
    """

    name: str
    frame: gpd.GeoDataFrame
    row_word: str
    total: int
    left: int = 0
    twice: frozenset[str] = frozenset()
    merged: dict[str, frozenset[int]] = field(default_factory=dict)
    report: Report = tell_nobody

    def refuse(self, wrong: pd.Series, problem: Callable[[int], str], *, hint: str = "") -> None:
        """Raise a TableError about the first row that is `wrong`, and say how many more there are."""
        if not wrong.any():
            return
        first, count = int(wrong.index[wrong][0]), int(wrong.sum())
        more = f" (and {count - 1:,} more)" if count > 1 else ""
        msg = f"{self.name}, {self.row_word} {first}{more}: {problem(first)}{hint}"
        raise TableError(msg)

    def leave_out(
        self, wrong: pd.Series, problem: Callable[[int], str], *, what: str, spare: bool, column: str | None = None
    ) -> Rows:
        """Leave out and report the rows that are `wrong`; refuse the file unless it may `spare` so many."""
        count = int(wrong.sum())
        if count == 0:
            return self
        if not spare or self.left + count > SPARED_SHARE * self.total:
            hint = "; up to one row in ten would be left out and listed" if spare else ""
            self.refuse(wrong, problem, hint=hint)
        values = wrong[wrong].index.map(problem)
        self.tell(column, what, pd.Series(values, index=wrong.index[wrong]), used=False)
        return replace(self, frame=self.frame[~wrong], left=self.left + count)

    def tell(self, column: str | None, what: str, values: pd.Series, *, used: bool = True) -> None:
        """Report what is unusual in some rows, if there are any."""
        if len(values):
            self.report(Remark(self.name, self.row_word, column, what, values, used))

    def has(self, name: str | None) -> bool:
        """Say whether the file has a column of this name."""
        return name is not None and name in self.frame.columns.drop("geometry")

    def constant(self, value: str | None) -> pd.Series:
        """Repeat `value` in every row."""
        return pd.Series(value, index=self.frame.index, dtype=object)

    def row_names(self) -> pd.Series:
        """Say of each row which one of the file it is, such as ``line 7``."""
        return pd.Series([f"{self.row_word} {row}" for row in self.frame.index], index=self.frame.index, dtype=object)

    def texts(self, name: str, column: Column) -> pd.Series:
        """Return a column as texts; a missing one is refused unless `column` may be unknown."""
        texts = self._cells(name, column)
        self.refuse(
            find_garbled(texts),
            lambda row: f"'{name}' is '{texts[row]}', text that was saved in a wrong encoding; take it from its source",
        )
        if not column.nullable:
            self.refuse(texts.isna(), lambda _: f"'{name}' ({column.meaning}) is missing; write it down")
        return texts

    def numbers(self, name: str, column: Column) -> pd.Series:
        """Return a column as numbers of at least 0; a missing one is refused unless it may be unknown."""
        texts = self._cells(name, column)
        numbers = self._read(name, column, texts, read_numbers(texts), "write digits and a point, nothing else")
        filled = pd.Series(texts.index.isin(list(self.merged.get(name, ()))), index=texts.index)
        self.refuse(
            filled & numbers.notna(),
            lambda _: f"'{name}' is one merged cell over several rows, which would count it again; split it",
        )
        if column.low is not None:
            self.refuse(
                numbers < column.low,
                lambda row: f"'{name}' is {texts[row]}; {column.meaning} cannot be below {column.low:g}",
            )
        return numbers.astype(float)

    def dates(self, name: str, column: Column, *, late: bool) -> pd.Series:
        """Return a column as dates, True where a word says that it is so; see :func:`cells.read_dates`."""
        texts = self._cells(name, column)
        return self._read(name, column, texts, read_dates(texts, late=late), "write it as YYYY-MM-DD")

    def meanings(self, name: str, column: Column, read: Callable[[pd.Series], Reading], cure: str) -> pd.Series:
        """Return a column as what a reader of :mod:`cells` makes of it; `cure` says how else to write a cell."""
        texts = self._cells(name, column)
        return self._read(name, column, texts, read(texts), cure)

    def ids(self, name: str | None, *, prefix: str) -> pd.Series:
        """Return a column's identifiers, or the rows' numbers behind a prefix."""
        if name is None:
            return pd.Series([f"{prefix}:{row}" for row in self.frame.index], index=self.frame.index)
        texts = self.texts(name, IDENTIFIER)
        read = read_ids(texts)
        self._tell_oddities(name, texts, read)
        self._refuse_unread(name, read, "make the column text in the spreadsheet before typing")
        return read.meanings

    def refuse_twice(self, keys: pd.Series, ids: pd.Series) -> None:
        """Refuse a key that stands twice, and call it by its id."""
        self.refuse(
            keys.duplicated(),
            lambda row: (
                f"the identifier '{ids[row]}' stands already in {self.row_word} "
                f"{(keys == keys[row]).idxmax()}; give each its own"
            ),
        )

    def with_points(self, lon: str, lat: str, *, crs: str | None, spare: bool) -> Rows:
        """Make points of two columns of coordinates in `crs`, or WGS 84 degrees."""
        shown = self
        degrees = {}
        for name, column in ((lon, LON), (lat, LAT)):
            texts = shown._cells(name, column)
            read = read_degrees(texts)
            shown._tell_oddities(name, texts, read)
            unread, missing = _flag(texts, read.unread), read.meanings.isna()
            reasons = read.unread

            def problem(row: int, name: str = name, column: Column = column, reasons: pd.Series = reasons) -> str:
                if row in reasons.index:
                    return f"'{name}' {reasons[row]}; write digits and a point, nothing else"
                return f"'{name}' ({column.meaning}) is missing; write it down"

            what = "rows without coordinates that can be read were left out"
            shown = shown.leave_out(unread | missing, problem, what=what, spare=spare, column=name)
            degrees[name] = read.meanings
        index = shown.frame.index
        datum, read_in = find_crs(crs or "wgs84", where=self.name)
        points = gpd.GeoSeries.from_xy(degrees[lon][index], degrees[lat][index], index=index, crs=read_in)
        _refuse_impossible(shown, points)
        if datum in {"gcj02", "bd09"}:
            points = move_shapes(points, datum)
        kept = shown.frame.drop(columns=[lon, lat]).set_geometry(points)
        return replace(shown, frame=kept)

    def declared(self, crs: str | None) -> Rows:
        """Take the geometry as in `crs`, whatever the file says; unchanged where the study says nothing."""
        shapes = gpd.GeoSeries(self.frame.geometry)
        if crs is None:
            return self
        datum, read_in = find_crs(crs, where=self.name)
        if datum in {"gcj02", "bd09"}:
            # a file may hold shifted degrees that were projected as if they were WGS 84
            degrees = shapes if shapes.crs is None or shapes.crs.is_geographic else shapes.to_crs("EPSG:4326")
            shapes = move_shapes(degrees, datum)
        elif shapes.crs is None or shapes.crs != read_in:
            if shapes.crs is not None:
                what = (
                    f"coordinates were read as {crs}, as the study says, though the file says {shapes.crs.to_string()}"
                )
                self.tell(None, what, pd.Series("", index=self.frame.index[:1]))
            shapes = shapes.set_crs(read_in, allow_override=True)
        return replace(self, frame=self.frame.set_geometry(shapes))

    def placed(self, crs: pyproj.CRS, *, allowed: frozenset[str], spare: bool = False) -> Rows:
        """Return the rows with valid shapes in `crs`, or say which is empty, misplaced, crossed or not `allowed`.

        Rows without a place in reach are left out and listed where the file may `spare` them.
        """
        shapes = gpd.GeoSeries(self.frame.geometry.force_2d())
        if shapes.crs is None:
            msg = (
                f"{self.name}: no coordinate reference system; save the file with one, such as EPSG:4326, or declare "
                'it, as in crs = "wgs84"'
            )
            raise TableError(msg)
        empty = shapes.isna() | shapes.is_empty | ~np.isfinite(shapes.bounds).all(axis=1)
        what = "rows without a place were left out"
        problem = "there is no geometry; give the row a place or delete it"
        rows = self.leave_out(empty, lambda _: problem, what=what, spare=spare)
        shapes = _lone_points(shapes[~empty])
        wanted = "a point or an area" if "Point" in allowed else "an area"
        rows.refuse(
            ~shapes.geom_type.isin(allowed),
            lambda row: f"a {shapes.geom_type[row]} is not {wanted}; replace it",
        )
        rows = _without_misplaced(rows, shapes, crs, spare=spare)
        found = _mend(rows, shapes[rows.frame.index].to_crs(crs))
        return replace(rows, frame=rows.frame.set_geometry(found))

    def table(
        self, table: type[Table], own: dict[Column, pd.Series], *, used: Iterable[str | None]
    ) -> gpd.GeoDataFrame:
        """Put the `own` columns of `table` and the file's unused ones into one frame, rows from 0 on."""
        shapes = self.frame.geometry
        declared = set(table.columns())
        columns = {str(name): values for name, values in own.items()}
        for name in self.frame.columns.drop("geometry").difference(list(used), sort=False):
            values = self.frame[name]
            kept_as = f"{name}_in_file" if name in declared else name
            if self.row_word != "feature":  # a layer knows which of its columns are numbers, a sheet does not
                columns[kept_as] = _with_numbers(values)
            else:
                columns[kept_as] = values.map(_as_text).astype(object) if _is_text(values) else values
        return gpd.GeoDataFrame(columns, geometry=shapes, crs=shapes.crs).reset_index(drop=True)

    def _cells(self, name: str, column: Column) -> pd.Series:
        """Return a column's cells as clean texts, None where there is nothing; refuse one that is not there."""
        if not self.has(name):
            msg = f"{self.name}: {_no_column(name, column.meaning, self.frame.columns.drop('geometry'))}"
            raise TableError(msg)
        if name in self.twice:
            msg = f"{self.name}: the column '{name}' stands twice in the header; give each its own name"
            raise TableError(msg)
        if self.row_word != "feature":
            return pd.Series(self.frame[name], dtype=object)  # a sheet's cells are clean
        cleaned, _ = clean_texts(self.frame[name].map(_as_text))
        return cleaned.where(cleaned.notna() & (cleaned != ""), None).astype(object)

    def _read(self, name: str, column: Column, texts: pd.Series, read: Reading, cure: str) -> pd.Series:
        """Return what was read; what could not be read is unknown where it may be, in up to one cell in ten."""
        self._tell_oddities(name, texts, read)
        bad = _flag(texts, read.unread)
        if not column.nullable or bad.sum() > max(1.0, SPARED_SHARE * texts.notna().sum()):
            self._refuse_unread(name, read, cure)
        else:
            self.tell(name, f"what is no {_noun(column)} was taken as not known", texts[bad])
        if not column.nullable:
            self.refuse(read.meanings.isna(), lambda _: f"'{name}' ({column.meaning}) is missing; write it down")
        return read.meanings

    def _refuse_unread(self, name: str, read: Reading, cure: str) -> None:
        wrong = pd.Series(data=True, index=read.unread.index)
        self.refuse(wrong, lambda row: f"'{name}' {read.unread[row]}; {cure}")

    def _tell_oddities(self, name: str, texts: pd.Series, read: Reading) -> None:
        for oddity in read.oddities:
            self.tell(name, oddity.what, texts[oddity.where])


IDENTIFIER = Column("id", "text", "identifier of the row")
LON = Column("lon", "number", "longitude, WGS 84 degrees")
LAT = Column("lat", "number", "latitude, WGS 84 degrees")


def find_crs(name: str, *, where: str) -> tuple[str, pyproj.CRS]:
    """Return the datum's word, or ``other``, and the CRS in which coordinates that a study declares are read.

    Raises
    ------
    StudyError
        There is no such CRS.
    """
    for datum, read_in in DEGREE_DATUMS:
        if name.lower() == datum:
            return datum, pyproj.CRS(read_in)
    try:
        return "other", pyproj.CRS(name)
    except pyproj.exceptions.CRSError:
        msg = f'{where}: there is no CRS "{name}"; it is wgs84, cgcs2000, gcj02, bd09 or a code such as EPSG:4549'
        raise StudyError(msg) from None


def _as_text(value: Any) -> str | None:
    """Return a value as text, whole numbers without a point; None when there is nothing."""
    if isinstance(value, str):
        return value.strip() or None
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip() or None


def _refuse_impossible(rows: Rows, shapes: gpd.GeoSeries) -> None:
    """Refuse coordinates that the file's CRS cannot mean: metres as degrees, degrees as metres, swapped ones."""
    bounds = shapes.bounds
    x, y = bounds[["minx", "maxx"]].abs().max(axis=1), bounds[["miny", "maxy"]].abs().max(axis=1)
    named = shapes.crs.to_string()
    if shapes.crs.is_geographic:
        rows.refuse(
            (x > 180) | (y > 180),
            lambda row: (
                f"{_spot(shapes[row])} cannot be degrees, though the file says {named}; write WGS 84 degrees, or "
                'declare the metric CRS that the numbers are in, as in crs = "EPSG:4549"'
            ),
        )
    elif len(shapes) and ((x <= 180) & (y <= 180)).all():
        msg = (
            f"{rows.name}: coordinates such as {_spot(shapes.iloc[0])} look like degrees, but the file "
            f"says {named}; declare them as EPSG:4326"
        )
        raise TableError(msg)


def _without_misplaced(rows: Rows, shapes: gpd.GeoSeries, crs: pyproj.CRS, *, spare: bool) -> Rows:
    """Refuse or leave out rows that are swapped, at 0, or far from the area that `crs` is made for."""
    _refuse_impossible(rows, shapes)
    swapped_over = _swap(shapes)
    bounds = shapes.bounds
    steep = bounds[["miny", "maxy"]].abs().max(axis=1) > 90 if shapes.crs.is_geographic else _none(shapes)
    spots = shapes.where(~steep, swapped_over).representative_point().to_crs("EPSG:4326")
    nowhere = (spots.x.abs() < 1e-6) & (spots.y.abs() < 1e-6)
    far, swapped = _none(shapes), steep
    # the ellipsoid of another degree CRS moves a point by metres, which does not matter here
    area = crs.area_of_use
    if area is not None and area.west <= area.east:
        other = swapped_over.representative_point().to_crs("EPSG:4326")
        far = ~_is_near(spots.x, spots.y, area) & ~nowhere
        swapped = steep | (far & _is_near(other.x, other.y, area))
    as_written = shapes.representative_point()

    def problem(row: int) -> str:
        if swapped[row]:
            return _swapped(as_written[row])
        if nowhere[row]:
            return "longitude and latitude are both 0, which is in the Atlantic; write the true place"
        return f"longitude and latitude ({_spot(spots[row])}) are far away; write the true place"

    swapped_what = "rows whose longitude and latitude look swapped were left out"
    rest = rows.leave_out(swapped, problem, what=swapped_what, spare=spare)
    others = (nowhere | far)[rest.frame.index]
    return rest.leave_out(others, problem, what="rows that lie at 0, 0 or far away were left out", spare=spare)


def _mend(rows: Rows, shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Mend self-crossing outlines where their area stays what it was; refuse the others."""
    crossed = ~shapes.is_valid
    if not crossed.any():
        return shapes
    mended = shapes.copy()
    mended[crossed] = shapely.make_valid(shapes[crossed].to_numpy(), method="structure", keep_collapsed=False)
    changed = (mended.area - shapes.area).abs() > MENDED_AREA_SHARE * mended.area
    rows.refuse(
        crossed & (changed | mended.is_empty | ~mended.geom_type.isin(AREAS)),
        lambda _: "the outline crosses itself, so that its area is not certain; draw it anew",
    )
    return mended


def _no_column(name: str, meaning: str, columns: Iterable[str]) -> str:
    known = [str(column) for column in columns]
    close = difflib.get_close_matches(name, known, n=1)
    meant = f"did you mean '{close[0]}'? " if close else ""
    joined = next((one for one in known if name in one and any(mark in one for mark in "，；、|")), None)
    if joined is not None:
        meant = f"the header '{joined}' is one text; separate its columns by plain commas. "
    return f"column '{name}' ({meaning}) is missing; {meant}the columns are: {', '.join(known)}"


def _noun(column: Column) -> str:
    return {"number": "number", "count": "year", "flag": "yes or no"}.get(column.dtype, "date")


def _none(shapes: gpd.GeoSeries) -> pd.Series:
    return pd.Series(data=False, index=shapes.index)


def _flag(texts: pd.Series, unread: pd.Series) -> pd.Series:
    return pd.Series(texts.index.isin(unread.index), index=texts.index)


def _is_text(values: pd.Series) -> bool:
    return pd.api.types.is_string_dtype(values) or pd.api.types.is_object_dtype(values)


def _with_numbers(texts: pd.Series) -> pd.Series:
    """Turn a column of texts into numbers where all are, but never codes such as 007."""
    given = texts.dropna()
    numbers = pd.to_numeric(given, errors="coerce")
    if given.empty or numbers.isna().any() or given.str.match(r"[+-]?0\d").any():
        return texts
    return numbers.reindex(texts.index)


def _lone_points(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Take the point out of a MultiPoint of one, as some programs write every point."""
    lone = (shapes.geom_type == "MultiPoint") & (shapely.get_num_geometries(shapes.to_numpy()) == 1)
    return shapes.where(~lone, shapely.get_geometry(shapes.to_numpy(), 0))


def _swap(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Exchange the two coordinates of every corner."""
    turned = shapely.transform(shapes.to_numpy(), lambda xy: xy[:, ::-1])
    return gpd.GeoSeries(turned, index=shapes.index, crs=shapes.crs)


def _is_near(lon: pd.Series, lat: pd.Series, area: Any) -> pd.Series:
    return lon.between(area.west - NEAR_DEG, area.east + NEAR_DEG) & lat.between(
        area.south - NEAR_DEG, area.north + NEAR_DEG
    )


def _spot(shape: BaseGeometry) -> str:
    point = shape.representative_point()
    return f"{point.x:.6g}, {point.y:.6g}"


def _swapped(shape: BaseGeometry) -> str:
    return f"longitude and latitude ({_spot(shape)}) look swapped; exchange the two columns"
