"""The user's table of projects, read whole or refused, and what of it stands put into the place."""

from __future__ import annotations

import difflib
from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from walkcircle.errors import NetworkError, TableError
from walkcircle.pool import BUILDING, FACILITY, LINK, OPERATING, STATES
from walkcircle.proposals import LINK_KINDS, WGS84, LinkAdded, Scenario
from walkcircle.sources.cells import make_plain, read_dates
from walkcircle.sources.merging import merge_facilities
from walkcircle.sources.registers import name_kinds, read_sheet_rows
from walkcircle.sources.remarks import Report, tell_nobody
from walkcircle.sources.rows import POINTS_AND_AREAS, Rows
from walkcircle.tables import Column, Facilities, Merged, Tracking
from walkcircle.tracking import find_coming, find_standing, locate_projects
from walkcircle.unmapped import TRACKED
from walkcircle.works import build_place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from walkcircle.network import WalkNetwork
    from walkcircle.place import Place
    from walkcircle.standards import Standard
    from walkcircle.study import Study

#: Columns with days, in the order in which a project comes to them.
DAYS: tuple[Column, ...] = (Tracking.planned, Tracking.building, Tracking.operating, Tracking.dropped)

#: A note names so many projects.
NAMED_PROJECTS = 6


def read_tracking(path: Path, standard: Standard, *, crs: pyproj.CRS, report: Report = tell_nobody) -> pd.DataFrame:
    """Read how far projects have come from the user's table, a CSV or a workbook; see the module's name for the rest.

    Needed are the columns project, kind and state; what operates or is being built needs a place too. Without `sort` a
    kind of the standard is a facility, and a kind of link a link.

    Parameters
    ----------
    path
        The file.
    standard
        The kinds that there are.
    crs
        Metric CRS of the place, for whether projects lie in it.
    report
        Called with what is unusual in the file.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Tracking`; further columns of the file are kept as texts.

    Raises
    ------
    SourceError
        The file is not there or cannot be read.
    TableError
        A column is missing, or a row cannot be meant: an unknown state or kind, a project that stands twice, a day that
        is none or comes before an earlier one, no place, or one far away.
    """
    wanted = [Tracking.project, Tracking.kind, Tracking.state]
    rows = read_sheet_rows(path, wanted, report)
    ids = rows.ids(Tracking.project, prefix=path.name)
    rows.refuse_twice(ids, ids)
    states = _read_states(rows)
    sorts, kinds = _read_kinds(rows, standard)
    lon, lat = _read_points(rows, crs)
    shapes = _read_shapes(rows, sorts, crs)
    days = {column: _read_days(rows, column) for column in DAYS}
    _refuse_disorder(rows, days)
    _refuse_without_place(rows, states, sorts, placed=lon.notna() | shapes.notna(), drawn=shapes.notna())
    promised = rows.constant(None)
    if rows.has(Tracking.promised):
        promised = rows.numbers(Tracking.promised, Tracking.promised)
    own: dict[Column, pd.Series] = {
        Tracking.project: ids,
        Tracking.sort: sorts,
        Tracking.kind: kinds,
        Tracking.state: states,
        Tracking.name: _read_texts(rows, Tracking.name),
        Tracking.lon: lon,
        Tracking.lat: lat,
        Tracking.wkt: shapes,
        **days,
        Tracking.promised: promised.astype(float),
        Tracking.note: _read_texts(rows, Tracking.note),
    }
    found = {str(name): values for name, values in own.items()}
    others = [name for name in rows.frame.columns.drop("geometry") if name not in {*found, str(Tracking.facility)}]
    more = {name: pd.Series(rows.frame[name], dtype=object) for name in others}
    frame = pd.DataFrame({**found, **more}).reset_index(drop=True)
    numbers = {str(column) for column in Tracking.columns() if column.dtype == "number"}
    texts = frame[[*frame.columns.difference(list(numbers), sort=False)]].astype(object)
    return frame.assign(**texts.where(texts.notna(), None))


