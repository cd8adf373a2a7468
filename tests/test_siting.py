"""Siting: every model equals brute force, published optima are met, and what is proven is true."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog
from scipy.sparse.csgraph import shortest_path

from walkcircle.errors import SitingError
from walkcircle.siting import SitingEffort, SitingTerms, exact, solve_siting
from walkcircle.siting.bounds import measure_bound
from walkcircle.siting.programs import LIMIT, Solved
from walkcircle.siting.reductions import Question, simplify_question

DATA = Path(__file__).parent / "data"
GREEDY = SitingEffort(method="greedy")
E = np.e


# ── brute force ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Town:
    """A small question, drawn at random: few costs and few people, so that ties are frequent."""

    cost: np.ndarray
    demand: np.ndarray
    p: int
    limit: float
    existing: tuple[int, ...]
    price: np.ndarray
    budget: float
    zones: np.ndarray
    capacity: np.ndarray = field(default_factory=lambda: np.zeros(0))

    @property
    def inside(self):
        return self.cost <= self.limit

    def choices(self, *, budget=False, most=None):
        """Give all sets of new sites that may be opened, beside those that exist."""
        new = [j for j in range(self.cost.shape[1]) if j not in self.existing]
        most = len(new) if most is None else most
        for size in range(min(most, len(new)) + 1):
            for some in combinations(new, size):
                if not budget or self.price[list(some)].sum() <= self.budget + 1e-9:
                    yield some, [*self.existing, *some]

    def covered(self, chosen):
        return self.inside[:, chosen].any(axis=1) & (self.demand > 0)

    def nearest(self, chosen):
        return self.cost[:, chosen].min(axis=1, initial=np.inf)


@st.composite
def towns(draw):
    points, sites = draw(st.integers(1, 9)), draw(st.integers(1, 6))
    seed = draw(st.integers(0, 2**31))
    rng = np.random.default_rng(seed)
    cost = rng.integers(0, 8, (points, sites)).astype(float)
    cost[rng.random((points, sites)) < draw(st.sampled_from([0.0, 0.3]))] = np.inf
    existing = tuple(np.flatnonzero(rng.random(sites) < 0.2).tolist())
    return Town(
        cost=cost, demand=rng.integers(0, 5, points).astype(float), p=draw(st.integers(0, 4)),
        limit=float(draw(st.integers(0, 6))), existing=existing, price=rng.integers(0, 4, sites).astype(float),
        budget=float(draw(st.integers(0, 7))), zones=rng.integers(0, 3, points),
        capacity=rng.integers(0, 9, sites).astype(float),
    )  # fmt: skip


def best_covered(town, **limits):
    return max(town.demand[town.covered(chosen)].sum() for _, chosen in town.choices(**limits))


def solve_or_none(*arguments, **options):
    try:
        return solve_siting(*arguments, **options)
    except SitingError as error:
        if "recount" in str(error):
            raise
        return None


SMALL = settings(deadline=None, max_examples=50)


@SMALL
@given(towns(), st.sampled_from(["exact", "auto"]))
def test_mclp_is_the_best_of_all_choices(town, method):
    answer = solve_siting(
        town.cost, town.demand, model="mclp", p=town.p, limit=town.limit, existing=town.existing,
        effort=SitingEffort(method=method),
    )  # fmt: skip
    assert answer.objective == pytest.approx(best_covered(town, most=town.p))
    assert answer.status == "optimal"
    assert answer.gap == 0
    assert len(answer.opened) <= town.p
    assert set(town.existing) <= {s.site for s in answer.sites}


@SMALL
@given(towns())
def test_budgeted_mclp_is_the_best_that_money_buys(town):
    answer = solve_siting(
        town.cost, town.demand, model="budgeted-mclp", budget=town.budget, limit=town.limit, existing=town.existing,
        terms=SitingTerms(site_cost=town.price),
    )  # fmt: skip
    assert answer.objective == pytest.approx(best_covered(town, budget=True))
    assert answer.status == "optimal"
    assert answer.spent == town.price[list(answer.opened)].sum() <= town.budget


@SMALL
@given(towns())
def test_greedy_lies_between_its_guarantee_and_the_optimum_and_its_bound_above(town):
    best = best_covered(town, most=town.p)
    answer = solve_siting(
        town.cost, town.demand, model="mclp", p=town.p, limit=town.limit, existing=town.existing, effort=GREEDY
    )
    there = town.demand[town.covered(list(town.existing))].sum()
    assert (1 - 1 / E) * (best - there) <= answer.objective - there + 1e-9
    assert answer.objective <= best + 1e-9 <= answer.bound + 2e-9
    paid = solve_siting(
        town.cost, town.demand, model="budgeted-mclp", budget=town.budget, limit=town.limit, existing=town.existing,
        terms=SitingTerms(site_cost=town.price), effort=GREEDY,
    )  # fmt: skip
    assert paid.objective <= best_covered(town, budget=True) + 1e-9 <= paid.bound + 2e-9


@SMALL
@given(towns(), st.sampled_from([None, 0.5, 0.8, 1.0]), st.booleans())
def test_lscp_is_the_cheapest_that_serves_enough(town, share, priced):
    price = town.price if priced else np.ones(len(town.price))
    needed = town.demand.sum() * (1.0 if share is None else share)
    enough = [
        price[list(new)].sum() for new, chosen in town.choices()
        if town.demand[town.covered(chosen)].sum() >= needed - 1e-9
    ]  # fmt: skip
    terms = SitingTerms(share=share, site_cost=price if priced else None)
    answer = solve_or_none(town.cost, town.demand, model="lscp", limit=town.limit, existing=town.existing, terms=terms)
    assert (answer is None) == (not enough)
    if answer is not None:
        assert answer.objective == pytest.approx(min(enough))
        assert answer.status == "optimal"
        greedy = solve_siting(
            town.cost, town.demand, model="lscp", limit=town.limit, existing=town.existing, terms=terms, effort=GREEDY
        )
        assert greedy.bound <= min(enough) + 1e-9 <= greedy.objective + 2e-9


@SMALL
@given(towns(), st.sampled_from(["exact", "auto", "greedy"]))
def test_p_median_is_the_shortest_of_all_choices(town, method):
    lived = town.demand > 0
    totals = [
        (town.demand[lived] * town.nearest(chosen)[lived]).sum() for _, chosen in town.choices(most=town.p)
    ]  # fmt: skip
    best = min(totals)
    answer = solve_or_none(
        town.cost, town.demand, model="p-median", p=town.p, existing=town.existing, effort=SitingEffort(method=method)
    )
    assert (answer is None) == (not np.isfinite(best))
    if answer is None:
        return
    assert answer.bound <= best + 1e-9 <= answer.objective + 2e-9
    if method != "greedy":
        assert answer.objective == pytest.approx(best)
        assert answer.status == "optimal"


@SMALL
@given(towns())
def test_p_center_is_the_nearest_farthest_walk(town):
    lived = town.demand > 0
    best = min(town.nearest(chosen)[lived].max(initial=0.0) for _, chosen in town.choices(most=town.p))
    answer = solve_or_none(town.cost, town.demand, model="p-center", p=town.p, existing=town.existing)
    assert (answer is None) == (not np.isfinite(best))
    if answer is not None:
        assert answer.objective == best
        assert answer.status == "optimal"


def cheapest_flow(town, new, chosen, share):
    """Send people to chosen sites at least cost by linear programming; infinite where that cannot be."""
    points, sites = town.cost.shape
    pairs = [(i, j) for i in range(points) for j in chosen if town.inside[i, j]]
    if not pairs:
        return 0.0 if share * town.demand.sum() <= 1e-9 else np.inf
    cost = [town.cost[i, j] for i, j in pairs]
    leaving = np.array([[float(i == k) for i, _ in pairs] for k in range(points)])
    entering = np.array([[float(j == k) for _, j in pairs] for k in range(sites)])
    a_ub = np.vstack([leaving, entering, -np.ones((1, len(pairs)))])
    b_ub = np.concatenate([town.demand, town.capacity, [-share * town.demand.sum()]])
    solved = linprog(cost, A_ub=a_ub, b_ub=b_ub)
    return solved.fun + town.price[list(new)].sum() if solved.status == 0 else np.inf


@settings(deadline=None, max_examples=40)
@given(towns(), st.sampled_from([0.0, 0.4, 0.9]))
def test_mu_cflp_is_the_cheapest_flow_and_no_site_is_overfull(town, share):
    best = min(cheapest_flow(town, new, chosen, share) for new, chosen in town.choices())
    answer = solve_or_none(
        town.cost, town.demand, model="mu-cflp", limit=town.limit, existing=town.existing,
        terms=SitingTerms(site_cost=town.price, capacity=town.capacity, share=share),
    )  # fmt: skip
    assert (answer is None) == (not np.isfinite(best))
    if answer is not None:
        assert answer.objective == pytest.approx(best, abs=1e-6)
        assert (answer.flow.sum(axis=0) <= town.capacity).all()
        assert (answer.flow.sum(axis=1) <= town.demand * (1 + 1e-9)).all()
        assert answer.served.sum() >= share * town.demand.sum() - 1e-6 * max(town.demand.sum(), 1)
        sent = answer.flow.tocoo()
        assert all(town.inside[i, j] for i, j in zip(sent.row, sent.col, strict=True))


def most_held(town, chosen):
    points, sites = town.cost.shape
    pairs = [(i, j) for i in range(points) for j in chosen if town.inside[i, j]]
    if not pairs:
        return 0.0
    leaving = np.array([[float(i == k) for i, _ in pairs] for k in range(points)])
    entering = np.array([[float(j == k) for _, j in pairs] for k in range(sites)])
    solved = linprog(
        -np.ones(len(pairs)), A_ub=np.vstack([leaving, entering]), b_ub=np.concatenate([town.demand, town.capacity])
    )
    return -solved.fun


@settings(deadline=None, max_examples=40)
@given(towns())
def test_mclp_with_capacity_serves_as_many_as_sites_hold(town):
    answer = solve_siting(
        town.cost, town.demand, model="mclp", p=town.p, limit=town.limit, existing=town.existing,
        terms=SitingTerms(capacity=town.capacity),
    )  # fmt: skip
    best = max(most_held(town, chosen) for _, chosen in town.choices(most=town.p))
    assert answer.objective == pytest.approx(best, abs=1e-6)
    assert (answer.flow.sum(axis=0) <= town.capacity).all()


def fair_best(town, minimum):
    """Find the least shortfall of all zones together, and the most people at it."""
    people = np.bincount(town.zones, town.demand, minlength=3)
    answers = []
    for _, chosen in town.choices(most=town.p):
        served = np.where(town.covered(chosen), town.demand, 0.0)
        each = np.bincount(town.zones, served, minlength=3)
        answers.append((round(np.maximum(minimum * people - each, 0.0).sum(), 9), -served.sum()))
    short, covered = min(answers)
    return short, -covered


@SMALL
@given(towns(), st.sampled_from([0.3, 0.6, 1.0]))
def test_zones_are_promised_first_and_fairness_never_has_a_negative_price(town, minimum):
    options = {"model": "mclp", "p": town.p, "limit": town.limit, "existing": town.existing}
    terms = SitingTerms(zones=town.zones, zone_minimum=minimum)
    answer = solve_siting(town.cost, town.demand, terms=terms, **options)
    short, covered = fair_best(town, minimum)
    assert sum(z.shortfall for z in answer.zones) == pytest.approx(short, abs=1e-6)
    assert answer.objective == pytest.approx(covered)
    assert answer.price_of_fairness == pytest.approx(best_covered(town, most=town.p) - covered)
    assert answer.price_of_fairness >= 0
    greedy = solve_siting(town.cost, town.demand, terms=terms, effort=GREEDY, **options)
    assert greedy.price_of_fairness >= 0
    assert sum(z.shortfall for z in greedy.zones) >= short - 1e-6


# ── what must hold ──────────────────────────────────────────────────────────────────────────────


@SMALL
@given(towns())
def test_the_sites_of_lscp_are_enough_for_mclp_to_cover_all(town):
    options = {"limit": town.limit, "existing": town.existing}
    few = solve_or_none(town.cost, town.demand, model="lscp", **options)
    if few is None:
        return
    count = len(few.opened)
    assert solve_siting(town.cost, town.demand, model="mclp", p=count, **options).objective == town.demand.sum()
    if count:
        fewer = solve_siting(town.cost, town.demand, model="mclp", p=count - 1, **options)
        assert fewer.objective < town.demand.sum()


def test_a_share_of_nothing_opens_nothing():
    terms = SitingTerms(share=0.0, capacity=10, site_cost=1)
    answer = solve_siting(np.ones((4, 3)), [5, 5, 5, 5], model="mu-cflp", limit=2, terms=terms)
    assert (answer.sites, answer.objective, answer.served.sum()) == ((), 0.0, 0.0)


@SMALL
@given(towns(), st.randoms(use_true_random=False), st.sampled_from(["mclp", "p-median"]))
def test_the_order_of_demand_points_and_the_names_of_candidates_change_nothing(town, random, model):
    order = list(range(len(town.demand)))
    random.shuffle(order)
    names = [f"site {j}" for j in range(town.cost.shape[1])]
    table = pd.DataFrame(town.cost, columns=names)
    people = pd.Series(town.demand)
    options = {"model": model, "p": town.p, "limit": town.limit if model == "mclp" else None}
    plain = solve_or_none(town.cost, town.demand, existing=town.existing, **options)
    named = solve_or_none(table.iloc[order], people, existing=[names[j] for j in town.existing], **options)
    packed = sparse.coo_array(np.where(np.isfinite(town.cost), town.cost + 1, 0))
    packed.data -= 1  # stored zeros are costs of 0
    thin = solve_or_none(packed, town.demand, existing=town.existing, **options)
    assert (plain is None) == (named is None) == (thin is None)
    if plain is not None:
        assert plain.objective == named.objective == thin.objective
        assert list(plain.columns) == list(named.columns) == list(thin.columns)
        assert [names[s.site] for s in plain.sites] == [s.site for s in named.sites]
        assert (named.served.reindex(people.index).to_numpy() == plain.served.to_numpy()).all()


@SMALL
@given(towns(), st.integers(0, 2**31))
def test_candidates_in_another_order_are_as_good(town, seed):
    order = np.random.default_rng(seed).permutation(town.cost.shape[1])
    where = {int(j): k for k, j in enumerate(order)}
    options = {"model": "mclp", "p": town.p, "limit": town.limit}
    one = solve_siting(town.cost, town.demand, existing=town.existing, **options)
    other = solve_siting(town.cost[:, order], town.demand, existing=[where[j] for j in town.existing], **options)
    assert one.objective == other.objective


@SMALL
@given(towns())
def test_more_sites_are_never_worse(town):
    options = {"model": "mclp", "limit": town.limit, "existing": town.existing}
    covered = [solve_siting(town.cost, town.demand, p=p, **options).objective for p in range(5)]
    assert covered == sorted(covered)


@SMALL
@given(towns())
def test_ties_are_all_swaps_that_leave_the_objective_as_it_is(town):
    answer = solve_siting(town.cost, town.demand, model="mclp", p=town.p, limit=town.limit, existing=town.existing)
    chosen = [s.site for s in answer.sites]
    equal = {
        (site, other) for site in answer.opened for other in range(town.cost.shape[1]) if other not in chosen
        and town.demand[town.covered([*(c for c in chosen if c != site), other])].sum() == answer.objective
    }  # fmt: skip
    assert set(answer.ties) == equal
    assert all(site < other for site, other in answer.ties)


@SMALL
@given(towns())
def test_what_a_site_is_worth_is_what_is_lost_without_it(town):
    answer = solve_siting(town.cost, town.demand, model="mclp", p=town.p, limit=town.limit, existing=town.existing)
    chosen = [s.site for s in answer.sites]
    for site in answer.sites:
        rest = [c for c in chosen if c != site.site]
        assert site.lost == answer.objective - town.demand[town.covered(rest)].sum()


@SMALL
@given(towns(), st.booleans())
def test_reductions_keep_the_optimum(town, drop):
    points, sites = town.cost.shape
    question = Question(
        reach=(sparse.csr_array(town.inside.astype(float)),), lacks=(town.demand > 0)[:, None], weight=town.demand,
        people=town.demand, zone=np.full(points, -1), hosts=np.ones((sites, 1), dtype=bool),
        cost=town.price[:, None], opening=np.zeros(sites), open=np.zeros(sites, dtype=bool), zones=0, p=town.p,
        budget=town.budget,
    )  # fmt: skip
    cover = simplify_question(question, drop_dominated=drop)
    alone = replace(town, existing=())
    best = best_covered(alone, budget=True, most=town.p)
    plans = [(0.0, ())]
    for size in range(len(cover.site) + 1):
        for some in combinations(range(len(cover.site)), size):
            seats = np.isin(np.arange(len(cover.site)), some)
            if cover.affordable(seats):
                plans.append((cover.worth(seats), some))
    assert max(plans)[0] == pytest.approx(best)
    if len(cover.site) and len(cover.weight):
        bound = measure_bound(cover, 0.0, lambda: False)
        assert bound.bound >= best - 1e-6
        for worth, some in plans:
            assert all(worth <= bound.forced[seat] + 1e-6 for seat in some)


def test_weights_count_in_the_objective_and_people_in_what_is_served():
    answer = solve_siting(
        np.array([[1, 9], [9, 1]]), [10, 6], model="mclp", p=1, limit=2, terms=SitingTerms(weights=[1, 2])
    )
    assert (answer.opened, answer.objective, answer.served.sum()) == ((1,), 12.0, 6.0)


@SMALL
@given(towns(), st.sampled_from([1e-4, 1e5]))
def test_numbers_may_be_small_or_large(town, unit):
    best = min(cheapest_flow(town, new, chosen, 0.8) for new, chosen in town.choices())
    answer = solve_or_none(
        town.cost * unit, town.demand * unit, model="mu-cflp", limit=town.limit * unit, existing=town.existing,
        terms=SitingTerms(site_cost=town.price * unit**2, capacity=town.capacity * unit, share=0.8),
    )  # fmt: skip
    assert (answer is None) == (not np.isfinite(best))
    if answer is not None:
        assert answer.objective / unit**2 == pytest.approx(best, rel=1e-5, abs=1e-4)
        assert answer.gap < 1e-5 or answer.objective < 1e-4 * unit**2


def test_the_same_question_has_the_same_answer():
    rng = np.random.default_rng(3)
    cost, demand = rng.random((60, 25)) * 10, rng.integers(1, 9, 60)
    answers = [solve_siting(cost, demand, model="mclp", p=5, limit=1.5) for _ in range(2)]
    assert list(answers[0].columns) == list(answers[1].columns)


def test_an_answer_cut_short_says_how_much_better_it_could_be(monkeypatch):
    monkeypatch.setattr(exact, "solve_program", lambda *_: Solved(None, -np.inf, LIMIT))
    rng = np.random.default_rng(1)
    points, sites = rng.random((400, 2)), rng.random((200, 2))
    cost = np.hypot(*(points[:, None] - sites[None]).transpose(2, 0, 1))
    demand = rng.integers(1, 50, 400)
    hurried = solve_siting(cost, demand, model="mclp", p=15, limit=0.12, effort=SitingEffort(seconds=1e-6))
    assert hurried.objective < hurried.bound
    assert hurried.status == "bounded"
    assert hurried.gap == pytest.approx(hurried.bound / hurried.objective - 1)
    assert "from the best" in repr(hurried)


# ── published numbers ───────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def pmed1():
    """Return the distances of the first p-median problem of the OR-Library; of two equal edges the last counts."""
    count, _, p, *edges = map(int, (DATA / "pmed1.txt").read_text().split())
    lengths = np.zeros((count, count))
    for tail, head, length in np.array(edges).reshape(-1, 3):
        lengths[tail - 1, head - 1] = lengths[head - 1, tail - 1] = length
    return shortest_path(lengths, directed=False), p


def test_pmed1_has_its_published_median(pmed1):
    """5819, Beasley 1985 and the file of optima of the OR-Library."""
    cost, p = pmed1
    answer = solve_siting(cost, np.ones(100), model="p-median", p=p)
    assert (answer.objective, answer.bound, answer.status) == (5819, 5819, "optimal")


def test_pmed1_has_its_published_center(pmed1):
    """127, Daskin 2000 and Elloumi, Labbé & Pochet 2004."""
    cost, p = pmed1
    answer = solve_siting(cost, np.ones(100), model="p-center", p=p)
    assert (answer.objective, answer.bound) == (127, 127)


@pytest.fixture(scope="module")
def san_francisco():
    table = pd.read_csv(DATA / "san_francisco.csv", index_col=0)
    return table.drop(columns="demand"), table["demand"]


def test_san_francisco_has_the_median_that_spopt_publishes(san_francisco):
    """2982.12686 m to the nearest of four stores (spopt's test of the mean distance); distances here to 0.1 m."""
    cost, people = san_francisco
    answer = solve_siting(cost, people, model="p-median", p=4)
    assert answer.objective / people.sum() == pytest.approx(2982.1268579890657, abs=0.05)
    assert answer.status == "optimal"


def test_san_francisco_leaves_as_many_tracts_out_as_spopt_publishes(san_francisco):
    """21 of 205 tracts farther than 5 km from the best four stores (spopt's test of its MCLP)."""
    cost, people = san_francisco
    answer = solve_siting(cost, people, model="mclp", p=4, limit=5000)
    assert (answer.served == 0).sum() == 21
    assert answer.status == "optimal"


# ── what is refused, and how it is said ─────────────────────────────────────────────────────────

TABLE = pd.DataFrame({"A": [1.0, 5.0], "B": [5.0, np.inf]}, index=["mill", "dock"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "lscp", "limit": 2}, "1 of 2 demand points have no candidate within reach.*the first is 'dock'"),
        ({"model": "mclp", "limit": 2}, "model 'mclp' needs p; give it"),
        ({"model": "mclp", "limit": 2, "p": 1, "budget": 3}, "does not take budget.*budgeted-mclp or mu-cflp"),
        ({"model": "mclp", "limit": 2, "p": 1.5}, "p is 1.5; give the number of new sites"),
        ({"model": "mclp", "limit": -2, "p": 1}, "limit is -2"),
        ({"model": "p-mean", "p": 1}, "model is 'p-mean'; known are lscp"),
        ({"model": "p-median", "p": 0}, "no 0 new sites reach all 2 demand points"),
        ({"model": "p-center", "p": 0}, "no 0 new sites reach all 2 demand points"),
        ({"model": "p-center", "p": 1, "existing": ["C"]}, "existing names 'C', which is no candidate"),
        ({"model": "lscp", "limit": 9, "terms": SitingTerms(share=1.5)}, "share is 1.5; give a share from 0 to 1"),
        ({"model": "lscp", "limit": 2, "terms": SitingTerms(share=0.9)}, "reach 50.0% of the people"),
        ({"model": "mclp", "limit": 9, "p": 1, "terms": SitingTerms(zones=[1, 2])}, "belong together"),
        (
            {"model": "mclp", "limit": 9, "p": 1, "terms": SitingTerms(zones=[1, 2], zone_minimum={3: 0.5})},
            "zone_minimum names '3'",
        ),
        (
            {"model": "mu-cflp", "limit": 9, "terms": SitingTerms(capacity=4, share=1.0, site_cost=1)},
            "hold too few; raise p, budget, limit or capacity",
        ),
    ],
)
def test_what_cannot_be_is_said_with_its_cure(options, message):
    with pytest.raises(SitingError, match=message):
        solve_siting(TABLE, [5, 5], **options)


