"""Reductions: what is told apart by no plan is merged, and what another does better is dropped; the optimum stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from walkcircle.siting.covers import Cover

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Sets compared with all others at a time: the memory of one comparison stays small.
SETS_AT_ONCE = 256
#: Steps of a comparison beyond which it is left out: it would take longer than it saves.
MOST_STEPS = 100_000_000


@dataclass(frozen=True)
class Question:
    """A covering problem as it was asked, before reductions.

    Attributes
    ----------
    reach
        For each kind a CSR, demand point × candidate, of who is within the limit of whom.
    lacks
        Point × kind: whether a point still lacks it.
    weight, people, zone
        Weighted people, people and zone of each point, (n,); zones from 0, or -1.
    hosts
        Candidate × kind: whether it may be hosted there anew.
    cost, opening
        Cost of a kind at a candidate, and of opening it.
    open
        Whether a candidate is open already: opening it costs nothing and is not counted.
    zones
        Number of zones.
    p, budget
        Most new sites, most that may be spent.
    """

    reach: tuple[Any, ...]
    lacks: NDArray[np.bool_]
    weight: NDArray[np.float64]
    people: NDArray[np.float64]
    zone: NDArray[np.int64]
    hosts: NDArray[np.bool_]
    cost: NDArray[np.float64]
    opening: NDArray[np.float64]
    open: NDArray[np.bool_]
    zones: int
    p: int | None
    budget: float | None


def simplify_question(question: Question, *, drop_dominated: bool = True) -> Cover:
    """Merge demand points with the same choices, drop dominated candidates, and leave out who cannot be served.

    Merging is exact: points with the same seats in reach are served together or not at all (Current & Schilling 1990
    merge near points, which is not). A candidate is dominated when another reaches all that it reaches and costs no
    more. Points are put in one order, so that the order in which they were given changes nothing.
    """
    done = ~question.lacks.any(axis=1)
    rows, kind, candidate = _seat_matrix(question)
    seat_kind, seat_name = kind, candidate
    possible = ~done & _all_in_reach(question, rows, seat_kind)
    group_of, first = _group_rows(rows, question.zone, np.flatnonzero(possible))
    members = np.flatnonzero(possible)
    weight = _sum_by_group(question.weight[members], group_of, len(first))
    people = _sum_by_group(question.people[members], group_of, len(first))
    merged = rows[first]
    useful = np.flatnonzero(np.bincount(merged.indices, minlength=len(seat_kind)) > 0)
    merged = merged[:, useful]
    seat_kind, seat_name = seat_kind[useful], seat_name[useful]
    if drop_dominated and len(first):
        keep = ~np.isin(seat_name, seat_name[_dominated(question, merged, seat_kind, seat_name)])
        merged, seat_kind, seat_name = merged[:, np.flatnonzero(keep)], seat_kind[keep], seat_name[keep]
    name, site = np.unique(seat_name, return_inverse=True)
    pairs = sparse.coo_array(merged)
    kinds = question.lacks.shape[1]
    tasks, task = np.unique(pairs.row.astype(np.int64) * kinds + seat_kind[pairs.col], return_inverse=True)
    reach = sparse.csr_array((np.ones(len(task)), (task, pairs.col)), shape=(len(tasks), len(seat_kind)))
    reach.sort_indices()
    base_zone = np.zeros(question.zones)
    held = done & (question.zone >= 0)
    base_zone += np.bincount(question.zone[held], question.people[held], minlength=question.zones)
    return Cover(
        reach=reach, group=tasks // kinds, weight=weight, people=people, zone=question.zone[members][_firsts(group_of)],
        site=site.astype(np.int64), kind=seat_kind, cost=question.cost[seat_name, seat_kind],
        opening=np.where(question.open[name], 0.0, question.opening[name]), counted=~question.open[name], name=name,
        base=float(np.sort(question.weight[done]).sum()), base_zone=base_zone, p=question.p, budget=question.budget,
    )  # fmt: skip


def simplify_set_cover(reach: Any, price: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the rows and columns of a set cover that matter, in turns until nothing more can go.

    A row goes when another's columns are among its own: who covers that one covers it. A column goes when another that
    costs no more covers all its rows (Toregas & ReVelle 1973).
    """
    rows, columns = np.arange(reach.shape[0]), np.arange(reach.shape[1])
    while True:
        part = sparse.csr_array(reach[rows][:, columns])
        implied = _find_larger(part)
        part = sparse.csr_array(part[~implied])
        dominated = _find_smaller(sparse.csr_array(part.T), price[columns])
        rows, columns = rows[~implied], columns[~dominated]
        if not implied.any() and not dominated.any():
            return rows, columns


# ── parts ───────────────────────────────────────────────────────────────────────────────────────


