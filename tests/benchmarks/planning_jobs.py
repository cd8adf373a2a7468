"""Jobs about plans: what one change would do, where to build, how to draw circles; beside full runs and other tools.

Sites and circles are measured by the clock: other tools start a solver of their own, whose CPU is not theirs. An answer
that is better or worse says so in the last column.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

import walkcircle as wc
from tests.benchmarks.city import write_city
from tests.benchmarks.districts import District, Town, make_district, make_town, read_town
from tests.benchmarks.jobs import Bench, Line
from walkcircle.circles import CircleRules, Delineation, Search, read_rules, split_at_random
from walkcircle.siting import BundleTerms, Siting, SitingEffort, SitingTerms

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.benchmarks.peers import Answer

#: Size of the city for the questions of the form *what if*, where not the whole is asked for.
SMALL_CITY = 0.02

# ── what if ─────────────────────────────────────────────────────────────────────────────────────


def whatif(bench: Bench, *, scale: float | None = None) -> Iterator[Line]:
    """Ask what one edit would change, against a whole analysis of the place with the edit made."""
    size = scale or (bench.scale if bench.full else SMALL_CITY)
    folder = bench.peers.folder / f"city-{size:g}"
    if not (folder / "study.toml").exists():
        write_city(folder, scale=size)
    study = wc.read_study(folder / "study.toml")
    place = wc.read_place(study)
    answer = wc.analyse(place, study)
    for walker in study.walkers:
        answer.find_standing(walker.name)  # found by the first question, kept for all later ones
    for name, scenarios in draw_edits(answer).items():
        first = scenarios[0]
        begun = time.process_time()
        whole = wc.analyse(wc.build_place(place, study, first), study)
        full = time.process_time() - begun
        checked = compare_effect(wc.measure_effect(answer, first), whole)
        begun = time.process_time()
        for scenario in scenarios:
            wc.measure_effect(answer, scenario)
        spent = (time.process_time() - begun) / len(scenarios)
        yield Line(
            f"what if {name}, {len(answer.clusters):,} clusters × {len(study.standard.kinds)} kinds × "
            f"{len(study.walkers)} walkers",
            f"{1000 * spent:,.0f} ms", f"analysing the whole again: {full:,.1f} s", f"{full / spent:,.0f}×",
            checked=checked,
        )  # fmt: skip


def draw_edits(answer: wc.Analysis, *, each: int = 10, seed: int = 1) -> dict[str, list[wc.Scenario]]:
    """Draw scenarios of one edit each: facilities added, moved and closed, and a link, which has all walk anew."""
    place, rng = answer.place, np.random.default_rng(seed)
    network, blank = place.network, wc.Scenario(crs=place.network.crs)
    public = np.flatnonzero(~network.steps & ~network.private & (network.level == 0) & (network.length_m > 0))
    lines = network.lines[rng.choice(public, 2 * each + 2)]
    spots = shapely.get_coordinates(shapely.line_interpolate_point(lines, 0.5, normalized=True)).tolist()
    kinds = [kind.id for kind in answer.study.standard.kinds]
    there = place.facilities["facility"][place.facilities["kind"].isin(kinds)].unique()
    names = rng.choice(there, 2 * each).tolist()
    (x, y), near = spots[-1], np.array(spots[-1]) + 120.0
    return {
        "a facility is added": [
            blank.add_facility(str(kind), *at) for kind, at in zip(rng.choice(kinds, each), spots, strict=False)
        ],
        "a facility moves": [
            blank.move_facility(name, *at) for name, at in zip(names, spots[each : 2 * each], strict=False)
        ],
        "a facility closes": [blank.close_facility(name) for name in names[each:]],
        "a path is laid": [blank.add_link([(x, y), (float(near[0]), float(near[1]))])],
    }


def compare_effect(effects: pd.DataFrame, whole: wc.Analysis) -> str:
    """Say whether people within the limit afterwards are those of the whole analysis, to the last bit."""
    keys = ["community", "kind", "walker"]
    foreseen = effects.set_index(keys)["covered_after"]
    counted = whole.communities.set_index(keys)["covered"].reindex(foreseen.index)
    wrong = int((foreseen.to_numpy() != counted.to_numpy()).sum())
    return f"WRONG: {wrong} of {len(foreseen):,} rows differ" if wrong else f"{len(foreseen):,} rows the same"


# ── where to build ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Question:
    """A question about sites, and the other tool's job that answers it."""

    ask: Callable[[District, SitingEffort], Siting]
    peer: str | None = None


