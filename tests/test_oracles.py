"""Oracles: the same questions put to tools and readers that share no line with walkcircle.

* spaghetti's published numbers on libpysal's streets, schools and crimes (US survey feet);
* networkx on a graph read from the bundled extracts by the reader below, node by node, nothing merged;
* networkx on the graph that ``to_networkx`` gives.

How squares enter the second: the reader draws, for every square, its rings and *all* straight lines between
ring nodes that stay inside (the full visibility graph), so that its ways across a square are the shortest
there are; walkcircle draws only those that a shortest way can use. Spots lie on streets and not on a square's
rings or chords, where the two would differ by design: a walk that starts on a ring follows it to a corner.

cityseer and pandana cannot be had here.
"""

from __future__ import annotations

import itertools

import geopandas as gpd
import libpysal.examples
import networkx as nx
import numpy as np
import osmium
import pytest
import shapely
from builders import STROLLER, TOWNS
from pyproj import Transformer

import walkcircle as wc
from walkcircle.footing import make_footing
from walkcircle.network import network_from_lines, read_walk_rules
from walkcircle.snapping import snap_points
from walkcircle.tables import WalkTimes
from walkcircle.walkers import Walker
from walkcircle.walking import measure_times

FOOT = 12 / 39.37  # US survey foot in metres
FEET_CRS = 2230  # a state plane in US survey feet: the data carry none, and only plane distances count

#: What was compared: oracle, pairs, largest relative difference.
COMPARED: list[tuple[str, int, float]] = []


def note(oracle: str, ours: np.ndarray, theirs: np.ndarray) -> float:
    """Remember and print how far two arrays are apart; return the largest relative difference."""
    apart = float(np.max(np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1.0)))
    COMPARED.append((oracle, len(ours), apart))
    print(f"{oracle:<44} {len(ours):>7,} pairs   largest relative difference {apart:.1e}")  # noqa: T201 - run with -s or -rA to read the table
    return apart


# ── spaghetti ───────────────────────────────────────────────────────────────────────────────────


def read_feet(name: str) -> gpd.GeoDataFrame:
    return gpd.read_file(libpysal.examples.get_path(f"{name}.shp")).set_crs(FEET_CRS, allow_override=True)


@pytest.fixture(scope="module")
def streets():
    return network_from_lines(read_feet("streets"))


def feet_between(network, start: str, end: str, *, legs: bool = False) -> np.ndarray:
    """Return the matrix of network distances in feet, without access legs unless asked for."""
    snapped = [snap_points(read_feet(name), network, within_m=1e6) for name in (start, end)]
    table = measure_times(network, *snapped, STROLLER)
    metres = table.pivot_table(
        index=WalkTimes.origin, columns=WalkTimes.destination, values=WalkTimes.metres
    ).to_numpy()
    assert metres.shape == tuple(len(s.labels) for s in snapped)
    if not legs:
        metres = metres - snapped[0].access_m[:, None] - snapped[1].access_m[None, :]
    return metres / FOOT


def test_streets_are_as_long_as_spaghettis(streets):
    """230 vertices, 303 arcs and 104,414.0920 feet."""
    corners = shapely.get_coordinates(streets.lines)
    assert len(np.unique(corners.round(3), axis=0)) == 230
    assert len(corners) - len(streets.lines) == 303  # spaghetti counts every bend, which is no junction here
    assert streets.length_m.sum() / FOOT == pytest.approx(104_414.0920, abs=5e-5)


def test_distances_between_schools_are_spaghettis(streets):
    """The first row, its sum, the largest of all, and one with both access legs."""
    between = feet_between(streets, "schools", "schools")
    assert between[0, 1:4] == pytest.approx([2785.5385, 3743.6969, 4448.7170], abs=5e-5)
    assert between[0, 1:].sum() == pytest.approx(17682.436988, abs=5e-6)
    assert between.max() == pytest.approx(6244.6547, abs=5e-5)
    with_legs = feet_between(streets, "schools", "schools", legs=True)[0, 1]
    assert with_legs == pytest.approx(3218.2597894, abs=5e-6)
    ours = np.array([*between[0, 1:4], between[0, 1:].sum(), between.max(), with_legs])
    theirs = np.array([2785.5385, 3743.6969, 4448.7170, 17682.436988, 6244.6547, 3218.2597894])
    note("spaghetti, schools", ours, theirs)


