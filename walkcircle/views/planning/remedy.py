"""Remedy: sections 10, 11 and 13, what is to be built, where and in which year, and what has to be secured for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from walkcircle.groups import EVERYBODY, GROUPS
from walkcircle.pool import LINK
from walkcircle.proposals import LINK_KINDS
from walkcircle.tables import Candidates, Links, Phases, ProjectGains, Projects
from walkcircle.views.names import clean_name
from walkcircle.views.planning.content import Head, Listing, Section, Sentence
from walkcircle.views.planning.drawing import draw_sites
from walkcircle.views.planning.scene import Scene
from walkcircle.views.planning.schools import list_crossings
from walkcircle.views.planning.wording import translate_value
from walkcircle.views.sheets import write_count

#: So many missing links are on the map and in the listing; the workbook has all.
LINKS_SHOWN = 40


def tell_layout(scene: Scene) -> Section:
    """Tell where everything goes: a map, sites for several kinds, kind by kind, and ways on foot."""
    plan = scene.plan
    links = plan.links
    is_link = plan.projects[Projects.sort] == LINK
    projects = plan.projects[~is_link]
    by_site = projects.groupby(Projects.candidate, sort=False)
    kinds_there = by_site[Projects.kind].transform("nunique") if len(projects) else pd.Series(dtype=int)
    several = projects[kinds_there.reindex(projects.index, fill_value=0) > 1]
    if len(projects):
        counted = several[Projects.candidate].nunique()
        values = {"projects": len(projects), "sites": by_site.ngroups, "several": counted}
        told = [scene.tell("layout", values)]
    else:
        told = [scene.hush("no_projects")]
    told.append(_tell_links(scene, int(is_link.sum())))
    drawing = None
    if len(plan.projects) or len(links):
        drawing = draw_sites(
            plan.analysis.checkup, plan.projects, [int(year) for year in plan.phases[Phases.year]],
            links=links.head(LINKS_SHOWN), label=scene.say("map"), caption=_tell_map(scene),
            circles=plan.analysis.circles.list_larger() if plan.analysis.circles is not None else None,
        )  # fmt: skip
    listings = (*_list_centres(scene, several), *_list_by_kind(scene, plan.projects), *_list_links(scene, links),
                *list_crossings(scene))  # fmt: skip
    return Section(10, scene.say("section_10"), tuple(told), listings, drawing)


def _tell_map(scene: Scene) -> str:
    """Say what is on the map."""
    more = [] if scene.plan.analysis.circles is None else [scene.say("map_circles")]
    return ("" if scene.language == "zh" else " ").join([scene.say("map_caption"), *more])


def _tell_links(scene: Scene, built: int) -> Sentence:
    """Say what became of the search for missing links."""
    if not scene.plan.analysis.study.plan.links:
        return scene.hush("links_unasked")
    if len(scene.plan.links) == 0:
        return scene.hush("links_none")
    return scene.tell("links_built", {"count": built}) if built else scene.tell("links_beside")


def _list_centres(scene: Scene, several: pd.DataFrame) -> tuple[Listing, ...]:
    """List the sites that take more than one kind, those for most people first."""
    rows = []
    for _, mine in several.groupby(Projects.candidate, sort=False):
        first = mine.iloc[0]
        rows.append(
            (scene.name_site(first[Projects.candidate], first[Projects.name]),
             scene.name_community(first[Projects.community]),
             scene.join_kinds(map(scene.name_kind, mine[Projects.kind])), _join_ranks(scene, mine),
             float(mine[Projects.newly_served].sum()))
        )  # fmt: skip
    rows.sort(key=lambda row: -row[-1])
    heads = [scene.head("site"), scene.head("community", spare=True), scene.head("kinds"), scene.head("ranks"),
             scene.head("newly", "people", Projects.newly_served)]  # fmt: skip
    return scene.list("centres", heads, rows)


def _list_by_kind(scene: Scene, projects: pd.DataFrame) -> tuple[Listing, ...]:
    rows = [
        (scene.name_kind(kind), len(mine), _join_ranks(scene, mine), float(mine[Projects.newly_served].sum()))
        for kind in (*scene.kinds, *LINK_KINDS)
        if len(mine := projects[projects[Projects.kind] == kind])
    ]
    heads = [scene.head("kind"), scene.head("projects", "count", "projects"), scene.head("ranks"),
             scene.head("newly", "people", Projects.newly_served)]  # fmt: skip
    return scene.list("by_kind", heads, rows)


def _list_links(scene: Scene, links: pd.DataFrame) -> tuple[Listing, ...]:
    """List the missing links, those first that gain most for their cost."""
    columns = (Links.link_kind, Links.over, Links.built_m, Links.newly_served, Links.gains, Links.cost, Links.doubt)
    table = links.reindex(columns=[*columns, Links.link])
    rows = [
        (
            scene.name_kind(str(sort)),
            None if pd.isna(over) else translate_value(clean_name(over), scene.language),
            built,
            served,
            gains,
            cost,
            scene.doubt(doubt),
            link,
        )
        for sort, over, built, served, gains, cost, doubt, link in table.itertuples(index=False)
    ]
    heads = [
        scene.head("sort"), scene.head("over", spare=True), scene.head("built", "people", Links.built_m),
        scene.head("link_people", "people", Links.newly_served), scene.head("over_kinds", "people", Links.gains),
        scene.head("capex", "money", Links.cost, spare=True), scene.head("doubt", spare=True),
        scene.head("link", is_inner=True),
    ]  # fmt: skip
    return scene.list("links", heads, rows, note="links_note", shown=LINKS_SHOWN)


def _join_ranks(scene: Scene, projects: pd.DataFrame) -> str:
    return scene.join(str(rank) for rank in projects[Projects.rank])


def tell_pool(scene: Scene) -> Section:
    """Tell every project with year, site, cost, people and alternative, and what each year holds."""
    plan = scene.plan
    told = [*_tell_costs(scene)]
    waiting = int(plan.projects[Projects.year].isna().sum())
    if waiting:
        told.append(scene.tell("no_year", {"count": waiting}))
    if len(plan.projects) == 0:
        told.insert(0, scene.hush("no_projects"))
    elif plan.gains[ProjectGains.stand_in].any():
        told.append(scene.tell("stand_in"))
    told.append(scene.hush("owners"))
    return Section(11, scene.say("section_11"), tuple(told), (*_list_projects(scene), *_list_phases(scene)))


def _tell_costs(scene: Scene) -> list[Sentence]:
    """Tell what is known of costs: unknown is not free, and no sum holds it."""
    plan = scene.plan
    capex = plan.projects[Projects.capex].to_numpy(dtype=float)
    known, told = ~np.isnan(capex), []
    if plan.unit is None:
        told.append(scene.tell("cost_each"))
    if len(capex) and not known.any():
        told.append(scene.hush("cost_unknown"))
    elif len(capex):
        total = write_count(float(capex[known].sum()))
        told.append(scene.tell("cost_sum", {"sum": total, "unit": scene.unit}))
        if not known.all():
            told.append(scene.hush("cost_partly", {"count": int((~known).sum()), "projects": len(capex)}))
    return told


def _list_projects(scene: Scene) -> tuple[Listing, ...]:
    """List the projects in the order of building, with whom each serves by group."""
    plan = scene.plan
    gains = plan.gains.groupby([ProjectGains.project, ProjectGains.group])[ProjectGains.newly_served].sum()
    present = set(plan.gains[ProjectGains.group])
    # where all are residents, the column before says it
    groups = [group for group in (EVERYBODY, *GROUPS) if group in present] if present != {EVERYBODY} else []
    shared = _find_shared_doubt(plan.projects)
    rows = []
    for _, row in plan.projects.iterrows():
        project = row[Projects.project]
        rows.append(
            (row[Projects.rank], row[Projects.year], scene.name_site(row[Projects.candidate], row[Projects.name]),
             scene.name_community(row[Projects.community]), scene.name_kind(str(row[Projects.kind])),
             row[Projects.newly_served], *(gains.get((project, group), 0.0) for group in groups), row[Projects.alone],
             row[Projects.capex], row[Projects.opex], row[Projects.cost_per_person], row[Projects.index_change],
             scene.name_community(row[Projects.index_community]), scene.sites.get(str(row[Projects.alternative])),
             row[Projects.alternative_served], scene.mark(row[Projects.first]), scene.mark(row[Projects.proposed]),
             translate_value(clean_name(row[Projects.state]), scene.language),
             None if shared else scene.doubt(row[Projects.doubt]), project)
        )  # fmt: skip
    by_group = [
        Head(scene.say("col_newly_of", {"group": scene.name_group(group)}), "people",
             f"{ProjectGains.newly_served}:{group}")
        for group in groups
    ]  # fmt: skip
    heads = [
        scene.head("rank", "count", Projects.rank), scene.head("year", "year", Projects.year), scene.head("site"),
        scene.head("community", spare=True), scene.head("kind"),
        scene.head("newly", "people", Projects.newly_served),
        *by_group, scene.head("alone", "people", Projects.alone, is_inner=True),
        scene.head("capex", "money", Projects.capex, spare=True),
        scene.head("opex", "money", Projects.opex, spare=True),
        scene.head("per_person", "money", Projects.cost_per_person, spare=True),
        scene.head("rise", "points", Projects.index_change, spare=True), scene.head("rise_where", spare=True),
        scene.head("other", spare=True),
        scene.head("other_served", "people", Projects.alternative_served, spare=True), scene.head("first", spare=True),
        scene.head("proposed", spare=True), scene.head("state"), scene.head("doubt", spare=True),
        scene.head("project", is_inner=True),
    ]  # fmt: skip
    note = scene.say("projects_note")
    if shared:
        note += ("" if scene.language == "zh" else " ") + scene.say("doubt_shared", {"doubt": str(scene.doubt(shared))})
    return scene.list("projects", heads, rows, note=note, shown=100)


def _find_shared_doubt(projects: pd.DataFrame) -> str | None:
    """Return what is to be checked of every project, if that is the same and there are several."""
    doubts = projects[Projects.doubt]
    is_shared = len(doubts) > 1 and doubts.notna().all() and (doubts == doubts.iloc[0]).all()
    return str(doubts.iloc[0]) if is_shared else None


def _list_phases(scene: Scene) -> tuple[Listing, ...]:
    columns = (Phases.year, Phases.budget, Phases.carried_in, Phases.spent, Phases.projects, Phases.newly_served,
               Phases.served_so_far, Phases.gap_left)  # fmt: skip
    rows = list(scene.plan.phases[[*columns]].itertuples(index=False))
    heads = [
        scene.head("year", "year", Phases.year), scene.purse_head("budget", Phases.budget),
        scene.purse_head("carried", Phases.carried_in), scene.purse_head("spent", Phases.spent),
        scene.head("projects", "count", Phases.projects), scene.head("newly", "people", Phases.newly_served),
        scene.head("so_far", "people", Phases.served_so_far), scene.head("left", "people", Phases.gap_left),
    ]  # fmt: skip
    return scene.list("phases", heads, rows, note="phases_note")


def tell_transmission(scene: Scene) -> Section:
    """Tell what each site has to be secured for in the detailed plan."""
    plan = scene.plan
    sites = plan.analysis.place.candidates
    listed = None if sites is None else sites.set_index(Candidates.candidate)
    rows: list[tuple[Any, ...]] = []
    ground = plan.projects[plan.projects[Projects.sort] != LINK]
    for site, mine in ground.groupby(Projects.candidate, sort=False):
        first = mine.iloc[0]
        floors = [scene.kinds[kind].min_floor_m2 for kind in mine[Projects.kind]]
        known = [floor for floor in floors if floor is not None]
        own: tuple[Any, ...] = (None, None, None)
        if listed is not None and site in listed.index:
            own = tuple(listed.loc[site, [Candidates.floor_m2, Candidates.level, Candidates.ownership]])
        rows.append(
            (scene.name_site(site, first[Projects.name]), scene.name_community(first[Projects.community]),
             scene.join_kinds(map(scene.name_kind, mine[Projects.kind])), mine[Projects.year].min(),
             sum(known) if known else None, *own)
        )  # fmt: skip
    heads = [
        scene.head("site"), scene.head("community", spare=True), scene.head("kinds"),
        scene.head("year", "year", Projects.year), scene.head("min_floor", "people", "min_floor_m2", spare=True),
        scene.head("floor", "people", Candidates.floor_m2, spare=True),
        scene.head("level", "number", Candidates.level, spare=True), scene.head("owner", spare=True),
    ]  # fmt: skip
    asks = any(row[4] is not None for row in rows)
    listings = scene.list("transmission", heads, rows, note="transmission_note" if asks else "", shown=40)
    return Section(13, scene.say("section_13"), (scene.hush("land_use"),), listings)
