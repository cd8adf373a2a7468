"""Attainment: how far each home has what the standard asks for, by the standard's own method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from walkcircle.coverage import NEAR_EDGE
from walkcircle.footing import ROUNDING_MIN
from walkcircle.tables import Communities, Coverage, Facilities, Nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.standards import Group, Kind, Standard

#: By whose walks kinds for a group are scored, where the study has that walker; the others by the first walker.
WALKER_OF_GROUP: Mapping[Group, str] = {
    "elder": "elder",
    "aged": "elder",
    "infant": "pram",
    "child": "child",
    "pupil": "child",
    "youth": "child",
    "disabled": "wheelchair",
}

#: Methods whose index is a share of residents and no mean over categories.
WHOLE_METHODS = frozenset({"mean-of-nearest", "max-of-nearest"})

#: So many more places of each kind than the method counts are known, so that the next steps in where one is not there.
SPARE = 2


@dataclass(frozen=True, eq=False)
class Walked:
    """One walker's walks to the nearest few facilities of each kind.

    Attributes
    ----------
    near
        :class:`~walkcircle.tables.Nearest` from clusters, as many ranks as :func:`count_choices` says.
    access_min
        Minutes from each cluster to its street, by cluster; part of every walk. One that is not there has none.
    edge_min
        Walk from each cluster to where the data end, minutes, by cluster; missing where none is near.
    metres_per_min
        Speed on the flat, for standards whose decay is written in metres.
    limit_min
        How far was searched, minutes; stands in for a walk that was not found where a mean of several is asked for.
    """

    near: pd.DataFrame
    access_min: pd.Series
    edge_min: pd.Series
    metres_per_min: float
    limit_min: float


@dataclass(frozen=True, eq=False)
class Options:
    """Which places of one kind each home can choose from.

    Attributes
    ----------
    kind
        The kind.
    minutes
        ``(r, n)`` walks to the nearest r, growing along the first axis; infinite where there is none.
    place
        ``(r, n)`` positions in :attr:`Choices.places`; -1 for no place.
    access_min
        ``(n,)`` minutes of them between home and street.
    demand
        ``(n,)`` people who need the kind; 0 where nothing is known of the walks.
    unsure
        ``(n,)`` the data end within half of the limit, or it is not within the limit but perhaps one that is not on the
        map is.
    metres_per_min, fill_min
        As in :class:`Walked`.
    """

    kind: Kind
    minutes: NDArray[np.float64]
    place: NDArray[np.int64]
    access_min: NDArray[np.float64]
    demand: NDArray[np.float64]
    unsure: NDArray[np.bool_]
    metres_per_min: float
    fill_min: float


@dataclass(frozen=True, eq=False)
class Choices:
    """What every home of every community can choose from, kind by kind.

    Homes and places are in the order of their ids, so that nothing depends on the order of rows.

    Attributes
    ----------
    communities
        ``(c,)`` ids.
    community
        ``(n,)`` position in `communities` of each home.
    population
        ``(n,)`` residents of each home whose walks are known.
    options
        One for each kind of the standard.
    places
        Facility and kind of each place.
    """

    communities: pd.Index
    community: NDArray[np.int64]
    population: NDArray[np.float64]
    options: tuple[Options, ...]
    places: pd.MultiIndex

    def choose_from(self, options: tuple[Options, ...]) -> Choices:
        """Return the same homes with other options."""
        return replace(self, options=options)


def choose_walkers(standard: Standard, names: Sequence[str], *, own_walker: bool = True) -> dict[str, str]:
    """Choose by whose walks each kind is scored: its group's own walker where there is one, else the first.

    Parameters
    ----------
    standard
        The kinds and their groups.
    names
        Names of the walkers of the study, the first one first.
    own_walker
        When false, all kinds are scored by the first.

    Examples
    --------
    >>> from walkcircle.standards import read_standard
    >>> chosen = choose_walkers(read_standard("hangzhou"), ["adult", "elder"])
    >>> chosen["nursing_home"], chosen["kindergarten"]
    ('elder', 'adult')
    """
    own = {kind.id: WALKER_OF_GROUP.get(kind.group, "") for kind in standard.kinds}
    return {kind: name if own_walker and name in names else names[0] for kind, name in own.items()}


def count_choices(standard: Standard) -> int:
    """Count how many of the nearest places of each kind must be known to score by a standard and to draw doubts."""
    return max(kind.nearest for kind in standard.kinds) + SPARE


def list_choices(
    coverage: pd.DataFrame,
    walked: Mapping[str, Walked],
    communities: gpd.GeoDataFrame,
    standard: Standard,
    *,
    walkers: Mapping[str, str],
) -> Choices:
    """List what every home can choose from, each kind by the walks of its walker.

    Parameters
    ----------
    coverage
        :class:`~walkcircle.tables.Coverage` of all those walkers.
    walked
        Their walks, by their names.
    communities
        :class:`~walkcircle.tables.Communities`; homes outside of all do not count.
    standard
        The kinds.
    walkers
        Name of the walker of each kind, see :func:`choose_walkers`.
    """
    ids = pd.Index(communities[Communities.community])
    by_kind = {
        kind.id: _homes_of(coverage, kind.id, walkers[kind.id], ids).sort_values(Coverage.cluster)
        for kind in standard.kinds
    }
    home = by_kind[standard.kinds[0].id]
    ranked = {name: dict(list(walks.near.groupby(Nearest.kind, sort=False))) for name, walks in walked.items()}
    options: list[Options] = []
    places: list[pd.MultiIndex] = []
    for kind in standard.kinds:
        name = walkers[kind.id]
        near = ranked[name].get(kind.id, walked[name].near.iloc[:0])
        few = near[near[Nearest.rank] <= kind.nearest + SPARE]
        code, labels = pd.factorize(few[Nearest.facility], sort=True)
        first = sum(map(len, places))
        places.append(pd.MultiIndex.from_product([labels, [kind.id]], names=[Nearest.facility, Nearest.kind]))
        options.append(_open_options(kind, by_kind[kind.id], few, first + code, walked[name]))
    known = home[Coverage.known].to_numpy(dtype=bool)
    return Choices(
        communities=ids,
        community=ids.get_indexer(home[Coverage.community]).astype(np.int64),
        population=np.where(known, home[Coverage.population].to_numpy(dtype=float), 0.0),
        options=tuple(options),
        places=places[0].append(places[1:]),
    )


def _homes_of(coverage: pd.DataFrame, kind: str, walker: str, communities: pd.Index) -> pd.DataFrame:
    """Return the rows of one kind and walker whose home lies in a community."""
    rows = coverage[coverage[Coverage.kind] == kind]
    return rows[(rows[Coverage.walker] == walker) & rows[Coverage.community].isin(communities)]


def _open_options(
    kind: Kind, rows: pd.DataFrame, near: pd.DataFrame, code: NDArray[np.int64], walked: Walked
) -> Options:
    """Spread the walks to the places of one kind over ranks and homes; no place is the last, -1."""
    clusters = pd.Index(rows[Coverage.cluster])
    shape = (kind.nearest + SPARE, len(clusters))
    minutes, place = np.full(shape, np.inf), np.full(shape, -1)
    home = clusters.get_indexer(near[Nearest.origin])
    inside = home >= 0
    at = (near[Nearest.rank].to_numpy(dtype=np.int64)[inside] - 1, home[inside])
    minutes[at] = near[Nearest.minutes].to_numpy(dtype=float)[inside]
    place[at] = code[inside]
    people = rows[Coverage.demand if Coverage.demand in rows.columns else Coverage.population].to_numpy(dtype=float)
    edge = walked.edge_min.reindex(clusters).to_numpy(dtype=float)
    return Options(
        kind=kind,
        minutes=minutes,
        place=place,
        access_min=np.nan_to_num(walked.access_min.reindex(clusters).to_numpy(dtype=float)),
        demand=np.where(rows[Coverage.known].to_numpy(dtype=bool), people, 0.0),
        unsure=(edge <= NEAR_EDGE * kind.limit_min) | rows[Coverage.unsure].to_numpy(dtype=bool),
        metres_per_min=walked.metres_per_min,
        fill_min=walked.limit_min,
    )


def drop_unsure(choices: Choices) -> Choices:
    """Return the same choices, where who is unsure of a kind counts as without."""
    options = (replace(one, unsure=np.zeros_like(one.unsure)) for one in choices.options)
    return replace(choices, options=tuple(options))


def measure_attainment(choices: Choices, standard: Standard) -> NDArray[np.float64]:
    """Measure how far the residents of each community have each kind, by the method of the standard.

    ======================  ==========================================================================================
    ``threshold``           share of those who need the kind with the nearest within the limit
    ``max-of-nearest``      the same; the index is the share who have all kinds (Logan et al. 2022)
    ``mean-of-nearest``     share with the mean walk to the nearest few within the limit; the index is the share whose
                            mean over kinds is (F15 of Bruno et al. 2024)
    ``decay``               mean over people of ``Σ w_r d(t_r) / Σ w_r`` over the ranks r (Walk Score 2010)
    ======================  ==========================================================================================

    Who is unsure counts as if they had it: where the data end within half of the limit what lies beyond is not known,
    and a map may lack one.

    Parameters
    ----------
    choices
        From :func:`list_choices`.
    standard
        Its method and decay.

    Returns
    -------
    ndarray
        ``(c, k)`` from 0 to 1, communities by kinds; missing where nobody needs the kind.
    """
    columns = []
    for options in choices.options:
        attained = np.where(options.unsure, 1.0, weigh_options(options, standard))
        columns.append(_mean_by(choices, attained, options.demand))
    return np.column_stack(columns)


def measure_whole(choices: Choices, standard: Standard, thin: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Measure the share of residents who have the whole, for the methods whose index that is.

    ``max-of-nearest``: every walk is within its limit. ``mean-of-nearest``: the mean over kinds of the mean walk to
    the nearest few is within the mean of their limits. Kinds whose data are thin are left out, and where it is
    unsure a walk counts as no longer than the limit.

    Parameters
    ----------
    choices
        From :func:`list_choices`.
    standard
        Its method and the weights of its kinds.
    thin
        ``(c, k)`` the data of a kind are thin in a community.

    Returns
    -------
    ndarray
        ``(c,)`` from 0 to 1; missing where nobody lives, or all kinds are thin.
    """
    count = len(choices.community)
    total, limit, weights = np.zeros(count), np.zeros(count), np.zeros(count)
    longest = np.zeros(count)
    for number, options in enumerate(choices.options):
        kept = ~thin[choices.community, number]
        walks = count_minutes(options, standard)
        minutes = np.where(options.unsure, np.minimum(walks, options.kind.limit_min), walks)
        weight = np.where(kept, options.kind.weight, 0.0)
        total += np.where(kept, options.kind.weight * minutes, 0.0)
        limit += weight * options.kind.limit_min
        weights += weight
        longest = np.maximum(longest, np.where(kept, minutes - options.kind.limit_min, 0.0))
    is_whole = longest <= ROUNDING_MIN
    if standard.method == "mean-of-nearest":
        mean = np.divide(total - limit, weights, out=np.zeros(count), where=weights > 0)
        is_whole = mean <= ROUNDING_MIN
    return _mean_by(choices, is_whole.astype(float), np.where(weights > 0, choices.population, 0.0))


