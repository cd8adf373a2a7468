"""Firmness: how sure the weakest tenth is; and that what is unknown makes no confident gap."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from builders import make_communities, make_completeness, make_facilities, make_kind, make_residences, make_standard
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from walkcircle.attainment import Walked, list_choices, measure_attainment, measure_whole
from walkcircle.checkup import score_communities, score_kinds
from walkcircle.completeness import grade_completeness
from walkcircle.coverage import measure_coverage, weigh_coverage
from walkcircle.firmness import join_firmness, measure_firmness
from walkcircle.gaps import find_gaps
from walkcircle.standards import read_standard
from walkcircle.study import CheckupSection
from walkcircle.tables import (
    Checkup,
    Clusters,
    Communities,
    Completeness,
    Coverage,
    Facilities,
    Firmness,
    Gaps,
    Nearest,
    Residences,
    Scores,
    check_table,
)

SHOP = make_kind("shop", 10, osm_weakness=0)
ONE = make_standard(SHOP)
CERTAIN = {
    "speed_sd": 0.0,
    "limit_spread": 0.0,
    "access_spread": 0.0,
    "weight_concentration": 1e9,
    "absent_share": (0.0,) * 4,
    "absent_registered_share": 0.0,
}


class Case:
    """Communities side by side, each with homes whose walks to the nearest shops are given."""

    def __init__(self, walks, *, standard=ONE, thin=(), source="osm", people=100.0):
        """Take ``{community: [(minutes to the nearest, to the second, …), …]}``, the same for every kind."""
        names = list(walks)
        self.standard = standard
        self.communities = make_communities({name: shapely.box(i, 0, i + 1, 1) for i, name in enumerate(names)})
        at = [(name, number, far) for name in names for number, far in enumerate(walks[name])]
        self.clusters = gpd.GeoDataFrame(
            {
                Clusters.cluster: [f"{name}/{number}" for name, number, _ in at],
                Clusters.community: [name for name, _, _ in at],
                Clusters.population: people,
            },
            geometry=[shapely.Point(names.index(name) + 0.5, 0.5) for name, _, _ in at],
            crs=self.communities.crs,
        )
        self.near = pd.DataFrame(
            [
                (f"{name}/{number}", kind.id, rank + 1, f"{kind.id}-{name}-{rank}", minutes)
                for kind in standard.kinds
                for name, number, far in at
                for rank, minutes in enumerate(far)
            ],
            columns=[*map(str, Nearest.columns())],
        )
        ids = sorted(set(zip(self.near[Nearest.facility], self.near[Nearest.kind], strict=True)))
        made = make_facilities([(facility, kind, (0, 0)) for facility, kind in ids])
        self.facilities = made.assign(**{Facilities.source: source})
        self.thin = dict.fromkeys(thin, "thin")

    def choices(self, *, access=0.0, edge=None):
        coverage = measure_coverage(self.clusters, self.near, self.standard.kinds, walker="w", edge_min=edge)
        walkers = {kind.id: "w" for kind in self.standard.kinds}
        homes = self.clusters[Clusters.cluster]
        walked = Walked(
            self.near, pd.Series(access, index=homes), pd.Series(dtype=float) if edge is None else edge, 80.0, 40.0
        )
        done = make_completeness(self.communities, self.standard, self.thin)
        covered = weigh_coverage(coverage, self.communities, done)
        return list_choices(coverage, {"w": walked}, self.communities, self.standard, walkers=walkers), covered, walkers

    def firmness(self, section=None, *, access=0.0, **options):
        section = section or CheckupSection(**options)
        choices, covered, walkers = self.choices(access=access)
        scores = score_kinds(covered, self.standard, section, walkers=walkers)
        people = self.clusters.groupby(Clusters.community)[Clusters.population].sum()
        checkup = score_communities(scores, covered, self.communities, self.standard, section, residents=people)
        table = measure_firmness(choices, scores, checkup, self.facilities, self.standard, section)
        check_table(table, Firmness, where="firmness")
        joined = join_firmness(checkup, table)
        check_table(joined, Checkup, where="checkup")
        return joined.set_index(Checkup.community)


def spread(count, *, seed=0, homes=12) -> dict[str, list[tuple[float, ...]]]:
    """Make communities that differ little, so that their order is in doubt."""
    random = np.random.default_rng(seed)
    walks = np.sort(random.gamma(4, 2.5, (count, homes, 3)), axis=2)
    return {f"c{i:02}": [tuple(home) for home in walks[i].tolist()] for i in range(count)}


# ── clear cases and doubtful ones ──────────────────────────────────────────────────────────────────────


def test_where_all_is_clear_the_probability_is_one_or_nothing():
    """Nobody within an hour, and everybody at the door: no doubt turns that round."""
    case = Case({"far": [(60.0,)] * 4, **{f"near{i}": [(1.0, 1.5, 2.0), (30.0,)] * 2 for i in range(9)}})
    table = case.firmness(absent_share=(0.0,) * 4)
    assert table[Checkup.weakest_probability].to_dict() == {"far": 1.0, **{f"near{i}": 0.0 for i in range(9)}}
    assert table[Checkup.rank_low]["far"] == table[Checkup.rank_high]["far"] == 10


def test_two_that_hardly_differ_are_in_doubt():
    """A third of each lives at the limit: now the one, now the other is behind."""
    walks = {"a": [(9.8,), (5.0,), (30.0,)], "b": [(10.2,), (5.0,), (30.0,)], "c": [(5.0,), (5.0,), (30.0,)]}
    walks = {name: [(*far, *(home + 40 for home in far)) for far in homes] for name, homes in walks.items()}
    probability = Case(walks, source="register").firmness(absent_registered_share=0.0)[Checkup.weakest_probability]
    assert 0.05 < probability["a"] < probability["b"] <= 1
    assert probability["c"] < probability["a"]


def test_with_nothing_in_doubt_the_draws_agree_with_the_check_up():
    table = Case(spread(20)).firmness(draws=5, **CERTAIN)
    assert table[Checkup.weakest_probability].tolist() == table[Checkup.weakest].astype(float).tolist()
    assert table[Checkup.rank_low].tolist() == table[Checkup.rank_high].tolist() == table[Checkup.rank].tolist()


def test_the_next_nearest_steps_in_where_the_nearest_is_not_there():
    """Every place is missing in half of the draws; three near ones rarely all are, a single one is every other time."""
    case = Case({"one": [(5.0,)], "three": [(5.0, 6.0, 7.0)], **{f"c{i}": [(5.0, 5.0, 5.0)] for i in range(3)}})
    doubts = {**CERTAIN, "absent_share": (0.5,) * 4}
    probability = case.firmness(draws=400, **doubts)[Checkup.weakest_probability]
    assert probability["one"] == pytest.approx(0.5, abs=0.08)
    assert probability["three"] == pytest.approx(0.125, abs=0.06)


def test_places_of_a_register_are_surer_than_those_of_a_map():
    walks = {"one": [(5.0,)], **{f"c{i}": [(5.0, 5.0, 5.0)] for i in range(3)}}
    doubts = {**CERTAIN, "absent_share": (0.5,) * 4, "draws": 200}
    assert Case(walks).firmness(**doubts)[Checkup.weakest_probability]["one"] > 0.3
    assert Case(walks, source="register").firmness(**doubts)[Checkup.weakest_probability].sum() == 0


def test_the_way_to_the_street_is_in_doubt_by_its_own_length():
    """10.4 minutes of which 2 lead to the street: 10 or less where these are 1.6 or less, six draws of twenty."""
    case = Case({"a": [(10.4,)], "b": [(5.0,)]})
    doubts = {**CERTAIN, "access_spread": 0.5, "draws": 400}
    assert case.firmness(access=2.0, **doubts)[Checkup.weakest_probability]["a"] == pytest.approx(0.7, abs=0.08)
    assert case.firmness(access=0.0, **doubts)[Checkup.weakest_probability]["a"] == 1


# ── what must always hold ──────────────────────────────────────────────────────────────────────────────


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others():
    case = Case(spread(30))
    columns = [Checkup.weakest_probability, Checkup.rank_low, Checkup.rank_high]
    one, two, other = (case.firmness(seed=seed)[columns] for seed in (1, 1, 2))
    assert_frame_equal(one, two, check_exact=True)
    assert (one != other).any(axis=None)


def test_the_order_of_rows_changes_nothing():
    case = Case(spread(12))
    plain = case.firmness(draws=50)
    case.clusters = case.clusters.iloc[::-1].reset_index(drop=True)
    case.near = case.near.sample(frac=1, random_state=3).reset_index(drop=True)
    case.facilities = case.facilities.iloc[::-1].reset_index(drop=True)
    columns = [Checkup.weakest_probability, Checkup.rank_low, Checkup.rank_high]
    assert_frame_equal(case.firmness(draws=50)[columns], plain[columns])


@pytest.mark.parametrize("count", [10, 25, 40])
def test_the_probabilities_add_up_to_about_the_size_of_the_weakest_tenth(count):
    """To just that where no two homes have as many people, so that nobody ties."""
    people = 100 + np.sqrt(np.arange(60 * count))
    table = Case(spread(count, homes=60), people=people).firmness(draws=100)
    size = -(-count // 10)
    assert table[Checkup.weakest_probability].sum() == pytest.approx(size)
    assert table[Checkup.weakest].sum() == size
    assert (table[Checkup.rank_low] <= table[Checkup.rank_high]).all()


def test_who_has_no_rank_has_no_probability():
    """Hardly anybody lives there, or the kind is thin there."""
    walks = {"a": [(60.0,)], "b": [(5.0,)], "thin": [(60.0,)]}
    few = Case(walks, people=49.0, thin=[("thin", "shop")]).firmness(draws=3)
    assert few[Checkup.weakest_probability].isna().all()
    some = Case(walks, thin=[("thin", "shop")]).firmness(draws=3)[Checkup.weakest_probability]
    assert some.isna().tolist() == [False, False, True]


def test_without_draws_the_columns_are_there_and_say_nothing():
    table = Case(spread(4)).firmness(draws=0)
    assert table[[Checkup.weakest_probability, Checkup.rank_low, Checkup.rank_high]].isna().all(axis=None)


@given(seed=st.integers(0, 10_000), veto=st.booleans(), how=st.sampled_from(["arithmetic", "geometric"]))
@settings(max_examples=15, deadline=None)
def test_any_doubts_give_probabilities_and_ranks_within_bounds(seed, veto, how):
    standard = make_standard(SHOP, make_kind("school", 12, category="y"))
    table = Case(spread(7, seed=seed, homes=3), standard=standard).firmness(
        draws=5, seed=seed, veto=veto, aggregation=how, weights={"y": 0.0}
    )
    assert table[Checkup.weakest_probability].between(0, 1).all()
    assert table[Checkup.rank_low].between(1, 7).all()


def test_other_methods_are_drawn_as_they_are_scored():
    """With nothing in doubt each method gives its own check-up again."""
    kinds = [make_kind("shop", 10, category="x"), make_kind("school", 12, category="y")]
    for method in ("mean-of-nearest", "max-of-nearest"):
        case = Case(spread(20, homes=8), standard=make_standard(*kinds, method=method))
        choices, covered, walkers = case.choices()
        thin = np.zeros((20, 2), bool)
        attained = measure_attainment(choices, case.standard)
        scores = score_kinds(covered, case.standard, walkers=walkers, attainment=attained)
        people = case.clusters.groupby(Clusters.community)[Clusters.population].sum()
        checkup = score_communities(
            scores, covered, case.communities, case.standard, residents=people,
            whole=measure_whole(choices, case.standard, thin),
        )  # fmt: skip
        section = CheckupSection(draws=2, **CERTAIN)
        table = measure_firmness(choices, scores, checkup, case.facilities, case.standard, section)
        assert table[Firmness.weakest_probability].tolist() == checkup[Checkup.weakest].astype(float).tolist()


def test_people_who_need_a_kind_count_where_their_number_is_known():
    """10 of the one home and 30 of the other: three quarters have it, though as many residents live in both."""
    case = Case({"a": [(60.0,), (5.0,)]})
    coverage = measure_coverage(case.clusters, case.near, case.standard.kinds, walker="w")
    walked = {"w": Walked(case.near, pd.Series(dtype=float), pd.Series(dtype=float), 80.0, 40.0)}
    for demand, share in ((None, 0.5), ([10.0, 30.0], 0.75)):
        table = coverage if demand is None else coverage.assign(**{Coverage.demand: demand})
        choices = list_choices(table, walked, case.communities, case.standard, walkers={"shop": "w"})
        assert measure_attainment(choices, case.standard).tolist() == [[share]]


def test_what_lies_beyond_the_edge_of_the_data_makes_nobody_weak():
    case = Case({"edge": [(60.0,)], "inside": [(60.0,)]})
    edge = pd.Series({"edge/0": 4.0})
    choices, covered, walkers = case.choices(edge=edge)
    assert measure_attainment(choices, case.standard).tolist() == [[1.0], [0.0]]
    assert score_kinds(covered, case.standard, walkers=walkers)[Scores.score].tolist() == [100, 0]


# ── unknown is not a gap ───────────────────────────────────────────────────────────────────────────────


def town_with(clinics, *, weakness=1, service=(5000.0, 10_000.0)):
    """Forty quarters of 1,000 people in a row, each with shops enough, some with a clinic on the map."""
    kinds = [make_kind("shop", 10), make_kind("clinic", 10, osm_weakness=weakness, service_population=service)]
    areas = make_communities({f"q{i:02}": shapely.box(2000 * i, 0, 2000 * i + 500, 500) for i in range(40)})
    homes = make_residences([(f"h{i}", 1000, (2000 * i + 250, 250)) for i in range(40)])
    rows = [(f"s{i}-{j}", "shop", (2000 * i + 250 + j, 260)) for i in range(40) for j in range(8)]
    rows += [(f"k{i}", "clinic", (2000 * i + 250, 270)) for i in clinics]
    mapped = make_facilities(rows).assign(**{Facilities.source: "osm"})
    return areas, homes, mapped, make_standard(*kinds)


def verdicts_of(areas, homes, mapped, standard) -> set[str]:
    """Return the verdicts on clinics where each quarter has those of its own street and no other."""
    done = grade_completeness(areas, homes, mapped, standard)
    check_table(done, Completeness, where="completeness")
    has = {int(name[1:]) for name in mapped[Facilities.facility] if name.startswith("k")}
    clusters = gpd.GeoDataFrame(
        {
            Clusters.cluster: homes[Residences.residence],
            Clusters.community: areas[Communities.community],
            Clusters.population: homes[Residences.population],
        },
        geometry=homes.geometry,
    )
    near = pd.DataFrame(
        [(f"h{i}", "shop", 1, f"s{i}-0", 1.0) for i in range(40)] + [(f"h{i}", "clinic", 1, f"k{i}", 1.0) for i in has],
        columns=[*map(str, Nearest.columns())],
    )
    covered = weigh_coverage(measure_coverage(clusters, near, standard.kinds, walker="w"), areas, done)
    gaps = find_gaps(covered)
    return set(gaps[gaps[Gaps.kind] == "clinic"][Gaps.verdict])


def test_a_town_with_as_many_as_it_should_have_has_confident_gaps():
    """Four of 10,000 people each are expected; two of them are half and enough to believe the map."""
    assert verdicts_of(*town_with(range(4))) == {"gap"}
    assert verdicts_of(*town_with(range(2))) == {"gap"}
    assert verdicts_of(*town_with(range(1))) == {"check on the ground"}


@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_places_taken_off_the_map_at_random_make_no_confident_gap(data):
    """Every quarter has a clinic where each serves 1,000; whichever 21 or more go missing, the rest say nothing."""
    kept = data.draw(st.sets(st.integers(0, 39), max_size=19))
    assert verdicts_of(*town_with(sorted(kept), service=(500.0, 1000.0))) <= {"check on the ground"}


def test_a_register_needs_no_expectation():
    areas, homes, mapped, standard = town_with(range(1))
    done = grade_completeness(areas, homes, mapped, standard, registered=["clinic"])
    assert (done[Completeness.grade] == "firm").all()


def test_the_packs_name_weaknesses_that_can_be_drawn():
    """Each kind has its chance of not being there."""
    shares = CheckupSection().absent_share
    assert all(0 <= kind.osm_weakness < len(shares) for kind in read_standard("hangzhou").kinds)
