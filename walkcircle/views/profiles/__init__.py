"""Profiles: what portraits and overviews say of each community, worked out once for all of them, as plain numbers."""

from __future__ import annotations

from math import nan

from walkcircle.analysis import Analysis
from walkcircle.tables import Checkup, Communities
from walkcircle.views.profiles.completion import measure_completion
from walkcircle.views.profiles.facts import (
    LEAST_PERSON,
    Completion,
    KindProfile,
    Need,
    Profile,
    Site,
    Standing,
    Stock,
    Streets,
    Walk,
)
from walkcircle.views.profiles.figures import read_numbers, read_texts
from walkcircle.views.profiles.kinds import compare_shares, find_middle, list_kinds
from walkcircle.views.profiles.needs import list_needs
from walkcircle.views.profiles.people import TYPE_BOUNDS, choose_type, count_groups, measure_estates
from walkcircle.views.profiles.sites import list_sites
from walkcircle.views.profiles.standings import NAMED, find_category_scores, find_peers, list_standings
from walkcircle.views.profiles.streets import measure_streets

__all__ = [
    "LEAST_PERSON",
    "NAMED",
    "TYPE_BOUNDS",
    "Completion",
    "KindProfile",
    "Need",
    "Profile",
    "Site",
    "Standing",
    "Stock",
    "Streets",
    "Walk",
    "choose_type",
    "compare_shares",
    "find_middle",
    "find_peers",
    "measure_profiles",
]


def measure_profiles(answer: Analysis) -> tuple[Profile, ...]:
    """Work out the profile of every community, in the order of the check-up.

    Parameters
    ----------
    answer
        What :func:`~walkcircle.analysis.analyse` gave.
    """
    checkup = answer.checkup
    ids = [str(one) for one in checkup[Checkup.community]]
    areas = checkup.geometry.area.to_numpy() / 1e6
    residents = checkup[Checkup.population].to_numpy(dtype=float)
    standings, scores = list_standings(checkup), find_category_scores(answer)
    kinds, streets, completions = list_kinds(answer), measure_streets(answer, areas), measure_completion(answer)
    estates, gated = measure_estates(answer)
    groups, unknown = count_groups(answer.clusters, ids)
    identity = answer.place.communities.set_index(Communities.community).reindex(ids)
    peers, needs, sites = find_peers(scores, residents), list_needs(answer), list_sites(answer)
    categories = [one.id for one in answer.study.standard.categories]
    official = read_numbers(identity, Communities.population)
    households = read_numbers(identity, Communities.households)
    places = {c: read_texts(identity, c) for c in (Communities.subdistrict, Communities.district)}
    profiles = []
    for i, community in enumerate(ids):
        mine = {group: float(people[i]) for group, people in groups.items()}
        doubt = {group: float(people[i]) for group, people in unknown.items()}
        profiles.append(
            Profile(
                community=community,
                name=str(checkup[Checkup.name].iloc[i]),
                subdistrict=places[Communities.subdistrict][i],
                district=places[Communities.district][i],
                area_km2=float(areas[i]),
                residents=float(residents[i]),
                density=float(residents[i] / areas[i]) if areas[i] > 0 else nan,
                households=float(households[i]),
                official=float(official[i]),
                estates=int(estates[i]),
                gated=float(gated[i]),
                groups=mine,
                unknown=doubt,
                type=choose_type(mine, doubt, float(residents[i])),
                standing=standings[i],
                completion=completions[i],
                streets=streets[i],
                categories=dict(zip(categories, map(float, scores[i]), strict=True)),
                kinds=kinds[community],
                needs=None if needs is None else needs.get(community, ()),
                sites=None if sites is None else sites.get(community, ()),
                peers=peers[i],
            )
        )
    return tuple(profiles)
