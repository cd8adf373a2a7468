"""What real registers are full of: read, left out and listed, or refused in one sentence, as the documentation says."""

import contextlib
import re
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Point
from workbooks import Failed, Formula, write_workbook

from walkcircle.errors import SourceError, TableError, WalkCircleError
from walkcircle.records import make_record
from walkcircle.sources import registers
from walkcircle.sources.offsets import to_gcj02
from walkcircle.sources.registers import check_datum, read_communities, read_facilities, read_residences
from walkcircle.sources.remarks import describe_remarks, list_remarks
from walkcircle.standards import Category, Kind, Selection, Standard
from walkcircle.study import CommunitiesSection, FacilitiesSection, ResidencesSection
from walkcircle.tables import Communities, Facilities, Remarks, Residences, check_table

UTM = pyproj.CRS("EPSG:32651")
DAY = date(2024, 6, 30)
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
HEADER = "id,name,kind,lon,lat,capacity,opened,closed"
#: Eleven plain rows, so that one odd row is fewer than one in ten.
PLAIN = tuple(f"S{n},第{n}小学,小学,120.{n:03d},30.25,{n}00,," for n in range(11))


def read(path, **columns):
    """Read a register of facilities, and what is said about it."""
    found = []
    columns = {"id": "id", "kinds": {"小学": "primary_school", "菜市场": "fresh_market"}} | columns
    section = FacilitiesSection(source="file", file=path.name, **columns)
    table = read_facilities(section, STANDARD, folder=path.parent, crs=UTM, on=DAY, report=found.append)
    check_table(table, Facilities, where=path.name)
    check_table(list_remarks(found), Remarks, where="remarks")
    return table, found


def read_lines(folder, *lines, header=HEADER, encoding="utf-8", **columns):
    """Write a header, eleven plain rows and `lines`, and read them."""
    path = folder / "r.csv"
    path.write_bytes("\n".join([header, *PLAIN, *lines]).encode(encoding))
    return read(path, **columns)


def csv(*lines, **how):
    """Make an example that is one text file."""
    return lambda folder: read_lines(folder, *lines, **how)


def residences(*lines):
    """Make an example of people, whose every row is needed."""

    def example(folder):
        (folder / "h.csv").write_text("\n".join(["lon,lat,population", *lines]), encoding="utf-8")
        section = ResidencesSection(source="file", file="h.csv")
        return read_residences(section, folder=folder, crs=UTM), []

    return example


def workbook(*rows, merged=(), header=HEADER):
    """Make an example that is one workbook."""

    def example(folder):
        plain = [row.split(",") for row in PLAIN]
        write_workbook(folder / "r.xlsx", {"设施": [header.split(","), *plain, *rows]}, merged=merged)
        return read(folder / "r.xlsx")

    return example


def shifted(folder):
    """Places beside every street, written in GCJ-02, and no word of it."""
    spots = [(120.1 + n / 1000, 30.25) for n in range(60)]
    true = gpd.GeoSeries([Point(*spot) for spot in spots], crs=4326).to_crs(UTM)
    lon, lat = to_gcj02(*np.array(spots).T)
    rows = [f"A{n},小{n},小学,{lon[n]:.7f},{lat[n]:.7f},,," for n in range(60)]
    (folder / "r.csv").write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    table, found = read(folder / "r.csv")
    check_datum(table, file="r.csv", crs=None, ground=true.buffer(3).to_numpy())
    return table, found


def titled(folder):
    """Write a title above the header."""
    lines = ["杭州市某区设施名册（2024年）,,,,,,,", "", HEADER, *PLAIN]
    (folder / "r.csv").write_text("\n".join(lines), encoding="utf-8")
    return read(folder / "r.csv")


def two_headers(folder):
    """Write a header of two rows, the coordinates under one word."""
    upper = ["id", "name", "kind", "坐标", "", "capacity", "opened", "closed"]
    lower = ["", "", "", "lon", "lat", "", "", ""]
    rows = [upper, lower, *(row.split(",") for row in PLAIN)]
    write_workbook(folder / "r.xlsx", {"设施": rows}, merged=["D1:E1"])
    return read(folder / "r.xlsx")


