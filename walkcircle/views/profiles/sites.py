"""Idle land and rooms of each community."""

from __future__ import annotations

from walkcircle.analysis import Analysis
from walkcircle.candidates import ALONG_STREETS, ANY_KIND, KIND_MARK
from walkcircle.tables import Candidates
from walkcircle.views.profiles.facts import Site
from walkcircle.views.profiles.figures import read_numbers, read_texts


def list_sites(answer: Analysis) -> dict[str, tuple[Site, ...]] | None:
    """List the idle space of each community, or None where no list was given; sites along streets are no list."""
    candidates = answer.place.candidates
    if candidates is None or (len(candidates) and (candidates[Candidates.source] == ALONG_STREETS).all()):
        return None
    by_id = {kind.id: kind for kind in answer.study.standard.kinds}
    names, listed = read_texts(candidates, Candidates.name), read_texts(candidates, Candidates.kinds)
    area, floor = read_numbers(candidates, Candidates.area_m2), read_numbers(candidates, Candidates.floor_m2)
    year = read_numbers(candidates, Candidates.from_year)
    found: dict[str, list[Site]] = {}
    for i, community in enumerate(read_texts(candidates, Candidates.community)):
        if community is None:
            continue
        text = listed[i]
        ids = None if text is None else () if text == ANY_KIND else tuple(text.split(KIND_MARK))
        kinds = None if ids is None else tuple(by_id.get(one, one) for one in ids)
        name = names[i] or str(candidates[Candidates.candidate].iloc[i])
        found.setdefault(community, []).append(Site(name, float(area[i]), float(floor[i]), kinds, float(year[i])))
    return {community: tuple(sites) for community, sites in found.items()}
