"""Long work in chunks: threads side by side, progress as they finish, results in order, a clean stop."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

Result = TypeVar("Result")

#: Called with the number of things done and in all.
Progress = Callable[[int, int], None]

#: Things in a chunk: enough that making its workspace does not count, few enough that Ctrl-C is heard soon.
CHUNK = 1024


def run_chunks(
    work: Callable[[int, int], Result],
    total: int,
    *,
    size: int = CHUNK,
    threads: int | None = None,
    report: Progress | None = None,
) -> Iterator[Result]:
    """Work through ``range(total)`` in chunks and give each chunk's result, in order.

    Compiled loops let Python's lock go, so threads run side by side. Only a few chunks are under way or waiting at
    any time: memory does not grow with `total`. When the caller stops, or Ctrl-C is pressed, chunks that have not
    begun never do.

    Parameters
    ----------
    work
        Called with where a chunk starts and stops; must not depend on other chunks.
    total
        How many things there are.
    size
        Things in a chunk.
    threads
        How many at once; as many as there are processors when None. The results do not depend on it.
    report
        Called after each chunk.

    Examples
    --------
    >>> list(run_chunks(lambda start, stop: list(range(start, stop)), 5, size=2))
    [[0, 1], [2, 3], [4]]
    """
    bounds = [*range(0, total, size), total]
    parts = [*pairwise(bounds)]
    count = min(threads or os.cpu_count() or 1, len(parts))
    if count <= 1:
        for start, stop in parts:
            yield work(start, stop)
            if report is not None:
                report(stop, total)
        return
    pool = ThreadPoolExecutor(count, thread_name_prefix="walkcircle")
    waiting: deque[tuple[int, Future[Result]]] = deque()
    try:
        for start, stop in parts:
            waiting.append((stop, pool.submit(work, start, stop)))
            if len(waiting) > 2 * count:
                yield _first_of(waiting, total, report)
        while waiting:
            yield _first_of(waiting, total, report)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _first_of(waiting: deque[tuple[int, Future[Result]]], total: int, report: Progress | None) -> Result:
    """Wait for the first chunk and say how far that is."""
    stop, future = waiting.popleft()
    result = future.result()
    if report is not None:
        report(stop, total)
    return result
