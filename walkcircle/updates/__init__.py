"""Updates: the nearest facility of each kind, kept true while facilities, links and closures come and go.

A full search is made once. After that a change is searched only where it is felt (Ramalingam and Reps 1996, "An
incremental algorithm for a generalization of the shortest-path problem", Journal of Algorithms 21), and the answer
equals a full search to the last bit, because times are multiples of :data:`~walkcircle.footing.GRAIN_S`.

Origins are vertices beside the nodes, and their legs are arcs (`web.py`). A way to a facility ends at a seed: at an end
of its edge, or directly at an origin on the same edge (`seeds.py`). What a question finds, and what is written when it
comes true, is a record (`edits.py`). Everybody is snapped before; nobody is snapped to a link that is added.
"""

from __future__ import annotations

from walkcircle.updates.edits import Change
from walkcircle.updates.standing import Standing, measure_standing

__all__ = ["Change", "Standing", "measure_standing"]
