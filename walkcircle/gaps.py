"""Gaps: residents without a kind of facility within the limit, and whether we know or only lack data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from walkcircle.coverage import BEYOND
from walkcircle.tables import CommunityCoverage, Gaps

GAP = "gap"
CHECK = "check on the ground"

#: Sums of people carry rounding; less than this is nobody.
LEAST_PERSON = 1e-3


def find_gaps(covered: pd.DataFrame) -> pd.DataFrame:
    """Find the communities and kinds that leave residents out.

    Where the data are thin, or end on the way, the verdict is "check on the ground": what is not mapped
    may still be there. A community can have both, for different residents. Counted are the people whom a kind serves;
    where `stand_in` says so, all residents, as it is not known how many of the group there are.

    Parameters
    ----------
    covered
        :class:`~walkcircle.tables.CommunityCoverage`.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Gaps`, firm gaps first, then by residents without.
    """
    known = covered[CommunityCoverage.population] - covered[CommunityCoverage.unknown]
    without = known - covered[CommunityCoverage.covered]
    beyond = covered[CommunityCoverage.beyond]
    thin = covered[CommunityCoverage.share_at_most].isna()
    edge = pd.Series(BEYOND, index=covered.index)
    parts = [
        _rows(
            covered,
            (without - beyond).where(~thin, 0.0),
            known,
            GAP,
            pd.Series(None, covered.index, dtype=object),
        ),
        _rows(covered, without.where(thin, 0.0), known, CHECK, covered[CommunityCoverage.reason]),
        _rows(covered, beyond.where(~thin, 0.0), known, CHECK, edge),
    ]
    table = pd.concat(parts, ignore_index=True)
    is_check = (table[Gaps.verdict] == CHECK).to_numpy()
    order = np.lexsort((table[Gaps.kind], table[Gaps.community], -table[Gaps.residents_without], is_check))
    return table.iloc[order].reset_index(drop=True)


def _rows(covered: pd.DataFrame, without: pd.Series, known: pd.Series, verdict: str, reason: pd.Series) -> pd.DataFrame:
    """Make the rows of one verdict; less than a thousandth of a person is rounding."""
    some = without > LEAST_PERSON
    return pd.DataFrame(
        {
            Gaps.community: covered[CommunityCoverage.community][some],
            Gaps.kind: covered[CommunityCoverage.kind][some],
            Gaps.walker: covered[CommunityCoverage.walker][some],
            Gaps.group: covered[CommunityCoverage.group][some],
            Gaps.stand_in: covered[CommunityCoverage.stand_in][some],
            Gaps.residents_without: without[some],
            Gaps.share_without: (without / known)[some],
            Gaps.verdict: verdict,
            Gaps.reason: reason[some],
        }
    )
