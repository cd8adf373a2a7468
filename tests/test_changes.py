"""Changes: what changed between two check-ups, worked out with pencil, and that the parts always add up."""

from __future__ import annotations

import csv
from dataclasses import replace
from math import nan

import numpy as np
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
    make_place,
    make_residences,
    make_standard,
    make_study,
    tries,
)
from hypothesis import given
from hypothesis import strategies as st

from walkcircle.analysis import analyse
from walkcircle.changes import PARTS, compare_analyses, measure_covered, round_parts, sum_changes
from walkcircle.errors import StudyError, TableError
from walkcircle.sources import read_place, town
from walkcircle.study import CommunitiesSection, OutputsSection, ResidencesSection, SnappingSection, read_study
from walkcircle.tables import (
    ChangedCommunities,
    ChangedCoverage,
    ChangedFacilities,
    Changes,
    CommunityCoverage,
    Residences,
    check_table,
)
from walkcircle.views.comparison import draw_comparison, translate_note
from walkcircle.views.files import write_comparison

STANDARD = make_standard(make_kind("shop", 2), make_kind("clinic", 4))
FILE = CommunitiesSection(source="file", file="none.geojson")
STUDY = make_study(STANDARD, communities=FILE)
WEST, EAST = shapely.box(-50, -500, 300, 500), shapely.box(300, -500, 650, 500)
KEYS = [CommunityCoverage.community, CommunityCoverage.kind, CommunityCoverage.walker]


def check(network=None, homes=None, facilities=(), communities=None, *, study=STUDY, day="2024-01-01"):
    """Measure who is covered along a street of 600 m at 1 m/s, with homes every 200 m."""
    place = make_place(
        network or draw_network([[(0, 0), (300, 0)], [(300, 0), (600, 0)]]),
        make_residences(homes or [("a", 10, (0, 0)), ("b", 20, (200, 0)), ("c", 30, (400, 0)), ("d", 40, (600, 0))]),
        make_facilities(facilities),
        make_communities(communities or {"west": WEST, "east": EAST}),
        STANDARD,
    )
    return measure_covered(replace(place, data_date=day), study)


def parts_of(comparison, kind, walker="stroller") -> dict[str, dict[str, float]]:
    """Return the parts that are not nothing, per community."""
    table = comparison.changes
    mine = table[(table[Changes.kind] == kind) & (table[Changes.walker] == walker) & (table[Changes.residents] != 0)]
    found: dict[str, dict[str, float]] = {}
    for community, part, people in zip(
        mine[Changes.community], mine[Changes.part], mine[Changes.residents], strict=True
    ):
        found.setdefault(community, {})[part] = people
    return found


def assert_adds_up(comparison, old, new):
    """Check that the parts of each community, kind and walker are what the two check-ups differ by."""
    covered = [checked.communities.set_index(KEYS)[CommunityCoverage.covered] for checked in (old, new)]
    index = covered[0].index.union(covered[1].index)
    change = covered[1].reindex(index, fill_value=0.0) - covered[0].reindex(index, fill_value=0.0)
    parts = comparison.changes.groupby(KEYS)[Changes.residents].sum().reindex(index, fill_value=0.0)
    assert parts.to_dict() == change.to_dict()


# ── with pencil ─────────────────────────────────────────────────────────────────────────────────


def test_nothing_changes_where_nothing_changed():
    one = check(facilities=[("s", "shop", (0, 0))])
    comparison = compare_analyses(one, one)
    assert len(comparison.changes) == len(comparison.facilities) == len(comparison.notes) == 0
    assert set(comparison.communities[ChangedCommunities.fate]) == {"kept"}


