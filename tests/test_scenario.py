"""Scenario: what proposals would change, by pencil and against whole analyses of the place that they make."""

from __future__ import annotations

from contextlib import suppress
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
from hypothesis import assume, given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from pyproj import Transformer

import walkcircle as wc
from walkcircle.analysis import analyse
from walkcircle.changes import measure_covered
from walkcircle.errors import NetworkError, StudyError, TableError
from walkcircle.footing import make_footing
from walkcircle.network import LINK, Profile
from walkcircle.proposals import Proposals, Scenario
from walkcircle.scenario import measure_effect
from walkcircle.tables import CommunityCoverage, Coverage, Effects, Facilities, Residences, check_table
from walkcircle.works import build_place

STANDARD = make_standard(make_kind("shop", 2), make_kind("clinic", 4))


@pytest.fixture(scope="module")
def street():
    """Analyse one street of 600 m at 1 m/s, with homes every 200 m, two communities, and a shop at its west end."""
    network = draw_network([[(0, 0), (300, 0)], [(300, 0), (600, 0)]])
    homes = make_residences([("a", 10, (0, 0)), ("b", 20, (200, 0)), ("c", 30, (400, 0)), ("d", 40, (600, 0))])
    communities = make_communities({"west": shapely.box(-50, -50, 300, 50), "east": shapely.box(300, -50, 650, 50)})
    place = make_place(network, homes, make_facilities([("s", "shop", (0, 0))]), communities, STANDARD)
    return analyse(place, make_study(STANDARD))


def propose(*sites) -> Proposals:
    proposals = Proposals(METRES)
    for kind, x in sites:
        proposals.add(kind, shapely.Point(x, 0))
    return proposals


def rows(effects, kind) -> list[tuple]:
    """Return newly served, nearer and still without, west then east."""
    mine = effects[effects[Effects.kind] == kind].set_index(Effects.community)
    columns = [Effects.newly_served, Effects.nearer, Effects.still_without]
    return [tuple(mine.loc[community, columns]) for community in ("west", "east")]


def test_a_second_shop_serves_whom_it_is_near_and_shortens_other_walks(street):
    """At 390 m it is 10 m from c; d walks 210 m and b 190 m, who walked 600 m and 200 m; the limit is 120 m."""
    assert rows(measure_effect(street, propose(("shop", 390))), "shop") == [(0, 20, 20), (30, 70, 40)]


def test_the_first_clinic_of_a_town_serves_whom_it_reaches(street):
    """There is none yet; from 500 m, c and d walk 100 m, b walks 300 m and a walks 500 m; the limit is 240 m."""
    assert rows(measure_effect(street, propose(("clinic", 500))), "clinic") == [(0, 30, 30), (70, 70, 0)]


def test_two_sites_count_nobody_twice(street):
    """Both reach c and d; the one at 300 m reaches b as well."""
    assert rows(measure_effect(street, propose(("clinic", 500), ("clinic", 300))), "clinic") == [
        (20, 30, 10),
        (70, 70, 0),
    ]


def test_what_was_asked_before_changes_no_answer(street):
    one, other = propose(("clinic", 500), ("shop", 390)), propose(("shop", 10), ("shop", 590))
    first = measure_effect(street, one)
    measure_effect(street, other)
    assert_frame_equal(measure_effect(street, one), first, check_exact=True)


@pytest.mark.parametrize("sites", [[("shop", 390)], [("clinic", 500), ("clinic", 20)], [("clinic", 0), ("shop", 600)]])
def test_the_shares_are_those_of_a_whole_analysis_with_the_sites_added(street, sites):
    proposals = propose(*sites)
    facilities = pd.concat([street.place.facilities, proposals.to_gdf()], ignore_index=True)
    after = analyse(replace(street.place, facilities=gpd.GeoDataFrame(facilities, crs=METRES)), street.study)
    effects = measure_effect(street, proposals)
    for column, answer in ((Effects.share_before, street), (Effects.share_after, after)):
        keys = [CommunityCoverage.community, CommunityCoverage.kind]
        whole = answer.communities.set_index(keys)[CommunityCoverage.share]
        found = effects.set_index([Effects.community, Effects.kind])[column]
        assert found.to_dict() == pytest.approx(whole.reindex(found.index).to_dict())


# ── what closes and moves ───────────────────────────────────────────────────────────────────────


