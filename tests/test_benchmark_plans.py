"""The planning jobs of the benchmark, tiny and without other tools: they run, and their own answers stand up."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import walkcircle as wc

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def benchmarks():
    """Return modules of the benchmark, imported as ``python -m tests.benchmarks`` imports them."""
    sys.path.insert(0, str(ROOT))
    try:
        from tests.benchmarks import districts, jobs, peers, planning_jobs
    finally:
        sys.path.remove(str(ROOT))
    return {"districts": districts, "jobs": jobs, "peers": peers, "planning_jobs": planning_jobs}


@pytest.fixture
def bench(benchmarks, tmp_path):
    """Return a bench where no other tool is installed."""
    return benchmarks["jobs"].Bench(benchmarks["peers"].Peers(tmp_path), 0, tmp_path)


def test_what_one_edit_changes_is_what_a_whole_analysis_finds(benchmarks, bench):
    lines = list(benchmarks["planning_jobs"].whatif(bench, scale=0.002))
    assert len(lines) == 4
    assert all(line.checked.endswith("rows the same") for line in lines), [line.checked for line in lines]


def test_every_question_about_sites_is_answered_at_every_size(benchmarks, bench):
    sizes = {"small": (40, 12), "district": (60, 15), "region": (80, 20)}
    lines = list(benchmarks["planning_jobs"].siting(bench, **sizes, seconds=2.0))
    asked = benchmarks["planning_jobs"].QUESTIONS
    assert len(lines) == 2 * len(asked) + 1
    assert all("gap" in line.checked for line in lines)
    assert sum("not there" in line.peer for line in lines) == sum(q.peer is not None for q in asked.values())


def test_the_district_and_the_town_are_the_same_for_the_same_seed(benchmarks):
    make_district, make_town = benchmarks["districts"].make_district, benchmarks["districts"].make_town
    one, other = (make_district.__wrapped__(50, 10).measure_minutes() for _ in range(2))
    assert np.array_equal(one, other)
    assert make_town(5).times.equals(make_town(5).times)
    assert not make_town(5).times.equals(make_town(5, seed=2).times)


def test_sparse_minutes_are_the_full_ones_within_the_limit(benchmarks):
    district = benchmarks["districts"].make_district(60, 20)
    full, near = district.measure_minutes(), district.measure_minutes(6.0)
    assert near.nnz == pytest.approx((full <= 6.0).sum(), abs=2)  # minutes are rounded after the limit is applied
    assert np.array_equal(near.data, full[near.tocoo().coords])


def test_circles_are_priced_as_they_say_and_others_beside_them(benchmarks, bench):
    lines = list(benchmarks["planning_jobs"].circles(bench, side=8, draws=3))
    assert [line.peer[:7] for line in lines] == ["", "its env", "network", "the mid"]
    assert not any("WRONG" in line.checked for line in lines)


def test_a_partition_is_priced_with_pencil(benchmarks):
    """Two homes 4 and one 7 minutes apart: 7 is beyond 5, and counts 10 more; 4,000 people are 500 too few."""
    rules = wc.read_rules("hangzhou", 5)
    minutes = np.array([[0.0, 4.0, 7.0], [4.0, 0.0, 4.0], [7.0, 4.0, 0.0]])
    people = np.array([2000.0, 2000.0, 2500.0])
    price = benchmarks["planning_jobs"].price_parts
    whole = price(np.zeros(3, np.int64), people, minutes, rules)
    assert whole.total == pytest.approx((2000 + 2500) * 4)  # the middle one; 6,500 people are what is aimed at
    assert (whole.in_band, whole.in_time) == (1.0, 1.0)
    parted = price(np.array([0, 0, 1]), people, minutes, rules)
    pair = 2000 * 4 + 0.5 * 2500 + 10 * 500 + 0.1 * 6500 * 10
    single = 0.5 * 4000 + 10 * 2000 + 0.1 * 6500 * 10
    assert parted.total == pytest.approx(pair + single)
    assert parted.in_band == 0.0
