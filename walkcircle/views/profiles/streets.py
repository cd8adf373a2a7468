"""Streets: what walking is like inside each community."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkcircle.analysis import Analysis
from walkcircle.footing import round_seconds
from walkcircle.kernels import label_pieces
from walkcircle.place import assign_communities
from walkcircle.study import SEARCH_FACTOR
from walkcircle.tables import Checkup, Clusters, Coverage, Facilities, Nearest
from walkcircle.views.profiles.facts import Streets
from walkcircle.views.profiles.figures import pick_first_walker, share_parts
from walkcircle.walking import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray


def measure_streets(answer: Analysis, areas: NDArray[np.float64]) -> list[Streets]:
    """Measure what walking is like inside each community."""
    network = answer.place.network
    ids = pd.Index(answer.checkup[Checkup.community])
    middle = shapely.line_interpolate_point(network.lines, 0.5, normalized=True)
    at = _locate(middle, answer)
    # squares are crossed on lines that nobody paved
    length = np.where((network.kind == "square") | (at < 0), 0.0, network.length_m)

    def total(amounts: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(np.maximum(at, 0), amounts, minlength=len(ids)), dtype=float)

    whole = total(length)
    steps = share_parts(total(np.where(network.steps, length, 0.0)), whole)
    private = share_parts(total(np.where(network.private, length, 0.0)), whole)
    junctions = _locate(shapely.points(find_junctions(answer)), answer)
    density = share_parts(np.bincount(junctions[junctions >= 0], minlength=len(ids)).astype(float), areas)
    detour = _measure_detours(answer).reindex(ids).to_numpy(dtype=float)
    return [
        Streets(*map(float, row)) for row in zip(detour, density, steps, private, whole, strict=True)
    ]  # fmt: skip


def _locate(points: NDArray[np.object_], answer: Analysis) -> NDArray[np.int64]:
    """Return the position of the community that each point lies in, -1 outside."""
    frame = gpd.GeoDataFrame(geometry=points, crs=answer.checkup.crs)
    ids = pd.Index(answer.checkup[Checkup.community])
    return np.asarray(ids.get_indexer(assign_communities(frame, answer.place.communities)), dtype=np.int64)


def find_junctions(answer: Analysis) -> NDArray[np.float64]:
    """Return where three or more streets meet; nodes that edges of no length join are one."""
    network = answer.place.network
    ends, real = network.ends, (network.length_m > 0) & (network.kind != "square")
    head = label_pieces(ends[~real & (network.length_m <= 0)], len(network.xy))
    degree = np.bincount(head[ends[real].ravel()], minlength=len(head))
    return np.asarray(network.xy[degree >= 3])


def _measure_detours(answer: Analysis) -> pd.Series:
    """Measure walk over straight line to the nearest of each kind, for residents within the limit, by community."""
    footing, walker = answer.footing, answer.study.walkers[0]
    metres_per_min = walker.metres_per_second * 60
    # the same streets are open, and each is as long as it is: no slope, no stairs, no wait
    flat = round_seconds(footing.network.length_m / walker.metres_per_second)[:, None]
    plain = replace(footing, seconds=np.where(np.isfinite(footing.seconds), flat, inf), hierarchy=None)
    facilities, clusters = answer.place.facilities, answer.clusters
    longest = max(kind.limit_min for kind in answer.study.standard.kinds)
    near = nearest(
        plain, answer.starts, facilities, walker, spots=answer.ends, limit_min=SEARCH_FACTOR * longest
    )  # fmt: skip
    mine = pick_first_walker(answer, answer.coverage, Coverage.walker)
    covered = mine[mine[Coverage.covered] & mine[Coverage.known]]
    pairs = covered.merge(
        near[[Nearest.origin, Nearest.kind, Nearest.facility, Nearest.minutes]],
        left_on=[Coverage.cluster, Coverage.kind], right_on=[Nearest.origin, Nearest.kind], suffixes=("", "_plain"),
    )  # fmt: skip
    home = clusters.set_index(Clusters.cluster).geometry.reindex(pairs[Coverage.cluster])
    shapes = facilities.set_index([Facilities.facility, Facilities.kind]).geometry
    goal = shapes.reindex(pd.MultiIndex.from_arrays([pairs[f"{Nearest.facility}_plain"], pairs[Coverage.kind]]))
    people = pairs[Coverage.population].to_numpy(dtype=float)
    walked = pairs[f"{Nearest.minutes}_plain"].to_numpy(dtype=float) * metres_per_min * people
    straight = shapely.distance(home.to_numpy(), goal.to_numpy()) * people
    sums = pd.DataFrame({"walked": walked, "straight": straight}).groupby(pairs[Coverage.community].to_numpy()).sum()
    return pd.Series(share_parts(sums["walked"].to_numpy(), sums["straight"].to_numpy()), index=sums.index)
