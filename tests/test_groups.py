"""People by group: who is counted, where nobody knows, and that every table says so."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from builders import (
    STROLLER,
    draw_network,
    make_communities,
    make_completeness,
    make_facilities,
    make_kind,
    make_residences,
    make_standard,
)

from walkcircle.analysis import analyse
from walkcircle.checkup import score_communities, score_kinds
from walkcircle.clusters import cluster_residences
from walkcircle.completeness import grade_completeness
from walkcircle.coverage import measure_coverage, weigh_coverage
from walkcircle.errors import StudyError, TableError
from walkcircle.gaps import find_gaps
from walkcircle.groups import GROUPS, count_demand, name_group
from walkcircle.proposals import Proposals
from walkcircle.records import make_record
from walkcircle.scenario import measure_effect
from walkcircle.sources import read_place
from walkcircle.sources.population import count_groups, name_communities, scale_population
from walkcircle.sources.town import GROUP_COLUMNS, write_town
from walkcircle.standards import list_standards, read_standard
from walkcircle.study import PopulationSection, ResidencesSection, read_study
from walkcircle.tables import (
    Checkup,
    Clusters,
    Communities,
    CommunityCoverage,
    Completeness,
    Coverage,
    Effects,
    Gaps,
    Residences,
    check_table,
)
from walkcircle.views.findings import describe_index, describe_kind
from walkcircle.walking import nearest

TWO = make_communities({"west": shapely.box(0, 0, 500, 500), "east": shapely.box(500, 0, 1000, 500)})
HOMES = make_residences([("a", 100, (50, 50)), ("b", 60, (60, 50)), ("c", 40, (650, 50)), ("d", 0, (660, 50))])
STREET = draw_network([[(0, 50), (1000, 50)]])
KINDERGARTEN = make_kind("kindergarten", 5, group="child")
SHOP = make_kind("shop", 5)
STANDARD = make_standard(KINDERGARTEN, SHOP)
PLACES = make_facilities([("k", "kindergarten", (900, 50)), ("s", "shop", (900, 50))])


def with_children(*children):
    """Give the four homes their children, None where nobody knows."""
    return HOMES.assign(**{Residences.child: [np.nan if c is None else float(c) for c in children]})


def cover(homes):
    clusters = cluster_residences(homes, TWO)
    near = nearest(STREET, clusters, PLACES, STROLLER)
    coverage = measure_coverage(clusters, near, STANDARD.kinds, walker="w")
    check_table(coverage, Coverage, where="coverage")
    table = weigh_coverage(coverage, TWO, make_completeness(TWO, STANDARD, {}))
    check_table(table, CommunityCoverage, where="communities")
    return table


# ── clusters and demand ─────────────────────────────────────────────────────────────────────────


def test_every_group_is_a_column_of_residences_and_of_clusters():
    for group in GROUPS:
        for table in (Residences, Clusters):
            column = next(c for c in table.columns() if c == group)
            assert (column.dtype, column.optional, column.nullable) == ("number", True, True)


def test_the_groups_of_the_standards_are_those_that_there_are():
    kinds = [kind for name in list_standards() for kind in read_standard(name).kinds]
    assert {kind.group for kind in kinds} <= {"all", *GROUPS}


def test_a_cluster_knows_its_children_only_if_all_its_homes_with_people_do():
    """A and B share a cell, and so do C and D, where nobody lives in D."""
    sums = [
        cluster_residences(with_children(*children), TWO)[Clusters.child].tolist()
        for children in ((5, 4, 3, 0), (5, None, 3, None), (None, None, None, None))
    ]
    assert sums[0] == [3, 9]
    assert sums[1][0] == 3
    assert np.isnan([sums[1][1], *sums[2]]).all()


def test_a_group_that_no_home_knows_has_no_column():
    assert not set(GROUPS) & set(cluster_residences(HOMES, TWO).columns)


def test_where_nobody_lives_nobody_of_a_group_does():
    clusters = pd.DataFrame({Clusters.population: [0.0, 7.0]})
    people, stand_in = count_demand(clusters, "elder")
    assert (people.tolist(), stand_in.tolist()) == ([0, 7], [False, True])


def test_everybody_is_demand_of_a_kind_for_all():
    clusters = cluster_residences(with_children(5, 4, 3, 0), TWO)
    people, stand_in = count_demand(clusters, "all")
    assert people.tolist() == clusters[Clusters.population].tolist()
    assert not stand_in.any()


@pytest.mark.parametrize("ask", [lambda: count_demand(HOMES, "elders"), lambda: name_group("elders", "en")])
def test_a_group_that_does_not_exist_is_refused(ask):
    with pytest.raises(TableError, match="there is no group 'elders'; the groups are: all, infant"):
        ask()


# ── coverage, gaps, check-up ────────────────────────────────────────────────────────────────────


def test_a_kindergarten_is_weighed_by_children_and_a_shop_by_everybody():
    """Both stand in the east; 850 m are beyond five minutes, 250 m are not."""
    table = cover(with_children(5, 4, 3, 0)).set_index([CommunityCoverage.kind, CommunityCoverage.community])
    columns = [CommunityCoverage.population, CommunityCoverage.covered, CommunityCoverage.residents]
    assert table[columns].loc["kindergarten"].to_dict("index") == {
        "west": {"population": 9, "covered": 0, "residents": 160},
        "east": {"population": 3, "covered": 3, "residents": 40},
    }
    assert table[columns].loc["shop"].to_dict("index") == {
        "west": {"population": 160, "covered": 0, "residents": 160},
        "east": {"population": 40, "covered": 40, "residents": 40},
    }
    assert table[CommunityCoverage.group].loc["kindergarten"].tolist() == ["child", "child"]
    assert not table[CommunityCoverage.stand_in].any()


def test_all_residents_stand_in_where_children_are_not_known_and_the_tables_say_so():
    """In the west one home does not know; in the east all that have people do."""
    table = cover(with_children(5, None, 3, None))
    gaps = find_gaps(table)
    check_table(gaps, Gaps, where="gaps")
    columns = [Gaps.community, Gaps.kind, Gaps.group, Gaps.stand_in, Gaps.residents_without]
    assert gaps[columns].to_numpy().tolist() == [
        ["west", "kindergarten", "child", True, 160],
        ["west", "shop", "all", False, 160],
    ]
    east = table[table[CommunityCoverage.community] == "east"].set_index(CommunityCoverage.kind)
    assert east.loc["kindergarten", [CommunityCoverage.population, CommunityCoverage.stand_in]].tolist() == [3, False]


def test_without_any_ages_all_is_as_if_every_kind_were_for_all():
    """Nothing but the words for whom it counts."""
    own = cover(HOMES)
    for_all = make_standard(replace(KINDERGARTEN, group="all"), SHOP)
    clusters = cluster_residences(HOMES, TWO)
    coverage = measure_coverage(clusters, nearest(STREET, clusters, PLACES, STROLLER), for_all.kinds, walker="w")
    same = weigh_coverage(coverage, TWO, make_completeness(TWO, for_all, {}))
    words = [CommunityCoverage.group, CommunityCoverage.stand_in]
    pd.testing.assert_frame_equal(own.drop(columns=words), same.drop(columns=words))
    assert own[CommunityCoverage.stand_in].tolist() == [True, False] * 2


def score(table):
    scores = score_kinds(table, STANDARD, walkers={kind.id: "w" for kind in STANDARD.kinds})
    residents = table.groupby(CommunityCoverage.community)[CommunityCoverage.residents].max()
    return score_communities(scores, table, TWO, STANDARD, residents=residents)


def test_a_community_without_children_lacks_no_kindergarten_and_keeps_its_index():
    """The share is unknown, no gap is found, and what nobody needs leaves no doubt."""
    table = cover(with_children(0, 0, 3, 0))
    west = table.set_index([CommunityCoverage.community, CommunityCoverage.kind]).loc[("west", "kindergarten")]
    assert np.isnan(west[CommunityCoverage.share])
    assert find_gaps(table)[[Gaps.community, Gaps.kind]].to_numpy().tolist() == [["west", "shop"]]
    checkup = score(table).set_index(Checkup.community)
    assert checkup[Checkup.population].to_dict() == {"west": 160, "east": 40}
    assert checkup[Checkup.index].to_dict() == {"west": 0, "east": 100}
    assert checkup[Checkup.confidence].to_dict() == {"west": "A", "east": "A"}


def test_completeness_says_how_the_people_are_known():
    homes = with_children(5, 4, None, 0)
    declared = pd.DataFrame(data=False, index=homes.index, columns=list(GROUPS))
    declared.loc[1, "child"] = True
    table = grade_completeness(TWO, homes, PLACES, STANDARD, declared=declared)
    check_table(table, Completeness, where="completeness")
    assert table.set_index([Completeness.community, Completeness.kind])[Completeness.people].to_dict() == {
        ("west", "kindergarten"): "a declared share of the residents, counted",
        ("west", "shop"): "all residents",
        ("east", "kindergarten"): "all residents stand in",
        ("east", "shop"): "all residents",
    }


# ── what the page says ──────────────────────────────────────────────────────────────────────────


def tell(homes, kind=None, language="en"):
    table = cover(homes)
    checkup = score(table)
    said = (
        describe_kind(table, find_gaps(table), checkup, kind, language)
        if kind
        else describe_index(table, find_gaps(table), checkup, STANDARD, language)
    )
    return said.sentence.replace("\N{NARROW NO-BREAK SPACE}", " "), said.caveat


def test_the_finding_counts_children_where_they_are_known():
    sentence, caveat = tell(with_children(5, 4, 3, 0), KINDERGARTEN)
    assert sentence == (
        "9 of 12 children aged 3 to 6 (75 %) walk more than 5 minutes to the nearest kindergarten, all of them in "
        "Community west."
    )
    assert caveat == ""
    sentence, caveat = tell(with_children(5, 4, 3, 0), KINDERGARTEN, "zh")
    assert sentence.startswith("12 名3至6岁儿童中有 9 名（75 %）步行到最近的kindergarten超过 5 分钟")
    assert caveat == ""


def test_the_finding_says_where_all_residents_stand_in():
    sentence, caveat = tell(HOMES, KINDERGARTEN)
    assert sentence.startswith("160 of 200 residents (80 %) walk more than 5 minutes to the nearest kindergarten")
    assert caveat == "How many children aged 3 to 6 there are is not known; all residents stand in for them."
    sentence, caveat = tell(with_children(5, None, 3, 0), KINDERGARTEN)
    assert sentence.startswith("160 of 163 people (98 %)")
    assert caveat == (
        "In 1 of 2 communities it is not known how many children aged 3 to 6 there are; all residents stand in for "
        "them there."
    )


def test_two_kinds_that_leave_out_as_many_of_other_groups_are_two_findings():
    """The same 160 people of the west, but once as residents and once in the place of children."""
    sentence, caveat = tell(HOMES)
    assert sentence.startswith("160 of 200 residents (80 %) walk more than 5 minutes to the nearest kindergarten, all")
    assert caveat.startswith("How many children aged 3 to 6 there are is not known")
    assert tell(with_children(5, 4, 3, 0))[0].startswith("160 of 200 residents (80 %) walk more than 5 minutes to the")


def test_where_no_children_are_known_nobody_is_left_out():
    assert tell(with_children(0, 0, 0, 0), KINDERGARTEN)[0] == (
        "No children aged 3 to 6 are known to live here, so nobody is left out."
    )


# ── what is known of communities, and declared ──────────────────────────────────────────────────


def count(homes, counts=None, **section):
    return count_groups(homes, TWO, pd.DataFrame() if counts is None else counts, PopulationSection(**section))


def test_a_communitys_elders_are_shared_by_residents():
    """Sixteen of 160 in the west are a tenth; the east is unknown, but for the home without people."""
    people = count(HOMES, pd.DataFrame({"elder": [16.0]}, index=["west"]))
    assert people.residences[Residences.elder].tolist()[:2] == pytest.approx([10, 6])
    assert people.residences[Residences.elder].isna().tolist() == [False, False, True, True]
    assert not people.declared.to_numpy().any()
    assert people.notes == ()


def test_homes_that_know_their_children_keep_their_distribution():
    """Five and four are scaled to eighteen; where one does not know, residents share them."""
    counts = pd.DataFrame({"child": [18.0, 8.0]}, index=["west", "east"])
    known = count(with_children(5, 4, None, None), counts).residences[Residences.child]
    assert known.tolist() == pytest.approx([10, 8, 8, 0])
    unknown = count(with_children(5, None, 3, 0), counts).residences[Residences.child]
    assert unknown.tolist() == pytest.approx([18 * 100 / 160, 18 * 60 / 160, 8, 0])


def test_a_declared_share_fills_only_what_no_count_knows():
    counts = pd.DataFrame({"elder": [16.0]}, index=["west"])
    people = count(HOMES, counts, groups={"elder": 0.25}, groups_source="a census")
    assert people.residences[Residences.elder].tolist()[:3] == pytest.approx([10, 6, 10])
    assert people.declared["elder"].tolist() == [False, False, True, False]
    assert not people.declared.drop(columns="elder").to_numpy().any()


def test_a_count_that_does_not_fit_is_told():
    counts = pd.DataFrame({"elder": [170.0, np.nan]}, index=["west", "east"])
    assert count(HOMES, counts).notes == (
        "Community west has 170 people aged 60 and over but only 160 residents in the analysis; check both numbers.",
    )
    three = make_communities({"lake": shapely.box(2000, 0, 2100, 100)})
    counts = pd.DataFrame({"elder": [5.0]}, index=["lake"])
    assert count_groups(HOMES, three, counts, PopulationSection()).notes == (
        "Community lake has 5 people aged 60 and over but no mapped residence, so they are not in the analysis.",
    )


def test_homes_with_more_children_than_residents_are_told():
    """As when two columns are exchanged."""
    assert count(with_children(5, 61, 3, 0)).notes == (
        "1 residences (first b) have more children aged 3 to 6 than residents; check which column counts whom.",
    )


def test_groups_keep_their_share_when_people_are_scaled():
    """Twice the people are twice the children, and no child is where nobody lives."""
    homes, _ = scale_population(with_children(5, None, 3, 0), TWO, PopulationSection(total=400))
    assert homes[Residences.child].tolist() == pytest.approx([10, np.nan, 6, 0], nan_ok=True)


def test_the_study_goes_before_its_table_and_the_table_before_the_communities():
    areas = TWO.assign(**{Communities.population: [1.0, 1.0]})
    counted = {"west": 320.0, "east": 80.0}
    homes, _ = scale_population(HOMES, areas, PopulationSection(communities={"east": 20}), counted=counted)
    assert homes[Residences.population].tolist() == pytest.approx([200, 120, 20, 0])


def test_rows_of_a_table_are_named_by_community_or_by_its_id():
    table = pd.DataFrame({"elder": [1.0, 2.0]}, index=["Community east", "west"])
    assert name_communities(table, TWO, where="census.csv").index.tolist() == ["east", "west"]
    with pytest.raises(StudyError, match=r"census.csv: there is no community 'Community wset'; did you mean"):
        name_communities(table.set_axis(["Community wset", "west"]), TWO, where="census.csv")
    with pytest.raises(TableError, match=r"census.csv: the community 'Community west' stands twice"):
        name_communities(table.set_axis(["west", "Community west"]), TWO, where="census.csv")


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ({"groups": {"elders": 0.2}, "groups_source": "x"}, "there is no group 'elders'; did you mean 'elder'"),
        ({"groups": {"elder": 0.2}}, "name the census under groups_source"),
        ({"groups": {"elder": 1.2}, "groups_source": "x"}, "less than or equal to 1"),
        ({"groups": {"all": 0.2}, "groups_source": "x"}, "there is no group 'all'"),
        ({"columns": {"elder": "age_60"}}, "file and columns need each other"),
        ({"file": "census.csv"}, "file and columns need each other"),
        ({"file": "census.csv", "columns": {"old": "age_60"}}, "there is no group 'old'"),
        ({"keep_empty": True}, "no grid; name its file"),
    ],
)
def test_a_population_that_makes_no_sense_is_refused(section, sentence):
    with pytest.raises(StudyError, match=sentence):
        make_record(section, PopulationSection, where="study.toml")


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ({"source": "file", "file": "a.csv", "groups": {"kid": "x"}}, "there is no group 'kid'"),
        ({"groups": {"child": "x"}}, "groups are columns of a file"),
    ],
)
def test_groups_of_residences_that_make_no_sense_are_refused(section, sentence):
    with pytest.raises(StudyError, match=sentence):
        make_record(section, ResidencesSection, where="study.toml")


# ── the made-up town, whose ages are known ──────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return read_study(write_town(tmp_path_factory.mktemp("ages")))


@pytest.fixture(scope="module")
def people(study):
    return pd.read_csv(study.folder / "residences.csv")


@pytest.fixture(scope="module")
def answer(analyses):
    return analyses["town"]


def without_ages(study, **population):
    return replace(
        study,
        residences=replace(study.residences, groups={}),
        population=replace(study.population, **population),
    )


def test_the_demand_for_each_kind_is_the_group_of_the_register(answer, study, people):
    sums = answer.communities.groupby(CommunityCoverage.kind)[CommunityCoverage.population].sum()
    for kind in study.standard.kinds:
        column = {"all": Residences.population, **GROUP_COLUMNS}[kind.group]
        assert sums[kind.id] == people[column].sum()
    assert not answer.communities[CommunityCoverage.stand_in].any()
    assert answer.place.notes == ()


def test_nineteen_children_lack_a_kindergarten(answer):
    """Those of block c5; 917 people live there."""
    gap = answer.gaps[answer.gaps[Gaps.kind] == "kindergarten"].iloc[0]
    assert (gap[Gaps.residents_without], gap[Gaps.group], gap[Gaps.stand_in]) == (19, "child", False)


def test_without_ages_residents_stand_in_and_the_notes_say_so(study):
    bare = without_ages(study)
    place = read_place(bare)
    gaps = analyse(place, bare).gaps
    gap = gaps[gaps[Gaps.kind] == "kindergarten"].iloc[0]
    assert (gap[Gaps.residents_without], gap[Gaps.stand_in]) == (917, True)
    note = next(note for note in place.notes if "children" in note)
    assert note.startswith("How many children aged 3 to 6 there are is not known; all residents stand in for them (")
    assert len(place.notes) == len({kind.group for kind in study.standard.kinds} - {"all"})


def test_a_declared_share_is_told_with_its_source(study, people):
    place = read_place(without_ages(study, groups={"elder": 0.2}, groups_source="census of the town"))
    total = people[Residences.population].sum()
    assert place.residences[Residences.elder].sum() == pytest.approx(0.2 * total, rel=1e-12)
    note = f"people aged 60 and over are 20 % of {total:,} residents by a declared share (census of the town)"
    assert any(note in one for one in place.notes)
    mine = place.completeness[place.completeness[Completeness.kind] == "home_care_centre"]
    assert set(mine[Completeness.people]) == {"a declared share of the residents", "nobody lives here"}


def test_a_table_by_community_is_met_to_the_last_person(study):
    """In Excel's own CSV: names in Chinese, and a cell that nobody filled in."""
    table = "社区,常住人口,60岁以上\n铁北社区,1000,250\n东坡社区,2000,\n"
    (study.folder / "census.csv").write_text(table, encoding="utf-8-sig")
    columns = {"all": "常住人口", "elder": "60岁以上"}
    place = read_place(without_ages(study, file="census.csv", community="社区", columns=columns))
    areas = place.communities.set_index(Communities.name)
    homes = {name: place.residences[place.residences.intersects(areas.geometry[name])] for name in areas.index}
    assert homes["铁北社区"][Residences.population].sum() == pytest.approx(1000, rel=1e-12)
    assert homes["铁北社区"][Residences.elder].sum() == pytest.approx(250, rel=1e-12)
    assert homes["东坡社区"][Residences.population].sum() == pytest.approx(2000, rel=1e-12)
    assert homes["东坡社区"][Residences.elder].isna().all()
    assert "census.csv" in place.inputs
    assert any("aged 60 and over there are is not known for" in note for note in place.notes)


def test_a_new_kindergarten_serves_children_and_not_all_residents(answer):
    """Of the nineteen in block c5 without one, as many as a whole analysis with it says."""
    sites = Proposals(answer.place.network.crs)
    sites.add("kindergarten", answer.place.residences.set_index(Residences.residence).geometry["c5-2-3"])
    effects = measure_effect(answer, sites)
    built = pd.concat([answer.place.facilities, sites.to_gdf()], ignore_index=True)
    after = analyse(replace(answer.place, facilities=built), answer.study).gaps
    left = after[after[Gaps.kind] == "kindergarten"][Gaps.residents_without].sum()
    assert effects[Effects.newly_served].sum() == 19 - left
    assert effects[Effects.still_without].sum() == left < 19
