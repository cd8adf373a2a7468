"""The planner's own files: read whole, or refused with one sentence that names file, row and cure."""

import json
import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyproj
import pytest
from builders import ROOT
from shapely import MultiPoint, MultiPolygon, Point, Polygon, box

from walkcircle.errors import SourceError, StudyError, TableError
from walkcircle.records import make_record
from walkcircle.sources import read_place
from walkcircle.sources.registers import read_area, read_communities, read_facilities, read_residences
from walkcircle.standards import Category, Kind, Selection, Standard
from walkcircle.study import CommunitiesSection, FacilitiesSection, ResidencesSection, Study
from walkcircle.tables import Communities, Facilities, Residences, check_table

UTM = pyproj.CRS("EPSG:32651")
#: The middle of UTM zone 51: the easting is 500,000 m by definition.
LON, LAT = 123.0, 29.5
WEST, SOUTH = 500_000.0, 3_263_000.0

STANDARD = Standard(
    id="little",
    zh="小标准",
    en="Little",
    source="this test",
    categories=(Category("all", "全部", "All"),),
    kinds=(
        Kind("primary_school", "小学", "Primary school", "all", 10, Selection()),
        Kind("fresh_market", "菜市场", "Fresh market", "all", 10, Selection()),
    ),
)


@pytest.fixture
def csv_residences(tmp_path):
    """Write lines as residences.csv and read them back."""

    def write_and_read(*lines, encoding="utf-8", **columns):
        (tmp_path / "residences.csv").write_bytes("\n".join(lines).encode(encoding))
        section = ResidencesSection(source="file", file="residences.csv", **columns)
        return read_residences(section, folder=tmp_path, crs=UTM)

    return write_and_read


@pytest.fixture
def csv_facilities(tmp_path):
    """Write lines as register.csv and read them back."""

    def write_and_read(*lines, **columns):
        (tmp_path / "register.csv").write_text("\n".join(lines), encoding="utf-8")
        section = FacilitiesSection(source="file", file="register.csv", **columns)
        return read_facilities(section, STANDARD, folder=tmp_path, crs=UTM)

    return write_and_read


@pytest.fixture
def communities(tmp_path):
    """Write a frame as communities.gpkg and read it back."""

    def write_and_read(frame, **columns):
        frame.to_file(tmp_path / "communities.gpkg")
        section = CommunitiesSection(source="file", file="communities.gpkg", **columns)
        return read_communities(section, folder=tmp_path, crs=UTM)

    return write_and_read


def squares(*corners, side_m=100.0, **columns):
    """Squares with their south-west corners so many metres from the origin of this test."""
    shapes = [box(WEST + x, SOUTH + y, WEST + x + side_m, SOUTH + y + side_m) for x, y in corners]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=UTM)


def refused(*parts):
    """Match a message that holds all parts in this order."""
    return ".*".join(re.escape(part) for part in parts)


# --- what is read ------------------------------------------------------------------------------------


def test_a_csv_of_residences_becomes_points_in_metres(csv_residences):
    read = csv_residences("id,lon,lat,population", "A1,123.0,29.5,120", "A2,123.0,29.501,80.5", id="id")
    check_table(read, Residences, where="residences")
    assert list(read[Residences.residence]) == ["A1", "A2"]
    assert list(read.index) == [0, 1]
    assert list(read[Residences.population]) == [120, 80.5]
    assert read.crs == UTM
    assert read.geometry[0].distance(Point(500_000, 3_263_383.4004)) < 1e-3
    assert set(read[Residences.source]) == {"residences.csv"}


def test_rows_without_identifiers_are_called_by_file_and_line(csv_residences):
    read = csv_residences("lon,lat,population", "123,29.5,1", "", "123,29.5,2")
    assert list(read[Residences.residence]) == ["residences.csv:2", "residences.csv:4"]