def unsure(folder):
    """Write what is neither UTF-8 nor GBK."""
    (folder / "r.csv").write_bytes(f"{HEADER}\nA,école d'été,小学".encode("latin-1", errors="replace"))
    return read(folder / "r.csv")


#: An example of each kind of the table in the documentation.
EXAMPLES = {
    "blank rows": csv("", ",,,,,,,", "A,一小,小学,120.1,30.2,,,"),
    "a title above the header": titled,
    "a header of two rows": two_headers,
    "sums, signatures and titles between the rows": csv("合计,,,,,6600,,", "填表人：某,,,,,,,"),
    "spaces of any width around the text": csv("A ,\u3000一小\u200b,小学,120.1,30.2,,,"),
    "full-width digits": csv("A,一小,小学,１２０.１,30.2,１２３,,"),
    "thousands separators": csv('A,一小,小学,120.1,30.2,"1,234",,'),
    "units behind numbers": csv("A,一小,小学,120.1,30.2,1.2万人,,"),
    "words for none in a column that may be unknown": csv("A,一小,小学,120.1,30.2,无,-,N/A"),
    "words for none in a column that must be known": residences("120.1,30.2,5", "120.1,30.2,-"),
    "text where a number may be unknown": csv("A,一小,小学,120.1,30.2,约30,,"),
    "text where a number must be known": residences("120.1,30.2,5", "120.1,30.2,约30"),
    "an error of the spreadsheet in a needed column": residences("120.1,30.2,5", "120.1,30.2,#N/A"),
    "degrees, minutes and seconds": csv("A,一小,小学,120°6′,30度12分,,,"),
    "no coordinates": csv("A,一小,小学,,30.2,,,"),
    "longitude and latitude swapped": csv("A,一小,小学,30.2,120.1,,,"),
    "coordinates at 0, 0 or far away": csv("A,一小,小学,0,0,,,"),
    "metres in the column of longitude": csv("A,一小,小学,500000,3345000,,,"),
    "coordinates in an undeclared GCJ-02 or BD-09": shifted,
    "identifiers that became 330102001.0": csv("330102001.0,一小,小学,120.1,30.2,,,"),
    "identifiers cut short to 3.30102E+11": csv("3.30102E+11,一小,小学,120.1,30.2,,,"),
    "one identifier twice, the row repeated": csv(*["A,一小,小学,120.1,30.2,,,"] * 2),
    "one identifier twice, with different names": csv("A,一小,小学,120.1,30.2,,,", "A,二小,小学,120.1,30.2,,,"),
    "one identifier in two places": csv("A,一小,小学,120.1,30.2,,,", "A,一小,菜市场,120.2,30.2,,,"),
    "a merged cell over texts": workbook(
        ["A", "一小", "小学", "120.1", "30.2"], ["B", "二小", None, "120.1", "30.2"], merged=["C13:C14"]
    ),
    "a merged cell over numbers": workbook(
        ["A", "一小", "小学", "120.1", "30.2", 300], ["B", "二小", "小学", "120.1", "30.2"], merged=["F13:F14"]
    ),
    "dates in many ways": csv(
        *(f"A{n},一小,小学,120.1,30.2,,{day}," for n, day in enumerate(
            ["2024-03-01", "2024/3/1", "2024年3月1日", "20240301", "45352", "2024.3.1", "2024-03-01 00:00:00"]
        ))
    ),
    "facilities that are closed": csv("A,一小,小学,120.1,30.2,,,2024-06-29", "B,二小,小学,120.1,30.2,,,2024-06-30"),
    "facilities that are not yet open": csv("A,一小,小学,120.1,30.2,,2024-07-01,", "B,二,小学,120.1,30.2,,2024,"),
    "kinds with stray spaces or full-width letters": csv("A,一小,小 学,120.1,30.2,,,", "B,二,ｆresh_market,120,30,,,"),
    "a word that is no kind": csv("A,一小,小学校,120.1,30.2,,,"),
    "text that was saved in a wrong encoding": csv("A,绀惧尯灏忓,小学,120.1,30.2,,,"),
    "a column name that stands twice, and is used": csv(header=HEADER.replace("opened", "lon")),
    "GBK instead of UTF-8": csv(encoding="gbk"),
    "an encoding that is not sure": unsure,
}  # fmt: skip


