"""Bad input: every refusal is one line that says what is wrong, where, and the cure."""

from __future__ import annotations

import osmium
import pandas as pd
import pytest
import shapely
from builders import (
    METRES,
    STROLLER,
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
    points,
    write_osm,
)

from walkcircle.analysis import analyse
from walkcircle.errors import NetworkError, SourceError, StudyError, TableError, WalkCircleError
from walkcircle.isochrones import trace_isochrones
from walkcircle.proposals import Proposals
from walkcircle.scenario import measure_effect
from walkcircle.sources import read_network, read_place
from walkcircle.standards import list_standards
from walkcircle.study import read_study
from walkcircle.tables import Checkup, CommunityCoverage, Unsnapped
from walkcircle.walking import measure_times, walk


def refusal(kind: type[WalkCircleError], attempt, *arguments, **options) -> str:
    """Return the one line with which an attempt is refused."""
    with pytest.raises(kind) as error:
        attempt(*arguments, **options)
    assert type(error.value) is kind
    assert "\n" not in str(error.value)
    assert "np." not in str(error.value)
    return str(error.value)


# ── files of streets ────────────────────────────────────────────────────────────────────────────


def test_a_file_that_is_not_there(tmp_path):
    """The whole path, so that a wrong folder is seen."""
    path = tmp_path / "town.osm.pbf"
    assert refusal(SourceError, read_network, path) == f"{path}: there is no such file; check the path in [place]"


@pytest.mark.parametrize("name", ["town.osm.pbf", "town.osm", "town.osm.gz"])
def test_an_empty_file(tmp_path, name):
    """A download that never began."""
    (tmp_path / name).touch()
    assert refusal(SourceError, read_network, tmp_path / name) == f"{name}: the file is empty; download it again"


def test_a_file_of_a_kind_that_holds_no_streets(tmp_path):
    """The list of what can be read."""
    path = tmp_path / "town.shp"
    path.write_bytes(b"x")
    assert refusal(SourceError, read_network, path) == (
        "town.shp: not a known kind of OpenStreetMap file; use .osm.pbf, .pbf, .osm, .osm.gz, .osm.bz2"
    )


def assert_unreadable(message: str, name: str) -> None:
    """Hold a message against the sentence around osmium's own words."""
    start, end = (
        f"{name}: cannot be read as OpenStreetMap data (",
        "); it may be cut short or of another kind: download it again",
    )
    assert message.startswith(start)
    assert message.endswith(end)
    assert len(message) > len(start) + len(end)


@pytest.mark.parametrize("share", [0.001, 0.01, 0.3, 0.5, 0.9, 0.9999])
def test_a_file_that_is_cut_short(tmp_path, share):
    """A download that broke off anywhere."""
    whole = TOWNS["karhula"].read_bytes()
    (tmp_path / "cut.osm.pbf").write_bytes(whole[: int(share * len(whole))])
    assert_unreadable(refusal(SourceError, read_network, tmp_path / "cut.osm.pbf"), "cut.osm.pbf")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.osm.pbf", b"<!DOCTYPE html><html><body>Not found</body></html>"),
        ("noise.osm.pbf", bytes(range(256)) * 20),
        ("page.osm", b"<!DOCTYPE html><html><body>Not found</body></html>"),
        ("cut.osm", b"<?xml version='1.0'?><osm version='0.6'><node id='1' lat='1' lon='1'/>"),
        ("noise.osm.gz", b"not gzip at all"),
        ("noise.osm.bz2", b"not bzip2 at all"),
    ],
)
def test_a_file_of_something_else(tmp_path, name, content):
    """An error page saved under the name of the data, most often."""
    (tmp_path / name).write_bytes(content)
    assert_unreadable(refusal(SourceError, read_network, tmp_path / name), name)