def test_identifiers_of_two_registers_never_clash(csv_facilities):
    line = "123,29.5,primary_school"
    first = csv_facilities("lon,lat,kind", line, register="schools")
    second = csv_facilities("lon,lat,kind", line, register="markets")
    assert first[Facilities.facility][0] == "schools:2"
    assert second[Facilities.facility][0] == "markets:2"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_chinese_columns_are_read_with_and_without_a_byte_order_mark(csv_residences, encoding):
    read = csv_residences(
        "编号,经度,纬度,人口,小区",
        "甲,123,29.5,7,听涛苑",
        "乙,123,29.5,8,",
        encoding=encoding,
        id="编号",
        lon="经度",
        lat="纬度",
        population="人口",
        estate="小区",
    )
    assert list(read[Residences.residence]) == ["甲", "乙"]
    assert list(read[Residences.population]) == [7, 8]
    assert read[Residences.estate][0] == "听涛苑"
    assert pd.isna(read[Residences.estate][1])


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_may_use_commas_semicolons_or_tabs(csv_residences, separator):
    lines = [separator.join(line) for line in (("lon", "lat", "population"), ("123", "29.5", "4"))]
    assert csv_residences(*lines)[Residences.population][0] == 4


def test_further_columns_are_kept_numbers_as_numbers_and_codes_as_text(csv_residences):
    read = csv_residences(
        "lon,lat,population,pop_60,code,note",
        "123,29.5,4,1,007,new",
        "123,29.5,5,,010,",
    )
    assert read["pop_60"][0] == 1
    assert pd.isna(read["pop_60"][1])
    assert list(read["code"]) == ["007", "010"]
    assert read["note"][0] == "new"
    assert pd.isna(read["note"][1])


def test_a_further_column_with_a_name_of_the_table_is_kept_beside_it(csv_residences):
    read = csv_residences("id,lon,lat,people,population,source", "A,123,29.5,4,99,survey", population="people")
    assert read[Residences.population][0] == 4
    assert read["population_in_file"][0] == 99
    assert read["source_in_file"][0] == "survey"


def test_dwellings_and_estate_are_taken_where_the_file_has_them(csv_residences):
    read = csv_residences("lon,lat,population,dwellings,estate", "123,29.5,4,2,听涛苑", "123,29.5,4,,")
    check_table(read, Residences, where="residences")
    assert read[Residences.dwellings][0] == 2
    assert pd.isna(read[Residences.dwellings][1])
    assert read[Residences.estate][0] == "听涛苑"


def test_a_quoted_text_over_two_lines_does_not_shift_the_lines_that_are_named(csv_residences):
    with pytest.raises(TableError, match=refused("residences.csv, line 4:", "'many'")):
        csv_residences("lon,lat,population,note", '123,29.5,4,"one', 'two"', "123,29.5,many,")


@pytest.mark.parametrize("name", ["r.gpkg", "r.geojson", "r.shp", "r.parquet"])
def test_residences_are_read_from_every_geometry_format(tmp_path, name):
    frame = squares((0, 0), (200, 0), nr=[1, 2], people=[10, 20])
    frame = frame.to_crs("EPSG:4326") if name.endswith("geojson") else frame
    if name.endswith("parquet"):
        frame.to_parquet(tmp_path / name)
    else:
        frame.to_file(tmp_path / name)
    section = ResidencesSection(source="file", file=name, id="nr", population="people")
    read = read_residences(section, folder=tmp_path, crs=UTM)
    check_table(read, Residences, where="residences")
    assert list(read[Residences.residence]) == ["1", "2"]
    assert list(read[Residences.population]) == [10, 20]
    assert read.geometry.area.round(2).tolist() == [10_000, 10_000]


def test_a_multipoint_of_one_point_is_a_point_and_heights_are_left_out(tmp_path):
    shapes = [MultiPoint([(WEST, SOUTH)]), Point(WEST, SOUTH, 12.0)]
    gpd.GeoDataFrame({"population": [1, 2]}, geometry=shapes, crs=UTM).to_file(tmp_path / "r.gpkg")
    read = read_residences(ResidencesSection(source="file", file="r.gpkg"), folder=tmp_path, crs=UTM)
    assert list(read.geom_type) == ["Point", "Point"]
    assert not read.has_z.any()


def test_communities_keep_their_names_and_unknown_population(communities):
    frame = squares((0, 0), (100, 0), code=[1.0, 2.0], zh=["甲社区", "乙社区"], people=[500.0, None])
    read = communities(frame, id="code", name="zh", population="people")
    check_table(read, Communities, where="communities")
    assert list(read[Communities.community]) == ["1", "2"]
    assert list(read[Communities.name]) == ["甲社区", "乙社区"]
    assert read[Communities.population][0] == 500
    assert pd.isna(read[Communities.population][1])