def test_distances_from_the_first_crime_are_spaghettis(streets):
    """The sum to the other 286, to nine digits; spaghetti's places on streets carry microfeet of rounding.

    That it is spaghetti's rounding and not ours is shown by shapely and networkx in the feet of the file,
    which give walkcircle's sum to a microfoot.
    """
    between = feet_between(streets, "crimes", "crimes")
    assert between.shape == (287, 287)
    total = between[0].sum() - between[0, 0]
    assert total == pytest.approx(1484112.694526529, rel=2e-9)
    assert total == pytest.approx(sum_by_hand("crimes"), abs=2e-6)
    note("spaghetti, crimes", np.array([total]), np.array([1484112.694526529]))


def sum_by_hand(name: str) -> float:
    """Sum the street distances in feet from the first point of a file to the others, without walkcircle."""
    lines, places = read_feet("streets").geometry.to_numpy(), read_feet(name).geometry.to_numpy()
    edge = [int(np.argmin(shapely.distance(p, lines))) for p in places]
    along = [float(shapely.line_locate_point(lines[e], p)) for e, p in zip(edge, places, strict=True)]
    ends = [tuple((round(x, 3), round(y, 3)) for x, y in (line.coords[0], line.coords[-1])) for line in lines]
    graph = nx.Graph()
    for e, (a, b) in enumerate(ends):
        mine = sorted((along[i], ("spot", i)) for i in range(len(places)) if edge[i] == e)
        for (low, start), (high, stop) in itertools.pairwise([(0.0, a), *mine, (lines[e].length, b)]):
            if high - low < graph.get_edge_data(start, stop, {"weight": np.inf})["weight"]:
                graph.add_edge(start, stop, weight=high - low)
    found = nx.single_source_dijkstra_path_length(graph, ("spot", 0))
    return sum(found[("spot", i)] for i in range(1, len(places)))


def test_distances_from_schools_to_crimes_are_spaghettis(streets):
    """The sum of 2,296 distances, and the nearest crime of each school."""
    between = feet_between(streets, "schools", "crimes")
    assert between.sum() == pytest.approx(7_999_361.58, abs=0.005)
    nearest = [532.66473, 132.48211, 91.38202, 48.62934, 84.90470, 412.39503, 292.92788, 165.15534]
    assert between.min(axis=1) == pytest.approx(nearest, abs=1e-5)  # printed with five digits, cut off
    note(
        "spaghetti, schools to crimes",
        np.array([*between.min(axis=1), between.sum()]),
        np.array([*nearest, 7_999_361.58]),
    )


# ── our own reader of OpenStreetMap ─────────────────────────────────────────────────────────────


def read_streets(path) -> tuple[list, list, dict[int, tuple[float, float]]]:
    """Read ways (node ids and tags), squares (rings of node ids) and where the nodes are, in degrees."""
    rules, ways, squares, lonlat = read_walk_rules(), [], [], {}
    for thing in osmium.FileProcessor(str(path)).with_locations().with_areas():
        tags = dict(thing.tags)
        if not tags.keys() & {"highway", "route"} or rules.verdict(tags) == "no":
            continue
        if thing.is_way() and tags.get("area") != "yes":
            lonlat.update({n.ref: (n.lon, n.lat) for n in thing.nodes if n.location.valid()})
            ways.append(([n.ref if n.location.valid() else None for n in thing.nodes], tags))
        elif thing.is_area() and rules.verdict(tags) == "public" and is_square(thing, tags):
            for outer in thing.outer_rings():
                rings = [outer, *thing.inner_rings(outer)]
                lonlat.update({n.ref: (n.lon, n.lat) for ring in rings for n in ring})
                squares.append([[n.ref for n in ring] for ring in rings])
    return ways, squares, lonlat


def is_square(area, tags) -> bool:
    return "highway" in tags and (not area.from_way() or tags.get("area") == "yes")


