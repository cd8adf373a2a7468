"""Plans: a street of three homes worked out with pencil, and a real suburb whose plan is counted again."""

from __future__ import annotations

import io
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
    make_communities,
    make_facilities,
    make_kind,
    make_place,
    make_residences,
    make_standard,
    make_study,
)
from rich.console import Console

from walkcircle.analysis import analyse, snap_clusters, snap_facilities
from walkcircle.candidates import find_candidates
from walkcircle.choices import FAIR, FAIR_COMPLETE, MOST_COMPLETE, MOST_PEOPLE
from walkcircle.errors import StudyError, TableError
from walkcircle.footing import ROUNDING_S, make_footing
from walkcircle.links import find_links, list_laid, list_linked_homes, walk_links
from walkcircle.plan import find_missing_links, propose_plan
from walkcircle.pool import FACILITY, LINK, list_wants
from walkcircle.printing.plans import show_plan
from walkcircle.proposals import Scenario
from walkcircle.siting import solve_siting
from walkcircle.sources.scenarios import read_scenario
from walkcircle.sources.solutions import SolutionStore
from walkcircle.study import CheckupSection, LinkCost, PlanSection, SitingSection
from walkcircle.tables import (
    BeforeAfter,
    Candidates,
    Checkup,
    Clusters,
    Communities,
    Coverage,
    Facilities,
    IndexChanges,
    LinkedHomes,
    Links,
    Phases,
    ProjectGains,
    Projects,
    Proofs,
    Wants,
    check_table,
)
from walkcircle.updates import measure_standing
from walkcircle.views.files import write_plan
from walkcircle.views.scenarios import write_scenario
from walkcircle.works import build_place

#: Five minutes are 300 m. Homes of 100, 60 and 30 people a kilometre apart, each a community, all with a shop.
CLINIC, SHOP = make_kind("clinic", 5.0), make_kind("shop", 60.0, category="trade")
STANDARD = make_standard(CLINIC, SHOP)
HOMES = make_residences([("1", 100, (0, 0)), ("2", 60, (1000, 0)), ("3", 30, (2000, 0))])
AREAS = make_communities(
    {name: shapely.box(x - 500, -500, x + 500, 500) for name, x in (("a", 0), ("b", 1000), ("c", 2000))}
)
SITES = (("s1", 200, 10.0), ("s2", 700, 5.0), ("s3", 1800, 4.0))


def sites_of(rows=SITES, **more) -> gpd.GeoDataFrame:
    """Make sites on the street from id, place and cost."""
    made = find_candidates(draw_network([[(0, 0), (2000, 0)]]), every_m=2000 / len(rows)).iloc[: len(rows)]
    return made.assign(
        **{
            Candidates.candidate: [row[0] for row in rows], Candidates.kinds: "*",
            Candidates.capex: [row[2] for row in rows],
            Candidates.community: [AREAS[Communities.community][min(round(row[1] / 1000), 2)] for row in rows],
            Candidates.source: "list", **more,
        }
    ).set_geometry([shapely.Point(row[1], 0) for row in rows], crs=METRES)  # fmt: skip


def answer_of(sites, *, plan=None, areas=AREAS, shops=True, facilities=(), **siting):
    rows = [("m", "shop", (1000, 10)), *facilities] if shops else list(facilities)
    place = make_place(draw_network([[(0, 0), (2000, 0)]]), HOMES, make_facilities(rows), areas, STANDARD)
    study = make_study(
        STANDARD, walkers=(STROLLER,), minutes=(5.0,), plan=plan or PlanSection(), siting=SitingSection(**siting),
        checkup=CheckupSection(draws=0),
    )  # fmt: skip
    return analyse(replace(place, candidates=sites, data_date="2026-11-01"), study)


def plan_of(sites=None, **options):
    plan = propose_plan(answer_of(sites_of() if sites is None else sites, **options))
    for table, columns in (
        (plan.projects, Projects), (plan.gains, ProjectGains), (plan.phases, Phases), (plan.proofs, Proofs),
        (plan.before_after, BeforeAfter), (plan.index_changes, IndexChanges),
    ):  # fmt: skip
        check_table(table, columns, where=columns.title)
    return plan


