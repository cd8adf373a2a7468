"""Jobs of other tools; runs in their own environment, knows nothing of walkcircle, and speaks in .npz files.

``python peer_jobs.py JOB GIVEN.npz ANSWER.npz``. The answer holds seconds of CPU and of the clock for building and for
asking, the tool's version, the peak memory, and what the tool answered. The same graph is given to all, its
nodes numbered along a Hilbert curve.
"""
# Every tool is imported by its own job: none may slow another, and some may be missing.

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import numpy as np

#: Ways from and to the peers: arrays by name.
Arrays = dict


@contextmanager
def clock(answer: Arrays, name: str):
    """Note seconds of CPU (all threads) and of the clock."""
    cpu, wall = time.process_time(), time.perf_counter()
    yield
    answer[f"{name}_cpu"] = np.array(time.process_time() - cpu)
    answer[f"{name}_wall"] = np.array(time.perf_counter() - wall)


def split_kinds(given: Arrays, name: str) -> list[np.ndarray]:
    """Return the nodes of each kind."""
    return np.split(given[name], np.cumsum(given[f"{name}_count"])[:-1])


def list_arcs(given: Arrays) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return tail, head and metres of every arc, one-way streets once."""
    ends, length = given["ends"], given["length_m"]
    oneway = given.get("oneway", np.zeros(len(ends), np.int8))
    there, back = oneway >= 0, oneway <= 0
    return (
        np.concatenate([ends[there, 0], ends[back, 1]]),
        np.concatenate([ends[there, 1], ends[back, 0]]),
        np.concatenate([length[there], length[back]]),
    )


def keep_reached(answer: Arrays, found: list[tuple[np.ndarray, np.ndarray]]) -> None:
    """Store what each source reached: where its nodes start, the nodes, the metres."""
    answer["start"] = np.cumsum([0, *(len(node) for node, _ in found)])
    answer["node"] = np.concatenate([node for node, _ in found])
    answer["metres"] = np.concatenate([metres for _, metres in found])


# ── pandana ─────────────────────────────────────────────────────────────────────────────────────


def build_pandana(given: Arrays, answer: Arrays):
    """Build a network, which includes the contraction hierarchy."""
    import pandana
    import pandas as pd

    answer["version"] = np.array(f"pandana {version('pandana')}")
    x, y = (pd.Series(column) for column in given["xy"].T)
    a, b = (pd.Series(column) for column in given["ends"].T)
    with clock(answer, "build"):
        return pandana.Network(x, y, a, b, pd.DataFrame({"metres": given["length_m"]}), twoway=True)


def ask_pandana(net, given: Arrays, name: str) -> np.ndarray:
    """Find the nearest of each kind from every node."""
    import pandas as pd

    limit, rows = float(given["limit_m"]), []
    for number, nodes in enumerate(split_kinds(given, name)):
        x, y = (pd.Series(column) for column in given["xy"][nodes].T)
        net.set_pois(f"kind {number}", limit, 1, x, y)
        rows.append(net.nearest_pois(limit, f"kind {number}", num_pois=1, max_distance=np.inf)[1].to_numpy(float))
    return np.stack(rows, axis=1)


def pandana_nearest(given: Arrays, answer: Arrays) -> None:
    """Nearest of each kind, and again with other facilities."""
    net = build_pandana(given, answer)
    with clock(answer, "ask"):
        answer["nearest"] = ask_pandana(net, given, "facilities").astype(np.float32)
    with clock(answer, "again"):
        answer["nearest_again"] = ask_pandana(net, given, "others").astype(np.float32)


def pandana_counts(given: Arrays, answer: Arrays) -> None:
    """Facilities of each kind within each limit."""
    import pandas as pd

    net = build_pandana(given, answer)
    limits = given["limits_m"].tolist()
    kinds = split_kinds(given, "facilities")
    counts = np.zeros((len(given["xy"]), len(kinds), len(limits)), np.int32)
    with clock(answer, "ask"):
        net.precompute(max(limits))
        for number, nodes in enumerate(kinds):
            net.set(pd.Series(nodes), name=f"kind {number}")
            for k, limit in enumerate(limits):
                counts[:, number, k] = net.aggregate(limit, type="count", decay="flat", name=f"kind {number}")
    answer["counts"] = counts


# ── SciPy, networkx, igraph ─────────────────────────────────────────────────────────────────────


def build_scipy(given: Arrays, answer: Arrays, *, reverse: bool = False):
    """Build a sparse matrix, transposed for the way to a place."""
    from scipy.sparse import csgraph, csr_array

    csgraph.dijkstra(csr_array((1, 1)), indices=0)  # loads what it needs
    answer["version"] = np.array(f"SciPy {version('scipy')}")
    with clock(answer, "build"):
        tail, head, metres = list_arcs(given)
        if reverse:
            tail, head = head, tail
        size = len(given["xy"])
        # two streets between the same corners would be added up: the shorter one is walked
        order = np.lexsort((metres, head, tail))
        tail, head, metres = tail[order], head[order], metres[order]
        first = np.concatenate([[True], (np.diff(tail) != 0) | (np.diff(head) != 0)])
        return csr_array((metres[first], (tail[first], head[first])), shape=(size, size))


def ask_scipy(matrix, given: Arrays, name: str) -> np.ndarray:
    """Search once per kind from all its facilities."""
    from scipy.sparse.csgraph import dijkstra

    limit = float(given["limit_m"])
    return np.stack(
        [dijkstra(matrix, indices=nodes, min_only=True, limit=limit) for nodes in split_kinds(given, name)], axis=1
    )


def scipy_nearest(given: Arrays, answer: Arrays) -> None:
    """Nearest of each kind, and again with other facilities."""
    matrix = build_scipy(given, answer, reverse=True)
    with clock(answer, "ask"):
        answer["nearest"] = ask_scipy(matrix, given, "facilities")
    with clock(answer, "again"):
        answer["nearest_again"] = ask_scipy(matrix, given, "others")


def scipy_each(given: Arrays, answer: Arrays) -> None:
    """Search from each source, within the limit."""
    from scipy.sparse.csgraph import dijkstra

    matrix = build_scipy(given, answer)
    sources, limit, found = given["sources"].tolist(), float(given["limit_m"]), []
    with clock(answer, "ask"):
        rows = [dijkstra(matrix, indices=source, limit=limit) for source in sources]
    for row in rows:
        node = np.flatnonzero(np.isfinite(row))
        found.append((node, row[node]))
    keep_reached(answer, found)


def networkx_each(given: Arrays, answer: Arrays) -> None:
    """Search from each source, within the limit."""
    import networkx as nx

    answer["version"] = np.array(f"networkx {version('networkx')}")
    with clock(answer, "build"):
        graph = nx.DiGraph()
        graph.add_nodes_from(range(len(given["xy"])))
        tail, head, metres = list_arcs(given)
        order = np.argsort(-metres, kind="stable")  # of two streets between the same corners the shorter one stays
        graph.add_weighted_edges_from(
            zip(tail[order].tolist(), head[order].tolist(), metres[order].tolist(), strict=True)
        )
    sources, limit = given["sources"].tolist(), float(given["limit_m"])
    with clock(answer, "ask"):
        rows = [
            nx.single_source_dijkstra_path_length(graph, source, cutoff=limit, weight="weight") for source in sources
        ]
    keep_reached(
        answer,
        [(np.fromiter(row, np.int64, len(row)), np.fromiter(row.values(), float, len(row))) for row in rows],
    )


def igraph_each(given: Arrays, answer: Arrays) -> None:
    """Search from each source; there is no limit, so the whole graph is walked."""
    import igraph

    answer["version"] = np.array(f"igraph {version('igraph')}")
    with clock(answer, "build"):
        tail, head, metres = list_arcs(given)
        graph = igraph.Graph(n=len(given["xy"]), edges=np.column_stack([tail, head]), directed=True)
    sources, limit, weights, found = given["sources"].tolist(), float(given["limit_m"]), metres.tolist(), []
    with clock(answer, "ask"):
        rows = [graph.distances(source, weights=weights)[0] for source in sources]
    for one in rows:
        row = np.array(one)
        node = np.flatnonzero(row <= limit)
        found.append((node, row[node]))
    keep_reached(answer, found)


# ── cityseer ────────────────────────────────────────────────────────────────────────────────────

#: Metres a second: cityseer turns distances into whole seconds of walking, Valhalla into minutes.
PACE = 4.8 / 3.6


def build_cityseer(given: Arrays, answer: Arrays):
    """Build a network structure, node by node and edge by edge."""
    from cityseer import rustalgos

    answer["version"] = np.array(f"cityseer {version('cityseer')}")
    xy = given["xy"].tolist()
    with clock(answer, "build"):
        net = rustalgos.graph.NetworkStructure()
        for node, (x, y) in enumerate(xy):
            net.add_street_node(node, x, y, True, 1.0)  # noqa: FBT003 - its own signature
        for edge, (a, b) in enumerate(given["ends"].tolist()):
            one, other = "{:.6f} {:.6f}".format(*xy[a]), "{:.6f} {:.6f}".format(*xy[b])
            net.add_street_edge(a, b, edge, a, b, f"LINESTRING({one}, {other})")
            net.add_street_edge(b, a, edge, b, a, f"LINESTRING({other}, {one})")
        net.build_edge_rtree()
    return net


def cityseer_counts(given: Arrays, answer: Arrays) -> None:
    """Facilities of each kind within each limit, and the nearest of each: one call answers both."""
    from cityseer import rustalgos

    net = build_cityseer(given, answer)
    limits = [int(limit) for limit in given["limits_m"]]
    kinds = split_kinds(given, "facilities")
    names = [f"kind {number}" for number in range(len(kinds))]
    uses = {}
    with clock(answer, "ask"):
        places = rustalgos.data.DataMap()
        for name, nodes in zip(names, kinds, strict=True):
            for x, y in given["xy"][nodes].tolist():
                uses[len(uses)] = name
                places.insert(len(uses) - 1, f"POINT({x:.6f} {y:.6f})")
        places.assign_data_to_network(net, 5.0, 3)
        found = places.accessibility(net, uses, names, distances=limits, speed_m_s=PACE, pbar_disabled=True)
    answer["counts"] = np.stack(
        [np.stack([found.result[name].count[limit] for limit in limits], axis=1) for name in names], axis=1
    )
    nearest = np.stack([found.result[name].distance[max(limits)] for name in names], axis=1)
    answer["nearest"] = np.where(np.isnan(nearest), np.inf, nearest)
    answer["order"] = np.array(found.node_indices)


def cityseer_each(given: Arrays, answer: Arrays) -> None:
    """Search from each source; the state of every node of the graph is handed back."""
    net = build_cityseer(given, answer)
    sources, limit = given["sources"].tolist(), float(given["limit_m"])
    seconds = round(limit / PACE)
    rows = []
    answer["ask_cpu"] = answer["ask_wall"] = np.array(0.0)
    for source in sources:
        part = {}
        with clock(part, "ask"):
            nodes, visits = net.dijkstra_tree_shortest(source, seconds, PACE)
        for name, spent in part.items():
            answer[name] = answer[name] + spent
        rows.append((np.array(nodes), np.array([visits[node].short_dist for node in nodes])))
        del visits
    keep_reached(answer, rows)


# ── Valhalla ────────────────────────────────────────────────────────────────────────────────────


def valhalla_isochrones(given: Arrays, answer: Arrays) -> None:
    """Build tiles of an OpenStreetMap file, and draw one outline per source."""
    import subprocess

    import valhalla

    answer["version"] = np.array(f"Valhalla {version('pyvalhalla')}")
    folder = Path(str(given["folder"]))
    tiles = folder / "tiles"
    tiles.mkdir(parents=True, exist_ok=True)
    config = valhalla.get_config(tile_extract="", tile_dir=str(tiles), verbose=False)
    config["mjolnir"]["concurrency"] = 1
    (folder / "valhalla.json").write_text(json.dumps(config))
    builder = next((Path(valhalla.__file__).parent / "bin").glob("valhalla_build_tiles*"))
    began = time.perf_counter()
    subprocess.run(
        [builder, "-c", folder / "valhalla.json", str(given["osm"])],
        check=True, capture_output=True,
    )  # fmt: skip
    answer["build_wall"] = answer["build_cpu"] = np.array(time.perf_counter() - began)
    actor = valhalla.Actor(config)
    asked = [
        json.dumps(
            {
                "locations": [{"lon": lon, "lat": lat, "minimum_reachability": 1, "radius": 0}],
                "costing": "pedestrian", "polygons": True, "generalize": 0, "denoise": 0,
                # contours by distance are fifteen times slower than by time, and say the same on the flat
                "costing_options": {"pedestrian": {"walking_speed": PACE * 3.6}},
                "contours": [{"time": float(given["limit_m"]) / PACE / 60}],
            }
        )
        for lon, lat in given["lonlat"].tolist()
    ]  # fmt: skip
    shapes = [actor.isochrone(text) for text in asked]  # tiles are read on first use
    with clock(answer, "ask"):
        shapes = [actor.isochrone(text) for text in asked]
    answer["shapes"] = np.array(shapes)


# ── spopt, and CBC by itself ────────────────────────────────────────────────────────────────────


def make_cbc(given: Arrays):
    """Make the solver that spopt's own examples use, with a time limit, and asked for an optimum."""
    import pulp

    return pulp.PULP_CBC_CMD(msg=False, timeLimit=float(given["seconds"]), gapRel=0.0, threads=1)