def column(effects, kind, name) -> list[float]:
    """Return one column of a kind, west then east."""
    mine = effects[effects[Effects.kind] == kind].set_index(Effects.community)
    return mine[name].reindex(["west", "east"]).tolist()


def metres() -> Scenario:
    """Begin a scenario in metres, as pencils draw."""
    return Scenario(crs=METRES)


def test_a_shop_that_closes_is_lost_to_whom_it_served(street):
    """The ten at its door are without; b walks 200 m and was without before, and nobody is newly served."""
    effects = measure_effect(street, metres().close_facility("s"))
    check_table(effects, Effects, where="effects")
    assert column(effects, "shop", Effects.lost) == [10, 0]
    assert column(effects, "shop", Effects.farther) == [30, 70]
    assert column(effects, "shop", Effects.covered_before) == [10, 0]
    assert column(effects, "shop", Effects.covered_after) == [0, 0]
    assert rows(effects, "shop") == [(0, 0, 30), (0, 0, 70)]


def test_a_shop_that_moves_is_lost_here_and_gained_there(street):
    """At 390 m it serves c, 10 m away; a walks 390 m instead of none, b 190 instead of 200, d 210 instead of 600."""
    effects = measure_effect(street, metres().move_facility("s", 390, 0))
    assert rows(effects, "shop") == [(0, 20, 30), (30, 70, 40)]
    assert column(effects, "shop", Effects.lost) == [10, 0]
    assert column(effects, "shop", Effects.farther) == [10, 0]
    assert column(effects, "shop", Effects.share_after) == [0, 30 / 70]


def test_of_several_edits_of_one_facility_the_last_counts(street):
    """It goes to and fro, a proposed one closes again, and one that closed opens elsewhere."""
    there = metres().move_facility("s", 390, 0)
    for scenario in (
        metres().move_facility("s", 10, 0).move_facility("s", 390, 0),
        metres().close_facility("s").add_facility("shop", 390, 0, facility="s"),
        there.add_facility("shop", 0, 0, facility="new").close_facility("new"),
        there.add_facility("shop", 0, 0).close_facility("proposal/0"),
    ):
        assert_frame_equal(measure_effect(street, scenario), measure_effect(street, there), check_exact=True)


def test_a_place_of_two_kinds_may_lose_one_of_them():
    """A centre with a shop and a clinic closes its clinic; without a kind all of it goes."""
    network = draw_network([[(0, 0), (300, 0)]])
    homes = make_residences([("a", 10, (100, 0))])
    place = make_place(
        network, homes, make_facilities([("s", "shop", (0, 0)), ("s", "clinic", (0, 0))]),
        make_communities({"west": shapely.box(-50, -50, 400, 50)}), STANDARD,
    )  # fmt: skip
    answer = analyse(place, make_study(STANDARD))
    one, both = metres().close_facility("s", kind="clinic"), metres().close_facility("s")
    assert measure_effect(answer, one)[[Effects.kind, Effects.lost]].to_numpy().tolist() == [["clinic", 10]]
    assert measure_effect(answer, both)[[Effects.kind, Effects.lost]].to_numpy().tolist() == [
        ["shop", 10],
        ["clinic", 10],
    ]
    assert build_place(place, answer.study, one).facilities[Facilities.kind].tolist() == ["shop"]
    assert len(build_place(place, answer.study, both).facilities) == 0


# ── links and closed streets ────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def banks():
    """Two streets of 400 m along a river, 60 m apart and joined in the east; the shop is in the south-west.

    Homes: a beside the shop, b on the other bank at 100 m, c there at 400 m.
    """
    network = draw_network([[(0, 0), (400, 0)], [(400, 0), (400, 60)], [(400, 60), (0, 60)]])
    homes = make_residences([("a", 10, (0, 0)), ("b", 20, (100, 60)), ("c", 30, (400, 60))])
    communities = make_communities({"west": shapely.box(-50, -50, 300, 99), "east": shapely.box(300, -50, 450, 99)})
    place = make_place(network, homes, make_facilities([("s", "shop", (0, 0))]), communities, STANDARD)
    return analyse(place, make_study(make_standard(make_kind("shop", 3), make_kind("clinic", 4))))