def test_within_fifteen_the_two_that_serve_most_are_built_the_cheaper_first():
    """s1 and s2 serve 160 for 15; 5 in the first year pay for s2 alone, 10 in the second for s1."""
    plan = plan_of(plan=PlanSection(budget=(5.0, 10.0)), currency="CNY")
    assert plan.projects[Projects.candidate].tolist() == ["s2", "s1"]
    assert plan.projects[Projects.year].tolist() == [2027, 2028]
    assert plan.projects[Projects.newly_served].tolist() == [60, 100]
    assert plan.projects[Projects.cost_per_person].tolist() == pytest.approx([5 / 60, 0.1])
    assert plan.unit == "CNY"
    assert plan.phases[Phases.gap_left].tolist() == [130, 30]


def test_the_proof_says_that_no_plan_of_this_budget_serves_more():
    plan = plan_of(plan=PlanSection(budget=(5.0, 10.0)), currency="CNY")
    best = plan.proofs.set_index(Proofs.question).loc[MOST_PEOPLE]
    assert (best[Proofs.objective], best[Proofs.bound], best[Proofs.proven_gap]) == (160, 160, 0)
    assert (best[Proofs.status], best[Proofs.cost]) == ("optimal", 15)
    assert FAIR in set(plan.proofs[Proofs.question])
    assert plan.price_of_fairness == 0


def test_a_fair_plan_serves_each_community_and_costs_people():
    """Two projects of three serve 160; if c is to have its share one of them stands there, and 130 are served."""
    sites = sites_of((("s1", 200, 1.0), ("s2", 700, 1.0), ("far", 1750, 1.0)))
    wide = make_communities({"ab": shapely.box(-500, -500, 1500, 500), "c": shapely.box(1500, -500, 2500, 500)})
    plan = plan_of(sites, areas=wide, plan=PlanSection(years=1, projects_per_year=2, fair=True, fair_share=0.3))
    assert sorted(plan.projects[Projects.candidate]) == ["far", "s1"]
    assert plan.price_of_fairness == 30
    assert plan.proofs.set_index(Proofs.question)[Proofs.objective].to_dict() == {MOST_PEOPLE: 160, FAIR: 130}


def test_what_is_built_is_in_the_check_up_afterwards():
    """Before nobody has a clinic; after, those of a and b have, as the plan promised."""
    plan = plan_of(plan=PlanSection(budget=(5.0, 10.0)), currency="CNY")
    clinics = plan.before_after[plan.before_after[BeforeAfter.kind] == "clinic"]
    assert clinics[BeforeAfter.covered_before].tolist() == [0, 0, 0]
    assert clinics[BeforeAfter.covered_after].tolist() == [100, 60, 0]
    assert plan.index_changes[IndexChanges.index_before].tolist() == pytest.approx([50, 50, 50])
    assert plan.index_changes[IndexChanges.index_after].tolist() == pytest.approx([100, 100, 50])
    assert plan.projects[Projects.index_change].tolist() == pytest.approx([50, 50])
    assert plan.projects[Projects.index_community].tolist() == ["b", "a"]
    assert plan.after.checkup[Checkup.index].tolist() == plan.index_changes[IndexChanges.index_after].tolist()


def test_without_money_each_project_counts_as_one():
    sites = sites_of(**{Candidates.capex: np.nan})
    plan = plan_of(sites, plan=PlanSection(years=2, projects_per_year=1))
    assert plan.unit is None
    assert plan.projects[Projects.candidate].tolist() == ["s1", "s2"]
    assert plan.projects[Projects.capex].isna().all()


def test_what_has_no_cost_is_not_chosen_with_money():
    """Unknown is not free; the cost of a kind stands in for that of a site."""
    sites = sites_of(**{Candidates.capex: [np.nan, 5.0, 4.0]})
    plan = plan_of(sites, plan=PlanSection(budget=(20.0,)), currency="CNY")
    assert sorted(plan.projects[Projects.candidate]) == ["s2", "s3"]
    plan = plan_of(sites, plan=PlanSection(budget=(20.0,)), currency="CNY", kind_capex={"clinic": 10.0})
    assert sorted(plan.projects[Projects.candidate]) == ["s1", "s2", "s3"]


