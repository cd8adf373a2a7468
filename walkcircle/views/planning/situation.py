"""Situation: sections 1 to 9, what is there and what is lacking."""

from __future__ import annotations

from math import isnan
from typing import Any

import numpy as np
import pandas as pd

from walkcircle.gaps import GAP
from walkcircle.groups import EVERYBODY, GROUPS
from walkcircle.place import assign_communities
from walkcircle.plan import STREETS_EVERY_M
from walkcircle.pool import LINK
from walkcircle.tables import (
    AreaCategories,
    Candidates,
    Checkup,
    CommunityCoverage,
    Facilities,
    Gaps,
    Needs,
    Phases,
    Projects,
    RadiusGap,
    Wants,
)
from walkcircle.views.captions import translate_word
from walkcircle.views.findings import describe_index
from walkcircle.views.names import clean_name
from walkcircle.views.planning.circles import list_lacks
from walkcircle.views.planning.content import LONGEST_SENTENCE, Section, Sentence, clean_value
from walkcircle.views.planning.scene import Scene
from walkcircle.views.planning.schools import list_schools, tell_schools
from walkcircle.views.portrait import Setting
from walkcircle.views.profiles import compare_shares
from walkcircle.views.profiles.figures import read_numbers
from walkcircle.views.profiles.people import count_groups
from walkcircle.views.profiles.stocks import list_stocks
from walkcircle.views.sheets import write_count

#: The grades of data, best first.
GRADES = ("A", "B", "C", "D")


def tell_basis(scene: Scene) -> Section:
    """Tell basis, scope, age of the data and how far these can be trusted."""
    plan, answer = scene.plan, scene.plan.analysis
    checkup = answer.checkup
    area = float(checkup.geometry.area.sum()) / 1e6
    people = float(checkup[Checkup.population].sum())
    told = [scene.tell("scope", {"people": write_count(people), "communities": len(checkup), "area": f"{area:.2f}"})]
    years = plan.phases[Phases.year].tolist()
    terms = {"first": years[0], "last": years[-1]}
    whole = float(sum(answer.study.plan.budgets))
    if plan.unit is None:
        told.append(scene.tell("terms_count", {**terms, "count": write_count(whole)}))
    else:
        told.append(scene.tell("terms_money", {**terms, "budget": write_count(whole), "unit": plan.unit}))
    sources = Setting(answer, scene.language, (), {}).sources
    stop = "。" if scene.language == "zh" else "."
    told.append(Sentence(clean_name(f"{sources['method']} {sources['date']}{stop}", longest=LONGEST_SENTENCE)))
    told.append(scene.tell("sources", {"sources": " · ".join(sources["lines"]).rstrip(".")}))
    told += [Sentence(note) for note in sources["notes"]]
    told.append(scene.hush("unknown"))
    rows = []
    for grade in GRADES:
        mine = checkup[checkup[Checkup.confidence] == grade]
        rows.append((grade, len(mine), float(mine[Checkup.population].sum())))
    heads = [scene.head("grade", of=Checkup.confidence), scene.head("communities", "count", "communities"),
             scene.head("people", "people", Checkup.population)]  # fmt: skip
    return Section(1, scene.say("section_1"), tuple(told), scene.list("grades", heads, rows, note="grades_note"))


def tell_population(scene: Scene) -> Section:
    """Tell how many people live where, by group as far as it is known."""
    answer = scene.plan.analysis
    checkup = answer.checkup
    ids = [str(one) for one in checkup[Checkup.community]]
    people, _ = count_groups(answer.clusters, ids)
    areas = checkup.geometry.area.to_numpy() / 1e6
    residents = checkup[Checkup.population].to_numpy(dtype=float)
    known = [group for group in GROUPS if not np.isnan(people[group]).all()]
    heads = [scene.head("community", of=Checkup.name), scene.head("people", "people", Checkup.population),
             scene.head("density", "people", "density"),
             *(scene.head(group, "people", group) for group in known)]  # fmt: skip
    order = np.argsort(-residents, kind="stable")
    rows = [
        (scene.name_community(ids[i]), residents[i], residents[i] / areas[i] if areas[i] > 0 else None,
         *(people[group][i] for group in known))
        for i in order
        if residents[i] > 0
    ]  # fmt: skip
    told = [scene.hush("groups_unknown")] if not known else []
    listings = scene.list("people", heads, rows, note="people_note" if known else "")
    return Section(2, scene.say("section_2"), (*told, scene.hush("forecast")), listings)