def test_a_footbridge_brings_the_other_bank_within_the_limit(banks):
    """At 80 m: b walks 20 + 60 + 80 = 160 m and not 760, within 3 min; c 320 + 60 + 80 = 460, as before."""
    effects = measure_effect(banks, metres().add_link([(80, 10), (80, 45)], link_kind="footbridge"))
    assert rows(effects, "shop") == [(20, 20, 0), (0, 0, 30)]
    assert rows(effects, "clinic") == [(0, 0, 30), (0, 0, 30)]
    after = build_place(banks.place, banks.study, metres().add_link([(80, 10), (80, 45)])).network
    assert after.length_m[after.kind == LINK].tolist() == [60]
    assert sorted(after.length_m[after.kind != LINK].tolist()) == pytest.approx([80, 80, 320 + 60 + 320])


def test_who_lives_under_a_footbridge_keeps_their_street(banks):
    """At (105, 35) the south bank is 35 m away, the north bank 25 m and the bridge 5 m.

    Home e joins the north bank at 105 m and walks 25 m, then 5 + 60 + 100 m by the bridge, in place of
    25 + 295 + 60 + 400; by the bridge alone it would have been 5 m, then 35 + 100 m.
    """
    homes = make_residences([("e", 5, (105, 35))])
    answer = analyse(replace(banks.place, residences=homes), banks.study)
    bridge = metres().add_link([(100, 0), (100, 60)], link_kind="footbridge")
    assert answer.coverage[Coverage.minutes].dropna().tolist() == pytest.approx([780 / 60])
    after = analyse(build_place(answer.place, answer.study, bridge), answer.study)
    assert after.coverage[Coverage.minutes].dropna().tolist() == pytest.approx([190 / 60])


def test_who_has_no_street_joins_a_link(banks):
    """A home 150 m south of the street is on none; a path passes it at 10 m, and it is 150 + 100 m to the shop."""
    homes = make_residences([("a", 10, (0, 0)), ("f", 5, (110, -150))])
    communities = make_communities({"west": shapely.box(-50, -300, 300, 99), "east": shapely.box(300, -50, 450, 99)})
    answer = analyse(replace(banks.place, residences=homes, communities=communities), banks.study)
    path = metres().add_link([(100, 0), (100, -200), (150, -200), (150, 0)])
    effects = measure_effect(answer, path)
    assert column(effects, "shop", Effects.known_before) == [10, 0]
    assert column(effects, "shop", Effects.known_after) == [15, 0]
    assert column(effects, "shop", Effects.covered_after) == [10, 0]  # 260 m are more than 3 min
    after = analyse(build_place(answer.place, answer.study, path), answer.study).coverage
    assert sorted(after[Coverage.minutes].dropna()) == pytest.approx([0, 260 / 60])


def test_a_link_between_positions_on_edges_is_the_same_link(banks):
    """80 m from the west on both banks, whichever way the edges run."""
    network = banks.place.network
    spots = []
    for y in (0, 60):
        at = shapely.Point(80, y)
        edge = int(np.argmin(shapely.distance(network.lines, at)))
        spots.append((edge, float(shapely.line_locate_point(network.lines[edge], at, normalized=True))))
    drawn, named = metres().add_link([(80, 0), (80, 60)]), metres().join_edges(*spots)
    assert_frame_equal(measure_effect(banks, named), measure_effect(banks, drawn), check_exact=True)


def test_who_lives_at_a_closed_street_joins_another(street):
    """The street from 300 m eastwards closes: d at 600 m is on no street, and c walks the 100 m to where it begins."""
    network = street.place.network
    assert len(network.ends) == 1  # the two stretches are one
    parted = replace(street.place, network=draw_network([[(0, 0), (300, 0)], [(300, 0), (600, 0)]], merge=False))
    answer = analyse(parted, street.study)
    shop = metres().move_facility("s", 280, 0)
    closed = shop.close_street(way=1001)
    east = [column(measure_effect(answer, one), "shop", Effects.known_after)[1] for one in (shop, closed)]
    assert east == [70, 30]
    effects = measure_effect(answer, closed)
    assert rows(effects, "shop") == [(20, 20, 10), (30, 30, 0)]
    assert column(effects, "shop", Effects.known_before) == [30, 70]


def test_the_closed_street_may_be_named_by_its_edge(banks):
    """All three banks are one street: nothing is left open."""
    with pytest.raises(NetworkError, match=r"^the scenario closes every street; leave one open$"):
        measure_effect(banks, metres().close_street(edge=0))