def test_a_file_without_streets(tmp_path):
    """A PBF with one bench, and a file whose only way is a river."""
    path = tmp_path / "bench.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        writer.add_node(osmium.osm.mutable.Node(id=1, location=(7.4, 43.7), tags={"amenity": "bench"}, version=1))
    sentence = "{}: holds no walkable street; check that it was not filtered down to something else"
    assert refusal(SourceError, read_network, path) == sentence.format("bench.osm.pbf")
    river = write_osm(tmp_path / "river.osm", {1: (0, 0), 2: (9, 9)}, {1: ([1, 2], {"waterway": "river"})})
    assert refusal(SourceError, read_network, str(river)) == sentence.format("river.osm")
    lost = write_osm(tmp_path / "lost.osm", {1: (0, 0)}, {1: ([7, 8], {"highway": "path"})})
    assert refusal(SourceError, read_network, lost) == sentence.format("lost.osm")


@pytest.mark.parametrize(
    ("source", "kind"), [(5, "int"), (None, "NoneType"), ([1, 2], "list"), (pd.DataFrame(), "DataFrame")]
)
def test_something_that_holds_no_streets(source, kind):
    """The name of its type, and what would do."""
    assert refusal(SourceError, read_network, source) == (
        f"a {kind} holds no streets that walkcircle can read; give the path of an OpenStreetMap file, "
        "an osmnx or networkx graph, or a GeoDataFrame of lines"
    )


# ── studies ─────────────────────────────────────────────────────────────────────────────────────


def study_of(tmp_path, text: str):
    """Write a study file and return its path."""
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


GOOD = 'title = "T"\n[place]\nfile = "town.osm"\n'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("minuts = [5]\n" + GOOD, "study.toml: unknown key 'minuts'; did you mean 'minutes'?"),
        (GOOD + 'fil = "x"\n', "study.toml: unknown key 'fil' in [place]; did you mean 'file'?"),
        (
            GOOD + "[communities]\nhexagon = 3\n",
            "study.toml: unknown key 'hexagon' in [communities]; did you mean 'hexagon_m'?",
        ),
        (
            GOOD + "[snapping]\nwithin = 3\n",
            "study.toml: unknown key 'within' in [snapping]; did you mean 'within_m'?",
        ),
        ('title = "T"\n', "study.toml: key 'place' is missing"),
        ('[place]\nfile = "x.osm"\n', "study.toml: key 'title' is missing"),
        (
            'standard = "hangzou"\n' + GOOD,
            (
                "standard 'hangzou' is not known; did you mean hangzhou? "
                f"choose {', '.join(list_standards())}, or give the path of your own .toml"
            ),
        ),
        (
            'walkers = ["adult", "granny"]\n' + GOOD,
            (
                "walker 'granny' is not known; choose adult, child, elder, elder-limited, pram, "
                "wheelchair, or give the path of your own .toml"
            ),
        ),
        (
            "minutes = [15, 5]\n" + GOOD,
            "study.toml: minutes should grow, as in [5, 10, 15]; [15, 5] does not",
        ),
        (
            "walkers = []\n" + GOOD,
            "study.toml: walkers needs at least one, each with its own name; it has []",
        ),
        (
            'title = "T"\n[place]\nfile = "x.osm"\nname = "X"\n',
            "study.toml: [place] needs exactly one of file, name and bbox; it has file and name",
        ),
    ],
)
def test_a_study_that_cannot_be_meant(tmp_path, text, sentence):
    """A slip of the finger is answered with the nearest key that there is."""
    assert refusal(StudyError, read_study, study_of(tmp_path, text)) == sentence


def test_a_study_that_is_not_there(tmp_path):
    """With the way to make one."""
    path = tmp_path / "study.toml"
    assert refusal(StudyError, read_study, path) == (
        f"{path}: there is no such file; check the path, or make a study with 'walkcircle new'"
    )


