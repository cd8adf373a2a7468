"""The tables of circles: what each is, who belongs to it, and which rules it breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle import kernels
from walkcircle.circles.setting import check_limit
from walkcircle.tables import BrokenRules, CircleMembers, Circles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.circles.rules import CircleRules
    from walkcircle.circles.setting import Setting, Walks


class Tier(NamedTuple):
    """One size of circles: which circle each cluster is in.

    Attributes
    ----------
    rules
        Their rules.
    centre
        ``(n,)`` cluster that is the centre of each cluster's circle, or -1.
    minutes
        ``(n,)`` walk to it; missing where it is not known.
    name
        ``(n,)`` circle of the centre of that number, empty elsewhere.
    """

    rules: CircleRules
    centre: NDArray[np.int64]
    minutes: NDArray[np.float64]
    name: NDArray[np.object_]


def make_tier(setting: Setting, walks: Walks, rules: CircleRules, centre: NDArray[np.int64]) -> Tier:
    """Name circles by their minutes and a number, from north to south, and look up the walks to their centres."""
    inside = np.flatnonzero(centre >= 0)
    minutes = np.full(len(centre), np.nan)
    minutes[inside] = walks.find(inside, centre[inside])
    centres = np.unique(centre[inside])
    order = centres[np.lexsort((setting.xy[centres, 0], -setting.xy[centres, 1]))]
    name = np.full(len(centre), None, dtype=object)
    digits = max(3, len(str(len(order))))
    name[order] = [f"{rules.minutes:g}-{number:0{digits}}" for number in range(1, len(order) + 1)]
    return Tier(rules, centre, minutes, name)


def describe_circles(setting: Setting, tier: Tier, parent: Tier | None = None) -> gpd.GeoDataFrame:
    """Describe circles: :class:`~walkcircle.tables.Circles`, by number."""
    rows, ground = [], []
    for centre, members in _list_circles(tier):
        people, minutes = setting.people[members], tier.minutes[members]
        known = ~np.isnan(minutes)
        weight = people[known] if people[known].sum() > 0 else np.ones(known.sum())
        shape = setting.cells.join(members)
        ground.append(shape)
        rows.append(
            {
                Circles.circle: tier.name[centre],
                Circles.minutes: tier.rules.minutes,
                Circles.parent: parent.name[parent.centre[centre]] if parent is not None else None,
                Circles.centre: setting.labels[centre],
                Circles.population: people.sum(),
                Circles.area_km2: setting.cells.area_km2[members].sum(),
                Circles.clusters: len(members),
                Circles.longest_min: minutes[known].max(),
                Circles.mean_min: np.average(minutes[known], weights=weight),
                Circles.compactness: measure_compactness(shape),
            }
        )
    table = pd.DataFrame(rows, columns=[str(c) for c in Circles.columns() if c != Circles.geometry])
    return gpd.GeoDataFrame(table, geometry=ground, crs=setting.crs)


def measure_compactness(shape: shapely.Geometry) -> float:
    """Measure how round a shape is: ``4π · area / perimeter²`` (Polsby and Popper 1991), 1 for a circle.

    Examples
    --------
    >>> round(measure_compactness(shapely.box(0, 0, 1, 1)), 4)
    0.7854
    """
    return float(min(4 * np.pi * shape.area / shape.length**2, 1.0))


def list_members(setting: Setting, tier: Tier) -> pd.DataFrame:
    """List the clusters and their circles: :class:`~walkcircle.tables.CircleMembers`."""
    circle = tier.name[tier.centre]
    circle[tier.centre < 0] = None
    return pd.DataFrame(
        {
            CircleMembers.cluster: setting.labels,
            CircleMembers.tier_min: tier.rules.minutes,
            CircleMembers.circle: circle,
            CircleMembers.population: setting.people,
            CircleMembers.minutes: tier.minutes,
        }
    )


def find_broken_rules(setting: Setting, tier: Tier) -> pd.DataFrame:
    """Find every rule that a circle breaks, and the people concerned: :class:`~walkcircle.tables.BrokenRules`.

    People concerned are all of a circle that is too small or too large; of a walk that is too long or not known, of a
    part cut off from the centre, and of a border between home and centre, those who live there; of a hard barrier,
    those of the neighbouring clusters on both sides of it.
    """
    rows: list[tuple[str, str | None, str | None, float, float, float]] = []
    severed = _count_severed(setting, tier)
    for centre, members in _list_circles(tier):
        circle = str(tier.name[centre])
        rows += [(rule, circle, None, *found) for rule, found in _check_size(setting, tier.rules, members)]
        rows += [(rule, circle, None, *found) for rule, found in _check_members(setting, tier, centre, members)]
        if centre in severed:
            rows.append(("barrier_crossed", circle, None, severed[centre][0], 0.0, severed[centre][1]))
    alone = np.flatnonzero(tier.centre < 0)
    rows += [("unreached", None, setting.labels[int(one)], 1.0, 0.0, float(setting.people[one])) for one in alone]
    return pd.DataFrame(
        {
            BrokenRules.rule: [row[0] for row in rows],
            BrokenRules.tier_min: tier.rules.minutes,
            BrokenRules.circle: pd.Series([row[1] for row in rows], dtype=object),
            BrokenRules.cluster: pd.Series([row[2] for row in rows], dtype=object),
            BrokenRules.found: np.array([row[3] for row in rows], dtype=float),
            BrokenRules.allowed: np.array([row[4] for row in rows], dtype=float),
            BrokenRules.people: np.array([row[5] for row in rows], dtype=float),
        }
    )


def _list_circles(tier: Tier) -> list[tuple[int, NDArray[np.int64]]]:
    """List circles by number: centre and members."""
    inside = np.flatnonzero(tier.centre >= 0)
    order = inside[np.argsort(tier.centre[inside], kind="stable")]
    centres, begin = np.unique(tier.centre[order], return_index=True)
    stop = [*begin[1:].tolist(), len(order)]
    groups = {c: order[a:b] for c, a, b in zip(centres.tolist(), begin.tolist(), stop, strict=False)}
    return [(centre, groups[centre]) for centre in sorted(groups, key=lambda centre: str(tier.name[centre]))]


Found = tuple[str, tuple[float, float, float]]


def _check_size(setting: Setting, rules: CircleRules, members: NDArray[np.int64]) -> list[Found]:
    """Check people and ground of a circle: rule, value, bound, people."""
    people, area = float(setting.people[members].sum()), float(setting.cells.area_km2[members].sum())
    least, _, most = rules.population
    low, high = rules.area_km2 or (0.0, np.inf)
    checks: list[tuple[str, bool, float, float]] = [
        ("population_below", people < least, people, least),
        ("population_above", people > most, people, most),
        ("area_below", area < low, area, low),
        ("area_above", area > high, area, high),
    ]
    return [(rule, (value, bound, people)) for rule, broken, value, bound in checks if broken]


def _check_members(setting: Setting, tier: Tier, centre: int, members: NDArray[np.int64]) -> list[Found]:
    """Check walks, connection and borders of a circle: rule, value, bound, people."""
    found: list[Found] = []
    people = setting.people[members]
    minutes = tier.minutes[members]
    far = ~check_limit(minutes, tier.rules.limit_min)
    if far.any():
        longest = np.nan if np.isnan(minutes[far]).all() else float(np.nanmax(minutes[far]))
        found.append(("beyond_limit", (longest, tier.rules.limit_min, float(people[far].sum()))))
    piece = _label_pieces(setting, members)
    away = piece != piece[members == centre][0]
    if away.any():
        found.append(("not_contiguous", (float(len(np.unique(piece))), 1.0, float(people[away].sum()))))
    region = setting.region[members]
    other = region != setting.region[centre]
    if other.any():
        found.append(("border_crossed", (float(len(np.unique(region)) - 1), 0.0, float(people[other].sum()))))
    return found


def _label_pieces(setting: Setting, members: NDArray[np.int64]) -> NDArray[np.int64]:
    """Label which members hang together without a hard barrier between them."""
    ends = setting.cells.ends[~setting.severed]
    # neighbours are sorted by their first end, so only the rows of the members are looked at
    begin, stop = np.searchsorted(ends[:, 0], members, "left"), np.searchsorted(ends[:, 0], members, "right")
    near = ends[np.concatenate([np.arange(a, b) for a, b in zip(begin, stop, strict=True)])]
    place = np.searchsorted(members, near).clip(max=len(members) - 1)
    return kernels.label_pieces(place[(members[place] == near).all(axis=1)], len(members))


def _count_severed(setting: Setting, tier: Tier) -> dict[int, tuple[float, float]]:
    """Count, by centre, neighbours in one circle with a hard barrier between them, and the people on its two sides."""
    ends = setting.cells.ends[setting.severed]
    home = tier.centre[ends]
    inside = (home[:, 0] == home[:, 1]) & (home[:, 0] >= 0)
    pairs = pd.DataFrame(ends[inside]).groupby(home[inside, 0])
    return {
        int(centre): (float(len(of)), float(setting.people[np.unique(of.to_numpy())].sum())) for centre, of in pairs
    }
