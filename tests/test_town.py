"""The made-up town: first the answers worked out with pencil, then what the town must hold."""

from itertools import pairwise

import geopandas as gpd
import osmium
import pandas as pd
import pytest
import shapely
from builders import TOWNS

from walkcircle.sources.town import (
    COMMUNITIES,
    CRS,
    GROUP_COLUMNS,
    IDLE_SITES,
    KNOWN_GAPS,
    MADE_UP,
    PENCIL_WALKS,
    PLAN,
    REGISTER,
    KnownGap,
    PencilWalk,
    write_town,
)
from walkcircle.tables import (
    Candidates,
    Checkup,
    Clusters,
    Communities,
    Completeness,
    Coverage,
    Facilities,
    Gaps,
    Residences,
    WalkTimes,
)
from walkcircle.walkers import Walker
from walkcircle.walking import measure_times

FILES = ("town.osm", "residences.csv", "communities.geojson", "facilities.csv", "idle.csv", "study.toml")
AGES = ["pop_0_3", "pop_3_6", "pop_6_12", "pop_12_15", "pop_16_35", "pop_60"]


@pytest.fixture(scope="module")
def folder():
    return TOWNS["town"].parent


@pytest.fixture(scope="module")
def answer(analyses):
    return analyses["town"]


@pytest.fixture(scope="module")
def study(answer):
    return answer.study


@pytest.fixture(scope="module")
def place(answer):
    return answer.place


@pytest.fixture(scope="module")
def people(folder):
    return pd.read_csv(folder / "residences.csv")


@pytest.fixture(scope="module")
def ways(folder):
    """Every way of the map with its tags, its nodes and its line in metres."""
    found = []
    for thing in osmium.FileProcessor(folder / "town.osm").with_locations():
        if thing.is_way():
            line = shapely.LineString([(node.lon, node.lat) for node in thing.nodes])
            found.append((dict(thing.tags), [node.ref for node in thing.nodes], line))
    columns = pd.DataFrame(found, columns=["tags", "nodes", "line"])
    return gpd.GeoDataFrame(columns.drop(columns="line"), geometry=columns["line"], crs=4326).to_crs(CRS)


def tagged(ways, **wanted):
    return ways[ways["tags"].map(lambda tags: all(tags.get(key) == value for key, value in wanted.items()))]


# ── pencil answers ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("walk", PENCIL_WALKS, ids=lambda walk: walk.how)
@pytest.mark.parametrize("gates", ["open", "resident"])
def test_a_walk_takes_the_minutes_worked_out_by_hand(place, walk: PencilWalk, gates):
    """80 metres a minute, so that 285 m take 3.5625 min; the map holds places to a centimetre."""
    home = place.residences.set_index(Residences.residence).loc[[walk.home]]
    facility = place.facilities.set_index(Facilities.facility).loc[[walk.facility]]
    walker = Walker(speed_kmh=4.8, gates=gates)
    times = measure_times(place.network, home, facility, walker=walker, limit_min=None)
    assert len(times) == 1
    assert times[WalkTimes.metres].iloc[0] == pytest.approx(walk.metres, abs=0.05)
    assert times[WalkTimes.minutes].iloc[0] == pytest.approx(walk.metres / 80, abs=0.05 / 80)


def test_the_wall_makes_a_short_way_long(place):
    """The market is 65 m from the door in a straight line, and 745 m on foot."""
    home = place.residences.set_index(Residences.residence).geometry["c4-sw-5"]
    market = place.facilities.set_index(Facilities.facility).geometry["fresh_market-c4-south"]
    assert home.distance(market) == pytest.approx(65, abs=0.05)


def test_strangers_do_not_enter_an_estate(place):
    """Back from the neighbourhood's centre nobody but a resident gets through the gate."""
    home = place.residences.set_index(Residences.residence).loc[["d1-nw-1"]]
    centre = place.facilities.set_index(Facilities.facility).loc[["home_care_centre-d1"]]
    there = Walker(speed_kmh=4.8, gates="resident")
    back = measure_times(place.network, centre, home, walker=there, limit_min=None)
    assert back.empty


@pytest.mark.parametrize("gap", KNOWN_GAPS, ids=lambda gap: gap.kind)
def test_a_known_gap_is_found_and_is_the_only_one_of_its_kind(answer, study, people, gap: KnownGap):
    """It leaves out the people whom the kind serves: children, elders, or everybody."""
    gaps = answer.gaps[answer.gaps[Gaps.kind] == gap.kind]
    names = answer.checkup.set_index(Checkup.community)[Checkup.name]
    assert list(gaps[Gaps.community].map(names)) == [gap.community]
    group = study.standard.kind(gap.kind).group
    counted = {"all": Residences.population, **GROUP_COLUMNS}[group]
    without = people.loc[people["id"].str.startswith(gap.block), counted].sum()
    assert gaps[Gaps.residents_without].iloc[0] == without
    assert gaps[Gaps.verdict].iloc[0] == "gap"