def read_by_hand(path, crs) -> tuple[nx.DiGraph, list[tuple[int, int]], dict[int, np.ndarray]]:
    """Read a file node by node: a graph of segments, those where a spot may lie, and node places."""
    ways, squares, lonlat = read_streets(path)
    move = Transformer.from_crs(4326, crs, always_xy=True)
    place = {ref: np.array(move.transform(*at)) for ref, at in lonlat.items()}
    graph, segments = nx.DiGraph(), []
    for refs, tags in ways:
        only = {"yes": 1, "1": 1, "-1": -1}.get(tags.get("oneway:foot", ""), 0)
        for a, b in itertools.pairwise(refs):
            if a is None or b is None or a == b:
                continue
            join(graph, place, [(a, b)] if only > 0 else [(b, a)] if only < 0 else [(a, b), (b, a)])
            if only == 0 and tags.get("tunnel", "no") in {"no", "building_passage", "arcade"}:
                segments.append((a, b))
    for rings in squares:
        pairs = visible_pairs(rings, place)
        join(graph, place, pairs + [(b, a) for a, b in pairs])
    return graph, segments, place


def join(graph: nx.DiGraph, place, pairs) -> None:
    """Add straight arcs, the shorter where there are two."""
    for a, b in pairs:
        length = float(np.hypot(*(place[a] - place[b])))
        if length < graph.get_edge_data(a, b, {"weight": np.inf})["weight"]:
            graph.add_edge(a, b, weight=length)


def visible_pairs(rings, place) -> list[tuple[int, int]]:
    """Pair all ring nodes that see each other inside a square, neighbours along the rings among them."""
    along = [pair for ring in rings for pair in itertools.pairwise(ring)]
    outline = [np.array([place[ref] for ref in ring]) for ring in rings]
    shape = shapely.buffer(shapely.Polygon(outline[0], outline[1:]), 0.001)
    shapely.prepare(shape)
    pairs = list(itertools.combinations(sorted({ref for ring in rings for ref in ring}), 2))
    lines = shapely.linestrings(np.array([[place[a], place[b]] for a, b in pairs]))
    return along + [pair for pair, seen in zip(pairs, shapely.covers(shape, lines), strict=True) if seen]


def insert_spots(graph: nx.DiGraph, segments, place, count: int, seed: int) -> tuple[nx.DiGraph, np.ndarray]:
    """Split random segments, longer ones more often; spot i becomes node ``("spot", i)``."""
    rng = np.random.default_rng(seed)
    length = np.array([graph.edges[s]["weight"] for s in segments])
    picks = rng.choice(len(segments), count, replace=False, p=length / length.sum())
    graph, xy = graph.copy(), []
    for i, pick in enumerate(picks):
        a, b = segments[pick]
        share, whole = rng.uniform(0.02, 0.98), float(np.hypot(*(place[a] - place[b])))
        for node, part in ((a, share), (b, 1 - share)):
            graph.add_edge(("spot", i), node, weight=part * whole)
            graph.add_edge(node, ("spot", i), weight=part * whole)
        xy.append(place[a] + share * (place[b] - place[a]))
    return graph, np.array(xy)


def ask_networkx(graph, spots: int) -> dict[tuple[int, int], float]:
    """Measure all pairs of spots with networkx."""
    found = {}
    for i in range(spots):
        lengths = nx.single_source_dijkstra_path_length(graph, ("spot", i))
        found |= {(i, j): lengths[("spot", j)] for j in range(spots) if ("spot", j) in lengths}
    return found


def test_every_walk_in_a_bundled_town_is_as_long_as_networkx_says(town):
    """Two thousand and more random pairs per town; unreachable pairs are the same ones."""
    network = wc.read_network(TOWNS[town])
    graph, segments, place = read_by_hand(TOWNS[town], network.crs)
    graph, xy = insert_spots(graph, segments, place, 56, seed=2026)
    theirs = ask_networkx(graph, 56)
    spots = gpd.GeoSeries(gpd.points_from_xy(*xy.T), crs=network.crs)
    table = measure_times(network, spots, spots, STROLLER)
    ours = dict(
        zip(
            zip(table[WalkTimes.origin], table[WalkTimes.destination], strict=True),
            60 * table[WalkTimes.minutes],
            strict=True,
        )
    )
    assert set(ours) == set(theirs)
    assert len(theirs) > 2000
    pairs = sorted(theirs)
    assert (
        note(
            f"networkx, own reader, {town}",
            np.array([ours[p] for p in pairs]),
            np.array([theirs[p] for p in pairs]),
        )
        < 1e-6
    )
    assert table[WalkTimes.metres].to_numpy() == pytest.approx([theirs[p] for p in ours], rel=1e-6, abs=1e-6)