#: Minutes that count, sites that are opened for a hundred homes, and money for a hundred homes.
LIMIT_MIN, SITES_PER_100, MONEY_PER_100 = 6.0, 1.0, 60.0
#: Kinds of a bundle and their limits in minutes.
BUNDLE: Mapping[str, float] = {"clinic": 15.0, "school": 10.0, "shop": 10.0, "park": 5.0, "library": 15.0}


def count_sites(district: District) -> int:
    """Return how many sites are opened."""
    return max(round(len(district.homes) / 100 * SITES_PER_100), 2)


def count_money(district: District) -> float:
    """Return the budget."""
    return float(round(len(district.homes) / 100 * MONEY_PER_100))


def make_bundle(district: District) -> dict[str, object]:
    """Return what a bundle is asked with: minutes, kinds that many have already, and prices of kinds and sites."""
    rng = np.random.default_rng(3)
    reach = district.measure_minutes(max(BUNDLE.values()))
    return {
        "costs": dict.fromkeys(BUNDLE, reach),
        "demand": district.people,
        "limits": dict(BUNDLE),
        "budget": 2 * count_money(district),
        "served": {kind: rng.random(len(district.homes)) < 0.3 for kind in BUNDLE},
        "terms": BundleTerms(
            site_cost=district.price, kind_cost={kind: 10.0 + 5 * number for number, kind in enumerate(BUNDLE)}
        ),
    }


def _reach(district: District) -> object:
    return district.measure_minutes(LIMIT_MIN)


QUESTIONS: Mapping[str, Question] = {
    "mclp": Question(
        lambda d, effort: wc.solve_siting(
            _reach(d), d.people, model="mclp", p=count_sites(d), limit=LIMIT_MIN, effort=effort
        ),
        "spopt_mclp",
    ),
    "budgeted mclp": Question(
        lambda d, effort: wc.solve_siting(
            _reach(d), d.people, model="budgeted-mclp", budget=count_money(d), limit=LIMIT_MIN,
            terms=SitingTerms(site_cost=d.price), effort=effort,
        ),
        "cbc_budget",
    ),
    "lscp, 95 % of the people": Question(
        lambda d, effort: wc.solve_siting(
            _reach(d), d.people, model="lscp", limit=LIMIT_MIN, terms=SitingTerms(share=0.95), effort=effort
        ),
    ),
    "lscp, all who can be reached": Question(
        lambda d, effort: wc.solve_siting(
            _reach(d), np.where(np.diff(_reach(d).indptr) > 0, d.people, 0.0), model="lscp", limit=LIMIT_MIN,
            effort=effort,
        ),
        "spopt_lscp",
    ),
    "p-median": Question(
        lambda d, effort: wc.solve_siting(
            d.measure_minutes(), d.people, model="p-median", p=count_sites(d), effort=effort
        ),
        "spopt_median",
    ),
    "p-center": Question(
        lambda d, effort: wc.solve_siting(
            d.measure_minutes(), d.people, model="p-center", p=count_sites(d), effort=effort
        ),
        "spopt_center",
    ),
    "μCFLP, 90 % of the people": Question(
        lambda d, effort: wc.solve_siting(
            _reach(d), d.people, model="mu-cflp", limit=LIMIT_MIN,
            terms=SitingTerms(site_cost=1000 * d.price, capacity=d.capacity, share=0.9), effort=effort,
        ),
    ),
    "bundle of 5 kinds": Question(lambda d, effort: wc.solve_bundle(**make_bundle(d), effort=effort)),
}  # fmt: skip