def test_a_budget_without_any_cost_is_refused():
    sites = sites_of(**{Candidates.capex: np.nan})
    with pytest.raises(StudyError, match="no project has a cost"):
        plan_of(sites, plan=PlanSection(budget=(20.0,)), currency="CNY")


def test_a_kind_that_the_standard_does_not_have_is_refused():
    with pytest.raises(StudyError, match="pool"):
        plan_of(plan=PlanSection(kinds=("pool",)))


def test_the_next_best_site_for_the_same_people_is_named():
    """t1 serves a as s1 does; there is none for b."""
    sites = sites_of((*SITES, ("t1", 100, 11.0)))
    plan = plan_of(sites, plan=PlanSection(budget=(15.0,)), currency="CNY")
    rows = plan.projects.set_index(Projects.candidate)
    assert rows[Projects.alternative]["s1"] == "clinic@t1"
    assert rows[Projects.alternative_served]["s1"] == 100


def test_a_site_where_the_kind_is_not_allowed_or_has_no_room_is_left_out():
    sites = sites_of(**{Candidates.kinds: ["shop", "*", "*"], Candidates.floor_m2: [900.0, 100.0, np.nan]})
    kind = make_kind("clinic", 5.0, min_floor_m2=300.0)
    place = make_place(
        draw_network([[(0, 0), (2000, 0)]]), HOMES, make_facilities([("m", "shop", (1000, 10))]), AREAS,
        make_standard(kind, SHOP),
    )  # fmt: skip
    study = make_study(make_standard(kind, SHOP), walkers=(STROLLER,), minutes=(5.0,), checkup=CheckupSection(draws=0))
    plan = propose_plan(analyse(replace(place, candidates=sites, data_date="2026-11-01"), study))
    assert plan.projects[Projects.candidate].tolist() == ["s3"]
    assert "floor area not known" in plan.projects[Projects.doubt].iloc[0]


def test_who_has_all_needs_no_plan():
    has = [(f"c{i}", "clinic", (1000 * i, 10)) for i in range(3)]
    plan = plan_of(facilities=has)
    assert len(plan.projects) == 0
    assert plan.phases[Phases.projects].sum() == 0
    assert plan.index_changes[IndexChanges.index_after].tolist() == [100, 100, 100]


def test_no_site_reaches_anybody():
    plan = plan_of(sites_of((("s", 1400, 1.0),)))
    assert len(plan.projects) == 0
    assert plan.phases[Phases.gap_left].tolist() == [190, 190, 190]


def test_homes_to_be_checked_are_no_reason_to_build():
    answer = answer_of(sites_of())
    everything = list_wants(answer.coverage, answer.place.completeness, {"clinic": "stroller", "shop": "stroller"})
    assert everything[Wants.people].sum() == 190
    doubtful = answer.coverage.assign(**{Coverage.unsure: ~answer.coverage[Coverage.covered]})
    assert len(list_wants(doubtful, answer.place.completeness, {"clinic": "stroller", "shop": "stroller"})) == 0


def test_the_summary_says_what_when_and_how_good_it_is(tmp_path):
    """Two projects, their years, the proof and the price; a hostile name is shown as it is."""
    sites = sites_of(**{Candidates.name: ["[red]Old mill[/red]", None, None]})
    plan = plan_of(sites, plan=PlanSection(budget=(5.0, 10.0)), currency="CNY")
    console = Console(width=200, record=True, file=io.StringIO())
    show_plan(plan, {"page": tmp_path / "plan.html"}, console)
    text = console.export_text()
    assert "no plan of this budget serves more than 160 (proven gap 0.00%" in text
    assert "price of fairness: 0 people" in text
    assert "1  2027  clinic, Community b (s2): 60 people" in text
    assert "2  2028  clinic, Community a ([red]Old mill[/red]): 100 people" in text
    assert "budget, CNY" in text


