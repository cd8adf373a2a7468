"""Measures, worked out with a pencil: clusters, coverage, gaps, check-up, completeness, hexagons, people."""

from __future__ import annotations

import re
from math import fsum

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from builders import (
    METRES,
    STROLLER,
    draw_network,
    grid_paths,
    make_communities,
    make_completeness,
    make_estates,
    make_facilities,
    make_kind,
    make_place,
    make_residences,
    make_standard,
    make_study,
    points,
    tries,
    write_osm,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from walkcircle.analysis import analyse
from walkcircle.checkup import LEAST_RESIDENTS, score_communities, score_kinds
from walkcircle.clusters import cluster_residences
from walkcircle.completeness import grade_completeness
from walkcircle.coverage import measure_coverage, weigh_coverage
from walkcircle.errors import StudyError
from walkcircle.gaps import CHECK, GAP, find_gaps
from walkcircle.place import assign_communities
from walkcircle.sources.communities import make_hexagons
from walkcircle.sources.osm_file import read_osm_file
from walkcircle.sources.population import estimate_residences, scale_population
from walkcircle.study import PopulationSection, ResidencesSection
from walkcircle.tables import (
    Agreement,
    Checkup,
    Clusters,
    Communities,
    CommunityCoverage,
    Completeness,
    Coverage,
    Facilities,
    Gaps,
    Residences,
    Truth,
    Unsnapped,
    check_table,
)
from walkcircle.walking import nearest

WEST, EAST = shapely.box(0, 0, 500, 500), shapely.box(500, 0, 1000, 500)
TWO = make_communities({"west": WEST, "east": EAST})

# ── clusters ────────────────────────────────────────────────────────────────────────────────────


def test_homes_of_one_cell_and_community_are_one_cluster():
    """Three homes in a cell of 100 m, a fourth in the next; walks start at the home nearest to the middle."""
    homes = make_residences([("a", 10, (110, 110)), ("b", 30, (130, 110)), ("c", 20, (190, 110)), ("d", 5, (210, 110))])
    clusters = cluster_residences(homes, TWO)
    assert clusters[Clusters.cluster].tolist() == ["west@1,1", "west@2,1"]
    assert clusters[Clusters.population].tolist() == [60, 5]
    assert clusters[Clusters.residences].tolist() == [3, 1]
    # the middle of the people is (10·110 + 30·130 + 20·190) / 60 = 146.7, nearest to b
    assert [p.x for p in clusters.geometry] == [130, 210]
    check_table(clusters, Clusters, where="clusters")


def test_a_border_divides_a_cell():
    """Two homes ten metres apart on either side of a border are two clusters."""
    clusters = cluster_residences(make_residences([("a", 1, (495, 50)), ("b", 1, (505, 50))]), TWO, cell_m=1000)
    assert clusters[Clusters.community].tolist() == ["east", "west"]


def test_on_a_shared_border_the_first_community_counts():
    """And outside all of them there is none."""
    homes = make_residences([("a", 1, (500, 50)), ("b", 1, (5000, 50))])
    assert assign_communities(homes, TWO).tolist()[0] == "west"
    assert assign_communities(homes, TWO).isna().tolist() == [False, True]


def test_an_estate_is_one_cluster_however_large():
    """Homes far apart in one estate; a register goes before the map; the smallest of nested ones counts."""
    estates = make_estates({"big": shapely.box(0, 0, 400, 400), "yard": shapely.box(10, 10, 50, 50)})
    homes = make_residences(
        [
            ("a", 1, (20, 20)),
            ("b", 2, (300, 300)),
            ("c", 4, (390, 100)),
            ("d", 8, (450, 450)),
            ("e", 16, (30, 30)),
        ]
    )
    homes[Residences.estate] = [None, None, None, None, "big"]
    clusters = cluster_residences(homes, TWO, estates=estates).set_index(Clusters.cluster)
    assert clusters[Clusters.population].to_dict() == {"west@big": 22, "west@yard": 1, "west@4,4": 8}


def test_nobody_starts_at_an_empty_home():
    """The empty house is nearest to the middle, but walks start where somebody lives, if anybody does."""
    homes = make_residences([("a", 5, (10, 10)), ("empty", 0, (50, 10)), ("b", 5, (91, 10))])
    assert cluster_residences(homes, TWO).geometry.iloc[0].x in {10, 91}
    nobody = make_residences([("a", 0, (10, 10)), ("b", 0, (50, 10)), ("c", 0, (90, 10))])
    assert cluster_residences(nobody, TWO).geometry.iloc[0].x == 50


def test_one_more_home_moves_no_other_cluster():
    """Cells lie at multiples of their width, wherever the homes are."""
    homes = [("a", 1, (110, 110)), ("b", 3, (230, 310))]
    before = cluster_residences(make_residences(homes), TWO)
    after = cluster_residences(make_residences([*homes, ("c", 9, (20, 20))]), TWO)
    assert set(before.index) < set(after.index)
    assert after.geometry[before.index].geom_equals(before.geometry).all()


# ── coverage ────────────────────────────────────────────────────────────────────────────────────

KINDS = [make_kind("shop", 5), make_kind("school", 10)]
STANDARD = make_standard(*KINDS)
STREET = draw_network([[(0, 50), (1000, 50)]])
HOMES = make_residences([("a", 100, (50, 50)), ("b", 60, (351, 50)), ("c", 40, (650, 50)), ("off", 7, (250, 400))])
PLACES = make_facilities([("s", "shop", (50, 50)), ("z", "school", (950, 50))])


def coverage_of(homes=HOMES, places=PLACES, **options) -> pd.DataFrame:
    clusters = cluster_residences(homes, TWO, cell_m=1.0)
    return measure_coverage(clusters, nearest(STREET, clusters, places, STROLLER), KINDS, walker="stroller", **options)


def test_coverage_is_the_nearest_walk_against_the_limit():
    """Sixty metres a minute: 301 m is beyond five minutes, 599 m within ten; no street means not known."""
    table = coverage_of(off_network=["west@250,400"]).set_index([Coverage.cluster, Coverage.kind])
    check_table(table.reset_index(), Coverage, where="coverage")
    assert table[Coverage.covered].to_dict() == {
        ("east@650,50", "shop"): False, ("east@650,50", "school"): True,
        ("west@250,400", "shop"): False, ("west@250,400", "school"): False,
        ("west@351,50", "shop"): False, ("west@351,50", "school"): True,
        ("west@50,50", "shop"): True, ("west@50,50", "school"): False,
    }  # fmt: skip
    assert table[Coverage.minutes]["west@351,50", "shop"] == pytest.approx(301 / 60)
    assert table[Coverage.minutes]["west@351,50", "school"] == pytest.approx(599 / 60)
    assert np.isnan(table[Coverage.minutes]["west@250,400", "shop"])
    assert table[Coverage.known].groupby(level=0).all().to_dict() == {
        "east@650,50": True, "west@250,400": False, "west@351,50": True, "west@50,50": True,
    }  # fmt: skip


@pytest.mark.parametrize(("x", "covered"), [(350.0, True), (350.001, False)])
def test_a_walk_of_exactly_the_limit_is_covered(x, covered):
    """Three hundred metres in five minutes; a millimetre more is not."""
    table = coverage_of(make_residences([("a", 1, (x, 50))]))
    assert table.set_index(Coverage.kind)[Coverage.covered]["shop"] == covered


def test_where_no_facility_is_mapped_nobody_is_covered():
    """Every cluster keeps its rows, without a facility or a time."""
    table = coverage_of(places=PLACES.iloc[:0])
    assert len(table) == 8
    assert not table[Coverage.covered].any()
    assert table[Coverage.facility].isna().all()


def test_a_gap_near_the_end_of_the_data_is_open():
    """Two minutes to the edge are within half of five, three are not; a covered walk is no gap."""
    edge = pd.Series({"west@351,50": 2.0, "east@650,50": 3.0, "west@50,50": 2.5})
    table = coverage_of(edge_min=edge).set_index([Coverage.cluster, Coverage.kind])[Coverage.open_edge]
    assert table["west@351,50", "shop"]
    assert not table["west@351,50", "school"]
    assert not table["east@650,50", "shop"]
    assert table["west@50,50", "school"]
    assert not table["west@50,50", "shop"]


def weigh(coverage, thin=None, communities=TWO) -> pd.DataFrame:
    table = weigh_coverage(coverage, communities, make_completeness(communities, STANDARD, thin or {}))
    check_table(table, CommunityCoverage, where="communities")
    return table.set_index([CommunityCoverage.community, CommunityCoverage.kind])


def test_coverage_is_weighed_by_people():
    """West: 100 of 160 reach a shop, 60 a school, and 7 are off the network; east: 0 and 40 of 40."""
    table = weigh(coverage_of(off_network=["west@250,400"]))
    assert table[CommunityCoverage.share].to_dict() == pytest.approx(
        {
            ("west", "shop"): 100 / 160,
            ("west", "school"): 60 / 160,
            ("east", "shop"): 0,
            ("east", "school"): 1,
        }
    )
    assert table[CommunityCoverage.population]["west"].tolist() == [167, 167]
    assert table[CommunityCoverage.unknown]["west"].tolist() == [7, 7]
    assert table[CommunityCoverage.unknown]["east"].tolist() == [0, 0]


def test_a_community_without_residents_has_no_share():
    """It stays in the table, and nothing is said of it."""
    three = make_communities({"west": WEST, "east": EAST, "lake": shapely.box(2000, 0, 2100, 100)})
    table = weigh(coverage_of(off_network=["west@250,400"]), communities=three)
    assert table[CommunityCoverage.share]["lake"].isna().all()
    assert table[CommunityCoverage.population]["lake"].tolist() == [0, 0]


def test_a_community_that_is_wholly_off_the_network_has_no_share():
    """Unknown is not zero."""
    homes = make_residences([("a", 9, (250, 400)), ("b", 5, (600, 50))])
    table = weigh(coverage_of(homes, off_network=["west@250,400"]))
    assert table[CommunityCoverage.share]["west"].isna().all()
    assert table[CommunityCoverage.unknown]["west"].tolist() == [9, 9]


def test_what_the_data_cannot_tell_is_the_most_that_may_be():
    """Sixty of 160 stand near the edge: between 100 and 160 of them may reach a shop."""
    table = weigh(coverage_of(off_network=["west@250,400"], edge_min=pd.Series({"west@351,50": 2.0})))
    row = table.loc[("west", "shop")]
    assert (row[CommunityCoverage.share], row[CommunityCoverage.share_at_most]) == (100 / 160, 1.0)
    assert row[CommunityCoverage.confidence] == "check"
    assert row[CommunityCoverage.reason] == "the data end within half of their walk"
    assert table[CommunityCoverage.confidence]["west", "school"] == "firm"


# ── gaps ────────────────────────────────────────────────────────────────────────────────────────


def test_gaps_are_who_is_left_out_and_the_largest_comes_first():
    """West lacks a school for 100 and a shop for 60, east a shop for 40."""
    gaps = find_gaps(weigh(coverage_of(off_network=["west@250,400"])).reset_index())
    check_table(gaps, Gaps, where="gaps")
    assert gaps[[Gaps.community, Gaps.kind, Gaps.residents_without, Gaps.verdict]].to_numpy().tolist() == [
        ["west", "school", 100, GAP], ["west", "shop", 60, GAP], ["east", "shop", 40, GAP],
    ]  # fmt: skip
    assert gaps[Gaps.share_without].tolist() == pytest.approx([100 / 160, 60 / 160, 1])


def test_thin_data_make_a_check_on_the_ground_and_not_a_gap():
    """Whatever is left out where the map is thin may still be there."""
    thin = {("west", "school"): "none is mapped in the whole file"}
    gaps = find_gaps(weigh(coverage_of(off_network=["west@250,400"]), thin).reset_index())
    assert gaps[Gaps.verdict].tolist() == [GAP, GAP, CHECK]
    assert gaps.iloc[2][[Gaps.kind, Gaps.reason]].tolist() == ["school", "none is mapped in the whole file"]


def test_residents_near_the_end_of_the_data_are_told_apart_from_those_who_surely_lack():
    """Of a hundred without a school, those near the edge are to be checked."""
    homes = make_residences([("a", 100, (50, 50)), ("b", 30, (100, 50))])
    table = weigh(coverage_of(homes, edge_min=pd.Series({"west@100,50": 1.0})))
    gaps = find_gaps(table.reset_index()).query("kind == 'school'")
    assert gaps[[Gaps.verdict, Gaps.residents_without]].to_numpy().tolist() == [[GAP, 100], [CHECK, 30]]


@given(people=st.lists(st.floats(0.1, 1e4), min_size=2, max_size=12), off=st.sets(st.integers(0, 11)))
@tries(20)
def test_rounding_makes_no_gap(people, off):
    """Where all whose walk is known are covered, nobody is without, whatever their fractions add up to."""
    clusters = cluster_residences(
        make_residences([(f"h{i}", p, (i, 1)) for i, p in enumerate(people)]), TWO, cell_m=1.0
    )
    near = pd.DataFrame({"origin": clusters.index, "kind": "shop", "rank": 1, "facility": "s", "minutes": 1.0})
    table = measure_coverage(
        clusters, near, KINDS[:1], walker="w", off_network=[clusters.index[i] for i in off if i < len(people)]
    )
    assert len(find_gaps(weigh(table).reset_index())) == 0


# ── the check-up ────────────────────────────────────────────────────────────────────────────────


def covered(shares, *, people=1000.0, thin=(), walker="w") -> pd.DataFrame:
    """Make coverage by community from shares per community and kind; `thin` pairs are to be checked."""
    rows = []
    for community, by_kind in shares.items():
        for kind, share in by_kind.items():
            is_thin = (community, kind) in thin
            many = people[community] if isinstance(people, dict) else people
            known = many if share is not None else 0.0
            value = np.nan if share is None else share
            row = {
                CommunityCoverage.community: community,
                CommunityCoverage.kind: kind,
                CommunityCoverage.walker: walker,
                CommunityCoverage.group: "all",
                CommunityCoverage.stand_in: False,
                CommunityCoverage.residents: many,
                CommunityCoverage.population: many,
                CommunityCoverage.unknown: many - known,
                CommunityCoverage.covered: 0.0 if share is None else share * known,
                CommunityCoverage.unsure: 0.0,
                CommunityCoverage.doubt: None,
                CommunityCoverage.share: value,
                CommunityCoverage.share_at_most: np.nan if is_thin else value,
                CommunityCoverage.confidence: "check" if is_thin else "firm",
                CommunityCoverage.reason: "thin" if is_thin else None,
            }
            rows.append(row)
    return pd.DataFrame(rows)


def score(shares, standard, **options) -> pd.DataFrame:
    """Score communities that lie side by side by their coverage alone."""
    areas = make_communities({name: shapely.box(i, 0, i + 1, 1) for i, name in enumerate(shares)})
    table = score_covered(covered(shares, **options), areas, standard)
    check_table(table, Checkup, where="checkup")
    return table.set_index(Checkup.community)


def score_covered(table, areas, standard, *, walker="w") -> pd.DataFrame:
    scores = score_kinds(table, standard, walkers=dict.fromkeys([kind.id for kind in standard.kinds], walker))
    people = table.groupby(CommunityCoverage.community)[CommunityCoverage.population].max()
    return score_communities(scores, table, areas, standard, residents=people)


CARE = make_standard(
    make_kind("clinic", category="health", weight=3), make_kind("pharmacy", category="health"),
    make_kind("shop", category="daily"), make_kind("market", category="daily"),
)  # fmt: skip


def test_the_index_is_the_mean_of_weighted_means_by_category():
    """Health (3·100 + 1·20) / 4 = 80, daily (50 + 30) / 2 = 40, index 60."""
    table = score({"a": {"clinic": 1.0, "pharmacy": 0.2, "shop": 0.5, "market": 0.3}}, CARE)
    assert table[Checkup.index]["a"] == pytest.approx(60)
    assert (table[Checkup.rank]["a"], table[Checkup.firm_kinds]["a"], table[Checkup.confidence]["a"]) == (
        1,
        4,
        "A",
    )


def test_thin_kinds_are_left_out_and_lower_the_confidence():
    """Without the market, daily is the shop alone: (80 + 50) / 2 = 65; three of four kinds are known."""
    shares = {"a": {"clinic": 1.0, "pharmacy": 0.2, "shop": 0.5, "market": 0.0}}
    table = score(shares, CARE, thin={("a", "market")})
    assert table[Checkup.index]["a"] == pytest.approx(65)
    assert table[Checkup.confidence]["a"] == "B"
    half = score(shares, CARE, thin={("a", "market"), ("a", "shop")})
    assert (half[Checkup.index]["a"], half[Checkup.firm_kinds]["a"]) == (pytest.approx(80), 2)


def test_fewer_than_half_of_the_kinds_firm_is_no_index():
    """Nor a rank, nor a place among the weakest, however low what is known."""
    shares = {
        "a": dict.fromkeys(["clinic", "pharmacy", "shop", "market"], 0.0),
        "b": dict.fromkeys(["clinic", "pharmacy", "shop", "market"], 0.5),
    }
    table = score(shares, CARE, thin={("a", kind) for kind in ("clinic", "pharmacy", "shop")})
    assert np.isnan(table[Checkup.index]["a"])
    assert pd.isna(table[Checkup.rank]["a"])
    assert table[Checkup.weakest].to_dict() == {"a": False, "b": True}
    assert table[Checkup.confidence].to_dict() == {"a": "D", "b": "A"}


def test_a_community_without_residents_is_not_scored():
    """Its share is unknown, so are index and rank."""
    table = score(
        {
            "a": dict.fromkeys(["clinic", "pharmacy", "shop", "market"]),
            "b": dict.fromkeys(["clinic", "pharmacy", "shop", "market"], 1.0),
        },
        CARE,
        people={"a": 0.0, "b": 100.0},
    )
    assert np.isnan(table[Checkup.index]["a"])
    assert pd.isna(table[Checkup.rank]["a"])
    assert not table[Checkup.weakest].any()


ONE = make_standard(make_kind("shop"))


def test_where_hardly_anybody_lives_there_is_an_index_but_no_rank():
    """One household should not head the list of the weakest."""
    table = score(
        {"a": {"shop": 0.0}, "b": {"shop": 0.5}, "c": {"shop": 0.9}},
        ONE,
        people={"a": LEAST_RESIDENTS - 1, "b": LEAST_RESIDENTS, "c": 5000.0},
    )
    assert table[Checkup.index].tolist() == [0, 50, 90]
    assert pd.isna(table[Checkup.rank]["a"])
    assert table[Checkup.rank].tolist()[1:] == [2, 1]
    assert table[Checkup.weakest].tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("shares", "weakest"),
    [
        ([0.1, 0.2, 0.3], [0]),  # a tenth of three is one
        ([0.5] * 10, list(range(10))),  # all tied
        ([0.1 * i for i in range(10)], [0]),
        ([0.05 * i for i in range(11)], [0, 1]),  # a tenth of eleven is two
        ([0.3, 0.1, 0.1, 0.2, *[0.9] * 6], [1, 2]),  # a tie at the bound counts
        ([1.0, 1.0, 1.0], []),  # a full score is never weak
        ([1.0] * 19 + [0.99], [19]),
    ],
)
def test_the_weakest_tenth_are_the_lowest_ties_included(shares, weakest):
    """Rounded up, and none of those who lack nothing."""
    table = score({f"c{i:02}": {"shop": share} for i, share in enumerate(shares)}, ONE)
    assert np.flatnonzero(table[Checkup.weakest]).tolist() == weakest


