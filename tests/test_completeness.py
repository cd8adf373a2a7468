"""Where the map can be trusted as a whole: streets, closed estates and the age of what is on it, each by hand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from builders import (
    METRES,
    WHEN,
    draw_network,
    make_communities,
    make_facilities,
    make_kind,
    make_residences,
    make_standard,
    write_osm,
)

from walkcircle.completeness import Surroundings, grade_completeness
from walkcircle.sources.osm_features import find_facilities
from walkcircle.sources.osm_file import read_osm_file
from walkcircle.tables import Completeness, Estates, Facilities, check_table
from walkcircle.views.text import translate_reason

#: A square of 500 m by 500 m, and a street along its middle: half a kilometre on a quarter of a square kilometre.
AREA = make_communities({"c": shapely.box(0, 0, 500, 500)})
STREET = [(0, 250), (250, 250), (500, 250)]


def estates_of(*shapes) -> gpd.GeoDataFrame:
    names = [f"e{i}" for i in range(len(shapes))]
    return gpd.GeoDataFrame({Estates.estate: names, Estates.name: names}, geometry=list(shapes), crs=METRES)


def on_map(days=(None,) * 20) -> gpd.GeoDataFrame:
    rows = [(f"f{i}", "shop", (100 + i, 100)) for i in range(len(days))]
    places = make_facilities(rows).assign(**{Facilities.source: "osm"})
    return places.assign(**{Facilities.edited: pd.Series(list(days), dtype=object)}) if any(days) else places


def row_of(*, people=1000.0, paths=(STREET,), estates=(), days=(None,) * 20, date="2020-01-01", homes=None):
    """Grade the square, and return its only row."""
    surroundings = Surroundings(draw_network(paths), estates_of(*estates), date)
    table = grade_completeness(
        AREA, homes if homes is not None else make_residences([("h", people, (400, 400))]), on_map(days),
        make_standard(make_kind("shop")), surroundings=surroundings,
    )  # fmt: skip
    check_table(table, Completeness, where="completeness")
    assert len(table) == 1
    return table.iloc[0]


def test_people_and_streets_are_counted_per_square_kilometre():
    row = row_of()
    assert row[Completeness.residents_per_km2] == 4000
    assert row[Completeness.streets_km_per_km2] == pytest.approx(2)
    assert (row[Completeness.mapped], row[Completeness.mapped_around]) == (20, 20)
    assert row[Completeness.grade] == "firm"  # few streets, but no town


def test_few_streets_where_many_people_live_are_thin():
    """1,251 people are more than 5,000 on a square kilometre; a second street makes 4 km of it and enough."""
    row = row_of(people=1251)
    assert row[Completeness.grade] == "check"
    assert row[Completeness.reason] == "only 2.0 km of street are mapped on each km² where 5,004 people live"
    assert translate_reason(row[Completeness.reason], "zh") == "每平方公里居住 5,004 人，仅标注街道 2.0 公里"
    second = [(0, 350), (250, 350), (500, 350)]
    assert row_of(people=1251, paths=(STREET, second))[Completeness.grade] == "firm"
    assert row_of(people=1250)[Completeness.grade] == "firm"


def test_a_closed_estate_without_a_way_inside_hides_its_gates():
    """601 of 1,001 residents live behind a wall without any mapped way; one way inside shows how they come out."""
    homes = make_residences([("in", 601, (400, 400)), ("out", 400, (100, 100))])
    estate = shapely.box(350, 350, 450, 450)
    row = row_of(homes=homes, estates=[estate])
    assert row[Completeness.closed_share] == pytest.approx(601 / 1001)
    assert row[Completeness.reason] == "60% of the residents live in closed estates without a mapped way"
    assert translate_reason(row[Completeness.reason], "zh") == "60% 的居民住在没有标注内部道路的封闭小区"
    inside = [(360, 400), (440, 400)]
    assert row_of(homes=homes, estates=[estate], paths=(STREET, inside))[Completeness.closed_share] == 0


def test_half_of_the_residents_behind_walls_are_not_most():
    homes = make_residences([("in", 500, (400, 400)), ("out", 500, (100, 100))])
    row = row_of(homes=homes, estates=[shapely.box(350, 350, 450, 450)])
    assert (row[Completeness.closed_share], row[Completeness.grade]) == (0.5, "firm")


def test_a_map_that_nobody_touched_for_long_is_old():
    """Half of the places last edited nine years before; with eight years it may still be believed."""
    old = row_of(days=["2011-01-01"] * 11 + ["2019-01-01"] * 9)
    assert old[Completeness.edited_years] == pytest.approx(9, abs=0.01)
    assert (
        old[Completeness.reason]
        == "half of the places in and around were last edited 9 years before the date of the map"
    )
    assert translate_reason(old[Completeness.reason], "zh") == "周边半数设施的最近编辑早于地图日期 9 年"
    assert row_of(days=["2012-01-03"] * 20)[Completeness.grade] == "firm"


def test_places_without_a_date_and_maps_without_one_have_no_age():
    assert np.isnan(row_of()[Completeness.edited_years])
    assert np.isnan(row_of(days=["2001-01-01"] * 20, date=None)[Completeness.edited_years])
    assert row_of(days=["2019-01-01"] * 3 + [None] * 17)[Completeness.edited_years] == pytest.approx(1, abs=0.01)


def test_the_day_of_an_edit_is_read_from_the_file_where_it_has_one(tmp_path):
    """Files without days say 1970."""
    nodes = {1: (7.0, 43.0), 2: (7.001, 43.0), 3: (7.0, 43.001)}
    path = write_osm(
        tmp_path / "a.osm", nodes, {9: ([1, 2], {"highway": "footway"})}, node_tags={3: {"amenity": "shop"}}
    )
    standard = make_standard(make_kind("shop"))
    assert find_facilities(read_osm_file(path), standard)[Facilities.edited].tolist() == [WHEN[:10]]
    path.write_text(path.read_text().replace(WHEN, "1970-01-01T00:00:00Z"))
    assert Facilities.edited not in find_facilities(read_osm_file(path), standard)


def test_a_place_edited_after_the_date_of_the_map_is_not_of_negative_age():
    assert row_of(days=["2021-01-01"] * 20)[Completeness.edited_years] == 0


def test_a_register_is_firm_whatever_the_map_looks_like():
    table = grade_completeness(
        AREA, make_residences([("h", 9000, (400, 400))]), on_map(), make_standard(make_kind("shop")),
        registered=["shop"], surroundings=Surroundings(draw_network((STREET,)), estates_of(), "2020-01-01"),
    )  # fmt: skip
    assert table[Completeness.grade].tolist() == ["firm"]
    assert table[Completeness.registered].tolist() == [True]


def test_where_nothing_is_asked_of_the_surroundings_nothing_is_known():
    table = grade_completeness(
        AREA, make_residences([("h", 9000, (400, 400))]), on_map(), make_standard(make_kind("shop"))
    )
    columns = [Completeness.edited_years, Completeness.streets_km_per_km2, Completeness.closed_share]
    assert table[columns].isna().all(axis=None)
    assert table[Completeness.grade].tolist() == ["firm"]