def tell_stock(scene: Scene) -> Section:
    """Tell how many facilities of each kind there are, and how large they are as far as it is known."""
    place = scene.plan.analysis.place
    facilities = place.facilities
    inside = assign_communities(facilities, place.communities).notna().to_numpy()
    capacity, floor = (read_numbers(facilities, column) for column in (Facilities.capacity, Facilities.floor_m2))
    kinds = facilities[Facilities.kind].to_numpy()

    def add(values: Any, mine: Any) -> float | None:
        known = ~np.isnan(values[mine])
        return float(values[mine][known].sum()) if known.any() else None

    rows = []
    for kind in scene.kinds:
        mine = kinds == kind
        sizes = [(int((~np.isnan(one[mine])).sum()), add(one, mine)) for one in (capacity, floor)]
        known = [(count if total is not None else None, total) for count, total in sizes]
        rows.append((scene.name_kind(kind), int((mine & inside).sum()), int(mine.sum()), *known[0], *known[1]))
    heads = [
        scene.head("kind", of=Facilities.kind), scene.head("inside", "count", "inside"),
        scene.head("around", "count", "around"), scene.head("capacity_known", "count", "capacity_known", spare=True),
        scene.head("capacity", "people", Facilities.capacity, spare=True),
        scene.head("floor_known", "count", "floor_known", spare=True),
        scene.head("floor", "people", Facilities.floor_m2, spare=True),
    ]  # fmt: skip
    has_sizes = not (np.isnan(capacity).all() and np.isnan(floor).all())
    listings = scene.list("stock", heads, rows, note="stock_note" if has_sizes else "")
    return Section(3, scene.say("section_3"), (scene.hush("ownership"),), listings)


def tell_checkup(scene: Scene) -> Section:
    """Tell the result of the check-up: index, coverage, categories, the weakest tenth."""
    answer = scene.plan.analysis
    first = answer.study.walkers[0].name
    finding = describe_index(
        answer.communities[answer.communities[CommunityCoverage.walker] == first],
        answer.gaps[answer.gaps[Gaps.walker] == first], answer.checkup, answer.study.standard, scene.language,
    )  # fmt: skip
    told = [Sentence(clean_name(text, longest=LONGEST_SENTENCE)) for text in (finding.sentence, finding.caveat) if text]
    listings = (*_list_ranking(scene), *_list_coverage(scene), *_list_categories(scene))
    return Section(4, scene.say("section_4"), tuple(told), listings)


def _list_ranking(scene: Scene) -> tuple[Any, ...]:
    checkup = scene.plan.analysis.checkup
    checkup = checkup[checkup[Checkup.population] > 0].sort_values(
        [Checkup.rank, Checkup.population], ascending=[False, False], na_position="last", kind="stable"
    )
    heads = [
        scene.head("rank", "count", Checkup.rank, spare=True), scene.head("community", of=Checkup.name),
        scene.head("index", "index", Checkup.index), scene.head("weakest", of=Checkup.weakest, spare=True),
        scene.head("grade", of=Checkup.confidence), scene.head("people", "people", Checkup.population),
    ]  # fmt: skip
    columns = (Checkup.rank, Checkup.community, Checkup.index, Checkup.weakest, Checkup.confidence, Checkup.population)
    rows = [
        (rank, scene.name_community(community), index, scene.mark(weakest), grade, people)
        for rank, community, index, weakest, grade, people in checkup[[*columns]].itertuples(index=False)
    ]
    return scene.list("ranking", heads, rows)


