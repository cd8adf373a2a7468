"""Living circles and ways to school in a run: two hamlets worked out with pencil, and sums over real towns."""

from __future__ import annotations

import io
import itertools
import sys
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from builders import (
    EAST,
    METRES,
    NORTH,
    STROLLER,
    TOWNS,
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
from pandas.testing import assert_frame_equal
from rich.console import Console

from walkcircle import cli, routes
from walkcircle.analysis import analyse
from walkcircle.errors import StudyError
from walkcircle.footing import make_footing
from walkcircle.links import find_links
from walkcircle.plan import propose_plan
from walkcircle.printing.circles import show_circles
from walkcircle.printing.schools import show_schools
from walkcircle.routes import find_schools
from walkcircle.sources import read_place
from walkcircle.sources.osm_file import read_osm_file
from walkcircle.sources.roads import find_barriers, find_roads, read_roads
from walkcircle.standards import read_standard
from walkcircle.study import CheckupSection, CirclesSection, CommunitiesSection, PlanSection, SchoolsSection, read_study
from walkcircle.tables import (
    Barriers,
    BrokenRules,
    CircleGaps,
    Circles,
    CircleSizes,
    Clusters,
    CommunityCoverage,
    Containment,
    Crossings,
    Gaps,
    Residences,
    Roads,
    SchoolRoutes,
    Severance,
    check_table,
)
from walkcircle.views.files import list_tables, write_outputs

# ── two hamlets ─────────────────────────────────────────────────────────────────────────────────
#
#    0   100  200       600  700  800        metres along one street; 60 are walked in a minute
#   100  200  200       100  300  100        people
#         C             community b: S at 700
#   └ community a ┘ 400 └─────────────┘

#: The rules of the tests: half a thousand people within five minutes, a thousand within ten.
FIVE = {"population": [300, 500, 800], "limit_min": 5.0, "area_km2": None, "hard": ["rail"], "soft": ["primary"]}
FIFTEEN = {"population": [900, 1000, 2000], "limit_min": 10.0, "hard": ["rail"], "soft": ["primary"]}
SECTION = CirclesSection(five=FIVE, fifteen=FIFTEEN)

CLINIC, SHOP = make_kind("clinic", 5.0), make_kind("shop", 15.0)
SURE = CheckupSection(draws=0, unmapped_share=(0.0, 0.0, 0.0, 0.0))
HOMES = [(str(i), people, (x, 0)) for i, (x, people) in
         enumerate(zip((0, 100, 200, 600, 700, 800), (100, 200, 200, 100, 300, 100), strict=True))]  # fmt: skip
AREAS = {"a": shapely.box(-50, -50, 400, 50), "b": shapely.box(400, -50, 850, 50)}


def hamlets(*, homes=HOMES, standard=None, barriers=None, thin=None, network=None, circles=SECTION, **sections):
    """Return the place and the study of the two hamlets."""
    standard = standard or make_standard(CLINIC, SHOP)
    place = make_place(
        network or draw_network([[(0, 0), (800, 0)]]), make_residences(homes),
        make_facilities([("c", "clinic", (100, 0)), ("s", "shop", (700, 0))]), make_communities(AREAS), standard,
        thin=thin,
    )  # fmt: skip
    if barriers is not None:
        place = replace(place, barriers=barriers)
    return place, make_study(standard, walkers=(STROLLER,), minutes=(5.0,), circles=circles, checkup=SURE, **sections)


def row_of(made, circle, kind) -> pd.Series:
    mine = made.gaps[(made.gaps[CircleGaps.circle] == circle) & (made.gaps[CircleGaps.kind] == kind)]
    assert len(mine) == 1
    return mine.iloc[0]


@pytest.fixture(scope="module")
def two():
    return analyse(*hamlets())


def test_two_hamlets_are_two_small_circles_inside_a_large_one(two):
    circles = two.circles.circles
    assert circles[Circles.circle].tolist() == ["15-001", "5-001", "5-002"]
    assert circles[Circles.population].tolist() == [1000, 500, 500]
    assert circles[Circles.parent].tolist() == [None, "15-001", "15-001"]
    spots = two.clusters.set_index(Clusters.cluster).geometry.x
    assert spots[circles[Circles.centre]].tolist()[1:] == [100, 700]
    sizes = two.circles.sizes
    assert sizes[CircleSizes.tier_min].tolist() == [15, 5]
    assert sizes[CircleSizes.circles].tolist() == [1, 2]
    # 300 of one hamlet and 200 of the other walk 100 m
    assert sizes[CircleSizes.mean_min].iloc[1] == pytest.approx(500 * 100 / 60 / 1000)
    assert (sizes[[CircleSizes.too_small, CircleSizes.too_large, CircleSizes.nowhere]].to_numpy() == 0).all()
    assert repr(two.circles) == "<LivingCircles 1 of 15 minutes, 2 of 5 minutes; 1 rules broken>"


def test_the_gap_list_of_two_hamlets(two):
    """The clinic at 100 m is within 5 minutes of its own hamlet alone; the shop is within 15 minutes of all."""
    columns = [CircleGaps.population, CircleGaps.covered, CircleGaps.without, CircleGaps.to_check, CircleGaps.share,
               CircleGaps.inside, CircleGaps.owed, CircleGaps.lacking]  # fmt: skip
    wanted = {
        ("15-001", "clinic"): [1000, 500, 500, 0, 0.5, 1, True, False],
        ("15-001", "shop"): [1000, 1000, 0, 0, 1, 1, True, False],
        ("5-001", "clinic"): [500, 500, 0, 0, 1, 1, True, False],
        ("5-002", "clinic"): [500, 0, 500, 0, 0, 0, True, True],
        ("5-001", "shop"): [500, 500, 0, 0, 1, 0, False, False],
        ("5-002", "shop"): [500, 500, 0, 0, 1, 1, False, False],
    }
    assert {key: row_of(two.circles, *key)[columns].tolist() for key in wanted} == wanted
    assert len(two.circles.gaps) == len(wanted)


def test_a_quarter_of_a_thin_map_is_to_be_checked():
    """What is thin in a community is thin for the homes of that community alone."""
    made = analyse(*hamlets(thin={("b", "clinic"): "nobody mapped here"})).circles
    row = row_of(made, "15-001", "clinic")
    assert (row[CircleGaps.covered], row[CircleGaps.without], row[CircleGaps.to_check]) == (500, 0, 500)
    assert not row_of(made, "5-002", "clinic")[CircleGaps.lacking]


def test_a_standard_with_tiers_owes_each_tier_its_own():
    """Tiers do not include each other: a 15-minute circle does not owe what is of the 5-minute tier."""
    tiers = make_standard(replace(CLINIC, tier=5), replace(SHOP, tier=15), make_kind("park", 5.0, tier=10))
    made = analyse(*hamlets(standard=tiers)).circles
    owed = made.gaps[made.gaps[CircleGaps.owed]]
    assert set(zip(owed[CircleGaps.tier_min], owed[CircleGaps.kind], strict=True)) == {(5, "clinic"), (15, "shop")}


def test_what_the_standard_does_not_demand_is_not_owed():
    optional = make_standard(replace(CLINIC, mandatory=False), SHOP)
    made = analyse(*hamlets(standard=optional)).circles
    assert not made.gaps[CircleGaps.owed][made.gaps[CircleGaps.kind] == "clinic"].any()


def test_a_home_without_a_street_is_in_no_circle_and_still_counted():
    homes = [*HOMES, ("far", 40, (500, 45))]
    place, study = hamlets(homes=homes)
    study = replace(study, snapping=replace(study.snapping, within_m=20.0))
    answer = analyse(place, study)
    none = answer.circles.gaps[answer.circles.gaps[CircleGaps.circle].isna()]
    assert none[CircleGaps.unknown].tolist() == [40] * 4
    assert none[CircleGaps.share].isna().all()
    assert answer.circles.sizes[CircleSizes.nowhere].tolist() == [40, 40]
    assert (answer.circles.broken[BrokenRules.rule] == "unreached").sum() == 2
    check_sums(answer)


def test_a_railway_between_the_hamlets_parts_the_large_circle():
    rail = gpd.GeoDataFrame(
        {Barriers.kind: ["rail", "primary"]},
        geometry=[shapely.LineString([(400, -99), (400, 99)]), shapely.LineString([(150, -99), (150, 99)])], crs=METRES,
    )  # fmt: skip
    made = analyse(*hamlets(barriers=rail)).circles
    assert made.list_larger()[Circles.population].tolist() == [500, 500]
    cut = made.severance.set_index(Severance.circle)
    # the primary road lies between 100 + 200 and 200 people; pairs are 100·200 + 100·200 + 200·200
    assert cut[Severance.severed]["5-001"] == pytest.approx(300 * 200)
    assert cut[Severance.pairs]["5-001"] == pytest.approx(80_000)
    held = made.containment.set_index([Containment.circle, Containment.kind])[Containment.inside]
    assert (held["5-001", "clinic"], held["5-002", "clinic"]) == (500, 0)


def test_the_gates_of_estates_do_not_part_circles():
    """A private way between the hamlets keeps residents out, and circles in one piece."""
    network = draw_network([[(0, 0), (300, 0)], [(300, 0), (500, 0)], [(500, 0), (800, 0)]], private=[0, 1, 0])
    answer = analyse(*hamlets(network=network))
    assert answer.circles.list_larger()[Circles.population].tolist() == [1000]


def test_borders_that_nobody_knows_cost_nothing(two):
    """Two communities are no subdistricts: the larger circle crosses from one to the other for nothing."""
    assert two.circles.outer.objective == pytest.approx(analyse(*hamlets(homes=HOMES[::-1])).circles.outer.objective)
    broken = two.circles.broken
    assert broken[broken[BrokenRules.rule] == "border_crossed"].empty
    drawn = CommunitiesSection(source="file", file="none.gpkg")
    own = analyse(*hamlets(circles=replace(SECTION, borders="community"), communities=drawn)).circles
    assert (own.broken[BrokenRules.rule] == "border_crossed").any()
    # communities that are no hexagons are what circles are compared with
    assert own.sizes[CircleSizes.ari].tolist()[1] == 1


def test_the_same_run_gives_the_same_circles(two):
    again = analyse(*hamlets(homes=HOMES[::-1])).circles
    for name in ("circles", "members", "broken", "gaps", "sizes"):
        assert_frame_equal(getattr(again, name), getattr(two.circles, name))


def test_without_the_section_a_run_has_no_circles():
    answer = analyse(*hamlets(circles=None))
    assert answer.circles is None
    assert not [name for name in list_tables(answer) if "circle" in name or name == "broken_rules"]


def test_a_check_up_of_what_would_be_leaves_circles_out():
    place, study = hamlets(plan=PlanSection(links=False))
    assert analyse(place, study, is_whole=False).circles is None
    assert propose_plan(analyse(place, study)).after.circles is None


def test_rules_that_are_not_there_are_refused():
    with pytest.raises(StudyError, match="did you mean 'hangzhou'"):
        analyse(*hamlets(circles=CirclesSection(rules="hangzou")))


def test_progress_grows_to_the_end():
    told = []
    analyse(*hamlets(), report=lambda step, share: told.append((step, share)))
    shares = [share for step, share in told if step == "Delineating living circles"]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)


