"""Districts: atoms of a graph joined into connected parts around centres, at the least cost that a search finds.

A part has a centre among its own atoms, and each of its atoms may belong to that centre. The cost of a part is what its
atoms cost at its centre, and a charge for its people and its ground (:class:`Ground`). All loops go through atoms in
the order of their numbers and break ties by it, so that the same problem has the same answer.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from walkcircle.kernels.compiling import jit

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What is cheaper by less than this share of a person's minute is no better: sums differ in their last bits.
_SLACK = 1e-6
#: So many centres of a part are tried when two parts are cut anew; of more, every second, third, … one.
_TRIED = 40


class Ground(NamedTuple):
    """Atoms, their neighbours, the centres they may belong to, and what a part is charged.

    Attributes
    ----------
    start, neighbour
        Neighbours of each atom as a CSR, without an atom itself.
    begin, centre, cost
        Centres each atom may belong to as a CSR, growing, and the cost there. An atom may always be its own centre.
    people, area
        ``(n,)`` of each atom.
    charges
        ``(9,)``: least, aimed-at and most people; cost per person outside of that band, and off the aim; least and most
        area; cost per unit of area outside of them; cost of having too few or too many people at all.
    """

    start: NDArray[np.int64]
    neighbour: NDArray[np.int64]
    begin: NDArray[np.int64]
    centre: NDArray[np.int64]
    cost: NDArray[np.float64]
    people: NDArray[np.float64]
    area: NDArray[np.float64]
    charges: NDArray[np.float64]


class Parts(NamedTuple):
    """A partition while it is improved; parts have the numbers 0 to n - 1, and those without atoms are free.

    Attributes
    ----------
    part
        ``(n,)`` of each atom.
    first, after, before
        Atoms of a part as a chain: the first one of each part or -1, the next and the one before of each atom.
    size, centre, people, area, cost
        Of each part: number of atoms, the centre, sums, and the cost with its charge.
    """

    part: NDArray[np.int64]
    first: NDArray[np.int64]
    after: NDArray[np.int64]
    before: NDArray[np.int64]
    size: NDArray[np.int64]
    centre: NDArray[np.int64]
    people: NDArray[np.float64]
    area: NDArray[np.float64]
    cost: NDArray[np.float64]


@jit
def weigh_part(people: float, area: float, charges: NDArray[np.float64]) -> float:
    """Charge a part for its people and its area."""
    off = abs(people - charges[1]) * charges[4]
    outside = max(charges[0] - people, 0.0) + max(people - charges[2], 0.0)
    ground = max(charges[5] - area, 0.0) + max(area - charges[6], 0.0)
    broken = charges[8] if outside > 0 else 0.0
    return off + outside * charges[3] + ground * charges[7] + broken


@jit
def find_cost(ground: Ground, atom: int, centre: int) -> float:
    """Find what an atom costs at a centre; infinite where it may not belong to it."""
    low, high = ground.begin[atom], ground.begin[atom + 1]
    while low < high:
        middle = (low + high) // 2
        if ground.centre[middle] < centre:
            low = middle + 1
        else:
            high = middle
    if low < ground.begin[atom + 1] and ground.centre[low] == centre:
        return ground.cost[low]
    return np.inf


@jit
def choose_centre(ground: Ground, atoms: NDArray[np.int64]) -> tuple[int, float]:
    """Choose the atom at which all the others cost least, and say how much; -1 where none may be the centre of all."""
    best, least = -1, np.inf
    for one in range(len(atoms)):
        total = 0.0
        for other in range(len(atoms)):
            total += find_cost(ground, atoms[other], atoms[one])
            if total >= least:
                break
        # with a little slack, so that of equal ones the first is kept
        if total < least - _SLACK:
            best, least = atoms[one], total
    return best, least


@jit
def _sort_by(keys: NDArray[np.float64], order: NDArray[np.int64]) -> None:
    """Sort a short `order` by keys, equal ones as they are; NumPy's own takes seconds to compile."""
    for place in range(1, len(order)):
        moved, key = order[place], keys[order[place]]
        at = place
        while at > 0 and keys[order[at - 1]] > key:
            order[at] = order[at - 1]
            at -= 1
        order[at] = moved


