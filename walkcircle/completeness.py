"""Completeness: where the data can be trusted, per community and kind of facility."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.groups import EVERYBODY
from walkcircle.network import WalkNetwork
from walkcircle.place import assign_communities
from walkcircle.tables import Communities, Completeness, Facilities, Residences

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.standards import Kind, Standard

#: Facilities mapped in and around a community, per 1,000 residents, below which the map is thin there. A Hangzhou
#: community of 7,000 people has about 28 records of its 20 key kinds, four per 1,000; half of that is taken
#: (walkcircle's assumption from the city's own counts: 35,000 records for 1,260 communities).
THIN_PER_1000 = 2.0

#: How far around a community its facilities are counted for that, metres.
AROUND_M = 500.0

#: How the people whom a kind serves are known.
COUNTED, DECLARED, STAND_IN = "counted", "a declared share of the residents", "all residents stand in"

#: A kind of which the whole file has less than this share of what its people should have is thinly mapped, rather than
#: lacking everywhere at once (walkcircle's assumption).
LEAST_EXPECTED = 0.5

#: From this `osm_weakness` on, the map practically never holds a kind.
NEVER_MAPPED = 3

#: Where more people than this live on a square kilometre, streets are as dense as in a town (walkcircle's assumption).
DENSE_PER_KM2 = 5_000.0

#: Kilometres of street on foot per square kilometre, below which a dense community is thinly mapped: half of the 8 km
#: of road that China's towns are to have (Central Committee and State Council, opinions on planning, building and
#: managing cities, February 2016); half is walkcircle's assumption.
LEAST_STREETS_KM = 4.0

#: Where more than this share of the residents live in closed estates without a mapped way inside, nobody knows by which
#: gates they come out (walkcircle's assumption).
MOST_CLOSED = 0.5

#: Where half of the places were last edited so many years before the date of the map, what has opened since may be
#: missing (walkcircle's assumption).
OLD_YEARS = 8.0

_DAYS_PER_YEAR = 365.2425


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What else tells how well a community is mapped.

    Attributes
    ----------
    network
        The streets.
    estates
        :class:`~walkcircle.tables.Estates`.
    data_date
        ``YYYY-MM-DD`` of the map, or None.
    """

    network: WalkNetwork
    estates: gpd.GeoDataFrame
    data_date: str | None = None


def grade_completeness(
    communities: gpd.GeoDataFrame,
    residences: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    standard: Standard,
    *,
    registered: Collection[str] = (),
    declared: pd.DataFrame | None = None,
    surroundings: Surroundings | None = None,
) -> pd.DataFrame:
    """Grade how far a missing facility can be trusted to be missing, per community and kind.

    A kind with a complete register is firm. From OpenStreetMap alone, a kind is to be checked on the ground where

    - the map practically never holds it, or none is mapped in the whole file;
    - the whole file has less than half of those that its people should have, one for the most people that one may
      serve (:attr:`~walkcircle.standards.Kind.most_served`);
    - little at all is mapped around the community, or half of it was last edited long before the date of the map;
    - streets are thin where many people live, or most live in closed estates without a mapped way inside.

    Firm here, a gap is still not certain where one that is not on the map may well be near: see
    :func:`~walkcircle.unmapped.estimate_unmapped`. How the people are known whom a kind serves stands beside it and
    changes no grade: a gap among all residents is a gap, if a blunter one.

    Parameters
    ----------
    communities, residences, facilities
        Checked tables in one metric CRS.
    standard
        The kinds.
    registered
        Ids of the kinds whose register is complete.
    declared
        On the index of `residences`, a column of flags for each group: its number there is a declared share.
    surroundings
        Streets, estates and the date of the map; without them nothing is asked of these.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Completeness`.
    """
    known = {kind.group: _word_people(residences, kind.group, declared) for kind in standard.kinds}
    home = assign_communities(residences, communities)
    people = residences.groupby(home)[Residences.population].sum()
    worded = {
        (community, group): ", ".join(sorted(set(words)))
        for group, by_home in known.items()
        for community, words in by_home.groupby(home)
    }
    around = communities.geometry.buffer(AROUND_M).to_numpy()
    on_map = facilities[facilities[Facilities.source] == "osm"]
    area, found = shapely.STRtree(on_map.geometry.to_numpy()).query(around, predicate="intersects")
    residents = people.reindex(communities[Communities.community]).fillna(0.0).to_numpy(dtype=float)
    grounds = _measure_grounds(communities, residences, home, residents, surroundings)
    grounds[Completeness.mapped_around] = np.bincount(area, minlength=len(communities))
    grounds[Completeness.edited_years] = _measure_age(on_map, area, found, len(communities), surroundings)
    thin = [_doubt_ground(row, everyone) for row, everyone in zip(grounds.to_dict("records"), residents, strict=True)]
    everybody = float(residences[Residences.population].sum())
    rows = []
    for kind in standard.kinds:
        is_kind = (on_map[Facilities.kind] == kind.id).to_numpy()
        doubt = _doubt_number(kind, int(is_kind.sum()), everybody)
        mapped = np.bincount(area[is_kind[found]], minlength=len(communities))
        is_registered = kind.id in registered
        for position, community in enumerate(communities[Communities.community]):
            reason = None if is_registered else doubt or thin[position]
            whom = worded.get((community, kind.group), "nobody lives here")
            grade = "check" if reason else "firm"
            rows.append((position, community, kind.id, grade, reason, whom, is_registered, mapped[position]))
    rows.sort(key=lambda row: row[0])
    columns = [
        Completeness.community, Completeness.kind, Completeness.grade, Completeness.reason, Completeness.people,
        Completeness.registered, Completeness.mapped,
    ]  # fmt: skip
    table = pd.DataFrame([row[1:] for row in rows], columns=[*map(str, columns)])
    spread = grounds.loc[[row[0] for row in rows]].reset_index(drop=True)
    return pd.concat([table, spread], axis=1)[[*map(str, Completeness.columns())]]


