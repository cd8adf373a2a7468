"""Adequacy: is there enough of a kind of facility for everybody who can walk to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from walkcircle.decay import Binary, Decay, Gaussian, weigh_minutes
from walkcircle.errors import TableError
from walkcircle.tables import Adequacy, Crowding, Supply, WalkTimes, check_series

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: The floating catchment areas that are known here.
Method = Literal["2sfca", "e2sfca", "3sfca", "m2sfca"]


@dataclass(frozen=True)
class _Catchments:
    """Who reaches what: the pairs that weigh something, and what each facility offers to each person."""

    origin: NDArray[np.int64]
    facility: NDArray[np.int64]
    weight: NDArray[np.float64]  # with which a pair receives in the second step
    people: NDArray[np.float64]  # weighted, per facility
    ratio: NDArray[np.float64]  # units per weighted person, per facility; missing where unknown


def measure_adequacy(
    times: pd.DataFrame,
    supply: pd.Series,
    demand: pd.Series,
    *,
    limit_min: float,
    method: Method = "e2sfca",
    decay: Decay | None = None,
    off_network: Sequence[object] = (),
) -> pd.DataFrame:
    """Measure how many units of a facility there are for each person, shared with all others in reach.

    With people pᵢ, capacities Sⱼ, walks tᵢⱼ up to the limit T and weights wᵢⱼ = decay(tᵢⱼ, T)::

        2SFCA    Rⱼ = Sⱼ / Σᵢ pᵢ             Aᵢ = Σⱼ Rⱼ           Luo & Wang 2003
        E2SFCA   Rⱼ = Sⱼ / Σᵢ pᵢ wᵢⱼ         Aᵢ = Σⱼ Rⱼ wᵢⱼ       Luo & Qi 2009 (zones), Dai 2010 (Gaussian)
        3SFCA    Rⱼ = Sⱼ / Σᵢ pᵢ Gᵢⱼ wᵢⱼ     Aᵢ = Σⱼ Rⱼ Gᵢⱼ wᵢⱼ   Wan, Zou & Sternberg 2012; Gᵢⱼ = wᵢⱼ / Σₖ wᵢₖ
        M2SFCA   Rⱼ = Sⱼ / Σᵢ pᵢ wᵢⱼ         Aᵢ = Σⱼ Rⱼ wᵢⱼ²      Delamater 2013

    For all but M2SFCA, Σ pᵢ Aᵢ = Σ Sⱼ over the facilities that anybody reaches; M2SFCA counts what lies far away as
    partly lost. The people are those whom the facility is for: elders for beds, infants for nursery places.

    Parameters
    ----------
    times
        :class:`~walkcircle.tables.WalkTimes` (origin, destination, minutes suffice); a pair that is not there
        cannot be walked.
    supply
        Capacity by facility, units (square metres, beds, places); missing means unknown.
    demand
        People by origin.
    limit_min
        T, longest walk, minutes, inclusive.
    method
        ``2sfca``, ``e2sfca``, ``3sfca`` or ``m2sfca``.
    decay
        Shape of the weights, see :func:`~walkcircle.decay.weigh_minutes`. When None, binary for ``2sfca`` and
        :class:`~walkcircle.decay.Gaussian` for the others; ``Zones()`` are the 1, 0.68, 0.22 of Luo & Qi.
    off_network
        Origins that could not be joined to the streets; nothing is known of them.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Adequacy` in the order of `demand`. A capacity that is unknown is never taken
        as zero: `units_per_person` is missing for everybody in its reach, `units_at_least` is what is sure.

    Raises
    ------
    TableError
        A pair or a label occurs twice, an amount is negative, infinite or missing, a pair names somebody or
        something unknown, or the method or the decay cannot be meant.

    Examples
    --------
    Twelve beds among 60 elders, of whom 20 also reach a home with four:

    >>> times = pd.DataFrame(
    ...     {
    ...         "origin": ["a", "b", "b"],
    ...         "destination": ["home", "home", "small"],
    ...         "minutes": [4.0, 10.0, 5.0],
    ...     }
    ... )
    >>> beds, elders = pd.Series({"home": 12, "small": 4}), pd.Series({"a": 40, "b": 20})
    >>> measure_adequacy(times, beds, elders, limit_min=10, method="2sfca")["units_per_person"].to_list()
    [0.2, 0.4]
    """
    reach = _find_catchments(times, supply, demand, limit_min=limit_min, method=method, decay=decay)
    offered = reach.ratio[reach.facility]
    is_open = np.isnan(offered)
    count = len(demand)
    at_least = np.bincount(reach.origin, np.where(is_open, 0.0, offered) * reach.weight, count)
    unknown = np.bincount(reach.origin, is_open, count).astype(np.int64)
    off = demand.index.isin(list(off_network))
    return pd.DataFrame(
        {
            Adequacy.origin: demand.index.to_numpy(),
            Adequacy.demand: demand.to_numpy(dtype=float),
            Adequacy.facilities: np.bincount(reach.origin, minlength=count),
            Adequacy.unknown: unknown,
            Adequacy.units_per_person: np.where((unknown > 0) | off, np.nan, at_least),
            Adequacy.units_at_least: at_least,
        }
    )


def measure_crowding(
    times: pd.DataFrame,
    supply: pd.Series,
    demand: pd.Series,
    *,
    limit_min: float,
    method: Method = "e2sfca",
    decay: Decay | None = None,
) -> pd.DataFrame:
    """Measure how many people share each facility: the first step of :func:`measure_adequacy`.

    ``people = Σᵢ pᵢ wᵢⱼ`` (with Gᵢⱼ for 3SFCA), ``people_per_unit = people / Sⱼ``, ``units_per_person = Sⱼ / people``.

    Parameters
    ----------
    times, supply, demand, limit_min, method, decay
        As for :func:`measure_adequacy`.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Crowding` in the order of `supply`; a facility that nobody reaches has 0 people.

    Raises
    ------
    TableError
        As for :func:`measure_adequacy`.

    Examples
    --------
    >>> times = pd.DataFrame({"origin": ["a"], "destination": ["home"], "minutes": [4.0]})
    >>> beds, elders = pd.Series({"home": 12, "far": 4}), pd.Series({"a": 60})
    >>> measure_crowding(times, beds, elders, limit_min=10, method="2sfca")["people_per_unit"].to_list()
    [5.0, 0.0]
    """
    reach = _find_catchments(times, supply, demand, limit_min=limit_min, method=method, decay=decay)
    capacity = supply.to_numpy(dtype=float)
    some = np.where(capacity > 0, capacity, np.nan)
    return pd.DataFrame(
        {
            Crowding.facility: supply.index.to_numpy(),
            Crowding.capacity: capacity,
            Crowding.people: reach.people,
            Crowding.people_per_unit: reach.people / some,
            Crowding.units_per_person: reach.ratio,
        }
    )


def measure_supply(supply: pd.Series, people: pd.Series, *, norm_per_1000: float) -> pd.DataFrame:
    """Compare what each area has with the norm per 1,000 people.

    ``r = Σ S / (P/1000)``, ``adequacy = min(1, r / norm)``, ``shortfall = max(0, norm·P/1000 - Σ S)``.

    Parameters
    ----------
    supply
        Capacity of each facility by its area, units; an area may have several rows, or none. Missing means unknown.
    people
        People by area.
    norm_per_1000
        Units that the standard asks for per 1,000 people.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Supply` in the order of `people`. Where a capacity is unknown, adequacy is known
        only if the others meet the norm without it. Where nobody lives there is no ratio and no shortfall.

    Raises
    ------
    TableError
        An amount is negative or infinite, an area has supply and is not in `people`, or the norm is no amount.

    Examples
    --------
    >>> supply = pd.Series([300.0, 150.0], index=["east", "east"])
    >>> people = pd.Series({"east": 1500, "west": 1000})
    >>> measure_supply(supply, people, norm_per_1000=400)[["per_1000", "adequacy", "shortfall"]]
       per_1000  adequacy  shortfall
    0     300.0      0.75      150.0
    1       0.0      0.00      400.0
    """
    if not (np.isfinite(norm_per_1000) and norm_per_1000 > 0):
        msg = f"norm_per_1000 is {norm_per_1000:g}; give the units that the standard asks for, above 0"
        raise TableError(msg)
    units = check_series(supply, where="supply", nullable=True, unique=False)
    living = check_series(people, where="people").to_numpy()
    area = _find_rows(supply.index, people.index, "supply", "people; give it its people, or leave the facility out")
    known = units.notna().to_numpy()
    total = np.bincount(area[known], units.to_numpy()[known], len(people))
    unknown = np.bincount(area[~known], minlength=len(people))
    asked = norm_per_1000 * living / 1000
    sure = (unknown == 0) | (total >= asked)
    inhabited = living > 0
    ratio = np.divide(total * 1000, living, out=np.full(len(people), np.nan), where=inhabited & (unknown == 0))
    adequacy = np.divide(total, asked, out=np.full(len(people), np.nan), where=inhabited & sure)
    return pd.DataFrame(
        {
            Supply.area: people.index.to_numpy(),
            Supply.people: living,
            Supply.supply: total,
            Supply.unknown: unknown,
            Supply.per_1000: ratio,
            Supply.adequacy: np.minimum(adequacy, 1.0),
            Supply.shortfall: np.where(sure, np.maximum(asked - total, 0.0), np.nan),
        }
    )


def _find_catchments(
    times: pd.DataFrame,
    supply: pd.Series,
    demand: pd.Series,
    *,
    limit_min: float,
    method: Method,
    decay: Decay | None,
) -> _Catchments:
    """Check what is given, weigh the pairs and share each facility among those who reach it."""
    shape = _choose_decay(method, decay)
    capacity = check_series(supply, where="supply", nullable=True).to_numpy()
    people = check_series(demand, where="demand").to_numpy()
    _check_pairs(times)
    origin = _find_rows(times[WalkTimes.origin], demand.index, "times", "demand; give it 0 people if nobody lives")
    facility = _find_rows(
        times[WalkTimes.destination], supply.index, "times", "supply; give it a missing capacity if it is unknown"
    )
    weight = weigh_minutes(times[WalkTimes.minutes], shape, limit_min=limit_min)
    some = weight > 0
    origin, facility, weight = origin[some], facility[some], weight[some]
    if method == "3sfca":
        chosen = weight / np.bincount(origin, weight, len(demand))[origin]
        weight = weight * chosen
    shared = np.asarray(np.bincount(facility, people[origin] * weight, len(supply)), dtype=float)
    ratio = np.divide(capacity, shared, out=np.full(len(supply), np.nan), where=shared > 0)
    return _Catchments(origin, facility, weight**2 if method == "m2sfca" else weight, shared, ratio)


def _choose_decay(method: Method, decay: Decay | None) -> Decay:
    """Return the decay of a method."""
    if method not in {"2sfca", "e2sfca", "3sfca", "m2sfca"}:
        msg = f"there is no method '{method}'; the methods are 2sfca, e2sfca, 3sfca and m2sfca"
        raise TableError(msg)
    if method == "2sfca":
        if not (decay is None or isinstance(decay, Binary)):
            msg = "2sfca counts every walk within the limit alike; with a decay it is e2sfca"
            raise TableError(msg)
        return Binary()
    return Gaussian() if decay is None else decay


def _check_pairs(times: pd.DataFrame) -> None:
    """Refuse walking times without their columns, and a pair that occurs twice."""
    for column in (WalkTimes.origin, WalkTimes.destination, WalkTimes.minutes):
        if column not in times.columns:
            msg = f"times: column '{column}' ({column.meaning}) is missing"
            raise TableError(msg)
    check_series(times[WalkTimes.minutes], where="times, minutes", nullable=True, unique=False)
    twice = times.duplicated([WalkTimes.origin, WalkTimes.destination]).to_numpy()
    if twice.any():
        pair = times.iloc[int(twice.argmax())]
        msg = (
            f"times: the pair of {pair[WalkTimes.origin]!r} and {pair[WalkTimes.destination]!r} occurs twice; "
            "keep the shorter walk"
        )
        raise TableError(msg)


def _find_rows(labels: pd.Series | pd.Index, index: pd.Index, where: str, cure: str) -> NDArray[np.int64]:
    """Return the row of each label in an index, or say which one is not there."""
    rows = index.get_indexer(pd.Index(labels))
    if (rows < 0).any():
        msg = f"{where}: {pd.Index(labels)[int((rows < 0).argmax())]!r} is not in {cure}"
        raise TableError(msg)
    return np.asarray(rows, dtype=np.int64)