def test_the_summary_of_an_empty_plan_says_so():
    console = Console(width=200, record=True, file=io.StringIO())
    show_plan(plan_of(sites_of((("s", 1400, 1.0),))), {}, console)
    assert "Nothing can be built for the 190 people" in console.export_text()


def test_the_files_of_a_plan_hold_its_tables_and_are_the_same_each_time(tmp_path):
    plan = plan_of(plan=PlanSection(budget=(5.0, 10.0)), currency="CNY")
    first, second = (write_plan(plan, tmp_path / name)["tables"].parent for name in ("one", "two"))
    rows = pd.read_csv(first / "tables" / "projects.csv", encoding="utf-8-sig")
    assert rows[Projects.newly_served].tolist() == [60, 100]
    files = [file.relative_to(first) for file in sorted(first.rglob("*")) if file.is_file()]
    assert len(files) == 19
    assert all((first / file).read_bytes() == (second / file).read_bytes() for file in files)


GYM = make_kind("gym", 5.0, category="sport")


def plan_of_centres(**section):
    """Plan for the three homes without clinic and gym; a kind costs 3 at any site."""
    standard = make_standard(CLINIC, GYM)
    far = make_facilities([("far", "clinic", (5000, 0)), ("away", "gym", (5000, 0))])
    place = make_place(draw_network([[(0, 0), (2000, 0)]]), HOMES, far, AREAS, standard)
    siting = SitingSection(currency="CNY", kind_capex={"clinic": 3.0, "gym": 3.0})
    study = make_study(
        standard, walkers=(STROLLER,), minutes=(5.0,), plan=PlanSection(links=False, **section), siting=siting,
        checkup=CheckupSection(draws=0),
    )  # fmt: skip
    sites = sites_of(**{Candidates.capex: np.nan})
    return propose_plan(analyse(replace(place, candidates=sites, data_date="2026-11-01"), study))


def test_people_count_once_for_each_kind_or_only_with_all_of_them():
    """With 9, two kinds for the hundred and one for the sixty; or, as the sixty get no second, the hundred alone."""
    each = plan_of_centres(years=1, budget=9.0)
    assert sorted(each.projects[Projects.newly_served]) == [60, 100, 100]
    whole = plan_of_centres(years=1, budget=9.0, objective="bundle")
    assert set(whole.projects[Projects.candidate]) == {"s1"}
    assert sorted(whole.projects[Projects.kind]) == ["clinic", "gym"]
    assert whole.proofs[Proofs.question].tolist() == [MOST_COMPLETE, FAIR_COMPLETE]
    assert whole.proofs[Proofs.objective].tolist() == [100, 100]


def test_kinds_at_one_site_share_what_opening_it_costs():
    """A centre of two kinds costs 3 + 3 + 4: with 20 two are opened, with 19 one, in one year as one."""
    plan = plan_of_centres(budget=(10.0, 10.0), objective="bundle", opening_cost=4.0)
    check_table(plan.projects, Projects, where="projects")
    assert plan.projects[Projects.candidate].tolist() == ["s1", "s1", "s2", "s2"]
    assert plan.projects[Projects.year].tolist() == [2027, 2027, 2028, 2028]
    assert plan.projects[Projects.capex].tolist() == [5, 5, 5, 5]
    assert plan.proofs[Proofs.objective].tolist()[0] == 160
    assert plan.proofs[Proofs.cost].tolist()[0] == 20
    less = plan_of_centres(budget=(10.0, 9.0), objective="bundle", opening_cost=4.0)
    assert set(less.projects[Projects.candidate]) == {"s1"}


def test_an_opening_cost_that_nothing_weighs_is_refused():
    with pytest.raises(ValueError, match="opening_cost is shared by the kinds of a site"):
        PlanSection(budget=10.0, opening_cost=4.0)


