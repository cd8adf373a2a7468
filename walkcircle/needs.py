"""Needs: what residents ask for beside what they have; supply and wish are two things and stay two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from walkcircle.tables import CommunityCoverage, Needs, Survey

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Asked for much or little, by rows; served or not, by columns.
BUILD = "asked much, not served"
KEEP = "asked much, served"
ASK = "asked little, not served"
CONTENT = "asked little, served"
QUADRANTS = (BUILD, KEEP, ASK, CONTENT)


def measure_needs(
    survey: pd.DataFrame,
    supply: pd.DataFrame,
    *,
    asked_much: float = 0.25,
    served: float = 0.8,
    least_response: float = 0.5,
) -> pd.DataFrame:
    """Set what residents ask for beside what they have within the limit.

    Both bounds are inclusive. Where few households answered the quadrant stands, and its confidence says so. No
    number of the check-up uses it, unless the study says so (:func:`measure_emphasis`): what is asked for depends on
    who was asked, and what is there does not.

    Parameters
    ----------
    survey
        :class:`~walkcircle.tables.Survey`.
    supply
        :class:`~walkcircle.tables.CommunityCoverage`, one or more walkers.
    asked_much
        From this share of the answering households on, a kind is asked for much.
    served
        From this share of residents within the limit on, a community is served.
    least_response
        Least share of households that should have answered: half of them by Zhejiang's guideline for check-ups of
        communities (浙江省城镇社区专项体检导则), 80 % where an estate is to be renewed.

    Returns
    -------
    DataFrame
        :class:`~walkcircle.tables.Needs`, every row of the survey with every walker; the quadrant is missing where
        the share of residents served is.

    Examples
    --------
    >>> survey = pd.DataFrame({"community": ["a"], "kind": ["canteen"], "asked": [0.4], "response": [0.62]})
    >>> supply = pd.DataFrame(
    ...     {"community": ["a"], "kind": ["canteen"], "walker": ["elder"], "share": [0.1], "reason": [None]}
    ... )
    >>> measure_needs(survey, supply)["quadrant"].to_list()
    ['asked much, not served']
    """
    wishes = survey.set_index([Survey.community, Survey.kind])
    have = supply[[
        CommunityCoverage.community, CommunityCoverage.kind, CommunityCoverage.walker, CommunityCoverage.share,
        CommunityCoverage.reason,
    ]]  # fmt: skip
    joined = have.join(wishes, on=[CommunityCoverage.community, CommunityCoverage.kind], how="inner")
    asked = joined[Survey.asked].to_numpy(dtype=float)
    share = joined[CommunityCoverage.share].to_numpy(dtype=float)
    if Survey.response in joined:
        response = joined[Survey.response].to_numpy(dtype=float)
    else:
        response = np.full(len(joined), np.nan)
    much, enough = asked >= asked_much, share >= served
    place = np.array(QUADRANTS, dtype=object).reshape(2, 2)
    quadrant = np.where(np.isnan(share), None, place[(~much).astype(int), enough.astype(int)])
    thin = joined[CommunityCoverage.reason].to_numpy(dtype=object)
    reason = [_doubt(r, t, least_response) for r, t in zip(response, thin, strict=True)]
    table = pd.DataFrame(
        {
            Needs.community: joined[CommunityCoverage.community].to_numpy(),
            Needs.kind: joined[CommunityCoverage.kind].to_numpy(),
            Needs.walker: joined[CommunityCoverage.walker].to_numpy(),
            Needs.asked: asked,
            Needs.share: share,
            Needs.quadrant: quadrant,
            Needs.response: response,
            Needs.confidence: np.where(pd.isna(np.array(reason, dtype=object)), "firm", "check"),
            Needs.reason: pd.Series(reason, dtype=object),
        }
    )
    order = np.lexsort((table[Needs.walker], table[Needs.kind], -table[Needs.asked], table[Needs.community]))
    return table.iloc[order].reset_index(drop=True)


def measure_emphasis(
    survey: pd.DataFrame,
    communities: Sequence[str],
    kinds: Sequence[str],
    *,
    weight: float,
    least_response: float = 0.5,
) -> NDArray[np.float64]:
    """Measure how many times as much each kind counts in each community for being asked for.

    ``1 + weight · share of the households that ask for it`` (walkcircle's choice). A survey that too few households
    answered, or of which that is not known, changes nothing, and neither does what nobody was asked about.

    Parameters
    ----------
    survey
        :class:`~walkcircle.tables.Survey`.
    communities, kinds
        Ids, the c rows and k columns of the answer.
    weight
        At least 0; with 1 a kind that everybody asks for counts double.
    least_response
        Least share of households that should have answered.

    Returns
    -------
    ndarray
        ``(c, k)`` of at least 1.

    Examples
    --------
    >>> survey = pd.DataFrame({"community": ["a"], "kind": ["canteen"], "asked": [0.4], "response": [0.62]})
    >>> measure_emphasis(survey, ["a", "b"], ["canteen"], weight=1).tolist()
    [[1.4], [1.0]]
    """
    grid = pd.MultiIndex.from_product([communities, kinds])
    rows = survey.set_index([Survey.community, Survey.kind]).reindex(grid)
    asked = rows[Survey.asked].to_numpy(dtype=float)
    response = rows[Survey.response].to_numpy(dtype=float) if Survey.response in rows else np.full(len(grid), np.nan)
    counts = np.where(response >= least_response, np.nan_to_num(asked), 0.0)
    return np.asarray((1 + weight * counts).reshape(len(communities), len(kinds)))


def _doubt(response: float, thin: object, least_response: float) -> str | None:
    """Say why a row is not firm, None where it is."""
    doubts = []
    if np.isnan(response):
        doubts.append("how many households answered is not known")
    elif response < least_response:
        doubts.append(f"{100 * response:.0f} % of the households answered, below {100 * least_response:g} %")
    if not pd.isna(thin):  # type: ignore[call-overload]  # a reason is a text or missing
        doubts.append(str(thin))
    return "; ".join(doubts) or None