def test_each_cause_has_its_own_part():
    """A shop at 0 m closes (a leaves), one at 500 m opens (c and d come in, 100 m each); a clinic stays.

    The clinic at (0, 230) is reached from its own path of 230 m, which only the newer map has: a walks 230 m of 240.
    Five people more in a are in population.
    """
    path = [[(0, 0), (300, 0)], [(300, 0), (600, 0)]]
    clinic = ("k", "clinic", (0, 230))
    old = check(facilities=[("s", "shop", (0, 0)), clinic])
    new = check(
        draw_network([*path, [(0, 0), (0, 230)]]),
        [("a", 15, (0, 0)), ("b", 20, (200, 0)), ("c", 30, (400, 0)), ("d", 40, (600, 0))],
        [("t", "shop", (500, 0)), clinic],
    )
    comparison = compare_analyses(old, new)
    assert parts_of(comparison, "shop") == {"west": {"closed": -10.0}, "east": {"opened": 70.0}}
    assert parts_of(comparison, "clinic") == {"west": {"streets": 10.0, "population": 5.0}}
    assert_adds_up(comparison, old, new)
    back = compare_analyses(new, old)
    assert parts_of(back, "shop") == {"west": {"opened": 15.0, "population": -5.0}, "east": {"closed": -70.0}}
    assert parts_of(back, "clinic") == {"west": {"streets": -15.0}}
    assert_adds_up(back, new, old)


def test_what_two_causes_do_together_falls_to_the_later_one():
    """A shop at the end of a path that is not there before serves nobody as opened, and a in streets."""
    old = check()
    path = [[(0, 0), (300, 0)], [(300, 0), (600, 0)], [(0, 0), (0, 115)]]
    new = check(draw_network(path), facilities=[("s", "shop", (0, 115))])
    assert parts_of(compare_analyses(old, new), "shop") == {"west": {"streets": 10.0}}


def test_a_place_drawn_thirty_metres_away_is_mapping_and_one_moved_to_the_other_end_is_not():
    """The limit is 120 m: from 490 m to 525 m c leaves, who walked 90 m; from 0 m to 600 m a leaves and d comes."""
    near = compare_analyses(
        check(facilities=[("s", "shop", (490, 0))]),
        check(facilities=[("s", "shop", (525, 0))]),
    )
    assert parts_of(near, "shop") == {"east": {"mapping": -30.0}}
    far = compare_analyses(check(facilities=[("s", "shop", (0, 0))]), check(facilities=[("s", "shop", (600, 0))]))
    assert parts_of(far, "shop") == {"west": {"closed": -10.0}, "east": {"opened": 40.0}}
    assert list(far.facilities[ChangedFacilities.fate]) == ["relocated"]
    assert far.facilities[ChangedFacilities.apart_m].tolist() == [600.0]


def test_people_who_change_their_community_are_population_and_borders_are_named():
    """The border moves from 300 m to 150 m: b goes over."""
    shop = [("s", "shop", (150, 0))]
    old = check(facilities=shop)
    new = check(
        facilities=shop,
        communities={"west": shapely.box(-50, -500, 150, 500), "east": shapely.box(150, -500, 650, 500)},
    )
    comparison = compare_analyses(old, new)
    assert parts_of(comparison, "shop") == {"west": {"population": -20.0}, "east": {"population": 20.0}}
    assert "other borders" in comparison.notes[0]


def test_communities_that_appear_or_go_are_listed_and_their_people_are_population():
    """East is called new; c and d are within 120 m of the shop at 500 m."""
    shop = [("s", "shop", (500, 0))]
    old, new = check(facilities=shop), check(facilities=shop, communities={"west": WEST, "new": EAST})
    comparison = compare_analyses(old, new)
    assert parts_of(comparison, "shop") == {"east": {"population": -70.0}, "new": {"population": 70.0}}
    fates = comparison.communities.set_index(ChangedCommunities.community)
    assert fates[ChangedCommunities.fate].to_dict() == {"west": "kept", "east": "gone", "new": "appeared"}
    assert pd.isna(fates.loc["new", ChangedCommunities.population_before])
    assert fates.loc["new", ChangedCommunities.population_after] == 70
    assert_adds_up(comparison, old, new)