def test_communities_without_a_name_column_are_called_by_their_identifier(communities):
    read = communities(squares((0, 0), code=["K7"]), id="code")
    assert list(read[Communities.name]) == ["K7"]


def test_a_register_is_translated_into_kinds(csv_facilities):
    read = csv_facilities(
        "名称,类别,经度,纬度",
        "一小,小学校,123,29.5",
        ",fresh_market,123,29.5",
        name="名称",
        kind="类别",
        lon="经度",
        lat="纬度",
        register="教育局",
        kinds={"小学校": "primary_school"},
    )
    check_table(read, Facilities, where="facilities")
    assert list(read[Facilities.kind]) == ["primary_school", "fresh_market"]
    assert read[Facilities.name][0] == "一小"
    assert pd.isna(read[Facilities.name][1])
    assert set(read[Facilities.source]) == {"教育局"}


def test_a_register_of_one_kind_needs_no_kind_column_and_keeps_the_one_it_has(csv_facilities):
    read = csv_facilities("lon,lat,kind", "123,29.5,public", only="primary_school")
    assert list(read[Facilities.kind]) == ["primary_school"]
    assert list(read["kind_in_file"]) == ["public"]
    assert set(read[Facilities.source]) == {"register.csv"}


def test_a_facility_of_two_kinds_has_two_rows_with_one_identifier(csv_facilities):
    rows = ("c1,123,29.5,primary_school", "c1,123,29.5,fresh_market")
    read = csv_facilities("id,lon,lat,kind", *rows, id="id")
    assert list(read[Facilities.facility]) == ["c1", "c1"]


def test_the_study_area_is_the_union_of_its_polygons(tmp_path):
    squares((0, 0), (50, 0)).to_file(tmp_path / "area.gpkg")
    assert read_area(tmp_path / "area.gpkg", crs=UTM).area == pytest.approx(15_000)


# --- files that are refused --------------------------------------------------------------------------


def test_a_missing_file_is_named_with_the_one_that_may_be_meant(tmp_path):
    (tmp_path / "residents.csv").write_text("")
    section = ResidencesSection(source="file", file="residence.csv")
    with pytest.raises(SourceError, match=refused("residence.csv: there is no such file", "'residents.csv'")):
        read_residences(section, folder=tmp_path, crs=UTM)


def test_a_section_without_a_file_is_refused():
    with pytest.raises(StudyError, match=refused("study.toml", "[residences]", "names no file")):
        make_record({"source": "file"}, ResidencesSection, where="study.toml")


def test_a_file_of_another_format_is_refused(tmp_path):
    (tmp_path / "r.docx").write_bytes(b"")
    with pytest.raises(SourceError, match=refused("r.docx", "'.docx'", "CSV (UTF-8), XLSX")):
        read_residences(ResidencesSection(source="file", file="r.docx"), folder=tmp_path, crs=UTM)


def test_a_broken_file_is_refused(tmp_path):
    (tmp_path / "r.gpkg").write_bytes(b"no database")
    with pytest.raises(SourceError, match=refused("r.gpkg: cannot be read", "save it again")):
        read_residences(ResidencesSection(source="file", file="r.gpkg"), folder=tmp_path, crs=UTM)


def test_a_parquet_file_without_shapes_is_refused(tmp_path):
    pd.DataFrame({"population": [1]}).to_parquet(tmp_path / "r.parquet")
    with pytest.raises(SourceError, match=refused("r.parquet: cannot be read")):
        read_residences(ResidencesSection(source="file", file="r.parquet"), folder=tmp_path, crs=UTM)


def test_a_file_with_two_layers_is_refused(tmp_path):
    for layer in ("now", "then"):
        squares((0, 0)).to_file(tmp_path / "area.gpkg", layer=layer)
    with pytest.raises(SourceError, match=refused("area.gpkg: holds 2 layers with shapes (now, then)")):
        read_area(tmp_path / "area.gpkg", crs=UTM)


