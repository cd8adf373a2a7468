"""Needs: what is asked for beside what is there; the survey is read whole or refused in one sentence."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from builders import (
    ROOT,
    STROLLER,
    draw_network,
    make_communities,
    make_facilities,
    make_kind,
    make_place,
    make_residences,
    make_standard,
    make_study,
)
from rich.console import Console

from walkcircle.analysis import analyse
from walkcircle.errors import SourceError, StudyError, TableError
from walkcircle.needs import ASK, BUILD, CONTENT, KEEP, QUADRANTS, measure_emphasis, measure_needs
from walkcircle.printing.summary import show_summary
from walkcircle.records import make_record
from walkcircle.sources import read_place
from walkcircle.sources.survey import read_survey
from walkcircle.study import CheckupSection, NeedsSection, Study, read_study
from walkcircle.tables import CategoryScores, Checkup, CommunityCoverage, Needs, Survey, check_table
from walkcircle.views.files import list_tables

KINDS = make_standard(make_kind("canteen"), make_kind("clinic"))
COMMUNITIES = make_communities({"a": shapely.box(-500, -500, 500, 500), "b": shapely.box(500, -500, 1500, 500)})


def survey_of(*rows):
    """Make a survey from community, kind, asked and response."""
    return pd.DataFrame(rows, columns=[Survey.community, Survey.kind, Survey.asked, Survey.response])


def supply_of(*rows):
    """Make what measure_needs looks at of coverage from community, kind, share and reason."""
    columns = [CommunityCoverage.community, CommunityCoverage.kind, CommunityCoverage.share, CommunityCoverage.reason]
    return pd.DataFrame(rows, columns=columns).assign(**{CommunityCoverage.walker: "elder"})


# ── quadrants ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("asked", "share", "quadrant"),
    [
        (0.25, 0.79, BUILD),
        (0.25, 0.8, KEEP),
        (0.24, 0.79, ASK),
        (0.24, 0.8, CONTENT),
        (1.0, 0.0, BUILD),
        (0.0, 1.0, CONTENT),
        (0.9, np.nan, None),
    ],
)
def test_both_bounds_belong_to_the_upper_side(asked, share, quadrant):
    """A quarter of the households is much, and four fifths are served; an unknown share has no quadrant."""
    needs = measure_needs(survey_of(("a", "canteen", asked, 0.6)), supply_of(("a", "canteen", share, None)))
    check_table(needs, Needs, where="needs")
    assert needs[Needs.quadrant].tolist() == [quadrant]


def test_the_bounds_are_the_planners():
    """The same answers under other bounds."""
    survey, supply = survey_of(("a", "canteen", 0.3, 0.6)), supply_of(("a", "canteen", 0.7, None))
    assert measure_needs(survey, supply)[Needs.quadrant].tolist() == [BUILD]
    assert measure_needs(survey, supply, asked_much=0.4)[Needs.quadrant].tolist() == [ASK]
    assert measure_needs(survey, supply, asked_much=0.4, served=0.6)[Needs.quadrant].tolist() == [CONTENT]
    assert set(QUADRANTS) == {BUILD, KEEP, ASK, CONTENT}


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (0.5, None),
        (0.49, "49 % of the households answered, below 50 %"),
        (np.nan, "how many households answered is not known"),
    ],
)
def test_below_half_of_the_households_a_need_is_to_be_checked(response, reason):
    """Half of them is enough, by the guideline."""
    row = measure_needs(survey_of(("a", "canteen", 0.3, response)), supply_of(("a", "canteen", 0.1, None))).iloc[0]
    assert row[Needs.confidence] == ("firm" if reason is None else "check")
    assert (None if pd.isna(row[Needs.reason]) else row[Needs.reason]) == reason
    assert row[Needs.quadrant] == BUILD


def test_thin_data_are_told_beside_few_answers():
    """Both doubts stand in one row; a survey without any response column says that it is not known."""
    supply = supply_of(("a", "canteen", 0.1, "none is mapped"))
    few = measure_needs(survey_of(("a", "canteen", 0.3, 0.1)), supply)[Needs.reason].iloc[0]
    assert few == "10 % of the households answered, below 50 %; none is mapped"
    bare = survey_of(("a", "canteen", 0.3, 0.1)).drop(columns=Survey.response)
    assert measure_needs(bare, supply)[Needs.reason].iloc[0].startswith("how many households answered is not known")


def test_only_what_was_asked_is_answered_once_for_each_walker():
    """Kinds that nobody was asked about have no row; most wanted first within a community."""
    survey = survey_of(("b", "canteen", 0.3, 0.6), ("a", "clinic", 0.2, 0.6), ("a", "canteen", 0.5, 0.6))
    one = supply_of(*((c, k, 0.5, None) for c in ("a", "b") for k in ("canteen", "clinic")))
    both = pd.concat([one, one.assign(**{CommunityCoverage.walker: "adult"})])
    needs = measure_needs(survey, both)
    assert needs[[Needs.community, Needs.kind, Needs.walker]].to_numpy().tolist() == [
        ["a", "canteen", "adult"], ["a", "canteen", "elder"], ["a", "clinic", "adult"], ["a", "clinic", "elder"],
        ["b", "canteen", "adult"], ["b", "canteen", "elder"],
    ]  # fmt: skip


# ── the survey's file ───────────────────────────────────────────────────────────────────────────


@pytest.fixture
def csv_survey(tmp_path):
    """Write lines as survey.csv and read them back."""

    def write_and_read(*lines, **columns):
        (tmp_path / "survey.csv").write_text("\n".join(lines), encoding="utf-8")
        return read_survey(NeedsSection(file="survey.csv", **columns), COMMUNITIES, KINDS, folder=tmp_path)

    return write_and_read


def test_a_survey_is_read_by_ids_and_by_names(csv_survey):
    """Communities by id or name, kinds by the section's own words."""
    survey = csv_survey(
        "社区,设施,需求,回收率", "a,食堂,0.4,0.62", "Community b,clinic,0.1,0.45",
        community="社区", kind="设施", kinds={"食堂": "canteen"}, asked="需求", response="回收率",
    )  # fmt: skip
    check_table(survey, Survey, where="survey")
    assert survey.to_numpy().tolist() == [["a", "canteen", 0.4, 0.62], ["b", "clinic", 0.1, 0.45]]