def test_residents_of_an_estate_pass_the_place_where_a_link_comes_in():
    """A private way of 200 m behind a gate, with residents' gates: a link to its middle parts nobody from the shop.

    Before, b at its far end leaves by the gate and walks 300 m. The link lands at 100 m of the way, and b goes on by
    it, 100 + 100 m; with the link elsewhere in the estate b still walks through to the gate.
    """
    network = draw_network([[(0, 0), (0, 200)], [(0, 0), (100, 0)], [(100, 0), (100, 300)]], private=[1, 0, 0])
    homes = make_residences([("b", 20, (0, 200))])
    standard = make_standard(make_kind("shop", 5))
    place = make_place(
        network, homes, make_facilities([("s", "shop", (100, 100))]),
        make_communities({"west": shapely.box(-50, -50, 150, 400)}), standard,
    )  # fmt: skip
    answer = analyse(place, make_study(standard, walkers=(replace(STROLLER, gates="resident"),)))
    minutes = answer.coverage[Coverage.minutes].tolist()
    assert minutes == [400 / 60]
    effects = measure_effect(answer, metres().add_link([(0, 100), (100, 100)]))
    assert effects[[Effects.newly_served, Effects.still_without]].to_numpy().tolist() == [[20, 0]]
    deeper = build_place(place, answer.study, metres().add_link([(0, 50), (-40, 50), (-40, 60), (0, 60)]))
    found = analyse(deeper, answer.study).coverage[Coverage.minutes].tolist()
    assert found == pytest.approx(minutes, abs=1e-9)


def test_a_cut_where_heights_are_known_makes_no_walk_longer(banks):
    """A hill of which only the middle is high; a link that leads nowhere new cuts the street beside it."""
    network = draw_network([[(0, 0), (100, 0)], [(100, 0), (100, 50)]], merge=False)
    heights = np.array([0, 2, 9, 7, 4, 0.0])
    steps = [5 if length == 100 else 1 for length in network.length_m]
    start = np.concatenate([[0], np.cumsum([count + 1 for count in steps])])
    profile = Profile(start, np.concatenate([heights if count == 5 else np.zeros(2) for count in steps]))
    hilly = replace(network, profile=profile, climb_m=profile.climb_m)
    place = replace(banks.place, network=hilly)
    built = build_place(place, banks.study, metres().add_link([(33, 0), (33, 30), (50, 30), (52, 0)])).network
    walker = replace(STROLLER, slope="tobler")
    for way in (0, 1):
        whole = make_footing(hilly, walker).seconds[hilly.length_m == 100, way]
        parts = make_footing(built, walker).seconds[(built.kind != LINK) & (built.length_m != 50), way]
        assert len(parts) == 3
        assert parts.sum() == pytest.approx(whole[0], abs=1e-6)
    link = int(np.flatnonzero(built.kind == LINK)[0])
    ends = built.profile.height_m[built.profile.start[link] : built.profile.start[link + 1]]
    assert sorted(ends.tolist()) == [7, 9]  # it begins at 40 m and ends at 60 m, where heights are known


# ── who is counted ──────────────────────────────────────────────────────────────────────────────


def test_each_kind_is_asked_of_its_own_walker_and_counts_its_own_people(street):
    """Elders walk half as fast: a day centre at 500 m is within 4 min of those at 400 and 600 m, 7 of the 70."""
    standard = make_standard(make_kind("shop", 2), make_kind("day_centre", 4, group="elder"))
    homes = street.place.residences.assign(**{Residences.elder: [1.0, 2.0, 3.0, 4.0]})
    study = make_study(standard, walkers=(STROLLER, replace(STROLLER, name="elder", speed_kmh=1.8)))
    answer = analyse(replace(street.place, residences=homes), study)
    effects = measure_effect(answer, metres().add_facility("day_centre", 500, 0).add_facility("shop", 390, 0))
    assert effects[[Effects.kind, Effects.walker, Effects.group]].drop_duplicates().to_numpy().tolist() == [
        ["shop", "stroller", "all"],
        ["day_centre", "elder", "elder"],
    ]
    assert rows(effects, "day_centre") == [(0, 2, 3), (7, 7, 0)]
    assert rows(effects, "shop") == [(0, 20, 20), (30, 70, 40)]
    assert not effects[Effects.stand_in].any()
    assert answer.find_standing("elder") is answer.find_standing("elder")
    assert answer.standing is answer.find_standing("stroller")


def test_a_walker_that_is_not_in_the_study_has_no_standing(street):
    with pytest.raises(StudyError, match=r"^there is no walker 'pram' in the study; its walkers are: stroller$"):
        street.find_standing("pram")


