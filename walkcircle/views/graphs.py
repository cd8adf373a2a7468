"""Graphs: the streets and where everything meets them, packed so that the page walks as Python does.

Streets are in metres of the place's CRS, in steps of :data:`STEP_M` from the first node: each node once, each edge its
two nodes and the corners between them. Lengths and seconds are kept as what they differ from what the page works out
by itself: a length, in centimetres, from that of the packed line; a time, in hundredths of a second, from that length
at the walker's level pace. On the flat both are nearly always nothing. A walk of an hour passes some hundreds of edges
and takes within a fifth of a second as long as in Python (measured on four towns, 2,500 places, every kind).

An edge with its share of the nodes, its corners, length and seconds takes 10.3 bytes in Monaco once deflated, 11.1 in
Karhula and 29.1 in Liechtenstein, where trails have many corners; without corners 5 to 6, and each further walker half
a byte or less on the flat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from walkcircle.analysis import Analysis, find_allowed, snap_clusters, snap_facilities
from walkcircle.attainment import choose_walkers
from walkcircle.footing import make_footing
from walkcircle.legs import walk_directly
from walkcircle.network import LINK, WalkNetwork
from walkcircle.snapping import find_ways_out
from walkcircle.study import SEARCH_FACTOR
from walkcircle.tables import Coverage
from walkcircle.views.payload import Packing

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from walkcircle.footing import Footing
    from walkcircle.snapping import Spots
    from walkcircle.walkers import Walker

#: Streets are kept to this, metres. In steps of five centimetres one click in 1,500 joined another street than in
#: Python; in steps of one, only a click to which two streets are as near to a centimetre does.
STEP_M = 0.01

#: Hundredths, of a metre and of a second.
PARTS = 100

#: How streets are drawn, by their ``highway`` value; the page has a width for each class. What is not named is a
#: minor street; squares are crossed on straight lines that nobody paved, and are not drawn.
STREET_CLASSES = ("main", "minor", "service", "path", "steps", "hidden")
_MAIN = ("motorway", "trunk", "primary", "secondary", "tertiary")
_PATHS = ("path", "footway", "cycleway", "bridleway", "track", "corridor", "platform")

_NOTHING: Final = np.empty(0, np.int64)

#: Degree of the polynomials between metres and pixels: over 100 km they are within a millimetre.
DEGREE = 5


def pack_streets(answer: Analysis, packing: Packing) -> dict[str, Any]:
    """Pack the streets: nodes, edges, the corners between, and what decides who joins them."""
    network = answer.place.network
    steps = np.rint((network.xy - network.xy[0]) / STEP_M).astype(np.int64)
    packing.add_ints("streets.nodes", _step(network.xy, network).ravel())
    packing.add_ints("streets.first", np.diff(network.ends[:, 0], prepend=0))
    packing.add_ints("streets.last", np.diff(network.ends, axis=1).ravel())
    count, moves, drawn = _draw_corners(network, steps)
    packing.add_ints("streets.inner", count)
    packing.add_ints("streets.moves", moves.ravel())
    length = np.rint(network.length_m * PARTS).astype(np.int64)
    packing.add_ints("streets.length", length - np.floor(drawn * STEP_M * PARTS + 0.5).astype(np.int64))
    packing.add_ints("streets.class", _street_classes(network))
    marks = np.stack([network.private, network.level < 0, ~network.leads_on, network.kind == LINK])
    packing.add_ints("streets.marks", 2 ** np.arange(len(marks)) @ marks.astype(np.int64))
    return {"classes": STREET_CLASSES, "step": STEP_M, **_fit_plane(network, packing)}


def pack_walkers(answer: Analysis, packing: Packing) -> dict[str, Any]:
    """Pack how each walker finds the streets, and where homes and facilities meet them."""
    study, network = answer.study, answer.place.network
    walkers = []
    _pack_outlines(answer, packing)
    for position, walker in enumerate(study.walkers):
        footing = answer.footing if position == 0 else make_footing(network, walker)
        starts = answer.starts if position == 0 else snap_clusters(answer.place, study, answer.clusters, footing)
        ends = answer.ends if position == 0 else snap_facilities(answer.place, study, answer.place.facilities, footing)
        name = f"walkers.{position}"
        _pack_seconds(footing, name, packing)
        _pack_spots(starts, network, f"{name}.homes", packing)
        _pack_spots(ends, network, f"{name}.places", packing)
        begin, end, _, metres = walk_directly(footing, starts, ends)
        same = (metres == 0) & (starts.access_m[begin] + ends.access_m[end] > 0)
        packing.add_ints(f"{name}.doors", np.stack([begin[same], end[same]], axis=1).ravel())
        for role, is_public in (("home", False), ("place", True)):
            _pack_estates(answer, footing, f"{name}.{role}", packing, is_public=is_public)
        walkers.append(_describe_walker(walker))
    names = [walker.name for walker in study.walkers]
    chosen = choose_walkers(study.standard, names, own_walker=study.checkup.own_walker)
    of_kind = [names.index(chosen[kind.id]) for kind in study.standard.kinds]
    # whom the tables count: a walk of exactly the limit must not fall on the other side by a hundredth of a second
    shape = (len(names), len(answer.clusters), len(of_kind))
    covered = answer.coverage[Coverage.covered].to_numpy(dtype=np.int64).reshape(shape)
    packing.add_ints("covered", covered[of_kind, :, np.arange(len(of_kind))].ravel())
    return {
        "all": walkers,
        "of_kind": of_kind,
        "limits_min": [kind.limit_min for kind in study.standard.kinds],
        "search_min": SEARCH_FACTOR * max(kind.limit_min for kind in study.standard.kinds),
        "within_m": study.snapping.within_m,
        "estates": len(answer.place.estates),
    }


def _draw_corners(
    network: WalkNetwork, nodes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return how many corners each edge has between its nodes, the moves to them, and how long it is, in steps."""
    xy, edge = shapely.get_coordinates(network.lines, return_index=True)
    first, last = np.diff(edge, prepend=-1) != 0, np.diff(edge, append=-1) != 0
    steps = np.rint((xy - network.xy[0]) / STEP_M).astype(np.int64)
    # a line begins and ends at its nodes
    steps[first], steps[last] = nodes[network.ends[:, 0]], nodes[network.ends[:, 1]]
    moved = first | last | (np.diff(steps, axis=0, prepend=steps[:1]) != 0).any(axis=1)
    steps, edge, first, last = steps[moved], edge[moved], first[moved], last[moved]
    moves: NDArray[np.int64] = np.diff(steps, axis=0, prepend=steps[:1])
    moves[first] = 0
    # the page adds up in this order, so that both round the same sum
    drawn = np.bincount(edge, weights=np.sqrt((moves.astype(float) ** 2).sum(axis=1)), minlength=len(network.ends))
    inner = ~first & ~last
    return np.bincount(edge[inner], minlength=len(network.ends)).astype(np.int64), moves[inner], np.asarray(drawn)


