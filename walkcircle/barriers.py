"""Where nodes of streets part them: gates, stiles, and crossings that are no way of their own.

A network holds what is on a node as an edge of no length: the node becomes one node for each street that comes to
it, and the edge between them is what a walker has to pass.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from walkcircle import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What a barrier on a node does to the street, by code: nothing, what stairs do, what a private path does, close it.
BARRIERS = ("public", "steps", "private", "no")

PRIVATE, SHUT = BARRIERS.index("private"), BARRIERS.index("no")


@dataclass(frozen=True)
class Marks:
    """What is on the nodes, and what matters of the ways there.

    Attributes
    ----------
    barrier
        ``(n,)`` position in :data:`BARRIERS` of the barrier on each node.
    stop
        ``(n,)`` whether people who cross a road at this node wait.
    private, crossing, on_foot
        ``(w,)`` whether a way is private, is a crossing itself, is neither a road nor a square.
    """

    barrier: NDArray[np.uint8]
    stop: NDArray[np.bool_]
    private: NDArray[np.bool_]
    crossing: NDArray[np.bool_]
    on_foot: NDArray[np.bool_]


@dataclass(frozen=True)
class Parting:
    """Ways taken apart, and the joints between them.

    Attributes
    ----------
    paths
        Node positions along each piece; new nodes have the numbers after the old ones.
    way
        Way of each piece.
    node
        Node on which each new node stands.
    joints
        ``(j, 2)`` the two nodes, in one place, of each edge of no length.
    at
        ``(j,)`` the node that the joint stands for.
    like
        ``(j,)`` a way that comes to it.
    """

    paths: list[NDArray[np.int64]]
    way: NDArray[np.int64]
    node: NDArray[np.int64]
    joints: NDArray[np.int64]
    at: NDArray[np.int64]
    like: NDArray[np.int64]


def part_ways(paths: Sequence[NDArray[np.int64]], marks: Marks) -> Parting | None:
    """Part ways at barriers, and at crossings on a node of a road.

    A barrier parts the two stretches that meet at it. Where three or more meet it does not: a gate is on one of
    them, and which one is not said; but what is shut for all parts every one. A private gate at the end of a private
    way adds nothing. At a crossing, every path that is no road comes to the road by a joint of its own: who crosses
    passes two, who turns into the road or out of it one, and who walks along the road none. Where a crossing is
    mapped as a way the node adds nothing either, and one path alone crosses nothing.

    Returns
    -------
    Parting or None
        None where nothing is parted.
    """
    arms = _list_arms(paths, (marks.barrier > 0) | marks.stop)
    own: dict[tuple[int, int, int], int] = {}
    added: list[int] = []
    joints: list[tuple[int, int, int, int]] = []

    def stand(node: int, arm: tuple[int, int, int]) -> int:
        added.append(node)
        own[arm] = len(marks.barrier) + len(added) - 1
        return own[arm]

    for node, here in arms.items():
        ways = [way for way, _, _ in here]
        if _is_parted(int(marks.barrier[node]), len(here), private=bool(marks.private[ways].any())):
            own[here[0]] = before = node
            for arm in here[1:]:
                joints.append((before, stand(node, arm), node, arm[0]))
                before = joints[-1][1]
        elif marks.stop[node] and not marks.crossing[ways].any():
            feet = [arm for arm in here if marks.on_foot[arm[0]]]
            joints += [(stand(node, arm), node, node, arm[0]) for arm in feet if len(feet) > 1]
    if not joints:
        return None
    kept, cut_off = list(paths), []
    for way, pieces in _cut_apart(paths, own):
        kept[way] = pieces[0]
        cut_off += [(way, piece) for piece in pieces[1:]]
    table = np.array(joints, dtype=np.int64)
    return Parting(
        paths=[*kept, *(piece for _, piece in cut_off)],
        way=np.concatenate([np.arange(len(paths)), np.array([way for way, _ in cut_off], np.int64)]),
        node=np.array(added, np.int64),
        joints=table[:, :2],
        at=table[:, 2],
        like=table[:, 3],
    )


def close_gates(
    ends: NDArray[np.int64],
    length_m: NDArray[np.float64],
    private: NDArray[np.bool_],
    gate: NDArray[np.uint8],
    beyond: NDArray[np.bool_],
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Find the edges that gates close, and the streets that lie behind them.

    Streets to which only private gates lead are private as well, whatever their own tags say: those who live there
    come out, and others do not get in. What is shut for all is taken away; but where it would cut streets off from
    all others it is a private gate, since somebody goes in and out there.

    Parameters
    ----------
    ends
        ``(e, 2)`` nodes of each edge.
    length_m
        ``(e,)`` metres.
    private
        ``(e,)`` whether an edge is private by the tags of its way.
    gate
        ``(e,)`` position in :data:`BARRIERS` of the barrier that an edge of no length stands for.
    beyond
        ``(n,)`` whether streets may go on beyond the data there; such streets may be reached from elsewhere.

    Returns
    -------
    kept, private : ndarray, shape (e,)
    """
    nodes = len(beyond)
    joined = kernels.label_pieces(ends[gate != SHUT], nodes)
    kept = (gate != SHUT) | (joined[ends[:, 0]] != joined[ends[:, 1]])
    private = private | (gate >= PRIVATE)
    gates = ends[kept & (gate >= PRIVATE)]
    whole = kernels.label_pieces(ends[kept], nodes)
    piece = kernels.label_pieces(ends[~private], nodes)
    of_edge = piece[ends[:, 0]]
    metres = np.bincount(of_edge, weights=np.where(private, 0.0, length_m), minlength=nodes)
    open_ended = np.bincount(piece, weights=beyond, minlength=nodes) > 0
    # of all that hang together, the streets that lead out of the data, or else the longest ones, are those outside
    pieces = np.unique(piece)
    order = pieces[np.lexsort((-metres[pieces], ~open_ended[pieces], whole[pieces]))]
    outside = open_ended.copy()
    outside[order[np.flatnonzero(np.diff(whole[order], prepend=-1))]] = True
    behind = np.zeros(nodes, bool)
    behind[piece[gates.ravel()]] = True
    behind &= ~outside
    return kept, private | behind[of_edge]


