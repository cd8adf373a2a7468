"""Tracking: how far each project has come, what stands, what is to come, and what is never proposed again.

The table is the user's (:class:`~walkcircle.tables.Tracking`). What operates on the day of the data stands; what is
being built, or will operate later, is to come; what is planned may be chosen again under its own identifier; what was
dropped is not proposed again. A site of a plan and a row are one project where they are of one kind and at most
:data:`SAME_SITE_M` apart: sites along streets are numbered anew when the map changes, so that an identifier alone says
little. A row without a place is known by its identifier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.pool import BUILDING, DROPPED, OPERATING, PLANNED
from walkcircle.proposals import WGS84
from walkcircle.tables import Projects, Tracking

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A project and a site of its kind are one where they are no farther apart, metres: as far as a register's place and
#: the map's may be (walkcircle's choice).
SAME_SITE_M: Final = 50.0

#: Decimals of a degree in the table, a tenth of a millimetre: what was promised at a place is delivered at that place.
DECIMALS: Final = 9


def make_tracking() -> pd.DataFrame:
    """Make a table of projects without any."""
    columns: dict[str, Any] = {
        str(column): pd.Series(dtype="float64" if column.dtype == "number" else object) for column in Tracking.columns()
    }
    return pd.DataFrame(columns)


def find_standing(tracking: pd.DataFrame, on: str | None) -> NDArray[np.bool_]:
    """Flag the projects that operate on a day, ``YYYY-MM-DD``; on any day where None."""
    return (tracking[Tracking.state] == OPERATING).to_numpy() & ~_are_later(tracking, on)


def find_coming(tracking: pd.DataFrame, on: str | None) -> NDArray[np.bool_]:
    """Flag the projects that are being built, or that operate only after a day."""
    later = (tracking[Tracking.state] == OPERATING).to_numpy() & _are_later(tracking, on)
    return np.asarray((tracking[Tracking.state] == BUILDING).to_numpy() | later)


def _are_later(tracking: pd.DataFrame, on: str | None) -> NDArray[np.bool_]:
    days = tracking[Tracking.operating]
    return np.array([isinstance(day, str) and on is not None and day > on[:10] for day in days], dtype=bool)


def locate_projects(tracking: pd.DataFrame, crs: Any) -> gpd.GeoSeries:
    """Return the place of each project in a metric CRS: its shape, else its point; None where it is not known."""
    shapes = [
        shapely.from_wkt(shape) if isinstance(shape, str)
        else shapely.Point(lon, lat) if np.isfinite(lon) and np.isfinite(lat)
        else None
        for shape, lon, lat in zip(
            tracking[Tracking.wkt], tracking[Tracking.lon].astype(float), tracking[Tracking.lat].astype(float),
            strict=True,
        )
    ]  # fmt: skip
    return gpd.GeoSeries(shapes, index=tracking.index, crs=WGS84).to_crs(crs)


def find_rows(tracking: pd.DataFrame, projects: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Return for each site of a plan the row of the table that is the same project, -1 where there is none.

    Parameters
    ----------
    tracking
        :class:`~walkcircle.tables.Tracking`.
    projects
        Columns project, sort, kind and geometry of :class:`~walkcircle.tables.Projects`, metric.

    Returns
    -------
    ndarray
        ``(m,)`` positions. Of several rows the nearest; of those the first.
    """
    found = np.full(len(projects), -1)
    if len(projects) == 0 or len(tracking) == 0:
        return found
    places = locate_projects(tracking, projects.crs)
    known = places.notna().to_numpy()
    rows = np.flatnonzero(known)
    site, at = shapely.STRtree(_midpoints(places[known])).query(
        _midpoints(projects.geometry), predicate="dwithin", distance=SAME_SITE_M
    )
    row = rows[at]
    same = _keys(projects)[site] == _keys(tracking)[row]
    site, row = site[same], row[same]
    apart = shapely.distance(_midpoints(projects.geometry)[site], _midpoints(places)[row])
    order = np.lexsort((row, apart, site))
    first = np.unique(site[order], return_index=True)[1]
    found[site[order][first]] = row[order][first]
    by_name = pd.Series(np.flatnonzero(~known), index=tracking[Tracking.project].to_numpy()[~known])
    named = by_name.reindex(projects[Projects.project].to_numpy()).to_numpy(dtype=float)
    return np.where((found < 0) & np.isfinite(named), np.nan_to_num(named, nan=-1), found).astype(np.int64)