def _pack_seconds(footing: Footing, name: str, packing: Packing) -> None:
    """Pack what each way takes beyond its length at a level pace, in hundredths: 1 nothing, 2 one more; 0 is closed."""
    length = np.rint(footing.network.length_m * PARTS)
    level = np.floor(length / footing.walker.metres_per_second + 0.5)
    for way, side in enumerate(("forth", "back")):
        seconds = footing.seconds[:, way]
        walked = np.isfinite(seconds)
        more = (np.rint(np.where(walked, seconds, 0.0) * PARTS) - level).astype(np.int64)
        packing.add_ints(f"{name}.{side}", np.where(walked, more + (more >= 0), 0))


def _pack_spots(spots: Spots, network: WalkNetwork, name: str, packing: Packing) -> None:
    """Pack where things meet the streets: the thing, its edge, how far along it, and the leg."""
    packing.add_ints(f"{name}.item", np.diff(spots.item, prepend=0))
    packing.add_ints(f"{name}.edge", spots.edge)
    along = spots.fraction * network.length_m[spots.edge]
    packing.add_ints(f"{name}.along", np.rint(along * PARTS).astype(np.int64))
    packing.add_ints(f"{name}.leg", np.rint(spots.access_m * PARTS).astype(np.int64))


def _pack_outlines(answer: Analysis, packing: Packing) -> None:
    """Pack the outlines of closed estates, the smallest first: of nested ones the smallest counts."""
    network, estates = answer.place.network, _sort_estates(answer)
    areas, estate = shapely.get_parts(estates.geometry.to_numpy(), return_index=True)
    rings, area = shapely.get_rings(areas, return_index=True)
    packing.add_ints("estates.parts", np.bincount(estate[area], minlength=len(estates)))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    packing.add_ints("estates.corners", np.bincount(ring, minlength=len(rings)))
    packing.add_ints("estates", _step(xy, network).ravel())