# ── every number is right, on towns that are real ───────────────────────────────────────────────


def check_sums(answer):
    """People of all circles and of none are those of the communities, for each kind, walker and size."""
    keys, gaps = [CircleGaps.kind, CircleGaps.walker], answer.circles.gaps
    counted = [CommunityCoverage.population, CommunityCoverage.unknown, CommunityCoverage.covered,
               CommunityCoverage.residents]  # fmt: skip
    known = answer.communities.groupby(keys)[counted].sum()
    is_firm = answer.gaps[Gaps.verdict] == "gap"
    for minutes in (5.0, 15.0):
        mine = gaps[gaps[CircleGaps.tier_min] == minutes].groupby(keys).sum(numeric_only=True).reindex(known.index)
        for column in counted:
            assert mine[column].to_numpy() == pytest.approx(known[column].to_numpy())
        for column, some in ((CircleGaps.without, is_firm), (CircleGaps.to_check, ~is_firm)):
            sums = answer.gaps[some].groupby(keys)[Gaps.residents_without].sum().reindex(known.index).fillna(0.0)
            # a gap of less than a thousandth of a person is rounding, and is none
            assert mine[column].to_numpy() == pytest.approx(sums.to_numpy(), abs=0.05)


@pytest.fixture(scope="module", params=["monaco", "karhula"])
def real(request):
    """Analyse a bundled town with circles; in Karhula, where no school tells its level, all that is for learning."""
    study = replace(read_study(TOWNS[request.param].parent / "study.toml"), circles=CirclesSection(), checkup=SURE)
    if request.param == "monaco":
        study = replace(study, standard=read_standard("x-minute-logan"))
    else:
        study = replace(study, schools=SchoolsSection(kinds=("learning",)))
    return analyse(read_place(study), study)


