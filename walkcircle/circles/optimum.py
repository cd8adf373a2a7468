"""The best partition of atoms, proven: a mixed-integer programme for a district of modest size."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, sparse

from walkcircle import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.kernels import Ground


@dataclass(frozen=True, eq=False)
class Optimum:
    """What a solver found.

    Attributes
    ----------
    centre
        ``(a,)`` centre of each atom's part.
    cost, bound
        People-minutes of it, and what no partition can be cheaper than.
    proven
        Whether the solver closed the gap between the two.
    """

    centre: NDArray[np.int64]
    cost: float
    bound: float
    proven: bool


def solve_parts(ground: Ground, start: tuple[NDArray[np.int64], float], *, seconds: float) -> Optimum:
    """Solve a partition of atoms to the end, or until the time is up; then the better of what was found stands.

    ``min Σ cᵢⱼ xᵢⱼ + Σ_j charges`` with ``Σ_j xᵢⱼ = 1`` and ``xᵢⱼ ≤ xⱼⱼ`` (the p-median form of districting, Hess and
    others 1965, with charges in the place of bounds). Connection is asked for by cuts: where a piece S of part j hangs
    apart from its centre, ``x_sj ≤ Σ x_bj`` over the neighbours b of S, for one s of S (Oehrlein and Haunert 2017);
    then it is solved again. Each turn is a relaxation, so that its bound holds.

    Parameters
    ----------
    ground
        The problem.
    start
        Centres and cost of a partition that is known, as a search finds it.
    seconds
        Longest time for all turns.
    """
    program = _Program(ground)
    until = time.monotonic() + seconds
    centre, cost = start
    bound = -np.inf
    cuts = program.ask_for_neighbours()
    while (left := until - time.monotonic()) > 0:
        answer = program.solve(cuts, left)
        # HiGHS stops within a gap of its own; what it proves is its bound
        if answer.mip_dual_bound is not None and np.isfinite(answer.mip_dual_bound):
            bound = max(bound, float(answer.mip_dual_bound))
        if answer.x is None:
            break
        found = program.read_centres(answer.x)
        torn = program.cut_pieces(found)
        if not torn:
            if answer.fun < cost - 1e-6 * max(abs(cost), 1.0):
                centre, cost = found, float(answer.fun)
            break
        if answer.status != 0:
            break
        cuts += torn
    bound = min(bound, cost)
    proven = cost - bound <= 1e-6 * max(abs(cost), 1.0)
    return Optimum(centre, cost, bound, bool(proven))


class _Program:
    """The variables of the programme: one for each atom and centre, then the charges of each possible part.

    It is a class because rows and bounds must speak of the same variables.
    """

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.atoms = len(ground.people)
        self.pairs = len(ground.centre)
        self.row = np.repeat(np.arange(self.atoms), np.diff(ground.begin))
        self.own = np.flatnonzero(self.row == ground.centre)
        self.place = {(int(a), int(c)): k for k, (a, c) in enumerate(zip(self.row, ground.centre, strict=True))}
        rates = ground.charges[[4, 3, 3, 7, 7, 8]]
        self.cost = np.concatenate([ground.cost, np.repeat(rates, self.atoms)])
        self.constraints = self._constrain()

    def _constrain(self) -> list[optimize.LinearConstraint]:
        """Write the rows that always hold."""
        ground, atoms, pairs = self.ground, self.atoms, self.pairs
        width = len(self.cost)
        k = np.arange(pairs)
        once = sparse.csr_array((np.ones(pairs), (self.row, k)), shape=(atoms, width))
        other = k[self.row != ground.centre]
        n = np.arange(len(other))
        opened = sparse.csr_array(
            (
                np.concatenate([np.ones(len(n)), -np.ones(len(n))]),
                (np.concatenate([n, n]), np.concatenate([other, self.own[ground.centre[other]]])),
            ),
            shape=(len(other), width),
        )
        rows = [optimize.LinearConstraint(once, 1, 1), optimize.LinearConstraint(opened, -np.inf, 0)]
        least, aim, most = ground.charges[:3]
        low, high = ground.charges[5:7]
        people, area = ground.people, ground.area
        # off ≥ ±(P - aim·y), short ≥ least·y - P, over ≥ P - most·y, and the same for area
        for slack, amount, level, sign in (
            (0, people, aim, 1), (0, people, aim, -1), (1, people, least, -1), (2, people, most, 1),
            (3, area, low, -1), (4, area, high, 1),
        ):  # fmt: skip
            if np.isfinite(level):
                rows.append(self._charge(slack, amount, level, sign))
        # broken·least ≥ least·y - P, and broken·all ≥ P - most·y
        for level, sign, step in ((least, -1, least), (most, 1, float(people.sum()))):
            rows.append(self._charge(5, people, level, sign, step))
        return rows

    def _charge(
        self, slack: int, amount: NDArray[np.float64], level: float, sign: int, step: float = 1.0
    ) -> optimize.LinearConstraint:
        """Write ``sign·(amount of the part - level·y) ≤ step·slack`` for each possible part."""
        j = np.arange(self.atoms)
        values = sign * amount[self.row]
        values = values - np.where(self.row == self.ground.centre, sign * level, 0.0)
        columns = np.concatenate([np.arange(self.pairs), self.pairs + slack * self.atoms + j])
        matrix = sparse.csr_array(
            (np.concatenate([values, np.full(self.atoms, -step)]), (np.concatenate([self.ground.centre, j]), columns)),
            shape=(self.atoms, len(self.cost)),
        )
        return optimize.LinearConstraint(matrix, -np.inf, 0)

    def ask_for_neighbours(self) -> list[tuple[int, list[int]]]:
        """Ask that who is no neighbour of its centre has a neighbour in the same part: the simplest cuts."""
        cuts = []
        for k in np.flatnonzero(self.row != self.ground.centre).tolist():
            beside = self._list_beside([int(self.row[k])])
            if int(self.ground.centre[k]) not in beside:
                cuts.append(self._cut(k, beside, int(self.ground.centre[k])))
        return cuts

    def _list_beside(self, piece: list[int]) -> set[int]:
        """List the neighbours of a piece."""
        start, neighbour = self.ground.start, self.ground.neighbour
        return {int(b) for atom in piece for b in neighbour[start[atom] : start[atom + 1]]} - set(piece)

    def _cut(self, k: int, beside: set[int], centre: int) -> tuple[int, list[int]]:
        """Write a cut as the pair that needs one of others."""
        return k, [self.place[b, centre] for b in sorted(beside) if (b, centre) in self.place]

    def solve(self, cuts: list[tuple[int, list[int]]], seconds: float) -> optimize.OptimizeResult:
        """Solve with some cuts."""
        rows = list(self.constraints)
        if cuts:
            line = np.repeat(np.arange(len(cuts)), [1 + len(others) for _, others in cuts])
            column = np.concatenate([[k, *others] for k, others in cuts]).astype(np.int64)
            value = np.concatenate([[1.0] + [-1.0] * len(others) for _, others in cuts])
            matrix = sparse.csr_array((value, (line, column)), shape=(len(cuts), len(self.cost)))
            rows.append(optimize.LinearConstraint(matrix, -np.inf, 0))
        whole = np.zeros(len(self.cost))
        whole[: self.pairs] = 1
        whole[-self.atoms :] = 1
        top = np.where(whole > 0, 1.0, np.inf)
        return optimize.milp(
            self.cost,
            integrality=whole,
            bounds=optimize.Bounds(0, top),
            constraints=rows,
            options={"time_limit": seconds, "mip_rel_gap": 1e-9},
        )

    def read_centres(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """Read the centre of each atom."""
        chosen = np.flatnonzero(values[: self.pairs] > 0.5)
        centre = np.full(self.atoms, -1, np.int64)
        centre[self.row[chosen]] = self.ground.centre[chosen]
        return centre

    def cut_pieces(self, centre: NDArray[np.int64]) -> list[tuple[int, list[int]]]:
        """Cut off every piece that hangs apart from its centre, for each of its atoms."""
        tail = np.repeat(np.arange(self.atoms), np.diff(self.ground.start))
        ends = np.column_stack([tail, self.ground.neighbour])
        piece = kernels.label_pieces(ends[centre[ends[:, 0]] == centre[ends[:, 1]]], self.atoms)
        cuts = []
        for label in np.unique(piece[piece != piece[centre]]).tolist():
            atoms = np.flatnonzero(piece == label).tolist()
            at = int(centre[atoms[0]])
            beside = self._list_beside(atoms)
            cuts += [self._cut(self.place[atom, at], beside, at) for atom in atoms]
        return cuts
