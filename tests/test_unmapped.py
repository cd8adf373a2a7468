"""What is near and not on the map: the chance of it by hand, and maps from which places were taken at random."""

from __future__ import annotations

from math import exp

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from builders import make_communities, make_completeness, make_facilities, make_kind, make_standard
from hypothesis import given, settings
from hypothesis import strategies as st

from walkcircle.coverage import MOST_CHANCE, UNMAPPED_NEAR, measure_coverage, weigh_coverage
from walkcircle.gaps import CHECK, GAP, find_gaps
from walkcircle.study import UNMAPPED_SHARE
from walkcircle.tables import Clusters, CommunityCoverage, Coverage, Facilities, Gaps, Nearest, check_table
from walkcircle.unmapped import USUAL_DETOUR, estimate_unmapped

#: Sixty metres a minute; within ten minutes lie 461 m, which with a usual detour are 600.
PACE = 60.0


def quarters(people) -> gpd.GeoDataFrame:
    """Make quarters a kilometre apart, each a home that reaches no other."""
    count = len(people)
    return gpd.GeoDataFrame(
        {
            Clusters.cluster: [f"h{i:03}" for i in range(count)],
            Clusters.community: [f"q{i:03}" for i in range(count)],
            Clusters.population: np.asarray(people, dtype=float),
        },
        geometry=gpd.points_from_xy(1000.0 * np.arange(count), np.zeros(count)),
        crs=32632,
    )


def mapped(numbers, kind="clinic") -> gpd.GeoDataFrame:
    """Put so many of a kind on the map in each quarter."""
    rows = [(f"{kind}{i}-{n}", kind, (1000.0 * i, 10.0)) for i, number in enumerate(numbers) for n in range(number)]
    if not rows:
        return make_facilities([("x", "other", (0, 0))]).assign(**{Facilities.source: "osm"})
    return make_facilities(rows).assign(**{Facilities.source: "osm"})


def chances(people, numbers, **more) -> np.ndarray:
    """Estimate the chances of clinics."""
    kind = make_kind("clinic", 10, **more)
    return estimate_unmapped(quarters(people), mapped(numbers), [kind], metres_per_min=PACE)[:, 0]


def gaps_of(numbers, *, weakness, service=None) -> pd.DataFrame:
    """Find the gaps of quarters of 1,000 people that have so many clinics each, and all the rest of what they need."""
    count = len(numbers)
    kind = make_kind("clinic", 10, osm_weakness=weakness, service_population=service)
    clusters = quarters([1000.0] * count)
    near = pd.DataFrame(
        [(f"h{i:03}", "clinic", 1, f"clinic{i}-0", 1.0) for i, number in enumerate(numbers) if number],
        columns=[*map(str, Nearest.columns())],
    )
    unmapped = estimate_unmapped(clusters, mapped(numbers), [kind], metres_per_min=PACE)
    coverage = measure_coverage(clusters, near, [kind], walker="w", unmapped=unmapped)
    check_table(coverage, Coverage, where="coverage")
    areas = make_communities({f"q{i:03}": point.buffer(100) for i, point in enumerate(clusters.geometry)})
    covered = weigh_coverage(coverage, areas, make_completeness(areas, make_standard(kind), {}))
    check_table(covered, CommunityCoverage, where="coverage by community")
    return find_gaps(covered)


def test_the_chance_is_that_of_a_poisson_number_within_reach():
    """Ten clinics, a tenth of the people each: one is expected on the map, a ninth of one off it."""
    assert chances([100] * 10, [1] * 10, osm_weakness=1) == pytest.approx(1 - exp(-1 / 9))
    assert chances([100] * 10, [1] * 10, osm_weakness=0) == pytest.approx(1 - exp(-0.02 / 0.98))


def test_where_more_people_live_more_are_expected():
    """Ninety per cent of the people expect nine of ten clinics, wherever those are mapped."""
    assert chances([900, 100], [0, 10], osm_weakness=1) == pytest.approx([1 - exp(-1), 1 - exp(-1 / 9)])


def test_within_reach_is_a_straight_line_with_a_usual_detour():
    """From quarter to quarter is a kilometre, 1,300 m on foot: at the limit of 21.67 minutes both are within reach."""
    homes, clinics = quarters([100, 100]), mapped([1, 1])
    for limit, expected in ((1000 * USUAL_DETOUR / PACE + 0.01, 2), (1000 * USUAL_DETOUR / PACE - 0.01, 1)):
        kind = make_kind("clinic", limit, osm_weakness=1)
        found = estimate_unmapped(homes, clinics, [kind], metres_per_min=PACE)
        assert found[:, 0] == pytest.approx(1 - exp(-expected / 9))


