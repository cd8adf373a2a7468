"""Tracking: a street of three homes, planned, built and checked up again; and the table as users write it."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from builders import (
    METRES,
    STROLLER,
    draw_network,
    make_communities,
    make_facilities,
    make_kind,
    make_place,
    make_residences,
    make_standard,
    make_study,
)
from workbooks import write_workbook

from walkcircle.analysis import analyse
from walkcircle.candidates import find_candidates
from walkcircle.changes import compare_analyses
from walkcircle.commitments import measure_deliveries
from walkcircle.errors import OutputError, SourceError, StudyError, TableError
from walkcircle.network import LINK as LINK_EDGE
from walkcircle.plan import propose_plan
from walkcircle.proposals import Scenario
from walkcircle.sources.tracking import open_projects, read_tracking
from walkcircle.study import CheckupSection, PlanSection, SitingSection
from walkcircle.tables import (
    Candidates,
    ChangedFacilities,
    Communities,
    CommunityCoverage,
    Deliveries,
    Facilities,
    Links,
    Projects,
    Tracking,
    Wants,
    check_table,
)
from walkcircle.tracking import find_closed, find_rows, join_projects
from walkcircle.views.files import write_plan

#: Five minutes are 300 m. Homes of 100, 60 and 30 people a kilometre apart, each a community, all with a shop.
CLINIC, SHOP = make_kind("clinic", 5.0), make_kind("shop", 60.0, category="trade")
STANDARD = make_standard(CLINIC, SHOP)
HOMES = make_residences([("1", 100, (0, 0)), ("2", 60, (1000, 0)), ("3", 30, (2000, 0))])
AREAS = make_communities(
    {name: shapely.box(x - 500, -500, x + 500, 500) for name, x in (("a", 0), ("b", 1000), ("c", 2000))}
)
SITES = (("s1", 200, 10.0), ("s2", 700, 5.0), ("s3", 1800, 4.0), ("s4", 100, 12.0))
HEAD = "project,kind,state,lon,lat,operating,promised,note\n"


def sites_of(rows=SITES) -> gpd.GeoDataFrame:
    made = find_candidates(draw_network([[(0, 0), (2000, 0)]]), every_m=2000 / len(rows)).iloc[: len(rows)]
    columns = {
        Candidates.candidate: [row[0] for row in rows], Candidates.kinds: "*",
        Candidates.capex: [row[2] for row in rows], Candidates.source: "list",
        Candidates.community: [AREAS[Communities.community][min(round(row[1] / 1000), 2)] for row in rows],
    }  # fmt: skip
    points = [shapely.Point(row[1], 0) for row in rows]
    return made.assign(**{str(name): one for name, one in columns.items()}).set_geometry(points, crs=METRES)


def town(*facilities, day="2026-11-01"):
    """Make the street, with a shop in its middle."""
    rows = make_facilities([("m", "shop", (1000, 10)), *facilities])
    place = make_place(draw_network([[(0, 0), (2000, 0)]]), HOMES, rows, AREAS, STANDARD)
    return replace(place, candidates=sites_of(), data_date=day)


def study_of(**plan):
    return make_study(
        STANDARD, walkers=(STROLLER,), minutes=(5.0,), plan=PlanSection(**{"budget": (5.0, 10.0), **plan}),
        siting=SitingSection(currency="CNY"), checkup=CheckupSection(draws=0),
    )  # fmt: skip


def degrees(x, y=0.0):
    point = gpd.GeoSeries([shapely.Point(x, y)], crs=METRES).to_crs(4326).iloc[0]
    return point.x, point.y


def read(path, **more):
    tracking = read_tracking(path, STANDARD, crs=HOMES.crs, **more)
    return check_table(tracking, Tracking, where="tracking")


def write(folder, text):
    (folder / "projects.csv").write_text(text, encoding="utf-8-sig")
    return folder / "projects.csv"


def track(*rows):
    """Make a table of projects from id, state, place along the street and days."""
    made = [
        {
            Tracking.project: name, Tracking.sort: "facility", Tracking.kind: "clinic", Tracking.state: state,
            Tracking.name: None, Tracking.lon: degrees(x)[0], Tracking.lat: degrees(x)[1], Tracking.wkt: None,
            Tracking.planned: None, Tracking.building: None, Tracking.operating: day, Tracking.dropped: None,
            Tracking.promised: np.nan, Tracking.note: None,
        }
        for name, state, x, day in rows
    ]  # fmt: skip
    return pd.DataFrame(made).rename(columns=str)


def check_up(table, *facilities, day="2026-11-01", **plan):
    place, study = town(*facilities, day=day), study_of(**plan)
    return analyse(place if table is None else open_projects(place, study, table), study)


def without(answer):
    """Count who is without a clinic."""
    rows = answer.communities[answer.communities[CommunityCoverage.kind] == "clinic"]
    return float((rows[CommunityCoverage.population] - rows[CommunityCoverage.covered]).sum())


def test_the_loop_closes_what_opened_is_counted_and_delivers_exactly_what_was_promised(tmp_path):
    """s2 and s1 are planned for 60 and 100; s1 opens: the gap of 190 shrinks by 100, and s2 is planned again alone."""
    before = check_up(None)
    assert without(before) == 190
    write_plan(propose_plan(before), tmp_path / "plan")
    mine = pd.read_csv(tmp_path / "plan" / "tracking.csv", encoding="utf-8-sig", dtype=str)
    assert mine[Tracking.project].tolist() == ["clinic@s2", "clinic@s1"]
    assert mine[Tracking.state].tolist() == ["planned", "planned"]
    assert mine[Tracking.planned].tolist() == ["2026-11-01"] * 2
    assert mine[Tracking.promised].astype(float).tolist() == [60, 100]
    mine.loc[1, [Tracking.state, Tracking.operating]] = ["operating", "2027-05-01"]
    mine.loc[1, Tracking.note] = "opened by the mayor, 市长"
    mine["owner"] = ["007", None]
    mine.to_csv(tmp_path / "projects.csv", index=False, encoding="utf-8-sig")
    own = (tmp_path / "projects.csv").read_bytes()

    after = check_up(read(tmp_path / "projects.csv"), day="2028-01-01", tracking="projects.csv")
    assert without(before) - without(after) == mine[Tracking.promised].astype(float)[1] == 100
    clinic = after.place.facilities[after.place.facilities[Facilities.kind] == "clinic"].iloc[0]
    assert (clinic[Facilities.source], clinic[Facilities.facility]) == ("tracking", "clinic@s1")
    told = measure_deliveries(after).set_index(Deliveries.project)
    assert told.loc["clinic@s1", [Deliveries.promised, Deliveries.delivered, Deliveries.only]].tolist() == [100] * 3
    assert np.isnan(told.loc["clinic@s2", Deliveries.delivered])

    plan = propose_plan(after)
    assert "clinic@s1" not in set(plan.projects[Projects.project])
    assert "clinic@s2" in set(plan.projects[Projects.project])
    write_plan(plan, tmp_path / "next")
    following = pd.read_csv(tmp_path / "next" / "tracking.csv", encoding="utf-8-sig", dtype=str)
    pd.testing.assert_frame_equal(following[mine.columns].head(2), mine, check_dtype=False)
    assert following[Tracking.project].tolist() == ["clinic@s2", "clinic@s1", "clinic@s3"]
    assert (tmp_path / "projects.csv").read_bytes() == own


def test_what_was_dropped_is_never_proposed_again_even_where_its_site_has_another_name():
    """s1 is dropped under a number along the street that the next map no longer has."""
    answer = check_up(track(("clinic@street:9", "dropped", 205, None)), budget=(100.0,))
    chosen = set(propose_plan(answer).projects[Projects.project])
    assert chosen == {"clinic@s4", "clinic@s2", "clinic@s3"}


def test_what_is_being_built_is_not_paid_twice_and_counts_only_when_it_opens():
    """s1 is being built: a is without still, nothing is planned for a, and 15 pay for s2 and s3."""
    answer = check_up(track(("clinic@s1", "building", 200, None)))
    assert without(answer) == 190
    plan = propose_plan(answer)
    assert plan.projects[Projects.project].tolist() == ["clinic@s2", "clinic@s3"]
    assert plan.pool.wants[Wants.people].sum() == 90
    assert without(plan.after) == 0


def test_what_opens_after_the_day_of_the_data_is_to_come_and_a_note_says_so():
    answer = check_up(track(("clinic@s1", "operating", 200, "2027-01-01")))
    assert without(answer) == 190
    assert "Not open yet on 2026-11-01, the day of the data: clinic@s1 (from 2027-01-01)." in answer.place.notes
    assert "clinic@s1" not in set(propose_plan(answer).projects[Projects.project])
    assert without(check_up(track(("clinic@s1", "operating", 200, "2026-11-01")))) == 90


def test_what_is_planned_keeps_its_name_when_its_site_has_another():
    answer = check_up(track(("health station 4", "planned", 203, None), ("clinic@s2", "planned", 1990, None)))
    plan = propose_plan(answer)
    built = plan.projects[plan.projects[Projects.year].notna()]
    # the place known as s2 is not the one that the table calls so
    assert built[Projects.project].tolist() == ["clinic@s2#2", "health station 4"]
    table = join_projects(answer.place.tracking, plan.projects, on="2026-11-01")
    assert table[Tracking.project].tolist() == ["health station 4", "clinic@s2", "clinic@s2#2"]


def test_what_the_map_has_too_counts_once_under_the_maps_name():
    """The map has a nameless clinic five metres away; another thirty metres away is another."""
    answer = check_up(track(("p", "operating", 200, None)), ("node/1", "clinic", (205, 0)))
    clinics = answer.place.facilities[answer.place.facilities[Facilities.kind] == "clinic"]
    assert clinics[[Facilities.facility, Facilities.also]].to_numpy().tolist() == [["node/1", "p"]]
    assert answer.place.tracking[Tracking.facility].tolist() == ["node/1"]
    assert any("p is node/1" in note for note in answer.place.notes)
    assert measure_deliveries(answer)[Deliveries.delivered].tolist() == [100]
    answer = check_up(track(("p", "operating", 200, None)), ("node/1", "clinic", (230, 0)))
    assert (answer.place.facilities[Facilities.kind] == "clinic").sum() == 2
    assert measure_deliveries(answer)[[Deliveries.delivered, Deliveries.only]].to_numpy().tolist() == [[0, 0]]


def test_two_that_serve_the_same_people_deliver_them_once():
    answer = check_up(track(("p", "operating", 200, None), ("q", "operating", 100, None), ("r", "planned", 700, None)))
    told = measure_deliveries(answer)
    assert told[Deliveries.delivered].tolist()[:2] == [100, 0]
    assert told[Deliveries.only].tolist()[:2] == [0, 0]
    assert told[Deliveries.counted].tolist() == [True, True, False]


def link_town(tracking):
    """Two dead ends thirty metres apart, the clinic behind the second; by the ring it is far."""
    network = draw_network([[(0, 0), (200, 0)], [(230, 0), (400, 0)], [(0, 0), (0, 900), (400, 900), (400, 0)]])
    place = make_place(
        network, make_residences([("1", 100, (0, 0))]), make_facilities([("c", "clinic", (250, 0))]),
        make_communities({"a": shapely.box(-500, -500, 1000, 1000)}), make_standard(CLINIC),
    )  # fmt: skip
    study = make_study(make_standard(CLINIC), walkers=(STROLLER,), minutes=(5.0,), checkup=CheckupSection(draws=0))
    place = replace(place, data_date="2026-11-01")
    return analyse(place if tracking is None else open_projects(place, study, tracking), study)


def track_link(state, *xy):
    line = gpd.GeoSeries([shapely.LineString(xy)], crs=METRES).to_crs(4326).to_wkt().iloc[0]
    made = track(("bridge", state, 0, None))
    return made.assign(sort="link", kind="footbridge", lon=np.nan, lat=np.nan, wkt=line)


def test_a_link_that_operates_is_walked_and_delivers():
    assert without(link_town(None)) == 100
    answer = link_town(track_link("operating", (200, 0), (230, 0)))
    assert (answer.place.network.kind == LINK_EDGE).sum() == 1
    assert without(answer) == 0
    told = measure_deliveries(answer)
    assert told[[Deliveries.delivered, Deliveries.only]].to_numpy().tolist() == [[100, 100]]


def test_a_link_that_is_being_built_leaves_nobody_to_plan_for_and_is_not_found_again():
    answer = link_town(track_link("building", (200, 0), (230, 0)))
    assert without(answer) == 100
    plan = propose_plan(answer)
    assert len(plan.projects) == len(plan.pool.wants) == 0
    assert without(plan.after) == 0


def test_a_link_that_was_dropped_is_not_found_again():
    assert propose_plan(link_town(None)).links[Links.link_kind].tolist() == ["path"]
    dropped = track_link("dropped", (200, 0), (230, 0)).assign(kind="path")
    assert len(propose_plan(link_town(dropped)).links) == 0


def test_a_link_far_from_any_street_is_named():
    with pytest.raises(TableError, match=r"the link 'bridge' begins .* m from the nearest street"):
        link_town(track_link("operating", (200, 500), (230, 0)))


def test_a_comparison_names_what_opened_by_the_table():
    before, after = check_up(None), check_up(track(("p", "operating", 200, None)), day="2027-11-01")
    rows = compare_analyses(before, after).facilities
    assert rows[ChangedFacilities.facility_after].tolist() == ["p"]
    assert rows[ChangedFacilities.fate].tolist() == ["opened"]
    assert rows[ChangedFacilities.evidence].iloc[0].startswith("operates by the table of projects")
    dated = check_up(track(("p", "operating", 200, "2027-03-01")), day="2027-11-01")
    rows = compare_analyses(before, dated).facilities
    assert rows[[ChangedFacilities.fate, ChangedFacilities.evidence]].to_numpy().tolist() == [
        ["opened", "open since 2027-03-01"]
    ]


def test_a_table_is_read_as_registers_are(tmp_path):
    """Stray spaces, full-width letters, several ways to write days, a sum below: read or left out, and told."""
    lon, lat = degrees(200)
    told = []
    text = HEAD + (
        f'p1, clinic ,ＯＰＥＲＡＴＩＮＧ,{lon},{lat},2026年3月1日,"1,200",\n'
        "p2,clinic,planned,,,2027-05,60,later\n"
        "p3,footbridge,dropped,,,,,\n"
    )  # fmt: skip
    tracking = read(write(tmp_path, text), report=told.append)
    assert tracking[Tracking.state].tolist() == ["operating", "planned", "dropped"]
    assert tracking[Tracking.kind].tolist() == ["clinic", "clinic", "footbridge"]
    assert tracking[Tracking.sort].tolist() == ["facility", "facility", "link"]
    assert tracking[Tracking.operating].tolist() == ["2026-03-01", "2027-05-01", None]
    assert tracking[Tracking.promised].tolist()[:2] == [1200, 60]
    assert tracking[Tracking.note].tolist() == [None, "later", None]
    assert {"dates without a day were read as a month or a year"} <= {remark.what for remark in told}


def test_a_workbook_is_read_too(tmp_path):
    path = tmp_path / "projects.xlsx"
    write_workbook(path, {"projects": [["project", "kind", "state"], ["p1", "clinic", "planned"]]})
    assert read(path)[Tracking.project].tolist() == ["p1"]


LON, LAT = degrees(200)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("p,clinic,finished,,,,,\n", "line 2: 'state' is 'finished'; the states are: planned, building, operating, "),
        ("p,clinic,planned,,,,,\np,clinic,dropped,,,,,\n", "line 3: the identifier 'p' stands already in line 2"),
        ("p,clinic,operating,,,,,\n", "line 2: it is operating and has no place; write its longitude and latitude"),
        ("p,path,building,1,2,,,\n", "line 2: it is a link that is building and has no line"),
        (f"p,clinic,operating,{LON},,,,\n", "line 2: 'lat' .* is missing"),
        ("p,clinic,operating,5,120,,,\n", "look swapped"),
        ("p,clinic,operating,120.1,30.2,,,\n", "are far away; write the true place"),
        ("p,clinic,planned,,,soon,,\n", "line 2: 'operating' is 'soon', no date; write it as YYYY-MM-DD"),
        ("p,clinic,planned,,,yes,,\n", "line 2: 'operating' is 'yes', no date"),
        ("p,clinik,planned,,,,,\n", "line 2: 'clinik' is no kind of the standard 'test', nor of link; did you mean 'c"),
        ("p,clinic,planned,,,,-5,\n", "line 2: 'promised' is -5; .* cannot be below 0"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused_with_its_line(tmp_path, rows, sentence):
    with pytest.raises(TableError, match=sentence):
        read(write(tmp_path, HEAD + rows))


def test_a_day_before_that_of_an_earlier_state_is_refused(tmp_path):
    text = "project,kind,state,building,operating\np,clinic,dropped,2028-03-01,2027-01-01\n"
    with pytest.raises(TableError, match="'operating' is 2027-01-01, before 'building', 2028-03-01; correct one"):
        read(write(tmp_path, text))


def test_a_link_with_a_shape_that_is_no_line_is_refused(tmp_path):
    text = f"project,kind,state,wkt\np,path,building,POINT ({LON} {LAT})\n"
    with pytest.raises(TableError, match=r"'wkt' is 'POINT .* write the line as LINESTRING \(lon lat, lon lat\)"):
        read(write(tmp_path, text))


def test_a_table_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SourceError, match="there is no such file"):
        read(tmp_path / "none.csv")


def test_the_users_own_table_is_never_written_over(tmp_path):
    write_plan(propose_plan(check_up(None)), tmp_path)
    tracking = read(tmp_path / "tracking.csv")
    study = replace(study_of(tracking="tracking.csv"), folder=tmp_path)
    plan = propose_plan(analyse(open_projects(town(), study, tracking), study))
    with pytest.raises(OutputError, match="keep your own beside the study"):
        write_plan(plan, tmp_path)


def test_a_site_is_matched_by_kind_and_place_and_the_nearest_row_wins():
    tracking = track(("far", "dropped", 260, None), ("near", "planned", 210, None), ("nearer", "dropped", 209, None))
    projects = gpd.GeoDataFrame(
        {Projects.project: ["x", "y", "z"], Projects.sort: "facility", Projects.kind: ["clinic", "shop", "clinic"]},
        geometry=[shapely.Point(200, 0), shapely.Point(200, 0), shapely.Point(900, 0)], crs=METRES,
    )  # fmt: skip
    assert find_rows(tracking, projects).tolist() == [2, -1, -1]
    assert find_closed(tracking, projects, None).tolist() == [True, False, False]
    assert find_rows(tracking.iloc[:0], projects).tolist() == [-1, -1, -1]


def test_a_proposal_that_was_dropped_is_refused_by_its_name():
    answer = check_up(track(("p", "dropped", 200, None)), tracking="projects.csv")
    proposals = Scenario().add_facility("clinic", *degrees(201), capex=1.0)
    with pytest.raises(StudyError, match=r"proposal 1 is the project 'p', which is dropped by projects\.csv"):
        propose_plan(answer, proposals=proposals)
