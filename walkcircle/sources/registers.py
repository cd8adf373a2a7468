"""The planner's own files: residences, communities, registers of facilities and the study area.

Every row counts. A file is read whole or refused with one sentence that names the file, the row as the
reader counts it (the line of a CSV, else the feature from 1 on) and the cure; no row is ever left out.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from walkcircle.errors import SourceError, StudyError, TableError
from walkcircle.standards import Standard
from walkcircle.study import CommunitiesSection, FacilitiesSection, NeedsSection, ResidencesSection
from walkcircle.tables import Column, Communities, Facilities, Residences, Table

#: An area may change by this share when its self-crossing outline is mended; more would be another area.
MENDED_AREA_SHARE = 0.001
#: Neighbouring communities may share slivers up to this share of the smaller one.
SLIVER_SHARE = 0.01
#: Degrees that a row may lie outside the area its metric CRS is made for: half a UTM zone.
NEAR_DEG = 3.0

AREAS = frozenset({"Polygon", "MultiPolygon"})
POINTS_AND_AREAS = AREAS | {"Point"}


def read_residences(section: ResidencesSection, *, folder: Path, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Read where people live from the planner's file.

    Parameters
    ----------
    section
        The file and its columns.
    folder
        Where the file's path starts.
    crs
        Metric CRS of the result.

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
    path = _path_to(section.file, folder, "residences")
    register = _read_register(path, lon=section.lon, lat=section.lat)
    own = {
        Residences.residence: register.ids(section.id, prefix=path.name),
        Residences.population: register.numbers(section.population, Residences.population),
        Residences.source: register.constant(path.name),
    }
    used = {section.id, section.population}
    if Residences.dwellings in register.rows:
        own[Residences.dwellings] = register.numbers(Residences.dwellings, Residences.dwellings)
        used.add(Residences.dwellings)
    estate = section.estate or (Residences.estate if Residences.estate in register.rows else None)
    if estate:
        own[Residences.estate] = register.texts(estate, Residences.estate)
        used.add(estate)
    return register.table(Residences, own, used=used, crs=crs, allowed=POINTS_AND_AREAS)


def read_communities(section: CommunitiesSection, *, folder: Path, crs: pyproj.CRS) -> gpd.GeoDataFrame:
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
    path = _path_to(section.file, folder, "communities")
    register = _read_register(path)
    ids = register.ids(section.id, prefix=path.name)
    own = {Communities.community: ids, Communities.name: ids}
    used = {section.id, section.name, section.population}
    name = section.name or (Communities.name if Communities.name in register.rows else None)
    if name:
        own[Communities.name] = register.texts(name, Communities.name)
        used.add(name)
    if section.population:
        own[Communities.population] = register.numbers(section.population, Communities.population)
    communities = register.table(Communities, own, used=used, crs=crs, allowed=AREAS)
    _refuse_overlaps(communities, where=path.name)
    return communities


def read_facilities(
    section: FacilitiesSection, standard: Standard, *, folder: Path, crs: pyproj.CRS
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
        A column is missing, or a row cannot be meant.
    """
    for kind in (*section.kinds.values(), *([section.only] if section.only else [])):
        standard.kind(kind)
    path = _path_to(section.file, folder, "facilities")
    register = _read_register(path, lon=section.lon, lat=section.lat)
    has_names = section.name != FacilitiesSection.name or section.name in register.rows
    kinds = register.constant(section.only) if section.only else _translate_kinds(register, section, standard)
    own = {
        Facilities.facility: register.ids(section.id, prefix=section.register or path.name, per=kinds),
        Facilities.kind: kinds,
        Facilities.name: (register.texts(section.name, Facilities.name) if has_names else register.constant(None)),
        Facilities.source: register.constant(section.register or path.name),
    }
    used = {section.id, section.name, None if section.only else section.kind}
    facilities = register.table(Facilities, own, used=used, crs=crs, allowed=POINTS_AND_AREAS)
    _refuse_one_id_in_two_places(register, facilities)
    return facilities


def read_area(path: Path, *, crs: pyproj.CRS) -> BaseGeometry:
    """Read the study area: the union of all polygons of a file, in `crs`.

    Raises
    ------
    SourceError
        The file is not there or cannot be read.
    TableError
        A row is not a usable area.
    """
    return _read_register(path).shapes(crs, allowed=AREAS).union_all()


