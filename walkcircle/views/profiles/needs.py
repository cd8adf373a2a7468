"""Needs: what residents ask for most in each community."""

from __future__ import annotations

import pandas as pd

from walkcircle.analysis import Analysis
from walkcircle.tables import CommunityCoverage, Needs
from walkcircle.views.profiles.facts import Need

#: How many needs are named.
NEEDS_NAMED = 5


def list_needs(answer: Analysis) -> dict[str, tuple[Need, ...]] | None:
    """List what residents ask for most, by community, or None where nobody was asked."""
    needs = getattr(answer, "needs", None)
    if needs is None or len(needs) == 0:
        return None
    mine = needs[needs[CommunityCoverage.walker] == answer.study.walkers[0].name] if _has_walkers(needs) else needs
    kinds = {kind.id: kind for kind in answer.study.standard.kinds}
    mine = mine[mine[CommunityCoverage.kind].isin(list(kinds))]
    mine = mine.sort_values([Needs.asked, CommunityCoverage.kind], ascending=[False, True], kind="stable")
    found: dict[str, list[Need]] = {}
    for row in mine.to_dict("records"):
        quadrant = row.get(Needs.quadrant)
        found.setdefault(str(row[str(CommunityCoverage.community)]), []).append(
            Need(
                kinds[row[str(CommunityCoverage.kind)]],
                float(row[Needs.asked]),
                None if quadrant is None or pd.isna(quadrant) else str(quadrant),
                row.get(str(CommunityCoverage.confidence), "firm") == "firm",
            )
        )
    return {community: tuple(rows[:NEEDS_NAMED]) for community, rows in found.items()}


def _has_walkers(table: pd.DataFrame) -> bool:
    return CommunityCoverage.walker in table
