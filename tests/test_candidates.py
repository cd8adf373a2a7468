"""Candidate sites: along streets with pencil, from the planner's list with its dirt, and into the results."""

from __future__ import annotations

import re
from dataclasses import replace
from math import inf, nan

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from builders import (
    TOWNS,
    draw_network,
    grid_paths,
    make_communities,
    make_facilities,
    make_kind,
    make_place,
    make_residences,
    make_standard,
    make_study,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from workbooks import write_workbook

import walkcircle as wc
from walkcircle.candidates import ALONG_STREETS, find_candidates, find_hosts
from walkcircle.errors import StudyError, TableError, WalkCircleError
from walkcircle.records import make_record
from walkcircle.sources.cells import read_storeys
from walkcircle.sources.offsets import to_gcj02
from walkcircle.sources.remarks import describe_remarks, list_remarks
from walkcircle.sources.sites import read_candidates
from walkcircle.study import SitingSection, Study
from walkcircle.tables import Candidates, Remarks, check_table
from walkcircle.views.files import write_outputs

# ── along the streets ───────────────────────────────────────────────────────────────────────────


def spots(sites):
    return [(round(point.x, 3), round(point.y, 3)) for point in sites.geometry]


def test_sites_along_a_grid_are_where_the_pencil_puts_them():
    """Two blocks of 100 m side by side; a site at least every 50 m is one at 25 and one at 75 m of each stretch."""
    sites = find_candidates(draw_network(grid_paths(3, 2), merge=False), every_m=50)
    up = [(x, y) for x in (0, 100, 200) for y in (25, 75)]
    across = [(x, y) for x in (25, 75, 125, 175) for y in (0, 100)]
    assert spots(sites) == sorted([*up, *across])
    assert list(sites[Candidates.candidate]) == [f"street:{n}" for n in range(1, 15)]


def test_a_site_within_half_the_spacing_of_an_earlier_one_is_left_out():
    """Stretches of 100 m have one site each at every_m = 200; those 100 m on along a street go, from the west on."""
    sites = find_candidates(draw_network(grid_paths(3, 2), merge=False), every_m=200)
    # (0, 50) keeps (50, 0) and (50, 100) out, 71 m away, and (100, 50), 100 m away; (150, 0) then keeps (150, 100) out
    assert spots(sites) == [(0, 50), (150, 0)]


def test_nothing_is_known_of_a_site_along_a_street_but_its_place():
    sites = find_candidates(draw_network(grid_paths(2, 2)), every_m=100)
    check_table(sites, Candidates, where="sites")
    known = [column for column in Candidates.columns() if sites[column].notna().any()]
    assert known == [Candidates.candidate, Candidates.source, "geometry"]
    assert set(sites[Candidates.source]) == {ALONG_STREETS}


@pytest.mark.parametrize(
    "attribute",
    [{"private": [0, 1]}, {"steps": [0, 1]}, {"crossing": [0, 2]}, {"level": [0, 1]}, {"level": [0, -1]},
     {"kind": ["path", "square"]}],
    ids=str,
)  # fmt: skip
def test_nobody_builds_on_stairs_crossings_bridges_or_private_streets(attribute):
    network = draw_network([[(0, 0), (100, 0)], [(100, 0), (200, 0)]], merge=False, **attribute)
    assert spots(find_candidates(network, every_m=100)) == [(50, 0)]


def test_streets_that_are_all_private_have_no_site():
    sites = find_candidates(draw_network([[(0, 0), (100, 0)]], private=[1]), every_m=100)
    check_table(sites, Candidates, where="sites")
    assert len(sites) == 0


def test_only_sites_in_the_area_are_kept():
    network = draw_network(grid_paths(3, 2), merge=False)
    west = shapely.box(-10, -10, 25, 110)
    assert spots(find_candidates(network, every_m=50, within=west)) == [(0, 25), (0, 75), (25, 0), (25, 100)]


@pytest.mark.parametrize("every_m", [0, -5, nan, inf])
def test_a_spacing_that_is_no_length_is_refused(every_m):
    with pytest.raises(StudyError, match=r"every_m is .*; give a length above 0, in metres, such as 100"):
        find_candidates(draw_network(grid_paths(2, 2)), every_m=every_m)


CORNERS = st.tuples(st.integers(-300, 300), st.integers(-300, 300))
STREETS = st.lists(st.tuples(CORNERS, CORNERS).filter(lambda pair: pair[0] != pair[1]), min_size=1, max_size=12)


@settings(deadline=None)
@given(streets=STREETS, every_m=st.floats(5, 500))
def test_sites_are_apart_and_no_street_is_far_from_one(streets, every_m):
    network = draw_network([list(street) for street in streets], merge=False)
    sites = find_candidates(network, every_m=every_m)
    points = sites.geometry.to_numpy()
    apart = shapely.distance(points[:, None], points[None, :])[~np.eye(len(points), dtype=bool)]
    assert (apart > every_m / 2 - 1e-9).all()
    along = shapely.line_interpolate_point(network.lines[:, None], np.linspace(0, 1, 21)[None, :], normalized=True)
    nearest = shapely.distance(along.ravel()[:, None], points[None, :]).min(axis=1)
    assert nearest.max() <= every_m + 1e-6


@settings(deadline=None)
@given(streets=STREETS, every_m=st.sampled_from([40.0, 100.0, 250.0]), seed=st.integers(0, 99))
def test_the_order_and_the_direction_of_the_streets_change_nothing(streets, every_m, seed):
    rng = np.random.default_rng(seed)
    other = [list(streets[i])[:: rng.choice([1, -1])] for i in rng.permutation(len(streets))]
    one = find_candidates(draw_network([list(street) for street in streets], merge=False), every_m=every_m)
    two = find_candidates(draw_network(other, merge=False), every_m=every_m)
    assert one.geometry.geom_equals_exact(two.geometry, 0).all()
    assert len(one) == len(two)


# ── which kinds ─────────────────────────────────────────────────────────────────────────────────

SITES = pd.DataFrame(
    {
        Candidates.candidate: ["listed", "any", "unsaid", "upstairs", "no floor"],
        Candidates.kinds: ["gym;clinic", "*", None, "clinic", "clinic"],
        Candidates.level: [1.0, 1.0, 1.0, 2.0, nan],
    }
)


def test_a_site_holds_the_kinds_of_its_list_and_any_where_it_says_so():
    hosts = find_hosts(SITES, ["clinic", "school"])
    assert hosts["clinic"].tolist() == [True, True, True, True, True]
    assert hosts["school"].tolist() == [False, True, True, False, False]
    assert hosts.index.tolist() == SITES[Candidates.candidate].tolist()


def test_what_must_be_on_the_ground_floor_is_not_upstairs():
    assert find_hosts(SITES, ["clinic", "gym"], on_ground=["clinic"]).loc["upstairs"].tolist() == [False, False]
    assert find_hosts(SITES, ["clinic"], on_ground=["clinic"])["clinic"].tolist() == [True, True, True, False, True]


def test_what_is_not_known_counts_as_the_caller_says():
    hosts = find_hosts(SITES, ["clinic"], on_ground=["clinic"], unknown=False)
    assert hosts["clinic"].tolist() == [True, True, False, False, False]


def test_a_ground_floor_kind_that_nobody_asked_about_is_refused():
    with pytest.raises(TableError, match="on_ground names 'gym', which is not among the kinds that are asked about"):
        find_hosts(SITES, ["clinic"], on_ground=["gym"])


# ── the planner's list ──────────────────────────────────────────────────────────────────────────

UTM = pyproj.CRS("EPSG:32651")
STANDARD = make_standard(make_kind("clinic"), make_kind("canteen"), make_kind("school"))
WORDS = {"卫生站": "clinic", "食堂": "canteen", "小学": "school"}
HEADER = "id,name,lon,lat,kinds,area_m2,floor_m2,level,shared,from_year,capex,opex,ownership,barrier_free"
#: Eleven plain rows, so that one odd row is fewer than one in ten.
PLAIN = tuple(f"S{n},闲置{n},120.{n:03d},30.25,卫生站,{n}00,{n}0,1,否,2026,1,1,国有,是" for n in range(11))
HALF = gpd.GeoSeries([shapely.box(120.05, 30, 121, 31)], crs=4326).to_crs(UTM)
EAST = make_communities({"east": HALF.iloc[0]}, crs=UTM)


def read(path, **columns):
    """Read a list of sites, and what is said about it."""
    found = []
    given = {"id": "id", "kinds": WORDS, "currency": "CNY"} | columns
    table = read_candidates(
        SitingSection(file=path.name, **given), EAST, STANDARD, folder=path.parent, crs=UTM, report=found.append
    )
    check_table(table, Candidates, where=path.name)
    check_table(list_remarks(found), Remarks, where="remarks")
    return table, found


def read_lines(folder, *lines, header=HEADER, encoding="utf-8", **columns):
    """Write a header, eleven plain rows and `lines`, and read them."""
    (folder / "s.csv").write_bytes("\n".join([header, *PLAIN, *lines]).encode(encoding))
    return read(folder / "s.csv", **columns)


def read_one(folder, column, cell, **columns):
    """Return what one cell is read as, and what is said of it."""
    values = dict.fromkeys(HEADER.split(",")) | {"id": "A", "lon": "120.1", "lat": "30.2", column: f'"{cell}"'}
    table, found = read_lines(folder, ",".join(value or "" for value in values.values()), **columns)
    return table.set_index(Candidates.candidate).loc["A", column], describe_remarks(found)


def test_a_full_row_is_read_whole(tmp_path):
    row = "A,旧仓库,120.1,30.2,食堂；卫生站,800,620,2,周末,2027,180,24,国有,否"
    table, found = read_lines(tmp_path, row, costs_in=10_000.0, register="清单")
    assert not found
    site = table.set_index(Candidates.candidate).loc["A"]
    told = {
        Candidates.name: "旧仓库",
        Candidates.kinds: "clinic;canteen",
        Candidates.area_m2: 800,
        Candidates.floor_m2: 620,
        Candidates.level: 2,
        Candidates.shared: "周末",
        Candidates.from_year: 2027,
        Candidates.capex: 1_800_000,
        Candidates.opex: 240_000,
        Candidates.ownership: "国有",
        Candidates.barrier_free: False,
        Candidates.source: "清单",
        Candidates.community: "east",
    }
    assert {column: site[column] for column in told} == told
    # the first rows lie west of the community
    assert table[Candidates.community].isna().sum() == 11


def test_what_a_list_does_not_say_is_unknown_and_not_zero(tmp_path):
    (tmp_path / "s.csv").write_text("lon,lat\n120.1,30.2", encoding="utf-8")
    table, _ = read(tmp_path / "s.csv", id=None, currency=None)
    site = table.iloc[0]
    assert site[Candidates.candidate] == "s.csv:2"
    known = {column for column in Candidates.columns() if not pd.isna(site[column])}
    assert known == {Candidates.candidate, Candidates.source, Candidates.community, "geometry"}


#: A cell, its column, what it becomes (or None where it is not known), and what is said.
CELLS = [
    ("*", Candidates.kinds, "*", None),
    ("不限", Candidates.kinds, "*", None),
    ("卫生站、食堂", Candidates.kinds, "clinic;canteen", None),
    ("食堂|clinic,卫生站", Candidates.kinds, "clinic;canteen", None),
    ("无", Candidates.kinds, None, "words for 'none'"),
    ("１２３", Candidates.floor_m2, 123, "full-width digits"),
    ("1.2万㎡", Candidates.area_m2, 12_000, "units behind numbers"),
    ("约30", Candidates.floor_m2, None, "what is no number was taken as not known"),
    ("180万元", Candidates.capex, 1_800_000, "units behind numbers"),
    ("一层", Candidates.level, 1, "words for a storey"),
    ("地下一层", Candidates.level, -1, "words for a storey"),
    ("B2", Candidates.level, -2, "words for a storey"),
    ("-1", Candidates.level, -1, None),
    ("1-3层", Candidates.level, 1, "of several storeys the lowest above ground"),
    ("高层", Candidates.level, None, "what is no number was taken as not known"),
    ("2027-05-01", Candidates.from_year, 2027, "the year was taken out of dates"),
    ("2028年", Candidates.from_year, 2028, "the year was taken out of dates"),
    ("不久", Candidates.from_year, None, "what is no year was taken as not known"),
    ("√", Candidates.barrier_free, True, None),
    ("No", Candidates.barrier_free, False, None),
    ("部分", Candidates.barrier_free, None, "what is no yes or no was taken as not known"),
    ("-", Candidates.barrier_free, None, "words for 'none'"),
    ("否", Candidates.shared, "no", None),
    ("放学后", Candidates.shared, "放学后", None),
    ("不详", Candidates.ownership, None, "words for 'none'"),
]


@pytest.mark.parametrize(("cell", "column", "meant", "said"), CELLS)
def test_a_cell_has_one_meaning_and_what_was_made_of_it_is_told(tmp_path, cell, column, meant, said):
    value, told = read_one(tmp_path, str(column), cell)
    assert pd.isna(value) if meant is None else value == meant
    assert [sentence for sentence in told if said is None or said not in sentence] == []
    assert bool(told) == (said is not None)


#: A cell that refuses the file, its column, and the cure.
REFUSED = [
    ("诊所", Candidates.kinds, {}, "'诊所' is not a kind of the standard 'test'; translate it under kinds"),
    ("卫生站、诊所", Candidates.kinds, {}, "'诊所' is not a kind of the standard"),
    ("-20", Candidates.floor_m2, {}, "'floor_m2' is -20; .* cannot be below 0"),
    ("0", Candidates.level, {}, "'level' is 0, .* add ground_level = 0"),
    ("0202", Candidates.from_year, {}, "'from_year' is 202; write the year with four digits"),
    ("180万元", Candidates.capex, {"costs_in": 10_000.0}, "'capex' is '180万元', and costs_in = 10000"),
    ("5", Candidates.opex, {"currency": None}, "holds costs, and nothing says in which money; add currency"),
]


@pytest.mark.parametrize(("cell", "column", "section", "words"), REFUSED)
def test_what_cannot_be_meant_is_refused_in_one_sentence_with_the_cure(tmp_path, cell, column, section, words):
    with pytest.raises(WalkCircleError, match=words) as refusal:
        read_one(tmp_path, str(column), cell, **section)
    assert str(refusal.value).startswith("s.csv")
    assert "\n" not in str(refusal.value)


def test_ground_floors_of_europe_are_numbered_from_one(tmp_path):
    assert read_one(tmp_path, Candidates.level, "0", ground_level=0)[0] == 1
    assert read_one(tmp_path, Candidates.level, "2", ground_level=0)[0] == 3
    assert read_one(tmp_path, Candidates.level, "-1", ground_level=0)[0] == -1


@given(st.integers(1, 40))
def test_a_storey_is_the_same_however_it_is_written(storey):
    words = pd.Series([f"{storey}", f"{storey}层", f"{storey}F", f"第{storey}层"], dtype=object)
    assert set(read_storeys(words, ground=1).meanings) == {float(storey)}
    below = pd.Series([f"-{storey}", f"B{storey}", f"地下{storey}层"], dtype=object)
    assert set(read_storeys(below, ground=1).meanings) == {-float(storey)}


def test_rows_without_a_place_and_repeated_ones_are_left_out_and_listed(tmp_path):
    repeated = "A,旧仓库,120.1,30.2" + "," * 10
    table, found = read_lines(tmp_path, "B,无址,,30.2" + "," * 10, repeated, repeated)
    assert "B" not in set(table[Candidates.candidate])
    assert (table[Candidates.candidate] == "A").sum() == 1
    left = list_remarks(found).query(f"not {Remarks.used}")[Remarks.in_row].tolist()
    assert sorted(left) == [13, 15]


def test_one_identifier_for_two_sites_is_refused(tmp_path):
    with pytest.raises(TableError, match=r"s\.csv, line 14: the identifier 'A' stands already in line 13"):
        read_lines(tmp_path, "A,旧仓库,120.1,30.2" + "," * 10, "A,新仓库,120.2,30.2" + "," * 10)


def test_columns_may_have_names_of_their_own_and_others_are_kept(tmp_path):
    (tmp_path / "s.csv").write_text("序号,功能,层,经度,纬度,备注\n7,食堂,２,120.1,30.2,临街", encoding="utf-8")
    table, _ = read(tmp_path / "s.csv", id="序号", allowed="功能", level="层", lon="经度", lat="纬度")
    assert table[[Candidates.candidate, Candidates.kinds, Candidates.level, "备注"]].to_numpy().tolist() == [
        ["7", "canteen", 2.0, "临街"]
    ]


def test_a_column_that_the_study_names_and_the_file_lacks_is_refused(tmp_path):
    with pytest.raises(TableError, match=r"s\.csv: column '层' .* is missing"):
        read_lines(tmp_path, level="层")


def test_a_column_of_the_tables_own_that_is_worked_out_does_not_come_from_the_file(tmp_path):
    (tmp_path / "s.csv").write_text("lon,lat,community,source\n120.1,30.2,west,me", encoding="utf-8")
    table, _ = read(tmp_path / "s.csv", id=None)
    assert table[[Candidates.community, Candidates.source]].to_numpy().tolist() == [["east", "s.csv"]]
    assert table[["community_in_file", "source_in_file"]].to_numpy().tolist() == [["west", "me"]]


def test_a_translated_word_may_hold_a_mark_that_parts_others(tmp_path):
    cell, _ = read_one(tmp_path, Candidates.kinds, "食堂，老年", kinds={**WORDS, "食堂，老年": "canteen"})
    assert cell == "canteen"


def test_a_translation_into_a_kind_that_there_is_not_is_an_error_of_the_study(tmp_path):
    with pytest.raises(StudyError, match="kind 'bar' is not in the standard 'test'"):
        read_lines(tmp_path, kinds={"酒吧": "bar"})


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk"])
def test_a_list_in_gbk_is_read_like_one_in_utf8(tmp_path, encoding):
    assert read_lines(tmp_path, encoding=encoding)[0][Candidates.name][0] == "闲置0"


def test_a_workbook_is_read(tmp_path):
    rows = [HEADER.split(","), ["A", "旧仓库", 120.1, 30.2, "食堂", 800, 620, 1, None, 2027, 18, None, "国有", "是"]]
    write_workbook(tmp_path / "s.xlsx", {"清单": rows})
    site = read(tmp_path / "s.xlsx")[0].iloc[0]
    assert (site[Candidates.from_year], site[Candidates.level], site[Candidates.capex]) == (2027, 1, 18)
    assert site[Candidates.barrier_free]


@pytest.mark.parametrize("name", ["s.gpkg", "s.geojson", "s.shp", "s.parquet"])
def test_land_drawn_as_areas_has_the_area_of_its_shape_where_the_list_gives_none(tmp_path, name):
    plots = gpd.GeoSeries([shapely.box(0, 0, 40, 50), shapely.box(100, 0, 120, 20)])
    frame = gpd.GeoDataFrame({"area_m2": [nan, 350.0], "kinds": "小学"}, geometry=plots.translate(510_000, 3_345_000))
    placed = frame.set_crs(UTM).to_crs(4326 if name == "s.geojson" else UTM)
    placed.to_parquet(tmp_path / name) if name.endswith("parquet") else placed.to_file(tmp_path / name)
    table, _ = read(tmp_path / name, id=None)
    assert table[Candidates.area_m2].tolist() == pytest.approx([2000, 350], abs=0.1)
    assert set(table[Candidates.kinds]) == {"school"}


def test_a_point_has_no_area_that_is_known(tmp_path):
    assert read_lines(tmp_path, "A,x,120.1,30.2" + "," * 10)[0][Candidates.area_m2].isna().sum() == 1


def test_sites_in_gcj02_are_moved_where_the_study_says_so(tmp_path):
    lon, lat = to_gcj02(np.array([120.1]), np.array([30.2]))
    (tmp_path / "s.csv").write_text(f"lon,lat\n{lon[0]:.8f},{lat[0]:.8f}", encoding="utf-8")
    table, _ = read(tmp_path / "s.csv", id=None, crs="gcj02")
    assert table.distance(gpd.GeoSeries.from_xy([120.1], [30.2], crs=4326).to_crs(UTM)[0])[0] < 0.01


# ── the study ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"currency": "万元"}, r"currency is a code of three letters, such as CNY; .* add costs_in = 10000"),
        ({"currency": "yuan"}, r"currency is a code of three letters, such as CNY"),
        ({"kind_capex": {"clinic": 5.0}}, r"\[siting\] has costs and no currency; add it"),
        ({"file": "s.csv", "streets_every_m": 50.0}, r"both file and streets_every_m, .* leave one out"),
        ({"crs": "mars"}, 'crs is wgs84, cgcs2000, gcj02, bd09 .* "mars" is none of them'),
        ({"streets_every_m": 0.0}, "greater than 0"),
        ({"kind_capex": {"clinic": -5.0}, "currency": "CNY"}, "greater than or equal to 0"),
    ],
)
def test_a_section_that_cannot_be_meant_is_refused(section, words):
    with pytest.raises(StudyError, match=words):
        make_record(section, SitingSection, where="study.toml")