def test_people_of_circles_add_up_to_those_of_communities(real):
    check_sums(real)
    whole = real.clusters[Clusters.population].sum()
    sizes = real.circles.sizes
    assert (sizes[CircleSizes.population] + sizes[CircleSizes.nowhere]).to_numpy() == pytest.approx([whole, whole])


def test_tables_of_a_real_town_are_as_declared(real):
    made = real.circles
    for frame, table in ((made.circles, Circles), (made.gaps, CircleGaps), (made.sizes, CircleSizes)):
        check_table(frame, table, where=table.title)
    check_table(real.place.barriers, Barriers, where="barriers")
    check_table(real.place.roads, Roads, where="roads")
    check_table(real.schools.routes, SchoolRoutes, where="ways to school")
    check_table(real.schools.crossings, Crossings, where="crossings")
    # each facility of a kind inside a circle is counted once
    kinds = real.place.facilities["kind"].value_counts()
    inside = made.gaps[made.gaps[CircleGaps.tier_min] == 15].groupby(CircleGaps.kind)[CircleGaps.inside].sum()
    assert (inside <= kinds.reindex(inside.index, fill_value=0)).all()


def test_circles_of_a_real_town_are_written_as_tables_and_layers(real, tmp_path):
    files = write_outputs(real, tmp_path)
    for name in ("circles", "circle_members", "broken_rules", "circle_sizes", "circle_gaps", "school_routes"):
        frame = list_tables(real)[name]
        assert len(pd.read_csv(files["tables"] / f"{name}.csv")) == len(frame)
        assert len(gpd.read_file(files["geopackage"], layer=name)) == len(frame)
    back = gpd.read_file(files["geopackage"], layer="circles")
    assert set(back.geom_type) <= {"Polygon", "MultiPolygon"}
    page = files["overview"].read_text(encoding="utf-8")
    assert f'data-of="broken" data-value="{float(real.circles.sizes[CircleSizes.broken].iloc[0])}"' in page
    made = real.schools.routes
    low = min(made[SchoolRoutes.safe_if_unprotected].sum() / made[SchoolRoutes.pupils].sum(), 1.0)
    assert f'data-of="safe_low" data-value="{low}"' in page


