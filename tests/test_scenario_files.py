"""Files of proposals: what is written is read again, and what cannot be meant is one sentence with its feature."""

from __future__ import annotations

import json

import pandas as pd
import pytest
import shapely
from builders import make_kind, make_standard, make_study

from walkcircle.errors import OutputError, SourceError, TableError
from walkcircle.proposals import FacilityAdded, FacilityClosed, FacilityMoved, LinkAdded, Scenario, StreetClosed
from walkcircle.sources.scenarios import read_scenario
from walkcircle.tables import Effects
from walkcircle.views.scenarios import write_effects, write_scenario

STUDY = make_study(make_standard(make_kind("shop"), make_kind("clinic")))
POINT = {"type": "Point", "coordinates": [7.4187, 43.7312]}
LINE = {"type": "LineString", "coordinates": [[7.4187, 43.7312], [7.4190, 43.7310]]}


def feature(geometry, **properties) -> dict:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def write(folder, *features, **more):
    """Write a file of features, by hand."""
    path = folder / "proposals.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features), **more}), encoding="utf-8")
    return path


def test_every_edit_of_a_file_is_read_in_its_order(tmp_path):
    """Properties of other programs are left alone, nulls are nothing, and a height is no place."""
    high = {"type": "Point", "coordinates": [7.4187, 43.7312, 55.0]}
    path = write(
        tmp_path,
        feature(high, action="add", kind="shop", name="诊所", facility=None, stroke="#f00", marker={"a": 1}),
        feature(POINT, kind="clinic", facility="mine", name=""),
        feature(POINT, action="move", facility="node/1"),
        feature(POINT, action="close", facility="node/2", kind="shop"),
        feature(None, action="close", facility=17),
        feature(LINE, link_kind="footbridge"),
        feature(LINE, action="add"),
        feature(None, action="close", way=23),
        crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
    )
    at, line = shapely.Point(7.4187, 43.7312), shapely.LineString(LINE["coordinates"])
    assert read_scenario(path, STUDY) == Scenario((
        FacilityAdded("shop", at, "诊所"),
        FacilityAdded("clinic", at, facility="mine"),
        FacilityMoved("node/1", at),
        FacilityClosed("node/2", "shop"),
        FacilityClosed("17"),
        LinkAdded(line, "footbridge"),
        LinkAdded(line),
        StreetClosed(23),
    ))  # fmt: skip


def test_what_is_written_is_read_again(tmp_path):
    """All edits, names in Chinese among them; one feature on each line."""
    scenario = (
        Scenario()
        .add_facility("shop", 7.4187, 43.7312, name="“新”市场")
        .move_facility("node/1", 7.4, 43.7, kind="shop")
        .close_facility("way/2")
        .add_link([(7.4187, 43.7312), (7.4189, 43.7311), (7.4190, 43.7310)], link_kind="crossing")
        .close_street(77)
    )
    path = write_scenario(scenario, tmp_path / "p.geojson")
    assert read_scenario(path, STUDY) == scenario
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2 + len(scenario)
    assert read_scenario(write_scenario(Scenario(), path), STUDY) == Scenario()