def test_who_may_have_had_one_is_newly_served_once_and_named(street):
    """Where the streets go on beyond the data 30 m from d, d is unsure of a clinic; c is not, 230 m away."""
    cut = replace(street.place.network, cut=street.place.network.xy[:, 0] > 599)
    answer = analyse(replace(street.place, network=cut), street.study)
    unsure = answer.coverage[answer.coverage[Coverage.unsure]]
    assert set(unsure[Coverage.population]) == {40}
    effects = measure_effect(answer, metres().add_facility("clinic", 500, 0))
    assert column(effects, "clinic", Effects.newly_served) == [0, 70]
    assert column(effects, "clinic", Effects.unsure) == [0, 40]
    assert column(effects, "clinic", Effects.covered_before) == [0, 0]
    assert column(effects, "clinic", Effects.share_after) == [0, 1]


# ── against whole analyses ──────────────────────────────────────────────────────────────────────


def compare_with_full_run(before, scenario, checked) -> pd.DataFrame:
    """Hold effects against a check-up of the place that the scenario makes, to the last bit; return them."""
    effects = measure_effect(before, scenario)
    check_table(effects, Effects, where="effects")
    keys = [CommunityCoverage.community, CommunityCoverage.kind, CommunityCoverage.walker]
    same = [Effects.community, Effects.kind, Effects.walker]
    found = effects.set_index(same)
    for counted, side in ((before.communities, "before"), (checked.communities, "after")):
        whole = counted.set_index(keys).reindex(found.index)
        known = whole[CommunityCoverage.population] - whole[CommunityCoverage.unknown]
        covered, people = (
            (Effects.covered_before, Effects.known_before)
            if side == "before"
            else (Effects.covered_after, Effects.known_after)
        )
        assert found[covered].to_numpy().tolist() == whole[CommunityCoverage.covered].tolist()
        assert found[people].to_numpy().tolist() == known.tolist()
    gained = found[Effects.covered_after] - found[Effects.covered_before]
    assert gained.to_numpy() == pytest.approx((found[Effects.newly_served] - found[Effects.lost]).to_numpy(), abs=1e-6)
    assert (found[Effects.unsure] <= found[Effects.newly_served]).all()
    untouched = checked.communities.set_index(keys).index.difference(found.index)
    was, now = (t.set_index(keys)[CommunityCoverage.covered] for t in (before.communities, checked.communities))
    chosen = [key for key in untouched if key[2] in set(effects[Effects.walker])]
    assert was.reindex(chosen).tolist() == now.reindex(chosen).tolist()
    return effects


def draw_scenario(place, study, rng, *, streets=True) -> Scenario:
    """Draw some edits at places beside the streets of a place."""
    network = place.network
    scenario = Scenario(crs=network.crs)
    public = np.flatnonzero(~network.steps & (network.level == 0) & (network.length_m > 0) & ~network.private)

    def pick() -> tuple[float, float]:
        line = network.lines[rng.choice(public)]
        at = shapely.line_interpolate_point(line, rng.random(), normalized=True)
        return at.x, at.y

    kinds = [kind.id for kind in study.standard.kinds]
    there = place.facilities[place.facilities[Facilities.kind].isin(kinds)]
    ids = rng.permutation(there[Facilities.facility].unique())[:4].tolist()
    for what in rng.choice(["add", "close", "move", *(["link", "street"] if streets else [])], rng.integers(1, 5)):
        if what == "add":
            scenario = scenario.add_facility(str(rng.choice(kinds)), *pick())
        elif what == "link":
            x, y = pick()
            scenario = scenario.add_link([(x, y), (x + rng.uniform(-150, 150), y + rng.uniform(-150, 150)), pick()])
        elif what == "street":
            scenario = scenario.close_street(edge=int(rng.choice(public)))
        elif ids:
            name = ids.pop()
            scenario = scenario.close_facility(name) if what == "close" else scenario.move_facility(name, *pick())
    return scenario


SMALL = make_standard(make_kind("a", 3), make_kind("b", 5, category="other"))