def test_ranks_are_shared_by_ties_and_one_is_the_best():
    """As in a race."""
    table = score({name: {"shop": share} for name, share in zip("abcd", [0.2, 0.9, 0.9, 0.5], strict=True)}, ONE)
    assert table[Checkup.rank].tolist() == [4, 1, 1, 3]


@given(weights=st.lists(st.floats(0.01, 30), min_size=1, max_size=12), share=st.floats(0, 1))
@tries(25)
def test_equal_shares_give_that_share_whatever_the_weights(weights, share):
    """Nothing above 100, and a full score is full to the last digit."""
    standard = make_standard(*(make_kind(f"k{i}", category="xyz"[i % 3], weight=w) for i, w in enumerate(weights)))
    table = score({"a": {k.id: share for k in standard.kinds}, "b": {k.id: 1.0 for k in standard.kinds}}, standard)
    assert table[Checkup.index]["a"] == pytest.approx(100 * share, abs=1e-8)
    assert table[Checkup.index]["b"] == 100
    assert not table[Checkup.weakest]["b"]


def test_only_the_asked_walker_is_scored():
    """Coverage of several walkers stands in one table."""
    areas = make_communities({"a": shapely.box(0, 0, 1, 1)})
    both = pd.concat([covered({"a": {"shop": 0.2}}), covered({"a": {"shop": 0.9}}, walker="elder")])
    assert score_covered(both, areas, ONE, walker="elder")[Checkup.index].tolist() == [90]