def test_a_cost_of_no_kind_of_the_standard_is_refused():
    given = {"title": "T", "place": {"file": "x.osm"}, "siting": {"currency": "CNY", "kind_opex": {"helth": 5.0}}}
    with pytest.raises(
        StudyError, match=r"\[siting\] kind_opex names 'helth', which is no kind of 'general'; did you mean 'health'"
    ):
        make_record(given, Study, where="study.toml")


# ── in a place and in the results ───────────────────────────────────────────────────────────────


def make_answer(candidates):
    """Analyse a grid of 100 m with one home and one shop in one community."""
    standard = make_standard(make_kind("shop"))
    place = make_place(
        draw_network(grid_paths(3, 3)),
        make_residences([("r", 10, (0, 0))]),
        make_facilities([("s", "shop", (100, 100))]),
        make_communities({"c": shapely.box(-10, -10, 210, 210)}),
        standard,
    )
    return wc.analyse(replace(place, candidates=candidates), make_study(standard))


def test_a_place_checks_its_candidates():
    sites = find_candidates(draw_network(grid_paths(2, 2)), every_m=100)
    with pytest.raises(TableError, match="candidates: the CRS is not that of the streets"):
        make_answer(sites.to_crs(32632))
    with pytest.raises(TableError, match=re.escape("candidates: column 'kinds'")):
        make_answer(sites.drop(columns=Candidates.kinds))
    with pytest.raises(TableError, match="candidates: a plain table has no place on earth"):
        make_answer(pd.DataFrame(sites))