def _word_people(residences: gpd.GeoDataFrame, group: str, declared: pd.DataFrame | None) -> pd.Series:
    """Say how the people of a group are known in each residence with people."""
    lived_in = residences[residences[Residences.population] > 0]
    if group == EVERYBODY:
        return pd.Series("all residents", index=lived_in.index)
    if group not in lived_in:
        return pd.Series(STAND_IN, index=lived_in.index)
    words: pd.Series = lived_in[group].isna().map({True: STAND_IN, False: COUNTED})
    return words if declared is None else words.mask(declared[group].reindex(lived_in.index), DECLARED)


def _measure_grounds(
    communities: gpd.GeoDataFrame,
    residences: gpd.GeoDataFrame,
    home: pd.Series,
    residents: NDArray[np.float64],
    surroundings: Surroundings | None,
) -> pd.DataFrame:
    """Measure people and streets per square kilometre, and who lives in closed estates without a mapped way."""
    km2 = communities.geometry.area.to_numpy() / 1e6
    columns = {Completeness.residents_per_km2: residents / km2}
    if surroundings is None:
        unknown = np.full(len(communities), np.nan)
        columns |= {Completeness.streets_km_per_km2: unknown, Completeness.closed_share: unknown}
        return pd.DataFrame(columns)
    network, estates = surroundings.network, surroundings.estates
    middles = shapely.line_interpolate_point(network.lines, 0.5, normalized=True)
    tree = shapely.STRtree(middles)
    area, edge = tree.query(communities.geometry.to_numpy(), predicate="intersects")
    metres = np.bincount(area, weights=network.length_m[edge], minlength=len(communities))
    crossed, _ = tree.query(estates.geometry.to_numpy(), predicate="intersects")
    blind = np.delete(estates.geometry.to_numpy(), np.unique(crossed))
    inner = shapely.point_on_surface(residences.geometry.to_numpy())
    _, inside = shapely.STRtree(inner).query(blind, predicate="intersects")
    is_blind = np.zeros(len(residences), bool)
    is_blind[inside] = True
    lost = residences[Residences.population].where(is_blind, 0.0).groupby(home).sum()
    closed = lost.reindex(communities[Communities.community]).fillna(0.0).to_numpy(dtype=float)
    share = np.divide(closed, residents, out=np.zeros(len(residents)), where=residents > 0)
    columns |= {Completeness.streets_km_per_km2: metres / 1000 / km2, Completeness.closed_share: share.clip(0, 1)}
    return pd.DataFrame(columns)


def _measure_age(
    on_map: gpd.GeoDataFrame,
    area: NDArray[np.int64],
    found: NDArray[np.int64],
    count: int,
    surroundings: Surroundings | None,
) -> NDArray[np.float64]:
    """Return the median years from the last edit of the places around each community to the date of the map."""
    years = np.full(count, np.nan)
    if surroundings is None or surroundings.data_date is None or Facilities.edited not in on_map:
        return years
    end = date.fromisoformat(surroundings.data_date)
    days = on_map[Facilities.edited].map(lambda day: (end - date.fromisoformat(day)).days, na_action="ignore")
    known = days.astype(float).to_numpy()[found]
    middle = pd.Series(known).groupby(area).median()
    years[middle.index] = np.maximum(middle.to_numpy(dtype=float) / _DAYS_PER_YEAR, 0.0)
    return years


def _doubt_ground(ground: dict[Hashable, float], residents: float) -> str | None:
    """Say why a community is thinly mapped as a whole; nothing where it is not."""
    if residents == 0:
        return None
    mapped, years = ground[Completeness.mapped_around], ground[Completeness.edited_years]
    if mapped < THIN_PER_1000 * residents / 1000:
        return f"only {mapped:.0f} places are mapped in and around for {residents:,.0f} residents"
    if years > OLD_YEARS:
        return f"half of the places in and around were last edited {years:.0f} years before the date of the map"
    streets, dense = ground[Completeness.streets_km_per_km2], ground[Completeness.residents_per_km2]
    if dense > DENSE_PER_KM2 and streets < LEAST_STREETS_KM:
        return f"only {streets:.1f} km of street are mapped on each km² where {dense:,.0f} people live"
    if ground[Completeness.closed_share] > MOST_CLOSED:
        return f"{ground[Completeness.closed_share]:.0%} of the residents live in closed estates without a mapped way"
    return None


def _doubt_number(kind: Kind, number: int, everybody: float) -> str | None:
    """Say why so many of a kind on the map, for everybody, may not be its true number; nothing where it may."""
    if kind.osm_weakness >= NEVER_MAPPED:
        return "OpenStreetMap practically never holds this kind; it needs a register"
    if number == 0:
        return "none is mapped in the whole file"
    if number >= LEAST_EXPECTED * everybody / kind.most_served:
        return None
    return f"only {number} of this kind are mapped for {everybody:,.0f} people in all"