def test_a_survey_may_not_say_how_many_answered(csv_survey):
    """Without the column nothing is made up."""
    assert Survey.response not in csv_survey("community,kind,asked", "a,clinic,0.4")


@pytest.mark.parametrize(
    ("lines", "columns", "error", "message"),
    [
        (["community,kind,asked", "a,clinic,45"], {}, TableError, "line 2: 'asked' is 45.*45 % are 0.45"),
        (["community,kind,asked,response", "a,clinic,1,62"], {}, TableError, "'response' is 62"),
        (["community,kind,asked", "a,clinic,-1"], {}, TableError, "cannot be below 0"),
        (["community,kind,asked", "a,clinic,"], {}, TableError, "'asked' .* is missing"),
        (["community,kind,asked", "Comunity a,clinic,0"], {}, TableError, "did you mean 'Community a'"),
        (["community,kind,asked", "a,clinc,0"], {}, TableError, "line 2: 'clinc' is not a kind"),
        (["community,kind,asked", "a,clinic,0", "Community a,clinic,1"], {}, TableError, "line 3: .* line 2"),
        (["community,kind,wanted", "a,clinic,0"], {}, TableError, "column 'asked'"),
        (["community,kind,asked", "a,clinic,0"], {"response": "answered"}, TableError, "column 'answered'"),
        (["community,kind,asked"], {}, TableError, "there are no rows"),
        (["community,kind,asked", "a,x,0"], {"kinds": {"x": "clinc"}}, StudyError, "clinc"),
    ],
)
def test_a_survey_that_cannot_be_meant_is_refused(csv_survey, lines, columns, error, message):
    with pytest.raises(error, match=message):
        csv_survey(*lines, **columns)


def test_two_communities_of_one_name_are_called_by_their_ids(tmp_path):
    """A name that two share could mean either."""
    twins = COMMUNITIES.assign(name="Twin")
    (tmp_path / "survey.csv").write_text("community,kind,asked\nTwin,clinic,0.1\n", encoding="utf-8")
    with pytest.raises(TableError, match="several communities are called 'Twin'"):
        read_survey(NeedsSection(file="survey.csv"), twins, KINDS, folder=tmp_path)


def test_a_survey_that_is_not_there_or_no_table_is_refused(tmp_path):
    with pytest.raises(SourceError, match="no such file"):
        read_survey(NeedsSection(file="gone.csv"), COMMUNITIES, KINDS, folder=tmp_path)
    (tmp_path / "survey.gpkg").write_text("")
    with pytest.raises(SourceError, match="save it as CSV"):
        read_survey(NeedsSection(file="survey.gpkg"), COMMUNITIES, KINDS, folder=tmp_path)


def test_the_section_refuses_bounds_that_are_no_shares():
    with pytest.raises(StudyError, match="asked_much"):
        make_record({"title": "t", "place": {"file": "x"}, "needs": {"asked_much": 25}}, Study, where="study")


# ── in an analysis ──────────────────────────────────────────────────────────────────────────────


def answer_with(survey, *, more=(), **checkup):
    """Answer for two communities along one street, a canteen and a clinic in a; b's are 900 m away."""
    place = make_place(
        draw_network([[(0, 0), (1000, 0)]]),
        make_residences([("1", 60, (0, 0)), ("2", 40, (1000, 0))]),
        make_facilities([("f", "canteen", (100, 0)), ("g", "clinic", (100, 0)), *more]),
        COMMUNITIES,
        KINDS,
    )
    study = make_study(KINDS, walkers=(STROLLER,), minutes=(5.0,), checkup=CheckupSection(**checkup))
    return analyse(replace(place, survey=survey), study)


