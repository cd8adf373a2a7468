"""How a slope changes walking speed: published functions of the grade, as shares of the speed on the flat.

A grade is rise over run in the direction of travel: 0.1 climbs ten metres in a hundred, -0.1 descends them.
The walker's own level speed is kept; a function only says by how much a slope changes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.walkers import Slope

#: Steepest grade, up or down, at which each function is used; a steeper one counts as this.
#: The functions were fitted to people on hills: Tobler's to Imhof's hikers, Irmischer and Clarke's to 200 people in
#: hilly woods, Campbell's to 30,000 people's tracks around Salt Lake City. How steep their hills were was not seen
#: again; the authors' plots are remembered to reach 30 degrees and more. 0.35 (19 degrees) lies inside all of them, and
#: is as steep as streets are: Baldwin Street in Dunedin rises 1 in 2.86. In a terrain model more is a wall, or stairs.
#: For wheels 0.125 (1:8) is the steepest short ramp that rules for existing buildings tolerate (ADA Standards 1991,
#: 4.1.6, remembered); beyond it nothing is known.
STEEPEST: Mapping[str, float] = {"tobler": 0.35, "campbell-p10": 0.35, "irmischer-clarke": 0.35, "wheels": 0.125}


def scale_speed(slope: Slope, grade: NDArray[np.float64], *, critical_grade: float = 0.12) -> NDArray[np.float64]:
    """Return the speed on a slope as a share of the speed on the flat.

    Parameters
    ----------
    slope
        ``flat``: 1 everywhere.

        ``tobler``: v ∝ exp(-3.5 |s + 0.05|) (Tobler 1993, Three Presentations on Geographical Analysis and
        Modeling, NCGIA Technical Report 93-1; https://escholarship.org/uc/item/05r820mz).

        ``campbell-p10``: v = c / (π b (1 + ((θ - a) / b)²)) + d + e θ with θ in degrees, the tenth percentile of
        30,000 people's tracks, whose level speed of 1.32 m/s is a walk (Campbell et al. 2019, Applied Geography
        106:93-107, doi 10.1016/j.apgeog.2019.03.008). Higher percentiles run.

        ``irmischer-clarke``: v = 0.11 + exp(-(100 s + 5)² / 1800), on paths (Irmischer and Clarke 2018, Cartography
        and Geographic Information Science 45:177-186, doi 10.1080/15230406.2017.1292150).

        ``wheels``: 1 / (1 + (s / critical_grade)²), the cost of wheeled transport with a critical slope (Herzog
        2013, as in the R package leastcostpath).
    grade
        Rise over run in the direction of travel; NaN where unknown, which is walked as flat.
    critical_grade
        For ``wheels``: the grade that takes twice the time; 0.12 is that of carts.

    Returns
    -------
    ndarray
        Shape of `grade`; 1 where it is 0.

    Examples
    --------
    >>> scale_speed("tobler", np.array([-0.05, 0.0, 0.1])).round(2)
    array([1.19, 1.  , 0.7 ])
    """
    if slope == "flat":
        return np.ones(grade.shape)
    known = np.clip(np.where(np.isnan(grade), 0.0, grade), -STEEPEST[slope], STEEPEST[slope])
    if slope == "wheels":
        return np.asarray(1 / (1 + (known / critical_grade) ** 2))
    speed = _SPEED[slope]
    return np.asarray(speed(known) / speed(np.zeros(1)))


def _tobler(grade: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.exp(-3.5 * np.abs(grade + 0.05)))


def _campbell_p10(grade: NDArray[np.float64]) -> NDArray[np.float64]:
    a, b, c, d, e = -1.568, 13.328, 38.892, 0.404, -0.00323
    degrees = np.degrees(np.arctan(grade))
    return np.asarray(c / (np.pi * b * (1 + ((degrees - a) / b) ** 2)) + d + e * degrees)


def _irmischer_clarke(grade: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(0.11 + np.exp(-((100 * grade + 5) ** 2) / 1800))


_SPEED: Mapping[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "tobler": _tobler, "campbell-p10": _campbell_p10, "irmischer-clarke": _irmischer_clarke,
}  # fmt: skip