@given(seed=st.integers(0, 10**6), missing=st.sets(st.integers(0, 16), max_size=5))
@tries(25)
def test_effects_in_a_grid_town_are_those_of_a_whole_check_up(seed, missing):
    """Any edits, drawn at random, with private ways and two walkers."""
    rng = np.random.default_rng(seed)
    paths = [path for i, path in enumerate(grid_paths(4, 3)) if i not in missing]
    network = draw_network(paths, merge=False, private=(rng.random(len(paths)) < 0.2).tolist())
    spots = [tuple(xy) for xy in rng.integers(-30, 330, (12, 2)).tolist()]
    homes = make_residences([(f"h{i}", float(rng.integers(0, 90)) / 7, xy) for i, xy in enumerate(spots[:7])])
    communities = make_communities({"west": shapely.box(-99, -99, 150, 399), "east": shapely.box(150, -99, 499, 399)})
    facilities = make_facilities([(f"f{i}", "ab"[i % 2], xy) for i, xy in enumerate(spots[7:])])
    place = make_place(network, homes, facilities, communities, SMALL)
    assume(not network.private.all())
    assume(shapely.distance(homes.geometry.to_numpy(), shapely.union_all(network.lines)).min() < 90)
    study = make_study(SMALL, walkers=(replace(STROLLER, gates="resident"),))
    scenario = draw_scenario(place, study, rng)
    checked = None
    with suppress(NetworkError):  # every street is closed, or none is left near a home
        checked = measure_covered(build_place(place, study, scenario), study)
    assume(checked is not None)
    compare_with_full_run(analyse(place, study), scenario, checked)


@pytest.mark.parametrize("name", ["monaco", "karhula"])
def test_links_make_no_walk_longer_and_take_nobodys_facility(analyses, name):
    """Twelve bridges that begin at homes, one at a time: some walks get shorter, and none gets longer."""
    before, rng = analyses[name], np.random.default_rng(5)
    homes = before.clusters.geometry[before.starts.labels]
    effects = []
    while len(effects) < 12:
        home, (east, north) = homes.iloc[rng.integers(len(homes))], rng.uniform(-250, 250, 2)
        link = Scenario(crs=homes.crs).add_link([(home.x, home.y), (home.x + east, home.y + north)])
        with suppress(TableError, NetworkError):  # it ends too far from a street, or where it begins
            effects.append(measure_effect(before, link))
    found = pd.concat(effects)
    assert found[Effects.nearer].sum() > 0
    assert found[[Effects.farther, Effects.lost]].to_numpy().max() == 0