def test_needs_are_a_table_of_their_own_and_leave_the_index_as_it_was():
    """The check-up is the same to the last bit, whatever was asked for."""
    asked = answer_with(survey_of(("b", "canteen", 0.4, 0.3), ("a", "canteen", 0.4, 0.7)))
    silent = answer_with(None)
    assert asked.needs[[Needs.community, Needs.quadrant]].to_numpy().tolist() == [["a", KEEP], ["b", BUILD]]
    assert asked.checkup.drop(columns="geometry").equals(silent.checkup.drop(columns="geometry"))
    assert "needs" in list_tables(asked)
    assert silent.needs is None
    assert "needs" not in list_tables(silent)


@pytest.mark.parametrize(
    ("response", "weight", "index"), [(0.7, 1, 100 / 2.6), (0.7, 0.5, 100 / 2.3), (0.7, 0, 50), (0.4, 1, 50)]
)
def test_a_study_may_weigh_kinds_by_what_is_asked_for(response, weight, index):
    """B has a canteen and no clinic, which sixty in a hundred ask for: it counts 1.6 times, where enough answered."""
    survey = survey_of(("b", "clinic", 0.6, response))
    answer = answer_with(survey, more=[("h", "canteen", (900, 0))], needs_weight=weight)
    assert answer.checkup[Checkup.index].tolist() == pytest.approx([100, index])
    assert answer.categories[CategoryScores.score].tolist() == pytest.approx([100, index])


def test_what_is_asked_for_weighs_in_every_draw():
    """A lacks the clinic, b the canteen, both 50 by themselves; all in b ask for canteens, so that b is the weakest."""
    places = make_facilities([("f", "canteen", (100, 0)), ("g", "clinic", (900, 0))])
    place = make_place(
        draw_network([[(0, 0), (1000, 0)]]), make_residences([("1", 60, (0, 0)), ("2", 60, (1000, 0))]), places,
        COMMUNITIES, KINDS,
    )  # fmt: skip
    sure = CheckupSection(
        speed_sd=0.0, limit_spread=0.0, access_spread=0.0, absent_share=(0.0,) * 4, absent_registered_share=0.0,
        needs_weight=1.0, draws=5,
    )  # fmt: skip
    study = make_study(KINDS, walkers=(STROLLER,), minutes=(5.0,), checkup=sure)
    silent, asked = (
        analyse(replace(place, survey=survey), study).checkup
        for survey in (None, survey_of(("b", "canteen", 1.0, 1.0)))
    )
    assert silent[Checkup.weakest_probability].tolist() == [1, 1]
    assert asked[Checkup.weakest_probability].tolist() == [0, 1]


def test_what_nobody_was_asked_about_counts_as_ever():
    """Nor does it where it is not known how many answered."""
    survey = survey_of(("a", "canteen", 0.5, np.nan))
    assert measure_emphasis(survey, ["a"], ["canteen", "clinic"], weight=2).tolist() == [[1, 1]]
    assert measure_emphasis(survey.drop(columns=Survey.response), ["a"], ["canteen"], weight=2).tolist() == [[1]]


def test_a_study_names_its_survey(tmp_path):
    """Read with the place, its hash is kept with those of the other inputs."""
    (tmp_path / "asked.csv").write_text("community,kind,asked\nC2,health,0.4\n", encoding="utf-8")
    study = read_study(ROOT / "data" / "karhula" / "study.toml")
    sections = replace(study, place=replace(study.place, file=str(ROOT / "data" / "karhula" / "karhula.osm.pbf")))
    asked = replace(sections, folder=tmp_path, needs=NeedsSection(file="asked.csv"))
    place = read_place(asked)
    assert place.survey.to_numpy().tolist() == [["C2", "health", 0.4]]
    assert "asked.csv" in place.inputs
    assert read_place(sections).survey is None


def test_the_summary_tells_why_and_what_is_asked_for():
    """One line of causes with as many residents as the gaps have; what is wanted and not there."""
    answer = answer_with(survey_of(("b", "canteen", 0.4, 0.3)))
    console = Console(width=200, record=True, file=io.StringIO())
    show_summary(answer, {}, console)
    said = " ".join(console.export_text().split())
    assert "Of 80 residents without, one who lacks several kinds counted for each: none within reach 80" in said
    assert "Asked for much and not served: 1 of 1" in said
    assert "40 % ask for canteen in Community b, 0 % are served (30 % of the households answered, below 50 %)" in said


def test_a_survey_that_is_wrong_is_refused_by_the_place():
    with pytest.raises(TableError, match="survey of needs: column 'asked'"):
        answer_with(survey_of(("b", "canteen", 4.0, 0.3)))