def _list_coverage(scene: Scene) -> tuple[Any, ...]:
    answer = scene.plan.analysis
    table, radius = answer.communities, compare_shares(answer)
    rows = []
    for kind, walker in scene.walkers.items():
        mine = table[(table[CommunityCoverage.kind] == kind) & (table[CommunityCoverage.walker] == walker)]
        known = float((mine[CommunityCoverage.population] - mine[CommunityCoverage.unknown]).sum())
        covered = float(mine[CommunityCoverage.covered].sum())
        wide = radius[radius[RadiusGap.kind] == kind]
        people = wide[RadiusGap.population].to_numpy(dtype=float)
        share = wide[RadiusGap.share_radius].fillna(0.0).to_numpy(dtype=float)
        rows.append(
            (scene.name_kind(kind), scene.kinds[kind].limit_min, scene.name_walker(walker),
             float(mine[CommunityCoverage.population].sum()), covered, covered / known if known > 0 else None,
             float(people @ share / people.sum()) if people.sum() > 0 else None)
        )  # fmt: skip
    heads = [
        scene.head("kind", of=CommunityCoverage.kind), scene.head("limit", "number", "limit_min"),
        scene.head("walker"), scene.head("served", "people", CommunityCoverage.population),
        scene.head("covered", "people", CommunityCoverage.covered),
        scene.head("share", "share", CommunityCoverage.share),
        scene.head("radius", "share", RadiusGap.share_radius, spare=True),
    ]  # fmt: skip
    return scene.list("coverage", heads, rows, note="coverage_note")


def _list_categories(scene: Scene) -> tuple[Any, ...]:
    answer = scene.plan.analysis
    table = answer.area_categories
    city = table[table[AreaCategories.level] == "city"].set_index(AreaCategories.category)
    rows = [
        (clean_name(one.zh if scene.language == "zh" else one.en), city[AreaCategories.score].get(one.id),
         city[AreaCategories.population].get(one.id))
        for one in answer.study.standard.categories
    ]  # fmt: skip
    heads = [scene.head("category"), scene.head("score", "index", AreaCategories.score),
             scene.head("people", "people", AreaCategories.population)]  # fmt: skip
    return scene.list("scores", heads, rows, note="scores_note")


def tell_needs(scene: Scene) -> Section:
    """Tell what residents ask for beside what they have."""
    needs = scene.plan.analysis.needs
    if needs is None or len(needs) == 0:
        return Section(5, scene.say("section_5"), (scene.hush("needs_none"),))
    needs = needs[needs[Needs.walker] == needs[Needs.kind].map(scene.walkers)]
    needs = needs.sort_values(Needs.asked, ascending=False, kind="stable")
    rows = [
        (scene.name_community(community), scene.name_kind(kind), asked, share,
         None if pd.isna(quadrant) else translate_word(clean_name(quadrant), scene.language))
        for community, kind, asked, share, quadrant in needs[
            [Needs.community, Needs.kind, Needs.asked, Needs.share, Needs.quadrant]
        ].itertuples(index=False)
    ]  # fmt: skip
    heads = [scene.head("community"), scene.head("kind"), scene.head("asked", "share", Needs.asked),
             scene.head("share", "share", Needs.share), scene.head("quadrant")]  # fmt: skip
    listings = scene.list("needs", heads, rows, shown=30)
    return Section(5, scene.say("section_5"), () if listings else (scene.hush("needs_none"),), listings)