def open_projects(place: Place, study: Study, tracking: pd.DataFrame) -> Place:
    """Put what operates into the place: facilities beside those of map and registers, links into the streets.

    A project that the map or a register has already, by the rule by which registers are merged with the map
    (:mod:`walkcircle.sources.merging`), counts once, as it stands there. What operates only after the day of the data
    is left out, and a note says so.

    Returns
    -------
    Place
        With the table as its `tracking`, in which `facility` says which facility of the place each project is.

    Raises
    ------
    TableError
        A link that operates ends too far from any street, or begins where it ends.
    """
    standing = find_standing(tracking, place.data_date)
    is_link = (tracking[Tracking.sort] == LINK).to_numpy()
    ours = _list_open(tracking[standing & ~is_link], place)
    facilities, known, merged = _join_facilities(place.facilities, ours)
    opened = replace(place, facilities=facilities)
    links = tracking[standing & is_link]
    if len(links):
        opened = replace(opened, network=_lay_links(opened, study, links))
    as_facility = pd.Series(known, dtype=object).reindex(tracking[Tracking.project])
    return replace(
        opened,
        tracking=tracking.assign(**{str(Tracking.facility): as_facility.to_numpy(dtype=object)}),
        notes=(*place.notes, *_note_projects(tracking, place.data_date, study.plan.tracking or "tracking"),
               *_note_merged(merged)),
    )  # fmt: skip


def _read_texts(rows: Rows, column: Column) -> pd.Series:
    return rows.texts(column, column) if rows.has(column) else rows.constant(None)


def _read_states(rows: Rows) -> pd.Series:
    """Read how far each project is; a word that is no state is refused."""
    words = rows.texts(Tracking.state, Tracking.state)
    states = words.map(lambda word: make_plain(word).lower())
    rows.refuse(
        ~states.isin(STATES),
        lambda row: f"'{Tracking.state}' is '{words[row]}'; the states are: {', '.join(STATES)}",
    )
    return states


def _read_kinds(rows: Rows, standard: Standard) -> tuple[pd.Series, pd.Series]:
    """Read what each project is, facility or link, and of which kind."""
    words = rows.texts(Tracking.kind, Tracking.kind)
    ids = name_kinds(words.unique(), {}, standard)
    plain = {word: make_plain(word).lower() for word in words.unique()}
    links = {word: kind if kind in LINK_KINDS else None for word, kind in plain.items()}
    sorts = _read_texts(rows, Tracking.sort).map(
        lambda word: make_plain(word).lower() if isinstance(word, str) else None
    )
    rows.refuse(
        sorts.notna() & ~sorts.isin([FACILITY, LINK]),
        lambda row: f"'{Tracking.sort}' is '{rows.frame[Tracking.sort][row]}'; write {FACILITY} or {LINK}",
    )
    inferred = words.map(lambda word: LINK if ids[word] is None and links[word] is not None else FACILITY)
    sorts = sorts.where(sorts.notna(), inferred).astype(object)
    as_link, as_facility = words.map(links), words.map(ids)
    kinds = as_facility.where(sorts == FACILITY, as_link).astype(object)
    rows.refuse(kinds.isna() & (sorts == LINK), lambda row: (
        f"'{words[row]}' is no kind of link; the kinds are: {', '.join(LINK_KINDS)}"))  # fmt: skip
    rows.refuse(kinds.isna(), lambda row: _describe_kind(words[row], standard))
    return sorts, kinds


def _describe_kind(word: str, standard: Standard) -> str:
    by_word = {word: kind.id for kind in standard.kinds for word in (kind.zh, kind.en, kind.id)}
    close = difflib.get_close_matches(word, by_word, n=1)
    meant = f"did you mean '{by_word[close[0]]}'?" if close else f"the kinds are: {', '.join(by_word.values())}"
    return f"'{word}' is no kind of the standard '{standard.id}', nor of link; {meant}"


def _read_points(rows: Rows, crs: pyproj.CRS) -> tuple[pd.Series, pd.Series]:
    """Read longitudes and latitudes where there are any, and refuse those that are not in the place."""
    nothing = pd.Series(np.nan, index=rows.frame.index)
    has = [rows.has(column) for column in (Tracking.lon, Tracking.lat)]
    if not any(has):
        return nothing, nothing
    given = pd.Series(data=False, index=rows.frame.index)
    for column in (Tracking.lon, Tracking.lat):
        given |= _read_texts(rows, column).notna()
    if not given.any():
        return nothing, nothing
    some = replace(rows, frame=rows.frame[given])
    for column in (Tracking.lon, Tracking.lat):
        some.texts(column, column)  # says which column is missing
    points = some.with_points(Tracking.lon, Tracking.lat, crs=None, spare=False)
    points.placed(crs, allowed=frozenset({"Point"}))
    degrees = points.frame.geometry
    return degrees.x.reindex(rows.frame.index), degrees.y.reindex(rows.frame.index)


