"""Edits: what a question finds, and what is written when it comes true or is taken back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from walkcircle.snapping import Spots


@dataclass(frozen=True, eq=False)
class Part:
    """What changes at the vertices for one kind; vertices grow, so that nodes come first, then origins."""

    kind: int
    vertex: NDArray[np.int64]
    before_s: NDArray[np.float64]
    before: NDArray[np.int64]
    after_s: NDArray[np.float64]
    after: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Reseeding:
    """New seeds of a facility, vertex and seconds, in place of old ones, which are positions among all seeds."""

    facility: int
    kind: int
    old: NDArray[np.int64]
    vertex: NDArray[np.int64]
    seconds: NDArray[np.float64]


Number = TypeVar("Number", np.int64, np.float64)

# Kind and spots of a facility; no spots where it was removed.
Placed = tuple[int, "Spots | None"]


@dataclass(frozen=True, eq=False)
class Relocation:
    """A facility, and where it is before and after; None before where nothing was written about it."""

    facility: int
    before: Placed | None
    after: Placed


@dataclass(frozen=True, eq=False)
class Closure:
    """The seconds along an edge, and of the arcs that depend on it, before and after."""

    edge: int
    along_s: tuple[NDArray[np.float64], NDArray[np.float64]]
    arcs: NDArray[np.int64]
    cost: tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Edit:
    """What changes in what is asked. A link is the node it leaves, the node it leads to, and its seconds."""

    relocation: Relocation | None = None
    seeds: tuple[Reseeding, ...] = ()
    closure: Closure | None = None
    links: tuple[tuple[int, int, float], ...] = ()


@dataclass(frozen=True, eq=False)
class Change:
    """What a change would do: only the origins whose seconds or facility differ; :meth:`Standing.apply` makes it so.

    Attributes
    ----------
    facility
        Number of the facility that is added, moved or removed; -1 for links and closures.
    origin, kind
        ``(c,)`` position in the origins' labels and code of the kind of each row, by kind, then origin.
    before_s, after_s
        ``(c,)`` seconds to the nearest, infinite where there is none within the limit.
    before, after
        ``(c,)`` number of the nearest facility, -1 where there is none.
    parts, edit, revision
        What the standing needs to make the change: what differs at the vertices, what is written, and in which state
        of it this was asked.
    """

    facility: int
    origin: NDArray[np.int64]
    kind: NDArray[np.int64]
    before_s: NDArray[np.float64]
    after_s: NDArray[np.float64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    parts: tuple[Part, ...] = field(repr=False)
    edit: Edit = field(repr=False)
    revision: int = field(repr=False)

    def __repr__(self) -> str:
        """Say how many origins feel it."""
        better = int((self.after_s < self.before_s).sum())
        return f"<Change {len(self.origin):,} origins and kinds, {better:,} of them nearer>"

    @classmethod
    def of(cls, edit: Edit, parts: Sequence[Part], nodes: int, revision: int) -> Change:
        """Pick out of what changed at the vertices what the origins feel; vertices below `nodes` are none."""
        felt = tuple(part for part in parts if len(part.vertex))
        first = [int(part.vertex.searchsorted(nodes)) for part in felt]
        pairs = list(zip(felt, first, strict=True))
        return cls(
            facility=-1 if edit.relocation is None else edit.relocation.facility,
            origin=_join([part.vertex[at:] for part, at in pairs], np.int64) - nodes,
            kind=np.array([part.kind for part in felt], np.int64).repeat([len(p.vertex) - at for p, at in pairs]),
            before_s=_join([part.before_s[at:] for part, at in pairs], np.float64),
            after_s=_join([part.after_s[at:] for part, at in pairs], np.float64),
            before=_join([part.before[at:] for part, at in pairs], np.int64),
            after=_join([part.after[at:] for part, at in pairs], np.int64),
            parts=felt,
            edit=edit,
            revision=revision,
        )


def _join(columns: list[NDArray[Number]], dtype: type[Number]) -> NDArray[Number]:
    """Put columns one after the other; one alone, which is the common case, is not copied."""
    if len(columns) == 1:
        return columns[0]
    return np.concatenate([np.empty(0, dtype), *columns])
