"""Completion: how many residents of each community have all they need within reach."""

from __future__ import annotations

from math import nan

from walkcircle.analysis import Analysis
from walkcircle.bundle import count_missing, measure_bundle, weigh_bundle
from walkcircle.tables import Bundle, Checkup, CommunityBundle, Completeness, Coverage, MissingKinds
from walkcircle.views.profiles.facts import Completion
from walkcircle.views.profiles.figures import to_number
from walkcircle.views.profiles.kinds import find_middle


def measure_completion(answer: Analysis) -> list[Completion | None]:
    """Measure the bundle of the kinds whose data are firm for at least half of all residents."""
    checkup, first = answer.checkup, answer.study.walkers[0].name
    residents = checkup.set_index(Checkup.community)[Checkup.population]
    table = answer.place.completeness
    people = table[Completeness.community].map(residents).fillna(0.0)
    is_firm = table[Completeness.grade] == "firm"
    firm_people = people.where(is_firm, 0.0).groupby(table[Completeness.kind]).sum()
    kinds = [k.id for k in answer.study.standard.kinds if firm_people.get(k.id, 0.0) >= residents.sum() / 2 > 0]
    if not kinds:
        return [None] * len(checkup)
    bundle = measure_bundle(answer.coverage[answer.coverage[Coverage.walker] == first], kinds=kinds)
    weighed = weigh_bundle(bundle, checkup).set_index(CommunityBundle.community)
    lacking = count_missing(bundle, checkup)
    short = lacking[lacking[MissingKinds.missing] == 1].set_index(MissingKinds.community)[MissingKinds.people]
    known = bundle[bundle[Bundle.known] & (bundle[Bundle.population] > 0)].dropna(subset=[Bundle.community])
    # the middle of what is missing is the middle of what is there, seen from the other side
    middle = find_middle(known.assign(**{Coverage.minutes: known[Bundle.missing].astype(float)}), [Bundle.community])
    thin = set(table[Completeness.community][~is_firm & table[Completeness.kind].isin(kinds)])
    return [
        Completion(
            kinds=len(kinds),
            within=len(kinds) - middle.get(community, nan),
            share=to_number(weighed[CommunityBundle.share_complete].get(community)),
            complete=float(weighed[CommunityBundle.complete].get(community, 0.0)),
            known=float((weighed[CommunityBundle.population] - weighed[CommunityBundle.unknown]).get(community, 0.0)),
            one_short=float(short.get(community, 0.0)),
            at_least=community in thin,
        )
        for community in checkup[Checkup.community]
    ]
