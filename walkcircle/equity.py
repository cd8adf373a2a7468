"""Equity: how evenly walks, shares or scores are spread over people, and which zones fall behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from walkcircle.errors import TableError
from walkcircle.tables import Equity, Zones, check_series

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Sums of people carry rounding; a quantile is reached within this share of all people.
ROUNDING_SHARE = 1e-12


def measure_equity(
    values: pd.Series,
    weights: pd.Series,
    *,
    groups: pd.Series | None = None,
    larger_is: Literal["worse", "better"] = "worse",
    epsilon: float = 1.0,
    kappa: float | None = None,
) -> pd.DataFrame:
    """Measure how evenly something is spread over people.

    With values xᵢ of pᵢ people, N = Σ pᵢ, mean μ, and F and L the cumulative shares of people and of the value when
    people are sorted by value::

        Gini      G = 1 - Σ (Fᵢ - Fᵢ₋₁)(Lᵢ + Lᵢ₋₁)              Bruno and others 2024 take it of times
        Palma     (1 - L(0.9)) / L(0.4), L straight between people          Palma 2011; 0.25 when all are equal
        Theil T   Σ pᵢ/N · xᵢ/μ · ln(xᵢ/μ) = between + within groups       Theil 1967
        P90/P10   with the q-quantile the least x that q·N people do not exceed
        EDE       K = 1/κ · ln(Σ pᵢ/N · e^(κ·xᵢ)), κ = ε · Σ pᵢxᵢ / Σ pᵢxᵢ²   Kolm-Pollak for burdens

    The EDE is the value that would be as bad if everybody had it: above the mean for burdens (`larger_is="worse"`:
    minutes of walk), below it for goods (`"better"`: shares, scores; there κ is taken negative). Sheriff & Maguire
    2020, doi:10.1111/risa.13562; Logan and others 2021, doi:10.1016/j.compenvurbsys.2020.101590.

    Parameters
    ----------
    values
        What is spread, in any unit, by place; missing means unknown.
    weights
        People by the same places.
    groups
        Group of each place, for the parts of Theil's T.
    larger_is
        Whether a larger value is worse, as of a walk, or better, as of a score.
    epsilon
        ε, aversion to inequality, above 0; 1 is walkcircle's assumption.
    kappa
        κ, one over the unit of `values`; found from ε when None. To compare two plans give both the same.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Equity`, one row. Places where nobody lives do not count. A figure that has no
        meaning is missing: Gini, Palma and Theil when all have nothing, a ratio to nothing, all when nobody is known.

    Raises
    ------
    TableError
        A value is negative or infinite, people or a group are missing for a place, or ε or κ is not above 0.

    Examples
    --------
    >>> minutes = pd.Series({"a": 5.0, "b": 15.0, "c": None})
    >>> people = pd.Series({"a": 300, "b": 100, "c": 50})
    >>> measure_equity(minutes, people)[["unknown_share", "mean", "gini", "palma"]].round(3)
       unknown_share  mean   gini  palma
    0          0.111   7.5  0.25   0.75
    """
    for name, aversion in (("epsilon", epsilon), ("kappa", kappa)):
        if aversion is not None and not (np.isfinite(aversion) and aversion > 0):
            msg = f"{name} is {aversion:g}; give a number above 0, and say with larger_is which way is worse"
            raise TableError(msg)
    if larger_is not in {"worse", "better"}:
        msg = f"larger_is is '{larger_is}'; say worse (walks) or better (scores)"
        raise TableError(msg)
    x, p = _align(values, weights)
    group = _align_groups(groups, values)
    unknown, total = p[np.isnan(x)].sum(), p.sum()
    lived = ~np.isnan(x) & (p > 0)
    x, p, group = x[lived], p[lived], group[lived]
    row: dict[str, float] = dict.fromkeys(map(str, Equity.columns()), np.nan)
    row[Equity.people] = p.sum()
    if total > 0:
        row[Equity.unknown_share] = unknown / total
    if len(x):
        row |= _spread(x, p)
        row |= _theil(x, p, group if groups is not None else None)
        row |= _kolm_pollak(x, p, epsilon, kappa, 1.0 if larger_is == "worse" else -1.0)
    return pd.DataFrame([row])


def measure_zones(
    values: pd.Series,
    weights: pd.Series,
    zones: pd.Series,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> pd.DataFrame:
    """Find the zones that fall behind a bound: a city's mean says nothing of its worst corner.

    A zone is outside when the mean of its people, ``Σ pᵢxᵢ / Σ pᵢ``, misses the bound; `people_outside` are those
    who themselves miss it, wherever they live. The number of zones outside is the sum of that column.

    Parameters
    ----------
    values
        What is measured, by place; missing means unknown.
    weights
        People by the same places.
    zones
        Zone of each place.
    at_least
        Smallest value that is good enough, inclusive, for goods.
    at_most
        Largest value that is good enough, inclusive, for burdens. Give one of the two.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Zones`, sorted by zone. A zone of which nothing is known is not outside.

    Raises
    ------
    TableError
        Both bounds are given or none, or a row cannot be used, as in :func:`measure_equity`.

    Examples
    --------
    >>> minutes = pd.Series({"a": 5.0, "b": 25.0, "c": 12.0})
    >>> people = pd.Series({"a": 90, "b": 10, "c": 50})
    >>> zones = pd.Series({"a": "east", "b": "east", "c": "west"})
    >>> measure_zones(minutes, people, zones, at_most=15)[["zone", "mean", "worst", "people_outside", "outside"]]
       zone  mean  worst  people_outside  outside
    0  east   7.0   25.0            10.0    False
    1  west  12.0   12.0             0.0    False
    """
    if (at_least is None) == (at_most is None):
        msg = "give one bound: at_least for goods such as shares, at_most for burdens such as minutes"
        raise TableError(msg)
    x, p = _align(values, weights)
    codes, names = pd.factorize(_align_groups(zones, values), sort=True)
    count = len(names)
    lived = ~np.isnan(x) & (p > 0)
    people = np.bincount(codes[lived], p[lived], count)
    mean = np.divide(
        np.bincount(codes[lived], (p * x)[lived], count), people, out=np.full(count, np.nan), where=people > 0
    )
    by_zone = pd.Series(x[lived]).groupby(codes[lived])
    worst = (by_zone.min() if at_most is None else by_zone.max()).reindex(range(count)).to_numpy(dtype=float)
    misses = _misses(x, at_least, at_most)
    return pd.DataFrame(
        {
            Zones.zone: names,
            Zones.people: people,
            Zones.unknown: np.bincount(codes, np.where(np.isnan(x), p, 0.0), count),
            Zones.mean: mean,
            Zones.worst: worst,
            Zones.people_outside: np.bincount(codes[misses], p[misses], count),
            # a mean of equal values may differ from them in its last digit
            Zones.outside: _misses(mean, at_least, at_most, room=ROUNDING_SHARE),
        }
    )


def _misses(
    values: NDArray[np.float64], at_least: float | None, at_most: float | None, *, room: float = 0.0
) -> NDArray[np.bool_]:
    """Tell which values miss a bound; what is missing misses none."""
    if at_most is not None:
        return np.asarray(values > at_most * (1 + room))
    return np.asarray(values < (at_least or 0.0) * (1 - room))


def _align(values: pd.Series, weights: pd.Series) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return values and the people who have them, in one order."""
    amounts = check_series(values, where="values", nullable=True)
    people = check_series(weights, where="weights")
    _check_same_rows(values.index, people.index, "weights")
    return amounts.to_numpy(), people.reindex(values.index).to_numpy()


