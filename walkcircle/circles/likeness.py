"""How alike two partitions are, how far circles stay when people change, and what chance would have drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from walkcircle import kernels
from walkcircle.errors import TableError
from walkcircle.tables import CircleMembers, Clusters, Stability

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from walkcircle.circles.delineation import Delineation


@dataclass(frozen=True)
class Likeness:
    """How alike two partitions of the same clusters are.

    Attributes
    ----------
    ari
        Adjusted Rand index: 1 for equal partitions, 0 as by chance (Hubert and Arabie 1985).
    nmi
        Mutual information over the mean of both entropies, from 0 to 1 (Vinh, Epps and Bailey 2010).
    vi
        Variation of information, what each says that the other does not, in nats; 0 for equal ones (Meilă 2007).
    clusters
        Clusters that both partitions know.
    """

    ari: float
    nmi: float
    vi: float
    clusters: int


def compare_partitions(one: pd.Series, other: pd.Series) -> Likeness:
    """Compare two partitions of clusters, such as circles and subdistricts.

    With nᵢⱼ clusters in part i of the one and j of the other, aᵢ and bⱼ the sums of rows and columns, n all, and
    C(x) = x·(x - 1)/2::

        ARI = (Σ C(nᵢⱼ) - E) / ((Σ C(aᵢ) + Σ C(bⱼ))/2 - E)      E = Σ C(aᵢ) · Σ C(bⱼ) / C(n)
        I = Σ nᵢⱼ/n · ln(n·nᵢⱼ / (aᵢ·bⱼ))      H = -Σ aᵢ/n · ln(aᵢ/n)
        NMI = I / ((H₁ + H₂)/2)      VI = H₁ + H₂ - 2·I

    Parameters
    ----------
    one, other
        Name of the part by cluster; clusters that are missing in either are left out.

    Raises
    ------
    TableError
        They have no cluster in common, or a cluster occurs twice.

    Examples
    --------
    >>> circles = pd.Series(list("xxxyyy"), index=list("abcdef"))
    >>> found = compare_partitions(circles, pd.Series(list("112233"), index=list("abcdef")))
    >>> round(found.ari, 4), round(found.nmi, 4), round(found.vi, 4)
    (0.2424, 0.5158, 0.8676)
    """
    for series in (one, other):
        if not series.index.is_unique:
            msg = f"partition: '{series.index[series.index.duplicated()][0]}' occurs twice; give one size of circles"
            raise TableError(msg)
    both = pd.concat([one, other], axis=1, join="inner", keys=range(2)).dropna()
    if both.empty:
        msg = "partitions: they have no cluster in common; give both by the same identifiers"
        raise TableError(msg)
    counts = pd.crosstab(both[0], both[1]).to_numpy(dtype=float)
    n, rows, columns = float(counts.sum()), counts.sum(axis=1), counts.sum(axis=0)
    pairs, first, second = (float((x * (x - 1) / 2).sum()) for x in (counts, rows, columns))
    every = n * (n - 1) / 2
    chance = first * second / every if every else 0.0
    most = (first + second) / 2
    ari = 1.0 if most == chance else (pairs - chance) / (most - chance)
    entropies = [-float((x / n * np.log(x / n)).sum()) for x in (rows, columns)]
    held = counts > 0
    shared = float((counts[held] / n * np.log(n * counts[held] / np.outer(rows, columns)[held])).sum())
    mean = sum(entropies) / 2
    nmi = 1.0 if mean == 0 else min(max(shared / mean, 0.0), 1.0)
    return Likeness(ari, nmi, max(sum(entropies) - 2 * shared, 0.0), int(n))


def measure_stability(
    clusters: gpd.GeoDataFrame,
    delineate: Callable[[gpd.GeoDataFrame], Delineation],
    *,
    draws: int = 10,
    spread: float = 0.1,
    seed: int = 0,
) -> pd.DataFrame:
    """Measure how far circles stay when the people of each cluster are drawn anew.

    Each time every cluster's people are multiplied by a number between 1 - spread and 1 + spread. Of each circle the
    likeness to the most alike new circle is taken, ``|A ∩ B| / |A ∪ B|`` in clusters (Jaccard 1901), and its mean over
    the draws; below 0.6 a circle is hardly one, above 0.85 it is very stable (Hennig 2007, of clusters in data).

    Parameters
    ----------
    clusters
        :class:`~walkcircle.tables.Clusters`.
    delineate
        Makes circles of clusters: ``lambda clusters: delineate_circles(clusters, times, rules)``.
    draws, spread, seed
        How often, by how much, and from which seed.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Stability`.

    Raises
    ------
    TableError
        The spread is not between 0 and 1, or nothing is drawn.
    """
    if draws < 1 or not 0 <= spread <= 1:
        msg = f"stability: draws is {draws} and spread {spread}; give at least one draw and a spread from 0 to 1"
        raise TableError(msg)
    rng = np.random.default_rng(seed)
    order = np.argsort(clusters[Clusters.cluster].to_numpy())
    before = delineate(clusters).list_tier()[CircleMembers.circle]
    sums = pd.Series(0.0, index=pd.Index(before.dropna().unique()))
    for _ in range(draws):
        factor = np.empty(len(clusters))
        # drawn in the order of identifiers, so that the order of rows decides nothing
        factor[order] = rng.uniform(1 - spread, 1 + spread, len(clusters))
        people = clusters[Clusters.population].to_numpy(dtype=float) * factor
        after = delineate(clusters.assign(**{str(Clusters.population): people})).list_tier()[CircleMembers.circle]
        sums += _find_most_alike(before, after)
    return pd.DataFrame(
        {Stability.circle: sums.index, Stability.draws: draws, Stability.jaccard: sums.to_numpy() / draws}
    )


def _find_most_alike(before: pd.Series, after: pd.Series) -> pd.Series:
    """Find the greatest Jaccard likeness of each part to any other part."""
    shared = pd.DataFrame({0: before, 1: after}).dropna().value_counts()
    a = before.value_counts().reindex(shared.index.get_level_values(0)).to_numpy()
    b = after.value_counts().reindex(shared.index.get_level_values(1)).to_numpy()
    return (shared / (a + b - shared)).groupby(level=0).max()


def split_at_random(neighbours: NDArray[np.int64], clusters: int, parts: int, *, seed: int = 0) -> NDArray[np.int64]:
    """Split clusters at random into connected parts: what circles have to be better than.

    So many clusters are drawn, at least one of each piece that hangs together; then a part that is drawn takes a
    neighbour that is drawn, until all are taken (Eden 1961).

    Parameters
    ----------
    neighbours
        ``(e, 2)`` pairs of clusters by number, as :class:`~walkcircle.circles.Delineation` has them.
    clusters, parts
        How many there are, and how many parts to make.
    seed
        Of the draws.

    Returns
    -------
    ndarray, shape (clusters,)
        Number of each cluster's part, from 0.

    Raises
    ------
    TableError
        There are more parts than clusters, or fewer than pieces that hang together.
    """
    rng = np.random.default_rng(seed)
    piece = kernels.label_pieces(np.asarray(neighbours, dtype=np.int64).reshape(-1, 2), clusters)
    order = rng.permutation(clusters)
    _, first = np.unique(piece[order], return_index=True)
    if not len(first) <= parts <= clusters:
        msg = f"parts is {parts}; {clusters} clusters in {len(first)} pieces make from {len(first)} to {clusters} parts"
        raise TableError(msg)
    starts = np.concatenate([order[first], np.delete(order, first)])[:parts]
    both = np.concatenate([neighbours, neighbours[:, ::-1]]).astype(np.int64)
    both = both[np.argsort(both[:, 0], kind="stable")]
    begin = np.searchsorted(both[:, 0], np.arange(clusters + 1))
    part = np.full(clusters, -1, np.int64)
    part[starts] = np.arange(parts)
    waiting = [(int(start), int(other)) for start in starts for other in both[begin[start] : begin[start + 1], 1]]
    while waiting:
        at = int(rng.integers(len(waiting)))
        waiting[at], waiting[-1] = waiting[-1], waiting[at]
        taker, taken = waiting.pop()
        if part[taken] < 0:
            part[taken] = part[taker]
            waiting += [(taken, int(other)) for other in both[begin[taken] : begin[taken + 1], 1] if part[other] < 0]
    return part


@dataclass(frozen=True)
class Chance:
    """A score of circles beside those of random partitions.

    Attributes
    ----------
    score, mean
        Of the circles, and the mean of the random ones.
    share
        ``(random ones that are as good or better + 1) / (draws + 1)``: a p-value with the circles among the draws.
    draws
        How many random ones.
    """

    score: float
    mean: float
    share: float
    draws: int


def compare_with_chance(
    delineation: Delineation, score: Callable[[pd.Series], float], *, draws: int = 99, seed: int = 0
) -> Chance:
    """Compare a score of circles with that of as many connected parts, drawn at random from the same clusters.

    Parameters
    ----------
    delineation
        The circles.
    score
        Takes the part of each cluster by its identifier and gives a number, more being better; such as
        ``lambda parts: compare_partitions(parts, subdistrict).ari``.
    draws, seed
        How many partitions are drawn, and from which seed.

    Raises
    ------
    TableError
        Nothing is drawn.
    """
    if draws < 1:
        msg = f"draws is {draws}; give at least 1"
        raise TableError(msg)
    members = delineation.list_tier()
    names = members[CircleMembers.cluster].to_numpy()
    home = members[CircleMembers.circle]
    inside = np.flatnonzero(home.notna())
    number = np.full(len(members), -1, np.int64)
    number[inside] = np.arange(len(inside))
    ends = number[delineation.neighbours]
    ends = ends[(ends >= 0).all(axis=1)]
    own = score(pd.Series(home.to_numpy()[inside], index=names[inside]))
    parts = int(home.nunique())
    found = [
        score(pd.Series(split_at_random(ends, len(inside), parts, seed=seed + turn), index=names[inside]))
        for turn in range(draws)
    ]
    better = sum(value >= own for value in found)
    return Chance(own, float(np.mean(found)), (better + 1) / (draws + 1), draws)