def tell_gaps(scene: Scene) -> Section:
    """Tell who is certainly without what, by community and by circle, what the norm asks for, and ways to school."""
    gaps = scene.plan.analysis.gaps
    gaps = gaps[gaps[Gaps.walker] == gaps[Gaps.kind].map(scene.walkers)]
    firm, unsure = gaps[gaps[Gaps.verdict] == GAP], gaps[gaps[Gaps.verdict] != GAP]
    told = []
    if len(firm) == 0:
        told.append(scene.tell("gaps_none"))
    else:
        total = firm.groupby(Gaps.kind)[Gaps.residents_without].sum()
        most = str(total.idxmax())
        values = {"kinds": len(total), "kind": scene.name_in_sentence(most), "people": write_count(float(total.max()))}
        told.append(scene.tell("gaps_lead", values))
    if len(unsure):
        people = write_count(float(unsure[Gaps.residents_without].sum()))
        told.append(scene.tell("gaps_check", {"count": len(unsure), "people": people}))
    shortfall = _list_shortfall(scene)
    if not shortfall:
        told.append(scene.hush("shortfall_none"))
    told += tell_schools(scene)
    listings = (*_list_gaps(scene, firm), *list_lacks(scene), *shortfall, *list_schools(scene))
    return Section(7, scene.say("section_7"), tuple(told), listings)


def _list_gaps(scene: Scene, firm: pd.DataFrame) -> tuple[Any, ...]:
    by_kind = [
        (scene.name_kind(kind), scene.name_group(scene.kinds[kind].group), int(mine[Gaps.community].nunique()),
         float(mine[Gaps.residents_without].sum()))
        for kind in scene.kinds
        if len(mine := firm[firm[Gaps.kind] == kind])
    ]  # fmt: skip
    heads = [scene.head("kind"), scene.head("group"), scene.head("communities", "count", "communities"),
             scene.head("without", "people", Gaps.residents_without)]  # fmt: skip
    columns = [Gaps.community, Gaps.kind, Gaps.residents_without, Gaps.share_without, Gaps.cause]
    rows = [
        (scene.name_community(community), scene.name_kind(kind), without, share,
         None if pd.isna(cause) else translate_word(clean_name(cause), scene.language))
        for community, kind, without, share, cause in firm.sort_values(
            Gaps.residents_without, ascending=False, kind="stable"
        )[columns].itertuples(index=False)
    ]  # fmt: skip
    more = [scene.head("community"), scene.head("kind"), scene.head("without", "people", Gaps.residents_without),
            scene.head("share_without", "share", Gaps.share_without), scene.head("cause", spare=True)]  # fmt: skip
    return (*scene.list("gap_kinds", heads, by_kind), *scene.list("gaps", more, rows, shown=40))


def _list_shortfall(scene: Scene) -> tuple[Any, ...]:
    rows = []
    for (community, kind), stock in list_stocks(scene.plan.analysis).items():
        if isnan(stock.shortfall) or stock.shortfall <= 0:
            continue
        unit = translate_word(clean_name(scene.kinds[kind].norm_unit), scene.language)
        rows.append(
            (scene.name_community(community), scene.name_kind(kind), unit, stock.units, stock.unknown,
             stock.per_1000, stock.norm, stock.shortfall)
        )  # fmt: skip
    rows.sort(key=lambda row: -row[-1])
    heads = [
        scene.head("community"), scene.head("kind"), scene.head("unit"), scene.head("supply", "people", "supply"),
        scene.head("unknown", "count", "unknown"), scene.head("per_1000", "number", "per_1000"),
        scene.head("norm", "number", "norm"), scene.head("shortfall", "people", "shortfall"),
    ]  # fmt: skip
    return scene.list("shortfall", heads, rows, shown=40)


