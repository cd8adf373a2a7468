"""Properties: what must hold whatever the town, on random grids and on the bundled extracts."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import fsum

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pytest
import shapely
from builders import (
    METRES,
    STROLLER,
    TOWNS,
    draw_network,
    grid_paths,
    line_frame,
    make_communities,
    make_facilities,
    make_kind,
    make_place,
    make_residences,
    make_standard,
    make_study,
    points,
    tries,
)
from hypothesis import assume, given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from pyproj import Transformer

import walkcircle as wc
from walkcircle.analysis import analyse
from walkcircle.clusters import cluster_residences
from walkcircle.footing import make_footing
from walkcircle.isochrones import trace_isochrones
from walkcircle.network import network_from_lines
from walkcircle.proposals import Proposals
from walkcircle.scenario import measure_effect
from walkcircle.snapping import snap_points
from walkcircle.tables import (
    Checkup,
    Clusters,
    CommunityCoverage,
    Coverage,
    Effects,
    Facilities,
    Gaps,
    Isochrones,
    Nearest,
    Residences,
    WalkTimes,
    check_table,
)
from walkcircle.walkers import Walker
from walkcircle.walking import measure_times, nearest, walk

PLACE = st.tuples(st.integers(-40, 340), st.integers(-40, 240))
PLACES = st.lists(PLACE, min_size=1, max_size=6, unique=True)
MISSING = st.sets(st.integers(0, 16), max_size=7)


def grid_town(missing=()):
    """Make a grid of four by three corners with some streets missing."""
    return [path for i, path in enumerate(grid_paths(4, 3)) if i not in missing]


def some_places(network, count: int, seed: int) -> gpd.GeoSeries:
    """Pick places beside the streets of a town."""
    rng = np.random.default_rng(seed)
    lines = rng.choice(network.lines[network.level == 0], count)
    at = shapely.get_coordinates(shapely.line_interpolate_point(lines, rng.uniform(0, 1, count), normalized=True))
    return gpd.GeoSeries(gpd.points_from_xy(*(at + rng.uniform(-20, 20, (count, 2))).T), crs=network.crs)


# ── walks ───────────────────────────────────────────────────────────────────────────────────────


@given(start=PLACE, minutes=st.lists(st.integers(0, 12), min_size=2, max_size=4, unique=True), missing=MISSING)
@tries(20)
def test_more_time_never_shrinks_what_is_reached(start, minutes, missing):
    """Nodes, their times, and the streets between them."""
    network = draw_network(grid_town(missing))
    reached, length = {}, 0.0
    for limit in sorted(minutes):
        reach = walk(network, points(start), STROLLER, limit_min=limit)
        now = dict(zip(reach.node.tolist(), reach.seconds.tolist(), strict=True))
        assert reached.items() <= now.items()
        assert all(seconds <= limit * 60 + 1e-6 for seconds in now.values())
        table = trace_isochrones(reach, [limit])
        assert table[Isochrones.reached_m].sum() >= length - 1e-9
        reached, length = now, table[Isochrones.reached_m].sum()


def test_no_walk_is_shorter_than_the_straight_line(town, networks):
    """Access legs included, between all pairs of fifty places of a town."""
    network = networks[town]
    at = some_places(network, 50, seed=1)
    table = measure_times(network, at, at, STROLLER, limit_min=120)
    start, end = at[table[WalkTimes.origin]].to_numpy(), at[table[WalkTimes.destination]].to_numpy()
    assert len(table) > 2000
    assert (table[WalkTimes.metres].to_numpy() >= shapely.distance(start, end) - 1e-6).all()
    assert table[WalkTimes.metres].to_numpy() == pytest.approx(60 * table[WalkTimes.minutes].to_numpy(), abs=1e-6)


def test_a_walk_back_takes_as_long_as_the_walk_there(town, networks):
    """Where no gate and no one-way path is."""
    network = networks[town]
    at = some_places(network, 30, seed=2)
    there = measure_times(network, at, at, STROLLER).set_index([WalkTimes.origin, WalkTimes.destination])[
        WalkTimes.minutes
    ]
    back = there.swaplevel().reindex(there.index)
    assert there.to_numpy() == pytest.approx(back.to_numpy(), abs=1e-9)


@given(start=PLACES, end=PLACES, missing=MISSING, data=st.data())
@tries(20)
def test_the_order_of_rows_changes_nothing_but_the_order(start, end, missing, data):
    """Origins, facilities and the lines of the network, each shuffled."""
    paths = grid_town(missing)
    shuffled = data.draw(st.permutations(paths))
    starts = points(*start, labels=[f"o{i}" for i in range(len(start))])
    places = make_facilities([(f"f{i}", "ab"[i % 2], xy) for i, xy in enumerate(end)])
    again = starts.iloc[data.draw(st.permutations(range(len(start))))]
    other = places.iloc[data.draw(st.permutations(range(len(end))))]
    keys = [Nearest.origin, Nearest.kind, Nearest.rank]
    one, two = network_from_lines(line_frame(paths)), network_from_lines(line_frame(shuffled))
    for k in (1, 2):
        first = nearest(one, starts, places, STROLLER, k=k).sort_values(keys, ignore_index=True)
        second = nearest(two, again, other, STROLLER, k=k).sort_values(keys, ignore_index=True)
        assert first[keys].to_numpy().tolist() == second[keys].to_numpy().tolist()
        assert first[Nearest.minutes].to_numpy(float) == pytest.approx(
            second[Nearest.minutes].to_numpy(float), abs=1e-9
        )
        assert first[Nearest.facility].tolist() == second[Nearest.facility].tolist()
    ends = [Facilities.facility]
    by_pair = [WalkTimes.origin, WalkTimes.destination]
    first = measure_times(one, starts, places.set_index(ends), STROLLER).sort_values(by_pair, ignore_index=True)
    second = measure_times(two, again, other.set_index(ends), STROLLER).sort_values(by_pair, ignore_index=True)
    assert_frame_equal(first, second, rtol=0, atol=1e-9)


@given(start=PLACES, end=PLACES, slow=st.integers(20, 60), more=st.integers(0, 40), missing=MISSING)
@tries(20)
def test_who_walks_faster_is_never_later(start, end, slow, more, missing):
    """On any streets, with the same stairs and delays."""
    kinds = ["steps" if i % 5 == 0 else "path" for i in range(17 - len(missing))]
    network = draw_network(grid_town(missing), kind=kinds, steps=[kind == "steps" for kind in kinds])
    at_most = [
        measure_times(network, points(*start), points(*end), Walker(speed_kmh=v / 10, stairs_factor=0.5), limit_min=30)
        for v in (slow, slow + more)
    ]
    one, two = (t.set_index([WalkTimes.origin, WalkTimes.destination])[WalkTimes.minutes] for t in at_most)
    assert set(one.index) <= set(two.index)
    assert (two.reindex(one.index) <= one + 1e-9).all()


def test_a_closed_gate_never_helps_and_an_open_one_never_hinders(networks):
    """Monaco has private lanes: closed is never quicker than resident, resident never quicker than open."""
    network = networks["monaco"]
    at = some_places(network, 30, seed=3)
    public = make_footing(network, Walker(speed_kmh=3.6, gates="closed"))
    spots = snap_points(at, network, allowed=~network.private & (network.level == 0))
    took = []
    for gates in ("open", "resident", "closed"):
        footing = make_footing(network, replace(STROLLER, gates=gates))
        table = measure_times(footing, spots, spots, footing.walker)
        took.append(table.set_index([WalkTimes.origin, WalkTimes.destination])[WalkTimes.minutes])
    assert public.usable.sum() < len(network.ends)
    for easier, harder in pairwise(took):
        assert set(harder.index) <= set(easier.index)
        assert (easier.reindex(harder.index) <= harder + 1e-9).all()


# ── coverage ────────────────────────────────────────────────────────────────────────────────────

STANDARD = make_standard(make_kind("a", 2), make_kind("b", 4))
HOMES = st.lists(st.tuples(PLACE, st.integers(0, 90)), min_size=1, max_size=8, unique_by=lambda home: home[0])


def small_town(homes, places, missing=()):
    """Make a place of two communities on a grid."""
    network = draw_network(grid_town(missing))
    residences = make_residences([(f"h{i}", people, xy) for i, (xy, people) in enumerate(homes)])
    communities = make_communities({"west": shapely.box(-99, -99, 150, 399), "east": shapely.box(150, -99, 499, 399)})
    facilities = make_facilities([(f"f{i}", "ab"[i % 2], xy) for i, xy in enumerate(places)])
    return make_place(network, residences, facilities, communities, STANDARD)


def near_enough(place) -> bool:
    """Tell whether some home and every facility stand near a street."""
    ground = shapely.union_all(place.network.lines)
    homes, places = (f.geometry.distance(ground) <= 100 for f in (place.residences, place.facilities))
    return bool(homes.any() and places.all())


@given(homes=HOMES, places=PLACES, extra=PLACE, kind=st.sampled_from(["a", "b"]), missing=MISSING)
@tries(8)
def test_one_more_facility_never_lowers_coverage_and_the_what_if_equals_the_full_run(
    homes, places, extra, kind, missing
):
    """Shares only grow, and :func:`measure_effect` finds what an analysis with the site added finds."""
    place = small_town(homes, places, missing)
    assume(near_enough(place) and shapely.union_all(place.network.lines).distance(shapely.Point(extra)) <= 100)
    study = make_study(STANDARD)
    before = analyse(place, study)
    sites = Proposals(METRES)
    sites.add(kind, shapely.Point(extra))
    after = analyse(replace(place, facilities=add_sites(place, sites)), study)
    keys = [CommunityCoverage.community, CommunityCoverage.kind]
    was, now = (a.communities.set_index(keys)[CommunityCoverage.share] for a in (before, after))
    assert (now.fillna(0) >= was.fillna(0) - 1e-12).all()
    compare_with_full_run(before, after, measure_effect(before, sites))


def add_sites(place, sites) -> gpd.GeoDataFrame:
    """Return the facilities of a place with proposed sites among them."""
    return gpd.GeoDataFrame(pd.concat([place.facilities, sites.to_gdf()], ignore_index=True), crs=place.network.crs)


def compare_with_full_run(before, after, effects) -> None:
    """Derive every column of the effects from two whole analyses."""
    check_table(effects, Effects, where="effects")
    keys = [Coverage.cluster, Coverage.kind]
    was, now = (a.coverage.set_index(keys) for a in (before, after))
    now = now.reindex(was.index)
    people = was[Coverage.demand].where(was[Coverage.known], 0.0)
    newly = people.where(now[Coverage.covered] & ~was[Coverage.covered], 0.0)
    shorter = (now[Coverage.minutes] < was[Coverage.minutes]) | (
        now[Coverage.minutes].notna() & was[Coverage.minutes].isna()
    )
    nearer, without = people.where(shorter, 0.0), people.where(~now[Coverage.covered], 0.0)
    shares = [
        a.communities.set_index([CommunityCoverage.community, CommunityCoverage.kind])[CommunityCoverage.share]
        for a in (before, after)
    ]
    for row in effects.to_dict("records"):
        mine = (was[Coverage.community] == row[Effects.community]) & (
            was.index.get_level_values(1) == row[Effects.kind]
        )
        assert row[Effects.newly_served] == pytest.approx(newly[mine].sum(), abs=1e-6)
        assert row[Effects.still_without] == pytest.approx(without[mine].sum(), abs=1e-6)
        assert row[Effects.nearer] == pytest.approx(nearer[mine].sum(), abs=1e-6)
        at = (row[Effects.community], row[Effects.kind])
        assert row[Effects.share_before] == pytest.approx(shares[0][at], nan_ok=True)
        assert row[Effects.share_after] == pytest.approx(shares[1][at], nan_ok=True)
    assert len(effects) == len(before.checkup) * effects[Effects.kind].nunique()


def test_the_what_if_equals_the_full_run_in_a_bundled_town(town, analyses):
    """Four sites of two kinds, at homes of the town, against a whole analysis with them added."""
    before = analyses[town]
    sites = Proposals(before.place.network.crs)
    lived = before.clusters.sort_values(Clusters.population).geometry.iloc[-40:]
    missing = before.gaps[Gaps.kind].unique().tolist() or ["learning"]
    for i, point in enumerate(lived.iloc[::10]):
        sites.add(missing[i % min(2, len(missing))], shapely.Point(point.x + 5, point.y))
    after = analyse(replace(before.place, facilities=add_sites(before.place, sites)), before.study)
    effects = measure_effect(before, sites)
    compare_with_full_run(before, after, effects)
    assert effects[Effects.newly_served].sum() + effects[Effects.nearer].sum() > 0


def test_no_site_has_no_effect(analyses):
    """An empty table with the declared columns, not a crash."""
    effects = measure_effect(analyses["karhula"], Proposals(analyses["karhula"].place.network.crs))
    assert len(effects) == 0
    assert list(effects.columns) == list(Effects.columns())


@given(homes=HOMES, places=PLACES, missing=MISSING, data=st.data())
@tries(6)
def test_the_order_of_homes_and_facilities_changes_no_result(homes, places, missing, data):
    """The same tables whatever the order in which a register is exported."""
    place = small_town(homes, places, missing)
    assume(near_enough(place))
    other = replace(
        place,
        residences=place.residences.iloc[data.draw(st.permutations(range(len(homes))))].reset_index(drop=True),
        facilities=place.facilities.iloc[data.draw(st.permutations(range(len(places))))].reset_index(drop=True),
    )
    one, two = analyse(place, make_study(STANDARD)), analyse(other, make_study(STANDARD))
    keys = [Coverage.cluster, Coverage.kind]
    assert_frame_equal(
        one.coverage.sort_values(keys, ignore_index=True),
        two.coverage.sort_values(keys, ignore_index=True),
        check_exact=False,
        atol=1e-9,
    )
    assert_frame_equal(
        one.checkup.drop(columns=Checkup.geometry),
        two.checkup.drop(columns=Checkup.geometry),
        check_exact=False,
    )


@given(
    homes=st.lists(st.tuples(PLACE, st.floats(0, 1e6, allow_subnormal=False)), min_size=1, max_size=30),
    cell=st.sampled_from([10.0, 60.0, 100.0, 1000.0]),
)
@tries(30)
def test_clusters_hold_all_the_people_of_their_homes(homes, cell):
    """To the last billionth, whatever the cells, homes outside all communities among them."""
    residences = make_residences([(f"h{i}", people, xy) for i, (xy, people) in enumerate(homes)])
    communities = make_communities({"c": shapely.box(0, 0, 150, 150)})
    clusters = cluster_residences(residences, communities, cell_m=cell)
    assert fsum(clusters[Clusters.population]) == pytest.approx(fsum(people for _, people in homes), rel=1e-9)
    assert clusters[Clusters.residences].sum() == len(homes)
    check_table(clusters, Clusters, where="clusters")


# ── bundled towns ───────────────────────────────────────────────────────────────────────────────


def test_nothing_is_invented_that_the_file_does_not_hold(town, networks):
    """Every point of every street is a node of the file, the chords of squares among them."""
    network = networks[town]
    move = Transformer.from_crs(4326, network.crs, always_xy=True)
    nodes = [(n.id, n.lon, n.lat) for n in osmium.FileProcessor(str(TOWNS[town])) if n.is_node()]
    ids, lon, lat = (np.array(column) for column in zip(*nodes, strict=True))
    tree = shapely.STRtree(gpd.points_from_xy(*move.transform(lon, lat)))
    corners = shapely.points(shapely.get_coordinates(network.lines))
    _, apart = tree.query_nearest(corners, return_distance=True, all_matches=False)
    assert apart.max() < 1e-6
    nearest_node, apart = tree.query_nearest(shapely.points(network.xy), return_distance=True, all_matches=False)
    assert apart.max() < 1e-6
    assert np.isin(network.osm_node, ids).all()
    square = network.lines[network.kind == "square"]
    assert len(nearest_node[0]) == len(network.xy)
    ends = shapely.points(np.concatenate([shapely.get_coordinates(shapely.get_point(square, i)) for i in (0, -1)]))
    assert len(square) == 0 or tree.query_nearest(ends, return_distance=True, all_matches=False)[1].max() < 1e-6


def test_a_networks_lengths_are_those_of_its_lines(town, networks):
    """And its lines run from first to last node."""
    network = networks[town]
    assert network.length_m == pytest.approx(shapely.length(network.lines), abs=1e-9)
    for side, end in ((0, 0), (1, -1)):
        at = shapely.get_coordinates(shapely.get_point(network.lines, end))
        assert np.array_equal(at, network.xy[network.ends[:, side]])


def test_the_tables_of_an_analysis_are_what_they_are_declared_to_be(town, analyses):
    """Types, bounds, nothing missing that may not be; and shares between nothing and all."""
    answer = analyses[town]
    check_table(answer.clusters, Clusters, where="clusters")
    check_table(answer.coverage, Coverage, where="coverage")
    check_table(answer.communities, CommunityCoverage, where="communities")
    check_table(answer.gaps, Gaps, where="gaps")
    check_table(answer.checkup, Checkup, where="checkup")
    check_table(answer.isochrones, Isochrones, where="isochrones")
    share = answer.communities[CommunityCoverage.share].dropna()
    assert share.between(0, 1).all()
    assert (answer.communities[CommunityCoverage.covered] <= answer.communities[CommunityCoverage.population]).all()


def test_nobody_is_lost_between_homes_and_coverage(town, analyses):
    """The same people in homes, clusters and, for every kind, in the communities; and so whom the kind serves."""
    answer = analyses[town]
    people = fsum(answer.place.residences[Residences.population])
    assert fsum(answer.clusters[Clusters.population]) == pytest.approx(people, rel=1e-9)
    groups = {kind.id: kind.group for kind in answer.study.standard.kinds}
    for kind, rows in answer.communities.groupby(CommunityCoverage.kind):
        assert fsum(rows[CommunityCoverage.residents]) == pytest.approx(people, rel=1e-9)
        served = people if groups[kind] == "all" else fsum(answer.place.residences[groups[kind]])
        assert fsum(rows[CommunityCoverage.population]) == pytest.approx(served, rel=1e-9)


def test_the_same_study_twice_gives_the_same_tables(town, analyses):
    """Bit by bit."""
    one = analyses[town]
    two = analyse(wc.read_place(one.study), one.study)
    for table in (
        "clusters",
        "isochrones",
        "truth",
        "coverage",
        "communities",
        "gaps",
        "checkup",
        "agreement",
        "unsnapped",
    ):
        assert_frame_equal(getattr(one, table), getattr(two, table), check_exact=True)


def test_coverage_is_what_single_walks_say(town, analyses):
    """A hundred pairs of a cluster and a kind, walked to every facility of the kind one by one."""
    answer = analyses[town]
    rng = np.random.default_rng(4)
    positions = answer.ends.relabel(pd.RangeIndex(len(answer.place.facilities)))
    picked = sorted(rng.choice(len(answer.clusters), 12, replace=False).tolist())
    kept = np.isin(np.arange(len(answer.clusters)), picked)
    times = measure_times(answer.footing, answer.starts.only(kept), positions, answer.footing.walker)
    kinds = answer.place.facilities[Facilities.kind].to_numpy()
    least = times.groupby([WalkTimes.origin, kinds[times[WalkTimes.destination]]])[WalkTimes.minutes].min()
    rows = answer.coverage[answer.coverage[Coverage.cluster].isin(answer.clusters.index[picked])]
    assert len(rows) >= 100
    for row in rows.to_dict("records"):
        took = least.get((row[Coverage.cluster], row[Coverage.kind]), np.inf)
        assert row[Coverage.covered] == (took <= row[Coverage.limit_min] + 1e-8)
        if not np.isnan(row[Coverage.minutes]):
            assert row[Coverage.minutes] == pytest.approx(took, abs=1e-9)
        else:
            assert took > 4 * max(kind.limit_min for kind in answer.study.standard.kinds)
