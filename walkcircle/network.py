"""WalkNetwork: the streets on foot, as arrays; made from ways, lines or graphs, and turned into graphs.

Nodes and edges are positions in arrays; OpenStreetMap ids are columns. Every edge is one stretch of
street between two junctions and keeps its line. What depends on who walks is not here but in
:mod:`walkcircle.walking`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pydantic.dataclasses import dataclass as record
from pyproj import CRS, Transformer

from walkcircle import kernels
from walkcircle.barriers import BARRIERS, Marks, Parting, close_gates, split_ways
from walkcircle.errors import NetworkError, TableError
from walkcircle.lines import Tiles, Vertices
from walkcircle.records import STRICT, read_record
from walkcircle.squares import draw_chords
from walkcircle.tags import condition_holds, list_keys

if TYPE_CHECKING:
    import networkx as nx
    from numpy.typing import NDArray

Verdict = Literal["no", "private", "public"]
#: What a barrier on a node is: closed to all, or as a private path, as stairs, or as nothing at all.
Passage = Literal["no", "private", "steps", "public"]

#: Names of the codes in :attr:`WalkNetwork.crossing`.
CROSSINGS = ("", "unmarked", "marked", "signals")

#: Names of the codes in :attr:`WalkNetwork.crossed`, the larger road later; "" where it is not known.
ROADS = ("", "service", "residential", "tertiary", "secondary", "primary")

#: The kind of an edge that is only proposed (:func:`~walkcircle.works.build_place`); it is open to everybody.
LINK = "link"

#: The arrays of :class:`WalkNetwork` with one value per node; all others have one per edge.
NODE_COLUMNS = ("xy", "osm_node", "cut")

#: Pieces of street shorter than this that nothing joins are mapping errors more often than places (walkcircle's
#: assumption).
LEAST_PIECE_M = 5000.0

#: A node this near to the edge of the data is at the edge: streets are rarely cut exactly on the line.
AT_EDGE_M = 25.0


@record(frozen=True, config=STRICT)
class WalkRule:
    """One rule of ``walkable.toml``: which ways, whether they are walked, and why."""

    when: str
    walk: Verdict
    reason: str


@record(frozen=True, config=STRICT)
class BarrierRule:
    """One rule of ``walkable.toml`` for barriers on nodes: which, who passes them, and why."""

    when: str
    walk: Passage
    reason: str


@record(frozen=True, config=STRICT)
class WalkRules:
    """The rules in order, for ways and for barriers on their nodes; the first that holds decides."""

    rule: tuple[WalkRule, ...]
    barrier: tuple[BarrierRule, ...] = ()

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The tag keys that any rule looks at."""
        return tuple(sorted({key for rule in self.rule for key in list_keys(rule.when)}))

    def verdict(self, tags: Mapping[str, str]) -> Verdict:
        """Tell whether a way with these `tags` is walked, and by whom."""
        return next((r.walk for r in self.rule if condition_holds(r.when, tags)), "no")

    def passage(self, tags: Mapping[str, str]) -> Passage:
        """Tell who passes a node with these `tags` on a way that is walked."""
        return next((r.walk for r in self.barrier if condition_holds(r.when, tags)), "public")


@cache
def read_walk_rules() -> WalkRules:
    """Read the rules that say which ways are walked."""
    with resources.as_file(resources.files("walkcircle") / "walkable.toml") as path:
        return read_record(path, WalkRules)


@dataclass(frozen=True, eq=False)
class Profile:
    """Heights along each edge, equally far apart from its first node to its last.

    The height gained from end to end hides a hill or a dip between them; this does not.

    Attributes
    ----------
    start
        ``(e + 1,)`` those of edge i are ``height_m[start[i]:start[i + 1]]``; at least two.
    height_m
        ``(s,)`` metres above the same level; NaN where unknown.
    """

    start: NDArray[np.int64]
    height_m: NDArray[np.float64]

    def take(self, edges: NDArray[np.int64]) -> Profile:
        """Return the profile of some edges, in the order given."""
        count = np.diff(self.start)[edges]
        start = np.concatenate([[0], np.cumsum(count)])
        place = np.repeat(self.start[edges] - start[:-1], count) + np.arange(start[-1])
        return Profile(start, self.height_m[place])

    @property
    def climb_m(self) -> NDArray[np.float64]:
        """``(e,)`` height gained from first to last node."""
        return np.asarray(self.height_m[self.start[1:] - 1] - self.height_m[self.start[:-1]])