@jit
def _sort_atoms(atoms: NDArray[np.int64]) -> None:
    """Sort a short list of numbers."""
    for place in range(1, len(atoms)):
        moved, at = atoms[place], place
        while at > 0 and atoms[at - 1] > moved:
            atoms[at] = atoms[at - 1]
            at -= 1
        atoms[at] = moved


@jit
def _pick_atoms(atoms: NDArray[np.int64], side: NDArray[np.bool_], wanted: bool) -> NDArray[np.int64]:  # noqa: FBT001 - by position, as kernels take it
    """Pick the atoms on one side."""
    picked = np.empty(len(atoms), np.int64)
    count = 0
    for place in range(len(atoms)):
        if side[place] == wanted:
            picked[count] = atoms[place]
            count += 1
    return picked[:count]


@jit
def _start_alone(ground: Ground) -> Parts:
    """Make every atom a part of its own."""
    count = len(ground.people)
    cost = np.empty(count)
    for atom in range(count):
        charge = weigh_part(ground.people[atom], ground.area[atom], ground.charges)
        cost[atom] = find_cost(ground, atom, atom) + charge
    nothing = np.full(count, -1, np.int64)
    return Parts(
        np.arange(count), np.arange(count), nothing, nothing.copy(), np.ones(count, np.int64), np.arange(count),
        ground.people.copy(), ground.area.copy(), cost,
    )  # fmt: skip


@jit
def _list_atoms(parts: Parts, part: int) -> NDArray[np.int64]:
    """List the atoms of a part, by number."""
    atoms = np.empty(parts.size[part], np.int64)
    atom = parts.first[part]
    for place in range(len(atoms)):
        atoms[place] = atom
        atom = parts.after[atom]
    _sort_atoms(atoms)
    return atoms


@jit
def _set_part(ground: Ground, parts: Parts, part: int, atoms: NDArray[np.int64], centre: int, cost: float) -> None:
    """Make `atoms` the atoms of a part; those it had have been given to others, or are among them."""
    parts.first[part] = -1
    people = area = 0.0
    before = -1
    for atom in atoms:
        parts.part[atom] = part
        parts.before[atom] = before
        parts.after[atom] = -1
        if before < 0:
            parts.first[part] = atom
        else:
            parts.after[before] = atom
        before = atom
        people += ground.people[atom]
        area += ground.area[atom]
    parts.size[part] = len(atoms)
    parts.centre[part] = centre
    parts.people[part] = people
    parts.area[part] = area
    parts.cost[part] = cost + weigh_part(people, area, ground.charges) if len(atoms) else 0.0