def test_a_csv_that_is_neither_utf_8_nor_surely_gbk_is_refused_in_one_sentence(csv_residences):
    with pytest.raises(
        SourceError, match=refused("residences.csv, line 2: the text is neither UTF-8", "save it again")
    ):
        csv_residences("name,lon,lat,population", "Été,123,29.5,7", encoding="latin-1")


def test_a_csv_cannot_hold_areas(tmp_path):
    (tmp_path / "c.csv").write_text("id,name\n1,a\n")
    with pytest.raises(SourceError, match=refused("c.csv: a CSV holds points, and areas are needed")):
        read_communities(CommunitiesSection(source="file", file="c.csv"), folder=tmp_path, crs=UTM)


@pytest.mark.parametrize("lines", [(), ("lon,lat,population",), ("lon,lat,population", "", ",,")])
def test_an_empty_table_is_refused(csv_residences, lines):
    with pytest.raises(TableError, match=refused("residences.csv: there are no rows")):
        csv_residences(*lines)


def test_an_empty_layer_is_refused(tmp_path):
    squares((0, 0)).iloc[:0].to_file(tmp_path / "area.gpkg")
    with pytest.raises(TableError, match=refused("area.gpkg: there are no rows")):
        read_area(tmp_path / "area.gpkg", crs=UTM)


# --- columns and values that are refused -------------------------------------------------------------


def test_a_missing_column_is_named_with_the_near_one_and_all_there_are(csv_residences):
    with pytest.raises(
        TableError,
        match=refused("'population' (residents) is missing", "mean 'popolation'", "are: id, popolation"),
    ):
        csv_residences("id,lon,lat,popolation", "A,123,29.5,7")


def test_a_missing_coordinate_column_is_named(csv_residences):
    with pytest.raises(TableError, match=refused("column 'lon' (longitude", "did you mean 'long'")):
        csv_residences("id,long,lat,population", "A,123,29.5,7")


def test_a_column_that_stands_twice_is_refused(csv_residences):
    with pytest.raises(TableError, match=refused("the column 'lon' stands twice in the header")):
        csv_residences("lon,lon,lat,population", "123,123,29.5,7")


def test_a_line_with_a_stray_comma_is_refused(csv_residences):
    with pytest.raises(TableError, match=refused("line 3: 4 fields where the header has 3")):
        csv_residences("lon,lat,population", "123,29.5,1200", "123,29.5,1,200")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("-3", "'population' is -3; residents cannot be below 0"),
        ("", "'population' (residents) is missing"),
        ("some", "'population' is 'some', not a number"),
        ("inf", "'population' is 'inf', not a number"),
    ],
)
def test_an_impossible_population_is_refused_with_its_line(csv_residences, value, problem):
    with pytest.raises(TableError, match=refused("residences.csv, line 3:", problem)):
        csv_residences("id,lon,lat,population", "A,123,29.5,7", f"B,123,29.5,{value}")


def test_a_message_counts_the_other_rows_with_the_same_problem(csv_residences):
    with pytest.raises(TableError, match=refused("line 2 (and 2 more): 'population' is -1")):
        csv_residences("lon,lat,population", *["123,29.5,-1"] * 3)


def test_the_population_of_a_geometry_file_is_checked_too(communities):
    with pytest.raises(TableError, match=refused("communities.gpkg, feature 2:", "'people' is -5")):
        communities(squares((0, 0), (100, 0), people=[1, -5]), population="people")


def test_an_identifier_that_stands_twice_is_refused_with_both_lines(csv_residences):
    with pytest.raises(TableError, match=refused("line 4: the identifier 'A' stands already in line 2")):
        csv_residences("id,lon,lat,population", "A,123,29.5,7", "B,123,29.5,7", "A,123,29.5,7", id="id")


def test_a_missing_identifier_is_refused(csv_residences):
    with pytest.raises(TableError, match=refused("line 2: 'id' (identifier of the row) is missing")):
        csv_residences("id,lon,lat,population", ",123,29.5,7", id="id")


def test_a_facility_listed_twice_under_two_names_is_refused(csv_facilities):
    rows = ["c1,123,29.5,primary_school,一小", "c1,123,29.5,primary_school,二小"]
    with pytest.raises(TableError, match=refused("line 3: the identifier 'c1' stands already in line 2")):
        csv_facilities("id,lon,lat,kind,name", *rows, id="id")