@pytest.mark.parametrize("gap", KNOWN_GAPS, ids=lambda gap: gap.kind)
def test_a_known_gap_is_in_its_block_and_nowhere_else(answer, gap: KnownGap):
    """By home, not by community: each cluster lies in one block, so its first residence tells which."""
    kind = answer.coverage[answer.coverage[Coverage.kind] == gap.kind]
    starts = answer.clusters.geometry.set_axis(answer.clusters[Clusters.cluster]).loc[kind[Coverage.cluster]]
    homes = answer.place.residences
    nearest = homes.geometry.sindex.nearest(starts.to_numpy(), return_all=False)[1]
    in_block = homes[Residences.residence].iloc[nearest].str.startswith(gap.block).to_numpy()
    assert in_block.any()
    assert (kind[Coverage.covered].to_numpy() == ~in_block).all()


@pytest.mark.parametrize("site", IDLE_SITES, ids=lambda site: site.block)
def test_an_idle_site_is_read_as_it_is_known(place, site):
    """A kind's word of the list stands for the kind; costs are in ten thousand yuan."""
    kinds = {word: kind for kind, (word, _) in REGISTER.items()} | {"不限": "*"}
    row = place.candidates.set_index(Candidates.candidate).loc[site.id]
    names = place.communities.set_index(Communities.community)[Communities.name]
    community = next(name for name, (_, blocks) in COMMUNITIES.items() if site.block in blocks.split())
    assert (row[Candidates.name], names[row[Candidates.community]]) == (site.name, community)
    told = None if pd.isna(row[Candidates.kinds]) else set(row[Candidates.kinds].split(";"))
    assert told == (None if site.kinds is None else {kinds[word] for word in site.kinds.split("、")})
    for column, value in (
        (Candidates.area_m2, site.area_m2),
        (Candidates.floor_m2, site.floor_m2),
        (Candidates.level, site.level),
        (Candidates.from_year, site.from_year),
        (Candidates.capex, None if site.capex is None else site.capex * 10_000),
        (Candidates.opex, None if site.opex is None else site.opex * 10_000),
        (Candidates.barrier_free, {"是": True, "否": False, None: None}[site.barrier_free]),
    ):
        assert pd.isna(row[column]) if value is None else row[column] == value


def test_idle_sites_stand_where_the_known_gaps_are():
    assert {gap.block for gap in KNOWN_GAPS} <= {site.block for site in IDLE_SITES}


def test_nobody_lives_in_the_new_development_and_it_has_no_index(answer):
    row = answer.checkup.set_index(Checkup.name).loc["新港社区"]
    assert row[Checkup.population] == 0
    assert pd.isna(row[Checkup.index])


def test_everything_is_joined_to_the_streets(place, answer):
    assert answer.unsnapped.empty
    assert place.notes == ()


def test_registered_kinds_are_firm_and_those_the_map_hardly_knows_are_to_be_checked(place):
    grades = place.completeness.groupby(Completeness.kind)[Completeness.grade].unique()
    assert all(list(grades[kind]) == ["firm"] for kind in REGISTER)
    assert all(list(grades[kind]) == ["check"] for kind in ("culture_room", "rehab_station"))


# ── what is written ────────────────────────────────────────────────────────────────────────────────────


def test_the_same_seed_writes_the_same_bytes(folder, tmp_path):
    again = write_town(tmp_path).parent
    assert [(again / name).read_bytes() for name in FILES] == [(folder / name).read_bytes() for name in FILES]


def test_another_seed_moves_people_but_no_street_and_no_facility(folder, tmp_path):
    other = write_town(tmp_path, seed=2).parent
    assert (other / "residences.csv").read_bytes() != (folder / "residences.csv").read_bytes()
    assert (other / "facilities.csv").read_bytes() == (folder / "facilities.csv").read_bytes()

    def coordinates(of):
        return [line for line in (of / "town.osm").read_text("utf-8").splitlines() if "<node" in line]

    assert coordinates(other) == coordinates(folder)


@pytest.mark.parametrize("name", FILES)
def test_every_file_says_that_it_is_made_up(folder, name):
    assert MADE_UP in (folder / name).read_text(encoding="utf-8")


def test_the_town_lies_in_the_open_sea(people):
    assert people["lon"].between(122.98, 123.02).all()
    assert people["lat"].between(29.48, 29.52).all()


def test_the_town_has_thirty_to_forty_thousand_people_in_sixteen_communities(people, place):
    assert 30_000 < people[Residences.population].sum() < 40_000
    assert len(place.communities) == 16
    assert place.communities["subdistrict"].nunique() == 3
    assert place.communities.geom_type.eq("Polygon").all()