def test_a_complete_register_leaves_no_chance_and_a_kind_never_mapped_no_doubt():
    kinds = [make_kind("clinic", 10, osm_weakness=3), make_kind("care", 10, osm_weakness=3)]
    found = estimate_unmapped(quarters([10]), mapped([1]), kinds, metres_per_min=PACE, registered=["care"])
    assert found.tolist() == [[1.0, 0.0]]


def test_where_people_should_have_more_the_rest_is_unmapped():
    """Ten thousand people should have ten, one for a thousand; of six on the map two fifths are lacking."""
    found = chances([1000] * 10, [1] * 6 + [0] * 4, osm_weakness=1, service_population=(500.0, 1000.0))
    assert found == pytest.approx(1 - exp(-0.6 * 0.4 / 0.6))


def test_without_a_number_a_living_circle_should_have_one():
    """A walk of five minutes makes a circle of 12,000 people at most: 24,000 should have two, and have one."""
    kind = make_kind("clinic", 5, osm_weakness=0)
    found = estimate_unmapped(quarters([12_000, 12_000]), mapped([1, 0]), [kind], metres_per_min=PACE)
    assert found[:, 0] == pytest.approx(1 - exp(-0.5))


def test_nobody_lives_here():
    assert chances([0, 0], [1, 0]).tolist() == [0, 0]


def test_where_many_are_expected_none_is_odd_and_where_few_no_wonder():
    """Three to each of thirty quarters of forty are 2.25 to each: off the map are 0.25 more, or 0.05 if mapped well."""
    many = [3] * 30 + [0] * 10
    assert set(gaps_of(many, weakness=1)[Gaps.verdict]) == {CHECK}
    assert set(gaps_of(many, weakness=1)[Gaps.reason]) == {UNMAPPED_NEAR}
    assert set(gaps_of(many, weakness=0)[Gaps.verdict]) == {GAP}
    assert set(gaps_of([1] * 10 + [0] * 30, weakness=1)[Gaps.verdict]) == {GAP}


@given(seed=st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_places_taken_at_random_from_a_map_that_lacks_some_anyway_make_no_confident_gap(seed):
    """Every quarter has one to five clinics; as many are taken as such a map is said to lack."""
    random = np.random.default_rng(seed)
    true = random.integers(1, 6, 60)
    for weakness in (1, 2):
        kept = random.binomial(true, 1 - UNMAPPED_SHARE[weakness])
        assert GAP not in set(gaps_of(kept, weakness=weakness)[Gaps.verdict])


@given(seed=st.integers(0, 10_000), share=st.floats(0.15, 1))
@settings(max_examples=20, deadline=None)
def test_however_many_are_taken_where_each_should_have_one_the_map_is_not_believed(seed, share):
    """Every quarter of a thousand has one clinic, as it should; the map says nothing on those that it lacks."""
    random = np.random.default_rng(seed)
    kept = np.ones(60, dtype=int)
    kept[random.permutation(60)[: int(np.ceil(60 * share))]] = 0
    assert GAP not in set(gaps_of(kept, weakness=0, service=(500.0, 1000.0))[Gaps.verdict])


@pytest.mark.parametrize("weakness", [0, 1, 2])
@pytest.mark.parametrize("mean", [0.2, 0.5, 1.0, 2.0, 5.0])
def test_of_the_confident_gaps_at_most_a_tenth_is_false(weakness, mean):
    """Places are spread by chance and left out by chance, as the estimate assumes: 30,000 quarters, seeded."""
    random = np.random.default_rng([weakness, int(10 * mean)])
    count, missing = 30_000, UNMAPPED_SHARE[weakness]
    true = random.poisson(mean, count)
    kept = random.binomial(true, 1 - missing)
    chance = 1 - np.exp(-kept.sum() / count * missing / (1 - missing))  # what `chances` gives for equal quarters
    assert chances([1000] * 20, kept[:20], osm_weakness=weakness)[0] == pytest.approx(
        1 - exp(-kept[:20].mean() * missing / (1 - missing))
    )
    without = kept == 0
    false = (true[without] > 0).mean()
    assert false == pytest.approx(chance, abs=4 * np.sqrt(chance / without.sum()) + 0.01)
    if chance <= MOST_CHANCE:
        assert false <= MOST_CHANCE + 0.02


def test_every_quarter_that_is_unsure_is_on_the_list_to_check():
    found = gaps_of([3] * 30 + [0] * 10, weakness=1)
    assert found[Gaps.residents_without].tolist() == [1000.0] * 10
    assert sorted(found[Gaps.community]) == [f"q{i:03}" for i in range(30, 40)]