def test_hexagons_are_matched_by_their_place():
    """Their names start at the outermost home, so that one more home may rename them all."""
    study = make_study(STANDARD, communities=CommunitiesSection(source="hexagons"))
    shop = [("s", "shop", (500, 0))]
    old = check(facilities=shop, communities={"A1": WEST, "B1": EAST}, study=study)
    far = shapely.box(-400, -500, -50, 500)
    new = check(facilities=shop, communities={"A1": far, "B1": WEST, "C1": EAST}, study=study)
    comparison = compare_analyses(old, new)
    assert comparison.changes.empty
    assert comparison.communities[ChangedCommunities.community].tolist() == ["A1", "B1", "A1 (new)"]


def test_a_second_walker_has_parts_of_its_own():
    """Twice as fast, the shop at 420 m is within 240 m of b, c and d; at 1 m/s, within 120 m of c."""
    runner = replace(STROLLER, speed_kmh=7.2, name="runner")
    study = make_study(STANDARD, communities=FILE, walkers=(STROLLER, runner))
    clinic = ("k", "clinic", (0, 0))
    old = check(facilities=[clinic], study=study)
    new = check(facilities=[clinic, ("s", "shop", (420, 0))], study=study)
    comparison = compare_analyses(old, new)
    assert parts_of(comparison, "shop") == {"east": {"opened": 30.0}}
    assert parts_of(comparison, "shop", "runner") == {"west": {"opened": 20.0}, "east": {"opened": 70.0}}
    assert_adds_up(comparison, old, new)


# ── in the made-up town ─────────────────────────────────────────────────────────────────────────


def edit_csv(path, change):
    text = path.read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    change(rows)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def towns(tmp_path_factory):
    """Write the town twice. After, four things are not as before.

    A service station for the people opens in b2, that of c5 closes, that of a3 has another number; the south-western
    estate of c4 has a back gate, for which every later object of the map has another number; and 100 people have moved
    into a home of a1.
    """
    folder = tmp_path_factory.mktemp("towns")
    before = town.write_town(folder / "before")
    draw = town._draw_estates

    def draw_a_gate_more(sheet, estates):
        draw(sheet, estates)
        [estate] = [one for one in estates if (one.block.name, one.quarter) == ("c4", "sw")]
        sheet.draw(estate.at(0, 250), estate.at(0, 230), highway="service")
        sheet.draw(estate.at(0, 230), estate.at(0, 160), highway="service", access="private")
        sheet.mark(estate.at(0, 230), barrier="gate")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(town, "_draw_estates", draw_a_gate_more)
        after = town.write_town(folder / "after")

    def change_register(rows):
        station = {row["编号"]: row for row in rows}
        [(lon, lat)] = town._to_degrees([town._Block("b2").at(300, 260)])
        fresh = {
            **station["community_service_station-b3"],
            "编号": "b2新站",
            "名称": "渡口南站",
            "经度": lon,
            "纬度": lat,
        }
        station["community_service_station-a3"]["编号"] = "西埠0001"
        rows.remove(station["community_service_station-c5"])
        rows.append(fresh)

    def move_in(rows):
        home = next(row for row in rows if row["id"] == "a1-sw-1")
        home["population"] = int(home["population"]) + 100

    edit_csv(after.with_name("facilities.csv"), change_register)
    edit_csv(after.with_name("residences.csv"), move_in)
    return before, after


@pytest.fixture(scope="module")
def checked(towns):
    studies = [read_study(path) for path in towns]
    return [measure_covered(read_place(study), study) for study in studies]


def people_of(towns, start) -> float:
    homes = pd.read_csv(towns[0].with_name("residences.csv"))
    return float(homes.loc[homes["id"].str.startswith(start), Residences.population].sum())


