"""walkcircle: who can walk to daily life in fifteen minutes, who cannot, why not, and what to build first.

The line of work is four nouns and the verbs between them::

    Study ──read_place──▶ Place ──analyse──▶ Analysis ──▶ maps, tables

Each measure along the line also works alone on plain frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from walkcircle.adequacy import measure_adequacy, measure_crowding, measure_supply
    from walkcircle.analysis import Analysis, analyse
    from walkcircle.areas import score_areas
    from walkcircle.attainment import (
        Choices,
        Walked,
        choose_walkers,
        count_choices,
        list_choices,
        measure_attainment,
        measure_whole,
    )
    from walkcircle.buffers import compare_radius, measure_radius_coverage
    from walkcircle.bundle import count_missing, measure_bundle, weigh_bundle
    from walkcircle.candidates import find_candidates, find_hosts
    from walkcircle.changes import Comparison, compare_analyses, measure_covered
    from walkcircle.checkup import score_categories, score_communities, score_kinds
    from walkcircle.choices import Choice, choose_projects, estimate_costs
    from walkcircle.circles import (
        CircleRules,
        Delineation,
        LivingCircles,
        Search,
        compare_partitions,
        compare_with_chance,
        delineate_circles,
        delineate_nested,
        list_circle_gaps,
        list_rules,
        measure_circles,
        measure_containment,
        measure_severance,
        measure_stability,
        read_rules,
        split_at_random,
    )
    from walkcircle.clusters import cluster_residences
    from walkcircle.completeness import Surroundings, grade_completeness
    from walkcircle.coverage import compare_reach, intersect_facilities, measure_coverage, weigh_coverage
    from walkcircle.crossings import SidedStreets, split_sides
    from walkcircle.decay import Decay, weigh_minutes
    from walkcircle.equity import measure_equity, measure_zones
    from walkcircle.errors import (
        NetworkError,
        OutputError,
        SitingError,
        SourceError,
        StudyError,
        TableError,
        WalkCircleError,
    )
    from walkcircle.firmness import join_firmness, measure_firmness
    from walkcircle.footing import Footing, make_footing
    from walkcircle.gaps import explain_gaps, find_gaps, measure_straight, relax_walker
    from walkcircle.groups import count_demand
    from walkcircle.isochrones import measure_truth, trace_isochrones, trace_streets
    from walkcircle.links import LinkRules, find_links, list_linked_homes, measure_links
    from walkcircle.needs import measure_emphasis, measure_needs
    from walkcircle.network import WalkNetwork, network_from_lines, network_from_networkx
    from walkcircle.phasing import Calendar, Schedule, Turns, schedule_projects
    from walkcircle.place import Place, assign_communities
    from walkcircle.plan import Plan, assemble_pool, propose_plan
    from walkcircle.pool import Pool, assemble_links, assemble_sites, join_pools, list_wants
    from walkcircle.proposals import Proposals, Scenario
    from walkcircle.proximity import measure_dual_access, measure_proximity, measure_sweep, weigh_proximity
    from walkcircle.routes import SchoolWays, find_schools, measure_school_routes, measure_school_ways, rank_crossings
    from walkcircle.scenario import measure_effect
    from walkcircle.siting import BundleTerms, Siting, SitingEffort, SitingTerms, solve_bundle, solve_siting
    from walkcircle.snapping import Spots, snap_points
    from walkcircle.sources import read_network, read_place
    from walkcircle.sources.heights import apply_heights
    from walkcircle.sources.roads import read_roads
    from walkcircle.sources.scenarios import read_scenario
    from walkcircle.standards import Kind, Standard, list_standards, read_standard
    from walkcircle.study import Study, read_study
    from walkcircle.sufficiency import measure_sufficiency, measure_units
    from walkcircle.unmapped import estimate_unmapped
    from walkcircle.updates import Change, Standing, measure_standing
    from walkcircle.views import (
        draw_comparison,
        draw_map,
        write_comparison,
        write_outputs,
        write_overviews,
        write_plan,
        write_portraits,
    )
    from walkcircle.views.scenarios import write_scenario
    from walkcircle.walkers import Walker, list_walkers, read_walker
    from walkcircle.walking import (
        Reach,
        Routes,
        count_within,
        find_routes,
        measure_counts,
        measure_nearest,
        measure_times,
        nearest,
        walk,
        walk_blocks,
    )
    from walkcircle.works import build_place

__version__ = version("walkcircle")

#: The public names, in the order of the line.
__all__ = [
    # words
    "WalkCircleError", "StudyError", "SourceError", "TableError", "NetworkError", "OutputError",
    "SitingError",
    # the question
    "Standard", "Kind", "read_standard", "list_standards",
    "Walker", "read_walker", "list_walkers",
    "Study", "read_study",
    # the ground
    "WalkNetwork", "read_network", "network_from_lines", "network_from_networkx", "apply_heights",
    "read_roads", "SidedStreets", "split_sides",
    "Spots", "snap_points",
    "Footing", "make_footing",
    "Reach", "walk", "walk_blocks", "nearest", "measure_times", "count_within", "measure_nearest", "measure_counts",
    "Routes", "find_routes",
    "Standing", "Change", "measure_standing",
    "Place", "read_place", "assign_communities", "Surroundings", "grade_completeness", "estimate_unmapped",
    # the measures
    "cluster_residences", "count_demand", "trace_isochrones", "trace_streets", "measure_truth",
    "measure_coverage", "weigh_coverage", "intersect_facilities", "compare_reach",
    "measure_bundle", "weigh_bundle", "count_missing",
    "measure_sweep", "measure_dual_access", "measure_proximity", "weigh_proximity",
    "measure_radius_coverage", "compare_radius",
    "Decay", "weigh_minutes", "measure_adequacy", "measure_crowding", "measure_supply",
    "Walked", "Choices", "choose_walkers", "count_choices", "list_choices", "measure_attainment", "measure_whole",
    "measure_sufficiency", "measure_units", "score_kinds", "score_categories", "score_communities", "score_areas",
    "measure_firmness", "join_firmness", "measure_equity", "measure_zones",
    "find_gaps", "relax_walker", "measure_straight", "explain_gaps", "measure_needs", "measure_emphasis",
    "find_candidates", "find_hosts",
    "CircleRules", "read_rules", "list_rules", "Search", "Delineation", "delineate_circles",
    "LivingCircles", "delineate_nested", "measure_circles", "list_circle_gaps",
    "measure_containment", "measure_severance", "compare_partitions", "measure_stability", "split_at_random",
    "compare_with_chance",
    "solve_siting", "solve_bundle", "Siting", "SitingTerms", "BundleTerms", "SitingEffort",
    "Pool", "list_wants", "assemble_sites", "assemble_links", "join_pools",
    "Choice", "estimate_costs", "choose_projects", "Calendar", "Turns", "Schedule", "schedule_projects",
    "SchoolWays", "find_schools", "measure_school_ways",
    "measure_school_routes", "rank_crossings", "LinkRules", "find_links", "measure_links", "list_linked_homes",
    # the wholes
    "Analysis", "analyse",
    "Scenario", "Proposals", "read_scenario", "build_place", "measure_effect",
    "Plan", "assemble_pool", "propose_plan",
    "Comparison", "compare_analyses", "measure_covered",
    # the views
    "draw_map", "write_portraits", "write_overviews", "write_outputs", "draw_comparison", "write_comparison",
    "write_plan", "write_scenario",
]  # fmt: skip

#: Where each name lives. Modules are imported on first use: the command line should not pay seconds for
#: geopandas and numba to print its help.
_MODULES: Mapping[str, tuple[str, ...]] = {
    "adequacy": ("measure_adequacy", "measure_crowding", "measure_supply"),
    "analysis": ("Analysis", "analyse"),
    "buffers": ("compare_radius", "measure_radius_coverage"),
    "bundle": ("count_missing", "measure_bundle", "weigh_bundle"),
    "areas": ("score_areas",),
    "candidates": ("find_candidates", "find_hosts"),
    "attainment": (
        "Choices",
        "Walked",
        "choose_walkers",
        "count_choices",
        "list_choices",
        "measure_attainment",
        "measure_whole",
    ),
    "changes": ("Comparison", "compare_analyses", "measure_covered"),
    "checkup": ("score_categories", "score_communities", "score_kinds"),
    "firmness": ("join_firmness", "measure_firmness"),
    "choices": ("Choice", "choose_projects", "estimate_costs"),
    "circles": (
        "CircleRules",
        "Delineation",
        "LivingCircles",
        "Search",
        "compare_partitions",
        "compare_with_chance",
        "delineate_circles",
        "delineate_nested",
        "list_circle_gaps",
        "list_rules",
        "measure_circles",
        "measure_containment",
        "measure_severance",
        "measure_stability",
        "read_rules",
        "split_at_random",
    ),
    "clusters": ("cluster_residences",),
    "coverage": ("compare_reach", "intersect_facilities", "measure_coverage", "weigh_coverage"),
    "crossings": ("SidedStreets", "split_sides"),
    "decay": ("Decay", "weigh_minutes"),
    "equity": ("measure_equity", "measure_zones"),
    "errors": (
        "NetworkError",
        "OutputError",
        "SitingError",
        "SourceError",
        "StudyError",
        "TableError",
        "WalkCircleError",
    ),
    "footing": ("Footing", "make_footing"),
    "gaps": ("explain_gaps", "find_gaps", "measure_straight", "relax_walker"),
    "groups": ("count_demand",),
    "isochrones": ("measure_truth", "trace_isochrones", "trace_streets"),
    "needs": ("measure_needs", "measure_emphasis"),
    "links": ("LinkRules", "find_links", "list_linked_homes", "measure_links"),
    "network": ("WalkNetwork", "network_from_lines", "network_from_networkx"),
    "completeness": ("Surroundings", "grade_completeness"),
    "place": ("Place", "assign_communities"),
    "unmapped": ("estimate_unmapped",),
    "proximity": ("measure_dual_access", "measure_proximity", "measure_sweep", "weigh_proximity"),
    "phasing": ("Calendar", "Schedule", "Turns", "schedule_projects"),
    "plan": ("Plan", "assemble_pool", "propose_plan"),
    "pool": ("Pool", "join_pools", "list_wants", "assemble_links", "assemble_sites"),
    "proposals": ("Proposals", "Scenario"),
    "routes": ("SchoolWays", "find_schools", "measure_school_routes", "measure_school_ways", "rank_crossings"),
    "scenario": ("measure_effect",),
    "siting": ("BundleTerms", "Siting", "SitingEffort", "SitingTerms", "solve_bundle", "solve_siting"),
    "snapping": ("Spots", "snap_points"),
    "sources": ("read_network", "read_place"),
    "sources.heights": ("apply_heights",),
    "sources.roads": ("read_roads",),
    "sources.scenarios": ("read_scenario",),
    "standards": ("Kind", "Standard", "list_standards", "read_standard"),
    "study": ("Study", "read_study"),
    "sufficiency": ("measure_sufficiency", "measure_units"),
    "updates": ("Change", "Standing", "measure_standing"),
    "views": (
        "draw_comparison",
        "draw_map",
        "write_comparison",
        "write_plan",
        "write_outputs",
        "write_overviews",
        "write_portraits",
    ),
    "views.scenarios": ("write_scenario",),
    "walkers": ("Walker", "list_walkers", "read_walker"),
    "walking": (
        "Reach",
        "Routes",
        "count_within",
        "find_routes",
        "measure_counts",
        "measure_nearest",
        "measure_times",
        "nearest",
        "walk",
        "walk_blocks",
    ),
    "works": ("build_place",),
}
_HOMES: Mapping[str, str] = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name not in _HOMES:
        msg = f"module 'walkcircle' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"walkcircle.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names for tab completion."""
    return sorted([*__all__, "__version__"])