def _read_shapes(rows: Rows, sorts: pd.Series, crs: pyproj.CRS) -> pd.Series:
    """Read lines of links and areas of sites where there are any, as they are written."""
    texts = _read_texts(rows, Tracking.wkt)
    given = texts.dropna()
    if given.empty:
        return texts
    found = shapely.from_wkt(given.to_numpy(dtype=object), on_invalid="ignore")
    shapes = gpd.GeoSeries(found, index=given.index, crs=WGS84)
    of_links = (sorts == LINK)[given.index]
    fits = shapes.geom_type.eq("LineString").where(of_links, shapes.geom_type.isin(POINTS_AND_AREAS))
    rows.refuse(
        ~(fits & shapes.notna() & ~shapes.is_empty),
        lambda row: (
            f"'{Tracking.wkt}' is '{_shorten(texts[row])}'; "
            + ("write the line as LINESTRING (lon lat, lon lat)" if sorts[row] == LINK else
               "write the area as POLYGON ((lon lat, lon lat, lon lat, lon lat))")
            + ", in degrees (WGS 84)"
        ),
    )  # fmt: skip
    frame = gpd.GeoDataFrame(rows.frame.loc[given.index].drop(columns="geometry"), geometry=shapes)
    replace(rows, frame=frame).placed(crs, allowed=POINTS_AND_AREAS | {"LineString"})
    return texts


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


def _read_days(rows: Rows, column: Column) -> pd.Series:
    """Read a column of days as YYYY-MM-DD; what is no day is refused, as a project would come too early or late."""
    texts = _read_texts(rows, column)
    read = read_dates(texts, late=False)
    is_day = read.meanings.map(lambda day: isinstance(day, date)).astype(bool)
    rows.refuse(
        texts.notna() & ~is_day & (read.meanings.notna() | texts.index.isin(read.unread.index)),
        lambda row: f"'{column}' is '{texts[row]}', no date; write it as YYYY-MM-DD",
    )
    for oddity in read.oddities:
        rows.tell(column, oddity.what, texts[oddity.where])
    found = [day.isoformat() if isinstance(day, date) else None for day in read.meanings]
    return pd.Series(found, index=texts.index, dtype=object)


def _refuse_disorder(rows: Rows, days: dict[Column, pd.Series]) -> None:
    """Refuse a day that is before that of an earlier state."""
    for pair in combinations(DAYS, 2):
        first, second = (days[column] for column in pair)
        before = first.notna() & second.notna() & (second.fillna("") < first.fillna(""))
        words = [
            f"'{pair[1]}' is {late}, before '{pair[0]}', {early}" for late, early in zip(second, first, strict=True)
        ]
        told = pd.Series(words, index=first.index)
        rows.refuse(before, told.__getitem__, hint="; correct one of them")


def _refuse_without_place(
    rows: Rows, states: pd.Series, sorts: pd.Series, *, placed: pd.Series, drawn: pd.Series
) -> None:
    """Refuse what stands or is being built, and nobody knows where."""
    counts = states.isin([OPERATING, BUILDING])
    rows.refuse(
        counts & (sorts == FACILITY) & ~placed,
        lambda row: f"it is {states[row]} and has no place; write its longitude and latitude in lon and lat",
    )
    rows.refuse(
        counts & (sorts == LINK) & ~drawn,
        lambda row: (
            f"it is a link that is {states[row]} and has no line; write it in '{Tracking.wkt}' as "
            "LINESTRING (lon lat, lon lat), from street to street"
        ),
    )


def _list_open(projects: pd.DataFrame, place: Place) -> gpd.GeoDataFrame:
    """List projects that operate as :class:`~walkcircle.tables.Facilities`, named by their ids."""
    return gpd.GeoDataFrame(
        {
            Facilities.facility: projects[Tracking.project].astype(object).to_numpy(),
            Facilities.kind: projects[Tracking.kind].astype(object).to_numpy(),
            Facilities.name: projects[Tracking.name].to_numpy(dtype=object),
            Facilities.source: TRACKED,
            Facilities.opened: projects[Tracking.operating].to_numpy(dtype=object),
        },
        geometry=locate_projects(projects, place.network.crs).to_numpy(),
        crs=place.network.crs,
    )


