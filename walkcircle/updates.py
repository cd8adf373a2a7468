"""Updates: the nearest facility of each kind, kept true while facilities, links and closures come and go.

A full search is made once. After that a change is searched only where it is felt (Ramalingam and Reps 1996, "An
incremental algorithm for a generalization of the shortest-path problem", Journal of Algorithms 21), and the answer
equals a full search to the last bit, because times are multiples of :data:`~walkcircle.footing.GRAIN_S`.

Origins are vertices beside the nodes, and their legs are arcs: a direct way along one edge is a seed at its origin.
Everybody is snapped before; nobody is snapped to a link that is added.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from walkcircle import kernels
from walkcircle.arcs import Csr
from walkcircle.errors import NetworkError, TableError
from walkcircle.footing import ROUNDING_S, Footing, round_seconds
from walkcircle.legs import Legs, walk_directly
from walkcircle.snapping import Spots

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class _Seeds:
    """Where ways to the facilities of one kind end: the vertex, the seconds that remain, and the facility."""

    vertex: NDArray[np.int64]
    seconds: NDArray[np.float64]
    facility: NDArray[np.int64]

    def only(self, kept: NDArray[np.bool_]) -> _Seeds:
        """Return some of the seeds."""
        return _Seeds(self.vertex[kept], self.seconds[kept], self.facility[kept])

    def join(self, more: _Seeds) -> _Seeds:
        """Return these and more."""
        return _Seeds(
            np.concatenate([self.vertex, more.vertex]),
            np.concatenate([self.seconds, more.seconds]),
            np.concatenate([self.facility, more.facility]),
        )


@dataclass(frozen=True, eq=False)
class _Part:
    """What changes at the vertices for one kind."""

    kind: int
    vertex: NDArray[np.int64]
    before_s: NDArray[np.float64]
    before: NDArray[np.int64]
    after_s: NDArray[np.float64]
    after: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Edit:
    """What changes in what is asked: facilities, their seeds, arcs, the seconds of an edge, links."""

    facility: int = -1
    spots: tuple[Spots | None, Spots | None] = (None, None)
    kind: int = -1
    seeds: tuple[tuple[int, _Seeds, _Seeds], ...] = ()
    arcs: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    cost: tuple[NDArray[np.float64], NDArray[np.float64]] = field(default_factory=lambda: (np.empty(0), np.empty(0)))
    edge: int = -1
    along_s: tuple[NDArray[np.float64], NDArray[np.float64]] = field(default_factory=lambda: (np.empty(0), np.empty(0)))
    links: tuple[tuple[int, int, float], ...] = ()


@dataclass(frozen=True, eq=False)
class Change:
    """What a change would do: only the origins whose seconds or facility differ; :meth:`Standing.apply` makes it so.

    Attributes
    ----------
    facility
        Number of the facility that is added, moved or removed; -1 for links and closures.
    origin, kind
        ``(c,)`` position in the origins' labels and code of the kind of each row, by kind, then origin.
    before_s, after_s
        ``(c,)`` seconds to the nearest, infinite where there is none within the limit.
    before, after
        ``(c,)`` number of the nearest facility, -1 where there is none.
    parts, edit, revision
        What the standing needs to make the change: what differs at the vertices, what is written, and in which state
        of it this was asked.
    """

    facility: int
    origin: NDArray[np.int64]
    kind: NDArray[np.int64]
    before_s: NDArray[np.float64]
    after_s: NDArray[np.float64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    parts: tuple[_Part, ...] = field(repr=False)
    edit: _Edit = field(repr=False)
    revision: int = field(repr=False)

    def __repr__(self) -> str:
        """Say how many origins feel it."""
        better = int((self.after_s < self.before_s).sum())
        return f"<Change {len(self.origin):,} origins and kinds, {better:,} of them nearer>"


class Standing:
    """How near everybody is to each kind, with questions of the form *what if*.

    A question returns a :class:`Change` and leaves the standing as it is; :meth:`apply` makes a change, and
    :meth:`undo` takes the last one back, exactly. Ask from one thread at a time: a question uses the arrays of the
    standing as its workspace.

    Attributes
    ----------
    footing, starts, limit_s
        What it was made from; `limit_s` holds :data:`~walkcircle.footing.ROUNDING_S` of room.
    kinds
        How many kinds there are.
    """

    def __init__(self, footing: Footing, starts: Spots, ends: Spots, kind: NDArray[np.int64], limit_s: float) -> None:
        """Search once from all; see :func:`measure_standing`."""
        self.footing, self.starts, self.limit_s = footing, starts, limit_s
        self.kinds = int(kind.max(initial=-1)) + 1
        self._nodes = len(footing.network.xy)
        self._facilities: dict[int, tuple[int, Spots]] = {}
        self._base, self._base_kind = ends, kind
        self._number, self._revision, self._last = len(kind), 0, 0
        self._done: list[Change] = []
        # its own seconds: closures are written into them
        self._now = replace(footing, seconds=footing.seconds.copy(), hierarchy=None)
        order = np.argsort(starts.edge, kind="stable")
        self._spot, self._spot_start = order, kernels.count_arcs(starts.edge[order], len(footing.seconds))
        vertices = self._nodes + len(starts.labels)
        self._weave(vertices)
        empty = _Seeds(np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64))
        everywhere = self._seed(ends, np.arange(len(kind)))
        of_kind = kind[everywhere.facility]
        self._seeds = [everywhere.only(of_kind == code) for code in range(self.kinds)] or [empty]
        self._seconds = np.full((self.kinds, vertices), inf)
        self._label = np.full((self.kinds, vertices), -1, np.int64)
        csr = Csr(self._web.into, self._web.tail, self._web.cost, self._web.cost)
        finite = csr.cost[np.isfinite(csr.cost)]
        quick = Csr(csr.indptr, csr.head, finite, finite)
        for code in range(self.kinds):
            mine = self._seeds[code]
            self._seconds[code], self._label[code] = kernels.search_nearest(
                csr.indptr, csr.head, csr.cost, mine.vertex.astype(np.uint32), mine.seconds, mine.facility, limit_s,
                *quick.buckets(mine.seconds, limit_s),
            )  # fmt: skip

    def __repr__(self) -> str:
        """Say how much is kept, and how many changes were made."""
        origins = len(self.starts.labels)
        return f"<Standing {origins:,} origins, {self._nodes:,} nodes, {self.kinds} kinds, {len(self._done)} changes>"

    @property
    def seconds(self) -> NDArray[np.float64]:
        """``(kinds, origins)`` seconds from each origin to the nearest, a copy; infinite where there is none."""
        return self._seconds[:, self._nodes :].copy()

    @property
    def nearest(self) -> NDArray[np.int64]:
        """``(kinds, origins)`` number of the nearest facility of each origin, a copy; -1 where there is none."""
        return self._label[:, self._nodes :].copy()

    @property
    def node_seconds(self) -> NDArray[np.float64]:
        """``(kinds, n)`` seconds from each node to the nearest, a copy; infinite where there is none."""
        return self._seconds[:, : self._nodes].copy()

    @property
    def node_nearest(self) -> NDArray[np.int64]:
        """``(kinds, n)`` number of the nearest facility of each node, a copy; -1 where there is none."""
        return self._label[:, : self._nodes].copy()

    # ── what if ─────────────────────────────────────────────────────────────────────────────────

    def add_facility(self, spots: Spots, kind: int) -> Change:
        """Ask what one more facility would change.

        Parameters
        ----------
        spots
            Where it meets the streets: spots of one thing, of which there may be several.
        kind
            Code of its kind, below `kinds`.

        Raises
        ------
        TableError
            The spots are those of several things or of none, or there is no such kind.
        """
        self._check_one(spots)
        if not 0 <= kind < self.kinds:
            msg = f"there is no kind {kind}; the kinds of this standing are 0 to {self.kinds - 1}"
            raise TableError(msg)
        more = self._seed(spots, np.array([self._number]))
        old = self._seeds[kind]
        edit = _Edit(facility=self._number, spots=(None, spots), kind=kind, seeds=((kind, old, old.join(more)),))
        return self._change(edit, [self._renew(kind, more)])

    def remove_facility(self, facility: int) -> Change:
        """Ask what the loss of a facility would change.

        Raises
        ------
        TableError
            There is no facility of this number.
        """
        return self._replace(facility, None)

    def move_facility(self, facility: int, spots: Spots) -> Change:
        """Ask what a facility at another place would change; it keeps its number.

        Raises
        ------
        TableError
            There is no facility of this number, or the spots are those of several things or of none.
        """
        self._check_one(spots)
        return self._replace(facility, spots)

    def add_link(self, first: int, last: int, there_s: float, back_s: float = inf) -> Change:
        """Ask what a new way between two nodes would change. It makes nobody's walk longer.

        Parameters
        ----------
        first, last
            Nodes.
        there_s, back_s
            Seconds from the first to the last node, and back; infinite where it may not be walked.

        Raises
        ------
        NetworkError
            There is no such node, or the seconds are negative or not numbers.
        """
        if not (0 <= first < self._nodes and 0 <= last < self._nodes):
            msg = f"a link from node {first} to {last} cannot be added; the nodes are 0 to {self._nodes - 1}"
            raise NetworkError(msg)
        if not (there_s >= 0 and back_s >= 0):
            msg = f"a link takes {there_s} s there and {back_s} s back; give seconds of 0 or more"
            raise NetworkError(msg)
        there_s, back_s = round_seconds(np.array([there_s, back_s])).tolist()
        links = tuple(way for way in ((first, last, there_s), (last, first, back_s)) if way[2] < inf)
        tail, head = (np.array([way[end] for way in links], np.int64) for end in (0, 1))
        cost = np.array([way[2] for way in links])
        edit = _Edit(links=links)
        self._write(edit)
        parts = [
            self._renew(code, _Seeds(tail, self._seconds[code, head] + cost, self._label[code, head]))
            for code in range(self.kinds)
        ]
        self._unwrite(edit)
        return self._change(edit, parts)

    def close_edge(self, edge: int, *, there: bool = True, back: bool = True) -> Change:
        """Ask what the closure of an edge would change.

        What is asked is exactly a footing whose seconds of this edge are infinite: who is snapped to it steps out
        only where the other direction is open or the spot lies at a node; nobody is snapped anew.

        Parameters
        ----------
        edge
            Edge of the network.
        there, back
            Whether it is closed from its first to its last node, and from its last to its first.

        Raises
        ------
        NetworkError
            There is no such edge.
        """
        if not 0 <= edge < len(self._now.seconds):
            msg = f"there is no edge {edge}; the edges are 0 to {len(self._now.seconds) - 1}"
            raise NetworkError(msg)
        was = self._now.seconds[edge].copy()
        along = np.where([there, back], inf, was)
        spots = self._spots_along(np.array([edge]))
        arcs = np.concatenate([2 * edge + np.arange(2), len(self._now.seconds) * 2 + 2 * np.repeat(spots, 2)])
        arcs[2:] += np.tile([0, 1], len(spots))
        old = self._web.cost[self._at[0][arcs]]
        self._now.seconds[edge] = along
        legs = Legs.leaving(self._now, self.starts.pick(spots)).seconds.ravel()
        new = np.concatenate([np.where(self._now.enter[edge], along, inf), legs])
        found = [self._reseed(code, edge) for code in range(self.kinds)]
        self._now.seconds[edge] = was
        seeds = tuple(
            (code, self._seeds[code], after) for code, (after, moved) in enumerate(found) if len(moved.vertex)
        )
        edit = _Edit(arcs=arcs, cost=(old, new), edge=edge, along_s=(was, along), seeds=seeds)
        doubtful = [self._list_doubtful(code, edit, moved) for code, (_, moved) in enumerate(found)]
        self._write(edit)
        parts = [
            self._renew(code, self._seeds[code], doubtful[code]) for code in range(self.kinds) if len(doubtful[code])
        ]
        self._unwrite(edit)
        return self._change(edit, parts)

    def apply(self, change: Change) -> None:
        """Make a change that was asked of the standing as it is now.

        Raises
        ------
        TableError
            The standing has changed since.
        """
        if change.revision != self._revision:
            msg = "this change was asked of another state of the standing; ask again before it is applied"
            raise TableError(msg)
        self._write(change.edit)
        for part in change.parts:
            self._seconds[part.kind, part.vertex], self._label[part.kind, part.vertex] = part.after_s, part.after
        if change.facility == self._number:
            self._number += 1
        self._last += 1
        self._revision = self._last
        self._done.append(change)

    def undo(self) -> Change:
        """Take the last change back, and return it; everything is as it was before, to the last bit.

        Raises
        ------
        TableError
            No change was made.
        """
        if not self._done:
            msg = "there is no change to take back; apply one first"
            raise TableError(msg)
        change = self._done.pop()
        for part in change.parts:
            self._seconds[part.kind, part.vertex], self._label[part.kind, part.vertex] = part.before_s, part.before
        self._unwrite(change.edit)
        if change.edit.facility >= 0 and change.edit.spots[0] is None:
            self._number -= 1
        self._revision = change.revision
        return change

    # ── below ───────────────────────────────────────────────────────────────────────────────────

    def _weave(self, vertices: int) -> None:
        """Lay the arcs of streets and legs: both ways of edge e are 2e and 2e + 1, both legs of a spot come after."""
        network, now = self.footing.network, self._now
        legs = Legs.leaving(now, self.starts)
        tail = np.concatenate([network.ends.ravel(), self._nodes + np.repeat(self.starts.item, 2)])
        head = np.concatenate([network.ends[:, ::-1].ravel(), legs.node.ravel()])
        cost = np.concatenate([np.where(now.enter, now.seconds, inf).ravel(), legs.seconds.ravel()])
        number = np.arange(len(cost))
        at, sides = [], []
        for key, other in ((head, tail), (tail, head)):
            order = np.argsort(key, kind="stable")
            at.append(np.empty_like(number))
            at[-1][order] = number
            sides += [kernels.count_arcs(key, vertices).astype(np.uint32), other[order].astype(np.uint32), cost[order]]
        none = np.empty(0, np.int64)
        self._at, self._tail, self._head = (at[0], at[1]), tail, head
        first = np.full((2, vertices), -1, np.int64)
        into, tails, cost, out, heads, price = sides
        self._web = kernels.Web(
            into, tails, cost, out, heads, price, first[0], none, none, first[1], none, none, np.empty(0)
        )
        self._log = kernels.Log(
            np.full(vertices, -1, np.int64), np.empty(vertices, np.int64), np.empty(vertices),
            np.empty(vertices, np.int64),
        )  # fmt: skip

    def _spots_along(self, edges: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the origins' spots on some edges, growing."""
        found = [self._spot[self._spot_start[e] : self._spot_start[e + 1]] for e in dict.fromkeys(edges.tolist())]
        return np.sort(np.concatenate(found)) if found else np.empty(0, np.int64)

    def _seed(self, ends: Spots, numbers: NDArray[np.int64]) -> _Seeds:
        """Return where ways to things end; `numbers` holds the facility of each thing."""
        arriving = Legs.arriving(self._now, ends)
        near = self._spots_along(ends.edge)
        begin, end, direct, _ = walk_directly(self._now, self.starts.pick(near), ends)
        vertex = np.concatenate([arriving.node.ravel(), self._nodes + self.starts.item[near[begin]]])
        seconds = np.concatenate([arriving.seconds.ravel(), direct])
        facility = np.concatenate([np.repeat(numbers[ends.item], 2), numbers[ends.item[end]]])
        return _Seeds(vertex, seconds, facility).only(np.isfinite(seconds))

    def _reseed(self, kind: int, edge: int) -> tuple[_Seeds, _Seeds]:
        """Return the seeds of a kind after the seconds of an edge changed, and those of before that are no more."""
        old = self._seeds[kind]
        # a facility on the edge has a seed at one of its ends or at an origin along it
        beside = self._nodes + self.starts.item[self._spots_along(np.array([edge]))]
        near = np.isin(old.vertex, np.concatenate([self.footing.network.ends[edge], beside]))
        new, moved = old, []
        for facility in np.unique(old.facility[near]).tolist():
            spots = self._find(facility)[1]
            if (spots.edge == edge).any():
                new = new.only(new.facility != facility).join(self._seed(spots, np.array([facility])))
                moved.append(facility)
        return new, old.only(np.isin(old.facility, moved))

    def _list_doubtful(self, kind: int, edit: _Edit, moved: _Seeds) -> NDArray[np.int64]:
        """List the vertices whose best way may lead along arcs that an edit changes, or to seeds that moved."""
        seconds, label = self._seconds[kind], self._label[kind]
        tail, head = self._tail[edit.arcs], self._head[edit.arcs]
        cost, after = edit.cost
        tight = (cost != after) & (seconds[tail] == seconds[head] + cost) & (label[tail] == label[head])
        best = (seconds[moved.vertex] == moved.seconds) & (label[moved.vertex] == moved.facility)
        return np.unique(np.concatenate([tail[tight & (label[tail] >= 0)], moved.vertex[best]]))

    def _replace(self, facility: int, spots: Spots | None) -> Change:
        """Ask what a facility elsewhere, or nowhere, would change."""
        kind, was = self._find(facility)
        old = self._seeds[kind]
        mine = old.facility == facility
        new = old.only(~mine)
        if spots is not None:
            new = new.join(self._seed(spots, np.array([facility])))
        edit = _Edit(facility=facility, spots=(was, spots), kind=kind, seeds=((kind, old, new),))
        return self._change(edit, [self._renew(kind, new, np.unique(old.vertex[mine]), facility)])

    def _renew(self, kind: int, seeds: _Seeds, doubtful: NDArray[np.int64] | None = None, gone: int = -1) -> _Part:
        """Search what seeds and doubtful vertices change, and leave the arrays as they were."""
        return _Part(
            kind,
            *kernels.mend_nearest(
                self._web, self._nodes, np.empty(0, np.int64) if doubtful is None else doubtful, gone,
                seeds.vertex, seeds.seconds, seeds.facility, self.limit_s,
                self._seconds[kind], self._label[kind], self._log,
            ),
        )  # fmt: skip

    def _change(self, edit: _Edit, parts: Iterable[_Part]) -> Change:
        """Pick out of what changed at the vertices what the origins feel."""
        felt = tuple(part for part in parts if len(part.vertex))
        rows = [part.vertex >= self._nodes for part in felt]
        orders = [np.flatnonzero(row)[np.argsort(part.vertex[row])] for part, row in zip(felt, rows, strict=True)]
        whole, none = np.empty(0, np.int64), np.empty(0)
        pairs = list(zip(felt, orders, strict=True))
        return Change(
            facility=edit.facility,
            origin=np.concatenate([whole, *(part.vertex[at] - self._nodes for part, at in pairs)]),
            kind=np.concatenate([whole, *(np.full(len(at), part.kind) for part, at in pairs)]),
            before_s=np.concatenate([none, *(part.before_s[at] for part, at in pairs)]),
            after_s=np.concatenate([none, *(part.after_s[at] for part, at in pairs)]),
            before=np.concatenate([whole, *(part.before[at] for part, at in pairs)]),
            after=np.concatenate([whole, *(part.after[at] for part, at in pairs)]),
            parts=felt,
            edit=edit,
            revision=self._revision,
        )

    def _write(self, edit: _Edit) -> None:
        """Make an edit in what is asked."""
        self._set(edit, 1)
        web = self._web
        for tail, head, cost in edit.links:
            number = len(web.link_cost)
            web = web._replace(
                next_into=np.append(web.next_into, web.link_into[head]), link_tail=np.append(web.link_tail, tail),
                next_out=np.append(web.next_out, web.link_out[tail]), link_head=np.append(web.link_head, head),
                link_cost=np.append(web.link_cost, cost),
            )  # fmt: skip
            web.link_into[head] = web.link_out[tail] = number
        self._web = web

    def _unwrite(self, edit: _Edit) -> None:
        """Take an edit back; it is the last one made."""
        web = self._web
        for tail, head, _ in reversed(edit.links):
            web.link_into[head], web.link_out[tail] = web.next_into[-1], web.next_out[-1]
            web = web._replace(
                next_into=web.next_into[:-1], link_tail=web.link_tail[:-1], next_out=web.next_out[:-1],
                link_head=web.link_head[:-1], link_cost=web.link_cost[:-1],
            )  # fmt: skip
        self._web = web
        self._set(edit, 0)

    def _set(self, edit: _Edit, side: int) -> None:
        """Set facilities, seeds, arcs and edges to what they are before (0) or after (1) an edit."""
        for code, *seeds in edit.seeds:
            self._seeds[code] = seeds[side]
        self._web.cost[self._at[0][edit.arcs]] = edit.cost[side]
        self._web.price[self._at[1][edit.arcs]] = edit.cost[side]
        if edit.edge >= 0:
            self._now.seconds[edit.edge] = edit.along_s[side]
        if edit.facility >= 0:
            spots = edit.spots[side]
            self._facilities[edit.facility] = (-1, self._base) if spots is None else (edit.kind, spots)

    def _find(self, facility: int) -> tuple[int, Spots]:
        """Return kind and spots of a facility that is there."""
        found = self._facilities.get(facility)
        if found is None and 0 <= facility < len(self._base_kind):
            found = int(self._base_kind[facility]), self._base.between(facility, facility + 1)
        if found is None or found[0] < 0:
            msg = f"there is no facility {facility} in this standing; it was removed or never added"
            raise TableError(msg)
        return found

    @staticmethod
    def _check_one(spots: Spots) -> None:
        """Refuse the spots of several things, and of none."""
        if len(spots.labels) != 1 or len(spots) == 0:
            msg = f"a facility needs the spots of one thing, not {spots!r}; snap it alone, near a street"
            raise TableError(msg)


def measure_standing(
    footing: Footing,
    starts: Spots,
    ends: Spots,
    kind: NDArray[np.int64],
    *,
    limit_min: float | None = None,
) -> Standing:
    """Measure how near every origin and node is to each kind, ready for questions of the form *what if*.

    Parameters
    ----------
    footing
        The streets as a walker finds them.
    starts, ends
        Spots of the origins and of the facilities. The number of a facility is its position in ``ends.labels``, and
        those added later are numbered on; the smaller number is the nearest of equally near ones.
    kind
        ``(f,)`` code of each facility, 0, 1, 2, …
    limit_min
        Longest walk, minutes, inclusive; no limit when None.
    """
    limit_s = (inf if limit_min is None else limit_min * 60) + ROUNDING_S
    return Standing(footing, starts, ends, np.asarray(kind, np.int64), limit_s)