def test_a_link_serves_a_bundle_as_a_site_of_every_kind():
    """The path costs 31 and brings the clinic, the only kind, near; a new one would cost 40."""
    plan = propose_plan(
        answer_of_two_dead_ends(
            years=1, budget=39.0, objective="bundle", link_costs={"path": LinkCost(fixed=1.0, per_m=1.0)}
        )
    )
    assert plan.projects[Projects.sort].tolist() == [LINK]
    assert plan.projects[Projects.capex].tolist() == pytest.approx([31])
    assert plan.proofs[Proofs.objective].tolist()[0] == 100


def answer_of_two_dead_ends(**section):
    """Make two dead ends thirty metres apart, a home of 100 at one and a clinic at the other, and three years of 50."""
    network = draw_network([[(0, 0), (200, 0)], [(230, 0), (400, 0)], [(0, 0), (0, 900), (400, 900), (400, 0)]])
    place = make_place(
        network, make_residences([("1", 100, (0, 0))]), make_facilities([("c", "clinic", (250, 0))]),
        make_communities({"a": shapely.box(-500, -500, 1000, 1000)}), make_standard(CLINIC),
    )  # fmt: skip
    study = make_study(
        make_standard(CLINIC), walkers=(STROLLER,), minutes=(5.0,), plan=PlanSection(**section),
        checkup=CheckupSection(draws=0), siting=SitingSection(currency="CNY", kind_capex={"clinic": 40.0}),
    )  # fmt: skip
    return analyse(replace(place, data_date="2026-11-01"), study)


def test_missing_links_are_priced_in_the_currency_of_the_projects():
    """A path brings the clinic near, and costs 1 and 2 for each of its metres."""
    for wanted in (True, False):
        links = find_missing_links(
            answer_of_two_dead_ends(links=wanted, link_costs={"path": LinkCost(fixed=1.0, per_m=2.0)})
        )
        assert links[Links.link_kind].tolist() == (["path"] if wanted else [])
        assert links[Links.gains].tolist() == ([100] if wanted else [])
        assert links[Links.cost].tolist() == pytest.approx([61] if wanted else [])


@pytest.mark.parametrize(
    ("per_m", "budget", "built"),
    [(1.0, 39.0, [(LINK, "path", 31)]), (2.0, 45.0, [(FACILITY, "clinic", 40)]), (2.0, 39.0, []), (None, 39.0, [])],
)
def test_a_link_is_built_where_it_is_what_the_budget_pays_for(per_m, budget, built):
    """Path or clinic, both serve the hundred; of the path whose cost is not known nothing is built."""
    costs = {} if per_m is None else {"path": LinkCost(fixed=1.0, per_m=per_m)}
    plan = propose_plan(answer_of_two_dead_ends(years=1, budget=budget, link_costs=costs))
    check_table(plan.projects, Projects, where="projects")
    rows = plan.projects[[Projects.sort, Projects.kind, Projects.capex]].itertuples(index=False, name=None)
    assert [(sort, kind, pytest.approx(cost)) for sort, kind, cost in rows] == built
    assert plan.projects[Projects.community].tolist() == ["a"] * len(built)
    assert plan.before_after[BeforeAfter.covered_after].tolist() == [100 if built else 0]


