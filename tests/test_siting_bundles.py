"""Bundles: all kinds together equal brute force, share what opening costs, and never do worse than kind by kind."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from walkcircle.errors import SitingError
from walkcircle.siting import BundleTerms, SitingEffort, SitingTerms, solve_bundle, solve_siting
from walkcircle.siting.bounds import measure_bound
from walkcircle.siting.bundles import _read_bundle
from walkcircle.siting.reductions import simplify_question

KINDS = ("clinic", "park")


@st.composite
def bundles(draw):
    """Draw a small question of two kinds: costs, and every option that a bundle takes."""
    points, sites = draw(st.integers(1, 7)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    costs = {kind: rng.integers(0, 6, (points, sites)).astype(float) for kind in KINDS}
    hosts = rng.random((sites, 2)) < 0.8
    present = rng.random((sites, 2)) < 0.15
    return {
        "costs": costs, "demand": rng.integers(0, 5, points).astype(float),
        "limits": {kind: float(rng.integers(0, 5)) for kind in KINDS},
        "p": draw(st.sampled_from([None, 0, 1, 2])), "budget": float(rng.integers(0, 12)),
        "existing": {kind: np.flatnonzero(present[:, k]).tolist() for k, kind in enumerate(KINDS)},
        "served": {KINDS[0]: rng.random(points) < 0.2},
        "terms": BundleTerms(
            hosts={kind: np.flatnonzero(hosts[:, k]).tolist() for k, kind in enumerate(KINDS)},
            kind_cost={kind: rng.integers(0, 4, sites).astype(float) for kind in KINDS},
            site_cost=rng.integers(0, 4, sites).astype(float),
        ),
    }  # fmt: skip


def plans(asked):
    """Give every plan that may be made: seats as (site, kind), and who then has all kinds."""
    points = len(asked["demand"])
    there = {(j, k) for k in range(2) for j in asked["existing"][KINDS[k]]}
    open_sites = {j for j, _ in there}
    seats = [(j, k) for k in range(2) for j in asked["terms"].hosts[KINDS[k]] if (j, k) not in there]
    for some in chain.from_iterable(combinations(seats, size) for size in range(len(seats) + 1)):
        new = {j for j, _ in some} - open_sites
        spent = sum(asked["terms"].kind_cost[KINDS[k]][j] for j, k in some) + asked["terms"].site_cost[list(new)].sum()
        if (asked["p"] is not None and len(new) > asked["p"]) or spent > asked["budget"]:
            continue
        has = np.zeros((points, 2), dtype=bool)
        has[:, 0] |= asked["served"][KINDS[0]]
        for j, k in there | set(some):
            has[:, k] |= asked["costs"][KINDS[k]][:, j] <= asked["limits"][KINDS[k]]
        yield some, has.all(axis=1) & (asked["demand"] > 0)


def most(asked):
    return max(asked["demand"][complete].sum() for _, complete in plans(asked))


def solve(asked, **options):
    rest = {key: value for key, value in asked.items() if key not in {"costs", "demand"}}
    return solve_bundle(asked["costs"], asked["demand"], **{**rest, **options})


@settings(deadline=None, max_examples=100)
@given(bundles())
def test_a_bundle_is_the_best_of_all_plans(asked):
    answer = solve(asked)
    assert answer.objective == pytest.approx(most(asked))
    assert answer.status == "optimal"
    assert answer.spent <= asked["budget"]
    there = {j for kind in KINDS for j in asked["existing"][kind]}
    assert there == {s.site for s in answer.sites if s.existing}
    assert asked["p"] is None or len(answer.opened) <= asked["p"]
    assert all(s.site in asked["terms"].hosts[kind] for s in answer.sites for kind in s.kinds)


@settings(deadline=None, max_examples=60)
@given(bundles())
def test_steps_and_swaps_stay_between_nothing_and_the_bound(asked):
    answer = solve(asked, effort=SitingEffort(method="greedy"))
    assert answer.objective <= most(asked) + 1e-9 <= answer.bound + 2e-9


@settings(deadline=None, max_examples=60)
@given(bundles())
def test_the_bound_holds_for_every_plan_and_every_seat(asked):
    rest = {key: value for key, value in asked.items() if key not in {"costs", "demand"}}
    read = _read_bundle(asked["costs"], asked["demand"], **rest, effort=None)
    cover = simplify_question(read.question, drop_dominated=False)
    if not len(cover.site) or not len(cover.weight):
        return
    bound = measure_bound(cover, 0.0, lambda: False)
    assert bound.bound >= most(asked) - 1e-6
    number = {(cover.name[cover.site[s]], cover.kind[s]): s for s in range(len(cover.site))}
    for some, complete in plans(asked):
        worth = asked["demand"][complete].sum()
        assert all(worth <= bound.forced[number[seat]] + 1e-6 for seat in some if seat in number)


@settings(deadline=None, max_examples=60)
@given(bundles(), st.sampled_from([0.4, 1.0]))
def test_zones_of_a_bundle_are_promised_first(asked, minimum):
    zones = np.arange(len(asked["demand"])) % 2
    people = np.bincount(zones, asked["demand"], minlength=2)

    def shortfall(complete):
        each = np.bincount(zones, np.where(complete, asked["demand"], 0), minlength=2)
        return round(np.maximum(minimum * people - each, 0).sum(), 9)

    short, covered = min((shortfall(complete), -asked["demand"][complete].sum()) for _, complete in plans(asked))
    terms = asked["terms"]
    fair = BundleTerms(terms.hosts, terms.kind_cost, terms.site_cost, zones, minimum)
    answer = solve(asked, terms=fair)
    assert sum(z.shortfall for z in answer.zones) == pytest.approx(short, abs=1e-6)
    assert answer.objective == pytest.approx(-covered)
    assert answer.price_of_fairness == pytest.approx(most(asked) + covered)


@settings(deadline=None, max_examples=60)
@given(bundles())
def test_a_bundle_of_one_kind_is_the_maximal_covering_problem(asked):
    kind = KINDS[1]
    terms = asked["terms"]
    cost = terms.kind_cost[kind] + terms.site_cost
    one = solve_bundle(
        {kind: asked["costs"][kind]}, asked["demand"], limits=asked["limits"][kind], budget=asked["budget"],
        terms=BundleTerms(kind_cost=terms.kind_cost[kind], site_cost=terms.site_cost),
    )  # fmt: skip
    plain = solve_siting(
        asked["costs"][kind], asked["demand"], model="budgeted-mclp", limit=asked["limits"][kind],
        budget=asked["budget"], terms=SitingTerms(site_cost=cost),
    )  # fmt: skip
    assert one.objective == plain.objective


def test_kinds_at_one_site_share_what_opening_costs():
    walks = pd.DataFrame({"near A": [1, 9], "near B": [9, 1]}, index=["north", "south"])
    terms = BundleTerms(kind_cost=2, site_cost=5)
    answer = solve_bundle({"clinic": walks, "park": walks}, [30, 20], limits=2, budget=10, terms=terms)
    assert [(s.site, s.kinds, s.price, s.lost) for s in answer.sites] == [("near A", ("clinic", "park"), 9.0, 30.0)]
    assert solve_bundle({"clinic": walks, "park": walks}, [30, 20], limits=2, budget=8, terms=terms).sites == ()


def test_what_is_there_already_is_not_built_again():
    walks = pd.DataFrame({"A": [1, 9], "B": [9, 1]})
    kinds = {"clinic": walks, "park": walks}
    answer = solve_bundle(kinds, [30, 20], limits=2, budget=3, existing={"park": ["B"]}, terms=BundleTerms(kind_cost=3))
    assert [(s.site, s.existing, s.kinds) for s in answer.sites] == [("B", True, ("clinic",))]
    terms = BundleTerms(kind_cost=3)
    answer = solve_bundle(kinds, [30, 20], limits=2, budget=3, served={"park": [True, False]}, terms=terms)
    assert [(s.site, s.kinds) for s in answer.sites] == [("A", ("clinic",))]


def test_a_site_that_could_be_another_is_a_tie():
    walks = np.array([[1.0, 1.0, 9.0]])
    answer = solve_bundle({"clinic": walks, "park": walks}, [30], limits=2, p=1)
    assert answer.opened == (0,)
    assert answer.ties == ((0, 1),)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "neither p nor budget"),
        ({"p": 1, "limits": {"clinic": 3}}, "limits has no number for 'park'"),
        ({"p": 1, "limits": {"school": 3}}, "limits names 'school'; known are clinic, park"),
        ({"p": 1, "served": {"park": [1, 0]}}, "give True or False"),
        ({"p": 1, "existing": {"park": "A"}}, "put it into brackets"),
        ({"p": 1, "existing": {"park": ["C"]}}, "existing of 'park' names 'C'"),
        ({"p": 1, "terms": BundleTerms(kind_cost={"park": -1})}, "kind_cost of 'park' of candidate 'A' is -1"),
    ],
)
def test_what_cannot_be_is_said_with_its_cure(options, message):
    walks = pd.DataFrame({"A": [1, 9], "B": [9, 1]})
    with pytest.raises(SitingError, match=message):
        solve_bundle({"clinic": walks, "park": walks}, [1, 1], **{"limits": 3, **options})


def test_kinds_with_other_candidates_are_refused():
    one, two = pd.DataFrame({"A": [1]}), pd.DataFrame({"B": [1]})
    with pytest.raises(SitingError, match="the cost of 'park' has other demand points or candidates"):
        solve_bundle({"clinic": one, "park": two}, [1], limits=3, p=1)
    with pytest.raises(SitingError, match="names no kind"):
        solve_bundle({}, [1], limits=3, p=1)