# ── completeness ────────────────────────────────────────────────────────────────────────────────


def from_map(rows) -> gpd.GeoDataFrame:
    return make_facilities(rows).assign(**{Facilities.source: "osm"})


def test_completeness_says_why_the_data_are_thin():
    """A register is firm; a kind the map never holds, one that is nowhere, and a blank map are not."""
    kinds = [
        make_kind("shop"),
        make_kind("school"),
        make_kind("care", osm_weakness=3),
        make_kind("club", osm_weakness=3),
    ]
    homes = make_residences([("a", 3000, (100, 100)), ("b", 400, (2500, 100))])
    areas = make_communities(
        {
            "full": shapely.box(0, 0, 200, 200),
            "blank": shapely.box(2400, 0, 2600, 200),
            "empty": shapely.box(9000, 0, 9100, 100),
        }
    )
    mapped = from_map([(f"f{i}", "shop", (100 + i, 300)) for i in range(6)] + [("x", "care", (0, 0))])
    table = grade_completeness(areas, homes, mapped, make_standard(*kinds), registered=["club"])
    check_table(table, Completeness, where="completeness")
    reasons = table.set_index([Completeness.community, Completeness.kind])[Completeness.reason]
    assert reasons["full"].dropna().to_dict() == {
        "school": "none is mapped in the whole file",
        "care": "OpenStreetMap practically never holds this kind; it needs a register",
    }
    assert reasons["blank", "shop"] == "only 0 places are mapped in and around for 400 residents"
    assert pd.isna(reasons["empty", "shop"])
    assert (table[Completeness.grade] == "check").tolist() == table[Completeness.reason].notna().tolist()


