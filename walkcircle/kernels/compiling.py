"""How every kernel is compiled, and what several of them need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: No fast-math: sums are exact and limits inclusive. Threads run side by side because the lock is let go.
jit = numba.njit(cache=True, nogil=True)


@jit
def lengthen(values: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Copy an array into a longer one of the same type; what is added is not set."""
    longer = np.empty(size, values.dtype)
    for i in range(len(values)):  # a slice would take seconds to compile
        longer[i] = values[i]
    return longer