@dataclass(frozen=True)
class _Register:
    """A file as it stands, and the checks that name its rows.

    Attributes
    ----------
    name
        The file's name.
    rows
        Its columns and geometry; the index is the row as the reader counts it.
    row_word
        What the reader counts: ``line`` or ``feature``.
    """

    name: str
    rows: gpd.GeoDataFrame
    row_word: str

    def refuse(self, wrong: pd.Series, problem: Callable[[int], str]) -> None:
        """Raise a TableError about the first row that is `wrong`, and say how many more there are."""
        if not wrong.any():
            return
        first, count = int(wrong.index[wrong][0]), int(wrong.sum())
        more = f" (and {count - 1:,} more)" if count > 1 else ""
        msg = f"{self.name}, {self.row_word} {first}{more}: {problem(first)}"
        raise TableError(msg)

    def constant(self, value: str | None) -> pd.Series:
        """Repeat `value` in every row."""
        return pd.Series(value, index=self.rows.index, dtype=object)

    def texts(self, name: str, column: Column) -> pd.Series:
        """Return a column as texts; a missing one is refused unless `column` may be unknown."""
        if name not in self.rows.columns.drop("geometry"):
            msg = f"{self.name}: {_no_column(name, column.meaning, self.rows.columns.drop('geometry'))}"
            raise TableError(msg)
        texts: pd.Series = self.rows[name].map(_as_text).astype(object)
        if not column.nullable:
            self.refuse(texts.isna(), lambda _: f"'{name}' ({column.meaning}) is missing; write it down")
        return texts

    def numbers(self, name: str, column: Column) -> pd.Series:
        """Return a column as numbers of at least 0; a missing one is refused unless it may be unknown."""
        texts = self.texts(name, column)
        numbers = pd.to_numeric(texts, errors="coerce").astype(float)
        strange = texts.notna() & ~np.isfinite(numbers)
        self.refuse(
            strange,
            lambda row: f"'{name}' is '{texts[row]}', not a number; write digits and a point, nothing else",
        )
        if column.low is not None:
            self.refuse(
                numbers < column.low,
                lambda row: f"'{name}' is {texts[row]}; {column.meaning} cannot be below {column.low:g}",
            )
        return numbers

    def ids(self, name: str | None, *, prefix: str, per: pd.Series | None = None) -> pd.Series:
        """Return a column's identifiers, none twice (`per` kind), or the rows' numbers behind a prefix."""
        if name is None:
            return pd.Series([f"{prefix}:{row}" for row in self.rows.index], index=self.rows.index)
        ids = self.texts(name, _IDENTIFIER)
        keys = ids if per is None else ids + "\n" + per
        self.refuse(
            keys.duplicated(),
            lambda row: (
                f"the identifier '{ids[row]}' stands already in {self.row_word} "
                f"{(keys == keys[row]).idxmax()}; give each its own"
            ),
        )
        return ids

    def shapes(self, crs: pyproj.CRS, *, allowed: frozenset[str]) -> gpd.GeoSeries:
        """Return valid shapes in `crs`, or say which row is empty, misplaced, crossed or not `allowed`."""
        shapes = gpd.GeoSeries(self.rows.geometry.force_2d())
        if shapes.crs is None:
            msg = f"{self.name}: no coordinate reference system; save the file with one, such as EPSG:4326"
            raise TableError(msg)
        bounds = shapes.bounds
        empty = shapes.isna() | shapes.is_empty | ~np.isfinite(bounds).all(axis=1)
        self.refuse(empty, lambda _: "there is no geometry; give the row a place or delete it")
        shapes = _lone_points(shapes)
        wanted = "a point or an area" if "Point" in allowed else "an area"
        self.refuse(
            ~shapes.geom_type.isin(allowed),
            lambda row: f"a {shapes.geom_type[row]} is not {wanted}; replace it",
        )
        self._refuse_misplaced(shapes, crs)
        return self._mend(shapes.to_crs(crs))

    def table(
        self,
        table: type[Table],
        own: dict[Column, pd.Series],
        *,
        used: Iterable[str | None],
        crs: pyproj.CRS,
        allowed: frozenset[str],
    ) -> gpd.GeoDataFrame:
        """Put the `own` columns of `table` and the file's unused ones into one frame, rows from 0 on."""
        shapes = self.shapes(crs, allowed=allowed)
        declared = set(table.columns())
        columns = {str(name): values for name, values in own.items()}
        for name in self.rows.columns.drop("geometry").difference(list(used), sort=False):
            values = self.rows[name]
            kept_as = f"{name}_in_file" if name in declared else name
            columns[kept_as] = values.map(_as_text) if _is_text(values) else values
        return gpd.GeoDataFrame(columns, geometry=shapes, crs=shapes.crs).reset_index(drop=True)

    def _refuse_misplaced(self, shapes: gpd.GeoSeries, crs: pyproj.CRS) -> None:
        """Refuse coordinates that the file's CRS cannot mean, or far from the area that `crs` is made for."""
        bounds = shapes.bounds
        x, y = bounds[["minx", "maxx"]].abs().max(axis=1), bounds[["miny", "maxy"]].abs().max(axis=1)
        named = shapes.crs.to_string()
        if shapes.crs.is_geographic:
            self.refuse((y > 90) & (y <= 180) & (x <= 90), lambda row: _swapped(shapes[row]))
            self.refuse(
                (x > 180) | (y > 90),
                lambda row: (
                    f"{_spot(shapes[row])} cannot be degrees, though the file says {named}; "
                    "write WGS 84 degrees, or declare the metric CRS that the numbers are in"
                ),
            )
        elif ((x <= 180) & (y <= 90)).all():
            msg = (
                f"{self.name}: coordinates such as {_spot(shapes.iloc[0])} look like degrees, but the file "
                f"says {named}; declare them as EPSG:4326"
            )
            raise TableError(msg)
        spots = shapes.representative_point().to_crs("EPSG:4326")
        self.refuse(
            (spots.x.abs() < 1e-6) & (spots.y.abs() < 1e-6),
            lambda _: "longitude and latitude are both 0, which is in the Atlantic; write the true place",
        )
        # the ellipsoid of another degree CRS moves a point by metres, which does not matter here
        area = crs.area_of_use
        if area is None or area.west > area.east:
            return
        far = ~_is_near(spots.x, spots.y, area)
        swapped = _is_near(spots.y, spots.x, area)
        self.refuse(far & swapped, lambda row: _swapped(spots[row]))
        self.refuse(
            far,
            lambda row: f"longitude and latitude ({_spot(spots[row])}) are far away; write the true place",
        )

    def _mend(self, shapes: gpd.GeoSeries) -> gpd.GeoSeries:
        """Mend self-crossing outlines where their area stays what it was; refuse the others."""
        crossed = ~shapes.is_valid
        if not crossed.any():
            return shapes
        mended = shapes.copy()
        mended[crossed] = shapely.make_valid(shapes[crossed].to_numpy(), method="structure", keep_collapsed=False)
        changed = (mended.area - shapes.area).abs() > MENDED_AREA_SHARE * mended.area
        self.refuse(
            crossed & (changed | mended.is_empty | ~mended.geom_type.isin(AREAS)),
            lambda _: "the outline crosses itself, so that its area is not certain; draw it anew",
        )
        return mended