@jit
def _join_atoms(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    """Join two lists of atoms, by number."""
    joined = np.empty(len(a) + len(b), np.int64)
    left = right = 0
    for place in range(len(joined)):
        if right == len(b) or (left < len(a) and a[left] < b[right]):
            joined[place] = a[left]
            left += 1
        else:
            joined[place] = b[right]
            right += 1
    return joined


@jit
def check_connected(
    ground: Ground, atoms: NDArray[np.int64], mark: NDArray[np.int64], stack: NDArray[np.int64]
) -> bool:
    """Tell whether atoms are connected; `mark` is all 0, and so it is left."""
    if len(atoms) < 2:
        return True
    for atom in atoms:
        mark[atom] = 1
    stack[0] = atoms[0]
    mark[atoms[0]] = 2
    waiting, seen = 1, 1
    while waiting:
        waiting -= 1
        atom = stack[waiting]
        for slot in range(ground.start[atom], ground.start[atom + 1]):
            other = ground.neighbour[slot]
            if mark[other] == 1:
                mark[other] = 2
                stack[waiting] = other
                waiting += 1
                seen += 1
    for atom in atoms:
        mark[atom] = 0
    return seen == len(atoms)


@jit
def _list_around(ground: Ground, parts: Parts, part: int) -> NDArray[np.int64]:
    """List the parts beside a part, by number."""
    most, atom = 0, parts.first[part]
    while atom >= 0:
        most += ground.start[atom + 1] - ground.start[atom]
        atom = parts.after[atom]
    around = np.empty(most, np.int64)
    count, atom = 0, parts.first[part]
    while atom >= 0:
        for slot in range(ground.start[atom], ground.start[atom + 1]):
            other = parts.part[ground.neighbour[slot]]
            at = count
            while at > 0 and around[at - 1] > other:
                at -= 1
            if other == part or (at > 0 and around[at - 1] == other):
                continue
            for place in range(count, at, -1):
                around[place] = around[place - 1]
            around[at] = other
            count += 1
        atom = parts.after[atom]
    return around[:count]


# ── joining ─────────────────────────────────────────────────────────────────────────────────────


@jit
def join_alone(ground: Ground, jitter: float, seed: int) -> Parts:
    """Join atoms that are alone into parts, two neighbours at a time, always those that save most.

    Parameters
    ----------
    ground
        The atoms.
    jitter
        What a joint saves is drawn between 1 - this and 1 of itself; 0 draws nothing.
    seed
        Of the draws.
    """
    np.random.seed(seed)  # noqa: NPY002 - compiled code has no other generator; this one is its own, not NumPy's
    parts = _start_alone(ground)
    count = len(ground.people)
    version = np.zeros(count, np.int64)
    waiting = [(0.0, -1, -1, 0, 0)]
    for atom in range(count):
        for other in _list_around(ground, parts, atom):
            if other > atom:
                _offer(ground, parts, version, waiting, atom, other, jitter)
    while waiting:
        _, one, other, when, whence = heapq.heappop(waiting)
        if one < 0 or version[one] != when or version[other] != whence:
            continue
        atoms = _join_atoms(_list_atoms(parts, one), _list_atoms(parts, other))
        centre, cost = choose_centre(ground, atoms)
        _set_part(ground, parts, one, atoms, centre, cost)
        _set_part(ground, parts, other, atoms[:0], -1, 0.0)
        version[one] += 1
        version[other] += 1
        for beside in _list_around(ground, parts, one):
            _offer(ground, parts, version, waiting, min(one, beside), max(one, beside), jitter)
    return parts


@jit
def _offer(
    ground: Ground,
    parts: Parts,
    version: NDArray[np.int64],
    waiting: list[tuple[float, int, int, int, int]],
    one: int,
    other: int,
    jitter: float,
) -> None:
    """Offer to join two parts, if that saves anything."""
    people, area = parts.people[one] + parts.people[other], parts.area[one] + parts.area[other]
    saved = parts.cost[one] + parts.cost[other] - weigh_part(people, area, ground.charges)
    if saved <= _SLACK:
        return
    _, cost = choose_centre(ground, _join_atoms(_list_atoms(parts, one), _list_atoms(parts, other)))
    saved -= cost
    if saved > _SLACK:
        if jitter > 0:
            saved *= 1 - jitter * np.random.random()  # noqa: NPY002 - as in join_alone
        heapq.heappush(waiting, (-saved, one, other, version[one], version[other]))


# ── improving ───────────────────────────────────────────────────────────────────────────────────


@jit
def improve_parts(ground: Ground, parts: Parts) -> int:
    """Improve a partition until no step makes it cheaper: join, cut, cut anew, move, swap, dissolve.

    Returns
    -------
    int
        Steps taken.
    """
    count = len(ground.people)
    mark, stack = np.zeros(count, np.int64), np.empty(count + 1, np.int64)
    stale = np.ones(count, np.bool_)
    steps = 0
    working = True
    while working:
        working = False
        for part in range(count):
            if not stale[part] or parts.size[part] == 0:
                continue
            stale[part] = False
            taken = _cut(ground, parts, part, mark, stack, stale)
            for other in _list_around(ground, parts, part):
                if parts.size[part] and parts.size[other] and not taken:
                    taken = _cut_anew(ground, parts, part, other, mark, stack, stale) or _trade(
                        ground, parts, part, other, mark, stack, stale
                    )
            if not taken and parts.size[part]:
                taken = _dissolve(ground, parts, part, stale)
            if taken:
                steps += 1
                working = True
    return steps


@jit
def _stir(ground: Ground, parts: Parts, part: int, stale: NDArray[np.bool_]) -> None:
    """Have a part and those around it looked at again."""
    if parts.size[part]:
        stale[part] = True
        for other in _list_around(ground, parts, part):
            stale[other] = True


@jit
def _read_costs(ground: Ground, atoms: NDArray[np.int64]) -> NDArray[np.float64]:
    """Read what each of some atoms costs at each other: a square."""
    costs = np.full((len(atoms), len(atoms)), np.inf)
    for row in range(len(atoms)):
        slot, stop = ground.begin[atoms[row]], ground.begin[atoms[row] + 1]
        for column in range(len(atoms)):
            while slot < stop and ground.centre[slot] < atoms[column]:
                slot += 1
            if slot < stop and ground.centre[slot] == atoms[column]:
                costs[row, column] = ground.cost[slot]
    return costs


@jit
def _split_best(
    ground: Ground, atoms: NDArray[np.int64], below: float, mark: NDArray[np.int64], stack: NDArray[np.int64]
) -> tuple[float, NDArray[np.bool_], int, int]:
    """Split atoms in two around two of them, cheaper than `below` and both connected; -1 where there is no such split.

    For two centres the atoms are sorted by how much dearer the one is than the other: for any sizes of the two, the
    cheapest split gives a first stretch to the one and the rest to the other.
    """
    count = len(atoms)
    costs = _read_costs(ground, atoms)
    step = 1 + (count - 1) // _TRIED
    best = below - _SLACK
    side = np.zeros(count, np.bool_)
    first = second = -1
    people = area = 0.0
    for atom in atoms:
        people += ground.people[atom]
        area += ground.area[atom]
    dearer, order = np.empty(count), np.empty(count, np.int64)
    trial = np.zeros(count, np.bool_)
    for a in range(0, count, step):
        for b in range(a + 1, count, step):
            allowed = True
            right = 0.0
            for row in range(count):
                here, there = costs[row, a], costs[row, b]
                if np.isinf(here) and np.isinf(there):
                    allowed = False
                    break
                # an atom that only one of the two may have stands at that end
                dearer[row] = -np.inf if np.isinf(there) else (np.inf if np.isinf(here) else here - there)
                if not np.isinf(there):
                    right += there
            if not allowed:
                continue
            dearer[a], dearer[b] = -np.inf, np.inf
            for place in range(count):
                order[place] = place
            _sort_by(dearer, order)
            left = p = g = 0.0
            right_now = right
            for place in range(count - 1):
                row = order[place]
                if np.isinf(costs[row, a]):
                    break
                left += costs[row, a]
                if not np.isinf(costs[row, b]):
                    right_now -= costs[row, b]
                p += ground.people[atoms[row]]
                g += ground.area[atoms[row]]
                if np.isinf(dearer[order[place + 1]]) and dearer[order[place + 1]] < 0:
                    continue
                total = left + right_now + weigh_part(p, g, ground.charges)
                total += weigh_part(people - p, area - g, ground.charges)
                if total < best:
                    for at in range(count):
                        trial[order[at]] = at <= place
                    ours, theirs = _pick_atoms(atoms, trial, True), _pick_atoms(atoms, trial, False)  # noqa: FBT003 - by position, as kernels take it
                    if check_connected(ground, ours, mark, stack) and check_connected(ground, theirs, mark, stack):
                        best = total
                        first, second = atoms[a], atoms[b]
                        for at in range(count):
                            side[at] = trial[at]
    return best, side, first, second


@jit
def _cut(
    ground: Ground,
    parts: Parts,
    part: int,
    mark: NDArray[np.int64],
    stack: NDArray[np.int64],
    stale: NDArray[np.bool_],
) -> bool:
    """Cut a part in two where that is cheaper."""
    if parts.size[part] < 2 or parts.people[part] <= ground.charges[1]:
        return False
    atoms = _list_atoms(parts, part)
    _, side, first, _ = _split_best(ground, atoms, parts.cost[part], mark, stack)
    if first < 0:
        return False
    free = -1
    for atom in atoms:  # as many atoms as parts: one of these numbers may be taken, another part's is then free
        if parts.size[atom] == 0:
            free = atom
            break
    if free < 0:
        for atom in range(len(parts.size)):
            if parts.size[atom] == 0:
                free = atom
                break
    ours, theirs = _pick_atoms(atoms, side, True), _pick_atoms(atoms, side, False)  # noqa: FBT003 - by position, as kernels take it
    _settle(ground, parts, part, free, ours, theirs, stale)
    return True


@jit
def _settle(
    ground: Ground,
    parts: Parts,
    part: int,
    other: int,
    ours: NDArray[np.int64],
    theirs: NDArray[np.int64],
    stale: NDArray[np.bool_],
) -> None:
    """Give two parts their atoms, each with its best centre."""
    _stir(ground, parts, part, stale)
    _stir(ground, parts, other, stale)
    centre, cost = choose_centre(ground, ours)
    _set_part(ground, parts, part, ours, centre, cost)
    centre, cost = choose_centre(ground, theirs)
    _set_part(ground, parts, other, theirs, centre, cost)
    _stir(ground, parts, part, stale)
    _stir(ground, parts, other, stale)


@jit
def _cut_anew(
    ground: Ground,
    parts: Parts,
    part: int,
    other: int,
    mark: NDArray[np.int64],
    stack: NDArray[np.int64],
    stale: NDArray[np.bool_],
) -> bool:
    """Join two parts, or cut them anew, where that is cheaper."""
    ours, theirs = _list_atoms(parts, part), _list_atoms(parts, other)
    atoms = _join_atoms(ours, theirs)
    now = parts.cost[part] + parts.cost[other]
    people, area = parts.people[part] + parts.people[other], parts.area[part] + parts.area[other]
    whole = weigh_part(people, area, ground.charges)
    if whole < now - _SLACK:
        whole += choose_centre(ground, atoms)[1]
    best, side, first, _ = _split_best(ground, atoms, now, mark, stack)
    if whole < now - _SLACK and (first < 0 or whole <= best):
        _settle(ground, parts, part, other, atoms, atoms[:0], stale)
        return True
    if first < 0:
        return False
    ours, theirs = _pick_atoms(atoms, side, True), _pick_atoms(atoms, side, False)  # noqa: FBT003 - by position, as kernels take it
    _settle(ground, parts, part, other, ours, theirs, stale)
    return True


@jit
def _trade(
    ground: Ground,
    parts: Parts,
    part: int,
    other: int,
    mark: NDArray[np.int64],
    stack: NDArray[np.int64],
    stale: NDArray[np.bool_],
) -> bool:
    """Move one atom between two parts, or swap two, the best of all such steps."""
    ours, theirs = _list_touching(ground, parts, part, other), _list_touching(ground, parts, other, part)
    now = parts.cost[part] + parts.cost[other]
    base = now - weigh_part(parts.people[part], parts.area[part], ground.charges)
    base -= weigh_part(parts.people[other], parts.area[other], ground.charges)
    best = now - _SLACK
    gives = takes = -1
    for at in range(-1, len(ours)):
        for by in range(-1, len(theirs)):
            a = ours[at] if at >= 0 else -1
            b = theirs[by] if by >= 0 else -1
            total, people, area = base, 0.0, 0.0
            if a >= 0:
                total += find_cost(ground, a, parts.centre[other]) - find_cost(ground, a, parts.centre[part])
                people, area = people - ground.people[a], area - ground.area[a]
            if b >= 0:
                total += find_cost(ground, b, parts.centre[part]) - find_cost(ground, b, parts.centre[other])
                people, area = people + ground.people[b], area + ground.area[b]
            if (a < 0 and b < 0) or a == parts.centre[part] or b == parts.centre[other] or total >= best:
                continue
            total += weigh_part(parts.people[part] + people, parts.area[part] + area, ground.charges)
            total += weigh_part(parts.people[other] - people, parts.area[other] - area, ground.charges)
            if total < best:
                left, right = _exchange(_list_atoms(parts, part), a, b), _exchange(_list_atoms(parts, other), b, a)
                if check_connected(ground, left, mark, stack) and check_connected(ground, right, mark, stack):
                    best, gives, takes = total, a, b
    if gives < 0 and takes < 0:
        return False
    left = _exchange(_list_atoms(parts, part), gives, takes)
    right = _exchange(_list_atoms(parts, other), takes, gives)
    _settle(ground, parts, part, other, left, right, stale)
    return True


@jit
def _list_touching(ground: Ground, parts: Parts, part: int, other: int) -> NDArray[np.int64]:
    """List the atoms of a part that have a neighbour in another."""
    atoms = _list_atoms(parts, part)
    touching = np.zeros(len(atoms), np.bool_)
    for place in range(len(atoms)):
        for slot in range(ground.start[atoms[place]], ground.start[atoms[place] + 1]):
            touching[place] |= parts.part[ground.neighbour[slot]] == other
    return _pick_atoms(atoms, touching, True)  # noqa: FBT003 - by position, as kernels take it


@jit
def _exchange(atoms: NDArray[np.int64], out: int, come: int) -> NDArray[np.int64]:
    """Return atoms without one and with another, by number; -1 stands for none."""
    kept = np.empty(len(atoms) - (out >= 0) + (come >= 0), np.int64)
    count = 0
    for atom in atoms:
        if atom != out:
            kept[count] = atom
            count += 1
    if come >= 0:
        kept[count] = come
    _sort_atoms(kept)
    return kept


@jit
def _dissolve(ground: Ground, parts: Parts, part: int, stale: NDArray[np.bool_]) -> bool:
    """Give the atoms of a part to the parts around it, one at a time where it costs least, if that is cheaper."""
    left = _list_atoms(parts, part)
    around = _list_around(ground, parts, part)
    if len(around) < 2:
        return False
    people, area = np.empty(len(around)), np.empty(len(around))
    for place in range(len(around)):
        people[place], area[place] = parts.people[around[place]], parts.area[around[place]]
    now = parts.cost[part]
    for place in range(len(around)):
        now += weigh_part(people[place], area[place], ground.charges)
    owner = np.full(len(left), -1, np.int64)
    spent = 0.0
    for _ in range(len(left)):
        least, atom_at, part_at = np.inf, -1, -1
        for at in range(len(left)):
            if owner[at] >= 0:
                continue
            for place in range(len(around)):
                cost = find_cost(ground, left[at], parts.centre[around[place]])
                if np.isinf(cost) or not _meets(ground, parts, left, owner, at, around[place]):
                    continue
                cost += weigh_part(
                    people[place] + ground.people[left[at]], area[place] + ground.area[left[at]], ground.charges
                ) - weigh_part(people[place], area[place], ground.charges)
                if cost < least:
                    least, atom_at, part_at = cost, at, place
        if atom_at < 0:
            return False
        owner[atom_at] = around[part_at]
        people[part_at] += ground.people[left[atom_at]]
        area[part_at] += ground.area[left[atom_at]]
        spent += find_cost(ground, left[atom_at], parts.centre[around[part_at]])
    for place in range(len(around)):
        spent += weigh_part(people[place], area[place], ground.charges)
    if spent >= now - _SLACK:
        return False
    _stir(ground, parts, part, stale)
    _set_part(ground, parts, part, left[:0], -1, 0.0)
    for beside in around:
        atoms = _join_atoms(_list_atoms(parts, beside), _pick_atoms(left, owner == beside, True))  # noqa: FBT003 - by position, as kernels take it
        centre, cost = choose_centre(ground, atoms)
        _set_part(ground, parts, beside, atoms, centre, cost)
    for beside in around:
        _stir(ground, parts, beside, stale)
    return True


@jit
def _meets(ground: Ground, parts: Parts, left: NDArray[np.int64], owner: NDArray[np.int64], at: int, part: int) -> bool:
    """Tell whether an atom has a neighbour in a part, or among the atoms that were already given to it."""
    for slot in range(ground.start[left[at]], ground.start[left[at] + 1]):
        other = ground.neighbour[slot]
        if parts.part[other] == part:
            return True
        for place in range(len(left)):
            if left[place] == other and owner[place] == part:
                return True
    return False


# ── from a partition ────────────────────────────────────────────────────────────────────────────


@jit
def make_parts(ground: Ground, part: NDArray[np.int64]) -> Parts:
    """Start from a partition, given as the number of each atom's part; each part gets its best centre."""
    parts = _start_alone(ground)
    count = len(ground.people)
    size = np.zeros(count + 1, np.int64)
    for atom in range(count):
        size[part[atom] + 1] += 1
    for number in range(count):
        size[number + 1] += size[number]
    listed, filled = np.empty(count, np.int64), size.copy()
    for atom in range(count):
        listed[filled[part[atom]]] = atom
        filled[part[atom]] += 1
    for number in range(count):
        atoms = listed[size[number] : size[number + 1]]
        centre, cost = choose_centre(ground, atoms)
        _set_part(ground, parts, number, atoms, centre, cost)
    return parts
