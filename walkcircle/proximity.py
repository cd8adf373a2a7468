"""Proximity: how long the walks are, without one limit: every time at once, and the mean to the nearest few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from walkcircle.errors import TableError
from walkcircle.footing import ROUNDING_MIN
from walkcircle.tables import AreaProximity, Coverage, DualAccess, Nearest, Proximity, Sweep, check_series


def measure_sweep(coverage: pd.DataFrame, *, minutes: Sequence[float] = range(31)) -> pd.DataFrame:
    """Measure the share of people within every time, per kind and walker: ``C_f(T) = Σ p·1[t ≤ T] / Σ p``.

    Parameters
    ----------
    coverage
        :class:`~walkcircle.tables.Coverage`; the rows of one community for one community. The curve is true up to
        the longest walk that was searched, beyond it a walk is missing and the curve is flat.
    minutes
        The times T, minutes, inclusive.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Sweep`, which never falls as T grows. Clusters that are not on the network
        do not count.

    Raises
    ------
    TableError
        A time is negative or no number.

    Examples
    --------
    >>> coverage = pd.DataFrame(
    ...     {
    ...         "kind": "shop",
    ...         "walker": "adult",
    ...         "population": [30.0, 10.0],
    ...         "minutes": [5.0, 8.0],
    ...         "known": True,
    ...     }
    ... )
    >>> measure_sweep(coverage, minutes=[4, 5, 8])["share"].to_list()
    [0.0, 0.75, 1.0]
    """
    times = np.unique(np.asarray(list(minutes), dtype=float))
    if not (np.isfinite(times) & (times >= 0)).all():
        msg = "minutes: the times of a sweep must be numbers of at least 0"
        raise TableError(msg)
    keys = [Coverage.kind, Coverage.walker]
    parts = []
    for (kind, walker), rows in coverage.groupby(keys, sort=False):
        seen = rows[rows[Coverage.known]].sort_values(Coverage.minutes)
        walks = seen[Coverage.minutes].to_numpy(dtype=float)
        people = np.append(0.0, np.cumsum(seen[Coverage.population].to_numpy(dtype=float)))
        # missing walks are sorted last, and no time reaches them
        within = np.searchsorted(walks[~np.isnan(walks)], times + ROUNDING_MIN, side="right")
        covered = people[within]
        share = covered / people[-1] if people[-1] > 0 else np.full(len(times), np.nan)
        parts.append(
            pd.DataFrame(
                {
                    Sweep.kind: kind,
                    Sweep.walker: walker,
                    Sweep.minutes: times,
                    Sweep.population: people[-1],
                    Sweep.covered: covered,
                    Sweep.share: share,
                }
            )
        )
    empty = pd.DataFrame(columns=[str(column) for column in Sweep.columns()])
    return pd.concat(parts, ignore_index=True) if parts else empty


def measure_dual_access(
    near: pd.DataFrame,
    origins: Sequence[object],
    categories: Mapping[str, str],
    *,
    k: int,
    fill_min: float | None = None,
) -> pd.DataFrame:
    """Measure the mean walk to the `k` nearest facilities of each category.

    ``⟨t⟩ = (1/k) Σ of the k shortest walks``; Bruno and others 2024 (Nature Cities 1:633, doi
    10.1038/s44284-024-00119-4) take k = 20 in nine categories, after the dual access of Cui & Levinson. They leave out
    cells with nothing anywhere near; how they fill up fewer than twenty is not said in what we have seen. Here such a
    mean is missing, unless `fill_min` says how long a walk is taken to be that was not found.

    Parameters
    ----------
    near
        :class:`~walkcircle.tables.Nearest` with at least the ranks 1 to k of every kind.
    origins
        Where walks start; those without a row in `near` are kept.
    categories
        Category of each kind; kinds that are not named do not count. A facility of two kinds of a category counts
        once.
    k
        How many facilities.
    fill_min
        Stands in for each walk that was not found, minutes; the longest that was searched, so that the mean is at
        least so long.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.DualAccess`, every origin with every category.

    Raises
    ------
    TableError
        `k` is below 1, a rank occurs twice, an origin is unknown or occurs twice, or `fill_min` is shorter than a
        walk that was found.

    Examples
    --------
    >>> near = pd.DataFrame(
    ...     {
    ...         "origin": ["a", "a", "b"],
    ...         "kind": "shop",
    ...         "rank": [1, 2, 1],
    ...         "facility": ["s", "t", "s"],
    ...         "minutes": [3.0, 5.0, 8.0],
    ...     }
    ... )
    >>> measure_dual_access(near, ["a", "b"], {"shop": "supplies"}, k=2)["minutes"].to_list()
    [4.0, nan]
    """
    rows = _pick_nearest(near, pd.Index(list(origins)), categories, k)
    longest = rows[Nearest.minutes].max() if len(rows) else 0.0
    if fill_min is not None and not (np.isfinite(fill_min) and fill_min >= longest - ROUNDING_MIN):
        msg = f"fill_min is {fill_min:g}, and a walk of {longest:g} min was found; give the longest that was searched"
        raise TableError(msg)
    keys = [DualAccess.origin, DualAccess.facility_category]
    grid = pd.MultiIndex.from_product([list(origins), list(dict.fromkeys(categories.values()))], names=keys)
    by_pair = rows.groupby(keys)[Nearest.minutes]
    found = by_pair.size().reindex(grid, fill_value=0).to_numpy(dtype=np.int64)
    total = by_pair.sum().reindex(grid, fill_value=0.0).to_numpy(dtype=float)
    if fill_min is not None:
        total = total + (k - found) * fill_min
    is_known = (found == k) | (fill_min is not None)
    return pd.DataFrame(
        {
            DualAccess.origin: grid.get_level_values(0),
            DualAccess.facility_category: grid.get_level_values(1),
            DualAccess.found: found,
            DualAccess.minutes: np.where(is_known, total / k, np.nan),
        }
    )


def measure_proximity(dual: pd.DataFrame) -> pd.DataFrame:
    """Measure the proximity time of each origin: ``PT = mean over categories of ⟨t⟩`` (Bruno and others 2024).

    Parameters
    ----------
    dual
        :class:`~walkcircle.tables.DualAccess`.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Proximity`; missing where any category is missing, since a mean over fewer would
        look better than it is.

    Examples
    --------
    >>> dual = pd.DataFrame({"origin": ["a", "a"], "facility_category": ["supplies", "care"], "minutes": [4.0, 10.0]})
    >>> measure_proximity(dual)["minutes"].to_list()
    [7.0]
    """
    means = dual.groupby(DualAccess.origin, sort=False)[DualAccess.minutes].mean(skipna=False)
    return pd.DataFrame({Proximity.origin: means.index.to_numpy(), Proximity.minutes: means.to_numpy(dtype=float)})


def weigh_proximity(
    proximity: pd.DataFrame, people: pd.Series, *, limit_min: float = 15.0, areas: pd.Series | None = None
) -> pd.DataFrame:
    """Weigh proximity times by people.

    ``PT_city = Σ PT·p / Σ p`` and ``F15 = Σ p·1[PT ≤ 15] / Σ p`` (Bruno and others 2024).

    Parameters
    ----------
    proximity
        :class:`~walkcircle.tables.Proximity`.
    people
        People by origin.
    limit_min
        Longest proximity time that counts, minutes, inclusive; 15 makes the share F15.
    areas
        Area by origin; all are one area when None.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.AreaProximity`, shares from 0 to 1. People whose time is missing are `unknown` and
        in neither sum, as cells without a score are in the source.

    Raises
    ------
    TableError
        An origin has no people or no area, or two, or an amount cannot be used.

    Examples
    --------
    >>> proximity = pd.DataFrame({"origin": ["a", "b"], "minutes": [10.0, 20.0]})
    >>> weigh_proximity(proximity, pd.Series({"a": 300, "b": 100}))[["minutes", "share"]]
       minutes  share
    0     12.5   0.75
    """
    origins = proximity[Proximity.origin]
    weights = check_series(people, where="people").reindex(origins).to_numpy()
    if areas is not None and not areas.index.is_unique:
        msg = f"areas: origin {areas.index[areas.index.duplicated()][0]!r} occurs twice; keep one"
        raise TableError(msg)
    area = pd.Series("all", index=origins) if areas is None else areas.reindex(origins)
    for what, absent in (("people", np.isnan(weights)), ("area", area.isna().to_numpy())):
        if absent.any():
            msg = f"origin {origins.iloc[int(absent.argmax())]!r} has no {what}; give every origin of proximity its own"
            raise TableError(msg)
    minutes = proximity[Proximity.minutes].to_numpy(dtype=float)
    known = ~np.isnan(minutes)
    codes, names = pd.factorize(area.to_numpy(), sort=True)

    def total(amounts: np.ndarray) -> np.ndarray:
        return np.asarray(np.bincount(codes, amounts, len(names)), dtype=float)

    scored = total(np.where(known, weights, 0.0))
    within = total(np.where(minutes <= limit_min + ROUNDING_MIN, weights, 0.0))
    nothing = np.full(len(names), np.nan)
    return pd.DataFrame(
        {
            AreaProximity.area: names,
            AreaProximity.population: total(weights),
            AreaProximity.unknown: total(np.where(known, 0.0, weights)),
            AreaProximity.minutes: np.divide(
                total(np.where(known, weights * minutes, 0.0)), scored, out=nothing.copy(), where=scored > 0
            ),
            AreaProximity.limit_min: float(limit_min),
            AreaProximity.within: within,
            AreaProximity.share: np.divide(within, scored, out=nothing.copy(), where=scored > 0).clip(max=1),
        }
    )


def _pick_nearest(near: pd.DataFrame, origins: pd.Index, categories: Mapping[str, str], k: int) -> pd.DataFrame:
    """Return the k nearest facilities of each origin and category, each once."""
    if k < 1:
        msg = f"k is {k}; give the number of facilities, 1 or more"
        raise TableError(msg)
    if not origins.is_unique:
        msg = f"origins: {origins[origins.duplicated()][0]!r} occurs twice; keep one"
        raise TableError(msg)
    strange = ~near[Nearest.origin].isin(origins).to_numpy()
    if strange.any():
        msg = f"near: {near[Nearest.origin].iloc[int(strange.argmax())]!r} is not among the origins; add it to them"
        raise TableError(msg)
    twice = near.duplicated([Nearest.origin, Nearest.kind, Nearest.rank]).to_numpy()
    if twice.any():
        row = near.iloc[int(twice.argmax())]
        ranked = f"rank {row[Nearest.rank]} of '{row[Nearest.kind]}' from {row[Nearest.origin]!r}"
        msg = f"near: {ranked} occurs twice; keep one"
        raise TableError(msg)
    rows = near[near[Nearest.kind].isin(list(categories))]
    rows = rows.assign(**{DualAccess.facility_category: rows[Nearest.kind].map(dict(categories))})
    keys = [DualAccess.origin, DualAccess.facility_category]
    rows = rows.sort_values(Nearest.minutes, kind="stable").drop_duplicates([*keys, Nearest.facility])
    return rows.groupby(keys, sort=False).head(k)