_IDENTIFIER = Column("id", "text", "identifier of the row")
_LON = Column("lon", "number", "longitude, WGS 84 degrees")
_LAT = Column("lat", "number", "latitude, WGS 84 degrees")


def _path_to(file: str | None, folder: Path, section: str) -> Path:
    if file is None:
        msg = f'[{section}] says source = "file" but names none; add file = "…"'
        raise StudyError(msg)
    return folder / file


def _read_register(path: Path, *, lon: str | None = None, lat: str | None = None) -> _Register:
    """Read a file by its ending; a CSV needs `lon` and `lat`, and so cannot hold areas."""
    if not path.is_file():
        there = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        close = difflib.get_close_matches(path.name, there, n=1)
        cure = f"did you mean '{close[0]}'?" if close else "check the path in the study"
        msg = f"{path}: there is no such file; {cure}"
        raise SourceError(msg)
    ending = path.suffix.lower()
    if ending == ".csv":
        if lon is None or lat is None:
            msg = f"{path.name}: a CSV holds points, and areas are needed; save them as GeoPackage or GeoJSON"
            raise SourceError(msg)
        register = _read_csv(path, lon, lat)
    elif ending in {".gpkg", ".geojson", ".json", ".shp", ".parquet", ".geoparquet"}:
        register = _read_geometry_file(path)
    else:
        msg = (
            f"{path.name}: files ending in '{ending}' are not read; "
            "save it as CSV (UTF-8), GeoPackage, GeoJSON, GeoParquet or Shapefile"
        )
        raise SourceError(msg)
    return register


