"""The problem behind circles: atoms of a graph to be joined into connected parts around centres at the least cost."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from walkcircle.circles.setting import check_limit
from walkcircle.kernels import Ground, improve_parts, join_alone, make_parts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.circles.rules import CircleRules
    from walkcircle.circles.setting import Setting, Walks

#: Rounds of rebuilding: so many, and so many for each part, up to the most. Ten times as many find one per cent more.
FEW_ROUNDS, ROUNDS_PER_PART, MOST_ROUNDS = 100, 5, 2_000


@dataclass(frozen=True, eq=False)
class Atoms:
    """Clusters, or circles that stay whole, and what they cost at each other.

    Attributes
    ----------
    cluster
        ``(a,)`` the cluster that is the centre of each atom, growing.
    atom
        ``(n,)`` atom of each cluster, or -1 where it fits nowhere.
    ground
        Neighbours, costs, people, areas and charges.
    """

    cluster: NDArray[np.int64]
    atom: NDArray[np.int64]
    ground: Ground


def make_atoms(setting: Setting, walks: Walks, rules: CircleRules, inner: NDArray[np.int64] | None = None) -> Atoms:
    """Make the problem of clusters, or of the circles in `inner`, the centre of each cluster's circle or -1.

    The cost of an atom at a centre is ``Σ wᵢ·(tᵢ + soft + border)`` over its clusters i: people times minutes, and the
    minutes that a soft barrier and a border count for. An atom may belong to a centre whose walk from the atom's own
    centre is within the limit (or ``reach_min``). A cluster whose walk is longer than the limit counts its walk, or
    what it is longer than where it is not known, and ``beyond_min``.
    """
    count = len(setting.labels)
    home = np.where(walks.reached, np.arange(count), -1) if inner is None else inner
    cluster = np.unique(home[home >= 0])
    atom = np.where(home >= 0, np.searchsorted(cluster, home), -1)
    to_centre = np.searchsorted(cluster, walks.centre).clip(max=max(len(cluster) - 1, 0))
    to_atom = np.searchsorted(cluster, walks.cluster).clip(max=max(len(cluster) - 1, 0))
    reach_min = rules.reach_min or rules.limit_min
    allowed = check_limit(walks.minutes, reach_min)
    if len(cluster):
        allowed &= (cluster[to_centre] == walks.centre) & (cluster[to_atom] == walks.cluster)
    row, column = to_atom[allowed], to_centre[allowed]
    pair, member = _list_members(atom, row)
    minutes = walks.find(member, cluster[column[pair]])
    beyond = ~check_limit(minutes, rules.limit_min)
    minutes[beyond] = np.where(np.isnan(minutes[beyond]), reach_min, minutes[beyond]) + rules.beyond_min
    cost = np.bincount(
        pair, weights=setting.cost_minutes(member, cluster[column[pair]], minutes, rules), minlength=len(row)
    )
    ends = atom[setting.cells.ends[~setting.severed]]
    ends = ends[(ends >= 0).all(axis=1) & (ends[:, 0] != ends[:, 1])]
    ends = np.unique(np.concatenate([ends, ends[:, ::-1]]), axis=0)
    settled = atom >= 0
    return Atoms(
        cluster,
        atom,
        Ground(
            np.searchsorted(ends[:, 0], np.arange(len(cluster) + 1)).astype(np.int64),
            np.ascontiguousarray(ends[:, 1], dtype=np.int64),
            np.searchsorted(row, np.arange(len(cluster) + 1)).astype(np.int64),
            np.ascontiguousarray(column, dtype=np.int64),
            np.asarray(cost, dtype=float),
            np.asarray(np.bincount(atom[settled], setting.people[settled], len(cluster)), dtype=np.float64),
            np.asarray(np.bincount(atom[settled], setting.cells.area_km2[settled], len(cluster)), dtype=np.float64),
            make_charges(rules),
        ),
    )


def make_charges(rules: CircleRules) -> NDArray[np.float64]:
    """Turn rules into what a part is charged, as :class:`~walkcircle.kernels.districts.Ground` has it.

    Ground outside of its band is charged as the people who would live there if the aim were met in the middle of it.
    """
    least, aim, most = rules.population
    low, high = rules.area_km2 or (0.0, inf)
    density = 0.0 if rules.area_km2 is None else aim / ((low + high) / 2)
    return np.array(
        [least, aim, most, rules.outside_min, rules.target_min, low, high, density * rules.ground_min,
         aim * rules.broken_share * rules.outside_min]
    )  # fmt: skip


def _list_members(atom: NDArray[np.int64], row: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List the clusters of the atom of each row: the row's place, and the cluster."""
    order = np.argsort(atom, kind="stable")
    begin, stop = np.searchsorted(atom[order], row, "left"), np.searchsorted(atom[order], row, "right")
    size = stop - begin
    pair = np.repeat(np.arange(len(row)), size)
    place = np.arange(len(pair)) - np.repeat(np.cumsum(size) - size, size)
    return pair, order[np.repeat(begin, size) + place]


