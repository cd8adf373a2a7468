"""Where nodes of streets part them: gates, stiles, and crossings that are no way of their own.

A network holds what is on a node as an edge of no length: the node becomes one node for each street that comes to
it, and the edge between them is what a walker has to pass.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

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
    flat, piece, way
        Node, piece and way of each place along the ways, piece by piece. New nodes have the numbers after the old
        ones. The joints come last, each a piece of two nodes in one place, and a way with a number after the old ones.
    node
        Node on which each new node stands.
    at, like, crosses
        ``(j,)`` node that each joint stands for, a way that comes to it, and whether it is a crossing or else a
        barrier.
    """

    flat: NDArray[np.int64]
    piece: NDArray[np.int64]
    way: NDArray[np.int64]
    node: NDArray[np.int64]
    at: NDArray[np.int64]
    like: NDArray[np.int64]
    crosses: NDArray[np.bool_]


class _Arm(NamedTuple):
    """A stretch of a way as it comes to a node: place of the node along the ways, and on which side of it."""

    place: int
    onward: bool
    way: int


class _Joint(NamedTuple):
    """Two nodes in the place of one, a way that comes to it, and whether it is a crossing or else a barrier."""

    first: int
    last: int
    at: int
    like: int
    crosses: bool


def split_ways(flat: NDArray[np.int64], way: NDArray[np.int64], marks: Marks) -> Parting | None:
    """Split ways at barriers, and at crossings on a node of a road.

    A barrier parts the two stretches that meet at it. Where three or more meet it does not: a gate is on one of
    them, and which one is not said; but what is shut for all parts every one. A private gate at the end of a private
    way adds nothing. At a crossing, every path that is no road comes to the road by a joint of its own: who crosses
    passes two, who turns into the road or out of it one, and who walks along the road none. Where a crossing is
    mapped as a way the node adds nothing either, and one path alone crosses nothing.

    Parameters
    ----------
    flat, way
        Nodes along all ways, one way after the other, and the way of each; no node twice in a row.
    marks
        What is on the nodes.

    Returns
    -------
    Parting or None
        None where nothing is parted.
    """
    node_of: dict[_Arm, int] = {}
    joints: list[_Joint] = []
    added: list[int] = []

    def stand(arm: _Arm, node: int) -> int:
        """Give a stretch a node of its own."""
        added.append(node)
        node_of[arm] = len(marks.barrier) + len(added) - 1
        return node_of[arm]

    # most crossings are on roads alone, and cost nobody anything
    met = np.zeros(len(marks.stop), bool)
    met[flat[marks.on_foot[way]]] = True
    for node, arms in _list_arms(flat, way, (marks.barrier > 0) | (marks.stop & met)).items():
        ways = [arm.way for arm in arms]
        if _is_parted(int(marks.barrier[node]), len(arms), private=bool(marks.private[ways].any())):
            node_of[arms[0]] = before = node
            for arm in arms[1:]:
                joints.append(_Joint(before, stand(arm, node), node, arm.way, crosses=False))
                before = joints[-1].last
        elif marks.stop[node] and not marks.crossing[ways].any():
            feet = [arm for arm in arms if marks.on_foot[arm.way]]
            if len(feet) > 1:
                joints += [_Joint(stand(arm, node), node, node, arm.way, crosses=True) for arm in feet]
    return _cut_apart(flat, way, node_of, joints, len(marks.private), np.array(added, np.int64)) if joints else None


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
    # of all that hang together, the longest streets are those outside; and so may be what leads out of the data
    outside = np.bincount(piece, weights=beyond, minlength=nodes) > 0
    pieces = np.unique(piece)
    order = pieces[np.lexsort((-metres[pieces], whole[pieces]))]
    outside[order[np.flatnonzero(np.diff(whole[order], prepend=-1))]] = True
    behind = np.zeros(nodes, bool)
    behind[piece[gates.ravel()]] = True
    behind &= ~outside
    return kept, private | behind[of_edge]


def _list_arms(flat: NDArray[np.int64], way: NDArray[np.int64], marked: NDArray[np.bool_]) -> dict[int, list[_Arm]]:
    """List the stretches that come to each marked node."""
    arms: dict[int, list[_Arm]] = defaultdict(list)
    for place in np.flatnonzero(marked[flat]).tolist():
        here, number = arms[int(flat[place])], int(way[place])
        if place > 0 and way[place - 1] == number:
            here.append(_Arm(place, onward=False, way=number))
        if place + 1 < len(way) and way[place + 1] == number:
            here.append(_Arm(place, onward=True, way=number))
    return arms


def _is_parted(barrier: int, stretches: int, *, private: bool) -> bool:
    """Tell whether a barrier parts the stretches that meet at it, of which one may be private."""
    if barrier == SHUT:
        return stretches > 1
    return barrier > 0 and stretches == 2 and not (barrier == PRIVATE and private)


def _cut_apart(
    flat: NDArray[np.int64],
    way: NDArray[np.int64],
    node_of: dict[_Arm, int],
    joints: list[_Joint],
    ways: int,
    node: NDArray[np.int64],
) -> Parting:
    """Cut ways where their stretches have nodes of their own, put these in, and add the joints."""
    within = {arm.place for arm in node_of if arm.onward} & {arm.place for arm in node_of if not arm.onward}
    cut = np.array(sorted(within), dtype=np.int64)
    # inside a way the node is there twice: last of the piece before it, first of the piece after it
    moved = np.arange(len(flat)) + np.searchsorted(cut, np.arange(len(flat)), side="right")
    flat, way = np.insert(flat, cut, flat[cut]), np.insert(way, cut, way[cut])
    begins = np.diff(way, prepend=-1) != 0
    begins[moved[cut]] = True
    moved_to = {arm: int(moved[arm.place]) - (arm.place in within and not arm.onward) for arm in node_of}
    flat[list(moved_to.values())] = [node_of[arm] for arm in moved_to]
    count = len(joints)
    piece = np.cumsum(begins) - 1
    return Parting(
        flat=np.concatenate([flat, np.array([(joint.first, joint.last) for joint in joints]).ravel()]),
        piece=np.concatenate([piece, np.repeat(np.arange(count) + piece[-1] + 1, 2)]),
        way=np.concatenate([way, np.repeat(np.arange(count) + ways, 2)]),
        node=node,
        at=np.array([joint.at for joint in joints]),
        like=np.array([joint.like for joint in joints]),
        crosses=np.array([joint.crosses for joint in joints]),
    )