def _seat_matrix(question: Question) -> tuple[Any, NDArray[np.int64], NDArray[np.int64]]:
    """Put the kinds side by side, point × seat: only seats that may be hosted, and tasks that are still open."""
    blocks, kinds, names = [], [], []
    for number, reach in enumerate(question.reach):
        columns = np.flatnonzero(question.hosts[:, number])
        open_rows = sparse.diags_array(question.lacks[:, number].astype(np.float64), format="csr")
        block = sparse.csr_array(open_rows @ sparse.csr_array(reach)[:, columns])
        block.eliminate_zeros()
        blocks.append(block)
        kinds.append(np.full(len(columns), number, dtype=np.int64))
        names.append(columns.astype(np.int64))
    rows = sparse.csr_array(sparse.hstack(blocks, format="csr"))
    rows.sort_indices()
    return rows, np.concatenate(kinds), np.concatenate(names)


def _all_in_reach(question: Question, rows: Any, seat_kind: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which points have a seat in reach for every kind that they lack."""
    able = np.ones(len(question.weight), dtype=bool)
    for number in range(question.lacks.shape[1]):
        columns = np.flatnonzero(seat_kind == number)
        some = np.diff(rows[:, columns].indptr) > 0
        able &= some | ~question.lacks[:, number]
    return able


def _group_rows(
    rows: Any, zone: NDArray[np.int64], members: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Tell the group of each member, those with the same row and zone, and one row of each, in the rows' order."""
    keys = [rows.indices[rows.indptr[i] : rows.indptr[i + 1]].tobytes() + zone[i].tobytes() for i in members.tolist()]
    seen: dict[bytes, int] = {}
    for key, member in zip(keys, members.tolist(), strict=True):
        seen.setdefault(key, member)
    order = {key: number for number, key in enumerate(sorted(seen))}
    group_of = np.array([order[key] for key in keys], dtype=np.int64)
    return group_of, np.array([seen[key] for key in sorted(seen)], dtype=np.int64)


def _firsts(group_of: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return one member of each group."""
    return np.asarray(np.unique(group_of, return_index=True)[1])


def _sum_by_group(values: NDArray[np.float64], group_of: NDArray[np.int64], groups: int) -> NDArray[np.float64]:
    """Sum in the order of the values, so that the order of the rows leaves no trace in the last bit."""
    order = np.lexsort((values, group_of))
    sums = np.bincount(group_of[order], values[order], minlength=groups)
    return np.asarray(sums, dtype=np.float64)


def _dominated(
    question: Question, merged: Any, seat_kind: NDArray[np.int64], seat_name: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Tell for each seat whether another candidate reaches as much of every kind and costs no more."""
    names, site = np.unique(seat_name, return_inverse=True)
    pairs = sparse.coo_array(merged)
    kinds = question.lacks.shape[1]
    reached = sparse.csr_array(
        (np.ones(len(pairs.row)), (pairs.row.astype(np.int64) * kinds + seat_kind[pairs.col], site[pairs.col])),
        shape=(merged.shape[0] * kinds, len(names)),
    )
    opening = np.where(question.open[names], 0.0, question.opening[names])
    hosting = np.zeros((len(names), kinds), dtype=bool)
    hosting[site, seat_kind] = True
    cost = np.where(hosting, question.cost[names], 0.0)
    size = np.asarray(reached.sum(axis=0))
    out = np.zeros(len(names), dtype=bool)
    for a, b in _pair_contained(sparse.csr_array(reached.T)):
        cheaper = (opening[b] <= opening[a]) & (question.open[names[b]] | ~question.open[names[a]])
        cheaper &= ((cost[b] <= cost[a]) | ~hosting[a]).all(axis=1)
        a_, b_ = a[cheaper], b[cheaper]
        alike = (size[a_] == size[b_]) & (opening[a_] == opening[b_]) & (cost[a_] == cost[b_]).all(axis=1)
        alike &= question.open[names[a_]] == question.open[names[b_]]
        out[a_[~alike | (b_ < a_)]] = True
    return out[site]


def _pair_contained(sets: Any) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Give the pairs of rows, in parts, of which the first is contained in the second; none when it would take long."""
    turned = sparse.csr_array(sets.T)
    size = np.diff(sets.indptr)
    if float((np.diff(turned.indptr).astype(np.float64) ** 2).sum()) > MOST_STEPS:
        return
    for start in range(0, len(size), SETS_AT_ONCE):
        some = np.arange(start, min(start + SETS_AT_ONCE, len(size)))
        shared = sparse.coo_array(sets[some] @ turned)
        a, b = some[shared.row], shared.col.astype(np.int64)
        within = (shared.data == size[a]) & (a != b)
        yield a[within], b[within]


def _find_larger(sets: Any) -> NDArray[np.bool_]:
    """Tell which sets contain another; of equal ones the first stays."""
    size, out = np.diff(sets.indptr), np.zeros(sets.shape[0], dtype=bool)
    for a, b in _pair_contained(sets):
        out[b[(size[a] < size[b]) | (a < b)]] = True
    return out


def _find_smaller(sets: Any, price: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which sets are empty or contained in another that costs no more; of equal ones the first stays."""
    size = np.diff(sets.indptr)
    out = np.asarray(size == 0)
    for a, b in _pair_contained(sets):
        alike = (size[a] == size[b]) & (price[a] == price[b])
        out[a[(price[b] <= price[a]) & (~alike | (b < a))]] = True
    return out