@pytest.mark.parametrize("name", ["monaco", "karhula"])
def test_what_a_link_promises_is_found_when_the_place_is_built_with_it(analyses, name):
    """Of each sort of link those for most homes, one at a time: nobody listed is missing, and no walk grows.

    The limits are a third of the standard's, which leave somebody without in Monaco too.
    """
    answer = analyses[name]
    place, study, standing = answer.place, answer.study, answer.standing
    ground = place.background
    links = find_links(answer.footing, bridged={"railway": ground.rail, "water": ground.water}, ends=answer.ends)
    kinds = [replace(kind, limit_min=kind.limit_min / 3) for kind in study.standard.kinds]
    homes = list_linked_homes(standing, links, answer.clusters, kinds)
    count = homes[LinkedHomes.link].value_counts()
    busiest = count.groupby(count.index.str.rpartition("/").get_level_values(0), sort=False).head(2)
    assert len(busiest) > 2
    code, limit_s = {kind.id: number for number, kind in enumerate(kinds)}, np.array([k.limit_min * 60 for k in kinds])
    cluster = pd.Index(answer.clusters[Clusters.cluster])
    for link in busiest.index:
        laid = list_laid(place.network, links[links[Links.link] == link])
        built = build_place(place, study, Scenario(laid, place.network.crs))
        footing = make_footing(built.network, study.walkers[0])
        after = measure_standing(
            footing, snap_clusters(built, study, answer.clusters, footing),
            snap_facilities(built, study, built.facilities, footing),
            built.facilities[Facilities.kind].map(code).to_numpy(), limit_min=standing.limit_s / 60, kinds=len(kinds),
        )  # fmt: skip
        assert (after.seconds <= standing.seconds + ROUNDING_S).all()
        mine = homes[homes[LinkedHomes.link] == link]
        kind = mine[LinkedHomes.kind].map(code).to_numpy()
        assert (after.seconds[kind, cluster.get_indexer(mine[LinkedHomes.cluster])] <= limit_s[kind] + ROUNDING_S).all()


def test_a_link_takes_each_walker_as_long_as_it_goes():
    """A slow walker takes twice as long; whoever waits at lights waits at a crossing, and who may not climb stays."""
    network = draw_network([[(0, 0), (200, 0)], [(230, 0), (400, 0)], [(0, 0), (0, 900), (400, 900), (400, 0)]])
    links = find_links(make_footing(network, STROLLER))
    slow = walk_links(make_footing(network, replace(STROLLER, speed_kmh=STROLLER.speed_kmh / 2)), links)
    assert slow[Links.there_s].to_numpy() == pytest.approx(2 * links[Links.there_s].to_numpy())
    lit = links.assign(**{Links.link_kind: "crossing"})
    patient = walk_links(make_footing(network, replace(STROLLER, crossing_s={"signals": 30.0})), lit)
    assert patient[Links.back_s].to_numpy() == pytest.approx(links[Links.back_s].to_numpy() + 30)


def test_a_suburb_is_planned_along_its_streets_and_counted_again(analyses):
    """Nobody is promised more than the check-up afterwards finds, and whoever was in time still is."""
    answer = analyses["karhula"]
    plan = propose_plan(answer)
    built = plan.projects[plan.projects[Projects.year].notna()]
    assert set(plan.projects[Projects.sort]) <= {FACILITY, LINK}
    assert plan.gains[ProjectGains.newly_served].sum() == pytest.approx(plan.projects[Projects.newly_served].sum())
    gained = plan.before_after[BeforeAfter.covered_after] - plan.before_after[BeforeAfter.covered_before]
    assert (gained >= -1e-9).all()
    assert gained.sum() >= built[Projects.newly_served].sum() - 1e-6
    before = answer.coverage.set_index([Coverage.cluster, Coverage.kind, Coverage.walker])
    after = plan.after.coverage.set_index([Coverage.cluster, Coverage.kind, Coverage.walker])
    wants = list_wants(answer.coverage, answer.place.completeness, {k.id: "adult" for k in answer.study.standard.kinds})
    newly = after[Coverage.covered] & ~before[Coverage.covered]
    certain = pd.MultiIndex.from_frame(wants[[Wants.cluster, Wants.kind]])
    rows = newly[newly].reset_index()
    mine = pd.MultiIndex.from_frame(rows[[Coverage.cluster, Coverage.kind]]).isin(certain)
    people = before[Coverage.demand].reindex(newly[newly].index).to_numpy()[mine].sum()
    assert people == pytest.approx(built[Projects.newly_served].sum())


# ── what is proposed ────────────────────────────────────────────────────────────────────────────


def lonlat(x, y=0.0):
    point = gpd.GeoSeries([shapely.Point(x, y)], crs=METRES).to_crs(4326).iloc[0]
    return point.x, point.y


def propose(scenario, *, budget=(5.0, 10.0), **plan):
    answer = answer_of(sites_of(), plan=PlanSection(budget=budget, **plan), currency="CNY" if budget else None)
    return propose_plan(answer, proposals=scenario)


