"""Fates: what became of a facility, one case each."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
import shapely
from builders import (
    draw_network,
    make_communities,
    make_facilities,
    make_kind,
    make_place,
    make_residences,
    make_standard,
    make_study,
    write_osm,
)

from walkcircle.changes import Covered
from walkcircle.fates import FATES, compare_facilities
from walkcircle.sources.osm_features import find_facilities
from walkcircle.sources.osm_file import read_osm_file
from walkcircle.study import FacilitiesSection
from walkcircle.tables import ChangedFacilities, Facilities

STANDARD = make_standard(make_kind("shop", 2), make_kind("clinic", 4))
AREA = shapely.box(-50, -50, 650, 50)
MAP = FacilitiesSection()
REGISTER = FacilitiesSection(source="file", file="r.csv", only="clinic")


def place_with(rows, day="2024-06-30", sections=(MAP,)):
    """Make a check-up with facilities from dictionaries: at, id, kind, name, source, opened, closed, also."""
    frame = make_facilities([
        (row.get("id", "n1"), row.get("kind", "clinic"), shapely.Point(row["at"], 0) if "at" in row else row["shape"])
        for row in rows
    ])  # fmt: skip
    for column, default in (("name", "Clinic"), ("source", "osm"), ("opened", None), ("closed", None), ("also", None)):
        frame[column] = pd.Series([row.get(column, default) for row in rows], index=frame.index, dtype=object)
    place = make_place(
        draw_network([[(0, 0), (600, 0)]]), make_residences([("a", 10, (0, 0))]), frame,
        make_communities({"all": AREA}), STANDARD,
    )  # fmt: skip
    study = make_study(STANDARD, facilities=sections)
    return Covered(study, replace(place, data_date=day), place.residences, pd.DataFrame())


def fates_of(old, new, **later) -> list[tuple[str, str]]:
    before = place_with(old, **later.get("before", {}))
    after = place_with(new, **{"day": "2025-06-30", **later.get("after", {})})
    key = pd.Series(["all"], index=["all"])
    table = compare_facilities(before, after).to_table(after, key)
    assert set(table[ChangedFacilities.part]) <= {FATES[fate] for fate in table[ChangedFacilities.fate]}
    return list(zip(table[ChangedFacilities.fate], table[ChangedFacilities.evidence], strict=True))


SAME = "the same identifier"
NEW = "not on the map before; no date is known"
GONE = "not on the map any more; no date is known"
CAME_AND_WENT = (("opened", NEW), ("closed", GONE))
ALIKE = "of one kind, near each other, of like names"


@pytest.mark.parametrize(
    ("old", "new", "fate"),
    [
        ([{"at": 0}], [{"at": 0}], []),
        ([{"at": 0}], [{"at": 0.01}], []),
        ([{"at": 0}], [{"at": 50}], [("moved", SAME)]),
        ([{"at": 0}], [{"at": 51}], [("relocated", SAME)]),
        ([{"at": 0}], [{"at": 0, "name": "Other"}], [("renamed", SAME)]),
        ([{"at": 0}], [{"at": 0, "name": None}], [("renamed", SAME)]),
        ([{"at": 0}], [{"shape": shapely.box(-5, -5, 5, 5)}], [("redrawn", SAME)]),
        ([{"at": 0}], [{"at": 50, "id": "w2"}], [("moved", ALIKE)]),
        ([{"at": 0}], [{"at": 0, "id": "w2"}], [("redrawn", ALIKE)]),
        ([{"at": 0, "name": None}], [{"at": 10, "id": "w2"}], [("moved", ALIKE)]),
        ([{"at": 0}], [{"at": 0, "kind": "shop"}],
         [("retagged", "the map called it clinic before"), ("retagged", "the map calls it shop now")]),
        ([{"at": 0}, {"at": 3, "id": "n2"}], [{"at": 0}],
         [("doubled", "the same place as n1, which is still there")]),
        ([{"at": 0}], [{"at": 0}, {"at": 3, "id": "n2"}],
         [("doubled", "the same place as n1, which was there before")]),
        ([], [{"at": 0, "opened": "1990"}], [("newly listed", "open since 1990, before the older check-up")]),
        ([], [{"at": 0, "opened": "2024-05"}], [("newly listed", "open since 2024-05, before the older check-up")]),
        ([], [{"at": 0, "opened": "2024"}], [("opened", "open since 2024")]),
        ([], [{"at": 0, "opened": "2024-07-01"}], [("opened", "open since 2024-07-01")]),
        ([], [{"at": 0, "opened": "1990", "closed": "2024-01-01"}], [("opened", "open since 1990")]),
        ([], [{"at": 0}], [("opened", NEW)]),
        ([{"at": 0}], [], [("closed", GONE)]),
        ([{"at": 0, "closed": "2025-02-01"}], [], [("closed", "closed 2025-02-01")]),
        ([{"at": 0}], [{"at": 51, "id": "n2"}],
         CAME_AND_WENT),
        ([{"at": 0}], [{"at": 20, "id": "n2", "name": "Dr. Blum"}],
         CAME_AND_WENT),
        ([{"at": 0}], [{"at": 300, "name": "Dr. Blum"}],
         CAME_AND_WENT),
        ([{"at": 0, "kind": "shop", "name": "Bakery"}], [{"at": 0}],
         CAME_AND_WENT),
    ],
)  # fmt: skip
def test_a_facility_has_the_fate_that_its_facts_tell(old, new, fate):
    assert sorted(fates_of(old, new)) == sorted(fate)


def test_each_place_is_paired_once_and_the_nearest_of_like_names_goes_first():
    """Two clinics of one name, 20 m apart, are drawn anew 5 m to the east: two places, none opened or closed."""
    old = [{"at": 0, "id": "a"}, {"at": 20, "id": "b"}]
    new = [{"at": 25, "id": "c"}, {"at": 5, "id": "d"}]
    before, after = place_with(old), place_with(new)
    table = compare_facilities(before, after).to_table(after, pd.Series(["all"], index=["all"]))
    pairs = zip(table[ChangedFacilities.facility_before], table[ChangedFacilities.facility_after], strict=True)
    assert sorted(pairs) == [("a", "d"), ("b", "c")]
    assert set(table[ChangedFacilities.fate]) == {"moved"}


def test_a_register_that_is_only_read_now_opens_nothing():
    """The map knew one of two clinics; the register lists both, and it has the map's id of the first."""
    found = fates_of(
        [{"at": 0}],
        [{"at": 40, "id": "R1", "name": "卫生站", "source": "r.csv", "also": "n1"},
         {"at": 300, "id": "R2", "source": "r.csv"}],
        after={"sections": (REGISTER, MAP)},
    )  # fmt: skip
    assert found == [
        ("moved", "the identifier that the map has, in the register"),
        ("newly listed", "a register was not read for this kind before"),
    ]


