"""Long work in chunks: the order is kept, progress grows, and nothing goes on after a stop."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from walkcircle.chunks import run_chunks

PATIENCE_S = 30  # so long a chunk waits for another before the test fails instead of hanging


def spans(start, stop):
    return start, stop


def threads_running():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("walkcircle")]


@given(total=st.integers(0, 40), size=st.integers(1, 12), threads=st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_chunks_cover_everything_once_in_order_with_any_number_of_threads(total, size, threads):
    """Results, and what is reported, are those of a plain loop."""
    told = []
    found = list(run_chunks(spans, total, size=size, threads=threads, report=lambda *done: told.append(done)))
    assert found == [(start, min(start + size, total)) for start in range(0, total, size)]
    assert told == [(stop, total) for _, stop in found]
    assert threads_running() == []


def test_a_slow_first_chunk_still_comes_first():
    """The first waits until the second is done."""
    second_done = threading.Event()

    def work(start, _):
        if start == 0:
            assert second_done.wait(PATIENCE_S)
        if start == 1:
            second_done.set()
        return start

    assert list(run_chunks(work, 6, size=1, threads=2)) == [0, 1, 2, 3, 4, 5]


def test_two_threads_work_side_by_side_and_never_more():
    """Two chunks meet at a barrier that opens for no one alone."""
    barrier = threading.Barrier(2, timeout=PATIENCE_S)
    names = set()

    def work(_, stop):
        names.add(threading.current_thread().name)
        barrier.wait()
        return stop

    assert list(run_chunks(work, 8, size=1, threads=2)) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert len(names) == 2


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_failing_chunk_stops_the_rest(threads):
    """Those before it are given; of a hundred after it no more than were waiting have begun."""
    begun, given = [], []

    def work(start, _):
        begun.append(start)
        if start == 3:
            raise ZeroDivisionError
        return start

    with pytest.raises(ZeroDivisionError):
        given.extend(run_chunks(work, 100, size=1, threads=threads))
    assert sorted(begun)[:4] == [0, 1, 2, 3]
    assert max(begun) <= (3 if threads == 1 else 3 + 2 * threads)
    assert threads_running() == []


@pytest.mark.parametrize("threads", [1, 3])
def test_results_before_a_failing_chunk_are_given_first(threads):
    """The error comes where the chunk's own result would have come."""

    def work(start, _):
        return 6 // (2 - start)

    results = run_chunks(work, 9, size=1, threads=threads)
    assert [next(results), next(results)] == [3, 6]
    with pytest.raises(ZeroDivisionError):
        next(results)


@pytest.mark.parametrize("threads", [1, 3])
def test_ctrl_c_leaves_nothing_running(threads):
    """Pressed while progress is told; what was waiting never begins."""
    begun = []

    def work(start, _):
        begun.append(start)
        return start

    def press(done, _):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(run_chunks(work, 1000, size=1, threads=threads, report=press))
    assert threads_running() == []
    assert max(begun) <= (1 if threads == 1 else 1 + 2 * threads)


def test_a_caller_who_stops_early_leaves_nothing_running():
    """Closing the results ends the work."""
    begun = []
    results = run_chunks(lambda start, _: begun.append(start), 1000, size=1, threads=2)
    next(results)
    results.close()
    assert threads_running() == []
    assert max(begun) <= 4