def keep_objective(problem, answer: Arrays) -> None:
    """Store what was found, and whether it was proven."""
    import pulp

    answer["objective"] = np.array(float(pulp.value(problem.objective)))
    answer["proven"] = np.array(problem.sol_status == pulp.LpSolutionOptimal)


def solve_spopt(make, given: Arrays, answer: Arrays) -> None:
    """Make a model and solve it; both are the asking, since it takes a table of costs."""
    answer["version"] = np.array(f"spopt {version('spopt')} + CBC")
    with clock(answer, "ask"):
        model = make()
        try:
            model.solve(make_cbc(given), results=False)
        except RuntimeError:  # its word for a solver whose time was up without an answer
            answer["objective"], answer["proven"] = np.array(np.nan), np.zeros((), bool)
            return
    keep_objective(model.problem, answer)


def spopt_mclp(given: Arrays, answer: Arrays) -> None:
    """Most people within the limit of p sites."""
    from spopt.locate import MCLP

    cost, limit, p = given["minutes"], float(given["limit_min"]), int(given["p"])
    solve_spopt(lambda: MCLP.from_cost_matrix(cost, given["people"], limit, p), given, answer)


def spopt_lscp(given: Arrays, answer: Arrays) -> None:
    """Fewest sites for all who can be reached."""
    from spopt.locate import LSCP

    cost, limit = given["minutes"], float(given["limit_min"])
    cost = cost[(cost <= limit).any(axis=1)]
    solve_spopt(lambda: LSCP.from_cost_matrix(cost, limit), given, answer)