def test_the_town_changed_by_hand_has_the_numbers_of_the_pencil(towns, checked):
    """Each part is read off the drawing; the adult walks 392 m in 5 minutes and 1,175 m in 15.

    A station serves its own block in 5 minutes and no other: all of b2 gain theirs, all of c5 lose theirs (the next is
    870 m away through the underpass), 100 people more live by that of a1. From the middle of the estate to the cultural
    centre it is 1,195 m by the main gate (15 m to the lane, 55 along it, 90 to the gate, 20 to the street, 155 west,
    750 south, 100 east, 10), and 975 m by the back gate (15, 55, 140 to the street, 155, 500, 100, 10).
    """
    comparison = compare_analyses(*checked)
    names = comparison.communities.set_index(ChangedCommunities.community)[ChangedCommunities.name]
    stations, centre = (
        {names[key]: parts for key, parts in parts_of(comparison, kind, "adult").items()}
        for kind in ("community_service_station", "cultural_centre")
    )
    assert stations == {
        "渡口社区": {"opened": people_of(towns, "b2")},
        "铁北社区": {"closed": -people_of(towns, "c5")},
        "桑园社区": {"population": 100.0},
    }
    assert centre == {"望山社区": {"streets": people_of(towns, "c4-sw")}}
    facilities = comparison.facilities
    counts = facilities[ChangedFacilities.fate].value_counts()
    assert set(counts.index) == {"opened", "closed", "redrawn"}
    assert (counts["opened"], counts["closed"]) == (1, 1)
    assert facilities.set_index(ChangedFacilities.facility_after).loc["西埠0001", ChangedFacilities.fate] == "redrawn"
    evidence = facilities[ChangedFacilities.evidence].tolist()
    assert evidence[:2] == ["not in the register before", "not in the register any more"]
    check_table(comparison.changes, Changes, where="changes")
    check_table(comparison.coverage, ChangedCoverage, where="coverage")
    check_table(comparison.communities, ChangedCommunities, where="communities")
    check_table(facilities, ChangedFacilities, where="facilities")


@pytest.mark.parametrize("turn", [1, -1])
def test_the_parts_of_the_town_add_up_in_both_directions(checked, turn):
    old, new = checked[::turn]
    comparison = compare_analyses(old, new)
    assert len(comparison.changes) > 0
    assert_adds_up(comparison, old, new)
    assert_sums_hold(comparison)


def assert_sums_hold(comparison):
    for keys in ([Changes.kind, Changes.walker], KEYS):
        for account in sum_changes(comparison, keys).values():
            assert account.before + sum(account.parts.values()) == account.after


def test_without_shapes_the_same_people_are_covered(checked):
    """What `measure_covered` counts is what a whole analysis counts, and either may be compared."""
    study = checked[0].study
    whole = analyse(checked[0].place, study)
    columns = [*KEYS, CommunityCoverage.population, CommunityCoverage.unknown, CommunityCoverage.covered]
    pd.testing.assert_frame_equal(whole.communities[columns], checked[0].communities, check_exact=True)
    assert compare_analyses(whole, checked[0]).changes.empty


# ── whatever changes ────────────────────────────────────────────────────────────────────────────

SPOTS = st.tuples(st.integers(0, 6), st.integers(0, 4)).map(lambda xy: (50.0 * xy[0], 50.0 * xy[1]))
#: A street of the grid that is not there, facilities with few ids so that some stay, people with fractions.
SIDE = st.tuples(
    st.integers(0, 16),
    st.lists(st.tuples(st.sampled_from("pqrs"), st.sampled_from(["shop", "clinic"]), SPOTS), max_size=6,
             unique_by=lambda row: row[:2]),
    st.lists(st.tuples(st.integers(0, 4000).map(lambda n: n / 8), SPOTS), min_size=1, max_size=6),
    st.integers(1, 5),
)  # fmt: skip


def build(side):
    missing, facilities, homes, border = side
    paths = grid_paths(4, 3)
    del paths[missing]
    cut = 50.0 * border + 25
    return check(
        draw_network(paths),
        [(f"h{n}", people, spot) for n, (people, spot) in enumerate(homes)],
        facilities,
        {"west": shapely.box(-50, -50, cut, 250), "east": shapely.box(cut, -50, 350, 250)},
    )