def siting(
    bench: Bench,
    *,
    small: tuple[int, int] = (300, 80),
    district: tuple[int, int] = (2_000, 500),
    region: tuple[int, int] = (30_000, 5_000),
    seconds: float | None = None,
) -> Iterator[Line]:
    """Choose sites: first of so many homes and sites that others answer too, then of a district, then of a region."""
    effort = SitingEffort(seconds=seconds or (60.0 if bench.full else 10.0))
    ground = make_district(*small)
    for name, question in QUESTIONS.items():
        found = question.ask(ground, effort)
        text = f"{name}, {small[0]:,} × {small[1]:,}"
        yield _race_siting(bench, text, found, question, ground)
    ground = make_district(*district)
    for name, question in QUESTIONS.items():
        found = question.ask(ground, effort)
        yield Line(f"{name}, {district[0]:,} × {district[1]:,}", f"{found.seconds:.2f} s", checked=word_proof(found))
    ground = make_district(*region)
    found = QUESTIONS["mclp"].ask(ground, SitingEffort(method="greedy", seconds=effort.seconds))
    yield Line(
        f"mclp step by step and swaps, {region[0]:,} × {region[1]:,}", f"{found.seconds:.2f} s",
        checked=word_proof(found),
    )  # fmt: skip


def _race_siting(bench: Bench, name: str, found: Siting, question: Question, ground: District) -> Line:
    mine, proof = f"{found.seconds:.2f} s", word_proof(found)
    if question.peer is None:
        return Line(name, mine, checked=proof)
    answer = bench.peers.ask(question.peer, list_given(ground, bench))
    if answer is None:
        why = bench.peers.missing.get(question.peer) or bench.peers.missing.get("planners", "no answer")
        return Line(name, mine, why, checked=proof)
    theirs = float(answer["ask_wall"])
    return Line(
        name, mine, f"{answer.tool}: {theirs:.1f} s", f"{theirs / found.seconds:,.0f}×",
        checked=f"{proof}; {compare_objective(found, answer)}",
    )  # fmt: skip


def list_given(ground: District, bench: Bench) -> dict[str, object]:
    """Return what another tool is told."""
    return {
        "minutes": ground.measure_minutes(), "people": ground.people, "price": ground.price, "limit_min": LIMIT_MIN,
        "p": count_sites(ground), "budget": count_money(ground), "seconds": 600 if bench.full else 30,
    }  # fmt: skip


def compare_objective(found: Siting, answer: Answer) -> str:
    """Say whether the other tool found as much; one whose time ran out may have found less."""
    theirs = float(answer["objective"])
    if np.isnan(theirs):
        return "theirs: none when their time was up"
    if np.isclose(theirs, found.objective, rtol=1e-6):
        return "the same"
    largest = found.model in {"mclp", "budgeted-mclp"}
    if (theirs > found.objective) == largest:
        return f"WORSE than theirs, {theirs:,.2f}"
    return f"theirs: {theirs:,.2f}" + ("" if bool(answer["proven"]) else ", their time was up")


def word_proof(found: Siting) -> str:
    """Say how good an answer is, and how sure."""
    return f"objective {found.objective:,.1f}, bound {found.bound:,.1f}, gap {found.gap:.2%}"


# ── circles ─────────────────────────────────────────────────────────────────────────────────────


#: Longest walk to the centre of a circle at all, minutes: twice the limit.
REACH_MIN = 10.0