def documented():
    """Return kind, outcome and words of every row of the table in the documentation."""
    lines = registers.__doc__.splitlines()
    marks = [number for number, line in enumerate(lines) if line.startswith("=====")]
    starts = [match.start() for match in re.finditer("=+", lines[marks[0]])]
    cut = [slice(*pair) for pair in zip(starts, [*starts[1:], None], strict=True)]
    return [tuple(line[one].strip() for one in cut) for line in lines[marks[1] + 1 : marks[2]]]


def test_every_kind_of_dirt_that_is_documented_has_an_example():
    assert sorted(kind for kind, _, _ in documented()) == sorted(EXAMPLES)
    assert len(EXAMPLES) >= 30


@pytest.mark.parametrize(("kind", "outcome", "words"), documented())
def test_dirt_has_the_outcome_that_is_documented(tmp_path, kind, outcome, words):
    if outcome == "refused":
        with pytest.raises(WalkCircleError, match=re.escape(words)) as refusal:
            EXAMPLES[kind](tmp_path)
        assert "\n" not in str(refusal.value)
        assert str(refusal.value).startswith(("r.csv", "r.xlsx", "h.csv"))
        return
    table, found = EXAMPLES[kind](tmp_path)
    if kind == "dates in many ways":
        assert table[Facilities.opened].dropna().tolist() == ["2024-03-01"] * 7
        return
    said = [remark for remark in found if words in remark.what]
    assert said, describe_remarks(found)
    assert {remark.used for remark in said} == {outcome != "left out"}
    assert any(words in sentence for sentence in describe_remarks(found))
    assert len(table) >= len(PLAIN)


def test_one_register_with_all_dirt_at_once_is_read_and_every_oddity_is_listed(tmp_path):
    """GBK, GCJ-02, a title, blank rows and nineteen kinds of dirt among 60 rows."""
    plain = [f"P{n},第{n}小学,小学,{120.1 + n / 500},30.25,{n},," for n in range(40)]
    odd = [
        "330102001.0,　胜利小学 ,小 学,１２０.１,30.2,１２３,2001年9月1日,",
        'Q2,蓝天小学,小学,120°6′0″,30.2,"1,200",2001/9/1,',
        "Q3,长河小学,小学,120.1,30.2,约30,2001-9-1,",
        "Q4,西兴小学,小学,120.1,30.2,无,-,",
        "Q5,浦沿小学,小学,120.1,30.2,350人,,2030",
        "",
        "Q6,已撤小学,小学,120.1,30.2,350,,2019-8-31",
        "Q7,将建小学,小学,120.1,30.2,350,2026-9-1,",
        "Q8,无址小学,小学,,,350,,",
        "Q9,倒置小学,小学,30.2,120.1,350,,",
        "Q10,零点小学,小学,0,0,350,,",
        "P1,第1小学,小学,120.102,30.25,1,,",
        "合计,,,,,9999,,",
        "填表人：某某,,,,,,,",
    ]
    lines = ["某市教育设施名册,,,,,,,", HEADER, *plain, *odd]
    (tmp_path / "r.csv").write_bytes("\r\n".join(lines).encode("gbk"))
    table, found = read(tmp_path / "r.csv", crs="gcj02", register="教育局")
    assert len(table) == 40 + 5
    names = set(table[Facilities.name])
    assert {"胜利小学", "蓝天小学", "长河小学", "西兴小学", "浦沿小学"} <= names
    by_name = table.set_index(Facilities.name)
    assert by_name.loc["胜利小学", Facilities.facility] == "330102001"
    assert by_name.loc["胜利小学", Facilities.capacity] == 123
    assert by_name.loc["胜利小学", Facilities.source_row] == "line 43"
    assert by_name.loc["蓝天小学", Facilities.capacity] == 1200
    assert by_name[Facilities.opened].dropna().tolist() == ["2001-09-01"] * 3
    # 120.1, 30.2 in GCJ-02 is some 500 m off in WGS 84, and comes back to within a centimetre
    place = gpd.GeoSeries([by_name.loc["长河小学", "geometry"]], crs=UTM).to_crs(4326)
    lon, lat = to_gcj02(place.x.to_numpy(), place.y.to_numpy())
    assert abs(lon[0] - 120.1) < 1e-8
    assert abs(lat[0] - 30.2) < 1e-8
    assert gpd.GeoSeries.from_xy([120.1], [30.2], crs=4326).to_crs(UTM).distance(place.to_crs(UTM))[0] > 300
    sentences = describe_remarks(found)
    left = list_remarks(found).query(f"not {Remarks.used}").groupby(Remarks.remarked)[Remarks.in_row].apply(list)
    assert left.to_dict() == {
        "sums, signatures and titles between the rows were left out": [55, 56],
        "facilities that were closed before 2024-06-30 were left out": [49],
        "facilities that were not yet open on 2024-06-30 were left out": [50],
        "rows without coordinates that can be read were left out": [51],
        "rows whose longitude and latitude look swapped were left out": [52],
        "rows that lie at 0, 0 or far away were left out": [53],
        "rows that repeat another were left out": [54],
    }
    # those that cost a row are said first
    assert [sentence.count("were left out") for sentence in sentences] == [1] * 7 + [0] * (len(sentences) - 7)
    assert "r.csv: full-width digits were read as digits (line 43)." in sentences


