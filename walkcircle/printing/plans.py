"""Plans: what the command line says of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table as RichTable

from walkcircle.pool import BUILDING, DROPPED, LINK, OPERATING, PLANNED
from walkcircle.printing.paths import list_files
from walkcircle.tables import Checkup, Deliveries, Phases, Projects, Proofs, Wants

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rich.console import Console

    from walkcircle.plan import Plan

#: How many projects the summary names.
PROJECTS_NAMED = 10


def show_plan(proposed: Plan, files: Mapping[str, Path], console: Console) -> None:
    """Print what is to be built, in which year, whom it serves, and how near that is to the best possible."""
    study, unit = proposed.analysis.study, proposed.unit
    console.print(f"\n[bold]{escape(study.title)}[/bold]: the plan")
    _print_deliveries(proposed, console)
    if len(proposed.projects) == 0:
        people = proposed.pool.wants[Wants.people].sum()
        console.print(f"Nothing can be built for the {people:,.0f} people × kinds that are certainly without.")
        return
    words = {} if unit is None else {"budget": f"budget, {unit}", "spent": f"spent, {unit}"}
    table = RichTable(box=None, pad_edge=False)
    for column in (Phases.year, Phases.budget, Phases.spent, Phases.projects, Phases.newly_served, Phases.gap_left):
        heading = words.get(str(column), str(column).replace("_", " "))
        table.add_column("budget, projects" if unit is None and column == Phases.budget else heading, justify="right")
    for row in proposed.phases.to_dict("records"):
        table.add_row(
            str(row[Phases.year]), *(f"{row[column]:,.0f}" for column in
            (Phases.budget, Phases.spent, Phases.projects, Phases.newly_served, Phases.gap_left))
        )  # fmt: skip
    console.print(table)
    counted = "residents" if study.plan.objective == "bundle" else "people × kinds"
    for row in proposed.proofs.to_dict("records"):
        console.print(
            f"{row[Proofs.question]}: {row[Proofs.objective]:,.0f} {counted} with {row[Proofs.sites]} projects; "
            f"no plan of this budget serves more than {row[Proofs.bound]:,.0f} (proven gap "
            f"{row[Proofs.proven_gap]:.2%}, {row[Proofs.seconds]:.1f} s)"
        )
    if proposed.price_of_fairness is not None:
        console.print(
            f"price of fairness: {proposed.price_of_fairness:,.0f} {counted} fewer, if each community is to have "
            f"{study.plan.fair_share:.0%} of its people served"
        )
    console.print()
    names = proposed.analysis.checkup.set_index(Checkup.community)[Checkup.name].to_dict()
    shown = proposed.projects.drop(columns=Projects.geometry).head(PROJECTS_NAMED).astype(object)
    for row in shown.where(shown.notna(), None).to_dict("records"):
        year = "later" if row[Projects.year] is None else str(row[Projects.year])
        place = names.get(row[Projects.community], "outside all communities")
        site = row[Projects.name] or row[Projects.candidate]
        is_link = row[Projects.sort] == LINK
        label = row[Projects.kind] if is_link else study.standard.kind(row[Projects.kind]).label(study.outputs.language)
        console.print(
            f"{row[Projects.rank]:>3}  {year}  {escape(label)}, {escape(str(place))} ({escape(str(site))}): "
            f"{row[Projects.newly_served]:,.0f} people{', proposed by you' if row[Projects.proposed] else ''}"
        )
    if len(proposed.projects) > PROJECTS_NAMED:
        console.print(f"     … and {len(proposed.projects) - PROJECTS_NAMED} more")
    console.print()
    list_files(files, console)


def _print_deliveries(proposed: Plan, console: Console) -> None:
    """Print in two lines how far the projects of the user's table have come, and what they deliver."""
    rows = proposed.deliveries
    if len(rows) == 0:
        return
    counted, state = rows[Deliveries.counted], rows[Deliveries.state]
    known = rows[counted & rows[Deliveries.promised].notna()]
    promised, delivered = known[Deliveries.promised].sum(), known[Deliveries.delivered].sum()
    late = int((state == OPERATING).sum() - counted.sum())
    told = f" ({late:,} more after the day of the data)" if late else ""
    whom = f"{delivered:,.0f} of {promised:,.0f} people × kinds promised"
    if delivered > promised:
        whom = f"{delivered:,.0f} people × kinds, {promised:,.0f} promised and others of whom it was not certain"
    console.print(f"Of {len(rows):,} projects operating {counted.sum():,}{told}, which serve {whom}.")
    others = {"being built": BUILDING, "planned": PLANNED, "dropped": DROPPED}
    console.print(", ".join(f"{words} {(state == one).sum():,}" for words, one in others.items()).capitalize() + ".")