@pytest.mark.parametrize(("places", "grade"), [(6, "firm"), (5, "check")])
def test_a_map_is_thin_below_two_places_per_thousand_residents(places, grade):
    """Three thousand residents need six within 500 m; those of a register do not count."""
    homes = make_residences([("a", 3000, (100, 100))])
    areas = make_communities({"c": shapely.box(0, 0, 200, 200)})
    near = [(f"f{i}", "shop", (700, 100)) for i in range(places)]
    facilities = pd.concat(
        [
            from_map([*near, *((f"g{i}", "shop", (701, 100)) for i in range(9))]),
            make_facilities([(f"r{i}", "shop", (100, 100)) for i in range(9)]),
        ]
    )
    table = grade_completeness(areas, homes, facilities, ONE)
    assert table[Completeness.grade].tolist() == [grade]


# ── the whole ───────────────────────────────────────────────────────────────────────────────────


def test_an_analysis_of_a_street_is_the_sum_of_its_measures():
    """The same people, with a home and a shop that no street reaches listed and not lost."""
    places = pd.concat([PLACES, make_facilities([("lost", "shop", (500, 5050))])], ignore_index=True)
    place = make_place(STREET, HOMES, gpd.GeoDataFrame(places, crs=METRES), TWO, STANDARD)
    answer = analyse(place, make_study(STANDARD))
    table = answer.communities.set_index([CommunityCoverage.community, CommunityCoverage.kind])
    assert table[CommunityCoverage.share]["west", "shop"] == pytest.approx(100 / 160)
    # west (100/160 + 60/160) / 2, east (0 + 1) / 2, where forty people are too few for a rank
    assert answer.checkup[Checkup.index].tolist() == [50, 50]
    assert answer.checkup[Checkup.rank].notna().tolist() == [True, False]
    assert answer.unsnapped[[Unsnapped.layer, Unsnapped.item]].to_numpy().tolist() == [
        ["clusters", "west@250,400"],
        ["facilities", "lost"],
    ]
    assert answer.unsnapped[Unsnapped.distance_m].tolist() == [350, 5000]
    check_table(answer.unsnapped, Unsnapped, where="unsnapped")
    check_table(answer.truth, Truth, where="truth")
    check_table(answer.agreement, Agreement, where="agreement")