def tell_standard(scene: Scene) -> Section:
    """Tell which standard was adopted, kind by kind."""
    standard = scene.plan.analysis.study.standard
    told = scene.tell("standard", {"standard": clean_name(standard.label(scene.language), longest=200),
                                   "source": clean_name(standard.source, longest=600)})  # fmt: skip
    labels = {one.id: clean_name(one.zh if scene.language == "zh" else one.en) for one in standard.categories}
    rows = [
        (scene.name_kind(kind.id), labels.get(kind.category, clean_name(kind.category)),
         scene.name_group(kind.group) if kind.group in {EVERYBODY, *GROUPS} else clean_name(kind.group),
         kind.tier, scene.flag(kind.mandatory), kind.limit_min, kind.limit_m, kind.min_floor_m2, kind.norm_per_1000,
         translate_word(clean_name(kind.norm_unit), scene.language) or None, kind.clause or None)
        for kind in standard.kinds
    ]  # fmt: skip
    heads = [
        scene.head("kind"), scene.head("category"), scene.head("group"), scene.head("tier", "count", spare=True),
        scene.head("mandatory"), scene.head("limit", "number", "limit_min"),
        scene.head("limit_m", "people", "limit_m", spare=True),
        scene.head("min_floor", "people", "min_floor_m2", spare=True), scene.head("norm", "number", "norm", spare=True),
        scene.head("unit", spare=True), scene.head("clause", spare=True),
    ]  # fmt: skip
    return Section(8, scene.say("section_8"), (told,), scene.list("kinds", heads, rows))


def tell_space(scene: Scene) -> Section:
    """Tell where something could be built."""
    plan, sites = scene.plan, scene.plan.analysis.place.candidates
    pool = plan.pool
    if sites is None:
        told = [scene.hush("sites_streets", {"every": f"{STREETS_EVERY_M:g}"})]
    else:
        told = [scene.tell("sites_listed", {"sites": len(sites)}) if len(sites) else scene.tell("sites_none_listed")]
    if len(pool):
        is_link = pool.projects[Projects.sort] == LINK
        placed = pool.projects[~is_link]
        values = {"projects": write_count(len(placed)), "sites": write_count(placed[Projects.candidate].nunique()),
                  "people": write_count(float(pool.wants[Wants.people].sum()))}  # fmt: skip
        told.append(scene.tell("pool", values))
        if is_link.any():
            told.append(scene.tell("pool_links", {"count": write_count(int(is_link.sum()))}))
    elif sites is None or len(sites):
        told.append(scene.tell("pool_none"))
    served = set(pool.projects[Projects.kind])
    missed = [kind for kind in scene.kinds if kind in set(pool.wants[Wants.kind]) and kind not in served]
    if missed:
        told.append(scene.hush("pool_misses", {"kinds": scene.join_kinds(map(scene.name_in_sentence, missed))}))
    if plan.unit is not None:
        told.append(scene.hush("cost_asked"))
    listings = () if sites is None else _list_sites(scene, sites)
    return Section(9, scene.say("section_9"), tuple(told), listings)


def _list_sites(scene: Scene, sites: pd.DataFrame) -> tuple[Any, ...]:
    columns = [
        Candidates.candidate, Candidates.name, Candidates.community, Candidates.area_m2, Candidates.floor_m2,
        Candidates.level, Candidates.kinds, Candidates.from_year, Candidates.capex, Candidates.opex,
        Candidates.ownership,
    ]  # fmt: skip
    rows = [
        (scene.name_site(site, name), scene.name_community(community), area, floor, level, scene.name_kinds(kinds),
         *(clean_value(one) for one in rest))
        for site, name, community, area, floor, level, kinds, *rest in sites[columns].itertuples(index=False)
    ]  # fmt: skip
    heads = [
        scene.head("site"), scene.head("community"), scene.head("area", "people", Candidates.area_m2, spare=True),
        scene.head("floor", "people", Candidates.floor_m2, spare=True),
        scene.head("level", "number", Candidates.level, spare=True), scene.head("kinds", spare=True),
        scene.head("from", "year", Candidates.from_year, spare=True),
        scene.head("capex", "money", Candidates.capex, spare=True),
        scene.head("opex", "money", Candidates.opex, spare=True), scene.head("owner", spare=True),
    ]  # fmt: skip
    return scene.list("sites", heads, rows, shown=40)
