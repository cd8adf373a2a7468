"""Decay: how much a facility counts the farther away it is, from 1 at the door to 0 beyond the limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from walkcircle.errors import TableError
from walkcircle.footing import ROUNDING_MIN

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Decay(Protocol):
    """Anything that turns minutes and a limit into weights from 0 to 1; those below are ready-made."""

    def __call__(self, minutes: NDArray[np.float64], limit_min: float, /) -> NDArray[np.float64]:
        """Return the weight of each walk; what is beyond the limit is cut off afterwards."""
        ...


@dataclass(frozen=True)
class Binary:
    """``w = 1`` within the limit: what a standard says, and 2SFCA (Luo & Wang 2003)."""

    def __call__(self, minutes: NDArray[np.float64], limit_min: float, /) -> NDArray[np.float64]:
        """Weigh every walk alike."""
        del limit_min  # the cut is the same for every shape
        return np.ones_like(minutes)


@dataclass(frozen=True)
class Linear:
    """``w = 1 - t/T``."""

    def __call__(self, minutes: NDArray[np.float64], limit_min: float, /) -> NDArray[np.float64]:
        """Weigh walks down a straight line."""
        return 1 - np.minimum(minutes / limit_min, 1.0)


@dataclass(frozen=True)
class Exponential:
    """``w = e^(-β·t)``.

    Attributes
    ----------
    rate_per_min
        β, one over minutes.
    """

    rate_per_min: float

    def __post_init__(self) -> None:
        """Refuse a rate that would not decay."""
        _check_above_zero(self.rate_per_min, "rate_per_min of an exponential decay")

    def __call__(self, minutes: NDArray[np.float64], limit_min: float, /) -> NDArray[np.float64]:
        """Weigh walks by the exponential."""
        del limit_min
        return np.exp(-self.rate_per_min * minutes)


@dataclass(frozen=True)
class Power:
    """``w = (max(t, t₀)/t₀)^(-a)``: gravity, which without t₀ would be infinite at the door.

    Attributes
    ----------
    exponent
        a.
    from_min
        t₀, minutes; nearer walks all weigh 1.
    """

    exponent: float
    from_min: float = 1.0

    def __post_init__(self) -> None:
        """Refuse an exponent that would not decay, and a start at the door."""
        _check_above_zero(self.exponent, "exponent of a power decay")
        _check_above_zero(self.from_min, "from_min of a power decay")

    def __call__(self, minutes: NDArray[np.float64], limit_min: float, /) -> NDArray[np.float64]:
        """Weigh walks by the power."""
        del limit_min
        return (np.maximum(minutes, self.from_min) / self.from_min) ** -self.exponent


@dataclass(frozen=True)
class Gaussian:
    """``w = (e^(-½(t/T)²) - e^(-½)) / (1 - e^(-½))``, which is 1 at the door and 0 at the limit (Dai 2010)."""

    def __call__(self, minutes: NDArray[np.float64], limit_min: float, /) -> NDArray[np.float64]:
        """Weigh walks by the bell that ends at the limit."""
        foot = np.exp(-0.5)
        bell = np.exp(-0.5 * np.minimum(minutes / limit_min, 1.0) ** 2)
        return np.asarray((bell - foot) / (1 - foot))


@dataclass(frozen=True)
class Logistic:
    """``w = 1 / (1 + e^(k·(t - t₀)/t₀))``: a soft limit at t₀.

    The form and ``k = 5`` are those of Higgs and others (Global Healthy and Sustainable City Indicators), there
    with t₀ = 500 m. Cut it well beyond t₀.

    Attributes
    ----------
    half_min
        t₀, minutes, where the weight is one half.
    steepness
        k.
    """

    half_min: float
    steepness: float = 5.0

    def __post_init__(self) -> None:
        """Refuse a half-way at the door and a slope that would not decay."""
        _check_above_zero(self.half_min, "half_min of a logistic decay")
        _check_above_zero(self.steepness, "steepness of a logistic decay")

    def __call__(self, minutes: NDArray[np.float64], limit_min: float, /) -> NDArray[np.float64]:
        """Weigh walks by the logistic curve."""
        del limit_min
        # beyond e^700 a float overflows, and the weight is nothing anyway
        return 1 / (1 + np.exp(np.minimum(self.steepness * (minutes - self.half_min) / self.half_min, 700.0)))


@dataclass(frozen=True)
class Zones:
    """Zones of equal width up to the limit, each with its weight; a walk to a zone's very end is in it.

    Attributes
    ----------
    weights
        From the nearest zone to the farthest. The standard three are those of Luo & Qi (2009).
    """

    weights: tuple[float, ...] = (1.0, 0.68, 0.22)

    def __post_init__(self) -> None:
        """Refuse weights that grow with the walk, or leave 0 to 1."""
        falls = all(near >= far for near, far in zip(self.weights, self.weights[1:], strict=False))
        if not self.weights or not falls or not all(0 <= weight <= 1 for weight in self.weights):
            msg = f"zones: the weights are {self.weights}; give weights from 1 down to 0 that never rise"
            raise TableError(msg)

    def __call__(self, minutes: NDArray[np.float64], limit_min: float, /) -> NDArray[np.float64]:
        """Weigh walks by the zone that they end in."""
        width = limit_min / len(self.weights)
        zone = np.ceil((minutes - ROUNDING_MIN) / width).astype(np.int64) - 1
        return np.asarray(self.weights, dtype=float)[np.clip(zone, 0, len(self.weights) - 1)]


def weigh_minutes(minutes: ArrayLike, decay: Decay, *, limit_min: float) -> NDArray[np.float64]:
    """Weigh walks by how long they take: ``w = decay(t, T)`` for ``t ≤ T``, and 0 beyond.

    Parameters
    ----------
    minutes
        Walking times, minutes; one that is missing cannot be walked and weighs nothing.
    decay
        The shape: :class:`Binary`, :class:`Linear`, :class:`Exponential`, :class:`Power`, :class:`Gaussian`,
        :class:`Logistic`, :class:`Zones`, or any :class:`Decay` of your own.
    limit_min
        T, longest walk, minutes, inclusive.

    Returns
    -------
    ndarray
        Weights from 0 to 1, in the shape of `minutes`.

    Raises
    ------
    TableError
        A time is negative or infinite, the limit is no time, or the decay gives a weight outside of 0 to 1.

    Notes
    -----
    Walk Score's polynomial is not here: its coefficients are not published by its maker.

    Examples
    --------
    >>> weigh_minutes([0, 3, 5, 10, 15, 15.1], Gaussian(), limit_min=15).round(2).tolist()
    [1.0, 0.95, 0.86, 0.49, 0.0, 0.0]
    >>> weigh_minutes([5, 5.1, 15, float("nan")], Zones(), limit_min=15).tolist()
    [1.0, 0.68, 0.22, 0.0]
    """
    _check_above_zero(limit_min, "limit_min")
    times = np.asarray(minutes, dtype=float)
    if (times < 0).any() or np.isinf(times).any():
        msg = "walking times must be minutes of at least 0; leave out, or give as missing, what cannot be walked"
        raise TableError(msg)
    inside = times <= limit_min + ROUNDING_MIN
    weights = np.zeros_like(times)
    weights[inside] = decay(times[inside], limit_min)
    if not ((weights >= 0) & (weights <= 1)).all():
        msg = f"{decay!r} gives weights outside of 0 to 1; scale them, so that nothing weighs more than 1"
        raise TableError(msg)
    return weights


def _check_above_zero(value: float, what: str) -> None:
    """Refuse what is not a number above 0."""
    if not (np.isfinite(value) and value > 0):
        msg = f"{what} is {value:g}; give a number above 0"
        raise TableError(msg)