def _align_groups(groups: pd.Series | None, values: pd.Series) -> NDArray[np.object_]:
    """Return the group of each value, in its order."""
    if groups is None:
        return np.zeros(len(values), dtype=object)
    if not groups.index.is_unique:
        msg = f"groups: row {groups.index[groups.index.duplicated()][0]!r} occurs twice; keep one"
        raise TableError(msg)
    _check_same_rows(values.index, groups.index, "groups")
    given = groups.reindex(values.index)
    if given.isna().any():
        msg = f"groups: row {given.index[int(given.isna().to_numpy().argmax())]!r} has no group; name one"
        raise TableError(msg)
    return given.to_numpy(dtype=object)


def _check_same_rows(wanted: pd.Index, given: pd.Index, where: str) -> None:
    """Refuse rows that have no partner."""
    odd = wanted.symmetric_difference(given)
    if len(odd):
        msg = f"{where}: row {odd[0]!r} is not in both {where} and values; give both the same rows"
        raise TableError(msg)


def _spread(x: NDArray[np.float64], p: NDArray[np.float64]) -> dict[str, float]:
    """Measure what follows from people sorted by value."""
    order = np.argsort(x, kind="stable")
    x, p = x[order], p[order]
    people = np.cumsum(p)
    low, high = (x[np.searchsorted(people, q * people[-1] * (1 - ROUNDING_SHARE))] for q in (0.1, 0.9))
    row: dict[str, float] = {
        Equity.mean: float(np.average(x, weights=p)),
        Equity.lowest: float(x[0]),
        Equity.highest: float(x[-1]),
        Equity.p90_p10: float(high / low) if low > 0 else np.nan,
    }
    value = np.cumsum(p * x)
    if value[-1] > 0:
        share, upto = np.append(0.0, people / people[-1]), np.append(0.0, value / value[-1])
        lower, upper = np.interp(0.4, share, upto), 1 - np.interp(0.9, share, upto)
        # rounding may leave a Gini of equal values a hair below zero
        row[Equity.gini] = max(0.0, float(1 - np.sum(np.diff(share) * (upto[1:] + upto[:-1]))))
        row[Equity.palma] = float(upper / lower) if lower > 0 else np.nan
    return row


