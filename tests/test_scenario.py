"""Scenario: what a proposed facility would change, by pencil and against whole analyses."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from builders import (
    METRES,
    draw_network,
    make_communities,
    make_facilities,
    make_kind,
    make_place,
    make_residences,
    make_standard,
    make_study,
)
from pandas.testing import assert_frame_equal

from walkcircle.analysis import analyse
from walkcircle.proposals import Proposals
from walkcircle.scenario import measure_effect
from walkcircle.tables import CommunityCoverage, Effects

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