def test_candidates_are_written_as_a_table_and_as_a_layer(tmp_path):
    sites = find_candidates(draw_network(grid_paths(2, 2)), every_m=100)
    listed = sites.assign(**{
        Candidates.kinds: ["shop", "*", None, None], Candidates.floor_m2: [50.0, nan, 0.0, nan],
        Candidates.barrier_free: pd.array([True, False, None, None], dtype="boolean"),
        Candidates.from_year: pd.array([2026, None, None, None], dtype="Int64"),
    })  # fmt: skip
    files = write_outputs(make_answer(listed), tmp_path)
    table = pd.read_csv(files["tables"] / "candidates.csv", encoding="utf-8-sig", dtype=str)
    assert table[Candidates.floor_m2].tolist()[::2] == ["50.0", "0.0"]
    assert table[Candidates.floor_m2].isna().tolist() == [False, True, False, True]
    assert table[Candidates.from_year].fillna("").tolist() == ["2026", "", "", ""]
    assert table[Candidates.barrier_free].fillna("").tolist() == ["True", "False", "", ""]
    layer = gpd.read_file(files["geopackage"], layer="candidates")
    assert layer.geometry.geom_equals(listed.geometry.to_crs(layer.crs)).all()
    assert layer[Candidates.kinds].isna().tolist() == [False, False, True, True]