def search_parts(ground: Ground, *, seed: int, rounds: int | None = None) -> tuple[NDArray[np.int64], float]:
    """Partition atoms by a search that takes no step back: join, improve, and rebuild here and there.

    Neighbours are joined, always those that save most. Then steps are taken while any makes the whole cheaper: two
    parts become one, one becomes two, two are cut anew around two other centres, an atom moves, two swap, a part is
    dissolved. At last a part and those around it are taken down, joined in another order and improved; the result
    stays where it is cheaper. (Parts are cut anew in pairs as in recombination, DeFord, Duchin and Solomon 2021;
    taking down and building anew is large neighbourhood search, Shaw 1998.)

    Parameters
    ----------
    ground
        The problem.
    seed
        Of the draws for what is rebuilt; the same seed gives the same partition.
    rounds
        How often something is rebuilt; by the number of parts when None.

    Returns
    -------
    centre : ndarray, shape (a,)
        Centre of each atom's part.
    cost : float
        People-minutes, with all charges.
    """
    parts = join_alone(ground, 0.0, seed)
    improve_parts(ground, parts)
    centre = parts.centre[parts.part]
    of_part = {int(parts.centre[part]): float(parts.cost[part]) for part in np.flatnonzero(parts.size)}
    number = min(FEW_ROUNDS + ROUNDS_PER_PART * len(of_part), MOST_ROUNDS) if rounds is None else rounds
    if number and _rebuild(ground, centre, of_part, number, seed):
        parts = make_parts(ground, centre)
        improve_parts(ground, parts)
        centre = parts.centre[parts.part]
    return centre, float(parts.cost.sum())


def _rebuild(ground: Ground, centre: NDArray[np.int64], cost: dict[int, float], rounds: int, seed: int) -> int:
    """Take parts down and build them anew; `centre` and the cost of each part change where that is cheaper."""
    rng = np.random.default_rng(seed)
    better = 0
    for _ in range(rounds):
        part = centre[rng.integers(len(centre))]
        mine = np.flatnonzero(centre == part)
        beside = np.concatenate([ground.neighbour[ground.start[atom] : ground.start[atom + 1]] for atom in mine])
        chosen = np.unique(np.append(centre[beside], part))
        atoms = np.flatnonzero(np.isin(centre, chosen))
        inner = _take_ground(ground, atoms)
        built = join_alone(inner, 0.3, int(rng.integers(2**31)))
        improve_parts(inner, built)
        if built.cost.sum() < sum(cost[old] for old in chosen.tolist()) - 1e-6:
            better += 1
            centre[atoms] = atoms[built.centre[built.part]]
            for old in chosen.tolist():
                del cost[old]
            cost |= {int(atoms[built.centre[new]]): float(built.cost[new]) for new in np.flatnonzero(built.size)}
    return better


def _take_ground(ground: Ground, atoms: NDArray[np.int64]) -> Ground:
    """Take some atoms as a problem of their own."""
    beside, neighbour = _take_rows(ground.start, ground.neighbour, atoms)
    kept = _find_places(atoms, neighbour)
    within_row, slot = _take_rows(ground.begin, np.arange(len(ground.centre)), atoms)
    centre = _find_places(atoms, ground.centre[slot])
    bounds = np.arange(len(atoms) + 1)
    return Ground(
        np.searchsorted(beside[kept >= 0], bounds),
        kept[kept >= 0],
        np.searchsorted(within_row[centre >= 0], bounds),
        centre[centre >= 0],
        ground.cost[slot[centre >= 0]],
        ground.people[atoms],
        ground.area[atoms],
        ground.charges,
    )


def _take_rows(
    start: NDArray[np.int64], values: NDArray[np.int64], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Take the values of some rows of a CSR, and the place of each one's row."""
    size = start[rows + 1] - start[rows]
    row = np.repeat(np.arange(len(rows)), size)
    place = np.arange(len(row)) - np.repeat(np.cumsum(size) - size, size)
    return row, values[start[rows][row] + place]


def _find_places(sorted_values: NDArray[np.int64], asked: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find the place of each asked value among sorted ones, or -1."""
    place = np.searchsorted(sorted_values, asked).clip(max=len(sorted_values) - 1)
    return np.where(sorted_values[place] == asked, place, -1)
