"""Nodes and edges: their pieces, their chains, their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkcircle.kernels.compiling import jit

if TYPE_CHECKING:
    from numpy.typing import NDArray


@jit
def label_pieces(ends: NDArray[np.int64], nodes: int) -> NDArray[np.int64]:
    """Label the connected pieces of an undirected graph by union-find with path halving.

    Parameters
    ----------
    ends
        ``(e, 2)`` int64 node pairs.
    nodes
        Number of nodes.

    Returns
    -------
    ndarray, shape (nodes,), int64
        The smallest node of each node's piece.
    """
    parent = np.arange(nodes)
    for edge in range(len(ends)):
        a, b = ends[edge, 0], ends[edge, 1]
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        if a < b:
            parent[b] = a
        else:
            parent[a] = b
    for node in range(nodes):
        root = node
        while parent[root] != root:
            root = parent[root]
        parent[node] = root
    return parent


@jit
def chain_edges(
    ends: NDArray[np.int64], alike: NDArray[np.int64], nodes: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Order edges into chains that run through nodes where exactly two like edges meet.

    Parameters
    ----------
    ends
        ``(e, 2)`` int64 node pairs.
    alike
        ``(e,)`` int64; only edges with the same value are joined.
    nodes
        Number of nodes.

    Returns
    -------
    order, chain : ndarray, shape (e,), int64
        Edges chain by chain along each, and the number of the chain, growing.
    flipped : ndarray, shape (e,), bool
        Whether the edge at that place runs against its chain.
    """
    count = len(ends)
    degree = np.zeros(nodes, np.int64)
    touching = np.full((nodes, 2), -1, np.int64)
    for edge in range(count):
        for side in range(2):
            node = ends[edge, side]
            if degree[node] < 2:
                touching[node, degree[node]] = edge
            degree[node] += 1
    order = np.empty(count, np.int64)
    chain = np.empty(count, np.int64)
    flipped = np.empty(count, np.bool_)
    done = np.zeros(count, np.bool_)
    filled, number = 0, 0
    for first in range(count):
        if done[first]:
            continue
        # walk back to the chain's beginning, or all round a ring
        edge, node = first, ends[first, 0]
        while True:
            other = touching[node, 0] if touching[node, 0] != edge else touching[node, 1]
            if degree[node] != 2 or other == edge or alike[other] != alike[edge] or other == first:
                break
            edge = other
            node = ends[edge, 1] if ends[edge, 0] == node else ends[edge, 0]
        # then forward from the free end, writing it down
        while True:
            flip = ends[edge, 0] != node
            order[filled], chain[filled], flipped[filled] = edge, number, flip
            filled += 1
            done[edge] = True
            node = ends[edge, 0] if flip else ends[edge, 1]
            other = touching[node, 0] if touching[node, 0] != edge else touching[node, 1]
            if degree[node] != 2 or other == edge or done[other] or alike[other] != alike[edge]:
                break
            edge = other
        number += 1
    return order, chain, flipped


@jit
def count_arcs(tail: NDArray[np.int64], nodes: int) -> NDArray[np.int64]:
    """Count arcs per tail node into CSR pointers of shape ``(nodes + 1,)``."""
    indptr = np.zeros(nodes + 1, np.int64)
    for arc in range(len(tail)):
        indptr[tail[arc] + 1] += 1
    for node in range(nodes):
        indptr[node + 1] += indptr[node]
    return indptr


@jit
def number_along_curve(xy: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Find the place of each point on a Hilbert curve through their box, so that neighbours get near numbers.

    Turning the quadrants as in Lam and Shapiro 1994, "A class of fast algorithms for the Peano-Hilbert space-filling
    curve", Proceedings of the IEEE Conference on Image Processing 1:638-641; the curve has 2^16 steps each way.

    Parameters
    ----------
    xy
        ``(n, 2)`` coordinates.

    Returns
    -------
    ndarray, shape (n,), uint64
        Place on the curve; equal for places in the same cell.
    """
    along = np.empty(len(xy), np.uint64)
    if len(xy) == 0:
        return along
    west, south = xy[:, 0].min(), xy[:, 1].min()
    side = max(xy[:, 0].max() - west, xy[:, 1].max() - south)
    scale = 65535.0 / side if side > 0 else 0.0
    for i in range(len(xy)):
        x, y = np.int64((xy[i, 0] - west) * scale), np.int64((xy[i, 1] - south) * scale)
        place, half = np.int64(0), np.int64(32768)
        while half > 0:
            right, top = (x & half) > 0, (y & half) > 0
            place = 4 * place + (3 * right ^ top)
            x, y = x & (half - 1), y & (half - 1)
            if not top:
                if right:
                    x, y = half - 1 - x, half - 1 - y
                x, y = y, x
            half >>= 1
        along[i] = place
    return along