@tries(10)
@given(SIDE, SIDE)
def test_the_parts_always_add_up(one, other):
    """Whatever changes at once, in either direction; eighths of people are exact in any order."""
    old, new = build(one), build(other)
    for before, after in ((old, new), (new, old)):
        comparison = compare_analyses(before, after)
        assert_adds_up(comparison, before, after)
        assert_sums_hold(comparison)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5), st.integers(-1, 1))
def test_rounded_parts_add_up_and_none_is_off_by_more_than_rounding(parts, off):
    total = round(sum(parts)) + off
    rounded = round_parts(parts, total)
    assert sum(rounded) == total
    assert np.abs(np.array(rounded) - np.array(parts)).max() <= 2


# ── what cannot be compared ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"standard": make_standard(make_kind("shop", 2))}, "standards with other kinds"),
        (
            {"standard": make_standard(make_kind("shop", 3), make_kind("clinic", 4))},
            "other limits for shop \\(2 min, then 3 min\\)",
        ),
        ({"walkers": (replace(STROLLER, name="runner"),)}, "other walkers \\(stroller, then runner\\)"),
        ({"walkers": (replace(STROLLER, speed_kmh=7.0),)}, "other figures for the walker stroller"),
        ({"snapping": SnappingSection(within_m=50)}, "within_m \\(100.0, then 50.0\\)"),
        ({"residences": ResidencesSection(cell_m=50)}, "cell_m"),
    ],
)
def test_check_ups_by_other_rules_are_refused_in_one_sentence(other, sentence):
    old = check()
    with pytest.raises(StudyError, match=sentence):
        compare_analyses(old, replace(old, study=make_study(**{"standard": STANDARD, "communities": FILE, **other})))


def test_places_without_a_community_in_common_are_refused():
    old, new = check(), check(communities={"north": WEST, "south": EAST})
    with pytest.raises(TableError, match="no community in common"):
        compare_analyses(old, new)


def test_places_in_different_coordinate_systems_are_refused():
    old = check()
    network = replace(old.place.network, crs=old.place.network.crs.from_epsg(32632))
    frames = {name: getattr(old.place, name).set_crs(32632, allow_override=True)
              for name in ("residences", "facilities", "communities")}  # fmt: skip
    other = replace(old, place=replace(old.place, network=network, **frames))
    with pytest.raises(TableError, match=r"zone 31N, then .*zone 32N"):
        compare_analyses(old, other)


def test_what_makes_the_numbers_doubtful_is_noted():
    old = check(day="2025-01-01")
    new = check(day="2024-01-01")
    new = replace(new, place=replace(new.place, population_source="a census"))
    notes = " ".join(compare_analyses(old, new).notes)
    assert "all is told backwards" in notes
    assert "another way (a test; then a census)" in notes
    assert "date of the data is not known" in compare_analyses(old, check(day=None)).notes[0]


def test_houses_that_are_only_now_mapped_are_a_doubt_where_people_are_estimated_from_them():
    homes = [("a", 10, (0, 0)), ("e", 5, (590, 0))]
    counted = make_study(
        STANDARD, communities=FILE, residences=ResidencesSection(source="file", file="r.csv", cell_m=1)
    )
    estimated = compare_analyses(check(homes=homes[:1]), check(homes=homes)).notes
    registered = compare_analyses(check(homes=homes[:1], study=counted), check(homes=homes, study=counted)).notes
    assert "house only now mapped" in " ".join(estimated)
    assert "house only now mapped" not in " ".join(registered)


def test_a_group_that_only_one_of_the_two_knows_is_noted():
    """The shop at 0 m is for elders, who are four of the ten in a; unknown, all ten stand in for them."""
    standard = make_standard(replace(make_kind("shop", 2), group="elder"))
    study = make_study(standard, communities=FILE)
    shop = [("s", "shop", (0, 0))]

    def count(elders):
        one = check(facilities=shop, study=study)
        place = replace(one.place, residences=one.place.residences.assign(elder=elders))
        return measure_covered(place, study)

    known, unknown = count([4.0, 0.0, 0.0, 0.0]), count([nan] * 4)
    for old, new, which, part in ((unknown, known, "newer", -6.0), (known, unknown, "older", 6.0)):
        comparison = compare_analyses(old, new)
        assert parts_of(comparison, "shop") == {"west": {"population": part}}
        [note] = comparison.notes
        assert note.startswith(f"Only the {which} check-up knows how many people aged 60 and over there are;")
        assert "60岁及以上老年人" in translate_note(note, "zh")
    for one in (known, unknown, check(facilities=shop, study=study)):
        assert compare_analyses(one, one).notes == ()
    partly = compare_analyses(known, count([4.0, nan, nan, nan]))
    assert partly.notes == ()


