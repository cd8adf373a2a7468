"""Schools: what the command line says of ways to school."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape

from walkcircle.groups import EVERYBODY, name_group
from walkcircle.tables import Crossings, SchoolRoutes
from walkcircle.views.findings import write_share

if TYPE_CHECKING:
    from rich.console import Console

    from walkcircle.analysis import Analysis


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
