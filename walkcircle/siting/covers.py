"""Covers: who is complete once which sites host which kinds; one kind is the plain maximal covering problem.

A *task* is one kind that one group of demand points still lacks; a *seat* is one kind at one site. A seat fulfils tasks
of its kind within reach, and a group counts when all its tasks are fulfilled. With a single kind, tasks are groups and
seats are sites.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from walkcircle.siting.programs import Program, Rows, make_row

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.siting.terms import Promise


@dataclass(frozen=True)
class Cover:
    """A covering problem after its reductions.

    Attributes
    ----------
    reach
        CSR of ones, task × seat.
    group
        Group of each task, (t,).
    weight, people, zone
        Weighted people, people and number of the zone of each group, (g,).
    site, kind, cost
        Site, kind and cost of each seat, (s,).
    opening, counted
        Cost of opening each site, paid once, and whether it counts towards the number of sites, (j,).
    name
        Candidate that each site is: its column, (j,).
    base, base_zone
        Weighted people who are complete already; people complete already in each zone.
    p, budget
        Most new sites, and most that may be spent; None is no bound.
    """

    reach: Any
    group: NDArray[np.int64]
    weight: NDArray[np.float64]
    people: NDArray[np.float64]
    zone: NDArray[np.int64]
    site: NDArray[np.int64]
    kind: NDArray[np.int64]
    cost: NDArray[np.float64]
    opening: NDArray[np.float64]
    counted: NDArray[np.bool_]
    name: NDArray[np.int64]
    base: float
    base_zone: NDArray[np.float64]
    p: int | None
    budget: float | None

    @property
    def single(self) -> bool:
        """Tell whether it is the plain problem: each site has one seat and is new, each group has one task."""
        each = np.array_equal(self.site, np.arange(len(self.opening)))
        return each and np.array_equal(self.group, np.arange(len(self.weight))) and bool(self.counted.all())

    @property
    def seat_price(self) -> NDArray[np.float64]:
        """Return what a seat costs where its site hosts nothing else."""
        return self.cost + self.opening[self.site]

    @property
    def steps(self) -> float:
        """Return by how much two different totals differ at least: 1 where people are whole numbers, else nothing."""
        whole = bool((self.weight == np.round(self.weight)).all()) and self.base == round(self.base)
        return 1.0 if whole else 0.0

    def complete(self, seats: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which groups have all their tasks fulfilled."""
        lacking = (self.reach @ seats.astype(np.float64)) == 0
        return np.asarray(np.bincount(self.group[lacking], minlength=len(self.weight)) == 0)

    def worth(self, seats: NDArray[np.bool_]) -> float:
        """Return the weighted people who are complete, those who are so already included."""
        return self.base + float(self.weight[self.complete(seats)].sum())

    def price(self, seats: NDArray[np.bool_]) -> float:
        """Return what seats and the sites under them cost."""
        return float(self.cost[seats].sum() + self.opening[np.unique(self.site[seats])].sum())

    def shortfall(self, seats: NDArray[np.bool_], promise: Promise) -> NDArray[np.float64]:
        """Return how many people each zone lacks of what it is promised."""
        done = self.complete(seats)
        served = self.base_zone + np.bincount(self.zone[done], self.people[done], minlength=len(promise.least))
        return np.asarray(np.maximum(promise.least - served, 0.0))

    def affordable(self, seats: NDArray[np.bool_]) -> bool:
        """Tell whether seats keep to the number of sites and the budget."""
        new = np.unique(self.site[seats])
        if self.p is not None and self.counted[new].sum() > self.p:
            return False
        return self.budget is None or self.price(seats) <= self.budget * (1 + 1e-12)


def build_program(cover: Cover) -> tuple[Program, Any]:
    """Write the covering problem as a program: sites, seats where there are several to a site, groups.

    Church & ReVelle 1974 for one kind: max Σ wᵍxᵍ with Σ yⱼ ≥ xᵍ over the sites in reach of g. With several kinds each
    task of a group has its row, and a seat is not without its site.

    Returns
    -------
    Program, csr_array
        The program, which counts weighted people as negative cost, and zone × variable: people it would serve.
    """
    sites, groups = len(cover.opening), len(cover.weight)
    seats = 0 if cover.single else len(cover.site)
    size = sites + seats + groups
    first_seat, first_group = (0, sites) if cover.single else (sites, sites + seats)
    tasks = len(cover.group)
    blocks = [cover.reach, sparse.csr_array((-np.ones(tasks), (np.arange(tasks), cover.group)), shape=(tasks, groups))]
    if not cover.single:
        blocks.insert(0, sparse.csr_array((tasks, sites)))
    rows = [Rows(sparse.hstack(blocks, format="csr"), np.zeros(tasks), np.full(tasks, np.inf))]
    if seats:
        order = np.arange(seats)
        link = sparse.csr_array(
            (np.repeat([1.0, -1.0], seats), (np.tile(order, 2), np.concatenate([cover.site, sites + order]))),
            shape=(seats, size),
        )
        rows.append(Rows(link, np.zeros(seats), np.full(seats, np.inf)))
    spending, counting = np.zeros(size), np.zeros(size)
    spending[:sites] = cover.opening
    spending[first_seat : first_seat + len(cover.site)] += cover.cost
    counting[:sites] = cover.counted
    if cover.p is not None:
        rows.append(make_row(counting, 0.0, float(cover.p)))
    if cover.budget is not None:
        rows.append(make_row(spending, 0.0, cover.budget))
    cost = np.zeros(size)
    cost[first_group:] = -cover.weight
    whole = np.arange(size) < first_group
    program = Program(cost, np.zeros(size), np.ones(size), whole, tuple(rows))
    zones = len(cover.base_zone)
    held = np.flatnonzero(cover.zone >= 0)
    serving = sparse.csr_array((cover.people[held], (cover.zone[held], first_group + held)), shape=(zones, size))
    return program, serving


def read_seats(cover: Cover, x: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Read the seats from a program's variables."""
    first = 0 if cover.single else len(cover.opening)
    return np.asarray(x[first : first + len(cover.site)] > 0.5)


def close_seats(cover: Cover, program: Program, never: NDArray[np.bool_]) -> Program:
    """Close seats, and sites without a seat left, that no better answer can use."""
    upper = program.upper.copy()
    first = 0 if cover.single else len(cover.opening)
    upper[first : first + len(cover.site)][never] = 0.0
    if not cover.single:
        used = np.bincount(cover.site[~never], minlength=len(cover.opening)) > 0
        upper[: len(cover.opening)][~used] = 0.0
    return replace(program, upper=upper)
