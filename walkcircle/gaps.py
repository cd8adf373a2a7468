"""Gaps: residents without a kind of facility within the limit, and whether that is known or only not mapped."""

from __future__ import annotations

import numpy as np
import pandas as pd

from walkcircle.tables import CommunityCoverage, Gaps

GAP = "gap"
CHECK = "check on the ground"


def find_gaps(covered: pd.DataFrame) -> pd.DataFrame:
    """Find the communities and kinds that leave residents out.

    Where the data are thin the verdict is "check on the ground": what is not mapped may still be there.

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
    left_out = covered[without > 0].copy()
    thin = left_out[CommunityCoverage.confidence] != "firm"
    table = pd.DataFrame(
        {
            Gaps.community: left_out[CommunityCoverage.community],
            Gaps.kind: left_out[CommunityCoverage.kind],
            Gaps.walker: left_out[CommunityCoverage.walker],
            Gaps.residents_without: without[without > 0],
            Gaps.share_without: (without / known)[without > 0],
            Gaps.verdict: np.where(thin, CHECK, GAP),
            Gaps.reason: left_out[CommunityCoverage.reason],
        }
    )
    order = np.lexsort((table[Gaps.kind], table[Gaps.community], -table[Gaps.residents_without], table[Gaps.verdict] == CHECK))
    return table.iloc[order].reset_index(drop=True)
