"""Living circles: worked out with pencil, checked by other means on random towns, and against all partitions."""

from __future__ import annotations

import itertools
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from math import isnan, log

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial import Voronoi

from walkcircle.circles import (
    CircleRules,
    Search,
    compare_partitions,
    compare_with_chance,
    delineate_circles,
    list_rules,
    measure_containment,
    measure_severance,
    measure_stability,
    read_rules,
    split_at_random,
)
from walkcircle.errors import StudyError, TableError
from walkcircle.study import CirclesSection, Study
from walkcircle.tables import BrokenRules, CircleMembers, Circles, check_table

METRES = 32650
#: Walks in these tests follow streets that run east and north, 60 metres in a minute.
PACE = 60.0
RULES = CircleRules(
    minutes=5.0, limit_min=5.0, population=(300.0, 500.0, 800.0), area_km2=(0.01, 0.2), hard=("rail",),
    soft=("primary",), outside_min=10.0, target_min=0.5, ground_min=0.25, soft_min=2.0, border_min=1.0,
)  # fmt: skip
LARGER = CircleRules(
    minutes=15.0, limit_min=9.0, population=(900.0, 1500.0, 2500.0), hard=("rail",), soft=("primary",),
    outside_min=20.0, target_min=1.0, soft_min=2.0, border_min=1.0, beyond_min=6.0,
)  # fmt: skip


def town(spots, people, communities=None):
    names = [f"k{number:02}" for number in range(len(spots))]
    return gpd.GeoDataFrame(
        {
            "cluster": names,
            "community": communities or ["one"] * len(spots),
            "population": np.asarray(people, dtype=float),
        },
        geometry=[shapely.Point(spot) for spot in spots],
        crs=METRES,
    )


def walks(clusters, limit_min=np.inf, closed=()):
    """Measure walks along streets; nobody comes to or leaves what is closed."""
    rows = []
    places = dict(zip(clusters["cluster"], clusters.geometry, strict=True))
    for (a, one), (b, other) in itertools.product(places.items(), repeat=2):
        minutes = (abs(one.x - other.x) + abs(one.y - other.y)) / PACE
        if minutes <= limit_min and a not in closed and b not in closed:
            rows.append((a, b, minutes))
    return pd.DataFrame(rows, columns=["origin", "destination", "minutes"])


def lines(*paths):
    return gpd.GeoDataFrame(
        {"kind": [kind for kind, *_ in paths]},
        geometry=[shapely.LineString(path) for _, *path in paths],
        crs=METRES,
    )


def parts_of(found):
    """Return the circles as sets of clusters."""
    members = found.list_tier().dropna(subset=["circle"])
    return {frozenset(group) for _, group in members.groupby("circle")["cluster"]}


# ── with pencil ─────────────────────────────────────────────────────────────────────────────────

#: Two hamlets of three clusters, 100 m apart inside and 400 m between them.
ROW = town([(0, 0), (100, 0), (200, 0), (600, 0), (700, 0), (800, 0)], [100, 200, 200, 100, 300, 100])
ROW_AREA = shapely.box(-50, -50, 850, 50)


def test_two_hamlets_are_two_circles_with_their_middles_as_centres():
    found = delineate_circles(ROW, walks(ROW, 5), RULES, area=ROW_AREA)
    circles = found.circles
    assert circles["circle"].tolist() == ["5-001", "5-002"]
    assert circles["centre"].tolist() == ["k01", "k04"]
    assert circles["population"].tolist() == [500, 500]
    # from -50 to 400 and from 400 to 850, 100 wide
    assert circles["area_km2"].tolist() == pytest.approx([0.045, 0.045])
    assert circles["clusters"].tolist() == [3, 3]
    assert circles["longest_min"].tolist() == pytest.approx([100 / 60, 100 / 60])
    assert circles["mean_min"].tolist() == pytest.approx([300 / 500 * 100 / 60, 200 / 500 * 100 / 60])
    # 4π · 450·100 / (2·550)²
    assert circles["compactness"].tolist() == pytest.approx([0.467344] * 2, abs=1e-6)
    # both are at the aim and inside all bands: only (300 + 200) people walk 100 m
    assert found.objective == pytest.approx(500 * 100 / 60)
    assert found.broken.empty
    assert isnan(found.bound)


