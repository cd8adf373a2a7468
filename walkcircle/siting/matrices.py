"""Matrices: what a planner has, a frame, an array or a sparse matrix, as the sparse reach that models work on."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from walkcircle.errors import SitingError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Ground:
    """Demand points, candidates, and the cost of each pair that can be reached.

    Attributes
    ----------
    cost
        CSR of float64, demand × candidate, indices sorted. What is not stored cannot be reached; a stored 0 costs 0.
    demand
        People by demand point, (n,), at least 0.
    points, sites
        Labels of the rows and of the columns.
    """

    cost: Any
    demand: NDArray[np.float64]
    points: pd.Index
    sites: pd.Index

    @property
    def rows(self) -> NDArray[np.int64]:
        """Return the demand point of each stored pair, in the order of `cost.data`."""
        return np.repeat(np.arange(len(self.points)), np.diff(self.cost.indptr))

    def within(self, limit: float | None) -> Ground:
        """Keep the pairs that cost at most `limit`, inclusive."""
        if limit is None:
            return self
        if not limit >= 0:
            msg = f"limit is {limit:g}; give the largest cost that still counts, 0 or more, in the unit of the costs"
            raise SitingError(msg)
        keep = self.cost.data <= limit
        return Ground(_keep_pairs(self.cost, keep), self.demand, self.points, self.sites)

    def locate(self, sites: Iterable[Hashable], what: str) -> NDArray[np.int64]:
        """Find the columns of named candidates, ascending and each once."""
        wanted = pd.Index(list(sites), dtype=object)
        found = pd.Index(self.sites.astype(object)).get_indexer(wanted)
        if (found < 0).any():
            msg = (
                f"{what} names '{wanted[found < 0][0]}', which is no candidate; the candidates are the columns of cost"
            )
            raise SitingError(msg)
        return np.unique(found).astype(np.int64)

    def values_of_sites(self, values: object, what: str, *, unbounded: bool = False) -> NDArray[np.float64]:
        """Align one number for all, an array or a Series with the candidates; refuse what is missing or below 0."""
        return _align(values, self.sites, what, "candidate", unbounded=unbounded)

    def values_of_points(self, values: object, what: str) -> NDArray[np.float64]:
        """Align one number for all, an array or a Series with the demand points; refuse what is missing or below 0."""
        return _align(values, self.points, what, "demand point")

    def labels_of_points(self, labels: object, what: str) -> pd.Series:
        """Align labels, such as zones, with the demand points."""
        if isinstance(labels, pd.Series):
            labels = _reorder(labels, self.points, what, "demand point")
        column = pd.Series(np.asarray(labels, dtype=object), index=None)
        _check_length(len(column), self.points, what, "demand point")
        if column.isna().any():
            msg = f"{what} of demand point '{self.points[int(column.isna().argmax())]}' is missing; give it one"
            raise SitingError(msg)
        return column


def read_ground(cost: Any, demand: ArrayLike | pd.Series, *, what: str = "cost") -> Ground:
    """Check a cost matrix and its demand at the door, and make both into a :class:`Ground`.

    Parameters
    ----------
    cost
        Demand × candidate, in any unit, at least 0. A frame keeps its labels; in a frame or an array infinite or
        missing means that it cannot be reached; in a sparse matrix what is not stored cannot be.
    demand
        People by demand point, (n,), finite and at least 0. A Series is aligned with a frame's index.
    what
        What errors call the matrix.

    Returns
    -------
    Ground
        Labels are positions where there are none.

    Raises
    ------
    SitingError
        Shapes do not fit, labels are not unique, or a number cannot be meant.
    """
    matrix = _read_cost(cost, what)
    points, sites = _labels(cost, demand, matrix.shape, what)
    ground = Ground(matrix, np.zeros(len(points)), points, sites)
    return Ground(matrix, ground.values_of_points(demand, "demand"), points, sites)


def read_flags(flags: object, ground: Ground, what: str) -> NDArray[np.bool_]:
    """Align yes and no by demand point, as a Series or an array."""
    if isinstance(flags, pd.Series):
        flags = _reorder(flags, ground.points, what, "demand point")
    values = np.asarray(flags)
    _check_length(len(values), ground.points, what, "demand point")
    if values.dtype != bool:
        msg = f"{what} holds {values.dtype}; give True or False by demand point"
        raise SitingError(msg)
    return values


def unpack_mapping(values: object, keys: Iterable[Hashable], what: str, default: object) -> dict[Hashable, object]:
    """Give each key its value: from a mapping, which may name only known keys, or one value for all."""
    known = list(keys)
    if not isinstance(values, Mapping):
        return dict.fromkeys(known, default if values is None else values)
    strange = [key for key in values if key not in known]
    if strange:
        msg = f"{what} names '{strange[0]}'; known are {', '.join(map(str, known[:8]))}"
        raise SitingError(msg)
    return {key: values.get(key, default) for key in known}


# ── parts ───────────────────────────────────────────────────────────────────────────────────────


def _read_cost(cost: Any, what: str) -> Any:
    """Make CSR of what was given, without what cannot be reached; the argument stays as it is."""
    if sparse.issparse(cost):
        matrix = sparse.csr_array(cost, dtype=np.float64, copy=True)
        matrix.sum_duplicates()
        finite = np.isfinite(matrix.data)
        matrix = matrix if finite.all() else _keep_pairs(matrix, finite)
    else:
        dense = np.asarray(cost, dtype=np.float64)
        if dense.ndim != 2:
            msg = f"{what} has {dense.ndim} dimensions; give a matrix, demand points by candidates"
            raise SitingError(msg)
        row, column = np.nonzero(np.isfinite(dense))
        counts = np.bincount(row, minlength=dense.shape[0])
        indptr = np.concatenate([[0], np.cumsum(counts)])
        matrix = sparse.csr_array((dense[row, column], column.astype(np.int32), indptr), shape=dense.shape)
    if (matrix.data < 0).any():
        msg = f"{what} holds {matrix.data.min():g}; a walk cannot cost less than 0"
        raise SitingError(msg)
    if 0 in matrix.shape:
        msg = f"{what} is {matrix.shape[0]} × {matrix.shape[1]}; give at least one demand point and one candidate"
        raise SitingError(msg)
    matrix.sort_indices()
    return matrix


def _keep_pairs(matrix: Any, keep: NDArray[np.bool_]) -> Any:
    """Keep some stored pairs of a CSR, zeros among them, which `eliminate_zeros` would lose."""
    before = np.concatenate([[0], np.cumsum(keep)])
    return sparse.csr_array((matrix.data[keep], matrix.indices[keep], before[matrix.indptr]), shape=matrix.shape)


def _labels(cost: Any, demand: Any, shape: tuple[int, int], what: str) -> tuple[pd.Index, pd.Index]:
    """Take labels from a frame, else the points' from the demand, else positions; they must be unique."""
    points: pd.Index
    sites: pd.Index
    if isinstance(cost, pd.DataFrame):
        points, sites = pd.Index(cost.index), pd.Index(cost.columns)
    else:
        points = pd.Index(demand.index if isinstance(demand, pd.Series) else range(shape[0]))
        sites = pd.Index(range(shape[1]))
    if len(points) != shape[0]:
        msg = f"demand has {len(points)} values and {what} {shape[0]} rows; give one value for each row"
        raise SitingError(msg)
    for labels, names in ((points, "demand points"), (sites, "candidates")):
        if not labels.is_unique:
            msg = f"{what} has two {names} labelled '{labels[labels.duplicated()][0]}'; make the labels unique"
            raise SitingError(msg)
    return points, sites