def test_a_study_that_is_not_toml(tmp_path):
    """With the place where it stops making sense."""
    message = refusal(StudyError, read_study, study_of(tmp_path, "title = \n"))
    assert message.startswith("study.toml: not valid TOML: ")
    assert "line 1" in message


# ── places ──────────────────────────────────────────────────────────────────────────────────────

LAND = {
    1: (0, 0),
    2: (200, 0),
    3: (200, 200),
    4: (0, 200),
    5: (20, 20),
    6: (40, 20),
    7: (40, 40),
    8: (20, 40),
}
HOUSE = ([5, 6, 7, 8, 5], {"building": "house"})
STREET = ([1, 2], {"highway": "residential"})
BORDER = ([1, 2, 3, 4, 1], {"boundary": "administrative", "admin_level": "9", "name": "Northside"})


def place_of(tmp_path, ways, sections: str = ""):
    """Read the place of a study of a file with these ways."""
    write_osm(tmp_path / "town.osm", LAND, ways)
    return read_place(read_study(study_of(tmp_path, GOOD + sections)))


def test_a_town_without_homes(tmp_path):
    """Streets alone say nothing of where walks start."""
    assert refusal(SourceError, place_of, tmp_path, {1: STREET}) == (
        "the file maps no home (a building typed as homes, or any building on residential land); "
        'give your own under [residences] with source = "file"'
    )


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        (
            "admin_level = 10\n",
            (
                "[communities]: no complete boundary of admin_level 10 in the file; it holds: "
                'level 9: Northside; or use source = "hexagons"'
            ),
        ),
        (
            'admin_level = 9\nnames = ["Southside"]\n',
            (
                "[communities]: no complete boundary of admin_level 9 named 'Southside' in the file; "
                'it holds: level 9: Northside; or use source = "hexagons"'
            ),
        ),
        ("", "[communities] needs admin_level; complete boundaries in the file: level 9: Northside"),
    ],
)
def test_a_boundary_that_is_not_in_the_file(tmp_path, section, sentence):
    """What there is instead, by level."""
    ways = {1: STREET, 2: HOUSE, 3: BORDER}
    assert refusal(SourceError, place_of, tmp_path, ways, f'[communities]\nsource = "osm"\n{section}') == sentence


def test_a_file_without_any_boundary(tmp_path):
    """Then hexagons are the cure."""
    ways = {1: STREET, 2: HOUSE}
    assert refusal(SourceError, place_of, tmp_path, ways, '[communities]\nsource = "osm"\nadmin_level = 9\n') == (
        '[communities]: no complete boundary of admin_level 9 in the file; it holds: none; or use source = "hexagons"'
    )


def test_a_town_whose_homes_lie_outside_its_communities(tmp_path):
    """The border is elsewhere."""
    nodes = LAND | {11: (900, 900), 12: (990, 900), 13: (990, 990)}
    ways = {1: STREET, 2: HOUSE, 3: ([11, 12, 13, 11], BORDER[1])}
    write_osm(tmp_path / "town.osm", nodes, ways)
    study = read_study(study_of(tmp_path, GOOD + '[communities]\nsource = "osm"\nadmin_level = 9\n'))
    assert refusal(TableError, read_place, study) == (
        "no residence lies inside the communities; check that both are in the same place and CRS"
    )


# ── tables at the door ──────────────────────────────────────────────────────────────────────────

NETWORK = draw_network(grid_paths(3, 3))
HOMES = make_residences([("a", 10, (0, 0)), ("b", 20, (100, 0))])
PEOPLE = "a number of at least 0 (people), never missing"
AREA = make_communities({"c": shapely.box(-50, -50, 250, 250)})
SHOPS = make_facilities([("s", "shop", (200, 0))])
STANDARD = make_standard(make_kind("shop"))