def _read_geometry_file(path: Path) -> _Register:
    """Read a GeoPackage, GeoJSON, Shapefile or GeoParquet; features are counted from 1 on."""
    try:
        if path.suffix.lower() in {".parquet", ".geoparquet"}:
            rows = gpd.read_parquet(path)
        else:
            layers = [str(name) for name, geometry in pyogrio.list_layers(path) if geometry is not None]
            if len(layers) != 1:
                found = f"{len(layers)} layers with shapes ({', '.join(layers)})" if layers else "no shapes"
                msg = f"{path.name}: holds {found}; save the layer that is meant in a file of its own"
                raise SourceError(msg)
            rows = gpd.read_file(path, layer=layers[0])
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, OSError) as error:
        reason = str(error).splitlines()[0]
        msg = f"{path.name}: cannot be read ({reason}); open it in a GIS and save it again as GeoPackage"
        raise SourceError(msg) from None
    rows = rows.rename_geometry("geometry") if rows.geometry.name != "geometry" else rows
    _refuse_empty(path, rows)
    register = _Register(path.name, rows.set_index(pd.RangeIndex(1, len(rows) + 1)), "feature")
    if path.suffix.lower() == ".shp" and not path.with_suffix(".cpg").exists():
        _refuse_unsure_encoding(register)
    return register


def _read_csv(path: Path, lon: str, lat: str) -> _Register:
    """Read a CSV with two columns of WGS 84 degrees; rows are counted as lines of the file."""
    header, records = _read_records(path)
    columns = [name or f"column {i}" for i, name in enumerate(header, start=1)]
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice:
        msg = f"{path.name}, line 1: the column '{twice}' stands twice; give each its own name"
        raise TableError(msg)
    rows = pd.DataFrame(list(records.values()), index=list(records), columns=columns, dtype=object)
    _refuse_empty(path, rows)
    plain = _Register(path.name, rows.assign(geometry=None), "line")
    x, y = plain.numbers(lon, _LON), plain.numbers(lat, _LAT)
    points = gpd.GeoSeries.from_xy(x, y, index=rows.index, crs="EPSG:4326")
    kept = rows.drop(columns=[lon, lat]).apply(_with_numbers)
    return _Register(path.name, gpd.GeoDataFrame(kept, geometry=points), "line")


def _read_records(path: Path) -> tuple[list[str], dict[int, list[str]]]:
    """Return the header of a CSV, and its records by the line they begin on; blank lines are no records."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        msg = f"{path.name}: the text is not UTF-8; save it again as 'CSV UTF-8', which Excel offers"
        raise SourceError(msg) from None
    separator = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    records: dict[int, list[str]] = {}
    begin = 1
    try:
        for fields in reader:
            values = [field.strip() for field in fields]
            if any(values):
                records[begin] = values
            begin = reader.line_num + 1
    except csv.Error as error:
        msg = f"{path.name}, line {begin}: not a CSV record ({error}); save the table again as 'CSV UTF-8'"
        raise SourceError(msg) from None
    header = records.pop(min(records)) if records else []
    for line, values in records.items():
        if len(values) != len(header):
            msg = (
                f"{path.name}, line {line}: {len(values)} fields where the header has {len(header)}; "
                "put a text that holds a separator in double quotes"
            )
            raise TableError(msg)
    return header, records


def _translate_kinds(register: _Register, section: FacilitiesSection | NeedsSection, standard: Standard) -> pd.Series:
    """Turn the register's words into kinds of the standard; a word that is none is refused."""
    words = register.texts(section.kind, Facilities.kind)
    kinds = words.map(lambda word: section.kinds.get(word, word))
    known = {kind.id: kind for kind in standard.kinds}
    by_word = {word: kind.id for kind in standard.kinds for word in (kind.zh, kind.en, kind.id)}

    def problem(row: int) -> str:
        close = difflib.get_close_matches(kinds[row], by_word, n=1)
        meant = f' as in "{words[row]}" = "{by_word[close[0]]}"' if close else ""
        return (
            f"'{words[row]}' is not a kind of the standard '{standard.id}'; translate it under kinds{meant}; "
            f"the kinds are: {', '.join(known)}"
        )

    register.refuse(~kinds.isin(list(known)), problem)
    return kinds


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


