"""Weights: how parts make the score of a kind, kinds that of a category, and categories the index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from walkcircle.study import CheckupSection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.standards import Category, Standard

#: What the preset ``old-and-young`` counts double (standards: education, old people's care, health), by the ids of the
#: categories in the bundled standards, and beside them categories all of whose kinds are for the old or the young.
OLD_AND_YOUNG = frozenset({"eldercare", "education", "learning", "health"})
OLD_AND_YOUNG_GROUPS = frozenset({"infant", "child", "pupil", "youth", "elder", "aged"})


def choose_weights(standard: Standard, section: CheckupSection | None = None) -> NDArray[np.float64]:
    """Choose the weight of each category of a standard; they sum to 1.

    Examples
    --------
    >>> from walkcircle.standards import read_standard
    >>> hangzhou = read_standard("hangzhou")
    >>> choose_weights(hangzhou, CheckupSection(weights="old-and-young")).round(3).tolist()
    [0.091, 0.182, 0.182, 0.182, 0.091, 0.091, 0.091, 0.091]
    """
    chosen = (section or CheckupSection()).weights
    if isinstance(chosen, Mapping):
        weights = np.array([chosen.get(category.id, 1.0) for category in standard.categories])
    elif chosen == "old-and-young":
        weights = np.array([2.0 if _is_old_or_young(category, standard) else 1.0 for category in standard.categories])
    elif standard.method == "decay":  # the published points of all kinds are added up, whatever their category
        kinds = _weigh_in_category(standard)
        weights = np.array([kinds[[k.category == c.id for k in standard.kinds]].sum() for c in standard.categories])
    else:
        weights = np.ones(len(standard.categories))
    used = {kind.category for kind in standard.kinds}
    weights = weights * [category.id in used for category in standard.categories]
    return np.asarray(weights / weights.sum())


def _is_old_or_young(category: Category, standard: Standard) -> bool:
    groups = {kind.group for kind in standard.kinds if kind.category == category.id}
    return category.id in OLD_AND_YOUNG or (bool(groups) and groups <= OLD_AND_YOUNG_GROUPS)


def weigh_parts(section: CheckupSection, standard: Standard) -> NDArray[np.float64]:
    """Return the weights of coverage, adequacy and quality, which sum to 1; published methods know only walks."""
    if standard.method != "threshold":
        return np.array([1.0, 0.0, 0.0])
    weights = np.array([section.coverage_weight, section.adequacy_weight, section.quality_weight])
    return np.asarray(weights / weights.sum())


def score_parts(parts: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Score coverage, adequacy and quality, ``(…, 3)`` from 0 to 1, by their weights; missing without coverage.

    Examples
    --------
    >>> score_parts(np.array([[0.8, 0.5, 1.0], [0.8, np.nan, np.nan]]), np.array([0.5, 0.35, 0.15])).round(1).tolist()
    [72.5, 80.0]
    """
    given = np.where(np.isnan(parts), 0.0, weights)
    total = (given * np.nan_to_num(parts)).sum(axis=-1)
    weight = given.sum(axis=-1)
    usable = ~np.isnan(parts[..., 0]) & (weight > 0)
    return np.asarray(100 * np.divide(total, weight, out=np.full(weight.shape, np.nan), where=usable).clip(max=1))


def weigh_kinds(
    values: NDArray[np.float64], standard: Standard, emphasis: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Weigh values of kinds, ``(c, k)``, into values of categories, ``(c, g)``; missing ones are left out.

    With an `emphasis`, ``(c, k)``, a kind counts so many times as much in a community.
    """
    weights = _weigh_in_category(standard)
    member = np.array([[k.category == c.id for c in standard.categories] for k in standard.kinds], dtype=float)
    share = weights[:, None] * member
    times = (~np.isnan(values)).astype(float) * (1.0 if emphasis is None else emphasis)
    known = times @ share
    total = (np.nan_to_num(values) * times) @ share
    return np.asarray(np.divide(total, known, out=np.full(known.shape, np.nan), where=known > 0))


def _weigh_in_category(standard: Standard) -> NDArray[np.float64]:
    """Return the weight of each kind inside its category; a kind of many ranks has the points of all of them."""
    many = standard.method == "decay"
    return np.array([kind.weight * (sum(kind.rank_weights) if many else 1.0) for kind in standard.kinds])


def weigh_categories(
    values: NDArray[np.float64], weights: NDArray[np.float64], *, aggregation: str = "arithmetic"
) -> NDArray[np.float64]:
    """Weigh values of categories, ``(c, g)``, into an index, ``(c,)``; missing ones are left out.

    ``arithmetic``: ``Σ w·s / Σ w``. ``geometric``: ``Π s^(w / Σ w)``, never above the arithmetic, and nothing where a
    category that counts is nothing.
    """
    given = np.where(np.isnan(values), 0.0, weights)
    weight = given.sum(axis=1)
    filled = np.nan_to_num(values)
    if aggregation == "geometric":
        counts = given > 0
        logs = np.log(np.where(counts & (filled > 0), filled, 1.0))
        is_nothing = (counts & (filled <= 0)).any(axis=1)
        total = (given * logs).sum(axis=1)
        mean = np.exp(np.divide(total, weight, out=np.full(len(weight), np.nan), where=weight > 0))
        mean = np.where(is_nothing, 0.0, mean)
    else:
        mean = np.divide((given * filled).sum(axis=1), weight, out=np.full(len(weight), np.nan), where=weight > 0)
    # rounding in the last digit must neither break a tie nor keep a full score from being full
    return np.asarray(np.round(mean, 9))