def spopt_median(given: Arrays, answer: Arrays) -> None:
    """Least people-minutes with p sites."""
    from spopt.locate import PMedian

    p = int(given["p"])
    solve_spopt(lambda: PMedian.from_cost_matrix(given["minutes"], given["people"], p), given, answer)


def spopt_center(given: Arrays, answer: Arrays) -> None:
    """Shortest longest walk with p sites."""
    from spopt.locate import PCenter

    p = int(given["p"])
    solve_spopt(lambda: PCenter.from_cost_matrix(given["minutes"], p), given, answer)


def cbc_budget(given: Arrays, answer: Arrays) -> None:
    """Most people within the limit for a budget: spopt has no such model, so it is written down in PuLP."""
    import pulp

    answer["version"] = np.array(f"PuLP {version('pulp')} + CBC")
    near, people, price = given["minutes"] <= float(given["limit_min"]), given["people"], given["price"].tolist()
    with clock(answer, "ask"):
        problem = pulp.LpProblem("budget", pulp.LpMaximize)
        sites = [pulp.LpVariable(f"y{j}", cat="Binary") for j in range(near.shape[1])]
        homes = [pulp.LpVariable(f"x{i}", cat="Binary") for i in range(len(people))]
        problem += pulp.lpSum(people[i] * home for i, home in enumerate(homes))
        problem += pulp.lpSum(price[j] * site for j, site in enumerate(sites)) <= float(given["budget"])
        for i, home in enumerate(homes):
            problem += pulp.lpSum(sites[j] for j in np.flatnonzero(near[i])) >= home
        problem.solve(make_cbc(given))
    keep_objective(problem, answer)


