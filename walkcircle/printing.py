"""Printing: what the command line says of a scenario, of living circles and of ways to school."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table as RichTable

from walkcircle.groups import EVERYBODY, name_group
from walkcircle.tables import (
    BrokenRules,
    Checkup,
    CircleGaps,
    CircleSizes,
    CommunityCoverage,
    Crossings,
    Effects,
    SchoolRoutes,
)
from walkcircle.views.findings import name_people, write_share

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from walkcircle.analysis import Analysis
    from walkcircle.proposals import Scenario

#: So many of the most changed communities are named.
NAMED = 12

#: So many kinds that circles lack are named.
LACKS_NAMED = 6

#: Columns of people, as they are headed, in both tables.
_PEOPLE = (
    (Effects.newly_served, "newly within"),
    (Effects.lost, "no longer"),
    (Effects.nearer, "nearer"),
    (Effects.farther, "farther"),
)


def show_effects(answer: Analysis, scenario: Scenario, effects: pd.DataFrame, console: Console) -> None:
    """Show whom a scenario would serve and leave: all of the place, kind by kind, and the most changed communities."""
    console.print(f"\n[bold]What if: {escape(scenario.describe())}[/bold]")
    columns = [column for column, _ in _PEOPLE]
    felt = effects[(effects[columns] > 0).any(axis=1)]
    if len(felt) == 0:
        console.print("Nobody's walk changes.")
        return
    kinds = [kind for kind in answer.study.standard.kinds if kind.id in set(felt[Effects.kind])]
    for kind in kinds:
        _print_kind(answer, kind.id, effects[effects[Effects.kind] == kind.id], console)
    _print_city(answer, [kind.id for kind in kinds], effects, console)
    quiet = effects[Effects.kind].nunique() - len(kinds)
    if quiet:
        console.print(f"Nobody's walk to {quiet} other kinds changes." if quiet > 1 else "One other kind is unchanged.")
    _print_communities(answer, felt, console)


def _print_kind(answer: Analysis, kind_id: str, mine: pd.DataFrame, console: Console) -> None:
    """Say in a sentence what becomes of one kind, and where it is not sure that there is none today."""
    kind = answer.study.standard.kind(kind_id)
    total = mine[[column for column, _ in _PEOPLE]].sum()
    unsure, left = mine[Effects.unsure].sum(), mine[Effects.still_without].sum()
    parts = [f"[bold]{total[Effects.newly_served]:,.0f} people newly within {kind.limit_min:g} min[/bold]"]
    if unsure > 0:
        parts[0] += f" (of them {unsure:,.0f} may have one that the map lacks)"
    if total[Effects.lost] > 0:
        parts.append(f"[bold]{total[Effects.lost]:,.0f} no longer[/bold]")
    parts.append(f"the walk gets shorter for {total[Effects.nearer]:,.0f}")
    if total[Effects.farther] > 0:
        parts.append(f"longer for {total[Effects.farther]:,.0f}")
    label = escape(kind.label(answer.study.outputs.language))
    console.print(f"{label}: {'; '.join(parts)}; {left:,.0f} are still without.")
    rows = _rows_of(answer, mine)
    lived_in = rows[rows[CommunityCoverage.population] > 0]
    thin = lived_in[lived_in[CommunityCoverage.confidence] != "firm"]
    if len(thin):
        reasons = "; ".join(thin[CommunityCoverage.reason].dropna().unique()[:2])
        console.print(
            f"[bold]Check on the ground[/bold]: in {len(thin)} of {len(lived_in)} communities some may have this "
            f"already ({escape(reasons)})."
        )


def _rows_of(answer: Analysis, mine: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the coverage of communities that the effects of one kind are about."""
    rows = answer.communities
    of_kind = rows[CommunityCoverage.kind] == mine[Effects.kind].iloc[0]
    found: pd.DataFrame = rows[of_kind & (rows[CommunityCoverage.walker] == mine[Effects.walker].iloc[0])]
    return found


def _print_city(answer: Analysis, kinds: list[str], effects: pd.DataFrame, console: Console) -> None:
    """Tabulate before and after per kind for the whole place, and whom each kind counts."""
    language, several = answer.study.outputs.language, len(set(effects[Effects.walker])) > 1
    heads = ["kind", "counted", *(["walker"] if several else []), "min", "before", "after"]
    table = _begin_table([*heads, *(head for _, head in _PEOPLE), "without"], left=len(heads) - 3)
    for kind_id in kinds:
        mine = effects[effects[Effects.kind] == kind_id]
        total = mine.drop(columns=[Effects.stand_in]).sum(numeric_only=True)
        kind = answer.study.standard.kind(kind_id)
        shares = [
            write_share(total[covered] / total[known]) if total[known] > 0 else ""
            for covered, known in (
                (Effects.covered_before, Effects.known_before),
                (Effects.covered_after, Effects.known_after),
            )
        ]
        table.add_row(
            escape(kind.label(language)), name_people(_rows_of(answer, mine), language),
            *([escape(mine[Effects.walker].iloc[0])] if several else []), f"{kind.limit_min:g}", *shares,
            *(f"{total[column]:,.0f}" for column, _ in _PEOPLE), f"{total[Effects.still_without]:,.0f}",
        )  # fmt: skip
    console.print()
    console.print(table)