def test_the_larger_circle_is_both_hamlets_and_says_who_walks_too_far():
    five = delineate_circles(ROW, walks(ROW, 5), RULES, area=ROW_AREA)
    # the centres are 600 m, 10 minutes apart
    rules = CircleRules(minutes=15, limit_min=10, population=(900, 1000, 2000), beyond_min=6, outside_min=30)
    found = delineate_circles(ROW, walks(ROW, 10), rules, area=ROW_AREA, inner=five)
    assert found.circles["circle"].tolist() == ["15-001", "5-001", "5-002"]
    assert found.circles["parent"].tolist() == [None, "15-001", "15-001"]
    assert found.circles["centre"].tolist()[0] == "k04"
    # around k04: k03 and k05 walk 100 m, k02 500 m, k01 600 m, and k00 700 m, which is no longer in the table
    assert found.objective == pytest.approx(200 * 100 / 60 + 200 * 500 / 60 + 200 * 10 + 100 * (10 + 6))
    row = found.broken.iloc[0]
    assert (row["rule"], row["circle"], row["people"]) == ("beyond_limit", "15-001", 100)
    assert isnan(row["found"])
    assert row["allowed"] == 10
    assert len(found.broken) == 1


def test_a_railway_parts_what_would_be_one_circle_and_a_soft_road_only_costs():
    four = town([(0, 0), (0, 100), (100, 0), (100, 100)], [125] * 4)
    free = delineate_circles(four, walks(four, 5), RULES)
    assert parts_of(free) == {frozenset(["k00", "k01", "k02", "k03"])}
    road = lines(("primary", (50, -500), (50, 500)))
    costly = delineate_circles(four, walks(four, 5), RULES, barriers=road)
    assert parts_of(costly) == parts_of(free)
    # on whichever side the centre is, 250 people cross the road, 2 minutes each
    assert costly.objective - free.objective == pytest.approx(250 * 2)
    rail = lines(("rail", (50, -500), (50, 500)))
    apart = delineate_circles(four, walks(four, 5), RULES, barriers=rail)
    assert parts_of(apart) == {frozenset(["k00", "k01"]), frozenset(["k02", "k03"])}
    assert apart.broken["rule"].tolist() == ["population_below"] * 2
    assert apart.broken[["found", "allowed", "people"]].to_numpy().tolist() == [[250, 300, 250]] * 2


def test_a_circle_around_the_end_of_a_railway_says_so():
    four = town([(0, 0), (0, 100), (100, 0), (100, 100)], [125] * 4)
    found = delineate_circles(four, walks(four, 5), RULES, barriers=lines(("rail", (50, -500), (50, 20))))
    assert len(parts_of(found)) == 1
    crossed = found.broken[found.broken["rule"] == "barrier_crossed"]
    assert crossed[["found", "people"]].to_numpy().tolist() == [[1, 250]]


def test_borders_between_communities_are_counted_with_those_whose_centre_is_elsewhere():
    three = town([(0, 0), (100, 0), (200, 0)], [100, 200, 200], ["a", "b", "b"])
    found = delineate_circles(three, walks(three, 5), RULES)
    row = found.broken.set_index("rule").loc["border_crossed"]
    assert (row["found"], row["people"]) == (1, 100)
    own = pd.Series({"k00": "south", "k01": "south", "k02": "south"})
    assert "border_crossed" not in set(delineate_circles(three, walks(three, 5), RULES, borders=own).broken["rule"])


def test_a_cluster_that_nobody_can_walk_to_is_listed_and_in_no_circle():
    found = delineate_circles(ROW, walks(ROW, 5, closed={"k00"}), RULES, area=ROW_AREA)
    lost = found.members[found.members["circle"].isna()]
    assert lost["cluster"].tolist() == ["k00"]
    row = found.broken.set_index("rule").loc["unreached"]
    assert (row["cluster"], row["people"]) == ("k00", 100)
    assert found.circles["population"].sum() == ROW["population"].sum() - 100


def test_nobody_reached_makes_no_circles():
    found = delineate_circles(ROW, walks(ROW, 5, closed=set(ROW["cluster"])), RULES, search=Search(method="exact"))
    assert found.circles.empty
    assert (found.broken["rule"] == "unreached").all()
    assert len(found.broken) == len(ROW)
    assert found.gap == 0


