"""The check-up: scores of kinds, categories and areas, first worked out with pencil, then what must always hold."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from builders import (
    METRES,
    draw_network,
    make_communities,
    make_facilities,
    make_kind,
    make_place,
    make_residences,
    make_standard,
    make_study,
    tries,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from walkcircle.analysis import analyse
from walkcircle.areas import score_areas
from walkcircle.attainment import choose_walkers
from walkcircle.checkup import VETO_INDEX, score_categories, score_communities, score_kinds
from walkcircle.errors import StudyError
from walkcircle.records import make_record
from walkcircle.standards import read_standard
from walkcircle.study import CheckupSection, Study
from walkcircle.sufficiency import find_supply, measure_sufficiency, measure_units
from walkcircle.tables import (
    AreaCategories,
    AreaScores,
    CategoryScores,
    Checkup,
    Communities,
    CommunityCoverage,
    Coverage,
    Facilities,
    Scores,
    Sufficiency,
    WalkTimes,
    check_table,
)
from walkcircle.weights import choose_weights

#: Every kind has a norm per head and a least floor area.
ASKED = {"norm_per_1000": 1.0, "norm_unit": "places", "min_floor_m2": 100.0}
FOUR = make_standard(
    make_kind("clinic", category="health", weight=3, **ASKED), make_kind("pharmacy", category="health", **ASKED),
    make_kind("shop", category="daily", **ASKED), make_kind("market", category="daily", **ASKED),
)  # fmt: skip
KINDS = [kind.id for kind in FOUR.kinds]


def covered(shares, *, thin=(), walker="w", people=1000.0) -> pd.DataFrame:
    """Make coverage of communities from ``{community: {kind: share}}``."""
    rows = [
        {
            CommunityCoverage.community: community,
            CommunityCoverage.kind: kind,
            CommunityCoverage.walker: walker,
            CommunityCoverage.group: "all",
            CommunityCoverage.stand_in: False,
            CommunityCoverage.residents: people,
            CommunityCoverage.population: people,
            CommunityCoverage.unknown: 0.0,
            CommunityCoverage.covered: share * people,
            CommunityCoverage.unsure: 0.0,
            CommunityCoverage.doubt: None,
            CommunityCoverage.share: share,
            CommunityCoverage.share_at_most: np.nan if (community, kind) in thin else share,
            CommunityCoverage.confidence: "check" if (community, kind) in thin else "firm",
            CommunityCoverage.reason: None,
        }
        for community, kinds in shares.items()
        for kind, share in kinds.items()
    ]
    return pd.DataFrame(rows)


def enough(values) -> pd.DataFrame:
    """Make sufficiency from ``{(community, kind): (adequacy, quality)}``; None is unknown."""
    rows = [
        {
            Sufficiency.community: community,
            Sufficiency.kind: kind,
            Sufficiency.adequacy: np.nan if a is None else a,
            Sufficiency.adequacy_known: float(a is not None),
            Sufficiency.quality: np.nan if q is None else q,
            Sufficiency.quality_known: float(q is not None),
        }
        for (community, kind), (a, q) in values.items()
    ]
    return pd.DataFrame(rows)


def by_first(standard=FOUR) -> dict[str, str]:
    return dict.fromkeys([kind.id for kind in standard.kinds], "w")


def check_up(shares, standard=FOUR, section=None, *, sufficiency=None, people=1000.0, **options) -> pd.DataFrame:
    table = covered(shares, **options)
    areas = make_communities({name: shapely.box(i, 0, i + 1, 1) for i, name in enumerate(shares)})
    scores = score_kinds(table, standard, section, walkers=by_first(standard), sufficiency=sufficiency)
    residents = pd.Series(people, index=list(shares))
    result = score_communities(scores, table, areas, standard, section, residents=residents)
    check_table(scores, Scores, where="scores")
    check_table(score_categories(scores, standard), CategoryScores, where="categories")
    check_table(result, Checkup, where="checkup")
    return result.set_index(Checkup.community)


def even(share) -> dict[str, float]:
    return dict.fromkeys(KINDS, share)


# ── scores of kinds ────────────────────────────────────────────────────────────────────────────────────


def test_coverage_adequacy_and_quality_are_weighed_and_what_is_unknown_is_left_out():
    """.5·.8 + .35·.5 + .15·1 = .725; without quality (.4 + .175) / .85; coverage alone .8."""
    table = covered({name: even(0.8) for name in "abc"})
    known = enough({("a", "clinic"): (0.5, 1.0), ("b", "clinic"): (0.5, None), ("c", "clinic"): (None, None)})
    scores = score_kinds(table, FOUR, walkers=by_first(), sufficiency=known)
    rows = scores[scores[Scores.kind] == "clinic"].set_index(Scores.community)
    assert rows[Scores.score].tolist() == pytest.approx([72.5, 100 * 0.575 / 0.85, 80])
    assert rows[Scores.known].tolist() == pytest.approx([1, 0.85, 0.5])


def test_only_the_ratios_of_the_three_weights_count():
    table = covered({"a": even(0.8)})
    known = enough({("a", kind): (0.5, 1.0) for kind in KINDS})
    sections = [CheckupSection(), CheckupSection(coverage_weight=5, adequacy_weight=3.5, quality_weight=1.5)]
    one, two = (score_kinds(table, FOUR, s, walkers=by_first(), sufficiency=known)[Scores.score] for s in sections)
    assert one.to_numpy() == pytest.approx(two.to_numpy())


def test_a_thin_kind_has_no_score_however_large_its_places():
    scores = score_kinds(
        covered({"a": even(0.8)}, thin={("a", "clinic")}), FOUR,
        walkers=by_first(), sufficiency=enough({("a", "clinic"): (1.0, 1.0)}),
    )  # fmt: skip
    clinic = scores.set_index(Scores.kind).loc["clinic"]
    assert np.isnan(clinic[Scores.score])
    assert np.isnan(clinic[Scores.adequacy])
    assert clinic[Scores.known] == 0


def test_stand_ins_are_marked_and_where_nothing_is_said_nobody_stands_in():
    table = covered({"a": even(0.8)})
    said = table.assign(**{CommunityCoverage.stand_in: [True, False, False, False]})
    assert not score_kinds(table, FOUR, walkers=by_first())[Scores.stand_in].any()
    assert score_kinds(said, FOUR, walkers=by_first())[Scores.stand_in].tolist() == [True, False, False, False]


def test_what_a_standard_does_not_ask_for_is_not_missing():
    """Of a kind with a norm alone 50 of 85 parts are known by its walks, of one with neither all."""
    standard = make_standard(make_kind("clinic", norm_per_1000=1.0, norm_unit="places"), make_kind("shop"))
    table = covered({"a": {"clinic": 0.8, "shop": 0.8}})
    scores = score_kinds(table, standard, walkers={"clinic": "w", "shop": "w"})
    assert scores[Scores.known].tolist() == pytest.approx([0.5 / 0.85, 1])


def test_with_all_known_the_grade_is_a_and_with_coverage_alone_c_at_best():
    known = enough({("a", kind): (0.5, 1.0) for kind in KINDS})
    assert check_up({"a": even(0.8)}, sufficiency=known)[Checkup.confidence]["a"] == "A"
    assert check_up({"a": even(0.8)})[Checkup.confidence]["a"] == "C"


def test_each_kind_is_scored_by_the_walker_of_its_group_where_the_study_has_one():
    standard = make_standard(
        make_kind("shop"), make_kind("home", group="elder"), make_kind("school", group="pupil"),
        make_kind("nursery", group="infant"), make_kind("ramp", group="disabled"),
    )  # fmt: skip
    names = ["adult", "elder", "wheelchair", "pram", "child"]
    assert list(choose_walkers(standard, names).values()) == ["adult", "elder", "child", "pram", "wheelchair"]
    assert list(choose_walkers(standard, names[:2]).values()) == ["adult", "elder", "adult", "adult", "adult"]
    assert set(choose_walkers(standard, names, own_walker=False).values()) == {"adult"}
    both = pd.concat([covered({"a": {k.id: 0.9 for k in standard.kinds}}, walker=name) for name in names])
    slow = both[CommunityCoverage.walker] == "elder"
    both[CommunityCoverage.share_at_most] = both[CommunityCoverage.share_at_most].where(~slow, 0.4)
    scores = score_kinds(both, standard, walkers=choose_walkers(standard, names)).set_index(Scores.kind)
    assert scores[Scores.score].to_dict() == pytest.approx(
        {"shop": 90, "home": 40, "school": 90, "nursery": 90, "ramp": 90}
    )


# ── is there enough, is it large enough ────────────────────────────────────────────────────────────────


CARE = make_standard(
    make_kind("home", 10, norm_per_1000=40.0, norm_unit="beds", min_floor_m2=700.0, group="elder"),
    make_kind("park", 10, norm_per_1000=2000.0, norm_unit="m² of park"),
)
TWO = make_communities({"west": shapely.box(0, 0, 1, 1), "east": shapely.box(1, 0, 2, 1)})


def homes(*, stand_in=False) -> pd.DataFrame:
    """100 elders in the west and 50 in the east, all with the same nearest place in time."""
    rows = [
        {
            Coverage.cluster: name, Coverage.community: name, Coverage.kind: kind, Coverage.walker: "w",
            Coverage.population: 1000.0, Coverage.demand: demand, Coverage.stand_in: stand_in,
            Coverage.limit_min: 10.0, Coverage.minutes: 5.0, Coverage.facility: place,
            Coverage.covered: True, Coverage.known: True, Coverage.unsure: False,
        }
        for kind in ("home", "park")
        for name, demand, place in (("west", 100.0, "big"), ("east", 50.0, "small"))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def places(beds=(3.0, 2.0), floors=(900.0, 600.0)) -> gpd.GeoDataFrame:
    made = make_facilities([("big", "home", (0, 0)), ("small", "home", (1, 0))])
    return made.assign(**{Facilities.capacity: beds, Facilities.floor_m2: floors})


WALKS = pd.DataFrame(
    {
        WalkTimes.origin: ["west", "east", "east"],
        WalkTimes.destination: ["big", "big", "small"],
        WalkTimes.minutes: [5.0, 9.0, 5.0],
    }
)


def suffice(coverage=None, facilities=None) -> pd.DataFrame:
    table = measure_sufficiency(
        homes() if coverage is None else coverage, places() if facilities is None else facilities, TWO, CARE,
        walkers={"home": "w", "park": "w"}, times={"home": WALKS},
    )  # fmt: skip
    check_table(table, Sufficiency, where="sufficiency")
    return table.set_index([Sufficiency.kind, Sufficiency.community])


def test_adequacy_shares_every_place_among_all_who_reach_it():
    """Three beds for 150 elders are 0.02 each, half the norm of 0.04; the east has two more for 50, together 0.06."""
    table = suffice()
    assert table[Sufficiency.adequacy]["home"].tolist() == pytest.approx([0.5, 1])
    assert table[Sufficiency.adequacy_known]["home"].tolist() == [1, 1]


def test_an_unknown_capacity_leaves_adequacy_unknown_unless_the_others_suffice():
    table = suffice(facilities=places(beds=(6.0, np.nan)))  # 6 / 150 meets the norm for everybody
    assert table[Sufficiency.adequacy]["home"].tolist() == [1, 1]
    table = suffice(facilities=places(beds=(3.0, np.nan)))
    assert table[Sufficiency.adequacy]["home"]["west"] == pytest.approx(0.5)
    assert np.isnan(table[Sufficiency.adequacy]["home"]["east"])
    assert table[Sufficiency.adequacy_known]["home"].tolist() == [1, 0]


def test_a_norm_for_the_old_is_not_held_against_all_residents():
    table = suffice(homes(stand_in=True))
    assert table[Sufficiency.adequacy]["home"].isna().all()


def test_a_norm_of_ground_fits_no_column():
    park = CARE.kind("park")
    assert find_supply(park, places().assign(**{Facilities.kind: "park"})) is None
    assert suffice()[Sufficiency.adequacy]["park"].isna().all()
    assert find_supply(CARE.kind("home"), places()).to_dict() == {"big": 3.0, "small": 2.0}
    assert find_supply(CARE.kind("home"), places(beds=(np.nan, np.nan))) is None
    assert find_supply(CARE.kind("home"), make_facilities([("big", "home", (0, 0))])) is None


def test_quality_is_who_has_a_place_of_the_floor_area_asked_for():
    """900 m² are enough and 600 are not; 700 exactly would be."""
    assert suffice()[Sufficiency.quality]["home"].tolist() == [1, 0]
    assert suffice(facilities=places(floors=(700.0, np.nan)))[Sufficiency.quality]["home"]["west"] == 1
    assert np.isnan(suffice(facilities=places(floors=(700.0, np.nan)))[Sufficiency.quality]["home"]["east"])
    far = homes().assign(**{Coverage.covered: False})
    assert suffice(far)[Sufficiency.quality]["home"].isna().all()


def test_an_analysis_takes_capacity_and_floor_area_from_the_register():
    """Two homes of 100 on a street, a clinic of 10 places for 200 where 100 per 1,000 are the norm: half, and small."""
    kind = make_kind("clinic", 10, norm_per_1000=100.0, norm_unit="places", min_floor_m2=200.0)
    standard = make_standard(kind)
    street = draw_network([[(0, 50), (400, 50)]])
    people = make_residences([("a", 100, (50, 50)), ("b", 100, (350, 50))])
    clinic = make_facilities([("c", "clinic", (200, 50))])
    clinic = clinic.assign(**{Facilities.capacity: [10.0], Facilities.floor_m2: [150.0]})
    area = make_communities({"c": shapely.box(0, 0, 400, 100)})
    answer = analyse(make_place(street, people, clinic, area, standard), make_study(standard))
    row = answer.scores.iloc[0]
    assert row[[Scores.coverage, Scores.adequacy, Scores.quality, Scores.known]].tolist() == [1, 0.5, 0, 1]
    assert answer.checkup[Checkup.index].tolist() == pytest.approx([100 * (0.5 + 0.35 * 0.5)])
    assert answer.checkup[Checkup.confidence].tolist() == ["A"]
    for name, table in (("scores", Scores), ("categories", CategoryScores), ("areas", AreaScores)):
        check_table(getattr(answer, name), table, where=name)
    check_table(answer.area_categories, AreaCategories, where="area_categories")


# ── categories and the index ───────────────────────────────────────────────────────────────────────────


UNEVEN = {"clinic": 1.0, "pharmacy": 0.2, "shop": 0.5, "market": 0.3}


@pytest.mark.parametrize(
    ("section", "index"),
    [
        ({}, 60),  # health (3·100 + 20) / 4 = 80, daily 40
        ({"weights": {"health": 3.0}}, 70),
        ({"weights": {"health": 6.0, "daily": 2.0}}, 70),
        ({"weights": {"daily": 0.0}}, 80),
        ({"weights": "old-and-young"}, 200 / 3),  # health counts double
        ({"aggregation": "geometric"}, (80 * 40) ** 0.5),
    ],
)
def test_categories_are_weighed_into_the_index(section, index):
    assert check_up({"a": UNEVEN}, section=CheckupSection(**section))[Checkup.index]["a"] == pytest.approx(index)


def test_the_geometric_index_of_a_category_of_nothing_is_nothing():
    shares = {"a": {"clinic": 1.0, "pharmacy": 1.0, "shop": 0.0, "market": 0.0}}
    assert check_up(shares)[Checkup.index]["a"] == 50
    assert check_up(shares, section=CheckupSection(aggregation="geometric"))[Checkup.index]["a"] == 0


def test_a_place_of_an_upper_tier_discharges_no_duty_of_a_lower_one():
    """All have the large park and nobody the small one: half of the index, not all of it."""
    tiers = make_standard(make_kind("park_15", 15.0, tier=15), make_kind("park_5", 5.0, tier=5))
    assert check_up({"a": {"park_15": 1.0, "park_5": 0.0}}, tiers)[Checkup.index]["a"] == 50


def test_absent_mandatory_kinds_are_named_and_with_veto_cap_the_index():
    standard = make_standard(make_kind("clinic"), make_kind("shop"), make_kind("gym", mandatory=False))
    shares = {
        "a": {"clinic": 0.0, "shop": 1.0, "gym": 1.0},
        "b": {"clinic": 0.01, "shop": 1.0, "gym": 0.0},
        "c": {"clinic": 0.0, "shop": 1.0, "gym": 1.0},
    }
    heavy = make_standard(make_kind("clinic"), make_kind("shop", weight=8), make_kind("gym", mandatory=False))
    plain = check_up(shares, standard, thin={("c", "clinic")})
    assert plain[Checkup.absent].fillna("").tolist() == ["clinic", "", ""]
    free, capped = (check_up(shares, heavy, CheckupSection(veto=v))[Checkup.index] for v in (False, True))
    assert free["a"] == pytest.approx(90)
    assert (capped["a"], capped["b"]) == (VETO_INDEX, pytest.approx(free["b"]))


def test_the_percentile_is_the_share_of_the_others_left_behind():
    table = check_up({name: even(share) for name, share in zip("abcde", [0.2, 0.9, 0.9, 0.5, 0.1], strict=True)})
    assert table[Checkup.percentile].tolist() == [25, 75, 75, 50, 0]
    assert np.isnan(check_up({"a": even(0.2)})[Checkup.percentile]["a"])


def test_areas_are_means_over_their_communities_weighted_by_people():
    """Two quarters of one name in two districts stay two."""
    shares = {"a": even(0.2), "b": even(0.8), "c": even(0.5), "d": even(0.9), "e": even(0.1)}
    result = check_up(shares, people=[100.0, 300.0, 200.0, 400.0, 100.0], thin={("e", kind) for kind in KINDS})
    named = result.reset_index().assign(
        **{
            Checkup.subdistrict: ["Old", "Old", "Old", None, "Old"],
            Checkup.district: ["North", "North", "South", "South", "North"],
        }
    )
    scores = score_kinds(covered(shares, thin={("e", kind) for kind in KINDS}), FOUR, walkers=by_first())
    areas, categories = score_areas(named, score_categories(scores, FOUR))
    check_table(areas, AreaScores, where="areas")
    check_table(categories, AreaCategories, where="categories")
    keyed = areas.fillna({AreaScores.district: ""}).set_index([AreaScores.level, AreaScores.area, AreaScores.district])
    assert keyed[AreaScores.index].to_dict() == pytest.approx(
        {
            ("subdistrict", "Old", "North"): 65,
            ("subdistrict", "Old", "South"): 50,
            ("district", "North", ""): 65,
            ("district", "South", ""): (200 * 50 + 400 * 90) / 600,
            ("city", "all", ""): (100 * 20 + 300 * 80 + 200 * 50 + 400 * 90) / 1000,
        }
    )
    city = keyed.loc[("city", "all", "")]
    assert (city[AreaScores.communities], city[AreaScores.scored]) == (5, 4)
    assert (city[AreaScores.population], city[AreaScores.scored_population]) == (1100, 1000)
    whole = categories[categories[AreaCategories.level] == "city"].set_index(AreaCategories.category)
    assert whole[AreaCategories.score].to_dict() == pytest.approx({"daily": 72, "health": 72})


def test_communities_that_name_no_district_are_only_in_the_whole():
    result = check_up({"a": even(0.2), "b": even(0.8)}).reset_index()
    scores = score_kinds(covered({"a": even(0.2), "b": even(0.8)}), FOUR, walkers=by_first())
    areas, _ = score_areas(result, score_categories(scores, FOUR))
    assert areas[AreaScores.level].tolist() == ["city"]
    assert areas[AreaScores.index].tolist() == [50]


# ── what must always hold ──────────────────────────────────────────────────────────────────────────────

SHARE = st.floats(0, 1)
SHARES = st.fixed_dictionaries(dict.fromkeys(KINDS, SHARE))
WEIGHTS = st.fixed_dictionaries({"health": st.floats(0.1, 9), "daily": st.floats(0.1, 9)})


@given(shares=SHARES, weights=WEIGHTS, up=st.sampled_from(KINDS), to=SHARE, thin=st.sets(st.sampled_from(KINDS)))
@tries(20)
def test_the_index_is_bounded_grows_with_coverage_and_is_geometric_at_most_arithmetic(shares, weights, up, to, thin):
    shares = {name: round(share, 6) for name, share in shares.items()}
    better = {**shares, up: max(shares[up], to)}
    double = {name: 2 * weight for name, weight in weights.items()}
    pairs = {(name, kind) for name in "ab" for kind in thin}
    tables = [
        check_up({"a": shares, "b": better}, section=CheckupSection(weights=w, aggregation=how), thin=pairs)
        for w, how in ((weights, "arithmetic"), (weights, "geometric"), (double, "arithmetic"))
    ]
    for table in tables:
        known = table[Checkup.index].dropna()
        assert known.between(0, 100).all()
        assert len(known) in {0, 2}
        assert known.empty or known["b"] >= known["a"] - 1e-8
    assert tables[0][Checkup.index].to_numpy() == pytest.approx(tables[2][Checkup.index].to_numpy(), nan_ok=True)
    below = (tables[1][Checkup.index] <= tables[0][Checkup.index] + 1e-8) | tables[0][Checkup.index].isna()
    assert below.all()


@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_the_order_of_rows_changes_no_index(data):
    shares = {name: data.draw(SHARES) for name in "abc"}
    table = covered(shares)
    mixed = table.iloc[data.draw(st.permutations(range(len(table))))].reset_index(drop=True)
    areas = make_communities({name: shapely.box(i, 0, i + 1, 1) for i, name in enumerate(shares)})
    people = pd.Series(100.0, index=list(shares))
    one, two = (
        score_communities(
            score_kinds(t, FOUR, walkers=by_first()), t, areas, FOUR, residents=people
        )[Checkup.index]
        for t in (table, mixed)
    )  # fmt: skip
    assert one.tolist() == two.tolist()


# ── what a study may say ───────────────────────────────────────────────────────────────────────────────


def study_of(checkup) -> Study:
    content = {"title": "x", "place": {"file": "x.osm"}, "standard": "hangzhou", "checkup": checkup}
    return make_record(content, Study, where="study.toml")


@pytest.mark.parametrize(
    ("checkup", "sentence"),
    [
        ({"weights": {"helth": 2}}, "names 'helth', which is no category of 'hangzhou'; did you mean 'health'"),
        ({"weights": dict.fromkeys(["x"], 2)}, "its categories are: governance, education"),
        (
            {"weights": {c.id: 0 for c in read_standard("hangzhou").categories}},
            "all 0; give one category at least a weight above 0",
        ),
        ({"weights": {"health": -1}}, "the weight of 'health' is -1; give a number of at least 0"),
        ({"weights": "equel"}, 'write "equal", "old-and-young", or a table of weights by category'),
        ({"aggregation": "harmonic"}, "'arithmetic' or 'geometric'"),
        ({"coverage_weight": 0}, "greater than 0"),
        ({"draws": -1}, "greater than or equal to 0"),
        ({"weigths": "equal"}, "did you mean 'weights'"),
    ],
)
def test_what_a_check_up_cannot_mean_is_refused_in_a_sentence(checkup, sentence):
    with pytest.raises(StudyError, match=sentence):
        study_of(checkup)


def test_a_study_without_the_section_weighs_all_categories_alike():
    study = study_of({})
    assert choose_weights(study.standard, study.checkup).tolist() == [1 / 8] * 8
    assert choose_weights(study.standard, CheckupSection(weights={"health": 3.0})).max() == pytest.approx(0.3)


# ── other methods ──────────────────────────────────────────────────────────────────────────────────────

#: A street with homes of 60 and 40 people at 0 and 600 m, one metre a second.
STREET = draw_network([[(0, 50), (1200, 50)]])
PEOPLE = make_residences([("a", 60, (0, 50)), ("b", 40, (600, 50))])
AREA = make_communities({"c": shapely.box(-1, 0, 1300, 100)})


def answer_of(standard, rows, **sections) -> pd.DataFrame:
    made = gpd.GeoDataFrame(make_facilities(rows), crs=METRES)
    return analyse(make_place(STREET, PEOPLE, made, AREA, standard), make_study(standard, **sections))


@pytest.mark.parametrize(("method", "low"), [("threshold", 70), ("max-of-nearest", 40), ("mean-of-nearest", 40)])
def test_where_a_map_may_lack_one_the_index_is_a_range(method, low):
    """All have the shop. Ten clinics for 40 of 100 make six expected near the 60 who have none: perhaps they do."""
    rows = [*((f"c{i}", "clinic", (1100, 50 + i)) for i in range(10)), ("s", "shop", (300, 50))]
    for weakness, high in ((1, 100), (0, low)):
        kinds = make_kind("clinic", 10, osm_weakness=weakness), make_kind("shop", 10, category="x", osm_weakness=0)
        answer = answer_of(
            make_standard(*kinds, method=method), rows, checkup=CheckupSection(unmapped_share=(0.0, 0.1, 0.3, 1.0))
        )
        assert answer.checkup[Checkup.index].tolist() == pytest.approx([high])
        assert answer.checkup[Checkup.index_low].tolist() == pytest.approx([low])


def test_max_of_nearest_counts_those_who_have_all():
    """All have the shop within ten minutes, the 40 alone the school: the index is 40, and not the mean 70."""
    standard = make_standard(
        make_kind("shop", 10, category="x"), make_kind("school", 10, category="y"), method="max-of-nearest"
    )
    answer = answer_of(standard, [("s", "shop", (300, 50)), ("z", "school", (1100, 50))])
    assert answer.checkup[Checkup.index].tolist() == pytest.approx([40])
    assert answer.scores[Scores.score].tolist() == pytest.approx([100, 40])
    assert answer.checkup[Checkup.confidence].tolist() == ["A"]  # the method asks for walks alone


def test_mean_of_nearest_counts_those_whose_mean_walk_is_in_time():
    """From 0 m the two nearest are 300 and 900 m away, 10 minutes on average; from 600 m both 300 m, 5 minutes."""
    rows = [("s", "shop", (300, 50)), ("t", "shop", (900, 50))]
    for limit, index in ((10.0, 100), (9.9, 40), (4.9, 0)):
        standard = make_standard(make_kind("shop", limit, nearest=2), method="mean-of-nearest")
        assert answer_of(standard, rows).checkup[Checkup.index].tolist() == pytest.approx([index])


def test_mean_of_nearest_is_the_mean_over_kinds_as_well():
    """From 0 m 5 and 15 minutes, 10 on average; from 600 m 5 and 5: all within 10, though 60 lack one by itself."""
    kinds = [make_kind("shop", 10, category="x"), make_kind("school", 10, category="y")]
    answer = answer_of(
        make_standard(*kinds, method="mean-of-nearest"), [("s", "shop", (300, 50)), ("z", "school", (900, 50))]
    )
    assert answer.checkup[Checkup.index].tolist() == pytest.approx([100])
    assert answer.scores[Scores.score].tolist() == pytest.approx([100, 40])


@pytest.mark.parametrize(("shops", "index"), [(9, 100), (8, 0)])
def test_a_place_that_is_not_there_counts_as_far_as_was_searched(shops, index):
    """40 minutes were searched: nine at 5 minutes of ten make (45 + 40) / 10 = 8.5, eight make (40 + 80) / 10 = 12."""
    standard = make_standard(make_kind("shop", 10, nearest=10), method="mean-of-nearest")
    rows = [(f"s{i}", "shop", (300, 50)) for i in range(shops)]
    assert answer_of(standard, rows).checkup[Checkup.index].tolist() == [index]


def test_decay_adds_up_the_places_by_rank_and_distance():
    """Factor 1 - m/1000. From 0 m: 0.7 and 0.1, (3·0.7 + 0.1) / 4 = 0.55; from 600 m: 0.7 twice. 61 on average."""
    shape = {"decay": {"per": "m", "points": [[0, 1], [1000, 0]]}}
    kind = make_kind("shop", 30, nearest=2, rank_weights=(3.0, 1.0))
    answer = answer_of(
        make_standard(kind, **shape, method="decay"), [("s", "shop", (300, 50)), ("t", "shop", (900, 50))]
    )
    assert answer.checkup[Checkup.index].tolist() == pytest.approx([100 * (0.6 * 0.55 + 0.4 * 0.7)])


def test_kinds_of_a_decay_weigh_as_many_points_as_their_ranks_have():
    kinds = [
        make_kind(name, 30, category=name, rank_weights=(points,)) for name, points in (("food", 3.0), ("bank", 1.0))
    ]
    shape = {"decay": {"per": "min", "points": [[0, 1], [100, 1]]}}
    standard = make_standard(*kinds, **shape, method="decay")
    assert answer_of(standard, [("g", "food", (0, 50))]).checkup[Checkup.index].tolist() == pytest.approx([75])


def test_the_published_methods_score_a_town():
    """The packs as they are; each index within its bounds."""
    for name in ("bruno-2024", "walk-score", "x-minute-logan"):
        standard = read_standard(name)
        rows = [(f"{k.id}{i}", k.id, (40.0 * i, 50)) for k in standard.kinds for i in range(25)]
        answer = answer_of(standard, rows)
        assert answer.checkup[Checkup.index].between(50, 100).all()
        assert answer.checkup[Communities.community].tolist() == ["c"]


def test_units_per_person_are_known_where_adequacy_is():
    """0.02 beds for each elder of the west, 0.06 in the east; of kinds without times nothing."""
    units = measure_units(homes(), places(), CARE, times={"home": WALKS})
    assert units.index.names == [Coverage.cluster, Coverage.kind]
    assert units.to_dict() == pytest.approx({("west", "home"): 0.02, ("east", "home"): 0.06})
    assert measure_units(homes(), places(), CARE, times={}).empty
