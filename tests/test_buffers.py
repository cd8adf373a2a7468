"""Buffers: straight lines measured on paper, and never more walked than lies within as many metres."""

from __future__ import annotations

import pandas as pd
import pytest
import shapely
from builders import (
    STROLLER,
    draw_network,
    grid_paths,
    make_communities,
    make_facilities,
    make_kind,
    make_residences,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from walkcircle.buffers import compare_radius, measure_radius_coverage
from walkcircle.clusters import cluster_residences
from walkcircle.coverage import measure_coverage
from walkcircle.errors import TableError
from walkcircle.tables import Coverage, Radius, RadiusGap, check_table
from walkcircle.walking import nearest

TWO = make_communities({"west": shapely.box(0, -500, 500, 500), "east": shapely.box(500, -500, 1000, 500)})
#: A park of a hundred metres square, a shop; a library has no radius.
KINDS = [make_kind("park", 5, limit_m=300.0), make_kind("shop", 5, limit_m=300.0), make_kind("library", 5)]
PLACES = make_facilities(
    [
        ("p", "park", shapely.box(400, 50, 500, 150)),
        ("s", "shop", (0, 100)),
        ("l", "library", (0, 0)),
    ]
)
HOMES = make_residences([("a", 100, (100, 100)), ("b", 60, (99, 100)), ("c", 40, (800, 100)), ("d", 20, (301, 100))])
CLUSTERS = cluster_residences(HOMES, TWO, cell_m=1.0)


def radius(clusters=CLUSTERS, places=PLACES, kinds=KINDS) -> pd.DataFrame:
    table = measure_radius_coverage(clusters, places, kinds)
    check_table(table, Radius, where="radius")
    return table.set_index([Radius.cluster, Radius.kind])


def test_distances_are_straight_and_to_the_edge_of_an_area():
    """Three hundred metres are within, 301 are not; a kind without a radius has no rows."""
    table = radius()
    assert table[Radius.distance_m].round(9).to_dict() == {
        ("west@100,100", "park"): 300, ("west@99,100", "park"): 301,
        ("west@301,100", "park"): 99, ("east@800,100", "park"): 300,
        ("west@100,100", "shop"): 100, ("west@99,100", "shop"): 99,
        ("west@301,100", "shop"): 301, ("east@800,100", "shop"): 800,
    }  # fmt: skip
    assert table[Radius.within].groupby(level=1).sum().to_dict() == {"park": 3, "shop": 2}
    assert table[Radius.within]["west@100,100", "park"]


def test_a_kind_that_is_nowhere_covers_nobody():
    table = radius(places=PLACES.iloc[:1])
    assert table[Radius.distance_m].xs("shop", level=1).isna().all()
    assert not table[Radius.within].xs("shop", level=1).any()
    assert radius(kinds=KINDS[2:]).empty


def test_the_nearest_of_several_counts():
    """A second shop next to c leaves the others as they were."""
    more = pd.concat([PLACES, make_facilities([("s2", "shop", (800, 160))])], ignore_index=True)
    assert radius(places=more)[Radius.distance_m]["east@800,100", "shop"] == 60
    assert radius(places=more)[Radius.distance_m]["west@99,100", "shop"] == 99


# A river: homes south, the shop north, and the only bridge at the far end of the street.
STREETS = draw_network([[(0, 0), (400, 0), (400, 100), (0, 100)]])
SOUTH = cluster_residences(
    make_residences([("near", 30, (10, 0)), ("bridge", 10, (390, 0)), ("far", 20, (900, 400)), ("off", 5, (0, -400))]),
    TWO,
    cell_m=1.0,
)
SHOP = make_facilities([("s", "shop", (300, 100))])


def both(clusters, places, kinds, streets, **options) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return straight and walked coverage of the same clusters."""
    walked = measure_coverage(clusters, nearest(streets, clusters, places, STROLLER), kinds, walker="us", **options)
    return measure_radius_coverage(clusters, places, kinds), walked


def test_the_gap_is_who_lives_near_but_cannot_walk():
    """The shop is 307 m from near and 135 m from bridge, over the water; on foot they are 790 and 200 m away."""
    kinds = [make_kind("shop", 5, limit_m=310.0)]
    table = compare_radius(*both(SOUTH, SHOP, kinds, STREETS, off_network=["west@0,-400"]), TWO)
    check_table(table, RadiusGap, where="gaps")
    table = table.set_index(RadiusGap.community)
    assert table[RadiusGap.population].to_dict() == {"west": 40, "east": 20}
    assert table[RadiusGap.share_radius].to_dict() == {"west": 1, "east": 0}
    assert table[RadiusGap.share_walked].to_dict() == {"west": 0.25, "east": 0}
    assert table[RadiusGap.share_gap].to_dict() == {"west": 0.75, "east": 0}
    assert set(table[RadiusGap.limit_m]) == {310}
    assert set(table[RadiusGap.limit_min]) == {5}


def test_communities_without_people_stay():
    empty = make_communities({"west": TWO.geometry[0], "sea": shapely.box(0, 900, 9, 909)})
    table = compare_radius(*both(SOUTH, SHOP, KINDS[1:], STREETS), empty).set_index(RadiusGap.community)
    assert table[RadiusGap.population]["sea"] == 0
    assert table.loc["sea", [RadiusGap.share_radius, RadiusGap.share_walked, RadiusGap.share_gap]].isna().all()


def test_a_standard_without_radii_has_nothing_to_compare():
    table = compare_radius(*both(SOUTH, SHOP, [make_kind("shop", 5)], STREETS), TWO)
    assert table.empty
    assert list(table.columns) == [str(column) for column in RadiusGap.columns()]


PLACE = st.tuples(st.integers(-40, 340), st.integers(-40, 240))


@settings(deadline=None, max_examples=30)
@given(
    homes=st.lists(PLACE, min_size=1, max_size=6, unique=True),
    places=st.lists(PLACE, min_size=1, max_size=4, unique=True),
    missing=st.sets(st.integers(0, 16), max_size=7),
    minutes=st.integers(1, 8),
)
def test_nobody_walks_farther_than_the_crow_flies(homes, places, missing, minutes):
    """At a metre a second, who is covered on foot lies within the radius of as many metres."""
    paths = [path for i, path in enumerate(grid_paths(4, 3)) if i not in missing]
    kinds = [make_kind("shop", minutes, limit_m=60.0 * minutes)]
    lawns = make_facilities([(f"s{i}", "shop", shapely.Point(p).buffer(10)) for i, p in enumerate(places)])
    ground = make_communities({"all": shapely.box(-100, -100, 500, 500)})
    clusters = cluster_residences(make_residences([(f"h{i}", 1, p) for i, p in enumerate(homes)]), ground, cell_m=1.0)
    straight, walked = both(clusters, lawns, kinds, draw_network(paths))
    within = straight.set_index(Radius.cluster)[Radius.within]
    covered = walked.set_index(Coverage.cluster)[Coverage.covered]
    assert not (covered & ~within).any()
    table = compare_radius(straight, walked, ground)
    assert (table[RadiusGap.share_gap] >= 0).all()


def test_frames_that_do_not_belong_together_are_refused():
    with pytest.raises(TableError, match=r"have different coordinate reference systems; bring both to one with"):
        measure_radius_coverage(CLUSTERS, PLACES.to_crs(32632), KINDS)
    straight, walked = both(SOUTH, SHOP, KINDS[1:], STREETS)
    with pytest.raises(TableError, match="there is no row of cluster 'east@900,400' and kind 'shop'; measure both"):
        compare_radius(straight, walked[walked[Coverage.cluster] != "east@900,400"], TWO)