def test_more_than_one_row_in_ten_without_a_place_refuses_the_file(tmp_path):
    lines = [f"X{n},一小,小学,,30.2,,," for n in range(3)]
    words = r"r.csv, line 13 \(and 2 more\): 'lon' .* is missing; write it down; up to one row in ten would be left out"
    with pytest.raises(TableError, match=words):
        read_lines(tmp_path, *lines)


def test_more_than_one_cell_in_ten_that_is_no_number_refuses_the_file(tmp_path):
    lines = [f"X{n},一小,小学,120.1,30.2,很多,," for n in range(3)]
    with pytest.raises(TableError, match=r"line 13 \(and 2 more\): 'capacity' is '很多', not a number"):
        read_lines(tmp_path, *lines)


def test_dates_without_a_day_of_the_check_up_are_refused(tmp_path):
    (tmp_path / "r.csv").write_text(f"{HEADER}\nA,一小,小学,120.1,30.2,,,2024-01-01", encoding="utf-8")
    section = FacilitiesSection(source="file", file="r.csv", only="primary_school")
    with pytest.raises(TableError, match=r"r.csv: 'closed' holds dates, .* data_date"):
        read_facilities(section, STANDARD, folder=tmp_path, crs=UTM)


@pytest.mark.parametrize(("word", "kept"), [("已停业", False), ("是", False), ("在营", True), ("", True)])
def test_a_word_may_say_that_a_facility_is_closed(tmp_path, word, kept):
    table, _ = read_lines(tmp_path, f"A,一小,小学,120.1,30.2,,,{word}")
    assert ("A" in set(table[Facilities.facility])) == kept


def test_a_year_alone_lasts_to_its_end(tmp_path):
    table, _ = read_lines(tmp_path, "A,一小,小学,120.1,30.2,,,2024", "B,二小,小学,120.1,30.2,,,2023")
    assert "A" in set(table[Facilities.facility])
    assert "B" not in set(table[Facilities.facility])


# ── coordinates ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("crs", ["EPSG:4549", "epsg:4549", "cgcs2000", "wgs84"])
def test_coordinates_may_be_declared(tmp_path, crs):
    spot = gpd.GeoSeries.from_xy([120.1], [30.2], crs=4326)
    given = spot.to_crs("EPSG:4549") if "4549" in crs else spot
    (tmp_path / "r.csv").write_text(f"lon,lat\n{given.x[0]:.9f},{given.y[0]:.9f}", encoding="utf-8")
    table, _ = read(tmp_path / "r.csv", id=None, only="primary_school", crs=crs)
    assert table.distance(spot.to_crs(UTM)[0])[0] < 0.01