def spopt_maxp(given: Arrays, answer: Arrays) -> None:
    """Most regions that hang together with enough people each, as compact as can be."""
    import geopandas as gpd
    from libpysal.weights import W
    from spopt.region import MaxPHeuristic

    answer["version"] = np.array(f"spopt {version('spopt')}")
    xy, people = given["xy"], given["people"]
    neighbours = {number: [] for number in range(len(xy))}
    for a, b in given["ends"].tolist():
        neighbours[a].append(b)
        neighbours[b].append(a)
    frame = gpd.GeoDataFrame(
        {"x": xy[:, 0], "y": xy[:, 1], "people": people}, geometry=gpd.points_from_xy(*xy.T), crs=32651
    )
    np.random.seed(1)  # noqa: NPY002 - it draws from the global state
    with clock(answer, "ask"):
        weights = W(neighbours, silence_warnings=True)
        model = MaxPHeuristic(frame, weights, ["x", "y"], "people", float(given["least"]), 2, verbose=False)
        model.solve()
    answer["part"] = np.asarray(model.labels_, np.int64)


# ── the picture ─────────────────────────────────────────────────────────────────────────────────


def plot_growth(given: Arrays, answer: Arrays) -> None:
    """Draw seconds of CPU over nodes, with the straight line through the largest graph."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "walkcircle"
    import matplotlib.pyplot as plt

    answer["version"] = np.array(f"matplotlib {version('matplotlib')}")
    nodes, seconds = given["nodes"], given["seconds"]
    figure, axes = plt.subplots(figsize=(6, 4), constrained_layout=True)
    axes.loglog(nodes, seconds[-1] * nodes / nodes[-1], color="0.7", label="linear")
    axes.loglog(nodes, seconds, "o-", color="#0a6e5c", label="walkcircle")
    axes.set(xlabel="nodes", ylabel="seconds of CPU", title="Nearest of 20 kinds for every node, from the edge list")
    axes.legend(frameon=False)
    for ending in ("svg", "png"):
        figure.savefig(f"{given['path']}.{ending}", dpi=150, metadata={"Date": None} if ending == "svg" else None)


JOBS = {
    job.__name__: job
    for job in (
        pandana_nearest, pandana_counts, scipy_nearest, scipy_each, networkx_each, igraph_each, cityseer_counts,
        cityseer_each, valhalla_isochrones, plot_growth, spopt_mclp, spopt_lscp, spopt_median, spopt_center, cbc_budget,
        spopt_maxp,
    )
}  # fmt: skip


def measure_peak_mb() -> float:
    """Return the peak memory of this process, megabytes; NaN but on Linux.

    What getrusage says is inherited from the process that started this one, and may be far more.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    except OSError:
        return float("nan")


if __name__ == "__main__":
    job, asked_in, answered_in = sys.argv[1:]
    told: Arrays = {}
    JOBS[job](dict(np.load(asked_in)), told)
    told["peak_mb"] = np.array(measure_peak_mb())
    np.savez(answered_in, **told)