def test_the_summary_says_sizes_rules_and_ways(real):
    console = Console(file=io.StringIO(), width=400)
    show_circles(real, console)
    show_schools(real, console)
    said = console.file.getvalue()
    sizes = real.circles.sizes.iloc[0]
    assert f"15 min: {sizes[CircleSizes.circles]} circles of" in said
    assert f"population below {(real.circles.broken[BrokenRules.rule] == 'population_below').sum()}" in said
    stand_in = real.study.standard.id == "x-minute-logan"
    who = "residents (for pupils aged 6 to 12)" if stand_in else "residents have"
    assert f"{real.schools.routes[SchoolRoutes.pupils].sum():,.0f} {who}" in said


def test_nothing_is_said_where_there_is_nothing(two):
    console = Console(file=io.StringIO(), width=400)
    show_schools(two, console)
    show_circles(analyse(*hamlets(circles=None)), console)
    assert console.file.getvalue() == ""


# ── what the file has ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("town", ["monaco", "karhula"])
def test_arterials_kept_while_reading_are_those_of_reading_again(town):
    contents = read_osm_file(TOWNS[town])
    roads, controls = find_roads(contents)
    again, stops = read_roads(TOWNS[town], contents.network.crs)
    again = again[again[Roads.road_class].str.contains("secondary|primary|trunk|motorway")]
    assert roads[Roads.road].tolist() == again[Roads.road].tolist()
    assert roads[Roads.name].fillna("").tolist() == again[Roads.name].fillna("").tolist()
    assert (roads.geometry.to_numpy() == again.geometry.to_numpy()).all()
    assert sorted(shapely.to_wkb(controls.geometry)) == sorted(shapely.to_wkb(stops.geometry))


