"""What a register and the map both have counts once, whatever the order of rows."""

import geopandas as gpd
import pytest
from builders import tries
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point, box

from walkcircle.sources.merging import compare_names, merge_facilities
from walkcircle.tables import Facilities, Merged

UTM = "EPSG:32651"


def make_places(*rows):
    """Places from (id, kind, name, shape or metres east)."""
    shapes = [Point(shape, 0) if isinstance(shape, int | float) else shape for *_, shape in rows]
    columns = {
        Facilities.facility: [row[0] for row in rows],
        Facilities.kind: [row[1] for row in rows],
        Facilities.name: [row[2] for row in rows],
        Facilities.source: "?",
    }
    return gpd.GeoDataFrame({str(name): values for name, values in columns.items()}, geometry=shapes, crs=UTM)


def pairs_of(registered, mapped):
    _, pairs = merge_facilities(registered, mapped)
    return pairs[[Merged.registered, Merged.mapped]].to_numpy().tolist()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("杭州市上城区小营巷小学", "小营巷小学"),
        ("浙江省杭州市西湖区翠苑第一小学", "翠苑第一小学"),
        ("万家小区幼儿园", "万家幼儿园"),
        ("学军小学（求智校区）", "学军小学"),
        ("ＡＢＣ幼儿园", "ABC 幼儿园"),
        ("Carrefour City", "CARREFOUR"),
    ],
)
def test_names_of_one_place_are_alike(one, other):
    assert compare_names(one, other) >= 0.7
    assert compare_names(other, one) == compare_names(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("第一小学", "第二小学"),
        ("翠苑一小", "翠苑二小"),
        ("胜利幼儿园", "蓝天幼儿园"),
        ("学军小学（求智校区）", "学军小学（紫金港校区）"),
        ("中心小学（东校区）", "中心小学（西校区）"),
        ("小学", ""),
    ],
)
def test_names_of_two_places_are_not_alike(one, other):
    assert compare_names(one, other) < 0.7
    assert compare_names(other, one) == compare_names(one, other)


def test_a_place_in_both_stays_as_registered_and_keeps_the_maps_id():
    registered = make_places(("A", "school", "胜利小学", 0))
    mapped = make_places(("w1", "school", "上城区胜利小学", 50), ("n2", "school", "蓝天小学", 20))
    both, pairs = merge_facilities(registered, mapped)
    assert both[Facilities.facility].tolist() == ["A", "n2"]
    assert both[Facilities.also].tolist()[0] == "w1"
    assert pairs[[Merged.registered, Merged.mapped, Merged.apart_m]].to_numpy().tolist() == [["A", "w1", 50.0]]


def test_fifty_metres_is_near_and_a_hand_more_is_not():
    registered = make_places(("A", "school", "胜利小学", 0))
    assert pairs_of(registered, make_places(("n1", "school", "胜利小学", 50))) == [["A", "n1"]]
    assert pairs_of(registered, make_places(("n1", "school", "胜利小学", 50.1))) == []


def test_another_kind_is_another_place():
    assert pairs_of(make_places(("A", "school", "胜利", 0)), make_places(("n1", "market", "胜利", 0))) == []


def test_a_point_inside_the_maps_ground_is_the_same_place():
    ground = box(-200, -200, 200, 200)
    assert pairs_of(make_places(("A", "school", "胜利小学", 0)), make_places(("w1", "school", "胜利小学", ground)))


def test_a_place_without_a_name_is_the_same_only_on_the_spot():
    registered = make_places(("A", "park", None, 0))
    assert pairs_of(registered, make_places(("n1", "park", "望海公园", 10))) == [["A", "n1"]]
    assert pairs_of(registered, make_places(("n1", "park", "望海公园", 11))) == []


def test_a_place_mapped_twice_goes_to_one_row_with_both_ids():
    registered = make_places(("A", "school", "胜利小学", 0))
    mapped = make_places(("n2", "school", "胜利小学", 5), ("n1", "school", "胜利小学", 30))
    both, _ = merge_facilities(registered, mapped)
    assert both[Facilities.also].tolist() == ["n1;n2"]


def test_of_two_rows_the_one_of_the_likest_name_takes_the_place():
    registered = make_places(("A", "school", "胜利实验学校", 0), ("B", "school", "胜利小学校", 40))
    assert pairs_of(registered, make_places(("n1", "school", "胜利小学校", 1))) == [["B", "n1"]]


@given(st.permutations(range(6)), st.permutations(range(6)))
@tries(25)
def test_the_order_of_rows_never_matters(ours, theirs):
    names = ["胜利小学", "胜利小学", "蓝天小学", "蓝天小学校", None, "胜利"]
    registered = make_places(*[(f"A{i}", "school", names[i], i * 17) for i in range(6)])
    mapped = make_places(*[(f"n{i}", "school", names[-i], i * 19) for i in range(6)])
    expected, table = merge_facilities(registered, mapped)
    shuffled, again = merge_facilities(registered.iloc[ours], mapped.iloc[theirs])
    assert table.equals(again)
    order = [Facilities.facility]
    assert shuffled.sort_values(order).reset_index(drop=True).equals(expected.sort_values(order).reset_index(drop=True))


def test_an_empty_register_changes_nothing():
    mapped = make_places(("n1", "school", "胜利小学", 0))
    both, pairs = merge_facilities(mapped.iloc[:0], mapped)
    assert both[Facilities.facility].tolist() == ["n1"]
    assert pairs.empty