def test_clusters_on_one_spot_share_its_ground():
    twice = town([(0, 0), (0, 0), (100, 0)], [100, 200, 200])
    found = delineate_circles(twice, walks(twice, 5), RULES, area=shapely.box(-50, -50, 150, 50))
    assert parts_of(found) == {frozenset(["k00", "k01", "k02"])}
    assert found.circles["area_km2"].tolist() == pytest.approx([0.02])


def test_a_cluster_outside_of_the_study_area_has_a_disc_of_its_own():
    found = delineate_circles(ROW, walks(ROW, 5), RULES, area=shapely.box(-50, -50, 710, 50))
    assert found.circles["population"].sum() == ROW["population"].sum()
    assert (found.circles["area_km2"] > 0).all()


# ── random towns, checked by other means ────────────────────────────────────────────────────────


@dataclass
class Case:
    clusters: gpd.GeoDataFrame
    times: pd.DataFrame
    barriers: gpd.GeoDataFrame
    area: shapely.Polygon


@st.composite
def cases(draw, most=18):
    count = draw(st.integers(1, most))
    spot = st.tuples(st.integers(0, 24), st.integers(0, 16))
    spots = draw(st.lists(spot, min_size=count, max_size=count, unique=True))
    people = draw(st.lists(st.sampled_from([0, 40, 90, 150, 260]), min_size=count, max_size=count))
    wards = draw(st.lists(st.sampled_from("ab"), min_size=count, max_size=count))
    # off the streets, so that no end of a way lies on a barrier
    clusters = town([(x * 30.0 + y * 0.7, y * 30.0 + x * 0.9) for x, y in spots], people, wards)
    ends = st.tuples(st.integers(-3, 27), st.integers(-3, 19))
    paths = draw(st.lists(st.tuples(st.sampled_from(["rail", "primary", "footway"]), ends, ends), max_size=3))
    barriers = lines(
        *[(kind, (a[0] * 30 + 14.2, a[1] * 30 + 7.1), (b[0] * 30 + 13.6, b[1] * 30 + 17.3)) for kind, a, b in paths]
    )
    closed = {name for name in clusters["cluster"] if draw(st.integers(0, 9)) == 0}
    return Case(clusters, walks(clusters, 5, closed), barriers, shapely.box(-60, -60, 800, 560))


def neighbours(case, hard):
    """Draw the graph of neighbours anew, with SciPy's Voronoi diagram and one barrier after the other."""
    names = case.clusters["cluster"].tolist()
    spots = shapely.get_coordinates(case.clusters.geometry)
    far = np.array([[-9e4, -1e5], [1e5, -9e4], [9e4, 1e5], [-1e5, 9e4]])
    diagram = Voronoi(np.concatenate([spots, far]))
    graph, severed = nx.Graph(), nx.Graph()
    graph.add_nodes_from(names)
    walls = [g for g, kind in zip(case.barriers.geometry, case.barriers["kind"], strict=True) if kind in hard]
    for (a, b), ridge in zip(diagram.ridge_points, diagram.ridge_vertices, strict=True):
        if max(a, b) >= len(names) or -1 in ridge:
            continue
        border = shapely.LineString(diagram.vertices[ridge]).intersection(case.area)
        if border.length > 0.01:
            way = shapely.LineString(spots[[a, b]])
            (severed if any(way.intersects(wall) for wall in walls) else graph).add_edge(names[a], names[b])
    return graph, severed


def spot_of(case):
    return dict(zip(case.clusters["cluster"], case.clusters.geometry, strict=True))


def price(case, rules, cluster, centre, minutes):
    """Price a walk: people times minutes, and the minutes of soft barriers and borders."""
    row = case.clusters.set_index("cluster")
    spots = spot_of(case)
    way = shapely.LineString([spots[cluster], spots[centre]])
    soft = [g for g, kind in zip(case.barriers.geometry, case.barriers["kind"], strict=True) if kind in rules.soft]
    total = minutes + rules.soft_min * (cluster != centre and any(way.intersects(road) for road in soft))
    total += rules.border_min * (row["community"][cluster] != row["community"][centre])
    return total * max(row["population"][cluster], 1.0)