@pytest.mark.parametrize("name", ["town", "karhula"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_effects_in_a_bundled_town_are_those_of_a_whole_check_up(analyses, name, seed):
    """Edits of all kinds in one of three, of facilities alone in the others."""
    before = analyses[name]
    scenario = draw_scenario(before.place, before.study, np.random.default_rng(seed), streets=seed == 1)
    effects = compare_with_full_run(
        before, scenario, measure_covered(build_place(before.place, before.study, scenario), before.study)
    )
    assert len(effects) > 0


def test_effects_of_everything_at_once_are_those_of_a_whole_analysis(analyses):
    """In Karhula: a new supermarket at a home far from one, another closed, a footbridge, and a street closed."""
    before = analyses["karhula"]
    place, study = before.place, before.study
    shops = place.facilities[place.facilities[Facilities.kind] == "supplies"]
    walks = before.coverage[before.coverage[Coverage.kind] == "supplies"]
    far = walks[walks[Coverage.known] & ~walks[Coverage.covered]].sort_values(Coverage.population)
    home = before.clusters.geometry[far[Coverage.cluster].iloc[-1]]
    street = int(np.argmax(np.where(place.network.osm_way >= 0, place.network.length_m, 0)))
    scenario = (
        Scenario(crs=place.network.crs)
        .add_facility("supplies", home.x, home.y)
        .close_facility(shops[Facilities.facility].iloc[0])
        .add_link([(home.x, home.y), (home.x + 120, home.y + 60)], link_kind="footbridge")
        .close_street(int(place.network.osm_way[street]))
    )
    after = analyse(build_place(place, study, scenario), study)
    effects = compare_with_full_run(before, scenario, after)
    assert effects[Effects.newly_served].sum() > 0
    assert effects[Effects.lost].sum() > 0
    assert (
        "A scenario, not the place as it is: 1 facility added, 1 facility closed, 1 link added, 1 street closed."
        in (after.place.notes)
    )


def test_no_edit_changes_nothing(analyses):
    """An empty table with the declared columns, and the same place."""
    before = analyses["karhula"]
    effects = measure_effect(before, Scenario())
    assert list(effects.columns) == list(Effects.columns())
    assert len(effects) == 0
    built = build_place(before.place, before.study, Scenario())
    assert built.network is before.place.network
    assert built.facilities is before.place.facilities
    assert built.notes == before.place.notes


def test_degrees_and_metres_name_the_same_place(analyses):
    """A click on the map, and the same place in the CRS of the streets."""
    before = analyses["karhula"]
    crs = before.place.network.crs
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(26.945, 60.525)
    click, pencil = (
        Scenario().add_facility("supplies", 26.945, 60.525),
        Scenario(crs=crs).add_facility("supplies", x, y),
    )
    assert_frame_equal(measure_effect(before, click), measure_effect(before, pencil), check_exact=False)


# ── what cannot be meant ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("scenario", "kind", "sentence"),
    [
        (metres().add_facility("castle", 0, 0), StudyError,
         "kind 'castle' is not in the standard 'test'; its kinds are: shop, clinic"),
        (metres().add_facility("shop", 0, 0, facility="s"), TableError,
         "facility 's' of kind 'shop' is there already; give the new one another id, or none"),
        (metres().close_facility("t"), TableError,
         "there is no facility 't' here; ids are as in tables/facilities.csv of a run"),
        (metres().close_facility("s").close_facility("s"), TableError,
         "there is no facility 's' here any more; an edit before has closed it"),
        (metres().close_facility("s", kind="clinic"), TableError, "facility 's' is no 'clinic'; it is: shop"),
        (metres().move_facility("s", 0, 900), TableError,
         ("the proposed site s is 900 m from the nearest street; a site must lie within 100 m of one "
          "([snapping] within_m)")),
        (metres().add_link([(0, 0), (0, 700)]), TableError,
         "link 1 ends 700 m from the nearest street; it must end within 100 m of one ([snapping] within_m)"),
        (metres().add_link([(40, 0), (40, 20)]), NetworkError,
         "link 1 begins where it ends, on the same place of a street; draw it from one to another"),
        (metres().join_edges((0, 0.5), (7, 0.0)), NetworkError, "there is no edge 7; the edges are 0 to 0"),
        (metres().join_edges((0, 0.5), (0, 1.5)), NetworkError,
         "a link cannot join edge 0 at 1.5: it is closed, or 0 to 1 is meant"),
        (metres().close_street(5), NetworkError,
         ("no street here has the OpenStreetMap way 5; a stretch that was joined of several ways has the id of its "
          "longest one")),
        (metres().add_link([(0, 0), (600, 0)]).move_facility("s", 0, 900), TableError,
         ("the proposed site s is 900 m from the nearest street; a site must lie within 100 m of one "
          "([snapping] within_m)")),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_one_sentence(street, scenario, kind, sentence):
    with pytest.raises(kind) as refused:
        measure_effect(street, scenario)
    assert str(refused.value) == sentence
    assert measure_effect(street, metres().close_facility("s"))[Effects.lost].sum() == 10  # all is as it was


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda: Scenario().add_facility("shop", 60.5, 126.9),
         "the place 60.5,126.9 is not on earth: longitude is -180 to 180 and latitude -90 to 90, in this order"),
        (lambda: Scenario().add_facility("shop", float("nan"), 0), "the place nan,0 is nowhere; give two numbers"),
        (lambda: Scenario().add_link([(0, 0)]), "a link needs two places or more, and 1 were given"),
        (lambda: Scenario().add_link([(0, 0), (1, 1)], link_kind="ferry"),
         "there is no kind of link 'ferry'; the kinds are: gate, crossing, footbridge, path"),
        (lambda: Scenario().close_street(),
         "a street is closed by its OpenStreetMap way or by its edge; give one of them"),
    ],
)  # fmt: skip
def test_an_edit_that_cannot_be_is_refused_when_it_is_made(ask, sentence):
    with pytest.raises(TableError) as refused:
        ask()
    assert str(refused.value) == sentence


def test_a_scenario_is_not_changed_by_the_one_that_grows_from_it():
    """Each call returns another, so that variants share their beginning."""
    first = wc.Scenario().add_facility("shop", 7, 43)
    other = first.close_facility("node/1")
    assert (len(first), len(other)) == (1, 2)
    assert repr(other) == "<Scenario 1 facility added, 1 facility closed>"
    assert repr(wc.Scenario()) == "<Scenario nothing changed>"