def test_a_single_feature_with_a_byte_order_mark_is_a_file_too(tmp_path):
    """As some editors save it."""
    path = tmp_path / "one.json"
    path.write_text(json.dumps(feature(POINT, kind="shop")), encoding="utf-8-sig")
    assert len(read_scenario(path, STUDY)) == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (feature(POINT, action="add", kind="castle"),
         "kind 'castle' is not in the standard 'test'; its kinds are: shop, clinic"),
        (feature(POINT, action="add"), "to add takes a kind and a Point, and its kind is missing"),
        (feature(None, action="add", kind="shop"), "to add takes a kind and a Point, and its place is missing"),
        (feature(POINT, action="move", kind="shop"),
         "to move takes a facility and a Point, and its facility is missing"),
        (feature(None, action="move", facility="a"), "to move takes a facility and a Point, and its place is missing"),
        (feature(POINT, action="close"), "to close takes a facility, and its facility is missing"),
        (feature(POINT, action="Add", kind="shop"), 'its action is "Add"; the actions are: add, move, close'),
        (feature(None, kind="shop"), "its action is missing; the actions are: add, move, close"),
        (feature(POINT, action=["add"]), 'its action is ["add"]; write a text'),
        (feature(POINT, kind={"id": "shop"}), 'its kind is {"id": "shop"}; write a text'),
        (feature(LINE, action="close"),
         "a LineString cannot close; a link is added, and a street is closed by its way"),
        (feature(LINE, link_kind="ferry"),
         "there is no kind of link 'ferry'; the kinds are: gate, crossing, footbridge, path"),
        (feature(None, action="close", way="23"), 'its way is "23"; give the number of an OpenStreetMap way'),
        (feature({"type": "Polygon", "coordinates": []}, kind="shop"),
         'its geometry is "Polygon"; a facility is a Point, a link is a LineString'),
        (feature({"type": "Point"}, kind="shop"),
         "its coordinates hold missing; write [longitude, latitude] as two numbers"),
        (feature({"type": "LineString", "coordinates": 7}),
         "its geometry has no coordinates; write [longitude, latitude]"),
        (feature({"type": "LineString", "coordinates": [[7, 43]]}),
         "a link needs two places or more, and 1 were given"),
        (feature({"type": "Point", "coordinates": [7, "43"]}, kind="shop"),
         'its coordinates hold [7, "43"]; write [longitude, latitude] as two numbers'),
        (feature({"type": "Point", "coordinates": [True, 43]}, kind="shop"),
         "its coordinates hold [true, 43]; write [longitude, latitude] as two numbers"),
        (feature({"type": "Point", "coordinates": [float("nan"), 43]}, kind="shop"),
         "its coordinates hold [NaN, 43]; write [longitude, latitude] as two numbers"),
        (feature({"type": "Point", "coordinates": [372000, 4843000]}, kind="shop"),
         ("the place 372000,4.843e+06 is not on earth: longitude is -180 to 180 and latitude -90 to 90, in this "
          "order")),
        ({"type": "Feature", "properties": [1], "geometry": None},
         "its properties are no object; write them as {name: value}"),
        (POINT, 'it is no Feature; it should have "type": "Feature", properties and a geometry'),
        (None, 'it is no Feature; it should have "type": "Feature", properties and a geometry'),
    ],
)  # fmt: skip
def test_a_feature_that_cannot_be_meant_is_named_by_its_number(tmp_path, wrong, sentence):
    """What, where, and the cure."""
    path = write(tmp_path, feature(POINT, kind="shop"), wrong)
    with pytest.raises(TableError) as refused:
        read_scenario(path, STUDY)
    assert str(refused.value) == f"proposals.geojson: feature 2: {sentence}"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"lon,lat", "is no GeoJSON; export the proposals again, or check the file with any JSON editor"),
        (b'{"type": "\xff"}', "is no GeoJSON; export the proposals again, or check the file with any JSON editor"),
        (b"[" * 10**5, "is no GeoJSON; export the proposals again, or check the file with any JSON editor"),
        (b"[]", 'is no GeoJSON FeatureCollection; it begins with {"type": "FeatureCollection", …'),
        (b'{"type": "FeatureCollection"}',
         'is no GeoJSON FeatureCollection; it begins with {"type": "FeatureCollection", …'),
        (b'{"type": "FeatureCollection", "features": [], "crs": {"properties": {"name": "EPSG:3857"}}}',
         ('its coordinates are in {"properties": {"name": "EPSG:3857"}}; export it in degrees (WGS 84, EPSG:4326)')),
    ],
)  # fmt: skip
def test_a_file_that_is_no_geojson_in_degrees_is_refused(tmp_path, content, sentence):
    path = tmp_path / "p.geojson"
    path.write_bytes(content)
    with pytest.raises(SourceError) as refused:
        read_scenario(path, STUDY)
    assert str(refused.value) == f"p.geojson: {sentence}"


def test_a_file_that_is_not_there_is_refused_with_its_path(tmp_path):
    with pytest.raises(
        SourceError, match=r"none\.geojson: cannot be read \(No such file or directory\); check the path$"
    ):
        read_scenario(tmp_path / "none.geojson", STUDY)


def test_what_cannot_be_written_is_one_sentence(tmp_path):
    """A folder that is not there, and edges, which mean nothing without their network."""
    with pytest.raises(OutputError, match=r"cannot be written \(No such file or directory\); choose another folder$"):
        write_scenario(Scenario(), tmp_path / "no" / "p.geojson")
    with pytest.raises(OutputError, match=r"cannot be written .*; choose another folder$"):
        write_effects(pd.DataFrame(columns=[*map(str, Effects.columns())]), tmp_path / "no" / "e.csv")
    for scenario in (Scenario().join_edges((0, 0.5), (1, 0.5)), Scenario().close_street(edge=3)):
        with pytest.raises(OutputError, match=r"^an edge of a network means nothing in a file; "):
            write_scenario(scenario, tmp_path / "p.geojson")