def fine(rules, people, area):
    """Fine a circle for its people and its ground."""
    least, aim, most = rules.population
    missing = max(least - people, people - most, 0)
    total = missing * rules.outside_min + abs(people - aim) * rules.target_min
    if missing > 0:
        total += rules.broken_share * aim * rules.outside_min
    if rules.area_km2:
        low, high = rules.area_km2
        total += max(low - area, area - high, 0) * rules.ground_min * aim / ((low + high) / 2)
    return total


def ground_of(case):
    """Measure the ground of each cluster by asking which of its points are nearest: the plane cut by each bisector."""
    spots = spot_of(case)
    ground = {}
    for name, spot in spots.items():
        cell = case.area
        for other_name, other in spots.items():
            if other_name != name:
                middle = np.array([(spot.x + other.x) / 2, (spot.y + other.y) / 2])
                away = np.array([spot.x - other.x, spot.y - other.y])
                away = away / np.hypot(*away)
                along = np.array([-away[1], away[0]])
                corners = [middle + along * 5000, middle - along * 5000]
                half = shapely.Polygon([*corners, corners[1] + away * 5000, corners[0] + away * 5000])
                cell = cell.intersection(half)
        ground[name] = cell.area / 1e6
    return ground


def expect_broken(case, rules, found):
    """List which rules are broken, from the members alone."""
    graph, severed = neighbours(case, rules.hard)
    people = case.clusters.set_index("cluster")["population"]
    ward = case.clusters.set_index("cluster")["community"]
    ground = ground_of(case)
    centre = found.circles.set_index("circle")["centre"]
    expected = {}
    for circle, rows in found.list_tier().groupby("circle"):
        names = set(rows["cluster"])
        total, area = people[list(names)].sum(), sum(ground[name] for name in names)
        least, _, most = rules.population
        low, high = rules.area_km2 or (0, np.inf)
        if total < least:
            expected["population_below", circle] = total
        if total > most:
            expected["population_above", circle] = total
        if area < low - 1e-9:
            expected["area_below", circle] = total
        if area > high + 1e-9:
            expected["area_above", circle] = total
        far = [name for name, m in zip(rows["cluster"], rows["minutes"], strict=True) if not m <= rules.limit_min]
        if far:
            expected["beyond_limit", circle] = people[far].sum()
        pairs = [pair for pair in severed.edges if names.issuperset(pair)]
        if pairs:
            expected["barrier_crossed", circle] = people[list({n for pair in pairs for n in pair})].sum()
        other = [name for name in names if ward[name] != ward[centre[circle]]]
        if other:
            expected["border_crossed", circle] = people[other].sum()
        assert nx.is_connected(graph.subgraph(names))
    for name in found.list_tier().query("circle.isna()")["cluster"]:
        expected["unreached", name] = people[name]
    return expected


def check_circles(case, found):
    """Check everything that must hold, and return the parts."""
    rules = found.rules
    members = found.list_tier()
    people = case.clusters.set_index("cluster")["population"]
    known = {(a, b): m for a, b, m in case.times.itertuples(index=False)}
    assert sorted(members["cluster"]) == sorted(case.clusters["cluster"])
    reached = set(case.times["origin"]) | set(case.times["destination"])
    assert set(members.dropna(subset=["circle"])["cluster"]) == reached
    circles = found.circles[found.circles["minutes"] == rules.minutes].set_index("circle")
    assert circles["population"].sum() == pytest.approx(people[sorted(reached)].sum())
    ground = ground_of(case)
    objective = 0.0
    for circle, rows in members.groupby("circle"):
        centre = circles.loc[circle, "centre"]
        assert centre in set(rows["cluster"])
        assert circles.loc[circle, "population"] == pytest.approx(people[rows["cluster"]].sum())
        area = sum(ground[name] for name in rows["cluster"])
        assert circles.loc[circle, "area_km2"] == pytest.approx(area, abs=1e-7)
        assert circles.loc[circle, "geometry"].area / 1e6 == pytest.approx(area, abs=1e-7)
        for name, minutes in zip(rows["cluster"], rows["minutes"], strict=True):
            walk = known.get((name, centre), np.nan)
            assert minutes == walk or (isnan(minutes) and isnan(walk))
            if not walk <= rules.limit_min + 1e-6:
                assert found.inner is not None or walk <= rules.reach_min
                walk = ((rules.reach_min or rules.limit_min) if isnan(walk) else walk) + rules.beyond_min
            objective += price(case, rules, name, centre, walk)
        objective += fine(rules, people[rows["cluster"]].sum(), area)
    assert found.objective == pytest.approx(objective, rel=1e-9, abs=1e-6)
    broken = found.broken[found.broken["tier_min"] == rules.minutes]
    reported = {
        (rule, cluster if rule == "unreached" else circle): concerned
        for rule, circle, cluster, concerned in zip(
            broken["rule"], broken["circle"], broken["cluster"], broken["people"], strict=True
        )
    }
    assert len(reported) == len(broken)
    assert reported == pytest.approx(expect_broken(case, rules, found))
    for table, kind in ((found.circles, Circles), (found.members, CircleMembers), (found.broken, BrokenRules)):
        check_table(table, kind, where="found")
    return parts_of(found)