@dataclass(frozen=True, eq=False)
class WalkNetwork:
    """Streets on foot in a metric CRS.

    Attributes
    ----------
    xy
        ``(n, 2)`` node coordinates, metres.
    ends
        ``(e, 2)`` first and last node of each edge.
    length_m
        ``(e,)`` length along the line, metres.
    climb_m
        ``(e,)`` height gained from first to last node, metres; NaN where heights are unknown.
    kind
        ``(e,)`` the ``highway`` value, or ``square`` for a way across an open square, or ``gate`` for a private gate
        between public ways, of no length, or :data:`LINK` for a way that is only proposed.
    steps
        ``(e,)`` whether the edge is a flight of stairs; or, of no length, a stile, a turnstile or the like, which are
        passed by those who take stairs.
    crossing
        ``(e,)`` position in :data:`CROSSINGS`. A crossing that is no way but a node is an edge of no length on each
        side of the road, and each bears half of the wait.
    crossed
        ``(e,)`` position in :data:`ROADS` of the largest road that a crossing crosses.
    private
        ``(e,)`` whether the edge belongs to an estate or owner, or only private gates lead to it; the walker's gates
        decide who walks it.
    oneway
        ``(e,)`` 1 or -1 where walking is allowed in one direction only, else 0.
    level
        ``(e,)`` 1 on a bridge, -1 in a tunnel, 0 on the ground.
    lines
        ``(e,)`` LineStrings from first to last node.
    osm_node, osm_way
        ``(n,)`` and ``(e,)`` OpenStreetMap ids; -1 where there are none.
    cut
        ``(n,)`` whether streets may go on beyond the data there.
    crs
        Projected CRS in metres.
    extent
        Box of the data in that CRS; nothing is known beyond it.
    profile
        Heights along each edge, or None where no heights were read.
    """

    xy: NDArray[np.float64]
    ends: NDArray[np.int64]
    length_m: NDArray[np.float64]
    climb_m: NDArray[np.float64]
    kind: NDArray[np.str_]
    steps: NDArray[np.bool_]
    crossing: NDArray[np.uint8]
    crossed: NDArray[np.uint8]
    private: NDArray[np.bool_]
    oneway: NDArray[np.int8]
    level: NDArray[np.int8]
    lines: NDArray[np.object_]
    osm_node: NDArray[np.int64]
    osm_way: NDArray[np.int64]
    cut: NDArray[np.bool_]
    crs: CRS
    extent: shapely.Polygon
    profile: Profile | None = None

    def __post_init__(self) -> None:
        """Check shapes and ranges once, so that no algorithm checks again.

        Raises
        ------
        NetworkError
            There is no edge, or arrays do not fit each other.
        """
        n, e = len(self.xy), len(self.ends)
        if e == 0:
            msg = "the network has no walkable street; check that the file holds ways with a highway tag"
            raise NetworkError(msg)
        of_nodes, of_edges = self._columns()
        if any(len(column) != n for column in of_nodes.values()) or any(len(c) != e for c in of_edges.values()):
            msg = f"the arrays of a network should have {e} edges and {n} nodes each"
            raise NetworkError(msg)
        if self.profile is not None and (
            len(self.profile.start) != e + 1
            or self.profile.start[-1] != len(self.profile.height_m)
            or np.diff(self.profile.start).min() < 2
        ):
            msg = f"the profile of a network of {e} edges should have at least two heights for each"
            raise NetworkError(msg)
        if self.ends.min() < 0 or self.ends.max() >= n:
            msg = f"an edge ends at a node that is not there (nodes are 0 to {n - 1})"
            raise NetworkError(msg)
        if not (np.isfinite(self.length_m).all() and (self.length_m >= 0).all()):
            msg = "an edge has a negative or unknown length; check the lines"
            raise NetworkError(msg)

    def _columns(self) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
        """Return the arrays with one value per node, and those with one per edge, `ends` apart."""
        arrays = {f.name: getattr(self, f.name) for f in fields(self)}
        arrays = {name: array for name, array in arrays.items() if isinstance(array, np.ndarray) and name != "ends"}
        of_nodes = {name: arrays.pop(name) for name in NODE_COLUMNS}
        return of_nodes, arrays

    def take(self, nodes: NDArray[np.int64], edges: NDArray[np.int64]) -> dict[str, Any]:
        """Return every column of some nodes and edges, in their order, by name; `ends` is for the caller to number."""
        of_nodes, of_edges = self._columns()
        profile = None if self.profile is None else self.profile.take(edges)
        return (
            {n: c[nodes] for n, c in of_nodes.items()}
            | {n: c[edges] for n, c in of_edges.items()}
            | {"profile": profile}
        )

    @cached_property
    def edge_tree(self) -> shapely.STRtree:
        """Spatial index of `lines`."""
        return shapely.STRtree(self.lines)

    @cached_property
    def vertices(self) -> Vertices:
        """Vertices of `lines`, for the compiled loops."""
        return Vertices.from_lines(self.lines)

    @cached_property
    def tiles(self) -> Tiles:
        """Edges by square tile, for the compiled loops."""
        return Tiles.from_lines(self.lines)

    @cached_property
    def touching(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """CSR of the edges at each node: pointers, and ``2 * edge + side``, side 0 where the node is the first."""
        sides = self.ends.ravel()
        return kernels.count_arcs(sides, len(self.xy)), np.argsort(sides, kind="stable")

    def __repr__(self) -> str:
        """Say how large the network is."""
        return (
            f"<WalkNetwork {len(self.xy):,} nodes, {len(self.ends):,} edges, "
            f"{self.length_m.sum() / 1000:,.1f} km, {':'.join(self.crs.to_authority() or (self.crs.name,))}>"
        )

    def island_of_edge(self) -> NDArray[np.int64]:
        """Label the connected piece of each edge, the longest piece first.

        Returns
        -------
        ndarray, shape (e,)
            0 for the piece with the greatest street length, then 1, 2, …
        """
        label = kernels.label_pieces(self.ends, len(self.xy))[self.ends[:, 0]]
        found, inverse = np.unique(label, return_inverse=True)
        length = np.bincount(inverse, weights=self.length_m, minlength=len(found))
        rank = np.empty(len(found), dtype=np.int64)
        rank[np.argsort(-length, kind="stable")] = np.arange(len(found))
        return rank[inverse]

    @cached_property
    def leads_on(self) -> NDArray[np.bool_]:
        """``(e,)`` whether the edge is of a piece of :data:`LEAST_PIECE_M` or more, or of the longest there is.

        Links that are only proposed join no pieces here, so that nobody changes their street for one.
        """
        laid = self.kind != LINK
        piece = kernels.label_pieces(self.ends[laid], len(self.xy))[self.ends[:, 0]]
        length = np.bincount(piece, weights=np.where(laid, self.length_m, 0.0))
        return np.asarray(length[piece] >= min(LEAST_PIECE_M, length.max()))

    def clip(self, area: shapely.Geometry) -> WalkNetwork:
        """Return the part of the network whose edges meet an area, edges kept whole.

        Raises
        ------
        NetworkError
            No edge meets it.
        """
        kept = np.sort(self.edge_tree.query(area, predicate="intersects"))
        if len(kept) == len(self.ends):
            return self
        used, ends = np.unique(self.ends[kept], return_inverse=True)
        return replace(self, **{**self.take(used, kept), "ends": ends.reshape(-1, 2).astype(np.int64)})

    def end_outside(self, area: shapely.Geometry) -> WalkNetwork:
        """Return the network with every node outside an area marked as a place where the data end."""
        outside = ~np.asarray(shapely.intersects_xy(area, *self.xy.T))
        return replace(self, cut=self.cut | outside)

    def to_gdf(self) -> gpd.GeoDataFrame:
        """Return the edges as lines with their attributes."""
        return gpd.GeoDataFrame(
            {
                "way": self.osm_way, "street": self.kind, "length_m": self.length_m, "steps": self.steps,
                "crossing": np.array(CROSSINGS)[self.crossing], "private": self.private,
            },
            geometry=list(self.lines),
            crs=self.crs,
        )  # fmt: skip

    def to_networkx(self) -> nx.MultiDiGraph:
        """Return the network as osmnx models it: a projected ``MultiDiGraph``, two arcs per street.

        Nodes carry ``x``, ``y`` and ``osmid``; arcs carry ``length`` (metres), ``highway``, ``osmid``,
        ``edge`` (position in this network) and ``geometry``.
        """
        import networkx as nx

        graph = nx.MultiDiGraph(crs=self.crs)
        for node, ((x, y), osm) in enumerate(zip(self.xy.tolist(), self.osm_node.tolist(), strict=True)):
            graph.add_node(node, x=x, y=y, osmid=osm)
        for edge, (a, b) in enumerate(self.ends.tolist()):
            shared = {
                "length": float(self.length_m[edge]), "highway": str(self.kind[edge]),
                "osmid": int(self.osm_way[edge]), "edge": edge,
                "access": "private" if self.private[edge] else "yes", "level": int(self.level[edge]),
                "crossing": CROSSINGS[self.crossing[edge]],
            }  # fmt: skip
            if self.oneway[edge] >= 0:
                graph.add_edge(a, b, geometry=self.lines[edge], **shared)
            if self.oneway[edge] <= 0:
                graph.add_edge(b, a, geometry=self.lines[edge].reverse(), **shared)
        return graph


@dataclass(frozen=True, eq=False)
class NodeMarks:
    """What tags on nodes say about the streets there.

    Attributes
    ----------
    barrier
        ``(n,)`` position in :data:`~walkcircle.barriers.BARRIERS` of the barrier on each node.
    stop
        ``(n,)`` position in :data:`CROSSINGS` of the crossing on each node.
    road
        ``(n,)`` position in :data:`ROADS` of the largest road at each node, walked or not.
    """

    barrier: NDArray[np.uint8]
    stop: NDArray[np.uint8]
    road: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Ways:
    """Raw ways before they become a network.

    Attributes
    ----------
    xy
        ``(n, 2)`` coordinates of all nodes, metres.
    osm_node
        ``(n,)`` their ids, or -1.
    cut
        ``(n,)`` whether a way goes on there to a node that the data lack.
    paths
        Node positions along each way; an array where all have as many.
    osm_way
        ``(w,)`` ids, or -1.
    kind, steps, crossing, crossed, private, oneway, level
        ``(w,)`` attributes as in :class:`WalkNetwork`.
    squares
        Rings of node positions of each open square, outer ring first.
    marks
        What is on the nodes; None for nothing.
    """

    xy: NDArray[np.float64]
    osm_node: NDArray[np.int64]
    cut: NDArray[np.bool_]
    paths: Sequence[NDArray[np.int64]] | NDArray[np.int64]
    osm_way: NDArray[np.int64]
    kind: NDArray[np.str_]
    steps: NDArray[np.bool_]
    crossing: NDArray[np.uint8]
    crossed: NDArray[np.uint8]
    private: NDArray[np.bool_]
    oneway: NDArray[np.int8]
    level: NDArray[np.int8]
    squares: Sequence[Sequence[NDArray[np.int64]]] = ()
    marks: NodeMarks | None = None


def assemble_network(
    ways: Ways,
    crs: CRS,
    *,
    extent: shapely.Polygon | None = None,
    merge: bool = True,
    report: Callable[[str], None] | None = None,
) -> WalkNetwork:
    """Split ways at junctions and gates, cross open squares, and merge chains of like stretches.

    Parameters
    ----------
    ways
        Raw ways in metres.
    crs
        Their projected CRS.
    extent
        Box of the data; that of the nodes when not given.
    merge
        Merge stretches that meet where nothing else does and are alike in everything that matters on foot;
        the lines keep every bend.
    report
        Called with the name of each step as it begins.

    Raises
    ------
    NetworkError
        No way is left.
    """
    tell = report or (lambda _: None)
    if ways.squares:
        tell("Crossing open squares")
        ways = _cross_squares(ways)
    tell("Splitting streets at junctions")
    flat, path = _flatten(ways.paths)
    if len(flat) == 0:
        msg = "there is no walkable street here; check that the file holds ways with a highway tag"
        raise NetworkError(msg)
    way, gate = path, np.zeros(len(ways.kind), np.uint8)
    if ways.marks is not None and (parting := _split_ways(ways, ways.marks, flat, path)) is not None:
        flat, path, way = parting.flat, parting.piece, parting.way
        ways, gate = _add_joints(ways, ways.marks, parting)
    start, stop = _split(flat, path, len(ways.xy))
    way = way[start]
    used, ends = _number_used(np.stack([flat[start], flat[stop]], axis=1), len(ways.xy))
    length = _measure_between(ways.xy, flat, start, stop)
    cut = ways.cut[used] | _near_edge(ways.xy[used], extent)
    private = ways.private[way]
    if gate[way].any():
        kept, private = close_gates(ends, length, private, gate[way], cut)
        start, stop, way, ends = start[kept], stop[kept], way[kept], ends[kept]
        length, private = length[kept], private[kept]
    if merge:
        tell("Joining stretches of street")
    chains = _chain_alike(ways, way, ends, private, cut) if merge else _Chains.single(len(way))
    nodes, ends = _number_used(chains.ends(ends), len(used))
    longest = chains.longest(length)
    way, used = way[longest], used[nodes]
    network = WalkNetwork(
        xy=ways.xy[used],
        ends=ends,
        length_m=np.add.reduceat(length[chains.order], chains.first),
        climb_m=np.full(len(way), np.nan),
        kind=ways.kind[way],
        steps=ways.steps[way],
        crossing=ways.crossing[way],
        crossed=ways.crossed[way],
        private=private[longest],
        oneway=ways.oneway[way],
        level=ways.level[way],
        lines=chains.draw(ways.xy, flat, start, stop),
        osm_node=ways.osm_node[used],
        osm_way=ways.osm_way[way],
        cut=cut[nodes],
        crs=crs,
        extent=extent if extent is not None else shapely.box(*ways.xy.min(axis=0), *ways.xy.max(axis=0)),
    )
    return _number_along_curve(network)


def network_from_lines(lines: gpd.GeoDataFrame) -> WalkNetwork:
    """Make a network from a frame of lines that meet wherever they share a vertex.

    Lines that cross without a shared vertex pass over each other, as a bridge does. A column
    ``highway`` is kept as the kind, ``access=private`` marks an edge.

    Parameters
    ----------
    lines
        LineStrings or MultiLineStrings in a projected CRS; feet are converted to metres.

    Raises
    ------
    TableError
        There is no CRS, or it is in degrees, or a row is not a line.
    NetworkError
        No line is left.
    """
    metric = to_metric(lines, where="lines")
    metric = metric[~(metric.geometry.isna() | metric.geometry.is_empty)]
    is_line = metric.geometry.geom_type.isin(["LineString", "LinearRing", "MultiLineString"])
    if not is_line.all():
        row, odd = metric.index[~is_line].tolist()[0], metric.geometry[~is_line].iloc[0]
        msg = f"lines: row {row!r} is a {odd.geom_type}; a network is made of LineStrings"
        raise TableError(msg)
    metric = metric.explode(index_parts=False)
    coords, row = shapely.get_coordinates(metric.geometry.to_numpy(), return_index=True)
    # a thousandth of a millimetre apart is the same vertex: coordinates that went through a file differ by less
    _, first, node = np.unique(np.round(coords, 6), axis=0, return_index=True, return_inverse=True)
    xy = coords[first]
    count = len(metric)
    kind = metric["highway"].astype(str).to_numpy(dtype=str) if "highway" in metric else np.full(count, "path")
    private = (metric["access"] == "private").to_numpy(dtype=bool) if "access" in metric else np.zeros(count, bool)
    paths = np.split(node.ravel().astype(np.int64), np.flatnonzero(np.diff(row)) + 1)
    ways = Ways(
        xy=xy, osm_node=np.full(len(xy), -1), cut=np.zeros(len(xy), bool), paths=paths,
        osm_way=np.full(count, -1), kind=kind,
        steps=kind == "steps", crossing=np.zeros(count, np.uint8),
        crossed=np.zeros(count, np.uint8), private=private,
        oneway=np.zeros(count, np.int8), level=np.zeros(count, np.int8),
    )  # fmt: skip
    return assemble_network(ways, CRS(metric.crs), merge=False)


def network_from_networkx(graph: nx.Graph) -> WalkNetwork:
    """Make a network from an osmnx graph, or any networkx graph whose nodes have ``x`` and ``y``.

    The graph's own ``length`` is kept where an arc has one. Both directions of a street become one
    edge, since one-way rules do not hold on foot. Degrees (osmnx' default) are projected to the local
    UTM zone.

    Parameters
    ----------
    graph
        ``graph.graph["crs"]`` names the CRS; ``highway``, ``access``, ``osmid`` and ``geometry`` of arcs are used.

    Raises
    ------
    NetworkError
        There is no arc, no CRS, or a node without coordinates.
    """
    if graph.graph.get("crs") is None:
        msg = "the graph has no CRS; set graph.graph['crs'], for instance to 'EPSG:4326'"
        raise NetworkError(msg)
    nodes = list(graph.nodes)
    try:
        xy = np.array([(graph.nodes[n]["x"], graph.nodes[n]["y"]) for n in nodes], dtype=float).reshape(-1, 2)
    except KeyError as key:
        msg = f"a node of the graph has no {key}; every node needs x and y"
        raise NetworkError(msg) from None
    position = {node: i for i, node in enumerate(nodes)}
    rows = _undirected(graph, position)
    if not rows:
        msg = "the graph has no edge; nothing can be walked"
        raise NetworkError(msg)
    straight = shapely.linestrings([[xy[a], xy[b]] for a, b, _ in rows])
    lines = gpd.GeoSeries(
        [tags.get("geometry") or line for (_, _, tags), line in zip(rows, straight, strict=True)],
        crs=graph.graph["crs"],
    )
    if lines.crs.is_geographic:
        crs = CRS(lines.estimate_utm_crs())
        move = Transformer.from_crs(lines.crs, crs, always_xy=True)
        lines = lines.to_crs(crs)
        xy = np.column_stack(move.transform(xy[:, 0], xy[:, 1]))
    xy = xy * CRS(lines.crs).axis_info[0].unit_conversion_factor
    lines = to_metric(lines.to_frame("geometry"), where="the graph").geometry
    lines = _run_from_first_to_last(lines, xy[[a for a, _, _ in rows]])
    length = lines.length.to_numpy()
    given = np.array([float(tags.get("length", np.nan)) for _, _, tags in rows])
    kind = np.array([_first(tags.get("highway", "path")) for _, _, tags in rows])
    network = WalkNetwork(
        xy=xy,
        ends=np.array([(a, b) for a, b, _ in rows], dtype=np.int64),
        length_m=np.where(np.isfinite(given), given, length),
        climb_m=np.full(len(rows), np.nan),
        kind=kind,
        steps=kind == "steps",
        crossing=np.zeros(len(rows), np.uint8),
        crossed=np.zeros(len(rows), np.uint8),
        private=np.array([_first(tags.get("access", "")) == "private" for _, _, tags in rows]),
        oneway=np.zeros(len(rows), np.int8),
        level=np.array([_level(tags) for _, _, tags in rows], dtype=np.int8),
        lines=lines.to_numpy(),
        osm_node=np.array([_whole(graph.nodes[n].get("osmid", n)) for n in nodes], dtype=np.int64),
        osm_way=np.array([_whole(_first(tags.get("osmid", -1))) for _, _, tags in rows], dtype=np.int64),
        cut=np.zeros(len(xy), bool),
        crs=CRS(lines.crs),
        extent=shapely.box(*lines.total_bounds),
    )
    return _number_along_curve(network)


def to_metric(frame: gpd.GeoDataFrame, *, where: str) -> gpd.GeoDataFrame:
    """Return `frame` in metres: feet are scaled in their own projection, degrees are refused.

    Raises
    ------
    TableError
        There is no CRS, or it is in degrees.
    """
    if frame.crs is None:
        msg = f"{where}: no coordinate reference system; set one with .set_crs()"
        raise TableError(msg)
    crs = CRS(frame.crs)
    if not crs.is_projected:
        name = crs.to_string()
        msg = f"{where}: coordinates are in degrees ({name}); project first: .to_crs(frame.estimate_utm_crs())"
        raise TableError(msg)
    metres_per_unit = crs.axis_info[0].unit_conversion_factor
    if metres_per_unit == 1:
        return frame
    in_metres = frame.copy()
    in_metres.geometry = shapely.transform(frame.geometry.to_numpy(), lambda xy: xy * metres_per_unit)
    return in_metres.set_crs(_with_metres(crs), allow_override=True)


def classify_road(highway: str) -> int:
    """Return the position in :data:`ROADS` of a ``highway`` value; 0 where no motor traffic is expected."""
    return ROADS.index(_ROAD_CLASS.get(highway.removesuffix("_link"), ""))


#: Roads for motors that are no name of a class themselves; a motorway or trunk road is crossed like a primary one.
_ROAD_CLASS: Mapping[str, str] = {
    **{name: name for name in ROADS}, "motorway": "primary", "trunk": "primary", "unclassified": "residential",
    "living_street": "residential", "road": "residential",
}  # fmt: skip


def find_level(tags: Mapping[str, str]) -> int:
    """Tell whether a way is on a bridge (1), in a tunnel (-1) or on the ground (0).

    An arcade or a passage through a building (``tunnel=building_passage``) is on the ground.
    """
    if tags.get("tunnel", "no") not in {"no", "building_passage", "arcade"}:
        return -1
    return int(tags.get("bridge", "no") != "no")


def choose_crs(lon: float, lat: float) -> CRS:
    """Choose the UTM zone (WGS 84) at a longitude and latitude in degrees."""
    zone = min(int((lon + 180) // 6) + 1, 60)
    return CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)


def _with_metres(crs: CRS) -> CRS:
    """Return the same projection counted in metres."""
    description = crs.to_json_dict()
    for axis in description["coordinate_system"]["axis"]:
        axis["unit"] = "metre"
    description.pop("id", None)
    return CRS.from_json_dict({**description, "name": f"{crs.name}, in metres"})


def _near_edge(xy: NDArray[np.float64], extent: shapely.Polygon | None) -> NDArray[np.bool_]:
    """Find the nodes at the edge of the data, or beyond it where ways were kept whole."""
    if extent is None:
        return np.zeros(len(xy), bool)
    return ~np.asarray(shapely.contains_xy(shapely.buffer(extent, -AT_EDGE_M), *xy.T))


def _flatten(
    paths: Sequence[NDArray[np.int64]] | NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Join the paths into one array of nodes and one of way positions, without immediate repeats."""
    if len(paths) == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    if isinstance(paths, np.ndarray):
        flat, sizes = paths.ravel(), np.full(len(paths), paths.shape[1])
    else:
        flat, sizes = np.concatenate(paths), np.array([len(p) for p in paths])
    path = np.repeat(np.arange(len(paths)), sizes)
    repeated = np.zeros(len(flat), bool)
    repeated[1:] = (flat[1:] == flat[:-1]) & (path[1:] == path[:-1])
    flat, path = flat[~repeated], path[~repeated]
    lonely = np.bincount(path, minlength=len(paths))[path] < 2
    return flat[~lonely], path[~lonely]


def _split(flat: NDArray[np.int64], path: NDArray[np.int64], nodes: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find where stretches between junctions start and stop in `flat`."""
    first = np.ones(len(flat), bool)
    first[1:] = path[1:] != path[:-1]
    last = np.append(first[1:], True)
    junction = np.bincount(flat, minlength=nodes) > 1
    junction[flat[first | last]] = True
    at = np.flatnonzero(junction[flat])
    within = path[at[:-1]] == path[at[1:]]
    return at[:-1][within], at[1:][within]


def _measure_between(
    xy: NDArray[np.float64], flat: NDArray[np.int64], start: NDArray[np.int64], stop: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the length of each stretch."""
    steps = np.append(np.hypot(*np.diff(xy[flat], axis=0).T), 0.0)
    return np.asarray(np.add.reduceat(steps, np.stack([start, stop], axis=1).ravel())[::2])


@dataclass(frozen=True, eq=False)
class _Chains:
    """Stretches one after the other, those of a chain together.

    Attributes
    ----------
    order
        ``(s,)`` stretches in the order in which chains run through them.
    first
        ``(c,)`` where each chain begins in `order`.
    flipped
        ``(s,)`` whether the chain runs through it from its last node to its first.
    """

    order: NDArray[np.int64]
    first: NDArray[np.int64]
    flipped: NDArray[np.bool_]

    @classmethod
    def single(cls, stretches: int) -> _Chains:
        """Make every stretch a chain of its own."""
        return cls(np.arange(stretches), np.arange(stretches), np.zeros(stretches, bool))

    @property
    def chain(self) -> NDArray[np.int64]:
        """``(s,)`` the chain of each stretch in `order`."""
        return np.repeat(np.arange(len(self.first)), np.diff(np.append(self.first, len(self.order))))

    def ends(self, ends: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return ``(c, 2)`` first and last node of each chain."""
        last = np.append(self.first[1:], len(self.order)) - 1
        heads = ends[self.order[self.first], self.flipped[self.first].astype(np.int64)]
        return np.stack([heads, ends[self.order[last], 1 - self.flipped[last].astype(np.int64)]], axis=1)

    def longest(self, length: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return ``(c,)`` the longest stretch of each chain, the first of equals, which gives the chain its name."""
        of_order, chain = length[self.order], self.chain
        is_longest = np.flatnonzero(of_order == np.maximum.reduceat(of_order, self.first)[chain])
        return self.order[is_longest[np.diff(chain[is_longest], prepend=-1) > 0]]

    def draw(
        self, xy: NDArray[np.float64], flat: NDArray[np.int64], start: NDArray[np.int64], stop: NDArray[np.int64]
    ) -> NDArray[np.object_]:
        """Draw the line of each chain; where two stretches meet, their node is one vertex."""
        begins, chain = np.zeros(len(self.order), bool), self.chain
        begins[self.first] = True
        start, stop = start[self.order], stop[self.order]
        sizes = stop - start + begins
        stretch = np.repeat(np.arange(len(sizes)), sizes)
        along = np.arange(len(stretch)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + ~begins[stretch]
        vertex = np.where(self.flipped[stretch], stop[stretch] - along, start[stretch] + along)
        return np.asarray(shapely.linestrings(xy[flat[vertex]], indices=chain[stretch]), dtype=object)


def _chain_alike(
    ways: Ways, way: NDArray[np.int64], ends: NDArray[np.int64], private: NDArray[np.bool_], cut: NDArray[np.bool_]
) -> _Chains:
    """Chain stretches that meet at a node where nothing else does, when they are alike on foot."""
    alike = pd.factorize(ways.kind)[0].astype(np.int64)[way]
    for column, values in ((ways.steps[way], 2), (private, 2), (ways.level[way] + 1, 3)):
        alike = alike * values + column
    # directions would have to be compared first, and two crossings mean two waits
    mergeable = (ways.oneway[way] == 0) & (ways.crossing[way] == 0)
    # where the data end must not be forgotten inside a longer stretch
    mergeable &= ~cut[ends].any(axis=1)
    alike = np.where(mergeable, alike, -1 - np.arange(len(alike)))
    order, chain, flipped = kernels.chain_edges(ends, alike, len(cut))
    return _Chains(order, np.flatnonzero(np.diff(chain, prepend=-1)), flipped)


def _number_used(ends: NDArray[np.int64], nodes: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the nodes that edges end at, growing, and the edges' ends as positions among them."""
    used = np.zeros(nodes, bool)
    used[ends] = True
    return np.flatnonzero(used), (np.cumsum(used) - 1)[ends]


def _number_along_curve(network: WalkNetwork) -> WalkNetwork:
    """Put nodes in the order of a Hilbert curve and edges in that of their nodes: neighbours are near in memory."""
    order = np.argsort(kernels.number_along_curve(network.xy), kind="stable")
    number = np.empty(len(order), np.int64)
    number[order] = np.arange(len(order))
    ends = number[network.ends]
    edges = np.lexsort((ends.max(axis=1), ends.min(axis=1)))
    return replace(network, **network.take(order, edges) | {"ends": ends[edges]})


def _cross_squares(ways: Ways) -> Ways:
    """Let people walk along the edge of each square and straight across it between the ways that meet it."""
    # a way that comes back to a node, and a square whose rings touch, meet nobody there but themselves
    met = [*ways.paths, *(np.concatenate(list(rings)) for rings in ways.squares)]
    owner = np.repeat(np.arange(len(met)), [len(nodes) for nodes in met])
    once = np.unique(owner * len(ways.xy) + np.concatenate(met))
    on_ways = np.bincount(once % len(ways.xy), minlength=len(ways.xy))
    paths: list[NDArray[np.int64]] = []
    for rings in ways.squares:
        paths.extend(rings)
        paths.extend(draw_chords(ways.xy, rings, on_ways > 1))
    count = len(paths)
    return replace(
        ways,
        paths=[*ways.paths, *paths],
        osm_way=np.append(ways.osm_way, np.full(count, -1)),
        kind=np.append(ways.kind, np.full(count, "square")),
        steps=np.append(ways.steps, np.zeros(count, bool)),
        crossing=np.append(ways.crossing, np.zeros(count, np.uint8)),
        crossed=np.append(ways.crossed, np.zeros(count, np.uint8)),
        private=np.append(ways.private, np.zeros(count, bool)),
        oneway=np.append(ways.oneway, np.zeros(count, np.int8)),
        level=np.append(ways.level, np.zeros(count, np.int8)),
        squares=(),
    )


def _split_ways(ways: Ways, marks: NodeMarks, flat: NDArray[np.int64], way: NDArray[np.int64]) -> Parting | None:
    """Split ways at gates, stiles and crossings on nodes; None where there is none."""
    kinds = ways.kind.tolist()
    walked = {kind: kind != "square" and not classify_road(kind) for kind in set(kinds)}
    on_foot = np.array([walked[kind] for kind in kinds], dtype=bool)
    stop = (marks.stop > 0) & (marks.road > 0)
    return split_ways(flat, way, Marks(marks.barrier, stop, ways.private, ways.crossing > 0, on_foot))


def _add_joints(ways: Ways, marks: NodeMarks, parting: Parting) -> tuple[Ways, NDArray[np.uint8]]:
    """Add the joints as the last of the ways; return the barrier that each way stands for as well."""
    at, crosses = parting.at, parting.crosses
    gate = np.where(crosses, 0, marks.barrier[at]).astype(np.uint8)
    steps = gate == BARRIERS.index("steps")
    kind = np.where(crosses, ways.kind[parting.like], np.where(steps, "steps", "gate"))
    node = np.append(np.arange(len(ways.xy)), parting.node)
    joined = replace(
        ways,
        xy=ways.xy[node],
        osm_node=ways.osm_node[node],
        cut=ways.cut[node],
        osm_way=np.append(ways.osm_way, ways.osm_way[parting.like]),
        kind=np.append(ways.kind, kind),
        steps=np.append(ways.steps, steps),
        crossing=np.append(ways.crossing, np.where(crosses, marks.stop[at], 0).astype(np.uint8)),
        crossed=np.append(ways.crossed, np.where(crosses, marks.road[at], 0).astype(np.uint8)),
        private=np.append(ways.private, gate == BARRIERS.index("private")),
        oneway=np.append(ways.oneway, np.zeros(len(at), np.int8)),
        level=np.append(ways.level, ways.level[parting.like]),
    )
    return joined, np.append(np.zeros(len(ways.kind), np.uint8), gate)


def _undirected(graph: nx.Graph, position: Mapping[Any, int]) -> list[tuple[int, int, dict[str, Any]]]:
    """List each street of a graph once, whichever directions it has."""
    seen: dict[tuple[Any, ...], tuple[int, int, dict[str, Any]]] = {}
    parallel: dict[tuple[int, int, str, float], int] = {}
    for u, v, tags in graph.edges(data=True):
        a, b = position[u], position[v]
        like = (a, b, str(_first(tags.get("osmid", ""))), round(float(tags.get("length", 0.0)), 3))
        parallel[like] = parallel.get(like, 0) + 1
        # a loop has the same first and last node in both directions
        number = (parallel[like] + 1) // 2 if a == b and graph.is_directed() else parallel[like]
        key = (min(a, b), max(a, b), *like[2:], number)
        seen.setdefault(key, (a, b, tags))
    return list(seen.values())


def _run_from_first_to_last(lines: gpd.GeoSeries, first: NDArray[np.float64]) -> gpd.GeoSeries:
    """Turn round the lines that end nearer to their edge's first node than they start: networkx does not care."""
    shapes = lines.to_numpy()
    starts, ends = (shapely.distance(shapely.get_point(shapes, i), shapely.points(first)) for i in (0, -1))
    return gpd.GeoSeries(np.where(ends < starts, shapely.reverse(shapes), shapes), crs=lines.crs)


def _level(tags: Mapping[str, Any]) -> int:
    """Tell whether an arc of a graph is a bridge (1), a tunnel (-1) or on the ground (0)."""
    return find_level({key: str(_first(tags[key])) for key in ("bridge", "tunnel") if key in tags})


def _first(value: Any) -> Any:
    """Return the first of a list of tag values, as osmnx keeps them for merged ways."""
    return value[0] if isinstance(value, list) else value


def _whole(value: Any) -> int:
    return int(value) if isinstance(value, int | np.integer) else -1