def test_every_note_and_every_evidence_has_a_chinese_form():
    """Notes of all sorts at once; a word that stays English would be a number or a name."""
    shop = ("s", "shop", (500, 0))
    old = check(
        facilities=[shop],
        day="2025-01-01",
        communities={"west": WEST, "east": EAST, "gone": shapely.box(0, 600, 9, 609)},
    )
    new = check(
        facilities=[("t", "shop", (0, 0))], day="2024-01-01", homes=[("a", 99, (0, 0))],
        communities={"west": shapely.box(-50, -500, 200, 500), "east": EAST, "new": shapely.box(0, 600, 9, 609)},
    )  # fmt: skip
    new = replace(new, place=replace(new.place, population_source="a census"))
    new = replace(new, study=replace(new.study, place=replace(new.study.place, heights="h.tif", cut_along_border=True)))
    for frame in (old.place.facilities, new.place.facilities):
        frame["source"] = "osm"
    comparison = compare_analyses(old, new)
    said = [*comparison.notes, *comparison.facilities[ChangedFacilities.evidence], *STATED]
    assert len(comparison.notes) >= 8
    assert [text for text in said if translate_note(text, "zh") == text] == []
    assert [text for text in said if translate_note(text, "en") != text] == []


#: Evidence that other tests find.
STATED = (
    "the same identifier", "of one kind, near each other, of like names",
    "the identifier that the map has, in the register", "the map calls it shop now", "the map called it shop before",
    "the same place as n1, which is still there", "the same place as n1, which was there before", "closed 2025-02-01",
    "open since 1990, before the older check-up", "open since 2024", "not in the register any more",
    "not in the register before", "a register was not read for this kind before",
    "a register is not read for this kind any more", "the map was not read for this kind before",
    "the map is not read for this kind any more",
    "The date of the data is not known for both, so that no facility is known to be older than a check-up.",
    "Hexagons are matched by their place and called as in the older check-up.",
)  # fmt: skip


# ── what is written ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_escapes_every_word_of_the_data_and_loads_nothing(language):
    evil = "<script>alert('x')</script>"
    study = replace(STUDY, title=evil, outputs=OutputsSection(language=language))
    facilities = make_facilities([(evil, "shop", (500, 0))]).assign(name=evil)
    old = check(study=study)
    new = check(facilities=[(evil, "shop", (500, 0))], communities={"west": WEST, "east": EAST}, study=study)
    communities = new.place.communities.assign(name=evil)
    new = replace(new, place=replace(new.place, facilities=facilities, communities=communities, population_source=evil))
    page = draw_comparison(compare_analyses(old, new))
    assert evil not in page
    assert page.count("&lt;script&gt;") >= 5
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert "src=" not in page
    assert "href=" not in page
    assert f'lang="{ {"en": "en", "zh": "zh-CN"}[language] }"' in page
    assert ("新开" if language == "zh" else "opened") in page
    assert "+70" in page


def test_a_comparison_is_written_as_a_page_and_four_tables_that_hold_its_numbers(tmp_path):
    old = check()
    comparison = compare_analyses(old, check(facilities=[("s", "shop", (500, 0))]))
    files = write_comparison(comparison, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(path.name for path in files.values())
    back = pd.read_csv(files["changes"])
    assert back[Changes.residents].sum() == 70
    assert list(back[Changes.part]) == list(PARTS)
    assert {"lon", "lat"} <= set(pd.read_csv(files["facilities"]).columns)