def test_without_a_list_there_is_no_table_of_candidates(tmp_path):
    files = write_outputs(make_answer(None), tmp_path)
    assert not (files["tables"] / "candidates.csv").exists()


def test_a_study_may_ask_for_sites_along_the_streets_of_its_communities():
    study = wc.read_study(TOWNS["town"].with_name("study.toml"))
    place = wc.read_place(replace(study, siting=SitingSection(streets_every_m=200.0)))
    sites = place.candidates
    assert sites[Candidates.community].notna().all()
    assert shapely.intersects(place.communities.union_all(), sites.geometry.to_numpy()).all()
    note = next(note for note in place.notes if note.startswith("No list of idle space was given"))
    assert f"{len(sites):,}." in note
    assert wc.read_place(replace(study, siting=SitingSection())).candidates is None


def test_sites_outside_all_communities_are_kept_and_told(tmp_path):
    study = wc.read_study(TOWNS["town"].with_name("study.toml"))
    path = tmp_path / "s.csv"
    path.write_text("lon,lat\n123.0,29.5117924\n122.98,29.4", encoding="utf-8")
    place = wc.read_place(replace(study, siting=SitingSection(file=str(path))))
    assert place.candidates[Candidates.community].isna().tolist() == [False, True]
    assert any(note.endswith("outside all communities: 1 of 2.") for note in place.notes)