def circles(bench: Bench, *, side: int = 14, hexagons: Path | None = None, draws: int = 10) -> Iterator[Line]:
    """Draw 5-minute circles of a town of hexagons, beside three other ways to part it into as many pieces."""
    source = hexagons or bench.hexagons
    town = make_town(side) if source is None else read_town(source)
    # others know no limit of a walk: here it may be broken too, at the cost that everybody is priced by
    rules = read_rules("hangzhou", 5, {"reach_min": REACH_MIN})
    began = time.perf_counter()
    found = wc.delineate_circles(town.clusters, town.times, rules, barriers=town.barriers, search=Search(seed=1))
    spent = time.perf_counter() - began
    part = read_parts(found, town)
    people = town.clusters["population"].to_numpy()
    weight, minutes = np.maximum(people, 1.0), town.fill_minutes()
    mine = price_parts(part, people, minutes, rules)
    name = f"{len(found.circles):,} circles of {len(people):,} hexagons, {people.sum():,.0f} people"
    ours = f"{mine.total / weight.sum():.2f} min a person, {spent:.1f} s"
    # priced with any centre, also one from which somebody walks beyond REACH_MIN, so that it may be a little cheaper
    told = mine.total <= found.objective * (1 + 1e-9)
    yield Line(name, ours, checked=mine.word() + ("" if told else f"; WRONG: it said {found.objective:,.1f}"))

    def race(text: str, other: Priced) -> Line:
        theirs = f"{text}: {other.total / weight.sum():.2f} min a person"
        return Line(name, ours, theirs, f"{other.total / mine.total:.2f}×", "", None, other.word())

    given = {
        "xy": shapely.get_coordinates(town.clusters.geometry.to_numpy()), "people": people,
        "ends": found.neighbours, "least": rules.population[0],
    }  # fmt: skip
    answer = bench.peers.ask("spopt_maxp", given, most_s=3600 if bench.full else 300)
    if answer is None:
        why = bench.peers.missing.get("spopt_maxp") or bench.peers.missing.get("planners", "no answer")
        yield Line(name, ours, why)
    else:
        text = f"{answer.tool}, max-p, {float(answer['ask_wall']):.1f} s"
        yield race(text, price_parts(answer["part"], people, minutes, rules))
    parts = int(part.max()) + 1
    yield race(
        "network Voronoi around medoids", price_parts(find_medoids(weight, minutes, parts), people, minutes, rules)
    )
    drawn = [
        price_parts(split_at_random(found.neighbours, len(people), parts, seed=turn), people, minutes, rules)
        for turn in range(draws)
    ]
    drawn.sort(key=lambda one: one.total)
    yield race(f"the middle one of {draws} random partitions", drawn[draws // 2])


@dataclass(frozen=True)
class Priced:
    """What a partition costs in people-minutes, and what share of the people it serves as the rules want."""

    total: float
    in_band: float
    in_time: float

    def word(self) -> str:
        """Say it."""
        return f"{self.in_band:.0%} of the people in circles of the right size, {self.in_time:.0%} in time"


def price_parts(
    part: NDArray[np.int64], people: NDArray[np.float64], minutes: NDArray[np.float64], rules: CircleRules
) -> Priced:
    """Price any partition by the formula of :func:`~walkcircle.circles.delineate_circles`, soft barriers left out.

    Each part has the centre at which it costs least, in whatever way it was drawn.
    """
    least, aim, most = rules.population
    weight = np.maximum(people, 1.0)
    total = in_band = in_time = 0.0
    for number in np.unique(part):
        mine = np.flatnonzero(part == number)
        walks = minutes[np.ix_(mine, mine)]
        late = walks > rules.limit_min + 1e-6
        costs = weight[mine] @ (walks + rules.beyond_min * late)
        centre = int(costs.argmin())
        lives = people[mine].sum()
        off = max(least - lives, lives - most, 0.0)
        total += costs[centre] + rules.target_min * abs(lives - aim) + rules.outside_min * off
        total += rules.broken_share * aim * rules.outside_min if off else 0.0
        in_band += 0.0 if off else lives
        in_time += people[mine][~late[:, centre]].sum()
    return Priced(float(total), in_band / people.sum(), in_time / people.sum())


def read_parts(found: Delineation, town: Town) -> NDArray[np.int64]:
    """Return the number of each cluster's circle; one that is in none is a part of its own."""
    circle = found.list_tier().set_index("cluster")["circle"].reindex(town.clusters["cluster"])
    alone = pd.Series([f"alone {name}" for name in circle.index], index=circle.index)
    return pd.factorize(circle.where(circle.notna(), alone))[0].astype(np.int64)


def find_medoids(weight: NDArray[np.float64], minutes: NDArray[np.float64], parts: int) -> NDArray[np.int64]:
    """Part a town by the nearest of so many centres, moved to the middles of their parts until none moves."""
    rng = np.random.default_rng(1)
    centres = rng.choice(len(weight), parts, replace=False, p=weight / weight.sum())
    part = minutes[:, centres].argmin(axis=1)
    for _ in range(50):
        moved = centres.copy()
        for number in range(parts):
            mine = np.flatnonzero(part == number)
            if len(mine):
                moved[number] = mine[(weight[mine] @ minutes[np.ix_(mine, mine)]).argmin()]
        part = minutes[:, moved].argmin(axis=1)
        if (moved == centres).all():
            break
        centres = moved
    return part.astype(np.int64)


JOBS: Mapping[str, Callable[[Bench], Iterator[Line]]] = {job.__name__: job for job in (whatif, siting, circles)}