def door(residences=HOMES, facilities=SHOPS, communities=AREA):
    """Make a place, which is where tables are checked."""
    return make_place(NETWORK, residences, facilities, communities, STANDARD)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"population": [10.0, -1.0]},
            f"residences: column 'population', row 1: -1.0 should be {PEOPLE}",
        ),
        (
            {"population": [float("nan"), 1.0]},
            f"residences: column 'population', row 0: nan should be {PEOPLE}",
        ),
        (
            {"population": [1.0, float("inf")]},
            f"residences: column 'population', row 1: inf should be {PEOPLE}",
        ),
        (
            {"population": ["ten", 1]},
            f"residences: column 'population', row 0: 'ten' should be {PEOPLE}",
        ),
        (
            {"residence": ["a", "a"]},
            ("residences: column 'residence', row 0: 'a' should be a text, different in each row, never missing"),
        ),
        (
            {"dwellings": [1.0, -2.0]},
            "residences: column 'dwellings', row 1: -2.0 should be a number of at least 0 (homes)",
        ),
    ],
)
def test_a_value_that_cannot_be(change, sentence):
    """Column, row, value, and what it should be, in plain words."""
    assert refusal(TableError, door, HOMES.assign(**change)) == sentence


def test_the_row_is_named_as_the_table_names_it():
    """By its label, not by its position."""
    homes = HOMES.assign(population=[1.0, -5.0]).set_index(pd.Index([11, 17]))
    assert ", row 17: -5.0 should be" in refusal(TableError, door, homes)
    named = HOMES.assign(population=[1.0, -5.0]).set_index(pd.Index(["north", "south"]))
    assert ", row 'south': -5.0 should be" in refusal(TableError, door, named)


def test_a_column_that_is_missing():
    """What it holds, and which columns there are."""
    assert refusal(TableError, door, HOMES.drop(columns="population")) == (
        "residences: column 'population' (residents) is missing; the columns are: residence, geometry"
    )
    assert refusal(TableError, door, HOMES, SHOPS.drop(columns="kind")).startswith(
        "facilities: column 'kind' (kind of "
    )


@pytest.mark.parametrize(
    ("homes", "sentence"),
    [
        (
            HOMES.to_crs(4326),
            ("residences: coordinates are in degrees (EPSG:4326); project first: .to_crs(frame.estimate_utm_crs())"),
        ),
        (
            HOMES.set_crs(None, allow_override=True),
            "residences: no coordinate reference system; set one with .set_crs()",
        ),
        (
            HOMES.to_crs(32632),
            "residences: the CRS is not that of the streets; reproject with .to_crs(network.crs)",
        ),
        (
            HOMES.set_geometry([shapely.Point(0, 0), shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])], crs=METRES),
            "residences: the shape of row 1 crosses itself; mend it with .make_valid()",
        ),
        (
            HOMES.set_geometry([shapely.Point(), shapely.Point(0, 0)], crs=METRES),
            "residences: row 0 has no geometry; remove the row or give it one",
        ),
        (
            HOMES.set_geometry([shapely.Point(0, 0), None], crs=METRES),
            "residences: row 1 has no geometry; remove the row or give it one",
        ),
        (
            pd.DataFrame(HOMES),
            "residences: a plain table has no place on earth; make it a GeoDataFrame with a CRS",
        ),
    ],
    ids=["degrees", "no CRS", "other CRS", "self-crossing", "empty", "missing", "plain"],
)
def test_a_geometry_that_cannot_be_used(homes, sentence):
    """Each with its cure."""
    assert refusal(TableError, door, homes) == sentence


def test_a_facility_listed_twice():
    """Two registers that both count from one, say."""
    twice = make_facilities([("s", "shop", (0, 0)), ("s", "shop", (9, 9))])
    assert refusal(TableError, door, HOMES, twice) == (
        "facilities: 's' of kind 'shop' is listed twice; give each place its own id or drop one row"
    )
    door(HOMES, make_facilities([("s", "shop", (0, 0)), ("s", "school", (0, 0))]))


