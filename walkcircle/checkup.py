"""Check-up: an index from 0 to 100 per community, its rank, the weakest tenth, and how sure we are."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from walkcircle.attainment import WHOLE_METHODS
from walkcircle.study import CheckupSection
from walkcircle.tables import (
    CategoryScores,
    Checkup,
    Communities,
    CommunityCoverage,
    Scores,
    Sufficiency,
)
from walkcircle.weights import choose_weights, score_parts, weigh_categories, weigh_kinds, weigh_parts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.standards import Standard

#: Smallest share of what is known and firm for each confidence grade (walkcircle's assumption).
GRADES = (("A", 0.9), ("B", 0.75), ("C", 0.5), ("D", 0.0))

#: Below this share of firm kinds there is no index: a score from a few kinds would not compare with the others.
LEAST_FIRM = 0.5

#: A community of fewer residents has an index but no rank: one household should not head a list (walkcircle's
#: assumption).
LEAST_RESIDENTS = 50.0

#: Hangzhou takes the weakest tenth of its communities first.
WEAKEST_SHARE = 0.1

#: With `veto`, the highest index of a community in which a mandatory kind is certainly absent: a bare pass
#: (walkcircle's assumption).
VETO_INDEX = 60.0


def score_kinds(
    covered: pd.DataFrame,
    standard: Standard,
    section: CheckupSection | None = None,
    *,
    walkers: Mapping[str, str],
    sufficiency: pd.DataFrame | None = None,
    attainment: NDArray[np.float64] | None = None,
) -> pd.DataFrame:
    """Score each community for each kind: is it in time, is there enough, is it large enough.

    ``score = 100 · (α·C + β·A + γ·Q) / Σ of the weights that are known``, where C is the share of those who need the
    kind and have it in time, A the adequacy of its capacity and Q the share of those in time whose nearest has the
    floor area asked for. What is unknown is left out of both sums and lowers `known`, never guessed: `known` is the
    share of what the standard asks. Where only a map says what is there, A and Q are unknown, so that it is at most one
    half, and the confidence C at best, under a standard that has a norm and a least floor area for each kind.

    Residents for whom the data end on the way count as covered (``share_at_most``), so that the edge of a file makes
    nobody weak. A kind whose data are thin has no score.

    Parameters
    ----------
    covered
        :class:`~walkcircle.tables.CommunityCoverage`.
    standard
        The kinds; a standard of another method than ``threshold`` knows only walks, and neither A nor Q is asked for.
    section
        Weights α, β, γ.
    walkers
        Name of the walker of each kind, see :func:`~walkcircle.attainment.choose_walkers`.
    sufficiency
        :class:`~walkcircle.tables.Sufficiency`; without it A and Q are unknown.
    attainment
        ``(c, k)`` instead of the share in time, for other methods, in the order of the communities in `covered` and of
        the kinds: :func:`~walkcircle.attainment.measure_attainment`.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Scores`, every community with every kind.
    """
    chosen = section or CheckupSection()
    communities = pd.unique(covered[CommunityCoverage.community])
    keys = [CommunityCoverage.community, CommunityCoverage.kind]
    wanted = covered[CommunityCoverage.walker] == covered[CommunityCoverage.kind].map(dict(walkers))
    grid = pd.MultiIndex.from_product([communities, [kind.id for kind in standard.kinds]], names=keys)
    rows = covered[wanted].set_index(keys).reindex(grid)
    share = rows[CommunityCoverage.share_at_most].to_numpy(dtype=float)
    if attainment is not None:
        share = np.where(np.isnan(share), np.nan, attainment.ravel())
    is_known = ~np.isnan(share)
    firm = is_known & (rows[CommunityCoverage.confidence] == "firm").to_numpy()
    parts = np.column_stack([share, *_sufficiency_of(sufficiency, grid, is_known, standard)])
    weights = weigh_parts(chosen, standard)
    asked = weights * np.tile(_list_asked(standard), (len(communities), 1))
    known = (np.column_stack([firm, parts[:, 3], parts[:, 4]]) * asked).sum(axis=1) / asked.sum(axis=1)
    known = np.where(_is_needless(rows), 1.0, np.where(is_known, known, 0.0))
    return pd.DataFrame(
        {
            Scores.community: grid.get_level_values(0),
            Scores.kind: grid.get_level_values(1),
            Scores.walker: grid.get_level_values(1).map(dict(walkers)),
            Scores.group: grid.get_level_values(1).map({kind.id: kind.group for kind in standard.kinds}),
            Scores.coverage: parts[:, 0],
            Scores.adequacy: parts[:, 1],
            Scores.quality: parts[:, 2],
            Scores.score: score_parts(parts[:, :3], weights),
            Scores.known: known.clip(0, 1),
            Scores.stand_in: rows[CommunityCoverage.stand_in].to_numpy(dtype=bool),
        }
    )


def _sufficiency_of(
    sufficiency: pd.DataFrame | None, grid: pd.MultiIndex, is_known: NDArray[np.bool_], standard: Standard
) -> list[NDArray[np.float64]]:
    """Return adequacy, quality, and the share of people for whom either is known; unknown where data are thin."""
    nothing, nobody = np.full(len(grid), np.nan), np.zeros(len(grid))
    if sufficiency is None or standard.method != "threshold":
        return [nothing, nothing, nobody, nobody]
    rows = sufficiency.set_index([Sufficiency.community, Sufficiency.kind]).reindex(grid)
    values = [Sufficiency.adequacy, Sufficiency.quality]
    shares = [Sufficiency.adequacy_known, Sufficiency.quality_known]
    return [
        *(np.where(is_known, rows[column].to_numpy(dtype=float), np.nan) for column in values),
        *(np.where(is_known, rows[column].to_numpy(dtype=float), 0.0) for column in shares),
    ]


def score_categories(
    scores: pd.DataFrame, standard: Standard, *, emphasis: NDArray[np.float64] | None = None
) -> pd.DataFrame:
    """Score each community for each category: the mean over its kinds, by their weights.

    Parameters
    ----------
    scores
        :class:`~walkcircle.tables.Scores`.
    standard
        Categories, kinds and their weights.
    emphasis
        ``(c, k)`` how many times as much a kind counts in a community:
        :func:`~walkcircle.needs.measure_emphasis`. Without it all count as their weights say.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.CategoryScores`; a category without a known kind has no score.
    """
    ids, score, known = unpack_scores(scores, standard)
    grid = pd.MultiIndex.from_product([ids, [category.id for category in standard.categories]])
    return pd.DataFrame(
        {
            CategoryScores.community: grid.get_level_values(0),
            CategoryScores.category: grid.get_level_values(1),
            CategoryScores.score: weigh_kinds(score, standard, emphasis).round(9).clip(0, 100).ravel(),
            CategoryScores.known: np.nan_to_num(weigh_kinds(known, standard)).clip(0, 1).ravel(),
        }
    )


def unpack_scores(
    scores: pd.DataFrame, standard: Standard
) -> tuple[pd.Index, NDArray[np.float64], NDArray[np.float64]]:
    """Unpack scores over communities and kinds: ids, and ``(c, k)`` of the score and of what is known."""
    ids = pd.Index(pd.unique(scores[Scores.community]))
    grid = pd.MultiIndex.from_product([ids, [kind.id for kind in standard.kinds]])
    rows = scores.set_index([Scores.community, Scores.kind]).reindex(grid)
    shape = (len(ids), len(standard.kinds))
    score = rows[Scores.score].to_numpy(dtype=float).reshape(shape)
    return ids, score, rows[Scores.known].to_numpy(dtype=float).reshape(shape)


def score_communities(
    scores: pd.DataFrame,
    covered: pd.DataFrame,
    communities: gpd.GeoDataFrame,
    standard: Standard,
    section: CheckupSection | None = None,
    *,
    residents: pd.Series,
    whole: NDArray[np.float64] | None = None,
    emphasis: NDArray[np.float64] | None = None,
) -> gpd.GeoDataFrame:
    """Score each community from 0 to 100 and rank it.

    ``index = Σ w_k · category_k / Σ w_k`` over the categories that have a score, or ``Π category_k^(w_k / Σ w_k)``.
    Kinds whose data are thin are left out; they lower the confidence grade, and a community where fewer than half of
    the kinds are firm has no index. The grade is that of the mean of `known` over all kinds of the standard: A from
    0.9, B from 0.75, C from 0.5, else D.

    Parameters
    ----------
    scores
        :class:`~walkcircle.tables.Scores`.
    covered
        :class:`~walkcircle.tables.CommunityCoverage`, from which they were made.
    communities
        :class:`~walkcircle.tables.Communities`.
    standard
        Categories, kinds and their weights.
    section
        Weights of categories, how they are put together, and whether an absent mandatory kind caps the index.
    residents
        People by community.
    whole
        ``(c,)`` share of residents that is the index of a standard of the methods ``mean-of-nearest`` and
        ``max-of-nearest``: :func:`~walkcircle.attainment.measure_whole`.
    emphasis
        As for :func:`score_categories`.

    Returns
    -------
    GeoDataFrame
        :class:`~walkcircle.tables.Checkup`, in the order of `communities`. The weakest tenth are the
        lowest indices, ties included, among those that have a rank and are below 100. How firm that is, its columns
        say once :func:`~walkcircle.firmness.join_firmness` has filled them; `index_low` is the index itself, until
        it is made of coverage that :func:`~walkcircle.coverage.deny_unsure` has lowered.
    """
    chosen = section or CheckupSection()
    ids = communities[Communities.community]
    order, score, known = unpack_scores(scores, standard)
    firm_kinds = _count_firm(scores, covered).reindex(ids, fill_value=0).to_numpy()
    absent = _find_absent(scores, covered, standard).reindex(ids)
    categories = weigh_kinds(score, standard, emphasis)
    mean = weigh_categories(categories, choose_weights(standard, chosen), aggregation=chosen.aggregation)
    if whole is not None and standard.method in WHOLE_METHODS:
        mean = 100 * whole
    if chosen.veto:
        mean = np.where(absent.reindex(order).notna(), np.minimum(mean, VETO_INDEX), mean)
    index = pd.Series(mean, index=order).reindex(ids).to_numpy(dtype=float)
    index = np.where(firm_kinds < LEAST_FIRM * len(standard.kinds), np.nan, index)
    people = residents.reindex(ids, fill_value=0.0).to_numpy(dtype=float)
    ranked = np.where(people >= LEAST_RESIDENTS, index, np.nan)
    rank = rank_communities(ranked)
    share = pd.Series(known.mean(axis=1), index=order).reindex(ids, fill_value=0.0)
    return gpd.GeoDataFrame(
        {
            Checkup.community: ids.to_numpy(),
            Checkup.name: communities[Communities.name].to_numpy(),
            Checkup.subdistrict: _name_area(communities, Communities.subdistrict),
            Checkup.district: _name_area(communities, Communities.district),
            Checkup.population: people,
            Checkup.index: index,
            Checkup.index_low: index,
            Checkup.rank: pd.Series(rank).astype("Int64").to_numpy(dtype=object),
            Checkup.percentile: _percentile(ranked),
            Checkup.firm_kinds: firm_kinds,
            Checkup.weakest: find_weakest(ranked),
            Checkup.weakest_probability: np.nan,
            Checkup.rank_low: np.nan,
            Checkup.rank_high: np.nan,
            Checkup.absent: absent.to_numpy(dtype=object),
            Checkup.confidence: [grade_share(one) for one in share],
        },
        geometry=communities.geometry.to_numpy(),
        crs=communities.crs,
    )


def _name_area(communities: gpd.GeoDataFrame, column: str) -> NDArray[np.object_]:
    """Return the name of the area that each community belongs to; missing where none is given."""
    if column not in communities.columns:
        return np.full(len(communities), None, dtype=object)
    names = communities[column].astype(object)
    return np.asarray(names.where(names.notna(), None), dtype=object)


def _list_asked(standard: Standard) -> NDArray[np.float64]:
    """Return ``(k, 3)`` 1 for what the standard asks of each kind: a walk, a norm per head, a least floor area."""
    rows = [(1, kind.norm_per_1000 is not None, kind.min_floor_m2 is not None) for kind in standard.kinds]
    return np.array(rows, dtype=float)


def _is_needless(covered: pd.DataFrame) -> pd.Series:
    """Tell which kinds serve a group that nobody of a community belongs to: they cannot be lacking there."""
    return (covered[CommunityCoverage.population] == 0) & (covered[CommunityCoverage.residents] > 0)


def _count_firm(scores: pd.DataFrame, covered: pd.DataFrame) -> pd.Series:
    """Count the firm kinds of each community, each by its own walker."""
    rows = _rows_of(scores, covered)
    known = rows[CommunityCoverage.share_at_most].notna() | _is_needless(rows)
    is_firm = (rows[CommunityCoverage.confidence] == "firm") & known
    return is_firm.groupby(CommunityCoverage.community).sum().astype(int)


def _find_absent(scores: pd.DataFrame, covered: pd.DataFrame, standard: Standard) -> pd.Series:
    """Name the mandatory kinds of each community that certainly nobody has in time; missing where there are none."""
    rows = _rows_of(scores, covered)
    mandatory = [kind.id for kind in standard.kinds if kind.mandatory]
    is_absent = (
        (rows[CommunityCoverage.confidence] == "firm")
        & (rows[CommunityCoverage.share_at_most] == 0)
        & rows.index.get_level_values(1).isin(mandatory)
    )
    absent = rows[is_absent].reset_index()
    listed = absent.groupby(CommunityCoverage.community, sort=False)[CommunityCoverage.kind].agg(", ".join)
    return listed.astype(object)


def _rows_of(scores: pd.DataFrame, covered: pd.DataFrame) -> pd.DataFrame:
    """Return the coverage of each score, by community and kind."""
    keys = [CommunityCoverage.community, CommunityCoverage.kind, CommunityCoverage.walker]
    wanted = pd.MultiIndex.from_frame(scores[[Scores.community, Scores.kind, Scores.walker]], names=keys)
    return covered.set_index(keys).reindex(wanted).droplevel(2)


def rank_communities(ranked: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rank indices as in a race: 1 is the best, ties share the better rank, what is missing has none."""
    known = ~np.isnan(ranked)
    ordered = np.sort(ranked[known])
    rank = np.full(len(ranked), np.nan)
    rank[known] = 1 + len(ordered) - np.searchsorted(ordered, ranked[known], side="right")
    return rank


def find_weakest(ranked: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mark the lowest tenth of the ranked indices, ties included; a full score is never weak."""
    known = np.sort(ranked[~np.isnan(ranked)])
    if len(known) == 0:
        return np.zeros(len(ranked), bool)
    bound = known[ceil(WEAKEST_SHARE * len(known)) - 1]
    return np.asarray((ranked <= bound) & (ranked < 100))


def _percentile(ranked: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what share of the others each leaves behind, per cent; missing where there are no others."""
    known = ~np.isnan(ranked)
    ordered = np.sort(ranked[known])
    below = np.searchsorted(ordered, ranked[known], side="left")
    percent = np.full(len(ranked), np.nan)
    if len(ordered) > 1:
        percent[known] = 100 * below / (len(ordered) - 1)
    return percent


def grade_share(share: float) -> str:
    """Grade the share that is known and firm, from A to D."""
    # a sum of three weights may miss its figure by the last digit
    return next(grade for grade, least in GRADES if round(share, 9) >= least)