def _pack_estates(answer: Analysis, footing: Footing, name: str, packing: Packing, *, is_public: bool) -> None:
    """Pack what a door inside each estate joins: its own paths, else its gates, and where these meet the streets."""
    place, network = answer.place, answer.place.network
    found = find_ways_out(
        _sort_estates(answer), network, within_m=answer.study.snapping.within_m,
        allowed=find_allowed(place, footing, is_public=is_public),
        allowed_inside=footing.usable & (network.kind != LINK), entrances=place.entrances,
    )  # fmt: skip
    packing.add_ints(f"{name}.own", [len(own) for own, _ in found])
    packing.add_ints(f"{name}.own.edge", np.concatenate([_NOTHING, *(np.diff(own, prepend=0) for own, _ in found)]))
    packing.add_ints(f"{name}.gates", [len(ways.edge) for _, ways in found])
    edge = np.concatenate([_NOTHING, *(ways.edge for _, ways in found)])
    xy, gate_xy = (np.concatenate([np.empty((0, 2)), *arrays]) for arrays in
                   ([ways.xy for _, ways in found], [ways.gate_xy for _, ways in found]))  # fmt: skip
    along = shapely.line_locate_point(network.lines[edge], shapely.points(xy), normalized=True)
    packing.add_ints(f"{name}.gates.edge", edge)
    packing.add_ints(f"{name}.gates.along", np.rint(along * network.length_m[edge] * PARTS).astype(np.int64))
    leg = np.concatenate([np.empty(0), *(ways.access_m for _, ways in found)])
    packing.add_ints(f"{name}.gates.leg", np.rint(leg * PARTS).astype(np.int64))
    packing.add_ints(f"{name}.gates.xy", _step(gate_xy, network).ravel())


def _sort_estates(answer: Analysis) -> gpd.GeoDataFrame:
    estates = answer.place.estates
    return estates.iloc[np.argsort(estates.geometry.area.to_numpy(), kind="stable")]


def _step(xy: NDArray[np.float64], network: WalkNetwork) -> NDArray[np.int64]:
    """Return differences between places in steps from the first node."""
    steps = np.rint((xy - network.xy[0]) / STEP_M).astype(np.int64)
    return np.asarray(np.diff(steps, axis=0, prepend=np.zeros((1, 2), np.int64)))


def _describe_walker(walker: Walker) -> dict[str, Any]:
    return {
        "name": walker.name,
        "label": {"en": walker.en, "zh": walker.zh},
        "speed": f"{walker.speed_kmh:g}",
        "pace": walker.metres_per_second,
        "gates": walker.gates,
    }


def _fit_plane(network: WalkNetwork, packing: Packing) -> dict[str, Any]:
    """Fit polynomials between the page's pixels and metres from the first node, both ways.

    A place's CRS may be any; over a study area each is a smooth function of the other.
    """
    west, south, east, north = network.extent.bounds
    least, most = np.minimum(network.xy.min(axis=0), (west, south)), np.maximum(network.xy.max(axis=0), (east, north))
    side = (1 - np.cos(np.linspace(0, np.pi, 2 * DEGREE + 5))) / 2  # denser at the border, where polynomials stray
    grid = np.stack(np.meshgrid(*(low + (high - low) * side for low, high in zip(least, most, strict=True))), axis=-1)
    metres = grid.reshape(-1, 2) - network.xy[0]
    pixels = packing.project(grid.reshape(-1, 2))
    return {"metres": _fit_polynomial(pixels, metres), "pixels": _fit_polynomial(metres, pixels)}


def _fit_polynomial(given: NDArray[np.float64], wanted: NDArray[np.float64]) -> dict[str, Any]:
    """Return middle, scale and coefficients, one row for each power of x and y, in the order that the page reads."""
    middle = given.mean(axis=0)
    scale = float(np.abs(given - middle).max())
    u, v = ((given - middle) / scale).T
    terms = [u**i * v**j for i in range(DEGREE + 1) for j in range(DEGREE + 1 - i)]
    found, *_ = np.linalg.lstsq(np.stack(terms, axis=1), wanted, rcond=None)
    return {"middle": middle.tolist(), "scale": scale, "degree": DEGREE, "terms": found.tolist()}


def _street_classes(network: WalkNetwork) -> NDArray[np.int64]:
    """Return the position in STREET_CLASSES of each edge; tunnels are walked but not drawn as streets."""
    base = np.char.replace(network.kind.astype(str), "_link", "")
    of = {name: i for i, name in enumerate(STREET_CLASSES)}
    classes = np.full(len(base), of["minor"])
    classes[np.isin(base, _MAIN)] = of["main"]
    classes[base == "service"] = of["service"]
    classes[np.isin(base, _PATHS)] = of["path"]
    classes[network.steps | (base == "steps")] = of["steps"]
    classes[base == "square"] = of["hidden"]
    return classes
