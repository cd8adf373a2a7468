"""Circles: what the command line says of living circles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape

from walkcircle.tables import BrokenRules, CircleGaps, CircleSizes

if TYPE_CHECKING:
    from rich.console import Console

    from walkcircle.analysis import Analysis

#: So many kinds that circles lack are named.
LACKS_NAMED = 6


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
