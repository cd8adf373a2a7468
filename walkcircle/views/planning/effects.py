"""Effects: sections 12, 14 and 15, what the plan changes, how good it is, and what is watched from then on."""

from __future__ import annotations

from typing import Any

from walkcircle.analysis import Analysis
from walkcircle.equity import measure_equity
from walkcircle.pool import STATES
from walkcircle.tables import (
    AreaScores,
    BeforeAfter,
    Checkup,
    CommunityCoverage,
    Coverage,
    Equity,
    IndexChanges,
    Phases,
    Projects,
    Proofs,
    Wants,
)
from walkcircle.views.findings import write_share
from walkcircle.views.planning.content import Listing, Section, Sentence, write_value
from walkcircle.views.planning.scene import Scene
from walkcircle.views.planning.wording import translate_value
from walkcircle.views.portrait import FOLDER
from walkcircle.views.profiles import LEAST_PERSON
from walkcircle.views.sheets import name_files, write_count


def tell_effect(scene: Scene) -> Section:
    """Tell what the plan changes, how near it is to the best possible, and what fairness costs."""
    told = [*_tell_proof(scene), *_tell_fairness(scene), *_tell_cost(scene), *_tell_more(scene)]
    listings = (*_list_proofs(scene), *_list_coverage(scene), *_list_indices(scene), *_list_equity(scene))
    if not any(one.id == "indices" for one in listings):
        told.append(scene.hush("indices_none"))
    return Section(12, scene.say("section_12"), (*told, scene.hush("sensitivity")), listings)


def _tell_proof(scene: Scene) -> list[Sentence]:
    """Say how near the plan is to the best possible, in one sentence that needs no mathematics."""
    plan, section = scene.plan, scene.plan.analysis.study.plan
    # no plan serves more than the bound of the first question, which promises nothing
    bound = float(plan.proofs[Proofs.bound].to_numpy(dtype=float)[0]) if len(plan.proofs) else 0.0
    if bound < LEAST_PERSON:
        return [scene.tell("proof_none")]
    objective = float(plan.proofs[Proofs.objective].to_numpy(dtype=float)[int(section.fair)])
    gap = max(bound - objective, 0.0) / bound
    values = {"bound": write_count(bound), "objective": write_count(objective), "gap": write_value(gap, "gap")}
    if section.objective == "bundle":
        return [Sentence(scene.say("proof_bundle", values), "finding")]
    lacking = float(plan.pool.wants[Wants.people].sum())
    served = float(plan.phases[Phases.served_so_far].iloc[-1])
    is_all = objective >= lacking - LEAST_PERSON
    told = scene.say("proof_all" if is_all else "proof", values)
    stop = "" if scene.language == "zh" else " "
    sentences = [Sentence(told + stop + scene.say("proof_twice"), "finding")]
    if served < objective - LEAST_PERSON:
        left = {"served": write_count(served), "gap": write_value(max(bound - served, 0.0) / bound, "gap")}
        sentences.append(scene.tell("proof_years", left))
    return sentences


def _tell_fairness(scene: Scene) -> list[Sentence]:
    """Say what it costs to promise each community a share."""
    plan, section = scene.plan, scene.plan.analysis.study.plan
    if plan.price_of_fairness is None:
        return []
    price = plan.price_of_fairness
    values = {"share": write_share(section.fair_share), "price": write_count(price)}
    dear = "fair_price_bundle" if section.objective == "bundle" else "fair_price"
    told = scene.say("fair_free" if price < LEAST_PERSON else dear, values)
    stop = "" if scene.language == "zh" else " "
    return [Sentence(told + stop + scene.say("fair_chosen" if section.fair else "fair_open"))]


def _tell_cost(scene: Scene) -> list[Sentence]:
    """Say what one person newly served costs, where a budget is in money."""
    plan = scene.plan
    served = float(plan.phases[Phases.newly_served].sum())
    if plan.unit is None or served < LEAST_PERSON:
        return []
    cost = write_count(float(plan.phases[Phases.spent].sum()) / served)
    return [scene.tell("cost_effect", {"cost": cost, "unit": plan.unit})]


def _tell_more(scene: Scene) -> list[Sentence]:
    """Say why coverage grows by more than the people newly served: of many it was not sure that they were without."""
    table = scene.plan.before_after
    more = float((table[BeforeAfter.covered_after] - table[BeforeAfter.covered_before]).sum())
    served = float(scene.plan.phases[Phases.served_so_far].iloc[-1])
    if more < served + 1 or served < LEAST_PERSON:
        return []
    return [scene.tell("effect_more", {"more": write_count(more), "served": write_count(served)})]


def _list_proofs(scene: Scene) -> tuple[Listing, ...]:
    columns = (Proofs.question, Proofs.objective, Proofs.bound, Proofs.proven_gap, Proofs.status, Proofs.sites,
               Proofs.cost)  # fmt: skip
    table = scene.plan.proofs[[*columns]]
    rows = [
        (translate_value(question, scene.language), objective, bound, gap, translate_value(status, scene.language),
         sites, cost)
        for question, objective, bound, gap, status, sites, cost in table.itertuples(index=False)
    ]  # fmt: skip
    heads = [
        scene.head("question"), scene.head("objective", "people", Proofs.objective),
        scene.head("bound", "people", Proofs.bound), scene.head("gap", "gap", Proofs.proven_gap),
        scene.head("status"), scene.head("sites", "count", Proofs.sites), scene.purse_head("cost", Proofs.cost),
    ]  # fmt: skip
    return scene.list("proofs", heads, rows)


