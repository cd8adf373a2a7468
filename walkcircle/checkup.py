"""Check-up: an index from 0 to 100 per community, its rank, the weakest tenth, and how sure we are."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from walkcircle.tables import Checkup, Communities, CommunityCoverage

if TYPE_CHECKING:
    from walkcircle.standards import Standard

#: Smallest share of firm kinds for each confidence grade (walkcircle's assumption).
GRADES = (("A", 0.9), ("B", 0.75), ("C", 0.5), ("D", 0.0))

#: Below this share of firm kinds there is no index: a score from a few kinds would not compare with the others.
LEAST_FIRM = 0.5

#: A community of fewer residents has an index but no rank: one household should not head a list (walkcircle's
#: assumption).
LEAST_RESIDENTS = 50.0

#: Hangzhou takes the weakest tenth of its communities first.
WEAKEST_SHARE = 0.1


def score_communities(
    covered: pd.DataFrame, communities: gpd.GeoDataFrame, standard: Standard, *, walker: str
) -> gpd.GeoDataFrame:
    """Score each community from 0 to 100 by how many of its residents reach each kind in time.

    ``index = mean over categories of (Σ weight · 100 · share / Σ weight over the category's known kinds)``.
    Only coverage enters; capacity and quality would, and their absence is why no index here is more than
    that. Kinds whose data are thin are left out, never guessed: they lower the confidence grade, and a
    community where fewer than half of the kinds are firm has no index. Residents for whom the data end
    on the way count as covered (``share_at_most``), so that the edge of a file makes nobody weak.

    Parameters
    ----------
    covered
        :class:`~walkcircle.tables.CommunityCoverage`.
    communities
        :class:`~walkcircle.tables.Communities`.
    standard
        Categories, kinds and their weights.
    walker
        Whose coverage is scored.

    Returns
    -------
    GeoDataFrame
        :class:`~walkcircle.tables.Checkup`, in the order of `communities`. The weakest tenth are the
        lowest indices, ties included, among those that have a rank and are below 100.
    """
    mine = covered[covered[CommunityCoverage.walker] == walker]
    ids = communities[Communities.community]
    known = mine[mine[CommunityCoverage.share_at_most].notna()]
    # what nobody here needs cannot be lacking, so it leaves no doubt
    needless = (mine[CommunityCoverage.population] == 0) & (mine[CommunityCoverage.residents] > 0)
    trusted = mine[CommunityCoverage.share_at_most].notna() | needless
    firm = mine[trusted & (mine[CommunityCoverage.confidence] == "firm")]
    kinds = {kind.id: kind for kind in standard.kinds}
    scored = pd.DataFrame(
        {
            Checkup.community: known[CommunityCoverage.community].to_numpy(),
            "category": [kinds[k].category for k in known[CommunityCoverage.kind]],
            "weight": [kinds[k].weight for k in known[CommunityCoverage.kind]],
            CommunityCoverage.share: known[CommunityCoverage.share_at_most].to_numpy(dtype=float),
        }
    )
    scored["points"] = 100 * scored["weight"] * scored[CommunityCoverage.share]
    by_category = scored.groupby([Checkup.community, "category"])[["points", "weight"]].sum()
    category = by_category["points"] / by_category["weight"]
    # rounding in the last digit must neither break a tie nor keep a full score from being full
    mean = category.groupby(Checkup.community).mean().round(9).reindex(ids).to_numpy(dtype=float)
    firm_kinds = firm.groupby(CommunityCoverage.community).size().reindex(ids, fill_value=0).to_numpy()
    index = np.where(firm_kinds < LEAST_FIRM * len(standard.kinds), np.nan, mean)
    people = mine.groupby(CommunityCoverage.community)[CommunityCoverage.residents].max()
    residents = people.reindex(ids, fill_value=0.0).to_numpy(dtype=float)
    ranked = np.where(residents >= LEAST_RESIDENTS, index, np.nan)
    rank = pd.Series(ranked).rank(ascending=False, method="min")
    return gpd.GeoDataFrame(
        {
            Checkup.community: ids.to_numpy(),
            Checkup.name: communities[Communities.name].to_numpy(),
            Checkup.population: residents,
            Checkup.index: index,
            Checkup.rank: rank.astype("Int64").to_numpy(dtype=object),
            Checkup.firm_kinds: firm_kinds,
            Checkup.weakest: _weakest(ranked),
            Checkup.confidence: [_grade(count / len(standard.kinds)) for count in firm_kinds],
        },
        geometry=communities.geometry.to_numpy(),
        crs=communities.crs,
    )


def _weakest(index: np.ndarray) -> np.ndarray:
    """Mark the lowest tenth of the ranked indices, ties included; a full score is never weak."""
    known = np.sort(index[~np.isnan(index)])
    if len(known) == 0:
        return np.zeros(len(index), bool)
    bound = known[ceil(WEAKEST_SHARE * len(known)) - 1]
    return np.asarray((index <= bound) & (index < 100))


def _grade(share: float) -> str:
    return next(grade for grade, least in GRADES if share >= least)