def _print_communities(answer: Analysis, felt: pd.DataFrame, console: Console) -> None:
    """Tabulate the communities in which most people come within the limit of a kind, or leave it."""
    language = answer.study.outputs.language
    names = answer.checkup.set_index(Checkup.community)[Checkup.name]
    moved = felt[Effects.newly_served] + felt[Effects.lost]
    order = felt.assign(moved=moved, shorter=felt[Effects.nearer] + felt[Effects.farther])
    order = order.sort_values(["moved", "shorter"], ascending=False, kind="stable")
    table = _begin_table(["community", "kind", "before", "after", *(head for _, head in _PEOPLE)], left=2)
    for _, row in order.head(NAMED).iterrows():
        table.add_row(
            escape(str(names[row[Effects.community]])),
            escape(answer.study.standard.kind(row[Effects.kind]).label(language)),
            *(write_share(row[c]) if row[c] == row[c] else "" for c in (Effects.share_before, Effects.share_after)),
            *(f"{row[column]:,.0f}" for column, _ in _PEOPLE),
        )
    console.print()
    console.print(table)
    if len(order) > NAMED:
        console.print(f"… and {len(order) - NAMED:,} more; --out writes them all.")


def _begin_table(heads: list[str], *, left: int) -> RichTable:
    """Begin a table whose first columns are texts."""
    table = RichTable(box=None, padding=(0, 2, 0, 0))
    for number, head in enumerate(heads):
        longest = max(map(len, head.split()))  # on a narrow screen labels are folded before headings and numbers
        table.add_column(head, justify="left" if number < left else "right", overflow="fold", min_width=longest)
    return table


def show_circles(answer: Analysis, console: Console) -> None:
    """Show how many living circles there are, their sizes beside the rules, what is broken, and what circles lack."""
    made = answer.circles
    if made is None:
        return
    console.print("\n[bold]Living circles[/bold]")
    for row in made.sizes.to_dict("records"):
        count = row[CircleSizes.circles]
        within = count - row[CircleSizes.too_small] - row[CircleSizes.too_large]
        mean = row[CircleSizes.population] / count if count else 0.0
        console.print(
            f"{row[CircleSizes.tier_min]:g} min: {count:,} circles of {mean:,.0f} people in the mean; {within:,} have "
            f"{row[CircleSizes.least]:,.0f} to {row[CircleSizes.most]:,.0f}, {row[CircleSizes.too_small]:,} fewer, "
            f"{row[CircleSizes.too_large]:,} more; {row[CircleSizes.nowhere]:,.0f} people are in none."
        )
    broken = made.broken[BrokenRules.rule].value_counts()
    told = ", ".join(f"{str(rule).replace('_', ' ')} {count:,}" for rule, count in broken.items()) or "none"
    console.print(f"Rules broken: {told} (tables/broken_rules.csv).")
    lacking = made.gaps[made.gaps[CircleGaps.lacking]].drop_duplicates([CircleGaps.circle, CircleGaps.kind])
    if len(lacking):
        kinds = lacking[CircleGaps.kind].value_counts().head(LACKS_NAMED)
        language = answer.study.outputs.language
        named = ", ".join(
            f"{escape(answer.study.standard.kind(str(kind)).label(language))} {count:,}"
            for kind, count in kinds.items()
        )
        console.print(f"Circles that owe a kind and lack it: {named} (tables/circle_gaps.csv).")


def show_schools(answer: Analysis, console: Console) -> None:
    """Show how many pupils have a way to school without an unprotected crossing, and the crossing that most use."""
    made = answer.schools
    if made is None:
        return
    language = answer.study.outputs.language
    for kind in made.routes[SchoolRoutes.kind].unique():
        mine = made.routes[made.routes[SchoolRoutes.kind] == kind]
        pupils, low, high = mine[
            [SchoolRoutes.pupils, SchoolRoutes.safe_if_unprotected, SchoolRoutes.safe_if_protected]
        ].sum()
        if pupils <= 0:
            continue
        label = escape(answer.study.standard.kind(kind).label(language))
        who = name_group(str(mine[SchoolRoutes.group].iloc[0]), language)
        if mine[SchoolRoutes.stand_in].any() and who != name_group(EVERYBODY, language):
            who = f"{name_group(EVERYBODY, language)} (for {who})"
        console.print(
            f"\nWays to school ({label}): {write_share(min(low / pupils, 1.0))} to "
            f"{write_share(min(high / pupils, 1.0))} of {pupils:,.0f} {who} have one without "
            "an unprotected crossing of an arterial (tables/school_routes.csv)."
        )
        worst = made.crossings[made.crossings[Crossings.kind] == kind].head(1)
        for row in worst.to_dict("records"):
            name = escape(row[Crossings.name] or row[Crossings.road_class])
            console.print(f"Most use the crossing of {name}: {row[Crossings.pupils]:,.0f} (tables/crossings.csv).")