def test_northing_and_easting_exchanged_are_noticed_in_metres_too(tmp_path):
    """In Chinese surveys X is north."""
    spot = gpd.GeoSeries.from_xy([120.1], [30.2], crs=4326).to_crs("EPSG:4549")
    (tmp_path / "r.csv").write_text(f"lon,lat\n{spot.y[0]:.3f},{spot.x[0]:.3f}", encoding="utf-8")
    with pytest.raises(TableError, match=r"line 2: longitude and latitude .* look swapped; exchange the two columns"):
        read(tmp_path / "r.csv", id=None, only="primary_school", crs="EPSG:4549")


def test_an_unknown_code_is_an_error_of_the_study(tmp_path):
    (tmp_path / "r.csv").write_text("lon,lat\n120,30", encoding="utf-8")
    with pytest.raises(WalkCircleError, match='there is no CRS "EPSG:99999"'):
        read(tmp_path / "r.csv", id=None, only="primary_school", crs="EPSG:99999")


@pytest.mark.parametrize("stated", [False, True])
def test_shapes_in_gcj02_are_moved_whatever_their_file_says(tmp_path, stated):
    lon, lat = to_gcj02(np.array([120.1]), np.array([30.2]))
    frame = gpd.GeoDataFrame({"kind": ["小学"]}, geometry=[Point(lon[0], lat[0])], crs=4326)
    frame.to_file(tmp_path / "r.shp", encoding="utf-8")
    if not stated:
        (tmp_path / "r.prj").unlink()
    table, _ = read(tmp_path / "r.shp", id=None, crs="gcj02")
    true = gpd.GeoSeries.from_xy([120.1], [30.2], crs=4326).to_crs(UTM)
    assert table.distance(true[0])[0] < 0.01


def test_a_false_crs_of_a_file_gives_way_to_the_study_and_is_told(tmp_path):
    spot = gpd.GeoSeries.from_xy([120.1], [30.2], crs=4326).to_crs("EPSG:4549")
    frame = gpd.GeoDataFrame({"kind": ["小学"]}, geometry=spot.to_numpy(), crs="EPSG:3857")
    frame.to_file(tmp_path / "r.gpkg")
    table, found = read(tmp_path / "r.gpkg", id=None, crs="EPSG:4549")
    assert table.distance(spot.to_crs(UTM)[0])[0] < 0.01
    assert "though the file says EPSG:3857" in describe_remarks(found)[0]


# ── encodings ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_text_is_decoded_without_being_told(tmp_path, encoding):
    table, _ = read_lines(tmp_path, encoding=encoding)
    assert table[Facilities.name][0] == "第0小学"


def test_a_declared_encoding_is_kept_to_strictly(tmp_path):
    path = tmp_path / "r.csv"
    path.write_bytes("\n".join([HEADER, *PLAIN]).encode("gbk"))
    assert read(path, encoding="gbk")[0][Facilities.name][0] == "第0小学"
    with pytest.raises(SourceError, match=r"r\.csv, line 2: the text is not in utf-8, which the study says"):
        read(path, encoding="utf-8")
    with pytest.raises(SourceError, match='there is no encoding "klingon"'):
        read(path, encoding="klingon")


@pytest.mark.parametrize(
    ("written", "named"),
    [("gbk", "936"), ("gbk", "GBK"), ("gbk", None), ("utf-8", "UTF-8"), ("utf-8", "65001"), ("utf-8", None)],
)
def test_a_shapefile_is_decoded_by_its_cpg_file_or_where_it_is_sure(tmp_path, written, named):
    frame = gpd.GeoDataFrame({"类别": ["小学", "菜市场"], "名称": ["胜利小学", "古荡市场"]},
                             geometry=[Point(120.1, 30.2), Point(120.1, 30.21)], crs=4326)  # fmt: skip
    frame.to_file(tmp_path / "r.shp", encoding=written)
    (tmp_path / "r.cpg").unlink(missing_ok=True)
    if named:
        (tmp_path / "r.cpg").write_text(named)
    table, _ = read(tmp_path / "r.shp", id=None, kind="类别", name="名称")
    assert table[Facilities.name].tolist() == ["胜利小学", "古荡市场"]