#: A street along y = 0, and what crosses it or does not.
NODES = {n: (100 * n, 0) for n in range(1, 10)} | {
    number: (100 * (number // 10) + 50, 50 if number % 2 else -50) for number in range(11, 99) if number % 10 in {1, 2}
}
POND = {201: (0, 300), 202: (100, 300), 203: (100, 350), 204: (0, 350), 301: (0, 500), 302: (300, 500), 303: (300, 700),
        304: (0, 700)}  # fmt: skip
ACROSS = (
    {"highway": "motorway"}, {"highway": "trunk", "tunnel": "yes"}, {"highway": "trunk", "sidewalk": "no"},
    {"railway": "rail"}, {"railway": "tram"}, {"waterway": "river"}, {"waterway": "stream"},
    {"railway": "rail", "tunnel": "yes"},
)  # fmt: skip


@pytest.fixture(scope="module")
def crossed(tmp_path_factory):
    """Read a street that eight ways cross, a pond of 0.5 ha and a lake of 6 ha."""
    ways = {1: ([1, 2, 3, 4, 5, 6, 7, 8, 9], {"highway": "residential"})}
    for number, tags in enumerate(ACROSS, 1):
        ways[10 + number] = ([10 * number + 1, 10 * number + 2], tags)
    water = {"natural": "water"}
    ways |= {31: ([201, 202, 203, 204, 201], water), 32: ([301, 302, 303, 304, 301], water)}
    path = write_osm(tmp_path_factory.mktemp("crossed") / "town.osm", NODES | POND, ways)
    return read_osm_file(path)


def test_barriers_are_what_parts_people_and_no_more(crossed):
    """Trams, streams, ponds and what runs in a tunnel part nobody."""
    roads, _ = find_roads(crossed)
    water = gpd.GeoSeries([shapely.box(EAST, NORTH + 500, EAST + 300, NORTH + 700),
                           shapely.box(EAST, NORTH + 300, EAST + 100, NORTH + 350)], crs=roads.crs)  # fmt: skip
    found = find_barriers(crossed, roads, water)
    assert found[Barriers.kind].tolist() == ["motorway", "trunk", "rail", "river", "river"]
    assert roads[Roads.level].tolist() == [0, -1, 0]


def test_a_footbridge_may_cross_motorways_and_motor_roads(crossed):
    roads, _ = find_roads(crossed)
    place, _ = hamlets(network=crossed.network.clip(shapely.box(EAST, NORTH - 99, EAST + 999, NORTH + 99)))
    assert place.list_bridged() == {}
    bridged = replace(place, roads=roads).list_bridged()
    assert {name: len(shapes) for name, shapes in bridged.items()} == {"motorway": 1, "trunk road": 1}
    # they are shapes in the CRS of the streets, which links take
    assert find_links(make_footing(place.network, STROLLER), bridged=bridged).crs == roads.crs


# ── ways to school ──────────────────────────────────────────────────────────────────────────────


def test_schools_are_kinds_of_schools_alone():
    assert [kind.id for kind in find_schools(read_standard("tdt1062-2021").kinds)] == ["primary_school"]
    assert [kind.id for kind in find_schools(read_standard("x-minute-logan").kinds)] == ["primary_school"]
    assert find_schools(read_standard("general").kinds) == []
    assert [kind.id for kind in find_schools(read_standard("general").kinds, ["learning"])] == ["learning"]


#: A main street along y = 0 that nobody knows how to cross and whose ends are too far away to walk round, homes 50 m
#: south of it and a school 50 m north.
MAIN = draw_network(
    [[(-900, 0), (100, 0)], [(100, 0), (300, 0)], [(300, 0), (999, 0)], [(100, -100), (100, 0)],
     [(100, 0), (100, 100)]],
    kind=["primary", "primary", "primary", "path", "path"], osm_way=[1, 1, 1, 2, 3],
)  # fmt: skip
STREET = gpd.GeoDataFrame(
    {Roads.road: [1], Roads.road_class: ["primary"], Roads.name: ["Main Street"]},
    geometry=[shapely.LineString([(-900, 0), (100, 0), (300, 0), (999, 0)])], crs=METRES,
)  # fmt: skip


def schooled(*, roads=STREET, **sections):
    """Analyse 30 people south of the main street, 10 of them pupils, and 20 north of it, 5 of them pupils."""
    standard = make_standard(make_kind("school", 5.0, group="pupil"), make_kind("shop", 15.0))
    homes = make_residences([("south", 30, (100, -50)), ("north", 20, (100, 20))])
    homes = homes.assign(**{Residences.pupil: [10.0, 5.0]})
    place = make_place(
        MAIN, homes, make_facilities([("s", "school", (100, 50))]),
        make_communities({"a": shapely.box(0, -150, 400, 150)}), standard,
    )  # fmt: skip
    study = make_study(standard, walkers=(STROLLER,), minutes=(5.0,), checkup=SURE, **sections)
    return analyse(replace(place, roads=roads), study)


def test_ten_of_fifteen_pupils_cross_where_nobody_knows_of_lights():
    made = schooled().schools
    row = made.routes.iloc[0]
    assert row[[SchoolRoutes.kind, SchoolRoutes.group, SchoolRoutes.stand_in]].tolist() == ["school", "pupil", False]
    assert (row[SchoolRoutes.pupils], row[SchoolRoutes.safe_if_protected]) == (15, 15)
    assert row[SchoolRoutes.safe_if_unprotected] == 5
    worst = made.crossings
    assert worst[[Crossings.kind, Crossings.rank, Crossings.name, Crossings.pupils]].to_numpy().tolist() == [
        ["school", 1, "Main Street", 10]
    ]
    assert shapely.get_coordinates(worst.geometry).tolist() == [[100, 0]]


def test_ways_to_school_need_roads_schools_and_the_wish():
    assert schooled(roads=None).schools is None
    assert schooled(roads=STREET.iloc[:0]).schools is None
    assert schooled(schools=SchoolsSection(ways=False)).schools is None
    with pytest.raises(ValueError, match="did you mean 'school'"):
        schooled(schools=SchoolsSection(kinds=("scholl",)))
    named = schooled(schools=SchoolsSection(kinds=("shop",)))
    assert named.schools is None, "there is no shop to walk to"


def test_far_ways_are_looked_for_where_there_is_no_near_one():
    """The same whether all ways are searched far, as an oracle does, or only those that are not found near."""
    near, far = schooled().schools.routes, []
    for factor in (1.0, routes.FAR):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(routes, "FAR", factor)
            far.append(schooled().schools.routes)
    assert_frame_equal(pd.DataFrame(far[1]), pd.DataFrame(near))
    columns = [SchoolRoutes.pupils, SchoolRoutes.safe_if_unprotected]
    assert_frame_equal(pd.DataFrame(far[0])[columns], pd.DataFrame(near)[columns])


# ── the command line ────────────────────────────────────────────────────────────────────────────


def test_circles_on_the_command_line_are_those_of_the_section(tmp_path, capsys, monkeypatch):
    """`walkcircle circles` draws them without a section; `walkcircle run` leaves them out then."""
    study = tmp_path / "study.toml"
    text = (TOWNS["karhula"].parent / "study.toml").read_text(encoding="utf-8").replace("../../maps/karhula", "out")
    study.write_text(text.replace('"karhula.osm.pbf"', f'"{TOWNS["karhula"].as_posix()}"'), encoding="utf-8")
    said = {}
    for verb, words in itertools.product(("run", "circles"), [()]):
        monkeypatch.setattr(sys, "argv", ["walkcircle", verb, str(study), *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 0
        said[verb] = capsys.readouterr().out
        assert (tmp_path / "out" / "tables" / "circle_gaps.csv").exists() == (verb == "circles")
    assert "Living circles" not in said["run"]
    assert "Living circles" in said["circles"]
    written = pd.read_csv(tmp_path / "out" / "tables" / "circle_sizes.csv")
    for row in written.to_dict("records"):
        assert f"{row['tier_min']:g} min: {row['circles']:,} circles" in said["circles"]
    assert np.isfinite(written["population"]).all()