def _theil(x: NDArray[np.float64], p: NDArray[np.float64], group: NDArray[np.object_] | None) -> dict[str, float]:
    """Measure Theil's T, and its parts where there are groups."""
    if not x.any():
        return {}
    whole = _theil_of(x, p)
    if group is None:
        return {Equity.theil: whole}
    codes, _ = pd.factorize(group)
    people = np.asarray(np.bincount(codes, p), dtype=float)
    sums = np.bincount(codes, p * x)
    within = [
        total / sums.sum() * _theil_of(x[codes == code], p[codes == code]) for code, total in enumerate(sums) if total
    ]
    return {
        Equity.theil: whole,
        Equity.theil_between: _theil_of(sums / people, people),
        Equity.theil_within: float(np.sum(within)),
    }


def _theil_of(x: NDArray[np.float64], p: NDArray[np.float64]) -> float:
    """Sum p/N · x/μ · ln(x/μ); who has nothing adds nothing."""
    ratio = x / np.average(x, weights=p)
    logs = np.log(ratio, out=np.zeros_like(ratio), where=ratio > 0)
    # rounding may leave equal values a hair below zero
    return max(0.0, float(np.average(ratio * logs, weights=p)))


def _kolm_pollak(
    x: NDArray[np.float64], p: NDArray[np.float64], epsilon: float, kappa: float | None, sign: float
) -> dict[str, float]:
    """Find the value that would be as bad if everybody had it."""
    squares = float(np.sum(p * x**2))
    if kappa is None:
        kappa = epsilon * float(np.sum(p * x)) / squares if squares > 0 else np.nan
    if np.isnan(kappa):  # all have nothing
        return {Equity.ede: 0.0, Equity.kappa: np.nan}
    return {Equity.ede: sign * _mean_exponential(sign * x, p / p.sum(), kappa), Equity.kappa: kappa}


def _mean_exponential(x: NDArray[np.float64], share: NDArray[np.float64], kappa: float) -> float:
    """Return ln(Σ share · e^(κx)) / κ, without overflow for large and without loss for small κ."""
    top = x.max()
    below = kappa * (x - top)
    part = float(np.sum(share * np.exp(below)))
    log = np.log(part) if part < 0.5 else np.log1p(np.sum(share * np.expm1(below)))
    return float(top + log / kappa)