def _keys(frame: pd.DataFrame) -> NDArray[np.object_]:
    """Return sort and kind as one text."""
    return (frame[Projects.sort].astype(str) + "\n" + frame[Projects.kind].astype(str)).to_numpy(dtype=object)


def _midpoints(shapes: gpd.GeoSeries) -> NDArray[np.object_]:
    """Return a point of each shape, the middle of a line; None where there is none."""
    found = np.asarray(shapes.to_numpy(), dtype=object)
    lines = shapely.get_type_id(found) == shapely.GeometryType.LINESTRING
    middle = shapely.centroid(found)
    middle[lines] = shapely.line_interpolate_point(found[lines], 0.5, normalized=True)
    return np.asarray(middle, dtype=object)


def find_closed(tracking: pd.DataFrame | None, projects: gpd.GeoDataFrame, on: str | None) -> NDArray[np.bool_]:
    """Flag the sites of a plan where a project of the kind was dropped, is to come or stands already, ``(m,)``."""
    if tracking is None:
        return np.zeros(len(projects), dtype=bool)
    row = find_rows(tracking, projects)
    settled = (tracking[Tracking.state] == DROPPED).to_numpy()
    settled = settled | find_coming(tracking, on) | find_standing(tracking, on)
    return np.asarray(np.append(settled, False)[row])


def name_projects(tracking: pd.DataFrame, projects: gpd.GeoDataFrame) -> list[str]:
    """Name the sites of a plan: as in the table where it has them, and never as another project of it."""
    row, own = find_rows(tracking, projects), projects[Projects.project].to_list()
    ids = tracking[Tracking.project].to_list()
    # of several sites that are one project the nearest has its name; the others keep theirs
    apart = np.full(len(projects), np.inf)
    mine = np.flatnonzero(row >= 0)
    places = locate_projects(tracking, projects.crs)
    apart[mine] = np.nan_to_num(
        shapely.distance(_midpoints(projects.geometry)[mine], _midpoints(places)[row[mine]]), nan=0.0
    )
    owner: dict[int, int] = {}
    for site in mine[np.argsort(apart[mine], kind="stable")].tolist():
        owner.setdefault(int(row[site]), site)
    named = {site: ids[at] for at, site in owner.items()}
    taken, names = {*ids, *own}, []
    for site, name in enumerate(own):
        new, number = named.get(site, name), 2
        while site not in named and name in ids and new in taken:
            new, number = f"{name}#{number}", number + 1
        taken.add(new)
        names.append(new)
    return names


def join_projects(tracking: pd.DataFrame | None, projects: gpd.GeoDataFrame, *, on: str | None) -> pd.DataFrame:
    """Return the next version of the user's table: their rows as they are, then the projects that are new.

    Parameters
    ----------
    tracking
        :class:`~walkcircle.tables.Tracking`, or None where there is none yet.
    projects
        :class:`~walkcircle.tables.Projects`; those without a year are not built in this plan and left out.
    on
        Day of the data, since which the new ones are planned.
    """
    kept = make_tracking() if tracking is None else tracking
    new = projects[projects[Projects.year].notna() & ~projects[Projects.project].isin(kept[Tracking.project])]
    degrees = new.geometry.to_crs(WGS84)
    middle = gpd.GeoSeries(_midpoints(new.geometry), crs=projects.crs).to_crs(WGS84)
    rows = pd.DataFrame(
        {
            Tracking.project: new[Projects.project].to_numpy(),
            Tracking.sort: new[Projects.sort].to_numpy(),
            Tracking.kind: new[Projects.kind].to_numpy(),
            Tracking.state: PLANNED,
            Tracking.name: new[Projects.name].to_numpy(dtype=object),
            Tracking.lon: middle.x.round(DECIMALS).to_numpy(),
            Tracking.lat: middle.y.round(DECIMALS).to_numpy(),
            Tracking.wkt: np.where(
                degrees.geom_type == "Point", None, shapely.to_wkt(degrees.to_numpy(), rounding_precision=DECIMALS)
            ),
            Tracking.planned: None if on is None else on[:10],
            Tracking.building: None,
            Tracking.operating: None,
            Tracking.dropped: None,
            Tracking.promised: new[Projects.newly_served].astype(float).round(1).to_numpy(),
            Tracking.note: None,
        }
    )  # fmt: skip
    columns = [*kept.columns.drop(Tracking.facility, errors="ignore")]
    if len(rows) == 0 or len(kept) == 0:
        return (kept if len(rows) == 0 else rows).reindex(columns=columns).reset_index(drop=True)
    return pd.concat([kept, rows], ignore_index=True).reindex(columns=columns)