def test_a_cpg_file_that_is_not_true_is_refused(tmp_path):
    frame = gpd.GeoDataFrame({"kind": ["菜市场"]}, geometry=[Point(120.1, 30.2)], crs=4326)
    frame.to_file(tmp_path / "r.shp", encoding="gbk")
    (tmp_path / "r.cpg").write_text("UTF-8")
    with pytest.raises(SourceError, match=r"r\.shp: the text is not in the encoding that its \.cpg file"):
        read(tmp_path / "r.shp", id=None)


def test_a_shapefile_may_be_declared_gbk(tmp_path):
    frame = gpd.GeoDataFrame({"kind": ["小学"]}, geometry=[Point(120.1, 30.2)], crs=4326)
    frame.to_file(tmp_path / "r.shp", encoding="gbk")
    (tmp_path / "r.cpg").write_text("ISO-8859-1")
    assert len(read(tmp_path / "r.shp", id=None, encoding="gbk")[0]) == 1


# ── workbooks ───────────────────────────────────────────────────────────────────────────────────


def test_a_workbook_is_read_with_its_numbers_days_and_texts(tmp_path):
    rows = [HEADER.split(","), [330102001.0, "一小", "小学", 120.1, 30.2, 1200, (45352,), None]]
    write_workbook(tmp_path / "r.xlsx", {"设施": rows, "说明": []})
    table, _ = read(tmp_path / "r.xlsx")
    row = table.iloc[0]
    assert row[Facilities.facility] == "330102001"
    assert row[Facilities.capacity] == 1200
    assert row[Facilities.opened] == "2024-03-01"
    assert row[Facilities.source_row] == "row 2"


def test_of_several_sheets_the_study_says_which(tmp_path):
    rows = [HEADER.split(","), ["A", "一小", "小学", 120.1, 30.2]]
    path = tmp_path / "r.xlsx"
    write_workbook(path, {"小学": rows, "市场": rows})
    with pytest.raises(SourceError, match=r'holds 2 sheets \(小学, 市场\); say which one, as in sheet = "小学"'):
        read(path)
    assert len(read(path, sheet="市场")[0]) == 1
    with pytest.raises(SourceError, match="there is no sheet '中学'; the sheets are: 小学, 市场"):
        read(path, sheet="中学")


def test_a_hidden_sheet_is_not_meant(tmp_path):
    rows = [HEADER.split(","), ["A", "一小", "小学", 120.1, 30.2]]
    write_workbook(tmp_path / "r.xlsx", {"小学": rows, "旧": rows}, hidden=["旧"])
    assert len(read(tmp_path / "r.xlsx")[0]) == 1


@pytest.mark.parametrize(("cell", "shown"), [(Failed("#REF!"), "#REF!"), (Formula("A1*2"), "#VALUE!")])
def test_an_error_or_an_uncalculated_formula_is_no_empty_cell(tmp_path, cell, shown):
    rows = [["lon", "lat", "population"], [120.1, 30.2, 5], [120.1, 30.2, cell]]
    write_workbook(tmp_path / "h.xlsx", {"人口": rows})
    section = ResidencesSection(source="file", file="h.xlsx")
    with pytest.raises(TableError, match=f"h.xlsx, row 3: 'population' is '{shown}', an error of the spreadsheet"):
        read_residences(section, folder=tmp_path, crs=UTM)


def test_a_text_file_with_another_ending_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "r.xlsx").write_text(HEADER)
    with pytest.raises(SourceError, match=r"r\.xlsx: cannot be read .* save it again as \.xlsx"):
        read(tmp_path / "r.xlsx")


def test_a_number_too_long_for_a_spreadsheet_is_no_identifier(tmp_path):
    write_workbook(tmp_path / "r.xlsx", {"s": [HEADER.split(","), [123456789012345680, "一", "小学", 120.1, 30.2]]})
    with pytest.raises(TableError, match="an identifier that a spreadsheet has cut short"):
        read(tmp_path / "r.xlsx")


# ── further columns ─────────────────────────────────────────────────────────────────────────────


