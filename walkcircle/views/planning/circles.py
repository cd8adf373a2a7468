"""Circles: section 6, the living circles and the rules that they break, and their part of section 7, what they lack."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Final

import pandas as pd

from walkcircle.circles import LivingCircles
from walkcircle.circles.shortfalls import LEAST_PERSON
from walkcircle.tables import BrokenRules, CircleGaps, Circles, CircleSizes, Clusters
from walkcircle.views.planning.content import Listing, Section, Sentence
from walkcircle.views.planning.scene import Scene
from walkcircle.views.sheets import write_count

#: So many circles are shown, the worst; the workbook has all.
CIRCLES_SHOWN: Final = 10


def tell_circles(scene: Scene) -> Section:
    """Tell which living circles there are, how large they are beside the rules, and which rules they break."""
    made = scene.plan.analysis.circles
    if made is None:
        return Section(6, scene.say("section_6"), (scene.hush("circles_none"),))
    told = [_tell_size(scene, row) for row in made.sizes.to_dict("records")]
    told.append(_tell_broken(scene, made))
    listings = (*_list_sizes(scene, made), *_list_rules(scene, made), *_list_circles(scene, made))
    return Section(6, scene.say("section_6"), tuple(told), listings)


def _tell_size(scene: Scene, row: Mapping[Hashable, Any]) -> Sentence:
    count, off = row[CircleSizes.circles], row[CircleSizes.too_small] + row[CircleSizes.too_large]
    values = {
        "circles": count, "minutes": f"{row[CircleSizes.tier_min]:g}",
        "people": write_count(row[CircleSizes.population] / count if count else 0.0),
        "least": write_count(row[CircleSizes.least]), "most": write_count(row[CircleSizes.most]),
        "in_band": count - off,
    }  # fmt: skip
    return scene.tell("circles_size", values)


def _tell_broken(scene: Scene, made: LivingCircles) -> Sentence:
    """Say how many rules are broken and why there may be many."""
    if len(made.broken) == 0:
        return scene.tell("circles_all_kept")
    return scene.tell("circles_broken", {"count": len(made.broken)})


def _list_sizes(scene: Scene, made: LivingCircles) -> tuple[Listing, ...]:
    columns = (CircleSizes.tier_min, CircleSizes.circles, CircleSizes.population, CircleSizes.nowhere,
               CircleSizes.too_small, CircleSizes.too_large, CircleSizes.mean_min, CircleSizes.longest_min,
               CircleSizes.severed_share, CircleSizes.inside_share, CircleSizes.ari, CircleSizes.broken)  # fmt: skip
    rows = list(made.sizes[[*columns]].itertuples(index=False))
    heads = [
        scene.head("circle_min", "count", CircleSizes.tier_min), scene.head("circles", "count", CircleSizes.circles),
        scene.head("people", "people", CircleSizes.population), scene.head("nowhere", "people", CircleSizes.nowhere),
        scene.head("below", "count", CircleSizes.too_small), scene.head("above", "count", CircleSizes.too_large),
        scene.head("mean_min", "minutes", CircleSizes.mean_min),
        scene.head("longest_min", "minutes", CircleSizes.longest_min),
        scene.head("severed", "share", CircleSizes.severed_share, spare=True),
        scene.head("inside_share", "share", CircleSizes.inside_share, spare=True),
        scene.head("ari", "ratio", CircleSizes.ari, spare=True), scene.head("broken", "count", CircleSizes.broken),
    ]  # fmt: skip
    return scene.list("circle_sizes", heads, rows, note="circle_sizes_note")


def _list_rules(scene: Scene, made: LivingCircles) -> tuple[Listing, ...]:
    """List the broken rules by size of circles: how many, and the people concerned."""
    sums = made.broken.groupby([BrokenRules.tier_min, BrokenRules.rule], sort=True)[BrokenRules.people]
    rows = [
        (minutes, scene.say(f"rule_{rule}"), len(people), float(people.sum()))
        for (minutes, rule), people in reversed(list(sums))
    ]
    heads = [
        scene.head("circle_min", "count", BrokenRules.tier_min), scene.head("rule"),
        scene.head("times", "count", "times"), scene.head("concerned", "people", BrokenRules.people),
    ]  # fmt: skip
    return scene.list("broken_rules", heads, rows, note="broken_rules_note")


def _list_circles(scene: Scene, made: LivingCircles) -> tuple[Listing, ...]:
    """List the circles: those whose broken rules concern most people first."""
    circles, broken = made.circles, made.broken
    concerned = broken.groupby(BrokenRules.circle)[BrokenRules.people].max()
    rules = broken.groupby(BrokenRules.circle)[BrokenRules.rule].agg(list)
    columns = (Circles.circle, Circles.minutes, Circles.parent, Circles.population, Circles.area_km2, Circles.clusters,
               Circles.longest_min, Circles.compactness)  # fmt: skip
    worst = circles.assign(**{_CONCERNED: circles[Circles.circle].map(concerned).fillna(0.0)}).sort_values(
        [Circles.minutes, _CONCERNED], ascending=[False, False], kind="stable"
    )
    around = _name_centres(scene, worst)
    rows = [
        (*values, place, scene.join(scene.say(f"rule_{rule}") for rule in rules.get(values[0], [])))
        for values, place in zip(worst[[*columns]].itertuples(index=False, name=None), around, strict=True)
    ]
    heads = [
        scene.head("circle"), scene.head("circle_min", "count", Circles.minutes),
        scene.head("part_of", is_inner=True), scene.head("people", "people", Circles.population),
        scene.head("km2", "ratio", Circles.area_km2), scene.head("homes", "count", Circles.clusters),
        scene.head("longest_min", "minutes", Circles.longest_min),
        scene.head("compactness", "ratio", Circles.compactness), scene.head("centre_in", spare=True),
        scene.head("breaks", spare=True),
    ]  # fmt: skip
    return scene.list("circles", heads, rows, shown=CIRCLES_SHOWN)


#: A column that only lives here: how many people the broken rules of a circle concern.
_CONCERNED = "concerned"


def _name_centres(scene: Scene, circles: pd.DataFrame) -> list[Any]:
    """Name the communities that the centres of circles lie in."""
    clusters = scene.plan.analysis.clusters
    community = clusters.set_index(Clusters.cluster)[Clusters.community]
    return [scene.name_community(one) for one in circles[Circles.centre].map(community)]


def list_lacks(scene: Scene) -> tuple[Listing, ...]:
    """List what each circle lacks of what it owes, and the gaps by circle and kind; none without circles."""
    made = scene.plan.analysis.circles
    if made is None:
        return ()
    gaps = made.gaps[made.gaps[CircleGaps.walker] == made.gaps[CircleGaps.kind].map(scene.walkers)]
    return (*_list_lacking(scene, gaps), *_list_gaps(scene, gaps))


def _list_lacking(scene: Scene, gaps: pd.DataFrame) -> tuple[Listing, ...]:
    """List circle by circle, those with most people certainly without of what it owes first."""
    inside = gaps[gaps[CircleGaps.circle].notna()]
    without = inside[CircleGaps.without].where(inside[CircleGaps.owed], 0.0)
    rows: list[tuple[Any, ...]] = []
    for (minutes, circle), mine in inside.assign(**{_CONCERNED: without}).groupby(
        [CircleGaps.tier_min, CircleGaps.circle], sort=False
    ):
        lacking = mine[mine[CircleGaps.lacking]][CircleGaps.kind]
        rows.append(
            (circle, minutes, float(mine[CircleGaps.residents].iloc[0]), int(mine[CircleGaps.owed].sum()), len(lacking),
             scene.join_kinds(map(scene.name_kind, lacking)), float(mine[_CONCERNED].sum()))
        )  # fmt: skip
    rows.sort(key=lambda row: (-row[1], -row[-1]))
    heads = [
        scene.head("circle"), scene.head("circle_min", "count", CircleGaps.tier_min),
        scene.head("people", "people", CircleGaps.residents), scene.head("owes", "count", CircleGaps.owed),
        scene.head("lacks", "count", CircleGaps.lacking), scene.head("lacks_which", spare=True),
        scene.head("without_owed", "people", "without_owed"),
    ]  # fmt: skip
    return scene.list("circle_lacks", heads, rows, note="circle_lacks_note", shown=CIRCLES_SHOWN)


def _list_gaps(scene: Scene, gaps: pd.DataFrame) -> tuple[Listing, ...]:
    """List the gaps of circles kind by kind, the largest first."""
    columns = [CircleGaps.circle, CircleGaps.tier_min, CircleGaps.kind, CircleGaps.population, CircleGaps.covered,
               CircleGaps.without, CircleGaps.to_check, CircleGaps.share]  # fmt: skip
    some = gaps[(gaps[CircleGaps.without] > LEAST_PERSON) | (gaps[CircleGaps.to_check] > LEAST_PERSON)]
    some = some.sort_values(
        [CircleGaps.tier_min, CircleGaps.without, CircleGaps.to_check], ascending=False, kind="stable"
    )
    rows = [
        (circle, minutes, scene.name_kind(kind), *rest)
        for circle, minutes, kind, *rest in some[columns].itertuples(index=False, name=None)
    ]
    heads = [
        scene.head("circle"), scene.head("circle_min", "count", CircleGaps.tier_min), scene.head("kind"),
        scene.head("served", "people", CircleGaps.population), scene.head("covered", "people", CircleGaps.covered),
        scene.head("without", "people", CircleGaps.without), scene.head("to_check", "people", CircleGaps.to_check),
        scene.head("share", "share", CircleGaps.share),
    ]  # fmt: skip
    return scene.list("circle_gaps", heads, rows, note="circle_gaps_note", shown=CIRCLES_SHOWN)
