"""Standing: how near everybody is to each kind, and the questions of the form *what if*."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from walkcircle import kernels
from walkcircle.arcs import Csr
from walkcircle.errors import NetworkError, TableError
from walkcircle.footing import ROUNDING_S, Footing, round_seconds
from walkcircle.snapping import Spots
from walkcircle.updates.edits import Change, Closure, Edit, Part, Relocation, Reseeding
from walkcircle.updates.seeds import Seeds
from walkcircle.updates.web import Web

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from walkcircle.updates.edits import Placed

_NOTHING = np.empty(0, np.int64)


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

    def __init__(
        self, footing: Footing, starts: Spots, ends: Spots, kind: NDArray[np.int64], kinds: int, limit_s: float
    ) -> None:
        """Search once from all; see :func:`measure_standing`."""
        self.footing, self.starts, self.limit_s, self.kinds = footing, starts, limit_s, kinds
        # its own seconds: closures are written into them
        now = replace(footing, seconds=footing.seconds.copy(), hierarchy=None)
        self._web, self._seeds = Web(now, starts), Seeds(now, starts, ends, kind)
        self._nodes = self._web.nodes
        # kind and spots of what was added, moved or removed; what was removed has no spots
        self._placed: dict[int, Placed] = {}
        self._base, self._base_kind = ends, kind
        self._number, self._revision, self._last = len(kind), 0, 0
        self._done: list[Change] = []
        vertices = self._web.vertices
        self._log = kernels.Log(
            np.full(vertices, -1, np.int64), np.empty(vertices, np.int64), np.empty(vertices),
            np.empty(vertices, np.int64),
        )  # fmt: skip
        self._seconds, self._label = np.full((kinds, vertices), inf), np.full((kinds, vertices), -1, np.int64)
        self._search_all()

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
        vertex, seconds = self._seeds.make(spots)
        edit = Edit(
            relocation=Relocation(self._number, None, (kind, spots)),
            seeds=(Reseeding(self._number, kind, _NOTHING, vertex, seconds),),
        )
        return self._conclude(edit, [self._renew(kind, vertex, seconds, np.full(len(vertex), self._number))])

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
        value = self._seconds[:, head] + np.array([way[2] for way in links])
        label = self._label[:, head]
        felt = (value < self._seconds[:, tail]) | ((value == self._seconds[:, tail]) & (label < self._label[:, tail]))
        self._web.add_links(links)
        parts = [
            self._renew(code, tail, value[code], label[code]) for code in np.flatnonzero(felt.any(axis=1)).tolist()
        ]
        self._web.drop_links(links)
        return self._conclude(Edit(links=links), parts)

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
        if not 0 <= edge < len(self.footing.seconds):
            msg = f"there is no edge {edge}; the edges are 0 to {len(self.footing.seconds) - 1}"
            raise NetworkError(msg)
        closure = self._web.plan_closure(edge, there=there, back=back)
        # before it is closed: where the seeds of a facility on it are is seen from those it has
        beside = np.concatenate(
            [self.footing.network.ends[edge], self._nodes + self.starts.item[self._web.spots_along(edge)]]
        )
        facilities = self._seeds.find_facilities(beside)
        doubtful = self._list_doubtful(closure)
        self._web.set_closure(closure, 1)
        moved = tuple(change for facility in facilities for change in self._reseed(facility, edge))
        for change in moved:
            doubtful[change.kind] += self._list_lost_seeds(change)
            self._seeds.drop(change.old)
        parts = [
            self._renew(code, *_join_seeds([change for change in moved if change.kind == code]), np.array(some))
            for code, some in enumerate(doubtful)
            if some
        ]
        for change in moved:
            self._seeds.join(change.old)
        self._web.set_closure(closure, 0)
        return self._conclude(Edit(seeds=moved, closure=closure), parts)

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
        self._revision = change.revision
        return change

    # ── below ───────────────────────────────────────────────────────────────────────────────────

    def _search_all(self) -> None:
        """Search every kind once, from all its seeds."""
        web, seeds = self._web.arrays, self._seeds.arrays
        csr = Csr(web.into, web.tail, web.cost, web.cost)
        finite = csr.cost[np.isfinite(csr.cost)]
        quick = Csr(csr.indptr, csr.head, finite, finite)
        for code in range(self.kinds):
            mine = seeds.kind == code
            seconds = seeds.seconds[mine]
            self._seconds[code], self._label[code] = kernels.search_nearest(
                csr.indptr, csr.head, csr.cost, seeds.vertex[mine].astype(np.uint32), seconds, seeds.facility[mine],
                self.limit_s, *quick.buckets(seconds, self.limit_s),
            )  # fmt: skip

    def _replace(self, facility: int, spots: Spots | None) -> Change:
        """Ask what a facility elsewhere, or nowhere, would change."""
        kind, _ = self._find(facility)
        old = self._seeds.of(facility)
        vertex, seconds = (_NOTHING, np.empty(0)) if spots is None else self._seeds.make(spots)
        edit = Edit(
            relocation=Relocation(facility, self._placed.get(facility), (kind, spots)),
            seeds=(Reseeding(facility, kind, old, vertex, seconds),),
        )
        self._seeds.drop(old)
        new = (vertex, seconds, np.full(len(vertex), facility))
        part = self._renew(kind, *new, self._seeds.arrays.vertex[old], facility)
        self._seeds.join(old)
        return self._conclude(edit, [part])

    def _reseed(self, facility: int, edge: int) -> Iterator[Reseeding]:
        """Seed a facility anew if it is on an edge whose seconds changed."""
        kind, spots = self._find(facility)
        if (spots.edge == edge).any():
            yield Reseeding(facility, kind, self._seeds.of(facility), *self._seeds.make(spots))

    def _list_doubtful(self, closure: Closure) -> list[list[int]]:
        """List for each kind the vertices whose best way may lead along arcs that a closure changes."""
        tail, head = self._web.ends_of(closure.arcs)
        cost, after = closure.cost
        way, label = self._seconds[:, tail] == self._seconds[:, head] + cost, self._label[:, tail]
        tight = way & (cost != after) & (label == self._label[:, head]) & (label >= 0)
        return [tail[row].tolist() for row in tight]

    def _list_lost_seeds(self, change: Reseeding) -> list[int]:
        """List the vertices whose best way may end at a seed that is taken away."""
        seeds = self._seeds.arrays
        vertex = seeds.vertex[change.old]
        best = self._seconds[change.kind, vertex] == seeds.seconds[change.old]
        lost: list[int] = vertex[best & (self._label[change.kind, vertex] == change.facility)].tolist()
        return lost

    def _renew(
        self,
        kind: int,
        vertex: NDArray[np.int64],
        seconds: NDArray[np.float64],
        label: NDArray[np.int64],
        doubtful: NDArray[np.int64] = _NOTHING,
        gone: int = -1,
    ) -> Part:
        """Search what new seeds and doubtful vertices change, and leave the arrays as they were."""
        vertex, before_s, before, after_s, after = kernels.mend_nearest(
            self._web.arrays, self._seeds.arrays, kind, self._nodes, doubtful, gone, vertex, seconds, label,
            self.limit_s, self._seconds[kind], self._label[kind], self._log,
        )  # fmt: skip
        order = vertex.argsort()
        return Part(kind, vertex[order], before_s[order], before[order], after_s[order], after[order])

    def _conclude(self, edit: Edit, parts: list[Part]) -> Change:
        """Put an answer together."""
        return Change.of(edit, parts, self._nodes, self._revision)

    def _write(self, edit: Edit) -> None:
        """Make an edit in what is asked."""
        for new in edit.seeds:
            self._seeds.replace(new)
        if edit.closure is not None:
            self._web.set_closure(edit.closure, 1)
        self._web.add_links(edit.links)
        placed = edit.relocation
        if placed is not None:
            self._placed[placed.facility] = placed.after
            self._number = max(self._number, placed.facility + 1)

    def _unwrite(self, edit: Edit) -> None:
        """Take an edit back; it is the last one made."""
        placed = edit.relocation
        if placed is not None and placed.before is not None:
            self._placed[placed.facility] = placed.before
        elif placed is not None:
            del self._placed[placed.facility]
            self._number = max(len(self._base_kind), min(self._number, placed.facility))
        self._web.drop_links(edit.links)
        if edit.closure is not None:
            self._web.set_closure(edit.closure, 0)
        for new in reversed(edit.seeds):
            self._seeds.restore(new)

    def _find(self, facility: int) -> tuple[int, Spots]:
        """Return kind and spots of a facility that is there."""
        kind, spots = self._placed.get(facility, (-1, None))
        if facility not in self._placed and 0 <= facility < len(self._base_kind):
            kind, spots = int(self._base_kind[facility]), self._base.between(facility, facility + 1)
        if spots is None:
            msg = f"there is no facility {facility} in this standing; it was removed or never added"
            raise TableError(msg)
        return kind, spots

    @staticmethod
    def _check_one(spots: Spots) -> None:
        """Refuse the spots of several things, and of none."""
        if len(spots.labels) != 1 or len(spots) == 0:
            msg = f"a facility needs the spots of one thing, not {spots!r}; snap it alone, near a street"
            raise TableError(msg)


def _join_seeds(
    moved: list[Reseeding],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return vertex, seconds and facility of the new seeds of several facilities."""
    label = np.array([new.facility for new in moved], np.int64).repeat([len(new.vertex) for new in moved])
    return (
        np.concatenate([_NOTHING, *(new.vertex for new in moved)]),
        np.concatenate([np.empty(0), *(new.seconds for new in moved)]),
        label,
    )


def measure_standing(
    footing: Footing,
    starts: Spots,
    ends: Spots,
    kind: NDArray[np.int64],
    *,
    limit_min: float | None = None,
    kinds: int | None = None,
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
    kinds
        How many kinds there are, some of which may have no facility yet; as many as `kind` names when None.

    Raises
    ------
    TableError
        `kind` names more kinds than there are.
    """
    limit_s = (inf if limit_min is None else limit_min * 60) + ROUNDING_S
    named = int(np.max(kind, initial=-1)) + 1
    if kinds is not None and kinds < named:
        msg = f"a facility is of kind {named - 1}, but there are {kinds} kinds; give kinds={named} or more"
        raise TableError(msg)
    return Standing(footing, starts, ends, np.asarray(kind, np.int64), named if kinds is None else kinds, limit_s)