def test_communities_carry_households_and_where_they_belong(tmp_path):
    area = gpd.GeoSeries([Point(500_000, 3_345_000).buffer(500)], crs=UTM)
    columns = {"id": ["c"], "街道": ["小营街道"], "district": ["上城区"], "户数": ["1,200"]}
    gpd.GeoDataFrame(columns, geometry=area).to_file(tmp_path / "c.gpkg")
    section = CommunitiesSection(source="file", file="c.gpkg", id="id", subdistrict="街道", households="户数")
    table = read_communities(section, folder=tmp_path, crs=UTM)
    check_table(table, Communities, where="communities")
    row = table.iloc[0]
    assert row[Communities.subdistrict] == "小营街道"
    assert row[Communities.district] == "上城区"
    assert row[Communities.households] == 1200


def test_further_columns_may_have_names_of_their_own(tmp_path):
    header = HEADER.replace("capacity", "学位数").replace("closed", "建筑面积")
    table, _ = read_lines(tmp_path, header=header, capacity="学位数", floor_m2="建筑面积")
    assert table[Facilities.capacity].tolist()[:2] == [0, 100]
    assert table[Facilities.floor_m2].isna().all()


# ── any bytes at all ────────────────────────────────────────────────────────────────────────────


def outcome(folder, name, content):
    """Read a file of any bytes; no other errors than ours may come."""
    path = folder / name
    path.write_bytes(content)
    with contextlib.suppress(WalkCircleError):
        read(path, id=None)


QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(st.binary(max_size=400), st.sampled_from(["r.csv", "r.xlsx", "r.xls", "r.ods", "r.gpkg", "r.geojson"]))
def test_any_bytes_are_read_or_refused(tmp_path, content, name):
    outcome(tmp_path, name, content)


CELLS = st.one_of(
    st.text(max_size=6),
    st.floats(allow_nan=True).map(str),
    st.sampled_from(
        ["小学", "120.1", "30.2", "１２", "-", "#N/A", "2024年", "120°6′", "1,234", '"', "合计", "9" * 400, "1e999"]
    ),
)


@QUICK
@given(st.lists(st.lists(CELLS, min_size=1, max_size=8), max_size=6), st.sampled_from(["utf-8", "gb18030", "utf-16"]))
def test_any_cells_are_read_or_refused(tmp_path, rows, encoding):
    lines = [HEADER, *(",".join(row) for row in rows)]
    outcome(tmp_path, "r.csv", "\n".join(lines).encode(encoding, errors="replace"))


@QUICK
@given(st.data())
def test_any_broken_workbook_is_read_or_refused(tmp_path, data):
    """One byte in a hundred is another."""
    path = tmp_path / "whole.xlsx"
    write_workbook(path, {"s": [HEADER.split(","), *(row.split(",") for row in PLAIN)]}, merged=["C2:C4"])
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, len(content) // 100))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    outcome(tmp_path, "r.xlsx", bytes(content))


def test_a_register_of_fifty_thousand_odd_rows_keeps_its_pace(tmp_path):
    """No reader looks at every other row for each row: each odd text is met once, whatever the number of rows."""
    rows = 50_000
    frame = pd.DataFrame({
        "id": np.arange(rows), "name": "小学", "kind": "小 学", "lon": "１２０.１", "lat": "30.2", "capacity": "1,200",
    })  # fmt: skip
    frame.to_csv(tmp_path / "r.csv", index=False)
    table, found = read(tmp_path / "r.csv")
    assert len(table) == rows
    assert set(table[Facilities.capacity]) == {1200.0}
    assert len(list_remarks(found)) == 3 * rows
    assert describe_remarks(found)[0].endswith("and 49,994 more).")


def test_residences_of_a_workbook_are_read(tmp_path):
    write_workbook(tmp_path / "h.xlsx", {"s": [["lon", "lat", "population"], [120.1, 30.2, "１２０"]]})
    table = read_residences(ResidencesSection(source="file", file="h.xlsx"), folder=tmp_path, crs=UTM)
    assert table[Residences.population].tolist() == [120]


def test_a_word_for_coordinates_that_there_is_not_is_an_error_of_the_study():
    with pytest.raises(WalkCircleError, match=r'crs is wgs84, cgcs2000, gcj02, bd09 .* "mars" is none of them'):
        make_record({"source": "file", "file": "r.csv", "crs": "mars"}, FacilitiesSection, where="study.toml")