def test_what_is_proposed_comes_first_is_saved_for_and_the_rest_is_chosen_around_it():
    """A clinic for c costs 6 of 15: the first year's 5 are saved, and of the 9 that are left s2 serves most."""
    plan = propose(Scenario().add_facility("clinic", *lonlat(1900), name="Mine", capex=6.0))
    assert plan.projects[Projects.name].tolist() == ["Mine", None]
    assert plan.projects[Projects.candidate].tolist()[1] == "s2"
    assert plan.projects[Projects.proposed].tolist() == [True, False]
    assert plan.projects[Projects.state].tolist() == ["planned", "planned"]
    assert plan.projects[Projects.year].tolist() == [2028, 2028]
    assert plan.projects[Projects.newly_served].tolist() == [30, 60]
    assert plan.projects[Projects.community].tolist() == ["c", "b"]
    assert plan.phases[Phases.spent].tolist() == [0, 11]
    best = plan.proofs.set_index(Proofs.question).loc[MOST_PEOPLE]
    assert (best[Proofs.objective], best[Proofs.bound], best[Proofs.cost]) == (90, 90, 11)
    clinics = plan.before_after[plan.before_after[BeforeAfter.kind] == "clinic"]
    assert clinics[BeforeAfter.covered_after].tolist() == [0, 60, 30]


def test_without_money_what_is_proposed_counts_as_one_project():
    """Two projects a year for one year: one is proposed, and one is left for the hundred people of a."""
    plan = propose(Scenario().add_facility("clinic", *lonlat(1900)), budget=None, years=1, projects_per_year=2)
    assert plan.projects[Projects.proposed].tolist() == [True, False]
    assert plan.projects[Projects.newly_served].tolist() == [30, 100]


def test_what_is_proposed_is_built_though_it_serves_nobody_and_nobody_is_without():
    has = [(f"c{i}", "clinic", (1000 * i, 10)) for i in range(3)]
    answer = answer_of(sites_of(), facilities=has)
    plan = propose_plan(answer, proposals=Scenario().add_facility("clinic", *lonlat(500)))
    assert plan.projects[Projects.newly_served].tolist() == [0]
    assert plan.projects[Projects.year].tolist() == [2027]
    assert len(plan.after.place.facilities) == len(answer.place.facilities) + 1


def test_a_link_that_is_proposed_is_a_project_and_is_walked_afterwards():
    network = draw_network([[(0, 0), (200, 0)], [(230, 0), (400, 0)], [(0, 0), (0, 900), (400, 900), (400, 0)]])
    place = make_place(
        network, make_residences([("1", 100, (0, 0))]), make_facilities([("c", "clinic", (250, 0))]),
        make_communities({"a": shapely.box(-500, -500, 1000, 1000)}), make_standard(CLINIC),
    )  # fmt: skip
    section = PlanSection(budget=(40.0,), link_costs={"footbridge": LinkCost(fixed=1.0, per_m=1.0)})
    study = make_study(make_standard(CLINIC), walkers=(STROLLER,), minutes=(5.0,), plan=section,
                       siting=SitingSection(currency="CNY"), checkup=CheckupSection(draws=0))  # fmt: skip
    scenario = Scenario().add_link([lonlat(200), lonlat(230)], link_kind="footbridge")
    answer = analyse(replace(place, data_date="2026-11-01"), study)
    plan = propose_plan(answer, proposals=scenario)
    row = plan.projects.iloc[0]
    assert (row[Projects.sort], row[Projects.kind], row[Projects.newly_served]) == ("link", "footbridge", 100)
    assert row[Projects.capex] == pytest.approx(31, abs=0.1)
    assert plan.before_after[BeforeAfter.covered_after].tolist() == [100]
    console = Console(width=200, record=True, file=io.StringIO())
    show_plan(plan, {}, console)
    assert "footbridge, Community a" in (text := console.export_text())
    assert "100 people, proposed by you" in text