def _refuse_one_id_in_two_places(register: _Register, facilities: gpd.GeoDataFrame) -> None:
    """Refuse an identifier that stands for facilities of two places, because walks end at one."""
    ids = facilities[Facilities.facility]
    first = facilities.geometry.groupby(ids).transform("first")
    elsewhere = ~gpd.GeoSeries(facilities.geometry).geom_equals(gpd.GeoSeries(first, crs=facilities.crs))
    elsewhere.index = ids.index = register.rows.index
    register.refuse(
        elsewhere,
        lambda row: (
            f"the identifier '{ids[row]}' stands for another place in {register.row_word} "
            f"{(ids == ids[row]).idxmax()}; give each its own"
        ),
    )


def _refuse_empty(path: Path, rows: pd.DataFrame) -> None:
    if rows.empty:
        msg = f"{path.name}: there are no rows; check that this is the file that is meant"
        raise TableError(msg)


def _refuse_unsure_encoding(register: _Register) -> None:
    """Refuse texts of a Shapefile that does not say how they are encoded; GDAL would guess Latin-1."""
    texts = register.rows.drop(columns="geometry").reset_index(drop=True).astype(str)
    strange = texts.map(lambda text: not text.isascii()).any(axis=1)
    register.refuse(
        strange.set_axis(register.rows.index) | (not "".join(texts.columns).isascii()),
        lambda _: "the text may be garbled, as no .cpg file tells its encoding; save the layer as GeoPackage",
    )


def _no_column(name: str, meaning: str, columns: Iterable[str]) -> str:
    known = [str(column) for column in columns]
    close = difflib.get_close_matches(name, known, n=1)
    meant = f"did you mean '{close[0]}'? " if close else ""
    return f"column '{name}' ({meaning}) is missing; {meant}the columns are: {', '.join(known)}"


def _as_text(value: Any) -> str | None:
    """Return a value as text, whole numbers without a point; None when there is nothing."""
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip() or None


def _is_text(values: pd.Series) -> bool:
    return pd.api.types.is_string_dtype(values) or pd.api.types.is_object_dtype(values)


def _with_numbers(texts: pd.Series) -> pd.Series:
    """Turn a column of a CSV into numbers where all are, but never codes such as 007."""
    given = texts[texts != ""]
    numbers = pd.to_numeric(given, errors="coerce")
    is_code = given.str.match(r"[+-]?0\d")
    if given.empty or numbers.isna().any() or is_code.any():
        return texts
    return numbers.reindex(texts.index)


def _lone_points(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Take the point out of a MultiPoint of one, as some programs write every point."""
    lone = (shapes.geom_type == "MultiPoint") & (shapely.get_num_geometries(shapes.to_numpy()) == 1)
    return shapes.where(~lone, shapely.get_geometry(shapes.to_numpy(), 0))


def _is_near(lon: pd.Series, lat: pd.Series, area: Any) -> pd.Series:
    return lon.between(area.west - NEAR_DEG, area.east + NEAR_DEG) & lat.between(
        area.south - NEAR_DEG, area.north + NEAR_DEG
    )


def _spot(shape: BaseGeometry) -> str:
    point = shape.representative_point()
    return f"{point.x:.6g}, {point.y:.6g}"


def _swapped(shape: BaseGeometry) -> str:
    return f"longitude and latitude ({_spot(shape)}) look swapped; exchange the two columns"
