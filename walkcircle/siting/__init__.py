"""Siting: which sites help most, with a proof of how much better any other choice could be.

A question is checked at the door (`questions.py`, `matrices.py`, `terms.py`) and sent to its model: `covers.py` (who is
in reach, one kind or several), `setcovers.py`, `medians.py`, `flows.py` (capacities). Covering problems are made small
(`reductions.py`), answered greedily (`greedy.py`), improved by swaps (`swaps.py`), bounded (`bounds.py`), and proven by
HiGHS (`exact.py`, `programs.py`). Answers are recounted from costs and sites before they are returned (`solving.py`,
`bundles.py`), and ties listed (`ties.py`).
"""

from __future__ import annotations

from walkcircle.siting.answers import Site, Siting, ZoneServed
from walkcircle.siting.bundles import solve_bundle
from walkcircle.siting.solving import solve_siting
from walkcircle.siting.terms import BundleTerms, SitingEffort, SitingTerms

__all__ = ["BundleTerms", "Site", "Siting", "SitingEffort", "SitingTerms", "ZoneServed", "solve_bundle", "solve_siting"]