def test_one_identifier_for_two_places_is_refused(csv_facilities):
    rows = ("c1,123,29.5,primary_school", "c1,123,29.6,fresh_market")
    with pytest.raises(TableError, match=refused("line 3: the identifier 'c1' stands for another place in line 2")):
        csv_facilities("id,lon,lat,kind", *rows, id="id")


def test_a_kind_that_the_standard_does_not_know_is_refused_with_what_it_knows(csv_facilities):
    with pytest.raises(
        TableError,
        match=refused(
            "register.csv, line 3: '小学校' is not a kind of the standard 'little'",
            '"小学校" = "primary_school"',
            "the kinds are: primary_school, fresh_market",
        ),
    ):
        csv_facilities("lon,lat,kind", "123,29.5,fresh_market", "123,29.5,小学校")


def test_a_translation_into_a_kind_that_is_not_there_is_an_error_of_the_study(csv_facilities):
    with pytest.raises(StudyError, match=refused("kind 'school' is not in the standard 'little'")):
        csv_facilities("lon,lat,kind", "123,29.5,小学", kinds={"小学": "school"})
    with pytest.raises(StudyError, match=refused("kind 'school' is not in the standard 'little'")):
        csv_facilities("lon,lat", "123,29.5", only="school")


def test_a_name_column_that_the_study_names_must_be_there(csv_facilities):
    with pytest.raises(TableError, match=refused("column '名称'", "is missing")):
        csv_facilities("lon,lat,kind", "123,29.5,fresh_market", name="名称")


# --- places that are refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lon", "lat", "problem"),
    [
        ("29.5", "123", "look swapped; exchange the two columns"),
        ("", "29.5", "'lon' (longitude, WGS 84 degrees) is missing"),
        ("123", "north", "'lat' is 'north', not a number"),
        ("500000", "3263000", "cannot be degrees, though the file says EPSG:4326"),
        ("0", "0", "are both 0, which is in the Atlantic"),
        ("12.3", "29.5", "are far away; write the true place"),
        ("123", "-29.5", "are far away; write the true place"),
    ],
)
def test_an_impossible_place_is_refused_with_its_line(csv_residences, lon, lat, problem):
    with pytest.raises(TableError, match=refused("residences.csv, line 3:", problem)):
        csv_residences("lon,lat,population", "123,29.5,7", f"{lon},{lat},7")


def test_swapped_degrees_are_known_by_the_study_where_both_could_be_a_latitude(tmp_path):
    """In Europe both numbers pass as a latitude; the metric CRS says which way round they belong."""
    (tmp_path / "r.csv").write_text("lon,lat,population\n43.7,7.4,1\n")
    with pytest.raises(TableError, match=refused("r.csv, line 2: longitude and latitude", "look swapped")):
        read_residences(ResidencesSection(source="file", file="r.csv"), folder=tmp_path, crs=pyproj.CRS("EPSG:32632"))


def test_a_file_in_degrees_that_claims_metres_is_refused(tmp_path):
    frame = gpd.GeoDataFrame(geometry=[box(123, 29.5, 123.01, 29.51)], crs=UTM)
    frame.to_file(tmp_path / "area.gpkg")
    with pytest.raises(TableError, match=refused("area.gpkg: coordinates", "look like degrees", "EPSG:4326")):
        read_area(tmp_path / "area.gpkg", crs=UTM)


def test_a_file_in_metres_that_claims_degrees_is_refused(tmp_path):
    squares((0, 0)).set_crs("EPSG:4326", allow_override=True).to_file(tmp_path / "area.gpkg")
    with pytest.raises(TableError, match=refused("feature 1:", "cannot be degrees", "EPSG:4326")):
        read_area(tmp_path / "area.gpkg", crs=UTM)


def test_a_file_without_a_coordinate_reference_system_is_refused(tmp_path):
    frame = squares((0, 0))
    frame.to_file(tmp_path / "area.shp")
    (tmp_path / "area.prj").unlink()
    with pytest.raises(TableError, match=refused("area.shp: no coordinate reference system")):
        read_area(tmp_path / "area.shp", crs=UTM)