def test_official_populations_are_the_sums_of_their_homes(people, place):
    assert place.communities[Communities.population].sum() == people[Residences.population].sum()
    inside = place.residences.sjoin(place.communities[[Communities.community, "geometry"]])
    assert len(inside) == len(people)
    counted = inside.groupby(Communities.community)[Residences.population].sum()
    official = place.communities.set_index(Communities.community)[Communities.population]
    assert official.sub(counted, fill_value=0).eq(0).all()


def test_age_groups_fit_into_the_population(people):
    assert (people[AGES].sum(axis=1) <= people[Residences.population]).all()
    assert (people["pop_80"] <= people["pop_60"]).all()
    assert (people["pop_disabled"] <= people[Residences.population]).all()
    assert (people[Residences.dwellings] == 4 * people["floors"]).all()


def test_the_old_live_in_the_lanes_and_children_in_the_estates(people):
    by_estate = people.groupby(people[Residences.estate].notna())[[*AGES, Residences.population]].sum()
    shares = by_estate.div(by_estate[Residences.population], axis=0)
    assert shares.loc[False, "pop_60"] > 1.5 * shares.loc[True, "pop_60"]
    assert shares.loc[True, "pop_6_12"] > shares.loc[False, "pop_6_12"]


def test_every_estate_has_its_one_to_three_gates_in_its_wall(folder, ways):
    gates = {thing.id for thing in osmium.FileProcessor(folder / "town.osm") if thing.tags.get("barrier") == "gate"}
    walls = tagged(ways, barrier="wall")
    counted = walls["nodes"].map(lambda nodes: len(gates.intersection(nodes)))
    wanted = [int(use) for uses in PLAN.values() for use in uses if use.isdigit() for _ in range(4)]
    assert sorted(counted) == sorted(wanted)
    assert counted.min() >= 1
    assert walls["tags"].map(lambda tags: tags["name"]).is_unique


def test_estates_are_entered_by_their_gates_only(folder, ways):
    """A private path and a public street share no node but a gate."""
    gates = {thing.id for thing in osmium.FileProcessor(folder / "town.osm") if thing.tags.get("barrier") == "gate"}
    streets = ways[ways["tags"].map(lambda tags: "highway" in tags)]
    private = streets["tags"].map(lambda tags: tags.get("access") == "private")
    inside, outside = ({n for nodes in part["nodes"] for n in nodes} for part in (streets[private], streets[~private]))
    assert inside & outside == gates


def test_the_river_is_crossed_by_three_bridges_and_the_railway_by_one_underpass(ways):
    streets = ways[ways["tags"].map(lambda tags: "highway" in tags)]
    river = tagged(ways, waterway="river").geometry.iloc[0]
    railway = tagged(ways, railway="rail").geometry.iloc[0]
    over, under = streets[streets.crosses(river)], streets[streets.crosses(railway)]
    assert len(over) == len(tagged(over, bridge="yes")) == 3
    assert len(under) == len(tagged(under, tunnel="yes")) == 1


def test_the_hill_is_climbed_by_steps_and_the_square_is_an_area(ways):
    assert len(tagged(ways, highway="steps")) == 1
    assert len(tagged(ways, highway="pedestrian", area="yes")) == 1
    assert len(tagged(ways, leisure="park")) == 2


def test_streets_are_exact_to_a_centimetre(ways):
    """Corners lie on whole metres of the paper."""
    xy = shapely.get_coordinates(ways.geometry.to_numpy())
    assert abs(xy - xy.round()).max() < 0.01


def test_streets_that_meet_share_a_node(ways):
    streets = ways[ways["tags"].map(lambda tags: "highway" in tags and "area" not in tags)]
    at = {}
    for nodes, line in zip(streets["nodes"], streets.geometry, strict=True):
        at |= dict(zip(nodes, map(shapely.Point, line.coords), strict=True))
    corners = gpd.GeoSeries(at)
    near, street = streets.sindex.query(corners.buffer(0.05), predicate="intersects")
    on_line = [corners.index[n] in streets["nodes"].iloc[s] for n, s in zip(near, street, strict=True)]
    assert all(on_line)


def test_no_street_is_drawn_twice(ways):
    streets = ways[ways["tags"].map(lambda tags: "highway" in tags and "area" not in tags)]
    stretches = [frozenset(pair) for nodes in streets["nodes"] for pair in pairwise(nodes)]
    assert len(set(stretches)) == len(stretches)


def test_no_way_stands_still(ways):
    assert all(a != b for nodes in ways["nodes"] for a, b in pairwise(nodes))


def test_the_register_holds_fourteen_kinds_and_the_map_the_other_six(place, study):
    sources = place.facilities.groupby(Facilities.kind)[Facilities.source].unique()
    assert set(sources.index) == {kind.id for kind in study.standard.kinds}
    assert len(REGISTER) == 14
    assert all(("osm" in list(source)) == (kind not in REGISTER) for kind, source in sources.items())
