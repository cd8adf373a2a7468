"""The jobs of the benchmark: walkcircle against other tools and against its own targets, one line each.

Every comparison of times is preceded by one of answers, which stands in the same line.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from tests.benchmarks import ours
from tests.benchmarks.cases import LIMIT_M, LIMITS_M, Case, make_case, write_graph
from tests.benchmarks.graphs import SIZES
from tests.benchmarks.peers import ONE_THREAD, Answer, Peers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]

#: Largest difference of two exact answers, metres, and why it may be there.
EXACT_M = 1e-3
#: pandana rounds each edge to a millimetre and answers in single precision; walks have up to a hundred edges.
PANDANA_M = 0.06
#: cityseer adds up in single precision, and its limits are whole seconds.
CITYSEER_M = 0.5
#: The C++ search rounds each edge to a centimetre.
CENTIMETRES_M = 0.35


@dataclass(frozen=True)
class Line:
    """One measured line; `met` is None where there is no target or nothing to compare with."""

    name: str
    ours: str
    peer: str = ""
    ratio: str = ""
    target: str = ""
    met: bool | None = None
    checked: str = ""

    @property
    def verdict(self) -> str:
        """Return met, missed or nothing."""
        return {True: "met", False: "missed", None: ""}[self.met]

    def to_row(self) -> str:
        """Return the line as a row of a Markdown table."""
        cells = (self.name, self.ours, self.peer, self.ratio, self.target, self.verdict, self.checked)
        return f"| {' | '.join(cells)} |"


@dataclass
class Bench:
    """What the jobs share: the other tools, the size of the graph, where results go, how often to repeat.

    `hexagons` is a table of cells of a real town, in place of a made-up one.
    """

    peers: Peers
    size: int
    out: Path
    full: bool = False
    repeats: int = 3
    scale: float = 1.0
    hexagons: Path | None = None
    growth: list[tuple[int, float]] = field(default_factory=list)

    def median(self, work: Callable[[], object], *, repeats: int | None = None) -> float:
        """Return the median seconds of CPU of some work."""
        spent = []
        for _ in range(repeats or self.repeats):
            begun = time.process_time()
            work()
            spent.append(time.process_time() - begun)
        return statistics.median(spent)

    @property
    def small(self) -> int:
        """Size for jobs that would take others hours on the large graph."""
        return min(self.size, SIZES[1])


case_of = cache(make_case)


@dataclass(frozen=True, eq=False)
class Ready:
    """A network prepared for a walker, with the spots of all nodes and of the facilities."""

    footing: object
    everywhere: object
    facilities: list
    others: list


@cache
def ready_of(nodes: int) -> Ready:
    """Prepare a case for walkcircle."""
    case = case_of(nodes)
    graph = case.graph
    network = ours.make_network(graph.xy, graph.ends, graph.length_m)
    everywhere = ours.spots_of_nodes(network, graph.xy)
    facilities, others = (
        [ours.spots_of_some(everywhere, kind) for kind in kinds] for kinds in (case.facilities, case.others)
    )
    return Ready(ours.make_ready(network), everywhere, facilities, others)


def answer_all(case: Case, **more: NDArray) -> NDArray[np.float64]:
    """Answer the first question from the edge list: nearest of each kind for every node."""
    graph = case.graph
    network = ours.make_network(graph.xy, graph.ends, graph.length_m, **more)
    footing = ours.make_ready(network)
    everywhere = ours.spots_of_nodes(network, graph.xy)
    facilities = [ours.spots_of_some(everywhere, kind) for kind in case.facilities]
    return ours.nearest_all(footing, everywhere, facilities, within_m=LIMIT_M)


# ── against others ──────────────────────────────────────────────────────────────────────────────


def nearest(bench: Bench) -> Iterator[Line]:
    """Find the nearest of 20 kinds for every node, from the edge list to the answer."""
    case = case_of(bench.size)
    found = answer_all(case)[case.order]
    spent = bench.median(lambda: answer_all(case))
    name = f"nearest of 20 kinds, {len(case.graph.xy):,} nodes, from the edge list"
    for job, least, room in (("pandana_nearest", 250, PANDANA_M), ("scipy_nearest", 5, EXACT_M)):
        answer = bench.peers.ask(job, case.given(), times=1 if job.startswith("pandana") else bench.repeats)
        if answer is None:
            yield Line(name, f"{spent:.2f} s", _missing(bench, job))
            continue
        theirs = answer.seconds("build", "ask")
        checked = compare_metres(found, answer["nearest"], room)
        yield _race(name, spent, theirs, f"{answer.tool}: {theirs:,.2f} s", least, checked)
    spent_cpp, metres = run_bucket_nearest(bench, case)
    if spent_cpp is None:
        yield Line(name, f"{spent:.2f} s", _missing(bench, "C++"))
    else:
        checked = compare_metres(found, metres, CENTIMETRES_M)
        text = f"C++ buckets, once per kind, without building: {spent_cpp:.3f} s"
        yield Line(name, f"{spent:.2f} s", text, f"{spent_cpp / spent:.2f}×", checked=checked)


def again(bench: Bench) -> Iterator[Line]:
    """Ask the same with other facilities, the network prepared."""
    case, ready = case_of(bench.size), ready_of(bench.size)
    footing = ours.prepare_again(ready.footing, within_m=LIMIT_M)
    ours.nearest_again(footing, ready.everywhere, ready.facilities, within_m=LIMIT_M)

    def ask() -> NDArray[np.float64]:
        return ours.nearest_again(footing, ready.everywhere, ready.others, within_m=LIMIT_M)

    found = ask()[case.order]
    spent = bench.median(ask)
    name = f"the same again with other facilities, {len(case.graph.xy):,} nodes"
    for job, least, room in (("pandana_nearest", 500, PANDANA_M), ("scipy_nearest", 30, EXACT_M)):
        answer = bench.peers.ask(job, case.given(), times=1 if job.startswith("pandana") else bench.repeats)
        if answer is None:
            yield Line(name, f"{spent:.2f} s", _missing(bench, job))
            continue
        theirs = answer.seconds("again")
        checked = compare_metres(found, answer["nearest_again"], room)
        yield _race(name, spent, theirs, f"{answer.tool}: {theirs:,.2f} s", least, checked)


def each(bench: Bench) -> Iterator[Line]:
    """Search from each source, within the limit."""
    case, ready = case_of(bench.size), ready_of(bench.size)
    starts = ours.spots_of_nodes(ready.footing.network, case.graph.xy[case.sources])
    micro = 1e6 / len(case.sources)
    found = ours.search_each(ready.footing, starts, within_m=LIMIT_M)
    spent = micro * bench.median(lambda: ours.search_each(ready.footing, starts, within_m=LIMIT_M))
    name = f"search within {LIMIT_M:,.0f} m, per source, {len(case.graph.xy):,} nodes"
    junction = case.rank[ours.list_chains(ready.footing.network)[0]]
    asked = [("networkx_each", 80, bench.size, EXACT_M), ("scipy_each", 80, bench.size, EXACT_M)]
    asked += [("cityseer_each", None, bench.small, CITYSEER_M), ("igraph_each", None, bench.small, EXACT_M)]
    for job, least, size, room in asked:
        other = case_of(size)
        answer = bench.peers.ask(job, other.given(), times=1)
        if answer is None:
            yield Line(name, f"{spent:.1f} µs", _missing(bench, job))
            continue
        theirs = answer.seconds("ask") / (len(answer["start"]) - 1) * 1e6
        where = "" if size == bench.size else f" on {len(other.graph.xy):,} nodes"
        checked = compare_searches(found, junction, answer, room) if size == bench.size else "not compared"
        yield _race(name, spent, theirs, f"{answer.tool}: {theirs:,.0f} µs{where}", least, checked, unit="µs")
    for form in ("chains", "all nodes"):
        theirs, nodes = run_bucket_each(bench, case, ready, form)
        if theirs is None:
            yield Line(name, f"{spent:.1f} µs", _missing(bench, "C++"))
            return
        text = f"C++ buckets, {form}, centimetres: {theirs:.1f} µs"
        met = spent <= 1.3 * theirs if form == "chains" else None
        target = "≤ 1.3× C++" if form == "chains" else ""
        checked = f"{nodes:,} nodes reached, ours {found[0][-1]:,}" if form == "chains" else f"{nodes:,} nodes reached"
        yield Line(name, f"{spent:.1f} µs", text, f"{spent / theirs:.2f}× C++", target, met, checked)


def origins(bench: Bench) -> Iterator[Line]:
    """Find all that 100,000 origins reach."""
    ready = ready_of(bench.size)
    nodes = case_of(bench.size).graph.xy
    many = min(100_000, len(nodes))
    starts = ours.spots_of_nodes(
        ready.footing.network, nodes[np.random.default_rng(5).choice(len(nodes), many, replace=False)]
    )
    reached = 0

    def ask() -> None:
        nonlocal reached
        reached = ours.sum_each(ready.footing, starts, within_m=LIMIT_M)

    spent = bench.median(ask) / many * 1e6
    name = f"{many:,} origins, all reached junctions, {len(nodes):,} nodes"
    yield Line(name, f"{spent:.1f} µs each", "", "", "≤ 5 µs each", spent <= 5, f"{reached / many:.0f} junctions each")


def counts(bench: Bench) -> Iterator[Line]:
    """Count facilities of 20 kinds within three limits of every node, from the edge list."""
    case = case_of(bench.small)
    graph = case.graph

    def ask() -> NDArray[np.int32]:
        network = ours.make_network(graph.xy, graph.ends, graph.length_m)
        footing = ours.make_ready(network)
        everywhere = ours.spots_of_nodes(network, graph.xy)
        facilities = [ours.spots_of_some(everywhere, kind) for kind in case.facilities]
        return ours.count_within(footing, everywhere, facilities, limits_m=LIMITS_M)

    found = ask()[case.order]
    spent = bench.median(ask)
    name = f"counts of 20 kinds × 3 limits, {len(graph.xy):,} nodes, from the edge list"
    for job in ("pandana_counts", "cityseer_counts"):
        answer = bench.peers.ask(job, case.given())
        if answer is None:
            yield Line(name, f"{spent:.2f} s", _missing(bench, job))
            continue
        theirs = answer.seconds("build", "ask")
        text = f"{answer.tool}: {theirs:,.1f} s, {float(answer['peak_mb']) / 1000:.2f} GB"
        yield _race(name, spent, theirs, text, 150, compare_counts(case, found, answer["counts"]))


def isochrones(bench: Bench) -> Iterator[Line]:
    """Draw an isochrone with its polygon, search included; see what it leaves out and takes in of the streets."""
    case, ready = case_of(bench.small), ready_of(bench.small)
    chosen = case.sources[:50]
    starts = ours.spots_of_nodes(ready.footing.network, case.graph.xy[chosen])
    streets = [case.reached_streets(int(node)) for node in case.rank[chosen]]
    drawn = ours.draw_isochrones(ready.footing, starts, within_m=LIMIT_M, cell_m=25.0)
    spent = bench.median(
        lambda: ours.draw_isochrones(ready.footing, starts, within_m=LIMIT_M, cell_m=25.0)
    ) / len(chosen) * 1e3  # fmt: skip
    out, taken = _judge(case, streets, drawn)
    name = f"isochrone of {LIMIT_M:,.0f} m with polygon, 25 m grid"
    quality = f"leaves out {out:.2%}, takes in {taken:.2%}"
    yield Line(
        name, f"{spent:.2f} ms", "", "", "≤ 4 ms, out ≤ 0.3 %, in ≤ 1.5 %",
        spent <= 4 and out <= 0.003 and taken <= 0.015, quality,
    )  # fmt: skip
    begun = time.process_time()
    buffers = [shapely.union_all(shapely.buffer(shapely.get_parts(street), 25.0)) for street in streets]
    theirs = (time.process_time() - begun) / len(streets) * 1e3
    out, taken = _judge(case, streets, buffers)
    text = f"shapely {shapely.__version__}, buffer and union, search not counted: {theirs:.0f} ms"
    yield Line(name, f"{spent:.2f} ms", text, f"{theirs / spent:.1f}×", "", None, f"out {out:.2%}, in {taken:.2%}")
    yield _race_valhalla(bench, case, chosen, streets, name, spent)


def _race_valhalla(bench: Bench, case: Case, chosen: NDArray, streets: list, name: str, spent: float) -> Line:
    """Draw the same isochrones with Valhalla, on tiles of the same graph."""
    import geopandas as gpd

    folder = bench.peers.folder / "work" / f"valhalla-{len(case.graph.xy)}"
    folder.mkdir(parents=True, exist_ok=True)
    lonlat = write_graph(case.ordered, folder / "graph.osm.pbf")
    answer = bench.peers.ask(
        "valhalla_isochrones",
        {
            "osm": str(folder / "graph.osm.pbf"), "folder": str(folder), "limit_m": LIMIT_M,
            "lonlat": lonlat[case.rank[chosen]],
        },
    )  # fmt: skip
    if answer is None:
        return Line(name, f"{spent:.2f} ms", _missing(bench, "valhalla_isochrones", "valhalla", "pyvalhalla"))
    shapes = gpd.GeoSeries(
        [_shape_of_geojson(text) for text in answer["shapes"].tolist()], crs=4326
    ).to_crs(32651)  # fmt: skip
    shapes = shapes.translate(-450_000, -3_200_000).make_valid()
    theirs = answer.seconds("ask") / len(chosen) * 1e3
    out, taken = _judge(case, streets, shapes.to_list())
    text = f"{answer.tool}: {theirs:.2f} ms"
    return Line(
        name, f"{spent:.2f} ms", text, f"{theirs / spent:.2f}×", "faster than Valhalla", spent < theirs,
        f"out {out:.2%}, in {taken:.2%}; tiles built in {float(answer['build_wall']):.0f} s",
    )  # fmt: skip


def _shape_of_geojson(text: str) -> shapely.Geometry:
    """Return the union of the polygons of a GeoJSON answer."""
    import json

    features = json.loads(text)["features"]
    return shapely.union_all([shapely.make_valid(shapely.from_geojson(json.dumps(f["geometry"]))) for f in features])


def _judge(case: Case, streets: list, shapes: list) -> tuple[float, float]:
    """Return mean shares of reached length left out and of unreached length taken in."""
    judged = [case.judge_shape(street, shape) for street, shape in zip(streets, shapes, strict=True)]
    out, taken = np.mean(judged, axis=0).tolist()
    return out, taken


# ── against itself ──────────────────────────────────────────────────────────────────────────────


def add(bench: Bench) -> Iterator[Line]:
    """Ask what one more facility would change, of the commonest kind and of the rarest, against asking all again."""
    case, ready = case_of(bench.size), ready_of(bench.size)
    graph, network = case.graph, ready.footing.network
    standing = ours.measure_all(ready.footing, ready.everywhere, ready.facilities, within_m=LIMIT_M)
    sites = case.sources[:200]
    spots = [ours.spots_of_nodes(network, graph.xy[[site]]) for site in sites]
    full = 1e3 * bench.median(
        lambda: ours.nearest_again(ready.footing, ready.everywhere, ready.facilities, within_m=LIMIT_M)
    )
    number = [len(kind) for kind in case.facilities]
    for name, kind in (("commonest", int(np.argmax(number))), ("rarest", int(np.argmin(number)))):
        after = ours.nearest_all(ready.footing, ready.everywhere, [ready.facilities[kind]], within_m=LIMIT_M)[:, 0]
        felt, metres = ours.add_facility(standing, kind, spots[0])
        after[felt] = metres
        together = ours.spots_of_nodes(network, graph.xy[np.union1d(case.facilities[kind], sites[:1])])
        whole = ours.nearest_all(ready.footing, ready.everywhere, [together], within_m=LIMIT_M)[:, 0]
        spent = bench.median(partial(ask_each, standing, kind, spots)) / len(spots) * 1e3
        yield Line(
            f"one facility added to {number[kind]:,} of the {name} kind, {len(graph.xy):,} nodes", f"{spent:.3f} ms",
            f"asking all 20 kinds again: {full:,.0f} ms", f"{full / spent:,.0f}×", "≤ 0.2 ms, ≥ 1,000×",
            spent <= 0.2 and full >= 1000 * spent, compare_metres(after, whole, EXACT_M),
        )  # fmt: skip


def ask_each(standing: object, kind: int, spots: list) -> None:
    """Ask what a facility at each of some sites would change."""
    for site in spots:
        ours.add_facility(standing, kind, site)


def variants(bench: Bench) -> Iterator[Line]:
    """Walk one-way streets, slopes, and from homes along edges, against level streets from node to node."""
    case = case_of(bench.size)
    graph = case.graph
    flat = bench.median(lambda: answer_all(case))
    rng = np.random.default_rng(6)
    oneway = rng.choice(np.array([0, 1, -1], np.int8), len(graph.ends), p=[0.8, 0.1, 0.1])
    name = f"nearest of 20 kinds, {len(graph.xy):,} nodes"
    found = answer_all(case, oneway=oneway)[case.order]
    spent = bench.median(lambda: answer_all(case, oneway=oneway))
    answer = bench.peers.ask("scipy_nearest", {**_given_oneway(case, oneway)})
    checked = "not compared" if answer is None else compare_metres(found, answer["nearest"], EXACT_M)
    yield _within_twice(f"{name}, a fifth of the streets one-way", spent, flat, checked)
    if "sloped" in ours.ABLE:
        spent = bench.median(lambda: answer_all(case, height_m=graph.height_m))
        yield _within_twice(f"{name}, on hills", spent, flat, "not compared")
    else:
        yield Line(f"{name}, on hills", "not built yet", "", "", "≤ 2× level")
    ready = ready_of(bench.size)
    network = ready.footing.network
    edges = rng.integers(len(network.ends), size=len(graph.xy))
    homes = ours.spots_on_edges(network, edges, rng.random(len(edges)))
    level = bench.median(lambda: ours.nearest_all(ready.footing, ready.everywhere, ready.facilities, within_m=LIMIT_M))
    spent = bench.median(lambda: ours.nearest_all(ready.footing, homes, ready.facilities, within_m=LIMIT_M))
    yield _within_twice(f"{name}, from as many homes along edges, network prepared", spent, level, "")


def memory(bench: Bench) -> Iterator[Line]:
    """Measure the peak memory of nearest, 100,000 searches and counts in a fresh process."""
    peak, _, wall = run_measured([sys.executable, "-m", "tests.benchmarks.chain", str(bench.size)])
    yield Line(
        f"memory of the whole chain, {bench.size:,} nodes", f"{peak / 1000:.2f} GB", "", "", "≤ 0.8 GB", peak <= 800,
        f"in {wall:.0f} s, compiling included",
    )  # fmt: skip


def demo(bench: Bench) -> Iterator[Line]:
    """Run the demo of Monaco with nothing compiled before, and once more."""
    del bench
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "monaco"
        shutil.copytree(ROOT / "data" / "monaco", study)
        run = [sys.executable, "-m", "walkcircle", "run", str(study / "study.toml")]
        for name, target in (("cold", 10.0), ("warm", None)):
            _, cpu, wall = run_measured(run, NUMBA_CACHE_DIR=str(Path(folder) / "cache"))
            yield Line(
                f"demo of Monaco, {name}", f"{wall:.1f} s", "", "", f"≤ {target:g} s" if target else "",
                wall <= target if target else None, f"{cpu:.1f} s of CPU",
            )  # fmt: skip


def growth(bench: Bench) -> Iterator[Line]:
    """Measure seconds over nodes, from ten thousand to a million."""
    for size in SIZES:
        case = make_case(size)
        answer_all(case)
        spent = bench.median(lambda case=case: answer_all(case))
        bench.growth.append((len(case.graph.xy), spent))
        yield Line(
            f"growth, {len(case.graph.xy):,} nodes", f"{spent:.2f} s",
            ratio=f"{spent / len(case.graph.xy) * 1e6:.2f} µs per node",
        )  # fmt: skip
    per_node = [spent / nodes for nodes, spent in bench.growth]
    ratio = per_node[-1] / per_node[0]
    yield Line("growth, 10k to 1 M nodes", "", "", f"{ratio:.2f}× linear", "linear within 1.5×", ratio <= 1.5)
    nodes, seconds = (np.array(column) for column in zip(*bench.growth, strict=True))
    bench.peers.ask("plot_growth", {"nodes": nodes, "seconds": seconds, "path": str(bench.out / "growth")}, keep=False)


def stored(bench: Bench) -> Iterator[Line]:
    """Load a stored network, against reading the file."""
    if "stored" not in ours.ABLE:
        yield Line("a stored network, loaded again", "not built yet", "", "", "≥ 20× faster than reading")
        return
    file = ROOT / "data" / "karhula" / "karhula.osm.pbf"
    network = ours.read_file(file)
    read = bench.median(lambda: ours.read_file(file))
    with tempfile.TemporaryDirectory() as folder:
        same = bool(np.array_equal(ours.load_stored(file, Path(folder)).ends, network.ends))
        spent = bench.median(lambda: ours.load_stored(file, Path(folder)))
        same &= bool(np.array_equal(ours.load_stored(file, Path(folder)).ends, network.ends))
    text = f"reading {file.name}: {read:.2f} s"
    ratio = read / spent
    yield Line(
        "a stored network, loaded again", f"{spent:.3f} s", text, f"{ratio:.0f}×", "≥ 20×", ratio >= 20,
        "the same edges" if same else "OTHER EDGES",
    )  # fmt: skip


def city(bench: Bench) -> Iterator[Line]:
    """Run a whole city: read, analysed and drawn by the command line."""
    if not bench.full:
        return
    from tests.benchmarks.city import write_city

    folder = bench.peers.folder / f"city-{bench.scale:g}"
    if not (folder / "study.toml").exists():
        write_city(folder, scale=bench.scale)
    peak, cpu, wall = run_measured([sys.executable, "-m", "walkcircle", "run", str(folder / "study.toml")])
    yield Line(
        f"a whole city, scale {bench.scale:g}", f"{wall / 60:.1f} min, {peak / 1000:.1f} GB", "", "", "≤ 5 min, ≤ 4 GB",
        wall <= 300 and peak <= 4000 if bench.scale == 1 else None, f"{cpu / 60:.1f} min of CPU",
    )  # fmt: skip


JOBS: Mapping[str, Callable[[Bench], Iterator[Line]]] = {
    job.__name__: job
    for job in (
        nearest, again, each, origins, counts, isochrones, add, variants, memory, demo, growth, stored, city,
    )
}  # fmt: skip


# ── comparing answers ───────────────────────────────────────────────────────────────────────────


def compare_metres(found: NDArray, theirs: NDArray, room_m: float) -> str:
    """Say how far two tables of metres agree; a walk at the limit may be in one and not in the other."""
    both = np.isfinite(found) & np.isfinite(theirs)
    apart = np.abs(np.where(both, found, 0) - np.where(both, theirs, 0))
    worst = float(apart.max(initial=0))
    one = np.isfinite(found) ^ np.isfinite(theirs)
    alone = np.where(np.isfinite(found), found, theirs)[one]
    far = int((alone < LIMIT_M - room_m).sum())
    text = f"{both.sum():,} equal within {worst:.2g} m"
    if one.sum() - far:
        text += f", {one.sum() - far} at the limit"
    if far or worst > room_m:
        text += f", WRONG: {far + int((apart > room_m).sum())} differ"
    return text


def compare_searches(found: tuple, junction: NDArray, answer: Answer, room_m: float) -> str:
    """Compare what the first sources reach, at the junctions."""
    start, node, metres = found
    sources = len(answer["start"]) - 1
    size = int(max(junction.max(), answer["node"].max())) + 1
    mine, theirs = np.full((sources, size), np.inf), np.full((sources, size), np.inf)
    source = np.repeat(np.arange(sources), np.diff(start[: sources + 1]))
    mine[source, junction[node[: start[sources]]]] = metres[: start[sources]]
    theirs[np.repeat(np.arange(sources), np.diff(answer["start"])), answer["node"]] = answer["metres"]
    return compare_metres(mine[:, np.sort(junction)], theirs[:, np.sort(junction)], room_m)


def compare_counts(case: Case, found: NDArray[np.int32], theirs: NDArray) -> str:
    """Say how many counts agree; a facility within half a metre of a limit may be counted by one alone."""
    del case
    different = found != theirs.astype(np.int32)
    worst = int(np.abs(found - theirs.astype(np.int32)).max(initial=0))
    share = different.mean()
    text = f"{found.size - different.sum():,} of {found.size:,} equal"
    if worst:
        text += f", the others by at most {worst}"
    # half a metre of 1,200 m of growing reach holds well under a thousandth of all that is within it
    return text + (", WRONG" if share > 0.002 or worst > 3 else "")


def _given_oneway(case: Case, oneway: NDArray[np.int8]) -> dict[str, object]:
    """Tell a peer which streets are one-way; its edges stand in another order."""
    given = case.given()
    ends = case.rank[case.graph.ends]
    along = np.lexsort((ends.max(axis=1), ends.min(axis=1)))
    return given | {"oneway": oneway[along]}


# ── running ─────────────────────────────────────────────────────────────────────────────────────


def run_bucket_each(bench: Bench, case: Case, ready: Ready, form: str) -> tuple[float | None, int]:
    """Run the C++ search from each source, on all nodes or on chains; return microseconds each and nodes reached."""
    program = bench.peers.compile_bucket()
    if program is None:
        return None, 0
    if form == "chains":
        node, ends, length = ours.list_chains(ready.footing.network)
        graph = type(case.graph)(case.graph.xy[node], ends, length, case.graph.height_m[node])
        graph, order = graph.reorder()
        number = np.full(len(case.graph.xy), -1)
        number[node[order]] = np.arange(len(order))
        sources = number[case.sources]
    else:
        graph, sources = case.ordered, case.rank[case.sources]
    folder = write_raw(bench, graph, sources.astype(np.int32))
    done = subprocess.run(
        [program, "each", folder, str(round(LIMIT_M * 100))], check=True, capture_output=True, text=True
    )
    *spent, nodes = done.stdout.split()
    return statistics.median(map(float, spent)), int(nodes)


def run_bucket_nearest(bench: Bench, case: Case) -> tuple[float | None, NDArray]:
    """Run the C++ search once per kind from all its facilities; return seconds and metres."""
    program = bench.peers.compile_bucket()
    if program is None:
        return None, np.empty(0)
    kinds = [case.rank[nodes] for nodes in case.facilities]
    folder = write_raw(bench, case.ordered, np.empty(0, np.int32))
    header = np.array([len(kinds), *(len(nodes) for nodes in kinds)])
    np.concatenate([header, *kinds]).astype(np.int32).tofile(folder / "kinds.bin")
    spent = []
    for _ in range(bench.repeats):
        run = [program, "nearest", folder, str(round(LIMIT_M * 100))]
        spent.append(float(subprocess.run(run, check=True, capture_output=True, text=True).stdout))
    raw = np.fromfile(folder / "nearest.bin", np.uint32).reshape(len(kinds), -1).T
    return statistics.median(spent), np.where(raw == 2**32 - 1, np.inf, raw / 100)


def write_raw(bench: Bench, graph: object, sources: NDArray[np.int32]) -> Path:
    """Write a graph as the C++ search reads it."""
    folder = bench.peers.folder / "work" / "raw"
    folder.mkdir(parents=True, exist_ok=True)
    start, head, metres = graph.arcs()
    start.astype(np.int32).tofile(folder / "start.bin")
    np.column_stack([head, np.round(metres * 100)]).astype(np.int32).tofile(folder / "arcs.bin")
    sources.tofile(folder / "sources.bin")
    return folder


def run_measured(command: list[str], **variables: str) -> tuple[float, float, float]:
    """Run a program of ours; return its peak megabytes (NaN but on Linux), seconds of CPU and of the clock."""
    environment = {**os.environ, **ONE_THREAD, **variables}
    begun, before, peak = time.perf_counter(), os.times(), float("nan")
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT)
        while process.poll() is None:
            peak = read_peak_mb(process.pid, peak)
            time.sleep(0.02)
        wall, after = time.perf_counter() - begun, os.times()
        if process.returncode:
            said.seek(0)
            raise RuntimeError(said.read().decode(errors="replace")[-2000:])
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return peak, cpu, wall


def read_peak_mb(process: int, before: float) -> float:
    """Return the peak memory of a process so far; what it says when it ends would include its parent's."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:  # another system, or ended just now
        return before
    peak = [int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")]
    return peak[0] if peak else before


# ── wording ─────────────────────────────────────────────────────────────────────────────────────


def _race(
    name: str, spent: float, theirs: float, text: str, least: float | None, checked: str, *, unit: str = "s"
) -> Line:
    ratio = theirs / spent
    mine = f"{spent:.2f} s" if unit == "s" else f"{spent:.1f} {unit}"
    met = None if least is None else ratio >= least and "WRONG" not in checked
    return Line(
        name,
        mine,
        text,
        f"{ratio:,.3g}×" if ratio < 1000 else f"{ratio:,.0f}×",
        f"≥ {least:g}×" if least else "",
        met,
        checked,
    )


def _within_twice(name: str, spent: float, flat: float, checked: str) -> Line:
    return Line(
        name, f"{spent:.2f} s", f"level: {flat:.2f} s", f"{spent / flat:.2f}×", "≤ 2× level", spent <= 2 * flat, checked
    )


def _missing(bench: Bench, *names: str) -> str:
    """Say why there is nothing to compare with."""
    why = [f"{name}: {bench.peers.missing[name]}" for name in names if name in bench.peers.missing]
    return "; ".join(why) or ", ".join(f"{name}: {why}" for name, why in bench.peers.missing.items()) or "no answer"
