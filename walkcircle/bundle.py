"""Bundle: does a cluster have all it needs within reach, or is it one kind short."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from walkcircle.errors import TableError
from walkcircle.tables import Bundle, Communities, CommunityBundle, Coverage, MissingKinds

if TYPE_CHECKING:
    from numpy.typing import NDArray


def measure_bundle(
    coverage: pd.DataFrame, *, kinds: Sequence[str] | None = None, at_least: int | None = None
) -> pd.DataFrame:
    """Count the required kinds that each cluster has within their limits.

    ``Kᵢ = Σ_f 1[min_j tᵢⱼ ≤ T_f]``; complete where Kᵢ = n, enough where Kᵢ ≥ m (standards: completeness).

    Parameters
    ----------
    coverage
        :class:`~walkcircle.tables.Coverage`, one or more walkers.
    kinds
        Ids of the kinds that make the bundle; all in `coverage` when None.
    at_least
        m, how many of them are enough; all when None.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Bundle`, one row per cluster and walker, in the order of `coverage`. Of a cluster
        that is not on the network nothing is known, and it is neither complete nor short.

    Raises
    ------
    TableError
        A kind is not in `coverage`, a cluster lacks a kind or has it twice, or `at_least` is not from 1 to n.

    Examples
    --------
    >>> coverage = pd.DataFrame(
    ...     {
    ...         "cluster": ["a", "a", "b", "b"],
    ...         "community": "east",
    ...         "kind": ["shop", "school"] * 2,
    ...         "walker": "adult",
    ...         "population": [30.0, 30.0, 10.0, 10.0],
    ...         "covered": [True, True, True, False],
    ...         "known": True,
    ...         "unsure": False,
    ...     }
    ... )
    >>> measure_bundle(coverage)[["cluster", "within", "missing", "short_of", "complete"]]
      cluster  within  missing short_of  complete
    0       a       2        0      NaN      True
    1       b       1        1   school     False
    """
    wanted = _choose_kinds(coverage, kinds)
    enough = len(wanted) if at_least is None else at_least
    if not 1 <= enough <= len(wanted):
        msg = f"at_least is {enough}; the bundle has {len(wanted)} kinds, so give 1 to {len(wanted)}"
        raise TableError(msg)
    rows = coverage[coverage[Coverage.kind].isin(wanted)]
    keys: list[str] = [Coverage.cluster, Coverage.walker]
    _check_grid(rows, keys, wanted)
    lacking = ~rows[Coverage.covered]
    sums = rows[keys].assign(
        **{
            Bundle.within: rows[Coverage.covered],
            Bundle.missing: lacking,
            Bundle.unsure: rows[Coverage.unsure],
        }
    )
    counts = sums.groupby(keys, sort=False).sum().astype("Int64")
    # a cluster is known for all kinds or for none; should a table say otherwise, what is unknown stays so
    first = rows.groupby(keys, sort=False).agg(
        {Coverage.community: "first", Coverage.population: "first", Coverage.known: "all"}
    )
    known = first[Coverage.known].astype(bool)
    counts = counts.mask(~known)
    one_short = rows[lacking].groupby(keys, sort=False)[Coverage.kind].first().reindex(counts.index)
    is_known = known.to_numpy()
    within = counts[Bundle.within].fillna(-1).to_numpy(dtype=np.int64)
    return pd.DataFrame(
        {
            Bundle.cluster: counts.index.get_level_values(0),
            Bundle.community: first[Coverage.community].to_numpy(),
            Bundle.walker: counts.index.get_level_values(1),
            Bundle.population: first[Coverage.population].to_numpy(dtype=float),
            Bundle.required: len(wanted),
            Bundle.within: counts[Bundle.within].array,
            Bundle.missing: counts[Bundle.missing].array,
            Bundle.unsure: counts[Bundle.unsure].array,
            Bundle.short_of: one_short.where(within == len(wanted) - 1, None).to_numpy(),
            Bundle.complete: is_known & (within == len(wanted)),
            Bundle.enough: is_known & (within >= enough),
            Bundle.known: is_known,
        }
    )


def weigh_bundle(bundle: pd.DataFrame, communities: gpd.GeoDataFrame) -> pd.DataFrame:
    """Weigh the bundle by people, per community and walker.

    ``share = Σ people with the bundle / Σ people whose walks are known``.

    Parameters
    ----------
    bundle
        :class:`~walkcircle.tables.Bundle`.
    communities
        :class:`~walkcircle.tables.Communities`; those without residents stay, with an unknown share.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.CommunityBundle`.
    """
    keys = [Bundle.community, Bundle.walker]
    people = bundle[Bundle.population]
    parts = bundle[keys].assign(
        **{
            CommunityBundle.population: people,
            CommunityBundle.unknown: people.where(~bundle[Bundle.known], 0.0),
            CommunityBundle.complete: people.where(bundle[Bundle.complete], 0.0),
            CommunityBundle.enough: people.where(bundle[Bundle.enough], 0.0),
        }
    )
    grid = _spread_grid(bundle, communities)
    sums = parts.groupby(keys).sum().reindex(grid, fill_value=0.0).astype(float)
    inside = (sums[CommunityBundle.population] - sums[CommunityBundle.unknown]).to_numpy()
    table = sums.reset_index()
    for share, part in (
        (CommunityBundle.share_complete, CommunityBundle.complete),
        (CommunityBundle.share_enough, CommunityBundle.enough),
    ):
        table[share] = _divide(sums[part].to_numpy(), inside)
    return table


def count_missing(bundle: pd.DataFrame, communities: gpd.GeoDataFrame) -> pd.DataFrame:
    """Count the residents who lack 0, 1, 2, … of the required kinds: those one short are the cheap wins.

    Parameters
    ----------
    bundle
        :class:`~walkcircle.tables.Bundle`; residents of whom nothing is known are not counted.
    communities
        :class:`~walkcircle.tables.Communities`.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.MissingKinds`: every community and walker with every number from 0 to n. Its shares
        add up to 1 wherever anybody lives.
    """
    keys = [Bundle.community, Bundle.walker, Bundle.missing]
    known = bundle[bundle[Bundle.known]].astype({Bundle.missing: np.int64})
    most = int(bundle[Bundle.required].max()) if len(bundle) else 0
    grid = _spread_grid(bundle, communities)
    full = pd.MultiIndex.from_tuples([(*pair, lack) for pair in grid for lack in range(most + 1)], names=keys)
    people = known.groupby(keys)[Bundle.population].sum().reindex(full, fill_value=0.0)
    whole = people.groupby([Bundle.community, Bundle.walker]).transform("sum")
    return pd.DataFrame(
        {
            MissingKinds.community: full.get_level_values(0),
            MissingKinds.walker: full.get_level_values(1),
            MissingKinds.missing: full.get_level_values(2),
            MissingKinds.people: people.to_numpy(dtype=float),
            MissingKinds.share: _divide(people.to_numpy(dtype=float), whole.to_numpy(dtype=float)),
        }
    )


def _choose_kinds(coverage: pd.DataFrame, kinds: Sequence[str] | None) -> list[str]:
    """Return the ids of the bundle, each once, all of them in the table."""
    there = list(coverage[Coverage.kind].unique())
    wanted = there if kinds is None else list(dict.fromkeys(kinds))
    for kind in wanted:
        if kind not in there:
            msg = f"coverage: there is no kind '{kind}'; the kinds are {', '.join(map(str, there))}"
            raise TableError(msg)
    if not wanted:
        msg = "coverage: there are no kinds, so there is no bundle; give a table with rows and name some kinds"
        raise TableError(msg)
    return wanted


def _check_grid(rows: pd.DataFrame, keys: list[str], wanted: list[str]) -> None:
    """Refuse a cluster without a row for some kind, or with two."""
    twice = rows.duplicated([*keys, Coverage.kind]).to_numpy()
    if twice.any():
        row = rows.iloc[int(twice.argmax())]
        msg = f"coverage: cluster {row[Coverage.cluster]!r} has kind '{row[Coverage.kind]}' twice; keep one row"
        raise TableError(msg)
    sizes = rows.groupby(keys).size()
    if (sizes < len(wanted)).any():
        cluster, walker = sizes.index[int((sizes < len(wanted)).to_numpy().argmax())]
        msg = f"coverage: cluster {cluster!r} lacks a kind for walker '{walker}'; give every cluster every kind"
        raise TableError(msg)


def _spread_grid(bundle: pd.DataFrame, communities: gpd.GeoDataFrame) -> pd.MultiIndex:
    """Pair every community with every walker."""
    return pd.MultiIndex.from_product(
        [communities[Communities.community], bundle[Bundle.walker].unique()], names=[Bundle.community, Bundle.walker]
    )


def _divide(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return shares, at most 1 whatever the rounding; missing where nobody lives."""
    return np.asarray(np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0).clip(max=1.0))