#: A drawn town takes longer on a busy machine than hypothesis likes; how long says nothing of the answer.
UNHURRIED = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


@UNHURRIED
@given(cases())
def test_circles_of_any_town_keep_every_rule_or_say_which_they_break(case):
    five = delineate_circles(case.clusters, case.times, RULES, barriers=case.barriers, area=case.area)
    small = check_circles(case, five)
    wide = Case(case.clusters, walks(case.clusters, 9, set(case.clusters["cluster"]) - set(case.times["origin"])),
                case.barriers, case.area)  # fmt: skip
    fifteen = delineate_circles(wide.clusters, wide.times, LARGER, barriers=case.barriers, area=case.area, inner=five)
    large = check_circles(wide, fifteen)
    assert all(any(one <= other for other in large) for one in small)
    tables = fifteen.circles.set_index("circle")
    home = {circle: set(rows["cluster"]) for circle, rows in fifteen.members.groupby("circle")}
    parent = tables.loc[tables["minutes"] == 5, "parent"]
    assert all(home[circle] <= home[around] for circle, around in parent.items())


@settings(UNHURRIED, max_examples=15)
@given(cases())
def test_circles_that_may_reach_farther_say_who_walks_too_far(case):
    rules = replace(RULES, limit_min=2.0, reach_min=5.0)
    check_circles(case, delineate_circles(case.clusters, case.times, rules, barriers=case.barriers, area=case.area))


def test_a_lonely_home_joins_a_circle_beyond_the_limit_only_where_it_may():
    spots = town([(0, 0), (100, 0), (420, 0)], [250, 250, 100])
    near = delineate_circles(spots, walks(spots, 9), replace(RULES, limit_min=5.0))
    assert frozenset(["k02"]) in parts_of(near)
    far = delineate_circles(spots, walks(spots, 9), replace(RULES, limit_min=5.0, reach_min=9.0, beyond_min=4.0))
    assert parts_of(far) == {frozenset(["k00", "k01", "k02"])}
    row = far.broken.set_index("rule").loc["beyond_limit"]
    assert row["people"] == 100
    # around k01, where the lonely 100 walk 320 m, and 250 walk 100 m
    assert row["found"] == pytest.approx(320 / 60)
    assert far.objective == pytest.approx(250 * 100 / 60 + 100 * (320 / 60 + 4) + 100 * 0.5)


@UNHURRIED
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_rows_decides_nothing(case, random):
    def shuffle(frame):
        return frame.iloc[random.sample(range(len(frame)), len(frame))]

    first = delineate_circles(case.clusters, case.times, RULES, barriers=case.barriers, area=case.area)
    second = delineate_circles(
        shuffle(case.clusters), shuffle(case.times), RULES, barriers=shuffle(case.barriers), area=case.area
    )
    pd.testing.assert_frame_equal(first.members, second.members)
    assert first.objective == second.objective


# ── against all partitions ──────────────────────────────────────────────────────────────────────


def partitions(names):
    """List all partitions of some names."""
    if not names:
        yield []
        return
    first, *rest = names
    for partition in partitions(rest):
        yield [[first], *partition]
        for place in range(len(partition)):
            yield [*partition[:place], [first, *partition[place]], *partition[place + 1 :]]


