"""Summary: what the command line says of a check-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table as RichTable

from walkcircle.gaps import CHECK, GAP
from walkcircle.groups import EVERYBODY
from walkcircle.needs import BUILD
from walkcircle.printing.circles import show_circles
from walkcircle.printing.paths import list_files
from walkcircle.printing.schools import show_schools
from walkcircle.tables import Causes, Checkup, Clusters, CommunityCoverage, Gaps, Needs, Scores, Truth
from walkcircle.views.findings import name_people

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rich.console import Console

    from walkcircle.analysis import Analysis

#: Communities outside the weakest tenth that are in it in so many of the draws are named beside it, this many at most.
CLOSE_PROBABILITY = 0.2
CLOSE_NAMED = 10


def show_summary(answer: Analysis, files: Mapping[str, Path], console: Console) -> None:
    """Print what a planner reads first: who, how well covered, who is weakest, what is unsure, where the files are."""
    study, place = answer.study, answer.place
    language, walker = study.outputs.language, study.walkers[0]
    people = answer.clusters[Clusters.population].sum()
    console.print(f"\n[bold]{escape(study.title)}[/bold]")
    facts = {
        "data of": place.data_date or "unknown date",
        "standard": study.standard.label(language),
        "walker": f"{walker.label(language)}, {walker.speed_kmh:g} km/h, nearest facility (k = 1)",
        "people": f"{people:,.0f} in {len(answer.checkup)} communities ({place.population_source})",
    }
    grid = RichTable.grid(padding=(0, 2))
    for label, value in facts.items():
        grid.add_row(label, escape(value))
    console.print(grid)
    console.print()
    console.print(_tabulate_coverage(answer))
    _print_causes(answer, console)
    _print_weakest(answer, console)
    _print_needs(answer, console)
    show_circles(answer, console)
    show_schools(answer, console)
    agreed = answer.compared - len(answer.agreement)
    console.print(
        f"\nDrawn isochrones and walking times agree for {agreed:,} of {answer.compared:,} pairs of home and facility; "
        "each of the others is listed with its cause in tables/agreement.csv."
    )
    reached, omitted, taken_in = answer.truth[[Truth.reached_m, Truth.omitted_m, Truth.taken_in_m]].sum()
    if reached > 0:
        console.print(
            f"Drawn isochrones leave out {omitted / reached:.1%} of the street that is reached and take in "
            f"{taken_in / reached:.1%} more; a sample of clusters, listed in tables/truth.csv."
        )
    for note in place.notes:
        console.print(f"· {escape(note)}")
    if len(answer.unsnapped):
        console.print(f"· {len(answer.unsnapped)} things are not on the network; see tables/unsnapped.csv.")
    console.print()
    list_files(files, console)


def _tabulate_coverage(answer: Analysis) -> RichTable:
    """Tabulate coverage per kind over all communities."""
    study = answer.study
    walker = study.walkers[0].name
    grouped = any(kind.group != EVERYBODY for kind in study.standard.kinds)
    table = RichTable(box=None, padding=(0, 2, 0, 0))
    for heading, side in (
        ("kind", "left"),
        *([("counted", "left")] if grouped else []),
        ("within", "right"),
        ("covered", "right"),
        ("share", "right"),
        ("gap", "right"),
        (CHECK, "right"),
    ):
        table.add_column(heading, justify=side, overflow="fold")  # type: ignore[arg-type]  # rich wants the literal words
    covered = answer.communities[answer.communities[CommunityCoverage.walker] == walker]
    gaps = answer.gaps[answer.gaps[Gaps.walker] == walker]
    for kind in study.standard.kinds:
        rows = covered[covered[CommunityCoverage.kind] == kind.id]
        known = (rows[CommunityCoverage.population] - rows[CommunityCoverage.unknown]).sum()
        reached = rows[CommunityCoverage.covered].sum()
        mine = gaps[gaps[Gaps.kind] == kind.id]
        without = mine.groupby(Gaps.verdict)[Gaps.residents_without].sum()
        table.add_row(
            escape(kind.label(study.outputs.language)),
            *([name_people(rows, study.outputs.language)] if grouped else []),
            f"{kind.limit_min:g} min",
            f"{reached:,.0f}",
            f"{100 * reached / known:.0f} %" if known > 0 else "",
            *(f"{without[verdict]:,.0f}" if verdict in without else "" for verdict in (GAP, CHECK)),
        )
    return table


def _print_causes(answer: Analysis, console: Console) -> None:
    """Print in one line why residents are without, those with the most residents first."""
    mine = answer.causes[answer.causes[Causes.walker] == answer.study.walkers[0].name]
    people = mine[mine[Causes.verdict].notna()].groupby(Causes.cause)[Causes.residents].sum()
    if len(people) == 0:
        return
    parts = "; ".join(f"{cause} {count:,.0f}" for cause, count in people.sort_values(ascending=False).items())
    console.print(
        f"\nOf {people.sum():,.0f} residents without, one who lacks several kinds counted for each: {parts} "
        "(tables/causes.csv)."
    )


def _print_weakest(answer: Analysis, console: Console) -> None:
    """Print the weakest tenth and how firm that is, and the communities whose data are too thin to say."""
    checkup = answer.checkup
    drawn = answer.study.checkup.draws > 0
    weakest = checkup[checkup[Checkup.weakest]].sort_values([Checkup.index, Checkup.name])
    unknown = checkup[checkup[Checkup.index].isna() & (checkup[Checkup.population] > 0)]
    if len(weakest):
        console.print("\n[bold]Weakest tenth[/bold]")
        for _, row in weakest.iterrows():
            console.print(
                f"{row[Checkup.index]:5.1f}  {escape(row[Checkup.name])}  {row[Checkup.population]:,.0f} people, "
                + (f"among the weakest in {row[Checkup.weakest_probability]:.0%} of the draws, " if drawn else "")
                + f"confidence {row[Checkup.confidence]}"
            )
        near = checkup[~checkup[Checkup.weakest] & (checkup[Checkup.weakest_probability] >= CLOSE_PROBABILITY)]
        if len(near):
            close = near.sort_values(Checkup.weakest_probability, ascending=False).head(CLOSE_NAMED)
            named = ", ".join(
                f"{escape(name)} ({share:.0%})"
                for name, share in zip(close[Checkup.name], close[Checkup.weakest_probability], strict=True)
            )
            console.print(f"Perhaps among them, when what is doubtful is drawn anew: {named}")
    standard = answer.study.standard
    asked = standard.method == "threshold" and any(
        kind.norm_per_1000 is not None or kind.min_floor_m2 is not None for kind in standard.kinds
    )
    if asked and answer.scores[[Scores.adequacy, Scores.quality]].isna().all(axis=None):
        console.print("The capacities and floor areas that the standard asks for are unknown, which lowers confidence.")
    if len(unknown):
        names = ", ".join(escape(name) for name in unknown[Checkup.name])
        people = unknown[Checkup.population].sum()
        console.print(f"\n[bold]Check on the ground[/bold] (data too thin for an index): {names}; {people:,.0f} people")


def _print_needs(answer: Analysis, console: Console) -> None:
    """Print what the first walker's communities ask for most and do not have, where they were asked."""
    if answer.needs is None:
        return
    mine = answer.needs[answer.needs[Needs.walker] == answer.study.walkers[0].name]
    wanted = mine[mine[Needs.quadrant] == BUILD].sort_values(Needs.asked, ascending=False, kind="stable")
    names = answer.checkup.set_index(Checkup.community)[Checkup.name]
    standard, language = answer.study.standard, answer.study.outputs.language
    console.print(f"\n[bold]Asked for much and not served[/bold]: {len(wanted)} of {len(mine)} (tables/needs.csv)")
    for _, row in wanted.head(5).iterrows():
        doubt = f" ({row[Needs.reason]})" if row[Needs.confidence] != "firm" else ""
        console.print(
            f"{100 * row[Needs.asked]:4.0f} % ask for {escape(standard.kind(row[Needs.kind]).label(language))} in "
            f"{escape(names[row[Needs.community]])}, {100 * row[Needs.share]:.0f} % are served{escape(doubt)}"
        )