def test_degrees_and_shapes_are_refused_by_the_verbs_of_walking_too():
    """A notebook may call them without any place."""
    homes = points((0, 0), labels=["a"])
    assert refusal(TableError, measure_times, NETWORK, homes.to_crs(4326), homes, STROLLER).startswith(
        "origins: coordinates are in degrees (EPSG:4326); project first"
    )
    bow = homes.set_axis(["a"]).apply(lambda _: shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)]))
    assert refusal(TableError, walk, NETWORK, bow.set_crs(METRES), STROLLER) == (
        "origins: the shape of row 'a' crosses itself; mend it with .make_valid()"
    )


# ── what is odd but no reason to refuse ─────────────────────────────────────────────────────────


def test_a_facility_five_kilometres_from_any_street_is_listed_and_not_lost():
    """It covers nobody, and the reader is told why."""
    shops = make_facilities([("s", "shop", (200, 0)), ("far", "shop", (200, -5000))])
    answer = analyse(door(HOMES, shops), make_study(STANDARD))
    row = answer.unsnapped.to_dict("records")
    assert row == [
        {
            Unsnapped.layer: "facilities", Unsnapped.item: "far",
            Unsnapped.reason: "no usable street within 100 m", Unsnapped.distance_m: 5000.0,
        }
    ]  # fmt: skip
    assert len(answer.place.facilities) == 2
    assert answer.communities[CommunityCoverage.share].tolist() == [1.0]


def test_a_community_without_residents_is_kept_without_a_score():
    """A lake with a border."""
    areas = make_communities({"c": shapely.box(-50, -50, 250, 250), "lake": shapely.box(900, 900, 950, 950)})
    answer = analyse(door(HOMES, SHOPS, areas), make_study(STANDARD))
    lake = answer.checkup.set_index(Checkup.community).loc["lake"]
    assert lake[Checkup.population] == 0
    assert pd.isna(lake[Checkup.index])
    assert not lake[Checkup.weakest]
    assert "lake" not in answer.gaps["community"].tolist()


# ── questions that cannot be answered ───────────────────────────────────────────────────────────


def test_homes_that_are_nowhere_near_the_streets():
    """Another town's register."""
    homes = make_residences([("a", 10, (9000, 9000))])
    area = make_communities({"c": shapely.box(8000, 8000, 9999, 9999)})
    assert refusal(NetworkError, analyse, door(homes, SHOPS, area), make_study(STANDARD)) == (
        "no home lies within 100 m of a street; check that homes and streets are of the same place, "
        "or raise [snapping] within_m"
    )


def test_isochrones_longer_than_their_walks():
    """They would look like a wall that is not there."""
    reach = walk(NETWORK, points((0, 0)), STROLLER, limit_min=5)
    assert refusal(NetworkError, trace_isochrones, reach, [5, 15]) == (
        "isochrones of 15 min need walks as long; walk with limit_min=15 or more"
    )


def test_a_proposed_site_that_no_street_reaches():
    """How far it is, and what would help."""
    sites = Proposals(METRES)
    sites.add("shop", shapely.Point(200, -1500))
    answer = analyse(door(), make_study(STANDARD))
    assert refusal(TableError, measure_effect, answer, sites) == (
        "the proposed site 0 is 1,500 m from the nearest street; a site must lie within 100 m of one "
        "([snapping] within_m)"
    )


def test_a_proposed_site_of_a_kind_that_is_not_in_the_standard():
    """The kinds there are."""
    sites = Proposals(METRES)
    sites.add("castle", shapely.Point(200, 0))
    assert refusal(StudyError, measure_effect, analyse(door(), make_study(STANDARD)), sites) == (
        "kind 'castle' is not in the standard 'test'; its kinds are: shop"
    )


def test_every_error_is_one_of_a_small_tree():
    """The command line catches the root alone."""
    assert {kind.__mro__[1] for kind in (StudyError, SourceError, TableError, NetworkError)} == {WalkCircleError}