def find_least(case, rules):
    """Find the least cost of all partitions into connected circles with a centre in reach of all."""
    graph, _ = neighbours(case, rules.hard)
    reached = sorted(set(case.times["origin"]))
    people = case.clusters.set_index("cluster")["population"]
    ground = ground_of(case)
    known = {(a, b): price(case, rules, a, b, m) for a, b, m in case.times.itertuples(index=False)}
    cost = {}
    for size in range(1, len(reached) + 1):
        for names in itertools.combinations(reached, size):
            if nx.is_connected(graph.subgraph(names)):
                walked = min(sum(known.get((name, centre), np.inf) for name in names) for centre in names)
                total = people[list(names)].sum()
                cost[frozenset(names)] = walked + fine(rules, total, sum(ground[name] for name in names))
    return min(sum(cost.get(frozenset(part), np.inf) for part in split) for split in partitions(reached))


@settings(UNHURRIED, max_examples=12)
@given(cases(most=8))
def test_the_exact_method_finds_the_least_of_all_partitions_and_the_search_nothing_less(case):
    options = {"barriers": case.barriers, "area": case.area}
    least = find_least(case, RULES)
    exact = delineate_circles(case.clusters, case.times, RULES, **options, search=Search(method="exact"))
    check_circles(case, exact)
    assert exact.objective == pytest.approx(least, rel=1e-6, abs=1e-4)
    assert exact.bound == pytest.approx(least, rel=1e-6, abs=1e-4)
    assert exact.gap == pytest.approx(0, abs=1e-6)
    found = delineate_circles(case.clusters, case.times, RULES, **options)
    assert found.objective >= least - 1e-4


def test_the_exact_method_cuts_off_what_does_not_hang_together():
    # the quickest answer would give the rich ends to the middle and the empty cluster between them to nobody near
    spots = [(0, 0), (100, 0), (200, 0), (300, 0), (100, 100)]
    case = Case(
        town(spots, [150, 10, 300, 40, 150]), walks(town(spots, [0] * 5), 4), lines(), shapely.box(-50, -50, 350, 150)
    )
    for barriers in (lines(), lines(("rail", (150, 50), (50, -50)), ("rail", (50, 50), (150, 150)))):
        case.barriers = barriers
        exact = delineate_circles(
            case.clusters, case.times, RULES, barriers=barriers, area=case.area, search=Search(method="exact")
        )
        check_circles(case, exact)
        assert exact.objective == pytest.approx(find_least(case, RULES), abs=1e-4)


def test_when_time_is_up_the_exact_method_keeps_the_circles_of_the_search():
    search, exact = (
        delineate_circles(ROW, walks(ROW, 5), RULES, search=Search(method=method, seconds=0.0))
        for method in ("growth", "exact")
    )
    assert parts_of(search) == parts_of(exact)
    assert exact.bound == -np.inf


def test_the_same_seed_gives_the_same_circles_of_a_whole_district():
    rng = np.random.default_rng(5)
    many = town(rng.uniform(0, 1500, (150, 2)), rng.integers(20, 120, 150))
    one, two = (delineate_circles(many, walks(many, 5), RULES, search=Search(seed=3)) for _ in range(2))
    pd.testing.assert_frame_equal(one.members, two.members)
    small = one.circles["population"]
    assert (small >= 300).mean() > 0.8
    assert (small <= 800).all()


# ── likeness, chance and stability ──────────────────────────────────────────────────────────────


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=14))
def test_likeness_is_that_of_counting_pairs_and_of_the_entropies(labels):
    one, other = (pd.Series([pair[side] for pair in labels]) for side in (0, 1))
    found = compare_partitions(one, other)
    # Hubert and Arabie: of all pairs, those that are together in both, in the first, in the second
    pairs = list(itertools.combinations(range(len(labels)), 2))
    in_one = {p for p in pairs if labels[p[0]][0] == labels[p[1]][0]}
    in_other = {p for p in pairs if labels[p[0]][1] == labels[p[1]][1]}
    chance = len(in_one) * len(in_other) / len(pairs)
    most = (len(in_one) + len(in_other)) / 2
    if most != chance:
        assert found.ari == pytest.approx((len(in_one & in_other) - chance) / (most - chance))

    def entropy(values):
        return -sum(n / len(labels) * log(n / len(labels)) for n in Counter(values).values())

    alone = entropy(one) + entropy(other)
    joint = entropy(labels)
    assert found.vi == pytest.approx(2 * joint - alone, abs=1e-9)
    if alone > 0:
        assert found.nmi == pytest.approx((alone - joint) / (alone / 2), abs=1e-9)


