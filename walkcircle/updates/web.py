"""The web: arcs of streets and of the legs of origins, in which edges are closed and links are laid."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import numpy as np

from walkcircle import kernels
from walkcircle.legs import Legs
from walkcircle.updates.edits import Closure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkcircle.footing import Footing
    from walkcircle.snapping import Spots


class Web:
    """Arcs that can change.

    Both ways of edge e are the arcs 2e and 2e + 1; both legs of the origins' spots come after those of the edges.

    Attributes
    ----------
    footing
        The streets as they are now: closures are written into its seconds, which are the web's own.
    starts
        Spots of the origins.
    nodes, vertices
        How many nodes there are, and how many nodes and origins.
    arrays
        What the compiled loops look at; another one after a link was laid.
    """

    def __init__(self, footing: Footing, starts: Spots) -> None:
        """Lay the arcs."""
        self.footing, self.starts, network = footing, starts, footing.network
        self.nodes = len(network.xy)
        self.vertices = self.nodes + len(starts.labels)
        order = np.argsort(starts.edge, kind="stable")
        self._spot, self._spot_start = order, kernels.count_arcs(starts.edge[order], len(network.ends))
        legs = Legs.leaving(footing, starts)
        tail = np.concatenate([network.ends.ravel(), self.nodes + np.repeat(starts.item, 2)])
        head = np.concatenate([network.ends[:, ::-1].ravel(), legs.node.ravel()])
        cost = np.concatenate([np.where(footing.enter, footing.seconds, inf).ravel(), legs.seconds.ravel()])
        number = np.arange(len(cost))
        at, sides = [], []
        for key, other in ((head, tail), (tail, head)):
            order = np.argsort(key, kind="stable")
            at.append(np.empty_like(number))
            at[-1][order] = number
            count = kernels.count_arcs(key, self.vertices).astype(np.uint32)
            sides += [count, other[order].astype(np.uint32), cost[order]]
        self._at, self._tail, self._head = (at[0], at[1]), tail, head
        none, first = np.empty(0, np.int64), np.full((2, self.vertices), -1, np.int64)
        into, tails, cost, out, heads, price = sides
        self.arrays = kernels.Web(
            into, tails, cost, out, heads, price, first[0], none, none, first[1], none, none, np.empty(0)
        )

    def spots_along(self, edge: int) -> NDArray[np.int64]:
        """Return the positions of the origins' spots on an edge, growing."""
        return self._spot[self._spot_start[edge] : self._spot_start[edge + 1]]

    def plan_closure(self, edge: int, *, there: bool, back: bool) -> Closure:
        """Work out what the closure of an edge writes."""
        edges = len(self.footing.network.ends)
        was = self.footing.seconds[edge].copy()
        along = np.where([there, back], inf, was)
        spots = self.spots_along(edge)
        arcs = np.concatenate([2 * edge + np.arange(2), (2 * (edges + spots)[:, None] + np.arange(2)).ravel()])
        old = self.arrays.cost[self._at[0][arcs]]
        self.footing.seconds[edge] = along
        legs = Legs.leaving(self.footing, self.starts.pick(spots)).seconds.ravel()
        self.footing.seconds[edge] = was
        new = np.concatenate([np.where(self.footing.enter[edge], along, inf), legs])
        return Closure(edge, (was, along), arcs, (old, new))

    def ends_of(self, arcs: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the vertices that arcs leave, and those they lead to."""
        return self._tail[arcs], self._head[arcs]

    def set_closure(self, closure: Closure, side: int) -> None:
        """Set edge and arcs to what they are before (0) or after (1) a closure."""
        self.footing.seconds[closure.edge] = closure.along_s[side]
        self.arrays.cost[self._at[0][closure.arcs]] = closure.cost[side]
        self.arrays.price[self._at[1][closure.arcs]] = closure.cost[side]

    def add_links(self, links: tuple[tuple[int, int, float], ...]) -> None:
        """Lay links: the node each leaves, the node it leads to, and its seconds."""
        web = self.arrays
        for tail, head, cost in links:
            number = len(web.link_cost)
            web = web._replace(
                next_into=np.append(web.next_into, web.link_into[head]), link_tail=np.append(web.link_tail, tail),
                next_out=np.append(web.next_out, web.link_out[tail]), link_head=np.append(web.link_head, head),
                link_cost=np.append(web.link_cost, cost),
            )  # fmt: skip
            web.link_into[head] = web.link_out[tail] = number
        self.arrays = web

    def drop_links(self, links: tuple[tuple[int, int, float], ...]) -> None:
        """Take links away again; they are the last that were laid."""
        web = self.arrays
        for tail, head, _ in reversed(links):
            web.link_into[head], web.link_out[tail] = web.next_into[-1], web.next_out[-1]
            web = web._replace(
                next_into=web.next_into[:-1], link_tail=web.link_tail[:-1], next_out=web.next_out[:-1],
                link_head=web.link_head[:-1], link_cost=web.link_cost[:-1],
            )  # fmt: skip
        self.arrays = web