def test_a_register_that_is_no_longer_read_closes_nothing():
    found = fates_of([{"at": 300, "id": "R2", "source": "r.csv"}], [], before={"sections": (REGISTER, MAP)})
    assert found == [("no longer listed", "a register is not read for this kind any more")]


def test_the_map_that_stood_behind_a_complete_register_opens_nothing():
    found = fates_of([], [{"at": 0}], before={"sections": (REGISTER, MAP)})
    assert found == [("newly listed", "the map was not read for this kind before")]


def test_a_register_that_says_another_kind_means_another_use():
    rows = {"at": 0, "id": "R1", "source": "r.csv"}
    both = {"sections": (replace(REGISTER, only=None),)}
    found = fates_of([{**rows, "kind": "shop"}], [rows], before=both, after=both)
    assert found == [("opened", "not in the register before"), ("closed", "not in the register any more")]


def test_without_the_day_of_the_older_data_no_date_is_believed():
    found = fates_of([], [{"at": 0, "opened": "1990"}], before={"day": None})
    assert found == [("opened", NEW)]


@pytest.mark.parametrize(
    ("written", "opened"),
    [("1998", "1998"), ("2024-05", "2024-05"), ("2024-05-06", "2024-05-06"), ("~1950", None), ("C19", None),
     ("2024-13", None), ("1990s", None), ("", None)],
)  # fmt: skip
def test_the_map_says_since_when_a_place_is_open_only_where_it_is_plain(tmp_path, written, opened):
    """A year, a month or a day of ``start_date`` is kept as it is; anything else is not known."""
    tags = {10: {"amenity": "clinic", "start_date": written}, 11: {"amenity": "shop", "start_date": "2001"}}
    nodes = {1: (0, 0), 2: (600, 0), 10: (100, 10), 11: (200, 10)}
    path = write_osm(tmp_path / "x.osm", nodes, {1: ((1, 2), {"highway": "residential"})}, node_tags=tags)
    found = find_facilities(read_osm_file(path), STANDARD).set_index(Facilities.facility)[Facilities.opened]
    assert found.to_dict() == {"node/10": opened, "node/11": "2001"}
