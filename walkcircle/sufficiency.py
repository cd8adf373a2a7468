"""Sufficiency: is there enough of each kind for its people, and is it as large as the standard asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from walkcircle.adequacy import measure_adequacy
from walkcircle.tables import Adequacy, Communities, Coverage, Facilities, Sufficiency

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.standards import Kind, Standard

#: Where less than this share of the people is known, adequacy and quality of a community are unknown (walkcircle's
#: assumption).
LEAST_KNOWN = 0.5

#: First words of `norm_unit` that the column `capacity` of a register counts, and those that `floor_m2` does. A norm in
#: square metres of ground or park fits neither.
CAPACITY_UNITS = frozenset({"beds", "places", "seats", "people", "classes", "床", "床位", "座", "人", "班"})
FLOOR_UNITS = frozenset({"m²", "m² of floor", "m² of building", "m² of floor area", "㎡"})


def find_supply(kind: Kind, facilities: gpd.GeoDataFrame) -> pd.Series | None:
    """Find what the facilities of a kind offer, in the unit of its norm.

    Parameters
    ----------
    kind
        The kind with its norm.
    facilities
        :class:`~walkcircle.tables.Facilities`.

    Returns
    -------
    Series or None
        Units by facility, missing where unknown; None where the kind has no norm per 1,000 people, the norm's unit fits
        no column, or nothing is known of any facility.
    """
    if kind.norm_per_1000 is None:
        return None
    unit = kind.norm_unit.strip().lower()
    column = Facilities.floor_m2 if unit in FLOOR_UNITS else None
    column = Facilities.capacity if unit.split(" ")[0] in CAPACITY_UNITS else column
    if column is None or column not in facilities.columns:
        return None
    mine = facilities[facilities[Facilities.kind] == kind.id]
    units = pd.Series(mine[column].to_numpy(dtype=float), index=mine[Facilities.facility].to_numpy())
    return units if units.notna().any() else None


def measure_sufficiency(
    coverage: pd.DataFrame,
    facilities: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    standard: Standard,
    *,
    walkers: Mapping[str, str],
    times: Mapping[str, pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """Measure whether each community has enough of each kind, and whether it is large enough.

    ``adequacy = Σ p·min(1, A / norm) / Σ p``, where A are the units per person of 2SFCA (Luo & Wang 2003): all people
    within the limit share a facility, wherever they live. ``quality = Σ p·1[floor ≥ least floor] / Σ p`` over those in
    time, each by the nearest facility.

    Parameters
    ----------
    coverage
        :class:`~walkcircle.tables.Coverage`.
    facilities
        :class:`~walkcircle.tables.Facilities`; the columns capacity and floor_m2 may be absent.
    communities
        :class:`~walkcircle.tables.Communities`.
    standard
        Norms per 1,000 people and least floor areas.
    walkers
        Name of the walker of each kind.
    times
        :class:`~walkcircle.tables.WalkTimes` between clusters and facilities (by their ids), by kind, for the kinds
        with a supply (:func:`find_supply`).

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Sufficiency`. Nothing is imputed: adequacy is unknown where all residents stand in
        for a group, since a norm for the old says nothing about all; for homes that reach a facility of unknown
        capacity, unless the others suffice; and where the data end on the way.
    """
    ids = pd.Index(communities[Communities.community])
    parts = []
    for kind in standard.kinds:
        rows = coverage[(coverage[Coverage.kind] == kind.id) & (coverage[Coverage.walker] == walkers[kind.id])]
        people = rows[Coverage.demand].to_numpy(dtype=float)
        code = ids.get_indexer(rows[Coverage.community])
        enough = _adequacy_of_homes(kind, rows, people, facilities, (times or {}).get(kind.id))
        large = _quality_of_homes(kind, rows, facilities)
        known = rows[Coverage.known].to_numpy(dtype=bool) & (code >= 0)
        in_time = known & rows[Coverage.covered].to_numpy(dtype=bool)
        adequacy, adequacy_known = _mean_known(enough, np.where(known, people, 0.0), code, len(ids))
        quality, quality_known = _mean_known(large, np.where(in_time, people, 0.0), code, len(ids))
        parts.append(
            pd.DataFrame(
                {
                    Sufficiency.community: ids,
                    Sufficiency.kind: kind.id,
                    Sufficiency.adequacy: adequacy,
                    Sufficiency.adequacy_known: adequacy_known,
                    Sufficiency.quality: quality,
                    Sufficiency.quality_known: quality_known,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def measure_units(
    coverage: pd.DataFrame,
    facilities: gpd.GeoDataFrame,
    standard: Standard,
    *,
    times: Mapping[str, pd.DataFrame],
) -> pd.Series:
    """Measure how many units of each kind there are for each person, as :func:`measure_sufficiency` does on its way.

    Parameters
    ----------
    coverage
        :class:`~walkcircle.tables.Coverage` of one walker.
    facilities, standard, times
        As in :func:`measure_sufficiency`; kinds without times have no row.

    Returns
    -------
    Series
        Units per person by cluster and kind; missing where unknown.
    """
    found = {}
    for kind in standard.kinds:
        rows = coverage[coverage[Coverage.kind] == kind.id]
        people = rows[Coverage.demand].to_numpy(dtype=float)
        shared = _share_supply(kind, rows, people, facilities, times.get(kind.id))
        if shared is not None:
            units = shared.set_index(Adequacy.origin)[Adequacy.units_per_person].astype(float)
            found[kind.id] = units.where(~rows.set_index(Coverage.cluster)[Coverage.unsure])
    if not found:
        empty = pd.MultiIndex.from_arrays([[], []], names=[Coverage.kind, Coverage.cluster])
        return pd.Series(index=empty, dtype=float).swaplevel()
    return pd.concat(found, names=[Coverage.kind, Coverage.cluster]).swaplevel()


def _adequacy_of_homes(
    kind: Kind,
    rows: pd.DataFrame,
    people: NDArray[np.float64],
    facilities: gpd.GeoDataFrame,
    times: pd.DataFrame | None,
) -> NDArray[np.float64]:
    """Return, per home, the units per person against the norm, at most 1; missing where unknown."""
    nothing = np.full(len(rows), np.nan)
    shared = _share_supply(kind, rows, people, facilities, times)
    if shared is None or kind.norm_per_1000 is None:
        return nothing
    norm = kind.norm_per_1000 / 1000
    sure = shared[Adequacy.units_per_person].to_numpy(dtype=float)
    at_least = shared[Adequacy.units_at_least].to_numpy(dtype=float)
    ratio = np.where(at_least >= norm, 1.0, np.minimum(sure / norm, 1.0))
    is_unsure = rows[Coverage.unsure].to_numpy(dtype=bool)
    return np.where(is_unsure | ~rows[Coverage.known].to_numpy(dtype=bool), np.nan, ratio)


def _share_supply(
    kind: Kind,
    rows: pd.DataFrame,
    people: NDArray[np.float64],
    facilities: gpd.GeoDataFrame,
    times: pd.DataFrame | None,
) -> pd.DataFrame | None:
    """Share a kind's supply among all in reach, :class:`~walkcircle.tables.Adequacy`; None where nothing is known."""
    supply = find_supply(kind, facilities)
    # whoever stands in for a group shares every facility near, so that no ratio there is true
    if supply is None or times is None or rows[Coverage.stand_in].any():
        return None
    demand = pd.Series(people, index=rows[Coverage.cluster].to_numpy())
    off = rows[Coverage.cluster][~rows[Coverage.known].to_numpy(dtype=bool)].tolist()
    return measure_adequacy(times, supply, demand, limit_min=kind.limit_min, method="2sfca", off_network=off)


def _quality_of_homes(kind: Kind, rows: pd.DataFrame, facilities: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return, per home, whether the nearest facility has the least floor area; missing where unknown."""
    if kind.min_floor_m2 is None or Facilities.floor_m2 not in facilities.columns:
        return np.full(len(rows), np.nan)
    mine = facilities[facilities[Facilities.kind] == kind.id]
    floor = pd.Series(mine[Facilities.floor_m2].to_numpy(dtype=float), index=mine[Facilities.facility].to_numpy())
    nearest = floor.reindex(rows[Coverage.facility]).to_numpy(dtype=float)
    return np.where(np.isnan(nearest), np.nan, (nearest >= kind.min_floor_m2).astype(float))


def _mean_known(
    values: NDArray[np.float64], people: NDArray[np.float64], code: NDArray[np.int64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each community's mean over the people for whom it is known, and their share; too few are unknown."""
    is_known = ~np.isnan(values)
    inside = code >= 0
    every = np.bincount(code[inside], people[inside], count)
    kept = inside & is_known
    known = np.bincount(code[kept], people[kept], count)
    summed = np.bincount(code[kept], (people * np.where(is_known, values, 0.0))[kept], count)
    share = np.divide(known, every, out=np.zeros(count), where=every > 0).clip(max=1)
    mean = np.divide(summed, known, out=np.full(count, np.nan), where=(known > 0) & (share >= LEAST_KNOWN))
    return mean.clip(max=1), np.where(np.isnan(mean), 0.0, share)
