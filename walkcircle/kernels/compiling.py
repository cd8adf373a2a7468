"""How every kernel is compiled."""

from __future__ import annotations

import numba

#: No fast-math: sums are exact and limits inclusive. Threads run side by side because the lock is let go.
jit = numba.njit(cache=True, nogil=True)