def _list_coverage(scene: Scene) -> tuple[Listing, ...]:
    """Add up coverage before and after over the communities, kind by kind."""
    table = scene.plan.before_after
    rows = []
    for kind in scene.kinds:
        mine = table[table[BeforeAfter.kind] == kind]
        people, before, after = (
            float(mine[column].sum())
            for column in (BeforeAfter.population, BeforeAfter.covered_before, BeforeAfter.covered_after)
        )
        known = _count_known(scene, kind)
        shares = (before / known, after / known) if known > 0 else (None, None)
        rows.append((scene.name_kind(kind), scene.name_group(scene.kinds[kind].group), people, before, after, *shares))
    heads = [
        scene.head("kind"), scene.head("group"), scene.head("served", "people", BeforeAfter.population),
        scene.head("before", "people", BeforeAfter.covered_before),
        scene.head("after", "people", BeforeAfter.covered_after),
        scene.head("share_before", "share", BeforeAfter.share_before),
        scene.head("share_after", "share", BeforeAfter.share_after),
    ]  # fmt: skip
    return scene.list("before_after", heads, rows)


def _count_known(scene: Scene, kind: str) -> float:
    """Count the people whose walk is known, of whom shares are."""
    table = scene.plan.analysis.communities
    is_mine = table[CommunityCoverage.walker] == scene.walkers.get(kind)
    mine = table[is_mine & (table[CommunityCoverage.kind] == kind)]
    return float((mine[CommunityCoverage.population] - mine[CommunityCoverage.unknown]).sum())


def _list_indices(scene: Scene) -> tuple[Listing, ...]:
    table = scene.plan.index_changes
    table = table[table[IndexChanges.index_before].notna() | table[IndexChanges.index_after].notna()]
    rows = [
        (scene.name_community(community), before, after, rank, then, scene.mark(weak), scene.mark(still))
        for community, before, after, rank, then, weak, still in table[
            [IndexChanges.community, IndexChanges.index_before, IndexChanges.index_after, IndexChanges.rank_before,
             IndexChanges.rank_after, IndexChanges.weakest_before, IndexChanges.weakest_after]
        ].itertuples(index=False)
    ]  # fmt: skip
    heads = [
        scene.head("community"), scene.head("index_before", "index", IndexChanges.index_before),
        scene.head("index_after", "index", IndexChanges.index_after),
        scene.head("rank_before", "count", IndexChanges.rank_before),
        scene.head("rank_after", "count", IndexChanges.rank_after), scene.head("weakest_before", spare=True),
        scene.head("weakest_after", spare=True),
    ]  # fmt: skip
    return scene.list("indices", heads, rows)


def _list_equity(scene: Scene) -> tuple[Listing, ...]:
    """List mean and Gini of the minutes to the nearest of each kind, before and after."""
    rows = []
    for kind, walker in scene.walkers.items():
        before, after = (_measure_spread(answer, kind, walker) for answer in (scene.plan.analysis, scene.plan.after))
        rows.append((scene.name_kind(kind), before[0], after[0], before[1], after[1]))
    heads = [
        scene.head("kind"), scene.head("mean_before", "minutes", "mean_before"),
        scene.head("mean_after", "minutes", "mean_after"), scene.head("gini_before", "ratio", "gini_before"),
        scene.head("gini_after", "ratio", "gini_after"),
    ]  # fmt: skip
    return scene.list("equity", heads, rows, note="equity_note")


def _measure_spread(answer: Analysis, kind: str, walker: str) -> tuple[Any, Any]:
    table = answer.coverage
    mine = table[(table[Coverage.kind] == kind) & (table[Coverage.walker] == walker)].set_index(Coverage.cluster)
    row = measure_equity(mine[Coverage.minutes].astype(float), mine[Coverage.population].astype(float)).iloc[0]
    return row[Equity.mean], row[Equity.gini]


def tell_monitoring(scene: Scene) -> Section:
    """Tell which figures are read again each year, and how far the projects have come."""
    plan = scene.plan
    lacking = float(plan.pool.wants[Wants.people].sum())
    rows = [
        (scene.say("today"), *_read_indicators(plan.analysis), lacking),
        (scene.say("then"), *_read_indicators(plan.after), float(plan.phases[Phases.gap_left].iloc[-1])),
    ]
    heads = [
        scene.head("when"), scene.head("mean_index", "index", AreaScores.index),
        scene.head("scored", "count", AreaScores.scored), scene.head("weakest_people", "people", "weakest_people"),
        scene.head("gap_people", "people", Phases.gap_left),
    ]  # fmt: skip
    states = [
        (translate_value(state, scene.language), count)
        for state in STATES
        if (count := int((plan.projects[Projects.state] == state).sum()))
    ]
    more = [scene.head("state"), scene.head("projects", "count", "state")]
    listings = (*scene.list("indicators", heads, rows, note="indicators_note"), *scene.list("progress", more, states))
    return Section(14, scene.say("section_14"), (scene.tell("yearly"),), listings)


def _read_indicators(answer: Analysis) -> tuple[Any, int, float]:
    """Return the mean index of residents, how many communities have one, and who lives in the weakest tenth."""
    city = answer.areas[answer.areas[AreaScores.level] == "city"].iloc[0]
    weakest = answer.checkup[answer.checkup[Checkup.weakest]]
    return city[AreaScores.index], int(city[AreaScores.scored]), float(weakest[Checkup.population].sum())


def tell_annex(scene: Scene) -> Section:
    """Tell where the portrait of each community lies."""
    ids = [str(one) for one in scene.plan.analysis.checkup[Checkup.community]]
    files = name_files(ids)
    rows = [(scene.name_community(one), f"../{FOLDER}/{files[one]}") for one in ids]
    heads = [scene.head("community"), scene.head("page", "page")]
    listings = scene.list("portraits", heads, rows, note="portraits_note", shown=2000)
    return Section(15, scene.say("section_15"), (), listings)