def _join_facilities(
    there: gpd.GeoDataFrame, ours: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, dict[str, str], pd.DataFrame]:
    """Put projects beside the facilities that there are; return which facility each is, and the pairs that are one."""
    if len(ours) == 0:
        return there, {}, pd.DataFrame()
    both, pairs = merge_facilities(there, ours)
    stands = dict(zip(pairs[Merged.mapped].astype(str), pairs[Merged.registered].astype(str), strict=True))
    known = {name: stands.get(name, name) for name in ours[Facilities.facility].astype(str)}
    # the map's ids that a register has stay beside those of the projects
    if Facilities.also in there:
        also = pd.concat([there[Facilities.also], pd.Series(None, index=range(len(both) - len(there)), dtype=object)])
        two = zip(also.to_list(), both[Facilities.also].to_list(), strict=True)
        both[Facilities.also] = [";".join(x for x in pair if isinstance(x, str)) or None for pair in two]
    order = np.lexsort((both[Facilities.facility].astype(str), both[Facilities.kind].astype(str)))
    joined = gpd.GeoDataFrame(both.iloc[order].reset_index(drop=True), crs=there.crs)
    return joined, known, pairs


def _lay_links(place: Place, study: Study, links: pd.DataFrame) -> WalkNetwork:
    """Return the streets with links laid, the last so many edges of them."""
    lines = locate_projects(links, place.network.crs)
    edits = [LinkAdded(line, kind) for line, kind in zip(lines, links[Tracking.kind], strict=True)]
    for project, edit in zip(links[Tracking.project], edits, strict=True):
        try:
            build_place(place, study, Scenario((edit,), place.network.crs))
        except (TableError, NetworkError) as error:
            told = str(error).removeprefix("link 1 ")
            msg = f"{study.plan.tracking or 'tracking'}: the link '{project}' {told}"
            raise TableError(msg) from None
    return build_place(place, study, Scenario(tuple(edits), place.network.crs)).network


def _note_projects(tracking: pd.DataFrame, on: str | None, file: str) -> list[str]:
    """Say how many projects stand, and which do not yet though the table says that they operate."""
    standing, coming = find_standing(tracking, on), find_coming(tracking, on)
    counts = f"{len(tracking):,}; counted in the check-up, as they operate: {standing.sum():,}"
    notes = [f"Projects of {file}: {counts}; to come: {coming.sum():,}."]
    late = tracking[coming & (tracking[Tracking.state] == OPERATING).to_numpy()]
    if len(late):
        named = _name_some(
            f"{project} (from {day})"
            for project, day in zip(late[Tracking.project], late[Tracking.operating], strict=True)
        )
        notes.append(f"Not open yet on {(on or '')[:10]}, the day of the data: {named}.")
    early = tracking[
        (tracking[Tracking.state] != OPERATING)
        & (tracking[Tracking.dropped].isna())
        & tracking[Tracking.operating].map(lambda day: isinstance(day, str) and on is not None and day <= on[:10])
    ]
    if len(early):
        named = _name_some(f"{one} ({state})" for one, state in zip(early[Tracking.project], early[Tracking.state],
                                                                   strict=True))  # fmt: skip
        notes.append(f"With a day of opening before that of the data and another state, which counts: {named}.")
    return notes


def _note_merged(merged: pd.DataFrame) -> list[str]:
    """Say which projects the map or a register has too."""
    if merged.empty:
        return []
    named = _name_some(
        f"{one} is {other}" for one, other in zip(merged[Merged.mapped], merged[Merged.registered], strict=True)
    )
    return [f"Projects that the map or a register has too, each counted once, as it stands there: {named}."]


def _name_some(texts: Iterable[str]) -> str:
    """Name the first few, and say how many more there are."""
    every = list(texts)
    more = f" and {len(every) - NAMED_PROJECTS:,} more" if len(every) > NAMED_PROJECTS else ""
    return ", ".join(every[:NAMED_PROJECTS]) + more