def test_shapes_and_walking_times_disagree_only_with_a_cause():
    """A shop off its street, a park whose ground is reached first, and one on the very limit."""
    network = draw_network(grid_paths(4, 3))
    homes = make_residences([("a", 100, (0, 0))])
    park = shapely.box(110, 10, 190, 90)
    places = make_facilities(
        [
            ("near", "shop", (100, 0)),
            ("aside", "shop", (60, 60)),
            ("limit", "shop", (300, 0)),
            ("park", "school", park),
        ]
    )
    area = make_communities({"c": shapely.box(-50, -50, 500, 500)})
    answer = analyse(make_place(network, homes, places, area, STANDARD), make_study(STANDARD, minutes=(2.0, 5.0)))
    odd = answer.agreement
    check_table(odd, Agreement, where="agreement")
    known = {
        (row[Agreement.facility], row[Agreement.limit_min]): row[Agreement.cause] for row in odd.to_dict("records")
    }
    assert ("near", 2.0) not in known
    # 60 m along and 40 m from the street at (60, 100) or (100, 60): in time within five minutes, not drawn
    assert known["aside", 5.0].startswith("stands farther than 25 m from its street")
    assert answer.compared >= len(odd)


# ── hexagons ────────────────────────────────────────────────────────────────────────────────────

