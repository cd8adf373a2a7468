"""Circles: 5- and 15-minute living circles (生活圈), what planning proposes.

Rules say how large a circle is and what parts it (`rules.py`). Clusters get their ground and their neighbours
(`cells.py`, `setting.py`); with their costs at each other they are atoms of a problem (`atoms.py`) that a search
answers for a city, and a solver proves for a district (`optimum.py`). The answer becomes tables (`findings.py`). All
together is one verb (`delineation.py`). How good circles are is measured beside it (`likeness.py`, `quality.py`). Both
sizes of a place, from its streets on, are made in `nesting.py`; what each circle is short of is listed in
`shortfalls.py`.
"""

from __future__ import annotations

from walkcircle.circles.delineation import Delineation, Search, delineate_circles
from walkcircle.circles.likeness import (
    Chance,
    Likeness,
    compare_partitions,
    compare_with_chance,
    measure_stability,
    split_at_random,
)
from walkcircle.circles.nesting import LivingCircles, delineate_nested, list_nearest, measure_circles
from walkcircle.circles.quality import measure_containment, measure_severance
from walkcircle.circles.rules import CircleRules, list_rules, read_rules
from walkcircle.circles.shortfalls import list_circle_gaps

__all__ = [
    "Chance",
    "CircleRules",
    "Delineation",
    "Likeness",
    "LivingCircles",
    "Search",
    "compare_partitions",
    "compare_with_chance",
    "delineate_circles",
    "delineate_nested",
    "list_circle_gaps",
    "list_nearest",
    "list_rules",
    "measure_circles",
    "measure_containment",
    "measure_severance",
    "measure_stability",
    "read_rules",
    "split_at_random",
]