def _align(values: Any, labels: pd.Index, what: str, noun: str, *, unbounded: bool = False) -> NDArray[np.float64]:
    if isinstance(values, pd.Series):
        values = _reorder(values, labels, what, noun)
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 0:
        array = np.full(len(labels), float(array))
    _check_length(len(array), labels, what, noun)
    wrong = ~(array >= 0) | (np.isinf(array) & (not unbounded))
    if wrong.any():
        first = int(wrong.argmax())
        msg = f"{what} of {noun} '{labels[first]}' is {array[first]:g}; give a finite number, 0 or more"
        raise SitingError(msg)
    return array


def _reorder(values: pd.Series, labels: pd.Index, what: str, noun: str) -> pd.Series:
    """Bring a Series into the order of the labels; one that lacks a label is refused."""
    if not values.index.is_unique:
        msg = f"{what} names '{values.index[values.index.duplicated()][0]}' twice; name each {noun} once"
        raise SitingError(msg)
    missing = labels.difference(values.index, sort=False)
    if len(missing):
        msg = f"{what} lacks {len(missing)} of {len(labels)} {noun}s; the first is '{missing[0]}'"
        raise SitingError(msg)
    return values.reindex(labels)


def _check_length(length: int, labels: pd.Index, what: str, noun: str) -> None:
    if length != len(labels):
        msg = f"{what} has {length} values for {len(labels)} {noun}s; give one for each"
        raise SitingError(msg)