@pytest.mark.parametrize("nothing", [None, Polygon()])
def test_a_row_without_geometry_is_refused(communities, nothing):
    frame = squares((0, 0), (100, 0))
    frame.loc[1, "geometry"] = nothing
    with pytest.raises(TableError, match=refused("communities.gpkg, feature 2: there is no geometry")):
        communities(frame)


def test_a_line_is_neither_a_home_nor_a_community(communities):
    frame = squares((0, 0))
    frame.geometry = frame.boundary
    with pytest.raises(TableError, match=refused("feature 1: a LineString is not an area")):
        communities(frame)


def test_a_slightly_crossed_outline_is_mended(communities):
    """A hook of 4 mm² in a hectare: the area is what it was."""
    shape = Polygon([(0, 0), (100, 0), (100, 100), (50, 100), (50.002, 100.002), (50.002, 99.998), (0, 100)])
    frame = gpd.GeoDataFrame(geometry=[shape], crs=UTM).translate(WEST, SOUTH).to_frame("geometry")
    assert not frame.is_valid[0]
    read = communities(frame)
    assert read.is_valid[0]
    assert read.area[0] == pytest.approx(10_000, rel=1e-4)


def test_a_bow_tie_is_refused(communities):
    shape = Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    frame = gpd.GeoDataFrame(geometry=[shape], crs=UTM).translate(WEST, SOUTH).to_frame("geometry")
    with pytest.raises(TableError, match=refused("feature 1: the outline crosses itself", "draw it anew")):
        communities(frame)


def test_communities_that_share_ground_are_refused_with_both_names(communities):
    frame = squares((0, 0), (300, 0), (95, 0), zh=["甲", "乙", "丙"])
    with pytest.raises(TableError, match=refused("'甲' and '丙' share 5% of the smaller one")):
        communities(frame, name="zh")


def test_communities_may_share_slivers(communities):
    assert len(communities(squares((0, 0), (99.5, 0)))) == 2


def test_a_community_of_several_parts_is_an_area(communities):
    parts = MultiPolygon(list(squares((0, 0), (200, 0)).geometry))
    assert communities(gpd.GeoDataFrame(geometry=[parts], crs=UTM)).area[0] == pytest.approx(20_000)


def test_text_of_a_shapefile_whose_encoding_is_not_sure_is_refused(tmp_path):
    """In Big5, which decodes as GBK too, and then is nonsense."""
    squares((0, 0), zh=["臺北國語實小"]).to_file(tmp_path / "c.shp", encoding="big5")
    (tmp_path / "c.cpg").unlink(missing_ok=True)
    section = CommunitiesSection(source="file", file="c.shp", name="zh")
    with pytest.raises(TableError, match=refused("c.shp, feature 1: the text may be garbled", ".cpg")):
        read_communities(section, folder=tmp_path, crs=UTM)


def test_geojson_with_swapped_degrees_is_refused(tmp_path):
    ring = [[29.5, 123.0], [29.6, 123.0], [29.6, 123.1], [29.5, 123.0]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    Path(tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    with pytest.raises(TableError, match=refused("a.geojson, feature 1: longitude and latitude", "swapped")):
        read_area(tmp_path / "a.geojson", crs=UTM)


def test_people_counted_by_the_planner_are_not_overwritten_by_the_map(tmp_path):
    """A register beside boundaries that OpenStreetMap tags with another population keeps its own total."""
    study = make_record(
        {
            "title": "Monaco",
            "place": {"file": str(ROOT / "data" / "monaco" / "monaco.osm.pbf")},
            "communities": {"source": "osm", "admin_level": 10},
            "residences": {"source": "file", "file": "homes.csv"},
            "folder": tmp_path,
        },
        Study,
        where="study.toml",
    )
    (tmp_path / "homes.csv").write_text(
        "lon,lat,population\n7.4265,43.7400,300\n7.4190,43.7330,200\n", encoding="utf-8"
    )
    place = read_place(study)
    assert place.communities[Communities.population].max() > 10_000
    assert place.residences[Residences.population].tolist() == [300, 200]
    assert place.population_source == "homes.csv"