@pytest.mark.parametrize(
    ("cost", "demand", "message"),
    [
        ([[1.0, -2.0]], [1], "cost holds -2"),
        ([1.0, 2.0], [1], "1 dimensions"),
        ([[1.0], [2.0]], [1], "demand has 1 values for 2 demand points"),
        ([[1.0]], [-1], "demand of demand point '0' is -1"),
        ([[1.0]], [np.nan], "demand of demand point '0' is nan"),
        (TABLE, pd.Series({"mill": 3}), "demand lacks 1 of 2 demand points; the first is 'dock'"),
        (TABLE.loc[["mill", "mill"]], [1, 1], "two demand points labelled 'mill'"),
        (np.zeros((0, 2)), [], "at least one demand point"),
    ],
)
def test_a_matrix_that_cannot_be_meant_is_refused(cost, demand, message):
    with pytest.raises(SitingError, match=message):
        solve_siting(cost, demand, model="mclp", p=1, limit=3)


def test_an_answer_tells_itself_in_a_line_and_in_a_table():
    answer = solve_siting(TABLE, pd.Series({"dock": 20, "mill": 5}), model="mclp", p=1, limit=5, existing=["B"])
    assert repr(answer).startswith("Siting(mclp: 1 new sites beside 1 existing, 25 of 25 people served, optimal, ")
    assert answer.to_frame()["site"].tolist() == ["A", "B"]
    assert answer.to_frame()["lost"].tolist() == [20.0, 0.0]
    assert answer.assignment.to_dict() == {"mill": "A", "dock": "A"}


def test_arguments_stay_as_they_were():
    cost = sparse.csr_array(np.array([[0.0, 3.0], [2.0, np.inf]]))
    before = cost.copy()
    solve_siting(cost, [1, 1], model="mu-cflp", limit=3, terms=SitingTerms(capacity=2, share=0.5))
    assert (cost.data == before.data).all()
    assert (cost.indices == before.indices).all()
