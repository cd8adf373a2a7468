"""Standings: index, rank and categories of each community, and the communities most like it."""

from __future__ import annotations

from math import inf, nan
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from walkcircle.analysis import Analysis
from walkcircle.tables import CategoryScores, Checkup
from walkcircle.views.profiles.facts import Standing
from walkcircle.views.profiles.figures import read_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray


#: How many similar communities and measures are named.
NAMED = 3


def find_peers(scores: NDArray[np.float64], residents: NDArray[np.float64]) -> list[tuple[int, ...]]:
    """Find the most similar communities by their category scores and their size.

    Scores and the logarithm of residents are standardised over all communities; the distance is the root of the mean
    square difference over what is known of both, and at least half must be.

    Parameters
    ----------
    scores
        ``(n, c)`` category scores, missing where unknown.
    residents
        ``(n,)`` people.

    Returns
    -------
    list
        Positions of up to :data:`NAMED` others for each, the nearest first. Where nobody lives there are none.

    Examples
    --------
    >>> find_peers(np.array([[10.0], [90.0], [12.0]]), np.array([100.0, 100.0, 100.0]))[0]
    (2, 1)
    """
    features = np.column_stack([scores, np.log(np.maximum(residents, 1.0))])
    features[residents < 1] = nan
    known = ~np.isnan(features)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, features, 0.0).sum(axis=0) / count
    spread = np.sqrt(np.where(known, (features - mean) ** 2, 0.0).sum(axis=0) / count)
    standard = np.where(known, (features - mean) / np.where(spread > 0, spread, 1.0), 0.0)
    found = []
    for i in range(len(features)):
        both = known & known[i]
        shared = both.sum(axis=1)
        square = (np.where(both, standard - standard[i], 0.0) ** 2).sum(axis=1) / np.maximum(shared, 1)
        square[(2 * shared < features.shape[1]) | (np.arange(len(features)) == i)] = inf
        order = np.argsort(square, kind="stable")[:NAMED]
        found.append(tuple(int(j) for j in order if square[j] < inf))
    return found


def list_standings(checkup: gpd.GeoDataFrame) -> list[Standing]:
    """Take index, rank and confidence from the check-up, and what else it may have."""
    extra = {
        name: read_numbers(checkup, name)
        for name in (Checkup.percentile, Checkup.weakest_probability, Checkup.rank_low, Checkup.rank_high)
    }
    index = checkup[Checkup.index].to_numpy(dtype=float, na_value=nan)
    rank = pd.to_numeric(checkup[Checkup.rank], errors="coerce").to_numpy(dtype=float, na_value=nan)
    ranked = int((~np.isnan(rank)).sum())
    return [
        Standing(
            index=float(index[i]),
            rank=float(rank[i]),
            ranked=ranked,
            firm_kinds=int(checkup[Checkup.firm_kinds].iloc[i]),
            grade=str(checkup[Checkup.confidence].iloc[i]),
            weakest=bool(checkup[Checkup.weakest].iloc[i]),
            percentile=float(extra[Checkup.percentile][i]),
            probability=float(extra[Checkup.weakest_probability][i]),
            rank_low=float(extra[Checkup.rank_low][i]),
            rank_high=float(extra[Checkup.rank_high][i]),
        )
        for i in range(len(checkup))
    ]


def find_category_scores(answer: Analysis) -> NDArray[np.float64]:
    """Return ``(communities, categories)`` scores."""
    ids, names = answer.checkup[Checkup.community], [one.id for one in answer.study.standard.categories]
    table = answer.categories.pivot_table(
        index=CategoryScores.community, columns=CategoryScores.category, values=CategoryScores.score, dropna=False
    )
    return np.asarray(table.reindex(index=ids, columns=names).to_numpy(dtype=float))