def test_equal_partitions_are_alike_whatever_their_names():
    found = compare_partitions(pd.Series(list("aabbc")), pd.Series([2, 2, 0, 0, 7]))
    assert (found.ari, found.nmi, found.clusters) == (1, pytest.approx(1), 5)
    assert found.vi == pytest.approx(0, abs=1e-12)


def test_clusters_that_one_partition_does_not_know_are_left_out():
    found = compare_partitions(pd.Series({"a": 1, "b": None, "c": 2}), pd.Series({"a": 1, "b": 1, "d": 5}))
    assert found.clusters == 1


@given(st.integers(1, 12), st.integers(0, 1000))
def test_a_random_split_has_as_many_connected_parts_as_were_asked_for(parts, seed):
    grid = nx.convert_node_labels_to_integers(nx.grid_2d_graph(4, 3))
    part = split_at_random(np.array(grid.edges), 12, parts, seed=seed)
    groups = defaultdict(list)
    for cluster, label in enumerate(part):
        groups[label].append(cluster)
    assert sorted(groups) == list(range(parts))
    assert all(nx.is_connected(grid.subgraph(group)) for group in groups.values())


def test_hamlets_are_nearer_to_their_own_communities_than_chance_would_be():
    found = delineate_circles(ROW, walks(ROW, 5), RULES, area=ROW_AREA)
    hamlet = pd.Series(list("aaabbb"), index=ROW["cluster"])
    chance = compare_with_chance(found, lambda parts: compare_partitions(parts, hamlet).ari, draws=200)
    assert chance.score == 1
    assert chance.mean < 1
    # a row of six has five places to part it, and each is drawn
    assert 0.05 < chance.share < 0.6


def test_circles_stay_when_nothing_is_drawn_and_hamlets_stay_when_a_tenth_is():
    def delineate(clusters):
        return delineate_circles(clusters, walks(ROW, 5), RULES, area=ROW_AREA)

    for spread in (0.0, 0.1):
        found = measure_stability(ROW, delineate, draws=3, spread=spread)
        assert found["circle"].tolist() == ["5-001", "5-002"]
        assert found["jaccard"].tolist() == [1, 1]


def test_stability_is_the_likeness_to_the_most_alike_new_circle():
    answers = iter([["x", "x", "x", "y", "y", "y"], ["u", "u", "v", "v", "v", "v"]])

    class Made:
        def list_tier(self):
            return pd.DataFrame({"circle": next(answers)})

    found = measure_stability(ROW, lambda _: Made(), draws=1)
    # {1, 2, 3} and {1, 2}: 2/3; {4, 5, 6} and {3, 4, 5, 6}: 3/4
    assert found["jaccard"].tolist() == pytest.approx([2 / 3, 3 / 4])


# ── what people find inside, and barriers ───────────────────────────────────────────────────────


def test_those_whose_nearest_lies_in_another_circle_are_not_contained():
    found = delineate_circles(ROW, walks(ROW, 5), RULES, area=ROW_AREA)
    facilities = gpd.GeoDataFrame(index=["west", "east"], geometry=gpd.points_from_xy([100, 650], [10, 10]), crs=METRES)
    nearest = pd.DataFrame(
        {
            "origin": [*ROW["cluster"][:5], "k00"],
            "kind": "clinic",
            "rank": [1] * 5 + [2],
            "facility": ["west", "west", "east", "east", "east", "east"],
            "minutes": 3.0,
        }
    )
    rows = measure_containment(found.members, found.circles, nearest, facilities)
    # of the west, k02 with 200 of 500 walks east; in the east k05 walks to none, and 400 are left
    assert rows.to_numpy().tolist() == [["5-001", "clinic", 500, 300, 0.6], ["5-002", "clinic", 400, 400, 1]]


def test_severance_is_the_share_of_pairs_with_a_barrier_between_their_homes():
    found = delineate_circles(ROW, walks(ROW, 5), RULES, area=ROW_AREA)
    rows = measure_severance(found.members, ROW, lines(("rail", (50, -90), (50, 90))))
    # in the west: 100·200 and 100·200 pairs of 80,000 have the line between them; in the east none
    assert rows[["pairs", "severed", "share"]].to_numpy().tolist() == [[80000, 40000, 0.5], [70000, 0, 0]]