def weigh_options(options: Options, standard: Standard) -> NDArray[np.float64]:
    """Tell how far each home has a kind, ``(n,)`` from 0 to 1, by the method of the standard."""
    if standard.method == "decay" and standard.decay is not None:
        return _weigh_ranks(options, standard)
    return (count_minutes(options, standard) <= options.kind.limit_min + ROUNDING_MIN).astype(float)


def count_minutes(options: Options, standard: Standard) -> NDArray[np.float64]:
    """Count the minutes, ``(n,)``, that a method holds against the limit of a kind.

    The walk to the nearest, or the mean of the walks to the nearest few; one that was not found counts as long as
    was searched, so that the mean is at least so long.
    """
    if standard.method != "mean-of-nearest":
        return np.asarray(options.minutes.min(axis=0))
    found = np.isfinite(options.minutes)
    counted = found & (np.cumsum(found, axis=0) <= options.kind.nearest)
    lacking = options.kind.nearest - counted.sum(axis=0)
    total = np.where(counted, options.minutes, 0.0).sum(axis=0) + lacking * options.fill_min
    return np.asarray(total / options.kind.nearest)


def _weigh_ranks(options: Options, standard: Standard) -> NDArray[np.float64]:
    """Add up the places in order of distance, each with its rank's weight and its distance's factor."""
    decay = standard.decay
    if decay is None:
        return np.zeros(options.minutes.shape[1])
    ranks = np.asarray(options.kind.rank_weights or (1.0,) * options.kind.nearest)
    weights = np.append(ranks, 0.0)
    order = np.cumsum(np.isfinite(options.minutes), axis=0) - 1
    within = options.minutes <= options.kind.limit_min + ROUNDING_MIN
    apart = options.minutes * (options.metres_per_min if decay.per == "m" else 1.0)
    factor = np.interp(np.where(within, apart, 0.0), *np.transpose(decay.points)) * within
    return np.asarray((weights[np.minimum(order, len(ranks))] * factor).sum(axis=0) / ranks.sum())


def replace_walks(
    options: Options,
    *,
    is_there: NDArray[np.bool_],
    access: NDArray[np.float64],
    pace: float,
) -> Options:
    """Return the options with walks as they might also be.

    Parameters
    ----------
    options
        As they are.
    is_there
        Whether each place is there, and at the end that no place is not.
    access
        ``(n,)`` factor of the way between home and street.
    pace
        Factor of all walking times.
    """
    longer = (access - 1) * options.access_min
    minutes = np.where(is_there[options.place], (options.minutes + longer) * pace, np.inf)
    return replace(options, minutes=minutes)


def find_places(choices: Choices, facilities: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Find the row in `facilities` of each place that can be chosen."""
    pairs = pd.MultiIndex.from_frame(facilities[[Facilities.facility, Facilities.kind]])
    return np.asarray(pairs.get_indexer(choices.places), dtype=np.int64)


def _mean_by(choices: Choices, values: NDArray[np.float64], people: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of each community, weighted by people; missing where there are none."""
    count = len(choices.communities)
    total = np.bincount(choices.community, people, count)
    summed = np.bincount(choices.community, people * values, count)
    return np.asarray(np.divide(summed, total, out=np.full(count, np.nan), where=total > 0).clip(max=1))
