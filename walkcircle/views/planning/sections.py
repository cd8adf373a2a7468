"""Sections: the fifteen of a district plan, told once for page, document and workbook."""

from __future__ import annotations

from walkcircle.plan import Plan
from walkcircle.tables import Phases, Projects, Wants
from walkcircle.views.planning.circles import tell_circles
from walkcircle.views.planning.content import Section, Sentence
from walkcircle.views.planning.effects import tell_annex, tell_effect, tell_monitoring
from walkcircle.views.planning.remedy import tell_layout, tell_pool, tell_transmission
from walkcircle.views.planning.scene import Scene
from walkcircle.views.planning.situation import (
    tell_basis,
    tell_checkup,
    tell_gaps,
    tell_needs,
    tell_population,
    tell_space,
    tell_standard,
    tell_stock,
)
from walkcircle.views.sheets import write_count
from walkcircle.views.text import Language

#: The sections in the order in which a plan is read.
_TELLERS = (
    tell_basis, tell_population, tell_stock, tell_checkup, tell_needs, tell_circles, tell_gaps, tell_standard,
    tell_space, tell_layout, tell_pool, tell_effect, tell_transmission, tell_monitoring, tell_annex,
)  # fmt: skip


def build_sections(plan: Plan, language: Language) -> tuple[Section, ...]:
    """Tell a plan in fifteen sections; what there are no data for is said in one quiet sentence.

    Every number is a value of a table of the plan or its analysis, or a sum of such values.

    Parameters
    ----------
    plan
        What :func:`~walkcircle.plan.propose_plan` gave.
    language
        ``en`` or ``zh``.
    """
    scene = Scene(plan, language)
    return tuple(tell(scene) for tell in _TELLERS)


def tell_plan(plan: Plan, language: Language) -> Sentence:
    """Say in one sentence what the plan does."""
    scene = Scene(plan, language)
    built = plan.projects[plan.projects[Projects.year].notna()]
    if len(built) == 0:
        lacking = float(plan.pool.wants[Wants.people].sum())
        return Sentence(scene.say("finding_nothing" if lacking > 0 else "finding_nobody"), "finding")
    years = built[Projects.year]
    values = {
        "projects": len(built),
        "year_from": int(years.min()),
        "year_to": int(years.max()),
        "served": write_count(float(plan.phases[Phases.served_so_far].iloc[-1])),
    }
    key = "finding_one_year" if values["year_from"] == values["year_to"] else "finding"
    return Sentence(scene.say(key, values), "finding")