SPOT = st.tuples(st.floats(-3000, 3000), st.floats(-3000, 3000))


@given(homes=st.lists(SPOT, min_size=1, max_size=25), width=st.sampled_from([100.0, 500.0, 777.0]))
@settings(max_examples=80, deadline=None)
def test_hexagons_cover_all_homes_and_only_where_somebody_lives(homes, width):
    """Regular, as wide as asked, each with a home, sharing borders without overlap or sliver."""
    at = points(*homes)
    cells = make_hexagons(at, width_m=width)
    check_table(cells, Communities, where="hexagons")
    shapes = cells.geometry.to_numpy()
    assert shapely.intersects(shapely.union_all(shapes).buffer(1e-6), at.to_numpy()).all()
    assert all(shapely.intersects(shape, at.to_numpy()).any() for shape in shapes)
    assert shapely.area(shapes) == pytest.approx(np.full(len(shapes), width**2 * np.sqrt(3) / 2), rel=1e-4)
    assert np.ptp(shapely.get_coordinates(shapes[0])[:, 0]) == pytest.approx(width, abs=0.002)
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(shapely.area(shapes).sum(), rel=1e-9)


def test_neighbouring_hexagons_share_their_corners_exactly():
    """The union of a patch has no hole, and inner corners are shared by three."""
    xs, ys = np.meshgrid(np.arange(0, 3000, 150.0), np.arange(0, 2000, 150.0))
    cells = make_hexagons(points(*zip(xs.ravel(), ys.ravel(), strict=True)), width_m=400)
    whole = shapely.union_all(cells.geometry)
    assert whole.geom_type == "Polygon"
    assert len(whole.interiors) == 0
    corners, number = np.unique(
        shapely.get_coordinates(shapely.get_exterior_ring(cells.geometry.to_numpy()))[:, :],
        axis=0,
        return_counts=True,
    )
    assert shapely.coverage_is_valid(cells.geometry.to_numpy())
    assert number.max() >= 3
    assert len(corners) < 6 * len(cells) / 2


