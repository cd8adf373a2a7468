"""The made-up town's register, shifted, or beside the map: the same ground as before, or a clear sentence."""

import pandas as pd
import pytest
from workbooks import write_workbook

from walkcircle.errors import TableError
from walkcircle.sources import read_place
from walkcircle.sources.offsets import to_bd09, to_gcj02
from walkcircle.sources.town import write_town
from walkcircle.study import read_study
from walkcircle.tables import Facilities, Merged, Remarks


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return write_town(tmp_path_factory.mktemp("town")).parent


@pytest.fixture(scope="module")
def true(town):
    return read_place(read_study(town / "study.toml"))


def read_again(town, name, *, instead, more="", shift=None, encoding="utf-8"):
    """Read the town with another register, and `more` said about it."""
    register = pd.read_csv(town / "facilities.csv", dtype=str)
    if shift:
        lon, lat = shift(register["经度"].to_numpy(float), register["纬度"].to_numpy(float))
        register["经度"], register["纬度"] = [f"{x:.8f}" for x in lon], [f"{y:.8f}" for y in lat]
    if instead.endswith(".xlsx"):
        rows = [list(register.columns), *register.fillna("").to_numpy().tolist()]
        write_workbook(town / instead, {"设施": rows})
    else:
        register.to_csv(town / instead, index=False, encoding=encoding)
    study = (town / "study.toml").read_text(encoding="utf-8")
    study = study.replace('file = "facilities.csv"', f'file = "{instead}"\n{more}')
    (town / name).write_text(study, encoding="utf-8")
    return read_place(read_study(town / name))


@pytest.mark.parametrize(("datum", "shift"), [("gcj02", to_gcj02), ("bd09", to_bd09)])
def test_a_register_in_an_undeclared_datum_stops_with_its_cure(town, datum, shift):
    with pytest.raises(TableError, match=rf'shifted\.csv: read as WGS 84, .* declare it with crs = "{datum}"'):
        read_again(town, "shifted.toml", instead="shifted.csv", shift=shift)


def test_who_insists_on_wgs_84_is_told_in_a_note(town):
    place = read_again(town, "insists.toml", instead="insists.csv", shift=to_gcj02, more='crs = "wgs84"')
    assert [note for note in place.notes if note.startswith("insists.csv: read as WGS 84")]


@pytest.mark.parametrize("instead", ["gbk.csv", "book.xlsx"])
def test_a_declared_datum_gives_the_same_ground(town, true, instead):
    place = read_again(town, "same.toml", instead=instead, shift=to_gcj02, more='crs = "gcj02"', encoding="gbk")
    assert place.facilities[Facilities.facility].tolist() == true.facilities[Facilities.facility].tolist()
    apart = place.facilities.geometry.distance(true.facilities.geometry)
    assert apart.max() < 0.01
    assert place.completeness.equals(true.completeness)


def test_what_was_odd_is_told_in_notes_and_listed(town):
    place = read_again(town, "told.toml", instead="told.csv", encoding="gbk")
    assert "told.csv: the text was found to be in gb18030 (line 1)." in place.notes
    assert place.remarks[Remarks.remarked].tolist() == ["the text was found to be in gb18030"]


def test_a_register_that_is_not_complete_is_merged_with_the_map(town, true):
    """The map's library of 稻香 is registered too, under its full name and 30 m off."""
    spot = true.facilities[true.facilities[Facilities.name] == "稻香书房"]
    assert len(spot) == 1
    moved = spot.translate(30, 0).to_crs(4326).iloc[0]
    (town / "books.csv").write_text(
        f"kind,name,lon,lat\n{spot[Facilities.kind].iloc[0]},无何有市稻香书房,{moved.x:.8f},{moved.y:.8f}\n",
        encoding="utf-8",
    )
    study = (town / "study.toml").read_text(encoding="utf-8")
    extra = '[[facilities]]\nsource = "file"\nfile = "books.csv"\nregister = "文化局"\ncomplete = false\n\n[outputs]'
    (town / "merged.toml").write_text(study.replace("[outputs]", extra), encoding="utf-8")
    place = read_place(read_study(town / "merged.toml"))
    assert len(place.facilities) == len(true.facilities)
    row = place.facilities[place.facilities[Facilities.source] == "文化局"].iloc[0]
    assert row[Facilities.also] == spot[Facilities.facility].iloc[0]
    assert place.merged[Merged.apart_m].round(1).tolist() == [30.0]
    assert any(note.startswith("Facilities that a register and the map both have") for note in place.notes)