def test_proposals_survive_their_file(tmp_path):
    """What is written is read again, with what it costs, and gives the same plan."""
    scenario = Scenario().add_facility("clinic", *lonlat(1900), name="Mine", capex=6.0)
    study = answer_of(sites_of()).study
    read = read_scenario(write_scenario(scenario, tmp_path / "mine.geojson"), study)
    assert [edit.capex for edit in read.edits] == [6.0]
    one, other = propose(scenario), propose(read)
    assert one.projects[Projects.project].tolist() == other.projects[Projects.project].tolist()


@pytest.mark.parametrize(
    ("scenario", "plan", "sentence"),
    [
        (Scenario().add_facility("clinic", *lonlat(0), capex=16.0), {}, "proposals cost 16 CNY, and all years of "),
        (Scenario().add_facility("clinic", *lonlat(0)), {}, "proposal 1 has no cost, and .plan. has a budget"),
        (Scenario().add_facility("clinic", *lonlat(0)), {"budget": None, "years": 1, "projects_per_year": 1,
         "kinds": ("shop",)}, "proposal 1 is of kind 'clinic', which .plan. kinds does not name"),
        (Scenario().close_facility("m"), {}, "proposal 1 adds neither a facility nor the line of a link"),
        (Scenario().add_facility("clinic", *lonlat(0), capex=12.0), {"carry_over": False},
         "fits into no year of the plan; raise"),
    ],
)  # fmt: skip
def test_proposals_that_do_not_fit_into_the_plan_are_refused(scenario, plan, sentence):
    with pytest.raises(StudyError, match=sentence):
        propose(scenario, **plan)


def test_more_proposals_than_projects_are_refused_without_money_too():
    scenario = Scenario().add_facility("clinic", *lonlat(0)).add_facility("clinic", *lonlat(900))
    with pytest.raises(StudyError, match=r"2 projects are proposed, and all years .* have room for 1"):
        propose(scenario, budget=None, years=1, projects_per_year=1)


def test_a_proposal_far_from_any_street_or_there_already_is_refused():
    with pytest.raises(TableError, match="900 m from the nearest street"):
        propose(Scenario().add_facility("clinic", *lonlat(500, 900), capex=1.0))
    with pytest.raises(TableError, match="facility 'm' of kind 'shop' is there already"):
        propose(Scenario().add_facility("shop", *lonlat(500), facility="m", capex=1.0))


# ── answers that are kept ───────────────────────────────────────────────────────────────────────


def test_a_plan_that_was_stopped_does_not_search_again(tmp_path, monkeypatch):
    """The second plan finds both answers; a damaged one is searched again, and another budget is another question."""
    searched = []

    def search(*given, **more):
        searched.append(more["budget"])
        return solve_siting(*given, **more)

    monkeypatch.setattr("walkcircle.choices.solve_siting", search)
    store, answer = SolutionStore(tmp_path / "solutions"), answer_of(
        sites_of(), plan=PlanSection(budget=(5.0, 10.0)), currency="CNY"
    )  # fmt: skip
    first = propose_plan(answer, kept=store)
    assert searched == [15, 15]
    again = propose_plan(answer, kept=store)
    assert searched == [15, 15]
    pd.testing.assert_frame_equal(first.proofs, again.proofs)
    pd.testing.assert_frame_equal(first.projects, again.projects)
    files = sorted((tmp_path / "solutions").iterdir())
    assert len(files) == 2
    files[0].write_bytes(files[0].read_bytes()[:-40])
    assert propose_plan(answer, kept=store).projects.equals(first.projects)
    assert searched == [15, 15, 15]
    richer = answer_of(sites_of(), plan=PlanSection(budget=(5.0, 11.0)), currency="CNY")
    propose_plan(richer, kept=store)
    assert searched == [15, 15, 15, 16, 16]


def test_where_nothing_can_be_kept_the_plan_is_made_all_the_same(tmp_path):
    (tmp_path / "solutions").write_text("no folder")
    answer = answer_of(sites_of(), plan=PlanSection(budget=(5.0, 10.0)), currency="CNY")
    assert len(propose_plan(answer, kept=SolutionStore(tmp_path / "solutions")).projects) == 2