@given(homes=st.lists(SPOT, min_size=1, max_size=12), extra=SPOT)
@settings(max_examples=60, deadline=None)
def test_one_more_home_moves_no_hexagon(homes, extra):
    """The grid lies at multiples of its own spacing; at most one cell comes to those there are."""
    before, after = (make_hexagons(points(*h), width_m=500) for h in (homes, [*homes, extra]))
    old, new = ({shape.wkb for shape in cells.geometry} for cells in (before, after))
    assert old <= new
    assert len(new - old) <= 3  # a home on a corner lies in three


def test_hexagons_are_named_like_the_squares_of_a_city_map():
    """Letters from the west, numbers from the north."""
    cells = make_hexagons(points((50, 50), (150, 50), (50, 1000)), width_m=100)
    names = dict(zip(cells[Communities.community], cells.geometry.centroid, strict=True))
    assert len(names) == 3
    north = max(names, key=lambda name: names[name].y)
    assert north == "A1"
    assert {name[0] for name in names} == {"A", "B"}


def test_letters_go_on_after_z():
    """A, B, … Z, AA, as in a spreadsheet."""
    cells = make_hexagons(points(*((100.0 * i + 50, 50.0) for i in range(60))), width_m=100)
    names = set(cells[Communities.community])
    assert {"A1", "Z1", "AA1", "AZ1", "BA1"} <= names


# ── people ──────────────────────────────────────────────────────────────────────────────────────


def estimate(tmp_path, tags, *, side=20.0, land=True, **section) -> gpd.GeoDataFrame:
    """Estimate the people of one square building, on residential land or not."""
    nodes = {1: (0, 0), 2: (side, 0), 3: (side, side), 4: (0, side)}
    nodes |= {11: (-50, -50), 12: (90, -50), 13: (90, 90), 14: (-50, 90), 21: (-60, 0), 22: (-60, 90)}
    ways = {1: ([1, 2, 3, 4, 1], {"building": "yes"} | tags), 3: ([21, 22], {"highway": "residential"})}
    if land:
        ways[2] = ([11, 12, 13, 14, 11], {"landuse": "residential"})
    contents = read_osm_file(write_osm(tmp_path / "homes.osm", nodes, ways))
    return estimate_residences(contents, ResidencesSection(**section))


@pytest.mark.parametrize(
    ("tags", "dwellings"),
    [
        ({"building": "apartments", "building:flats": "12", "building:levels": "2"}, 12),
        ({"building": "apartments", "building:levels": "5"}, 400 * 5 * 0.8 / 80),
        ({"building": "apartments", "building:levels": "5;6"}, 400 * 5 * 0.8 / 80),
        ({"building": "apartments", "height": "18"}, 400 * 6 * 0.8 / 80),
        ({"building": "apartments", "height": "18 m"}, 400 * 6 * 0.8 / 80),
        ({"building": "apartments"}, 400 * 4 * 0.8 / 80),
        ({"building": "residential"}, 400 * 3 * 0.8 / 80),
        ({"building": "dormitory", "building:levels": "nonsense"}, 400 * 4 * 0.8 / 80),
        ({"building": "house"}, 1),
        ({"building": "detached", "building:levels": "9"}, 1),
        ({"building": "yes"}, 400 * 2 * 0.8 / 80),
    ],
)
def test_homes_are_flats_or_houses_or_floor_area(tmp_path, tags, dwellings):
    """Twenty by twenty metres, 80 m² a home with its share of stairs; 2.3 people each."""
    homes = estimate(tmp_path, tags)
    assert homes[Residences.dwellings].tolist() == pytest.approx([dwellings], rel=2e-3)
    assert homes[Residences.population].tolist() == pytest.approx([2.3 * dwellings], rel=2e-3)
    assert homes[Residences.residence].tolist() == ["way/1"]


@pytest.mark.parametrize(
    ("tags", "side", "land", "homes"),
    [
        ({"building": "yes"}, 20, False, 0),  # may be anything
        ({"building": "yes"}, 5, True, 0),  # a shed
        ({"building": "yes"}, 12, True, 1),  # as small as a house
        ({"building": "yes", "shop": "supermarket"}, 20, True, 0),
        ({"building": "no"}, 20, True, 0),
        ({"building": "school"}, 20, True, 0),
        ({"building": "house"}, 5, False, 1),  # typed, so however small and wherever
    ],
)
def test_what_counts_as_a_home(tmp_path, tags, side, land, homes):
    """Typed as homes, or untyped on residential land, large enough, and nothing else."""
    table = estimate(tmp_path, tags, side=side, land=land)
    assert table[Residences.dwellings].sum() == pytest.approx(homes)


def test_assumptions_about_homes_can_be_changed(tmp_path):
    """Smaller homes, more people in each, lower storeys."""
    table = estimate(
        tmp_path,
        {"building": "apartments", "height": "20"},
        dwelling_m2=40,
        people_per_dwelling=3,
        floor_height_m=4,
        net_to_gross=1,
    )
    assert table[Residences.population].tolist() == pytest.approx([400 * 5 / 40 * 3], rel=2e-3)


