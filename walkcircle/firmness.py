"""Firmness: how sure it is that a community is among the weakest, when all that is doubtful is drawn anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from walkcircle.attainment import WHOLE_METHODS, Choices, find_places, measure_attainment, measure_whole, replace_walks
from walkcircle.checkup import VETO_INDEX, find_weakest, rank_communities
from walkcircle.study import CheckupSection
from walkcircle.tables import Checkup, Facilities, Firmness, Scores
from walkcircle.weights import choose_weights, score_parts, weigh_categories, weigh_kinds, weigh_parts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.standards import Standard

#: Ranks are reported between these percentiles of the draws.
RANK_RANGE = (5.0, 95.0)

#: Called with the number of draws done and in all.
Progress = Callable[[int, int], None]


def measure_firmness(
    choices: Choices,
    scores: pd.DataFrame,
    checkup: pd.DataFrame,
    facilities: gpd.GeoDataFrame,
    standard: Standard,
    section: CheckupSection | None = None,
    *,
    emphasis: NDArray[np.float64] | None = None,
    report: Progress | None = None,
) -> pd.DataFrame:
    """Measure how often each community is among the weakest tenth, and the range of its rank.

    The index is made `draws` times, each time with everything drawn at once:

    ==================  ================================================================================================
    walking speed       lognormal, standard deviation of the logarithm 0.1, one factor for everybody
    ways to the street  each home's access leg times 0.5 to 1.5, uniform: where exactly it meets the street is not known
    limits              each kind's times 0.9 to 1.1, uniform: nobody turns back at 15 minutes and no seconds
    weights             of categories, by Dirichlet's distribution around those chosen
    facilities          each is absent with a chance of 0.02, 0.05, 0.1 or 0.2, the worse the map knows its kind, and of
                        0.01 where a register has it; then the next nearest steps in
    ==================  ===============================================================================================

    These are walkcircle's assumptions, changed under ``[checkup]``. Held as they are: people, streets, adequacy and
    quality, and which kinds are thin. A facility that is there and nobody mapped is not drawn, since only a
    register tells; where that is likely, the kind is thin and not scored.

    Parameters
    ----------
    choices
        What homes can choose from: :func:`~walkcircle.attainment.list_choices`.
    scores
        :class:`~walkcircle.tables.Scores` of the same communities; its adequacy, quality and thin kinds are kept.
    checkup
        :class:`~walkcircle.tables.Checkup` of the same communities; only those with a rank are ranked here.
    facilities
        :class:`~walkcircle.tables.Facilities`: which come from a map, and which from a register.
    standard
        Kinds, categories and the method.
    section
        Draws, seed and the size of each doubt.
    emphasis
        As for :func:`~walkcircle.checkup.score_categories`; what is asked for is not drawn anew.
    report
        Called after each draw.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Firmness`, in the order of `choices`. The probabilities add up to the size of the
        weakest tenth; to more where some tie, to less where draws leave nobody below a full score. The same seed gives
        the same numbers, whatever the order of rows. Memory does not grow with the draws but for one rank a community.
    """
    chosen = section or CheckupSection()
    base = _Base(choices, scores, checkup, facilities, standard, chosen, emphasis)
    count, draws = len(choices.communities), chosen.draws
    weakest = np.zeros(count)
    ranks = np.full((draws, count), np.nan, dtype=np.float32)
    for draw in range(draws):
        # each draw has its own stream, so that more draws begin like fewer
        index = base.draw_index(np.random.default_rng([chosen.seed, draw]))
        weakest += find_weakest(index)
        ranks[draw] = rank_communities(index)
        if report is not None:
            report(draw + 1, draws)
    probability, low, high = (np.full(count, np.nan) for _ in range(3))
    if draws and base.is_ranked.any():
        probability[base.is_ranked] = weakest[base.is_ranked] / draws
        low[base.is_ranked], high[base.is_ranked] = np.percentile(ranks[:, base.is_ranked], RANK_RANGE, axis=0)
    return pd.DataFrame(
        {
            Firmness.community: choices.communities.to_numpy(),
            Firmness.weakest_probability: probability,
            Firmness.rank_low: low,
            Firmness.rank_high: high,
        }
    )


def join_firmness(checkup: gpd.GeoDataFrame, firmness: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the check-up with the probabilities and the ranges of ranks filled in."""
    sure = firmness.set_index(Firmness.community).reindex(checkup[Checkup.community])
    columns = {
        Checkup.weakest_probability: Firmness.weakest_probability,
        Checkup.rank_low: Firmness.rank_low,
        Checkup.rank_high: Firmness.rank_high,
    }
    return checkup.assign(**{name: sure[column].to_numpy(dtype=float) for name, column in columns.items()})


class _Base:
    """What stays the same over the draws, as arrays in the order of the choices."""

    def __init__(
        self,
        choices: Choices,
        scores: pd.DataFrame,
        checkup: pd.DataFrame,
        facilities: gpd.GeoDataFrame,
        standard: Standard,
        section: CheckupSection,
        emphasis: NDArray[np.float64] | None,
    ) -> None:
        """Spread the tables over communities and kinds."""
        self.choices, self.standard, self.section, self.emphasis = choices, standard, section, emphasis
        grid = pd.MultiIndex.from_product([choices.communities, [kind.id for kind in standard.kinds]])
        rows = scores.set_index([Scores.community, Scores.kind]).reindex(grid)
        shape = (len(choices.communities), len(standard.kinds))
        self.thin = rows[Scores.coverage].isna().to_numpy().reshape(shape)
        self.adequacy = rows[Scores.adequacy].to_numpy(dtype=float).reshape(shape)
        self.quality = rows[Scores.quality].to_numpy(dtype=float).reshape(shape)
        home = checkup.set_index(Checkup.community).reindex(choices.communities)
        self.is_ranked = home[Checkup.rank].notna().to_numpy()
        self.is_capped = home[Checkup.absent].notna().to_numpy() & section.veto
        self.parts = weigh_parts(section, standard)
        self.weights = choose_weights(standard, section)
        self.absent_share = _list_absent_shares(choices, facilities, standard, section)

    def draw_index(self, random: np.random.Generator) -> NDArray[np.float64]:
        """Return the index of every community with a rank, ``(c,)``, all doubts drawn once."""
        section, choices = self.section, self.choices
        pace = np.exp(-section.speed_sd * random.standard_normal())
        limits = 1 + section.limit_spread * random.uniform(-1, 1, len(choices.options))
        chosen = self.weights * section.weight_concentration
        weights = random.gamma(chosen)
        weights = weights / weights.sum() if weights.sum() > 0 else self.weights
        is_there = np.append(random.random(len(self.absent_share)) >= self.absent_share, False)
        access = 1 + section.access_spread * random.uniform(-1, 1, len(choices.community))
        options = tuple(
            # a longer limit is a quicker walk
            replace_walks(option, is_there=is_there, access=access, pace=float(pace / limit))
            for option, limit in zip(choices.options, limits, strict=True)
        )
        index = self._score(choices.choose_from(options), weights)
        return np.where(self.is_ranked, index, np.nan)

    def _score(self, choices: Choices, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Score communities by what can be chosen from in one draw."""
        if self.standard.method in WHOLE_METHODS:
            index = np.round(100 * measure_whole(choices, self.standard, self.thin), 9)
        else:
            share = np.where(self.thin, np.nan, measure_attainment(choices, self.standard))
            kinds = score_parts(np.stack([share, self.adequacy, self.quality], axis=-1), self.parts)
            categories = weigh_kinds(kinds, self.standard, self.emphasis)
            index = weigh_categories(categories, weights, aggregation=self.section.aggregation)
        return np.where(self.is_capped, np.minimum(index, VETO_INDEX), index)


def _list_absent_shares(
    choices: Choices, facilities: gpd.GeoDataFrame, standard: Standard, section: CheckupSection
) -> NDArray[np.float64]:
    """List the chance that each place is not there."""
    weakness = {kind.id: section.absent_share[kind.osm_weakness] for kind in standard.kinds}
    kinds = choices.places.get_level_values(1)
    row = find_places(choices, facilities)
    from_map = facilities[Facilities.source].to_numpy()[row] == "osm"
    mapped = kinds.map(weakness).to_numpy(dtype=float)
    return np.where(from_map, mapped, section.absent_registered_share)
