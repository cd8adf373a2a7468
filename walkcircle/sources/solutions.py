"""Solutions: answers of the solver, kept in the user's cache, so that a plan that was stopped goes on where it was.

Kept is what was chosen for one question, how good that is and how long it took: a few kilobytes, in the folder
``solutions`` beside that of the streets (:mod:`walkcircle.sources.store`), by the same rules: named by a hash of all
that decides the answer, with a sum behind it, written whole or not at all, searched again where anything is wrong with
it. Check-ups are not kept; they are walked again. A search that came to the end of its seconds is kept with the bound
that it had: whoever wants a better one gives it more seconds, which is another question.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from walkcircle.sources.store import locate_cache, read_entry, write_entry

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from walkcircle.siting import SitingEffort, SitingTerms

#: Number of the layout below; it is part of every key.
FORMAT = 1

#: So many answers are kept; then those used longest ago go. Each takes some kilobytes.
MOST_ENTRIES = 1000

#: Libraries by which an answer is found; HiGHS comes with SciPy.
_LIBRARIES = ("numpy", "scipy")


@dataclass(frozen=True, eq=False)
class Question:
    """All that decides an answer.

    Attributes
    ----------
    serves
        ``(d, m)`` which project serves which home.
    people
        ``(d,)`` in each home.
    terms, effort
        Costs, promises to zones, and how long is searched from which seed.
    budget
        For what is chosen.
    decided
        Projects that stand in any case.
    more
        What else decides it, in words.
    """

    serves: sparse.csr_array
    people: NDArray[np.float64]
    terms: SitingTerms
    effort: SitingEffort
    budget: float
    decided: NDArray[np.int64]
    more: tuple[str, ...] = ()

    def make_key(self) -> str:
        """Make the key: a hash of the question, and of the code and libraries that answer it."""
        total = hashlib.sha256(f"{FORMAT}\n{_hash_code()}\n{self.serves.shape}\n".encode())
        sorted_ = self.serves.copy()
        sorted_.sort_indices()
        arrays = (sorted_.indptr.astype(np.int64), sorted_.indices.astype(np.int64), sorted_.data.astype(np.float64))
        for array in (*arrays, self.people, self.decided.astype(np.int64)):
            total.update(f"{len(array)}\n".encode())
            total.update(np.ascontiguousarray(array).tobytes())
        for name, value in {
            **asdict(self.terms),
            **asdict(self.effort),
            "budget": self.budget,
            "more": self.more,
        }.items():
            total.update(f"{name}\n{_write_value(value)}\n".encode())
        return total.hexdigest()


@dataclass(frozen=True, eq=False)
class Solution:
    """What a plan needs of :class:`~walkcircle.siting.Siting`, which see."""

    columns: NDArray[np.int64]
    objective: float
    bound: float
    status: str
    seconds: float
    price_of_fairness: float | None


@dataclass(frozen=True)
class SolutionStore:
    """Answers in a folder, each named by the key of its question."""

    folder: Path

    def load_solution(self, question: Question) -> Solution | None:
        """Return the answer that is kept, or None where it is not there whole."""
        path = self._locate(question)
        content = read_entry(path)
        if content is None:
            return None
        try:
            record = json.loads(bytes(content))
            columns = np.array(record["columns"], dtype=np.int64)
            numbers = [float(record[name]) for name in ("objective", "bound", "seconds")]
            price = record["price_of_fairness"]
            status = str(record["status"])
        except (ValueError, LookupError, TypeError):
            return None  # whole, but not of our making
        with suppress(OSError):
            path.touch()  # used just now, so deleted last
        objective, bound, seconds = numbers
        return Solution(columns, objective, bound, status, seconds, None if price is None else float(price))

    def save_solution(self, question: Question, solution: Solution) -> None:
        """Keep an answer; where nothing can be written, nothing is left behind and nothing is said."""
        record = {**asdict(solution), "columns": solution.columns.tolist()}
        with suppress(OSError):  # the next run searches again
            self.folder.mkdir(parents=True, exist_ok=True)
            write_entry(self._locate(question), json.dumps(record).encode())
            entries = sorted(self.folder.glob("*.solution"), key=lambda path: path.stat().st_mtime)
            for path in entries[:-MOST_ENTRIES]:
                path.unlink(missing_ok=True)

    def _locate(self, question: Question) -> Path:
        return self.folder / f"{question.make_key()}.solution"


def open_solutions() -> SolutionStore | None:
    """Open the answers in the user's cache; None where ``WALKCIRCLE_CACHE`` is set to nothing."""
    folder = locate_cache("solutions")
    return None if folder is None else SolutionStore(folder)


@cache
def _hash_code() -> str:
    """Hash the code and the versions of the libraries by which answers are found."""
    total = hashlib.sha256("\n".join(version(name) for name in _LIBRARIES).encode())
    package = Path(str(resources.files("walkcircle")))
    for file in sorted((package / "siting").glob("*.py")):
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def _write_value(value: Any) -> str:
    """Write a term to the last bit, whether one number, an array or one for each."""
    if isinstance(value, np.ndarray) and value.dtype != object:
        return f"{value.dtype}{value.shape}{hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
    if isinstance(value, np.ndarray | pd.Series | list | tuple):
        return json.dumps([str(one) for one in value], ensure_ascii=False)
    return repr(value)