ESTIMATE = make_residences([("a", 10, (50, 50)), ("b", 30, (60, 50)), ("c", 60, (650, 50)), ("d", 0, (660, 50))])


def scaled(**known):
    table, notes = scale_population(ESTIMATE, TWO, PopulationSection(**known))
    return table[Residences.population].tolist(), notes


def test_a_known_total_is_shared_in_proportion():
    """A hundred estimated, 5,000 counted."""
    assert scaled(total=5000) == (pytest.approx([500, 1500, 3000, 0]), [])


def test_a_known_community_is_met_and_keeps_its_distribution():
    """By id or by name; the others keep their estimate."""
    assert scaled(communities={"west": 400}) == (pytest.approx([100, 300, 60, 0]), [])
    assert scaled(communities={"Community west": 400}) == (pytest.approx([100, 300, 60, 0]), [])


def test_what_a_community_leaves_of_a_total_goes_to_the_others():
    """400 of 1,000 live in the west, 600 in the east."""
    assert scaled(total=1000, communities={"west": 400}) == (pytest.approx([100, 300, 600, 0]), [])


def test_numbers_that_contradict_each_other_are_kept_and_said():
    """Three hundred in all, four hundred of them in the west."""
    people, notes = scaled(total=300, communities={"west": 400})
    assert people == pytest.approx([100, 300, 60, 0])
    assert len(notes) == 1
    assert "300" in notes[0]
    assert "400" in notes[0]


def test_people_without_a_mapped_home_are_said():
    """A community that counts people where no home is mapped."""
    three = make_communities({"west": WEST, "east": EAST, "new": shapely.box(2000, 0, 2100, 100)})
    _, notes = scale_population(ESTIMATE, three, PopulationSection(communities={"new": 70}))
    assert notes == ["Community new has 70 people but no mapped residence, so they are not in the analysis."]


def test_the_communities_own_numbers_count_where_the_study_gives_none():
    """The study's word goes first; with a total, the table's numbers are left aside."""
    counted = TWO.assign(**{Communities.population: [80.0, np.nan]})
    own = scale_population(ESTIMATE, counted, PopulationSection())[0]
    assert own[Residences.population].tolist() == pytest.approx([20, 60, 60, 0])
    study = scale_population(ESTIMATE, counted, PopulationSection(communities={"west": 4}))[0]
    assert study[Residences.population].tolist() == pytest.approx([1, 3, 60, 0])
    total = scale_population(ESTIMATE, counted, PopulationSection(total=1000))[0]
    assert fsum(total[Residences.population]) == pytest.approx(1000, rel=1e-9)


@given(
    people=st.lists(st.floats(0.01, 1e5), min_size=2, max_size=30),
    total=st.floats(1, 1e7),
    west=st.floats(0, 1),
)
@settings(max_examples=60, deadline=None)
def test_scaled_people_add_up_to_the_last_billionth(people, total, west):
    """The total, and the community's own number within it."""
    homes = make_residences([(f"h{i}", p, (50 + 900 * (i % 2), i)) for i, p in enumerate(people)])
    known = PopulationSection(total=total, communities={"west": west * total})
    table, notes = scale_population(homes, TWO, known)
    assert notes == []
    assert fsum(table[Residences.population]) == pytest.approx(total, rel=1e-9)
    assert fsum(table[Residences.population][::2]) == pytest.approx(west * total, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("Oen", "did you mean 'One'?"), ("Atlantis", "the communities are: One, Two"), ("Twin", "give the id instead")],
)
def test_a_known_number_for_a_community_that_is_not_there_is_refused(name, sentence):
    """A misspelt community must not be passed over: its number would silently not count."""
    names = ["One", "Two"] if name != "Twin" else ["Twin", "Twin"]
    boxes = {"a": shapely.box(0, 0, 100, 100), "b": shapely.box(100, 0, 200, 100)}
    communities = make_communities(boxes).assign(**{Communities.name: names})
    homes = make_residences([("h", 10, (50, 50))])
    with pytest.raises(StudyError, match=re.escape(sentence)):
        scale_population(homes, communities, PopulationSection(communities={name: 500}))


def test_a_cluster_of_two_equal_homes_starts_at_the_same_one_in_any_order():
    """Of two homes as near to the middle, the place decides and not the order of the rows."""
    homes = make_residences([("a", 1, (10, 10)), ("b", 1, (90, 10))])
    area = make_communities({"c": shapely.box(0, 0, 100, 100)})
    starts = [cluster_residences(rows, area).geometry.iloc[0].x for rows in (homes, homes.iloc[::-1])]
    assert starts == [10, 10]