def _list_arms(
    paths: Sequence[NDArray[np.int64]], marked: NDArray[np.bool_]
) -> dict[int, list[tuple[int, int, int]]]:
    """List, for each marked node, the stretches that come to it: way, place along it, and 0 before it or 1 after."""
    arms: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    if not marked.any():
        return arms
    flat = np.concatenate(paths)
    start = np.cumsum([0, *map(len, paths)])
    found = np.flatnonzero(marked[flat])
    ways = np.searchsorted(start, found, side="right") - 1
    for at, way in zip(found.tolist(), ways.tolist(), strict=True):
        place = at - int(start[way])
        if place > 0:
            arms[int(flat[at])].append((way, place, 0))
        if place < len(paths[way]) - 1:
            arms[int(flat[at])].append((way, place, 1))
    return arms


def _is_parted(barrier: int, stretches: int, *, private: bool) -> bool:
    """Tell whether a barrier parts the stretches that meet at it, of which one may be private."""
    if barrier == SHUT:
        return stretches > 1
    return barrier > 0 and stretches == 2 and not (barrier == PRIVATE and private)


def _cut_apart(
    paths: Sequence[NDArray[np.int64]], own: dict[tuple[int, int, int], int]
) -> Iterator[tuple[int, list[NDArray[np.int64]]]]:
    """Cut each way where its stretches have nodes of their own, and put these in."""
    places: dict[int, set[int]] = defaultdict(set)
    for way, place, _ in own:
        places[way].add(place)
    for way, found in places.items():
        path = paths[way]
        last = len(path) - 1
        stops = [0, *sorted(found - {0, last}), last]
        pieces = [path[begin : end + 1].copy() for begin, end in zip(stops, stops[1:], strict=False)]
        for piece, begin, end in zip(pieces, stops, stops[1:], strict=False):
            piece[0] = own.get((way, begin, 1), piece[0])
            piece[-1] = own.get((way, end, 0), piece[-1])
        yield way, pieces