def test_the_reader_of_this_file_finds_the_same_streets(town, networks):
    """As many metres of street, counted segment by segment, as the network has outside squares."""
    _, segments, place = read_by_hand(TOWNS[town], networks[town].crs)
    network = networks[town]
    length = sum(float(np.hypot(*(place[a] - place[b]))) for a, b in segments)
    mine = (network.kind != "square") & (network.level >= 0) & (network.oneway == 0)
    assert network.length_m[mine].sum() == pytest.approx(length, rel=1e-9)


# ── networkx on our own graph ───────────────────────────────────────────────────────────────────

SLOW = Walker(speed_kmh=4.5, stairs_factor=0.4, crossing_s={"signals": 20, "marked": 5}, name="slow")


@pytest.mark.parametrize("walker", [STROLLER, SLOW], ids=["stroller", "stairs and crossings"])
def test_every_walk_is_as_long_as_networkx_says_of_the_same_graph(town, networks, walker):
    """Five thousand and more pairs of spots that are split into the arcs, with their access legs."""
    network = networks[town]
    footing = make_footing(network, walker)
    rng = np.random.default_rng(11)
    edges = rng.choice(len(network.ends), 75, p=network.length_m / network.length_m.sum())
    edges[1] = edges[0]  # two spots on one edge, at least
    on_street = shapely.line_interpolate_point(network.lines[edges], rng.uniform(0, 1, 75), normalized=True)
    aside = shapely.get_coordinates(on_street) + rng.uniform(-30, 30, (75, 2))
    spots = snap_points(gpd.GeoSeries(gpd.points_from_xy(*aside.T), crs=network.crs), network, within_m=100)
    graph = nx.MultiDiGraph()
    for u, v, arc in network.to_networkx().edges(data=True):
        edge = arc["edge"]
        forth = network.ends[edge, 0] == u and arc["geometry"].equals_exact(network.lines[edge], 0)
        graph.add_edge(u, v, weight=footing.seconds[edge, 0 if forth else 1])
    split_into(graph, network, spots, footing)
    theirs = ask_networkx(graph, len(spots))
    table = measure_times(footing, spots, spots, walker)
    ours = dict(
        zip(
            zip(table[WalkTimes.origin], table[WalkTimes.destination], strict=True),
            60 * table[WalkTimes.minutes],
            strict=True,
        )
    )
    theirs = {
        (spots.item[i], spots.item[j]): cost if i != j else 0.0  # the graph knows streets only, not that one is there
        for (i, j), cost in theirs.items()
    }
    assert set(ours) == set(theirs)
    assert len(theirs) > 5000
    pairs = sorted(theirs)
    apart = note(
        f"networkx, to_networkx, {town}, {walker.name}",
        np.array([ours[p] for p in pairs]),
        np.array([theirs[p] for p in pairs]),
    )
    assert apart < 1e-6


def split_into(graph, network, spots, footing) -> None:
    """Add every spot to the graph: its leg, and the stretches to its neighbours on the same edge."""
    for i in range(len(spots)):
        leg = spots.access_m[i] / footing.walker.metres_per_second
        graph.add_edge(("spot", i), ("street", i), weight=leg)
        graph.add_edge(("street", i), ("spot", i), weight=leg)
    for edge in set(spots.edge.tolist()):
        mine = sorted((spots.fraction[i], i) for i in np.flatnonzero(spots.edge == edge).tolist())
        first, last = network.ends[edge].tolist()
        stops = [(0.0, first), *((f, ("street", i)) for f, i in mine), (1.0, last)]
        for (low, a), (high, b) in itertools.pairwise(stops):
            forth, back = footing.seconds[edge]
            graph.add_edge(a, b, weight=(high - low) * forth)
            graph.add_edge(b, a, weight=(high - low) * back)


def test_what_was_compared_is_printed():
    """Run with -s or -rA to see it."""
    print()  # noqa: T201 - run with -s or -rA to read the table
    for oracle, pairs, apart in COMPARED:
        print(f"{oracle:<44} {pairs:>7,} pairs   largest relative difference {apart:.1e}")  # noqa: T201 - run with -s or -rA to read the table
    assert all(apart < 1e-6 for _, _, apart in COMPARED)