# ── rules, and what is refused ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("name", "minutes"), list_rules())
def test_every_size_of_the_rules_says_where_it_comes_from(name, minutes):
    rules = read_rules(name, minutes)
    named = {"limit_min", "population", "hard", "soft", "weights"} | ({"area_km2"} if rules.area_km2 else set())
    assert set(rules.cited) == named
    assert rules.minutes == minutes


def test_the_sizes_are_those_of_the_documents():
    assert read_rules("gb50180", 15).population == (50_000, 75_000, 100_000)
    assert read_rules("gb50180", 5).area_km2 == (0.08, 0.18)
    assert read_rules("shanghai", 15).population[::2] == (30_000, 50_000)
    five, fifteen = (read_rules("hangzhou", minutes) for minutes in (5, 15))
    # 1,690 and 344 circles for 10.0 to 11.8 million people, 4.9 to one
    for rules, circles in ((five, 1690), (fifteen, 344)):
        assert 10.0e6 / circles <= rules.population[1] <= 11.8e6 / circles
    assert fifteen.population[1] / five.population[1] == pytest.approx(1690 / 344, abs=0.1)


def test_a_changed_figure_is_no_longer_cited():
    rules = read_rules("shanghai", 15, {"population": [20000, 30000, 40000]})
    assert rules.population == (20000, 30000, 40000)
    assert "population" not in rules.cited
    assert "limit_min" in rules.cited


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (("hangzou", 5, None), "did you mean 'hangzhou'"),
        (("paris", 5, None), "the rules are: gb50180, hangzhou, shanghai"),
        (("shanghai", 10, None), "no circle of 10 minutes; they have 5, 15"),
        (("hangzhou", 5, {"limit": 4.0}), "did you mean 'limit_min'"),
        (("hangzhou", 5, {"population": [5, 4, 9]}), "the least, the aim and the most"),
        (("hangzhou", 5, {"reach_min": 4.0}), "reach_min is 4, below limit_min"),
        (("hangzhou", 5, {"area_km2": [2.0, 1.0]}), "the least and the most"),
        (("hangzhou", 5, {"soft": ["rail"]}), "'rail' is a hard and a soft barrier"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(ask, words):
    with pytest.raises(StudyError, match=words):
        read_rules(*ask)


def test_a_study_chooses_its_rules_and_changes_figures():
    section = tomllib.loads('rules = "gb50180"\nfive = { population = [4000, 6000, 9000], limit_min = 6 }')
    study = CirclesSection(**section)
    assert read_rules(study.rules, 5, study.five).population == (4000, 6000, 9000)
    assert read_rules(study.rules, 15, study.fifteen) == read_rules("gb50180", 15)
    assert "circles" in Study.__dataclass_fields__


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"clusters": ROW.iloc[:0]}, "there are none"),
        ({"clusters": pd.concat([ROW, ROW.iloc[:1]])}, "'k00' occurs twice"),
        ({"clusters": ROW.to_crs(4326)}, "degrees"),
        ({"times": walks(ROW).drop(columns="minutes")}, "column 'minutes'"),
        ({"times": walks(ROW).assign(minutes=-1.0)}, "takes -1.0 minutes"),
        ({"barriers": lines(("rail", (0, 0), (1, 1))).to_crs(32651)}, "not in the CRS"),
        ({"inner": delineate_circles(ROW.iloc[:4], walks(ROW), RULES)}, "made of other clusters"),
    ],
)
def test_tables_that_do_not_fit_are_refused(change, words):
    given_ = {"clusters": ROW, "times": walks(ROW, 5), "rules": RULES} | change
    with pytest.raises(TableError, match=words):
        delineate_circles(**given_)


def test_draws_and_splits_that_cannot_be_are_refused():
    found = delineate_circles(ROW, walks(ROW, 5), RULES)
    with pytest.raises(TableError, match="at least one draw"):
        measure_stability(ROW, lambda _: found, draws=0)
    with pytest.raises(TableError, match="give at least 1"):
        compare_with_chance(found, lambda _: 0.0, draws=0)
    with pytest.raises(TableError, match="make from 2 to 3 parts"):
        split_at_random(np.array([[0, 1]]), 3, 1)
    with pytest.raises(TableError, match="no cluster in common"):
        compare_partitions(pd.Series({"a": 1}), pd.Series({"b": 1}))
    with pytest.raises(TableError, match="'a' occurs twice"):
        compare_partitions(pd.Series([1, 2], index=["a", "a"]), pd.Series({"a": 1}))
